//! The JSON API for programs: a request in, the response or a problem out. Public: the request proves itself.

pub(crate) mod activations;
mod answers;
pub(crate) mod ask;
pub(crate) mod audit;
mod body;
pub(crate) mod describe;
pub(crate) mod document;
pub(crate) mod domain;
pub(crate) mod journals;
pub(crate) mod licenses;
mod list;
pub(crate) mod look;
pub(crate) mod mail;
mod once;
pub(crate) mod operation;
pub(crate) mod organizations;
pub(crate) mod overview;
pub(crate) mod plans;
pub(crate) mod policy;
pub(crate) mod products;
mod refusals;
pub(crate) mod releases;
pub(crate) mod settings;
pub(crate) mod sign_on;
pub(crate) mod support;
pub(crate) mod trials;
mod types;
pub(crate) mod users;
pub(crate) mod webhooks;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, get, post};
use countersign_core::request::VerifiedRequest;
use countersign_core::{Hash, ProductId, TokenType, file};
use serde_json::json;

use self::answers::{AnotherTrial, AnsweredRequest, TrialTerms};
use crate::app::App;
use crate::desk::{self, Answered, Door, Refusal, TrialAsk};
use crate::disk::{self, Writes};
use crate::download;
use crate::keys::ending::{Ending, ending};
use crate::lanes::Work;
use crate::problem::Problem;

/// `POST` a request of one kind: as `text/plain` (file or token) or JSON `{"request": "…"}`. The answer is JSON; with
/// `Accept: text/plain` it is the response file itself.
pub(crate) fn answer(kind: TokenType) -> MethodRouter<App> {
    let handler = move |State(app): State<App>,
                        uri: Uri,
                        headers: HeaderMap,
                        body: Result<Bytes, BytesRejection>| async move {
        let body = body.map_err(|refused| unread(&refused))?;
        let work = match kind {
            TokenType::TrialRequest => Work::Trials,
            _ => Work::Machines,
        };
        let _place = app.lane(work).enter().await.ok_or_else(Problem::busy)?;
        let refused = |problem: &Problem| {
            app.metrics().unreadable(problem.code(), "api");
            app.refusals().count(Hash::of(&body), problem.code(), app.now());
        };
        let request = read_body(&headers, &body, kind).inspect_err(refused)?;
        let ask = TrialAsk { work: self::work(&uri), ..TrialAsk::default() };
        let answered = answer_asked(&app, &request, &ask).await?;
        let wants_file = headers.get(header::ACCEPT).is_some_and(|accept| accept == "text/plain");
        Ok::<_, Problem>(if wants_file {
            download::attachment(&answered.file_name(), answered.file())
        } else {
            answer_json(&answered)
        })
    };
    // JSON escapes nothing in a file but line breaks: a little more than the file itself.
    let methods = post(handler).fallback(async || Problem::wrong_method());
    methods.layer(DefaultBodyLimit::max(2 * file::MAX_FILE))
}

/// What is wrong where a body did not come whole.
pub(crate) fn unread(refused: &BytesRejection) -> Problem {
    match refused.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(),
        _ => Problem::broken_body(),
    }
}

/// Whatever else is asked for under `/api`.
pub(crate) fn not_found() -> MethodRouter<App> {
    any(async || Problem::not_found())
}

/// How a body is to be read.
enum Body {
    /// It is the request: a file, or a bare token.
    Itself,
    /// JSON with the request as a member.
    Json,
}

impl Body {
    /// By what the body says it is. A client that says nothing means the file; `curl` then says that it is a form.
    fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let kind = headers.get(header::CONTENT_TYPE).map_or(Ok(""), |kind| kind.to_str());
        let kind = kind.unwrap_or("?").split(';').next().unwrap_or_default().trim();
        match kind.to_ascii_lowercase().as_str() {
            "application/json" => Ok(Self::Json),
            "" | "application/octet-stream" | "application/x-www-form-urlencoded" => {
                Ok(Self::Itself)
            }
            text if text.starts_with("text/") => Ok(Self::Itself),
            _ => Err(Problem::unsupported_media()),
        }
    }
}

/// What a trial of a product is, for whoever sets a trial page up: its days from now, the day until which all trials run, when
/// there is another one, the work before it, and the roots under which it is signed.
pub(crate) fn trial_terms() -> MethodRouter<App> {
    get(|State(app): State<App>, Path(product): Path<String>| async move {
        let id: ProductId = product.parse().map_err(|_| Problem::not_found())?;
        let (product, days) = desk::trial_of_product(&app, &id).await?;
        let settings = app.settings().await.map_err(Refusal::from)?;
        let keys = app.keys();
        let roots = keys.roots.iter().map(|root| root.thumbprint().to_string());
        Ok::<_, Problem>(Json(TrialTerms {
            product: product.id.to_string(),
            days,
            end: product.trial.end,
            again: AnotherTrial::of(&product.trial.again),
            work_bits: settings.trial_work_bits,
            roots: roots.collect(),
        }))
    })
    .fallback(async || Problem::wrong_method())
}

