//! The real client library on a machine of its own, without a network: files are carried.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use countersign_client::machine::Machine as OwnMachine;
use countersign_client::{Client, Config, Error, Mirror, Standing, What};
use countersign_core::Code;
use countersign_portal::clock::Clock as _;
use countersign_portal::desk::{self, Door, Extension, Refusal};
use countersign_store::{BeyondLimits, NextTrial, TrialAgain};

use crate::per_version;
use crate::played::NOW;
use crate::world::{DAY, TestPortal};

/// A machine with a clock of its own.
struct Lab<'a> {
    portal: &'a TestPortal,
    folder: tempfile::TempDir,
    clock: Arc<AtomicU64>,
}

impl<'a> Lab<'a> {
    fn new(portal: &'a TestPortal) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("etc/hostname", "lab-7\n"),
            ("etc/machine-id", "0123456789abcdef0123456789abcdef\n"),
            ("sys/class/dmi/id/board_name", "Board 1\n"),
            ("proc/cpuinfo", "vendor_id : Maker\nmodel name : Model 1\n\n"),
        ] {
            let path = folder.path().join("machine").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self { portal, folder, clock: Arc::new(AtomicU64::new(NOW)) }
    }

    /// The app in this version.
    fn app(&self, version: &str) -> Client {
        self.app_in(version, "state")
    }

    /// The app with its state in this folder: another one is a new installation.
    fn app_in(&self, version: &str, state: &str) -> Client {
        let path = |name: &str| self.folder.path().join(name);
        let (clock, roots) = (Arc::clone(&self.clock), self.portal.app.keys().roots.clone());
        let config = Config::new(self.portal.product.clone(), roots, path(state))
            .mirror(Mirror::In(path(&format!("{state}-mirror"))))
            .machine(OwnMachine::of_directory(path("machine")))
            .app_version(version)
            .clock(move || clock.load(Ordering::SeqCst));
        Client::open(config)
    }

    /// Time passes, here and at the portal.
    fn wait(&self, days: u64) {
        self.clock.fetch_add(days * DAY, Ordering::SeqCst);
        self.portal.clock.advance(days * DAY);
    }

    async fn ask(&self, app: &Client) -> Result<desk::Answered, Refusal> {
        let made = app.request_trial().unwrap();
        let (_, request) = desk::understand(made.file.as_bytes()).unwrap();
        desk::answer(&self.portal.app, &request, &Door::anonymous("page")).await
    }

    /// Asks, carries the answer back and installs it; until when it runs.
    async fn try_it(&self, app: &Client) -> Option<u64> {
        install(app, self.ask(app).await.unwrap().file().as_bytes())
    }
}

fn install(app: &Client, file: &[u8]) -> Option<u64> {
    match app.install(file).unwrap().what {
        What::Right(right) => right.expires_at(),
        other => panic!("{other:?}"),
    }
}

async fn extend(portal: &TestPortal, days: u64) -> desk::Answered {
    let admin = portal.stored_user("ada@acme.example").await;
    let trial = portal.newest_trial().await;
    let (seen_end, beyond) = (trial.expires_at, BeyondLimits::Meant);
    let extension = Extension { trial: trial.id, seen_end, days, beyond };
    desk::extend_trial(&portal.app, &admin, "test", extension).await.unwrap();
    desk::renew_trial(&portal.app, &admin, "test", &trial.id).await.unwrap()
}

#[tokio::test]
async fn an_extended_trial_runs_on_with_the_fresh_response_and_the_older_one_is_refused() {
    let portal = TestPortal::new().await;
    portal.admin().await;
    let lab = Lab::new(&portal);
    let app = lab.app("1.0");
    let first = lab.ask(&app).await.unwrap();
    assert_eq!(install(&app, first.file().as_bytes()), Some(NOW + 14 * DAY));
    lab.wait(13);
    assert!(matches!(app.check().standing(), Standing::ExpiresSoon { .. }));
    let fresh = extend(&portal, 10).await;
    assert_eq!(install(&app, fresh.file().as_bytes()), Some(NOW + 24 * DAY));
    lab.wait(5);
    assert!(app.check().right().is_some(), "on day 18");
    match app.install(first.file().as_bytes()) {
        Err(Error::Refused(error)) => {
            assert!(matches!(error.code(), Code::Superseded | Code::ImportExpired), "{error:?}");
        }
        other => panic!("{other:?}"),
    }
    lab.wait(6);
    assert!(matches!(app.check().standing(), Standing::Expired { .. }), "on day 24");
    // After its end, too: by the answer to a new request.
    extend(&portal, 7).await;
    assert_eq!(lab.try_it(&app).await, Some(NOW + 31 * DAY));
    assert!(app.check().right().is_some());
}

