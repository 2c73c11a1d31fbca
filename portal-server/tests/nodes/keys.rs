//! One set of keys for all nodes: taken over by who comes later, changed on one of them, and worth nothing to who has the database
//! alone.

use std::collections::BTreeMap;
use std::path::Path;

use countersign_core::revocations::{Revocations, RevokedKey};
use countersign_core::{Expect, Id, SigningKey, file, pem};
use countersign_portal::keys::command::{KeysCommand, run};
use countersign_portal::{App, Config};
use countersign_store::Database;
use countersign_testing::{Raw, shared_server};
use reqwest::multipart::{Form, Part};
use zeroize::Zeroizing;

use crate::played::{Machine, NOW, rng};
use crate::world::{DAY, TestPortal};
use crate::{Nodes, PASSPHRASE, of_all, until};

/// As random as the first one.
const ANOTHER: &str = "CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg";

/// A node's start, with this passphrase or none.
async fn start(data: &Path, database: &Database, passphrase: Option<&str>) -> anyhow::Result<App> {
    let mut config = Config::new(data.to_owned());
    config.vendor = "Acme".into();
    of_all(&mut config, database);
    config.key_passphrase.variable = passphrase.map(|text| Zeroizing::new(text.to_owned()));
    App::open(config).await
}

fn refusal(started: anyhow::Result<App>) -> String {
    match started {
        Ok(_) => panic!("it started"),
        Err(error) => format!("{error:#}"),
    }
}

fn files(node: &TestPortal) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(node.app.config().data.join("keys")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    // What is on its way into the folder lies there for a moment.
    let named = paths.filter_map(|path| {
        let name = path.file_name()?.to_str()?.to_owned();
        Some((name, std::fs::read(path).ok()?))
    });
    named.filter(|(name, _)| name != "lock" && !name.ends_with(".partial")).collect()
}

/// Waits until the node says that it does not use the keys in the database.
async fn complains(node: &TestPortal) {
    until("the node complains", async || {
        let ready = node.visitor().get("/readyz").await.json();
        ready["warning"].as_str().is_some_and(|warning| warning.contains("keys folder"))
    })
    .await;
}

fn chain_of(node: &TestPortal) -> String {
    node.app.keys().papers.chain.clone()
}

fn list_of(node: &TestPortal) -> Option<u64> {
    node.app.keys().papers.list.as_ref().map(|list| list.seq)
}

