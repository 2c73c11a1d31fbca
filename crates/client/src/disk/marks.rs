//! The trial mark on disk: a file of its own beside each copy of the state, so that it stays when the rest of the state is
//! deleted in one of the two places. Where both can be read, the later one counts.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use countersign_core::Hash;

use super::{Copy, Disk, Lock, content, io_error, prepare, read_file};
use crate::error::Result;
use crate::mark::Mark;

const HEAD: &str = "countersign-trial-mark 1 ";

/// What the copies of the mark say together.
#[derive(Debug)]
pub(crate) enum Marked {
    /// No trial was installed.
    No,
    /// This one was.
    Yes(Mark),
    /// There is something, and no copy can be understood.
    Damaged { path: PathBuf, why: String },
}

/// A mark, to be put where both copies are.
type Read = Copy<Mark>;

impl Disk {
    /// Reads both copies of the mark.
    ///
    /// # Errors
    /// When the first is there and the system does not let it be read.
    pub(crate) fn mark(&self) -> Result<Marked> {
        let path = &self.mark;
        let first = self.read_mark(path).map_err(|e| io_error("read", path, e))?;
        Ok(match (first, self.second_mark()) {
            (Copy::Good(a), Copy::Good(b)) => Marked::Yes(a.later(b)),
            (Copy::Good(one), _) | (_, Copy::Good(one)) => Marked::Yes(one),
            (Copy::Bad(why), _) => Marked::Damaged { path: path.clone(), why },
            (Copy::Missing, Copy::Bad(why)) => {
                Marked::Damaged { path: self.mark_mirror.clone().unwrap_or_default(), why }
            }
            (Copy::Missing, Copy::Missing) => Marked::No,
        })
    }

    /// Writes both copies of the mark, the second where that can be done. What is damaged is moved aside before.
    ///
    /// # Errors
    /// When the first could not be written: the old one counts then.
    pub(crate) fn store_mark(&self, _lock: &Lock, mark: &Mark, now: u64) -> Result<()> {
        let first = self.read_mark(&self.mark).map_err(|e| io_error("read", &self.mark, e))?;
        self.put_mark(&self.mark, first, mark, now)
            .map_err(|e| io_error("written", &self.mark, e))?;
        self.second_copy(mark, now);
        Ok(())
    }

    /// Where one place has lost the mark or has an older one, it gets it from the other. Damage stays for the next install to
    /// decide about; what cannot be written now is written the next time.
    pub(crate) fn mend_mark(&self, _lock: &Lock) {
        let first = self.read_mark(&self.mark);
        match (first, self.second_mark()) {
            (Ok(Copy::Good(first)), Copy::Good(second)) if first != second => {
                let later = first.later(second);
                let _ = self.write_mark(&self.mark, &later);
                self.write_second(&later);
            }
            (Ok(Copy::Good(mark)), Copy::Missing) => self.write_second(&mark),
            (Ok(Copy::Missing), Copy::Good(mark)) => drop(self.write_mark(&self.mark, &mark)),
            _ => {}
        }
    }

    fn second_copy(&self, mark: &Mark, now: u64) {
        if let Some(path) = &self.mark_mirror {
            // It is kept where it can be: a service has no home.
            let _ = self.put_mark(path, self.second_mark(), mark, now);
        }
    }

    fn write_second(&self, mark: &Mark) {
        if let Some(path) = &self.mark_mirror {
            let _ = self.write_mark(path, mark);
        }
    }

    fn put_mark(&self, path: &Path, there: Read, mark: &Mark, now: u64) -> io::Result<()> {
        match there {
            Copy::Good(there) if there == *mark => return Ok(()),
            Copy::Bad(_) => {
                let mut aside = path.as_os_str().to_owned();
                aside.push(format!(".damaged-{now}"));
                fs::rename(path, aside)?;
            }
            _ => {}
        }
        self.write_mark(path, mark)
    }

    fn write_mark(&self, path: &Path, mark: &Mark) -> io::Result<()> {
        let json = serde_json::to_string_pretty(mark).expect("a mark is plain JSON");
        prepare(path, &format!("{HEAD}{}\n{json}\n", Hash::of(&json)))?.put()
    }

    /// A second copy that cannot be read is a damaged one.
    fn second_mark(&self) -> Read {
        self.mark_mirror.as_deref().map_or(Copy::Missing, |path| {
            self.read_mark(path).unwrap_or_else(|e| Copy::Bad(format!("it cannot be read: {e}")))
        })
    }

    fn read_mark(&self, path: &Path) -> io::Result<Read> {
        let Some(bytes) = read_file(path)? else { return Ok(Copy::Missing) };
        Ok(match self.parse_mark(&bytes) {
            Ok(mark) => Copy::Good(mark),
            Err(why) => Copy::Bad(why),
        })
    }

    fn parse_mark(&self, bytes: &[u8]) -> std::result::Result<Mark, String> {
        let json = content(HEAD, bytes, "a trial mark")?;
        let mark: Mark = serde_json::from_str(json)
            .map_err(|e| format!("it was written by another version of the app ({e})"))?;
        if mark.product != self.product.as_str() {
            return Err(format!("it is for the product {}", mark.product));
        }
        Ok(mark)
    }
}
