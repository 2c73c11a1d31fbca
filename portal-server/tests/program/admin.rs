//! `countersign-portal admin …`, beside a server that runs on the same data.

use countersign_core::license_key::LicenseKey;
use serde_json::Value;

use crate::played::Machine;
use crate::world::Installation;

const PASSWORD: &str = "correct horse battery";
const JANE: &str = "jane@lab.example";

#[tokio::test]
async fn what_a_command_creates_the_running_server_uses_at_once() {
    let here = Installation::new();
    let server = here.serve("warn");
    let browser = server.visitor();
    browser.log_in(JANE, PASSWORD).await.is(403);
    let password = here.file("password", &format!("{PASSWORD}\nsecond line\n"));
    let organization = here.admin(&["organization", "create", "--name", "Lab", "--json"]).json();
    let id = organization["id"].as_str().unwrap();
    here.admin(&[
        "user",
        "create",
        "--email",
        JANE,
        "--organization",
        id,
        "--password-file",
        &password,
    ])
    .works();
    browser.log_in(JANE, PASSWORD).await.leads_to("/");
    here.admin(&["product", "create", "--id", "acme-cad", "--trial-days", "14"]).works();
    let product = "acme-cad".parse().unwrap();
    let machine = Machine::new("lab-7", &product);
    let post = |path: &str, body: String| browser.request("POST", path).body(body);
    browser.send(post("/api/v1/trials", machine.trial())).await.is(200);
    let license = here
        .admin(&[
            "license",
            "create",
            "--product",
            "acme-cad",
            "--owner",
            JANE,
            "--activations",
            "1",
            "--entitlement",
            "parts=500",
            "--json",
        ])
        .json();
    let key: LicenseKey = license["key"].as_str().unwrap().parse().unwrap();
    browser.get("/licenses").await.is(200).says(license["id"].as_str().unwrap()).says("0 of 1");
    let request = machine.activation(&key);
    browser.send(post("/api/v1/activations", request)).await.is(200);
    let create = ["license", "create", "--product", "acme-cad", "--json", "--organization", id];
    let of_lab = here.admin(&create).json();
    let of_jane = here.admin(&[&create[..], &["--owner", JANE]].concat()).json();
    let list = browser.get("/licenses").await.is(200);
    list.says(of_jane["id"].as_str().unwrap()).hides(of_lab["id"].as_str().unwrap());
}

#[tokio::test]
async fn without_a_password_a_link_is_printed_that_sets_one() {
    let here = Installation::new();
    let server = here.serve("warn");
    let made = here.admin(&["user", "create", "--email", JANE, "--json"]).json();
    let (browser, link) = (server.visitor(), made["password_link"].as_str().unwrap());
    browser.post(link, &[("password", PASSWORD)]).await.leads_to("/login");
    browser.log_in(JANE, PASSWORD).await.leads_to("/");
}

#[tokio::test]
async fn an_admin_from_the_command_line_makes_the_setup_link_worthless() {
    let here = Installation::new();
    let server = here.serve("warn");
    let create = ["user", "create", "--email", "ada@acme.example", "--role", "admin"];
    here.admin_with_input(&[&create[..], &["--password-file", "-"]].concat(), PASSWORD).works();
    let admin = server.visitor();
    admin.log_in("ada@acme.example", PASSWORD).await.leads_to("/");
    admin.get("/admin").await.is(200);
    let form = [("email", "eve@evil.example"), ("name", "Eve"), ("password", PASSWORD)];
    server.visitor().post(&server.setup_link(), &form).await.is(422).says("This link was used");
}

#[tokio::test]
async fn commands_work_before_the_first_start_too() {
    let here = Installation::made();
    here.admin(&["product", "create", "--id", "acme-cad"]).works();
    let password = here.file("password", PASSWORD);
    here.admin(&["user", "create", "--email", JANE, "--password-file", &password]).works();
    here.serve("warn").visitor().log_in(JANE, PASSWORD).await.leads_to("/");
}

