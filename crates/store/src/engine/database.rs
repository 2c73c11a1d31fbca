//! Which database: a file, or a server.

use std::path::PathBuf;
use std::str::FromStr;

/// Where the data is.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// The embedded engine's file: `sqlite:PATH`, or a plain path.
    Sqlite(PathBuf),
    /// `postgres://USER@HOST[,HOST]/NAME`, as libpq's connection URIs (PostgreSQL's documentation, 34.1.1.2).
    Postgres(String),
}

impl FromStr for Database {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            let read: Result<tokio_postgres::Config, _> = text.parse();
            return match read {
                Ok(_) => Ok(Self::Postgres(text.to_owned())),
                Err(e) => Err(format!("not an address of a PostgreSQL database: {e}")),
            };
        }
        let path = text.strip_prefix("sqlite:").unwrap_or(text);
        let is_other = path.contains("://");
        if path.is_empty() || is_other {
            return Err("a database is sqlite:FILE or postgres://USER@HOST/NAME".to_owned());
        }
        Ok(Self::Sqlite(path.into()))
    }
}

/// Without the password, which an address may carry.
impl std::fmt::Display for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(address) => {
                let (scheme, rest) = address.split_once("://").unwrap_or(("postgres", address));
                let authority = rest.find('/').unwrap_or(rest.len());
                let host = rest[..authority].rfind('@').map_or(0, |at| at + 1);
                let shown = rest[host..].split('?').next().unwrap_or_default();
                write!(f, "{scheme}://{shown}")
            }
        }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Database;

    #[test]
    fn an_address_is_read_and_its_password_is_never_shown() {
        let read = |text: &str| text.parse::<Database>();
        assert_eq!(read("data/a.db"), read("sqlite:data/a.db"));
        let server =
            read("postgres://app:secret%40x@db1,db2:5433/countersign?password=other").unwrap();
        assert_eq!(server.to_string(), "postgres://db1,db2:5433/countersign");
        assert!(!format!("{server:?}").contains("secret"));
        for bad in ["", "sqlite:", "mysql://a/b", "postgres://a:b:c/d?sslmode=maybe"] {
            read(bad).unwrap_err();
        }
    }
}
