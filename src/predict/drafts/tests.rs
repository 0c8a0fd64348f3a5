//! Pictures that a device resamples are those that the feed makes.

use super::*;
use crate::augment::Pipeline;
use crate::dataset::Dataset;
use crate::feed::sampler::Plan;
use crate::feed::{Batch, Loader, Options};
use crate::job::Job;
use crate::model::{DType, Device, Dim, Graph, Op, Session};
use crate::synth::{self, Files, Scenes, Span};

fn draft(height: u32, width: u32) -> Draft {
    Draft {
        data: vec![7; (height * width * 3) as usize],
        width,
        rows: Taps::as_is(height),
        columns: Taps::as_is(width),
        at: (0, 0),
        canvas: (height, width),
        fill: [0; 3],
    }
}

#[test]
fn tensors_of_smaller_pictures_are_as_large_as_those_before() {
    let room = Room::default();
    let canvas = Size::new(20, 20);
    let shapes = |drafts: &[Draft]| {
        let tensors = room.tensors(drafts, 3, canvas).unwrap();
        tensors.iter().map(|tensor| tensor.shape().to_vec()).collect::<Vec<_>>()
    };
    let large = shapes(&[draft(20, 19), draft(3, 3)]);
    assert_eq!(large[1], [3, Compose::COLUMNS]);
    assert_eq!(shapes(&[draft(4, 4)]), large);
}

#[test]
fn pictures_go_together_until_they_are_too_many_bytes_and_one_always_goes() {
    let large = Draft { data: vec![0; MOST / 2 + 1], ..draft(1, 1) };
    assert_eq!(together(&[draft(2, 2), large.clone(), large.clone()]), 2);
    assert_eq!(together(&[Draft { data: vec![0; MOST + 1], ..large }]), 1);
}

/// A graph of one node.
fn graph(bgr: bool) -> Graph {
    let mut graph = Graph::default();
    let any = || Dim::Named(String::new());
    let inputs = [
        graph.take("words", DType::U32, vec![any()]),
        graph.take("pictures", DType::I32, vec![any(), Dim::Known(Compose::COLUMNS)]),
        graph.take("first", DType::I32, vec![any()]),
        graph.take("weights", DType::F32, vec![any()]),
        graph.take("canvas", DType::I64, vec![Dim::Known(2)]),
    ];
    let made = graph.then(Op::Compose(Compose { bgr }), &inputs);
    graph.give(vec![made]);
    graph
}

/// The first batch of scenes of many sizes, made by the feed or left to a device.
fn batch(pipeline: &str, drafts: bool) -> Batch {
    let options = synth::Options {
        count: 6,
        height: Span::new(40, 90),
        width: Span::new(50, 120),
        images: Files::Mix,
        gray: 0.3,
        rotated: 0.5,
        ..synth::Options::default()
    };
    let scenes = Dataset::new(Scenes::new(options, 9).unwrap()).select(["img"]).unwrap();
    let options = Options { workers: 0, ahead: 1, multiple: 16, drafts, ..Options::default() };
    let pipeline = Pipeline::from_json(pipeline).unwrap();
    let loader = Loader::new(&scenes, pipeline, Plan::evaluation(6), options, &Job::new()).unwrap();
    let batch = loader.epoch(0).unwrap().next().unwrap();
    batch.unwrap()
}

const PIPELINES: [&str; 7] = [
    r#"{"steps": []}"#,
    r#"{"steps": [{"op": "resize", "size": [64, 80]}]}"#,
    r#"{"steps": [{"op": "resize", "size": [20, 30], "antialias": true}]}"#,
    r#"{"steps": [{"op": "resize", "size": [33, 25], "method": "area"}, {"op": "random_flip", "x": 1.0}]}"#,
    r#"{"steps": [{"op": "resize_contain", "size": 96, "fill": [114, 7, 200], "enlarge": true}]}"#,
    r#"{"steps": [{"op": "resize", "size": [40, 40], "method": "bicubic", "antialias": true}]}"#,
    r#"{"steps": [{"op": "center_crop", "size": [32, 40]}], "output": {"bgr": true}}"#,
];

#[test]
fn what_a_device_makes_of_drafts_is_what_the_feed_makes() {
    #[cfg(feature = "gpu")]
    let gpu = !crate::model::gpu::adapters().is_empty();
    #[cfg(not(feature = "gpu"))]
    let gpu = false;
    for pipeline in PIPELINES {
        let (made, left) = (batch(pipeline, false), batch(pipeline, true));
        assert!(left.pictures.is_none() && made.drafts.is_empty());
        assert_eq!((left.canvas, left.drafts.len(), &left.sizes), (made.canvas, 6, &made.sizes));
        let pictures = made.pictures.unwrap();
        let inputs = Room::default().tensors(&left.drafts, 7, left.canvas).unwrap();
        for device in [Some(Device::Cpu), gpu.then_some(Device::Gpu(0))].into_iter().flatten() {
            let session = Session::new(graph(pipeline.contains("bgr")), device, &Job::new()).unwrap();
            let outputs = session.run(inputs.clone()).unwrap();
            let levels = outputs[0].elements::<f32>().unwrap();
            assert_eq!(outputs[0].shape()[1..], pictures.shape()[1..], "{pipeline}");
            let (own, beyond) = levels.split_at(pictures.bytes().len());
            // One picture more than there are: black.
            assert!(beyond.iter().all(|v| *v == 0.0) && beyond.len() * 6 == own.len());
            let off = |(a, b): (&f32, &u8)| (a - f32::from(*b)).abs();
            let worst = own.iter().zip(pictures.bytes()).map(off).fold(0.0, f32::max);
            let count = own.iter().zip(pictures.bytes()).filter(|pair| off(*pair) > 0.0).count();
            // A sum that lies between two levels may be rounded to either, where the device fuses what the processor adds.
            let most = if device == Device::Cpu { 0 } else { own.len() / 2000 };
            assert!(worst <= 1.0 && count <= most, "{pipeline} on {device}: {count} differ, by {worst}");
        }
    }
}

#[test]
fn what_reaches_beyond_its_pixels_is_refused_on_the_processor_and_harmless_on_a_device() {
    let good = Room::default().tensors(&[draft(8, 9)], 1, Size::new(8, 9)).unwrap();
    let table: Vec<i32> = good[1].elements::<i32>().unwrap().to_vec();
    let cpu = Session::new(graph(false), Device::Cpu, &Job::new()).unwrap();
    cpu.run(good.clone()).unwrap();
    #[cfg(feature = "gpu")]
    let gpu = (!crate::model::gpu::adapters().is_empty())
        .then(|| Session::new(graph(false), Device::Gpu(0), &Job::new()).unwrap());
    for (at, odd) in
        (0..15).flat_map(|at| [-1, i32::MIN, i32::MAX, 1 << 20].map(|odd| (at, odd))).filter(|(at, _)| {
            // Where a picture lies, and on how large a canvas, may be anything.
            ![2, 3, 6, 7, 8].contains(at)
        })
    {
        let mut table = table.clone();
        table[at] = odd;
        let mut inputs = good.clone();
        inputs[1] = Tensor::new(&[1, Compose::COLUMNS], table).unwrap();
        let error = cpu.run(inputs.clone()).unwrap_err();
        assert!(error.to_string().contains("reaches beyond"), "{at}: {odd}: {error}");
        #[cfg(feature = "gpu")]
        if let Some(gpu) = gpu.as_ref().filter(|_| at < 2 || at == 9 || at == 10 || at == 12 || at == 13) {
            gpu.run(inputs).unwrap();
        }
    }
}
