//! Pages show nobody what they may not do: every link of a vendor's page opens, and every form on it is taken, for whoever sees it.

use std::collections::BTreeSet;

use countersign_core::license_key::LicenseKey;
use countersign_core::{Hash, Id};
use countersign_portal::routes;
use countersign_store::{Act, JournalOpening, NewJob, Role, User};

use crate::Sales;
use crate::played::{Machine, NOW, rng};
use crate::world::{CookieUser, TestPortal};

/// A portal with one of everything that the vendor's pages are about.
struct Full {
    portal: TestPortal,
    sales: Sales,
    owner: User,
    customer: User,
    journal: Hash,
}

impl Full {
    async fn new() -> Self {
        let portal = TestPortal::new().await;
        let owner = portal.person("olga", Role::Owner).await;
        let admin = portal.person("ada", Role::Admin).await;
        let sales = Sales::new(&portal, "North").await;
        let customer = portal.user(|user| user.organization = Some(sales.lab)).await;
        let tell = |_| NewJob { kind: "none", payload: String::new(), once: None, run_at: NOW };
        let (id, store) = (Id::random(&mut rng()), portal.app.store());
        store.propose(id, Act::EndRule, admin.id, tell, NOW).await.unwrap();
        let journal = Hash::of("a first line");
        let kid = Machine::new("signer", &portal.product).key.public_key().thumbprint();
        let own_id = Id::random(&mut rng());
        let opening =
            JournalOpening { hash: journal, own_id, kid, kind: String::new(), made_at: NOW };
        store.merge_journal(opening, Vec::new(), "test", NOW).await.unwrap();
        Self { portal, sales, owner, customer, journal }
    }

    /// The pages of the vendor and of licenses, by their routes.
    fn paths(&self) -> Vec<String> {
        let license = self.sales.license().to_string();
        let activation = self.sales.machine.rsplit('/').next().unwrap().to_owned();
        let id = |path: &str| match path {
            _ if path.contains("/products/") => "acme-cad".to_owned(),
            _ if path.contains("licenses/") => license.clone(),
            _ if path.contains("/journals/") => self.journal.to_string(),
            _ if path.contains("/staff/") => self.owner.id.to_string(),
            _ if path.contains("/organizations/") => self.sales.lab.to_string(),
            _ => self.customer.id.to_string(),
        };
        let all = routes(&self.portal.app).into_iter().map(|route| route.path);
        let shown = all.filter(|path| {
            ["/admin", "/licenses", "/reseller"].iter().any(|part| path.starts_with(part))
        });
        let filled = |path: String| {
            let id = id(&path);
            path.replace("{id}", &id).replace("{activation}", &activation)
        };
        shown.map(filled).filter(|path| !path.contains('{')).collect()
    }
}

/// What stands between `before` and the next quote, each once.
fn values(text: &str, before: &str) -> BTreeSet<String> {
    let parts = text.split(before).skip(1);
    parts.filter_map(|part| part.split('"').next().map(str::to_owned)).collect()
}

/// Every page that somebody gets, with its address.
async fn pages(full: &Full, browser: &CookieUser) -> Vec<(String, String)> {
    let mut pages = Vec::new();
    for path in full.paths() {
        let answer = browser.get(&path).await;
        let is_page = answer
            .headers
            .get("content-type")
            .is_some_and(|kind| kind.to_str().unwrap().starts_with("text/html"));
        if answer.status == 200 && is_page {
            pages.push((path, answer.text));
        }
    }
    pages
}

/// The forms of a page that send something: where to.
fn forms(path: &str, text: &str) -> BTreeSet<String> {
    let tags = text.split("<form").skip(1).filter_map(|part| part.split('>').next());
    let posts = tags.filter(|tag| tag.contains("method=\"post\""));
    let action = |tag: &str| values(tag, "action=\"").pop_first().unwrap_or(path.to_owned());
    posts.map(action).collect()
}

#[tokio::test]
async fn every_link_opens_and_every_form_is_taken_from_whoever_sees_it() {
    for (role, at_least) in [
        (Role::Owner, 20),
        (Role::Admin, 20),
        (Role::Support, 12),
        (Role::ReadOnly, 18),
        (Role::ResellerAdmin, 6),
    ] {
        let full = Full::new().await;
        let browser = match role {
            Role::ResellerAdmin => full.portal.session(&full.sales.rita).await,
            role => full.portal.logged_in_as("sam", role).await.1,
        };
        let pages = pages(&full, &browser).await;
        assert!(pages.len() >= at_least, "{role:?} sees {} pages", pages.len());
        let (mut links, mut actions) = (BTreeSet::new(), BTreeSet::new());
        for (path, text) in &pages {
            links.extend(values(text, "href=\"/"));
            actions.extend(forms(path, text));
        }
        for link in links {
            let link = format!("/{}", link.split('#').next().unwrap().replace("&#38;", "&"));
            let answer = browser.get(&link).await;
            assert!(
                !matches!(answer.status.as_u16(), 403 | 404),
                "{role:?}: {link} {}",
                answer.status
            );
        }
        // The last one ends the session.
        assert!(actions.remove("/logout"));
        for action in actions {
            let status = browser.post(&action, &[]).await.status.as_u16();
            assert!(
                !matches!(status, 403..=405),
                "{role:?} is shown {action}, which answers {status}"
            );
        }
    }
}

#[tokio::test]
async fn who_only_reads_sees_every_page_without_a_form_and_without_a_license_key() {
    let full = Full::new().await;
    let (_, browser) = full.portal.logged_in_as("ron", Role::ReadOnly).await;
    // What is dropped among the activations is looked at: answering it is not for them.
    let own = ["/logout", "/admin/tokens", "/admin/activations"];
    for (path, text) in pages(&full, &browser).await {
        let left: Vec<_> =
            forms(&path, &text).into_iter().filter(|to| !own.contains(&&**to)).collect();
        assert!(left.is_empty(), "{path} has forms: {left:?}");
        assert!(!has_key(&text, &full.sales.key), "{path} shows the key");
        let named = text.contains("<button name=")
            || (text.contains("type=\"file\"") && !path.starts_with("/admin/activations"));
        assert!(!named, "{path} has a button");
    }
    for file in ["/licenses.csv", "/licenses.ics", "/admin/audit.csv", "/admin/audit.jsonl"] {
        assert!(!has_key(&browser.get(file).await.is(200).text, &full.sales.key), "{file}");
    }
    // Those who help see it, where it is.
    let (_, support) = full.portal.logged_in_as("sue", Role::Support).await;
    for path in [full.sales.page(), format!("/admin/licenses/{}", full.sales.license())] {
        assert!(has_key(&support.get(&path).await.is(200).text, &full.sales.key), "{path}");
    }
}

fn has_key(text: &str, key: &LicenseKey) -> bool {
    text.contains(&*key.grouped()) || text.contains(key.normal())
}

#[tokio::test]
async fn the_way_in_leads_everybody_to_their_own_pages() {
    let full = Full::new().await;
    for (name, role) in [("sue", Role::Support), ("ron", Role::ReadOnly), ("ann", Role::Admin)] {
        let (_, browser) = full.portal.logged_in_as(name, role).await;
        browser.get("/").await.leads_to("/admin");
        browser.get("/admin").await.is(200);
    }
    full.sales.browser.get("/").await.leads_to("/reseller");
    full.sales.browser.get("/reseller").await.is(200).says("North Lab");
    // The log is not for support.
    let (_, support) = full.portal.logged_in_as("sam", Role::Support).await;
    support.get("/admin").await.is(200).hides("/admin/audit").hides("/admin/keys");
}
