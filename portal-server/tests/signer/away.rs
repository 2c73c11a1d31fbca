//! A portal whose key is in a signer: it has none itself, says so when the signer is away, and hears of what changes there.

use std::fs;
use std::time::Duration;

use countersign_core::Expect;
use countersign_core::license_key::LicenseKey;
use countersign_core::response::Response;
use countersign_portal::desk::{self, Door, Refusal};
use countersign_portal::signing::{Client, Public, length_of};
use countersign_portal::{App, Config};
use countersign_store::Validity;
use serde_json::Value;

use crate::played::{Machine, NOW};
use crate::stand::{DAY, Stand, answer_to, asked, delegation};
use crate::world::TestPortal;

const ACTIVATIONS: &str = "/api/v1/activations";
const TRIALS: &str = "/api/v1/trials";

/// A portal and its signer, both at `NOW`.
struct Pair {
    stand: Stand,
    portal: TestPortal,
}

impl Pair {
    async fn new() -> Self {
        Self::on(Stand::with(|delegation| delegation.scope.max_days = None, |_| ())).await
    }

    async fn on(stand: Stand) -> Self {
        let socket = stand.keys.socket();
        let portal = TestPortal::with(|config| config.signer = Some(socket)).await;
        Self { stand, portal }
    }

    async fn post(&self, path: &str, request: &str) -> (u16, Option<String>, Value) {
        let post = reqwest::Client::new().post(format!("{}{path}", self.portal.url));
        let answer = post.body(request.to_owned()).send().await.unwrap();
        let wait =
            answer.headers().get("retry-after").map(|wait| wait.to_str().unwrap().to_owned());
        (answer.status().as_u16(), wait, answer.json().await.unwrap())
    }

