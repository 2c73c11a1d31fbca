//! A client: machines one after the other, and a memory of what they were told.

use countersign_core::license_key::LicenseKey;
use reqwest::StatusCode;
use serde_json::Value;

use crate::Dice;
use crate::played::Machine;

const ACTIVATIONS: &str = "/api/v1/activations";
const DEACTIVATIONS: &str = "/api/v1/deactivations";

/// A request that was sent.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) path: &'static str,
    pub(crate) request: String,
}

/// A request with its answer, for ever.
pub(crate) struct Answered {
    pub(crate) sent: Sent,
    pub(crate) body: String,
}

pub(crate) struct Client {
    pub(crate) number: u64,
    dice: Dice,
    http: reqwest::Client,
    machine: Option<(Machine, LicenseKey)>,
    /// What its machine has installed.
    installed: Option<String>,
    machines: u64,
    pub(crate) answered: Vec<Answered>,
    /// Sent, and no answer came: it may be stored or not, both are right.
    pub(crate) pending: Option<Sent>,
    pub(crate) refused: u64,
}

impl Client {
    pub(crate) fn new(number: u64, dice: Dice) -> Self {
        Self {
            number,
            dice,
            http: reqwest::Client::new(),
            machine: None,
            installed: None,
            machines: 0,
            answered: Vec::new(),
            pending: None,
            refused: 0,
        }
    }

    /// Goes on until nobody answers.
    pub(crate) async fn play(&mut self, url: &str, licenses: &[LicenseKey]) {
        loop {
            let sent = self.choose(licenses);
            let Ok((status, body)) = send(&self.http, url, &sent).await else {
                self.pending = Some(sent);
                return;
            };
            if status.is_server_error() {
                // It may have been done.
                self.pending = Some(sent);
                return;
            }
            self.note(sent, status, body);
        }
    }

    fn choose(&mut self, licenses: &[LicenseKey]) -> Sent {
        if let Some((machine, _)) = &self.machine
            && let Some(id) = &self.installed
            && self.dice.one_in(2)
        {
            let request = machine.deactivation(id);
            self.installed = None;
            return Sent { path: DEACTIVATIONS, request };
        }
        if self.machine.is_none() || self.dice.one_in(3) {
            self.machines += 1;
            let name = format!("machine-{}-{}", self.number, self.machines);
            let license =
                &licenses[usize::try_from(self.dice.below(licenses.len() as u64)).unwrap()];
            let product = crate::site::PRODUCT.parse().unwrap();
            self.machine = Some((Machine::new(&name, &product), license.clone()));
            self.installed = None;
        }
        let (machine, license) = self.machine.as_ref().unwrap();
        Sent { path: ACTIVATIONS, request: machine.activation(license) }
    }

    fn note(&mut self, sent: Sent, status: StatusCode, body: String) {
        let told: Value = serde_json::from_str(&body).unwrap();
        if status == StatusCode::OK {
            if sent.path == ACTIVATIONS {
                self.installed = Some(told["id"].as_str().unwrap().to_owned());
            }
            self.answered.push(Answered { sent, body });
            return;
        }
        let code = told["code"].as_str().unwrap_or_default();
        let may_be = ["seats-used-up", "deactivations-used-up", "unknown-activation"];
        assert!(may_be.contains(&code), "{status} {body}");
        self.refused += 1;
        self.machine = None;
    }

    /// What is open is settled: it gets an answer, and the same one again.
    pub(crate) async fn settle(&mut self, url: &str) {
        self.installed = None;
        self.machine = None;
        let Some(sent) = self.pending.take() else { return };
        let (status, body) = send(&self.http, url, &sent).await.unwrap();
        assert!(!status.is_server_error(), "{status} {body}");
        if status == StatusCode::OK {
            let again = send(&self.http, url, &sent).await.unwrap();
            assert_eq!(again, (status, body.clone()), "another answer");
            self.answered.push(Answered { sent, body });
        }
    }

    /// What was answered is the answer, from the `first` one on.
    pub(crate) async fn repeat(&self, url: &str, first: usize) -> usize {
        for answered in &self.answered[first..] {
            let (status, body) = send(&self.http, url, &answered.sent).await.unwrap();
            assert_eq!(
                (status.as_u16(), &body),
                (200, &answered.body),
                "an answer was lost or changed"
            );
        }
        self.answered.len() - first
    }
}

async fn send(
    http: &reqwest::Client,
    url: &str,
    sent: &Sent,
) -> reqwest::Result<(StatusCode, String)> {
    let answer = http.post(format!("{url}{}", sent.path)).body(sent.request.clone()).send().await?;
    let status = answer.status();
    Ok((status, answer.text().await?))
}
