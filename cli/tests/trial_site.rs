//! `countersign trial-site`: folders that are made, and pages on a real web server with a real portal's answers, right and
//! wrong.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

#[path = "trial_site/lab.rs"]
mod lab;
#[path = "trial_site/server.rs"]
mod server;

use std::fs;

use serde_json::{Value, json};

use lab::{DAY_ENDS, Lab, text};
use server::Server;

const PORTAL: [&str; 8] = [
    "--portal",
    "https://portal.acme.example/",
    "--root",
    "root.pub",
    "--product",
    "acme-cad=Acme CAD",
    "--vendor",
    "Acme Software",
];

#[test]
fn a_folder_for_a_portal_is_ready_to_be_pushed() {
    let lab = Lab::new();
    fs::write(lab.path("l.png"), b"\x89PNG\r\n\x1a\n and so on").unwrap();
    let more =
        ["--days", "14", "--support", "help@acme.example", "--logo", "l.png", "--accent", "0b5fff"];
    let done = lab.init("site", &[&PORTAL[..], &more].concat());
    assert!(done.status.success(), "{}", text(&done.stderr));
    let config = lab.config("site");
    let root = config["roots"][0].as_str().unwrap().to_owned();
    assert_eq!(
        config,
        json!({
            "mode": "portal", "vendor": "Acme Software", "roots": [root],
            "products": [{"id": "acme-cad", "name": "Acme CAD", "trial": {"days": 14}}],
            "portal": "https://portal.acme.example", "logo": "logo.png", "accent": "#0b5fff",
            "support": "help@acme.example",
        })
    );
    for name in ["index.html", "page-A1B2.js", "icon.svg", "logo.png", ".nojekyll"] {
        assert!(lab.path("site").join(name).is_file(), "{name}");
    }
    let workflow = fs::read_to_string(lab.path("site/.github/workflows/pages.yml")).unwrap();
    for action in ["checkout", "configure-pages", "upload-pages-artifact", "deploy-pages"] {
        assert!(workflow.contains(&format!("actions/{action}@v")), "{action}");
    }
    let readme = fs::read_to_string(lab.path("site/README.md")).unwrap();
    assert!(readme.starts_with("# The trial page of Acme Software\n"), "{readme}");
    assert!(
        (1..=5).all(|n| readme.contains(&format!("\n{n}. "))) && !readme.contains('{'),
        "{readme}"
    );
}

#[test]
fn a_folder_that_signs_by_itself_holds_a_key_that_can_give_short_trials_alone() {
    let lab = Lab::new();
    lab.delegate("trial.chain", &[]);
    let done = lab.standalone("site", &[]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert!(!text(&done.stdout).contains("warning"), "{}", text(&done.stdout));
    let config = lab.config("site");
    let key = &config["signer"]["key"];
    assert_eq!((&key["kty"], &key["crv"]), (&json!("OKP"), &json!("Ed25519")));
    assert_eq!(key["d"].as_str().unwrap().len(), 43);
    assert_eq!(config["products"][0]["trial"]["days"], 14);
    let done = lab.run(&["trial-site", "check", "site", "--root", "root.pub"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stdout));
}

#[test]
fn a_key_that_can_do_more_than_it_should_is_warned_of() {
    for (wide, words) in [
        (&["--types", "trial,activation"][..], "may sign trial, activation"),
        (&["--max-days", "31"], "may give 31 days"),
        (&["--max-days", "0"], "grants without an end"),
        (&["--products", "*"], "trials of every product"),
        (&["--until", "2090-01-01"], "A year is plenty"),
        (&["--until", &DAY_ENDS], "make a new one soon"),
    ] {
        let lab = Lab::new();
        lab.delegate("trial.chain", wide);
        let done = lab.standalone("site", &[]);
        assert!(done.status.success(), "{}", text(&done.stderr));
        assert!(lab::words(&done.stdout).contains(words), "{words}: {}", text(&done.stdout));
        let checked = lab.run(&["trial-site", "check", "site"]);
        assert_eq!(checked.status.code(), Some(0), "a warning is none: {}", text(&checked.stdout));
        assert!(lab::words(&checked.stdout).contains(words), "{}", text(&checked.stdout));
    }
}

#[test]
fn attack_a_root_key_gets_into_no_page() {
    let lab = Lab::new();
    lab.delegate("trial.chain", &[]);
    let options = lab::standalone("root.pem", "trial.chain");
    let refused = lab.init("site", &options);
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused.stderr));
    assert!(
        lab::words(&refused.stderr).contains("this is a ROOT key"),
        "{}",
        text(&refused.stderr)
    );
    assert!(!lab.path("site").exists(), "nothing was written");

    // And who puts it there by hand is told.
    lab.standalone("site", &[]);
    let config = fs::read_to_string(lab.path("site/config.json")).unwrap();
    let mut config: Value = serde_json::from_str(&config).unwrap();
    config["signer"]["key"] = lab.jwk("root.pem");
    lab.write_config("site", &config);
    let checked = lab.run(&["trial-site", "check", "site"]);
    assert_eq!(checked.status.code(), Some(1));
    assert!(
        lab::words(&checked.stdout).contains("this is a ROOT key"),
        "{}",
        text(&checked.stdout)
    );
}

