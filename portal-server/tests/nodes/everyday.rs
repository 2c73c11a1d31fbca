//! What people and programs do every day, one request here and the next one there.

use countersign_core::Expect;
use countersign_store::{DomainCheck, Finding, SeenRecord};
use serde_json::json;

use crate::played::{Machine, NOW};
use crate::stand::Program;
use crate::world::{CookieUser, PASSWORD};
use crate::{Nodes, at, until};

async fn ask(visitor: &CookieUser, door: &str, request: &str) -> serde_json::Value {
    let post = visitor.request("POST", door).body(request.to_owned());
    visitor.send(post).await.is(200).json()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_logs_in_here_goes_on_there_and_who_logs_out_there_is_out_here() {
    let nodes = Nodes::new().await;
    let ada = nodes.a.admin().await;
    let there = at(&nodes.b, &ada);
    there.get("/admin/licenses").await.is(200);
    there.post("/admin/settings", &[("cap_days", "30")]).await.leads_to("/admin/settings");
    there.post("/logout", &[]).await.is(303);
    ada.get("/admin/licenses").await.is(303);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_request_gets_the_same_response_from_every_node() {
    let nodes = Nodes::new().await;
    let key = nodes.a.license(1, None).await;
    let (machine, other) =
        (Machine::new("lab-7", &nodes.a.product), Machine::new("lab-8", &nodes.a.product));
    let (request, late) = (machine.activation(&key), other.activation(&key));
    let (a, b) = (nodes.a.visitor(), nodes.b.visitor());
    let door = "/api/v1/activations";
    let first = ask(&b, door, &request).await;
    assert_eq!(ask(&a, door, &request).await, first);
    assert_eq!(ask(&b, door, &request).await, first);
    let token = first["token"].as_str().unwrap();
    nodes.a.roots().verify_response(token, Expect::Response).unwrap();
    nodes.b.roots().verify_response(token, Expect::Response).unwrap();
    for visitor in [&a, &b] {
        let refused = visitor.request("POST", door).body(late.clone());
        visitor.send(refused).await.refuses_as(409, "seats-used-up");
    }
    let proof = machine.deactivation(first["id"].as_str().unwrap());
    let receipt = ask(&a, "/api/v1/deactivations", &proof).await;
    assert_eq!(ask(&b, "/api/v1/deactivations", &proof).await, receipt);
    ask(&b, door, &late).await;
    assert!(nodes.a.app.store().integrity_check().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_the_last_seat_is_asked_for_at_all_nodes_at_once() {
    let nodes = Nodes::new().await;
    let key = nodes.a.license(3, None).await;
    let asks = (0..24).map(|n| {
        let node = if n % 2 == 0 { &nodes.a } else { &nodes.b };
        let request = Machine::new(&format!("lab-{n}"), &node.product).activation(&key);
        async move {
            let visitor = node.visitor();
            let post = visitor.request("POST", "/api/v1/activations").body(request);
            visitor.send(post).await.status.as_u16()
        }
    });
    let mut statuses = futures_util::future::join_all(asks).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![200; 3], vec![409; 21]].concat());
    assert!(nodes.b.app.store().integrity_check().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_vendor_sets_here_counts_there_within_seconds() {
    let nodes = Nodes::new().await;
    let ada = nodes.a.admin().await;
    let visitor = nodes.b.visitor();
    let from = |origin: &str| {
        visitor.request("OPTIONS", "/api/v1/trials").header("origin", origin.to_owned())
    };
    let allowed = async |origin: &str| {
        let preflight = from(origin).header("access-control-request-method", "POST");
        visitor.send(preflight).await.header("access-control-allow-origin").to_owned()
    };
    // Both have read what was.
    assert_eq!(allowed("https://new.example").await, "");
    visitor.get("/login").await.says("Acme").hides("Rings");
    let form = [("cap_days", "5"), ("origins", "https://new.example")];
    ada.post("/admin/settings", &form).await.leads_to("/admin/settings");
    let look = "/admin/settings/look";
    ada.post(look, &[("name", "Rings")]).await.leads_to(look);
    nodes.moments_later();
    assert_eq!(nodes.b.app.settings().await.unwrap().response_validity_cap_days, 5);
    assert_eq!(allowed("https://new.example").await, "https://new.example");
    visitor.get("/login").await.says("Rings");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_that_comes_into_use_here_is_answered_there_within_seconds() {
    let nodes =
        Nodes::with(|config| config.public_url = Some("https://portal.operator.example".into()))
            .await;
    let host = "licenses.acme.example";
    let (store, customer) = (nodes.a.app.store(), nodes.b.visitor().at(host));
    assert_ne!(customer.get("/login").await.status, 200);
    store.set_domain(host, "token", "test", NOW).await.unwrap();
    let domain = store.domain().await.unwrap().unwrap();
    let right = SeenRecord::plain(Finding::Right);
    let check = DomainCheck { pointer: right.clone(), proof: right };
    let mail = |_, _: &_, _| unreachable!("nothing is gone");
    store.note_domain_check(&domain, check, "fresh".into(), mail, NOW).await.unwrap();
    assert!(store.use_domain(host, true, "test", NOW).await.unwrap());
    until("the other node answers there", async || customer.get("/login").await.status == 200)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_guesses_at_a_password_are_counted_over_all_nodes() {
    let nodes = Nodes::new().await;
    nodes.a.user(|_| ()).await;
    let mut statuses = Vec::new();
    for n in 0..12 {
        let node = if n % 2 == 0 { &nodes.a } else { &nodes.b };
        let guess = node.visitor().log_in("jane@lab.example", "wrong password").await;
        statuses.push(guess.status.as_u16());
    }
    let refused = statuses.iter().position(|status| *status == 429);
    assert!(refused.is_some_and(|at| at < 9), "{statuses:?}");
    let at_a = nodes.a.visitor().log_in("jane@lab.example", PASSWORD).await;
    let at_b = nodes.b.visitor().log_in("jane@lab.example", PASSWORD).await;
    assert_eq!((at_a.status.as_u16(), at_b.status.as_u16()), (429, 429));
}

/// A program, at each of the nodes.
async fn program(nodes: &Nodes) -> [Program; 2] {
    let robot = nodes.a.robot().await;
    let there = Program::with(nodes.b.visitor(), robot.token.clone(), robot.id);
    [robot, there]
}

/// Asks the nodes in turn: how many requests were answered, and what was said with the last answer.
async fn in_turn(programs: &[Program; 2], requests: usize) -> (usize, String) {
    let (mut answered, mut said) = (0, String::new());
    for n in 0..requests {
        let answer = programs[n % 2].get("/api/v1/products").await;
        answered += usize::from(answer.status == 200);
        said = answer.header("ratelimit").to_owned();
    }
    (answered, said)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_a_token_asks_every_node_for_more_than_it_may() {
    let nodes = Nodes::with(|config| config.token_rate_limit = Some(100)).await;
    let programs = program(&nodes).await;
    assert_eq!(in_turn(&programs, 130).await, (100, "\"token\";r=0;t=60".to_owned()));
    nodes.advance(60);
    assert_eq!(in_turn(&programs, 10).await.0, 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_answered_where_its_requests_cannot_be_counted_together() {
    let nodes = Nodes::with(|config| config.token_rate_limit = Some(10)).await;
    let programs = program(&nodes).await;
    let refuse = "ALTER TABLE token_window ADD CONSTRAINT refused CHECK (taken < 0) NOT VALID";
    nodes.raw().execute(refuse).unwrap();
    // Each node counts for itself, and still counts.
    assert_eq!(in_turn(&programs, 30).await, (20, "\"token\";r=0;t=60".to_owned()));
    nodes.raw().execute("ALTER TABLE token_window DROP CONSTRAINT refused").unwrap();
    nodes.advance(60);
    assert_eq!(in_turn(&programs, 30).await.0, 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_once_by_a_key_is_done_once_on_all_nodes() {
    let nodes = Nodes::new().await;
    let [robot, there] = program(&nodes).await;
    let new = json!({"product": "acme-cad", "holder": "Jane"});
    let first = robot.keyed("POST", "/api/v1/licenses", "k1", new.clone()).await.is(201);
    let again = there.keyed("POST", "/api/v1/licenses", "k1", new.clone()).await.is(201);
    assert_eq!(again.text, first.text);
    let both = [&robot, &there]
        .map(|program| program.keyed("POST", "/api/v1/licenses", "k2", new.clone()));
    let both = futures_util::future::join_all(both).await;
    assert!(both.iter().any(|answer| answer.status == 201), "{both:?}");
    let made = nodes.a.audit().await.iter().filter(|e| e.action == "license.create").count();
    assert_eq!(made, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_by_mail_and_a_changed_password_count_on_all_nodes() {
    let nodes = Nodes::new().await;
    let jane = nodes.a.customer("jane@lab.example").await;
    let link = nodes.a.password_link("jane@lab.example", 3600).await;
    let there = nodes.b.visitor();
    there.get(&link).await.is(200);
    there.post(&link, &[("password", "a new one of mine")]).await.is(303);
    jane.get("/licenses").await.is(303);
    nodes.a.visitor().post(&link, &[("password", "another one again")]).await.is(422);
    nodes.a.visitor().log_in("jane@lab.example", "a new one of mine").await.is(303);
}
