//! Operators with inputs drawn by chance: what shape inference lets through is recorded or refused, never a panic.

use crate::model::gpu::kernel::{Call, Made, record};
use crate::model::gpu::record::{Recorder, View};
use crate::model::graph::Dim;
use crate::model::infer::{self, Fact};
use crate::model::op::*;
use crate::model::tensor::{DType, Tensor};

struct Dice(u64);

impl Dice {
    fn roll(&mut self, to: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % to
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())].clone()
    }

    fn axis(&mut self) -> i64 {
        self.roll(7) as i64 - 3
    }

    fn window(&mut self) -> Window {
        let n = self.roll(4);
        let mut list = |from: usize, to: usize| (0..n).map(|_| from + self.roll(to)).collect::<Vec<_>>();
        let (kernel, strides, dilations, pads) = (list(0, 4), list(0, 3), list(0, 3), list(0, 3));
        let pads: Vec<i64> = [&pads[..], &pads[..]].concat().iter().map(|n| *n as i64 - 1).collect();
        let padding =
            self.pick(&[Padding::Explicit(pads), Padding::SameUpper, Padding::SameLower, Padding::Valid]);
        let clear = self.roll(3) == 0;
        Window {
            kernel: if clear { vec![] } else { kernel },
            strides: if clear { vec![] } else { strides },
            dilations: if clear { vec![] } else { dilations },
            padding,
            ceil: self.roll(2) == 0,
        }
    }

    fn conv(&mut self) -> Conv {
        let epilogue = Epilogue { residual: self.roll(4) == 0, activation: None };
        Conv { window: self.window(), group: self.roll(4), epilogue }
    }

    fn pool(&mut self) -> Pool {
        let p = self.roll(4) as u32;
        self.pick(&[
            Pool::Max { columns_first: false },
            Pool::Max { columns_first: true },
            Pool::Average { count_padding: true },
            Pool::Lp { p },
        ])
    }

    fn op(&mut self) -> Op {
        let (a, b, yes) = (self.axis(), self.roll(4), self.roll(2) == 0);
        let reduction = self.pick(&[Scatter::Replace, Scatter::Add, Scatter::Max]);
        let kind = self.pick(&[Reduce::Sum, Reduce::Max, Reduce::LogSumExp, Reduce::Prod, Reduce::Mean]);
        let mode = self.pick(&[PadMode::Constant, PadMode::Reflect, PadMode::Edge, PadMode::Wrap]);
        let perm = (0..self.roll(5)).map(|_| self.roll(5)).collect();
        match self.roll(48) {
            0 => {
                Op::Unary(self.pick(&[Unary::Relu, Unary::Not, Unary::IsNaN, Unary::Exp, Unary::BitwiseNot]))
            }
            1 => Op::Clip,
            2 => Op::Cast { to: self.pick(&[DType::F32, DType::U8, DType::Bool, DType::F64]), saturate: yes },
            3 => {
                Op::Binary(self.pick(&[Binary::Add, Binary::Pow, Binary::And, Binary::Equal, Binary::PRelu]))
            }
            4 => Op::Variadic(self.pick(&[Variadic::Max, Variadic::Mean])),
            5 => Op::Where,
            6 => Op::Reshape { allow_zero: yes },
            7 => Op::Flatten { axis: a },
            8 => Op::Transpose { perm: if yes { None } else { Some(perm) } },
            9 => Op::Concat { axis: a },
            10 => Op::Split { axis: a, parts: if yes { None } else { Some(b) } },
            11 => Op::Slice,
            12 => Op::Expand,
            13 => Op::Tile,
            14 => Op::Pad { mode },
            15 => Op::DepthToSpace { block: b, column_row_depth: yes },
            16 => Op::SpaceToDepth { block: b },
            17 => Op::CenterCropPad { axes: if yes { None } else { Some(vec![a]) } },
            18 => Op::Gather { axis: a },
            19 => Op::GatherElements { axis: a },
            20 => Op::GatherNd { batch_dims: b },
            21 => Op::ScatterElements { axis: a, reduction },
            22 => Op::ScatterNd { reduction },
            23 => Op::OneHot { axis: a },
            24 => Op::NonZero,
            25 => Op::Range,
            26 => Op::Reduce { kind, keep: yes, nothing_if_no_axes: b == 0 },
            27 => Op::ArgMax { axis: a, keep: yes, last: b == 0 },
            28 => Op::TopK { axis: a, largest: yes, sorted: true },
            29 => Op::CumSum { exclusive: yes, reverse: b == 0 },
            30 => Op::Softmax { axis: a, log: yes, flat: b == 0 },
            31 => Op::BatchNormalization { epsilon: 1e-5 },
            32 => Op::InstanceNormalization { epsilon: 1e-5 },
            33 => Op::LayerNormalization { axis: a, epsilon: 1e-5 },
            34 => Op::GroupNormalization { groups: b, epsilon: 1e-5, per_group: yes },
            35 => Op::LpNormalization { axis: a, p: b as u32 },
            36 => Op::Lrn { alpha: 1.0, beta: 1.0, bias: 1.0, size: b },
            37 => Op::Conv(self.conv()),
            38 => Op::DeformConv { conv: self.conv(), offset_groups: b },
            39 => Op::Gemm { alpha: 1.0, beta: 1.0, trans_a: yes, trans_b: b == 0 },
            40 => Op::MatMul,
            41 => Op::Pool { kind: self.pool(), window: self.window() },
            42 => Op::GlobalPool { kind: self.pool() },
            43 => Op::MaxUnpool { window: self.window() },
            44 => Op::GridSample { mode: GridMode::Linear, padding: GridPadding::Zeros, align_corners: yes },
            45 => Op::NonMaxSuppression { center_point_box: yes },
            46 => self.pick(&[
                Op::QuantizeLinear { axis: a, block: b, to: DType::U8 },
                Op::DequantizeLinear { axis: a, block: b, to: None },
                Op::MatMulInteger,
                Op::QLinearMatMul,
                Op::Einsum { equation: "ij,jk->ik".into() },
                Op::RoiAlign(RoiAlign {
                    half_pixel: yes,
                    max: yes,
                    output: (b, 2),
                    sampling_ratio: b,
                    spatial_scale: 1.0,
                }),
                Op::Resize(Resize {
                    mode: ResizeMode::Linear,
                    coordinates: Coordinates::HalfPixel,
                    nearest: Nearest::Floor,
                    cubic_a: -0.75,
                    exclude_outside: yes,
                    extrapolation: 0.0,
                    antialias: yes,
                    axes: if yes { None } else { Some(vec![a]) },
                    aspect: Aspect::Stretch,
                }),
            ]),
            _ => match self.roll(3) {
                0 => Op::ConvInteger(self.conv()),
                1 => Op::QLinearConv(self.conv()),
                _ => Op::ConvTranspose(ConvTranspose {
                    window: self.window(),
                    group: b,
                    output_padding: vec![],
                    output_shape: vec![],
                    epilogue: Epilogue::default(),
                }),
            },
        }
    }

    /// Shapes of inputs are like each other more often than not, or few operators would take them.
    fn input(&mut self, like: &[usize]) -> (Fact, bool) {
        let shape: Vec<usize> = match self.roll(4) {
            0 => (0..self.roll(6)).map(|_| self.roll(5)).collect(),
            1 => vec![self.roll(5)],
            2 => like.iter().map(|n| if self.roll(4) == 0 { 1 } else { *n }).collect(),
            _ => like.to_vec(),
        };
        let count: usize = shape.iter().product();
        let dtype = self.pick(&[
            DType::F32,
            DType::F32,
            DType::F32,
            DType::I64,
            DType::I64,
            DType::U8,
            DType::Bool,
            DType::I32,
        ]);
        let numbers: Vec<i64> = (0..count).map(|_| self.roll(8) as i64 - 3).collect();
        let tensor = match dtype {
            DType::I64 => Tensor::new(&shape, numbers),
            DType::F32 => Tensor::new(&shape, numbers.iter().map(|n| *n as f32).collect::<Vec<_>>()),
            _ => return (Fact::new(dtype, &shape), false),
        };
        let known = self.roll(2) == 0;
        (if known { Fact::constant(&tensor.unwrap()) } else { Fact::new(dtype, &shape) }, known)
    }
}

