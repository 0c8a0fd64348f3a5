//! Every way in which elements are stored.

use std::fs;

use prost::Message;

use super::super::super::tensor::{DType, Tensor};
use super::super::{storage, tensor, wire};
use crate::error::ErrorKind;

fn read(stored: &wire::Tensor) -> crate::error::Result<Tensor> {
    tensor(&stored.encode_to_vec())
}

fn raw(data_type: i32, dims: &[i64], bytes: &[u8]) -> wire::Tensor {
    let raw_data = Some(bytes.to_vec().into());
    wire::Tensor { data_type, dims: dims.to_vec(), raw_data, ..Default::default() }
}

#[test]
fn bytes_are_little_endian() {
    assert_eq!(read(&raw(1, &[1], &1.5_f32.to_le_bytes())).unwrap(), Tensor::row(vec![1.5_f32]));
    assert_eq!(read(&raw(7, &[1], &(-2_i64).to_le_bytes())).unwrap(), Tensor::row(vec![-2_i64]));
    assert_eq!(read(&raw(11, &[], &2.5_f64.to_le_bytes())).unwrap(), Tensor::scalar(2.5_f64));
    assert_eq!(read(&raw(10, &[1], &[0, 0x3c])).unwrap(), Tensor::row(vec![half::f16::ONE]));
    assert_eq!(read(&raw(16, &[1], &[0x80, 0x3f])).unwrap(), Tensor::row(vec![half::bf16::ONE]));
    assert_eq!(read(&raw(9, &[3], &[0, 1, 7])).unwrap(), Tensor::row(vec![false, true, true]));
    assert_eq!(read(&raw(3, &[1], &[255])).unwrap(), Tensor::row(vec![-1_i8]));
    assert_eq!(read(&raw(4, &[1], &[1, 2])).unwrap(), Tensor::row(vec![513_u16]));
}

#[test]
fn narrow_types_are_read_from_wide_lists() {
    let list = |data_type, int32_data: &[i32]| wire::Tensor {
        data_type,
        dims: vec![int32_data.len() as i64],
        int32_data: int32_data.to_vec(),
        ..Default::default()
    };
    assert_eq!(read(&list(2, &[0, 255])).unwrap(), Tensor::row(vec![0_u8, 255]));
    assert_eq!(read(&list(3, &[-128])).unwrap(), Tensor::row(vec![-128_i8]));
    assert_eq!(read(&list(9, &[0, 2])).unwrap(), Tensor::row(vec![false, true]));
    assert_eq!(read(&list(10, &[0x3c00])).unwrap(), Tensor::row(vec![half::f16::ONE]));
    assert_eq!(read(&list(16, &[0xbf80])).unwrap(), Tensor::row(vec![-half::bf16::ONE]));
    assert_eq!(read(&list(2, &[256])).unwrap_err().kind(), ErrorKind::Format);
    let wide =
        wire::Tensor { data_type: 12, dims: vec![1], uint64_data: vec![1 << 32], ..Default::default() };
    assert_eq!(read(&wide).unwrap_err().kind(), ErrorKind::Format);
}

#[test]
fn a_shape_that_the_elements_do_not_fill_is_an_error() {
    for dims in [&[3_i64][..], &[2, 2], &[-1], &[1 << 40], &[]] {
        assert_eq!(read(&raw(1, dims, &[0; 8])).unwrap_err().kind(), ErrorKind::Format, "{dims:?}");
    }
    assert_eq!(read(&raw(1, &[1 << 62, 1 << 62], &[])).unwrap_err().kind(), ErrorKind::Limit);
    assert_eq!(read(&raw(1, &[1; 65], &[0; 4])).unwrap_err().kind(), ErrorKind::Limit);
    assert_eq!(read(&raw(1, &[0, 7], &[])).unwrap().shape(), [0, 7]);
    // As much as the shape promises is not set aside before it is seen.
    assert_eq!(read(&raw(1, &[1 << 50], &[])).unwrap_err().kind(), ErrorKind::Format);
}

#[test]
fn types_that_are_not_numbers_are_refused_by_name() {
    for (number, name) in [(8, "string"), (14, "complex64"), (17, "float8e4m3fn"), (22, "int4")] {
        let error = read(&raw(number, &[1], &[0])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.what().contains(name), "{error}");
    }
    assert_eq!(read(&raw(77, &[1], &[0])).unwrap_err().kind(), ErrorKind::Format);
}

fn outside(entries: &[(&str, &str)]) -> wire::Tensor {
    let entry = |(key, value): &(&str, &str)| wire::Entry { key: (*key).into(), value: (*value).into() };
    let external_data = entries.iter().map(entry).collect();
    wire::Tensor { data_type: 1, dims: vec![2], data_location: 1, external_data, ..Default::default() }
}

#[test]
fn elements_may_lie_in_a_file_beside_the_model_and_nowhere_else() {
    let root = std::env::temp_dir().join(format!("lensframe-onnx-{}", std::process::id()));
    let folder = root.join("model");
    fs::create_dir_all(&folder).unwrap();
    let bytes: Vec<u8> = [9.0_f32, 1.0, 2.0].iter().flat_map(|n| n.to_le_bytes()).collect();
    fs::write(folder.join("weights"), &bytes).unwrap();
    fs::write(root.join("secret"), &bytes).unwrap();
    let read = |entries: &[(&str, &str)]| storage::tensor(&outside(entries), Some(&folder));
    let found = read(&[("location", "weights"), ("offset", "4"), ("length", "8")]).unwrap();
    assert_eq!(found, Tensor::row(vec![1.0_f32, 2.0]));
    assert_eq!(read(&[("location", "weights")]).unwrap(), Tensor::row(vec![9.0_f32, 1.0]));
    let secret = root.join("secret").display().to_string();
    let mut cases = vec![
        vec![("location", "../secret")],
        vec![("location", secret.as_str())],
        vec![("location", "")],
        vec![],
        vec![("location", "weights"), ("offset", "8")],
        vec![("location", "weights"), ("offset", "18446744073709551615")],
        vec![("location", "weights"), ("length", "12")],
        vec![("location", "weights"), ("offset", "-4")],
        vec![("location", ".")],
    ];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(root.join("secret"), folder.join("link")).unwrap();
        cases.push(vec![("location", "link")]);
    }
    for entries in cases {
        let error = read(&entries).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "{entries:?} {error}");
    }
    assert_eq!(read(&[("location", "missing")]).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(
        storage::tensor(&outside(&[("location", "weights")]), None).unwrap_err().kind(),
        ErrorKind::Format
    );
    assert_eq!(found.dtype(), DType::F32);
    fs::remove_dir_all(root).unwrap();
}
