//! The numbers of the overview against a plain model of what was done, and its charts against their tables.

use std::collections::BTreeMap;

use countersign_core::Id;
use countersign_core::license_key::LicenseKey;
use countersign_portal::overview::{self, Figure};
use countersign_store::{LicenseStatus, Validity};

use crate::TestPortal;
use crate::played::{Machine, NOW};
use crate::world::{CookieUser, DAY};

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// What was done, by day.
#[derive(Default)]
struct Model {
    counts: BTreeMap<(u64, &'static str), u64>,
}

impl Model {
    fn add(&mut self, day: u64, what: &'static str) {
        *self.counts.entry((day, what)).or_default() += 1;
    }

    fn on(&self, figure: Figure, day: u64) -> u64 {
        self.counts.get(&(day, figure.as_str())).copied().unwrap_or(0)
    }
}

/// A machine with what it has.
struct Played {
    machine: Machine,
    activation: Option<Id>,
    trial: Option<u64>,
    converted: bool,
}

struct World {
    portal: TestPortal,
    model: Model,
    keys: Vec<LicenseKey>,
    machines: Vec<Played>,
}

impl World {
    async fn new() -> Self {
        Self {
            portal: TestPortal::new().await,
            model: Model::default(),
            keys: Vec::new(),
            machines: Vec::new(),
        }
    }

    fn today(&self) -> u64 {
        countersign_portal::clock::Clock::now(&*self.portal.clock) / DAY
    }

    async fn license(&mut self) {
        let key = self.portal.license(4, Some(2)).await;
        // The world's licenses are all made at one time.
        self.model.add(NOW / DAY, Figure::Licenses.as_str());
        self.keys.push(key);
    }

    fn machine(&mut self, n: usize) {
        let machine = Machine::new(&format!("pc-{n}"), &self.portal.product);
        self.machines.push(Played { machine, activation: None, trial: None, converted: false });
    }

    async fn trial(&mut self, which: usize) {
        let (today, played) = (self.today(), &mut self.machines[which]);
        let answer = self.portal.asked("/api/v1/trials", &played.machine.trial()).await;
        match (played.trial, answer.status.as_u16()) {
            (None, 200) => {
                played.trial = Some(today);
                self.model.add(today, Figure::Trials.as_str());
            }
            (Some(_), 409) => self.model.add(today, Figure::Refused.as_str()),
            other => panic!("{other:?}: {}", answer.text),
        }
    }

    async fn activate(&mut self, which: usize, key: usize) {
        let today = self.today();
        let key = self.keys[key].clone();
        let before = self.portal.stored(&key).await.total_activations;
        let played = &mut self.machines[which];
        let answer =
            self.portal.asked("/api/v1/activations", &played.machine.activation(&key)).await;
        if answer.status.as_u16() != 200 {
            assert_eq!(answer.status.as_u16(), 409, "{}", answer.text);
            self.model.add(today, Figure::Refused.as_str());
            return;
        }
        if self.portal.stored(&key).await.total_activations > before {
            self.model.add(today, Figure::Activations.as_str());
        }
        let played = &mut self.machines[which];
        played.activation = Some(answer.json()["id"].as_str().unwrap().parse().unwrap());
        if let Some(began) = played.trial.filter(|_| !played.converted) {
            played.converted = true;
            self.model.add(began, Figure::Converted.as_str());
        }
    }

    async fn deactivate(&mut self, which: usize) {
        let today = self.today();
        let played = &mut self.machines[which];
        let Some(id) = played.activation.take() else { return };
        let request = played.machine.deactivation(&id.to_string());
        let answer = self.portal.asked("/api/v1/deactivations", &request).await;
        let figure = match answer.status.as_u16() {
            200 => Figure::Deactivations,
            409 => Figure::Refused,
            other => panic!("{other}: {}", answer.text),
        };
        self.model.add(today, figure.as_str());
    }

