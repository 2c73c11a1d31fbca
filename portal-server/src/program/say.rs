//! What the program says of what it has done.

use std::path::Path;
use std::process::ExitCode;

use countersign_portal::keys;
use countersign_portal::operations::doctor;
use serde_json::Value;

/// The exit code of an import that is done but for some entries.
pub(crate) const WITH_PROBLEMS: u8 = 3;

/// What the doctor found, line by line, and the exit code that says how bad it is.
pub(crate) fn print_report(report: &doctor::Report, json: bool) -> ExitCode {
    match json {
        true => println!("{}", report.to_json()),
        false => report.findings().iter().for_each(|finding| println!("{finding}")),
    }
    match report.worst() {
        doctor::Level::Well => ExitCode::SUCCESS,
        doctor::Level::Warning => ExitCode::from(WITH_PROBLEMS),
        doctor::Level::Problem => ExitCode::FAILURE,
    }
}

pub(crate) fn say_where_the_root_is(data: &Path) {
    if let Some(root) = keys::root_left_behind(data) {
        println!("root key      {}", root.display());
        println!(
            "              carry it to an offline place and delete it here: the portal does not need it"
        );
    }
}

pub(crate) fn print_made(made: &Value, json: bool) {
    if json {
        println!("{made}");
        return;
    }
    for (name, value) in made.as_object().into_iter().flatten() {
        match value.as_array() {
            Some(entries) => entries.iter().for_each(|entry| print_entry(name, entry)),
            None => println!("{name:<14} {}", in_words(value)),
        }
    }
}

/// One of several in a line: `file  ID  NAME …`, the name in the singular.
pub(crate) fn print_entry(name: &str, entry: &Value) {
    let name = name.strip_suffix('s').unwrap_or(name);
    let members = entry.as_object().map(|object| object.values().map(in_words).collect::<Vec<_>>());
    println!("{name:<14} {}", members.map_or_else(|| in_words(entry), |words| words.join("  ")));
}

pub(crate) fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}
