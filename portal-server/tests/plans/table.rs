//! `/admin/licenses/import`: a table is looked at, and imported once when that is confirmed.

use countersign_core::license_key::LicenseKey;
use countersign_store::{MetadataEntry, Product, UserStatus, Validity, Viewer};

use super::{IMPORT, bring, token};
use crate::played::{NOW, rng};
use crate::world::{DAY, TestPortal};

const TABLE: &str = "product,plan,holder,owner_email,organization,activations,validity,features,metadata,count\n\
    acme-cad,team,Müller & Söhne,new@lab.example,Lab,,,,,\n\
    acme-cad,,Jane,jane@lab.example,,any,365 days from first activation,cad|cores=8,order=1 [user],3\n";

#[tokio::test]
async fn a_table_is_looked_at_and_then_imported_with_its_users() {
    let portal = TestPortal::new().await;
    let (admin, lab) = (portal.admin().await, portal.organization("Lab").await);
    let jane = portal.user(|_| ()).await.id;
    let plan = portal.plan("Team", |_| ()).await;
    let mut page = None;
    portal.nothing_changes(async { page = Some(bring(&admin, TABLE).await) }).await;
    let page = page.unwrap().says("2 lines").says("4 licenses").says("one user, as invited");
    let path = format!("{IMPORT}/{}", token(&page));
    admin.get(&path).await.is(200).says("Import 4 licenses");
    let made = admin.post(&path, &[]).await.is(303).header("location").to_owned();
    let licenses = portal.all().await;
    assert_eq!(licenses.len(), 4);
    let team = licenses.iter().find(|license| license.plan_id.is_some()).unwrap();
    let new = portal.stored_user("new@lab.example").await;
    assert_eq!((new.status, new.organization), (UserStatus::Invited, Some(lab)));
    assert_eq!((team.owner, team.organization), (Some(new.id), Some(lab)));
    assert_eq!((team.plan_id, team.plan.as_deref()), (Some(plan.id), Some("Team")));
    assert_eq!((team.allowed_activations, team.expires_at), (Some(2), Some(NOW + 365 * DAY)));
    assert_eq!(team.holder.as_deref(), Some("Müller & Söhne"));
    let of_jane = licenses.iter().find(|license| license.owner == Some(jane)).unwrap();
    assert_eq!(of_jane.validity, Validity::FromFirstActivation(365 * DAY));
    assert_eq!(of_jane.allowed_activations, None);
    let order = MetadataEntry { value: "1".into(), visible_to: vec![Viewer::User] };
    assert_eq!(of_jane.metadata["order"], order);
    assert_eq!(of_jane.entitlements.len(), 2);
    let keys = admin.get(&format!("{made}/keys.csv")).await.is(200);
    assert_eq!(keys.text.lines().count(), 5);
}

#[tokio::test]
async fn the_template_has_every_column_that_the_page_documents_and_is_a_table_that_works() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let page = admin.get(IMPORT).await.is(200);
    let template = admin.get(&format!("{IMPORT}/template.csv")).await.is(200).text;
    let heading = template.lines().next().unwrap().trim_start_matches('\u{FEFF}').to_owned();
    for column in heading.split(',') {
        assert!(
            page.text.contains(&format!("<code>{}</code>", column.trim_matches('"'))),
            "{column}"
        );
    }
    let page = bring(&admin, &template).await.says("one license");
    admin.post(&format!("{IMPORT}/{}", token(&page)), &[]).await.is(303);
    assert_eq!(portal.all().await.len(), 1);
}

