//! Lists of trials, in bounded pages: the newest first, those that run by their end, or machines by the beginning of their name.

use crate::engine::Connection;
use countersign_core::{Id, ProductId, Thumbprint, UnixSeconds};

use crate::Store;
use crate::error::Result;
use crate::license_term::range;
use crate::page::{self, Cursor, Key, Page};
use crate::row::{Columns, seconds};
use crate::trial::{self, Trial};

// The limits are literals, as in `license_list`.
const ALL_BY_CREATION: &str = "SELECT id, created_at FROM trial WHERE (created_at, id) < (?1, ?2) \
    ORDER BY created_at DESC, id DESC LIMIT 101";
const OF_PRODUCT_BY_CREATION: &str = "SELECT id, created_at FROM trial WHERE product_id = ?3 \
    AND (created_at, id) < (?1, ?2) ORDER BY created_at DESC, id DESC LIMIT 101";
const EXTENDED_BY_CREATION: &str = "SELECT id, created_at FROM trial WHERE extensions > 0 \
    AND (created_at, id) < (?1, ?2) ORDER BY created_at DESC, id DESC LIMIT 101";
const EXTENDED_OF_PRODUCT_BY_CREATION: &str = "SELECT id, created_at FROM trial WHERE extensions > 0 AND product_id = ?3 \
    AND (created_at, id) < (?1, ?2) ORDER BY created_at DESC, id DESC LIMIT 101";
const RUNNING_BY_END: &str = "SELECT id, expires_at FROM trial WHERE (expires_at, id) > (?1, ?2) \
    ORDER BY expires_at, id LIMIT 101";
const RUNNING_OF_PRODUCT_BY_END: &str = "SELECT id, expires_at FROM trial WHERE product_id = ?3 \
    AND (expires_at, id) > (?1, ?2) ORDER BY expires_at, id LIMIT 101";
const ENDED_BY_END: &str = "SELECT id, expires_at FROM trial WHERE (expires_at, id) < (?1, ?2) \
    ORDER BY expires_at DESC, id DESC LIMIT 101";
const ENDED_OF_PRODUCT_BY_END: &str = "SELECT id, expires_at FROM trial WHERE product_id = ?3 \
    AND (expires_at, id) < (?1, ?2) ORDER BY expires_at DESC, id DESC LIMIT 101";
const BY_NAME: &str = "SELECT id, device_name_folded FROM trial WHERE (device_name_folded, id) > (?1, ?2) \
    AND device_name_folded < ?3 AND (product_id = ?4 OR ?4 IS NULL) ORDER BY device_name_folded, id LIMIT 101";
const OF_KEY: &str =
    "SELECT id FROM trial WHERE device_key = ?1 ORDER BY created_at DESC, id DESC LIMIT 100";
const OF_REQUEST: &str = "SELECT trial_id FROM trial_request WHERE request_id = ?1 LIMIT 100";

/// Which trials to list.
#[derive(Debug, Clone, Default)]
pub struct TrialQuery {
    /// Of one product.
    pub product: Option<ProductId>,
    /// Those in this state.
    pub state: Option<TrialState>,
    /// The beginning of a machine's name, or the id of a trial or a request, or a device key. What is found so is in any state,
    /// and what is found by name is in the order of names.
    pub search: Option<String>,
    /// After which place.
    pub after: Option<Cursor>,
    /// Trials of a page, 1 to 100.
    pub most: usize,
    /// The time: by it trials run or have ended.
    pub now: UnixSeconds,
}

/// The state of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialState {
    /// It runs; what ends next is first.
    Running,
    /// It has ended; what ended last is first.
    Ended,
    /// Its end was moved.
    Extended,
}

impl TrialState {
    /// In addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Ended => "ended",
            Self::Extended => "extended",
        }
    }

    /// The reverse.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Running, Self::Ended, Self::Extended].into_iter().find(|s| s.as_str() == name)
    }
}

impl Store {
    /// One page of trials.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trial_page(&self, query: &TrialQuery) -> Result<Page<Trial>> {
        self.read(|c| {
            let search = query.search.as_deref().map(str::trim).unwrap_or_default();
            if search.is_empty() {
                return listed(c, query);
            }
            let exact = exactly(c, search)?;
            if exact.is_empty() { by_name(c, query, search) } else { shown(c, exact, None) }
        })
    }
}

/// What has this id or key.
fn exactly(c: &Connection, text: &str) -> Result<Vec<String>> {
    let id = |row: &mut Columns<'_>| row.text();
    if let Ok(key) = text.parse::<Thumbprint>() {
        return crate::first(c, OF_KEY, [key.to_string()], page::MOST, id);
    }
    let Ok(named) = text.parse::<Id>() else { return Ok(Vec::new()) };
    let named = named.to_string();
    match trial::find_trial(c, &named)? {
        Some(_) => Ok(vec![named]),
        None => crate::first(c, OF_REQUEST, [named], page::MOST, id),
    }
}

fn by_name(c: &Connection, query: &TrialQuery, search: &str) -> Result<Page<Trial>> {
    let (from, below) = range(&search.to_lowercase());
    let after = query.after.as_ref().and_then(|a| Some((a.text()?.to_owned(), a.id.clone())));
    let place = after.filter(|(name, _)| *name >= from).unwrap_or((from, String::new()));
    let product = query.product.as_ref().map(|product| product.as_str());
    let most = page::wanted(query.most);
    let values = (place.0, place.1, below, product);
    let named = |row: &mut Columns<'_>| Ok(Cursor { id: row.text()?, key: Key::Text(row.text()?) });
    let (ids, next) = page::cut(crate::first(c, BY_NAME, values, most + 1, named)?, most);
    shown(c, ids, next)
}

fn listed(c: &Connection, query: &TrialQuery) -> Result<Page<Trial>> {
    let after = query.after.as_ref().and_then(|a| Some((a.number()?, a.id.clone())));
    // After everything of this second, or before everything of the next one.
    let now = (seconds(query.now), char::MAX.to_string());
    let newest = (i64::MAX, char::MAX.to_string());
    let (sql, of_product, place) = match query.state {
        None => (ALL_BY_CREATION, OF_PRODUCT_BY_CREATION, after.unwrap_or(newest)),
        Some(TrialState::Extended) => {
            (EXTENDED_BY_CREATION, EXTENDED_OF_PRODUCT_BY_CREATION, after.unwrap_or(newest))
        }
        Some(TrialState::Running) => {
            let place = after.filter(|place| *place > now).unwrap_or(now);
            (RUNNING_BY_END, RUNNING_OF_PRODUCT_BY_END, place)
        }
        Some(TrialState::Ended) => {
            let place = after.filter(|place| *place < now).unwrap_or(now);
            (ENDED_BY_END, ENDED_OF_PRODUCT_BY_END, place)
        }
    };
    let most = page::wanted(query.most);
    let map = |row: &mut Columns<'_>| Ok(Cursor { id: row.text()?, key: Key::Number(row.take()?) });
    let places = match &query.product {
        Some(product) => {
            crate::first(c, of_product, (place.0, place.1, product.as_str()), most + 1, map)?
        }
        None => crate::first(c, sql, place, most + 1, map)?,
    };
    let (ids, next) = page::cut(places, most);
    shown(c, ids, next)
}

fn shown(c: &Connection, ids: Vec<String>, next: Option<Cursor>) -> Result<Page<Trial>> {
    let found = ids.iter().map(|id| trial::find_trial(c, id));
    let items = found.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
    Ok(Page { items, next })
}
