//! [`Files`]: the files that a network is in.

use std::path::PathBuf;

use super::weights::{NameMap, Weights};
use super::{Model, zoo};
use crate::error::{Error, ErrorKind, Place, Result};

/// The files that a network is in: a graph, and where it has no weights of its own, weights and which of them is whose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// The graph, as ONNX; or, where there is no such file, the name of a network of the [`zoo`].
    pub model: PathBuf,
    /// Weights, as npz or safetensors.
    pub weights: Option<PathBuf>,
    /// Which of the weights' keys is which of the graph's names; those that are one without it.
    pub names: Option<PathBuf>,
}

impl Files {
    /// Reads them.
    ///
    /// # Errors
    /// Those of [`Model::open`], [`Weights::open`], [`NameMap::open`] and [`Model::with_weights`]; `Usage` for names
    /// without weights.
    pub fn open(&self) -> Result<Model> {
        let known = self.model.to_str().filter(|_| !self.model.exists()).and_then(zoo::named);
        let model = match known {
            Some(bytes) => Model::from_bytes(bytes)?,
            None => Model::open(&self.model)?,
        };
        let Some(path) = &self.weights else {
            return match &self.names {
                None => Ok(model),
                Some(names) => Err(Error::new(ErrorKind::Usage, "names of weights, and no weights")
                    .at(Place::area("model").file(names))
                    .remedy("name the file of weights")),
            };
        };
        let names = self.names.as_deref().map(NameMap::open).transpose()?.unwrap_or_default();
        let weights = Weights::open(path)?;
        model.with_weights(&weights, &names).map_err(|e| e.at(Place::area("model").file(path)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_the_zoo_is_found_by_its_name_and_a_file_before_it() {
        let named = |model: &str| Files { model: model.into(), ..Files::default() };
        assert!(!named("shapes").open().unwrap().graph().nodes().is_empty());
        assert!(named("no such network").open().unwrap_err().to_string().contains("no such network"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shapes");
        std::fs::write(&path, b"no network").unwrap();
        assert!(Files { model: path, ..Files::default() }.open().is_err());
    }

    #[test]
    fn names_without_weights_are_refused() {
        let files = Files { model: "shapes".into(), names: Some("names.toml".into()), ..Files::default() };
        assert!(files.open().unwrap_err().to_string().contains("no weights"));
    }
}
