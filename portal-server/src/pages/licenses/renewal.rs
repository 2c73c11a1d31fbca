//! Fresh responses when a license was extended, without new request files: for one machine, or for all of them as a zip.

use axum::extract::{Path, State};
use axum::response::Response;
use countersign_store::{
    Activation, ActivationQuery, ActivationState, ActivationStates, License, User,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::Semaphore;

use super::machine::{Ids, found};
use super::{license_to_act_on, to_be_said};
use crate::access::Visitor;
use crate::app::App;
use crate::bundle::write::{self, Entry};
use crate::desk::{self, Answered, Refusal};
use crate::download;
use crate::language::Language;
use crate::pages::ErrorPage;

/// The most machines of one zip: the newest ones.
pub(super) const MOST_MACHINES: u64 = 2000;
/// The writer commits together what waits together.
const AT_ONCE: usize = 64;
/// Zips that are made at the same time: each signs for many machines.
static ZIPS: Semaphore = Semaphore::const_new(2);

/// `/licenses/{id}/machines/{activation}/renew`
pub(crate) async fn renew(
    State(app): State<App>,
    visitor: Visitor,
    Path(ids): Path<Ids>,
) -> Result<Response, ErrorPage> {
    let user = visitor.user()?;
    let found = found(&app, &user, &ids).await?;
    if !found.access.acts() {
        return Err(ErrorPage::forbidden());
    }
    match desk::renew(&app, &user, &found.activation.id).await {
        Ok(answered) => Ok(download::attachment(&answered.file_name(), answered.file())),
        Err(refusal) => Err(refused(refusal)?),
    }
}

/// `/licenses/{id}/responses.zip`: every machine that holds a seat, and a text that names those that got nothing.
pub(crate) async fn all(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let user = visitor.user()?;
    let license = license_to_act_on(&app, &user, &id).await?;
    let _permit = ZIPS.acquire().await.map_err(|error| ErrorPage::internal(&error))?;
    let (fresh, left) = renewed(&app, &user, &license).await?;
    if fresh.is_empty() {
        let refusal = left.into_iter().next().map_or(Refusal::HoldsNoSeat, |(_, why)| why);
        return Err(refused(refusal)?);
    }
    let mut entries: Vec<Entry> = fresh.iter().map(Entry::response).collect();
    entries.extend(left_out(&left, app.now(), visitor.language));
    let packed = tokio::task::spawn_blocking(move || write::zip_of(entries)).await;
    let zip = packed.map_err(|error| ErrorPage::internal(&error))?;
    let zip = zip.map_err(|error| ErrorPage::internal(&error))?;
    Ok(download::attachment_of("application/zip", "responses.zip", zip))
}

async fn renewed(
    app: &App,
    user: &User,
    license: &License,
) -> Result<(Vec<Answered>, Vec<(Activation, Refusal)>), ErrorPage> {
    let machines = active(app, license).await?;
    let renew = async |machine: Activation| match desk::renew(app, user, &machine.id).await {
        Ok(answered) => Ok(Ok(answered)),
        // One that was given back in the meantime is no fault.
        Err(Refusal::UnknownActivation) => Ok(Err(Box::new((machine, Refusal::HoldsNoSeat)))),
        Err(refusal) => to_be_said(refusal).map(|why| Err(Box::new((machine, why)))),
    };
    let done = stream::iter(machines.into_iter().map(renew)).buffered(AT_ONCE);
    let done: Vec<Result<Answered, _>> = done.try_collect::<Vec<_>>().await?;
    let (mut fresh, mut left) = (Vec::new(), Vec::new());
    for one in done {
        match one {
            Ok(answered) => fresh.push(answered),
            Err(refused) => left.push(*refused),
        }
    }
    Ok((fresh, left))
}

async fn active(app: &App, license: &License) -> Result<Vec<Activation>, ErrorPage> {
    let states = ActivationStates::One(ActivationState::Active);
    let mut query = ActivationQuery { states, most: 100, ..ActivationQuery::of(license.id) };
    let mut machines = Vec::new();
    loop {
        let page = app.store().activation_page(&query).await?;
        machines.extend(page.items);
        query.after = page.next;
        if query.after.is_none() || machines.len() as u64 >= MOST_MACHINES {
            return Ok(machines);
        }
    }
}

/// Which machines got no fresh response, and what to do: a text beside the responses.
fn left_out(left: &[(Activation, Refusal)], now: u64, language: Language) -> Option<Entry> {
    let line = |(machine, why): &(Activation, Refusal)| {
        let name = machine.device_name.clone().unwrap_or_else(|| machine.id.to_string());
        format!("{name}: {} {}\r\n", language.say(&why.fact()), language.say(&why.advice()))
    };
    (!left.is_empty()).then(|| Entry {
        stem: language.t("renewal-left-out"),
        extension: "txt",
        key: String::new(),
        content: left.iter().map(line).collect(),
        time: now,
    })
}

/// The page that says why.
fn refused(refusal: Refusal) -> Result<ErrorPage, ErrorPage> {
    let refusal = to_be_said(refusal)?;
    Ok(ErrorPage::of_refusal(&refusal))
}
