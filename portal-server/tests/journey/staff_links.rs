//! What opens an account of the vendor's own people is at the operator's address, whatever domain the settings have.

use countersign_store::{DomainCheck, Finding, Role, SeenRecord};

use crate::played::NOW;
use crate::world::{PASSWORD, TestPortal};

const OPERATOR: &str = "portal.operator.example";
const DOMAIN: &str = "licenses.acme.example";

async fn with_domain_in_use() -> TestPortal {
    let portal =
        TestPortal::with(|config| config.public_url = Some(format!("http://{OPERATOR}"))).await;
    let (store, right) = (portal.app.store(), SeenRecord::plain(Finding::Right));
    store.set_domain(DOMAIN, "token", "test", NOW).await.unwrap();
    let domain = store.domain().await.unwrap().unwrap();
    let check = DomainCheck { pointer: right.clone(), proof: right };
    let mail = |_, _: &_, _| unreachable!("nothing is gone");
    store.note_domain_check(&domain, check, "fresh".into(), mail, NOW).await.unwrap().unwrap();
    assert!(store.use_domain(DOMAIN, true, "test", NOW).await.unwrap());
    let admin = portal.admin().await;
    admin.get("/admin/settings/domain").await.is(200).says(DOMAIN);
    portal
}

#[tokio::test]
async fn attack_an_admin_who_sets_a_domain_of_their_own_reads_no_link_of_an_owner() {
    let portal = with_domain_in_use().await;
    for (email, role) in [
        ("olga@acme.example", Role::Owner),
        ("sue@acme.example", Role::Support),
        ("jane@lab.example", Role::Customer),
    ] {
        portal
            .user(|user| {
                user.email = email.into();
                user.role = role;
            })
            .await;
        // Anybody may ask for it.
        portal.visitor().post("/forgot", &[("email", email)]).await.is(200);
        let text = portal.last_mail().await.text;
        let expected = if role == Role::Customer { DOMAIN } else { OPERATOR };
        assert!(text.contains(&format!("\nhttp://{expected}/reset/")), "{email}: {text}");
    }
    // What they do to their own accounts, and what they are told.
    let olga = portal.logged_in("olga@acme.example").await;
    let wanted = [("email", "olga@new.example"), ("password", PASSWORD)];
    olga.post("/profile/email", &wanted).await.is(303);
    let changed = [("password", PASSWORD), ("new_password", "another horse battery")];
    olga.post("/profile/password", &changed).await.is(303);
    olga.post("/admin/staff", &[("email", "ben@acme.example"), ("role", "admin")]).await.is(303);
    let mails = portal.mails().await;
    for mail in mails.iter().filter(|mail| mail.to != "jane@lab.example") {
        let elsewhere = mail.text.contains(&format!("http://{DOMAIN}"));
        assert!(!elsewhere, "{}: {}", mail.to, mail.text);
    }
    assert!(mails.iter().any(|mail| mail.text.contains(&format!("\nhttp://{OPERATOR}/invite/"))));
    assert!(mails.iter().any(|mail| mail.text.contains(&format!("\nhttp://{OPERATOR}/confirm/"))));
}

#[tokio::test]
async fn a_link_that_is_handed_over_is_at_the_operators_address_for_staff_and_at_the_domain_for_customers()
 {
    let portal = with_domain_in_use().await;
    let olga = portal
        .user(|user| {
            user.email = "olga@acme.example".into();
            user.role = Role::Owner;
        })
        .await;
    let jane = portal.user(|_| ()).await;
    let owner = portal.logged_in(&olga.email).await;
    let ben = portal
        .user(|user| {
            user.email = "ben@acme.example".into();
            user.role = Role::Support;
        })
        .await;
    let page = owner.post(&format!("/admin/staff/{}", ben.id), &[("do", "link")]).await.is(200);
    page.says(&format!("http://{OPERATOR}/password/"));
    let page = format!("/admin/customers/users/{}", jane.id);
    let page = owner.post(&page, &[("new_link", "1")]).await.is(200);
    page.says(&format!("http://{DOMAIN}/password/"));
}
