//! What is wrong with a log, line by line, and up to where it is proven. Nothing stops at the first finding: whoever looks
//! wants to know all of them. Flat memory, as long as nothing is wrong.

use std::io::{self, Read};

use countersign_core::{Hash, Id};

use crate::gaps::Gaps;
use crate::line::{self, Entry, Head, Opening};
use crate::read::{Line, Lines};

/// What somebody kept elsewhere: where the log ended once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// What to call it, e.g. "the checkpoint FILE".
    pub name: String,
    /// Which log it is about, where it says so.
    pub log: Option<Id>,
    /// Where that ended.
    pub head: Head,
}

/// What is wrong with one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The line, from 1; 0 where it is about no line that is there.
    pub line: u64,
    /// What kind of thing.
    pub kind: Kind,
    /// In words, without a full stop.
    pub fact: String,
}

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The line is not what was written there.
    Changed,
    /// Entries between two lines are gone, or before the first.
    Missing,
    /// A line stands where another belongs.
    Moved,
    /// An entry stands there twice.
    Repeated,
    /// The last line was not written whole.
    Torn,
    /// Entries at the end are gone.
    CutOff,
    /// The log was another one when what was kept was made.
    Contradicted,
    /// What was kept is about another log.
    OtherLog,
}

impl Kind {
    /// A stable word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Moved => "moved",
            Self::Repeated => "repeated",
            Self::Torn => "torn",
            Self::CutOff => "cut-off",
            Self::Contradicted => "contradicted",
            Self::OtherLog => "other-log",
        }
    }
}

/// What a log was found to be.
#[derive(Debug, Clone)]
pub struct Verified {
    /// The first line; not in a part.
    pub opening: Option<Opening>,
    /// The number of the first entry.
    pub first: Option<u64>,
    /// How many entries were read.
    pub entries: u64,
    /// Where it ends.
    pub head: Option<Head>,
    /// Up to which entry it is proven, and by which of what was known.
    pub proven: Option<(u64, usize)>,
    /// What is wrong; empty when nothing is.
    pub findings: Vec<Finding>,
}

/// Reads a log to its end. `from`: it is a part that begins with this entry.
///
/// # Errors
/// Those of the reader.
pub fn verify(log: impl Read, from: Option<u64>, known: Vec<Known>) -> io::Result<Verified> {
    let mut walk = Walk::new(from, known);
    let mut lines = Lines::new(log);
    let mut buffer = Vec::new();
    while let Some(line) = lines.next(&mut buffer)? {
        match line {
            Line::Whole => walk.line(&buffer),
            Line::Torn => walk.torn(buffer.len()),
            Line::TooLong => {
                walk.too_long();
                break;
            }
        }
    }
    Ok(walk.end())
}

/// Goes through the lines of a log, wherever they come from.
#[derive(Debug)]
pub struct Walk {
    from: Option<u64>,
    known: Vec<Known>,
    /// The line where the log is what was known; by the same place in the list.
    matched: Vec<Option<u64>>,
    /// The lines where it is not.
    contradicted: Vec<Option<u64>>,
    line: u64,
    opening: Option<Opening>,
    first: Option<u64>,
    entries: u64,
    last: Option<Place>,
    /// Lines that could not be read since the last entry: each may stand for one that was there.
    unread: u64,
    gaps: Gaps,
    findings: Vec<Finding>,
}

/// An entry, or the opening, with its line.
#[derive(Debug, Clone, Copy)]
struct Place {
    head: Head,
    line: u64,
}

impl Walk {
    /// At the beginning.
    pub fn new(from: Option<u64>, known: Vec<Known>) -> Self {
        let none = vec![None; known.len()];
        Self {
            from,
            known,
            matched: none.clone(),
            contradicted: none,
            line: 0,
            opening: None,
            first: None,
            entries: 0,
            last: None,
            unread: 0,
            gaps: Gaps::default(),
            findings: Vec::new(),
        }
    }

    /// The next line, without its newline.
    pub fn line(&mut self, bytes: &[u8]) {
        self.line += 1;
        if let Ok(entry) = line::read_entry(bytes) {
            return self.entry(&entry, Hash::of(bytes));
        }
        match (line::read_opening(bytes), self.line) {
            (Ok(opening), 1) => {
                self.opening = Some(opening);
                self.come_to(Head { n: 0, hash: Hash::of(bytes) });
            }
            (Ok(_), _) => self.find(Kind::Moved, "the first line of a log stands here".to_owned()),
            (Err(why), 1) if self.from.is_none() => self.find(Kind::Changed, why),
            (Err(_), _) => {
                self.unread += 1;
                self.find(Kind::Changed, "it is no entry of an audit log".to_owned());
            }
        }
    }

    /// The rest of a log that ends within a line.
    pub fn torn(&mut self, bytes: usize) {
        self.line += 1;
        self.find(Kind::Torn, format!("the last line was not written whole ({bytes} bytes)"));
    }

    fn too_long(&mut self) {
        self.line += 1;
        self.find(Kind::Changed, "it is longer than any line may be".to_owned());
    }

    fn find(&mut self, kind: Kind, fact: String) {
        self.findings.push(Finding { line: self.line, kind, fact });
    }

