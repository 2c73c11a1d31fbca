//! `/admin/products`

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use countersign_core::ProductId;
use countersign_store::{Product, TrialAgain, TrialEnd, TrialPolicy};
use serde::Deserialize;

use super::{ErrorPage, actor, entitlement_lines, optional_number, parse_entitlements};
use crate::access::{Permission, Visitor};
use crate::app::App;
use crate::desk::{Of, Said};
use crate::fields::Field;
use crate::pages::{Frame, page};
use crate::release::up_to;

#[derive(Template)]
#[template(path = "admin/products.html")]
struct ListPage {
    frame: Frame,
    products: Vec<Product>,
}

pub(crate) async fn list(State(app): State<App>, visitor: Visitor) -> Result<Response, ErrorPage> {
    let products = app.store().products().await?;
    Ok(page(&ListPage { frame: Frame::new(&app, &visitor), products }))
}

#[derive(Deserialize)]
pub(crate) struct ProductForm {
    #[serde(default)]
    id: String,
    name: String,
    #[serde(default)]
    trial_days: String,
    /// Not there: it stays. Empty: none.
    trial_end: Option<String>,
    /// Not there: it stays.
    trial_again: Option<String>,
    #[serde(default)]
    trial_again_days: String,
    #[serde(default)]
    trial_newest_version: String,
    #[serde(default)]
    trial_strategy: String,
    #[serde(default)]
    trial_entitlements: String,
    #[serde(default)]
    reinstall_allowance: String,
    #[serde(default)]
    archived: String,
}

impl ProductForm {
    fn apply(&self, app: &App, product: &mut Product) -> Result<(), ErrorPage> {
        product.name = Field::ProductName.check(&self.name)?.to_owned();
        if product.name.is_empty() {
            return Err(ErrorPage::bad_input("product-name-needed"));
        }
        self.apply_trial(&mut product.trial, app.now())?;
        if let Some(allowance) = optional_number(&self.reinstall_allowance)? {
            product.reinstall_allowance = allowance;
        }
        product.archived = !self.archived.is_empty();
        let said = Said { entitlements: Some(&product.trial.entitlements), ..Said::default() };
        Ok(said.check_room(app, &product.id, Of::Trial)?)
    }
}

impl ProductForm {
    fn apply_trial(&self, trial: &mut TrialPolicy, now: u64) -> Result<(), ErrorPage> {
        trial.days = optional_number(&self.trial_days)?.filter(|days| *days > 0);
        if let Some(end) = &self.trial_end {
            trial.end = crate::trial_policy::end(end, trial.end, now)?;
        }
        if let Some(rule) = &self.trial_again {
            let number = match rule.as_str() {
                "after-days" => optional_number(&self.trial_again_days)?,
                _ => optional_number(&self.trial_newest_version)?,
            };
            trial.again = crate::trial_policy::again(rule, number)?;
        }
        if let Ok(strategy) = self.trial_strategy.parse() {
            trial.strategy = strategy;
        }
        trial.entitlements = parse_entitlements(&self.trial_entitlements)?;
        Ok(())
    }
}

pub(crate) async fn create(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<ProductForm>,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    let id: ProductId =
        form.id.trim().parse().map_err(|_| ErrorPage::bad_input("product-id-wrong"))?;
    if app.store().product(&id).await?.is_some() {
        return Err(ErrorPage::bad_input("product-id-taken"));
    }
    let mut product = new_product(id, app.now());
    form.apply(&app, &mut product)?;
    let to = format!("/admin/products/{}", product.id);
    app.store().save_product(product, &actor(&admin), app.now()).await?;
    Ok(Redirect::to(&to).into_response())
}

/// A product with the defaults: no trials, three re-installs a year.
pub(crate) fn new_product(id: ProductId, now: u64) -> Product {
    Product {
        name: id.to_string(),
        id,
        trial: TrialPolicy::none(),
        reinstall_allowance: 3,
        archived: false,
        created_at: now,
    }
}

#[derive(Template)]
#[template(path = "admin/product.html")]
struct ProductPage {
    frame: Frame,
    product: Product,
    trial_days: String,
    trial_end: String,
    /// The trials are over: until when there were some.
    trials_over: Option<String>,
    /// When a trial that starts now ends.
    trial_until: Option<String>,
    trial_again_days: String,
    trial_newest_version: String,
    trial_entitlements: String,
    roots: Vec<String>,
    signing_key: String,
    /// There is no customer yet: that comes next.
    is_first_customer_next: bool,
}

async fn find(app: &App, id: &str) -> Result<Product, ErrorPage> {
    let id: ProductId = id.parse().map_err(|_| ErrorPage::not_found())?;
    app.store().product(&id).await?.ok_or_else(ErrorPage::not_found)
}

pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let (product, language) = (find(&app, &id).await?, visitor.language);
    let trial = &product.trial;
    let text = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    let (trials_over, trial_until) = match trial.end_from(app.now()) {
        TrialEnd::Over(at) => (Some(language.date_time(at)), None),
        TrialEnd::At(at) if !product.archived => (None, Some(language.date_time(at))),
        TrialEnd::At(_) | TrialEnd::NoTrials => (None, None),
    };
    let may_go_on = visitor.may(Permission::ManageCustomers);
    let is_first_customer_next = may_go_on && !app.store().beginning().await?.customer;
    let is_after = matches!(trial.again, TrialAgain::AfterDays(_));
    Ok(page(&ProductPage {
        frame: Frame::new(&app, &visitor),
        trial_days: text(trial.days),
        trial_end: trial.end.map(up_to::day).unwrap_or_default(),
        trials_over,
        trial_until,
        trial_again_days: text(trial.again.number().filter(|_| is_after)),
        trial_newest_version: text(trial.again.number().filter(|_| !is_after)),
        trial_entitlements: entitlement_lines(&product.trial.entitlements),
        product,
        roots: app.keys().roots.iter().map(ToString::to_string).collect(),
        signing_key: app.keys().signing.kid().to_string(),
        is_first_customer_next,
    }))
}

pub(crate) async fn save(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<ProductForm>,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    let mut product = find(&app, &id).await?;
    form.apply(&app, &mut product)?;
    app.store().save_product(product, &actor(&admin), app.now()).await?;
    Ok(Redirect::to(&format!("/admin/products/{id}")).into_response())
}
