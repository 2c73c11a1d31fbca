//! A vendor with releases, and customers who fetch them.

use std::path::PathBuf;

use countersign_core::{Hash, Id};
use countersign_portal::release::publish::{self, Checksums};
use countersign_portal::release::upload::{self, NewFile};
use countersign_portal::{App, Config};
use countersign_store::{NewRelease, OrganizationRole, ReleaseChange, ReleaseFile, ReleaseLimits};
use reqwest::Response;
use reqwest::header::COOKIE;

use crate::played::NOW;
use crate::world::{CookieUser, TestPortal};

/// A portal, and a folder of the vendor with what it built.
pub(crate) struct Shop {
    pub(crate) portal: TestPortal,
    built: tempfile::TempDir,
}

impl Shop {
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self { portal: TestPortal::with(change).await, built: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn app(&self) -> &App {
        &self.portal.app
    }

    /// A file that the vendor built.
    pub(crate) fn built(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.built.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) async fn draft(&self, version: &str) -> Id {
        let id = Id::random(&mut crate::played::rng());
        let new = NewRelease {
            id,
            product: self.portal.product.clone(),
            channel: "stable".parse().unwrap(),
            version: version.parse().unwrap(),
            notes: "# New".into(),
        };
        let created = self.app().store().create_release(new, "test", NOW).await.unwrap();
        assert_eq!(created, ReleaseChange::Done);
        id
    }

    pub(crate) async fn add(&self, release: Id, name: &str, content: &[u8]) -> ReleaseFile {
        let new = NewFile {
            release,
            path: self.built(name, content),
            name: None,
            platform: "any".into(),
        };
        upload::add(self.app(), new, "test").await.unwrap()
    }

    pub(crate) async fn publish(&self, release: Id) {
        publish::publish(self.app(), release, &Checksums::Portal, "test").await.unwrap();
    }

    /// A published release with one file.
    pub(crate) async fn released(&self, version: &str, name: &str, content: &[u8]) -> ReleaseFile {
        let release = self.draft(version).await;
        let file = self.add(release, name, content).await;
        self.publish(release).await;
        file
    }

    /// Somebody who runs an organization.
    pub(crate) async fn organization_admin(&self, email: &str, organization: Id) {
        self.portal
            .user(|user| {
                user.email = email.into();
                user.organization = Some(organization);
                user.organization_role = OrganizationRole::Admin;
            })
            .await;
    }

    /// A customer whose license goes up to these limits.
    pub(crate) async fn customer(&self, email: &str, limits: ReleaseLimits) -> CookieUser {
        let customer = self.portal.customer(email).await;
        let key = self.portal.license_of(email, 1).await;
        let store = self.app().store();
        assert!(store.set_release_limits(key.id(), limits, "test", NOW).await.unwrap());
        customer
    }
}

/// Bytes that tell where in them one is.
pub(crate) fn bytes(length: usize) -> Vec<u8> {
    (0..length.div_ceil(32))
        .flat_map(|n| *Hash::of(n.to_le_bytes()).as_bytes())
        .take(length)
        .collect()
}

/// A request with these headers; the answer as it comes.
pub(crate) async fn fetch(
    browser: &CookieUser,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> Response {
    let request = browser.request(method, path);
    let request = browser.cookie().into_iter().fold(request, |r, cookie| r.header(COOKIE, cookie));
    let request = headers.iter().fold(request, |r, (name, value)| r.header(*name, *value));
    request.send().await.unwrap()
}

pub(crate) async fn get(browser: &CookieUser, path: &str, headers: &[(&str, &str)]) -> Response {
    fetch(browser, "GET", path, headers).await
}

pub(crate) fn path(file: &ReleaseFile) -> String {
    format!("/releases/{}", file.id)
}

pub(crate) fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}
