//! Whether the database still says what was chained: every row against its hash, every checkpoint against its entry.

use std::collections::BTreeMap;

use countersign_core::{Hash, Id};
use countersign_store::{Chained, Result};
use serde_json::{Value, json};

use super::export::line;
use super::{log, opening};
use crate::app::App;

/// Links that are read at once.
const AT_ONCE: u32 = 500;
/// The most findings that are kept: whoever has changed more is found as well.
const MOST: usize = 1000;

/// What is wrong with one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A stable word for programs.
    pub code: &'static str,
    /// The entry of the chain, if it is about one.
    pub n: Option<u64>,
    /// In words, without a full stop.
    pub fact: String,
}

/// What the database was found to be.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The log's id.
    pub log: Id,
    /// How many links the chain has.
    pub entries: u64,
    /// Up to which entry a checkpoint proves it, with what is wrong before it found.
    pub proven: Option<u64>,
    /// What is wrong; empty when nothing is. At most a thousand.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// For people and programs.
    pub fn to_json(&self) -> Value {
        let finding = |f: &Finding| json!({"code": f.code, "n": f.n, "message": f.fact});
        json!({
            "verdict": if self.findings.is_empty() { "ok" } else { "wrong" },
            "log": self.log.to_string(), "entries": self.entries, "proven": self.proven,
            "findings": self.findings.iter().map(finding).collect::<Vec<_>>(),
        })
    }
}

/// Goes through the whole chain. `kept` are checkpoints that were kept elsewhere: name and bare token.
///
/// # Errors
/// When the database fails.
pub async fn check(app: &App, kept: &[(String, String)]) -> Result<Checked> {
    let log = log(app).await?;
    let mut walk = Walk::new(log.id, opening(&log).1.hash);
    walk.take_checkpoints(app, kept).await?;
    walk.compare(0, opening(&log).1.hash);
    loop {
        let links = app.store().chained_audit(walk.last, AT_ONCE).await?;
        let Some(_) = links.last() else { break };
        links.iter().for_each(|link| walk.link(link));
        tokio::task::yield_now().await;
    }
    let mut after = i64::MIN;
    loop {
        let stray = app.store().stray_audit(after, AT_ONCE).await?;
        let Some(last) = stray.last() else { break };
        after = *last;
        for seq in stray {
            let fact = format!("row {seq} stands among those that are chained, and is not");
            walk.find("inserted", None, fact);
        }
    }
    Ok(walk.end())
}

struct Walk {
    log: Id,
    last: u64,
    prev: Hash,
    entries: u64,
    /// What checkpoints say of an entry: hash, and what to call them.
    known: BTreeMap<u64, Vec<(Hash, String)>>,
    matched: Option<u64>,
    findings: Vec<Finding>,
}

impl Walk {
    fn new(log: Id, prev: Hash) -> Self {
        let (known, findings) = (BTreeMap::new(), Vec::new());
        Self { log, last: 0, prev, entries: 0, known, matched: None, findings }
    }

    fn find(&mut self, code: &'static str, n: Option<u64>, fact: String) {
        if self.findings.len() < MOST {
            self.findings.push(Finding { code, n, fact });
        }
    }

    /// Those in the database, and those that were kept elsewhere.
    async fn take_checkpoints(&mut self, app: &App, kept: &[(String, String)]) -> Result<()> {
        let (keys, mut before) = (app.keys(), None);
        let mut take = |name: String, token: &str| match keys.trust.verify_checkpoint(token) {
            Ok(verified) if verified.claims().log == self.log => {
                let claims = verified.claims();
                self.known.entry(claims.n).or_default().push((claims.hash, name));
            }
            Ok(verified) => {
                let fact = format!("{name} is about another log, {}", verified.claims().log);
                self.find("other-log", None, fact);
            }
            Err(error) => {
                self.find(error.code().as_str(), None, format!("{name} does not verify: {error}"));
            }
        };
        for (name, token) in kept {
            take(name.clone(), token);
        }
        loop {
            let page = app.store().audit_checkpoints(before, AT_ONCE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            before = Some(last.n);
            for checkpoint in &page {
                take(format!("the stored checkpoint of entry {}", checkpoint.n), &checkpoint.token);
            }
        }
    }

    fn link(&mut self, link: &Chained) {
        let n = link.head.n;
        self.entries += 1;
        if n > self.last + 1 {
            let fact =
                format!("the entries {} to {} are gone from the chain", self.last + 1, n - 1);
            self.find("missing", Some(n), fact);
        } else {
            self.row(link);
        }
        self.compare(n, link.head.hash);
        (self.last, self.prev) = (n, link.head.hash);
    }

    fn row(&mut self, link: &Chained) {
        let (n, seq) = (link.head.n, link.seq);
        match line(link, self.prev) {
            None => {
                let fact = format!("row {seq}, which is entry {n}, was deleted");
                self.find("deleted", Some(n), fact);
            }
            Some(line) if Hash::of(&line) != link.head.hash => {
                let fact = format!(
                    "row {seq}, which is entry {n}, is not what it was when it was chained; or the hash of it or of the entry \
                     before was changed"
                );
                self.find("changed", Some(n), fact);
            }
            Some(_) => {}
        }
    }

    fn compare(&mut self, n: u64, hash: Hash) {
        for (known, name) in self.known.remove(&n).unwrap_or_default() {
            if known == hash {
                self.matched = Some(n).filter(|_| self.findings.is_empty()).or(self.matched);
            } else {
                let since = self.matched.map_or(1, |n| n + 1);
                let fact = format!(
                    "entry {n} is not the one that {name} names: the chain was made anew from one of the entries {since} to \
                     {n} on, or the database was set back"
                );
                self.find("contradicted", Some(n), fact);
            }
        }
    }

    fn end(mut self) -> Checked {
        for (n, known) in std::mem::take(&mut self.known) {
            let last = self.last;
            for (_, name) in known {
                let fact = format!("{name} names entry {n}, and the chain ends with {last}");
                let code = if n > last { "cut-off" } else { "missing" };
                self.find(code, Some(n), fact);
            }
        }
        let Self { log, entries, matched, findings, .. } = self;
        Checked { log, entries, proven: matched, findings }
    }
}
