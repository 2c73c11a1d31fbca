//! Publishing: the checksums are signed from what the database holds, and published with it or not at all.

use anyhow::{Context as _, bail};
use countersign_core::release::{ListedFile, Release as SignedRelease};
use countersign_core::{Id, file};
use countersign_store::{ProductRelease, ReleaseChange, ReleaseFile};

use crate::app::App;
#[cfg(unix)]
use crate::signing::NotSigned;

/// Who signs the checksums of a release.
#[derive(Debug, Clone)]
pub enum Checksums {
    /// The portal, with its delegated key.
    Portal,
    /// Somebody did: this is their checksum file.
    File(Vec<u8>),
    /// Nobody.
    Unsigned,
}

/// How often a release that changes meanwhile is signed again.
const TRIES: usize = 3;

/// Publishes a release. One that was archived comes back with the checksums that it had.
///
/// # Errors
/// With what is in the way; nothing is published then.
pub async fn publish(
    app: &App,
    release: Id,
    checksums: &Checksums,
    actor: &str,
) -> anyhow::Result<ProductRelease> {
    for _ in 0..TRIES {
        let read = app.store().release(release).await?;
        let read = read.with_context(|| format!("there is no release {release}"))?;
        let files = app.store().release_files(release).await?;
        let token = match read.published_at {
            Some(_) => read.checksums.clone(),
            None => sign(app, &read, &files, checksums).await?,
        };
        match app.store().publish_release(read, token, actor, app.now()).await? {
            ReleaseChange::Stale => {}
            ReleaseChange::Done => {
                let published = app.store().release(release).await?;
                return published.context("the release is gone");
            }
            refused => bail!("{}: nothing was changed", refusal(refused)),
        }
    }
    bail!("the release is being changed by somebody else: nothing was published. Try again")
}

/// What a token that is stored says, verified by the portal's own roots.
pub(crate) fn signed(app: &App, token: &str) -> countersign_core::Result<SignedRelease> {
    app.keys().trust.verify_release(token).map(|verified| verified.claims().clone())
}

async fn sign(
    app: &App,
    release: &ProductRelease,
    files: &[ReleaseFile],
    checksums: &Checksums,
) -> anyhow::Result<Option<String>> {
    // The database says better what is in the way.
    if files.is_empty() {
        return Ok(None);
    }
    match checksums {
        Checksums::Unsigned => Ok(None),
        Checksums::Portal => {
            let token = app.keys().signing.sign_release(&to_sign(app, release, files)).await;
            #[cfg(unix)]
            if let Err(NotSigned::Away(away)) = token {
                return Err(away)
                    .context("nothing was published. Do it again when the signer is back");
            }
            token.map(Some).with_context(|| {
                "the portal's key cannot sign the checksums, and nothing was published. Give a delegation with the scope \
                 release, or a checksum file (countersign sign-release, then --checksums), or publish with --unsigned"
            })
        }
        Checksums::File(bytes) => {
            let token = file::read(bytes)?;
            let found = signed(app, &token).context("the checksum file does not verify")?;
            check_same(&found, &to_sign(app, release, files))?;
            Ok(Some(token))
        }
    }
}

fn to_sign(app: &App, release: &ProductRelease, files: &[ReleaseFile]) -> SignedRelease {
    let listed = files.iter().map(|file| ListedFile {
        name: file.name.clone(),
        size: file.size,
        sha256: file.sha256,
    });
    SignedRelease {
        issuer: app.vendor().to_owned(),
        product: release.product.clone(),
        id: release.id,
        issued_at: app.now(),
        version: release.version.clone(),
        channel: release.channel.clone(),
        files: listed.collect(),
    }
}

/// A checksum file that says something else than the release would tell every customer that the files are wrong.
fn check_same(found: &SignedRelease, wanted: &SignedRelease) -> anyhow::Result<()> {
    let name = |of: &SignedRelease| format!("{} {} ({})", of.product, of.version, of.channel);
    if name(found) != name(wanted) {
        bail!(
            "the checksum file is for {}, not for {}: nothing was published",
            name(found),
            name(wanted)
        );
    }
    let missing = |from: &SignedRelease, file: &&ListedFile| !from.files.contains(file);
    let differs = found.files.iter().find(|file| missing(wanted, file));
    match differs.or_else(|| wanted.files.iter().find(|file| missing(found, file))) {
        Some(file) => bail!(
            "the checksum file and the release differ in {}: nothing was published",
            file.name
        ),
        None => Ok(()),
    }
}

/// Why a release was not changed, in words.
pub(crate) fn refusal(change: ReleaseChange) -> &'static str {
    match change {
        ReleaseChange::Done => "it is done",
        ReleaseChange::NotFound => "there is no such product, release or file",
        ReleaseChange::Already => "it is so already",
        ReleaseChange::NotDraft => {
            "files belong to drafts, and this release was published or archived"
        }
        ReleaseChange::VersionTaken => "the product has that version on that channel already",
        ReleaseChange::VersionWithoutNumber => {
            "a version begins with a number, or it has no place among the others"
        }
        ReleaseChange::NameTaken => {
            "the release has a file of that name (upper and lower case count as one)"
        }
        ReleaseChange::TooManyFiles => "a release has at most 50 files",
        ReleaseChange::NoFiles => {
            "a release without files is not published: add them first (admin release add-file)"
        }
        ReleaseChange::NotesTooLong => "notes have at most 64 KiB",
        ReleaseChange::Stale => "somebody else changed it meanwhile",
        ReleaseChange::GivenToTooMany => "a private release is given to at most 1000 licenses",
    }
}
