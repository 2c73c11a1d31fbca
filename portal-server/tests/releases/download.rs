//! Whole files, parts of them, and downloads that go on where they stopped.

use countersign_core::Hash;
use countersign_core::trust::Roots;
use countersign_store::ReleaseLimits;
use reqwest::StatusCode;

use crate::shop::{Shop, bytes, fetch, get, header, path};

#[tokio::test]
async fn a_file_comes_whole_with_its_name_size_and_tag() {
    let shop = Shop::new().await;
    let content = bytes(300_000);
    let file = shop.released("2.1.0", "acme-cad-2.1.0.tar.gz", &content).await;
    let jane = shop.customer("jane@lab.example", ReleaseLimits::default()).await;
    let answer = get(&jane, &path(&file), &[("accept-encoding", "gzip")]).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(header(&answer, "content-length"), "300000");
    assert_eq!(
        header(&answer, "content-encoding"),
        "",
        "a part of what is packed cannot be asked for"
    );
    assert_eq!(header(&answer, "etag"), format!("\"{}\"", Hash::of(&content)));
    assert_eq!(header(&answer, "accept-ranges"), "bytes");
    assert_eq!(header(&answer, "content-type"), "application/octet-stream");
    assert!(header(&answer, "content-disposition").contains("filename=\"acme-cad-2.1.0.tar.gz\""));
    assert_eq!(header(&answer, "cache-control"), "private, no-cache");
    assert_eq!(answer.bytes().await.unwrap(), content);
    assert_eq!(file.sha256, Hash::of(&content));
    let head = fetch(&jane, "HEAD", &path(&file), &[("range", "bytes=1-2")]).await;
    assert_eq!((head.status(), header(&head, "content-length")), (StatusCode::OK, "300000"));
    assert!(head.bytes().await.unwrap().is_empty());
    let tag = format!("\"{}\"", file.sha256);
    let known = get(&jane, &path(&file), &[("if-none-match", &tag)]).await;
    assert_eq!((known.status(), header(&known, "etag")), (StatusCode::NOT_MODIFIED, tag.as_str()));
    let post = fetch(&jane, "POST", &path(&file), &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!(post.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_download_goes_on_where_it_was_cut_off() {
    let shop = Shop::new().await;
    let content = bytes(40 * 1024 * 1024);
    let file = shop.released("2.1.0", "large.bin", &content).await;
    let jane = shop.customer("jane@lab.example", ReleaseLimits::default()).await;
    let mut answer = get(&jane, &path(&file), &[]).await;
    let tag = header(&answer, "etag").to_owned();
    let mut got = Vec::new();
    while got.len() < content.len() / 2 {
        got.extend(answer.chunk().await.unwrap().unwrap());
    }
    // The connection is torn down with the rest still under way.
    drop(answer);
    assert!(got.len() < content.len());
    let range = format!("bytes={}-", got.len());
    let rest = get(&jane, &path(&file), &[("range", &range), ("if-range", &tag)]).await;
    assert_eq!(rest.status(), StatusCode::PARTIAL_CONTENT);
    let says = format!("bytes {}-{}/{}", got.len(), content.len() - 1, content.len());
    assert_eq!(header(&rest, "content-range"), says);
    assert_eq!(header(&rest, "etag"), tag);
    got.extend(rest.bytes().await.unwrap());
    assert_eq!(Hash::of(&got), file.sha256);
}

#[tokio::test]
async fn parts_are_those_that_were_asked_for() {
    let shop = Shop::new().await;
    let content = bytes(1000);
    let file = shop.released("2.1.0", "a.bin", &content).await;
    let jane = shop.customer("jane@lab.example", ReleaseLimits::default()).await;
    for (range, status, part) in [
        ("bytes=0-0", 206, 0..1),
        ("bytes=999-", 206, 999..1000),
        ("bytes=-1", 206, 999..1000),
        ("bytes=-5000", 206, 0..1000),
        ("bytes=10-19", 206, 10..20),
        ("bytes=990-99999", 206, 990..1000),
        ("bytes=1000-", 416, 0..0),
        ("bytes=-0", 416, 0..0),
        ("bytes=0-1,5-6", 200, 0..1000),
        ("bytes=9-5", 200, 0..1000),
        ("pages=1-2", 200, 0..1000),
        ("rubbish", 200, 0..1000),
    ] {
        let answer = get(&jane, &path(&file), &[("range", range)]).await;
        assert_eq!(answer.status(), status, "{range}");
        let says = match status {
            206 => format!("bytes {}-{}/1000", part.start, part.end - 1),
            416 => "bytes */1000".to_owned(),
            _ => String::new(),
        };
        assert_eq!(header(&answer, "content-range"), says, "{range}");
        if status != 416 {
            assert_eq!(header(&answer, "content-length"), part.len().to_string(), "{range}");
            assert_eq!(answer.bytes().await.unwrap(), content[part], "{range}");
        }
    }
}

#[tokio::test]
async fn a_download_that_began_with_another_file_begins_anew() {
    let shop = Shop::new().await;
    let old = shop.released("2.1.0", "a.bin", &bytes(1000)).await;
    let new = shop.released("2.1.1", "a.bin", &bytes(900)).await;
    let jane = shop.customer("jane@lab.example", ReleaseLimits::default()).await;
    let old_tag = format!("\"{}\"", old.sha256);
    let answer = get(&jane, &path(&new), &[("range", "bytes=500-"), ("if-range", &old_tag)]).await;
    assert_eq!((answer.status(), header(&answer, "content-length")), (StatusCode::OK, "900"));
    let answer = get(&jane, &path(&new), &[("range", "bytes=500-"), ("if-match", &old_tag)]).await;
    assert_eq!(answer.status(), StatusCode::PRECONDITION_FAILED);
    let new_tag = format!("\"{}\"", new.sha256);
    let answer = get(&jane, &path(&new), &[("range", "bytes=500-"), ("if-range", &new_tag)]).await;
    assert_eq!(
        (answer.status(), header(&answer, "content-length")),
        (StatusCode::PARTIAL_CONTENT, "400")
    );
}

#[tokio::test]
async fn a_content_that_is_gone_or_cut_is_not_handed_out_as_if_it_were_whole() {
    let shop = Shop::new().await;
    let file = shop.released("2.1.0", "a.bin", &bytes(1000)).await;
    let jane = shop.customer("jane@lab.example", ReleaseLimits::default()).await;
    let content = shop.app().config().data.join("releases").join(&file.storage_key);
    std::fs::OpenOptions::new().write(true).open(&content).unwrap().set_len(10).unwrap();
    for _ in ["cut", "gone"] {
        let answer = get(&jane, &path(&file), &[]).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        let page = answer.text().await.unwrap();
        assert!(!page.contains(&file.storage_key), "where it lies is told to nobody");
        let _ = std::fs::remove_file(&content);
    }
}

#[tokio::test]
async fn the_checksum_file_beside_a_release_verifies() {
    let shop = Shop::new().await;
    let content = bytes(1000);
    let file = shop.released("2.1.0", "acme.tar.gz", &content).await;
    let jane = shop.customer("jane@lab.example", ReleaseLimits::default()).await;
    let answer = get(&jane, &format!("/releases/{}/checksums", file.release), &[]).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(header(&answer, "content-disposition").contains("\"acme-cad-2.1.0.checksums\""));
    let text = answer.text().await.unwrap();
    let token = countersign_core::file::read(text.as_bytes()).unwrap();
    let roots: Roots = shop.portal.roots();
    let verified = roots.verify_release(&token).unwrap();
    let claims = verified.claims();
    assert_eq!((claims.product.as_str(), claims.version.as_str()), ("acme-cad", "2.1.0"));
    assert_eq!(claims.id, file.release);
    assert_eq!((claims.files[0].size, claims.files[0].sha256), (1000, Hash::of(&content)));
    assert!(verified.delegation().is_some(), "the portal signs with a delegated key");
}
