//! Who makes whom what, and what nobody does to those who own the portal.

use countersign_core::{Hash, Id};
use countersign_store::{
    InviteStaff, NewJob, Options, Organization, OrganizationChange, OrganizationKind, Role, Store,
    User, UserChange, UserStatus,
};
use rusqlite::{Connection, params};

use super::world::{NOW, World, random_id};

fn by(user: &User) -> String {
    format!("user:{}", user.id)
}

fn mail() -> NewJob {
    NewJob { kind: "none", payload: String::new(), once: None, run_at: NOW }
}

impl World {
    /// Somebody with this role who may log in.
    async fn staff(&self, role: Role) -> User {
        let organization = match role {
            Role::ResellerAdmin => Some(self.reseller().await),
            _ => None,
        };
        let id = random_id();
        let email = format!("{id}@acme.example");
        let user = User {
            status: UserStatus::Active,
            password_hash: Some("hash".into()),
            organization,
            ..User::invited(id, email, role, NOW)
        };
        assert_eq!(self.store.create_user(user, "test", NOW).await.unwrap(), UserChange::Done);
        self.get(id).await
    }

    async fn reseller(&self) -> Id {
        let id = self.organization(None).await;
        let before = self.store.organization(id).await.unwrap().unwrap();
        let changed = Organization { kind: OrganizationKind::Reseller, ..before };
        assert_eq!(self.change_organization(changed, "test").await, OrganizationChange::Done);
        id
    }

    async fn change_organization(&self, changed: Organization, actor: &str) -> OrganizationChange {
        self.store.change_organization(changed, actor, NOW).await.unwrap()
    }

    async fn role(&self, user: Id, role: Role, actor: &str) -> UserChange {
        self.store.change_role(user, role, actor, NOW).await.unwrap()
    }
}

#[tokio::test]
async fn the_first_admin_by_whatever_door_owns_the_portal() {
    let world = World::new().await;
    assert_eq!(world.staff(Role::Support).await.role, Role::Support);
    assert_eq!(world.staff(Role::Admin).await.role, Role::Owner);
    assert_eq!(world.staff(Role::Admin).await.role, Role::Admin);
}

#[tokio::test]
async fn every_role_gives_what_it_may_and_nothing_else() {
    let world = World::new().await;
    let owner = world.staff(Role::Owner).await;
    for actor in Role::ALL {
        let actor = world.staff(actor).await;
        for before in Role::ALL {
            for after in Role::ALL.into_iter().filter(|role| *role != Role::ResellerAdmin) {
                let user = world.staff(before).await;
                let done = world.role(user.id, after, &by(&actor)).await;
                let stored = world.get(user.id).await.role;
                let may = match actor.role {
                    Role::Owner => true,
                    Role::Admin => before != Role::Owner && after != Role::Owner,
                    _ => false,
                };
                let expected = if may { UserChange::Done } else { UserChange::NotAllowed };
                let what = format!("{:?}: {before:?} to {after:?}", actor.role);
                assert_eq!((done, stored), (expected, if may { after } else { before }), "{what}");
            }
        }
    }
    assert_eq!(world.get(owner.id).await.role, Role::Owner);
}

