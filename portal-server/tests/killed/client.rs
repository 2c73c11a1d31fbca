//! One client: some machines, one connection after the other, and a memory.

use std::sync::atomic::{AtomicBool, Ordering};

use countersign_core::Hash;
use countersign_core::license_key::LicenseKey;
use reqwest::StatusCode;
use serde_json::Value;

use super::{Dice, Player, Standing};
use crate::played::Machine;
use crate::vendor::product;

/// A request and what it is about.
pub(crate) struct Sent {
    pub(crate) what: What,
    pub(crate) request: String,
}

pub(crate) enum What {
    /// Of this player: a seat, or the renewal of the one that it has.
    Activation(usize),
    /// Of this player: its seat back.
    Deactivation(usize),
    /// Of a machine that has not asked before.
    Trial(Box<Machine>),
    /// Of a machine that has had its trial.
    SecondTrial,
}

/// A response that was handed out: from now on it is the answer to its request.
pub(crate) struct Answered {
    pub(crate) path: &'static str,
    pub(crate) request: String,
    pub(crate) hash: Hash,
    pub(crate) body: String,
    pub(crate) token: String,
}

type Reply = (StatusCode, String);

/// A client with its machines.
pub(crate) struct Client {
    pub(crate) players: Vec<Player>,
    pub(crate) answered: Vec<Answered>,
    /// Sent, and no answer came: it may be stored or not, both are right.
    pub(crate) pending: Option<Sent>,
    /// How often all seats were taken: without that nobody contended.
    pub(crate) turned_away: u64,
    /// Requests that were sent again and got the same bytes.
    pub(crate) repeats: u64,
    /// So many of its first players play in every round, beside the newest one.
    lasting: usize,
    /// Machines that have had their trial.
    tried: Vec<Machine>,
    http: reqwest::Client,
    dice: Dice,
    /// Tells its machines from those of the others.
    number: usize,
}

impl Client {
    pub(crate) fn new(number: usize, dice: Dice) -> Self {
        Self {
            players: Vec::new(),
            answered: Vec::new(),
            pending: None,
            turned_away: 0,
            repeats: 0,
            lasting: 0,
            tried: Vec::new(),
            http: reqwest::Client::new(),
            dice,
            number,
        }
    }

    /// A machine of this client that wants a seat in every round.
    pub(crate) fn add_lasting_player(&mut self, license: usize, key: &LicenseKey) {
        self.add_player(license, key);
        self.lasting += 1;
    }

    /// A machine that wants a seat until the next one is added.
    pub(crate) fn add_player(&mut self, license: usize, key: &LicenseKey) {
        let name = format!("machine-{}-{}", self.number, self.players.len());
        self.players.push(Player::new(&name, license, key.clone()));
    }

    /// Asks for one thing after the other, until the portal is killed.
    pub(crate) async fn play(&mut self, url: &str, killed: &AtomicBool) {
        while !killed.load(Ordering::SeqCst) {
            let answered = if self.dice.one_in(6) && !self.answered.is_empty() {
                let one = self.dice.below(self.answered.len());
                self.repeat(url, one).await
            } else {
                let sent = self.choose();
                self.ask(url, sent).await
            };
            let alive = !killed.load(Ordering::SeqCst);
            assert!(answered || !alive, "a running portal left a request without an answer");
        }
    }

    fn choose(&mut self) -> Sent {
        if self.dice.one_in(8) {
            return self.choose_trial();
        }
        let number = match self.dice.below(self.lasting + 2) {
            lasting if lasting < self.lasting => lasting,
            _ => self.players.len() - 1,
        };
        let (again, renewed) = (self.dice.one_in(2), self.dice.one_in(3));
        let player = &mut self.players[number];
        match player.standing {
            Standing::Active(id) if !renewed => {
                let request = player.machine.deactivation(&id.to_string());
                Sent { what: What::Deactivation(number), request }
            }
            _ => {
                let refused = player.refused.take().filter(|_| again);
                let request = refused.unwrap_or_else(|| player.machine.activation(&player.key));
                Sent { what: What::Activation(number), request }
            }
        }
    }

    fn choose_trial(&mut self) -> Sent {
        if self.dice.one_in(4) && !self.tried.is_empty() {
            let request = self.tried[self.dice.below(self.tried.len())].trial();
            return Sent { what: What::SecondTrial, request };
        }
        let name = format!("trial-{}-{}", self.number, self.dice.below(usize::MAX));
        let machine = Machine::new(&name, &product());
        Sent { request: machine.trial(), what: What::Trial(Box::new(machine)) }
    }

