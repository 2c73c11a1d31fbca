//! The pages: what may be run, what not and why, in the visitor's language.

use countersign_core::Id;
use countersign_store::{License, LicenseStatus, ReleaseLimits};

use crate::played::NOW;
use crate::shop::{Shop, bytes};
use crate::world::{CookieUser, DAY};

fn limits(maintenance_until: Option<u64>, highest: Option<&str>) -> ReleaseLimits {
    ReleaseLimits { maintenance_until, highest_version: highest.map(|v| v.parse().unwrap()) }
}

async fn german(browser: &CookieUser, path: &str) -> crate::world::browser::Answer {
    browser.send(browser.request("GET", path).header("accept-language", "de")).await
}

async fn set_notes(shop: &Shop, release: Id, notes: &str) {
    let store = shop.app().store();
    store.set_release_notes(release, notes.into(), "test", NOW).await.unwrap();
}

#[tokio::test]
async fn what_is_included_and_why_the_rest_is_not() {
    let shop = Shop::new().await;
    shop.released("2.1.0", "acme-2.1.0.tar.gz", &bytes(10)).await;
    shop.portal.clock.advance(10 * DAY);
    shop.released("2.2.0", "acme-2.2.0.tar.gz", &bytes(10)).await;
    shop.released("3.0.0", "acme-3.0.0.tar.gz", &bytes(10)).await;
    shop.draft("4.0.0").await;
    let jane = shop.customer("jane@lab.example", limits(Some(NOW + DAY), None)).await;
    jane.get("/downloads")
        .await
        .is(200)
        .says("Acme CAD")
        .says("2.1.0")
        .says("It was published after 22 Sep 2026, when the maintenance of your license ended.")
        .hides("4.0.0");
    german(&jane, "/downloads/acme-cad")
        .await
        .is(200)
        .says("Veröffentlichungen von Acme CAD")
        .says("Nicht enthalten")
        .says("Sie wurde nach dem 22.09.2026 veröffentlicht, als die Wartung Ihrer Lizenz endete.");
    let bob = shop.customer("bob@lab.example", limits(None, Some("2.x"))).await;
    bob.get("/downloads").await.is(200).says("Your license covers versions up to 2.x.");
    // A second license that covers everything: nothing is refused any more.
    shop.portal.license_of("bob@lab.example", 1).await;
    bob.get("/downloads").await.is(200).hides("Not included");
}

#[tokio::test]
async fn a_release_shows_its_files_and_how_to_check_them() {
    let shop = Shop::new().await;
    let file = shop.released("2.1.0", "acme-2.1.0.tar.gz", &bytes(12_345)).await;
    set_notes(&shop, file.release, "# Faster\n\n[site](https://acme.example)").await;
    let jane = shop.customer("jane@lab.example", ReleaseLimits::default()).await;
    let path = format!("/downloads/acme-cad/{}", file.release);
    jane.get("/downloads").await.is(200).says(&path);
    let page = jane.get(&path).await.is(200);
    let page = page
        .says(&format!("href=\"/releases/{}\"", file.id))
        .says("acme-2.1.0.tar.gz")
        .says("12.3 kB (12,345 bytes)")
        .says(&file.sha256.hex())
        .says(&format!("/releases/{}/checksums", file.release))
        .says("acme-cad-2.1.0.checksums")
        .says("<h3>Faster</h3>")
        .says("rel=\"nofollow noopener\"");
    page.hides(&file.storage_key);
    german(&jane, &path)
        .await
        .is(200)
        .says("12,3 kB (12.345 Byte)")
        .says("Heruntergeladenes prüfen");
}

#[tokio::test]
async fn a_release_that_is_not_included_says_why_and_shows_no_file() {
    let shop = Shop::new().await;
    let file = shop.released("2.1.0", "acme-2.1.0.tar.gz", &bytes(10)).await;
    let path = format!("/downloads/acme-cad/{}", file.release);
    let jane = shop.customer("jane@lab.example", limits(None, Some("2.0"))).await;
    let page = jane.get(&path).await.is(200).says("Your license covers versions up to 2.0.");
    page.hides(&file.id.to_string()).hides("/checksums").hides("acme-2.1.0.tar.gz");
    let key = shop.portal.license_of("jane@lab.example", 1).await;
    jane.get(&path).await.is(200).says(&file.id.to_string());
    shop.portal
        .change_license(&key, |license: &mut License| license.status = LicenseStatus::Suspended)
        .await;
    jane.get(&path).await.is(200).hides(&file.id.to_string());
}

#[tokio::test]
async fn products_and_releases_of_others_and_drafts_do_not_exist() {
    let shop = Shop::new().await;
    let file = shop.released("2.1.0", "a.bin", &bytes(10)).await;
    let draft = shop.draft("3.0.0").await;
    let (lab, rival) =
        (shop.portal.organization("Lab").await, shop.portal.organization("Rival").await);
    shop.portal.license_with(|new| new.organization = Some(lab)).await;
    shop.organization_admin("ann@lab.example", lab).await;
    shop.organization_admin("bob@rival.example", rival).await;
    let ann = shop.portal.logged_in("ann@lab.example").await;
    let bob = shop.portal.logged_in("bob@rival.example").await;
    let release = format!("/downloads/acme-cad/{}", file.release);
    ann.get("/downloads").await.is(200).says("Acme CAD");
    ann.get(&release).await.is(200).says(&file.id.to_string());
    bob.get("/downloads").await.is(200).hides("Acme CAD").says("No license is linked to you yet");
    for path in ["/downloads/acme-cad", &release, "/downloads/no-such", "/downloads/..%2f"] {
        bob.get(path).await.is(404);
    }
    for path in [
        format!("/downloads/acme-cad/{draft}"),
        format!("/downloads/acme-cam/{}", file.release),
        "/downloads/acme-cad/x".to_owned(),
    ] {
        ann.get(&path).await.is(404);
    }
    let stranger = shop.portal.visitor();
    for path in ["/downloads", "/downloads/acme-cad", &release] {
        assert_eq!(
            stranger.get(path).await.is(303).header("location"),
            format!("/login?next={path}")
        );
    }
    shop.portal.admin().await.get(&release).await.is(200).says(&file.id.to_string());
}