#[test]
fn json_is_one_object_with_what_a_script_needs() {
    let here = Installation::made();
    let password = here.file("password", PASSWORD);
    for (arguments, members) in [
        (&["organization", "create", "--name", "Lab"][..], &["id", "name"][..]),
        (&["product", "create", "--id", "acme-cad"], &["id", "roots", "signing_key"]),
        (&["user", "create", "--email", "a@b"], &["id", "email", "role", "password_link"]),
        (
            &["user", "create", "--email", JANE, "--password-file", &password],
            &["id", "email", "role"],
        ),
        (&["license", "create", "--product", "acme-cad"], &["id", "key", "product"]),
        (
            &["settings", "show"],
            &[
                "release_cool_down_seconds",
                "releases_per_year",
                "response_validity_cap_days",
                "trial_extension_days",
                "trial_extensions",
                "trial_origins",
                "trial_work_bits",
                "trials_per_day",
                "two_people",
            ],
        ),
    ] {
        let made = here.admin(&[arguments, &["--json"]].concat()).json();
        let mut expected: Vec<_> = members.iter().map(|name| (*name).to_owned()).collect();
        expected.sort_unstable();
        let mut names: Vec<_> = made.as_object().unwrap().keys().cloned().collect();
        names.sort_unstable();
        assert_eq!(names, expected, "{arguments:?}");
        assert!(!made.to_string().contains(PASSWORD));
    }
}

#[test]
fn for_people_there_is_one_line_for_each_thing() {
    let here = Installation::made();
    here.admin(&["product", "create", "--id", "acme-cad", "--name", "Acme CAD"]).works();
    let run = here.admin(&["license", "create", "--product", "acme-cad"]).works();
    let key = run.said.lines().find_map(|line| line.strip_prefix("key ")).unwrap().trim();
    key.parse::<LicenseKey>().unwrap();
    assert!(run.said.lines().all(|line| line.starts_with(|c: char| c.is_ascii_lowercase())));
}

/// What is wrong, and the words that say so.
const FAILURES: [(&[&str], &str); 27] = [
    (&["product", "create", "--id", "acme-cad"], "there is a product acme-cad already"),
    (&["product", "create", "--id", "new", "--trial-entitlement", "=7"], "NAME=7"),
    (&["user", "create", "--email", JANE], "there is a user jane@lab.example already"),
    (&["user", "create", "--email", "JANE@Lab.example"], "there is a user"),
    (&["user", "create", "--email", "jane"], "\"jane\" is no e-mail address"),
    (&["user", "create", "--email", ""], "\"\" is no e-mail address"),
    (&["user", "create", "--email", "a@b", "--organization", "Lab"], "no organization \"Lab\""),
    (&["user", "create", "--email", "a@b", "--organization", NOBODY], "no organization \"BwcH"),
    (&["user", "create", "--email", "a@b", "--password-file", "-"], "10 to 256 characters"),
    (
        &["user", "create", "--email", "a@b", "--password-file", "/nowhere"],
        "/nowhere cannot be read",
    ),
    (&["license", "create", "--product", "acme-cam"], "there is no product acme-cam"),
    (&["license", "create", "--product", "acme-cad", "--owner", "a@b"], "there is no user a@b"),
    (&["license", "create", "--product", "acme-cad", "--organization", "Lab"], "no organization"),
    // One id in 64 begins with what looks like an option.
    (&["user", "create", "--email", "a@b", "--organization", "-SHj"], "no organization \"-SHj\""),
    (&["license", "create", "--product", "acme-cad", "--organization", "-SHj"], "no organization"),
    (&["license", "create", "--product", "acme-cad", "--organization", NOBODY], "no organization"),
    (&["license", "create", "--product", "acme-cad", "--entitlement", "=1"], "NAME=7"),
    (&["license", "create", "--product", "acme-cad", "--metadata", "a=b [thief]"], "thief"),
    (&["organization", "create", "--name", " "], "an organization has a name"),
    (&["organization", "create", "--name", LONG], "at most 100 characters fit, and these are 209"),
    (&["user", "create", "--email", "a@b", "--name", LONG], "Name: at most 100 characters fit"),
    (&["product", "create", "--id", "new", "--name", LONG], "at most 100 characters fit"),
    (&["product", "create", "--id", "new", "--trial-entitlement", LONG], "at most 64 characters"),
    (&["license", "create", "--product", "acme-cad", "--plan", LONG], "Plan: at most 100"),
    (&["license", "create", "--product", "acme-cad", "--holder", LONG], "Holder: at most 200"),
    (&["license", "create", "--product", "acme-cad", "--metadata", LONG], "at most 64 characters"),
    (&["license", "create", "--product", "old", "--plan", "Pro"], "the product old is archived"),
];
/// 209 characters and a space.
const LONG: &str = concat!(
    "long text, long text, long text, long text, long text, long text, long text, long text, long text, long te",
    "long text, long text, long text, long text, long text, long text, long text, long text, long text, long "
);
const NOBODY: &str = "BwcHBwcHBwcHBwcHBwcHBw";

