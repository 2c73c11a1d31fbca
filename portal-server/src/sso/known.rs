//! What providers say of themselves, and their keys: fetched when it is needed and kept for a while, in each process. A token
//! that names an unknown key has the keys fetched again, but not as often as somebody likes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use countersign_core::{Id, UnixSeconds};
use countersign_store::IdentityProvider;
use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType,
    CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
    CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::{AdditionalProviderMetadata, DiscoveryError, IssuerUrl, ProviderMetadata};
use serde::{Deserialize, Serialize};

use super::Trouble;
use super::http::{Http, NotFetched};

/// How long it is kept.
const FRESH_SECONDS: u64 = 3600;
/// The shortest time between two fetches because of an unknown key.
const AGAIN_SECONDS: u64 = 60;
/// How long a fetch that failed stands for the next ones: a provider that is down does not make everybody wait for it.
const FAILED_SECONDS: u64 = 5;

/// What the library does not read by itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Announced {
    /// That the provider names itself in what browsers bring back (RFC 9207).
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Announced {}

/// A provider as it describes itself, with its keys.
pub(super) type Metadata = ProviderMetadata<
    Announced,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// How fresh it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// As it is at hand.
    AtHand,
    /// Fetched again, because of a key that is not in it, unless that was done a moment ago.
    Newer,
}

#[derive(Default)]
pub(crate) struct Known {
    providers: Mutex<HashMap<Id, Arc<tokio::sync::Mutex<Slot>>>>,
}

#[derive(Default)]
struct Slot {
    metadata: Option<(String, UnixSeconds, Arc<Metadata>)>,
    failed: Option<(String, UnixSeconds, String)>,
}

impl Known {
    /// What the provider says of itself. Many who ask at once cause one fetch.
    pub(super) async fn get(
        &self,
        http: &Http,
        provider: &IdentityProvider,
        wanted: Wanted,
        now: UnixSeconds,
    ) -> Result<Arc<Metadata>, Trouble> {
        let slot = self.slot(provider.id);
        let mut slot = slot.lock().await;
        let kept = slot.metadata.clone().filter(|(issuer, ..)| *issuer == provider.issuer);
        let enough = if wanted == Wanted::Newer { AGAIN_SECONDS } else { FRESH_SECONDS };
        if let Some((_, at, metadata)) = kept
            && now.abs_diff(at) < enough
        {
            return Ok(metadata);
        }
        if let Some((issuer, at, why)) = &slot.failed
            && *issuer == provider.issuer
            && now.abs_diff(*at) < FAILED_SECONDS
        {
            return Err(Trouble::Down(why.clone()));
        }
        match fetch(http, &provider.issuer).await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                slot.metadata = Some((provider.issuer.clone(), now, Arc::clone(&metadata)));
                slot.failed = None;
                Ok(metadata)
            }
            Err(Trouble::Down(why)) => {
                slot.failed = Some((provider.issuer.clone(), now, why.clone()));
                Err(Trouble::Down(why))
            }
            Err(other) => Err(other),
        }
    }

    /// What is at hand is forgotten: who changed a provider, or tries it out, wants to see what there is now.
    pub(super) fn forget(&self, provider: Id) {
        self.providers.lock().unwrap_or_else(PoisonError::into_inner).remove(&provider);
    }

    fn slot(&self, provider: Id) -> Arc<tokio::sync::Mutex<Slot>> {
        let mut all = self.providers.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(provider).or_default())
    }
}

async fn fetch(http: &Http, issuer: &str) -> Result<Metadata, Trouble> {
    let issuer = IssuerUrl::new(issuer.to_owned());
    let issuer = issuer.map_err(|error| Trouble::NotBelieved(error.to_string()))?;
    let metadata = Metadata::discover_async(issuer, http).await.map_err(of_discovery)?;
    // Browsers are sent there: it must be somewhere that the portal would go to.
    let uri = metadata.authorization_endpoint().as_str();
    let is_safe =
        uri.starts_with("https://") || uri.parse().is_ok_and(|uri| http.takes_in_the_open(&uri));
    if !is_safe {
        return Err(Trouble::NotBelieved(format!("its login page {uri} is not HTTPS")));
    }
    Ok(metadata)
}

fn of_discovery(error: DiscoveryError<NotFetched>) -> Trouble {
    match error {
        DiscoveryError::Request(error) => Trouble::Down(error.to_string()),
        DiscoveryError::Response(status, _, said) if status.is_server_error() => {
            Trouble::Down(said)
        }
        DiscoveryError::Parse(error) => {
            Trouble::NotBelieved(format!("its description cannot be read: {error}"))
        }
        other => Trouble::NotBelieved(other.to_string()),
    }
}
