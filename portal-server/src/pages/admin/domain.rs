//! `/admin/settings/domain`: the vendor's own host of the portal, with the records that it needs and what DNS says of them.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use countersign_store::{Domain, DomainState, Finding, SeenRecord};
use serde::Deserialize;

use super::{ErrorPage, actor};
use crate::access::Visitor;
use crate::app::App;
use crate::domain::manage::{self, Refused};
use crate::domain::records::{self, Record};
use crate::host::PublicUrl;
use crate::language::Say;
use crate::pages::{Frame, page};

const PATH: &str = "/admin/settings/domain";

#[derive(Template)]
#[template(path = "admin/domain.html")]
struct DomainPage {
    frame: Frame,
    /// The operator's address.
    operator: Option<String>,
    /// What links begin with now.
    links: String,
    domain: Option<Shown>,
}

/// The domain as it stands.
struct Shown {
    name: String,
    /// The portal under it.
    url: String,
    /// The class and the key of its state.
    state: (&'static str, &'static str),
    is_answered: bool,
    is_used: bool,
    is_failing: bool,
    /// The operator's host has a name, which an alias can lead to.
    is_alias: bool,
    /// Where it has to lead.
    target: String,
    rows: [Row; 2],
    checked_at: Option<u64>,
    check_at: Option<u64>,
}

/// A record with what was found of it.
struct Row {
    id: &'static str,
    record: Record,
    /// The class and the key of how it is.
    status: (&'static str, &'static str),
    say: Say,
}

impl Row {
    fn new(id: &'static str, record: Record, found: &SeenRecord) -> Self {
        let key = match found.finding {
            Finding::Elsewhere => format!("finding-{id}-elsewhere"),
            finding => format!("finding-{}", finding.as_str()),
        };
        let status = match found.finding {
            Finding::Right => ("done", "record-right"),
            Finding::Unknown => ("", "record-unknown"),
            Finding::Silent | Finding::Failed => ("ending", "record-unanswered"),
            Finding::NoName | Finding::NoRecord => ("ending", "record-missing"),
            Finding::Elsewhere | Finding::Loop => ("refused", "record-wrong"),
        };
        Self { id, record, status, say: Say::new(key).with("seen", found.seen.clone()) }
    }
}

impl Shown {
    fn of(domain: &Domain, url: &PublicUrl) -> Self {
        let pointer = records::pointer(&domain.name, url.host());
        let is_failing = domain.is_answered() && domain.failing_since.is_some();
        let state = match domain.state {
            _ if is_failing => ("refused", "domain-is-failing"),
            DomainState::Asked => ("ending", "domain-is-asked"),
            DomainState::Verified => ("done", "domain-is-verified"),
            DomainState::Used => ("active", "domain-is-used"),
        };
        Self {
            url: url.at(&domain.name),
            state,
            is_answered: domain.is_answered(),
            is_used: domain.state == DomainState::Used,
            is_failing,
            is_alias: pointer.kind == "CNAME",
            target: pointer.value.clone(),
            rows: [
                Row::new("pointer", pointer, &domain.check.pointer),
                Row::new("proof", records::proof(&domain.name, &domain.token), &domain.check.proof),
            ],
            checked_at: domain.checked_at,
            check_at: domain.check_at,
            name: domain.name.clone(),
        }
    }
}

/// The page.
pub(crate) async fn show(State(app): State<App>, visitor: Visitor) -> Result<Response, ErrorPage> {
    app.domain_changed().await?;
    let (domain, url) = (app.domain(), app.public_url());
    Ok(page(&DomainPage {
        frame: Frame::new(&app, &visitor),
        operator: url.map(ToString::to_string),
        links: app.base_url(),
        domain: domain.zip(url).map(|(domain, url)| Shown::of(&domain, url)),
    }))
}

#[derive(Deserialize)]
pub(crate) struct NameForm {
    name: String,
}

/// Sets a domain: its records are looked for from now on.
pub(crate) async fn set(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<NameForm>,
) -> Result<Response, ErrorPage> {
    manage::set(&app, &form.name, &actor(&visitor.user()?)).await?;
    Ok(back())
}

/// Asks DNS at once.
pub(crate) async fn check(State(app): State<App>, visitor: Visitor) -> Result<Response, ErrorPage> {
    visitor.user()?;
    manage::check_now(&app).await?;
    Ok(back())
}

#[derive(Deserialize)]
pub(crate) struct UseForm {
    name: String,
    #[serde(default)]
    used: String,
}

/// Lets links begin with it, or no longer.
pub(crate) async fn put_to_use(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<UseForm>,
) -> Result<Response, ErrorPage> {
    let (admin, is_used) = (visitor.user()?, form.used == "on");
    manage::put_to_use(&app, &form.name, is_used, &actor(&admin)).await?;
    Ok(back())
}

/// Ends it at once.
pub(crate) async fn remove(
    State(app): State<App>,
    visitor: Visitor,
) -> Result<Response, ErrorPage> {
    manage::remove(&app, &actor(&visitor.user()?)).await?;
    Ok(back())
}

fn back() -> Response {
    Redirect::to(PATH).into_response()
}

impl From<Refused> for ErrorPage {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unfit(say) => Self::bad_input(say),
            Refused::JustChecked => {
                Self::refused(StatusCode::TOO_MANY_REQUESTS, Say::new("domain-just-checked"))
            }
            Refused::Failed(error) => Self::store(error),
        }
    }
}
