//! A few operators on single precision as plain loops: what the passes are judged by.

use super::super::super::graph::Graph;
use super::super::super::infer::{Fact, outputs};
use super::super::super::op::{Activation, Binary, Epilogue, Op, Padding, Unary, Window};
use super::super::super::tensor::{DType, Tensor};
use crate::error::{Error, ErrorKind, Result};

/// The outputs of a graph.
pub(super) fn run(graph: &Graph, inputs: &[Tensor]) -> Vec<Tensor> {
    let mut values: Vec<Option<Tensor>> = graph.values.iter().map(|v| v.constant.clone()).collect();
    for (id, tensor) in graph.inputs.iter().zip(inputs) {
        values[id.0] = Some(tensor.clone());
    }
    for node in &graph.nodes {
        let given: Vec<Option<&Tensor>> =
            node.inputs.iter().map(|id| id.map(|id| values[id.0].as_ref().unwrap())).collect();
        let made = evaluate(&node.op, &given, node.outputs.len()).unwrap();
        for (id, tensor) in node.outputs.iter().zip(made) {
            if let Some(id) = id {
                values[id.0] = Some(tensor);
            }
        }
    }
    graph.outputs.iter().map(|id| values[id.0].clone().unwrap()).collect()
}

/// What an operator makes; `Unsupported` for those that no test here uses.
pub(super) fn evaluate(op: &Op, inputs: &[Option<&Tensor>], wanted: usize) -> Result<Vec<Tensor>> {
    let facts: Vec<Option<Fact>> = inputs.iter().map(|t| t.map(Fact::constant)).collect();
    let shape = outputs(op, &facts, wanted)?[0].known().unwrap();
    let x = inputs[0].unwrap();
    let floats = |k: usize| inputs.get(k).copied().flatten().and_then(|t| t.elements::<f32>());
    let made = match op {
        Op::Identity => x.clone(),
        Op::Reshape { .. } | Op::Flatten { .. } | Op::Squeeze | Op::Unsqueeze => x.reshaped(&shape)?,
        Op::Shape { .. } => Tensor::row(x.shape().iter().map(|n| *n as i64).collect()),
        Op::Concat { axis: 0 } if x.dtype() == DType::I64 => {
            Tensor::row(inputs.iter().flat_map(|t| t.unwrap().elements::<i64>().unwrap().to_vec()).collect())
        }
        Op::Gather { axis: 0 } if x.rank() == 1 => {
            let row = x.elements::<i64>().unwrap();
            let place = inputs[1].unwrap().elements::<i64>().unwrap();
            Tensor::new(&shape, place.iter().map(|k| row[*k as usize]).collect())?
        }
        Op::ConstantOfShape { value } => {
            Tensor::new(&shape, vec![value.elements::<f32>().unwrap()[0]; shape.iter().product()])?
        }
        Op::Unary(op) => Tensor::new(&shape, floats(0).unwrap().iter().map(|n| unary(*op, *n)).collect())?,
        Op::Clip => {
            let (low, high) =
                (floats(1).map_or(f32::NEG_INFINITY, |l| l[0]), floats(2).map_or(f32::INFINITY, |l| l[0]));
            Tensor::new(&shape, floats(0).unwrap().iter().map(|n| n.max(low).min(high)).collect())?
        }
        Op::Variadic(_) => binary(Binary::Add, x, inputs[1].unwrap(), &shape)?,
        Op::Binary(op) => binary(*op, x, inputs[1].unwrap(), &shape)?,
        Op::BatchNormalization { epsilon } => {
            let per: usize = shape[2..].iter().product();
            let at = |k: usize, c: usize| floats(k).unwrap()[c];
            let one = |(i, n): (usize, &f32)| {
                let c = i / per % shape[1];
                (n - at(3, c)) / (at(4, c) + epsilon).sqrt() * at(1, c) + at(2, c)
            };
            Tensor::new(&shape, floats(0).unwrap().iter().enumerate().map(one).collect())?
        }
        Op::Conv(conv) => {
            let mut y = convolve(x, inputs[1].unwrap(), floats(2), &conv.window, conv.group, &shape);
            follow(&mut y, conv.epilogue, floats(3));
            Tensor::new(&shape, y)?
        }
        Op::ConvTranspose(conv) => {
            let mut y = transpose(x, inputs[1].unwrap(), floats(2), &conv.window, conv.group, &shape);
            follow(&mut y, conv.epilogue, floats(3));
            Tensor::new(&shape, y)?
        }
        Op::Gemm { alpha, beta, trans_a: false, trans_b } => {
            let (a, b, k) = (x.elements::<f32>().unwrap(), floats(1).unwrap(), x.shape()[1]);
            let c = inputs.get(2).copied().flatten();
            let c = c.map(|c| {
                binary(Binary::Add, c, &Tensor::new(&shape, vec![0.0_f32; a.len() / k * shape[1]])?, &shape)
            });
            let c = c.transpose()?;
            let mut y = vec![0.0; shape[0] * shape[1]];
            for (i, y) in y.iter_mut().enumerate() {
                let (row, column) = (i / shape[1], i % shape[1]);
                let b = |l: usize| if *trans_b { b[column * k + l] } else { b[l * shape[1] + column] };
                *y = alpha * (0..k).map(|l| a[row * k + l] * b(l)).sum::<f32>();
                *y += beta * c.as_ref().map_or(0.0, |c| c.elements::<f32>().unwrap()[i]);
            }
            Tensor::new(&shape, y)?
        }
        Op::MatMul => {
            let gemm = Op::Gemm { alpha: 1.0, beta: 1.0, trans_a: false, trans_b: false };
            return evaluate(&gemm, inputs, wanted);
        }
        Op::Pad { .. } => {
            let pads = inputs[1].unwrap().elements::<i64>().unwrap();
            let fill = floats(2).map_or(0.0, |l| l[0]);
            let take = |i: usize| {
                let at = place(i, &shape);
                let from: Vec<i64> = at.iter().zip(pads).map(|(at, pad)| *at as i64 - pad).collect();
                let inside = from.iter().zip(x.shape()).all(|(at, n)| (0..*n as i64).contains(at));
                let number = from.iter().zip(x.shape()).fold(0, |sum, (at, n)| sum * *n as i64 + at);
                if inside { floats(0).unwrap()[number as usize] } else { fill }
            };
            Tensor::new(&shape, (0..shape.iter().product()).map(take).collect())?
        }
        _ => return Err(Error::new(ErrorKind::Unsupported, "not in this evaluator")),
    };
    Ok(vec![made])
}