#[test]
fn a_key_that_does_not_fit_its_delegation_or_the_settings_is_refused() {
    let lab = Lab::new();
    lab.run(&["keys", "new", "--out", "other.pem"]);
    lab.run(&["keys", "root", "--out", "other-root.pem"]);
    lab.delegate("trial.chain", &[]);
    lab.delegate("cam.chain", &["--products", "acme-cam"]);
    lab.delegate("activation.chain", &["--types", "activation"]);
    lab.delegated_until_yesterday("past.chain");
    lab.delegate("later.chain", &["--from", "2089-01-01", "--until", "2090-01-01"]);
    lab.delegate("short.chain", &["--max-days", "7"]);
    for (key, chain, words) in [
        ("other.pem", "trial.chain", "for another key"),
        ("trial.pem", "cam.chain", "may not give trials of acme-cad"),
        ("trial.pem", "activation.chain", "may not sign trials"),
        ("trial.pem", "later.chain", "begins on"),
        ("trial.pem", "past.chain", "the delegation ended on"),
        ("trial.pem", "short.chain", "has 14 days, and the key may give 7"),
    ] {
        let refused = lab.init("site", &lab::standalone(key, chain));
        assert_eq!(refused.status.code(), Some(1), "{chain}: {}", text(&refused.stdout));
        assert!(lab::words(&refused.stderr).contains(words), "{words}: {}", text(&refused.stderr));
        assert!(!lab.path("site").exists());
    }
    let mut options = lab::standalone("trial.pem", "trial.chain");
    let root = options.iter().position(|word| *word == "root.pub").unwrap();
    options[root] = "other-root.pub";
    let refused = lab.init("site", &options);
    assert!(lab::words(&refused.stderr).contains("does not verify"), "{}", text(&refused.stderr));
}

#[test]
fn a_folder_with_something_in_it_is_left_alone_unless_it_is_said() {
    let lab = Lab::new();
    fs::create_dir(lab.path("site")).unwrap();
    fs::create_dir(lab.path("site/.git")).unwrap();
    assert!(lab.init("site", &PORTAL).status.success(), "a fresh clone is empty");
    fs::write(lab.path("site/CNAME"), "trial.acme.example").unwrap();
    let before = lab.config("site");
    let refused = lab.init("site", &[&PORTAL[..], &["--days", "3"]].concat());
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("is not empty"), "{}", text(&refused.stderr));
    assert_eq!(lab.config("site"), before);
    let done = lab.init("site", &[&PORTAL[..], &["--days", "3", "--force"]].concat());
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert_eq!(lab.config("site")["products"][0]["trial"]["days"], 3);
    assert!(lab.path("site/CNAME").exists(), "what is not the page's stays");
}

#[test]
fn what_is_missing_is_named_and_what_cannot_be_is_refused() {
    let lab = Lab::new();
    fs::write(lab.path("l.txt"), "no picture").unwrap();
    fs::write(
        lab.path("l.png"),
        [0x89].iter().chain(b"PNG").chain(&[0; 300_000]).copied().collect::<Vec<u8>>(),
    )
    .unwrap();
    let without = |name: &str| -> Vec<&str> {
        let at = PORTAL.iter().position(|word| *word == name).unwrap();
        PORTAL[..at].iter().chain(&PORTAL[at + 2..]).copied().collect()
    };
    for (options, words) in [
        (without("--vendor"), "--vendor is missing"),
        (without("--root"), "--root is missing"),
        (without("--product"), "--product is missing"),
        (without("--portal"), "give --portal URL, or --standalone"),
        ([&PORTAL[..], &["--logo", "l.txt"]].concat(), "no png, jpg, webp or svg picture"),
        ([&PORTAL[..], &["--logo", "l.png"]].concat(), "every visitor loads it"),
        ([&PORTAL[..], &["--accent", "blue"]].concat(), "#rrggbb"),
        ([&PORTAL[..], &["--support", "help"]].concat(), "is a mail address"),
        ([&PORTAL[..], &["--product", "acme-cad"]].concat(), "is there twice"),
        ([&PORTAL[..], &["--product", "Acme CAD"]].concat(), "the id"),
        (
            [&without("--portal")[..], &["--portal", "http://portal.acme.example"]].concat(),
            "under https://",
        ),
    ] {
        let refused = lab.init("site", &options);
        assert_eq!(refused.status.code(), Some(2), "{words}: {}", text(&refused.stdout));
        assert!(lab::words(&refused.stderr).contains(words), "{words}: {}", text(&refused.stderr));
        assert!(!lab.path("site").exists(), "{words}");
    }
    fs::write(lab.path("page/index.html"), lab::INDEX.replace("page-A1B2", "page-gone")).unwrap();
    let refused = lab.init("site", &PORTAL);
    assert!(
        lab::words(&refused.stderr).contains("wants page-gone.js"),
        "{}",
        text(&refused.stderr)
    );
}

