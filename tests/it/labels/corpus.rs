//! What the fuzzer found worth keeping, replayed on every test run.

#[path = "../../../fuzz/fuzz_targets/label_png/check.rs"]
mod check;

#[test]
fn every_kept_fuzz_input_is_refused_or_covered_by_its_segments() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/label_png");
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 10, "{} kept inputs", paths.len());
    for path in paths {
        check::check(&std::fs::read(&path).unwrap());
    }
}
