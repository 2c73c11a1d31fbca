//! Who may use which route, and that no other site uses it in their name. The table is made by hand from `router.rs`.

use countersign_core::request::Ask;
use reqwest::RequestBuilder;
use reqwest::multipart::{Form, Part};

use crate::played::Machine;
use crate::world::{CookieUser, TestPortal};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    Programs,
    Everybody,
    Customers,
    Runners,
    Admins,
}
use For::{Admins, Customers, Everybody, Programs, Runners};

/// Method, path, for whom, and what is posted: a form that works for whoever may.
const ROUTES: [(&str, &str, For, &str); 112] = [
    ("GET", "/healthz", Programs, ""),
    ("GET", "/readyz", Programs, ""),
    ("POST", "/api/v1/activations", Programs, ""),
    ("POST", "/api/v1/deactivations", Programs, ""),
    ("POST", "/api/v1/trials", Programs, ""),
    ("POST", "/v3/trial-activations/offline-activate", Programs, ""),
    ("GET", "/", Everybody, ""),
    ("GET", "/assets/{name}", Everybody, ""),
    ("GET", "/activate", Everybody, ""),
    ("POST", "/activate/review", Everybody, "a file"),
    ("POST", "/activate/confirm", Everybody, "request={request}"),
    ("POST", "/activate/responses.zip", Everybody, "row={request}"),
    ("POST", "/activate/table.csv", Everybody, "row={request}"),
    ("GET", "/responses/{hash}", Everybody, ""),
    ("GET", "/responses/{hash}/qr.svg", Everybody, ""),
    ("GET", "/login", Everybody, ""),
    ("POST", "/login", Everybody, "email=mallory@evil.example&password=correct horse battery"),
    ("GET", "/setup/{token}", Everybody, ""),
    ("POST", "/setup/{token}", Everybody, "email=e@evil.example&name=Eve&password=0123456789"),
    ("GET", "/password/{token}", Everybody, ""),
    ("POST", "/password/{token}", Everybody, "password=0123456789"),
    ("GET", "/login/code", Everybody, ""),
    ("POST", "/login/code", Everybody, "code=123456"),
    ("GET", "/forgot", Everybody, ""),
    ("POST", "/forgot", Everybody, "email=mallory@evil.example"),
    ("GET", "/reset/{token}", Everybody, ""),
    ("POST", "/reset/{token}", Everybody, "password=0123456789"),
    ("GET", "/confirm/{token}", Everybody, ""),
    ("POST", "/confirm/{token}", Everybody, "x=1"),
    ("GET", "/revert/{token}", Everybody, ""),
    ("POST", "/revert/{token}", Everybody, "x=1"),
    ("GET", "/invite/{token}", Everybody, ""),
    ("POST", "/invite/{token}", Everybody, "password=0123456789"),
    ("POST", "/invite/{token}/join", Customers, "x=1"),
    ("GET", "/profile", Customers, ""),
    // Before the others that end sessions.
    ("POST", "/profile/sessions/{id}/end", Customers, "x=1"),
    ("POST", "/profile", Customers, "first_name=Eve&last_name=Evil"),
    ("POST", "/profile/email", Customers, "email=x@evil.example&password=correct horse battery"),
    (
        "POST",
        "/profile/password",
        Customers,
        "password=correct horse battery&new_password=correct horse battery",
    ),
    ("GET", "/profile/sessions", Customers, ""),
    ("POST", "/profile/sessions/end-others", Customers, "x=1"),
    ("GET", "/profile/two-factor", Customers, ""),
    ("POST", "/profile/two-factor/on", Customers, "code={code -1}"),
    (
        "POST",
        "/profile/two-factor/codes",
        Customers,
        "password=correct horse battery&code={code 0}",
    ),
    ("POST", "/profile/two-factor/off", Customers, "password=correct horse battery&code={code 1}"),
    ("POST", "/profile/two-factor/offer", Customers, "password=correct horse battery"),
    ("GET", "/organization", Runners, ""),
    ("GET", "/organization/users", Runners, ""),
    ("POST", "/organization/users", Runners, "email=new@lab.example"),
    ("GET", "/organization/users/{id}", Runners, ""),
    (
        "POST",
        "/organization/users/{id}",
        Runners,
        "first_name=J&last_name=D&organization_role=member",
    ),
    ("POST", "/organization/users/{id}/groups", Runners, "group={group}"),
    ("POST", "/organization/users/{id}/invitation", Runners, "x=1"),
    ("POST", "/organization/users/{id}/withdraw", Runners, "x=1"),
    ("POST", "/organization/users/{id}/two-factor-off", Runners, "x=1"),
    ("GET", "/organization/groups", Runners, ""),
    ("POST", "/organization/groups", Runners, "name=Staff"),
    ("GET", "/organization/groups/{id}", Runners, ""),
    ("POST", "/organization/groups/{id}", Runners, "name=Students 2"),
    ("POST", "/organization/groups/{id}/add", Runners, "user={user}"),
    ("POST", "/organization/groups/{id}/remove", Runners, "user={user}"),
    ("POST", "/organization/groups/{id}/link", Runners, "license={license}&seat_cap=3"),
    ("POST", "/organization/groups/{id}/unlink", Runners, "license={license}"),
    ("POST", "/organization/groups/{id}/delete", Runners, "x=1"),
    ("GET", "/organization/licenses/{id}", Runners, ""),
    ("GET", "/organization/activity", Runners, ""),
    ("GET", "/downloads", Customers, ""),
    ("GET", "/downloads/{product}", Customers, ""),
    ("GET", "/downloads/{product}/{release}", Customers, ""),
    ("GET", "/releases/{id}", Customers, ""),
    ("HEAD", "/releases/{id}", Customers, ""),
    ("GET", "/releases/{id}/checksums", Customers, ""),
    ("GET", "/licenses", Customers, ""),
    ("GET", "/licenses.csv", Customers, ""),
    ("GET", "/licenses.ics", Customers, ""),
    ("GET", "/licenses/{id}", Customers, ""),
    ("GET", "/licenses/{id}/end.ics", Customers, ""),
    ("GET", "/licenses/{id}/machines.csv", Customers, ""),
    ("POST", "/licenses/{id}/responses.zip", Customers, "x=1"),
    ("GET", "/licenses/{id}/machines/{activation}", Customers, ""),
    ("GET", "/licenses/{id}/machines/{activation}/response", Customers, ""),
    ("GET", "/licenses/{id}/machines/{activation}/receipt", Customers, ""),
    ("POST", "/licenses/{id}/machines/{activation}/renew", Customers, "x=1"),
    ("GET", "/licenses/{id}/machines/{activation}/release", Customers, ""),
    // After the two that renew it.
    ("POST", "/licenses/{id}/machines/{activation}/release", Customers, "reason=lost"),
    ("POST", "/licenses/{id}/review", Customers, "a file"),
    ("POST", "/licenses/{id}/confirm", Customers, "request={request}"),
    ("POST", "/licenses/{id}/table.csv", Customers, "row={request}"),
    ("GET", "/admin", Admins, ""),
    ("GET", "/admin/settings", Admins, ""),
    ("POST", "/admin/settings", Admins, "cap_days=5"),
    ("GET", "/admin/products", Admins, ""),
    ("POST", "/admin/products", Admins, "id=acme-cam&name=Acme CAM"),
    ("GET", "/admin/products/{id}", Admins, ""),
    ("POST", "/admin/products/{id}", Admins, "name=Acme CAD 2"),
    ("GET", "/admin/licenses", Admins, ""),
    ("POST", "/admin/licenses", Admins, "product=acme-cad"),
    ("GET", "/admin/licenses/{id}", Admins, ""),
    ("POST", "/admin/licenses/{id}", Admins, "revision=1&status=revoked&strategy=exact"),
    ("GET", "/admin/customers", Admins, ""),
    ("POST", "/admin/customers/users", Admins, "email=eve@evil.example&role=admin"),
    ("GET", "/admin/customers/users/{id}", Admins, ""),
    ("POST", "/admin/customers/users/{id}", Admins, "new_link=1"),
    ("POST", "/admin/customers/organizations", Admins, "name=Firm"),
    ("POST", "/admin/customers/organizations/{id}", Admins, "name=Lab&suspended=1"),
    // Last: it ends the session.
    ("POST", "/logout", Customers, "x=1"),
    // As `HEAD`, a page is looked at like as `GET`.
    ("HEAD", "/licenses", Customers, ""),
    ("HEAD", "/admin", Admins, ""),
    ("HEAD", "/admin/products", Admins, ""),
    ("HEAD", "/admin/licenses", Admins, ""),
    ("HEAD", "/admin/customers", Admins, ""),
    ("HEAD", "/admin/customers/users/{id}", Admins, ""),
];

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

