//! `countersign-portal audit …`: the log by command line, also while the portal runs.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use countersign_core::file;
use serde_json::{Value, json};

use super::{Export, carrier, check, log, make_checkpoint, seal_all};
use crate::app::App;

/// What to do with the log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Write the log as a chain of lines, to be kept and verified elsewhere: countersign audit verify.
    #[command(after_help = "Example: countersign-portal audit export --out audit.jsonl")]
    Export {
        /// Where it goes; an existing file is never replaced [default: standard output].
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Begin with this entry: the continuation of an earlier export.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        from: Option<u64>,
    },
    /// Sign where the log ends now, to be kept where nobody can change it.
    #[command(
        after_help = "Example: countersign-portal audit checkpoint --out /media/stick/today.checkpoint"
    )]
    Checkpoint {
        /// Where it goes; an existing file is never replaced [default: standard output].
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Compare the rows of the database with the chain, and that with checkpoints: exit code 0 it is as it was, 1 it is not.
    #[command(
        after_help = "Example: countersign-portal audit check --checkpoint /media/stick/*.checkpoint"
    )]
    Check {
        /// A checkpoint that was kept elsewhere; may be given more than once. Those in the database are looked at anyway.
        #[arg(long, value_name = "FILE", num_args = 1..)]
        checkpoint: Vec<PathBuf>,
    },
}

/// What a command has to say, and whether everything is well.
#[derive(Debug)]
pub struct Ran {
    /// Where something was not written to standard output itself.
    pub said: Option<Value>,
    /// Whether nothing was found.
    pub well: bool,
}

/// Runs one command.
///
/// # Errors
/// With what was wrong.
pub async fn run(app: &App, command: AuditCommand) -> anyhow::Result<Ran> {
    match command {
        AuditCommand::Export { out, from } => export(app, out.as_deref(), from).await,
        AuditCommand::Checkpoint { out } => checkpoint(app, out.as_deref()).await,
        AuditCommand::Check { checkpoint } => compare(app, &checkpoint).await,
    }
}

async fn export(app: &App, out: Option<&Path>, from: Option<u64>) -> anyhow::Result<Ran> {
    seal_all(app).await?;
    let mut export = Export::begin(app, from).await?;
    let mut place: Box<dyn Write> = match out {
        Some(path) => Box::new(create(path)?),
        None => Box::new(io::stdout().lock()),
    };
    let mut lines = 0;
    while let Some(piece) = export.next().await? {
        lines += piece.lines().count();
        place.write_all(piece.as_bytes()).context("the log could not be written whole")?;
    }
    place.flush().context("the log could not be written whole")?;
    let head = app.store().audit_head().await?;
    let said = out.map(|path| {
        json!({
            "written": path, "lines": lines, "log_ends_with": head.map(|head| head.n),
            "head": head.map(|head| head.hash.to_string()),
        })
    });
    Ok(Ran { said, well: true })
}

async fn checkpoint(app: &App, out: Option<&Path>) -> anyhow::Result<Ran> {
    let made = make_checkpoint(app).await.context("nothing was signed")?;
    let log = log(app).await?;
    let text = carrier(app.vendor(), log.id, &made);
    match out {
        None => io::stdout().lock().write_all(text.as_bytes())?,
        Some(path) => {
            let mut file = create(path)?;
            file.write_all(text.as_bytes()).and_then(|()| file.sync_all())?;
        }
    }
    let said = out
        .map(|path| json!({"written": path, "log": log.id.to_string(), "n": made.n, "signed_at": made.at}));
    Ok(Ran { said, well: true })
}

async fn compare(app: &App, checkpoints: &[PathBuf]) -> anyhow::Result<Ran> {
    let mut kept = Vec::new();
    for path in checkpoints {
        let named = || format!("{} cannot be read as a checkpoint", path.display());
        let token = file::read(&std::fs::read(path).with_context(named)?).with_context(named)?;
        kept.push((path.display().to_string(), token));
    }
    seal_all(app).await?;
    let checked = check(app, &kept).await?;
    Ok(Ran { said: Some(checked.to_json()), well: checked.findings.is_empty() })
}

fn create(path: &Path) -> anyhow::Result<std::fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(file) => Ok(file),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            bail!("{} is there already and is not replaced: choose another name", path.display())
        }
        Err(error) => Err(error).with_context(|| format!("{} cannot be written", path.display())),
    }
}
