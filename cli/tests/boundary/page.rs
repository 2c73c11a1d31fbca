//! A thief: has the page's key and delegation, a machine with the app, and the command.
#![allow(dead_code)] // each test program uses its part of this

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_client::core::delegation::{Delegation, Products, Scope, ScopeType};
use countersign_client::core::fingerprint::Strategy;
use countersign_client::core::request::VerifiedRequest;
use countersign_client::core::response::{
    Answer, Binding, Grant, GrantLicense, Granted, RequestRef, Response,
};
use countersign_client::core::trust::{Roots, Signer};
use countersign_client::core::{Code, Expect, Id, SigningKey, pem};
use countersign_client::machine::Machine;
use countersign_client::{Client, Config, Error, Installed, Mirror};
use ed25519_dalek::Signer as _;
use serde_json::{Value, json};

pub(crate) const DAY: u64 = 86_400;

/// Keys by number: 1 is the vendor's root, 2 the page's, 3 the portal's; 9 is of somebody else.
pub(crate) fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32])
}

#[allow(clippy::disallowed_methods)] // the command asks the same clock
pub(crate) fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap().as_secs()
}

pub(crate) struct Thief {
    pub(crate) client: Client,
    /// The delegation that lies in the page.
    pub(crate) chain: String,
    begins: u64,
    folder: tempfile::TempDir,
}

impl Thief {
    pub(crate) fn new() -> Self {
        Self::of_product("acme-cad")
    }

    /// Who has the app of this product; the key is always that of the page for acme-cad.
    pub(crate) fn of_product(product: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let machine = folder.path().join("machine/etc");
        std::fs::create_dir_all(&machine).unwrap();
        std::fs::write(machine.join("hostname"), "lab-7\n").unwrap();
        std::fs::write(machine.join("machine-id"), "3f1c6a0de5b84f7d9a1e0b2c4d6f8a90\n").unwrap();
        let config = Config::new(
            product.parse().unwrap(),
            [key(1).public_key()],
            folder.path().join("state"),
        );
        let config = config.mirror(Mirror::In(folder.path().join("mirror")));
        let machine = Machine::of_directory(folder.path().join("machine"));
        let client = Client::open(config.machine(machine));
        let mut thief = Self { client, chain: String::new(), begins: now() - DAY, folder };
        let scope = Scope {
            types: vec![ScopeType::Trial],
            products: Products::Some(vec!["acme-cad".parse().unwrap()]),
            max_days: Some(30),
            max_grants: None,
            approved: None,
        };
        thief.chain = thief.delegation(&key(2), scope).sign(&key(1));
        thief.write_files();
        thief
    }

    fn write_files(&self) {
        let write = |name: &str, text: &str| std::fs::write(self.lab().join(name), text).unwrap();
        let mut rng = getrandom::rand_core::UnwrapErr(getrandom::SysRng);
        write("trial.pem", &pem::write_private(&key(2), None, &mut rng).unwrap());
        write("trial.chain", &self.chain);
        write("root.pub", &pem::write_public(&key(1).public_key()));
    }

    pub(crate) fn delegation(&self, to: &SigningKey, scope: Scope) -> Delegation {
        Delegation {
            id: Id::from([3; 16]),
            issued_at: self.begins,
            issuer: "Acme".to_owned(),
            holder: "trial page".to_owned(),
            not_before: self.from(),
            not_after: self.until(),
            key: to.public_key(),
            serial: None,
            scope,
        }
    }

    pub(crate) fn from(&self) -> u64 {
        self.begins
    }

    pub(crate) fn until(&self) -> u64 {
        self.begins + 90 * DAY
    }

    pub(crate) fn roots(&self) -> Roots {
        Roots::new([key(1).public_key()])
    }

