//! Damaged and hostile files: an error or a graph, never a panic, and soon.

use std::time::{Duration, Instant};

use prost::Message;

use super::super::super::infer::walk;
use super::super::{read_bytes, tensor, wire};
use super::sketch::{body, graph, int, ints, model, node, read_model, row, text, truth, value};
use crate::error::ErrorKind;

/// A small model with a bit of everything.
fn sample() -> wire::Model {
    let branch = |op: &str| body(vec![], vec![node(op, "r", "t", vec![])], "t");
    let branches = vec![graph("then_branch", branch("Exp")), graph("else_branch", branch("Log"))];
    let nodes = vec![
        node(
            "Conv",
            "x w",
            "a",
            vec![ints("pads", &[1, 1, 1, 1]), ints("strides", &[2, 1]), int("group", 1)],
        ),
        node("Clip", "a", "b", vec![]),
        node("Resize", "b - - sizes", "c", vec![text("mode", "linear")]),
        node("Reshape", "c s", "r", vec![int("allowzero", 0)]),
        node("Slice", "r at at", "q", vec![]),
        node("If", "cond", "y", branches),
        node("TopK", "y at", "v i", vec![int("axis", -1)]),
        node("Split", "v", "p1 p2", vec![int("axis", 0)]),
    ];
    let mut whole = body(vec![value("x", 1, &[1, 1, 4, 4])], nodes, "i p1 q");
    let w = wire::Tensor {
        name: "w".into(),
        dims: vec![2, 1, 3, 3],
        data_type: 1,
        float_data: vec![0.5; 18],
        ..Default::default()
    };
    whole.initializer =
        vec![w, row("sizes", &[1, 2, 6, 6]), row("s", &[2, -1]), row("at", &[1]), truth("cond", true)];
    model(18, whole)
}

fn try_bytes(bytes: &[u8]) {
    let started = Instant::now();
    if let Ok(graph) = read_bytes(bytes, None) {
        graph.check().unwrap();
        let inputs: Option<Vec<_>> = graph
            .inputs()
            .iter()
            .map(|id| {
                let value = graph.value(*id)?;
                Some(super::super::super::infer::Fact {
                    dtype: value.dtype?,
                    shape: value.shape.clone()?,
                    value: None,
                })
            })
            .collect();
        if let Some(inputs) = inputs {
            let _ = walk(&graph, &inputs, None);
        }
    }
    let _ = tensor(bytes);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn the_sample_is_sound() {
    let graph = read_model(&sample()).unwrap();
    assert_eq!(graph.nodes().len(), 8);
}

#[test]
fn a_file_cut_short_anywhere_does_no_harm() {
    let bytes = sample().encode_to_vec();
    for length in 0..bytes.len() {
        try_bytes(&bytes[..length]);
    }
}

#[test]
fn a_file_with_any_bit_turned_does_no_harm() {
    let bytes = sample().encode_to_vec();
    for place in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[place / 8] ^= 1 << (place % 8);
        try_bytes(&damaged);
    }
}

#[test]
fn a_file_with_any_byte_set_to_an_end_of_its_range_does_no_harm() {
    let bytes = sample().encode_to_vec();
    for place in 0..bytes.len() {
        for byte in [0, 127, 128, 255] {
            let mut damaged = bytes.clone();
            damaged[place] = byte;
            try_bytes(&damaged);
        }
    }
}

