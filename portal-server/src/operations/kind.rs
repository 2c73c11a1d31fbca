//! Which database a portal has: who copies it follows from that.

use std::path::{Path, PathBuf};

use crate::app::DATABASE;

/// A portal's database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseKind {
    /// A file in the data folder: the portal copies it.
    Sqlite(PathBuf),
    /// A server, by its address: its own tools copy it.
    Postgres(String),
}

impl DatabaseKind {
    /// The database at this address; without one, the file in the data folder.
    pub fn of(data: &Path, url: Option<&str>) -> Self {
        match url.filter(|url| url.starts_with("postgres://") || url.starts_with("postgresql://")) {
            Some(url) => Self::Postgres(url.to_owned()),
            None => Self::Sqlite(data.join(DATABASE)),
        }
    }

    /// In a word, as a manifest says it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgresql",
        }
    }

    /// How its operator copies it, where the portal does not. No address: that has the password in it.
    pub fn own_tools(&self) -> Option<&'static str> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(_) => Some(
                "a PostgreSQL server is copied by its own tools, while the portal runs: pg_dump --format=custom \
                 --file=countersign.dump \"$DATABASE_URL\", and pg_restore --clean --if-exists brings it back. Copy the folders \
                 keys and releases of the data folder with it",
            ),
        }
    }
}
