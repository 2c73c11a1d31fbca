//! Password hashes: argon2id (RFC 9106) with the crate's recommended parameters.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};

use crate::app::App;
use crate::lanes::Work;

/// The shortest password that is taken (NIST SP 800-63B asks for 8 at least; we ask for more and for nothing else).
pub(crate) const SHORTEST: usize = 10;
/// A longer one is not hashed: work should not grow with what a stranger sends.
pub(crate) const LONGEST: usize = 256;

/// More passwords are tried at this moment than are hashed at a time.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("more passwords are tried at this moment than are hashed at a time")]
pub(crate) struct Busy;

/// Whether the text may be a password.
pub(crate) fn is_acceptable(password: &str) -> bool {
    (SHORTEST..=LONGEST).contains(&password.chars().count())
}

/// How long a password is, for people.
pub(crate) fn length() -> String {
    format!("{SHORTEST} to {LONGEST} characters")
}

/// The hash in PHC form.
pub(crate) async fn hash(app: &App, password: String) -> anyhow::Result<String> {
    let mut salt = [0; 16];
    app.config().entropy.fill(&mut salt);
    let _place = app.lane(Work::Passwords).enter().await.ok_or(Busy)?;
    tokio::task::spawn_blocking(move || hash_with(&password, &salt)).await?
}

fn hash_with(password: &str, salt: &[u8]) -> anyhow::Result<String> {
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), salt);
    Ok(hash.map_err(|e| anyhow::anyhow!("the password cannot be hashed: {e}"))?.to_string())
}

/// Whether the password is right. `None` (no such user, no password yet) takes as long as a wrong password.
pub(crate) async fn verify(
    app: &App,
    password: String,
    hash: Option<String>,
) -> anyhow::Result<bool> {
    if password.chars().count() > LONGEST {
        return Ok(false);
    }
    let _place = app.lane(Work::Passwords).enter().await.ok_or(Busy)?;
    let verify = move || {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| DUMMY.to_owned());
        let right = PasswordHash::new(&hash).is_ok_and(|hash| {
            Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
        });
        known && right
    };
    let right = tokio::task::spawn_blocking(verify).await?;
    app.metrics().password(right);
    Ok(right)
}

/// The hash of nobody's password, with the same parameters.
const DUMMY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
