//! Whether a machine is one that a license knows.

use crate::engine::Connection;
use countersign_core::fingerprint::Fingerprint;
use countersign_core::{LicenseId, Thumbprint};

use crate::activation::{self, Activation};
use crate::error::Result;
use crate::{Store, activate, find, license, release};

const ENDED_OF_DEVICE: &str = "SELECT id FROM activation WHERE license_id = ?1 AND device_key = ?2 \
    AND state IN ('deactivated', 'replaced', 'released') ORDER BY granted_at DESC LIMIT 1";

impl Store {
    /// The activation under which the license knows this machine: the one of its device key that holds a seat, another one that
    /// is the same machine by the license's strategy, one whose seat was released, or the latest that has ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn machine_before(
        &self,
        license: &LicenseId,
        device_key: &Thumbprint,
        machine: &Fingerprint,
    ) -> Result<Option<Activation>> {
        self.read(|c| {
            if let Some(own) = activation::of_device(c, license, device_key)? {
                return Ok(Some(own));
            }
            let Some(license) = license::find_license(c, license)? else { return Ok(None) };
            if let Some(same) = activate::same_machine(c, &license, machine)? {
                return Ok(Some(same));
            }
            if license.total_releases > 0
                && let Some(released) = release::recognise(c, &license, device_key, machine)?
            {
                return Ok(Some(released));
            }
            ended(c, &license.id, device_key)
        })
    }
}

fn ended(
    c: &Connection,
    license: &LicenseId,
    device_key: &Thumbprint,
) -> Result<Option<Activation>> {
    let values = (license.to_string(), device_key.to_string());
    match find(c, ENDED_OF_DEVICE, values, |row| row.text())? {
        Some(id) => activation::find_activation(c, &id),
        None => Ok(None),
    }
}
