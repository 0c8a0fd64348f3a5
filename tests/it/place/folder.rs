//! Folders as trees: what is listed, which links are followed, what is left out.

use std::fs;
use std::path::Path;

use lensframe::error::ErrorKind;
use lensframe::job::Job;
use lensframe::place::{EntryKind, Limits, Roots, Tree, TreeKind, TreeOptions};

fn open(path: &Path, job: &Job) -> Tree {
    Tree::open(path, &TreeOptions::default(), job).unwrap()
}

fn put(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn large_files_are_mapped_small_ones_read_and_both_are_whole() {
    let dir = tempfile::tempdir().unwrap();
    for length in [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1] {
        let bytes: Vec<u8> = (0..=250u8).cycle().take(length).collect();
        put(&dir.path().join("f"), &bytes);
        let tree = open(dir.path(), &Job::new());
        assert_eq!(tree.kind(), TreeKind::Folder);
        assert_eq!(tree.bytes("f").unwrap(), length as u64);
        assert_eq!(tree.read("f").unwrap().as_slice(), bytes);
        assert_eq!(tree.head("f", 3).unwrap(), bytes[..length.min(3)]);
        let mut out = vec![7];
        assert_eq!(tree.read_onto("f", &mut out, length).unwrap(), length);
        assert_eq!(out[1..], bytes);
        if length > 0 {
            let e = tree.read_onto("f", &mut out, length - 1).unwrap_err();
            assert_eq!((e.kind(), out.len()), (ErrorKind::Limit, length + 1));
        }
    }
}

#[test]
fn what_is_absent_or_of_the_other_kind_is_named() {
    let dir = tempfile::tempdir().unwrap();
    put(&dir.path().join("a/b"), b"x");
    let tree = open(dir.path(), &Job::new());
    for error in [
        tree.read("a").unwrap_err(),
        tree.read("c").unwrap_err(),
        tree.read("a/b/c").unwrap_err(),
        tree.list("a/b").unwrap_err(),
        tree.list("c").unwrap_err(),
        tree.within("c").list("").unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        assert!(error.to_string().contains(&*dir.path().to_string_lossy()), "{error}");
    }
    assert_eq!(tree.find("a/b/c").unwrap(), None);
    assert_eq!(tree.find("c/d").unwrap(), None);
    assert_eq!(tree.find("").unwrap().unwrap().kind, EntryKind::Folder);
    for path in ["../x", "/etc", "a/../b", "c:/x"] {
        assert_eq!(tree.read(path).unwrap_err().kind(), ErrorKind::Format);
        assert_eq!(tree.within("a").read(path).unwrap_err().kind(), ErrorKind::Format);
        assert_eq!(tree.within(path).list("").unwrap_err().kind(), ErrorKind::Format);
    }
    let e = Tree::open(&dir.path().join("none"), &TreeOptions::default(), &Job::new()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::NotFound);
}

#[test]
fn the_first_root_that_has_a_path_wins() {
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    put(&a.path().join("x/1"), b"first");
    put(&b.path().join("x/1"), b"second");
    put(&b.path().join("x/2"), b"only");
    let paths = [a.path().to_owned(), b.path().to_owned()];
    let roots = Roots::open(&paths, &TreeOptions::default(), &Job::new()).unwrap();
    let read = |path| roots.find(path).unwrap().map(|(tree, _)| tree.read(path).unwrap());
    assert_eq!(read("x/1").unwrap().as_slice(), b"first");
    assert_eq!(read("x/2").unwrap().as_slice(), b"only");
    assert!(read("x/3").is_none());
    assert_eq!(roots.trees().len(), 2);
}

#[test]
fn a_folder_of_too_many_files_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for n in 0..5 {
        put(&dir.path().join(n.to_string()), b"");
    }
    let limits = Limits { members: 4, ..Limits::default() };
    let tree = Tree::open(dir.path(), &TreeOptions { limits, roots: Vec::new() }, &Job::new()).unwrap();
    assert_eq!(tree.list("").unwrap_err().kind(), ErrorKind::Limit);
}

#[cfg(unix)]
mod links {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_followed_inside_and_into_the_named_roots_alone() {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        put(&dir.path().join("real/a"), b"inside");
        put(&other.path().join("far/b"), b"outside");
        symlink("real", dir.path().join("near")).unwrap();
        symlink("../real/a", dir.path().join("real/again")).unwrap();
        symlink(other.path().join("far"), dir.path().join("far")).unwrap();
        symlink(other.path().join("far/b"), dir.path().join("b")).unwrap();

