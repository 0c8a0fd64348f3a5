//! [`Device`]: one open adapter, its limits, its compiled pipelines, and the errors it reported.
//!
//! The invariant: no error of the driver ends the process. Errors of creation are caught where they arise; those
//! that come later are kept and returned by the next call. A device computes nothing by itself.

use std::collections::HashMap;
use std::sync::Arc;

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::cache::Cache;
use super::shader::{Key, Pipeline};
use crate::error::{Error, ErrorKind, Result};

/// Which adapter to open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// A discrete one before an integrated one before one made of the processor.
    #[default]
    Best,
    /// By its place in [`adapters`].
    Number(usize),
}

/// What is known of an adapter before it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adapter {
    /// The name the driver gives it.
    pub name: String,
    /// The driver and its version.
    pub driver: String,
    /// True if it is the processor (lavapipe, SwiftShader, WARP): no memory of its own, no wide groups.
    pub processor: bool,
}

struct Inner {
    device: wgpu::Device,
    queue: wgpu::Queue,
    adapter: Adapter,
    limits: wgpu::Limits,
    features: wgpu::Features,
    failures: Arc<Mutex<Vec<String>>>,
    /// Why the device is gone, once it is.
    lost: Arc<Mutex<Option<String>>>,
    pipelines: Mutex<HashMap<Key, Pipeline>>,
    cache: Option<Cache>,
}

/// An open adapter. Clones share it.
#[derive(Clone)]
pub struct Device {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Device").field(&self.inner.adapter).finish()
    }
}

/// The adapters of this machine, the best first. Empty if there is no driver.
pub fn adapters() -> Vec<Adapter> {
    found().iter().map(|adapter| describe(&adapter.get_info())).collect()
}

fn found() -> Vec<wgpu::Adapter> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let mut adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY));
    // A stable sort: equal adapters stay in the driver's order, so that a number always names the same one.
    adapters.sort_by_key(|adapter| match adapter.get_info().device_type {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    });
    adapters
}

fn describe(info: &wgpu::AdapterInfo) -> Adapter {
    Adapter {
        name: info.name.clone(),
        driver: format!("{} {}", info.driver, info.driver_info),
        processor: info.device_type == wgpu::DeviceType::Cpu,
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is kept behind these locks is whole after every statement; a panic elsewhere does not spoil it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Device {
    /// Opens an adapter with all the limits it has.
    ///
    /// # Errors
    /// `Unsupported` if there is no adapter, or if it cannot be opened; `Index` if there is none of that number.
    pub fn open(which: Which) -> Result<Device> {
        let mut adapters = found();
        if adapters.is_empty() {
            return Err(Error::new(ErrorKind::Unsupported, "no graphics adapter was found")
                .remedy("install a Vulkan driver (Debian: mesa-vulkan-drivers), or run on the processor"));
        }
        let place = match which {
            Which::Best => 0,
            Which::Number(place) => place,
        };
        if place >= adapters.len() {
            let what = format!("there is no adapter {place}; there are {}", adapters.len());
            return Err(Error::new(ErrorKind::Index, what).remedy("count adapters from 0"));
        }
        let adapter = adapters.swap_remove(place);
        let mut wanted =
            wgpu::Features::SHADER_F16 | wgpu::Features::SUBGROUP | wgpu::Features::PIPELINE_CACHE;
        let info = adapter.get_info();
        if info.device_type == wgpu::DeviceType::Cpu && info.backend == wgpu::Backend::Vulkan {
            // Its memory is the host's: what is known is written there at once. Other drivers may give such memory
            // that is slow to read.
            wanted |= wgpu::Features::MAPPABLE_PRIMARY_BUFFERS;
        }
        let features = adapter.features() & wanted;
        let limits = adapter.limits();
        let (device, queue) = pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor {
            label: Some("lensframe"),
            required_features: features,
            required_limits: limits.clone(),
            ..Default::default()
        }))
        .map_err(|error| {
            let what = format!("the adapter '{}' could not be opened: {error}", adapter.get_info().name);
            Error::new(ErrorKind::Unsupported, what).remedy("choose another adapter, or run on the processor")
        })?;
        let failures = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&failures);
        device.on_uncaptured_error(Arc::new(move |error| lock(&kept).push(error.to_string())));
        let lost = Arc::new(Mutex::new(None));
        let kept = Arc::clone(&lost);
        device.set_device_lost_callback(move |_, text| {
            lock(&kept).get_or_insert(format!("the device was lost: {text}"));
        });
        let cache = Cache::open(&device, &adapter.get_info());
        let adapter = describe(&adapter.get_info());
        let inner = Inner {
            device,
            queue,
            adapter,
            limits,
            features,
            failures,
            lost,
            pipelines: Mutex::new(HashMap::new()),
            cache,
        };
        Ok(Device { inner: Arc::new(inner) })
    }

    /// What was opened.
    pub fn adapter(&self) -> &Adapter {
        &self.inner.adapter
    }

    /// The largest tensor in bytes that a kernel can take.
    pub fn largest(&self) -> u64 {
        self.inner.limits.max_storage_buffer_binding_size.min(self.inner.limits.max_buffer_size)
    }

    /// True if shaders may compute in 16 bits.
    pub fn half(&self) -> bool {
        self.inner.features.contains(wgpu::Features::SHADER_F16)
    }

    /// True if the host may write to the memory that kernels read.
    pub(super) fn mappable(&self) -> bool {
        self.inner.features.contains(wgpu::Features::MAPPABLE_PRIMARY_BUFFERS)
    }

    pub(super) fn raw(&self) -> &wgpu::Device {
        &self.inner.device
    }

    pub(super) fn queue(&self) -> &wgpu::Queue {
        &self.inner.queue
    }

    pub(super) fn limits(&self) -> &wgpu::Limits {
        &self.inner.limits
    }

    pub(super) fn pipelines(&self) -> &Mutex<HashMap<Key, Pipeline>> {
        &self.inner.pipelines
    }

    /// Compiled pipelines of other processes.
    pub(super) fn cache(&self) -> Option<&Cache> {
        self.inner.cache.as_ref()
    }

    /// Runs `make` and returns what the driver said against it as an error.
    pub(super) fn caught<T>(&self, doing: &str, make: impl FnOnce(&wgpu::Device) -> T) -> Result<T> {
        let memory = self.inner.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let internal = self.inner.device.push_error_scope(wgpu::ErrorFilter::Internal);
        let validation = self.inner.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let made = make(&self.inner.device);
        let validation = pollster::block_on(validation.pop());
        let internal = pollster::block_on(internal.pop());
        let memory = pollster::block_on(memory.pop());
        if let Some(error) = memory {
            let what = format!("{doing}: the device has no memory left ({error})");
            return Err(Error::new(ErrorKind::Limit, what).remedy("use smaller batches"));
        }
        if let Some(error) = validation.or(internal) {
            return Err(Error::new(ErrorKind::Failed, format!("{doing}: {error}")));
        }
        self.failure()?;
        Ok(made)
    }

    /// The failures that came since the last call, as an error; that the device is lost, each time.
    pub(super) fn failure(&self) -> Result<()> {
        let failures = std::mem::take(&mut *lock(&self.inner.failures));
        let lost = lock(&self.inner.lost).clone();
        match lost.as_ref().or(failures.first()) {
            None => Ok(()),
            Some(first) => Err(Error::new(ErrorKind::Failed, format!("the graphics driver: {first}"))
                .remedy("open the device again, or run on the processor")),
        }
    }
}
