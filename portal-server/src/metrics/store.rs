//! How the database does: told by the store, on the threads where it happens.

use std::time::Duration;

use countersign_store::Observer;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// What the store tells.
#[derive(Debug, Clone)]
pub(crate) struct StoreTimes {
    queue: Gauge,
    groups: Histogram,
    commits: Histogram,
    writes: Histogram,
    reads: Histogram,
}

impl Default for StoreTimes {
    fn default() -> Self {
        Self {
            queue: Gauge::default(),
            groups: Histogram::new([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0]),
            commits: Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5]),
            writes: Histogram::new([0.001, 0.005, 0.01, 0.025, 0.1, 0.5, 1.0, 2.5, 10.0]),
            reads: Histogram::new([0.0001, 0.001, 0.01, 0.1, 1.0]),
        }
    }
}

impl Observer for StoreTimes {
    fn queued(&self) {
        self.queue.inc();
    }

    fn begun(&self) {
        self.queue.dec();
    }

    fn answered(&self, took: Duration) {
        self.writes.observe(took.as_secs_f64());
    }

    fn committed(&self, writes: usize, took: Duration) {
        self.groups.observe(u32::try_from(writes).map_or(f64::MAX, f64::from));
        self.commits.observe(took.as_secs_f64());
    }

    fn read(&self, took: Duration) {
        self.reads.observe(took.as_secs_f64());
    }
}

impl StoreTimes {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("store_queue", "Writes that wait for their turn", self.queue.clone());
        registry.register("store_group_writes", "Writes in one commit", self.groups.clone());
        let commits = "Seconds of a transaction, its commit included";
        registry.register("store_commit_seconds", commits, self.commits.clone());
        let writes = "Seconds from asking for a write until it is on disk";
        registry.register("store_write_seconds", writes, self.writes.clone());
        registry.register("store_read_seconds", "Seconds of a read", self.reads.clone());
    }
}
