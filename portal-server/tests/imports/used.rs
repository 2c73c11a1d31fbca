//! What was imported is used: by machines, by people, beside a portal that runs.

use serde_json::{Value, json};

use crate::browser::CookieUser;
use crate::played::Machine;
use crate::process::Portal;
use crate::world::{Here, cad, export, license};

const PASSWORD: &str = "correct horse battery";

fn admin(here: &Here, arguments: &[&str]) {
    let mut command = std::process::Command::new(crate::world::PROGRAM);
    let output = command.arg("admin").args(arguments).arg("--data").arg(here.data()).output();
    assert!(output.unwrap().status.success(), "{arguments:?}");
}

#[tokio::test]
async fn a_machine_of_an_imported_license_takes_a_seat_by_its_new_key() {
    let here = Here::new();
    let portal = Portal::start(&here.data());
    here.import("cryptlex", &export("cryptlex"), &["--yes"]).has_problems();
    let client = CookieUser::new(portal.url());
    let product = "acme-cad".parse().unwrap();
    let post = |request: String| client.request("POST", "/api/v1/activations").body(request);
    let good = here.license("23d9646c-34f5-4d37-adeb-f7f77b927bdb").await;
    for (name, status) in [("lab-1", 200), ("lab-2", 200), ("lab-3", 409)] {
        let request = Machine::new(name, &product).activation(&good.key);
        client.send(post(request)).await.is(status);
    }
    // Suspended there is suspended here, and revoked is revoked.
    for held in ["33d9646c-34f5-4d37-adeb-f7f77b927bdc", "43d9646c-34f5-4d37-adeb-f7f77b927bdd"] {
        let license = here.license(held).await;
        let request = Machine::new("lab-9", &product).activation(&license.key);
        client.send(post(request)).await.is(403);
    }
    // The machines that were activated there hold nothing here.
    let after = here.license("23d9646c-34f5-4d37-adeb-f7f77b927bdb").await;
    assert_eq!(after.live_activations, 2);
    // And what was used since is no reason to change the license when the export comes again.
    let again = here.import("cryptlex", &export("cryptlex"), &["--yes"]).has_problems();
    assert_eq!(again.count("licenses", "unchanged"), 3);
}

#[tokio::test]
async fn a_customer_on_the_phone_is_found_by_the_old_key() {
    let here = Here::new();
    let password = here.file("password", PASSWORD);
    let password = password.to_str().unwrap();
    let create = ["user", "create", "--email", "ada@acme.example", "--role", "admin"];
    admin(&here, &[&create[..], &["--password-file", password]].concat());
    let portal = Portal::start(&here.data());
    here.import("cryptlex", &export("cryptlex"), &["--yes"]).has_problems();
    here.import("keygen", &export("keygen"), &["--yes"]).has_problems();
    let ada = CookieUser::new(portal.url());
    ada.log_in("ada@acme.example", PASSWORD).await.leads_to("/");
    let (one, other) = (
        here.id("23d9646c-34f5-4d37-adeb-f7f77b927bdb"),
        here.id("33d9646c-34f5-4d37-adeb-f7f77b927bdc"),
    );
    for typed in [
        "0A2035-E8A2A3-4D31B7-8FF9C6-81A6CA-539E54",
        "%20%200a2035-e8a2a3-4d31b7-8ff9c6-81a6ca-539e54%20",
    ] {
        let page = ada.get(&format!("/licenses?q={typed}")).await.is(200);
        page.says(&one).hides(&other);
    }
    // A part of it leads nowhere: who has the whole key is a customer, who has a part may be anybody.
    ada.get("/licenses?q=0A2035-E8A2A3-4D31B7").await.is(200).hides(&one);
    // The vendor alone sees the old key on the license.
    ada.get(&format!("/licenses/{one}")).await.is(200).says("0A2035-E8A2A3");
}

#[tokio::test]
async fn attack_the_old_key_tells_nothing_to_another_customer() {
    let here = Here::new();
    let password = here.file("password", PASSWORD);
    let create = ["user", "create", "--email", "eve@elsewhere.example", "--password-file"];
    admin(&here, &[&create[..], &[password.to_str().unwrap()]].concat());
    let portal = Portal::start(&here.data());
    here.import("cryptlex", &export("cryptlex"), &["--yes"]).has_problems();
    let eve = CookieUser::new(portal.url());
    eve.log_in("eve@elsewhere.example", PASSWORD).await.leads_to("/");
    let id = here.id("23d9646c-34f5-4d37-adeb-f7f77b927bdb");
    let key = "0A2035-E8A2A3-4D31B7-8FF9C6-81A6CA-539E54";
    eve.get(&format!("/licenses?q={key}")).await.is(200).hides(&id);
    eve.get(&format!("/licenses/{id}")).await.is(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_portal_answers_while_thousands_of_licenses_come_in() {
    let here = Here::new();
    let first =
        json!({"products": [cad()], "licenses": [license(0, json!({"allowedActivations": 0}))]});
    here.import("cryptlex", &here.file("first.json", first.to_string()), &["--yes"]).works();
    let portal = Portal::start(&here.data());
    let key = here.license("license-0").await.key;
    let many: Vec<Value> = (1..=2_000).map(|n| license(n, json!({}))).collect();
    let file = here.file("e.json", json!({"products": [cad()], "licenses": many}).to_string());
    let mut import = here.command("cryptlex", &file, &["--yes", "--json"]);
    let import = import.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let waiting = tokio::task::spawn_blocking(move || import.wait_with_output().unwrap());
    let (client, product) = (CookieUser::new(portal.url()), "acme-cad".parse().unwrap());
    let mut answered = 0;
    while !waiting.is_finished() || answered == 0 {
        let request = Machine::new(&format!("lab-{answered}"), &product).activation(&key);
        let post = client.request("POST", "/api/v1/activations").body(request);
        client.send(post).await.is(200);
        answered += 1;
    }
    let run = crate::world::Import::of(waiting.await.unwrap()).works();
    assert_eq!(run.count("licenses", "made"), 2_000);
    assert_eq!(here.license("license-0").await.live_activations, answered);
    assert_eq!(here.count("license"), 2_001);
}
