//! `countersign-portal migrate-data`: a portal's data in another database, and back. Dry, unless it is told to.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use countersign_core::Id;
use countersign_store::{
    Database, DiskTrouble, FaultKind, MoveError, MoveOutcome, MoveProgress, MoveStep, Moved,
    StoreError, move_data, plan_move, reopen_source,
};
use serde_json::{Value, json};

use super::check;
use crate::app::App;
use crate::clock::Rng;
use crate::config::Config;

/// How often progress is told.
const TOLD: Duration = Duration::from_secs(2);

/// What to move, and where to.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: countersign-portal migrate-data --from sqlite:portal-data/countersign.db --to postgres://countersign@db1/countersign --yes\n\
    A password in an address is read by every program on the machine: put such an address into the variable."
)]
pub struct Arguments {
    /// Where the data is: sqlite:FILE or postgres://USER@HOST/NAME. It keeps everything, and serves no more afterwards.
    #[arg(long, value_name = "ADDRESS", env = "COUNTERSIGN_MOVE_FROM", hide_env_values = true)]
    from: String,
    /// Where it is to be: a file that is not there, or an empty database of a server.
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "COUNTERSIGN_MOVE_TO",
        hide_env_values = true,
        required_unless_present = "reopen_source"
    )]
    to: Option<String>,
    /// Do it. Without this nothing is changed, and you are told what would be.
    #[arg(long)]
    yes: bool,
    /// Do not move: have a source serve again that was moved. What was done in the other place since is not in it.
    #[arg(long, conflicts_with = "to")]
    reopen_source: bool,
}

/// What was done, and whether all of it is as it should be.
#[derive(Debug)]
pub struct Ran {
    /// For people and programs.
    pub said: Value,
    /// Whether the target was found to be what it should.
    pub well: bool,
}

/// Moves, or says what that would do. `config` is the portal's; its database is not looked at.
///
/// # Errors
/// With what is in the way, and which state things are in.
pub async fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<Ran> {
    let from = address("--from", &arguments.from)?;
    let Some(to) = arguments.to.as_deref().filter(|_| !arguments.reopen_source) else {
        return reopen(&from, arguments.yes);
    };
    let to = address("--to", to)?;
    if from == to {
        return Err(told(MoveError::Same, &from, &to));
    }
    if !arguments.yes {
        return dry(&from, &to);
    }
    let (id, now) = (Id::random(&mut Rng(config.entropy.as_ref())), config.clock.now());
    let begun = Instant::now();
    let mut teller = Teller::new(begun);
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    let outcome =
        move_data(&from, &to, &id.to_string(), now, &mut |progress| teller.tell(progress));
    match outcome.map_err(|error| told(error, &from, &to))? {
        MoveOutcome::DoneBefore => Ok(Ran {
            said: json!({
                "moved": false, "from": from.to_string(), "to": to.to_string(),
                "next": "nothing was done: this source was moved there before, and all of it is there. Start every portal with \
                         that as its --database",
            }),
            well: true,
        }),
        MoveOutcome::Done(moved) => after(config, &from, &to, &moved, begun).await,
    }
}

/// An address that is not shown when it is wrong: it may carry a password.
fn address(option: &str, text: &str) -> anyhow::Result<Database> {
    text.parse().map_err(|error: String| anyhow!("{option}: {error}. Nothing was changed"))
}

fn dry(from: &Database, to: &Database) -> anyhow::Result<Ran> {
    let plan = plan_move(from, to).map_err(|error| told(error, from, to))?;
    let tables: Vec<Value> =
        plan.tables.iter().map(|(table, rows)| json!({"table": table, "rows": rows})).collect();
    let said = json!({
        "dry_run": true, "from": from.to_string(), "to": to.to_string(), "migration": plan.migration,
        "rows": plan.rows(), "tables": tables,
        "next": "nothing was changed. --yes moves it: meanwhile portals on the source show their pages, and tell machines to come again \
                 soon",
    });
    Ok(Ran { said, well: true })
}

