//! What the signer's operator allows, beside what the delegation does.

use countersign_core::UnixSeconds;
use countersign_core::response::Response;
use countersign_journal::Locked;

use super::wire::{Declined, code};
use crate::keys::Papers;
use countersign_core::Hash;

/// Seconds that the portal's clock may differ from the signer's.
pub const TOLERANCE: u64 = 300;
const DAY: u64 = 86_400;
const HOUR: u64 = 3_600;

/// The limits.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest grant in days; with it there is no perpetual one. `None`: what the delegation says.
    pub max_days: Option<u64>,
    /// The most signatures within an hour; `None`: any number.
    pub most_per_hour: Option<u64>,
    /// The most signatures for one request within a day. A portal needs a few: when a license changes while it answers, when
    /// it was killed in between, when its user renews.
    pub most_per_request: u64,
    /// Whether checksum lists of releases are signed.
    pub releases: Releases,
}

/// Whether checksum lists of releases are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Releases {
    /// As the delegation allows.
    Signed,
    /// Never.
    Refused,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_days: None,
            most_per_hour: None,
            most_per_request: 50,
            releases: Releases::Signed,
        }
    }
}

impl Limits {
    /// Refuses a grant that is too long.
    ///
    /// # Errors
    /// With the limit.
    pub fn check_length(&self, response: &Response) -> Result<(), Declined> {
        let (Some(days), Some(granted)) = (self.max_days, response.granted()) else {
            return Ok(());
        };
        let longest = response.issued_at.saturating_add(days.saturating_mul(DAY));
        match granted.grant.expires_at {
            Some(end) if end <= longest => Ok(()),
            Some(_) => Err(not_allowed(format!("this signer grants at most {days} days"))),
            None => Err(not_allowed(format!(
                "this signer grants at most {days} days, and nothing without an end"
            ))),
        }
    }

    /// Refuses checksum lists where there are to be none.
    ///
    /// # Errors
    /// Where there are to be none.
    pub fn check_releases(&self) -> Result<(), Declined> {
        match self.releases {
            Releases::Signed => Ok(()),
            Releases::Refused => Err(not_allowed("this signer signs no releases".to_owned())),
        }
    }

    /// Refuses what would be too much within a time. `also` are signatures that stand in no journal yet: how many in all,
    /// and how many for this request.
    ///
    /// # Errors
    /// With the limit, and after which time there is room again.
    pub fn check_number(
        &self,
        journal: &Locked<'_>,
        request: &Hash,
        also: (u64, u64),
        now: UnixSeconds,
    ) -> Result<(), Declined> {
        // The times in the journal are the portal's, within the tolerance.
        let from = now.saturating_sub(HOUR + TOLERANCE);
        if let Some(most) = self.most_per_hour
            && journal.signed_since(from) + also.0 >= most
        {
            let fact = format!("this signer makes at most {most} signatures within an hour");
            return Err(Declined { retry_after: Some(600), ..too_much(fact) });
        }
        let most = self.most_per_request;
        if journal.answers_of_a_day(request) + also.1 >= most {
            let fact = format!("this signer answers one request at most {most} times within a day");
            return Err(Declined { retry_after: Some(HOUR), ..too_much(fact) });
        }
        Ok(())
    }
}

/// Refuses a time of signing that is not now, by the signer's own clock, and a key whose time is not now.
///
/// # Errors
/// With both times.
pub fn check_time(
    issued_at: UnixSeconds,
    papers: &Papers,
    now: UnixSeconds,
) -> Result<(), Declined> {
    if issued_at.abs_diff(now) > TOLERANCE {
        let fact = format!(
            "it says that it is signed at {issued_at}, and here it is {now}: more than {TOLERANCE} seconds apart"
        );
        return Err(Declined::new(code::OTHER_TIME, fact));
    }
    if !(papers.delegation.not_before..papers.until()).contains(&now) {
        let fact = "the delegation of the signing key, or the root over it, does not hold now";
        return Err(Declined::new(code::OTHER_TIME, fact));
    }
    Ok(())
}

fn not_allowed(fact: String) -> Declined {
    Declined::new(code::NOT_ALLOWED, fact)
}

fn too_much(fact: String) -> Declined {
    Declined::new(code::TOO_MUCH, fact)
}
