//! From what is to be said to a letter in an envelope: whom it goes to now, and the link that it carries. A link is made
//! for every try; earlier ones stay good until one of them is used, so it does not matter which try got through.

use countersign_core::Id;
use countersign_store::{LinkPurpose, ProposalState, User, UserStatus, WebhookStatus};

use super::letter::{Letter, plain_name};
use super::{Mail, Notice};
use crate::account::{CONFIRM_SECONDS, INVITE_SECONDS, RESET_SECONDS, REVERT_SECONDS};
use crate::app::App;
use crate::keys::ending::ending;

/// A letter with its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Addressed {
    pub(crate) to: String,
    pub(crate) letter: Letter,
    pub(crate) language: Option<String>,
}

/// What is to be sent now, if anything is: what a mail is about may be over.
pub(crate) async fn prepare(app: &App, mail: &Mail) -> anyhow::Result<Option<Addressed>> {
    match mail {
        Mail::Invitation { user, by } => invitation(app, *user, *by).await,
        Mail::ResetPassword { email } => reset(app, email).await,
        Mail::ConfirmEmail { user } => confirm(app, *user).await,
        Mail::EmailChanged { user, old } => changed(app, *user, old).await,
        Mail::TrialCap { user, per_day } => trial_cap(app, *user, *per_day).await,
        Mail::Proposal { user, proposal: id } => proposal(app, *user, *id).await,
        Mail::SigningKey { user, until } => signing_key(app, *user, *until).await,
        Mail::Domain { user, name, until } => domain(app, *user, name, *until).await,
        Mail::Test { user } => test(app, *user).await,
        Mail::WebhookDisabled { user, webhook } => webhook_disabled(app, *user, *webhook).await,
        Mail::Notice { user, what } => notice(app, *user, *what).await,
    }
}

/// Whom a mail is about, for the log.
pub(crate) fn subject_of(mail: &Mail) -> Option<Id> {
    match mail {
        Mail::Invitation { user, .. }
        | Mail::ConfirmEmail { user }
        | Mail::EmailChanged { user, .. }
        | Mail::TrialCap { user, .. }
        | Mail::Proposal { user, .. }
        | Mail::SigningKey { user, .. }
        | Mail::Domain { user, .. }
        | Mail::Test { user }
        | Mail::WebhookDisabled { user, .. }
        | Mail::Notice { user, .. } => Some(*user),
        Mail::ResetPassword { .. } => None,
    }
}

async fn invitation(app: &App, invited: Id, by: Id) -> anyhow::Result<Option<Addressed>> {
    let Some(user) = app.store().user(invited).await? else { return Ok(None) };
    if user.status != UserStatus::Invited {
        return Ok(None);
    }
    let organization = match user.organization {
        Some(id) => app.store().organization(id).await?.map(|organization| organization.name),
        // The vendor's own people belong to none, nor do customers who are one person.
        None => Some(app.vendor().to_owned()),
    };
    let Some(organization) = organization else { return Ok(None) };
    let by = app.store().user(by).await?;
    let by = by.map_or_else(|| organization.clone(), |by| plain_name(&by.name, by.address()));
    let link = link(app, "invite", LinkPurpose::Invite, &user, None, INVITE_SECONDS).await?;
    let name = plain_name(&organization, app.vendor());
    let letter = Letter::Invitation { organization: name, by, link, days: INVITE_SECONDS / 86_400 };
    Ok(Some(Addressed { to: user.address().to_owned(), letter, language: user.language }))
}

async fn reset(app: &App, email: &str) -> anyhow::Result<Option<Addressed>> {
    let user = app.store().user_by_email(email).await?;
    // Of the others nobody hears anything: the page said the same in every case.
    let Some(user) = user.filter(|user| user.status.counts() && !user.organization_suspended)
    else {
        return Ok(None);
    };
    let purpose = LinkPurpose::ResetPassword;
    let link = link(app, "reset", purpose, &user, None, RESET_SECONDS).await?;
    let letter = Letter::ResetPassword { link, minutes: RESET_SECONDS / 60 };
    Ok(Some(Addressed { to: user.email, letter, language: user.language }))
}

async fn confirm(app: &App, user: Id) -> anyhow::Result<Option<Addressed>> {
    let user = app.store().user(user).await?.filter(User::may_log_in);
    let Some((user, wanted)) = user.and_then(|user| Some((user.clone(), user.email_pending?)))
    else {
        return Ok(None);
    };
    let letter = if app.store().user_by_email(&wanted).await?.is_some() {
        Letter::AddressHasAccount
    } else {
        let (purpose, detail) = (LinkPurpose::ConfirmEmail, Some(wanted.clone()));
        let link = link(app, "confirm", purpose, &user, detail, CONFIRM_SECONDS).await?;
        let name = plain_name(&user.name, &user.email);
        Letter::ConfirmEmail { name, link, hours: CONFIRM_SECONDS / 3600 }
    };
    Ok(Some(Addressed { to: wanted, letter, language: user.language }))
}

async fn changed(app: &App, user: Id, old: &str) -> anyhow::Result<Option<Addressed>> {
    let Some(user) = app.store().user(user).await? else { return Ok(None) };
    let (purpose, detail) = (LinkPurpose::RevertEmail, Some(old.to_owned()));
    let link = link(app, "revert", purpose, &user, detail, REVERT_SECONDS).await?;
    let letter =
        Letter::EmailChanged { new: masked(&user.email), link, days: REVERT_SECONDS / 86_400 };
    Ok(Some(Addressed { to: old.to_owned(), letter, language: user.language }))
}

