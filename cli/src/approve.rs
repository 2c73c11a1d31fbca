//! `countersign approve`: a second key approves of what another may not grant alone. Shown first, asked about, journaled,
//! then written into files that go back.

pub(crate) mod args;
mod show;

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, ensure};
use countersign_core::trust::{Proposed, Roots, Signer};
use countersign_core::{Hash, Id, UnixSeconds, file};
use countersign_journal::{Journal, New};
use serde_json::{Value, json};

use crate::fail::{Failure, Outcome};
use crate::files::{self, Carries};
use crate::say::Report;
use crate::sign::desk::{check_list, read_token};
use crate::sign::inputs::Inputs;
use args::Approve;
pub(crate) use show::{approver, describe, describe_approval, facts, proposal_lines};

/// Whoever approves: a key, whom it trusts, whom it does not trust any more.
struct Second {
    signer: Signer,
    roots: Roots,
    list: Option<countersign_core::revocations::VerifiedRevocations>,
}

/// A proposal that can be approved, and where its approval goes.
struct Ready {
    path: PathBuf,
    out: PathBuf,
    proposed: Proposed,
}

pub(crate) fn run(options: &Approve, as_json: bool) -> Outcome {
    let second = Second::open(options)?;
    let is_one = matches!(options.files.as_slice(), [one] if !one.is_dir());
    let (mut ready, mut refused) = (Vec::new(), Vec::new());
    for input in Inputs::ending(&options.files, "proposal") {
        let (path, name) = match input {
            Ok(input) => (input.path, input.name),
            Err((path, error)) => {
                return Err(anyhow!(error).context(path.display().to_string()).into());
            }
        };
        let out = target(options, &path, &name, is_one)?;
        match second.look(&path, &out, files::now()) {
            Ok(proposed) => ready.push(Ready { path, out, proposed }),
            Err(failure) if is_one => return Err(failure),
            Err(failure) => refused.push((path, failure)),
        }
    }
    if ready.is_empty() && refused.is_empty() {
        return Err(anyhow!("there is no proposal: nothing was approved").into());
    }
    if !ready.is_empty() && !options.yes {
        ask(&ready)?;
    }
    let (done, note) = second.approve(options, &ready)?;
    let exit = if refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) };
    report(&ready, &done, &refused).maybe_text(note).print(as_json)?;
    Ok(exit)
}

impl Second {
    fn open(options: &Approve) -> Result<Self, Failure> {
        let key = files::read_private_key(&options.key, &options.passphrase)?;
        let rotations = options.rotation.iter().map(|path| read_token(path));
        let rotations = rotations.collect::<Result<Vec<_>, Failure>>()?;
        let mut roots = Roots::new(files::read_roots(&options.root)?);
        roots.learn(&rotations)?;
        let signer = match &options.chain {
            Some(path) => Signer::delegated(key, read_token(path)?, &roots)?,
            None if roots.trusts(&key.public_key().thumbprint()) => Signer::root(key),
            None => {
                return Err(Failure::refused(
                    "untrusted-key",
                    format!("{} is none of the keys given with --root", options.key.display()),
                    "Nothing was approved: no app would take it. Give the key's delegation with --chain.",
                ));
            }
        };
        let list = options.list.as_deref().map(read_token).transpose()?;
        if let Some(list) = &list {
            check_list(list, &roots, &signer)?;
        }
        let list = list.map(|list| roots.verify_revocations(&list)).transpose()?;
        Ok(Self { signer, roots, list })
    }

    /// A proposal that this key may approve, and that a machine would take then.
    fn look(&self, path: &Path, out: &Path, now: UnixSeconds) -> Result<Proposed, Failure> {
        let proposed = self.roots.verify_proposal(&read_token(path)?)?;
        let serial = proposed.delegation().and_then(|delegation| delegation.serial);
        let named = |kid, serial| self.list.as_ref().is_some_and(|list| list.names(kid, serial));
        let refused = |code: &str, fact: String, advice: &str| {
            Err(Failure::refused(code, fact, format!("Nothing was approved. {advice}")))
        };
        if named(proposed.signer(), serial) || named(proposed.root(), None) {
            let fact = "the key that proposes this is on the revocation list".to_owned();
            return refused(
                "revoked-key",
                fact,
                "Find out who sent this, and tell whoever keeps the root key.",
            );
        }
        if let Some(ended) = proposed.delegation().filter(|delegation| delegation.not_after <= now)
        {
            let fact = format!("the right of the key of {:?} to sign has ended", ended.holder);
            return refused(
                "ended-key",
                fact,
                "It is to be proposed again under a delegation that holds.",
            );
        }
        if proposed.response().granted().is_some_and(|granted| granted.import_by <= now) {
            let fact = "the time to install what is proposed has passed".to_owned();
            return refused("import-expired", fact, "It is to be proposed again.");
        }
        // It is found out before anybody is asked, with a signature that nobody gets.
        self.signer
            .approve(&proposed, &proposed.proposal().issuer, now, Id::random(&mut files::rng()))
            .map_err(|error| {
                let advice = format!("Nothing was approved. {}", unfit(&error));
                Failure::refused(error.code().as_str(), error.to_string(), advice)
            })?;
        files::check_carrier(out, Carries::Approval)?;
        Ok(proposed)
    }

