//! Organizations and their users: the limit, who may change whom, what the log tells.

use std::sync::Arc;

use countersign_core::Id;
use countersign_store::{
    MemberChange, OrganizationRole, ProfileChange, Role, Standing, User, UserChange, UserStatus,
};

use super::world::{NOW, World, random_id};

const FULL: UserChange = UserChange::OrganizationFull { allowed: 2 };

fn change(user: Id, role: OrganizationRole, standing: Standing) -> MemberChange {
    MemberChange {
        user,
        first_name: "Jane".into(),
        last_name: "Doe".into(),
        organization_role: role,
        standing,
    }
}

impl World {
    async fn change(&self, organization: Id, change: MemberChange) -> UserChange {
        self.store.change_member(organization, change, "test", NOW).await.unwrap()
    }

    async fn set_standing(&self, organization: Id, user: Id, standing: Standing) -> UserChange {
        self.change(organization, change(user, OrganizationRole::Member, standing)).await
    }
}

#[tokio::test]
async fn over_the_limit_nobody_is_created_invited_moved_or_reactivated() {
    let world = World::new().await;
    let lab = world.organization(Some(2)).await;
    let jane = world.user("jane@lab.example", Some(lab)).await;
    assert_eq!(world.invite(lab, "joe@lab.example").await.1, UserChange::Done);
    assert_eq!(world.store.counted_users(lab).await.unwrap(), 2);
    assert_eq!(world.invite(lab, "eve@lab.example").await.1, FULL);
    let new = User {
        organization: Some(lab),
        ..User::invited(random_id(), "max@lab.example", Role::Customer, NOW)
    };
    assert_eq!(world.store.create_user(new, "test", NOW).await.unwrap(), FULL);
    let other = world.user("ann@other.example", None).await;
    let moved = User { organization: Some(lab), ..other };
    assert_eq!(world.store.change_user(moved, "test", NOW).await.unwrap(), FULL);
    let away = world.set_standing(lab, jane.id, Standing::Deactivated).await;
    assert_eq!(away, UserChange::Done);
    assert_eq!(world.invite(lab, "eve@lab.example").await.1, UserChange::Done);
    assert_eq!(world.set_standing(lab, jane.id, Standing::Active).await, FULL);
    let lifted = User { status: UserStatus::Active, ..world.get(jane.id).await };
    assert_eq!(world.store.change_user(lifted, "test", NOW).await.unwrap(), FULL);
    world.allow_users(lab, None).await;
    assert_eq!(world.set_standing(lab, jane.id, Standing::Active).await, UserChange::Done);
    let nowhere = User { organization: Some(random_id()), ..world.get(jane.id).await };
    let refused = world.store.change_user(nowhere, "test", NOW).await.unwrap();
    assert_eq!(refused, UserChange::UnknownOrganization);
}

