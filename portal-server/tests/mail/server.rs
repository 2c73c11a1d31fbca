//! The SMTP server as a child process, and what it has taken.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::mails::{Letter, read};

/// A running server. Ends with the test.
pub(crate) struct SmtpServer {
    pub(crate) port: u16,
    child: Child,
    folder: tempfile::TempDir,
}

/// A certificate for `localhost` with its key, for this test alone.
pub(crate) struct Certificate {
    folder: tempfile::TempDir,
}

impl Certificate {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
            ])
            .args([
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost",
            ])
            .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout", "key.pem"])
            .args(["-out", "certificate.pem"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        Self { folder }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }
}

impl SmtpServer {
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    pub(crate) fn encrypted(certificate: &Certificate, tls: &str) -> Self {
        let (path, key) = (certificate.path(), certificate.key());
        let (path, key) = (path.to_str().unwrap(), key.to_str().unwrap());
        Self::with(&["--certificate", path, "--key", key, "--tls", tls, "--auth"])
    }

    pub(crate) fn with(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail/server.py");
        // Where scripts/test puts Python packages.
        let packages = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../python");
        let mut child = Command::new("python3")
            .arg(program)
            .arg(folder.path())
            .args(arguments)
            .env("PYTHONPATH", packages)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse();
        let port =
            port.expect("the SMTP server runs: scripts/test installs aiosmtpd into target/python");
        Self { port, child, folder }
    }

    /// What it has taken, in that order.
    pub(crate) fn taken(&self) -> Vec<Value> {
        let files = std::fs::read_dir(self.folder.path()).unwrap().map(|file| file.unwrap().path());
        let mut files: Vec<PathBuf> =
            files.filter(|path| path.extension().is_some_and(|e| e == "json")).collect();
        files.sort();
        files
            .iter()
            .map(|path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
            .collect()
    }

    pub(crate) fn letters(&self) -> Vec<Letter> {
        self.taken().iter().map(|mail| read(mail["raw"].as_str().unwrap().to_owned())).collect()
    }

    /// Waits until it has taken so many.
    pub(crate) async fn has_taken(&self, count: usize) -> Vec<Letter> {
        for _ in 0..600 {
            if self.taken().len() >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let letters = self.letters();
        assert_eq!(letters.len(), count);
        letters
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
