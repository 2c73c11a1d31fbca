//! A support desk without a network: a key with its delegation, and a journal in a file.

use countersign_core::delegation::{Delegation, Products, Scope, ScopeType};
use countersign_core::fingerprint::Strategy;
use countersign_core::license_key::LicenseKey;
use countersign_core::request::{Ask, VerifiedRequest};
use countersign_core::response::{
    Answer, Binding, Grant, GrantLicense, Granted, RequestRef, Response,
};
use countersign_core::trust::{Roots, Signer};
use countersign_core::{Expect, Hash, Id, SigningKey, pem};
use countersign_journal::{Journal, New};
use countersign_portal::journals::{NotTaken, Taken, take_in};

use crate::played::{NOW, rng};
use crate::world::{DAY, TestPortal};

pub(crate) struct Desk {
    pub(crate) key: SigningKey,
    signer: Signer,
    under: Option<Hash>,
    journal: Journal,
    granted: u64,
    folder: tempfile::TempDir,
}

/// The vendor's root, as it was taken out of its drawer.
pub(crate) fn root(portal: &TestPortal) -> SigningKey {
    let path = portal.app.config().data.join("root-key-carry-away/root.pem");
    pem::read_private(&std::fs::read_to_string(path).unwrap(), None).unwrap()
}

impl Desk {
    pub(crate) fn of(portal: &TestPortal, holder: &str) -> Self {
        Self::with(&root(portal), holder, None)
    }

    /// A desk under this root; with numbered grants where `most` says how many.
    pub(crate) fn with(root: &SigningKey, holder: &str, most: Option<u64>) -> Self {
        let key = SigningKey::generate(&mut rng());
        let delegation = Delegation {
            id: Id::random(&mut rng()),
            issued_at: NOW - 10,
            issuer: "Acme".into(),
            holder: holder.into(),
            not_before: NOW - 10 * DAY,
            not_after: NOW + 30 * DAY,
            key: key.public_key(),
            serial: Some(1),
            scope: Scope {
                types: vec![ScopeType::Activation, ScopeType::Deactivation, ScopeType::Trial],
                products: Products::All,
                max_days: Some(30),
                max_grants: most,
                approved: None,
            },
        };
        let chain = delegation.sign(root);
        let roots = Roots::new([root.public_key()]);
        let under = Some(Hash::of(&chain));
        Self::signing(Signer::delegated(key.clone(), chain, &roots).unwrap(), key, under)
    }

    /// A desk whose key nobody delegated anything to.
    pub(crate) fn stranger() -> Self {
        let key = SigningKey::generate(&mut rng());
        Self::signing(Signer::root(key.clone()), key, None)
    }

    fn signing(signer: Signer, key: SigningKey, under: Option<Hash>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alice.journal");
        let (journal, _) = Journal::open(&path, signer.kid(), NOW, &mut rng()).unwrap();
        Self { key, signer, under, journal, granted: 0, folder }
    }

    pub(crate) fn activate(&mut self, request: &str, license: &LicenseKey, at: u64) -> Response {
        let verified = VerifiedRequest::verify(request, Expect::Request).unwrap();
        let Ask::Activation { device, .. } = &verified.claims().ask else { panic!() };
        let granted = Granted {
            import_by: at + DAY,
            binding: Binding { strategy: Strategy::Fuzzy, fingerprint: device.fingerprint.clone() },
            grant: Grant {
                expires_at: Some(at + 7 * DAY),
                renew_by: None,
                entitlements: Default::default(),
                license: Some(GrantLicense {
                    id: license.id(),
                    plan: None,
                    holder: None,
                    deactivations_left: None,
                }),
                metadata: Default::default(),
            },
        };
        self.sign(&verified, Answer::Activation(granted), at)
    }

    pub(crate) fn receipt(&mut self, request: &str, at: u64) -> Response {
        let verified = VerifiedRequest::verify(request, Expect::Request).unwrap();
        let Ask::Deactivation { activation, .. } = verified.claims().ask else { panic!() };
        self.sign(&verified, Answer::Deactivation { activation }, at)
    }

    pub(crate) fn trial(&mut self, request: &str, at: u64) -> Response {
        let verified = VerifiedRequest::verify(request, Expect::Request).unwrap();
        let Ask::Trial { device } = &verified.claims().ask else { panic!() };
        let granted = Granted {
            import_by: at + DAY,
            binding: Binding { strategy: Strategy::Fuzzy, fingerprint: device.fingerprint.clone() },
            grant: Grant {
                expires_at: Some(at + 7 * DAY),
                renew_by: None,
                entitlements: Default::default(),
                license: None,
                metadata: Default::default(),
            },
        };
        self.sign(&verified, Answer::Trial(granted), at)
    }

    fn sign(&mut self, request: &VerifiedRequest, answer: Answer, at: u64) -> Response {
        let response = Response {
            issuer: "Acme".into(),
            product: request.claims().product.clone(),
            id: Id::random(&mut rng()),
            issued_at: at,
            request: RequestRef { id: request.claims().id, hash: request.hash() },
            device: request.device_key().thumbprint(),
            answer,
        };
        self.granted += u64::from(response.granted().is_some());
        let token = self.signer.sign_counted(&response, self.granted).unwrap();
        self.write(request.hash(), &token, &response);
        response
    }

    /// Writes what stands in no journal of this key by right.
    pub(crate) fn write(&mut self, request: Hash, token: &str, response: &Response) {
        let under = self.under.filter(|_| response.granted().is_some());
        let new = New { at: response.issued_at, request, response: token.to_owned(), under };
        self.journal.lock().unwrap().append(&[new]).unwrap();
    }

    /// Signs a grant that it does not write down.
    pub(crate) fn forgets_one(&mut self) {
        self.granted += 1;
    }

    /// The same key on another computer, with a journal of its own.
    pub(crate) fn copied(&self) -> Self {
        let copy = Self::signing(self.signer.clone(), self.key.clone(), self.under);
        Self { granted: self.granted, ..copy }
    }

    pub(crate) fn lines(&self) -> Vec<u8> {
        std::fs::read(self.folder.path().join("alice.journal")).unwrap()
    }

    /// The lines with those that are wanted of the entries, from 1.
    pub(crate) fn part(&self, entries: impl IntoIterator<Item = usize>) -> Vec<u8> {
        let text = String::from_utf8(self.lines()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let wanted = [0].into_iter().chain(entries);
        wanted.flat_map(|n| [lines[n], "\n"]).collect::<String>().into_bytes()
    }

    pub(crate) async fn push(&self, portal: &TestPortal) -> Taken {
        push(portal, self.lines()).await.unwrap()
    }

    pub(crate) fn id(&self) -> Hash {
        let lines = self.lines();
        Hash::of(lines.split(|byte| *byte == b'\n').next().unwrap())
    }
}

pub(crate) async fn push(portal: &TestPortal, body: Vec<u8>) -> Result<Taken, NotTaken> {
    take_in(&portal.app, body, "token:t").await
}
