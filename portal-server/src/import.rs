//! `countersign-portal import …`: products, users, organizations and licenses of another system, from what its API exports.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `scan` | entries out of bytes, one at a time, whatever the bytes |
//! | `source` | the files, and which entries of which noun stand where in them |
//! | `entry` | what an entry says, checked |
//! | `cryptlex`, `keygen` | what it is here, by the tables of docs/guide-import.md |
//! | `draft` | what both of them make of an entry |
//! | `run` | noun by noun, batch by batch, or dry |
//! | `report` | what was done, in numbers and as a table |
//! | `table` | that table as a file, which the import of license tables writes as well |

mod cryptlex;
mod draft;
mod entry;
mod keygen;
mod report;
mod run;
mod scan;
mod source;
pub(crate) mod table;

use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use countersign_core::ProductId;
use countersign_store::ImportSource;

pub use report::Summary;

use crate::app::App;
use draft::Wishes;
use report::Report;
use run::{Importer, State};
use source::Export;
use table::Table;

const ACTOR: &str = "import-command";

/// `import`
#[derive(Debug, Args)]
#[command(after_help = "Example: countersign-portal import cryptlex export/ --report report.csv\n\
    First dry; with --yes it is done. Again and again, if need be: what is here already stays.")]
pub struct Arguments {
    /// The system that the export is from.
    #[arg(value_enum)]
    source: Source,
    /// The export: a JSON file, or a folder with a file for each noun (docs/guide-import.md).
    file: PathBuf,
    /// Do it. Without this nothing is changed, and you are told what would be.
    #[arg(long)]
    yes: bool,
    /// Change nothing: as without --yes.
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Write what becomes of each entry into this table (CSV), with the old and the new license keys.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Which product here a product there is, by its id or name there: "Acme CAD=acme-cad"; may be given more than once.
    #[arg(long, value_name = "THERE=HERE", value_parser = product)]
    product: Vec<(String, ProductId)>,
    /// Metadata of this name is a feature here; may be given more than once.
    #[arg(long, value_name = "NAME")]
    feature: Vec<String>,
    /// Metadata of this name goes to the app; may be given more than once.
    #[arg(long, value_name = "NAME")]
    app_metadata: Vec<String>,
}

/// The system that an export is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Source {
    /// Cryptlex, web API version 3
    Cryptlex,
    /// Keygen
    Keygen,
}

/// Whether anything is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    DryRun,
    Import,
}

fn product(text: &str) -> Result<(String, ProductId), String> {
    let (there, here) = text.rsplit_once('=').ok_or("it is written THERE=HERE")?;
    let here = here.trim().parse().map_err(|error| format!("{error}"))?;
    Ok((there.trim().to_owned(), here))
}

/// Imports an export, or says what that would do.
///
/// # Errors
/// When the export cannot be read as a whole (nothing is changed then), or the database fails: what was imported until then
/// stays, and the same command again goes on from there.
pub async fn run(app: &App, import: Arguments) -> anyhow::Result<Summary> {
    let source = match import.source {
        Source::Cryptlex => ImportSource::Cryptlex,
        Source::Keygen => ImportSource::Keygen,
    };
    let mode = if import.yes { Mode::Import } else { Mode::DryRun };
    let export = Export::open(&import.file, source).context("nothing was imported")?;
    let table = match &import.report {
        Some(path) => {
            let table = Table::beside(path, &import.file, &report::HEADINGS);
            Some(table.context("--report").context("nothing was imported")?)
        }
        None => None,
    };
    let wishes = Wishes {
        products: import.product.into_iter().collect::<HashMap<_, _>>(),
        features: import.feature,
        for_app: import.app_metadata,
    };
    let importer = Importer {
        app,
        source,
        mode,
        export: &export,
        wishes: &wishes,
        report: Report::new(source, table),
        state: State::default(),
    };
    let advice = match mode {
        Mode::DryRun => "nothing was changed",
        Mode::Import => {
            "what was imported until now stays, each entry whole; the same command again goes on from there"
        }
    };
    let report = importer.run().await.context(advice)?;
    report.finish(mode, &export.unread).context(advice)
}
