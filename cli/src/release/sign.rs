//! `countersign sign-release`: the checksum file of a release, where its key is not the portal's.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use countersign_core::release::{ListedFile, Release};
use countersign_core::{Id, file};
use serde_json::json;

use super::hash;
use crate::args::SignRelease;
use crate::fail::Outcome;
use crate::files::{self, Carries};
use crate::say::Report;
use crate::sign::signer::Signing;

pub(crate) fn sign(options: &SignRelease, as_json: bool) -> Outcome {
    let release = Release {
        issuer: options.vendor.clone(),
        product: options.product.parse().context("--product")?,
        id: Id::random(&mut files::rng()),
        issued_at: files::now(),
        version: options.version.parse().context("--version")?,
        channel: options.channel.parse().context("--channel")?,
        files: options.files.iter().map(|path| list(path)).collect::<anyhow::Result<_>>()?,
    };
    let name = format!("{}-{}.checksums", release.product, release.version);
    let out = options.out.clone().unwrap_or_else(|| PathBuf::from(name));
    files::check_carrier(&out, Carries::Checksums)?;
    let signer = Signing::open(&options.key, &options.passphrase, &options.under)?.signer;
    let token = signer.sign_release(&release)?;
    files::write_carrier(&out, &file::checksum_file(&token, &release), Carries::Checksums)?;
    if out != Path::new("-") {
        report(&release, &out).print(as_json)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn list(path: &Path) -> anyhow::Result<ListedFile> {
    let shown = path.display();
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let name = name.parse().with_context(|| format!("{shown}: nothing was signed"))?;
    let mut open = File::open(path).with_context(|| format!("{shown} cannot be opened"))?;
    let (size, sha256) =
        hash(&mut open, u64::MAX).with_context(|| format!("{shown} cannot be read"))?;
    if size == 0 {
        bail!("{shown} is empty: nothing was signed");
    }
    Ok(ListedFile { name, size, sha256 })
}

fn report(release: &Release, out: &Path) -> Report {
    let report = Report::new(json!({
        "file": out, "id": release.id.to_string(), "product": release.product.as_str(),
        "version": release.version.as_str(), "channel": release.channel.as_str(), "files": release.files.len(),
    }))
    .field("checksums", out.display())
    .field("product", &release.product)
    .field("version", format!("{} ({})", release.version, release.channel));
    let listed = release.files.iter().fold(report, |report, file| {
        report.field("file", format!("{}  {} bytes", file.name, file.size))
    });
    listed.text("Publish it beside the files: countersign verify-release checks them with it.")
}
