//! The passphrase that a signing key is encrypted with: where it is looked for, and the file that the first start makes
//! where the operator gives none.

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use countersign_core::SigningKey;
use countersign_core::pem::{self, PemError, Tries};
use zeroize::Zeroizing;

use super::files::write_private_file;
use crate::clock::{Entropy, Rng};

/// The environment variable that may carry the passphrase.
pub const VARIABLE: &str = "COUNTERSIGN_KEY_PASSPHRASE";
/// The name of the file in systemd's `$CREDENTIALS_DIRECTORY`.
pub const CREDENTIAL: &str = "countersign-key-passphrase";
/// The file that is made in the data folder where nobody gives a passphrase.
pub const FILE: &str = "key-passphrase";

/// Nobody types a longer one.
const LONGEST: u64 = 4096;
/// What begins a secret that is encrypted with a passphrase.
const WRAPPED: &str = "p1.";
const SALT_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;
/// Bytes of a passphrase that is made.
const RANDOM_BYTES: usize = 32;

/// Where a passphrase may be, in the order in which they are asked; what is named is used or the start fails.
#[derive(Clone, Default)]
pub struct Sources {
    /// The file of `--key-passphrase-file`.
    pub file: Option<PathBuf>,
    /// The environment variable.
    pub variable: Option<Zeroizing<String>>,
    /// systemd's folder of credentials.
    pub credentials: Option<PathBuf>,
}

/// A passphrase, and where it is from.
#[derive(Clone)]
pub struct Passphrase {
    text: Zeroizing<String>,
    from: String,
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variable = self.variable.as_ref().map(|_| VARIABLE);
        let Self { file, credentials, .. } = self;
        f.debug_struct("Sources")
            .field("file", file)
            .field("variable", &variable)
            .field("credentials", credentials)
            .finish()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Passphrase").field(&self.from).finish()
    }
}

impl Sources {
    /// Those of this process; `file` is what the command line names.
    pub fn of_process(file: Option<PathBuf>) -> Self {
        let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        Self { file, variable: std::env::var(VARIABLE).ok().map(Zeroizing::new), credentials }
    }

    /// The passphrase that is given, or that lies in `data`; `None` when there is none.
    ///
    /// # Errors
    /// When what is named cannot be read, or is empty.
    pub fn find(&self, data: &Path) -> anyhow::Result<Option<Passphrase>> {
        if let Some(path) = &self.file {
            return read(path).map(Some);
        }
        if let Some(text) = &self.variable {
            return first_line(text, VARIABLE).map(Some);
        }
        let credential = self.credentials.as_ref().map(|folder| folder.join(CREDENTIAL));
        let places = credential.into_iter().chain([data.join(FILE)]);
        places.into_iter().find(|path| path.exists()).map(|path| read(&path)).transpose()
    }

    /// As [`Sources::find`]; where there is none, a random one is made in `data`.
    ///
    /// # Errors
    /// As [`Sources::find`]; when it cannot be written.
    pub fn find_or_make(&self, data: &Path, entropy: &dyn Entropy) -> anyhow::Result<Passphrase> {
        match self.find(data)? {
            Some(found) => Ok(found),
            None => make(&data.join(FILE), entropy),
        }
    }
}

impl Passphrase {
    /// The first line of a file.
    ///
    /// # Errors
    /// When it cannot be read, or is empty.
    pub(super) fn of_file(path: &Path) -> anyhow::Result<Self> {
        read(path)
    }

