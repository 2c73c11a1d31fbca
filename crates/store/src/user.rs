//! Users: the vendor's admins and the customers. How they change: `member`, `profile`, `password`, `email_change`,
//! `two_factor`.

use std::str::FromStr;

use crate::engine::Connection;
use countersign_core::{Id, UnixSeconds};

use crate::error::{Result, StoreError};
use crate::organization::{self, Place};
use crate::role::Role;
use crate::row::{Columns, seconds};
use crate::{Store, audit, find, group, list, run, staff, user_term};

const ADMINS: &str =
    "SELECT id FROM app_user WHERE role = 'admin' AND status = 'active' ORDER BY id";
const BY_ID: &str = "SELECT u.id, u.email, u.email_pending, u.name, u.first_name, u.last_name, u.language, \
    u.password_hash, COALESCE(u.staff_role, u.role), u.organization_role, CASE WHEN u.status = 'suspended' THEN 'suspended' \
    WHEN u.deactivated_at IS NOT NULL THEN 'deactivated' ELSE u.status END, u.organization_id, u.reseller_id, u.created_at, \
    COALESCE(o.status, 'active'), CASE WHEN u.totp_secret IS NULL THEN 0 ELSE 1 END \
    FROM app_user u LEFT JOIN organization o ON o.id = u.organization_id WHERE u.id = ?1";
const BY_EMAIL: &str = "SELECT u.id, u.email, u.email_pending, u.name, u.first_name, u.last_name, u.language, \
    u.password_hash, COALESCE(u.staff_role, u.role), u.organization_role, CASE WHEN u.status = 'suspended' THEN 'suspended' \
    WHEN u.deactivated_at IS NOT NULL THEN 'deactivated' ELSE u.status END, u.organization_id, u.reseller_id, u.created_at, \
    COALESCE(o.status, 'active'), CASE WHEN u.totp_secret IS NULL THEN 0 ELSE 1 END \
    FROM app_user u LEFT JOIN organization o ON o.id = u.organization_id WHERE u.email = ?1";
const ALL: &str = "SELECT u.id, u.email, u.email_pending, u.name, u.first_name, u.last_name, u.language, \
    u.password_hash, COALESCE(u.staff_role, u.role), u.organization_role, CASE WHEN u.status = 'suspended' THEN 'suspended' \
    WHEN u.deactivated_at IS NOT NULL THEN 'deactivated' ELSE u.status END, u.organization_id, u.reseller_id, u.created_at, \
    COALESCE(o.status, 'active'), CASE WHEN u.totp_secret IS NULL THEN 0 ELSE 1 END \
    FROM app_user u LEFT JOIN organization o ON o.id = u.organization_id ORDER BY u.email";
const OF_ORGANIZATION: &str = "SELECT u.id, u.email, u.email_pending, u.name, u.first_name, u.last_name, u.language, \
    u.password_hash, COALESCE(u.staff_role, u.role), u.organization_role, CASE WHEN u.status = 'suspended' THEN 'suspended' \
    WHEN u.deactivated_at IS NOT NULL THEN 'deactivated' ELSE u.status END, u.organization_id, u.reseller_id, u.created_at, \
    COALESCE(o.status, 'active'), CASE WHEN u.totp_secret IS NULL THEN 0 ELSE 1 END \
    FROM app_user u LEFT JOIN organization o ON o.id = u.organization_id WHERE u.organization_id = ?1 \
    ORDER BY u.name, u.email LIMIT ?2";
const INSERT: &str = "INSERT INTO app_user (id, email, email_pending, name, first_name, last_name, language, \
    password_hash, role, staff_role, organization_role, status, organization_id, reseller_id, created_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
const CHANGE: &str = "UPDATE app_user SET name = ?2, first_name = ?3, last_name = ?4, organization_role = ?5, \
    status = ?6, deactivated_at = CASE ?7 WHEN 'keep' THEN deactivated_at WHEN 'lift' THEN NULL \
    ELSE COALESCE(deactivated_at, ?8) END, organization_id = ?9, reseller_id = ?10 WHERE id = ?1";
const COUNT_ADMINS: &str = "SELECT COUNT(*) FROM app_user WHERE role = 'admin'";

