//! Trials, asked of the portal and extended by its vendor.

use countersign_core::request::Device;
use countersign_model::machine::Parts;
use countersign_model::trial::Got;
use countersign_store::{
    BeyondLimits, ExtendTrial, ExtensionLimits, StartTrial, TrialEnd, TrialExtended, TrialLimits,
    TrialPlan, TrialStarted,
};

use crate::database::Who;
use crate::names;
use crate::play::{Checked, Play, same};
use crate::portal::word;

impl Play<'_> {
    pub(crate) async fn trial(&mut self, request: u64, device: u64, parts: Parts) -> Checked {
        let (fresh, answer, now) = (self.name(), self.name(), self.clock);
        let (store, key) = (&self.database.store, names::device(device));
        let fingerprint = names::fingerprint(&parts);
        let asks = Device { name: None, platform: None, app_version: None, fingerprint };
        let terms = store.product(&self.product.id).await.unwrap().unwrap();
        let (trial, expires_at) = match store.trial_plan(&terms, &key, &asks, now).await.unwrap() {
            TrialPlan::Again(trial) => (trial.id, trial.expires_at),
            TrialPlan::Start(_) | TrialPlan::Used(_) => {
                let TrialEnd::At(end) = terms.trial.end_from(now) else { unreachable!() };
                (names::id(fresh), end)
            }
        };
        let start = StartTrial {
            terms,
            trial,
            device_key: key,
            device: asks,
            request_id: names::id(request),
            request_hash: names::request(request),
            response: names::token(answer),
            expires_at,
            limits: TrialLimits::default(),
            by_user: None,
            now,
        };
        let got = match store.start_trial(start).await.map_err(|e| e.to_string())? {
            TrialStarted::Done => Got::Trial(names::name_of(trial), expires_at),
            TrialStarted::Repeated(answer) => Got::Repeated(word(&answer.token)),
            TrialStarted::AlreadyUsed(used) => Got::Used(names::name_of(used.trial.id)),
            other => return Err(format!("the trial is {other:?}")),
        };
        let should = self.trials.ask((request, answer), device, &parts, fresh, now);
        self.seen.note("trial", &should);
        if should == Got::Trial(fresh, expires_at) {
            self.asked_trials.push(fresh);
        }
        same("the trial", &got, &should)
    }

    pub(crate) async fn extend_trial(&mut self, number: usize, days: u64) -> Checked {
        let Some(trial) = self.asked_trials.get(number % self.asked_trials.len().max(1)).copied()
        else {
            return Ok(());
        };
        let extend = ExtendTrial {
            trial: names::id(trial),
            seen_end: self.trials.all[&trial].ends,
            days,
            limits: ExtensionLimits { times: 1, days: 1 },
            beyond: BeyondLimits::Meant,
            by: names::id(Who::Vendor.person()),
            actor: "test".into(),
            now: self.clock,
        };
        let got = match self.database.store.extend_trial(extend).await.map_err(|e| e.to_string())? {
            TrialExtended::Done(trial) => Some(trial.expires_at),
            TrialExtended::Superseded => None,
            other => return Err(format!("the extension is {other:?}")),
        };
        let should = self.trials.extend(trial, days, self.clock);
        self.seen.note("extend", &should);
        same("the extended trial's end", &got, &should)
    }
}
