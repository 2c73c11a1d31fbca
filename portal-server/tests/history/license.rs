//! A license of a round: what everybody knows of it, and all that was asked and answered.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use countersign_core::Id;
use countersign_core::license_key::LicenseKey;
use countersign_model::linear::seats::{Operation, Seats, Told};
use countersign_model::linear::{Budget, Call, Checked, check};
use serde_json::{Value, json};

use crate::nodes::Nodes;

/// Steps that a search may take: a history takes some hundred.
const BUDGET: Budget = Budget(5_000_000);

pub(crate) struct License {
    pub(crate) path: String,
    pub(crate) key: LicenseKey,
    limits: (Option<u64>, Option<u64>),
    reinstalls: u64,
    history: Mutex<Vec<Call<Operation>>>,
    /// Requests that were sent, for anybody to send again.
    pub(crate) sent: Mutex<Vec<Sent>>,
}

/// A file, and what it asks for.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) request: String,
    pub(crate) device: u64,
    pub(crate) what: What,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Activation { machine: u64 },
    Deactivation { grant: Id },
}

/// Moments, in their order.
static CLOCK: AtomicU64 = AtomicU64::new(1);

pub(crate) fn moment() -> u64 {
    CLOCK.fetch_add(1, Ordering::SeqCst)
}

impl License {
    /// The vendor makes it.
    pub(crate) async fn create(nodes: &Nodes, limits: (Option<u64>, Option<u64>)) -> Self {
        let product = read(nodes, &format!("/api/v1/products/{}", nodes.product)).await;
        let body = json!({
            "product": nodes.product, "allowed_activations": limits.0, "allowed_deactivations": limits.1,
            "strategy": "fuzzy",
        });
        let url = format!("{}/api/v1/licenses", nodes.url(0));
        let made = nodes.http.post(url).bearer_auth(&nodes.token).json(&body).send().await.unwrap();
        assert_eq!(made.status(), 201, "{}", made.text().await.unwrap());
        let made: Value = made.json().await.unwrap();
        let path = format!("/api/v1/licenses/{}", made["id"].as_str().unwrap());
        let key =
            read(nodes, &format!("{path}/key")).await["key"].as_str().unwrap().parse().unwrap();
        Self {
            path,
            key,
            limits,
            reinstalls: product["reinstall_allowance"].as_u64().unwrap(),
            history: Mutex::default(),
            sent: Mutex::default(),
        }
    }

    pub(crate) fn note(&self, operation: Operation, asked: u64, answered: Option<u64>) {
        self.history.lock().unwrap().push(Call { operation, asked, answered });
    }

    /// All answers of this license are explained, or what is not is said.
    pub(crate) fn explain(&self) -> Result<usize, String> {
        let mut history = self.history.lock().unwrap().clone();
        tell_what_is_known(&mut history);
        let (seats, deactivations) = self.limits;
        let begin = Seats::begin(seats, deactivations, self.reinstalls);
        match check(&Seats, begin, &history, BUDGET) {
            Checked::Explained(_) => Ok(history.len()),
            Checked::GaveUp => {
                history.sort_by_key(|call| call.asked);
                let all: Vec<_> = history.iter().map(|call| format!("{call:?}")).collect();
                Err(format!(
                    "{}, {:?}: the search was given up\n{}",
                    self.path,
                    self.limits,
                    all.join("\n")
                ))
            }
            Checked::Unexplained(why) => {
                let order = why.longest.iter().map(|n| format!("{n:4} {:?}", history[*n]));
                let order: Vec<_> = order.collect();
                let left = (0..history.len()).filter(|n| !why.longest.contains(n));
                let left: Vec<_> = left.map(|n| format!("{n:4} {:?}", history[n])).collect();
                Err(format!(
                    "{}, {limits:?}: no order explains {:?}\nin order:\n{}\nnot in order:\n{}",
                    self.path,
                    history[why.stuck],
                    order.join("\n"),
                    left.join("\n"),
                    limits = self.limits,
                ))
            }
        }
    }
}

/// To a request that no answer came to, the answer is what the same request got otherwise.
fn tell_what_is_known(history: &mut [Call<Operation>]) {
    use countersign_model::linear::seats::{Activation, Deactivation};
    let mut activations = std::collections::HashMap::new();
    let mut receipts = std::collections::HashMap::new();
    for call in history.iter() {
        match &call.operation {
            Operation::Activate {
                request,
                told: Told::This(told @ Activation::Granted(..)),
                ..
            } => {
                activations.insert(*request, *told);
            }
            Operation::Deactivate {
                request,
                told: Told::This(told @ Deactivation::Receipt(_)),
                ..
            } => {
                receipts.insert(*request, *told);
            }
            _ => {}
        }
    }
    for call in history {
        match &mut call.operation {
            Operation::Activate { request, told: Told::Nothing(known), .. } => {
                *known = activations.get(request).copied();
            }
            Operation::Deactivate { request, told: Told::Nothing(known), .. } => {
                *known = receipts.get(request).copied();
            }
            _ => {}
        }
    }
}

/// What somebody reads while nothing is killed.
pub(crate) async fn read(nodes: &Nodes, path: &str) -> Value {
    let url = format!("{}{path}", nodes.url(0));
    let read = nodes.http.get(url).bearer_auth(&nodes.token).send().await.unwrap();
    assert_eq!(read.status(), 200, "{path}");
    read.json().await.unwrap()
}
