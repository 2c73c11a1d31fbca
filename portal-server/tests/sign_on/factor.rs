//! The vendor's rule that its people have a second factor, and one that they had at the provider.

use countersign_core::Id;
use countersign_store::{OrganizationRole, Role, User};
use serde_json::json;

use crate::hostile::Provider;
use crate::world::{CookieUser, TestPortal};
use crate::{Lab, is_out, portal, start};

const RULE: &[(&str, &str)] = &[("cap_days", "365"), ("staff_second_factor", "on")];

struct Staff {
    portal: TestPortal,
    provider: Provider,
    id: Id,
}

impl Staff {
    /// A portal with the rule, whose staff has a provider; Ada, an admin, has no second factor here.
    async fn new() -> Self {
        let portal = portal().await;
        let provider = Provider::start(std::sync::Arc::clone(&portal.clock)).await;
        let id = portal.trusts(None, &provider.url, |_| ()).await;
        portal.approve(id, "lab.example").await;
        let change = |user: &mut User| {
            user.email = "ada@lab.example".into();
            user.role = Role::Admin;
        };
        portal.user(change).await;
        rule(&portal).await;
        Self { portal, provider, id }
    }

    async fn comes(&self) -> CookieUser {
        let browser = self.portal.visitor();
        let sent = start(&browser, self.id, "/admin").await;
        browser.get(&self.provider.answers(&sent, "ada")).await.leads_to("/admin");
        browser
    }
}

async fn rule(portal: &TestPortal) {
    let owner = portal.owner().await;
    owner.post("/admin/settings", RULE).await.is(303);
    owner.get("/admin").await.leads_to("/profile/two-factor");
}

#[tokio::test]
async fn a_second_factor_at_the_staffs_own_provider_keeps_the_rule() {
    let staff = Staff::new().await;
    staff.provider.claims(|claims| claims["amr"] = json!(["pwd", "mfa"]));
    let ada = staff.comes().await;
    ada.get("/admin").await.is(200);
    ada.get("/profile/two-factor").await.is(200);
    // By the password alone, in another browser, it is not kept.
    let by_password = staff.portal.logged_in("ada@lab.example").await;
    by_password.get("/admin").await.leads_to("/profile/two-factor");
}

#[tokio::test]
async fn attack_staff_without_a_second_factor_anywhere_do_not_get_past_the_rule() {
    let staff = Staff::new().await;
    for amr in [json!([]), json!(["pwd"]), json!(["otp"]), json!(["MFA"])] {
        staff.provider.claims(move |claims| claims["amr"] = amr.clone());
        let ada = staff.comes().await;
        ada.get("/admin").await.leads_to("/profile/two-factor");
        ada.post("/admin/settings", &[("cap_days", "365"), ("staff_second_factor", "off")])
            .await
            .is(403);
    }
    staff.provider.claims(|claims| claims["acr"] = json!("mfa"));
    staff.comes().await.get("/admin").await.leads_to("/profile/two-factor");
}

#[tokio::test]
async fn attack_a_resellers_own_provider_lets_its_admin_in_by_no_word_about_factors() {
    let lab = Lab::new().await;
    lab.portal.make_reseller(lab.lab).await;
    let change = |user: &mut User| {
        user.email = "rita@lab.example".into();
        user.role = Role::ResellerAdmin;
        user.organization = Some(lab.lab);
        user.organization_role = OrganizationRole::Admin;
    };
    lab.portal.user(change).await;
    rule(&lab.portal).await;
    lab.provider.claims(|claims| claims["amr"] = json!(["mfa"]));
    let (browser, answer) = lab.comes("rita").await;
    answer.is(403);
    is_out(&browser).await;
    // By the password the rule holds.
    let rita = lab.portal.logged_in("rita@lab.example").await;
    rita.get("/reseller").await.leads_to("/profile/two-factor");
}

#[tokio::test]
async fn trying_a_provider_out_shows_whether_it_says_so() {
    let staff = Staff::new().await;
    staff.provider.claims(|claims| claims["amr"] = json!(["mfa"]));
    let ada = staff.comes().await;
    let page = ada.post(&format!("/admin/sign-on/{}/try", staff.id), &[("x", "1")]).await.is(200);
    let path = staff.provider.answers(&crate::sent(&page), "ada");
    ada.get(&path).await.is(200).says("Second factor (amr with mfa)</th><td>yes");
}