#[test]
fn on_a_terminal_it_asks() {
    let lab = Lab::new();
    let answers = "portal\nAcme Software\nroot.pub\nhttps://portal.acme.example\nacme-cad=Acme CAD\nhelp@acme.example\n";
    let Some(done) = lab.on_terminal(&["trial-site", "init", "site", "--page", "page"], answers)
    else {
        panic!("the program `script` of bsdutils or util-linux is needed");
    };
    assert!(lab.path("site/config.json").exists(), "{done}");
    assert!(done.contains("Your name as a vendor:"), "{done}");
    let config = lab.config("site");
    assert_eq!(config["portal"], "https://portal.acme.example");
    assert_eq!(config["products"], json!([{"id": "acme-cad", "name": "Acme CAD"}]));
    assert_eq!(config["support"], "help@acme.example");
}

#[test]
fn settings_that_the_page_refuses_are_named() {
    let lab = Lab::new();
    lab.init("site", &PORTAL);
    let good = lab.config("site");
    let changed = |path: &str, value: Value| {
        let mut config = good.clone();
        match path.split_once('/') {
            Some((list, member)) => config[list][0][member] = value,
            None => config[path] = value,
        }
        config
    };
    for (config, words) in [
        (changed("vendro", json!("Acme")), "vendro"),
        (changed("product", json!("acme-cad")), "of an older form"),
        (changed("mode", json!("both")), "both"),
        (changed("vendor", json!("")), "\"vendor\""),
        (changed("products", json!([])), "\"products\""),
        (changed("products/id", json!("Acme CAD")), "the id"),
        (changed("products/price", json!(1)), "price"),
        (changed("products/trial", json!({"days": 0})), "\"days\""),
        (changed("products/trial", json!({"days": 3, "strategy": "loose"})), "the portal decides"),
        (changed("roots", json!(["short"])), "no public key"),
        (changed("roots", json!([])), "\"roots\" is empty"),
        (changed("portal", json!("http://portal.acme.example")), "under https://"),
        (
            changed("signer", json!({"key": lab.jwk("root.pem"), "delegation": "x"})),
            "no place in the mode",
        ),
        (changed("logo", json!("https://evil.example/x.png")), "beside the page"),
        (changed("logo", json!("../x.png")), "beside the page"),
        (changed("accent", json!("red")), "#rrggbb"),
        (changed("website", json!("javascript:alert(1)")), "under https://"),
    ] {
        lab.write_config("site", &config);
        let checked = lab.run(&["trial-site", "check", "site"]);
        assert_eq!(checked.status.code(), Some(1), "{words}: {}", text(&checked.stdout));
        let said = lab::words(&checked.stdout);
        assert!(said.contains("the page refuses it") && said.contains(words), "{words}: {said}");
    }
    fs::write(lab.path("site/config.json"), "{").unwrap();
    let checked = lab.run(&["trial-site", "check", "site"]);
    assert!(lab::words(&checked.stdout).contains("it is no JSON"), "{}", text(&checked.stdout));
    let missing = lab.run(&["trial-site", "check", "nowhere"]);
    assert_eq!(missing.status.code(), Some(2));
}

/// A page on a server, which asks a portal on another.
fn site(lab: &Lab, portal: &Server) -> Server {
    let mut options = PORTAL.to_vec();
    options[1] = &portal.url;
    let done = lab.init("site", &options);
    assert!(done.status.success(), "{}", text(&done.stderr));
    Server::of_folder(lab.path("site"))
}

fn check(lab: &Lab, url: &str, more: &[&str]) -> (Option<i32>, Value) {
    let done = lab.run(&[&["trial-site", "check", url, "--json"], more].concat());
    let json = serde_json::from_slice(&done.stdout);
    (done.status.code(), json.unwrap_or_else(|_| panic!("{}", text(&done.stderr))))
}

