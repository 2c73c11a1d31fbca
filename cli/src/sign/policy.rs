//! What is granted: by the options, or by a policy file for each product and license.

mod text;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use countersign_core::fingerprint::Strategy;
use countersign_core::license_key::LicenseKey;
use countersign_core::response::Entitlement;
use countersign_core::{LicenseId, ProductId, UnixSeconds};

use self::text::TermsText;
use super::args;
use crate::files;

const DAY: u64 = 86_400;
/// A policy is written by people.
const LARGEST: u64 = 4 << 20;

/// Everything that decides what a request gets.
#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) vendor: String,
    pub(crate) keys: Keys,
    /// By product; `None` is for every product that is not named.
    terms: BTreeMap<Option<ProductId>, Terms>,
    /// What a license has instead of its product's.
    licenses: HashMap<LicenseId, TermsText>,
}

/// The license keys that are known here.
#[derive(Debug, Default)]
pub(crate) struct Keys(HashMap<LicenseId, LicenseKey>);

impl Keys {
    pub(crate) fn get(&self, id: &LicenseId) -> Option<&LicenseKey> {
        self.0.get(id)
    }

    /// The only one there is.
    pub(crate) fn single(&self) -> Option<&LicenseKey> {
        self.0.values().next().filter(|_| self.0.len() == 1)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn add(&mut self, key: LicenseKey) {
        self.0.insert(key.id(), key);
    }
}

/// What a grant says.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    length: Option<Length>,
    pub(crate) import_days: u64,
    pub(crate) strategy: Strategy,
    pub(crate) features: BTreeMap<String, Entitlement>,
    pub(crate) plan: Option<String>,
    pub(crate) holder: Option<String>,
    types: Option<Vec<String>>,
}

#[derive(Debug, Clone, Copy)]
enum Length {
    Days(u64),
    Until(UnixSeconds),
    Perpetual,
}

/// What there is in a policy.
pub(crate) struct Found {
    pub(crate) products: usize,
    pub(crate) licenses: usize,
}

/// Reads the text of a policy, as signing by it would.
pub(crate) fn found(text: &str) -> anyhow::Result<Found> {
    let policy = Policy::of_text(text)?;
    Ok(Found { products: policy.terms.len(), licenses: policy.licenses.len() })
}

impl Policy {
    /// As the options say.
    pub(crate) fn read(options: &args::Terms) -> anyhow::Result<Self> {
        let mut policy = match &options.policy {
            Some(path) => Self::of_file(path)
                .with_context(|| format!("the policy {}: nothing was signed", path.display()))?,
            None => Self {
                vendor: "vendor".to_owned(),
                keys: Keys::default(),
                terms: [(None, of_options(options)?)].into(),
                licenses: HashMap::new(),
            },
        };
        if let Some(vendor) = &options.vendor {
            policy.vendor.clone_from(vendor);
        }
        for key in &options.license_key {
            policy.keys.add(files::read_license_key(key)?);
        }
        if let Some(path) = &options.license_keys {
            add_keys(&mut policy.keys, path)?;
        }
        Ok(policy)
    }

    fn of_file(path: &Path) -> anyhow::Result<Self> {
        let size = fs::metadata(path)?.len();
        ensure!(size <= LARGEST, "it has {size} bytes, more than a policy may have");
        Self::of_text(&fs::read_to_string(path)?)
    }

    fn of_text(text: &str) -> anyhow::Result<Self> {
        let file = text::parse(text)?;
        let mut terms = BTreeMap::new();
        for (name, written) in file.products {
            let product = match name.as_str() {
                "*" => None,
                _ => Some(name.parse().with_context(|| format!("[products.{name:?}]"))?),
            };
            let read = written.terms().with_context(|| format!("[products.{name:?}]"))?;
            terms.insert(product, read);
        }
        ensure!(
            !terms.is_empty(),
            "it names no product: write [products.\"ID\"] or [products.\"*\"]"
        );
        let (mut keys, mut licenses) = (Keys::default(), HashMap::new());
        for (license, number) in file.licenses.into_iter().zip(1..) {
            let named = || format!("license {number}");
            let key: LicenseKey = license.key.parse().with_context(named)?;
            license.terms.terms().with_context(named)?;
            if licenses.insert(key.id(), license.terms).is_some() {
                bail!("license {number} is there twice");
            }
            keys.add(key);
        }
        let vendor = file.vendor.unwrap_or_else(|| "vendor".to_owned());
        Ok(Self { vendor, keys, terms, licenses })
    }

    /// What is granted for a product, under a license; `None` where the policy does not name the product.
    pub(crate) fn terms(&self, product: &ProductId, license: Option<&LicenseId>) -> Option<Terms> {
        let terms =
            self.terms.get(&Some(product.clone())).or_else(|| self.terms.get(&None))?.clone();
        match license.and_then(|id| self.licenses.get(id)) {
            // It was read when the policy was.
            Some(own) => own.over(terms).ok(),
            None => Some(terms),
        }
    }
}

impl Terms {
    /// Whether requests of this kind (`activation`, `trial`, `deactivation`) are answered.
    pub(crate) fn answers(&self, kind: &str) -> bool {
        self.types.as_ref().is_none_or(|types| types.iter().any(|named| named == kind))
    }

