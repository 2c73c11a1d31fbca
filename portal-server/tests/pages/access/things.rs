//! What the routes are about: one license with a machine, one that gave its seat back and a release; a group, somebody who
//! was invited, a user, and a request that carries no license.

use countersign_core::fingerprint::Strategy;
use countersign_core::license_key::LicenseKey;
use countersign_core::request::Ask;
use countersign_core::{Hash, Id, LicenseId};
use countersign_portal::audit;
use countersign_portal::release::publish::{self, Checksums};
use countersign_portal::release::upload::{self, NewFile};
use countersign_store::{
    Act, ActivationState, DeliveryEnd, DeliveryTry, FactorAskedBy, IdentityDomain,
    IdentityDomainState, IdentityProvider, JournalOpening, NewJob, NewLicense, NewRelease,
    NewUpload, NewWebhook, Passwords, Proposed, ProviderChange, ProviderStatus, ProvidersOf,
    Provisioning, Role, SignOn, SignedOn, Topic, Trial, TrialQuery, User, Validity, WebhookCreated,
};
use reqwest::RequestBuilder;
use reqwest::multipart::{Form, Part};

use super::table::Row;
use crate::played::{Machine, NOW, rng};
use crate::world::browser::picture;
use crate::world::{CookieUser, DAY, TestPortal};

/// A secret that somebody was offered for a second factor.
pub(super) const TOTP: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// One license of the organization, with a machine that holds a seat and one that gave its own back.
#[derive(Debug, Clone)]
pub(super) struct Licensed {
    pub(super) license: LicenseId,
    active: Id,
    returned: Id,
    /// Hash of a request that was answered.
    answered: String,
}

pub(super) struct Things {
    pub(super) portal: TestPortal,
    pub(super) lab: Id,
    pub(super) other: Id,
    /// The reseller whose customer the lab is.
    pub(super) seller: Id,
    /// Another one, without customers.
    pub(super) other_seller: Id,
    pub(super) group: Id,
    /// Jane's; she is a member of the lab.
    pub(super) of_jane: Licensed,
    user: Id,
    /// One of the vendor's people.
    helper: Id,
    invited: Id,
    release: Id,
    file: Id,
    draft: Draft,
    journal: Hash,
    /// One that is paused, with a delivery that was given up: nothing is sent meanwhile.
    webhook: Id,
    /// The lab's identity provider, and the staff's; one of each is linked to it.
    providers: [Id; 2],
    staff: Id,
    request: String,
    /// The entry that a checkpoint of the audit log names.
    checkpoint: u64,
    /// A trial whose machine would be told something new.
    trial: Trial,
    /// Of other admins: one to be approved, one to be refused.
    proposals: [Id; 2],
    /// A plan of the product.
    plan: Id,
    /// Looks from beside whether anything is written.
    database: rusqlite::Connection,
    _built: tempfile::TempDir,
}

/// A release that is not published, with a file, and two that are on their way: one to be given up.
struct Draft {
    id: Id,
    file: Id,
    uploads: [Id; 2],
}

impl Things {
    pub(super) async fn new() -> Self {
        let portal = TestPortal::new().await;
        let (lab, other) = (portal.organization("Lab").await, portal.organization("Other").await);
        let seller = portal.reseller("Sell").await;
        let other_seller = portal.reseller("Sell too").await;
        portal.sold_by(lab, Some(seller)).await;
        let jane = portal.user(|user| user.organization = Some(lab)).await;
        let of_jane = licensed(&portal, lab, Some(jane.id)).await;
        let group = portal.group("Students", lab).await;
        let store = portal.app.store();
        store.link_license(lab, group, of_jane.license, None, "test", NOW).await.unwrap();
        let built = tempfile::tempdir().unwrap();
        let (release, file) = released(&portal, built.path()).await;
        let draft = draft(&portal, built.path()).await;
        let machine = Machine::new("lab-7", &portal.product);
        let proposals = proposals(&portal).await;
        let staff = portal.stored_user("one@acme.example").await.id;
        let providers = [
            provider(&portal, Some(lab), "jane@lab.example").await,
            provider(&portal, None, "one@acme.example").await,
        ];
        let database = portal.app.config().data.join("countersign.db");
        Self {
            invited: portal.invited("inga@lab.example", lab).await,
            proposals,
            providers,
            staff,
            trial: trial(&portal).await,
            checkpoint: audit::make_checkpoint(&portal.app).await.unwrap().n,
            request: machine.request(|_, device| Ask::Activation { device, license: None }),
            database: rusqlite::Connection::open(database).unwrap(),
            journal: journal(&portal).await,
            webhook: webhook(&portal).await,
            plan: portal.plan("Solo", |_| ()).await.id,
            user: jane.id,
            helper: helper(&portal).await,
            _built: built,
            lab,
            other,
            seller,
            other_seller,
            group,
            of_jane,
            release,
            file,
            draft,
            portal,
        }
    }