/// Somebody who can log in.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: Id,
    /// Lower case, unique. Who was invited by an organization has a placeholder here until they accept.
    pub email: String,
    /// The address that they want or were invited at, until its mailbox has confirmed it.
    pub email_pending: Option<String>,
    /// Their name, as it is shown.
    pub name: String,
    /// Their first name, if it was given apart.
    pub first_name: String,
    /// Their last name, if it was given apart.
    pub last_name: String,
    /// The language they chose, e.g. `de`; `None`: what their browser asks for.
    pub language: Option<String>,
    /// argon2id in PHC form; `None` until a password is set.
    pub password_hash: Option<String>,
    /// What they are.
    pub role: Role,
    /// What they are in their organization.
    pub organization_role: OrganizationRole,
    /// Whether they may log in.
    pub status: UserStatus,
    /// The organization that they belong to.
    pub organization: Option<Id>,
    /// The reseller whose customer they are themselves: for what is theirs and no organization's.
    pub reseller: Option<Id>,
    /// When they were created.
    pub created_at: UnixSeconds,
    /// Whether their organization is suspended (read only).
    pub organization_suspended: bool,
    /// Whether a login takes a second factor (read only; `two_factor`).
    pub two_factor: TwoFactor,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "User({}, {:?}, {:?})", self.id, self.role, self.status)
    }
}

/// What a user is in their organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganizationRole {
    /// Uses what their groups may use.
    Member,
    /// Runs the organization: its users, groups and all of its licenses.
    Admin,
}

/// Whether a user may log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserStatus {
    /// Has no password yet.
    Invited,
    /// May.
    Active,
    /// May not: so says the vendor.
    Suspended,
    /// May not: so says their organization.
    Deactivated,
}

/// Whether a login takes more than the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TwoFactor {
    /// It does not.
    Off,
    /// A code as well.
    On,
}

/// How a change of users ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserChange {
    /// It is done.
    Done,
    /// There is no such user, or not there.
    Unknown,
    /// There is somebody with this e-mail address already.
    EmailTaken,
    /// There is no such organization.
    UnknownOrganization,
    /// The organization has as many users as it may have.
    OrganizationFull {
        /// How many.
        allowed: u64,
    },
    /// Nobody would be left to run the organization.
    LastOrganizationAdmin,
    /// No owner of the portal would be left who may log in.
    LastVendorAdmin,
    /// Who asks may not do that to somebody with this role, or give it.
    NotAllowed,
    /// An admin of a reseller is in that reseller's organization, and only resellers have customers.
    NeedsReseller,
}

impl OrganizationRole {
    /// As text, in the database and in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for OrganizationRole {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        let all = [Self::Member, Self::Admin];
        let found = all.into_iter().find(|role| role.as_str() == text);
        found.ok_or(StoreError::Malformed("organization role"))
    }
}

impl UserStatus {
    /// As text, in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deactivated => "deactivated",
        }
    }

    /// Whether the user counts against the number that the organization may have.
    pub fn counts(self) -> bool {
        matches!(self, Self::Invited | Self::Active)
    }
}

impl User {
    /// Somebody who has no password yet, for the rest to be filled in.
    pub fn invited(id: Id, email: impl Into<String>, role: Role, now: UnixSeconds) -> Self {
        Self {
            id,
            email: email.into(),
            email_pending: None,
            name: String::new(),
            first_name: String::new(),
            last_name: String::new(),
            language: None,
            password_hash: None,
            role,
            organization_role: OrganizationRole::Member,
            status: UserStatus::Invited,
            organization: None,
            reseller: None,
            created_at: now,
            organization_suspended: false,
            two_factor: TwoFactor::Off,
        }
    }

    /// Whether they may be logged in now.
    pub fn may_log_in(&self) -> bool {
        self.status == UserStatus::Active && !self.organization_suspended
    }

    /// The organization that they run, if any.
    pub fn runs(&self) -> Option<Id> {
        self.organization.filter(|_| self.organization_role == OrganizationRole::Admin)
    }

    /// Whether they may do that, here and now.
    pub fn may(&self, permission: crate::Permission) -> bool {
        self.may_log_in() && self.role.may(permission)
    }

    /// The reseller whose customers they run, if any.
    pub fn resells(&self) -> Option<Id> {
        self.organization.filter(|_| self.role == Role::ResellerAdmin && self.may_log_in())
    }

    /// The address to show and to write to: of the invited the one that they were invited at.
    pub fn address(&self) -> &str {
        match &self.email_pending {
            Some(pending) if is_placeholder(&self.email) => pending,
            _ => &self.email,
        }
    }

    /// The name, or the address where there is none.
    pub fn shown_name(&self) -> &str {
        if self.name.is_empty() { self.address() } else { &self.name }
    }
}

/// An e-mail address as it is stored and looked up.
pub(crate) fn normal_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// `.invalid` has no mailboxes (RFC 2606): nobody can have this address, and nobody is written to at it.
const PLACEHOLDER: &str = "@invited.invalid";

/// What stands for the address of somebody who has not accepted yet.
pub(crate) fn placeholder(id: Id) -> String {
    format!("{id}{PLACEHOLDER}").to_lowercase()
}

