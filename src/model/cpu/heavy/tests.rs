//! The operators against plain loops, on every vector unit, and with inputs that make no sense.

use super::level::tests::on_each;
use super::*;
use crate::model::op::{Activation, Conv, Epilogue, Padding, Unary, Window};

fn numbers(seed: usize, shape: &[usize]) -> Tensor {
    let count = shape.iter().product::<usize>();
    let number = |at: usize| ((at * 7919 + seed * 104_729) % 2003) as f32 / 1001.5 - 1.0;
    Tensor::new(shape, (0..count).map(number).collect()).unwrap()
}

fn run(op: &Op, inputs: &[&Tensor]) -> Result<Tensor> {
    let inputs: Vec<Option<&Tensor>> = inputs.iter().map(|tensor| Some(*tensor)).collect();
    compute(op, &inputs, 1, &Threads::one()).unwrap().map(|made| made.into_iter().next().unwrap())
}

fn window(kernel: &[usize], stride: usize, pad: i64) -> Window {
    Window {
        kernel: kernel.to_vec(),
        strides: vec![stride; kernel.len()],
        dilations: Vec::new(),
        padding: Padding::Explicit(vec![pad; 2 * kernel.len()]),
        ceil: false,
    }
}

fn conv(k: usize, stride: usize, pad: i64, group: usize) -> Conv {
    let epilogue = Epilogue { residual: false, activation: Some(Activation::Unary(Unary::Relu)) };
    Conv { window: window(&[k, k], stride, pad), group, epilogue }
}

fn near(a: &Tensor, b: &Tensor, terms: usize) {
    assert_eq!(a.shape(), b.shape());
    let may = f32::EPSILON * (8.0 + 4.0 * terms as f32);
    for (a, b) in a.elements::<f32>().unwrap().iter().zip(b.elements::<f32>().unwrap()) {
        assert!((a - b).abs() <= may, "{a} is not {b} within {may}");
    }
}

#[test]
fn every_vector_unit_makes_the_same_but_for_rounding() {
    let shapes = [
        (64, 56, 20, 3, 1, 1, 1), // tiles
        (16, 24, 20, 3, 1, 1, 1),
        (32, 19, 35, 3, 1, 0, 1),
        (5, 7, 9, 1, 1, 0, 1),
        (3, 9, 21, 7, 2, 3, 1),
        (8, 200, 7, 3, 1, 1, 1),   // turned
        (12, 12, 30, 3, 1, 1, 12), // a row at a time
        (12, 24, 17, 5, 2, 2, 12),
        (6, 6, 33, 3, 2, 1, 6),
        (8, 8, 13, 3, 3, 1, 2),
    ];
    for (inputs, outputs, size, k, stride, pad, group) in shapes {
        let op = Op::Conv(conv(k, stride, pad, group));
        let (x, w) = (numbers(1, &[2, inputs, size, size]), numbers(2, &[outputs, inputs / group, k, k]));
        let bias = numbers(3, &[outputs]);
        let made = on_each(|| run(&op, &[&x, &w, &bias]).unwrap());
        made.iter().for_each(|other| near(&made[0], other, inputs / group * k * k));
    }
    let (a, b) = (numbers(4, &[2, 13, 70]), numbers(5, &[2, 70, 101]));
    let made = on_each(|| run(&Op::MatMul, &[&a, &b]).unwrap());
    made.iter().for_each(|other| near(&made[0], other, 70));
    let pool = Op::Pool { kind: Pool::Max { columns_first: false }, window: window(&[3, 3], 2, 1) };
    let x = numbers(6, &[1, 3, 21, 18]);
    let made = on_each(|| run(&pool, &[&x]).unwrap());
    made.iter().for_each(|other| assert_eq!(&made[0], other));
}

