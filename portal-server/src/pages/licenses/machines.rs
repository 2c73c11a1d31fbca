//! Machines in words, and the list of those of a license.

use std::collections::HashMap;

use countersign_core::Id;
use countersign_store::{
    Activation, ActivationOrder, ActivationQuery, ActivationState, ActivationStates, License, User,
};

use crate::app::App;
use crate::language::Language;
use crate::pages::ErrorPage;
use crate::pages::paging::Asked;

/// The fields of the form over the machines.
pub(super) const FIELDS: [&str; 3] = ["q", "state", "sort"];

/// A machine in words.
pub(crate) struct MachineView {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) platform: String,
    pub(crate) app_version: String,
    pub(crate) state: &'static str,
    pub(crate) state_words: String,
    pub(crate) since: String,
    pub(crate) runs_until: String,
    pub(crate) import_by: String,
    /// The three dates, for a table, which has no room for the time of day.
    pub(crate) days: [String; 3],
    /// Who brought it; empty where nobody asked for it.
    pub(crate) by: String,
    /// What a fresh response would change; empty where nobody asked for it, or nothing.
    pub(crate) news: String,
}

impl MachineView {
    pub(crate) fn new(activation: &Activation, language: Language) -> Self {
        let state = activation.state.as_str();
        Self {
            id: activation.id.to_string(),
            name: machine_name(activation, language),
            platform: activation.platform.clone().unwrap_or_default(),
            app_version: activation.app_version.clone().unwrap_or_default(),
            state,
            state_words: language.t(&format!("state-{state}")),
            since: language.date_time(activation.created_at),
            runs_until: match activation.expires_at {
                Some(end) => language.date_time(end),
                None => language.t("without-end"),
            },
            import_by: language.date_time(activation.import_by),
            days: [
                language.date(activation.created_at),
                match activation.expires_at {
                    Some(end) => language.date(end),
                    None => language.t("without-end"),
                },
                language.date(activation.import_by),
            ],
            by: String::new(),
            news: String::new(),
        }
    }

    pub(super) async fn with_names(
        activation: &Activation,
        people: &mut People<'_>,
    ) -> Result<Self, ErrorPage> {
        let by = people.who_brought(activation).await?;
        Ok(Self { by, ..Self::new(activation, people.language) })
    }
}

/// A machine's name. One that another signer answered has none here until it brings a request itself: its key stands for it.
pub(crate) fn machine_name(activation: &Activation, language: Language) -> String {
    match &activation.device_name {
        Some(name) => name.clone(),
        None if activation.door == "journal" => {
            let key = activation.device_key.to_string();
            language.t1("machine-of-key", "key", key.chars().take(8).collect::<String>())
        }
        None => activation.id.to_string(),
    }
}

/// What was asked for; what is not understood asks for nothing.
pub(super) fn query(asked: &Asked, license: &License) -> ActivationQuery {
    let states = match asked.text("state").as_str() {
        "live" => ActivationStates::Live,
        "over" => ActivationStates::Ended,
        state => state.parse().map_or(ActivationStates::All, ActivationStates::One),
    };
    let order = match asked.text("sort").as_str() {
        "name" => ActivationOrder::Name,
        _ => ActivationOrder::Created,
    };
    ActivationQuery {
        search: Some(asked.text("q")).filter(|text| !text.is_empty()),
        states,
        order,
        after: asked.after(),
        ..ActivationQuery::of(license.id)
    }
}

/// What the filter offers: a value with the key of its words.
pub(super) fn states() -> Vec<(&'static str, String)> {
    let wide = ["live", "over"].map(|value| (value, format!("states-{value}")));
    let one = |state: ActivationState| (state.as_str(), format!("state-{}", state.as_str()));
    wide.into_iter().chain(ActivationState::ALL.map(one)).collect()
}

/// Names of people who did something to a license: those that its organization, or its owner, may know. A license may have
/// belonged to others before.
pub(super) struct People<'a> {
    app: &'a App,
    license: &'a License,
    viewer: &'a User,
    pub(super) language: Language,
    known: HashMap<Id, String>,
}

impl<'a> People<'a> {
    pub(super) fn new(
        app: &'a App,
        license: &'a License,
        viewer: &'a User,
        language: Language,
    ) -> Self {
        Self { app, license, viewer, language, known: HashMap::new() }
    }

    /// Who brought the request of a machine, or which way it came.
    pub(super) async fn who_brought(
        &mut self,
        activation: &Activation,
    ) -> Result<String, ErrorPage> {
        match activation.by_user {
            Some(id) => self.name(id).await,
            None if activation.door == "journal" => {
                let signed = self.app.store().signed_in(&activation.id).await?;
                let holder = signed.and_then(|signed| signed.holder);
                Ok(match holder {
                    Some(holder) => self.language.t1("by-door-journal-of", "holder", holder),
                    None => self.language.t("by-door-journal"),
                })
            }
            None if activation.door == "machine" => Ok(self.language.t("by-door-machine")),
            None if activation.door == "staff" => Ok(self.language.t("by-door-staff")),
            None if activation.door == "api" => Ok(self.language.t("by-door-api")),
            None => Ok(self.language.t("by-door-page")),
        }
    }

    pub(super) async fn name(&mut self, id: Id) -> Result<String, ErrorPage> {
        if let Some(name) = self.known.get(&id) {
            return Ok(name.clone());
        }
        let name = match self.app.store().user(id).await? {
            Some(user) if self.may_know(&user) => user.shown_name().to_owned(),
            Some(user) if user.role.is_staff() => self.app.look().await.name.clone(),
            _ => self.language.t("activity-somebody"),
        };
        self.known.insert(id, name.clone());
        Ok(name)
    }

    fn may_know(&self, user: &User) -> bool {
        let of_organization = !user.role.is_staff() && user.organization.is_some();
        self.viewer.role.is_staff()
            || self.viewer.id == user.id
            || self.license.owner == Some(user.id)
            || (of_organization && user.organization == self.license.organization)
    }
}
