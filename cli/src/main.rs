//! `countersign`: keys, and verifying files, on the command line. One command, one file; `args.rs` is the whole surface.
#![allow(clippy::print_stdout)] // a program talks on standard output

mod args;
mod keys;
mod verify;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let done = match args::Arguments::parse().command {
        args::Command::Keys { command: args::Keys::Root(options) } => keys::root(&options),
        args::Command::Verify(options) => verify::run(&options),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}