/// To whoever is still an admin of the vendor.
async fn trial_cap(app: &App, user: Id, per_day: u64) -> anyhow::Result<Option<Addressed>> {
    let user = app.store().user(user).await?;
    let user = user.filter(|user| user.status == UserStatus::Active && user.role.is_admin());
    let link = format!("{}/admin/settings", app.operators_url());
    Ok(user.map(|user| Addressed {
        to: user.email,
        letter: Letter::TrialCap { per_day, link },
        language: user.language,
    }))
}

/// To whoever may still approve it, while it waits.
async fn proposal(app: &App, user: Id, id: Id) -> anyhow::Result<Option<Addressed>> {
    let store = app.store();
    let user = store.user(user).await?.filter(|user| user.may_log_in() && user.role.is_admin());
    let found = store.proposal(id).await?;
    let waits = found.filter(|p| p.state == ProposalState::Waiting && app.now() < p.expires_at);
    let (Some(user), Some(proposal)) = (user, waits) else { return Ok(None) };
    let by = store.user(proposal.by).await?;
    let by = by.map_or_else(String::new, |by| plain_name(by.shown_name(), by.address()));
    let link = format!("{}/admin/approvals", app.operators_url());
    let letter = Letter::Proposal { by, link };
    Ok(Some(Addressed { to: user.email, letter, language: user.language }))
}

/// To whoever is still an admin of the vendor, unless the key was renewed meanwhile.
async fn signing_key(app: &App, user: Id, until: u64) -> anyhow::Result<Option<Addressed>> {
    let end = ending(&app.keys(), app.now());
    if end.until != until {
        return Ok(None);
    }
    let user = app.store().user(user).await?;
    let user = user.filter(|user| user.status == UserStatus::Active && user.role.is_admin());
    let link = format!("{}/admin/keys", app.operators_url());
    let letter = match end.is_over() {
        true => Letter::SigningKeyEnded { until, link },
        false => Letter::SigningKeyEnds { until, days: end.days(), link },
    };
    Ok(user.map(|user| Addressed { to: user.email, letter, language: user.language }))
}

/// To whoever is still an admin of the vendor, while it is disabled.
async fn webhook_disabled(app: &App, user: Id, id: Id) -> anyhow::Result<Option<Addressed>> {
    let webhook = app.store().webhook(id).await?;
    if !webhook.is_some_and(|webhook| webhook.status == WebhookStatus::Disabled) {
        return Ok(None);
    }
    let user = app.store().user(user).await?;
    let user = user.filter(|user| user.status == UserStatus::Active && user.role.is_admin());
    let link = format!("{}/admin/webhooks/{id}", app.operators_url());
    Ok(user.map(|user| Addressed {
        to: user.email,
        letter: Letter::WebhookDisabled { link },
        language: user.language,
    }))
}

/// To whoever is still an admin of the vendor, while it is still so.
async fn domain(
    app: &App,
    user: Id,
    name: &str,
    until: Option<u64>,
) -> anyhow::Result<Option<Addressed>> {
    let domain = app.store().domain().await?.filter(|domain| domain.name == name);
    let is_so = domain.is_some_and(|domain| match until {
        Some(_) => domain.warned_at.is_some(),
        None => !domain.is_answered(),
    });
    let (name, link) = (name.to_owned(), format!("{}/admin/settings/domain", app.operators_url()));
    let letter = match until {
        Some(until) => Letter::DomainGone { name, until, link },
        None => Letter::DomainEnded { name, link },
    };
    let user = app.store().user(user).await?;
    let is_told = |user: &User| is_so && user.status == UserStatus::Active && user.role.is_admin();
    let user = user.filter(is_told);
    Ok(user.map(|user| Addressed { to: user.email, letter, language: user.language }))
}

async fn test(app: &App, user: Id) -> anyhow::Result<Option<Addressed>> {
    let user = app.store().user(user).await?.filter(|user| user.status == UserStatus::Active);
    let letter = Letter::Test { link: format!("{}/login", app.operators_url()) };
    Ok(user.map(|user| Addressed { to: user.email, letter, language: user.language }))
}

async fn notice(app: &App, user: Id, what: Notice) -> anyhow::Result<Option<Addressed>> {
    let user = app.store().user(user).await?.filter(|user| user.status == UserStatus::Active);
    let page = match what {
        Notice::LicenseGiven | Notice::LicenseTaken => "licenses",
        _ => "forgot",
    };
    Ok(user.map(|user| {
        let link = format!("{}/{page}", app.url_for(&user));
        Addressed { letter: Letter::Notice { what, link }, to: user.email, language: user.language }
    }))
}

async fn link(
    app: &App,
    path: &str,
    purpose: LinkPurpose,
    user: &User,
    detail: Option<String>,
    seconds: u64,
) -> anyhow::Result<String> {
    let (secret, hash) = app.secret();
    let until = app.now() + seconds;
    app.store().create_link_about(hash, purpose, Some(user.id), detail, until).await?;
    Ok(format!("{}/{path}/{secret}", app.url_for(user)))
}

/// Enough for its owner to know it, too little for others to write there.
fn masked(email: &str) -> String {
    let (name, domain) = email.split_once('@').unwrap_or((email, ""));
    let first: String = name.chars().take(1).collect();
    format!("{first}***@{domain}")
}
