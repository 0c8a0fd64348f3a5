//! The fuzzer's inputs, replayed.

#[path = "../../../fuzz/fuzz_targets/coco_json/check.rs"]
mod check;

#[test]
fn the_corpus_of_coco_files_is_read_or_refused() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/coco_json");
    let mut inputs = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        check::check(&std::fs::read(entry.unwrap().path()).unwrap());
        inputs += 1;
    }
    assert!(inputs >= 8, "{inputs} inputs");
}
