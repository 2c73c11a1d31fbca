//! What the running portal sees to: that files which are put into its keys folder are used within seconds, and that people hear in
//! time that the delegation ends.

use std::time::Duration;

use anyhow::{Context as _, bail};
use countersign_store::{KeyFiles, KeyNotice};
use tokio::sync::watch;

use super::install::{Brought, Less, Refused, delegation_entry, follows, judge};
use super::{Folder, Keys, Papers, change, shared};
use crate::app::App;
use crate::language::{Language, Say};
use crate::mail::Mail;

/// How often the folder is looked at: a few small files, read anew, so that no clock of a file system has to be believed.
const LOOK: Duration = Duration::from_secs(2);

/// What was seen before.
#[derive(Default)]
struct Seen {
    folder: Option<Folder>,
    notice: Option<KeyNotice>,
}

/// Looks until `stop` says true.
pub(crate) async fn run(app: App, mut stop: watch::Receiver<bool>) {
    let mut seen = Seen::default();
    while !*stop.borrow() {
        look(&app, &mut seen).await;
        warn(&app, &mut seen).await;
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = stop.changed() => {}
        }
    }
}

/// What is found on disk.
enum Found {
    /// What is in use.
    Same,
    /// It changed since the last look: somebody may still be copying.
    Unsettled(Folder),
    /// Other keys, loaded.
    Other(Box<Keys>, Folder),
    /// It cannot be used.
    Broken(String, Option<Folder>),
}

async fn look(app: &App, seen: &mut Seen) {
    if !app.ring().is_here() {
        // The signer looks at its own.
        return;
    }
    match follow(app).await {
        Ok(Followed::Same) => {}
        Ok(Followed::Taken) => return,
        Err(error) => {
            let why = format!("{error:#}");
            if app.ring().complain(Some(why.clone())) {
                tracing::error!(
                    "the keys of all nodes are not used here: {why}. This node goes on with those it had"
                );
            }
            return;
        }
    }
    let (of, before) = (app.clone(), seen.folder.take());
    let Ok(found) = tokio::task::spawn_blocking(move || find(&of, before.as_ref())).await else {
        return;
    };
    match found {
        Found::Same => {
            app.ring().complain(None);
        }
        Found::Unsettled(folder) => seen.folder = Some(folder),
        Found::Other(keys, folder) => {
            if let Err(error) = take(app, *keys, folder.clone()).await {
                tracing::warn!("changed keys wait until the database has them: {error:#}");
                seen.folder = Some(folder);
            }
        }
        Found::Broken(why, folder) => {
            seen.folder = folder;
            if app.ring().complain(Some(why.clone())) {
                tracing::error!(
                    "the files in {} are not used: {why}. The portal goes on with those it had; a restart would not work with \
                     files that do not fit each other",
                    app.ring().path().display()
                );
            }
        }
    }
}

fn find(app: &App, before: Option<&Folder>) -> Found {
    let ring = app.ring();
    let path = ring.path();
    if path.join(super::folder::INCOMING).exists() {
        // A change that its program did not live to finish.
        match change::lock(path) {
            Ok(Some(locked)) => {
                if let Err(error) = change::finish(&locked, path) {
                    return Found::Broken(format!("{error:#}"), None);
                }
            }
            Ok(None) => return Found::Unsettled(Folder::default()),
            Err(error) => return Found::Broken(format!("{error:#}"), None),
        }
    }
    let folder = match Folder::read(path) {
        Ok(folder) => folder,
        Err(error) => return Found::Broken(format!("{error:#}"), None),
    };
    if ring.is_of(&folder) {
        return Found::Same;
    }
    if before != Some(&folder) {
        return Found::Unsettled(folder);
    }
    let loaded = ring.load(&folder).and_then(|keys| {
        not_backwards(&ring.keys().papers, &keys.papers, app.now())?;
        Ok(keys)
    });
    match loaded {
        Ok(keys) if keys.papers.is_for_next(&folder) => {
            match super::ring::adopt_next(path, &folder) {
                Ok(folder) => Found::Other(Box::new(keys), folder),
                Err(error) => Found::Broken(format!("{error:#}"), Some(folder)),
            }
        }
        Ok(keys) => Found::Other(Box::new(keys), folder),
        Err(error) => Found::Broken(format!("{error:#}"), Some(folder)),
    }
}

