//! A disk that remembers what was done to it, fails on demand, and can be cut off anywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use lensframe::place::{Disk, DiskFile, LocalDisk};

/// One thing that was done, paths relative to the disk's root.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Create(PathBuf),
    Write(PathBuf, Vec<u8>),
    Sync(PathBuf),
    Folder(PathBuf),
    SyncFolder(PathBuf),
    Publish(PathBuf, PathBuf),
    Replace(PathBuf, PathBuf),
    Remove(PathBuf),
    RemoveFolder(PathBuf),
}

#[derive(Debug, Default)]
struct State {
    steps: Vec<Step>,
    fail_at: Option<usize>,
    for_good: bool,
}

/// A local disk with a log, on which one step may fail with "no space left".
#[derive(Clone, Debug)]
pub(crate) struct FaultyDisk {
    root: PathBuf,
    state: Arc<Mutex<State>>,
    free: Option<u64>,
}

impl FaultyDisk {
    /// A disk that only records.
    pub(crate) fn recording(root: &Path) -> FaultyDisk {
        FaultyDisk { root: root.to_owned(), state: Arc::default(), free: None }
    }

    /// A disk whose step number `at` fails, and with `for_good` every one after it that needs space.
    pub(crate) fn failing(root: &Path, at: usize, for_good: bool) -> FaultyDisk {
        let disk = FaultyDisk::recording(root);
        *disk.state.lock().unwrap() = State { steps: Vec::new(), fail_at: Some(at), for_good };
        disk
    }

    /// A disk that says it has so many bytes left.
    pub(crate) fn with_free(root: &Path, bytes: u64) -> FaultyDisk {
        FaultyDisk { free: Some(bytes), ..FaultyDisk::recording(root) }
    }

    /// What was done so far.
    pub(crate) fn steps(&self) -> Vec<Step> {
        self.state.lock().unwrap().steps.clone()
    }

    fn relative(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.root).unwrap().to_owned()
    }

    /// Notes a step, or fails in its place.
    fn note(&self, step: Step) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        let n = state.steps.len();
        let frees = matches!(step, Step::Remove(_) | Step::RemoveFolder(_));
        let fails = state.fail_at.is_some_and(|at| n == at || (state.for_good && n > at && !frees));
        state.steps.push(step);
        if fails { Err(io::Error::from_raw_os_error(libc::ENOSPC)) } else { Ok(()) }
    }
}

struct FaultyFile {
    disk: FaultyDisk,
    path: PathBuf,
    file: Box<dyn DiskFile>,
}

impl Write for FaultyFile {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.disk.note(Step::Write(self.path.clone(), data.to_vec()))?;
        self.file.write_all(data)?;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl DiskFile for FaultyFile {
    fn sync(&mut self) -> io::Result<()> {
        self.disk.note(Step::Sync(self.path.clone()))?;
        self.file.sync()
    }
}

impl Disk for FaultyDisk {
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        if path.exists() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let relative = self.relative(path);
        self.note(Step::Create(relative.clone()))?;
        let file = LocalDisk.create_new(path)?;
        Ok(Box::new(FaultyFile { disk: self.clone(), path: relative, file }))
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        if path.exists() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.note(Step::Folder(self.relative(path)))?;
        LocalDisk.create_dir(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.note(Step::SyncFolder(self.relative(path)))?;
        LocalDisk.sync_dir(path)
    }

    fn publish(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.note(Step::Publish(self.relative(from), self.relative(to)))?;
        LocalDisk.publish(from, to)
    }

