//! `countersign explain`: one screen for somebody on the phone. What a file is, what is wrong with it, what to say, what to do.

mod against;
pub(crate) mod args;
mod chain;
mod codes;
mod state;
mod subject;
mod verdict;

use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use crate::fail::{Failure, Outcome};
use crate::files;
use crate::say::Report;
use args::Explain;

pub(crate) fn run(options: &Explain, as_json: bool) -> Outcome {
    let path = Path::new(&options.subject);
    if let Some(section) = codes::section(&options.subject).filter(|_| !path.exists()) {
        return code(&options.subject, section, as_json);
    }
    let roots = files::read_roots(&options.root)?;
    let (mut verdict, subject, bytes) = subject::read(path, &roots)?;
    if let Some(against) = &options.against {
        verdict = against::compare(verdict, &subject, &bytes, against, options)?;
    }
    let exit = if verdict.is_wrong() { ExitCode::from(1) } else { ExitCode::SUCCESS };
    verdict.report().print(as_json)?;
    Ok(exit)
}

fn code(code: &str, section: codes::Section, as_json: bool) -> Result<ExitCode, Failure> {
    let anchor = format!("{}#{code}", codes::PLACE);
    Report::new(json!({
        "code": code, "means": section.means, "say": section.say, "then": section.then, "anchor": anchor,
    }))
    .field("code", code)
    .field("means", section.means)
    .maybe("say", section.say.map(|say| format!("\"{say}\"")))
    .maybe("then", section.then)
    .field("more", anchor)
    .print(as_json)?;
    Ok(ExitCode::SUCCESS)
}
