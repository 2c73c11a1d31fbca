//! `/admin/customers`: users and organizations.

use std::collections::HashMap;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use countersign_core::Id;
use countersign_store::{
    CustomerQuery, InviteCustomer, Organization, OrganizationChange, OrganizationRole, Role,
    TwoFactor, User, UserChange, UserStatus,
};
use serde::Deserialize;

use super::{ErrorPage, Suggestions, actor, chosen_organization, optional_number};
use crate::access::{Permission, Visitor};
use crate::account::guard::Attempt;
use crate::account::{INVITE_SECONDS, two_factor};
use crate::app::App;
use crate::fields::Field;
use crate::language::Say;
use crate::licensing::who;
use crate::mail::{self, Mail};
use crate::pages::paging::{Asked, Pages};
use crate::pages::{Frame, page};

/// Seconds that a link to set one's password works.
const LINK_SECONDS: u64 = 7 * 86_400;

/// Organizations that the page of all customers shows; those of the search, or the first ones.
const SOME_ORGANIZATIONS: usize = 25;
const ROWS: usize = 25;

#[derive(Template)]
#[template(path = "admin/customers.html")]
struct ListPage {
    frame: Frame,
    users: Vec<User>,
    /// Of the users that are shown.
    names: HashMap<Id, String>,
    organizations: Vec<Organization>,
    resellers: Vec<Organization>,
    more_organizations: bool,
    suggestions: Suggestions,
    asked: Asked,
    pages: Pages,
    too_many: bool,
    /// The organization whose people are shown, as it is typed: whoever is new belongs to it.
    into: String,
}

impl ListPage {
    /// Nobody was looked for, and there is nobody.
    fn is_new(&self) -> bool {
        self.into.is_empty() && self.users.is_empty() && self.asked.text("q").is_empty()
    }

    /// Whoever is the first of an organization runs it.
    fn first_runs_it(&self) -> bool {
        !self.into.is_empty() && self.users.is_empty() && self.asked.text("q").is_empty()
    }

    fn organization_of(&self, user: &User) -> &str {
        self.name_of(&user.organization)
    }

    fn name_of(&self, id: &Option<Id>) -> &str {
        id.and_then(|id| self.names.get(&id)).map_or("–", String::as_str)
    }

    fn role_words(&self, user: &User) -> String {
        self.frame.t(format!("role-{}", user.role.as_str()))
    }

    fn status_words(&self, user: &User) -> String {
        self.frame.t(format!("status-{}", user.status.as_str()))
    }
}

/// Users and organizations that fit what was searched for; `?organization=` shows the users of one.
pub(crate) async fn list(
    State(app): State<App>,
    visitor: Visitor,
    asked: Asked,
) -> Result<Response, ErrorPage> {
    let (store, search) = (app.store(), asked.text("q"));
    let of: Option<Id> = asked.text("organization").parse().ok();
    let query = CustomerQuery {
        search: Some(search.clone()),
        organization: of,
        after: asked.after(),
        most: ROWS,
    };
    let found = store.customer_page(&query).await?;
    let (organizations, more) = match of {
        Some(id) => (store.organization(id).await?.into_iter().collect(), false),
        None => {
            let page = store.organization_page(&search, None, SOME_ORGANIZATIONS).await?;
            (page.items, page.next.is_some())
        }
    };
    let of_users = found.page.items.iter().filter_map(|user| user.organization);
    let named = of_users.chain(organizations.iter().filter_map(|found| found.reseller));
    let names = names_of(&app, named).await?;
    Ok(page(&ListPage {
        frame: Frame::new(&app, &visitor),
        into: who::typed(&app, of).await?,
        users: found.page.items,
        names,
        resellers: store.resellers().await?,
        organizations,
        more_organizations: more,
        suggestions: Suggestions::new(&app).await?,
        pages: asked.pages("/admin/customers", &["q", "organization"], found.page.next.as_ref()),
        too_many: found.too_many,
        asked,
    }))
}

/// What these organizations are called.
async fn names_of(
    app: &App,
    ids: impl Iterator<Item = Id>,
) -> Result<HashMap<Id, String>, ErrorPage> {
    let mut names = HashMap::new();
    for id in ids {
        if !names.contains_key(&id)
            && let Some(organization) = app.store().organization(id).await?
        {
            names.insert(id, organization.name);
        }
    }
    Ok(names)
}

#[derive(Template)]
#[template(path = "admin/organizations.html")]
struct OrganizationsPage {
    frame: Frame,
    organizations: Vec<Organization>,
    resellers: Vec<Organization>,
    names: HashMap<Id, String>,
    asked: Asked,
    pages: Pages,
}

impl OrganizationsPage {
    fn name_of(&self, id: &Option<Id>) -> &str {
        id.and_then(|id| self.names.get(&id)).map_or("–", String::as_str)
    }
}

