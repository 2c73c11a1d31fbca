//! A file in pieces: cut off anywhere, gone on with, put together once, by any of several hands; and what is refused.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign_core::{Hash, Id};
use serde_json::Value;

use crate::shop::{self, Shop};
use crate::world::browser::Answer;
use crate::world::{CookieUser, DAY};

const PIECE: usize = 8 << 20;

struct Sender<'a> {
    admin: &'a CookieUser,
    release: Id,
}

impl Sender<'_> {
    async fn begin(&self, name: &str, size: usize) -> Answer {
        let path = format!("/admin/releases/{}/uploads", self.release);
        let size = size.to_string();
        self.admin.post(&path, &[("name", name), ("platform", "any"), ("size", &size)]).await
    }

    fn path(&self, upload: &str) -> String {
        format!("/admin/releases/{}/uploads/{upload}", self.release)
    }

    async fn piece(
        &self,
        upload: &str,
        start: usize,
        content: &[u8],
        digest: Option<&str>,
    ) -> Answer {
        let path = format!("{}?start={start}", self.path(upload));
        let request = self.admin.request("POST", &path).header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/octet-stream");
        let request = digest.into_iter().fold(request, |r, d| r.header("content-digest", d));
        self.admin.send(request.body(content.to_vec())).await
    }

    async fn finish(&self, upload: &str) -> Answer {
        self.admin.post(&format!("{}/finish", self.path(upload)), &[]).await
    }
}

fn upload(answer: &Answer) -> (String, u64) {
    let state: Value = answer.json();
    (state["upload"].as_str().unwrap().to_owned(), state["received"].as_u64().unwrap())
}

fn digest(content: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Hash::of(content).as_bytes()))
}

/// Files in the folder of releases, pieces included.
fn stored(shop: &Shop) -> usize {
    std::fs::read_dir(shop.app().config().data.join("releases")).unwrap().count()
}

#[tokio::test]
async fn a_file_that_was_cut_off_goes_on_where_it_stopped_and_is_whole() {
    let shop = Shop::new().await;
    let admin = shop.portal.admin().await;
    let release = shop.draft("2.1.0").await;
    let sender = Sender { admin: &admin, release };
    let content = shop::bytes(2 * PIECE + 12_345);
    let (id, received) = upload(&sender.begin("cad.bin", content.len()).await.is(200));
    assert_eq!(received, 0);
    let first = &content[..PIECE];
    sender.piece(&id, 0, first, Some(&digest(first))).await.is(200);

    // Another day, another browser: the same file of the same size is found again.
    let (again, received) = upload(&sender.begin("cad.bin", content.len()).await.is(200));
    assert_eq!((&again, received), (&id, PIECE as u64));
    let page = admin.get(&format!("/admin/releases/{release}")).await.is(200);
    page.says("cad.bin").says("49 percent");
    let state = admin.get(&sender.path(&id)).await.is(200).json();
    assert_eq!((&state["received"], &state["piece"]), (&PIECE.into(), &PIECE.into()));

    // Twice the same, out of order, beyond the end: it says how far it is, and takes nothing.
    for (start, piece) in [(0, first), (2 * PIECE, &content[2 * PIECE..]), (PIECE, &[][..])] {
        let (_, received) = upload(&sender.piece(&id, start, piece, None).await.is(200));
        assert_eq!(received, PIECE as u64);
    }
    let not_yet = sender.finish(&id).await.is(200).json();
    assert_eq!(not_yet["received"], PIECE);
    sender.piece(&id, PIECE, &content[PIECE..2 * PIECE], None).await.is(200);
    let (_, received) = upload(&sender.piece(&id, 2 * PIECE, first, None).await.is(200));
    assert_eq!(received, 2 * PIECE as u64, "more than the file has is not taken");
    sender.piece(&id, 2 * PIECE, &content[2 * PIECE..], None).await.is(200);
    let file = sender.finish(&id).await.is(200).json();
    assert_eq!(file["sha256"], Hash::of(&content).hex());
    assert_eq!(stored(&shop), 1, "the pieces are gone");
    admin.get(&sender.path(&id)).await.is(404);
    sender.finish(&id).await.is(404);

    shop.publish(release).await;
    let found = shop.app().store().release_files(release).await.unwrap().remove(0);
    let got = shop::get(&admin, &shop::path(&found), &[]).await.bytes().await.unwrap();
    assert_eq!(Hash::of(&got), Hash::of(&content));
    assert_eq!((found.platform.as_str(), found.size), ("any", content.len() as u64));
}

