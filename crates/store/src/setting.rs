//! Settings of the vendor: name to value.

use crate::error::Result;
use crate::{Store, find, run};

const FIND: &str = "SELECT value FROM setting WHERE name = ?1";
const SET: &str = "INSERT INTO setting (name, value) VALUES (?1, ?2) \
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";

impl Store {
    /// The setting's value.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn setting(&self, name: &str) -> Result<Option<String>> {
        self.read(|c| find(c, FIND, [name], |row| row.text()))
    }

    /// Sets it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_setting(&self, name: &str, value: &str) -> Result<()> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.write(move |c| run(c, SET, (name, value)).map(|_| ())).await
    }
}
