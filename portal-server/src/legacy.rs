//! `POST /v3/trial-activations/offline-activate`: trials for pages that vendors had before. Only the address and the product
//! id in such a page change: it sends `{"offlineRequest", "productId", "responseValidity"}`, and reads `{"offlineResponse"}` or
//! `{"message", "code"}`.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, Uri, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use countersign_core::{Code, TokenType, file};
use serde::Deserialize;
use serde_json::json;

use crate::api;
use crate::app::App;
use crate::desk::{Refusal, TrialAsk};
use crate::lanes::Work;
use crate::problem::Problem;

/// What such a page sends.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    offline_request: String,
    product_id: String,
    /// Seconds; the vendor's cap holds.
    response_validity: Option<u64>,
}

pub(crate) fn activate() -> MethodRouter<App> {
    let methods = post(answer).fallback(async || Problem::wrong_method());
    methods.layer(DefaultBodyLimit::max(2 * file::MAX_FILE))
}

/// Problems in the shape that such a page reads, those of the layers around it too.
pub(crate) async fn in_its_shape(mut answer: Response) -> Response {
    match answer.extensions_mut().remove::<Problem>() {
        Some(problem) => problem.into_legacy(),
        None => answer,
    }
}

/// The layer for [`in_its_shape`].
pub(crate) fn shaped(methods: MethodRouter<App>) -> MethodRouter<App> {
    methods.layer(map_response(in_its_shape))
}

async fn answer(
    State(app): State<App>,
    uri: Uri,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let body = body.map_err(|refused| api::unread(&refused))?;
    let sent: Sent = serde_json::from_slice(&body).map_err(|error| unreadable(&error))?;
    let _place = app.lane(Work::Trials).enter().await.ok_or_else(Problem::busy)?;
    let request = api::understand(sent.offline_request.as_bytes(), TokenType::TrialRequest)?;
    let product = &request.claims().product;
    if product.as_str() != sent.product_id {
        let fact = format!("the request is for the product {product}, and this page is not");
        return Err(Refusal::from(countersign_core::Error::new(Code::WrongProduct, fact)).into());
    }
    let ask = TrialAsk { work: api::work(&uri), import_seconds: sent.response_validity };
    let answered = api::answer_asked(&app, &request, &ask).await?;
    let body = json!({"offlineResponse": answered.token}).to_string();
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

fn unreadable(error: &serde_json::Error) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "bad-json",
        "The body is not readable",
        &format!("The body is not what this address takes: {error}."),
        "Send {\"offlineRequest\": \"<three dotted parts>\", \"productId\": \"...\", \"responseValidity\": <seconds>}.",
    )
}
