//! Where components of machines were noted before a scope's lay beside each other: they are moved, and machines are found as before.

use countersign_core::Hash;
use countersign_core::fingerprint::Fingerprint;
use countersign_store::{Options, Seat, TrialPlan, TrialPolicy};

use super::world::{DAY, Machine, NOW, World, product, random_id};

const ROWS: &str = "SELECT place, parts, subject FROM machine_part ORDER BY subject, place";

#[tokio::test]
async fn components_at_their_old_places_are_moved_and_their_machines_are_recognised() {
    let world = World::new().await;
    let vendor = world.vendor().await;
    let license = world.license(|_| {}).await;
    let [live, released, given_up, tried] =
        ["live", "released", "given up", "tried"].map(Machine::new);
    let of_live = world.activate(&license, &live, NOW).await;
    let of_released = world.activate(&license, &released, NOW).await;
    world.release(license, of_released, &vendor, NOW + DAY).await;
    let of_given_up = world.activate(&license, &given_up, NOW).await;
    world.deactivate(of_given_up, &given_up).await;
    let mut offered = world.store.product(&product("acme-cad")).await.unwrap().unwrap();
    offered.trial = TrialPolicy { days: Some(14), ..TrialPolicy::none() };
    world.store.save_product(offered.clone(), "test", NOW).await.unwrap();
    let (raw, trial) = (world.database.raw(), random_id());
    let print = &tried.device.fingerprint;
    raw.execute(&format!(
        "INSERT INTO trial (id, product_id, device_key, fingerprint, device_name_folded, created_at, expires_at) \
         VALUES ('{trial}', 'acme-cad', '{}', '{}', '', {NOW}, {})",
        tried.key,
        print.to_json(),
        NOW + 14 * DAY
    ))
    .unwrap();
    let gathered = raw.rows(ROWS);
    world.store.close();
    drop(world.store);

    raw.execute("DELETE FROM machine_part").unwrap();
    let live_scope = license.to_string();
    let (ended, out) = (format!("ended:{license}"), format!("released:{license}"));
    for (scope, machine, subject) in [
        (&live_scope, &live, of_live),
        (&ended, &released, of_released),
        (&out, &released, of_released),
        (&ended, &given_up, of_given_up),
        (&"trial:acme-cad".to_owned(), &tried, trial),
    ] {
        for place in old_places(scope, &machine.device.fingerprint) {
            let row = format!("({place}, 5, '{subject}')");
            raw.execute(&format!("INSERT INTO machine_part (place, parts, subject) VALUES {row}"))
                .unwrap();
        }
    }
    raw.execute("DELETE FROM schema_migration WHERE number = 31").unwrap();

    let store = world.database.open(Options::default(), NOW);
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
    let of_licenses: Vec<_> = (raw.rows(ROWS).into_iter())
        .filter(|row| row[2].as_deref() != Some(&trial.to_string()))
        .collect();
    assert_eq!(of_licenses, gathered, "as the program itself notes them");
    let new = live.reinstalled();
    let seat = store.activation_plan(&license, &new.key, &new.device.fingerprint, &[], NOW).await;
    assert!(matches!(seat.unwrap(), Ok(Seat::Reinstall(of)) if of.id == of_live), "it has a seat");
    let again = tried.reinstalled();
    let plan = store.trial_plan(&offered, &again.key, &again.device, NOW + DAY).await.unwrap();
    assert!(matches!(plan, TrialPlan::Used(used) if used.trial.id == trial), "it had its trial");
}

/// The first 64 bits of a hash of scope and component.
fn old_places(scope: &str, machine: &Fingerprint) -> Vec<i64> {
    let place = |hash: String| {
        let [a, b, c, d, e, f, g, h, ..] = *Hash::of(format!("{scope} {hash}")).as_bytes();
        i64::from_be_bytes([a, b, c, d, e, f, g, h])
    };
    machine.components().map(|(_, hash)| place(hash.to_string())).collect()
}
