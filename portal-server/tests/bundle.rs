//! Many machines at once over real HTTP: a zip of requests in, a table, a zip of responses and a CSV out.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read as _, Write as _};

use countersign_core::license_key::LicenseKey;
use countersign_core::request::Ask;
use countersign_core::{Expect, file};
use reqwest::multipart::{Form, Part};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use played::Machine;
use world::{CookieUser, TestPortal};

mod played;
mod world;

fn zip_of<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn upload(name: &str, bytes: Vec<u8>) -> Form {
    Form::new().part("file", Part::bytes(bytes).file_name(name.to_owned()))
}

/// The hidden fields of a page's form that posts to `action` or has a button that does.
fn fields(html: &str, action: &str) -> Vec<(String, String)> {
    let forms = html.split("<form").find(|form| form.contains(&format!("action=\"{action}\"")));
    let form = forms.unwrap().split("</form>").next().unwrap();
    let value = |text: &str| text.split('"').next().unwrap().to_owned();
    form.split("<input type=\"hidden\" name=\"")
        .skip(1)
        .map(|field| (value(field), unescaped(&value(field.split_once("value=\"").unwrap().1))))
        .collect()
}

fn unescaped(text: &str) -> String {
    text.replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#39;", "'")
        .replace("&#34;", "\"")
        .replace("&#38;", "&")
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// Confirms what a review shows.
async fn confirm(browser: &CookieUser, review: &str) -> String {
    let fields = fields(review, "/activate/confirm");
    browser.post("/activate/confirm", &borrowed(&fields)).await.is(200).text
}

/// The bytes that a form of a result gives.
async fn taken_home(
    browser: &CookieUser,
    path: &str,
    fields: &[(String, String)],
) -> (String, Vec<u8>) {
    let post = browser.request("POST", path).header("sec-fetch-site", "same-origin").form(fields);
    let answer = post.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let disposition = answer.headers()["content-disposition"].to_str().unwrap().to_owned();
    (disposition, answer.bytes().await.unwrap().to_vec())
}

fn files_in(zip: &[u8]) -> BTreeMap<String, String> {
    let mut archive = ZipArchive::new(Cursor::new(zip)).unwrap();
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        files.insert(file.name().unwrap().into_owned(), text);
    }
    files
}

fn rows_of(csv: &[u8]) -> Vec<BTreeMap<String, String>> {
    let text = csv.strip_prefix("\u{FEFF}".as_bytes()).unwrap();
    let mut reader = csv::Reader::from_reader(text);
    reader.deserialize().map(|row| row.unwrap()).collect()
}

fn machines(portal: &TestPortal, count: usize) -> Vec<Machine> {
    (0..count).map(|n| Machine::new(&format!("lab-{n}"), &portal.product)).collect()
}

fn requests(machines: &[Machine], key: &LicenseKey) -> Vec<(String, String)> {
    let named = |m: &Machine| (format!("{}.request", m.name), m.activation(key));
    machines.iter().map(named).collect()
}

fn zipped(requests: &[(String, String)]) -> Vec<u8> {
    zip_of(requests.iter().map(|(name, text)| (name.as_str(), text.as_bytes())))
}

