//! What `lensframe eval` writes: where, in which order, and what it never writes over.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use super::program::{files, run, text};

/// The two sides, with more options.
fn eval(folder: &Path, more: &[&str]) -> Output {
    run(folder, &[&["--gt", "gt.json", "--pred", "dt.json"], more].concat())
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    files(folder.path());
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[cfg(unix)]
#[test]
fn links_stay_links_and_pipes_stay_pipes() {
    use std::os::unix::fs::{FileTypeExt, symlink};
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("far")).unwrap();
    fs::write(at("far/page.html"), "old").unwrap();
    symlink("far/page.html", at("link.html")).unwrap();
    assert_eq!(eval(folder.path(), &["--html", "link.html"]).status.code(), Some(1));
    assert_eq!(fs::read(at("far/page.html")).unwrap(), b"old");
    let out = eval(folder.path(), &["--html", "link.html", "--force"]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    assert!(fs::symlink_metadata(at("link.html")).unwrap().is_symlink());
    assert!(fs::read_to_string(at("far/page.html")).unwrap().contains("<html"));
    assert_eq!(names(&at("far")), ["page.html"]);
    // A link that leads nowhere has the name too, and its file is made where it leads.
    symlink("far/new.html", at("loose.html")).unwrap();
    assert_eq!(eval(folder.path(), &["--html", "loose.html"]).status.code(), Some(1));
    assert!(eval(folder.path(), &["--html", "loose.html", "--force"]).status.success());
    assert!(fs::symlink_metadata(at("loose.html")).unwrap().is_symlink() && at("far/new.html").is_file());

    let made = std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap();
    assert!(made.success());
    symlink("pipe", at("to_pipe")).unwrap();
    for (name, force) in [("pipe", None), ("pipe", Some("--force")), ("to_pipe", Some("--force"))] {
        let pipe = at("pipe");
        let reader = std::thread::spawn(move || fs::read_to_string(pipe).unwrap());
        let more: Vec<&str> = ["--markdown", name].into_iter().chain(force).collect();
        let out = eval(folder.path(), &more);
        assert!(out.status.success(), "{}", text(&out.stderr));
        assert!(reader.join().unwrap().contains("cat"));
        assert!(fs::metadata(at("pipe")).unwrap().file_type().is_fifo());
    }
    assert!(fs::symlink_metadata(at("to_pipe")).unwrap().is_symlink());
}

#[cfg(unix)]
#[test]
fn the_file_that_stdout_goes_to_is_written_through_it() {
    let folder = folder();
    let path = folder.path().join("both.txt");
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_lensframe"))
        .current_dir(folder.path())
        .args(["eval", "--gt", "gt.json", "--pred", "dt.json", "--markdown", "both.txt"])
        .stdout(fs::File::create(&path).unwrap())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", text(&out.stderr));
    let said = fs::read_to_string(&path).unwrap();
    assert!(said.contains("Average Precision") && said.contains("| AP |"), "{said}");
}

#[test]
fn outputs_that_are_inputs_or_one_file_are_refused_before_anything_is_read() {
    let folder = folder();
    fs::write(folder.path().join("names.txt"), "cat\ndog\n").unwrap();
    let before = fs::read(folder.path().join("gt.json")).unwrap();
    for (more, wanted) in [
        (&["--html", "gt.json"][..], "is read"),
        (&["--markdown", "./dt.json"], "is read"),
        (&["--latex", "names.txt", "--classes-by", "names.txt"], "is read"),
        (&["--html", "a", "--latex", "./a"], "--html and --latex"),
        (&["--matches", "a/recall.npy.csv", "--html", "a/../a/recall.npy.csv"], "no folder"),
        (&["--html", "nowhere/a.html"], "no folder nowhere"),
        (&["--arrays", "gt.json"], "no folder"),
        (&["--arrays", "gt.json/a"], "gt.json"),
        (&["--html", "."], "is a folder"),
    ] {
        let out = eval(folder.path(), &[more, &["--force"]].concat());
        assert!(matches!(out.status.code(), Some(1 | 2)) && out.stdout.is_empty(), "{more:?}");
        assert!(text(&out.stderr).contains(wanted), "{more:?}: {}", text(&out.stderr));
    }
    assert_eq!(fs::read(folder.path().join("gt.json")).unwrap(), before);
    assert_eq!(names(folder.path()), ["dt.json", "gt.json", "named.json", "names.txt"]);
    // Before anything is read: a prediction that is none is not complained of.
    fs::write(folder.path().join("dt.json"), "{").unwrap();
    let out = eval(folder.path(), &["--html", "nowhere/a.html"]);
    assert!(text(&out.stderr).contains("no folder"), "{}", text(&out.stderr));
}

#[cfg(unix)]
#[test]
fn outputs_in_a_folder_that_may_not_be_written_are_refused_before_anything_is_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(closed.join("a"), "").is_ok() {
        return; // The superuser may write anywhere.
    }
    for more in [["--html", "closed/a.html"], ["--arrays", "closed/a"]] {
        let out = eval(folder.path(), &more);
        assert_eq!(out.status.code(), Some(1));
        assert!(out.stdout.is_empty() && text(&out.stderr).contains("permission"), "{}", text(&out.stderr));
    }
}

