//! Normalisation against its formulas, in `f64`.

use super::*;

fn picture(shape: &[usize]) -> Tensor {
    let n: usize = shape.iter().product();
    Tensor::new(shape, (0..n).map(|k| (k * 31 % 17) as f32 * 0.3 + 100.0).collect()).unwrap()
}

fn near(made: &Tensor, want: &[f64]) {
    let made = made.elements::<f32>().unwrap();
    assert_eq!(made.len(), want.len());
    for (a, b) in made.iter().zip(want) {
        assert!((f64::from(*a) - b).abs() < 2e-5, "{a} {b}");
    }
}

/// Each run normalised and then scaled by the numbers of its channel.
fn by_runs(x: &Tensor, run: usize, area: usize, c: usize, scale: &[f32], bias: &[f32]) -> Vec<f64> {
    let values: Vec<f64> = x.elements::<f32>().unwrap().iter().map(|v| f64::from(*v)).collect();
    (0..values.len())
        .map(|k| {
            let run = &values[k / run * run..(k / run + 1) * run];
            let mean = run.iter().sum::<f64>() / run.len() as f64;
            let variance = run.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / run.len() as f64;
            let channel = k / area % c;
            (values[k] - mean) / (variance + 1e-3).sqrt() * f64::from(scale[channel])
                + f64::from(bias[channel])
        })
        .collect()
}

#[test]
fn instances_and_groups_are_runs_of_their_channels() {
    let x = picture(&[2, 4, 3, 3]);
    let (scale, bias) = (vec![1.0_f32, 2.0, -1.0, 0.5], vec![0.0_f32, 1.0, 2.0, 3.0]);
    let (s, b) = (Tensor::row(scale.clone()), Tensor::row(bias.clone()));
    let inputs = Inputs(&[Some(&x), Some(&s), Some(&b)]);
    let one = Threads::one();
    near(&instance(1e-3, inputs, &one).unwrap(), &by_runs(&x, 9, 9, 4, &scale, &bias));
    near(&group(2, 1e-3, false, inputs, &one).unwrap(), &by_runs(&x, 18, 9, 4, &scale, &bias));
    let (s, b) = (Tensor::row(vec![2.0_f32, 3.0]), Tensor::row(vec![0.5_f32, 1.5]));
    let per_group = group(2, 1e-3, true, Inputs(&[Some(&x), Some(&s), Some(&b)]), &one).unwrap();
    near(&per_group, &by_runs(&x, 18, 9, 4, &[2.0, 2.0, 3.0, 3.0], &[0.5, 0.5, 1.5, 1.5]));
    assert!(group(3, 1e-3, false, inputs, &one).is_err() && group(0, 1e-3, false, inputs, &one).is_err());
}

#[test]
fn a_batch_is_normalised_by_what_was_learnt() {
    let x = picture(&[2, 3]);
    let row = |values: [f32; 3]| Tensor::row(values.to_vec());
    let (s, b, m, v) =
        (row([1.0, 2.0, 3.0]), row([0.5; 3]), row([100.0, 101.0, 102.0]), row([1.0, 4.0, 9.0]));
    let inputs = [Some(&x), Some(&s), Some(&b), Some(&m), Some(&v)];
    let made = batch(0.0, Inputs(&inputs), 1, &Threads::one()).unwrap();
    let want: Vec<f64> = x
        .elements::<f32>()
        .unwrap()
        .iter()
        .enumerate()
        .map(|(k, v)| f64::from(*v) - 100.0 - (k % 3) as f64 + 0.5)
        .collect();
    near(&made, &want);
    assert!(batch(0.0, Inputs(&inputs[..4]), 1, &Threads::one()).is_err());
    assert!(
        batch(0.0, Inputs(&[Some(&x), Some(&s), Some(&b), Some(&m), Some(&x)]), 1, &Threads::one()).is_err()
    );
}

#[test]
fn layers_are_scaled_by_what_repeats_over_them() {
    let x = picture(&[2, 3, 4]);
    let scale = Tensor::row(vec![2.0_f32; 4]);
    let made = layer(1, 1e-3, Inputs(&[Some(&x), Some(&scale)]), 3, &Threads::one()).unwrap();
    near(&made[0], &by_runs(&x, 12, 24, 1, &[2.0], &[0.0]));
    assert_eq!((made[1].shape(), made[2].shape()), (&[2, 1, 1][..], &[2, 1, 1][..]));
    let wide = Tensor::new(&[5, 1, 1, 1], vec![1.0_f32; 5]).unwrap();
    assert!(layer(1, 1e-3, Inputs(&[Some(&x), Some(&wide)]), 1, &Threads::one()).is_err());
}

#[test]
fn a_norm_of_nothing_divides_to_nothing() {
    let x = Tensor::new(&[2, 2], vec![3.0_f32, 4.0, 0.0, 0.0]).unwrap();
    near(&lp(1, 2, &x).unwrap(), &[0.6, 0.8, 0.0, 0.0]);
    near(&lp(0, 1, &x).unwrap(), &[1.0, 1.0, 0.0, 0.0]);
    assert!(lp(0, 3, &x).is_err());
}

#[test]
fn responses_are_those_of_the_channels_around() {
    let x = Tensor::new(&[1, 4, 1], vec![1.0_f32, 2.0, 3.0, 4.0]).unwrap();
    let by = Response { alpha: 2.0, beta: 0.5, bias: 1.0, size: 2 };
    let want = |v: f64, squares: f64| v / (1.0 + squares).sqrt();
    near(
        &lrn(by, &x, &Threads::one()).unwrap(),
        &[want(1.0, 5.0), want(2.0, 13.0), want(3.0, 25.0), want(4.0, 16.0)],
    );
    assert!(lrn(Response { size: 0, ..by }, &x, &Threads::one()).is_err());
    assert!(lrn(Response { size: usize::MAX, ..by }, &x, &Threads::one()).is_ok());
}
