//! `countersign trial-site`: the folder of a trial page, and what is wrong with one.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `config` | `config.json`, as strictly as the page reads it |
//! | `page` | the files of the built page |
//! | `init`, `ask`, `write` | making the folder |
//! | `check`, `web`, `signer`, `findings` | looking at one: its files, its portal, its key |

pub(crate) mod args;
mod ask;
mod check;
mod config;
mod findings;
mod init;
mod page;
mod signer;
mod web;
mod write;

use crate::fail::Outcome;

pub(crate) fn run(command: &args::Command, as_json: bool) -> Outcome {
    match command {
        args::Command::Init(options) => init::init(options, as_json),
        args::Command::Check(options) => check::check(options, as_json),
    }
}