#[tokio::test]
async fn a_command_that_fails_says_why_and_that_nothing_was_created() {
    let here = Installation::new();
    let server = here.serve("warn");
    here.admin(&["product", "create", "--id", "acme-cad"]).works();
    here.admin(&["user", "create", "--email", JANE]).works();
    here.admin(&["product", "create", "--id", "old"]).works();
    here.archive("old").await;
    let before = here.entries().await;
    for (arguments, words) in FAILURES {
        for json in [&[][..], &["--json"]] {
            let run = here.admin_with_input(&[arguments, json].concat(), "too short\n");
            assert_eq!(run.status.code(), Some(1), "{run:?}");
            assert_eq!(run.said, "", "{run:?}");
            assert!(run.complained.starts_with("error: "), "{run:?}");
            for words in [words, "nothing was created"] {
                assert!(run.complained.contains(words), "{words:?} is missing: {run:?}");
            }
        }
    }
    assert_eq!(here.entries().await, before, "nothing was created");
    server.visitor().get("/readyz").await.is(200);
}

#[tokio::test]
async fn a_command_that_is_not_understood_ends_with_another_code_than_one_that_fails() {
    let here = Installation::new();
    for arguments in [
        &["user"][..],
        &["user", "create"],
        &["user", "create", "--email", "a@b", "--role", "root"],
        &["product", "create", "--id", "No Product"],
        &["license", "create", "--product", "acme-cad", "--activations", "-1"],
        &["license", "create", "--product", "acme-cad", "--strategy", "none"],
        &["settings", "set", "--response-validity-cap-days", "0"],
    ] {
        let run = here.admin(arguments);
        assert_eq!(run.status.code(), Some(2), "{run:?}");
        assert_eq!(run.said, "", "{run:?}");
    }
    assert!(!here.data().exists(), "nothing was made");
}

#[test]
fn a_password_that_is_too_long_is_not_called_too_short() {
    let here = Installation::made();
    let password = here.file("password", &"x".repeat(257));
    let run = here.admin(&["user", "create", "--email", "a@b", "--password-file", &password]);
    assert_eq!(run.status.code(), Some(1));
    assert!(run.complained.contains("10 to 256 characters: nothing was created"), "{run:?}");
}

#[test]
fn a_license_that_lasts_beyond_time_is_refused_and_not_a_crash() {
    let here = Installation::made();
    here.admin(&["product", "create", "--id", "acme-cad"]).works();
    let license = ["license", "create", "--product", "acme-cad"];
    let product = ["product", "create", "--id", "acme-cam"];
    for (create, option) in [
        (&license[..], "--days"),
        (&license, "--activations"),
        (&license, "--deactivations"),
        (&product, "--trial-days"),
        (&product, "--reinstall-allowance"),
    ] {
        for number in ["1000000001", "18446744073709551615"] {
            let run = here.admin(&[create, &[option, number]].concat());
            assert_eq!(run.status.code(), Some(2), "{run:?}");
            assert!(run.complained.contains("is not in 0..=1000000000"), "{run:?}");
        }
    }
    here.admin(&[&license[..], &["--days", "1000000000"]].concat()).works();
}

#[test]
fn data_that_cannot_be_opened_are_left_as_they_are() {
    let here = Installation::made();
    let database = here.data().join("countersign.db");
    std::fs::write(&database, "something else").unwrap();
    let run = here.admin(&["product", "create", "--id", "acme-cad"]);
    assert_eq!(run.status.code(), Some(1), "{run:?}");
    assert!(run.complained.starts_with("error: nothing was done: "), "{run:?}");
    assert_eq!(std::fs::read_to_string(&database).unwrap(), "something else");
}

