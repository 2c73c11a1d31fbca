//! `/organization/activity`: what happened in the organization, in words.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use countersign_core::{Id, LicenseId};
use countersign_store::AuditEntry;
use serde::Deserialize;

use super::super::{ErrorPage, Frame, page_with};
use crate::access::Visitor;
use crate::app::App;
use crate::language::{Language, Say};

/// Entries on one page.
const PAGE: u32 = 50;

#[derive(Template)]
#[template(path = "organization/activity.html")]
struct ActivityPage {
    frame: Frame,
    entries: Vec<Line>,
    older: Option<i64>,
    is_first: bool,
}

/// An entry in words.
struct Line {
    when: String,
    what: String,
    by: String,
}

#[derive(Deserialize)]
pub(crate) struct Before {
    #[serde(default)]
    before: Option<i64>,
}

/// A page of the log.
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Query(Before { before }): Query<Before>,
) -> Result<Response, ErrorPage> {
    let (_, organization) = visitor.organization_admin()?;
    let found = app.store().audit_of_organization(organization, before, PAGE).await?;
    let older = found.last().map(|entry| entry.seq).filter(|_| found.len() == PAGE as usize);
    let reader = Reader { app: &app, organization, language: visitor.language };
    let mut entries = Vec::with_capacity(found.len());
    for entry in &found {
        entries.push(reader.line(entry).await?);
    }
    let frame = Frame::new(&app, &visitor);
    let page = ActivityPage { frame, entries, older, is_first: before.is_none() };
    Ok(page_with(StatusCode::OK, &page))
}

/// Puts entries into words, with the names that this organization may know.
struct Reader<'a> {
    app: &'a App,
    organization: Id,
    language: Language,
}

impl Reader<'_> {
    async fn line(&self, entry: &AuditEntry) -> Result<Line, ErrorPage> {
        let key = format!("activity-{}", entry.action.replace('.', "-"));
        let say = Say::new(&key)
            .with("subject", self.subject(entry).await?)
            .with("detail", self.detail(entry).await?);
        let mut what = self.language.say(&say);
        if what == key {
            // What a newer part of the portal writes down, and has no words for here.
            what = format!("{} {}", entry.action, entry.detail);
        }
        let when = self.language.date_time(entry.at);
        Ok(Line { when, what, by: self.actor(&entry.actor).await? })
    }

    async fn subject(&self, entry: &AuditEntry) -> Result<String, ErrorPage> {
        let (noun, subject) = (entry.action.split('.').next().unwrap_or_default(), &entry.subject);
        match noun {
            "user" | "mail" | "login" => self.user(subject, &entry.detail).await,
            "group" => self.group(subject, &entry.detail).await,
            "license" => self.license(subject).await,
            "activation" => self.machine(subject).await,
            _ => Ok(String::new()),
        }
    }

    async fn detail(&self, entry: &AuditEntry) -> Result<String, ErrorPage> {
        match entry.action.as_str() {
            "group.add" | "group.remove" => self.user(&entry.detail, "").await,
            "group.link-license" | "group.unlink-license" => self.license(&entry.detail).await,
            "user.organization-role" => {
                Ok(self.language.t(&format!("organization-role-{}", entry.detail)))
            }
            "user.change" | "organization.change" => {
                Ok(self.language.t(&format!("status-{}", entry.detail)))
            }
            _ => Ok(entry.detail.clone()),
        }
    }

    /// A user of this organization by name. Of somebody who is not there any more the address that was written down, or
    /// nothing: what they are elsewhere is nobody's business here.
    async fn user(&self, id: &str, written: &str) -> Result<String, ErrorPage> {
        let user = match id.parse() {
            Ok(id) => self.app.store().user(id).await?,
            Err(_) => None,
        };
        let user = user.filter(|user| user.organization == Some(self.organization));
        Ok(match user {
            Some(user) => user.shown_name().to_owned(),
            None if written.contains('@') => written.to_owned(),
            None => self.language.t("activity-somebody"),
        })
    }

    async fn group(&self, id: &str, written: &str) -> Result<String, ErrorPage> {
        let group = match id.parse() {
            Ok(id) => self.app.store().group(self.organization, id).await?,
            Err(_) => None,
        };
        let gone = || {
            let is_name = !written.is_empty() && written.parse::<Id>().is_err();
            if is_name { written.to_owned() } else { self.language.t("activity-deleted-group") }
        };
        Ok(group.map_or_else(gone, |group| group.name))
    }

    async fn license(&self, id: &str) -> Result<String, ErrorPage> {
        let license = match id.parse::<LicenseId>() {
            Ok(id) => self.app.store().license(&id).await?,
            Err(_) => None,
        };
        let Some(license) = license.filter(|l| l.organization == Some(self.organization)) else {
            return Ok(self.language.t("activity-license-gone"));
        };
        let product = self.app.store().product(&license.product).await?;
        let product = product.map_or_else(|| license.product.to_string(), |product| product.name);
        let key = license.key.grouped();
        let end = key.rsplit('-').next().unwrap_or_default();
        Ok(match &license.plan {
            Some(plan) if !plan.is_empty() => format!("{product} · {plan} (…{end})"),
            _ => format!("{product} (…{end})"),
        })
    }

    async fn machine(&self, id: &str) -> Result<String, ErrorPage> {
        let activation = match id.parse() {
            Ok(id) => self.app.store().activation(&id).await?,
            Err(_) => None,
        };
        let name = activation.and_then(|activation| activation.device_name);
        Ok(name.unwrap_or_else(|| self.language.t("machine-unnamed")))
    }

    async fn actor(&self, actor: &str) -> Result<String, ErrorPage> {
        if let Some(id) = actor.strip_prefix("user:").and_then(|id| id.parse().ok()) {
            let user = self.app.store().user(id).await?;
            return match user {
                Some(user) if user.role.is_staff() => Ok(self.app.look().await.name.clone()),
                _ => self.user(&id.to_string(), "").await,
            };
        }
        Ok(match actor {
            _ if actor.starts_with("device:") => self.language.t("activity-by-machine"),
            _ if actor.ends_with("-link") => self.language.t("activity-by-link"),
            "portal" => self.language.t("activity-by-portal"),
            _ => self.app.look().await.name.clone(),
        })
    }
}
