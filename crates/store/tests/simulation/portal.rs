//! What is asked of the portal: the store and the model answer, and the answers are compared.

use countersign_core::request::Device;
use countersign_model::license::{self as model, Ask, Changed, Released, Renewed, State};
use countersign_store::{
    Activate, Activated, ActivationRefusal, ActivationState, Deactivate, Deactivated, GroupChange,
    License, LicenseChange, LicenseStatus, Release, ReleaseOutcome, ReleasePolicy, Renewal, Right,
    Seat,
};

use crate::database::{SUPPORT, Who};
use crate::names;
use crate::op::{How, To};
use crate::play::{Checked, DAY, Licensed, Play, same, somebody};

/// What the vendor allows its customers.
const POLICY: (u64, u64) = (2, DAY);

/// An answer of the portal: the model's, or that it has to be signed anew.
#[derive(Debug, PartialEq, Eq)]
enum Answered {
    Stale,
    As(model::Activated),
}

impl Play<'_> {
    pub(crate) async fn activate(&mut self, number: usize, ask: Ask, how: How) -> Checked {
        let store = &self.database.store;
        let license = &self.licenses[number];
        let (key, machine) = (names::device(ask.device), names::fingerprint(&ask.machine));
        let read = store.license(&license.id).await.unwrap().unwrap();
        let terms = if how == How::ByOldTerms { license.old.clone() } else { read };
        let plan = store.activation_plan(&license.id, &key, &machine, &[], ask.now).await.unwrap();
        let signed = match plan {
            // Its own, while it had that one.
            _ if how == How::AsBefore => names::id(former(license, &ask)),
            Ok(Seat::Renewal(own)) if how != How::AsNew => own.id,
            _ => names::id(ask.fresh),
        };
        let activate = Activate {
            expires_at: terms.grant_end(ask.now),
            activation: signed,
            request_id: names::id(ask.request),
            request_hash: names::request(ask.request),
            device_key: key,
            device: Device { name: None, platform: None, app_version: None, fingerprint: machine },
            response: names::token(ask.answer),
            import_by: ask.now + 1000,
            door: "api",
            by_user: ask.by.as_ref().map(|(person, _)| names::id(*person)),
            right: if ask.proves { Right::Key } else { Right::Access },
            now: ask.now,
            terms: terms.clone(),
        };
        let got = answered(store.activate(activate).await.map_err(|e| e.to_string())?, signed);
        let mut after = license.model.clone();
        let said = after.activate(&ask);
        let is_old = u64::try_from(terms.revision) != Ok(license.model.version);
        let should = match said {
            model::Activated::Repeated(_) => Answered::As(said),
            _ if is_old => Answered::Stale,
            // Signed as another grant than it is: as a further one, or of one that is none any more.
            model::Activated::Done(id) if names::id(id) != signed => Answered::Stale,
            said => Answered::As(said),
        };
        match &should {
            Answered::Stale => self.seen.note("activate", &should),
            Answered::As(said) => self.seen.note("activate", said),
        }
        same("the answer", &got, &should)?;
        if let Answered::As(said) = should {
            let license = &mut self.licenses[number];
            let before = std::mem::replace(&mut license.model, after);
            if said == model::Activated::Done(ask.fresh) {
                license.grants.push((ask.fresh, ask.device));
                let back =
                    |l: &model::License| l.grants.values().filter_map(|g| g.came_back).count();
                if back(&before) < back(&license.model) {
                    self.seen.note("license", &Word("came-back"));
                }
            }
        }
        Ok(())
    }

    pub(crate) async fn deactivate(
        &mut self,
        license: usize,
        request: u64,
        grant: u64,
        device: u64,
    ) -> Checked {
        let answer = self.name();
        let deactivate = Deactivate {
            activation: names::id(grant),
            device_key: names::device(device),
            request_hash: names::request(request),
            receipt: names::token(answer),
            by_user: None,
            now: self.clock,
        };
        let got = self.database.store.deactivate(deactivate).await.map_err(|e| e.to_string())?;
        let got = match got {
            Deactivated::Done => model::Deactivated::Done,
            Deactivated::Repeated(answer) => model::Deactivated::Repeated(word(&answer.token)),
            Deactivated::Unknown => model::Deactivated::Unknown,
            Deactivated::OtherDevice => model::Deactivated::OtherDevice,
            Deactivated::Replaced => model::Deactivated::Replaced,
            Deactivated::UsedUp { allowed } => model::Deactivated::UsedUp(allowed),
        };
        let model = &mut self.licenses[license].model;
        let should = model.deactivate(request, grant, device, answer, self.clock);
        self.seen.note("deactivate", &should);
        same("the receipt", &got, &should)
    }

    pub(crate) async fn release(&mut self, license: usize, number: usize, by: Who) -> Checked {
        let Some((grant, _)) = self.grant(license, number, false) else { return Ok(()) };
        let (by, person, right) = somebody(by, license);
        let (per_year, cool_down) = POLICY;
        let release = Release {
            license: self.licenses[license].id,
            activation: names::id(grant),
            by,
            reason: "lost".into(),
            policy: ReleasePolicy { per_year, cool_down },
            now: self.clock,
        };
        let got = self.database.store.release_seat(release).await.map_err(|e| e.to_string())?;
        let got = match got {
            ReleaseOutcome::Done => Released::Done,
            ReleaseOutcome::Unknown => Released::Unknown,
            ReleaseOutcome::NotTheirs => Released::NotTheirs,
            ReleaseOutcome::HoldsNoSeat(state) => Released::HoldsNoSeat(state_of(state)),
            ReleaseOutcome::QuotaUsedUp { allowed, again_at } => {
                Released::YearUsedUp(allowed, again_at)
            }
            ReleaseOutcome::DayUsedUp { allowed, again_at } => {
                Released::DayUsedUp(allowed, again_at)
            }
            ReleaseOutcome::TooSoon { again_at } => Released::TooSoon(again_at),
            ReleaseOutcome::NeedsSecondPerson => return Err("a second person is asked for".into()),
        };
        let elsewhere = self.licenses[1 - license].model.releases(self.clock - DAY, Some(person));
        let policy = model::Policy { per_year, cool_down };
        let model = &mut self.licenses[license].model;
        let should =
            model.release(grant, (person, &right), policy, SUPPORT, &elsewhere, self.clock);
        self.seen.note("release", &should);
        same("the release", &got, &should)
    }

    pub(crate) async fn renew(&mut self, license: usize, number: usize, by: Who) -> Checked {
        let Some((grant, _)) = self.grant(license, number, false) else { return Ok(()) };
        let (by, person, right) = somebody(by, license);
        let (answer, other) = (self.name(), self.name());
        let (store, licensed) = (&self.database.store, &mut self.licenses[license]);
        let known = licensed.model.grants.get(&grant).and_then(|grant| grant.request);
        let request = known.unwrap_or(other);
        let terms = store.license(&licensed.id).await.unwrap().unwrap();
        let renewal = Renewal {
            expires_at: terms.grant_end(self.clock),
            terms,
            activation: names::id(grant),
            request_hash: names::request(request),
            response: names::token(answer),
            import_by: self.clock + 1000,
            by,
            now: self.clock,
        };
        let got = match store.renew(renewal).await.map_err(|e| e.to_string())? {
            countersign_store::Renewed::Done => Renewed::Done,
            countersign_store::Renewed::Repeated(stored) => Renewed::Repeated(word(&stored.token)),
            countersign_store::Renewed::NoAccess => Renewed::NotTheirs,
            countersign_store::Renewed::Stale => Renewed::Stale,
        };
        let (signed, who) = ((self.clock + 1000, answer), (person, &right));
        let should =
            licensed.model.renew_without_request((grant, request), who, signed, self.clock);
        self.seen.note("renew", &should);
        same("the renewal", &got, &should)
    }

    pub(crate) async fn change(&mut self, license: usize, to: To, is_stale: bool) -> Checked {
        let (store, licensed) = (&self.database.store, &mut self.licenses[license]);
        let read = store.license(&licensed.id).await.unwrap().unwrap();
        licensed.old = read.clone();
        let mut terms = licensed.model.terms();
        match to {
            To::Seats(seats) => terms.seats = seats,
            To::Deactivations(deactivations) => terms.deactivations = deactivations,
            To::Active => terms.status = model::Status::Active,
            To::Suspended => terms.status = model::Status::Suspended,
            To::Revoked => terms.status = model::Status::Revoked,
            To::End(after) => terms.end = after.map(|after| self.clock + after),
            To::Binding(binding) => terms.binding = binding,
        }
        let changed = License {
            allowed_activations: terms.seats,
            allowed_deactivations: terms.deactivations,
            status: status(terms.status),
            expires_at: terms.end,
            strategy: names::strategy(terms.binding),
            revision: read.revision - i64::from(is_stale),
            ..read
        };
        let got =
            store.change_license(changed, "test", self.clock).await.map_err(|e| e.to_string())?;
        let got = match got {
            LicenseChange::Done => Changed::Done,
            LicenseChange::Stale => Changed::Stale,
            LicenseChange::BelowUse { live, deactivations } => {
                Changed::BelowUse(live, deactivations)
            }
            LicenseChange::NeedsSecondPerson => return Err("a second person is asked for".into()),
        };
        let version = licensed.model.version - u64::from(is_stale);
        let should = licensed.model.change(version, &terms);
        self.seen.note("change", &should);
        same("the change", &got, &should)
    }

    pub(crate) async fn link(&mut self, group: u64, cap: Option<u64>) -> Checked {
        let (store, organization) = (&self.database.store, self.database.organization);
        let (id, licensed) = (self.group(group), &mut self.licenses[0]);
        let got = store.link_license(organization, id, licensed.id, cap, "test", self.clock).await;
        let should = licensed.model.link(group, cap);
        self.seen.note("link", &should);
        let should = match should {
            Ok(()) => GroupChange::Done,
            Err(live) => GroupChange::BelowUse { live },
        };
        same("the link", &got.map_err(|e| e.to_string())?, &should)
    }

    pub(crate) async fn unlink(&mut self, group: u64) -> Checked {
        let (store, organization) = (&self.database.store, self.database.organization);
        let (id, licensed) = (self.group(group), &mut self.licenses[0]);
        let got = store.unlink_license(organization, id, licensed.id, "test", self.clock).await;
        let should = done(licensed.model.unlink(group));
        same("the end of the link", &got.map_err(|e| e.to_string())?, &should)
    }

    pub(crate) async fn join(&mut self, group: u64, who: Who) -> Checked {
        let (store, organization) = (&self.database.store, self.database.organization);
        let (id, user) = (self.group(group), names::id(who.person()));
        let got = store.add_to_group(organization, id, user, "test", self.clock).await;
        self.licenses[0].model.members.insert((group, who.person()));
        same("joining", &got.map_err(|e| e.to_string())?, &GroupChange::Done)
    }

    pub(crate) async fn leave(&mut self, group: u64, who: Who) -> Checked {
        let (store, organization) = (&self.database.store, self.database.organization);
        let (id, user) = (self.group(group), names::id(who.person()));
        let got = store.remove_from_group(organization, id, user, "test", self.clock).await;
        let should = done(self.licenses[0].model.members.remove(&(group, who.person())));
        same("leaving", &got.map_err(|e| e.to_string())?, &should)
    }

    fn group(&self, group: u64) -> countersign_core::Id {
        self.groups[usize::try_from(group).unwrap()]
    }
}

