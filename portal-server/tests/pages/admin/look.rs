//! `/admin/settings/look` and `/admin/settings/texts`: what the vendor sets there, and where everybody sees it.

use countersign_portal::App;
use countersign_store::{PicturePlace, PictureStage};
use reqwest::multipart::{Form, Part};

use super::{ADA, changes_nothing, entries_of};
use crate::world::browser::{Answer, picture};
use crate::world::{CookieUser, TestPortal};

const LOOK: &str = "/admin/settings/look";
const TEXTS: &str = "/admin/settings/texts";
const KEPT: &str = "public, max-age=31536000, immutable";

async fn bring(admin: &CookieUser, place: &str, bytes: Vec<u8>) -> Answer {
    let file = Part::bytes(bytes).file_name("picture.png");
    admin.upload(&format!("{LOOK}/{place}"), Form::new().part("file", file)).await
}

async fn use_it(admin: &CookieUser, place: &str) {
    admin.post(&format!("{LOOK}/{place}/use"), &[]).await.leads_to(&format!("{LOOK}#{place}"));
}

/// Addresses of this kind of asset on a page.
fn assets(page: &Answer, kind: &str) -> Vec<String> {
    let start = format!("\"/assets/{kind}-");
    let found = page.text.match_indices(&start).map(|(at, _)| &page.text[at + 1..]);
    found.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn name_and_addresses_are_on_every_page_and_written_down() {
    let portal = TestPortal::new().await;
    let (admin, visitor) = (portal.admin().await, portal.visitor());
    visitor.get("/activate").await.is(200).says("· Acme</title>").hides("mailto:");
    let form = [
        ("name", "Acme & Söhne GmbH"),
        ("shows_name", "1"),
        ("website", "https://acme.example/"),
        ("support", "Help@acme.example"),
    ];
    let save = async || admin.post(LOOK, &form).await.leads_to(LOOK);
    let entries = entries_of(&portal, async { drop(save().await) }).await;
    let ada = format!("user:{}", portal.stored_user(ADA).await.id);
    assert!(entries.iter().all(|e| (&*e.actor, &*e.action) == (&*ada, "setting.change")));
    assert!(entries.iter().any(|e| e.subject == "look_name" && e.detail == form[0].1));
    changes_nothing(&portal, async { drop(save().await) }).await;
    for (path, status) in [("/activate", 200), ("/login", 200), ("/nowhere", 404)] {
        let page = visitor.get(path).await.is(status).says("· Acme &#38; Söhne GmbH</title>");
        page.says("href=\"https://acme.example/\">acme.example</a>")
            .says("href=\"mailto:help@acme.example\">help@acme.example</a>");
    }
    // Where something did not work, help is in the middle of the page as well.
    visitor.get("/nowhere").await.says("If that does not help, ask here:");
    // What is signed keeps its name: machines know the vendor by it.
    assert_eq!(portal.app.vendor(), "Acme");
}

#[tokio::test]
async fn a_logo_is_looked_at_before_everybody_sees_it() {
    let portal = TestPortal::new().await;
    let (admin, visitor) = (portal.admin().await, portal.visitor());
    bring(&admin, "logo", picture(640, 128)).await.leads_to(&format!("{LOOK}#logo"));
    assert!(assets(&visitor.get("/login").await, "logo").is_empty());
    let page = admin.get(LOOK).await.is(200).says("How it would look");
    let draft = assets(&page, "logo").pop().unwrap();
    // The same once more is the same draft.
    changes_nothing(&portal, async { drop(bring(&admin, "logo", picture(640, 128)).await) }).await;
    use_it(&admin, "logo").await;
    changes_nothing(&portal, use_it(&admin, "logo")).await;
    let page = visitor.get("/login").await;
    assert_eq!(assets(&page, "logo").first(), Some(&draft));
    let served = visitor.get(&draft).await.is(200);
    assert_eq!(
        (served.header("content-type"), served.header("cache-control")),
        ("image/png", KEPT)
    );
    assert_eq!(served.header("x-content-type-options"), "nosniff");
    let logo = image::load_from_memory(&served.bytes).unwrap();
    assert_eq!((logo.width(), logo.height()), (320, 64));
    let icon = assets(&page, "made-icon").pop().unwrap();
    let icon = image::load_from_memory(&visitor.get(&icon).await.is(200).bytes).unwrap();
    assert_eq!((icon.width(), icon.height()), (64, 64));
    // One's own icon goes before the one of the logo, and the name may be left to the logo.
    bring(&admin, "icon", picture(32, 32)).await.is(303);
    use_it(&admin, "icon").await;
    admin.post(LOOK, &[("name", "Acme Inc")]).await.is(303);
    let page = visitor.get("/login").await.says("alt=\"Acme Inc\"");
    assert_eq!((assets(&page, "icon").len(), assets(&page, "made-icon").len()), (1, 0));
    // A page of a moment ago still finds the logo after it was changed, without keeping it under the old name.
    bring(&admin, "logo", picture(64, 64)).await.is(303);
    use_it(&admin, "logo").await;
    let now = assets(&visitor.get("/login").await, "logo").pop().unwrap();
    let moved = visitor.get(&draft).await.is(307);
    assert_eq!((moved.header("location"), moved.header("cache-control")), (&*now, "no-store"));
    let entries = entries_of(&portal, async {
        let live = [("stage", "live")];
        admin.post(&format!("{LOOK}/logo/remove"), &live).await.is(303);
        admin.post(&format!("{LOOK}/logo/remove"), &live).await.is(303);
    })
    .await;
    let seen: Vec<_> = entries.iter().map(|e| (&*e.action, &*e.subject)).collect();
    assert_eq!(seen, [("picture.remove", "logo"), ("picture.remove", "made-icon")]);
    visitor.get("/login").await.says("/assets/icon.svg\" alt=\"\"");
    visitor.get(&now).await.is(404);
}

#[tokio::test]
async fn a_draft_is_discarded_without_a_trace_on_any_page() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    bring(&admin, "icon", picture(32, 32)).await.is(303);
    admin.post(&format!("{LOOK}/icon/remove"), &[("stage", "draft")]).await.is(303);
    assert!(portal.app.store().pictures().await.unwrap().is_empty());
    changes_nothing(&portal, use_it(&admin, "icon")).await;
    admin.post(&format!("{LOOK}/icon/remove"), &[("stage", "elsewhere")]).await.is(422);
    admin.post(&format!("{LOOK}/favicon/use"), &[]).await.is(404);
}

