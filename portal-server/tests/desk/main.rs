//! The desk with people at it: seats of groups, lost machines, renewals without a request; the last with the client that
//! apps use.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod groups;
mod releases;
mod renewals;

#[path = "../played/mod.rs"]
mod played;
#[path = "../world/mod.rs"]
mod world;

use countersign_core::Id;
use countersign_core::license_key::LicenseKey;
use countersign_portal::desk::{self, Answered, Chosen, Door, Outcome, Refusal};
use countersign_store::{Activation, User};

use world::TestPortal;

impl TestPortal {
    /// The door of a license's page.
    fn door(&self, user: &User, key: &LicenseKey) -> Door {
        Door {
            name: "portal",
            user: Some(user.clone()),
            license: Some(Chosen::OnItsPage(key.id())),
        }
    }

    async fn answer(&self, request: &str, door: &Door) -> Result<Answered, Refusal> {
        let (_, request) = desk::understand(request.as_bytes()).unwrap();
        desk::answer(&self.app, &request, door).await
    }

    async fn preview(&self, request: &str, door: &Door) -> Result<Outcome, Refusal> {
        let (_, request) = desk::understand(request.as_bytes()).unwrap();
        desk::preview(&self.app, &request, door).await.unwrap().outcome
    }

    async fn activation(&self, id: Id) -> Activation {
        self.app.store().activation(&id).await.unwrap().unwrap()
    }

    async fn is_sound(&self) {
        assert_eq!(self.app.store().integrity_check().await.unwrap(), Vec::<String>::new());
    }
}
