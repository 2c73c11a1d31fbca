//! An S3 server on a free port of this machine, which checks signatures; over HTTPS too.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use countersign_portal::release::{Bucket, Credentials};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

const KEY: &str = "the-key";
const SECRET: &str = "the-secret";
const BUCKET: &str = "acme-releases";

/// The server, with one bucket.
pub(crate) struct BucketServer {
    folder: tempfile::TempDir,
    address: String,
    certificate: Option<PathBuf>,
}

impl BucketServer {
    pub(crate) async fn plain() -> Self {
        Self::start(false).await
    }

    /// With a certificate of its own, which nobody trusts who is not told to.
    pub(crate) async fn tls() -> Self {
        Self::start(true).await
    }

    async fn start(tls: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("buckets");
        std::fs::create_dir_all(root.join(BUCKET)).unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(&root).unwrap());
        service.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let acceptor = tls.then(|| acceptor(folder.path()));
        let certificate = tls.then(|| folder.path().join("cert.pem"));
        tokio::spawn(accept(listener, service.build(), acceptor));
        let address = if tls {
            format!("https://localhost:{port}")
        } else {
            format!("http://127.0.0.1:{port}")
        };
        Self { folder, address, certificate }
    }

    /// The bucket as a portal is told of it.
    pub(crate) fn bucket(&self) -> Bucket {
        Bucket {
            name: BUCKET.into(),
            prefix: "portal/one".into(),
            endpoint: Some(self.address.clone()),
            region: "us-east-1".into(),
            credentials: Some(Credentials { id: KEY.into(), secret: SECRET.into(), token: None }),
        }
    }

    /// What `--release-store` and the environment say of it.
    pub(crate) fn told(&self, command: &mut Command) {
        command
            .args(["--release-store", &format!("s3://{BUCKET}/portal/one")])
            .env("AWS_ENDPOINT_URL", &self.address)
            .env("AWS_ACCESS_KEY_ID", KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET);
    }

    /// The certificate to be trusted.
    pub(crate) fn certificate(&self) -> &Path {
        self.certificate.as_deref().unwrap()
    }

    /// Where the object with this key lies.
    pub(crate) fn object(&self, key: &str) -> PathBuf {
        self.folder.path().join("buckets").join(BUCKET).join("portal/one").join(key)
    }
}

async fn accept(listener: TcpListener, service: S3Service, acceptor: Option<TlsAcceptor>) {
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        let (service, acceptor) = (service.clone(), acceptor.clone());
        tokio::spawn(async move {
            match acceptor {
                // Who does not trust the certificate hangs up.
                Some(acceptor) => match acceptor.accept(socket).await {
                    Ok(socket) => answer(socket, service).await,
                    Err(error) => eprintln!("no TLS connection: {error}"),
                },
                None => answer(socket, service).await,
            }
        });
    }
}

async fn answer(socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, service: S3Service) {
    let server = Builder::new(TokioExecutor::new());
    let _ = server.serve_connection(TokioIo::new(socket), service).await;
}

fn acceptor(folder: &Path) -> TlsAcceptor {
    let (key, certificate) = (folder.join("key.pem"), folder.join("cert.pem"));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ed25519",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
        ])
        .args(["-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_file(&certificate).unwrap()],
            PrivateKeyDer::from_pem_file(&key).unwrap(),
        );
    TlsAcceptor::from(Arc::new(config.unwrap()))
}