#[tokio::test]
async fn attack_files_that_are_no_pictures_are_refused_and_nothing_is_kept() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    let huge = vec![0x89; 3 * 1024 * 1024];
    for (bytes, says) in [
        (svg.to_vec(), "no PNG, JPEG or WebP picture"),
        (Vec::new(), "No picture came with the form"),
        (picture(4097, 8), "4097 × 8 pixels"),
        (picture(40, 20)[..60].to_vec(), "damaged or cut off"),
        (huge, "more than 2 MB"),
    ] {
        changes_nothing(&portal, async {
            for place in ["logo", "icon"] {
                bring(&admin, place, bytes.clone()).await.is(422).says(says);
            }
        })
        .await;
    }
    assert!(portal.app.store().pictures().await.unwrap().is_empty());
}

#[tokio::test]
async fn attack_what_stands_behind_a_picture_is_in_no_byte_that_is_served() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let canary = b"PK\x03\x04<script>canary</script>";
    bring(&admin, "logo", [&picture(40, 20)[..], canary].concat()).await.is(303);
    let drafts = portal.app.store().pictures().await.unwrap();
    assert!(drafts.iter().all(|draft| draft.stage == PictureStage::Draft) && drafts.len() == 2);
    for draft in drafts {
        let path = format!("/assets/{}-{}.png", draft.place, draft.hash);
        let served = portal.visitor().get(&path).await.is(200);
        assert!(!served.text.contains("canary") && !served.text.contains("PK\u{3}\u{4}"));
    }
}

#[tokio::test]
async fn a_colour_that_cannot_be_read_is_refused_with_the_nearest_that_can() {
    let portal = TestPortal::new().await;
    let (admin, visitor) = (portal.admin().await, portal.visitor());
    changes_nothing(&portal, async {
        let page = admin.post(LOOK, &[("accent", "#ffd400"), ("name", "Sun")]).await.is(422);
        page.says("#ffd400 has a contrast of 1.").says("value=\"Sun\"").says("name=\"nearest\"");
    })
    .await;
    admin.post(LOOK, &[("accent", "#ffd400"), ("nearest", "1")]).await.leads_to(LOOK);
    let page = visitor.get("/login").await;
    let sheet = assets(&page, "look").pop().unwrap();
    let served = visitor.get(&sheet).await.is(200);
    assert_eq!(served.header("content-type"), "text/css; charset=utf-8");
    assert_eq!(served.header("cache-control"), KEPT);
    let nearest = portal.app.store().setting("look_accent").await.unwrap().unwrap();
    assert_ne!(nearest, "#ffd400");
    // Dark pages go by the colour as it was typed, which can be read there.
    let dark = portal.app.store().setting("look_accent_dark").await.unwrap();
    assert_eq!(dark.as_deref(), Some("#ffd400"));
    served.says(&format!(":root{{--accent:{nearest};")).says("prefers-color-scheme:dark");
    // The icon has the colour, too.
    let tick = assets(&page, "tick").pop().unwrap();
    let tick = visitor.get(&tick).await.is(200).says(&nearest);
    assert_eq!(tick.header("content-type"), "image/svg+xml");
    let both = [("accent", &*nearest), ("accent_dark", "#ffe000")];
    admin.post(LOOK, &both).await.leads_to(LOOK);
    admin.post(LOOK, &[("accent_dark", "#111111")]).await.is(422).says("with dark pages");
    let (look, moved) = (assets(&visitor.get("/login").await, "look").pop().unwrap(), &sheet);
    assert_eq!(visitor.get(moved).await.is(307).header("location"), look);
    admin.post(LOOK, &[("name", "")]).await.leads_to(LOOK);
    assert!(assets(&visitor.get("/login").await, "look").is_empty());
    visitor.get(&look).await.is(404);
}