    /// All of them, in the journal before any of it is handed out. The same proposal gets the same approval.
    fn approve(
        &self,
        options: &Approve,
        ready: &[Ready],
    ) -> Result<(Vec<Option<u64>>, Option<String>), Failure> {
        let (mut journal, note) = match (options.journal.no_journal, ready.is_empty()) {
            (true, _) | (_, true) => (None, None),
            _ => {
                let path = options.journal.journal.clone();
                let path = path.unwrap_or_else(|| options.key.with_extension("journal"));
                let opened =
                    Journal::open(&path, self.signer.kid(), files::now(), &mut files::rng())?;
                let begun =
                    format!("The journal {} was begun: keep it beside the key.", path.display());
                (Some(opened.0), opened.1.is_new.then_some(begun))
            }
        };
        let mut entries = Vec::with_capacity(ready.len());
        for one in ready {
            let (token, entry) = self.sign(journal.as_mut(), &one.proposed)?;
            let approved = self.roots.verify_approval(&token)?;
            let text = file::write(&token, &show::approval_lines(&one.proposed, &approved));
            files::write_carrier(&one.out, &text, Carries::Approval)?;
            entries.push(entry);
        }
        Ok((entries, note))
    }

    fn sign(
        &self,
        journal: Option<&mut Journal>,
        proposed: &Proposed,
    ) -> Result<(String, Option<u64>), Failure> {
        let (now, id) = (files::now(), Id::random(&mut files::rng()));
        let issuer = &proposed.proposal().issuer;
        let fresh = || Ok(self.signer.approve(proposed, issuer, now, id)?);
        let Some(journal) = journal else { return fresh().map(|token| (token, None)) };
        let payload = Hash::of(&proposed.proposal().payload);
        let mut locked = journal.lock()?;
        if let Some((number, token)) = locked.find(&payload)? {
            return Ok((token, Some(number)));
        }
        let token = fresh()?;
        let new = New { at: now, request: payload, response: token.clone(), under: None };
        locked.append(&[new])?;
        Ok((token, Some(locked.head().count)))
    }
}

/// Why this key approves nothing of the kind.
fn unfit(error: &countersign_core::Error) -> &'static str {
    match error.code() {
        countersign_core::Code::ApprovalWrong => {
            "Somebody else has to look at it: two people, two keys."
        }
        _ => "Ask whoever keeps the root key for a delegation that may approve this.",
    }
}

/// Where the approval goes.
fn target(options: &Approve, path: &Path, name: &Path, is_one: bool) -> anyhow::Result<PathBuf> {
    let beside = path.with_extension("approval");
    ensure!(
        path != Path::new("-") || options.out.is_some(),
        "say with --out where the approval goes: nothing was approved"
    );
    Ok(match &options.out {
        None => beside,
        Some(out) if is_one && !out.is_dir() => out.clone(),
        Some(folder) => {
            let out = folder.join(name).with_extension("approval");
            let inner = out.parent().unwrap_or(folder);
            std::fs::create_dir_all(inner)
                .with_context(|| format!("--out {}: it could not be made", inner.display()))?;
            out
        }
    })
}

/// Shows all of it, and asks.
fn ask(ready: &[Ready]) -> anyhow::Result<()> {
    let mut error = io::stderr();
    for one in ready {
        writeln!(error, "{}\n", describe(&one.proposed).to_text())?;
    }
    ensure!(
        io::stdin().is_terminal(),
        "there is no terminal to ask at whether this is to be approved: nothing was approved. Look at what is shown, then say --yes"
    );
    let what = if ready.len() == 1 { "this".to_owned() } else { format!("all {}", ready.len()) };
    write!(error, "Approve {what}? [y/N] ")?;
    error.flush()?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    ensure!(matches!(line.trim(), "y" | "Y" | "yes"), "nothing was approved");
    Ok(())
}

fn report(ready: &[Ready], entries: &[Option<u64>], refused: &[(PathBuf, Failure)]) -> Report {
    let rows: Vec<Value> = ready
        .iter()
        .zip(entries)
        .map(|(one, entry)| {
            json!({"proposal": one.path, "approval": one.out, "entry": entry, "proposed": show::json(&one.proposed)})
        })
        .collect();
    let problems: Vec<Value> = refused
        .iter()
        .map(|(path, failure)| {
            json!({"proposal": path, "code": failure.code(), "message": failure.fact(), "advice": failure.advice()})
        })
        .collect();
    let report = Report::new(
        json!({"approved": rows.len(), "approvals": rows, "refused": refused.len(), "problems": problems}),
    );
    let report = ready.iter().fold(report, |report, one| {
        report
            .field("approval", one.out.display())
            .field("of", show::in_a_line(&one.proposed))
            .field("send it to", show::proposer(&one.proposed))
    });
    let report = refused.iter().fold(report, |report, (path, failure)| {
        report.text(format!("{}: {}: {}", path.display(), failure.code(), failure.words()))
    });
    report.maybe_text((!ready.is_empty()).then_some(
        "Who proposed puts the approval beside the proposal and runs the same countersign sign again.",
    ))
}
