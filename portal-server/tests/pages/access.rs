//! Who may use which route, and that no other site uses it in their name.

mod matrix;
mod people;
mod table;
mod things;

use countersign_portal::access::Access;

use self::people::{Person, Role, State};
use self::table::{About, Outcome, rows};
use self::things::{TOTP, Things};
use crate::world::TestPortal;

/// Where a browser says that a request comes from; all of these are elsewhere, or nowhere.
const ELSEWHERE: [&[(&str, &str)]; 10] = [
    &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site"), ("origin", "http://127.0.0.1:1")],
    &[("sec-fetch-site", "Same-Origin")],
    &[("origin", "https://evil.example")],
    &[("origin", "http://127.0.0.1:1")],
    &[("origin", "http://127.0.0.1.evil.example")],
    &[("origin", "null")],
    &[("sec-fetch-site", ""), ("origin", "")],
    &[],
];

#[tokio::test]
async fn no_other_site_posts_in_the_name_of_who_is_logged_in() {
    let things = Things::new().await;
    let runner = Person::new(&things, Role::Runner, State::Active).await;
    let vendor = Person::new(&things, Role::PortalOwner, State::Active).await;
    let reseller = Person::new(&things, Role::Reseller, State::Active).await;
    things.portal.offer_totp(vendor.id, TOTP).await;
    let before = things.state();
    let rows = rows(&things.portal).await;
    // Programs bring no cookie, and no browser sends their tokens by itself.
    let by_cookie = |access| !matches!(access, Access::Api | Access::Token(_));
    for row in rows.iter().filter(|row| row.is_form() && by_cookie(row.access)) {
        // From here these forms do what they say (`matrix`): nothing else is wrong with them.
        let by = match row.access {
            Access::OrganizationAdmin => &runner,
            Access::Reseller => &reseller,
            _ => &vendor,
        };
        // What only one admin has is missing here; it is refused before that.
        let known = matches!(row.outcome(by.standing()), Outcome::Through | Outcome::Status(_));
        assert!(known || row.about == About::Kept, "{}", row.path);
        let path = things.path(&row.path, &by.licensed, &by.session);
        for elsewhere in ELSEWHERE {
            let request = things.request(&by.browser, row, &path, &by.licensed, 1);
            let request =
                elsewhere.iter().fold(request, |r, (name, value)| r.header(*name, *value));
            let answer = by.browser.send(request).await;
            assert_eq!(answer.status, 403, "{path} from {elsewhere:?}: {}", answer.text);
            assert!(answer.text.contains("Nothing was changed."), "{}", answer.text);
            assert!(answer.headers.get("set-cookie").is_none());
            assert_eq!(things.state(), before, "{path} from {elsewhere:?}");
        }
    }
    vendor.browser.get("/admin").await.is(200);
}

#[tokio::test]
async fn somebody_elses_user_or_license_is_not_put_into_ones_own_group() {
    let things = Things::new().await;
    let eve = things.portal.runner("eve@other.example", things.other).await;
    let own = things.portal.group("Own", things.other).await;
    let jane = things.portal.stored_user("jane@lab.example").await.id.to_string();
    let license = things.of_jane.license.to_string();
    let before = things.state();
    for (what, field) in [("add", ("user", &jane)), ("link", ("license", &license))] {
        let path = format!("/organization/groups/{own}/{what}");
        eve.post(&path, &[(field.0, field.1.as_str())]).await.is(404);
    }
    assert_eq!(things.state(), before);
    eve.get("/organization/users").await.is(200).hides("jane@lab.example");
    eve.get("/organization/groups").await.is(200).hides("Students");
    eve.get(&format!("/organization/groups/{own}")).await.is(200).hides(&license).hides(&jane);
}

#[tokio::test]
async fn no_other_site_logs_a_visitor_in_or_sets_a_password() {
    let portal = TestPortal::new().await;
    portal.user(|user| user.email = "mallory@evil.example".into()).await;
    let link = portal.password_link("mallory@evil.example", 3600).await;
    let visitor = portal.visitor();
    let form = [("email", "mallory@evil.example"), ("password", "correct horse battery")];
    for path in ["/login", &link] {
        for elsewhere in ELSEWHERE.iter().filter(|e| e.iter().any(|(_, value)| !value.is_empty())) {
            let request = visitor.request("POST", path).form(&form);
            let request =
                elsewhere.iter().fold(request, |r, (name, value)| r.header(*name, *value));
            visitor.send(request).await.is(403).says("it comes from another site");
            assert_eq!(visitor.cookie(), None);
        }
    }
    visitor.get(&link).await.is(200);
}

#[tokio::test]
async fn an_older_browser_says_by_its_origin_that_the_form_is_from_here() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let form = [("name", "Firm")];
    let post = admin.request("POST", "/admin/customers/organizations").form(&form);
    let made = admin.send(post.header("origin", &portal.url)).await;
    let organization = portal.app.store().organizations().await.unwrap();
    let next = format!("/admin/customers?organization={}", organization[0].id);
    made.leads_to(&next);
}