/// Whether an organization is this reseller's customer.
fn sells_to(reseller: &Organization, of: &Organization) -> bool {
    of.reseller == Some(reseller.id)
}

/// Those whose customer an organization can be.
fn resellers_for<'a>(resellers: &'a [Organization], of: &Organization) -> Vec<&'a Organization> {
    resellers.iter().filter(|reseller| reseller.id != of.id).collect()
}

/// How many users it may have, as it is typed.
fn allowed_users(organization: &Organization) -> String {
    organization.allowed_users.map(|allowed| allowed.to_string()).unwrap_or_default()
}

/// All organizations by name, page by page, or those whose names begin so.
pub(crate) async fn organizations(
    State(app): State<App>,
    visitor: Visitor,
    asked: Asked,
) -> Result<Response, ErrorPage> {
    let (search, after) = (asked.text("q"), asked.after());
    let found = app.store().organization_page(&search, after.as_ref(), ROWS).await?;
    let path = "/admin/customers/organizations";
    Ok(page(&OrganizationsPage {
        frame: Frame::new(&app, &visitor),
        names: names_of(&app, found.items.iter().filter_map(|found| found.reseller)).await?,
        resellers: app.store().resellers().await?,
        organizations: found.items,
        pages: asked.pages(path, &["q"], found.next.as_ref()),
        asked,
    }))
}

#[derive(Deserialize)]
pub(crate) struct UserForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    organization: String,
    #[serde(default)]
    organization_role: String,
    /// The reseller whose customer they are themselves; not there: as it was.
    reseller: Option<String>,
    #[serde(default)]
    suspended: String,
    /// A tick that is there only for those whom their organization deactivated.
    #[serde(default)]
    deactivated: String,
    #[serde(default)]
    new_link: String,
    /// `mail`: a new user is invited by mail, instead of by a link that is handed over.
    #[serde(default)]
    invite: String,
    #[serde(default)]
    two_factor_off: String,
}

impl UserForm {
    /// What was chosen, if anything.
    fn organization_role(&self) -> Result<Option<OrganizationRole>, ErrorPage> {
        if self.organization_role.is_empty() {
            return Ok(None);
        }
        let role = self.organization_role.parse().ok();
        role.map(Some).ok_or_else(|| ErrorPage::bad_input("error-form-incomplete"))
    }
}

#[derive(Template)]
#[template(path = "admin/user.html")]
struct UserPage {
    frame: Frame,
    user: User,
    user_organization: String,
    resellers: Vec<Organization>,
    suggestions: Suggestions,
    link: Option<String>,
    /// Whether there is a server that takes mail.
    is_sent: bool,
    /// Where mail lies that no server takes, for those who may know.
    outbox: Option<String>,
}

impl UserPage {
    /// Whoever was invited by mail, and has not come in yet.
    fn waits_for_mail(&self) -> bool {
        self.user.status == UserStatus::Invited && !self.takes_link()
    }

    fn days(&self) -> u64 {
        INVITE_SECONDS / 86_400
    }

    fn is_customer(&self) -> bool {
        self.user.role == Role::Customer
    }

    /// The form for a license of theirs, filled in with whose it is.
    fn new_license(&self) -> String {
        let mut query = form_urlencoded::Serializer::new("/admin/licenses/new?".to_owned());
        match self.user_organization.is_empty() {
            true => query.append_pair("owner", self.user.address()),
            false => query.append_pair("organization", &self.user_organization),
        };
        let holder = Some(&self.user_organization).filter(|name| !name.is_empty());
        let holder = holder.map_or(self.user.name.as_str(), String::as_str);
        if !holder.is_empty() {
            query.append_pair("holder", holder);
        }
        query.finish()
    }

    fn role_words(&self) -> String {
        self.frame.t(format!("role-{}", self.user.role.as_str()))
    }

    fn is_sold_by(&self, reseller: &Organization) -> bool {
        self.user.reseller == Some(reseller.id)
    }

    fn runs(&self) -> bool {
        self.user.organization_role == OrganizationRole::Admin
    }

    fn is_deactivated(&self) -> bool {
        self.user.status == UserStatus::Deactivated
    }

    fn has_two_factor(&self) -> bool {
        self.user.two_factor == TwoFactor::On
    }

    /// Who was invited by an organization has a link of their own, in their mailbox.
    fn takes_link(&self) -> bool {
        self.user.email == self.user.address()
    }
}

