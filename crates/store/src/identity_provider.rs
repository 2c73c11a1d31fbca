//! Identity providers: who logs people in for the portal, of which organization, by which rules, and for which e-mail domains
//! they may speak. What a provider's word is worth stands in `sign_on`.

use std::str::FromStr;

use crate::engine::Connection;
use countersign_core::{Id, UnixSeconds};

use crate::error::{Result, StoreError};
use crate::row::{Columns, optional_seconds, seconds};
use crate::{Store, audit, find, list, run};

const INSERT: &str = "INSERT INTO identity_provider (id, organization_id, issuer, client_id, client_secret, name, \
    provisioning, passwords, second_factor, status, proven_at, created_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
const CHANGE: &str = "UPDATE identity_provider SET issuer = ?2, client_id = ?3, client_secret = ?4, name = ?5, \
    provisioning = ?6, passwords = ?7, second_factor = ?8, status = ?9, proven_at = ?10 WHERE id = ?1";
const FIND: &str = "SELECT id, organization_id, issuer, client_id, client_secret, name, provisioning, passwords, \
    second_factor, status, proven_at, created_at FROM identity_provider WHERE id = ?1";
const ALL: &str = "SELECT id, organization_id, issuer, client_id, client_secret, name, provisioning, passwords, \
    second_factor, status, proven_at, created_at FROM identity_provider ORDER BY created_at, id LIMIT 1000";
const OF_ORGANIZATION: &str = "SELECT id, organization_id, issuer, client_id, client_secret, name, provisioning, passwords, \
    second_factor, status, proven_at, created_at FROM identity_provider WHERE organization_id = ?1 ORDER BY created_at, id";
const OF_STAFF: &str = "SELECT id, organization_id, issuer, client_id, client_secret, name, provisioning, passwords, \
    second_factor, status, proven_at, created_at FROM identity_provider WHERE organization_id IS NULL ORDER BY created_at, id";
const FOR_DOMAIN: &str = "SELECT p.id, p.organization_id, p.issuer, p.client_id, p.client_secret, p.name, p.provisioning, \
    p.passwords, p.second_factor, p.status, p.proven_at, p.created_at FROM identity_domain d \
    JOIN identity_provider p ON p.id = d.provider_id WHERE d.domain = ?1 AND d.state = 'approved' AND p.status = 'active'";
const ANY: &str = "SELECT 1 FROM identity_provider WHERE status = 'active' LIMIT 1";
const PROVE: &str = "UPDATE identity_provider SET proven_at = ?2 WHERE id = ?1 AND proven_at IS NULL AND issuer = ?3 AND client_id = ?4";
const LET_PASSWORDS: &str =
    "UPDATE identity_provider SET passwords = 'allowed' WHERE id = ?1 AND passwords = 'refused'";
const DELETE: &str = "DELETE FROM identity_provider WHERE id = ?1";
const DELETE_DOMAINS: &str = "DELETE FROM identity_domain WHERE provider_id = ?1";
const DELETE_ATTEMPTS: &str = "DELETE FROM sso_attempt WHERE provider_id = ?1";
const DELETE_IDENTITIES: &str = "DELETE FROM user_identity WHERE provider_id = ?1";
const DOMAINS: &str =
    "SELECT domain, state FROM identity_domain WHERE provider_id = ?1 ORDER BY domain";
const APPROVED_ELSEWHERE: &str =
    "SELECT 1 FROM identity_domain WHERE domain = ?1 AND state = 'approved' AND provider_id <> ?2";
const PUT_DOMAIN: &str = "INSERT INTO identity_domain (provider_id, domain, state) VALUES (?1, ?2, ?3) \
    ON CONFLICT (provider_id, domain) DO UPDATE SET state = CASE WHEN excluded.state = 'approved' THEN 'approved' \
    ELSE identity_domain.state END";
const REMOVE_DOMAIN: &str = "DELETE FROM identity_domain WHERE provider_id = ?1 AND domain = ?2";

/// The most providers that an organization, or the vendor's staff, may have: every login by password looks at them.
pub const MOST_PROVIDERS: usize = 5;
/// The most domains of a provider.
pub const MOST_DOMAINS: usize = 50;

