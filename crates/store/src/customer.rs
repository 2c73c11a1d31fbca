//! The vendor's list of customers, all users but the vendor's own people: by address, page by page; searched by the beginnings of words of name and address.

use std::collections::BTreeSet;

use crate::engine::Connection;
use countersign_core::Id;

use crate::error::{Result, StoreError};
use crate::page::{self, Cursor, Key, Page};
use crate::row::Columns;
use crate::user::{self, User};
use crate::{Store, license_term, list, user_term};

const ALL_BY_EMAIL: &str = "SELECT id, email FROM app_user WHERE email > ?1 AND CASE WHEN role = 'customer' \
    AND COALESCE(staff_role, 'reseller-admin') = 'reseller-admin' THEN TRUE ELSE FALSE END ORDER BY email LIMIT 101";
const OF_ORGANIZATION_BY_EMAIL: &str = "SELECT id, email FROM app_user \
    WHERE organization_id = ?2 AND email > ?1 AND CASE WHEN role = 'customer' \
    AND COALESCE(staff_role, 'reseller-admin') = 'reseller-admin' THEN TRUE ELSE FALSE END ORDER BY email LIMIT 101";
const WITH_WORD: &str = "SELECT user_id FROM user_term WHERE term >= ?1 AND term < ?2 LIMIT 1001";
const ADDRESSES: &str = "SELECT email FROM app_user WHERE email >= ?1 AND email < ?2 AND CASE WHEN role = 'customer' \
    AND COALESCE(staff_role, 'reseller-admin') = 'reseller-admin' THEN TRUE ELSE FALSE END ORDER BY email LIMIT 101";

/// Hits of one word that are looked at.
const MOST_HITS: usize = 1000;
const MOST_WORDS: usize = 5;

/// Which users to list.
#[derive(Debug, Clone)]
pub struct CustomerQuery {
    /// Beginnings of words of their name or address; all of them.
    pub search: Option<String>,
    /// Only those of this organization.
    pub organization: Option<Id>,
    /// After which place.
    pub after: Option<Cursor>,
    /// Users of a page, 1 to 100.
    pub most: usize,
}

/// One page of users.
#[derive(Debug, Clone)]
pub struct CustomerPage {
    /// The users by address, and the next page.
    pub page: Page<User>,
    /// The search has so many hits that not all were looked at: it is to be narrowed down.
    pub too_many: bool,
}

impl Store {
    /// One page of users by address.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn customer_page(&self, query: &CustomerQuery) -> Result<CustomerPage> {
        self.read(|c| {
            let words = license_term::words(query.search.as_deref());
            match words.is_empty() {
                true => Ok(CustomerPage { page: listed(c, query)?, too_many: false }),
                false => found(c, query, &words),
            }
        })
    }

    /// Addresses that begin so, the first ones: for suggestions.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn addresses(&self, beginning: &str, most: usize) -> Result<Vec<String>> {
        let (from, below) = license_term::range(&user::normal_email(beginning));
        let mut found: Vec<String> = self
            .read(|c| crate::first(c, ADDRESSES, (&from, &below), page::MOST, |row| row.text()))?;
        found.retain(|address| !user::is_placeholder(address));
        found.truncate(most);
        Ok(found)
    }
}

fn after(query: &CustomerQuery) -> String {
    query.after.as_ref().and_then(Cursor::text).unwrap_or_default().to_owned()
}

fn listed(c: &Connection, query: &CustomerQuery) -> Result<Page<User>> {
    let most = page::wanted(query.most);
    let row = |row: &mut Columns<'_>| {
        let id = row.text()?;
        Ok(Cursor { id, key: Key::Text(row.text()?) })
    };
    let places = match query.organization {
        None => crate::first(c, ALL_BY_EMAIL, [after(query)], most + 1, row)?,
        Some(of) => {
            let values = (after(query), of.to_string());
            crate::first(c, OF_ORGANIZATION_BY_EMAIL, values, most + 1, row)?
        }
    };
    let (ids, next) = page::cut(places, most);
    let items = ids.iter().map(|id| read(c, id)).collect::<Result<Vec<_>>>()?;
    Ok(Page { items: items.into_iter().flatten().collect(), next })
}

/// The word that the fewest have leads to all who have all.
fn found(c: &Connection, query: &CustomerQuery, words: &BTreeSet<String>) -> Result<CustomerPage> {
    let mut fewest: Option<Vec<String>> = None;
    for word in words.iter().take(MOST_WORDS) {
        let ids = list(c, WITH_WORD, license_term::range(word), |row| row.text())?;
        if fewest.as_ref().is_none_or(|fewest| ids.len() < fewest.len()) {
            fewest = Some(ids);
        }
    }
    let ids = fewest.unwrap_or_default();
    let too_many = ids.len() > MOST_HITS;
    let place = after(query);
    let mut users = Vec::new();
    for id in ids.iter().take(MOST_HITS).collect::<BTreeSet<_>>() {
        users.extend(read(c, id)?.filter(|user| {
            let known = user_term::words_of(user);
            user.email > place
                && !user.role.is_staff()
                && query.organization.is_none_or(|of| user.organization == Some(of))
                && words.iter().all(|word| known.iter().any(|known| known.starts_with(word)))
        }));
    }
    users.sort_by(|a, b| a.email.cmp(&b.email));
    let most = page::wanted(query.most);
    let more = users.len() > most;
    users.truncate(most);
    let last = users.last().filter(|_| more);
    let next =
        last.map(|user| Cursor { id: user.id.to_string(), key: Key::Text(user.email.clone()) });
    Ok(CustomerPage { page: Page { items: users, next }, too_many })
}

fn read(c: &Connection, id: &str) -> Result<Option<User>> {
    user::find_user(c, id.parse().map_err(|_| StoreError::Malformed("user id"))?)
}
