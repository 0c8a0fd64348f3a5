//! What a model is made of, as far as the suite's rule asks: read from the bytes of the file without the reader under
//! test, so that a model which that refuses still counts.

/// The operators of the outer graph, and the element types of its inputs and outputs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct About {
    /// One a node, in order: `Conv`.
    pub(crate) ops: Vec<String>,
    /// ONNX's numbers of element types; none for what is no tensor.
    pub(crate) types: Vec<Option<u64>>,
}

impl About {
    /// Reads `ModelProto.graph` (7): its nodes (1) by `op_type` (4), its inputs (11) and outputs (12) by
    /// `type.tensor_type.elem_type` (2, 1, 1). What is damaged is left out.
    pub(crate) fn of(bytes: &[u8]) -> About {
        let mut about = About::default();
        for (field, graph) in parts(bytes) {
            if field != 7 {
                continue;
            }
            for (field, part) in parts(graph) {
                match field {
                    1 => about.ops.push(text(part, 4)),
                    11 | 12 => about.types.push(elem_type(part)),
                    _ => {}
                }
            }
        }
        about
    }
}

fn text(message: &[u8], field: u64) -> String {
    inside(message, field).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
}

fn inside(message: &[u8], field: u64) -> Option<&[u8]> {
    parts(message).into_iter().find(|(number, _)| *number == field).map(|(_, bytes)| bytes)
}

fn elem_type(value: &[u8]) -> Option<u64> {
    let mut tensor = inside(inside(value, 2)?, 1)?;
    while !tensor.is_empty() {
        let key = number(&mut tensor)?;
        match (key >> 3, key & 7) {
            (1, 0) => return number(&mut tensor),
            (_, 0) => _ = number(&mut tensor)?,
            (_, 2) => _ = run(&mut tensor)?,
            _ => return None,
        }
    }
    None
}

/// The fields of a message that have a length: strings and messages.
fn parts(mut bytes: &[u8]) -> Vec<(u64, &[u8])> {
    let mut found = Vec::new();
    while let Some(key) = number(&mut bytes) {
        let known = match key & 7 {
            0 => number(&mut bytes).is_some(),
            1 => skip(&mut bytes, 8).is_some(),
            5 => skip(&mut bytes, 4).is_some(),
            2 => match run(&mut bytes) {
                Some(part) => {
                    found.push((key >> 3, part));
                    true
                }
                None => false,
            },
            _ => false,
        };
        if !known {
            break;
        }
    }
    found
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn run<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(number(bytes)?).ok()?;
    skip(bytes, length)
}

fn skip<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (part, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(part)
}

#[test]
fn a_model_is_told_by_its_nodes_and_types() {
    // graph { node { op_type: "Relu" } input { type { tensor_type { elem_type: 1 } } } output { type { } } }
    let graph = b"\x0a\x06\x22\x04Relu\x5a\x06\x12\x04\x0a\x02\x08\x01\x62\x02\x12\x00";
    let mut model = vec![0x08, 0x07, 0x3a, graph.len() as u8];
    model.extend(graph);
    let about = About::of(&model);
    assert_eq!(about, About { ops: vec!["Relu".to_owned()], types: vec![Some(1), None] });
    assert_eq!(About::of(&model[..9]), About::default(), "cut off");
}