/// Who logs people in for the portal.
#[derive(Clone, PartialEq, Eq)]
pub struct IdentityProvider {
    /// Its id.
    pub id: Id,
    /// Whose people it logs in; `None`: the vendor's staff.
    pub organization: Option<Id>,
    /// Its issuer URL, letter by letter as it says it itself.
    pub issuer: String,
    /// Who the portal is there.
    pub client_id: String,
    /// The secret that goes with it, encrypted.
    pub client_secret: Option<String>,
    /// What the button says.
    pub name: String,
    /// Whether people come in whom nobody knows yet.
    pub provisioning: Provisioning,
    /// Whether its people may log in by password as well.
    pub passwords: Passwords,
    /// Who asks for a second factor.
    pub second_factor: FactorAskedBy,
    /// Whether it is used.
    pub status: ProviderStatus,
    /// When somebody first came through with this issuer and client.
    pub proven_at: Option<UnixSeconds>,
    /// When it was set up.
    pub created_at: UnixSeconds,
}

impl std::fmt::Debug for IdentityProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IdentityProvider({}, {})", self.id, self.issuer)
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal: $($(#[$of:meta])* $variant:ident = $word:literal),+) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$of])* $variant),+ }

        impl $name {
            /// As text, in the database and in forms.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl FromStr for $name {
            type Err = StoreError;

            fn from_str(text: &str) -> Result<Self> {
                match text { $($word => Ok(Self::$variant),)+ _ => Err(StoreError::Malformed($what)) }
            }
        }
    };
}

words!(
    /// Whether people come in whom nobody knows yet.
    Provisioning, "provisioning":
    /// Only who has an account or an invitation.
    Known = "known",
    /// Everybody whom the provider vouches for, as a member of the organization.
    Members = "members"
);
words!(
    /// Whether a provider's people may log in by password as well.
    Passwords, "passwords":
    /// They may.
    Allowed = "allowed",
    /// They may not.
    Refused = "refused"
);
words!(
    /// Who asks for a second factor.
    FactorAskedBy, "second factor":
    /// The provider, if anybody.
    Provider = "provider",
    /// The portal as well, of those who have turned it on here.
    Portal = "portal"
);
words!(
    /// Whether a provider is used.
    ProviderStatus, "provider status":
    /// It is.
    Active = "active",
    /// It is not, and its rules do not hold.
    Off = "off"
);
words!(
    /// Whether a provider may speak for a domain.
    IdentityDomainState, "domain state":
    /// The organization says that it is theirs.
    Asked = "asked",
    /// So says the vendor.
    Approved = "approved"
);

/// An e-mail domain of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityDomain {
    /// Lower case, e.g. `lab.example`.
    pub domain: String,
    /// Whether the provider may speak for it.
    pub state: IdentityDomainState,
}

/// Who changes a provider: what they may see of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProvidersOf {
    /// The vendor: all.
    Everybody,
    /// Those who run an organization: its own.
    Organization(Id),
}

/// How a change of a provider ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderChange {
    /// It is done.
    Done,
    /// There is no such provider, or it is somebody else's.
    Unknown,
    /// There are as many as may be.
    TooMany,
    /// Nobody came through it yet: passwords cannot be refused.
    NotProven,
    /// Another provider speaks for this domain.
    DomainTaken,
}

impl ProvidersOf {
    fn sees(self, provider: &IdentityProvider) -> bool {
        match self {
            Self::Everybody => true,
            Self::Organization(id) => provider.organization == Some(id),
        }
    }
}

impl Store {
    /// Sets up a provider.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_identity_provider(
        &self,
        new: IdentityProvider,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<ProviderChange> {
        let actor = actor.to_owned();
        self.write_once(move |c| {
            if of_owner(c, new.organization)?.len() >= MOST_PROVIDERS {
                return Ok(ProviderChange::TooMany);
            }
            if new.passwords == Passwords::Refused && new.proven_at.is_none() {
                return Ok(ProviderChange::NotProven);
            }
            let values = crate::engine::params::params![
                new.id.to_string(),
                new.organization.map(|id| id.to_string()),
                new.issuer,
                new.client_id,
                new.client_secret,
                new.name,
                new.provisioning.as_str(),
                new.passwords.as_str(),
                new.second_factor.as_str(),
                new.status.as_str(),
                optional_seconds(new.proven_at),
                seconds(new.created_at),
            ];
            run(c, INSERT, values)?;
            record(c, &new, &actor, now, "sign-on.create", &new.issuer)?;
            Ok(ProviderChange::Done)
        })
        .await
    }