/// Whoever has the folder may put into it what they like, but a mistake does not end or roll back a running portal.
pub(crate) fn not_backwards(present: &Papers, new: &Papers, now: u64) -> anyhow::Result<()> {
    let delegation = &new.delegation;
    if delegation.not_before > now || new.until() <= now {
        bail!("the delegation in signing.chain, or the root over it, does not hold now");
    }
    match (&present.list, &new.list) {
        (Some(_), None) => bail!("revocations.response is gone"),
        (Some(before), Some(list))
            if present.list_token != new.list_token && !follows(list, before, &new.trust) =>
        {
            bail!("revocations.response is older than the list in use")
        }
        _ => {}
    }
    if new.trust.rotations().count() < present.trust.rotations().count() {
        bail!("a rotation-*.response is gone");
    }
    Ok(())
}

/// What became of a look at the keys that all nodes have.
enum Followed {
    /// They are those in use, or this is the only node.
    Same,
    /// They were others, and are in use now.
    Taken,
}

/// Uses what another node changed. Where the database has less than what is in use, because it is an older copy, it gets that.
async fn follow(app: &App) -> anyhow::Result<Followed> {
    let Some(known) = app.ring().revision() else { return Ok(Followed::Same) };
    let Ok(revision) = app.store().key_revision().await else {
        // Where the database does not answer, other things say so, too.
        return Ok(Followed::Same);
    };
    if revision == known {
        return Ok(Followed::Same);
    }
    let there = app.store().key_files().await?;
    let of = app.clone();
    let taken = tokio::task::spawn_blocking(move || put_in_use(&of, there)).await??;
    if let Some((revision, files)) = taken {
        let given =
            app.store().change_key_files(revision, files, vec![], "portal", app.now()).await?;
        if let Some(revision) = given {
            tracing::warn!("the database had older keys than this node, and has these now");
            app.ring().is_of_revision(revision);
        }
    }
    Ok(Followed::Taken)
}

/// What the database is to get at which revision, if it is behind.
type Behind = Option<(i64, std::collections::BTreeMap<String, Vec<u8>>)>;

fn put_in_use(app: &App, there: KeyFiles) -> anyhow::Result<Behind> {
    let (ring, folder) = (app.ring(), Folder::of(there.files));
    let (present, new) = (ring.keys(), shared::opened_by(ring, &folder)?);
    if shared::is_ahead(&present.papers, &new.papers, app.now()) {
        let mut files = ring.taken();
        if ring.load(&files).is_err() {
            // The keys there have another passphrase by now, and what is in use here gets the same.
            let sealed = files
                .private_keys()
                .filter_map(|name| Some((name.to_owned(), folder.bytes(name)?.to_vec())));
            files = files.with(&sealed.collect());
            let keys = ring.load(&files)?;
            shared::put(ring.path(), &files)?;
            ring.take(keys, files.clone());
        }
        return Ok(Some((there.revision, files.files().clone())));
    }
    if new.papers.root != present.papers.root {
        bail!("the keys in the database stand under another root than those in use");
    }
    not_backwards(&present.papers, &new.papers, app.now())?;
    shared::put(ring.path(), &folder)?;
    ring.take(new, folder);
    ring.is_of_revision(there.revision);
    tracing::warn!("another node changed the keys, and they are used now");
    Ok(None)
}

/// Uses what was found, and notes that; where there are several nodes, the others get it first.
async fn take(app: &App, keys: Keys, folder: Folder) -> anyhow::Result<()> {
    let (_, subject, detail) = delegation_entry(&keys.papers.delegation);
    let list = keys.papers.list.as_ref().map_or(0, |list| list.seq);
    let rotations = keys.trust.rotations().count();
    let signs = |keys: &Keys| {
        let papers = &keys.papers;
        let rotations: Vec<String> = papers.trust.rotation_tokens().map(str::to_owned).collect();
        (papers.chain.clone(), papers.list_token.clone(), rotations)
    };
    // Otherwise the next key was made, or the present one encrypted anew.
    let is_other = signs(&app.ring().keys()) != signs(&keys);
    let detail = format!("{detail}; list {list}; {rotations} rotations");
    let entries = if is_other { vec![("keys.take", subject, detail)] } else { Vec::new() };
    if let Some(known) = app.ring().revision() {
        let sealed = app.ring().sealed(&folder, app.config().entropy.as_ref())?;
        if sealed != folder {
            shared::put(app.ring().path(), &sealed)?;
        }
        let files = sealed.files().clone();
        let given =
            app.store().change_key_files(known, files, entries, "portal", app.now()).await?;
        // Another node was first: its keys are followed, and compared with the folder here again.
        let revision = given.context("another node has just changed the keys")?;
        app.ring().take(keys, sealed);
        app.ring().is_of_revision(revision);
    } else {
        app.ring().take(keys, folder);
        if is_other
            && let Err(error) = app.store().note_key_change(entries, "portal", app.now()).await
        {
            tracing::error!(%error, "that the keys changed could not be noted");
        }
    }
    match app.ring().is_here() {
        _ if !is_other => {}
        true => {
            tracing::warn!("the files in {} changed and are used now", app.ring().path().display());
        }
        false => tracing::warn!("the signer signs with something else now"),
    }
    Ok(())
}