#[tokio::test]
async fn an_extension_in_the_second_of_the_trial_itself_is_taken() {
    let portal = TestPortal::new().await;
    portal.admin().await;
    let lab = Lab::new(&portal);
    let app = lab.app("1.0");
    lab.try_it(&app).await;
    for n in 1..4 {
        let fresh = extend(&portal, 1).await;
        assert_eq!(install(&app, fresh.file().as_bytes()), Some(NOW + (14 + n) * DAY));
    }
}

#[tokio::test]
async fn a_machine_has_its_next_trial_after_so_many_days() {
    let portal = TestPortal::new().await;
    portal.policy(|trial| trial.again = TrialAgain::AfterDays(30)).await;
    let lab = Lab::new(&portal);
    let app = lab.app("1.0");
    assert_eq!(lab.try_it(&app).await, Some(NOW + 14 * DAY));
    lab.wait(43);
    let from = NextTrial::From(NOW + 44 * DAY);
    for app in [lab.app("1.0"), lab.app("2.0"), lab.app_in("1.0", "anew")] {
        match lab.ask(&app).await {
            Err(Refusal::TrialAlreadyUsed { next, .. }) => assert_eq!(next, from),
            other => panic!("{other:?}"),
        }
    }
    lab.wait(1);
    assert_eq!(lab.try_it(&app).await, Some(NOW + 58 * DAY));
    assert!(app.check().right().is_some(), "the new one counts beside the one that is over");
    lab.wait(14);
    assert!(app.check().right().is_none());
}

#[tokio::test]
async fn a_machine_has_a_trial_of_each_major_version() {
    let portal = TestPortal::new().await;
    portal.policy(|trial| trial.again = per_version(1)).await;
    let lab = Lab::new(&portal);
    assert_eq!(lab.try_it(&lab.app("1.7.3")).await, Some(NOW + 14 * DAY));
    lab.wait(100);
    assert!(lab.ask(&lab.app("2.0.0")).await.is_err(), "the vendor has no 2 yet");
    portal.policy(|trial| trial.again = per_version(2)).await;
    assert!(lab.ask(&lab.app("1.8")).await.is_err());
    let two = lab.app("2.0.0");
    assert_eq!(lab.try_it(&two).await, Some(NOW + 114 * DAY));
    assert!(two.check().right().is_some());
    assert!(lab.ask(&lab.app_in("2.1", "anew")).await.is_err());
}

#[tokio::test]
async fn attack_the_clock_of_the_machine_makes_no_trial_longer_and_no_next_one_earlier() {
    let portal = TestPortal::new().await;
    portal.policy(|trial| trial.again = TrialAgain::AfterDays(30)).await;
    let lab = Lab::new(&portal);
    let app = lab.app("1.0");
    lab.try_it(&app).await;
    // Its clock goes years ahead, and the request says so.
    lab.clock.fetch_add(1000 * DAY, Ordering::SeqCst);
    match lab.ask(&app).await {
        Err(Refusal::TrialAlreadyUsed { next, .. }) => {
            assert_eq!(next, NextTrial::From(NOW + 44 * DAY));
        }
        other => panic!("{other:?}"),
    }
    // And years back, when the trial is over.
    portal.clock.advance(20 * DAY);
    lab.clock.store(NOW - 500 * DAY, Ordering::SeqCst);
    assert!(matches!(lab.ask(&app).await, Err(Refusal::TrialAlreadyUsed { .. })));
    assert!(portal.clock.now() < NOW + 44 * DAY);
}

#[tokio::test]
async fn attack_somebody_elses_fresh_response_installs_nowhere_else() {
    let portal = TestPortal::new().await;
    portal.admin().await;
    let lab = Lab::new(&portal);
    let app = lab.app("1.0");
    lab.try_it(&app).await;
    let fresh = extend(&portal, 10).await;
    let other = Lab::new(&portal);
    write(other.folder.path(), "Board 2");
    for thief in [other.app("1.0"), lab.app_in("1.0", "anew")] {
        thief.request_trial().unwrap();
        match thief.install(fresh.file().as_bytes()) {
            Err(Error::Refused(error)) => assert_eq!(error.code(), Code::WrongDevice),
            other => panic!("{other:?}"),
        }
    }
    install(&app, fresh.file().as_bytes());
}

fn write(folder: &Path, board: &str) {
    fs::write(folder.join("machine/sys/class/dmi/id/board_name"), board).unwrap();
    fs::write(folder.join("machine/etc/machine-id"), "f".repeat(32)).unwrap();
}
