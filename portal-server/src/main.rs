//! `countersign-portal`: serve, and set up by command line.
#![allow(clippy::print_stdout)] // a program talks on standard output

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use countersign_portal::admin::{self, Admin};
use countersign_portal::audit::{self, command::AuditCommand};
use countersign_portal::import;
use countersign_portal::keys::command::KeysCommand;
use countersign_portal::keys::passphrase::Sources;
use countersign_portal::logs::{self, Lines};
use countersign_portal::operations::{backup, check, doctor, moving, restore};
use countersign_portal::release::{Place, upload};
#[cfg(unix)]
use countersign_portal::signer::{self, args::SignerCommand};
use countersign_portal::traces::Traces;
use countersign_portal::webhook::Reach;
use countersign_portal::{App, Config, Smtp, keys, serve, serve_metrics, setup_link};
use countersign_store::Database;
use serde_json::Value;
use tokio::net::TcpListener;

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
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// A PostgreSQL database that any number of portals share: postgres://USER@HOST[,HOST]/NAME. A password in it is read by every
    /// program on the machine: put such an address into the variable [default: the file countersign.db in the data folder].
    // As text: what clap refuses it shows, with the password.
    #[arg(long, global = true, value_name = "ADDRESS", env = DATABASE, hide_env_values = true)]
    database: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
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
struct Looked {
    /// Folder with database and keys.
    #[arg(long, default_value = "portal-data")]
    data: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Where the files of releases lie, as `serve` has it.
    #[arg(long, value_name = "PLACE", env = RELEASE_STORE)]
    release_store: Option<String>,
    /// The socket of the signer, as `serve` has it.
    #[arg(long, value_name = "PATH", env = SIGNER)]
    signer: Option<PathBuf>,
    #[command(flatten)]
    passphrase: KeyPassphrase,
}

impl Looked {
    fn config(self, database: Option<Database>) -> anyhow::Result<(Config, bool)> {
        let config = config(self.data, database, self.release_store.as_deref())?;
        let key_passphrase = self.passphrase.sources();
        Ok((Config { signer: self.signer, key_passphrase, ..config }, self.json))
    }
}

/// The exit code of an import that is done but for some entries.
const WITH_PROBLEMS: u8 = 3;

/// How the signing key is opened.
#[derive(Debug, clap::Args)]
struct KeyPassphrase {
    /// A file with the passphrase of the signing key in its first line; or the variable COUNTERSIGN_KEY_PASSPHRASE, or the
    /// credential countersign-key-passphrase of systemd [default: key-passphrase in the data folder, made by the first start].
    #[arg(long, global = true, value_name = "FILE")]
    key_passphrase_file: Option<PathBuf>,
}

impl KeyPassphrase {
    fn sources(self) -> Sources {
        Sources::of_process(self.key_passphrase_file)
    }
}