#[tokio::test]
async fn three_hundred_machines_by_one_zip_and_their_responses_by_another() {
    let portal = TestPortal::new().await;
    let (visitor, key) = (portal.visitor(), portal.license(500, None).await);
    let machines = machines(&portal, 300);
    let requests_zip = zipped(&requests(&machines, &key));
    let form = upload("batch.zip", requests_zip.clone());
    let review = visitor.upload("/activate/review", form).await.is(200);
    let review = review
        .says("Activate 300 machines")
        .says("300 of these machines need a seat of Acme CAD, 500 are free.");
    assert_eq!(portal.stored(&key).await.total_activations, 0, "nothing is used up by looking");
    let result = confirm(&visitor, &review.text).await;
    assert!(result.contains("300 requests are answered."));
    assert_eq!(portal.stored(&key).await.live_activations, 300);

    let form = fields(&result, "/activate/responses.zip");
    let (disposition, zip) = taken_home(&visitor, "/activate/responses.zip", &form).await;
    assert!(disposition.contains("filename=\"responses.zip\""), "{disposition}");
    let files = files_in(&zip);
    assert_eq!(files.len(), 300);
    let roots = portal.roots();
    let mut devices = BTreeSet::new();
    for machine in &machines {
        let token = file::read(files[&format!("{}.response", machine.name)].as_bytes()).unwrap();
        let response = roots.verify_response(&token, Expect::Response).unwrap();
        assert_eq!(response.claims().device, machine.key.public_key().thumbprint());
        devices.insert(response.claims().device.to_string());
    }
    assert_eq!(devices.len(), 300);
    // Each is what is given singly, and all of it is the same at any time.
    let path = result.split("href=\"/responses/").nth(1).unwrap().split('"').next().unwrap();
    let single = visitor.get(&format!("/responses/{path}")).await.is(200).text;
    assert!(files.values().any(|text| *text == single));
    portal.clock.advance(3_000);
    assert_eq!(taken_home(&visitor, "/activate/responses.zip", &form).await.1, zip);

    let (_, csv) = taken_home(&visitor, "/activate/table.csv", &form).await;
    let rows = rows_of(&csv);
    assert_eq!(rows.len(), 300);
    assert_eq!(rows[7]["Machine"], "lab-7");
    assert_eq!(rows[7]["File"], "lab-7.request");
    assert_eq!(
        (rows[7]["Outcome"].as_str(), rows[7]["Kind"].as_str()),
        ("done", "activation request")
    );
    assert_eq!(rows[7]["Response file"], "lab-7.response");

    // Long after, the same files get the same.
    portal.clock.advance(1_000_000);
    visitor.post("/activate/responses.zip", &borrowed(&form)).await.is(404).says("No longer here");
    let review = visitor.upload("/activate/review", upload("batch.zip", requests_zip)).await;
    let result = confirm(&visitor, &review.is(200).text).await;
    let form = fields(&result, "/activate/responses.zip");
    assert_eq!(taken_home(&visitor, "/activate/responses.zip", &form).await.1, zip);
}

#[tokio::test]
async fn seats_that_do_not_suffice_are_said_before_and_given_in_the_order_of_the_list() {
    let portal = TestPortal::new().await;
    let (visitor, key) = (portal.visitor(), portal.license(5, None).await);
    let machines = machines(&portal, 12);
    let zip = zipped(&requests(&machines, &key));
    let review = visitor.upload("/activate/review", upload("batch.zip", zip)).await.is(200);
    let review =
        review.says("12 of these machines need a seat of Acme CAD, 5 are free. 7 will get none");
    assert_eq!(portal.stored(&key).await.total_activations, 0);
    let result = confirm(&visitor, &review.text).await;
    assert!(result.contains("5 requests are answered. 7 were refused."));
    let form = fields(&result, "/activate/responses.zip");
    let (_, zip) = taken_home(&visitor, "/activate/responses.zip", &form).await;
    let names: Vec<_> = files_in(&zip).into_keys().collect();
    assert_eq!(
        names,
        ["lab-0.response", "lab-1.response", "lab-2.response", "lab-3.response", "lab-4.response"]
    );
    let rows = rows_of(&taken_home(&visitor, "/activate/table.csv", &form).await.1);
    assert_eq!(
        rows.iter().map(|row| row["Outcome"].as_str()).filter(|o| *o == "refused").count(),
        7
    );
    assert_eq!(rows[11]["Code"], "seats-used-up");
    assert!(!rows[11]["What to do"].is_empty());
    assert_eq!(rows[11]["Machine"], "lab-11");
    assert_eq!(portal.stored(&key).await.live_activations, 5);
}

