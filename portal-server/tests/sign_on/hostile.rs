//! A provider that signs its own tokens and lies as a test likes. PKCE and the client's secret are checked as everywhere, so
//! that what is refused is refused by the portal.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use countersign_portal::clock::Clock as _;
use ed25519_dalek::{Signer as _, SigningKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::task::AbortHandle;

use crate::Sent;
use crate::world::TestClock;

/// What the portal and the provider share.
pub(crate) const SECRET: &str = "a secret between portal and provider";

/// How a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "signed by whom")]
pub(crate) enum Signed {
    ByItsKey,
    ByAnotherKey,
    ByNobody,
    /// The public key, which everybody has, as a shared secret.
    ByThePublicKey,
    BySharedSecret,
}

type Change = Box<dyn Fn(&mut Value) + Send>;

pub(crate) struct Evil {
    pub(crate) signed: Signed,
    pub(crate) header: Change,
    pub(crate) claims: Change,
    pub(crate) description: Change,
    pub(crate) keys: Change,
    /// In the place of the description: where to go instead.
    pub(crate) moved_to: Option<String>,
    pub(crate) user_info: Value,
    /// How often each address was asked.
    pub(crate) asked: BTreeMap<&'static str, usize>,
    codes: HashMap<String, (String, String, String)>,
    key: SigningKey,
    clock: Arc<TestClock>,
    url: String,
}

/// A running provider.
pub(crate) struct Provider {
    pub(crate) url: String,
    evil: Arc<Mutex<Evil>>,
    serving: AbortHandle,
}

impl Provider {
    pub(crate) async fn start(clock: Arc<TestClock>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let evil = Arc::new(Mutex::new(Evil {
            signed: Signed::ByItsKey,
            header: Box::new(|_| ()),
            claims: Box::new(|_| ()),
            description: Box::new(|_| ()),
            keys: Box::new(|_| ()),
            moved_to: None,
            user_info: json!({}),
            asked: BTreeMap::new(),
            codes: HashMap::new(),
            key: SigningKey::from_bytes(&[7; 32]),
            clock,
            url: url.clone(),
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(description))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/me", get(me))
            .with_state(Arc::clone(&evil));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, evil, serving: serving.abort_handle() }
    }

    pub(crate) fn evil(&self) -> MutexGuard<'_, Evil> {
        self.evil.lock().unwrap()
    }

    pub(crate) fn claims(&self, change: impl Fn(&mut Value) + Send + 'static) {
        self.evil().claims = Box::new(change);
    }

    pub(crate) fn asked(&self, address: &str) -> usize {
        self.evil().asked.get(address).copied().unwrap_or_default()
    }

    /// Another key signs from now on, under another name.
    pub(crate) fn rotates(&self) {
        self.evil().key = SigningKey::from_bytes(&[8; 32]);
    }

    /// Nobody listens there any more.
    pub(crate) async fn dies(&self) {
        self.serving.abort();
        let address = self.url.strip_prefix("http://").unwrap().to_owned();
        while tokio::net::TcpStream::connect(&address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    }

    /// A code for whoever logged in after a browser was sent here.
    pub(crate) fn code(&self, sent: &Sent, subject: &str) -> String {
        let mut evil = self.evil();
        let code = format!("code-{}", evil.codes.len());
        let asked = (sent.value("code_challenge"), sent.value("nonce"), subject.to_owned());
        evil.codes.insert(code.clone(), asked);
        code
    }

    /// The path by which the browser comes back.
    pub(crate) fn answers(&self, sent: &Sent, subject: &str) -> String {
        let code = self.code(sent, subject);
        self.with(&code, &sent.value("state"), Some(&self.url))
    }

    /// The same, of these parts.
    pub(crate) fn with(&self, code: &str, state: &str, iss: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("code", code).append_pair("state", state);
        if let Some(iss) = iss {
            query.append_pair("iss", iss);
        }
        format!("/login/sso/callback?{}", query.finish())
    }
}

type Shared = State<Arc<Mutex<Evil>>>;

async fn description(State(evil): Shared) -> Response {
    let mut evil = evil.lock().unwrap();
    *evil.asked.entry("description").or_default() += 1;
    if let Some(place) = &evil.moved_to {
        return (StatusCode::FOUND, [(header::LOCATION, place.clone())]).into_response();
    }
    let url = &evil.url;
    let mut said = json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/login"),
        "token_endpoint": format!("{url}/token"),
        "userinfo_endpoint": format!("{url}/me"),
        "jwks_uri": format!("{url}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA", "none", "HS256"],
        "authorization_response_iss_parameter_supported": true,
    });
    (evil.description)(&mut said);
    Json(said).into_response()
}

async fn keys(State(evil): Shared) -> Json<Value> {
    let mut evil = evil.lock().unwrap();
    *evil.asked.entry("keys").or_default() += 1;
    let mut said = json!({"keys": [{
        "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
        "kid": kid(&evil.key), "x": URL_SAFE_NO_PAD.encode(evil.key.verifying_key().as_bytes()),
    }]});
    (evil.keys)(&mut said);
    Json(said)
}

fn kid(key: &SigningKey) -> String {
    format!("key {}", key.to_bytes()[0])
}

async fn token(
    State(evil): Shared,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let mut evil = evil.lock().unwrap();
    *evil.asked.entry("token").or_default() += 1;
    let refused = |why: &str| {
        (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant", "error_description": why})))
            .into_response()
    };
    let secret: String = form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
    let basic = format!("Basic {}", STANDARD.encode(format!("countersign:{secret}")));
    if headers.get(header::AUTHORIZATION).is_none_or(|sent| sent.to_str().unwrap() != basic) {
        return refused("who are you?");
    }
    let Some((challenge, nonce, subject)) = evil.codes.remove(&form["code"]) else {
        return refused("the code is none");
    };
    if URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"])) != challenge {
        return refused("somebody else's code");
    }
    let now = evil.clock.now();
    let mut claims = json!({
        "iss": evil.url, "aud": "countersign", "sub": subject, "nonce": nonce, "iat": now, "exp": now + 300,
        "email": format!("{subject}@lab.example"), "email_verified": true, "given_name": "Jane", "family_name": "Doe",
    });
    (evil.claims)(&mut claims);
    let id_token = evil.sign(&claims);
    let said = json!({"access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": id_token});
    Json(said).into_response()
}

async fn me(State(evil): Shared) -> Json<Value> {
    let mut evil = evil.lock().unwrap();
    *evil.asked.entry("me").or_default() += 1;
    Json(evil.user_info.clone())
}

impl Evil {
    fn sign(&self, claims: &Value) -> String {
        let alg = match self.signed {
            Signed::ByItsKey | Signed::ByAnotherKey => "EdDSA",
            Signed::ByNobody => "none",
            Signed::ByThePublicKey | Signed::BySharedSecret => "HS256",
        };
        let mut header = json!({"alg": alg, "typ": "JWT", "kid": kid(&self.key)});
        (self.header)(&mut header);
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let hmac = |key: &[u8]| {
            let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
            mac.update(signed.as_bytes());
            mac.finalize().into_bytes().to_vec()
        };
        let signature = match self.signed {
            Signed::ByItsKey => self.key.sign(signed.as_bytes()).to_bytes().to_vec(),
            Signed::ByAnotherKey => {
                SigningKey::from_bytes(&[9; 32]).sign(signed.as_bytes()).to_bytes().to_vec()
            }
            Signed::ByNobody => Vec::new(),
            Signed::ByThePublicKey => hmac(self.key.verifying_key().as_bytes()),
            Signed::BySharedSecret => hmac(SECRET.as_bytes()),
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
