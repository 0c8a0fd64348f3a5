//! All that is said of errors, in one report.

use lensframe::eval::coco::Kind;
use lensframe::eval::errors::Findings;
use lensframe::job::Job;
use lensframe::report::Report;

use super::scenes::draw;

#[test]
fn a_report_holds_errors_by_type_and_step_confusions_sizes_and_worst_images() {
    let comparison = draw(6, 50, 4);
    let findings = Findings::of(&comparison, &Kind::Bbox, &Job::new()).unwrap();
    let mut report = Report::new("run", "coco/bbox");
    findings.attach(&comparison, &mut report);
    let names: Vec<&str> = report.breakdowns.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(names, ["AP lost by type of error", "AP as errors are forgiven", "Objects by size"]);
    let tables: Vec<&str> = report.tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(tables, ["errors by class", "AP as errors are forgiven, by class", "worst images"]);
    assert_eq!(report.matrix.as_ref().map(|matrix| matrix.rows.len()), Some(5));
    assert_eq!(report.charts[0].curves.len(), 7);
    let objects: u64 = (0..100).map(|bin| report.histograms[0].total(bin)).sum();
    assert_eq!(objects as usize, comparison.truth.len());
    assert_eq!(Report::from_json(&report.to_json()).unwrap(), report);
    let page = report.to_html();
    assert!(page.contains("AP lost by type of error") && page.contains("class 3"));
}

#[test]
fn a_comparison_of_nothing_still_makes_a_report() {
    let comparison = draw(6, 0, 2);
    let findings = Findings::of(&comparison, &Kind::Bbox, &Job::new()).unwrap();
    let mut report = Report::new("nothing", "coco/bbox");
    findings.attach(&comparison, &mut report);
    assert!(report.terminal(80).contains("nothing") && report.histograms.is_empty());
}

#[test]
fn a_cancelled_job_ends_every_part() {
    let job = Job::new();
    job.cancel();
    assert!(Findings::of(&draw(6, 3, 2), &Kind::Bbox, &job).unwrap_err().is_cancelled());
}
