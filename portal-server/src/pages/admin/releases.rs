//! `/admin/releases`: what is published of a product, and what will be.

pub(crate) mod files;
pub(crate) mod show;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use countersign_core::ProductId;
use countersign_core::release::{Channel, VersionName};
use countersign_store::{
    NewRelease, Product, ProductRelease, ReleaseChange, ReleaseFilter, ReleaseStatus, Visibility,
};
use serde::Deserialize;

use super::{ErrorPage, Frame, actor};
use crate::access::Visitor;
use crate::app::App;
use crate::language::{Language, Say};
use crate::pages::page;
use crate::pages::paging::Asked;

const PER_PAGE: u32 = 50;

#[derive(Template)]
#[template(path = "admin/releases.html")]
struct ListPage {
    frame: Frame,
    products: Vec<Product>,
    /// The one that is shown.
    product: String,
    status: Option<ReleaseStatus>,
    lines: Vec<Line>,
    next: Option<String>,
}

/// A release in the list.
struct Line {
    id: String,
    version: String,
    channel: String,
    status: ReleaseStatus,
    status_words: String,
    private: bool,
    published: String,
    signed: bool,
}

impl Line {
    fn new(release: &ProductRelease, language: Language) -> Self {
        Self {
            id: release.id.to_string(),
            version: release.version.to_string(),
            channel: release.channel.to_string(),
            status: release.status,
            status_words: language.t(&status_key(release.status)),
            private: release.visibility == Visibility::Private,
            published: language.when(release.published_at),
            signed: release.checksums.is_some(),
        }
    }
}

/// The message that says a status.
fn status_key(status: ReleaseStatus) -> String {
    format!("release-{status}")
}

/// The releases of one product, the highest version first.
pub(crate) async fn list(
    State(app): State<App>,
    visitor: Visitor,
    asked: Asked,
) -> Result<Response, ErrorPage> {
    let products = app.store().products().await?;
    let wanted = asked.text("product");
    let chosen = products.iter().find(|product| product.id.as_str() == wanted);
    let chosen = chosen.or(products.iter().find(|product| !product.archived)).or(products.first());
    let status: Option<ReleaseStatus> = asked.text("status").parse().ok();
    let after = asked.text("after").parse().ok();
    let filter = ReleaseFilter { status, after, ..ReleaseFilter::default() };
    let mut found = match chosen {
        Some(product) => app.store().releases(&product.id, &filter, PER_PAGE + 1).await?,
        None => Vec::new(),
    };
    let has_more = found.len() > PER_PAGE as usize;
    found.truncate(PER_PAGE as usize);
    let product = chosen.map(|product| product.id.to_string()).unwrap_or_default();
    let here = asked.link("/admin/releases", &["status"]);
    let joint = if here.contains('?') { '&' } else { '?' };
    let last = found.last().filter(|_| has_more);
    let next = last.map(|last| format!("{here}{joint}product={product}&after={}", last.id));
    Ok(page(&ListPage {
        frame: Frame::new(&app, &visitor),
        lines: found.iter().map(|release| Line::new(release, visitor.language)).collect(),
        products,
        product,
        status,
        next,
    }))
}

#[derive(Deserialize)]
pub(crate) struct NewForm {
    #[serde(default)]
    product: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    channel: String,
    #[serde(default)]
    notes: String,
}

/// A draft, which nobody sees yet.
pub(crate) async fn create(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<NewForm>,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    let product: ProductId =
        form.product.parse().map_err(|_| ErrorPage::bad_input("product-unknown"))?;
    let version: VersionName =
        form.version.trim().parse().map_err(|_| ErrorPage::bad_input("release-version-unfit"))?;
    let channel = match form.channel.trim() {
        "" => "stable",
        channel => channel,
    };
    let channel: Channel =
        channel.parse().map_err(|_| ErrorPage::bad_input("release-channel-unfit"))?;
    // Browsers send both characters at the end of a line.
    let notes = form.notes.replace("\r\n", "\n");
    let new = NewRelease { id: app.random_id(), product, channel, version, notes };
    let id = new.id;
    done(app.store().create_release(new, &actor(&admin), app.now()).await?)?;
    Ok(Redirect::to(&format!("/admin/releases/{id}")).into_response())
}

/// What a change came to, if not to what was asked for, in words.
fn done(change: ReleaseChange) -> Result<(), ErrorPage> {
    match change {
        ReleaseChange::Done => Ok(()),
        ReleaseChange::NotFound => Err(ErrorPage::not_found()),
        refused => Err(ErrorPage::bad_input(refusal(refused))),
    }
}

/// Why a release was not changed, in words.
pub(super) fn refusal(change: ReleaseChange) -> Say {
    Say::new(match change {
        ReleaseChange::Done | ReleaseChange::Already => "release-already",
        ReleaseChange::NotFound => "error-not-found",
        ReleaseChange::NotDraft => "release-not-draft",
        ReleaseChange::VersionTaken => "release-version-taken",
        ReleaseChange::VersionWithoutNumber => "release-version-without-number",
        ReleaseChange::NameTaken => "release-name-taken",
        ReleaseChange::TooManyFiles => "release-too-many-files",
        ReleaseChange::NoFiles => "release-no-files",
        ReleaseChange::NotesTooLong => "release-notes-too-long",
        ReleaseChange::Stale => "release-stale",
        ReleaseChange::GivenToTooMany => "release-given-too-many",
    })
}
