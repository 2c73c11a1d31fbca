//! What the portal stored against what its clients were told.

use std::collections::BTreeSet;

use countersign_core::Id;
use countersign_store::{ActivationState, Store};

use super::{License, Standing, World};

/// Whether requests are still open that no answer came to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Open {
    Some,
    None,
}

impl World {
    /// Every answer that was ever given is in the store, byte for byte.
    pub(super) async fn check_answers(&mut self, store: &Store) {
        for answered in self.clients.iter().flat_map(|client| &client.answered) {
            let stored = store.answer(&answered.hash).await.unwrap();
            let token = stored.as_ref().map(|answer| &answer.token);
            assert_eq!(token, Some(&answered.token), "an answer was lost or changed");
            self.figures.looked_up += 1;
        }
    }

    /// What the clients were told about their seats is what the store has and counts.
    pub(super) async fn check_seats(&self, store: &Store, open: Open) {
        for (number, license) in self.licenses.iter().enumerate() {
            let stored = store.license(&license.key.id()).await.unwrap().unwrap();
            let held = held(store, license).await;
            assert_eq!(stored.live_activations, held.len() as u64);
            assert!(stored.live_activations <= license.seats, "a seat was sold twice");
            assert!(license.deactivations.is_none_or(|most| stored.total_deactivations <= most));
            let told = self.told(number, open);
            assert!(told.is_subset(&held), "a seat that was granted is gone: {told:?} {held:?}");
            if open == Open::None {
                assert_eq!(told, held, "a seat that nobody was told of");
                let players = self.clients.iter().flat_map(|client| &client.players);
                let (taken, freed) = players
                    .filter(|player| player.license == number)
                    .fold((0, 0), |(t, f), player| (t + player.taken, f + player.freed));
                assert_eq!((stored.total_activations, stored.total_deactivations), (taken, freed));
            }
        }
        let damaged = store.integrity_check().await.unwrap();
        assert!(damaged.is_empty(), "{damaged:?}");
    }

    /// The seats of a license by the answers that its machines got. While requests are open, only the certain ones.
    fn told(&self, license: usize, open: Open) -> BTreeSet<Held> {
        let mut told = BTreeSet::new();
        for client in &self.clients {
            let pending = client.pending.as_ref().and_then(|sent| sent.what.player());
            for (number, player) in client.players.iter().enumerate() {
                let is_certain = open == Open::None || pending != Some(number);
                if player.license == license && is_certain {
                    told.extend(player.standing.held());
                }
            }
        }
        told
    }
}

/// An activation that holds a seat, and whether it was given up without freeing it.
type Held = (Id, bool);

impl Standing {
    fn held(self) -> Option<Held> {
        match self {
            Self::None => None,
            Self::Active(id) => Some((id, false)),
            Self::Returned(id) => Some((id, true)),
        }
    }
}

async fn held(store: &Store, license: &License) -> BTreeSet<Held> {
    // Those that hold a seat come first; one more than there may be, to see it if it is there.
    let most = u32::try_from(license.seats).unwrap() + 1;
    let latest = store.activations(&license.key.id(), most).await.unwrap();
    let held = latest.into_iter().filter_map(|activation| match activation.state {
        ActivationState::Active => Some((activation.id, false)),
        ActivationState::Returned => Some((activation.id, true)),
        ActivationState::Deactivated | ActivationState::Replaced | ActivationState::Released => {
            None
        }
    });
    held.collect()
}
