//! Lists of licenses and searches for machines, as their pages ask for them, in databases that grow: 10^4 to 10^6 licenses
//! with a machine each. Beside them, in the same rounds on the same database, a bare read of one row by its primary key.
//!
//! `cargo bench -p countersign-store --bench lists -- [--quick] [--json FILE]`
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

mod filled;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use countersign_store::{
    Cursor, LicenseFilter, LicenseOrder, LicenseQuery, LicenseScope, MachineQuery,
};
use filled::{Filled, fill};
use rusqlite::Connection;
use rusqlite::types::ValueRef;

/// One query is asked so often, or as often as this time allows.
const RUNS: usize = 200;
const TIME: Duration = Duration::from_secs(2);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let quick = arguments.iter().any(|a| a == "--quick");
    let json = arguments.iter().position(|a| a == "--json").map(|at| arguments[at + 1].clone());
    let sizes: &[usize] = if quick { &[1_000, 10_000] } else { &[10_000, 100_000, 1_000_000] };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut ratios: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut figures = serde_json::Map::new();
    for size in sizes {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let start = Instant::now();
        let filled = runtime.block_on(fill(&folder.path().join("db"), *size));
        println!("\n{size} licenses, filled in {:.0} s", start.elapsed().as_secs_f64());
        for (name, ask) in queries() {
            let (query, pk) = runtime.block_on(measure(&filled, ask.as_ref()));
            println!(
                "{name:<44} {query:>10.1} us {:>8.1} x a primary-key read of {pk:.2} us",
                query / pk
            );
            ratios.entry(name.clone()).or_default().push(query / pk);
            figures.insert(format!("{name}_{size}_us"), query.into());
            figures.insert(format!("{name}_{size}_ratio_to_pk"), (query / pk).into());
        }
        filled.store.close();
    }
    println!("\ngrowth of the ratio from {} to {}", sizes[0], sizes[sizes.len() - 1]);
    for (name, ratios) in ratios {
        let growth = ratios[ratios.len() - 1] / ratios[0];
        println!("{name:<44} {growth:>6.2}");
        figures.insert(format!("{name}_growth"), growth.into());
    }
    if let Some(path) = json {
        std::fs::write(path, serde_json::Value::from(figures).to_string()).unwrap();
    }
}

/// Whose list.
type Of = fn(&Filled) -> LicenseScope;
/// How many rows a query found, of the turn `n`.
type Ask = Box<dyn Fn(&Filled, usize) -> usize>;

fn queries() -> Vec<(String, Ask)> {
    let mut queries: Vec<(String, Ask)> = Vec::new();
    let scopes: [(&str, Of); 3] = [
        ("vendor", |f| LicenseScope::vendor(&f.vendor).unwrap()),
        ("organization", |f| LicenseScope::organization(&f.boss).unwrap()),
        ("user", |f| LicenseScope::user(&f.member)),
    ];
    for (scope_name, scope) in scopes {
        let mut add = |name: &str, change: fn(&mut LicenseQuery, &Filled, usize)| {
            let ask = move |filled: &Filled, n: usize| {
                let mut query = filled.query(scope(filled));
                change(&mut query, filled, n);
                licenses(filled, &query)
            };
            queries.push((format!("list_{scope_name}_{name}"), Box::new(ask)));
        };
        add("by_creation", |_, _, _| {});
        add("by_end", |q, _, _| q.order = LicenseOrder::End);
        add("by_product", |q, _, _| q.order = LicenseOrder::Product);
        add("by_seats", |q, _, _| q.order = LicenseOrder::Seats);
        add("middle", |q, _, n| {
            let at = filled::NOW - 86_400 * (900 + n as u64 % 200);
            q.after = Some(format!("A.n{at}").parse::<Cursor>().unwrap());
        });
        add("active", |q, _, _| q.filter = Some(LicenseFilter::Active));
        add("ended", |q, _, _| q.filter = Some(LicenseFilter::Ended));
        add("ended_by_product", |q, _, _| {
            q.filter = Some(LicenseFilter::Ended);
            q.order = LicenseOrder::Product;
        });
        add("ending", |q, _, _| {
            q.filter = Some(LicenseFilter::Active);
            q.ends_within_days = Some(30);
        });
        add("suspended", |q, _, _| q.filter = Some(LicenseFilter::Suspended));
        add("suspended_by_seats", |q, _, _| {
            q.filter = Some(LicenseFilter::Suspended);
            q.order = LicenseOrder::Seats;
        });
        add("of_rare_product", |q, _, _| q.product = Some("acme-rare".parse().unwrap()));
        add("of_product_by_end", |q, _, _| {
            q.product = Some("acme-sim".parse().unwrap());
            q.order = LicenseOrder::End;
        });
        add("search_key_end", |q, f, n| {
            let key = f.keys[n % f.keys.len()].normal();
            q.search = Some(key[key.len() - 5..].to_owned());
        });
        add("search_holder", |q, _, n| q.search = Some(format!("Lab {}", n * 37 % 5000)));
        add("search_machine", |q, _, n| q.search = Some(format!("lab-{}-pc-", n * 2 % 1000 + 1)));
        add("search_common_word", |q, _, _| q.search = Some("lab".to_owned()));
    }
    let machines = |search: fn(usize) -> String| -> Ask {
        Box::new(move |filled, n| {
            let query = MachineQuery { search: search(n), after: None, most: 25 };
            block(filled.store.machine_page(&query)).unwrap().items.len()
        })
    };
    queries
        .push(("machines_by_name".into(), machines(|n| format!("lab-{}-pc-", n * 2 % 1000 + 1))));
    queries.push(("machines_common".into(), machines(|_| "DESKTOP".to_owned())));
    queries.push(("machines_unknown".into(), machines(|n| format!("zebra-{n}"))));
    queries
}

fn licenses(filled: &Filled, query: &LicenseQuery) -> usize {
    block(filled.store.license_page(query)).unwrap().page.items.len()
}

/// Reads of the store never wait.
fn block<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => unreachable!("a read waits"),
    }
}

/// Medians in microseconds: of the query, and of a bare read of one row, asked in turn.
async fn measure(filled: &Filled, ask: &dyn Fn(&Filled, usize) -> usize) -> (f64, f64) {
    let c = Connection::open(&filled.database).unwrap();
    let mut bare = c.prepare("SELECT * FROM license WHERE id = ?1").unwrap();
    let columns = bare.column_count();
    let (mut query, mut pk) = (Vec::new(), Vec::new());
    let begun = Instant::now();
    for n in 0..RUNS {
        let id = filled.ids[n * 31 % filled.ids.len()].to_string();
        let start = Instant::now();
        let mut rows = bare.query([&id]).unwrap();
        let row = rows.next().unwrap().unwrap();
        for column in 0..columns {
            black_box::<ValueRef<'_>>(row.get_ref(column).unwrap());
        }
        drop(rows);
        pk.push(start.elapsed());
        let start = Instant::now();
        black_box(ask(filled, n));
        query.push(start.elapsed());
        if begun.elapsed() > TIME && n >= 4 {
            break;
        }
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2].as_secs_f64() * 1e6
    };
    (median(&mut query), median(&mut pk))
}
