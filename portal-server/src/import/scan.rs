//! Entries out of the bytes of an export, one at a time: whatever their number, their size or their nesting, no more than one
//! of a bounded size is in memory, and what is wrong inside of one is that entry's fault alone.
//!
//! What people get when they page through an API and put the pages together is all taken: an array, one object a line, objects
//! one after the other, pages (`{"data": […]}`) alone or in an array, an object with an array for each noun.

use std::io::{BufRead, ErrorKind};

/// The largest entry in bytes: a thousand times what a license of either system has.
pub(crate) const LARGEST_ENTRY: usize = 1024 * 1024;
/// How deep an entry may be nested; those of both systems are five deep.
const DEEPEST: u32 = 64;
/// Arrays of pages of arrays: deeper than anybody puts pages together.
const MOST_LEVELS: u32 = 4;

/// Where something stands: bytes from the beginning of a file.
pub(crate) type Offset = u64;

/// An entry as it stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Raw<'a> {
    /// Its bytes: one JSON value, if its brackets do not lie.
    Bytes(&'a [u8]),
    /// It has more than [`LARGEST_ENTRY`] bytes.
    TooLarge,
    /// It is nested deeper than [`DEEPEST`].
    TooDeep,
}

/// Why a file cannot be read on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScanError {
    #[error("it cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error("it ends in the middle of an entry, at byte {0}: it is not whole, so export it again")]
    CutOff(Offset),
    #[error("there is no JSON at byte {0}")]
    NotJson(Offset),
}

/// What an array or page is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Member<N> {
    /// Entries of this noun.
    Of(N),
    /// Entries of whatever noun the place has.
    Same,
    /// A message instead of entries: a page is missing.
    Failure,
    /// Nothing that is read.
    Skipped,
}

/// What is told while a file is gone through.
pub(crate) trait Visit<N> {
    /// What the member `name` of a page or collection holds; `None` when it is no member of one, which makes the object an entry.
    fn member(&self, name: &str) -> Option<Member<N>>;
    /// An entry, and where it begins and ends.
    fn entry(&mut self, noun: Option<N>, raw: Raw<'_>, from: Offset, to: Offset);
    /// An array or page begins or ends here: what comes does not stand beside what came.
    fn border(&mut self);
    /// There is a message of the API at this place.
    fn failure(&mut self, at: Offset);
}

/// Reads forward through a file.
pub(crate) struct Scanner<R> {
    input: R,
    offset: Offset,
    entry: Vec<u8>,
    is_ended: bool,
}

impl<R: BufRead> Scanner<R> {
    /// `input` begins at `offset` of its file.
    pub(crate) fn new(input: R, offset: Offset) -> Self {
        Self { input, offset, entry: Vec::new(), is_ended: false }
    }

    /// Everything to the end of the file.
    pub(crate) fn walk<N: Copy>(
        &mut self,
        noun: Option<N>,
        visit: &mut impl Visit<N>,
    ) -> Result<(), ScanError> {
        while self.next_value()?.is_some() {
            self.value(noun, 0, visit)?;
        }
        Ok(())
    }

    /// The next entry before `end`, of those that stand side by side, as [`Visit::entry`] was told of them.
    pub(crate) fn next_entry(&mut self, end: Offset) -> Result<Option<Raw<'_>>, ScanError> {
        if self.is_ended || self.next_value()?.is_none() || self.offset >= end {
            return Ok(None);
        }
        self.entry.clear();
        let kept = self.collect(0)?;
        Ok(Some(self.raw(kept)))
    }

    /// Nothing more is read.
    pub(crate) fn end(&mut self) {
        self.is_ended = true;
    }

    fn value<N: Copy>(
        &mut self,
        noun: Option<N>,
        level: u32,
        visit: &mut impl Visit<N>,
    ) -> Result<(), ScanError> {
        let from = self.offset;
        self.entry.clear();
        match self.peek()? {
            Some(b'[') if level < MOST_LEVELS => self.array(noun, level, visit),
            Some(b'{') if level < MOST_LEVELS => self.object(noun, level, visit),
            Some(b']' | b'}' | b':') => Err(ScanError::NotJson(from)),
            _ => {
                let kept = self.collect(0)?;
                visit.entry(noun, self.raw(kept), from, self.offset);
                Ok(())
            }
        }
    }

    fn array<N: Copy>(
        &mut self,
        noun: Option<N>,
        level: u32,
        visit: &mut impl Visit<N>,
    ) -> Result<(), ScanError> {
        self.bump();
        visit.border();
        loop {
            match self.next_value()? {
                None => return Err(ScanError::CutOff(self.offset)),
                Some(b']') => {
                    self.bump();
                    visit.border();
                    return Ok(());
                }
                Some(_) => self.value(noun, level + 1, visit)?,
            }
        }
    }

