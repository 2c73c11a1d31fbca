//! Which tables there are and which columns they have, by the database's own word.

use crate::engine::{Connection, dialect, list};
use crate::error::Result;

/// A table of rows with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    /// In an order of their own.
    pub(crate) columns: Vec<String>,
    /// The primary key's columns, as positions in `columns`, in its order.
    pub(crate) key: Vec<usize>,
}

/// What is one database's own and is not moved: on PostgreSQL, which commits were answered; the migrations, which the target has from
/// its own making.
const NOT_MOVED: [&str; 2] = ["commit_note", "schema_migration"];

/// The tables whose rows are moved.
pub(super) fn moved_tables(c: &Connection) -> Result<Vec<Table>> {
    let mut tables = all_tables(c)?;
    tables.retain(|table| !is_of_engine(table));
    Ok(tables)
}

/// Whether a table says nothing of the vendor's data.
pub(super) fn is_of_engine(table: &Table) -> bool {
    NOT_MOVED.contains(&table.name.as_str())
}

/// All tables, by their names.
pub(in crate::engine) fn all_tables(c: &Connection) -> Result<Vec<Table>> {
    let sql = match c {
        Connection::Sqlite(_) => dialect::COLUMNS_SQLITE,
        Connection::Postgres(_) => dialect::COLUMNS_POSTGRES,
    };
    let columns = list(c, sql, [], |row| {
        Ok((row.take::<String>()?, row.take::<String>()?, row.take::<i64>()?))
    })?;
    let mut tables: Vec<(Table, Vec<i64>)> = Vec::new();
    for (name, column, place) in columns {
        if tables.last().is_none_or(|(table, _)| table.name != name) {
            tables.push((Table { name, columns: Vec::new(), key: Vec::new() }, Vec::new()));
        }
        if let Some((table, places)) = tables.last_mut() {
            table.columns.push(column);
            places.push(place);
        }
    }
    Ok(tables.into_iter().map(|(table, places)| with_key(table, &places)).collect())
}

/// `places` say of each column where it stands in the key; below 0: nowhere.
fn with_key(mut table: Table, places: &[i64]) -> Table {
    let mut key: Vec<usize> = (0..places.len()).filter(|at| places[*at] >= 0).collect();
    key.sort_by_key(|at| places[*at]);
    table.key = key;
    table
}

impl Table {
    /// Whether another database's table is this one.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let names = |table: &Self| {
            let mut columns = table.columns.clone();
            columns.sort_unstable();
            let key: Vec<_> = table.key.iter().map(|at| table.columns[*at].clone()).collect();
            (table.name.clone(), columns, key)
        };
        names(self) == names(other) && !self.key.is_empty()
    }
}
