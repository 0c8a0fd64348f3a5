//! Shapes from rules: what is known stays known, what is not is left open, and nothing panics.

use super::super::graph::Dim;
use super::super::op::{
    Aspect, Binary, Compose, Conv, ConvTranspose, Coordinates, Epilogue, GridMode, GridPadding, Nearest, Op,
    PadMode, Padding, Pool, Reduce, Resize, ResizeMode, RoiAlign, Scatter, Unary, Variadic, Window,
};
use super::super::tensor::{DType, Tensor};
use super::{Fact, outputs};
use crate::error::ErrorKind;

fn named(names: &[&str]) -> Vec<Dim> {
    names.iter().map(|name| name.parse().map_or_else(|_| Dim::Named((*name).into()), Dim::Known)).collect()
}

/// Numbers are known lengths, words are names, `?` is nothing.
fn floats(shape: &str) -> Option<Fact> {
    let names: Vec<&str> = shape.split_whitespace().map(|n| if n == "?" { "" } else { n }).collect();
    Some(Fact { dtype: DType::F32, shape: named(&names), value: None })
}

fn row(numbers: &[i64]) -> Option<Fact> {
    Some(Fact::constant(&Tensor::row(numbers.to_vec())))
}

fn made(op: &Op, inputs: &[Option<Fact>]) -> String {
    match outputs(op, inputs, 1) {
        Err(e) => format!("{:?}", e.kind()),
        Ok(made) => {
            let word = |dim: &Dim| match dim {
                Dim::Known(n) => n.to_string(),
                Dim::Named(name) if name.is_empty() => "?".into(),
                Dim::Named(name) => name.clone(),
            };
            made[0].shape.iter().map(word).collect::<Vec<_>>().join(" ")
        }
    }
}

fn window(kernel: &[usize], strides: &[usize], padding: Padding, ceil: bool) -> Window {
    Window { kernel: kernel.to_vec(), strides: strides.to_vec(), dilations: vec![], padding, ceil }
}

fn conv(strides: &[usize], padding: Padding) -> Op {
    let window = window(&[], strides, padding, false);
    Op::Conv(Conv { window, group: 1, epilogue: Epilogue::default() })
}

const ADD: Op = Op::Binary(Binary::Add);

#[test]
fn names_go_through_where_lengths_stay() {
    let cases = [
        (ADD, vec![floats("n 3"), floats("n 1")], "n 3"),
        (ADD, vec![floats("n 3"), floats("m 3")], "? 3"),
        (ADD, vec![floats("n 3"), floats("4 1 1")], "4 n 3"),
        (ADD, vec![floats("n 3"), floats("7 3")], "7 3"),
        (ADD, vec![floats("2 3"), floats("7 3")], "Length"),
        (Op::Transpose { perm: None }, vec![floats("n 2 m")], "m 2 n"),
        (Op::Transpose { perm: Some(vec![1, 1, 0]) }, vec![floats("n 2 m")], "Usage"),
        (Op::Flatten { axis: 1 }, vec![floats("n 2 3")], "n 6"),
        (Op::Flatten { axis: 2 }, vec![floats("n 1 3")], "n 3"),
        (Op::Concat { axis: 1 }, vec![floats("n 2"), floats("n 3")], "n 5"),
        (Op::Concat { axis: 0 }, vec![floats("n 2"), floats("1 2")], "='n'+1 2"),
        (Op::MatMul, vec![floats("n 1 2 3"), floats("4 3 5")], "n 4 2 5"),
        (Op::MatMul, vec![floats("3"), floats("3")], ""),
        (
            conv(&[], Padding::Explicit(vec![1, 1, 1, 1])),
            vec![floats("n 3 h 8"), floats("5 3 3 3")],
            "n 5 h 8",
        ),
        (
            conv(&[2, 2], Padding::Explicit(vec![])),
            vec![floats("n 3 h 8"), floats("5 3 3 3")],
            "n 5 =('h'-3)/2+1 3",
        ),
        (conv(&[], Padding::SameLower), vec![floats("n 3 h 8"), floats("5 3 2 2")], "n 5 h 8"),
    ];
    for (op, inputs, expected) in cases {
        assert_eq!(made(&op, &inputs), expected, "{op:?} {inputs:?}");
    }
}

