//! Reading and writing files, keys and passphrases.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, anyhow, bail};
use countersign_core::license_key::LicenseKey;
use countersign_core::token::Unverified;
use countersign_core::{PublicKey, SigningKey, TokenType, UnixSeconds, file, pem};

use crate::args::{NewPassphrase, Passphrase};
use crate::say;

/// At most one byte more than a file may have: that is enough to refuse it. `-` is standard input.
pub(crate) fn read_input(path: &Path) -> anyhow::Result<Vec<u8>> {
    // Room for a request or response: it is read at once.
    let mut bytes = Vec::with_capacity(8192);
    let most = file::MAX_FILE as u64 + 1;
    if path == Path::new("-") {
        io::stdin().take(most).read_to_end(&mut bytes)?;
    } else {
        let open =
            File::open(path).with_context(|| format!("{} cannot be opened", path.display()))?;
        open.take(most)
            .read_to_end(&mut bytes)
            .with_context(|| format!("{} cannot be read", path.display()))?;
    }
    Ok(bytes)
}

/// The 43 characters of `x`, or a file with them or with SPKI PEM. `option` is how it was given, for the error.
pub(crate) fn read_public_key(option: &str, key: &str) -> anyhow::Result<PublicKey> {
    if let Ok(key) = key.parse() {
        return Ok(key);
    }
    let text = fs::read_to_string(key).with_context(|| {
        format!("{option} {key}: no such key file, and not 43 characters of a key")
    })?;
    if text.contains("PRIVATE KEY") {
        bail!(
            "{option} {key}: this is a private key. Give its public half, the file that ends in .pub"
        );
    }
    text.trim()
        .parse()
        .or_else(|_| pem::read_public(&text))
        .with_context(|| format!("{option} {key}"))
}

pub(crate) fn read_roots(keys: &[String]) -> anyhow::Result<Vec<PublicKey>> {
    keys.iter().map(|key| read_public_key("--root", key)).collect()
}

/// A private key file; its passphrase comes from the option, the environment, or the person at the terminal.
pub(crate) fn read_private_key(path: &Path, passphrase: &Passphrase) -> anyhow::Result<SigningKey> {
    let text =
        fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let named = || path.display().to_string();
    if !pem::is_encrypted(&text) {
        return pem::read_private(&text, None).with_context(named);
    }
    let passphrase = match &passphrase.passphrase_file {
        Some(file) => first_line(file)?,
        None => match std::env::var("COUNTERSIGN_PASSPHRASE") {
            Ok(passphrase) => passphrase,
            Err(_) => ask(&format!("Passphrase of {}: ", path.display()))?,
        },
    };
    pem::read_private(&text, Some(&passphrase)).with_context(named)
}

/// The passphrase for a key that is made; `None` leaves it unencrypted.
pub(crate) fn new_passphrase(options: &NewPassphrase) -> anyhow::Result<Option<String>> {
    if let Some(file) = &options.passphrase_file {
        return first_line(file).map(Some);
    }
    if !options.passphrase {
        return Ok(None);
    }
    let first = match std::env::var("COUNTERSIGN_PASSPHRASE") {
        Ok(passphrase) => passphrase,
        Err(_) => {
            let first = ask("Passphrase: ")?;
            if ask("The same again: ")? != first {
                bail!("the two passphrases differ: nothing was made");
            }
            first
        }
    };
    if first.is_empty() {
        bail!("the passphrase is empty: nothing was made");
    }
    Ok(Some(first))
}

fn ask(prompt: &str) -> anyhow::Result<String> {
    if !io::stdin().is_terminal() {
        bail!(
            "a passphrase is needed and there is no terminal to ask at: nothing was changed. Give --passphrase-file or \
             set COUNTERSIGN_PASSPHRASE"
        );
    }
    rpassword::prompt_password(prompt).context("the passphrase could not be read")
}

fn first_line(path: &Path) -> anyhow::Result<String> {
    let text =
        fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        _ => bail!("{} has no passphrase in its first line: nothing was changed", path.display()),
    }
}

/// A license key from the command line; `-` reads it from standard input, where no other user sees it.
pub(crate) fn read_license_key(given: &str) -> anyhow::Result<LicenseKey> {
    let mut text = given.to_owned();
    if given == "-" {
        text.clear();
        io::stdin().take(1000).read_to_string(&mut text)?;
    }
    text.trim().parse().context("--license-key")
}

#[derive(Clone, Copy)]
pub(crate) enum Readers {
    Owner,
    Everybody,
}

