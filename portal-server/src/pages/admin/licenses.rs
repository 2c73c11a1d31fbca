//! `/admin/licenses`

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use countersign_core::license_key::LicenseKey;
use countersign_store::{
    Act, License, LicenseChange, LicenseStatus, NewLicense, Organization, Overrun, Product,
    ReleaseLimits, User, Validity, is_far_away,
};
use serde::Deserialize;

use super::{
    ErrorPage, actor, chosen_organization, chosen_user, entitlement_lines, metadata_lines,
    optional_number, parse_entitlements, parse_metadata,
};
use crate::access::Visitor;
use crate::admin::LARGEST;
use crate::app::App;
use crate::approval;
use crate::desk::{Of, Said};
use crate::fields::Field;
use crate::language::{Language, Say};
use crate::pages::licenses::{
    LicenseView, MachineView, license_of, machine_name, owner_outside, status_key, views,
};
use crate::pages::{Frame, page};
use crate::release::up_to;

const MOST: u32 = 500;
const DAY: u64 = 86_400;

#[derive(Template)]
#[template(path = "admin/licenses.html")]
struct ListPage {
    frame: Frame,
    licenses: Vec<LicenseView>,
    products: Vec<Product>,
    users: Vec<User>,
    organizations: Vec<Organization>,
}

pub(crate) async fn list(State(app): State<App>, visitor: Visitor) -> Result<Response, ErrorPage> {
    let licenses = app.store().licenses(MOST).await?;
    Ok(page(&ListPage {
        frame: Frame::new(&app, &visitor),
        licenses: views(&app, &licenses, visitor.language).await?,
        products: app.store().products().await?.into_iter().filter(|p| !p.archived).collect(),
        users: app.store().users().await?,
        organizations: app.store().organizations().await?,
    }))
}

#[derive(Deserialize)]
pub(crate) struct LicenseForm {
    #[serde(default)]
    product: String,
    #[serde(default)]
    plan: String,
    #[serde(default)]
    holder: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    organization: String,
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
    maintenance_until: Option<String>,
    highest_version: Option<String>,
    #[serde(default)]
    status: String,
    #[serde(default)]
    extend_days: String,
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

pub(crate) async fn create(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<LicenseForm>,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    let known = app
        .store()
        .product(&form.product.parse().map_err(|_| ErrorPage::bad_input("product-unknown"))?)
        .await?;
    let product = known.ok_or_else(|| ErrorPage::bad_input("product-unknown"))?;
    if product.archived {
        return Err(ErrorPage::bad_input("product-archived"));
    }
    let new = NewLicense {
        key: LicenseKey::generate(&mut app.rng()),
        product: product.id,
        plan: Field::Plan.optional(&form.plan)?,
        holder: Field::Holder.optional(&form.holder)?,
        owner: chosen_user(&app, &form.owner).await?,
        organization: chosen_organization(&app, &form.organization).await?,
        allowed_activations: optional_number(&form.allowed_activations)?,
        allowed_deactivations: optional_number(&form.allowed_deactivations)?,
        validity: form.validity(app.now())?,
        response_validity: form.import_seconds()?,
        strategy: form.strategy.parse().unwrap_or(product.trial.strategy),
        entitlements: parse_entitlements(&form.entitlements)?,
        metadata: parse_metadata(&form.metadata)?,
    };
    Said::by(&new).check_room(&app, &new.product, Of::License)?;
    let limits = form.limits(ReleaseLimits::default())?;
    if is_far_away(&new.validity, app.now()) && app.store().needs_two_people().await? {
        let act = Act::CreateLicense { new: Box::new(new), limits };
        approval::propose(&app, &admin, act, visitor.language).await?;
        return Ok(Redirect::to("/admin/approvals").into_response());
    }
    let by = actor(&admin);
    let id = app.store().create_limited_license(new, limits, &by, app.now()).await?;
    Ok(Redirect::to(&format!("/admin/licenses/{id}")).into_response())
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
    users: Vec<User>,
    organizations: Vec<Organization>,
    machines: Vec<MachineView>,
    overruns: Vec<OverrunView>,
}

/// A machine beyond the limit, in words.
struct OverrunView {
    id: String,
    name: String,
    since: String,
    by: String,
    journal: Option<String>,
}

impl LicensePage {
    fn status_words(&self, status: &LicenseStatus) -> String {
        self.frame.t(status_key(status))
    }
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
        view: views(&app, std::slice::from_ref(&license), visitor.language).await?.swap_remove(0),
        owner_outside: owner_outside(&app, &license).await?,
        allowed_activations: number(license.allowed_activations),
        allowed_deactivations: number(license.allowed_deactivations),
        entitlements: entitlement_lines(&license.entitlements),
        metadata: metadata_lines(&license.metadata),
        import_days: license.response_validity / DAY,
        maintenance_until: limits.maintenance_until.map(up_to::day).unwrap_or_default(),
        highest_version: limits.highest_version.map(|v| v.to_string()).unwrap_or_default(),
        owner: license.owner.map(|id| id.to_string()).unwrap_or_default(),
        organization: license.organization.map(|id| id.to_string()).unwrap_or_default(),
        users: app.store().users().await?,
        organizations: app.store().organizations().await?,
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
    license.owner = chosen_user(&app, &form.owner).await?;
    license.organization = chosen_organization(&app, &form.organization).await?;
    license.allowed_activations = optional_number(&form.allowed_activations)?;
    license.allowed_deactivations = optional_number(&form.allowed_deactivations)?;
    license.response_validity = form.import_seconds()?;
    license.entitlements = parse_entitlements(&form.entitlements)?;
    license.metadata = parse_metadata(&form.metadata)?;
    license.status =
        form.status.parse().map_err(|_| ErrorPage::bad_input("error-form-incomplete"))?;
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
