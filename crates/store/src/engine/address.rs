//! The address of a server, and how it is spoken to: by TLS with a certificate that is checked, unless the server is on this machine or
//! the address says `sslmode=disable`. Nothing is tried in the clear where TLS fails: whoever stands between would say that it does.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// What is known of a server before it is connected to.
#[derive(Debug, Clone)]
pub(super) struct Address {
    pub(super) config: Config,
    /// `None`: in the clear.
    pub(super) tls: Option<Authority>,
}

/// Who says that a server is the one that it says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Authority {
    /// Those that the system trusts.
    System,
    /// Those whose certificates are in this file (PEM), and nobody else.
    File(PathBuf),
}

impl Authority {
    /// The same for PostgreSQL's own programs. Before version 16 they do not know whom the system trusts: where Debian and others have
    /// written it down.
    pub(super) fn file(&self) -> String {
        const WRITTEN_DOWN: &str = "/etc/ssl/certs/ca-certificates.crt";
        match self {
            Self::File(path) => path.display().to_string(),
            Self::System if Path::new(WRITTEN_DOWN).exists() => WRITTEN_DOWN.to_owned(),
            Self::System => "system".to_owned(),
        }
    }
}

/// What the address itself says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    None,
    Clear,
    Tls,
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (mut wish, mut authority) = (Wish::None, None);
        let (address, options) = text.split_once('?').unwrap_or((text, ""));
        let mut others = Vec::new();
        for option in options.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                Some(("sslmode", mode)) => wish = read_mode(mode)?,
                Some(("sslrootcert", file)) => authority = Some(read_authority(file)?),
                _ => others.push(option),
            }
        }
        let rest = format!("{address}?{}", others.join("&"));
        let mut config: Config = rest.trim_end_matches('?').parse().map_err(words)?;
        let tls = match wish {
            Wish::Clear if authority.is_some() => {
                return Err(
                    "sslmode=disable asks nobody for a certificate: leave sslrootcert away, \
                    or sslmode"
                        .to_owned(),
                );
            }
            Wish::Clear => None,
            Wish::None if authority.is_none() && is_this_machine(&config) => None,
            Wish::None | Wish::Tls => Some(authority.unwrap_or(Authority::System)),
        };
        config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        Ok(Self { config, tls })
    }
}

/// libpq's modes. `require` checks nothing there: here it does.
fn read_mode(mode: &str) -> Result<Wish, String> {
    match mode {
        "disable" => Ok(Wish::Clear),
        // In libpq they end in the clear where somebody says that there is no TLS: here they are as if nothing were said.
        "allow" | "prefer" => Ok(Wish::None),
        "require" | "verify-ca" | "verify-full" => Ok(Wish::Tls),
        _ => Err("sslmode is disable, require or verify-full".to_owned()),
    }
}

fn read_authority(file: &str) -> Result<Authority, String> {
    let file = percent_decode_str(file).decode_utf8();
    match file.as_deref() {
        Ok("") | Err(_) => Err("sslrootcert names a file, or system".to_owned()),
        Ok("system") => Ok(Authority::System),
        Ok(file) => Ok(Authority::File(file.into())),
    }
}

/// Nobody is on the way to any of the hosts.
fn is_this_machine(config: &Config) -> bool {
    let hostaddrs = config.get_hostaddrs();
    if !hostaddrs.is_empty() {
        return hostaddrs.iter().all(|address| address.to_canonical().is_loopback());
    }
    let hosts = config.get_hosts();
    let is_here = |host: &Host| match host {
        #[cfg(unix)]
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            let number = name.parse::<std::net::IpAddr>();
            name.eq_ignore_ascii_case("localhost")
                || number.is_ok_and(|number| number.to_canonical().is_loopback())
        }
    };
    !hosts.is_empty() && hosts.iter().all(is_here)
}

fn words(error: tokio_postgres::Error) -> String {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(further) = source {
        words.push_str(": ");
        words.push_str(&further.to_string());
        source = further.source();
    }
    words
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Address, Authority};

    fn tls(text: &str) -> Option<Authority> {
        text.parse::<Address>().unwrap().tls
    }

    #[test]
    fn a_server_on_another_machine_is_spoken_to_in_the_clear_only_where_the_address_says_so() {
        for remote in [
            "postgres://app@db1/portal",
            "postgres://app@db1/portal?sslmode=prefer",
            "postgres://app@db1/portal?sslmode=allow&application_name=x",
            "postgres://app@10.0.0.1:5432,localhost:5432/portal",
            "postgres://app@localhost,db1/portal?target_session_attrs=read-write",
            "postgres://app@localhost/portal?hostaddr=10.0.0.1",
            "postgres://app@localhost.acme.example/portal",
            "postgres://app@[2001:db8::1]/portal",
            "postgres://app@127.0.0.1/portal?sslmode=require",
            "postgres://app@%2Frun%2Fpostgresql/portal?sslmode=verify-full",
        ] {
            assert_eq!(tls(remote), Some(Authority::System), "{remote}");
        }
        assert_eq!(tls("postgres://app@db1/portal?sslmode=disable"), None);
        for here in [
            "postgres://app@localhost/portal",
            "postgres://app@127.0.0.1:5433,[::1]:5434/portal",
            "postgres://app@%2Frun%2Fpostgresql/portal",
            "postgres://app@db.acme.example/portal?hostaddr=127.0.0.1",
        ] {
            assert_eq!(tls(here), None, "{here}");
        }
    }

    #[test]
    fn an_authority_of_ones_own_is_asked_for_whichever_server() {
        let own = Some(Authority::File("/etc/own authority.pem".into()));
        let named = "sslrootcert=/etc/own%20authority.pem";
        assert_eq!(tls(&format!("postgres://app@localhost/portal?{named}")), own);
        assert_eq!(tls(&format!("postgres://app@db1/p?connect_timeout=3&{named}&port=1")), own);
        assert_eq!(tls("postgres://app@db1/p?sslrootcert=system"), Some(Authority::System));
    }

    #[test]
    fn what_would_be_guessed_is_refused() {
        for bad in [
            "postgres://app@db1/portal?sslmode=maybe",
            "postgres://app@db1/portal?sslrootcert=",
            "postgres://app@db1/portal?sslmode=disable&sslrootcert=ca.pem",
            "postgres://app@db1/portal?sslcert=me.pem",
        ] {
            bad.parse::<Address>().unwrap_err();
        }
    }
}
