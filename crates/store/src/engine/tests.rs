//! Writers and readers on PostgreSQL, when something fails in the middle.
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

use std::sync::{Arc, Barrier, OnceLock};
use std::time::Duration;

use countersign_testing::{Cut, Cutter, shared_server};

use super::fault::{Fault, FaultKind};
use super::options::Options;
use super::readers::{Engine, Readers};
use super::writer::{Scope, Writer};
use super::{Connection, Database, find, list, migrations, put, run};
use crate::error::{Result, StoreError};

const INSERT: &str = "INSERT INTO thing (name) VALUES (?1)";
const THINGS: &str = "SELECT name FROM thing ORDER BY name";
const ONE: &str = "SELECT 1";
const SCOPE: Scope<'static> = Scope::Keys(&["thing"]);

/// A database with a table, one writer by way of `address`, and another connection that looks.
fn database(address: &dyn Fn(&str) -> String) -> (Writer, Connection) {
    let direct = shared_server().create_database();
    let name = direct.rsplit('/').next().unwrap();
    let looking = engine(&direct).writer().unwrap();
    migrations::apply(&looking, 0).unwrap();
    looking.batch("CREATE TABLE thing (name TEXT PRIMARY KEY)").unwrap();
    let engine = engine(&address(name));
    let first = engine.writer().unwrap();
    (Writer::start(&engine, first, Options { writers: 1, ..Options::default() }).unwrap(), looking)
}

fn engine(address: &str) -> Engine {
    Engine::of(&Database::Postgres(address.to_owned())).unwrap()
}

fn insert(name: &'static str) -> impl Fn(&Connection) -> Result<()> + Send + 'static {
    move |c| run(c, INSERT, [name]).map(drop)
}

fn things(c: &Connection) -> Vec<String> {
    list(c, THINGS, [], |row| row.take()).unwrap()
}

#[tokio::test]
async fn what_was_committed_beside_a_command_that_failed_is_there_before_anybody_is_told() {
    let (writer, looking) = database(&|name| shared_server().address(name));
    let gate = Arc::new(OnceLock::new());
    let waits = {
        let gate = Arc::clone(&gate);
        move |_: &Connection| {
            while gate.get().is_none() {
                std::thread::sleep(Duration::from_millis(1));
            }
            Ok(())
        }
    };
    let fails = |_: &Connection| Err::<(), _>(StoreError::Malformed("thing"));
    // What is queued while the first one waits is one group, and its last command is one that succeeds.
    let (first, one, failed, two, ()) = tokio::join!(
        writer.run(SCOPE, waits),
        writer.run(SCOPE, insert("one")),
        writer.run(SCOPE, fails),
        writer.run(SCOPE, insert("two")),
        async { gate.set(()).unwrap() },
    );
    assert!(matches!(failed, Err(StoreError::Malformed(_))), "{failed:?}");
    first.and(one).and(two).unwrap();
    assert_eq!(things(&looking), ["one", "two"]);
}

#[tokio::test]
async fn what_the_server_refuses_takes_back_the_commit_that_was_sent_with_it_and_its_neighbours_are_kept()
 {
    let (writer, looking) = database(&|name| shared_server().address(name));
    writer.run(SCOPE, insert("a")).await.unwrap();
    let send = |name: &'static str| move |c: &Connection| put(c, INSERT, [name]);
    let (one, refused, two) = tokio::join!(
        writer.run(SCOPE, send("one")),
        writer.run(SCOPE, send("a")),
        writer.run(SCOPE, send("two")),
    );
    assert!(refused.as_ref().is_err_and(StoreError::is_constraint), "{refused:?}");
    one.and(two).unwrap();
    assert_eq!(things(&looking), ["a", "one", "two"]);
}

#[tokio::test]
async fn a_commit_whose_connection_is_cut_is_done_once_and_so_is_what_was_queued_meanwhile() {
    let cutter = Arc::new(Cutter::before(shared_server()));
    let (writer, looking) = database(&|name| cutter.address(name));
    // Every statement is known, so that nothing but commits is asked from here on.
    writer.run(SCOPE, insert("a")).await.unwrap();
    let cuts = [(Cut::Before, "b", "c"), (Cut::After, "d", "e"), (Cut::Amid, "f", "g")];
    for (count, (cut, name, meanwhile)) in cuts.into_iter().enumerate() {
        cutter.cut_next(cut);
        let queue_meanwhile = async {
            while cutter.cuts() <= count as u64 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            writer.run(SCOPE, insert(meanwhile)).await
        };
        let (done, queued) = tokio::join!(writer.run(SCOPE, insert(name)), queue_meanwhile);
        done.and(queued).unwrap_or_else(|e| panic!("{cut:?}: {e}"));
    }
    assert_eq!(things(&looking), ["a", "b", "c", "d", "e", "f", "g"]);
}

#[test]
fn when_all_connections_for_reading_are_lost_at_once_queries_go_on_on_new_ones() {
    let address = shared_server().create_database();
    let name = address.rsplit('/').next().unwrap();
    let readers = Readers::open(engine(&address), 8).unwrap();
    let all = Barrier::new(8);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let query = |c: &Connection| {
                    let found = find(c, ONE, [], |row| row.take::<i64>());
                    all.wait();
                    found
                };
                readers.run(query).unwrap()
            });
        }
    });
    assert!(shared_server().terminate(name, 100) >= 8);
    let read = readers.run(|c| find(c, ONE, [], |row| row.take::<i64>())).unwrap();
    assert_eq!(read, Some(1));
}

#[test]
fn a_transaction_that_the_server_ended_for_its_idleness_is_run_again_and_a_lock_that_was_waited_for_is_not()
 {
    let address = shared_server().create_database();
    let idle = engine(&address).writer().unwrap();
    idle.batch("CREATE TABLE thing (name TEXT PRIMARY KEY)").unwrap();
    idle.batch("SET idle_in_transaction_session_timeout = '1ms'; BEGIN").unwrap();
    while !idle.is_lost() {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(kind(idle.batch(ONE)), FaultKind::Lost);
    let (holding, waiting) =
        (engine(&address).writer().unwrap(), engine(&address).writer().unwrap());
    holding.batch("BEGIN; LOCK TABLE thing").unwrap();
    let waited = waiting.batch("SET lock_timeout = '1ms'; SELECT name FROM thing");
    assert_eq!(kind(waited), FaultKind::Busy);
}

fn kind(result: Result<()>) -> FaultKind {
    match result {
        Err(StoreError::Database(Fault { kind, .. })) => kind,
        other => panic!("{other:?}"),
    }
}
