//! What holds of every kind of tree: packed or not, the same tree has the same paths and the same bytes.

use std::path::Path;

use lensframe::error::ErrorKind;
use lensframe::job::Job;
use lensframe::place::{EntryKind, Tree, TreeKind, TreeOptions};
use zip::CompressionMethod;

use super::pack::{self, Member};

/// The same tree in every form, opened, with its kind.
fn every_kind(at: &Path, members: &[Member]) -> Vec<(TreeKind, Tree)> {
    let tar = pack::tar(members);
    pack::folder(&at.join("folder"), members);
    let files = [
        (TreeKind::Zip, "stored", pack::zip(members, CompressionMethod::Stored)),
        (TreeKind::Zip, "deflated", pack::zip(members, CompressionMethod::Deflated)),
        (TreeKind::Tar, "tar", tar.clone()),
        (TreeKind::TarGz, "tgz", pack::gz(&tar)),
    ];
    let open = |name: &str| {
        let job = Job::new();
        let tree = Tree::open(&at.join(name), &TreeOptions::default(), &job).unwrap();
        assert_eq!(job.warnings().total(), 0);
        tree
    };
    let mut trees = vec![(TreeKind::Folder, open("folder"))];
    for (kind, name, bytes) in files {
        std::fs::write(at.join(name), bytes).unwrap();
        trees.push((kind, open(name)));
    }
    trees
}

#[test]
fn every_kind_of_tree_has_the_same_paths_in_the_same_order_and_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let members = pack::little();
    let mut reversed = members.clone();
    reversed.reverse();
    let other = tempfile::tempdir().unwrap();
    let mut trees = every_kind(dir.path(), &members);
    trees.extend(every_kind(other.path(), &reversed));
    let mut expected = Vec::new();
    pack::walk(&trees[0].1, "", &mut expected);
    assert_eq!(expected.iter().filter(|(_, bytes)| bytes.is_some()).count(), 8);
    for (kind, tree) in &trees {
        assert_eq!(tree.kind(), *kind);
        assert!(Tree::is_tree(tree.path()));
        let mut found = Vec::new();
        pack::walk(tree, "", &mut found);
        assert!(found == expected, "{kind:?}");
    }
}

#[test]
fn every_way_of_reading_gives_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let members = pack::little();
    for (kind, tree) in every_kind(dir.path(), &members) {
        for (path, bytes) in members.iter().filter(|(path, _)| !path.ends_with('/')) {
            assert_eq!(tree.bytes(path).unwrap(), bytes.len() as u64);
            assert!(tree.read(path).unwrap().as_slice() == bytes, "{kind:?} {path}");
            for length in [0, 1, 20, 1_000_000, 2_000_000] {
                assert!(tree.head(path, length).unwrap() == bytes[..length.min(bytes.len())]);
            }
            let mut out = b"before".to_vec();
            assert_eq!(tree.read_onto(path, &mut out, bytes.len()).unwrap(), bytes.len());
            assert!(out[6..] == *bytes);
            if !bytes.is_empty() {
                let e = tree.read_onto(path, &mut out, bytes.len() - 1).unwrap_err();
                assert_eq!(e.kind(), ErrorKind::Limit);
                assert_eq!(out.len(), bytes.len() + 6);
            }
            assert!(tree.position(path).is_ok());
        }
    }
}

#[test]
fn a_tree_seen_from_a_folder_is_that_folder() {
    let dir = tempfile::tempdir().unwrap();
    for (kind, tree) in every_kind(dir.path(), &pack::little()) {
        let voc = tree.within("VOC");
        assert_eq!(voc.base(), "VOC");
        let names: Vec<String> = voc.list("").unwrap().iter().map(|(name, _)| name.to_owned()).collect();
        assert_eq!(names, ["Annotations", "Annotations-old", "JPEGImages", "empty"], "{kind:?}");
        assert_eq!(voc.list("").unwrap(), tree.list("VOC").unwrap());
        let images = voc.within("JPEGImages/");
        assert_eq!(images.read("./A.jpg").unwrap().as_slice(), b"not a.jpg");
        assert_eq!(images.name("A.jpg"), tree.path().join("VOC/JPEGImages/A.jpg"));
        assert_eq!(voc.find("").unwrap().unwrap().kind, EntryKind::Folder);
        assert!(voc.list("empty").unwrap().is_empty());
        assert!(voc.has_file("Annotations/@.xml").unwrap() && !voc.has_file("Annotations").unwrap());
    }
}

