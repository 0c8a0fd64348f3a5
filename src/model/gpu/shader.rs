//! [`Key`]: a shader file with its named places filled in, and the [`Pipeline`] compiled from it.
//!
//! The invariant: equal keys make equal text, so a pipeline is compiled once a device. A place is `$NAME` in a
//! file of `shaders/` ([`File`]); the declarations of the buffers are written from the key, so that a layout and a
//! shader cannot disagree. A file without an entry of its own has a function `run`, called once for each of `count`
//! pieces of work. What is substituted comes from this
//! crate alone, never from a model's file.

use std::fmt::Write as _;

use super::cache::Cache;
use super::device::{Device, lock};
use super::memory::{STORAGE, buffer};
use super::spread::spread;
pub(super) use super::text::File;
use super::text::{Types, add, piece};
use crate::error::{Error, ErrorKind, Result};

/// Invocations of a workgroup, for shaders that number them in one row.
pub(super) const WORKGROUP: usize = 64;
/// Words of the parameters of a step; as many are bound for each.
pub(super) const PARAMETERS: usize = 128;

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
        // Longer names first, so that `$STEP` is not taken for `$S` and `TEP`.
        let mut places: Vec<_> = self.places.iter().collect();
        places.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        for (name, with) in places {
            body = body.replace(&format!("${name}"), with);
        }
        if let Some(types) = Types::of(&self.places) {
            types.add_functions(&mut body);
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

/// Starts pipelines on nothing. Software drivers make their code when a pipeline is first started, on a thread of their
/// own: so it is made while constants are written.
fn begin(device: &Device, fresh: &[(&Key, &Pipeline)]) -> Result<()> {
    if !device.mappable() || fresh.is_empty() {
        return Ok(());
    }
    let size = 4 * PARAMETERS as u64;
    let most = fresh.iter().map(|(key, _)| key.bindings.len()).max().unwrap_or(0);
    let uniform = buffer(device, size, wgpu::BufferUsages::UNIFORM, false)?;
    // Nothing is read or written, but a buffer may be bound once to be written.
    let storage: Vec<_> = (0..most).map(|_| buffer(device, size, STORAGE, false)).collect::<Result<_>>()?;
    device.caught("the first start of a shader", |raw| {
        let mut encoder = raw.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            for (key, pipeline) in fresh {
                let buffers = std::iter::once(&uniform).chain(&storage).take(1 + key.bindings.len());
                let entries: Vec<_> = buffers
                    .zip(0..)
                    .map(|(buffer, binding)| wgpu::BindGroupEntry {
                        binding,
                        resource: buffer.as_entire_binding(),
                    })
                    .collect();
                let layout = &pipeline.layout;
                let group = raw.create_bind_group(&wgpu::BindGroupDescriptor {
                    label: None,
                    layout,
                    entries: &entries,
                });
                pass.set_pipeline(&pipeline.pipeline);
                pass.set_bind_group(0, &group, &[]);
                pass.dispatch_workgroups(0, 1, 1);
            }
        }
        device.queue().submit([encoder.finish()]);
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
    let made = spread(missing.len(), |number| compile(device, missing[number]))?;
    let fresh: Vec<(&Key, &Pipeline)> = missing.iter().copied().zip(&made).collect();
    begin(device, &fresh)?;
    if !missing.is_empty() {
        device.cache().into_iter().for_each(Cache::save);
    }
    let mut known = lock(device.pipelines());
    known.extend(missing.into_iter().cloned().zip(made));
    keys.iter()
        .map(|key| {
            known.get(*key).cloned().ok_or_else(|| Error::new(ErrorKind::Failed, "a pipeline was not made"))
        })
        .collect()
}
