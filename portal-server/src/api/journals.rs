//! `/api/v1/journals`: what a support desk signed by itself, pushed by its program with a token.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};
use countersign_core::Hash;
use countersign_journal::part::MOST_BYTES;
use countersign_store::{License, MergedEntry, Numbers};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::unread;
use crate::access::token::Holder;
use crate::app::App;
use crate::desk::Refusal;
use crate::journals::{NotTaken, Taken, take_in};
use crate::problem::Problem;

/// Entries that are named with what is odd about them.
const MOST_NAMED: usize = 100;

/// `POST /api/v1/journals`: the first line of a journal, and entries that follow one another from any number on, as its lines.
pub(crate) fn push() -> MethodRouter<App> {
    let handler =
        async |State(app): State<App>, holder: Holder, body: Result<Bytes, BytesRejection>| {
            let body = body.map_err(|refused| match refused.status() {
                StatusCode::PAYLOAD_TOO_LARGE => Problem::journal_too_large(),
                _ => unread(&refused),
            })?;
            let actor = format!("token:{}", holder.token.id);
            let taken = take_in(&app, body.to_vec(), &actor).await.map_err(refused)?;
            let journal = known(&app, &taken.journal, None).await?;
            Ok::<_, Problem>(answer(&with(journal, outcome(&taken))))
        };
    let methods = post(handler).fallback(async || Problem::wrong_method());
    methods.layer(DefaultBodyLimit::max(MOST_BYTES))
}

/// Which entry's hash is asked for beside the last one's.
#[derive(Debug, Deserialize)]
struct At {
    n: Option<u64>,
}

/// `GET /api/v1/journals/{id}`: how far the journal with this first line is known. A push goes on after it.
pub(crate) fn show() -> MethodRouter<App> {
    let handler = async |State(app): State<App>,
                         _: Holder,
                         Path(id): Path<String>,
                         at: Result<Query<At>, QueryRejection>| {
        let Query(at) = at.map_err(|error| Problem::bad_query(&error.body_text()))?;
        let id: Hash = id.parse().map_err(|_| Problem::not_found())?;
        Ok::<_, Problem>(answer(&known(&app, &id, at.n).await?))
    };
    get(handler).fallback(async || Problem::wrong_method())
}

fn answer(body: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// What is known of a journal; of one that never came, that it ends with its first line.
async fn known(app: &App, id: &Hash, at: Option<u64>) -> Result<Value, Problem> {
    let store = app.store();
    let journal = store.journal(id).await.map_err(Refusal::Store)?;
    let hash_at = match at {
        Some(n) => store.journal_hash_at(id, n).await.map_err(Refusal::Store)?,
        None => None,
    };
    let numbers = store.journal_numbers(id).await.map_err(Refusal::Store)?;
    let head = journal.as_ref().map_or((0, *id), |journal| (journal.head_n, journal.head_hash));
    Ok(json!({
        "journal": id.to_string(),
        "count": head.0,
        "head": head.1.to_string(),
        "hash_at": hash_at.map(|hash| hash.to_string()),
        "entries": journal.as_ref().map_or(0, |journal| journal.entries),
        "forked": journal.as_ref().is_some_and(|journal| journal.forked_at.is_some()),
        "gaps": numbers.iter().flat_map(gaps).collect::<Vec<_>>(),
        "twice": numbers.iter().flat_map(twice).collect::<Vec<_>>(),
    }))
}

fn gaps(numbers: &Numbers) -> impl Iterator<Item = Value> {
    let of = |(first, last): &(u64, u64)| json!({"delegation": numbers.delegation, "first": first, "last": last});
    numbers.gaps.iter().map(of)
}

fn twice(numbers: &Numbers) -> impl Iterator<Item = Value> {
    let of = |(number, grants): &(u64, u64)| json!({"delegation": numbers.delegation, "number": number, "grants": grants});
    numbers.twice.iter().map(of)
}

fn outcome(taken: &Taken) -> Value {
    let new: Vec<&MergedEntry> = taken.entries.iter().filter(|entry| entry.is_new).collect();
    let mut verdicts: Map<String, Value> = Map::new();
    for entry in &new {
        let count = verdicts.entry(entry.verdict.as_str()).or_insert(json!(0));
        *count = json!(count.as_u64().unwrap_or(0) + 1);
    }
    let odd = new.iter().filter(|entry| entry.verdict.is_odd()).take(MOST_NAMED);
    let odd = odd.map(|e| json!({"n": e.n, "verdict": e.verdict.as_str(), "why": e.why}));
    json!({
        "received": taken.entries.len(),
        "new": new.len(),
        "verdicts": verdicts,
        "duplicates": new.iter().filter(|entry| entry.is_duplicate).count(),
        "odd": odd.collect::<Vec<_>>(),
        "over": taken.over.iter().map(over).collect::<Vec<_>>(),
    })
}

fn over(license: &License) -> Value {
    json!({
        "license": license.id.to_string(),
        "holder": license.holder,
        "allowed_activations": license.allowed_activations,
        "over_activations": license.over_activations,
        "over_deactivations": license.over_deactivations,
    })
}

fn with(mut body: Value, more: Value) -> Value {
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    body
}

fn refused(why: NotTaken) -> Problem {
    match why {
        NotTaken::Unreadable(why) => Problem::journal_unreadable(&why),
        NotTaken::DoesNotFollow => Problem::journal_does_not_follow(),
        NotTaken::Store(error) => Refusal::Store(error).into(),
    }
}
