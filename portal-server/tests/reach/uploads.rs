//! Files of releases, by programs: over connections that break, and for whom they are.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign_core::Hash;
use countersign_store::TokenScope;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::stand::{Program, Stand};
use crate::until;
use crate::world::TestPortal;
use crate::world::browser::Answer;

const PIECE: usize = 8 << 20;

/// Bytes that are not all the same.
fn content(count: usize) -> Vec<u8> {
    (0..count).map(|n| (n / 251 + n % 251) as u8).collect()
}

async fn draft(robot: &Program, version: &str) -> String {
    let new = json!({"product": "acme-cad", "version": version});
    robot.post("/api/v1/releases", new).await.is(201).header("location").to_owned()
}

/// Begins an upload: its path.
async fn begun(robot: &Program, release: &str, name: &str, size: usize) -> String {
    let new = json!({"name": name, "platform": "Linux x86_64", "size": size});
    let upload = robot.post(&format!("{release}/uploads"), new).await.is(200).json();
    format!("{release}/uploads/{}", upload["id"].as_str().unwrap())
}

async fn send(robot: &Program, upload: &str, start: usize, bytes: &[u8]) -> Answer {
    let request = robot.request("POST", &format!("{upload}/pieces?start={start}"));
    let digest = format!("sha-256=:{}:", STANDARD.encode(Hash::of(bytes).as_bytes()));
    let request = request.header("content-type", "application/octet-stream");
    robot.send(request.header("content-digest", digest).body(bytes.to_vec())).await
}

async fn received(robot: &Program, upload: &str) -> usize {
    let shown = robot.get(upload).await.is(200).json();
    usize::try_from(shown["received"].as_u64().unwrap()).unwrap()
}

