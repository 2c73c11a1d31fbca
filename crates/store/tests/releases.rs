//! Releases in a real database file: drafts, publishing, the order, and what a license may run.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use countersign_core::fingerprint::Strategy;
use countersign_core::license_key::LicenseKey;
use countersign_core::release::MOST_FILES;
use countersign_core::{Hash, Id, LicenseId, ProductId};
use countersign_store::{
    GroupChange, License, LicenseChange, LicenseStatus, NewLicense, NewRelease, Options,
    OrganizationRole, Product, ProductRelease, ReleaseChange, ReleaseFile, ReleaseFilter,
    ReleaseLimits, ReleaseRefusal, ReleaseStatus, Role, Store, User, UserChange, UserStatus,
    Validity,
};

const NOW: u64 = 1_790_000_000;

fn rng() -> impl getrandom::rand_core::CryptoRng {
    getrandom::rand_core::UnwrapErr(getrandom::SysRng)
}

fn id() -> Id {
    Id::random(&mut rng())
}

struct World {
    store: Store,
    product: ProductId,
    _database: countersign_testing::TestDatabase,
}

impl World {
    async fn new() -> Self {
        let database = countersign_testing::test_database!();
        let store = database.open(Options::default(), NOW);
        for name in ["acme-cad", "acme-cam"] {
            let product = Product {
                id: name.parse().unwrap(),
                name: name.into(),
                trial: countersign_store::TrialPolicy {
                    days: None,
                    strategy: Strategy::Fuzzy,
                    entitlements: Default::default(),
                    ..countersign_store::TrialPolicy::none()
                },
                reinstall_allowance: 3,
                archived: false,
                created_at: NOW,
            };
            store.save_product(product, "test", NOW).await.unwrap();
        }
        Self { store, product: "acme-cad".parse().unwrap(), _database: database }
    }

    async fn try_create(&self, version: &str, channel: &str) -> (Id, ReleaseChange) {
        let new = NewRelease {
            id: id(),
            product: self.product.clone(),
            channel: channel.parse().unwrap(),
            version: version.parse().unwrap(),
            notes: "## New".into(),
        };
        let release = new.id;
        (release, self.store.create_release(new, "test", NOW).await.unwrap())
    }

    async fn draft(&self, version: &str) -> Id {
        let (release, change) = self.try_create(version, "stable").await;
        assert_eq!(change, ReleaseChange::Done, "{version}");
        release
    }

    async fn published(&self, version: &str, at: u64) -> ProductRelease {
        let release = self.draft(version).await;
        assert_eq!(self.add(release, "a.tar.gz").await, ReleaseChange::Done);
        assert_eq!(self.publish(release, at).await, ReleaseChange::Done);
        self.get(release).await
    }

    async fn add(&self, release: Id, name: &str) -> ReleaseChange {
        let file = file(release, name);
        self.store.add_release_file(file, "test", NOW).await.unwrap()
    }

    async fn publish(&self, release: Id, at: u64) -> ReleaseChange {
        let read = self.get(release).await;
        self.store.publish_release(read, Some("token".into()), "test", at).await.unwrap()
    }

    async fn get(&self, release: Id) -> ProductRelease {
        self.store.release(release).await.unwrap().unwrap()
    }

    async fn versions(&self, filter: &ReleaseFilter, most: u32) -> Vec<String> {
        let found = self.store.releases(&self.product, filter, most).await.unwrap();
        found.iter().map(|release| release.version.to_string()).collect()
    }

    async fn license(&self, limits: ReleaseLimits, end: Option<u64>) -> LicenseId {
        let new = NewLicense {
            key: LicenseKey::generate(&mut rng()),
            product: self.product.clone(),
            plan: None,
            holder: None,
            owner: None,
            organization: None,
            allowed_activations: None,
            allowed_deactivations: None,
            validity: end.map_or(Validity::Perpetual, Validity::Fixed),
            response_validity: 1000,
            strategy: Strategy::Fuzzy,
            entitlements: Default::default(),
            metadata: Default::default(),
        };
        self.store.create_limited_license(new, limits, "test", NOW).await.unwrap()
    }