fn reopen(from: &Database, yes: bool) -> anyhow::Result<Ran> {
    if !yes {
        bail!(
            "nothing was changed. {from} serves again with --yes; what was done in the place that its data went to is not in it. \
             Where that is to be kept, move it back instead"
        );
    }
    let went = reopen_source(from).map_err(|error| told(error, from, from))?;
    let said = json!({
        "reopened": from.to_string(), "was_moved_to": went,
        "next": "never let portals work with both: stop those on the other place, and start them on this one",
    });
    Ok(Ran { said, well: true })
}

/// What is said of a move, with what the target looks like to a portal.
async fn after(
    config: &Config,
    from: &Database,
    to: &Database,
    moved: &Moved,
    begun: Instant,
) -> anyhow::Result<Ran> {
    let seconds = begun.elapsed().as_secs_f64();
    if let Database::Sqlite(path) = to {
        own_alone(path)
            .with_context(|| format!("the data is in {to} now; its rights are not set"))?;
    }
    let rows: u64 = moved.tables.iter().map(|(_, contents)| contents.rows).sum();
    let tables: Vec<Value> = moved
        .tables
        .iter()
        .map(|(table, contents)| json!({"table": table, "rows": contents.rows, "hash": contents.to_string()}))
        .collect();
    let (checked, well) = look_at(config, to).await;
    let next = match well {
        true => {
            "start every portal with the new place as its --database (COUNTERSIGN_DATABASE), those that run as well: on the source \
                 they refuse writes from now on. Keep the source until you are sure"
        }
        false => {
            "all rows are the same in both places; what was found was so before, or the portal cannot be opened here. Look at \
                  it before you start portals: countersign-portal check --database"
        }
    };
    let said = json!({
        "moved": true, "from": from.to_string(), "to": to.to_string(), "rows": rows,
        "seconds": (seconds * 10.0).round() / 10.0, "rows_per_second": per_second(rows, seconds),
        "texts_changed": moved.texts_changed, "compared": moved.tables.len(), "checked": checked,
        "tables": tables, "next": next,
    });
    Ok(Ran { said, well })
}

/// Seats against activations, answers against keys, the audit log's chain: as `countersign-portal check`.
async fn look_at(config: &Config, to: &Database) -> (Value, bool) {
    let config = Config { database: to.clone(), ..config.clone() };
    let looked = async {
        let app = App::open(config).await?;
        let report = check::run(&app, &check::Arguments { without_releases: true }).await;
        app.store().close();
        report
    };
    match looked.await {
        Ok(report) => (report.to_json(), report.is_well()),
        Err(error) => (format!("not checked: {error:#}").into(), false),
    }
}

fn own_alone(path: &std::path::Path) -> std::io::Result<()> {
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)] // told to people
fn per_second(rows: u64, seconds: f64) -> u64 {
    (rows as f64 / seconds.max(0.001)) as u64
}

/// Tells on standard error how far it is.
struct Teller {
    begun: Instant,
    step: Option<MoveStep>,
    last: Instant,
}

impl Teller {
    fn new(begun: Instant) -> Self {
        Self { begun, step: None, last: begun }
    }

    #[allow(clippy::print_stderr)] // it is what standard error is for
    fn tell(&mut self, progress: MoveProgress<'_>) {
        if self.step != Some(progress.step) {
            (self.step, self.begun) = (Some(progress.step), Instant::now());
        } else if self.last.elapsed() < TOLD && progress.done < progress.all {
            return;
        }
        self.last = Instant::now();
        let what = match progress.step {
            MoveStep::Copy => "moved",
            MoveStep::Compare => "compared",
        };
        let percent = progress.done.saturating_mul(100) / progress.all.max(1);
        let mut line =
            format!("{what:<9} {percent:>3} %  {} of {} rows", progress.done, progress.all);
        let rate = per_second(progress.done, self.begun.elapsed().as_secs_f64());
        let _ = write!(line, ", {rate} rows/s, {}", progress.table);
        eprintln!("{line}");
    }
}

