//! Plans, many licenses at once, tables of licenses, acts on a license, the vendor's lists: over real HTTP and by command line.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod actions;
mod command;
mod hostile;
mod lists;
mod many;
mod plans;
mod table;

#[path = "../mails/mod.rs"]
mod mails;
#[path = "../played/mod.rs"]
mod played;
#[path = "../world/mod.rs"]
mod world;

use countersign_core::LicenseId;
use countersign_core::license_key::LicenseKey;
use countersign_store::License;

use played::Machine;
use world::browser::{Answer, file};
use world::{CookieUser, TestPortal};

const ADA: &str = "ada@acme.example";
const IMPORT: &str = "/admin/licenses/import";

impl TestPortal {
    /// All licenses, the newest first.
    async fn all(&self) -> Vec<License> {
        self.app.store().licenses(2_000).await.unwrap()
    }

    async fn revision(&self, id: &LicenseId) -> String {
        self.app.store().license(id).await.unwrap().unwrap().revision.to_string()
    }

    /// The step leaves the audit log and the licenses as they are.
    async fn nothing_changes(&self, step: impl Future<Output = ()>) {
        let (before, entries) = (self.all().await, self.audit().await.len());
        step.await;
        assert_eq!((self.all().await, self.audit().await.len()), (before, entries));
    }

    async fn activate(&self, name: &str, key: &LicenseKey) -> (Machine, String) {
        let (visitor, machine) = (self.visitor(), Machine::new(name, &self.product));
        let request = visitor.request("POST", "/api/v1/activations").body(machine.activation(key));
        let answer = visitor.send(request).await.is(200).json();
        (machine, answer["id"].as_str().unwrap().to_owned())
    }
}

/// Brings a table; the page that says what is in it.
async fn bring(admin: &CookieUser, table: &str) -> Answer {
    admin.upload(IMPORT, file("licenses.csv", table)).await.is(200)
}

/// Where a page's form leads that confirms a table.
fn token(page: &Answer) -> String {
    let form = page.text.split("action=\"/admin/licenses/import/").nth(1);
    form.unwrap_or_else(|| panic!("{}", page.text)).split('"').next().unwrap().to_owned()
}

/// The hidden fields of a page's last form, so that it is sent as a browser does.
fn hidden(page: &Answer) -> Vec<(String, String)> {
    let form = page.text.rsplit("<form").next().unwrap();
    let fields = form.split("<input type=\"hidden\" name=\"").skip(1);
    let value =
        |text: &str| text.replace("&#34;", "\"").replace("&#39;", "'").replace("&amp;", "&");
    fields
        .map(|field| {
            let (name, rest) = field.split_once("\" value=\"").unwrap();
            (name.to_owned(), value(rest.split('"').next().unwrap()))
        })
        .collect()
}

/// Sends the form of a page that asks whether to do it.
async fn confirm(admin: &CookieUser, path: &str, page: &Answer) -> Answer {
    let fields = hidden(page);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert!(fields.contains(&("confirmed", "1")), "{fields:?}");
    admin.post(path, &fields).await
}
