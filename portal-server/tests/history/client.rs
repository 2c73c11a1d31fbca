//! A client with some machines, at any node, one operation after the other; the vendor's programs are clients, too.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use countersign_core::Id;
use countersign_model::license::Status;
use countersign_model::linear::seats::{Activation, Change, Operation, Told};
use reqwest::RequestBuilder;
use serde_json::json;

use crate::Dice;
use crate::license::{License, Sent, What, moment};
use crate::nodes::Nodes;
use crate::played::Machine;
use crate::round::Figures;
use crate::told::{Reply, name, number};

pub(crate) struct Client {
    number: u64,
    dice: Dice,
    http: reqwest::Client,
    /// Its machine of each license, with what is installed there.
    machines: BTreeMap<usize, Player>,
    pub(crate) figures: Figures,
}

struct Player {
    machine: Machine,
    /// The same under every device key.
    name: u64,
    installed: Option<Id>,
}

impl Client {
    pub(crate) fn new(number: u64, dice: Dice) -> Self {
        let http = reqwest::Client::new();
        Self { number, dice, http, machines: BTreeMap::new(), figures: Figures::default() }
    }

    /// One operation, of a license that it chooses.
    pub(crate) async fn step(&mut self, nodes: &Nodes, licenses: &[Arc<License>]) {
        let which = self.dice.index(licenses.len());
        let license = &licenses[which];
        match self.dice.below(100) {
            0..40 => self.activate(nodes, which, license).await,
            40..60 => self.give_up(nodes, which, license).await,
            60..78 => self.send_again(nodes, license).await,
            78..86 => self.look(nodes, license).await,
            _ => self.change(nodes, license).await,
        }
    }

    async fn activate(&mut self, nodes: &Nodes, which: usize, license: &License) {
        let is_new = self.dice.one_in(6);
        let name = format!("machine-{}-{which}", self.number);
        let product = nodes.product.parse().unwrap();
        let player = self.machines.entry(which).or_insert_with(|| Player {
            machine: Machine::new(&name, &product),
            name: number(&name),
            installed: None,
        });
        if is_new {
            player.machine = player.machine.reinstalled();
            player.installed = None;
        }
        let what = What::Activation { machine: player.name };
        let request = player.machine.activation(&license.key);
        let device = number(&player.machine.key.public_key().thumbprint().to_string());
        if let Some(id) = self.bring(nodes, license, Sent { request, device, what }).await
            && let Some(player) = self.machines.get_mut(&which)
        {
            player.installed = Some(id);
        }
    }

    async fn give_up(&mut self, nodes: &Nodes, which: usize, license: &License) {
        let taken = self.machines.get_mut(&which).and_then(|player| {
            let grant = player.installed.take()?;
            let device = number(&player.machine.key.public_key().thumbprint().to_string());
            Some((player.machine.deactivation(&grant.to_string()), device, grant))
        });
        let Some((request, device, grant)) = taken else {
            return self.look(nodes, license).await;
        };
        self.bring(nodes, license, Sent { request, device, what: What::Deactivation { grant } })
            .await;
    }

    /// A request that somebody sent before.
    async fn send_again(&mut self, nodes: &Nodes, license: &License) {
        let sent = {
            let sent = license.sent.lock().unwrap();
            if sent.is_empty() { None } else { Some(sent[self.dice.index(sent.len())].clone()) }
        };
        match sent {
            Some(sent) => {
                self.figures.repeats += 1;
                self.send(nodes, license, &sent).await;
            }
            None => self.look(nodes, license).await,
        }
    }

    /// A new request, now and then to two nodes at once.
    async fn bring(&mut self, nodes: &Nodes, license: &License, sent: Sent) -> Option<Id> {
        license.sent.lock().unwrap().push(sent.clone());
        if !self.dice.one_in(10) {
            return self.send(nodes, license, &sent).await;
        }
        let mut other = Self::new(self.number, self.dice.part());
        let (one, two) =
            tokio::join!(self.send(nodes, license, &sent), other.send(nodes, license, &sent));
        self.figures.add(other.figures);
        self.figures.repeats += 1;
        one.or(two)
    }

