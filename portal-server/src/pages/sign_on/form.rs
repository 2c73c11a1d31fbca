//! What is typed about a provider.

use countersign_store::{FactorAskedBy, IdentityProvider, Passwords, ProviderStatus, Provisioning};
use serde::Deserialize;

use crate::app::App;
use crate::fields::Field;
use crate::language::Say;
use crate::sso::{self, LONGEST};

/// A new provider.
#[derive(Default, Deserialize)]
pub(crate) struct NewForm {
    /// Whose, where the vendor sets it up; empty: the staff's.
    #[serde(default)]
    pub(crate) organization: String,
    name: String,
    issuer: String,
    client_id: String,
    #[serde(default)]
    client_secret: String,
}

/// A provider that is there. Ticks that are not there are not set.
#[derive(Deserialize)]
pub(crate) struct ProviderForm {
    pub(super) name: String,
    pub(super) issuer: String,
    pub(super) client_id: String,
    /// Empty: as it is.
    #[serde(default)]
    client_secret: String,
    members: Option<String>,
    only: Option<String>,
    portal_factor: Option<String>,
    active: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct DomainForm {
    pub(super) domain: String,
    pub(super) remove: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct UserForm {
    pub(super) user: String,
}

/// What every provider has.
pub(super) struct Given {
    pub(super) name: String,
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) secret: Option<String>,
}

/// Why a form is not read.
pub(super) enum Unread {
    Problem(Say),
    Failed(anyhow::Error),
}

impl NewForm {
    pub(super) fn read(&self, app: &App) -> Result<Given, Say> {
        read(app, &self.name, &self.issuer, &self.client_id, &self.client_secret)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(super) fn client_id(&self) -> &str {
        &self.client_id
    }
}

impl ProviderForm {
    pub(super) fn of(provider: &IdentityProvider) -> Self {
        let tick = |set: bool| set.then(|| "1".to_owned());
        Self {
            name: provider.name.clone(),
            issuer: provider.issuer.clone(),
            client_id: provider.client_id.clone(),
            client_secret: String::new(),
            members: tick(provider.provisioning == Provisioning::Members),
            only: tick(provider.passwords == Passwords::Refused),
            portal_factor: tick(provider.second_factor == FactorAskedBy::Portal),
            active: tick(provider.status == ProviderStatus::Active),
        }
    }

    pub(super) fn members(&self) -> bool {
        self.members.is_some()
    }

    pub(super) fn only(&self) -> bool {
        self.only.is_some()
    }

    pub(super) fn portal_factor(&self) -> bool {
        self.portal_factor.is_some()
    }

    pub(super) fn active(&self) -> bool {
        self.active.is_some()
    }

    pub(super) fn read(
        &self,
        app: &App,
        before: &IdentityProvider,
    ) -> Result<IdentityProvider, Unread> {
        let given = read(app, &self.name, &self.issuer, &self.client_id, &self.client_secret);
        let given = given.map_err(Unread::Problem)?;
        let sealed = |secret: String| sso::sealed(app, before.id, &secret);
        let client_secret = match given.secret {
            Some(secret) => Some(sealed(secret).map_err(Unread::Failed)?),
            // A secret goes to no other place than the one that it was typed for.
            None if given.issuer != before.issuer && before.client_secret.is_some() => {
                return Err(Unread::Problem(Say::new("sign-on-secret-again")));
            }
            None => before.client_secret.clone(),
        };
        // Nobody becomes one of the vendor's staff by a provider's word.
        let members = self.members() && before.organization.is_some();
        Ok(IdentityProvider {
            issuer: given.issuer,
            client_id: given.client_id,
            client_secret,
            name: given.name,
            provisioning: if members { Provisioning::Members } else { Provisioning::Known },
            passwords: if self.only() { Passwords::Refused } else { Passwords::Allowed },
            second_factor: match self.portal_factor() {
                true => FactorAskedBy::Portal,
                false => FactorAskedBy::Provider,
            },
            status: if self.active() { ProviderStatus::Active } else { ProviderStatus::Off },
            ..before.clone()
        })
    }
}

fn read(app: &App, name: &str, issuer: &str, client_id: &str, secret: &str) -> Result<Given, Say> {
    let name = Field::ProviderName.check(name).map_err(|unfit| unfit.0)?;
    if name.is_empty() {
        return Err(Say::new("sign-on-name-needed"));
    }
    let issuer = sso::issuer(app, issuer).ok_or_else(|| Say::new("sign-on-issuer-unfit"))?;
    let is_word = |text: &str| text.len() <= LONGEST && !text.contains(char::is_control);
    let (client_id, secret) = (client_id.trim(), secret.trim());
    if client_id.is_empty() || !is_word(client_id) || !is_word(secret) {
        return Err(Say::new("sign-on-client-unfit"));
    }
    Ok(Given {
        name: name.to_owned(),
        issuer,
        client_id: client_id.to_owned(),
        secret: (!secret.is_empty()).then(|| secret.to_owned()),
    })
}
