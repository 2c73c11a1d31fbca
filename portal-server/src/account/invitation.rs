//! Inviting people into an organization, and coming in.

use countersign_core::{Hash, Id};
use countersign_store::{Accept, Accepted, Invite, OrganizationRole, User, UserStatus};

use super::guard::Attempt;
use super::{Refusal, Result, done, is_name};
use crate::app::App;
use crate::language::Language;
use crate::mail::{self, Mail};
use crate::password;

/// Somebody to be invited, as an admin types it.
#[derive(Debug, Clone)]
pub(crate) struct Invitee {
    pub(crate) email: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) organization_role: OrganizationRole,
}

/// Invites somebody; the id that they have from now on.
pub(crate) async fn invite(
    app: &App,
    by: &User,
    organization: Id,
    invitee: Invitee,
    language: Language,
) -> Result<Id> {
    let invite = checked(app, organization, invitee)?;
    let _counted = Attempt::invite(app, organization).await?;
    let user = invite.user;
    let mail = Mail::Invitation { user, by: by.id }.job(language, app.now());
    let actor = format!("user:{}", by.id);
    done(app.store().invite(invite, mail, &actor, app.now()).await?)?;
    app.mailroom().wake();
    Ok(user)
}

/// Invites somebody into a customer of the reseller that `by` runs; the store looks whether it is one.
pub(crate) async fn invite_for_customer(
    app: &App,
    by: &User,
    organization: Id,
    invitee: Invitee,
    language: Language,
) -> Result<()> {
    let invite = checked(app, organization, invitee)?;
    // Of the reseller as a whole: it makes as many organizations as it likes.
    let _counted = Attempt::invite(app, by.resells().unwrap_or(organization)).await?;
    let mail = Mail::Invitation { user: invite.user, by: by.id }.job(language, app.now());
    done(app.store().invite_for_customer(by.id, invite, mail, app.now()).await?)?;
    app.mailroom().wake();
    Ok(())
}

fn checked(app: &App, organization: Id, invitee: Invitee) -> Result<Invite> {
    let email = mail::address(&invitee.email).ok_or(Refusal::UnfitAddress)?;
    if !is_name(&invitee.first_name) || !is_name(&invitee.last_name) {
        return Err(Refusal::UnfitName.into());
    }
    Ok(Invite {
        user: app.random_id(),
        organization,
        email,
        first_name: invitee.first_name,
        last_name: invitee.last_name,
        organization_role: invitee.organization_role,
    })
}

/// Sends the invitation again, with a fresh link.
pub(crate) async fn resend(
    app: &App,
    by: &User,
    organization: Id,
    invited: Id,
    language: Language,
) -> Result<()> {
    let user = app.store().user(invited).await?;
    let is_open =
        |user: &User| user.organization == Some(organization) && user.status == UserStatus::Invited;
    let user = user.filter(is_open).ok_or(Refusal::NotFound)?;
    let _counted = Attempt::invite(app, organization).await?;
    mail::queue(app, Mail::Invitation { user: user.id, by: by.id }, language).await?;
    Ok(())
}

/// Whom the invitation is for.
pub(crate) async fn invited(app: &App, secret: &str) -> Result<User> {
    let user = app.store().invited_user(&Hash::of(secret), app.now()).await?;
    Ok(user.ok_or(Refusal::DeadLink)?)
}

/// Comes in with a new account.
pub(crate) async fn accept(
    app: &App,
    secret: &str,
    first_name: String,
    last_name: String,
    password: String,
) -> Result<User> {
    if !password::is_acceptable(&password) {
        return Err(Refusal::UnfitPassword.into());
    }
    if !is_name(&first_name) || !is_name(&last_name) {
        return Err(Refusal::UnfitName.into());
    }
    let user = invited(app, secret).await?;
    if let Some(provider) = app.store().only_by_provider(&user).await? {
        return Err(Refusal::OnlySingleSignOn { provider: provider.name }.into());
    }
    let password_hash = password::hash(app, password).await?;
    let accept = Accept { first_name, last_name, password_hash };
    let accepted = app.store().accept_invitation(Hash::of(secret), accept, app.now()).await?;
    came_in(app, accepted).await
}

/// Comes in with the account that is logged in.
pub(crate) async fn join(app: &App, secret: &str, user: &User) -> Result<User> {
    let joined = app.store().join_by_invitation(Hash::of(secret), user.id, app.now()).await?;
    came_in(app, joined).await
}

async fn came_in(app: &App, accepted: Accepted) -> Result<User> {
    let user = match accepted {
        Accepted::Done(user) => app.store().user(user).await?,
        Accepted::DeadLink => None,
        Accepted::HasAccount => return Err(Refusal::HasAccount.into()),
        Accepted::OtherAddress => return Err(Refusal::OtherAddress.into()),
        Accepted::BelongsElsewhere => return Err(Refusal::BelongsElsewhere.into()),
    };
    Ok(user.ok_or(Refusal::DeadLink)?)
}
