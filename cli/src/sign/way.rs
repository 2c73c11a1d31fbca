//! With a key of one's own, or through the portal: on purpose, not by accident. A key that is named signs here, whatever the
//! environment says of a portal; a portal never makes up for a key that was forgotten, nor the other way round.

use std::path::Path;

use anyhow::{bail, ensure};

use super::args::Sign;
use crate::portal::args::Named;

/// How requests are answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Here, with the key of `--key`.
    Key,
    /// There.
    Portal(Named),
}

impl Way {
    /// As it was said. Both ways' options together are refused: they would be ignored.
    pub(super) fn of(options: &Sign) -> anyhow::Result<Self> {
        if options.key.is_some() {
            ensure!(
                options.license.is_none() && options.to_portal.token_file.is_none(),
                "--key signs here, and --license and --token-file are for a portal: nothing was signed. Leave one or the other \
                 out"
            );
            return Ok(Self::Key);
        }
        let Some(named) = options.to_portal.named() else {
            bail!(
                "who signs? Nothing was signed. Give --key FILE to sign here, or --portal URL to have the portal sign"
            );
        };
        if let Some(option) = of_key(options) {
            bail!(
                "{option} is for signing here with --key, and {} names a portal, which decides by its licenses: nothing was \
                 signed. Give --key as well, or leave {option} out",
                named.by
            );
        }
        ensure!(
            options.grant.license_key.len() <= 1
                && (options.license.is_none() || options.grant.license_key.is_empty()),
            "a portal takes one license for the requests that name none: nothing was signed. Give one --license or one \
             --license-key"
        );
        Ok(Self::Portal(named))
    }
}

/// An option that says something only where a key signs here.
fn of_key(options: &Sign) -> Option<&'static str> {
    let (grant, journal) = (&options.grant, &options.journal);
    let given = [
        ("--approval", !options.approval.is_empty()),
        ("--chain", options.under.chain.is_some()),
        ("--list", options.under.list.is_some()),
        ("--rotation", !options.under.rotation.is_empty()),
        ("--passphrase-file", options.passphrase.passphrase_file.is_some()),
        ("--vendor", grant.vendor.is_some()),
        ("--policy", grant.policy.is_some()),
        ("--days", grant.days.is_some()),
        ("--until", grant.until.is_some()),
        ("--perpetual", grant.perpetual),
        ("--time-reset", grant.time_reset),
        ("--import-days", grant.import_days.is_some()),
        ("--strategy", grant.strategy.is_some()),
        ("--feature", !grant.features.is_empty()),
        ("--plan", grant.plan.is_some()),
        ("--holder", grant.holder.is_some()),
        ("--license-keys", grant.license_keys.is_some()),
        ("--journal", journal.journal.is_some()),
        ("--no-journal", journal.no_journal),
    ];
    given.into_iter().find(|(_, is_given)| *is_given).map(|(option, _)| option)
}

impl Sign {
    /// The key that signs here; without one nobody gets so far ([`Way::of`]).
    pub(super) fn key(&self) -> &Path {
        self.key.as_deref().unwrap_or(Path::new(""))
    }
}
