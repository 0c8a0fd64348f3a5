//! Files that are damaged or lie: each is an error that says what and where, and none takes memory on its word.

use zip::CompressionMethod;

use super::super::Weights;
use super::{archive, dict, npy, safetensors, stored};
use crate::error::ErrorKind;

/// What reading the one tensor of an archive says.
fn said(file: Vec<u8>) -> String {
    let read = Weights::from_bytes(stored(&[("a.npy", file)])).and_then(|weights| weights.tensor("a"));
    read.unwrap_err().to_string()
}

#[test]
fn an_array_that_lies_is_refused_by_its_name() {
    let four = [0_u8; 4];
    for (file, what) in [
        (npy(&dict("<f4", "(2,)"), &four), "do not make its shape [2]"),
        (npy(&dict("<f4", "(1,)"), &[0; 5]), "do not make its shape [1]"),
        (npy(&dict("<f4", "(18446744073709551615, 2)"), &four), "do not make its shape"),
        (npy(&dict("<f4", "(99999999999999999999,)"), &four), "is no length"),
        (npy(&dict("<f4", "(-1,)"), &four), "where a length is wanted"),
        (npy(&dict("|O", "(1,)"), &four), "never read"),
        (npy(&dict("<c8", "(1,)"), &[0; 8]), "'<c8' are not supported"),
        (npy(&dict("|V2", "(2,)"), &four), "bfloat16"),
        (npy(&dict("", "(1,)"), &four), "not supported"),
        (npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", &four), "several fields"),
        (npy("{'descr': '<f4', 'shape': (1,)}", &four), "lacks one of"),
        (npy("{'descr': '<f4', 'descr': '<f4'}", &four), "twice"),
        (npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} + 1", &four), "behind the dict"),
        (npy("{'descr': '<f4", &four), "open text"),
        (npy("{'é': 1}", &four), "not known"),
        (npy("", &four), "is wanted"),
        (npy(&dict("<f4", &format!("({})", "1, ".repeat(65))), &four), "more than 64 axes"),
        (b"\x93NUMPY\x04\x00\x00\x00".to_vec(), "version 4"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec(), "the most is 65536"),
        (b"\x93NUMPY\x01\x00\xff\xff{}".to_vec(), "ends too early"),
        (b"NUMPY\x01\x00\x00\x00".to_vec(), "no array of NumPy"),
        (Vec::new(), "ends too early"),
    ] {
        let text = said(file);
        assert!(text.contains(what) && text.contains("key 'a'"), "{text}, not {what}");
    }
}

#[test]
fn files_of_other_kinds_are_named() {
    for (bytes, kind, what) in [
        (vec![], ErrorKind::Format, "empty"),
        (b"hello".to_vec(), ErrorKind::Format, "neither npz nor safetensors"),
        (b"\x80\x02}q\x00.".to_vec(), ErrorKind::Unsupported, "pickle"),
        (b"\x89HDF\r\n\x1a\n".to_vec(), ErrorKind::Unsupported, "HDF5"),
        (npy(&dict("<f4", "()"), &[0; 4]), ErrorKind::Unsupported, "one array"),
        (stored(&[("net/data.pkl", vec![]), ("net/data/0", vec![])]), ErrorKind::Unsupported, "torch"),
    ] {
        let error = Weights::from_bytes(bytes).unwrap_err();
        assert!(error.kind() == kind && error.to_string().contains(what), "{error}");
    }
}

#[test]
fn a_member_that_was_changed_fails_its_checksum() {
    let whole = archive(&[("a.npy", npy(&dict("<f4", "(256,)"), &[7; 1024]))], CompressionMethod::Stored);
    let mut changed = whole.clone();
    let place = whole.windows(16).position(|bytes| bytes == [7; 16]).unwrap();
    changed[place] = 8;
    assert!(Weights::from_bytes(whole).unwrap().tensor("a").is_ok());
    let error = Weights::from_bytes(changed).unwrap().tensor("a").unwrap_err();
    assert!(error.kind() == ErrorKind::Format && error.to_string().contains("key 'a'"), "{error}");
}

#[test]
fn what_unpacks_to_far_more_than_it_is_is_refused() {
    let count: usize = 20 << 20;
    let large = npy(&dict("<f4", &format!("({count},)")), &vec![0; 4 * count]);
    let packed = archive(&[("a.npy", large)], CompressionMethod::Deflated);
    let error = Weights::from_bytes(packed.clone()).unwrap_err();
    assert!(error.kind() == ErrorKind::Limit && error.to_string().contains("key 'a'"), "{error}");
    // Small ones may: biases are zero.
    let small =
        archive(&[("a.npy", npy(&dict("<f4", "(4096,)"), &[0; 16_384]))], CompressionMethod::Deflated);
    assert!(Weights::from_bytes(small).unwrap().tensor("a").is_ok());
    // Sizes in the directory that no deflate can make are lies.
    let mut lie = packed;
    let place = lie.windows(4).rposition(|bytes| bytes == b"PK\x01\x02").unwrap();
    lie[place + 24..place + 28].copy_from_slice(&0xf000_0000_u32.to_le_bytes());
    assert!(Weights::from_bytes(lie).is_err());
}

#[test]
fn a_header_of_safetensors_that_lies_is_refused() {
    let one = |first: u64, end: u64, shape: &str| {
        format!(r#"{{"dtype":"F32","shape":{shape},"data_offsets":[{first},{end}]}}"#)
    };
    for (header, what) in [
        (format!(r#"{{"a":{}}}"#, one(0, 16, "[4]")), "bytes 0 to 16 of 8"),
        (format!(r#"{{"a":{}}}"#, one(8, 4, "[1]")), "bytes 8 to 4 of 8"),
        (format!(r#"{{"a":{}}}"#, one(0, 8, "[3]")), "do not make F32 of shape [3]"),
        (format!(r#"{{"a":{}}}"#, one(0, 8, "[4294967296, 4294967296, 2]")), "do not make"),
        (format!(r#"{{"a":{},"b":{}}}"#, one(0, 8, "[2]"), one(4, 8, "[1]")), "shares bytes"),
        (format!(r#"{{"a":{}}}"#, one(4, 8, "[1]")), "no tensor has the bytes 0 to 4"),
        (format!(r#"{{"a":{}}}"#, one(0, 4, "[1]")), "no tensor has the bytes 4 to 8"),
        (format!(r#"{{"a":{0},"a":{0}}}"#, one(0, 8, "[2]")), "twice"),
        (format!(r#"{{"a":{}}}"#, one(0, 8, "[-2]")), "damaged"),
        (r#"{"a":1}"#.to_owned(), "damaged"),
        (format!("{{\"a\":{}", "[".repeat(300)), "damaged"),
        (format!(r#"{{"a":{}}}"#, one(0, 8, &format!("[{}2]", "1,".repeat(64)))), "65 axes"),
    ] {
        let error = Weights::from_bytes(safetensors(&header, &[0; 8])).unwrap_err();
        assert!(error.to_string().contains(what), "{error}, not {what}");
    }
    let mut long = 100_000_001_u64.to_le_bytes().to_vec();
    long.extend(b"{}");
    assert_eq!(Weights::from_bytes(long).unwrap_err().kind(), ErrorKind::Limit);
    let mut short = 64_u64.to_le_bytes().to_vec();
    short.extend(b"{}");
    assert!(Weights::from_bytes(short).unwrap_err().to_string().contains("ends in its header"));
}

#[test]
fn a_type_that_is_not_known_is_refused_when_it_is_asked_for() {
    let header = r#"{"__metadata__":{"format":"pt"},
        "a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]},
        "b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#;
    let weights = Weights::from_bytes(safetensors(header, &[0; 8])).unwrap();
    assert_eq!(weights.len(), 2);
    assert!(weights.tensor("b").is_ok());
    let error = weights.tensor("a").unwrap_err();
    assert!(error.kind() == ErrorKind::Unsupported && error.to_string().contains("key 'a'"), "{error}");
}

#[test]
fn no_file_that_is_cut_short_or_changed_makes_a_panic() {
    let whole = archive(&[("a.npy", npy(&dict("<f4", "(2, 3)"), &[1; 24]))], CompressionMethod::Deflated);
    let header = r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
    let plain = safetensors(header, &[0; 8]);
    let mut read = 0;
    let mut look = |bytes: Vec<u8>| {
        if let Ok(weights) = Weights::from_bytes(bytes) {
            for key in weights.keys() {
                let about = weights.about(key);
                if let Ok(tensor) = weights.tensor(key) {
                    assert_eq!(about.unwrap(), (tensor.dtype(), tensor.shape().to_vec()));
                    read += 1;
                }
            }
        }
    };
    for file in [whole, plain] {
        for place in 0..file.len() {
            look(file[..place].to_vec());
            for bit in 0..8 {
                let mut changed = file.clone();
                changed[place] ^= 1 << bit;
                look(changed);
            }
        }
    }
    assert!(read > 100, "{read}");
}
