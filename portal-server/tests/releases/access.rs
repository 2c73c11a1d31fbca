//! Who gets a file: those whose license may run it. For everybody else it does not exist.

use countersign_core::Id;
use countersign_store::{License, LicenseStatus, ReleaseLimits};
use reqwest::StatusCode;

use crate::played::NOW;
use crate::shop::{Shop, bytes, get, header, path};
use crate::world::CookieUser;

const FOUND: StatusCode = StatusCode::OK;
const MISSING: StatusCode = StatusCode::NOT_FOUND;

/// The same answer for the file and for the checksums.
async fn status(browser: &CookieUser, file: &countersign_store::ReleaseFile) -> StatusCode {
    let status = get(browser, &path(file), &[]).await.status();
    let checksums = get(browser, &format!("/releases/{}/checksums", file.release), &[]).await;
    assert_eq!(checksums.status(), status);
    status
}

#[tokio::test]
async fn a_stranger_is_sent_to_the_login_whatever_is_asked_for() {
    let shop = Shop::new().await;
    let file = shop.released("2.1.0", "a.bin", &bytes(10)).await;
    let stranger = shop.portal.visitor();
    for path in [path(&file), "/releases/AAAAAAAAAAAAAAAAAAAAAA".into(), "/releases/x".into()] {
        let answer = get(&stranger, &path, &[("range", "bytes=0-1")]).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
        assert!(header(&answer, "location").starts_with("/login"), "{path}");
    }
}

#[tokio::test]
async fn another_organizations_license_opens_nothing() {
    let shop = Shop::new().await;
    let file = shop.released("2.1.0", "a.bin", &bytes(10)).await;
    let (lab, rival) =
        (shop.portal.organization("Lab").await, shop.portal.organization("Rival").await);
    shop.portal.license_with(|new| new.organization = Some(lab)).await;
    shop.organization_admin("ann@lab.example", lab).await;
    let runs_it = shop.portal.logged_in("ann@lab.example").await;
    let member = shop.portal.customer_of("jane@lab.example", Some(lab)).await;
    shop.organization_admin("bob@rival.example", rival).await;
    let rival = shop.portal.logged_in("bob@rival.example").await;
    let nobody = shop.portal.customer("eve@else.example").await;
    assert_eq!(status(&runs_it, &file).await, FOUND);
    assert_eq!(status(&member, &file).await, MISSING, "no group of hers has the license");
    assert_eq!(status(&rival, &file).await, MISSING);
    assert_eq!(status(&nobody, &file).await, MISSING);
    shop.portal.suspend_organization(lab, true).await;
    assert_eq!(
        status(&runs_it, &file).await,
        StatusCode::SEE_OTHER,
        "nobody of it is logged in any more"
    );
}

#[tokio::test]
async fn a_group_opens_what_its_licenses_may_run_until_the_link_is_undone() {
    let shop = Shop::new().await;
    let file = shop.released("2.1.0", "a.bin", &bytes(10)).await;
    let (lab, group) = (shop.portal.organization("Lab").await, Id::from([5; 16]));
    let license = shop.portal.license_with(|new| new.organization = Some(lab)).await.id();
    let jane = shop.portal.customer_of("jane@lab.example", Some(lab)).await;
    let id = shop.portal.stored_user("jane@lab.example").await.id;
    let store = shop.app().store();
    store.create_group(group, lab, "Robotics", "test", NOW).await.unwrap();
    store.link_license(lab, group, license, None, "test", NOW).await.unwrap();
    assert_eq!(status(&jane, &file).await, MISSING);
    store.add_to_group(lab, group, id, "test", NOW).await.unwrap();
    assert_eq!(status(&jane, &file).await, FOUND);
    store.unlink_license(lab, group, license, "test", NOW).await.unwrap();
    assert_eq!(status(&jane, &file).await, MISSING);
}

