//! The rules of manifests, each broken once; and what a rewrite keeps.

use super::*;
use serde_json::json;

fn sample() -> Value {
    json!({
        "format": 1, "needs": [], "version": 2, "parent": 1, "created": "2026-11-21T10:00:00Z", "attempt": "a1",
        "operation": {"what": "convert", "details": {"from": "coco", "big": 12345678901234567890123_f64}},
        "groups": [
            {"name": "images", "keys": [{"name": "image_id", "axis": "row", "type": "int64"}]},
            {"name": "objects", "keys": [
                {"name": "image_id", "axis": "row", "type": "int64"},
                {"name": "label", "axis": "object:", "type": "list<int64>", "metadata": {"a": "b"}, "later": 1}]}],
        "sets": {"": {"classes": "ab"}},
        "classes": {"ab": [{"name": "cat", "source_id": 17}, {"name": "dog", "source_id": "/m/1"}]},
        "next_fragment": 8,
        "fragments": [{"id": 7, "rows": 5, "files": {"objects": {
            "path": "objects/7-a1.arrow", "bytes": 100, "checksum": "0".repeat(64), "rows": 5, "batches": [2, 3]}}}],
        "views": {"val": {"rows": 2, "runs": [[7, 1, 2]], "query": "width > 3"}},
        "roots": [{"absolute": "/data/images", "relative": "../images"}],
        "future": {"kept": true, "number": 0.1}
    })
}

fn parse(value: &Value) -> Result<Version> {
    Version::parse(value.to_string().as_bytes())
}

/// `sample` with the member at `pointer` replaced.
fn with(pointer: &str, new: Value) -> Value {
    let mut value = sample();
    *value.pointer_mut(pointer).unwrap() = new;
    value
}

#[test]
fn unknown_members_survive_a_rewrite() {
    let version = parse(&sample()).unwrap();
    let again: Value = serde_json::from_slice(&version.to_text().unwrap()).unwrap();
    let mut want = sample();
    want.as_object_mut().unwrap().insert("residue".into(), json!({}));
    assert_eq!(again, want);
    assert_eq!(again["future"].to_string(), r#"{"kept":true,"number":0.1}"#);
}

#[test]
fn a_field_survives_its_entry() {
    let entry = parse(&sample()).unwrap().groups[1].keys[1].clone();
    let again = KeyEntry::of(&entry.field().unwrap()).unwrap();
    assert_eq!((again.name, again.axis, again.ty), (entry.name, entry.axis, entry.ty));
    assert_eq!(again.metadata, entry.metadata);
}

#[test]
fn what_this_build_cannot_read_is_refused_by_name() {
    let e = parse(&with("/needs", json!(["teleport"]))).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Unsupported);
    assert!(e.to_string().contains("needs 'teleport'"), "{e}");
    assert_eq!(parse(&with("/format", json!(99))).unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(parse(&with("/format", json!(0))).unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(parse(&with("/format", json!("1"))).unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn each_rule_that_is_broken_is_an_error() {
    let file = "/fragments/0/files/objects";
    let cases = [
        ("/version", json!(0)),
        ("/parent", json!(2)),
        ("/groups/0/name", json!("versions")),
        ("/groups/0/name", json!("../x")),
        ("/groups/0/name", json!("a/b/c")),
        ("/groups/0/name", json!("objects")),
        ("/groups/0/keys/0/name", json!("row")),
        ("/groups/0/keys/0/name", json!("label")),
        ("/groups/0/keys/0/axis", json!("column")),
        ("/groups/0/keys/0/type", json!("list<")),
        ("/sets", json!({"": {"classes": "absent"}})),
        ("/sets", json!({"a b": {"classes": "ab"}})),
        ("/next_fragment", json!(7)),
        ("/fragments/0/rows", json!(6)),
        ("/fragments/0/rows", json!(-1)),
        ("/fragments/0/files", json!({"masks": {}})),
        ("/views/val/rows", json!(3)),
        ("/views/val/runs", json!([[7, 4, 2]])),
        ("/views/val/runs", json!([[7, u64::MAX, 2]])),
        ("/roots", json!(3)),
    ];
    for (pointer, new) in cases {
        let e = parse(&with(pointer, new.clone())).expect_err(pointer);
        assert!(
            matches!(e.kind(), ErrorKind::Corrupt | ErrorKind::Usage | ErrorKind::Format),
            "{pointer} {new}: {e}"
        );
    }
    for (member, new) in [
        ("path", json!("/etc/passwd")),
        ("path", json!("objects/../../x")),
        ("path", json!("")),
        ("checksum", json!("xyz")),
        ("checksum", json!("g".repeat(64))),
        ("rows", json!(4)),
        ("batches", json!([u64::MAX, 6])),
        ("batches", json!([5, 1])),
    ] {
        let e = parse(&with(&format!("{file}/{member}"), new)).expect_err(member);
        assert_eq!(e.kind(), ErrorKind::Corrupt, "{member}: {e}");
    }
}

#[test]
fn a_manifest_cut_anywhere_is_an_error() {
    let text = sample().to_string();
    for end in 0..text.len() {
        assert!(Version::parse(&text.as_bytes()[..end]).is_err());
    }
    assert!(Version::parse("[".repeat(100_000).as_bytes()).is_err());
}
