//! What lies between two requests of somebody, of whom a load balancer sends the second one to the other node.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign_core::Hash;
use countersign_core::request::Ask;
use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::played::Machine;
use crate::stand::Program;
use crate::world::browser::{Answer, file};
use crate::{Nodes, at};

fn form(requests: &[String]) -> Form {
    requests.iter().enumerate().fold(Form::new(), |form, (n, request)| {
        form.part("file", Part::text(request.clone()).file_name(format!("bench-{n}.request")))
    })
}

/// The id by which a page names its batch.
fn batch(page: &Answer) -> String {
    let field = page.text.split(r#"name="batch" value=""#).nth(1).expect("a large batch");
    field.split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_batch_is_brought_here_looked_at_and_answered_there_and_taken_home_here() {
    let nodes = Nodes::new().await;
    let key = nodes.a.license(500, None).await;
    let machine = |n: usize| Machine::new(&format!("bench-{n}"), &nodes.a.product);
    let mut requests: Vec<String> = (0..120).map(|n| machine(n).activation(&key)).collect();
    requests.push("no request at all".into());
    let (a, b) = (nodes.a.visitor(), nodes.b.visitor());
    let review = a.upload("/activate/review", form(&requests)).await.is(200);
    let id = batch(&review);
    let path = format!("/activate/batches/{id}");
    let there = b.get(&path).await.is(200).says("Activate 120 machines");
    assert_eq!(there.text, a.get(&path).await.is(200).text);
    b.get(&format!("{path}?page=2")).await.is(200).says("bench-119.request");
    let result = b.post("/activate/confirm", &[("batch", &id)]).await.is(200);
    let result = result.says("120 requests are answered.").says("bench-0.response");
    // Whoever asks the first node again sees what came of it, and nothing is done twice.
    assert_eq!(a.get(&path).await.is(200).text, result.text);
    assert_eq!(a.post("/activate/confirm", &[("batch", &id)]).await.is(200).text, result.text);
    let csv = a.post("/activate/table.csv", &[("batch", &id)]).await.is(200).text;
    assert_eq!(csv.matches("\"done\"").count(), 120);
    assert_eq!(b.post("/activate/table.csv", &[("batch", &id)]).await.is(200).text, csv);
    assert_eq!(nodes.a.stored(&key).await.total_activations, 120);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_license_is_chosen_there_for_a_batch_that_was_brought_here() {
    let nodes = Nodes::new().await;
    let key = nodes.a.license(99, None).await;
    let request = |n: usize| {
        Machine::new(&format!("bench-{n}"), &nodes.a.product)
            .request(|_, device| Ask::Activation { device, license: None })
    };
    let requests: Vec<String> = (0..10).map(request).collect();
    let review = nodes.a.visitor().upload("/activate/review", form(&requests)).await.is(200);
    let again = Form::new().text("batch", batch(&review)).text("license_key", key.grouped());
    let review = nodes.b.visitor().upload("/activate/review", again).await.is(200);
    review.says("Activate 10 machines");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_a_batch_of_somebody_else_is_seen_on_no_node() {
    let nodes = Nodes::new().await;
    let jane = nodes.a.customer("jane@lab.example").await;
    let mallory = nodes.a.customer("mallory@evil.example").await;
    let key = nodes.a.license(99, None).await;
    let machine = |n: usize| Machine::new(&format!("bench-{n}"), &nodes.a.product);
    let requests: Vec<String> = (0..8).map(|n| machine(n).activation(&key)).collect();
    let id = batch(&jane.upload("/activate/review", form(&requests)).await.is(200));
    let path = format!("/activate/batches/{id}");
    at(&nodes.b, &jane).get(&path).await.is(200);
    for thief in [at(&nodes.b, &mallory), nodes.b.visitor()] {
        assert_ne!(thief.get(&path).await.status, 200);
        assert_ne!(thief.post("/activate/confirm", &[("batch", &id)]).await.status, 200);
    }
    // The database has no name that opens it.
    let names = nodes.raw().column("SELECT name FROM shelf_item");
    assert!(names.len() == 1 && !names.contains(&id), "{names:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_gone_after_its_hour_on_all_nodes() {
    let nodes = Nodes::new().await;
    let key = nodes.a.license(99, None).await;
    let machine = |n: usize| Machine::new(&format!("bench-{n}"), &nodes.a.product);
    let requests: Vec<String> = (0..8).map(|n| machine(n).activation(&key)).collect();
    let review = nodes.a.visitor().upload("/activate/review", form(&requests)).await.is(200);
    let path = format!("/activate/batches/{}", batch(&review));
    nodes.advance(3_500);
    nodes.b.visitor().get(&path).await.is(200);
    nodes.advance(3_500);
    nodes.a.visitor().get(&path).await.is(200);
    nodes.advance(3_700);
    for node in [&nodes.a, &nodes.b] {
        assert_ne!(node.visitor().get(&path).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_is_looked_at_here_imported_there_and_its_keys_are_taken_along_here() {
    let nodes = Nodes::new().await;
    let ada = nodes.a.admin().await;
    let there = at(&nodes.b, &ada);
    let import = "/admin/licenses/import";
    let table = "product,activations,validity,holder\nacme-cad,2,perpetual,Jane\nacme-cad,3,perpetual,Joe\n";
    let dry = ada.upload(import, file("licenses.csv", table)).await.is(200).says("Jane");
    let form = dry.text.split("action=\"/admin/licenses/import/").nth(1).unwrap();
    let token = form.split('"').next().unwrap().to_owned();
    let path = format!("{import}/{token}");
    there.get(&path).await.is(200).says("Joe");
    let made = format!("/admin/licenses/made/{token}");
    there.post(&path, &[]).await.leads_to(&made);
    ada.post(&path, &[]).await.leads_to(&made);
    let csv = ada.get(&format!("{made}/keys.csv")).await.is(200).text;
    assert_eq!(there.get(&format!("{made}/keys.csv")).await.is(200).text, csv);
    let all = nodes.a.app.store().licenses(10).await.unwrap();
    assert_eq!(all.len(), 2);
    for license in all {
        assert!(csv.contains(&license.key.grouped()), "{csv}");
    }
    // A table with faults says them on either node.
    let bad = "product,activations,validity\nno-such,2,perpetual\n";
    ada.upload(import, file("bad.csv", bad)).await.is(200).says("bad.csv");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_file_is_sent_in_pieces_to_either_node() {
    let nodes = Nodes::new().await;
    let here = nodes.a.robot().await;
    let there = Program::with(nodes.b.visitor(), here.token.clone(), here.id);
    let new = json!({"product": "acme-cad", "version": "2.0.0"});
    let release = here.post("/api/v1/releases", new).await.is(201).header("location").to_owned();
    let content: Vec<u8> = (0..(8 << 20) + 12_345_usize).map(|n| (n % 251) as u8).collect();
    let begin = json!({"name": "cad.bin", "platform": "Linux x86_64", "size": content.len()});
    let upload = here.post(&format!("{release}/uploads"), begin).await.is(200).json();
    let upload = format!("{release}/uploads/{}", upload["id"].as_str().unwrap());
    let send = async |program: &Program, start: usize, bytes: &[u8]| {
        let request = program.request("POST", &format!("{upload}/pieces?start={start}"));
        let digest = format!("sha-256=:{}:", STANDARD.encode(Hash::of(bytes).as_bytes()));
        let request = request.header("content-type", "application/octet-stream");
        program.send(request.header("content-digest", digest).body(bytes.to_vec())).await.is(200)
    };
    send(&there, 0, &content[..8 << 20]).await;
    send(&here, 8 << 20, &content[8 << 20..]).await;
    there.post(&format!("{upload}/finish"), json!({})).await.is(200);
    let shown = here.get(&release).await.is(200).json();
    let sha256: String = Hash::of(&content).as_bytes().iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(shown["files"][0]["sha256"], sha256);
    assert!(nodes.releases.path().read_dir().unwrap().next().is_some());
    here.post(&format!("{release}/publish"), json!({})).await.is(200);
}
