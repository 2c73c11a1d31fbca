//! Dry runs, imports that are repeated, and what changed in the meantime.

use countersign_core::license_key::LicenseKey;
use countersign_store::{LicenseChange, LicenseStatus, Validity};
use serde_json::{Value, json};

use crate::played::{NOW, rng};
use crate::world::{Here, cad, export, license};

#[test]
fn a_dry_run_leaves_every_table_as_it_was_and_says_what_will_be_done() {
    for system in ["cryptlex", "keygen"] {
        let here = Here::new();
        let before = here.tables();
        let plain = here.import(system, &export(system), &[]).has_problems();
        let asked = here.import(system, &export(system), &["--dry-run"]).has_problems();
        assert_eq!(here.tables(), before);
        assert_eq!((&plain.said, &plain.said["dry_run"]), (&asked.said, &json!(true)));
        let done = here.import(system, &export(system), &["--yes"]).has_problems();
        for same in ["entries", "problems", "not_carried_over"] {
            assert_eq!(plain.said[same], done.said[same], "{same}");
        }
        // And once it is here.
        let after = here.tables();
        let again = here.import(system, &export(system), &[]).has_problems();
        assert_eq!(again.count("licenses", "unchanged"), 3);
        assert_eq!(here.tables(), after);
    }
}

#[test]
fn an_import_again_changes_nothing() {
    for system in ["cryptlex", "keygen"] {
        let here = Here::new();
        here.import(system, &export(system), &["--yes"]).has_problems();
        let before = here.tables();
        here.import(system, &export(system), &["--yes"]).has_problems();
        assert_eq!(here.tables(), before);
    }
}

#[test]
fn nobody_is_mailed_by_an_import() {
    let here = Here::new();
    here.import("cryptlex", &export("cryptlex"), &["--yes"]).has_problems();
    assert_eq!((here.count("job"), here.count("one_time_link")), (0, 0));
    assert!(!here.data().join("outbox").exists());
}

#[tokio::test]
async fn what_changed_there_is_changed_here_unless_it_was_changed_here_as_well() {
    let here = Here::new();
    let write = |licenses: [Value; 4]| {
        let all = json!({"products": [cad()], "licenses": licenses});
        here.file("export.json", all.to_string())
    };
    let plain = |n| license(n, json!({}));
    let before = write([plain(1), plain(2), plain(3), plain(4)]);
    here.import("cryptlex", &before, &["--yes"]).works();
    let key = here.license("license-1").await.key;
    let mut ours = here.license("license-2").await;
    ours.holder = Some("Changed by hand".into());
    let changed = here.store().change_license(ours, "test", NOW).await.unwrap();
    assert_eq!(changed, LicenseChange::Done);

    let later =
        json!({"expiresAt": "2033-01-01T00:00:00Z", "suspended": true, "allowedActivations": 7});
    // What says nothing here may change as it likes.
    let counted = json!({"totalActivations": 99, "updatedAt": "2026-01-01T00:00:00Z"});
    let never = json!({"expiresAt": null, "subscriptionInterval": null});
    let after = write([
        license(1, later.clone()),
        license(2, later),
        license(3, counted),
        license(4, never),
    ]);
    let dry = here.import("cryptlex", &after, &[]).has_problems();
    let run = here.import("cryptlex", &after, &["--yes"]).has_problems();
    assert_eq!(dry.said["entries"], run.said["entries"]);
    for (ending, count) in [("updated", 1), ("kept", 2), ("unchanged", 1)] {
        assert_eq!(run.count("licenses", ending), count, "{run:?}");
    }
    run.names("licenses[1] id license-2: kept", "here as well");
    run.names("licenses[3] id license-4: kept", "cannot be changed");
    let one = here.license("license-1").await;
    assert_eq!(
        (one.status, one.validity),
        (LicenseStatus::Suspended, Validity::Fixed(1_988_150_400))
    );
    assert_eq!((one.allowed_activations, one.key), (Some(7), key));
    let two = here.license("license-2").await;
    assert_eq!(
        (two.holder.as_deref(), two.status),
        (Some("Changed by hand"), LicenseStatus::Active)
    );
    let again = here.import("cryptlex", &after, &["--yes"]).has_problems();
    assert_eq!((again.count("licenses", "unchanged"), again.count("licenses", "kept")), (2, 2));
}

#[tokio::test]
async fn people_and_organizations_that_changed_there_stay_as_they_are_here() {
    let here = Here::new();
    let write = |name: &str| {
        let user = json!({"id": "u", "email": "a@b.example", "firstName": name, "lastName": "B"});
        here.file("export.json", json!({"users": [user]}).to_string())
    };
    here.import("cryptlex", &write("Ann"), &["--yes"]).works();
    let run = here.import("cryptlex", &write("Bob"), &["--yes"]).has_problems();
    run.names("users[0] id u: kept", "change it here by hand");
    assert_eq!(here.user("a@b.example").await.first_name, "Ann");
}

#[tokio::test]
async fn a_key_in_our_form_stays_and_any_other_gets_a_new_one() {
    let here = Here::new();
    let ours = LicenseKey::generate(&mut rng());
    let all = json!({"products": [cad()], "licenses": [
        license(1, json!({"key": ours.grouped()})),
        license(2, json!({})),
        license(3, json!({"key": ours.normal()})),
        license(4, json!({"key": null})),
    ]});
    let run = here.import("cryptlex", &here.file("e.json", all.to_string()), &["--yes"]);
    run.has_problems()
        .names("licenses[2] id license-3", "another license of the export has its key");
    let one = here.license("license-1").await;
    assert!(one.key == ours && !one.metadata.contains_key("former license key"));
    assert!(here.license("license-2").await.metadata.contains_key("former license key"));
    assert!(!here.license("license-4").await.metadata.contains_key("former license key"));
    // And in the other system's export, where somebody has put it, too.
    let other = here.file(
        "other.json",
        json!({"products": [cad()], "licenses": [
            license(9, json!({"key": ours.grouped()})),
        ]})
        .to_string(),
    );
    let run = here.import("cryptlex", &other, &["--yes"]).has_problems();
    run.names("licenses[0] id license-9", "another license here has its key");
}

#[tokio::test]
async fn an_entry_that_was_put_right_comes_in_with_what_depends_on_it() {
    let here = Here::new();
    let write = |email: &str| {
        let user = json!({"id": "u", "email": email, "firstName": "A", "lastName": "B"});
        let all = json!({"licenses": [license(1, json!({"userId": "u"})), license(2, json!({}))],
            "users": [user], "products": [cad()]});
        here.file("export.json", all.to_string())
    };
    let run = here.import("cryptlex", &write("nobody"), &["--yes"]).has_problems();
    run.names("users[0] id u", "email is no address for mail");
    run.names("licenses[0] id license-1", "its user u is not in the export, or was left out");
    assert_eq!((here.count("license"), here.count("app_user")), (1, 0));
    let run = here.import("cryptlex", &write("a@b.example"), &["--yes"]).works();
    assert_eq!((run.count("licenses", "made"), run.count("licenses", "unchanged")), (1, 1));
    let owner = here.user("a@b.example").await.id;
    assert_eq!(here.license("license-1").await.owner, Some(owner));
}
