//! Key files: PKCS#8 PEM for private keys (RFC 5958, RFC 8410), SPKI PEM for public ones, both readable by OpenSSL.

use pkcs8::der::Decode as _;
use pkcs8::der::asn1::{BitStringRef, OctetStringRef};
use pkcs8::der::pem::LineEnding;
use pkcs8::pkcs5::pbes2;
use pkcs8::spki::SubjectPublicKeyInfoRef;
use pkcs8::{
    AlgorithmIdentifierRef, EncryptedPrivateKeyInfoRef, ObjectIdentifier, PrivateKeyInfoRef,
    SecretDocument,
};
use pkcs8::{DecodePublicKey, EncodePublicKey};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::key::{PublicKey, SigningKey};

const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const ENCRYPTED_LABEL: &str = "ENCRYPTED PRIVATE KEY";
/// The fewest that NIST SP 800-132 allows, and OpenSSL in FIPS mode reads.
const FEWEST_ITERATIONS: u32 = 1_000;

/// What a try at the passphrase of a key file costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tries {
    /// Tens of milliseconds and 16 MiB (scrypt): for what people think up.
    Dear,
    /// Next to nothing (PBKDF2): for passphrases of 128 random bits and more, of which nobody tries all.
    Cheap,
}

/// Why a key file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// No PEM block, or one with another label.
    #[error("not a PEM {0} key")]
    NotPem(&'static str),
    /// A key of another kind, or malformed inside.
    #[error("not an Ed25519 key")]
    NotEd25519,
    /// The file is encrypted and no passphrase was given.
    #[error("the key is encrypted with a passphrase, and none was given")]
    PassphraseNeeded,
    /// The passphrase does not open the file, or the encryption is one we do not read.
    #[error("the passphrase does not open this key")]
    WrongPassphrase,
    /// The key could not be written (does not happen with keys of ours).
    #[error("the key could not be encoded")]
    Encode,
}

/// Whether `pem` holds an encrypted private key.
pub fn is_encrypted(pem: &str) -> bool {
    pem.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")
}

/// Reads a private key, encrypted or not.
///
/// # Errors
/// See [`PemError`].
pub fn read_private(pem: &str, passphrase: Option<&str>) -> Result<SigningKey, PemError> {
    let pem = from_begin(pem);
    let (label, document) =
        SecretDocument::from_pem(pem).map_err(|_| PemError::NotPem("private"))?;
    if label == ENCRYPTED_LABEL {
        let passphrase = passphrase.ok_or(PemError::PassphraseNeeded)?;
        let encrypted = EncryptedPrivateKeyInfoRef::from_der(document.as_bytes())
            .map_err(|_| PemError::NotEd25519)?;
        let opened = encrypted.decrypt(passphrase).map_err(|_| PemError::WrongPassphrase)?;
        return read_info(opened.as_bytes());
    }
    if label != "PRIVATE KEY" {
        return Err(PemError::NotPem("private"));
    }
    read_info(document.as_bytes())
}

fn read_info(der: &[u8]) -> Result<SigningKey, PemError> {
    let info = PrivateKeyInfoRef::from_der(der).map_err(|_| PemError::NotEd25519)?;
    if info.algorithm.oid != ED25519 {
        return Err(PemError::NotEd25519);
    }
    // RFC 8410, section 7: the seed is an OCTET STRING inside the OCTET STRING.
    let inner = <&OctetStringRef>::from_der(info.private_key.as_bytes())
        .map_err(|_| PemError::NotEd25519)?;
    let seed = <&[u8; 32]>::try_from(inner.as_bytes()).map_err(|_| PemError::NotEd25519)?;
    Ok(SigningKey::from_seed(seed))
}

/// Writes a private key as PKCS#8 version 1 (OpenSSL 3.0 does not read version 2), encrypted with scrypt and
/// AES-256-CBC when a passphrase is given. `rng` makes salt and IV.
///
/// # Errors
/// [`PemError::Encode`] only.
pub fn write_private(
    key: &SigningKey,
    passphrase: Option<&str>,
    rng: &mut impl CryptoRng,
) -> Result<Zeroizing<String>, PemError> {
    match passphrase {
        Some(passphrase) => write_encrypted(key, passphrase, Tries::Dear, rng),
        None => with_info(key, |info| {
            let document = SecretDocument::encode_msg(info).map_err(|_| PemError::Encode)?;
            document.to_pem("PRIVATE KEY", LineEnding::LF).map_err(|_| PemError::Encode)
        }),
    }
}

