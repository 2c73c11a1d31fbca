//! Groups, the licenses that are linked to them, and who has access through what.

use countersign_core::{Id, LicenseId};
use countersign_store::{GroupChange, License, LicenseChange, Standing, Through};

use super::world::{NOW, World, random_id};

impl World {
    async fn group(&self, organization: Id, name: &str) -> Id {
        let id = random_id();
        let done = self.store.create_group(id, organization, name, "test", NOW).await.unwrap();
        assert_eq!(done, GroupChange::Done);
        id
    }

    async fn link_to(&self, organization: Id, group: Id, license: LicenseId) -> GroupChange {
        self.store.link_license(organization, group, license, Some(3), "test", NOW).await.unwrap()
    }

    /// Seats taken through the group, as activations count them.
    fn take_seats(&self, group: Id, seats: i64) -> Result<(), String> {
        self.database.raw().execute(&format!(
            "UPDATE group_license SET live_activations = live_activations + {seats} WHERE group_id = '{group}'"
        ))
    }

    async fn through(&self, license: &LicenseId) -> Vec<(String, Through)> {
        let access = self.store.license_access(license).await.unwrap();
        access.into_iter().map(|access| (access.email, access.through)).collect()
    }
}

#[tokio::test]
async fn a_group_holds_users_and_licenses_of_its_own_organization_only() {
    let world = World::new().await;
    let (lab, other) = (world.organization(None).await, world.organization(None).await);
    let (jane, eve) = (
        world.user("jane@lab.example", Some(lab)).await,
        world.user("eve@other.example", Some(other)).await,
    );
    let (ours, theirs) =
        (world.license(Some(lab), None).await, world.license(Some(other), None).await);
    let group = world.group(lab, "Students").await;
    let add = async |organization, user| {
        world.store.add_to_group(organization, group, user, "test", NOW).await.unwrap()
    };
    assert_eq!(add(lab, eve.id).await, GroupChange::Unknown);
    assert_eq!(add(other, eve.id).await, GroupChange::Unknown);
    assert_eq!(add(lab, jane.id).await, GroupChange::Done);
    assert_eq!(add(lab, jane.id).await, GroupChange::Done, "twice is once");
    assert_eq!(world.link_to(lab, group, theirs).await, GroupChange::Unknown);
    assert_eq!(world.link_to(other, group, theirs).await, GroupChange::Unknown);
    assert_eq!(world.link_to(lab, group, ours).await, GroupChange::Done);
    let groups = world.store.groups_of_organization(lab).await.unwrap();
    assert_eq!(groups.iter().map(|g| (g.members, g.licenses)).collect::<Vec<_>>(), [(1, 1)]);
    assert!(world.store.group(other, group).await.unwrap().is_none());
    let renamed = world.store.rename_group(other, group, "Mine", "test", NOW).await.unwrap();
    assert_eq!(renamed, GroupChange::Unknown);
    let deleted = world.store.delete_group(other, group, "test", NOW).await.unwrap();
    assert_eq!(deleted, GroupChange::Unknown);
    assert!(world.store.licenses_of_group(other, group).await.unwrap().is_empty());
    assert!(world.store.members_of_group(other, group).await.unwrap().is_empty());
}

#[tokio::test]
async fn names_are_unique_among_the_groups_that_are_there() {
    let world = World::new().await;
    let lab = world.organization(None).await;
    let first = world.group(lab, "Students").await;
    let second = world.group(lab, "Staff").await;
    let again =
        world.store.create_group(random_id(), lab, " Students ", "test", NOW).await.unwrap();
    assert_eq!(again, GroupChange::NameTaken);
    let renamed = world.store.rename_group(lab, second, "Students", "test", NOW).await.unwrap();
    assert_eq!(renamed, GroupChange::NameTaken);
    world.store.delete_group(lab, first, "test", NOW).await.unwrap();
    let renamed = world.store.rename_group(lab, second, "Students", "test", NOW).await.unwrap();
    assert_eq!(renamed, GroupChange::Done);
}

