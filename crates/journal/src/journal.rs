//! The file under its lock: what was signed for a request, how many grants a delegation has given, and appending.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use countersign_core::{Hash, Id, Thumbprint, UnixSeconds};
use rand_core::CryptoRng;

use crate::error::{Error, Result};
use crate::line::{self, Entry, Form, Head, LONGEST, Opening};
use crate::lock::{Lock, sync_folder};
use crate::read::{Line, Lines};
use crate::recent::Recent;

/// A journal that is open for signing. Others may sign into the same file: each group is written under a lock, after what
/// the others wrote meanwhile was read.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    opening: Opening,
    /// Where the entry of each request begins, in bytes. Kept where each request is answered once.
    places: HashMap<Hash, u64>,
    /// Kept where every signature is written.
    recent: Recent,
    /// How many grants were given under each delegation.
    granted: HashMap<Hash, u64>,
    head: Head,
    /// How many bytes of the file are known.
    end: u64,
    /// How many lines.
    lines: u64,
}

/// What opening a journal found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// It was begun just now.
    pub is_new: bool,
    /// Bytes of a last line that was not written whole, which were cut off: what it was to say was never handed out.
    pub cut: u64,
}

/// A signature that is to be journaled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct New {
    /// When it was signed.
    pub at: UnixSeconds,
    /// SHA-256 of the request token; of the payload that is approved, of the id of a release, of the place of a checkpoint.
    pub request: Hash,
    /// The bare token.
    pub response: String,
    /// The delegation that a grant was signed under.
    pub under: Option<Hash>,
}

impl Journal {
    /// Opens the journal of the key `kid`, or begins it, readable by its owner alone. All lines are read, and their chain is
    /// checked: nothing is signed on top of a journal that is wrong. A last line that was not written whole is cut off.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn open(
        path: &Path,
        kid: &Thumbprint,
        now: UnixSeconds,
        rng: &mut impl CryptoRng,
    ) -> Result<(Self, Opened)> {
        Self::open_as(Form::Requests, path, kid, now, rng)
    }

    /// As [`Journal::open`], for a journal of this form.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn open_as(
        form: Form,
        path: &Path,
        kid: &Thumbprint,
        now: UnixSeconds,
        rng: &mut impl CryptoRng,
    ) -> Result<(Self, Opened)> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).read(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|e| Error::io("opened", path, e))?;
        let _lock = Lock::take(&file, path)?;
        let mut journal = Self {
            file: file.try_clone().map_err(|e| Error::io("opened", path, e))?,
            path: path.to_owned(),
            opening: Opening {
                journal: Id::random(rng),
                v: form.version(),
                form,
                kid: *kid,
                made: now,
                prev: String::new(),
            },
            places: HashMap::new(),
            recent: Recent::default(),
            granted: HashMap::new(),
            head: Head { count: 0, hash: Hash::from([0; 32]) },
            end: 0,
            lines: 0,
        };
        let cut = journal.catch_up()?;
        let is_new = journal.lines == 0;
        if is_new {
            journal.begin()?;
        }
        if journal.opening.kid != *kid {
            return Err(Error::OtherKey {
                path: journal.path,
                found: journal.opening.kid,
                wanted: *kid,
            });
        }
        if journal.opening.form != form {
            return Err(Error::OtherForm { path: journal.path });
        }
        Ok((journal, Opened { is_new, cut }))
    }

    /// The first line.
    pub fn opening(&self) -> &Opening {
        &self.opening
    }

    /// Where the file lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the journal ended when it was last looked at.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Waits until no other process writes, reads what it wrote, and keeps others out until the result is dropped.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn lock(&mut self) -> Result<Locked<'_>> {
        let lock = Lock::take(&self.file, &self.path)?;
        self.check_place()?;
        self.catch_up()?;
        Ok(Locked { journal: self, _lock: lock })
    }

    fn begin(&mut self) -> Result<()> {
        let mut bytes = Vec::new();
        let head = line::write(&mut bytes, &self.opening);
        self.write(&bytes)?;
        sync_folder(&self.path).map_err(|e| Error::io("written", &self.path, e))?;
        self.head = head;
        self.lines = 1;
        Ok(())
    }

    /// Reads what is in the file and not known yet; gives how many bytes of a torn line were cut off.
    fn catch_up(&mut self) -> Result<u64> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |e| Error::io("read", &path, e)
        };
        let length = self.file.metadata().map_err(io(&self.path))?.len();
        if length < self.end {
            return Err(Error::Replaced { path: self.path.clone() });
        }
        if length == self.end {
            return Ok(0);
        }
        self.file.seek(SeekFrom::Start(self.end)).map_err(io(&self.path))?;
        let file = self.file.try_clone().map_err(io(&self.path))?;
        let mut lines = Lines::new(file.take(length - self.end), self.end);
        let mut buffer = Vec::new();
        while let Some(line) = lines.next(&mut buffer).map_err(io(&self.path))? {
            match line {
                Line::Whole { offset } => self.take_in(&buffer, offset)?,
                Line::TooLong => return Err(self.broken("it is longer than any line may be")),
                Line::Torn { offset } => {
                    self.cut(offset)?;
                    return Ok(length - offset);
                }
            }
        }
        Ok(0)
    }

    /// Takes the next line in, which must follow from what is known.
    fn take_in(&mut self, bytes: &[u8], offset: u64) -> Result<()> {
        if self.lines == 0 {
            self.opening = line::read_opening(bytes).map_err(|why| self.broken(&why))?;
        } else {
            let entry = line::read_entry(bytes).map_err(|why| self.broken(&why))?;
            if entry.n != self.head.count + 1 || entry.prev != self.head.hash {
                return Err(self.broken("it does not follow from the line before it"));
            }
            self.note(entry.at, &entry.request, entry.under, offset);
            self.head.count = entry.n;
        }
        self.head.hash = Hash::of(bytes);
        self.lines += 1;
        self.end = offset + bytes.len() as u64 + 1;
        Ok(())
    }

    fn note(&mut self, at: UnixSeconds, request: &Hash, under: Option<Hash>, offset: u64) {
        match self.opening.form {
            Form::Requests => {
                self.places.entry(*request).or_insert(offset);
            }
            Form::Signatures => self.recent.note(at, *request),
        }
        if let Some(delegation) = under {
            *self.granted.entry(delegation).or_default() += 1;
        }
    }

    fn broken(&self, why: &str) -> Error {
        Error::Broken { path: self.path.clone(), line: self.lines + 1, why: why.to_owned() }
    }

    /// Takes off what stands behind the last whole line.
    fn cut(&self, length: u64) -> Result<()> {
        let cut = self.file.set_len(length).and_then(|()| self.file.sync_data());
        cut.map_err(|e| Error::io("written", &self.path, e))
    }

    /// Whole and on disk, or not at all.
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self
            .file
            .seek(SeekFrom::Start(self.end))
            .and_then(|_| self.file.write_all(bytes))
            .and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // What stays of it would be cut off by the next one who opens the journal.
            let _ = self.cut(self.end);
            return Err(Error::io("written", &self.path, error));
        }
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// Whether the path still leads to the file that is open.
    fn check_place(&self) -> Result<()> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let identity = |m: fs::Metadata| (m.dev(), m.ino());
            let open = self.file.metadata().map(identity);
            let there = fs::metadata(&self.path).map(identity);
            if !matches!((open, there), (Ok(open), Ok(there)) if open == there) {
                return Err(Error::Replaced { path: self.path.clone() });
            }
        }
        Ok(())
    }
}

