//! What is wrong with a journal, line by line. Nothing stops at the first finding: whoever looks wants to know all of them.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use countersign_core::token::Unverified;
use countersign_core::trust::{Approved, Roots, VerifiedResponse};
use countersign_core::{Expect, Hash, TokenType};
use serde_json::Value;

use crate::line::{self, Entry, Form, Head, Opening};
use crate::read::{Line, Lines};

/// What is wrong with one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The line of the file, from 1; 0 where it is about the end that is missing.
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
    /// A line stands there twice, or a request was answered twice.
    Repeated,
    /// The last line was not written whole.
    Torn,
    /// Entries at the end are gone.
    CutOff,
    /// What the line says is not what its response says, or the response is not signed by the journal's key.
    Untrue,
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
            Self::Untrue => "untrue",
        }
    }
}

/// What a journal was found to be.
#[derive(Debug, Clone)]
pub struct Verified {
    /// The first line, if it could be read.
    pub opening: Option<Opening>,
    /// How many entries were read.
    pub entries: u64,
    /// Where it ends.
    pub head: Option<Head>,
    /// What is wrong; empty when nothing is.
    pub findings: Vec<Finding>,
}

/// Reads a journal to its end. `roots` verify the responses inside it: the vendor's roots, or the journal's own public key.
/// `known` is a head that was kept elsewhere. `each` gets every entry with its verified response; releases come without one.
///
/// # Errors
/// Those of the reader.
pub fn verify(
    journal: impl Read,
    roots: Option<&Roots>,
    known: Option<Head>,
    mut each: impl FnMut(&Entry<'_>, Option<&VerifiedResponse>),
) -> io::Result<Verified> {
    let mut walk = Walk { roots, known, ..Walk::default() };
    let mut lines = Lines::new(journal, 0);
    let mut buffer = Vec::new();
    while let Some(line) = lines.next(&mut buffer)? {
        walk.line += 1;
        match line {
            Line::Whole { .. } if walk.line == 1 => walk.open(&buffer),
            Line::Whole { .. } => walk.entry(&buffer, &mut each),
            Line::Torn { .. } => {
                let fact = format!("the last line was not written whole ({} bytes)", buffer.len());
                walk.find(Kind::Torn, fact);
            }
            Line::TooLong => {
                walk.find(Kind::Changed, "it is longer than any line may be".to_owned());
                break;
            }
        }
    }
    Ok(walk.end())
}

#[derive(Default)]
struct Walk<'a> {
    roots: Option<&'a Roots>,
    known: Option<Head>,
    line: u64,
    opening: Option<Opening>,
    head: Option<Head>,
    entries: u64,
    highest: u64,
    /// By number (0 is the opening): where the entry stands, and the hash of its line; none where the line is wrong anyhow.
    seen: BTreeMap<u64, (u64, Option<Hash>)>,
    /// By number: what an entry's line must hash to, as its successor says, where the successor stands before it.
    wanted: HashMap<u64, Hash>,
    /// The first entry with a checkpoint of a place, and what that says.
    checkpoints: HashMap<Hash, (u64, Hash)>,
    /// How many grants each delegation has given.
    granted: HashMap<Hash, u64>,
    /// Which entry answered a request.
    answered: HashMap<Hash, u64>,
    findings: Vec<Finding>,
}