fn place(mut i: usize, shape: &[usize]) -> Vec<usize> {
    let mut at = vec![0; shape.len()];
    for (at, n) in at.iter_mut().zip(shape).rev() {
        (*at, i) = (i % n, i / n);
    }
    at
}

fn unary(op: Unary, n: f32) -> f32 {
    let sigmoid = |n: f32| 1.0 / (1.0 + (-n).exp());
    match op {
        Unary::Relu => n.max(0.0),
        Unary::Sigmoid => sigmoid(n),
        Unary::Tanh => n.tanh(),
        Unary::Softplus => n.exp().ln_1p(),
        Unary::HardSigmoid { alpha, beta } => (alpha * n + beta).clamp(0.0, 1.0),
        Unary::HardSwish => n * (n / 6.0 + 0.5).clamp(0.0, 1.0),
        Unary::Swish { alpha } => n * sigmoid(alpha * n),
        Unary::Mish => n * n.exp().ln_1p().tanh(),
        other => panic!("{other:?}"),
    }
}

fn binary(op: Binary, a: &Tensor, b: &Tensor, shape: &[usize]) -> Result<Tensor> {
    let at = |t: &Tensor, i: usize| {
        let all = place(i, shape);
        let mine = &all[shape.len() - t.rank()..];
        let number =
            mine.iter().zip(t.shape()).fold(0, |sum, (at, n)| sum * n + if *n == 1 { 0 } else { *at });
        t.elements::<f32>().unwrap()[number]
    };
    let one = |i: usize| {
        let (a, b) = (at(a, i), at(b, i));
        match op {
            Binary::Add => a + b,
            Binary::Sub => a - b,
            Binary::Mul => a * b,
            Binary::Div => a / b,
            other => panic!("{other:?}"),
        }
    };
    Tensor::new(shape, (0..shape.iter().product()).map(one).collect())
}

