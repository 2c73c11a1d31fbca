//! What became of what was pushed.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::gather::{Gathered, Odd, Standing, number};

/// So many entries are named.
const SHOWN: usize = 20;

/// What became of all parts together.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) received: u64,
    new: u64,
    duplicates: u64,
    verdicts: BTreeMap<String, u64>,
    odd: Vec<Value>,
    /// By license.
    over: BTreeMap<String, Value>,
    /// As the last answer has them: they are of the whole journal.
    gaps: Vec<Value>,
    twice: Vec<Value>,
    forked: bool,
}

impl Tally {
    pub(super) fn add(&mut self, answer: &Value) {
        let list = |name: &str| answer[name].as_array().cloned().unwrap_or_default();
        self.received += number(&answer["received"]);
        self.new += number(&answer["new"]);
        self.duplicates += number(&answer["duplicates"]);
        for (verdict, count) in answer["verdicts"].as_object().into_iter().flatten() {
            *self.verdicts.entry(verdict.clone()).or_default() += number(count);
        }
        self.odd.extend(list("odd"));
        for license in list("over") {
            let id = license["license"].as_str().unwrap_or_default().to_owned();
            self.over.insert(id, license);
        }
        (self.gaps, self.twice) = (list("gaps"), list("twice"));
        self.forked = answer["forked"].as_bool().unwrap_or(false);
    }

    /// Whether somebody should look: not everything was counted, or numbers do not fit.
    pub(super) fn is_odd(&self) -> bool {
        !self.odd.is_empty() || !self.gaps.is_empty() || !self.twice.is_empty() || self.forked
    }
}

/// The lines for people: label and value; no label is a sentence.
pub(super) fn report(
    gathered: &Gathered,
    standing: &Standing,
    tally: &Tally,
    is_dry: bool,
) -> Vec<(String, String)> {
    let mut lines = vec![("journal".to_owned(), gathered.path.display().to_string())];
    let mut field = |label: &str, value: String| lines.push((label.to_owned(), value));
    field("entries", format!("{}, the portal knew {}", gathered.head.count, standing.known));
    let left = (gathered.head.count + 1).saturating_sub(standing.from);
    if is_dry {
        field("to push", left.to_string());
    } else {
        field("pushed", format!("{} new of {} sent", tally.new, tally.received));
    }
    for (verdict, count) in &tally.verdicts {
        field(verdict, count.to_string());
    }
    if tally.duplicates > 0 {
        field("duplicates", format!("{} requests were answered otherwise, too", tally.duplicates));
    }
    for license in tally.over.values().take(SHOWN) {
        field("over", over(license));
    }
    for odd in tally.odd.iter().take(SHOWN) {
        let why = odd["why"].as_str().unwrap_or_default();
        let verdict = odd["verdict"].as_str().unwrap_or_default();
        field("not counted", format!("entry {}: {verdict} {why}", odd["n"]).trim_end().to_owned());
    }
    for gap in tally.gaps.iter().take(SHOWN) {
        field(
            "missing",
            format!("the grants {} to {} of its delegation", gap["first"], gap["last"]),
        );
    }
    for twice in tally.twice.iter().take(SHOWN) {
        field("twice", format!("the grant {} of its delegation", twice["number"]));
    }
    field("head", format!("{} {}", gathered.head.count, gathered.head.hash));
    lines.push((String::new(), next(standing, tally, is_dry)));
    lines
}

fn over(license: &Value) -> String {
    let machines = number(&license["over_activations"]);
    let given_up = number(&license["over_deactivations"]);
    format!(
        "license {}: {machines} machines and {given_up} deactivations more than allowed",
        license["license"].as_str().unwrap_or_default()
    )
}

/// What to do next.
fn next(standing: &Standing, tally: &Tally, is_dry: bool) -> String {
    let text = match standing.odd {
        Some(Odd::Shorter) => {
            "The portal knows more entries than are here: this is an older copy, or its end was cut off. Nothing of it was new. \
             Bring the newest file back before you sign with this key, and tell whoever keeps the root key."
        }
        Some(Odd::Forked) => {
            "The portal has other entries under the same numbers: this journal was rewritten, or a copy of it was signed on. All of \
             it was taken there, and the vendor sees it. Tell whoever keeps the root key."
        }
        None if is_dry => "Nothing was pushed.",
        None if !tally.twice.is_empty() => {
            "A number was used twice: somebody has a copy of the key. Have it revoked: countersign keys revoke."
        }
        None if !tally.odd.is_empty() => {
            "Everything is kept at the portal, and what was not counted is shown to the vendor there, with its reason."
        }
        None if !tally.over.is_empty() => {
            "Everything was taken in. The vendor sees which machines are beyond the limit; no further seat is given until it is less."
        }
        None if !tally.gaps.is_empty() => {
            "Everything was taken in. Grants are missing: push the other journals of this key, too."
        }
        None => "Everything was taken in.",
    };
    text.to_owned()
}

pub(super) fn json(gathered: &Gathered, standing: &Standing, tally: &Tally) -> Value {
    json!({
        "file": gathered.path, "journal": gathered.id.to_string(), "id": gathered.opening.journal.to_string(),
        "kid": gathered.opening.kid.to_string(), "count": gathered.head.count, "head": gathered.head.hash.to_string(),
        "known": standing.known, "from": standing.from,
        "standing": match standing.odd { None => "follows", Some(Odd::Shorter) => "shorter", Some(Odd::Forked) => "forked" },
        "sent": tally.received, "new": tally.new, "duplicates": tally.duplicates, "verdicts": tally.verdicts,
        "odd": tally.odd, "over": tally.over.values().collect::<Vec<_>>(), "gaps": tally.gaps, "twice": tally.twice,
    })
}
