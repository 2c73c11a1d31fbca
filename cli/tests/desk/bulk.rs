//! Many requests at once.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::lab::{LICENSE, Lab, activation, deactivation, err, out, request, trial};

#[test]
fn a_folder_is_answered_and_each_response_is_in_the_journal() {
    let lab = Lab::new();
    (0..300).for_each(|n| drop(lab.ask(n)));
    lab.write(1000, &activation(1000, LICENSE));
    lab.write(1001, &deactivation(1001));
    fs::write(lab.path("requests/notes.txt"), "not a request").unwrap();
    fs::create_dir(lab.path("requests/floor-2")).unwrap();
    fs::write(lab.path("requests/floor-2/x.request"), trial(2000, "acme-cad")).unwrap();
    let (code, said) =
        lab.sign_json(&["requests", "--days", "30", "--yes", "--license-key", LICENSE]);
    assert_eq!(
        (code, &said["signed"], &said["count"]),
        (Some(0), &303.into(), &303.into()),
        "{said}"
    );
    assert_eq!(lab.check_books("requests", "alice.journal"), 302);
    assert!(lab.path("requests/floor-2/x.response").exists());
    assert!(!lab.path("requests/notes.response").exists());
}

#[test]
fn one_bad_file_never_stops_the_rest_and_each_says_why() {
    let lab = Lab::new();
    let good = lab.ask(1);
    lab.write(2, &trial(2, "acme-cam"));
    let text = trial(3, "acme-cad");
    lab.write(3, &text[..text.len() / 2]);
    lab.write(4, &activation(4, LICENSE));
    fs::write(lab.path("requests/empty.request"), "").unwrap();
    fs::write(lab.path("requests/big.request"), vec![b'a'; 70_000]).unwrap();
    fs::write(lab.path("requests/noise.request"), [0, 159, 146, 150]).unwrap();
    fs::create_dir(lab.path("requests/folder.request")).unwrap();
    fs::copy(lab.path("root.pub"), lab.path("requests/key.request")).unwrap();
    fs::copy(&good, lab.path("requests/twice.request")).unwrap();
    fs::copy(lab.path("alice.chain"), lab.path("requests/chain.request")).unwrap();
    let words = ["requests", "missing.request", "--days", "30", "--yes", "--report", "r.json"];
    let (code, said) = lab.sign_json(&words);
    assert_eq!(code, Some(1));
    let rows: Vec<Value> = serde_json::from_slice(&fs::read(lab.path("r.json")).unwrap()).unwrap();
    let code_of = |name: &str| {
        let found = rows.iter().filter(|row| row["request"].as_str().unwrap().ends_with(name));
        let row = found.map(|row| (row["result"].clone(), row["code"].clone())).collect::<Vec<_>>();
        assert_eq!(row.len(), 1, "{name} has not one row: {rows:?}");
        (row[0].0.as_str().unwrap().to_owned(), row[0].1.as_str().unwrap_or("-").to_owned())
    };
    let is = |result: &str, code: &str| (result.to_owned(), code.to_owned());
    assert_eq!(code_of("lab-2.request"), is("refused", "out-of-scope"));
    assert_eq!(code_of("lab-3.request"), is("refused", "damaged-file"));
    assert_eq!(code_of("lab-4.request"), is("refused", "wrong-proof"));
    assert_eq!(code_of("empty.request"), is("refused", "damaged-file"));
    assert_eq!(code_of("big.request"), is("refused", "damaged-file"));
    assert_eq!(code_of("key.request"), is("refused", "damaged-file"));
    assert_eq!(code_of("chain.request"), is("refused", "wrong-type"));
    assert_eq!(code_of("missing.request"), is("failed", "file-io"));
    for row in rows.iter().filter(|row| !row["code"].is_null()) {
        let has = |member: &str| row[member].as_str().is_some_and(|text| text.contains(' '));
        assert!(has("message") && (has("advice") || row["code"] == "usage"), "{row}");
    }
    // The same request under two names has one response, in two files.
    assert_eq!((&said["signed"], &said["again"]), (&1.into(), &1.into()), "{said}");
    let read = |name: &str| fs::read(lab.path(name)).unwrap();
    assert_eq!(read("requests/lab-1.response"), read("requests/twice.response"));
    assert_eq!(lab.journaled("alice.journal").len(), 1);
}

#[test]
fn the_same_requests_again_get_the_same_responses_whatever_the_options_say_then() {
    let lab = Lab::new();
    (0..20).for_each(|n| drop(lab.ask(n)));
    lab.sign_json(&["requests", "--days", "30", "--yes"]);
    let before = lab.responses("requests");
    fs::remove_file(lab.path("requests/lab-3.response")).unwrap();
    fs::write(lab.path("requests/lab-4.response"), "").unwrap();
    let (code, said) = lab.sign_json(&["requests", "--days", "7", "--yes", "--vendor", "Other"]);
    assert_eq!(
        (code, &said["signed"], &said["again"], &said["there"]),
        (Some(0), &0.into(), &2.into(), &18.into())
    );
    assert_eq!(lab.responses("requests"), before);
    // Elsewhere, and one alone.
    let (_, said) = lab.sign_json(&["requests", "--days", "7", "--yes", "--out", "elsewhere"]);
    assert_eq!(said["again"], 20);
    let one = lab.sign(&["requests/lab-5.request", "--days", "7", "--out", "five.response"]);
    assert!(out(&one).contains("the same response again"), "{}", out(&one));
    for (name, path) in [("lab-5", "five.response"), ("lab-6", "elsewhere/lab-6.response")] {
        let there = fs::read(lab.path(format!("requests/{name}.response"))).unwrap();
        assert_eq!(fs::read(lab.path(path)).unwrap(), there);
    }
    assert_eq!(lab.journaled("alice.journal").len(), 20);
}

