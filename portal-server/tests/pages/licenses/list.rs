//! The list: searched, filtered, sorted, page by page, as table and calendar.

use countersign_core::fingerprint::Strategy;
use countersign_store::{LicenseStatus, NewLicense, Product, Validity};

use super::people::Lab;
use crate::played::NOW;
use crate::world::browser::Answer;
use crate::world::{CookieUser, DAY, TestPortal};

const JANE: &str = "jane@lab.example";

/// Jane with a license for each of these plans, the last one the newest.
async fn jane_with(plans: &[&str]) -> (TestPortal, CookieUser) {
    let portal = TestPortal::new().await;
    let jane = portal.customer(JANE).await;
    for plan in plans {
        license(&portal, plan, |_| ()).await;
    }
    (portal, jane)
}

async fn license(
    portal: &TestPortal,
    plan: &str,
    change: impl FnOnce(&mut NewLicense),
) -> countersign_core::license_key::LicenseKey {
    let owner = portal.stored_user(JANE).await.id;
    portal
        .license_with(|new| {
            (new.owner, new.plan) = (Some(owner), Some(plan.into()));
            change(new);
        })
        .await
}

/// The plans of a page, in its order.
fn plans(answer: &Answer) -> Vec<String> {
    let rows = answer.text.split("<tbody>").nth(1).unwrap_or_default();
    let rows = rows.split("</tbody>").next().unwrap_or_default();
    let plan = |row: &str| row.split("</a>").next()?.rsplit(" · ").next().map(str::to_owned);
    rows.split("<tr>").skip(1).filter_map(plan).collect()
}