/// What the routes are about: one license of Jane's and of her organization, which Otto runs, a group there, somebody who
/// was invited, and a request that carries no license.
struct Subjects {
    portal: TestPortal,
    license: String,
    activation: String,
    user: String,
    invited: String,
    group: String,
    organization: String,
    request: String,
}

/// A secret that the admin was offered for a second factor.
const TOTP: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const OTTO: &str = "otto@lab.example";

impl Subjects {
    async fn new() -> Self {
        let portal = TestPortal::new().await;
        let lab = portal.organization("Lab").await;
        let jane = portal.user(|user| user.organization = Some(lab)).await;
        portal.runner(OTTO, lab).await;
        let license = |new: &mut countersign_store::NewLicense| {
            new.owner = Some(jane.id);
            new.organization = Some(lab);
        };
        let key = portal.license_with(license).await;
        let machine = Machine::new("lab-7", &portal.product);
        let invited = portal.invited("inga@lab.example", lab).await;
        let group = portal.group("Students", lab).await;
        let api = portal.visitor();
        let active = Machine::new("lab-6", &portal.product).activation(&key);
        api.send(api.request("POST", "/api/v1/activations").body(active)).await.is(200);
        let activation = portal.app.store().activations(&key.id(), 1).await.unwrap()[0].id;
        Self {
            activation: activation.to_string(),
            invited: invited.to_string(),
            group: group.to_string(),
            license: key.id().to_string(),
            user: jane.id.to_string(),
            organization: lab.to_string(),
            request: machine.request(|_, device| Ask::Activation { device, license: None }),
            portal,
        }
    }

