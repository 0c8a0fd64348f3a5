//! What holds of any bytes taken for an archive; shared by the fuzz target and the replay of its corpus.

use lensframe::job::Job;
use lensframe::place::{EntryKind, Limits, Tree, TreeOptions};

/// Small enough that an input which reaches one is found in no time.
const LIMITS: Limits = Limits {
    members: 1000,
    name_bytes: 300,
    names_bytes: 100_000,
    member_bytes: 1 << 20,
    total_bytes: 8 << 20,
    ratio: 1000,
    ratio_from: 1 << 18,
};

/// Every folder can be listed, what is listed is found, in order and safely named; a file that can be read has
/// the length and the beginning that it is said to have.
pub(crate) fn check(data: &[u8]) {
    let dir = tempfile::tempdir().expect("a folder for the archive");
    let path = dir.path().join("archive");
    std::fs::write(&path, data).expect("the archive can be written");
    let job = Job::new();
    let options = TreeOptions { limits: LIMITS, roots: Vec::new() };
    let opened = Tree::open(&path, &options, &job);
    assert!(opened.is_err() || Tree::is_tree(&path));
    let Ok(tree) = opened else { return };
    let mut folders = vec![String::new()];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        let listing = tree.list(&folder).expect("a listed folder can be listed");
        let names: Vec<(&str, EntryKind)> = listing.iter().collect();
        assert!(names.is_sorted_by(|a, b| a.0 < b.0), "{names:?}");
        for (name, kind) in names {
            assert!(!name.is_empty() && name != ".." && name != "." && !name.contains(['/', '\\', '\0']));
            let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            let found = tree.find(&path).expect("a safe path").expect("what is listed is found");
            assert_eq!((found.name.as_str(), found.kind), (name, kind));
            match kind {
                EntryKind::Folder => folders.push(path),
                EntryKind::File => read(&tree, &path),
            }
            seen += 1;
            // Links to folders may show one file under many paths.
            if seen > 5000 {
                return;
            }
        }
    }
}

fn read(tree: &Tree, path: &str) {
    let length = tree.bytes(path).expect("a file has a length");
    let Ok(bytes) = tree.read(path) else { return };
    assert_eq!(bytes.len() as u64, length);
    let head = tree.head(path, 10).expect("what can be read has a beginning");
    assert_eq!(head, bytes[..bytes.len().min(10)]);
    let mut onto = vec![1];
    assert_eq!(tree.read_onto(path, &mut onto, bytes.len()).expect("it can be appended"), bytes.len());
    assert!(onto[1..] == *bytes);
}
