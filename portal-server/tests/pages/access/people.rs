//! Who knocks: every role in every state that an account can be in.

use countersign_core::{Hash, Id};
use countersign_store::{
    GroupChange, LinkPurpose, NewSession, OrganizationRole, Role as Is, User, UserChange,
    UserStatus,
};

use super::things::{Licensed, Things, licensed};
use crate::played::{NOW, rng};
use crate::world::CookieUser;

/// What somebody is to the license, while all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Vendor,
    /// Whose portal it is.
    PortalOwner,
    Support,
    ReadOnly,
    /// Runs the reseller whose customer the organization is.
    Reseller,
    /// Runs another one.
    OtherReseller,
    Runner,
    Owner,
    GroupMember,
    Member,
    Stranger,
}

impl Role {
    pub(super) const ALL: [Self; 11] = [
        Self::Vendor,
        Self::PortalOwner,
        Self::Support,
        Self::ReadOnly,
        Self::Reseller,
        Self::OtherReseller,
        Self::Runner,
        Self::Owner,
        Self::GroupMember,
        Self::Member,
        Self::Stranger,
    ];

    /// What the store takes them for.
    fn is(self) -> Is {
        match self {
            Self::Vendor => Is::Admin,
            Self::PortalOwner => Is::Owner,
            Self::Support => Is::Support,
            Self::ReadOnly => Is::ReadOnly,
            Self::Reseller | Self::OtherReseller => Is::ResellerAdmin,
            _ => Is::Customer,
        }
    }

    /// The states that make a difference for them.
    pub(super) fn states(self) -> Vec<State> {
        let all = State::ALL.into_iter();
        match self.is() {
            // There is nothing that they could lose.
            Is::Customer => all.filter(|state| *state != State::Demoted).collect(),
            Is::Admin | Is::ResellerAdmin => all.collect(),
            // What an account can be in besides is asked of the admins, in the same way.
            _ => vec![
                State::Active,
                State::SuspendedByTheVendor,
                State::SignedOutElsewhere,
                State::SecondFactorOpen,
                State::Demoted,
            ],
        }
    }
}

/// What has become of the account or the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Active,
    Invited,
    SuspendedByTheVendor,
    DeactivatedByTheOrganization,
    /// In another organization by now, with the same role there.
    MovedToAnotherOrganization,
    /// In none any more.
    LeftTheOrganization,
    /// The browser has no cookie.
    SignedOut,
    /// The cookie is there, the session was ended from another browser.
    SignedOutElsewhere,
    /// The session's time is over.
    SessionOver,
    /// The password was right, the code is still asked for.
    SecondFactorOpen,
    /// A customer like any other by now, in a session that began before.
    Demoted,
    /// Suspended by the vendor. It comes last: it holds for the whole organization.
    OrganizationSuspended,
}

impl State {
    pub(super) const ALL: [Self; 12] = [
        Self::Active,
        Self::Invited,
        Self::SuspendedByTheVendor,
        Self::DeactivatedByTheOrganization,
        Self::MovedToAnotherOrganization,
        Self::LeftTheOrganization,
        Self::SignedOut,
        Self::SignedOutElsewhere,
        Self::SessionOver,
        Self::SecondFactorOpen,
        Self::Demoted,
        Self::OrganizationSuspended,
    ];
}

/// What somebody is worth here and now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Whose portal it is.
    PortalOwner,
    /// An admin.
    Vendor,
    Support,
    ReadOnly,
    /// Runs the reseller of the license's customer.
    Reseller,
    /// Runs another one.
    ResellerElsewhere,
    Runner,
    Owner,
    GroupMember,
    /// Logged in, with no right to anything of the lab's.
    Stranger,
    /// As a stranger; runs an organization, not this one.
    RunnerElsewhere,
    /// Not logged in.
    Nobody,
    /// As nobody; the code is asked for next.
    HalfIn,
}

impl Standing {
    pub(super) fn is_logged_in(self) -> bool {
        !matches!(self, Self::Nobody | Self::HalfIn)
    }

    pub(super) fn sees_the_license(self) -> bool {
        matches!(
            self,
            Self::PortalOwner
                | Self::Vendor
                | Self::Support
                | Self::ReadOnly
                | Self::Reseller
                | Self::Runner
                | Self::Owner
                | Self::GroupMember
        )
    }

    /// What a role is worth in a state.
    pub(super) fn of(role: Role, state: State) -> Self {
        let in_lab = match role {
            Role::Vendor => Self::Vendor,
            Role::PortalOwner => Self::PortalOwner,
            Role::Support => Self::Support,
            Role::ReadOnly => Self::ReadOnly,
            Role::Reseller => Self::Reseller,
            Role::OtherReseller => Self::ResellerElsewhere,
            Role::Runner => Self::Runner,
            Role::Owner => Self::Owner,
            Role::GroupMember => Self::GroupMember,
            Role::Member | Role::Stranger => Self::Stranger,
        };
        match (state, role) {
            (State::Active, _) => in_lab,
            // They belong to no organization, or to one that is not the lab.
            (
                State::OrganizationSuspended,
                Role::Vendor | Role::Stranger | Role::Reseller | Role::OtherReseller,
            ) => in_lab,
            (State::MovedToAnotherOrganization | State::LeftTheOrganization, Role::Vendor) => {
                in_lab
            }
            (State::MovedToAnotherOrganization, Role::Reseller) => Self::ResellerElsewhere,
            (State::MovedToAnotherOrganization, Role::OtherReseller) => Self::Reseller,
            (State::Demoted, _) => Self::Stranger,
            (State::MovedToAnotherOrganization, Role::Runner) => Self::RunnerElsewhere,
            (State::MovedToAnotherOrganization | State::LeftTheOrganization, _) => Self::Stranger,
            (State::SecondFactorOpen, _) => Self::HalfIn,
            _ => Self::Nobody,
        }
    }
}

