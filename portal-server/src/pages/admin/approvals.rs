//! `/admin/approvals`: what one admin wants to do and another one has to approve, and the rule itself.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use countersign_core::Id;
use countersign_store::{Act, Decided, NewLicense, Proposal, Validity};
use serde::Deserialize;

use super::audit::{Named, Names};
use super::{ErrorPage, entitlement_lines, metadata_lines};
use crate::access::Visitor;
use crate::app::App;
use crate::approval;
use crate::language::Language;
use crate::pages::{Frame, page};
use crate::release::up_to;

const PATH: &str = "/admin/approvals";
/// So many that were decided are shown.
const DECIDED: u32 = 20;
const DAY: u64 = 86_400;

#[derive(Template)]
#[template(path = "admin/approvals.html")]
struct ApprovalsPage {
    frame: Frame,
    is_on: bool,
    waiting: Vec<Shown>,
    decided: Vec<Shown>,
}

/// A proposal in words.
struct Shown {
    id: Id,
    kind: &'static str,
    by: Named,
    at: u64,
    until: u64,
    is_own: bool,
    /// What exactly would be done: the key of a label, and the value.
    facts: Vec<(&'static str, Named)>,
    state: &'static str,
    decided_by: Named,
}

pub(crate) async fn show(State(app): State<App>, visitor: Visitor) -> Result<Response, ErrorPage> {
    let (user, store) = (visitor.user()?, app.store());
    let mut reader = Reader { names: Names::new(&app, visitor.language), app: &app, me: user.id };
    let (mut waiting, mut decided) = (Vec::new(), Vec::new());
    for proposal in store.proposals_waiting(app.now()).await? {
        waiting.push(reader.shown(&proposal).await?);
    }
    for proposal in store.proposals_decided(DECIDED).await? {
        decided.push(reader.shown(&proposal).await?);
    }
    let (frame, is_on) = (Frame::new(&app, &visitor), store.needs_two_people().await?);
    Ok(page(&ApprovalsPage { frame, is_on, waiting, decided }))
}

struct Reader<'a> {
    names: Names<'a>,
    app: &'a App,
    me: Id,
}

impl Reader<'_> {
    async fn shown(&mut self, proposal: &Proposal) -> countersign_store::Result<Shown> {
        let decided_by = match proposal.decided_by {
            Some(by) => self.names.named("user", &by.to_string()).await?,
            None => Named::default(),
        };
        Ok(Shown {
            id: proposal.id,
            kind: proposal.act.kind(),
            by: self.names.named("user", &proposal.by.to_string()).await?,
            at: proposal.at,
            until: proposal.expires_at,
            is_own: proposal.by == self.me,
            facts: self.facts(&proposal.act).await?,
            state: proposal.state.as_str(),
            decided_by,
        })
    }

    async fn facts(&mut self, act: &Act) -> countersign_store::Result<Vec<(&'static str, Named)>> {
        let language = self.names.language();
        Ok(match act {
            Act::EndRule => Vec::new(),
            Act::CreateLicense { new, limits } => {
                let mut facts = self.license(new, language).await?;
                let until = limits.maintenance_until.map(up_to::day).unwrap_or_default();
                let highest = limits.highest_version.as_ref().map(ToString::to_string);
                facts.push(("maintenance-until", Named::plain(until)));
                facts.push(("highest-version", Named::plain(highest.unwrap_or_default())));
                facts.retain(|(_, value)| !value.name.is_empty());
                facts
            }
            Act::CreateLicenses(many) => {
                let mut facts = self.license(&many.new, language).await?;
                let limits = &many.limits;
                let until = limits.maintenance_until.map(up_to::day).unwrap_or_default();
                let highest = limits.highest_version.as_ref().map(ToString::to_string);
                let count = language.number(many.keys.len() as u64);
                facts.insert(1, ("approval-count", Named::plain(count)));
                facts.push(("maintenance-until", Named::plain(until)));
                facts.push(("highest-version", Named::plain(highest.unwrap_or_default())));
                facts.retain(|(_, value)| !value.name.is_empty());
                facts
            }
            Act::ExtendLicense { license, expires_at, .. } => {
                let now = self.app.store().license(license).await?;
                let ends = language.when(now.and_then(|license| license.expires_at));
                vec![
                    ("license", self.names.named("license", &license.to_string()).await?),
                    ("ends", Named::plain(ends)),
                    ("approval-new-end", Named::plain(language.date_time(*expires_at))),
                ]
            }
            Act::ReleaseSeat { license, activation, reason } => vec![
                ("license", self.names.named("license", &license.to_string()).await?),
                ("machine", self.names.named("activation", &activation.to_string()).await?),
                ("release-reason", Named::plain(reason)),
            ],
        })
    }

    async fn license(
        &mut self,
        new: &NewLicense,
        language: Language,
    ) -> countersign_store::Result<Vec<(&'static str, Named)>> {
        let text = |text: &Option<String>| Named::plain(text.as_deref().unwrap_or_default());
        let number = |number: Option<u64>| {
            Named::plain(number.map_or(language.t("approval-any-number"), |n| language.number(n)))
        };
        let mut facts = vec![
            ("product", self.names.named("product", new.product.as_str()).await?),
            ("plan", text(&new.plan)),
            ("holder", text(&new.holder)),
        ];
        if let Some(owner) = new.owner {
            facts.push(("user", self.names.named("user", &owner.to_string()).await?));
        }
        if let Some(of) = new.organization {
            facts.push(("organization", self.names.named("organization", &of.to_string()).await?));
        }
        facts.extend([
            ("validity", Named::plain(validity(&new.validity, language))),
            ("activations", number(new.allowed_activations)),
            ("deactivations", number(new.allowed_deactivations)),
            ("approval-features", Named::plain(entitlement_lines(&new.entitlements))),
            ("approval-metadata", Named::plain(metadata_lines(&new.metadata))),
        ]);
        Ok(facts)
    }
}

