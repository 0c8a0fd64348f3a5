//! Operators fed with what they are not made for: the nodes of the suite, with inputs of other shapes, types and
//! numbers. The result does not matter; that there is one, and soon, does.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use lensframe::model::cpu::{self, Threads};
use lensframe::model::onnx;
use lensframe::model::tensor::{DType, Tensor};

/// Tries a node.
const TRIES: u32 = 60;

/// Numbers without order, the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }

    fn tensor(&mut self, like: Option<&Tensor>) -> Tensor {
        const TYPES: [DType; 13] = [
            DType::F32,
            DType::F32,
            DType::I64,
            DType::I64,
            DType::I32,
            DType::U8,
            DType::I8,
            DType::Bool,
            DType::F64,
            DType::F16,
            DType::U64,
            DType::U16,
            DType::BF16,
        ];
        let dtype = match like {
            Some(like) if self.below(4) > 0 => like.dtype(),
            _ => TYPES[self.below(TYPES.len())],
        };
        let mut shape: Vec<usize> = match like {
            Some(like) if self.below(3) > 0 => like.shape().to_vec(),
            _ => (0..self.below(6)).map(|_| self.below(5)).collect(),
        };
        match self.below(5) {
            0 if !shape.is_empty() => {
                let at = self.below(shape.len());
                shape[at] = self.below(4);
            }
            1 if shape.len() < 6 => shape.insert(self.below(shape.len() + 1), self.below(3)),
            2 if !shape.is_empty() => _ = shape.remove(self.below(shape.len())),
            _ => {}
        }
        let n: usize = shape.iter().product();
        const WILD: [f64; 9] =
            [f64::NAN, f64::INFINITY, -1e300, 1e300, i64::MAX as f64, i64::MIN as f64, -1e9, 1e9, 0.5];
        let wild = self.below(3) == 0;
        let values = (0..n).map(|_| match self.below(12) {
            0 if wild => WILD[self.below(WILD.len())],
            _ => self.below(8) as f64 - 3.0,
        });
        let floats = Tensor::new(&shape, values.collect::<Vec<f64>>()).unwrap();
        let cast = lensframe::model::op::Op::Cast { to: dtype, saturate: true };
        cpu::compute(&cast, &[Some(&floats)], 1, &Threads::one()).unwrap().remove(0)
    }
}

#[test]
fn no_mangled_input_makes_an_operator_panic_or_hang() {
    let Some(folder) = super::folder() else {
        eprintln!("skipped: no ONNX suite; set ONNX_SUITE or install onnx==1.22.0 in .venv");
        return;
    };
    let mut names: Vec<_> = std::fs::read_dir(folder.join("node")).unwrap().flatten().collect();
    names.sort_by_key(std::fs::DirEntry::file_name);
    let mut numbers = Numbers(1);
    let (mut wrong, mut tried, mut computed, mut longest) = (Vec::new(), 0_u32, 0_u32, Duration::ZERO);
    for entry in names {
        let Ok(graph) = onnx::read(&entry.path().join("model.onnx")) else { continue };
        let [node] = graph.nodes() else { continue };
        let given = super::tensors(&entry.path().join("test_data_set_0"), "input").unwrap_or_default();
        for _ in 0..TRIES {
            let mut inputs: Vec<Option<Tensor>> = node
                .inputs
                .iter()
                .map(|id| {
                    let id = (*id)?;
                    let place = graph.inputs().iter().position(|input| *input == id);
                    place.map_or_else(|| graph.constant(id).cloned(), |place| given.get(place).cloned())
                })
                .collect();
            for _ in 0..1 + numbers.below(2) {
                let at = numbers.below(inputs.len() + 1);
                match inputs.get(at).cloned() {
                    Some(_) if numbers.below(8) == 0 => inputs[at] = None,
                    Some(like) => inputs[at] = Some(numbers.tensor(like.as_ref())),
                    None if numbers.below(2) == 0 => inputs.truncate(at / 2),
                    None => inputs.push(Some(numbers.tensor(None))),
                }
            }
            let refs: Vec<Option<&Tensor>> = inputs.iter().map(Option::as_ref).collect();
            let started = Instant::now();
            let of = || cpu::compute(&node.op, &refs, node.outputs.len(), &Threads::one()).is_ok();
            tried += 1;
            match catch_unwind(AssertUnwindSafe(of)) {
                Ok(true) => computed += 1,
                Ok(false) => {}
                Err(_) => {
                    let shapes: Vec<_> =
                        refs.iter().map(|x| x.map(|x| (x.dtype().name(), x.shape().to_vec()))).collect();
                    wrong.push(format!("{:?} of {shapes:?}", node.op));
                }
            }
            if started.elapsed() > Duration::from_secs(5) {
                wrong.push(format!("{:?} took {:?}", node.op, started.elapsed()));
            }
            longest = longest.max(started.elapsed());
        }
    }
    println!("{tried} tries, {computed} computed, the longest {longest:?}");
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
}
