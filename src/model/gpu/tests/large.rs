//! Shapes that reach the ways taken for long lines and many elements, against plain loops.

use super::{compute, compute_within, device, near, noise};
use crate::error::ErrorKind;
use crate::model::op::{Op, Pool, Reduce, Unary};
use crate::model::tensor::{DType, Tensor};

fn floats(tensor: &Tensor) -> &[f32] {
    tensor.elements::<f32>().unwrap()
}

#[test]
fn more_elements_than_one_row_of_groups_are_all_computed() {
    let Some(device) = device() else { return };
    // 64 elements a group and 65535 groups a row: broadcast, so that no four go at once.
    let n = 64 * 65_535 + 777;
    let x = noise(&[n, 1], 1);
    let y = noise(&[1, 1], 2);
    let op = Op::Binary(crate::model::op::Binary::Add);
    let got =
        compute(&device, &op, &[Some((&x, false)), Some((&y, false))], &[(DType::F32, &[n, 1])]).unwrap();
    let same = floats(&got[0]).iter().zip(floats(&x)).all(|(a, b)| *a == b + floats(&y)[0]);
    assert!(same);
}

#[test]
fn long_and_short_sums_agree_with_sums_in_64_bits() {
    let Some(device) = device() else { return };
    for shape in [[1, 5000, 1], [3, 257, 2], [2, 70_000, 1], [100, 130, 7], [1, 1, 9]] {
        let x = noise(&shape, 3);
        for kind in [Reduce::Sum, Reduce::Mean, Reduce::Max, Reduce::LogSumExp, Reduce::L2] {
            let op = Op::Reduce { kind, keep: true, nothing_if_no_axes: false };
            let axes = Tensor::row(vec![1_i64]);
            let out = [shape[0], 1, shape[2]];
            let got = compute(&device, &op, &[Some((&x, false)), Some((&axes, true))], &[(DType::F32, &out)])
                .unwrap();
            let mut wanted = Vec::new();
            for i in 0..shape[0] {
                for k in 0..shape[2] {
                    let line =
                        (0..shape[1]).map(|j| f64::from(floats(&x)[(i * shape[1] + j) * shape[2] + k]));
                    wanted.push(match kind {
                        Reduce::Sum => line.sum::<f64>(),
                        Reduce::Mean => line.sum::<f64>() / shape[1] as f64,
                        Reduce::Max => line.fold(f64::NEG_INFINITY, f64::max),
                        Reduce::L2 => line.map(|v| v * v).sum::<f64>().sqrt(),
                        _ => line.map(f64::exp).sum::<f64>().ln(),
                    });
                }
            }
            near(&got[0], &wanted, shape[1], &format!("{kind:?} {shape:?}"));
        }
    }
}

#[test]
fn the_largest_of_a_long_line_are_found_in_order_and_ties_by_number() {
    let Some(device) = device() else { return };
    for (length, inner, k, largest) in
        [(9000, 1, 10, true), (20_000, 1, 300, false), (9001, 3, 5, true), (50, 2, 50, true)]
    {
        let mut numbers = floats(&noise(&[2, length, inner], 4)).to_vec();
        // Many ties, and both zeros.
        numbers.iter_mut().for_each(|v| *v = (*v * 20.0).round() / 10.0);
        let x = Tensor::new(&[2, length, inner], numbers.clone()).unwrap();
        let op = Op::TopK { axis: 1, largest, sorted: true };
        let count = Tensor::row(vec![k as i64]);
        let out = [2, k, inner];
        let inputs = [Some((&x, false)), Some((&count, true))];
        let got = compute(&device, &op, &inputs, &[(DType::F32, &out), (DType::I64, &out)]).unwrap();
        for i in 0..2 {
            for c in 0..inner {
                let value = |j: usize| numbers[(i * length + j) * inner + c];
                let mut order: Vec<usize> = (0..length).collect();
                order.sort_by(|a, b| {
                    let (a, b) = (value(*a), value(*b));
                    if largest { b.partial_cmp(&a).unwrap() } else { a.partial_cmp(&b).unwrap() }
                });
                for (j, wanted) in order.iter().enumerate().take(k) {
                    let at = (i * k + j) * inner + c;
                    assert_eq!(got[1].elements::<i64>().unwrap()[at], *wanted as i64, "{length} {inner} {k}");
                    assert_eq!(floats(&got[0])[at], value(*wanted));
                }
            }
        }
    }
}

