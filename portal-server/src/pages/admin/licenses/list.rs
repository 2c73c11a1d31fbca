//! `/admin/licenses`: the vendor's list, searched, filtered, sorted, page by page.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use countersign_store::{LicenseOrder, LicenseQuery, LicenseScope, Plan, Product};

use crate::access::Visitor;
use crate::app::App;
use crate::licensing::{Trouble, who};
use crate::pages::admin::Suggestions;
use crate::pages::licenses::{LicenseView, query, views};
use crate::pages::paging::{Asked, Pages};
use crate::pages::{ErrorPage, Frame, page};

const FIELDS: [&str; 6] = ["q", "status", "product", "plan", "organization", "sort"];
/// Products and plans that can be chosen among.
const MOST_CHOICES: usize = 200;

#[derive(Template)]
#[template(path = "admin/licenses.html")]
struct ListPage {
    frame: Frame,
    licenses: Vec<LicenseView>,
    asked: Asked,
    products: Vec<Product>,
    plans: Vec<Plan>,
    suggestions: Suggestions,
    pages: Pages,
    too_many: bool,
    unknown_organization: bool,
}

impl ListPage {
    fn is(&self, field: &str, value: &str) -> bool {
        self.asked.text(field) == value
    }

    fn is_filtered(&self) -> bool {
        FIELDS.iter().any(|field| *field != "sort" && !self.is(field, ""))
    }

    fn statuses(&self) -> [&'static str; 5] {
        ["active", "ending", "ended", "suspended", "revoked"]
    }

    fn orders(&self) -> [&'static str; 4] {
        LicenseOrder::ALL.map(LicenseOrder::as_str)
    }
}

pub(crate) async fn list(
    State(app): State<App>,
    visitor: Visitor,
    asked: Asked,
) -> Result<Response, ErrorPage> {
    let user = visitor.user()?;
    let vendor = LicenseScope::vendor(&user).ok_or_else(ErrorPage::forbidden)?;
    let of = match who::organization(&app, &asked.text("organization")).await {
        Ok(of) => Some(of),
        // A name that nobody has, or two: there is nothing to show of it.
        Err(Trouble::Refused(_)) => None,
        Err(trouble) => return Err(trouble.into()),
    };
    let scope = of.as_ref().map(|of| match of {
        Some(of) => LicenseScope::of_organization(&user, of.id).unwrap_or(vendor),
        None => vendor,
    });
    let (mut items, mut next, mut too_many) = (Vec::new(), None, false);
    if let Some(scope) = scope {
        let query = LicenseQuery {
            scope,
            plan: asked.text("plan").parse().ok(),
            ..query(&asked, &user, app.now())
        };
        let found = app.store().license_page(&query).await?;
        (items, next, too_many) = (found.page.items, found.page.next, found.too_many);
    }
    let (mut products, mut plans) = (app.store().products().await?, app.store().plans().await?);
    products.truncate(MOST_CHOICES);
    plans.truncate(MOST_CHOICES);
    Ok(page(&ListPage {
        frame: Frame::new(&app, &visitor),
        licenses: views(&app, &items, visitor.language).await?,
        pages: asked.pages("/admin/licenses", &FIELDS, next.as_ref()),
        suggestions: Suggestions::new(&app).await?,
        unknown_organization: of.is_none(),
        products,
        plans,
        too_many,
        asked,
    }))
}