    /// Changes a provider; whose it is stays. With another issuer or client its subjects are other people: all are unlinked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_identity_provider(
        &self,
        of: ProvidersOf,
        changed: IdentityProvider,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<ProviderChange> {
        let actor = actor.to_owned();
        self.write_once(move |c| change(c, of, &changed, &actor, now)).await
    }

    /// Removes a provider with everything that hangs on it. `false` when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_identity_provider(
        &self,
        of: ProvidersOf,
        id: Id,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<bool> {
        let actor = actor.to_owned();
        self.write_once(move |c| {
            let Some(provider) = find_of(c, of, id)? else { return Ok(false) };
            for sql in [DELETE_ATTEMPTS, DELETE_IDENTITIES, DELETE_DOMAINS, DELETE] {
                run(c, sql, [id.to_string()])?;
            }
            record(c, &provider, &actor, now, "sign-on.delete", &provider.issuer)?;
            Ok(true)
        })
        .await
    }

    /// Lets passwords in again for a provider's people, or for those of all. How many providers refused them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn let_passwords_in(
        &self,
        only: Option<Id>,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<usize> {
        let actor = actor.to_owned();
        self.write(move |c| {
            let mut changed = 0;
            for provider in list(c, ALL, [], map)? {
                if only.is_none_or(|only| only == provider.id)
                    && run(c, LET_PASSWORDS, [provider.id.to_string()])? == 1
                {
                    record(c, &provider, &actor, now, "sign-on.passwords", "")?;
                    changed += 1;
                }
            }
            Ok(changed)
        })
        .await
    }

    /// Notes that somebody came through a provider with this issuer and client.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn prove_identity_provider(
        &self,
        provider: IdentityProvider,
        now: UnixSeconds,
    ) -> Result<()> {
        self.write(move |c| prove(c, &provider, now)).await
    }

    /// The provider with this id, if it is theirs.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn identity_provider(
        &self,
        of: ProvidersOf,
        id: Id,
    ) -> Result<Option<IdentityProvider>> {
        self.read(|c| find_of(c, of, id))
    }

    /// Their providers, in the order in which they were set up.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn identity_providers(&self, of: ProvidersOf) -> Result<Vec<IdentityProvider>> {
        self.read(|c| match of {
            ProvidersOf::Everybody => list(c, ALL, [], map),
            ProvidersOf::Organization(id) => of_owner(c, Some(id)),
        })
    }

    /// The provider that speaks for people with an address of this domain.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn identity_provider_for(&self, domain: &str) -> Result<Option<IdentityProvider>> {
        self.read(|c| find(c, FOR_DOMAIN, [domain], map))
    }

    /// Whether anybody can log in by a provider at all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_identity_provider(&self) -> Result<bool> {
        self.read(|c| Ok(find(c, ANY, [], |_| Ok(()))?.is_some()))
    }

    /// The domains of a provider.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn identity_domains(&self, provider: Id) -> Result<Vec<IdentityDomain>> {
        self.read(|c| domains(c, provider))
    }

    /// Adds a domain to a provider, or approves one. What was approved stays so.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_identity_domain(
        &self,
        of: ProvidersOf,
        id: Id,
        domain: IdentityDomain,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<ProviderChange> {
        let actor = actor.to_owned();
        self.write_once(move |c| put_domain(c, of, id, &domain, &actor, now)).await
    }

    /// Takes a domain away from a provider. `false` when it has none such.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_identity_domain(
        &self,
        of: ProvidersOf,
        id: Id,
        domain: &str,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<bool> {
        let (domain, actor) = (domain.to_owned(), actor.to_owned());
        self.write_once(move |c| {
            let Some(provider) = find_of(c, of, id)? else { return Ok(false) };
            if run(c, REMOVE_DOMAIN, (id.to_string(), &domain))? != 1 {
                return Ok(false);
            }
            record(c, &provider, &actor, now, "sign-on.remove-domain", &domain)?;
            Ok(true)
        })
        .await
    }
}

