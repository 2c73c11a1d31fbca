//! Who has a session of an admin, or of somebody else, and no root.

use reqwest::multipart::{Form, Part};

use super::papers::{PAGE, bring, key, kid, list, rotation};
use crate::played::NOW;
use crate::world::{DAY, TestPortal};

#[tokio::test]
async fn attack_what_no_root_signed_is_not_installed_with_a_stolen_admin_session() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let thief = admin.thief();
    let evil = key(66);
    let delegation = portal.app.keys().papers.delegation.clone();
    let self_made = delegation.sign(&evil);
    // The portal's own key delegates: with what the thief took from a host, say.
    let mut own = delegation.clone();
    own.key = evil.public_key();
    let two_levels = own.sign(&evil);
    let mut changed = portal.delegate_anew();
    let at = changed.rfind("eyJ").unwrap() + 40;
    changed.replace_range(at..=at, if &changed[at..=at] == "A" { "B" } else { "A" });
    let cases = [
        ("a delegation that he made himself", self_made, "not signed by the root"),
        ("one by the key that it is for", two_levels, "not signed by the root"),
        ("a changed one", changed, "is no delegation"),
        ("a list of his", list(&evil, 9, &[kid(1)]), "not signed by the root"),
        ("a rotation to himself", rotation(&evil, &key(67), 1, NOW + DAY), "does not follow"),
    ];
    let before = portal.untouched().await;
    for (what, file, says) in cases {
        let answer = bring(&thief, &[("signing.chain", &file)]).await;
        assert_eq!(answer.status, 422, "{what}: {}", answer.text);
        assert!(answer.text.contains("Nothing was changed"), "{what}: {}", answer.text);
        assert!(answer.text.contains(says), "{what}: {}", answer.text);
        assert_eq!(portal.untouched().await, before, "{what}");
    }
}

#[tokio::test]
async fn attack_a_delegation_for_another_key_is_refused() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    // Alice's, which the root did sign: her key could do what the portal's can.
    let file = portal.delegation(|delegation| delegation.key = key(5).public_key());
    let before = portal.untouched().await;
    bring(&admin, &[("alice.chain", &file)]).await.is(422).says(&kid(5).to_string());
    assert_eq!(portal.untouched().await, before);
}

#[tokio::test]
async fn attack_an_older_delegation_or_the_same_one_is_refused() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let first = portal.delegate_anew();
    bring(&admin, &[("c", &first)]).await.leads_to(PAGE);
    let second = portal.delegate_anew();
    bring(&admin, &[("c", &second)]).await.leads_to(PAGE);
    let before = portal.untouched().await;
    bring(&admin, &[("c", &first)]).await.is(422).says("not newer");
    bring(&admin, &[("c", &second)]).await.is(422).says("in use already");
    let unnumbered = portal.delegation(|delegation| delegation.serial = None);
    bring(&admin, &[("c", &unnumbered)]).await.is(422).says("not newer");
    for (nbf, exp, says) in
        [(NOW - DAY, NOW, "ended on"), (NOW + DAY, NOW + 900 * DAY, "begins on")]
    {
        let file = portal.delegation(|delegation| {
            delegation.not_before = nbf;
            delegation.not_after = exp;
        });
        bring(&admin, &[("c", &file)]).await.is(422).says(says);
    }
    let counted = portal.delegation(|delegation| delegation.scope.max_grants = Some(500));
    bring(&admin, &[("c", &counted)]).await.is(422).says("--max-grants");
    assert_eq!(portal.untouched().await, before);
}

#[tokio::test]
async fn attack_a_revoked_delegation_is_refused_and_so_is_a_list_that_ends_the_portal() {
    let portal = TestPortal::new().await;
    let (admin, root) = (portal.admin().await, portal.root());
    let next = portal.next_key().await;
    bring(&admin, &[("l", &list(&root, 5, &[next.thumbprint()]))]).await.leads_to(PAGE);
    let revoked = portal.delegation(|delegation| delegation.key = next.clone());
    let before = portal.untouched().await;
    bring(&admin, &[("c", &revoked)]).await.is(422).says("is revoked by the list");
    let own = *portal.app.keys().signing.kid();
    let ends_all = list(&root, 6, &[next.thumbprint(), own]);
    bring(&admin, &[("l", &ends_all)]).await.is(422).says("own key");
    assert_eq!(portal.untouched().await, before);
}

