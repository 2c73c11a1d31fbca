//! What the operator sets when starting the portal. What the vendor sets lies in the database (settings).

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use countersign_store::Database;

use crate::clock::{Clock, Entropy, SystemClock, SystemEntropy};
use crate::keys;
use crate::lane::Width;
use crate::lanes::Work;
use crate::mail::Smtp;
use crate::release::Place;
use crate::webhook::{Reach, Resolve, SystemResolver};

/// The embedded database's file in the data folder.
pub(crate) const DATABASE: &str = "countersign.db";

/// How the portal runs.
#[derive(Clone)]
pub struct Config {
    /// Folder with database and keys.
    pub data: PathBuf,
    /// Where the database is: a file in `data`, or a server that several portals share.
    pub database: Database,
    /// The vendor's name in responses and on pages, if none is stored yet.
    pub vendor: String,
    /// The address that people use, e.g. `https://portal.acme.example`: no other host is answered, but for a domain that the vendor
    /// has verified. Decides whether cookies are for HTTPS only.
    pub public_url: Option<String>,
    /// The server that DNS is asked of, about the vendor's own domain; `None`: those of the system.
    pub dns_server: Option<SocketAddr>,
    /// Origins of trial pages that may post trial requests, beside those in the settings.
    pub trial_origins: Vec<String>,
    /// Whether the peer is a reverse proxy whose `X-Forwarded-For` names the client.
    pub behind_proxy: bool,
    /// Requests a second from one address to the doors that need no login; `None`: no limit.
    pub rate_limit: Option<u64>,
    /// Requests a minute by one token, at all nodes together; `None`: no limit.
    pub token_rate_limit: Option<u64>,
    /// The server that mail goes to; `None`: into files in the folder `outbox` below `data`.
    pub smtp: Option<Smtp>,
    /// Whom mail comes from, e.g. `Acme <portal@acme.example>`; needed with a server.
    pub mail_from: Option<String>,
    /// Where the files of releases lie.
    pub releases: Place,
    /// Where checkpoints of the audit log are written to, besides the database.
    pub audit_checkpoints: Option<PathBuf>,
    /// How long what happened may wait to be chained into the audit log.
    pub seal_every: Duration,
    /// The socket of the signer that has the signing key; `None`: the key lies in the folder `keys` below `data`.
    pub signer: Option<PathBuf>,
    /// Where the passphrase of the signing key is looked for.
    pub key_passphrase: keys::passphrase::Sources,
    /// What webhooks may be sent to beyond the internet, without HTTPS as well.
    pub webhooks_may_reach: Vec<Reach>,
    /// Where webhooks ask for the addresses of names.
    pub resolver: Arc<dyn Resolve>,
    /// Names under which metrics are asked for, besides addresses and names of one part.
    pub metrics_hosts: Vec<String>,
    /// Inner addresses at which identity providers may be.
    pub sso_may_reach: Vec<Reach>,
    /// How much of each kind of work is done at a time.
    pub widths: fn(Work) -> Width,
    /// How long everything is still answered after `/readyz` has said no.
    pub drain: Duration,
    /// The collector that traces are sent to, which the program that serves has made a way to ([`crate::traces`]).
    pub otlp: Option<String>,
    /// How the database runs.
    pub store: countersign_store::Options,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

impl Config {
    /// The defaults for a data directory.
    pub fn new(data: PathBuf) -> Self {
        Self {
            releases: Place::Folder(data.join("releases")),
            database: Database::Sqlite(data.join(DATABASE)),
            data,
            vendor: "This vendor".to_owned(),
            public_url: None,
            dns_server: None,
            trial_origins: Vec::new(),
            behind_proxy: false,
            rate_limit: Some(20),
            token_rate_limit: Some(6000),
            smtp: None,
            mail_from: None,
            audit_checkpoints: None,
            seal_every: Duration::from_secs(3),
            signer: None,
            key_passphrase: keys::passphrase::Sources::default(),
            webhooks_may_reach: Vec::new(),
            resolver: Arc::new(SystemResolver),
            metrics_hosts: Vec::new(),
            sso_may_reach: Vec::new(),
            widths: Work::width,
            drain: Duration::ZERO,
            otlp: None,
            store: countersign_store::Options::default(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        }
    }

    /// Whether people reach the portal by HTTPS.
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}
