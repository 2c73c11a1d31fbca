//! Trials by what a person may have of them: their id, or the device key.

use countersign_core::{Id, ProductId, Thumbprint, UnixSeconds};

use crate::error::Result;
use crate::row::Columns;
use crate::{Store, find, product};

const BY_ID: &str = "SELECT id, product_id, device_key, device_name, created_at, expires_at FROM trial WHERE id = ?1";
const OF_DEVICE: &str = "SELECT id, product_id, device_key, device_name, created_at, expires_at FROM trial \
    WHERE product_id = ?1 AND device_key = ?2 ORDER BY created_at DESC, id DESC LIMIT 1";

/// A trial with what it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialFound {
    /// Its id.
    pub id: Id,
    /// Of which product.
    pub product: ProductId,
    /// The device key.
    pub device_key: Thumbprint,
    /// The machine's name.
    pub device_name: Option<String>,
    /// When it began.
    pub created_at: UnixSeconds,
    /// When it ends.
    pub expires_at: UnixSeconds,
}

impl Store {
    /// The trial with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trial_with_id(&self, id: &Id) -> Result<Option<TrialFound>> {
        self.read(|c| find(c, BY_ID, [id.to_string()], map))
    }

    /// The trials of a device, the latest one of each product that it tried.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trials_of_device(&self, device_key: &Thumbprint) -> Result<Vec<TrialFound>> {
        self.read(|c| {
            let mut found = Vec::new();
            for product in product::list_products(c)? {
                let values = (product.id.as_str(), device_key.to_string());
                found.extend(find(c, OF_DEVICE, values, map)?);
            }
            Ok(found)
        })
    }
}

fn map(row: &mut Columns<'_>) -> Result<TrialFound> {
    Ok(TrialFound {
        id: row.parsed("trial id")?,
        product: row.parsed("product id")?,
        device_key: row.parsed("device key")?,
        device_name: row.take()?,
        created_at: row.time()?,
        expires_at: row.time()?,
    })
}
