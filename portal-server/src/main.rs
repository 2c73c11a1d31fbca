//! `countersign-portal`: serve, and set up by command line.
#![allow(clippy::print_stdout)] // a program talks on standard output

mod program;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;
use countersign_portal::keys::passphrase::Sources;
use countersign_portal::operations::{backup, check, doctor, moving, restore};
use countersign_portal::release::Place;
use countersign_portal::{App, Config, Smtp, admin, audit, import, keys};
#[cfg(unix)]
use countersign_portal::{
    logs,
    signer::{self, args::SignerCommand},
};
use countersign_store::Database;

use program::arguments::{Arguments, Command};
use program::say::{WITH_PROBLEMS, print_made, print_report, say_where_the_root_is};
use program::serve::run_server;
#[cfg(unix)]
use program::serve::{lines, shutdown_signal};

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
