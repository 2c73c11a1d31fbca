//! What happens through the portal's doors is told once, to whoever wants to hear of it.

use countersign_core::license_key::LicenseKey;
use countersign_store::Validity;

use crate::played::{Machine, NOW};
use crate::receiver::Receiver;
use crate::world::browser::Answer;
use crate::world::{CookieUser, DAY, TestPortal};
use crate::{hook, portal, until};

const ALL: [&str; 14] = [
    "activation.created",
    "activation.renewed",
    "activation.released",
    "deactivation.created",
    "trial.started",
    "trial.extended",
    "license.created",
    "license.changed",
    "license.suspended",
    "license.revoked",
    "license.limit_reached",
    "license.ending",
    "overrun.found",
    "signing_key.ending",
];

async fn post(portal: &TestPortal, door: &str, request: &str) -> Answer {
    let visitor = portal.visitor();
    let post = visitor.request("POST", &format!("/api/v1/{door}"));
    visitor.send(post.header("content-type", "text/plain").body(request.to_owned())).await
}

/// The id of the activation that a machine got.
async fn activate(portal: &TestPortal, machine: &Machine, key: &LicenseKey) -> String {
    post(portal, "activations", &machine.activation(key)).await.is(200);
    let entries = portal.audit().await;
    entries.into_iter().find(|e| e.action.starts_with("activation.")).unwrap().subject
}

async fn change(portal: &TestPortal, admin: &CookieUser, key: &LicenseKey, status: &str) {
    let license = portal.stored(key).await;
    let (revision, seats) = (license.revision.to_string(), "1");
    let form = [
        ("revision", revision.as_str()),
        ("status", status),
        ("strategy", "fuzzy"),
        ("import_days", "1"),
        ("allowed_activations", seats),
    ];
    let path = format!("/admin/licenses/{}", license.id);
    admin.post(&path, &form).await.is(303);
}

