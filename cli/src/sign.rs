//! `countersign sign`: answering requests with a key file, without a server, or through the portal. One, or as many as there are.

pub(crate) mod args;
mod book;
mod bulk;
pub(crate) mod desk;
mod groups;
pub(crate) mod inputs;
mod policy;
pub(crate) mod second;
mod single;
mod survey;
mod table;
mod tally;
mod through;

use crate::fail::Outcome;

pub(crate) fn run(options: &args::Sign, as_json: bool) -> Outcome {
    if let Some(url) = &options.through.portal {
        return through::run(options, url, as_json);
    }
    match options.files.as_slice() {
        [one] if !one.is_dir() => single::run(options, as_json),
        _ => bulk::run(options, as_json),
    }
}