/// Writes a new file; an existing one is never replaced, one that could not be written whole is taken away again.
pub(crate) fn create(
    path: &Path,
    content: impl AsRef<[u8]>,
    readers: Readers,
) -> anyhow::Result<()> {
    write_new(path, content.as_ref(), readers).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => anyhow!(
            "{} is there already and is not replaced: nothing was changed. Choose another name",
            path.display()
        ),
        _ => anyhow!(error)
            .context(format!("{} could not be written: nothing is there now", path.display())),
    })
}

fn write_new(path: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(
        &mut options,
        if matches!(readers, Readers::Owner) { 0o600 } else { 0o644 },
    );
    #[cfg(not(unix))]
    let _ = readers;
    let mut file = options.open(path)?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written
}

/// What a file carries: one of the same kind may be replaced where that loses nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carries {
    /// The machine can make another one, or write the same again.
    Request,
    /// It may be the only one there is, and another machine's.
    Response,
    /// The root can make it again.
    Delegation,
    /// The files can be listed again.
    Checksums,
    /// A later list of the same root; a response or a rotation is not replaced.
    Revocations,
    /// Every later response carries it.
    Rotation,
    /// Somebody may be about to approve of it.
    Proposal,
    /// The journal has it.
    Approval,
}

impl Carries {
    fn replaces(self, there: TokenType) -> bool {
        match self {
            Self::Request => there.is_request(),
            Self::Response | Self::Rotation | Self::Proposal => false,
            Self::Approval => there == TokenType::Approval,
            Self::Delegation => there == TokenType::SigningKey,
            Self::Checksums => there == TokenType::Release,
            Self::Revocations => there == TokenType::Revocations,
        }
    }
}

/// Whether a request, response, delegation or checksum file may be written there. `-` is standard output.
pub(crate) fn check_carrier(path: &Path, what: Carries) -> anyhow::Result<()> {
    if path == Path::new("-") {
        return Ok(());
    }
    if path.is_dir() {
        bail!("{} is a folder. Nothing was changed: give a file name", path.display());
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        bail!(
            "there is no folder {}. Nothing was changed: make it first, or give another name",
            folder.display()
        );
    }
    if path.exists() {
        let token = read_input(path).ok().and_then(|bytes| file::read(&bytes).ok());
        let there = token.and_then(|token| Some(Unverified::decode(&token).ok()?.token_type()));
        if !there.is_some_and(|there| what.replaces(there)) {
            let is = match there {
                Some(there) => format!("is {}", there.with_article()),
                None => "is no file of this kind".to_owned(),
            };
            bail!(
                "{} is there already, {is}, and is not replaced. Nothing was changed: choose another name with --out",
                path.display()
            );
        }
    }
    Ok(())
}

/// Writes a request, response, delegation or checksum file whole or not at all, where [`check_carrier`] allows it.
pub(crate) fn write_carrier(path: &Path, text: &str, what: Carries) -> anyhow::Result<()> {
    check_carrier(path, what)?;
    if path == Path::new("-") {
        return say::write(text).context("standard output could not be written");
    }
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let written = write_new(&temporary, text.as_bytes(), Readers::Everybody)
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written.with_context(|| format!("{} could not be written", path.display()))
}

/// Writes a file whole or not at all, as far as programs see it. It is not waited for until the disk has it: for files that can
/// be written again at any time.
pub(crate) fn write_unsynced(path: &Path, text: &str) -> io::Result<()> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let mut temporary = path.as_os_str().to_owned();
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    temporary.push(format!(".{}.{number}.tmp", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let mut options = OpenOptions::new();
    let written = options
        .write(true)
        .create_new(true)
        .open(&temporary)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

#[allow(clippy::disallowed_methods)] // a program's own clock, handed on as an argument
pub(crate) fn now() -> UnixSeconds {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |elapsed| elapsed.as_secs())
}

pub(crate) fn rng() -> getrandom::rand_core::UnwrapErr<getrandom::SysRng> {
    getrandom::rand_core::UnwrapErr(getrandom::SysRng)
}

/// The beginning of a day, UTC.
pub(crate) fn day(option: &str, text: &str) -> anyhow::Result<UnixSeconds> {
    let form = time::macros::format_description!("[year]-[month]-[day]");
    let date = time::Date::parse(text, form)
        .with_context(|| format!("{option} {text}: give a day as YYYY-MM-DD"))?;
    u64::try_from(date.midnight().assume_utc().unix_timestamp())
        .with_context(|| format!("{option} {text}: that is before 1970"))
}

/// The end of a day, UTC: the beginning of the next.
pub(crate) fn end_of_day(option: &str, text: &str) -> anyhow::Result<UnixSeconds> {
    Ok(day(option, text)? + 86_400)
}
