//! Lists of activations: those of a license, and machines by the beginning of their name over the whole vendor.

use crate::engine::Connection;
use countersign_core::{Id, LicenseId};

use crate::Store;
use crate::activation::{self, Activation, ActivationState};
use crate::error::Result;
use crate::license_term::range;
use crate::page::{self, Cursor, Key, Page};
use crate::row::Columns;

// One statement for each partial index; "all" is both, merged. The limits are literals, as in `license_list`.
const LIVE_BY_CREATION: &str = "SELECT id, created_at FROM activation WHERE license_id = ?1 \
    AND state IN ('active', 'returned') AND (created_at, id) < (?2, ?3) AND (state = ?4 OR ?4 IS NULL) \
    ORDER BY created_at DESC, id DESC LIMIT 101";
const LIVE_BY_NAME: &str = "SELECT id, device_name_folded FROM activation WHERE license_id = ?1 \
    AND state IN ('active', 'returned') AND (device_name_folded, id) > (?2, ?3) AND device_name_folded < ?5 \
    AND (state = ?4 OR ?4 IS NULL) ORDER BY device_name_folded, id LIMIT 101";
const ENDED_BY_CREATION: &str = "SELECT id, created_at FROM activation WHERE license_id = ?1 \
    AND state IN ('deactivated', 'replaced', 'released') AND (created_at, id) < (?2, ?3) AND (state = ?4 OR ?4 IS NULL) \
    ORDER BY created_at DESC, id DESC LIMIT 101";
const ENDED_BY_NAME: &str = "SELECT id, device_name_folded FROM activation WHERE license_id = ?1 \
    AND state IN ('deactivated', 'replaced', 'released') AND (device_name_folded, id) > (?2, ?3) AND device_name_folded < ?5 \
    AND (state = ?4 OR ?4 IS NULL) ORDER BY device_name_folded, id LIMIT 101";
const MACHINES: &str = "SELECT id, device_name_folded FROM activation \
    WHERE (device_name_folded, id) > (?1, ?2) AND device_name_folded < ?3 ORDER BY device_name_folded, id LIMIT 101";

/// Which activations of a license to list.
#[derive(Debug, Clone)]
pub struct ActivationQuery {
    /// Of which license.
    pub license: LicenseId,
    /// The beginning of a machine's name, or the id of an activation. What is found by name is in the order of names.
    pub search: Option<String>,
    /// Which of them.
    pub states: ActivationStates,
    /// In which order.
    pub order: ActivationOrder,
    /// After which place.
    pub after: Option<Cursor>,
    /// Activations of a page, 1 to 100.
    pub most: usize,
}

/// Which activations, by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivationStates {
    /// All.
    All,
    /// Those that hold a seat.
    Live,
    /// Those that hold none any more.
    Ended,
    /// Those in one state.
    One(ActivationState),
}

/// The order of a list of activations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActivationOrder {
    /// The newest first.
    Created,
    /// By name; machines without one first.
    Name,
}

/// Machines over the whole vendor, by the beginning of their name.
#[derive(Debug, Clone)]
pub struct MachineQuery {
    /// The beginning of the name, or the id of an activation.
    pub search: String,
    /// After which place.
    pub after: Option<Cursor>,
    /// Machines of a page, 1 to 100.
    pub most: usize,
}

impl ActivationQuery {
    /// All activations of the license, the newest first: a page of 25.
    pub fn of(license: LicenseId) -> Self {
        Self {
            license,
            search: None,
            states: ActivationStates::All,
            order: ActivationOrder::Created,
            after: None,
            most: 25,
        }
    }

    fn search(&self) -> &str {
        self.search.as_deref().map(str::trim).unwrap_or_default()
    }

    /// A name is looked for in the order of names.
    fn order(&self) -> ActivationOrder {
        if self.search().is_empty() { self.order } else { ActivationOrder::Name }
    }
}

impl ActivationStates {
    fn holds(self, state: ActivationState) -> bool {
        match self {
            Self::All => true,
            Self::Live => state.holds_seat(),
            Self::Ended => !state.holds_seat(),
            Self::One(one) => one == state,
        }
    }

    fn one(self) -> Option<&'static str> {
        match self {
            Self::One(state) => Some(state.as_str()),
            _ => None,
        }
    }

    fn has_live(self) -> bool {
        !matches!(self, Self::Ended) && !matches!(self, Self::One(state) if !state.holds_seat())
    }

    fn has_ended(self) -> bool {
        !matches!(self, Self::Live) && !matches!(self, Self::One(state) if state.holds_seat())
    }
}

