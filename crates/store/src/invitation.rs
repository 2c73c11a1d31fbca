//! Invitations to an organization. An address belongs to an account only once its mailbox has confirmed it: until then
//! the invited has a placeholder, so that nobody can reserve somebody else's address, or find out by inviting it whether
//! it has an account.

use crate::engine::Connection;
use countersign_core::{Hash, Id, UnixSeconds};

use crate::error::Result;
use crate::job::{self, NewJob};
use crate::link::{self, Link, LinkPurpose};
use crate::role::Role;
use crate::user::{self, OrganizationRole, User, UserChange, UserStatus};
use crate::{Store, audit, find, group, member, run, session, staff, user_term};

const AT_ADDRESS: &str =
    "SELECT 1 FROM app_user WHERE organization_id = ?1 AND (email = ?2 OR email_pending = ?2)";
const ALONE_AT_ADDRESS: &str = "SELECT id FROM app_user WHERE email_pending = ?1 AND status = 'invited' \
    AND organization_id IS NULL AND role = 'customer' AND staff_role IS NULL ORDER BY id LIMIT 1";
const ACCEPT: &str = "UPDATE app_user SET email = ?2, email_pending = NULL, name = ?3, first_name = ?4, last_name = ?5, \
    password_hash = ?6, status = 'active' WHERE id = ?1 AND status = 'invited' AND deactivated_at IS NULL";
const JOIN: &str = "UPDATE app_user SET organization_id = ?2, organization_role = ?3 \
    WHERE id = ?1 AND organization_id IS NULL";
const TAKE_GROUPS: &str = "UPDATE group_member SET user_id = ?2 WHERE user_id = ?1";
const DELETE: &str =
    "DELETE FROM app_user WHERE id = ?1 AND status = 'invited' AND organization_id = ?2";

/// Somebody to be invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// The id that they will have.
    pub user: Id,
    /// To which organization.
    pub organization: Id,
    /// At which address.
    pub email: String,
    /// First name, if known.
    pub first_name: String,
    /// Last name, if known.
    pub last_name: String,
    /// What they will be there.
    pub organization_role: OrganizationRole,
}

/// A customer to be invited by the vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteCustomer {
    /// The id that they will have.
    pub user: Id,
    /// At which address.
    pub email: String,
    /// Their name, if known.
    pub name: String,
    /// A customer, or the admin of a reseller.
    pub role: Role,
    /// To which organization, if to one.
    pub organization: Option<Id>,
    /// What they will be there.
    pub organization_role: OrganizationRole,
}

/// How an invitation is accepted by somebody new.
#[derive(Debug, Clone)]
pub struct Accept {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Hash of the password that they chose.
    pub password_hash: String,
}

/// How accepting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// They are in.
    Done(Id),
    /// The link does not work, or the invitation was taken back.
    DeadLink,
    /// There is an account with this address: it can join instead.
    HasAccount,
    /// The account that would join is not the one with this address.
    OtherAddress,
    /// The account with this address belongs to another organization, or is the vendor's.
    BelongsElsewhere,
}

/// Everybody who has this purpose of link in their hands can be invited by it.
const PURPOSE: LinkPurpose = LinkPurpose::Invite;

impl Store {
    /// Invites somebody to an organization; `mail` is queued with it. Whether the address has an account elsewhere makes
    /// no difference.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn invite(
        &self,
        invite: Invite,
        mail: NewJob,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<UserChange> {
        let actor = actor.to_owned();
        self.write(move |c| invite_in(c, &invite, &mail, &actor, now)).await
    }

    /// Invites somebody as the vendor's customer; `mail` is queued with it. With an account that is there already they can only come
    /// into an organization.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn invite_customer(
        &self,
        invite: InviteCustomer,
        mail: NewJob,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<UserChange> {
        let actor = actor.to_owned();
        self.write(move |c| invite_customer_in(c, &invite, &mail, &actor, now)).await
    }

    /// The customer without an organization who was invited at this address, and has not come in yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn invited_alone(&self, email: &str) -> Result<Option<User>> {
        self.read(|c| {
            let found = alone_at(c, &user::normal_email(email))?;
            Ok(found.map(|id| user::find_user(c, id)).transpose()?.flatten())
        })
    }

    /// Takes an invitation back that was not accepted yet. `false` when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn withdraw_invitation(
        &self,
        organization: Id,
        invited: Id,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<bool> {
        let actor = actor.to_owned();
        self.write(move |c| {
            let found = member::find_member(c, organization, invited)?;
            let Some(found) = found.filter(is_open) else { return Ok(false) };
            let (action, at) = ("user.withdraw-invitation", found.address());
            audit::record_of_user(c, invited, now, &actor, action, at)?;
            delete(c, organization, invited)?;
            Ok(true)
        })
        .await
    }

    /// Whom the invitation is for, if it can still be accepted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn invited_user(&self, token: &Hash, now: UnixSeconds) -> Result<Option<User>> {
        self.read(|c| Ok(open(c, token, now)?.map(|(_, invited)| invited)))
    }

    /// Accepts an invitation with a new account. The link is used up only when that is done.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn accept_invitation(
        &self,
        token: Hash,
        accept: Accept,
        now: UnixSeconds,
    ) -> Result<Accepted> {
        self.write(move |c| accept_new(c, &token, &accept, now)).await
    }

    /// Accepts an invitation with an account that is there already: the one with the address that was invited.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn join_by_invitation(
        &self,
        token: Hash,
        user: Id,
        now: UnixSeconds,
    ) -> Result<Accepted> {
        self.write(move |c| join(c, &token, user, now)).await
    }
}

