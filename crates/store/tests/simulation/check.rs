//! All that is stored of a script's licenses and trials, against the model.

use countersign_core::Hash;
use countersign_model::license::{Grant, State};
use countersign_store::{Activation, License};

use crate::names;
use crate::play::{Checked, Licensed, Play, same};
use crate::portal::{state_of, status};

impl Play<'_> {
    pub(crate) async fn look(&mut self) -> Checked {
        for (number, licensed) in self.licenses.iter().enumerate() {
            let looked = self.look_at(licensed).await;
            looked.map_err(|why| format!("license {number}: {why}"))?;
        }
        self.look_at_groups().await?;
        self.look_at_trials().await
    }

    async fn look_at(&self, licensed: &Licensed) -> Checked {
        let store = &self.database.store;
        let stored = store.license(&licensed.id).await.unwrap().ok_or("it is gone")?;
        look_at_license(&stored, licensed)?;
        let activations = store.activations(&licensed.id, 1000).await.unwrap();
        same("number of activations", &activations.len(), &licensed.model.grants.len())?;
        for activation in &activations {
            let name = names::name_of(activation.id);
            let grant = licensed.model.grants.get(&name).ok_or("an activation that is none")?;
            let looked = look_at_activation(activation, grant);
            looked.map_err(|why| format!("activation {name}: {why}"))?;
        }
        for (request, answer) in &licensed.model.answers {
            self.look_at_answer(names::request(*request), *answer).await?;
        }
        let over = store.overruns(&licensed.id).await.unwrap();
        same("machines beyond the limit", &(over.len() as u64), &stored.over_activations)
    }

    async fn look_at_answer(&self, request: Hash, answer: u64) -> Checked {
        let stored = self.database.store.answer(&request).await.unwrap();
        same("an answer", &stored.map(|stored| stored.token), &Some(names::token(answer)))
    }

    async fn look_at_groups(&self) -> Checked {
        let licensed = &self.licenses[0];
        let stored = self.database.store.groups_of_license(&licensed.id).await.unwrap();
        let stored: Vec<_> =
            stored.iter().map(|link| (link.group, link.seat_cap, link.live_activations)).collect();
        let links = licensed.model.links.iter().filter(|(_, link)| link.linked);
        let linked = links.map(|(group, link)| {
            let id = self.groups[usize::try_from(*group).unwrap()];
            (id, link.cap, licensed.model.in_use_of(*group))
        });
        same("the groups", &stored, &linked.collect())
    }

    async fn look_at_trials(&self) -> Checked {
        for (id, trial) in &self.trials.all {
            let stored = self.database.store.trial(&names::id(*id)).await.unwrap();
            let stored = stored.ok_or_else(|| format!("trial {id} is gone"))?;
            let is = (stored.expires_at, stored.other_end);
            same("a trial's ends", &is, &(trial.ends, trial.other_end))?;
            let after = stored.after.map(names::name_of);
            same("the trial before", &after, &trial.after)?;
        }
        for (request, answer) in &self.trials.answers {
            self.look_at_answer(names::request(*request), *answer).await?;
        }
        Ok(())
    }
}

fn look_at_license(stored: &License, licensed: &Licensed) -> Checked {
    let model = &licensed.model;
    let (live, over) = within(model.in_use(), model.seats);
    same("seats in use", &(stored.live_activations, stored.over_activations), &(live, over))?;
    let (given_up, beyond) = within(model.given_up(), model.deactivations);
    let is = (stored.total_deactivations, stored.over_deactivations);
    same("deactivations", &is, &(given_up, beyond))?;
    same("releases", &stored.total_releases, &model.released())?;
    same("seats ever taken", &stored.total_activations, &model.taken)?;
    same("status", &stored.status, &status(model.status))?;
    same("first activation", &stored.first_activated_at, &model.first)?;
    same("end", &stored.expires_at, &model.end)?;
    same("revision", &u64::try_from(stored.revision).unwrap(), &model.version)
}

/// What is within a limit, and what is beyond it.
fn within(used: u64, limit: Option<u64>) -> (u64, u64) {
    let within = limit.map_or(used, |limit| used.min(limit));
    (within, used - within)
}

fn look_at_activation(stored: &Activation, grant: &Grant) -> Checked {
    same("state", &state_of(stored.state), &grant.state)?;
    same("device", &stored.device_key, &names::device(grant.device))?;
    same("machine", &stored.fingerprint, &names::fingerprint(&grant.machine))?;
    same("seat", &names::name_of(stored.seat), &grant.seat)?;
    same("created", &stored.created_at, &grant.created)?;
    same("signed", &stored.granted_at, &grant.granted)?;
    let request = stored.request.map(|(_, hash)| hash);
    // What was signed in a journal leaves its request's hash behind, and not its id.
    let is_forgotten = request.is_none() && grant.state == State::Deactivated;
    if !is_forgotten {
        same("request", &request, &grant.request.map(names::request))?;
    }
    same("in a group", &stored.group.is_some(), &grant.group.is_some())?;
    if matches!(grant.state, State::Deactivated | State::Released) {
        same("ended", &stored.ended_at, &grant.ended.map(|(at, _)| at))?;
    }
    let release = stored.release.as_ref();
    let by = grant.ended.and_then(|(_, by)| by).map(names::id);
    same("released by", &release.map(|release| release.by), &by)?;
    same("came back", &release.and_then(|release| release.came_back_at), &grant.came_back)
}
