//! Who may see a license and act for it, for every role and every state.

use countersign_core::LicenseId;
use countersign_store::{
    Access, GroupChange, License, LicenseQuery, LicenseScope, OrganizationRole, Role, Through,
    User, UserStatus,
};

use super::world::{Machine, NOW, World};

impl World {
    async fn access(&self, user: &User, license: &LicenseId) -> Option<Access> {
        let user = self.store.user(user.id).await.unwrap().unwrap();
        self.store.access_to(&user, license).await.unwrap()
    }

    /// The user's own list says the same as the access to each license.
    async fn lists(&self, user: &User, licenses: &[LicenseId]) {
        let user = self.store.user(user.id).await.unwrap().unwrap();
        let query = LicenseQuery { most: 100, ..LicenseQuery::of(LicenseScope::user(&user), NOW) };
        let page = self.store.license_page(&query).await.unwrap().page;
        let mut listed: Vec<_> = page.items.iter().map(|license| license.id).collect();
        let mut expected = licenses.to_vec();
        listed.sort();
        expected.sort();
        assert_eq!(listed, expected);
        let unknown = LicenseId::from([7; 16]);
        for license in licenses {
            assert!(self.access(&user, license).await.is_some());
        }
        assert_eq!(self.access(&user, &unknown).await, None);
    }
}

#[tokio::test]
async fn each_role_sees_what_it_may_and_nothing_else() {
    let world = World::new().await;
    let (lab, other) = (world.organization("Lab").await, world.organization("Other").await);
    let (jane, joe) = (world.member("jane", lab).await, world.member("joe", lab).await);
    let (boss, ada) = (world.runner("boss", lab).await, world.vendor().await);
    let (eve, sue) = (world.runner("eve", other).await, world.user("sue", |_| ()).await);
    let of_jane = world.license(|new| new.owner = Some(jane.id)).await;
    let of_lab = world.license(|new| new.organization = Some(lab)).await;
    let of_jane_in_lab = world
        .license(|new| {
            new.owner = Some(jane.id);
            new.organization = Some(lab);
        })
        .await;
    let of_other = world.license(|new| new.organization = Some(other)).await;
    let of_nobody = world.license(|_| ()).await;
    let group = world.group(lab, &[&joe], of_lab, Some(2)).await;

    assert_eq!(world.access(&jane, &of_jane).await, Some(Access::Owner));
    assert_eq!(world.access(&jane, &of_jane_in_lab).await, Some(Access::Owner));
    let Some(Access::Groups(groups)) = world.access(&joe, &of_lab).await else { panic!() };
    assert_eq!(
        groups.iter().map(|g| (g.id, g.cap, g.live)).collect::<Vec<_>>(),
        [(group, Some(2), 0)]
    );
    for license in [&of_lab, &of_jane_in_lab] {
        assert_eq!(world.access(&boss, license).await, Some(Access::OrganizationAdmin));
    }
    for license in [&of_jane, &of_lab, &of_jane_in_lab, &of_other, &of_nobody] {
        assert_eq!(world.access(&ada, license).await, Some(Access::Vendor));
    }
    for (user, none) in [
        (&jane, vec![of_lab, of_other, of_nobody]),
        (&joe, vec![of_jane, of_jane_in_lab, of_other, of_nobody]),
        (&boss, vec![of_jane, of_other, of_nobody]),
        (&eve, vec![of_jane, of_lab, of_jane_in_lab, of_nobody]),
        (&sue, vec![of_jane, of_lab, of_jane_in_lab, of_other, of_nobody]),
    ] {
        for license in none {
            assert_eq!(world.access(user, &license).await, None, "{}", user.name);
        }
    }
    world.lists(&jane, &[of_jane, of_jane_in_lab]).await;
    world.lists(&joe, &[of_lab]).await;
    world.lists(&boss, &[]).await;
    world.lists(&eve, &[]).await;
}

