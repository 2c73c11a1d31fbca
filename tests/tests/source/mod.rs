//! Rust source as the checks of this project read it: words, marks and texts, without comments. No parser: what a check asks
//! is which names stand where, and what a text says.
#![allow(dead_code)] // each program uses its part of this

use std::fs;
use std::path::{Path, PathBuf};

/// A piece of source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// A name, keyword or number.
    Word(String),
    /// Any other character.
    Mark(char),
    /// What a string literal says, escapes resolved.
    Text(String),
}

/// A source file.
pub(crate) struct Source {
    /// Its path below the folder that was read.
    pub(crate) path: String,
    /// Its pieces, each with its line.
    pub(crate) tokens: Vec<(usize, Token)>,
}

impl Source {
    /// Reads source text; `path` is how complaints name it.
    pub(crate) fn of(path: &str, text: &str) -> Self {
        let mut reader = Reader { rest: text, line: 1, tokens: Vec::new() };
        while reader.step() {}
        Self { path: path.to_owned(), tokens: reader.tokens }
    }

    /// Every `*.rs` below `folder`.
    pub(crate) fn below(folder: &Path) -> Vec<Self> {
        let mut files = Vec::new();
        collect(folder, &mut files);
        files.sort();
        let read = |path: PathBuf| {
            let text = fs::read_to_string(&path).expect("source is text");
            let name = path.strip_prefix(folder).expect("it lies below").display().to_string();
            Self::of(&name, &text)
        };
        files.into_iter().map(read).collect()
    }

    /// `path:line: what`, for the token with this number.
    pub(crate) fn complaint(&self, token: usize, what: &str) -> String {
        let line = self.tokens.get(token).map_or(0, |(line, _)| *line);
        format!("{}:{line}: {what}", self.path)
    }

    /// The word at this place.
    pub(crate) fn word(&self, token: usize) -> Option<&str> {
        match self.tokens.get(token) {
            Some((_, Token::Word(word))) => Some(word),
            _ => None,
        }
    }

    /// The text at this place.
    pub(crate) fn text(&self, token: usize) -> Option<&str> {
        match self.tokens.get(token) {
            Some((_, Token::Text(text))) => Some(text),
            _ => None,
        }
    }

    /// Whether the tokens from `token` on are these, written as in `is_at(n, ". route (")`; `_` stands for any one.
    pub(crate) fn is_at(&self, token: usize, pattern: &str) -> bool {
        pattern.split(' ').enumerate().all(|(n, wanted)| match self.tokens.get(token + n) {
            Some(_) if wanted == "_" => true,
            Some((_, Token::Word(word))) => word == wanted,
            Some((_, Token::Mark(mark))) => wanted.chars().eq([*mark]),
            Some((_, Token::Text(_))) | None => false,
        })
    }

