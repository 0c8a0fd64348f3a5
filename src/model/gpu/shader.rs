//! [`Key`]: a shader file with its named places filled in, and the [`Pipeline`] compiled from it.
//!
//! The invariant: equal keys make equal text, so a pipeline is compiled once a device. A place is `$NAME` in a
//! file of `shaders/`, and a line `#import NAME` stands for a piece of `shaders/shared`; the declarations of the
//! buffers are written from the key, so that a layout and a shader cannot disagree. A file without an entry of its
//! own has a function `run`, called once for each of `count` pieces of work. What is substituted comes from this
//! crate alone, never from a model's file.

use std::fmt::Write as _;

use super::cache::Cache;
use super::device::{Device, lock};
use crate::error::{Error, ErrorKind, Result};

/// Invocations of a workgroup, for shaders that number them in one row.
pub(super) const WORKGROUP: usize = 64;
/// Words of the parameters of a step; as many are bound for each.
pub(super) const PARAMETERS: usize = 128;

macro_rules! files {
    ($($(#[$meta:meta])* $name:ident => $path:literal),* $(,)?) => {
        /// The shader files.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(super) enum File { $($(#[$meta])* $name),* }
        impl File {
            /// All of them.
            #[cfg(test)]
            pub(super) const ALL: &[File] = &[$(File::$name),*];
            fn text(self) -> &'static str {
                match self { $(File::$name => include_str!(concat!("../../../shaders/", $path))),* }
            }
            /// Its name without the ending.
            pub(super) fn name(self) -> &'static str {
                match self { $(File::$name => $path),* }
            }
        }
    };
}

files! {
    Map => "map.wgsl",
    Pad => "pad.wgsl",
    CumSum => "cumsum.wgsl",
    Lrn => "lrn.wgsl",
    Gather => "gather.wgsl",
    GatherElements => "gather_elements.wgsl",
    GatherNd => "gather_nd.wgsl",
    OneHot => "one_hot.wgsl",
    ScatterElements => "scatter_elements.wgsl",
    ScatterNd => "scatter_nd.wgsl",
    Arg => "arg.wgsl",
    Rank => "rank.wgsl",
    Product => "product.wgsl",
    Unroll => "unroll.wgsl",
    WinogradWeights => "winograd_weights.wgsl",
    WinogradInput => "winograd_input.wgsl",
    WinogradOutput => "winograd_output.wgsl",
    Conv => "conv.wgsl",
    ConvTile => "conv_tile.wgsl",
    ConvTranspose => "conv_transpose.wgsl",
    DeformConv => "deform_conv.wgsl",
    Pool => "pool.wgsl",
    Unpool => "unpool.wgsl",
    Einsum => "einsum.wgsl",
    Resample => "resample.wgsl",
    GridSample => "grid_sample.wgsl",
    RoiAlign => "roi_align.wgsl",
    Compose => "compose.wgsl",
    NonZeroCount => "non_zero_count.wgsl",
    NonZeroWrite => "non_zero_write.wgsl",
    Suppress => "suppress.wgsl",
    SuppressWrite => "suppress_write.wgsl",
    Reduce => "reduce.wgsl",
}

macro_rules! shared {
    ($($name:literal),* $(,)?) => {
        /// The pieces that several shader files have in common, by their names.
        const SHARED: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../../shaders/shared/", $name, ".wgsl")))),*];
    };
}

shared! {
    "prelude", "element", "functions", "inside", "window", "convolution", "finish", "winograd", "six", "blocks",
    "boxes",
}

