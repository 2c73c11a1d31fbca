//! Entries of the log in words, with the names of what they are about, as the vendor may know them.

use std::collections::HashMap;

use countersign_core::{Id, LicenseId};
use countersign_store::{AuditEntry, Result, StoreError};

use crate::app::App;
use crate::language::{Language, Say};

/// An entry as it is shown.
pub(crate) struct LogLine {
    pub(crate) when: String,
    pub(crate) what: String,
    /// The name that programs give to what happened.
    pub(crate) action: String,
    /// What the words leave out.
    pub(crate) detail: String,
    pub(crate) subject: Named,
    pub(crate) by: Named,
}

/// A thing or a person by name, with its page, if there is one.
#[derive(Clone, Default)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) page: Option<String>,
}

impl Named {
    pub(crate) fn plain(name: impl Into<String>) -> Self {
        Self { name: name.into(), page: None }
    }

    fn at(name: impl Into<String>, page: String) -> Self {
        Self { name: name.into(), page: Some(page) }
    }
}

/// Entries in words.
///
/// # Errors
/// When the database fails.
pub(crate) async fn lines(
    app: &App,
    language: Language,
    entries: &[AuditEntry],
) -> Result<Vec<LogLine>> {
    let mut reader = Names::new(app, language);
    let mut lines = Vec::with_capacity(entries.len());
    for entry in entries {
        lines.push(reader.line(entry).await?);
    }
    Ok(lines)
}

/// Looks up what things and people are called, for the vendor.
pub(crate) struct Names<'a> {
    app: &'a App,
    language: Language,
    /// What was looked up already: a page says the same names again and again.
    known: HashMap<(&'static str, String), Named>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(app: &'a App, language: Language) -> Self {
        Self { app, language, known: HashMap::new() }
    }
}

