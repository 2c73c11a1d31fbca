//! Codes of an authenticator app (RFC 6238): SHA-1, six digits, thirty seconds, which is what every app can do.

use anyhow::Context as _;
use countersign_core::UnixSeconds;
use qrcode::QrCode;
use qrcode::render::svg;
use totp_rs::{Builder, Secret, Totp};

use crate::app::App;

/// RFC 4226 recommends 160 bits.
const SECRET_BYTES: usize = 20;
/// Clocks may differ by one step in either direction.
const SKEW: u16 = 1;

/// A new secret in base32.
pub(crate) fn new_secret(app: &App) -> String {
    let mut bytes = [0; SECRET_BYTES];
    app.config().entropy.fill(&mut bytes);
    Secret::from(bytes).to_base32()
}

/// The time step that the code is for, if it is one of the secret's around now. Whether it was used before is the
/// database's to say.
pub(crate) fn step(secret: &str, code: &str, now: UnixSeconds) -> anyhow::Result<Option<u64>> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(None);
    }
    Ok(totp(secret, "", "")?.check(&digits, now))
}

/// What an app reads to know the secret.
pub(crate) fn url(secret: &str, vendor: &str, email: &str) -> anyhow::Result<String> {
    totp(secret, vendor, email)?.to_url().context("the address for the app cannot be made")
}

/// The same as a picture.
pub(crate) fn qr(url: &str) -> anyhow::Result<String> {
    let code = QrCode::new(url).context("the picture for the app cannot be made")?;
    let picture = code.render::<svg::Color<'_>>().min_dimensions(240, 240).build();
    // The head of a file is none of an element in a page.
    Ok(picture.split_once("?>").map_or(picture.clone(), |(_, element)| element.to_owned()))
}

fn totp(secret: &str, vendor: &str, email: &str) -> anyhow::Result<Totp> {
    let secret = Secret::try_from_base32(secret).ok().context("the stored secret is damaged")?;
    // A colon separates the two in the app's list.
    let (vendor, email) = (vendor.replace(':', " "), email.replace(':', " "));
    let builder = Builder::new().with_secret(secret).with_skew(SKEW).with_account_name(email);
    let builder = builder.with_issuer((!vendor.is_empty()).then_some(vendor));
    builder.build().context("the second factor cannot be computed")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 6238's test vectors, "12345678901234567890".
    const RFC: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    #[test]
    fn the_codes_of_the_standard_are_right_for_their_time_and_a_step_around_it() {
        for (now, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            let at = |time: u64| step(RFC, code, time).unwrap();
            assert_eq!(at(now), Some(now / 30));
            assert_eq!((at(now + 30), at(now - 30)), (Some(now / 30), Some(now / 30)));
            assert_eq!((at(now + 90), at(now + 60)), (None, None));
        }
        assert_eq!(step(RFC, " 287 082 ", 59).unwrap(), Some(1));
        for wrong in ["", "287083", "28708", "2870822", "２８７０８２", "28708a", "+87082"] {
            assert_eq!(step(RFC, wrong, 59).unwrap(), None, "{wrong:?}");
        }
    }

    #[test]
    fn an_app_reads_who_and_where_from_the_address() {
        let url = url(RFC, "Acme: Software", "jane@acme.example").unwrap();
        assert!(url.starts_with("otpauth://totp/Acme"), "{url}");
        assert!(url.contains(RFC) && url.contains("issuer=Acme"), "{url}");
        assert!(qr(&url).unwrap().starts_with("<svg"));
    }
}
