//! Convolutions and products against plain loops, over shapes that reach every way of computing them.

use super::{compute, device, near, noise};
use crate::model::op::{Activation, Conv, Epilogue, Op, Padding, Unary, Window};
use crate::model::tensor::{DType, Tensor};

#[derive(Clone, Copy, Debug)]
struct Case {
    batch: usize,
    channels: usize,
    out: usize,
    size: (usize, usize),
    kernel: (usize, usize),
    stride: usize,
    dilation: usize,
    pads: [i64; 4],
    group: usize,
    bias: bool,
    residual: bool,
    relu: bool,
}

fn extent(n: usize, k: usize, stride: usize, dilation: usize, pads: i64) -> usize {
    let room = n as i64 + pads - ((k - 1) * dilation + 1) as i64;
    if room < 0 { 0 } else { room as usize / stride + 1 }
}

fn plain(case: &Case, x: &[f32], w: &[f32], bias: Option<&[f32]>, residual: Option<&[f32]>) -> Vec<f64> {
    let Case { batch, channels, out, size, kernel, stride, dilation, pads, group, .. } = *case;
    let (oh, ow) = (
        extent(size.0, kernel.0, stride, dilation, pads[0] + pads[2]),
        extent(size.1, kernel.1, stride, dilation, pads[1] + pads[3]),
    );
    let (cg, og) = (channels / group, out / group);
    let mut y = Vec::new();
    for n in 0..batch {
        for o in 0..out {
            for r in 0..oh {
                for q in 0..ow {
                    let mut sum = bias.map_or(0.0, |b| f64::from(b[o]));
                    for c in 0..cg {
                        for i in 0..kernel.0 {
                            for j in 0..kernel.1 {
                                let row = (r * stride + i * dilation) as i64 - pads[0];
                                let column = (q * stride + j * dilation) as i64 - pads[1];
                                if row < 0 || column < 0 || row >= size.0 as i64 || column >= size.1 as i64 {
                                    continue;
                                }
                                let at = ((n * channels + o / og * cg + c) * size.0 + row as usize) * size.1;
                                let v = x[at + column as usize];
                                sum +=
                                    f64::from(v) * f64::from(w[((o * cg + c) * kernel.0 + i) * kernel.1 + j]);
                            }
                        }
                    }
                    sum += residual.map_or(0.0, |r| f64::from(r[y.len()]));
                    y.push(if case.relu { sum.max(0.0) } else { sum });
                }
            }
        }
    }
    y
}

fn check(case: Case, constant: bool) {
    let Some(device) = device() else { return };
    let x = noise(&[case.batch, case.channels, case.size.0, case.size.1], 1);
    let w = noise(&[case.out, case.channels / case.group, case.kernel.0, case.kernel.1], 2);
    let bias = case.bias.then(|| noise(&[case.out], 3));
    let shape = [
        case.batch,
        case.out,
        extent(case.size.0, case.kernel.0, case.stride, case.dilation, case.pads[0] + case.pads[2]),
        extent(case.size.1, case.kernel.1, case.stride, case.dilation, case.pads[1] + case.pads[3]),
    ];
    let residual = case.residual.then(|| noise(&shape, 4));
    let op = Op::Conv(Conv {
        window: Window {
            kernel: vec![],
            strides: vec![case.stride; 2],
            dilations: vec![case.dilation; 2],
            padding: Padding::Explicit(case.pads.to_vec()),
            ceil: false,
        },
        group: case.group,
        epilogue: Epilogue {
            residual: case.residual,
            activation: case.relu.then_some(Activation::Unary(Unary::Relu)),
        },
    });
    let mut inputs = vec![Some((&x, false)), Some((&w, constant)), bias.as_ref().map(|b| (b, constant))];
    if let Some(residual) = &residual {
        inputs.push(Some((residual, false)));
    }
    let got =
        compute(&device, &op, &inputs, &[(DType::F32, &shape)]).unwrap_or_else(|e| panic!("{case:?}: {e}"));
    let f = |t: &Tensor| t.elements::<f32>().unwrap().to_vec();
    let wanted =
        plain(&case, &f(&x), &f(&w), bias.as_ref().map(f).as_deref(), residual.as_ref().map(f).as_deref());
    let terms = case.channels / case.group * case.kernel.0 * case.kernel.1;
    // Winograd's transforms cost a few bits more than the sum itself.
    near(&got[0], &wanted, terms * 4, &format!("{case:?}"));
}

