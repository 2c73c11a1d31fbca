//! Resellers: what their admins see of licenses, by id, in lists and by every search; what they pass on, and to whom.

use std::collections::BTreeSet;

use countersign_core::{Id, LicenseId};
use countersign_store::{
    Access, Assigned, Assignee, Invite, LicenseFilter, LicenseOrder, LicenseQuery, LicenseScope,
    NewJob, NewLicense, Organization, OrganizationChange, OrganizationKind, OrganizationRole, Role,
    User, UserChange, UserStatus,
};

use super::world::{Machine, NOW, World, random_id};

/// A reseller with a customer, somebody there, somebody who is a customer by themselves, and a license of each.
struct Sales {
    seller: Id,
    rita: User,
    lab: Id,
    jane: User,
    max: User,
    in_stock: LicenseId,
    of_lab: LicenseId,
    of_jane_in_lab: LicenseId,
    of_max: LicenseId,
}

impl Sales {
    fn licenses(&self) -> BTreeSet<LicenseId> {
        [self.in_stock, self.of_lab, self.of_jane_in_lab, self.of_max].into()
    }
}

impl World {
    async fn reseller(&self, name: &str) -> Id {
        let id = self.organization(name).await;
        self.change(id, |o| o.kind = OrganizationKind::Reseller).await;
        id
    }

    async fn change(&self, id: Id, change: impl FnOnce(&mut Organization)) {
        let mut organization = self.store.organization(id).await.unwrap().unwrap();
        change(&mut organization);
        let done = self.store.change_organization(organization, "test", NOW).await.unwrap();
        assert_eq!(done, OrganizationChange::Done);
    }

    async fn sales(&self, name: &str) -> Sales {
        let (seller, lab) =
            (self.reseller(name).await, self.organization(&format!("{name} Lab")).await);
        self.change(lab, |o| o.reseller = Some(seller)).await;
        let rita = format!("rita-{name}");
        let rita = self
            .user(&rita, |user| {
                (user.role, user.organization) = (Role::ResellerAdmin, Some(seller));
            })
            .await;
        let jane = self.member(&format!("jane-{name}"), lab).await;
        let max = self.user(&format!("max-{name}"), |user| user.reseller = Some(seller)).await;
        let license = async |change: &dyn Fn(&mut NewLicense)| {
            self.license(|new| {
                (new.holder, new.plan) = (Some(format!("{name} Institute")), Some("Gold".into()));
                change(new);
            })
            .await
        };
        Sales {
            in_stock: license(&|new| new.organization = Some(seller)).await,
            of_lab: license(&|new| new.organization = Some(lab)).await,
            of_jane_in_lab: license(&|new| {
                (new.owner, new.organization) = (Some(jane.id), Some(lab));
            })
            .await,
            of_max: license(&|new| new.owner = Some(max.id)).await,
            seller,
            rita,
            lab,
            jane,
            max,
        }
    }

    async fn found_by(
        &self,
        user: &User,
        query: impl FnOnce(&mut LicenseQuery),
    ) -> BTreeSet<LicenseId> {
        let scope = LicenseScope::reseller(user).unwrap();
        let mut asked = LicenseQuery { most: 2, ..LicenseQuery::of(scope, NOW) };
        query(&mut asked);
        let mut found = BTreeSet::new();
        loop {
            let page = self.store.license_page(&asked).await.unwrap().page;
            found.extend(page.items.iter().map(|license| license.id));
            asked.after = page.next;
            if asked.after.is_none() {
                return found;
            }
        }
    }

    async fn assign(&self, by: &User, license: LicenseId, to: Assignee) -> Assigned {
        let revision = self.get(&license).await.revision;
        self.store.assign_license(by.id, license, revision, to, NOW).await.unwrap()
    }

    async fn sees(&self, user: &User, license: &LicenseId) -> Option<Access> {
        self.store.access_to(user, license).await.unwrap()
    }
}

