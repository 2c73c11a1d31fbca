//! A vendor's desk: keys, a built page, and the program.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use countersign_core::delegation::{Delegation, Products, Scope, ScopeType};
use countersign_core::{Id, SigningKey};
use serde_json::{Value, json};

/// A page as far as the program looks at one.
pub(crate) const INDEX: &str = "<!doctype html><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\">\
    <link rel=\"icon\" href=\"icon.svg\"><script type=\"module\" src=\"page-A1B2.js\"></script>";

/// A day within the next month.
pub(crate) static DAY_ENDS: LazyLock<String> = LazyLock::new(|| {
    #[allow(clippy::disallowed_methods)] // the program asks the same clock
    let soon = SystemTime::now() + Duration::from_secs(10 * 86_400);
    let seconds = soon.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    countersign_core::file::date(seconds)[..10].to_owned()
});

pub(crate) struct Lab(tempfile::TempDir);

impl Lab {
    pub(crate) fn new() -> Self {
        let lab = Self(tempfile::tempdir().unwrap());
        fs::create_dir(lab.path("page")).unwrap();
        for (name, content) in [
            ("index.html", INDEX),
            ("page-A1B2.js", "export {};"),
            ("icon.svg", "<svg/>"),
            ("config.json", "{}"),
            ("page-A1B2.js.map", "{}"),
        ] {
            fs::write(lab.path("page").join(name), content).unwrap();
        }
        for words in [["keys", "root", "--out", "root.pem"], ["keys", "new", "--out", "trial.pem"]]
        {
            assert!(lab.run(&words).status.success());
        }
        lab
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.args(words).current_dir(self.0.path()).stdin(Stdio::null());
        command.env_remove("COUNTERSIGN_ROOT").output().unwrap()
    }

    pub(crate) fn init(&self, folder: &str, options: &[&str]) -> Output {
        self.run(&[&["trial-site", "init", folder, "--page", "page"], options].concat())
    }

    /// Lets trial.pem sign short trials of acme-cad, or what `more` says.
    pub(crate) fn delegate(&self, out: &str, more: &[&str]) {
        let usual = [("--products", "acme-cad"), ("--max-days", "30"), ("--types", "trial")];
        let mut words = vec!["keys", "delegate", "--root-key", "root.pem", "--to", "trial.pub"];
        words.extend(["--holder", "trial page", "--out", out]);
        for (option, value) in usual {
            if !more.contains(&option) {
                words.extend([option, value]);
            }
        }
        let done = self.run(&[&words[..], more].concat());
        assert!(done.status.success(), "{}", text(&done.stderr));
    }

    /// As the program itself does not delegate.
    pub(crate) fn delegated_until_yesterday(&self, out: &str) {
        let delegation = Delegation {
            id: Id::from([1; 16]),
            issued_at: 1_700_000_000,
            issuer: "vendor".to_owned(),
            holder: "trial page".to_owned(),
            not_before: 1_700_000_000,
            not_after: 1_700_864_000,
            key: self.key("trial.pem").public_key(),
            serial: None,
            scope: Scope {
                types: vec![ScopeType::Trial],
                products: Products::Some(vec!["acme-cad".parse().unwrap()]),
                max_days: Some(30),
                max_grants: None,
                approved: None,
            },
        };
        fs::write(self.path(out), delegation.sign(&self.key("root.pem"))).unwrap();
    }

    pub(crate) fn standalone(&self, folder: &str, more: &[&str]) -> Output {
        self.init(folder, &[&standalone("trial.pem", "trial.chain")[..], more].concat())
    }

    pub(crate) fn config(&self, folder: &str) -> Value {
        serde_json::from_slice(&fs::read(self.path(folder).join("config.json")).unwrap()).unwrap()
    }

    pub(crate) fn write_config(&self, folder: &str, config: &Value) {
        fs::write(self.path(folder).join("config.json"), config.to_string()).unwrap();
    }

    pub(crate) fn root_kid(&self) -> String {
        self.key("root.pem").public_key().thumbprint().to_string()
    }

    fn key(&self, name: &str) -> SigningKey {
        let text = fs::read_to_string(self.path(name)).unwrap();
        countersign_core::pem::read_private(&text, None).unwrap()
    }

    pub(crate) fn jwk(&self, name: &str) -> Value {
        let key = self.key(name);
        let d = countersign_core::Hash::from(*key.seed()).to_string();
        json!({"kty": "OKP", "crv": "Ed25519", "x": key.public_key().to_string(), "d": d})
    }

    /// What somebody sees who types `answers` on a terminal; `None` without the program that makes one.
    pub(crate) fn on_terminal(&self, words: &[&str], answers: &str) -> Option<String> {
        let line = format!("{} {}", env!("CARGO_BIN_EXE_countersign"), words.join(" "));
        let mut process = Command::new("script")
            .args(["-qec", &line, "/dev/null"])
            .current_dir(self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let mut input = process.stdin.take().unwrap();
        input.write_all(answers.as_bytes()).unwrap();
        let done = process.wait_with_output().unwrap();
        drop(input);
        Some(text(&done.stdout))
    }
}

pub(crate) fn standalone<'a>(key: &'a str, chain: &'a str) -> Vec<&'a str> {
    vec![
        "--standalone",
        "--key",
        key,
        "--delegation",
        chain,
        "--root",
        "root.pub",
        "--product",
        "acme-cad=Acme CAD",
        "--vendor",
        "Acme Software",
        "--days",
        "14",
    ]
}

pub(crate) fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output).into_owned()
}

/// Without the line breaks of 80 columns.
pub(crate) fn words(output: &[u8]) -> String {
    text(output).split_whitespace().collect::<Vec<_>>().join(" ")
}
