//! The desk: takes a request in, says what it would do, does it. Every door (page, API, license page) goes through here.

mod activation;
mod case;
mod change;
mod deactivation;
mod preview;
mod recognise;
mod refusal;
mod release;
mod renewal;
mod room;
mod trial;
mod trial_renewal;

use countersign_core::request::{Ask, VerifiedRequest};
use countersign_core::response::Response;
use countersign_core::token::Unverified;
use countersign_core::{Expect, Hash, Id, LicenseId, ProductId, UnixSeconds, file};
use countersign_store::{Answer, User};

pub(crate) use activation::license_of_key;
pub(crate) use case::{Case, Way, case, ways};
pub use change::Change;
pub use preview::{Effect, Outcome, Preview, SeatKind, SeatReleased, SeatUse, Terms, preview};
pub(crate) use refusal::DISK_SECONDS;
pub use refusal::Refusal;
pub use release::{Releasing, release, release_preview};
pub use renewal::{Freshness, freshness, latest, renew};
pub(crate) use room::{Of, Said, room};
pub use trial::TrialAsk;
pub use trial_renewal::{
    Extension, extend_trial, freshness_of_trial, latest_of_trial, renew_trial,
};

use crate::app::App;
use crate::signing::Evidence;

/// Which way a request came in, and who brought it.
#[derive(Debug, Clone)]
pub struct Door {
    /// `page`, `api`, `portal`, `support` or `staff`.
    pub name: &'static str,
    /// The person, if logged in.
    pub user: Option<User>,
    /// The license that the person chose for requests that carry none.
    pub license: Option<Chosen>,
}

/// How a person chose a license.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chosen {
    /// On its page: they have access to it.
    OnItsPage(LicenseId),
    /// By its key, as anybody may who knows it.
    ByKey(LicenseId),
}

impl Chosen {
    /// Which license.
    pub fn license(self) -> LicenseId {
        match self {
            Self::OnItsPage(license) | Self::ByKey(license) => license,
        }
    }
}

impl Door {
    /// A machine or a stranger.
    pub fn anonymous(name: &'static str) -> Self {
        Self { name, user: None, license: None }
    }

    /// The license on whose page this door is.
    pub(crate) fn license_of_page(&self) -> Option<LicenseId> {
        match self.license {
            Some(Chosen::OnItsPage(license)) => Some(license),
            Some(Chosen::ByKey(_)) | None => None,
        }
    }
}

/// What a request got: everything here is the same whenever the request is sent again.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The signed response.
    pub token: String,
    /// Its claims.
    pub response: Response,
    /// The machine's name.
    pub device_name: Option<String>,
    /// Hash of the request: the name under which the response can be fetched again.
    pub request_hash: Hash,
}

impl Answered {
    /// The response file.
    pub fn file(&self) -> String {
        file::response_file(&self.token, &self.response, self.device_name.as_deref())
    }

    /// The file's name, after the machine.
    pub fn file_name(&self) -> String {
        let name = self.device_name.as_deref().unwrap_or(self.response.product.as_str());
        format!("{}.response", file::safe_name(name))
    }
}

/// Reads a file, link or pasted text as a request, and verifies its own signature.
///
/// # Errors
/// [`Refusal::Format`].
pub fn understand(bytes: &[u8]) -> Result<(String, VerifiedRequest), Refusal> {
    let token = file::read(bytes)?;
    let request = VerifiedRequest::verify(&token, Expect::Request)?;
    Ok((token, request))
}

/// Answers a request. The same request gets the same answer at any time and through any door.
///
/// # Errors
/// Everything that speaks against it; nothing is half-done then.
pub async fn answer(
    app: &App,
    request: &VerifiedRequest,
    door: &Door,
) -> Result<Answered, Refusal> {
    answer_asked(app, request, door, &TrialAsk::default()).await
}

/// As [`answer`], with what came along beside a trial request.
///
/// # Errors
/// As [`answer`].
pub async fn answer_asked(
    app: &App,
    request: &VerifiedRequest,
    door: &Door,
    ask: &TrialAsk,
) -> Result<Answered, Refusal> {
    let outcome = answer_once(app, request, door, ask).await;
    app.metrics().answered(&request.claims().ask, door, &outcome);
    if let Err(refusal) = &outcome {
        app.refusals().count(request.hash(), refusal.code(), app.now());
    }
    outcome
}

