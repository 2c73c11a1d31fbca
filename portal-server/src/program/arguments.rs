//! What the program can be told.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use countersign_portal::admin::Admin;
use countersign_portal::audit::command::AuditCommand;
use countersign_portal::keys::command::KeysCommand;
use countersign_portal::keys::passphrase::Sources;
use countersign_portal::operations::{backup, check, moving, restore};
#[cfg(unix)]
use countersign_portal::signer::args::SignerCommand;
use countersign_portal::webhook::Reach;
use countersign_portal::{Config, import};
use countersign_store::Database;

/// The database, where it is not the file in the data folder.
const DATABASE: &str = "COUNTERSIGN_DATABASE";
/// Where the files of releases lie.
const RELEASE_STORE: &str = "COUNTERSIGN_RELEASE_STORE";
/// The socket of a signer.
const SIGNER: &str = "COUNTERSIGN_SIGNER";

/// The Countersign portal: where request files are carried to.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Example: countersign-portal serve --data ./portal-data --vendor \"Acme Software\""
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// A PostgreSQL database that any number of portals share: postgres://USER@HOST[,HOST]/NAME. A password in it is read by every
    /// program on the machine: put such an address into the variable [default: the file countersign.db in the data folder].
    // As text: what clap refuses it shows, with the password.
    #[arg(long, global = true, value_name = "ADDRESS", env = DATABASE, hide_env_values = true)]
    pub(crate) database: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the portal. The first start creates database and keys and prints a link to create the first admin.
    Serve(Box<Serve>),
    /// Create database and keys without serving.
    Init {
        /// Folder for database and keys.
        #[arg(long, default_value = "portal-data")]
        data: PathBuf,
        /// Your name as a vendor.
        #[arg(long)]
        vendor: String,
        #[command(flatten)]
        passphrase: KeyPassphrase,
    },
    /// The portal's own keys, also while it runs.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
        /// Folder with database and keys.
        #[arg(long, global = true, default_value = "portal-data")]
        data: PathBuf,
        /// Print one JSON object.
        #[arg(long, global = true)]
        json: bool,
        #[command(flatten)]
        passphrase: KeyPassphrase,
    },
    /// The audit log: take it along, sign where it ends, compare the database with it.
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
        /// Folder with database and keys.
        #[arg(long, global = true, default_value = "portal-data")]
        data: PathBuf,
        /// Print one JSON object.
        #[arg(long, global = true)]
        json: bool,
        /// The socket of the signer, as `serve` has it.
        #[arg(long, global = true, value_name = "PATH", env = SIGNER)]
        signer: Option<PathBuf>,
        #[command(flatten)]
        passphrase: KeyPassphrase,
    },
    /// Set up without a browser, also while the portal runs.
    Admin {
        #[command(subcommand)]
        command: Box<Admin>,
        /// Folder with database and keys.
        #[arg(long, global = true, default_value = "portal-data")]
        data: PathBuf,
        /// Print one JSON object.
        #[arg(long, global = true)]
        json: bool,
        /// Where the files of releases lie, as `serve` has it.
        #[arg(long, global = true, value_name = "PLACE", env = RELEASE_STORE)]
        release_store: Option<String>,
        /// The socket of the signer, as `serve` has it.
        #[arg(long, global = true, value_name = "PATH", env = SIGNER)]
        signer: Option<PathBuf>,
        #[command(flatten)]
        passphrase: KeyPassphrase,
    },
    /// The signing key in a process of its own, which the portal reaches by a Unix socket.
    #[cfg(unix)]
    Signer {
        #[command(subcommand)]
        command: Box<SignerCommand>,
    },
    /// Copy the portal while it runs: database, keys and release files, with a manifest.
    Backup {
        #[command(flatten)]
        backup: backup::Arguments,
        #[command(flatten)]
        portal: Looked,
    },
    /// Put a backup in the place of a portal's data, which is kept aside. The portal must not run.
    Restore {
        #[command(flatten)]
        restore: restore::Arguments,
        #[command(flatten)]
        portal: Looked,
    },
    /// Look at everything that operators get wrong: exit code 0 all is well, 3 there are warnings, 1 there are problems.
    #[command(
        after_help = "Example: countersign-portal doctor --data ./portal-data --public-url https://portal.acme.example"
    )]
    Doctor {
        /// The address that people use, as `serve` has it.
        #[arg(long)]
        public_url: Option<String>,
        /// The server for outgoing mail, as `serve` has it.
        #[arg(long, env = "COUNTERSIGN_SMTP_URL", hide_env_values = true)]
        smtp_url: Option<String>,
        /// Its user, as `serve` has it.
        #[arg(long, env = "COUNTERSIGN_SMTP_USER")]
        smtp_user: Option<String>,
        /// Whom mail comes from, as `serve` has it.
        #[arg(long, env = "COUNTERSIGN_MAIL_FROM")]
        mail_from: Option<String>,
        /// The folder for checkpoints of the audit log, as `serve` has it.
        #[arg(long, value_name = "DIR")]
        audit_checkpoints: Option<PathBuf>,
        #[command(flatten)]
        portal: Looked,
    },
    /// Compare the data with itself: the file, seats with activations, answers with their signatures, the audit log's chain, release
    /// files with their hashes; also while the portal runs. Exit code 0 all is well, 1 something is wrong.
    Check {
        #[command(flatten)]
        check: check::Arguments,
        #[command(flatten)]
        portal: Looked,
    },
    /// Move the data into another database, a file's into a server's or back, beside running portals; dry, unless --yes. Exit code 0
    /// all is well, 3 it is moved and something was found, 1 nothing was moved.
    MigrateData {
        #[command(flatten)]
        moving: moving::Arguments,
        #[command(flatten)]
        portal: Looked,
    },
    /// Take over what another system's API exports: products, users, organizations, licenses; also while the portal runs. Dry, unless --yes.
    Import {
        #[command(flatten)]
        import: Box<import::Arguments>,
        /// Folder with database and keys.
        #[arg(long, default_value = "portal-data")]
        data: PathBuf,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
        /// The socket of the signer, as `serve` has it.
        #[arg(long, value_name = "PATH", env = SIGNER)]
        signer: Option<PathBuf>,
        #[command(flatten)]
        passphrase: KeyPassphrase,
    },
}

