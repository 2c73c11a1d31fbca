//! Signatures by the Standard Webhooks specification: HMAC-SHA256 over id, time and body, under a secret that begins with `whsec_`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use countersign_core::UnixSeconds;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::clock::Entropy;

const PREFIX: &str = "whsec_";
const SECRET_BYTES: usize = 32;

/// A new secret.
pub(super) fn new_secret(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; SECRET_BYTES];
    entropy.fill(&mut bytes);
    format!("{PREFIX}{}", BASE64.encode(bytes))
}

/// The signature of a message, or `None` where the secret is none.
pub(super) fn sign(secret: &str, id: &str, at: UnixSeconds, body: &str) -> Option<String> {
    let key = BASE64.decode(secret.strip_prefix(PREFIX)?).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    Some(format!("v1,{}", BASE64.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;

    #[test]
    fn the_example_of_the_specifications_own_libraries_comes_out() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let signed =
            sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn secrets_are_long_and_never_the_same() {
        let (one, two) = (new_secret(&SystemEntropy), new_secret(&SystemEntropy));
        assert_ne!(one, two);
        assert_eq!(BASE64.decode(one.strip_prefix(PREFIX).unwrap()).unwrap().len(), SECRET_BYTES);
        assert_eq!(sign("whsec_!", "a", 1, ""), None);
        assert_eq!(sign("secret", "a", 1, ""), None);
    }
}
