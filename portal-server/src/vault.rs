//! Secrets that the portal has to read again, and nobody who copied the database may: encrypted under a key that lies in a
//! file of its own. Such are the shared secrets of authenticator apps and of webhooks, and those by which the portal is known to
//! identity providers; everything else is stored as a hash.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use countersign_core::{Hash, Id, UnixSeconds};
use countersign_store::{NewJob, Store};

use crate::clock::Entropy;
use crate::keys;
use crate::keys::passphrase::Passphrase;

/// The setting that says which key there is: a hash, from which nobody gets the key.
const KNOWN: &str = "two_factor_key";
/// What begins a secret that is encrypted. Base32, which it is not otherwise, has no such letter.
const MARK: &str = "x1.";
const NONCE_BYTES: usize = 24;

/// The key, or why there is none.
pub struct Vault {
    key: Result<XChaCha20Poly1305, Missing>,
}

/// Why secrets cannot be read: the file with their key is gone, or is another one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// There is no such file.
    #[error("{} is missing", .0.display())]
    File(PathBuf),
    /// It is not the key that the database was written with.
    #[error("{} is not the key that the database knows", .0.display())]
    Other(PathBuf),
    /// It cannot be read as a key.
    #[error("{} is not a key: {}", .0.display(), .1)]
    Unreadable(PathBuf, String),
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Vault").field(&self.key.as_ref().err()).finish()
    }
}

/// Where the key lies under the data directory.
pub fn place(data: &Path) -> PathBuf {
    data.join("keys").join("two-factor.key")
}

impl Vault {
    /// Reads the key; makes it where the database knows of none yet. Secrets from before there was one are encrypted now. A
    /// key that is gone is never made anew in silence: the portal runs, and says what cannot be done without it. With a passphrase
    /// the key lies encrypted in the database as well, for all nodes.
    ///
    /// # Errors
    /// When the database fails, or a new key cannot be written.
    pub(crate) async fn open(
        data: &Path,
        store: &Store,
        entropy: &dyn Entropy,
        passphrase: Option<&Passphrase>,
        now: UnixSeconds,
    ) -> anyhow::Result<Self> {
        let path = place(data);
        let known = match store.setting(KNOWN).await? {
            Some(known) => known,
            None => begin(&path, store, entropy, passphrase, now).await?,
        };
        if let Some(passphrase) = passphrase {
            share(&path, &known, store, entropy, passphrase).await?;
        }
        let vault = Self { key: read(&path, &known).map(|bytes| cipher(&bytes)) };
        match &vault.key {
            Ok(_) => vault.take_over(store, entropy).await?,
            Err(missing) => tracing::error!(
                "{missing}: nobody can log in with a code of an authenticator app until it is put back from your backup. \
                 Recovery codes work, and admins can turn two-factor login off for others. If it is lost for good: \
                 countersign-portal admin lost-two-factor-key"
            ),
        }
        Ok(vault)
    }

    /// Encrypts what an earlier release stored as it was.
    async fn take_over(&self, store: &Store, entropy: &dyn Entropy) -> anyhow::Result<()> {
        for (user, stored) in store.all_totp_secrets().await? {
            if !stored.starts_with(MARK) {
                let sealed = self.seal(user, &stored, entropy)?;
                store.replace_totp_secret(user, stored, sealed).await?;
            }
        }
        Ok(())
    }

    /// What is stored of a user's secret. It is worth nothing in another user's row.
    ///
    /// # Errors
    /// When there is no key.
    pub fn seal(&self, user: Id, secret: &str, entropy: &dyn Entropy) -> Result<String, Missing> {
        self.seal_of(&user.to_string(), secret, entropy)
    }

    /// What is stored of the portal's secret at an identity provider. It is worth nothing in another row.
    ///
    /// # Errors
    /// When there is no key.
    pub fn seal_client_secret(
        &self,
        provider: Id,
        secret: &str,
        entropy: &dyn Entropy,
    ) -> Result<String, Missing> {
        self.seal_of(&client_of(provider), secret, entropy)
    }

    /// As [`Vault::seal`], of something else than a user: `of` names it.
    ///
    /// # Errors
    /// When there is no key.
    pub(crate) fn seal_of(
        &self,
        of: &str,
        secret: &str,
        entropy: &dyn Entropy,
    ) -> Result<String, Missing> {
        let cipher = self.key.as_ref().map_err(Clone::clone)?;
        let mut nonce = [0; NONCE_BYTES];
        entropy.fill(&mut nonce);
        let payload = Payload { msg: secret.as_bytes(), aad: of.as_bytes() };
        let sealed = cipher
            .encrypt(&XNonce::from(nonce), payload)
            .expect("a short text is not too long for the cipher");
        Ok(format!("{MARK}{}", BASE64.encode([nonce.as_slice(), &sealed].concat())))
    }

