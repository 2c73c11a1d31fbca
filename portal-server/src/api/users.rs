//! `/api/v1/users`: people who log in. Customers alone are created and changed here: the vendor's own people are not a
//! program's to change, and what somebody is worth is never taken from a body.

use countersign_core::Id;
use countersign_store::{OrganizationRole, Role, TwoFactor, User, UserChange, UserStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::licenses::create::organization;
use super::operation::{Answer, ById, Call, Described, Nothing, Operation};
use super::products::WhichPage;
use super::types::{AnId, Change, Time};
use crate::app::App;
use crate::desk::Refusal;
use crate::fields::Field;
use crate::language::Say;
use crate::mail;
use crate::problem::Problem;

/// A user.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "User")]
pub(crate) struct Shown {
    /// Their id.
    id: AnId,
    /// Their e-mail address; of the invited the one that they were invited at.
    email: String,
    /// Their name; may be empty.
    name: String,
    /// What they are.
    role: UserRole,
    /// Whether they may log in.
    status: Status,
    /// The organization that they belong to.
    organization: Option<AnId>,
    /// What they are there.
    organization_role: InOrganization,
    /// The reseller whose customer they are, where no organization says that.
    reseller: Option<AnId>,
    /// Whether a login takes a second factor.
    two_factor: bool,
    /// The language that they chose; null: what their browser asks for.
    language: Option<String>,
    /// When they were created.
    created_at: Time,
}

/// What a user is.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum UserRole {
    Owner,
    Admin,
    Support,
    ReadOnly,
    ResellerAdmin,
    Customer,
}

impl UserRole {
    fn of(role: Role) -> Self {
        match role {
            Role::Owner => Self::Owner,
            Role::Admin => Self::Admin,
            Role::Support => Self::Support,
            Role::ReadOnly => Self::ReadOnly,
            Role::ResellerAdmin => Self::ResellerAdmin,
            Role::Customer => Self::Customer,
        }
    }
}

/// Whether a user may log in.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "UserStatus")]
enum Status {
    Invited,
    Active,
    Suspended,
    Deactivated,
}

/// What a user is in their organization.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "OrganizationRole")]
enum InOrganization {
    Member,
    Admin,
}

impl InOrganization {
    fn stored(self) -> OrganizationRole {
        match self {
            Self::Member => OrganizationRole::Member,
            Self::Admin => OrganizationRole::Admin,
        }
    }
}

impl From<User> for Shown {
    fn from(user: User) -> Self {
        Self {
            id: AnId(user.id),
            email: user.address().to_owned(),
            role: UserRole::of(user.role),
            reseller: user.reseller.map(AnId),
            status: match user.status {
                UserStatus::Invited => Status::Invited,
                UserStatus::Active => Status::Active,
                UserStatus::Suspended => Status::Suspended,
                UserStatus::Deactivated => Status::Deactivated,
            },
            organization: user.organization.map(AnId),
            organization_role: match user.organization_role {
                OrganizationRole::Member => InOrganization::Member,
                OrganizationRole::Admin => InOrganization::Admin,
            },
            two_factor: user.two_factor == TwoFactor::On,
            name: user.name,
            language: user.language,
            created_at: Time(user.created_at),
        }
    }
}

/// `GET`
pub(crate) fn list() -> Operation {
    let run = async |call: Call<Nothing, WhichPage>| {
        let most = call.most(call.query.limit)?;
        let after = call.place(call.query.cursor.as_deref())?;
        let after = after.and_then(|place| place.parse().ok());
        let page = call.app().store().users_by_id(after.as_ref(), most).await;
        let page = page.map_err(Refusal::Store)?;
        Ok(call.page(page.items.into_iter().map(Shown::from).collect(), page.next))
    };
    Described::get("listUsers", "List users").lists().run(run)
}

/// `GET`
pub(crate) fn show() -> Operation {
    let run = async |call: Call<ById>| {
        found(call.app(), call.path.id()?).await.map(Shown::from).map(Answer::shown)
    };
    Described::get("getUser", "Show a user").refuses(&[(404, "not-found")]).run(run)
}

async fn found(app: &App, id: Id) -> Result<User, Problem> {
    let user = app.store().user(id).await.map_err(Refusal::Store)?;
    user.ok_or_else(Problem::not_found)
}

/// A customer to be created.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    /// Their e-mail address.
    #[schemars(length(min = 3, max = 254))]
    email: String,
    /// Their name.
    #[serde(default)]
    #[schemars(length(max = 100))]
    name: String,
    /// The organization that they belong to.
    organization: Option<AnId>,
    /// What they are there; without it a member.
    organization_role: Option<InOrganization>,
}

