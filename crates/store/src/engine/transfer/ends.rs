//! The two ends of a move: the source under its lock, and the target in its one transaction.

use super::error::At as _;
use super::marks::{self, Mark, Other};
use super::rows::{self, Row};
use super::schema::{self, Table};
use super::{MoveError, MovePlan};
use crate::engine::database::Database;
use crate::engine::fault::FaultKind;
use crate::engine::params::Value;
use crate::engine::readers::Engine;
use crate::engine::transaction::{COMMIT, ROLLBACK};
use crate::engine::{Connection, dialect, find, list, migrations};
use crate::error::{Result, StoreError};

/// What a server does by itself to whoever is silent in a transaction: here that is somebody who waits for the other side.
fn without_limits(c: Connection) -> Result<Connection> {
    if let Connection::Postgres(_) = c {
        c.batch(dialect::NO_LIMITS)?;
    }
    Ok(c)
}

fn open(database: &Database) -> Result<Connection> {
    without_limits(Engine::of(database)?.writer()?)
}

/// The database that data is moved out of.
pub(crate) struct Source {
    connection: Connection,
    mark: Option<Mark>,
}

impl Source {
    /// Whether it can be moved by this program.
    pub(super) fn look(database: &Database) -> std::result::Result<Self, MoveError> {
        let missing = || MoveError::NoSource(database.to_string());
        if !database.exists().source()? {
            return Err(missing());
        }
        let connection = open(database).source()?;
        if !marks::has_table(&connection).source()? {
            return Err(missing());
        }
        let mark = marks::mark(&connection).source()?;
        if let Some(Mark::Arriving(_)) = mark {
            return Err(MoveError::SourceNotWhole);
        }
        let (found, known) = (migrations::applied(&connection).source()?, migrations::newest());
        if !migrations::is_up_to_date(&found) {
            let found = found.last().copied().unwrap_or(0);
            return Err(MoveError::SourceSchema { found, known });
        }
        Ok(Self { connection, mark })
    }