/// Answers a request of a program; `ask` is for trials.
pub(crate) async fn answer_asked(
    app: &App,
    request: &VerifiedRequest,
    ask: &TrialAsk,
) -> Result<Answered, Problem> {
    Ok(desk::answer_asked(app, request, &Door::anonymous("api"), ask).await?)
}

/// The nonce that proves work: `?work=NONCE`.
pub(crate) fn work(uri: &Uri) -> Option<String> {
    let mut pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    pairs.find(|(name, _)| name == "work").map(|(_, nonce)| nonce.into_owned())
}

fn read_body(
    headers: &HeaderMap,
    body: &[u8],
    kind: TokenType,
) -> Result<VerifiedRequest, Problem> {
    let text;
    let bytes = match Body::of(headers)? {
        Body::Itself => body,
        Body::Json => {
            text = request_member(body)?;
            text.as_bytes()
        }
    };
    understand(bytes, kind)
}

/// A request of this kind, or what is wrong with it.
pub(crate) fn understand(bytes: &[u8], kind: TokenType) -> Result<VerifiedRequest, Problem> {
    let wrong_door = |found: TokenType| {
        Problem::from(Refusal::WrongDoor {
            found: found.with_article(),
            wanted: kind.with_article(),
        })
    };
    match desk::understand(bytes) {
        Ok((_, request)) if request.claims().token_type() == kind => Ok(request),
        Ok((_, request)) => Err(wrong_door(request.claims().token_type())),
        Err(refusal) => match desk::kind_of(bytes) {
            Some(found) if found != kind => Err(wrong_door(found)),
            _ => Err(refusal.into()),
        },
    }
}

fn request_member(body: &[u8]) -> Result<String, Problem> {
    let json: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let member = json.as_ref().and_then(|json| json.get("request")?.as_str());
    member.map(str::to_owned).ok_or_else(Problem::bad_json)
}

fn answer_json(answered: &Answered) -> Response {
    Json(answered_request(answered)).into_response()
}

fn answered_request(answered: &Answered) -> AnsweredRequest {
    let response = &answered.response;
    let granted = response.granted();
    AnsweredRequest {
        kind: response.token_type().as_str().to_owned(),
        id: response.id.to_string(),
        request_id: response.request.id.to_string(),
        product: response.product.to_string(),
        device_name: answered.device_name.clone(),
        file_name: answered.file_name(),
        file: answered.file(),
        token: answered.token.clone(),
        issued_at: response.issued_at,
        import_by: granted.map(|g| g.import_by),
        expires_at: granted.and_then(|g| g.grant.expires_at),
    }
}

/// Whether the process runs.
pub(crate) fn healthz() -> MethodRouter<App> {
    get(|| async { "ok\n" })
}

/// Whether the portal can answer requests: its database answers and its delegation is valid.
pub(crate) fn readyz() -> MethodRouter<App> {
    get(|State(app): State<App>| async move {
        let reads = app.store().ping().await.is_ok();
        let disk = disk::writes(&app).await;
        let database = reads && disk == Writes::Well;
        let keys = app.keys();
        let end = ending(&keys, app.now());
        let answers = keys.signing.is_reachable().await;
        let signing = !end.is_over() && answers;
        let draining = app.draining().is_begun();
        let status = match database && signing && !draining {
            true => StatusCode::OK,
            false => StatusCode::SERVICE_UNAVAILABLE,
        };
        let body = json!({
            "database": database,
            "database_reads": reads,
            "signing": signing,
            "signer_answers": answers,
            "draining": draining,
            "signing_key_until": end.until,
            "signing_key_days_left": end.days(),
            "warning": match disk {
                Writes::Not(why) => Some(why),
                Writes::Well => match warning(&app, end, answers) {
                    None => clock(&app).await,
                    warning => warning,
                },
            },
        });
        (status, [(header::CONTENT_TYPE, "application/json")], body.to_string())
    })
}

/// The clock goes back: what is signed now may be older than what machines have.
async fn clock(app: &App) -> Option<String> {
    let behind = disk::behind(app).await.ok().flatten()?;
    Some(format!(
        "the clock is {} hours behind what the portal has written: set it",
        behind / 3_600
    ))
}

/// What somebody should see to, without a word about where. Everybody may ask.
fn warning(app: &App, end: Ending, answers: bool) -> Option<String> {
    match (end.step, app.ring().trouble()) {
        _ if !answers => {
            Some("the signer does not answer: nothing new is signed until it is back".to_owned())
        }
        _ if end.is_over() => {
            Some("the signing key's delegation has ended: nothing new is signed".to_owned())
        }
        (Some(_), _) => Some(format!(
            "the signing key's delegation ends in {} days: bring a new one to /admin/keys",
            end.days()
        )),
        (None, Some(_)) => Some(
            "the files in the keys folder are not used: the log and /admin/keys say why".to_owned(),
        ),
        (None, None) => None,
    }
}
