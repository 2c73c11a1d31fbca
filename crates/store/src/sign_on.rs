//! What an identity provider's word is worth: who logs in by it, who is linked or created, and who stays out. Decided by what
//! the database holds when it is done.
//!
//! A subject that is linked is that person, whatever else the provider says of it. An e-mail address counts once, to find who
//! is to be linked, and only where the provider has verified it, the vendor lets the provider speak for its domain, and the
//! account belongs to whom the provider belongs.

use crate::engine::Connection;
use countersign_core::{Id, UnixSeconds};

use crate::error::Result;
use crate::identity_provider::{
    self, IdentityDomainState, IdentityProvider, Passwords, ProviderStatus, ProvidersOf,
    Provisioning,
};
use crate::job::{self, NewJob};
use crate::link::{self, LinkPurpose};
use crate::role::Role;
use crate::row::{Columns, seconds};
use crate::user::{self, User, UserChange, UserStatus};
use crate::{Store, audit, find, list, organization, run, session};

const LINKED: &str = "SELECT user_id FROM user_identity WHERE provider_id = ?1 AND subject = ?2";
const SUBJECT: &str = "SELECT subject FROM user_identity WHERE provider_id = ?1 AND user_id = ?2";
const LINK: &str = "INSERT INTO user_identity (provider_id, subject, user_id, linked_at, last_used_at) VALUES (?1, ?2, ?3, ?4, ?4)";
const USED: &str =
    "UPDATE user_identity SET last_used_at = ?3 WHERE provider_id = ?1 AND subject = ?2";
const UNLINK: &str = "DELETE FROM user_identity WHERE provider_id = ?1 AND user_id = ?2";
const OF_PROVIDER: &str = "SELECT i.user_id, i.subject, u.email, u.name, i.linked_at, i.last_used_at FROM user_identity i \
    JOIN app_user u ON u.id = i.user_id WHERE i.provider_id = ?1 ORDER BY u.email LIMIT 1000";
const INVITED_AT: &str = "SELECT id FROM app_user WHERE organization_id = ?1 AND email_pending = ?2 AND status = 'invited' \
    ORDER BY created_at, id";
const ACTIVATE: &str = "UPDATE app_user SET status = 'active', email = ?2, email_pending = ?3, name = ?4, first_name = ?5, \
    last_name = ?6 WHERE id = ?1 AND status = 'invited' AND deactivated_at IS NULL";

/// What a provider said, after its word was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignOn {
    /// Who says it.
    pub provider: Id,
    /// The issuer and client by which it was verified: with others this is worth nothing.
    pub issuer: String,
    /// See above.
    pub client_id: String,
    /// Whom it means, in its own words.
    pub subject: String,
    /// Their e-mail address, if the provider has verified it.
    pub verified_email: Option<String>,
    /// First name, if it says one.
    pub first_name: String,
    /// Last name, if it says one.
    pub last_name: String,
    /// The id of the account, should there be none yet.
    pub new_user: Id,
}

/// How somebody came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedOn {
    /// The subject is linked to this account.
    Known(User),
    /// It is from now on.
    Linked(User),
    /// The account was created.
    Created(User),
    /// They did not; nothing was changed.
    Refused(SignOnRefusal),
}

/// Why somebody did not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignOnRefusal {
    /// The provider is not there any more, is off, is another one, or its organization is suspended.
    NoProvider,
    /// The provider has not verified the address, or says none.
    NoVerifiedAddress,
    /// The provider may not speak for the domain of the address.
    ForeignDomain,
    /// There is no account, and none is made.
    NoAccount,
    /// The account belongs to somebody else than the provider does.
    NotOurs,
    /// The account is linked to another subject of this provider.
    LinkedToAnother,
    /// The account may not log in.
    MayNot,
    /// The organization has as many users as it may have.
    Full {
        /// How many.
        allowed: u64,
    },
}

