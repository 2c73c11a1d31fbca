//! `/admin/journals`: what other signers have signed, as far as it was pushed; what became of it, and what is odd with it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use countersign_core::Hash;
use countersign_store::{Journal, JournalEntry, Numbers, ReleasePolicy, Verdict};

use super::super::{ErrorPage, Frame, page};
use crate::access::Visitor;
use crate::app::App;
use crate::language::Language;
use crate::pages::paging::{Asked, Pages};

const PER_PAGE: usize = 50;
const FIELDS: [&str; 1] = ["verdict"];

#[derive(Template)]
#[template(path = "admin/journals.html")]
struct ListPage {
    frame: Frame,
    journals: Vec<JournalView>,
    pages: Pages,
}

/// A journal in words.
struct JournalView {
    id: String,
    holder: String,
    own_id: String,
    kid: String,
    begun: String,
    entries: String,
    last_push: String,
    head: String,
    alarms: Vec<String>,
    taken_back: Option<String>,
}

/// All journals.
pub(crate) async fn list(
    State(app): State<App>,
    visitor: Visitor,
    asked: Asked,
) -> Result<Response, ErrorPage> {
    let found = app.store().journals(asked.after(), PER_PAGE).await?;
    let mut journals = Vec::with_capacity(found.items.len());
    for journal in &found.items {
        journals.push(view(&app, journal, visitor.language).await?);
    }
    let pages = asked.pages("/admin/journals", &[], found.next.as_ref());
    Ok(page(&ListPage { frame: Frame::new(&app, &visitor), journals, pages }))
}

#[derive(Template)]
#[template(path = "admin/journal.html")]
struct ShowPage {
    frame: Frame,
    journal: JournalView,
    verdicts: Vec<(&'static str, String, u64)>,
    asked: String,
    entries: Vec<EntryView>,
    pages: Pages,
    machines: u64,
}

/// An entry in words.
struct EntryView {
    n: u64,
    signed: String,
    kind: String,
    license: Option<String>,
    subject: String,
    verdict: Verdict,
    became: String,
    hint: String,
}

/// One journal, page by page.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Response, ErrorPage> {
    let (journal, language) = (find(&app, &id).await?, visitor.language);
    let hash = journal.opening.hash;
    let verdict = asked.text("verdict").parse().ok();
    let found = app.store().journal_entries(&hash, verdict, asked.after(), PER_PAGE).await?;
    let verdicts = app.store().journal_verdicts(&hash).await?;
    let words = |(verdict, count): (Verdict, u64)| {
        let name = verdict.as_str();
        (name, language.t(&format!("verdict-{name}")), count)
    };
    let path = format!("/admin/journals/{hash}");
    Ok(page(&ShowPage {
        frame: Frame::new(&app, &visitor),
        journal: view(&app, &journal, language).await?,
        verdicts: verdicts.into_iter().map(words).collect(),
        asked: verdict.map(|verdict: Verdict| verdict.as_str().to_owned()).unwrap_or_default(),
        entries: found.items.iter().map(|entry| entry_view(entry, language)).collect(),
        pages: asked.pages(&path, &FIELDS, found.next.as_ref()),
        machines: app.store().machines_of_journal(&hash).await?,
    }))
}

#[derive(Template)]
#[template(path = "admin/take_back.html")]
struct TakeBackPage {
    frame: Frame,
    journal: JournalView,
    machines: u64,
}

/// Asks first: it cannot be undone.
pub(crate) async fn ask_take_back(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let journal = find(&app, &id).await?;
    let machines = app.store().machines_of_journal(&journal.opening.hash).await?;
    let journal = view(&app, &journal, visitor.language).await?;
    Ok(page(&TakeBackPage { frame: Frame::new(&app, &visitor), journal, machines }))
}

/// Releases the seats that a journal gave.
pub(crate) async fn take_back(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let (admin, journal) = (visitor.user()?, find(&app, &id).await?);
    let hash = journal.opening.hash;
    let policy = ReleasePolicy { per_year: 0, cool_down: 0 };
    let reason = visitor.language.t("take-back-reason");
    let (store, now) = (app.store(), app.now());
    let mut after = Some(0);
    while let Some(from) = after {
        after = store.take_back_journal(hash, from, admin.id, reason.clone(), policy, now).await?;
    }
    Ok(Redirect::to(&format!("/admin/journals/{hash}")).into_response())
}