#[test]
fn lengths_that_are_computed_alike_are_equal() {
    let small = (conv(&[2, 2], Padding::Explicit(vec![])), floats("5 3 1 1"));
    let large = (conv(&[2, 2], Padding::Explicit(vec![1; 4])), floats("5 3 3 3"));
    let outcome =
        |(op, w): &(Op, Option<Fact>)| outputs(op, &[floats("n 3 h w"), w.clone()], 1).unwrap()[0].clone();
    assert_eq!(outcome(&small), outcome(&large));
    let up = Op::ConvTranspose(ConvTranspose {
        window: window(&[], &[2, 2], Padding::Explicit(vec![]), false),
        group: 1,
        output_padding: vec![],
        output_shape: vec![],
        epilogue: Epilogue::default(),
    });
    assert_eq!(made(&up, &[floats("n 3 h w"), floats("3 4 2 2")]), "n 4 ='h'*2 ='w'*2");
    // A name that is nothing stays nothing, and one that is too long becomes nothing.
    assert_eq!(made(&small.0, &[floats("n 3 ? 9"), floats("5 3 1 1")]), "n 5 ? 5");
    let mut x = outcome(&small);
    for _ in 0..40 {
        x = outputs(&small.0, &[Some(x), floats("5 5 1 1")], 1).unwrap()[0].clone();
    }
    assert_eq!(x.shape[2], Dim::Named(String::new()));
}

#[test]
fn a_reshape_keeps_the_name_of_what_it_does_not_touch() {
    let op = Op::Reshape { allow_zero: false };
    let cases = [
        ("n 2 3", vec![0, -1], "n 6"),
        ("n 2 3", vec![-1, 6], "? 6"),
        ("n 2 3", vec![0, 0, -1, 1], "n 2 3 1"),
        ("4 2 3", vec![-1, 6], "4 6"),
        ("4 2 3", vec![5, -1], "Length"),
        ("4 2 3", vec![-1, -1], "Usage"),
        ("0 3", vec![0, -1], "0 0"),
        ("4", vec![2, 0], "Length"),
        ("4", vec![-2], "Length"),
    ];
    for (from, to, expected) in cases {
        assert_eq!(made(&op, &[floats(from), row(&to)]), expected, "{from} {to:?}");
    }
    assert_eq!(made(&Op::Reshape { allow_zero: true }, &[floats("0 3"), row(&[3, 0])]), "3 0");
    assert_eq!(made(&Op::Reshape { allow_zero: true }, &[floats("0 3"), row(&[-1, 0])]), "Usage");
    let open = Some(Fact::new(DType::I64, &[3]));
    assert_eq!(made(&op, &[floats("4"), open]), "? ? ?");
}

#[test]
fn slices_follow_the_rule_at_both_ends() {
    let cases = [
        ("10", 0, i64::MAX, 1, "10"),
        ("n", 0, i64::MAX, 1, "n"),
        ("n", 1, i64::MAX, 1, "='n'[1:9223372036854775807:1]"),
        ("10", -3, i64::MAX, 1, "3"),
        ("10", 2, -2, 3, "2"),
        ("10", i64::MAX, i64::MIN, -1, "10"),
        ("10", -1, i64::MIN, -3, "4"),
        ("10", 5, 2, 1, "0"),
        ("0", -1, i64::MIN, -1, "0"),
        ("10", 0, 5, 0, "Usage"),
        ("10", i64::MIN, i64::MAX, i64::MIN, "0"),
    ];
    for (from, start, end, step, expected) in cases {
        let inputs = [floats(from), row(&[start]), row(&[end]), row(&[0]), row(&[step])];
        assert_eq!(made(&Op::Slice, &inputs), expected, "{from} {start} {end} {step}");
    }
}

