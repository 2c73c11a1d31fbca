//! `countersign completions` and `countersign man`: what shells and `man` want to know, made of the same tree that reads the
//! arguments.

pub(crate) mod args;

use std::fs;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::CommandFactory as _;
use serde_json::json;

use crate::args::Arguments;
use crate::fail::Outcome;
use crate::say::{self, Report};
use args::{Completions, Man};

const NAME: &str = "countersign";

pub(crate) fn completions(options: &Completions) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Arguments::command(), NAME, &mut script);
    say::write(&String::from_utf8_lossy(&script))
        .context("standard output could not be written")?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn man(options: &Man, as_json: bool) -> Outcome {
    let folder = &options.out;
    fs::create_dir_all(folder)
        .with_context(|| format!("--out {}: it could not be made", folder.display()))?;
    clap_mangen::generate_to(Arguments::command(), folder)
        .with_context(|| format!("the pages could not be written into {}", folder.display()))?;
    let pages = fs::read_dir(folder).map_or(0, Iterator::count);
    Report::new(json!({"folder": folder, "pages": pages}))
        .field("man pages", format!("{}, {pages} files", folder.display()))
        .text(format!("To read one: man {}/{NAME}.1", folder.display()))
        .print(as_json)?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests;