    /// A folder with what the page has: trial.pem, trial.chain, root.pub.
    pub(crate) fn lab(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// A trial that answers a request of this machine.
    pub(crate) fn trial(&self, seconds: u64) -> Response {
        let request = self.client.request_trial().unwrap();
        let trial = |granted| Answer::Trial(granted);
        self.response(&request.token, Some(now() + seconds), trial)
    }

    /// An activation without an end, under a license.
    pub(crate) fn activation(&self) -> Response {
        let request = self.client.request_activation(None).unwrap();
        self.response(&request.token, None, |mut granted| {
            granted.grant.license = Some(GrantLicense {
                id: [9; 16].into(),
                plan: None,
                holder: None,
                deactivations_left: None,
            });
            Answer::Activation(granted)
        })
    }

    fn response(
        &self,
        request: &str,
        expires_at: Option<u64>,
        answer: impl FnOnce(Granted) -> Answer,
    ) -> Response {
        let request = VerifiedRequest::verify(request, Expect::Request).unwrap();
        let claims = request.claims();
        let grant = Grant {
            expires_at,
            renew_by: None,
            entitlements: Default::default(),
            license: None,
            metadata: Default::default(),
        };
        let binding = Binding {
            strategy: Strategy::Fuzzy,
            fingerprint: claims.device().unwrap().fingerprint.clone(),
        };
        Response {
            issuer: "Acme".to_owned(),
            product: claims.product.clone(),
            id: Id::from([7; 16]),
            issued_at: now(),
            request: RequestRef { id: claims.id, hash: request.hash() },
            device: request.device_key().thumbprint(),
            answer: answer(Granted { import_by: now() + DAY, binding, grant }),
        }
    }

    /// What the vendor itself could sign.
    pub(crate) fn by_root(&self, response: &Response) -> String {
        Signer::root(key(1)).sign(response).unwrap()
    }

    /// The response under the stolen key, whatever its scope says: a thief does not use a program that looks at that.
    pub(crate) fn forged(&self, response: &Response) -> String {
        resign(&self.by_root(response), &key(2), Some(&self.chain))
    }

    pub(crate) fn install(&self, token: &str) -> Result<Installed, Error> {
        self.client.install(token.as_bytes())
    }

    /// Neither the SDK nor the command takes it, and nothing is installed.
    #[track_caller]
    pub(crate) fn refused(&self, token: &str, code: Code) {
        let error = self.install(token).unwrap_err();
        assert_eq!(error.code(), code.as_str(), "{error}");
        assert!(self.client.check().right().is_none());
        std::fs::write(self.lab().join("forged.response"), token).unwrap();
        let verified = self.command(&[
            "verify",
            "--root",
            "root.pub",
            "--expect",
            "response",
            "forged.response",
        ]);
        // What is wrong with the machine alone, the command that knows none cannot see.
        let of_machine = [Code::WrongDevice, Code::UnknownRequest].contains(&code);
        assert_eq!(verified.status.success(), of_machine, "{code}");
    }

    pub(crate) fn command(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.args(words).current_dir(self.folder.path()).env_remove("COUNTERSIGN_ROOT");
        command.output().unwrap()
    }

    #[track_caller]
    pub(crate) fn command_refuses(&self, words: &[&str], code: &str) {
        let refused = self.command(&[words, &["--json"]].concat());
        let text = String::from_utf8_lossy(&refused.stdout).into_owned();
        assert_eq!(refused.status.code(), Some(1), "{words:?}: {text}");
        let json: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}"));
        assert_eq!(json["error"], code, "{words:?}: {text}");
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// The same payload under another key.
pub(crate) fn resign(token: &str, key: &SigningKey, chain: Option<&str>) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let header: Value = serde_json::from_slice(&decode(parts[0])).unwrap();
    let kid = key.public_key().thumbprint().to_string();
    let mut header = json!({"alg": "EdDSA", "typ": header["typ"], "kid": kid});
    if let Some(chain) = chain {
        header["chain"] = chain.into();
    }
    let input = format!("{}.{}", encode(header.to_string().as_bytes()), parts[1]);
    let signature = ed25519_dalek::SigningKey::from_bytes(key.seed()).sign(input.as_bytes());
    format!("{input}.{}", encode(&signature.to_bytes()))
}

/// The token with something else in its payload, under the signature that it had.
pub(crate) fn changed(token: &str, from: &str, to: &str) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let payload = String::from_utf8(decode(parts[1])).unwrap();
    assert!(payload.contains(from), "{from} is not in {payload}");
    format!("{}.{}.{}", parts[0], encode(payload.replace(from, to).as_bytes()), parts[2])
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}
