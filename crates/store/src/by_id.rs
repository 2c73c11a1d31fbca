//! Lists for programs, in the order of ids: whoever goes through all of them misses nothing, whatever is added meanwhile.

use crate::engine::Connection;
use countersign_core::Id;

use crate::Store;
use crate::activation::{self, Activation};
use crate::error::{Result, StoreError};
use crate::organization::{self, Organization};
use crate::page::{self, Cursor, Key, Page};
use crate::product::{self, Product};
use crate::row::Columns;
use crate::trial::{self, Trial};
use crate::user::{self, User};

// One more than the largest page.
const PRODUCTS: &str = "SELECT id FROM product WHERE id > ?1 ORDER BY id LIMIT 101";
const USERS: &str = "SELECT id FROM app_user WHERE id > ?1 ORDER BY id LIMIT 101";
const ORGANIZATIONS: &str = "SELECT id FROM organization WHERE id > ?1 ORDER BY id LIMIT 101";
const ACTIVATIONS: &str = "SELECT id FROM activation WHERE id > ?1 ORDER BY id LIMIT 101";
const TRIALS: &str = "SELECT id FROM trial WHERE id > ?1 ORDER BY id LIMIT 101";

impl Store {
    /// One page of products.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn products_by_id(
        &self,
        after: Option<&Cursor>,
        most: usize,
    ) -> Result<Page<Product>> {
        self.read(|c| {
            listed(c, PRODUCTS, after, most, |id| {
                product::find_product(
                    c,
                    &id.parse().map_err(|_| StoreError::Malformed("product id"))?,
                )
            })
        })
    }

    /// One page of users.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn users_by_id(&self, after: Option<&Cursor>, most: usize) -> Result<Page<User>> {
        self.read(|c| listed(c, USERS, after, most, |id| user::find_user(c, parsed(id)?)))
    }

    /// One page of organizations.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn organizations_by_id(
        &self,
        after: Option<&Cursor>,
        most: usize,
    ) -> Result<Page<Organization>> {
        let one = |c: &Connection, id: &str| organization::find_organization(c, parsed(id)?);
        self.read(|c| listed(c, ORGANIZATIONS, after, most, |id| one(c, id)))
    }

    /// One page of the activations of all licenses.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn activations_by_id(
        &self,
        after: Option<&Cursor>,
        most: usize,
    ) -> Result<Page<Activation>> {
        self.read(|c| listed(c, ACTIVATIONS, after, most, |id| activation::find_activation(c, id)))
    }

    /// One page of the trials of all products.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trials_by_id(&self, after: Option<&Cursor>, most: usize) -> Result<Page<Trial>> {
        self.read(|c| listed(c, TRIALS, after, most, |id| trial::find_trial(c, id)))
    }
}

fn listed<T>(
    c: &Connection,
    sql: &str,
    after: Option<&Cursor>,
    most: usize,
    one: impl Fn(&str) -> Result<Option<T>>,
) -> Result<Page<T>> {
    let most = page::wanted(most);
    let after = after.map_or("", |cursor| cursor.id.as_str());
    let place = |row: &mut Columns<'_>| Ok(Cursor { id: row.text()?, key: Key::Number(0) });
    let (ids, next) = page::cut(crate::first(c, sql, [after], most + 1, place)?, most);
    let items = ids.iter().map(|id| one(id)).collect::<Result<Vec<_>>>()?;
    Ok(Page { items: items.into_iter().flatten().collect(), next })
}

fn parsed(id: &str) -> Result<Id> {
    id.parse().map_err(|_| StoreError::Malformed("id"))
}
