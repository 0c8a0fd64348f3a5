//! Recipes and `schemas/recipe.json`: both say the same.

use std::collections::BTreeSet;

use lensframe::predict::{Recipe, known};
use serde_json::{Value, json};

fn schema() -> Value {
    let schema = serde_json::from_str(include_str!("../../../schemas/recipe.json")).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    schema
}

/// A recipe with every parameter of each kind of output.
fn full() -> Vec<Value> {
    let suppression = json!({"iou": 0.4, "score": 0.1, "most": 7, "agnostic": true});
    let outputs = [
        json!({"kind": "classes", "output": "a", "logits": false, "top": 3, "skip": 1}),
        json!({"kind": "boxes", "boxes": "a", "scores": "b", "labels": "c", "layout": "yxyx", "relative": true,
            "first": 1, "score": 0.2}),
        json!({"kind": "dense", "output": "a", "rows": true, "objectness": true, "layout": "cxcywh",
            "relative": true, "logits": true, "skip": 1, "suppression": suppression}),
        json!({"kind": "dense", "boxes": "a", "scores": "b"}),
        json!({"kind": "heatmap", "heat": "a", "size": "b", "offset": "c", "points": "d", "stride": 4, "shift": 0.5,
            "vertical_first": true, "log_size": true, "logits": true, "peaks": true, "suppression": suppression}),
        json!({"kind": "regions", "output": "a", "logits": true, "threshold": 0.4, "score": 0.6, "least": 2,
            "unclip": 1.5}),
    ];
    let input = json!({"name": "x", "steps": [{"op": "resize", "size": 8}], "decode": "fast", "order": "hwc",
        "bgr": true, "batch": 2, "multiple": 4, "any_size": true});
    outputs.map(|output| json!({"about": "all", "classes": ["x"], "input": input, "output": output})).to_vec()
}

#[test]
fn what_the_schema_takes_the_reader_takes() {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut said = BTreeSet::new();
    for recipe in full() {
        let errors: Vec<String> = validator.iter_errors(&recipe).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{recipe}: {errors:?}");
        Recipe::from_value(recipe.clone()).unwrap();
        let output = recipe["output"].as_object().unwrap();
        let kind = output["kind"].as_str().unwrap().to_owned();
        said.extend(output.keys().map(|key| (kind.clone(), key.clone())));
    }
    // Nothing is in the schema that was not tried.
    for output in schema["properties"]["output"]["oneOf"].as_array().unwrap() {
        let kind = output["properties"]["kind"]["const"].as_str().unwrap();
        for key in output["properties"].as_object().unwrap().keys() {
            assert!(said.contains(&(kind.to_owned(), key.clone())), "{kind}.{key} is not tried");
        }
    }
    for name in known::names() {
        let recipe = known::recipe(name).unwrap();
        assert!(validator.is_valid(recipe.json()), "{name}");
    }
}

#[test]
fn what_the_schema_refuses_the_reader_refuses() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let good = full();
    type Spoil = fn(&mut Value);
    let odd: [(&str, Spoil); 8] = [
        ("no output", |r| drop(r.as_object_mut().unwrap().remove("output"))),
        ("an unknown member", |r| r["more"] = 1.into()),
        ("an unknown parameter", |r| r["output"]["more"] = 1.into()),
        ("an unknown parameter of the input", |r| r["input"]["more"] = 1.into()),
        ("an unknown kind", |r| r["output"]["kind"] = "box".into()),
        ("classes that are numbers", |r| r["classes"] = json!([1])),
        ("steps that are no list", |r| r["input"]["steps"] = json!({"op": "resize"})),
        ("a batch of none", |r| r["input"]["batch"] = 0.into()),
    ];
    for (what, spoil) in odd {
        let mut recipe = good[0].clone();
        spoil(&mut recipe);
        assert!(!validator.is_valid(&recipe), "{what}: the schema takes it");
        assert!(Recipe::from_value(recipe).is_err(), "{what}: the reader takes it");
    }
}
