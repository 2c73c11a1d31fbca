//! SQL behind the store's back.

use countersign_store::Database;
use postgres::SimpleQueryMessage;
use rusqlite::types::ValueRef;

/// A connection of its own to a test's database.
pub enum Raw {
    /// To the file.
    Sqlite(rusqlite::Connection),
    /// To the server: opened anew for each statement, on a thread of its own (its client may not wait on a runtime's threads).
    Postgres(String),
}

impl Raw {
    /// Opens it.
    pub fn open(database: &Database) -> Self {
        match database {
            Database::Sqlite(path) => Self::Sqlite(rusqlite::Connection::open(path).unwrap()),
            Database::Postgres(address) => Self::Postgres(address.clone()),
        }
    }

    /// Statements without answers.
    ///
    /// # Errors
    /// With the engine's words.
    pub fn execute(&self, sql: &str) -> Result<(), String> {
        match self {
            Self::Sqlite(connection) => connection.execute_batch(sql).map_err(|e| e.to_string()),
            Self::Postgres(address) => on_server(address, |client| {
                client
                    .batch_execute(sql)
                    .map_err(|e| e.as_db_error().map_or(e.to_string(), |e| e.message().to_owned()))
            }),
        }
    }

    /// Has the server prepare all statements of each text (parameters are `$1`); its words where it refuses.
    pub fn prepare_all(&self, statements: impl Iterator<Item = String>) -> Vec<Result<(), String>> {
        let Self::Postgres(address) = self else { panic!("not a server's database") };
        let statements: Vec<String> = statements.collect();
        on_server(address, |client| {
            let words = |e: postgres::Error| {
                e.as_db_error().map_or_else(|| e.to_string(), |e| e.message().to_owned())
            };
            let mut all = |text: &String| {
                let mut single = text.split(';').filter(|sql| !sql.trim().is_empty());
                single.try_for_each(|sql| client.prepare(sql).map(drop).map_err(words))
            };
            statements.iter().map(&mut all).collect()
        })
    }

    /// All rows as text; NULL is `None`.
    pub fn rows(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare(sql).unwrap();
                let count = statement.column_count();
                let row = |row: &rusqlite::Row<'_>| {
                    Ok((0..count).map(|at| text(row.get_ref(at).unwrap())).collect())
                };
                statement.query_map([], row).unwrap().map(Result::unwrap).collect()
            }
            Self::Postgres(address) => on_server(address, |client| {
                let messages = client.simple_query(sql).unwrap();
                let rows = messages.iter().filter_map(|message| match message {
                    SimpleQueryMessage::Row(row) => {
                        Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect())
                    }
                    _ => None,
                });
                rows.collect()
            }),
        }
    }

    /// The one value of the one row.
    pub fn value(&self, sql: &str) -> String {
        self.rows(sql)[0][0].clone().unwrap_or_default()
    }

    /// The first column of all rows.
    pub fn column(&self, sql: &str) -> Vec<String> {
        self.rows(sql).into_iter().map(|row| row[0].clone().unwrap_or_default()).collect()
    }
}

pub(crate) fn on_server<T: Send>(
    address: &str,
    then: impl FnOnce(&mut postgres::Client) -> T + Send,
) -> T {
    let run = || then(&mut postgres::Client::connect(address, postgres::NoTls).unwrap());
    std::thread::scope(|scope| scope.spawn(run).join().unwrap())
}

fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(text) => Some(String::from_utf8(text.to_vec()).unwrap()),
        // As PostgreSQL writes it.
        ValueRef::Blob(bytes) => Some(bytes.iter().fold("\\x".to_owned(), |mut hex, byte| {
            hex.push_str(&format!("{byte:02x}"));
            hex
        })),
    }
}
