//! Plans, licenses created many at once and from lists, and what is looked at inside the transaction.

use std::sync::Arc;

use countersign_core::Hash;
use countersign_core::fingerprint::Strategy;
use countersign_core::license_key::LicenseKey;
use countersign_store::{
    Creation, CreationRefusal, License, LicenseChange, ListPart, NewLicense, NewLicenses, NewOwner,
    PartImported, Plan, PlanChange, ReleaseLimits, TwoPeople, UserStatus, Validity,
};

use super::world::{DAY, NOW, World, product, random_id, rng};

fn key() -> LicenseKey {
    LicenseKey::generate(&mut rng())
}

/// So many licenses that say the same.
fn licenses(count: usize) -> NewLicenses {
    let keys: Vec<LicenseKey> = (0..count).map(|_| key()).collect();
    let new = NewLicense {
        key: keys[0].clone(),
        product: product("acme-cad"),
        plan: None,
        holder: Some("Lab".into()),
        owner: None,
        organization: None,
        allowed_activations: Some(1),
        allowed_deactivations: None,
        validity: Validity::Fixed(NOW + DAY),
        response_validity: 1000,
        strategy: Strategy::Fuzzy,
        entitlements: Default::default(),
        metadata: Default::default(),
    };
    NewLicenses { new, keys, limits: ReleaseLimits::default(), plan: None, owner: None }
}

fn part(from: u64, rows: Vec<NewLicenses>) -> ListPart {
    let until = from + rows.len() as u64;
    ListPart { list: Hash::of("a list"), from, until, licenses: Arc::new(rows) }
}

impl World {
    async fn plan(&self, change: impl FnOnce(&mut Plan)) -> Plan {
        let mut plan = Plan {
            id: random_id(),
            product: product("acme-cad"),
            name: "Team".into(),
            allowed_activations: Some(1),
            allowed_deactivations: None,
            validity: Validity::FromCreation(365 * DAY),
            response_validity: DAY,
            strategy: Strategy::Exact,
            entitlements: Default::default(),
            metadata: Default::default(),
            maintenance_days: Some(100),
            highest_version: Some("2.x".parse().unwrap()),
            archived: false,
            revision: 1,
            created_at: NOW,
        };
        change(&mut plan);
        let made = self.store.create_plan(plan.clone(), "test", NOW).await.unwrap();
        assert_eq!(made, PlanChange::Done);
        plan
    }

    async fn import(&self, part: ListPart) -> PartImported {
        self.store.import_licenses(part, TwoPeople::Asked, "test", NOW).await.unwrap()
    }

    async fn count(&self) -> usize {
        self.store.licenses(10_000).await.unwrap().len()
    }
}

#[tokio::test]
async fn a_plan_is_read_as_it_was_written_and_changed_by_its_revision() {
    let world = World::new().await;
    let plan = world.plan(|_| ()).await;
    assert_eq!(world.store.plan(plan.id).await.unwrap(), Some(plan.clone()));
    let named = world.store.plan_named(&plan.product, " tEAM ").await.unwrap();
    assert_eq!(named.as_ref(), Some(&plan));
    let again = Plan { id: random_id(), name: "TEAM".into(), ..plan.clone() };
    let taken = world.store.create_plan(again, "test", NOW).await.unwrap();
    assert_eq!(taken, PlanChange::NameTaken);
    let change = |plan: Plan| world.store.change_plan(plan, "test", NOW);
    let archived = Plan { archived: true, validity: Validity::Perpetual, ..plan.clone() };
    assert_eq!(change(archived.clone()).await.unwrap(), PlanChange::Done);
    assert_eq!(change(archived.clone()).await.unwrap(), PlanChange::Stale);
    let stored = world.store.plan(plan.id).await.unwrap().unwrap();
    assert_eq!(stored, Plan { revision: 2, ..archived });
    let elsewhere = Plan { id: random_id(), product: product("nothing"), ..plan };
    let made = world.store.create_plan(elsewhere, "test", NOW).await.unwrap();
    assert_eq!(made, PlanChange::UnknownProduct);
}

#[tokio::test]
async fn many_are_created_together_or_not_at_all() {
    let world = World::new().await;
    let plan = world.plan(|_| ()).await;
    let many = NewLicenses { plan: Some((plan.id, 1)), limits: plan.limits(NOW), ..licenses(50) };
    let done = world.store.create_licenses(many.clone(), TwoPeople::Asked, "test", NOW).await;
    let Creation::Done(ids) = done.unwrap() else { panic!("refused") };
    assert_eq!(ids.len(), 50);
    let license = world.get(&ids[49]).await;
    assert_eq!((license.plan_id, license.revision), (Some(plan.id), 1));
    let terms = world.store.release_terms_of(&ids[49]).await.unwrap().unwrap();
    assert_eq!(terms.limits, plan.limits(NOW));
    let mut keys = licenses(3).keys;
    keys.push(many.keys[7].clone());
    let one_taken = NewLicenses { keys, ..many.clone() };
    let twice = key();
    let one_twice = NewLicenses { keys: vec![key(), twice.clone(), twice.clone()], ..many.clone() };
    let nobody = random_id();
    let change = |change: &dyn Fn(&mut NewLicenses)| {
        let mut other = NewLicenses { keys: vec![key()], ..many.clone() };
        change(&mut other);
        other
    };
    for (other, refusal) in [
        (one_taken, CreationRefusal::KeyTaken(many.keys[7].id())),
        (one_twice, CreationRefusal::KeyTaken(twice.id())),
        (change(&|n| n.plan = Some((plan.id, 2))), CreationRefusal::PlanChanged),
        (change(&|n| n.plan = Some((nobody, 1))), CreationRefusal::UnknownPlan),
        (change(&|n| n.new.product = product("nothing")), CreationRefusal::UnknownProduct),
        (change(&|n| n.new.owner = Some(nobody)), CreationRefusal::UnknownOwner),
        (change(&|n| n.new.organization = Some(nobody)), CreationRefusal::UnknownOrganization),
    ] {
        let refused = world.store.create_licenses(other, TwoPeople::Asked, "test", NOW).await;
        assert_eq!(refused.unwrap(), Creation::Refused(0, refusal));
        assert_eq!(world.count().await, 50);
    }
}

