//! `countersign policy fetch`: what the vendor's products and licenses grant, from the portal into a file, for signing without a
//! network. A file, so that it can be looked at before anything is signed by it.

pub(crate) mod args;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::json;

use self::args::{Command, Fetch};
use crate::fail::{Failure, Outcome};
use crate::files::{self, Readers};
use crate::portal::Portal;
use crate::say::Report;
use crate::sign;

pub(crate) fn run(command: &Command, as_json: bool) -> Outcome {
    let Command::Fetch(options) = command;
    fetch(options, as_json)
}

fn fetch(options: &Fetch, as_json: bool) -> Outcome {
    let named = options.to_portal.named().ok_or_else(|| {
        anyhow::anyhow!(
            "from which portal? Nothing was written. Give --portal URL, or set COUNTERSIGN_PORTAL"
        )
    })?;
    if options.out.exists() && !options.force {
        return Err(Failure::refused(
            "file-exists",
            format!("{} is there already and is not replaced", options.out.display()),
            "Nothing was written. Choose another name with --out, or say --force.",
        ));
    }
    let portal = Portal::open(&named, &options.to_portal)?;
    let text = portal.get(&path(options)).map_err(Failure::from)?;
    // What could not be signed by is not put where it would be relied on.
    let found = sign::policy_found(&text)
        .context("the portal's answer is no policy: nothing was written")?;
    write(&options.out, &text, options.force)?;
    let next = format!(
        "Look at it, then sign by it: countersign sign --policy {} --key FILE …",
        options.out.display()
    );
    Report::new(json!({
        "file": options.out, "portal": portal.url(), "products": found.products, "licenses": found.licenses,
    }))
    .field("policy", options.out.display())
    .field("portal", portal.url())
    .field("products", found.products)
    .field("licenses", found.licenses)
    .maybe_text((found.licenses > 0).then_some("It has license keys in it: only you can read the file, and nobody else should."))
    .text(next)
    .print(as_json)?;
    Ok(ExitCode::SUCCESS)
}

fn path(options: &Fetch) -> String {
    let licenses = options.licenses.then(|| "licenses=true".to_owned());
    let product = options.product.as_ref().map(|product| format!("product={product}"));
    let query: Vec<_> = licenses.into_iter().chain(product).collect();
    match query.is_empty() {
        true => "/api/v1/policy".to_owned(),
        false => format!("/api/v1/policy?{}", query.join("&")),
    }
}

/// Whole or not at all, for its owner alone.
fn write(out: &Path, text: &str, force: bool) -> anyhow::Result<()> {
    if !force {
        return files::create(out, text, Readers::Owner);
    }
    let mut beside = out.as_os_str().to_owned();
    beside.push(format!(".{}.tmp", std::process::id()));
    files::create(Path::new(&beside), text, Readers::Owner)?;
    let moved = std::fs::rename(&beside, out);
    if moved.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    moved.with_context(|| format!("{} could not be written", out.display()))
}