impl Walk<'_> {
    fn find(&mut self, kind: Kind, fact: String) {
        self.findings.push(Finding { line: self.line, kind, fact });
    }

    fn open(&mut self, bytes: &[u8]) {
        let hash = match line::read_opening(bytes) {
            Ok(opening) => {
                self.opening = Some(opening);
                Some(Hash::of(bytes))
            }
            Err(why) => {
                self.find(Kind::Changed, why);
                None
            }
        };
        self.seen.insert(0, (self.line, hash));
        self.head = Some(Head { count: 0, hash: Hash::of(bytes) });
        self.compare_with_known();
    }

    fn entry(
        &mut self,
        bytes: &[u8],
        each: &mut impl FnMut(&Entry<'_>, Option<&VerifiedResponse>),
    ) {
        let entry = match line::read_entry(bytes) {
            Ok(entry) => entry,
            Err(why) => {
                self.find(Kind::Changed, why);
                // It stands for the entry that was there.
                self.highest = self.highest.saturating_add(1);
                self.seen.entry(self.highest).or_insert((self.line, None));
                return;
            }
        };
        self.entries += 1;
        let hash = Hash::of(bytes);
        self.place(&entry, hash);
        let response = self.proves_itself(&entry);
        each(&entry, response.as_ref());
        if entry.n >= self.highest {
            self.highest = entry.n;
            self.head = Some(Head { count: entry.n, hash });
            self.compare_with_known();
        }
    }

    /// Whether the line stands where it belongs, and follows from the one before it.
    fn place(&mut self, entry: &Entry<'_>, hash: Hash) {
        let n = entry.n;
        if let Some((line, first)) = self.seen.get(&n) {
            let what = if *first == Some(hash) { "once more" } else { "with another content" };
            let fact = format!("it is entry {n} of line {line} {what}");
            return self.find(Kind::Repeated, fact);
        }
        if n < self.highest {
            self.find(Kind::Moved, format!("entry {n} stands after entry {}", self.highest));
        }
        if self.form() == Form::Requests
            && let Some(other) = self.answered.get(&entry.request)
        {
            let fact = format!("entry {n} answers the request of entry {other} once more");
            self.find(Kind::Repeated, fact);
        }
        self.answered.entry(entry.request).or_insert(n);
        self.seen.insert(n, (self.line, Some(hash)));
        if self.wanted.remove(&n).is_some_and(|wanted| wanted != hash) {
            self.changed(n, self.line);
        }
        match n.checked_sub(1).and_then(|before| self.seen.get(&before).copied()) {
            Some((line, Some(before))) if before != entry.prev => self.changed(n - 1, line),
            Some(_) => {}
            None => {
                self.wanted.insert(n.saturating_sub(1), entry.prev);
            }
        }
    }

    fn form(&self) -> Form {
        self.opening.as_ref().map_or(Form::Requests, |opening| opening.form)
    }

    fn changed(&mut self, n: u64, line: u64) {
        let what = if n == 0 { "the first line".to_owned() } else { format!("entry {n}") };
        let fact = format!("{what} is not what it was when entry {} was written", n + 1);
        self.findings.push(Finding { line, kind: Kind::Changed, fact });
    }

    /// Whether the response inside says what the line says.
    fn proves_itself(&mut self, entry: &Entry<'_>) -> Option<VerifiedResponse> {
        let roots = self.roots?;
        if entry.is_approval() {
            self.approves(roots, entry);
            return None;
        }
        if self.form() == Form::Signatures {
            match Unverified::decode(&entry.response).map(|token| token.token_type()) {
                Ok(TokenType::Release) => {
                    self.release_proves_itself(roots, entry);
                    return None;
                }
                Ok(TokenType::AuditCheckpoint) => {
                    self.checkpoint_proves_itself(roots, entry);
                    return None;
                }
                _ => {}
            }
        }
        let verified = match roots.verify_response(&entry.response, Expect::Response) {
            Ok(verified) => verified,
            Err(error) => {
                let fact = format!("the response of entry {} does not verify: {error}", entry.n);
                self.find(Kind::Untrue, fact);
                return None;
            }
        };
        if let Some(wrong) = untrue(entry, &verified, self.opening.as_ref()) {
            self.find(Kind::Untrue, format!("the response of entry {} {wrong}", entry.n));
        }
        self.count(entry, verified.count());
        Some(verified)
    }

    /// The same of an approval.
    fn approves(&mut self, roots: &Roots, entry: &Entry<'_>) {
        let wrong = match roots.verify_approval(&entry.response) {
            Err(error) => Some(format!("does not verify: {error}")),
            Ok(approved) => untrue_approval(entry, &approved, self.opening.as_ref()),
        };
        if let Some(wrong) = wrong {
            self.find(Kind::Untrue, format!("the approval of entry {} {wrong}", entry.n));
        }
    }

    fn release_proves_itself(&mut self, roots: &Roots, entry: &Entry<'_>) {
        let n = entry.n;
        let verified = match roots.verify_release(&entry.response) {
            Ok(verified) => verified,
            Err(error) => {
                return self.find(
                    Kind::Untrue,
                    format!("the release of entry {n} does not verify: {error}"),
                );
            }
        };
        let claims = verified.claims();
        let of_key = self.opening.as_ref().is_none_or(|opening| opening.kid == *verified.signer());
        let same = Hash::of(claims.id.to_string()) == entry.request
            && claims.issued_at == entry.at
            && entry.under.is_none();
        if !of_key || !same {
            let fact = format!("the release of entry {n} is another than the line says");
            self.find(Kind::Untrue, fact);
        }
    }

    /// A checkpoint, and whether the audit log was another one when an earlier checkpoint of the same entry was signed.
    fn checkpoint_proves_itself(&mut self, roots: &Roots, entry: &Entry<'_>) {
        let n = entry.n;
        let verified = match roots.verify_checkpoint(&entry.response) {
            Ok(verified) => verified,
            Err(error) => {
                let fact = format!("the checkpoint of entry {n} does not verify: {error}");
                return self.find(Kind::Untrue, fact);
            }
        };
        let claims = verified.claims();
        let of_key = self.opening.as_ref().is_none_or(|opening| opening.kid == *verified.signer());
        let same = claims.place() == entry.request && claims.issued_at == entry.at;
        if !of_key || !same || entry.under.is_some() {
            let fact = format!("the checkpoint of entry {n} is another than the line says");
            self.find(Kind::Untrue, fact);
        }
        let (other, hash) = *self.checkpoints.entry(claims.place()).or_insert((n, claims.hash));
        if hash != claims.hash {
            let fact = format!(
                "the checkpoints of the entries {other} and {n} say different things of entry {} of the audit log: it was \
                 changed or set back in between",
                claims.n
            );
            self.find(Kind::Untrue, fact);
        }
    }

    /// Whether a grant has the number that follows from those before it: a gap is a grant that stands in no line.
    fn count(&mut self, entry: &Entry<'_>, number: Option<u64>) {
        let Some(delegation) = entry.under else { return };
        let granted = self.granted.entry(delegation).or_default();
        let wanted = *granted + 1;
        *granted = number.unwrap_or(wanted).max(wanted);
        match number {
            Some(number) if number > wanted => {
                let fact = format!(
                    "entry {} is grant {number} of its delegation, and grant {wanted} stands nowhere before it",
                    entry.n
                );
                self.find(Kind::Missing, fact);
            }
            Some(number) if number < wanted => {
                let fact =
                    format!("entry {} is grant {number} of its delegation once more", entry.n);
                self.find(Kind::Repeated, fact);
            }
            _ => {}
        }
    }

    fn compare_with_known(&mut self) {
        let (Some(head), Some(known)) = (self.head, self.known) else { return };
        if head.count == known.count && head.hash != known.hash {
            let fact = format!("entry {} is not the one whose head was kept", known.count);
            self.find(Kind::Changed, fact);
        }
    }

    fn end(mut self) -> Verified {
        if self.line == 0 {
            self.find(Kind::CutOff, "the file is empty".to_owned());
        }
        // Entries that something follows, and that stand nowhere.
        let mut gaps: Vec<u64> =
            self.wanted.keys().copied().filter(|n| !self.seen.contains_key(n)).collect();
        gaps.sort_unstable();
        for last in gaps {
            let first = self.seen.range(..last).next_back().map_or(1, |(before, _)| before + 1);
            let line = self.seen.get(&(last + 1)).map_or(0, |(line, _)| *line);
            let fact = format!("{} before entry {}", gone(first, last), last + 1);
            self.findings.push(Finding { line, kind: Kind::Missing, fact });
        }
        if let Some(known) = self.known.filter(|known| known.count > self.highest) {
            let fact = format!("{} at the end", gone(self.highest + 1, known.count));
            self.findings.push(Finding { line: 0, kind: Kind::CutOff, fact });
        }
        self.findings.sort_by_key(|finding| finding.line);
        Verified {
            opening: self.opening,
            entries: self.entries,
            head: self.head,
            findings: self.findings,
        }
    }
}