    /// The path with the id of something that is there.
    fn path(&self, path: &str) -> String {
        let id = match path {
            _ if path.contains("/products/") => "acme-cad",
            _ if path.contains("/licenses/") => &self.license,
            _ if path.contains("/groups/") => &self.group,
            _ if path.ends_with("/invitation") || path.ends_with("/withdraw") => &self.invited,
            _ if path.contains("/users/") => &self.user,
            _ if path.contains("/organizations/") => &self.organization,
            _ => "portal.css",
        };
        let path = path.replace("{activation}", &self.activation);
        let path = path.replace("{product}", "acme-cad").replace("{release}", id);
        path.replace("{id}", id).replace("{name}", id).replace("{hash}", id).replace("{token}", id)
    }

    /// The request of a row, without any header that says where it comes from.
    fn request(
        &self,
        browser: &CookieUser,
        method: &str,
        path: &str,
        body: &str,
    ) -> RequestBuilder {
        let request = browser.request(method, &self.path(path));
        match body {
            "" => request,
            "a file" => {
                let file = Part::text(self.request.clone()).file_name("lab-7.request");
                request.multipart(Form::new().part("file", file))
            }
            fields => {
                let fields = fields
                    .replace("{request}", &self.request)
                    .replace("{user}", &self.user)
                    .replace("{license}", &self.license)
                    .replace("{group}", &self.group);
                let fields = [-1, 0, 1].iter().fold(fields, |fields, step| {
                    fields.replace(&format!("{{code {step}}}"), &self.portal.code(TOTP, *step))
                });
                let field = |field: &str| field.split_once('=').map(|(n, v)| (n.into(), v.into()));
                request
                    .form(&fields.split('&').filter_map(field).collect::<Vec<(String, String)>>())
            }
        }
    }

