//! Licenses from a table (CSV): read row by row into buffers of a fixed size, judged against what the portal has, and imported all
//! together or not at all. A page and the command line do it by the same functions.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `rows` | cells out of bytes, whatever the bytes |
//! | `columns` | what the columns are called and mean |
//! | `judge` | what a row makes here, or everything that is wrong with it |
//! | `run` | a whole table: looked at, imported |
//! | `command` | `admin license import` |

pub(crate) mod columns;
pub(crate) mod command;
mod judge;
mod rows;
pub(crate) mod run;

use crate::language::Say;

pub(crate) use columns::Column;

/// Something that is wrong with a table.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    /// The line of the file, counted from 1; where a row has several, its first.
    pub(crate) line: u64,
    /// In which column, if it is one's.
    pub(crate) column: Option<Column>,
    /// What, in words.
    pub(crate) what: Say,
}

/// Something that is wrong with a cell, or with a row as a whole.
#[derive(Debug, Clone)]
pub(crate) struct Wrong(pub(crate) Option<Column>, pub(crate) Say);

impl Wrong {
    pub(crate) fn at(column: Column, what: impl Into<Say>) -> Self {
        Self(Some(column), what.into())
    }
}