#[tokio::test]
async fn a_list_is_imported_once_whoever_tries_at_the_same_moment() {
    let world = World::new().await;
    let rows = vec![licenses(2), licenses(1)];
    let (a, b) =
        tokio::join!(world.import(part(0, rows.clone())), world.import(part(0, rows.clone())));
    let done = |imported: &PartImported| matches!(imported, PartImported::Done { .. });
    assert_eq!([&a, &b].into_iter().filter(|imported| done(imported)).count(), 1);
    assert_eq!(world.count().await, 3);
    let PartImported::Before(before) = world.import(part(0, rows)).await else { panic!("twice") };
    assert_eq!((before.lines, before.licenses), (2, 3));
}

#[tokio::test]
async fn a_list_goes_on_after_what_is_done_and_nowhere_else() {
    let world = World::new().await;
    let imported = world.import(part(1, vec![licenses(1)])).await;
    assert!(matches!(imported, PartImported::Before(_)), "nobody began it");
    assert!(matches!(world.import(part(0, vec![licenses(1)])).await, PartImported::Done { .. }));
    for wrong in [0, 2] {
        let imported = world.import(part(wrong, vec![licenses(1)])).await;
        assert!(matches!(imported, PartImported::Before(_)), "{wrong}");
    }
    assert!(matches!(world.import(part(1, vec![licenses(1)])).await, PartImported::Done { .. }));
    let done = world.store.license_list(Hash::of("a list")).await.unwrap().unwrap();
    assert_eq!((done.lines, done.licenses), (2, 2));
}

#[tokio::test]
async fn a_part_with_one_bad_row_leaves_neither_license_nor_user() {
    let world = World::new().await;
    let lab = world.organization("Lab").await;
    let organization = world.store.organization(lab).await.unwrap().unwrap();
    let few = countersign_store::Organization { allowed_users: Some(1), ..organization };
    world.store.change_organization(few, "test", NOW).await.unwrap();
    let for_new = |email: &str| {
        let mut row = licenses(1);
        row.new.organization = Some(lab);
        row.owner = Some(NewOwner { email: email.into(), id: random_id() });
        row
    };
    let rows = vec![for_new("a@lab.example"), for_new("A@lab.example"), for_new("b@lab.example")];
    let refused = world.import(part(0, rows.clone())).await;
    assert_eq!(refused, PartImported::Refused(2, CreationRefusal::OrganizationFull));
    assert_eq!(world.count().await, 0);
    assert_eq!(world.store.user_by_email("a@lab.example").await.unwrap(), None);
    assert_eq!(world.store.license_list(Hash::of("a list")).await.unwrap(), None);
    let two = rows[..2].to_vec();
    let PartImported::Done { licenses, users } = world.import(part(0, two)).await else {
        panic!("refused")
    };
    assert_eq!((licenses.len(), users), (2, 1));
    let user = world.store.user_by_email("a@lab.example").await.unwrap().unwrap();
    assert_eq!((user.status, user.organization), (UserStatus::Invited, Some(lab)));
    assert_eq!(world.get(&licenses[1]).await.owner, Some(user.id));
}

#[tokio::test]
async fn of_many_changes_each_lands_whole_or_not_at_all() {
    let world = World::new().await;
    let plan = world.plan(|_| ()).await;
    let many = NewLicenses { plan: Some((plan.id, 1)), ..licenses(450) };
    world.store.create_licenses(many, TwoPeople::Asked, "test", NOW).await.unwrap();
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let found = world.store.licenses_of_plan(plan.id, after).await.unwrap();
        let Some((last, _)) = found.last() else { break };
        after = Some(last.id);
        seen.extend(found);
    }
    assert_eq!(seen.len(), 450);
    let change = |at: usize, revision: i64, seats: u64| {
        let (license, _) = seen[at].clone();
        let allowed_activations = Some(seats);
        (License { revision, allowed_activations, ..license }, plan.limits(NOW))
    };
    let machine = super::world::Machine::new("lab-7");
    world.activate(&seen[1].0.id, &machine, NOW).await;
    let changes = vec![change(0, 1, 9), change(1, 1, 0), change(2, 7, 9)];
    let done = world.store.change_limited_licenses(changes, "test", NOW).await.unwrap();
    let below = LicenseChange::BelowUse { live: 1, deactivations: 0 };
    assert_eq!(done, [LicenseChange::Done, below, LicenseChange::Stale]);
    for (at, seats) in [(0, 9), (1, 1), (2, 1)] {
        let id = seen[at].0.id;
        assert_eq!(world.get(&id).await.allowed_activations, Some(seats));
        let terms = world.store.release_terms_of(&id).await.unwrap().unwrap();
        assert_eq!(terms.limits == plan.limits(NOW), at == 0, "{at}");
    }
}
