//! `countersign verify-release`: whether files are what the vendor released.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use countersign_core::file;
use countersign_core::release::{ListedFile, Release};
use countersign_core::trust::{Roots, VerifiedRelease};
use serde_json::json;

use super::{describe, hash, json_of};
use crate::args::VerifyRelease;
use crate::fail::{Failure, Outcome};
use crate::files;
use crate::say::Report;

pub(crate) fn verify(options: &VerifyRelease, as_json: bool) -> Outcome {
    let roots = Roots::new(files::read_roots(&options.believed.root)?);
    let token = file::read(&files::read_input(&options.checksums)?)?;
    let verified = roots.verify_release(&token)?;
    let release = verified.claims();
    check_product(options, release)?;
    let paths = paths(options, release);
    let checked =
        paths.iter().map(|path| Checked::of(path, release)).collect::<Result<Vec<_>, _>>()?;
    let all_ok = checked.iter().all(|checked| checked.found == Found::Ok);
    report(&verified, &checked, all_ok).print(as_json)?;
    Ok(if all_ok { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn check_product(options: &VerifyRelease, release: &Release) -> Result<(), Failure> {
    match &options.product {
        Some(wanted) if wanted != release.product.as_str() => Err(Failure::refused(
            "wrong-product",
            format!("these are the checksums of {}, not of {wanted}", release.product),
            "No file was looked at. Take the checksum file of this product.",
        )),
        _ => Ok(()),
    }
}

/// The files that were named; else all that the list names, beside it.
fn paths(options: &VerifyRelease, release: &Release) -> Vec<PathBuf> {
    if !options.files.is_empty() {
        return options.files.clone();
    }
    let folder = options.checksums.parent().unwrap_or(Path::new(""));
    release.files.iter().map(|file| folder.join(file.name.as_str())).collect()
}

/// What came out for one file.
struct Checked<'a> {
    path: &'a Path,
    found: Found,
}

#[derive(PartialEq, Eq)]
enum Found {
    Ok,
    Wrong(String),
    Missing,
    NotInTheList,
}

impl Found {
    fn code(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Wrong(_) => "wrong",
            Self::Missing => "missing",
            Self::NotInTheList => "not-in-the-list",
        }
    }
}

impl<'a> Checked<'a> {
    fn of(path: &'a Path, release: &Release) -> anyhow::Result<Self> {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let found = match release.file(name) {
            Some(listed) => look(path, listed)?,
            None if path.exists() => Found::NotInTheList,
            None => Found::Missing,
        };
        Ok(Self { path, found })
    }

    fn line(&self) -> (&'static str, String) {
        let path = self.path.display();
        match &self.found {
            Found::Ok => ("ok", path.to_string()),
            Found::Wrong(why) => ("wrong", format!("{path}  ({why})")),
            Found::Missing => ("missing", path.to_string()),
            Found::NotInTheList => ("not listed", path.to_string()),
        }
    }
}

fn look(path: &Path, listed: &ListedFile) -> anyhow::Result<Found> {
    let unreadable = || format!("{} cannot be read", path.display());
    let mut open = match File::open(path) {
        Ok(open) => open,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Found::Missing),
        Err(e) => return Err(anyhow!(e).context(unreadable())),
    };
    let metadata = open.metadata().with_context(unreadable)?;
    let other_size =
        |size: String| Ok(Found::Wrong(format!("{size} bytes instead of {}", listed.size)));
    if metadata.is_file() && metadata.len() != listed.size {
        return other_size(metadata.len().to_string());
    }
    let (size, sha256) = hash(&mut open, listed.size).with_context(unreadable)?;
    match (size == listed.size, sha256 == listed.sha256) {
        (true, true) => Ok(Found::Ok),
        (true, false) => Ok(Found::Wrong("the content differs".to_owned())),
        (false, _) if size > listed.size => other_size("more".to_owned()),
        (false, _) => other_size(size.to_string()),
    }
}

fn report(verified: &VerifiedRelease, checked: &[Checked<'_>], all_ok: bool) -> Report {
    let results = checked.iter().map(|checked| {
        let why = if let Found::Wrong(why) = &checked.found { Some(why) } else { None };
        json!({"file": checked.path, "result": checked.found.code(), "why": why})
    });
    let mut json = json_of(verified);
    json["verdict"] = json!(if all_ok { "ok" } else { "wrong" });
    json["checked"] = results.collect();
    let report = checked
        .iter()
        .map(Checked::line)
        .fold(describe(verified, json), |report, (label, text)| report.field(label, text));
    report.text(match (all_ok, checked.len()) {
        (true, 1) => "The file is what the vendor signed.".to_owned(),
        (true, count) => format!("All {count} files are what the vendor signed."),
        (false, _) => advice(checked),
    })
}

fn advice(checked: &[Checked<'_>]) -> String {
    let any = |code: &str| checked.iter().any(|checked| checked.found.code() == code);
    if any("wrong") {
        "Do not run what is wrong: download it again, and if it stays so, tell the vendor."
            .to_owned()
    } else if any("not-in-the-list") {
        "The vendor did not sign what is not listed under this name: take it from the same release, with its own name."
            .to_owned()
    } else {
        "What is missing was not checked. To check only what you have, name those files after the checksum file.".to_owned()
    }
}
