//! The files of an export: which entries of which noun stand where. Found out once, so that each noun is read in its turn,
//! whatever the order in the files.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hasher as _};
use std::io::{BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use countersign_store::ImportSource;

use super::entry::Problem;
use super::scan::{Member, Offset, Raw, Scanner, Visit};
use super::{cryptlex, keygen};

/// Bytes that are read at a time.
const CHUNK: usize = 256 * 1024;
/// Entries of unknown nouns that are named one by one.
const MOST_NAMED: usize = 1000;

/// What an entry is, in the order in which they are imported: each needs only those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Noun {
    Product,
    /// Keygen: a feature with its code.
    Feature,
    /// Keygen: a policy. Cryptlex: an entitlement set or a product version.
    Policy,
    Organization,
    User,
    License,
    Machine,
    Component,
}

impl Noun {
    pub(crate) const ALL: [Self; 8] = [
        Self::Product,
        Self::Feature,
        Self::Policy,
        Self::Organization,
        Self::User,
        Self::License,
        Self::Machine,
        Self::Component,
    ];

    /// As that system calls them.
    pub(crate) fn of(self, source: ImportSource) -> &'static str {
        match (self, source) {
            (Self::Product, _) => "products",
            (Self::Feature, _) => "entitlements",
            (Self::Policy, ImportSource::Keygen) => "policies",
            (Self::Policy, ImportSource::Cryptlex) => "entitlement-sets",
            (Self::Organization, ImportSource::Keygen) => "groups",
            (Self::Organization, ImportSource::Cryptlex) => "organizations",
            (Self::User, _) => "users",
            (Self::License, _) => "licenses",
            (Self::Machine, ImportSource::Keygen) => "machines",
            (Self::Machine, ImportSource::Cryptlex) => "activations",
            (Self::Component, _) => "components",
        }
    }

    fn at(self) -> usize {
        self as usize
    }
}

/// Entries of one noun side by side in a file.
#[derive(Debug, Clone, Copy)]
struct Run {
    file: usize,
    noun: Noun,
    from: Offset,
    to: Offset,
}

struct SourceFile {
    name: String,
    file: File,
    noun: Option<Noun>,
}

/// An export that has been gone through once.
pub(crate) struct Export {
    files: Vec<SourceFile>,
    runs: Vec<Run>,
    counts: [usize; Noun::ALL.len()],
    /// Places that hold no entry, in words.
    pub(crate) unknown: Vec<String>,
    /// How many there are.
    pub(crate) unknown_count: usize,
    /// Files that are not read.
    pub(crate) unread: Vec<String>,
}

impl Export {
    /// Goes through the files once.
    ///
    /// # Errors
    /// When there is none, or one of them is no regular file, cannot be read, is cut off or no JSON.
    pub(crate) fn open(path: &Path, source: ImportSource) -> anyhow::Result<Self> {
        let (files, unread) = files(path, source)?;
        let mut export = Self {
            files,
            runs: Vec::new(),
            counts: [0; Noun::ALL.len()],
            unknown: Vec::new(),
            unknown_count: 0,
            unread,
        };
        for at in 0..export.files.len() {
            let file = &mut export.files[at];
            let (name, noun) = (file.name.clone(), file.noun);
            let input = BufReader::with_capacity(CHUNK, file.file.try_clone()?);
            let mut survey = Survey { export: &mut export, source, file: at, is_beside: false };
            let walked = Scanner::new(input, 0).walk(noun, &mut survey);
            walked.with_context(|| format!("{name} cannot be imported"))?;
        }
        if export.counts.iter().sum::<usize>() == 0 && export.unknown_count == 0 {
            bail!("{} has no entries in it", path.display());
        }
        Ok(export)
    }

    /// How many entries of this noun there are.
    pub(crate) fn count(&self, noun: Noun) -> usize {
        self.counts[noun.at()]
    }

    /// Begins to read the entries of this noun, in their order.
    pub(crate) fn entries(&self, noun: Noun) -> impl Iterator<Item = anyhow::Result<Piece>> + '_ {
        let runs = self.runs.iter().filter(move |run| run.noun == noun);
        runs.flat_map(|run| self.pieces(*run))
    }

    /// The entries of a run. They are read a few at a time, so that the caller may wait for the database between them.
    fn pieces(&self, run: Run) -> impl Iterator<Item = anyhow::Result<Piece>> + use<> {
        let opened = self.files[run.file].file.try_clone().and_then(|mut file| {
            file.seek(SeekFrom::Start(run.from))?;
            let input = file.take(run.to - run.from);
            Ok(Scanner::new(BufReader::with_capacity(CHUNK, input), run.from))
        });
        let mut scanner = opened.map_err(Some);
        std::iter::from_fn(move || match &mut scanner {
            Err(error) => error.take().map(|error| Err(error.into())),
            Ok(scanner) => match scanner.next_entry(run.to) {
                Ok(raw) => raw.map(|raw| Ok(Piece::of(raw))),
                Err(error) => {
                    let error = anyhow::Error::from(error).context("the file changed meanwhile");
                    scanner.end();
                    Some(Err(error))
                }
            },
        })
    }
}

/// An entry, read; and a hash of its bytes, by which the same entry on two pages is known.
pub(crate) type Piece = Result<(serde_json::Value, u64), Problem>;

