//! Changing several files of the keys folder at once: they are written beside, the folder that holds them is moved into place,
//! which decides it, and then each goes to its own place. A crash on the way is finished by whoever looks next.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

use anyhow::Context as _;
use countersign_crash::{Point, passes};

use super::files::{private_folder, write_file};
use super::folder::{Folder, INCOMING, NEXT, NEXT_PUBLIC, SIGNING};

/// Held by whoever changes the folder.
const LOCK: &str = "lock";

/// The right to change the folder, until this is dropped. The system takes it back when a process dies.
#[derive(Debug)]
pub(crate) struct Locked(#[expect(dead_code)] File);

/// Takes the lock; `None` while somebody else has it.
///
/// # Errors
/// When the lock's file cannot be made.
pub(crate) fn lock(keys: &Path) -> anyhow::Result<Option<Locked>> {
    let path = keys.join(LOCK);
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.with_context(|| format!("{} cannot be opened", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Locked(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{} cannot be locked", path.display()))
        }
    }
}

/// Puts these files into the folder, all or none.
///
/// # Errors
/// When one cannot be written. Where it was decided already, the next look finishes it.
pub(crate) fn commit(
    locked: &Locked,
    keys: &Path,
    files: &BTreeMap<String, Vec<u8>>,
) -> anyhow::Result<()> {
    let (beside, incoming) = (keys.join("incoming.partial"), keys.join(INCOMING));
    let write = || -> anyhow::Result<()> {
        if beside.exists() {
            fs::remove_dir_all(&beside)?;
        }
        private_folder(&beside)?;
        for (name, bytes) in files {
            write_file(&beside.join(name), bytes, 0o600)?;
        }
        passes(Point::KeyChangeWritten);
        fs::rename(&beside, &incoming)?;
        passes(Point::KeyChangeDecided);
        Ok(sync(keys)?)
    };
    write().with_context(|| format!("{} cannot be written to", keys.display()))?;
    finish(locked, keys)
}

/// Makes the folder what all nodes have. A next key that they no longer have goes.
///
/// # Errors
/// As [`commit`].
pub(crate) fn commit_exactly(locked: &Locked, keys: &Path, folder: &Folder) -> anyhow::Result<()> {
    commit(locked, keys, folder.files())?;
    for name in [NEXT, NEXT_PUBLIC].into_iter().filter(|name| !folder.has(name)) {
        match fs::remove_file(keys.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

/// Finishes a change that is decided, if there is one.
///
/// # Errors
/// When a file cannot be moved.
pub(crate) fn finish(_: &Locked, keys: &Path) -> anyhow::Result<()> {
    let incoming = keys.join(INCOMING);
    let go_on = || -> io::Result<()> {
        if incoming.exists() {
            for entry in fs::read_dir(&incoming)? {
                let entry = entry?;
                fs::rename(entry.path(), keys.join(entry.file_name()))?;
                passes(Point::KeyChangeMoving);
            }
            sync(keys)?;
            fs::remove_dir(&incoming)?;
        }
        drop_what_followed(keys)
    };
    go_on().with_context(|| format!("the change in {} cannot be finished", incoming.display()))
}

/// The next key is the present one now.
fn drop_what_followed(keys: &Path) -> io::Result<()> {
    let next = keys.join(NEXT);
    if next.exists() && fs::read(&next)? == fs::read(keys.join(SIGNING))? {
        fs::remove_file(next)?;
        let _ = fs::remove_file(keys.join(NEXT_PUBLIC));
        sync(keys)?;
    }
    Ok(())
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