#[tokio::test]
async fn attack_an_older_list_does_not_lift_a_revocation() {
    let portal = TestPortal::new().await;
    let (admin, root) = (portal.admin().await, portal.root());
    let (first, second) = (list(&root, 1, &[]), list(&root, 2, &[kid(66)]));
    bring(&admin, &[("l", &first)]).await.leads_to(PAGE);
    bring(&admin, &[("l", &second)]).await.leads_to(PAGE);
    let before = portal.untouched().await;
    bring(&admin, &[("l", &first)]).await.is(422).says("would lift revocations");
    bring(&admin, &[("l", &second)]).await.is(422).says("in use already");
    let same_number = list(&root, 2, &[kid(66), kid(67)]);
    bring(&admin, &[("l", &same_number)]).await.is(422).says("would lift revocations");
    assert_eq!(portal.untouched().await, before);
    assert!(portal.app.keys().papers.list.as_ref().unwrap().names(&kid(66), None));
}

#[tokio::test]
async fn attack_customers_and_organizations_admins_change_no_keys() {
    let portal = TestPortal::new().await;
    let lab = portal.organization("Lab").await;
    let runner = portal.runner("otto@lab.example", lab).await;
    let customer = portal.customer("jane@lab.example").await;
    let good = portal.delegate_anew();
    let before = portal.untouched().await;
    for who in [runner, customer, portal.visitor()] {
        bring(&who, &[("signing.chain", &good)]).await.is(403);
        let page = who.get(PAGE).await;
        assert!(matches!(page.status.as_u16(), 303 | 403), "{}", page.status);
    }
    assert_eq!(portal.untouched().await, before);
}

#[tokio::test]
async fn attack_names_of_files_lead_nowhere() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let names = [
        "../../escaped",
        "/tmp/escaped",
        "..\\..\\escaped",
        "root.pub",
        "signing.pem",
        "incoming",
        "rotation-1.response",
        "<script>alert(1)</script>",
    ];
    let before = portal.untouched().await;
    for name in names {
        let page = bring(&admin, &[(name, "not a token")]).await.is(422);
        page.hides("<script>alert(1)");
    }
    assert_eq!(portal.untouched().await, before);
    // What is good goes to its own place, whatever it is called.
    for name in names {
        bring(&admin, &[(name, &portal.delegate_anew())]).await.leads_to(PAGE);
    }
    let folder = std::fs::read_dir(portal.keys_folder()).unwrap();
    let mut found: Vec<_> =
        folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    found.sort();
    assert_eq!(found, ["lock", "root.pub", "signing.chain", "signing.pem", "two-factor.key"]);
}

#[tokio::test]
async fn attack_uploads_that_are_too_large_or_too_many_are_refused() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let before = portal.untouched().await;
    let large = "A".repeat(4 * 1024 * 1024);
    bring(&admin, &[("large", &large)]).await.is(413);
    let longer_than_a_file = "A".repeat(65 * 1024);
    bring(&admin, &[("long", &longer_than_a_file)]).await.is(422).says("or it is damaged");
    let many = vec![("one", "x"); 21];
    bring(&admin, &many).await.is(422).says("At most 20 files");
    admin.upload(PAGE, Form::new().text("pasted", "")).await.is(422).says("No file");
    let good = portal.delegate_anew();
    bring(&admin, &[("a", &good), ("b", &good)]).await.is(422).says("second of its kind");
    let root =
        std::fs::read_to_string(portal.app.config().data.join("root-key-carry-away/root.pem"));
    bring(&admin, &[("root.pem", &root.unwrap())]).await.is(422).says("is a private key");
    assert_eq!(portal.untouched().await, before);
}

#[tokio::test]
async fn attack_one_bad_file_among_good_ones_stops_them_all() {
    let portal = TestPortal::new().await;
    let (admin, good) = (portal.admin().await, portal.delegate_anew());
    let before = portal.untouched().await;
    let evil = list(&key(66), 9, &[]);
    bring(&admin, &[("c", &good), ("l", &evil)]).await.is(422);
    let form = Form::new()
        .part("file", Part::text(good).file_name("c"))
        .part("file", Part::bytes(vec![0xff; 100]).file_name("noise"));
    admin.upload(PAGE, form).await.is(422);
    assert_eq!(portal.untouched().await, before);
}
