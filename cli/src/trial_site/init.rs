//! `countersign trial-site init`

use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use countersign_core::file;
use serde_json::json;

use super::args::Init;
use super::ask::{ask, or_ask, or_ask_optional};
use super::config::{Config, Jwk, Mode, Product, Signer, Trial, address, logo_name};
use super::findings::Findings;
use super::{page, signer, write};
use crate::fail::{Failure, Outcome};
use crate::files;
use crate::say::Report;

const LARGEST_LOGO: u64 = 200 * 1024;

/// A logo: the name beside the page, and what is in it.
pub(crate) type Logo = (String, Vec<u8>);

pub(crate) fn init(options: &Init, as_json: bool) -> Outcome {
    check_folder(&options.dir, options.force)?;
    let files = page::files(options.page.as_deref())?;
    let logo = options.logo.as_deref().map(read_logo).transpose()?;
    let config = settings(options, logo.as_ref())?;
    config.check().context("nothing was written")?;
    let mut found = Findings::default();
    if let Some(of_page) = &config.signer {
        signer::look(&config, of_page, files::now(), &mut found);
    }
    if found.has_problem() {
        let advice = "Nothing was written. Put that right and do it again.";
        return Err(Failure::refused("bad-signer", found.problems().join("; "), advice));
    }
    let written = write::all(&options.dir, &config, &files, logo.as_ref())?;
    let mode = if config.mode == Mode::Portal { "portal" } else { "standalone" };
    let report = Report::new(json!({
        "dir": options.dir, "mode": mode, "files": written, "findings": found.json(),
    }))
    .field("trial page", options.dir.display())
    .field("mode", mode)
    .field("files", written.len());
    found
        .doubts(report)
        .text(format!(
            "Push this folder to a repository: {}/README.md has the steps.",
            options.dir.display()
        ))
        .print(as_json)?;
    Ok(std::process::ExitCode::SUCCESS)
}

fn check_folder(folder: &Path, force: bool) -> anyhow::Result<()> {
    match fs::read_dir(folder) {
        Ok(mut entries) => {
            // A fresh clone has a .git; that is empty enough.
            let other = entries.any(|e| e.is_ok_and(|e| e.file_name() != ".git"));
            ensure!(
                !other || force,
                "{} is not empty: nothing was written. Choose another folder, or give --force",
                folder.display()
            );
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| folder.display().to_string()),
    }
}

fn settings(options: &Init, logo: Option<&Logo>) -> Result<Config, Failure> {
    let mode = mode(options)?;
    let vendor = or_ask(options.vendor.clone(), "--vendor", "Your name as a vendor:")?;
    let roots = roots(options)?;
    let portal = match (mode, &options.portal) {
        (Mode::Portal, given) => {
            Some(or_ask(given.clone(), "--portal", "The portal's address (https://…):")?)
        }
        (Mode::Standalone, given) => given.clone(),
    };
    let portal = portal.map(|portal| portal.trim_end_matches('/').to_owned());
    if let Some(portal) = &portal {
        address("portal", portal)?;
    }
    let products = products(options, mode)?;
    Ok(Config {
        mode,
        vendor,
        products,
        roots,
        portal,
        signer: if mode == Mode::Standalone { Some(signer_of(options)?) } else { None },
        logo: logo.map(|(name, _)| name.clone()),
        accent: options
            .accent
            .as_ref()
            .map(|accent| format!("#{}", accent.trim_start_matches('#'))),
        support: or_ask_optional(
            options.support.clone(),
            "A mail address for visitors who need help (empty for none):",
        )?,
        website: options.website.clone(),
    })
}

fn mode(options: &Init) -> anyhow::Result<Mode> {
    if options.standalone {
        return Ok(Mode::Standalone);
    }
    if options.portal.is_some() {
        return Ok(Mode::Portal);
    }
    if !io::stdin().is_terminal() {
        bail!(
            "give --portal URL, or --standalone with --key and --delegation: nothing was written"
        );
    }
    match ask("Who answers: a portal, or the page by itself? [portal/standalone]", Some("portal"))?
        .as_str()
    {
        "portal" => Ok(Mode::Portal),
        "standalone" => Ok(Mode::Standalone),
        other => bail!("{other:?} is neither portal nor standalone: nothing was written"),
    }
}

fn roots(options: &Init) -> anyhow::Result<Vec<String>> {
    let given = if options.root.is_empty() {
        let question = "Your root public key (a .pub file, or its 43 characters):";
        vec![or_ask(None, "--root", question)?]
    } else {
        options.root.clone()
    };
    let keys = files::read_roots(&given)?;
    Ok(keys.iter().map(ToString::to_string).collect())
}

fn products(options: &Init, mode: Mode) -> anyhow::Result<Vec<Product>> {
    let given = if options.product.is_empty() {
        vec![or_ask(None, "--product", "The product's id, with its name (acme-cad=Acme CAD):")?]
    } else {
        options.product.clone()
    };
    let days = match (mode, options.days) {
        (_, Some(days)) => Some(days),
        (Mode::Portal, None) => None,
        (Mode::Standalone, None) => {
            let typed = or_ask(None, "--days", "How many days does a trial have?")?;
            Some(typed.parse().with_context(|| format!("{typed:?} is no number of days"))?)
        }
    };
    let product = |given: &String| {
        let (id, name) = given.split_once('=').unwrap_or((given, ""));
        Product {
            id: id.trim().to_owned(),
            name: Some(name.trim().to_owned()).filter(|name| !name.is_empty()),
            trial: days.map(|days| Trial { days: Some(days), ..Trial::default() }),
        }
    };
    Ok(given.iter().map(product).collect())
}

fn signer_of(options: &Init) -> Result<Signer, Failure> {
    let path = |given: &Option<PathBuf>, option: &str, question: &str| {
        let given = given.as_ref().map(|path| path.display().to_string());
        or_ask(given, option, question).map(PathBuf::from)
    };
    let key = path(&options.key, "--key", "The page's key file (never a root):")?;
    let delegation = path(&options.delegation, "--delegation", "The delegation of that key:")?;
    let key = files::read_private_key(&key, &options.passphrase)?;
    let delegation = file::read(&files::read_input(&delegation)?)?;
    Ok(Signer { key: Jwk::of(&key), delegation })
}

/// The logo under a name that the page takes; what it is, is told by its first bytes, not by its name.
fn read_logo(path: &Path) -> anyhow::Result<Logo> {
    let shown = path.display();
    let size = fs::metadata(path).with_context(|| format!("--logo {shown}"))?.len();
    ensure!(
        size <= LARGEST_LOGO,
        "--logo {shown} has {size} bytes, and every visitor loads it: at most {LARGEST_LOGO}. Nothing was written"
    );
    let content = fs::read(path).with_context(|| format!("--logo {shown}"))?;
    let ending = match &content[..] {
        [0x89, b'P', b'N', b'G', ..] => "png",
        [0xff, 0xd8, 0xff, ..] => "jpg",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "webp",
        text if is_svg(text) => "svg",
        _ => bail!("--logo {shown} is no png, jpg, webp or svg picture: nothing was written"),
    };
    let name = format!("logo.{ending}");
    logo_name(&name)?;
    Ok((name, content))
}

fn is_svg(content: &[u8]) -> bool {
    let text = String::from_utf8_lossy(content);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    (text.starts_with("<svg") || text.starts_with("<?xml") || text.starts_with("<!--"))
        && text.contains("<svg")
}
