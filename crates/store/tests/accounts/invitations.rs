//! Invitations: an address belongs to an account once its mailbox has said so.

use countersign_store::{Accept, Accepted, LinkPurpose, UserChange, UserStatus};

use super::world::{NOW, World, job, random_id};

fn accept() -> Accept {
    Accept { first_name: "Joe".into(), last_name: "Public".into(), password_hash: "hash".into() }
}

#[tokio::test]
async fn an_invitation_is_accepted_once() {
    let world = World::new().await;
    let lab = world.organization(None).await;
    let (joe, _) = world.invite(lab, "Joe@Lab.example ").await;
    let invited = world.get(joe).await;
    assert_eq!((invited.status, invited.address()), (UserStatus::Invited, "joe@lab.example"));
    assert!(world.store.user_by_email("joe@lab.example").await.unwrap().is_none());
    assert_eq!(world.store.jobs_waiting("mail").await.unwrap().waiting, 1);
    let (link, second) = (
        world.link(LinkPurpose::Invite, joe, None).await,
        world.link(LinkPurpose::Invite, joe, None).await,
    );
    assert_eq!(world.store.invited_user(&link, NOW).await.unwrap().unwrap().id, joe);
    let done = world.store.accept_invitation(link, accept(), NOW).await.unwrap();
    assert_eq!(done, Accepted::Done(joe));
    for link in [link, second] {
        let again = world.store.accept_invitation(link, accept(), NOW).await.unwrap();
        assert_eq!(again, Accepted::DeadLink);
    }
    let joe = world.get(joe).await;
    assert_eq!((joe.email.as_str(), joe.name.as_str()), ("joe@lab.example", "Joe Public"));
    assert!(joe.may_log_in());
    assert!(world.log(lab).await.contains(&"user.accept-invitation".to_owned()));
}

#[tokio::test]
async fn inviting_an_address_does_not_tell_whether_it_has_an_account() {
    let world = World::new().await;
    let (lab, other) = (world.organization(None).await, world.organization(None).await);
    world.user("joe@other.example", Some(other)).await;
    let (joe, done) = world.invite(lab, "joe@other.example").await;
    assert_eq!(done, UserChange::Done);
    let again = world.invite(lab, "JOE@other.example").await.1;
    assert_eq!(again, UserChange::EmailTaken, "what the organization knows itself, it is told");
    let link = world.link(LinkPurpose::Invite, joe, None).await;
    let taken = world.store.accept_invitation(link, accept(), NOW).await.unwrap();
    assert_eq!(taken, Accepted::HasAccount);
    assert!(world.store.invited_user(&link, NOW).await.unwrap().is_some(), "the link is not used");
}

#[tokio::test]
async fn an_invitation_does_not_keep_the_owner_of_an_address_out() {
    let world = World::new().await;
    let lab = world.organization(None).await;
    world.invite(lab, "victim@acme.example").await;
    let victim = world.user("victim@acme.example", None).await;
    assert!(victim.may_log_in());
}

#[tokio::test]
async fn an_account_without_an_organization_joins_with_what_the_invited_was_given() {
    let world = World::new().await;
    let (lab, other) = (world.organization(None).await, world.organization(None).await);
    let joe = world.user("joe@acme.example", None).await;
    let (invited, _) = world.invite(lab, "joe@acme.example").await;
    let group = random_id();
    world.store.create_group(group, lab, "Students", "test", NOW).await.unwrap();
    world.store.add_to_group(lab, group, invited, "test", NOW).await.unwrap();
    let link = world.link(LinkPurpose::Invite, invited, None).await;
    let eve = world.user("eve@acme.example", None).await;
    let join = async |user| world.store.join_by_invitation(link, user, NOW).await.unwrap();
    assert_eq!(join(eve.id).await, Accepted::OtherAddress);
    assert_eq!(join(joe.id).await, Accepted::Done(joe.id));
    assert_eq!(join(joe.id).await, Accepted::DeadLink);
    assert_eq!(world.get(joe.id).await.organization, Some(lab));
    assert!(world.store.user(invited).await.unwrap().is_none());
    assert_eq!(world.store.groups_of_user(joe.id).await.unwrap()[0].id, group);
    let (invited, _) = world.invite(other, "joe@acme.example").await;
    let link = world.link(LinkPurpose::Invite, invited, None).await;
    let elsewhere = world.store.join_by_invitation(link, joe.id, NOW).await.unwrap();
    assert_eq!(elsewhere, Accepted::BelongsElsewhere);
}

#[tokio::test]
async fn an_invitation_that_was_taken_back_is_worth_nothing() {
    let world = World::new().await;
    let (lab, other) = (world.organization(Some(1)).await, world.organization(None).await);
    let (joe, _) = world.invite(lab, "joe@lab.example").await;
    let link = world.link(LinkPurpose::Invite, joe, None).await;
    let withdraw = async |organization, user| {
        world.store.withdraw_invitation(organization, user, "test", NOW).await.unwrap()
    };
    assert!(!withdraw(other, joe).await, "another organization's");
    assert!(withdraw(lab, joe).await);
    let dead = world.store.accept_invitation(link, accept(), NOW).await.unwrap();
    assert_eq!(dead, Accepted::DeadLink);
    let jane = world.user("jane@lab.example", Some(lab)).await;
    assert!(!withdraw(lab, jane.id).await, "who is in is not taken back");
}

#[tokio::test]
async fn a_password_link_does_not_go_round_the_invitation() {
    let world = World::new().await;
    let lab = world.organization(None).await;
    let (joe, _) = world.invite(lab, "joe@lab.example").await;
    let link = world.link(LinkPurpose::SetPassword, joe, None).await;
    let hash = "hash".to_owned();
    let purpose = LinkPurpose::SetPassword;
    let set = world.store.set_password_by_link(link, purpose, hash, |_| job("password"), NOW);
    assert_eq!(set.await.unwrap(), None);
    assert_eq!(world.get(joe).await.status, UserStatus::Invited);
}
