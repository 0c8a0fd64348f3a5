//! The fuzzer's archives, replayed; and archives of every kind cut short and changed byte by byte.

#[path = "../../../fuzz/fuzz_targets/archive/check.rs"]
mod check;

use super::pack::{self, Raw, block, raw_zip};

#[test]
fn every_kept_fuzz_input_is_refused_or_a_sound_tree() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/archive");
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 40, "{} kept inputs", paths.len());
    for path in paths {
        check::check(&std::fs::read(&path).unwrap());
    }
}

#[test]
fn small_archives_with_any_byte_changed_are_refused_or_sound_trees() {
    let link = Raw { made_by: 3 << 8, mode: 0o120_777, ..Raw::stored("l", b"d") };
    let zip = raw_zip(&[Raw::stored("d/a", b"a"), Raw::deflated("b", &[7; 300]), link], None);
    let tar = [
        block(b"d/a", b'0', b"", b"a"),
        block(b"l", b'2', b"d", b""),
        block(b"x", b'x', b"", b"12 path=yz\n\n"),
        block(b"h", b'1', b"d/a", b""),
        vec![0; 1024],
    ]
    .concat();
    for archive in [zip, pack::gz(&tar), tar] {
        for at in 0..archive.len() {
            let mut bytes = archive.clone();
            bytes[at] ^= 0xff;
            check::check(&bytes);
        }
        (0..archive.len()).step_by(13).for_each(|length| check::check(&archive[..length]));
    }
}