/// A subject that is linked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// To which account.
    pub user: Id,
    /// The subject.
    pub subject: String,
    /// The account's address.
    pub email: String,
    /// The account's name.
    pub name: String,
    /// Since when.
    pub linked_at: UnixSeconds,
    /// When it was last used.
    pub last_used_at: UnixSeconds,
}

enum Decision {
    Known(User),
    Link(User),
    Create(Id),
    Refused(SignOnRefusal),
}

impl Store {
    /// Lets somebody in by a provider's word, or says why not. The session is started by the caller. Whose account was linked
    /// without having been invited hears of it by `notice`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sign_on(
        &self,
        on: SignOn,
        notice: impl Fn(Id) -> NewJob + Send + 'static,
        now: UnixSeconds,
    ) -> Result<SignedOn> {
        self.write(move |c| sign_on(c, &on, &notice, now)).await
    }

    /// What would become of it: for who tries a provider out. Accounts that would be created have no values yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn would_sign_on(&self, on: &SignOn, now: UnixSeconds) -> Result<SignedOn> {
        self.read(|c| {
            Ok(match decide(c, on)? {
                (_, Decision::Known(user)) => SignedOn::Known(user),
                (_, Decision::Link(user)) => SignedOn::Linked(user),
                (_, Decision::Create(organization)) => {
                    SignedOn::Created(member(on, organization, now))
                }
                (_, Decision::Refused(why)) => SignedOn::Refused(why),
            })
        })
    }

    /// Who is linked to a provider, by address.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn identities(&self, provider: Id) -> Result<Vec<Identity>> {
        let map = |row: &mut Columns<'_>| {
            Ok(Identity {
                user: row.parsed("user id")?,
                subject: row.text()?,
                email: row.text()?,
                name: row.text()?,
                linked_at: row.time()?,
                last_used_at: row.time()?,
            })
        };
        self.read(|c| list(c, OF_PROVIDER, [provider.to_string()], map))
    }

    /// Undoes a link and ends the account's sessions. `false` when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unlink_identity(
        &self,
        of: ProvidersOf,
        provider: Id,
        user: Id,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<bool> {
        let actor = actor.to_owned();
        self.write(move |c| {
            let Some(provider) = identity_provider::find_of(c, of, provider)? else {
                return Ok(false);
            };
            if run(c, UNLINK, (provider.id.to_string(), user.to_string()))? != 1 {
                return Ok(false);
            }
            session::delete_all(c, user)?;
            audit::record_of_user(c, user, now, &actor, "user.unlink-identity", &provider.name)?;
            Ok(true)
        })
        .await
    }

    /// The provider by which alone this account may log in, if passwords are refused to it: one of its organization, or of
    /// the staff, that speaks for its address or is linked to it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn only_by_provider(&self, user: &User) -> Result<Option<IdentityProvider>> {
        self.read(|c| {
            let owner = match (user.role, user.organization) {
                (role, _) if role.is_staff() => None,
                (Role::Customer, Some(id)) => Some(id),
                _ => return Ok(None),
            };
            for provider in identity_provider::of_owner(c, owner)? {
                let binds = provider.status == ProviderStatus::Active
                    && provider.passwords == Passwords::Refused;
                if binds
                    && (speaks_for(c, provider.id, user.address())?
                        || subject_of(c, provider.id, user.id)?.is_some())
                {
                    return Ok(Some(provider));
                }
            }
            Ok(None)
        })
    }
}

