//! `/api/v1/domain`: the vendor's own host of the portal.

use countersign_store::{Domain, SeenRecord};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::operation::{Answer, Call, Described, Nothing, Operation};
use super::types::{ADomainState, AFinding, Time};
use crate::app::App;
use crate::desk::Refusal;
use crate::domain::manage::{self, Refused};
use crate::domain::records::{self, Record};
use crate::host::PublicUrl;
use crate::problem::Problem;

const SUBJECT: &str = "/api/v1/domain";
/// Seconds between two times that DNS is asked because somebody wants to know.
const PAUSE: u64 = 5;

/// Under which hosts the portal answers.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Hosts")]
pub(crate) struct Shown {
    /// The operator's address; null while the portal is tried out on one machine, where there can be no domain.
    operator_url: Option<String>,
    /// What links in mails and files begin with now.
    links_begin_with: String,
    /// The vendor's own domain, if one is set.
    domain: Option<State>,
}

/// How a domain stands.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Domain")]
struct State {
    /// Its name.
    name: String,
    /// The portal under it.
    url: String,
    /// How far it is: the portal answers under a verified one, and links begin with a used one.
    state: ADomainState,
    /// Since when records that were there are not.
    failing_since: Option<Time>,
    /// The records that are to be made, and whether they are there.
    records: Vec<DnsRecord>,
    /// When DNS was asked last.
    checked_at: Option<Time>,
    /// When it is asked next by itself; null: only when somebody wants to know.
    next_check_at: Option<Time>,
}

/// A record in DNS.
#[derive(Debug, Serialize, JsonSchema)]
struct DnsRecord {
    /// Its name.
    name: String,
    /// `CNAME`, `A`, `AAAA` or `TXT`.
    #[serde(rename = "type")]
    kind: String,
    /// What it has to say.
    value: String,
    /// What was found of it.
    finding: AFinding,
    /// What it says instead, if it says something else.
    seen: Option<String>,
}

impl DnsRecord {
    fn of(record: Record, found: &SeenRecord) -> Self {
        let Record { name, kind, value } = record;
        let seen = (!found.seen.is_empty()).then(|| found.seen.clone());
        Self { name, kind: kind.to_owned(), value, finding: AFinding(found.finding), seen }
    }
}

impl State {
    fn of(domain: &Domain, url: &PublicUrl) -> Self {
        let pointer = records::pointer(&domain.name, url.host());
        let proof = records::proof(&domain.name, &domain.token);
        Self {
            url: url.at(&domain.name),
            state: ADomainState(domain.state),
            failing_since: domain.failing_since.map(Time),
            records: vec![
                DnsRecord::of(pointer, &domain.check.pointer),
                DnsRecord::of(proof, &domain.check.proof),
            ],
            checked_at: domain.checked_at.map(Time),
            next_check_at: domain.check_at.map(Time),
            name: domain.name.clone(),
        }
    }
}

/// `GET`
pub(crate) fn show() -> Operation {
    let run = async |call: Call| shown(call.app()).await;
    Described::get("getDomain", "Show under which hosts the portal answers")
        .more("With the records that the vendor's own domain needs, and what DNS said of them.")
        .run(run)
}

async fn shown(app: &App) -> Result<Answer<Shown>, Problem> {
    app.domain_changed().await.map_err(Refusal::Store)?;
    let (domain, url) = (app.domain(), app.public_url());
    Ok(Answer::shown(Shown {
        operator_url: url.map(ToString::to_string),
        links_begin_with: app.base_url(),
        domain: domain.zip(url).map(|(domain, url)| State::of(&domain, url)),
    }))
}

/// A domain to be used.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDomain {
    /// Its name, such as `licenses.acme.example`.
    #[schemars(length(min = 1, max = 300))]
    name: String,
}

/// `POST`
pub(crate) fn set() -> Operation {
    let run = async |call: Call<Nothing, Nothing, NewDomain>| {
        manage::set(&call.writing(SUBJECT), &call.body.name, &call.actor()).await?;
        shown(call.app()).await
    };
    Described::post("setDomain", "Set the vendor's own domain")
        .more("The one before ends at once; the same again changes nothing. Its records are looked for from now on.")
        .refuses(&[(422, "unfit-value")])
        .example(|| json!({"name": "licenses.acme.example"}))
        .run(run)
}

/// `POST`
pub(crate) fn check() -> Operation {
    let run = async |call: Call<Nothing, Nothing, Nothing>| {
        manage::check_now(call.app()).await?;
        shown(call.app()).await
    };
    Described::post("checkDomain", "Look for the records of the domain now")
        .more("Once in five seconds. A domain whose records are there is verified by that.")
        .keyless()
        .refuses(&[(422, "unfit-value")])
        .example(|| json!({}))
        .run(run)
}

/// Whether links begin with the domain.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DomainUse {
    /// Its name: another one meanwhile is not used by mistake.
    #[schemars(length(min = 1, max = 300))]
    name: String,
    /// Whether links in mails and files begin with it.
    used: bool,
}

/// `POST`
pub(crate) fn put_to_use() -> Operation {
    let run = async |call: Call<Nothing, Nothing, DomainUse>| {
        let (name, used) = (&call.body.name, call.body.used);
        manage::put_to_use(&call.writing(SUBJECT), name, used, &call.actor()).await?;
        shown(call.app()).await
    };
    Described::post("useDomain", "Let links begin with the domain, or no longer")
        .refuses(&[(422, "unfit-value")])
        .example(|| json!({"name": "licenses.acme.example", "used": true}))
        .run(run)
}

/// `POST`
pub(crate) fn remove() -> Operation {
    let run = async |call: Call<Nothing, Nothing, Nothing>| {
        manage::remove(&call.writing(SUBJECT), &call.actor()).await?;
        shown(call.app()).await
    };
    Described::post("removeDomain", "End the vendor's own domain at once")
        .refuses(&[(422, "unfit-value")])
        .example(|| json!({}))
        .run(run)
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unfit(say) => Self::unfit(say),
            Refused::JustChecked => Self::too_often("domain-just-checked", PAUSE),
            Refused::Failed(error) => Refusal::Store(error).into(),
        }
    }
}
