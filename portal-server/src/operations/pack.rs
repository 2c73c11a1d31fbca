//! A backup in one file: a zip of its folder, not compressed, that any program opens.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use anyhow::{Context as _, ensure};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::files::{self, Told as _};
use crate::keys;

/// More files than any portal has.
const MOST: usize = 1_000_000;

/// Whether a backup of this name is one file.
pub(super) fn is_file(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip"))
}

/// Packs a folder into a new file, synced.
pub(super) fn pack(folder: &Path, to: &Path) -> anyhow::Result<()> {
    let written = || format!("{} cannot be written", to.display());
    let mut zip = ZipWriter::new(files::new_private(to).told(written)?);
    let entry = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .unix_permissions(0o600)
        .large_file(true);
    for name in files::below(folder)? {
        let path = folder.join(&name);
        let mut file = File::open(&path).told(|| format!("{} cannot be read", path.display()))?;
        zip.start_file(&name, entry).with_context(written)?;
        io::copy(&mut file, &mut zip).told(written)?;
    }
    let file = zip.finish().map_err(io::Error::from).told(written)?;
    file.sync_all().told(written)
}

/// Unpacks a backup into a new folder that only its owner looks into. What is not a plain file below it is refused.
pub(super) fn unpack(from: &Path, folder: &Path) -> anyhow::Result<()> {
    let named = || format!("{} is no backup, or it is damaged", from.display());
    let file = File::open(from).told(|| format!("{} cannot be read", from.display()))?;
    let mut zip = ZipArchive::new(file).with_context(named)?;
    ensure!(zip.len() <= MOST, "{} has more files than a backup has", from.display());
    keys::private_folder(folder)?;
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).with_context(named)?;
        let name = entry.enclosed_name().with_context(named)?;
        ensure!(entry.is_file(), "{} holds {}, which is no file", from.display(), name.display());
        let to = folder.join(name);
        let written = || format!("{} cannot be written", to.display());
        if let Some(parent) = to.parent() {
            keys::private_folder(parent)?;
        }
        let mut target = files::new_private(&to).told(written)?;
        // A size that is not true is found by the manifest; so much is written and no more.
        let size = entry.size();
        let copied = io::copy(&mut io::Read::take(&mut entry, size), &mut target);
        copied.told(written)?;
        target.sync_all().told(written)?;
    }
    fs::metadata(folder).map(drop).with_context(named)
}
