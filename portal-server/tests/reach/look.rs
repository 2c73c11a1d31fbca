//! The look, by programs.

use image::ImageFormat;
use serde_json::{Value, json};

use crate::stand::Program;
use crate::world::TestPortal;
use crate::world::browser::{Answer, picture};

const PATH: &str = "/api/v1/look";
const LOGO: &str = "/api/v1/look/pictures/logo";

async fn bring(robot: &Program, name: &str, kind: &str, bytes: Vec<u8>) -> Answer {
    let request = robot.request("POST", &format!("{PATH}/pictures/{name}"));
    robot.send(request.header("content-type", kind).body(bytes)).await
}

/// A picture of a gradient, in another format than PNG.
fn written(format: ImageFormat) -> Vec<u8> {
    let at = |x: u32, y: u32| image::Rgb([x as u8, y as u8, 90]);
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_fn(120, 40, at).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

#[tokio::test]
async fn name_addresses_and_colours_are_set_and_emptied() {
    let portal = TestPortal::new().await;
    let robot = portal.robot().await;
    let change = json!({"name": "Acme Tools", "website": "https://acme.example", "support": "help@acme.example",
        "accent": "#0b5cad", "shows_name": false});
    let shown = robot.patch(PATH, change).await.is(200).json();
    assert_eq!((&shown["name"], &shown["shows_name"]), (&json!("Acme Tools"), &json!(false)));
    portal.visitor().get("/activate").await.is(200).says("Acme Tools").says("https://acme.example");
    // What is left out stays, null empties.
    let shown = robot.patch(PATH, json!({"website": null})).await.is(200).json();
    assert_eq!((&shown["website"], &shown["accent"]), (&Value::Null, &json!("#0b5cad")));
    // Text in it could not be read.
    let faint = robot.patch(PATH, json!({"accent": "#ffff00"})).await;
    faint.refuses_as(422, "unfit-value").says("#ffff00");
    let nearest = json!({"accent": "#ffff00", "nearest": true});
    let moved = robot.patch(PATH, nearest).await.is(200).json();
    assert_ne!(moved["accent"], "#ffff00");
    for wrong in [
        json!({"accent": "red;}*{"}),
        json!({"website": "javascript:alert(1)"}),
        json!({"support": "data:text/html,x"}),
        json!({"name": "x".repeat(101)}),
    ] {
        robot.patch(PATH, wrong).await.refuses_as(422, "unfit-value");
    }
    assert_eq!(robot.get(PATH).await.is(200).json()["accent"], moved["accent"]);
}

#[tokio::test]
async fn texts_are_set_by_language_and_shown_without_what_runs() {
    let portal = TestPortal::new().await;
    let robot = portal.robot().await;
    let texts = format!("{PATH}/texts");
    let change = json!({"public": {"en": "Hello <script>alert(1)</script> **you**", "de": "Hallo"}, "foot": {"en": "Acme Ltd"}});
    let shown = robot.patch(&texts, change).await.is(200).json();
    assert_eq!(
        (&shown["public"]["de"], &shown["foot"]["en"]),
        (&json!("Hallo"), &json!("Acme Ltd"))
    );
    let page = portal
        .visitor()
        .get("/activate")
        .await
        .is(200)
        .says("<strong>you</strong>")
        .says("Acme Ltd");
    page.hides("<script>alert");
    let emptied = robot.patch(&texts, json!({"public": {"de": ""}})).await.is(200).json();
    assert_eq!(emptied["public"].as_object().unwrap().len(), 1);
    for wrong in [
        json!({"public": {"xx": "Hello"}}),
        json!({"public": {"en": "x".repeat(2001)}}),
        json!({"foot": {"en": "a\u{0}b"}}),
    ] {
        robot.patch(&texts, wrong).await.refuses_as(422, "unfit-value");
    }
    assert_eq!(robot.get(&texts).await.is(200).json(), emptied);
}

#[tokio::test]
async fn a_logo_is_brought_looked_at_used_and_taken_off() {
    let portal = TestPortal::new().await;
    let robot = portal.robot().await;
    robot.post(&format!("{LOGO}/use"), json!({})).await.refuses_as(409, "conflict");
    for (kind, bytes) in [
        ("image/png", picture(200, 80)),
        ("image/jpeg", written(ImageFormat::Jpeg)),
        ("image/webp", written(ImageFormat::WebP)),
        // What it is, its bytes say.
        ("application/octet-stream", picture(100, 40)),
    ] {
        let shown = bring(&robot, "logo", kind, bytes).await.is(200).json();
        assert_eq!(shown["logo"]["live"], Value::Null, "{kind}");
        let draft = shown["logo"]["draft"]["path"].as_str().unwrap();
        let asset = portal.visitor().get(draft).await.is(200);
        assert_eq!(asset.header("content-type"), "image/png");
    }
    let used = robot.post(&format!("{LOGO}/use"), json!({})).await.is(200).json();
    assert_eq!(used["logo"]["draft"], Value::Null);
    let live = used["logo"]["live"]["path"].as_str().unwrap().to_owned();
    portal.visitor().get("/activate").await.is(200).says(&live);
    bring(&robot, "icon", "image/png", picture(64, 64)).await.is(200);
    let gone = json!({"stage": "live"});
    let shown = robot.post(&format!("{LOGO}/remove"), gone).await.is(200).json();
    assert_eq!(shown["logo"]["live"], Value::Null);
    portal.visitor().get("/activate").await.is(200).hides(&live);
    bring(&robot, "banner", "image/png", picture(64, 64)).await.refuses_as(404, "not-found");
}

#[tokio::test]
async fn attack_logo_bombs_and_pictures_that_are_none_by_the_api() {
    let portal = TestPortal::new().await;
    let robot = portal.robot().await;
    let before = portal.audit().await.len();
    let huge = {
        // The head of a PNG that says 50,000 pixels on each side.
        let mut png = picture(8, 8);
        png[16..24].copy_from_slice(&[0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50]);
        png
    };
    let mut bombs = vec![
        ("a head that lies", huge),
        (
            "SVG",
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec(),
        ),
        ("HTML", b"<!doctype html><script>alert(1)</script>".to_vec()),
        ("GIF", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;".to_vec()),
        ("nothing", Vec::new()),
        ("half of one", picture(300, 300)[..200].to_vec()),
    ];
    let corpora = std::env::var_os("COUNTERSIGN_CORPORA").map(std::path::PathBuf::from);
    if let Some(bomb) = corpora.and_then(|at| std::fs::read(at.join("pixel-bomb.jpg")).ok()) {
        bombs.push(("pixel-bomb.jpg", bomb));
    }
    for (what, bytes) in bombs {
        for name in ["logo", "icon"] {
            let answer = bring(&robot, name, "image/png", bytes.clone()).await;
            assert_eq!(answer.status, 422, "{what}: {}", answer.text);
            answer.refuses_as(422, "unfit-value");
        }
    }
    // More than is read is not read to its end.
    let large = robot.request("POST", LOGO).header("content-type", "image/png");
    if let Ok(answer) = large.body(vec![0; 3 * 1024 * 1024]).send().await {
        assert_eq!(answer.status(), 413);
    }
    for kind in ["image/svg+xml", "text/html", "application/json", "multipart/form-data", ""] {
        let answer = bring(&robot, "logo", kind, picture(64, 64)).await;
        answer.refuses_as(415, "unsupported-media-type");
    }
    assert_eq!(portal.audit().await.len(), before);
    let shown = robot.get(PATH).await.is(200).json();
    assert_eq!((&shown["logo"]["draft"], &shown["icon"]["draft"]), (&Value::Null, &Value::Null));
}
