//! Files that somebody puts into the keys folder while the portal runs.

use std::fs;

use super::papers::{PAGE, key, kid, list};
use crate::world::TestPortal;

#[tokio::test]
async fn files_that_are_put_into_the_folder_are_used_within_seconds() {
    let portal = TestPortal::new().await;
    let folder = portal.keys_folder();
    fs::write(folder.join("signing.chain"), portal.delegate_anew()).unwrap();
    let serial = async |portal: &TestPortal| portal.app.keys().papers.delegation.serial.is_some();
    portal.until("the delegation is used", serial).await;
    fs::write(folder.join("revocations.response"), list(&portal.root(), 3, &[kid(66)])).unwrap();
    let listed = async |portal: &TestPortal| portal.app.keys().papers.list.is_some();
    portal.until("the list is used", listed).await;
    let taken = async |portal: &TestPortal| {
        portal.audit().await.iter().filter(|entry| entry.action == "keys.take").count() == 2
    };
    portal.until("it is noted", taken).await;
    assert_eq!(portal.ready().await["warning"], serde_json::Value::Null);
}

#[tokio::test]
async fn a_broken_set_of_files_takes_no_running_portal_down() {
    let portal = TestPortal::new().await;
    let (admin, folder) = (portal.admin().await, portal.keys_folder());
    let chain = fs::read(folder.join("signing.chain")).unwrap();
    let pem = fs::read(folder.join("signing.pem")).unwrap();
    let used = portal.signs_with();
    let license = portal.license(20, None).await;
    let foreign = portal.delegation(|delegation| delegation.key = key(5).public_key());
    let break_it: [(&str, &str, Option<&[u8]>); 5] = [
        ("half a delegation", "signing.chain", Some(&chain[..chain.len() / 2])),
        ("a delegation for another key", "signing.chain", Some(foreign.as_bytes())),
        ("no private key", "signing.pem", None),
        ("a list that is none", "revocations.response", Some(b"nothing")),
        ("a file without an end", "rotation-1.response", Some(&[b'A'; 200_000])),
    ];
    for (what, name, bytes) in break_it {
        let path = folder.join(name);
        match bytes {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let said = async |portal: &TestPortal| {
            let warning = &portal.ready().await["warning"];
            warning.as_str().is_some_and(|words| words.contains("are not used"))
        };
        portal.until(what, said).await;
        let page = admin.get(PAGE).await.is(200).says("The files in the keys folder are not used");
        page.says(name);
        let answer = portal.visitor().get("/readyz").await.is(200);
        answer.hides(portal.app.config().data.to_str().unwrap());
        let machine = crate::played::Machine::new(what, &portal.product);
        let visitor = portal.visitor();
        let post = visitor.request("POST", "/api/v1/activations");
        visitor.send(post.body(machine.activation(&license))).await.is(200);
        assert_eq!(portal.signs_with(), used, "{what}");
        // Put right again, the complaint ends.
        fs::write(folder.join("signing.chain"), &chain).unwrap();
        fs::write(folder.join("signing.pem"), &pem).unwrap();
        for extra in ["revocations.response", "rotation-1.response"] {
            let _ = fs::remove_file(folder.join(extra));
        }
        let fine = async |portal: &TestPortal| portal.ready().await["warning"].is_null();
        portal.until("all is well again", fine).await;
    }
}

#[tokio::test]
async fn attack_a_list_rolled_back_on_disk_is_not_used_by_the_running_portal() {
    let portal = TestPortal::new().await;
    let path = portal.keys_folder().join("revocations.response");
    let root = portal.root();
    fs::write(&path, list(&root, 2, &[kid(66)])).unwrap();
    let listed = async |portal: &TestPortal| portal.app.keys().papers.list.is_some();
    portal.until("the list is used", listed).await;
    for (seq, older) in [(3, Some(list(&root, 1, &[]))), (4, None)] {
        match &older {
            Some(list) => fs::write(&path, list).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let said = async |portal: &TestPortal| portal.ready().await["warning"].is_string();
        portal.until("it is said", said).await;
        assert!(portal.app.keys().papers.list.as_ref().unwrap().names(&kid(66), None));
        fs::write(&path, list(&root, seq, &[kid(66)])).unwrap();
        let fine = async |portal: &TestPortal| portal.ready().await["warning"].is_null();
        portal.until("a newer one is used", fine).await;
        let newer = portal.app.keys().papers.list.as_ref().unwrap().seq;
        assert_eq!(newer, seq);
    }
}

#[tokio::test]
async fn a_new_key_and_its_delegation_put_there_one_after_the_other_are_taken_as_one() {
    let portal = TestPortal::new().await;
    let folder = portal.keys_folder();
    let (new, license) = (key(9), portal.license(5, None).await);
    let clear = countersign_core::pem::write_private(&new, None, &mut crate::played::rng());
    fs::write(folder.join("signing.pem"), clear.unwrap().as_bytes()).unwrap();
    let said = async |portal: &TestPortal| portal.ready().await["warning"].is_string();
    portal.until("half of it is not taken", said).await;
    let machine = crate::played::Machine::new("lab-7", &portal.product);
    let visitor = portal.visitor();
    let post = visitor.request("POST", "/api/v1/activations");
    visitor.send(post.body(machine.activation(&license))).await.is(200);
    let chain = portal.delegation(|delegation| delegation.key = new.public_key());
    fs::write(folder.join("signing.chain"), chain).unwrap();
    let used = async |portal: &TestPortal| {
        *portal.app.keys().signing.kid() == new.public_key().thumbprint()
    };
    portal.until("the new key signs", used).await;
}
