//! The project's files as text: what is written by hand, not what is built or fetched.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of the project.
pub(super) struct File {
    /// From the root of the project, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

impl File {
    /// A file that exists only in a test.
    pub(super) fn new(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    pub(super) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

/// All files of the project, sorted by path.
pub(super) struct Tree {
    files: Vec<File>,
}

/// Not ours, or not written by hand.
const SKIPPED_FOLDERS: [&str; 7] =
    ["target", "corpus", "artifacts", "node_modules", "fixtures", "demo", "coverage"];
const SKIPPED_FILES: [&str; 1] = ["Cargo.lock"];

impl Tree {
    /// Walks the project. Files that are not UTF-8 are not text and left out.
    pub(super) fn read() -> Tree {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        walk(&root, &root, &mut files);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Tree { files }
    }

    /// Every text file.
    pub(super) fn all(&self) -> impl Iterator<Item = &File> {
        self.files.iter()
    }

    /// The Rust files of a folder at the top; of all folders, for `""`.
    pub(super) fn rust(&self, folder: &str) -> impl Iterator<Item = &File> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        self.files.iter().filter(move |file| file.is_rust() && file.path.starts_with(&prefix))
    }
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        // `.ci` is ours; other dotted names belong to git, to a venv or to an editor.
        let hidden = name.starts_with('.') && name != ".ci";
        if hidden || SKIPPED_FILES.contains(&name.as_str()) || path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            if !SKIPPED_FOLDERS.contains(&name.as_str()) && !name.ends_with(".lf") {
                walk(root, &path, files);
            }
        } else if let Ok(text) = fs::read_to_string(&path) {
            let relative = path.strip_prefix(root).unwrap();
            let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
            files.push(File { path: parts.join("/"), text });
        }
    }
}