fn validity(validity: &Validity, language: Language) -> String {
    match validity {
        Validity::Perpetual => language.t("perpetual"),
        Validity::Fixed(end) => language.date_time(*end),
        Validity::FromCreation(length) => {
            language.t1("approval-days-from-creation", "count", length / DAY)
        }
        Validity::FromFirstActivation(length) => {
            language.t1("approval-days-from-first", "count", length / DAY)
        }
    }
}

/// Does it, in the name of who proposed it.
pub(crate) async fn approve(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let (id, admin) = (id.parse().map_err(|_| ErrorPage::not_found())?, visitor.user()?);
    decided(app.store().approve_proposal(id, admin.id, app.now()).await?)
}

/// Refuses it, or takes one's own back.
pub(crate) async fn refuse(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, ErrorPage> {
    let (id, admin) = (id.parse().map_err(|_| ErrorPage::not_found())?, visitor.user()?);
    decided(app.store().refuse_proposal(id, admin.id, app.now()).await?)
}

fn decided(decided: Decided) -> Result<Response, ErrorPage> {
    match decided {
        Decided::Done => Ok(Redirect::to(PATH).into_response()),
        Decided::NotAdmin => Err(ErrorPage::forbidden()),
        Decided::OwnProposal => Err(ErrorPage::bad_input("approval-own")),
        Decided::Over => Err(ErrorPage::bad_input("approval-over")),
        Decided::Stale => Err(ErrorPage::bad_input("approval-stale")),
    }
}

#[derive(Deserialize)]
pub(crate) struct RuleForm {
    #[serde(default)]
    rule: String,
}

/// Turns the rule on, or proposes to turn it off.
pub(crate) async fn rule(
    State(app): State<App>,
    visitor: Visitor,
    Form(form): Form<RuleForm>,
) -> Result<Response, ErrorPage> {
    let admin = visitor.user()?;
    match form.rule.as_str() {
        "on" => approval::done(app.store().begin_two_people(admin.id, app.now()).await?)?,
        "off" if app.store().needs_two_people().await? => {
            approval::propose(&app, &admin, Act::EndRule, visitor.language).await?;
        }
        _ => return Err(ErrorPage::bad_input("error-form-incomplete")),
    }
    Ok(Redirect::to(PATH).into_response())
}