impl Store {
    /// One page of the activations of a license.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn activation_page(&self, query: &ActivationQuery) -> Result<Page<Activation>> {
        self.read(|c| {
            let of_license =
                |a: &Activation| a.license == query.license && query.states.holds(a.state);
            match with_id(c, query.search())?.filter(of_license) {
                Some(activation) => Ok(Page { items: vec![activation], next: None }),
                None => listed(c, query),
            }
        })
    }

    /// The newest activations of a license, those that hold a seat first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn activations(&self, license: &LicenseId, most: u32) -> Result<Vec<Activation>> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let mut found = Vec::new();
        for states in [ActivationStates::Live, ActivationStates::Ended] {
            let mut query = ActivationQuery { states, ..ActivationQuery::of(*license) };
            while found.len() < most {
                query.most = most - found.len();
                let page = self.activation_page(&query).await?;
                found.extend(page.items);
                query.after = page.next;
                if query.after.is_none() {
                    break;
                }
            }
        }
        Ok(found)
    }

    /// One page of the machines of these licenses together, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest_machines(
        &self,
        licenses: &[LicenseId],
        after: Option<&Cursor>,
        most: usize,
    ) -> Result<Page<Activation>> {
        let most = page::wanted(most);
        self.read(|c| {
            let mut places = Vec::new();
            for license in licenses {
                let query =
                    ActivationQuery { after: after.cloned(), ..ActivationQuery::of(*license) };
                for (by_creation, by_name) in
                    [(LIVE_BY_CREATION, LIVE_BY_NAME), (ENDED_BY_CREATION, ENDED_BY_NAME)]
                {
                    places.extend(places_of(c, &query, by_creation, by_name, most + 1)?);
                }
            }
            places.sort_by(|a, b| (&b.key, &b.id).cmp(&(&a.key, &a.id)));
            shown(c, places, most)
        })
    }

    /// One page of machines of all licenses whose name begins so, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn machine_page(&self, query: &MachineQuery) -> Result<Page<Activation>> {
        self.read(|c| {
            if let Some(activation) = with_id(c, query.search.trim())? {
                return Ok(Page { items: vec![activation], next: None });
            }
            let (place, below) = by_name(query.search.trim(), query.after.as_ref());
            let most = page::wanted(query.most);
            let places = crate::first(c, MACHINES, (&place.0, &place.1, &below), most + 1, named)?;
            shown(c, places, most)
        })
    }
}

fn with_id(c: &Connection, text: &str) -> Result<Option<Activation>> {
    match text.parse::<Id>() {
        Ok(id) => activation::find_activation(c, &id.to_string()),
        Err(_) => Ok(None),
    }
}

fn listed(c: &Connection, query: &ActivationQuery) -> Result<Page<Activation>> {
    let most = page::wanted(query.most);
    let mut places = Vec::new();
    if query.states.has_live() {
        places.extend(places_of(c, query, LIVE_BY_CREATION, LIVE_BY_NAME, most + 1)?);
    }
    if query.states.has_ended() {
        places.extend(places_of(c, query, ENDED_BY_CREATION, ENDED_BY_NAME, most + 1)?);
    }
    places.sort_by(|a, b| (&a.key, &a.id).cmp(&(&b.key, &b.id)));
    if query.order() == ActivationOrder::Created {
        places.reverse();
    }
    shown(c, places, most)
}

fn places_of(
    c: &Connection,
    query: &ActivationQuery,
    by_creation: &'static str,
    by_name_sql: &'static str,
    most: usize,
) -> Result<Vec<Cursor>> {
    let (license, state) = (query.license.to_string(), query.states.one());
    match query.order() {
        ActivationOrder::Created => {
            let newest = (i64::MAX, char::MAX.to_string());
            let after = query.after.as_ref().and_then(|a| Some((a.number()?, a.id.clone())));
            let (at, id) = after.unwrap_or(newest);
            crate::first(c, by_creation, (license, at, id, state), most, |row| {
                Ok(Cursor { id: row.text()?, key: Key::Number(row.take()?) })
            })
        }
        ActivationOrder::Name => {
            let ((name, id), below) = by_name(query.search(), query.after.as_ref());
            crate::first(c, by_name_sql, (license, name, id, state, below), most, named)
        }
    }
}

/// The place to begin at, and the name that is too far.
fn by_name(search: &str, after: Option<&Cursor>) -> ((String, String), String) {
    let (from, below) = range(&search.to_lowercase());
    let after = after.and_then(|a| Some((a.text()?.to_owned(), a.id.clone())));
    let place = after.filter(|(name, _)| *name >= from).unwrap_or((from, String::new()));
    (place, below)
}

fn named(row: &mut Columns<'_>) -> Result<Cursor> {
    Ok(Cursor { id: row.text()?, key: Key::Text(row.text()?) })
}

fn shown(c: &Connection, places: Vec<Cursor>, most: usize) -> Result<Page<Activation>> {
    let (ids, next) = page::cut(places, most);
    let found = ids.iter().map(|id| activation::find_activation(c, id));
    let items = found.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
    Ok(Page { items, next })
}