pub(crate) async fn create_user(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<UserForm>,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    let email = mail::address(&form.email);
    let email = email.ok_or_else(|| ErrorPage::bad_input("refused-unfit-address"))?;
    let role = match form.role.as_str() {
        "" => Role::Customer,
        role => role.parse().map_err(|_| ErrorPage::bad_input("error-form-incomplete"))?,
    };
    let organization_role = form.organization_role()?.unwrap_or(OrganizationRole::Member);
    if form.invite == "mail" {
        let invite = InviteCustomer {
            user: app.random_id(),
            email,
            name: Field::UserName.check(&form.name)?.to_owned(),
            role,
            organization: chosen_organization(&app, &form.organization).await?,
            organization_role,
        };
        return invite_by_mail(&app, &visitor, &admin, invite).await;
    }
    let user = User {
        organization_role,
        name: Field::UserName.check(&form.name)?.to_owned(),
        organization: chosen_organization(&app, &form.organization).await?,
        reseller: chosen_organization(&app, form.reseller.as_deref().unwrap_or_default()).await?,
        ..User::invited(app.random_id(), email, role, app.now())
    };
    let id = user.id;
    done(app.store().create_user(user, &actor(&admin), app.now()).await?)?;
    let link = Some(password_link(&app, id, &admin).await?);
    show_with(&app, &visitor, id, link).await
}

async fn invite_by_mail(
    app: &App,
    visitor: &Visitor,
    by: &User,
    invite: InviteCustomer,
) -> Result<Response, ErrorPage> {
    let _counted = Attempt::mail_of(app, by.id).await?;
    let (id, now) = (invite.user, app.now());
    let job = Mail::Invitation { user: id, by: by.id }.job(visitor.language, now);
    done(app.store().invite_customer(invite, job, &actor(by), now).await?)?;
    app.mailroom().wake();
    Ok(Redirect::to(&format!("/admin/customers/users/{id}")).into_response())
}

/// A link to hand to the person: there is no default password.
pub(super) async fn password_link(app: &App, user: Id, by: &User) -> Result<String, ErrorPage> {
    let ((secret, hash), now) = (app.secret(), app.now());
    let until = now + LINK_SECONDS;
    if !app.store().create_password_link(hash, user, until, &actor(by), now).await? {
        let is_there = app.store().user(user).await?.is_some();
        return Err(match is_there {
            true => ErrorPage::bad_input("role-not-yours"),
            false => ErrorPage::not_found(),
        });
    }
    let user = app.store().user(user).await?.ok_or_else(ErrorPage::not_found)?;
    let base = app.public_url().map_or_else(String::new, |_| app.url_for(&user));
    Ok(format!("{base}/password/{secret}"))
}

/// A refusal in words.
pub(super) fn done(change: UserChange) -> Result<(), ErrorPage> {
    match change {
        UserChange::Done => Ok(()),
        UserChange::Unknown => Err(ErrorPage::not_found()),
        UserChange::EmailTaken => Err(ErrorPage::bad_input("email-taken")),
        UserChange::UnknownOrganization => Err(ErrorPage::bad_input("organization-unknown")),
        UserChange::OrganizationFull { allowed } => {
            Err(ErrorPage::bad_input(Say::new("organization-full").with("count", allowed)))
        }
        UserChange::LastOrganizationAdmin => Err(ErrorPage::bad_input("last-organization-admin")),
        UserChange::LastVendorAdmin => Err(ErrorPage::bad_input("last-vendor-admin")),
        UserChange::NotAllowed => Err(ErrorPage::bad_input("role-not-yours")),
        UserChange::NeedsReseller => Err(ErrorPage::bad_input("needs-reseller")),
    }
}

async fn find(app: &App, id: &str) -> Result<User, ErrorPage> {
    let id: Id = id.parse().map_err(|_| ErrorPage::not_found())?;
    app.store().user(id).await?.ok_or_else(ErrorPage::not_found)
}

async fn show_with(
    app: &App,
    visitor: &Visitor,
    id: Id,
    link: Option<String>,
) -> Result<Response, ErrorPage> {
    let user = find(app, &id.to_string()).await?;
    let user_organization = who::typed(app, user.organization).await?;
    let is_sent = app.config().smtp.is_some();
    let is_outbox = !is_sent && visitor.may(Permission::SeeSettings);
    Ok(page(&UserPage {
        is_sent,
        outbox: is_outbox.then(|| app.config().data.join("outbox").display().to_string()),
        frame: Frame::new(app, visitor),
        user,
        user_organization,
        resellers: app.store().resellers().await?,
        suggestions: Suggestions::new(app).await?,
        link,
    }))
}

pub(crate) async fn show_user(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let user = find(&app, &id).await?;
    show_with(&app, &visitor, user.id, None).await
}