    fn entry(&mut self, entry: &Entry<'_>, hash: Hash) {
        let n = entry.n;
        self.entries += 1;
        match self.last {
            None => self.begin(entry),
            Some(last) if n <= last.head.n => return self.out_of_place(n, last.head.n),
            Some(last) if n == last.head.n + 1 => {
                if entry.prev != last.head.hash {
                    self.changed(last, n);
                }
            }
            Some(last) => self.pass_over(last.head.n + 1 + self.unread, n),
        }
        self.first.get_or_insert(n);
        self.come_to(Head { n, hash });
    }

    /// The first entry of what has no opening: a part, or a log that has lost it.
    fn begin(&mut self, entry: &Entry<'_>) {
        let n = entry.n;
        match self.from {
            Some(from) => self.pass_over(from + self.unread, n),
            None if self.line == 1 => {
                self.find(Kind::Missing, "the first line, which opens the log, is gone".to_owned());
                self.pass_over(1, n);
            }
            None => self.pass_over(1, n),
        }
        if let Some(before) = n.checked_sub(1) {
            self.compare(Head { n: before, hash: entry.prev });
        }
    }

    fn pass_over(&mut self, first: u64, n: u64) {
        if first < n {
            self.gaps.open(first, n - 1, self.line);
        }
    }

    fn out_of_place(&mut self, n: u64, highest: u64) {
        if self.gaps.fill(n) {
            self.find(Kind::Moved, format!("entry {n} stands after entry {highest}"));
        } else {
            self.find(Kind::Repeated, format!("entry {n} stands there once more"));
        }
    }

    fn changed(&mut self, last: Place, next: u64) {
        let what = match last.head.n {
            0 => "the first line".to_owned(),
            n => format!("entry {n}"),
        };
        let fact = format!("{what} is not what it was when entry {next} was written");
        self.findings.push(Finding { line: last.line, kind: Kind::Changed, fact });
    }

    fn come_to(&mut self, head: Head) {
        self.unread = 0;
        self.last = Some(Place { head, line: self.line });
        self.compare(head);
    }

    fn compare(&mut self, head: Head) {
        for (place, known) in self.known.iter().enumerate().filter(|(_, k)| k.head.n == head.n) {
            let fits = known.head.hash == head.hash;
            let result = if fits { &mut self.matched } else { &mut self.contradicted };
            if let Some(result) = result.get_mut(place) {
                result.get_or_insert(self.line);
            }
        }
    }

    /// The end of the log.
    pub fn end(mut self) -> Verified {
        if self.line == 0 {
            self.find(Kind::CutOff, "there is nothing in it".to_owned());
        }
        let gaps: Vec<_> = self.gaps.all().collect();
        for (first, last, line) in gaps {
            let fact = format!("{} before entry {}", gone(first, last), last + 1);
            self.findings.push(Finding { line, kind: Kind::Missing, fact });
        }
        for place in 0..self.known.len() {
            self.judge(place);
        }
        self.findings.sort_by_key(|finding| (finding.line == 0, finding.line));
        Verified {
            proven: self.proven(),
            opening: self.opening,
            first: self.first,
            entries: self.entries,
            head: self.last.map(|last| last.head),
            findings: self.findings,
        }
    }

    /// What one thing that was kept says against the log.
    fn judge(&mut self, place: usize) {
        let Some(known) = self.known.get(place) else { return };
        let (name, n) = (known.name.clone(), known.head.n);
        if let (Some(about), Some(opening)) = (known.log, &self.opening)
            && about != opening.log
        {
            let fact = format!("{name} is about the log {about}, and this is {}", opening.log);
            self.findings.push(Finding { line: 0, kind: Kind::OtherLog, fact });
            return;
        }
        let highest = self.last.map_or(0, |last| last.head.n);
        if let Some(line) = self.contradicted.get(place).copied().flatten() {
            let since = self.highest_match(n).map_or(1, |n| n + 1);
            let fact = format!(
                "entry {n} is not the one that {name} names: one of the entries {since} to {n} was changed, and what follows \
                 it was made anew"
            );
            self.findings.push(Finding { line, kind: Kind::Contradicted, fact });
        } else if n > highest {
            let fact = format!("{} at the end, as {name} shows", gone(highest + 1, n));
            self.findings.push(Finding { line: 0, kind: Kind::CutOff, fact });
        } else if self.gaps.has(n) {
            let fact = format!("entry {n}, which {name} names, is missing");
            self.findings.push(Finding { line: 0, kind: Kind::Contradicted, fact });
        }
    }

    fn highest_match(&self, below: u64) -> Option<u64> {
        let matched = self.known.iter().zip(&self.matched).filter(|(_, line)| line.is_some());
        matched.map(|(known, _)| known.head.n).filter(|n| *n < below).max()
    }

    /// The highest entry that is what was known, with nothing wrong up to there.
    fn proven(&self) -> Option<(u64, usize)> {
        let wrong = self.findings.iter().map(|finding| finding.line).filter(|line| *line > 0).min();
        let log = self.opening.as_ref().map(|opening| opening.log);
        let is_of_it = |known: &Known| known.log.is_none() || log.is_none() || known.log == log;
        let all = self.known.iter().zip(&self.matched).enumerate();
        all.filter(|(_, (known, _))| is_of_it(known))
            .filter(|(_, (_, line))| {
                line.is_some_and(|line| wrong.is_none_or(|wrong| line < wrong))
            })
            .map(|(place, (known, _))| (known.head.n, place))
            .max_by_key(|(n, place)| (*n, std::cmp::Reverse(*place)))
    }
}

fn gone(first: u64, last: u64) -> String {
    if first == last {
        format!("entry {first} is missing")
    } else {
        format!("the entries {first} to {last} are missing")
    }
}
