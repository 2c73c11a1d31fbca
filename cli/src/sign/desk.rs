//! Whoever sits at the desk: a key, what it may sign, the policy. Makes a response of a request.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use countersign_core::request::{Ask, Device, LicenseProof, VerifiedRequest};
use countersign_core::response::{
    Answer, Binding, Grant, GrantLicense, Granted, RequestRef, Response,
};
use countersign_core::trust::{Roots, Signer};
use countersign_core::{Hash, Id, LicenseId, Thumbprint, UnixSeconds, file};

use super::args::Sign;
use super::policy::{Keys, Policy, Terms};
use crate::fail::Failure;
use crate::files;

const DAY: u64 = 86_400;

pub(crate) struct Desk {
    pub(crate) signer: Signer,
    /// Verify what this key signed.
    pub(crate) roots: Roots,
    /// The hash of the delegation, unless the key is a root.
    pub(crate) delegation: Option<Hash>,
    pub(crate) policy: Policy,
    /// Approvals of a second key, by the payload that they approve.
    pub(crate) approvals: HashMap<Hash, String>,
    /// Every request is answered with the right time, and nothing else.
    is_time_reset: bool,
}

impl Desk {
    pub(crate) fn open(options: &Sign) -> Result<Self, Failure> {
        let policy = Policy::read(&options.grant)?;
        let key = files::read_private_key(options.key(), &options.passphrase)?;
        let mut roots = files::read_roots(&options.root)?;
        let rotations = options.rotation.iter().map(|path| read_token(path));
        let rotations = rotations.collect::<Result<Vec<_>, Failure>>()?;
        let (signer, delegation) = match &options.chain {
            Some(path) => {
                let chain = read_token(path)?;
                let hash = Hash::of(&chain);
                let mut trusted = Roots::new(roots.iter().cloned());
                trusted.learn(&rotations)?;
                (Signer::delegated(key, chain, &trusted)?, Some(hash))
            }
            None if roots.is_empty() || roots.contains(&key.public_key()) => {
                roots.push(key.public_key());
                (Signer::root(key), None)
            }
            None => return Err(no_chain(options)),
        };
        let is_time_reset = options.grant.time_reset;
        let mut roots = Roots::new(roots);
        roots.learn(&rotations)?;
        let list = options.list.as_deref().map(read_token).transpose()?;
        if let Some(list) = &list {
            check_list(list, &roots, &signer)?;
        }
        let signer = signer.with_rotations(rotations).with_revocations(list);
        let approvals = super::second::read_approvals(&options.approval, &roots)?;
        Ok(Self { signer, roots, delegation, policy, approvals, is_time_reset })
    }

    pub(crate) fn kid(&self) -> &Thumbprint {
        self.signer.kid()
    }

    /// The response to a request, which the policy and the delegation allow. Nothing is signed yet.
    pub(crate) fn response(
        &self,
        request: &VerifiedRequest,
        now: UnixSeconds,
    ) -> Result<Response, Failure> {
        let claims = request.claims();
        let response = Response {
            issuer: self.policy.vendor.clone(),
            product: claims.product.clone(),
            id: Id::random(&mut files::rng()),
            issued_at: now,
            request: RequestRef { id: claims.id, hash: request.hash() },
            device: request.device_key().thumbprint(),
            answer: self.answer(request, now)?,
        };
        if let Some(delegation) = self.signer.delegation() {
            delegation.covers(&response)?;
        }
        Ok(response)
    }

    /// The delegation that a response counts under, if it is a grant.
    pub(crate) fn under(&self, response: &Response) -> Option<Hash> {
        self.delegation.filter(|_| response.granted().is_some())
    }

