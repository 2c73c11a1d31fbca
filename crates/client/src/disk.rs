//! Two copies of the state on disk. A copy is replaced whole or not at all (temporary file, fsync, rename, fsync of the
//! directory); the copy with the higher generation counts, and what only ever grows is taken from both (`state.rs`).
//!
//! A file is one line `countersign-state 1 SHA256`, then JSON: the hash tells a damaged file from an old one. It is no
//! protection against its owner, who can compute it as well; grants protect themselves by their signatures.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use countersign_core::{Hash, ProductId};

mod marks;

use crate::config::{Config, Mirror};
use crate::error::{Error, Result};
use crate::state::State;

pub(crate) use marks::Marked;

const HEAD: &str = "countersign-state 1 ";

/// How long a verb waits for another process. A write takes milliseconds: after this, that process is stuck.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(5);

#[derive(Debug)]
pub(crate) struct Disk {
    product: ProductId,
    directory: PathBuf,
    primary: PathBuf,
    mirror: Option<PathBuf>,
    /// The trial mark, and its second copy.
    mark: PathBuf,
    mark_mirror: Option<PathBuf>,
}

/// What the copies on disk say together.
#[derive(Debug)]
pub(crate) enum Loaded {
    /// Nothing was ever stored.
    Nothing,
    /// The state, from one copy or both.
    State(Box<State>),
    /// There is something, and no copy can be understood.
    Damaged { path: PathBuf, why: String },
}

enum Copy<T> {
    Missing,
    Good(T),
    Bad(String),
}

/// Whether a write may do without the second copy.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Second {
    /// It is kept where it can be: a service has no home, a disk is full.
    IfPossible,
    /// Where there is one it must change too: it holds what must not come back.
    Needed,
}

/// Held while the state is changed, so that two processes do it one after the other.
pub(crate) struct Lock {
    _file: File,
}

impl Disk {
    pub(crate) fn new(config: &Config) -> Self {
        let directory = config.state_dir.clone();
        let folder = match &config.mirror {
            Mirror::UserData => user_data().map(|data| data.join("countersign")),
            Mirror::In(folder) => Some(folder.clone()),
            Mirror::None => None,
        };
        let name = Hash::of(format!("{}\0{}", config.product, resolved(&directory).display()));
        let beside = |ending: &str| folder.as_ref().map(|f| f.join(format!("{name}{ending}")));
        Self {
            product: config.product.clone(),
            primary: directory.join("state.json"),
            mirror: beside(".state"),
            mark: directory.join(format!("trial-{}.mark", config.product)),
            mark_mirror: beside("-trial.mark"),
            directory,
        }
    }

    /// Where the state is kept.
    pub(crate) fn primary(&self) -> &Path {
        &self.primary
    }

    /// Where its second copy is kept.
    pub(crate) fn mirror(&self) -> Option<&Path> {
        self.mirror.as_deref()
    }

    /// Waits until no other process changes the state, and keeps others out until it is dropped.
    pub(crate) fn lock(&self) -> Result<Lock> {
        self.lock_within(PATIENCE)
    }

    /// The same without waiting, for what can be done as well another time.
    pub(crate) fn lock_now(&self) -> Result<Lock> {
        self.lock_within(Duration::ZERO)
    }

    fn lock_within(&self, patience: Duration) -> Result<Lock> {
        make_folder(&self.directory).map_err(|e| io_error("made", &self.directory, e))?;
        let path = self.directory.join("state.lock");
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        owner_only(&mut options);
        let file = options.open(&path).map_err(|e| io_error("opened", &path, e))?;
        let mut waited = Duration::ZERO;
        loop {
            match file.try_lock() {
                Err(TryLockError::WouldBlock) if waited < patience => {
                    std::thread::sleep(PAUSE);
                    waited += PAUSE;
                }
                Err(TryLockError::WouldBlock) => {
                    let held = io::Error::new(io::ErrorKind::TimedOut, "another program holds it");
                    return Err(io_error("locked", &path, held));
                }
                // A file system without locks serves one process at a time as well.
                Err(TryLockError::Error(e)) if e.kind() != io::ErrorKind::Unsupported => {
                    return Err(io_error("locked", &path, e));
                }
                _ => return Ok(Lock { _file: file }),
            }
        }
    }

