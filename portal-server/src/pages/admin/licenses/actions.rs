//! `/admin/licenses/{id}/…`: acts on a license. Each form leads to a page that says what would be done, and that one does it.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use countersign_store::{License, LicenseStatus, User};
use serde::Deserialize;

use super::{differences, limits_of};
use crate::access::Visitor;
use crate::app::App;
use crate::language::{Language, Say};
use crate::licensing::act::{
    self, Acted, Extension, check_limits, extended, is_outside, set_limits,
};
use crate::licensing::plan::{PlanValue, apply_to_one, usable};
use crate::licensing::who;
use crate::pages::admin::{actor, optional_number};
use crate::pages::licenses::license_of;
use crate::pages::{ErrorPage, Frame, page};
use crate::release::up_to;

/// What the forms say. Each has its own fields, and all of them the license's revision as it was shown.
#[derive(Deserialize)]
pub(crate) struct ActionForm {
    #[serde(default)]
    revision: String,
    /// Whether the page that says what would be done was seen.
    #[serde(default)]
    confirmed: String,
    #[serde(default)]
    days: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    organization: String,
    #[serde(default)]
    allowed_activations: String,
    #[serde(default)]
    allowed_deactivations: String,
    #[serde(default)]
    plan: String,
    /// As it was when it was shown what its values would change.
    #[serde(default)]
    plan_revision: String,
}

#[derive(Template)]
#[template(path = "admin/license_confirm.html")]
struct ConfirmPage {
    frame: Frame,
    license: String,
    title: String,
    facts: Vec<String>,
    warnings: Vec<String>,
    fields: Vec<(&'static str, String)>,
    is_grave: bool,
}

/// An act that is to be confirmed.
struct Asking<'a> {
    app: &'a App,
    visitor: &'a Visitor,
    admin: User,
    license: License,
}

impl<'a> Asking<'a> {
    /// The license as the form was made for it.
    async fn new(
        app: &'a App,
        visitor: &'a Visitor,
        id: &str,
        form: &ActionForm,
    ) -> Result<Self, ErrorPage> {
        let admin = visitor.user()?;
        let license = license_of(app, &admin, id).await?;
        let seen: i64 =
            form.revision.parse().map_err(|_| ErrorPage::bad_input("error-form-incomplete"))?;
        if seen != license.revision {
            return Err(ErrorPage::bad_input("license-stale"));
        }
        Ok(Self { app, visitor, admin, license })
    }

    fn language(&self) -> Language {
        self.visitor.language
    }

