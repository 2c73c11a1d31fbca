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
    Runner,
    Owner,
    GroupMember,
    Member,
    Stranger,
}

impl Role {
    pub(super) const ALL: [Self; 6] =
        [Self::Vendor, Self::Runner, Self::Owner, Self::GroupMember, Self::Member, Self::Stranger];
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
    /// Suspended by the vendor. It comes last: it holds for the whole organization.
    OrganizationSuspended,
}

impl State {
    pub(super) const ALL: [Self; 11] = [
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
        Self::OrganizationSuspended,
    ];
}

/// What somebody is worth here and now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Vendor,
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
        matches!(self, Self::Vendor | Self::Runner | Self::Owner | Self::GroupMember)
    }

    /// What a role is worth in a state.
    pub(super) fn of(role: Role, state: State) -> Self {
        let in_lab = match role {
            Role::Vendor => Self::Vendor,
            Role::Runner => Self::Runner,
            Role::Owner => Self::Owner,
            Role::GroupMember => Self::GroupMember,
            Role::Member | Role::Stranger => Self::Stranger,
        };
        match (state, role) {
            (State::Active, _) => in_lab,
            // They belong to no organization.
            (State::OrganizationSuspended, Role::Vendor | Role::Stranger) => in_lab,
            (State::MovedToAnotherOrganization | State::LeftTheOrganization, Role::Vendor) => {
                in_lab
            }
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
                match role {
                    Role::Vendor => (user.role, user.organization) = (Is::Admin, None),
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
            State::MovedToAnotherOrganization => user.organization = Some(things.other),
            State::LeftTheOrganization => user.organization = None,
            _ => {}
        }
        let (id, store) = (user.id, portal.app.store());
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
