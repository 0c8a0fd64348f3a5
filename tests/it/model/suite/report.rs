//! What came of the suite, as a table.

use std::collections::BTreeMap;
use std::fmt;

use super::target::{group, is_target};
use super::{Case, Outcome};

/// Engines and how many cases of a group they pass: onnxruntime 1.31.1, tract 0.23.9, rten 0.27.0 and candle-onnx 0.11.1
/// on the processor, wonnx 0.5.1 on lavapipe, run over the same wheel with rtol 1e-3 and atol 1e-5.
const PEERS: [&str; 5] = ["ORT", "tract", "rten", "candle", "wonnx"];
const PASSED: [(&str, [usize; 5]); 5] = [
    ("P0 classify", [168, 150, 115, 99, 71]),
    ("P1 detect, segment", [271, 170, 205, 127, 43]),
    ("P2 wider", [139, 110, 78, 34, 10]),
    ("several nodes", [176, 152, 166, 57, 0]),
    ("= target", [754, 582, 564, 317, 124]),
];

/// All cases and what came of them.
pub(crate) struct Report {
    pub(crate) cases: Vec<Case>,
}

#[derive(Default)]
struct Line {
    passed: usize,
    refused: usize,
    failed: usize,
}

impl Line {
    fn add(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Passed => self.passed += 1,
            Outcome::Refused(_) => self.refused += 1,
            _ => self.failed += 1,
        }
    }

    fn all(&self) -> usize {
        self.passed + self.refused + self.failed
    }
}

impl Report {
    pub(crate) fn new(cases: Vec<Case>) -> Report {
        Report { cases }
    }

    /// How many cases are such.
    pub(crate) fn count(&self, such: impl Fn(&Case) -> bool) -> usize {
        self.cases.iter().filter(|case| such(case)).count()
    }

    /// The cases that an executor has to pass.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(|case| is_target(case))
    }

    /// Targets that did not pass, and anything that panicked or hung.
    pub(crate) fn bad(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(|case| match case.outcome {
            Outcome::Passed => false,
            Outcome::Panicked(_) | Outcome::TimedOut => true,
            _ => is_target(case),
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut groups, mut ops, mut target, mut total) =
            (BTreeMap::new(), BTreeMap::new(), Line::default(), Line::default());
        for case in &self.cases {
            groups.entry(group(case)).or_insert_with(Line::default).add(&case.outcome);
            total.add(&case.outcome);
            if is_target(case) {
                target.add(&case.outcome);
            }
            if let [op] = case.about.ops.as_slice() {
                ops.entry(op.as_str()).or_insert_with(Line::default).add(&case.outcome);
            }
        }
        write!(f, "{:24} {:>6} {:>6} {:>7} {:>6}", "group", "cases", "passed", "refused", "failed")?;
        writeln!(f, "  |{}", PEERS.map(|peer| format!("{peer:>7}")).concat())?;
        let lines = groups.iter().map(|(name, line)| (*name, line));
        for (name, Line { passed, refused, failed }) in
            lines.chain([("= target", &target), ("= all", &total)])
        {
            let all = passed + refused + failed;
            write!(f, "{name:24} {all:>6} {passed:>6} {refused:>7} {failed:>6}")?;
            match PASSED.iter().find(|(group, _)| *group == name) {
                Some((_, peers)) => writeln!(f, "  |{}", peers.map(|n| format!("{n:>7}")).concat())?,
                None => writeln!(f)?,
            }
        }
        writeln!(f, "operators of one node that do not pass in full (passed of all):")?;
        let missing: Vec<String> = ops
            .iter()
            .filter(|(_, line)| line.passed < line.all())
            .map(|(op, line)| format!("{op} {} of {}", line.passed, line.all()))
            .collect();
        writeln!(f, "{}", missing.join(", "))?;
        for case in &self.cases {
            match &case.outcome {
                Outcome::Passed => {}
                Outcome::Refused(why) if is_target(case) => writeln!(f, "refused {}: {why}", case.name)?,
                Outcome::Refused(_) => {}
                other => writeln!(
                    f,
                    "{} {}: {other:?}",
                    if is_target(case) { "TARGET" } else { "failed" },
                    case.name
                )?,
            }
        }
        Ok(())
    }
}