    /// The path with the id of something that is there; `own` is a session or a token that may be ended.
    pub(super) fn path(&self, path: &str, licensed: &Licensed, own: &str) -> String {
        let id = match path {
            _ if path.ends_with("/approve") => self.proposals[0].to_string(),
            _ if path.ends_with("/refuse") => self.proposals[1].to_string(),
            _ if path.starts_with("/admin/releases/") => self.draft.id.to_string(),
            _ if path.contains("/staff/") => self.helper.to_string(),
            _ if path.contains("/webhooks/") => self.webhook.to_string(),
            _ if path.starts_with("/organization/sign-on/") => self.providers[0].to_string(),
            _ if path.starts_with("/admin/sign-on/") => self.providers[1].to_string(),
            _ if path.contains("/products/") => "acme-cad".to_owned(),
            _ if path.contains("/plans/") => self.plan.to_string(),
            _ if path.contains("/licenses/") => licensed.license.to_string(),
            _ if path.contains("/admin/trials/") => self.trial.id.to_string(),
            _ if path.contains("/journals/") => self.journal.to_string(),
            _ if path.contains("/groups/") => self.group.to_string(),
            _ if path.contains("/sessions/") || path.contains("/tokens/") => own.to_owned(),
            _ if path.ends_with("/invitation") || path.ends_with("/withdraw") => {
                self.invited.to_string()
            }
            _ if path.contains("/users/") => self.user.to_string(),
            _ if path.contains("/organizations/") => self.lab.to_string(),
            _ if path.ends_with("/checksums") => self.release.to_string(),
            _ => self.file.to_string(),
        };
        let machine = if path.ends_with("/receipt") { licensed.returned } else { licensed.active };
        let [upload, spare] = self.draft.uploads;
        let upload = if path.ends_with("/discard") { spare } else { upload };
        path.replace("{activation}", &machine.to_string())
            .replace("{file}", &self.draft.file.to_string())
            .replace("{upload}", &upload.to_string())
            .replace("{product}", "acme-cad")
            .replace("{release}", &self.release.to_string())
            .replace("{hash}", &licensed.answered)
            .replace("{name}", "portal.css")
            .replace("{picture}", "logo")
            .replace("{delivery}", "1")
            .replace("{provider}", &self.providers[1].to_string())
            .replace("{n}", &self.checkpoint.to_string())
            .replace("{token}", "nobodys")
            .replace("{id}", &id)
    }

    /// The request of a row, without any header that says where it comes from.
    pub(super) fn request(
        &self,
        browser: &CookieUser,
        row: &Row,
        path: &str,
        licensed: &Licensed,
        revision: i64,
    ) -> RequestBuilder {
        let request = browser.request(&row.method, path);
        match row.form {
            "" => request,
            "a delegation" => {
                let file = Part::text(self.portal.delegate_anew()).file_name("signing.chain");
                request.multipart(Form::new().part("file", file))
            }
            "a file" => {
                let file = Part::text(self.request.clone()).file_name("lab-7.request");
                request.multipart(Form::new().part("file", file))
            }
            "a table" => {
                let table = "product,activations,validity\nacme-cad,1,perpetual\n";
                let file = Part::text(table).file_name("licenses.csv");
                request.multipart(Form::new().part("file", file))
            }
            "a publication" => request.multipart(Form::new().text("checksums", "portal")),
            "a picture" => {
                let file = Part::bytes(picture(40, 20)).file_name("logo.png");
                request.multipart(Form::new().part("file", file))
            }
            fields => {
                let fields = fields
                    .replace("{request}", &self.request)
                    .replace("{new request}", &self.new_request())
                    .replace("{answered}", &licensed.answered)
                    .replace("{lab}", &self.lab.to_string())
                    .replace("{user}", &self.user.to_string())
                    .replace("{staff}", &self.staff.to_string())
                    .replace("{license}", &licensed.license.to_string())
                    .replace("{plan}", &self.plan.to_string())
                    .replace("{revision}", &revision.to_string())
                    .replace("{trial_end}", &self.trial.expires_at.to_string())
                    .replace("{group}", &self.group.to_string());
                let fields = [-1, 0, 1].iter().fold(fields, |fields, step| {
                    fields.replace(&format!("{{code {step}}}"), &self.portal.code(TOTP, *step))
                });
                let field = |field: &str| field.split_once('=').map(|(n, v)| (n.into(), v.into()));
                request
                    .form(&fields.split('&').filter_map(field).collect::<Vec<(String, String)>>())
            }
        }
    }