#[test]
fn transformed_tiles_make_what_a_loop_makes() {
    let (inputs, outputs, rows, columns) = (72, 60, 21, 38);
    let (x, w) = (numbers(1, &[1, inputs, rows, columns]), numbers(2, &[outputs, inputs, 3, 3]));
    let made = run(&Op::Conv(conv(3, 1, 1, 1)), &[&x, &w]).unwrap();
    let (x, w) = (x.elements::<f32>().unwrap(), w.elements::<f32>().unwrap());
    let mut wanted = Vec::new();
    for (output, row, column) in
        (0..outputs).flat_map(|o| (0..rows).flat_map(move |r| (0..columns).map(move |c| (o, r, c))))
    {
        let mut sum = 0.0_f64;
        for (input, i, j) in
            (0..inputs).flat_map(|c| (0..3).flat_map(move |i| (0..3).map(move |j| (c, i, j))))
        {
            let (r, c) = (row + i, column + j);
            if (1..=rows).contains(&r) && (1..=columns).contains(&c) {
                let x = x[(input * rows + r - 1) * columns + c - 1];
                sum += f64::from(x) * f64::from(w[((output * inputs) + input) * 9 + 3 * i + j]);
            }
        }
        wanted.push(sum.max(0.0) as f32);
    }
    near(&made, &Tensor::new(&[1, outputs, rows, columns], wanted).unwrap(), inputs * 9);
}

#[test]
fn windows_by_rows_make_what_windows_one_by_one_make() {
    let wide = |x: &Tensor| {
        let x = x.elements::<f32>().unwrap().iter().map(|x| f64::from(*x)).collect();
        Tensor::new(&[2, 3, 11, 45], x).unwrap()
    };
    let x = numbers(4, &[2, 3, 11, 45]);
    for (k, stride, pad, dilation) in [(3, 1, 1, 1), (3, 2, 0, 1), (2, 2, 1, 1), (3, 3, 1, 2), (5, 1, 2, 1)] {
        for ceil in [false, true] {
            let window = Window { dilations: vec![dilation; 2], ceil, ..window(&[k, k], stride, pad) };
            let pool = |kind| Op::Pool { kind, window: window.clone() };
            for count_padding in [false, true] {
                let op = pool(Pool::Average { count_padding });
                let other = run(&op, &[&wide(&x)]).unwrap();
                let other = other.elements::<f64>().unwrap().iter().map(|x| *x as f32).collect();
                for made in on_each(|| run(&op, &[&x]).unwrap()) {
                    near(&made, &Tensor::new(made.shape(), Vec::clone(&other)).unwrap(), k * k);
                }
            }
            let op = pool(Pool::Max { columns_first: false });
            // With the places of the largest, windows are gone through one by one.
            let places = compute(&op, &[Some(&x)], 2, &Threads::one()).unwrap().unwrap();
            on_each(|| assert_eq!(run(&op, &[&x]).unwrap(), places[0]));
        }
    }
}

#[test]
fn weights_that_stay_make_the_same() {
    let gemm = Op::Gemm { alpha: 1.0, beta: 1.0, trans_a: false, trans_b: true };
    for rows in [1, 2, 9, 50] {
        let (a, b, c) = (numbers(1, &[rows, 65]), numbers(2, &[103, 65]), numbers(3, &[103]));
        let plain = run(&gemm, &[&a, &b, &c]).unwrap();
        let kept = prepare(&gemm, &b, None).unwrap();
        let inputs = [Some(&a), Some(&b), Some(&c)];
        let made = compute_prepared(&gemm, &inputs, 1, Some(&kept), &Threads::one()).unwrap().unwrap();
        near(&plain, &made[0], 65);
    }
    for (op, x) in [(conv(3, 1, 1, 1), 24), (conv(3, 2, 1, 1), 9), (conv(1, 1, 0, 2), 30)] {
        let (x, w) = (
            numbers(1, &[1, 32, x, x]),
            numbers(2, &[96, 32 / op.group, op.window.kernel[0], op.window.kernel[0]]),
        );
        let op = Op::Conv(op);
        let kept = prepare(&op, &w, None).unwrap();
        for _ in 0..2 {
            let made = compute_prepared(&op, &[Some(&x), Some(&w)], 1, Some(&kept), &Threads::new(2))
                .unwrap()
                .unwrap();
            assert_eq!(made[0], run(&op, &[&x, &w]).unwrap());
        }
    }
}