#[test]
fn extreme_numbers_in_attributes_and_constants_are_errors_or_shapes() {
    const EXTREMES: [i64; 9] =
        [i64::MIN, i64::MIN + 1, i32::MIN as i64, -1, 0, 1, i32::MAX as i64, i64::MAX - 1, i64::MAX];
    let base = sample();
    let whole = base.graph.clone().unwrap();
    let mut count = 0;
    for extreme in EXTREMES {
        let mut each = |change: &dyn Fn(&mut wire::Graph)| {
            let mut changed = whole.clone();
            change(&mut changed);
            try_bytes(&wire::Model { graph: Some(changed), ..base.clone() }.encode_to_vec());
            count += 1;
        };
        for (n, node) in whole.node.iter().enumerate() {
            for (a, attribute) in node.attribute.iter().enumerate() {
                each(&|g| g.node[n].attribute[a].i = Some(extreme));
                for k in 0..attribute.ints.len() {
                    each(&|g| g.node[n].attribute[a].ints[k] = extreme);
                }
            }
        }
        for (t, tensor) in whole.initializer.iter().enumerate() {
            for k in 0..tensor.int64_data.len() {
                each(&|g| g.initializer[t].int64_data[k] = extreme);
            }
            for k in 0..tensor.dims.len() {
                each(&|g| g.initializer[t].dims[k] = extreme);
            }
        }
        for k in 0..4 {
            each(&|g| {
                let shape =
                    g.input[0].kind.as_mut().unwrap().tensor.as_mut().unwrap().shape.as_mut().unwrap();
                shape.dim[k].value = Some(extreme);
            });
        }
    }
    assert!(count > 200);
}

#[test]
fn more_parts_than_memory_are_refused_before_they_are_read() {
    // Two bytes a node in the file.
    let nodes = [0x0a_u8, 0].repeat(3_000_000);
    let mut bytes = vec![0x3a];
    prost::encoding::encode_varint(nodes.len() as u64, &mut bytes);
    bytes.extend(nodes);
    let started = Instant::now();
    assert_eq!(read_bytes(&bytes, None).unwrap_err().kind(), ErrorKind::Limit);
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[test]
fn functions_that_double_one_another_are_refused() {
    let mut doubling = model(13, body(vec![value("x", 1, &[2])], vec![], "y"));
    let call = |name: String, from: &str, to: &str| {
        let mut call = node(&name, from, to, vec![]);
        call.domain = "mine".into();
        call
    };
    for level in 0..30 {
        let node = if level == 0 {
            vec![node("Exp", "a", "c", vec![])]
        } else {
            let inner = format!("f{}", level - 1);
            vec![call(inner.clone(), "a", "b"), call(inner, "b", "c")]
        };
        doubling.functions.push(wire::Function {
            name: format!("f{level}"),
            domain: "mine".into(),
            input: vec!["a".into()],
            output: vec!["c".into()],
            node,
            ..Default::default()
        });
    }
    doubling.graph.as_mut().unwrap().node = vec![call("f29".into(), "x", "y")];
    let started = Instant::now();
    assert_eq!(read_model(&doubling).unwrap_err().kind(), ErrorKind::Limit);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn loops_in_loops_are_refused() {
    let mut inside = body(vec![], vec![node("Identity", "go0", "on0", vec![])], "on0");
    inside.input = vec![value("i0", 7, &[]), value("go0", 9, &[])];
    for level in 1..4 {
        let (go, on) = (format!("go{level}"), format!("on{level}"));
        let nodes =
            vec![node("Loop", "n", "", vec![graph("body", inside)]), node("Identity", &go, &on, vec![])];
        inside = body(vec![value(&format!("i{level}"), 7, &[]), value(&go, 9, &[])], nodes, &on);
    }
    let mut whole =
        body(vec![value("x", 1, &[2])], vec![node("Loop", "n", "", vec![graph("body", inside)])], "x");
    whole.initializer = vec![row("n", &[1000])];
    let started = Instant::now();
    assert_eq!(read_model(&model(13, whole)).unwrap_err().kind(), ErrorKind::Limit);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn messages_far_within_one_another_are_refused() {
    let mut inside = body(vec![], vec![], "x");
    for _ in 0..200 {
        let branches = vec![graph("then_branch", inside), graph("else_branch", body(vec![], vec![], "x"))];
        inside = body(vec![], vec![node("If", "c", "y", branches)], "y");
    }
    assert!(read_model(&model(13, inside)).is_err());
}
