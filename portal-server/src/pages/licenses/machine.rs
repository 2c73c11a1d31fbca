//! `/licenses/{id}/machines/{activation}`: one machine, its response and its receipt again, and what can be done for it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use countersign_core::Hash;
use countersign_store::{Access, Activation, ActivationState, License, User};

use super::machines::{MachineView, People};
use super::{LicenseView, Standing, license_and_access, view};
use crate::access::Visitor;
use crate::app::App;
use crate::desk::{self, Answered, Freshness};
use crate::download;
use crate::language::Language;
use crate::pages::{ErrorPage, Frame, page};

/// The license and the activation of a path.
pub(crate) type Ids = (String, String);

#[derive(Template)]
#[template(path = "machine.html")]
struct MachinePage {
    frame: Frame,
    license: LicenseView,
    machine: MachineView,
    ended: String,
    release: Option<ReleaseView>,
    has_response: bool,
    receipt: Option<String>,
    renewal: Renewal,
    may_release: bool,
    acts: bool,
}

/// A seat that was released without proof, in words.
struct ReleaseView {
    when: String,
    by: String,
    reason: String,
    came_back: Option<String>,
}

/// What a fresh response would be worth, in words.
#[derive(Debug, PartialEq, Eq)]
enum Renewal {
    /// There can be none: the message that says why.
    None(&'static str),
    /// The machine has what there is.
    Current,
    /// It would say the same, or nobody knows: the message that says so.
    Again(&'static str),
    /// It would change this.
    Older(Vec<String>),
}

impl Renewal {
    fn is_older(&self) -> bool {
        matches!(self, Self::Older(_))
    }
}

/// One machine.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(ids): Path<Ids>,
) -> Result<Response, ErrorPage> {
    let (user, language) = (visitor.user()?, visitor.language);
    let Found { license, access, activation } = found(&app, &user, &ids).await?;
    let mut people = People::new(&app, &license, &user, language);
    Ok(page(&MachinePage {
        frame: Frame::new(&app, &visitor),
        license: view(&app, &license, language).await?,
        machine: MachineView::with_names(&activation, &mut people).await?,
        ended: activation.ended_at.map(|at| language.date_time(at)).unwrap_or_default(),
        release: release_view(&activation, &mut people).await?,
        has_response: latest(&app, &activation).await?.is_some(),
        receipt: receipt_of(&app, &activation).await?.map(|answered| answered.file_name()),
        renewal: renewal(&app, &license, &activation, language).await?,
        may_release: access.manages() && activation.state.holds_seat(),
        acts: access.acts(),
    }))
}

async fn renewal(
    app: &App,
    license: &License,
    activation: &Activation,
    language: Language,
) -> Result<Renewal, ErrorPage> {
    Ok(match activation.state {
        ActivationState::Active if !is_in_force(license, app.now()) => {
            Renewal::None("renewal-license")
        }
        ActivationState::Active if activation.request.is_none() => {
            Renewal::None("renewal-unavailable")
        }
        ActivationState::Active => match freshness(app, license, activation).await? {
            Freshness::Current => Renewal::Current,
            Freshness::Late => Renewal::Again("renewal-late"),
            Freshness::Unknown => Renewal::Again("renewal-unknown"),
            Freshness::Older(changes) => {
                Renewal::Older(changes.iter().map(|change| change.words(&language)).collect())
            }
        },
        _ => Renewal::None("renewal-no-seat"),
    })
}

fn is_in_force(license: &License, now: u64) -> bool {
    matches!(Standing::of(license, now), Standing::Active | Standing::EndsSoon(_))
}

async fn freshness(
    app: &App,
    license: &License,
    activation: &Activation,
) -> Result<Freshness, ErrorPage> {
    let compared = desk::freshness(app, license, activation).await;
    compared.map_err(|refusal| ErrorPage::internal(&refusal))
}

/// What a fresh response would change on a machine, in a line for a list; empty where there can be none, or nothing new.
pub(super) async fn news(
    app: &App,
    license: &License,
    activation: &Activation,
    language: Language,
) -> Result<String, ErrorPage> {
    if activation.state != ActivationState::Active || !is_in_force(license, app.now()) {
        return Ok(String::new());
    }
    let Freshness::Older(changes) = freshness(app, license, activation).await? else {
        return Ok(String::new());
    };
    let words: Vec<_> = changes.iter().map(|change| change.words(&language)).collect();
    Ok(words.join(" "))
}

async fn release_view(
    activation: &Activation,
    people: &mut People<'_>,
) -> Result<Option<ReleaseView>, ErrorPage> {
    let Some(release) = &activation.release else { return Ok(None) };
    let language = people.language;
    Ok(Some(ReleaseView {
        when: language.when(activation.ended_at),
        by: people.name(release.by).await?,
        reason: release.reason.clone(),
        came_back: release.came_back_at.map(|at| language.date_time(at)),
    }))
}

/// `/licenses/{id}/machines/{activation}/response`: what the machine got last, the same bytes.
pub(crate) async fn response(
    State(app): State<App>,
    visitor: Visitor,
    Path(ids): Path<Ids>,
) -> Result<Response, ErrorPage> {
    let found = found(&app, &visitor.user()?, &ids).await?;
    file(latest(&app, &found.activation).await?)
}

/// `/licenses/{id}/machines/{activation}/receipt`: what the machine got when it gave its seat back.
pub(crate) async fn receipt(
    State(app): State<App>,
    visitor: Visitor,
    Path(ids): Path<Ids>,
) -> Result<Response, ErrorPage> {
    let found = found(&app, &visitor.user()?, &ids).await?;
    file(receipt_of(&app, &found.activation).await?)
}

fn file(answered: Option<Answered>) -> Result<Response, ErrorPage> {
    let answered = answered.ok_or_else(ErrorPage::not_found)?;
    Ok(download::attachment(&answered.file_name(), answered.file()))
}

async fn latest(app: &App, activation: &Activation) -> Result<Option<Answered>, ErrorPage> {
    let found = desk::latest(app, activation).await;
    found.map_err(|refusal| ErrorPage::internal(&refusal))
}

async fn receipt_of(app: &App, activation: &Activation) -> Result<Option<Answered>, ErrorPage> {
    match app.store().receipt_of(&activation.id).await? {
        Some(hash) => again(app, &hash).await,
        None => Ok(None),
    }
}

async fn again(app: &App, hash: &Hash) -> Result<Option<Answered>, ErrorPage> {
    desk::again(app, hash).await.map_err(|refusal| ErrorPage::internal(&refusal))
}

/// What a path leads to.
pub(super) struct Found {
    pub(super) license: License,
    pub(super) access: Access,
    pub(super) activation: Activation,
}

/// The machine, if it is one of this license and the user may see that. Somebody else's does not exist.
pub(super) async fn found(app: &App, user: &User, ids: &Ids) -> Result<Found, ErrorPage> {
    let (license, access) = license_and_access(app, user, &ids.0).await?;
    let id = ids.1.parse().map_err(|_| ErrorPage::not_found())?;
    let activation = app.store().activation(&id).await?.filter(|a| a.license == license.id);
    let activation = activation.ok_or_else(ErrorPage::not_found)?;
    Ok(Found { license, access, activation })
}
