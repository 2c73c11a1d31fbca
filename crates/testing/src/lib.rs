//! What tests of several packages share: a database of either engine, empty and of their own, and a way to look into it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::missing_panics_doc)] // a failed unwrap is a failed test

mod cutter;
mod raw;
mod server;

use std::path::PathBuf;

use countersign_store::{Database, Options, Store};

pub use cutter::{Cut, Cutter};
pub use raw::Raw;
pub use server::{Server, Stop, shared_server};

/// Which engine a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The embedded one.
    Sqlite,
    /// A server of Debian's packages, which the first test starts.
    Postgres,
}

impl Engine {
    /// The engine of a test program: `env!("CARGO_CRATE_NAME")` is `postgres` or ends with it, or it is the embedded one.
    pub fn of_program(name: &str) -> Self {
        if name.ends_with("postgres") { Self::Postgres } else { Self::Sqlite }
    }
}

/// A database of one test, which goes with it: hundreds of them would fill a disk, and take minutes to delete at once.
#[derive(Debug)]
pub struct TestDatabase {
    database: Database,
    folder: tempfile::TempDir,
}

impl TestDatabase {
    /// An empty one.
    pub fn new(engine: Engine) -> Self {
        Self::within(engine, tempfile::tempdir().unwrap())
    }

    /// The same where no disk is waited for, if the system has such a place.
    pub fn in_memory(engine: Engine) -> Self {
        let memory = std::path::Path::new("/dev/shm");
        if memory.is_dir() {
            return Self::within(engine, tempfile::tempdir_in(memory).unwrap());
        }
        Self::new(engine)
    }

    fn within(engine: Engine, folder: tempfile::TempDir) -> Self {
        let database = match engine {
            Engine::Sqlite => Database::Sqlite(folder.path().join("db")),
            Engine::Postgres => Database::Postgres(shared_server().create_database()),
        };
        Self { database, folder }
    }

    /// A store on it.
    pub fn open(&self, options: Options, now: u64) -> Store {
        Store::connect(&self.database, options, now).unwrap()
    }

    /// For the store.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// A folder that goes with the test.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// For looking and for changing behind the store's back.
    pub fn raw(&self) -> Raw {
        Raw::open(&self.database)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // A failed test leaves its database to be looked at.
        if let Database::Postgres(address) = &self.database
            && !std::thread::panicking()
        {
            shared_server().drop_database(address);
        }
    }
}

/// The engine of the program that this is written in.
#[macro_export]
macro_rules! test_database {
    () => {
        $crate::TestDatabase::new($crate::Engine::of_program(env!("CARGO_CRATE_NAME")))
    };
}