#[test]
fn pooled_windows_that_begin_behind_the_end_do_not_count() {
    let pool = |n: &str, kernel, stride, pads: [i64; 2], ceil| {
        let window = window(&[kernel], &[stride], Padding::Explicit(pads.to_vec()), ceil);
        made(&Op::Pool { kind: Pool::Max { columns_first: false }, window }, &[floats(&format!("1 1 {n}"))])
    };
    assert_eq!(pool("5", 2, 2, [0, 0], false), "1 1 2");
    assert_eq!(pool("5", 2, 2, [0, 0], true), "1 1 3");
    assert_eq!(pool("3", 1, 2, [0, 1], true), "1 1 2");
    assert_eq!(pool("2", 3, 1, [0, 0], false), "Length");
    assert_eq!(pool("4", 3, 3, [0, 1], true), "1 1 2");
}

#[test]
fn sizes_and_scales_make_whole_lengths() {
    let resize = |aspect, coordinates| {
        Op::Resize(Resize {
            mode: ResizeMode::Linear,
            coordinates,
            nearest: Nearest::Floor,
            cubic_a: -0.75,
            exclude_outside: false,
            extrapolation: 0.0,
            antialias: false,
            axes: Some(vec![2, 3]),
            aspect,
        })
    };
    let scales = |scales: &[f32]| Some(Fact::constant(&Tensor::row(scales.to_vec())));
    let plain = resize(Aspect::Stretch, Coordinates::HalfPixel);
    assert_eq!(made(&plain, &[floats("n 3 5 h"), None, scales(&[0.6, 1.0])]), "n 3 3 h");
    assert_eq!(made(&plain, &[floats("n 3 5 h"), None, None, row(&[7, 9])]), "n 3 7 9");
    assert_eq!(made(&plain, &[floats("n 3 5 h"), None, scales(&[f32::NAN, 1.0])]), "Usage");
    assert_eq!(made(&plain, &[floats("n 3 5 h"), None, scales(&[f32::MAX, 1.0])]), "Limit");
    let larger = resize(Aspect::NotSmaller, Coordinates::HalfPixel);
    assert_eq!(made(&larger, &[floats("1 1 2 4"), None, None, row(&[7, 8])]), "1 1 7 14");
    let smaller = resize(Aspect::NotLarger, Coordinates::HalfPixel);
    assert_eq!(made(&smaller, &[floats("1 1 2 4"), None, None, row(&[7, 8])]), "1 1 4 8");
}

#[test]
fn equations_give_axes_by_their_letters() {
    let einsum = |equation: &str, inputs: &[&str]| {
        let inputs: Vec<Option<Fact>> = inputs.iter().map(|shape| floats(shape)).collect();
        made(&Op::Einsum { equation: equation.into() }, &inputs)
    };
    assert_eq!(einsum("bij, bjk -> bik", &["n 2 3", "n 3 4"]), "n 2 4");
    assert_eq!(einsum("...ii->...i", &["5 3 3"]), "5 3");
    assert_eq!(einsum("ij,jk", &["2 3", "3 4"]), "2 4");
    assert_eq!(einsum("ij,jk->ik", &["2 3", "4 4"]), "Length");
    assert_eq!(einsum("ij->ijk", &["2 3"]), "Usage");
    assert_eq!(einsum("ij->ii", &["2 3"]), "Usage");
    assert_eq!(einsum("i,j->ij", &["2"]), "Usage");
}

