//! What the log says, and what it must not.

use countersign_core::Hash;
use countersign_core::request::Ask;
use reqwest::multipart::Form;

use crate::played::Machine;
use crate::world::Installation;

const JANE: &str = "jane@lab.example";

/// Everything that opens a door, in every way that a person hands it in, at the most talkative level.
#[tokio::test]
async fn the_log_holds_no_secret() {
    let here = Installation::new();
    let server = here.serve("trace");
    let (admin, jane) = (server.visitor(), server.visitor());
    let mut secrets = Vec::new();
    let mut secret = |what: &'static str, value: &str| {
        assert!(value.len() >= 10, "{what} is too short to be looked for: {value}");
        secrets.push((what, value.to_owned()));
    };

    let setup = server.setup_link();
    secret("the link for the first admin", setup.strip_prefix("/setup/").unwrap());
    secret("a password of an admin", "a-password-of-an-admin");
    admin.get(&setup).await.is(200);
    let form =
        [("email", "ada@acme.example"), ("name", "Ada"), ("password", "a-password-of-an-admin")];
    admin.post(&setup, &form).await.leads_to("/admin");
    secret("a cookie of an admin", admin.cookie().unwrap().split_once('=').unwrap().1);

    let made = here.admin(&["user", "create", "--email", JANE, "--json"]).json();
    let link = made["password_link"].as_str().unwrap();
    secret("a link for a password", link.strip_prefix("/password/").unwrap());
    secret("a password", "a-password-of-jane");
    jane.get(link).await.is(200);
    jane.post(link, &[("password", "too-short")]).await.is(422);
    jane.post(link, &[("password", "a-password-of-jane")]).await.leads_to("/login");
    jane.get(link).await.is(422);
    secret("a password that was typed wrong", "a-password-of-june");
    jane.log_in(JANE, "a-password-of-june").await.is(403);
    jane.log_in(JANE, "a-password-of-jane").await.leads_to("/");
    secret("a cookie", jane.cookie().unwrap().split_once('=').unwrap().1);
    jane.get("/licenses").await.is(200);

    here.admin(&["product", "create", "--id", "acme-cad"]).works();
    let create = ["license", "create", "--product", "acme-cad", "--owner", JANE, "--json"];
    let license = here.admin(&create).json();
    let key = license["key"].as_str().unwrap();
    secret("a license key", key);
    secret("a license key without its dashes", &key.replace('-', ""));
    let machine = Machine::new("lab-7", &"acme-cad".parse().unwrap());
    let bare = machine.request(|_, device| Ask::Activation { device, license: None });
    let form = Form::new().text("pasted", bare.clone()).text("license_key", key.to_owned());
    jane.upload("/activate/review", form).await.is(200).says("Activate this machine");
    let form = [("request", bare.as_str()), ("license_key", key)];
    jane.post("/activate/confirm", &form).await.is(200).says("Ready: runs");
    // Whoever knows the hash of a request can fetch its response.
    let hash = Hash::of(&bare).to_string();
    secret("the address of a response", &hash);
    jane.get(&format!("/responses/{hash}")).await.is(200);
    jane.get(&format!("/licenses/{}", license["id"].as_str().unwrap())).await.is(200).says(key);
    jane.post("/activate/confirm", &[("request", "rubbish !"), ("license_key", key)]).await.is(200);
    jane.post("/logout", &[]).await.leads_to("/login");

    let log = server.log();
    assert!(log.contains("/licenses"), "the log is there and talks: {log}");
    for (what, secret) in secrets {
        assert!(!log.contains(&secret), "{what} is in the log: {}", lines_with(&log, &secret));
    }
}

fn lines_with(log: &str, words: &str) -> String {
    log.lines().filter(|line| line.contains(words)).take(3).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn unasked_the_log_says_nothing_of_what_went_well() {
    let here = Installation::new();
    let server = here.serve("warn,countersign_portal=info");
    server.visitor().get("/activate").await.is(200);
    assert_eq!(server.log(), "");
}

#[tokio::test]
async fn a_proxy_that_was_not_told_of_is_warned_of_once() {
    for (options, warned) in [(&[][..], 1), (&["--behind-proxy"][..], 0)] {
        let here = Installation::new();
        let server = here.serve_with("warn", options);
        let visitor = server.visitor();
        visitor.get("/login").await.is(200);
        assert_eq!(server.log(), "", "nothing is said of what is not there");
        for _ in 0..3 {
            let request = visitor.request("GET", "/login");
            visitor.send(request.header("x-forwarded-for", "192.0.2.7")).await.is(200);
        }
        let log = server.log();
        assert_eq!(log.matches("requests carry X-Forwarded-For").count(), warned, "{log}");
        assert!(!log.contains("192.0.2.7"), "{log}");
    }
}
