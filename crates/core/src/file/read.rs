//! Reading a file as it arrived: by mail, chat, editor, clipboard, or from a stick.

use crate::error::{Code, Error, Result};

/// The largest file that is read, in bytes.
pub const MAX_FILE: usize = 64 * 1024;

/// The bare token in a file, a link or pasted text. Its own decoding comes after this.
///
/// # Errors
/// [`Code::DamagedFile`], with line and column of what is in the way, or how much of the token arrived.
pub fn read(bytes: &[u8]) -> Result<String> {
    if bytes.len() > MAX_FILE {
        return Err(damaged(format!(
            "the file has {} bytes, more than the {MAX_FILE} that one may have",
            bytes.len()
        )));
    }
    let text = decode_text(bytes)?;
    if let Some(token) = bare_token(&text) {
        return Ok(token.to_owned());
    }
    let mut found = Found::default();
    for (number, line) in lines(&text) {
        found.take_line(number, line)?;
    }
    found.finish()
}

fn damaged(fact: impl Into<String>) -> Error {
    Error::new(Code::DamagedFile, fact)
}

fn decode_text(bytes: &[u8]) -> Result<String> {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        let whole = rest.len().is_multiple_of(2);
        String::from_utf16(&units)
            .ok()
            .filter(|_| whole)
            .ok_or_else(|| damaged("the file is broken UTF-16 text"))
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => decode_utf8(rest),
        _ => decode_utf8(bytes),
    }
}

fn decode_utf8(bytes: &[u8]) -> Result<String> {
    let text = std::str::from_utf8(bytes).map_err(|e| {
        damaged(format!("this is not a text file: byte {} is not UTF-8", e.valid_up_to() + 1))
    })?;
    Ok(text.to_owned())
}

/// One run of printable ASCII is a token and nothing else: its decoder says better what is wrong with it.
fn bare_token(text: &str) -> Option<&str> {
    let run = text.trim();
    let starts_like_one = run.starts_with(|c: char| c.is_ascii_alphanumeric());
    let is_run = run
        .bytes()
        .all(|b| b.is_ascii_graphic() && !matches!(b, b'#' | b'"' | b'\'' | b'<' | b'>'));
    (starts_like_one && is_run).then_some(run)
}

/// Lines with their numbers from 1; CR, LF and CRLF end one.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = Some(text);
    let cut = move || {
        let now = rest.take()?;
        let Some(end) = now.find(['\r', '\n']) else { return Some(now) };
        let skip = if now[end..].starts_with("\r\n") { 2 } else { 1 };
        rest = Some(&now[end + skip..]);
        Some(&now[..end])
    };
    (1..).zip(std::iter::from_fn(cut))
}

#[derive(Default)]
struct Found {
    token: String,
    comments: usize,
    end: Option<End>,
}

/// What the `end` line promises.
struct End {
    characters: usize,
    check: String,
}

impl Found {
    fn take_line(&mut self, number: usize, line: &str) -> Result<()> {
        let content = line.trim_start_matches(|c| c == '>' || is_blank(c));
        let offset = line[..line.len() - content.len()].chars().count();
        if let Some(comment) = content.strip_prefix('#') {
            self.comments += 1;
            self.end = read_end(comment).or(self.end.take());
            return Ok(());
        }
        let (content, offset) =
            if self.token.is_empty() { after_link(content, offset) } else { (content, offset) };
        for (position, c) in content.chars().enumerate() {
            match c {
                'A'..='Z' | 'a'..='z' | '0'..='9' | '-' | '_' | '.' => self.token.push(c),
                // Quotes and angle brackets stand around a token, never inside.
                '"' | '\'' | '<' | '>' => {}
                c if is_blank(c) => {}
                c => {
                    let column = offset + position + 1;
                    return Err(damaged(format!(
                        "{} is in the way in line {number}, column {column}",
                        shown(c)
                    )));
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<String> {
        let Self { token, comments, end } = self;
        if token.is_empty() {
            return Err(damaged("there is no request or response in it"));
        }
        match end {
            Some(end) if end.characters > token.len() => Err(damaged(format!(
                "{} of {} characters arrived: a part is missing",
                token.len(),
                end.characters
            ))),
            Some(end) if end.characters < token.len() => Err(damaged(format!(
                "{} characters arrived where {} are right: something was added",
                token.len(),
                end.characters
            ))),
            Some(end) if end.check != super::check_digits(&token) => Err(damaged(
                "the characters do not fit the check digits in the last line: some were changed",
            )),
            None if comments > 0 && token.matches('.').count() < 2 => Err(damaged(format!(
                "{} characters arrived, then it stops: the end is missing",
                token.len()
            ))),
            _ => Ok(token),
        }
    }
}

/// Where a link carries the token after `#`, what stands before belongs to the link.
fn after_link(content: &str, offset: usize) -> (&str, usize) {
    let bare = content.trim_start_matches(['<', '"', '\'']);
    if !(bare.starts_with("https://") || bare.starts_with("http://")) {
        return (content, offset);
    }
    match content.find('#') {
        Some(hash) => (&content[hash + 1..], offset + content[..=hash].chars().count()),
        None => (content, offset),
    }
}

/// `end 712 characters, check 5F2A9C`, after the `#`.
fn read_end(comment: &str) -> Option<End> {
    let mut words = comment.split(is_blank).filter(|word| !word.is_empty());
    (words.next()? == "end").then_some(())?;
    let characters = words.next()?.parse().ok()?;
    (words.next()? == "characters,").then_some(())?;
    (words.next()? == "check").then_some(())?;
    let check = words.next()?;
    Some(End { characters, check: check.to_ascii_uppercase() })
}

/// Blanks of all kinds, and what has no width: zero-width characters, soft hyphens, byte-order marks.
fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{AD}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}')
}

/// A character as an error can show it.
fn shown(c: char) -> String {
    if c.is_control() {
        format!("the control character U+{:04X}", u32::from(c))
    } else {
        format!("{c:?}")
    }
}
