//! The delegation inside a response whose scope does not hold: it is shown, after it was verified by itself.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::Value;

/// The chain in a token's header.
pub(crate) fn of(token: &str) -> Option<String> {
    let header = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?;
    let header: Value = serde_json::from_slice(&header).ok()?;
    Some(header["chain"].as_str()?.to_owned())
}