#[test]
fn too_large_a_result_is_an_error() {
    let dims = row(&[1 << 40, 1 << 40]);
    let op = Op::ConstantOfShape { value: Tensor::row(vec![0_u8]) };
    assert_eq!(made(&op, &[dims]), "Limit");
    assert_eq!(made(&op, &[row(&[1 << 62, 1])]), format!("{}", 1_i64 << 62) + " 1");
    let op = Op::ConstantOfShape { value: Tensor::row(vec![0_f32]) };
    assert_eq!(made(&op, &[row(&[1 << 62, 1])]), "Limit");
    assert_eq!(made(&op, &[row(&[1; 65])]), "Limit");
    let open = Some(Fact::new(DType::I64, &[1 << 60]));
    assert_eq!(made(&op, &[open]), "Limit");
}

#[test]
fn types_that_do_not_go_together_are_errors() {
    let whole = || Some(Fact::new(DType::I32, &[2]));
    for (op, inputs) in [
        (ADD, vec![floats("2"), whole()]),
        (Op::Binary(Binary::And), vec![floats("2"), floats("2")]),
        (Op::Unary(Unary::Sqrt), vec![whole()]),
        (Op::Unary(Unary::Not), vec![floats("2")]),
        (Op::Gather { axis: 0 }, vec![floats("2"), floats("2")]),
        (Op::Where, vec![floats("2"), floats("2"), floats("2")]),
    ] {
        assert_eq!(outputs(&op, &inputs, 1).unwrap_err().kind(), ErrorKind::Type, "{op:?}");
    }
}

/// One of each operator.
fn all() -> Vec<Op> {
    let w = || window(&[2, 2], &[1, 2], Padding::Explicit(vec![1, 0, 0, 1]), true);
    let c = || Conv {
        window: window(&[], &[], Padding::SameUpper, false),
        group: 2,
        epilogue: Epilogue::default(),
    };
    let max = Pool::Max { columns_first: false };
    let resize = |coordinates, aspect| {
        Op::Resize(Resize {
            mode: ResizeMode::Cubic,
            coordinates,
            nearest: Nearest::Ceil,
            cubic_a: 0.5,
            exclude_outside: true,
            extrapolation: 1.0,
            antialias: true,
            axes: None,
            aspect,
        })
    };
    let axis = -1;
    let reduction = Scatter::Add;
    vec![
        Op::Unary(Unary::Relu),
        Op::Clip,
        Op::Cast { to: DType::U8, saturate: true },
        Op::Identity,
        Op::Dropout,
        ADD,
        Op::Binary(Binary::PRelu),
        Op::Variadic(Variadic::Mean),
        Op::Where,
        Op::Reshape { allow_zero: false },
        Op::Flatten { axis },
        Op::Transpose { perm: Some(vec![1, 0]) },
        Op::Concat { axis },
        Op::Split { axis, parts: Some(2) },
        Op::Split { axis, parts: None },
        Op::Slice,
        Op::Squeeze,
        Op::Unsqueeze,
        Op::Expand,
        Op::Tile,
        Op::Pad { mode: PadMode::Wrap },
        Op::DepthToSpace { block: 2, column_row_depth: true },
        Op::SpaceToDepth { block: 0 },
        Op::CenterCropPad { axes: Some(vec![-1]) },
        Op::Gather { axis },
        Op::GatherElements { axis },
        Op::GatherNd { batch_dims: 1 },
        Op::ScatterElements { axis, reduction },
        Op::ScatterNd { reduction },
        Op::OneHot { axis },
        Op::NonZero,
        Op::Shape { start: -1, end: None },
        Op::Size,
        Op::Range,
        Op::ConstantOfShape { value: Tensor::row(vec![1.0_f32]) },
        Op::Reduce { kind: Reduce::Sum, keep: false, nothing_if_no_axes: true },
        Op::ArgMax { axis, keep: true, last: false },
        Op::ArgMin { axis, keep: false, last: true },
        Op::TopK { axis, largest: true, sorted: true },
        Op::CumSum { exclusive: true, reverse: true },
        Op::Softmax { axis, log: false, flat: true },
        Op::BatchNormalization { epsilon: 0.1 },
        Op::InstanceNormalization { epsilon: 0.1 },
        Op::LayerNormalization { axis, epsilon: 0.1 },
        Op::GroupNormalization { groups: 2, epsilon: 0.1, per_group: true },
        Op::LpNormalization { axis, p: 1 },
        Op::Lrn { alpha: 0.1, beta: 0.1, bias: 0.1, size: 3 },
        Op::Conv(c()),
        Op::ConvTranspose(ConvTranspose {
            window: w(),
            group: 1,
            output_padding: vec![1, 0],
            output_shape: vec![],
            epilogue: Epilogue { residual: true, activation: None },
        }),
        Op::DeformConv { conv: c(), offset_groups: 1 },
        Op::Gemm { alpha: 1.0, beta: 1.0, trans_a: true, trans_b: true },
        Op::MatMul,
        Op::Einsum { equation: "...ij,jk->...ik".into() },
        Op::Pool { kind: max, window: w() },
        Op::GlobalPool { kind: max },
        Op::MaxUnpool { window: w() },
        resize(Coordinates::TfCropAndResize, Aspect::Stretch),
        resize(Coordinates::HalfPixel, Aspect::NotLarger),
        Op::GridSample { mode: GridMode::Cubic, padding: GridPadding::Border, align_corners: true },
        Op::Compose(Compose { bgr: true }),
        Op::RoiAlign(RoiAlign {
            half_pixel: true,
            max: false,
            output: (usize::MAX, 2),
            sampling_ratio: 0,
            spatial_scale: 1.0,
        }),
        Op::NonMaxSuppression { center_point_box: false },
        Op::QuantizeLinear { axis, block: 2, to: DType::U8 },
        Op::DequantizeLinear { axis, block: 0, to: None },
        Op::ConvInteger(c()),
        Op::QLinearConv(c()),
        Op::MatMulInteger,
        Op::QLinearMatMul,
    ]
}