    /// What the license says to the release.
    async fn refusal(
        &self,
        license: LicenseId,
        release: &ProductRelease,
    ) -> Option<ReleaseRefusal> {
        let terms = self.store.release_terms_of(&license).await.unwrap().unwrap();
        terms.may_run(release).err()
    }
}

fn file(release: Id, name: &str) -> ReleaseFile {
    ReleaseFile {
        id: id(),
        release,
        name: name.parse().unwrap(),
        platform: "linux-x86_64".into(),
        size: 7,
        sha256: Hash::of(name),
        storage_key: id().to_string(),
        created_at: NOW,
    }
}

fn limits(maintenance_until: Option<u64>, highest: Option<&str>) -> ReleaseLimits {
    ReleaseLimits { maintenance_until, highest_version: highest.map(|v| v.parse().unwrap()) }
}

#[tokio::test]
async fn a_draft_gets_files_is_published_and_changes_no_more() {
    let world = World::new().await;
    let release = world.draft("2.1.0").await;
    assert_eq!(world.publish(release, NOW + 1).await, ReleaseChange::NoFiles);
    assert_eq!(world.add(release, "a.tar.gz").await, ReleaseChange::Done);
    assert_eq!(world.add(release, "a.tar.gz").await, ReleaseChange::NameTaken);
    assert_eq!(world.add(release, "A.TAR.gz").await, ReleaseChange::NameTaken);
    assert_eq!(world.add(release, "b.exe").await, ReleaseChange::Done);
    let files = world.store.release_files(release).await.unwrap();
    let spare = files.iter().find(|file| file.name.as_str() == "b.exe").unwrap().id;
    assert_eq!(
        world.store.remove_release_file(spare, "test", NOW).await.unwrap(),
        ReleaseChange::Done
    );
    assert_eq!(world.publish(release, NOW + 1).await, ReleaseChange::Done);
    let published = world.get(release).await;
    assert_eq!(published.published_at, Some(NOW + 1));
    assert_eq!(published.checksums.as_deref(), Some("token"));
    assert_eq!(world.publish(release, NOW + 2).await, ReleaseChange::Already);
    assert_eq!(world.add(release, "late.exe").await, ReleaseChange::NotDraft);
    let kept = world.store.release_files(release).await.unwrap()[0].id;
    assert_eq!(
        world.store.remove_release_file(kept, "test", NOW).await.unwrap(),
        ReleaseChange::NotDraft
    );
    let (file, of) = world.store.release_file(kept).await.unwrap().unwrap();
    assert_eq!((file.name.as_str(), of), ("a.tar.gz", published));
    assert_eq!(world.store.release_file(id()).await.unwrap(), None);
    assert_eq!(world.add(id(), "a.exe").await, ReleaseChange::NotFound);
}

#[tokio::test]
async fn what_was_signed_against_other_files_is_not_published() {
    let world = World::new().await;
    let release = world.draft("2.1.0").await;
    world.add(release, "a.tar.gz").await;
    let read = world.get(release).await;
    world.add(release, "b.tar.gz").await;
    let late = world.store.publish_release(read, Some("old token".into()), "test", NOW);
    assert_eq!(late.await.unwrap(), ReleaseChange::Stale);
    assert_eq!(world.get(release).await.status, ReleaseStatus::Draft);
}

#[tokio::test]
async fn an_archived_release_comes_back_as_it_was() {
    let world = World::new().await;
    let release = world.published("2.1.0", NOW + 5).await;
    let archive = || world.store.archive_release(release.id, "test", NOW + 6);
    assert_eq!(archive().await.unwrap(), ReleaseChange::Done);
    assert_eq!(archive().await.unwrap(), ReleaseChange::Already);
    assert_eq!(world.add(release.id, "b.exe").await, ReleaseChange::NotDraft);
    let again = world.get(release.id).await;
    let change = world.store.publish_release(again, Some("other".into()), "test", NOW + 7);
    assert_eq!(change.await.unwrap(), ReleaseChange::Done);
    assert_eq!(world.get(release.id).await, release);
    assert_eq!(
        world.store.archive_release(id(), "test", NOW).await.unwrap(),
        ReleaseChange::NotFound
    );
}

