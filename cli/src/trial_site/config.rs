//! `config.json` of the trial page, read and written as strictly as the page reads it (static-trial-site/README.md).

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};
use countersign_core::ProductId;
use countersign_core::PublicKey;
use countersign_core::response::Entitlement;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) const MOST_DAYS: u64 = 3660;
const MOST_PRODUCTS: usize = 64;
const LONGEST_TEXT: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mode {
    Portal,
    Standalone,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) mode: Mode,
    pub(crate) vendor: String,
    pub(crate) products: Vec<Product>,
    pub(crate) roots: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) portal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) signer: Option<Signer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) logo: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) accent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) support: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) website: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Product {
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trial: Option<Trial>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trial {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) days: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) strategy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) import_days: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entitlements: Option<BTreeMap<String, Value>>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Signer {
    pub(crate) key: Jwk,
    pub(crate) delegation: String,
}

/// A private key as RFC 8037 writes it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Jwk {
    pub(crate) kty: String,
    pub(crate) crv: String,
    pub(crate) x: String,
    pub(crate) d: String,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer(..)")
    }
}

impl Config {
    /// Reads what the page reads, and refuses what it refuses.
    ///
    /// # Errors
    /// With what is wrong, and what to write instead.
    pub(crate) fn read(bytes: &[u8]) -> anyhow::Result<Self> {
        let json: Value = serde_json::from_slice(bytes).context("it is no JSON")?;
        for (old, instead) in [
            ("product", r#""products": [{ "id": "…", "name": "…" }]"#),
            ("product_name", r#""name" in the entry of "products""#),
        ] {
            ensure!(json.get(old).is_none(), "{old:?} is of an older form: write {instead}");
        }
        let config: Self = serde_json::from_slice(bytes)?;
        config.check()?;
        Ok(config)
    }

    /// As it is written to the file.
    pub(crate) fn text(&self) -> String {
        format!("{}\n", serde_json::to_string_pretty(self).expect("the settings are plain JSON"))
    }

    pub(crate) fn root_keys(&self) -> anyhow::Result<Vec<PublicKey>> {
        let key =
            |x: &String| x.parse().with_context(|| format!("\"roots\": {x:?} is no public key"));
        self.roots.iter().map(key).collect()
    }

    /// Everything that the page looks at, but the signer's key.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        text("vendor", &self.vendor)?;
        let count = self.products.len();
        ensure!((1..=MOST_PRODUCTS).contains(&count), "\"products\" are 1 to {MOST_PRODUCTS}");
        for (number, product) in self.products.iter().enumerate() {
            product.check(self.mode).with_context(|| format!("\"products\": {:?}", product.id))?;
            let twice = self.products[..number].iter().any(|other| other.id == product.id);
            ensure!(!twice, "\"products\": {:?} is there twice", product.id);
        }
        ensure!(!self.roots.is_empty(), "\"roots\" is empty: the page needs a root public key");
        self.root_keys()?;
        match (self.mode, &self.portal, &self.signer) {
            (Mode::Portal, None, _) => bail!("\"portal\" is missing: the portal's address"),
            (Mode::Portal, _, Some(_)) => {
                bail!(
                    "\"signer\" has no place in the mode \"portal\": take the key out of the file"
                )
            }
            (Mode::Standalone, _, None) => {
                bail!("\"signer\" is missing: the key and its delegation")
            }
            _ => {}
        }
        if let Some(portal) = &self.portal {
            address("portal", portal)?;
        }
        if let Some(website) = &self.website {
            address("website", website)?;
        }
        if let Some(logo) = &self.logo {
            logo_name(logo)?;
        }
        if let Some(accent) = &self.accent {
            let digits = accent.strip_prefix('#').unwrap_or_default();
            let hex = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
            ensure!(hex, "\"accent\" is written #rrggbb, e.g. #0b5fff, not {accent:?}");
        }
        if let Some(support) = &self.support {
            mail(support)?;
        }
        Ok(())
    }
}

impl Product {
    fn check(&self, mode: Mode) -> anyhow::Result<()> {
        let _: ProductId = self.id.parse().context("the id")?;
        if let Some(name) = &self.name {
            text("name", name)?;
        }
        let Some(trial) = &self.trial else {
            ensure!(mode == Mode::Portal, "\"trial\": {{\"days\": …}} is missing");
            return Ok(());
        };
        let days = |name: &str, days: Option<u64>| {
            let fits = days.is_none_or(|days| (1..=MOST_DAYS).contains(&days));
            ensure!(fits, "\"{name}\" is a whole number of days from 1 to {MOST_DAYS}");
            Ok(())
        };
        days("days", trial.days)?;
        days("import_days", trial.import_days)?;
        if mode == Mode::Portal {
            let own = trial.strategy.is_some()
                || trial.import_days.is_some()
                || trial.entitlements.is_some();
            ensure!(
                !own,
                "with a portal, a trial has \"days\" alone: the portal decides on the rest"
            );
            return Ok(());
        }
        ensure!(trial.days.is_some(), "\"trial\": \"days\" is missing");
        if let Some(strategy) = &trial.strategy {
            let known = ["exact", "fuzzy", "loose"].contains(&strategy.as_str());
            ensure!(known, "\"strategy\" is exact, fuzzy or loose");
        }
        for (name, value) in trial.entitlements.iter().flatten() {
            let fits = Entitlement::from_json(value).is_some();
            ensure!(fits, "the entitlement {name:?} is true, a whole number or a text");
        }
        Ok(())
    }
}

fn text(member: &str, value: &str) -> anyhow::Result<()> {
    let length = value.trim().chars().count();
    ensure!((1..=LONGEST_TEXT).contains(&length), "{member:?} has 1 to {LONGEST_TEXT} characters");
    Ok(())
}

/// An address under HTTPS, or on this machine itself, for trying things out.
pub(crate) fn address(member: &str, value: &str) -> anyhow::Result<()> {
    let host = value.strip_prefix("https://").or_else(|| own_machine(value));
    let host = host.unwrap_or_default().split('/').next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let fits =
        !host.is_empty() && host.chars().all(plain) && !value.contains([' ', '#', '?', '"', '<']);
    ensure!(fits, "{member:?} is an address under https://, not {value:?}");
    Ok(())
}

/// What stands behind `http://` of an address on this machine.
fn own_machine(value: &str) -> Option<&str> {
    let rest = value.strip_prefix("http://")?;
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    ["127.0.0.1", "localhost"].contains(&host).then_some(rest)
}

/// A file beside the page: no folder, no scheme.
pub(crate) fn logo_name(name: &str) -> anyhow::Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let known = ending.is_some_and(|e| ["png", "jpg", "jpeg", "webp", "svg"].contains(&e.as_str()));
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    let fits = name.len() <= 100 && begins && known && name.chars().all(plain);
    ensure!(
        fits,
        "the logo is the name of a file beside the page, of letters, digits, - and _, that ends in png, jpg, webp or svg; not {name:?}"
    );
    Ok(())
}

fn mail(value: &str) -> anyhow::Result<()> {
    let plain = |c: char| !c.is_whitespace() && !"@?&<>\"'`\\%".contains(c) && c.is_ascii();
    let fits = value.split_once('@').is_some_and(|(name, host)| {
        (1..=64).contains(&name.len())
            && name.chars().all(plain)
            && (1..=190).contains(&host.len())
            && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
    });
    ensure!(fits, "\"support\" is a mail address, not {value:?}");
    Ok(())
}