#[tokio::test]
async fn access_is_through_ownership_the_organization_or_a_group() {
    let world = World::new().await;
    let lab = world.organization(None).await;
    world.admin("ada@lab.example", lab).await;
    let (jane, joe) = (
        world.user("jane@lab.example", Some(lab)).await,
        world.user("joe@lab.example", Some(lab)).await,
    );
    let license = world.license(Some(lab), Some(jane.id)).await;
    let group = world.group(lab, "Students").await;
    for user in [jane.id, joe.id] {
        world.store.add_to_group(lab, group, user, "test", NOW).await.unwrap();
    }
    world.link_to(lab, group, license).await;
    let by_group = Through::Group { id: group, name: "Students".into() };
    let expected = [
        ("jane@lab.example".to_owned(), Through::Owner),
        ("ada@lab.example".to_owned(), Through::OrganizationAdmin),
        ("jane@lab.example".to_owned(), by_group.clone()),
        ("joe@lab.example".to_owned(), by_group),
    ];
    assert_eq!(world.through(&license).await, expected);
    world.store.remove_from_group(lab, group, jane.id, "test", NOW).await.unwrap();
    let away = countersign_store::MemberChange {
        user: joe.id,
        first_name: "Joe".into(),
        last_name: String::new(),
        organization_role: countersign_store::OrganizationRole::Member,
        standing: Standing::Deactivated,
    };
    world.store.change_member(lab, away, "test", NOW).await.unwrap();
    assert_eq!(world.through(&license).await, expected[..2]);
}

#[tokio::test]
async fn a_license_that_moves_to_another_organization_is_out_of_reach_of_the_groups_it_had() {
    let world = World::new().await;
    let (lab, other) = (world.organization(None).await, world.organization(None).await);
    let jane = world.user("jane@lab.example", Some(lab)).await;
    let license = world.license(Some(lab), None).await;
    let group = world.group(lab, "Students").await;
    world.store.add_to_group(lab, group, jane.id, "test", NOW).await.unwrap();
    world.link_to(lab, group, license).await;
    let read = world.store.license(&license).await.unwrap().unwrap();
    let moved = License { organization: Some(other), ..read };
    assert_eq!(world.store.change_license(moved, "test", NOW).await.unwrap(), LicenseChange::Done);
    assert!(world.through(&license).await.is_empty());
    assert!(world.store.licenses_of_group(lab, group).await.unwrap().is_empty());
    assert!(world.log(lab).await.contains(&"license.move".to_owned()));
}

#[tokio::test]
async fn an_undone_link_keeps_the_count_of_its_seats() {
    let world = World::new().await;
    let lab = world.organization(None).await;
    let license = world.license(Some(lab), None).await;
    let group = world.group(lab, "Students").await;
    world.link_to(lab, group, license).await;
    world.take_seats(group, 2).unwrap();
    assert!(world.take_seats(group, 2).is_err(), "the database itself holds the cap");
    let link = async |cap| {
        world.store.link_license(lab, group, license, Some(cap), "test", NOW).await.unwrap()
    };
    assert_eq!(link(1).await, GroupChange::BelowUse { live: 2 });
    let unlink =
        async || world.store.unlink_license(lab, group, license, "test", NOW).await.unwrap();
    assert_eq!(unlink().await, GroupChange::Done);
    assert_eq!(unlink().await, GroupChange::Unknown);
    assert!(world.store.licenses_of_group(lab, group).await.unwrap().is_empty());
    world.take_seats(group, -1).unwrap();
    assert_eq!(link(1).await, GroupChange::Done);
    let linked = world.store.licenses_of_group(lab, group).await.unwrap();
    assert_eq!((linked[0].live_activations, linked[0].seat_cap), (1, Some(1)));
}