fn before(window: &Window) -> (i64, i64) {
    match &window.padding {
        Padding::Explicit(pads) if !pads.is_empty() => (pads[0], pads[1]),
        _ => (0, 0),
    }
}

/// Strides and dilations of one; two spatial axes.
fn convolve(
    x: &Tensor,
    w: &Tensor,
    bias: Option<&[f32]>,
    window: &Window,
    group: usize,
    shape: &[usize],
) -> Vec<f32> {
    let ([_, c, h, wide], [m, depth, kh, kw]) = (x.shape(), w.shape()) else { panic!("four axes") };
    let (xs, ws, (top, left)) = (x.elements::<f32>().unwrap(), w.elements::<f32>().unwrap(), before(window));
    let one = |i: usize| {
        let at = place(i, shape);
        let mut sum = bias.map_or(0.0, |bias| f64::from(bias[at[1]]));
        for d in 0..*depth {
            let channel = at[1] / (m / group) * depth + d;
            for (ky, kx) in (0..*kh).flat_map(|ky| (0..*kw).map(move |kx| (ky, kx))) {
                let (y, x) = ((at[2] + ky) as i64 - top, (at[3] + kx) as i64 - left);
                if (0..*h as i64).contains(&y) && (0..*wide as i64).contains(&x) {
                    let from = ((at[0] * c + channel) * h + y as usize) * wide + x as usize;
                    sum += f64::from(xs[from]) * f64::from(ws[((at[1] * depth + d) * kh + ky) * kw + kx]);
                }
            }
        }
        sum as f32
    };
    (0..shape.iter().product()).map(one).collect()
}

fn transpose(
    x: &Tensor,
    w: &Tensor,
    bias: Option<&[f32]>,
    window: &Window,
    group: usize,
    shape: &[usize],
) -> Vec<f32> {
    let ([_, c, h, wide], [_, each, kh, kw]) = (x.shape(), w.shape()) else { panic!("four axes") };
    let (xs, ws, (top, left)) = (x.elements::<f32>().unwrap(), w.elements::<f32>().unwrap(), before(window));
    let mut y: Vec<f32> =
        (0..shape.iter().product()).map(|i| bias.map_or(0.0, |b| b[place(i, shape)[1]])).collect();
    for (i, value) in xs.iter().enumerate() {
        let at = place(i, x.shape());
        for (m, ky, kx) in
            (0..*each).flat_map(|m| (0..*kh).flat_map(move |ky| (0..*kw).map(move |kx| (m, ky, kx))))
        {
            let (row, column) = ((at[2] + ky) as i64 - top, (at[3] + kx) as i64 - left);
            if (0..shape[2] as i64).contains(&row) && (0..shape[3] as i64).contains(&column) {
                let channel = at[1] / (c / group) * each + m;
                let to =
                    ((at[0] * shape[1] + channel) * shape[2] + row as usize) * shape[3] + column as usize;
                y[to] += value * ws[((at[1] * each + m) * kh + ky) * kw + kx];
            }
        }
    }
    let _ = (h, wide);
    y
}

fn follow(y: &mut [f32], epilogue: Epilogue, residual: Option<&[f32]>) {
    if epilogue.residual {
        y.iter_mut().zip(residual.unwrap()).for_each(|(y, r)| *y += r);
    }
    for y in y {
        *y = match epilogue.activation {
            None => *y,
            Some(Activation::Unary(op)) => unary(op, *y),
            Some(Activation::Clip { min, max }) => y.max(min).min(max),
        };
    }
}