    async fn ready(&self) -> (u16, Value) {
        let answer = reqwest::get(format!("{}/readyz", self.portal.url)).await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn license(&self, seats: u64) -> LicenseKey {
        self.portal.license(seats, Some(1)).await
    }

    fn signed(&self) -> usize {
        self.stand.keys.journaled().0.len()
    }
}

#[tokio::test]
async fn a_portal_without_a_key_activates_renews_and_deactivates_by_its_signer() {
    let pair = Pair::new().await;
    let portal = &pair.portal;
    let jane = portal.user(|_| ()).await;
    let key = portal
        .license_with(|new| {
            new.owner = Some(jane.id);
            new.allowed_activations = Some(1);
            new.validity = Validity::Fixed(NOW + 20 * DAY);
            new.response_validity = 60 * DAY;
        })
        .await;
    let machine = Machine::new("lab-7", &portal.product);
    let (status, _, answer) = pair.post(ACTIVATIONS, &machine.activation(&key)).await;
    assert_eq!(status, 200, "{answer}");
    let token = answer["token"].as_str().unwrap();
    pair.stand.keys.roots().verify_response(token, Expect::Response).unwrap();
    let id = answer["id"].as_str().unwrap();

    portal.change_license(&key, |license| license.expires_at = Some(NOW + 25 * DAY)).await;
    let renewed = desk::renew(&portal.app, &jane, &id.parse().unwrap()).await.unwrap();
    assert_eq!(renewed.response.granted().unwrap().grant.expires_at, Some(NOW + 25 * DAY));
    let (status, _, receipt) = pair.post("/api/v1/deactivations", &machine.deactivation(id)).await;
    assert_eq!(status, 200, "{receipt}");
    assert_eq!(pair.post(TRIALS, &machine.trial()).await.0, 200);
    let (tokens, verified) = pair.stand.keys.journaled();
    assert!(tokens.contains(&renewed.token) && verified.findings.is_empty(), "{verified:?}");
    assert_eq!(tokens.len(), 4);
    let data = &portal.app.config().data;
    let kept = fs::read_dir(data.join("keys")).unwrap().map(|file| file.unwrap().file_name());
    assert_eq!(kept.collect::<Vec<_>>(), ["two-factor.key"]);
    assert!(!data.join("root-key-carry-away").exists());
    let known = fs::read_to_string(data.join("signer.json")).unwrap();
    assert!(!known.contains("PRIVATE"));
}

/// Signatures stand in another's journal and count for its limits.
#[tokio::test]
async fn what_the_portal_refuses_or_has_answered_is_not_signed() {
    let pair = Pair::new().await;
    let key = pair.license(1).await;
    let (a, b) = (Machine::new("a", &pair.portal.product), Machine::new("b", &pair.portal.product));
    let request = a.activation(&key);
    let first = pair.post(ACTIVATIONS, &request).await.2;
    for _ in 0..3 {
        assert_eq!(pair.post(ACTIVATIONS, &request).await.2, first);
        assert_eq!(pair.post(ACTIVATIONS, &b.activation(&key)).await.2["code"], "seats-used-up");
    }
    let unknown = a.deactivation(&countersign_core::Id::from([7; 16]).to_string());
    assert_eq!(pair.post("/api/v1/deactivations", &unknown).await.2["code"], "unknown-activation");
    let foreign = b.deactivation(first["id"].as_str().unwrap());
    assert_eq!(pair.post("/api/v1/deactivations", &foreign).await.2["code"], "wrong-device");
    assert_eq!(pair.signed(), 1);
    assert_eq!(pair.post(TRIALS, &a.trial()).await.0, 200);
    assert_eq!(pair.post(TRIALS, &a.trial()).await.2["code"], "trial-already-used");
    assert_eq!(pair.signed(), 2);
    // A renewal with a new request is signed once, for the activation that there is.
    let renewed = pair.post(ACTIVATIONS, &a.activation(&key)).await.2;
    assert_eq!((&renewed["id"], pair.signed()), (&first["id"], 3));
}

#[tokio::test]
async fn trials_over_the_cap_of_the_day_are_not_signed_once_the_admins_know() {
    let pair = Pair::new().await;
    let mut settings = (*pair.portal.app.settings().await.unwrap()).clone();
    settings.trials_per_day = Some(1);
    pair.portal.app.save_settings(&settings, "test").await.unwrap();
    let trial = |name: String| Machine::new(&name, &pair.portal.product).trial();
    assert_eq!(pair.post(TRIALS, &trial("first".into())).await.0, 200);
    for n in 0..5 {
        let (status, _, problem) = pair.post(TRIALS, &trial(format!("late-{n}"))).await;
        assert_eq!((status, &problem["code"]), (429, &"trial-cap-reached".into()), "{problem}");
    }
    // One of those over the cap, which told the admins.
    assert_eq!(pair.signed(), 2);
}

#[tokio::test]
async fn while_the_signer_is_away_nothing_is_used_up_and_afterwards_it_goes_on_by_itself() {
    let mut pair = Pair::new().await;
    let key = pair.license(1).await;
    let machine = Machine::new("lab-7", &pair.portal.product);
    let request = machine.activation(&key);
    assert_eq!(pair.ready().await.0, 200);
    pair.stand.stop().await;
    let (status, wait, problem) = pair.post(ACTIVATIONS, &request).await;
    assert_eq!((status, wait.as_deref()), (503, Some("10")), "{problem}");
    assert_eq!(problem["code"], "signer-away");
    assert!(problem["advice"].as_str().unwrap().starts_with("Nothing was used up."));
    assert_eq!(pair.portal.stored(&key).await.live_activations, 0);
    let (status, body) = pair.ready().await;
    assert_eq!((status, &body["signer_answers"]), (503, &false.into()), "{body}");
    // The page says so, with what to do, in the visitor's language.
    let visitor = pair.portal.visitor();
    let page = visitor.post("/activate/confirm", &[("request", &request)]).await.is(503);
    assert_eq!(page.headers["retry-after"], "10");
    assert!(page.text.contains("Bring the same file again in a minute"), "{}", page.text);
    let german = visitor.request("POST", "/activate/confirm").header("accept-language", "de");
    let german = german.header("sec-fetch-site", "same-origin").form(&[("request", &request)]);
    let page = visitor.send(german).await.is(503);
    assert!(page.text.contains("in einer Minute noch einmal"), "{}", page.text);
    // Everything else goes on.
    pair.portal.visitor().get("/activate").await.is(200);
    pair.stand.start(|_| ());
    let (status, _, answer) = pair.post(ACTIVATIONS, &request).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(pair.ready().await.0, 200);
}

/// A connection that was open when the signer was started again is not the request's fault.
#[tokio::test]
async fn a_signer_that_was_started_again_costs_nobody_an_answer() {
    let mut pair = Pair::new().await;
    let key = pair.license(20).await;
    for n in 0..4 {
        let machine = Machine::new(&format!("lab-{n}"), &pair.portal.product);
        let (status, _, answer) = pair.post(ACTIVATIONS, &machine.activation(&key)).await;
        assert_eq!(status, 200, "{answer}");
        pair.stand.restart(|_| ()).await;
    }
}

#[tokio::test]
async fn a_renewal_while_the_signer_is_away_is_a_page_that_says_when_to_come_back() {
    let mut pair = Pair::new().await;
    let portal = &pair.portal;
    let jane = portal.customer("jane@lab.example").await;
    let key = portal.license_of("jane@lab.example", 1).await;
    portal.change_license(&key, |license| license.expires_at = Some(NOW + 20 * DAY)).await;
    let machine = Machine::new("lab-7", &portal.product);
    let answer = pair.post(ACTIVATIONS, &machine.activation(&key)).await.2;
    portal.change_license(&key, |license| license.expires_at = Some(NOW + 29 * DAY)).await;
    let path = format!("/licenses/{}/machines/{}/renew", key.id(), answer["id"].as_str().unwrap());
    pair.stand.stop().await;
    let page = jane.post(&path, &[]).await.is(503);
    assert_eq!(page.headers["retry-after"], "10");
    pair.stand.start(|_| ());
    jane.post(&path, &[]).await.is(200);
}

#[tokio::test]
async fn at_the_limit_of_the_signer_the_portal_says_when_to_come_back() {
    let brake = |limits: &mut countersign_portal::signer::limits::Limits| {
        limits.most_per_hour = Some(4);
    };
    let pair = Pair::on(Stand::with(|delegation| delegation.scope.max_days = None, brake)).await;
    let key = pair.license(9).await;
    let mut answered = 0;
    // Checkpoints of the portal's own may be among the four.
    for n in 0..5 {
        let request = Machine::new(&format!("lab-{n}"), &pair.portal.product).activation(&key);
        let (status, wait, problem) = pair.post(ACTIVATIONS, &request).await;
        if status == 200 {
            answered += 1;
            continue;
        }
        assert_eq!((status, wait.as_deref()), (503, Some("600")), "{problem}");
        assert_eq!(problem["code"], "signer-limit");
        assert_eq!(pair.portal.stored(&key).await.live_activations, answered);
        return;
    }
    panic!("nothing was refused");
}

#[tokio::test]
async fn what_the_signer_alone_refuses_is_said_as_its_refusal_and_takes_no_seat() {
    let short = |limits: &mut countersign_portal::signer::limits::Limits| {
        limits.max_days = Some(10);
    };
    let pair = Pair::on(Stand::with(|delegation| delegation.scope.max_days = None, short)).await;
    let key = pair.license(5).await;
    let request = Machine::new("a", &pair.portal.product).activation(&key);
    let (status, _, problem) = pair.post(ACTIVATIONS, &request).await;
    assert_eq!((status, &problem["code"]), (500, &"signer-declined".into()), "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("at most 10 days"), "{problem}");
    assert_eq!(pair.portal.stored(&key).await.live_activations, 0);
    // And what no delegation covers, as the format's refusal.
    pair.portal.clock.advance(400);
    assert_eq!(pair.post(ACTIVATIONS, &request).await.2["code"], "signer-declined");
}

#[tokio::test]
async fn a_renewal_without_an_earlier_response_needs_a_new_request() {
    let pair = Pair::new().await;
    let portal = &pair.portal;
    let jane = portal.user(|_| ()).await;
    let key = portal.license_of("jane@lab.example", 1).await;
    let request = Machine::new("lab-7", &portal.product).activation(&key);
    let (_, request) = desk::understand(request.as_bytes()).unwrap();
    let door = Door::anonymous("api");
    let first = desk::answer(&portal.app, &request, &door).await.unwrap();
    // What the database holds was spoilt.
    let path = portal.app.config().data.join("countersign.db");
    let database = rusqlite::Connection::open(path).unwrap();
    database.execute("UPDATE answer SET token = 'x'", []).unwrap();
    portal.change_license(&key, |license| license.expires_at = Some(NOW + 29 * DAY)).await;
    let renewed = desk::renew(&portal.app, &jane, &first.response.id).await;
    assert!(matches!(renewed, Err(Refusal::RenewalUnavailable)), "{renewed:?}");
    assert_eq!(pair.signed(), 1);
}

#[tokio::test]
async fn a_new_delegation_reaches_the_portal_while_both_run() {
    let pair = Pair::new().await;
    let until = async || pair.ready().await.1["signing_key_until"].as_u64().unwrap();
    assert_eq!(until().await, NOW + 30 * DAY);
    let mut longer = delegation(&pair.stand.keys.key);
    longer.not_after = NOW + 60 * DAY;
    longer.serial = Some(2);
    pair.stand.keys.delegate(&longer);
    for _ in 0..600 {
        if until().await == NOW + 60 * DAY {
            // What it would know without the signer is new as well.
            let data = &pair.portal.app.config().data;
            let known = fs::read_to_string(data.join("signer.json")).unwrap();
            let known: Public = serde_json::from_str(&known).unwrap();
            assert_eq!(known.verify().unwrap().delegation.serial, Some(2));
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the portal did not hear of it");
}

#[tokio::test]
async fn attack_somebody_who_listens_in_the_signers_place_has_another_root_and_is_not_believed() {
    let mut pair = Pair::new().await;
    let key = pair.license(5).await;
    let request = Machine::new("lab-7", &pair.portal.product).activation(&key);
    pair.stand.stop().await;
    let theirs = Stand::with(|delegation| delegation.scope.max_days = None, |_| ());
    fs::rename(theirs.keys.socket(), pair.stand.keys.socket()).unwrap();
    let before = pair.ready().await.1["signing_key_until"].clone();
    assert_eq!(pair.post(ACTIVATIONS, &request).await.2["code"], "signer-away");
    assert_eq!(pair.portal.stored(&key).await.live_activations, 0);
    assert_eq!(theirs.keys.journaled().0.len(), 1, "it signed");
    assert_eq!(pair.ready().await.1["signing_key_until"], before);
    let config = pair.portal.app.config().clone();
    let refused = App::open(config).await.err().unwrap().to_string();
    assert!(refused.contains("the apps of this portal know"), "{refused}");
}

#[tokio::test]
async fn the_page_of_keys_shows_those_of_the_signer_and_takes_none() {
    let pair = Pair::new().await;
    let admin = pair.portal.admin().await;
    let page = admin.get("/admin/keys").await.is(200);
    let kid = pair.stand.keys.key.public_key().thumbprint().to_string();
    assert!(
        page.text.contains(&kid) && page.text.contains("The key is at a signer"),
        "{}",
        page.text
    );
    assert!(!page.text.contains("multipart/form-data"), "{}", page.text);
    let mut longer = delegation(&pair.stand.keys.key);
    longer.serial = Some(2);
    let file = countersign_core::file::write(&longer.sign(&pair.stand.keys.root), &[]);
    let refused =
        admin.upload("/admin/keys", crate::world::browser::file("new.chain", &file)).await.is(422);
    assert!(refused.text.contains("bring them there"), "{}", refused.text);
}

#[tokio::test]
async fn a_portal_starts_while_its_signer_is_away_if_it_has_heard_of_it_before() {
    let mut pair = Pair::new().await;
    let key = pair.license(1).await;
    pair.stand.stop().await;
    pair.portal.start_again().await;
    let request = Machine::new("lab-7", &pair.portal.product).activation(&key);
    assert_eq!(pair.post(ACTIVATIONS, &request).await.2["code"], "signer-away");
    pair.stand.start(|_| ());
    assert_eq!(pair.post(ACTIVATIONS, &request).await.0, 200);
}

#[tokio::test]
async fn a_portal_that_has_never_heard_of_its_signer_does_not_start_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let signer = Some(folder.path().join("socket"));
    let config = Config { signer, ..Config::new(folder.path().join("data")) };
    let refused = App::open(config).await.err().unwrap().to_string();
    assert!(refused.contains("start the signer first"), "{refused}");
}

#[tokio::test]
async fn a_portal_with_a_signer_does_not_start_beside_a_key_of_its_own() {
    let stand = Stand::new();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let own = App::open(Config::new(data.clone())).await.unwrap();
    own.store().close();
    let config = Config { signer: Some(stand.keys.socket()), ..Config::new(data) };
    let refused = App::open(config).await.err().unwrap().to_string();
    assert!(refused.contains("signer init"), "{refused}");
}

/// Texts are measured against what a token holds, without the key.
#[tokio::test]
async fn the_length_of_a_token_is_known_without_its_key() {
    let stand = Stand::new();
    let state = Client::new(stand.keys.socket()).state().await.unwrap();
    let papers = state.public.verify().unwrap();
    let (machine, license, request) = asked();
    let mut response = answer_to(&request, license.id());
    for holder in ["", "Jane", &"long ".repeat(200)] {
        let part = crate::stand::granted(&mut response).grant.license.as_mut().unwrap();
        part.holder = Some(holder.to_owned());
        let token = stand.signs(&request, &response).await;
        assert_eq!(length_of(&papers, &response).unwrap(), token.len());
    }
    let proof = machine.deactivation(&countersign_core::Id::from([1; 16]).to_string());
    let receipt = answer_to(&proof, license.id());
    assert_eq!(length_of(&papers, &receipt).unwrap(), stand.signs(&proof, &receipt).await.len());
    let late = Response { issued_at: NOW + 31 * DAY, ..response };
    assert!(length_of(&papers, &late).is_err(), "what could not be signed has no length");
}
