//! The portal as a process: over HTTPS, with whom the system trusts, and killed in the middle of a delivery.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::program::Portal;
use crate::receiver::{How, Receiver};
use crate::world::CookieUser;
use crate::{hook, until};

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign-portal");
const PASSWORD: &str = "a-password-of-an-admin";

/// A data folder whose portals reach this machine.
struct Here {
    folder: tempfile::TempDir,
}

impl Here {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn serve(&self, more: impl FnOnce(&mut Command)) -> Portal {
        Portal::start_with(&self.data(), |command| {
            command.args(["--rate-limit", "0", "--webhooks-may-reach", "127.0.0.0/8"]);
            command.env("RUST_LOG", "trace");
            more(command);
        })
    }

    /// The first admin, logged in.
    async fn first_admin(&self, portal: &Portal) -> CookieUser {
        let admin = CookieUser::new(portal.url());
        let mut lines = portal.said().iter();
        let link = lines.find_map(|line| line.strip_prefix("first admin   ")).unwrap();
        let link = link.strip_prefix(portal.url()).unwrap();
        let form = [("email", "ada@acme.example"), ("name", "Ada"), ("password", PASSWORD)];
        admin.post(link, &form).await.leads_to("/admin");
        admin
    }

    fn admin(&self, arguments: &[&str]) -> Value {
        let mut command = Command::new(PROGRAM);
        let run = command.arg("admin").args(arguments).args(["--json", "--data"]).arg(self.data());
        let output = run.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.data().join("countersign.db")).unwrap()
    }
}

#[tokio::test]
async fn a_delivery_that_was_under_way_when_the_portal_was_killed_comes_again() {
    let (here, receiver) = (Here::new(), Receiver::new().await);
    let mut portal = here.serve(|_| ());
    let admin = here.first_admin(&portal).await;
    let hook = hook(&admin, &receiver.url(), &["license.created"]).await;
    receiver.next([How::Stuck("")]);
    here.admin(&["product", "create", "--id", "acme-cad"]);
    // By another process: the one that serves finds it in the database.
    here.admin(&["license", "create", "--product", "acme-cad"]);
    let first = receiver.has_got(1).await.remove(0);
    let killed = std::mem::replace(&mut portal, here.serve(|_| ()));
    killed.kill();
    // Whoever takes it has a minute for it, which is over now.
    let over = "UPDATE webhook_delivery SET next_at = 0 WHERE status = 'waiting'";
    assert_eq!(here.database().execute(over, []).unwrap(), 1);
    let second = receiver.has_got(2).await.remove(1);
    assert_eq!((first.id(), &first.body), (second.id(), &second.body));
    assert!(second.is_signed_by(&hook.secret));
    let delivered = async || {
        let status = "SELECT status FROM webhook_delivery";
        let status: String = here.database().query_row(status, [], |row| row.get(0)).unwrap();
        status == "delivered"
    };
    until("it is noted", delivered).await;
    let bare = hook.secret.strip_prefix("whsec_").unwrap();
    let log = portal.log();
    assert!(log.contains("/admin/webhooks") && !log.contains(bare), "{log}");
}

#[tokio::test]
async fn https_takes_a_certificate_that_the_system_trusts_for_that_very_name() {
    let here = Here::new();
    let trusted = Certificate::new("localhost");
    let other = Certificate::new("localhost");
    let misnamed = Certificate::new("hooks.example");
    let portal = here.serve(|command| {
        let both = here.folder.path().join("trusted.pem");
        let text = [&trusted, &misnamed].map(|c| std::fs::read_to_string(c.path()).unwrap());
        std::fs::write(&both, text.concat()).unwrap();
        command.env("SSL_CERT_FILE", both);
        // No proxy is asked, whatever the environment says.
        command.env("HTTPS_PROXY", "http://127.0.0.1:9").env("https_proxy", "http://127.0.0.1:9");
        command.env("ALL_PROXY", "http://127.0.0.1:9");
    });
    let admin = here.first_admin(&portal).await;
    here.admin(&["product", "create", "--id", "acme-cad"]);
    let (good, bad, wrong) =
        (trusted.receiver().await, other.receiver().await, misnamed.receiver().await);
    let url = |receiver: &Receiver| format!("https://localhost:{}/", receiver.address.port());
    for receiver in [&good, &bad, &wrong] {
        hook(&admin, &url(receiver), &["license.created"]).await;
    }
    here.admin(&["license", "create", "--product", "acme-cad"]);
    let got = good.has_got(1).await;
    assert_eq!(got[0].headers["host"], format!("localhost:{}", good.address.port()));
    let refused = async || {
        let count = "SELECT COUNT(*) FROM webhook_delivery WHERE last_error = 'tls'";
        here.database().query_row(count, [], |row| row.get::<_, i64>(0)).unwrap() == 2
    };
    until("the others are refused", refused).await;
    assert_eq!((bad.got().len(), wrong.got().len()), (0, 0));
}

/// A certificate of its own making, and its key.
struct Certificate {
    folder: tempfile::TempDir,
}

impl Certificate {
    fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "2", "-subj"])
            .arg(format!("/CN={name}"))
            .args(["-addext", &format!("subjectAltName=DNS:{name}")])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .args(["-keyout", "key.pem", "-out", "certificate.pem"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    /// A receiver that shows it.
    async fn receiver(&self) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let receiver = Receiver::elsewhere(address);
        let acceptor = acceptor(&self.path(), &self.folder.path().join("key.pem"));
        let serving = receiver.clone();
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let (acceptor, serving) = (acceptor.clone(), serving.clone());
                tokio::spawn(async move {
                    // Who does not trust the certificate hangs up.
                    if let Ok(stream) = acceptor.accept(socket).await {
                        serving.serve(stream).await;
                    }
                });
            }
        });
        receiver
    }
}

fn acceptor(certificate: &Path, key: &Path) -> TlsAcceptor {
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_file(certificate).unwrap()],
            PrivateKeyDer::from_pem_file(key).unwrap(),
        );
    TlsAcceptor::from(Arc::new(config.unwrap()))
}