/// `POST`
pub(crate) fn create() -> Operation {
    Described::post("createUser", "Create a customer")
        .more("They have no password yet: the page of the user makes a link to set one.")
        .creates()
        .refuses(&[(409, "conflict"), (422, "unfit-value")])
        .example(|| json!({"email": "jane@lab.example", "name": "Jane Doe"}))
        .run(created)
}

async fn created(call: Call<Nothing, Nothing, NewUser>) -> Result<Answer<Shown>, Problem> {
    let (app, body) = (call.app(), call.body.clone());
    let email = mail::address(&body.email);
    let email = email.ok_or_else(|| Problem::unfit("refused-unfit-address"))?;
    let user = User {
        organization_role: body
            .organization_role
            .map_or(OrganizationRole::Member, InOrganization::stored),
        name: Field::UserName.check(&body.name)?.to_owned(),
        organization: organization(app, body.organization.as_ref()).await?,
        ..User::invited(app.random_id(), email, Role::Customer, app.now())
    };
    let (id, subject) = (user.id, format!("/api/v1/users/{}", user.id));
    let writing = call.writing(&subject);
    done(
        writing
            .store()
            .create_user(user, &call.actor(), app.now())
            .await
            .map_err(Refusal::Store)?,
    )?;
    Ok(Answer::made(Shown::from(found(app, id).await?), &subject))
}

fn done(change: UserChange) -> Result<(), Problem> {
    Err(match change {
        UserChange::Done => return Ok(()),
        UserChange::Unknown => Problem::not_found(),
        UserChange::EmailTaken => Problem::conflict("email-taken"),
        UserChange::UnknownOrganization => Problem::unfit("organization-unknown"),
        UserChange::OrganizationFull { allowed } => {
            Problem::conflict(Say::new("organization-full").with("count", allowed))
        }
        UserChange::LastOrganizationAdmin => Problem::conflict("last-organization-admin"),
        UserChange::LastVendorAdmin => Problem::conflict("last-vendor-admin"),
        UserChange::NotAllowed => Problem::conflict("role-not-yours"),
        UserChange::NeedsReseller => Problem::conflict("needs-reseller"),
    })
}

/// What is to be changed of a customer: a member that is left out stays, null empties it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UserChange")]
pub(crate) struct Wanted {
    /// Their name.
    #[schemars(length(max = 100))]
    name: Option<String>,
    /// The organization that they belong to; who moves leaves their groups, and is a member in the new one.
    #[serde(default)]
    organization: Change<AnId>,
    /// What they are there.
    organization_role: Option<InOrganization>,
    /// Whether the vendor locks them out: that ends their sessions.
    suspended: Option<bool>,
}

/// `PATCH`
pub(crate) fn change() -> Operation {
    Described::patch("changeUser", "Change a customer")
        .more("The vendor's own people are changed on their page alone.")
        .refuses(&[(404, "not-found"), (409, "conflict"), (422, "unfit-value")])
        .example(|| json!({"name": "Jane Doe"}))
        .run(changed)
}

async fn changed(call: Call<ById, Nothing, Wanted>) -> Result<Answer<Shown>, Problem> {
    let (app, wanted, id) = (call.app(), call.body.clone(), call.path.id()?);
    let mut user = found(app, id).await?;
    if user.role != Role::Customer {
        return Err(Problem::conflict("api-vendors-people"));
    }
    if let Some(name) = &wanted.name {
        let name = Field::UserName.check(name)?.to_owned();
        if name != user.name {
            // Given as one: the parts would overrule it.
            user = User { name, first_name: String::new(), last_name: String::new(), ..user };
        }
    }
    if let Change::Set(of) = &wanted.organization {
        let of = organization(app, of.as_ref()).await?;
        if of != user.organization {
            // What somebody was elsewhere they are not here.
            user.organization_role = OrganizationRole::Member;
        }
        user.organization = of;
    }
    user.organization_role =
        wanted.organization_role.map_or(user.organization_role, InOrganization::stored);
    user.status = match (wanted.suspended, user.status) {
        (Some(true), _) => UserStatus::Suspended,
        (Some(false), UserStatus::Suspended) if user.password_hash.is_some() => UserStatus::Active,
        (Some(false), UserStatus::Suspended) => UserStatus::Invited,
        (_, status) => status,
    };
    let writing = call.writing(&format!("/api/v1/users/{id}"));
    done(
        writing
            .store()
            .change_user(user, &call.actor(), app.now())
            .await
            .map_err(Refusal::Store)?,
    )?;
    Ok(Answer::shown(Shown::from(found(app, id).await?)))
}