/// The address of a link.
fn link(answer: &Answer, rel: &str) -> Option<String> {
    let after = answer.text.split(&format!(r#"rel="{rel}" href=""#)).nth(1)?;
    Some(after.split('"').next()?.replace("&#38;", "&").replace("&amp;", "&"))
}

#[tokio::test]
async fn a_search_finds_by_plan_holder_product_key_and_machine() {
    let (portal, jane) = jane_with(&["Basic"]).await;
    let key = license(&portal, "Pro", |new| new.holder = Some("Müller & Söhne".into())).await;
    let request = crate::played::Machine::new("bench-7", &portal.product).activation(&key);
    jane.post("/activate/confirm", &[("request", &request)]).await.is(200);
    let end = key.grouped().rsplit('-').next().unwrap().to_owned();
    for (searched, found) in [
        ("pro", vec!["Pro"]),
        ("m%C3%BCller", vec!["Pro"]),
        (end.as_str(), vec!["Pro"]),
        (&key.grouped(), vec!["Pro"]),
        ("bench-", vec!["Pro"]),
        ("Acme+CAD", vec!["Pro", "Basic"]),
        ("nothing", vec![]),
    ] {
        let answer = jane.get(&format!("/licenses?q={searched}")).await.is(200);
        let mut shown = plans(&answer);
        shown.sort_by(|a, b| b.cmp(a));
        assert_eq!(shown, found, "{searched}");
    }
    jane.get("/licenses?q=nothing").await.says("No license fits that.").says("Show all");
}

#[tokio::test]
async fn attack_a_search_that_is_a_pattern_or_markup() {
    let (portal, jane) = jane_with(&["Basic", "100% _sure"]).await;
    portal.license_with(|new| new.plan = Some("of somebody else".into())).await;
    // No license key has an i: a shorter beginning may be that of a key's last group.
    for (searched, found) in [
        ("%25", 0),
        ("_", 0),
        ("%25%25%25", 0),
        ("Basi%25", 1),
        ("'+OR+1=1--", 0),
        ("%22%3E%3Cscript%3Ealert(1)%3C/script%3E", 0),
        ("100%25", 1),
        ("ba%00s%0Di%1Bc", 1),
        ("%F0%9F%92%A9%FF", 0),
        ("%", 0),
    ] {
        let answer = jane.get(&format!("/licenses?q={searched}")).await.is(200);
        assert_eq!(plans(&answer).len(), found, "{searched}: {}", answer.text);
        answer.hides("<script>alert").hides("of somebody else");
    }
    let long = "x".repeat(5_000);
    jane.get(&format!("/licenses?q={long}")).await.is(200).says("No license fits that.");
}

#[tokio::test]
async fn filters_tell_active_ending_ended_suspended_and_revoked_apart() {
    let (portal, jane) = jane_with(&["perpetual"]).await;
    let ends =
        |days: u64| move |new: &mut NewLicense| new.validity = Validity::Fixed(NOW + days * DAY);
    license(&portal, "soon", ends(20)).await;
    license(&portal, "later", ends(90)).await;
    let ended = license(&portal, "over", ends(1)).await;
    portal.change_license(&ended, |license| license.expires_at = Some(NOW - 1)).await;
    for status in [LicenseStatus::Suspended, LicenseStatus::Revoked] {
        let key = license(&portal, status.as_str(), |_| ()).await;
        portal.change_license(&key, |license| license.status = status).await;
    }
    for (filter, found) in [
        ("active", vec!["later", "perpetual", "soon"]),
        ("ending", vec!["soon"]),
        ("ended", vec!["over"]),
        ("suspended", vec!["suspended"]),
        ("revoked", vec!["revoked"]),
        ("nonsense", vec!["later", "over", "perpetual", "revoked", "soon", "suspended"]),
    ] {
        let answer = jane.get(&format!("/licenses?status={filter}")).await.is(200);
        let mut shown = plans(&answer);
        shown.sort();
        assert_eq!(shown, found, "{filter}");
    }
    let page = jane.get("/licenses?sort=end&status=active").await.is(200);
    assert_eq!(plans(&page), ["soon", "later", "perpetual"]);
    page.says(r#"<option value="end" selected>"#)
        .says(r#"<span class="status ending">ends in 20 days"#);
}

#[tokio::test]
async fn only_products_that_i_have_are_offered_and_one_filters() {
    let (portal, jane) = jane_with(&["Pro"]).await;
    for id in ["acme-cam", "acme-secret"] {
        let product = Product {
            id: id.parse().unwrap(),
            name: id.to_uppercase(),
            trial: countersign_store::TrialPolicy {
                days: None,
                strategy: Strategy::Fuzzy,
                entitlements: [].into(),
                ..countersign_store::TrialPolicy::none()
            },
            reinstall_allowance: 3,
            archived: false,
            created_at: NOW,
        };
        portal.app.store().save_product(product, "test", NOW).await.unwrap();
    }
    license(&portal, "Mill", |new| new.product = "acme-cam".parse().unwrap()).await;
    let page = jane.get("/licenses").await.is(200);
    page.says(r#"<option value="acme-cam">ACME-CAM"#).hides("acme-secret").hides("ACME-SECRET");
    assert_eq!(plans(&jane.get("/licenses?product=acme-cam").await.is(200)), ["Mill"]);
    assert!(plans(&jane.get("/licenses?product=acme-secret").await.is(200)).is_empty());
    assert_eq!(plans(&jane.get("/licenses?product=%00../").await.is(200)).len(), 2);
}

#[tokio::test]
async fn pages_lead_on_and_back_and_show_every_license_once() {
    let names: Vec<String> = (0..60).map(|n| format!("plan {n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (_portal, jane) = jane_with(&names).await;
    let first = jane.get("/licenses?sort=created&q=").await.is(200);
    assert_eq!(link(&first, "prev"), None);
    let second = jane.get(&link(&first, "next").unwrap()).await.is(200);
    let third = jane.get(&link(&second, "next").unwrap()).await.is(200);
    assert_eq!(link(&third, "next"), None);
    let mut all: Vec<String> = [&first, &second, &third].into_iter().flat_map(plans).collect();
    assert_eq!((plans(&first).len(), all.len()), (25, 60));
    all.sort();
    assert_eq!(all, names);
    let back = jane.get(&link(&third, "prev").unwrap()).await.is(200);
    assert_eq!(plans(&back), plans(&second));
    back.says(r#"href="/licenses?sort=created">First page"#);
}

#[tokio::test]
async fn attack_a_cursor_that_is_garbage_or_of_another_list_and_a_sort_that_is_none() {
    let (portal, jane) = jane_with(&["Basic", "Pro"]).await;
    portal.license_with(|new| new.plan = Some("of somebody else".into())).await;
    let all = ["Basic", "Pro"];
    for query in [
        "after=garbage",
        "after=%00%FF",
        "after=x.n99999999999999999999999",
        "after=x.tacme-cad",
        "after=",
        "sort=key",
        "sort=created_at%3B+DROP+TABLE+license",
        "sort=created&sort=end",
        "after=x.n1&sort=product",
    ] {
        let answer = jane.get(&format!("/licenses?{query}")).await.is(200);
        let mut shown = plans(&answer);
        shown.sort();
        assert_eq!(shown, all, "{query}");
        answer.hides("of somebody else");
    }
    for cursor in ["zz.n9223372036854775807", ".n0", "'.n-1", "a.n-9223372036854775808"] {
        let answer = jane.get(&format!("/licenses?after={cursor}")).await.is(200);
        answer.hides("of somebody else");
    }
}

#[tokio::test]
async fn who_runs_an_organization_sees_all_of_it_or_their_own_alone() {
    let lab = Lab::new().await;
    let own = lab.portal.stored_user("otto@lab.example").await.id;
    let mine = lab
        .portal
        .license_with(|new| {
            (new.owner, new.organization) = (Some(own), Some(lab.organization));
        })
        .await;
    let all = lab.runner.get("/licenses").await.is(200).says(&lab.id().to_string());
    all.says(&mine.id().to_string()).says("Of the organization");
    let alone = lab.runner.get("/licenses?view=mine").await.is(200).hides(&lab.id().to_string());
    alone.says(&mine.id().to_string());
    let member = lab.member.get("/licenses").await.is(200).says(&lab.id().to_string());
    member.hides("Of the organization").hides(&mine.id().to_string());
    lab.eve.get("/licenses").await.is(200).hides(&lab.id().to_string());
}

#[tokio::test]
async fn the_table_has_what_the_page_has_and_no_key() {
    let lab = Lab::new().await;
    lab.machine(&lab.owner, "lab-7").await;
    for browser in [&lab.owner, &lab.runner, &lab.member] {
        let table = browser.get("/licenses.csv").await.is(200).hides(&lab.key.grouped());
        assert_eq!(table.headers["content-type"], "text/csv; charset=utf-8");
        let table = table.says("\"License\",\"Product\",\"Plan\"").says(&lab.id().to_string());
        table.says("\"1\",\"50\",\"1\",\"0\",\"\"").says("2026-12-30 14:13");
        let german = browser.request("GET", "/licenses.csv").header("accept-language", "de");
        browser.send(german).await.is(200).says("\"Lizenz\",\"Produkt\",\"Tarif\"");
    }
    lab.owner.get("/licenses.csv?status=revoked").await.is(200).hides(&lab.id().to_string());
    lab.eve.get("/licenses.csv").await.is(200).hides(&lab.id().to_string());
    lab.portal.visitor().get("/licenses.csv").await.leads_to("/login?next=/licenses.csv");
}

#[tokio::test]
async fn attack_a_table_whose_cells_are_formulas() {
    let (portal, jane) = jane_with(&["=HYPERLINK(\"https://evil.example\")"]).await;
    let key = license(&portal, "+1", |new| new.holder = Some("@SUM(A1);=1".into())).await;
    let machine = crate::played::Machine::new("=cmd|' /C calc'!A0", &portal.product);
    let request = machine.activation(&key);
    jane.post("/activate/confirm", &[("request", &request)]).await.is(200);
    let machines = format!("/licenses/{}/machines.csv", key.id());
    for path in ["/licenses.csv", &machines] {
        let table = jane.get(path).await.is(200);
        for cell in table.text.split(['"', ';', ',']) {
            assert!(!cell.starts_with(['=', '+', '-', '@']), "{path}: {cell}");
        }
        assert!(table.text.contains("'=") || table.text.contains("'@"), "{}", table.text);
    }
}

#[tokio::test]
async fn the_calendar_has_every_end_that_i_may_see() {
    let lab = Lab::new().await;
    let uid = format!("UID:license-{}", lab.id());
    for path in ["/licenses.ics".to_owned(), format!("{}/end.ics", lab.page())] {
        let calendar = lab.member.get(&path).await.is(200).hides(&lab.key.grouped());
        assert_eq!(calendar.headers["content-type"], "text/calendar; charset=utf-8");
        let text = calendar.text.replace("\r\n ", "");
        assert!(text.contains(&uid) && text.contains("DTSTART:20261230T141320Z"), "{text}");
        assert!(text.contains("SUMMARY:The license for Acme CAD ends"), "{text}");
        assert!(text.contains(&format!("URL:{}{}", lab.portal.url, lab.page())), "{text}");
    }
    let others = lab.eve.get("/licenses.ics").await.is(200);
    assert!(!others.text.contains("VEVENT"), "{}", others.text);
    lab.eve.get(&format!("{}/end.ics", lab.page())).await.is(404);
    lab.portal.change_license(&lab.key, |license| license.expires_at = None).await;
    lab.owner.get(&format!("{}/end.ics", lab.page())).await.is(404);
}