#[test]
fn whatever_is_inferred_is_recorded_or_refused() {
    let mut dice = Dice(20_250_101);
    let (mut recorded, mut refused) = (0, 0);
    for _ in 0..250_000 {
        let op = dice.op();
        let like: Vec<usize> = (0..dice.roll(6)).map(|_| dice.roll(5)).collect();
        let facts: Vec<Option<Fact>> =
            (0..1 + dice.roll(6)).map(|_| (dice.roll(9) > 0).then(|| dice.input(&like).0)).collect();
        let wanted = 1 + dice.roll(2);
        let Ok(made) = infer::outputs(&op, &facts, wanted) else { continue };
        let mut rec = Recorder::new(true, 1 << 27, 65535);
        rec.halves = (recorded + refused) % 2 == 1;
        let views: Vec<Option<View>> = facts
            .iter()
            .map(|fact| {
                let fact = fact.as_ref()?;
                Some(match &fact.value {
                    Some(tensor) => rec.constant(tensor).unwrap(),
                    None => rec.output(&fact.known().unwrap(), fact.dtype).unwrap(),
                })
            })
            .collect();
        let views: Vec<Option<&View>> = views.iter().map(Option::as_ref).collect();
        let extent = |dim: &Dim| match dim {
            Dim::Known(n) => *n,
            Dim::Named(_) => 0,
        };
        let outputs: Vec<Made> = made
            .iter()
            .map(|fact| Made { dtype: fact.dtype, shape: fact.shape.iter().map(extent).collect() })
            .collect();
        let call = Call { op: &op, inputs: &views, outputs: &outputs };
        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| record(&mut rec, &call))) {
            Ok(Ok(_)) => recorded += 1,
            Ok(Err(_)) => refused += 1,
            Err(_) => panic!("{op:?} {facts:?}"),
        }
    }
    assert!(recorded > 2000, "only {recorded} were recorded and {refused} refused");
}
