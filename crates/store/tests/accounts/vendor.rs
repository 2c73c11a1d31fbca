//! Those who own the portal: one is always left who can log in.

use countersign_core::Id;
use countersign_store::{Organization, OrganizationChange, Role, User, UserChange, UserStatus};

use super::world::{NOW, World, random_id};

impl World {
    async fn vendor(&self, email: &str, organization: Option<Id>) -> User {
        let user = User {
            status: UserStatus::Active,
            password_hash: Some("hash".into()),
            organization,
            ..User::invited(random_id(), email, Role::Admin, NOW)
        };
        let id = user.id;
        assert_eq!(self.store.create_user(user, "test", NOW).await.unwrap(), UserChange::Done);
        self.get(id).await
    }

    async fn suspend(&self, organization: Id, suspended: bool) -> OrganizationChange {
        let before = self.store.organization(organization).await.unwrap().unwrap();
        let changed = Organization { suspended, ..before };
        self.store.change_organization(changed, "test", NOW).await.unwrap()
    }
}

#[tokio::test]
async fn the_last_owner_of_the_portal_is_not_locked_out_in_any_way() {
    let world = World::new().await;
    let (lab, shut) = (world.organization(None).await, world.organization(None).await);
    assert_eq!(world.suspend(shut, true).await, OrganizationChange::Done);
    let ada = world.vendor("ada@acme.example", Some(lab)).await;
    // These cannot log in: they are no help.
    let away =
        User { status: UserStatus::Suspended, ..world.vendor("bob@acme.example", None).await };
    world.store.change_user(away, "test", NOW).await.unwrap();
    world.vendor("eve@acme.example", Some(shut)).await;
    let invited = User::invited(random_id(), "new@acme.example", Role::Admin, NOW);
    world.store.create_user(invited, "test", NOW).await.unwrap();
    let change = async |user: User| world.store.change_user(user, "test", NOW).await.unwrap();
    for status in [UserStatus::Suspended, UserStatus::Deactivated, UserStatus::Invited] {
        let locked_out = User { status, ..ada.clone() };
        assert_eq!(change(locked_out).await, UserChange::LastVendorAdmin, "{status:?}");
    }
    let moved = User { organization: Some(shut), ..ada.clone() };
    assert_eq!(change(moved).await, UserChange::LastVendorAdmin);
    assert_eq!(world.suspend(lab, true).await, OrganizationChange::LastVendorAdmin);
    assert!(world.get(ada.id).await.may_log_in());
    assert_eq!(change(User { name: "Ada".into(), ..ada.clone() }).await, UserChange::Done);
    // With a second owner all of it goes.
    let joe = world.vendor("joe@acme.example", None).await;
    assert_eq!(world.suspend(lab, true).await, OrganizationChange::LastVendorAdmin);
    world.store.change_role(joe.id, Role::Owner, "test", NOW).await.unwrap();
    assert_eq!(world.suspend(lab, true).await, OrganizationChange::Done);
    assert!(!world.get(ada.id).await.may_log_in());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_owners_who_suspend_each_other_at_once_leave_one() {
    for _ in 0..20 {
        let world = World::new().await;
        let (ada, bob) = (
            world.vendor("ada@acme.example", None).await,
            world.vendor("bob@acme.example", None).await,
        );
        world.store.change_role(bob.id, Role::Owner, "test", NOW).await.unwrap();
        let suspend = |user: User| {
            let store = world.store.clone();
            let user = User { status: UserStatus::Suspended, ..user };
            tokio::spawn(async move { store.change_user(user, "test", NOW).await.unwrap() })
        };
        let (first, second) = (suspend(ada), suspend(bob));
        let mut outcomes = [first.await.unwrap(), second.await.unwrap()];
        outcomes.sort_by_key(|outcome| *outcome != UserChange::Done);
        assert_eq!(outcomes, [UserChange::Done, UserChange::LastVendorAdmin]);
    }
}
