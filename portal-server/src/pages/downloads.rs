//! `/downloads`: the releases of the products that a visitor has licenses for; which of them may be run, and why others not.

mod release;
mod words;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use countersign_core::{Id, ProductId};
use countersign_store::{
    LicenseStatus, Product, ProductRelease, ReleaseFilter, ReleaseLimits, ReleaseStatus,
    ReleaseTerms, User, Visibility,
};
use serde::Deserialize;

pub(crate) use release::show;
pub(crate) use words::size;

use self::words::{platforms, refusal};
use super::{ErrorPage, Frame, page};
use crate::access::{Permission, Visitor};
use crate::app::App;
use crate::language::Language;

/// How many of a product the overview shows, and a page of a product.
const OVERVIEW: u32 = 3;
const PAGE: usize = 20;

/// A release in a list.
struct Line {
    href: String,
    version: String,
    channel: String,
    published: String,
    platforms: String,
    /// Why it may not be run; `None`: it may.
    refusal: Option<String>,
}

/// A product with its newest releases.
struct ProductLines {
    href: String,
    name: String,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "downloads.html")]
struct Overview {
    frame: Frame,
    products: Vec<ProductLines>,
}

/// The newest releases of every product.
pub(crate) async fn overview(
    State(app): State<App>,
    visitor: Visitor,
) -> Result<Response, ErrorPage> {
    let user = visitor.user()?;
    let terms = terms_of(&app, &user).await?;
    let mut products = Vec::new();
    for product in app.store().products().await? {
        let own: Vec<&ReleaseTerms> = terms.iter().filter(|t| t.product == product.id).collect();
        if own.is_empty() {
            continue;
        }
        let found = shown_to(&app, &user, &product.id, &published(), OVERVIEW).await?;
        products.push(ProductLines {
            href: format!("/downloads/{}", product.id),
            lines: lines(&app, &user, &found, &own, visitor.language).await?,
            name: product.name,
        });
    }
    Ok(page(&Overview { frame: Frame::new(&app, &visitor), products }))
}

/// What a list is asked for.
#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    channel: String,
    #[serde(default)]
    after: String,
}

/// A channel to choose.
struct Choice {
    name: String,
    href: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "downloads_product.html")]
struct ProductPage {
    frame: Frame,
    name: String,
    /// All channels.
    first: String,
    /// The first page of what is chosen.
    start: String,
    channels: Vec<Choice>,
    lines: Vec<Line>,
    is_first: bool,
    next: Option<String>,
}

impl ProductPage {
    fn one_is_chosen(&self) -> bool {
        self.channels.iter().any(|channel| channel.is_chosen)
    }
}

/// The releases of one product, the highest version first.
pub(crate) async fn product(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, ErrorPage> {
    let user = visitor.user()?;
    let (product, terms) = product_of(&app, &user, &id).await?;
    let channels = app.store().release_channels(&product.id).await?;
    let channel = channels.iter().find(|channel| channel.as_str() == asked.channel).cloned();
    let after: Option<Id> = asked.after.parse().ok();
    let filter = ReleaseFilter { channel: channel.clone(), after, ..published() };
    let most = u32::try_from(PAGE).unwrap_or(u32::MAX);
    let mut found = shown_to(&app, &user, &product.id, &filter, most + 1).await?;
    let has_more = found.len() > PAGE;
    found.truncate(PAGE);
    let base = format!("/downloads/{}", product.id);
    let on = |channel: &str| format!("{base}?channel={channel}");
    let start = channel.as_ref().map_or(base.clone(), |channel| on(channel.as_str()));
    let joint = if channel.is_some() { '&' } else { '?' };
    let next =
        found.last().filter(|_| has_more).map(|last| format!("{start}{joint}after={}", last.id));
    let choice = |name: &str| Choice {
        name: name.to_owned(),
        href: on(name),
        is_chosen: channel.as_ref().is_some_and(|chosen| chosen.as_str() == name),
    };
    Ok(page(&ProductPage {
        frame: Frame::new(&app, &visitor),
        channels: channels.iter().map(|channel| choice(channel.as_str())).collect(),
        lines: lines(&app, &user, &found, &terms.iter().collect::<Vec<_>>(), visitor.language)
            .await?,
        name: product.name,
        is_first: after.is_none(),
        first: base,
        start,
        next,
    }))
}

fn published() -> ReleaseFilter {
    ReleaseFilter { status: Some(ReleaseStatus::Published), ..ReleaseFilter::default() }
}

/// A page of what this visitor sees of the published releases: what is for all customers, and what was given to them.
async fn shown_to(
    app: &App,
    user: &User,
    product: &ProductId,
    filter: &ReleaseFilter,
    most: u32,
) -> Result<Vec<ProductRelease>, ErrorPage> {
    let store = app.store();
    Ok(match user.may(Permission::SeeAll) {
        true => store.releases(product, filter, most).await?,
        false => store.releases_for_customer(user, product, filter, most).await?,
    })
}

async fn lines(
    app: &App,
    user: &User,
    releases: &[ProductRelease],
    terms: &[&ReleaseTerms],
    language: Language,
) -> Result<Vec<Line>, ErrorPage> {
    let mut lines = Vec::with_capacity(releases.len());
    for release in releases {
        let files = app.store().release_files(release.id).await?;
        let own = terms_to_run(app, user, release).await?;
        let own = own.as_ref().map(|own| own.iter().collect::<Vec<_>>());
        lines.push(Line {
            href: format!("/downloads/{}/{}", release.product, release.id),
            version: release.version.to_string(),
            channel: release.channel.to_string(),
            published: release.published_at.map_or(String::new(), |at| language.date(at)),
            platforms: platforms(&files),
            refusal: refusal(release, own.as_deref().unwrap_or(terms), language),
        });
    }
    Ok(lines)
}

/// What the visitor's licenses allow of a private release; `None`: what they allow of the product.
async fn terms_to_run(
    app: &App,
    user: &User,
    release: &ProductRelease,
) -> Result<Option<Vec<ReleaseTerms>>, ErrorPage> {
    let is_for_some = release.visibility == Visibility::Private;
    Ok(match is_for_some && !user.may(Permission::SeeAll) {
        true => Some(app.store().release_terms_to_run(user, release).await?),
        false => None,
    })
}

/// The product with what the visitor's licenses allow of it. Without any license of it, it does not exist.
async fn product_of(
    app: &App,
    user: &User,
    id: &str,
) -> Result<(Product, Vec<ReleaseTerms>), ErrorPage> {
    let id: ProductId = id.parse().map_err(|_| ErrorPage::not_found())?;
    let product = app.store().product(&id).await?.ok_or_else(ErrorPage::not_found)?;
    let terms = match user.role.is_staff() {
        true => vec![everything(&product)],
        false => app.store().release_terms_for(user, &id).await?,
    };
    if terms.is_empty() { Err(ErrorPage::not_found()) } else { Ok((product, terms)) }
}

/// The vendor's people need no license.
async fn terms_of(app: &App, user: &User) -> Result<Vec<ReleaseTerms>, ErrorPage> {
    match user.role.is_staff() {
        true => Ok(app.store().products().await?.iter().map(everything).collect()),
        false => Ok(app.store().release_terms(user).await?),
    }
}

fn everything(product: &Product) -> ReleaseTerms {
    ReleaseTerms {
        product: product.id.clone(),
        status: LicenseStatus::Active,
        expires_at: None,
        limits: ReleaseLimits::default(),
    }
}