    /// When a grant of `now` ends; `None` is perpetual.
    pub(crate) fn end(&self, now: UnixSeconds) -> anyhow::Result<Option<UnixSeconds>> {
        let end = match self.length {
            Some(Length::Days(days)) => Some(now + days * DAY),
            Some(Length::Until(end)) => Some(end),
            Some(Length::Perpetual) => None,
            None => bail!(
                "how long may it run? Nothing was signed. Give --days N, --until YYYY-MM-DD or --perpetual"
            ),
        };
        ensure!(
            end.is_none_or(|end| end > now),
            "the grant would be over already: nothing was signed"
        );
        Ok(end)
    }
}

fn of_options(options: &args::Terms) -> anyhow::Result<Terms> {
    let length = match (options.days, &options.until, options.perpetual) {
        (Some(days), ..) => Some(Length::Days(days)),
        (None, Some(day), _) => Some(Length::Until(files::end_of_day("--until", day)?)),
        (None, None, true) => Some(Length::Perpetual),
        _ => None,
    };
    Ok(Terms {
        length,
        import_days: options.import_days.unwrap_or(30),
        strategy: options.strategy.as_deref().unwrap_or("fuzzy").parse().context("--strategy")?,
        features: options
            .features
            .iter()
            .map(|text| feature(text))
            .collect::<anyhow::Result<_>>()?,
        plan: options.plan.clone(),
        holder: options.holder.clone(),
        types: None,
    })
}

/// `cad`, `parts=500`, `edition=pro`.
fn feature(text: &str) -> anyhow::Result<(String, Entitlement)> {
    let (name, value) = text.split_once('=').unwrap_or((text, "true"));
    ensure!(!name.is_empty(), "--feature {text}: it has no name");
    Ok((name.to_owned(), Entitlement::from_text(value)))
}

/// One key a line; empty lines and what stands after # do not count.
fn add_keys(keys: &mut Keys, path: &Path) -> anyhow::Result<()> {
    let text =
        fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    for (line, number) in text.lines().zip(1..) {
        let line = line.split('#').next().unwrap_or_default().trim();
        if !line.is_empty() {
            let key = line.parse().with_context(|| {
                format!("{}, line {number}: nothing was signed", path.display())
            })?;
            keys.add(key);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        vendor = "Acme Software"
        [products.acme-cad]
        days = 30
        features = { cad = true, parts = 500, edition = "pro" }
        plan = "Pro"
        answers = ["trial", "activation"]
        [products."*"]
        until = 2099-12-31
        strategy = "exact"
        import_days = 14
        [[licenses]]
        key = "8KRT7-00000-00000-00000-0000P"
        holder = "Jane's lab"
        perpetual = true
    "#;

    fn wrong(text: &str) -> String {
        format!("{:#}", Policy::of_text(text).unwrap_err())
    }

    #[test]
    fn a_product_has_its_own_terms_and_others_the_common_ones() {
        let policy = Policy::of_text(TEXT).unwrap();
        assert_eq!(policy.vendor, "Acme Software");
        let cad = policy.terms(&"acme-cad".parse().unwrap(), None).unwrap();
        assert_eq!((cad.end(1000).unwrap(), cad.import_days), (Some(1000 + 30 * DAY), 30));
        assert_eq!(cad.features["parts"], Entitlement::Integer(500));
        assert!(cad.answers("trial") && !cad.answers("deactivation"));
        let other = policy.terms(&"other".parse().unwrap(), None).unwrap();
        assert_eq!(other.end(1000).unwrap(), Some(4_102_444_800));
        assert_eq!((other.strategy, other.import_days), (Strategy::Exact, 14));
        assert!(other.end(4_102_444_800).is_err(), "it would be over already");
    }

    #[test]
    fn a_license_says_what_is_different_for_it() {
        let policy = Policy::of_text(TEXT).unwrap();
        let id = policy.keys.single().unwrap().id();
        let own = policy.terms(&"acme-cad".parse().unwrap(), Some(&id)).unwrap();
        assert_eq!((own.end(1000).unwrap(), own.holder.as_deref()), (None, Some("Jane's lab")));
        assert_eq!((own.plan.as_deref(), own.features.len()), (Some("Pro"), 3));
    }

    #[test]
    fn what_a_policy_cannot_say_is_refused_with_its_place() {
        assert!(wrong("").contains("names no product"));
        assert!(wrong("[products.a]\ndays = 1\nseats = 3").contains("seats"));
        assert!(wrong("nonsense = 1\n[products.a]\ndays = 1").contains("line 1"));
        assert!(wrong("[products.a]\ndays = ").contains("line 2"));
        assert!(wrong("[products.a]\ndays = 1\nperpetual = true").contains("exclude one another"));
        assert!(wrong("[products.a]\ndays = 0").contains("from 1 to 36525"));
        assert!(wrong("[products.a]\ndays = 99999999999").contains("from 1 to 36525"));
        assert!(wrong("[products.a]\nfeatures = { x = false }").contains("feature x"));
        assert!(wrong("[products.a]\nanswers = [\"release\"]").contains("release"));
        assert!(wrong("[products.\"A b\"]\ndays = 1").contains("A b"));
        assert!(wrong("[products.a]\n[[licenses]]\nkey = \"x\"").contains("license 1"));
    }

    #[test]
    fn a_product_that_is_not_named_gets_nothing() {
        let policy = Policy::of_text("[products.a]\ndays = 1").unwrap();
        assert!(policy.terms(&"b".parse().unwrap(), None).is_none());
    }
}