#[tokio::test]
async fn seats_that_a_batch_gives_back_are_there_for_the_rest_of_it() {
    let portal = TestPortal::new().await;
    let (visitor, key) = (portal.visitor(), portal.license(3, None).await);
    let machines = machines(&portal, 4);
    let zip = zipped(&requests(&machines[..2], &key));
    let review = visitor.upload("/activate/review", upload("a.zip", zip)).await;
    confirm(&visitor, &review.text).await;
    let active = portal.app.store().activations(&key.id(), 9).await.unwrap();
    let id = active.iter().find(|a| a.device_name.as_deref() == Some("lab-0")).unwrap().id;
    let mut batch = requests(&machines[2..], &key);
    batch.push(("gone.request".into(), machines[0].deactivation(&id.to_string())));
    let review = visitor.upload("/activate/review", upload("b.zip", zipped(&batch))).await.is(200);
    let review = review
        .says("2 of these machines need a seat of Acme CAD, one is free. One more becomes free")
        .hides("will get none");
    let result = confirm(&visitor, &review.text).await;
    assert!(result.contains("3 requests are answered."), "{result}");
    assert_eq!(portal.stored(&key).await.live_activations, 3);
}

#[tokio::test]
async fn one_machine_in_many_files_needs_one_seat() {
    let portal = TestPortal::new().await;
    let (visitor, key) = (portal.visitor(), portal.license(1, None).await);
    let machine = Machine::new("lab", &portal.product);
    let batch: Vec<_> =
        (0..8).map(|n| (format!("{n}.request"), machine.activation(&key))).collect();
    let review = visitor.upload("/activate/review", upload("a.zip", zipped(&batch))).await.is(200);
    let result = confirm(&visitor, &review.hides("will get none").text).await;
    assert!(result.contains("8 requests are answered."), "{result}");
    assert_eq!(portal.stored(&key).await.live_activations, 1);
    let form = fields(&result, "/activate/responses.zip");
    let (_, zip) = taken_home(&visitor, "/activate/responses.zip", &form).await;
    assert_eq!(files_in(&zip).len(), 8, "names of their own for one machine's responses");
}

#[tokio::test]
async fn what_cannot_be_answered_spoils_nothing_and_is_said_by_name() {
    let portal = TestPortal::new().await;
    let (visitor, key) = (portal.visitor(), portal.license(9, None).await);
    let good = requests(&machines(&portal, 6), &key);
    let inner = zipped(&good[..1]);
    let mut files: Vec<(&str, &[u8])> =
        good.iter().map(|(n, t)| (n.as_str(), t.as_bytes())).collect();
    files.extend([
        ("inner.zip", &inner[..]),
        ("holiday.jpg", b"\xFF\xD8\xFF"),
        ("../../<b>evil", b"x!"),
    ]);
    files.extend([("__MACOSX/._lab-0.request", &b"junk"[..]), (".DS_Store", b"junk")]);
    let form = upload("batch.zip", zip_of(files))
        .part("file", Part::bytes(vec![b'P', b'K', 3, 4]).file_name("broken.zip"));
    let review = visitor.upload("/activate/review", form).await.is(200);
    let review = review.says("10 files. 6 can be answered. 4 cannot; the list says why.");
    let review = review
        .says("inner.zip")
        .says("zip-in-zip")
        .says("holiday.jpg")
        .says("broken.zip")
        .says("zip-damaged");
    let review = review.says("&#60;").hides("<b>evil").hides("DS_Store").hides("../..");
    let result = confirm(&visitor, &review.text).await;
    assert!(result.contains("6 requests are answered."));
    assert!(result.contains("4 further files were not answered"));
    let form = fields(&result, "/activate/responses.zip");
    let rows = rows_of(&taken_home(&visitor, "/activate/table.csv", &form).await.1);
    let left: Vec<_> = rows
        .iter()
        .filter(|row| row["Outcome"] == "not answered")
        .map(|row| row["File"].as_str())
        .collect();
    assert_eq!(left, ["inner.zip", "holiday.jpg", "<b>evil", "broken.zip"]);
}

