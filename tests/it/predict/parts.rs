//! A batch that is too large for a device goes through it in parts.

use lensframe::augment::Pipeline;
use lensframe::dataset::Dataset;
use lensframe::feed::sampler::Plan;
use lensframe::feed::{Batch, Loader, Options};
use lensframe::job::Job;
use lensframe::model::{DType, Device, Dim, Graph, Op, Pool, Tensor, gpu};
use lensframe::predict::{Predictor, Recipe};
use lensframe::synth::{self, Scenes, Span};

const RECIPE: &str = r#"
[input]
steps = [{ op = "resize", size = [32, 32] }]

[output]
kind = "classes"
top = 3
"#;

/// The mean of each channel of a picture, which is first laid side by side until three of them are close to `bytes`.
fn graph(bytes: u64) -> Graph {
    let mut graph = Graph::default();
    let sides = [3, 32, 32].map(Dim::Known);
    let picture = graph.take("x", DType::F32, [vec![Dim::Named("n".to_owned())], sides.to_vec()].concat());
    let one = 3 * 32 * 32 * 4;
    let most = i64::try_from(bytes / one / 3).unwrap();
    let times = (1..).take_while(|n: &i64| n * n <= most).last().unwrap();
    let repeats = graph.hold(Tensor::new(&[4], vec![1, 1, times, times]).unwrap());
    let large = graph.then(Op::Tile, &[picture, repeats]);
    let mean = graph.then(Op::GlobalPool { kind: Pool::Average { count_padding: false } }, &[large]);
    let scores = graph.then(Op::Flatten { axis: 1 }, &[mean]);
    graph.give(vec![scores]);
    graph
}

fn batch(pipeline: &Pipeline, drafts: bool) -> Batch {
    let side = Span::new(32, 48);
    let options = synth::Options { count: 8, height: side, width: side, ..synth::Options::default() };
    let scenes = Dataset::new(Scenes::new(options, 4).unwrap()).select(["img"]).unwrap();
    let options = Options { workers: 0, ahead: 1, drafts, ..Options::default() };
    let loader = Loader::new(&scenes, pipeline.clone(), Plan::evaluation(8), options, &Job::new()).unwrap();
    loader.epoch(0).unwrap().next().unwrap().unwrap()
}

#[test]
fn parts_of_a_batch_find_what_the_whole_finds() {
    let most = gpu::Device::open(gpu::Which::Number(0)).map_or(0, |device| device.largest());
    if most == 0 || most > 256 << 20 {
        return eprintln!("no adapter of small memory: nothing was tested");
    }
    let predictor = |device| {
        Predictor::new(graph(most), Recipe::from_toml(RECIPE).unwrap(), device, &Job::new()).unwrap()
    };
    let (on_gpu, on_cpu) = (predictor(Device::Gpu(0)), predictor(Device::Cpu));
    let pipeline = on_cpu.recipe().input().pipeline.clone();
    let whole = on_cpu.predict(&batch(&pipeline, false)).unwrap();
    let parts = on_gpu.predict(&batch(&pipeline, on_gpu.takes_drafts())).unwrap();
    assert_eq!((parts.len(), whole.len()), (8, 8));
    // Eight are too many, and so are four; two go, and a second batch knows that.
    let runs = on_gpu.session().counts().submits;
    assert_eq!(runs, 4);
    on_gpu.predict(&batch(&pipeline, on_gpu.takes_drafts())).unwrap();
    assert_eq!(on_gpu.session().counts().submits, 8);
    for (a, b) in parts.iter().flatten().zip(whole.iter().flatten()) {
        assert!((a.score - b.score).abs() < 1e-3 && a.bbox == b.bbox, "{a:?} {b:?}");
    }
}