    /// Reads both copies.
    ///
    /// # Errors
    /// When the primary is there and the system does not let it be read.
    pub(crate) fn load(&self) -> Result<Loaded> {
        let primary = read(&self.primary).map_err(|e| io_error("read", &self.primary, e))?;
        // A mirror that cannot be read is as good as none: it must not lock the owner out.
        let mirror = self.mirror.as_deref().map_or(Copy::Missing, |path| {
            read(path).unwrap_or_else(|e| Copy::Bad(format!("it cannot be read: {e}")))
        });
        Ok(match (primary, mirror) {
            (Copy::Good(a), Copy::Good(b)) => Loaded::State(Box::new(a.merge(b))),
            (Copy::Good(one), _) | (_, Copy::Good(one)) => Loaded::State(Box::new(one)),
            (Copy::Bad(why), _) => Loaded::Damaged { path: self.primary.clone(), why },
            (Copy::Missing, Copy::Bad(why)) => {
                Loaded::Damaged { path: self.mirror.clone().unwrap_or_default(), why }
            }
            (Copy::Missing, Copy::Missing) => Loaded::Nothing,
        })
    }

    /// Whether both copies say the same, as far as there can be two.
    pub(crate) fn agrees(&self) -> bool {
        let primary = read(&self.primary);
        match self.mirror.as_deref().map(read) {
            Some(mirror) => {
                matches!((primary, mirror), (Ok(Copy::Good(a)), Ok(Copy::Good(b))) if a == b)
            }
            None => matches!(primary, Ok(Copy::Good(_))),
        }
    }

    /// Writes both copies. Whatever happens on the way, what is found afterwards is the old state or the new one.
    ///
    /// # Errors
    /// When the primary could not be written, or a second copy that `second` needs; the old state counts then.
    pub(crate) fn store(&self, lock: &Lock, state: &mut State, second: Second) -> Result<()> {
        state.generation += 1;
        let json = serde_json::to_string_pretty(state).expect("the state is plain JSON");
        let text = zeroize::Zeroizing::new(format!("{HEAD}{}\n{json}\n", Hash::of(&json)));
        let unwritten = |e| io_error("written", &self.primary, e);
        let primary = prepare(&self.primary, &text).map_err(unwritten)?;
        // The second copy is ready before the first is replaced: what stops it is found while nothing is changed yet.
        let prepared = match self.mirror.as_deref().map(|path| (path, prepare(path, &text))) {
            Some((_, Ok(prepared))) => Some(prepared),
            Some((path, Err(error))) if second == Second::Needed && path.exists() => {
                return Err(io_error("written", path, error));
            }
            _ => None,
        };
        primary.put().map_err(unwritten)?;
        if let Some(prepared) = prepared {
            let _ = prepared.put();
        }
        self.mend_mark(lock);
        Ok(())
    }

    /// Moves damaged copies aside, so that a fresh start does not destroy what somebody may still want to look at.
    pub(crate) fn set_aside(&self, _lock: &Lock, now: u64) -> Result<()> {
        for path in [Some(&self.primary), self.mirror.as_ref()].into_iter().flatten() {
            if !path.exists() {
                continue;
            }
            let mut name = path.as_os_str().to_owned();
            name.push(format!(".damaged-{now}"));
            match fs::rename(path, &name) {
                Err(e) if path == &self.primary => return Err(io_error("moved aside", path, e)),
                _ => {}
            }
        }
        Ok(())
    }
}

fn read(path: &Path) -> io::Result<Copy<State>> {
    let Some(bytes) = read_file(path)? else { return Ok(Copy::Missing) };
    Ok(match parse(&bytes) {
        Ok(state) => Copy::Good(state),
        Err(why) => Copy::Bad(why),
    })
}

fn read_file(path: &Path) -> io::Result<Option<zeroize::Zeroizing<Vec<u8>>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(zeroize::Zeroizing::new(bytes))),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(e) => Err(e),
    }
}

