//! `/admin/customers`

use countersign_core::Id;
use countersign_store::{Role, UserStatus};

use super::{ADA, changes_nothing, entries_of, is_written_down};
use crate::world::browser::Answer;
use crate::world::{PASSWORD, TestPortal};

const JANE: &str = "jane@lab.example";
const USERS: &str = "/admin/customers/users";
const ORGANIZATIONS: &str = "/admin/customers/organizations";

/// The link on the page to hand to the person.
fn link(page: &Answer) -> String {
    let link = page.text.split(r#"<code id="password-link">"#).nth(1).unwrap();
    link.split('<').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_user_is_created_with_a_link_and_no_password() {
    let portal = TestPortal::new().await;
    let (admin, lab) = (portal.admin().await, portal.organization("Lab").await);
    let organization = lab.to_string();
    let mut page = None;
    let entries = entries_of(&portal, async {
        let form =
            [("email", " Jane@Lab.Example "), ("name", "<b>Jane"), ("organization", &organization)];
        page = Some(admin.post(USERS, &form).await.is(200).says("jane@lab.example").hides("<b>"));
    })
    .await;
    let actions: Vec<_> = entries.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["user.create", "user.password-link"]);
    let user = portal.stored_user(JANE).await;
    assert_eq!(
        (user.role, user.status, user.organization),
        (Role::Customer, UserStatus::Invited, Some(lab))
    );
    let jane = portal.visitor();
    jane.log_in(JANE, "").await.is(403);
    jane.post(&link(&page.unwrap()), &[("password", PASSWORD)]).await.leads_to("/login");
    jane.log_in(JANE, PASSWORD).await.leads_to("/");
    jane.get("/").await.leads_to("/licenses");
    admin.get("/admin/customers").await.is(200).says(JANE).says("active");
}

#[tokio::test]
async fn a_further_link_to_set_a_password_is_written_down() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let jane = portal.user(|_| ()).await.id.to_string();
    is_written_down(&portal, "user.password-link", &jane, async {
        let answer = admin.post(&format!("{USERS}/{jane}"), &[("new_link", "1")]).await.is(200);
        answer.says("/password/");
    })
    .await;
}

#[tokio::test]
async fn an_admin_is_created_by_an_admin() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let form = [("email", "bob@acme.example"), ("role", "admin")];
    let page = admin.post(USERS, &form).await.is(200);
    let bob = portal.visitor();
    bob.post(&link(&page), &[("password", PASSWORD)]).await.is(303);
    bob.log_in("bob@acme.example", PASSWORD).await.is(303);
    bob.get("/admin").await.is(200);
}

#[tokio::test]
async fn the_link_leads_to_the_address_that_people_use() {
    let portal =
        TestPortal::with(|c| c.public_url = Some("https://portal.acme.example/".into())).await;
    let page = portal.admin().await.post(USERS, &[("email", JANE)]).await.is(200);
    assert!(link(&page).starts_with("https://portal.acme.example/password/"), "{}", link(&page));
}

#[tokio::test]
async fn a_user_that_cannot_be_is_not_created() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    portal.user(|_| ()).await;
    let nowhere = Id::from([7; 16]).to_string();
    for (form, words) in [
        (
            [("email", "jane"), ("name", "Jane")],
            "This is no e-mail address that mail can be sent to.",
        ),
        ([("email", ""), ("name", "Jane")], "This is no e-mail address that mail can be sent to."),
        ([("email", "JANE@lab.example"), ("name", "Jane")], "with this e-mail address already"),
        ([("email", "joe@lab.example"), ("organization", &nowhere)], "no such organization"),
        ([("email", "joe@lab.example"), ("organization", "Lab")], "no such organization"),
    ] {
        changes_nothing(&portal, async {
            admin.post(USERS, &form).await.is(422).says(words).says("Nothing was changed.");
        })
        .await;
    }
    assert_eq!(portal.app.store().users().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_user_is_edited_suspended_and_let_in_again() {
    let portal = TestPortal::new().await;
    let (admin, lab) = (portal.admin().await, portal.organization("Lab").await);
    let jane = portal.customer(JANE).await;
    let id = portal.stored_user(JANE).await.id.to_string();
    let (path, organization) = (format!("{USERS}/{id}"), lab.to_string());
    let form = [("name", "Jane"), ("organization", &*organization), ("suspended", "1")];
    is_written_down(&portal, "user.change", &id, async {
        admin.post(&path, &form).await.leads_to("/admin/customers");
    })
    .await;
    let user = portal.stored_user(JANE).await;
    assert_eq!((&*user.name, user.organization), ("Jane", Some(lab)));
    jane.get("/licenses").await.leads_to("/login?next=/licenses");
    jane.log_in(JANE, PASSWORD).await.is(403);
    admin.get(&path).await.is(200).says("checked");
    admin.post(&path, &form[..2]).await.is(303);
    jane.get("/licenses").await.leads_to("/login?next=/licenses");
    jane.log_in(JANE, PASSWORD).await.is(303);
}

#[tokio::test]
async fn a_user_does_not_move_to_an_organization_that_is_not_there() {
    let portal = TestPortal::new().await;
    let (admin, lab) = (portal.admin().await, portal.organization("Lab").await);
    let jane = portal.user(|user| user.organization = Some(lab)).await;
    for nowhere in [&Id::from([7; 16]).to_string(), "Lap"] {
        changes_nothing(&portal, async {
            let form = [("name", "Jane"), ("organization", nowhere)];
            let path = format!("{USERS}/{}", jane.id);
            admin.post(&path, &form).await.is(422).says("no such organization");
        })
        .await;
    }
    assert_eq!(portal.stored_user(JANE).await.organization, Some(lab));
}

#[tokio::test]
async fn a_new_link_changes_nothing_else_and_replaces_the_old_one() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let first = link(&admin.post(USERS, &[("email", JANE), ("name", "Jane")]).await.is(200));
    let path = format!("{USERS}/{}", portal.stored_user(JANE).await.id);
    let second = link(&admin.post(&path, &[("name", "Joe"), ("new_link", "1")]).await.is(200));
    assert_eq!(portal.stored_user(JANE).await.name, "Jane");
    portal.visitor().get(&first).await.is(422);
    portal.visitor().get(&second).await.is(200);
}