const CASE: Case = Case {
    batch: 1,
    channels: 3,
    out: 5,
    size: (9, 11),
    kernel: (3, 3),
    stride: 1,
    dilation: 1,
    pads: [1, 1, 1, 1],
    group: 1,
    bias: false,
    residual: false,
    relu: false,
};

#[test]
fn every_way_of_convolving_gives_the_plain_sum() {
    for constant in [true, false] {
        check(CASE, constant);
        check(Case { kernel: (1, 1), pads: [0; 4], bias: true, ..CASE }, constant);
        check(
            Case { kernel: (1, 1), pads: [0; 4], size: (8, 8), channels: 7, out: 12, residual: true, ..CASE },
            constant,
        );
        check(Case { channels: 16, out: 16, size: (13, 10), batch: 2, ..CASE }, constant);
        check(
            Case {
                channels: 16,
                out: 17,
                pads: [0, 2, 1, 0],
                bias: true,
                residual: true,
                relu: true,
                ..CASE
            },
            constant,
        );
        check(Case { stride: 2, bias: true, relu: true, batch: 3, ..CASE }, constant);
        check(Case { kernel: (7, 7), stride: 2, pads: [3; 4], size: (32, 31), ..CASE }, constant);
        check(Case { dilation: 2, kernel: (3, 2), out: 8, ..CASE }, constant);
        check(Case { group: 3, out: 6, bias: true, ..CASE }, constant);
        check(Case { group: 3, out: 3, relu: true, ..CASE }, constant);
        check(Case { out: 1, ..CASE }, constant);
    }
}

#[test]
fn shapes_drawn_by_chance_give_the_plain_sum() {
    let mut state = 12345_usize;
    let mut draw = |from: usize, to: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        from + (state >> 33) % (to - from + 1)
    };
    for _ in 0..40 {
        let kernel = [(1, 1), (3, 3), (3, 3), (5, 5), (1, 3), (2, 2)][draw(0, 5)];
        let group = [1, 1, 1, 2, 4][draw(0, 4)];
        let pad = draw(0, 2) as i64;
        check(
            Case {
                batch: draw(1, 2),
                channels: group * draw(1, 24),
                out: group * draw(1, 24),
                size: (draw(5, 17), draw(5, 17)),
                kernel,
                stride: draw(1, 2),
                dilation: if kernel.0 < 4 { draw(1, 2) } else { 1 },
                pads: [pad, pad, draw(0, 1) as i64, pad],
                group,
                bias: draw(0, 1) == 1,
                residual: draw(0, 3) == 0,
                relu: draw(0, 1) == 1,
            },
            draw(0, 1) == 1,
        );
    }
}

#[test]
fn products_of_any_shape_give_the_plain_sum() {
    let Some(device) = device() else { return };
    for (m, n, k) in [(1, 1, 1), (1, 10, 7), (3, 5, 4), (8, 8, 8), (9, 33, 65), (64, 48, 100), (2, 130, 3)] {
        for (trans_a, trans_b) in [(false, false), (false, true), (true, false), (true, true)] {
            let a = noise(&if trans_a { [k, m] } else { [m, k] }, 5);
            let b = noise(&if trans_b { [n, k] } else { [k, n] }, 6);
            let c = noise(&[1, n], 7);
            let op = Op::Gemm { alpha: 0.5, beta: 2.0, trans_a, trans_b };
            let inputs = [Some((&a, false)), Some((&b, false)), Some((&c, false))];
            let got = compute(&device, &op, &inputs, &[(DType::F32, &[m, n])]).unwrap();
            let (a, b, c) =
                (a.elements::<f32>().unwrap(), b.elements::<f32>().unwrap(), c.elements::<f32>().unwrap());
            let mut wanted = Vec::new();
            for i in 0..m {
                for j in 0..n {
                    let one = |l: usize| {
                        let x = if trans_a { a[l * m + i] } else { a[i * k + l] };
                        let y = if trans_b { b[j * k + l] } else { b[l * n + j] };
                        f64::from(x) * f64::from(y)
                    };
                    wanted.push(0.5 * (0..k).map(one).sum::<f64>() + 2.0 * f64::from(c[j]));
                }
            }
            near(&got[0], &wanted, k, &format!("{m} {n} {k}"));
        }
    }
}
