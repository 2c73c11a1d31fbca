//! Files that only their owner reads, written whole or not at all.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use countersign_crash::{Point, passes};

/// Makes a folder that only its owner looks into.
pub(crate) fn private_folder(path: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(path).with_context(|| format!("{} cannot be made", path.display()))?;
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(())
}

/// Writes a file that only its owner reads: beside its place, synced, then moved there.
pub(crate) fn write_private_file(path: &Path, text: &str) -> anyhow::Result<()> {
    write_file(path, text.as_bytes(), 0o600)
}

/// As [`write_private_file`], with another mode.
pub(super) fn write_file(path: &Path, bytes: &[u8], mode: u32) -> anyhow::Result<()> {
    let partial = path.with_extension("partial");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    let write = || -> std::io::Result<()> {
        let mut file = options.open(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        passes(Point::KeyFileWritten);
        fs::rename(&partial, path)?;
        passes(Point::KeyFileMoved);
        path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
    };
    write().with_context(|| format!("{} cannot be written", path.display()))
}