#[tokio::test(flavor = "multi_thread")]
async fn over_the_user_limit_in_a_race() {
    let world = Arc::new(World::new().await);
    let lab = world.organization(Some(5)).await;
    let racers = (0..32).map(|n| {
        let world = Arc::clone(&world);
        tokio::spawn(async move { world.invite(lab, &format!("u{n}@lab.example")).await.1 })
    });
    let mut done = 0;
    for racer in racers.collect::<Vec<_>>() {
        match racer.await.unwrap() {
            UserChange::Done => done += 1,
            UserChange::OrganizationFull { allowed: 5 } => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((done, world.store.counted_users(lab).await.unwrap()), (5, 5));
}

#[tokio::test]
async fn editing_a_user_of_another_organization_finds_nobody() {
    let world = World::new().await;
    let (lab, other) = (world.organization(None).await, world.organization(None).await);
    let jane = world.user("jane@lab.example", Some(lab)).await;
    let promoted = change(jane.id, OrganizationRole::Admin, Standing::Active);
    assert_eq!(world.change(other, promoted).await, UserChange::Unknown);
    assert_eq!(world.get(jane.id).await, jane);
    assert!(!world.log(other).await.contains(&"user.change".to_owned()));
}

#[tokio::test]
async fn the_last_admin_of_an_organization_stays() {
    let world = World::new().await;
    let lab = world.organization(None).await;
    let ada = world.admin("ada@lab.example", lab).await;
    let leave = change(ada.id, OrganizationRole::Member, Standing::Active);
    let last = UserChange::LastOrganizationAdmin;
    assert_eq!(world.change(lab, leave.clone()).await, last);
    let away = change(ada.id, OrganizationRole::Admin, Standing::Deactivated);
    assert_eq!(world.change(lab, away).await, last);
    world.admin("bob@lab.example", lab).await;
    assert_eq!(world.change(lab, leave).await, UserChange::Done);
    let ada = world.get(ada.id).await;
    assert_eq!((ada.name.as_str(), ada.runs()), ("Jane Doe", None));
}

#[tokio::test]
async fn the_vendor_and_the_organization_cannot_lift_each_others_locks() {
    let world = World::new().await;
    let lab = world.organization(None).await;
    let jane = world.user("jane@lab.example", Some(lab)).await;
    let (token, _) = world.session(jane.id).await;
    let suspended = User { status: UserStatus::Suspended, ..jane.clone() };
    world.store.change_user(suspended, "test", NOW).await.unwrap();
    assert!(world.store.session_user(&token, NOW).await.unwrap().is_none());
    world.set_standing(lab, jane.id, Standing::Deactivated).await;
    world.set_standing(lab, jane.id, Standing::Active).await;
    assert_eq!(world.get(jane.id).await.status, UserStatus::Suspended);
    world.set_standing(lab, jane.id, Standing::Deactivated).await;
    let reinstated = User { status: UserStatus::Active, ..world.get(jane.id).await };
    world.store.change_user(reinstated, "test", NOW).await.unwrap();
    assert_eq!(world.get(jane.id).await.status, UserStatus::Deactivated);
    world.set_standing(lab, jane.id, Standing::Active).await;
    assert_eq!(world.get(jane.id).await.status, UserStatus::Active);
}

#[tokio::test]
async fn who_moves_leaves_their_groups_and_both_logs_tell() {
    let world = World::new().await;
    let (lab, other) = (world.organization(None).await, world.organization(None).await);
    let jane = world.user("jane@lab.example", Some(lab)).await;
    let group = random_id();
    world.store.create_group(group, lab, "Students", "test", NOW).await.unwrap();
    world.store.add_to_group(lab, group, jane.id, "test", NOW).await.unwrap();
    let moved = User { organization: Some(other), ..jane.clone() };
    assert_eq!(world.store.change_user(moved, "test", NOW).await.unwrap(), UserChange::Done);
    assert!(world.store.groups_of_user(jane.id).await.unwrap().is_empty());
    assert!(world.store.members_of_group(lab, group).await.unwrap().is_empty());
    assert!(world.log(lab).await.contains(&"user.move".to_owned()));
    assert!(world.log(other).await.contains(&"user.change".to_owned()));
}

#[tokio::test]
async fn a_name_in_two_parts_is_shown_as_one_and_an_old_name_stays() {
    let world = World::new().await;
    let jane = world.user("jane@acme.example", None).await;
    let profile = |first: &str, last: &str| ProfileChange {
        first_name: first.into(),
        last_name: last.into(),
        language: Some("de".into()),
    };
    assert!(world.store.change_profile(jane.id, profile("", ""), NOW).await.unwrap());
    assert_eq!(world.get(jane.id).await.name, "jane");
    world.store.change_profile(jane.id, profile(" Jane ", "Doe"), NOW).await.unwrap();
    let jane = world.get(jane.id).await;
    assert_eq!((jane.name.as_str(), jane.language.as_deref()), ("Jane Doe", Some("de")));
}

#[tokio::test]
async fn the_log_of_an_organization_is_paged_and_is_its_own() {
    let world = World::new().await;
    let (lab, other) = (world.organization(None).await, world.organization(None).await);
    for n in 0..5 {
        world.user(&format!("u{n}@lab.example"), Some(lab)).await;
    }
    world.user("ann@other.example", Some(other)).await;
    world.user("nobody@acme.example", None).await;
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let page = world.store.audit_of_organization(lab, before, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.seq);
        seen.extend(page.into_iter().map(|entry| entry.action));
    }
    let mut expected = vec!["user.create"; 5];
    expected.extend(["organization.change", "organization.create"]);
    assert_eq!(seen, expected);
    let own = world.log(other).await;
    assert_eq!(own, ["organization.create", "organization.change", "user.create"]);
}