#[tokio::test]
async fn each_thing_that_happens_is_told_once_and_signed() {
    let (portal, receiver) = (portal().await, Receiver::new().await);
    let admin = portal.admin().await;
    let hook = hook(&admin, &receiver.url(), &ALL).await;

    let form = [
        ("product", "acme-cad"),
        ("holder", "Jane"),
        ("allowed_activations", "1"),
        ("strategy", "fuzzy"),
        ("import_days", "1"),
    ];
    admin.post("/admin/licenses", &form).await.is(303);
    let key = portal.app.store().licenses(1).await.unwrap().remove(0).key;
    let machine = Machine::new("lab-7", &portal.product);
    let first = activate(&portal, &machine, &key).await;
    post(&portal, "activations", &machine.activation(&key)).await.is(200);
    let away = machine.deactivation(&first);
    post(&portal, "deactivations", &away).await.is(200);
    let lost = Machine::new("lab-8", &portal.product);
    let second = activate(&portal, &lost, &key).await;
    let path = format!("/licenses/{}/machines/{second}/release", key.id());
    admin.post(&path, &[("reason", "burnt")]).await.is(303);
    let trial = Machine::new("lab-9", &portal.product).trial();
    post(&portal, "trials", &trial).await.is(200);
    let started = portal.audit().await.into_iter().find(|e| e.action == "trial.start").unwrap();
    let stored = portal.app.store().trial(&started.subject.parse().unwrap()).await.unwrap();
    let end = stored.unwrap().expires_at.to_string();
    let longer = [("days", "7"), ("seen_end", end.as_str())];
    let path = format!("/admin/trials/{}/extend", started.subject);
    let extended = admin.post(&path, &longer).await;
    assert!(matches!(extended.status.as_u16(), 200 | 303), "{extended:?}");
    for status in ["active", "suspended", "revoked"] {
        change(&portal, &admin, &key, status).await;
    }
    // The same requests once more: what was answered before is not told again.
    post(&portal, "deactivations", &away).await.is(200);
    post(&portal, "trials", &trial).await.is(200);

    let expected = [
        "activation.created",
        "activation.created",
        "activation.released",
        "activation.renewed",
        "deactivation.created",
        "license.changed",
        "license.created",
        "license.limit_reached",
        "license.limit_reached",
        "license.revoked",
        "license.suspended",
        "trial.extended",
        "trial.started",
    ];
    let got = receiver.has_got(expected.len()).await;
    assert_eq!(receiver.kinds(), expected);
    for one in &got {
        assert!(one.is_signed_by(&hook.secret), "{one:#?}");
        let json = one.json();
        assert_eq!(
            (json["id"].as_str().unwrap(), json["created_at"].as_u64()),
            (one.id(), Some(NOW))
        );
        assert_eq!(one.line, "POST /hook HTTP/1.1");
        assert_eq!(one.headers["host"], receiver.address.to_string());
        assert_eq!(one.headers["content-type"], "application/json");
        assert!(one.headers["user-agent"].starts_with("Countersign-Portal/"));
        // Of the key its end, of the machine its name.
        for secret in [key.grouped().as_str(), key.normal(), "fingerprint", "device_key"] {
            assert!(!one.body.contains(secret), "{}", one.body);
        }
    }
    let of = |kind: &str| got.iter().find(|one| one.kind() == kind).unwrap().json()["data"].clone();
    let created = got.iter().find(|one| one.json()["data"]["activation"]["id"] == first.as_str());
    let created = created.unwrap().json()["data"].clone();
    assert_eq!(
        (&created["activation"]["machine"], &created["license"]["activations"]),
        (&"lab-7".into(), &1.into())
    );
    assert_eq!(created["license"]["holder"], "Jane");
    assert!(key.normal().ends_with(created["license"]["key_end"].as_str().unwrap()));
    assert_eq!(
        (
            &of("activation.released")["reason"],
            &of("activation.released")["license"]["activations"]
        ),
        (&"burnt".into(), &0.into())
    );
    assert_eq!(of("deactivation.created")["seat_freed"], true);
    assert_eq!(of("trial.started")["trial"]["machine"], "lab-9");
    assert_eq!(of("trial.extended")["trial"]["expires_at"], NOW + 21 * DAY);
    assert_eq!(of("license.suspended")["license"]["status"], "suspended");
    // Ids are those of events: each is one.
    let mut ids: Vec<&str> = got.iter().map(|one| one.id()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), expected.len());
}