#[tokio::test]
async fn an_admin_cannot_lock_themselves_out() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let path = format!("{USERS}/{}", portal.stored_user(ADA).await.id);
    changes_nothing(&portal, async {
        let answer = admin.post(&path, &[("name", "Ada"), ("suspended", "1")]).await.is(422);
        answer.says("You cannot suspend yourself.");
    })
    .await;
    admin.get("/admin").await.is(200);
}

#[tokio::test]
async fn an_admin_does_not_lock_themselves_out_by_their_own_organization() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let (own, shut) = (portal.organization("Acme").await, portal.organization("Shut").await);
    portal.suspend_organization(shut, true).await;
    let ada = format!("{USERS}/{}", portal.stored_user(ADA).await.id);
    let (of, into) = (own.to_string(), shut.to_string());
    admin.post(&ada, &[("name", "Ada"), ("organization", &of)]).await.is(303);
    // A second one, so that nothing but themselves is in the way.
    let second = |user: &mut countersign_store::User| {
        (user.email, user.role) = ("bob@acme.example".into(), Role::Admin);
    };
    let bob = portal.user(second).await;
    changes_nothing(&portal, async {
        for form in
            [[("name", "Ada"), ("deactivated", "1")], [("name", "Ada"), ("organization", &into)]]
        {
            admin.post(&ada, &form).await.is(422).says("You cannot suspend yourself.");
        }
        let form = [("name", "Acme"), ("suspended", "1")];
        let answer = admin.post(&format!("{ORGANIZATIONS}/{own}"), &form).await.is(422);
        answer.says("You belong to this organization: suspending it would lock you out, too.");
    })
    .await;
    admin.get("/admin").await.is(200);
    let form = [("name", "Bob"), ("suspended", "1")];
    admin.post(&format!("{USERS}/{}", bob.id), &form).await.is(303);
}

#[tokio::test]
async fn an_organization_is_created_renamed_suspended_and_let_in_again() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    is_written_down(&portal, "organization.create", "", async {
        admin.post(ORGANIZATIONS, &[("name", " The <Lab> ")]).await.is(303);
    })
    .await;
    let lab = portal.app.store().organizations().await.unwrap().remove(0);
    let people = format!("/admin/customers?organization={}", lab.id);
    admin.get(&people).await.is(200).says(r#"value="The &#60;Lab&#62;""#);
    assert_eq!(lab.name, "The <Lab>");
    admin.get("/admin/customers").await.is(200).says("The &#60;Lab&#62;").hides("<Lab>");
    let jane = portal.customer_of(JANE, Some(lab.id)).await;
    let (path, id) = (format!("{ORGANIZATIONS}/{}", lab.id), lab.id.to_string());
    is_written_down(&portal, "organization.change", &id, async {
        admin.post(&path, &[("name", "Lab"), ("suspended", "1")]).await.is(303);
    })
    .await;
    jane.get("/licenses").await.leads_to("/login?next=/licenses");
    jane.log_in(JANE, PASSWORD).await.is(403);
    admin.post(&path, &[("name", " Lab ")]).await.is(303);
    assert_eq!(portal.app.store().organizations().await.unwrap()[0].name, "Lab");
    jane.log_in(JANE, PASSWORD).await.is(303);
}

#[tokio::test]
async fn an_organization_has_a_name() {
    let portal = TestPortal::new().await;
    let (admin, lab) = (portal.admin().await, portal.organization("Lab").await);
    for path in [ORGANIZATIONS, &format!("{ORGANIZATIONS}/{lab}")] {
        changes_nothing(&portal, async {
            admin.post(path, &[("name", " ")]).await.is(422).says("An organization has a name.");
        })
        .await;
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_not_written_down() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let nobody = Id::from([7; 16]).to_string();
    for id in [&nobody, "nobody"] {
        let (user, lab) = (format!("{USERS}/{id}"), format!("{ORGANIZATIONS}/{id}"));
        admin.get(&user).await.is(404);
        let entries = entries_of(&portal, async {
            admin.post(&user, &[("name", "x")]).await.is(404);
            admin.post(&user, &[("new_link", "1")]).await.is(404);
            admin.post(&lab, &[("name", "x")]).await.is(404);
        });
        assert_eq!(entries.await, []);
    }
}
