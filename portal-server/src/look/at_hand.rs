//! The look between two readings of the database.

use std::sync::{Arc, Mutex, PoisonError};

use countersign_core::UnixSeconds;
use countersign_store::Store;

use super::Look;

/// How old what is at hand may be, in seconds.
const FRESH_SECONDS: u64 = 2;

/// The look as it was at most [`FRESH_SECONDS`] ago.
#[derive(Debug, Default)]
pub(crate) struct LookAtHand {
    read: Mutex<Option<(UnixSeconds, Arc<Look>)>>,
}

impl LookAtHand {
    /// A page is shown whatever becomes of its look: where the database does not answer it stays as it was.
    pub(crate) async fn get(&self, store: &Store, vendor: &str, now: UnixSeconds) -> Arc<Look> {
        let at_hand = self.read.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, look)) = &at_hand
            && now.abs_diff(*at) < FRESH_SECONDS
        {
            return Arc::clone(look);
        }
        match Look::read(store, vendor).await {
            Ok(look) => {
                let look = Arc::new(look);
                let read = Some((now, Arc::clone(&look)));
                *self.read.lock().unwrap_or_else(PoisonError::into_inner) = read;
                look
            }
            Err(error) => {
                tracing::warn!(%error, "the vendor's look cannot be read");
                at_hand.map_or_else(|| Arc::new(Look::plain(vendor)), |(_, look)| look)
            }
        }
    }

    /// Reads it anew the next time.
    pub(crate) fn forget(&self) {
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
