//! Archives made in the tests: the usual ones by the crates that write them, the others byte by byte.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use lensframe::error::Result;
use lensframe::job::Job;
use lensframe::place::{EntryKind, Limits, Tree, TreeOptions};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A path with its bytes; a folder has none and ends in `/`.
pub(super) type Member = (String, Vec<u8>);

/// A tree with what trees may have: names that sort differently as paths and part by part, letters beyond
/// ASCII, names equal but for case, an empty folder, an empty file, one large enough to be mapped.
pub(super) fn little() -> Vec<Member> {
    let noise: Vec<u8> = (0..1_500_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let runs: Vec<u8> = (0..700_000u32).map(|n| (n / 1000) as u8).collect();
    [
        ("VOC/Annotations/a.xml", b"<annotation/>".to_vec()),
        ("VOC/Annotations/@.xml", b"<annotation>\r\n</annotation>".to_vec()),
        ("VOC/Annotations-old/b.xml", Vec::new()),
        ("VOC/JPEGImages/a.jpg", noise),
        ("VOC/JPEGImages/A.jpg", b"not a.jpg".to_vec()),
        ("VOC/JPEGImages/Stra\u{df}e/\u{65e5}\u{672c}.png", runs),
        ("VOC/empty/", Vec::new()),
        ("VOC.txt", b"a file beside a folder".to_vec()),
        ("0", vec![0; 512]),
    ]
    .map(|(path, bytes)| (path.to_owned(), bytes))
    .to_vec()
}

/// Writes the members into a folder.
pub(super) fn folder(at: &Path, members: &[Member]) {
    for (path, bytes) in members {
        let path = at.join(path);
        if path.to_string_lossy().ends_with('/') {
            std::fs::create_dir_all(path).unwrap();
        } else {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }
}

pub(super) fn zip(members: &[Member], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (path, bytes) in members {
        if path.ends_with('/') {
            writer.add_directory(path.as_str(), options).unwrap();
        } else {
            writer.start_file(path.as_str(), options).unwrap();
            writer.write_all(bytes).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

/// A tar archive as GNU tar writes it: long names in members of their own.
pub(super) fn tar(members: &[Member]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, bytes) in members {
        let mut header = tar::Header::new_gnu();
        let folder = path.ends_with('/');
        header.set_entry_type(if folder { tar::EntryType::Directory } else { tar::EntryType::Regular });
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, bytes.as_slice()).unwrap();
    }
    builder.into_inner().unwrap()
}

pub(super) fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// One header of a tar archive with any name, and its bytes.
pub(super) fn block(name: &[u8], kind: u8, target: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::new(kind));
    header.set_size(bytes.len() as u64);
    header.as_mut_bytes()[..name.len()].copy_from_slice(name);
    header.as_mut_bytes()[157..157 + target.len()].copy_from_slice(target);
    header.set_cksum();
    let mut out = header.as_bytes().to_vec();
    out.extend(bytes);
    out.resize(out.len().next_multiple_of(512), 0);
    out
}

/// Makes the checksum of a tar header right again.
pub(super) fn seal(block: &mut [u8]) {
    block[148..156].fill(b' ');
    let sum: u32 = block[..512].iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

/// A member of a zip archive with every field to choose.
#[derive(Clone, Default)]
pub(super) struct Raw {
    pub(super) name: Vec<u8>,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) packed: Vec<u8>,
    pub(super) length: u32,
    pub(super) crc: u32,
    pub(super) made_by: u16,
    pub(super) mode: u32,
    pub(super) extra: Vec<u8>,
}

impl Raw {
    pub(super) fn stored(name: &str, bytes: &[u8]) -> Raw {
        Raw {
            name: name.into(),
            flags: 0x800,
            packed: bytes.to_vec(),
            length: bytes.len() as u32,
            crc: crc32fast::hash(bytes),
            ..Raw::default()
        }
    }

    pub(super) fn deflated(name: &str, bytes: &[u8]) -> Raw {
        Raw { packed: deflate(bytes), method: 8, ..Raw::stored(name, bytes) }
    }

    fn fields(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for word in [20, self.flags, self.method, 0, 0] {
            out.extend(word.to_le_bytes());
        }
        for long in [self.crc, self.packed.len() as u32, self.length] {
            out.extend(long.to_le_bytes());
        }
        out.extend((self.name.len() as u16).to_le_bytes());
        out.extend((self.extra.len() as u16).to_le_bytes());
        out
    }

    fn local(&self) -> Vec<u8> {
        [b"PK\x03\x04", self.fields().as_slice(), &self.name, &self.extra, &self.packed].concat()
    }

    fn central(&self, offset: u32) -> Vec<u8> {
        let mut out = b"PK\x01\x02".to_vec();
        out.extend(self.made_by.to_le_bytes());
        out.extend(self.fields());
        out.extend([0; 6]);
        out.extend((self.mode << 16).to_le_bytes());
        out.extend(offset.to_le_bytes());
        out.extend(&self.name);
        out.extend(&self.extra);
        out
    }
}

/// A zip archive of such members, each with the offset its directory states for it (its own by default).
pub(super) fn raw_zip(members: &[Raw], offsets: Option<&[u32]>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (at, member) in members.iter().enumerate() {
        directory.extend(member.central(offsets.map_or(out.len() as u32, |offsets| offsets[at])));
        out.extend(member.local());
    }
    let start = out.len() as u32;
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([(members.len() as u16).to_le_bytes(); 2].concat());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0; 2]);
    out
}

/// An archive in a file of its own, which lives as long as the value.
pub(super) struct File {
    pub(super) path: PathBuf,
    _dir: tempfile::TempDir,
}

impl File {
    pub(super) fn of(bytes: &[u8]) -> File {
        let dir = tempfile::tempdir().unwrap();
        // No extension: what a file is, its bytes say.
        let path = dir.path().join("archive");
        std::fs::write(&path, bytes).unwrap();
        File { path, _dir: dir }
    }

    pub(super) fn open(&self, job: &Job) -> Result<Tree> {
        Tree::open(&self.path, &TreeOptions::default(), job)
    }

    pub(super) fn open_within(&self, limits: Limits) -> Result<Tree> {
        Tree::open(&self.path, &TreeOptions { limits, roots: Vec::new() }, &Job::new())
    }
}

/// Opens an archive that must open.
pub(super) fn opened(bytes: &[u8], job: &Job) -> (File, Tree) {
    let file = File::of(bytes);
    let tree = file.open(job).unwrap();
    (file, tree)
}

/// Every path of a tree in order, folders with `/` behind them, and the bytes of its files.
pub(super) fn walk(tree: &Tree, folder: &str, out: &mut Vec<(String, Option<Vec<u8>>)>) {
    for (name, kind) in tree.list(folder).unwrap().iter() {
        let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        match kind {
            EntryKind::File => out.push((path.clone(), Some(tree.read(&path).unwrap().to_vec()))),
            EntryKind::Folder => {
                out.push((path.clone() + "/", None));
                walk(tree, &path, out);
            }
        }
    }
}

/// The paths of [`walk`] alone.
pub(super) fn paths(tree: &Tree) -> Vec<String> {
    let mut all = Vec::new();
    walk(tree, "", &mut all);
    all.into_iter().map(|(path, _)| path).collect()
}
