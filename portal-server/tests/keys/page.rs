//! The vendor's page: what it shows, and what it takes.

use countersign_core::Expect;
use countersign_core::delegation::ScopeType;
use countersign_core::trust::Roots;

use super::papers::{PAGE, bring, form, key, kid, list, rotation};
use crate::played::{Machine, NOW};
use crate::world::{CookieUser, DAY, TestPortal};

/// A machine's response, as text.
async fn activate(visitor: &CookieUser, request: &str) -> String {
    let post = visitor.request("POST", "/api/v1/activations").body(request.to_owned());
    visitor.send(post).await.is(200).json()["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_new_delegation_is_used_at_once_and_noted() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let page = admin.get(PAGE).await.is(200).says("732 days").says("activations, deactivations");
    page.says(&portal.app.keys().roots[0].to_string()).says("No limit");
    let file = portal.delegation(|delegation| delegation.not_after = NOW + 1000 * DAY);
    bring(&admin, &[("whatever.txt", &file)]).await.leads_to(PAGE);
    assert_eq!(portal.app.keys().until(), NOW + 1000 * DAY);
    admin.get(PAGE).await.says("1000 days").says("1790000000");
    let key = portal.license(1, None).await;
    let request = Machine::new("lab-7", &portal.product).activation(&key);
    let token = activate(&portal.visitor(), &request).await;
    let verified = portal.roots().verify_response(&token, Expect::Response).unwrap();
    assert_eq!(verified.delegation().unwrap().serial, Some(1_790_000_000));
    let audit = portal.audit().await;
    let entry = audit.iter().find(|entry| entry.action == "keys.delegation").unwrap();
    assert!(entry.actor.starts_with("user:"), "{entry:?}");
    assert!(entry.detail.contains("serial 1790000000"), "{entry:?}");
}

#[tokio::test]
async fn a_list_and_a_rotation_with_its_delegation_are_taken_together() {
    let portal = TestPortal::new().await;
    let (admin, root, second) = (portal.admin().await, portal.root(), key(2));
    let rotated = rotation(&root, &second, 1, NOW);
    let revoked = list(&root, 7, &[kid(66)]);
    // Alone, the rotation would end all signing.
    let before = portal.untouched().await;
    bring(&admin, &[("r", &rotated)]).await.is(422).says("Bring it together with a delegation");
    assert_eq!(portal.untouched().await, before);
    let mut delegation = portal.app.keys().papers.delegation.clone();
    delegation.serial = Some(1);
    let chain = delegation.sign(&second);
    let all = [("c", chain.as_str()), ("l", &revoked), ("r", &rotated)];
    // The list is signed by the old root, before its end.
    let early = list(&second, 7, &[kid(66)]);
    bring(&admin, &all).await.is(422).says("a root that had been replaced");
    bring(&admin, &[all[0], ("l", &early), all[2]]).await.leads_to(PAGE);
    let key = portal.license(1, None).await;
    let request = Machine::new("lab-7", &portal.product).activation(&key);
    let token = activate(&portal.visitor(), &request).await;
    // An app that knows the first root alone takes it.
    let app = Roots::new([root.public_key()]);
    let verified = app.verify_response(&token, Expect::Response).unwrap();
    assert_eq!(*verified.root(), kid(2));
    assert!(verified.revocations().unwrap().names(&kid(66), None));
    admin.get(PAGE).await.says("Number 7").says("one key").says("Root number 1");
}

#[tokio::test]
async fn the_next_key_signs_once_a_root_delegates_to_it_and_what_the_old_one_signed_stays_valid() {
    let mut portal = TestPortal::new().await;
    let (admin, license) = (portal.admin().await, portal.license(2, None).await);
    let lab = |name: &str| Machine::new(name, &portal.product).activation(&license);
    let (first, second) = (lab("lab-5"), lab("lab-6"));
    let old = activate(&portal.visitor(), &first).await;
    let old_kid = *portal.app.keys().signing.kid();
    let next = portal.next_key().await;
    portal
        .until("the page shows the next key", async |_| {
            admin.get(PAGE).await.text.contains(&next.to_string())
        })
        .await;
    let file = portal.delegation(|delegation| delegation.key = next.clone());
    bring(&admin, &[("signing.chain", &file)]).await.leads_to(PAGE);
    assert_eq!(*portal.app.keys().signing.kid(), next.thumbprint());
    assert!(!portal.keys_folder().join("next.pem").exists());
    let new = activate(&portal.visitor(), &second).await;
    let roots = portal.roots();
    for (token, kid) in [(&old, old_kid), (&new, next.thumbprint())] {
        assert_eq!(*roots.verify_response(token, Expect::Response).unwrap().signer(), kid);
    }
    // The same request gets the same answer, and a start finds the new key.
    assert_eq!(activate(&portal.visitor(), &first).await, old);
    portal.start_again().await;
    assert_eq!(*portal.app.keys().signing.kid(), next.thumbprint());
}

#[tokio::test]
async fn less_than_there_is_takes_a_tick() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let first = list(&portal.root(), 1, &[kid(66), kid(67)]);
    bring(&admin, &[("l", &first)]).await.leads_to(PAGE);
    let products = "acme-cad".parse().unwrap();
    let cases = [
        (portal.delegation(|d| d.scope.types = vec![ScopeType::Activation]), "kinds of files"),
        (portal.delegation(|d| d.scope.products = products), "products are missing"),
        (portal.delegation(|d| d.scope.max_days = Some(30)), "grants would be shorter"),
        (portal.delegation(|d| d.not_after = NOW + 30 * DAY), "it ends earlier"),
        (list(&portal.root(), 2, &[kid(66)]), "leaves out one key"),
    ];
    let before = portal.untouched().await;
    for (file, says) in &cases {
        bring(&admin, &[("x", file)]).await.is(422).says(says).says("Nothing was changed");
        assert_eq!(portal.untouched().await, before, "{says}");
    }
    let meant = form(&[("x", &cases[3].0)]).text("less", "1");
    admin.upload(PAGE, meant).await.leads_to(PAGE);
    assert_eq!(portal.app.keys().until(), NOW + 30 * DAY);
    let meant = form(&[("x", &cases[4].0)]).text("less", "1");
    admin.upload(PAGE, meant).await.leads_to(PAGE);
}

#[tokio::test]
async fn the_page_speaks_german_and_takes_pasted_text() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let get = admin.request("GET", PAGE).header("accept-language", "de");
    let page = admin.send(get).await.is(200);
    page.says("Schlüssel zum Unterschreiben").says("Aktivierungen").says("Übertragen bis");
    let pasted = reqwest::multipart::Form::new().text("pasted", portal.delegate_anew());
    admin.upload(PAGE, pasted).await.leads_to(PAGE);
    assert_eq!(portal.app.keys().papers.delegation.serial, Some(1_790_000_000));
}