#[derive(Debug, clap::Args)]
struct Serve {
    /// Folder with database and keys.
    #[arg(long, default_value = "portal-data")]
    data: PathBuf,
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The vendor's name, taken over on the first start.
    #[arg(long, default_value = "This vendor")]
    vendor: String,
    /// The address that people use, e.g. https://portal.acme.example. Under any other host nothing is answered, but for a domain
    /// that is set and verified on the page Settings, Domain [default: this machine alone, to try it out].
    #[arg(long)]
    public_url: Option<String>,
    /// The DNS server that is asked about such a domain, ADDRESS or ADDRESS:PORT [default: those of the system].
    #[arg(long, value_name = "ADDRESS", value_parser = dns_server)]
    dns_server: Option<SocketAddr>,
    /// An origin whose trial page may post here, e.g. https://acme.github.io; may be given more than once.
    #[arg(long)]
    trial_origin: Vec<String>,
    /// The portal is behind a reverse proxy that sets X-Forwarded-For.
    #[arg(long)]
    behind_proxy: bool,
    /// Requests a second from one address to the doors without a login; 0: no limit.
    #[arg(long, default_value_t = 20)]
    rate_limit: u64,
    /// Requests a minute by one token of a program; 0: no limit.
    #[arg(long, default_value_t = 6000)]
    token_rate_limit: u64,
    /// Where the files of releases lie: a folder, or s3://BUCKET/PREFIX with AWS_ENDPOINT_URL, AWS_REGION,
    /// AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment [default: releases in the data folder].
    #[arg(long, value_name = "PLACE", env = RELEASE_STORE)]
    release_store: Option<String>,
    /// The socket of the signer that has the signing key (countersign-portal signer serve) [default: the key lies in the
    /// data folder].
    #[arg(long, value_name = "PATH", env = SIGNER)]
    signer: Option<PathBuf>,
    /// The server for outgoing mail: smtps://host, or smtp://host with STARTTLS; ?tls=none for an unencrypted one. May
    /// carry user:password@. Without it mail is written into files in DATA/outbox.
    #[arg(long, env = "COUNTERSIGN_SMTP_URL", hide_env_values = true)]
    smtp_url: Option<String>,
    /// Its user, if the URL does not name one.
    #[arg(long, env = "COUNTERSIGN_SMTP_USER")]
    smtp_user: Option<String>,
    // Not as an argument: every program on the machine can read those.
    #[arg(skip = std::env::var("COUNTERSIGN_SMTP_PASSWORD").ok())]
    smtp_password: Option<String>,
    /// Whom mail comes from, e.g. "Acme <portal@acme.example>".
    #[arg(long, env = "COUNTERSIGN_MAIL_FROM")]
    mail_from: Option<String>,
    /// An existing folder that checkpoints of the audit log are written to as well: best one that is written once, or copied to
    /// where whoever runs this portal cannot change it.
    #[arg(long, value_name = "DIR")]
    audit_checkpoints: Option<PathBuf>,
    /// A network or host of your own that webhooks may be sent to, also without HTTPS, e.g. 10.0.0.0/8 or erp.lan; may be
    /// given more than once. Otherwise they reach nothing but the internet.
    #[arg(long, value_name = "NETWORK|HOST")]
    webhooks_may_reach: Vec<Reach>,
    /// A network (10.1.0.0/16), address or host inside the portal's own network at which an identity provider for single
    /// sign-on may be; may be given more than once. An address of this machine may be asked without HTTPS then.
    #[arg(long, value_name = "CIDR|HOST")]
    sso_may_reach: Vec<Reach>,
    /// Serve metrics for Prometheus at /metrics of this address, e.g. 127.0.0.1:9464. It is for whoever measures alone: never
    /// an address that strangers reach.
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<SocketAddr>,
    /// A name under which Prometheus asks for the metrics, e.g. portal.monitoring.svc.cluster.local; may be given more than once.
    /// Addresses, names without a dot and the host of --public-url are answered anyway; other names are not, so that no web
    /// page reads the metrics through the browser of somebody who reaches them.
    #[arg(long, value_name = "HOST")]
    metrics_host: Vec<String>,
    #[command(flatten)]
    passphrase: KeyPassphrase,
    /// Write logs as JSON.
    #[arg(long)]
    json_logs: bool,
    /// Send traces to the collector at this address, as OTLP over HTTP, e.g. http://127.0.0.1:4318 [default: none are made].
    #[arg(long, value_name = "URL", env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    otlp: Option<String>,
    /// Seconds that everything is still answered after a signal to end, while /readyz says no: as long as a load balancer takes
    /// to notice.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    drain_seconds: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let database = arguments.database.as_deref().map(str::parse::<Database>).transpose();
    let ran = match database.map_err(|error| anyhow::anyhow!("--database: {error}")) {
        Ok(database) => run(arguments.command, database).await,
        Err(error) => Err(error),
    };
    match ran {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command, database: Option<Database>) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(options) => run_server(*options, database).await?,
        Command::Init { data, vendor, passphrase } => {
            let config = config(data, database, None)?;
            init(Config { vendor, key_passphrase: passphrase.sources(), ..config }).await?;
        }
        Command::Keys { command, data, json, passphrase } => {
            let config = config(data, database, None)?;
            let config = Config { key_passphrase: passphrase.sources(), ..config };
            print_made(&keys::command::run(&config, command).await?, json);
        }
        Command::Backup { backup, portal } => {
            let (config, json) = portal.config(database)?;
            check_exists(&config)?;
            print_made(&backup::run(&config, &backup)?, json);
        }
        Command::Restore { restore, portal } => {
            let (config, json) = portal.config(database)?;
            print_made(&restore::run(&config, &restore)?, json);
        }
        Command::Doctor {
            public_url,
            smtp_url,
            smtp_user,
            mail_from,
            audit_checkpoints,
            portal,
        } => {
            let (config, json) = portal.config(database)?;
            let smtp_password = std::env::var("COUNTERSIGN_SMTP_PASSWORD").ok();
            let smtp = smtp_url.map(|url| Smtp { url, user: smtp_user, password: smtp_password });
            let config = Config { public_url, smtp, mail_from, audit_checkpoints, ..config };
            return Ok(print_report(&doctor::run(&config).await, json));
        }
        Command::Check { check, portal } => {
            let (config, json) = portal.config(database)?;
            check_exists(&config)?;
            check_schema(&config)?;
            let app = App::open(config).await.context("nothing was looked at")?;
            let report = check::run(&app, &check).await;
            app.store().close();
            let report = report?;
            print_made(&report.to_json(), json);
            return Ok(if report.is_well() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::MigrateData { moving, portal } => {
            let (config, json) = portal.config(database)?;
            let ran = moving::run(&config, &moving).await?;
            print_made(&ran.said, json);
            return Ok(if ran.well { ExitCode::SUCCESS } else { ExitCode::from(WITH_PROBLEMS) });
        }
        Command::Import { import, data, json, signer, passphrase } => {
            let app = open(config(data, database, None)?, signer, passphrase.sources()).await?;
            return run_import(&app, *import, json).await;
        }
        #[cfg(unix)]
        Command::Signer { command } => {
            if let SignerCommand::Serve(options) = command.as_ref() {
                logs::start(lines(options.json_logs), None);
            }
            signer::args::run(*command, shutdown_signal(None)).await?;
        }
        Command::Audit { command, data, json, signer, passphrase } => {
            let app = open(config(data, database, None)?, signer, passphrase.sources()).await?;
            let ran = audit::command::run(&app, command).await?;
            app.store().close();
            if let Some(said) = ran.said {
                print_made(&said, json);
            }
            return Ok(if ran.well { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::Admin { command, data, json, release_store, signer, passphrase } => {
            let config =
                config(data, database, release_store.as_deref()).context("nothing was done")?;
            let app = open(config, signer, passphrase.sources()).await?;
            let made = admin::run(&app, *command).await?;
            app.store().close();
            print_made(&made, json);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What the doctor found, line by line, and the exit code that says how bad it is.
fn print_report(report: &doctor::Report, json: bool) -> ExitCode {
    match json {
        true => println!("{}", report.to_json()),
        false => report.findings().iter().for_each(|finding| println!("{finding}")),
    }
    match report.worst() {
        doctor::Level::Well => ExitCode::SUCCESS,
        doctor::Level::Warning => ExitCode::from(WITH_PROBLEMS),
        doctor::Level::Problem => ExitCode::FAILURE,
    }
}

fn check_exists(config: &Config) -> anyhow::Result<()> {
    let data = &config.data;
    if let Database::Postgres(_) = config.database {
        let database = &config.database;
        let there = database.exists().with_context(|| format!("nothing was done: {database}"))?;
        anyhow::ensure!(
            there,
            "there is no portal in {database}: nothing was created. Check --database, or make a portal there first: \
             countersign-portal init --vendor \"Your name\" --database ADDRESS"
        );
    } else if !config.database.exists()? {
        anyhow::bail!(
            "there is no portal in {}: nothing was created. Check --data, or make a portal there first: \
             countersign-portal init --data {} --vendor \"Your name\"",
            data.display(),
            data.display()
        );
    }
    Ok(())
}

/// Whoever only looks brings no database up to date.
fn check_schema(config: &Config) -> anyhow::Result<()> {
    let found =
        countersign_store::condition(&config.database).map_err(|error| match error.kind() {
            Some(countersign_store::FaultKind::Moved) => anyhow::Error::new(error),
            _ => anyhow::Error::new(error).context(
                "the database cannot be read: restore a backup, countersign-portal restore",
            ),
        })?;
    if found.migration != found.known {
        anyhow::bail!(
            "the database has migration {} and this program {}: nothing was looked at. Use the program that runs the portal",
            found.migration,
            found.known
        );
    }
    Ok(())
}

/// The portal that there is.
async fn open(
    config: Config,
    signer: Option<PathBuf>,
    key_passphrase: Sources,
) -> anyhow::Result<App> {
    check_exists(&config)?;
    let config = Config { signer, key_passphrase, ..config };
    App::open(config).await.context("nothing was done")
}

async fn run_import(app: &App, import: import::Arguments, json: bool) -> anyhow::Result<ExitCode> {
    let summary = import::run(app, import).await;
    app.store().close();
    let summary = summary?;
    match json {
        true => println!("{}", summary.json),
        false => summary.lines().iter().for_each(|line| println!("{line}")),
    }
    Ok(if summary.has_problems { ExitCode::from(WITH_PROBLEMS) } else { ExitCode::SUCCESS })
}

fn config(
    data: PathBuf,
    database: Option<Database>,
    release_store: Option<&str>,
) -> anyhow::Result<Config> {
    let mut config = Config::new(data);
    if let Some(database) = database {
        config.database = database;
    }
    if let Some(place) = release_store {
        let parsed = Place::parse(place, |name| std::env::var(name).ok());
        config.releases = parsed.context("--release-store")?;
    }
    Ok(config)
}

async fn init(config: Config) -> anyhow::Result<()> {
    let data = config.data.clone();
    // What was begun and cut off is begun anew.
    if config.database.exists()? && App::is_founded(&config).await? {
        let place = match &config.database {
            Database::Sqlite(_) => data.display().to_string(),
            database => database.to_string(),
        };
        anyhow::bail!("there is a portal in {place} already: nothing was changed");
    }
    let app = App::open(config).await?;
    app.store().close();
    println!("portal        {}", data.display());
    say_where_the_root_is(&data);
    Ok(())
}

fn say_where_the_root_is(data: &Path) {
    if let Some(root) = keys::root_left_behind(data) {
        println!("root key      {}", root.display());
        println!(
            "              carry it to an offline place and delete it here: the portal does not need it"
        );
    }
}

fn print_made(made: &Value, json: bool) {
    if json {
        println!("{made}");
        return;
    }
    for (name, value) in made.as_object().into_iter().flatten() {
        match value.as_array() {
            Some(entries) => entries.iter().for_each(|entry| print_entry(name, entry)),
            None => println!("{name:<14} {}", in_words(value)),
        }
    }
}

/// One of several in a line: `file  ID  NAME …`, the name in the singular.
fn print_entry(name: &str, entry: &Value) {
    let name = name.strip_suffix('s').unwrap_or(name);
    let members = entry.as_object().map(|object| object.values().map(in_words).collect::<Vec<_>>());
    println!("{name:<14} {}", members.map_or_else(|| in_words(entry), |words| words.join("  ")));
}

fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

async fn run_server(options: Serve, database: Option<Database>) -> anyhow::Result<()> {
    let traces = options.otlp.as_deref().map(Traces::to).transpose().context("--otlp")?;
    logs::start(lines(options.json_logs), traces.as_ref());
    let with_server = options.smtp_url.is_some();
    let config = Config {
        vendor: options.vendor,
        public_url: options.public_url,
        dns_server: options.dns_server,
        trial_origins: options.trial_origin,
        behind_proxy: options.behind_proxy,
        rate_limit: (options.rate_limit > 0).then_some(options.rate_limit),
        token_rate_limit: (options.token_rate_limit > 0).then_some(options.token_rate_limit),
        smtp: options.smtp_url.map(|url| Smtp {
            url,
            user: options.smtp_user,
            password: options.smtp_password,
        }),
        mail_from: options.mail_from,
        audit_checkpoints: options.audit_checkpoints,
        webhooks_may_reach: options.webhooks_may_reach,
        signer: options.signer,
        sso_may_reach: options.sso_may_reach,
        metrics_hosts: options.metrics_host,
        key_passphrase: options.passphrase.sources(),
        drain: Duration::from_secs(options.drain_seconds),
        otlp: options.otlp,
        ..config(options.data.clone(), database, options.release_store.as_deref())?
    };
    if let Some(folder) = &config.audit_checkpoints {
        audit::check_writable(folder).context("--audit-checkpoints")?;
    }
    let listener = TcpListener::bind(options.listen).await.with_context(|| {
        format!("{} cannot be listened on; choose another address with --listen", options.listen)
    })?;
    let address = listener.local_addr()?;
    let reached_at = config.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let reached_at = reached_at.trim_end_matches('/');
    let measured = match options.metrics {
        Some(address) => Some(TcpListener::bind(address).await.with_context(|| {
            format!("{address} cannot be listened on; choose another address with --metrics")
        })?),
        None => None,
    };
    let app = App::open(config).await?;
    if let Some(listener) = measured {
        println!("metrics       http://{}/metrics", listener.local_addr()?);
        tokio::spawn(serve_metrics(listener, app.clone()));
    }
    say_where_the_root_is(&options.data);
    if let Some(place) = upload::kept_elsewhere(&app).await? {
        eprintln!(
            "the files of releases lie in {place}, and this portal looks for them in {}: they cannot be downloaded. Start \
             it with the right --release-store",
            app.releases().name()
        );
    }
    match setup_link(&app).await {
        Ok(Some(path)) => {
            println!("first admin   {reached_at}{path}");
            println!("              works once, for 24 hours");
        }
        Ok(None) => {}
        // What machines need works all the same; on a full disk the vendor wants it to.
        Err(error) => eprintln!("there is no admin yet, and no link to create one: {error:#}"),
    }
    if !with_server {
        println!("mail          {}", options.data.join("outbox").display());
        println!("              written there, not sent: name a server with --smtp-url");
    }
    println!("listening on http://{address}");
    let served = serve(listener, app.clone(), shutdown_signal(Some(app))).await;
    if let Some(traces) = traces {
        traces.end().await;
    }
    served
}

/// An address with or without a port.
fn dns_server(text: &str) -> Result<SocketAddr, String> {
    let address = || text.parse::<IpAddr>().map(|address| SocketAddr::new(address, 53));
    text.parse().or_else(|_| address()).map_err(|_| "it is no IP address".to_owned())
}

fn lines(json: bool) -> Lines {
    if json { Lines::Json } else { Lines::Human }
}

/// Ends with an interrupt or, on Unix, SIGTERM. A further one ends the time in which everything is still answered.
async fn shutdown_signal(app: Option<App>) {
    let mut signals = Signals::new();
    signals.next().await;
    if let Some(app) = app {
        tokio::spawn(async move {
            signals.next().await;
            app.draining().cut_short();
        });
    }
}

/// What asks the process to end.
struct Signals {
    #[cfg(unix)]
    terminate: Option<tokio::signal::unix::Signal>,
}

impl Signals {
    fn new() -> Self {
        #[cfg(unix)]
        use tokio::signal::unix::{SignalKind, signal};
        Self {
            #[cfg(unix)]
            terminate: signal(SignalKind::terminate()).ok(),
        }
    }

    async fn next(&mut self) {
        let interrupt =
            async { tokio::signal::ctrl_c().await.unwrap_or_else(|_| std::process::abort()) };
        #[cfg(unix)]
        if let Some(terminate) = &mut self.terminate {
            tokio::select! {
                () = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
        interrupt.await;
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        <super::Arguments as clap::CommandFactory>::command().debug_assert();
    }
}
