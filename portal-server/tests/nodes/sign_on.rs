//! Logging in by a provider, which sends the browser back to whichever node.

use countersign_core::Id;
use countersign_portal::clock::SystemEntropy;
use countersign_store::{
    FactorAskedBy, IdentityDomain, IdentityDomainState, IdentityProvider, Passwords,
    ProviderChange, ProviderStatus, ProvidersOf, Provisioning,
};

use crate::hostile::{Provider, SECRET};
use crate::played::{NOW, rng};
use crate::{Nodes, Sent, at};

/// The organization's provider, which may speak for lab.example.
async fn trusted(nodes: &Nodes, lab: Id, issuer: &str) -> Id {
    let (store, id) = (nodes.a.app.store(), Id::random(&mut rng()));
    let secret = nodes.a.app.vault().seal_client_secret(id, SECRET, &SystemEntropy).unwrap();
    let provider = IdentityProvider {
        id,
        organization: Some(lab),
        issuer: issuer.to_owned(),
        client_id: "countersign".into(),
        client_secret: Some(secret),
        name: "Lab account".into(),
        provisioning: Provisioning::Known,
        passwords: Passwords::Allowed,
        second_factor: FactorAskedBy::Provider,
        status: ProviderStatus::Active,
        proven_at: None,
        created_at: NOW,
    };
    let made = store.create_identity_provider(provider, "test", NOW).await.unwrap();
    assert_eq!(made, ProviderChange::Done);
    let (state, all) = (IdentityDomainState::Approved, ProvidersOf::Everybody);
    let domain = IdentityDomain { domain: "lab.example".into(), state };
    let done = store.put_identity_domain(all, id, domain, "test", NOW).await.unwrap();
    assert_eq!(done, ProviderChange::Done);
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_that_one_node_sent_to_a_provider_comes_back_to_the_other_one() {
    let nodes = Nodes::new().await;
    let lab = nodes.a.organization("Lab").await;
    nodes.a.user(|user| user.organization = Some(lab)).await;
    let provider = Provider::start(nodes.a.clock.clone()).await;
    let id = trusted(&nodes, lab, &provider.url).await;
    let browser = nodes.a.visitor();
    let page = browser.post(&format!("/login/sso/{id}/start"), &[("next", "/licenses")]).await;
    let page = page.is(200);
    let url = page.header("refresh").strip_prefix("0; url=").unwrap().parse().unwrap();
    let there = nodes.b.visitor();
    let cookie = browser.cookie_named("countersign-sso").unwrap();
    there.plant(&format!("countersign-sso={cookie}"));
    // Its secret at the provider was sealed by the first node.
    let sent = Sent { url };
    let back = provider.answers(&sent, "jane");
    there.get(&back).await.leads_to("/licenses");
    at(&nodes.a, &there).get("/profile").await.is(200).says("jane@lab.example");
    // The same answer brought to the first node is used up.
    browser.get(&back).await.is(422);
}
