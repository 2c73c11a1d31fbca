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
    Admins,
}
use For::{Admins, Customers, Everybody, Programs};

/// Method, path, for whom, and what is posted: a form that works for whoever may.
const ROUTES: [(&str, &str, For, &str); 49] = [
    ("GET", "/healthz", Programs, ""),
    ("GET", "/readyz", Programs, ""),
    ("POST", "/api/v1/activations", Programs, ""),
    ("POST", "/api/v1/deactivations", Programs, ""),
    ("POST", "/api/v1/trials", Programs, ""),
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
    ("GET", "/licenses", Customers, ""),
    ("GET", "/licenses/{id}", Customers, ""),
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

/// What the routes are about: one license of Jane's, her organization, and a request that carries no license.
struct Subjects {
    portal: TestPortal,
    license: String,
    user: String,
    organization: String,
    request: String,
}

impl Subjects {
    async fn new() -> Self {
        let portal = TestPortal::new().await;
        let lab = portal.organization("Lab").await;
        let jane = portal.user(|user| user.organization = Some(lab)).await;
        let key = portal.license_with(|new| new.owner = Some(jane.id)).await;
        let machine = Machine::new("lab-7", &portal.product);
        Self {
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
            _ if path.contains("/users/") => &self.user,
            _ if path.contains("/organizations/") => &self.organization,
            _ => "portal.css",
        };
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
                let fields = fields.replace("{request}", &self.request);
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
async fn a_stranger_is_sent_to_the_login_or_refused() {
    let subjects = Subjects::new().await;
    let stranger = subjects.portal.visitor();
    let before = subjects.state().await;
    let guarded = ROUTES.iter().filter(|route| matches!(route.2, Customers | Admins));
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
    let admin = subjects.portal.admin().await;
    let before = subjects.state().await;
    let posts = || ROUTES.iter().filter(|route| route.0 == "POST" && route.2 != Programs);
    for (method, path, _, body) in posts() {
        for elsewhere in ELSEWHERE {
            let request = subjects.request(&admin, method, path, body);
            let request =
                elsewhere.iter().fold(request, |r, (name, value)| r.header(*name, *value));
            let answer = admin.send(request).await;
            assert_eq!(answer.status, 403, "{method} {path} from {elsewhere:?}: {}", answer.text);
            assert!(answer.text.contains("Nothing was changed."), "{}", answer.text);
            assert!(answer.headers.get("set-cookie").is_none());
            assert_eq!(subjects.state().await, before, "{method} {path} from {elsewhere:?}");
        }
    }
    admin.get("/admin").await.is(200);
    // The same forms from here do what they say: nothing else was wrong with them.
    let guarded = posts().filter(|route| matches!(route.2, Customers | Admins));
    for (method, path, _, body) in guarded {
        let request = subjects.request(&admin, method, path, body);
        let answer = admin.send(request.header("sec-fetch-site", "same-origin")).await;
        assert!(matches!(answer.status.as_u16(), 200 | 303), "{method} {path}: {}", answer.text);
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
    for (method, path, _, _) in ROUTES.iter().filter(|r| r.0 != "POST" && r.2 == Admins) {
        let answer = admin.send(admin.request(method, &subjects.path(path))).await;
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text);
    }
}
