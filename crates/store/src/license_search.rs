//! Searching licenses by what a person has at hand: a word of the holder or plan, a product, a key or its end, the whole key that
//! it had in another system, an id, the beginning of a machine's name. Every source is read through an index and up to a bound.

use std::collections::BTreeSet;

use crate::engine::Connection;
use countersign_core::license_key::LicenseKey;
use countersign_core::{Id, LicenseId};

use crate::access::Scope;
use crate::error::Result;
use crate::license::License;
use crate::license_term::{self, Found, range};
use crate::product::Product;
use crate::{find, import, license_list, list, product};

/// Hits of one source; statements ask for one more.
const MOST_HITS: usize = 1000;
/// Of a source that has more, as many are looked at: the hits are to be narrowed down anyway.
const SOME: usize = 25;
/// Licenses of one user, or of a reseller's customers, that are looked through.
const MOST_OWN: usize = 10_000;
const MOST_WORDS: usize = 5;
const LONGEST: usize = 200;

const WITH_FORMER_KEY: &str = "SELECT id FROM imported WHERE former_key_hash = ?1 LIMIT 26";
const OF_PRODUCT: &str = "SELECT id FROM license WHERE product_id = ?1 LIMIT 1001";
const OF_PRODUCT_IN: &str =
    "SELECT id FROM license WHERE organization_id = ?1 AND product_id = ?2 LIMIT 1001";
const WITH_MACHINE: &str = "SELECT license_id FROM activation \
    WHERE device_name_folded >= ?1 AND device_name_folded < ?2 LIMIT 1001";
const MANY_WITH_MACHINE: &str = "SELECT 1 FROM activation \
    WHERE device_name_folded >= ?1 AND device_name_folded < ?2 LIMIT 1 OFFSET 1000";
const MANY_LICENSES_IN: &str =
    "SELECT 1 FROM license WHERE organization_id = ?1 LIMIT 1 OFFSET 1000";
// From the machines to the licenses: the order of a CROSS JOIN is kept.
const WITH_MACHINE_TO: &str = "SELECT l.id FROM (SELECT license_id FROM activation \
    WHERE device_name_folded >= ?2 AND device_name_folded < ?3 LIMIT 1001) own \
    CROSS JOIN license l WHERE l.id = own.license_id AND l.organization_id = ?1";
const WITH_MACHINE_IN: &str = "SELECT own.id FROM (SELECT x.id FROM license x WHERE x.organization_id = ?1 LIMIT 1000) own WHERE (EXISTS (SELECT 1 FROM activation a WHERE a.license_id = own.id AND a.state IN ('active', 'returned') \
    AND a.device_name_folded >= ?2 AND a.device_name_folded < ?3) \
    OR EXISTS (SELECT 1 FROM activation a WHERE a.license_id = own.id \
    AND a.state IN ('deactivated', 'replaced', 'released') \
    AND a.device_name_folded >= ?2 AND a.device_name_folded < ?3)) LIMIT 1001";
const OWN: &str = "SELECT own.id FROM (SELECT x.id FROM license x WHERE x.owner_user_id = ?1 \
    AND COALESCE(x.organization_id, ?2) = ?2 \
    UNION SELECT x.id FROM group_member m CROSS JOIN user_group g CROSS JOIN group_license gl CROSS JOIN license x \
    WHERE m.user_id = ?1 AND g.id = m.group_id AND g.organization_id = ?2 AND g.deleted_at IS NULL \
    AND gl.group_id = g.id AND gl.unlinked_at IS NULL AND x.id = gl.license_id AND x.organization_id = ?2) own LIMIT 10001";
const OWN_WITH_MACHINE: &str = "SELECT own.id FROM (SELECT x.id FROM license x WHERE x.owner_user_id = ?1 \
    AND COALESCE(x.organization_id, ?2) = ?2 \
    UNION SELECT x.id FROM group_member m CROSS JOIN user_group g CROSS JOIN group_license gl CROSS JOIN license x \
    WHERE m.user_id = ?1 AND g.id = m.group_id AND g.organization_id = ?2 AND g.deleted_at IS NULL \
    AND gl.group_id = g.id AND gl.unlinked_at IS NULL AND x.id = gl.license_id AND x.organization_id = ?2) own \
    WHERE (EXISTS (SELECT 1 FROM activation a WHERE a.license_id = own.id AND a.state IN ('active', 'returned') \
    AND a.device_name_folded >= ?3 AND a.device_name_folded < ?4) \
    OR EXISTS (SELECT 1 FROM activation a WHERE a.license_id = own.id \
    AND a.state IN ('deactivated', 'replaced', 'released') \
    AND a.device_name_folded >= ?3 AND a.device_name_folded < ?4)) LIMIT 1001";