    async fn is_right(&self) {
        self.portal.counted().await;
        let overview = overview::look(&self.portal.app).await.unwrap();
        let all = [
            Figure::Activations,
            Figure::Deactivations,
            Figure::Trials,
            Figure::Converted,
            Figure::Licenses,
            Figure::Refused,
        ];
        for day in overview.numbers.days(60) {
            for figure in all {
                assert_eq!(
                    overview.numbers.on(figure, day),
                    self.model.on(figure, day),
                    "{figure:?} on {day}"
                );
            }
        }
    }
}

#[tokio::test]
async fn after_whatever_was_done_the_numbers_are_those_of_a_plain_model() {
    for seed in [1, 7, 4_711] {
        let (mut world, mut dice) = (World::new().await, Dice(seed));
        for _ in 0..3 {
            world.license().await;
        }
        (0..9).for_each(|n| world.machine(n));
        for step in 0..70 {
            world.portal.clock.advance(1);
            let which = dice.roll(9) as usize;
            match dice.roll(8) {
                0 | 1 => world.trial(which).await,
                2..=4 => {
                    let key = dice.roll(3) as usize;
                    world.activate(which, key).await;
                }
                5 => world.deactivate(which).await,
                _ => world.portal.clock.advance(DAY * dice.roll(3) / 2),
            }
            if step % 23 == 0 {
                world.is_right().await;
            }
        }
        world.is_right().await;
        // Counted again, nothing is counted twice.
        world.is_right().await;
    }
}

#[tokio::test]
async fn licenses_that_end_are_told_by_the_week_without_those_that_do_not_count() {
    let portal = TestPortal::new().await;
    let fixed = async |seconds: u64| {
        portal.license_with(|new| new.validity = Validity::Fixed(NOW + seconds)).await
    };
    for days in [0, 6, 7, 13, 14, 90, 91, 200] {
        fixed(days * DAY + 1).await;
    }
    portal.license(1, None).await;
    for status in [LicenseStatus::Suspended, LicenseStatus::Revoked] {
        let key = fixed(3 * DAY).await;
        portal.change_license(&key, |license| license.status = status).await;
    }
    let ending = portal.app.store().ending_by_week(13, NOW).await.unwrap();
    assert_eq!(ending, [2, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    // As of then those that end before are over.
    let later = portal.app.store().ending_by_week(13, NOW + 7 * DAY).await.unwrap();
    assert_eq!(later[..3], [2, 1, 0]);
}

#[tokio::test]
async fn licenses_without_a_free_seat_are_those_of_several_machines() {
    let portal = TestPortal::new().await;
    let (one, two, three) = (
        portal.license(1, None).await,
        portal.license(2, None).await,
        portal.license(3, None).await,
    );
    for (n, key) in [&one, &two, &two, &three, &three].into_iter().enumerate() {
        portal.activated(&Machine::new(&format!("pc-{n}"), &portal.product), key).await;
    }
    let full = async || -> Vec<_> {
        portal.app.store().full_licenses().await.unwrap().iter().map(|l| l.id).collect()
    };
    assert_eq!(full().await, [two.id()]);
    portal.activated(&Machine::new("pc-9", &portal.product), &three).await;
    assert_eq!(full().await, [three.id(), two.id()]);
    let staff = portal.admin().await;
    let page = staff.get("/admin").await.is(200);
    page.says(&format!("href=\"/admin/licenses/{}\"", two.id())).says("Without a free seat");
    portal.change_license(&two, |license| license.status = LicenseStatus::Revoked).await;
    assert_eq!(full().await, [three.id()]);
}

/// The part of a page between two marks.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let rest = text.split_once(from).unwrap_or_else(|| panic!("{from} is missing")).1;
    rest.split_once(to).unwrap_or_else(|| panic!("{to} is missing")).0
}

/// The cells of a chart's table: a label and its numbers, row by row.
fn table_of(page: &str, chart: &str) -> Vec<(String, Vec<String>)> {
    let chart = between(page, &format!("id=\"chart-{chart}\""), "</section>");
    let rows = between(chart, "<tbody>", "</tbody>").split("<tr>").skip(1);
    let text = |cell: &str| cell.split('<').next().unwrap_or_default().to_owned();
    rows.map(|row| {
        let label = text(row.split("<th scope=\"row\">").nth(1).unwrap());
        (label, row.split("<td>").skip(1).map(text).collect())
    })
    .collect()
}

async fn shown(portal: &TestPortal) -> CookieUser {
    let key = portal.license(40, None).await;
    for n in 0..12 {
        let machine = Machine::new(&format!("pc-{n}"), &portal.product);
        if n % 3 == 0 {
            portal.answered("/api/v1/trials", &machine.trial()).await;
            portal.clock.advance(1);
        }
        if n % 2 == 0 {
            portal.activated(&machine, &key).await;
        }
        portal.clock.advance(DAY);
    }
    portal.license_with(|new| new.validity = Validity::Fixed(NOW + 40 * DAY)).await;
    portal.asked("/api/v1/activations", "# nothing").await.is(422);
    portal.counted().await;
    portal.admin().await
}

#[tokio::test]
async fn each_chart_stands_beside_a_table_of_the_same_numbers_and_is_to_be_had_as_a_file() {
    let portal = TestPortal::new().await;
    let staff = shown(&portal).await;
    for days in [30, 90] {
        let page = staff.get(&format!("/admin?days={days}")).await.is(200);
        for chart in ["activity", "trials", "ending"] {
            let rows = table_of(&page.text, chart);
            let section = between(&page.text, &format!("id=\"chart-{chart}\""), "</section>");
            assert!(section.contains("role=\"img\"") && section.contains("<desc id="));
            let hints: Vec<&str> = section
                .split("<title>")
                .skip(1)
                .map(|rest| rest.split('<').next().unwrap())
                .collect();
            assert_eq!(rows.len(), if chart == "ending" { 13 } else { days });
            assert_eq!(hints.len(), rows.len(), "a hint for each row");
            for (hint, (label, values)) in hints.iter().zip(&rows) {
                assert!(hint.starts_with(&format!("{label} · ")), "{hint}");
                for value in values {
                    assert!(hint.contains(&format!(": {value}")), "{hint}: {value}");
                }
            }
            let file =
                staff.get(&format!("/admin/overview.csv?of={chart}&days={days}")).await.is(200);
            assert!(file.header("content-disposition").contains(&format!("{chart}.csv")));
            let lines: Vec<&str> = file.text.trim_end().lines().skip(1).collect();
            let expected: Vec<String> = rows
                .iter()
                .map(|(label, values)| format!("\"{label}\",\"{}\"", values.join("\",\"")))
                .collect();
            assert_eq!(lines, expected);
        }
    }
    let page = staff.get("/admin").await.is(200);
    let total: u64 =
        table_of(&page.text, "activity").iter().map(|(_, v)| v[0].parse::<u64>().unwrap()).sum();
    assert_eq!(total, 6);
    let trials = table_of(&page.text, "trials");
    let sum = |at: usize| trials.iter().map(|(_, v)| v[at].parse::<u64>().unwrap()).sum::<u64>();
    assert_eq!((sum(0), sum(1)), (4, 2));
    let refused = table_of(&page.text, "refused");
    assert_eq!(refused, [("A damaged file".to_owned(), vec!["1".to_owned(), "1".to_owned()])]);
    staff.get("/admin/overview.csv?of=nothing").await.is(404);
}

#[tokio::test]
async fn a_portal_without_anything_says_so_and_in_every_language() {
    let portal = TestPortal::new().await;
    let staff = portal.admin().await;
    let page = staff.get("/admin").await.is(200).hides("<svg class=\"chart\"");
    page.says("There is nothing to be shown yet").says("Days are those of UTC");
    let german = staff.request("GET", "/admin?days=90").header("accept-language", "de");
    staff.send(german).await.is(200).says("Aktivierungen und zurückgegebene Plätze");
}

#[tokio::test]
async fn attack_numbers_are_for_the_vendor_alone() {
    let portal = TestPortal::new().await;
    drop(shown(&portal).await);
    for path in ["/admin", "/admin/overview.csv?of=trials"] {
        portal.visitor().get(path).await.is(303);
    }
    let customer = portal.customer("mallory@evil.example").await;
    customer.get("/admin/overview.csv?of=trials").await.is(403).hides("2026");
}