/// Somebody with a browser.
pub(super) struct Person {
    pub(super) role: Role,
    pub(super) state: State,
    pub(super) id: Id,
    pub(super) browser: CookieUser,
    /// The license that they knock for.
    pub(super) licensed: Licensed,
    /// A session of theirs that may be ended.
    pub(super) session: String,
}

impl Person {
    pub(super) async fn new(things: &Things, role: Role, state: State) -> Self {
        let portal = &things.portal;
        let mut user = portal
            .user(|user| {
                user.email = format!("{role:?}-{state:?}@lab.example").to_lowercase();
                user.organization = Some(things.lab);
                user.role = role.is();
                match role {
                    Role::Vendor | Role::PortalOwner | Role::Support | Role::ReadOnly => {
                        user.organization = None;
                    }
                    Role::Reseller => user.organization = Some(things.seller),
                    Role::OtherReseller => user.organization = Some(things.other_seller),
                    Role::Runner => user.organization_role = OrganizationRole::Admin,
                    Role::Stranger => user.organization = None,
                    Role::Owner | Role::GroupMember | Role::Member => {}
                }
                if state == State::Invited {
                    (user.status, user.password_hash) = (UserStatus::Invited, None);
                }
            })
            .await;
        let licensed = match role {
            Role::Owner => licensed(portal, things.lab, Some(user.id)).await,
            _ => things.of_jane.clone(),
        };
        if role == Role::GroupMember {
            let (store, lab, group) = (portal.app.store(), things.lab, things.group);
            let added = store.add_to_group(lab, group, user.id, "test", NOW).await.unwrap();
            assert_eq!(added, GroupChange::Done);
        }
        match state {
            State::SuspendedByTheVendor => user.status = UserStatus::Suspended,
            State::DeactivatedByTheOrganization => user.status = UserStatus::Deactivated,
            State::MovedToAnotherOrganization => {
                user.organization = Some(match role {
                    Role::Reseller => things.other_seller,
                    Role::OtherReseller => things.seller,
                    _ => things.other,
                });
            }
            State::LeftTheOrganization => user.organization = None,
            _ => {}
        }
        let (id, store) = (user.id, portal.app.store());
        if state == State::LeftTheOrganization && role.is() == Is::ResellerAdmin {
            // Who runs a reseller belongs to it: the one ends with the other.
            let refused = store.change_user(user.clone(), "test", NOW).await.unwrap();
            assert_eq!(refused, UserChange::NeedsReseller);
            demote(things, id).await;
        }
        let changed = store.change_user(user, "test", NOW).await.unwrap();
        assert_eq!(changed, UserChange::Done);
        // After the change, which ends what there was: what counts is what the account is now.
        let until = if state == State::SessionOver { NOW } else { NOW + 3600 };
        let (session, secret) = started(things, id, until).await;
        let (other, _) = started(things, id, NOW + 3600).await;
        let browser = portal.visitor();
        if state != State::SignedOut {
            browser.plant(&format!("countersign={secret}"));
        }
        if state == State::Demoted {
            demote(things, id).await;
        }
        if state == State::SignedOutElsewhere {
            assert!(store.end_session(id, session, NOW).await.unwrap());
        }
        if state == State::SecondFactorOpen {
            let secret = Id::random(&mut rng()).to_string();
            let purpose = LinkPurpose::SecondFactor;
            let until = NOW + 300;
            store.create_link(Hash::of(&secret), purpose, Some(id), until).await.unwrap();
            browser.plant(&format!("countersign-step={secret}"));
            browser.plant(&format!("countersign={secret}"));
        }
        Self { role, state, id, browser, licensed, session: other.to_string() }
    }

    /// What they are worth here and now.
    pub(super) fn standing(&self) -> Standing {
        Standing::of(self.role, self.state)
    }

    pub(super) async fn stored(&self, things: &Things) -> User {
        things.portal.app.store().user(self.id).await.unwrap().unwrap()
    }
}

/// They are a customer from now on.
async fn demote(things: &Things, user: Id) {
    let store = things.portal.app.store();
    let changed = store.change_role(user, Is::Customer, "test", NOW).await.unwrap();
    assert_eq!(changed, UserChange::Done);
}

/// A session without a login, which would take a password hash each.
async fn started(things: &Things, user: Id, until: u64) -> (Id, String) {
    let (id, secret) = (Id::random(&mut rng()), Id::random(&mut rng()).to_string());
    let new = NewSession {
        token: Hash::of(&secret),
        id,
        user,
        user_agent: "test".into(),
        address: "192.0.2.1".into(),
        until,
    };
    // What is over already is forgotten with the next one.
    things.portal.app.store().create_session(new, NOW - 1).await.unwrap();
    (id, secret)
}
