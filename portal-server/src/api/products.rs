//! `/api/v1/products`

use countersign_store::Product;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answers::AnotherTrial;
use super::operation::{Answer, ById, Call, Described, Nothing, Operation};
use super::types::{AProductId, AStrategy, Change, Count, Features, Time};
use crate::app::App;
use crate::desk::{Of, Refusal, Said};
use crate::fields::Field;
use crate::pages::admin::products::new_product;
use crate::problem::Problem;
use crate::trial_policy::future;

/// A product.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Product")]
pub(crate) struct Shown {
    /// Its id, as in tokens.
    id: AProductId,
    /// Its name for people.
    name: String,
    /// Days that a trial lasts; null: there are no trials, or all of them run until `trial_end`.
    trial_days: Option<u64>,
    /// Until when all trials run; with `trial_days`, too, what comes first counts. Null: without such an end.
    trial_end: Option<Time>,
    /// When a machine that has had its trial may have another one.
    trial_again: AnotherTrial,
    /// How a trial is bound to its machine.
    trial_strategy: AStrategy,
    /// Features of a trial.
    trial_entitlements: Features,
    /// How often a seat may move to a new installation on the same machine within 365 days.
    reinstall_allowance: u64,
    /// An archived product gives nothing new.
    archived: bool,
    /// When it was created.
    created_at: Time,
}

impl From<Product> for Shown {
    fn from(product: Product) -> Self {
        Self {
            id: AProductId(product.id),
            name: product.name,
            trial_days: product.trial.days,
            trial_end: product.trial.end.map(Time),
            trial_again: AnotherTrial::of(&product.trial.again),
            trial_strategy: AStrategy(product.trial.strategy),
            trial_entitlements: Features(product.trial.entitlements),
            reinstall_allowance: product.reinstall_allowance,
            archived: product.archived,
            created_at: Time(product.created_at),
        }
    }
}

/// Which page of a list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhichPage {
    /// Items of a page.
    #[schemars(range(min = 1, max = 100))]
    pub(crate) limit: Option<u32>,
    /// Where it begins: `next` of the page before.
    pub(crate) cursor: Option<String>,
}

/// `GET`
pub(crate) fn list() -> Operation {
    let run = async |call: Call<Nothing, WhichPage>| {
        let most = call.most(call.query.limit)?;
        let after = call.place(call.query.cursor.as_deref())?;
        let after = after.and_then(|place| place.parse().ok());
        let page = call.app().store().products_by_id(after.as_ref(), most).await;
        let page = page.map_err(Refusal::Store)?;
        Ok(call.page(page.items.into_iter().map(Shown::from).collect(), page.next))
    };
    Described::get("listProducts", "List products").lists().run(run)
}

/// `GET`
pub(crate) fn show() -> Operation {
    let run = async |call: Call<ById>| shown(call.app(), &call.path).await.map(Answer::shown);
    Described::get("getProduct", "Show a product").refuses(&[(404, "not-found")]).run(run)
}

async fn shown(app: &App, path: &ById) -> Result<Shown, Problem> {
    let found = app.store().product(&path.id()?).await.map_err(Refusal::Store)?;
    found.map(Shown::from).ok_or_else(Problem::not_found)
}

/// A product to be created.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProduct {
    /// Its id: it stands in tokens and stays.
    id: AProductId,
    /// Its name for people; without it the id.
    #[schemars(length(max = 100))]
    name: Option<String>,
    /// Days that a trial lasts; without it and `trial_end` there are no trials.
    trial_days: Option<Count>,
    /// Until when all trials run; with `trial_days`, too, what comes first counts.
    trial_end: Option<Time>,
    /// When a machine that has had its trial may have another one; without it never.
    trial_again: Option<AnotherTrial>,
    /// How a trial is bound to its machine; without it `fuzzy`.
    trial_strategy: Option<AStrategy>,
    /// Features of a trial.
    #[serde(default)]
    trial_entitlements: Features,
    /// How often a seat may move to a new installation on the same machine within 365 days; without it 3.
    reinstall_allowance: Option<Count>,
}

/// `POST`
pub(crate) fn create() -> Operation {
    Described::post("createProduct", "Create a product")
        .creates()
        .refuses(&[(409, "conflict"), (422, "unfit-value")])
        .example(|| json!({"id": "acme-cam", "name": "Acme CAM", "trial_days": 14, "trial_again": {"rule": "after-days", "days": 180}}))
        .run(created)
}