    /// A page, a collection, or else an entry: its first member tells.
    fn object<N: Copy>(
        &mut self,
        noun: Option<N>,
        level: u32,
        visit: &mut impl Visit<N>,
    ) -> Result<(), ScanError> {
        let from = self.offset;
        self.keep();
        self.keep_space()?;
        let name = self.keep_name()?;
        let Some(mut member) = name.and_then(|name| visit.member(&name)) else {
            let kept = self.collect(1)?;
            visit.entry(noun, self.raw(kept), from, self.offset);
            return Ok(());
        };
        visit.border();
        loop {
            if self.space()? != Some(b':') {
                return Err(ScanError::NotJson(self.offset));
            }
            self.bump();
            self.space()?;
            match member {
                Member::Of(noun) => self.value(Some(noun), level + 1, visit)?,
                Member::Same => self.value(noun, level + 1, visit)?,
                Member::Failure | Member::Skipped => {
                    if matches!(member, Member::Failure) {
                        visit.failure(self.offset);
                    }
                    self.entry.clear();
                    self.collect(0)?;
                }
            }
            match self.next_value()? {
                None => return Err(ScanError::CutOff(self.offset)),
                Some(b'}') => {
                    self.bump();
                    visit.border();
                    return Ok(());
                }
                Some(b'"') => {
                    self.entry.clear();
                    let name = self.keep_name()?;
                    let known = name.and_then(|name| visit.member(&name));
                    member = known.unwrap_or(Member::Skipped);
                }
                Some(_) => return Err(ScanError::NotJson(self.offset)),
            }
        }
    }

    /// To the end of the value that begins here, or that has begun `depth` brackets ago and is in `entry` so far.
    fn collect(&mut self, mut depth: u32) -> Result<Kept, ScanError> {
        let (mut quoted, mut escaped, mut kept) = (false, false, Kept::All);
        let is_inside = depth > 0;
        let mut begun = is_inside;
        loop {
            let chunk = match self.input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            if chunk.is_empty() {
                // A bare number or word may end with the file.
                let is_scalar = begun && depth == 0 && !quoted;
                return if is_scalar { Ok(kept) } else { Err(ScanError::CutOff(self.offset)) };
            }
            let (mut used, mut ended) = (0, false);
            for byte in chunk {
                if quoted {
                    used += 1;
                    match byte {
                        _ if escaped => escaped = false,
                        b'\\' => escaped = true,
                        b'"' => {
                            quoted = false;
                            ended = depth == 0;
                        }
                        _ => {}
                    }
                } else {
                    match byte {
                        b'"' => quoted = true,
                        b'{' | b'[' => {
                            depth = depth.saturating_add(1);
                            if depth > DEEPEST {
                                kept = kept.min(Kept::TooDeep);
                            }
                        }
                        b'}' | b']' if depth == 0 => {
                            ended = true;
                            break;
                        }
                        b'}' | b']' => {
                            depth -= 1;
                            ended = depth == 0;
                        }
                        b',' | b':' | b' ' | b'\n' | b'\r' | b'\t' if depth == 0 => {
                            ended = true;
                            break;
                        }
                        _ => {}
                    }
                    used += 1;
                }
                begun = true;
                if ended {
                    break;
                }
            }
            if kept == Kept::All {
                if self.entry.len() + used > LARGEST_ENTRY {
                    kept = Kept::TooLarge;
                } else {
                    self.entry.extend_from_slice(&chunk[..used]);
                }
            }
            self.input.consume(used);
            self.offset += used as Offset;
            if ended {
                return Ok(kept);
            }
        }
    }