    /// Whether it is the same one, wherever each is from.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.text == other.text
    }

    /// Writes it where it is looked for.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn keep(&self, path: &Path) -> anyhow::Result<()> {
        write_private_file(path, &Zeroizing::new(format!("{}\n", *self.text)))
    }

    /// Where it is from, for people.
    pub fn from(&self) -> &str {
        &self.from
    }

    /// Reads a private key file, encrypted with this or not at all.
    ///
    /// # Errors
    /// See [`PemError`].
    pub fn open(&self, pem: &str) -> Result<SigningKey, PemError> {
        pem::read_private(pem, Some(&self.text))
    }

    /// The text of an encrypted private key file.
    ///
    /// # Errors
    /// [`PemError::Encode`] only.
    pub fn seal(
        &self,
        key: &SigningKey,
        entropy: &dyn Entropy,
    ) -> Result<Zeroizing<String>, PemError> {
        pem::write_encrypted(key, &self.text, self.tries(), &mut Rng(entropy))
    }

    /// A secret of 32 bytes, encrypted with this: what is stored of it where everybody may read that sees the database. `of` says
    /// what it is; it is worth nothing as anything else.
    ///
    /// # Errors
    /// When the key cannot be made of the passphrase: too little memory.
    pub(crate) fn wrap(
        &self,
        of: &str,
        secret: &[u8; 32],
        entropy: &dyn Entropy,
    ) -> anyhow::Result<String> {
        let (mut salt, mut nonce) = ([0; SALT_BYTES], [0; NONCE_BYTES]);
        entropy.fill(&mut salt);
        entropy.fill(&mut nonce);
        let payload = Payload { msg: secret, aad: of.as_bytes() };
        let sealed = self.cipher(&salt)?.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| anyhow!("{of} cannot be encrypted"))?;
        let bytes = [salt.as_slice(), &nonce, &sealed].concat();
        Ok(format!("{WRAPPED}{}", BASE64.encode(bytes)))
    }

    /// What [`Passphrase::wrap`] encrypted; `None` when it was with another passphrase, or changed since.
    ///
    /// # Errors
    /// As [`Passphrase::wrap`].
    pub(crate) fn unwrapped(
        &self,
        of: &str,
        wrapped: &str,
    ) -> anyhow::Result<Option<Zeroizing<[u8; 32]>>> {
        let bytes = wrapped.strip_prefix(WRAPPED).and_then(|text| BASE64.decode(text).ok());
        let Some(bytes) = bytes else { return Ok(None) };
        let Some((salt, rest)) = bytes.split_first_chunk::<SALT_BYTES>() else { return Ok(None) };
        let Some((nonce, sealed)) = rest.split_first_chunk::<NONCE_BYTES>() else {
            return Ok(None);
        };
        let payload = Payload { msg: sealed, aad: of.as_bytes() };
        let opened = self.cipher(salt)?.decrypt(&XNonce::from(*nonce), payload);
        let opened = opened.ok().map(Zeroizing::new);
        Ok(opened.and_then(|bytes| bytes.as_slice().try_into().ok()).map(Zeroizing::new))
    }

    fn cipher(&self, salt: &[u8; SALT_BYTES]) -> anyhow::Result<XChaCha20Poly1305> {
        let params = match self.tries() {
            // 256 random bits: nobody tries them out.
            Tries::Cheap => Params::new(64, 1, 1, Some(32)),
            Tries::Dear => Params::new(64 * 1024, 3, 1, Some(32)),
        };
        let params = params.map_err(|error| anyhow!("{error}"))?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(self.text.as_bytes(), salt, key.as_mut())
            .map_err(|error| anyhow!("the passphrase's key cannot be made: {error}"))?;
        Ok(XChaCha20Poly1305::new(&Key::from(*key)))
    }

    /// One that was made, wherever it was carried since, needs no dear tries: every start would pay for them.
    fn tries(&self) -> Tries {
        let bytes = BASE64.decode(self.text.as_bytes());
        let is_random = bytes.is_ok_and(|bytes| bytes.len() == RANDOM_BYTES);
        if is_random { Tries::Cheap } else { Tries::Dear }
    }
}

fn make(path: &Path, entropy: &dyn Entropy) -> anyhow::Result<Passphrase> {
    let mut bytes = Zeroizing::new([0; RANDOM_BYTES]);
    entropy.fill(bytes.as_mut());
    let text = Zeroizing::new(format!("{}\n", BASE64.encode(bytes.as_ref())));
    write_private_file(path, &text)?;
    first_line(&text, &path.display().to_string())
}

fn read(path: &Path) -> anyhow::Result<Passphrase> {
    let from = path.display().to_string();
    let mut text = Zeroizing::new(String::new());
    let read = std::fs::File::open(path)
        .and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text))
        .with_context(|| format!("the key's passphrase cannot be read from {from}"))?;
    if read as u64 > LONGEST {
        bail!("{from} is no passphrase: it has more than {LONGEST} bytes");
    }
    first_line(&text, &from)
}