trait OfRaw {
    fn of(raw: Raw<'_>) -> Self;
}

impl OfRaw for Piece {
    fn of(raw: Raw<'_>) -> Self {
        let words = |text: &str| Problem(text.to_owned());
        match raw {
            Raw::Bytes(bytes) => match serde_json::from_slice(bytes) {
                Ok(value) => Ok((value, hash(bytes))),
                Err(error) => Err(Problem(format!("it is no JSON: {error}"))),
            },
            Raw::TooLarge => {
                Err(words("it has more than 1 MiB, which no entry of either system has"))
            }
            Raw::TooDeep => {
                Err(words("it is nested deeper than anything that either system gives"))
            }
        }
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

/// Notes where which entries stand.
struct Survey<'a> {
    export: &'a mut Export,
    source: ImportSource,
    file: usize,
    /// Whether the next entry stands beside the last.
    is_beside: bool,
}

impl Survey<'_> {
    fn unknown(&mut self, at: Offset, what: &str) {
        self.export.unknown_count += 1;
        if self.export.unknown.len() < MOST_NAMED {
            let name = &self.export.files[self.file].name;
            self.export.unknown.push(format!("{name}, byte {at}: {what}"));
        }
    }
}

impl Visit<Noun> for Survey<'_> {
    fn member(&self, name: &str) -> Option<Member<Noun>> {
        member(self.source, name)
    }

    fn entry(&mut self, noun: Option<Noun>, raw: Raw<'_>, from: Offset, to: Offset) {
        let by_itself = match raw {
            Raw::Bytes(bytes) => match self.source {
                ImportSource::Cryptlex => noun.map_or_else(|| cryptlex::noun_of(bytes), Told::Noun),
                ImportSource::Keygen => match (keygen::noun_of(bytes), noun) {
                    // Its own word for it may be unreadable.
                    (Told::Nothing, Some(noun)) => Told::Noun(noun),
                    (told, _) => told,
                },
            },
            Raw::TooLarge | Raw::TooDeep => noun.map_or(Told::Nothing, Told::Noun),
        };
        let noun = match by_itself {
            Told::Noun(noun) => noun,
            Told::Other => {
                self.is_beside = false;
                return;
            }
            Told::Nothing => {
                self.is_beside = false;
                let what = match raw {
                    Raw::Bytes(_) => "it cannot be told what this is an entry of",
                    Raw::TooLarge => "more than 1 MiB that cannot be told what it is an entry of",
                    Raw::TooDeep => "something too deeply nested to tell what it is an entry of",
                };
                return self.unknown(from, what);
            }
        };
        self.export.counts[noun.at()] += 1;
        match self.export.runs.last_mut() {
            Some(last) if self.is_beside && last.noun == noun && last.file == self.file => {
                last.to = to;
            }
            _ => self.export.runs.push(Run { file: self.file, noun, from, to }),
        }
        self.is_beside = true;
    }

    fn border(&mut self) {
        self.is_beside = false;
    }

    fn failure(&mut self, at: Offset) {
        let what =
            "a message of the API instead of entries: a page is missing here, so export it again";
        self.unknown(at, what);
    }
}

/// What an entry says that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    Noun(Noun),
    /// Something of that system that has no counterpart here.
    Other,
    Nothing,
}

fn member(source: ImportSource, name: &str) -> Option<Member<Noun>> {
    match source {
        ImportSource::Cryptlex => cryptlex::member(&letters(name)),
        ImportSource::Keygen => keygen::member(&letters(name)),
    }
}

/// `licenses-0001` and `Licenses` are `licenses`.
fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect()
}

fn files(path: &Path, source: ImportSource) -> anyhow::Result<(Vec<SourceFile>, Vec<String>)> {
    let shown = path.display();
    let about = fs::metadata(path).with_context(|| format!("{shown} cannot be read"))?;
    if !about.is_dir() {
        return Ok((vec![open(path.to_owned(), source)?], Vec::new()));
    }
    let (mut paths, mut unread) = (Vec::new(), Vec::new());
    for found in fs::read_dir(path).with_context(|| format!("{shown} cannot be read"))? {
        let found = found?;
        let name = found.file_name().to_string_lossy().into_owned();
        let has_entries = [".json", ".ndjson", ".jsonl"].iter().any(|end| name.ends_with(end));
        // A link is not followed: what is read is what lies here.
        if has_entries && found.file_type()?.is_file() {
            paths.push(found.path());
        } else {
            unread.push(name);
        }
    }
    if paths.is_empty() {
        bail!("{shown} has no files whose names end in .json, .ndjson or .jsonl");
    }
    paths.sort();
    unread.sort();
    let opened = paths.into_iter().map(|path| open(path, source));
    Ok((opened.collect::<anyhow::Result<_>>()?, unread))
}

fn open(path: PathBuf, source: ImportSource) -> anyhow::Result<SourceFile> {
    let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let shown = path.display();
    // Asked first: opening a pipe that nobody writes to would wait for ever.
    if !fs::metadata(&path).with_context(|| format!("{shown} cannot be read"))?.is_file() {
        bail!("{shown} is no file: it is read more than once, so a pipe will not do");
    }
    let file = File::open(&path).with_context(|| format!("{shown} cannot be read"))?;
    let stem = path.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
    let noun = match member(source, &stem) {
        Some(Member::Of(noun)) => Some(noun),
        _ => None,
    };
    Ok(SourceFile { name, file, noun })
}
