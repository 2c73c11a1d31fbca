//! Things that are kept for a short while, under a name that nobody guesses, within a bound that holds whoever brings how much:
//! when there is no room, who has the most loses their oldest thing. A flood from one place pushes out itself.
//!
//! Where there is one node they are kept in memory. Where there may be several they lie in the database, and memory has what this
//! node has read of it already.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use countersign_core::{Hash, UnixSeconds};
use countersign_store::{ShelfItem, ShelfSize, StoreError};

use crate::app::App;

/// A shelf of things that many people have.
#[derive(Debug)]
pub(crate) struct Shelf<T> {
    /// The most bytes of all of it.
    most: usize,
    /// How long a thing is kept after it was last used.
    seconds: u64,
    /// Its name in the database; `None`: it is in memory alone.
    shared: Option<&'static str>,
    kept: Mutex<Everything<T>>,
}

#[derive(Debug)]
struct Everything<T> {
    things: HashMap<Hash, Kept<T>>,
    /// How often anything was used: what tells things apart that were used in the same second.
    uses: u64,
}

#[derive(Debug)]
struct Kept<T> {
    thing: Arc<T>,
    /// Which of those that had its name it is, where it lies in the database.
    version: String,
    owner: String,
    /// About how many bytes it takes.
    weight: usize,
    used_at: UnixSeconds,
    use_number: u64,
}

impl<T> Shelf<T> {
    pub(crate) fn new(most: usize, seconds: u64) -> Self {
        let nothing = Everything { things: HashMap::new(), uses: 0 };
        Self { most, seconds, shared: None, kept: Mutex::new(nothing) }
    }

    /// For all nodes, under this name.
    pub(crate) fn shared(self, name: &'static str) -> Self {
        Self { shared: Some(name), ..self }
    }

    /// Keeps a thing, in the place of what had its name. `name` is the hash of what the owner is told; `written` makes bytes of it,
    /// which another node understands.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn put(
        &self,
        app: &App,
        name: Hash,
        thing: T,
        weight: usize,
        owner: &str,
        written: impl FnOnce(&T) -> Vec<u8>,
    ) -> Result<(), StoreError> {
        let version = app.random_id().to_string();
        if let Some(size) = self.size() {
            let content = written(&thing);
            let weight = weight.max(content.len()) as u64;
            let (owner, version) = (owner.to_owned(), version.clone());
            let item = ShelfItem { name, owner, version, content, weight };
            app.beside().store().put_on_shelf(size, item, app.now()).await?;
        }
        self.put_here(name, thing, version, weight, owner, app.now());
        Ok(())
    }

    /// The thing of this name, if it is still there: it stays for a while again. `read` understands what another node wrote; `None`:
    /// it is not for who asks.
    ///
    /// # Errors
    /// When the database or `read` fails.
    pub(crate) async fn get<E: From<StoreError>>(
        &self,
        app: &App,
        name: &Hash,
        read: impl AsyncFnOnce(Vec<u8>) -> Result<Option<T>, E>,
    ) -> Result<Option<Arc<T>>, E> {
        let now = app.now();
        let Some(size) = self.size() else { return Ok(self.get_here(name, None, now)) };
        let store = app.beside().store().clone();
        let Some(version) = store.shelf_version(size, *name, now).await? else { return Ok(None) };
        if let Some(thing) = self.get_here(name, Some(&version), now) {
            return Ok(Some(thing));
        }
        let Some((version, bytes)) = store.shelf_content(size, *name, now).await? else {
            return Ok(None);
        };
        let weight = bytes.len();
        let Some(thing) = read(bytes).await? else { return Ok(None) };
        self.put_here(*name, thing, version.clone(), weight, "another node", now);
        Ok(self.get_here(name, Some(&version), now))
    }

    fn size(&self) -> Option<ShelfSize> {
        let shelf = self.shared?;
        Some(ShelfSize { shelf, most: self.most as u64, seconds: self.seconds })
    }

    fn put_here(
        &self,
        name: Hash,
        thing: T,
        version: String,
        weight: usize,
        owner: &str,
        now: UnixSeconds,
    ) {
        let mut kept = self.lock();
        kept.uses += 1;
        let use_number = kept.uses;
        let things = &mut kept.things;
        things.retain(|_, old| now < old.used_at.saturating_add(self.seconds));
        things.remove(&name);
        while weight + things.values().map(|old| old.weight).sum::<usize>() > self.most {
            let Some(oldest) = oldest_of_greatest(things, owner, weight) else { break };
            things.remove(&oldest);
        }
        let (thing, owner) = (Arc::new(thing), owner.to_owned());
        things.insert(name, Kept { thing, version, owner, weight, used_at: now, use_number });
    }

    /// The thing of this name, and of this version if one is given.
    fn get_here(&self, name: &Hash, version: Option<&str>, now: UnixSeconds) -> Option<Arc<T>> {
        let mut kept = self.lock();
        kept.uses += 1;
        let use_number = kept.uses;
        let found = kept.things.get_mut(name)?;
        let is_other = version.is_some_and(|version| version != found.version);
        if is_other || now >= found.used_at.saturating_add(self.seconds) {
            kept.things.remove(name);
            return None;
        }
        (found.used_at, found.use_number) = (now, use_number);
        Some(Arc::clone(&found.thing))
    }

    fn lock(&self) -> MutexGuard<'_, Everything<T>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What goes first: the thing that was not used for longest, of who has the most. `weight` more is about to come from