#[tokio::test]
async fn each_bad_line_is_named_with_its_column_and_nothing_is_imported_while_there_is_one() {
    let portal = TestPortal::new().await;
    let (admin, key) = (portal.admin().await, portal.license(1, None).await);
    portal.organization("Lab").await;
    portal.user(|_| ()).await;
    portal.plan("Old", |plan| plan.archived = true).await;
    let taken = key.grouped();
    let fresh = LicenseKey::generate(&mut rng()).grouped();
    let head = "product,plan,owner_email,organization,activations,validity,expires_at,key,count,features,highest_version";
    for (line, column, words) in [
        ("acme-cam,,,,1,perpetual,,,,,", "product", "no such product"),
        (",,,,1,perpetual,,,,,", "product", "Something must stand here"),
        ("acme-cad,Teem,,,1,perpetual,,,,,", "plan", "has no such plan"),
        ("acme-cad,Old,,,1,perpetual,,,,,", "plan", "archived"),
        ("acme-cad,,jane,,1,perpetual,,,,,", "owner_email", "no e-mail address"),
        (
            "acme-cad,,jane@lab.example,Lab,1,perpetual,,,,,",
            "owner_email",
            "not in the organization",
        ),
        ("acme-cad,,,Lap,1,perpetual,,,,,", "organization", "no such organization"),
        ("acme-cad,,,,-1,perpetual,,,,,", "activations", "no whole number"),
        ("acme-cad,,,,99999999999999999999,perpetual,,,,,", "activations", "no whole number"),
        ("acme-cad,,,,,perpetual,,,,,", "activations", "Without a plan"),
        ("acme-cad,,,,1,,,,,,", "validity", "Without a plan"),
        ("acme-cad,,,,1,for ever,,,,,", "validity", "none of"),
        ("acme-cad,,,,1,0 days,,,,,", "validity", "none of"),
        ("acme-cad,,,,1,perpetual,2030-01-01,,,,", "expires_at", "either a validity or an end"),
        ("acme-cad,,,,1,,2001-01-01,,,,", "expires_at", "This day is over"),
        ("acme-cad,,,,1,,tomorrow,,,,", "expires_at", "tomorrow"),
        (&format!("acme-cad,,,,1,perpetual,,{taken},,,"), "key", "a license with this key already"),
        ("acme-cad,,,,1,perpetual,,ABC,,,", "key", "no license key"),
        (&format!("acme-cad,,,,1,perpetual,,{fresh},2,,"), "count", "A key is for one license"),
        ("acme-cad,,,,1,perpetual,,,0,,", "count", "no whole number from 1 to 1000"),
        ("acme-cad,,,,1,perpetual,,,1001,,", "count", "no whole number from 1 to 1000"),
        ("acme-cad,,,,1,perpetual,,,,=x,", "features", "NAME=7"),
        ("acme-cad,,,,1,perpetual,,,,,new", "highest_version", "new"),
        ("acme-cad,,,,1", "", "5 cells"),
        ("acme-cad,Teem,,,,,,,,,", "plan", "has no such plan"),
    ] {
        let table = format!("{head}\nacme-cad,,,,1,perpetual,,,,,\n{line}\n");
        portal
            .nothing_changes(async {
                let page = bring(&admin, &table).await.says("One thing is wrong").says(words);
                let at = format!(
                    "<th scope=\"row\">3</th><td data-label=\"Column\"><code>{column}</code>"
                );
                page.says(&at).hides("Import one license");
            })
            .await;
    }
    let twice = format!(
        "{head}\nacme-cad,,,,1,perpetual,,{fresh},,,\nacme-cad,,,,1,perpetual,,{fresh},,,\n"
    );
    bring(&admin, &twice).await.says("Another line of the table has this key");
    let two = format!("{head}\nx,,,,-1,perpetual,,,,,\n");
    bring(&admin, &two).await.says("2 things are wrong").says("no such product");
}

#[tokio::test]
async fn a_key_of_ours_stays_and_an_end_is_a_day() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let key = LicenseKey::generate(&mut rng());
    let table = format!(
        "\u{FEFF}product;activations;expires_at;key\r\nacme-cad;1;2030-12-31;{}\r\n;;;\r\n",
        key.grouped()
    );
    let page = bring(&admin, &table).await;
    admin.post(&format!("{IMPORT}/{}", token(&page)), &[]).await.is(303);
    assert_eq!(portal.stored(&key).await.expires_at, Some(1_924_991_999));
    bring(&admin, &table).await.says("There is a license with this key already");
}

#[tokio::test]
async fn the_same_confirmation_twice_and_two_at_once_import_once() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let page = bring(&admin, "product,activations,validity,count\nacme-cad,1,perpetual,5\n").await;
    let path = format!("{IMPORT}/{}", token(&page));
    let (a, b) = tokio::join!(admin.post(&path, &[]), admin.post(&path, &[]));
    let (a, b) = (a.is(303), b.is(303));
    assert_eq!(a.header("location"), b.header("location"));
    let again = admin.post(&path, &[]).await.is(303);
    assert_eq!(portal.all().await.len(), 5);
    let keys = admin.get(&format!("{}/keys.csv", again.header("location"))).await.is(200).text;
    for license in portal.all().await {
        assert!(keys.contains(&license.key.grouped()), "who was second sees the keys that count");
    }
}