#[tokio::test]
async fn the_same_piece_from_two_hands_counts_once_and_one_of_many_puts_them_together() {
    let shop = Shop::new().await;
    let admin = shop.portal.admin().await;
    let release = shop.draft("2.1.0").await;
    let sender = Sender { admin: &admin, release };
    let content = shop::bytes(40_000);
    let (id, _) = upload(&sender.begin("cad.bin", content.len()).await.is(200));
    for start in [0, 20_000] {
        let piece = &content[start..start + 20_000];
        let hands = (0..8).map(|_| sender.piece(&id, start, piece, None));
        for answer in futures_util::future::join_all(hands).await {
            let (_, received) = upload(&answer.is(200));
            assert_eq!(received, start as u64 + 20_000);
        }
    }
    let ends = futures_util::future::join_all((0..8).map(|_| sender.finish(&id))).await;
    let made = ends.iter().filter(|end| end.status == 200 && !end.json()["file"].is_null()).count();
    assert_eq!(made, 1);
    assert!(ends.iter().all(|end| end.status == 200 || end.status == 404));
    let files = shop.app().store().release_files(release).await.unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].sha256, Hash::of(&content));
    assert_eq!(stored(&shop), 1);
}

#[tokio::test]
async fn attack_pieces_that_lie_or_never_end() {
    let shop = Shop::new().await;
    let admin = shop.portal.admin().await;
    let release = shop.draft("2.1.0").await;
    let sender = Sender { admin: &admin, release };
    for (name, size, words) in [
        ("a b.bin", 9, "no name for a file"),
        ("con.txt", 9, "no name for a file"),
        ("a.bin", 0, "empty"),
        ("a.bin", usize::MAX / 4, "larger than 64 GiB"),
    ] {
        sender.begin(name, size).await.is(422).says(words);
    }
    let (id, _) = upload(&sender.begin("cad.bin", 20 << 20).await.is(200));
    sender.begin("CAD.bin", 7).await.is(422).says("another size");
    let too_large = vec![7; PIECE + 1];
    sender.piece(&id, 0, &too_large, None).await.is(413);
    for wrong in [digest(b"other"), "sha-256=:!:".into(), "md5=:AAAA:".into(), "sha-256=::".into()]
    {
        sender.piece(&id, 0, b"some bytes", Some(&wrong)).await.is(422);
    }
    assert_eq!(stored(&shop), 0);
    let other = shop.draft("2.2.0").await;
    let elsewhere = Sender { admin: &admin, release: other };
    elsewhere.piece(&id, 0, b"bytes", None).await.is(404);
    elsewhere.finish(&id).await.is(404);
    for path in ["nothing", "AAAAAAAAAAAAAAAAAAAAAA"] {
        sender.piece(path, 0, b"bytes", None).await.is(404);
    }
    // A form of another site is refused before anything is read.
    let path = format!("{}?start=0", sender.path(&id));
    let foreign = admin.request("POST", &path).header("sec-fetch-site", "cross-site").body("bytes");
    admin.send(foreign).await.is(403);
    for n in 0..49 {
        sender.begin(&format!("file-{n}.bin"), 9).await.is(200);
    }
    sender.begin("one-more.bin", 9).await.is(422).says("at most 50 files");
}

#[tokio::test]
async fn what_nobody_goes_on_with_is_swept_away_or_discarded() {
    let shop = Shop::new().await;
    let admin = shop.portal.admin().await;
    let release = shop.draft("2.1.0").await;
    let sender = Sender { admin: &admin, release };
    let (old, _) = upload(&sender.begin("old.bin", 100).await.is(200));
    sender.piece(&old, 0, b"some", None).await.is(200);
    shop.portal.clock.advance(6 * DAY);
    let admin = shop.portal.logged_in("ada@acme.example").await;
    let sender = Sender { admin: &admin, release };
    let (young, _) = upload(&sender.begin("young.bin", 100).await.is(200));
    sender.piece(&young, 0, b"some", None).await.is(200);
    assert_eq!(stored(&shop), 2);
    shop.portal.clock.advance(2 * DAY);
    let admin = shop.portal.logged_in("ada@acme.example").await;
    let sender = Sender { admin: &admin, release };
    sender.begin("new.bin", 100).await.is(200);
    admin.get(&sender.path(&old)).await.is(404);
    admin.get(&sender.path(&young)).await.is(200);
    assert_eq!(stored(&shop), 1);
    admin.post(&format!("{}/discard", sender.path(&young)), &[]).await.is(303);
    assert_eq!(stored(&shop), 0);
}

#[tokio::test]
async fn a_release_that_is_published_meanwhile_takes_no_file_and_says_so() {
    let shop = Shop::new().await;
    let admin = shop.portal.admin().await;
    let release = shop.draft("2.1.0").await;
    shop.add(release, "first.bin", b"first").await;
    let sender = Sender { admin: &admin, release };
    let (id, _) = upload(&sender.begin("late.bin", 4).await.is(200));
    sender.piece(&id, 0, b"late", None).await.is(200);
    shop.publish(release).await;
    sender.finish(&id).await.is(422).says("Files belong to drafts");
    assert_eq!(shop.app().store().release_files(release).await.unwrap().len(), 1);
    // It can be tried again, and given up.
    sender.finish(&id).await.is(422);
    admin.post(&format!("{}/discard", sender.path(&id)), &[]).await.is(303);
    assert_eq!(stored(&shop), 1);
}