    /// Sends a request and notes what came of it; the id of what it was given.
    pub(crate) async fn send(
        &mut self,
        nodes: &Nodes,
        license: &License,
        sent: &Sent,
    ) -> Option<Id> {
        let door = match sent.what {
            What::Activation { .. } => "activations",
            What::Deactivation { .. } => "deactivations",
        };
        let body = sent.request.clone();
        let path = format!("/api/v1/{door}");
        let (asked, reply) =
            self.ask(nodes, |http, url| http.post(format!("{url}{path}")).body(body.clone())).await;
        let (request, device) = (number(&sent.request), sent.device);
        let answered = reply.as_ref().map(|_| moment());
        let operation = match sent.what {
            What::Activation { machine } => {
                let told = reply.as_ref().map(Reply::activation);
                self.figures.note(told.as_ref());
                let told = told.map_or(Told::Nothing(None), Told::This);
                Operation::Activate { request, device, machine, told }
            }
            What::Deactivation { grant } => {
                let told = reply.as_ref().map(Reply::deactivation);
                self.figures.note(told.as_ref());
                let told = told.map_or(Told::Nothing(None), Told::This);
                Operation::Deactivate { request, device, grant: name(grant), told }
            }
        };
        let id = match operation {
            Operation::Activate { told: Told::This(Activation::Granted(..)), .. } => reply,
            _ => None,
        };
        license.note(operation, asked, answered);
        id.map(|reply| reply.id().parse().unwrap())
    }

    pub(crate) async fn look(&mut self, nodes: &Nodes, license: &License) {
        let path = license.path.clone();
        let request = |http: &reqwest::Client, url: &str| {
            http.get(format!("{url}{path}")).bearer_auth(&nodes.token)
        };
        let (asked, reply) = self.ask(nodes, request).await;
        // A look that was not answered says nothing and does nothing.
        if let Some(reply) = reply {
            let looked = reply.look();
            self.figures.note(Some(&"Looked"));
            license.note(Operation::Look(looked), asked, Some(moment()));
        }
    }

    async fn change(&mut self, nodes: &Nodes, license: &License) {
        let limit = |dice: &mut Dice, end| (!dice.one_in(6)).then(|| dice.below(end));
        let to = match self.dice.below(10) {
            0..4 => Change::Seats(limit(&mut self.dice, 8)),
            4..6 => Change::Deactivations(limit(&mut self.dice, 30)),
            6..8 => Change::Status(Status::Suspended),
            _ => Change::Status(Status::Active),
        };
        self.set(nodes, license, to).await;
        // Nobody gets anything of a suspended license: it is one for a while.
        if to == Change::Status(Status::Suspended) {
            self.set(nodes, license, Change::Status(Status::Active)).await;
        }
    }

    async fn set(&mut self, nodes: &Nodes, license: &License, to: Change) {
        let body = match to {
            Change::Seats(seats) => json!({"allowed_activations": seats}),
            Change::Deactivations(most) => json!({"allowed_deactivations": most}),
            Change::Status(Status::Active) => json!({"status": "active"}),
            Change::Status(_) => json!({"status": "suspended"}),
        };
        let path = license.path.clone();
        let request = |http: &reqwest::Client, url: &str| {
            http.patch(format!("{url}{path}")).bearer_auth(&nodes.token).json(&body)
        };
        let (asked, reply) = self.ask(nodes, request).await;
        let told = reply.as_ref().map(Reply::change);
        self.figures.note(told.as_ref());
        license.note(Operation::Change { to, told }, asked, reply.map(|_| moment()));
    }

    /// Asks a node, and hears what it answers, if it does: now and then the connection is cut after a moment. When nobody
    /// listens, nothing was asked: then another one is, or the same a little later. The moment when it was asked.
    async fn ask(
        &mut self,
        nodes: &Nodes,
        request: impl Fn(&reqwest::Client, &str) -> RequestBuilder,
    ) -> (u64, Option<Reply>) {
        loop {
            let url = nodes.url(self.dice.index(nodes.count()));
            let asked = moment();
            let send = async {
                let answer = request(&self.http, &url).send().await?;
                Ok::<_, reqwest::Error>(Reply {
                    status: answer.status(),
                    body: answer.text().await?,
                })
            };
            let cut = self.dice.one_in(40).then(|| self.dice.below(30));
            let reply = match cut {
                Some(after) => tokio::time::timeout(Duration::from_millis(after), send).await.ok(),
                None => Some(send.await),
            };
            let reply = match reply {
                Some(Err(error)) if error.is_connect() => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
                Some(Ok(reply)) if reply.is_answer() => Some(reply),
                // It says that it may have been done, and to come back later. What may have been done or not makes an order hard to
                // find: nobody adds to it while the database is away.
                Some(Ok(_)) => {
                    nodes.wait_until_it_is_ready(&url).await;
                    None
                }
                // An error in the middle, or half an answer.
                _ => None,
            };
            self.figures.operations += 1;
            self.figures.unanswered += u64::from(reply.is_none());
            return (asked, reply);
        }
    }
}
