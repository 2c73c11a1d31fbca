//! Files of backups: copied and read whole, synced, and said well when they cannot be.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use anyhow::Context as _;
use countersign_core::Hash;
use sha2::{Digest as _, Sha256};

/// What is read at once.
const PIECE: usize = 256 * 1024;

/// What is to be done about an error of the disk; empty where nobody knows better than the system.
pub(super) fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            ": the disk is full, or a limit is reached. Make room, or take another disk, and run this again"
        }
        io::ErrorKind::PermissionDenied => {
            ": this user may not. Run this as the user that the portal runs as, or choose a place of theirs"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            ": nothing may be written to that disk. Choose another place"
        }
        io::ErrorKind::NotFound => ": its folder is not there",
        _ => "",
    }
}

/// Puts in words what could not be done, and what to do about it.
pub(super) trait Told<T> {
    fn told(self, what: impl FnOnce() -> String) -> anyhow::Result<T>;
}

impl<T> Told<T> for io::Result<T> {
    fn told(self, what: impl FnOnce() -> String) -> anyhow::Result<T> {
        self.map_err(|error| {
            let advice = advice(&error);
            anyhow::Error::new(error).context(format!("{}{advice}", what()))
        })
    }
}

/// Copies a file into a new one that only its owner reads, synced: size and SHA-256 of what was written.
pub(super) fn copy(from: &Path, to: &Path) -> anyhow::Result<(u64, String)> {
    let mut source = File::open(from).told(|| format!("{} cannot be read", from.display()))?;
    let written = || format!("{} cannot be written", to.display());
    let mut target = new_private(to).told(written)?;
    let digest = each_piece(&mut source, from, |piece| target.write_all(piece).told(written))?;
    target.sync_all().told(written)?;
    Ok(digest)
}

/// A new file that only its owner reads.
pub(super) fn new_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Size and SHA-256 of a file.
pub(super) fn digest(path: &Path) -> anyhow::Result<(u64, String)> {
    let mut file = File::open(path).told(|| format!("{} cannot be read", path.display()))?;
    each_piece(&mut file, path, |_| Ok(()))
}

fn each_piece(
    file: &mut File,
    path: &Path,
    mut take: impl FnMut(&[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<(u64, String)> {
    let (mut hasher, mut size, mut piece) = (Sha256::new(), 0, vec![0; PIECE]);
    loop {
        let read = file.read(&mut piece).told(|| format!("{} cannot be read", path.display()))?;
        if read == 0 {
            return Ok((size, Hash::from(<[u8; 32]>::from(hasher.finalize())).to_string()));
        }
        hasher.update(&piece[..read]);
        size += read as u64;
        take(&piece[..read])?;
    }
}

/// Whether there is a file itself, and no link to one.
pub(super) fn is_regular(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
}

/// The names of all that is below a folder and no folder itself, with `/`, sorted.
pub(super) fn below(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    collect(folder, "", &mut found)?;
    found.sort_unstable();
    Ok(found)
}

fn collect(folder: &Path, prefix: &str, found: &mut Vec<String>) -> anyhow::Result<()> {
    let named = || format!("{} cannot be read", folder.display());
    for entry in fs::read_dir(folder).told(named)? {
        let entry = entry.with_context(named)?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().with_context(named)?.is_dir() {
            collect(&entry.path(), &format!("{name}/"), found)?;
        } else {
            found.push(name);
        }
    }
    Ok(())
}

/// Gives a file or folder its name on the same disk, synced; `what` says what it could not get.
pub(super) fn rename(from: &Path, to: &Path, what: &str) -> anyhow::Result<()> {
    fs::rename(from, to).told(|| format!("{} cannot be {what}", to.display()))?;
    sync_folder(to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

/// Syncs a folder: the names in it are on disk then.
pub(super) fn sync_folder(folder: &Path) -> anyhow::Result<()> {
    #[cfg(unix)]
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .told(|| format!("{} cannot be synced", folder.display()))?;
    Ok(())
}
