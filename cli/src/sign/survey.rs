//! What would be granted, shown before it is: counts by product, the longest end, what is refused.

use std::collections::{BTreeMap, HashSet};

use countersign_core::response::Answer;
use countersign_core::{Hash, UnixSeconds, file};
use indicatif::ProgressBar;
use serde_json::json;

use super::args::Sign;
use super::book::Book;
use super::bulk::{jobs, read, unreadable};
use super::desk::Desk;
use super::groups::{self, Stop};
use super::inputs::Inputs;
use crate::fail::Failure;
use crate::files;
use crate::say::Report;

/// So many refused requests are named.
const NAMED: usize = 5;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// The requests that would be answered: nothing else is signed afterwards.
    pub(crate) shown: HashSet<Hash>,
    /// Answered before.
    pub(crate) again: u64,
    /// Longer than this key may grant alone.
    to_approve: u64,
    /// By product.
    products: BTreeMap<String, Product>,
    refused: u64,
    codes: BTreeMap<String, u64>,
    named: Vec<String>,
}

#[derive(Debug, Default)]
struct Product {
    activations: u64,
    trials: u64,
    deactivations: u64,
    /// The latest end of a grant.
    latest: Option<UnixSeconds>,
    perpetual: u64,
}

enum Look {
    Again,
    Refused(String, Failure),
    Ready { hash: Hash, product: String, kind: Kind, needs_approval: bool },
}

enum Kind {
    Activation(Option<UnixSeconds>),
    Trial(Option<UnixSeconds>),
    Deactivation,
}

impl Survey {
    /// Looks at every request.
    ///
    /// # Errors
    /// The journal's.
    pub(crate) fn make(
        options: &Sign,
        desk: &Desk,
        book: &Book,
        bar: &ProgressBar,
    ) -> Result<Self, Failure> {
        let mut survey = Self::default();
        let now = files::now();
        let look =
            |inputs: Vec<_>| inputs.into_iter().map(|input| look(desk, book, input, now)).collect();
        let ended = groups::each(Inputs::new(&options.files), jobs(options), look, |found| {
            bar.inc(1);
            survey.add(found);
        });
        bar.finish_and_clear();
        match ended {
            Stop::Done => Ok(survey),
            Stop::At(failure) => Err(failure),
        }
    }

    fn add(&mut self, found: Look) {
        match found {
            Look::Again => self.again += 1,
            Look::Refused(name, failure) => {
                self.refused += 1;
                *self.codes.entry(failure.code().to_owned()).or_default() += 1;
                if self.named.len() < NAMED {
                    self.named.push(format!("{name}: {}: {}", failure.code(), failure.fact()));
                }
            }
            Look::Ready { hash, product, kind, needs_approval } => {
                if self.shown.insert(hash) {
                    self.to_approve += u64::from(needs_approval);
                    self.products.entry(product).or_default().add(&kind);
                }
            }
        }
    }

    /// What would be granted.
    pub(crate) fn report(&self, last: &str) -> Report {
        let products: Vec<_> = self.products.iter().map(|(name, p)| p.to_json(name)).collect();
        let report = Report::new(json!({
            "would_sign": self.shown.len(), "products": products, "again": self.again,
            "needs_approval": self.to_approve, "refused": self.refused,
            "codes": self.codes,
        }));
        let report = report.field("to sign", self.shown.len());
        let products = self.products.iter();
        let report =
            products.fold(report, |report, (name, product)| report.field(name, product.words()));
        let again = (self.again > 0)
            .then(|| format!("{}  (answered before: the same responses again)", self.again));
        let codes = self.codes.iter().map(|(code, n)| format!("{n} {code}")).collect::<Vec<_>>();
        let refused =
            (self.refused > 0).then(|| format!("{}  ({})", self.refused, codes.join(", ")));
        let second = (self.to_approve > 0).then(|| {
            format!(
                "{} of them  (signed where a second key has approved, proposed where not)",
                self.to_approve
            )
        });
        let report =
            report.maybe("to approve", second).maybe("again", again).maybe("refused", refused);
        let report = self.named.iter().fold(report, |report, line| report.text(line.clone()));
        report.maybe_text((!last.is_empty()).then_some(last))
    }
}

impl Product {
    fn add(&mut self, kind: &Kind) {
        let end = match kind {
            Kind::Activation(end) => {
                self.activations += 1;
                end
            }
            Kind::Trial(end) => {
                self.trials += 1;
                end
            }
            Kind::Deactivation => {
                self.deactivations += 1;
                return;
            }
        };
        match end {
            Some(_) => self.latest = self.latest.max(*end),
            None => self.perpetual += 1,
        }
    }

    fn words(&self) -> String {
        let count = |n: u64, what: &str| match n {
            0 => None,
            1 => Some(format!("1 {what}")),
            n => Some(format!("{n} {what}s")),
        };
        let kinds = [
            count(self.activations, "activation"),
            count(self.trials, "trial"),
            count(self.deactivations, "receipt"),
        ];
        let mut words: Vec<String> = kinds.into_iter().flatten().collect();
        if let Some(end) = self.latest {
            words.push(format!("the longest until {} UTC", file::date(end)));
        }
        if self.perpetual > 0 {
            words.push(format!("{} without an end", self.perpetual));
        }
        words.join(", ")
    }

    fn to_json(&self, name: &str) -> serde_json::Value {
        json!({
            "product": name, "activations": self.activations, "trials": self.trials,
            "deactivations": self.deactivations, "latest": self.latest, "perpetual": self.perpetual,
        })
    }
}

fn look(
    desk: &Desk,
    book: &Book,
    input: Result<super::inputs::Input, (std::path::PathBuf, std::io::Error)>,
    now: UnixSeconds,
) -> Result<Look, Failure> {
    let input = match input {
        Ok(input) => input,
        Err((path, error)) => {
            return Ok(Look::Refused(path.display().to_string(), unreadable(error)));
        }
    };
    let name = input.path.display().to_string();
    let request = match read(&input) {
        Ok(request) => request,
        Err(failure) => return Ok(Look::Refused(name, failure)),
    };
    if book.knows(&request.hash())? {
        return Ok(Look::Again);
    }
    Ok(match desk.response(&request, now) {
        Err(failure) => Look::Refused(name, failure),
        Ok(response) => {
            let end = response.granted().and_then(|granted| granted.grant.expires_at);
            let kind = match response.answer {
                Answer::Activation(_) => Kind::Activation(end),
                Answer::Trial(_) => Kind::Trial(end),
                // No request asks for a time reset: it is given on purpose.
                Answer::Deactivation { .. } | Answer::TimeReset => Kind::Deactivation,
            };
            let needs_approval = desk.signer.needs_approval(&response);
            let product = response.product.to_string();
            Look::Ready { hash: request.hash(), product, kind, needs_approval }
        }
    })
}