#[tokio::test]
async fn attack_markup_in_a_setting_reaches_no_page_as_markup() {
    let portal = TestPortal::new().await;
    let (admin, visitor) = (portal.admin().await, portal.visitor());
    let evil = "\"><script>alert(1)</script>";
    for form in [
        [("website", "javascript:alert(1)"), ("name", "x")],
        [("website", "https://a\"onmouseover=alert(1)"), ("name", "x")],
        [("support", "javascript:alert(1)//@acme.example"), ("name", "x")],
        [("support", "a@acme.example\r\nBcc: eve@evil.example"), ("name", "x")],
        [("accent", "#000;}*{background:url(//evil.example)}"), ("name", "x")],
        [("accent", "url(//evil.example)"), ("name", "x")],
        [("name", "two\nlines"), ("accent", "")],
    ] {
        changes_nothing(&portal, async {
            admin.post(LOOK, &form).await.is(422).says("Nothing was changed.");
        })
        .await;
    }
    admin.post(LOOK, &[("name", evil), ("shows_name", "1")]).await.leads_to(LOOK);
    let texts =
        [("public_en", evil), ("foot_en", "[x](javascript:alert(1)) <img src=//evil.example>")];
    admin.post(TEXTS, &texts).await.leads_to(TEXTS);
    let pages = [(&visitor, "/activate"), (&visitor, "/login"), (&admin, LOOK), (&admin, TEXTS)];
    for (browser, path) in pages {
        let page = browser.get(path).await.is(200).hides("<script>alert").hides("<img src=//");
        page.hides("href=\"javascript:").says("&#60;script&#62;alert(1)");
    }
}

#[tokio::test]
async fn the_vendors_words_are_shown_in_the_readers_language() {
    let portal = TestPortal::new().await;
    let (admin, visitor) = (portal.admin().await, portal.visitor());
    let in_german = async |path: &str| {
        let get = visitor.request("GET", path).header("accept-language", "de");
        visitor.send(get).await.is(200)
    };
    let english = ("public_en", "## Welcome\r\n\r\nAsk **Jane**.");
    admin
        .post(TEXTS, &[english, ("foot_en", "[Imprint](https://acme.example/imprint)")])
        .await
        .is(303);
    let page =
        visitor.get("/activate").await.says("<h2>Welcome</h2>").says("<strong>Jane</strong>");
    page.says("href=\"https://acme.example/imprint\"");
    in_german("/activate").await.says("lang=\"en\"").says("<h2>Welcome</h2>");
    // What is not in the form stays.
    admin.post(TEXTS, &[("public_de", "Willkommen.")]).await.leads_to(TEXTS);
    in_german("/activate").await.says("<p>Willkommen.</p>").hides("Welcome");
    visitor.get("/login").await.hides("Welcome").says("Imprint");
    changes_nothing(&portal, async { drop(admin.post(TEXTS, &[english]).await) }).await;
    for (field, text) in [
        ("public_en", "x".repeat(2001)),
        ("foot_de", "ü".repeat(301)),
        ("foot_en", "a\u{7}".into()),
    ] {
        changes_nothing(&portal, async {
            admin.post(TEXTS, &[(field, &text)]).await.is(422).says("Nothing was changed.");
        })
        .await;
    }
}

#[tokio::test]
async fn another_process_shows_the_new_look_within_seconds() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let config = portal.app.config().clone();
    let other = App::open(config).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(countersign_portal::serve(listener, other, std::future::pending()));
    let elsewhere = CookieUser::new(&url);
    elsewhere.get("/login").await.is(200).says("· Acme</title>");
    admin.post(LOOK, &[("name", "Acme Inc"), ("shows_name", "1")]).await.is(303);
    bring(&admin, "logo", picture(64, 64)).await.is(303);
    use_it(&admin, "logo").await;
    portal.clock.advance(2);
    let page = elsewhere.get("/login").await.is(200).says("· Acme Inc</title>");
    elsewhere.get(&assets(&page, "logo")[0]).await.is(200);
    let live = portal.app.store().pictures().await.unwrap();
    assert!(live.iter().all(|p| p.stage == PictureStage::Live && p.place != PicturePlace::Icon));
}
