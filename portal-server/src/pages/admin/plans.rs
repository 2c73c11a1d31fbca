//! `/admin/plans`: templates of licenses, and taking their values for all of their licenses.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::Form;
use countersign_core::{Id, LicenseId, ProductId};
use countersign_store::{Plan, PlanChange, Product, Validity};
use serde::Deserialize;

use super::licenses::new::validity_fields;
use super::{
    ErrorPage, actor, entitlement_lines, metadata_lines, optional_number, parse_entitlements,
    parse_metadata,
};
use crate::access::Visitor;
use crate::app::App;
use crate::desk::{Of, Said};
use crate::fields::Field;
use crate::language::Say;
use crate::licensing::plan::{PlanValue, Tally, apply, preview};
use crate::pages::{Frame, page};
use crate::release::up_to;

const DAY: u64 = 86_400;

#[derive(Template)]
#[template(path = "admin/plans.html")]
struct ListPage {
    frame: Frame,
    plans: Vec<Plan>,
    products: Vec<Product>,
    plan: PlanFields,
}

impl ListPage {
    fn product_of(&self, plan: &Plan) -> String {
        let found = self.products.iter().find(|product| product.id == plan.product);
        found.map_or_else(|| plan.product.to_string(), |product| product.name.clone())
    }

    fn open_products(&self) -> impl Iterator<Item = &Product> {
        self.products.iter().filter(|product| !product.archived)
    }

    fn seats(&self, plan: &Plan) -> String {
        let any = || self.frame.t("approval-any-number");
        plan.allowed_activations.map_or_else(any, |seats| self.frame.language.number(seats))
    }

    fn validity(&self, plan: &Plan) -> String {
        match plan.validity {
            Validity::Perpetual | Validity::Fixed(_) => self.frame.t("perpetual"),
            Validity::FromCreation(length) => {
                self.frame.t1("approval-days-from-creation", "count", length / DAY)
            }
            Validity::FromFirstActivation(length) => {
                self.frame.t1("approval-days-from-first", "count", length / DAY)
            }
        }
    }
}

/// The fields of a plan, as they are typed.
struct PlanFields {
    name: String,
    allowed_activations: String,
    allowed_deactivations: String,
    validity: &'static str,
    validity_days: String,
    import_days: u64,
    strategy: &'static str,
    entitlements: String,
    metadata: String,
    maintenance_days: String,
    highest_version: String,
}

impl PlanFields {
    fn new() -> Self {
        Self {
            name: String::new(),
            allowed_activations: "1".to_owned(),
            allowed_deactivations: String::new(),
            validity: "from-creation",
            validity_days: "365".to_owned(),
            import_days: 14,
            strategy: "fuzzy",
            entitlements: String::new(),
            metadata: String::new(),
            maintenance_days: String::new(),
            highest_version: String::new(),
        }
    }

    fn of(plan: &Plan) -> Self {
        let number = |n: Option<u64>| n.map(|n| n.to_string()).unwrap_or_default();
        let (validity, validity_days) = validity_fields(plan.validity);
        Self {
            name: plan.name.clone(),
            allowed_activations: number(plan.allowed_activations),
            allowed_deactivations: number(plan.allowed_deactivations),
            validity,
            validity_days,
            import_days: plan.response_validity / DAY,
            strategy: plan.strategy.as_str(),
            entitlements: entitlement_lines(&plan.entitlements),
            metadata: metadata_lines(&plan.metadata),
            maintenance_days: number(plan.maintenance_days),
            highest_version: plan
                .highest_version
                .as_ref()
                .map(|version| version.to_string())
                .unwrap_or_default(),
        }
    }
}

pub(crate) async fn list(State(app): State<App>, visitor: Visitor) -> Result<Response, ErrorPage> {
    Ok(page(&ListPage {
        frame: Frame::new(&app, &visitor),
        plans: app.store().plans().await?,
        products: app.store().products().await?,
        plan: PlanFields::new(),
    }))
}

