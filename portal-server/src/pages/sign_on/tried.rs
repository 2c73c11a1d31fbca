//! What came back when an admin tried a provider out. Nobody is logged in, linked or created by that.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use countersign_core::Id;
use countersign_store::{IdentityProvider, SignedOn};

use super::door::{Door as _, OwnOrganization, Vendor};
use crate::access::{Permission, Visitor};
use crate::app::App;
use crate::language::Say;
use crate::pages::{ErrorPage, Frame, page_with, sso};
use crate::sso::{Person, Trouble, flow};

#[derive(Template)]
#[template(path = "sign_on/tried.html")]
struct TriedPage {
    frame: Frame,
    is_vendor: bool,
    back: String,
    name: String,
    issuer: String,
    person: Option<Person>,
    /// Whether it went well.
    good: bool,
    /// What would become of it.
    outcome: String,
    /// What was wrong, in the words of whoever found it.
    detail: Option<String>,
}

/// The page that says it, to the admin who began.
pub(in crate::pages) async fn tried(
    app: &App,
    visitor: &Visitor,
    jar: CookieJar,
    admin: Id,
    provider: &IdentityProvider,
    person: Result<Person, Trouble>,
) -> Result<Response, ErrorPage> {
    let is_vendor = may_see(visitor, admin, provider)?;
    let frame = Frame::new(app, visitor);
    let base = if is_vendor { Vendor::BASE } else { OwnOrganization::BASE };
    let (person, good, outcome, detail) = match person {
        Ok(person) => {
            let on = flow::sign_on(app, provider, &person);
            app.store().prove_identity_provider(provider.clone(), app.now()).await?;
            let would = app.store().would_sign_on(&on, app.now()).await?;
            let good = !matches!(would, SignedOn::Refused(_));
            (Some(person), good, outcome(&would), None)
        }
        Err(trouble) => {
            let (say, detail) = in_words(trouble)?;
            (None, false, say, detail)
        }
    };
    let page = TriedPage {
        outcome: frame.say(outcome.with("provider", provider.name.as_str())),
        back: format!("{base}/{}", provider.id),
        name: provider.name.clone(),
        issuer: provider.issuer.clone(),
        is_vendor,
        person,
        good,
        detail,
        frame,
    };
    Ok((jar, page_with(StatusCode::OK, &page)).into_response())
}

/// Whether it is the vendor who looks; nobody sees it but the admin who began, as long as they may.
fn may_see(visitor: &Visitor, admin: Id, provider: &IdentityProvider) -> Result<bool, ErrorPage> {
    let user = visitor.user.as_ref().filter(|user| user.id == admin);
    let user = user.ok_or_else(ErrorPage::forbidden)?;
    let runs_it = provider.organization.is_some() && user.runs() == provider.organization;
    match user.may(Permission::ManageSettings) {
        true => Ok(true),
        false if runs_it => Ok(false),
        false => Err(ErrorPage::forbidden()),
    }
}

fn outcome(would: &SignedOn) -> Say {
    match would {
        SignedOn::Known(user) => Say::new("sign-on-would-know").with("user", user.shown_name()),
        SignedOn::Linked(user) => Say::new("sign-on-would-link").with("user", user.shown_name()),
        SignedOn::Created(user) => {
            Say::new("sign-on-would-create").with("user", user.email.as_str())
        }
        SignedOn::Refused(why) => sso::refusal_words(*why),
    }
}

fn in_words(trouble: Trouble) -> Result<(Say, Option<String>), ErrorPage> {
    Ok(match trouble {
        Trouble::Gone => (Say::new("sso-gone"), None),
        Trouble::NoProvider => (Say::new("sso-off"), None),
        Trouble::Declined(why) => (Say::new("sso-declined"), Some(why)),
        Trouble::Down(why) => (Say::new("sso-down"), Some(why)),
        Trouble::NotBelieved(why) => (Say::new("sso-not-believed"), Some(why)),
        Trouble::Failed(error) => return Err(ErrorPage::internal(&error)),
    })
}
