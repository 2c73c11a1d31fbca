//! `countersign-portal signer …`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::limits::{Limits, Releases};
use super::{Moved, Options, init, open};
use crate::clock::{SystemClock, SystemEntropy};
use crate::keys::passphrase::Sources;
use crate::signing::Client;

/// What a signer is told to do.
#[derive(Debug, Subcommand)]
pub enum SignerCommand {
    /// Sign for a portal, as another user than the portal's.
    Serve(Serve),
    /// Move a portal's key into the folder of a signer.
    Init(Init),
    /// Ask a running signer what it signs with, and where its journal ends.
    Show(Show),
}

/// `signer serve`
#[derive(Debug, Args)]
#[command(
    after_help = "Example: countersign-portal signer serve --data /var/lib/countersign-signer --socket /run/countersign-signer/socket"
)]
pub struct Serve {
    /// Folder with keys/signing.pem, keys/signing.chain and keys/root.pub; the journals lie in it too.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The socket to listen on, for this user and its group.
    #[arg(long, value_name = "PATH")]
    socket: PathBuf,
    /// Only this user, by number, may ask; may be given more than once [default: whoever may open the socket].
    #[arg(long, value_name = "UID")]
    allow_uid: Vec<u32>,
    /// The longest grant in days; then there are none without an end [default: what the delegation says].
    #[arg(long, value_name = "N")]
    max_days: Option<u64>,
    /// The most signatures within an hour, a brake against signing in bulk [default: any number].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    most_per_hour: Option<u64>,
    /// The most signatures for one request within a day.
    #[arg(long, value_name = "N", default_value_t = Limits::default().most_per_request, value_parser = clap::value_parser!(u64).range(1..))]
    most_per_request: u64,
    /// Sign no checksum lists of releases.
    #[arg(long)]
    no_releases: bool,
    /// The first line of this file opens signing.pem, where it is encrypted [default: COUNTERSIGN_KEY_PASSPHRASE, systemd's
    /// credential countersign-key-passphrase, the file key-passphrase in the folder].
    #[arg(long, value_name = "FILE")]
    key_passphrase_file: Option<PathBuf>,
    /// Write logs as JSON.
    #[arg(long)]
    pub json_logs: bool,
}

/// `signer init`
#[derive(Debug, Args)]
#[command(
    after_help = "Example: countersign-portal signer init --from portal-data --data /var/lib/countersign-signer\n\
    Stop the portal first. Copies of the key in backups stay what they are."
)]
pub struct Init {
    /// The portal's folder.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// The signer's folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

/// `signer show`
#[derive(Debug, Args)]
#[command(
    after_help = "Example: countersign-portal signer show --socket /run/countersign-signer/socket"
)]
pub struct Show {
    /// The signer's socket.
    #[arg(long, value_name = "PATH")]
    socket: PathBuf,
}

/// Does it. `shutdown` ends a signer that serves.
///
/// # Errors
/// With what happened, what state things are in and what to do.
#[allow(clippy::print_stdout)] // a program talks on standard output
pub async fn run(command: SignerCommand, shutdown: impl Future<Output = ()>) -> anyhow::Result<()> {
    match command {
        SignerCommand::Serve(options) => serve(options, shutdown).await,
        SignerCommand::Init(Init { from, data }) => {
            let Moved { files, gone } = init(&from, &data)?;
            files.iter().for_each(|file| println!("signer has     {}", file.display()));
            gone.iter().for_each(|file| println!("portal has not {}", file.display()));
            Ok(())
        }
        SignerCommand::Show(Show { socket }) => show(&socket).await,
    }
}

#[allow(clippy::print_stdout)] // a program talks on standard output
async fn serve(options: Serve, shutdown: impl Future<Output = ()>) -> anyhow::Result<()> {
    let running = open(Options {
        data: options.data,
        socket: options.socket.clone(),
        passphrase: Sources::of_process(options.key_passphrase_file),
        allowed: options.allow_uid,
        limits: Limits {
            max_days: options.max_days,
            most_per_hour: options.most_per_hour,
            most_per_request: options.most_per_request,
            releases: if options.no_releases { Releases::Refused } else { Releases::Signed },
        },
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
    })?;
    let (held, head) = (running.held(), running.head());
    println!("key           {}", held.kid);
    println!("journal       {} {}", head.count, head.hash);
    println!("signing on {}", options.socket.display());
    drop(held);
    running.serve(shutdown).await;
    Ok(())
}

#[allow(clippy::print_stdout)] // a program talks on standard output
async fn show(socket: &Path) -> anyhow::Result<()> {
    let state = Client::new(socket.to_owned()).state().await?;
    let papers = state.public.verify()?;
    let until = countersign_core::file::date(papers.until());
    println!("key           {}", papers.delegation.key.thumbprint());
    println!("held by       {}", papers.delegation.holder);
    println!("until         {until} UTC");
    println!("journal       {} {}", state.head.count, state.head.hash);
    Ok(())
}
