//! Exports that somebody made to hurt. A bad entry is left out by name, and nothing else with it.

use std::process::Command;

use countersign_store::{Role, UserStatus};
use serde_json::{Value, json};

use crate::world::{Here, Import, PROGRAM, cad, license, rows};

/// A good license, something else, and a good license: both good ones come in.
fn between(middle: &str) -> (Here, Import) {
    let here = Here::new();
    let (first, last) = (license(1, json!({})), license(2, json!({})));
    let text = format!(r#"{{"products":[{}],"licenses":[{first},{middle},{last}]}}"#, cad());
    let file = here.file("export.json", text);
    let dry = here.import("cryptlex", &file, &[]).has_problems();
    let run = here.import("cryptlex", &file, &["--yes"]).has_problems();
    assert_eq!(dry.said["entries"], run.said["entries"]);
    assert_eq!(
        (run.count("licenses", "made"), run.count("licenses", "left_out")),
        (2, 1),
        "{run:?}"
    );
    assert_eq!(run.problems(), 1);
    assert_eq!(here.count("license"), 2);
    (here, run)
}

#[test]
fn attack_nesting_a_hundred_thousand_deep_costs_that_entry_alone() {
    let deep =
        format!(r#"{{"id":"deep","metadata":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    between(&deep).1.names("licenses[1]", "nested deeper");
}

#[test]
fn attack_a_string_of_eight_mebibytes_costs_that_entry_alone() {
    let huge = json!({"id": "huge", "key": "x".repeat(8 << 20)}).to_string();
    between(&huge).1.names("licenses[1]", "more than 1 MiB");
}

#[test]
fn attack_a_million_entries_of_metadata_cost_that_license_alone() {
    let entry = r#"{"key":"k","value":"v"}"#;
    let many = format!(r#"{{"id":"many","metadata":[{}]}}"#, vec![entry; 1_000_000].join(","));
    between(&many).1.names("licenses[1]", "more than 1 MiB");
    let some: Vec<Value> = (0..60).map(|n| json!({"key": format!("k{n}"), "value": "v"})).collect();
    let some = license(7, json!({"metadata": some}));
    between(&some.to_string()).1.names("licenses[1] id license-7", "50 fit");
}

#[test]
fn attack_wrong_types_are_named_one_by_one() {
    for (with, words) in [
        (json!({"allowedActivations": "2"}), "allowedActivations is no whole number"),
        (json!({"allowedActivations": -2}), "allowedActivations is -2"),
        (json!({"allowedActivations": 1e300}), "allowedActivations is no whole number"),
        (json!({"allowedDeactivations": 18446744073709551615_u64}), "allowedDeactivations is no"),
        (json!({"revoked": "false"}), "revoked is neither true nor false"),
        (json!({"expiresAt": 17}), "expiresAt is no text"),
        (json!({"expiresAt": "tomorrow"}), "expiresAt is no date and time: tomorrow"),
        (json!({"expiresAt": "1960-01-01T00:00:00Z"}), "before 1970"),
        (
            json!({"subscriptionInterval": "P1Q", "expiresAt": null}),
            "subscriptionInterval is no length",
        ),
        (json!({"metadata": {"a": "b"}}), "metadata is no list"),
        (json!({"metadata": ["a"]}), "metadata has something in it that is no object"),
        (json!({"user": "jane"}), "user is no object"),
        (json!({"productId": {"id": "x"}}), "productId is no text"),
        (json!({"productId": "../../etc"}), "its product ../../etc is not in the export"),
        (json!({"fingerprintMatchingStrategy": "psychic"}), "none of exact, fuzzy and loose"),
        (json!({"id": ["license-7"]}), "id is no text"),
        (json!({"id": ""}), "id is empty"),
        (json!({"id": "x".repeat(129)}), "id has more than 128 characters"),
        (json!({"key": "x".repeat(5000)}), "key has more than 4096 characters"),
    ] {
        between(&license(7, with).to_string()).1.names("licenses[1]", words);
    }
    for (middle, words) in [
        ("7", "it is no object"),
        ("null", "it is no object"),
        (r#"{"id": "x", "key": }"#, "it is no JSON"),
        (r#"{"id": "x", "allowedActivations": 1e999}"#, "it is no JSON"),
        ("{\"id\": \"\u{1}\"}", "it is no JSON"),
    ] {
        between(middle).1.names("licenses[1]", words);
    }
}

#[test]
fn attack_nul_control_and_bidi_characters_are_refused_and_reach_no_terminal() {
    for c in ['\0', '\u{1b}', '\n', '\u{202E}', '\u{2066}'] {
        let user = json!({"id": "u", "name": format!("Jane{c}[2J")});
        let run = between(&license(7, json!({"user": user, "userId": null})).to_string()).1;
        run.names("licenses[1] id license-7", "");
        let run = between(&license(7, json!({"id": format!("a{c}b")})).to_string()).1;
        run.names("licenses[1] id a\u{FFFD}b", "id has the character U+");
        assert!(!run.said["problems"].to_string().contains(c));
    }
}

#[test]
fn attack_two_entries_with_one_id_and_different_words() {
    let second = license(1, json!({"allowedActivations": 1000}));
    between(&second.to_string())
        .1
        .names("licenses[1] id license-1", "another entry with this id came before");
}

#[test]
fn attack_brackets_that_lie_stay_inside_of_their_entry() {
    between(r#"{"id": "x", "metadata": [}"#.replace("[}", "[}]").as_str())
        .1
        .names("licenses[1]", "no JSON");
}

#[tokio::test]
async fn attack_an_export_makes_no_admin_of_the_vendor_and_takes_nobodys_account() {
    let here = Here::new();
    let mut create = Command::new(PROGRAM);
    create.args([
        "admin",
        "user",
        "create",
        "--email",
        "ada@acme.example",
        "--role",
        "admin",
        "--data",
    ]);
    assert!(create.arg(here.data()).output().unwrap().status.success());
    let before = here.user("ada@acme.example").await;
    let user = |id: &str, email: &str| {
        json!({"id": id, "email": email, "firstName": "Eve", "lastName": "X", "role": "admin", "roles": ["super-admin"],
            "suspended": true, "password": "secret", "organization": {"id": "o"}})
    };
    let all = json!({"organizations": [{"id": "o", "name": "Eve's"}],
        "users": [user("1", "ADA@acme.example"), user("2", "eve@acme.example"), user("3", "ada@acme.example")]});
    let run = here.import("cryptlex", &here.file("e.json", all.to_string()), &["--yes"]);
    let run = run.has_problems();
    assert_eq!((run.count("users", "joined"), run.count("users", "made")), (1, 1), "{run:?}");
    run.names("users[2] id 3", "another user of the export has its address");
    assert!(here.user("ada@acme.example").await == before);
    let eve = here.user("eve@acme.example").await;
    assert_eq!(
        (eve.role, eve.status, eve.password_hash),
        (Role::Customer, UserStatus::Suspended, None)
    );
}

#[test]
fn attack_cells_that_are_formulas_in_the_report() {
    let here = Here::new();
    let evil = "=HYPERLINK(\"http://evil.example\")";
    let all = json!({"products": [cad()], "licenses": [
        license(1, json!({"key": evil, "id": "@SUM(A1)", "user": null})),
        license(2, json!({"id": "-2+3", "allowedActivations": "=1"})),
    ]});
    let report = here.path("report.csv");
    let options = ["--yes", "--report", report.to_str().unwrap()];
    here.import("cryptlex", &here.file("e.json", all.to_string()), &options).has_problems();
    let rows = rows(&report);
    assert_eq!(rows.len(), 3);
    for cell in rows.iter().flat_map(|row| row.values()) {
        assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell}");
    }
    assert!(rows.iter().any(|row| row["license key there"] == format!("'{evil}")));
}

/// The heap may grow to 128 MiB, all caches included: less than the file, with an entry of 160 MiB in it.
#[cfg(target_os = "linux")]
#[test]
fn attack_an_export_larger_than_the_memory() {
    use std::io::Write as _;
    let here = Here::new();
    let path = here.path("export.json");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    write!(
        file,
        r#"{{"products":[{}],"licenses":[{},{{"id":"huge","notes":""#,
        cad(),
        license(1, json!({}))
    )
    .unwrap();
    for _ in 0..160 {
        file.write_all(&[b'x'; 1 << 20]).unwrap();
    }
    write!(file, r#""}},{}]}}"#, license(2, json!({}))).unwrap();
    file.into_inner().unwrap().sync_all().unwrap();
    let import = here.command("cryptlex", &path, &["--yes", "--json"]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -d 131072; exec \"$@\"", "sh"]).arg(import.get_program());
    let run = Import::of(shell.args(import.get_args()).output().unwrap()).has_problems();
    assert_eq!(
        (run.count("licenses", "made"), run.count("licenses", "left_out")),
        (2, 1),
        "{run:?}"
    );
    run.names("licenses[1]", "more than 1 MiB");
}

#[test]
fn a_file_that_was_cut_off_imports_nothing() {
    let here = Here::new();
    let whole =
        json!({"products": [cad()], "licenses": [license(1, json!({})), license(2, json!({}))]});
    let whole = whole.to_string();
    for end in [1, 20, whole.len() / 2, whole.len() - 1] {
        let file = here.file("export.json", &whole[..end]);
        here.import("cryptlex", &file, &["--yes"]).fails("nothing was imported");
    }
    here.import("cryptlex", &here.file("export.json", ""), &["--yes"])
        .fails("has no entries in it");
    here.import("cryptlex", &here.file("export.json", "<html>"), &["--yes"]).has_problems();
    here.import("cryptlex", &here.path("absent"), &["--yes"]).fails("cannot be read");
    assert_eq!((here.count("license"), here.count("product")), (0, 0));
    here.import("cryptlex", &here.file("export.json", whole), &["--yes"]).works();
}

#[test]
fn a_page_that_is_a_message_of_the_api_is_named() {
    let here = Here::new();
    let all = format!(
        r#"{}{{"message":"Too many requests","code":"RATE_LIMIT"}}{}"#,
        json!([cad(), license(1, json!({}))]),
        json!([license(2, json!({}))])
    );
    let run = here.import("cryptlex", &here.file("export.json", all), &[]).has_problems();
    run.names("left out: export.json, byte ", "a page is missing here");
    assert_eq!(run.count("licenses", "made"), 2, "{run:?}");
    let errors = r#"{"errors":[{"title":"Unauthorized","code":"TOKEN_INVALID"}]}"#;
    let run = here.import("keygen", &here.file("export.json", errors), &[]).has_problems();
    run.names("left out: export.json, byte ", "a page is missing here");
}

#[cfg(unix)]
#[test]
fn attack_a_link_in_the_folder_is_not_followed_and_a_pipe_not_opened() {
    let here = Here::new();
    let outside = here.file("outside.json", json!([license(1, json!({}))]).to_string());
    let inside = here.file("export/products.json", json!([cad()]).to_string());
    let folder = inside.parent().unwrap();
    std::os::unix::fs::symlink(&outside, folder.join("licenses.json")).unwrap();
    assert!(Command::new("mkfifo").arg(folder.join("users.json")).status().unwrap().success());
    here.file("export/notes.txt", "by hand");
    let run = here.import("cryptlex", folder, &["--yes"]).works();
    assert_eq!(run.said["files_not_read"], json!(["licenses.json", "notes.txt", "users.json"]));
    assert_eq!((here.count("product"), here.count("license")), (1, 0));
    here.import("cryptlex", &folder.join("users.json"), &[]).fails("a pipe will not do");
}

#[test]
fn a_report_never_takes_the_place_of_the_export() {
    let here = Here::new();
    let file = here.file("export.json", json!([cad()]).to_string());
    let options = ["--yes", "--report", file.to_str().unwrap()];
    here.import("cryptlex", &file, &options)
        .fails("is what is read, or a folder: name another file");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), json!([cad()]).to_string());
    assert_eq!(here.count("product"), 0);
}
