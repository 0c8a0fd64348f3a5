//! Every shader, as operators fill it in, is sound WGSL. No adapter is needed.

use std::collections::HashSet;

use wgpu::naga::valid::{Capabilities, ValidationFlags, Validator};

use crate::model::gpu::kernel::{Call, Made, record};
use crate::model::gpu::record::{Recorder, View};
use crate::model::gpu::shader::{File, Key};
use crate::model::op::*;
use crate::model::tensor::{DType, Tensor};

type Input<'a> = (DType, &'a [usize]);

/// The keys that an operator asks for; inputs with elements are known when planning.
fn keys(
    processor: bool,
    op: &Op,
    inputs: &[Option<Input<'_>>],
    known: &[(usize, Tensor)],
    outputs: &[Input<'_>],
) -> Vec<Key> {
    let mut rec = Recorder::new(processor, 1 << 30, 65535);
    let views: Vec<Option<View>> = inputs
        .iter()
        .enumerate()
        .map(|(place, input)| {
            let given = known.iter().find(|(at, _)| *at == place);
            match (given, input) {
                (Some((_, tensor)), _) => Some(rec.constant(tensor).unwrap()),
                (None, Some((dtype, shape))) => Some(rec.output(shape, *dtype).unwrap()),
                (None, None) => None,
            }
        })
        .collect();
    let views: Vec<Option<&View>> = views.iter().map(Option::as_ref).collect();
    let made: Vec<Made> =
        outputs.iter().map(|(dtype, shape)| Made { dtype: *dtype, shape: shape.to_vec() }).collect();
    record(&mut rec, &Call { op, inputs: &views, outputs: &made }).unwrap_or_else(|e| panic!("{op:?}: {e}"));
    rec.steps.into_iter().map(|step| step.key).collect()
}

const F: DType = DType::F32;
const I: DType = DType::I64;

fn window(kernel: &[usize]) -> Window {
    Window {
        kernel: kernel.to_vec(),
        strides: vec![],
        dilations: vec![],
        padding: Padding::Valid,
        ceil: false,
    }
}

fn conv(group: usize) -> Conv {
    Conv { window: window(&[]), group, epilogue: Epilogue::default() }
}

fn unaries() -> Vec<Unary> {
    use Unary::*;
    vec![
        Abs,
        Acos,
        Acosh,
        Asin,
        Asinh,
        Atan,
        Atanh,
        Ceil,
        Celu { alpha: 1.0 },
        Cos,
        Cosh,
        Elu { alpha: 1.0 },
        Erf,
        Exp,
        Floor,
        Gelu { tanh: true },
        Gelu { tanh: false },
        HardSigmoid { alpha: 0.2, beta: 0.5 },
        HardSwish,
        IsInf { negative: true, positive: true },
        IsNaN,
        LeakyRelu { alpha: 0.1 },
        Log,
        Mish,
        Neg,
        Reciprocal,
        Relu,
        Round,
        Selu { alpha: 1.0, gamma: 1.0 },
        Shrink { bias: 0.0, lambda: 0.5 },
        Sigmoid,
        Sign,
        Sin,
        Sinh,
        Softplus,
        Softsign,
        Sqrt,
        Swish { alpha: 1.0 },
        Tan,
        Tanh,
        ThresholdedRelu { alpha: 1.0 },
    ]
}

fn all() -> Vec<Key> {
    let mut made = Vec::new();
    for op in unaries() {
        let out = if matches!(op, Unary::IsNaN | Unary::IsInf { .. }) { DType::Bool } else { F };
        made.extend(keys(true, &Op::Unary(op), &[Some((F, &[2, 3]))], &[], &[(out, &[2, 3])]));
    }
    use Binary::*;
    for dtype in [F, DType::I32, DType::U8, DType::U32] {
        for op in [Add, Sub, Mul, Div, Mod { truncated: true }, Pow, PRelu] {
            made.extend(keys(
                true,
                &Op::Binary(op),
                &[Some((dtype, &[2, 3])), Some((dtype, &[3]))],
                &[],
                &[(dtype, &[2, 3])],
            ));
        }
        for op in [Equal, Greater, GreaterOrEqual, Less, LessOrEqual] {
            made.extend(keys(
                true,
                &Op::Binary(op),
                &[Some((dtype, &[2, 3])), Some((dtype, &[2, 3]))],
                &[],
                &[(DType::Bool, &[2, 3])],
            ));
        }
        for op in [Variadic::Max, Variadic::Min, Variadic::Sum] {
            made.extend(keys(
                true,
                &Op::Variadic(op),
                &[Some((dtype, &[4])), Some((dtype, &[4]))],
                &[],
                &[(dtype, &[4])],
            ));
        }
        for to in [F, DType::I32, DType::U8, DType::I8, DType::U32, DType::Bool] {
            made.extend(keys(
                true,
                &Op::Cast { to, saturate: true },
                &[Some((dtype, &[5]))],
                &[],
                &[(to, &[5])],
            ));
        }
    }
    for op in [And, Or, Xor, BitwiseAnd, BitShift { left: true }, BitShift { left: false }] {
        made.extend(keys(
            true,
            &Op::Binary(op),
            &[Some((DType::U32, &[2])), Some((DType::U32, &[2]))],
            &[],
            &[(DType::U32, &[2])],
        ));
    }
    use Reduce::*;
    for kind in [L1, L2, LogSum, LogSumExp, Max, Mean, Min, Prod, Sum, SumSquare] {
        for shape in [&[4_usize, 5][..], &[2, 4096]] {
            let op = Op::Reduce { kind, keep: false, nothing_if_no_axes: false };
            made.extend(keys(
                false,
                &op,
                &[Some((F, shape)), None],
                &[(1, Tensor::row(vec![1_i64]))],
                &[(F, &shape[..1])],
            ));
        }
    }
    let mut one = |op: Op, inputs: &[Option<Input<'_>>], known: &[(usize, Tensor)], outputs: &[Input<'_>]| {
        for processor in [true, false] {
            made.extend(keys(processor, &op, inputs, known, outputs));
        }
    };
    let x4: Input<'_> = (F, &[2, 4, 8, 8]);
    one(
        Op::Pad { mode: PadMode::Constant },
        &[Some((F, &[3])), None],
        &[(1, Tensor::row(vec![1_i64, 1]))],
        &[(F, &[5])],
    );
    one(
        Op::Pad { mode: PadMode::Reflect },
        &[Some((F, &[3])), None],
        &[(1, Tensor::row(vec![1_i64, 1]))],
        &[(F, &[5])],
    );
    one(
        Op::Pad { mode: PadMode::Edge },
        &[Some((F, &[3])), None],
        &[(1, Tensor::row(vec![1_i64, 1]))],
        &[(F, &[5])],
    );
    one(
        Op::Pad { mode: PadMode::Wrap },
        &[Some((F, &[3])), None],
        &[(1, Tensor::row(vec![1_i64, 1]))],
        &[(F, &[5])],
    );
    one(
        Op::CumSum { exclusive: false, reverse: true },
        &[Some((F, &[3, 4])), None],
        &[(1, Tensor::scalar(1_i64))],
        &[(F, &[3, 4])],
    );
    one(Op::Lrn { alpha: 1.0, beta: 0.5, bias: 1.0, size: 3 }, &[Some(x4)], &[], &[x4]);
    one(Op::Gather { axis: 0 }, &[Some((F, &[4, 2])), Some((I, &[3]))], &[], &[(F, &[3, 2])]);
    one(Op::GatherElements { axis: 1 }, &[Some((F, &[3, 4])), Some((I, &[3, 2]))], &[], &[(F, &[3, 2])]);
    one(Op::GatherNd { batch_dims: 0 }, &[Some((F, &[3, 4])), Some((I, &[5, 1]))], &[], &[(F, &[5, 4])]);
    one(
        Op::OneHot { axis: -1 },
        &[Some((I, &[3])), None, Some((F, &[2]))],
        &[(1, Tensor::scalar(4_i64))],
        &[(F, &[3, 4])],
    );
    for reduction in [Scatter::Replace, Scatter::Add, Scatter::Mul, Scatter::Max, Scatter::Min] {
        let op = Op::ScatterElements { axis: 0, reduction };
        one(op, &[Some((F, &[3, 4])), Some((I, &[2, 4])), Some((F, &[2, 4]))], &[], &[(F, &[3, 4])]);
        one(
            Op::ScatterNd { reduction },
            &[Some((F, &[3, 4])), Some((I, &[2, 1])), Some((F, &[2, 4]))],
            &[],
            &[(F, &[3, 4])],
        );
    }
    one(Op::ArgMax { axis: 1, keep: true, last: false }, &[Some((F, &[3, 4]))], &[], &[(I, &[3, 1])]);
    one(
        Op::TopK { axis: 0, largest: true, sorted: true },
        &[Some((F, &[9000, 2])), None],
        &[(1, Tensor::row(vec![3_i64]))],
        &[(F, &[3, 2]), (I, &[3, 2])],
    );
    one(
        Op::TopK { axis: 0, largest: false, sorted: true },
        &[Some((DType::I32, &[9])), None],
        &[(1, Tensor::row(vec![3_i64]))],
        &[(DType::I32, &[3]), (I, &[3])],
    );
    for (shape, weights, out) in [
        ([1, 16, 12, 12], [16, 16, 3, 3], [1, 16, 10, 10]),
        ([1, 16, 12, 12], [16, 16, 1, 1], [1, 16, 12, 12]),
        ([1, 16, 7, 7], [17, 16, 1, 1], [1, 17, 7, 7]),
        ([1, 3, 12, 12], [5, 3, 5, 5], [1, 5, 8, 8]),
    ] {
        for op in unaries().into_iter().filter(|op| !matches!(op, Unary::IsNaN | Unary::IsInf { .. })) {
            let epilogue = Epilogue { residual: true, activation: Some(Activation::Unary(op)) };
            let op = Op::Conv(Conv { epilogue, ..conv(1) });
            one(
                op,
                &[Some((F, &shape)), Some((F, &weights)), Some((F, &weights[..1])), Some((F, &out))],
                &[],
                &[(F, &out)],
            );
        }
    }
    one(Op::Conv(conv(2)), &[Some(x4), Some((F, &[4, 2, 3, 3]))], &[], &[(F, &[2, 4, 6, 6])]);
    let (solid, weights) = ([1, 4, 5, 6, 7], [4, 4, 2, 3, 3]);
    one(Op::Conv(conv(1)), &[Some((F, &solid)), Some((F, &weights))], &[], &[(F, &[1, 4, 4, 4, 5])]);
    one(
        Op::Compose(Compose { bgr: true }),
        &[
            Some((DType::U8, &[300])),
            Some((DType::I32, &[2, Compose::COLUMNS])),
            Some((DType::I32, &[9])),
            Some((F, &[9])),
            None,
        ],
        &[(4, Tensor::row(vec![4_i64, 5]))],
        &[(F, &[2, 3, 4, 5])],
    );
    let transpose = ConvTranspose {
        window: window(&[]),
        group: 1,
        output_padding: vec![],
        output_shape: vec![],
        epilogue: Epilogue::default(),
    };
    one(Op::ConvTranspose(transpose), &[Some(x4), Some((F, &[4, 2, 3, 3]))], &[], &[(F, &[2, 2, 10, 10])]);
    let deform = Op::DeformConv { conv: conv(1), offset_groups: 1 };
    one(
        deform,
        &[Some(x4), Some((F, &[3, 4, 1, 1])), Some((F, &[2, 2, 8, 8])), None, None],
        &[],
        &[(F, &[2, 3, 8, 8])],
    );
    for kind in [
        Pool::Max { columns_first: true },
        Pool::Average { count_padding: true },
        Pool::Lp { p: 3 },
        Pool::Lp { p: 2 },
    ] {
        let second: &[Input<'_>] = if matches!(kind, Pool::Max { .. }) {
            &[(F, &[2, 4, 7, 7]), (I, &[2, 4, 7, 7])]
        } else {
            &[(F, &[2, 4, 7, 7])]
        };
        one(Op::Pool { kind, window: window(&[2, 2]) }, &[Some(x4)], &[], second);
    }
    one(
        Op::MaxUnpool { window: Window { padding: Padding::Explicit(vec![]), ..window(&[2, 2]) } },
        &[Some(x4), Some((I, x4.1))],
        &[],
        &[(F, &[2, 4, 9, 9])],
    );
    one(
        Op::Einsum { equation: "bij,bjk->bik".into() },
        &[Some((F, &[2, 3, 4])), Some((F, &[2, 4, 5]))],
        &[],
        &[(F, &[2, 3, 5])],
    );
    for mode in [ResizeMode::Nearest, ResizeMode::Linear] {
        let resize = Resize {
            mode,
            coordinates: Coordinates::HalfPixel,
            nearest: Nearest::Floor,
            cubic_a: -0.75,
            exclude_outside: false,
            extrapolation: 0.0,
            antialias: false,
            axes: Some(vec![2, 3]),
            aspect: Aspect::Stretch,
        };
        one(
            Op::Resize(resize),
            &[Some(x4), None, None, None],
            &[(3, Tensor::row(vec![5_i64, 5]))],
            &[(F, &[2, 4, 5, 5])],
        );
    }
    for mode in [GridMode::Linear, GridMode::Nearest, GridMode::Cubic] {
        let op = Op::GridSample { mode, padding: GridPadding::Zeros, align_corners: false };
        one(op, &[Some(x4), Some((F, &[2, 3, 3, 2]))], &[], &[(F, &[2, 4, 3, 3])]);
    }
    let roi =
        RoiAlign { half_pixel: true, max: false, output: (2, 2), sampling_ratio: 0, spatial_scale: 1.0 };
    one(Op::RoiAlign(roi), &[Some(x4), Some((F, &[3, 4])), Some((I, &[3]))], &[], &[(F, &[3, 4, 2, 2])]);
    one(Op::NonZero, &[Some((DType::Bool, &[3, 4]))], &[], &[(I, &[2, 0])]);
    one(
        Op::NonMaxSuppression { center_point_box: false },
        &[Some((F, &[1, 5, 4])), Some((F, &[1, 2, 5])), None],
        &[(2, Tensor::scalar(3_i64))],
        &[(I, &[0, 3])],
    );
    made
}

/// That a text is WGSL which needs no more than these features of a device.
pub(super) fn sound(key: &Key, text: &str, features: Capabilities) {
    let module = wgpu::naga::front::wgsl::parse_str(text)
        .unwrap_or_else(|e| panic!("{}: {}", key.file.name(), e.emit_to_string(text)));
    Validator::new(ValidationFlags::all(), features)
        .validate(&module)
        .unwrap_or_else(|e| panic!("{}: {}", key.file.name(), e.emit_to_string(text)));
    assert!(!text.contains('$'), "{} has a place that was not filled", key.file.name());
}

#[test]
fn every_shader_is_sound_and_reached() {
    let mut seen = HashSet::new();
    let mut texts = HashSet::new();
    for key in all() {
        seen.insert(key.file);
        let text = key.text();
        if !texts.insert(text.clone()) {
            continue;
        }
        sound(&key, &text, Capabilities::empty());
    }
    let missing: Vec<_> = File::ALL.iter().filter(|file| !seen.contains(file)).collect();
    assert!(missing.is_empty(), "no operator was drawn that uses {missing:?}");
}
