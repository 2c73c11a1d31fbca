//! `/admin/licenses/{id}`: one license, as the vendor sees and edits it.

pub(crate) mod actions;
pub(crate) mod import;
pub(crate) mod list;
pub(crate) mod made;
pub(crate) mod new;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use countersign_store::{
    Act, License, LicenseChange, Overrun, Plan, ReleaseLimits, User, Validity,
};
use serde::Deserialize;

use super::{
    ErrorPage, Suggestions, actor, chosen_organization, chosen_user, entitlement_lines,
    metadata_lines, optional_number, parse_entitlements, parse_metadata,
};
use crate::access::Visitor;
use crate::admin::LARGEST;
use crate::app::App;
use crate::approval;
use crate::desk::{Of, Said};
use crate::fields::Field;
use crate::language::{Language, Say};
use crate::licensing::plan::{PlanValue, differing, take};
use crate::licensing::who;
use crate::pages::licenses::{
    LicenseView, MachineView, license_of, machine_name, owner_outside, views,
};
use crate::pages::{Frame, page};
use crate::release::up_to;

const MOST: u32 = 500;
const DAY: u64 = 86_400;

#[derive(Deserialize)]
pub(crate) struct LicenseForm {
    #[serde(default)]
    product: String,
    #[serde(default)]
    plan: String,
    #[serde(default)]
    holder: String,
    /// Not there: it stays.
    owner: Option<String>,
    /// Not there: it stays.
    organization: Option<String>,
    /// Not there: it stays.
    allowed_activations: Option<String>,
    /// Not there: it stays.
    allowed_deactivations: Option<String>,
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
    maintenance_until: Option<String>,
    highest_version: Option<String>,
    /// Not there: it stays.
    status: Option<String>,
    #[serde(default)]
    extend_days: String,
    /// The plan that a new license is made by.
    #[serde(default)]
    plan_id: String,
    /// How many are made.
    #[serde(default)]
    count: String,
    #[serde(default)]
    revision: String,
}

impl LicenseForm {
    fn validity(&self, now: u64) -> Result<Validity, ErrorPage> {
        let days = optional_number(&self.validity_days)?.filter(|days| *days > 0);
        let length =
            || days.map(|d| d * DAY).ok_or_else(|| ErrorPage::bad_input("validity-days-needed"));
        Ok(match self.validity.as_str() {
            "fixed" => Validity::Fixed(now + length()?),
            "from-creation" => Validity::FromCreation(length()?),
            "from-first-activation" => Validity::FromFirstActivation(length()?),
            "perpetual" | "" => Validity::Perpetual,
            _ => return Err(ErrorPage::bad_input("error-form-incomplete")),
        })
    }

    /// Up to where it goes in releases. What is not given stays, and so does the time of a day that is the same.
    fn limits(&self, before: ReleaseLimits) -> Result<ReleaseLimits, ErrorPage> {
        let is_same = |day: &str| before.maintenance_until.is_some_and(|at| up_to::day(at) == day);
        let maintenance_until = match self.maintenance_until.as_deref().map(str::trim) {
            Some("") => None,
            Some(day) if !is_same(day) => Some(up_to::last_second(day)?),
            _ => before.maintenance_until,
        };
        let highest_version = match self.highest_version.as_deref().map(str::trim) {
            Some("") => None,
            Some(version) => Some(up_to::highest(version)?),
            None => before.highest_version,
        };
        Ok(ReleaseLimits { maintenance_until, highest_version })
    }

    /// The end of a license that is extended, if it is: one that has ended is extended from now.
    fn extended(&self, license: &License, now: u64) -> Result<Option<u64>, ErrorPage> {
        let Some(days) = optional_number(&self.extend_days)?.filter(|days| *days > 0) else {
            return Ok(license.expires_at);
        };
        let Some(end) = license.expires_at else {
            return Err(ErrorPage::bad_input(match license.validity {
                Validity::FromFirstActivation(_) => "extend-not-begun",
                _ => "extend-perpetual",
            }));
        };
        let extended = end.max(now) + days * DAY;
        let latest = now + LARGEST * DAY;
        if extended > latest {
            Err(ErrorPage::bad_input("extend-too-far"))
        } else {
            Ok(Some(extended))
        }
    }

    fn import_seconds(&self) -> Result<u64, ErrorPage> {
        let days = optional_number(&self.import_days)?.unwrap_or(14);
        Ok(days.clamp(1, 365) * DAY)
    }
}

