//! A server that is reached by a network: nobody on the way hears or changes anything. Real servers, with certificates of authorities
//! of the tests' own.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use countersign_store::{Database, Options, Store};
use countersign_testing::{Raw, Server};

/// The name that the server's certificate is for.
const NAME: &str = "db.acme.example";
const NOW: u64 = 1_790_000_000;

/// Two authorities, and a server's certificate of the first one.
struct Certificates(tempfile::TempDir);

impl Certificates {
    fn new() -> Self {
        let made = Self(tempfile::tempdir().unwrap());
        let curve = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        for authority in ["acme", "mallory"] {
            made.openssl(&format!(
                "req -x509 {curve} -keyout {authority}.key -out {authority}.pem -days 2 -subj /CN={authority}"
            ));
        }
        made.openssl(&format!("req -new {curve} -keyout db.key -out db.csr -subj /CN=db"));
        std::fs::write(made.path("names"), format!("subjectAltName=DNS:{NAME}\n")).unwrap();
        made.openssl(
            "x509 -req -in db.csr -CA acme.pem -CAkey acme.key -days 2 -extfile names -out db.pem",
        );
        made
    }

    fn openssl(&self, arguments: &str) {
        let mut command = Command::new("openssl");
        let done = command.args(arguments.split(' ')).current_dir(self.0.path()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn server(&self) -> Server {
        let text = |name| std::fs::read_to_string(self.path(name)).unwrap();
        Server::own_by_tcp(Some((&text("db.pem"), &text("db.key"))))
    }
}

fn address(host: &str, ip: &str, options: &str) -> Database {
    format!("postgres://postgres:secret@{host}/postgres?hostaddr={ip}&{options}").parse().unwrap()
}

fn trusting(authority: &Path) -> String {
    format!("sslrootcert={}", authority.display())
}

fn connect(database: &Database) -> Result<Store, String> {
    Store::connect(database, Options::default(), NOW).map_err(|e| e.to_string())
}

#[track_caller]
fn refused(database: &Database, says: &str) {
    let words = connect(database).expect_err("it was let in");
    assert!(words.contains(says), "{words}");
    assert!(!words.contains("secret"), "{words}");
}

#[test]
fn a_server_of_the_authority_that_is_named_is_spoken_to_by_tls() {
    let made = Certificates::new();
    let server = made.server();
    let acme = trusting(&made.path("acme.pem"));
    let store = connect(&address(NAME, &server.ip(), &acme)).unwrap();
    // Connections are opened when they are needed.
    tokio::runtime::Runtime::new().unwrap().block_on(store.ping()).unwrap();
    let raw = Raw::open(&server.address("postgres").parse().unwrap());
    let by_tcp = "FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE client_port > 0";
    assert_ne!(raw.value(&format!("SELECT COUNT(*) {by_tcp} AND ssl")), "0");
    assert_eq!(raw.value(&format!("SELECT COUNT(*) {by_tcp} AND NOT ssl")), "0");
    store.close();
}

#[test]
fn a_server_with_a_certificate_of_somebody_elses_authority_is_told_nothing() {
    let made = Certificates::new();
    let server = made.server();
    let mallory = trusting(&made.path("mallory.pem"));
    refused(&address(NAME, &server.ip(), &mallory), "sslrootcert=FILE");
    // Nor is one whose authority nobody was told of.
    refused(&address(NAME, &server.ip(), "sslmode=require"), "authority");
}

#[test]
fn a_certificate_for_another_name_lets_nobody_pass_for_the_server() {
    let made = Certificates::new();
    let server = made.server();
    let acme = trusting(&made.path("acme.pem"));
    let other = "other.acme.example";
    refused(&address(other, &server.ip(), &acme), "for other names");
    for mode in ["require", "verify-ca", "verify-full"] {
        refused(
            &address(other, &server.ip(), &format!("{acme}&sslmode={mode}")),
            "for other names",
        );
    }
    // Nor under its mere number.
    let number = format!("postgres://postgres@{}/postgres?{acme}", server.ip()).parse().unwrap();
    refused(&number, "for other names");
}

#[test]
fn a_server_without_tls_is_refused_unless_the_address_says_that_it_may_be_so() {
    let made = Certificates::new();
    let server = Server::own_by_tcp(None);
    let acme = trusting(&made.path("acme.pem"));
    refused(&address(NAME, &server.ip(), &acme), "sslmode=disable");
    connect(&address(NAME, &server.ip(), "sslmode=disable")).unwrap().close();
}

#[test]
fn whoever_stands_between_and_says_that_there_is_no_tls_hears_no_password() {
    let made = Certificates::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let acme = trusting(&made.path("acme.pem"));
    let database: Database =
        format!("postgres://postgres:secret@{NAME}:{port}/postgres?hostaddr=127.0.0.1&{acme}")
            .parse()
            .unwrap();
    let between = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0; 8];
        stream.read_exact(&mut asked).unwrap();
        stream.write_all(b"N").unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).unwrap();
        (asked, heard)
    });
    refused(&database, "sslmode=disable");
    let (asked, heard) = between.join().unwrap();
    // The request for TLS (PostgreSQL's documentation, 55.7), and no word more.
    assert_eq!(asked, [0, 0, 0, 8, 4, 210, 22, 47]);
    assert_eq!(heard, b"");
}

#[test]
fn an_authority_that_cannot_be_read_is_said_with_its_file() {
    let made = Certificates::new();
    std::fs::write(made.path("empty.pem"), "").unwrap();
    for file in ["none.pem", "empty.pem", "names"] {
        let named = trusting(&made.path(file));
        refused(&address(NAME, "127.0.0.1", &named), file);
    }
}