    /// Where its data went, if it did.
    pub(super) fn gone(&self) -> Option<Other> {
        match &self.mark {
            Some(Mark::Gone(other)) => Some(other.clone()),
            _ => None,
        }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Nobody writes from here on, until this end is dropped or marked.
    pub(super) fn lock(&self) -> std::result::Result<(), MoveError> {
        let lock = || match &self.connection {
            Connection::Sqlite(_) => self.connection.batch(dialect::BEGIN),
            Connection::Postgres(_) => {
                // A moment that begins after the lock: what was committed before it is seen.
                self.connection.batch(&dialect::lock_for_session())?;
                self.connection.batch(dialect::BEGIN_MOVING)
            }
        };
        lock().source()
    }

    pub(super) fn plan(&self) -> std::result::Result<MovePlan, MoveError> {
        let tables = schema::moved_tables(&self.connection).source()?;
        let counted = |table: Table| Ok((rows::count(&self.connection, &table)?, table.name));
        let counted: Result<Vec<_>> = tables.into_iter().map(counted).collect();
        let tables = counted.source()?.into_iter().map(|(rows, name)| (name, rows)).collect();
        Ok(MovePlan { migration: migrations::newest(), tables })
    }

    /// From its commit on no portal writes here: the embedded engine's writers look at the mark, and on PostgreSQL every commit wants to
    /// leave a note in a table that is gone.
    pub(super) fn mark_moved(
        &self,
        id: &str,
        to: &Database,
        now: i64,
    ) -> std::result::Result<(), MoveError> {
        let c = &self.connection;
        let mark = Mark::Gone(Other { id: id.to_owned(), place: to.to_string() });
        let set = || {
            marks::set(c, &mark, now)?;
            if let Connection::Postgres(_) = c {
                c.batch(dialect::DROP_NOTES)?;
            }
            c.batch(COMMIT)
        };
        // Where the answer to the commit is lost, the mark may be there.
        set().map_err(|error: StoreError| match error.kind() {
            Some(FaultKind::Lost) => MoveError::InDoubt(error),
            _ => MoveError::Source(error),
        })
    }

    /// Undoes the mark of this move.
    pub(super) fn unmark(&self, id: &str) -> Result<()> {
        match marks::mark(&self.connection)? {
            Some(Mark::Gone(other)) if other.id == id => self.serve_again(),
            _ => Ok(()),
        }
    }

    /// Takes the mark off; where the data went.
    pub(super) fn reopen(&self) -> std::result::Result<String, MoveError> {
        let gone = self.gone().ok_or(MoveError::NotMoved)?;
        self.serve_again().source()?;
        Ok(gone.place)
    }

    fn serve_again(&self) -> Result<()> {
        migrations::begin(&self.connection)?;
        marks::unset(&self.connection)?;
        self.connection.batch(COMMIT)
    }
}

/// The schema in the target.
pub(super) struct Made {
    /// In the order of the source's columns.
    pub(super) tables: Vec<Table>,
    /// What refers to what, where that is not looked at meanwhile.
    references: Vec<Reference>,
}

struct Reference {
    table: String,
    drop: String,
    add: String,
}

fn references(c: &Connection) -> Result<Vec<Reference>> {
    list(c, dialect::REFERENCES, [], |row| {
        Ok(Reference { table: row.take()?, drop: row.take()?, add: row.take()? })
    })
}

/// The database that data is moved into.
pub(crate) struct Target {
    connection: Connection,
    database: Database,
}

impl Target {
    /// Whether it is empty, or the rest of a move that was cut off.
    pub(super) fn look(
        database: &Database,
        gone: Option<&Other>,
    ) -> std::result::Result<(), MoveError> {
        let refused = |gone: &Other| Err(MoveError::SourceMoved(gone.place.clone()));
        if let Database::Sqlite(path) = database
            && !path.exists()
        {
            return gone.map_or(Ok(()), refused);
        }
        let connection = Engine::of(database).and_then(|engine| engine.looker()).target()?;
        let tables = schema::all_tables(&connection).target()?;
        let mark = match marks::has_table(&connection).target()? {
            true => marks::mark(&connection).target()?,
            false => None,
        };
        match (mark, gone) {
            (Some(Mark::Arriving(from)), Some(gone)) if from.id == gone.id => Ok(()),
            (_, Some(gone)) => refused(gone),
            // Nothing but what a move puts there before it begins.
            (Some(Mark::Arriving(_)), None) if tables.iter().all(schema::is_of_engine) => Ok(()),
            (_, None) if tables.is_empty() => Ok(()),
            (_, None) => Err(MoveError::TargetNotEmpty {
                count: tables.len(),
                one: tables.last().map(|table| table.name.clone()).unwrap_or_default(),
            }),
        }
    }

    /// Whether what left the source by this move is here, whole.
    pub(super) fn has_arrived(
        database: &Database,
        gone: &Other,
    ) -> std::result::Result<bool, MoveError> {
        if !database.exists().target()? {
            return Ok(false);
        }
        let c = Engine::of(database).and_then(|engine| engine.looker()).target()?;
        let arrived = || {
            Ok(marks::has_table(&c)?
                && marks::arrived(&c)?.is_some_and(|id| id == gone.id)
                && !matches!(marks::mark(&c)?, Some(Mark::Arriving(_))))
        };
        let arrived: Result<bool> = arrived();
        arrived.target()
    }

