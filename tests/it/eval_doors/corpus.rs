//! The fuzzer's inputs, replayed; and seeds of every format cut short and changed byte by byte.

#[path = "../../../fuzz/fuzz_targets/eval_doors/check.rs"]
mod check;

fn inputs() -> Vec<(String, Vec<u8>)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/eval_doors");
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let name = |path: &std::path::Path| path.file_name().unwrap().to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), std::fs::read(path).unwrap())).collect()
}

#[test]
fn every_kept_fuzz_input_is_refused_or_can_be_evaluated() {
    let inputs = inputs();
    assert!(inputs.len() >= 20, "{} kept inputs", inputs.len());
    inputs.iter().for_each(|(_, bytes)| check::check(bytes));
}

#[test]
fn seeds_cut_short_or_with_a_byte_changed_are_refused_or_can_be_evaluated() {
    for (_, seed) in inputs().into_iter().filter(|(name, _)| name.starts_with("seed-")) {
        let step = seed.len() / 40 + 1;
        for at in (2..seed.len()).step_by(step) {
            let mut bytes = seed.clone();
            bytes[at] ^= 0x15;
            check::check(&bytes);
            check::check(&seed[..at]);
        }
    }
}
