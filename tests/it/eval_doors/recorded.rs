//! Files as numpy and pyarrow themselves wrote them, recorded by `tests/recorded/eval_doors.py`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::{Desk, det};

#[test]
fn files_of_numpy_and_pyarrow_give_what_was_put_into_them() {
    let root: Value = serde_json::from_str(include_str!("../../recorded/eval_doors.json")).unwrap();
    let files = root["files"].as_object().unwrap();
    assert_eq!(files.len(), 7);
    let own =
        [det(7, "car", 0.5, [130.0, 20.0, 40.0, 30.0]), det(8, "traffic light", 0.25, [1.0, 2.0, 3.0, 4.0])];
    let desk = Desk::new();
    for (name, bytes) in files {
        let path = desk.put(name, BASE64_STANDARD.decode(bytes.as_str().unwrap()).unwrap());
        assert_eq!(desk.found(&path), own, "{name}");
    }
}