async fn answer_once(
    app: &App,
    request: &VerifiedRequest,
    door: &Door,
    ask: &TrialAsk,
) -> Result<Answered, Refusal> {
    // A request that proves its license gets an earlier answer from the same transaction that would store a new one, unless
    // the signature that comes before it counts elsewhere.
    let proves_license = matches!(&request.claims().ask, Ask::Activation { license: Some(_), .. });
    // Nor does one with a grant along: what was answered before changes nothing.
    let asks_first =
        !proves_license || app.keys().signing.is_counted() || request.holds().is_some();
    if asks_first && let Some(answered) = again(app, &request.hash()).await? {
        return Ok(answered);
    }
    match &request.claims().ask {
        Ask::Activation { device, license } => {
            let outcome = activation::answer(app, request, device, license.as_ref(), door).await;
            match outcome {
                // What cannot be signed any more was perhaps signed before.
                Err(Refusal::Signing(error)) if !asks_first => {
                    let before = again(app, &request.hash()).await?;
                    before.ok_or(Refusal::Signing(error))
                }
                outcome => outcome,
            }
        }
        Ask::Trial { device } => trial::answer(app, request, device, door, ask).await,
        Ask::Deactivation { activation, .. } => {
            deactivation::answer(app, request, activation, door).await
        }
    }
}

/// The answer that a request got before.
///
/// # Errors
/// When the database fails.
pub async fn again(app: &App, request_hash: &Hash) -> Result<Option<Answered>, Refusal> {
    let stored = app.store().answer(request_hash).await?;
    stored.map(|answer| from_stored(app, answer, *request_hash)).transpose()
}

/// An answer read back is verified like any other: a database that was tampered with hands out nothing.
fn from_stored(app: &App, answer: Answer, request_hash: Hash) -> Result<Answered, Refusal> {
    let Answer { token, device_name, .. } = answer;
    // What was signed under a root that has been replaced since is handed out again all the same.
    let verified = app.keys().trust.verify_installed(&token).map_err(Refusal::stored)?;
    Ok(Answered { token, response: verified.claims().clone(), device_name, request_hash })
}

/// Signs a response.
async fn sign(app: &App, evidence: Evidence<'_>, response: &Response) -> Result<String, Refusal> {
    app.keys().signing.sign(evidence, response).await.map_err(Refusal::signing)
}

/// The parts of a response that are the same for every kind.
fn respond(
    app: &App,
    request: &VerifiedRequest,
    id: Id,
    now: UnixSeconds,
    answer: countersign_core::response::Answer,
) -> Response {
    let claims = request.claims();
    Response {
        issuer: app.vendor().to_owned(),
        product: claims.product.clone(),
        id,
        issued_at: now,
        request: countersign_core::response::RequestRef { id: claims.id, hash: request.hash() },
        device: request.device_key().thumbprint(),
        answer,
    }
}

/// The product of a trial request, if this vendor has it.
async fn product(app: &App, id: &ProductId) -> Result<countersign_store::Product, Refusal> {
    app.store().product(id).await?.ok_or_else(|| Refusal::UnknownProduct(id.clone()))
}

/// The product, and how many days a trial of it has that starts now.
///
/// # Errors
/// [`Refusal::UnknownProduct`], [`Refusal::NoTrial`], [`Refusal::TrialsOver`].
pub async fn trial_of_product(
    app: &App,
    id: &ProductId,
) -> Result<(countersign_store::Product, u64), Refusal> {
    let (product, now) = (product(app, id).await?, app.now());
    trial::end(&product, now)?;
    let days = product.trial.days_from(now).ok_or(Refusal::NoTrial)?;
    Ok((product, days))
}

/// What a file that is no request says about itself, for the words of a refusal.
pub fn kind_of(bytes: &[u8]) -> Option<countersign_core::TokenType> {
    let token = file::read(bytes).ok()?;
    Unverified::decode(&token).ok().map(|token| token.token_type())
}
