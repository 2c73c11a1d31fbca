//! How things stand at this moment: keys, what waits, the disk, the build.

use countersign_store::Backlog;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::registry::Registry;

use super::process;
use super::register::{gauge, gauges};
use crate::app::App;
use crate::config::DATABASE;
use crate::keys::ending::ending;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct File {
    file: &'static str,
}

/// What has to be asked for, and may take a while.
pub(super) struct Standing {
    /// None where the database does not answer: the rest is measured all the same.
    backlog: Option<Backlog>,
    signer_answers: bool,
}

impl Standing {
    pub(super) async fn of(app: &App) -> Self {
        let backlog = app.store().backlog(crate::mail::KIND, app.now()).await.ok();
        Self { backlog, signer_answers: app.keys().signing.is_reachable().await }
    }

    pub(super) fn register(&self, registry: &mut Registry, app: &App) {
        let build = [(Build { version: env!("CARGO_PKG_VERSION") }, 1)];
        gauges(registry, "build_info", "The program that runs", build);
        let answers = "1 while the database answers";
        gauge(registry, "store_answers", answers, self.backlog.is_some().into());
        let draining = "1 once the process is about to end";
        gauge(registry, "draining", draining, app.draining().is_begun().into());
        self.register_keys(registry, app);
        if let Some(backlog) = &self.backlog {
            register_backlog(registry, backlog, app.now());
        }
        let troubles = "What is in the way of checkpoints of the audit log";
        gauge(registry, "audit_troubles", troubles, app.audit_troubles().all().len() as u64);
        register_disk(registry, app);
    }

    fn register_keys(&self, registry: &mut Registry, app: &App) {
        let end = ending(&app.keys(), app.now());
        let until = "When the delegation of the signing key, or its root, ends: seconds since 1970";
        gauge(registry, "signing_key_not_after_seconds", until, end.until);
        let left = "Seconds until then; 0 when it has come";
        gauge(registry, "signing_key_remaining_seconds", left, end.left);
        let ended = "1 once nothing more can be signed";
        gauge(registry, "signing_key_ended", ended, end.is_over().into());
        let warning = "1 while a warning is due";
        gauge(registry, "signing_key_warning", warning, end.step.is_some().into());
        let unused = "1 while the files in the keys folder cannot be used, and earlier ones are";
        gauge(registry, "keys_folder_unused", unused, app.ring().trouble().is_some().into());
        let signer = "1 while the signing key can be used: it is here, or its signer answers";
        gauge(registry, "signer_answers", signer, self.signer_answers.into());
    }
}

fn register_backlog(registry: &mut Registry, backlog: &Backlog, now: u64) {
    let age = |oldest: Option<u64>| oldest.map_or(0, |oldest| now.saturating_sub(oldest));
    let mut number = |name: &str, help: &str, value| gauge(registry, name, help, value);
    number("mails_waiting", "Letters that are not sent yet", backlog.mails.waiting);
    number("mails_failing", "Those of them that failed at least once", backlog.mails.failing);
    let oldest = "How long the oldest letter waits that could have been sent";
    number("mails_oldest_seconds", oldest, age(backlog.oldest_mail));
    let waiting = "Deliveries of webhooks that have not arrived yet";
    number("webhook_deliveries_waiting", waiting, backlog.webhooks.waiting);
    let failing = "Those of them that failed at least once";
    number("webhook_deliveries_failing", failing, backlog.webhooks.failing);
    let oldest = "How long the oldest delivery of an active webhook waits";
    number("webhook_deliveries_oldest_seconds", oldest, age(backlog.oldest_delivery));
    let disabled = "Webhooks that the portal gave up";
    number("webhooks_disabled", disabled, backlog.webhooks.disabled);
    let unchained = "Rows of the audit log that are not chained yet";
    number("audit_unchained", unchained, backlog.unchained);
    let oldest = "How long the oldest of them waits";
    number("audit_unchained_oldest_seconds", oldest, age(backlog.oldest_unchained));
}

fn register_disk(registry: &mut Registry, app: &App) {
    let data = &app.config().data;
    if let Some((free, all)) = process::disk(data) {
        gauge(registry, "disk_free_bytes", "Free on the disk of the data folder", free);
        gauge(registry, "disk_bytes", "How large that disk is", all);
    }
    let length = |end: &str| {
        let file = data.join(format!("{DATABASE}{end}"));
        std::fs::metadata(file).ok().map(|found| found.len())
    };
    let files = [("database", length("")), ("wal", length("-wal"))];
    let found = files.into_iter().filter_map(|(file, bytes)| Some((File { file }, bytes?)));
    gauges(registry, "store_file_bytes", "Files of the embedded database", found);
}
