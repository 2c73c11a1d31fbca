//! The first baseline: what a portal does with a request, but for its database.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use countersign_core::fingerprint::Strategy;
use countersign_core::license_key::LicenseKey;
use countersign_core::request::{Ask, VerifiedRequest};
use countersign_core::response::{
    Answer, Binding, Grant, GrantLicense, Granted, RequestRef, Response,
};
use countersign_core::trust::Signer;
use countersign_core::{Expect, Id, file};
use countersign_portal::signing::Signing;
use countersign_portal::{App, Config};
use hyper::body::Bytes;
use tokio::net::TcpListener;

use super::load::Load;
use crate::played::rng;

/// Serves it; dropped with the runtime.
/// Read, verify, prove, grant, sign, write the file, answer as JSON.
pub(crate) fn start(server: &tokio::runtime::Runtime, load: &Load) -> SocketAddr {
    struct Desk {
        signer: Signer,
        keys: Vec<LicenseKey>,
        now: u64,
    }
    async fn answer(State(desk): State<Arc<Desk>>, body: Bytes) -> axum::Json<serde_json::Value> {
        let request =
            VerifiedRequest::verify(&file::read(&body).unwrap(), Expect::Request).unwrap();
        let claims = request.claims();
        let Ask::Activation { device, license: Some(proof) } = &claims.ask else { unreachable!() };
        let key = desk.keys.iter().find(|key| key.id() == proof.id).unwrap();
        let jkt = request.device_key().thumbprint();
        assert!(key.proves(&proof.proof, &jkt, &claims.id));
        let response = Response {
            issuer: "Acme".into(),
            product: claims.product.clone(),
            id: Id::random(&mut rng()),
            issued_at: desk.now,
            request: RequestRef { id: claims.id, hash: request.hash() },
            device: jkt,
            answer: Answer::Activation(Granted {
                import_by: desk.now + 86_400,
                binding: Binding {
                    strategy: Strategy::Fuzzy,
                    fingerprint: device.fingerprint.clone(),
                },
                grant: Grant {
                    expires_at: None,
                    renew_by: None,
                    entitlements: BTreeMap::new(),
                    license: Some(GrantLicense {
                        id: proof.id,
                        plan: Some("Pro".into()),
                        holder: Some("Jane".into()),
                        deactivations_left: None,
                    }),
                    metadata: BTreeMap::new(),
                },
            }),
        };
        let token = desk.signer.sign(&response).unwrap();
        let text = file::response_file(&token, &response, device.name.as_deref());
        axum::Json(serde_json::json!({
            "type": response.token_type().as_str(), "id": response.id.to_string(), "file": text, "token": token,
            "device_name": device.name, "issued_at": response.issued_at,
        }))
    }
    let folder = tempfile::tempdir().unwrap();
    server.block_on(async {
        let app = App::open(Config::new(folder.path().to_owned())).await.unwrap();
        let now = app.now();
        let keys = app.keys();
        let Signing::Here(signer) = &keys.signing else { panic!("the key is here") };
        let desk = Desk { signer: signer.clone(), keys: load.keys.clone(), now };
        let router = axum::Router::new().route("/", post(answer)).with_state(Arc::new(desk));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    })
}