#[tokio::test]
async fn nobody_hears_of_what_they_did_not_choose_and_nothing_is_kept_where_nobody_hears() {
    let (portal, receiver) = (portal().await, Receiver::new().await);
    let admin = portal.admin().await;
    let key = portal.license(5, None).await;
    activate(&portal, &Machine::new("lab-1", &portal.product), &key).await;
    let database = portal.app.config().data.join("countersign.db");
    let database = rusqlite::Connection::open(database).unwrap();
    let events = || -> i64 {
        let count = "SELECT COUNT(*) FROM webhook_event";
        database.query_row(count, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(events(), 0);
    let hook = hook(&admin, &receiver.url(), &["deactivation.created"]).await;
    let machine = Machine::new("lab-2", &portal.product);
    let activation = activate(&portal, &machine, &key).await;
    assert_eq!(events(), 0);
    post(&portal, "deactivations", &machine.deactivation(&activation)).await.is(200);
    receiver.has_got(1).await;
    // What was chosen later counts from then on.
    let url = receiver.url();
    admin.post(&hook.path(), &crate::form(&url, &["trial.started"])).await.is(303);
    let other = Machine::new("lab-3", &portal.product);
    let activation = activate(&portal, &other, &key).await;
    post(&portal, "deactivations", &other.deactivation(&activation)).await.is(200);
    post(&portal, "trials", &Machine::new("lab-4", &portal.product).trial()).await.is(200);
    receiver.has_got(2).await;
    assert_eq!(receiver.kinds(), ["deactivation.created", "trial.started"]);
    assert_eq!(events(), 2);
}

#[tokio::test]
async fn what_is_refused_tells_nothing() {
    let (portal, receiver) = (portal().await, Receiver::new().await);
    let admin = portal.admin().await;
    let hook = hook(&admin, &receiver.url(), &ALL).await;
    let key = portal.license(1, Some(0)).await;
    let machine = Machine::new("lab-1", &portal.product);
    let activation = activate(&portal, &machine, &key).await;
    let late = Machine::new("lab-2", &portal.product).activation(&key);
    post(&portal, "activations", &late).await.refuses_as(409, "seats-used-up");
    receiver.has_got(3).await;
    assert_eq!(
        receiver.kinds(),
        ["activation.created", "license.created", "license.limit_reached"]
    );
    // A proof counts for nothing here and says so.
    for _ in 0..2 {
        let proof = machine.deactivation(&activation);
        post(&portal, "deactivations", &proof).await.is(409);
    }
    let got = receiver.has_got(4).await;
    assert_eq!(got[3].json()["data"]["seat_freed"], false);
    assert_eq!(portal.deliveries(&hook).await.len(), 4);
}

#[tokio::test]
async fn the_end_of_a_license_is_told_three_times_whatever_number_of_processes_runs() {
    let (mut portal, receiver) = (portal().await, Receiver::new().await);
    let admin = portal.admin().await;
    portal.start_again().await;
    let hook = hook(&admin, &receiver.url(), &["license.ending"]).await;
    let fixed = |days: u64| Validity::Fixed(NOW + days * DAY);
    let key = portal.license_with(|new| new.validity = fixed(40)).await;
    let suspended = portal.license_with(|new| new.validity = fixed(40)).await;
    portal
        .change_license(&suspended, |l| l.status = countersign_store::LicenseStatus::Suspended)
        .await;
    portal.license_with(|new| new.validity = fixed(400)).await;
    for (count, (after, days)) in (1..).zip([(11, 30), (22, 7), (6, 1)]) {
        portal.clock.advance(after * DAY);
        let got = receiver.has_got(count).await;
        let data = &got[count - 1].json()["data"];
        assert_eq!((&data["days"], &data["ends_at"]), (&days.into(), &(NOW + 40 * DAY).into()));
        assert_eq!(data["license"]["id"], key.id().to_string());
    }
    portal.clock.advance(2 * DAY);
    // Both processes have looked once more when what is told last is there.
    admin_test(&portal, &hook).await;
    receiver.has_got(4).await;
    assert_eq!(portal.deliveries(&hook).await.len(), 4);
}

async fn admin_test(portal: &TestPortal, hook: &crate::Hook) {
    let once = countersign_core::Id::random(&mut crate::played::rng());
    assert!(
        portal.app.store().test_webhook(hook.id, once, "test", portal.app.now()).await.unwrap()
    );
}

#[tokio::test]
async fn the_end_of_the_signing_key_is_told() {
    let (portal, receiver) = (portal().await, Receiver::new().await);
    let admin = portal.admin().await;
    hook(&admin, &receiver.url(), &["signing_key.ending"]).await;
    let until = portal.app.keys().until();
    portal.clock.advance(until - 13 * DAY - portal.app.now());
    let got = receiver.has_got(1).await;
    let data = got[0].json()["data"].clone();
    assert_eq!((&data["days"], &data["ends_at"]), (&13.into(), &until.into()));
    assert_eq!(data["signing_key"], portal.app.keys().signing.kid().to_string());
}

#[tokio::test]
async fn what_happens_while_it_is_paused_is_kept_for_it() {
    let (portal, receiver) = (portal().await, Receiver::new().await);
    let admin = portal.admin().await;
    let hook = hook(&admin, &receiver.url(), &["license.created"]).await;
    admin.post(&format!("{}/pause", hook.path()), &[]).await.leads_to(&hook.path());
    for _ in 0..3 {
        portal.license(1, None).await;
    }
    assert_eq!(portal.deliveries(&hook).await.len(), 3);
    assert_eq!(receiver.connections(), 0);
    admin.get(&hook.path()).await.is(200).says("paused");
    admin.post(&format!("{}/resume", hook.path()), &[]).await.leads_to(&hook.path());
    receiver.has_got(3).await;
    let all = async || portal.deliveries(&hook).await.iter().all(|d| d.last_code == Some(204));
    until("all are noted", all).await;
}
