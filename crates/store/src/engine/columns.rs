//! The values of a row, taken one after the other.

use super::cell::Cell;
use super::params::Value;
use crate::error::{Result, StoreError};

/// One row of either engine.
pub(super) enum Row<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

/// Columns taken one after the other, in the order of the SELECT list.
pub(crate) struct Columns<'a> {
    row: Row<'a>,
    next: usize,
}

/// What a column can be read as.
pub(crate) trait Take: Sized {
    fn take(cell: Cell<'_>) -> Option<Self>;
}

impl<'a> Columns<'a> {
    pub(super) fn of(row: Row<'a>) -> Self {
        Self { row, next: 0 }
    }

    pub(crate) fn take<T: Take>(&mut self) -> Result<T> {
        let at = self.next;
        self.next += 1;
        let cell = match &self.row {
            Row::Sqlite(row) => Cell::of_sqlite(row.get_ref(at)?),
            Row::Postgres(row) => Some(row.try_get(at)?),
        };
        cell.and_then(T::take).ok_or(StoreError::Malformed("column"))
    }
}

macro_rules! integers {
    ($($kind:ty),*) => {
        $(impl Take for $kind {
            fn take(cell: Cell<'_>) -> Option<Self> {
                match cell {
                    Cell::Integer(number) => number.try_into().ok(),
                    _ => None,
                }
            }
        })*
    };
}
integers!(i64, i32, u64, u32, u16, u8, usize);

impl Take for bool {
    fn take(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Integer(number) => Some(number != 0),
            _ => None,
        }
    }
}

impl Take for String {
    fn take(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(text) => Some(text.to_owned()),
            _ => None,
        }
    }
}

impl Take for Vec<u8> {
    fn take(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Blob(bytes) => Some(bytes.to_vec()),
            _ => None,
        }
    }
}

/// Whatever it is.
impl Take for Value {
    fn take(cell: Cell<'_>) -> Option<Self> {
        Some(Self::of(&cell))
    }
}

impl<T: Take> Take for Option<T> {
    fn take(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            cell => T::take(cell).map(Some),
        }
    }
}
