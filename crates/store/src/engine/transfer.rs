//! A portal's data moved from one database into another one, whichever engines they are.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `schema` | which tables there are, by the databases' own word: nobody has to think of a new one |
//! | `rows` | rows read in the order of their keys and written in bounded parts; what a table's contents come to |
//! | `ends` | the source under its lock; the target, made and filled in one transaction |
//! | `marks` | what says of a database that its data went elsewhere, or has not arrived |
//! | `error` | what can be in the way |
//!
//! 1. The target is marked as not whole (its own commit), so that no portal is started on half of it.
//! 2. The source is locked as a write locks it that runs alone: portals on it go on answering what only reads, and refuse writes
//!    as while the disk stands still.
//! 3. Everything goes into **one transaction** of the target. It is not resumed but done again: what is there is nothing or all, and no
//!    second account of how far it came has to be right.
//! 4. What the target holds is read back and compared, table by table, with what was read.
//! 5. The source is marked as moved, and only then the target is committed. A kill in between leaves the source refused and the target
//!    not whole: the same command does it again. The other way round, both would serve.

pub(crate) mod ends;
mod error;
pub(super) mod marks;
mod rows;
pub(super) mod schema;

use super::database::Database;

pub use error::MoveError;
pub use rows::Contents;

use ends::{Source, Target};
use error::At as _;

/// What a move would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovePlan {
    /// The migration of both.
    pub migration: i64,
    /// Rows of each table, in their order.
    pub tables: Vec<(String, u64)>,
}

impl MovePlan {
    /// Rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoveProgress<'a> {
    /// What is done now.
    pub step: MoveStep,
    /// The table.
    pub table: &'a str,
    /// Rows that are done in this step.
    pub done: u64,
    /// Rows that there are.
    pub all: u64,
}

/// What is done with rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveStep {
    /// They are read from the source and written into the target.
    Copy,
    /// They are read back from the target and compared.
    Compare,
}

/// What was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Each table with what is in it, the same on both sides.
    pub tables: Vec<(String, Contents)>,
    /// Texts that had a NUL character, which PostgreSQL does not keep: it became U+FFFD.
    pub texts_changed: u64,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoveOutcome {
    /// It is done.
    Done(Moved),
    /// It was done before: the source says so, and the target, too.
    DoneBefore,
}

/// What a move would do. Nothing is changed.
///
/// # Errors
/// With what is in its way.
pub fn plan_move(from: &Database, to: &Database) -> Result<MovePlan, MoveError> {
    let source = Source::look(from)?;
    Target::look(to, source.gone().as_ref())?;
    source.plan()
}

/// Moves everything. `id` names this move, and `now` is the time.
///
/// # Errors
/// With what was in its way. The source serves as before then, unless the error is [`MoveError::InDoubt`].
pub fn move_data(
    from: &Database,
    to: &Database,
    id: &str,
    now: i64,
    progress: &mut dyn FnMut(MoveProgress<'_>),
) -> Result<MoveOutcome, MoveError> {
    let source = Source::look(from)?;
    if let Some(gone) = source.gone()
        && Target::has_arrived(to, &gone)?
    {
        return Ok(MoveOutcome::DoneBefore);
    }
    Target::look(to, source.gone().as_ref())?;
    // A move that was cut off after its mark is this one, done again.
    let id = source.gone().map_or_else(|| id.to_owned(), |gone| gone.id);
    let target = Target::announce(to, &id, from, now)?;
    let moved = copy(&source, &target, to, &id, now, progress);
    if let Err(error) = &moved
        && !matches!(error, MoveError::InDoubt(_))
    {
        target.forget();
    }
    moved.map(MoveOutcome::Done)
}

/// Takes the mark off a source, so that it serves again; the place that its data went to.
///
/// # Errors
/// When it has none, or cannot be written.
pub fn reopen_source(from: &Database) -> Result<String, MoveError> {
    Source::look(from)?.reopen()
}

fn copy(
    source: &Source,
    target: &Target,
    to: &Database,
    id: &str,
    now: i64,
    progress: &mut dyn FnMut(MoveProgress<'_>),
) -> Result<Moved, MoveError> {
    source.lock()?;
    let all = source.plan()?.rows();
    let made = target.begin(source, now)?;
    let tables = &made.tables;
    let (mut done, mut texts_changed, mut moved) = (0, 0, Vec::new());
    for table in tables {
        let mut contents = Contents::default();
        let mut reader = rows::Reader::new(table);
        while let Some(mut part) = reader.next(source.connection()).source()? {
            texts_changed += target.fit(&mut part);
            part.iter().for_each(|row| contents.add(row));
            rows::write(target.connection(), table, &part).target()?;
            done += part.len() as u64;
            progress(MoveProgress { step: MoveStep::Copy, table: &table.name, done, all });
        }
        moved.push((table.name.clone(), contents));
    }
    target.complete(&made, id, now)?;
    let mut compared = 0;
    for (table, (_, contents)) in tables.iter().zip(&moved) {
        let mut found = Contents::default();
        let mut reader = rows::Reader::new(table);
        while let Some(part) = reader.next(target.connection()).target()? {
            part.iter().for_each(|row| found.add(row));
            compared += part.len() as u64;
            let step = MoveStep::Compare;
            progress(MoveProgress { step, table: &table.name, done: compared, all });
        }
        if found != *contents {
            let (wanted, found) = (contents.rows, found.rows);
            return Err(MoveError::Differs { table: table.name.clone(), wanted, found });
        }
    }
    source.mark_moved(id, to, now)?;
    if let Err(error) = target.commit() {
        return Err(match source.unmark(id) {
            Ok(()) if !target.is_in_doubt(&error) => MoveError::Target(error),
            _ => MoveError::InDoubt(error),
        });
    }
    Ok(Moved { tables: moved, texts_changed })
}