/// Invites somebody; whether the actor may do that in this organization has been decided.
pub(crate) fn invite_in(
    c: &Connection,
    invite: &Invite,
    mail: &NewJob,
    actor: &str,
    now: UnixSeconds,
) -> Result<UserChange> {
    let email = user::normal_email(&invite.email);
    if find(c, AT_ADDRESS, (invite.organization.to_string(), &email), |_| Ok(()))?.is_some() {
        return Ok(UserChange::EmailTaken);
    }
    let invited = User {
        email_pending: Some(email),
        first_name: invite.first_name.clone(),
        last_name: invite.last_name.clone(),
        organization_role: invite.organization_role,
        organization: Some(invite.organization),
        ..User::invited(invite.user, user::placeholder(invite.user), Role::Customer, now)
    };
    let done = user::put_user(c, &invited)?;
    if done == UserChange::Done {
        job::enqueue(c, mail, now)?;
        audit::record_of_user(c, invited.id, now, actor, "user.invite", invited.address())?;
    }
    Ok(done)
}

fn invite_customer_in(
    c: &Connection,
    invite: &InviteCustomer,
    mail: &NewJob,
    actor: &str,
    now: UnixSeconds,
) -> Result<UserChange> {
    let is_customer = invite.role == Role::Customer;
    let may = is_customer || staff::may_give(c, actor, Role::Customer, invite.role)?;
    if invite.role.is_staff() || !may {
        return Ok(UserChange::NotAllowed);
    }
    let email = user::normal_email(&invite.email);
    let is_invited = match invite.organization {
        Some(id) => find(c, AT_ADDRESS, (id.to_string(), &email), |_| Ok(()))?.is_some(),
        None => alone_at(c, &email)?.is_some(),
    };
    // An account that is there can join an organization, and become nothing more by that.
    let must_be_new = invite.organization.is_none() || !is_customer;
    if is_invited || (must_be_new && user::find_by_email(c, &email)?.is_some()) {
        return Ok(UserChange::EmailTaken);
    }
    let invited = User {
        email_pending: Some(email),
        name: invite.name.clone(),
        organization: invite.organization,
        organization_role: invite.organization_role,
        ..User::invited(invite.user, user::placeholder(invite.user), invite.role, now)
    };
    let done = user::put_user(c, &invited)?;
    if done == UserChange::Done {
        job::enqueue(c, mail, now)?;
        audit::record_of_user(c, invited.id, now, actor, "user.invite", invited.address())?;
    }
    Ok(done)
}

fn alone_at(c: &Connection, email: &str) -> Result<Option<Id>> {
    find(c, ALONE_AT_ADDRESS, [email], |row| row.parsed("user id"))
}

fn is_open(user: &User) -> bool {
    user.status == UserStatus::Invited && user::is_placeholder(&user.email)
}

fn open(c: &Connection, token: &Hash, now: UnixSeconds) -> Result<Option<(Link, User)>> {
    let Some(link) = link::find_link(c, token, PURPOSE, now)? else { return Ok(None) };
    let Some(id) = link.user else { return Ok(None) };
    let invited = user::find_user(c, id)?;
    Ok(invited
        .filter(|user| is_open(user) && !user.organization_suspended)
        .map(|user| (link, user)))
}

fn accept_new(c: &Connection, token: &Hash, accept: &Accept, now: UnixSeconds) -> Result<Accepted> {
    let Some((_, invited)) = open(c, token, now)? else { return Ok(Accepted::DeadLink) };
    if user::find_by_email(c, invited.address())?.is_some() {
        return Ok(Accepted::HasAccount);
    }
    let (first, last) = (accept.first_name.trim(), accept.last_name.trim());
    let values = (
        invited.id.to_string(),
        invited.address(),
        user::shown(first, last, &invited.name),
        first,
        last,
        &accept.password_hash,
    );
    if run(c, ACCEPT, values)? != 1 {
        return Ok(Accepted::DeadLink);
    }
    user_term::renew(c, invited.id)?;
    link::use_link(c, token, PURPOSE, now)?;
    link::drop_links(c, invited.id, &[PURPOSE])?;
    let by = session::by(invited.id);
    audit::record_of_user(c, invited.id, now, &by, "user.accept-invitation", "")?;
    Ok(Accepted::Done(invited.id))
}

fn join(c: &Connection, token: &Hash, id: Id, now: UnixSeconds) -> Result<Accepted> {
    let Some((_, invited)) = open(c, token, now)? else { return Ok(Accepted::DeadLink) };
    let (Some(account), Some(organization)) = (user::find_user(c, id)?, invited.organization)
    else {
        return Ok(Accepted::DeadLink);
    };
    if account.email != invited.address() || !account.may_log_in() {
        return Ok(Accepted::OtherAddress);
    }
    if account.organization.is_some() || account.role != Role::Customer {
        return Ok(Accepted::BelongsElsewhere);
    }
    let role = invited.organization_role.as_str();
    run(c, JOIN, (id.to_string(), organization.to_string(), role))?;
    run(c, TAKE_GROUPS, (invited.id.to_string(), id.to_string()))?;
    audit::record_of_user(c, id, now, &session::by(id), "user.accept-invitation", "")?;
    delete(c, organization, invited.id)?;
    Ok(Accepted::Done(id))
}

/// Removes somebody who was never in.
fn delete(c: &Connection, organization: Id, invited: Id) -> Result<()> {
    group::leave_all(c, invited)?;
    link::delete_of_user(c, invited)?;
    run(c, DELETE, (invited.to_string(), organization.to_string()))?;
    user_term::renew(c, invited)
}
