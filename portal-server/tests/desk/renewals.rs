//! A license is extended, and its machines get fresh responses without a new request.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use countersign_client::machine::Machine as OwnMachine;
use countersign_client::{Client, Config, Error, Installed, Mirror, What};
use countersign_core::license_key::LicenseKey;
use countersign_core::response::Entitlement;
use countersign_core::{Code, Expect, Id};
use countersign_portal::clock::Clock as _;
use countersign_portal::desk::{self, Change, Freshness, Refusal};
use countersign_portal::language::Language;
use countersign_store::{LicenseStatus, MetadataEntry, Validity};
use rusqlite::Connection;

use crate::played::{Machine, NOW};
use crate::world::{DAY, TestClock, TestPortal};

const JANE: &str = "jane@lab.example";

/// An app on a machine that is made of a folder, with the portal's clock.
fn client(portal: &TestPortal, folder: &Path) -> Client {
    for (path, text) in [
        ("etc/hostname", "lab-7\n"),
        ("etc/machine-id", "0123456789abcdef0123456789abcdef\n"),
        ("sys/class/dmi/id/board_name", "Board 1\n"),
        ("proc/cpuinfo", "vendor_id : Maker\nmodel name : Model 1\n\n"),
    ] {
        let path = folder.join("machine").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let clock = Arc::<TestClock>::clone(&portal.clock);
    let roots = portal.app.keys().roots.clone();
    let config = Config::new(portal.product.clone(), roots, folder.join("state"))
        .mirror(Mirror::In(folder.join("mirror")))
        .machine(OwnMachine::of_directory(folder.join("machine")))
        .clock(move || clock.now());
    Client::open(config)
}

fn end(installed: Installed) -> Option<u64> {
    match installed.what {
        What::Right(right) => right.expires_at(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_extended_license_is_installed_without_a_new_request_and_the_older_response_no_more() {
    let portal = TestPortal::new().await;
    let jane = portal.user(|_| ()).await;
    let key = portal
        .license_with(|new| {
            new.owner = Some(jane.id);
            new.allowed_activations = Some(1);
            new.validity = Validity::Fixed(NOW + 30 * DAY);
            new.response_validity = 60 * DAY;
        })
        .await;
    let folder = tempfile::tempdir().unwrap();
    let client = client(&portal, folder.path());
    let request = client.request_activation(None).unwrap();
    let first = portal.answer(&request.file, &portal.door(&jane, &key)).await.unwrap();
    assert_eq!(end(client.install(first.file().as_bytes()).unwrap()), Some(NOW + 30 * DAY));

    portal.clock.advance(20 * DAY);
    portal.change_license(&key, |license| license.expires_at = Some(NOW + 400 * DAY)).await;
    let id = first.response.id;
    let renewed = desk::renew(&portal.app, &jane, &id).await.unwrap();
    assert_eq!((renewed.response.id, renewed.response.request), (id, first.response.request));
    assert_eq!(renewed.response.device, first.response.device);
    let (new, old) = (renewed.response.granted().unwrap(), first.response.granted().unwrap());
    assert_eq!(new.binding, old.binding);
    assert_eq!(renewed.response.issued_at, NOW + 20 * DAY);
    portal.roots().verify_response(&renewed.token, Expect::Response).unwrap();
    assert_eq!(end(client.install(renewed.file().as_bytes()).unwrap()), Some(NOW + 400 * DAY));
    match client.install(first.file().as_bytes()) {
        Err(Error::Refused(error)) => assert_eq!(error.code(), Code::Superseded),
        other => panic!("{other:?}"),
    }

    // The same license, the same bytes; a further change, further bytes.
    portal.clock.advance(60);
    let again = desk::renew(&portal.app, &jane, &id).await.unwrap();
    assert_eq!((&again.token, again.file()), (&renewed.token, renewed.file()));
    portal.change_license(&key, |license| license.plan = Some("Team".into())).await;
    let team = desk::renew(&portal.app, &jane, &id).await.unwrap();
    assert_ne!(team.token, renewed.token);
    client.install(team.file().as_bytes()).unwrap();
    // The request itself still gets the answer that it got.
    let repeated = portal.answer(&request.file, &portal.door(&jane, &key)).await.unwrap();
    assert_eq!(repeated.token, first.token);
    let stored = portal.activation(id).await;
    assert_eq!(stored.expires_at, Some(NOW + 400 * DAY));
    assert_eq!(portal.stored(&key).await.live_activations, 1);
    portal.is_sound().await;
}

#[tokio::test]
async fn a_renewal_that_can_be_installed_no_longer_is_made_anew() {
    let portal = TestPortal::new().await;
    let jane = portal.user(|_| ()).await;
    let key = portal.license_of(JANE, 1).await;
    let request = Machine::new("a", &portal.product).activation(&key);
    let id = portal.answer(&request, &portal.door(&jane, &key)).await.unwrap().response.id;
    let first = desk::renew(&portal.app, &jane, &id).await.unwrap();
    let import_by = first.response.granted().unwrap().import_by;
    portal.clock.advance(import_by - portal.clock.now());
    let second = desk::renew(&portal.app, &jane, &id).await.unwrap();
    assert!(second.response.granted().unwrap().import_by > import_by);
}

#[tokio::test]
async fn a_newer_request_of_the_machine_is_the_one_that_is_renewed() {
    let portal = TestPortal::new().await;
    let jane = portal.user(|_| ()).await;
    let (key, machine) = (portal.license_of(JANE, 1).await, Machine::new("a", &portal.product));
    let door = portal.door(&jane, &key);
    let first = portal.answer(&machine.activation(&key), &door).await.unwrap();
    let id = first.response.id;
    let renewed = desk::renew(&portal.app, &jane, &id).await.unwrap();
    portal.clock.advance(5);
    let newer = portal.answer(&machine.activation(&key), &door).await.unwrap();
    assert_eq!(newer.response.id, id);
    let of_newer = desk::renew(&portal.app, &jane, &id).await.unwrap();
    assert_eq!(of_newer.response.request, newer.response.request);
    assert!(of_newer.response.issued_at > renewed.response.issued_at);
}

#[tokio::test]
async fn what_holds_no_seat_or_no_license_is_not_renewed() {
    let portal = TestPortal::new().await;
    let jane = portal.user(|_| ()).await;
    let (key, machine) = (portal.license_of(JANE, 1).await, Machine::new("a", &portal.product));
    let door = portal.door(&jane, &key);
    let id = portal.answer(&machine.activation(&key), &door).await.unwrap().response.id;
    let renew = async |id| desk::renew(&portal.app, &jane, &id).await.unwrap_err();
    let eve = portal.user(|user| user.email = "eve@firm.example".into()).await;
    let stranger = desk::renew(&portal.app, &eve, &id).await.unwrap_err();
    assert!(matches!(stranger, Refusal::UnknownActivation));
    assert!(matches!(renew(Id::from([1; 16])).await, Refusal::UnknownActivation));
    portal.change_license(&key, |license| license.status = LicenseStatus::Suspended).await;
    assert!(matches!(renew(id).await, Refusal::Suspended));
    portal.change_license(&key, |license| license.status = LicenseStatus::Active).await;
    portal.change_license(&key, |license| license.expires_at = Some(NOW)).await;
    assert!(matches!(renew(id).await, Refusal::Expired(NOW)));
    portal.change_license(&key, |license| license.expires_at = None).await;
    let reinstalled = portal.answer(&machine.reinstalled().activation(&key), &door).await.unwrap();
    assert!(matches!(renew(id).await, Refusal::Superseded));
    let proof =
        Machine::new("b", &portal.product).deactivation(&reinstalled.response.id.to_string());
    assert!(portal.answer(&proof, &door).await.is_err());
    desk::renew(&portal.app, &jane, &reinstalled.response.id).await.unwrap();
}

#[tokio::test]
async fn a_machine_of_an_older_release_is_renewed_after_its_next_request() {
    let portal = TestPortal::new().await;
    let jane = portal.user(|_| ()).await;
    let (key, machine) = (portal.license_of(JANE, 1).await, Machine::new("a", &portal.product));
    let door = portal.door(&jane, &key);
    let id = portal.answer(&machine.activation(&key), &door).await.unwrap().response.id;
    let database = Connection::open(portal.app.config().data.join("countersign.db")).unwrap();
    let forget = "UPDATE activation SET request_id = NULL, request_hash = NULL";
    assert_eq!(database.execute(forget, []).unwrap(), 1);
    let refused = desk::renew(&portal.app, &jane, &id).await.unwrap_err();
    assert!(matches!(refused, Refusal::RenewalUnavailable));
    portal.answer(&machine.activation(&key), &door).await.unwrap();
    desk::renew(&portal.app, &jane, &id).await.unwrap();
}

async fn freshness(portal: &TestPortal, key: &LicenseKey, id: Id) -> Freshness {
    let (license, machine) = (portal.stored(key).await, portal.activation(id).await);
    desk::freshness(&portal.app, &license, &machine).await.unwrap()
}

#[tokio::test]
async fn a_machine_that_has_all_that_the_license_says_gets_the_same_bytes_and_nothing_is_signed() {
    let portal = TestPortal::new().await;
    let jane = portal.user(|_| ()).await;
    for validity in [Validity::Perpetual, Validity::FromFirstActivation(30 * DAY)] {
        let key = portal
            .license_with(|new| {
                new.owner = Some(jane.id);
                new.allowed_activations = Some(5);
                new.allowed_deactivations = Some(2);
                new.validity = validity;
            })
            .await;
        let door = portal.door(&jane, &key);
        let (a, b) = (Machine::new("a", &portal.product), Machine::new("b", &portal.product));
        let first = portal.answer(&a.activation(&key), &door).await.unwrap();
        let other = portal.answer(&b.activation(&key), &door).await.unwrap().response.id;
        // Raises the license's revision, and says nothing new to the machine.
        portal.answer(&b.deactivation(&other.to_string()), &door).await.unwrap();
        portal.change_license(&key, |_| ()).await;
        assert_ne!(portal.stored(&key).await.revision, 1);
        let id = first.response.id;
        assert_eq!(freshness(&portal, &key, id).await, Freshness::Current);
        let before = portal.audit().await.len();
        let renewed = desk::renew(&portal.app, &jane, &id).await.unwrap();
        assert_eq!((&renewed.token, renewed.file()), (&first.token, first.file()));
        assert_eq!(portal.audit().await.len(), before);
    }
}

#[tokio::test]
async fn what_a_fresh_response_would_change_is_told_and_then_true() {
    let portal = TestPortal::new().await;
    let jane = portal.user(|_| ()).await;
    let key = portal
        .license_with(|new| {
            new.owner = Some(jane.id);
            new.validity = Validity::Fixed(NOW + 30 * DAY);
            new.entitlements = [
                ("cad".to_owned(), Entitlement::On),
                ("parts".to_owned(), Entitlement::Integer(500)),
                ("cam".to_owned(), Entitlement::On),
            ]
            .into();
        })
        .await;
    let door = portal.door(&jane, &key);
    let request = Machine::new("a", &portal.product).activation(&key);
    let id = portal.answer(&request, &door).await.unwrap().response.id;
    portal
        .change_license(&key, |license| {
            license.expires_at = Some(NOW + 60 * DAY);
            (license.plan, license.holder) = (Some("Team".into()), None);
            license.entitlements.remove("cam");
            license.entitlements.insert("parts".into(), Entitlement::Integer(900));
            license.entitlements.insert("site".into(), Entitlement::Text("Ulm".into()));
            license.metadata.insert("secret".into(), MetadataEntry::for_device("of the app"));
        })
        .await;
    let Freshness::Older(changes) = freshness(&portal, &key, id).await else { panic!() };
    let (parts, ulm) = ("parts".to_owned(), Entitlement::Text("Ulm".into()));
    assert_eq!(
        changes,
        [
            Change::End { before: Some(NOW + 30 * DAY), after: Some(NOW + 60 * DAY) },
            Change::Plan(Some("Pro".into()), Some("Team".into())),
            Change::Holder(Some("Jane".into()), None),
            Change::Feature(parts, Entitlement::Integer(500), Entitlement::Integer(900)),
            Change::Added("site".into(), ulm),
            Change::Removed("cam".into()),
            Change::Metadata,
        ]
    );
    let words: Vec<_> = changes.iter().map(|change| change.words(&Language::ENGLISH)).collect();
    assert_eq!(
        words,
        [
            "It runs until 20 Nov 2026, 14:13 UTC instead of until 21 Oct 2026, 14:13 UTC.",
            "Plan: Team instead of Pro.",
            "Holder: – instead of Jane.",
            "parts: 900 instead of 500.",
            "New: site: Ulm.",
            "No longer included: cam.",
            "What else the vendor tells the app is different.",
        ]
    );
    let renewed = desk::renew(&portal.app, &jane, &id).await.unwrap();
    let grant = &renewed.response.granted().unwrap().grant;
    assert_eq!(grant.entitlements["parts"], Entitlement::Integer(900));
    assert_eq!(grant.metadata["secret"], "of the app");
    assert_eq!(freshness(&portal, &key, id).await, Freshness::Current);
}

#[tokio::test]
async fn a_license_that_was_changed_back_does_not_bring_the_first_response_back() {
    let portal = TestPortal::new().await;
    let jane = portal.user(|_| ()).await;
    let key = portal.license_of(JANE, 1).await;
    let request = Machine::new("a", &portal.product).activation(&key);
    let first = portal.answer(&request, &portal.door(&jane, &key)).await.unwrap();
    let id = first.response.id;
    let mut tokens = vec![first.token];
    for plan in ["Team", "Pro", "Team"] {
        portal.clock.advance(60);
        portal.change_license(&key, |license| license.plan = Some(plan.into())).await;
        let renewed = desk::renew(&portal.app, &jane, &id).await.unwrap();
        // The machine refuses what is older than what it has.
        assert!(!tokens.contains(&renewed.token), "{plan}");
        let latest = desk::latest(&portal.app, &portal.activation(id).await).await.unwrap();
        assert_eq!(latest.unwrap().token, renewed.token);
        tokens.push(renewed.token);
    }
}

#[tokio::test]
async fn a_response_that_is_too_late_to_install_is_not_called_up_to_date() {
    let portal = TestPortal::new().await;
    let jane = portal.user(|_| ()).await;
    let key = portal.license_of(JANE, 1).await;
    let request = Machine::new("a", &portal.product).activation(&key);
    let first = portal.answer(&request, &portal.door(&jane, &key)).await.unwrap();
    let import_by = first.response.granted().unwrap().import_by;
    portal.clock.advance(import_by - portal.clock.now() - 1);
    assert_eq!(freshness(&portal, &key, first.response.id).await, Freshness::Current);
    portal.clock.advance(1);
    assert_eq!(freshness(&portal, &key, first.response.id).await, Freshness::Late);
    desk::renew(&portal.app, &jane, &first.response.id).await.unwrap();
    assert_eq!(freshness(&portal, &key, first.response.id).await, Freshness::Current);
}

/// The app refuses to be deactivated by what its response says: raising the number must reach it.
#[tokio::test]
async fn whether_the_machine_can_be_deactivated_is_something_new() {
    let portal = TestPortal::new().await;
    let jane = portal.user(|_| ()).await;
    let key = portal
        .license_with(|new| (new.owner, new.allowed_deactivations) = (Some(jane.id), Some(0)))
        .await;
    let request = Machine::new("a", &portal.product).activation(&key);
    let door = portal.door(&jane, &key);
    let id = portal.answer(&request, &door).await.unwrap().response.id;
    assert_eq!(freshness(&portal, &key, id).await, Freshness::Current);
    for (allowed, possible) in [(Some(3), true), (Some(0), false), (None, true)] {
        portal.change_license(&key, |license| license.allowed_deactivations = allowed).await;
        let older = Freshness::Older(vec![Change::Deactivation { possible }]);
        assert_eq!(freshness(&portal, &key, id).await, older);
        let renewed = desk::renew(&portal.app, &jane, &id).await.unwrap();
        let license = renewed.response.granted().unwrap().grant.license.clone().unwrap();
        assert_eq!(license.deactivations_left, allowed);
    }
    portal.change_license(&key, |license| license.allowed_deactivations = Some(7)).await;
    assert_eq!(freshness(&portal, &key, id).await, Freshness::Current, "how many is only told");
}
