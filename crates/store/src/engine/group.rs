//! One transaction for many commands, and what becomes of it when something fails.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use countersign_crash::{Point, passes};

use super::connection::Connection;
use super::fault::{Fault, FaultKind};
use super::readers::Engine;
use super::transaction::Note;
use super::wal::Log;
use super::writer::{Command, Lock, Ran};
use crate::error::{Result, StoreError};

/// How long a group is tried again before it is given up: a server starts again in that time, or hands over to another one. A leader
/// that died is replaced later; meanwhile everybody is told to come again, rather than kept waiting.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(250);

/// Commands that are committed together.
type Group = Vec<Box<dyn Command>>;

/// One writer at work.
struct Lane<'a> {
    engine: &'a Engine,
    /// None while the server cannot be reached.
    connection: Option<Connection>,
    most: usize,
}

/// Why a group was not committed.
struct Failed {
    fault: Fault,
    /// The commit was asked for under this note and not answered: it may have happened all the same.
    in_doubt: Option<Note>,
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Self { fault, in_doubt: None }
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        fault(error).into()
    }
}

pub(super) fn write_loop(
    engine: &Engine,
    connection: Option<Connection>,
    mut log: Option<Log>,
    receiver: &mpsc::Receiver<Box<dyn Command>>,
    most: usize,
) {
    let mut lane = Lane { engine, connection, most };
    while let Ok(first) = receiver.recv() {
        let mut group = vec![first];
        let committed = lane.commit(&mut group, receiver);
        for command in group {
            command.answer(committed.clone().map_err(told));
            passes(Point::Told);
        }
        if let (Some(log), Some(connection)) = (&mut log, &lane.connection) {
            log.look_after(connection);
        }
    }
    drop(log);
    if let Some(connection) = &lane.connection {
        connection.close();
    }
}

/// As askers hear of it: all kinds that have their own way out keep it.
fn told(fault: Fault) -> StoreError {
    match fault.kind {
        FaultKind::Disk(_) | FaultKind::Lost | FaultKind::Busy | FaultKind::Moved => {
            StoreError::Database(fault)
        }
        _ => StoreError::Commit(fault.words),
    }
}

impl Lane<'_> {
    /// Commits the group, trying again where that may help.
    fn commit(
        &mut self,
        group: &mut Group,
        receiver: &mpsc::Receiver<Box<dyn Command>>,
    ) -> std::result::Result<(), Fault> {
        let (began, mut in_doubt) = (Instant::now(), None);
        let last = loop {
            let failed = match self.once(group, receiver, in_doubt.as_ref()) {
                Ok(()) => return Ok(()),
                Err(failed) => failed,
            };
            if let Some(connection) = &self.connection {
                connection.roll_back();
            }
            in_doubt = failed.in_doubt.or(in_doubt);
            let last = failed.fault;
            let pause = match last.kind {
                FaultKind::Lost if !self.engine.is_embedded() => {
                    self.connection = None;
                    PAUSE
                }
                FaultKind::Conflict => PAUSE / 50,
                _ => break last,
            };
            if began.elapsed() > PATIENCE {
                break last;
            }
            std::thread::sleep(pause);
        };
        match in_doubt {
            // Whatever came last: nobody may be told that nothing of it is stored.
            Some(_) => Err(Fault::new(FaultKind::Lost, last.words)),
            None => Err(last),
        }
    }

    /// Everything that is queued now, up to `most`, goes into one transaction. While its commit waits for the disk the
    /// next group queues up: the busier it gets, the larger the groups. Waiting for further company was tried (100 and 400
    /// microseconds) and did not pay.
    fn once(
        &mut self,
        group: &mut Group,
        receiver: &mpsc::Receiver<Box<dyn Command>>,
        in_doubt: Option<&Note>,
    ) -> std::result::Result<(), Failed> {
        let connection = match self.connection.take() {
            Some(open) if !open.is_lost() => open,
            _ => self.engine.writer_here()?,
        };
        let connection = &*self.connection.insert(connection);
        let takes_locks = !self.engine.is_embedded();
        if takes_locks && in_doubt.is_none() {
            // All locks are taken at the beginning, in one order: who comes later waits for the next transaction. Nobody joins a
            // group that may have been committed already.
            group.extend(receiver.try_iter().take(self.most.saturating_sub(group.len())));
        }
        begin(connection, group)?;
        passes(Point::Begun);
        if let Some(note) = in_doubt
            && connection.is_noted(note)?
        {
            // It was committed, and what the commands found then is what they answer; but not before a commit that comes after it
            // is on the standby, too. A server that started again shows what its standby never had.
            return connection.commit().map_err(|(error, _)| fault(error).into());
        }
        let (mut next, mut kept) = (0, true);
        while let Some(command) = group.get_mut(next).filter(|_| kept) {
            match command.run(connection) {
                Ran::Kept => {}
                Ran::Failed => kept = false,
                Ran::Again(fault) => return Err(fault.into()),
            }
            next += 1;
            if group.len() < self.most && !takes_locks {
                group.extend(receiver.try_recv());
            }
        }
        if kept {
            match commit(connection) {
                // One of the commands failed after it had been told that all was well.
                Err(late) if takes_locks && !late.fault.kind.is_passing() => {}
                committed => return committed,
            }
        }
        run_apart(connection, group)?;
        commit(connection)
    }
}

fn commit(connection: &Connection) -> std::result::Result<(), Failed> {
    passes(Point::Committing);
    let committed = connection.commit();
    committed.map_err(|(error, in_doubt)| Failed { fault: fault(error), in_doubt })?;
    passes(Point::Committed);
    Ok(())
}

fn begin(connection: &Connection, group: &Group) -> Result<()> {
    let mut locks: Vec<Lock> = group.iter().flat_map(|command| command.locks().to_vec()).collect();
    locks.sort_unstable();
    locks.dedup();
    connection.begin(&locks)
}

/// The same once more in a new transaction, each in a savepoint of its own, so that who fails undoes nothing of its
/// neighbours. Few commands fail, and savepoints take a tenth of the writer's time: the first try goes without.
fn run_apart(connection: &Connection, group: &mut Group) -> std::result::Result<(), Failed> {
    connection.roll_back();
    begin(connection, group)?;
    for command in group {
        connection.save()?;
        match command.run(connection) {
            Ran::Kept => match connection.settle() {
                Ok(()) => connection.keep()?,
                Err(error) => {
                    let fault = fault(error);
                    if fault.kind.is_passing() {
                        return Err(fault.into());
                    }
                    command.refuse(fault);
                    connection.drop_saved()?;
                }
            },
            Ran::Failed => connection.drop_saved()?,
            Ran::Again(fault) => return Err(fault.into()),
        }
    }
    Ok(())
}

fn fault(error: StoreError) -> Fault {
    match error {
        StoreError::Database(fault) => fault,
        other => Fault::new(FaultKind::Other, other.to_string()),
    }
}
