//! Where messages go: to an SMTP server, or as files into an outbox where none is set.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use super::message::Sealed;

/// How long one answer of the server may take.
const ANSWER: Duration = Duration::from_secs(20);

/// How an SMTP server is reached.
#[derive(Clone)]
pub struct Smtp {
    /// `smtps://host`, or `smtp://host` with STARTTLS; `?tls=none` for a server next door.
    pub url: String,
    /// The user, if it is not in the URL.
    pub user: Option<String>,
    /// The password, if it is not in the URL.
    pub password: Option<String>,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Smtp")
    }
}

/// How a server is reached, without what opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShownSmtp {
    /// Host, and port where one is named.
    pub(crate) server: String,
    /// The key of how it is encrypted.
    pub(crate) encryption: &'static str,
    /// Whether the portal logs in. Not as whom: some providers take a secret for a name.
    pub(crate) logs_in: bool,
}

impl Smtp {
    /// For people to look at.
    pub(crate) fn shown(&self) -> ShownSmtp {
        let (address, query) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
        let (login, host) = rest.rsplit_once('@').map_or((None, rest), |(l, h)| (Some(l), h));
        let server = host.split('/').next().unwrap_or_default().to_owned();
        let plain = with_tls(&self.url).is_ok_and(|url| !url.contains('?'));
        let encryption = match (scheme, query) {
            ("smtps", _) => "mail-tls-whole",
            (_, "tls=opportunistic") => "mail-tls-opportunistic",
            _ if plain => "mail-tls-none",
            _ => "mail-tls-required",
        };
        ShownSmtp { server, encryption, logs_in: login.is_some() || self.user.is_some() }
    }
}

/// Where messages go.
pub(crate) enum Transport {
    /// One file a message in this folder.
    Outbox(PathBuf),
    /// A server.
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
}

/// Why a message did not get through.
#[derive(Debug)]
pub(crate) enum NotSent {
    /// It may get through later.
    Later(String),
    /// It never will.
    Never(String),
}

impl Transport {
    /// The server, or the outbox in the data directory where there is none.
    ///
    /// # Errors
    /// When the URL cannot be understood.
    pub(crate) fn new(smtp: Option<&Smtp>, data: &Path) -> anyhow::Result<Self> {
        let Some(smtp) = smtp else { return Ok(Self::Outbox(data.join("outbox"))) };
        // The URL may hold a password: it is not repeated.
        let url = with_tls(&smtp.url)?;
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url)
            .map_err(|_| anyhow::anyhow!("the SMTP URL cannot be understood: {HOW}"))?;
        match (&smtp.user, &smtp.password) {
            (Some(user), Some(password)) => {
                builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
            }
            (None, None) => {}
            _ => bail!("an SMTP user needs a password, and the other way round"),
        }
        Ok(Self::Smtp(Box::new(builder.timeout(Some(ANSWER)).build())))
    }

    /// Sends the message. `name` is that of its file in an outbox: the same message sent twice is one file.
    pub(crate) async fn send(&self, sealed: Sealed, name: String) -> Result<(), NotSent> {
        match self {
            Self::Outbox(folder) => {
                let folder = folder.clone();
                let written =
                    tokio::task::spawn_blocking(move || write(&folder, &name, &sealed.bytes));
                let written = written.await.map_err(|e| NotSent::Later(e.to_string()))?;
                written.map_err(|e| NotSent::Later(format!("the outbox cannot be written: {e}")))
            }
            Self::Smtp(server) => {
                let sent = server.send_raw(&sealed.envelope, &sealed.bytes).await;
                sent.map(|_| ()).map_err(|error| judge(&error))
            }
        }
    }
}

const HOW: &str =
    "smtps://user:password@host, or smtp://host with ?tls=required, opportunistic or none";

