//! A machine that wants a seat, and what it may expect.

use countersign_core::Id;
use countersign_core::license_key::LicenseKey;
use serde_json::Value;

use crate::played::Machine;
use crate::vendor::product;

/// What a machine has of its license, by the answers that it got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// No seat.
    None,
    /// A seat, under this activation.
    Active(Id),
    /// It gave its activation up when no deactivation was left: the seat stayed with it.
    Returned(Id),
}

/// A machine that wants a seat of one license.
pub(crate) struct Player {
    pub(super) machine: Machine,
    /// Which of the licenses, and its key.
    pub(crate) license: usize,
    pub(super) key: LicenseKey,
    pub(crate) standing: Standing,
    /// Seats that it took, seats that it gave back: what the license must count.
    pub(crate) taken: u64,
    pub(crate) freed: u64,
    /// A request that was refused stays usable: it is carried to the portal again.
    pub(super) refused: Option<String>,
}

impl Player {
    pub(super) fn new(name: &str, license: usize, key: LicenseKey) -> Self {
        Self {
            machine: Machine::new(name, &product()),
            license,
            key,
            standing: Standing::None,
            taken: 0,
            freed: 0,
            refused: None,
        }
    }

    pub(super) fn got_seat(&mut self, answer: &Value) {
        let id = answer["id"].as_str().unwrap().parse().unwrap();
        match self.standing {
            Standing::None => self.taken += 1,
            Standing::Active(own) => assert_eq!(own, id, "a renewal is of the activation that is"),
            Standing::Returned(former) => assert_ne!(former, id, "what was given up came back"),
        }
        self.standing = Standing::Active(id);
    }

    pub(super) fn gave_seat_back(&mut self) {
        assert!(matches!(self.standing, Standing::Active(_)));
        self.standing = Standing::None;
        self.freed += 1;
    }

    pub(super) fn kept_seat(&mut self) {
        let Standing::Active(id) = self.standing else { panic!("it had given it up before") };
        self.standing = Standing::Returned(id);
    }
}
