//! [`Program`]: recorded steps with their memory and pipelines, ready to be run many times.
//!
//! The invariant: a run is one submission, and at most one readback. Steps that depend on constants alone were run
//! once when the program was built. Two slots share a buffer only if no step needs both.

use std::collections::HashMap;

use super::device::Device;
use super::known::Known;
use super::memory::{STORAGE, buffer, bytes, filled};
use super::record::{Recorder, Slot, Source, Step};
use super::shader::{self, Key, PARAMETERS, Pipeline};
use super::spread::spread;
use crate::error::{Error, ErrorKind, Result};

/// A step with everything it needs.
struct Ready {
    pipeline: wgpu::ComputePipeline,
    group: wgpu::BindGroup,
    groups: [u32; 3],
}

/// Steps ready to run.
pub(super) struct Program {
    device: Device,
    steps: Vec<Ready>,
    inputs: Vec<wgpu::Buffer>,
    /// Buffer and words of each range that is read back, in their order.
    reads: Vec<(wgpu::Buffer, usize)>,
    staging: Option<wgpu::Buffer>,
    /// Bytes of device memory that the program holds.
    pub(super) bytes: u64,
    /// Bytes of those that a run reads and that were known before it.
    pub(super) known: u64,
}

const STEP_BYTES: u64 = 4 * PARAMETERS as u64;

/// Which steps depend on inputs. A slot that such a step writes depends on them too, and so do all its writers.
fn live(rec: &Recorder) -> Vec<bool> {
    let mut slots: Vec<bool> = rec.sources.iter().map(|source| matches!(source, Source::Input)).collect();
    let mut steps = vec![false; rec.steps.len()];
    loop {
        let mut changed = false;
        for (step, alive) in rec.steps.iter().zip(&mut steps) {
            if !*alive && step.slots.iter().any(|slot| slots[slot.0]) {
                *alive = true;
                changed = true;
                for (slot, binding) in step.slots.iter().zip(&step.key.bindings) {
                    slots[slot.0] |= binding.write;
                }
            }
        }
        if !changed {
            return steps;
        }
    }
}

/// Gives slots that are not needed at once the same buffer: for each slot the number of its buffer, and the sizes.
fn share(
    steps: &[&Step],
    wanted: &[Slot],
    words: &[usize],
    keep: &[Slot],
) -> (HashMap<Slot, usize>, Vec<u64>) {
    let mut last: HashMap<Slot, usize> = HashMap::new();
    for (number, step) in steps.iter().enumerate() {
        for slot in &step.slots {
            last.insert(*slot, number);
        }
    }
    for slot in keep {
        last.insert(*slot, usize::MAX);
    }
    let mut sizes: Vec<u64> = Vec::new();
    let mut free: Vec<usize> = Vec::new();
    let mut given: HashMap<Slot, usize> = HashMap::new();
    for (number, step) in steps.iter().enumerate() {
        for slot in step.slots.iter().filter(|slot| wanted.contains(slot)) {
            if given.contains_key(slot) {
                continue;
            }
            let size = bytes(words[slot.0]);
            // The smallest that is large enough; else the largest, which grows.
            let fit = free.iter().enumerate().filter(|(_, buffer)| sizes[**buffer] >= size);
            let found = fit.min_by_key(|(_, buffer)| sizes[**buffer]).map(|(place, _)| place);
            let found = found.or_else(|| {
                free.iter().enumerate().max_by_key(|(_, buffer)| sizes[**buffer]).map(|(place, _)| place)
            });
            let buffer = match found {
                Some(place) => free.swap_remove(place),
                None => {
                    sizes.push(0);
                    sizes.len() - 1
                }
            };
            sizes[buffer] = sizes[buffer].max(size);
            given.insert(*slot, buffer);
        }
        let mut ended: Vec<Slot> = step.slots.clone();
        ended.sort_unstable();
        ended.dedup();
        for slot in ended {
            if last.get(&slot) == Some(&number) {
                free.extend(given.get(&slot));
            }
        }
    }
    (given, sizes)
}

