//! Equality of JSON as a reader that tells `3` from `3.0` sees it.

use serde_json::{Number, Value as Json};

/// Where two values differ first, as a path; `None` if they are equal. Order of list elements counts, order of
/// object members does not. Numbers are equal if both are integers of equal value, or both are floats of equal
/// bits.
pub(super) fn difference(a: &Json, b: &Json) -> Option<String> {
    match (a, b) {
        (Json::Array(a), Json::Array(b)) => {
            if a.len() != b.len() {
                return Some(format!(": {} elements against {}", a.len(), b.len()));
            }
            a.iter().zip(b).enumerate().find_map(|(i, (a, b))| difference(a, b).map(|d| format!("[{i}]{d}")))
        }
        (Json::Object(a), Json::Object(b)) => {
            let missing = a.keys().find(|k| !b.contains_key(*k)).map(|k| format!(".{k}: missing"));
            let added = || b.keys().find(|k| !a.contains_key(*k)).map(|k| format!(".{k}: added"));
            let differs = || a.iter().find_map(|(k, v)| difference(v, &b[k]).map(|d| format!(".{k}{d}")));
            missing.or_else(added).or_else(differs)
        }
        (Json::Number(x), Json::Number(y)) => (!same_number(x, y)).then(|| format!(": {x} against {y}")),
        _ => (a != b).then(|| format!(": {a} against {b}")),
    }
}

fn same_number(a: &Number, b: &Number) -> bool {
    let (a, b) = (a.as_str(), b.as_str());
    let is_int = |t: &str| !t.contains(['.', 'e', 'E']);
    match (is_int(a), is_int(b)) {
        // `-0` is the integer 0.
        (true, true) => a == b || (matches!(a, "0" | "-0") && matches!(b, "0" | "-0")),
        (false, false) => a.parse::<f64>().unwrap().to_bits() == b.parse::<f64>().unwrap().to_bits(),
        _ => false,
    }
}

#[test]
fn integers_and_floats_are_told_apart() {
    let parse = |t: &str| serde_json::from_str::<Json>(t).unwrap();
    assert_eq!(difference(&parse("[3, 2.50]"), &parse("[3, 2.5]")), None);
    assert_eq!(
        difference(&parse(r#"{"a": [3]}"#), &parse(r#"{"a": [3.0]}"#)).unwrap(),
        ".a[0]: 3 against 3.0"
    );
    assert!(difference(&parse("12345678901234567890"), &parse("12345678901234567891")).is_some());
    assert_eq!(difference(&parse(r#"{"a":1,"b":2}"#), &parse(r#"{"b":2,"a":1}"#)), None);
    assert!(difference(&parse(r#"{"a":null}"#), &parse("{}")).is_some());
}