    /// Where a pattern (see [`Self::is_at`]) stands.
    pub(crate) fn places(&self, pattern: &str) -> Vec<usize> {
        (0..self.tokens.len()).filter(|n| self.is_at(*n, pattern)).collect()
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).expect("the source folder is there");
    for path in entries.map(|entry| entry.expect("a folder can be listed").path()) {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
}

/// Whether a text is SQL or a piece of it. Keywords are written in capitals, which no sentence for people has; a whole
/// statement is known in small letters as well.
pub(crate) fn looks_like_sql(text: &str) -> bool {
    const WORDS: [&str; 9] = [
        "SELECT",
        "FROM",
        "WHERE",
        "VALUES",
        "RETURNING",
        "PRAGMA",
        "SAVEPOINT",
        "ROLLBACK",
        "COMMIT",
    ];
    const PAIRS: [(&str, &[&str]); 11] = [
        ("INSERT", &["INTO", "OR"]),
        ("REPLACE", &["INTO"]),
        ("DELETE", &["FROM"]),
        ("ORDER", &["BY"]),
        ("GROUP", &["BY"]),
        ("ON", &["CONFLICT"]),
        ("BEGIN", &["IMMEDIATE", "TRANSACTION", "EXCLUSIVE", "DEFERRED"]),
        ("CREATE", &["TABLE", "INDEX", "UNIQUE", "VIEW", "TRIGGER", "FUNCTION"]),
        ("DROP", &["TABLE", "INDEX", "VIEW"]),
        ("ALTER", &["TABLE"]),
        ("RELEASE", &["SAVEPOINT", "command"]),
    ];
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let pair = |pair: &[&str]| {
        PAIRS.iter().any(|(first, second)| pair[0] == *first && second.contains(&pair[1]))
    };
    let is_update = words.first() == Some(&"UPDATE") && words.get(2) == Some(&"SET");
    is_update
        || words.iter().any(|word| WORDS.contains(word))
        || words.windows(2).any(pair)
        || is_statement_in_small_letters(&words)
}

fn is_statement_in_small_letters(words: &[&str]) -> bool {
    match words {
        ["select", rest @ ..] => rest.contains(&"from"),
        ["insert", "into", _, ..] | ["delete", "from", _, ..] | ["update", _, "set", ..] => true,
        _ => false,
    }
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    tokens: Vec<(usize, Token)>,
}

impl Reader<'_> {
    /// Takes one piece; `false` at the end.
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else { return false };
        if first.is_whitespace() {
            self.take(first.len_utf8());
        } else if self.rest.starts_with("//") {
            self.take(self.rest.find('\n').unwrap_or(self.rest.len()));
        } else if self.rest.starts_with("/*") {
            self.take_comment();
        } else if let Some(hashes) = raw_start(self.rest) {
            self.take_raw(hashes);
        } else if first == '"' {
            self.take_text();
        } else if first == '\'' {
            self.take_quote();
        } else if is_word(first) {
            let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
            // The b of b"…" and c of c"…" belong to the text.
            if !(end == 1 && matches!(first, 'b' | 'c') && self.rest[1..].starts_with('"')) {
                self.push(Token::Word(self.rest[..end].to_owned()));
            }
            self.take(end);
        } else {
            self.push(Token::Mark(first));
            self.take(first.len_utf8());
        }
        true
    }

    fn push(&mut self, token: Token) {
        self.tokens.push((self.line, token));
    }

    fn take(&mut self, bytes: usize) {
        let (taken, rest) = self.rest.split_at(bytes);
        self.line += taken.matches('\n').count();
        self.rest = rest;
    }

    /// Comments nest.
    fn take_comment(&mut self) {
        let mut depth = 0;
        loop {
            if self.rest.starts_with("/*") {
                depth += 1;
                self.take(2);
            } else if self.rest.starts_with("*/") {
                depth -= 1;
                self.take(2);
            } else {
                let Some(next) = self.rest.chars().next() else { return };
                self.take(next.len_utf8());
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// `r"…"`, `br#"…"#` and their like.
    fn take_raw(&mut self, hashes: usize) {
        let begin = self.rest.find('"').map_or(0, |quote| quote + 1);
        let end_mark = format!("\"{}", "#".repeat(hashes));
        let length = self.rest[begin..].find(&end_mark).unwrap_or(self.rest.len() - begin);
        self.push(Token::Text(self.rest[begin..begin + length].to_owned()));
        self.take((begin + length + end_mark.len()).min(self.rest.len()));
    }

    fn take_text(&mut self) {
        let (mut text, mut escaped, mut length) = (String::new(), false, 1);
        for c in self.rest[1..].chars() {
            length += c.len_utf8();
            match (escaped, c) {
                (false, '"') => break,
                (false, '\\') => escaped = true,
                (false, other) => text.push(other),
                (true, other) => {
                    text.push('\\');
                    text.push(other);
                    escaped = false;
                }
            }
        }
        self.push(Token::Text(without_escapes(&text)));
        self.take(length);
    }

    /// A character or a lifetime.
    fn take_quote(&mut self) {
        let mut chars = self.rest.char_indices().skip(1);
        let (first, second) = (chars.next(), chars.next());
        let length = match (first, second) {
            (Some((_, '\\')), Some((start, escaped))) => {
                let after = start + escaped.len_utf8();
                self.rest[after..].find('\'').map_or(self.rest.len(), |end| after + end + 1)
            }
            (_, Some((at, '\''))) => at + 1,
            // Of a lifetime only the quote: its name is a word that no check asks for.
            _ => 1,
        };
        self.take(length);
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The number of `#` before the quote, if a raw text begins here.
fn raw_start(rest: &str) -> Option<usize> {
    let after = ["r", "br", "cr"].iter().find_map(|start| rest.strip_prefix(start))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

/// A backslash at the end of a line swallows the white space that follows. Other escapes are no part of what checks look for
/// and stay as one space.
fn without_escapes(text: &str) -> String {
    let mut found = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        found.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let escape = after.chars().next().unwrap_or(' ');
        rest = after.strip_prefix(escape).unwrap_or(after);
        match escape {
            '\n' => rest = rest.trim_start(),
            '"' | '\'' | '\\' => found.push(escape),
            _ => found.push(' '),
        }
    }
    found.push_str(rest);
    found
}
