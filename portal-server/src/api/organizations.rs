//! `/api/v1/organizations`

use countersign_core::Id;
use countersign_store::{Organization, OrganizationChange, OrganizationKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::operation::{Answer, ById, Call, Described, Nothing, Operation};
use super::products::WhichPage;
use super::types::{AnId, Change, Count, Time};
use crate::app::App;
use crate::desk::Refusal;
use crate::fields::Field;
use crate::problem::Problem;

/// A customer that is more than one person.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Organization")]
pub(crate) struct Shown {
    /// Its id.
    id: AnId,
    /// Its name.
    name: String,
    /// Whether its people are locked out.
    suspended: bool,
    /// Users that it may have; null: any number.
    allowed_users: Option<u64>,
    /// Whether it has customers of its own.
    kind: Kind,
    /// The reseller whose customer it is.
    reseller: Option<AnId>,
    /// When it was created.
    created_at: Time,
}

/// What an organization is to the vendor.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "OrganizationKind")]
enum Kind {
    Customer,
    Reseller,
}

impl From<Organization> for Shown {
    fn from(organization: Organization) -> Self {
        Self {
            id: AnId(organization.id),
            name: organization.name,
            suspended: organization.suspended,
            allowed_users: organization.allowed_users,
            kind: match organization.kind {
                OrganizationKind::Customer => Kind::Customer,
                OrganizationKind::Reseller => Kind::Reseller,
            },
            reseller: organization.reseller.map(AnId),
            created_at: Time(organization.created_at),
        }
    }
}

/// `GET`
pub(crate) fn list() -> Operation {
    let run = async |call: Call<Nothing, WhichPage>| {
        let most = call.most(call.query.limit)?;
        let after = call.place(call.query.cursor.as_deref())?;
        let after = after.and_then(|place| place.parse().ok());
        let page = call.app().store().organizations_by_id(after.as_ref(), most).await;
        let page = page.map_err(Refusal::Store)?;
        Ok(call.page(page.items.into_iter().map(Shown::from).collect(), page.next))
    };
    Described::get("listOrganizations", "List organizations").lists().run(run)
}

/// `GET`
pub(crate) fn show() -> Operation {
    let run = async |call: Call<ById>| {
        found(call.app(), call.path.id()?).await.map(Shown::from).map(Answer::shown)
    };
    Described::get("getOrganization", "Show an organization")
        .refuses(&[(404, "not-found")])
        .run(run)
}

async fn found(app: &App, id: Id) -> Result<Organization, Problem> {
    let found = app.store().organization(id).await.map_err(Refusal::Store)?;
    found.ok_or_else(Problem::not_found)
}

fn named(name: &str) -> Result<String, Problem> {
    let name = Field::OrganizationName.check(name)?;
    if name.is_empty() {
        Err(Problem::unfit("organization-name-needed"))
    } else {
        Ok(name.to_owned())
    }
}

/// An organization to be created.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOrganization {
    /// Its name.
    #[schemars(length(min = 1, max = 100))]
    name: String,
    /// Users that it may have; without it any number.
    allowed_users: Option<Count>,
}

/// `POST`
pub(crate) fn create() -> Operation {
    Described::post("createOrganization", "Create an organization")
        .creates()
        .refuses(&[(422, "unfit-value")])
        .example(|| json!({"name": "Laboratory for Materials", "allowed_users": 20}))
        .run(created)
}

async fn created(call: Call<Nothing, Nothing, NewOrganization>) -> Result<Answer<Shown>, Problem> {
    let (app, body) = (call.app(), call.body.clone());
    let (id, name) = (app.random_id(), named(&body.name)?);
    let subject = format!("/api/v1/organizations/{id}");
    let (writing, allowed) = (call.writing(&subject), body.allowed_users.map(|count| count.0));
    let (store, actor, now) = (writing.store(), call.actor(), app.now());
    let created = store.create_limited_organization(id, &name, allowed, &actor, now).await;
    created.map_err(Refusal::Store)?;
    Ok(Answer::made(Shown::from(found(app, id).await?), &subject))
}

/// What is to be changed of an organization: a member that is left out stays, null empties it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OrganizationChange")]
pub(crate) struct Wanted {
    /// Its name.
    #[schemars(length(min = 1, max = 100))]
    name: Option<String>,
    /// Users that it may have; null: any number.
    #[serde(default)]
    allowed_users: Change<Count>,
    /// Whether its people are locked out.
    suspended: Option<bool>,
    /// Whether it has customers of its own.
    kind: Option<Kind>,
    /// The reseller whose customer it is.
    #[serde(default)]
    reseller: Change<AnId>,
}

/// `PATCH`
pub(crate) fn change() -> Operation {
    Described::patch("changeOrganization", "Change an organization")
        .refuses(&[(404, "not-found"), (409, "conflict"), (422, "unfit-value")])
        .example(|| json!({"allowed_users": 25}))
        .run(changed)
}

async fn changed(call: Call<ById, Nothing, Wanted>) -> Result<Answer<Shown>, Problem> {
    let (app, wanted, id) = (call.app(), call.body.clone(), call.path.id()?);
    let mut organization = found(app, id).await?;
    if let Some(name) = &wanted.name {
        organization.name = named(name)?;
    }
    let number = |count: Option<Count>| count.map(|count| count.0);
    organization.allowed_users = wanted.allowed_users.over(organization.allowed_users, number);
    organization.suspended = wanted.suspended.unwrap_or(organization.suspended);
    organization.kind = match wanted.kind {
        None => organization.kind,
        Some(Kind::Customer) => OrganizationKind::Customer,
        Some(Kind::Reseller) => OrganizationKind::Reseller,
    };
    let reseller = |id: Option<AnId>| id.map(|id| id.0);
    organization.reseller = wanted.reseller.over(organization.reseller, reseller);
    if organization.suspended && call.holder.user.organization == Some(id) {
        return Err(Problem::conflict("suspend-own-organization"));
    }
    let writing = call.writing(&format!("/api/v1/organizations/{id}"));
    let done = writing.store().change_organization(organization, &call.actor(), app.now()).await;
    match done.map_err(Refusal::Store)? {
        OrganizationChange::Done => Ok(Answer::shown(Shown::from(found(app, id).await?))),
        OrganizationChange::Unknown => Err(Problem::not_found()),
        OrganizationChange::LastVendorAdmin => Err(Problem::conflict("last-vendor-admin")),
        OrganizationChange::NotAllowed => Err(Problem::conflict("role-not-yours")),
        OrganizationChange::NeedsReseller => Err(Problem::conflict("needs-reseller")),
        OrganizationChange::HasCustomers => Err(Problem::conflict("reseller-has-customers")),
    }
}
