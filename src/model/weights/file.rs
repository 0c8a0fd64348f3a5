//! [`Weights`]: a file of named tensors, each read when it is asked for.

use std::collections::HashMap;
use std::io::{BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::super::tensor::{DType, Tensor};
use super::npz::{self, Archive, Source};
use super::safetensors;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};

/// A file of named tensors: npz or safetensors. Opening it reads its directory alone.
pub struct Weights {
    path: Option<PathBuf>,
    form: Form,
    places: HashMap<String, usize>,
}

enum Form {
    Npz(Archive),
    Safetensors(safetensors::File),
}

impl std::fmt::Debug for Weights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Weights").field("path", &self.path).field("tensors", &self.len()).finish()
    }
}

impl Weights {
    /// Opens a file; what it is, its first bytes say and not its name.
    ///
    /// # Errors
    /// `Format` for a damaged file; `Unsupported` for one of another kind, saying which; `Limit` for one that unpacks to
    /// far more than it is; the operating system's.
    pub fn open(path: &Path) -> Result<Weights> {
        let place = || Place::area("weights").file(path);
        let file = std::fs::File::open(path).map_err(|e| Error::io("open", e)).at(place)?;
        let about = file.metadata().map_err(|e| Error::io("read", e)).at(place)?;
        if !about.is_file() {
            let what = "it is no file of weights, but a folder or a device";
            return Err(Error::new(ErrorKind::Usage, what).at(place()));
        }
        Weights::of(Box::new(BufReader::new(file)), Some(path.to_owned())).at(place)
    }

    /// The same from memory, which is not copied again but for tensors that are asked for.
    ///
    /// # Errors
    /// As [`Weights::open`].
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Weights> {
        Weights::of(Box::new(Cursor::new(bytes)), None).at(|| Place::area("weights"))
    }

    fn of(mut source: Box<dyn Source>, path: Option<PathBuf>) -> Result<Weights> {
        let mut start = Vec::new();
        source.by_ref().take(16).read_to_end(&mut start).map_err(|e| Error::io("read", e))?;
        source.seek(SeekFrom::Start(0)).map_err(|e| Error::io("read", e))?;
        let form = match start.as_slice() {
            [b'P', b'K', 3 | 5, 4 | 6, ..] => Form::Npz(npz::Archive::open(source)?),
            [_, _, _, _, _, _, 0, 0, b'{' | b' ', ..] => Form::Safetensors(safetensors::File::open(source)?),
            other => return Err(strange(other)),
        };
        let mut places = HashMap::new();
        let mut note = |(place, key): (usize, &str)| {
            places.insert(key.to_owned(), place);
        };
        match &form {
            Form::Npz(archive) => archive.keys().enumerate().for_each(&mut note),
            Form::Safetensors(file) => file.keys().enumerate().for_each(&mut note),
        }
        Ok(Weights { path, form, places })
    }

    /// The names of its tensors, in the order of the file.
    pub fn keys(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match &self.form {
            Form::Npz(archive) => Box::new(archive.keys()),
            Form::Safetensors(file) => Box::new(file.keys()),
        }
    }

    /// How many tensors there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// True if there is a tensor of this name.
    pub fn has(&self, key: &str) -> bool {
        self.places.contains_key(key)
    }

    /// Type and shape of a tensor, outermost axis first; its elements are not read.
    ///
    /// # Errors
    /// `NotFound` for a key that is not there; `Format` and `Unsupported` for what the file says of it.
    pub fn about(&self, key: &str) -> Result<(DType, Vec<usize>)> {
        let place = self.place(key)?;
        let read = match &self.form {
            Form::Npz(archive) => archive.about(place),
            Form::Safetensors(file) => file.about(place),
        };
        read.at(|| self.at())
    }

    /// A tensor as the file has it.
    ///
    /// # Errors
    /// As [`Weights::about`]; `Limit` where there is no memory for it.
    pub fn tensor(&self, key: &str) -> Result<Tensor> {
        let place = self.place(key)?;
        let read = match &self.form {
            Form::Npz(archive) => archive.tensor(place),
            Form::Safetensors(file) => file.tensor(place),
        };
        read.at(|| self.at())
    }

    fn place(&self, key: &str) -> Result<usize> {
        let missing =
            || Error::new(ErrorKind::NotFound, "there is no tensor of this name").at(self.at().key(key));
        self.places.get(key).copied().ok_or_else(missing)
    }

    pub(super) fn at(&self) -> Place {
        match &self.path {
            Some(path) => Place::area("weights").file(path),
            None => Place::area("weights"),
        }
    }
}

/// What a file is that holds no weights for us.
fn strange(start: &[u8]) -> Error {
    let unsupported = |what: &str, remedy: &str| {
        Error::new(ErrorKind::Unsupported, what.to_owned()).remedy(remedy.to_owned())
    };
    let save = "load it where it comes from, and save its arrays with numpy.savez or safetensors";
    match start {
        [0x80, 2..=5, ..] => unsupported("it is a pickle, a program that is not run", save),
        [0x89, b'H', b'D', b'F', ..] => unsupported("it is HDF5", save),
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => {
            unsupported("it is one array of NumPy's, without a name", "save it with numpy.savez and a name")
        }
        [] => Error::new(ErrorKind::Format, "it is empty"),
        _ => Error::new(ErrorKind::Format, "it is neither npz nor safetensors"),
    }
}
