//! Heads against plain loops: what a graph and its second half find is what the arithmetic on paper finds.

use lensframe::geometry::{Affine, Size, non_maximum_suppression};
use lensframe::job::Job;
use lensframe::model::{DType, Device, Dim, Graph, Session, Tensor};
use lensframe::predict::{Found, Head, Lens};
use lensframe::random::Random;
use serde_json::{Value, json};

/// A graph whose outputs are its inputs, of these names and shapes.
fn through(ports: &[(&str, &[usize])]) -> Graph {
    let mut graph = Graph::default();
    let ids: Vec<_> = ports
        .iter()
        .map(|(name, shape)| graph.take(name, DType::F32, shape.iter().map(|n| Dim::Known(*n)).collect()))
        .collect();
    graph.give(ids);
    graph
}

fn head(json: Value) -> Head {
    let Value::Object(members) = json else { unreachable!() };
    Head::parse(members).unwrap()
}

fn found(
    head: &Head,
    ports: &[(&str, &[usize])],
    numbers: Vec<Vec<f32>>,
    lenses: &[Lens],
) -> Vec<Vec<Found>> {
    let mut graph = through(ports);
    head.extend(&mut graph, None).unwrap();
    graph.check().unwrap();
    let session = Session::new(graph, Device::Cpu, &Job::new()).unwrap();
    let inputs =
        ports.iter().zip(numbers).map(|((_, shape), own)| Tensor::new(shape, own).unwrap()).collect();
    head.read(&session.run(inputs).unwrap(), lenses).unwrap()
}

fn drawn(n: usize, seed: u64, from: f64, to: f64) -> Vec<f32> {
    let mut random = Random::keyed(&[seed]);
    (0..n).map(|_| (from + random.unit() * (to - from)) as f32).collect()
}

/// The model saw the picture at half its size.
fn lens() -> Lens {
    Lens::new(Affine::scaled(2.0, 2.0), Size::new(64, 64), Some(Size::new(128, 128)))
}

#[test]
fn dense_boxes_are_those_of_a_loop_over_classes() {
    let (places, classes) = (40, 3);
    for (rows, objectness, logits) in [(false, false, false), (true, true, false), (false, true, true)] {
        let per = 4 + usize::from(objectness) + classes;
        let low = if logits { -3.0 } else { 0.0 };
        let seed = u64::from(rows) * 4 + u64::from(objectness) * 2 + u64::from(logits);
        // By place: cx, cy, w, h, then the rest.
        let boxes: Vec<Vec<f32>> = (0..places).map(|p| drawn(4, seed * 100 + p as u64, 8.0, 30.0)).collect();
        let rest: Vec<Vec<f32>> = (0..places)
            .map(|p| drawn(per - 4, seed * 1000 + p as u64, low, if logits { 3.0 } else { 1.0 }))
            .collect();
        let all: Vec<Vec<f32>> = boxes.iter().zip(&rest).map(|(b, r)| [b.as_slice(), r].concat()).collect();
        let (shape, flat): ([usize; 3], Vec<f32>) = match rows {
            true => ([1, places, per], all.concat()),
            false => ([1, per, places], (0..per).flat_map(|f| all.iter().map(move |own| own[f])).collect()),
        };
        let head = head(json!({"kind": "dense", "rows": rows, "objectness": objectness, "logits": logits,
            "suppression": {"iou": 0.4, "score": 0.3, "most": 12}}));
        let got = found(&head, &[("out", &shape)], vec![flat], &[lens()]).remove(0);

        let share = |v: f32| if logits { 1.0 / (1.0 + (-v).exp()) } else { v };
        let mut expected: Vec<(i64, f32, [f64; 4])> = Vec::new();
        for class in 0..classes {
            let score = |p: usize| {
                let any = if objectness { share(rest[p][0]) } else { 1.0 };
                share(rest[p][usize::from(objectness) + class]) * any
            };
            let open: Vec<usize> = (0..places).filter(|p| score(*p) > 0.3).collect();
            let corners: Vec<[f64; 4]> = open
                .iter()
                .map(|p| {
                    let [x, y, w, h] = [0, 1, 2, 3].map(|n| f64::from(boxes[*p][n]));
                    [x - w / 2.0, y - h / 2.0, x + w / 2.0, y + h / 2.0]
                })
                .collect();
            let scores: Vec<f64> = open.iter().map(|p| f64::from(score(*p))).collect();
            for at in non_maximum_suppression(&corners, 0.4, Some(&scores), Some(12)).unwrap() {
                let [l, t, r, b] = corners[at].map(|v| (2.0 * v).clamp(0.0, 128.0));
                expected.push((class as i64, score(open[at]), [l, t, r - l, b - t]));
            }
        }
        expected.sort_by(|a, b| b.1.total_cmp(&a.1));
        expected.truncate(12);
        assert!(expected.len() > 3, "the loop finds too little to compare");
        assert_eq!(got.len(), expected.len());
        for (got, (label, score, bbox)) in got.iter().zip(expected) {
            assert_eq!(got.label, label);
            assert!((got.score - f64::from(score)).abs() < 1e-5);
            let near = got.bbox.unwrap().iter().zip(bbox).all(|(a, b)| (a - b).abs() < 1e-3);
            assert!(near, "{:?} {bbox:?}", got.bbox);
        }
    }
}

