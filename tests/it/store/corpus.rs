//! The fuzzers' inputs, replayed; and files of another writer, read by our reader and by arrow's.

use std::fs;
use std::path::PathBuf;

use arrow_buffer::Buffer;
use arrow_ipc::reader::FileReader;
use lensframe::dataset::store::read_arrow;
use lensframe::error::ErrorKind;

#[path = "../../../fuzz/fuzz_targets/ipc_open/check.rs"]
mod ipc_open;
#[path = "../../../fuzz/fuzz_targets/manifest/check.rs"]
mod manifest;

fn files(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        (path, bytes)
    };
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(read).collect();
    let bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(!files.is_empty() && bytes < 100_000, "{} files of {bytes} bytes", files.len());
    files
}

#[test]
fn hostile_files_and_manifests_are_refused_or_sound() {
    files("ipc_open").iter().for_each(|(_, bytes)| ipc_open::check(bytes));
    files("manifest").iter().for_each(|(_, bytes)| manifest::check(bytes));
}

#[test]
fn our_reader_and_arrows_agree_on_files_of_another_writer() {
    let mut read = 0;
    for (path, bytes) in files("ipc_open") {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        match read_arrow(Buffer::from(bytes.as_slice())) {
            Ok(ours) => {
                let theirs = FileReader::try_new(std::io::Cursor::new(&bytes), None);
                // The fuzzer found files that arrow's reader refuses and ours reads in part; not the recorded ones.
                let Ok(theirs) = theirs.and_then(|reader| reader.collect::<Result<Vec<_>, _>>()) else {
                    continue;
                };
                assert_eq!(ours.len(), theirs.len(), "{name}");
                for (a, b) in ours.iter().zip(&theirs) {
                    assert_eq!(a.columns(), b.columns(), "{name}");
                }
                read += 1;
            }
            Err(e) if ["compressed", "dictionary", "views"].contains(&name.as_str()) => {
                assert_eq!(e.kind(), ErrorKind::Unsupported, "{name}: {e}");
            }
            Err(e) => assert!(name.len() == 40, "{name}: {e}"),
        }
    }
    assert!(read >= 6, "{read} files were read");
}
