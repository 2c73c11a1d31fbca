//! Desks that sign for themselves, into journals that are pushed later.

use countersign_core::response::{
    Answer as Said, Binding, Grant, GrantLicense, Granted, RequestRef, Response,
};
use countersign_core::{Hash, Id, LicenseId};
use countersign_model::license::State;
use countersign_model::machine::Parts;
use countersign_model::merge::Signed;
use countersign_store::{JournalOpening, Merged, NewEntry};

use crate::database::Who;
use crate::names;
use crate::play::{Checked, DAY, File, Play, same};
use crate::portal::Word;

/// A journal, and how much of it the portal has.
pub(crate) struct Book {
    opening: JournalOpening,
    entries: Vec<(NewEntry, Line)>,
    /// What became of each entry that was pushed.
    verdicts: Vec<&'static str>,
}

/// An entry as the model has it.
#[derive(Clone)]
enum Line {
    Grant(usize, Signed),
    Receipt { license: usize, grant: u64, device: u64, request: u64, answer: u64, at: u64 },
    Trial { id: u64, device: u64, parts: Parts, request: u64, answer: u64, at: u64, ends: u64 },
}

impl Book {
    pub(crate) fn new(seed: u64, desk: u64) -> Self {
        let opening = JournalOpening {
            hash: Hash::of(format!("journal {seed} {desk}")),
            own_id: names::id(seed << 1 | desk),
            kid: names::device(desk),
            kind: String::new(),
            made_at: 0,
        };
        Self { opening, entries: Vec::new(), verdicts: Vec::new() }
    }

    fn write(&mut self, line: Line, response: Response, answer: u64) {
        let n = self.entries.len() as u64 + 1;
        let prev = self.entries.last().map_or(self.opening.hash, |(last, _)| last.hash);
        let entry = NewEntry {
            n,
            hash: Hash::of(format!("{n} {prev} {answer}")),
            prev,
            at: response.issued_at,
            request: response.request.hash,
            token: names::token(answer),
            response: Ok(Some(response)),
            delegation: None,
            number: None,
            holder: None,
        };
        self.entries.push((entry, line));
    }
}