#[derive(Deserialize)]
pub(crate) struct PlanForm {
    #[serde(default)]
    product: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    allowed_activations: String,
    #[serde(default)]
    allowed_deactivations: String,
    #[serde(default)]
    validity: String,
    #[serde(default)]
    validity_days: String,
    #[serde(default)]
    import_days: String,
    #[serde(default)]
    strategy: String,
    #[serde(default)]
    entitlements: String,
    #[serde(default)]
    metadata: String,
    #[serde(default)]
    maintenance_days: String,
    #[serde(default)]
    highest_version: String,
    #[serde(default)]
    archived: String,
    #[serde(default)]
    revision: String,
}

impl PlanForm {
    fn plan(
        &self,
        app: &App,
        id: Id,
        product: ProductId,
        revision: i64,
    ) -> Result<Plan, ErrorPage> {
        let name = Field::Plan.check(&self.name)?.to_owned();
        if name.is_empty() {
            return Err(ErrorPage::bad_input("plan-name-needed"));
        }
        let above_nothing =
            |text: &str| Ok::<_, ErrorPage>(optional_number(text)?.filter(|n| *n > 0));
        let days = above_nothing(&self.validity_days)?;
        let length =
            || days.map(|d| d * DAY).ok_or_else(|| ErrorPage::bad_input("validity-days-needed"));
        let import_days = optional_number(&self.import_days)?.unwrap_or(14);
        let highest = self.highest_version.trim();
        let incomplete = || ErrorPage::bad_input("error-form-incomplete");
        let plan = Plan {
            id,
            product,
            name,
            allowed_activations: optional_number(&self.allowed_activations)?,
            allowed_deactivations: optional_number(&self.allowed_deactivations)?,
            validity: match self.validity.as_str() {
                "perpetual" => Validity::Perpetual,
                "from-creation" => Validity::FromCreation(length()?),
                "from-first-activation" => Validity::FromFirstActivation(length()?),
                _ => return Err(incomplete()),
            },
            response_validity: import_days.clamp(1, 365) * DAY,
            strategy: self.strategy.parse().map_err(|_| incomplete())?,
            entitlements: parse_entitlements(&self.entitlements)?,
            metadata: parse_metadata(&self.metadata)?,
            maintenance_days: above_nothing(&self.maintenance_days)?,
            highest_version: match highest {
                "" => None,
                version => Some(up_to::highest(version)?),
            },
            archived: !self.archived.is_empty(),
            revision,
            created_at: app.now(),
        };
        let said = Said {
            plan: Some(&plan.name),
            holder: None,
            entitlements: Some(&plan.entitlements),
            metadata: Some(&plan.metadata),
        };
        said.check_room(app, &plan.product, Of::License)?;
        Ok(plan)
    }
}

pub(crate) async fn create(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<PlanForm>,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    let product: ProductId =
        form.product.parse().map_err(|_| ErrorPage::bad_input("product-unknown"))?;
    let plan = form.plan(&app, app.random_id(), product, 1)?;
    let to = format!("/admin/plans/{}", plan.id);
    done(app.store().create_plan(plan, &actor(&admin), app.now()).await?)?;
    Ok(Redirect::to(&to).into_response())
}

fn done(change: PlanChange) -> Result<(), ErrorPage> {
    Err(ErrorPage::bad_input(match change {
        PlanChange::Done => return Ok(()),
        PlanChange::UnknownProduct => "product-unknown",
        PlanChange::NameTaken => "plan-name-taken",
        PlanChange::Stale => "plan-changed",
        PlanChange::TooMany => "plan-too-many",
    }))
}

#[derive(Template)]
#[template(path = "admin/plan.html")]
struct PlanPage {
    frame: Frame,
    id: String,
    revision: i64,
    archived: bool,
    product: String,
    product_name: String,
    plan: PlanFields,
    values: Vec<&'static str>,
}

async fn find(app: &App, id: &str) -> Result<Plan, ErrorPage> {
    let id: Id = id.parse().map_err(|_| ErrorPage::not_found())?;
    app.store().plan(id).await?.ok_or_else(ErrorPage::not_found)
}

pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let plan = find(&app, &id).await?;
    let product = app.store().product(&plan.product).await?;
    Ok(page(&PlanPage {
        frame: Frame::new(&app, &visitor),
        id,
        revision: plan.revision,
        archived: plan.archived,
        product: plan.product.to_string(),
        product_name: product.map_or_else(|| plan.product.to_string(), |product| product.name),
        plan: PlanFields::of(&plan),
        values: PlanValue::ALL.map(PlanValue::as_str).to_vec(),
    }))
}

