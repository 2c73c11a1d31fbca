//! `countersign verify-release` and `sign-release`.

mod sign;
mod verify;

use std::fs::File;
use std::io::Read as _;

use countersign_core::release::ListedFile;
use countersign_core::trust::VerifiedRelease;
use countersign_core::{Hash, file};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::say::Report;

pub(crate) use sign::sign;
pub(crate) use verify::verify;

/// What is known of a release, for `inspect` too.
pub(crate) fn describe(verified: &VerifiedRelease, json: Value) -> Report {
    let release = verified.claims();
    let signer = match verified.delegation() {
        Some(delegation) => format!("{:?}, by delegation", delegation.holder),
        None => "the root key".to_owned(),
    };
    Report::new(json)
        .field("product", &release.product)
        .field("version", format!("{} ({})", release.version, release.channel))
        .field("signed", format!("{} UTC, by {signer}", file::date(release.issued_at)))
}

/// The claims, for programs.
pub(crate) fn json_of(verified: &VerifiedRelease) -> Value {
    let release = verified.claims();
    let listed = |file: &ListedFile| json!({"name": file.name.as_str(), "size": file.size, "sha256": file.sha256.hex()});
    json!({
        "type": "release+jwt", "verdict": "ok", "id": release.id.to_string(), "issuer": release.issuer,
        "product": release.product.as_str(), "version": release.version.as_str(), "channel": release.channel.as_str(),
        "signed_at": release.issued_at, "signer": verified.signer().to_string(),
        "files": release.files.iter().map(listed).collect::<Vec<_>>(),
    })
}

/// Size and SHA-256 of at most one byte more than `size`, a piece at a time.
fn hash(open: &mut File, size: u64) -> std::io::Result<(u64, Hash)> {
    let mut rest = open.take(size.saturating_add(1));
    let (mut hasher, mut total) = (Sha256::new(), 0);
    let mut piece = vec![0; 1 << 18];
    loop {
        match rest.read(&mut piece)? {
            0 => return Ok((total, Hash::from(<[u8; 32]>::from(hasher.finalize())))),
            read => {
                hasher.update(&piece[..read]);
                total += read as u64;
            }
        }
    }
}