fn sign_on(
    c: &Connection,
    on: &SignOn,
    notice: &dyn Fn(Id) -> NewJob,
    now: UnixSeconds,
) -> Result<SignedOn> {
    let (provider, decision) = decide(c, on)?;
    let Some(provider) = provider else { return Ok(SignedOn::Refused(SignOnRefusal::NoProvider)) };
    let signed = match decision {
        Decision::Refused(why) => return Ok(SignedOn::Refused(why)),
        Decision::Known(user) => {
            run(c, USED, (on.provider.to_string(), &on.subject, seconds(now)))?;
            SignedOn::Known(activated(c, on, user)?)
        }
        Decision::Link(user) => {
            if user.status == UserStatus::Active {
                job::enqueue(c, &notice(user.id), now)?;
            }
            let user = activated(c, on, user)?;
            put_link(c, on, &provider, user.id, now)?;
            SignedOn::Linked(user)
        }
        Decision::Create(organization) => {
            let user = member(on, organization, now);
            match user::put_user(c, &user)? {
                UserChange::Done => {}
                UserChange::OrganizationFull { allowed } => {
                    return Ok(SignedOn::Refused(SignOnRefusal::Full { allowed }));
                }
                _ => return Ok(SignedOn::Refused(SignOnRefusal::NotOurs)),
            }
            let actor = format!("sign-on:{}", provider.id);
            audit::record_of_user(c, user.id, now, &actor, "user.create", user.role.as_str())?;
            put_link(c, on, &provider, user.id, now)?;
            SignedOn::Created(user)
        }
    };
    if let SignedOn::Known(user) | SignedOn::Linked(user) | SignedOn::Created(user) = &signed {
        identity_provider::prove(c, &provider, now)?;
        let by = session::by(user.id);
        audit::record_of_user(c, user.id, now, &by, "login.sso", &provider.name)?;
    }
    Ok(signed)
}

fn decide(c: &Connection, on: &SignOn) -> Result<(Option<IdentityProvider>, Decision)> {
    let Some(provider) = live(c, on)? else {
        return Ok((None, Decision::Refused(SignOnRefusal::NoProvider)));
    };
    let decision = decide_by(c, on, &provider)?;
    Ok((Some(provider), decision))
}

fn decide_by(c: &Connection, on: &SignOn, provider: &IdentityProvider) -> Result<Decision> {
    let refused = |why| Ok(Decision::Refused(why));
    let linked =
        find(c, LINKED, (provider.id.to_string(), &on.subject), |row| row.parsed("user id"))?;
    if let Some(id) = linked {
        return Ok(match user::find_user(c, id)? {
            Some(user) if !is_ours(provider, &user) => Decision::Refused(SignOnRefusal::NotOurs),
            Some(user) if may_come_in(&user) => Decision::Known(user),
            _ => Decision::Refused(SignOnRefusal::MayNot),
        });
    }
    let Some(email) = &on.verified_email else { return refused(SignOnRefusal::NoVerifiedAddress) };
    if !speaks_for(c, provider.id, email)? {
        return refused(SignOnRefusal::ForeignDomain);
    }
    match with_address(c, provider, email)? {
        Some(user) if !is_ours(provider, &user) => refused(SignOnRefusal::NotOurs),
        Some(user) if subject_of(c, provider.id, user.id)?.is_some() => {
            refused(SignOnRefusal::LinkedToAnother)
        }
        Some(user) if may_come_in(&user) => Ok(Decision::Link(user)),
        Some(_) => refused(SignOnRefusal::MayNot),
        None => match (provider.provisioning, provider.organization) {
            (Provisioning::Members, Some(organization)) => {
                match organization::place(c, organization)? {
                    organization::Place::Full { allowed } => {
                        refused(SignOnRefusal::Full { allowed })
                    }
                    _ => Ok(Decision::Create(organization)),
                }
            }
            _ => refused(SignOnRefusal::NoAccount),
        },
    }
}

/// The provider, if it is the one that was asked and may log anybody in.
fn live(c: &Connection, on: &SignOn) -> Result<Option<IdentityProvider>> {
    let found = identity_provider::find_of(c, ProvidersOf::Everybody, on.provider)?;
    let found = found.filter(|provider| {
        provider.status == ProviderStatus::Active
            && provider.issuer == on.issuer
            && provider.client_id == on.client_id
    });
    Ok(match found {
        Some(provider) => match provider.organization {
            Some(id) if organization::is_suspended(c, id)? => None,
            _ => Some(provider),
        },
        None => None,
    })
}

