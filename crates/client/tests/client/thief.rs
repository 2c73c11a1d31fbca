//! What somebody with a stolen key can make: any token that he likes, signed with it.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD as BASE64, Engine as _};
use countersign_client::core::SigningKey;
use ed25519_dalek::Signer as _;
use serde_json::Value;

/// A token of any header and payload.
pub(crate) fn forge(key: &SigningKey, header: &Value, payload: &Value) -> String {
    let encoded = |value: &Value| BASE64.encode(value.to_string());
    let signed = format!("{}.{}", encoded(header), encoded(payload));
    let signature = ed25519_dalek::SigningKey::from_bytes(key.seed()).sign(signed.as_bytes());
    format!("{signed}.{}", BASE64.encode(signature.to_bytes()))
}

/// The bytes of the header.
pub(crate) fn header(token: &str) -> Vec<u8> {
    BASE64.decode(token.split('.').next().unwrap()).unwrap()
}

/// The bytes of the payload.
pub(crate) fn payload(token: &str) -> Vec<u8> {
    BASE64.decode(token.split('.').nth(1).unwrap()).unwrap()
}

/// A token signed again after its header and payload were changed.
pub(crate) fn change(
    key: &SigningKey,
    token: &str,
    change: impl FnOnce(&mut Value, &mut Value),
) -> String {
    let mut parts = token.split('.').map(|part| BASE64.decode(part).unwrap());
    let mut part = || serde_json::from_slice::<Value>(&parts.next().unwrap()).unwrap();
    let (mut header, mut payload) = (part(), part());
    change(&mut header, &mut payload);
    forge(key, &header, &payload)
}