const OWN_OF_RESELLER: &str = "SELECT own.id FROM (SELECT x.id FROM license x WHERE x.organization_id = ?1 \
    UNION SELECT x.id FROM organization o CROSS JOIN license x WHERE o.reseller_id = ?1 AND x.organization_id = o.id \
    UNION SELECT x.id FROM app_user u CROSS JOIN license x \
    WHERE u.reseller_id = ?1 AND x.owner_user_id = u.id AND x.organization_id IS NULL) own LIMIT 10001";
const OWN_OF_RESELLER_WITH_MACHINE: &str = "SELECT own.id FROM (SELECT x.id FROM license x WHERE x.organization_id = ?1 \
    UNION SELECT x.id FROM organization o CROSS JOIN license x WHERE o.reseller_id = ?1 AND x.organization_id = o.id \
    UNION SELECT x.id FROM app_user u CROSS JOIN license x \
    WHERE u.reseller_id = ?1 AND x.owner_user_id = u.id AND x.organization_id IS NULL) own \
    WHERE (EXISTS (SELECT 1 FROM activation a WHERE a.license_id = own.id AND a.state IN ('active', 'returned') \
    AND a.device_name_folded >= ?2 AND a.device_name_folded < ?3) \
    OR EXISTS (SELECT 1 FROM activation a WHERE a.license_id = own.id \
    AND a.state IN ('deactivated', 'replaced', 'released') \
    AND a.device_name_folded >= ?2 AND a.device_name_folded < ?3)) LIMIT 1001";

/// What a search found.
pub(crate) struct Hits {
    pub(crate) licenses: Vec<License>,
    pub(crate) too_many: bool,
}

/// Licenses that may be hits, before they are looked at.
#[derive(Default)]
struct Candidates {
    /// Hits for sure.
    sure: BTreeSet<String>,
    /// To be compared word by word.
    likely: BTreeSet<String>,
    too_many: bool,
}

impl Candidates {
    fn likely(&mut self, ids: impl IntoIterator<Item = String>, most: usize) {
        let mut count = 0;
        self.likely.extend(ids.into_iter().inspect(|_| count += 1));
        self.too_many |= count > most;
    }
}

pub(crate) fn search(c: &Connection, scope: &Scope, text: &str) -> Result<Hits> {
    let former = import::former_key_hash(text).to_string();
    let text: String = text.chars().take(LONGEST).collect();
    let words: Vec<String> =
        license_term::words([text.as_str()]).into_iter().take(MOST_WORDS).collect();
    let products = product::list_products(c)?;
    let mut candidates = machines(c, scope, &text.to_lowercase())?;
    candidates.sure.extend(named(&text).map(|id| id.to_string()));
    let had_the_key = list(c, WITH_FORMER_KEY, [&former], |row| row.text())?;
    candidates.too_many |= had_the_key.len() > SOME;
    candidates.sure.extend(had_the_key.into_iter().take(SOME));
    let own = match scope {
        Scope::User { user, organization } => Some(own(c, *user, *organization)?),
        Scope::Reseller(id) => Some(own_of_reseller(c, *id)?),
        Scope::Vendor | Scope::Organization(_) => None,
    };
    match &own {
        Some(own) => candidates.likely(own.clone(), MOST_OWN),
        None => by_words(c, scope, &words, &products, &mut candidates)?,
    }
    let mut licenses = Vec::new();
    for id in candidates.sure.union(&candidates.likely) {
        let Some(license) = license_list::read(c, id)? else { continue };
        let sure = candidates.sure.contains(id);
        if is_in(&license, scope, own.as_ref()) && (sure || has_words(&license, &words, &products))
        {
            licenses.push(license);
        }
    }
    Ok(Hits { licenses, too_many: candidates.too_many })
}

/// The license of a whole key, or with this id.
fn named(text: &str) -> impl Iterator<Item = LicenseId> {
    let of_key = text.parse::<LicenseKey>().ok().map(|key| key.id());
    of_key.into_iter().chain(text.parse().ok())
}

fn own(c: &Connection, user: Id, organization: Option<Id>) -> Result<BTreeSet<String>> {
    let values = (user.to_string(), organization.map(|id| id.to_string()).unwrap_or_default());
    Ok(list(c, OWN, values, |row| row.text())?.into_iter().collect())
}

fn own_of_reseller(c: &Connection, reseller: Id) -> Result<BTreeSet<String>> {
    Ok(list(c, OWN_OF_RESELLER, [reseller.to_string()], |row| row.text())?.into_iter().collect())
}

