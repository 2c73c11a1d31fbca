//! The same through the vendor's portal, with a token: the portal decides by its licenses, counts and signs; here nothing is
//! signed, whatever happens.

mod bulk;
mod single;

use countersign_core::request::VerifiedRequest;
use countersign_core::response::Response;
use countersign_core::trust::Roots;
use countersign_core::{Expect, file};
use serde_json::{Value, json};

use super::args::Sign;
use super::survey::{Kind, Look};
use crate::fail::{Failure, Outcome};
use crate::files;
use crate::portal::Portal as Connection;
use crate::portal::Refused;
use crate::portal::args::Named;

pub(super) fn run(options: &Sign, named: &Named, as_json: bool) -> Outcome {
    let portal = Portal::open(options, named)?;
    let done = match options.files.as_slice() {
        [one] if !one.is_dir() => single::run(options, &portal, as_json),
        _ => bulk::run(options, &portal, as_json),
    };
    done.map_err(|failure| failure.then(offline_on_purpose(&failure)))
}

/// What could be done without the portal. Never by itself: what is signed offline the portal does not count until it hears of it.
fn offline_on_purpose(failure: &Failure) -> &'static str {
    match failure.code() {
        "portal-unreachable" | "rate-limited" | "busy" | "unavailable" => {
            "Nothing was signed here. To sign offline on purpose, say with which key: countersign sign --key FILE --chain FILE \
             --root FILE …; later hand the journal in: countersign journal push."
        }
        _ => "",
    }
}

/// The portal, what it is asked with, and what its answers are verified by.
pub(super) struct Portal {
    connection: Connection,
    /// The license for requests that name none.
    license: Option<String>,
    roots: Option<Roots>,
}

/// A response that came from the portal.
pub(super) struct Answer {
    pub(super) token: String,
    /// What it says, where a root could tell that the vendor said it.
    pub(super) response: Option<Response>,
    json: Value,
}

impl Portal {
    fn open(options: &Sign, named: &Named) -> Result<Self, Failure> {
        let connection = Connection::open(named, &options.to_portal)?;
        let license = match (&options.license, options.grant.license_key.as_slice()) {
            (Some(id), _) => Some(id.clone()),
            (None, [key]) => Some(files::read_license_key(key)?.normal().to_owned()),
            (None, _) => None,
        };
        let roots = files::read_roots(&options.under.root)?;
        let roots = (!roots.is_empty()).then(|| Roots::new(roots));
        Ok(Self { connection, license, roots })
    }

    pub(super) fn url(&self) -> &str {
        self.connection.url()
    }

    pub(super) fn verifies(&self) -> bool {
        self.roots.is_some()
    }

    /// Has a request answered. What comes back is not handed out before it has been checked.
    pub(super) fn answer(&self, request: &VerifiedRequest) -> Result<Answer, Refused> {
        let json = self.connection.post("/api/v1/requests", &self.asked(request))?;
        let token = json["token"].as_str().and_then(|token| file::read(token.as_bytes()).ok());
        let token =
            token.ok_or_else(|| Refused::This(other("there is no response in the answer")))?;
        let response = self.verified(request, &token).map_err(Refused::This)?;
        Ok(Answer { token, response, json })
    }

    /// What that would do.
    pub(super) fn preview(&self, request: &VerifiedRequest) -> Result<Value, Refused> {
        self.connection.post("/api/v1/requests/preview", &self.asked(request))
    }

    fn asked(&self, request: &VerifiedRequest) -> Value {
        match &self.license {
            Some(license) => json!({"request": request.token(), "license": license}),
            None => json!({"request": request.token()}),
        }
    }

    /// Whether the vendor answers this request with it; where no root was given it cannot be told who does.
    pub(super) fn verified(
        &self,
        request: &VerifiedRequest,
        token: &str,
    ) -> Result<Option<Response>, Failure> {
        let Some(roots) = &self.roots else {
            let unverified = countersign_core::token::Unverified::decode(token);
            return match unverified {
                Ok(unverified) if !unverified.token_type().is_request() => Ok(None),
                _ => Err(other("it is no response")),
            };
        };
        let verified = roots.verify_response(token, Expect::Response);
        let verified = verified.map_err(|error| other(&format!("it does not verify: {error}")))?;
        let response = verified.claims();
        let fits = response.request.hash == request.hash()
            && response.device == request.device_key().thumbprint()
            && response.product == request.claims().product;
        if fits { Ok(Some(response.clone())) } else { Err(other("it answers another request")) }
    }
}

fn other(why: &str) -> Failure {
    Failure::refused(
        "other-answer",
        format!("what the portal gave is not the response to this request: {why}"),
        "It was not handed out, and no machine would take it. Check --root and the portal's address, and tell whoever runs the \
         portal.",
    )
}

/// What the portal says a request would get, for the survey.
fn look_of(request: &VerifiedRequest, name: String, preview: &Value) -> Look {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if let Some(refusal) = preview.get("refusal") {
        let [code, fact, advice] = ["code", "detail", "advice"].map(|name| text(&refusal[name]));
        return Look::Refused(name, Failure::refused(&code, fact, advice));
    }
    let outcome = &preview["outcome"];
    let end = outcome["expires_at"].as_u64();
    let kind = match outcome["effect"].as_str().unwrap_or_default() {
        "again" => return Look::Again,
        "activate" => Kind::Activation(end),
        "trial" => Kind::Trial(end),
        "free-seat" | "receipt-only" => Kind::Deactivation,
        _ => return Look::Refused(name, other("its preview cannot be understood")),
    };
    let product = request.claims().product.to_string();
    // Whose approval the portal asks for is its own matter.
    Look::Ready { hash: request.hash(), product, kind, needs_approval: false }
}