fn first_line(text: &str, from: &str) -> anyhow::Result<Passphrase> {
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        bail!(
            "the key's passphrase in {from} is empty: an empty one protects nothing. Nothing was changed"
        );
    }
    Ok(Passphrase { text: Zeroizing::new(line.to_owned()), from: from.to_owned() })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::clock::SystemEntropy;

    #[test]
    fn what_is_named_comes_first_and_is_never_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let (data, given) = (folder.path(), folder.path().join("given"));
        assert!(Sources::default().find(data).unwrap().is_none());
        let made = Sources::default().find_or_make(data, &SystemEntropy).unwrap();
        let found = Sources::default().find(data).unwrap().unwrap();
        assert_eq!((&*found.text, found.from()), (&*made.text, made.from()));
        fs::write(folder.path().join(CREDENTIAL), "of systemd\n").unwrap();
        fs::write(&given, "of a file\r\nsecond line\n").unwrap();
        let mut sources =
            Sources { credentials: Some(folder.path().to_owned()), ..Sources::default() };
        let text = |sources: &Sources| sources.find(data).unwrap().unwrap().text.to_string();
        assert_eq!(text(&sources), "of systemd");
        sources.variable = Some(Zeroizing::new("of the environment".to_owned()));
        assert_eq!(text(&sources), "of the environment");
        sources.file = Some(given.clone());
        assert_eq!(text(&sources), "of a file");
        for (wrong, says) in [("", "is empty"), ("\nx", "is empty")] {
            fs::write(&given, wrong).unwrap();
            let refused = format!("{:#}", sources.find_or_make(data, &SystemEntropy).unwrap_err());
            assert!(refused.contains(says), "{refused}");
        }
        fs::write(&given, "x".repeat(5000)).unwrap();
        assert!(sources.find(data).is_err());
        fs::remove_file(&given).unwrap();
        assert!(sources.find_or_make(data, &SystemEntropy).is_err());
    }

    #[test]
    fn a_key_is_opened_by_its_own_passphrase_alone() {
        let folder = tempfile::tempdir().unwrap();
        let random = Sources::default().find_or_make(folder.path(), &SystemEntropy).unwrap();
        let words = first_line("correct horse battery", "a test").unwrap();
        let key = SigningKey::from_seed(&[7; 32]);
        assert_eq!((random.tries(), words.tries()), (Tries::Cheap, Tries::Dear));
        for (mine, other) in [(&random, &words), (&words, &random)] {
            let sealed = mine.seal(&key, &SystemEntropy).unwrap();
            assert!(pem::is_encrypted(&sealed));
            assert_eq!(mine.open(&sealed).unwrap().seed(), key.seed());
            assert_eq!(other.open(&sealed).unwrap_err(), PemError::WrongPassphrase);
        }
    }

    #[test]
    fn a_secret_is_opened_by_its_own_passphrase_and_as_itself_alone() {
        let folder = tempfile::tempdir().unwrap();
        let random = Sources::default().find_or_make(folder.path(), &SystemEntropy).unwrap();
        let other = first_line("another one", "a test").unwrap();
        let sealed = random.wrap("the key of a vault", &[7; 32], &SystemEntropy).unwrap();
        let opened = |passphrase: &Passphrase, of| passphrase.unwrapped(of, &sealed).unwrap();
        assert_eq!(opened(&random, "the key of a vault"), Some(Zeroizing::new([7; 32])));
        assert_eq!(opened(&random, "something else"), None);
        assert_eq!(opened(&other, "the key of a vault"), None);
        for broken in ["", "p1.", "p1.AAAA", "x1.AAAA", &sealed[..sealed.len() - 4]] {
            assert_eq!(random.unwrapped("the key of a vault", broken).unwrap(), None, "{broken}");
        }
    }

    #[test]
    fn no_passphrase_gets_into_a_log_by_debug() {
        let variable = Some(Zeroizing::new("open sesame".to_owned()));
        let sources = Sources { variable, ..Sources::default() };
        let found = sources.find(Path::new("nowhere")).unwrap().unwrap();
        let shown = format!("{sources:?} {found:?}");
        assert!(!shown.contains("sesame") && shown.contains(VARIABLE), "{shown}");
    }

    #[cfg(unix)]
    #[test]
    fn the_file_that_is_made_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        Sources::default().find_or_make(folder.path(), &SystemEntropy).unwrap();
        let mode = fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