pub(crate) fn is_placeholder(email: &str) -> bool {
    email.ends_with(PLACEHOLDER)
}

/// First and last name in one; `name` where neither is given.
pub(crate) fn shown(first_name: &str, last_name: &str, name: &str) -> String {
    let both = format!("{first_name} {last_name}");
    if both.trim().is_empty() { name.trim().to_owned() } else { both.trim().to_owned() }
}

impl Store {
    /// Creates a user.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_user(
        &self,
        user: User,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<UserChange> {
        let actor = actor.to_owned();
        self.write_once(move |c| insert_user(c, &user, &actor, now)).await
    }

    /// Changes names, status, organization and what they are there, as the vendor may. Who moves leaves their groups.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_user(
        &self,
        user: User,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<UserChange> {
        let actor = actor.to_owned();
        self.write_once(move |c| change(c, &user, &actor, now)).await
    }

    /// The user with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user(&self, id: Id) -> Result<Option<User>> {
        self.read(|c| find_user(c, id))
    }

    /// The user with this e-mail address, in any case.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<User>> {
        self.read(|c| find_by_email(c, email))
    }

    /// All users by e-mail address.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn users(&self) -> Result<Vec<User>> {
        self.read(|c| list(c, ALL, [], map))
    }

    /// The users of an organization by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn users_of_organization(&self, organization: Id, most: u32) -> Result<Vec<User>> {
        self.read(|c| list(c, OF_ORGANIZATION, (organization.to_string(), most), map))
    }

    /// Whether there is an admin.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_admin(&self) -> Result<bool> {
        self.read(has_admin)
    }
}

pub(crate) fn has_admin(c: &Connection) -> Result<bool> {
    Ok(find(c, COUNT_ADMINS, [], |row| row.take::<i64>())?.is_some_and(|count| count > 0))
}

pub(crate) fn find_user(c: &Connection, id: Id) -> Result<Option<User>> {
    find(c, BY_ID, [id.to_string()], map)
}

pub(crate) fn find_by_email(c: &Connection, email: &str) -> Result<Option<User>> {
    find(c, BY_EMAIL, [normal_email(email)], map)
}

pub(crate) fn insert_user(
    c: &Connection,
    user: &User,
    actor: &str,
    now: UnixSeconds,
) -> Result<UserChange> {
    if user.role != Role::Customer && !staff::may_give(c, actor, Role::Customer, user.role)? {
        return Ok(UserChange::NotAllowed);
    }
    let user = User { role: staff::first_is_owner(c, user.role)?, ..user.clone() };
    let done = put_user(c, &user)?;
    if done == UserChange::Done {
        audit::record_of_user(c, user.id, now, actor, "user.create", user.role.as_str())?;
    }
    Ok(done)
}

/// Inserts a user where there is a place for them; the caller writes it down.
pub(crate) fn put_user(c: &Connection, user: &User) -> Result<UserChange> {
    let email = normal_email(&user.email);
    if find_by_email(c, &email)?.is_some() {
        return Ok(UserChange::EmailTaken);
    }
    if let Some(organization) = user.organization
        && let Some(refused) = refused_place(c, organization, user.status)?
    {
        return Ok(refused);
    }
    if let Some(refused) = refused_reseller(c, user)? {
        return Ok(refused);
    }
    insert_row(c, user)?;
    Ok(UserChange::Done)
}

/// The row alone: whether there is a place for them has been decided.
pub(crate) fn insert_row(c: &Connection, user: &User) -> Result<()> {
    let values = crate::engine::params::params![
        user.id.to_string(),
        normal_email(&user.email),
        user.email_pending.as_deref().map(normal_email),
        shown(&user.first_name, &user.last_name, &user.name),
        user.first_name.trim(),
        user.last_name.trim(),
        user.language,
        user.password_hash,
        user.role.columns().0,
        user.role.columns().1,
        user.organization_role.as_str(),
        own_status(user),
        user.organization.map(|o| o.to_string()),
        user.reseller.map(|o| o.to_string()),
        seconds(user.created_at),
    ];
    run(c, INSERT, values)?;
    user_term::renew(c, user.id)
}

/// The vendor's admins who hear of what concerns the portal.
pub(crate) fn active_admins(c: &Connection) -> Result<Vec<Id>> {
    list(c, ADMINS, [], |row| row.parsed("user id"))
}