    /// Says in it that data is on its way, before there is any.
    pub(super) fn announce(
        database: &Database,
        id: &str,
        from: &Database,
        now: i64,
    ) -> std::result::Result<Self, MoveError> {
        let target = Self { connection: open(database).target()?, database: database.clone() };
        let c = &target.connection;
        let announce = || {
            migrations::begin(c)?;
            let mark = Mark::Arriving(Other { id: id.to_owned(), place: from.to_string() });
            marks::set(c, &mark, now)?;
            c.batch(COMMIT)
        };
        announce().target()?;
        Ok(target)
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Makes the schema. References are checked at the end, all at once: tables then need no order, and rows none within their table.
    pub(super) fn begin(&self, source: &Source, now: i64) -> std::result::Result<Made, MoveError> {
        let c = &self.connection;
        let make = || {
            if let Connection::Sqlite(_) = c {
                c.batch(dialect::UNREFERENCED)?;
            }
            migrations::begin(c)?;
            marks::unset(c)?;
            migrations::apply_in(c, now)?;
            match c {
                Connection::Sqlite(_) => Ok(Vec::new()),
                Connection::Postgres(_) => references(c),
            }
        };
        let references: Vec<Reference> = make().target()?;
        references.iter().try_for_each(|reference| c.batch(&reference.drop)).target()?;
        let tables = schema::moved_tables(source.connection()).source()?;
        let here = schema::moved_tables(c).target()?;
        let is_here = |table: &Table| here.iter().any(|other| table.is_like(other));
        if let Some(other) = tables.iter().find(|table| !is_here(table)) {
            return Err(MoveError::Schema(other.name.clone()));
        }
        if let Some(other) = here.iter().find(|table| !tables.iter().any(|t| t.name == table.name))
        {
            return Err(MoveError::Schema(other.name.clone()));
        }
        // What a migration puts into a table of its own making is in the source as well.
        let emptied: Result<Vec<()>> = tables.iter().map(|table| rows::empty(c, table)).collect();
        emptied.target()?;
        Ok(Made { tables, references })
    }

    /// Makes values fit: how many had to be changed.
    pub(super) fn fit(&self, part: &mut [Row]) -> u64 {
        if let Connection::Sqlite(_) = self.connection {
            return 0;
        }
        let mut changed = 0;
        for value in part.iter_mut().flatten() {
            if let Value::Text(text) = value
                && text.contains('\0')
            {
                *text = text.replace('\0', "\u{FFFD}");
                changed += 1;
            }
        }
        changed
    }

    /// References, and numbers that count by themselves, once the rows are there.
    pub(super) fn complete(
        &self,
        made: &Made,
        id: &str,
        now: i64,
    ) -> std::result::Result<(), MoveError> {
        let c = &self.connection;
        marks::set_arrived(c, id, now).target()?;
        if let Connection::Sqlite(_) = c {
            let dangling = list(c, dialect::DANGLING, [], |row| row.take::<String>()).target()?;
            return dangling
                .into_iter()
                .next()
                .map_or(Ok(()), |table| Err(MoveError::Dangling(table)));
        }
        for reference in &made.references {
            c.batch(&reference.add).map_err(|error| match error.is_constraint() {
                true => MoveError::Dangling(reference.table.clone()),
                false => MoveError::Target(error),
            })?;
        }
        let counters = list(c, dialect::COUNTERS, [], |row| row.take::<String>()).target()?;
        for sql in &counters {
            find(c, sql, [], |_| Ok(())).target()?;
        }
        Ok(())
    }

    pub(super) fn commit(&self) -> Result<()> {
        self.connection.batch(COMMIT)
    }

    /// Whether it may have been committed, whatever the error says.
    pub(super) fn is_in_doubt(&self, error: &StoreError) -> bool {
        matches!(self.connection, Connection::Postgres(_)) && error.kind() == Some(FaultKind::Lost)
    }

    /// Leaves the target as it was: empty.
    pub(super) fn forget(self) {
        let c = &self.connection;
        let _ = c.batch(ROLLBACK);
        let _ = c.batch(dialect::DROP_MIGRATIONS);
        if let Database::Sqlite(path) = &self.database {
            drop(self.connection);
            for ending in ["", "-wal", "-shm"] {
                let mut name = path.clone().into_os_string();
                name.push(ending);
                let _ = std::fs::remove_file(name);
            }
        }
    }
}
