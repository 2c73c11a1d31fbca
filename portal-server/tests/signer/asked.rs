//! What is said to a signer: a machine's request, and what an honest portal would have signed for it.

use std::collections::BTreeMap;
use std::path::Path;

use countersign_core::fingerprint::Strategy;
use countersign_core::license_key::LicenseKey;
use countersign_core::request::{Ask, VerifiedRequest};
use countersign_core::response::{
    Answer, Binding, Grant, GrantLicense, Granted, RequestRef, Response,
};
use countersign_core::{Expect, Id, LicenseId};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::played::{Machine, NOW, rng};
use crate::stand::{DAY, product};

/// Whoever has opened the socket.
pub(crate) struct Peer(pub(crate) UnixStream);

impl Peer {
    pub(crate) async fn connect(socket: &Path) -> Self {
        Self(UnixStream::connect(socket).await.unwrap())
    }

    pub(crate) async fn says(&mut self, message: &Value) -> Value {
        self.try_says(message).await.expect("an answer")
    }

    /// The answer, if one came whole.
    pub(crate) async fn try_says(&mut self, message: &Value) -> Option<Value> {
        self.send(message.to_string().as_bytes()).await?;
        self.hear().await
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) -> Option<()> {
        let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
        self.0.write_all(&[&length[..], bytes].concat()).await.ok()
    }

    pub(crate) async fn hear(&mut self) -> Option<Value> {
        let mut length = [0; 4];
        self.0.read_exact(&mut length).await.ok()?;
        let mut bytes = vec![0; u32::from_be_bytes(length) as usize];
        self.0.read_exact(&mut bytes).await.ok()?;
        Some(serde_json::from_slice(&bytes).unwrap())
    }
}

pub(crate) fn by_request(request: &str, response: &Response) -> Value {
    json!({"v": 1, "do": "sign", "evidence": {"request": request}, "response": response.to_unsigned()})
}

pub(crate) fn by_earlier(earlier: &str, response: &Response) -> Value {
    json!({"v": 1, "do": "sign", "evidence": {"earlier": earlier}, "response": response.to_unsigned()})
}

/// A machine with an activation request under a license.
pub(crate) fn asked() -> (Machine, LicenseKey, String) {
    let machine = Machine::new("lab-7", &product());
    let license = LicenseKey::generate(&mut rng());
    let request = machine.activation(&license);
    (machine, license, request)
}

/// What an honest portal would have signed for a request: a grant of thirty days.
pub(crate) fn answer_to(request: &str, license: LicenseId) -> Response {
    let request = VerifiedRequest::verify(request, Expect::Request).unwrap();
    let claims = request.claims();
    let granted = |license: Option<LicenseId>| Granted {
        import_by: NOW + 14 * DAY,
        binding: Binding {
            strategy: Strategy::Fuzzy,
            fingerprint: claims.device().unwrap().fingerprint.clone(),
        },
        grant: Grant {
            expires_at: Some(NOW + 30 * DAY),
            renew_by: None,
            entitlements: BTreeMap::new(),
            license: license.map(|id| GrantLicense {
                id,
                plan: None,
                holder: None,
                deactivations_left: None,
            }),
            metadata: BTreeMap::new(),
        },
    };
    Response {
        issuer: "Acme".into(),
        product: claims.product.clone(),
        id: Id::random(&mut rng()),
        issued_at: NOW,
        request: RequestRef { id: claims.id, hash: request.hash() },
        device: request.device_key().thumbprint(),
        answer: match &claims.ask {
            Ask::Activation { .. } => Answer::Activation(granted(Some(license))),
            Ask::Trial { .. } => Answer::Trial(granted(None)),
            Ask::Deactivation { activation, .. } => {
                Answer::Deactivation { activation: *activation }
            }
        },
    }
}

/// The grant of a response, to be changed.
pub(crate) fn granted(response: &mut Response) -> &mut Granted {
    match &mut response.answer {
        Answer::Activation(granted) | Answer::Trial(granted) => granted,
        other => panic!("no grant: {other:?}"),
    }
}