#[test]
fn any_inputs_to_any_operator_give_a_shape_or_an_error() {
    let mut seed = 1_u64;
    let mut pick = |n: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % n
    };
    const LENGTHS: [usize; 9] = [0, 1, 1, 2, 2, 3, 4, 8, usize::MAX];
    const NUMBERS: [i64; 9] = [i64::MIN, -2, -1, 0, 1, 2, 3, 4, i64::MAX];
    const TYPES: [DType; 6] = [DType::F32, DType::F32, DType::F32, DType::I64, DType::Bool, DType::U8];
    let mut fine = vec![0; all().len()];
    for _ in 0..3000 {
        for (k, op) in all().iter().enumerate() {
            let mut inputs = Vec::new();
            for _ in 0..pick(7) {
                inputs.push(match pick(6) {
                    0 => None,
                    1 => row(&(0..pick(5)).map(|_| NUMBERS[pick(9)]).collect::<Vec<_>>()),
                    2 => Some(Fact::constant(&Tensor::row(
                        (0..pick(5))
                            .map(|_| [0.0, 0.5, 2.0, f32::NAN, -1.0, 1e30][pick(6)])
                            .collect::<Vec<_>>(),
                    ))),
                    _ => {
                        let length = |n: usize| {
                            if n == 0 { Dim::Named("n".into()) } else { Dim::Known(LENGTHS[n - 1]) }
                        };
                        let shape = (0..pick(6)).map(|_| length(pick(10))).collect();
                        Some(Fact { dtype: TYPES[pick(6)], shape, value: None })
                    }
                });
            }
            fine[k] += usize::from(outputs(op, &inputs, pick(3)).is_ok());
        }
    }
    // Most operators take some of what chance brings.
    assert!(fine.iter().filter(|n| **n > 0).count() > 35, "{fine:?}");
}

#[test]
fn every_operator_is_inferred() {
    for op in all() {
        if let Err(e) = outputs(&op, &[], 1) {
            assert!(!e.what().contains("of no family"), "{op:?}");
        }
    }
}
