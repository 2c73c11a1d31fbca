//! What only an opened portal knows: its keys and their end, what waits, what is over its limit, its clock.

use super::Report;
use crate::app::App;
use crate::config::Config;
use crate::disk;
use crate::keys::ending::ending;
use crate::mail;
use crate::release::upload;

pub(super) async fn look(config: &Config, report: &mut Report) {
    let known = countersign_store::condition(&config.database);
    // An older database would be brought up to date by being opened: that is the next start's to do.
    if !known.is_ok_and(|found| found.migration == found.known) {
        return;
    }
    let app = match App::open(config.clone()).await {
        Ok(app) => app,
        Err(error) => {
            return report.problem(
                "start",
                format!("the portal does not start: {error:#}"),
                "do what it says, and run the doctor again",
            );
        }
    };
    keys(&app, report);
    if let Err(error) = from_database(&app, report).await {
        report.problem(
            "database",
            format!("the database does not answer: {error}"),
            "look at the findings above",
        );
    }
    app.store().close();
}

fn keys(app: &App, report: &mut Report) {
    let (keys, now) = (app.keys(), app.now());
    let end = ending(&keys, now);
    let advice = "have the root delegate anew (countersign keys delegate) and bring it to /admin/keys, or by countersign-portal keys \
        install-chain";
    if now < keys.papers.delegation.not_before {
        report.problem(
            "clock",
            "the clock stands before the time from which the signing key may sign",
            "set the clock, and let it be kept right (chrony, systemd-timesyncd)",
        );
    }
    match (end.is_over(), end.step) {
        (true, _) => report.problem(
            "signing-key",
            "the signing key has ended: nothing new is signed",
            advice,
        ),
        (_, Some(_)) => {
            report.warn(
                "signing-key",
                format!("the signing key ends in {} days", end.days()),
                advice,
            );
        }
        _ => report.well("signing-key", format!("the signing key ends in {} days", end.days())),
    }
    if let Some(trouble) = app.ring().trouble() {
        report.problem(
            "keys-folder",
            format!("the files in the keys folder are not used: {trouble}"),
            "put the right ones back",
        );
    }
}

async fn from_database(app: &App, report: &mut Report) -> countersign_store::Result<()> {
    let store = app.store();
    if let Some(behind) = disk::behind(app).await? {
        report.problem(
            "clock",
            format!("the clock is {} hours behind the time at which this portal last wrote", behind / 3_600),
            "set the clock, and let it be kept right (chrony, systemd-timesyncd). Responses that are signed now may be refused as \
             older than those that machines have",
        );
    } else {
        report.well("clock", "the clock is not behind what the portal has written");
    }
    let jobs = store.jobs_waiting(mail::KIND).await?;
    match (jobs.waiting, jobs.failing) {
        (_, failing) if failing > 0 => report.warn(
            "mail-waiting",
            format!("{} letters wait, and {failing} of them failed at least once", jobs.waiting),
            "look at /admin/settings (Mail) for what the mail server said",
        ),
        (waiting, _) => report.well("mail-waiting", format!("{waiting} letters wait")),
    }
    let hooks = store.webhooks_waiting().await?;
    match hooks.failing + hooks.disabled {
        0 => report.well("webhooks", format!("{} deliveries wait", hooks.waiting)),
        _ => report.warn(
            "webhooks",
            format!(
                "{} deliveries failed at least once, and {} webhooks were given up",
                hooks.failing, hooks.disabled
            ),
            "look at /admin/webhooks",
        ),
    }
    let over = store.count_licenses_over().await?;
    if over > 0 {
        report.warn(
            "overruns",
            format!("{over} licenses have more machines than they allow"),
            "the license's page names the machines beyond: release some, or raise the limit",
        );
    }
    let unchained = store.count_unchained_audit().await?;
    let oldest_is_late = unchained > 10_000;
    if oldest_is_late {
        report.warn(
            "audit",
            format!("{unchained} entries of the audit log wait to be chained"),
            "is the portal running?",
        );
    }
    match store.has_admin().await? {
        true => report.well("admin", "there is somebody who administers it"),
        false => report.warn(
            "admin",
            "nobody administers it yet",
            "open the link that serve prints, or: countersign-portal admin create-admin",
        ),
    }
    if let Ok(Some(place)) = upload::kept_elsewhere(app).await {
        report.problem(
            "release-store",
            format!(
                "the files of releases lie in {place}, and the portal looks in {}",
                app.releases().name()
            ),
            "use the same --release-store as before",
        );
    }
    Ok(())
}
