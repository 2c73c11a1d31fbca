//! The signer's folder and socket: who gets in, and what lies in the way.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener;

use countersign_core::pem;
use countersign_portal::Config;
use countersign_portal::clock::SystemEntropy;
use countersign_portal::keys::command::{KeysCommand, run};
use countersign_portal::keys::passphrase::Sources;
use countersign_portal::signer::{init, open};
use serde_json::json;

use crate::played::rng;
use crate::stand::{DAY, Keys, Stand, answer_to, asked, delegation, journal_in};

#[tokio::test]
async fn the_socket_is_for_its_owner_and_its_group_and_is_taken_away_at_the_end() {
    let mut stand = Stand::new();
    let socket = stand.keys.socket();
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o660);
    let journals = stand.keys.data().join("journals");
    assert_eq!(fs::metadata(&journals).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(stand.keys.journal()).unwrap().permissions().mode() & 0o777, 0o600);
    stand.stop().await;
    assert!(!socket.exists());
}

#[tokio::test]
async fn a_second_signer_on_the_same_folder_or_socket_is_refused() {
    let stand = Stand::new();
    let refused = open(stand.options()).err().unwrap().to_string();
    assert!(refused.contains("another signer runs"), "{refused}");
    let other = Keys::new(|_| ());
    let mut options = stand.options();
    options.data = other.data();
    let refused = open(options).err().unwrap().to_string();
    assert!(refused.contains("listens") && refused.contains("already"), "{refused}");
    let (_, license, request) = asked();
    stand.signs(&request, &answer_to(&request, license.id())).await;
}

#[tokio::test]
async fn a_stale_socket_is_replaced_and_anything_else_is_left_alone() {
    let mut stand = Stand::new();
    stand.stop().await;
    // A process that was killed leaves its socket behind.
    drop(UnixListener::bind(stand.keys.socket()).unwrap());
    assert!(stand.keys.socket().exists());
    stand.start(|_| ());
    assert_eq!(stand.says(&json!({"v": 1, "do": "state"})).await["said"], "state");
    stand.stop().await;
    fs::write(stand.keys.socket(), "a letter").unwrap();
    let refused = open(stand.options()).err().unwrap().to_string();
    assert!(refused.contains("is no socket"), "{refused}");
    assert_eq!(fs::read_to_string(stand.keys.socket()).unwrap(), "a letter");
}

#[tokio::test]
async fn attack_another_user_than_the_portals_is_not_answered() {
    let mut stand = Stand::new();
    stand.stop().await;
    let own = fs::metadata(stand.keys.place()).unwrap().uid();
    for (allowed, answers) in [(vec![own + 1], false), (vec![own + 1, own], true)] {
        let mut options = stand.options();
        options.allowed = allowed;
        let running = open(options).unwrap();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(running.serve(async {
            let _ = stopped.await;
        }));
        let said = stand.connect().await.try_says(&json!({"v": 1, "do": "state"})).await;
        assert_eq!(said.is_some(), answers);
        stop.send(()).unwrap();
        serving.await.unwrap();
    }
}

#[tokio::test]
async fn keys_that_do_not_fit_are_refused_before_the_socket_is_there() {
    let mut stand = Stand::new();
    stand.stop().await;
    let other = countersign_core::SigningKey::generate(&mut rng());
    stand.keys.put("signing.pem", &pem::write_private(&other, None, &mut rng()).unwrap());
    assert!(open(stand.options()).is_err());
    fs::remove_file(stand.keys.place().join("signing.pem")).unwrap();
    assert!(open(stand.options()).is_err());
    assert!(!stand.keys.socket().exists());
}

#[tokio::test]
async fn attack_a_journal_that_was_changed_is_not_signed_on_top_of() {
    let mut stand = Stand::new();
    for _ in 0..3 {
        let (_, license, request) = asked();
        stand.signs(&request, &answer_to(&request, license.id())).await;
    }
    stand.stop().await;
    let journal = stand.keys.journal();
    let text = fs::read_to_string(&journal).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    fs::write(&journal, [lines[0], lines[1], lines[3]].join("\n") + "\n").unwrap();
    let refused = open(stand.options()).err().unwrap().to_string();
    assert!(refused.contains("does not follow"), "{refused}");
}

#[tokio::test]
async fn a_new_delegation_and_a_new_key_are_taken_while_it_runs() {
    let stand = Stand::new();
    let state = async || stand.says(&json!({"v": 1, "do": "state"})).await;
    let first = state().await;
    let mut longer = delegation(&stand.keys.key);
    longer.not_after += 100 * DAY;
    longer.serial = Some(2);
    stand.keys.delegate(&longer);
    let second = changed(&stand, &first).await;
    assert_eq!(first["head"], second["head"]);
    // What does not fit is not taken, and what was held goes on.
    let stranger = countersign_core::SigningKey::generate(&mut rng());
    stand.keys.put("signing.chain", &countersign_core::file::write(&longer.sign(&stranger), &[]));
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    assert_eq!(state().await["state"], second["state"]);
    // Another key: both files are there before it is taken.
    let next = countersign_core::SigningKey::generate(&mut rng());
    stand.keys.put("signing.pem", &pem::write_private(&next, None, &mut rng()).unwrap());
    stand.keys.delegate(&delegation(&next));
    changed(&stand, &second).await;
    let (_, license, request) = asked();
    let token = stand.signs(&request, &answer_to(&request, license.id())).await;
    let verified =
        stand.keys.roots().verify_response(&token, countersign_core::Expect::Response).unwrap();
    assert_eq!(*verified.signer(), next.public_key().thumbprint());
    assert_eq!(fs::read_dir(stand.keys.data().join("journals")).unwrap().count(), 4);
}

