//! `/api/v1/overview`: the numbers of the vendor's first page. Days are those of UTC.

use countersign_store::License;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::operation::{Answer, Call, Described, Nothing, Operation};
use super::types::{ALicenseId, AProductId, Time};
use crate::desk::Refusal;
use crate::overview::{self, DAY, Figure, Numbers, Span};
use crate::problem::Problem;

const WEEK: u64 = 7 * DAY;

/// Over how many days.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// How many days are told one by one: 30 or 90; without it 30.
    days: Option<Days>,
}

/// A month or a quarter.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[schemars(inline)]
enum Days {
    #[serde(rename = "30")]
    Month,
    #[serde(rename = "90")]
    Quarter,
}

/// The numbers as they are now.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Overview")]
pub(crate) struct Shown {
    /// When what is to be seen coming was read: some seconds ago at most.
    at: Time,
    /// Machines that took a seat.
    activations: Periods,
    /// Seats that were given back or released.
    deactivations: Periods,
    /// Trials that began.
    trials: Periods,
    /// Licenses that were created.
    licenses: Periods,
    /// Requests that were refused.
    refused: Periods,
    /// Each day, the oldest first; the last one is today.
    days: Vec<OverviewDay>,
    /// Why requests were refused, the most frequent reason first.
    reasons: Vec<RefusalReason>,
    /// How many licenses that count end in each of the next weeks.
    ending: Vec<EndingWeek>,
    /// Licenses of several machines without a free seat, ten at most.
    full: Vec<FullLicense>,
    /// Entries of the audit log that are not counted yet.
    uncounted: u64,
}

/// A number over some periods, today in each.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OverviewPeriods")]
pub(crate) struct Periods {
    /// Today, which is not over.
    today: u64,
    /// Yesterday.
    yesterday: u64,
    /// The last 7 days.
    last_7_days: u64,
    /// The 7 days before.
    before_7_days: u64,
    /// The last 30 days.
    last_30_days: u64,
    /// The 30 days before.
    before_30_days: u64,
}

impl Periods {
    fn of(numbers: &Numbers, figure: Figure) -> Self {
        let [day, week, month] = [1, 7, 30].map(|days| numbers.change(figure, days));
        Self {
            today: day.now,
            yesterday: day.before,
            last_7_days: week.now,
            before_7_days: week.before,
            last_30_days: month.now,
            before_30_days: month.before,
        }
    }
}

/// The numbers of a day.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OverviewDay {
    /// When it began.
    from: Time,
    /// Machines that took a seat.
    activations: u64,
    /// Seats that were given back or released.
    deactivations: u64,
    /// Trials that began.
    trials: u64,
    /// Those of them whose machine got a license later.
    converted: u64,
    /// Licenses that were created.
    licenses: u64,
    /// Requests that were refused.
    refused: u64,
}

/// A reason for which requests were refused.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RefusalReason {
    /// The code of the problem.
    code: String,
    /// In the last 30 days.
    last_30_days: u64,
    /// In the last 7 of them.
    last_7_days: u64,
}

/// The licenses that end in a week.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EndingWeek {
    /// When the week begins.
    from: Time,
    /// How many licenses end in it.
    licenses: u64,
}

/// A license without a free seat.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FullLicense {
    /// The license.
    license: ALicenseId,
    /// Of which product.
    product: AProductId,
    /// Seats in use.
    live_activations: u64,
    /// Seats that there are.
    allowed_activations: Option<u64>,
}

impl From<&License> for FullLicense {
    fn from(license: &License) -> Self {
        Self {
            license: ALicenseId(license.id),
            product: AProductId(license.product.clone()),
            live_activations: license.live_activations,
            allowed_activations: license.allowed_activations,
        }
    }
}

/// `GET`
pub(crate) fn show() -> Operation {
    Described::get("getOverview", "Show the numbers of the overview")
        .more("Days are those of UTC. What happened in the last seconds may not be counted yet.")
        .run(shown)
}

async fn shown(call: Call<Nothing, Which>) -> Result<Answer<Shown>, Problem> {
    let found = overview::look(call.app()).await.map_err(Refusal::Store)?;
    let (numbers, outlook) = (&found.numbers, &found.outlook);
    let span = match call.query.days {
        Some(Days::Quarter) => Span::Days90,
        Some(Days::Month) | None => Span::Days30,
    };
    let of = |figure: Figure| Periods::of(numbers, figure);
    let day = |day: u64| OverviewDay {
        from: Time(day * DAY),
        activations: numbers.on(Figure::Activations, day),
        deactivations: numbers.on(Figure::Deactivations, day),
        trials: numbers.on(Figure::Trials, day),
        converted: numbers.on(Figure::Converted, day),
        licenses: numbers.on(Figure::Licenses, day),
        refused: numbers.on(Figure::Refused, day),
    };
    let reason =
        |(code, last_30_days, last_7_days)| RefusalReason { code, last_30_days, last_7_days };
    let week = |(at, licenses): (u64, &u64)| EndingWeek {
        from: Time(outlook.at + at * WEEK),
        licenses: *licenses,
    };
    Ok(Answer::shown(Shown {
        at: Time(outlook.at),
        activations: of(Figure::Activations),
        deactivations: of(Figure::Deactivations),
        trials: of(Figure::Trials),
        licenses: of(Figure::Licenses),
        refused: of(Figure::Refused),
        days: numbers.days(span.days()).map(day).collect(),
        reasons: numbers.refused_by_code().into_iter().map(reason).collect(),
        ending: (0..).zip(&outlook.ending).map(week).collect(),
        full: outlook.full.iter().map(FullLicense::from).collect(),
        uncounted: found.uncounted,
    }))
}