    /// The secret that was stored for this user.
    ///
    /// # Errors
    /// When there is no key. What was not stored for this user, or was changed, is a fault of the database.
    pub(crate) fn open_secret(&self, user: Id, stored: &str) -> anyhow::Result<String> {
        self.open_of(&user.to_string(), stored, "second factor of user")
    }

    /// The portal's secret at this identity provider.
    ///
    /// # Errors
    /// When there is no key, or it is another one than the secret was stored with.
    pub(crate) fn open_client_secret(&self, provider: Id, stored: &str) -> anyhow::Result<String> {
        self.open_of(&client_of(provider), stored, "client secret of identity provider")
    }

    /// As [`Vault::open_secret`], of what [`Vault::seal_of`] sealed; `noun` says in errors what it is.
    ///
    /// # Errors
    /// As [`Vault::open_secret`].
    pub(crate) fn open_of(&self, of: &str, stored: &str, noun: &str) -> anyhow::Result<String> {
        let cipher = self.key.as_ref().map_err(Clone::clone)?;
        let damaged = || anyhow!("the stored {noun} {of} is damaged");
        let bytes = stored.strip_prefix(MARK).and_then(|text| BASE64.decode(text).ok());
        let bytes = bytes.ok_or_else(damaged)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or_else(damaged)?;
        let payload = Payload { msg: sealed, aad: of.as_bytes() };
        let secret = cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| damaged())?;
        String::from_utf8(secret).map_err(|_| damaged())
    }

    /// Why secrets cannot be read, if so.
    pub fn missing(&self) -> Option<&Missing> {
        self.key.as_ref().err()
    }
}

/// Forgets a key that is lost for good: the next start makes a new one. Who had a second factor has none any more; how many
/// that were.
///
/// # Errors
/// When the key is there, or the database fails.
pub(crate) async fn forget_key(
    vault: &Vault,
    store: &Store,
    notice: impl Fn(Id) -> NewJob + Send + 'static,
    actor: &str,
    now: UnixSeconds,
) -> anyhow::Result<usize> {
    match vault.missing() {
        None => Err(anyhow!("the key is there")),
        Some(Missing::Other(path) | Missing::Unreadable(path, _)) => Err(anyhow!(
            "{} is there and is another one or damaged: move it away first, and keep it",
            path.display()
        )),
        Some(Missing::File(_)) => {
            Ok(store.turn_off_two_factor_for_all(KNOWN, notice, actor, now).await?)
        }
    }
}

/// The first start with a key, or a new one after the old one was lost; the fingerprint of the one that all use.
async fn begin(
    path: &Path,
    store: &Store,
    entropy: &dyn Entropy,
    passphrase: Option<&Passphrase>,
    now: UnixSeconds,
) -> anyhow::Result<String> {
    let bytes = match fs::read_to_string(path) {
        // A start that was cut off between the file and the setting.
        Ok(text) => decoded(&text).map_err(|error| anyhow!("{}: {error}", path.display()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut bytes = [0; 32];
            entropy.fill(&mut bytes);
            if passphrase.is_none() {
                write(path, &bytes)?;
            }
            bytes
        }
        Err(error) => {
            return Err(error).with_context(|| format!("{} cannot be read", path.display()));
        }
    };
    let fingerprint = fingerprint(&bytes);
    let sealed = passphrase.map(|p| p.wrap(&name_of(&fingerprint), &bytes, entropy)).transpose()?;
    store.begin_vault_key(KNOWN, fingerprint, sealed, "first-start", now).await.map_err(Into::into)
}

/// Takes the key over that the other nodes have, or gives them the one that is here.
async fn share(
    path: &Path,
    known: &str,
    store: &Store,
    entropy: &dyn Entropy,
    passphrase: &Passphrase,
) -> anyhow::Result<()> {
    let of = name_of(known);
    match (store.vault_key(known).await?, read(path, known)) {
        (Some(sealed), Err(Missing::File(_))) => {
            let opened = passphrase.unwrapped(&of, &sealed)?;
            let bytes = opened.filter(|bytes| fingerprint(bytes) == known).with_context(|| {
                format!(
                    "the key of second factors in the database is not opened by the passphrase in {}: nothing was changed. All nodes \
                     need the passphrase of the one that made it",
                    passphrase.from()
                )
            })?;
            write(path, &bytes)
        }
        (None, Ok(bytes)) => {
            let sealed = passphrase.wrap(&of, &bytes, entropy)?;
            Ok(store.keep_vault_key(known.to_owned(), sealed).await?)
        }
        _ => Ok(()),
    }
}

/// The keys of secrets that lie in the database under the old passphrase, under the new one: what is there and what is to be there,
/// by fingerprint. Those that were lost and replaced may be under any.
///
/// # Errors
/// When neither opens the one in use, or the database fails.
pub(crate) async fn resealed(
    store: &Store,
    old: &Passphrase,
    new: &Passphrase,
    entropy: &dyn Entropy,
) -> anyhow::Result<BTreeMap<String, (String, String)>> {
    let mut secrets = BTreeMap::new();
    let in_use = store.setting(KNOWN).await?;
    for (fingerprint, sealed) in store.vault_keys().await? {
        let of = name_of(&fingerprint);
        if let Some(bytes) = old.unwrapped(&of, &sealed)? {
            let anew = new.wrap(&of, &bytes, entropy)?;
            secrets.insert(fingerprint, (sealed, anew));
        } else if in_use.as_ref() == Some(&fingerprint) && new.unwrapped(&of, &sealed)?.is_none() {
            bail!(
                "the key of second factors in the database is opened neither by the passphrase in {} nor by the one in {}: nothing \
                 was changed",
                old.from(),
                new.from()
            );
        }
    }
    Ok(secrets)
}

fn write(path: &Path, bytes: &[u8; 32]) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        keys::private_folder(folder)?;
    }
    keys::write_private_file(path, &format!("{}\n", BASE64.encode(bytes)))
}