#[tokio::test]
async fn attack_support_an_admin_or_a_reseller_makes_themselves_more() {
    let world = World::new().await;
    world.staff(Role::Owner).await;
    for role in [Role::Support, Role::ReadOnly, Role::ResellerAdmin, Role::Customer] {
        let user = world.staff(role).await;
        for more in [Role::Owner, Role::Admin, Role::Support, Role::ReadOnly] {
            assert_eq!(world.role(user.id, more, &by(&user)).await, UserChange::NotAllowed);
        }
        assert_eq!(world.get(user.id).await.role, role);
    }
    let admin = world.staff(Role::Admin).await;
    assert_eq!(world.role(admin.id, Role::Owner, &by(&admin)).await, UserChange::NotAllowed);
    // Nor by a second account of their own making.
    let id = random_id();
    let second = User::invited(id, "second@acme.example", Role::Owner, NOW);
    let created = world.store.create_user(second, &by(&admin), NOW).await.unwrap();
    assert_eq!((created, world.store.user(id).await.unwrap()), (UserChange::NotAllowed, None));
    for (actor, role) in
        [(&admin, Role::Owner), (&world.staff(Role::Support).await, Role::ReadOnly)]
    {
        let (email, name) = ("third@acme.example".into(), String::new());
        let invite = InviteStaff { user: random_id(), email, name, role };
        let done = world.store.invite_staff(invite, mail(), &by(actor), NOW).await.unwrap();
        assert_eq!(done, UserChange::NotAllowed);
    }
    assert!(world.store.user_by_email("third@acme.example").await.unwrap().is_none());
}

#[tokio::test]
async fn attack_an_admin_takes_the_portal_from_its_owner() {
    let world = World::new().await;
    let (owner, admin) = (world.staff(Role::Owner).await, world.staff(Role::Admin).await);
    // Others, so that it is not the last one who is held.
    let (_, lab) = (world.staff(Role::Owner).await, world.organization(None).await);
    let (store, actor) = (&world.store, by(&admin));
    for status in [UserStatus::Suspended, UserStatus::Deactivated, UserStatus::Invited] {
        let changed = User { status, ..owner.clone() };
        let done = store.change_user(changed, &actor, NOW).await.unwrap();
        assert_eq!(done, UserChange::NotAllowed, "{status:?}");
    }
    let moved = User { organization: Some(lab), ..owner.clone() };
    assert_eq!(store.change_user(moved, &actor, NOW).await.unwrap(), UserChange::NotAllowed);
    // A link to the owner's password, or an owner without a second factor, is an owner for whoever wants it.
    let link = Hash::of("a link");
    assert!(!store.create_password_link(link, owner.id, NOW + 60, &actor, NOW).await.unwrap());
    store.offer_totp(owner.id, "sealed".into()).await.unwrap();
    assert!(!store.turn_off_two_factor(owner.id, &actor, mail(), NOW).await.unwrap());
    // Their own organization shuts owners out as well.
    let moved = User { organization: Some(lab), ..owner.clone() };
    assert_eq!(store.change_user(moved, &by(&owner), NOW).await.unwrap(), UserChange::Done);
    let before = store.organization(lab).await.unwrap().unwrap();
    let suspended = Organization { suspended: true, ..before };
    let done = world.change_organization(suspended.clone(), &actor).await;
    assert_eq!(done, OrganizationChange::NotAllowed);
    assert!(world.get(owner.id).await.may_log_in());
    let done = world.change_organization(suspended, &by(&owner)).await;
    assert_eq!(done, OrganizationChange::Done);
}

#[tokio::test]
async fn attack_a_token_of_an_admin_does_to_owners_what_the_admin_may_not() {
    let world = World::new().await;
    let (owner, admin) = (world.staff(Role::Owner).await, world.staff(Role::Admin).await);
    let second = world.staff(Role::Owner).await;
    let token = async |user: &User| format!("token:{}", world.token(user.id).await);
    let (of_admin, of_owner) = (token(&admin).await, token(&second).await);
    let lab = world.organization(None).await;
    let moved = User { organization: Some(lab), ..owner.clone() };
    world.store.change_user(moved, "test", NOW).await.unwrap();
    let before = world.store.organization(lab).await.unwrap().unwrap();
    let suspended = Organization { suspended: true, ..before };
    let done = world.change_organization(suspended.clone(), &of_admin).await;
    assert_eq!(done, OrganizationChange::NotAllowed);
    let changed = User { status: UserStatus::Suspended, ..world.get(owner.id).await };
    let done = world.store.change_user(changed, &of_admin, NOW).await.unwrap();
    assert_eq!(done, UserChange::NotAllowed);
    assert_eq!(world.role(admin.id, Role::Owner, &of_admin).await, UserChange::NotAllowed);
    assert!(world.get(owner.id).await.may_log_in());
    let done = world.change_organization(suspended, &of_owner).await;
    assert_eq!(done, OrganizationChange::Done);
}

