//! [`Cache`]: compiled pipelines, kept on disk from one process to the next.
//!
//! Drivers of desktops mostly keep such a cache themselves; this one serves where they do not.
//!
//! The invariant: a driver is given only what it gave before. A file is named by adapter and driver, and begins with
//! the hash of the rest: one that was cut off, changed, or made elsewhere is passed over and written anew. That a cache
//! cannot be read or written is no error, since pipelines can always be compiled.

#![allow(unsafe_code, reason = "a driver trusts what it is given; what it is given is checked here")]

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Bytes of the hash before the data.
const HASH: usize = blake3::OUT_LEN;
/// What is larger is not kept.
const MOST: u64 = 64 << 20;

/// A driver's cache, and the file that it came from and goes to.
pub(super) struct Cache {
    cache: wgpu::PipelineCache,
    file: PathBuf,
}

impl Cache {
    /// The cache of an adapter in the user's folder for such files; `LENSFRAME_CACHE` names another, or none if it is
    /// empty. None where the device has no caches.
    pub(super) fn open(device: &wgpu::Device, info: &wgpu::AdapterInfo) -> Option<Cache> {
        Cache::at(&folder()?, device, info)
    }

    /// As [`Cache::open`], in this folder.
    pub(super) fn at(folder: &Path, device: &wgpu::Device, info: &wgpu::AdapterInfo) -> Option<Cache> {
        if !device.features().contains(wgpu::Features::PIPELINE_CACHE) {
            return None;
        }
        let key = wgpu::util::pipeline_cache_key(info)?;
        let driver = format!("{} {} {}", info.name, info.driver, info.driver_info);
        let driver = blake3::hash(driver.as_bytes()).to_hex();
        let file = folder.join(format!("{key}_{}.bin", driver.get(..16)?));
        let kept = read(&file);
        let wanted = wgpu::PipelineCacheDescriptor {
            label: Some("lensframe"),
            data: kept.as_deref(),
            // What the driver does not take, it makes anew.
            fallback: true,
        };
        // SAFETY: the data are what `save` wrote, byte by byte by their hash, in a file of this adapter and driver; there
        // they came from the driver.
        let cache = unsafe { device.create_pipeline_cache(&wanted) };
        Some(Cache { cache, file })
    }

    /// What pipelines are compiled with.
    pub(super) fn raw(&self) -> &wgpu::PipelineCache {
        &self.cache
    }

    /// Writes the file, whole or not at all.
    pub(super) fn save(&self) {
        let data = self.cache.get_data().filter(|data| !data.is_empty() && data.len() as u64 <= MOST);
        if let Some(data) = data {
            // Without it the next process compiles again, as this one did.
            let _ = write(&self.file, &data);
        }
    }
}

/// The data of a file, if they are what was written.
fn read(file: &Path) -> Option<Vec<u8>> {
    if std::fs::metadata(file).ok()?.len() > MOST + HASH as u64 {
        return None;
    }
    let mut data = std::fs::read(file).ok()?;
    let hash: [u8; HASH] = data.get(..HASH)?.try_into().ok()?;
    let data = data.split_off(HASH);
    (blake3::hash(&data) == hash).then_some(data)
}

fn write(file: &Path, data: &[u8]) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut made = tempfile::NamedTempFile::new_in(folder)?;
    made.write_all(blake3::hash(data).as_bytes())?;
    made.write_all(data)?;
    made.persist(file)?;
    Ok(())
}

fn folder() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from);
    if let Some(said) = named("LENSFRAME_CACHE") {
        return (!said.as_os_str().is_empty()).then_some(said);
    }
    let absolute = |path: &PathBuf| path.is_absolute();
    let own = named("XDG_CACHE_HOME").filter(absolute);
    let own = own.or_else(|| named("LOCALAPPDATA").filter(absolute));
    let own = own.or_else(|| named("HOME").filter(absolute).map(|home| home.join(".cache")));
    Some(own?.join("lensframe").join("pipelines"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("not there yet").join("a.bin");
        assert_eq!(read(&file), None);
        write(&file, b"compiled").unwrap();
        assert_eq!(read(&file).as_deref(), Some(&b"compiled"[..]));
        write(&file, b"compiled again").unwrap();
        assert_eq!(read(&file).as_deref(), Some(&b"compiled again"[..]));
        let whole = std::fs::read(&file).unwrap();
        for cut in [0, 10, HASH, whole.len() - 1] {
            std::fs::write(&file, &whole[..cut]).unwrap();
            // An empty rest has a hash too, and it is another one.
            assert_eq!(read(&file), None, "{cut}");
        }
        for place in 0..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            std::fs::write(&file, &changed).unwrap();
            assert_eq!(read(&file), None, "{place}");
        }
        // Nothing else is left in the folder.
        assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        std::fs::write(&taken, "").unwrap();
        assert!(write(&taken.join("a.bin"), b"x").is_err());
        assert_eq!(read(&taken.join("a.bin")), None);
    }

    #[test]
    fn pipelines_are_kept_from_one_device_to_the_next() {
        let Some(device) = super::super::tests::device() else { return };
        let folder = tempfile::tempdir().unwrap();
        let info = device.raw().adapter_info();
        let Some(cache) = Cache::at(folder.path(), device.raw(), &info) else {
            eprintln!("the device has no caches: nothing was tested");
            return;
        };
        cache.save();
        let Some(kept) = read(&cache.file) else {
            eprintln!("the driver gives nothing to keep");
            return;
        };
        let again = Cache::at(folder.path(), device.raw(), &info).unwrap();
        assert_eq!(again.raw().get_data(), Some(kept));
        // What another adapter left is not given to this one.
        let other = wgpu::AdapterInfo { driver_info: "another".into(), ..info };
        assert_ne!(Cache::at(folder.path(), device.raw(), &other).unwrap().file, cache.file);
    }
}
