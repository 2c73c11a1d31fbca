//! A database with the people of all seeds.

use std::collections::BTreeMap;

use countersign_core::Id;
use countersign_model::license::Right;
use countersign_store::{
    Options, OrganizationRole, Role, SUPPORT_RELEASES_PER_DAY, SUPPORT_RELEASES_PER_YEAR, Store,
    User, UserStatus,
};
use countersign_testing::{Engine, TestDatabase};

use crate::names;

pub(crate) const NOW: u64 = 1_790_000_000;
/// What support may release in a year of one license, and a person of support in a day.
pub(crate) const SUPPORT: (u64, u64) = (3, 2);

/// Somebody who brings requests; nobody is who comes to the public door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Nobody,
    Runner,
    Member,
    OtherMember,
    Stranger,
    Vendor,
    Support,
    Reader,
}

impl Who {
    pub(crate) const ALL: [Self; 8] = [
        Self::Nobody,
        Self::Runner,
        Self::Member,
        Self::OtherMember,
        Self::Stranger,
        Self::Vendor,
        Self::Support,
        Self::Reader,
    ];

    /// As the model and the database name them.
    pub(crate) fn person(self) -> u64 {
        self as u64
    }

    pub(crate) fn id(self) -> Option<Id> {
        (self != Self::Nobody).then(|| names::id(self.person()))
    }

    /// What they are to a license: the first one belongs to the organization, the second one to one of its members.
    pub(crate) fn right(self, license: usize) -> Right {
        match (self, license) {
            (Self::Vendor, _) => Right::Vendor,
            (Self::Support, _) => Right::Support,
            (Self::Reader, _) => Right::Reads,
            (Self::Runner, 0) | (Self::Member, 1) => Right::Own,
            (Self::Member | Self::OtherMember, 0) => Right::Member,
            _ => Right::Stranger,
        }
    }
}

pub(crate) struct Database {
    pub(crate) store: Store,
    pub(crate) organization: Id,
    _test: TestDatabase,
}

impl Database {
    /// The one place that opens a store. In memory, where the system has a place for that: what is played here is the rules,
    /// and not the disk.
    pub(crate) async fn open(engine: Engine) -> Self {
        let test = TestDatabase::in_memory(engine);
        let store = test.open(Options { readers: 1, ..Options::default() }, NOW);
        let database = Self { store, organization: names::id(99), _test: test };
        database.populate().await;
        database
    }

    async fn populate(&self) {
        let (store, organization) = (&self.store, self.organization);
        store.create_organization(organization, "Lab", "test", NOW).await.unwrap();
        for who in Who::ALL {
            let Some(id) = who.id() else { continue };
            let role = match who {
                Who::Vendor => Role::Admin,
                Who::Support => Role::Support,
                Who::Reader => Role::ReadOnly,
                _ => Role::Customer,
            };
            let email = format!("{who:?}@lab.example").to_lowercase();
            let mut user = User {
                status: UserStatus::Active,
                password_hash: Some("hash".into()),
                ..User::invited(id, email, role, NOW)
            };
            if matches!(who, Who::Runner | Who::Member | Who::OtherMember) {
                user.organization = Some(organization);
            }
            if who == Who::Runner {
                user.organization_role = OrganizationRole::Admin;
            }
            store.create_user(user, "test", NOW).await.unwrap();
        }
        let settings =
            [(SUPPORT_RELEASES_PER_YEAR, SUPPORT.0), (SUPPORT_RELEASES_PER_DAY, SUPPORT.1)];
        let settings = settings.map(|((name, _), value)| (name.to_owned(), value.to_string()));
        store.set_settings(BTreeMap::from(settings), "test", NOW).await.unwrap();
    }
}