fn change(c: &Connection, user: &User, actor: &str, now: UnixSeconds) -> Result<UserChange> {
    let Some(before) = find_user(c, user.id)? else { return Ok(UserChange::Unknown) };
    if !staff::may_change(c, actor, &before)? {
        return Ok(UserChange::NotAllowed);
    }
    let moves = before.organization != user.organization;
    if let Some(organization) = user.organization
        && (moves || !before.status.counts())
        && let Some(refused) = refused_place(c, organization, user.status)?
    {
        return Ok(refused);
    }
    // What they are is another verb's: what the caller says of it is not looked at.
    if let Some(refused) = refused_reseller(c, &User { role: before.role, ..user.clone() })? {
        return Ok(refused);
    }
    if before.role == Role::Owner && !stays_in(c, user)? && staff::is_last_owner(c, &before)? {
        return Ok(UserChange::LastVendorAdmin);
    }
    let id = user.id.to_string();
    if moves {
        group::leave_all(c, user.id)?;
    }
    if moves && before.organization.is_some() {
        // For the organization that they leave; the one that they come to reads the change.
        audit::record_of_user(c, user.id, now, actor, "user.move", "")?;
    }
    let values = crate::engine::params::params![
        &id,
        shown(&user.first_name, &user.last_name, &user.name),
        user.first_name.trim(),
        user.last_name.trim(),
        user.organization_role.as_str(),
        own_status(user),
        deactivation(before.status, user.status),
        seconds(now),
        user.organization.map(|o| o.to_string()),
        user.reseller.map(|o| o.to_string()),
    ];
    run(c, CHANGE, values)?;
    user_term::renew(c, user.id)?;
    if !user.status.counts() {
        crate::session::delete_all(c, user.id)?;
        crate::api_token::revoke_all(c, user.id, actor, now)?;
    }
    audit::record_of_user(c, user.id, now, actor, "user.change", user.status.as_str())?;
    Ok(UserChange::Done)
}

/// Whether somebody who is changed to this may log in afterwards.
fn stays_in(c: &Connection, user: &User) -> Result<bool> {
    let suspended = match user.organization {
        Some(organization) => organization::is_suspended(c, organization)?,
        None => false,
    };
    Ok(user.status == UserStatus::Active && !suspended)
}

/// Why a user cannot be a reseller's customer or admin, if so.
fn refused_reseller(c: &Connection, user: &User) -> Result<Option<UserChange>> {
    let sold_by_nobody = user.reseller.is_some() && !organization::is_reseller(c, user.reseller)?;
    let runs_nothing =
        user.role == Role::ResellerAdmin && !organization::is_reseller(c, user.organization)?;
    Ok((sold_by_nobody || runs_nothing).then_some(UserChange::NeedsReseller))
}

/// What becomes of the organization's own "may not" when the vendor changes the status. The vendor's suspension leaves it
/// as it is, when it comes and when it goes.
fn deactivation(before: UserStatus, after: UserStatus) -> &'static str {
    match (before, after) {
        (_, UserStatus::Deactivated) => "set",
        (UserStatus::Suspended, _) | (_, UserStatus::Suspended) => "keep",
        _ => "lift",
    }
}

/// Why a user of this status cannot be in the organization, if so.
pub(crate) fn refused_place(
    c: &Connection,
    organization: Id,
    status: UserStatus,
) -> Result<Option<UserChange>> {
    Ok(match organization::place(c, organization)? {
        Place::NoOrganization => Some(UserChange::UnknownOrganization),
        Place::Full { allowed } if status.counts() => {
            Some(UserChange::OrganizationFull { allowed })
        }
        Place::Full { .. } | Place::Free => None,
    })
}

/// The status as the vendor's column holds it: what the organization says stands in a column of its own.
fn own_status(user: &User) -> &'static str {
    match user.status {
        UserStatus::Deactivated if user.password_hash.is_some() => "active",
        UserStatus::Deactivated => "invited",
        status => status.as_str(),
    }
}

pub(crate) fn map(row: &mut Columns<'_>) -> Result<User> {
    Ok(User {
        id: row.parsed("user id")?,
        email: row.text()?,
        email_pending: row.take()?,
        name: row.text()?,
        first_name: row.text()?,
        last_name: row.text()?,
        language: row.take()?,
        password_hash: row.take()?,
        role: row.parsed("role")?,
        organization_role: row.parsed("organization role")?,
        status: match row.text()?.as_str() {
            "active" => UserStatus::Active,
            "invited" => UserStatus::Invited,
            "deactivated" => UserStatus::Deactivated,
            _ => UserStatus::Suspended,
        },
        organization: row.take::<Option<String>>()?.and_then(|id| id.parse().ok()),
        reseller: row.take::<Option<String>>()?.and_then(|id| id.parse().ok()),
        created_at: row.time()?,
        organization_suspended: row.text()? == "suspended",
        two_factor: if row.take::<i64>()? == 0 { TwoFactor::Off } else { TwoFactor::On },
    })
}
