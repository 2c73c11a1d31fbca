//! `countersign sign`: answering requests with a key file, without a server. One, or as many as there are.

pub(crate) mod args;
mod book;
mod bulk;
pub(crate) mod desk;
mod groups;
pub(crate) mod inputs;
mod online;
mod policy;
pub(crate) mod second;
pub(crate) mod signer;
mod single;
mod survey;
mod table;
mod tally;
mod way;

pub(crate) use self::policy::found as policy_found;
use self::way::Way;
use crate::fail::Outcome;

pub(crate) fn run(options: &args::Sign, as_json: bool) -> Outcome {
    if let Way::Portal(named) = Way::of(options)? {
        return online::run(options, &named, as_json);
    }
    match options.files.as_slice() {
        [one] if !one.is_dir() => single::run(options, as_json),
        _ => bulk::run(options, as_json),
    }
}