/// What of a line its response contradicts.
pub(crate) fn untrue(
    entry: &Entry<'_>,
    verified: &VerifiedResponse,
    opening: Option<&Opening>,
) -> Option<&'static str> {
    let claims = verified.claims();
    if opening.is_some_and(|opening| opening.kid != *verified.signer()) {
        Some("was signed by another key than the journal's")
    } else if claims.request.hash != entry.request {
        Some("answers another request than the line says")
    } else if claims.issued_at != entry.at {
        Some("was signed at another time than the line says")
    } else if entry.under != under(entry, verified) {
        Some("was signed under another delegation than the line says, or is no grant")
    } else {
        None
    }
}

/// What of a line its approval contradicts.
fn untrue_approval(
    entry: &Entry<'_>,
    approved: &Approved,
    opening: Option<&Opening>,
) -> Option<String> {
    let wrong = if opening.is_some_and(|opening| opening.kid != *approved.approver()) {
        "was signed by another key than the journal's"
    } else if approved.approval().payload != entry.request {
        "is of something else than the line says"
    } else if approved.approval().issued_at != entry.at {
        "was signed at another time than the line says"
    } else if entry.under.is_some() {
        "is counted as a grant, and is none"
    } else {
        return None;
    };
    Some(wrong.to_owned())
}

/// The delegation that a verified grant was signed under, as its header carries it.
fn under(entry: &Entry<'_>, verified: &VerifiedResponse) -> Option<Hash> {
    verified.claims().granted()?;
    let header = BASE64_URL_SAFE_NO_PAD.decode(entry.response.split('.').next()?).ok()?;
    let header: Value = serde_json::from_slice(&header).ok()?;
    header["chain"].as_str().map(Hash::of)
}

fn gone(first: u64, last: u64) -> String {
    if first == last {
        format!("entry {first} is missing")
    } else {
        format!("the entries {first} to {last} are missing")
    }
}