/// Which state things are in, and what to do.
fn told(error: MoveError, from: &Database, to: &Database) -> anyhow::Error {
    let nothing = "Nothing was moved, and the source serves as before";
    let advice = match &error {
        MoveError::NoSource(_) => format!("{nothing}: check --from"),
        MoveError::SourceSchema { found, known } if found < known => {
            format!(
                "{nothing}. Start this version's portal on it once, which brings it up to date, and move then"
            )
        }
        MoveError::SourceSchema { .. } => {
            format!("{nothing}. Use the version that runs on it, or a newer one")
        }
        MoveError::SourceMoved(_) => format!(
            "Nothing was done. Use that place; or, if {from} is to serve again as it was then: migrate-data --reopen-source"
        ),
        MoveError::SourceNotWhole => {
            "Nothing was done. Do that move again first, or take its source".to_owned()
        }
        MoveError::TargetNotEmpty { .. } => match to {
            Database::Sqlite(_) => {
                format!("{nothing}, and nothing in {to} was touched. Name a file that is not there")
            }
            Database::Postgres(_) => format!(
                "{nothing}, and nothing in {to} was touched. Name an empty database: createdb NAME"
            ),
        },
        MoveError::Same => "Nothing was done".to_owned(),
        MoveError::NotMoved => "Nothing was done: it serves".to_owned(),
        MoveError::Source(failed) => format!("{nothing}{}", of_source(failed)),
        MoveError::Target(failed) => {
            format!("{nothing}; the target is as empty as it was{}", of_target(failed, to))
        }
        MoveError::Schema(_) => format!(
            "{nothing}; the target is as empty as it was. One of the two was changed by hand"
        ),
        MoveError::Differs { .. } => format!(
            "{nothing}; the target is as empty as it was. Do it again; if that happens once more, look at the disks and memory of both"
        ),
        MoveError::Dangling(_) => format!(
            "{nothing}; the target is as empty as it was. Look at it: countersign-portal check"
        ),
        MoveError::InDoubt(_) => format!(
            "{from} is marked as moved and takes no writes; nothing is lost. Run the same command again: it finds out, and ends the \
             move or does it anew"
        ),
    };
    anyhow!("{error}. {advice}")
}

fn of_source(error: &StoreError) -> &'static str {
    match error.kind() {
        Some(FaultKind::Busy) => {
            ". Somebody writes to it for long: a backup, another move. Try again"
        }
        Some(FaultKind::Disk(_)) => ". It has to take writes: at the end it is marked as moved",
        Some(FaultKind::Lost) => ". Is its server there, and the one that leads?",
        _ => "",
    }
}

fn of_target(error: &StoreError, to: &Database) -> &'static str {
    let is_server = matches!(to, Database::Postgres(_));
    match error.kind() {
        Some(FaultKind::Disk(DiskTrouble::Full)) if is_server => {
            ". The server's disk is full: make room there"
        }
        Some(FaultKind::Disk(DiskTrouble::Full | DiskTrouble::Failing)) if !is_server => {
            ". The disk is full, a limit is reached, or it fails: the file takes twice its size while it is made"
        }
        Some(FaultKind::Disk(DiskTrouble::ReadOnly)) => {
            ". Nothing can be written there: check the folder and its rights, and that the disk is not read-only"
        }
        Some(FaultKind::Lost) => {
            ". Is the server there, does it let this user in, and is it the one that takes writes (no standby)?"
        }
        Some(FaultKind::Busy) => {
            ". Somebody else works in it: another move, or a portal that starts"
        }
        _ if is_server => {
            ". The user has to own the database, or have the right to create in its schema"
        }
        _ => "",
    }
}