fn parse(bytes: &[u8]) -> std::result::Result<State, String> {
    let json = content(HEAD, bytes, "a state file")?;
    serde_json::from_str(json)
        .map_err(|e| format!("it was written by another version of the app ({e})"))
}

/// The JSON under a head line with its check sum.
fn content<'a>(head: &str, bytes: &'a [u8], what: &str) -> std::result::Result<&'a str, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not text".to_owned())?;
    let (first, json) = text.split_once('\n').ok_or("it ends too early")?;
    let sum = first.strip_prefix(head).ok_or_else(|| format!("it does not begin like {what}"))?;
    let json = json.strip_suffix('\n').ok_or("it ends too early")?;
    if Hash::of(json).to_string() != sum {
        return Err("its content does not fit its check sum".to_owned());
    }
    Ok(json)
}

/// New content beside the file that it is for. Whether it gets there or not, nothing is left over.
struct Prepared<'a> {
    path: &'a Path,
    temporary: PathBuf,
}

fn prepare<'a>(path: &'a Path, text: &str) -> io::Result<Prepared<'a>> {
    make_folder(parent(path))?;
    remove_leftovers(path);
    let temporary = path.with_extension(format!("tmp-{}", std::process::id()));
    let prepared = Prepared { path, temporary };
    write_new(&prepared.temporary, text.as_bytes())?;
    Ok(prepared)
}

/// What a killed process left beside `path`: it holds the device's key. The lock says that no process is still at it.
fn remove_leftovers(path: &Path) {
    let Some(name) = path.file_stem().and_then(|stem| stem.to_str()) else { return };
    let beside = format!("{name}.tmp-");
    let entries = fs::read_dir(parent(path)).ok();
    for entry in entries.into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(&beside)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

impl Prepared<'_> {
    /// Replaces the file whole: after a kill or a power cut there is the old content or the new one.
    fn put(self) -> io::Result<()> {
        fs::rename(&self.temporary, self.path)?;
        sync_directory(parent(self.path))
    }
}

impl Drop for Prepared<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.temporary);
    }
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    owner_only(&mut options);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// The rename itself must be on disk before anything that relies on it leaves this machine.
#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Windows gives no handle for that; NTFS journals the rename.
#[cfg(not(unix))]
fn sync_directory(_directory: &Path) -> io::Result<()> {
    Ok(())
}

/// The state holds the device's private key.
fn owner_only(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options; // a user's data directory is the user's own there
}

fn make_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.is_dir();
    let missing: Vec<&Path> = path.ancestors().take_while(is_missing).collect();
    builder.create(path)?;
    // A file is as lasting as the folders that it is in. A parent that may not be read cannot be synced.
    for folder in missing {
        let _ = sync_directory(parent(folder));
    }
    Ok(())
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

pub(crate) fn io_error(did: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Io { did, path: path.to_owned(), source }
}

/// One spelling for a directory, the same before and after it is made: symbolic links are followed as far as it exists.
fn resolved(directory: &Path) -> PathBuf {
    let absolute = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    for existing in absolute.ancestors() {
        if let Ok(real) = fs::canonicalize(existing) {
            let rest = absolute.strip_prefix(existing).unwrap_or(Path::new(""));
            return if rest.as_os_str().is_empty() { real } else { real.join(rest) };
        }
    }
    absolute
}

/// The user's data directory, by the convention of the platform.
fn user_data() -> Option<PathBuf> {
    let folder =
        |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        folder("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        folder("XDG_DATA_HOME").or_else(|| folder("HOME").map(|home| home.join(".local/share")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_a_stuck_process_holds_is_given_up_on_with_a_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::new("acme-cad".parse().unwrap(), [], folder.path());
        let disk = Disk::new(&config.mirror(Mirror::None));
        let held = disk.lock().unwrap();
        let error = disk.lock_within(Duration::from_millis(20)).err().expect("it is held");
        assert_eq!(error.code(), "state-io");
        assert!(error.to_string().ends_with("another program holds it"), "{error}");
        assert!(error.advice().contains("Close the other program"), "{}", error.advice());
        drop(held);
        disk.lock_now().unwrap();
    }
}
