//! The key of a page that signs by itself: whoever opens the page has it. So what it can do must be little, and end.

use countersign_core::delegation::{Products, ScopeType};
use countersign_core::trust::Roots;
use countersign_core::{SigningKey, UnixSeconds, file};

use super::config::{Config, Jwk, Signer};
use super::findings::Findings;

const DAY: u64 = 86_400;
/// Longer trials than this are not what strangers should be able to make.
const LONG_DAYS: u64 = 30;
const LONG_LIFE: u64 = 365 * DAY;
/// A delegation that ends sooner than this needs a new one soon.
const SOON: u64 = 30 * DAY;

impl Jwk {
    pub(crate) fn of(key: &SigningKey) -> Self {
        let hash = countersign_core::Hash::from(*key.seed());
        Self {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            x: key.public_key().to_string(),
            d: hash.to_string(),
        }
    }

    /// The key, if the members fit together.
    fn key(&self) -> Option<SigningKey> {
        let seed: countersign_core::Hash = self.d.parse().ok()?;
        let key = SigningKey::from_seed(seed.as_bytes());
        let fits =
            self.kty == "OKP" && self.crv == "Ed25519" && key.public_key().to_string() == self.x;
        fits.then_some(key)
    }
}

/// Looks at the key, its delegation, and what the settings want to give with it.
pub(crate) fn look(config: &Config, signer: &Signer, now: UnixSeconds, found: &mut Findings) {
    let Ok(roots) = config.root_keys() else { return };
    let Some(key) = signer.key.key() else {
        return found.problem(
            "key",
            "\"signer\": \"key\" is no private Ed25519 key, or its x is not that of its d",
        );
    };
    if roots.contains(&key.public_key()) {
        return found.problem(
            "key",
            "this is a ROOT key: whoever opens the page could sign anything in your name, for ever. Take it out at once; if \
             the page was public, make a new root. A page gets a key of its own (countersign keys new) and a delegation \
             (countersign keys delegate --types trial)",
        );
    }
    let delegation = match Roots::new(roots).verify_delegation(signer.delegation.trim()) {
        Ok(delegation) => delegation,
        Err(error) => return found.problem("delegation", format!("it does not verify: {error}")),
    };
    if delegation.key != key.public_key() {
        return found.problem("delegation", "it is for another key than \"key\"");
    }
    found.ok("key", format!("delegated to {:?}", delegation.holder));
    let scope = &delegation.scope;
    if !scope.types.contains(&ScopeType::Trial) {
        found.problem("scope", "the key may not sign trials");
    } else if !delegation.is_trial_only() {
        let types: Vec<&str> = scope.types.iter().map(|kind| kind.as_str()).collect();
        found.warning(
            "scope",
            format!(
                "the key may sign {}: everybody who opens the page can do that. Delegate trial alone; apps hold a machine to one \
                 trial only where a key can give nothing else",
                types.join(", ")
            ),
        );
    }
    if scope.max_grants.is_some() {
        found.problem(
            "scope",
            "the delegation has a number of grants, and a page cannot count them",
        );
    }
    match scope.max_days {
        Some(days) if days <= LONG_DAYS => {}
        days => found.warning(
            "scope",
            format!(
                "the key may give {}: everybody who opens the page can take that. Delegate {LONG_DAYS} days at most (--max-days)",
                days.map_or("grants without an end".to_owned(), |days| format!("{days} days"))
            ),
        ),
    }
    if scope.products == Products::All {
        found.warning(
            "scope",
            "the key may give trials of every product: name the page's own (--products)",
        );
    }
    for product in &config.products {
        let allowed = match &scope.products {
            Products::All => true,
            Products::Some(ids) => ids.iter().any(|id| id.as_str() == product.id),
        };
        if !allowed {
            found.problem("scope", format!("the key may not give trials of {}", product.id));
        }
        let days = product.trial.as_ref().and_then(|trial| trial.days).unwrap_or(0);
        if scope.max_days.is_some_and(|most| days > most) {
            let most = scope.max_days.unwrap_or(0);
            found.problem(
                "scope",
                format!("a trial of {} has {days} days, and the key may give {most}", product.id),
            );
        }
    }
    life(delegation.not_before, delegation.not_after, now, found);
}

fn life(from: UnixSeconds, until: UnixSeconds, now: UnixSeconds, found: &mut Findings) {
    let end = file::date(until);
    if until <= now {
        found.problem(
            "time",
            format!("the delegation ended on {end} UTC: make a new one and put it into the page"),
        );
    } else if from > now {
        found.problem("time", format!("the delegation begins on {} UTC", file::date(from)));
    } else if until - now < SOON {
        found.warning("time", format!("the delegation ends on {end} UTC: make a new one soon"));
    } else if until - now > LONG_LIFE {
        found.warning(
            "time",
            format!(
                "the delegation runs until {end} UTC: a copied key works as long. A year is plenty"
            ),
        );
    } else {
        found.ok("time", format!("the delegation runs until {end} UTC"));
    }
}