    /// A request without a license that nobody has brought yet.
    fn new_request(&self) -> String {
        let machine = Machine::new("lab-8", &self.portal.product);
        machine.request(|_, device| Ask::Activation { device, license: None })
    }

    /// Changes with everything that anybody writes into the database.
    pub(super) fn state(&self) -> i64 {
        self.database.query_row("PRAGMA data_version", [], |row| row.get(0)).unwrap()
    }

    pub(super) async fn revision(&self, licensed: &Licensed) -> i64 {
        self.portal.app.store().license(&licensed.license).await.unwrap().unwrap().revision
    }
}

/// What another admin wants to do, twice; there is a third, who could approve it.
async fn proposals(portal: &TestPortal) -> [Id; 2] {
    let mut admin = Id::from([0; 16]);
    for email in ["one@acme.example", "two@acme.example"] {
        let change = |user: &mut User| {
            user.email = email.into();
            user.role = Role::Admin;
        };
        admin = portal.user(change).await.id;
    }
    let ids = [Id::random(&mut rng()), Id::random(&mut rng())];
    for id in ids {
        let tell = |_| NewJob { kind: "none", payload: String::new(), once: None, run_at: NOW };
        let store = portal.app.store();
        let proposed = store.propose(id, Act::EndRule, admin, tell, NOW).await.unwrap();
        assert_eq!(proposed, Proposed::Done);
    }
    ids
}

/// Somebody of the vendor's support.
async fn helper(portal: &TestPortal) -> Id {
    let change = |user: &mut User| {
        (user.email, user.role) = ("helper@acme.example".into(), Role::Support);
    };
    portal.user(change).await.id
}

/// A webhook that is paused, with one delivery, which was given up.
async fn webhook(portal: &TestPortal) -> Id {
    let (store, id) = (portal.app.store(), Id::random(&mut rng()));
    let topics = [Topic::SigningKeyEnding].into();
    let new = NewWebhook { id, url: "https://hooks.example/".into(), topics, secret: "x".into() };
    assert_eq!(store.create_webhook(new, "test", NOW).await.unwrap(), WebhookCreated::Done);
    assert!(store.pause_webhook(id, "test", NOW).await.unwrap());
    assert!(store.test_webhook(id, Id::random(&mut rng()), "test", NOW).await.unwrap());
    let taken = store.take_deliveries(id, 1, 60, NOW).await.unwrap().remove(0);
    assert_eq!(taken.seq, 1);
    let mail = |_, _, _| NewJob { kind: "none", payload: String::new(), once: None, run_at: NOW };
    let (tried, end) = (DeliveryTry::default(), DeliveryEnd::Failed);
    store.note_delivery(&taken, tried, end, 0, mail, NOW).await.unwrap();
    id
}

/// A trial of a machine, given under other features than the product's trials have since.
async fn trial(portal: &TestPortal) -> Trial {
    let request = Machine::new("lab-9", &portal.product).trial();
    let api = portal.visitor();
    api.send(api.request("POST", "/api/v1/trials").body(request)).await.is(200);
    let mut product = portal.app.store().product(&portal.product).await.unwrap().unwrap();
    product.trial.strategy = Strategy::Loose;
    portal.app.store().save_product(product, "test", NOW).await.unwrap();
    let query = TrialQuery { most: 1, now: NOW, ..TrialQuery::default() };
    portal.app.store().trial_page(&query).await.unwrap().items.remove(0)
}

/// An identity provider to which somebody is linked. It is where the portal does not go.
async fn provider(portal: &TestPortal, organization: Option<Id>, linked: &str) -> Id {
    let id = Id::random(&mut rng());
    let (issuer, client_id) = ("https://127.0.0.1:1".to_owned(), "portal".to_owned());
    let new = IdentityProvider {
        id,
        organization,
        issuer: issuer.clone(),
        client_id: client_id.clone(),
        client_secret: None,
        name: "Lab account".into(),
        provisioning: Provisioning::Known,
        passwords: Passwords::Allowed,
        second_factor: FactorAskedBy::Provider,
        status: ProviderStatus::Active,
        proven_at: None,
        created_at: NOW,
    };
    let (store, all) = (portal.app.store(), ProvidersOf::Everybody);
    let made = store.create_identity_provider(new, "test", NOW).await.unwrap();
    assert_eq!(made, ProviderChange::Done);
    let domain = linked.split_once('@').unwrap().1.to_owned();
    let domain = IdentityDomain { domain, state: IdentityDomainState::Approved };
    let put = store.put_identity_domain(all, id, domain, "test", NOW).await.unwrap();
    assert_eq!(put, ProviderChange::Done);
    let on = SignOn {
        provider: id,
        issuer,
        client_id,
        subject: "somebody".into(),
        verified_email: Some(linked.into()),
        first_name: String::new(),
        last_name: String::new(),
        new_user: Id::random(&mut rng()),
    };
    let mail = |_| NewJob { kind: "none", payload: String::new(), once: None, run_at: NOW };
    let signed = store.sign_on(on, mail, NOW).await.unwrap();
    assert!(matches!(signed, SignedOn::Linked(_)), "{signed:?}");
    id
}