        let job = Job::new();
        let tree = open(dir.path(), &job);
        assert_eq!(tree.list("").unwrap().folders().collect::<Vec<_>>(), ["near", "real"]);
        assert_eq!(tree.read("near/again").unwrap().as_slice(), b"inside");
        assert_eq!(tree.find("b").unwrap(), None);
        assert_eq!(tree.find("far/b").unwrap(), None);
        for path in ["b", "far/b"] {
            let e = tree.read(path).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::NotFound);
            assert!(e.to_string().contains("--image-root"), "{e}");
        }
        tree.list("").unwrap();
        assert_eq!(job.warnings().count("place.link-out"), 2);

        let job = Job::new();
        let roots = vec![other.path().to_owned()];
        let tree = Tree::open(dir.path(), &TreeOptions { roots, ..TreeOptions::default() }, &job).unwrap();
        assert_eq!(tree.read("far/b").unwrap().as_slice(), b"outside");
        assert_eq!(tree.read("b").unwrap().as_slice(), b"outside");
        assert_eq!(job.warnings().total(), 0);

        let e = open(dir.path(), &Job::new().strict(true)).list("").unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Format);
    }

    /// Every path of a tree, folders with `/` behind them.
    fn walk(tree: &Tree, folder: &str, out: &mut Vec<String>) {
        for (name, kind) in tree.list(folder).unwrap().iter() {
            let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            match kind {
                EntryKind::File => out.push(path),
                EntryKind::Folder => {
                    walk(tree, &path, out);
                    out.push(path + "/");
                }
            }
        }
    }

    #[test]
    fn every_walk_ends_whatever_the_links_do() {
        let dir = tempfile::tempdir().unwrap();
        put(&dir.path().join("a/x"), b"");
        put(&dir.path().join("b/y"), b"");
        symlink("..", dir.path().join("a/up")).unwrap();
        symlink(".", dir.path().join("a/self")).unwrap();
        symlink("../b", dir.path().join("a/to_b")).unwrap();
        symlink("../a", dir.path().join("b/to_a")).unwrap();
        symlink("loop", dir.path().join("loop")).unwrap();
        symlink("nowhere", dir.path().join("broken")).unwrap();
        let job = Job::new();
        let mut paths = Vec::new();
        walk(&open(dir.path(), &job), "", &mut paths);
        assert_eq!(paths, ["a/to_b/y", "a/to_b/", "a/x", "a/", "b/to_a/x", "b/to_a/", "b/y", "b/"]);
        assert_eq!(job.warnings().count("place.link-broken"), 2);
        assert!(job.warnings().count("place.link-cycle") >= 4);
    }

    #[test]
    fn links_that_multiply_are_cut_off() {
        let dir = tempfile::tempdir().unwrap();
        for level in 0..12 {
            fs::create_dir(dir.path().join(format!("d{level}"))).unwrap();
            symlink(format!("../d{}", level + 1), dir.path().join(format!("d{level}/l"))).unwrap();
        }
        put(&dir.path().join("d12/end"), b"");
        let job = Job::new();
        let tree = open(dir.path(), &job);
        assert!(tree.find("d4/l/l/l/l/l/l/l/l/end").unwrap().is_some());
        assert!(tree.find("d3/l/l/l/l/l/l/l/l/l/end").unwrap().is_none());
        assert_eq!(job.warnings().count("place.link-cycle"), 1);
    }

    #[test]
    fn names_that_are_no_text_or_unsafe_are_left_out_and_nothing_blocks() {
        use std::os::unix::ffi::OsStrExt;
        let dir = tempfile::tempdir().unwrap();
        put(&dir.path().join("ok.txt"), b"");
        put(&dir.path().join("back\\slash"), b"");
        put(&dir.path().join("new\nline"), b"");
        put(&dir.path().join(std::ffi::OsStr::from_bytes(b"\xff.jpg")), b"");
        let fifo = dir.path().join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        symlink("fifo", dir.path().join("to_fifo")).unwrap();
        let job = Job::new();
        let tree = open(dir.path(), &job);
        assert_eq!(tree.list("").unwrap().files().collect::<Vec<_>>(), ["ok.txt"]);
        assert_eq!(tree.read("fifo").unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(job.warnings().count("place.unsafe-name"), 3);
        assert_eq!(job.warnings().total(), 3);
    }
}
