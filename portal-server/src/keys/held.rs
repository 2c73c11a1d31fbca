//! A signer's keys: the same folder and the same papers as a portal's, in a process of their own.

use std::path::Path;

use anyhow::Context as _;
use countersign_core::UnixSeconds;
use countersign_core::trust::Signer;

use super::folder::INCOMING;
use super::passphrase::{Passphrase, Sources};
use super::ring::adopt_next;
use super::{Folder, Papers, Start, change, keys_folder, open_folder};
use crate::clock::Entropy;

/// What a signer signs with, and the files that it was read from.
pub(crate) struct Held {
    pub(crate) signer: Signer,
    pub(crate) papers: Papers,
    pub(crate) files: Folder,
}

/// Opens the keys below `data`, with what opens them again after a change. A private key that lies there unencrypted is
/// encrypted.
///
/// # Errors
/// When files are missing, unreadable, do not fit each other, or the passphrase is wrong or missing.
pub(crate) fn open(
    data: &Path,
    now: UnixSeconds,
    entropy: &dyn Entropy,
    sources: &Sources,
) -> anyhow::Result<(Held, Passphrase)> {
    let (files, passphrase) = open_folder(data, "", now, entropy, Start::Later, sources)?;
    let held = load(data, files, &passphrase)
        .with_context(|| format!("the files in {} cannot be used", keys_folder(data).display()))?;
    Ok((held, passphrase))
}

/// What is signed with from these files on. Where the delegation is for the next key, that becomes the present one.
///
/// # Errors
/// When they do not fit each other, or the passphrase does not open the key.
pub(crate) fn load(data: &Path, files: Folder, passphrase: &Passphrase) -> anyhow::Result<Held> {
    let papers = Papers::read_counted(&files)?;
    let signer = papers.signer(papers.key(&files, passphrase)?)?;
    let files = match papers.is_for_next(&files) {
        true => adopt_next(&keys_folder(data), &files)?,
        false => files,
    };
    Ok(Held { signer, papers, files })
}

/// The files as they are; `None` while somebody changes them. A change that its program did not live to finish is finished.
///
/// # Errors
/// When they cannot be read.
pub(crate) fn look(data: &Path) -> anyhow::Result<Option<Folder>> {
    let path = keys_folder(data);
    if path.join(INCOMING).exists() {
        let Some(locked) = change::lock(&path)? else { return Ok(None) };
        change::finish(&locked, &path)?;
    }
    Folder::read(&path).map(Some)
}
