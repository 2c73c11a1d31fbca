//! Single sign-on: people come in by the word of an identity provider (OpenID Connect, code flow with PKCE). What that word is
//! worth for an account is decided in the store (`sign_on`); here the word is fetched and verified.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `reach`, `http` | which addresses the portal itself goes to; every request to a provider, within limits |
//! | `known` | what a provider says of itself and its keys, kept for a while |
//! | `flow` | sending a browser there, and what it brings back |
//! | `claims` | whom a verified ID token means |
//! | `manage` | setting providers up, for pages and API |
//!
//! The portal asks for no second factor of people whom a provider lets in, unless the provider's entry says so: who is asked
//! for one, when, and on which devices, is a rule that a company has in one place. Logging out ends the portal's session alone.

mod claims;
pub(crate) mod flow;
pub(crate) mod http;
mod known;
pub(crate) mod manage;
pub mod reach;

use anyhow::Context as _;
use axum::http::Uri;
use countersign_core::Id;
use countersign_store::IdentityProvider;

use self::http::Http;
use self::known::Known;
use self::reach::Reach;
use crate::app::App;

pub(crate) use self::claims::Person;

/// Seconds that a browser may take at the provider.
pub(crate) const ATTEMPT_SECONDS: u64 = 600;
/// The longest issuer, client id or secret that is taken, in characters.
pub(crate) const LONGEST: usize = 500;
/// The path that a provider sends browsers back to.
pub(crate) const CALLBACK: &str = "/login/sso/callback";

/// What the portal has at hand for it.
pub(crate) struct SignOns {
    http: Http,
    known: Known,
}

impl SignOns {
    pub(crate) fn new(reach: &[Reach]) -> Self {
        Self { http: Http::new(reach.to_vec()), known: Known::default() }
    }

    /// What is known of a provider is fetched anew the next time: its entry was changed.
    pub(crate) fn forget(&self, provider: Id) {
        self.known.forget(provider);
    }
}

/// Why somebody is not let in before it is asked who they are.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The browser did not begin it, took too long, or comes a second time.
    Gone,
    /// The provider is off or not there any more.
    NoProvider,
    /// The provider says that it does not let them in, in its own word.
    Declined(String),
    /// The provider cannot be reached, or has a fault.
    Down(String),
    /// What the provider says cannot be believed.
    NotBelieved(String),
    /// The portal could not.
    Failed(anyhow::Error),
}

impl From<countersign_store::StoreError> for Trouble {
    fn from(error: countersign_store::StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<anyhow::Error> for Trouble {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

/// Where providers send browsers back to: letter by letter what is registered with them.
pub(crate) fn redirect_uri(app: &App) -> String {
    format!("{}{CALLBACK}", app.base_url())
}

/// An issuer as it is kept: the provider's own spelling, without anything that an issuer cannot have.
pub(crate) fn issuer(app: &App, text: &str) -> Option<String> {
    let text = text.trim();
    let uri: Uri = text.parse().ok()?;
    let host = uri.authority()?;
    let is_plain = text.len() <= LONGEST
        && text
            .chars()
            .all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '\'' | '<' | '>' | '\\'))
        && uri.query().is_none()
        && !text.contains('#')
        && !host.as_str().contains('@')
        && !host.host().is_empty();
    let is_safe = uri.scheme_str() == Some("https") || app.sign_ons().http.takes_in_the_open(&uri);
    (is_plain && is_safe).then(|| text.to_owned())
}

/// An e-mail domain as it is kept.
pub(crate) fn domain(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('@').to_ascii_lowercase();
    let is_label = |label: &str| {
        let fits = (1..=63).contains(&label.len());
        let plain = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        fits && plain && !label.starts_with('-') && !label.ends_with('-')
    };
    let fits = text.len() <= 253 && text.contains('.') && text.split('.').all(is_label);
    let is_public = !text.ends_with(".invalid") && text.parse::<std::net::IpAddr>().is_err();
    (fits && is_public).then_some(text)
}

/// What is stored of a secret that was typed.
pub(crate) fn sealed(app: &App, provider: Id, secret: &str) -> anyhow::Result<String> {
    let entropy = app.config().entropy.as_ref();
    Ok(app.vault().seal_client_secret(provider, secret, entropy)?)
}

fn secret(app: &App, provider: &IdentityProvider) -> anyhow::Result<Option<String>> {
    let open = |sealed| app.vault().open_client_secret(provider.id, sealed);
    let secret = provider.client_secret.as_deref().map(open).transpose();
    secret.context("the client secret cannot be read; type it again on the provider's page")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_domain_is_one_and_nothing_that_matches_more() {
        assert_eq!(super::domain(" @Lab.Example "), Some("lab.example".into()));
        for wrong in [
            "",
            "lab",
            "lab..example",
            "%.example",
            "a_b.example",
            "*.example",
            "10.0.0.1",
            "lab.example.",
            "-a.example",
            "lab example.org",
            "x@lab.example",
            "pläne.example",
            "x.invalid",
        ] {
            assert_eq!(super::domain(wrong), None, "{wrong}");
        }
    }
}