#[test]
fn a_file_that_is_somebody_elses_is_not_replaced() {
    let lab = Lab::new();
    lab.ask(1);
    fs::write(lab.path("requests/lab-1.response"), "my notes").unwrap();
    let (code, said) = lab.sign_json(&["requests", "--days", "3", "--yes"]);
    assert_eq!((code, &said["failed"]), (Some(1), &1.into()));
    assert_eq!(said["problems"][0]["code"], "file-exists");
    assert_eq!(fs::read(lab.path("requests/lab-1.response")).unwrap(), b"my notes");
    let (code, said) = lab.sign_json(&["requests", "--days", "3", "--yes", "--out", "out"]);
    assert_eq!((code, &said["again"]), (Some(0), &1.into()));
}

#[test]
fn killed_at_random_moments_it_goes_on_and_no_response_is_lost_or_signed_twice() {
    let lab = Lab::new();
    (0..1000).for_each(|n| drop(lab.ask(n)));
    let words = lab.signing(&["requests", "--days", "30", "--yes", "--jobs", "2"]);
    for kill in 0..8_u64 {
        let mut run =
            lab.command(&words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(40 + kill * 67 % 300));
        run.kill().unwrap();
        run.wait().unwrap();
        if lab.path("alice.journal").exists() {
            // A torn line is no damage: the next run cuts it.
            let handed_out = lab.responses("requests").len();
            let text = fs::read_to_string(lab.path("alice.journal")).unwrap();
            assert!(text.matches("\"request\"").count() >= handed_out);
        }
    }
    let (code, said) = lab.sign_json(&["requests", "--days", "30", "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(lab.check_books("requests", "alice.journal"), 1000);
    assert_eq!(lab.journaled("alice.journal").len(), 1000);
}

#[test]
fn two_signers_at_the_same_time_answer_each_request_once() {
    let lab = Lab::new();
    (0..1200).for_each(|n| drop(lab.ask(n)));
    let words = lab.signing(&["requests", "--days", "30", "--yes", "--json"]);
    let runs: Vec<_> = ["one", "two", "three"]
        .map(|out| {
            lab.command(&[&words[..], &["--out", out]].concat())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .into();
    let said: Vec<Value> = runs
        .into_iter()
        .map(|run| serde_json::from_slice(&run.wait_with_output().unwrap().stdout).unwrap())
        .collect();
    let sum = |name: &str| said.iter().map(|s| s[name].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("signed"), sum("again")), (1200, 2400), "{said:?}");
    let one = lab.responses("one");
    assert!(one.len() == 1200 && one == lab.responses("two") && one == lab.responses("three"));
    assert_eq!(lab.journaled("alice.journal").len(), 1200);
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_full_disk_nothing_is_handed_out_that_is_not_in_the_journal() {
    let lab = Lab::new();
    (0..900).for_each(|n| drop(lab.ask(n)));
    // In KiB: enough for some of it. SIGXFSZ would end it where a full disk would not.
    let mut shell = Command::new("bash");
    let words = lab.signing(&["requests", "--days", "30", "--yes"]).join(" ");
    let binary = env!("CARGO_BIN_EXE_countersign");
    shell.args(["-c", &format!("trap '' XFSZ; ulimit -S -f 800; exec {binary} {words}")]);
    let done = shell.current_dir(lab.path("")).stdin(Stdio::null()).output().unwrap();
    assert_eq!(done.status.code(), Some(2), "{}", err(&done));
    assert!(err(&done).contains("the journal is as it was"), "{}", err(&done));
    let answered = lab.check_books("requests", "alice.journal");
    assert!((1..900).contains(&answered), "{answered}");
    let (code, _) = lab.sign_json(&["requests", "--days", "30", "--yes"]);
    assert_eq!((code, lab.check_books("requests", "alice.journal")), (Some(0), 900));
}

#[cfg(target_os = "linux")]
#[test]
fn where_no_journal_can_be_written_nothing_is_signed() {
    let lab = Lab::new();
    lab.ask(1);
    for journal in
        ["/sys/kernel/alice.journal", "requests", "no/such/folder/alice.journal", "/dev/full"]
    {
        for words in [["requests", "--yes"], ["requests/lab-1.request", "--yes"]] {
            let refused = lab.sign(&[&words[..], &["--days", "3", "--journal", journal]].concat());
            assert_eq!(refused.status.code(), Some(2), "{journal}: {}", out(&refused));
            assert!(err(&refused).contains("Nothing more was signed"), "{}", err(&refused));
        }
    }
    assert!(lab.responses("requests").is_empty());
}

#[test]
fn without_a_terminal_nothing_is_signed_that_nobody_agreed_to() {
    let lab = Lab::new();
    lab.ask(1);
    let refused = lab.sign(&["requests", "--days", "3"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(err(&refused).contains("--yes") && !lab.path("alice.journal").exists());
    let dry = lab.sign(&["requests", "--days", "3", "--dry-run"]);
    assert!(
        dry.status.success() && out(&dry).contains("1 trial, the longest until"),
        "{}",
        out(&dry)
    );
    assert!(!lab.path("alice.journal").exists() && lab.responses("requests").is_empty());
}

#[test]
fn attack_a_report_whose_cells_are_formulas() {
    let lab = Lab::new();
    lab.write(
        1,
        &request(1, "acme-cad", "=cmd|' /C calc'!A0", |device| {
            countersign_core::request::Ask::Trial { device }
        }),
    );
    let done = lab.sign(&["requests", "--days", "3", "--yes", "--report", "r.csv"]);
    assert!(done.status.success(), "{}", err(&done));
    let text = fs::read_to_string(lab.path("r.csv")).unwrap();
    assert!(text.contains("\"'=cmd|' /C calc'!A0\""), "{text}");
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{FEFF}').as_bytes());
    let row = reader.records().next().unwrap().unwrap();
    assert_eq!((row.len(), &row[1], row[0].ends_with("lab-1.request")), (15, "signed", true));
    // A report is never replaced, and nothing is signed for one that cannot be written.
    lab.ask(2);
    let refused = lab.sign(&["requests", "--days", "3", "--yes", "--report", "r.csv"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(!lab.path("requests/lab-2.response").exists());
}

#[test]
fn a_policy_file_says_what_each_product_and_license_gets() {
    let lab =
        Lab::with_scope(&["--types", "activation,trial", "--max-days", "0", "--products", "*"]);
    let policy = "vendor = \"Acme\"\n[products.acme-cad]\ndays = 30\nfeatures = { parts = 500 }\nanswers = [\"trial\", \"activation\"]\n\
        [products.acme-cam]\nuntil = 2099-12-31\n\
        [[licenses]]\nkey = \"8KRT7-00000-00000-00000-0000P\"\nperpetual = true\nholder = \"Jane's lab\"\n";
    fs::write(lab.path("policy.toml"), policy).unwrap();
    lab.ask(1);
    lab.write(2, &trial(2, "acme-cam"));
    lab.write(3, &trial(3, "other"));
    lab.write(4, &activation(4, LICENSE));
    lab.write(5, &deactivation(5));
    let (code, said) = lab.sign_json(&["requests", "--policy", "policy.toml", "--yes"]);
    assert_eq!(
        (code, &said["signed"], &said["refused"]),
        (Some(1), &3.into(), &2.into()),
        "{said}"
    );
    for problem in said["problems"].as_array().unwrap() {
        assert_eq!(problem["code"], "not-in-policy", "{problem}");
    }
    let responses = lab.responses("requests");
    let grant = |name: &str| &responses[name].1.granted().unwrap().grant;
    assert_eq!(grant("lab-2").expires_at, Some(4_102_444_800));
    assert_eq!(responses["lab-1"].1.issuer, "Acme");
    assert!(grant("lab-1").entitlements.contains_key("parts"));
    let license = grant("lab-4").license.as_ref().unwrap();
    assert_eq!((grant("lab-4").expires_at, license.holder.as_deref()), (None, Some("Jane's lab")));
    // A policy and options would leave open which of them counts.
    let both = lab.sign(&["requests", "--policy", "policy.toml", "--days", "3", "--yes"]);
    assert_eq!(both.status.code(), Some(2));
}

#[test]
fn the_limit_of_days_passes_at_its_value_and_not_a_day_above() {
    let lab = Lab::new();
    lab.ask(1);
    let (code, said) = lab.sign_json(&["requests", "--days", "31", "--yes", "--no-journal"]);
    assert_eq!((code, &said["problems"][0]["code"]), (Some(1), &"out-of-scope".into()));
    for days in ["29", "30"] {
        let done = lab.sign(&["requests", "--days", days, "--yes", "--no-journal", "--out", days]);
        assert!(done.status.success(), "{}", err(&done));
    }
    assert!(!lab.path("alice.journal").exists());
}

#[cfg(unix)]
#[test]
fn attack_folders_that_lead_in_a_circle_and_files_that_never_end() {
    let lab = Lab::new();
    lab.ask(1);
    std::os::unix::fs::symlink("..", lab.path("requests/up")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", lab.path("requests/zero.request")).unwrap();
    assert!(
        Command::new("mkfifo").arg(lab.path("requests/pipe.request")).status().unwrap().success()
    );
    let (code, said) = lab.sign_json(&["requests", "--days", "3", "--yes"]);
    assert_eq!((code, &said["signed"]), (Some(0), &1.into()), "{said}");
}