#[derive(Template)]
#[template(path = "admin/license.html")]
struct LicensePage {
    frame: Frame,
    view: LicenseView,
    owner_outside: Option<String>,
    license: License,
    allowed_activations: String,
    allowed_deactivations: String,
    entitlements: String,
    metadata: String,
    import_days: u64,
    maintenance_until: String,
    highest_version: String,
    owner: String,
    organization: String,
    suggestions: Suggestions,
    plan: Option<ByPlan>,
    plans: Vec<Plan>,
    machines: Vec<MachineView>,
    overruns: Vec<OverrunView>,
    /// The portal's address, as customers know it.
    portal: String,
}

impl LicensePage {
    /// Who opens the license without its key.
    fn whose(&self) -> &str {
        if self.organization.is_empty() { &self.owner } else { &self.organization }
    }
}

/// A machine beyond the limit, in words.
struct OverrunView {
    id: String,
    name: String,
    since: String,
    by: String,
    journal: Option<String>,
}

/// The plan of a license, and what the license has otherwise.
struct ByPlan {
    id: String,
    name: String,
    archived: bool,
    differs: Vec<Difference>,
}

/// A value that a license has otherwise than its plan.
pub(crate) struct Difference {
    pub(crate) value: &'static str,
    pub(crate) here: String,
    pub(crate) plan: String,
}

async fn by_plan(
    app: &App,
    license: &License,
    limits: &ReleaseLimits,
    language: Language,
) -> Result<Option<ByPlan>, ErrorPage> {
    let Some(id) = license.plan_id else { return Ok(None) };
    let Some(plan) = app.store().plan(id).await? else { return Ok(None) };
    let differs = differences(license, limits, &plan, language);
    Ok(Some(ByPlan { id: id.to_string(), archived: plan.archived, name: plan.name, differs }))
}

/// What a license has otherwise than a plan, in words.
pub(crate) fn differences(
    license: &License,
    limits: &ReleaseLimits,
    plan: &Plan,
    language: Language,
) -> Vec<Difference> {
    let (taken, terms) = take(license, limits, plan, &PlanValue::ALL);
    let difference = |value: PlanValue| Difference {
        value: value.as_str(),
        here: value_words(value, license, limits, language),
        plan: value_words(value, &taken, &terms, language),
    };
    differing(license, limits, plan).into_iter().map(difference).collect()
}

fn value_words(
    value: PlanValue,
    license: &License,
    limits: &ReleaseLimits,
    language: Language,
) -> String {
    let number = |n: Option<u64>| {
        n.map_or_else(|| language.t("approval-any-number"), |n| language.number(n))
    };
    let words = match value {
        PlanValue::Name => license.plan.clone().unwrap_or_default(),
        PlanValue::Activations => number(license.allowed_activations),
        PlanValue::Deactivations => number(license.allowed_deactivations),
        PlanValue::ImportDays => language.number(license.response_validity / DAY),
        PlanValue::Strategy => license.strategy.to_string(),
        PlanValue::Features => entitlement_lines(&license.entitlements),
        PlanValue::Metadata => metadata_lines(&license.metadata),
        PlanValue::Maintenance => limits.maintenance_until.map(up_to::day).unwrap_or_default(),
        PlanValue::HighestVersion => {
            limits.highest_version.as_ref().map(|version| version.to_string()).unwrap_or_default()
        }
    };
    if words.is_empty() { "–".to_owned() } else { words }
}

/// The plans that a license can be given.
async fn plans_for(app: &App, license: &License) -> Result<Vec<Plan>, ErrorPage> {
    let mut plans = app.store().plans().await?;
    plans.retain(|plan| plan.product == license.product && !plan.archived);
    Ok(plans)
}

pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    let license = license_of(&app, &admin, &id).await?;
    let number = |n: Option<u64>| n.map(|n| n.to_string()).unwrap_or_default();
    let limits = limits_of(&app, &license).await?;
    Ok(page(&LicensePage {
        frame: Frame::new(&app, &visitor),
        portal: app.base_url(),
        view: views(&app, std::slice::from_ref(&license), visitor.language).await?.swap_remove(0),
        owner_outside: owner_outside(&app, &license).await?,
        allowed_activations: number(license.allowed_activations),
        allowed_deactivations: number(license.allowed_deactivations),
        entitlements: entitlement_lines(&license.entitlements),
        metadata: metadata_lines(&license.metadata),
        import_days: license.response_validity / DAY,
        maintenance_until: limits.maintenance_until.map(up_to::day).unwrap_or_default(),
        highest_version: limits
            .highest_version
            .as_ref()
            .map(|version| version.to_string())
            .unwrap_or_default(),
        owner: who::address(&app, license.owner).await?,
        organization: who::typed(&app, license.organization).await?,
        suggestions: Suggestions::new(&app).await?,
        plan: by_plan(&app, &license, &limits, visitor.language).await?,
        plans: plans_for(&app, &license).await?,
        overruns: overruns(&app, &license, visitor.language).await?,
        machines: app
            .store()
            .activations(&license.id, MOST)
            .await?
            .iter()
            .map(|a| MachineView::new(a, visitor.language))
            .collect(),
        license,
    }))
}

