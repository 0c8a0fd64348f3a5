//! Networks: read from ONNX, looked through, and run on any GPU or none.
//!
//! A [`Model`] is a file as a [`Graph`] of operators ([`Op`], one table for all) and values. [`pass`] makes it smaller:
//! what is constant is computed, what follows a convolution goes into it. A [`Session`] runs it on a [`Device`]: `cpu` in
//! threads, `gpu` in compute shaders (`shaders/`). Both read the same table, so they compute the same.
//!
//! | file | noun |
//! |---|---|
//! | `tensor.rs` | [`Tensor`]: numbers in the memory of the host |
//! | `op.rs`, `op/` | [`Op`]: the table of operators |
//! | `graph.rs`, `edit.rs` | [`Graph`]: nodes in order, and how it grows |
//! | `onnx/` | ONNX files as graphs |
//! | `infer/` | shapes and types before anything is computed |
//! | `pass/` | graphs made smaller |
//! | `cpu/`, `gpu/` | the two executors |
//! | `device.rs` | [`Device`]: which of them |
//! | `session.rs` | [`Session`]: a graph ready to run |
//! | `files.rs` | [`Files`]: the files that a network is in |
//! | `weights/` | weights in files of their own |
//! | `zoo/` | networks that come with the program |
//! | `explain.rs` | [`explain`]: what each node costs |
//! | `route.rs` | [`Route`]: where a node is computed, and by what |

pub mod cpu;
mod device;
mod edit;
mod explain;
mod files;
#[cfg(feature = "gpu")]
pub mod gpu;
mod graph;
pub mod infer;
pub mod onnx;
pub mod op;
pub mod pass;
mod route;
mod session;
pub mod tensor;
pub mod weights;
pub mod zoo;

use std::path::Path;

pub use device::Device;
pub use explain::{Line, explain};
pub use files::Files;
pub use graph::{Dim, Graph, Node, Value, ValueId};
pub use op::{Binary, Compose, Op, Padding, Pool, Reduce, Unary, Window};
pub use route::Route;
pub use session::{Counts, Session};
pub use tensor::{DType, Data, Element, Tensor, count};

use crate::error::{Place, Result};

/// A network as its file has it.
#[derive(Clone, Debug)]
pub struct Model {
    graph: Graph,
}

impl Model {
    /// Reads an ONNX file.
    ///
    /// # Errors
    /// `Format` for what is no ONNX or makes no sense; `Unsupported` naming every node that cannot be run; `Limit` for
    /// what is too large or too deep; the operating system's.
    pub fn open(path: &Path) -> Result<Model> {
        let graph = onnx::read_with(path, Some(&session::evaluate))
            .map_err(|e| e.at(Place::area("model").file(path)))?;
        Ok(Model { graph })
    }

    /// Reads ONNX bytes, whose weights are all among them.
    ///
    /// # Errors
    /// As [`Model::open`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Model> {
        let graph = onnx::read_bytes(bytes, None).map_err(|e| e.at(Place::area("model")))?;
        Ok(Model { graph })
    }

    /// Its nodes and values.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Its nodes and values, to change.
    pub fn into_graph(self) -> Graph {
        self.graph
    }
}
