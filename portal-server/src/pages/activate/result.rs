//! The second step: every request that the review showed is answered, and what came of it is shown.

use std::sync::Arc;

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::Response;
use countersign_core::request::VerifiedRequest;
use countersign_core::{Hash, TokenType};
use futures_util::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};

use super::batch::{self, Part};
use super::review::Review;
use super::why::Why;
use super::{AT_ONCE, Paths, Place, kind_key};
use crate::access::Visitor;
use crate::app::App;
use crate::bundle::read::{MOST_FILES, shown_name};
use crate::desk::{self, Answered, Door};
use crate::language::Language;
use crate::pages::{ErrorPage, Frame, page, responses};

/// The tokens that the review showed, with the names of their files, and what else lay beside them.
#[derive(Deserialize)]
pub(crate) struct Confirmed {
    #[serde(default)]
    request: Vec<String>,
    #[serde(default)]
    name: Vec<String>,
    /// Files that the review refused.
    #[serde(default)]
    left: Vec<String>,
    #[serde(default)]
    pub(super) license_key: String,
    /// Whether the seats do not suffice for all.
    #[serde(default)]
    in_turn: Option<String>,
    /// The id of a large batch, in the place of all that.
    #[serde(default)]
    pub(super) batch: String,
}

/// As it is kept where every node finds it.
#[derive(Serialize, Deserialize)]
pub(super) struct KeptResult {
    name: String,
    machine: String,
    kind: Option<String>,
    answered: Option<String>,
    why: Option<Why>,
    token: String,
}

/// One request as the result shows it.
#[derive(Debug)]
pub(super) struct ResultItem {
    pub(super) name: String,
    pub(super) machine: String,
    pub(super) kind: Option<TokenType>,
    pub(super) answered: Option<Answered>,
    pub(super) why: Option<Why>,
    token: String,
}

impl ResultItem {
    pub(super) fn kept(&self) -> KeptResult {
        KeptResult {
            name: self.name.clone(),
            machine: self.machine.clone(),
            kind: self.kind.map(|kind| kind.as_str().to_owned()),
            answered: self.answered.as_ref().map(|answered| answered.request_hash.to_string()),
            why: self.why.clone(),
            token: self.token.clone(),
        }
    }

    /// Its answer is read again: it is the same for ever. `None`: it is not there any more.
    pub(super) async fn of_kept(app: &App, kept: KeptResult) -> Result<Option<Self>, ErrorPage> {
        let KeptResult { name, machine, kind, answered, why, token } = kept;
        let kind = kind.and_then(|kind| kind.parse().ok());
        let answered = match answered.map(|hash| hash.parse::<Hash>()) {
            None => None,
            Some(hash) => {
                let hash = hash.map_err(|error| ErrorPage::internal(&error))?;
                let found = desk::again(app, &hash).await;
                let Some(found) = found.map_err(|error| ErrorPage::internal(&error))? else {
                    return Ok(None);
                };
                Some(found)
            }
        };
        Ok(Some(Self { name, machine, kind, answered, why, token }))
    }

    fn is_receipt(&self) -> bool {
        self.answered.as_ref().is_some_and(|a| a.response.granted().is_none())
    }

    pub(super) fn kind(&self, language: &Language) -> String {
        self.kind.map(|kind| language.t(&kind_key(kind))).unwrap_or_default()
    }

    /// What stands for it in the forms of the result: its answer, or itself.
    pub(super) fn row(&self) -> String {
        let hash = self.answered.as_ref().map(|answered| answered.request_hash.to_string());
        hash.unwrap_or_else(|| self.token.clone())
    }

    /// What came of it, in a sentence.
    fn outcome(&self, language: &Language) -> String {
        self.answered.as_ref().map(|answered| outcome(answered, *language)).unwrap_or_default()
    }

    /// A larger token does not fit into a QR code (2,953 bytes at level L).
    fn has_qr(&self) -> bool {
        self.answered.as_ref().is_some_and(|a| a.token.len() <= responses::QR_LARGEST)
    }
}

/// What an answer gives, in a sentence.
pub(super) fn outcome(answered: &Answered, language: Language) -> String {
    let Some(granted) = answered.response.granted() else { return language.t("result-receipt") };
    let until = match granted.grant.expires_at {
        Some(end) => language.t1("until", "end", language.date_time(end)),
        None => language.t("without-end"),
    };
    language.t2("result-ready", "until", until, "import-by", language.date_time(granted.import_by))
}

/// What came of a batch, before it is put into words.
#[derive(Debug)]
pub(super) struct Results {
    pub(super) items: Vec<ResultItem>,
    pub(super) left: Vec<String>,
    pub(super) license_key: String,
}

impl Results {
    /// How long the tokens are together: the responses, and the requests that got none.
    pub(super) fn characters(&self) -> usize {
        let of = |item: &ResultItem| match &item.answered {
            Some(answered) => answered.token.len(),
            None => item.token.len(),
        };
        self.items.iter().map(of).sum()
    }