async fn find(app: &App, id: &str) -> Result<Journal, ErrorPage> {
    let hash: Hash = id.parse().map_err(|_| ErrorPage::not_found())?;
    app.store().journal(&hash).await?.ok_or_else(ErrorPage::not_found)
}

async fn view(app: &App, journal: &Journal, language: Language) -> Result<JournalView, ErrorPage> {
    let holder = journal.holder.clone();
    Ok(JournalView {
        id: journal.opening.hash.to_string(),
        holder: holder.unwrap_or_else(|| language.t("journal-holder-unknown")),
        own_id: journal.opening.own_id.to_string(),
        kid: journal.opening.kid.to_string(),
        begun: language.date_time(journal.opening.made_at),
        entries: language.number(journal.entries),
        last_push: language.date_time(journal.last_pushed_at),
        head: format!("{} {}", journal.head_n, journal.head_hash),
        alarms: alarms(app, journal, language).await?,
        taken_back: journal
            .taken_back_at
            .map(|at| language.t1("journal-taken-back-at", "date", language.date_time(at))),
    })
}

async fn alarms(
    app: &App,
    journal: &Journal,
    language: Language,
) -> Result<Vec<String>, ErrorPage> {
    let mut alarms = Vec::new();
    if let Some(at) = journal.forked_at {
        alarms.push(language.t1("journal-forked", "date", language.date_time(at)));
    }
    if journal.shares_its_id {
        alarms.push(language.t("journal-shares-id"));
    }
    let hash = &journal.opening.hash;
    for Numbers { delegation, gaps, twice } in app.store().journal_numbers(hash).await? {
        let twice: Vec<_> = twice.into_iter().map(|(number, _)| (number, number)).collect();
        for (key, runs) in [("journal-gaps", &gaps), ("journal-twice", &twice)] {
            if !runs.is_empty() {
                let delegation: String = delegation.chars().take(8).collect();
                alarms.push(language.t2(key, "ranges", ranges(runs), "delegation", delegation));
            }
        }
    }
    let verdicts = app.store().journal_verdicts(hash).await?;
    for (verdict, count) in verdicts.into_iter().filter(|(verdict, _)| verdict.is_odd()) {
        let words = language.t(&format!("verdict-{}", verdict.as_str()));
        alarms.push(language.t2("journal-odd", "count", language.number(count), "verdict", words));
    }
    Ok(alarms)
}

/// `3, 7–9`
fn ranges(runs: &[(u64, u64)]) -> String {
    let run = |(first, last): &(u64, u64)| match first == last {
        true => first.to_string(),
        false => format!("{first}–{last}"),
    };
    runs.iter().map(run).collect::<Vec<_>>().join(", ")
}

fn entry_view(entry: &JournalEntry, language: Language) -> EntryView {
    let key = entry.device.map(|device| device.to_string());
    let key: Option<String> = key.map(|key| key.chars().take(8).collect());
    let subject = match (&entry.device_name, key) {
        (Some(name), _) => name.clone(),
        (None, Some(key)) => language.t1("machine-of-key", "key", key),
        (None, None) => String::new(),
    };
    let verdict = language.t(&format!("verdict-{}", entry.verdict.as_str()));
    let state = entry.state.filter(|_| entry.verdict == Verdict::Counted);
    let became = match state {
        Some(state) => format!("{verdict}, {}", language.t(&format!("state-{}", state.as_str()))),
        None => verdict,
    };
    let duplicate = entry.is_duplicate.then(|| language.t("journal-duplicate"));
    let hints = [Some(entry.why.clone()).filter(|why| !why.is_empty()), duplicate];
    EntryView {
        n: entry.n,
        signed: language.date_time(entry.signed_at),
        kind: language.t(&format!("journal-kind-{}", entry.kind)),
        license: entry
            .license
            .filter(|_| entry.verdict != Verdict::UnknownLicense)
            .map(|id| id.to_string()),
        subject,
        verdict: entry.verdict,
        became,
        hint: hints.into_iter().flatten().collect::<Vec<_>>().join("; "),
    }
}
