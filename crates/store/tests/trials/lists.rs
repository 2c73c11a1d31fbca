//! Lists of trials: pages, states, products, and searches.

use countersign_store::{Cursor, TrialAgain, TrialQuery, TrialState};

use super::world::{DAY, Machine, NOW, World, policy};

/// All of them, a page of 100.
pub(crate) fn all(now: u64) -> TrialQuery {
    TrialQuery { most: 100, now, ..TrialQuery::default() }
}

/// The names of all pages, each of seven.
async fn names(world: &World, query: TrialQuery) -> Vec<String> {
    let (mut names, mut after): (Vec<String>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let page = TrialQuery { most: 7, after: after.clone(), ..query.clone() };
        let page = world.store.trial_page(&page).await.unwrap();
        names.extend(page.items.into_iter().map(|trial| trial.device_name.unwrap()));
        // As an address carries it.
        after = page.next.map(|next| next.to_string().parse().unwrap());
        if after.is_none() {
            return names;
        }
    }
}

#[tokio::test]
async fn pages_of_each_state_come_in_their_order_and_none_twice() {
    let world = World::new(policy(TrialAgain::Never)).await;
    // Ten a day for three days, of which the first day's have ended by the end.
    for n in 0..30 {
        world.ask(&Machine::new(&format!("m{n:02}")), NOW + (n / 10) * DAY).await;
    }
    let now = NOW + 14 * DAY;
    let ids = world.store.trial_page(&all(now)).await.unwrap().items;
    for trial in ids.iter().filter(|trial| trial.device_name.as_deref() == Some("m15")) {
        world.extend(trial, 30, now).await;
    }
    let newest = names(&world, all(now)).await;
    assert_eq!(newest.len(), 30);
    assert!(newest[..10].iter().all(|name| name.as_str() >= "m20"), "{newest:?}");
    let state = |state| TrialQuery { state: Some(state), ..all(now) };
    let running = names(&world, state(TrialState::Running)).await;
    assert_eq!((running.len(), running.last().unwrap().as_str()), (20, "m15"));
    assert!(running[..9].iter().all(|name| name.starts_with("m1")), "{running:?}");
    let ended = names(&world, state(TrialState::Ended)).await;
    assert_eq!(ended.len(), 10);
    assert!(ended.iter().all(|name| name.starts_with("m0")), "the second they end: {ended:?}");
    assert_eq!(names(&world, state(TrialState::Extended)).await, ["m15"]);
    let of = |id: &str| TrialQuery { product: Some(id.parse().unwrap()), ..all(now) };
    assert_eq!(names(&world, of("acme-cad")).await, newest);
    assert_eq!(names(&world, of("acme-cam")).await, [] as [&str; 0]);
    for (state, count) in
        [(TrialState::Running, 20), (TrialState::Ended, 10), (TrialState::Extended, 1)]
    {
        let query = TrialQuery { state: Some(state), ..of("acme-cad") };
        assert_eq!(names(&world, query).await.len(), count, "{state:?}");
    }
    // A place in another order shows another place of the same list.
    let odd: Cursor = "m15.tm15".parse().unwrap();
    let page = TrialQuery { after: Some(odd), ..all(now) };
    assert_eq!(world.store.trial_page(&page).await.unwrap().items.len(), 30);
}

#[tokio::test]
async fn a_trial_is_found_by_name_key_id_and_request() {
    let world = World::new(policy(TrialAgain::Never)).await;
    let (lab, office) = (Machine::new("Lab-7 Ulm"), Machine::new("Ördnung"));
    let (of_lab, of_office) = (world.ask(&lab, NOW).await.id(), world.ask(&office, NOW).await.id());
    let request = world.store.trial_requests(&of_office).await.unwrap()[0].id;
    let found = async |search: &str| {
        let query = TrialQuery { search: Some(search.into()), ..all(NOW) };
        let page = world.store.trial_page(&query).await.unwrap();
        page.items.into_iter().map(|trial| trial.id).collect::<Vec<_>>()
    };
    assert_eq!(found("lab-7").await, [of_lab]);
    assert_eq!(found(" LAB").await, [of_lab]);
    assert_eq!(found("ö").await, [of_office]);
    assert_eq!(found(&of_lab.to_string()).await, [of_lab]);
    assert_eq!(found(&request.to_string()).await, [of_office]);
    assert_eq!(found(&lab.key.to_string()).await, [of_lab]);
    assert_eq!(found("7").await, []);
    assert_eq!(found("%").await, []);
    assert_eq!(found("' OR 1=1 --").await, []);
    assert_eq!(found(&super::world::random_id().to_string()).await, []);
}
