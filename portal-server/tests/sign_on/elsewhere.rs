//! Trying a provider out where the portal has two hosts: people come back to the one that links begin with.

use countersign_store::{DomainCheck, Finding, SeenRecord};

use crate::hostile::Provider;
use crate::world::{CookieUser, TestPortal};
use crate::{NOW, sent};

const OPERATOR: &str = "portal.operator.example";
const DOMAIN: &str = "licenses.acme.example";
const OLGA: &str = "olga@acme.example";

async fn two_hosts() -> TestPortal {
    let portal = TestPortal::with(|config| {
        config.sso_may_reach = vec!["127.0.0.1".parse().unwrap()];
        config.public_url = Some(format!("http://{OPERATOR}"));
    })
    .await;
    let (store, right) = (portal.app.store(), SeenRecord::plain(Finding::Right));
    store.set_domain(DOMAIN, "token", "test", NOW).await.unwrap();
    let domain = store.domain().await.unwrap().unwrap();
    let check = DomainCheck { pointer: right.clone(), proof: right };
    let mail = |_, _: &_, _| unreachable!("nothing is gone");
    store.note_domain_check(&domain, check, "fresh".into(), mail, NOW).await.unwrap().unwrap();
    portal
}

async fn is_known(browser: &CookieUser) {
    browser.get("/admin/settings/domain").await.is(200).says(DOMAIN);
}

#[tokio::test]
async fn a_provider_is_tried_out_at_the_host_that_people_come_back_to() {
    let portal = two_hosts().await;
    let provider = Provider::start(std::sync::Arc::clone(&portal.clock)).await;
    let id = portal.trusts(None, &provider.url, |_| ()).await;
    let (page, try_it) = (format!("/admin/sign-on/{id}"), format!("/admin/sign-on/{id}/try"));
    let at_operator = portal.owner().await;
    is_known(&at_operator).await;
    // While links begin with the operator's address, it is this one.
    let plain = at_operator.get(&page).await.is(200).hides("id=\"try-home\"");
    plain.says(&format!("action=\"{try_it}\""));
    assert!(portal.app.store().use_domain(DOMAIN, true, "test", NOW).await.unwrap());
    is_known(&at_operator).await;
    let there = at_operator.get(&page).await.is(200).hides(&format!("action=\"{try_it}\""));
    there.says(&format!("id=\"try-home\" href=\"http://{DOMAIN}{page}\""));
    let said = at_operator.post(&try_it, &[("x", "1")]).await.is(422).says("Nothing was tried");
    said.says(&format!("http://{DOMAIN}{page}"));
    assert_eq!(provider.asked("description"), 0);
    // There it works, the whole way.
    let at_domain = CookieUser::new(&portal.url).at(DOMAIN);
    at_domain.log_in(OLGA, crate::world::PASSWORD).await.is(303);
    at_domain.get(&page).await.is(200).hides("id=\"try-home\"");
    let sent = sent(&at_domain.post(&try_it, &[("x", "1")]).await.is(200));
    assert_eq!(sent.value("redirect_uri"), format!("http://{DOMAIN}/login/sso/callback"));
    let back = provider.answers(&sent, "olga");
    at_domain.get(&back).await.is(200).says("olga@lab.example");
}