async fn created(call: Call<Nothing, Nothing, NewProduct>) -> Result<Answer<Shown>, Problem> {
    let (now, new) = (call.app().now(), &call.body);
    let mut product = new_product(new.id.0.clone(), now);
    if let Some(name) = &new.name {
        product.name = named(name)?;
    }
    product.trial.days = new.trial_days.map(|days| days.0).filter(|days| *days > 0);
    product.trial.end = new.trial_end.map(|Time(end)| future(end, None, now)).transpose()?;
    if let Some(again) = new.trial_again {
        product.trial.again = again.checked()?;
    }
    if let Some(AStrategy(strategy)) = new.trial_strategy {
        product.trial.strategy = strategy;
    }
    product.trial.entitlements = new.trial_entitlements.clone().checked()?;
    product.reinstall_allowance = new.reinstall_allowance.map_or(3, |count| count.0);
    check_room(call.app(), &product)?;
    let subject = format!("/api/v1/products/{}", product.id);
    let writing = call.writing(&subject);
    let created = writing.store().create_product(product.clone(), &call.actor(), now).await;
    if !created.map_err(Refusal::Store)? {
        return Err(Problem::conflict("product-id-taken"));
    }
    Ok(Answer::made(Shown::from(product), &subject))
}

fn named(name: &str) -> Result<String, Problem> {
    let name = Field::ProductName.check(name)?;
    if name.is_empty() { Err(Problem::unfit("product-name-needed")) } else { Ok(name.to_owned()) }
}

fn check_room(app: &App, product: &Product) -> Result<(), Problem> {
    let said = Said { entitlements: Some(&product.trial.entitlements), ..Said::default() };
    Ok(said.check_room(app, &product.id, Of::Trial)?)
}

/// What is to be changed of a product.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductChange {
    /// Its name for people.
    #[schemars(length(min = 1, max = 100))]
    name: Option<String>,
    /// Days that a trial lasts; null: no trials, or all of them run until `trial_end`.
    #[serde(default)]
    trial_days: Change<Count>,
    /// Until when all trials run; with `trial_days`, too, what comes first counts. Null: without such an end.
    #[serde(default)]
    trial_end: Change<Time>,
    /// When a machine that has had its trial may have another one. It holds for the next request.
    trial_again: Option<AnotherTrial>,
    /// How a trial is bound to its machine.
    trial_strategy: Option<AStrategy>,
    /// Features of a trial, all of them.
    trial_entitlements: Option<Features>,
    /// How often a seat may move to a new installation on the same machine within 365 days.
    reinstall_allowance: Option<Count>,
    /// An archived product gives nothing new.
    archived: Option<bool>,
}

impl ProductChange {
    fn apply(&self, product: &mut Product) {
        let Self { name, trial_days, trial_strategy, trial_entitlements, .. } = self.clone();
        product.name = name.unwrap_or_else(|| std::mem::take(&mut product.name));
        product.trial.days = trial_days
            .over(product.trial.days, |days| days.map(|days| days.0).filter(|days| *days > 0));
        let end = self.trial_end.clone();
        product.trial.end = end.over(product.trial.end, |end| end.map(|Time(end)| end));
        if let Some(Ok(again)) = self.trial_again.map(AnotherTrial::checked) {
            product.trial.again = again;
        }
        if let Some(AStrategy(strategy)) = trial_strategy {
            product.trial.strategy = strategy;
        }
        if let Some(Features(entitlements)) = trial_entitlements {
            product.trial.entitlements = entitlements;
        }
        if let Some(Count(allowance)) = self.reinstall_allowance {
            product.reinstall_allowance = allowance;
        }
        product.archived = self.archived.unwrap_or(product.archived);
    }
}

/// `PATCH`
pub(crate) fn change() -> Operation {
    Described::patch("changeProduct", "Change a product")
        .refuses(&[(404, "not-found"), (422, "unfit-value")])
        .example(|| json!({"trial_days": 30}))
        .run(changed)
}

async fn changed(call: Call<ById, Nothing, ProductChange>) -> Result<Answer<Shown>, Problem> {
    let (id, mut change) = (call.path.id()?, call.body.clone());
    let before = call.app().store().product(&id).await.map_err(Refusal::Store)?;
    let mut product = before.ok_or_else(Problem::not_found)?;
    change.name = change.name.as_deref().map(named).transpose()?;
    if let Some(features) = change.trial_entitlements.clone() {
        features.checked()?;
    }
    if let Change::Set(Some(Time(end))) = change.trial_end {
        future(end, product.trial.end, call.app().now())?;
    }
    change.trial_again.map(AnotherTrial::checked).transpose()?;
    change.apply(&mut product);
    check_room(call.app(), &product)?;
    let app = call.writing(&format!("/api/v1/products/{id}"));
    let apply = move |product: &mut Product| change.apply(product);
    let done = app.store().change_product(id, apply, &call.actor(), app.now()).await;
    if !done.map_err(Refusal::Store)? {
        return Err(Problem::not_found());
    }
    shown(call.app(), &call.path).await.map(Answer::shown)
}