/// A portal that something is done with beside serving it.
#[derive(Debug, clap::Args)]
pub(crate) struct Looked {
    /// Folder with database and keys.
    #[arg(long, default_value = "portal-data")]
    pub(crate) data: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    /// Where the files of releases lie, as `serve` has it.
    #[arg(long, value_name = "PLACE", env = RELEASE_STORE)]
    pub(crate) release_store: Option<String>,
    /// The socket of the signer, as `serve` has it.
    #[arg(long, value_name = "PATH", env = SIGNER)]
    pub(crate) signer: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) passphrase: KeyPassphrase,
}

impl Looked {
    pub(crate) fn config(self, database: Option<Database>) -> anyhow::Result<(Config, bool)> {
        let config = crate::config(self.data, database, self.release_store.as_deref())?;
        let key_passphrase = self.passphrase.sources();
        Ok((Config { signer: self.signer, key_passphrase, ..config }, self.json))
    }
}

/// How the signing key is opened.
#[derive(Debug, clap::Args)]
pub(crate) struct KeyPassphrase {
    /// A file with the passphrase of the signing key in its first line; or the variable COUNTERSIGN_KEY_PASSPHRASE, or the
    /// credential countersign-key-passphrase of systemd [default: key-passphrase in the data folder, made by the first start].
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) key_passphrase_file: Option<PathBuf>,
}

