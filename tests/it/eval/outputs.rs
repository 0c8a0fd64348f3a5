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
        eval(folder.path(), &["--fail-if", "AP<0.65", "--fail-if", "AP50<0.1", "--fail-if", "AR100<0.9"]);
    assert_eq!(out.status.code(), Some(1));
    let said = text(&out.stderr);
    assert!(said.contains("AP<0.65") && said.contains("AR100<0.9") && !said.contains("AP50"), "{said}");
}
