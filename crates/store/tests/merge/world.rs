//! A license, its machines, two desks that sign without a network, and the portal: all of it made from one seed.

use std::collections::{BTreeMap, BTreeSet};

use countersign_core::fingerprint::{Fingerprint, Strategy};
use countersign_core::license_key::LicenseKey;
use countersign_core::request::Device;
use countersign_core::response::{
    Answer as Said, Binding, Grant, GrantLicense, Granted, RequestRef, Response,
};
use countersign_core::{Hash, Id, LicenseId, ProductId, Thumbprint};
use countersign_store::{
    Activate, Activated, Deactivate, Deactivated, JournalOpening, License, Merged, MergedEntry,
    NewEntry, NewLicense, Options, Product, Right, Seat, Store, Validity,
};

pub(crate) const NOW: u64 = 1_790_000_000;

/// Numbers from a seed: the same history for the same seed, whatever runs beside it.
#[derive(Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) fn chance(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn hash(&mut self) -> Hash {
        Hash::of(self.next().to_be_bytes())
    }

    pub(crate) fn id(&mut self) -> Id {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.hash().as_bytes()[..16]);
        Id::from(bytes)
    }

    pub(crate) fn key(&mut self) -> Thumbprint {
        self.hash().to_string().parse().unwrap()
    }
}

/// A journal as a signer keeps it.
#[derive(Clone)]
pub(crate) struct Book {
    pub(crate) opening: JournalOpening,
    pub(crate) entries: Vec<NewEntry>,
}

impl Book {
    pub(crate) fn new(holder: &str, dice: &mut Dice) -> Self {
        let opening = JournalOpening {
            hash: Hash::of(format!("journal of {holder}")),
            own_id: dice.id(),
            kid: dice.key(),
            kind: String::new(),
            made_at: NOW,
        };
        Self { opening, entries: Vec::new() }
    }

    pub(crate) fn write(&mut self, response: Response) {
        let n = self.entries.len() as u64 + 1;
        let prev = self.entries.last().map_or(self.opening.hash, |last| last.hash);
        let token = format!("{} {:?}", response.id, response.answer);
        self.entries.push(NewEntry {
            n,
            hash: Hash::of(format!("{n} {prev} {token}")),
            prev,
            at: response.issued_at,
            request: response.request.hash,
            token,
            response: Ok(Some(response)),
            delegation: None,
            number: None,
            holder: Some("support".into()),
        });
    }
}

/// A database with one license.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) license: LicenseId,
    pub(crate) database: countersign_testing::TestDatabase,
}

impl World {
    pub(crate) async fn new(
        key: &LicenseKey,
        seats: Option<u64>,
        deactivations: Option<u64>,
    ) -> Self {
        Self::with(key, |new| {
            (new.allowed_activations, new.allowed_deactivations) = (seats, deactivations);
        })
        .await
    }

    pub(crate) async fn with(key: &LicenseKey, change: impl FnOnce(&mut NewLicense)) -> Self {
        let database = countersign_testing::test_database!();
        let store = database.open(Options::default(), NOW);
        let acme = Product {
            id: product(),
            name: "Acme CAD".into(),
            trial: countersign_store::TrialPolicy {
                days: Some(14),
                strategy: Strategy::Fuzzy,
                entitlements: Default::default(),
                ..countersign_store::TrialPolicy::none()
            },
            reinstall_allowance: 1_000,
            archived: false,
            created_at: NOW,
        };
        store.save_product(acme, "test", NOW).await.unwrap();
        let mut new = NewLicense {
            key: key.clone(),
            product: product(),
            plan: None,
            holder: None,
            owner: None,
            organization: None,
            allowed_activations: None,
            allowed_deactivations: None,
            validity: Validity::Perpetual,
            response_validity: 1000,
            strategy: Strategy::Fuzzy,
            entitlements: Default::default(),
            metadata: Default::default(),
        };
        change(&mut new);
        let license = store.create_license(new, "test", NOW).await.unwrap();
        Self { store, license, database }
    }

    pub(crate) async fn read(&self) -> License {
        self.store.license(&self.license).await.unwrap().unwrap()
    }

    /// Takes a part of a journal in.
    pub(crate) async fn push(&self, book: &Book, from: usize, to: usize) -> Vec<MergedEntry> {
        let entries = book.entries[from..to].to_vec();
        let merged =
            self.store.merge_journal(book.opening.clone(), entries, "token:t", NOW + 9_999_999);
        match merged.await.unwrap() {
            Merged::Done(done) => done,
            Merged::DoesNotFollow => panic!("entries {from} to {to} do not follow"),
        }
    }