fn machines(c: &Connection, scope: &Scope, name: &str) -> Result<Candidates> {
    let (from, below) = range(name);
    let ids: Vec<String> = match scope {
        Scope::Vendor => list(c, WITH_MACHINE, (from, below), |row| row.text())?,
        Scope::Organization(id) => return machines_in(c, &id.to_string(), &from, &below),
        Scope::Reseller(id) => {
            list(c, OWN_OF_RESELLER_WITH_MACHINE, (id.to_string(), from, below), |row| row.text())?
        }
        Scope::User { user, organization } => {
            let organization = organization.map(|id| id.to_string()).unwrap_or_default();
            let values = (user.to_string(), organization, from, below);
            list(c, OWN_WITH_MACHINE, values, |row| row.text())?
        }
    };
    Ok(sure(ids))
}

/// All of them, or some of more than can be looked at.
fn sure(ids: Vec<String>) -> Candidates {
    let too_many = ids.len() > MOST_HITS;
    let most = if too_many { 4 * SOME } else { MOST_HITS };
    let sure = ids.into_iter().take(most).collect();
    Candidates { sure, too_many, ..Candidates::default() }
}

/// Names that few machines of all have lead to the organization's; common ones are looked for from license to license.
fn machines_in(c: &Connection, of: &str, from: &str, below: &str) -> Result<Candidates> {
    if find(c, MANY_WITH_MACHINE, (from, below), |_| Ok(()))?.is_none() {
        return Ok(sure(list(c, WITH_MACHINE_TO, (of, from, below), |row| row.text())?));
    }
    let named = list(c, WITH_MACHINE_IN, (of, from, below), |row| row.text())?;
    if find(c, MANY_LICENSES_IN, [of], |_| Ok(()))?.is_none() {
        return Ok(sure(named));
    }
    let some = named.into_iter().take(4 * SOME).collect();
    Ok(Candidates { sure: some, too_many: true, ..Candidates::default() })
}

/// Every word has to be in a license: the word that the fewest have leads to all that have all.
fn by_words(
    c: &Connection,
    scope: &Scope,
    words: &[String],
    products: &[Product],
    candidates: &mut Candidates,
) -> Result<()> {
    let organization = match scope {
        Scope::Organization(id) => Some(*id),
        _ => None,
    };
    let mut fewest: Option<Vec<String>> = None;
    let mut some = Vec::new();
    for word in words {
        let (mut ids, mut is_cut) = match license_term::with_word(c, organization, word)? {
            Found::All(ids) => (ids, false),
            Found::Some(ids) => (ids, true),
        };
        for product in products.iter().filter(|p| begins(&product_words(p), word)) {
            let id = product.id.as_str();
            let of_product = match organization {
                Some(of) => list(c, OF_PRODUCT_IN, (of.to_string(), id), |row| row.text())?,
                None => list(c, OF_PRODUCT, [id], |row| row.text())?,
            };
            is_cut |= of_product.len() > MOST_HITS;
            ids.extend(of_product);
        }
        if is_cut {
            some.extend(ids.into_iter().take(SOME));
        } else if fewest.as_ref().is_none_or(|fewest| ids.len() < fewest.len()) {
            fewest = Some(ids);
        }
    }
    candidates.too_many |= fewest.is_none() && !some.is_empty();
    candidates.likely.extend(fewest.unwrap_or(some));
    Ok(())
}

fn is_in(license: &License, scope: &Scope, own: Option<&BTreeSet<String>>) -> bool {
    match scope {
        Scope::Vendor => true,
        Scope::Organization(id) => license.organization == Some(*id),
        Scope::Reseller(_) | Scope::User { .. } => {
            own.is_some_and(|own| own.contains(&license.id.to_string()))
        }
    }
}

/// Whether each word begins a word of the license or of its product.
fn has_words(license: &License, words: &[String], products: &[Product]) -> bool {
    let texts = [license.holder.as_deref(), license.plan.as_deref()];
    let end = license_term::key_end(&license.key);
    let mut known = license_term::words(texts.into_iter().flatten().chain([end]));
    known.extend(products.iter().filter(|p| p.id == license.product).flat_map(product_words));
    !words.is_empty() && words.iter().all(|word| begins(&known, word))
}

fn product_words(product: &Product) -> BTreeSet<String> {
    license_term::words([product.id.as_str(), product.name.as_str()])
}

fn begins(words: &BTreeSet<String>, prefix: &str) -> bool {
    words.range(prefix.to_owned()..).next().is_some_and(|word| word.starts_with(prefix))
}
