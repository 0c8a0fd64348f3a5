//! Maps of names: what they say, and what they may not.

use super::super::{NameMap, Rule};

const TEXT: &str = r#"
unused = ["updater/*", "*/N"]
replace = ["head.*"]

[names]
"features.*.weight" = "backbone/*/W"
"features.0.weight" = "stem/W"
"features.1*.weight" = "late/*/W"
"fc.weight" = { key = "fc/W", axes = [1, 0], shape = [4, 2] }
"#;

#[test]
fn a_name_comes_before_a_pattern_and_more_letters_before_fewer() {
    let map = NameMap::from_toml(TEXT).unwrap();
    let key = |name: &str| map.rule(name).0.key;
    assert_eq!(key("features.0.weight"), "stem/W");
    assert_eq!(key("features.2.conv.weight"), "backbone/2.conv/W");
    assert_eq!(key("features.12.weight"), "late/2/W");
    assert_eq!(key("features.weight"), "features.weight");
    assert_eq!(map.rule("bias"), (Rule::key("bias"), false));
    let fc = Rule { key: "fc/W".to_owned(), axes: Some(vec![1, 0]), shape: Some(vec![4, 2]) };
    assert_eq!(map.rule("fc.weight"), (fc, true));
}

#[test]
fn keys_are_let_be_and_constants_replaced_by_pattern() {
    let map = NameMap::from_toml(TEXT).unwrap();
    assert!(map.tolerates("updater/t") && map.tolerates("conv/N") && !map.tolerates("conv/W"));
    assert!(map.replaces("head.bias") && !map.replaces("neck.bias"));
    let map = NameMap::default();
    assert!(map.tolerates("a.b.num_batches_tracked") && !map.tolerates("a.b.weight"));
    assert!(!map.replaces("head.bias"));
    assert!(NameMap::from_toml("replace = true").unwrap().replaces("anything"));
}

#[test]
fn a_map_is_read_from_json_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("names.json");
    std::fs::write(&path, r#"{"names": {"a": "b"}, "inputs": ["image"]}"#).unwrap();
    let map = NameMap::open(&path).unwrap();
    assert_eq!(map, NameMap::from_toml("inputs = [\"image\"]\n[names]\na = \"b\"").unwrap());
    std::fs::write(&path, "{").unwrap();
    assert!(NameMap::open(&path).unwrap_err().to_string().contains("names.json"));
}

#[test]
fn what_is_no_map_is_refused() {
    for (text, what) in [
        ("[names]\n\"a.*.*\" = \"b\"", "more than one *"),
        ("[names]\na = \"b.*\"", "has none"),
        ("[names]\na = 3", "key 'a'"),
        ("[names]\na = { key = \"b\", axis = 0 }", "axis"),
        ("[names]\na = { axes = [0] }", "key"),
        ("nmes = 3", "nmes"),
        ("replace = 3", "replace"),
        ("=", "TOML"),
    ] {
        let error = NameMap::from_toml(text).unwrap_err().to_string();
        assert!(error.contains(what), "{error}, not {what}");
    }
    let map = NameMap::default().with("a", Rule::key("b")).unwrap();
    assert!(map.with("a", Rule::key("c")).is_err());
}