#[test]
fn what_is_absent_unsafe_or_of_the_other_kind_is_refused_alike() {
    let dir = tempfile::tempdir().unwrap();
    for (kind, tree) in every_kind(dir.path(), &pack::little()) {
        for path in ["VOC/none", "VOC.txt/none", "VOC", "", "voc.txt", "VOC.tx", "VO"] {
            let e = tree.read(path).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::NotFound, "{kind:?} {path}");
            assert!(e.to_string().contains(&*tree.name(path).to_string_lossy()), "{e}");
        }
        for path in ["VOC/none", "VOC.txt", "V"] {
            assert_eq!(tree.list(path).unwrap_err().kind(), ErrorKind::NotFound, "{kind:?} {path}");
        }
        for path in ["VOC/none", "VOC.txt/none", "V", "voc"] {
            assert_eq!(tree.find(path).unwrap(), None, "{kind:?} {path}");
        }
        for path in ["../x", "/VOC.txt", "VOC/../VOC.txt", "VOC\\Annotations", "c:/x", "a\0"] {
            assert_eq!(tree.read(path).unwrap_err().kind(), ErrorKind::Format, "{kind:?} {path}");
            assert_eq!(tree.find(path).unwrap_err().kind(), ErrorKind::Format);
        }
    }
}

#[test]
fn bytes_that_lie_as_they_are_are_not_copied() {
    let dir = tempfile::tempdir().unwrap();
    for (kind, tree) in every_kind(dir.path(), &pack::little()) {
        let (a, b) = (tree.read("VOC/JPEGImages/a.jpg").unwrap(), tree.read("VOC/JPEGImages/a.jpg").unwrap());
        let deflated = tree.path().ends_with("deflated");
        let shared = matches!(kind, TreeKind::Zip | TreeKind::Tar) && !deflated;
        assert_eq!(a.as_ptr() == b.as_ptr(), shared, "{kind:?}");
    }
}

#[test]
fn an_archive_may_be_read_by_many_threads_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let members = pack::little();
    for (_, tree) in every_kind(dir.path(), &members) {
        std::thread::scope(|scope| {
            for turn in 0..4 {
                let (tree, members) = (&tree, &members);
                scope.spawn(move || {
                    let files: Vec<_> = members.iter().filter(|(path, _)| !path.ends_with('/')).collect();
                    for n in 0..files.len() * 2 {
                        let (path, bytes) = files[(n * (turn + 1)) % files.len()];
                        assert!(tree.read(path).unwrap().as_slice() == bytes);
                    }
                });
            }
        });
    }
}

#[test]
fn other_files_are_no_trees() {
    let dir = tempfile::tempdir().unwrap();
    let json = pack::gz(&b"{}".repeat(1000));
    let files: [(&str, &[u8]); 7] = [
        ("empty.zip", b""),
        ("text.tar", b"this is not a tar archive"),
        ("json.gz", &json),
        ("short.gz", b"\x1f\x8b\x08\0"),
        ("long", &[b'x'; 4096]),
        ("zeros", &[0; 100]),
        ("pk", b"PK"),
    ];
    for (name, bytes) in files {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        assert!(!Tree::is_tree(&path), "{name}");
        let e = Tree::open(&path, &TreeOptions::default(), &Job::new()).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Unsupported, "{name}");
    }
    assert!(!Tree::is_tree(&dir.path().join("none")));
}

#[test]
fn an_archive_of_nothing_is_an_empty_tree() {
    for bytes in [pack::zip(&[], CompressionMethod::Stored), pack::tar(&[]), pack::gz(&pack::tar(&[]))] {
        let job = Job::new();
        let (_file, tree) = pack::opened(&bytes, &job);
        assert!(tree.list("").unwrap().is_empty());
        assert_eq!(job.warnings().total(), 0);
    }
}

#[test]
fn a_cancelled_job_opens_no_compressed_archive() {
    let file = pack::File::of(&pack::gz(&pack::tar(&pack::little())));
    let job = Job::new();
    job.cancel();
    assert!(file.open(&job).unwrap_err().is_cancelled());
}
