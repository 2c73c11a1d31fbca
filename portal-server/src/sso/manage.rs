//! What the vendor, or who runs an organization, does with identity providers: below the pages and the API.

use countersign_core::Id;
use countersign_store::{
    FactorAskedBy, IdentityDomain, IdentityDomainState, IdentityProvider, Passwords,
    ProviderChange, ProviderStatus, ProvidersOf, Provisioning,
};

use super::{LONGEST, domain, issuer, sealed};
use crate::app::App;
use crate::fields::Field;
use crate::language::Say;

/// Why something was not done. Nothing was changed then.
#[derive(Debug)]
pub(crate) enum Refused {
    /// There is no such provider, or it is somebody else's.
    NotFound,
    /// What was given does not do.
    Unfit(Say),
    /// What there is speaks against it.
    Conflict(Say),
    /// What failed.
    Failed(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What every provider has, as it was typed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Typed<'a> {
    pub(crate) name: &'a str,
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    /// Empty: none, or the one that there is.
    pub(crate) client_secret: &'a str,
}

/// What a provider that is there goes by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// Whether everybody whom it vouches for becomes a member.
    pub(crate) members: bool,
    /// Whether passwords are refused.
    pub(crate) only: bool,
    /// Whether the portal asks for its second factor as well.
    pub(crate) portal_factor: bool,
    /// Whether it is used.
    pub(crate) active: bool,
}

struct Given {
    name: String,
    issuer: String,
    client_id: String,
    secret: Option<String>,
}

impl Typed<'_> {
    fn read(&self, app: &App) -> Result<Given, Refused> {
        let unfit = |key: &str| Refused::Unfit(Say::new(key));
        let name = Field::ProviderName.check(self.name).map_err(|u| Refused::Unfit(u.0))?;
        if name.is_empty() {
            return Err(unfit("sign-on-name-needed"));
        }
        let issuer = issuer(app, self.issuer).ok_or_else(|| unfit("sign-on-issuer-unfit"))?;
        let is_word = |text: &str| text.len() <= LONGEST && !text.contains(char::is_control);
        let (client_id, secret) = (self.client_id.trim(), self.client_secret.trim());
        if client_id.is_empty() || !is_word(client_id) || !is_word(secret) {
            return Err(unfit("sign-on-client-unfit"));
        }
        Ok(Given {
            name: name.to_owned(),
            issuer,
            client_id: client_id.to_owned(),
            secret: (!secret.is_empty()).then(|| secret.to_owned()),
        })
    }
}

/// Sets a provider up with this id: its rules are the careful ones.
pub(crate) async fn create(
    app: &App,
    id: Id,
    organization: Option<Id>,
    typed: Typed<'_>,
    actor: &str,
) -> Result<(), Refused> {
    let given = typed.read(app)?;
    let client_secret = given.secret.map(|secret| sealed(app, id, &secret)).transpose()?;
    let provider = IdentityProvider {
        id,
        organization,
        issuer: given.issuer,
        client_id: given.client_id,
        client_secret,
        name: given.name,
        provisioning: Provisioning::Known,
        passwords: Passwords::Allowed,
        second_factor: FactorAskedBy::Provider,
        status: ProviderStatus::Active,
        proven_at: None,
        created_at: app.now(),
    };
    done(app.store().create_identity_provider(provider, actor, app.now()).await?)
}

/// Changes one.
pub(crate) async fn change(
    app: &App,
    of: ProvidersOf,
    before: &IdentityProvider,
    typed: Typed<'_>,
    rules: Rules,
    actor: &str,
) -> Result<(), Refused> {
    let changed = changed(app, before, typed, rules)?;
    let change = app.store().change_identity_provider(of, changed, actor, app.now()).await?;
    app.sign_ons().forget(before.id);
    done(change)
}

fn changed(
    app: &App,
    before: &IdentityProvider,
    typed: Typed<'_>,
    rules: Rules,
) -> Result<IdentityProvider, Refused> {
    let given = typed.read(app)?;
    let client_secret = match given.secret {
        Some(secret) => Some(sealed(app, before.id, &secret)?),
        // A secret goes to no other place than the one that it was typed for.
        None if given.issuer != before.issuer && before.client_secret.is_some() => {
            return Err(Refused::Unfit(Say::new("sign-on-secret-again")));
        }
        None => before.client_secret.clone(),
    };
    // Nobody becomes one of the vendor's staff by a provider's word.
    let members = rules.members && before.organization.is_some();
    Ok(IdentityProvider {
        issuer: given.issuer,
        client_id: given.client_id,
        client_secret,
        name: given.name,
        provisioning: if members { Provisioning::Members } else { Provisioning::Known },
        passwords: if rules.only { Passwords::Refused } else { Passwords::Allowed },
        second_factor: match rules.portal_factor {
            true => FactorAskedBy::Portal,
            false => FactorAskedBy::Provider,
        },
        status: if rules.active { ProviderStatus::Active } else { ProviderStatus::Off },
        ..before.clone()
    })
}

/// Adds a domain, or approves it: the vendor's own word is the approval.
pub(crate) async fn put_domain(
    app: &App,
    of: ProvidersOf,
    id: Id,
    typed: &str,
    actor: &str,
) -> Result<(), Refused> {
    let state = match of {
        ProvidersOf::Everybody => IdentityDomainState::Approved,
        ProvidersOf::Organization(_) => IdentityDomainState::Asked,
    };
    let domain = IdentityDomain { domain: read_domain(typed)?, state };
    done(app.store().put_identity_domain(of, id, domain, actor, app.now()).await?)
}

/// Takes a domain away; whether there was one.
pub(crate) async fn remove_domain(
    app: &App,
    of: ProvidersOf,
    id: Id,
    typed: &str,
    actor: &str,
) -> Result<bool, Refused> {
    let domain = read_domain(typed)?;
    Ok(app.store().remove_identity_domain(of, id, &domain, actor, app.now()).await?)
}

/// Removes one with everything that hangs on it; whether there was one.
pub(crate) async fn delete(
    app: &App,
    of: ProvidersOf,
    id: Id,
    actor: &str,
) -> Result<bool, Refused> {
    let deleted = app.store().delete_identity_provider(of, id, actor, app.now()).await?;
    app.sign_ons().forget(id);
    Ok(deleted)
}

fn read_domain(typed: &str) -> Result<String, Refused> {
    domain(typed).ok_or_else(|| Refused::Unfit(Say::new("sign-on-domain-unfit")))
}

fn done(change: ProviderChange) -> Result<(), Refused> {
    let conflict = |key: &str| Err(Refused::Conflict(Say::new(key)));
    match change {
        ProviderChange::Done => Ok(()),
        ProviderChange::Unknown => Err(Refused::NotFound),
        ProviderChange::TooMany => conflict("sign-on-too-many"),
        ProviderChange::NotProven => conflict("sign-on-not-proven"),
        ProviderChange::DomainTaken => conflict("sign-on-domain-taken"),
    }
}