    /// Sends a request, now and then twice at once, and takes in what came back; `false` when nothing did.
    async fn ask(&mut self, url: &str, sent: Sent) -> bool {
        let replies = if self.dice.one_in(4) {
            let (first, second) = tokio::join!(self.post(url, &sent), self.post(url, &sent));
            vec![first, second]
        } else {
            vec![self.post(url, &sent).await]
        };
        let unanswered = replies.iter().any(Option::is_none);
        let mut replies: Vec<Reply> = replies.into_iter().flatten().collect();
        // The one of two that was refused may have come when a seat was not free yet.
        replies.sort_by_key(|(status, _)| *status);
        if let [(StatusCode::OK, first), (StatusCode::OK, second)] = &replies[..] {
            assert_eq!(first, second, "one request, sent twice at once, got two answers");
        }
        let is_granted = replies.first().is_some_and(|(status, _)| *status == StatusCode::OK);
        if is_granted || !unanswered {
            self.learn(sent, replies.swap_remove(0));
            return true;
        }
        self.pending = Some(sent);
        false
    }

    /// Sends a request that no answer came to, twice: one answer, whether it had been stored or not.
    pub(crate) async fn settle(&mut self, url: &str) {
        let Some(sent) = self.pending.take() else { return };
        let first = self.post(url, &sent).await.unwrap();
        let second = self.post(url, &sent).await.unwrap();
        assert_eq!(said(&first), said(&second), "the same request got two answers");
        self.learn(sent, first);
    }

    /// Sends answered requests again: all from `since` on, and `older` of those before.
    pub(crate) async fn repeat_all(&mut self, url: &str, since: usize, older: usize) {
        let older = if since == 0 { 0 } else { older };
        let chosen: Vec<usize> = (0..older).map(|_| self.dice.below(since)).collect();
        for one in (since..self.answered.len()).chain(chosen) {
            assert!(self.repeat(url, one).await, "no answer to a request that was answered before");
        }
    }

    /// Sends an answered request again; `false` when no answer came.
    pub(crate) async fn repeat(&mut self, url: &str, one: usize) -> bool {
        let Answered { path, request, body, .. } = &self.answered[one];
        let Some((status, again)) = post(&self.http, url, path, request).await else {
            return false;
        };
        assert_eq!((status, &again), (StatusCode::OK, body), "the same request, another answer");
        self.repeats += 1;
        true
    }

    async fn post(&self, url: &str, sent: &Sent) -> Option<Reply> {
        post(&self.http, url, sent.what.path(), &sent.request).await
    }

    /// What an answer says about the world.
    fn learn(&mut self, sent: Sent, (status, body): Reply) {
        let answer: Value = serde_json::from_str(&body).unwrap();
        let code = answer["code"].as_str().unwrap_or("ok").to_owned();
        let path = sent.what.path();
        match (sent.what, code.as_str()) {
            (What::Activation(number), "ok") => self.players[number].got_seat(&answer),
            (What::Activation(number), "seats-used-up") => {
                let player = &mut self.players[number];
                assert_eq!(player.standing, Standing::None, "a machine lost the seat that it has");
                player.refused = Some(sent.request.clone());
                self.turned_away += 1;
            }
            (What::Deactivation(number), "ok") => self.players[number].gave_seat_back(),
            (What::Deactivation(number), "deactivations-used-up") => {
                self.players[number].kept_seat();
            }
            (What::Trial(machine), "ok") => self.tried.push(*machine),
            (What::SecondTrial, "trial-already-used") => {}
            _ => panic!("{path}: {status} {body}"),
        }
        if code == "ok" {
            let (hash, token) = (Hash::of(&sent.request), answer["token"].as_str().unwrap().into());
            self.answered.push(Answered { path, request: sent.request, hash, body, token });
        }
    }
}

impl What {
    fn path(&self) -> &'static str {
        match self {
            Self::Activation(_) => "/api/v1/activations",
            Self::Deactivation(_) => "/api/v1/deactivations",
            Self::Trial(_) | Self::SecondTrial => "/api/v1/trials",
        }
    }

    /// The player that it is about.
    pub(crate) fn player(&self) -> Option<usize> {
        match self {
            Self::Activation(number) | Self::Deactivation(number) => Some(*number),
            Self::Trial(_) | Self::SecondTrial => None,
        }
    }
}

/// What came back, whole; half an answer is none.
async fn post(http: &reqwest::Client, url: &str, path: &str, request: &str) -> Option<Reply> {
    let post = http.post(format!("{url}{path}")).body(request.to_owned());
    let answer = post.send().await.ok()?;
    Some((answer.status(), answer.text().await.ok()?))
}

/// An answer without the id of the question: that one is another each time.
fn said((status, text): &(StatusCode, String)) -> (StatusCode, Value) {
    let mut body: Value = serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into());
    if let Some(object) = body.as_object_mut() {
        object.remove("request_id");
    }
    (*status, body)
}