    fn raw(&self, kept: Kept) -> Raw<'_> {
        match kept {
            Kept::All => Raw::Bytes(&self.entry),
            Kept::TooLarge => Raw::TooLarge,
            Kept::TooDeep => Raw::TooDeep,
        }
    }

    /// The next byte that is neither space nor what stands between values.
    fn next_value(&mut self) -> Result<Option<u8>, ScanError> {
        loop {
            match self.peek()? {
                // 0xEF 0xBB 0xBF: some programs begin a file so.
                Some(b' ' | b'\n' | b'\r' | b'\t' | b',' | 0x1E | 0xEF | 0xBB | 0xBF) => {
                    self.bump();
                }
                other => return Ok(other),
            }
        }
    }

    fn space(&mut self) -> Result<Option<u8>, ScanError> {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek()? {
            self.bump();
        }
        self.peek()
    }

    fn keep_space(&mut self) -> Result<(), ScanError> {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek()? {
            self.keep();
        }
        Ok(())
    }

    /// The name of a member, if one begins here and is no longer than any that matters. What was looked at is kept.
    fn keep_name(&mut self) -> Result<Option<String>, ScanError> {
        if self.peek()? != Some(b'"') {
            return Ok(None);
        }
        self.keep();
        let begin = self.entry.len();
        // The rest of a longer one is collected with the entry: so far, it is the inside of a string.
        loop {
            match self.peek()? {
                None => return Err(ScanError::CutOff(self.offset)),
                Some(b'"') => {
                    self.keep();
                    let name = &self.entry[begin..self.entry.len() - 1];
                    return Ok(std::str::from_utf8(name).ok().map(str::to_owned));
                }
                Some(b'\\') => {
                    self.keep();
                    self.keep();
                }
                Some(_) if self.entry.len() - begin < LARGEST_ENTRY => self.keep(),
                Some(_) => self.bump(),
            }
        }
    }

    fn peek(&mut self) -> Result<Option<u8>, ScanError> {
        loop {
            match self.input.fill_buf() {
                Ok(chunk) => return Ok(chunk.first().copied()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn bump(&mut self) {
        self.input.consume(1);
        self.offset += 1;
    }

    fn keep(&mut self) {
        let next = self.input.fill_buf().ok().and_then(|chunk| chunk.first().copied());
        if let Some(byte) = next {
            self.entry.push(byte);
            self.bump();
        }
    }
}

/// What is kept of an entry; the first that is wrong is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kept {
    TooDeep,
    TooLarge,
    All,
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    /// Notes entries with where they stand; `a` and `b` are nouns.
    #[derive(Default)]
    struct Seen {
        entries: Vec<(Option<char>, String, Offset, Offset)>,
        failures: usize,
    }

    impl Visit<char> for Seen {
        fn member(&self, name: &str) -> Option<Member<char>> {
            match name {
                "a" | "b" => name.chars().next().map(Member::Of),
                "data" => Some(Member::Same),
                "errors" => Some(Member::Failure),
                "meta" => Some(Member::Skipped),
                _ => None,
            }
        }

        fn entry(&mut self, noun: Option<char>, raw: Raw<'_>, from: Offset, to: Offset) {
            let text = match raw {
                Raw::Bytes(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
                Raw::TooLarge => "large".to_owned(),
                Raw::TooDeep => "deep".to_owned(),
            };
            self.entries.push((noun, text, from, to));
        }

        fn border(&mut self) {}

        fn failure(&mut self, _: Offset) {
            self.failures += 1;
        }
    }

    /// With every size of a piece that is read at a time, down to one byte.
    fn walk(text: &str) -> Result<Seen, ScanError> {
        let mut last = None;
        for size in [1, 2, 7, 4096] {
            let mut seen = Seen::default();
            let input = BufReader::with_capacity(size, text.as_bytes());
            Scanner::new(input, 0).walk(None, &mut seen)?;
            let entries = seen.entries.clone();
            assert!(last.is_none_or(|last| last == entries), "{size}: {text}");
            last = Some(entries);
            for (_, entry, from, to) in &seen.entries {
                let (from, to) = (usize::try_from(*from).unwrap(), usize::try_from(*to).unwrap());
                assert_eq!(&text[from..to], entry);
            }
        }
        let mut seen = Seen::default();
        Scanner::new(text.as_bytes(), 0).walk(None, &mut seen)?;
        Ok(seen)
    }

    #[test]
    fn entries_are_found_wherever_a_piece_of_the_file_ends() {
        let text = r#" [{"x": "]}\"\\"}, 7, "a b"] {"meta":{"a":[{"no":1}]},"a":[[{"y":[{}]}],{"data":{"z":null}}],"b":[]} {"id":1}"#;
        let seen = walk(text).unwrap();
        let found: Vec<_> = seen.entries.iter().map(|(n, e, ..)| (*n, e.as_str())).collect();
        let expected = [
            (None, r#"{"x": "]}\"\\"}"#),
            (None, "7"),
            (None, r#""a b""#),
            (Some('a'), r#"{"y":[{}]}"#),
            (Some('a'), r#"{"z":null}"#),
            (None, r#"{"id":1}"#),
        ];
        assert_eq!(found, expected);
        assert_eq!(walk(r#"{"errors":[{"title":"no"}]}"#).unwrap().failures, 1);
    }

    #[test]
    fn a_file_that_ends_too_soon_is_known_from_one_that_is_whole() {
        let whole = r#"{"a":[{"x":"y"},{"x":[1,2]}],"meta":1}"#;
        walk(whole).unwrap();
        for end in 1..whole.len() {
            let cut = walk(&whole[..end]);
            assert!(matches!(cut, Err(ScanError::CutOff(_) | ScanError::NotJson(_))), "{end}");
        }
        for wrong in ["]", "}", "[}", r#"{"a" 1}"#, r#"{"a":[],7}"#] {
            assert!(walk(wrong).is_err(), "{wrong}");
        }
    }
}