/// The account with this address, or whoever was invited at it by the provider's organization.
fn with_address(c: &Connection, provider: &IdentityProvider, email: &str) -> Result<Option<User>> {
    if let Some(user) = user::find_by_email(c, email)? {
        return Ok(Some(user));
    }
    let Some(organization) = provider.organization else { return Ok(None) };
    let values = (organization.to_string(), user::normal_email(email));
    let invited: Vec<Id> = list(c, INVITED_AT, values, |row| row.parsed("user id"))?;
    for id in invited {
        let invited = user::find_user(c, id)?;
        if let Some(user) = invited.filter(|user| user::is_placeholder(&user.email)) {
            return Ok(Some(user));
        }
    }
    Ok(None)
}

/// An organization's provider logs in its customers; one without an organization the vendor's staff. Neither logs in the other's,
/// nor a reseller's admin: those see more than the organization that they are in.
fn is_ours(provider: &IdentityProvider, user: &User) -> bool {
    match provider.organization {
        Some(organization) => {
            user.organization == Some(organization) && user.role == Role::Customer
        }
        None => user.role.is_staff(),
    }
}

fn may_come_in(user: &User) -> bool {
    matches!(user.status, UserStatus::Active | UserStatus::Invited) && !user.organization_suspended
}

/// Whether the vendor lets the provider speak for the domain of this address.
fn speaks_for(c: &Connection, provider: Id, email: &str) -> Result<bool> {
    let email = user::normal_email(email);
    let Some((_, domain)) = email.rsplit_once('@') else { return Ok(false) };
    let domains = identity_provider::domains(c, provider)?;
    Ok(domains.iter().any(|d| d.state == IdentityDomainState::Approved && d.domain == domain))
}

fn subject_of(c: &Connection, provider: Id, user: Id) -> Result<Option<String>> {
    find(c, SUBJECT, (provider.to_string(), user.to_string()), |row| row.text())
}

fn put_link(
    c: &Connection,
    on: &SignOn,
    provider: &IdentityProvider,
    user: Id,
    now: UnixSeconds,
) -> Result<()> {
    run(c, LINK, (on.provider.to_string(), &on.subject, user.to_string(), seconds(now)))?;
    let by = session::by(user);
    audit::record_of_user(c, user, now, &by, "user.link-identity", &provider.name)
}

/// Who was invited and comes by the provider has accepted: it has verified the mailbox for us.
fn activated(c: &Connection, on: &SignOn, user: User) -> Result<User> {
    if user.status != UserStatus::Invited {
        return Ok(user);
    }
    let was_placeholder = user::is_placeholder(&user.email);
    let email = user.address().to_owned();
    let or = |own: &str, said: &str| if own.is_empty() { said.to_owned() } else { own.to_owned() };
    let (first, last) = (or(&user.first_name, &on.first_name), or(&user.last_name, &on.last_name));
    let pending = user.email_pending.clone().filter(|_| !was_placeholder);
    let name = user::shown(&first, &last, &user.name);
    run(c, ACTIVATE, (user.id.to_string(), email, pending, name, first, last))?;
    link::drop_links(c, user.id, &[LinkPurpose::Invite, LinkPurpose::SetPassword])?;
    Ok(user::find_user(c, user.id)?.unwrap_or(user))
}

/// Somebody whom nobody knew.
fn member(on: &SignOn, organization: Id, now: UnixSeconds) -> User {
    let email = on.verified_email.clone().unwrap_or_default();
    User {
        first_name: on.first_name.clone(),
        last_name: on.last_name.clone(),
        status: UserStatus::Active,
        organization: Some(organization),
        ..User::invited(on.new_user, email, Role::Customer, now)
    }
}
