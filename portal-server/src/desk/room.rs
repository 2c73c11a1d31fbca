//! Whether what a license or a trial says fits into a token. Asked when it is saved: later its machines would get no
//! response.

use std::collections::BTreeMap;

use countersign_core::fingerprint::{Fingerprint, Strategy};
use countersign_core::ids::ComponentHash;
use countersign_core::response::{
    Answer, Binding, Grant, GrantLicense, Granted, RequestRef, Response,
};
use countersign_core::{Hash, Id, LicenseId, MAX_TIME, ProductId, Thumbprint, token};
use countersign_store::{Entitlements, License, Metadata, NewLicense, device_metadata};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::fields::Unfit;
use crate::language::Say;

/// Characters of a token that are left free: the next signing key may bring a longer delegation, a new root its rotation.
const SPARE: usize = 3072;
/// The room in bytes where the portal's key cannot sign to find out: that is said when it has to.
const USUAL: usize = 8 * 1024;
const DAY: u64 = 86_400;

/// What a vendor puts into responses.
#[derive(Debug, Default)]
pub(crate) struct Said<'a> {
    /// The plan's name.
    pub(crate) plan: Option<&'a str>,
    /// Who holds the license.
    pub(crate) holder: Option<&'a str>,
    /// Features.
    pub(crate) entitlements: Option<&'a Entitlements>,
    /// Of which the part for the app counts.
    pub(crate) metadata: Option<&'a Metadata>,
}

/// Which responses.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Of {
    License,
    Trial,
}

impl<'a> Said<'a> {
    /// What a new license says.
    pub(crate) fn by(new: &'a NewLicense) -> Self {
        Self {
            plan: new.plan.as_deref(),
            holder: new.holder.as_deref(),
            entitlements: Some(&new.entitlements),
            metadata: Some(&new.metadata),
        }
    }

    /// What a license says.
    pub(crate) fn of(license: &'a License) -> Self {
        Self {
            plan: license.plan.as_deref(),
            holder: license.holder.as_deref(),
            entitlements: Some(&license.entitlements),
            metadata: Some(&license.metadata),
        }
    }

    /// Whether it fits into every response of the product, whatever machine it is for.
    ///
    /// # Errors
    /// With how much there is and how much fits.
    pub(crate) fn check_room(&self, app: &App, product: &ProductId, of: Of) -> Result<(), Unfit> {
        self.fits(room(app, product, of))
    }

    /// Whether it fits into so many bytes.
    ///
    /// # Errors
    /// With how much there is and how much fits.
    pub(crate) fn fits(&self, room: usize) -> Result<(), Unfit> {
        let bytes = self.bytes();
        if bytes <= room {
            return Ok(());
        }
        Err(Unfit(Say::new("response-has-no-room").with("bytes", bytes).with("room", room)))
    }

    /// As JSON, in bytes.
    fn bytes(&self) -> usize {
        let entitlements: Map<String, Value> = self
            .entitlements
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), value.to_json()))
            .collect();
        let metadata = self.metadata.map(device_metadata).unwrap_or_default();
        let all = json!({
            "plan": self.plan, "holder": self.holder, "entitlements": entitlements, "metadata": metadata,
        });
        all.to_string().len()
    }
}

/// The bytes of a payload that are free when everything else is as long as it can be.
pub(crate) fn room(app: &App, product: &ProductId, of: Of) -> usize {
    match app.keys().signing.length_of(&empty(app, product, of)) {
        // Three bytes of a payload are four characters of a token.
        Ok(length) => token::MAX_LENGTH.saturating_sub(SPARE + length) / 4 * 3,
        Err(_) => USUAL,
    }
}

/// The longest response that says nothing.
fn empty(app: &App, product: &ProductId, of: Of) -> Response {
    let now = app.now();
    let hash = ComponentHash::from([0xff; 16]);
    let components = (0..16).map(|n| (format!("{n:032}"), hash)).collect::<BTreeMap<_, _>>();
    let license = GrantLicense {
        id: LicenseId::from([0xff; 16]),
        plan: None,
        holder: None,
        deactivations_left: Some(MAX_TIME),
    };
    let granted = |expires_at: u64, license: Option<GrantLicense>| Granted {
        import_by: MAX_TIME,
        binding: Binding {
            strategy: Strategy::Fuzzy,
            fingerprint: Fingerprint::new(components.clone()).expect("sixteen components"),
        },
        grant: Grant {
            expires_at: Some(expires_at),
            renew_by: Some(MAX_TIME),
            entitlements: Entitlements::new(),
            license,
            metadata: BTreeMap::new(),
        },
    };
    Response {
        issuer: app.vendor().to_owned(),
        product: product.clone(),
        id: Id::from([0xff; 16]),
        issued_at: now,
        request: RequestRef { id: Id::from([0xff; 16]), hash: Hash::from([0xff; 32]) },
        device: Thumbprint::from([0xff; 32]),
        answer: match of {
            Of::License => Answer::Activation(granted(now + DAY, Some(license))),
            Of::Trial => Answer::Trial(granted(now + DAY, None)),
        },
    }
}
