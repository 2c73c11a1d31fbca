//! A vendor's desk in a folder: a root, the key of support with its delegation, and requests of any number of machines.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use countersign_core::fingerprint::Fingerprint;
use countersign_core::license_key::LicenseKey;
use countersign_core::request::{Ask, Device, LicenseProof, Request, VerifiedRequest};
use countersign_core::response::Response;
use countersign_core::trust::Roots;
use countersign_core::{Expect, Hash, Id, SigningKey, file};
use serde_json::Value;

pub(crate) const LICENSE: &str = "8KRT7-00000-00000-00000-0000P";

const SCOPE: [&str; 6] =
    ["--types", "activation,deactivation,trial", "--max-days", "30", "--products", "acme-cad"];

pub(crate) struct Lab(tempfile::TempDir);

impl Lab {
    pub(crate) fn new() -> Self {
        Self::with_scope(&SCOPE)
    }

    /// With the limits of the delegation.
    pub(crate) fn with_scope(scope: &[&str]) -> Self {
        Self::in_temporary(tempfile::tempdir().unwrap(), scope)
    }

    /// On the disk of this folder rather than where temporary files are.
    pub(crate) fn in_folder(folder: &str) -> Self {
        Self::in_temporary(tempfile::tempdir_in(folder).unwrap(), &SCOPE)
    }

    fn in_temporary(folder: tempfile::TempDir, scope: &[&str]) -> Self {
        let lab = Self(folder);
        fs::create_dir(lab.path("requests")).unwrap();
        lab.done(&["keys", "root", "--out", "root.pem"]);
        lab.done(&["keys", "new", "--out", "alice.pem"]);
        let delegate = [
            "keys",
            "delegate",
            "--root-key",
            "root.pem",
            "--to",
            "alice.pub",
            "--holder",
            "support: alice",
            "--out",
            "alice.chain",
        ];
        lab.done(&[&delegate[..], scope].concat());
        lab
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.args(words).current_dir(self.0.path()).env("RUST_BACKTRACE", "0");
        for name in ["PASSPHRASE", "ROOT", "PORTAL", "TOKEN", "TOKEN_FILE"] {
            command.env_remove(format!("COUNTERSIGN_{name}"));
        }
        command.stdin(std::process::Stdio::null());
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// Standard output of a command that has to succeed.
    pub(crate) fn done(&self, words: &[&str]) -> String {
        let done = self.run(words);
        assert!(done.status.success(), "{words:?}: {}{}", out(&done), err(&done));
        out(&done)
    }

    /// `sign` with the key of support.
    pub(crate) fn sign(&self, words: &[&str]) -> Output {
        self.run(&self.signing(words))
    }

    pub(crate) fn signing<'a>(&self, words: &[&'a str]) -> Vec<&'a str> {
        let key = ["sign", "--key", "alice.pem", "--chain", "alice.chain", "--root", "root.pub"];
        [&key[..], words].concat()
    }

    /// The same with JSON, which has to come out.
    pub(crate) fn sign_json(&self, words: &[&str]) -> (Option<i32>, Value) {
        let done = self.run(&[&self.signing(words)[..], &["--json"]].concat());
        let text = out(&done);
        let json = serde_json::from_str(text.lines().next().unwrap_or_default());
        (done.status.code(), json.unwrap_or_else(|e| panic!("{e}: {text}{}", err(&done))))
    }

    /// A trial request of machine `number`, as a file.
    pub(crate) fn ask(&self, number: usize) -> PathBuf {
        self.write(number, &trial(number, "acme-cad"))
    }

    pub(crate) fn write(&self, number: usize, text: &str) -> PathBuf {
        let path = self.path(format!("requests/lab-{number}.request"));
        fs::write(&path, text).unwrap();
        path
    }

    /// Every response in a folder, by its name, verified as an app would.
    pub(crate) fn responses(&self, folder: &str) -> BTreeMap<String, (String, Response)> {
        let root = fs::read_to_string(self.path("root.pub")).unwrap();
        let roots = Roots::new([countersign_core::pem::read_public(&root).unwrap()]);
        let mut responses = BTreeMap::new();
        for entry in fs::read_dir(self.path(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "response") {
                let token = file::read(&fs::read(&path).unwrap()).unwrap();
                let response = roots.verify_response(&token, Expect::Response).unwrap();
                let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
                responses.insert(name, (token, response.claims().clone()));
            }
        }
        responses
    }

    /// The request hash of every entry of a journal, and that it is whole.
    pub(crate) fn journaled(&self, journal: &str) -> Vec<Hash> {
        let verdict = self.done(&["journal", "verify", journal, "--root", "root.pub", "--json"]);
        assert!(verdict.contains("\"verdict\":\"ok\""), "{verdict}");
        let text = fs::read_to_string(self.path(journal)).unwrap();
        let hashes = text.lines().skip(1).map(|line| {
            let entry: Value = serde_json::from_str(line).unwrap();
            entry["request"].as_str().unwrap().parse().unwrap()
        });
        hashes.collect()
    }

    /// Every response that lies there answers the request beside it, and stands in the journal; each entry is there once.
    pub(crate) fn check_books(&self, folder: &str, journal: &str) -> usize {
        let entries = self.journaled(journal);
        let once: BTreeSet<&Hash> = entries.iter().collect();
        assert_eq!(once.len(), entries.len(), "a request was answered twice");
        let responses = self.responses(folder);
        for (name, (_, response)) in &responses {
            let request = fs::read(self.path(format!("{folder}/{name}.request"))).unwrap();
            let hash = Hash::of(file::read(&request).unwrap());
            assert_eq!(response.request.hash, hash, "{name}");
            assert!(once.contains(&hash), "{name} was handed out and is not in the journal");
        }
        responses.len()
    }
}