    /// All that a request could have changed.
    async fn state(&self) -> (usize, u64, usize) {
        let store = self.portal.app.store();
        let license = store.license(&self.license.parse().unwrap()).await.unwrap().unwrap();
        let products = store.products().await.unwrap().len();
        (self.portal.audit().await.len(), license.live_activations, products)
    }
}

#[test]
fn the_table_misses_no_route() {
    let router = include_str!("../../src/router.rs");
    let literals = router.split('"').skip(1).step_by(2).filter(|text| text.starts_with('/'));
    let mut missed: Vec<_> =
        literals.filter(|path| !ROUTES.iter().any(|route| route.1 == *path)).collect();
    missed.dedup();
    assert!(missed.is_empty(), "router.rs has routes that no row tests: {missed:?}");
    let posts = router.matches("post(pages").count();
    let rows = ROUTES.iter().filter(|route| route.0 == "POST" && route.2 != Programs).count();
    assert_eq!(posts, rows, "every form of router.rs has its row");
}

#[tokio::test]
async fn a_customer_is_refused_on_every_route_of_the_vendor() {
    let subjects = Subjects::new().await;
    let jane = subjects.portal.logged_in("jane@lab.example").await;
    let before = subjects.state().await;
    for (method, path, _, body) in ROUTES.iter().filter(|route| route.2 == Admins) {
        let request = subjects.request(&jane, method, path, body);
        let answer = jane.send(request.header("sec-fetch-site", "same-origin")).await;
        assert_eq!(answer.status, 403, "{method} {path}");
        assert!(*method == "HEAD" || answer.text.contains("You are not allowed to do that."));
        assert_eq!(subjects.state().await, before, "{method} {path} changed something");
    }
    jane.get("/licenses").await.is(200);
}

#[tokio::test]
async fn who_does_not_run_an_organization_is_refused_on_its_routes() {
    let subjects = Subjects::new().await;
    let jane = subjects.portal.logged_in("jane@lab.example").await;
    let admin = subjects.portal.admin().await;
    let before = subjects.state().await;
    for (method, path, _, body) in ROUTES.iter().filter(|route| route.2 == Runners) {
        for browser in [&jane, &admin] {
            let request = subjects.request(browser, method, path, body);
            let answer = browser.send(request.header("sec-fetch-site", "same-origin")).await;
            assert_eq!(answer.status, 403, "{method} {path}");
        }
        assert_eq!(subjects.state().await, before, "{method} {path} changed something");
    }
}

#[tokio::test]
async fn somebody_elses_user_group_or_license_is_not_found() {
    let subjects = Subjects::new().await;
    let other = subjects.portal.organization("Other").await;
    let eve = subjects.portal.runner("eve@other.example", other).await;
    let before = subjects.state().await;
    let about_one = |path: &str| {
        path.contains("{id}") && (path.contains("/organization/") || path.contains("/licenses/"))
    };
    let theirs = |route: &For| matches!(route, Runners | Customers);
    for (method, path, _, body) in ROUTES.iter().filter(|r| theirs(&r.2) && about_one(r.1)) {
        let request = subjects.request(&eve, method, path, body);
        let answer = eve.send(request.header("sec-fetch-site", "same-origin")).await;
        assert_eq!(answer.status, 404, "{method} {path}");
        assert_eq!(subjects.state().await, before, "{method} {path} changed something");
    }
    let own = subjects.portal.group("Own", other).await;
    let (user, license) = (subjects.user.as_str(), subjects.license.as_str());
    for (what, field) in [("add", ("user", user)), ("link", ("license", license))] {
        eve.post(&format!("/organization/groups/{own}/{what}"), &[field]).await.is(404);
    }
    eve.get("/organization/users").await.is(200).hides("jane@lab.example");
    eve.get("/organization/groups").await.is(200).hides("Students");
    eve.get(&format!("/organization/groups/{own}")).await.is(200).hides(license).hides(user);
}

