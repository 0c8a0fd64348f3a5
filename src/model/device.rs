//! [`Device`]: what runs a network.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};

/// What runs a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Device {
    /// The best GPU; where there is none, and for drivers that compute on the processor, the processor.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// A GPU, counted from 0 as the system lists them.
    Gpu(usize),
}

impl Device {
    /// Whether a GPU would run a network, as far as that can be told before it is opened.
    pub fn is_gpu(self) -> bool {
        match self {
            Device::Cpu => false,
            Device::Gpu(_) => true,
            #[cfg(feature = "gpu")]
            Device::Auto => super::gpu::adapters().iter().any(|adapter| !adapter.processor),
            #[cfg(not(feature = "gpu"))]
            Device::Auto => false,
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Auto => f.write_str("auto"),
            Device::Cpu => f.write_str("cpu"),
            Device::Gpu(number) => write!(f, "gpu:{number}"),
        }
    }
}

impl FromStr for Device {
    type Err = Error;

    fn from_str(text: &str) -> Result<Device> {
        let number = |text: &str| text.parse().ok().map(Device::Gpu);
        let device = match text {
            "auto" => Some(Device::Auto),
            "cpu" => Some(Device::Cpu),
            "gpu" => Some(Device::Gpu(0)),
            other => other.strip_prefix("gpu:").and_then(number),
        };
        device.ok_or_else(|| {
            Error::new(ErrorKind::Usage, format!("'{text}' is no device"))
                .remedy("say auto, cpu, gpu or gpu:N")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_reads_as_it_is_written() {
        for device in [Device::Auto, Device::Cpu, Device::Gpu(0), Device::Gpu(3)] {
            assert_eq!(device.to_string().parse::<Device>().unwrap(), device);
        }
        assert_eq!("gpu".parse::<Device>().unwrap(), Device::Gpu(0));
        for odd in ["", "cuda", "gpu:", "gpu:-1", "gpu1"] {
            assert!(odd.parse::<Device>().is_err(), "{odd}");
        }
    }
}