impl KeyPassphrase {
    pub(crate) fn sources(self) -> Sources {
        Sources::of_process(self.key_passphrase_file)
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// Folder with database and keys.
    #[arg(long, default_value = "portal-data")]
    pub(crate) data: PathBuf,
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// The vendor's name, taken over on the first start.
    #[arg(long, default_value = "This vendor")]
    pub(crate) vendor: String,
    /// The address that people use, e.g. https://portal.acme.example. Under any other host nothing is answered, but for a domain
    /// that is set and verified on the page Settings, Domain [default: this machine alone, to try it out].
    #[arg(long)]
    pub(crate) public_url: Option<String>,
    /// The DNS server that is asked about such a domain, ADDRESS or ADDRESS:PORT [default: those of the system].
    #[arg(long, value_name = "ADDRESS", value_parser = dns_server)]
    pub(crate) dns_server: Option<SocketAddr>,
    /// An origin whose trial page may post here, e.g. https://acme.github.io; may be given more than once.
    #[arg(long)]
    pub(crate) trial_origin: Vec<String>,
    /// The portal is behind a reverse proxy that sets X-Forwarded-For.
    #[arg(long)]
    pub(crate) behind_proxy: bool,
    /// Requests a second from one address to the doors without a login; 0: no limit.
    #[arg(long, default_value_t = 20)]
    pub(crate) rate_limit: u64,
    /// Requests a minute by one token of a program, at all nodes together; 0: no limit.
    #[arg(long, default_value_t = 6000)]
    pub(crate) token_rate_limit: u64,
    /// Where the files of releases lie: a folder, or s3://BUCKET/PREFIX with AWS_ENDPOINT_URL, AWS_REGION,
    /// AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment [default: releases in the data folder].
    #[arg(long, value_name = "PLACE", env = RELEASE_STORE)]
    pub(crate) release_store: Option<String>,
    /// The socket of the signer that has the signing key (countersign-portal signer serve) [default: the key lies in the
    /// data folder].
    #[arg(long, value_name = "PATH", env = SIGNER)]
    pub(crate) signer: Option<PathBuf>,
    /// The server for outgoing mail: smtps://host, or smtp://host with STARTTLS; ?tls=none for an unencrypted one. May
    /// carry user:password@. Without it mail is written into files in DATA/outbox.
    #[arg(long, env = "COUNTERSIGN_SMTP_URL", hide_env_values = true)]
    pub(crate) smtp_url: Option<String>,
    /// Its user, if the URL does not name one.
    #[arg(long, env = "COUNTERSIGN_SMTP_USER")]
    pub(crate) smtp_user: Option<String>,
    // Not as an argument: every program on the machine can read those.
    #[arg(skip = std::env::var("COUNTERSIGN_SMTP_PASSWORD").ok())]
    pub(crate) smtp_password: Option<String>,
    /// Whom mail comes from, e.g. "Acme <portal@acme.example>".
    #[arg(long, env = "COUNTERSIGN_MAIL_FROM")]
    pub(crate) mail_from: Option<String>,
    /// An existing folder that checkpoints of the audit log are written to as well: best one that is written once, or copied to
    /// where whoever runs this portal cannot change it.
    #[arg(long, value_name = "DIR")]
    pub(crate) audit_checkpoints: Option<PathBuf>,
    /// A network or host of your own that webhooks may be sent to, also without HTTPS, e.g. 10.0.0.0/8 or erp.lan; may be
    /// given more than once. Otherwise they reach nothing but the internet.
    #[arg(long, value_name = "NETWORK|HOST")]
    pub(crate) webhooks_may_reach: Vec<Reach>,
    /// A network (10.1.0.0/16), address or host inside the portal's own network at which an identity provider for single
    /// sign-on may be; may be given more than once. An address of this machine may be asked without HTTPS then.
    #[arg(long, value_name = "CIDR|HOST")]
    pub(crate) sso_may_reach: Vec<Reach>,
    /// Serve metrics for Prometheus at /metrics of this address, e.g. 127.0.0.1:9464. It is for whoever measures alone: never
    /// an address that strangers reach.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) metrics: Option<SocketAddr>,
    /// A name under which Prometheus asks for the metrics, e.g. portal.monitoring.svc.cluster.local; may be given more than once.
    /// Addresses, names without a dot and the host of --public-url are answered anyway; other names are not, so that no web
    /// page reads the metrics through the browser of somebody who reaches them.
    #[arg(long, value_name = "HOST")]
    pub(crate) metrics_host: Vec<String>,
    #[command(flatten)]
    pub(crate) passphrase: KeyPassphrase,
    /// Write logs as JSON.
    #[arg(long)]
    pub(crate) json_logs: bool,
    /// Send traces to the collector at this address, as OTLP over HTTP, e.g. http://127.0.0.1:4318 [default: none are made].
    #[arg(long, value_name = "URL", env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    pub(crate) otlp: Option<String>,
    /// Seconds that everything is still answered after a signal to end, while /readyz says no: as long as a load balancer takes
    /// to notice.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(crate) drain_seconds: u64,
}

/// An address with or without a port.
fn dns_server(text: &str) -> Result<SocketAddr, String> {
    let address = || text.parse::<IpAddr>().map(|address| SocketAddr::new(address, 53));
    text.parse().or_else(|_| address()).map_err(|_| "it is no IP address".to_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        <super::Arguments as clap::CommandFactory>::command().debug_assert();
    }
}
