//! A portal's data is moved from the file into a server's database and back, while portals run, machines come and processes are
//! killed.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod cut_off;
mod filled;
mod on_server;
mod refused;
mod running;
mod there_and_back;

#[path = "../operations/machines.rs"]
mod machines;
#[path = "../played/mod.rs"]
mod played;
#[path = "../process/mod.rs"]
mod process;
#[path = "../vendor/mod.rs"]
mod vendor;

use std::path::Path;
use std::process::Command;

use countersign_testing::shared_server;

use machines::{Place, Ran};
use process::Portal;

/// An empty database of the server that tests share.
fn empty() -> String {
    shared_server().create_database()
}

fn file(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

/// The file of a portal's data.
fn file_of(place: &Place) -> String {
    file(&place.data().join("countersign.db"))
}

/// `migrate-data --from … --to …` with further arguments.
fn moved(place: &Place, from: &str, to: &str, further: &[&str]) -> Ran {
    place.run(&[&["migrate-data", "--from", from, "--to", to], further].concat())
}

/// A portal on a server's database, with the keys of the place.
fn serve_on(place: &Place, database: &str) -> Portal {
    Portal::start_with(&place.data(), |command| {
        command.args(["--rate-limit", "0"]).env("COUNTERSIGN_DATABASE", database);
    })
}

/// What a portal says that does not start on this.
fn refused_start(place: &Place, database: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign-portal"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(place.data());
    let ran = Ran(command.env("COUNTERSIGN_DATABASE", database).output().unwrap());
    assert_eq!(ran.code(), 1, "{}", ran.said());
    ran.said()
}