/// Adds a text of a file, and in the place of each line `#import NAME` that piece of `shaders/shared`.
fn add(text: &mut String, from: &str) {
    for line in from.lines() {
        match line.strip_prefix("#import ") {
            Some(name) => piece(text, name),
            None => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
}

/// Adds a shared piece; a name that is none stays in the text, which no compiler then takes.
fn piece(text: &mut String, name: &str) {
    match SHARED.iter().find(|(known, _)| *known == name) {
        Some((_, found)) => add(text, found),
        None => text.push_str(&format!("#import {name}\n")),
    }
}

/// A buffer as a shader sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Binding {
    /// Its name in the shader.
    pub(super) name: String,
    /// The type of its elements, in WGSL.
    pub(super) element: &'static str,
    /// True if it is written.
    pub(super) write: bool,
}

/// A shader with its places filled in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) file: File,
    pub(super) places: Vec<(&'static str, String)>,
    pub(super) bindings: Vec<Binding>,
}

/// A compiled shader and the layout of its buffers.
#[derive(Clone, Debug)]
pub(super) struct Pipeline {
    pub(super) pipeline: wgpu::ComputePipeline,
    pub(super) layout: wgpu::BindGroupLayout,
}

impl Key {
    /// The whole text in WGSL.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        piece(&mut text, "prelude");
        for (number, binding) in self.bindings.iter().enumerate() {
            let access = if binding.write { "read_write" } else { "read" };
            let (name, element) = (&binding.name, binding.element);
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "@group(0) @binding({}) var<storage, {access}> {name}: array<{element}>;",
                number + 1
            );
        }
        let mut body = String::new();
        add(&mut body, self.file.text());
        if !body.contains("@compute") {
            piece(&mut body, "element");
        }
        if self.places.iter().any(|(name, _)| *name == "F") {
            piece(&mut body, "functions");
        }
        // Longer names first, so that `$STEP` is not taken for `$S` and `TEP`.
        let mut places: Vec<_> = self.places.iter().collect();
        places.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        for (name, with) in places {
            body = body.replace(&format!("${name}"), with);
        }
        text.push_str(&body);
        text
    }
}

fn compile(device: &Device, key: &Key) -> Result<Pipeline> {
    let doing = format!("the shader {}", key.file.name());
    let storage = |read_only| wgpu::BindingType::Buffer {
        ty: wgpu::BufferBindingType::Storage { read_only },
        has_dynamic_offset: false,
        min_binding_size: None,
    };
    let uniform = wgpu::BindingType::Buffer {
        ty: wgpu::BufferBindingType::Uniform,
        has_dynamic_offset: false,
        min_binding_size: None,
    };
    let kinds = std::iter::once(uniform).chain(key.bindings.iter().map(|binding| storage(!binding.write)));
    let entries: Vec<_> = kinds
        .zip(0_u32..)
        .map(|(ty, binding)| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty,
            count: None,
        })
        .collect();
    device.caught(&doing, |raw| {
        let module = raw.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(key.file.name()),
            source: wgpu::ShaderSource::Wgsl(key.text().into()),
        });
        let layout =
            raw.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: None, entries: &entries });
        let pipeline_layout = raw.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: None,
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = raw.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(key.file.name()),
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions {
                zero_initialize_workgroup_memory: false,
                ..Default::default()
            },
            cache: device.cache().map(Cache::raw),
        });
        Pipeline { pipeline, layout }
    })
}

/// The pipelines of keys, in their order; those that are new are compiled beside each other.
///
/// # Errors
/// `Failed` if the driver refuses a shader.
pub(super) fn pipelines(device: &Device, keys: &[&Key]) -> Result<Vec<Pipeline>> {
    let mut missing: Vec<&Key> = Vec::new();
    {
        let known = lock(device.pipelines());
        for key in keys {
            if !known.contains_key(key) && !missing.contains(key) {
                missing.push(key);
            }
        }
    }
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(missing.len()).max(1);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || -> Result<Vec<(Key, Pipeline)>> {
        let mut made = Vec::new();
        while let Some(key) = missing.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
            made.push(((*key).clone(), compile(device, key)?));
        }
        Ok(made)
    };
    let mut made = Vec::new();
    if workers == 1 {
        made.push(work()?);
    } else {
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            for thread in threads {
                let done = thread
                    .join()
                    .map_err(|_| Error::new(ErrorKind::Failed, "a thread that compiled shaders died"))?;
                made.push(done?);
            }
            Ok::<(), Error>(())
        })?;
    }
    if !missing.is_empty() {
        device.cache().into_iter().for_each(Cache::save);
    }
    let mut known = lock(device.pipelines());
    known.extend(made.into_iter().flatten());
    keys.iter()
        .map(|key| {
            known.get(*key).cloned().ok_or_else(|| Error::new(ErrorKind::Failed, "a pipeline was not made"))
        })
        .collect()
}