#[tokio::test]
async fn attack_a_suspended_admin_or_nobody_gives_a_role() {
    let world = World::new().await;
    let owner = world.staff(Role::Owner).await;
    let (admin, jane) = (world.staff(Role::Admin).await, world.staff(Role::Customer).await);
    let suspended = User { status: UserStatus::Suspended, ..admin.clone() };
    world.store.change_user(suspended, &by(&owner), NOW).await.unwrap();
    let nobody = random_id();
    let actors = ["user:", "user:x", "token:", "sign-on:x", "device:x", "x:"].map(str::to_owned);
    let actors =
        actors.into_iter().chain([by(&admin), format!("user:{nobody}"), format!("token:{nobody}")]);
    for actor in actors {
        assert_eq!(world.role(jane.id, Role::Admin, &actor).await, UserChange::NotAllowed);
    }
    assert_eq!(world.get(jane.id).await.role, Role::Customer);
}

#[tokio::test]
async fn the_last_owner_is_not_demoted() {
    let world = World::new().await;
    let owner = world.staff(Role::Owner).await;
    world.staff(Role::Admin).await;
    for role in [Role::Admin, Role::Customer] {
        assert_eq!(world.role(owner.id, role, &by(&owner)).await, UserChange::LastVendorAdmin);
        assert_eq!(world.role(owner.id, role, "test").await, UserChange::LastVendorAdmin);
    }
    // An owner who cannot log in is no help.
    let id = random_id();
    let invited = User::invited(id, "new@acme.example", Role::Owner, NOW);
    world.store.create_user(invited, &by(&owner), NOW).await.unwrap();
    assert_eq!(world.role(owner.id, Role::Admin, "test").await, UserChange::LastVendorAdmin);
    // One who never could is demoted all the same.
    assert_eq!(world.role(id, Role::Customer, &by(&owner)).await, UserChange::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_owners_who_demote_each_other_at_once_leave_one() {
    for _ in 0..20 {
        let world = World::new().await;
        let (ada, bob) = (world.staff(Role::Owner).await, world.staff(Role::Owner).await);
        let demote = |user: &User, actor: &User| {
            let (store, user, actor) = (world.store.clone(), user.id, by(actor));
            tokio::spawn(async move {
                store.change_role(user, Role::Customer, &actor, NOW).await.unwrap()
            })
        };
        let (first, second) = (demote(&ada, &bob), demote(&bob, &ada));
        let outcomes = [first.await.unwrap(), second.await.unwrap()];
        let done = outcomes.iter().filter(|outcome| **outcome == UserChange::Done).count();
        assert_eq!(done, 1, "{outcomes:?}");
        // Who came second is nobody any more who could do it.
        assert!(outcomes.contains(&UserChange::NotAllowed), "{outcomes:?}");
        let owners = [world.get(ada.id).await.role, world.get(bob.id).await.role];
        assert_eq!(owners.iter().filter(|role| **role == Role::Owner).count(), 1);
    }
}

#[tokio::test]
async fn one_of_the_vendors_own_comes_in_by_an_invitation() {
    let world = World::new().await;
    let owner = world.staff(Role::Owner).await;
    let invite = |email: &str| InviteStaff {
        user: random_id(),
        email: email.into(),
        name: "Sue".into(),
        role: Role::Support,
    };
    let (first, store, actor) = (invite(" Sue@Acme.example"), &world.store, by(&owner));
    let id = first.user;
    assert_eq!(store.invite_staff(first, mail(), &actor, NOW).await.unwrap(), UserChange::Done);
    let sue = world.get(id).await;
    assert_eq!(
        (sue.role, sue.address(), sue.may_log_in()),
        (Role::Support, "sue@acme.example", false)
    );
    // Not a second time, and nobody who is there already.
    world.user("jane@lab.example", None).await;
    for email in ["sue@acme.example", "jane@lab.example"] {
        let again = store.invite_staff(invite(email), mail(), &actor, NOW).await.unwrap();
        assert_eq!(again, UserChange::EmailTaken, "{email}");
    }
    let staff: Vec<_> = store.staff().await.unwrap().into_iter().map(|m| m.user.role).collect();
    assert_eq!(staff, [Role::Owner, Role::Support]);
}

#[tokio::test]
async fn who_runs_a_reseller_belongs_to_one() {
    let world = World::new().await;
    let (lab, jane) = (world.organization(None).await, world.staff(Role::Customer).await);
    let rita = world.staff(Role::ResellerAdmin).await;
    assert_eq!(world.role(jane.id, Role::ResellerAdmin, "test").await, UserChange::NeedsReseller);
    let moved = User { organization: Some(lab), ..jane.clone() };
    world.store.change_user(moved, "test", NOW).await.unwrap();
    assert_eq!(world.role(jane.id, Role::ResellerAdmin, "test").await, UserChange::NeedsReseller);
    for organization in [None, Some(lab)] {
        let moved = User { organization, ..rita.clone() };
        let done = world.store.change_user(moved, "test", NOW).await.unwrap();
        assert_eq!(done, UserChange::NeedsReseller);
    }
    // While somebody runs it, it stays one; a reseller is nobody's customer, and only resellers have any.
    let seller = world.store.organization(rita.organization.unwrap()).await.unwrap().unwrap();
    let lab = world.store.organization(lab).await.unwrap().unwrap();
    for (changed, refused) in [
        (
            Organization { kind: OrganizationKind::Customer, ..seller.clone() },
            OrganizationChange::HasCustomers,
        ),
        (
            Organization { reseller: Some(seller.id), ..seller.clone() },
            OrganizationChange::NeedsReseller,
        ),
        (Organization { reseller: Some(lab.id), ..lab.clone() }, OrganizationChange::NeedsReseller),
    ] {
        assert_eq!(world.change_organization(changed, "test").await, refused);
    }
    let sold = User { reseller: Some(lab.id), ..world.get(jane.id).await };
    let done = world.store.change_user(sold, "test", NOW).await.unwrap();
    assert_eq!(done, UserChange::NeedsReseller);
}

#[tokio::test]
async fn the_earliest_admin_of_an_older_database_owns_it_and_the_others_stay_admins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(include_str!("../../src/engine/migrations/0001_start.sql")).unwrap();
    old.execute_batch(
        "CREATE TABLE schema_migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, \
        applied_at INTEGER NOT NULL) STRICT; INSERT INTO schema_migration VALUES (1, 'start', 0);",
    )
    .unwrap();
    // The earliest of all is suspended: nobody would be helped with them.
    let people = [
        ("admin", "suspended", 1),
        ("admin", "active", 3),
        ("admin", "active", 2),
        ("customer", "active", 0),
    ];
    let ids = people.map(|_| random_id());
    for (id, (role, status, created_at)) in ids.iter().zip(people) {
        let values =
            params![id.to_string(), format!("{id}@acme.example"), role, status, created_at];
        old.execute("INSERT INTO app_user VALUES (?1, ?2, '', 'hash', ?3, ?4, NULL, ?5)", values)
            .unwrap();
    }
    drop(old);
    let store = Store::open(&path, Options::default(), NOW).unwrap();
    let expected = [Role::Admin, Role::Admin, Role::Owner, Role::Customer];
    for (id, role) in ids.iter().zip(expected) {
        assert_eq!(store.user(*id).await.unwrap().unwrap().role, role);
    }
    assert!(store.integrity_check().await.unwrap().is_empty());
}