#[tokio::test]
async fn a_version_is_one_thing_on_a_channel() {
    let world = World::new().await;
    world.draft("2.1.0").await;
    assert_eq!(world.try_create("2.1.0", "stable").await.1, ReleaseChange::VersionTaken);
    assert_eq!(world.try_create("2.1.0", "beta").await.1, ReleaseChange::Done);
    assert_eq!(world.try_create("nightly", "beta").await.1, ReleaseChange::VersionWithoutNumber);
    let strange = NewRelease {
        id: id(),
        product: "no-such".parse().unwrap(),
        channel: "stable".parse().unwrap(),
        version: "1".parse().unwrap(),
        notes: String::new(),
    };
    let long = NewRelease { notes: "x".repeat(64 * 1024 + 1), ..strange.clone() };
    let create = |new| world.store.create_release(new, "test", NOW);
    assert_eq!(create(strange).await.unwrap(), ReleaseChange::NotFound);
    assert_eq!(create(long).await.unwrap(), ReleaseChange::NotesTooLong);
}

#[tokio::test]
async fn there_are_no_more_files_than_a_checksum_file_holds() {
    let world = World::new().await;
    let release = world.draft("1").await;
    for number in 0..MOST_FILES {
        assert_eq!(world.add(release, &format!("f{number}")).await, ReleaseChange::Done);
    }
    assert_eq!(world.add(release, "one-more").await, ReleaseChange::TooManyFiles);
}