    /// The page that says what would be done.
    fn page(
        &self,
        title: &str,
        facts: Vec<Say>,
        warnings: Vec<Say>,
        mut fields: Vec<(&'static str, String)>,
    ) -> Response {
        let say = |say: Say| self.language().say(&say);
        fields.extend([
            ("revision", self.license.revision.to_string()),
            ("confirmed", "1".to_owned()),
        ]);
        page(&ConfirmPage {
            frame: Frame::new(self.app, self.visitor),
            license: self.license.id.to_string(),
            title: self.language().t(title),
            is_grave: !warnings.is_empty(),
            facts: facts.into_iter().map(say).collect(),
            warnings: warnings.into_iter().map(say).collect(),
            fields,
        })
    }

    fn done(&self, acted: Acted) -> Response {
        let to = match acted {
            Acted::Done => format!("/admin/licenses/{}", self.license.id),
            Acted::Proposed => "/admin/approvals".to_owned(),
        };
        Redirect::to(&to).into_response()
    }
}

/// A later end.
pub(crate) async fn extend(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<ActionForm>,
) -> Result<Response, ErrorPage> {
    let asking = Asking::new(&app, &visitor, &id, &form).await?;
    let days = optional_number(&form.days)?.filter(|days| *days > 0);
    let extension = match (days, form.until.trim()) {
        (Some(days), "") => Extension::Days(days),
        (None, until) if !until.is_empty() => Extension::Until(up_to::last_second(until)?),
        _ => return Err(ErrorPage::bad_input("extend-one-of")),
    };
    if form.confirmed.is_empty() {
        let end = extended(&asking.license, extension, app.now())?;
        let language = asking.language();
        let before = language.when(asking.license.expires_at);
        let fact = Say::new("extend-fact").with("before", before);
        let fact = fact.with("after", language.date_time(end));
        let fields = vec![("days", form.days), ("until", form.until)];
        return Ok(asking.page(
            "extend-title",
            vec![fact, "extend-machines".into()],
            vec![],
            fields,
        ));
    }
    let license = &asking.license;
    let acted = act::extend(&app, &asking.admin, asking.language(), license, extension).await?;
    Ok(asking.done(acted))
}

/// Suspended, revoked, or active again.
pub(crate) async fn status(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<ActionForm>,
) -> Result<Response, ErrorPage> {
    let asking = Asking::new(&app, &visitor, &id, &form).await?;
    let status: LicenseStatus =
        form.status.parse().map_err(|_| ErrorPage::bad_input("error-form-incomplete"))?;
    if form.confirmed.is_empty() {
        let key = |part: &str| format!("status-{part}-{status}");
        let live = asking.license.seats_in_use();
        let facts = vec![Say::new(key("fact"))];
        // What was signed runs on: machines without a network hear of nothing.
        let warnings = match status {
            LicenseStatus::Active => Vec::new(),
            _ => vec![Say::new(key("offline")).with("count", live)],
        };
        let fields = vec![("status", status.to_string())];
        return Ok(asking.page(&key("title"), facts, warnings, fields));
    }
    act::set_status(&app, &asking.admin, &asking.license, status).await?;
    Ok(asking.done(Acted::Done))
}

/// Another owner, another organization.
pub(crate) async fn transfer(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<ActionForm>,
) -> Result<Response, ErrorPage> {
    let asking = Asking::new(&app, &visitor, &id, &form).await?;
    let owner = who::user(&app, &form.owner).await?;
    let organization = who::organization(&app, &form.organization).await?;
    let license = &asking.license;
    if form.confirmed.is_empty() {
        let nobody = || asking.language().t("transfer-nobody");
        let named = |user: Option<&User>| user.map_or_else(nobody, |u| u.address().to_owned());
        let former = match license.owner {
            Some(id) => app.store().user(id).await?,
            None => None,
        };
        let mut facts = Vec::new();
        if owner.as_ref().map(|user| user.id) != license.owner {
            let say = Say::new("transfer-owner").with("from", named(former.as_ref()));
            facts.push(say.with("to", named(owner.as_ref())));
            facts.push("transfer-mail".into());
        }
        let of = organization.as_ref().map(|organization| organization.id);
        if of != license.organization {
            let from = who::typed(&app, license.organization).await?;
            let from = if from.is_empty() { nobody() } else { from };
            let to = organization.as_ref().map_or_else(nobody, |found| found.name.clone());
            facts.push(Say::new("transfer-organization").with("from", from).with("to", to));
            facts.push(Say::new("transfer-groups").with("count", license.seats_in_use()));
        }
        if facts.is_empty() {
            return Err(ErrorPage::bad_input("transfer-same"));
        }
        facts.push(match &organization {
            Some(found) => Say::new("transfer-seen").with("name", found.name.as_str()),
            None => "transfer-seen-by-owner".into(),
        });
        let outside = is_outside(owner.as_ref(), organization.as_ref());
        let warnings = if outside { vec!["transfer-outside".into()] } else { Vec::new() };
        let fields = vec![("owner", form.owner), ("organization", form.organization)];
        return Ok(asking.page("transfer-title", facts, warnings, fields));
    }
    let (owner, of) = (owner.as_ref(), organization.as_ref());
    act::transfer(&app, &asking.admin, asking.language(), license, owner, of).await?;
    Ok(asking.done(Acted::Done))
}

/// More or fewer machines and deactivations.
pub(crate) async fn limits(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<ActionForm>,
) -> Result<Response, ErrorPage> {
    let asking = Asking::new(&app, &visitor, &id, &form).await?;
    let activations = optional_number(&form.allowed_activations)?;
    let deactivations = optional_number(&form.allowed_deactivations)?;
    let (license, language) = (&asking.license, asking.language());
    if form.confirmed.is_empty() {
        let other = License {
            allowed_activations: activations,
            allowed_deactivations: deactivations,
            ..license.clone()
        };
        check_limits(&other)?;
        let number = |n: Option<u64>| {
            n.map_or_else(|| language.t("approval-any-number"), |n| language.number(n))
        };
        let fact = |key: &str, before, after| {
            Say::new(key).with("before", number(before)).with("after", number(after))
        };
        let facts = vec![
            fact("limits-activations", license.allowed_activations, activations),
            fact("limits-deactivations", license.allowed_deactivations, deactivations),
        ];
        let fields = vec![
            ("allowed_activations", form.allowed_activations),
            ("allowed_deactivations", form.allowed_deactivations),
        ];
        return Ok(asking.page("limits-title", facts, vec![], fields));
    }
    set_limits(&app, &asking.admin, license, activations, deactivations).await?;
    Ok(asking.done(Acted::Done))
}

/// The values of a plan, again or for the first time.
pub(crate) async fn plan(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<ActionForm>,
) -> Result<Response, ErrorPage> {
    let asking = Asking::new(&app, &visitor, &id, &form).await?;
    let plan = usable(&app, form.plan.trim(), Some(&asking.license.product)).await?;
    let plan = plan.ok_or_else(|| ErrorPage::bad_input("plan-unknown"))?;
    let license = License { plan_id: Some(plan.id), ..asking.license.clone() };
    if form.confirmed.is_empty() {
        let limits = limits_of(&app, &license).await?;
        let language = asking.language();
        let mut facts = vec![Say::new("plan-take-fact").with("plan", plan.name.as_str())];
        for differs in differences(&license, &limits, &plan, language) {
            let name = language.t(&format!("plan-value-{}", differs.value));
            let say = Say::new("plan-take-value").with("name", name);
            facts.push(say.with("here", differs.here).with("plan", differs.plan));
        }
        facts.push("plan-take-validity".into());
        let fields = vec![("plan", form.plan), ("plan_revision", plan.revision.to_string())];
        return Ok(asking.page("plan-take-title", facts, vec![], fields));
    }
    if form.plan_revision != plan.revision.to_string() {
        return Err(ErrorPage::bad_input("plan-changed"));
    }
    let by = actor(&asking.admin);
    apply_to_one(&app, &license, &plan, &PlanValue::ALL, &by).await?;
    Ok(asking.done(Acted::Done))
}
