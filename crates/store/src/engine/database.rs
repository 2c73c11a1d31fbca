//! Which database: a file, or a server.

use std::path::PathBuf;
use std::str::FromStr;

use tokio_postgres::config::Host;

use super::address::Address;

/// Where the data is.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// The embedded engine's file: `sqlite:PATH`, or a plain path.
    Sqlite(PathBuf),
    /// `postgres://USER@HOST[,HOST]/NAME`, as libpq's connection URIs (PostgreSQL's documentation, 34.1.1.2); but a server on another
    /// machine is spoken to by TLS with a certificate that is checked, unless the address says `sslmode=disable`.
    Postgres(String),
}

impl FromStr for Database {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            let read: Result<Address, String> = text.parse();
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

impl Database {
    /// Where a server's database is, for programs of PostgreSQL that are told by their environment (libpq's documentation, 34.15). Nothing
    /// for a file. The password is in it.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let Self::Postgres(address) = self else { return Vec::new() };
        let Ok(Address { config, tls }) = address.parse() else { return Vec::new() };
        let host = |host: &Host| match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(folder) => folder.display().to_string(),
        };
        let joined = |parts: Vec<String>| Some(parts.join(",")).filter(|all| !all.is_empty());
        let text = |text: Option<&str>| text.map(str::to_owned);
        let password = config.get_password().map(|p| String::from_utf8_lossy(p).into_owned());
        let only_leader = config.get_hosts().len() > 1;
        let all = [
            ("PGHOST", joined(config.get_hosts().iter().map(host).collect())),
            (
                "PGHOSTADDR",
                joined(config.get_hostaddrs().iter().map(ToString::to_string).collect()),
            ),
            ("PGPORT", joined(config.get_ports().iter().map(ToString::to_string).collect())),
            ("PGUSER", text(config.get_user())),
            ("PGDATABASE", text(config.get_dbname().or(config.get_user()))),
            ("PGPASSWORD", password),
            ("PGOPTIONS", text(config.get_options())),
            ("PGSSLMODE", text(Some(if tls.is_some() { "verify-full" } else { "disable" }))),
            ("PGSSLROOTCERT", tls.map(|authority| authority.file())),
            ("PGTARGETSESSIONATTRS", text(only_leader.then_some("read-write"))),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
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
        let told = server.environment();
        for (name, value) in [
            ("PGHOST", "db1,db2"),
            ("PGPORT", "5432,5433"),
            ("PGUSER", "app"),
            ("PGDATABASE", "countersign"),
        ] {
            assert!(told.contains(&(name, value.to_owned())), "{name}");
        }
        for bad in ["", "sqlite:", "mysql://a/b", "postgres://a:b:c/d?sslmode=maybe"] {
            read(bad).unwrap_err();
        }
    }
}