#[tokio::test]
async fn a_resellers_admin_sees_the_licenses_of_its_customers_in_every_list_and_search() {
    let world = World::new().await;
    let (sales, others) = (world.sales("North").await, world.sales("South").await);
    let of_nobody = world.license(|new| new.holder = Some("North Institute".into())).await;
    for license in sales.licenses() {
        assert_eq!(world.sees(&sales.rita, &license).await, Some(Access::Reseller));
        let key = world.get(&license).await.key;
        for search in [license.to_string(), key.grouped()] {
            let found = world.found_by(&sales.rita, |q| q.search = Some(search)).await;
            assert_eq!(found, [license].into());
        }
    }
    for order in LicenseOrder::ALL {
        assert_eq!(world.found_by(&sales.rita, |q| q.order = order).await, sales.licenses());
    }
    for search in ["institute", "gold", "acme", "north"] {
        let found = world.found_by(&sales.rita, |q| q.search = Some(search.into())).await;
        assert_eq!(found, sales.licenses(), "{search}");
    }
    world.activate(&sales.of_lab, &Machine::new("Cold-7"), NOW).await;
    world.activate(&others.of_lab, &Machine::new("Cold-8"), NOW).await;
    let found = world.found_by(&sales.rita, |q| q.search = Some("cold".into())).await;
    assert_eq!(found, [sales.of_lab].into());
    let suspended =
        world.found_by(&sales.rita, |q| q.filter = Some(LicenseFilter::Suspended)).await;
    assert!(suspended.is_empty());
    assert_eq!(world.sees(&sales.rita, &of_nobody).await, None);
}

#[tokio::test]
async fn attack_a_reseller_looks_for_another_resellers_licenses() {
    let world = World::new().await;
    let (sales, others) = (world.sales("North").await, world.sales("South").await);
    let of_nobody = world.license(|_| ()).await;
    world.activate(&others.of_lab, &Machine::new("Cold-8"), NOW).await;
    for license in others.licenses().into_iter().chain([of_nobody]) {
        assert_eq!(world.sees(&sales.rita, &license).await, None);
        let key = world.get(&license).await.key;
        let end = key.grouped().rsplit('-').next().unwrap().to_owned();
        for search in [license.to_string(), key.grouped(), end] {
            let found = world.found_by(&sales.rita, |q| q.search = Some(search)).await;
            assert!(found.is_subset(&sales.licenses()), "{found:?}");
        }
    }
    for search in ["south", "cold"] {
        let found = world.found_by(&sales.rita, |q| q.search = Some(search.into())).await;
        assert!(found.is_empty(), "{search}: {found:?}");
    }
    // Who is suspended, or runs nothing, has no list; nobody else has one of a reseller.
    for changed in [
        User { status: UserStatus::Suspended, ..sales.rita.clone() },
        User { organization_suspended: true, ..sales.rita.clone() },
        User { role: Role::Customer, ..sales.rita.clone() },
        User { organization: None, ..sales.rita.clone() },
        world.vendor().await,
        sales.jane.clone(),
    ] {
        assert_eq!(LicenseScope::reseller(&changed), None);
    }
    assert_eq!(LicenseScope::vendor(&sales.rita), None);
}

#[tokio::test]
async fn a_license_is_passed_from_one_customer_to_another_and_its_old_holder_sees_it_no_longer() {
    let world = World::new().await;
    let sales = world.sales("North").await;
    let (by, id) = (&sales.rita, sales.in_stock);
    assert_eq!(world.assign(by, id, Assignee::User(sales.jane.id)).await, Assigned::Done);
    let license = world.get(&id).await;
    assert_eq!((license.owner, license.organization), (Some(sales.jane.id), Some(sales.lab)));
    assert_eq!(license.holder.as_deref(), Some("jane-North"));
    assert_eq!(world.sees(&sales.jane, &id).await, Some(Access::Owner));
    assert_eq!(world.assign(by, id, Assignee::User(sales.max.id)).await, Assigned::Done);
    assert_eq!(world.sees(&sales.jane, &id).await, None);
    assert_eq!(world.sees(&sales.max, &id).await, Some(Access::Owner));
    let lab = Assignee::Organization(sales.lab);
    assert_eq!(world.assign(by, id, lab).await, Assigned::Done);
    assert_eq!(world.assign(by, id, Assignee::Organization(sales.seller)).await, Assigned::Done);
    assert_eq!(world.sees(by, &id).await, Some(Access::Reseller));
    // What was decided on another state of it is not done.
    let stale = world.store.assign_license(by.id, id, 1, lab, NOW).await.unwrap();
    assert_eq!(stale, Assigned::Stale);
    let license = world.get(&id).await;
    assert_eq!(license.allowed_activations, Some(5));
    world.is_sound().await;
}

