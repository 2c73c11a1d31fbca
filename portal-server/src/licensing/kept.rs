//! What is kept for an hour, for who brought it alone: a table between its dry run and its import, and the keys of
//! licenses that were just made, to be taken along.

mod written;

use std::sync::Arc;

use countersign_core::{Hash, Id};
use countersign_store::{NewLicenses, StoreError};

use super::table::run::{Looked, MadeLicense};
use crate::app::App;

/// The bytes that all of it takes at most.
pub(crate) const MOST: usize = 64 * 1024 * 1024;
/// How long it is kept after it was last looked at, in seconds.
pub(crate) const SECONDS: u64 = 3600;
/// What one license takes, in bytes, rather too much than too little.
const WEIGHT: usize = 2048;

/// Something that is kept.
#[derive(Debug)]
pub(crate) struct Kept {
    user: Id,
    pub(crate) what: What,
}

/// What it is.
#[derive(Debug)]
pub(crate) enum What {
    /// A table that was looked at.
    Table(Table),
    /// Licenses that were made.
    Made(Vec<MadeLicense>),
}

/// A table that was looked at.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) looked: Looked,
    /// What it makes, if nothing is wrong with it, with the lines.
    pub(crate) licenses: Arc<Vec<NewLicenses>>,
    pub(crate) lines: Vec<u64>,
}

/// Keeps it; the name under which it is found.
///
/// # Errors
/// When the database fails.
pub(crate) async fn keep(app: &App, user: Id, what: What) -> Result<String, StoreError> {
    let name = app.secret().0;
    put(app, user, &name, what).await?;
    Ok(name)
}

/// Keeps it in the place of what has this name.
///
/// # Errors
/// When the database fails.
pub(crate) async fn put(app: &App, user: Id, name: &str, what: What) -> Result<(), StoreError> {
    let count = match &what {
        What::Table(table) => {
            let keys: usize = table.licenses.iter().map(|row| row.keys.len()).sum();
            // Keys of one row share what it says.
            table.licenses.len() + table.looked.faults.len() + keys / 16
        }
        What::Made(made) => made.len(),
    };
    let weight = (count + 1) * WEIGHT;
    let (kept, owner) = (Kept { user, what }, user.to_string());
    app.kept().put(app, Hash::of(name), kept, weight, &owner, written::bytes).await
}

/// What has this name, if it is this user's.
///
/// # Errors
/// When the database fails.
pub(crate) async fn find(app: &App, user: Id, name: &str) -> Result<Option<Arc<Kept>>, StoreError> {
    let read = async |bytes: Vec<u8>| Ok::<_, StoreError>(written::read(&bytes));
    let found = app.kept().get(app, &Hash::of(name), read).await?;
    Ok(found.filter(|kept| kept.user == user))
}