    fn answer(&self, request: &VerifiedRequest, now: UnixSeconds) -> Result<Answer, Failure> {
        let claims = request.claims();
        if self.is_time_reset {
            return Ok(Answer::TimeReset);
        }
        match &claims.ask {
            Ask::Activation { device, license } => {
                let id = license_of(&self.policy.keys, request, license.as_ref())?;
                let terms = self.terms(request, "activation", Some(&id))?;
                let license = GrantLicense {
                    id,
                    plan: terms.plan.clone(),
                    holder: terms.holder.clone(),
                    deactivations_left: None,
                };
                Ok(Answer::Activation(granted(terms, device, Some(license), now)?))
            }
            Ask::Trial { device } => {
                let terms = self.terms(request, "trial", None)?;
                Ok(Answer::Trial(granted(terms, device, None, now)?))
            }
            Ask::Deactivation { activation, .. } => {
                self.terms(request, "deactivation", None)?;
                Ok(Answer::Deactivation { activation: *activation })
            }
        }
    }

    fn terms(
        &self,
        request: &VerifiedRequest,
        kind: &str,
        license: Option<&LicenseId>,
    ) -> Result<Terms, Failure> {
        let product = &request.claims().product;
        let refused = |fact: String| {
            Failure::refused(
                "not-in-policy",
                fact,
                "Nothing was signed. Add it to the policy, or leave this request to whoever may answer it.",
            )
        };
        let terms = self.policy.terms(product, license);
        let terms = terms.ok_or_else(|| {
            refused(format!("the policy says nothing about the product {product}"))
        })?;
        if !terms.answers(kind) {
            return Err(refused(format!("the policy answers no {kind} requests for {product}")));
        }
        Ok(terms)
    }
}

pub(crate) fn read_token(path: &Path) -> Result<String, Failure> {
    Ok(file::read(&files::read_input(path)?)?)
}

/// Refuses to sign with a key that the list names: no machine would take it.
pub(crate) fn check_list(list: &str, roots: &Roots, signer: &Signer) -> Result<(), Failure> {
    let list = roots.verify_revocations(list)?;
    if !list.names(signer.kid(), signer.delegation().and_then(|d| d.serial)) {
        return Ok(());
    }
    Err(Failure::refused(
        "revoked-key",
        format!("the key that is to sign is on the revocation list {}", list.seq),
        "Nothing was signed. Ask the root's holder for a new delegation.",
    ))
}

fn no_chain(options: &Sign) -> Failure {
    Failure::refused(
        "untrusted-key",
        format!("{} is none of the keys given with --root", options.key().display()),
        "Nothing was signed: no app would take it. Give the key's delegation with --chain.",
    )
}

/// The license that the grant stands on: that of a known key, whose proof must fit where the request carries one.
fn license_of(
    keys: &Keys,
    request: &VerifiedRequest,
    carried: Option<&LicenseProof>,
) -> Result<LicenseId, Failure> {
    let Some(carried) = carried else {
        let single = keys.single().map(|key| key.id());
        return single.ok_or_else(|| no_license(keys));
    };
    if keys.is_empty() {
        return Err(Failure::refused(
            "wrong-proof",
            "the request names a license, and without its key it cannot be told whether the customer has it",
            "Nothing was signed. Give the license key with --license-key.",
        ));
    }
    let jkt = request.device_key().thumbprint();
    let proven = |key: &&_| {
        let key: &countersign_core::license_key::LicenseKey = key;
        key.proves(&carried.proof, &jkt, &request.claims().id)
    };
    keys.get(&carried.id).filter(proven).map(|key| key.id()).ok_or_else(|| {
        Failure::refused(
            "wrong-proof",
            "the request was not made with this license key",
            "Nothing was signed. Ask the customer which license key was typed on the machine.",
        )
    })
}

fn no_license(keys: &Keys) -> Failure {
    let advice = if keys.is_empty() {
        "Nothing was signed. Say which license it is for with --license-key."
    } else {
        "Nothing was signed. Several license keys are given: sign this one alone, with the key that it is for."
    };
    Failure::refused("unknown-license", "the request names no license", advice)
}

fn granted(
    terms: Terms,
    device: &Device,
    license: Option<GrantLicense>,
    now: UnixSeconds,
) -> Result<Granted, Failure> {
    Ok(Granted {
        import_by: now + terms.import_days * DAY,
        binding: Binding { strategy: terms.strategy, fingerprint: device.fingerprint.clone() },
        grant: Grant {
            expires_at: terms.end(now)?,
            renew_by: None,
            entitlements: terms.features,
            license,
            metadata: BTreeMap::new(),
        },
    })
}