#[tokio::test]
async fn requests_without_a_license_ask_for_one_and_keep_their_names() {
    let portal = TestPortal::new().await;
    let (visitor, key) = (portal.visitor(), portal.license(9, None).await);
    let batch: Vec<_> = machines(&portal, 7)
        .iter()
        .map(|m| {
            (
                format!("{}.request", m.name),
                m.request(|_, device| Ask::Activation { device, license: None }),
            )
        })
        .collect();
    let review = visitor.upload("/activate/review", upload("a.zip", zipped(&batch))).await.is(200);
    let review = review.says("Which license?").says("None of them can be answered.");
    let again = fields(&review.text, "/activate/review")
        .into_iter()
        .fold(Form::new(), |form, (name, value)| form.text(name, value));
    let review =
        visitor.upload("/activate/review", again.text("license_key", key.grouped())).await.is(200);
    let review = review.says("lab-6.request").says("Activate 7 machines");
    let result = confirm(&visitor, &review.text).await;
    assert!(result.contains("7 requests are answered."));
}

#[tokio::test]
async fn attack_a_machine_whose_name_is_a_formula() {
    let portal = TestPortal::new().await;
    let (visitor, key) = (portal.visitor(), portal.license(9, None).await);
    let evil = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\u{FF1D}1", "x;=1"];
    let machines: Vec<_> = evil.iter().map(|name| Machine::new(name, &portal.product)).collect();
    let zip = zipped(&requests(&machines, &key));
    let review = visitor.upload("/activate/review", upload("a.zip", zip)).await.is(200);
    let result = confirm(&visitor, &review.text).await;
    let form = fields(&result, "/activate/responses.zip");
    let (_, csv) = taken_home(&visitor, "/activate/table.csv", &form).await;
    let rows = rows_of(&csv);
    assert_eq!(rows.len(), evil.len());
    for row in rows {
        for cell in row.values() {
            assert!(!cell.starts_with(countersign_portal::bundle::csv::starts_formula), "{cell}");
        }
    }
}

#[tokio::test]
async fn attack_a_zip_bomb_is_refused_and_nothing_is_used_up() {
    let portal = TestPortal::new().await;
    let zeros = vec![0; 64 * 1024];
    let names: Vec<_> = (0..900).map(|n| format!("{n}.request")).collect();
    let bomb = zip_of(names.iter().map(|name| (name.as_str(), &zeros[..])));
    let answer =
        portal.visitor().upload("/activate/review", upload("bomb<.zip", bomb)).await.is(413);
    answer.says("many times its size").says("bomb&#60;.zip").says("Nothing was used up.");
}

#[tokio::test]
async fn attack_responses_of_requests_that_one_does_not_have() {
    let portal = TestPortal::new().await;
    let visitor = portal.visitor();
    let guessed = countersign_core::Hash::of("guessed").to_string();
    for rows in [vec![("row", guessed.as_str())], vec![("row", "rubbish")], vec![("row", "../x")]] {
        visitor.post("/activate/responses.zip", &rows).await.is(404);
    }
    visitor.post("/activate/table.csv", &[("row", &guessed)]).await.is(404);
    visitor.post("/activate/responses.zip", &[]).await.is(413);
    visitor.post("/activate/table.csv", &[]).await.is(413);
    // The table of a license's page is for who may see the license.
    let key = portal.license(1, None).await;
    let eve = portal.customer("eve@evil.example").await;
    let request = Machine::new("lab", &portal.product)
        .request(|_, device| Ask::Activation { device, license: None });
    let page = format!("/licenses/{}/table.csv", key.id());
    eve.post(&page, &[("row", &request)]).await.is(404);
    visitor.post(&page, &[("row", &request)]).await.is(403);
    assert_eq!(portal.stored(&key).await.total_activations, 0);
}

#[tokio::test]
async fn the_table_speaks_the_language_of_the_browser() {
    let portal = TestPortal::new().await;
    let (visitor, key) = (portal.visitor(), portal.license(0, None).await);
    let request = Machine::new("lab", &portal.product).activation(&key);
    let post = visitor.request("POST", "/activate/table.csv").header("accept-language", "de");
    let answer = visitor.send(post.form(&[("row", request)])).await.is(200);
    answer.says("\"Rechner\"").says("\"abgelehnt\"").says("\"seats-used-up\"");
}
