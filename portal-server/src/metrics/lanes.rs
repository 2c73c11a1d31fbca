//! Lanes: how full each is, and who was sent away.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::register::gauges;
use crate::app::App;
use crate::lane::{Lane, Measured};
use crate::lanes::Work;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    lane: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Why {
    lane: &'static str,
    why: &'static str,
}

/// What all lanes count.
#[derive(Debug, Clone)]
pub(crate) struct LaneCounts {
    turned_away: Family<Why, Counter>,
    waits: Family<Of, Histogram, fn() -> Histogram>,
}

impl Default for LaneCounts {
    fn default() -> Self {
        let seconds = || Histogram::new([0.001, 0.01, 0.1, 0.5, 1.0, 2.0, 5.0]);
        Self { turned_away: Family::default(), waits: Family::new_with_constructor(seconds) }
    }
}

impl LaneCounts {
    /// Those of one lane.
    pub(crate) fn of(&self, work: Work) -> Measured {
        let lane = work.name();
        let turned_away = |why| self.turned_away.get_or_create_owned(&Why { lane, why });
        Measured {
            full: turned_away("full"),
            slow: turned_away("slow"),
            waits: self.waits.get_or_create_owned(&Of { lane }),
        }
    }

    pub(super) fn register(&self, registry: &mut Registry, app: &App) {
        let of = |count: fn(&Lane) -> usize| {
            Work::ALL.map(|work| (Of { lane: work.name() }, count(app.lane(work)) as u64))
        };
        let places = "How many are inside at a time";
        gauges(registry, "lane_places", places, of(|lane| lane.width().at_a_time));
        gauges(registry, "lane_inside", "How many are inside", of(Lane::inside));
        gauges(registry, "lane_waiting", "How many wait for a place", of(Lane::waiting));
        let away = "Sent away with 503: the queue was full, or did not move";
        registry.register("lane_turned_away", away, self.turned_away.clone());
        let waits = "Seconds until those got a place who did";
        registry.register("lane_wait_seconds", waits, self.waits.clone());
    }
}
