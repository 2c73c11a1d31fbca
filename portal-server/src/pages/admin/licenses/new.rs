//! `/admin/licenses/new`: a license, or many that say the same. A plan fills the form in; what is typed then counts.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use countersign_core::license_key::LicenseKey;
use countersign_store::{NewLicense, Plan, Product, ReleaseLimits, Validity};

use super::LicenseForm;
use crate::access::Visitor;
use crate::app::App;
use crate::fields::Field;
use crate::licensing::create::{MOST_AT_ONCE, Made, create as create_all, page_of};
use crate::licensing::kept::{self, What};
use crate::licensing::plan::usable;
use crate::pages::admin::{
    Suggestions, chosen_organization, chosen_user, entitlement_lines, metadata_lines,
    optional_number, parse_entitlements, parse_metadata,
};
use crate::pages::paging::Asked;
use crate::pages::{ErrorPage, Frame, page};
use crate::release::up_to;

const DAY: u64 = 86_400;

#[derive(Template)]
#[template(path = "admin/license_new.html")]
struct NewPage {
    frame: Frame,
    products: Vec<Product>,
    plans: Vec<Plan>,
    suggestions: Suggestions,
    plan_id: String,
    product: String,
    plan: String,
    holder: String,
    owner: String,
    organization: String,
    allowed_activations: String,
    allowed_deactivations: String,
    validity: &'static str,
    validity_days: String,
    import_days: u64,
    strategy: &'static str,
    entitlements: String,
    metadata: String,
    maintenance_until: String,
    highest_version: String,
}

impl NewPage {
    fn product_of(&self, plan: &Plan) -> String {
        let found = self.products.iter().find(|product| product.id == plan.product);
        found.map_or_else(|| plan.product.to_string(), |product| product.name.clone())
    }

    fn most(&self) -> u64 {
        MOST_AT_ONCE
    }

    /// With the values of a plan.
    fn by(mut self, plan: &Plan, now: u64) -> Self {
        let number = |n: Option<u64>| n.map(|n| n.to_string()).unwrap_or_default();
        let limits = plan.limits(now);
        let (validity, days) = validity_fields(plan.validity);
        self.plan_id = plan.id.to_string();
        self.product = plan.product.to_string();
        self.plan = plan.name.clone();
        self.allowed_activations = number(plan.allowed_activations);
        self.allowed_deactivations = number(plan.allowed_deactivations);
        (self.validity, self.validity_days) = (validity, days);
        self.import_days = plan.response_validity / DAY;
        self.strategy = plan.strategy.as_str();
        self.entitlements = entitlement_lines(&plan.entitlements);
        self.metadata = metadata_lines(&plan.metadata);
        self.maintenance_until = limits.maintenance_until.map(up_to::day).unwrap_or_default();
        self.highest_version = limits.highest_version.map(|v| v.to_string()).unwrap_or_default();
        self
    }
}

/// What its fields say of a validity.
pub(crate) fn validity_fields(validity: Validity) -> (&'static str, String) {
    match validity {
        Validity::Perpetual | Validity::Fixed(_) => ("perpetual", String::new()),
        Validity::FromCreation(length) => ("from-creation", (length / DAY).to_string()),
        Validity::FromFirstActivation(length) => {
            ("from-first-activation", (length / DAY).to_string())
        }
    }
}

/// The form; `?plan=` fills it in.
pub(crate) async fn form(
    State(app): State<App>,
    visitor: Visitor,
    asked: Asked,
) -> Result<Response, ErrorPage> {
    let (mut products, mut plans) = (app.store().products().await?, app.store().plans().await?);
    products.retain(|product| !product.archived);
    plans.retain(|plan| !plan.archived && products.iter().any(|p| p.id == plan.product));
    let shown = NewPage {
        frame: Frame::new(&app, &visitor),
        products,
        plans,
        suggestions: Suggestions::new(&app).await?,
        plan_id: String::new(),
        product: asked.text("product"),
        plan: String::new(),
        holder: asked.text("holder"),
        owner: asked.text("owner"),
        organization: asked.text("organization"),
        allowed_activations: "1".to_owned(),
        allowed_deactivations: String::new(),
        validity: "perpetual",
        validity_days: String::new(),
        import_days: 14,
        strategy: "fuzzy",
        entitlements: String::new(),
        metadata: String::new(),
        maintenance_until: String::new(),
        highest_version: String::new(),
    };
    Ok(page(&match usable(&app, &asked.text("plan"), None).await? {
        Some(plan) => shown.by(&plan, app.now()),
        None => shown,
    }))
}

/// Creates what the form says, as often as it says.
pub(crate) async fn create(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<LicenseForm>,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    let plan = usable(&app, form.plan_id.trim(), None).await?;
    let product = match &plan {
        Some(plan) => plan.product.clone(),
        None => form.product.parse().map_err(|_| ErrorPage::bad_input("product-unknown"))?,
    };
    let known = app.store().product(&product).await?;
    let product = known.ok_or_else(|| ErrorPage::bad_input("product-unknown"))?;
    if product.archived {
        return Err(ErrorPage::bad_input("product-archived"));
    }
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    let name = Field::Plan.optional(&form.plan)?;
    let new = NewLicense {
        key: LicenseKey::generate(&mut app.rng()),
        product: product.id,
        plan: name.or_else(|| plan.as_ref().map(|plan| plan.name.clone())),
        holder: Field::Holder.optional(&form.holder)?,
        owner: chosen_user(&app, &text(&form.owner)).await?,
        organization: chosen_organization(&app, &text(&form.organization)).await?,
        allowed_activations: optional_number(&text(&form.allowed_activations))?,
        allowed_deactivations: optional_number(&text(&form.allowed_deactivations))?,
        validity: form.validity(app.now())?,
        response_validity: form.import_seconds()?,
        strategy: form.strategy.parse().unwrap_or(product.trial.strategy),
        entitlements: parse_entitlements(&form.entitlements)?,
        metadata: parse_metadata(&form.metadata)?,
    };
    let limits = form.limits(ReleaseLimits::default())?;
    let count = optional_number(&form.count)?.unwrap_or(1);
    let made =
        create_all(&app, &admin, visitor.language, new, limits, plan.as_ref(), count).await?;
    let to = match made {
        Made::Proposed => "/admin/approvals".to_owned(),
        Made::Created(made) => match made.as_slice() {
            [license] => page_of(&license.id),
            _ => {
                let token = kept::keep(&app, admin.id, What::Made(made)).await?;
                format!("/admin/licenses/made/{token}")
            }
        },
    };
    Ok(Redirect::to(&to).into_response())
}