/// What the key is called where it lies encrypted: under another name it is worth nothing.
fn name_of(fingerprint: &str) -> String {
    format!("countersign/vault-key/v1 {fingerprint}")
}

fn read(path: &Path, known: &str) -> Result<[u8; 32], Missing> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Missing::File(path.to_owned()));
        }
        Err(error) => return Err(Missing::Unreadable(path.to_owned(), error.to_string())),
    };
    let bytes = decoded(&text).map_err(|e| Missing::Unreadable(path.to_owned(), e.to_owned()))?;
    if fingerprint(&bytes) != known {
        return Err(Missing::Other(path.to_owned()));
    }
    Ok(bytes)
}

fn decoded(text: &str) -> Result<[u8; 32], &'static str> {
    let bytes = BASE64.decode(text.trim()).map_err(|_| "it is not base64url")?;
    bytes.try_into().map_err(|_| "it is not 32 bytes long")
}

/// A provider's id as what its secret belongs to: never a user's.
fn client_of(provider: Id) -> String {
    format!("client of identity provider {provider}")
}

fn cipher(bytes: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*bytes))
}

fn fingerprint(bytes: &[u8; 32]) -> String {
    Hash::of([b"two-factor key: ".as_slice(), bytes].concat()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;

    fn vault(byte: u8) -> Vault {
        Vault { key: Ok(cipher(&[byte; 32])) }
    }

    #[test]
    fn a_secret_is_read_again_for_its_user_and_by_its_key_alone() {
        let (jane, eve) = (Id::from([1; 16]), Id::from([2; 16]));
        let sealed = vault(1).seal(jane, "GEZDGNBV", &SystemEntropy).unwrap();
        assert!(sealed.starts_with(MARK) && !sealed.contains("GEZDGNBV"));
        assert_eq!(vault(1).open_secret(jane, &sealed).unwrap(), "GEZDGNBV");
        assert_ne!(vault(1).seal(jane, "GEZDGNBV", &SystemEntropy).unwrap(), sealed);
        for (vault, user) in [(vault(1), eve), (vault(2), jane)] {
            assert!(vault.open_secret(user, &sealed).is_err(), "{user}");
        }
        let mut bytes = sealed.clone().into_bytes();
        *bytes.last_mut().unwrap() = if sealed.ends_with('A') { b'Q' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        for damaged in ["", "GEZDGNBV", "x1.", "x1.AAAA", &changed, &sealed[..sealed.len() - 4]] {
            let refused = vault(1).open_secret(jane, damaged).unwrap_err().to_string();
            assert!(refused.contains("is damaged") && !refused.contains("GEZD"), "{refused}");
        }
    }

    #[test]
    fn a_client_secret_is_no_users_and_no_other_providers() {
        let (one, other) = (Id::from([1; 16]), Id::from([2; 16]));
        let sealed = vault(1).seal_client_secret(one, "s3cret", &SystemEntropy).unwrap();
        assert_eq!(vault(1).open_client_secret(one, &sealed).unwrap(), "s3cret");
        assert!(vault(1).open_client_secret(other, &sealed).is_err());
        assert!(vault(1).open_secret(one, &sealed).is_err());
        assert!(vault(2).open_client_secret(one, &sealed).is_err());
    }

    #[test]
    fn without_its_key_nothing_is_sealed_or_opened() {
        let missing = Missing::File("keys/two-factor.key".into());
        let vault = Vault { key: Err(missing.clone()) };
        let jane = Id::from([1; 16]);
        assert_eq!(vault.seal(jane, "x", &SystemEntropy), Err(missing));
        let refused = vault.open_secret(jane, "x1.AAAA").unwrap_err();
        assert_eq!(refused.to_string(), "keys/two-factor.key is missing");
        assert!(refused.is::<Missing>());
    }
}
