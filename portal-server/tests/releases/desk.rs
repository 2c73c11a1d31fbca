//! The vendor publishes by the pages alone: draft, files, notes, checksums, archive; and every wrong way to do it.

use countersign_core::Hash;
use countersign_store::{ReleaseLimits, ReleaseStatus};
use reqwest::multipart::{Form, Part};

use crate::shop::{self, Shop};
use crate::world::CookieUser;

/// A file as the form without a script sends it.
async fn add(
    admin: &CookieUser,
    release: &str,
    name: &str,
    content: &[u8],
) -> crate::world::browser::Answer {
    let file = Part::bytes(content.to_vec()).file_name(name.to_owned());
    let form = Form::new().text("platform", "Linux x86_64").part("file", file);
    admin.upload(&format!("{release}/files"), form).await
}

async fn publish(admin: &CookieUser, release: &str, by: &str) -> crate::world::browser::Answer {
    let form = Form::new().text("checksums", by.to_owned());
    admin.upload(&format!("{release}/publish"), form).await
}

/// The path of a new draft.
async fn draft(admin: &CookieUser, version: &str) -> String {
    let form =
        [("product", "acme-cad"), ("version", version), ("notes", "# Faster\r\n\r\n<b>x</b>")];
    let made = admin.post("/admin/releases", &form).await.is(303);
    made.header("location").to_owned()
}

