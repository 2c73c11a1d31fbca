//! A portal's key moves to a signer: copied, checked, then taken away from the portal.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::keys::{keys_folder, passphrase, private_folder, write_private_file};

/// What goes along beside the key.
const NEEDED: [&str; 2] = ["signing.chain", "root.pub"];
const KEY: &str = "signing.pem";

/// What was done.
#[derive(Debug)]
pub struct Moved {
    /// The files that the signer has now.
    pub files: Vec<PathBuf>,
    /// What the portal has no longer: the key, and its passphrase where that lay in a file.
    pub gone: Vec<PathBuf>,
}

/// Moves the key of the portal in `data` into the signer's folder `to`, with copies of what belongs to it. Cut off in the middle it
/// is begun anew: the portal's key is taken away last.
///
/// # Errors
/// When the portal has no key, or the folder has another one, or something cannot be written: then the portal has its key.
pub fn init(data: &Path, to: &Path) -> anyhow::Result<Moved> {
    let (from, keys) = (keys_folder(data), keys_folder(to));
    let key = from.join(KEY);
    if !key.exists() {
        bail!(
            "{} is not there: nothing was changed. Name the portal's folder with --from",
            key.display()
        );
    }
    let files = files(&from)?;
    private_folder(to)?;
    private_folder(&keys)?;
    for name in &files {
        copy(&from.join(name), &keys.join(name))?;
    }
    let passphrase = data.join(passphrase::FILE);
    let has_passphrase = passphrase.exists();
    if has_passphrase {
        copy(&passphrase, &to.join(passphrase::FILE))?;
    }
    fs::remove_file(&key).with_context(|| {
        format!("{} could not be taken away: do it by hand, the signer has its copy", key.display())
    })?;
    fs::File::open(&from).and_then(|folder| folder.sync_all())?;
    let mut moved =
        Moved { files: files.iter().map(|name| keys.join(name)).collect(), gone: vec![key] };
    let next = from.join("next.pem");
    if next.exists() {
        fs::remove_file(&next).with_context(|| next.display().to_string())?;
        moved.gone.push(next);
    }
    if has_passphrase {
        // It opens the key in every backup.
        fs::remove_file(&passphrase).with_context(|| passphrase.display().to_string())?;
        moved.files.push(to.join(passphrase::FILE));
        moved.gone.push(passphrase);
    }
    Ok(moved)
}

fn files(from: &Path) -> anyhow::Result<Vec<String>> {
    let mut files: Vec<String> = NEEDED.map(str::to_owned).into();
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let is_rotation = name.starts_with("rotation-") && name.ends_with(".response");
        if is_rotation || ["revocations.response", "next.pem", "next.pub"].contains(&name.as_str())
        {
            files.push(name);
        }
    }
    files.push(KEY.to_owned());
    Ok(files)
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let text = fs::read_to_string(from)
        .with_context(|| format!("{} cannot be read: nothing was taken away", from.display()))?;
    match fs::read_to_string(to) {
        Ok(there) if there == text => Ok(()),
        Ok(_) => bail!(
            "{} is there and is another one: nothing was taken away. Name an empty folder with --data",
            to.display()
        ),
        Err(_) => write_private_file(to, &text),
    }
}
