//! The JSON form and its schema.

use lensframe::report::Report;
use serde_json::Value;

#[test]
fn every_report_obeys_the_schema_and_comes_back_equal() {
    let schema: Value = serde_json::from_str(include_str!("../../../schemas/report.json")).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (name, report) in super::all() {
        let text = report.to_json();
        let value: Value = serde_json::from_str(&text).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|e| format!("{e} at {}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        let again = Report::from_json(&text).unwrap();
        assert_eq!(again.to_json(), text, "{name}");
        // What is NaN in memory is absent afterwards, and so not equal; all other reports are.
        assert_eq!(again == report, name != "odd", "{name}");
    }
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let schema: Value = serde_json::from_str(include_str!("../../../schemas/report.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let whole: Value = serde_json::from_str(&super::sample().to_json()).unwrap();
    let spoils: [(&str, Value); 9] = [
        ("/format", Value::from(2)),
        ("/headline/0/value", Value::from("0.4")),
        ("/headline/0/unit", Value::from("kilo")),
        ("/classes/columns/0/kind", Value::from("float")),
        ("/classes/columns/1/cells/0", Value::from(0.5)),
        ("/charts/0/curves/0/points/0", serde_json::json!([0.5])),
        ("/matrix/counts/0", Value::from(-1)),
        ("/comparison/runs", Value::Null),
        ("/pictures/0/caption", Value::from(1)),
    ];
    for (at, wrong) in spoils {
        let mut value = whole.clone();
        *value.pointer_mut(at).unwrap() = wrong;
        assert!(!validator.is_valid(&value), "{at}");
        assert!(Report::from_json(&value.to_string()).is_err(), "{at}");
    }
    for object in
        ["", "/headline/0", "/classes", "/classes/columns/0", "/matrix", "/coverage/0", "/provenance/0"]
    {
        let mut value = whole.clone();
        value.pointer_mut(object).unwrap()["misspelt"] = Value::from(1);
        assert!(!validator.is_valid(&value), "{object}");
        assert!(Report::from_json(&value.to_string()).is_err(), "{object}");
    }
}
