//! A round: some licenses, all clients, a kill, and the check of what was answered.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::Dice;
use crate::client::Client;
use crate::harm::Harm;
use crate::license::License;
use crate::nodes::Nodes;

const CLIENTS: u64 = 64;
/// So many clients are at one license at a time, on average.
const LICENSES: usize = 16;
const STEPS: u64 = 24;

pub(crate) struct Round {
    licenses: Vec<Arc<License>>,
    dice: Dice,
    number: u64,
}

/// What was done.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) operations: u64,
    pub(crate) unanswered: u64,
    pub(crate) repeats: u64,
    rounds: u64,
    kills: u64,
    /// Of the database, which was then started again.
    pub(crate) restarts: u64,
    /// Connections to the database that it ended itself.
    pub(crate) terminated: u64,
    licenses: u64,
    explained: usize,
    answers: BTreeMap<String, u64>,
}

impl Figures {
    /// Counts an answer by its name.
    pub(crate) fn note(&mut self, answer: Option<&impl std::fmt::Debug>) {
        let Some(answer) = answer else { return };
        let answer = format!("{answer:?}");
        let name = answer.split('(').next().unwrap_or_default().trim_matches('"');
        *self.answers.entry(name.to_owned()).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.operations += other.operations;
        self.unanswered += other.unanswered;
        self.repeats += other.repeats;
        self.rounds += other.rounds;
        self.kills += other.kills;
        self.restarts += other.restarts;
        self.terminated += other.terminated;
        self.licenses += other.licenses;
        self.explained += other.explained;
        for (name, count) in other.answers {
            *self.answers.entry(name).or_default() += count;
        }
    }

    /// Otherwise nothing was shown.
    pub(crate) fn assert_that_something_happened(&self) {
        assert!(self.unanswered * 2 < self.operations, "hardly anything was answered");
        assert!(self.kills > 0, "no node was killed");
        // In a short run nobody may have come while a license was suspended.
        let long =
            ["SeatsUsedUp", "Suspended", "BelowUse"].into_iter().filter(|_| self.rounds >= 10);
        for name in ["Granted", "Receipt", "Looked", "Yes"].into_iter().chain(long) {
            assert!(self.answers.contains_key(name), "nobody was ever told {name}");
        }
    }

    pub(crate) fn assert_that_the_database_suffered(&self, cuts: u64) {
        println!("{cuts} connections cut in the middle of a commit");
        assert!(cuts > 0, "no commit was cut off");
        assert!(self.restarts > 0, "the database was never restarted");
        assert!(self.terminated > 0, "no connection was ended");
    }
}

impl Round {
    pub(crate) async fn begin(nodes: &Nodes, number: u64, mut dice: Dice) -> Self {
        let mut licenses = Vec::new();
        for _ in 0..LICENSES {
            let limits = (Some(1 + dice.below(4)), (!dice.one_in(3)).then(|| dice.below(12)));
            licenses.push(Arc::new(License::create(nodes, limits).await));
        }
        Self { licenses, dice, number }
    }

    /// All clients at once, and in the middle of it a node is killed, and their database harmed. In the end everything is sent again and looked at.
    pub(crate) async fn play(mut self, nodes: &Nodes) -> Figures {
        let mut figures = Figures { rounds: 1, licenses: LICENSES as u64, ..Figures::default() };
        let (killed, after) =
            (self.dice.index(nodes.count()), Duration::from_millis(self.dice.below(1500)));
        let kill = async {
            tokio::time::sleep(after).await;
            nodes.kill(killed).await
        };
        let mut harm = Harm::of(self.number, self.dice.part());
        let first = self.number * CLIENTS;
        let mut clients: Vec<Client> =
            (0..CLIENTS).map(|n| Client::new(first + n, self.dice.part())).collect();
        let licenses = &self.licenses;
        let play = futures_util::future::join_all(clients.iter_mut().map(|client| async {
            for _ in 0..STEPS {
                client.step(nodes, licenses).await;
            }
        }));
        let (was_killed, harmed, _) = tokio::join!(kill, harm.run(nodes), play);
        figures.kills += u64::from(was_killed);
        figures.add(harmed);
        nodes.wait_until_all_answer().await;
        self.ask_again(nodes, &mut clients).await;
        clients.into_iter().for_each(|client| figures.add(client.figures));
        figures.explained = self.explain();
        figures
    }

    /// Everything that was sent, once more, and a look at each license: what was answered must be there.
    async fn ask_again(&self, nodes: &Nodes, clients: &mut [Client]) {
        let sent = self.licenses.iter().flat_map(|license| {
            let sent = license.sent.lock().unwrap().clone();
            sent.into_iter().map(|sent| (Arc::clone(license), sent)).collect::<Vec<_>>()
        });
        let sent: Vec<_> = sent.collect();
        let parts = sent.len().div_ceil(clients.len()).max(1);
        let each = clients.iter_mut().zip(sent.chunks(parts)).map(|(client, part)| async move {
            for (license, sent) in part {
                client.send(nodes, license, sent).await;
            }
        });
        futures_util::future::join_all(each).await;
        let looks = clients.iter_mut().zip(&self.licenses);
        futures_util::future::join_all(looks.map(|(client, license)| client.look(nodes, license)))
            .await;
    }

    fn explain(&self) -> usize {
        let explained = self.licenses.iter().map(|license| license.explain());
        let explained: Result<Vec<usize>, String> = explained.collect();
        match explained {
            Ok(counts) => counts.into_iter().sum(),
            Err(why) => panic!("round {}: {why}", self.number),
        }
    }
}
