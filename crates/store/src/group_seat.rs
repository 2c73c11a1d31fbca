//! Seats that groups take: counted beside the license's own count, in the same transaction, up to the group's cap.

use crate::engine::Connection;
use countersign_core::{Id, LicenseId};

use crate::error::Result;
use crate::row::Columns;
use crate::{find, list, run};

const ROOM: &str = "SELECT gl.seat_cap, gl.live_activations FROM group_license gl \
    WHERE gl.group_id = ?1 AND gl.license_id = ?2 AND gl.unlinked_at IS NULL";
// Membership and link are looked at again: the person may have lost them since the page was drawn.
const TAKE: &str = "UPDATE group_license SET live_activations = live_activations + 1 \
    WHERE group_id = ?1 AND license_id = ?2 AND unlinked_at IS NULL \
    AND (seat_cap IS NULL OR live_activations < seat_cap) \
    AND EXISTS (SELECT 1 FROM group_member m WHERE m.group_id = ?1 AND m.user_id = ?3)";
const GIVE_BACK: &str = "UPDATE group_license SET live_activations = live_activations - 1 \
    WHERE group_id = ?1 AND license_id = ?2 AND live_activations > 0";
const COUNTED: &str = "SELECT gl.group_id, gl.license_id, gl.live_activations, \
    (SELECT COUNT(*) FROM activation a WHERE a.license_id = gl.license_id AND a.group_id = gl.group_id \
    AND a.state IN ('active', 'returned')) FROM group_license gl";

/// Whether none of these groups may take a further seat, and then how many they may take together. `None` also when there
/// are no groups: the license's own count decides alone.
pub(crate) fn used_up(c: &Connection, groups: &[Id], license: &LicenseId) -> Result<Option<u64>> {
    let mut allowed = 0;
    for group in groups {
        let room = |row: &mut Columns<'_>| Ok((row.optional_time()?, row.time()?));
        match find(c, ROOM, (group.to_string(), license.to_string()), room)? {
            Some((None, _)) => return Ok(None),
            Some((Some(cap), live)) if live < cap => return Ok(None),
            Some((Some(cap), _)) => allowed += cap,
            None => {}
        }
    }
    Ok((!groups.is_empty()).then_some(allowed))
}

/// Takes a seat from the first of these groups that has one for this user.
pub(crate) fn take(
    c: &Connection,
    groups: &[Id],
    user: Option<Id>,
    license: &LicenseId,
) -> Result<Option<Id>> {
    let user = user.map(|user| user.to_string());
    for group in groups {
        if run(c, TAKE, (group.to_string(), license.to_string(), &user))? == 1 {
            return Ok(Some(*group));
        }
    }
    Ok(None)
}

/// The seat that was taken through this group is free.
pub(crate) fn give_back(c: &Connection, group: Option<Id>, license: &LicenseId) -> Result<()> {
    let Some(group) = group else { return Ok(()) };
    run(c, GIVE_BACK, (group.to_string(), license.to_string())).map(|_| ())
}

/// Links whose counter is not that of their activations, in words.
pub(crate) fn miscounted(c: &Connection) -> Result<Vec<String>> {
    let counts = |row: &mut Columns<'_>| Ok((row.text()?, row.text()?, row.time()?, row.time()?));
    let links: Vec<(String, String, u64, u64)> = list(c, COUNTED, [], counts)?;
    let wrong = links.into_iter().filter(|(.., counted, live)| counted != live);
    Ok(wrong
        .map(|(group, license, counted, live)| {
            format!(
                "group {group} counts {counted} activations of license {license} and has {live}"
            )
        })
        .collect())
}
