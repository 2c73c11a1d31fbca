//! `countersign`: keys, requests, installing, checking, inspecting and answering, on the command line. One command, one
//! file; `args.rs` is the whole surface.

mod approve;
mod args;
mod audit;
mod explain;
mod fail;
mod files;
mod inspect;
mod journal;
mod keys;
mod machine;
mod page;
mod portal;
mod qr;
mod reference;
mod release;
mod say;
mod sheet;
mod sign;
mod trial_site;
mod verify;

use std::process::ExitCode;

use clap::Parser as _;

use args::Command;

fn main() -> ExitCode {
    let args::Arguments { command, json } = match args::Arguments::try_parse() {
        Ok(arguments) => arguments,
        // Programs get their errors as JSON, also where the arguments cannot be understood.
        Err(error) if error.use_stderr() && std::env::args_os().any(|word| word == "--json") => {
            return fail::Failure::usage(&error).report(true);
        }
        Err(error) => error.exit(),
    };
    let done = match &command {
        Command::Keys(command) => keys::run(command, json),
        Command::Request(command) => machine::request(command, json),
        Command::Install(options) => machine::install(options, json),
        Command::Check(options) => machine::check(options, json),
        Command::Status(options) => machine::status(options, json),
        Command::Explain(options) => explain::run(options, json),
        Command::Inspect(options) => inspect::run(options, json),
        Command::Verify(options) => verify::run(options, json).map_err(fail::Failure::from),
        Command::VerifyRelease(options) => release::verify(options, json),
        Command::SignRelease(options) => release::sign(options, json),
        Command::TrialSite(command) => trial_site::run(command, json),
        Command::Qr(options) => qr::run(options, json),
        Command::Sign(options) => sign::run(options, json),
        Command::Approve(options) => approve::run(options, json),
        Command::ReleaseSheet(options) => sheet::run(options, json),
        Command::Completions(options) => reference::completions(options),
        Command::Man(options) => reference::man(options, json),
        Command::Journal(command) => journal::run(command, json),
        Command::Audit(command) => audit::run(command, json),
    };
    done.unwrap_or_else(|failure| failure.report(json))
}