#[tokio::test]
async fn long_lists_come_in_pages_and_by_channel() {
    let shop = Shop::new().await;
    for minor in 0..25 {
        shop.released(&format!("1.{minor}.0"), &format!("a-1.{minor}.bin"), b"1").await;
    }
    let jane = shop.customer("jane@lab.example", ReleaseLimits::default()).await;
    let first = jane.get("/downloads/acme-cad").await.is(200).says("1.24.0").says("1.5.0");
    let first = first.hides("1.4.0").hides("First page").hides("<nav class=\"sub\"");
    let start = first.text.find("/downloads/acme-cad?after=").unwrap();
    let next = first.text[start..].split('"').next().unwrap();
    jane.get(next).await.is(200).says("1.4.0").says("1.0.0").hides("1.5.0").says("First page");
    for odd in ["?after=rubbish", "?channel=no-such", "?channel=%00&after=%ff", "?after="] {
        jane.get(&format!("/downloads/acme-cad{odd}")).await.is(200).says("1.24.0");
    }
    jane.get("/downloads/acme-cad?after=AAAAAAAAAAAAAAAAAAAAAA").await.is(200).hides("1.24.0");
}

#[tokio::test]
async fn the_license_says_up_to_where_it_goes_and_leads_to_the_downloads() {
    let shop = Shop::new().await;
    let jane = shop.portal.customer("jane@lab.example").await;
    let id = shop.portal.license_of("jane@lab.example", 1).await.id();
    let path = format!("/licenses/{id}");
    jane.get(&path).await.is(200).says("href=\"/downloads/acme-cad\"").hides("Highest version");
    let to = limits(Some(NOW + DAY), Some("2.x"));
    shop.app().store().set_release_limits(id, to, "test", NOW).await.unwrap();
    jane.get(&path).await.is(200).says("Highest version").says("2.x").says("22 Sep 2026");
}

/// Notes and platforms that are attacks: text stays text.
#[tokio::test]
async fn notes_with_scripts_run_nowhere() {
    let shop = Shop::new().await;
    let file = shop.released("2.1.0", "a.bin", &bytes(10)).await;
    let jane = shop.customer("jane@lab.example", ReleaseLimits::default()).await;
    let path = format!("/downloads/acme-cad/{}", file.release);
    let mut attacks = vec![
        "<script>alert(1)</script>".to_owned(),
        "[x](javascript:alert(1))".to_owned(),
        "![x](https://evil.example/a.png)".to_owned(),
        "<img src=x onerror=alert(1)>".to_owned(),
    ];
    match std::env::var_os("COUNTERSIGN_CORPORA") {
        Some(folder) => attacks.extend(payloads(std::path::Path::new(&folder))),
        None => eprintln!("COUNTERSIGN_CORPORA is not set: the built-in attacks alone are tried"),
    }
    for attack in attacks {
        set_notes(&shop, file.release, &attack).await;
        let page = jane.get(&path).await.is(200);
        let notes = page.text.split("<section class=\"card notes\">").nth(1).unwrap_or_default();
        let notes = notes.split("</section>").next().unwrap();
        for tag in notes.split('<').skip(1) {
            let tag = tag.split('>').next().unwrap().to_lowercase();
            let name: String = tag
                .trim_start_matches('/')
                .chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect();
            let is_plain = [
                "a",
                "blockquote",
                "br",
                "code",
                "del",
                "em",
                "h3",
                "h4",
                "h5",
                "h6",
                "hr",
                "li",
                "ol",
                "p",
                "pre",
                "strong",
                "table",
                "tbody",
                "td",
                "th",
                "thead",
                "tr",
                "ul",
            ]
            .contains(&name.as_str());
            assert!(is_plain, "{attack}: {notes}");
            for link in tag.split("href=\"").skip(1) {
                let allowed = ["http://", "https://", "mailto:", "/", "#"];
                let leads = allowed.iter().any(|start| link.starts_with(start));
                assert!(
                    leads || !link.split('"').next().unwrap().contains(':'),
                    "{attack}: {notes}"
                );
            }
            let outside = tag.split('"').step_by(2).collect::<String>();
            assert!(!outside.contains(" on") && !outside.contains("style"), "{attack}: {notes}");
        }
    }
}

fn payloads(folder: &std::path::Path) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join("xss-payloads.json")).unwrap();
    let all: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut found = Vec::new();
    strings(&all, &mut found);
    assert!(found.len() > 100, "the corpus was read");
    found
}

/// Every string in it, however it is arranged.
fn strings(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => found.push(text.clone()),
        serde_json::Value::Array(all) => all.iter().for_each(|value| strings(value, found)),
        serde_json::Value::Object(all) => all.values().for_each(|value| strings(value, found)),
        _ => {}
    }
}
