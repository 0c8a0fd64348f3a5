//! What NumPy and safetensors wrote is read as they meant it: `make_samples.py` says what is in the files.

use half::{bf16, f16};

use super::super::super::tensor::{DType, Element, Tensor};
use super::super::Weights;
use super::{safetensors, stored};

const STORED: &[u8] = include_bytes!("stored.npz");
const DEFLATED: &[u8] = include_bytes!("deflated.npz");
const PLAIN: &[u8] = include_bytes!("plain.safetensors");

fn files() -> [(&'static str, Weights); 3] {
    [("stored", STORED), ("deflated", DEFLATED), ("safetensors", PLAIN)]
        .map(|(name, bytes)| (name, Weights::from_bytes(bytes.to_vec()).unwrap()))
}

fn holds<T: Element>(weights: &Weights, key: &str, shape: &[usize], make: impl Fn(i16) -> T) {
    let count = i16::try_from(shape.iter().product::<usize>()).unwrap();
    let wanted = Tensor::new(shape, (0..count).map(make).collect()).unwrap();
    assert_eq!(weights.tensor(key).unwrap(), wanted, "{key}");
    assert_eq!(weights.about(key).unwrap(), (T::DTYPE, shape.to_vec()), "{key}");
}

#[test]
fn every_type_order_and_layout_is_read() {
    for (name, weights) in files() {
        assert_eq!(weights.len(), 19, "{name}");
        holds(&weights, "predictor/conv1/W", &[2, 3, 2, 2], |k| f32::from(k - 3));
        holds(&weights, "predictor/conv1/b", &[2], |k| f64::from(k - 3));
        holds(&weights, "half", &[3, 2], |k| f16::from_f32(f32::from(k - 3)));
        holds(&weights, "big.f4", &[2, 3], |k| f32::from(k - 3));
        holds(&weights, "big.f8", &[4], |k| f64::from(k - 3));
        holds(&weights, "big.i8", &[2, 2], |k| i64::from(k - 3));
        holds(&weights, "big.u2", &[5], |k| u16::try_from(k).unwrap());
        holds(&weights, "fortran", &[2, 3, 4], |k| f32::from(k - 3));
        holds(&weights, "scalar", &[], |k| i32::from(k - 3));
        holds(&weights, "none", &[0, 4], f32::from);
        holds(&weights, "truth", &[7], |k| k % 3 == 0);
        holds(&weights, "i1", &[2, 3], |k| i8::try_from(k - 3).unwrap());
        holds(&weights, "i2", &[2, 3], |k| k - 3);
        holds(&weights, "i4", &[2, 3], |k| i32::from(k - 3));
        holds(&weights, "i8", &[2, 3], |k| i64::from(k - 3));
        holds(&weights, "u1", &[2, 3], |k| u8::try_from(k).unwrap());
        holds(&weights, "u2", &[2, 3], |k| u16::try_from(k).unwrap());
        holds(&weights, "u4", &[2, 3], |k| u32::try_from(k).unwrap());
        holds(&weights, "u8", &[2, 3], |k| u64::try_from(k).unwrap());
    }
}

#[test]
fn names_stay_in_the_order_of_the_file() {
    let weights = Weights::from_bytes(STORED.to_vec()).unwrap();
    let first: Vec<&str> = weights.keys().take(3).collect();
    assert_eq!(first, ["predictor/conv1/W", "predictor/conv1/b", "half"]);
    assert!(weights.has("none") && !weights.has("none.npy"));
    assert!(weights.tensor("conv").unwrap_err().to_string().contains("key 'conv'"));
}

#[test]
fn a_file_is_told_by_its_bytes_and_not_by_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("weights.bin");
    std::fs::write(&path, DEFLATED).unwrap();
    let weights = Weights::open(&path).unwrap();
    assert_eq!(weights.tensor("scalar").unwrap(), Tensor::scalar(-3_i32));
    std::fs::write(&path, PLAIN).unwrap();
    assert_eq!(Weights::open(&path).unwrap().len(), 19);
    assert!(Weights::open(dir.path()).is_err());
    let gone = Weights::open(&dir.path().join("gone")).unwrap_err();
    assert_eq!(gone.kind(), crate::error::ErrorKind::NotFound);
}

#[test]
fn versions_two_and_three_of_numpys_header_are_read() {
    for version in [2, 3] {
        let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}";
        let mut file = b"\x93NUMPY".to_vec();
        file.extend([version, 0]);
        file.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
        file.extend(text.as_bytes());
        file.extend(2.5_f32.to_le_bytes());
        let weights = Weights::from_bytes(stored(&[("a.npy", file)])).unwrap();
        assert_eq!(weights.tensor("a").unwrap(), Tensor::row(vec![2.5_f32]));
    }
}

#[test]
fn bfloat16_is_read_from_safetensors() {
    let header = r#"{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}"#;
    let data: Vec<u8> = [1.5_f32, -2.0].iter().flat_map(|n| bf16::from_f32(*n).to_le_bytes()).collect();
    let weights = Weights::from_bytes(safetensors(header, &data)).unwrap();
    assert_eq!(weights.about("a").unwrap(), (DType::BF16, vec![2]));
    assert_eq!(weights.tensor("a").unwrap(), Tensor::row(vec![bf16::from_f32(1.5), bf16::from_f32(-2.0)]));
}

#[test]
fn many_pieces_are_one_tensor() {
    let numbers: Vec<f32> = (0..70_000_u32).map(|n| f32::from(u16::try_from(n % 60_000).unwrap())).collect();
    let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
    let file = super::npy(&super::dict("<f4", "(7, 10000)"), &bytes);
    for method in [zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated] {
        let weights = Weights::from_bytes(super::archive(&[("a.npy", file.clone())], method)).unwrap();
        assert_eq!(weights.tensor("a").unwrap(), Tensor::new(&[7, 10_000], numbers.clone()).unwrap());
    }
}