#[tokio::test]
async fn a_release_is_published_by_the_pages_alone_and_downloaded() {
    let shop = Shop::new().await;
    let admin = shop.portal.admin().await;
    let customer = shop.customer("jane@lab.example", ReleaseLimits::default()).await;
    let release = draft(&admin, "2.1.0").await;
    let id: countersign_core::Id = release.rsplit('/').next().unwrap().parse().unwrap();
    let content = shop::bytes(3 << 20);
    add(&admin, &release, "cad.bin", &content).await.leads_to(&format!("{release}#files"));
    add(&admin, &release, "spare.bin", b"x").await.is(303);
    let page = admin.get(&release).await.is(200).says("cad.bin").says(&Hash::of(&content).hex());
    let page = page.says("Linux x86_64").says("&lt;b&gt;").hides("<b>x");
    let spare = page.text.split("/files/").nth(2).and_then(|rest| rest.split('/').next()).unwrap();
    admin.post(&format!("{release}/files/{spare}/remove"), &[]).await.is(303);
    admin.get(&release).await.hides("spare.bin");

    customer.get("/downloads/acme-cad").await.is(200).hides("2.1.0");
    publish(&admin, &release, "portal").await.leads_to(&format!("{release}#state"));
    let published = shop.app().store().release(id).await.unwrap().unwrap();
    assert_eq!(published.status, ReleaseStatus::Published);
    assert!(published.checksums.is_some());
    let file = shop.app().store().release_files(id).await.unwrap().remove(0);
    let got = shop::get(&customer, &shop::path(&file), &[]).await;
    assert_eq!(got.bytes().await.unwrap(), content);

    admin.post(&release, &[("notes", "Later")]).await.is(303);
    customer.get(&format!("/downloads/acme-cad/{id}")).await.is(200).says("Later");
    admin.post(&format!("{release}/archive"), &[]).await.is(303);
    assert_eq!(shop::get(&customer, &shop::path(&file), &[]).await.status(), 404);
    publish(&admin, &release, "portal").await.is(303);
    assert_eq!(shop::get(&customer, &shop::path(&file), &[]).await.status(), 200);
    let again = shop.app().store().release(id).await.unwrap().unwrap();
    assert_eq!(
        (again.published_at, again.checksums),
        (published.published_at, published.checksums)
    );
    let actions: Vec<_> =
        shop.portal.audit().await.into_iter().map(|e| (e.action, e.actor)).collect();
    let ada = format!("user:{}", shop.portal.stored_user("ada@acme.example").await.id);
    for action in ["create", "add-file", "remove-file", "publish", "notes", "archive"] {
        let action = format!("release.{action}");
        assert!(actions.contains(&(action.clone(), ada.clone())), "{action}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_release_is_said_and_nothing_is_changed() {
    let shop = Shop::new().await;
    let admin = shop.portal.admin().await;
    let create = "/admin/releases";
    for (form, words) in [
        ([("product", "acme-cad"), ("version", "")], "no version"),
        ([("product", "acme-cad"), ("version", "../../etc")], "no version"),
        ([("product", "acme-cad"), ("version", "beta")], "begins with a number"),
        ([("product", "../x"), ("version", "1.0")], "product"),
    ] {
        admin.post(create, &form).await.is(422).says(words);
    }
    let form = [("product", "acme-cad"), ("version", "1.0"), ("channel", "Not A Channel")];
    admin.post(create, &form).await.is(422).says("no channel");
    let release = draft(&admin, "2.1.0").await;
    admin
        .post(create, &[("product", "acme-cad"), ("version", "2.1.0")])
        .await
        .is(422)
        .says("already");
    publish(&admin, &release, "portal").await.is(422).says("without files");
    for (name, content, words) in [
        ("nul", &b"x"[..], "no name for a file"),
        ("a b.exe", b"x", "no name for a file"),
        ("..", b"x", "no name for a file"),
        ("<b>.exe", b"x", "&#60;b&#62;.exe"),
        ("empty.bin", b"", "empty"),
    ] {
        add(&admin, &release, name, content).await.is(422).says(words);
    }
    admin.upload(&format!("{release}/files"), Form::new().text("platform", "x")).await.is(422);
    let long = Form::new()
        .text("platform", "x".repeat(65))
        .part("file", Part::bytes(vec![1]).file_name("a.bin"));
    admin.upload(&format!("{release}/files"), long).await.is(422).says("64 characters");
    add(&admin, &release, "a.bin", b"x").await.is(303);
    add(&admin, &release, "A.BIN", b"x").await.is(422).says("upper and lower case");
    for (by, words) in [("file", "No checksum file"), ("nobody", "form"), ("", "form")] {
        publish(&admin, &release, by).await.is(422).says(words);
    }
    let forged = Form::new()
        .text("checksums", "file")
        .part("file", Part::text("not signed").file_name("x.checksums"));
    admin.upload(&format!("{release}/publish"), forged).await.is(422);
    let id = release.rsplit('/').next().unwrap().parse().unwrap();
    let draft = shop.app().store().release(id).await.unwrap().unwrap();
    assert_eq!(draft.status, ReleaseStatus::Draft);
    publish(&admin, &release, "unsigned").await.is(303);
    add(&admin, &release, "late.bin", b"x").await.is(422).says("Files belong to drafts");
    let folder = shop.app().config().data.join("releases");
    assert_eq!(
        std::fs::read_dir(folder).unwrap().count(),
        1,
        "what was refused left nothing behind"
    );
    for path in ["/admin/releases/nothing", "/admin/releases/AAAAAAAAAAAAAAAAAAAAAA"] {
        admin.get(path).await.is(404);
        admin.post(&format!("{path}/archive"), &[]).await.is(404);
    }
}

#[tokio::test]
async fn licenses_of_a_private_release_are_named_by_key_or_id() {
    let shop = Shop::new().await;
    let admin = shop.portal.admin().await;
    let jane = shop.portal.customer("jane@lab.example").await;
    let key = shop.portal.license_of("jane@lab.example", 1).await;
    let other = shop.portal.license_with(|new| new.product = "acme-cad".parse().unwrap()).await;
    let file = shop.released("1.0.1", "fix.bin", b"x").await;
    let path = format!("/admin/releases/{}/visibility", file.release);
    let lines = format!(" {} \r\n\r\n{}\r\n{}", key.grouped(), other.id(), key.id());
    let form = [("visibility", "private"), ("licenses", lines.as_str())];
    admin.post(&path, &form).await.is(303);
    let given = shop.app().store().licenses_of_release(file.release).await.unwrap();
    assert_eq!(given.len(), 2);
    assert!(given.contains(&key.id()) && given.contains(&other.id()));
    jane.get("/downloads/acme-cad").await.is(200).says("1.0.1");
    admin.get(&format!("/admin/releases/{}", file.release)).await.is(200).says("for some licenses");

    admin.post("/admin/products", &[("id", "acme-cam"), ("name", "Acme CAM")]).await.is(303);
    let foreign =
        shop.portal.license_with(|new| new.product = "acme-cam".parse().unwrap()).await.id();
    for line in [foreign.to_string(), "<i>no key</i>".into(), "x".repeat(100_000)] {
        let form = [("visibility", "private"), ("licenses", line.as_str())];
        admin.post(&path, &form).await.is(422).says("no license of this product").hides("<i>");
    }
    admin.post(&path, &[("visibility", "public")]).await.is(422);
    assert_eq!(shop.app().store().licenses_of_release(file.release).await.unwrap(), given);
}

#[tokio::test]
async fn the_list_shows_one_product_page_by_page() {
    let shop = Shop::new().await;
    let admin = shop.portal.admin().await;
    for n in 0..60 {
        shop.draft(&format!("1.{n}.0")).await;
    }
    let first = admin.get("/admin/releases?product=acme-cad&status=draft").await.is(200);
    let first = first.says(">1.59.0<").hides(">1.9.0<");
    let next = first.text.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let next = next.replace("&#38;", "&");
    admin.get(&next).await.is(200).says(">1.9.0<").hides(">1.59.0<").hides("rel=\"next\"");
    admin.get("/admin/releases?status=published").await.is(200).says("no such release yet");
    admin.get("/admin/releases?product=%00&status=%3Cb%3E&after=--").await.is(200);
}