impl Play<'_> {
    /// A machine's request is answered by a desk: a new one, or the one that somebody else may have answered.
    pub(crate) fn desk_grant(&mut self, desk: usize, license: usize, machine: usize, same: bool) {
        let device = self.machines[machine].device;
        let last =
            self.machines[machine].request.filter(|(of, _, by)| *of == license && *by == device);
        let request = match last.filter(|_| same) {
            Some((_, request, _)) => request,
            None => self.request(license, machine, Who::Nobody, true).request,
        };
        let (id, parts) = (self.name(), self.machines[machine].parts.clone());
        self.licenses[license].grants.push((id, device));
        self.sign(desk, license, id, device, parts, request);
    }

    /// A desk renews what somebody signed: the same activation, for a further request.
    pub(crate) fn desk_renew(
        &mut self,
        desk: usize,
        license: usize,
        number: usize,
        by_other: bool,
    ) {
        let Some((id, device)) = self.grant(license, number, by_other) else { return };
        let own = self.machines.iter().find(|machine| machine.device == device);
        let Some(parts) = own.map(|machine| machine.parts.clone()) else { return };
        let request = self.name();
        self.sign(desk, license, id, device, parts, request);
    }

    fn sign(
        &mut self,
        desk: usize,
        license: usize,
        id: u64,
        device: u64,
        parts: Parts,
        request: u64,
    ) {
        let (answer, at) = (self.name(), self.clock);
        let granted = self.granted(&parts, at + 100 * DAY, Some(self.licenses[license].id));
        let response = self.respond(id, device, request, Said::Activation(granted));
        let signed = Signed { id, device, machine: parts, request, answer, at };
        self.books[desk].write(Line::Grant(license, signed), response, answer);
    }

    pub(crate) fn desk_receipt(
        &mut self,
        desk: usize,
        license: usize,
        number: usize,
        by_other: bool,
        same_request: bool,
    ) {
        let Some((grant, device)) = self.grant(license, number, by_other) else { return };
        let fresh = (license, grant, device, self.name());
        let proof = self.proof.filter(|_| same_request).unwrap_or(fresh);
        self.proof = Some(proof);
        let (license, grant, device, request) = proof;
        self.files.push(File::Proof { license, request, grant, device });
        let (id, answer, at) = (self.name(), self.name(), self.clock);
        let said = Said::Deactivation { activation: names::id(grant) };
        let response = self.respond(id, device, request, said);
        let line = Line::Receipt { license, grant, device, request, answer, at };
        self.books[desk].write(line, response, answer);
    }

    pub(crate) fn desk_trial(&mut self, desk: usize, machine: usize, days: u64) {
        let (id, request, answer, at) = (self.name(), self.name(), self.name(), self.clock);
        let machine = &self.machines[machine];
        let (device, parts, ends) = (machine.device, machine.parts.clone(), at + days * DAY);
        self.files.push(File::Trial { request, device, parts: parts.clone() });
        let response =
            self.respond(id, device, request, Said::Trial(self.granted(&parts, ends, None)));
        let line = Line::Trial { id, device, parts, request, answer, at, ends };
        self.books[desk].write(line, response, answer);
    }

    fn granted(&self, parts: &Parts, ends: u64, license: Option<LicenseId>) -> Granted {
        let license = license.map(|id| GrantLicense {
            id,
            plan: None,
            holder: None,
            deactivations_left: None,
        });
        Granted {
            import_by: self.clock + 1000,
            binding: Binding {
                strategy: names::strategy(self.script.binding),
                fingerprint: names::fingerprint(parts),
            },
            grant: Grant {
                expires_at: Some(ends),
                renew_by: None,
                entitlements: Default::default(),
                license,
                metadata: Default::default(),
            },
        }
    }

    fn respond(&self, id: u64, device: u64, request: u64, answer: Said) -> Response {
        Response {
            issuer: "Acme".into(),
            product: self.product.id.clone(),
            id: names::id(id),
            issued_at: self.clock,
            request: RequestRef { id: Id::from([1; 16]), hash: names::request(request) },
            device: names::device(device),
            answer,
        }
    }

    /// A part of a journal is pushed.
    pub(crate) async fn push(&mut self, desk: usize, share: u64, again: bool) -> Checked {
        let book = &self.books[desk];
        let (known, all) = (book.verdicts.len(), book.entries.len());
        if again && share == 2 && all > known + 1 {
            return self.push_with_a_gap(desk, known + 1).await;
        }
        let from = if again { known / 2 } else { known };
        let to = match share {
            0 => all,
            1 => known + (all - known).div_ceil(2),
            _ => all.min(known + 1),
        };
        if from == to {
            return Ok(());
        }
        if from < known {
            self.seen.note("push", &Word("again"));
        }
        let entries = book.entries[from..to].iter().map(|(entry, _)| entry.clone()).collect();
        let pushed =
            self.database.store.merge_journal(book.opening.clone(), entries, "test", self.clock);
        let Merged::Done(done) = pushed.await.map_err(|e| e.to_string())? else {
            return Err("it does not follow".into());
        };
        for (n, entry) in (from..to).zip(done) {
            let (should, is_duplicate) = match self.books[desk].verdicts.get(n) {
                Some(before) => (*before, false),
                None => self.merge(desk, n),
            };
            same("new", &entry.is_new, &(n >= known))?;
            same("duplicate", &entry.is_duplicate, &is_duplicate)?;
            same("the verdict", &format!("{:?}", entry.verdict).as_str(), &should)?;
        }
        Ok(())
    }

    async fn push_with_a_gap(&mut self, desk: usize, from: usize) -> Checked {
        let book = &self.books[desk];
        let entries = book.entries[from..].iter().map(|(entry, _)| entry.clone()).collect();
        let pushed =
            self.database.store.merge_journal(book.opening.clone(), entries, "test", self.clock);
        self.seen.note("push", &Merged::DoesNotFollow);
        same("a gap", &pushed.await.map_err(|e| e.to_string())?, &Merged::DoesNotFollow)
    }

    /// The model takes an entry in: what becomes of it, and whether its request had been answered otherwise.
    fn merge(&mut self, desk: usize, n: usize) -> (&'static str, bool) {
        let (_, line) = self.books[desk].entries[n].clone();
        let (before, verdict) = match line {
            Line::Grant(license, signed) => {
                let model = &mut self.licenses[license].model;
                let ended = |m: &countersign_model::license::License| {
                    let ended = m.grants.iter().filter(|(_, g)| g.state == State::Replaced);
                    ended.map(|(id, _)| *id).collect::<Vec<_>>()
                };
                let (answer, were) = (model.answers.get(&signed.request).copied(), ended(model));
                let verdict = model.merge_grant(&signed);
                if were.iter().any(|id| model.grants[id].holds()) {
                    self.seen.note("license", &Word("revived"));
                }
                if model.seats.is_some_and(|seats| model.in_use() > seats) {
                    self.seen.note("license", &Word("over"));
                }
                (answer.is_some_and(|answer| answer != signed.answer), named(&verdict))
            }
            Line::Receipt { license, grant, device, request, answer, at } => {
                let model = &mut self.licenses[license].model;
                let before = model.answers.get(&request).is_some_and(|before| *before != answer);
                let verdict = model.merge_receipt(grant, device, request, answer, at);
                (before, named(&verdict))
            }
            Line::Trial { id, device, parts, request, answer, at, ends } => {
                let trials = &mut self.trials;
                let before = trials.answers.get(&request).is_some_and(|before| *before != answer);
                let merged = trials.merge((request, answer), (device, &parts), id, (at, ends));
                let verdict = match merged {
                    None => "Known",
                    Some(true) => {
                        self.asked_trials.push(id);
                        "Trial"
                    }
                    Some(false) => "TrialAgain",
                };
                (before, verdict)
            }
        };
        self.seen.note("merge", &Word(verdict));
        self.books[desk].verdicts.push(verdict);
        (verdict, before)
    }
}

fn named(verdict: &countersign_model::merge::Verdict) -> &'static str {
    use countersign_model::merge::Verdict;
    match verdict {
        Verdict::Counted => "Counted",
        Verdict::Known => "Known",
        Verdict::Receipt => "Receipt",
        Verdict::OtherActivation => "OtherActivation",
        Verdict::OtherDevice => "OtherDevice",
    }
}
