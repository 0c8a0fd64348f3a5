//! Pipelines and `schemas/pipeline.json`: both say the same.

use std::collections::BTreeSet;

use lensframe::augment::{Op, Pipeline};
use serde_json::{Value, json};

use super::agreement::{COLOURS, MOVING};
use super::page::OTHERS;

fn schema() -> Value {
    let schema = serde_json::from_str(include_str!("../../../schemas/pipeline.json")).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    schema
}

/// The parameters of an operation by the schema.
fn parameters(schema: &Value, name: &str) -> BTreeSet<String> {
    let steps = schema["$defs"]["step"]["oneOf"].as_array().unwrap();
    let step = steps.iter().find(|step| step["properties"]["op"]["const"] == name);
    let step = step.unwrap_or_else(|| panic!("{name} is not in the schema"));
    step["properties"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn the_schema_knows_every_operation_with_all_its_parameters() {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut seen = BTreeSet::new();
    for step in [MOVING, COLOURS, OTHERS].concat() {
        let given: Value = serde_json::from_str(&format!("[{step}]")).unwrap();
        let pipeline = Pipeline::from_value(given.clone()).unwrap();
        let told = pipeline.to_json();
        for json in [&given, &told] {
            let errors: Vec<String> =
                validator.iter_errors(json).map(|e| format!("{e} at {}", e.instance_path())).collect();
            assert!(errors.is_empty(), "{json}: {errors:?}");
        }
        assert!(Pipeline::from_value(told.clone()).unwrap() == pipeline, "{step}");
        let name = pipeline.steps()[0].op.name();
        let own: BTreeSet<String> = told["steps"][0].as_object().unwrap().keys().cloned().collect();
        let known = parameters(&schema, name);
        assert!(own.is_subset(&known), "{name}: the schema lacks {:?}", own.difference(&known));
        // What is left out when it is empty, and what any step may have.
        let silent = ["p", "params", "shape", "ratio"].map(str::to_owned).into();
        let more: Vec<&String> =
            known.difference(&own).filter(|own| !BTreeSet::contains(&silent, *own)).collect();
        assert!(more.is_empty(), "{name}: the schema has {more:?}");
        seen.insert(name);
    }
    let all: BTreeSet<&str> = Op::ALL.iter().map(|about| about.name).collect();
    assert_eq!(seen, all);
    assert_eq!(schema["$defs"]["step"]["oneOf"].as_array().unwrap().len(), all.len());
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let whole = json!({"decode": "fast", "set": "", "output": {"order": "hwc", "dtype": "f16"}, "steps": [
        {"op": "auto_augment", "policies": [[{"op": "flip", "x": true, "p": 0.5}], []]},
        {"op": "normalize", "mean": [0, 0, 0], "std": [1, 1, 1], "max_value": 1}
    ]});
    assert!(validator.is_valid(&whole) && Pipeline::from_value(whole).is_ok());
    for wrong in [
        json!({}),
        json!({"steps": [], "decode": "quick"}),
        json!({"steps": [], "output": {"dtype": "f64"}}),
        json!({"steps": [], "more": 1}),
        json!([{"op": "resise", "size": 3}]),
        json!([{"op": "resize"}]),
        json!([{"op": "resize", "size": [1, 2, 3]}]),
        json!([{"op": "resize", "size": 3, "sise": 3}]),
        json!([{"op": "flip", "x": 1}]),
        json!([{"op": "flip", "x": true, "p": 2}]),
        json!([{"op": "tone", "change": "louder"}]),
        json!([{"op": "corrupt", "corruption": "rain"}]),
        json!([{"op": "corrupt", "corruption": "snow", "severity": 6}]),
        json!([{"op": "normalize", "mean": [0, 0], "std": [1, 1, 1]}]),
        json!([{"op": "auto_augment", "policies": [{"op": "flip"}]}]),
        json!([{"op": "each", "of": [[]], "p": 0.5}]),
    ] {
        assert!(!validator.is_valid(&wrong), "{wrong}");
        assert!(Pipeline::from_value(wrong.clone()).is_err(), "{wrong}");
    }
}
