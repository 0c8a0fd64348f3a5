//! Inputs on which evaluators differ: what pycocotools and others were recorded to say
//! (`tests/recorded/divergences/`), what we say, and the page that tells of both.
//!
//! Where pycocotools has numbers, ours are the same bits; where it raises, or ours are another's on purpose, the
//! case says which, and a twin of the input without its fault, that pycocotools was asked about, has the numbers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lensframe::error::Result;
use lensframe::eval::coco::{Coco, Kind, Params, Summary};
use lensframe::eval::read::{Wanted, coco_results, coco_truth};
use lensframe::eval::{Matching, join};
use lensframe::job::Job;
use serde_json::Value;

/// What a tool said.
#[derive(Clone, Debug)]
enum Answer {
    Stats(Vec<f64>),
    Raises(String),
}

struct Case {
    json: Value,
    answers: Vec<(String, Answer)>,
}

fn stats(value: &Value) -> Vec<f64> {
    let number = |n: &Value| n.as_f64().or_else(|| n.as_str()?.parse().ok()).expect("a number");
    value.as_array().expect("a list of numbers").iter().map(number).collect()
}

impl Case {
    fn new(json: &Value) -> Case {
        let answer = |said: &Value| match said["raises"].as_str() {
            Some(text) => Answer::Raises(text.to_owned()),
            None => Answer::Stats(stats(&said["stats"])),
        };
        let answers = json["answers"].as_object().expect("answers");
        let answers = answers.iter().map(|(tool, said)| (tool.clone(), answer(said))).collect();
        Case { json: json.clone(), answers }
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.json[key].as_str()
    }

    fn name(&self) -> &str {
        self.text("name").expect("a name")
    }

    fn reference(&self) -> &Answer {
        &self.answers[0].1
    }

    /// The numbers of a twin.
    fn twin(&self, key: &str) -> Option<Vec<f64>> {
        self.json.get(key).map(stats)
    }

    /// What our message must say, where we refuse.
    fn error(&self) -> Option<Vec<&str>> {
        Some(self.json.get("error")?.as_array()?.iter().filter_map(Value::as_str).collect())
    }

    /// Our numbers by default: the reference's, or those of the repaired twin.
    fn wanted(&self) -> Vec<f64> {
        match (self.twin("repaired"), self.reference()) {
            (Some(twin), _) => twin,
            (None, Answer::Stats(stats)) => stats.clone(),
            (None, Answer::Raises(_)) => panic!("{}: neither numbers nor an error is wanted", self.name()),
        }
    }

    fn write(&self, folder: &Path) -> (PathBuf, PathBuf) {
        let file = |key: &str| {
            let path = folder.join(format!("{key}.json"));
            let text = self.json[key].as_str().map_or_else(|| self.json[key].to_string(), str::to_owned);
            fs::write(&path, text).unwrap();
            path
        };
        (file("gt"), file("dt"))
    }

    /// Our numbers through the readers of COCO's files.
    fn ours(&self, corrected: bool) -> Result<Vec<f64>> {
        let folder = tempfile::tempdir().unwrap();
        let (gt, dt) = self.write(folder.path());
        let kind = match self.text("kind") {
            Some("segm") => Kind::Segm,
            Some("keypoints") => Kind::person(),
            _ => Kind::Bbox,
        };
        let mut params = Params::new(kind.clone());
        if let Some(caps) = self.json["caps"].as_array() {
            params.caps = caps.iter().map(|cap| cap.as_u64().unwrap() as u32).collect();
        }
        let wanted = Wanted { corrected, ..Wanted::by(&kind) };
        let (truth, found) = (coco_truth(&gt, &wanted)?, coco_results(&dt, &wanted)?);
        let joined = join(truth, found, &Matching::default())?;
        let mut coco = Coco::new(params.clone(), joined.classes.len())?;
        coco.update(&joined.batch(&joined.ids()), &Job::new())?;
        Ok(Summary::of(&params, &coco.finish(&Job::new())?).stats())
    }

    /// What the program says where it refuses; its exit code must say so too.
    fn refusal(&self) -> String {
        let folder = tempfile::tempdir().unwrap();
        self.write(folder.path());
        let metric = format!("coco/{}", self.text("kind").unwrap());
        let out = Command::new(env!("CARGO_BIN_EXE_lensframe"))
            .current_dir(folder.path())
            .args(["eval", "--gt", "gt.json", "--pred", "dt.json", "--metric", &metric])
            .output()
            .unwrap();
        assert!(!out.status.success() && out.stdout.is_empty(), "{} is not refused", self.name());
        String::from_utf8(out.stderr).unwrap().trim().to_owned()
    }
}