#[test]
fn what_makes_no_sense_is_an_error() {
    let shapes: [&[usize]; 9] = [
        &[],
        &[0],
        &[3],
        &[2, 3],
        &[1, 0, 4, 4],
        &[1, 4, 0, 4],
        &[2, 4, 5, 5],
        &[4, 2, 3, 3],
        &[1, 2, 3, 4, 5],
    ];
    let windows = [
        window(&[3, 3], 1, 1),
        window(&[], 1, 0),
        window(&[0, 1], 1, 0),
        window(&[2, 2], 0, -3),
        window(&[9], 2, 4),
    ];
    let mut refused = 0;
    for window in &windows {
        for group in [0, 1, 2, 4] {
            let conv = Conv { window: window.clone(), group, epilogue: Epilogue::default() };
            let ops = [
                Op::Conv(conv.clone()),
                Op::ConvInteger(conv.clone()),
                Op::QLinearConv(conv.clone()),
                Op::DeformConv { conv: conv.clone(), offset_groups: group },
                Op::ConvTranspose(crate::model::op::ConvTranspose {
                    window: window.clone(),
                    group,
                    output_padding: vec![1; group],
                    output_shape: Vec::new(),
                    epilogue: Epilogue::default(),
                }),
                Op::Pool { kind: Pool::Max { columns_first: true }, window: window.clone() },
                Op::Pool { kind: Pool::Average { count_padding: true }, window: window.clone() },
                Op::Pool { kind: Pool::Lp { p: 0 }, window: window.clone() },
                Op::MaxUnpool { window: window.clone() },
                Op::GlobalPool { kind: Pool::Max { columns_first: false } },
                Op::GlobalPool { kind: Pool::Average { count_padding: false } },
                Op::MatMul,
                Op::MatMulInteger,
                Op::QLinearMatMul,
                Op::Gemm { alpha: 2.0, beta: 0.5, trans_a: group == 1, trans_b: group == 2 },
                Op::Einsum { equation: ["ab,b", "...a,a...->...", "aa->", "abc,abd,"][group % 4].into() },
            ];
            for op in &ops {
                for (a, b) in shapes.iter().flat_map(|a| shapes.iter().map(move |b| (a, b))) {
                    let (x, w) = (numbers(1, a), numbers(2, b));
                    let bytes = Tensor::new(a, vec![3_u8; a.iter().product()]).unwrap();
                    for inputs in [
                        vec![Some(&x), Some(&w)],
                        vec![Some(&bytes), Some(&bytes), None, Some(&w)],
                        vec![Some(&x), None, Some(&w)],
                        vec![],
                    ] {
                        for outputs in [1, 2] {
                            let made = compute(op, &inputs, outputs, &Threads::one()).unwrap();
                            refused += usize::from(made.is_err());
                        }
                    }
                }
            }
        }
    }
    assert!(refused > 1_000);
}

#[test]
fn einsum_contracts_repeats_and_spreads() {
    let ask =
        |equation: &str, inputs: &[&Tensor]| run(&Op::Einsum { equation: equation.into() }, inputs).unwrap();
    let square = Tensor::new(&[2, 2], vec![1.0_f32, 2.0, 3.0, 4.0]).unwrap();
    let row = Tensor::row(vec![10.0_f32, 100.0]);
    assert_eq!(ask("ii", &[&square]).elements::<f32>().unwrap(), [5.0]);
    assert_eq!(ask("ii->i", &[&square]).elements::<f32>().unwrap(), [1.0, 4.0]);
    assert_eq!(ask("ij->ji", &[&square]).elements::<f32>().unwrap(), [1.0, 3.0, 2.0, 4.0]);
    assert_eq!(ask("ij,j->i", &[&square, &row]).elements::<f32>().unwrap(), [210.0, 430.0]);
    assert_eq!(ask("i,j", &[&row, &row]).elements::<f32>().unwrap(), [100.0, 1000.0, 1000.0, 10000.0]);
    assert_eq!(ask("ij,jk,k->", &[&square, &square, &row]).elements::<f32>().unwrap(), [3420.0]);
    let one = Tensor::new(&[1, 2], vec![1.0_f32, -1.0]).unwrap();
    assert_eq!(ask("...j,...j->...", &[&square, &one]).elements::<f32>().unwrap(), [-1.0, -1.0]);
}
