//! Memory of the device: buffers, and the words they begin with.
//!
//! The invariant: a buffer is never larger than the device allows, and one that is filled holds all of its words before
//! anything reads it, whichever way they came there.

use super::device::Device;
use super::known::Known;
use crate::error::{Error, ErrorKind, Result};

/// What the memory of values is used for.
pub(super) const STORAGE: wgpu::BufferUsages =
    wgpu::BufferUsages::STORAGE.union(wgpu::BufferUsages::COPY_SRC).union(wgpu::BufferUsages::COPY_DST);

/// Bytes of so many words.
pub(super) fn bytes(words: usize) -> u64 {
    // Kernels read and write four words at once: the last four may be beyond the end.
    (words as u64).saturating_mul(4).next_multiple_of(16).max(16)
}

/// Memory without anything in it yet; with `mapped`, the host can write to it until it is unmapped.
///
/// # Errors
/// `Limit` if the device allows no buffer of that size, or has no memory left.
pub(super) fn buffer(
    device: &Device,
    size: u64,
    usage: wgpu::BufferUsages,
    mapped: bool,
) -> Result<wgpu::Buffer> {
    let most = device.limits().max_buffer_size;
    if size > most {
        let what = format!("{size} bytes are over the {most} that a buffer of the device may have");
        return Err(Error::new(ErrorKind::Limit, what).remedy("use smaller batches or pictures"));
    }
    let wanted = wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: mapped };
    device.caught("memory of the device", |raw| raw.create_buffer(&wanted))
}

/// Memory with `len` words that are known.
///
/// # Errors
/// Those of [`buffer`] and [`Known::pieces`]; `Failed` if the memory cannot be written.
pub(super) fn filled(
    device: &Device,
    len: usize,
    known: &Known,
    usage: wgpu::BufferUsages,
) -> Result<wgpu::Buffer> {
    if device.mappable() { written(device, len, known, usage) } else { sent(device, len, known, usage) }
}

/// The words written where kernels read them.
fn written(device: &Device, len: usize, known: &Known, usage: wgpu::BufferUsages) -> Result<wgpu::Buffer> {
    let buffer = buffer(device, bytes(len), usage | wgpu::BufferUsages::MAP_WRITE, true)?;
    device.caught("memory of the device", |_| {
        let lost = |error| {
            device.failure().err().unwrap_or_else(|| {
                Error::new(ErrorKind::Failed, format!("memory of the device cannot be written: {error}"))
                    .remedy("open the device again, or run on the processor")
            })
        };
        let mut view = buffer.get_mapped_range_mut(..).map_err(lost)?;
        let mut all = view.slice(..);
        known.pieces(len, |place, piece| {
            let part = 4 * place..4 * (place + piece.len());
            all.slice(part).copy_from_slice(bytemuck::cast_slice(piece));
        })
    })??;
    device.caught("memory of the device", |_| buffer.unmap())?;
    Ok(buffer)
}

/// The words made on the host and sent to the device.
fn sent(device: &Device, len: usize, known: &Known, usage: wgpu::BufferUsages) -> Result<wgpu::Buffer> {
    let buffer = buffer(device, bytes(len), usage, false)?;
    let words = known.words(len)?;
    if !words.is_empty() {
        device.caught("memory of the device", |_| {
            device.queue().write_buffer(&buffer, 0, bytemuck::cast_slice(&words));
        })?;
    }
    Ok(buffer)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{device, noise};
    use super::super::walk::Walk;
    use super::*;

    /// The words in a buffer.
    fn words(device: &Device, from: &wgpu::Buffer) -> Vec<u32> {
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let to = buffer(device, from.size(), usage, false).unwrap();
        let mut encoder = device.raw().create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.copy_buffer_to_buffer(from, 0, &to, 0, from.size());
        device.queue().submit([encoder.finish()]);
        to.slice(..).map_async(wgpu::MapMode::Read, |result| result.unwrap());
        device.raw().poll(wgpu::PollType::wait_indefinitely()).unwrap();
        let view = to.slice(..).get_mapped_range().unwrap();
        bytemuck::pod_collect_to_vec(&view)
    }

    #[test]
    fn memory_holds_what_is_known_whichever_way_it_came_there() {
        let Some(device) = device() else { return };
        let weights = noise(&[5, 7, 3, 3], 4);
        let turned = Walk::over(&[7, 9, 5]).track(0, vec![9, 1, 63]);
        let gaps = {
            let mut walk = Walk::over(&[3, 4]).track(5, vec![4, 1]);
            walk.tracks[0].strides = vec![6, 1];
            walk
        };
        for (known, len) in [
            (Known::Words((0..10).collect()), 10),
            (Known::Words(Vec::new()), 0),
            (Known::Tensor(weights.clone()), 315),
            (Known::Laid(weights.clone(), turned), 315),
            (Known::Laid(weights.clone(), gaps), 18),
            (Known::Winograd(weights, [7, 5, 8]), 36 * 7 * 8),
        ] {
            let mut wanted = known.words(len).unwrap().into_owned();
            assert_eq!(wanted.len(), len);
            wanted.resize(usize::try_from(bytes(len)).unwrap() / 4, 0);
            assert_eq!(words(&device, &sent(&device, len, &known, STORAGE).unwrap()), wanted, "{known:?}");
            if device.mappable() {
                let there = written(&device, len, &known, STORAGE).unwrap();
                assert_eq!(words(&device, &there), wanted, "{known:?}");
            }
        }
    }

    #[test]
    fn what_leaves_its_tensor_is_refused() {
        let Some(device) = device() else { return };
        let known = Known::Laid(noise(&[4], 1), Walk::over(&[5]).track(0, vec![1]));
        assert_eq!(filled(&device, 5, &known, STORAGE).unwrap_err().kind(), ErrorKind::Failed);
        let known = Known::Laid(noise(&[5], 1), Walk::over(&[5]).track(0, vec![1]));
        assert_eq!(filled(&device, 4, &known, STORAGE).unwrap_err().kind(), ErrorKind::Failed);
    }
}