/// A journal that nobody else writes to now.
#[derive(Debug)]
pub struct Locked<'a> {
    journal: &'a mut Journal,
    _lock: Lock,
}

impl Locked<'_> {
    /// The number and the response of the entry for a request, if it was answered: in a journal of [`Form::Requests`], which
    /// knows them.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn find(&self, request: &Hash) -> Result<Option<(u64, String)>> {
        let journal = &self.journal;
        let Some(offset) = journal.places.get(request) else { return Ok(None) };
        let io = |e| Error::io("read", &journal.path, e);
        let mut file = &journal.file;
        file.seek(SeekFrom::Start(*offset)).map_err(io)?;
        let mut buffer = Vec::new();
        let mut lines = Lines::new(file.take(LONGEST as u64 + 1), *offset);
        lines.next(&mut buffer).map_err(io)?;
        match line::read_entry(&buffer) {
            Ok(entry) if entry.request == *request => {
                Ok(Some((entry.n, entry.response.into_owned())))
            }
            _ => Err(Error::Replaced { path: journal.path.clone() }),
        }
    }

    /// Whether a request was answered, in a journal of [`Form::Requests`].
    pub fn knows(&self, request: &Hash) -> bool {
        self.journal.places.contains_key(request)
    }

    /// How many signatures a journal of [`Form::Signatures`] has that were made since then, at most a day ago.
    pub fn signed_since(&self, from: UnixSeconds) -> u64 {
        self.journal.recent.since(from)
    }

    /// How many answers a request got within a day, in a journal of [`Form::Signatures`].
    pub fn answers_of_a_day(&self, request: &Hash) -> u64 {
        self.journal.recent.answers(request)
    }

    /// How many grants were given under a delegation.
    pub fn granted(&self, delegation: &Hash) -> u64 {
        self.journal.granted.get(delegation).copied().unwrap_or(0)
    }

    /// Where the journal ends.
    pub fn head(&self) -> Head {
        self.journal.head
    }

    /// Appends entries: all of them are on disk when this comes back, or none is in the journal.
    ///
    /// # Errors
    /// See [`Error`]; a request that was answered already is [`Error::Broken`] of the caller's making and changes nothing.
    pub fn append(&mut self, entries: &[New]) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let journal = &mut *self.journal;
        let (mut bytes, mut head) = (Vec::new(), journal.head);
        let mut noted = Vec::with_capacity(entries.len());
        for new in entries {
            noted.push((new.at, new.request, new.under, journal.end + bytes.len() as u64));
            let entry = Entry {
                n: head.count + 1,
                at: new.at,
                prev: head.hash,
                request: new.request,
                response: new.response.as_str().into(),
                under: new.under,
            };
            head = Head { count: entry.n, ..line::write(&mut bytes, &entry) };
        }
        journal.write(&bytes)?;
        for (at, request, under, offset) in noted {
            journal.note(at, &request, under, offset);
        }
        journal.head = head;
        journal.lines += entries.len() as u64;
        Ok(())
    }
}
