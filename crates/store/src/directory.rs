//! People and organizations by the beginning of their name or address.

use crate::engine::Connection;

use crate::error::Result;
use crate::license_term::range;
use crate::organization::{self, Organization};
use crate::user::{self, User};
use crate::{Store, list};

const BY_EMAIL: &str =
    "SELECT id FROM app_user WHERE email >= ?1 AND email < ?2 ORDER BY email LIMIT 11";
const BY_PENDING: &str = "SELECT id FROM app_user WHERE email_pending >= ?1 AND email_pending < ?2 ORDER BY email_pending LIMIT 11";
const BY_NAME: &str = "SELECT id FROM app_user WHERE LOWER(name) >= ?1 AND LOWER(name) < ?2 ORDER BY LOWER(name), id LIMIT 11";
const ORGANIZATIONS_BY_NAME: &str = "SELECT id FROM organization WHERE LOWER(name) >= ?1 AND LOWER(name) < ?2 ORDER BY LOWER(name), id LIMIT 11";

/// The most of each that are found.
pub(crate) const MOST: usize = 10;

/// Who and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    /// People, at most ten.
    pub users: Vec<User>,
    /// Organizations, at most ten.
    pub organizations: Vec<Organization>,
    /// There are more.
    pub more: bool,
}

impl Store {
    /// People whose address or name, and organizations whose name begins so.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn directory(&self, beginning: &str) -> Result<Directory> {
        let beginning = beginning.trim();
        if beginning.is_empty() {
            return Ok(Directory::default());
        }
        self.read(|c| {
            let mut people = ids(c, BY_EMAIL, &beginning.to_lowercase())?;
            people.extend(ids(c, BY_PENDING, &beginning.to_lowercase())?);
            let mut organizations = Vec::new();
            for written in spellings(beginning) {
                people.extend(ids(c, BY_NAME, &written)?);
                organizations.extend(ids(c, ORGANIZATIONS_BY_NAME, &written)?);
            }
            let (people, organizations) = (unique(people), unique(organizations));
            let mut found = Directory {
                more: people.len() > MOST || organizations.len() > MOST,
                ..Directory::default()
            };
            for id in people.iter().take(MOST).filter_map(|id| id.parse().ok()) {
                found.users.extend(user::find_user(c, id)?);
            }
            for id in organizations.iter().take(MOST).filter_map(|id| id.parse().ok()) {
                found.organizations.extend(organization::find_organization(c, id)?);
            }
            Ok(found)
        })
    }
}

fn ids(c: &Connection, sql: &str, beginning: &str) -> Result<Vec<String>> {
    list(c, sql, range(beginning), |row| row.text())
}

/// In lower case as each engine makes it: one of them knows the letters of ASCII alone.
fn spellings(text: &str) -> Vec<String> {
    let mut capital = text.chars();
    let capital = capital.next().map(|c| c.to_uppercase().chain(capital).collect::<String>());
    let all = [Some(text.to_lowercase()), Some(text.to_ascii_lowercase())];
    unique(all.into_iter().chain([capital.map(|t| t.to_ascii_lowercase())]).flatten().collect())
}

fn unique(mut all: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|one| seen.insert(one.clone()));
    all
}
