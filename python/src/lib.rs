//! The Python door: values and errors of lensframe as Python has them. No algorithm of its own.
//!
//! | file | what |
//! |---|---|
//! | `error.rs` | errors as exceptions of `lensframe.errors` |
//! | `lock.rs` | the interpreter's lock in calls that come back |
//! | `job.rs` | long calls: without the interpreter's lock, stopped by Ctrl-C, with progress |
//! | `value.rs` | values as NumPy arrays, lists and dicts |
//! | `opening.rs` | where datasets come from |
//! | `dataset.rs`, `example.rs`, `slicing.rs` | datasets, their rows, `ds.slice[rows, keys]` |
//! | `column.rs`, `arrow.rs` | columns, and the Arrow C interface |
//! | `mask.rs` | masks as run lengths |
//! | `cocoeval.rs` | what `lensframe.coco.COCOeval` computes with |
//! | `given.rs`, `mapping.rs` | values that Python gives; keys that its functions make |
//! | `editing.rs`, `writer.rs` | stored datasets changed; object sets written |
//! | `loader.rs` | batches for training loops |
//! | `model.rs`, `predictor.rs` | networks, alone and with their recipes |
//! | `chainercv.rs` | what `lensframe.chainercv` computes with |
//! | `evaluator.rs` | images evaluated as they come |
//! | `picture.rs` | rows drawn |
//! | `command.rs` | the program, in this process |

mod arrow;
mod chainercv;
mod cocoeval;
mod column;
mod command;
mod dataset;
mod editing;
mod error;
mod evaluator;
mod example;
mod given;
mod job;
mod loader;
mod lock;
mod mapping;
mod mask;
mod model;
mod opening;
mod picture;
mod predictor;
mod slicing;
mod value;
mod writer;

use pyo3::prelude::*;

#[pymodule]
fn _lensframe(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<dataset::PyDataset>()?;
    module.add_class::<example::PyExample>()?;
    module.add_class::<slicing::PySlicer>()?;
    module.add_class::<column::PyColumn>()?;
    module.add_class::<writer::PySetWriter>()?;
    module.add_function(wrap_pyfunction!(opening::open, module)?)?;
    module.add_function(wrap_pyfunction!(opening::_reopen, module)?)?;
    module.add_function(wrap_pyfunction!(opening::from_arrow, module)?)?;
    module.add_function(wrap_pyfunction!(opening::concat, module)?)?;
    module.add_function(wrap_pyfunction!(opening::zip, module)?)?;
    module.add_function(wrap_pyfunction!(picture::sheet, module)?)?;
    module.add_function(wrap_pyfunction!(picture::thumbnail, module)?)?;
    module.add_function(wrap_pyfunction!(command::command, module)?)?;
    module.add_function(wrap_pyfunction!(command::program, module)?)?;
    module.add_function(wrap_pyfunction!(command::report_text, module)?)?;
    module.add_function(wrap_pyfunction!(command::report_html, module)?)?;
    module.add_function(wrap_pyfunction!(command::report_markdown, module)?)?;
    module.add_class::<loader::PyLoader>()?;
    module.add_class::<loader::PyFeed>()?;
    module.add_function(wrap_pyfunction!(loader::pipeline_file, module)?)?;
    module.add_class::<model::PyModel>()?;
    module.add_class::<predictor::PyPredictor>()?;
    module.add_class::<cocoeval::PyMatched>()?;
    module.add_class::<evaluator::PyStream>()?;
    module.add_function(wrap_pyfunction!(cocoeval::coco_match, module)?)?;
    module.add_function(wrap_pyfunction!(cocoeval::coco_assign, module)?)?;
    module.add_function(wrap_pyfunction!(cocoeval::coco_curves, module)?)?;
    module.add_function(wrap_pyfunction!(cocoeval::coco_oks, module)?)?;
    module.add_function(wrap_pyfunction!(mask::mask_encode, module)?)?;
    module.add_function(wrap_pyfunction!(mask::mask_decode, module)?)?;
    module.add_function(wrap_pyfunction!(mask::mask_iou, module)?)?;
    module.add_function(wrap_pyfunction!(mask::box_iou, module)?)?;
    module.add_function(wrap_pyfunction!(mask::mask_merge, module)?)?;
    module.add_function(wrap_pyfunction!(mask::mask_area, module)?)?;
    module.add_function(wrap_pyfunction!(mask::mask_bbox, module)?)?;
    module.add_function(wrap_pyfunction!(mask::mask_of_polygon, module)?)?;
    module.add_function(wrap_pyfunction!(mask::mask_of_box, module)?)?;
    module.add_function(wrap_pyfunction!(mask::mask_of_counts, module)?)?;
    chainercv::register(module)
}
