//! Organizations: customers that are more than one person.

use countersign_core::{Id, UnixSeconds};

use crate::error::Result;
use crate::row::{Columns, seconds};
use crate::{Store, audit, list, run};

const INSERT: &str =
    "INSERT INTO organization (id, name, status, created_at) VALUES (?1, ?2, 'active', ?3)";
const RENAME: &str = "UPDATE organization SET name = ?2, status = ?3 WHERE id = ?1";
const LIST: &str = "SELECT id, name, status, created_at FROM organization ORDER BY name, id";

/// A customer that is more than one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// Whether its people are locked out.
    pub suspended: bool,
    /// When it was created.
    pub created_at: UnixSeconds,
}

impl Store {
    /// Creates an organization.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_organization(
        &self,
        id: Id,
        name: &str,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<()> {
        let (name, actor) = (name.to_owned(), actor.to_owned());
        self.write(move |c| {
            run(c, INSERT, (id.to_string(), &name, seconds(now)))?;
            audit::record(c, now, &actor, "organization.create", &id.to_string(), &name)
        })
        .await
    }

    /// Renames, suspends or reinstates it. `false` when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_organization(
        &self,
        changed: Organization,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<bool> {
        let actor = actor.to_owned();
        self.write(move |c| {
            let status = if changed.suspended { "suspended" } else { "active" };
            let id = changed.id.to_string();
            let found = run(c, RENAME, (&id, &changed.name, status))? == 1;
            if found {
                audit::record(c, now, &actor, "organization.change", &id, status)?;
            }
            Ok(found)
        })
        .await
    }

    /// All organizations by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn organizations(&self) -> Result<Vec<Organization>> {
        self.read(|c| list(c, LIST, [], map))
    }
}

fn map(row: &mut Columns<'_>) -> Result<Organization> {
    Ok(Organization {
        id: row.parsed("organization id")?,
        name: row.text()?,
        suspended: row.text()? == "suspended",
        created_at: row.time()?,
    })
}