/// Without a word about TLS it is required, except on this machine.
fn with_tls(url: &str) -> anyhow::Result<String> {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let Some(host) = address.strip_prefix("smtp://") else {
        if address.starts_with("smtps://") {
            return Ok(url.to_owned());
        }
        bail!("the SMTP URL cannot be understood: {HOW}");
    };
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let is_here = ["localhost", "127.0.0.1", "[::1]"].iter().any(|here| {
        host.strip_prefix(here)
            .is_some_and(|rest| !rest.starts_with(|c: char| c != ':' && c != '/'))
    });
    match query {
        "tls=none" => Ok(address.to_owned()),
        "" if is_here => Ok(address.to_owned()),
        "" => Ok(format!("{address}?tls=required")),
        "tls=required" | "tls=opportunistic" => Ok(url.to_owned()),
        _ => bail!("the SMTP URL cannot be understood: {HOW}"),
    }
}

/// A server that refuses this message for good (5xx) will refuse it again; one that refuses us (a wrong password) may be
/// set right.
fn judge(error: &lettre::transport::smtp::Error) -> NotSent {
    let text = std::error::Error::source(error)
        .map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
    let about_us = [530, 534, 535, 538];
    let code = error.status().map(u16::from);
    let is_about_us = code.is_some_and(|code| about_us.contains(&code));
    if error.is_permanent() && !is_about_us { NotSent::Never(text) } else { NotSent::Later(text) }
}

/// Written beside, then renamed: whoever looks sees whole messages. For the owner's eyes: links in them open accounts.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    make_folder(folder)?;
    let (unfinished, finished) = (folder.join(format!("{name}.new")), folder.join(name));
    let mut file = create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, &finished)
        .with_context(|| format!("{} cannot be put into place", finished.display()))
}

#[cfg(unix)]
fn make_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_folder(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
}

fn create(path: &Path) -> std::io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_to_another_machine_is_encrypted_unless_somebody_says_otherwise() {
        let tls = |url: &str| with_tls(url).unwrap();
        assert_eq!(tls("smtp://mail.acme.example"), "smtp://mail.acme.example?tls=required");
        assert_eq!(tls("smtp://u:p@mail.example:25"), "smtp://u:p@mail.example:25?tls=required");
        assert_eq!(
            tls("smtp://localhost.evil.example"),
            "smtp://localhost.evil.example?tls=required"
        );
        assert_eq!(
            tls("smtp://localhost@evil.example"),
            "smtp://localhost@evil.example?tls=required"
        );
        assert_eq!(tls("smtp://127.0.0.1:2525"), "smtp://127.0.0.1:2525");
        assert_eq!(tls("smtp://mail.acme.example?tls=none"), "smtp://mail.acme.example");
        assert_eq!(tls("smtps://mail.acme.example"), "smtps://mail.acme.example");
        for wrong in ["mail.acme.example", "http://mail", "smtp://mail?tls=maybe"] {
            assert!(with_tls(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_shown_of_a_server_has_no_part_of_a_login() {
        for (url, server, encryption) in [
            ("smtps://us%40er:s3cret%2F@mail.acme.example", "mail.acme.example", "mail-tls-whole"),
            ("smtp://u:s3cret@mail.acme.example:587", "mail.acme.example:587", "mail-tls-required"),
            ("smtp://u:s3@cret@mail.acme.example", "mail.acme.example", "mail-tls-required"),
            ("smtp://u:s3cret@10.0.0.7?tls=none", "10.0.0.7", "mail-tls-none"),
            ("smtp://u:s3cret@localhost:25/x", "localhost:25", "mail-tls-none"),
            ("smtp://u:s3cret@a.example?tls=opportunistic", "a.example", "mail-tls-opportunistic"),
        ] {
            let shown = Smtp { url: url.into(), user: None, password: None }.shown();
            assert_eq!(shown, ShownSmtp { server: server.into(), encryption, logs_in: true });
        }
        let shown = Smtp { url: "smtp://a.example".into(), user: None, password: None }.shown();
        assert!(!shown.logs_in);
    }

    #[test]
    fn a_wrong_url_is_refused_without_repeating_its_password() {
        for url in ["smtp://user:s3cret@host:port", "ftp://user:s3cret@host"] {
            let smtp = Smtp { url: url.into(), user: None, password: None };
            let Err(error) = Transport::new(Some(&smtp), Path::new(".")) else { panic!("{url}") };
            assert!(!format!("{error:#}").contains("s3cret"), "{error:#}");
        }
    }
}
