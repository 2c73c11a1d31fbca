//! TLS to a server: whom it is that a certificate is taken from, and what to do where it is not.

use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{self, CertificateError, ClientConfig, RootCertStore};

use super::address::Authority;
use super::fault::{Fault, FaultKind};

/// What connections are made with.
pub(super) fn connector(authority: &Authority) -> Result<MakeRustlsConnect, Fault> {
    let roots = match authority {
        Authority::System => system(),
        Authority::File(path) => of_file(path),
    };
    let roots = roots.map_err(|words| Fault::new(FaultKind::Other, words))?;
    // The one that everything else here uses, too.
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| Fault::new(FaultKind::Other, e.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn system() -> Result<RootCertStore, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err("the system trusts no authority, so no server's certificate can be checked: \
            install ca-certificates, or name the server's authority with sslrootcert=FILE"
            .to_owned());
    }
    Ok(roots)
}

fn of_file(path: &Path) -> Result<RootCertStore, String> {
    let wrong = |why: &dyn std::fmt::Display| {
        format!(
            "sslrootcert={} cannot be used: {why}. It has to be a file that this user can read, with the \
             certificate of the server's authority (PEM)",
            path.display()
        )
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|e| wrong(&e))? {
        roots.add(certificate.map_err(|e| wrong(&e))?).map_err(|e| wrong(&e))?;
    }
    if roots.is_empty() {
        return Err(wrong(&"there is no certificate in it"));
    }
    Ok(roots)
}

/// A connection that failed, with what to do where it was for TLS.
pub(super) fn failed(error: &tokio_postgres::Error) -> Fault {
    let mut fault = Fault::from(error);
    if let Some(advice) = advice(error) {
        fault.words = format!("{}. Nothing was sent to it. {advice}", fault.words);
    }
    fault
}

fn advice(error: &tokio_postgres::Error) -> Option<&'static str> {
    let source = std::error::Error::source(error)?;
    if source.to_string() == "server does not support TLS" {
        return Some(
            "Set ssl = on there; or, if nobody can be on the way to it, say sslmode=disable in the address",
        );
    }
    let inner = source.downcast_ref::<io::Error>()?.get_ref()?;
    let rustls::Error::InvalidCertificate(why) = inner.downcast_ref()? else { return None };
    Some(match why {
        CertificateError::UnknownIssuer => {
            "Its certificate is of no authority that is trusted here. If it is of your own, name the \
             authority's certificate in the address: sslrootcert=FILE"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "Its certificate is for other names than the one in the address: use one of those, or have a \
             certificate made for this one"
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "Its certificate has ended, or the clock of this machine is wrong: have a new one made"
        }
        _ => "Its certificate is not accepted",
    })
}