#[test]
fn peaks_of_a_map_are_centres() {
    let (h, w) = (5, 6);
    let mut heat = vec![-9.0_f32; h * w];
    heat[2 * w + 3] = 2.0;
    heat[2 * w + 4] = 1.0; // a neighbour of the peak is none
    heat[0] = 1.5;
    let mut size = vec![0.0_f32; 2 * h * w];
    (size[2 * w + 3], size[h * w + 2 * w + 3]) = (2.0, 3.0);
    (size[0], size[h * w]) = (1.0, 1.0);
    let mut offset = vec![0.0_f32; 2 * h * w];
    (offset[2 * w + 3], offset[h * w + 2 * w + 3]) = (0.5, 0.25);
    let head =
        head(json!({"kind": "heatmap", "heat": "heat", "size": "size", "offset": "offset", "stride": 4,
        "logits": true, "peaks": true, "suppression": {"score": 0.3}}));
    let ports: [(&str, &[usize]); 3] =
        [("heat", &[1, 1, 5, 6]), ("size", &[1, 2, 5, 6]), ("offset", &[1, 2, 5, 6])];
    let lens = Lens::new(Affine::IDENTITY, Size::new(20, 24), Some(Size::new(20, 24)));
    let got = found(&head, &ports, vec![heat, size, offset], &[lens]).remove(0);
    assert_eq!(got.len(), 2);
    // The centre is (3.5, 2.25) cells of 4 pixels, the box 2 by 3 cells.
    assert_eq!(got[0].bbox, Some([14.0 - 4.0, 9.0 - 6.0, 8.0, 12.0]));
    assert!((got[0].score - 1.0 / (1.0 + (-2.0_f64).exp())).abs() < 1e-6);
    // A box around the corner is cut off there.
    assert_eq!(got[1].bbox, Some([0.0, 0.0, 2.0, 2.0]));
}

#[test]
fn landmarks_are_shares_of_their_box() {
    let head =
        head(json!({"kind": "heatmap", "heat": "heat", "size": "size", "points": "points", "stride": 4,
        "shift": 0.5, "vertical_first": true, "log_size": true, "suppression": {"score": 0.3}}));
    let ports: [(&str, &[usize]); 3] =
        [("heat", &[1, 1, 2, 2]), ("size", &[1, 2, 2, 2]), ("points", &[1, 4, 2, 2])];
    let heat = vec![0.0, 0.0, 0.0, 0.9];
    let size = vec![2.0_f32.ln(); 4].into_iter().chain(vec![1.0_f32.ln(); 4]).collect();
    let points = [[0.25_f32; 4], [0.5; 4], [1.0; 4], [0.0; 4]].concat();
    let lens = Lens::new(Affine::IDENTITY, Size::new(16, 16), Some(Size::new(16, 16)));
    let got = found(&head, &ports, vec![heat, size, points], &[lens]).remove(0);
    // Cell (1, 1): centre 1.5 cells both ways, 8 high and 4 wide.
    assert_eq!(got[0].bbox, Some([4.0, 2.0, 4.0, 8.0]));
    assert_eq!(got[0].points, Some(vec![[6.0, 4.0], [4.0, 10.0]]));
}

#[test]
fn the_best_classes_come_first() {
    let head = head(json!({"kind": "classes", "top": 2, "skip": 1}));
    let lens = Lens::new(Affine::IDENTITY, Size::new(8, 8), None);
    let numbers = vec![9.0, 0.0, 1.0, 3.0, 9.0, 2.0, 0.0, 0.0];
    let got = found(&head, &[("out", &[2, 4, 1, 1])], vec![numbers], &[lens, lens]);
    let labels: Vec<Vec<i64>> = got.iter().map(|own| own.iter().map(|f| f.label).collect()).collect();
    assert_eq!(labels, [[2, 1], [0, 1]]);
    let whole: f64 = 1.0 + 1.0_f64.exp() + 3.0_f64.exp();
    assert!((got[0][0].score - 3.0_f64.exp() / whole).abs() < 1e-6);
    assert!(got[0][0].bbox.is_none());
}

#[test]
fn boxes_that_were_chosen_are_carried_back() {
    let head = head(
        json!({"kind": "boxes", "boxes": "b", "scores": "s", "labels": "l", "relative": true, "first": 1,
        "score": 0.5}),
    );
    let ports: [(&str, &[usize]); 3] = [("b", &[1, 3, 4]), ("s", &[1, 3]), ("l", &[1, 3])];
    let boxes = [[0.0, 0.0, 0.5, 0.25], [0.5, 0.5, 1.5, 1.0], [0.0, 0.0, 1.0, 1.0]].concat();
    let got =
        found(&head, &ports, vec![boxes, vec![0.6, 0.9, 0.4], vec![1.0, 3.0, 2.0]], &[lens()]).remove(0);
    let told: Vec<(i64, [f64; 4])> = got.iter().map(|own| (own.label, own.bbox.unwrap())).collect();
    assert_eq!(told, [(2, [64.0, 64.0, 64.0, 64.0]), (0, [0.0, 0.0, 64.0, 32.0])]);
}

#[test]
fn numbers_of_another_model_are_an_error() {
    let head = head(json!({"kind": "dense"}));
    let mut graph = through(&[("out", &[1, 8])]);
    head.extend(&mut graph, None).unwrap();
    let session = Session::new(graph, Device::Cpu, &Job::new());
    let outputs = session.and_then(|s| s.run(vec![Tensor::new(&[1, 8], vec![0.0_f32; 8])?]));
    assert!(outputs.is_err());
    let error = head.read(&[Tensor::new(&[1, 8], vec![0.0_f32; 8]).unwrap()], &[lens()]).unwrap_err();
    assert!(error.to_string().contains("does the recipe belong to this model"), "{error}");
    let names = Head::extend(&head_of("nowhere"), &mut through(&[("out", &[1, 8, 3])]), None).unwrap_err();
    assert!(names.to_string().contains("its outputs are 'out'"), "{names}");
}

fn head_of(output: &str) -> Head {
    head(json!({"kind": "dense", "output": output}))
}