fn ready(
    device: &Device,
    steps: &[&Step],
    pipelines: &HashMap<&Key, Pipeline>,
    buffers: &HashMap<Slot, wgpu::Buffer>,
) -> Result<Vec<Ready>> {
    if steps.is_empty() {
        return Ok(Vec::new());
    }
    let words: Vec<u32> = steps.iter().flat_map(|step| step.parameters.iter().copied()).collect();
    let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST;
    let parameters = filled(device, words.len(), &Known::Words(words), usage)?;
    let missing = || Error::new(ErrorKind::Failed, "a step reads memory that nothing has written");
    device.caught("the bindings of a step", |raw| {
        let mut made = Vec::new();
        for (step, offset) in steps.iter().zip((0..).step_by(4 * PARAMETERS)) {
            let pipeline = pipelines.get(&step.key).ok_or_else(missing)?;
            let uniform = wgpu::BufferBinding {
                buffer: &parameters,
                offset,
                size: std::num::NonZeroU64::new(STEP_BYTES),
            };
            let mut entries =
                vec![wgpu::BindGroupEntry { binding: 0, resource: wgpu::BindingResource::Buffer(uniform) }];
            for (slot, binding) in step.slots.iter().zip(1..) {
                let resource = buffers.get(slot).ok_or_else(missing)?.as_entire_binding();
                entries.push(wgpu::BindGroupEntry { binding, resource });
            }
            let group = raw.create_bind_group(&wgpu::BindGroupDescriptor {
                label: None,
                layout: &pipeline.layout,
                entries: &entries,
            });
            made.push(Ready { pipeline: pipeline.pipeline.clone(), group, groups: step.groups });
        }
        Ok(made)
    })?
}

fn encode(encoder: &mut wgpu::CommandEncoder, steps: &[Ready]) {
    let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
    for step in steps {
        pass.set_pipeline(&step.pipeline);
        pass.set_bind_group(0, &step.group, &[]);
        let [x, y, z] = step.groups;
        pass.dispatch_workgroups(x, y, z);
    }
}

impl Program {
    /// Compiles pipelines, finds memory, brings constants to the device and runs what depends on them alone.
    /// `inputs` are given at each run and `reads` are read back, each in its order.
    #[cfg(test)]
    pub(super) fn new(device: &Device, rec: &Recorder, inputs: &[Slot], reads: &[Slot]) -> Result<Program> {
        Ok(Program::keeping(device, rec, inputs, reads, &[], &HashMap::new())?.0)
    }

    /// As [`Program::new`]; `kept` keep their memory for themselves, which is returned in their order, and the inputs
    /// that are `held` have it already.
    pub(super) fn keeping(
        device: &Device,
        rec: &Recorder,
        inputs: &[Slot],
        reads: &[Slot],
        kept: &[Slot],
        there: &HashMap<Slot, wgpu::Buffer>,
    ) -> Result<(Program, Vec<wgpu::Buffer>)> {
        let alive = live(rec);
        let pick = |wanted: bool| -> Vec<&Step> {
            rec.steps
                .iter()
                .zip(&alive)
                .filter(|(_, alive)| **alive == wanted)
                .map(|(step, _)| step)
                .collect()
        };
        let (before, run) = (pick(false), pick(true));
        let keys: Vec<&Key> = rec.steps.iter().map(|step| &step.key).collect();
        let compiled = shader::pipelines(device, &keys)?;
        let pipelines: HashMap<&Key, Pipeline> = keys.into_iter().zip(compiled).collect();

        let mut buffers: HashMap<Slot, wgpu::Buffer> = HashMap::new();
        let (mut held, mut known) = (0_u64, 0_u64);
        let used = |slot: Slot| {
            rec.steps.iter().any(|step| step.slots.contains(&slot))
                || inputs.contains(&slot)
                || reads.contains(&slot)
                || kept.contains(&slot)
        };
        let of_run: Vec<Slot> = run.iter().flat_map(|step| step.slots.iter().copied()).collect();
        let (mut shared, mut constants) = (Vec::new(), Vec::new());
        for (slot, source) in (0..rec.sources.len()).map(Slot).zip(&rec.sources) {
            if !used(slot) {
                continue;
            }
            if let Some(own) = there.get(&slot) {
                buffers.insert(slot, own.clone());
                continue;
            }
            if matches!(source, Source::Step) && !before.iter().any(|step| step.slots.contains(&slot)) {
                shared.push(slot);
                continue;
            }
            let size = bytes(rec.words[slot.0]);
            held += size;
            if !matches!(source, Source::Input) && of_run.contains(&slot) {
                known += size;
            }
            match source {
                Source::Known(known) => constants.push((slot, known)),
                Source::Input | Source::Step => {
                    buffers.insert(slot, buffer(device, size, STORAGE, false)?);
                }
            }
        }
        // The largest first, so that all threads end at about the same time.
        constants.sort_by_key(|(slot, _)| std::cmp::Reverse(rec.words[slot.0]));
        let filled = spread(constants.len(), |number| {
            let (slot, known) = constants[number];
            Ok((slot, filled(device, rec.words[slot.0], known, STORAGE)?))
        })?;
        buffers.extend(filled);
        let (given, sizes) = share(&run, &shared, &rec.words, &[reads, kept].concat());
        let mut pool = Vec::new();
        for size in &sizes {
            held += size;
            pool.push(buffer(device, *size, STORAGE, false)?);
        }
        for (slot, place) in given {
            buffers.insert(slot, pool[place].clone());
        }

        let missing = || Error::new(ErrorKind::Failed, "an output has no memory");
        let take = |slot: &Slot| buffers.get(slot).cloned().ok_or_else(missing);
        let read_buffers = reads
            .iter()
            .map(|slot| match buffers.get(slot) {
                Some(buffer) => Ok((buffer.clone(), rec.words[slot.0])),
                // An output without an element: no step wrote it.
                None if rec.words[slot.0] == 0 => Ok((buffer(device, 16, STORAGE, false)?, 0)),
                None => Err(missing()),
            })
            .collect::<Result<Vec<_>>>()?;
        let kept = kept
            .iter()
            .map(|slot| match buffers.get(slot) {
                None if rec.words.get(slot.0) == Some(&0) => buffer(device, 16, STORAGE, false),
                found => found.cloned().ok_or_else(missing),
            })
            .collect::<Result<Vec<_>>>()?;
        let input_buffers = inputs.iter().map(take).collect::<Result<Vec<_>>>()?;
        if !before.is_empty() {
            let steps = ready(device, &before, &pipelines, &buffers)?;
            device.caught("the steps that depend on constants", |raw| {
                let mut encoder = raw.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
                encode(&mut encoder, &steps);
                device.queue().submit([encoder.finish()]);
            })?;
            buffers.retain(|slot, _| of_run.contains(slot));
        }
        let steps = ready(device, &run, &pipelines, &buffers)?;
        let total: u64 = read_buffers.iter().map(|(_, words)| bytes(*words)).sum();
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let staging = if total == 0 { None } else { Some(buffer(device, total, usage, false)?) };
        let (device, inputs, reads) = (device.clone(), input_buffers, read_buffers);
        Ok((Program { device, steps, inputs, reads, staging, bytes: held, known }, kept))
    }

