//! `countersign-portal check`: whether the data is what it should be, beside a running portal. It changes nothing of what it
//! looks at.

use anyhow::Context as _;
use countersign_core::Hash;
use countersign_store::ReleaseFile;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::app::App;
use crate::audit;

/// Findings of one kind that are told; there may be more.
const MOST: usize = 100;
/// Files of releases that are read from the database at once.
const AT_ONCE: u32 = 100;

/// What to look at.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: countersign-portal check --data ./portal-data")]
pub struct Arguments {
    /// Leave the contents of release files alone: reading all of them takes its time.
    #[arg(long)]
    pub without_releases: bool,
}

/// What was looked at, and what was found.
#[derive(Debug, Default)]
pub struct Report {
    looked_at: Vec<(&'static str, u64)>,
    findings: Vec<(&'static str, String)>,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_well(&self) -> bool {
        self.findings.is_empty()
    }

    /// For programs, and as lines for people.
    pub fn to_json(&self) -> Value {
        let finding = |(part, fact): &(&str, String)| json!({"part": part, "fact": fact});
        let mut object = json!({
            "verdict": if self.is_well() { "ok" } else { "wrong" },
            "findings": self.findings.iter().map(finding).collect::<Vec<_>>(),
        });
        for (part, count) in &self.looked_at {
            object[*part] = (*count).into();
        }
        if !self.is_well() {
            object["next"] = "change nothing by hand. Make a backup of what there is as it is, compare it with an earlier one, and \
                restore that if the data itself is damaged; docs/operations-data.md says which finding means what"
                .into();
        }
        object
    }

    fn found(&mut self, part: &'static str, fact: String) {
        let of_part = self.findings.iter().filter(|(of, _)| *of == part).count();
        if of_part < MOST {
            self.findings.push((part, fact));
        }
    }
}

/// Looks at everything.
///
/// # Errors
/// When something cannot be looked at at all.
pub async fn run(app: &App, arguments: &Arguments) -> anyhow::Result<Report> {
    let mut report = Report::default();
    // The file, and counters of licenses and groups against their rows.
    for fact in app.store().integrity_check().await? {
        report.found("database", fact);
    }
    answers(app, &mut report).await?;
    chain(app, &mut report).await?;
    if !arguments.without_releases {
        releases(app, &mut report).await?;
    }
    report.looked_at.push(("licenses_over_their_limit", app.store().count_licenses_over().await?));
    Ok(report)
}

/// Every answer is one that the vendor's keys signed for that very request, and every machine has one.
async fn answers(app: &App, report: &mut Report) -> anyhow::Result<()> {
    let (trust, mut after, mut count) = (app.keys().trust.clone(), None::<Hash>, 0);
    loop {
        let some = app.store().answers_after(after.as_ref()).await?;
        let Some(last) = some.last() else { break };
        after = Some(last.request);
        for answer in &some {
            count += 1;
            match trust.verify_installed(&answer.token) {
                Err(error) => report.found(
                    "answers",
                    format!(
                        "the answer to the request {} does not verify: {error}",
                        answer.request
                    ),
                ),
                Ok(verified) if verified.claims().request.hash != answer.request => report.found(
                    "answers",
                    format!("the answer to the request {} answers another one", answer.request),
                ),
                Ok(_) => {}
            }
        }
        tokio::task::yield_now().await;
    }
    report.looked_at.push(("answers", count));
    let mut after = None;
    loop {
        let some = app.store().activations_without_answer(after.as_ref()).await?;
        let Some(last) = some.last() else { return Ok(()) };
        after = Some(*last);
        for id in &some {
            report.found("answers", format!("the request of the activation {id} has no answer"));
        }
    }
}

async fn chain(app: &App, report: &mut Report) -> anyhow::Result<()> {
    let checked = audit::check(app, &[]).await?;
    report.looked_at.push(("audit_entries", checked.entries));
    for finding in checked.findings {
        report.found("audit", finding.fact);
    }
    Ok(())
}

async fn releases(app: &App, report: &mut Report) -> anyhow::Result<()> {
    let (mut after, mut count) = (None, 0);
    loop {
        let some = app.store().all_release_files(after, AT_ONCE).await?;
        let Some(last) = some.last() else { break };
        after = Some(last.id);
        for file in &some {
            count += 1;
            if let Err(error) = release(app, file).await {
                let name = &file.name;
                report.found(
                    "releases",
                    format!("the file {name} of the release {}: {error:#}", file.release),
                );
            }
        }
    }
    report.looked_at.push(("release_files", count));
    Ok(())
}

async fn release(app: &App, file: &ReleaseFile) -> anyhow::Result<()> {
    let storage = app.releases();
    let size = storage.size(&file.storage_key).await.context("its place does not answer")?;
    let size = size.context("its content is gone")?;
    anyhow::ensure!(size == file.size, "it has {size} bytes and had {}", file.size);
    let body = storage.get(&file.storage_key, 0..size, size).await?;
    let (mut pieces, mut hasher) = (body.into_data_stream(), Sha256::new());
    while let Some(piece) = pieces.next().await {
        hasher.update(piece.context("its content cannot be read")?);
    }
    let found = Hash::from(<[u8; 32]>::from(hasher.finalize()));
    anyhow::ensure!(found == file.sha256, "its content is not what was stored");
    Ok(())
}
