//! Products: what is licensed, and its trial policy.

use crate::engine::Connection;
use countersign_core::{ProductId, UnixSeconds};

use crate::error::Result;
use crate::row::{Columns, entitlements_text, optional_seconds, seconds};
use crate::trial_policy::{TrialAgain, TrialPolicy};
use crate::{Store, audit, find, list, run};

const UPSERT: &str = "INSERT INTO product (id, name, trial_days, trial_end, trial_again, trial_again_number, \
    trial_newest_since, trial_strategy, trial_entitlements, reinstall_allowance, status, created_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) \
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, trial_days = excluded.trial_days, \
    trial_end = excluded.trial_end, trial_again = excluded.trial_again, \
    trial_again_number = excluded.trial_again_number, trial_newest_since = excluded.trial_newest_since, \
    trial_strategy = excluded.trial_strategy, trial_entitlements = excluded.trial_entitlements, \
    reinstall_allowance = excluded.reinstall_allowance, status = excluded.status";
const FIND: &str = "SELECT id, name, trial_days, trial_end, trial_again, trial_again_number, trial_newest_since, \
    trial_strategy, trial_entitlements, reinstall_allowance, status, created_at FROM product WHERE id = ?1";
const LIST: &str = "SELECT id, name, trial_days, trial_end, trial_again, trial_again_number, trial_newest_since, \
    trial_strategy, trial_entitlements, reinstall_allowance, status, created_at FROM product ORDER BY name, id";

/// A product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its id, as in tokens.
    pub id: ProductId,
    /// Its name for people.
    pub name: String,
    /// Its trials.
    pub trial: TrialPolicy,
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
    let trial = &product.trial;
    let again = trial.again.over(find_product(c, &product.id)?.map(|p| p.trial.again), now);
    let values = crate::engine::params::params![
        product.id.as_str(),
        product.name,
        optional_seconds(trial.days),
        optional_seconds(trial.end),
        again.as_str(),
        optional_seconds(again.number()),
        again.since(),
        trial.strategy.as_str(),
        entitlements_text(&trial.entitlements),
        seconds(product.reinstall_allowance),
        status,
        seconds(product.created_at),
    ];
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
        trial: TrialPolicy {
            days: row.optional_time()?,
            end: row.optional_time()?,
            again: again(row)?,
            strategy: row.parsed("strategy")?,
            entitlements: row.entitlements()?,
        },
        reinstall_allowance: row.time()?,
        archived: row.text()? == "archived",
        created_at: row.time()?,
    })
}

fn again(row: &mut Columns<'_>) -> Result<TrialAgain> {
    let read = TrialAgain::read(&row.text()?, row.optional_time()?)?;
    let since = row.optional_time()?;
    Ok(match read {
        TrialAgain::PerMajorVersion { newest, .. } => TrialAgain::PerMajorVersion { newest, since },
        other => other,
    })
}