#[track_caller]
fn finds(json: &Value, level: &str, what: &str, words: &str) {
    let found = json["findings"].as_array().unwrap().iter().any(|finding| {
        finding["level"] == level
            && finding["what"] == what
            && finding["message"].as_str().unwrap().contains(words)
    });
    assert!(found, "{level} {what} {words:?} is not in {json:#}");
}

#[test]
fn a_page_on_the_web_with_a_portal_that_lets_it_in_has_nothing_wrong() {
    let lab = Lab::new();
    let portal = Server::portal(lab.root_kid());
    let web = site(&lab, &portal);
    portal.allow(&web.url);
    for url in [web.url.clone(), format!("{}/", web.url), format!("{}/index.html#x", web.url)] {
        let (code, json) = check(&lab, &url, &["--root", "root.pub"]);
        assert_eq!(code, Some(0), "{json:#}");
        assert_eq!(json["ok"], true);
        finds(&json, "ok", "portal", "can sign");
        finds(&json, "ok", "product", "acme-cad has trials of 14 days");
        finds(&json, "ok", "origin", "lets");
    }
    let folder = lab.path("site").display().to_string();
    let (code, json) = check(&lab, &folder, &[]);
    assert_eq!(code, Some(0));
    finds(&json, "warning", "origin", "--at");
    let (_, json) = check(&lab, &folder, &["--at", &format!("{}/trial/", web.url)]);
    finds(&json, "ok", "origin", "lets");
}

#[test]
fn what_is_wrong_with_a_page_on_the_web_is_said() {
    let lab = Lab::new();
    let portal = Server::portal(lab.root_kid());
    let web = site(&lab, &portal);
    let (code, json) = check(&lab, &web.url, &[]);
    assert_eq!(code, Some(1));
    finds(&json, "problem", "origin", "allow it under Vendor");
    portal.allow("*");
    assert_eq!(check(&lab, &web.url, &[]).0, Some(0));

    portal.trial(json!({"code": "no-trial"}));
    finds(&check(&lab, &web.url, &[]).1, "problem", "product", "has no trials");
    portal.trial(json!({"code": "unknown-product"}));
    finds(&check(&lab, &web.url, &[]).1, "problem", "product", "no product acme-cad");
    portal.trial(json!({"code": "not-found"}));
    finds(&check(&lab, &web.url, &[]).1, "warning", "product", "does not tell");
    portal.trial(json!({"days": 14, "roots": ["another"]}));
    finds(&check(&lab, &web.url, &[]).1, "problem", "roots", "refuses all its answers");
    portal.trial(json!({"days": 14, "roots": [lab.root_kid()]}));

    portal.ready(json!({"database": true, "signing": false}));
    finds(&check(&lab, &web.url, &[]).1, "problem", "portal", "its delegation has ended");
    portal.ready(json!({"database": false, "signing": true}));
    finds(&check(&lab, &web.url, &[]).1, "problem", "portal", "does not answer");
    portal.ready(json!("another service"));
    finds(&check(&lab, &web.url, &[]).1, "problem", "portal", "not a portal");
    portal.ready(json!({"database": true, "signing": true}));

    lab.run(&["keys", "root", "--out", "other.pem"]);
    let (code, json) = check(&lab, &web.url, &["--root", "other.pub"]);
    assert_eq!(code, Some(1));
    finds(&json, "problem", "roots", "is not in \"roots\"");
    finds(&json, "problem", "roots", "the app does not know");

    fs::remove_file(lab.path("site/page-A1B2.js")).unwrap();
    finds(&check(&lab, &web.url, &[]).1, "problem", "page", "files are missing: page-A1B2.js");
    fs::write(lab.path("site/index.html"), "<h1>Welcome to nginx</h1>").unwrap();
    finds(&check(&lab, &web.url, &[]).1, "problem", "page", "not the trial page");
    fs::remove_file(lab.path("site/config.json")).unwrap();
    finds(&check(&lab, &web.url, &[]).1, "problem", "config.json", "missing");
}

#[test]
fn a_portal_that_is_down_and_one_under_http_are_found() {
    let lab = Lab::new();
    let portal = Server::portal(lab.root_kid());
    let web = site(&lab, &portal);
    portal.allow("*");
    let folder = lab.path("site").display().to_string();
    let (code, json) = check(&lab, &folder, &["--at", "https://acme.github.io/trial/"]);
    assert_eq!(code, Some(1));
    finds(&json, "problem", "portal", "mixed content");
    drop(portal);
    let (code, json) = check(&lab, &web.url, &[]);
    assert_eq!(code, Some(1));
    finds(&json, "problem", "portal", "does not answer");
    drop(web);
    let (code, json) = check(&lab, "http://127.0.0.1:9/", &[]);
    assert_eq!(code, Some(1));
    finds(&json, "problem", "page", "does not answer");
}