    /// Seconds to wait, where the portal could answer nothing at all, and none of it is the requests' fault.
    fn again_in(&self) -> Option<u64> {
        let waits = self.items.iter().map(|item| item.why.as_ref().and_then(|why| why.again_in));
        waits.collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    fn is_large(&self) -> bool {
        batch::is_large(self.items.len(), self.characters())
    }
}

#[derive(Template)]
#[template(path = "result.html")]
pub(super) struct ResultPage {
    pub(super) frame: Frame,
    pub(super) results: Arc<Results>,
    /// Of a large batch.
    pub(super) part: Option<Part>,
    pub(super) paths: Paths,
}

impl ResultPage {
    fn as_table(&self) -> bool {
        self.part.is_some()
    }

    fn shown(&self) -> &[ResultItem] {
        Part::shown(self.part.as_ref(), &self.results.items)
    }

    fn left(&self) -> &[String] {
        &self.results.left
    }

    fn done(&self) -> usize {
        self.results.items.iter().filter(|item| item.answered.is_some()).count()
    }

    /// Whether all that was brought is answered.
    fn is_whole(&self) -> bool {
        self.refused() == 0 && self.results.left.is_empty()
    }

    fn refused(&self) -> usize {
        self.results.items.len() - self.done()
    }
}

/// Answers all that was confirmed.
pub(super) async fn answer_all(
    app: &App,
    visitor: &Visitor,
    confirmed: Confirmed,
    door: Door,
    place: Place,
) -> Result<Response, ErrorPage> {
    let Confirmed { request, name, left, license_key, in_turn, .. } = confirmed;
    if request.is_empty() || request.len() > MOST_FILES || left.len() > MOST_FILES {
        return Err(ErrorPage::upload("error-upload-none"));
    }
    let names = name.iter().map(|name| shown_name(name)).chain(std::iter::repeat(String::new()));
    let batch = request.into_iter().zip(names).collect();
    let at_once = if in_turn.is_some() { 1 } else { AT_ONCE };
    let items = answer_batch(app, batch, door, visitor.language, at_once).await;
    let left = left.iter().map(|name| shown_name(name)).collect();
    let results = Arc::new(Results { items, left, license_key });
    let part = match results.is_large() {
        true => Some(batch::keep_results(app, visitor, place, None, &results).await?),
        false => None,
    };
    let (frame, paths) = (Frame::new(app, visitor), Paths::of(place));
    let wait = results.again_in();
    let mut response = page(&ResultPage { frame, results, part, paths });
    if let Some(seconds) = wait {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

/// Answers what a review showed.
pub(super) async fn of_review(
    app: &App,
    visitor: &Visitor,
    review: &Review,
    door: Door,
) -> Results {
    let batch = review.ready().map(|(token, name)| (token.to_owned(), name.to_owned())).collect();
    let at_once = if review.is_short() { 1 } else { AT_ONCE };
    let items = answer_batch(app, batch, door, visitor.language, at_once).await;
    let left = review.left().map(str::to_owned).collect();
    Results { items, left, license_key: review.license_key.clone() }
}

/// The answers in the order of the requests. Deactivations come first: the seats that they free are there for the others.
async fn answer_batch(
    app: &App,
    batch: Vec<(String, String)>,
    door: Door,
    language: Language,
    at_once: usize,
) -> Vec<ResultItem> {
    let door = Arc::new(door);
    let understood = batch.into_iter().enumerate().map(|(index, (token, name))| {
        (index, name, desk::understand(token.as_bytes()).map(|(_, request)| request), token)
    });
    let frees =
        |request: &VerifiedRequest| request.claims().token_type() == TokenType::DeactivationRequest;
    let (first, then): (Vec<_>, Vec<_>) =
        understood.partition(|(_, _, request, _)| request.as_ref().is_ok_and(frees));
    let mut done: Vec<(usize, ResultItem)> = Vec::new();
    for part in [first, then] {
        let answers = part.into_iter().map(|(index, name, request, token)| {
            let (app, door) = (app.clone(), Arc::clone(&door));
            async move {
                let item = match request {
                    Ok(request) => answer(&app, &request, &door, language).await,
                    Err(refusal) => unreadable(&refusal, language),
                };
                (index, ResultItem { name, token, ..item })
            }
        });
        done.extend(stream::iter(answers).buffered(at_once).collect::<Vec<_>>().await);
    }
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, item)| item).collect()
}

fn unreadable(refusal: &desk::Refusal, language: Language) -> ResultItem {
    ResultItem {
        name: String::new(),
        machine: language.t("machine-unnamed"),
        kind: None,
        answered: None,
        why: Some(refusal.into()),
        token: String::new(),
    }
}

async fn answer(
    app: &App,
    request: &VerifiedRequest,
    door: &Door,
    language: Language,
) -> ResultItem {
    let named = request.claims().device_name().map(str::to_owned);
    let (answered, why) = match desk::answer(app, request, door).await {
        Ok(answered) => (Some(answered), None),
        Err(refusal) => (None, Some((&refusal).into())),
    };
    let machine = named.or_else(|| answered.as_ref()?.device_name.clone());
    ResultItem {
        name: String::new(),
        machine: machine.unwrap_or_else(|| language.t("machine-unnamed")),
        kind: Some(request.claims().token_type()),
        answered,
        why,
        token: String::new(),
    }
}
