//! What a whole batch needs, said before anything is used up: each file alone may fit where all of them do not.

use std::collections::{BTreeMap, HashSet};

use countersign_core::LicenseId;
use countersign_core::request::Ask;

use super::review::{Read, ReviewItem};
use crate::app::App;
use crate::desk::{Chosen, Effect, Outcome, Refusal, SeatKind};
use crate::language::{Language, Say};
use crate::pages::ErrorPage;

/// The seats of one license that a batch needs.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Need {
    product: String,
    needed: u64,
    /// Free now; none is any number.
    free: Option<u64>,
    /// Given back by deactivations of the same batch, which are done first.
    freed: u64,
}

impl Need {
    /// How many machines will get no seat.
    fn missing(&self) -> u64 {
        let free = |free: u64| self.needed.saturating_sub(free + self.freed);
        self.free.map_or(0, free)
    }

    pub(super) fn is_short(&self) -> bool {
        self.missing() > 0
    }

    /// "12 of these machines need a seat of Acme CAD, 5 are free. 7 will get none …"
    pub(super) fn in_words(&self, language: &Language) -> String {
        let count = |key: &str, name: &'static str, count: u64| {
            (count > 0).then(|| language.t1(key, name, count))
        };
        let freed = count("batch-seats-freed", "freed", self.freed);
        let missing = count("batch-seats-missing", "missing", self.missing());
        let sentences = [Some(language.say(&self.needs())), freed, missing];
        sentences.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    fn needs(&self) -> Say {
        let key = if self.free.is_some() { "batch-seats" } else { "batch-seats-any" };
        let say = Say::new(key).with("needed", self.needed).with("product", &self.product);
        match self.free {
            Some(free) => say.with("free", free),
            None => say,
        }
    }
}

/// What the batch needs, license by license: those of which it needs two seats or more, or more than there are.
pub(super) async fn needs(app: &App, items: &[ReviewItem]) -> Result<Vec<Need>, ErrorPage> {
    let mut needs = BTreeMap::<LicenseId, Need>::new();
    let mut counted = HashSet::new();
    let mut give_back = Vec::new();
    for read in items.iter().filter_map(ReviewItem::read) {
        if gives_back(read) {
            give_back.push(read);
        }
        let (Some(license), Some(free)) = (license_of(read), free_seats(read)) else { continue };
        // Two requests of one machine need one seat.
        if counted.insert((license, read.request.device_key().thumbprint().to_string())) {
            let need = needs.entry(license).or_default();
            need.needed += 1;
            need.free = free;
            need.product = read.preview.as_ref().map(|p| p.product.clone()).unwrap_or_default();
        }
    }
    for read in give_back {
        if let Some(license) = license_given_back(app, read).await?
            && let Some(need) = needs.get_mut(&license)
        {
            need.freed += 1;
        }
    }
    Ok(needs.into_values().filter(|need| need.needed > 1 || need.is_short()).collect())
}

fn gives_back(read: &Read) -> bool {
    let outcome = read.preview.as_ref().map(|preview| &preview.outcome);
    matches!(outcome, Some(Ok(Outcome { effect: Effect::FreeSeat, .. })))
}

/// The license that an activation request is for.
fn license_of(read: &Read) -> Option<LicenseId> {
    match &read.request.claims().ask {
        Ask::Activation { license: Some(proof), .. } => Some(proof.id),
        Ask::Activation { license: None, .. } => read.door.license.map(Chosen::license),
        _ => None,
    }
}

/// The seats that are free now, if the request needs a further one.
fn free_seats(read: &Read) -> Option<Option<u64>> {
    match &read.preview.as_ref()?.outcome {
        Ok(Outcome { effect: Effect::Activate(SeatKind::New, _), seats: Some(seats), .. }) => {
            let others = seats.used.saturating_sub(1);
            Some(seats.allowed.map(|allowed| allowed.saturating_sub(others)))
        }
        Err(Refusal::SeatsUsedUp { .. } | Refusal::GroupSeatsUsedUp(_)) => Some(Some(0)),
        _ => None,
    }
}

async fn license_given_back(app: &App, read: &Read) -> Result<Option<LicenseId>, ErrorPage> {
    let Ask::Deactivation { activation, .. } = &read.request.claims().ask else { return Ok(None) };
    let key = read.request.device_key().thumbprint();
    let (_, known) = app.store().deactivation_plan(activation, &key).await?;
    Ok(known.map(|activation| activation.license))
}
