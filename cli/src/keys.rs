//! `countersign keys`

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use countersign_core::{SigningKey, pem};
use serde_json::json;

use crate::args::Root;

pub(crate) fn root(options: &Root) -> anyhow::Result<ExitCode> {
    let public = options.out.with_extension("pub");
    if public == options.out {
        bail!(
            "{} is the name of the public half: choose a private name such as root.pem",
            options.out.display()
        );
    }
    for path in [&options.out, &public] {
        if path.exists() {
            bail!(
                "{} is there already and is not replaced: nothing was changed. Choose another name",
                path.display()
            );
        }
    }
    let passphrase = options.passphrase_file.as_deref().map(first_line).transpose()?;
    let mut rng = getrandom::rand_core::UnwrapErr(getrandom::SysRng);
    let key = SigningKey::generate(&mut rng);
    let text = pem::write_private(&key, passphrase.as_deref(), &mut rng)?;
    create(&options.out, &text, Readers::Owner)?;
    create(&public, &pem::write_public(&key.public_key()), Readers::Everybody)?;
    let (x, kid) = (key.public_key().to_string(), key.public_key().thumbprint().to_string());
    if options.json {
        println!("{}", json!({"private": options.out, "public": public, "x": x, "kid": kid}));
    } else {
        println!("private key  {}  (keep it offline, in two places)", options.out.display());
        println!("public key   {}", public.display());
        println!("x            {x}");
        println!("kid          {kid}");
    }
    Ok(ExitCode::SUCCESS)
}

fn first_line(path: &Path) -> anyhow::Result<String> {
    let text =
        fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        _ => bail!("{} has no passphrase in its first line: nothing was changed", path.display()),
    }
}

enum Readers {
    Owner,
    Everybody,
}

/// Writes a new file; one that could not be written whole is taken away again.
fn create(path: &Path, text: &str, readers: Readers) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(
        &mut options,
        if matches!(readers, Readers::Owner) { 0o600 } else { 0o644 },
    );
    let mut file =
        options.open(path).with_context(|| format!("{} cannot be made", path.display()))?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written.with_context(|| {
        format!("{} could not be written and was taken away again", path.display())
    })
}