impl Names<'_> {
    pub(crate) fn language(&self) -> Language {
        self.language
    }

    async fn line(&mut self, entry: &AuditEntry) -> Result<LogLine> {
        let subject = self.subject(entry).await?;
        let by = self.actor(&entry.actor).await?;
        let named = self.detail(entry).await?;
        let key = format!("activity-{}", entry.action.replace('.', "-"));
        let say =
            Say::new(&key).with("subject", subject.name.as_str()).with("detail", named.as_str());
        let said = self.language.say(&say);
        // What has no words is shown by the name that programs give to it, which stands there anyway.
        let what = if said == key { String::new() } else { said };
        let is_said = what.contains(named.as_str()) || subject.name == named;
        Ok(LogLine {
            when: self.language.date_time(entry.at),
            detail: if is_said { String::new() } else { named },
            what,
            action: entry.action.clone(),
            subject,
            by,
        })
    }

    async fn subject(&mut self, entry: &AuditEntry) -> Result<Named> {
        let id = entry.subject.as_str();
        match entry.action.split('.').next().unwrap_or_default() {
            "user" | "mail" | "login" => self.named("user", id).await,
            "sign-on" => Ok(Named::at(id, format!("/admin/sign-on/{id}"))),
            "license" => self.named("license", id).await,
            "activation" => self.named("activation", id).await,
            "organization" => self.named("organization", id).await,
            "product" => self.named("product", id).await,
            "release" => self.named("release", id).await,
            "group" => self.group(entry).await,
            "trial" => self.named("trial", id).await,
            "proposal" => Ok(Named::at(id, "/admin/approvals".to_owned())),
            _ => Ok(Named::plain(id)),
        }
    }

    /// The further words of an entry, with names in the place of ids.
    async fn detail(&mut self, entry: &AuditEntry) -> Result<String> {
        Ok(match entry.action.as_str() {
            "group.add" | "group.remove" => self.named("user", &entry.detail).await?.name,
            "group.link-license" | "group.unlink-license" => {
                self.named("license", &entry.detail).await?.name
            }
            "user.organization-role" => {
                self.language.t(&format!("organization-role-{}", entry.detail))
            }
            "user.change" | "organization.change" => {
                let key = format!("status-{}", entry.detail);
                Some(self.language.t(&key)).filter(|t| *t != key).unwrap_or(entry.detail.clone())
            }
            _ => entry.detail.clone(),
        })
    }

    async fn actor(&mut self, actor: &str) -> Result<Named> {
        if let Some(id) = actor.strip_prefix("user:") {
            return self.named("user", id).await;
        }
        Ok(match actor {
            _ if actor.starts_with("device:") => {
                Named::plain(self.language.t("activity-by-machine"))
            }
            "portal" => Named::plain(self.language.t("activity-by-portal")),
            "admin-command" => Named::plain(self.language.t("audit-by-command")),
            "first-start" => Named::plain(self.language.t("audit-by-first-start")),
            _ => Named::plain(actor),
        })
    }

    async fn group(&mut self, entry: &AuditEntry) -> Result<Named> {
        let organization = entry.organization.as_deref().and_then(|id| id.parse::<Id>().ok());
        let group = match (organization, entry.subject.parse()) {
            (Some(organization), Ok(id)) => self.app.store().group(organization, id).await?,
            _ => None,
        };
        Ok(Named::plain(group.map_or_else(|| entry.subject.clone(), |group| group.name)))
    }

    /// By its name, or by its id where it is gone.
    pub(crate) async fn named(&mut self, noun: &'static str, id: &str) -> Result<Named> {
        let place = (noun, id.to_owned());
        if let Some(known) = self.known.get(&place) {
            return Ok(known.clone());
        }
        let found = match noun {
            "user" => self.user(id).await?,
            "license" => self.license(id).await?,
            "activation" => self.activation(id).await?,
            "organization" => self.organization(id).await?,
            "product" => self.product(id).await?,
            "trial" => self.trial(id).await?,
            _ => self.release(id).await?,
        };
        let named = found.unwrap_or_else(|| Named::plain(id));
        self.known.insert(place, named.clone());
        Ok(named)
    }

    async fn user(&self, id: &str) -> Result<Option<Named>> {
        let Ok(id) = id.parse::<Id>() else { return Ok(None) };
        let user = self.app.store().user(id).await?;
        Ok(user.map(|user| {
            Named::at(user.shown_name().to_owned(), format!("/admin/customers/users/{id}"))
        }))
    }

    async fn license(&self, id: &str) -> Result<Option<Named>> {
        let Ok(id) = id.parse::<LicenseId>() else { return Ok(None) };
        let Some(license) = self.app.store().license(&id).await? else { return Ok(None) };
        let product = self.product_name(license.product.as_str()).await?;
        let key = license.key.grouped();
        let end = key.rsplit('-').next().unwrap_or_default();
        let plan = license.plan.as_deref().filter(|plan| !plan.is_empty());
        let plan = plan.map_or(String::new(), |plan| format!(" · {plan}"));
        Ok(Some(Named::at(format!("{product}{plan} (…{end})"), format!("/admin/licenses/{id}"))))
    }

    async fn activation(&self, id: &str) -> Result<Option<Named>> {
        let Ok(id) = id.parse::<Id>() else { return Ok(None) };
        let Some(found) = self.app.store().activation(&id).await? else { return Ok(None) };
        let page = format!("/licenses/{}/machines/{id}", found.license);
        let name = found.device_name.unwrap_or_else(|| self.language.t("machine-unnamed"));
        Ok(Some(Named::at(name, page)))
    }

    async fn trial(&self, id: &str) -> Result<Option<Named>> {
        let Ok(id) = id.parse::<Id>() else { return Ok(None) };
        let Some(found) = self.app.store().trial(&id).await? else { return Ok(None) };
        let name = found.device_name.unwrap_or_else(|| self.language.t("machine-unnamed"));
        Ok(Some(Named::at(name, format!("/admin/trials/{id}"))))
    }

    async fn organization(&self, id: &str) -> Result<Option<Named>> {
        let Ok(id) = id.parse::<Id>() else { return Ok(None) };
        let found = self.app.store().organization(id).await?;
        Ok(found.map(|found| Named::at(found.name, "/admin/customers".to_owned())))
    }

    async fn product(&self, id: &str) -> Result<Option<Named>> {
        let name = self.product_name(id).await?;
        Ok(Some(Named::at(name, format!("/admin/products/{id}"))))
    }

    async fn product_name(&self, id: &str) -> Result<String> {
        let parsed = id.parse().map_err(|_| StoreError::Malformed("product id"))?;
        let product = self.app.store().product(&parsed).await?;
        Ok(product.map_or_else(|| id.to_owned(), |product| product.name))
    }

    async fn release(&self, id: &str) -> Result<Option<Named>> {
        let Ok(id) = id.parse::<Id>() else { return Ok(None) };
        let Some(found) = self.app.store().release(id).await? else { return Ok(None) };
        let name =
            format!("{} {}", self.product_name(found.product.as_str()).await?, found.version);
        Ok(Some(Named::at(name, format!("/downloads/{}/{id}", found.product))))
    }
}