#[tokio::test]
async fn attack_what_changes_between_the_dry_run_and_the_confirmation() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let plan = portal.plan("Team", |_| ()).await;
    let key = LicenseKey::generate(&mut rng());
    let by_plan = bring(&admin, "product,plan\nacme-cad,Team\n").await;
    let with_key =
        format!("product,activations,validity,key\nacme-cad,1,perpetual,{}\n", key.grouped());
    let with_key = bring(&admin, &with_key).await;
    let plain = bring(&admin, "product,activations,validity\nacme-cad,1,perpetual\n").await;
    let other = countersign_store::Plan { allowed_activations: Some(99), ..plan };
    portal.app.store().change_plan(other, "test", NOW).await.unwrap();
    portal.license_with(|new| new.key = key).await;
    portal
        .nothing_changes(async {
            for (page, words) in
                [(by_plan, "plan was changed meanwhile"), (with_key, "with this key")]
            {
                let late = admin.post(&format!("{IMPORT}/{}", token(&page)), &[]).await.is(422);
                late.says("Line 2").says(words).says("Nothing was imported");
            }
        })
        .await;
    let product = portal.app.store().product(&portal.product).await.unwrap().unwrap();
    let archived = Product { archived: true, ..product };
    portal.app.store().save_product(archived, "test", NOW).await.unwrap();
    portal
        .nothing_changes(async {
            let late = admin.post(&format!("{IMPORT}/{}", token(&plain)), &[]).await.is(422);
            late.says("The product is archived");
        })
        .await;
    bring(&admin, "product,activations,validity\nacme-cad,1,perpetual\n").await.says("archived");
}

#[tokio::test]
async fn a_license_without_an_end_is_a_bad_line_under_the_two_person_rule() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let change = |user: &mut countersign_store::User| {
        user.email = "bob@acme.example".into();
        user.role = countersign_store::Role::Admin;
    };
    portal.user(change).await;
    let table = "product,activations,validity\nacme-cad,1,perpetual\n";
    let early = bring(&admin, table).await;
    admin.post("/admin/approvals/rule", &[("rule", "on")]).await.is(303);
    portal
        .nothing_changes(async {
            bring(&admin, table).await.says("needs a second admin");
            admin.post(&format!("{IMPORT}/{}", token(&early)), &[]).await.is(422);
        })
        .await;
    bring(&admin, "product,activations,validity\nacme-cad,1,9 days\n").await.says("Import one");
}

#[tokio::test]
async fn users_who_would_be_made_find_a_place_or_are_named() {
    let portal = TestPortal::new().await;
    let (admin, lab) = (portal.admin().await, portal.organization("Lab").await);
    let organization = portal.app.store().organization(lab).await.unwrap().unwrap();
    let few = countersign_store::Organization { allowed_users: Some(1), ..organization };
    portal.app.store().change_organization(few, "test", NOW).await.unwrap();
    let head = "product,activations,validity,owner_email,organization\n";
    let row = |email: &str| format!("acme-cad,1,9 days,{email},Lab\n");
    let same = format!("{head}{}{}", row("a@lab.example"), row("A@lab.example"));
    bring(&admin, &same).await.says("one user, as invited").says("Import 2 licenses");
    let two = format!("{head}{}{}", row("a@lab.example"), row("b@lab.example"));
    bring(&admin, &two).await.says("One thing is wrong").says("<th scope=\"row\">3</th>");
    let outside = format!("{head}acme-cad,1,9 days,a@lab.example,\n{}", row("a@lab.example"));
    bring(&admin, &outside).await.says("not in the organization Lab");
}

#[tokio::test]
async fn another_admins_table_does_not_exist_and_a_table_is_gone_after_an_hour() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let page = bring(&admin, "product,activations,validity\nacme-cad,1,perpetual\n").await;
    let path = format!("{IMPORT}/{}", token(&page));
    let change = |user: &mut countersign_store::User| {
        user.email = "bob@acme.example".into();
        user.role = countersign_store::Role::Admin;
    };
    portal.user(change).await;
    let bob = portal.logged_in("bob@acme.example").await;
    bob.get(&path).await.is(404);
    bob.post(&path, &[]).await.is(404);
    portal.clock.advance(2 * 3600);
    let ada = portal.logged_in(super::ADA).await;
    ada.post(&path, &[]).await.is(404);
    assert_eq!(portal.all().await, []);
    let nothing = reqwest::multipart::Form::new().text("x", "1");
    ada.upload(IMPORT, nothing).await.is(422).says("Choose a file");
    let bad = bring(&ada, "product\nx\n").await.hides("action=\"/admin/licenses/import/");
    assert!(bad.text.contains("no such product"));
}
