//! Lists and searches of licenses: every order, page by page, without a gap or a repetition; and never over a border.

use std::collections::BTreeSet;

use countersign_core::LicenseId;
use countersign_store::{
    License, LicenseFilter, LicenseOrder, LicenseQuery, LicenseScope, LicenseStatus, Validity,
};

use super::world::{DAY, Machine, NOW, World, product};

impl World {
    /// All pages, with so many licenses each.
    async fn pages(&self, query: &LicenseQuery, most: usize) -> Vec<License> {
        let (mut query, mut all) = (LicenseQuery { most, ..query.clone() }, Vec::new());
        loop {
            let found = self.store.license_page(&query).await.unwrap();
            assert!(!found.too_many && found.page.items.len() <= most);
            all.extend(found.page.items);
            // A cursor survives the address of the next page.
            query.after = found.page.next.map(|next| next.to_string().parse().unwrap());
            if query.after.is_none() {
                return all;
            }
        }
    }

    async fn found(&self, scope: LicenseScope, search: &str) -> BTreeSet<LicenseId> {
        let query = LicenseQuery { search: Some(search.into()), ..LicenseQuery::of(scope, NOW) };
        self.pages(&query, 2).await.into_iter().map(|license| license.id).collect()
    }
}

#[tokio::test]
async fn every_order_of_every_scope_is_whole_page_by_page() {
    let world = World::new().await;
    world.product("zeta", "Alpha").await;
    let lab = world.organization("Lab").await;
    let (jane, boss, ada) =
        (world.member("jane", lab).await, world.runner("boss", lab).await, world.vendor().await);
    for n in 0..23_u64 {
        let license = world
            .license_at(NOW + n / 3, |new| {
                new.organization = (n % 4 != 0).then_some(lab);
                new.owner = (n % 3 == 0).then_some(jane.id);
                new.product = product(if n % 5 == 0 { "zeta" } else { "acme-cad" });
                if n % 2 == 0 {
                    new.validity = Validity::Fixed(NOW + 100 - n / 5);
                }
                new.allowed_activations = None;
            })
            .await;
        for machine in 0..n % 3 {
            world.activate(&license, &Machine::new(&format!("m{n}-{machine}")), NOW).await;
        }
    }
    let scopes = [
        LicenseScope::vendor(&ada).unwrap(),
        LicenseScope::organization(&boss).unwrap(),
        LicenseScope::user(&jane),
    ];
    let all = world.store.licenses(100).await.unwrap();
    for (scope, holds) in scopes.iter().zip::<[fn(&License) -> bool; 3]>([
        |_| true,
        |license| license.organization.is_some(),
        |license| license.owner.is_some(),
    ]) {
        for order in LicenseOrder::ALL {
            let query = LicenseQuery { order, ..LicenseQuery::of(*scope, NOW) };
            let listed = world.pages(&query, 4).await;
            assert_eq!(listed, world.pages(&query, 100).await, "{order:?}");
            let ids: BTreeSet<_> = listed.iter().map(|license| license.id).collect();
            let expected: BTreeSet<_> = all.iter().filter(|l| holds(l)).map(|l| l.id).collect();
            assert_eq!((listed.len(), &ids), (expected.len(), &expected), "{order:?}");
            let sorted = listed.is_sorted_by(|a, b| match order {
                LicenseOrder::Created => a.created_at >= b.created_at,
                LicenseOrder::End => {
                    a.expires_at.unwrap_or(u64::MAX) <= b.expires_at.unwrap_or(u64::MAX)
                }
                LicenseOrder::Product => a.product <= b.product,
                LicenseOrder::Seats => a.live_activations >= b.live_activations,
            });
            assert!(sorted, "{order:?}");
            // Searching puts into the same order by other means.
            let search = Some("acme".to_owned());
            let searched = world.pages(&LicenseQuery { search, ..query }, 4).await;
            let of_acme: Vec<_> =
                listed.into_iter().filter(|l| l.product == product("acme-cad")).collect();
            assert_eq!(searched, of_acme, "{order:?}");
        }
    }
}

