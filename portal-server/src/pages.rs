//! HTML for people. One page, one file: its handler, then its template's values. All text is escaped by the templates.

pub(crate) mod activate;
pub(crate) mod admin;
pub(crate) mod licenses;
pub(crate) mod login;
pub(crate) mod responses;
pub(crate) mod setup;

use askama::Template;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::MethodRouter;
use countersign_store::{Role, StoreError, User};

use crate::access::Visitor;
use crate::app::App;

/// The most files in one upload, and what that comes to.
pub(crate) const MOST_FILES: usize = 50;
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// A route that takes files.
pub(crate) fn upload(methods: MethodRouter<App>) -> MethodRouter<App> {
    methods.layer(DefaultBodyLimit::max(MOST_BYTES))
}

/// What stands around every page.
pub(crate) struct Frame {
    pub(crate) vendor: String,
    pub(crate) user: Option<String>,
    pub(crate) is_admin: bool,
}

impl Frame {
    pub(crate) fn new(app: &App, user: Option<&User>) -> Self {
        Self {
            vendor: app.vendor().to_owned(),
            user: user.map(|u| if u.name.is_empty() { u.email.clone() } else { u.name.clone() }),
            is_admin: user.is_some_and(|u| u.role == Role::Admin),
        }
    }

    /// For pages shown before anybody is known.
    pub(crate) fn anonymous(app: &App) -> Self {
        Self::new(app, None)
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

/// A page that says what happened, what state things are in, and what to do next.
#[derive(Template)]
#[template(path = "error.html")]
pub(crate) struct ErrorPage {
    status: StatusCode,
    title: &'static str,
    fact: String,
    advice: &'static str,
}

impl ErrorPage {
    fn new(
        status: StatusCode,
        title: &'static str,
        fact: impl Into<String>,
        advice: &'static str,
    ) -> Self {
        Self { status, title, fact: fact.into(), advice }
    }

    pub(crate) fn forbidden() -> Self {
        let fact = "You are not allowed to do that. Nothing was changed.";
        Self::new(
            StatusCode::FORBIDDEN,
            "Not allowed",
            fact,
            "Log in as somebody who may, or ask your administrator.",
        )
    }

    pub(crate) fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "Not found",
            "There is no such page, or it is not yours to see.",
            "Check the address, or go to the start page.",
        )
    }

    pub(crate) fn foreign_form() -> Self {
        let fact = "The form did not say where it comes from, so it may come from another site. Nothing was changed.";
        Self::new(
            StatusCode::FORBIDDEN,
            "Form refused",
            fact,
            "Open the page here, in an up-to-date browser, and try again.",
        )
    }

    pub(crate) fn bad_input(fact: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "That does not work",
            fact,
            "Nothing was changed. Go back, correct it and send it again.",
        )
    }

    pub(crate) fn upload(fact: impl Into<String>) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "The upload was not taken",
            fact,
            "Nothing was used up. Send fewer files at once: at most 50 of at most 64 KiB each.",
        )
    }

    pub(crate) fn store(error: StoreError) -> Self {
        Self::internal(&error)
    }

    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a page could not be answered");
        let fact = "The portal could not do that just now. Nothing was changed.";
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "Not available at the moment",
            fact,
            "Try again in a minute.",
        )
    }
}

impl IntoResponse for ErrorPage {
    fn into_response(self) -> Response {
        page_with(self.status, &self)
    }
}

impl From<StoreError> for ErrorPage {
    fn from(error: StoreError) -> Self {
        Self::store(error)
    }
}

impl From<anyhow::Error> for ErrorPage {
    fn from(error: anyhow::Error) -> Self {
        Self::internal(&error)
    }
}

/// `/`: everybody's way in.
pub(crate) async fn home(visitor: Visitor) -> Redirect {
    match visitor.0 {
        Some(user) if user.role == Role::Admin => Redirect::to("/admin"),
        Some(_) => Redirect::to("/licenses"),
        None => Redirect::to("/activate"),
    }
}

pub(crate) async fn not_found(State(_): State<App>) -> ErrorPage {
    ErrorPage::not_found()
}

/// A time for people, or a dash.
pub(crate) fn when(time: Option<u64>) -> String {
    time.map_or("–".to_owned(), |t| format!("{} UTC", countersign_core::file::date(t)))
}

/// "2 of 5", "2 of any number".
pub(crate) fn of(used: u64, allowed: Option<u64>) -> String {
    allowed.map_or(format!("{used} of any number"), |allowed| format!("{used} of {allowed}"))
}