#[tokio::test]
async fn a_stranger_is_sent_to_the_login_or_refused() {
    let subjects = Subjects::new().await;
    let stranger = subjects.portal.visitor();
    let before = subjects.state().await;
    let guarded = ROUTES.iter().filter(|route| matches!(route.2, Customers | Runners | Admins));
    for (method, path, _, body) in guarded {
        let request = subjects.request(&stranger, method, path, body);
        let answer = stranger.send(request.header("sec-fetch-site", "same-origin")).await;
        if *method == "POST" {
            assert_eq!(answer.status, 403, "{method} {path}");
        } else {
            answer.leads_to(&format!("/login?next={}", subjects.path(path)));
        }
        assert_eq!(subjects.state().await, before, "{method} {path} changed something");
    }
}

#[tokio::test]
async fn no_other_site_posts_in_the_name_of_who_is_logged_in() {
    let subjects = Subjects::new().await;
    let (otto, admin) = (subjects.portal.logged_in(OTTO).await, subjects.portal.admin().await);
    let by = |whom: For| if whom == Runners { &otto } else { &admin };
    let ada = subjects.portal.stored_user("ada@acme.example").await;
    subjects.portal.app.store().offer_totp(ada.id, TOTP.into()).await.unwrap();
    let other = subjects.portal.logged_in("ada@acme.example").await;
    let elsewhere_logged_in = subjects.portal.session_of(&other).await;
    let before = subjects.state().await;
    let posts = || ROUTES.iter().filter(|route| route.0 == "POST" && route.2 != Programs);
    for (method, path, whom, body) in posts() {
        let browser = by(*whom);
        for elsewhere in ELSEWHERE {
            let request = subjects.request(browser, method, path, body);
            let request =
                elsewhere.iter().fold(request, |r, (name, value)| r.header(*name, *value));
            let answer = browser.send(request).await;
            assert_eq!(answer.status, 403, "{method} {path} from {elsewhere:?}: {}", answer.text);
            assert!(answer.text.contains("Nothing was changed."), "{}", answer.text);
            assert!(answer.headers.get("set-cookie").is_none());
            assert_eq!(subjects.state().await, before, "{method} {path} from {elsewhere:?}");
        }
    }
    admin.get("/admin").await.is(200);
    // The same forms from here do what they say: nothing else was wrong with them.
    let guarded = posts().filter(|route| matches!(route.2, Customers | Runners | Admins));
    for (method, path, whom, body) in guarded {
        let (browser, path) =
            (by(*whom), path.replace("sessions/{id}", &format!("sessions/{elsewhere_logged_in}")));
        let request = subjects.request(browser, method, &path, body);
        let answer = browser.send(request.header("sec-fetch-site", "same-origin")).await;
        // Nobody was invited by the token of this table: that is said, and nothing else.
        let expected: &[u16] = if path.starts_with("/invite") { &[422] } else { &[200, 303] };
        assert!(expected.contains(&answer.status.as_u16()), "{method} {path}: {}", answer.text);
    }
    assert_ne!(subjects.state().await, before);
    admin.get("/admin").await.leads_to("/login?next=/admin");
}

#[tokio::test]
async fn no_other_site_logs_a_visitor_in_or_sets_a_password() {
    let subjects = Subjects::new().await;
    subjects.portal.user(|user| user.email = "mallory@evil.example".into()).await;
    let link = subjects.portal.password_link("mallory@evil.example", 3600).await;
    let visitor = subjects.portal.visitor();
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
    let subjects = Subjects::new().await;
    let admin = subjects.portal.admin().await;
    let form = [("name", "Firm")];
    let post = admin.request("POST", "/admin/customers/organizations").form(&form);
    admin.send(post.header("origin", &subjects.portal.url)).await.leads_to("/admin/customers");
}

#[tokio::test]
async fn an_admin_sees_every_page() {
    let subjects = Subjects::new().await;
    let admin = subjects.portal.admin().await;
    let otto = subjects.portal.logged_in(OTTO).await;
    let guarded = ROUTES.iter().filter(|r| r.0 != "POST" && matches!(r.2, Runners | Admins));
    for (method, path, whom, _) in guarded {
        let browser = if *whom == Runners { &otto } else { &admin };
        let answer = browser.send(browser.request(method, &subjects.path(path))).await;
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text);
    }
}