pub(crate) async fn save(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<PlanForm>,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    let before = find(&app, &id).await?;
    let revision: i64 =
        form.revision.parse().map_err(|_| ErrorPage::bad_input("error-form-incomplete"))?;
    let plan = form.plan(&app, before.id, before.product, revision)?;
    done(app.store().change_plan(plan, &actor(&admin), app.now()).await?)?;
    Ok(Redirect::to(&format!("/admin/plans/{id}")).into_response())
}

/// Which values are taken for all licenses, and how far that is.
#[derive(Deserialize)]
pub(crate) struct ApplyForm {
    /// The plan as it was when it was shown what would change.
    #[serde(default)]
    revision: String,
    #[serde(default)]
    value: Vec<String>,
    #[serde(default)]
    confirmed: String,
    /// Where to go on.
    #[serde(default)]
    after: String,
    /// Licenses that were changed before.
    #[serde(default)]
    changed: String,
}

#[derive(Template)]
#[template(path = "admin/plan_apply.html")]
struct ApplyPage {
    frame: Frame,
    id: String,
    name: String,
    revision: i64,
    values: Vec<&'static str>,
    tally: Tally,
    /// Changed until now, over all steps.
    changed: u64,
    stay: Vec<String>,
    stage: Stage,
}

/// How far it is.
enum Stage {
    /// Nothing was changed: this is what would be.
    Preview,
    /// There are more, after this license.
    GoOn(String),
    /// All licenses were looked at.
    Done,
}

impl ApplyPage {
    fn is_preview(&self) -> bool {
        matches!(self.stage, Stage::Preview)
    }

    fn goes_on(&self) -> Option<&str> {
        match &self.stage {
            Stage::Preview if self.tally.changed > 0 => Some(""),
            Stage::GoOn(after) => Some(after),
            Stage::Preview | Stage::Done => None,
        }
    }

    fn facts(&self) -> Vec<String> {
        let count = |key: &str, count: u64| self.frame.say(Say::new(key).with("count", count));
        let tally = &self.tally;
        let stay = [
            ("plan-apply-below", tally.below_use),
            ("plan-apply-room", tally.no_room),
            ("plan-apply-stale", tally.stale),
        ];
        let stay = stay.into_iter().filter(|(_, n)| *n > 0).map(|(key, n)| count(key, n));
        stay.collect()
    }
}

/// Shows what taking values for all licenses would change, and does it a part at a time.
pub(crate) async fn take_all(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<ApplyForm>,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    let plan = find(&app, &id).await?;
    let values: Option<Vec<PlanValue>> =
        form.value.iter().map(|value| PlanValue::named(value)).collect();
    let values = values.filter(|values| !values.is_empty());
    let values = values.ok_or_else(|| ErrorPage::bad_input("plan-apply-values"))?;
    let mut changed = form.changed.parse().unwrap_or(0);
    let (tally, stage) = if form.confirmed.is_empty() {
        (preview(&app, &plan, &values).await?, Stage::Preview)
    } else {
        if form.revision != plan.revision.to_string() {
            return Err(ErrorPage::bad_input("plan-changed"));
        }
        let after: Option<LicenseId> = match form.after.as_str() {
            "" => None,
            after => {
                Some(after.parse().map_err(|_| ErrorPage::bad_input("error-form-incomplete"))?)
            }
        };
        let (tally, next) = apply(&app, &plan, &values, after, &actor(&admin)).await?;
        changed = tally.changed.saturating_add(changed);
        (tally, next.map_or(Stage::Done, |next| Stage::GoOn(next.to_string())))
    };
    Ok(page(&ApplyPage {
        frame: Frame::new(&app, &visitor),
        id,
        name: plan.name,
        revision: plan.revision,
        values: values.into_iter().map(PlanValue::as_str).collect(),
        stay: tally.stay.iter().map(ToString::to_string).collect(),
        tally,
        changed,
        stage,
    }))
}