/// Runs with files of at most no bytes, as on a full disk.
#[cfg(target_os = "linux")]
fn full(folder: &Path, more: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_lensframe");
    // 25 is the signal by which a process that writes more than it may is killed.
    let line = format!(
        "trap '' 25; ulimit -f 0; exec '{program}' eval --gt gt.json --pred dt.json --threads 1 {more}"
    );
    std::process::Command::new("sh").current_dir(folder).args(["-c", &line]).output().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_takes_no_numbers_away_and_leaves_nothing() {
    let folder = folder();
    let before = names(folder.path());
    for more in ["--markdown a.md", "--arrays out/deep", "--latex a.tex --arrays out --matches m.csv"] {
        let out = full(folder.path(), more);
        assert_eq!(out.status.code(), Some(1), "{more}");
        assert!(text(&out.stdout).contains("maxDets=100 ] = 0.600"), "{more}: {}", text(&out.stdout));
        assert!(text(&out.stderr).contains("cannot write"), "{more}: {}", text(&out.stderr));
        assert_eq!(names(folder.path()), before, "{more}");
    }
    let json = full(folder.path(), "--json --markdown a.md");
    assert!(serde_json::from_slice::<Value>(&json.stdout).is_ok());
}

#[test]
fn a_run_that_fails_writes_nothing() {
    let folder = folder();
    let before = names(folder.path());
    let more = ["--matches", "m.csv", "--arrays", "out", "--html", "a.html", "--by", "weather"];
    assert_eq!(eval(folder.path(), &more).status.code(), Some(1));
    assert_eq!(names(folder.path()), before);
}

#[test]
fn all_conditions_that_hold_are_told() {
    let folder = folder();
    let out =
        eval(folder.path(), &["--fail-if", "AP<0.65", "--fail-if", "AP50<0.1", "--fail-if", "AP75<0.9"]);
    assert_eq!(out.status.code(), Some(1));
    let said = text(&out.stderr);
    assert!(said.contains("AP<0.65") && said.contains("AP75<0.9") && !said.contains("AP50"), "{said}");
}

#[test]
fn options_that_say_nothing_are_refused() {
    let folder = folder();
    for (more, wanted) in [
        (&["--cut", "nan"][..], "no real number"),
        (&["--cut", "inf"], "no real number"),
        (&["--iou", "1.5"], "above 0 and at most 1"),
        (&["--iou", "0.5,0"], "above 0 and at most 1"),
        (&["--iou", "NaN"], "no real number"),
        (&["--cluster", "split"], "--bootstrap"),
        (&["--bootstrap", "0"], "--bootstrap"),
        (&["--confusion", "standard"], "--errors"),
        (&["--worst", "3"], "--html"),
        (&["--confusion", "mmdet", "--errors", "--metric", "coco/segm"], "coco/bbox"),
        (&["--errors", "--class-agnostic"], "--class-agnostic"),
        (&["--metric", "voc/bbox", "--errors"], "COCO"),
        (&["--metric", "voc08"], "semantic, panoptic, cityscapes, classification"),
    ] {
        let out = eval(folder.path(), more);
        assert_eq!(out.status.code(), Some(2), "{more:?}: {}", text(&out.stderr));
        assert!(text(&out.stderr).contains(wanted), "{more:?}: {}", text(&out.stderr));
    }
    let out = eval(folder.path(), &["--bootstrap", "9", "--cluster", "video"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stderr).contains("video") && out.stdout.is_empty(), "{}", text(&out.stderr));
}

#[test]
fn sides_that_are_not_there_or_not_known_are_told_apart() {
    let folder = folder();
    let said = |gt: &str, pred: &str| text(&run(folder.path(), &["--gt", gt, "--pred", pred]).stderr);
    let gt = said("nope.json", "dt.json");
    assert!(gt.contains("nope.json: no such file or folder: the truth"), "{gt}");
    let pred = said("gt.json", "nope.json");
    assert!(pred.contains("nope.json: no such file or folder: the predictions"), "{pred}");
    fs::write(folder.path().join("odd.txt"), "what is this").unwrap();
    let odd = said("odd.txt", "dt.json");
    assert!(odd.contains("odd.txt") && !odd.contains("--from"), "{odd}");
    let compare = std::process::Command::new(env!("CARGO_BIN_EXE_lensframe"))
        .current_dir(folder.path())
        .args(["compare", "--gt", "gt.json", "--pred", "dt.json", "--metric", "panoptic"])
        .output()
        .unwrap();
    assert_eq!(compare.status.code(), Some(2));
    assert!(text(&compare.stderr).contains("compare cannot do panoptic"), "{}", text(&compare.stderr));
}

/// What a report says of its origin.
fn facts(out: &Output) -> std::collections::BTreeMap<String, String> {
    assert!(out.status.success(), "{}", text(&out.stderr));
    let report: Value = serde_json::from_slice(&out.stdout).unwrap();
    let facts = report["provenance"].as_array().unwrap().iter();
    facts.map(|f| (f["key"].as_str().unwrap().into(), f["value"].as_str().unwrap().into())).collect()
}

#[test]
fn a_report_says_what_was_read_and_asked() {
    let folder = folder();
    let plain = facts(&eval(folder.path(), &["--json"]));
    assert!(!plain.contains_key("options"), "{plain:?}");
    assert_eq!(plain["images without a detection"], "0 of 2");
    let print = plain["fingerprint of the truth"].clone();
    assert!(print.len() == 16 && print.bytes().all(|b| b.is_ascii_hexdigit()));
    assert_ne!(print, plain["fingerprint of the predictions"]);
    let file = fs::read(folder.path().join("gt.json")).unwrap();
    assert!(blake3::hash(&file).to_hex().starts_with(&print));
    let more = ["--json", "--match-by", "stem", "--classes-by", "name", "--iou", "0.5,0.75", "--cut", "0.5"];
    let named = run(folder.path(), &[&["--gt", "gt.json", "--pred", "named.json"], &more[..]].concat());
    let named = facts(&named);
    assert_eq!(named["options"], "--match-by stem --classes-by name --iou 0.5,0.75 --cut 0.5");
    assert_eq!(named["images without a detection"], "1 of 2");
    // At a terminal alone no file is read twice.
    assert!(!text(&eval(folder.path(), &[]).stdout).contains("fingerprint"));

    let drawn = std::process::Command::new(env!("CARGO_BIN_EXE_lensframe"))
        .current_dir(folder.path())
        .args(["synth", "a.lf", "--count", "3", "--size", "64x64", "--detections"])
        .output()
        .unwrap();
    assert!(drawn.status.success(), "{}", text(&drawn.stderr));
    let stored = facts(&run(folder.path(), &["--gt", "a.lf", "--pred", "a.lf", "--json"]));
    assert_eq!(stored["set of the predictions"], "pred");
    assert!(stored["version of the truth"].parse::<u64>().is_ok());
}

#[test]
fn pictures_that_are_not_found_are_told_once_and_only_where_some_were_to_be_drawn() {
    let folder = folder();
    let page = eval(folder.path(), &["--html", "a.html"]);
    let said = text(&page.stdout) + &text(&page.stderr);
    assert!(page.status.success() && !said.contains("the dataset has no images"), "{said}");
    assert_eq!(said.matches("--image-root").count(), 1, "{said}");
    assert!(said.contains("pictures were not found"), "{said}");
    for more in [&["--by", "height"][..], &["--html", "b.html", "--worst", "0"]] {
        let out = eval(folder.path(), more);
        let said = text(&out.stdout) + &text(&out.stderr);
        assert!(
            out.status.success() && !said.contains("pictures") && !said.contains("images.none"),
            "{said}"
        );
    }
}
