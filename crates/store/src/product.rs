//! Products: what is licensed, and its trial policy.

use countersign_core::fingerprint::Strategy;
use countersign_core::{ProductId, UnixSeconds};
use rusqlite::Connection;

use crate::error::Result;
use crate::row::{Columns, Entitlements, entitlements_text, optional_seconds, seconds};
use crate::{Store, audit, find, list, run};

const UPSERT: &str = "INSERT INTO product (id, name, trial_days, trial_strategy, trial_entitlements, \
    reinstall_allowance, status, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, trial_days = excluded.trial_days, \
    trial_strategy = excluded.trial_strategy, trial_entitlements = excluded.trial_entitlements, \
    reinstall_allowance = excluded.reinstall_allowance, status = excluded.status";
const FIND: &str = "SELECT id, name, trial_days, trial_strategy, trial_entitlements, reinstall_allowance, status, \
    created_at FROM product WHERE id = ?1";
const LIST: &str = "SELECT id, name, trial_days, trial_strategy, trial_entitlements, reinstall_allowance, status, \
    created_at FROM product ORDER BY name, id";

/// A product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its id, as in tokens.
    pub id: ProductId,
    /// Its name for people.
    pub name: String,
    /// Length of a trial in days; `None`: no trials.
    pub trial_days: Option<u64>,
    /// How a trial is bound to its machine, and how a machine that had one is recognised.
    pub trial_strategy: Strategy,
    /// Features of a trial.
    pub trial_entitlements: Entitlements,
    /// How often a seat may move to a new installation on the same machine within 365 days.
    pub reinstall_allowance: u64,
    /// An archived product gives nothing new.
    pub archived: bool,
    /// When it was created.
    pub created_at: UnixSeconds,
}

impl Store {
    /// Creates a product, or replaces all of it but its id and creation time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn save_product(
        &self,
        product: Product,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<()> {
        let actor = actor.to_owned();
        self.write(move |c| save(c, &product, &actor, now)).await
    }

    /// Creates a product. `false` when there is one with this id: it stays as it is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_product(
        &self,
        new: Product,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<bool> {
        let actor = actor.to_owned();
        self.write_once(move |c| {
            if find_product(c, &new.id)?.is_some() {
                return Ok(false);
            }
            save(c, &new, &actor, now).map(|()| true)
        })
        .await
    }

    /// Changes a product, as it is at that moment. `false` when there is none with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn change_product(
        &self,
        id: ProductId,
        change: impl Fn(&mut Product) + Send + 'static,
        actor: &str,
        now: UnixSeconds,
    ) -> Result<bool> {
        let actor = actor.to_owned();
        self.write_once(move |c| {
            let Some(mut product) = find_product(c, &id)? else { return Ok(false) };
            change(&mut product);
            save(c, &product, &actor, now).map(|()| true)
        })
        .await
    }

    /// The product with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn product(&self, id: &ProductId) -> Result<Option<Product>> {
        self.read(|c| find_product(c, id))
    }

    /// All products by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn products(&self) -> Result<Vec<Product>> {
        self.read(list_products)
    }
}

pub(crate) fn save(c: &Connection, product: &Product, actor: &str, now: UnixSeconds) -> Result<()> {
    let status = if product.archived { "archived" } else { "active" };
    let values = (
        product.id.as_str(),
        &product.name,
        optional_seconds(product.trial_days),
        product.trial_strategy.as_str(),
        entitlements_text(&product.trial_entitlements),
        seconds(product.reinstall_allowance),
        status,
        seconds(product.created_at),
    );
    run(c, UPSERT, values)?;
    audit::record(c, now, actor, "product.save", product.id.as_str(), &product.name)
}

pub(crate) fn list_products(c: &Connection) -> Result<Vec<Product>> {
    list(c, LIST, [], map)
}

pub(crate) fn find_product(c: &Connection, id: &ProductId) -> Result<Option<Product>> {
    find(c, FIND, [id.as_str()], map)
}

fn map(row: &mut Columns<'_>) -> Result<Product> {
    Ok(Product {
        id: row.parsed("product id")?,
        name: row.text()?,
        trial_days: row.optional_time()?,
        trial_strategy: row.parsed("strategy")?,
        trial_entitlements: row.entitlements()?,
        reinstall_allowance: row.time()?,
        archived: row.text()? == "archived",
        created_at: row.time()?,
    })
}
