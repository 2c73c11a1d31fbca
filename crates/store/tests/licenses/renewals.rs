//! Renewals without a request: one for each revision of the license, for machines that hold their seat.

use countersign_core::Hash;
use countersign_store::{License, LicenseStatus, Renewal, Renewed};

use super::world::{Machine, NOW, World};

impl World {
    async fn renewal(&self, license: License, activation: countersign_core::Id) -> Renewal {
        let stored = self.store.activation(&activation).await.unwrap().unwrap();
        Renewal {
            terms: license,
            activation,
            request_hash: stored.request.unwrap().1,
            response: "renewed".into(),
            expires_at: Some(NOW + 500),
            import_by: NOW + 100,
            by: self.vendor().await.id,
            now: NOW + 1,
        }
    }
}

#[tokio::test]
async fn a_revision_has_one_renewal_until_it_can_be_installed_no_longer() {
    let world = World::new().await;
    let license = world.license(|_| ()).await;
    let id = world.activate(&license, &Machine::new("a"), NOW).await;
    let read = world.get(&license).await;
    let renewal = world.renewal(read.clone(), id).await;
    assert_eq!(world.store.renew(renewal.clone()).await.unwrap(), Renewed::Done);
    let stored = world.store.activation(&id).await.unwrap().unwrap();
    assert_eq!((stored.expires_at, stored.import_by), (Some(NOW + 500), NOW + 100));
    let other = Renewal { response: "another".into(), now: NOW + 2, ..renewal.clone() };
    let Renewed::Repeated(first) = world.store.renew(other.clone()).await.unwrap() else {
        panic!()
    };
    assert_eq!((first.token.as_str(), first.issued_at), ("renewed", NOW + 1));
    let latest = world.store.latest_response(&stored).await.unwrap().unwrap();
    assert_eq!((latest.token, latest.created_at), (first.token, first.issued_at));
    let late = Renewal { now: NOW + 100, import_by: NOW + 200, ..other };
    assert_eq!(world.store.renew(late).await.unwrap(), Renewed::Done);
    let latest = world.store.latest_response(&stored).await.unwrap().unwrap();
    assert_eq!((latest.token.as_str(), latest.created_at), ("another", NOW + 100));
    assert_eq!(world.get(&license).await, read, "no seat, no revision");
}

#[tokio::test]
async fn what_changed_since_it_was_signed_is_not_stored() {
    let world = World::new().await;
    let license = world.license(|_| ()).await;
    let a = Machine::new("a");
    let id = world.activate(&license, &a, NOW).await;
    let read = world.get(&license).await;
    let renewal = world.renewal(read.clone(), id).await;
    let stale = async |renewal: &Renewal| {
        assert_eq!(world.store.renew(renewal.clone()).await.unwrap(), Renewed::Stale);
    };
    stale(&Renewal { request_hash: Hash::of("another"), ..renewal.clone() }).await;
    stale(&Renewal { terms: world.get(&world.license(|_| ()).await).await, ..renewal.clone() })
        .await;
    // A newer request came in: a renewal of the older one would be refused by the machine.
    world.activate(&license, &a, NOW + 1).await;
    stale(&renewal).await;
    let renewal = Renewal {
        request_hash: world.store.activation(&id).await.unwrap().unwrap().request.unwrap().1,
        ..renewal
    };
    for status in [LicenseStatus::Suspended, LicenseStatus::Revoked] {
        let changed = License { status, ..world.get(&license).await };
        world.store.change_license(changed, "test", NOW).await.unwrap();
        stale(&renewal).await;
        stale(&Renewal { terms: world.get(&license).await, ..renewal.clone() }).await;
    }
    let active = License { status: LicenseStatus::Active, ..world.get(&license).await };
    world.store.change_license(active, "test", NOW).await.unwrap();
    world.deactivate(id, &a).await;
    stale(&Renewal { terms: world.get(&license).await, ..renewal }).await;
}