    fn replace(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.note(Step::Replace(self.relative(from), self.relative(to)))?;
        LocalDisk.replace(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.note(Step::Remove(self.relative(path)))?;
        LocalDisk.remove(path)
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        self.note(Step::RemoveFolder(self.relative(path)))?;
        LocalDisk.remove_dir(path)
    }

    fn free_bytes(&self, path: &Path) -> Option<u64> {
        self.free.or_else(|| LocalDisk.free_bytes(path))
    }
}

/// What a power cut takes of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Nothing: it was all written.
    Nothing,
    /// Content, but not the names.
    Content,
    /// Names and content.
    Everything,
}

/// A file system that knows what is on the device: files by number, folders as maps of names.
#[derive(Clone, Default)]
struct Model {
    content: Vec<Vec<u8>>,
    synced: Vec<Vec<u8>>,
    names: BTreeMap<PathBuf, usize>,
    safe_names: BTreeMap<PathBuf, usize>,
    folders: BTreeSet<PathBuf>,
    safe_folders: BTreeSet<PathBuf>,
}

impl Model {
    /// Everything below `root` is on the device.
    fn of(root: &Path) -> Model {
        let mut model = Model::default();
        model.load(root, root);
        model.synced = model.content.clone();
        model.safe_names = model.names.clone();
        model.safe_folders = model.folders.clone();
        model
    }

    fn load(&mut self, root: &Path, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_owned();
            if path.is_dir() {
                self.folders.insert(name);
                self.load(root, &path);
            } else {
                self.names.insert(name, self.content.len());
                self.content.push(fs::read(&path).unwrap());
            }
        }
    }

    fn apply(&mut self, step: &Step) {
        match step {
            Step::Create(path) => {
                self.names.insert(path.clone(), self.content.len());
                self.content.push(Vec::new());
                self.synced.push(Vec::new());
            }
            Step::Write(path, data) => self.content[self.names[path]].extend_from_slice(data),
            Step::Sync(path) => {
                let file = self.names[path];
                self.synced[file] = self.content[file].clone();
            }
            Step::Folder(path) => {
                self.folders.insert(path.clone());
            }
            Step::SyncFolder(folder) => {
                let inside = |path: &PathBuf| path.parent() == Some(folder);
                self.safe_names.retain(|path, _| !inside(path));
                let now = self.names.iter().filter(|(path, _)| inside(path));
                self.safe_names.extend(now.map(|(path, file)| (path.clone(), *file)));
                self.safe_folders.retain(|path| !inside(path));
                self.safe_folders.extend(self.folders.iter().filter(|path| inside(path)).cloned());
            }
            Step::Publish(from, to) => {
                self.names.insert(to.clone(), self.names[from]);
            }
            Step::Replace(from, to) => {
                let file = self.names.remove(from).unwrap();
                self.names.insert(to.clone(), file);
            }
            Step::Remove(path) => {
                self.names.remove(path);
            }
            Step::RemoveFolder(path) => {
                self.folders.remove(path);
            }
        }
    }

    fn write(&self, root: &Path, cut: Cut) {
        let (folders, names) = match cut {
            Cut::Everything => (&self.safe_folders, &self.safe_names),
            _ => (&self.folders, &self.names),
        };
        let content = if cut == Cut::Nothing { &self.content } else { &self.synced };
        let reachable =
            |path: &Path| path.ancestors().skip(1).all(|a| a.as_os_str().is_empty() || folders.contains(a));
        for folder in folders.iter().filter(|path| reachable(path)) {
            fs::create_dir(root.join(folder)).unwrap();
        }
        for (name, file) in names.iter().filter(|(path, _)| reachable(path)) {
            fs::write(root.join(name), &content[*file]).unwrap();
        }
    }
}

/// Calls `look` with a folder for every prefix of the steps and every way to lose what was not synced.
pub(crate) fn every_crash(before: &Path, steps: &[Step], mut look: impl FnMut(&Path, usize, Cut)) {
    let mut model = Model::of(before);
    for n in 0..=steps.len() {
        for cut in [Cut::Nothing, Cut::Content, Cut::Everything] {
            let folder = tempfile::tempdir().unwrap();
            model.write(folder.path(), cut);
            look(folder.path(), n, cut);
        }
        if let Some(step) = steps.get(n) {
            model.apply(step);
        }
    }
}