#[test]
fn boxes_are_suppressed_as_by_a_greedy_loop() {
    let Some(device) = device() else { return };
    let (classes, count, most) = (3, 500, 40);
    let spots = noise(&[1, count, 4], 5);
    let mut boxes = Vec::new();
    for four in floats(&spots).chunks(4) {
        boxes.extend([four[0], four[1], four[0] + four[2].abs() * 0.5, four[1] + four[3].abs() * 0.5]);
    }
    let boxes = Tensor::new(&[1, count, 4], boxes).unwrap();
    let scores = noise(&[1, classes, count], 6);
    let op = Op::NonMaxSuppression { center_point_box: false };
    let (limit, overlap, threshold) =
        (Tensor::scalar(most as i64), Tensor::scalar(0.3_f32), Tensor::scalar(0.1_f32));
    let inputs = [
        Some((&boxes, false)),
        Some((&scores, false)),
        Some((&limit, true)),
        Some((&overlap, true)),
        Some((&threshold, true)),
    ];
    let got = compute(&device, &op, &inputs, &[(DType::I64, &[0, 3])]).unwrap();
    let b = floats(&boxes);
    let iou = |i: usize, j: usize| {
        let (a, b) = (&b[4 * i..4 * i + 4], &b[4 * j..4 * j + 4]);
        let side = |k: usize| (a[k + 2].min(b[k + 2]) - a[k].max(b[k])).max(0.0);
        let both = side(0) * side(1);
        let area = |x: &[f32]| (x[2] - x[0]) * (x[3] - x[1]);
        if both <= 0.0 { 0.0 } else { both / (area(a) + area(b) - both) }
    };
    let mut wanted = Vec::new();
    for class in 0..classes {
        let s = &floats(&scores)[class * count..(class + 1) * count];
        let mut order: Vec<usize> = (0..count).filter(|i| s[*i] > 0.1).collect();
        order.sort_by(|i, j| s[*j].partial_cmp(&s[*i]).unwrap());
        let mut kept: Vec<usize> = Vec::new();
        for i in order {
            if kept.len() < most && kept.iter().all(|j| iou(i, *j) <= 0.3) {
                kept.push(i);
            }
        }
        wanted.extend(kept.iter().flat_map(|i| [0, class as i64, *i as i64]));
    }
    assert!(wanted.len() > 60);
    assert_eq!(&got[0].elements::<i64>().unwrap()[..wanted.len()], wanted);
}

#[test]
fn whole_planes_and_functions_of_many_elements_are_near_64_bits() {
    let Some(device) = device() else { return };
    let x = noise(&[2, 3, 40, 41], 7);
    let op = Op::GlobalPool { kind: Pool::Average { count_padding: false } };
    let got = compute(&device, &op, &[Some((&x, false))], &[(DType::F32, &[2, 3, 1, 1])]).unwrap();
    let plane = 40 * 41;
    let mean = |part: &[f32]| part.iter().map(|v| f64::from(*v)).sum::<f64>() / plane as f64;
    near(&got[0], &floats(&x).chunks(plane).map(mean).collect::<Vec<_>>(), 4, "mean");
    type Plain = fn(f64) -> f64;
    let functions: [(Unary, Plain); 8] = [
        (Unary::Exp, f64::exp),
        (Unary::Tanh, f64::tanh),
        (Unary::Sin, f64::sin),
        (Unary::Cos, f64::cos),
        (Unary::Atan, f64::atan),
        (Unary::Sigmoid, |v| 1.0 / (1.0 + (-v).exp())),
        (Unary::Softplus, |v| v.exp().ln_1p()),
        (Unary::Asinh, f64::asinh),
    ];
    let numbers: Vec<f32> = (0..4001).map(|i| (i as f32 - 2000.0) / 100.0).collect();
    let x = Tensor::row(numbers.clone());
    for (op, plain) in functions {
        let got = compute(&device, &Op::Unary(op), &[Some((&x, false))], &[(DType::F32, &[4001])]).unwrap();
        for (v, got) in numbers.iter().zip(floats(&got[0])) {
            let wanted = plain(f64::from(*v));
            assert!(
                (f64::from(*got) - wanted).abs() <= 1e-6 * wanted.abs() + 3e-7,
                "{op:?}({v}): {got} and not {wanted}"
            );
        }
    }
}

#[test]
fn weights_that_cannot_be_bound_at_once_are_taken_in_parts() {
    let Some(device) = device() else { return };
    let (m, k, n) = (3, 100, 37);
    // As much as 29 rows of 40 words.
    let bound = 4 * 29 * 40;
    let (a, c) = (noise(&[m, k], 1), noise(&[n], 2));
    for trans_b in [false, true] {
        let b = noise(&if trans_b { [n, k] } else { [k, n] }, 3);
        let at = |l: usize, j: usize| f64::from(floats(&b)[if trans_b { j * k + l } else { l * n + j }]);
        let sum =
            |i: usize, j: usize| (0..k).map(|l| f64::from(floats(&a)[i * k + l]) * at(l, j)).sum::<f64>();
        let all = || (0..m).flat_map(|i| (0..n).map(move |j| (i, j)));
        let op = Op::Gemm { alpha: 0.5, beta: 2.0, trans_a: false, trans_b };
        let inputs = [Some((&a, false)), Some((&b, true)), Some((&c, true))];
        let got = compute_within(&device, bound, &op, &inputs, &[(DType::F32, &[m, n])]).unwrap();
        let wanted = all().map(|(i, j)| 0.5 * sum(i, j) + 2.0 * f64::from(floats(&c)[j]));
        near(&got[0], &wanted.collect::<Vec<_>>(), k, "Gemm");
        // What is not known when planning cannot be taken apart, and is refused.
        let inputs = [Some((&a, false)), Some((&b, false)), Some((&c, true))];
        let refused = compute_within(&device, bound, &op, &inputs, &[(DType::F32, &[m, n])]);
        assert_eq!(refused.map_err(|e| e.kind()).unwrap_err(), ErrorKind::Limit);
        if !trans_b {
            let inputs = [Some((&a, false)), Some((&b, true))];
            let got = compute_within(&device, bound, &Op::MatMul, &inputs, &[(DType::F32, &[m, n])]).unwrap();
            near(&got[0], &all().map(|(i, j)| sum(i, j)).collect::<Vec<_>>(), k, "MatMul");
        }
    }
}
