//! What the fuzzer found worth keeping, replayed on every test run.

#[path = "../../../fuzz/fuzz_targets/image_decode/check.rs"]
mod check;

#[test]
fn every_kept_fuzz_input_is_refused_or_one_picture_however_it_is_asked_for() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/image_decode");
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 50, "{} kept inputs", paths.len());
    for path in paths {
        check::check(&std::fs::read(&path).unwrap());
    }
}