#[tokio::test]
async fn the_key_of_a_signer_gets_another_passphrase_while_it_runs() {
    let stand = Stand::new();
    let first = stand.says(&json!({"v": 1, "do": "state"})).await;
    let (data, new) = (stand.keys.data(), stand.keys.folder.path().join("new"));
    fs::write(&new, "correct horse\n").unwrap();
    let config = Config::new(data.clone());
    let done = run(&config, KeysCommand::Passphrase { new }).await.unwrap();
    assert_eq!(done["resealed"], json!(["signing.pem"]));
    assert_eq!(fs::read_to_string(data.join("key-passphrase")).unwrap(), "correct horse\n");
    let sealed = fs::read_to_string(stand.keys.place().join("signing.pem")).unwrap();
    assert!(pem::read_private(&sealed, Some("correct horse")).is_ok());
    // What comes afterwards is opened by it.
    let mut longer = delegation(&stand.keys.key);
    longer.not_after += 100 * DAY;
    longer.serial = Some(2);
    stand.keys.delegate(&longer);
    changed(&stand, &first).await;
    let (_, license, request) = asked();
    stand.signs(&request, &answer_to(&request, license.id())).await;
}

/// The state, once it is another one.
async fn changed(stand: &Stand, before: &serde_json::Value) -> serde_json::Value {
    for _ in 0..600 {
        let state = stand.says(&json!({"v": 1, "do": "state"})).await;
        if state["state"] != before["state"] {
            return state;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("it was not taken");
}

#[test]
fn a_portals_key_moves_to_a_signer_and_a_move_that_was_cut_off_is_begun_anew() {
    let portal = Keys::new(|_| ());
    let data = portal.folder.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::rename(portal.place(), data.join("keys")).unwrap();
    let key = fs::read_to_string(data.join("keys/signing.pem")).unwrap();
    fs::write(data.join("keys/next.pem"), "the next key").unwrap();
    let to = portal.folder.path().join("to");
    // Cut off: some of it is there.
    fs::create_dir_all(to.join("keys")).unwrap();
    fs::copy(data.join("keys/root.pub"), to.join("keys/root.pub")).unwrap();
    let moved = init(&data, &to).unwrap();
    assert_eq!(moved.files.len(), 4);
    assert!(!data.join("keys/next.pem").exists() && to.join("keys/next.pem").exists());
    assert!(!data.join("keys/signing.pem").exists());
    assert!(data.join("keys/signing.chain").exists(), "what is no secret stays");
    assert_eq!(fs::read_to_string(to.join("keys/signing.pem")).unwrap(), key);
    assert_eq!(
        fs::metadata(to.join("keys/signing.pem")).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o700);
    let again = init(&data, &to).unwrap_err().to_string();
    assert!(again.contains("is not there"), "{again}");
}

#[tokio::test]
async fn an_encrypted_key_moves_with_its_passphrase_and_is_opened_by_it() {
    let mut stand = Stand::new();
    stand.stop().await;
    let data = stand.keys.folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let made = Sources::default().find_or_make(&data, &SystemEntropy).unwrap();
    fs::remove_file(stand.keys.data().join("key-passphrase")).unwrap();
    stand.keys.put("signing.pem", &made.seal(&stand.keys.key, &SystemEntropy).unwrap());
    assert!(open(stand.options()).is_err(), "without its passphrase");
    fs::rename(stand.keys.place(), data.join("keys")).unwrap();
    let moved = init(&data, &stand.keys.data()).unwrap();
    assert_eq!(moved.gone, [data.join("keys/signing.pem"), data.join("key-passphrase")]);
    assert!(moved.gone.iter().all(|path| !path.exists()));
    stand.start(|_| ());
    let (_, license, request) = asked();
    stand.signs(&request, &answer_to(&request, license.id())).await;
}

#[test]
fn a_key_is_not_moved_over_another_one() {
    let (portal, signer) = (Keys::new(|_| ()), Keys::new(|_| ()));
    let data = portal.folder.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::rename(portal.place(), data.join("keys")).unwrap();
    let there = fs::read_to_string(signer.place().join("signing.pem")).unwrap();
    let refused = init(&data, &signer.data()).unwrap_err().to_string();
    assert!(refused.contains("another one"), "{refused}");
    assert!(data.join("keys/signing.pem").exists());
    assert_eq!(fs::read_to_string(signer.place().join("signing.pem")).unwrap(), there);
}

#[tokio::test]
async fn the_public_half_lies_beside_the_journal() {
    let stand = Stand::new();
    let journal = journal_in(&stand.keys.data());
    let public = fs::read_to_string(journal.with_extension("pub")).unwrap();
    assert_eq!(pem::read_public(&public).unwrap(), stand.keys.key.public_key());
    assert!(!journal.file_name().unwrap().to_str().unwrap().starts_with('-'));
}