#[tokio::test]
async fn attack_a_reseller_passes_a_foreign_license_to_itself_or_its_own_to_a_stranger() {
    let world = World::new().await;
    let (sales, others) = (world.sales("North").await, world.sales("South").await);
    let lab = world.organization("Lab of nobody").await;
    let sue = world.user("sue", |_| ()).await;
    let of_nobody = world.license(|_| ()).await;
    for license in others.licenses().into_iter().chain([of_nobody]) {
        let before = world.get(&license).await;
        for to in [Assignee::Organization(sales.seller), Assignee::User(sales.max.id)] {
            assert_eq!(world.assign(&sales.rita, license, to).await, Assigned::Unknown);
        }
        assert_eq!(world.get(&license).await, before);
    }
    let before = world.get(&sales.of_lab).await;
    for to in [
        Assignee::Organization(others.seller),
        Assignee::Organization(others.lab),
        Assignee::Organization(lab),
        Assignee::Organization(random_id()),
        Assignee::User(others.jane.id),
        Assignee::User(others.max.id),
        Assignee::User(others.rita.id),
        Assignee::User(sue.id),
        Assignee::User(random_id()),
    ] {
        assert_eq!(world.assign(&sales.rita, sales.of_lab, to).await, Assigned::Unknown, "{to:?}");
    }
    // Nobody but a reseller's admin passes anything on, whoever sees the license.
    let to = Assignee::Organization(sales.seller);
    for by in [&sales.jane, &sales.max, &others.rita, &world.vendor().await] {
        assert_eq!(world.assign(by, sales.of_lab, to).await, Assigned::Unknown);
    }
    assert_eq!(world.get(&sales.of_lab).await, before);
}

#[tokio::test]
async fn attack_a_reseller_invites_another_ones_customer_to_see_what_is_theirs() {
    let world = World::new().await;
    let (sales, others) = (world.sales("North").await, world.sales("South").await);
    let direct = world.user("direct", |_| ()).await;
    let of_direct = world.license(|new| new.owner = Some(direct.id)).await;
    // They come, as people do who are invited.
    for user in [&direct, &others.max] {
        let moved = User { organization: Some(sales.lab), ..user.clone() };
        let done = world.store.change_user(moved, "test", NOW).await.unwrap();
        assert_eq!(done, UserChange::Done);
    }
    for license in [of_direct, others.of_max] {
        assert_eq!(world.sees(&sales.rita, &license).await, None);
        let to = Assignee::Organization(sales.seller);
        assert_eq!(world.assign(&sales.rita, license, to).await, Assigned::Unknown);
    }
    assert_eq!(world.sees(&others.rita, &others.of_max).await, Some(Access::Reseller));
}

#[tokio::test]
async fn a_reseller_creates_organizations_and_users_there_and_nowhere_else() {
    let world = World::new().await;
    let (sales, others) = (world.sales("North").await, world.sales("South").await);
    let (store, firm) = (&world.store, random_id());
    assert!(store.create_customer(sales.rita.id, firm, "Firm", NOW).await.unwrap());
    let names: Vec<_> = store.customers_of_reseller(sales.seller).await.unwrap();
    assert_eq!(names.iter().map(|o| &*o.name).collect::<Vec<_>>(), ["Firm", "North Lab"]);
    let invite = async |organization| {
        let invite = Invite {
            user: random_id(),
            organization,
            email: "nina@firm.example".into(),
            first_name: String::new(),
            last_name: String::new(),
            organization_role: OrganizationRole::Admin,
        };
        let mail = NewJob { kind: "none", payload: String::new(), once: None, run_at: NOW };
        store.invite_for_customer(sales.rita.id, invite, mail, NOW).await.unwrap()
    };
    assert_eq!(invite(firm).await, UserChange::Done);
    let stranger = world.organization("Lab").await;
    for organization in [others.lab, others.seller, sales.seller, stranger, random_id()] {
        assert_eq!(invite(organization).await, UserChange::UnknownOrganization);
    }
    // Nobody else creates customers.
    for by in [&sales.jane, &sales.max, &world.vendor().await] {
        assert!(!store.create_customer(by.id, random_id(), "Firm", NOW).await.unwrap());
    }
    assert!(store.customer_of_reseller(sales.seller, others.lab).await.unwrap().is_none());
    assert!(store.customer_of_reseller(sales.seller, sales.lab).await.unwrap().is_some());
}

#[tokio::test]
async fn a_customer_who_is_taken_from_a_reseller_is_seen_by_it_no_longer() {
    let world = World::new().await;
    let sales = world.sales("North").await;
    world.change(sales.lab, |o| o.reseller = None).await;
    for license in [sales.of_lab, sales.of_jane_in_lab] {
        assert_eq!(world.sees(&sales.rita, &license).await, None);
    }
    assert_eq!(world.found_by(&sales.rita, |_| ()).await, [sales.in_stock, sales.of_max].into());
    // The reseller suspended: its admins are out, its customers go on.
    world.change(sales.seller, |o| o.suspended = true).await;
    let rita = world.store.user(sales.rita.id).await.unwrap().unwrap();
    assert_eq!(world.sees(&rita, &sales.of_max).await, None);
    assert_eq!(world.sees(&sales.max, &sales.of_max).await, Some(Access::Owner));
}
