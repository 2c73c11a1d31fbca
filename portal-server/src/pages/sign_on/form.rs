//! What is typed about a provider.

use countersign_store::{FactorAskedBy, IdentityProvider, Passwords, ProviderStatus, Provisioning};
use serde::Deserialize;

use crate::sso::manage::{Rules, Typed};

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

impl NewForm {
    pub(super) fn typed(&self) -> Typed<'_> {
        let Self { name, issuer, client_id, client_secret, .. } = self;
        Typed { name, issuer, client_id, client_secret }
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

    pub(super) fn typed(&self) -> Typed<'_> {
        let Self { name, issuer, client_id, client_secret, .. } = self;
        Typed { name, issuer, client_id, client_secret }
    }

    pub(super) fn rules(&self) -> Rules {
        Rules {
            members: self.members(),
            only: self.only(),
            portal_factor: self.portal_factor(),
            active: self.active(),
        }
    }
}
