//! Weights of files, held against files that NumPy and safetensors wrote, and against ones that lie.

mod filling;
mod formats;
mod hostile;
mod naming;

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::Weights;

/// A header of NumPy's and bytes behind it.
fn npy(dict: &str, elements: &[u8]) -> Vec<u8> {
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend(u16::try_from(dict.len()).unwrap().to_le_bytes());
    file.extend(dict.as_bytes());
    file.extend(elements);
    file
}

fn dict(descr: &str, shape: &str) -> String {
    format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n")
}

/// A zip archive of members.
fn archive(members: &[(&str, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn stored(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    archive(members, CompressionMethod::Stored)
}

/// An archive of rows of `float`, by name and shape.
fn floats(rows: &[(&str, &str, &[f32])]) -> Weights {
    let member = |(name, shape, numbers): &(&str, &str, &[f32])| {
        let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
        (format!("{name}.npy"), npy(&dict("<f4", shape), &bytes))
    };
    let members: Vec<(String, Vec<u8>)> = rows.iter().map(member).collect();
    let members: Vec<(&str, Vec<u8>)> =
        members.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    Weights::from_bytes(stored(&members)).unwrap()
}

/// A safetensors file of this header and these bytes.
fn safetensors(header: &str, data: &[u8]) -> Vec<u8> {
    let mut file = u64::try_from(header.len()).unwrap().to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend(data);
    file
}