/// `owner`.
fn oldest_of_greatest<T>(
    kept: &HashMap<Hash, Kept<T>>,
    owner: &str,
    weight: usize,
) -> Option<Hash> {
    let mut shares = HashMap::<&str, usize>::new();
    for old in kept.values() {
        let coming = if old.owner == owner { weight } else { 0 };
        *shares.entry(&old.owner).or_insert(coming) += old.weight;
    }
    let (greatest, _) = shares.into_iter().max_by_key(|(owner, share)| (*share, *owner))?;
    let of_greatest = kept.iter().filter(|(_, old)| old.owner == greatest);
    of_greatest.min_by_key(|(_, old)| old.use_number).map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000;

    fn put(shelf: &Shelf<i32>, name: Hash, thing: i32, weight: usize, owner: &str) {
        shelf.put_here(name, thing, String::new(), weight, owner, NOW);
    }

    fn name(text: &str) -> Hash {
        Hash::of(text)
    }

    #[test]
    fn what_is_kept_is_there_until_it_was_not_used_for_a_while() {
        let shelf = Shelf::new(100, 60);
        put(&shelf, name("a"), 1, 10, "jane");
        assert_eq!(shelf.get_here(&name("b"), None, NOW), None);
        assert_eq!(shelf.get_here(&name("a"), None, NOW + 59).as_deref(), Some(&1));
        assert_eq!(shelf.get_here(&name("a"), None, NOW + 59 + 59).as_deref(), Some(&1));
        assert_eq!(shelf.get_here(&name("a"), None, NOW + 59 + 59 + 60), None);
        put(&shelf, name("a"), 2, 10, "jane");
        put(&shelf, name("a"), 3, 90, "jane");
        assert_eq!(shelf.get_here(&name("a"), None, NOW).as_deref(), Some(&3), "the newer one");
    }

    #[test]
    fn attack_a_flood_from_one_place_pushes_out_itself_and_stays_within_the_bound() {
        let shelf = Shelf::new(100, 60);
        put(&shelf, name("jane"), 0, 30, "jane");
        put(&shelf, name("otto"), 0, 10, "otto");
        for n in 0..1_000 {
            put(&shelf, name(&format!("flood {n}")), n, 20, "mallory");
            let all: usize = shelf.lock().things.values().map(|kept| kept.weight).sum();
            assert!(all <= 100, "{all}");
            assert!(shelf.get_here(&name("jane"), None, NOW).is_some(), "{n}");
            assert!(shelf.get_here(&name("otto"), None, NOW).is_some(), "{n}");
        }
        assert!(shelf.get_here(&name("flood 999"), None, NOW).is_some());
        assert!(shelf.get_here(&name("flood 990"), None, NOW).is_none());
    }

    #[test]
    fn attack_a_flood_from_everywhere_stays_within_the_bound() {
        let shelf = Shelf::new(100, 60);
        for n in 0..1_000 {
            put(&shelf, name(&n.to_string()), n, 7, &format!("bot {n}"));
            let all: usize = shelf.lock().things.values().map(|kept| kept.weight).sum();
            assert!(all <= 100, "{all}");
        }
        assert!(shelf.get_here(&name("999"), None, NOW).is_some());
    }
}