/// Uses what a signer signs with now, and notes that.
#[cfg(unix)]
pub(crate) async fn take_from_signer(app: &App, keys: Keys) {
    if let Err(error) = take(app, keys, Folder::default()).await {
        tracing::error!("what the signer signs with could not be taken: {error:#}");
    }
}

/// Queues the warning that is due, once for all processes.
async fn warn(app: &App, seen: &mut Seen) {
    let keys = app.keys();
    let due = super::ending::ending(&keys, app.now()).notice(&keys);
    if due.is_none() || due == seen.notice {
        seen.notice = due;
        return;
    }
    let Some(notice) = due else { return };
    let mail = |user, notice: &KeyNotice, now| {
        Mail::SigningKey { user, until: notice.until }.job(Language::ENGLISH, now)
    };
    match app.store().notice_of_key(notice.clone(), mail, app.now()).await {
        Ok(is_new) => {
            if is_new {
                tracing::warn!(until = notice.until, "the delegation of the signing key ends");
                app.mailroom().wake();
            }
            seen.notice = Some(notice);
        }
        Err(error) => {
            tracing::error!(%error, "the warning about the signing key could not be queued");
        }
    }
}

/// Takes what an admin brought: verified, noted, written and used, or refused with nothing changed.
///
/// # Errors
/// [`Refused`] inside, or what failed.
pub(crate) async fn install(
    app: &App,
    brought: Vec<Brought>,
    less: Less,
    actor: &str,
) -> anyhow::Result<()> {
    if !app.ring().is_here() {
        return Err(Refused(Say::new("keys-refused-at-signer")).into());
    }
    // What all nodes have counts, also where it has not arrived here yet.
    let there = match app.ring().revision() {
        Some(_) => Some(app.store().key_files().await?),
        None => None,
    };
    let known = there.as_ref().map(|there| there.revision);
    let of = app.clone();
    let judged = tokio::task::spawn_blocking(move || -> anyhow::Result<_> {
        let path = of.ring().path();
        let Some(locked) = change::lock(path)? else {
            return Err(Refused(Say::new("keys-refused-busy")).into());
        };
        change::finish(&locked, path)?;
        let folder = match there {
            Some(there) => Folder::of(there.files),
            None => Folder::read(path)?,
        };
        let plan = judge(&folder, brought, less, of.now())?;
        let keys = match known {
            Some(_) => shared::opened_by(of.ring(), &plan.folder)?,
            None => of.ring().load(&plan.folder)?,
        };
        Ok((locked, plan, keys))
    });
    let (locked, plan, keys) = judged.await??;
    // First noted, then done: what changes the keys is never unnoted.
    let revision = match known {
        Some(known) => {
            let (store, files) = (app.store(), plan.folder.files().clone());
            let given =
                store.change_key_files(known, files, plan.entries, actor, app.now()).await?;
            Some(given.ok_or_else(|| Refused(Say::new("keys-refused-busy")))?)
        }
        None => {
            app.store().note_key_change(plan.entries, actor, app.now()).await?;
            None
        }
    };
    let of = app.clone();
    tokio::task::spawn_blocking(move || {
        match revision {
            Some(_) => change::commit_exactly(&locked, of.ring().path(), &plan.folder)?,
            None => change::commit(&locked, of.ring().path(), &plan.files)?,
        }
        of.ring().take(keys, plan.folder);
        if let Some(revision) = revision {
            of.ring().is_of_revision(revision);
        }
        Ok(())
    })
    .await?
}