#[tokio::test]
async fn a_license_of_another_product_opens_nothing() {
    let shop = Shop::new().await;
    let file = shop.released("2.1.0", "a.bin", &bytes(10)).await;
    let store = shop.app().store();
    let mut other = store.product(&shop.portal.product).await.unwrap().unwrap();
    other.id = "acme-cam".parse().unwrap();
    store.save_product(other, "test", NOW).await.unwrap();
    let jane = shop.portal.customer("jane@lab.example").await;
    let owner = shop.portal.stored_user("jane@lab.example").await.id;
    let license = shop.portal.license_with(|new| {
        new.product = "acme-cam".parse().unwrap();
        new.owner = Some(owner);
    });
    license.await;
    assert_eq!(status(&jane, &file).await, MISSING);
}

#[tokio::test]
async fn drafts_and_archived_releases_do_not_exist() {
    let shop = Shop::new().await;
    let jane = shop.customer("jane@lab.example", ReleaseLimits::default()).await;
    let admin = shop.portal.admin().await;
    let release = shop.draft("2.1.0").await;
    let file = shop.add(release, "a.bin", &bytes(10)).await;
    assert_eq!(status(&jane, &file).await, MISSING);
    shop.publish(release).await;
    assert_eq!(status(&jane, &file).await, FOUND);
    assert_eq!(status(&admin, &file).await, FOUND, "the vendor needs no license");
    shop.app().store().archive_release(release, "test", NOW).await.unwrap();
    assert_eq!(status(&jane, &file).await, MISSING);
    assert_eq!(status(&admin, &file).await, MISSING);
    shop.publish(release).await;
    assert_eq!(status(&jane, &file).await, FOUND);
}

#[tokio::test]
async fn suspended_and_revoked_licenses_open_nothing() {
    let shop = Shop::new().await;
    let file = shop.released("2.1.0", "a.bin", &bytes(10)).await;
    let jane = shop.portal.customer("jane@lab.example").await;
    let key = shop.portal.license_of("jane@lab.example", 1).await;
    for (state, wanted) in [
        (LicenseStatus::Active, FOUND),
        (LicenseStatus::Suspended, MISSING),
        (LicenseStatus::Revoked, MISSING),
        (LicenseStatus::Active, FOUND),
    ] {
        shop.portal.change_license(&key, |license: &mut License| license.status = state).await;
        assert_eq!(status(&jane, &file).await, wanted, "{state}");
    }
}

#[tokio::test]
async fn maintenance_and_highest_version_end_where_they_say() {
    let shop = Shop::new().await;
    // The portal's clock stands at NOW, which is when this is published.
    let file = shop.released("2.1.0", "a.bin", &bytes(10)).await;
    for (number, (maintenance_until, highest, wanted)) in [
        (Some(NOW - 1), None, MISSING),
        (Some(NOW), None, FOUND),
        (Some(NOW + 1), None, FOUND),
        (None, Some("2.0.9"), MISSING),
        (None, Some("2.1.0"), FOUND),
        (None, Some("2.1.1"), FOUND),
        (Some(NOW), Some("2.x"), FOUND),
        (Some(NOW - 1), Some("2.x"), MISSING),
    ]
    .into_iter()
    .enumerate()
    {
        let highest_version = highest.map(|version| version.parse().unwrap());
        let limits = ReleaseLimits { maintenance_until, highest_version };
        let customer = shop.customer(&format!("c{number}@lab.example"), limits).await;
        assert_eq!(status(&customer, &file).await, wanted, "{maintenance_until:?} {highest:?}");
    }
}

#[tokio::test]
async fn one_license_that_may_is_enough() {
    let shop = Shop::new().await;
    let file = shop.released("2.1.0", "a.bin", &bytes(10)).await;
    let old = ReleaseLimits { maintenance_until: Some(1), highest_version: None };
    let jane = shop.customer("jane@lab.example", old).await;
    assert_eq!(status(&jane, &file).await, MISSING);
    shop.portal.license_of("jane@lab.example", 1).await;
    assert_eq!(status(&jane, &file).await, FOUND);
}