fn list(root: &SigningKey, seq: u64) -> String {
    let kid = SigningKey::from_seed(&[66; 32]).public_key().thumbprint();
    let revoked = vec![RevokedKey { kid, compromised: true, below: None }];
    let id = Id::random(&mut rng());
    let list = Revocations { id, issued_at: NOW, issuer: "Acme".to_owned(), seq, revoked };
    file::write(&list.sign(root), &[])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_with_an_empty_folder_takes_the_keys_over() {
    let nodes = Nodes::new().await;
    assert_eq!(files(&nodes.a), files(&nodes.b));
    assert_eq!(chain_of(&nodes.a), chain_of(&nodes.b));
    // Only the one who made the root has it.
    assert!(nodes.a.app.config().data.join("root-key-carry-away/root.pem").exists());
    assert!(!nodes.b.app.config().data.join("root-key-carry-away").exists());
    // What one has sealed, the other one reads: somebody with a second factor logs in anywhere.
    let user = nodes.a.user(|_| ()).await;
    nodes.a.offer_totp(user.id, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").await;
    assert!(nodes.b.app.vault().missing().is_none());
    // A node is put up again with an empty folder.
    let data = nodes.b.app.config().data.clone();
    std::fs::remove_dir_all(&data).unwrap();
    let again = start(&data, &nodes.database, Some(PASSPHRASE)).await.unwrap();
    assert_eq!(again.keys().papers.chain, chain_of(&nodes.a));
    assert!(again.vault().missing().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_at_once_make_one_set_of_keys() {
    let database = Database::Postgres(shared_server().create_database());
    let folders: Vec<_> = (0..4).map(|_| tempfile::tempdir().unwrap()).collect();
    let starts = folders.iter().map(|folder| {
        let (data, database) = (folder.path().join("data"), database.clone());
        tokio::spawn(async move { start(&data, &database, Some(PASSPHRASE)).await.unwrap() })
    });
    let apps: Vec<App> =
        futures_util::future::join_all(starts).await.into_iter().map(Result::unwrap).collect();
    for app in &apps {
        assert_eq!(app.keys().papers.chain, apps[0].keys().papers.chain);
        assert!(app.vault().missing().is_none());
    }
    let roots: Vec<_> = folders
        .iter()
        .map(|folder| folder.path().join("data/root-key-carry-away/root.pem"))
        .filter(|path| path.exists())
        .collect();
    assert_eq!(roots.len(), 1, "{roots:?}");
    let root = pem::read_private(&std::fs::read_to_string(&roots[0]).unwrap(), None).unwrap();
    assert_eq!(root.public_key(), apps[0].keys().papers.root);
    for folder in &folders {
        assert!(!folder.path().join("data/root-key.partial").exists());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delegation_and_a_list_that_are_brought_here_are_used_there() {
    let nodes = Nodes::new().await;
    let admin = nodes.a.admin().await;
    let chain = nodes.a.delegation(|delegation| delegation.not_after = NOW + 1000 * DAY);
    let brought = [("c", chain), ("l", list(&nodes.a.root(), 7))];
    let form = brought.into_iter().fold(Form::new(), |form, (name, text)| {
        form.part("file", Part::text(text).file_name(name))
    });
    admin.upload("/admin/keys", form).await.leads_to("/admin/keys");
    until("the other node uses them", async || {
        chain_of(&nodes.b) == chain_of(&nodes.a) && list_of(&nodes.b) == Some(7)
    })
    .await;
    assert_eq!(files(&nodes.a), files(&nodes.b));
    let noted = nodes.a.audit().await;
    let count = |action| noted.iter().filter(|entry| entry.action == action).count();
    assert_eq!(
        (count("keys.delegation"), count("keys.revocations"), count("keys.take")),
        (1, 1, 0)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_key_is_made_here_and_delegated_to_there() {
    let nodes = Nodes::new().await;
    run(nodes.a.app.config(), KeysCommand::New).await.unwrap();
    until("both have the next key", async || files(&nodes.b).contains_key("next.pem")).await;
    let next = std::fs::read_to_string(nodes.a.app.config().data.join("keys/next.pub")).unwrap();
    let next = pem::read_public(&next).unwrap();
    let chain = nodes.a.delegation(|delegation| delegation.key = next.clone());
    let path = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(path.path(), &chain).unwrap();
    let install = KeysCommand::Install { files: vec![path.path().to_owned()], less: false };
    run(nodes.b.app.config(), install).await.unwrap();
    for node in [&nodes.a, &nodes.b] {
        until("the new key signs", async || node.app.keys().papers.delegation.key == next).await;
        until("it is no next key any more", async || !files(node).contains_key("next.pem")).await;
        let key = node.license(1, None).await;
        let request = Machine::new("lab-7", &node.product).activation(&key);
        let visitor = node.visitor();
        let post = visitor.request("POST", "/api/v1/activations").body(request);
        let answer = visitor.send(post).await.is(200).json();
        let token = answer["token"].as_str().unwrap();
        let verified = node.roots().verify_response(token, Expect::Response).unwrap();
        assert_eq!(verified.delegation().unwrap().key, next);
    }
    assert_eq!(files(&nodes.a), files(&nodes.b));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_is_copied_into_one_folder_reaches_all_nodes_while_they_run_and_when_they_start()
 {
    let nodes = Nodes::new().await;
    let root = nodes.a.root();
    let copy = |node: &TestPortal, seq| {
        let path = node.app.config().data.join("keys/revocations.response");
        std::fs::write(path, list(&root, seq)).unwrap();
    };
    copy(&nodes.b, 3);
    for node in [&nodes.a, &nodes.b] {
        until("the list is in use", async || list_of(node) == Some(3)).await;
    }
    // One that comes while its node does not run, as another node's folder plays it.
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir_all(data.join("keys")).unwrap();
    for (name, bytes) in files(&nodes.b) {
        std::fs::write(data.join("keys").join(name), bytes).unwrap();
    }
    std::fs::write(data.join("keys/revocations.response"), list(&root, 4)).unwrap();
    let third = start(&data, &nodes.database, Some(PASSPHRASE)).await.unwrap();
    assert_eq!(third.keys().papers.list.as_ref().unwrap().seq, 4);
    for node in [&nodes.a, &nodes.b] {
        until("the newer list is in use", async || list_of(node) == Some(4)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_before_gets_the_newer_keys_back() {
    let nodes = Nodes::new().await;
    let raw = nodes.raw();
    raw.execute("CREATE TABLE before AS SELECT * FROM key_file").unwrap();
    let path = nodes.a.app.config().data.join("keys/revocations.response");
    std::fs::write(path, list(&nodes.a.root(), 9)).unwrap();
    until("the list is in use", async || list_of(&nodes.b) == Some(9)).await;
    raw.execute(
        "DELETE FROM key_file; INSERT INTO key_file SELECT * FROM before; UPDATE key_set SET revision = 1",
    )
    .unwrap();
    let lists = "SELECT COUNT(*) FROM key_file WHERE name = 'revocations.response'";
    until("the database has the list again", async || raw.value(lists) == "1").await;
    assert_eq!((list_of(&nodes.a), list_of(&nodes.b)), (Some(9), Some(9)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_passphrase_a_further_node_says_what_it_needs_and_makes_nothing() {
    let nodes = Nodes::new().await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let none = refusal(start(&data, &nodes.database, None).await);
    assert!(none.contains("this node has no passphrase"), "{none}");
    assert!(none.contains("--key-passphrase-file") && none.contains("no key was made"), "{none}");
    let wrong = refusal(start(&data, &nodes.database, Some("another passphrase")).await);
    assert!(wrong.contains("All nodes need the same one"), "{wrong}");
    assert!(!data.join("keys").exists() && !data.join("key-passphrase").exists());
    start(&data, &nodes.database, Some(PASSPHRASE)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keys_get_another_passphrase_while_all_nodes_run() {
    let secrets = tempfile::tempdir().unwrap();
    let (given, new) = (secrets.path().join("given"), secrets.path().join("new"));
    std::fs::write(&given, PASSPHRASE).unwrap();
    std::fs::write(&new, ANOTHER).unwrap();
    let nodes = Nodes::with(|config| config.key_passphrase.file = Some(given.clone())).await;
    run(nodes.a.app.config(), KeysCommand::New).await.unwrap();
    let reseal = || run(nodes.a.app.config(), KeysCommand::Passphrase { new: new.clone() });
    let done = reseal().await.unwrap();
    assert_eq!(done["resealed"], serde_json::json!(["next.pem", "signing.pem"]));
    let sealed = String::from_utf8(files(&nodes.a)["signing.pem"].clone()).unwrap();
    assert!(pem::read_private(&sealed, Some(PASSPHRASE)).is_err());
    assert!(pem::read_private(&sealed, Some(ANOTHER)).is_ok());
    // Nobody has given it to the nodes yet: they sign with what they have in memory, and a start needs it.
    for node in [&nodes.a, &nodes.b] {
        let key = node.license(1, None).await;
        let request = Machine::new("studio", &node.product).activation(&key);
        let visitor = node.visitor();
        let post = visitor.request("POST", "/api/v1/activations").body(request);
        assert!(visitor.send(post).await.status.is_success());
    }
    let folder = tempfile::tempdir().unwrap();
    let data = |name: &str| folder.path().join(name);
    let old = refusal(start(&data("old"), &nodes.database, Some(PASSPHRASE)).await);
    assert!(old.contains("All nodes need the same one"), "{old}");
    assert!(!data("old").join("keys").exists());
    let further = start(&data("further"), &nodes.database, Some(ANOTHER)).await.unwrap();
    assert!(further.vault().missing().is_none());
    // They look where the old one was, and need no restart.
    std::fs::copy(&new, &given).unwrap();
    until("both have it", async || files(&nodes.b) == files(&nodes.a)).await;
    let path = secrets.path().join("list.response");
    std::fs::write(&path, list(&nodes.a.root(), 7)).unwrap();
    let install = KeysCommand::Install { files: vec![path], less: false };
    run(nodes.a.app.config(), install).await.unwrap();
    until("both use a list that came since", async || {
        list_of(&nodes.a) == Some(7) && list_of(&nodes.b) == Some(7)
    })
    .await;
    let again = format!("{:#}", reseal().await.unwrap_err());
    assert!(again.contains("nothing was changed"), "{again}");
    let noted = nodes.a.audit().await;
    assert_eq!(noted.iter().filter(|entry| entry.action == "keys.passphrase").count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_a_copied_database_alone_signs_nothing_and_opens_no_second_factor() {
    let nodes = Nodes::new().await;
    run(nodes.a.app.config(), KeysCommand::New).await.unwrap();
    let raw = nodes.raw();
    let stored = raw.rows("SELECT name, convert_from(content, 'UTF8') FROM key_file");
    let names: Vec<&str> = stored.iter().map(|row| row[0].as_deref().unwrap()).collect();
    assert_eq!(names, ["next.pem", "next.pub", "root.pub", "signing.chain", "signing.pem"]);
    for row in &stored {
        let (name, text) = (row[0].as_deref().unwrap(), row[1].as_deref().unwrap());
        assert!(pem::read_private(text, None).is_err(), "{name}");
        assert!(pem::read_private(text, Some("another passphrase")).is_err(), "{name}");
        assert_eq!(pem::is_encrypted(text), name.ends_with(".pem"), "{name}");
    }
    let vault =
        std::fs::read_to_string(countersign_portal::vault::place(&nodes.a.app.config().data));
    let (vault, root) = (vault.unwrap(), nodes.a.root());
    let everything = everything_in(&raw);
    assert!(everything.contains("signing.chain"), "the whole database was read");
    for secret in [vault.trim(), PASSPHRASE] {
        assert!(!everything.contains(secret));
    }
    let seed: String = root.seed().iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(!everything.contains(&seed));
    let pem = pem::write_private(&root, None, &mut rng()).unwrap();
    assert!(!everything.contains(pem.lines().nth(1).unwrap()));
    // With a portal of one's own on it, and a passphrase of one's own.
    let folder = tempfile::tempdir().unwrap();
    refusal(start(&folder.path().join("data"), &nodes.database, Some("mine")).await);
}

/// Every row of every table, as text.
fn everything_in(raw: &Raw) -> String {
    let tables = raw.column("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
    let rows = |table: &String| {
        raw.column(&format!("SELECT t::text FROM \"{table}\" t")).join("\n")
            + &match &**table {
                "key_file" => {
                    raw.column("SELECT convert_from(content, 'UTF8') FROM key_file").join("\n")
                }
                _ => String::new(),
            }
    };
    tables.iter().map(rows).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_who_writes_into_the_database_puts_no_key_of_theirs_in_use() {
    let nodes = Nodes::new().await;
    let raw = nodes.raw();
    let (mine, root) = (SigningKey::from_seed(&[5; 32]), SigningKey::from_seed(&[6; 32]));
    let mut delegation = nodes.a.app.keys().papers.delegation.clone();
    delegation.key = mine.public_key();
    delegation.serial = Some(99);
    let chain = file::write(&delegation.sign(&root), &[]);
    let clear = pem::write_private(&mine, None, &mut rng()).unwrap();
    let public = pem::write_public(&root.public_key());
    let before = [files(&nodes.a), files(&nodes.b)];
    let put = |name: &str, text: &str| {
        raw.execute(&format!(
            "UPDATE key_file SET content = convert_to('{text}', 'UTF8') WHERE name = '{name}'"
        ))
        .unwrap();
    };
    put("signing.pem", &clear);
    put("signing.chain", &chain);
    put("root.pub", &public);
    raw.execute("UPDATE key_set SET revision = revision + 1").unwrap();
    for node in [&nodes.a, &nodes.b] {
        complains(node).await;
        assert_ne!(node.app.keys().papers.root, root.public_key());
        assert_ne!(node.app.keys().papers.delegation.key, mine.public_key());
    }
    assert_eq!([files(&nodes.a), files(&nodes.b)], before);
    let folder = tempfile::tempdir().unwrap();
    let refused =
        refusal(start(&folder.path().join("data"), &nodes.database, Some(PASSPHRASE)).await);
    assert!(refused.contains("signing.pem is not encrypted"), "{refused}");
    // Nor does somebody of the vendor encrypt it for them.
    let new = folder.path().join("new");
    std::fs::write(&new, ANOTHER).unwrap();
    let revision = raw.value("SELECT revision FROM key_set");
    let resealed = run(nodes.a.app.config(), KeysCommand::Passphrase { new }).await;
    let refused = format!("{:#}", resealed.unwrap_err());
    assert!(refused.contains("signing.pem is not encrypted"), "{refused}");
    assert_eq!([files(&nodes.a), files(&nodes.b)], before);
    assert_eq!(raw.value("SELECT revision FROM key_set"), revision);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_the_public_half_that_is_carried_to_the_root_is_exchanged_in_the_database() {
    let nodes = Nodes::new().await;
    run(nodes.a.app.config(), KeysCommand::New).await.unwrap();
    until("both have the next key", async || files(&nodes.b).contains_key("next.pub")).await;
    let before = [files(&nodes.a), files(&nodes.b)];
    let theirs = pem::write_public(&SigningKey::from_seed(&[5; 32]).public_key());
    let raw = nodes.raw();
    raw.execute(&format!(
        "UPDATE key_file SET content = convert_to('{theirs}', 'UTF8') WHERE name = 'next.pub'; \
         UPDATE key_set SET revision = revision + 1"
    ))
    .unwrap();
    for node in [&nodes.a, &nodes.b] {
        complains(node).await;
    }
    assert_eq!([files(&nodes.a), files(&nodes.b)], before);
    let folder = tempfile::tempdir().unwrap();
    let refused =
        refusal(start(&folder.path().join("data"), &nodes.database, Some(PASSPHRASE)).await);
    assert!(refused.contains("next.pub is not the public half of next.pem"), "{refused}");
    let path = folder.path().join("list.response");
    std::fs::write(&path, list(&nodes.a.root(), 3)).unwrap();
    let install = KeysCommand::Install { files: vec![path], less: false };
    let refused = format!("{:#}", run(nodes.a.app.config(), install).await.unwrap_err());
    assert!(refused.contains("next.pub is not the public half of next.pem"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_before_gets_the_newer_keys_back_under_the_passphrase_that_it_has_since() {
    let secrets = tempfile::tempdir().unwrap();
    let given = secrets.path().join("given");
    std::fs::write(&given, PASSPHRASE).unwrap();
    let nodes = Nodes::with(|config| config.key_passphrase.file = Some(given.clone())).await;
    let raw = nodes.raw();
    raw.execute("CREATE TABLE before AS SELECT * FROM key_file").unwrap();
    let path = nodes.a.app.config().data.join("keys/revocations.response");
    std::fs::write(path, list(&nodes.a.root(), 9)).unwrap();
    until("the list is in use", async || list_of(&nodes.b) == Some(9)).await;
    let sealed = String::from_utf8(files(&nodes.a)["signing.pem"].clone()).unwrap();
    let key = pem::read_private(&sealed, Some(PASSPHRASE)).unwrap();
    let anew = pem::write_encrypted(&key, ANOTHER, pem::Tries::Cheap, &mut rng()).unwrap();
    std::fs::write(&given, ANOTHER).unwrap();
    raw.execute(&format!(
        "BEGIN; DELETE FROM key_file; INSERT INTO key_file SELECT * FROM before; \
         UPDATE key_file SET content = convert_to('{}', 'UTF8') WHERE name = 'signing.pem'; \
         UPDATE key_set SET revision = revision + 7; COMMIT",
        *anew
    ))
    .unwrap();
    let lists = "SELECT COUNT(*) FROM key_file WHERE name = 'revocations.response'";
    until("the database has the list again", async || raw.value(lists) == "1").await;
    let key_of_all =
        "SELECT convert_from(content, 'UTF8') FROM key_file WHERE name = 'signing.pem'";
    assert!(pem::read_private(&raw.value(key_of_all), Some(ANOTHER)).is_ok());
    until("both have that", async || {
        let key = files(&nodes.a)["signing.pem"].clone();
        key == files(&nodes.b)["signing.pem"] && key == raw.value(key_of_all).into_bytes()
    })
    .await;
}
