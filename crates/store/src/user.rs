//! Users: the vendor's admins and the customers.

use countersign_core::{Id, UnixSeconds};
use rusqlite::Connection;

use crate::error::Result;
use crate::row::{Columns, seconds};
use crate::{Store, audit, find, list, run};

const COLUMNS_BY_ID: &str = "SELECT u.id, u.email, u.name, u.password_hash, u.role, u.status, u.organization_id, u.created_at, \
    COALESCE(o.status, 'active') FROM app_user u LEFT JOIN organization o ON o.id = u.organization_id WHERE u.id = ?1";
const COLUMNS_BY_EMAIL: &str = "SELECT u.id, u.email, u.name, u.password_hash, u.role, u.status, u.organization_id, u.created_at, \
    COALESCE(o.status, 'active') FROM app_user u LEFT JOIN organization o ON o.id = u.organization_id WHERE u.email = ?1";
const LIST: &str = "SELECT u.id, u.email, u.name, u.password_hash, u.role, u.status, u.organization_id, u.created_at, \
    COALESCE(o.status, 'active') FROM app_user u LEFT JOIN organization o ON o.id = u.organization_id ORDER BY u.email";
const INSERT: &str = "INSERT INTO app_user (id, email, name, password_hash, role, status, organization_id, created_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const SET_PASSWORD: &str = "UPDATE app_user SET password_hash = ?2, status = 'active' WHERE id = ?1 AND status <> 'suspended'";
const CHANGE: &str =
    "UPDATE app_user SET name = ?2, status = ?3, organization_id = ?4 WHERE id = ?1";
const COUNT_ADMINS: &str = "SELECT COUNT(*) FROM app_user WHERE role = 'admin'";

/// Somebody who can log in.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: Id,
    /// Lower case, unique.
    pub email: String,
    /// Their name.
    pub name: String,
    /// argon2id in PHC form; `None` until a password is set.
    pub password_hash: Option<String>,
    /// What they are.
    pub role: Role,
    /// Whether they may log in.
    pub status: UserStatus,
    /// The organization that they belong to.
    pub organization: Option<Id>,
    /// When they were created.
    pub created_at: UnixSeconds,
    /// Whether their organization is suspended (read only).
    pub organization_suspended: bool,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "User({}, {:?}, {:?})", self.id, self.role, self.status)
    }
}

/// What a user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Runs the vendor's portal.
    Admin,
    /// Holds licenses.
    Customer,
}

/// Whether a user may log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserStatus {
    /// Has no password yet.
    Invited,
    /// May.
    Active,
    /// May not.
    Suspended,
}

impl Role {
    /// As text, in the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Customer => "customer",
        }
    }
}

impl UserStatus {
    /// As text, in the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }
}

impl User {
    /// Whether they may be logged in now.
    pub fn may_log_in(&self) -> bool {
        self.status == UserStatus::Active && !self.organization_suspended
    }
}

/// An e-mail address as it is stored and looked up.
pub(crate) fn normal_email(email: &str) -> String {
    email.trim().to_lowercase()
}

impl Store {
    /// Creates a user; `false` when the e-mail address is taken.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_user(&self, user: User, actor: &str, now: UnixSeconds) -> Result<bool> {
        let actor = actor.to_owned();
        self.write(move |c| insert_user(c, &user, &actor, now)).await
    }

    /// Sets the password; an invited user becomes active, a suspended one stays so and `false` comes back.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_password(
        &self,
        user: Id,
        password_hash: &str,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<bool> {
        let (password_hash, actor) = (password_hash.to_owned(), actor.to_owned());
        self.write(move |c| set_password(c, user, &password_hash, &actor, now)).await
    }

    /// Changes name, status and organization. `false` when there is no such user.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_user(&self, user: User, actor: &str, now: UnixSeconds) -> Result<bool> {
        let actor = actor.to_owned();
        self.write(move |c| {
            let id = user.id.to_string();
            let organization = user.organization.map(|o| o.to_string());
            let found = run(c, CHANGE, (&id, &user.name, user.status.as_str(), organization))? == 1;
            if user.status == UserStatus::Suspended {
                crate::session::delete_all(c, user.id)?;
            }
            if found {
                audit::record(c, now, &actor, "user.change", &id, user.status.as_str())?;
            }
            Ok(found)
        })
        .await
    }

    /// The user with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user(&self, id: Id) -> Result<Option<User>> {
        self.read(|c| find(c, COLUMNS_BY_ID, [id.to_string()], map))
    }

    /// The user with this e-mail address, in any case.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<User>> {
        self.read(|c| find(c, COLUMNS_BY_EMAIL, [normal_email(email)], map))
    }

    /// All users by e-mail address.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn users(&self) -> Result<Vec<User>> {
        self.read(|c| list(c, LIST, [], map))
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

pub(crate) fn insert_user(
    c: &Connection,
    user: &User,
    actor: &str,
    now: UnixSeconds,
) -> Result<bool> {
    let email = normal_email(&user.email);
    if find(c, COLUMNS_BY_EMAIL, [&email], |_| Ok(()))?.is_some() {
        return Ok(false);
    }
    let values = (
        user.id.to_string(),
        &email,
        &user.name,
        &user.password_hash,
        user.role.as_str(),
        user.status.as_str(),
        user.organization.map(|o| o.to_string()),
        seconds(user.created_at),
    );
    run(c, INSERT, values)?;
    audit::record(c, now, actor, "user.create", &user.id.to_string(), user.role.as_str())?;
    Ok(true)
}

pub(crate) fn set_password(
    c: &Connection,
    user: Id,
    hash: &str,
    actor: &str,
    now: UnixSeconds,
) -> Result<bool> {
    let set = run(c, SET_PASSWORD, (user.to_string(), hash))? == 1;
    if set {
        // Whoever was logged in with the old password is not any more.
        crate::session::delete_all(c, user)?;
        audit::record(c, now, actor, "user.set-password", &user.to_string(), "")?;
    }
    Ok(set)
}

pub(crate) fn map(row: &mut Columns<'_>) -> Result<User> {
    Ok(User {
        id: row.parsed("user id")?,
        email: row.text()?,
        name: row.text()?,
        password_hash: row.take()?,
        role: if row.text()? == "admin" { Role::Admin } else { Role::Customer },
        status: match row.text()?.as_str() {
            "active" => UserStatus::Active,
            "invited" => UserStatus::Invited,
            _ => UserStatus::Suspended,
        },
        organization: row.take::<Option<String>>()?.and_then(|id| id.parse().ok()),
        created_at: row.time()?,
        organization_suspended: row.text()? == "suspended",
    })
}