fn change(
    c: &Connection,
    of: ProvidersOf,
    changed: &IdentityProvider,
    actor: &str,
    now: UnixSeconds,
) -> Result<ProviderChange> {
    let Some(before) = find_of(c, of, changed.id)? else { return Ok(ProviderChange::Unknown) };
    let same = before.issuer == changed.issuer && before.client_id == changed.client_id;
    let proven_at = before.proven_at.filter(|_| same);
    if changed.passwords == Passwords::Refused && proven_at.is_none() {
        return Ok(ProviderChange::NotProven);
    }
    if !same {
        for sql in [DELETE_IDENTITIES, DELETE_ATTEMPTS] {
            run(c, sql, [changed.id.to_string()])?;
        }
    }
    let values = crate::engine::params::params![
        changed.id.to_string(),
        changed.issuer,
        changed.client_id,
        changed.client_secret,
        changed.name,
        changed.provisioning.as_str(),
        changed.passwords.as_str(),
        changed.second_factor.as_str(),
        changed.status.as_str(),
        optional_seconds(proven_at),
    ];
    run(c, CHANGE, values)?;
    let detail = format!(
        "{} {}, provisioning {}, passwords {}",
        changed.issuer,
        changed.status.as_str(),
        changed.provisioning.as_str(),
        changed.passwords.as_str()
    );
    record(c, &before, actor, now, "sign-on.change", &detail)?;
    Ok(ProviderChange::Done)
}

fn put_domain(
    c: &Connection,
    of: ProvidersOf,
    id: Id,
    domain: &IdentityDomain,
    actor: &str,
    now: UnixSeconds,
) -> Result<ProviderChange> {
    let Some(provider) = find_of(c, of, id)? else { return Ok(ProviderChange::Unknown) };
    let known = domains(c, id)?;
    let is_new = known.iter().all(|known| known.domain != domain.domain);
    if is_new && known.len() >= MOST_DOMAINS {
        return Ok(ProviderChange::TooMany);
    }
    let (text, state) = (&domain.domain, domain.state);
    // Who asks does not learn who has it.
    let approves = state == IdentityDomainState::Approved;
    if approves && find(c, APPROVED_ELSEWHERE, (text, id.to_string()), |_| Ok(()))?.is_some() {
        return Ok(ProviderChange::DomainTaken);
    }
    run(c, PUT_DOMAIN, (id.to_string(), text, state.as_str()))?;
    let action = if approves { "sign-on.approve-domain" } else { "sign-on.ask-domain" };
    record(c, &provider, actor, now, action, text)?;
    Ok(ProviderChange::Done)
}

/// For the vendor and for the organization whose provider it is.
fn record(
    c: &Connection,
    provider: &IdentityProvider,
    actor: &str,
    now: UnixSeconds,
    action: &str,
    detail: &str,
) -> Result<()> {
    let subject = provider.id.to_string();
    audit::record_in(c, provider.organization, now, actor, action, &subject, detail)
}

pub(crate) fn prove(c: &Connection, provider: &IdentityProvider, now: UnixSeconds) -> Result<()> {
    let values = (provider.id.to_string(), seconds(now), &provider.issuer, &provider.client_id);
    run(c, PROVE, values).map(|_| ())
}

pub(crate) fn find_of(c: &Connection, of: ProvidersOf, id: Id) -> Result<Option<IdentityProvider>> {
    Ok(find(c, FIND, [id.to_string()], map)?.filter(|provider| of.sees(provider)))
}

/// The providers of an organization, or of the vendor's staff.
pub(crate) fn of_owner(c: &Connection, organization: Option<Id>) -> Result<Vec<IdentityProvider>> {
    match organization {
        Some(id) => list(c, OF_ORGANIZATION, [id.to_string()], map),
        None => list(c, OF_STAFF, [], map),
    }
}

pub(crate) fn domains(c: &Connection, provider: Id) -> Result<Vec<IdentityDomain>> {
    let map = |row: &mut Columns<'_>| {
        Ok(IdentityDomain { domain: row.text()?, state: row.parsed("domain state")? })
    };
    list(c, DOMAINS, [provider.to_string()], map)
}

fn map(row: &mut Columns<'_>) -> Result<IdentityProvider> {
    Ok(IdentityProvider {
        id: row.parsed("provider id")?,
        organization: row.optional("organization id")?,
        issuer: row.text()?,
        client_id: row.text()?,
        client_secret: row.take()?,
        name: row.text()?,
        provisioning: row.parsed("provisioning")?,
        passwords: row.parsed("passwords")?,
        second_factor: row.parsed("second factor")?,
        status: row.parsed("provider status")?,
        proven_at: row.optional_time()?,
        created_at: row.time()?,
    })
}
