//! Lists in pages: bounded, and continued after a cursor instead of an offset, so that the thousandth page costs what the
//! first one does.

use std::fmt;
use std::str::FromStr;

use crate::error::{Result, StoreError};

/// The most rows of one page; statements ask for one more, to see whether there is a next page.
pub(crate) const MOST: usize = 100;

const LONGEST_CURSOR: usize = 1000;

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What it shows.
    pub items: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// The place after one row of a list: the value that it is ordered by, and its id. As text it goes into an address; a person
/// may change it there, which shows another place of their own list and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) id: String,
    pub(crate) key: Key,
}

/// What a list is ordered by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Number(i64),
    Text(String),
}

impl Cursor {
    pub(crate) fn number(&self) -> Option<i64> {
        match self.key {
            Key::Number(number) => Some(number),
            Key::Text(_) => None,
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.key {
            Key::Number(_) => None,
            Key::Text(text) => Some(text),
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Key::Number(number) => write!(f, "{}.n{number}", self.id),
            Key::Text(text) => write!(f, "{}.t{text}", self.id),
        }
    }
}

impl FromStr for Cursor {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        let malformed = || StoreError::Malformed("cursor");
        let (id, key) = text.split_once('.').ok_or_else(malformed)?;
        if text.len() > LONGEST_CURSOR {
            return Err(malformed());
        }
        let key = match (key.strip_prefix('n'), key.strip_prefix('t')) {
            (Some(number), _) => Key::Number(number.parse().map_err(|_| malformed())?),
            (_, Some(text)) => Key::Text(text.to_owned()),
            _ => return Err(malformed()),
        };
        Ok(Self { id: id.to_owned(), key })
    }
}

/// At most so many rows; the last one only tells that there are more.
pub(crate) fn wanted(most: usize) -> usize {
    most.clamp(1, MOST)
}

/// The ids of one page and where the next one begins, of rows that were asked for with one more than `most`.
pub(crate) fn cut(mut places: Vec<Cursor>, most: usize) -> (Vec<String>, Option<Cursor>) {
    let more = places.len() > most;
    places.truncate(most);
    let next = places.last().cloned().filter(|_| more);
    (places.into_iter().map(|place| place.id).collect(), next)
}
