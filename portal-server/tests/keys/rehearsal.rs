//! The whole of it with the real program: a delegation about to end, a warning, a new one, and nobody who is turned away.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use countersign_core::delegation::Delegation;
use countersign_core::trust::Roots;
use countersign_core::{SigningKey, file, pem};
use countersign_portal::clock::{Clock as _, SystemClock};

use super::papers::{PAGE, bring};
use crate::mails::letters_in;
use crate::played::Machine;
use crate::process::Portal;
use crate::world::{CookieUser, DAY, PASSWORD};

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign-portal");

fn program(data: &Path, arguments: &[&str], input: &str) -> String {
    let mut child = Command::new(PROGRAM)
        .args(arguments)
        .arg("--data")
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn root(data: &Path) -> SigningKey {
    let path = data.join("root-key-carry-away/root.pem");
    pem::read_private(&std::fs::read_to_string(path).unwrap(), None).unwrap()
}

fn delegation(data: &Path) -> Delegation {
    let chain = file::read(&std::fs::read(data.join("keys/signing.chain")).unwrap()).unwrap();
    Roots::new([root(data).public_key()]).verify_delegation(&chain).unwrap()
}

async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    for _ in 0..1200 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never came to be that {what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delegation_that_ends_is_warned_about_and_renewed_while_requests_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    program(&data, &["init", "--vendor", "Acme"], "");
    let admin = ["admin", "user", "create", "--email", "ada@acme.example", "--role", "admin"];
    let admin = [admin.as_slice(), &["--password-file", "-"]].concat();
    program(&data, &admin, &format!("{PASSWORD}\n"));
    program(&data, &["admin", "product", "create", "--id", "acme-cad", "--trial-days", "14"], "");
    // It ends in ten days: the warning of 14 days is due.
    let now = SystemClock.now();
    let mut short = delegation(&data);
    short.not_before = now - 700 * DAY;
    short.not_after = now + 10 * DAY - 3600;
    let token = file::write(&short.sign(&root(&data)), &[]);
    std::fs::write(data.join("keys/signing.chain"), token).unwrap();
    let portal = Portal::start_with(&data, |command| {
        command.args(["--rate-limit", "0", "--metrics", "127.0.0.1:0"]);
    });
    let metrics = portal.said().iter().find_map(|line| line.strip_prefix("metrics       "));
    let metrics = CookieUser::new(metrics.unwrap().strip_suffix("/metrics").unwrap());
    let browser = CookieUser::new(portal.url());
    until("the mail is in the outbox", async || !letters_in(&data.join("outbox")).is_empty()).await;
    let letters = letters_in(&data.join("outbox"));
    assert_eq!((letters.len(), letters[0].to.as_str()), (1, "ada@acme.example"));
    assert!(letters[0].subject.contains("ends soon"), "{letters:?}");
    assert!(letters[0].text.contains("/admin/keys"), "{letters:?}");
    let ready = browser.get("/readyz").await.is(200).json();
    assert_eq!(ready["signing_key_until"], short.not_after);
    assert_eq!(ready["signing_key_days_left"], 9);
    assert!(ready["warning"].as_str().unwrap().contains("ends in 9 days"), "{ready}");
    metrics.get("/metrics").await.is(200).says("countersign_signing_key_warning 1\n");
    browser.log_in("ada@acme.example", PASSWORD).await.is(303);
    browser.get("/admin").await.says("The signing key ends soon");

    // Machines ask all the while.
    let stop = Arc::new(AtomicBool::new(false));
    let url = portal.url().to_owned();
    let machines = tokio::spawn({
        let stop = Arc::clone(&stop);
        async move {
            let (api, product, mut serials) =
                (CookieUser::new(&url), "acme-cad".parse().unwrap(), Vec::new());
            let roots = move |root: SigningKey| Roots::new([root.public_key()]);
            let roots = roots(root(&data));
            for number in 0.. {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                let request = Machine::new(&format!("machine {number}"), &product).trial();
                let post = api.request("POST", "/api/v1/trials").body(request);
                let answer = api.send(post).await.is(200).json();
                let token = answer["token"].as_str().unwrap();
                let verified = roots.verify_response(token, countersign_core::Expect::Response);
                serials.push(verified.unwrap().delegation().unwrap().serial);
            }
            (serials, data)
        }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut anew = short.clone();
    anew.serial = Some(7);
    anew.not_after = now + 400 * DAY - 3600;
    let data = folder.path().join("data");
    let chain = file::write(&anew.sign(&root(&data)), &[]);
    bring(&browser, &[("signing.chain", &chain)]).await.leads_to(PAGE);
    let request = Machine::new("after", &"acme-cad".parse().unwrap()).trial();
    let after = CookieUser::new(portal.url());
    after.send(after.request("POST", "/api/v1/trials").body(request)).await.is(200);
    let ready = browser.get("/readyz").await.is(200).json();
    assert_eq!((&ready["warning"], &ready["signing_key_days_left"]), (&().into(), &399.into()));
    browser.get("/admin").await.is(200).hides("ends soon");
    metrics.get("/metrics").await.says("countersign_signing_key_warning 0\n");
    stop.store(true, Ordering::SeqCst);
    let (serials, data) = machines.await.expect("no machine was turned away");
    // Some before, and from one on all under the new one.
    assert_eq!(serials.first(), Some(&None));
    let first = serials.iter().position(Option::is_some).unwrap_or(serials.len());
    assert!(serials[first..].iter().all(|serial| *serial == Some(7)), "{serials:?}");
    assert_eq!(letters_in(&data.join("outbox")).len(), 1);
}