pub(crate) fn trial(number: usize, product: &str) -> String {
    request(number, product, &format!("lab-{number}"), |device| Ask::Trial { device })
}

/// Under the license key of these tests.
pub(crate) fn activation(number: usize, key: &str) -> String {
    let key: LicenseKey = key.parse().unwrap();
    let jkt = device_key(number).public_key().thumbprint();
    let proof = LicenseProof { id: key.id(), proof: key.proof(&jkt, &id(number)) };
    request(number, "acme-cad", &format!("lab-{number}"), |device| Ask::Activation {
        device,
        license: Some(proof),
    })
}

pub(crate) fn deactivation(number: usize) -> String {
    let name = Some(format!("lab-{number}"));
    request(number, "acme-cad", "", |_| Ask::Deactivation {
        activation: Id::from([7; 16]),
        device_name: name,
    })
}

pub(crate) fn request(
    number: usize,
    product: &str,
    name: &str,
    ask: impl FnOnce(Device) -> Ask,
) -> String {
    let product = product.parse().unwrap();
    let parts = [("machine-id", format!("machine-{number}")), ("cpu", "model".to_owned())];
    let device = Device {
        name: countersign_core::request::label(name),
        platform: Some("linux-x86_64".to_owned()),
        app_version: None,
        fingerprint: Fingerprint::of_raw(&product, parts.iter().map(|(n, v)| (*n, v.as_str())))
            .unwrap(),
    };
    let request = Request { id: id(number), issued_at: 1_790_000_000, product, ask: ask(device) };
    let token = request.sign(&device_key(number));
    VerifiedRequest::verify(&token, Expect::Request).unwrap();
    file::request_file(&token, &request, "Acme CAD", None)
}

fn device_key(number: usize) -> SigningKey {
    let mut seed = [3; 32];
    seed[..8].copy_from_slice(&(number as u64).to_le_bytes());
    SigningKey::from_seed(&seed)
}

fn id(number: usize) -> Id {
    let mut bytes = [5; 16];
    bytes[..8].copy_from_slice(&(number as u64).to_le_bytes());
    Id::from(bytes)
}

pub(crate) fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Words of standard error, whatever lines they stand in.
pub(crate) fn err(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
