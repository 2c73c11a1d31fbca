//! Private releases: seen by those whose license they were given to, and by nobody else through any door.

use countersign_core::{Id, LicenseId};
use countersign_store::{OrganizationRole, ReleaseChange, ReleaseLimits, Visibility};

use crate::played::NOW;
use crate::shop::{self, Shop};
use crate::world::CookieUser;

/// Everything that could tell of a release.
async fn doors(browser: &CookieUser, release: Id, file: &str) -> Vec<u16> {
    let mut statuses = Vec::new();
    for path in [
        format!("/downloads/acme-cad/{release}"),
        file.to_owned(),
        format!("/releases/{release}/checksums"),
    ] {
        statuses.push(shop::get(browser, &path, &[]).await.status().as_u16());
    }
    statuses
}

async fn give(shop: &Shop, release: Id, to: &[LicenseId]) {
    let store = shop.app().store();
    let set = store.set_release_visibility(release, Visibility::Private, to.to_vec(), "test", NOW);
    assert_eq!(set.await.unwrap(), ReleaseChange::Done);
}

#[tokio::test]
async fn a_private_release_is_seen_by_those_it_was_given_to_and_by_nobody_else() {
    let shop = Shop::new().await;
    shop.released("1.0.0", "one.bin", b"for all").await;
    let file = shop.released("1.0.1", "fix.bin", b"for jane").await;
    let jane = shop.portal.customer("jane@lab.example").await;
    let hers = shop.portal.license_of("jane@lab.example", 1).await;
    let bob = shop.customer("bob@other.example", ReleaseLimits::default()).await;
    give(&shop, file.release, &[hers.id()]).await;

    let path = shop::path(&file);
    assert_eq!(doors(&jane, file.release, &path).await, [200, 200, 200]);
    assert_eq!(doors(&bob, file.release, &path).await, [404, 404, 404]);
    let list = "/downloads/acme-cad";
    jane.get(list).await.is(200).says("1.0.1").says("1.0.0");
    bob.get(list).await.is(200).hides("1.0.1").says("1.0.0");
    bob.get("/downloads").await.is(200).hides("1.0.1");
    jane.get("/downloads").await.is(200).says("1.0.1");

    // It was another license's for a while, and is everybody's again.
    give(&shop, file.release, &[]).await;
    assert_eq!(doors(&jane, file.release, &path).await, [404, 404, 404]);
    let store = shop.app().store();
    let all = store.set_release_visibility(file.release, Visibility::Customers, vec![], "t", NOW);
    assert_eq!(all.await.unwrap(), ReleaseChange::Done);
    assert_eq!(doors(&bob, file.release, &path).await, [200, 200, 200]);
}

#[tokio::test]
async fn a_private_release_follows_the_rules_of_the_license_it_was_given_to() {
    let shop = Shop::new().await;
    let file = shop.released("3.0.0", "three.bin", b"three").await;
    let jane = shop.portal.customer("jane@lab.example").await;
    let old = shop.portal.license_of("jane@lab.example", 1).await;
    let limits =
        ReleaseLimits { maintenance_until: None, highest_version: Some("2.x".parse().unwrap()) };
    shop.app().store().set_release_limits(old.id(), limits, "test", NOW).await.unwrap();
    // Another license of hers could run it, but it was not given to that one.
    shop.portal.license_of("jane@lab.example", 1).await;
    give(&shop, file.release, &[old.id()]).await;
    assert_eq!(doors(&jane, file.release, &shop::path(&file)).await, [200, 404, 404]);
    let page = format!("/downloads/acme-cad/{}", file.release);
    jane.get(&page).await.is(200).says("2.x").hides("three.bin");
    shop.portal
        .change_license(&old, |license| {
            license.status = countersign_store::LicenseStatus::Suspended;
        })
        .await;
    assert_eq!(doors(&jane, file.release, &shop::path(&file)).await, [200, 404, 404]);
}

#[tokio::test]
async fn groups_and_organization_admins_see_what_was_given_to_their_organizations_license() {
    let shop = Shop::new().await;
    let file = shop.released("1.0.1", "fix.bin", b"for the lab").await;
    let (lab, other) =
        (shop.portal.organization("Lab").await, shop.portal.organization("Other").await);
    let license = shop.portal.license_with(|new| new.organization = Some(lab)).await;
    let group = shop.portal.group("Students", lab).await;
    let store = shop.app().store();
    store.link_license(lab, group, license.id(), None, "test", NOW).await.unwrap();
    give(&shop, file.release, &[license.id()]).await;
    let mut people = Vec::new();
    for (email, organization, role) in [
        ("runs@lab.example", lab, OrganizationRole::Admin),
        ("in@lab.example", lab, OrganizationRole::Member),
        ("out@lab.example", lab, OrganizationRole::Member),
        ("runs@other.example", other, OrganizationRole::Admin),
    ] {
        let user = shop
            .portal
            .user(|user| {
                user.email = email.into();
                user.organization = Some(organization);
                user.organization_role = role;
            })
            .await;
        if email == "in@lab.example" {
            store.add_to_group(lab, group, user.id, "test", NOW).await.unwrap();
        }
        people.push(shop.portal.logged_in(email).await);
    }
    let path = shop::path(&file);
    assert_eq!(doors(&people[0], file.release, &path).await, [200, 200, 200]);
    assert_eq!(doors(&people[1], file.release, &path).await, [200, 200, 200]);
    assert_eq!(doors(&people[2], file.release, &path).await, [404, 404, 404]);
    assert_eq!(doors(&people[3], file.release, &path).await, [404, 404, 404]);
    store.unlink_license(lab, group, license.id(), "test", NOW).await.unwrap();
    assert_eq!(doors(&people[1], file.release, &path).await, [404, 404, 404]);
}

#[tokio::test]
async fn pages_of_a_list_hold_private_and_other_releases_in_one_order() {
    let shop = Shop::new().await;
    let jane = shop.portal.customer("jane@lab.example").await;
    let hers = shop.portal.license_of("jane@lab.example", 1).await;
    let bob = shop.customer("bob@other.example", ReleaseLimits::default()).await;
    for n in 0..45 {
        let file = shop.released(&format!("1.0.{n}"), "a.bin", b"x").await;
        if n % 3 == 0 {
            give(&shop, file.release, &[hers.id()]).await;
        }
    }
    for (browser, wanted) in [
        (&jane, (0..45).rev().collect::<Vec<u32>>()),
        (&bob, (0..45).rev().filter(|n| n % 3 != 0).collect()),
    ] {
        let (mut path, mut seen) = ("/downloads/acme-cad".to_owned(), Vec::<u32>::new());
        loop {
            let page = browser.get(&path).await.is(200).text.clone();
            let rows = page.split("<th scope=\"row\">").skip(1);
            let version =
                |row: &str| row.split("\">1.0.").nth(1)?.split('<').next()?.parse::<u32>().ok();
            seen.extend(rows.filter_map(version));
            let next = page.split("after=").nth(1).and_then(|rest| rest.split('"').next());
            match next {
                Some(after) => path = format!("/downloads/acme-cad?after={after}"),
                None => break,
            }
        }
        assert_eq!(seen, wanted);
    }
}
