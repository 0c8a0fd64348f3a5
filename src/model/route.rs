//! [`Route`]: where a node of a graph is computed, and by what.

/// Where a node is computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// Before the first run, from shapes and constants alone.
    Planned,
    /// By the processor, with the kernel of this name; none where the operator's own loop does it.
    Cpu(Option<&'static str>),
    /// By the GPU, with these files of `shaders/`, one after another; none where elements stay where they are.
    Gpu(Vec<&'static str>),
    /// By the GPU, planned again when a run has told how long the node's inputs are.
    Late,
}

impl Route {
    /// `host` for what is worked out before a run, else `cpu` or `gpu`.
    pub fn device(&self) -> &'static str {
        match self {
            Route::Planned => "host",
            Route::Cpu(_) => "cpu",
            Route::Gpu(_) | Route::Late => "gpu",
        }
    }

    /// The kernel in words: `winograd`, `unroll, product`; `-` where there is none.
    pub fn kernel(&self) -> String {
        match self {
            Route::Planned => "-".to_owned(),
            Route::Cpu(kernel) => kernel.unwrap_or("loop").to_owned(),
            Route::Gpu(shaders) if shaders.is_empty() => "-".to_owned(),
            Route::Gpu(shaders) => shaders.join(", "),
            Route::Late => "planned in the run".to_owned(),
        }
    }
}