#[tokio::test]
async fn who_may_not_log_in_has_access_to_nothing() {
    let world = World::new().await;
    let lab = world.organization("Lab").await;
    for status in [UserStatus::Invited, UserStatus::Suspended, UserStatus::Deactivated] {
        let user = world.runner(&format!("boss-{status:?}"), lab).await;
        let license = world
            .license(|new| {
                new.owner = Some(user.id);
                new.organization = Some(lab);
            })
            .await;
        assert!(world.access(&user, &license).await.is_some());
        let changed = User { status, ..user.clone() };
        assert_eq!(world.store.access_to(&changed, &license).await.unwrap(), None);
        assert_eq!(LicenseScope::organization(&changed), None);
        let vendor = User { role: Role::Admin, ..changed };
        assert_eq!(world.store.access_to(&vendor, &license).await.unwrap(), None);
        assert_eq!(LicenseScope::vendor(&vendor), None);
        let suspended = User { organization_suspended: true, ..user };
        assert_eq!(world.store.access_to(&suspended, &license).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_list_of_an_organization_or_the_vendor_is_for_those_who_run_it() {
    let world = World::new().await;
    let lab = world.organization("Lab").await;
    let (jane, boss, ada) =
        (world.member("jane", lab).await, world.runner("boss", lab).await, world.vendor().await);
    assert_eq!(LicenseScope::organization(&jane), None);
    assert_eq!(LicenseScope::vendor(&jane), None);
    assert_eq!(LicenseScope::vendor(&boss), None);
    assert!(LicenseScope::organization(&boss).is_some() && LicenseScope::vendor(&ada).is_some());
    let nowhere = User { organization: None, ..boss };
    assert_eq!(LicenseScope::organization(&nowhere), None);
}

#[tokio::test]
async fn what_somebody_had_in_their_former_organization_they_have_no_longer() {
    let world = World::new().await;
    let (lab, other) = (world.organization("Lab").await, world.organization("Other").await);
    let jane = world.runner("jane", lab).await;
    let license = world
        .license(|new| {
            new.owner = Some(jane.id);
            new.organization = Some(lab);
        })
        .await;
    world.group(lab, &[&jane], license, None).await;
    world.lists(&jane, &[license]).await;
    let moved =
        User { organization: Some(other), organization_role: OrganizationRole::Admin, ..jane };
    world.runner("second", lab).await;
    world.store.change_user(moved.clone(), "test", NOW).await.unwrap();
    world.lists(&moved, &[]).await;
    assert_eq!(world.access(&moved, &license).await, None);
}

#[tokio::test]
async fn a_former_colleague_sees_the_licenses_of_no_organization_alone() {
    let world = World::new().await;
    let (lab, other) = (world.organization("Lab").await, world.organization("Other").await);
    let jane = world.member("jane", lab).await;
    let own = |new: &mut countersign_store::NewLicense| new.owner = Some(jane.id);
    let private = world.license(own).await;
    let of_lab = world
        .license(|new| {
            own(new);
            new.organization = Some(lab);
        })
        .await;
    let machine = Machine::new("bench-7");
    let (done, _) = world.activate_by(&of_lab, &machine, Some(&jane), NOW).await;
    assert_eq!(done, countersign_store::Activated::Done);
    let owners = async || {
        let access = world.store.license_access(&of_lab).await.unwrap();
        access.iter().filter(|access| access.through == Through::Owner).count()
    };
    world.lists(&jane, &[private, of_lab]).await;
    assert_eq!(owners().await, 1);
    for organization in [None, Some(other)] {
        let moved = User { organization, ..jane.clone() };
        world.store.change_user(moved.clone(), "test", NOW).await.unwrap();
        assert_eq!(world.access(&moved, &of_lab).await, None);
        assert_eq!(world.access(&moved, &private).await, Some(Access::Owner));
        world.lists(&moved, &[private]).await;
        for order in countersign_store::LicenseOrder::ALL {
            let query = LicenseQuery { order, ..LicenseQuery::of(LicenseScope::user(&moved), NOW) };
            let page = world.store.license_page(&query).await.unwrap().page;
            assert_eq!(page.items.iter().map(|l| l.id).collect::<Vec<_>>(), [private]);
        }
        for search in ["bench", &of_lab.to_string()] {
            let scope = LicenseScope::user(&moved);
            let query =
                LicenseQuery { search: Some(search.into()), ..LicenseQuery::of(scope, NOW) };
            assert!(world.store.license_page(&query).await.unwrap().page.items.is_empty());
        }
        assert_eq!(world.store.release_terms(&moved).await.unwrap().len(), 1);
        assert_eq!(owners().await, 0);
        assert_eq!(world.get(&of_lab).await.live_activations, 1, "the machine keeps its seat");
    }
}

#[tokio::test]
async fn a_license_that_moved_away_is_out_of_reach_of_the_groups_it_had() {
    let world = World::new().await;
    let (lab, other) = (world.organization("Lab").await, world.organization("Other").await);
    let jane = world.member("jane", lab).await;
    let license = world.license(|new| new.organization = Some(lab)).await;
    let group = world.group(lab, &[&jane], license, None).await;
    for organization in [Some(other), None] {
        let moved = License { organization, ..world.get(&license).await };
        world.store.change_license(moved, "test", NOW).await.unwrap();
        assert_eq!(world.access(&jane, &license).await, None);
        world.lists(&jane, &[]).await;
    }
    let back = License { organization: Some(lab), ..world.get(&license).await };
    world.store.change_license(back, "test", NOW).await.unwrap();
    world.lists(&jane, &[license]).await;
    let undone = world.store.unlink_license(lab, group, license, "test", NOW).await.unwrap();
    assert_eq!(undone, GroupChange::Done);
    assert_eq!(world.access(&jane, &license).await, None);
    world.lists(&jane, &[]).await;
}
