//! `/admin`: what to see to first, the numbers of the morning, what happened last.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use countersign_core::{Code, UnixSeconds};
use countersign_store::Beginning;

use super::{ErrorPage, audit, keys};
use crate::access::{Permission, Visitor};
use crate::app::App;
use crate::bundle::csv::Table;
use crate::chart::{Chart, Series, Shape};
use crate::download;
use crate::keys::root_left_behind;
use crate::language::Language;
use crate::overview::{self, Change, DAY, Figure, Numbers, Overview, Span};
use crate::pages::licenses::{LicenseView, views};
use crate::pages::paging::Asked;
use crate::pages::{Frame, page};

/// Entries of the log that are shown.
const ENTRIES: u32 = 15;
/// Reasons that are shown; the file has all of them.
const MOST_REASONS: usize = 8;
const WEEK: u64 = 7 * DAY;

#[derive(Template)]
#[template(path = "admin/overview.html")]
struct OverviewPage {
    frame: Frame,
    key_warning: Option<keys::KeyWarning>,
    root_left_behind: Option<String>,
    two_factor_key_missing: Option<String>,
    roots: Vec<String>,
    signing_key: String,
    signing_until: String,
    /// Not for those who may not see the log.
    lines: Option<Vec<audit::LogLine>>,
    span: Span,
    figures: Vec<FigureLine>,
    charts: Vec<Chart>,
    full: Vec<LicenseView>,
    uncounted: u64,
    /// Until the first machine runs: what to do next.
    steps: Option<Vec<Step>>,
}

/// One of the first steps of a vendor whose portal is new.
struct Step {
    words: &'static str,
    page: &'static str,
    is_done: bool,
    /// The first that is not done and that a page can do.
    is_next: bool,
}

impl OverviewPage {
    fn number(&self, number: &u64) -> String {
        self.frame.language.number(*number)
    }

    /// Nothing in it is markup but what the chart itself writes.
    fn picture(&self, chart: &Chart) -> String {
        chart.svg(self.frame.language)
    }

    fn spans(&self) -> [Span; 2] {
        Span::ALL
    }
}

/// A row of the table.
struct FigureLine {
    name: String,
    /// Today, the last 7 and the last 30 days.
    cells: [Cell; 3],
}

struct Cell {
    /// What stands before it where there is no head of a column.
    label: String,
    now: String,
    change: String,
}

/// `/admin`
pub(crate) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    asked: Asked,
) -> Result<Response, ErrorPage> {
    let language = visitor.language;
    let lines = match visitor.may(Permission::SeeAudit) {
        true => {
            let entries = app.store().audit_latest(ENTRIES).await?;
            Some(audit::lines(&app, language, &entries).await?)
        }
        false => None,
    };
    let overview = overview::look(&app).await?;
    let span = Span::of(&asked.text("days"));
    let keys = app.keys();
    let root_left_behind = root_left_behind(&app.config().data);
    let beginning = match visitor.may(Permission::ManageLicenses) {
        true => Some(app.store().beginning().await?),
        false => None,
    };
    Ok(page(&OverviewPage {
        frame: Frame::new(&app, &visitor),
        key_warning: self::keys::warning(&app, language),
        steps: beginning.and_then(|beginning| first_steps(beginning, root_left_behind.is_none())),
        root_left_behind: root_left_behind.map(|path| path.display().to_string()),
        two_factor_key_missing: app.vault().missing().map(ToString::to_string),
        roots: keys.roots.iter().map(ToString::to_string).collect(),
        signing_key: keys.signing.kid().to_string(),
        signing_until: language.date_time(keys.until()),
        lines,
        span,
        figures: Figure::OF_TABLE.map(|figure| line(&overview.numbers, figure, language)).into(),
        charts: charts(&overview, span, Most::Shown, language),
        full: views(&app, &overview.outlook.full, language).await?,
        uncounted: overview.uncounted,
    }))
}

/// What leads to the first activated machine; nothing when there is one, or one that tries a product.
fn first_steps(reached: Beginning, root_is_away: bool) -> Option<Vec<Step>> {
    let Beginning { product, customer, license, activation, trial } = reached;
    if activation || trial {
        return None;
    }
    let on_pages = [
        ("first-step-product", "/admin/products", product),
        ("first-step-customer", "/admin/customers", customer),
        ("first-step-license", "/admin/licenses/new", license),
        ("first-step-hand-over", "/admin/licenses", false),
    ];
    let next = on_pages.iter().position(|(.., is_done)| !is_done);
    let step = |(at, (words, page, is_done)): (usize, (_, _, bool))| {
        let is_next = next == Some(at);
        Step { words, page, is_done, is_next }
    };
    // Where the portal runs, and not here: nothing else waits for it.
    let (words, page) = ("first-step-keys", "#root-left");
    let keys = Step { words, page, is_done: root_is_away, is_next: false };
    Some([keys].into_iter().chain(on_pages.into_iter().enumerate().map(step)).collect())
}

/// `/admin/overview.csv`: the numbers of one chart.
pub(crate) async fn table(
    State(app): State<App>,
    visitor: Visitor,
    asked: Asked,
) -> Result<Response, ErrorPage> {
    let (language, span) = (visitor.language, Span::of(&asked.text("days")));
    let overview = overview::look(&app).await?;
    let of = Some(asked.text("of")).filter(|of| !of.is_empty());
    let of = of.unwrap_or_else(|| "activity".to_owned());
    let charts = charts(&overview, span, Most::All, language);
    let chart = charts.into_iter().find(|chart| chart.id == of).ok_or_else(ErrorPage::not_found)?;
    let failed = |error: csv::Error| ErrorPage::internal(&error);
    let names = chart.series.iter().map(|series| series.name.as_str());
    let mut table =
        Table::new([chart.heading.as_str()].into_iter().chain(names)).map_err(failed)?;
    for (label, values) in chart.rows() {
        let values = values.iter().map(ToString::to_string);
        table.row([label.to_owned()].into_iter().chain(values)).map_err(failed)?;
    }
    let text = table.finish().map_err(failed)?;
    Ok(download::attachment_of("text/csv; charset=utf-8", &format!("{of}.csv"), text))
}