    /// Steps of a run.
    pub(super) fn steps(&self) -> usize {
        self.steps.len()
    }

    /// One run: inputs in, one submission, what is read back out. `inputs` are as many words as their slots hold.
    pub(super) fn run<W: AsRef<[u32]>>(&mut self, inputs: &[W]) -> Result<Vec<Vec<u32>>> {
        let device = self.device.clone();
        device.failure()?;
        device.caught("a run", |raw| {
            let inputs = inputs.iter().map(W::as_ref);
            for (buffer, words) in self.inputs.iter().zip(inputs).filter(|(_, words)| !words.is_empty()) {
                device.queue().write_buffer(buffer, 0, bytemuck::cast_slice(words));
            }
            let mut encoder = raw.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
            encode(&mut encoder, &self.steps);
            if let Some(staging) = &self.staging {
                let mut at = 0;
                for (buffer, words) in &self.reads {
                    if *words > 0 {
                        encoder.copy_buffer_to_buffer(buffer, 0, staging, at, 4 * *words as u64);
                    }
                    at += bytes(*words);
                }
            }
            device.queue().submit([encoder.finish()]);
        })?;
        let Some(staging) = &self.staging else { return Ok(Vec::new()) };
        // What cannot be read is most often the end of a device that is lost: then that is said.
        let lost = |text: String| {
            device.failure().err().unwrap_or_else(|| {
                Error::new(ErrorKind::Failed, format!("results could not be read: {text}"))
                    .remedy("open the device again, or run on the processor")
            })
        };
        let (sender, receiver) = std::sync::mpsc::channel();
        staging.slice(..).map_async(wgpu::MapMode::Read, move |result| {
            // The receiver waits below; if it is gone, nobody wants the answer.
            let _ = sender.send(result);
        });
        device.raw().poll(wgpu::PollType::wait_indefinitely()).map_err(|error| lost(error.to_string()))?;
        let mapped = receiver.recv().map_err(|error| lost(error.to_string()))?;
        mapped.map_err(|error| lost(error.to_string()))?;
        let mut results = Vec::new();
        {
            let view = staging.slice(..).get_mapped_range().map_err(|error| lost(error.to_string()))?;
            let mut at = 0;
            for (_, words) in &self.reads {
                let range = view.get(at..at + 4 * words).ok_or_else(|| lost("too short".into()))?;
                results.push(bytemuck::pod_collect_to_vec(range));
                at += bytes(*words) as usize;
            }
        }
        staging.unmap();
        device.failure()?;
        Ok(results)
    }
}