/// Sends half of a piece by hand, and hangs up in the middle.
async fn cut_off(portal: &TestPortal, robot: &Program, upload: &str, start: usize, bytes: &[u8]) {
    let mut socket = TcpStream::connect(portal.url.strip_prefix("http://").unwrap()).await.unwrap();
    let head = format!(
        "POST {upload}/pieces?start={start} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n",
        robot.token,
        bytes.len()
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(&bytes[..bytes.len() / 2]).await.unwrap();
    socket.flush().await.unwrap();
    drop(socket);
}

#[tokio::test]
async fn a_file_is_sent_past_connections_that_break_and_is_whole_for_the_customer() {
    let portal = TestPortal::new().await;
    let robot = portal.robot().await;
    let (release, file) = (draft(&robot, "2.1.0").await, content(2 * PIECE + 12_345));
    let upload = begun(&robot, &release, "cad.bin", file.len()).await;
    assert_eq!(received(&robot, &upload).await, 0);
    // Each piece is cut off once, and sent again from where the portal says.
    while received(&robot, &upload).await < file.len() {
        let start = received(&robot, &upload).await;
        let piece = &file[start..file.len().min(start + PIECE)];
        cut_off(&portal, &robot, &upload, start, piece).await;
        assert_eq!(received(&robot, &upload).await, start, "half of a piece is none");
        let state = send(&robot, &upload, start, piece).await.is(200).json();
        assert_eq!(state["received"], start + piece.len());
        // The answer was lost: the same again is not taken twice.
        let again = send(&robot, &upload, start, piece).await.is(200).json();
        assert_eq!(again["received"], start + piece.len());
        // Another day: the same file of the same size goes on.
        assert_eq!(begun(&robot, &release, "cad.bin", file.len()).await, upload);
    }
    let finish = format!("{upload}/finish");
    let done = robot.keyed("POST", &finish, "finish", json!({})).await.is(200);
    assert_eq!(done.json()["sha256"], Hash::of(&file).hex());
    assert_eq!(done.json()["size"], file.len());
    // Whoever did not hear it asks again with the key, and hears it.
    let again = robot.keyed("POST", &finish, "finish", json!({})).await.is(200);
    assert_eq!(again.text, done.text);
    robot.post(&finish, json!({})).await.refuses_as(404, "not-found");
    let stored = portal.app.config().data.join("releases");
    assert_eq!(std::fs::read_dir(stored).unwrap().count(), 1, "no piece is left");
    let published = robot.post(&format!("{release}/publish"), json!({})).await.is(200).json();
    assert_eq!(published["signed"], true);

    let jane = portal.customer("jane@lab.example").await;
    portal.license_of("jane@lab.example", 1).await;
    let path = format!("/releases/{}", done.json()["id"].as_str().unwrap());
    assert_eq!(Hash::of(&jane.get(&path).await.is(200).bytes), Hash::of(&file));
}

#[tokio::test]
async fn a_finish_whose_connection_breaks_is_finished_all_the_same() {
    let portal = TestPortal::new().await;
    let robot = portal.robot().await;
    let (release, file) = (draft(&robot, "2.1.0").await, content(PIECE));
    let upload = begun(&robot, &release, "cad.bin", file.len()).await;
    send(&robot, &upload, 0, &file).await.is(200);
    let mut socket = TcpStream::connect(portal.url.strip_prefix("http://").unwrap()).await.unwrap();
    let request = format!(
        "POST {upload}/finish HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\nContent-Length: 0\r\n\r\n",
        robot.token
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    socket.flush().await.unwrap();
    let there = async || robot.get(&release).await.json()["files"].as_array().unwrap().len() == 1;
    // It may be put together before this side hangs up; it is in any case.
    let mut one = [0];
    let heard = tokio::time::timeout(std::time::Duration::from_millis(1), socket.read(&mut one));
    let _ = heard.await;
    drop(socket);
    let asked = async || {
        robot.post(&format!("{upload}/finish"), json!({})).await;
        there().await
    };
    until("the file is in the draft", asked).await;
    let shown = robot.get(&release).await.is(200).json();
    assert_eq!(shown["files"][0]["sha256"], Hash::of(&file).hex());
}

#[tokio::test]
async fn pieces_that_are_no_next_ones_or_came_otherwise_are_not_taken() {
    let portal = TestPortal::new().await;
    let robot = portal.robot().await;
    let (release, file) = (draft(&robot, "2.1.0").await, content(1000));
    let upload = begun(&robot, &release, "cad.bin", file.len()).await;
    for (start, piece) in [(1, &file[1..500]), (999, &file[999..]), (0, &[][..])] {
        assert_eq!(send(&robot, &upload, start, piece).await.is(200).json()["received"], 0);
    }
    let beyond = [&file[..], b"more"].concat();
    assert_eq!(send(&robot, &upload, 0, &beyond).await.is(200).json()["received"], 0);
    let pieces = format!("{upload}/pieces?start=0");
    let piece = |digest: &str| {
        let request = robot.request("POST", &pieces).body(file.clone());
        let request = request.header("content-type", "application/octet-stream");
        robot.send(request.header("content-digest", digest.to_owned()))
    };
    let other = format!("sha-256=:{}:", STANDARD.encode(Hash::of("other").as_bytes()));
    piece(&other).await.refuses_as(400, "broken-body");
    piece("sha-256=:x:").await.refuses_as(422, "unfit-value");
    for (path, kind, code) in [
        (&pieces, "application/json", 415),
        (&format!("{upload}/pieces"), "application/octet-stream", 400),
        (&format!("{upload}/pieces?start=-1"), "application/octet-stream", 400),
    ] {
        let request = robot.request("POST", path).header("content-type", kind).body("x");
        assert_eq!(robot.send(request).await.status, code, "{path} {kind}");
    }
    let large = robot.request("POST", &pieces).header("content-type", "application/octet-stream");
    if let Ok(answer) = large.body(vec![0; PIECE + 1]).send().await {
        assert_eq!(answer.status(), 413);
    }
    robot.post(&format!("{upload}/finish"), json!({})).await.refuses_as(409, "conflict");
    assert_eq!(received(&robot, &upload).await, 0);
    let listed = robot.get(&format!("{release}/uploads")).await.is(200).json();
    assert_eq!(listed["items"][0]["name"], "cad.bin");
    robot.post(&format!("{upload}/discard"), json!({})).await.is(200);
    robot.get(&upload).await.refuses_as(404, "not-found");
    for wrong in [
        json!({"name": "../cad.bin", "size": 1}),
        json!({"name": "con", "size": 1}),
        json!({"name": "cad.bin", "size": 0}),
        json!({"name": "cad.bin", "size": 68_719_476_737_u64}),
        json!({"name": "cad.bin", "size": 1, "platform": "x".repeat(65)}),
    ] {
        robot.post(&format!("{release}/uploads"), wrong).await.refuses_as(422, "unfit-value");
    }
}

#[tokio::test]
async fn attack_an_upload_is_reached_by_another_release_or_without_the_scope() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let upload = stand.path("/api/v1/releases/{id}/uploads/{upload}");
    let file = stand.path("/api/v1/releases/{id}/files/{file}/remove");
    let other = draft(&robot, "9.0.0").await;
    let foreign = |path: &str| {
        let rest = path.splitn(6, '/').nth(5).unwrap();
        format!("{other}/{rest}")
    };
    robot.get(&foreign(&upload)).await.refuses_as(404, "not-found");
    for what in ["finish", "discard"] {
        let path = format!("{}/{what}", foreign(&upload));
        robot.post(&path, json!({})).await.refuses_as(404, "not-found");
    }
    robot.post(&foreign(&file), json!({})).await.refuses_as(404, "not-found");
    let ada = stand.portal.stored_user("ada@acme.example").await;
    let reader = stand.portal.program(&ada, &[TokenScope::ReadReleases]).await;
    reader.get(&upload).await.refuses_as(403, "insufficient-scope");
    send(&reader, &upload, 0, b"evil").await.refuses_as(403, "insufficient-scope");
    reader.post(&file, json!({})).await.refuses_as(403, "insufficient-scope");
    robot.get(&upload).await.is(200).says("\"received\":5");
    // What is published takes no file and loses none.
    robot.post(&format!("{upload}/finish"), json!({})).await.is(200);
    let release = stand.path("/api/v1/releases/{id}");
    robot.post(&format!("{release}/publish"), json!({})).await.is(200);
    robot.post(&file, json!({})).await.refuses_as(409, "conflict");
    let new = json!({"name": "late.bin", "size": 4});
    robot.post(&format!("{release}/uploads"), new).await.refuses_as(409, "conflict");
}

#[tokio::test]
async fn a_file_is_taken_out_of_a_draft_with_its_content() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let remove = stand.path("/api/v1/releases/{id}/files/{file}/remove");
    let shown = robot.post(&remove, json!({})).await.is(200).json();
    assert_eq!(shown["files"], json!([]));
    let stored = stand.portal.app.config().data.join("releases");
    assert_eq!(std::fs::read_dir(stored).unwrap().count(), 1, "the piece of the upload alone");
    robot.post(&remove, json!({})).await.refuses_as(404, "not-found");
}

