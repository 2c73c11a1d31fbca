//! What the overview of a new portal says comes next.

use countersign_store::{OrganizationRole, Role};

use crate::played::Machine;
use crate::world::{CookieUser, TestPortal};

/// The first step that a page can do.
async fn next(admin: &CookieUser) -> Option<String> {
    let page = admin.get("/admin").await.is(200);
    let steps =
        page.text.split("id=\"first-steps\"").nth(1)?.split("</section>").next()?.to_owned();
    let button = steps.split("<a class=\"button\" href=\"").nth(1)?;
    Some(button.split('"').next()?.to_owned())
}

#[tokio::test]
async fn each_step_leads_to_the_next_and_the_last_ends_them() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    // The portal of tests has a product.
    assert_eq!(next(&admin).await.as_deref(), Some("/admin/customers"));
    portal.user(|_| ()).await;
    assert_eq!(next(&admin).await.as_deref(), Some("/admin/licenses/new"));
    let key = portal.license(1, None).await;
    assert_eq!(next(&admin).await.as_deref(), Some("/admin/licenses"));
    let page = format!("/admin/licenses/{}", key.id());
    admin.get(&page).await.is(200).says("id=\"hand-over\"");
    let machine = Machine::new("lab-1", &portal.product);
    let api = portal.visitor();
    let request = api.request("POST", "/api/v1/activations").body(machine.activation(&key));
    api.send(request).await.is(200);
    assert_eq!(next(&admin).await, None);
    admin.get("/admin").await.is(200).hides("first-steps");
    admin.get(&page).await.is(200).hides("id=\"hand-over\"");
}

#[tokio::test]
async fn who_creates_no_licenses_is_not_sent_there() {
    let portal = TestPortal::new().await;
    for (role, email) in [(Role::Support, "sue@acme.example"), (Role::ReadOnly, "ron@acme.example")]
    {
        portal
            .user(|user| {
                user.email = email.into();
                user.role = role;
                user.organization_role = OrganizationRole::Member;
            })
            .await;
        portal.logged_in(email).await.get("/admin").await.is(200).hides("first-steps");
    }
}

#[tokio::test]
async fn a_new_organization_leads_to_its_first_person_who_runs_it() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let made = admin.post("/admin/customers/organizations", &[("name", "Lab & Co")]).await.is(303);
    let page = admin.get(made.header("location")).await.is(200);
    let page = page.says("Nobody belongs to Lab &#38; Co yet").says("value=\"Lab &#38; Co\"");
    page.says("<option value=\"admin\" selected>");
    let form = [("email", "jane@lab.example"), ("organization", "Lab & Co"), ("invite", "mail")];
    let invited = admin.post("/admin/customers/users", &form).await.is(303);
    let page = admin.get(invited.header("location")).await.is(200);
    let link = page.text.split("/admin/licenses/new?").nth(1).unwrap().split('"').next().unwrap();
    let link = link.replace("&#38;", "&");
    let form = admin.get(&format!("/admin/licenses/new?{link}")).await.is(200);
    form.says("name=\"organization\" list=\"organizations\"").says("value=\"Lab &#38; Co\"");
    // The next one there is a member.
    admin.get(made.header("location")).await.is(200).hides("<option value=\"admin\" selected>");
}
