//! A request that is dropped: what is known of it is said, and it is answered there in the name of whoever stands there.

use std::io::Write as _;

use countersign_core::license_key::LicenseKey;
use countersign_core::request::{Ask, LicenseProof, VerifiedRequest};
use countersign_core::{Expect, Hash, file};
use countersign_store::{ActivationState, LicenseStatus, Role, User};
use qrcode::{Color, EcLevel, QrCode};
use reqwest::multipart::{Form, Part};

use crate::played::{Machine, rng};
use crate::world::browser::{Answer, picture};
use crate::world::{CookieUser, TestPortal};
use crate::{drop_file, type_in};

fn verified(request: &str) -> VerifiedRequest {
    VerifiedRequest::verify(request, Expect::Request).unwrap()
}

/// The file that a machine writes.
fn as_file(request: &str) -> String {
    let verified = verified(request);
    file::request_file(request, verified.claims(), "Acme CAD", None)
}

fn as_qr(text: &str) -> Vec<u8> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).unwrap();
    let (width, scale, quiet) = (code.width(), 4, 4);
    let side = ((width + 2 * quiet) * scale) as u32;
    let colors = code.to_colors();
    let picture = image::GrayImage::from_fn(side, side, |x, y| {
        let at = |v: u32| (v as usize / scale).checked_sub(quiet).filter(|v| *v < width);
        let dark = at(x).zip(at(y)).is_some_and(|(x, y)| colors[y * width + x] == Color::Dark);
        image::Luma([if dark { 0 } else { 255 }])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

async fn confirm(staff: &CookieUser, request: &str) -> Answer {
    staff.post("/admin/activations/confirm", &[("request", request)]).await
}

async fn ada(portal: &TestPortal) -> User {
    portal.stored_user("ada@acme.example").await
}

#[tokio::test]
async fn a_request_is_read_shown_answered_and_handed_out_again() {
    let portal = TestPortal::new().await;
    let staff = portal.admin().await;
    let key = portal.license(3, None).await;
    let machine = Machine::new("lab-7", &portal.product);
    let request = machine.activation(&key);
    let page = drop_file(&staff, "lab-7.request", as_file(&request)).await.is(200);
    let license = format!("href=\"/admin/licenses/{}\"", key.id());
    let verified = verified(&request);
    let page = page.says("lab-7").says(&license).says("0 of 3").says("not known here yet");
    let page = page.says(&verified.claims().id.to_string()).says(&verified.hash().to_string());
    page.says("1 of 3 seats").says("id=\"confirm\"").hides(&key.grouped());
    assert!(portal.app.store().answer(&verified.hash()).await.unwrap().is_none(), "it only looked");
    let done = confirm(&staff, &request).await.is(200);
    done.says(&format!("/responses/{}", verified.hash())).says("qr.svg");
    let found = portal.app.store().activations(&key.id(), 9).await.unwrap();
    assert_eq!((found.len(), found[0].door.as_str()), (1, "staff"));
    let by = ada(&portal).await.id;
    assert_eq!(found[0].by_user, Some(by));
    let audit = portal.audit().await;
    let entry = audit.iter().find(|entry| entry.action == "activation.create").unwrap();
    assert_eq!(entry.actor, format!("user:{by}"));
    // Once more: nothing is to be done, the same answer is there.
    let answer = portal.app.store().answer(&verified.hash()).await.unwrap().unwrap();
    portal.clock.advance(3_600);
    let again = drop_file(&staff, "lab-7.request", request.clone()).await.is(200);
    let again = again.says("It was answered on 21 Sep 2026").hides("id=\"confirm\"");
    again.says(&answer.token[..40]).says("Known here, with a seat");
    let file = staff.get(&format!("/responses/{}", verified.hash())).await.is(200);
    assert_eq!(file::read(file.text.as_bytes()).unwrap(), answer.token);
}

#[tokio::test]
async fn a_request_comes_as_a_zip_as_a_picture_of_a_code_and_as_text_in_the_field() {
    let portal = TestPortal::new().await;
    let staff = portal.admin().await;
    let key = portal.license(30, None).await;
    let request = |name: &str| Machine::new(name, &portal.product).activation(&key);
    let license = format!("href=\"/admin/licenses/{}\"", key.id());
    let zip = zipped(&[("in/lab-1.request", &as_file(&request("lab-1")))]);
    drop_file(&staff, "mail.zip", zip).await.is(200).says("lab-1").says(&license);
    let code = as_qr(&request("lab-2"));
    drop_file(&staff, "code.png", code).await.is(200).says("lab-2").says(&license);
    let link = as_qr(&format!("https://portal.acme.example/activate#{}", request("lab-3")));
    drop_file(&staff, "code.png", link).await.is(200).says("lab-3").says(&license);
    type_in(&staff, &request("lab-4")).await.is(200).says("lab-4").says(&license);
    // A field of one line runs the lines of a file into each other.
    let one_line = as_file(&request("lab-5")).replace('\n', "");
    type_in(&staff, &one_line).await.is(200).says("lab-5").says(&license);
    type_in(&staff, &as_file(&request("lab-6")).replace('\n', " ")).await.is(200).says("lab-6");
    // Several at once: as a list, answered together.
    let names = ["lab-11", "lab-12", "lab-13"];
    let requests = names.map(request);
    let files: Vec<_> = names.iter().zip(&requests).map(|(n, r)| (*n, r.as_str())).collect();
    let page = drop_file(&staff, "all.zip", zipped(&files)).await.is(200);
    page.says("action=\"/admin/activations/confirm\"").says("lab-11").says("lab-13");
    let mut fields: Vec<(&str, &str)> = requests.iter().map(|r| ("request", r.as_str())).collect();
    fields.push(("in_turn", "1"));
    staff.post("/admin/activations/confirm", &fields).await.is(200).says("3 ");
    let found = portal.app.store().activations(&key.id(), 9).await.unwrap();
    assert!(found.len() == 3 && found.iter().all(|machine| machine.door == "staff"));
}

#[tokio::test]
async fn a_large_batch_of_staff_is_kept_for_them_and_answered_as_staff() {
    let portal = TestPortal::new().await;
    let staff = portal.admin().await;
    let key = portal.license(30, None).await;
    let files: Vec<(String, String)> = (0..8)
        .map(|n| {
            (
                format!("n{n}.request"),
                Machine::new(&format!("n{n}"), &portal.product).activation(&key),
            )
        })
        .collect();
    let files: Vec<_> = files.iter().map(|(n, r)| (n.as_str(), r.as_str())).collect();
    let page = drop_file(&staff, "all.zip", zipped(&files)).await.is(200);
    let batch = page.text.split("name=\"batch\" value=\"").nth(1).unwrap();
    let batch = batch.split('"').next().unwrap().to_owned();
    let show = format!("/activate/batches/{batch}");
    // At everybody's counter it is not there, nor for another person.
    staff.post("/activate/confirm", &[("batch", &batch)]).await.is(404);
    portal.customer("mallory@evil.example").await.get(&show).await.is(404);
    staff.post("/admin/activations/confirm", &[("batch", &batch)]).await.is(200).says("n7");
    staff.get(&show).await.is(200).says("n7.response");
    let found = portal.app.store().activations(&key.id(), 20).await.unwrap();
    assert!(found.len() == 8 && found.iter().all(|machine| machine.door == "staff"));
    staff.post("/admin/activations/table.csv", &[("batch", &batch)]).await.is(200).says("n7");
}

/// What stands in the way, and the way that the page shows.
#[tokio::test]
async fn whatever_speaks_against_it_is_said_with_the_way_to_do_something_about_it() {
    let portal = TestPortal::new().await;
    let staff = portal.admin().await;
    let machine = Machine::new("lab-7", &portal.product);
    let asked = async |key: &LicenseKey| {
        let page = drop_file(&staff, "lab-7.request", machine.activation(key)).await.is(200);
        page.hides("id=\"confirm\"")
    };
    let page_of = |key: &LicenseKey| format!("/admin/licenses/{}", key.id());

    let full = portal.license(1, None).await;
    portal.activated(&Machine::new("lab-1", &portal.product), &full).await;
    let page = asked(&full).await.says("seats-used-up").says("<li>lab-1</li>").says("1 of 1");
    let page = page.says(&format!("{}#allowed_activations", page_of(&full)));
    page.says(&format!("/licenses/{}#machines", full.id()));

    let off = portal.license(1, None).await;
    portal.change_license(&off, |license| license.status = LicenseStatus::Suspended).await;
    let page = asked(&off).await.says("license-suspended");
    page.says(&format!("{}#actions", page_of(&off)));
    // It is reinstated, and the same file goes through.
    portal.change_license(&off, |license| license.status = LicenseStatus::Active).await;
    let page = drop_file(&staff, "lab-7.request", machine.activation(&off)).await;
    page.is(200).says("id=\"confirm\"");

    let ended = portal
        .license_with(|new| {
            new.validity = countersign_store::Validity::Fixed(crate::played::NOW - 1);
        })
        .await;
    asked(&ended).await.says("license-expired").says(&format!("{}#actions", page_of(&ended)));

    let nobodys = LicenseKey::generate(&mut rng());
    asked(&nobodys).await.says("unknown-license").hides("/admin/licenses/");

    // Made with another key than that of the license that it names.
    let wrong = machine.request(|id, device| {
        let jkt = machine.key.public_key().thumbprint();
        let proof = nobodys.proof(&jkt, &id);
        Ask::Activation { device, license: Some(LicenseProof { id: off.id(), proof }) }
    });
    let page = drop_file(&staff, "lab-7.request", wrong.clone()).await.is(200);
    page.says("wrong-proof").says(&page_of(&off)).hides("id=\"confirm\"");
    confirm(&staff, &wrong).await.is(200).says("wrong-proof");
    assert!(portal.app.store().activations(&off.id(), 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_request_of_another_product_or_of_another_vendor_is_told_so() {
    let portal = TestPortal::new().await;
    let staff = portal.admin().await;
    let key = portal.license(1, None).await;
    let elsewhere = Machine::new("lab-7", &"other-app".parse().unwrap());
    let page = drop_file(&staff, "a.request", elsewhere.activation(&key)).await.is(200);
    page.says("product-mismatch").says(&format!("/admin/licenses/{}", key.id()));
    let page = drop_file(&staff, "a.request", elsewhere.trial()).await.is(200);
    page.says("unknown-product").says("href=\"/admin/products\"");
    // Signed by another vendor's keys: their answers are none of ours.
    let other = TestPortal::new().await;
    let theirs = other.license(1, None).await;
    let machine = Machine::new("lab-9", &other.product);
    let request = machine.activation(&theirs);
    drop_file(&staff, "a.request", request.clone()).await.is(200).says("unknown-license");
    other.answered("/api/v1/activations", &request).await;
    let answer = other.app.store().answer(&verified(&request).hash()).await.unwrap().unwrap();
    drop_file(&staff, "a.response", answer.token)
        .await
        .is(200)
        .says("wrong-type")
        .hides("id=\"response\"");
}

#[tokio::test]
async fn a_trial_and_a_deactivation_are_recognised_by_product_and_activation() {
    let portal = TestPortal::new().await;
    let staff = portal.admin().await;
    let machine = Machine::new("lab-7", &portal.product);
    let trial = machine.trial();
    let page = drop_file(&staff, "a.request", trial.clone()).await.is(200);
    page.says("trial request").says("Acme CAD").says("id=\"confirm\"");
    confirm(&staff, &trial).await.is(200).says("/responses/");
    let page = drop_file(&staff, "a.request", machine.trial()).await.is(200);
    let page = page.says("trial-already-used").says("had its trial from");
    page.says("href=\"/admin/products/acme-cad\"").says("href=\"/admin/trials/");

    let key = portal.license(1, Some(1)).await;
    let id = portal.activated(&machine, &key).await;
    let request = machine.deactivation(&id.to_string());
    let page = drop_file(&staff, "a.request", request.clone()).await.is(200);
    let page = page.says(&format!("/licenses/{}/machines/{id}", key.id())).says("0 of 1 seats");
    page.says(&format!("href=\"/admin/licenses/{}\"", key.id()));
    confirm(&staff, &request).await.is(200).says("/responses/");
    let gone = portal.app.store().activation(&id).await.unwrap().unwrap();
    assert_eq!(gone.state, ActivationState::Deactivated);
    // A receipt that is brought in the place of a request leads to its machine.
    let hash: Hash = verified(&request).hash();
    let receipt = staff.get(&format!("/responses/{hash}")).await.is(200).text;
    let page =
        drop_file(&staff, "a.response", receipt).await.is(200).says("receipt of a deactivation");
    page.says(&format!("/licenses/{}/machines/{id}", key.id())).hides("id=\"confirm\"");
    // One of an activation that nobody knows.
    let unknown = machine.deactivation("AAAAAAAAAAAAAAAAAAAAAA");
    let page = drop_file(&staff, "a.request", unknown).await.is(200);
    page.says("unknown-activation").says("href=\"/admin/journals\"");
}

#[tokio::test]
async fn a_request_without_a_license_is_answered_for_the_one_that_is_chosen() {
    let portal = TestPortal::new().await;
    let staff = portal.admin().await;
    let key = portal.license(1, None).await;
    let machine = Machine::new("lab-7", &portal.product);
    let request = machine.request(|_, device| Ask::Activation { device, license: None });
    let page = drop_file(&staff, "a.request", request.clone()).await.is(200);
    page.says("license-needed").says("name=\"license_key\"");
    for chosen in [key.grouped(), key.id().to_string()] {
        let form = Form::new().text("pasted", request.clone()).text("license_key", chosen.clone());
        let page = staff.upload("/admin/activations/review", form).await.is(200);
        page.says("id=\"confirm\"").says(&format!("name=\"license_key\" value=\"{chosen}\""));
    }
    let form = Form::new().text("pasted", request.clone()).text("license_key", "no such key");
    staff.upload("/admin/activations/review", form).await.is(422);
    let fields = [("request", request.as_str()), ("license_key", &key.id().to_string())];
    staff.post("/admin/activations/confirm", &fields).await.is(200).says("/responses/");
    assert_eq!(portal.stored(&key).await.live_activations, 1);
}

#[tokio::test]
async fn a_reinstalled_machine_is_known_under_its_former_key() {
    let portal = TestPortal::new().await;
    let staff = portal.admin().await;
    let key = portal.license(1, None).await;
    let machine = Machine::new("lab-7", &portal.product);
    let id = portal.activated(&machine, &key).await;
    let page = drop_file(&staff, "a.request", machine.reinstalled().activation(&key)).await;
    let page = page.is(200).says("Known here, with a seat").says(&format!("machines/{id}"));
    page.says("id=\"confirm\"");
}

#[tokio::test]
async fn of_a_damaged_file_is_shown_what_can_still_be_read() {
    let portal = TestPortal::new().await;
    let staff = portal.admin().await;
    let key = portal.license(1, None).await;
    let whole = as_file(&Machine::new("lab-7", &portal.product).activation(&key));
    let lines: Vec<&str> = whole.lines().collect();
    let cut = lines[..lines.len() - 4].join("\n");
    let page = drop_file(&staff, "lab-7.request", cut).await.is(200);
    let page = page.says("damaged-file").says("What can still be read").says("machine  lab-7");
    page.says(&verified_id(&whole)).hides("id=\"confirm\"");
    let evil = "# <script>alert(1)</script> \u{202E}x\n# end 9 characters\nabc\n";
    let page = drop_file(&staff, "<b>x</b>.request", evil).await.is(200);
    page.says("&#60;script&#62;").hides("<script>alert").hides("\u{202E}").hides("<b>x</b>");
    drop_file(&staff, "a.txt", "").await.is(200).says("code");
}

fn verified_id(file_text: &str) -> String {
    verified(&file::read(file_text.as_bytes()).unwrap()).claims().id.to_string()
}

#[tokio::test]
async fn a_picture_without_a_code_and_what_is_no_picture_are_told_what_to_do() {
    let portal = TestPortal::new().await;
    let staff = portal.admin().await;
    drop_file(&staff, "a.png", picture(300, 200)).await.is(200).says("picture-no-code");
    let mut broken = as_qr("hello");
    broken.truncate(200);
    drop_file(&staff, "a.png", broken).await.is(200).says("picture-unread");
    drop_file(&staff, "a.png", as_qr("# hello")).await.is(200).says("damaged-file");
}

#[tokio::test]
async fn attack_pictures_that_inflate_many_of_them_and_zips_of_zips() {
    let portal = TestPortal::new().await;
    let staff = portal.admin().await;
    // A head that promises more pixels than are read, with nothing behind it.
    let mut bomb = picture(16, 16);
    bomb[16..24].copy_from_slice(&[0, 0, 0x60, 0, 0, 0, 0x60, 0]);
    drop_file(&staff, "bomb.png", bomb).await.is(200).says("picture-unread");
    let many = (0..40).fold(Form::new(), |form, n| {
        form.part("file", Part::bytes(picture(9, 9)).file_name(format!("{n}.png")))
    });
    staff.upload("/admin/activations", many).await.is(200).says("picture-no-code");
    let inner = zipped(&[("a.request", "x")]);
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("inner.zip", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(&inner).unwrap();
    let nested = zip.finish().unwrap().into_inner();
    drop_file(&staff, "outer.zip", nested).await.is(200).says("zip-in-zip");
    let large = vec![b'a'; 19 * 1024 * 1024];
    let file = Part::bytes(large).file_name("a.request");
    let answer = staff.upload("/admin/activations", Form::new().part("file", file)).await;
    answer.is(413);
}

#[tokio::test]
async fn attack_strangers_and_customers_drop_and_confirm_nothing() {
    let portal = TestPortal::new().await;
    let key = portal.license(3, None).await;
    let request = Machine::new("lab-7", &portal.product).activation(&key);
    for browser in [portal.visitor(), portal.customer("mallory@evil.example").await] {
        drop_file(&browser, "a.request", request.clone()).await.is(403).hides("lab-7");
        type_in(&browser, &request).await.is(403);
        confirm(&browser, &request).await.is(403);
        let fields = [("row", request.as_str())];
        browser.post("/admin/activations/table.csv", &fields).await.is(403);
    }
    assert_eq!(portal.stored(&key).await.live_activations, 0);
    // A page of somebody else's sends a form in an admin's name.
    let staff = portal.admin().await;
    let foreign = staff.request("POST", "/admin/activations/confirm");
    let foreign = foreign.header("sec-fetch-site", "cross-site").form(&[("request", &request)]);
    staff.send(foreign).await.is(403);
    assert_eq!(portal.stored(&key).await.live_activations, 0);
}

async fn member(portal: &TestPortal, email: &str, role: Role) -> CookieUser {
    portal
        .user(|user| {
            user.email = email.into();
            user.role = role;
        })
        .await;
    portal.logged_in(email).await
}

#[tokio::test]
async fn attack_who_only_reads_finds_and_looks_and_answers_nothing() {
    let portal = TestPortal::new().await;
    let reader = member(&portal, "rita@acme.example", Role::ReadOnly).await;
    let key = portal.license(3, None).await;
    let request = Machine::new("lab-7", &portal.product).activation(&key);
    let page = drop_file(&reader, "a.request", request.clone()).await.is(200).says("lab-7");
    page.says("Whoever may answer requests can do that").hides("id=\"confirm\"");
    confirm(&reader, &request).await.is(403);
    assert_eq!(portal.stored(&key).await.live_activations, 0);
}

#[tokio::test]
async fn support_answers_and_is_shown_the_ways_that_are_its_own() {
    let portal = TestPortal::new().await;
    let support = member(&portal, "sam@acme.example", Role::Support).await;
    let key = portal.license(1, None).await;
    let request = |name: &str| Machine::new(name, &portal.product).activation(&key);
    let first = request("lab-1");
    let page = drop_file(&support, "a.request", first.clone()).await.is(200);
    page.says("id=\"confirm\"").hides(&key.grouped());
    confirm(&support, &first).await.is(200).says("/responses/");
    let page = drop_file(&support, "a.request", request("lab-2")).await.is(200);
    let page = page.says("seats-used-up").says("administrators can change");
    let page = page.hides("#allowed_activations");
    page.says(&format!("/licenses/{}#machines", key.id()));
    // Answered for a license that was chosen, too.
    let other = portal.license(1, None).await;
    let machine = Machine::new("lab-3", &portal.product);
    let open = machine.request(|_, device| Ask::Activation { device, license: None });
    let fields = [("request", open.as_str()), ("license_key", &other.id().to_string())];
    support.post("/admin/activations/confirm", &fields).await.is(200).says("/responses/");
    assert_eq!(portal.stored(&other).await.live_activations, 1);
}