#[tokio::test]
async fn pages_come_highest_version_first_and_none_twice() {
    let world = World::new().await;
    for version in ["1.9.0", "1.10.0", "2.0.0-beta.2", "2.0.0-beta.10", "2.0.0", "0.9", "24H2"] {
        world.published(version, NOW).await;
    }
    world.try_create("3.0.0", "beta").await;
    let all = world.versions(&ReleaseFilter::default(), 100).await;
    let wanted =
        ["24H2", "3.0.0", "2.0.0", "2.0.0-beta.10", "2.0.0-beta.2", "1.10.0", "1.9.0", "0.9"];
    assert_eq!(all, wanted);
    let mut filter = ReleaseFilter::default();
    let mut paged = Vec::new();
    loop {
        let page = world.store.releases(&world.product, &filter, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        filter.after = Some(last.id);
        paged.extend(page.iter().map(|release| release.version.to_string()));
    }
    assert_eq!(paged, wanted);
    let beta = ReleaseFilter { channel: Some("beta".parse().unwrap()), ..Default::default() };
    assert_eq!(world.versions(&beta, 100).await, ["3.0.0"]);
    let published = ReleaseFilter { status: Some(ReleaseStatus::Published), ..Default::default() };
    assert_eq!(world.versions(&published, 100).await.len(), wanted.len() - 1);
    assert_eq!(world.store.release_channels(&world.product).await.unwrap().len(), 1);
    let gone = ReleaseFilter { after: Some(id()), ..Default::default() };
    assert!(world.versions(&gone, 100).await.is_empty());
}

#[tokio::test]
async fn maintenance_and_end_count_to_the_second() {
    let world = World::new().await;
    let release = world.published("2.1.0", NOW).await;
    let after_maintenance = |until| Some(ReleaseRefusal::AfterMaintenance { until });
    let after_end = |until| Some(ReleaseRefusal::AfterEnd { until });
    for (maintenance, end, refusal) in [
        (None, None, None),
        (Some(NOW - 1), None, after_maintenance(NOW - 1)),
        (Some(NOW), None, None),
        (Some(NOW + 1), None, None),
        (None, Some(NOW - 1), after_end(NOW - 1)),
        (None, Some(NOW), None),
        (None, Some(NOW + 1), None),
        // A maintenance of its own counts, and the license's end does not.
        (Some(NOW), Some(NOW - 1), None),
        (Some(NOW - 1), Some(NOW + 1), after_maintenance(NOW - 1)),
    ] {
        let license = world.license(limits(maintenance, None), end).await;
        assert_eq!(world.refusal(license, &release).await, refusal, "{maintenance:?} {end:?}");
    }
}

#[tokio::test]
async fn the_highest_version_is_allowed_and_the_next_is_not() {
    let world = World::new().await;
    for (version, highest, allowed) in [
        ("2.0.9", "2.1.0", true),
        ("2.1.0", "2.1.0", true),
        ("2.1.1", "2.1.0", false),
        ("2.1.0-rc.1", "2.1.0", true),
        ("2.1.1-rc.1", "2.1.0", false),
        ("2.1.0.1", "2.1.0", false),
        ("2.10.0", "2.9.0", false),
        ("2.9.0", "2.10.0", true),
        ("2.99.7", "2.x", true),
        ("3.0.0-alpha", "2.x", false),
        ("24H2", "24", false),
        ("24H1", "24H2", true),
    ] {
        let (release, change) = world
            .try_create(version, &format!("for-{}", highest.to_lowercase().replace('.', "-")))
            .await;
        assert_eq!(change, ReleaseChange::Done);
        world.add(release, "a").await;
        world.publish(release, NOW).await;
        let license = world.license(limits(None, Some(highest)), None).await;
        let refusal = world.refusal(license, &world.get(release).await).await;
        let above = ReleaseRefusal::AboveHighest { highest: highest.parse().unwrap() };
        assert_eq!(refusal, (!allowed).then_some(above), "{version} under {highest}");
    }
}

#[tokio::test]
async fn a_limit_that_is_no_version_allows_nothing() {
    let world = World::new().await;
    let release = world.published("2.1.0", NOW).await;
    let license = world.license(limits(None, Some("latest")), None).await;
    assert!(world.refusal(license, &release).await.is_some());
}

#[tokio::test]
async fn drafts_other_products_and_licenses_that_do_not_count_allow_nothing() {
    let world = World::new().await;
    let release = world.published("2.1.0", NOW).await;
    let license = world.license(limits(None, None), None).await;
    let draft = world.get(world.draft("2.2.0").await).await;
    assert_eq!(world.refusal(license, &draft).await, Some(ReleaseRefusal::NotPublished));
    let mut other = release.clone();
    other.product = "acme-cam".parse().unwrap();
    let terms = world.store.release_terms_of(&license).await.unwrap().unwrap();
    assert_eq!(terms.may_run(&other), Err(ReleaseRefusal::OtherProduct));
    for (status, refusal) in [
        (LicenseStatus::Suspended, Some(ReleaseRefusal::Suspended)),
        (LicenseStatus::Revoked, Some(ReleaseRefusal::Revoked)),
        (LicenseStatus::Active, None),
    ] {
        let read = world.store.license(&license).await.unwrap().unwrap();
        let changed = License { status, ..read };
        let change = world.store.change_license(changed, "test", NOW).await.unwrap();
        assert_eq!(change, LicenseChange::Done);
        assert_eq!(world.refusal(license, &release).await, refusal, "{status}");
    }
    world.store.archive_release(release.id, "test", NOW).await.unwrap();
    let archived = world.get(release.id).await;
    assert_eq!(world.refusal(license, &archived).await, Some(ReleaseRefusal::NotPublished));
}

#[tokio::test]
async fn limits_can_be_set_later_and_grants_do_not_change_with_them() {
    let world = World::new().await;
    let license = world.license(limits(None, None), None).await;
    let before = world.store.license(&license).await.unwrap().unwrap();
    let wanted = limits(Some(NOW + 7), Some("2.x"));
    let set = |license, to: &ReleaseLimits| {
        world.store.set_release_limits(license, to.clone(), "test", NOW)
    };
    assert!(set(license, &wanted).await.unwrap());
    let terms = world.store.release_terms_of(&license).await.unwrap().unwrap();
    assert_eq!(terms.limits, wanted);
    assert_eq!(world.store.license(&license).await.unwrap().unwrap(), before);
    let unknown = LicenseKey::generate(&mut rng()).id();
    assert!(!set(unknown, &wanted).await.unwrap());
    assert!(world.store.release_terms_of(&unknown).await.unwrap().is_none());
}

#[tokio::test]
async fn terms_are_those_of_the_licenses_that_a_user_may_see() {
    let world = World::new().await;
    let store = &world.store;
    let (acme, other, group) = (id(), id(), id());
    for organization in [acme, other] {
        store.create_organization(organization, "o", "test", NOW).await.unwrap();
    }
    let user = |organization: Id, role: OrganizationRole, email: &str| User {
        organization: Some(organization),
        organization_role: role,
        status: UserStatus::Active,
        ..User::invited(id(), email, Role::Customer, NOW)
    };
    let (admin, member) = (OrganizationRole::Admin, OrganizationRole::Member);
    let ada = user(acme, admin, "ada@x");
    let (jane, tom) = (user(acme, member, "jane@x"), user(acme, member, "tom@x"));
    let bob = user(other, admin, "bob@x");
    for user in [&ada, &jane, &tom, &bob] {
        let created = store.create_user(user.clone(), "test", NOW).await.unwrap();
        assert_eq!(created, UserChange::Done);
    }
    let mut ids = Vec::new();
    for (owner, organization, until) in [
        (Some(jane.id), None, 1),
        (None, Some(acme), 2),
        (None, Some(other), 3),
        (None, None, 4),
        (None, Some(acme), 5),
        // Somebody else's organization has it, though it was hers once.
        (Some(jane.id), Some(other), 6),
    ] {
        let license = world.license(limits(Some(until), None), None).await;
        let read = store.license(&license).await.unwrap().unwrap();
        let owned = License { owner, organization, ..read };
        store.change_license(owned, "test", NOW).await.unwrap();
        ids.push(license);
    }
    let done = GroupChange::Done;
    assert_eq!(store.create_group(group, acme, "g", "test", NOW).await.unwrap(), done);
    assert_eq!(store.add_to_group(acme, group, tom.id, "test", NOW).await.unwrap(), done);
    let link = store.link_license(acme, group, ids[4], None, "test", NOW);
    assert_eq!(link.await.unwrap(), done);
    let untils = async |user: &User| {
        let terms = store.release_terms(user).await.unwrap();
        let for_product = store.release_terms_for(user, &world.product).await.unwrap();
        let mut untils: Vec<_> =
            terms.iter().filter_map(|terms| terms.limits.maintenance_until).collect();
        untils.sort_unstable();
        assert_eq!(for_product.len(), untils.len());
        // The one rule of who sees a license says the same.
        let mut seen = Vec::new();
        for (number, license) in (1..).zip(&ids) {
            seen.extend(store.access_to(user, license).await.unwrap().map(|_| number));
        }
        assert_eq!(untils, seen, "{}", user.email);
        untils
    };
    assert_eq!(untils(&ada).await, [2, 5], "who runs the organization");
    assert_eq!(untils(&jane).await, [1], "her own");
    assert_eq!(untils(&tom).await, [5], "through his group");
    assert_eq!(untils(&bob).await, [3, 6]);
    assert_eq!(store.unlink_license(acme, group, ids[4], "test", NOW).await.unwrap(), done);
    assert!(untils(&tom).await.is_empty(), "the link was undone");
    let none = store.release_terms_for(&ada, &"acme-cam".parse().unwrap()).await.unwrap();
    assert!(none.is_empty());
}

#[tokio::test]
async fn a_database_from_before_releases_gets_them_and_keeps_its_licenses() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    let migrations = [
        include_str!("../src/engine/migrations/0001_start.sql"),
        "CREATE TABLE schema_migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT",
        "INSERT INTO schema_migration VALUES (1, 'start', 0)",
        "INSERT INTO product VALUES ('acme-cad', 'Acme CAD', NULL, 'fuzzy', '{}', 3, 'active', 0)",
    ];
    for sql in migrations {
        connection.execute_batch(sql).unwrap();
    }
    let key = LicenseKey::generate(&mut rng());
    let license = "INSERT INTO license (id, license_key, product_id, status, validity, response_validity, strategy, \
        entitlements, metadata, created_at) VALUES (?1, ?2, 'acme-cad', 'active', 'perpetual', 1, 'fuzzy', '{}', '{}', 0)";
    connection.execute(license, (key.id().to_string(), key.normal())).unwrap();
    drop(connection);
    let store = Store::open(&path, Options::default(), NOW).unwrap();
    let terms = store.release_terms_of(&key.id()).await.unwrap().unwrap();
    assert_eq!(terms.limits, ReleaseLimits::default());
    store.close();
    assert!(Store::open(&path, Options::default(), NOW).is_ok(), "it is done once");
}
