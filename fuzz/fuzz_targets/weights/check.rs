//! What holds of any bytes taken for a file of weights, and for a map of names; shared by the fuzz target and the replay
//! of its corpus.

use lensframe::model::weights::{NameMap, Weights};
use lensframe::model::{Graph, count};

/// Every key has a type and a shape, and a tensor that can be read is of them; no tensor has more elements than its file
/// can hold, or unpack to.
pub(crate) fn check(data: &[u8]) {
    // A map says what it says of any name, and ends.
    if let Some(map) = std::str::from_utf8(data).ok().and_then(|text| NameMap::from_toml(text).ok()) {
        let _ = Graph::default().fill(&Weights::from_bytes(EMPTY.to_vec()).expect("an empty archive"), &map);
    }
    let Ok(weights) = Weights::from_bytes(data.to_vec()) else { return };
    let keys: Vec<String> = weights.keys().map(str::to_owned).collect();
    assert_eq!(keys.len(), weights.len(), "a name is there twice");
    for key in &keys {
        assert!(weights.has(key));
        let about = weights.about(key);
        let Ok(tensor) = weights.tensor(key) else { continue };
        let (dtype, shape) = about.expect("a tensor that can be read has a type and a shape");
        assert_eq!((tensor.dtype(), tensor.shape()), (dtype, shape.as_slice()));
        let bytes = count(&shape).and_then(|n| n.checked_mul(dtype.size())).expect("it is in memory");
        assert!(bytes <= data.len() * 1040, "{bytes} bytes of {}", data.len());
    }
    // Nothing asks for these, so that a graph without inputs takes an empty file alone.
    let filled = Graph::default().fill(&weights, &NameMap::default());
    assert!(filled.is_err() || keys.iter().all(|key| key.ends_with("num_batches_tracked")));
}

/// The end record of a zip archive without members.
const EMPTY: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