/// Writes a private key encrypted with AES-256-CBC. `rng` makes salt and IV.
///
/// # Errors
/// [`PemError::Encode`] only.
pub fn write_encrypted(
    key: &SigningKey,
    passphrase: &str,
    tries: Tries,
    rng: &mut impl CryptoRng,
) -> Result<Zeroizing<String>, PemError> {
    let parameters = match tries {
        Tries::Dear => pbes2::Parameters::generate_scrypt(rng),
        Tries::Cheap => {
            let (mut salt, mut iv) = ([0; 16], [0; 16]);
            rng.fill_bytes(&mut salt);
            rng.fill_bytes(&mut iv);
            let iterations = FEWEST_ITERATIONS;
            pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(iterations, &salt, iv)
        }
    };
    let parameters = parameters.map_err(|_| PemError::Encode)?;
    with_info(key, |info| {
        let document = info.encrypt_with_params(parameters, passphrase);
        let document = document.map_err(|_| PemError::Encode)?;
        document.to_pem(ENCRYPTED_LABEL, LineEnding::LF).map_err(|_| PemError::Encode)
    })
}

fn with_info<T>(
    key: &SigningKey,
    write: impl FnOnce(&PrivateKeyInfoRef<'_>) -> Result<T, PemError>,
) -> Result<T, PemError> {
    let mut inner = Zeroizing::new([0_u8; 34]);
    inner[..2].copy_from_slice(&[0x04, 32]); // OCTET STRING of 32 bytes
    inner[2..].copy_from_slice(key.seed());
    let private_key = OctetStringRef::new(inner.as_ref()).map_err(|_| PemError::Encode)?;
    let algorithm = AlgorithmIdentifierRef { oid: ED25519, parameters: None };
    write(&PrivateKeyInfoRef::new(algorithm, private_key))
}

/// Reads a public key from SPKI PEM.
///
/// # Errors
/// See [`PemError`].
pub fn read_public(pem: &str) -> Result<PublicKey, PemError> {
    SpkiKey::from_public_key_pem(from_begin(pem))
        .map(|key| key.0)
        .map_err(|_| PemError::NotPem("public"))
}

/// Writes a public key as SPKI PEM.
pub fn write_public(key: &PublicKey) -> String {
    SpkiKey(key.clone())
        .to_public_key_pem(LineEnding::LF)
        .expect("44 bytes of DER are always encodable")
}

/// OpenSSL and people put text before the block; RFC 7468 allows it.
fn from_begin(pem: &str) -> &str {
    pem.find("-----BEGIN ").map_or(pem, |start| &pem[start..])
}

struct SpkiKey(PublicKey);

impl TryFrom<SubjectPublicKeyInfoRef<'_>> for SpkiKey {
    type Error = pkcs8::spki::Error;

    fn try_from(info: SubjectPublicKeyInfoRef<'_>) -> Result<Self, Self::Error> {
        info.algorithm.assert_algorithm_oid(ED25519)?;
        let bytes = info.subject_public_key.as_bytes().and_then(|b| b.try_into().ok());
        let bytes: [u8; 32] = bytes.ok_or(pkcs8::spki::Error::KeyMalformed)?;
        PublicKey::from_bytes(&bytes).map(Self).map_err(|_| pkcs8::spki::Error::KeyMalformed)
    }
}

impl EncodePublicKey for SpkiKey {
    fn to_public_key_der(&self) -> pkcs8::spki::Result<pkcs8::Document> {
        let subject_public_key = BitStringRef::from_bytes(self.0.as_bytes())?;
        let algorithm = AlgorithmIdentifierRef { oid: ED25519, parameters: None };
        Ok(pkcs8::Document::encode_msg(&SubjectPublicKeyInfoRef { algorithm, subject_public_key })?)
    }
}