    /// The portal answers a request.
    pub(crate) async fn activate(&self, ask: &Ask, id: Id) -> Option<Id> {
        let Ask { request, device, fingerprint, at } = ask;
        for _ in 0..3 {
            let terms = self.read().await;
            let seat =
                self.store.activation_plan(&self.license, device, fingerprint, &[], *at).await;
            let activation = match seat.unwrap() {
                Ok(Seat::Renewal(own)) => own.id,
                _ => id,
            };
            let activate = Activate {
                expires_at: terms.grant_end(*at),
                terms,
                activation,
                request_id: id,
                request_hash: *request,
                device_key: *device,
                device: Device {
                    name: Some("machine".into()),
                    platform: None,
                    app_version: None,
                    fingerprint: fingerprint.clone(),
                },
                response: format!("the portal's {activation} at {at}"),
                import_by: at + 1000,
                door: "api",
                by_user: None,
                right: Right::Key,
                now: *at,
            };
            match self.store.activate(activate).await.unwrap() {
                Activated::Stale => {}
                Activated::Done => return Some(activation),
                Activated::Repeated(_) | Activated::Refused(_) => return None,
            }
        }
        panic!("the license keeps changing")
    }

    /// The portal takes a proof; whether there is a receipt.
    pub(crate) async fn deactivate(
        &self,
        given_up: Id,
        device: Thumbprint,
        at: u64,
        proof: Hash,
    ) -> bool {
        let deactivate = Deactivate {
            activation: given_up,
            device_key: device,
            request_hash: proof,
            receipt: "receipt".into(),
            by_user: None,
            now: at,
        };
        self.store.deactivate(deactivate).await.unwrap() == Deactivated::Done
    }

    /// Everything that merging writes, but when it was written, and when a seat was handed over.
    pub(crate) fn tables(&self) -> BTreeMap<&'static str, BTreeSet<String>> {
        let database = self.database.raw();
        let texts = [
            (
                "activation",
                "SELECT id, seat, device_key, fingerprint, state, reinstall, created_at, granted_at, expires_at, import_by, \
                 door, request_id, request_hash, CASE state WHEN 'replaced' THEN NULL ELSE ended_at END FROM activation",
            ),
            (
                "license",
                "SELECT id, live_activations, over_activations, total_activations, total_deactivations, \
                 over_deactivations, total_releases, first_activated_at, expires_at FROM license",
            ),
            (
                "journal",
                "SELECT id, own_id, kid, holder, entries, head_n, head_hash, forked_at IS NULL FROM journal",
            ),
            (
                "journal_entry",
                "SELECT journal, n, hash, prev, kind, request_hash, response_id, license_id, device_key, activation_id, \
                 expires_at, import_by, token, verdict, why FROM journal_entry",
            ),
            ("machine_part", "SELECT place, parts, subject FROM machine_part"),
        ];
        let rows = |sql: &str| {
            let rows = database.rows(sql).into_iter();
            rows.map(|row| format!("{row:?}")).collect::<BTreeSet<_>>()
        };
        texts.into_iter().map(|(name, sql)| (name, rows(sql))).collect()
    }
}

/// A request.
#[derive(Clone)]
pub(crate) struct Ask {
    pub(crate) request: Hash,
    pub(crate) device: Thumbprint,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) at: u64,
}

/// What a desk answers.
pub(crate) fn grant(license: LicenseId, ask: &Ask, id: Id) -> Response {
    let granted = Granted {
        import_by: ask.at + 1000,
        binding: Binding { strategy: Strategy::Fuzzy, fingerprint: ask.fingerprint.clone() },
        grant: Grant {
            expires_at: Some(ask.at + 86_400),
            renew_by: None,
            entitlements: Default::default(),
            license: Some(GrantLicense {
                id: license,
                plan: None,
                holder: None,
                deactivations_left: None,
            }),
            metadata: Default::default(),
        },
    };
    respond(ask.request, ask.device, ask.at, id, Said::Activation(granted))
}

pub(crate) fn receipt(given_up: Id, device: Thumbprint, at: u64, proof: Hash, id: Id) -> Response {
    respond(proof, device, at, id, Said::Deactivation { activation: given_up })
}

fn respond(request: Hash, device: Thumbprint, at: u64, id: Id, answer: Said) -> Response {
    Response {
        issuer: "Acme".into(),
        product: product(),
        id,
        issued_at: at,
        request: RequestRef { id, hash: request },
        device,
        answer,
    }
}

pub(crate) fn product() -> ProductId {
    "acme-cad".parse().unwrap()
}

pub(crate) fn fingerprint(name: &str) -> Fingerprint {
    let raw = ["machine-id", "board", "disk", "mac", "cpu"].map(|c| (c, format!("{c} of {name}")));
    Fingerprint::of_raw(&product(), raw).unwrap()
}
