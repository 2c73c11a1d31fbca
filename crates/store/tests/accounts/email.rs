//! Changing the e-mail address, and undoing it.

use countersign_core::{Hash, Id};
use countersign_store::{EmailChange, LinkPurpose};

use super::world::{NOW, World, job};

impl World {
    async fn ask(&self, user: Id, email: &str) -> Hash {
        assert!(self.store.ask_email_change(user, email, job("ask"), NOW).await.unwrap());
        self.link(LinkPurpose::ConfirmEmail, user, Some(email)).await
    }

    async fn confirm(&self, link: Hash) -> EmailChange {
        let notice = |_: Id, old: &str| job(old);
        self.store.confirm_email(link, notice, NOW).await.unwrap()
    }

    async fn revert(&self, link: Hash) -> EmailChange {
        self.store.revert_email(link, NOW).await.unwrap()
    }

    /// Changes the address and gives the way back that was mailed to the old one.
    async fn move_to(&self, user: Id, email: &str) -> Hash {
        let old = self.get(user).await.email;
        let link = self.ask(user, email).await;
        assert_eq!(self.confirm(link).await, EmailChange::Done(user));
        self.link(LinkPurpose::RevertEmail, user, Some(&old)).await
    }
}

#[tokio::test]
async fn email_takeover_by_an_unconfirmed_change_takes_nothing() {
    let world = World::new().await;
    let eve = world.user("eve@acme.example", None).await;
    let link = world.ask(eve.id, "victim@acme.example").await;
    assert_eq!(world.get(eve.id).await.email, "eve@acme.example");
    assert!(world.store.user_by_email("victim@acme.example").await.unwrap().is_none());
    let victim = world.user("victim@acme.example", None).await;
    assert_eq!(world.confirm(link).await, EmailChange::Taken);
    assert_eq!(world.get(victim.id).await.email, "victim@acme.example");
}

#[tokio::test]
async fn a_confirmed_address_counts_and_the_old_one_hears_of_it() {
    let world = World::new().await;
    let jane = world.user("jane@old.example", None).await;
    let mailed_before = world.link(LinkPurpose::ResetPassword, jane.id, None).await;
    let first = world.ask(jane.id, "typo@new.example").await;
    let second = world.ask(jane.id, "jane@new.example").await;
    assert_eq!(world.confirm(first).await, EmailChange::DeadLink, "the later wish counts");
    assert_eq!(world.confirm(second).await, EmailChange::Done(jane.id));
    assert_eq!(world.confirm(second).await, EmailChange::DeadLink);
    assert_eq!(world.get(jane.id).await.email, "jane@new.example");
    let jobs = world.store.take_jobs("mail", 9, 60, NOW).await.unwrap();
    assert!(jobs.iter().any(|job| job.payload == "jane@old.example"));
    let reset = LinkPurpose::ResetPassword;
    assert!(!world.store.link_works(&mailed_before, reset, NOW).await.unwrap());
}

#[tokio::test]
async fn a_new_password_ends_a_change_of_address_that_waits() {
    let world = World::new().await;
    let jane = world.user("jane@acme.example", None).await;
    let thief = world.ask(jane.id, "thief@evil.example").await;
    assert!(world.store.set_password(jane.id, "new", "test", NOW).await.unwrap());
    assert_eq!(world.confirm(thief).await, EmailChange::DeadLink);
    assert_eq!(world.get(jane.id).await.email, "jane@acme.example");
}

#[tokio::test]
async fn the_old_mailbox_undoes_a_change_whatever_the_thief_did_after_it() {
    let world = World::new().await;
    let jane = world.user("jane@acme.example", None).await;
    let owners = world.move_to(jane.id, "thief@evil.example").await;
    let thiefs = world.move_to(jane.id, "thief@worse.example").await;
    let (session, _) = world.session(jane.id).await;
    assert_eq!(world.revert(thiefs).await, EmailChange::Done(jane.id));
    let thiefs = world.move_to(jane.id, "thief@third.example").await;
    assert_eq!(world.revert(owners).await, EmailChange::Done(jane.id));
    assert_eq!(world.revert(thiefs).await, EmailChange::DeadLink);
    let jane = world.get(jane.id).await;
    assert_eq!((jane.email.as_str(), &jane.password_hash), ("jane@acme.example", &None));
    assert!(world.store.session_user(&session, NOW).await.unwrap().is_none());
}

#[tokio::test]
async fn a_change_is_not_undone_onto_somebody_elses_address() {
    let world = World::new().await;
    let jane = world.user("jane@acme.example", None).await;
    let back = world.move_to(jane.id, "jane@new.example").await;
    world.user("jane@acme.example", None).await;
    assert_eq!(world.revert(back).await, EmailChange::Taken);
}