async fn overruns(
    app: &App,
    license: &License,
    language: Language,
) -> Result<Vec<OverrunView>, ErrorPage> {
    let found = app.store().overruns(&license.id).await?;
    let view = |overrun: &Overrun| OverrunView {
        id: overrun.machine.id.to_string(),
        name: machine_name(&overrun.machine, language),
        since: language.date_time(overrun.since),
        by: match &overrun.signed {
            Some(signed) => {
                signed.holder.clone().unwrap_or_else(|| language.t("journal-holder-unknown"))
            }
            None => language.t("signed-by-portal"),
        },
        journal: overrun.signed.as_ref().map(|signed| signed.journal.to_string()),
    };
    Ok(found.iter().map(view).collect())
}

async fn limits_of(app: &App, license: &License) -> Result<ReleaseLimits, ErrorPage> {
    let terms = app.store().release_terms_of(&license.id).await?;
    Ok(terms.ok_or_else(ErrorPage::not_found)?.limits)
}

pub(crate) async fn save(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<LicenseForm>,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    let mut license = license_of(&app, &admin, &id).await?;
    license.revision =
        form.revision.parse().map_err(|_| ErrorPage::bad_input("error-form-incomplete"))?;
    license.plan = Field::Plan.optional(&form.plan)?;
    license.holder = Field::Holder.optional(&form.holder)?;
    if let Some(owner) = &form.owner {
        license.owner = chosen_user(&app, owner).await?;
    }
    if let Some(organization) = &form.organization {
        license.organization = chosen_organization(&app, organization).await?;
    }
    if let Some(number) = &form.allowed_activations {
        license.allowed_activations = optional_number(number)?;
    }
    if let Some(number) = &form.allowed_deactivations {
        license.allowed_deactivations = optional_number(number)?;
    }
    license.response_validity = form.import_seconds()?;
    license.entitlements = parse_entitlements(&form.entitlements)?;
    license.metadata = parse_metadata(&form.metadata)?;
    if let Some(status) = &form.status {
        license.status =
            status.parse().map_err(|_| ErrorPage::bad_input("error-form-incomplete"))?;
    }
    license.strategy =
        form.strategy.parse().map_err(|_| ErrorPage::bad_input("error-form-incomplete"))?;
    license.expires_at = form.extended(&license, app.now())?;
    Said::of(&license).check_room(&app, &license.product, Of::License)?;
    let limits = form.limits(limits_of(&app, &license).await?)?;
    let by = actor(&admin);
    let changed =
        app.store().change_limited_license(license.clone(), limits.clone(), &by, app.now()).await?;
    match changed {
        LicenseChange::NeedsSecondPerson => {
            let save = Save { app: &app, admin: &admin, license, limits };
            save.all_but_the_end(visitor.language).await
        }
        changed => saved(changed, &id),
    }
}

/// What came of a change, as a page.
fn saved(changed: LicenseChange, id: &str) -> Result<Response, ErrorPage> {
    match changed {
        LicenseChange::Done => Ok(Redirect::to(&format!("/admin/licenses/{id}")).into_response()),
        LicenseChange::Stale => Err(ErrorPage::bad_input("license-stale")),
        LicenseChange::NeedsSecondPerson => Err(ErrorPage::bad_input("approval-needed")),
        LicenseChange::BelowUse { live, deactivations } => Err(ErrorPage::bad_input(
            Say::new("license-below-use").with("live", live).with("deactivations", deactivations),
        )),
    }
}

/// A change with an end that needs a second person.
struct Save<'a> {
    app: &'a App,
    admin: &'a User,
    license: License,
    limits: ReleaseLimits,
}

impl Save<'_> {
    /// Changes everything else, and proposes the end.
    async fn all_but_the_end(self, language: Language) -> Result<Response, ErrorPage> {
        let Self { app, admin, license, limits } = self;
        let (store, id) = (app.store(), license.id);
        let current = store.license(&id).await?.ok_or_else(ErrorPage::not_found)?;
        let wanted = license.expires_at.ok_or_else(|| ErrorPage::bad_input("approval-needed"))?;
        let rest = License { expires_at: current.expires_at, ..license };
        let changed = store.change_limited_license(rest, limits, &actor(admin), app.now()).await?;
        if changed != LicenseChange::Done {
            return saved(changed, &id.to_string());
        }
        let now = store.license(&id).await?.ok_or_else(ErrorPage::not_found)?;
        let act = Act::ExtendLicense { license: id, revision: now.revision, expires_at: wanted };
        approval::propose(app, admin, act, language).await?;
        Ok(Redirect::to("/admin/approvals").into_response())
    }
}
