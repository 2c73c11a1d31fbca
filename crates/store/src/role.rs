//! What people are for the vendor, what each role may, and who may give which role. Pages, tokens and the store's own decisions ask
//! these two functions and nothing else.

use std::str::FromStr;

use crate::error::{Result, StoreError};

/// What a user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Whose portal it is: an admin who alone makes, changes and suspends owners.
    Owner,
    /// Runs the vendor's portal.
    Admin,
    /// Helps customers: sees what they have, answers requests, releases seats and extends trials within limits.
    Support,
    /// Sees the vendor's pages, without license keys, and changes nothing.
    ReadOnly,
    /// Runs the customers of a reseller: the organization that they are in.
    ResellerAdmin,
    /// Holds licenses.
    Customer,
}

/// What somebody may do on the vendor's pages and by tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// See licenses, machines, trials, customers, products, releases and journals.
    SeeAll,
    /// See whole license keys.
    SeeLicenseKeys,
    /// See settings, keys (the public ones) and who the vendor's people are.
    SeeSettings,
    /// See what happened, all of it.
    SeeAudit,
    /// Answer requests of any license's machines, and hand in what was signed elsewhere.
    AnswerRequests,
    /// Release seats without proof; support within limits.
    ReleaseSeats,
    /// Extend trials; support within limits.
    ExtendTrials,
    /// Create and change licenses.
    ManageLicenses,
    /// Create and change users, organizations and resellers.
    ManageCustomers,
    /// Create and change products, and what a plan or trial of them is.
    ManageProducts,
    /// Publish and withdraw releases.
    ManageReleases,
    /// Install papers of the portal's key, and sign checkpoints.
    ManageKeys,
    /// Change settings, look and texts.
    ManageSettings,
    /// Invite, change and suspend the vendor's people; [`Role::may_give`] says whom.
    ManageStaff,
    /// Approve what another admin proposes, and turn the two-person rule on.
    Approve,
    /// Set up where the vendor's people log in besides the portal: whoever does could log in as any of them.
    ManageSignOn,
}

use Permission::{
    AnswerRequests, Approve, ExtendTrials, ManageCustomers, ManageKeys, ManageLicenses,
    ManageProducts, ManageReleases, ManageSettings, ManageSignOn, ManageStaff, ReleaseSeats,
    SeeAll, SeeAudit, SeeLicenseKeys, SeeSettings,
};

impl Permission {
    /// All of them.
    pub const ALL: [Self; 16] = [
        SeeAll,
        SeeLicenseKeys,
        SeeSettings,
        SeeAudit,
        AnswerRequests,
        ReleaseSeats,
        ExtendTrials,
        ManageLicenses,
        ManageCustomers,
        ManageProducts,
        ManageReleases,
        ManageKeys,
        ManageSettings,
        ManageStaff,
        Approve,
        ManageSignOn,
    ];
}

impl Role {
    /// All of them, those who may most first.
    pub const ALL: [Self; 6] = [
        Self::Owner,
        Self::Admin,
        Self::Support,
        Self::ReadOnly,
        Self::ResellerAdmin,
        Self::Customer,
    ];

