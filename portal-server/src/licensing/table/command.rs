//! `admin license import`: licenses from a table, dry run first. The same functions as the page's, in parts that each land whole: a
//! run that was cut off goes on where it ended.

use std::fs::File;
use std::io::{BufReader, IsTerminal as _, Read as _, Seek as _};
use std::path::PathBuf;

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use countersign_core::Hash;
use countersign_store::TwoPeople;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Fault;
use super::run::{Bounds, Importer, Looked, MadeLicense, Sheet, Stopped};
use crate::app::App;
use crate::import::table::Table;
use crate::language::Language;
use crate::licensing::create::why;

const ACTOR: &str = "admin-command";
/// Rows of one table, and licenses that they make.
const MOST: Bounds = Bounds { rows: 1_000_000, licenses: 1_000_000 };
const HEADINGS: [&str; 5] = ["license key", "license id", "product", "plan", "holder"];

/// `admin license import`
#[derive(Debug, Args)]
#[command(after_help = "Example: countersign-portal admin license import licenses.csv\n\
    First dry, with every bad line; with --commit the licenses are made, all or none.")]
pub struct ImportTable {
    /// The table: CSV in UTF-8, with the columns that the page /admin/licenses/import documents.
    file: PathBuf,
    /// Make the licenses. Without this nothing is changed, and you are told what would be.
    #[arg(long)]
    commit: bool,
    /// Write the keys of the licenses into this table (CSV).
    #[arg(long, value_name = "FILE", requires = "commit")]
    keys: Option<PathBuf>,
    /// The same table was imported before: make all of it once more.
    #[arg(long, requires = "commit")]
    again: bool,
}

/// Imports a table, or says what that would do.
///
/// # Errors
/// When a line is bad (nothing was imported then), the file cannot be read or the database fails.
pub(crate) async fn run(app: &App, import: ImportTable) -> anyhow::Result<Value> {
    let nothing = || "nothing was imported";
    let open = || format!("{} cannot be read: nothing was imported", import.file.display());
    let mut file = File::open(&import.file).with_context(open)?;
    let (hash, size) = hash(&mut file).with_context(open)?;
    let list = if import.again { Hash::of(format!("{hash} {}", app.random_id())) } else { hash };
    let before = app.store().license_list(list).await?;
    let skip = before.map_or(0, |before| before.lines);
    let looked = check(app, &mut file, size, skip).await.with_context(nothing)?;
    if looked.fault_count > 0 {
        bail!("{}", in_words(&looked));
    }
    if let Some(before) = before.filter(|before| before.lines >= looked.rows) {
        bail!(
            "this table was imported before, and made {} licenses: nothing was changed. If all of it is meant once more, \
             say --again",
            before.licenses
        );
    }
    if !import.commit {
        return Ok(json!({
            "dry_run": true, "lines": looked.rows, "lines_before": skip, "licenses": looked.licenses,
            "users": looked.users, "next": "--commit makes them",
        }));
    }
    let keys = import.keys.as_deref().map(|path| Table::beside(path, &import.file, &HEADINGS));
    let keys = keys.transpose().context("--keys").with_context(nothing)?;
    let mut importer = Importer::new(app, list, skip, ACTOR);
    let imported = import_all(app, &mut importer, &mut file, &looked, keys).await;
    let keys = imported.with_context(|| {
        format!(
            "{} of {} lines are imported, each whole; the same command again goes on from there",
            importer.done, looked.rows
        )
    })?;
    Ok(json!({
        "dry_run": false, "lines": looked.rows, "lines_before": skip, "licenses": importer.licenses,
        "users": importer.users, "keys": keys.map(|path| path.display().to_string()),
    }))
}

/// Everything that is wrong with the table, and what it would make.
async fn check(app: &App, file: &mut File, size: u64, skip: u64) -> anyhow::Result<Looked> {
    let bar = bar("checked {bytes} of {total_bytes}", size);
    let input = bar.wrap_read(from_start(file)?);
    let opened = Sheet::open(app, BufReader::new(input), MOST, skip, TwoPeople::Host).await?;
    let mut sheet = match opened {
        Ok(sheet) => sheet,
        Err(looked) => return Ok(looked),
    };
    while sheet.next().await?.is_some() {}
    bar.finish_and_clear();
    Ok(sheet.looked)
}

/// Goes through the table once more and imports it, a part at a time.
async fn import_all(
    app: &App,
    importer: &mut Importer<'_>,
    file: &mut File,
    looked: &Looked,
    mut keys: Option<Table>,
) -> anyhow::Result<Option<PathBuf>> {
    let bar = bar("imported {pos} of {len} lines", looked.rows);
    let (input, skip) = (BufReader::new(from_start(file)?), importer.done);
    let changed = || anyhow!("the table or the portal has changed since the table was checked");
    let opened = Sheet::open(app, input, MOST, skip, TwoPeople::Host).await?;
    let mut sheet = opened.map_err(|_| changed())?;
    loop {
        let next = sheet.next().await?;
        if sheet.looked.fault_count > 0 {
            bail!("{}", in_words(&sheet.looked));
        }
        let is_last = next.is_none();
        next.into_iter().for_each(|(_, licenses)| importer.add(licenses));
        if is_last || importer.is_full() {
            write(&importer.flush().await.map_err(stopped)?, keys.as_mut())?;
            bar.set_position(importer.done);
        }
        if is_last {
            bar.finish_and_clear();
            return keys.map(Table::finish).transpose();
        }
    }
}

fn stopped(why_not: Stopped) -> anyhow::Error {
    match why_not {
        Stopped::Store(error) => error.into(),
        Stopped::Refused(refusal) => anyhow!("{}", Language::ENGLISH.say(&why(&refusal))),
        Stopped::Before => anyhow!("somebody else imports the same table at this moment"),
    }
}

fn write(made: &[MadeLicense], keys: Option<&mut Table>) -> anyhow::Result<()> {
    let Some(keys) = keys else { return Ok(()) };
    for license in made {
        let (key, id) = (license.key.grouped(), license.id.to_string());
        keys.row(&[&key, &id, &license.product, &license.plan, &license.holder])?;
    }
    Ok(())
}

/// The hash of the file, by which the same table is known again, and its size in bytes.
fn hash(file: &mut File) -> std::io::Result<(Hash, u64)> {
    let (mut sha, mut size, mut part) = (Sha256::new(), 0, vec![0; 64 * 1024]);
    sha.update(b"countersign/license-table/v1\0");
    loop {
        let read = file.read(&mut part)?;
        if read == 0 {
            return Ok((Hash::from(<[u8; 32]>::from(sha.finalize())), size));
        }
        sha.update(&part[..read]);
        size += read as u64;
    }
}

fn from_start(file: &mut File) -> std::io::Result<&mut File> {
    file.rewind()?;
    Ok(file)
}

/// How far it is, where somebody looks.
fn bar(template: &str, length: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(&format!("{template} {{wide_bar}} {{eta}}"));
    let bar = ProgressBar::new(length);
    style.map_or(bar.clone(), |style| bar.with_style(style))
}

/// The bad lines, each with its column and what is wrong.
fn in_words(looked: &Looked) -> String {
    let line = |fault: &Fault| {
        let column = fault.column.map(|column| format!(", {}", column.name()));
        let what = Language::ENGLISH.say(&fault.what);
        format!("line {}{}: {what}", fault.line, column.unwrap_or_default())
    };
    let mut lines: Vec<String> = looked.faults.iter().map(line).collect();
    let more = looked.fault_count - looked.faults.len() as u64;
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.push("nothing was imported: put that right, and try again".to_owned());
    lines.join("\n")
}