#[test]
fn settings_are_set_one_by_one() {
    let here = Installation::made();
    let set = |arguments: &[&str]| {
        here.admin(&[&["settings", "set"], arguments, &["--json"]].concat()).json()
    };
    let first = set(&["--response-validity-cap-days", "30"]);
    assert_eq!(first["response_validity_cap_days"], 30);
    let both = set(&["--trial-origin", "https://a.example", "--trial-origin", "https://b.example"]);
    assert_eq!(both["response_validity_cap_days"], 30, "what is not given stays");
    let origins: Value = ["https://a.example", "https://b.example"].into();
    assert_eq!(both["trial_origins"], origins);
    assert_eq!(here.admin(&["settings", "show", "--json"]).json(), both);
    let capped = set(&["--trials-per-day", "500", "--trial-work-bits", "18"]);
    assert_eq!((&capped["trials_per_day"], &capped["trial_work_bits"]), (&500.into(), &18.into()));
    let both = set(&["--trials-per-day", "0", "--trial-work-bits", "0"]);
    assert_eq!(both["trials_per_day"], Value::Null, "any number");
    let run = here.admin(&["settings", "set", "--trial-work-bits", "27"]);
    assert_eq!(run.status.code(), Some(2), "{run:?}");
    let run = here.admin(&["settings", "set", "--trial-origin", "a.example"]);
    assert_eq!(run.status.code(), Some(1), "{run:?}");
    assert_eq!(here.admin(&["settings", "show", "--json"]).json(), both);
}

/// A mistyped folder must not become a second portal with a root key of its own.
#[test]
fn a_folder_without_a_portal_is_not_made_into_one() {
    let here = Installation::new();
    let run = here.admin(&["product", "create", "--id", "acme-cad"]);
    assert_eq!(run.status.code(), Some(1), "{run:?}");
    assert!(run.complained.contains("there is no portal in"), "{run:?}");
    assert!(run.complained.contains("nothing was created"), "{run:?}");
    assert!(!here.data().exists());
}

#[test]
fn a_portal_is_made_once_and_keeps_its_name() {
    let here = Installation::made();
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_countersign-portal"))
        .args(["init", "--vendor", "Other", "--data"])
        .arg(here.data())
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(1));
    let complaint = String::from_utf8(run.stderr).unwrap();
    assert!(complaint.contains("already: nothing was changed"), "{complaint}");
    assert!(here.data().join("root-key-carry-away/root.pem").exists());
}

/// It goes into every response, and cannot be changed afterwards.
#[test]
fn a_vendors_name_that_is_too_long_makes_nothing() {
    let here = Installation::new();
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_countersign-portal"))
        .args(["init", "--vendor", LONG, "--data"])
        .arg(here.data())
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(1));
    let complaint = String::from_utf8(run.stderr).unwrap();
    assert!(complaint.contains("Name of the vendor: at most 100 characters fit"), "{complaint}");
    assert!(!here.data().exists());
}

/// A restored database without its keys must not get a new root in silence: no app would trust it.
#[test]
fn keys_that_are_missing_later_are_not_made_anew() {
    let here = Installation::made();
    std::fs::rename(here.data().join("keys"), here.data().join("elsewhere")).unwrap();
    let run = here.admin(&["product", "create", "--id", "acme-cad"]);
    assert_eq!(run.status.code(), Some(1), "{run:?}");
    assert!(run.complained.contains("put the folder back from your backup"), "{run:?}");
    assert!(!here.data().join("keys").exists());
    std::fs::rename(here.data().join("elsewhere"), here.data().join("keys")).unwrap();
    here.admin(&["product", "create", "--id", "acme-cad"]).works();
}

#[cfg(unix)]
#[test]
fn what_is_secret_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let here = Installation::made();
    let mode = |name: &str| {
        std::fs::metadata(here.data().join(name)).unwrap().permissions().mode() & 0o777
    };
    assert_eq!((mode(""), mode("keys"), mode("keys/signing.pem")), (0o700, 0o700, 0o600));
    assert_eq!(mode("keys/two-factor.key"), 0o600);
    assert_eq!((mode("root-key-carry-away/root.pem"), mode("keys/root.pub")), (0o600, 0o644));
}
