//! HTML for people. One page, one file: its handler, then its template's values. All text is escaped by the templates.

pub(crate) mod activate;
pub(crate) mod admin;
pub(crate) mod developers;
pub(crate) mod downloads;
pub(crate) mod email;
mod error;
pub(crate) mod forgot;
pub(crate) mod invite;
pub(crate) mod licenses;
pub(crate) mod login;
pub(crate) mod organization;
mod paging;
pub(crate) mod profile;
mod refused;
pub(crate) mod reseller;
pub(crate) mod responses;
pub(crate) mod setup;
pub(crate) mod sign_on;
pub(crate) mod sso;

use std::borrow::Borrow;
use std::sync::Arc;

use askama::Template;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::MethodRouter;
use countersign_store::{Permission, Role};

pub(crate) use self::error::ErrorPage;
use crate::access::Visitor;
use crate::app::App;
use crate::language::{Arg, Language, Say};
use crate::look::{Look, Place, Text};

/// The most bytes of an upload or of the form that confirms it: 16 MiB of files or tokens, and what stands around each.
const MOST_BYTES: usize = 18 * 1024 * 1024;

/// A route that takes files.
pub(crate) fn upload(methods: MethodRouter<App>) -> MethodRouter<App> {
    methods.layer(DefaultBodyLimit::max(MOST_BYTES))
}

/// What stands around every page, and what speaks in it.
pub(crate) struct Frame {
    pub(crate) vendor: String,
    pub(crate) user: Option<String>,
    /// Whether they are one of the vendor's people.
    pub(crate) is_staff: bool,
    pub(crate) resells: bool,
    pub(crate) runs_organization: bool,
    pub(crate) language: Language,
    pub(crate) look: Arc<Look>,
    /// By what the request is found again.
    pub(crate) request_id: String,
    path: String,
    role: Option<Role>,
}

impl Frame {
    pub(crate) fn new(_: &App, visitor: &Visitor) -> Self {
        let user = visitor.user.as_ref();
        Self {
            vendor: visitor.look.name.clone(),
            user: user.map(|u| u.shown_name().to_owned()),
            runs_organization: user.is_some_and(|u| u.runs().is_some()),
            is_staff: user.is_some_and(|u| u.role.is_staff()),
            resells: user.is_some_and(|u| u.resells().is_some()),
            role: user.map(|u| u.role),
            language: visitor.language,
            look: Arc::clone(&visitor.look),
            request_id: visitor.request_id.clone(),
            path: visitor.path.clone(),
        }
    }

    /// Whether the visitor may that: pages do not show what they may not do. Nobody is kept out by it, which is the router's part.
    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.role.is_some_and(|role| role.may(permission))
    }

    /// Whether the page is this one or below it: for the navigation.
    pub(crate) fn is_at(&self, path: &str) -> bool {
        self.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether the page is one of those that the settings' navigation leads to.
    pub(crate) fn is_in_settings(&self) -> bool {
        ["settings", "webhooks", "staff", "sign-on", "approvals", "tokens", "keys"]
            .into_iter()
            .any(|part| self.is_at(&format!("/admin/{part}")))
    }

    /// Whether the page is exactly this one.
    pub(crate) fn is_here(&self, path: &str) -> bool {
        self.path == path
    }

    /// The vendor's words for the public page.
    pub(crate) fn public_words(&self) -> Option<&Text> {
        self.look.text(Place::Public, self.language)
    }

    /// The vendor's words for the foot of every page.
    pub(crate) fn foot(&self) -> Option<&Text> {
        self.look.text(Place::Foot, self.language)
    }

    pub(crate) fn t(&self, key: impl AsRef<str>) -> String {
        self.language.t(key.as_ref())
    }

    pub(crate) fn t1(&self, key: impl AsRef<str>, name: &'static str, value: impl Arg) -> String {
        self.language.t1(key.as_ref(), name, value)
    }

    pub(crate) fn t2(
        &self,
        key: impl AsRef<str>,
        first: &'static str,
        one: impl Arg,
        second: &'static str,
        two: impl Arg,
    ) -> String {
        self.language.t2(key.as_ref(), first, one, second, two)
    }

    pub(crate) fn say(&self, say: impl Borrow<Say>) -> String {
        self.language.say(say.borrow())
    }

    pub(crate) fn date_time(&self, time: &u64) -> String {
        self.language.date_time(*time)
    }
}

/// The page, or a 500 that says so.
pub(crate) fn page(template: &impl Template) -> Response {
    page_with(StatusCode::OK, template)
}

pub(crate) fn page_with(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// `/`: everybody's way in.
pub(crate) async fn home(visitor: Visitor) -> Redirect {
    match visitor.user {
        Some(user) if user.role.is_staff() => Redirect::to("/admin"),
        Some(user) if user.resells().is_some() => Redirect::to("/reseller"),
        Some(_) => Redirect::to("/licenses"),
        None => Redirect::to("/activate"),
    }
}

pub(crate) async fn not_found() -> ErrorPage {
    ErrorPage::not_found()
}