    /// As text, in forms and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Support => "support",
            Self::ReadOnly => "read-only",
            Self::ResellerAdmin => "reseller-admin",
            Self::Customer => "customer",
        }
    }

    /// All that it may.
    pub fn permissions(self) -> &'static [Permission] {
        match self {
            Self::Owner => &Permission::ALL,
            Self::Admin => &[
                SeeAll,
                SeeLicenseKeys,
                SeeSettings,
                SeeAudit,
                AnswerRequests,
                ReleaseSeats,
                ExtendTrials,
                ManageLicenses,
                ManageCustomers,
                ManageProducts,
                ManageReleases,
                ManageKeys,
                ManageSettings,
                ManageStaff,
                Approve,
            ],
            Self::Support => &[SeeAll, SeeLicenseKeys, AnswerRequests, ReleaseSeats, ExtendTrials],
            Self::ReadOnly => &[SeeAll, SeeSettings, SeeAudit],
            // What a reseller may, it may to its own customers: `access` and `reseller` decide it.
            Self::ResellerAdmin | Self::Customer => &[],
        }
    }

    /// Whether it may.
    pub fn may(self, permission: Permission) -> bool {
        self.permissions().contains(&permission)
    }

    /// Whether whoever has this role may make somebody who is `before` into what `after` is. With both the same: whether they may
    /// change or suspend such a person. Who is not there yet is a customer.
    pub fn may_give(self, before: Self, after: Self) -> bool {
        match self {
            Self::Owner => true,
            Self::Admin => before != Self::Owner && after != Self::Owner,
            Self::Support | Self::ReadOnly | Self::ResellerAdmin | Self::Customer => false,
        }
    }

    /// Whether it is one of the vendor's own people.
    pub fn is_staff(self) -> bool {
        self.may(SeeAll)
    }

    /// Whether it runs the portal.
    pub fn is_admin(self) -> bool {
        matches!(self, Self::Owner | Self::Admin)
    }

    /// As the two columns of the database hold it.
    pub(crate) fn columns(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Owner => ("admin", Some(self.as_str())),
            Self::Admin | Self::Customer => (self.as_str(), None),
            Self::Support | Self::ReadOnly | Self::ResellerAdmin => {
                ("customer", Some(self.as_str()))
            }
        }
    }
}

impl FromStr for Role {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or(StoreError::Malformed("role"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each role may, in the order of `Role::ALL`.
    const MAY: [(Permission, [bool; 6]); 16] = [
        (SeeAll, [true, true, true, true, false, false]),
        (SeeLicenseKeys, [true, true, true, false, false, false]),
        (SeeSettings, [true, true, false, true, false, false]),
        (SeeAudit, [true, true, false, true, false, false]),
        (AnswerRequests, [true, true, true, false, false, false]),
        (ReleaseSeats, [true, true, true, false, false, false]),
        (ExtendTrials, [true, true, true, false, false, false]),
        (ManageLicenses, [true, true, false, false, false, false]),
        (ManageCustomers, [true, true, false, false, false, false]),
        (ManageProducts, [true, true, false, false, false, false]),
        (ManageReleases, [true, true, false, false, false, false]),
        (ManageKeys, [true, true, false, false, false, false]),
        (ManageSettings, [true, true, false, false, false, false]),
        (ManageStaff, [true, true, false, false, false, false]),
        (Approve, [true, true, false, false, false, false]),
        (ManageSignOn, [true, false, false, false, false, false]),
    ];

    #[test]
    fn every_role_may_what_the_table_says() {
        for (n, (permission, may)) in MAY.into_iter().enumerate() {
            assert_eq!(Permission::ALL[n], permission);
            for (role, may) in Role::ALL.into_iter().zip(may) {
                assert_eq!(role.may(permission), may, "{role:?} {permission:?}");
            }
        }
    }

    #[test]
    fn owners_are_made_and_changed_by_owners_and_everybody_else_by_admins_too() {
        for by in Role::ALL {
            for before in Role::ALL {
                for after in Role::ALL {
                    let touches_an_owner = before == Role::Owner || after == Role::Owner;
                    let expected = match by {
                        Role::Owner => true,
                        Role::Admin => !touches_an_owner,
                        _ => false,
                    };
                    assert_eq!(by.may_give(before, after), expected, "{by:?} {before:?} {after:?}");
                }
            }
        }
    }

    #[test]
    fn a_role_is_read_as_it_is_written() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse::<Role>().unwrap(), role);
            let (of_old, staff) = role.columns();
            assert_eq!(staff.unwrap_or(of_old), role.as_str());
            // What a program takes it for that does not know the second column.
            assert_eq!(of_old == "admin", role.is_admin());
        }
        assert!("root".parse::<Role>().is_err());
    }
}
