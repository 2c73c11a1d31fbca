//! The end of the process, as others see it coming: `/readyz` says no first, so that a load balancer sends new requests
//! elsewhere, while everything is still answered; then the listener closes, and what is under way is finished.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

/// Whether the end has begun.
#[derive(Debug, Default)]
pub struct Draining {
    begun: AtomicBool,
    cut_short: Notify,
}

impl Draining {
    /// From now on `/readyz` says no; done when everything was answered for so long, or it was cut short.
    pub(crate) async fn run(&self, most: Duration) {
        self.begun.store(true, Ordering::Relaxed);
        let _ = tokio::time::timeout(most, self.cut_short.notified()).await;
    }

    /// Whoever ends the process has waited long enough.
    pub fn cut_short(&self) {
        self.cut_short.notify_one();
    }

    /// Whether the end has begun.
    pub fn is_begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }
}
