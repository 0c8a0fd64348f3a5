//! Files that a command writes: whole or not at all.

use std::io::Write;
use std::path::Path;

use crate::error::{Error, ErrorKind, Place, Result, ResultExt};

/// Writes a file that appears whole or not at all.
pub(super) fn save(path: &Path, bytes: &[u8], replace: bool) -> Result<()> {
    let at = || Place::none().file(path);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".lensframe-").suffix(".partial");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Temporary files are private; this one is to be as any other, as far as the user's mask allows.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(|e| Error::io("write", e)).at(at)?;
    file.write_all(bytes).map_err(|e| Error::io("write", e)).at(at)?;
    let kept = if replace { file.persist(path) } else { file.persist_noclobber(path) };
    kept.map(|_| ()).map_err(|e| match e.error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Error::new(ErrorKind::AlreadyExists, "there is such a file already")
                .at(at())
                .remedy("use --force to replace it")
        }
        _ => Error::io("write", e.error).at(at()),
    })
}