pub(crate) async fn save_user(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<UserForm>,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    let mut user = find(&app, &id).await?;
    if !form.new_link.is_empty() {
        let link = password_link(&app, user.id, &admin).await?;
        return show_with(&app, &visitor, user.id, Some(link)).await;
    }
    if form.invite == "mail" {
        if user.status != UserStatus::Invited || user.email == user.address() {
            return Err(ErrorPage::bad_input("invite-not-open"));
        }
        let _counted = Attempt::mail_of(&app, admin.id).await?;
        let again = Mail::Invitation { user: user.id, by: admin.id };
        mail::queue(&app, again, visitor.language).await?;
        return Ok(Redirect::to(&format!("/admin/customers/users/{id}")).into_response());
    }
    let may_not = !form.suspended.is_empty() || !form.deactivated.is_empty();
    if user.id == admin.id && may_not {
        return Err(ErrorPage::bad_input("suspend-yourself"));
    }
    if !form.two_factor_off.is_empty() && user.role != Role::Customer {
        // With those for whom more is asked, on their own page.
        return Err(ErrorPage::bad_input("role-not-yours"));
    }
    if !form.two_factor_off.is_empty() {
        two_factor::turn_off_for(&app, &user, &actor(&admin), visitor.language).await?;
        return show_with(&app, &visitor, user.id, None).await;
    }
    let role = form.organization_role()?;
    let name = Field::UserName.check(&form.name)?.to_owned();
    if user.name != name {
        // Typed as one: the parts would overrule it.
        user = User { name, first_name: String::new(), last_name: String::new(), ..user };
    }
    let organization = chosen_organization(&app, &form.organization).await?;
    if user.id == admin.id
        && let Some(organization) = organization
        && app.store().organization(organization).await?.is_some_and(|o| o.suspended)
    {
        return Err(ErrorPage::bad_input("suspend-yourself"));
    }
    if organization != user.organization {
        // What somebody was elsewhere they are not here.
        user.organization_role = OrganizationRole::Member;
    }
    user.organization_role = role.unwrap_or(user.organization_role);
    user.organization = organization;
    if let Some(reseller) = &form.reseller {
        user.reseller = chosen_organization(&app, reseller).await?;
    }
    user.status = match (form.suspended.is_empty(), user.password_hash.is_some()) {
        (false, _) => UserStatus::Suspended,
        (true, _) if !form.deactivated.is_empty() => UserStatus::Deactivated,
        (true, true) => UserStatus::Active,
        (true, false) => UserStatus::Invited,
    };
    done(app.store().change_user(user, &actor(&admin), app.now()).await?)?;
    Ok(Redirect::to("/admin/customers").into_response())
}

#[derive(Deserialize)]
pub(crate) struct OrganizationForm {
    name: String,
    /// Users that it may have; empty: any number.
    #[serde(default)]
    allowed_users: String,
    #[serde(default)]
    suspended: String,
    /// `customer` or `reseller`; not there: as it was, as with the next.
    kind: Option<String>,
    /// The reseller whose customer it is.
    reseller: Option<String>,
}

impl OrganizationForm {
    fn name(&self) -> Result<&str, ErrorPage> {
        let name = Field::OrganizationName.check(&self.name)?;
        if name.is_empty() {
            return Err(ErrorPage::bad_input("organization-name-needed"));
        }
        Ok(name)
    }
}

pub(crate) async fn create_organization(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<OrganizationForm>,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    let name = form.name()?;
    let id = app.random_id();
    app.store().create_organization(id, name, &actor(&admin), app.now()).await?;
    // Whose people come next.
    Ok(Redirect::to(&format!("/admin/customers?organization={id}")).into_response())
}

pub(crate) async fn save_organization(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form<OrganizationForm>,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    let id: Id = id.parse().map_err(|_| ErrorPage::not_found())?;
    let before = app.store().organization(id).await?.ok_or_else(ErrorPage::not_found)?;
    let name = form.name()?.to_owned();
    let allowed_users = optional_number(&form.allowed_users)?;
    let suspended = !form.suspended.is_empty();
    if suspended && admin.organization == Some(id) {
        return Err(ErrorPage::bad_input("suspend-own-organization"));
    }
    let kind = match form.kind.as_deref() {
        None | Some("") => before.kind,
        Some(kind) => kind.parse().map_err(|_| ErrorPage::bad_input("error-form-incomplete"))?,
    };
    let reseller = match &form.reseller {
        Some(reseller) => chosen_organization(&app, reseller).await?,
        None => before.reseller,
    };
    let changed = Organization { name, suspended, allowed_users, kind, reseller, ..before };
    match app.store().change_organization(changed, &actor(&admin), app.now()).await? {
        OrganizationChange::Done => Ok(Redirect::to("/admin/customers").into_response()),
        OrganizationChange::Unknown => Err(ErrorPage::not_found()),
        OrganizationChange::LastVendorAdmin => Err(ErrorPage::bad_input("last-vendor-admin")),
        OrganizationChange::NotAllowed => Err(ErrorPage::bad_input("role-not-yours")),
        OrganizationChange::NeedsReseller => Err(ErrorPage::bad_input("needs-reseller")),
        OrganizationChange::HasCustomers => Err(ErrorPage::bad_input("reseller-has-customers")),
    }
}
