//! How far a vendor has come with a portal that is new: for the page that says what to do next.

use crate::error::Result;
use crate::row::Columns;
use crate::{Store, find};

const REACHED: &str = "SELECT CASE WHEN EXISTS (SELECT 1 FROM product) THEN 1 ELSE 0 END, \
    CASE WHEN EXISTS (SELECT 1 FROM app_user WHERE role = 'customer' AND staff_role IS NULL) THEN 1 ELSE 0 END, \
    CASE WHEN EXISTS (SELECT 1 FROM license) THEN 1 ELSE 0 END, \
    CASE WHEN EXISTS (SELECT 1 FROM activation) THEN 1 ELSE 0 END, \
    CASE WHEN EXISTS (SELECT 1 FROM trial) THEN 1 ELSE 0 END";

/// What there is at least one of, whatever became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Beginning {
    /// A product.
    pub product: bool,
    /// A customer who can log in, or was invited.
    pub customer: bool,
    /// A license.
    pub license: bool,
    /// A machine that was activated.
    pub activation: bool,
    /// A machine that tried a product.
    pub trial: bool,
}

impl Store {
    /// How far a vendor has come.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn beginning(&self) -> Result<Beginning> {
        Ok(self.read(|c| find(c, REACHED, [], map))?.unwrap_or_default())
    }
}

fn map(row: &mut Columns<'_>) -> Result<Beginning> {
    let mut is_there = || Ok::<_, crate::StoreError>(row.time()? == 1);
    Ok(Beginning {
        product: is_there()?,
        customer: is_there()?,
        license: is_there()?,
        activation: is_there()?,
        trial: is_there()?,
    })
}
