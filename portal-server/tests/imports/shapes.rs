//! What both systems give is what it should be here, however the pages were put together.

use countersign_core::fingerprint::Strategy;
use countersign_core::response::Entitlement;
use countersign_store::{LicenseStatus, OrganizationRole, Role, UserStatus, Validity, Viewer};
use serde_json::{Value, json};

use crate::world::{Here, cad, export, license, rows};

const DAY: u64 = 86_400;

#[tokio::test]
async fn an_export_of_cryptlex_is_products_organizations_people_and_licenses() {
    let here = Here::new();
    let run = here.import("cryptlex", &export("cryptlex"), &["--yes"]).has_problems();
    for (noun, made) in [("products", 1), ("organizations", 1), ("users", 2), ("licenses", 3)] {
        assert_eq!(run.count(noun, "made"), made, "{run:?}");
    }
    run.names("licenses[3] id 53d9646c-34f5-4d37-adeb-f7f77b927bde", "its user 00000000-");
    run.names("activations[1]", "its license 53d9646c-");
    assert_eq!((run.problems(), run.count("activations", "listed")), (2, 1));

    let jane = here.user("jane@miller.example").await;
    assert_eq!((jane.status, jane.role), (UserStatus::Invited, Role::Customer));
    assert_eq!((jane.name.as_str(), jane.first_name.as_str()), ("Jane Miller", "Jane"));
    assert_eq!((jane.organization_role, jane.password_hash), (OrganizationRole::Admin, None));
    let lab = here.store().organization(jane.organization.unwrap()).await.unwrap().unwrap();
    assert_eq!((lab.name.as_str(), lab.allowed_users), ("Miller Laboratories", Some(25)));

    let first = here.license("23d9646c-34f5-4d37-adeb-f7f77b927bdb").await;
    assert_eq!((first.product.as_str(), first.plan.as_deref()), ("acme-cad", Some("Pro")));
    assert_eq!((first.owner, first.organization), (Some(jane.id), Some(lab.id)));
    assert_eq!(first.holder.as_deref(), Some("Miller Laboratories"));
    assert_eq!((first.allowed_activations, first.allowed_deactivations), (Some(2), Some(7)));
    // Three of ten were used there.
    assert_eq!((first.deactivations_left(), first.live_activations), (Some(7), 0));
    assert_eq!(first.validity, Validity::Fixed(1_941_094_157));
    assert_eq!((first.strategy, first.created_at), (Strategy::Exact, 1_525_596_557));
    assert_eq!(
        first.entitlements,
        [
            ("export".to_owned(), Entitlement::On),
            ("max_projects".to_owned(), Entitlement::Integer(50)),
            ("tier".to_owned(), Entitlement::Text("lab".to_owned())),
        ]
        .into()
    );
    assert_eq!(first.metadata["site"].visible_to, [Viewer::Device]);
    let seen = [Viewer::Device, Viewer::User, Viewer::Organization];
    assert_eq!(first.metadata["contract"].visible_to, seen);
    let for_vendor = |name: &str| {
        assert!(first.metadata[name].visible_to.is_empty(), "{name}");
        first.metadata[name].value.as_str()
    };
    assert_eq!((for_vendor("order"), for_vendor("notes")), ("4711", "called twice"));
    assert_eq!(for_vendor("tags"), "north, 2018");
    assert_eq!(for_vendor("former license key"), "0A2035-E8A2A3-4D31B7-8FF9C6-81A6CA-539E54");

    let second = here.license("33d9646c-34f5-4d37-adeb-f7f77b927bdc").await;
    assert_eq!(second.status, LicenseStatus::Suspended);
    assert_eq!(second.validity, Validity::FromFirstActivation(31 * DAY));
    assert_eq!((second.allowed_activations, second.allowed_deactivations), (None, None));
    let third = here.license("43d9646c-34f5-4d37-adeb-f7f77b927bdd").await;
    assert_eq!((third.status, third.validity), (LicenseStatus::Revoked, Validity::Perpetual));
    // More were used there than are allowed: none is left.
    assert_eq!(third.deactivations_left(), Some(0));
    let terms = here.store().release_terms_of(&third.id).await.unwrap().unwrap();
    assert_eq!(terms.limits.maintenance_until, Some(1_798_761_600));
    assert_eq!(terms.limits.highest_version.unwrap().as_str(), "3.x");
    assert_eq!(here.store().integrity_check().await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn an_export_of_keygen_is_products_groups_people_and_licenses() {
    let here = Here::new();
    let run = here.import("keygen", &export("keygen/export.json"), &["--yes"]).has_problems();
    for (noun, made) in [("products", 1), ("groups", 1), ("users", 2), ("licenses", 3)] {
        assert_eq!(run.count(noun, "made"), made, "{run:?}");
    }
    run.names(
        "licenses[3] id 11000000-0000-4000-8000-000000000004",
        "its policy is not in the export",
    );
    assert_eq!((run.count("machines", "listed"), run.count("components", "listed")), (1, 1));
    assert_eq!(run.problems(), 1);

    let ada = here.user("ada@observatory.example").await;
    let dome = here.license("11000000-0000-4000-8000-000000000001").await;
    assert_eq!((dome.product.as_str(), dome.plan.as_deref()), ("acme-sim", Some("Yearly")));
    assert_eq!((dome.owner, dome.organization), (Some(ada.id), ada.organization));
    assert_eq!((dome.holder.as_deref(), dome.allowed_activations), (Some("Dome 1"), Some(5)));
    assert_eq!(dome.validity, Validity::Fixed(1_924_992_000));
    assert_eq!(dome.entitlements, [("EXPORT".to_owned(), Entitlement::On)].into());
    assert_eq!(dome.metadata["nested"].value, r#"{"a":[1,2]}"#);
    assert_eq!(dome.metadata["seatsOrdered"].value, "7");

    assert_eq!(here.user("bob@banned.example").await.status, UserStatus::Suspended);
    let from_use = here.license("11000000-0000-4000-8000-000000000002").await;
    assert_eq!(from_use.status, LicenseStatus::Suspended);
    assert_eq!(from_use.validity, Validity::FromFirstActivation(30 * DAY));
    // It runs on with what was released until it ended.
    let fallback = here.license("11000000-0000-4000-8000-000000000003").await;
    assert_eq!((fallback.validity, fallback.strategy), (Validity::Perpetual, Strategy::Exact));
    assert_eq!(fallback.allowed_activations, None);
    let terms = here.store().release_terms_of(&fallback.id).await.unwrap().unwrap();
    assert_eq!(terms.limits.maintenance_until, Some(1_735_689_600));
}

#[tokio::test]
async fn metadata_becomes_features_and_goes_to_the_app_where_that_is_asked_for() {
    let here = Here::new();
    let options = [
        "--yes",
        "--feature",
        "seatsOrdered",
        "--app-metadata",
        "site",
        "--product",
        "Acme Sim=sim-2",
    ];
    here.import("keygen", &export("keygen"), &options).has_problems();
    let dome = here.license("11000000-0000-4000-8000-000000000001").await;
    assert_eq!(dome.product.as_str(), "sim-2");
    assert_eq!(dome.entitlements["seatsOrdered"], Entitlement::Integer(7));
    assert_eq!(dome.metadata["site"].visible_to, [Viewer::Device]);
    assert!(!dome.metadata.contains_key("seatsOrdered"));
}

#[test]
fn pages_may_be_put_together_in_any_way() {
    let all = [cad(), license(1, json!({})), license(2, json!({})), license(3, json!({}))];
    let [product, one, two, three] = all.clone().map(|entry| entry.to_string());
    let collection = format!(
        r#"{{"licenses": [[{one}],[{two}, {three}]], "meta": {{"x": 1}}, "products": {{"data": [{product}]}}}}"#
    );
    let pretty = serde_json::to_string_pretty(&Value::from(all.to_vec())).unwrap();
    for (name, text) in [
        ("all.json", collection),
        ("array.json", format!("\u{FEFF}[{one},{two},{three},{product}]")),
        ("pretty.json", pretty),
        ("lines.ndjson", format!("{one}\r\n{product}\n{two}\n{three}")),
        ("concatenated.json", format!("[{one}][{two},{three}]{product}")),
        (
            "pages.json",
            format!(r#"[{{"data":[{one},{two}]}},{{"data":[{three}]}},{{"data":[{product}]}}]"#),
        ),
    ] {
        let here = Here::new();
        let run = here.import("cryptlex", &here.file(name, text), &["--yes"]).works();
        let made = (run.count("licenses", "made"), run.count("products", "made"));
        assert_eq!(made, (3, 1), "{name}: {run:?}");
    }
}

#[test]
fn the_same_entry_on_two_pages_is_one() {
    let here = Here::new();
    let twice = Value::from(vec![
        cad(),
        license(1, json!({})),
        license(2, json!({})),
        license(1, json!({})),
    ]);
    let run = here.import("cryptlex", &here.file("export.json", twice.to_string()), &["--yes"]);
    let run = run.works();
    assert_eq!((run.count("licenses", "made"), run.count("licenses", "unchanged")), (2, 1));
    assert_eq!(here.count("license"), 2);
}

/// Whoever mails customers needs old key, new key and address on one line, also when it is all there already.
#[tokio::test]
async fn the_report_has_old_and_new_keys_side_by_side_each_time() {
    let here = Here::new();
    let report = here.path("report.csv");
    for _ in 0..2 {
        let options = ["--yes", "--report", report.to_str().unwrap()];
        here.import("cryptlex", &export("cryptlex"), &options).has_problems();
        let rows = rows(&report);
        let row = rows.iter().find(|row| row["id there"].starts_with("23d9646c")).unwrap();
        let license = here.license("23d9646c-34f5-4d37-adeb-f7f77b927bdb").await;
        assert_eq!(row["license key there"], "0A2035-E8A2A3-4D31B7-8FF9C6-81A6CA-539E54");
        assert_eq!(row["license key here"], license.key.grouped());
        assert_eq!(row["owner"], "jane@miller.example");
        let listed =
            rows.iter().find(|row| row["outcome"] == "listed" && row["what"] == "activations");
        assert!(
            listed.unwrap()["why and what is not carried over"]
                .starts_with("LAB-7 of license 23d9")
        );
        // Nobody else reads the keys.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&report).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0);
        }
    }
}