fn line(numbers: &Numbers, figure: Figure, language: Language) -> FigureLine {
    let cell = |days: u64, label: &str| {
        let change = numbers.change(figure, days);
        Cell {
            label: language.t(label),
            now: language.number(change.now),
            change: change_words(change, days, language),
        }
    };
    FigureLine {
        name: language.t(&format!("overview-{}", figure.as_str())),
        cells: [cell(1, "overview-today"), cell(7, "overview-week"), cell(30, "overview-month")],
    }
}

fn change_words(Change { now, before }: Change, days: u64, language: Language) -> String {
    let key = if days == 1 { "overview-yesterday" } else { "overview-before" };
    let said = language.t1(key, "count", language.number(before));
    // Today is not over: it is not compared.
    if days == 1 || before == 0 || now == before {
        return said;
    }
    let percent = now.abs_diff(before).saturating_mul(100) / before;
    let sign = if now > before { '+' } else { '−' };
    format!("{said} ({sign}{} %)", language.number(percent))
}

/// How much of a chart.
#[derive(Clone, Copy)]
enum Most {
    Shown,
    All,
}

fn charts(overview: &Overview, span: Span, most: Most, language: Language) -> Vec<Chart> {
    let numbers = &overview.numbers;
    let days: Vec<u64> = numbers.days(span.days()).collect();
    let series = |key: &str, figure: Figure| Series {
        name: language.t(key),
        values: days.iter().map(|day| numbers.on(figure, *day)).collect(),
    };
    let by_day = |id, shape, series| Chart {
        id,
        title: language.t(&format!("chart-{id}")),
        description: language.t1(&format!("chart-{id}-text"), "days", span.days()),
        heading: language.t("chart-day"),
        labels: days.iter().map(|day| iso_date(day * DAY)).collect(),
        short: days.iter().map(|day| short_date(day * DAY, language)).collect(),
        series,
        shape,
    };
    vec![
        by_day(
            "activity",
            Shape::Lines,
            vec![
                series("overview-activations", Figure::Activations),
                series("overview-deactivations", Figure::Deactivations),
            ],
        ),
        by_day(
            "trials",
            Shape::Bars,
            vec![
                series("overview-trials", Figure::Trials),
                series("overview-converted", Figure::Converted),
            ],
        ),
        ending(overview, language),
        refused(numbers, most, language),
    ]
}

fn ending(overview: &Overview, language: Language) -> Chart {
    let from = |week: usize| overview.outlook.at + WEEK * week as u64;
    let weeks = 0..overview.outlook.ending.len();
    Chart {
        id: "ending",
        title: language.t("chart-ending"),
        description: language.t1("chart-ending-text", "weeks", overview::WEEKS),
        heading: language.t("chart-week"),
        labels: weeks.clone().map(|week| iso_date(from(week))).collect(),
        short: weeks.map(|week| short_date(from(week), language)).collect(),
        series: vec![Series {
            name: language.t("overview-ending"),
            values: overview.outlook.ending.clone(),
        }],
        shape: Shape::Bars,
    }
}

fn refused(numbers: &Numbers, most: Most, language: Language) -> Chart {
    let mut reasons = numbers.refused_by_code();
    if matches!(most, Most::Shown) {
        reasons.truncate(MOST_REASONS);
    }
    let names: Vec<String> = reasons.iter().map(|(code, ..)| reason(code, language)).collect();
    Chart {
        id: "refused",
        title: language.t("chart-refused"),
        description: language.t("chart-refused-text"),
        heading: language.t("chart-reason"),
        short: names.clone(),
        labels: names,
        series: vec![
            Series {
                name: language.t("overview-month"),
                values: reasons.iter().map(|(_, month, _)| *month).collect(),
            },
            Series {
                name: language.t("overview-week"),
                values: reasons.iter().map(|(_, _, week)| *week).collect(),
            },
        ],
        shape: Shape::Rows,
    }
}

/// A code in words, as its page has them for a heading.
fn reason(code: &str, language: Language) -> String {
    let is_of_format = Code::ALL.iter().any(|known| known.as_str() == code);
    let keys = [format!("refused-{code}"), format!("{code}-title")];
    let said = keys.iter().map(|key| (key, language.t(key))).find(|(key, said)| said != *key);
    match said {
        Some((_, said)) => said,
        None if is_of_format => format!("{} ({code})", language.t("format-title")),
        None => code.to_owned(),
    }
}

fn iso_date(at: UnixSeconds) -> String {
    let date = countersign_core::file::date(at);
    date.split(' ').next().unwrap_or_default().to_owned()
}

/// "25 Nov".
fn short_date(at: UnixSeconds, language: Language) -> String {
    let date = iso_date(at);
    let mut parts = date.split('-').skip(1);
    let (month, day) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let months = language.t("months");
    let number: usize = month.parse().unwrap_or(1);
    let name = months.split_whitespace().nth(number.saturating_sub(1)).unwrap_or_default();
    language.t2("date-short", "day", day.trim_start_matches('0'), "month-name", name)
}