/// A journal that was begun elsewhere.
async fn journal(portal: &TestPortal) -> Hash {
    let hash = Hash::of("a first line");
    let kid = Machine::new("signer", &portal.product).key.public_key().thumbprint();
    let own_id = Id::random(&mut rng());
    let opening = JournalOpening { hash, own_id, kid, kind: String::new(), made_at: NOW };
    portal.app.store().merge_journal(opening, Vec::new(), "test", NOW).await.unwrap();
    hash
}

/// A license of the organization with an end, and its two machines.
pub(super) async fn licensed(portal: &TestPortal, organization: Id, owner: Option<Id>) -> Licensed {
    let change = |new: &mut NewLicense| {
        new.owner = owner;
        new.organization = Some(organization);
        new.validity = Validity::Fixed(NOW + 100 * DAY);
    };
    let key = portal.license_with(change).await;
    let (stays, goes) = machines(portal, &key).await;
    let api = portal.visitor();
    let returned = goes.1.to_string();
    let deactivation = goes.0.deactivation(&returned);
    api.send(api.request("POST", "/api/v1/deactivations").body(deactivation)).await.is(200);
    // So that a renewal has something new to say.
    portal.change_license(&key, |license| license.plan = Some("Team".into())).await;
    let active = portal.app.store().activation(&stays).await.unwrap().unwrap();
    assert_eq!(active.state, ActivationState::Active);
    let (_, answered) = active.request.unwrap();
    Licensed { license: key.id(), active: stays, returned: goes.1, answered: answered.to_string() }
}

/// Two machines with seats of this license.
async fn machines(portal: &TestPortal, key: &LicenseKey) -> (Id, (Machine, Id)) {
    let api = portal.visitor();
    let mut ids = Vec::new();
    let machines = ["lab-5", "lab-6"].map(|name| Machine::new(name, &portal.product));
    for machine in &machines {
        let request = machine.activation(key);
        let answer = api.send(api.request("POST", "/api/v1/activations").body(request)).await;
        ids.push(answer.is(200).json()["id"].as_str().unwrap().parse().unwrap());
    }
    let [_, goes] = machines;
    (ids[0], (goes, ids[1]))
}

/// A published release with one file.
async fn released(portal: &TestPortal, built: &std::path::Path) -> (Id, Id) {
    let (release, file) = with_file(portal, "1.0.0", built).await;
    publish::publish(&portal.app, release, &Checksums::Portal, "test").await.unwrap();
    (release, file)
}

async fn draft(portal: &TestPortal, built: &std::path::Path) -> Draft {
    let (id, file) = with_file(portal, "2.0.0", built).await;
    let uploads = [Id::random(&mut rng()), Id::random(&mut rng())];
    for (upload, name) in uploads.into_iter().zip(["one.bin", "two.bin"]) {
        let new = NewUpload {
            id: upload,
            release: id,
            name: name.parse().unwrap(),
            platform: String::new(),
            size: 3,
        };
        portal.app.store().begin_upload(new, NOW).await.unwrap();
    }
    Draft { id, file, uploads }
}

/// A draft with one file.
async fn with_file(portal: &TestPortal, version: &str, built: &std::path::Path) -> (Id, Id) {
    let release = Id::random(&mut rng());
    let new = NewRelease {
        id: release,
        product: portal.product.clone(),
        channel: "stable".parse().unwrap(),
        version: version.parse().unwrap(),
        notes: "# New".into(),
    };
    portal.app.store().create_release(new, "test", NOW).await.unwrap();
    let path = built.join("cad.bin");
    std::fs::write(&path, b"a program").unwrap();
    let new = NewFile { release, path, name: None, platform: "any".into() };
    (release, upload::add(&portal.app, new, "test").await.unwrap().id)
}
