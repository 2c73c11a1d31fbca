//! An organization with somebody who runs it, an owner, a member of a group; a license of theirs with machines; and another
//! organization that has the same.

use countersign_core::license_key::LicenseKey;
use countersign_core::{Id, LicenseId};
use countersign_store::{Activation, ActivationState, GroupChange, NewLicense};

use crate::played::{Machine, NOW};
use crate::world::{CookieUser, DAY, TestPortal};

pub(super) const OWNER: &str = "jane@lab.example";
pub(super) const MEMBER: &str = "mia@lab.example";

/// The organization Lab with one license that ends in 100 days.
pub(super) struct Lab {
    pub(super) portal: TestPortal,
    pub(super) organization: Id,
    pub(super) key: LicenseKey,
    pub(super) owner: CookieUser,
    pub(super) runner: CookieUser,
    /// Has the license through a group only.
    pub(super) member: CookieUser,
    /// Runs another organization.
    pub(super) eve: CookieUser,
}

impl Lab {
    pub(super) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub(super) async fn with(change: impl FnOnce(&mut NewLicense)) -> Self {
        let portal = TestPortal::new().await;
        let lab = portal.organization("Lab").await;
        let other = portal.organization("Other").await;
        let owner = portal.customer_of(OWNER, Some(lab)).await;
        let runner = portal.runner("otto@lab.example", lab).await;
        let member = portal.customer_of(MEMBER, Some(lab)).await;
        let eve = portal.runner("eve@other.example", other).await;
        let of = portal.stored_user(OWNER).await.id;
        let license = |new: &mut NewLicense| {
            (new.owner, new.organization) = (Some(of), Some(lab));
            new.allowed_activations = Some(50);
            new.validity = countersign_store::Validity::Fixed(NOW + 100 * DAY);
            change(new);
        };
        let key = portal.license_with(license).await;
        let found = Self { portal, organization: lab, key, owner, runner, member, eve };
        found.link_to_group(MEMBER).await;
        found
    }

    async fn link_to_group(&self, email: &str) {
        let (store, lab) = (self.portal.app.store(), self.organization);
        let group = self.portal.group("Students", lab).await;
        let user = self.portal.stored_user(email).await.id;
        let added = store.add_to_group(lab, group, user, "test", NOW).await.unwrap();
        let linked = store.link_license(lab, group, self.id(), None, "test", NOW).await.unwrap();
        assert_eq!((added, linked), (GroupChange::Done, GroupChange::Done));
    }

    pub(super) fn id(&self) -> LicenseId {
        self.key.id()
    }

    /// The path of the license's page.
    pub(super) fn page(&self) -> String {
        format!("/licenses/{}", self.id())
    }

    /// Activates a machine of this name, brought by that person; its page.
    pub(super) async fn machine(&self, browser: &CookieUser, name: &str) -> (Machine, String) {
        let machine = Machine::new(name, &self.portal.product);
        let request = machine.activation(&self.key);
        self.bring(browser, &request).await;
        let found = self.activation(name).await;
        (machine, format!("{}/machines/{}", self.page(), found.id))
    }

    pub(super) async fn bring(&self, browser: &CookieUser, request: &str) {
        let confirm = format!("{}/confirm", self.page());
        browser.post(&confirm, &[("request", request)]).await.is(200);
    }

    /// The newest activation of that name.
    pub(super) async fn activation(&self, name: &str) -> Activation {
        let all = self.portal.app.store().activations(&self.id(), 500).await.unwrap();
        all.into_iter().find(|a| a.device_name.as_deref() == Some(name)).unwrap()
    }

    pub(super) async fn state(&self, name: &str) -> ActivationState {
        self.activation(name).await.state
    }

    pub(super) async fn extend(&self, days: u64) {
        let end = Some(NOW + days * DAY);
        self.portal.change_license(&self.key, |license| license.expires_at = end).await;
    }
}
