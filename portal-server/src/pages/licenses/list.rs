//! `/licenses`: searched, filtered, sorted, page by page.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use countersign_core::ProductId;
use countersign_store::{Cursor, LicenseFilter, LicenseOrder, LicenseQuery, LicenseScope, User};

use super::{LicenseView, SOON, views};
use crate::access::Visitor;
use crate::app::App;
use crate::pages::paging::{Asked, Pages};
use crate::pages::{ErrorPage, Frame, page};

/// The fields of the form, kept from page to page and by the files.
const FIELDS: [&str; 5] = ["q", "status", "product", "sort", "view"];
/// Active, and to end soon.
const ENDING: &str = "ending";
const MINE: &str = "mine";
const MOST_PRODUCTS: usize = 50;

#[derive(Template)]
#[template(path = "licenses.html")]
struct ListPage {
    frame: Frame,
    licenses: Vec<LicenseView>,
    asked: Asked,
    products: Vec<(String, String)>,
    pages: Pages,
    too_many: bool,
    /// Whoever runs an organization or the portal may look at their own licenses alone.
    has_views: bool,
}

impl ListPage {
    fn is(&self, field: &str, value: &str) -> bool {
        self.asked.text(field) == value
    }

    fn is_mine(&self) -> bool {
        self.is("view", MINE)
    }

    fn is_filtered(&self) -> bool {
        ["q", "status", "product"].iter().any(|field| !self.is(field, ""))
    }

    fn file(&self, path: &str) -> String {
        self.asked.link(path, &FIELDS)
    }

    fn statuses(&self) -> [&'static str; 5] {
        ["active", ENDING, "ended", "suspended", "revoked"]
    }

    fn orders(&self) -> [&'static str; 4] {
        LicenseOrder::ALL.map(LicenseOrder::as_str)
    }
}

/// The list.
pub(crate) async fn list(
    State(app): State<App>,
    visitor: Visitor,
    asked: Asked,
) -> Result<Response, ErrorPage> {
    let user = visitor.user()?;
    let query = query(&asked, &user, app.now());
    let found = app.store().license_page(&query).await?;
    let pages = asked.pages("/licenses", &FIELDS, found.page.next.as_ref());
    Ok(page(&ListPage {
        frame: Frame::new(&app, &visitor),
        licenses: views(&app, &found.page.items, visitor.language).await?,
        products: products(&app, query.scope).await?,
        has_views: query.scope != LicenseScope::user(&user) || asked.text("view") == MINE,
        pages,
        too_many: found.too_many,
        asked,
    }))
}

/// What was asked for: what is not understood asks for nothing.
pub(crate) fn query(asked: &Asked, user: &User, now: u64) -> LicenseQuery {
    let (status, sort) = (asked.text("status"), asked.text("sort"));
    let filter = match status.as_str() {
        ENDING => Some(LicenseFilter::Active),
        status => LicenseFilter::ALL.into_iter().find(|filter| filter.as_str() == status),
    };
    let order = LicenseOrder::ALL.into_iter().find(|order| order.as_str() == sort);
    LicenseQuery {
        search: Some(asked.text("q")).filter(|text| !text.is_empty()),
        filter,
        ends_within_days: (status == ENDING).then_some(SOON),
        product: asked.text("product").parse().ok(),
        order: order.unwrap_or(LicenseOrder::Created),
        after: asked.after(),
        ..LicenseQuery::of(scope(asked, user), now)
    }
}

/// The widest that the user has, unless they ask for their own alone.
fn scope(asked: &Asked, user: &User) -> LicenseScope {
    let all = || {
        let wide = LicenseScope::vendor(user).or(LicenseScope::reseller(user));
        wide.or(LicenseScope::organization(user))
    };
    let wide = if asked.text("view") == MINE { None } else { all() };
    wide.unwrap_or_else(|| LicenseScope::user(user))
}

/// The products of these licenses, with their names: one read for each, from license to license of the next one.
async fn products(app: &App, scope: LicenseScope) -> Result<Vec<(String, String)>, ErrorPage> {
    let known = app.store().products().await?;
    let mut query = LicenseQuery {
        order: LicenseOrder::Product,
        most: 1,
        ..LicenseQuery::of(scope, app.now())
    };
    let mut found = Vec::new();
    while found.len() < MOST_PRODUCTS {
        let page = app.store().license_page(&query).await?.page;
        let Some(license) = page.items.into_iter().next() else { break };
        let name = known.iter().find(|product| product.id == license.product);
        let name = name.map_or_else(|| license.product.to_string(), |product| product.name.clone());
        query.after = Some(after_all_of(&license.product)?);
        found.push((license.product.to_string(), name));
    }
    Ok(found)
}

/// The place after every license of the product.
fn after_all_of(product: &ProductId) -> Result<Cursor, ErrorPage> {
    Ok(format!("{}.t{product}", char::MAX).parse()?)
}
