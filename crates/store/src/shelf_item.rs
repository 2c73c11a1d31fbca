//! What lies between two requests of somebody, so that the second one may reach another node: under a name that nobody guesses,
//! for a while, within a bound that holds whoever brings how much. When there is no room, who has the most loses their oldest
//! thing: a flood from one place pushes out itself.

use countersign_core::{Hash, UnixSeconds};

use crate::engine::Connection;
use crate::engine::writer::Scope;
use crate::error::Result;
use crate::row::seconds;
use crate::{Store, find, run};

const FORGET_OLD: &str = "DELETE FROM shelf_item WHERE shelf = ?1 AND used_at <= ?2";
const FORGET: &str = "DELETE FROM shelf_item WHERE name = ?1";
const INSERT: &str = "INSERT INTO shelf_item (name, shelf, owner, version, content, weight, used_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const WEIGHT: &str = "SELECT COALESCE(SUM(weight), 0) FROM shelf_item WHERE shelf = ?1";
// ?2 brings ?3 more.
const GREATEST: &str = "SELECT owner FROM shelf_item WHERE shelf = ?1 GROUP BY owner \
    ORDER BY SUM(weight) + CASE WHEN owner = ?2 THEN ?3 ELSE 0 END DESC, owner DESC LIMIT 1";
const FORGET_OLDEST: &str = "DELETE FROM shelf_item WHERE name = (SELECT name FROM shelf_item \
    WHERE shelf = ?1 AND owner = ?2 ORDER BY used_at, name LIMIT 1)";
const USE: &str =
    "UPDATE shelf_item SET used_at = ?3 WHERE name = ?1 AND shelf = ?2 AND used_at < ?3";
const VERSION: &str =
    "SELECT version FROM shelf_item WHERE name = ?1 AND shelf = ?2 AND used_at > ?3";
const CONTENT: &str =
    "SELECT version, content FROM shelf_item WHERE name = ?1 AND shelf = ?2 AND used_at > ?3";

/// Those that are put down are looked at by nobody else's writes.
const SHELVES: Scope<'static> = Scope::Keys(&["shelves"]);

/// How much a shelf takes, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct ShelfSize {
    /// Which one.
    pub shelf: &'static str,
    /// The most of all its things together.
    pub most: u64,
    /// Seconds after which a thing goes that nobody has used.
    pub seconds: u64,
}

/// A thing to be put down.
#[derive(Debug, Clone)]
pub struct ShelfItem {
    /// The hash of what its owner is told.
    pub name: Hash,
    /// Whose it is, for the bound.
    pub owner: String,
    /// Says which of those that had this name it is.
    pub version: String,
    /// The thing.
    pub content: Vec<u8>,
    /// How much of the bound it takes.
    pub weight: u64,
}

impl ShelfSize {
    fn end(self, now: UnixSeconds) -> i64 {
        seconds(now) - seconds(self.seconds)
    }
}

impl Store {
    /// Puts a thing down, in the place of what had its name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn put_on_shelf(
        &self,
        size: ShelfSize,
        item: ShelfItem,
        now: UnixSeconds,
    ) -> Result<()> {
        self.write_in(SHELVES, move |c| put(c, size, &item, now)).await
    }

    /// Which thing has this name now; it stays for a while again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn shelf_version(
        &self,
        size: ShelfSize,
        name: Hash,
        now: UnixSeconds,
    ) -> Result<Option<String>> {
        let (name, shelf) = (name.to_string(), size.shelf);
        let values = (&name, shelf, size.end(now));
        let found = self.read(|c| find(c, VERSION, values, |row| row.text()))?;
        if found.is_some() {
            self.write_in(SHELVES, move |c| run(c, USE, (&name, shelf, seconds(now))).map(drop))
                .await?;
        }
        Ok(found)
    }

    /// The thing of this name, with its version.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn shelf_content(
        &self,
        size: ShelfSize,
        name: Hash,
        now: UnixSeconds,
    ) -> Result<Option<(String, Vec<u8>)>> {
        let values = (name.to_string(), size.shelf, size.end(now));
        self.read(|c| find(c, CONTENT, &values, |row| Ok((row.text()?, row.take()?))))
    }
}

fn put(c: &Connection, size: ShelfSize, item: &ShelfItem, now: UnixSeconds) -> Result<()> {
    let (name, weight) = (item.name.to_string(), seconds(item.weight));
    run(c, FORGET_OLD, (size.shelf, size.end(now)))?;
    run(c, FORGET, [&name])?;
    while weight + weight_of(c, size)? > seconds(size.most) {
        let greatest = find(c, GREATEST, (size.shelf, &item.owner, weight), |row| row.text())?;
        let Some(greatest) = greatest else { break };
        run(c, FORGET_OLDEST, (size.shelf, &greatest))?;
    }
    let ShelfItem { owner, version, content, .. } = item;
    run(c, INSERT, (&name, size.shelf, owner, version, content, weight, seconds(now)))?;
    Ok(())
}

fn weight_of(c: &Connection, size: ShelfSize) -> Result<i64> {
    Ok(find(c, WEIGHT, [size.shelf], |row| row.take())?.unwrap_or(0))
}
