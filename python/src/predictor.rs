//! Networks with their recipes from Python: [`PyPredictor`], which `lensframe.Predictor` is made of.

use std::path::PathBuf;

use lensframe::dataset::store::{Operation, SetOptions};
use lensframe::error::ErrorKind;
use lensframe::eval::protocol::Protocol;
use lensframe::model::{Device, Files};
use lensframe::predict::{IntoSet, Predictor, Recipe, Run, Scored, known};
use pyo3::prelude::*;

use crate::dataset::PyDataset;
use crate::error::Raise;
use crate::job;

/// A network, its recipe and a device.
#[pyclass(frozen, name = "Predictor", module = "lensframe._lensframe")]
pub(crate) struct PyPredictor {
    predictor: Predictor,
    model: PathBuf,
}

#[pymethods]
impl PyPredictor {
    /// `recipe` is a path, the name of a known recipe, or the recipe itself as JSON.
    #[new]
    #[allow(clippy::too_many_arguments, reason = "keywords of one call")]
    #[pyo3(signature = (model, recipe, device, score=None, weights=None, names=None, half=false))]
    fn open(
        py: Python<'_>,
        model: PathBuf,
        recipe: String,
        device: &str,
        score: Option<f64>,
        weights: Option<PathBuf>,
        names: Option<PathBuf>,
        half: bool,
    ) -> PyResult<PyPredictor> {
        let device: Device = device.parse().raise(py)?;
        let recipe = if recipe.trim_start().starts_with('{') {
            serde_json::from_str(&recipe)
                .map_err(|e| lensframe::error::Error::new(ErrorKind::Usage, e.to_string()))
                .and_then(Recipe::from_value)
        } else if std::path::Path::new(&recipe).exists() {
            Recipe::open(recipe.as_ref())
        } else {
            known::recipe(&recipe)
        };
        let recipe = recipe.raise(py)?;
        let recipe = match score {
            Some(score) => recipe.with_least_score(score),
            None => recipe,
        };
        let files = Files { model: model.clone(), weights, names };
        let predictor =
            job::run(py, move |job| Predictor::new(files.open()?.into_graph(), recipe, device, job))?;
        Ok(PyPredictor { predictor: predictor.half_weights(half), model })
    }

    /// What runs it.
    #[getter]
    fn device(&self) -> &str {
        self.predictor.session().device_name()
    }

    /// Finds what is in the rows of a view and publishes it as a set of its dataset: the path of the dataset, its new
    /// version, and rows, rows that were there, rows that were left out, and objects.
    #[allow(clippy::too_many_arguments, reason = "keywords of one call")]
    fn store_set(
        &self,
        py: Python<'_>,
        of: &PyDataset,
        name: String,
        resume: bool,
        replace: bool,
        batch: usize,
        workers: Option<usize>,
        skip: bool,
    ) -> PyResult<(PathBuf, u64, [u64; 4])> {
        let (origin, store) = of.stored("a set")?;
        let (store, ds, path) = (store.clone(), of.ds.clone(), origin.path.clone());
        let operation = Operation::new("predict")
            .with("model", self.model.display().to_string())
            .with("recipe", self.predictor.recipe().json().clone())
            .with("device", self.device().to_owned());
        let (version, told) = job::run(py, move |job| {
            let rows = ds.rows().iter().collect();
            let options = SetOptions { resume, replace, classes: None };
            let mut sink = IntoSet::begin(&store, &name, rows, options, &self.predictor, job)?;
            let run = Run { batch, workers: workers.unwrap_or_else(|| job.thread_budget()), skip };
            let summary = run.send(&ds, &self.predictor, &mut sink, job)?;
            let told = [summary.rows, summary.there, summary.skipped, summary.objects];
            Ok((sink.commit(operation)?, told))
        })?;
        Ok((path, version, told))
    }

    /// Finds what is in the rows of a view and holds it against a set of theirs, as it comes: the report as JSON.
    #[allow(clippy::too_many_arguments, reason = "keywords of one call")]
    fn report(
        &self,
        py: Python<'_>,
        of: &PyDataset,
        metric: &str,
        truth: String,
        batch: usize,
        workers: Option<usize>,
        skip: bool,
    ) -> PyResult<String> {
        let protocol = Protocol::named(metric).raise(py)?;
        let ds = of.ds.clone();
        let model = self.model.file_name().unwrap_or_default().to_string_lossy().into_owned();
        job::run(py, move |job| {
            let mut sink = Scored::new(&ds, &truth, protocol, &self.predictor, job)?;
            let run = Run { batch, workers: workers.unwrap_or_else(|| job.thread_budget()), skip };
            run.send(&ds, &self.predictor, &mut sink, job)?;
            Ok(sink.report(&model)?.to_json())
        })
    }
}
