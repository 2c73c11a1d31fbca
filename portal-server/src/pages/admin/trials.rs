//! `/admin/trials`: which machines try the vendor's products, and a longer trial for one of them.

mod show;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use countersign_store::{Product, Trial, TrialQuery, TrialState};

use super::ErrorPage;
use crate::access::Visitor;
use crate::app::App;
use crate::language::Language;
use crate::pages::paging::{Asked, Pages};
use crate::pages::{Frame, page};

pub(crate) use show::{extend, qr, renew, response, show};

const FIELDS: [&str; 3] = ["q", "product", "state"];
const PATH: &str = "/admin/trials";
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "admin/trials.html")]
struct ListPage {
    frame: Frame,
    asked: Asked,
    trials: Vec<TrialView>,
    products: Vec<Product>,
    pages: Pages,
}

impl ListPage {
    fn is(&self, field: &str, value: &str) -> bool {
        self.asked.text(field) == value
    }

    fn is_filtered(&self) -> bool {
        FIELDS.iter().any(|field| !self.is(field, ""))
    }

    fn states(&self) -> [&'static str; 3] {
        [TrialState::Running, TrialState::Ended, TrialState::Extended].map(TrialState::as_str)
    }
}

/// A trial in words.
pub(super) struct TrialView {
    id: String,
    machine: String,
    product: String,
    product_id: String,
    /// `running` or `ended`.
    state: &'static str,
    app_version: String,
    began: String,
    ends: String,
    extensions: u64,
    extended_days: u64,
    licensed: Option<String>,
}

impl TrialView {
    fn of(trial: &Trial, products: &[Product], now: u64, language: Language) -> Self {
        let product = products.iter().find(|product| product.id == trial.product);
        let id = trial.id.to_string();
        Self {
            machine: trial.device_name.clone().unwrap_or_else(|| id.clone()),
            product: product.map_or_else(|| trial.product.to_string(), |p| p.name.clone()),
            product_id: trial.product.to_string(),
            state: if trial.is_running(now) { "running" } else { "ended" },
            app_version: trial.app_version.clone().unwrap_or_default(),
            began: language.date_time(trial.created_at),
            ends: language.date_time(trial.expires_at),
            extensions: trial.extensions,
            extended_days: trial.extended_days,
            licensed: trial.converted_at.map(|at| language.date_time(at)),
            id,
        }
    }

    fn pill(&self) -> &'static str {
        if self.state == "running" { "active" } else { "" }
    }
}

/// The list.
pub(crate) async fn list(
    State(app): State<App>,
    visitor: Visitor,
    asked: Asked,
) -> Result<Response, ErrorPage> {
    let (now, language) = (app.now(), visitor.language);
    let query = TrialQuery {
        product: asked.text("product").parse().ok(),
        state: TrialState::named(&asked.text("state")),
        search: Some(asked.text("q")).filter(|text| !text.is_empty()),
        after: asked.after(),
        most: PAGE,
        now,
    };
    let found = app.store().trial_page(&query).await?;
    let products = app.store().products().await?;
    let view = |trial: &Trial| TrialView::of(trial, &products, now, language);
    Ok(page(&ListPage {
        frame: Frame::new(&app, &visitor),
        trials: found.items.iter().map(view).collect(),
        pages: asked.pages(PATH, &FIELDS, found.next.as_ref()),
        products,
        asked,
    }))
}