#[tokio::test]
async fn filters_are_status_end_and_product() {
    let world = World::new().await;
    world.product("acme-cam", "Acme CAM").await;
    let ada = world.vendor().await;
    let fixed =
        |end| move |new: &mut countersign_store::NewLicense| new.validity = Validity::Fixed(end);
    let perpetual = world.license(|new| new.product = product("acme-cam")).await;
    let soon = world.license(fixed(NOW + 10 * DAY)).await;
    let later = world.license(fixed(NOW + 90 * DAY)).await;
    let ended = world.license(fixed(NOW)).await;
    let (suspended, revoked) = (world.license(|_| ()).await, world.license(fixed(NOW - 1)).await);
    for (id, status) in [(suspended, LicenseStatus::Suspended), (revoked, LicenseStatus::Revoked)] {
        let changed = License { status, ..world.get(&id).await };
        world.store.change_license(changed, "test", NOW).await.unwrap();
    }
    let all = LicenseQuery::of(LicenseScope::vendor(&ada).unwrap(), NOW);
    let filtered = |filter| LicenseQuery { filter: Some(filter), ..all.clone() };
    let ends = |days| LicenseQuery { ends_within_days: Some(days), ..all.clone() };
    let of = LicenseQuery { product: Some(product("acme-cam")), ..all.clone() };
    for (query, expected) in [
        (filtered(LicenseFilter::Active), vec![perpetual, soon, later]),
        (filtered(LicenseFilter::Suspended), vec![suspended]),
        (filtered(LicenseFilter::Revoked), vec![revoked]),
        (filtered(LicenseFilter::Ended), vec![ended]),
        (ends(10), vec![soon]),
        (ends(9), vec![]),
        (ends(365), vec![soon, later]),
        (LicenseQuery { filter: Some(LicenseFilter::Ended), ..ends(365) }, vec![]),
        (of, vec![perpetual]),
    ] {
        for order in LicenseOrder::ALL {
            for search in [None, Some("acme".to_owned())] {
                let query = LicenseQuery { order, search, ..query.clone() };
                let listed: BTreeSet<_> =
                    world.pages(&query, 2).await.into_iter().map(|l| l.id).collect();
                assert_eq!(listed, expected.iter().copied().collect(), "{query:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_license_is_found_by_what_a_person_has_at_hand() {
    let world = World::new().await;
    world.product("acme-cam", "Fräsen & Drehen").await;
    let lab = world.organization("Lab").await;
    let (jane, boss, ada) =
        (world.member("jane", lab).await, world.runner("boss", lab).await, world.vendor().await);
    let mine = world
        .license(|new| {
            new.organization = Some(lab);
            new.owner = Some(jane.id);
            new.product = product("acme-cam");
            new.holder = Some("Institut für Kältetechnik (Ort-1)".into());
            new.plan = Some("Floating/Gold".into());
        })
        .await;
    let id = world.activate(&mine, &Machine::new("LAB-Ä7"), NOW).await;
    world.license(|new| new.holder = Some("Somebody Else".into())).await;
    let key = world.get(&mine).await.key;
    let (grouped, normal) = (key.grouped(), key.normal().to_lowercase());
    let scopes = [
        LicenseScope::vendor(&ada).unwrap(),
        LicenseScope::organization(&boss).unwrap(),
        LicenseScope::user(&jane),
    ];
    for scope in scopes {
        for search in [
            "kälte",
            "INSTITUT",
            "ort",
            "gold float",
            "gold institut acme",
            "fräs",
            "acme-cam",
            &grouped,
            &normal,
            &normal[20..],
            &mine.to_string(),
            "lab-ä",
            "Lab-Ä7",
            "  dreh  ",
        ] {
            assert_eq!(world.found(scope, search).await, BTreeSet::from([mine]), "{search}");
        }
        for search in
            ["technik", "gold silver", "lab-ä8", "xyz", "%", "_", "'", "\0", &id.to_string()]
        {
            assert_eq!(world.found(scope, search).await, BTreeSet::new(), "{search}");
        }
    }
    // A machine that has ended is found as well, by its old name.
    world.deactivate(id, &Machine::new("LAB-Ä7")).await;
    // What was changed is found by its new words and no longer by the old ones.
    let renamed = License { holder: Some("Novum".into()), ..world.get(&mine).await };
    world.store.change_license(renamed, "test", NOW).await.unwrap();
    for scope in scopes {
        assert_eq!(world.found(scope, "novum").await, BTreeSet::from([mine]));
        assert_eq!(world.found(scope, "kälte").await, BTreeSet::new());
        assert_eq!(world.found(scope, "gold").await, BTreeSet::from([mine]), "that stayed");
    }
}

#[tokio::test]
async fn no_search_and_no_cursor_reaches_over_to_another_organization() {
    let world = World::new().await;
    let (lab, other) = (world.organization("Lab").await, world.organization("Other").await);
    let (jane, boss) = (world.member("jane", lab).await, world.runner("boss", lab).await);
    let theirs = world
        .license(|new| {
            new.organization = Some(other);
            new.owner = Some(jane.id);
            new.holder = Some("Secret".into());
        })
        .await;
    world.activate(&theirs, &Machine::new("hidden"), NOW).await;
    let key = world.get(&theirs).await.key.grouped();
    for scope in [LicenseScope::organization(&boss).unwrap(), LicenseScope::user(&jane)] {
        for search in ["secret", "hidden", "acme", &key, &theirs.to_string()] {
            assert_eq!(world.found(scope, search).await, BTreeSet::new(), "{search}");
        }
        for order in LicenseOrder::ALL {
            for cursor in ["zzzzzzzzzzzzzzzzzzzzzz.n9223372036854775807", "A.n-5", "A.t", "~.tzz"] {
                let after = Some(cursor.parse().unwrap());
                let query = LicenseQuery { order, after, ..LicenseQuery::of(scope, NOW) };
                assert_eq!(world.store.license_page(&query).await.unwrap().page.items, []);
            }
        }
    }
    // Moved away, its words go along.
    let moved = License { organization: Some(lab), ..world.get(&theirs).await };
    world.store.change_license(moved, "test", NOW).await.unwrap();
    let of_lab = LicenseScope::organization(&boss).unwrap();
    assert_eq!(world.found(of_lab, "secret").await, BTreeSet::from([theirs]));
    for wrong in ["", "A", "A.", "A.x5", "A.n5x", &format!("A.t{}", "x".repeat(2000))] {
        assert!(wrong.parse::<countersign_store::Cursor>().is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn few_among_very_many_are_found_in_every_order_and_many_by_their_end() {
    let world = std::sync::Arc::new(World::new().await);
    world.product("zeta", "Alpha").await;
    let lab = world.organization("Lab").await;
    let (boss, ada) = (world.runner("boss", lab).await, world.vendor().await);
    // In shares, so that they are committed in groups.
    let shares: Vec<_> = (0..53_u64)
        .map(|share| {
            let world = std::sync::Arc::clone(&world);
            tokio::spawn(async move {
                for n in share * 20..share * 20 + 20 {
                    world
                        .license_at(NOW - 50_000 + n, |new| {
                            new.organization = Some(lab);
                            new.product = product(if n % 200 == 7 { "zeta" } else { "acme-cad" });
                            let end = if n % 100 == 9 { NOW + 9 + n } else { NOW - 1 - n % 13 };
                            new.validity = Validity::Fixed(end);
                        })
                        .await;
                }
            })
        })
        .collect();
    for share in shares {
        share.await.unwrap();
    }
    let scopes = [LicenseScope::vendor(&ada).unwrap(), LicenseScope::organization(&boss).unwrap()];
    let mut suspended = None;
    for scope in scopes {
        let all = LicenseQuery::of(scope, NOW);
        for order in LicenseOrder::ALL {
            let rare = LicenseQuery { order, product: Some(product("zeta")), ..all.clone() };
            let found = world.pages(&rare, 2).await;
            assert_eq!(found.len(), 6, "{order:?}");
            assert!(found.iter().all(|license| license.product == product("zeta")));
            let active = LicenseQuery { order, filter: Some(LicenseFilter::Active), ..all.clone() };
            let found = world.pages(&active, 4).await;
            assert_eq!(found.iter().map(|l| l.id).collect::<BTreeSet<_>>().len(), 10 + 1);
            assert!(found.iter().all(|license| !license.expired(NOW)));
            let created: Vec<_> = found.iter().map(|license| license.created_at).collect();
            assert!(order != LicenseOrder::Created || created.is_sorted_by(|a, b| a >= b));
            // There are more than 1000 of these.
            let ended = LicenseQuery { order, filter: Some(LicenseFilter::Ended), ..all.clone() };
            let found = world.pages(&ended, 100).await;
            assert_eq!(found.iter().map(|l| l.id).collect::<BTreeSet<_>>().len(), 1060 - 11);
            assert!(found.iter().is_sorted_by_key(|license| license.expires_at), "{order:?}");
            suspended = found.last().cloned();
        }
    }
    let license = License { status: LicenseStatus::Suspended, ..suspended.unwrap() };
    let id = license.id;
    world.store.change_license(license, "test", NOW).await.unwrap();
    for scope in scopes {
        let filter = Some(LicenseFilter::Suspended);
        let query = LicenseQuery { filter, ..LicenseQuery::of(scope, NOW) };
        let found = world.pages(&query, 1).await;
        assert_eq!(found.iter().map(|l| l.id).collect::<Vec<_>>(), [id]);
    }
}
