//! Things that are kept in memory for a short while, under a name that nobody guesses, within a bound that holds whoever
//! brings how much: when there is no room, who has the most loses their oldest thing. A flood from one place pushes out
//! itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use countersign_core::{Hash, UnixSeconds};

/// A shelf of things that many people have.
#[derive(Debug)]
pub(crate) struct Shelf<T> {
    /// The most bytes of all of it.
    most: usize,
    /// How long a thing is kept after it was last used.
    seconds: u64,
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
    owner: String,
    /// About how many bytes it takes.
    weight: usize,
    used_at: UnixSeconds,
    use_number: u64,
}

impl<T> Shelf<T> {
    pub(crate) fn new(most: usize, seconds: u64) -> Self {
        let nothing = Everything { things: HashMap::new(), uses: 0 };
        Self { most, seconds, kept: Mutex::new(nothing) }
    }

    /// Keeps a thing, in the place of what had its name. `name` is the hash of what the owner is told.
    pub(crate) fn put(&self, name: Hash, thing: T, weight: usize, owner: &str, now: UnixSeconds) {
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
        things.insert(name, Kept { thing, owner, weight, used_at: now, use_number });
    }

    /// The thing of this name, if it is still there: it stays for a while again.
    pub(crate) fn get(&self, name: &Hash, now: UnixSeconds) -> Option<Arc<T>> {
        let mut kept = self.lock();
        kept.uses += 1;
        let use_number = kept.uses;
        let found = kept.things.get_mut(name)?;
        if now >= found.used_at.saturating_add(self.seconds) {
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

    fn name(text: &str) -> Hash {
        Hash::of(text)
    }

    #[test]
    fn what_is_kept_is_there_until_it_was_not_used_for_a_while() {
        let shelf = Shelf::new(100, 60);
        shelf.put(name("a"), 1, 10, "jane", NOW);
        assert_eq!(shelf.get(&name("b"), NOW), None);
        assert_eq!(shelf.get(&name("a"), NOW + 59).as_deref(), Some(&1));
        assert_eq!(shelf.get(&name("a"), NOW + 59 + 59).as_deref(), Some(&1));
        assert_eq!(shelf.get(&name("a"), NOW + 59 + 59 + 60), None);
        shelf.put(name("a"), 2, 10, "jane", NOW);
        shelf.put(name("a"), 3, 90, "jane", NOW);
        assert_eq!(shelf.get(&name("a"), NOW).as_deref(), Some(&3), "the newer one");
    }

    #[test]
    fn attack_a_flood_from_one_place_pushes_out_itself_and_stays_within_the_bound() {
        let shelf = Shelf::new(100, 60);
        shelf.put(name("jane"), 0, 30, "jane", NOW);
        shelf.put(name("otto"), 0, 10, "otto", NOW);
        for n in 0..1_000 {
            shelf.put(name(&format!("flood {n}")), n, 20, "mallory", NOW);
            let all: usize = shelf.lock().things.values().map(|kept| kept.weight).sum();
            assert!(all <= 100, "{all}");
            assert!(shelf.get(&name("jane"), NOW).is_some(), "{n}");
            assert!(shelf.get(&name("otto"), NOW).is_some(), "{n}");
        }
        assert!(shelf.get(&name("flood 999"), NOW).is_some());
        assert!(shelf.get(&name("flood 990"), NOW).is_none());
    }

    #[test]
    fn attack_a_flood_from_everywhere_stays_within_the_bound() {
        let shelf = Shelf::new(100, 60);
        for n in 0..1_000 {
            shelf.put(name(&n.to_string()), n, 7, &format!("bot {n}"), NOW);
            let all: usize = shelf.lock().things.values().map(|kept| kept.weight).sum();
            assert!(all <= 100, "{all}");
        }
        assert!(shelf.get(&name("999"), NOW).is_some());
    }
}
