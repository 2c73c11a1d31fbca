//! Whoever could see a license when their page was drawn may have lost it when their form arrives: what counts is what the
//! database holds when it is written.

use countersign_core::{Hash, Id, LicenseId};
use countersign_store::{
    Activate, Activated, ActivationRefusal, License, Organization, OrganizationRole, Release,
    ReleaseOutcome, Renewal, Renewed, Right, User, UserStatus,
};

use super::world::{LIMITED, Machine, NOW, World, random_id};

/// What becomes of a colleague in the moment between.
#[derive(Debug, Clone, Copy)]
enum Meanwhile {
    TheyLeft,
    TheyMoved,
    TheVendorSuspendedThem,
    TheOrganizationDeactivatedThem,
    TheOrganizationWasSuspended,
    TheirRoleOrLicenseWentToSomebodyElse,
}
use Meanwhile::*;

impl World {
    async fn happens(&self, what: Meanwhile, user: &User, license: &LicenseId, lab: Id) {
        let other = self.organization("Other").await;
        let changed = match what {
            TheyLeft => User { organization: None, ..user.clone() },
            TheyMoved => User { organization: Some(other), ..user.clone() },
            TheVendorSuspendedThem => User { status: UserStatus::Suspended, ..user.clone() },
            TheOrganizationDeactivatedThem => {
                User { status: UserStatus::Deactivated, ..user.clone() }
            }
            TheirRoleOrLicenseWentToSomebodyElse => {
                let license = License { owner: None, ..self.get(license).await };
                self.store.change_license(license, "test", NOW).await.unwrap();
                User { organization_role: OrganizationRole::Member, ..user.clone() }
            }
            TheOrganizationWasSuspended => {
                let lab = self.store.organization(lab).await.unwrap().unwrap();
                let suspended = Organization { suspended: true, ..lab };
                self.store.change_organization(suspended, "test", NOW).await.unwrap();
                return;
            }
        };
        self.store.change_user(changed, "test", NOW).await.unwrap();
    }

    async fn to_activate(&self, license: &LicenseId, by: &User, right: Right) -> Activate {
        let machine = Machine::new("new");
        Activate {
            terms: self.get(license).await,
            activation: random_id(),
            request_id: random_id(),
            request_hash: Hash::of("request"),
            device_key: machine.key,
            device: machine.device,
            response: "response".into(),
            expires_at: None,
            import_by: NOW + 1,
            door: "portal",
            by_user: Some(by.id),
            right,
            now: NOW,
        }
    }

    async fn to_renew(&self, license: &LicenseId, activation: Id, by: &User) -> Renewal {
        let stored = self.store.activation(&activation).await.unwrap().unwrap();
        Renewal {
            terms: self.get(license).await,
            activation,
            request_hash: stored.request.unwrap().1,
            response: "renewed".into(),
            expires_at: None,
            import_by: NOW + 100,
            by: by.id,
            now: NOW + 1,
        }
    }
}

#[tokio::test]
async fn who_was_taken_out_a_moment_ago_activates_releases_and_renews_nothing_by_what_was_true_then()
 {
    for what in [
        TheyLeft,
        TheyMoved,
        TheVendorSuspendedThem,
        TheOrganizationDeactivatedThem,
        TheOrganizationWasSuspended,
        TheirRoleOrLicenseWentToSomebodyElse,
    ] {
        for runs_it in [false, true] {
            let world = World::new().await;
            let lab = world.organization("Lab").await;
            let jane = match runs_it {
                true => world.runner("jane", lab).await,
                false => world.member("jane", lab).await,
            };
            let license = world
                .license(|new| {
                    new.owner = (!runs_it).then_some(jane.id);
                    new.organization = Some(lab);
                })
                .await;
            let id = world.activate(&license, &Machine::new("old"), NOW).await;
            // The handler has looked: she may.
            assert!(world.store.access_to(&jane, &license).await.unwrap().is_some());
            let release = Release {
                license,
                activation: id,
                by: jane.id,
                reason: "lost".into(),
                policy: LIMITED,
                now: NOW,
            };
            assert_eq!(world.store.release_plan(&release).await.unwrap(), ReleaseOutcome::Done);
            world.happens(what, &jane, &license, lab).await;
            let activate = world.to_activate(&license, &jane, Right::Access).await;
            let renewal = world.to_renew(&license, id, &jane).await;
            let unknown = Activated::Refused(ActivationRefusal::UnknownLicense);
            let context = format!("{what:?}, {runs_it}");
            assert_eq!(world.store.activate(activate).await.unwrap(), unknown, "{context}");
            let released = world.store.release_seat(release).await.unwrap();
            assert_eq!(released, ReleaseOutcome::Unknown, "{context}");
            assert_eq!(world.store.renew(renewal).await.unwrap(), Renewed::NoAccess, "{context}");
            let read = world.get(&license).await;
            assert_eq!((read.live_activations, read.total_activations), (1, 1), "{context}");
            assert_eq!(world.store.answer(&Hash::of("request")).await.unwrap(), None);
            world.is_sound().await;
        }
    }
}

#[tokio::test]
async fn an_owner_who_is_left_with_a_group_a_moment_ago_releases_nothing_and_takes_the_groups_seats()
 {
    let world = World::new().await;
    let lab = world.organization("Lab").await;
    let jane = world.member("jane", lab).await;
    let license =
        world.license(|new| (new.owner, new.organization) = (Some(jane.id), Some(lab))).await;
    let group = world.group(lab, &[&jane], license, Some(1)).await;
    let id = world.activate(&license, &Machine::new("old"), NOW).await;
    let release = Release {
        license,
        activation: id,
        by: jane.id,
        reason: "lost".into(),
        policy: LIMITED,
        now: NOW,
    };
    let taken = License { owner: None, ..world.get(&license).await };
    world.store.change_license(taken, "test", NOW).await.unwrap();
    assert_eq!(world.store.release_seat(release).await.unwrap(), ReleaseOutcome::NotTheirs);
    let activate = world.to_activate(&license, &jane, Right::Access).await;
    let new = activate.activation;
    assert_eq!(world.store.activate(activate).await.unwrap(), Activated::Done);
    let stored = world.store.activation(&new).await.unwrap().unwrap();
    assert_eq!(stored.group, Some(group));
    world.is_sound().await;
}

#[tokio::test]
async fn who_knows_the_key_needs_no_access() {
    let world = World::new().await;
    let lab = world.organization("Lab").await;
    let jane = world.user("jane", |_| ()).await;
    let license = world.license(|new| new.organization = Some(lab)).await;
    let activate = world.to_activate(&license, &jane, Right::Key).await;
    assert_eq!(world.store.activate(activate).await.unwrap(), Activated::Done);
}
