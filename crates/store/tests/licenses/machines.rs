//! Lists and searches of activations, in a license and over the whole vendor.

use countersign_core::Id;
use countersign_store::{
    Activation, ActivationOrder, ActivationQuery, ActivationState, ActivationStates, MachineQuery,
};

use super::world::{Machine, NOW, World};

impl World {
    /// All pages, with so many machines each.
    async fn machines(&self, query: &ActivationQuery, most: usize) -> Vec<Activation> {
        let (mut query, mut all) = (ActivationQuery { most, ..query.clone() }, Vec::new());
        loop {
            let page = self.store.activation_page(&query).await.unwrap();
            assert!(page.items.len() <= most);
            all.extend(page.items);
            query.after = page.next.map(|next| next.to_string().parse().unwrap());
            if query.after.is_none() {
                return all;
            }
        }
    }

    async fn everywhere(&self, search: &str, most: usize) -> Vec<Activation> {
        let mut query = MachineQuery { search: search.into(), after: None, most };
        let mut all = Vec::new();
        loop {
            let page = self.store.machine_page(&query).await.unwrap();
            all.extend(page.items);
            query.after = page.next.map(|next| next.to_string().parse().unwrap());
            if query.after.is_none() {
                return all;
            }
        }
    }
}

fn ids(activations: &[Activation]) -> Vec<Id> {
    activations.iter().map(|activation| activation.id).collect()
}

#[tokio::test]
async fn activations_of_a_license_are_whole_in_every_order_and_state() {
    let world = World::new().await;
    let jane = world.user("jane", |_| ()).await;
    let license = world
        .license(|new| {
            new.owner = Some(jane.id);
            new.allowed_activations = None;
            new.allowed_deactivations = Some(6);
        })
        .await;
    let other = world.license(|_| ()).await;
    world.activate(&other, &Machine::new("Lab-0"), NOW).await;
    for n in 0..20_u64 {
        let machine = Machine::new(&format!("{}-{n}", if n % 2 == 0 { "LAB" } else { "office" }));
        let id = world.activate(&license, &machine, NOW + n / 3).await;
        match n {
            0..8 => drop(world.deactivate(id, &machine).await),
            8 => drop(world.release(license, id, &jane, NOW).await),
            9 => drop(world.activate(&license, &machine.reinstalled(), NOW + 9).await),
            _ => {}
        }
    }
    let all = ActivationQuery::of(license);
    for order in [ActivationOrder::Created, ActivationOrder::Name] {
        for (states, count) in [
            (ActivationStates::All, 21),
            (ActivationStates::Live, 13),
            (ActivationStates::Ended, 8),
            (ActivationStates::One(ActivationState::Active), 11),
            (ActivationStates::One(ActivationState::Returned), 2),
            (ActivationStates::One(ActivationState::Deactivated), 6),
            (ActivationStates::One(ActivationState::Released), 1),
            (ActivationStates::One(ActivationState::Replaced), 1),
        ] {
            let query = ActivationQuery { states, order, ..all.clone() };
            let listed = world.machines(&query, 3).await;
            assert_eq!(listed.len(), count, "{states:?} {order:?}");
            assert_eq!(ids(&listed), ids(&world.machines(&query, 100).await));
            let name = |a: &Activation| a.device_name.clone().unwrap().to_lowercase();
            assert!(listed.is_sorted_by(|a, b| match order {
                ActivationOrder::Created => a.created_at >= b.created_at,
                ActivationOrder::Name => name(a) <= name(b),
            }));
            let search = Some("lab".to_owned());
            let found = world.machines(&ActivationQuery { search, ..query }, 2).await;
            let of_lab = listed.iter().filter(|a| name(a).starts_with("lab")).count();
            assert_eq!(found.len(), of_lab, "{states:?} {order:?}");
            assert!(found.iter().all(|a| name(a).starts_with("lab") && a.license == license));
        }
    }
    let first = world.store.activations(&license, 14).await.unwrap();
    assert!(first[..13].iter().all(|a| a.state.holds_seat()) && !first[13].state.holds_seat());
}

#[tokio::test]
async fn an_activation_is_found_by_its_id_in_its_own_license_only() {
    let world = World::new().await;
    let (license, other) = (world.license(|_| ()).await, world.license(|_| ()).await);
    let id = world.activate(&license, &Machine::new("a"), NOW).await;
    let search = |license, states| ActivationQuery {
        search: Some(format!(" {id} ")),
        states,
        ..ActivationQuery::of(license)
    };
    let found = world.machines(&search(license, ActivationStates::All), 5).await;
    assert_eq!(ids(&found), [id]);
    assert_eq!(world.machines(&search(license, ActivationStates::Ended), 5).await, []);
    assert_eq!(world.machines(&search(other, ActivationStates::All), 5).await, []);
}

#[tokio::test]
async fn machines_are_found_over_all_licenses_by_the_beginning_of_their_name() {
    let world = World::new().await;
    let mut expected = Vec::new();
    for n in 0..7 {
        let license = world.license(|_| ()).await;
        expected.push(world.activate(&license, &Machine::new(&format!("Büro-{n}")), NOW).await);
        world.activate(&license, &Machine::new(&format!("bu-{n}")), NOW).await;
        world.activate(&license, &Machine::new(&format!("bürste{n}")), NOW).await;
    }
    for search in ["büro", " BÜRO-"] {
        assert_eq!(ids(&world.everywhere(search, 3).await), expected, "{search}");
    }
    assert_eq!(world.everywhere("", 5).await.len(), 21);
    assert_eq!(world.everywhere("%", 5).await, []);
    assert_eq!(ids(&world.everywhere(&expected[0].to_string(), 5).await), expected[..1]);
    assert_eq!(world.everywhere("büro", 1000).await.len(), 7);
}

#[tokio::test]
async fn a_machine_that_was_renamed_is_found_by_its_new_name() {
    let world = World::new().await;
    let license = world.license(|_| ()).await;
    let mut machine = Machine::new("old");
    let id = world.activate(&license, &machine, NOW).await;
    machine.device.name = Some("Neu".into());
    world.activate(&license, &machine, NOW + 1).await;
    assert_eq!(world.everywhere("old", 5).await, []);
    assert_eq!(ids(&world.everywhere("neu", 5).await), [id]);
}