fn recording() -> Value {
    serde_json::from_str(include_str!("../../recorded/divergences/cases.json")).unwrap()
}

fn cases() -> Vec<Case> {
    recording()["cases"].as_array().unwrap().iter().map(Case::new).collect()
}

/// What differs between our numbers and those wanted; nothing where all bits are equal.
fn difference(case: &Case, corrected: bool, wanted: &[f64]) -> Option<String> {
    let name = case.name();
    match case.ours(corrected) {
        Ok(ours) if ours.iter().map(|n| n.to_bits()).eq(wanted.iter().map(|n| n.to_bits())) => None,
        Ok(ours) => Some(format!("{name}, corrected {corrected}: {ours:?}, wanted are {wanted:?}")),
        Err(error) => Some(format!("{name}, corrected {corrected}: refused, {error}")),
    }
}

#[test]
fn every_number_of_the_reference_is_ours_and_every_other_is_its_number_of_the_repaired_input() {
    let cases = cases();
    assert!(cases.len() >= 80, "{} cases are too few to be all", cases.len());
    let numbers = cases.iter().filter(|case| case.error().is_none());
    let wrong: Vec<String> = numbers
        .flat_map(|case| {
            let corrected = case.twin("corrected").unwrap_or_else(|| case.wanted());
            [difference(case, false, &case.wanted()), difference(case, true, &corrected)]
        })
        .flatten()
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_refused_is_refused_by_the_program_with_its_place() {
    let mut wrong = Vec::new();
    for case in cases() {
        let Some(parts) = case.error() else { continue };
        let said = case.refusal();
        if !parts.iter().all(|part| said.contains(part))
            || [false, true].iter().any(|c| case.ours(*c).is_ok())
        {
            wrong.push(format!("{}: {parts:?} is wanted, said is: {said}", case.name()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_case_says_what_is_done_and_only_marked_ones_leave_the_reference() {
    for case in cases() {
        let name = case.name();
        let raises = matches!(case.reference(), Answer::Raises(_));
        let (repaired, error) = (case.twin("repaired").is_some(), case.error().is_some());
        let odd = case.text("odd").is_some();
        assert_eq!(raises || odd, repaired || error, "{name}: pycocotools' numbers are ours unless marked");
        assert!(!(raises && odd), "{name} needs no mark: pycocotools has no number");
        assert_eq!(repaired, case.text("ours").is_some(), "{name}: a rule is named by its `ours`");
        let corrected = case.twin("corrected").is_some();
        assert_eq!(corrected, case.text("repair").is_some(), "{name}: a repair is named by its `repair`");
        assert!(case.text("why").is_some_and(|why| why.ends_with('.')), "{name} says why");
    }
}

#[test]
fn the_page_of_divergences_is_what_the_recordings_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/eval-divergences.md");
    let page = page();
    if std::env::var_os("LENSFRAME_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &page).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let first = page.lines().zip(kept.lines()).find(|(a, b)| a != b);
    assert!(page == kept, "docs/eval-divergences.md is old; LENSFRAME_BLESS=1 writes it anew: {first:?}");
}

const HEAD: &str = "# Where evaluators of COCO's protocol differ

Lensframe's numbers are pycocotools' by default, bit for bit, wherever it has numbers. Where it raises, we refuse too
and say where, or follow a rule that is named here. `--corrected` repairs what makes its number wrong. Damage that
pycocotools counts on over is refused, which is the only way in which we leave its numbers: {odd}.

This page is made by a test from recorded runs (`tests/recorded/divergences/`): each input was given to every tool,
and the test gives it to Lensframe and compares all twelve (points: ten) numbers bit by bit, and error messages word
by word. It fails when the page is old. `make parity` asks pycocotools again.

The numbers of a rule or repair are pycocotools' own of the input without its fault.
";

fn page() -> String {
    let recording = recording();
    let tools = recording["tools"].as_object().unwrap();
    let versions: Vec<String> =
        tools.iter().map(|(tool, version)| format!("{tool} {}", version.as_str().unwrap())).collect();
    let cases = cases();
    let odd: Vec<String> = cases.iter().filter(|case| case.text("odd").is_some()).map(Case::link).collect();
    let head = HEAD.replace("{odd}", &odd.join("; "));
    let mut out = format!("{head}\nAsked were {}.\n\n", versions.join(", "));
    let names: Vec<&str> = tools.keys().map(String::as_str).collect();
    out += "## At a glance\n\nAP of each input on which not all say the same. A star: the same AP, other numbers differ.\n\n";
    out += &format!("| input | {} | Lensframe | `--corrected` |\n", names.join(" | "));
    out += &format!("|---|{}---|---|\n", "---|".repeat(names.len()));
    for case in cases.iter().filter(|case| case.divides()) {
        out += &case.row();
    }
    let mut group = "";
    for case in &cases {
        if case.text("group") != Some(group) {
            group = case.text("group").unwrap();
            out += &format!("\n## {group}\n");
        }
        out += &case.section();
    }
    out
}

/// A number for people.
fn short(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').replace('-', "−")
}

/// True where no number differs by more than rounding.
fn alike(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9 || a.to_bits() == b.to_bits())
}

/// What can stand in a cell, as it was said.
fn quoted(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("`{}`", line.replace('|', "\\|").replace('`', "'"))
}

impl Case {
    fn keys(&self) -> &'static [&'static str] {
        match self.text("kind") {
            Some("keypoints") => &["AP", "AP50", "AP75", "APm", "APl", "AR", "AR50", "AR75", "ARm", "ARl"],
            _ => &["AP", "AP50", "AP75", "APs", "APm", "APl", "AR@1", "AR@10", "AR@100", "ARs", "ARm", "ARl"],
        }
    }

    /// Whether the tools, or we, say different things.
    fn divides(&self) -> bool {
        let Answer::Stats(first) = self.reference() else { return true };
        let all =
            self.answers.iter().all(|(_, said)| matches!(said, Answer::Stats(own) if alike(own, first)));
        !all || self.twin("corrected").is_some() || self.error().is_some()
    }

    /// Numbers beside those of the reference: AP, and the first two others that differ.
    fn told(&self, stats: &[f64]) -> String {
        let mut out = format!("AP {}", short(stats[0]));
        if let Answer::Stats(first) = self.reference() {
            let others = self.keys().iter().zip(stats).zip(first).skip(1);
            for ((key, own), _) in others.filter(|((_, a), b)| (*a - *b).abs() >= 1e-9).take(2) {
                out += &format!(", {key} {}", short(*own));
            }
        }
        out
    }

    fn row(&self) -> String {
        let reference = match self.reference() {
            Answer::Stats(stats) => Some(stats.clone()),
            Answer::Raises(_) => self.twin("repaired"),
        };
        let cell = |stats: &[f64]| match &reference {
            Some(first) if short(stats[0]) == short(first[0]) && !alike(stats, first) => {
                format!("{}*", short(stats[0]))
            }
            _ => short(stats[0]),
        };
        let said = |answer: &Answer| match answer {
            Answer::Stats(stats) => cell(stats),
            Answer::Raises(_) => String::from("raises"),
        };
        let mut cells: Vec<String> = self.answers.iter().map(|(_, answer)| said(answer)).collect();
        match self.error() {
            Some(_) => cells.extend(["refuses", "refuses"].map(String::from)),
            None => {
                let wanted = self.wanted();
                cells.push(cell(&wanted));
                cells.push(cell(&self.twin("corrected").unwrap_or(wanted)));
            }
        }
        format!("| {} | {} |\n", self.link(), cells.join(" | "))
    }

    /// A link to what is said of the input.
    fn link(&self) -> String {
        let title = self.text("title").unwrap();
        let kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
        let anchor: String = title.to_lowercase().chars().filter(kept).collect();
        format!("[{title}](#{})", anchor.replace(' ', "-"))
    }

    fn section(&self) -> String {
        let mut rows: Vec<(String, Vec<&str>)> = Vec::new();
        for (tool, answer) in &self.answers {
            let text = match (answer, self.reference()) {
                (Answer::Raises(text), _) => format!("raises {}", quoted(text)),
                (Answer::Stats(own), Answer::Stats(first)) if alike(own, first) => self.told(first),
                (Answer::Stats(own), _) => self.told(own),
            };
            match rows.iter_mut().find(|(known, _)| *known == text) {
                Some((_, tools)) => tools.push(tool),
                None => rows.push((text, vec![tool])),
            }
        }
        let mut out = format!(
            "\n### {}\n\n| coco/{} | |\n|---|---|\n",
            self.text("title").unwrap(),
            self.text("kind").unwrap()
        );
        for (text, tools) in rows {
            out += &format!("| {} | {text} |\n", tools.join(", "));
        }
        let ours = match (self.error(), self.text("ours")) {
            (Some(_), _) => format!("refuses: {}", quoted(&self.refusal())),
            (None, Some(rule)) => format!("{}: {rule}", self.told(&self.wanted())),
            (None, None) => String::from("pycocotools' numbers"),
        };
        out += &format!("| **Lensframe** | {ours} |\n");
        if let (Some(twin), Some(repair)) = (self.twin("corrected"), self.text("repair")) {
            out += &format!("| **`--corrected`** | {}: {repair} |\n", self.told(&twin));
        }
        out + "\n" + self.text("why").unwrap() + "\n"
    }
}
