//! The fuzzer's networks and files of weights, replayed, and with bytes changed.

#[path = "../../../fuzz/fuzz_targets/onnx/check.rs"]
mod networks;
#[path = "../../../fuzz/fuzz_targets/weights/check.rs"]
mod weights;

/// The kept inputs of a target.
fn kept(target: &str) -> Vec<Vec<u8>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// Each input as it is, cut short, and with bytes changed one at a time.
fn replay(target: &str, least: usize, check: fn(&[u8])) {
    let inputs = kept(target);
    assert!(inputs.len() >= least, "{} kept inputs of {target}", inputs.len());
    for input in inputs {
        check(&input);
        for at in (0..input.len()).step_by(3) {
            let mut bytes = input.clone();
            bytes[at] ^= 0x81;
            check(&bytes);
        }
        (0..input.len()).step_by(17).for_each(|length| check(&input[..length]));
    }
}

#[test]
fn networks_with_any_byte_changed_are_refused_or_run() {
    replay("onnx", 50, networks::check);
}

#[test]
fn files_of_weights_with_any_byte_changed_are_refused_or_read() {
    replay("weights", 10, weights::check);
}
