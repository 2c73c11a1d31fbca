//! Rows, read in the order of their keys and written in parts of bounded size.

use countersign_core::Hash;

use super::schema::Table;
use crate::engine::params::Value;
use crate::engine::{Connection, find, list, run};
use crate::error::{Result, StoreError};

// Statements about a table that there is, with its names in the place of others'.
const FIRST: &str = "SELECT name, value FROM setting ORDER BY name LIMIT ?1";
const NEXT: &str = "SELECT name, value FROM setting WHERE (name) > (?2) ORDER BY name LIMIT ?1";
const PUT: &str = "INSERT INTO setting (name, value) VALUES (?1, ?2)";
const COUNT: &str = "SELECT COUNT(*) FROM setting";
const EMPTY: &str = "DELETE FROM setting";

/// Rows in one part, and the values that one statement takes.
const MOST_ROWS: usize = 512;
const MOST_VALUES: usize = 30_000;
/// Bytes that a part is to come to: pictures are large, notes are small.
const PART_BYTES: usize = 2 * 1024 * 1024;

pub(super) type Row = Vec<Value>;

/// What a table's contents come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Contents {
    /// How many rows.
    pub rows: u64,
    /// The sum of their hashes. Every row counts, in whatever order an engine keeps them.
    sum: [u64; 4],
}

impl Contents {
    pub(super) fn add(&mut self, row: &Row) {
        let mut bytes = Vec::new();
        for value in row {
            let (kind, content): (u8, &[u8]) = match value {
                Value::Null => (0, &[]),
                Value::Integer(number) => (1, &number.to_be_bytes()),
                Value::Text(text) => (2, text.as_bytes()),
                Value::Blob(blob) => (3, blob),
            };
            bytes.push(kind);
            bytes.extend((content.len() as u64).to_be_bytes());
            bytes.extend(content);
        }
        let hash = Hash::of(&bytes);
        let mut carry = false;
        for (sum, piece) in self.sum.iter_mut().zip(hash.as_bytes().chunks_exact(8)) {
            let number = piece.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
            let (once, over) = sum.overflowing_add(number);
            let (twice, over_again) = once.overflowing_add(u64::from(carry));
            (*sum, carry) = (twice, over || over_again);
        }
        self.rows += 1;
    }
}

impl std::fmt::Display for Contents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.sum.iter().try_for_each(|part| write!(f, "{part:016x}"))
    }
}

/// Reads a table from its beginning to its end.
pub(super) struct Reader<'a> {
    table: &'a Table,
    /// The key of the last row that was read.
    after: Option<Row>,
    next: usize,
    ended: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(table: &'a Table) -> Self {
        Self { table, after: None, next: 16, ended: false }
    }

    /// The next part; none: that was all.
    pub(super) fn next(&mut self, c: &Connection) -> Result<Option<Vec<Row>>> {
        if self.ended {
            return Ok(None);
        }
        let mut params: Row = vec![Value::Integer(i64::try_from(self.next).unwrap_or(i64::MAX))];
        params.extend(self.after.iter().flatten().cloned());
        let text = match &self.after {
            None => named(FIRST, self.table),
            Some(_) => named(NEXT, self.table),
        };
        let sql = text.as_str();
        let count = self.table.columns.len();
        let part =
            list(c, sql, &params, |row| (0..count).map(|_| row.take()).collect::<Result<Row>>());
        let part = part.map_err(|error| self.names(error))?;
        let Some(last) = part.last() else { return Ok(None) };
        self.after = Some(self.table.key.iter().map(|at| last[*at].clone()).collect());
        self.ended = part.len() < self.next;
        self.next = fitting(&part, self.table);
        Ok(Some(part))
    }

    fn names(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::Malformed(_) => StoreError::Commit(format!(
                "the table {} holds text that is not UTF-8, or a number with a fraction",
                self.table.name
            )),
            error => error,
        }
    }
}

/// How many rows the next part may have, by how large those of the last one are. Doubled at most, so that there are few statements
/// of different lengths.
fn fitting(part: &[Row], table: &Table) -> usize {
    let size = |value: &Value| match value {
        Value::Text(text) => text.len(),
        Value::Blob(blob) => blob.len(),
        _ => 8,
    };
    let bytes: usize = part.iter().flatten().map(size).sum();
    let most = MOST_ROWS.min(MOST_VALUES / table.columns.len().max(1));
    match bytes {
        bytes if bytes > PART_BYTES => (part.len() / 2).max(1),
        bytes if bytes < PART_BYTES / 4 => (part.len() * 2).min(most),
        _ => part.len().min(most),
    }
}

/// Writes a part.
pub(super) fn write(c: &Connection, table: &Table, part: &[Row]) -> Result<()> {
    if part.is_empty() {
        return Ok(());
    }
    let text = named(PUT, table);
    let (into, _) = text.rsplit_once(" (").unwrap_or((&text, ""));
    let width = table.columns.len();
    let tuple = |row: usize| {
        let values: Vec<String> = (1..=width).map(|at| format!("?{}", row * width + at)).collect();
        format!("({})", values.join(", "))
    };
    let tuples: Vec<String> = (0..part.len()).map(tuple).collect();
    let text = format!("{into} {}", tuples.join(", "));
    let sql = text.as_str();
    let values: Row = part.iter().flatten().cloned().collect();
    let written = run(c, sql, &values)?;
    if written == part.len() { Ok(()) } else { Err(StoreError::Malformed("number of rows")) }
}

/// How many rows a table has.
pub(super) fn count(c: &Connection, table: &Table) -> Result<u64> {
    let text = named(COUNT, table);
    let sql = text.as_str();
    Ok(find(c, sql, [], |row| row.take::<u64>())?.unwrap_or(0))
}

/// Deletes all rows.
pub(super) fn empty(c: &Connection, table: &Table) -> Result<()> {
    let text = named(EMPTY, table);
    let sql = text.as_str();
    run(c, sql, []).map(drop)
}

/// The statement about another table. In one pass: what is put in is not looked at again.
fn named(sql: &str, table: &Table) -> String {
    let key: Vec<&str> = table.key.iter().map(|at| table.columns[*at].as_str()).collect();
    let columns = table.columns.join(", ");
    let after: Vec<String> = (0..key.len()).map(|at| format!("?{}", at + 2)).collect();
    let (key, after) = (key.join(", "), after.join(", "));
    let names = [
        ("name, value", columns.as_str()),
        ("(?2)", &format!("({after})")),
        ("setting", &table.name),
        ("name", &key),
    ];
    let (mut named, mut rest) = (String::new(), sql);
    while let Some(next) = rest.chars().next() {
        let found = names.iter().find(|(name, _)| rest.starts_with(name));
        let (length, put) =
            found.map_or((next.len_utf8(), None), |(name, put)| (name.len(), Some(put)));
        named.push_str(put.unwrap_or(&&rest[..length]));
        rest = &rest[length..];
    }
    named
}

#[cfg(test)]
mod tests;
