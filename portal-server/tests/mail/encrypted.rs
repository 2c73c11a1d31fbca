//! Encryption and login, as the program itself is started with them.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use crate::server::{Certificate, SmtpServer};
use crate::world::CookieUser;

/// The running program. Ends with the test.
struct Program {
    child: Child,
    url: String,
    log: std::path::PathBuf,
    folder: tempfile::TempDir,
}

impl Program {
    fn serve(certificate: &Certificate, environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut child = Command::new(env!("CARGO_BIN_EXE_countersign-portal"))
            .args(["serve", "--listen", "127.0.0.1:0", "--vendor", "Acme", "--data"])
            .arg(folder.path().join("data"))
            .args(["--mail-from", "portal@acme.example"])
            .env("SSL_CERT_FILE", certificate.path())
            .envs(environment.iter().copied())
            .env("RUST_LOG", "debug")
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = loop {
            let line = lines.next().expect("the server says where it listens").unwrap();
            if let Some(url) = line.strip_prefix("listening on ") {
                break url.to_owned();
            }
        };
        Self { child, url, log, folder }
    }

    /// Makes Jane and lets her ask for a mail.
    async fn ask(&self) {
        let made = Command::new(env!("CARGO_BIN_EXE_countersign-portal"))
            .args(["admin", "user", "create", "--email", "jane@lab.example", "--data"])
            .arg(self.folder.path().join("data"))
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let browser = CookieUser::new(&self.url);
        browser.post("/forgot", &[("email", "jane@lab.example")]).await.is(200);
    }

    /// Waits until the log says so.
    async fn logs(&self, words: &str) -> String {
        for _ in 0..600 {
            let log = std::fs::read_to_string(&self.log).unwrap();
            if log.contains(words) {
                return log;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("{words:?} is not in the log: {}", std::fs::read_to_string(&self.log).unwrap());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const SECRET: &str = "s3cret/&?";

#[tokio::test]
async fn with_starttls_and_a_password_from_the_environment() {
    let certificate = Certificate::new();
    let server = SmtpServer::encrypted(&certificate, "start");
    let url = format!("smtp://localhost:{}?tls=required", server.port);
    let program = Program::serve(
        &certificate,
        &[
            ("COUNTERSIGN_SMTP_URL", &url),
            ("COUNTERSIGN_SMTP_USER", "portal"),
            ("COUNTERSIGN_SMTP_PASSWORD", SECRET),
        ],
    );
    program.ask().await;
    let letters = server.has_taken(1).await;
    assert_eq!(letters[0].to, "jane@lab.example");
    let mail = &server.taken()[0];
    assert_eq!((&mail["encrypted"], &mail["user"]), (&true.into(), &"portal".into()));
    let log = std::fs::read_to_string(&program.log).unwrap();
    assert!(!log.contains(SECRET), "the password is in the log");
    let link = letters[0].text.lines().find(|line| line.contains("/reset/")).unwrap();
    assert!(!log.contains(link), "a link is in the log");
}

#[tokio::test]
async fn with_tls_from_the_start_and_a_password_in_the_url() {
    let certificate = Certificate::new();
    let server = SmtpServer::encrypted(&certificate, "whole");
    let url = format!("smtps://portal:s3cret%2F%26%3F@localhost:{}", server.port);
    let program = Program::serve(&certificate, &[("COUNTERSIGN_SMTP_URL", &url)]);
    program.ask().await;
    server.has_taken(1).await;
    assert_eq!(server.taken()[0]["user"], "portal");
    let log = std::fs::read_to_string(&program.log).unwrap();
    assert!(!log.contains("s3cret"), "the password is in the log");
}

#[tokio::test]
async fn a_server_with_another_certificate_gets_neither_password_nor_mail() {
    let (known, other) = (Certificate::new(), Certificate::new());
    let server = SmtpServer::encrypted(&other, "start");
    let url = format!("smtp://portal:s3cret%2F%26%3F@localhost:{}?tls=required", server.port);
    let program = Program::serve(&known, &[("COUNTERSIGN_SMTP_URL", &url)]);
    program.ask().await;
    program.logs("a mail waits").await;
    assert!(server.taken().is_empty());
}

#[tokio::test]
async fn a_server_that_suddenly_knows_no_encryption_gets_nothing() {
    let (certificate, server) = (Certificate::new(), SmtpServer::start());
    let url = format!("smtp://portal:s3cret%2F%26%3F@localhost:{}?tls=required", server.port);
    let program = Program::serve(&certificate, &[("COUNTERSIGN_SMTP_URL", &url)]);
    program.ask().await;
    program.logs("a mail waits").await;
    assert!(server.taken().is_empty());
}

#[tokio::test]
async fn a_wrong_password_for_the_server_is_not_the_mails_fault() {
    let certificate = Certificate::new();
    let server = SmtpServer::encrypted(&certificate, "start");
    let url = format!("smtp://portal:wrong@localhost:{}?tls=required", server.port);
    let program = Program::serve(&certificate, &[("COUNTERSIGN_SMTP_URL", &url)]);
    program.ask().await;
    let log = program.logs("a mail waits").await;
    assert!(!log.contains("given up"), "{log}");
    assert!(server.taken().is_empty());
}