/// An activation of the device that the portal knows, whatever became of it, or a fresh name.
fn former(license: &Licensed, ask: &Ask) -> u64 {
    let mut own = license.model.grants.iter().filter(|(_, grant)| grant.device == ask.device);
    own.next().map_or(ask.fresh, |(id, _)| *id)
}

fn done(was: bool) -> GroupChange {
    if was { GroupChange::Done } else { GroupChange::Unknown }
}

/// A name that is noted as it is.
pub(crate) struct Word(pub(crate) &'static str);

impl std::fmt::Debug for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

fn answered(got: Activated, signed: countersign_core::Id) -> Answered {
    let refused = match got {
        Activated::Stale => return Answered::Stale,
        Activated::Done => return Answered::As(model::Activated::Done(names::name_of(signed))),
        Activated::Repeated(answer) => {
            return Answered::As(model::Activated::Repeated(word(&answer.token)));
        }
        Activated::Refused(refused) => refused,
    };
    Answered::As(match refused {
        ActivationRefusal::UnknownLicense => model::Activated::NotTheirs,
        ActivationRefusal::Suspended => model::Activated::Suspended,
        ActivationRefusal::Revoked => model::Activated::Revoked,
        ActivationRefusal::Expired { at } => model::Activated::Expired(at),
        ActivationRefusal::SeatsUsedUp { allowed } => model::Activated::SeatsUsedUp(allowed),
        ActivationRefusal::GroupSeatsUsedUp { allowed } => {
            model::Activated::GroupSeatsUsedUp(allowed)
        }
        ActivationRefusal::ReinstallsUsedUp { allowed } => {
            model::Activated::ReinstallsUsedUp(allowed)
        }
    })
}

pub(crate) fn word(token: &str) -> u64 {
    token.strip_prefix("answer ").unwrap().parse().unwrap()
}

pub(crate) fn state_of(state: ActivationState) -> State {
    match state {
        ActivationState::Active => State::Active,
        ActivationState::Returned => State::Returned,
        ActivationState::Deactivated => State::Deactivated,
        ActivationState::Replaced => State::Replaced,
        ActivationState::Released => State::Released,
    }
}

pub(crate) fn status(status: model::Status) -> LicenseStatus {
    match status {
        model::Status::Active => LicenseStatus::Active,
        model::Status::Suspended => LicenseStatus::Suspended,
        model::Status::Revoked => LicenseStatus::Revoked,
    }
}