#[tokio::test]
async fn a_private_release_is_for_the_named_licenses_alone() {
    let portal = TestPortal::new().await;
    let robot = portal.robot().await;
    let (release, file) = (draft(&robot, "2.1.0").await, content(100));
    let upload = begun(&robot, &release, "fix.bin", file.len()).await;
    send(&robot, &upload, 0, &file).await.is(200);
    let made = robot.post(&format!("{upload}/finish"), json!({})).await.is(200).json();
    let (jane, joe) =
        (portal.customer("jane@lab.example").await, portal.customer("joe@lab.example").await);
    let hers = portal.license_of("jane@lab.example", 1).await;
    portal.license_of("joe@lab.example", 1).await;
    let visibility = format!("{release}/visibility");
    for wrong in [
        json!({"visibility": "private", "licenses": ["AAAAAAAAAAAAAAAAAAAAAA"]}),
        json!({"visibility": "private", "licenses": ["nobody's key"]}),
        json!({"visibility": "customers", "licenses": [hers.id().to_string()]}),
    ] {
        robot.post(&visibility, wrong).await.refuses_as(422, "unfit-value");
    }
    // By its whole key or by its id.
    let by_key = json!({"visibility": "private", "licenses": [hers.grouped()]});
    let shown = robot.post(&visibility, by_key).await.is(200).hides(&hers.grouped()).json();
    assert_eq!(shown["licenses"], json!([hers.id().to_string()]));
    robot.post(&format!("{release}/publish"), json!({})).await.is(200);
    let path = format!("/releases/{}", made["id"].as_str().unwrap());
    jane.get(&path).await.is(200);
    joe.get(&path).await.is(404);
    let all = json!({"visibility": "customers"});
    let shown = robot.post(&visibility, all).await.is(200).json();
    assert_eq!((&shown["visibility"], &shown["licenses"]), (&json!("customers"), &json!([])));
    joe.get(&path).await.is(200);
}

#[tokio::test]
async fn a_release_is_published_with_a_checksum_file_that_fits_or_not_at_all() {
    let stand = Stand::new().await;
    let robot = stand.portal.robot().await;
    let publish = stand.path("/api/v1/releases/{id}/publish");
    for body in
        [json!({"checksum_file": "not a file"}), json!({"checksum_file": "x", "unsigned": true})]
    {
        let answer = robot.post(&publish, body).await;
        assert!([409, 422].contains(&answer.status.as_u16()), "{}", answer.text);
    }
    let shown: Value = robot.get(&stand.path("/api/v1/releases/{id}")).await.is(200).json();
    assert_eq!(shown["status"], "draft");
    let unsigned = robot.post(&publish, json!({"unsigned": true})).await.is(200).json();
    assert_eq!((&unsigned["status"], &unsigned["signed"]), (&json!("published"), &json!(false)));
}
