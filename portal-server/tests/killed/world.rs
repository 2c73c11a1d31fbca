//! All clients and licenses of a run, round by round.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use countersign_core::Hash;
use countersign_store::Store;

use super::{Client, Dice, License, Open};
use crate::process::Portal;
use crate::vendor;

const CLIENTS: usize = 8;
/// Licenses that are there for the whole run, each for fewer machines than want it.
const LASTING: usize = 3;
const SEATS: u64 = 5;
/// Seats and deactivations of the license that each round has to itself: few enough to be used up in it.
const SHORT: (u64, u64) = (2, 4);
/// Older answers that each client asks for again after a kill, beside all of the latest round.
const OLDER: usize = 10;

/// Everybody.
pub(crate) struct World {
    pub(crate) licenses: Vec<License>,
    pub(crate) clients: Vec<Client>,
    pub(crate) figures: Figures,
}

/// What was done.
#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) kills_while_starting: u64,
    pub(crate) looked_up: usize,
    pub(crate) cut_off_and_stored: usize,
    pub(crate) cut_off_and_not: usize,
}

impl World {
    pub(crate) fn new(dice: &Dice) -> Self {
        let clients = (0..CLIENTS).map(|n| Client::new(n, dice.part(n))).collect();
        Self { licenses: Vec::new(), clients, figures: Figures::default() }
    }

    /// A license for this round; before the first one also those that stay.
    pub(crate) async fn open_round(&mut self, data: &Path) {
        let store = vendor::open(data);
        while self.licenses.len() < LASTING {
            let license = self.add_license(&store, SEATS, None).await;
            for client in &mut self.clients {
                client.add_lasting_player(license, &self.licenses[license].key);
                client.add_lasting_player(license, &self.licenses[license].key);
            }
        }
        let license = self.add_license(&store, SHORT.0, Some(SHORT.1)).await;
        for client in &mut self.clients {
            client.add_player(license, &self.licenses[license].key);
        }
    }

    async fn add_license(
        &mut self,
        store: &Store,
        seats: u64,
        deactivations: Option<u64>,
    ) -> usize {
        let key = vendor::license(store, seats, deactivations).await;
        self.licenses.push(License { key, seats, deactivations });
        self.licenses.len() - 1
    }

    /// How many answers each client has.
    pub(crate) fn answers(&self) -> Vec<usize> {
        self.clients.iter().map(|client| client.answered.len()).collect()
    }

    pub(crate) async fn play_until_killed(&mut self, portal: Portal, after: Duration) {
        let killed = Arc::new(AtomicBool::new(false));
        let playing: Vec<_> = std::mem::take(&mut self.clients)
            .into_iter()
            .map(|mut client| {
                let (url, killed) = (portal.url().to_owned(), Arc::clone(&killed));
                tokio::spawn(async move {
                    client.play(&url, &killed).await;
                    client
                })
            })
            .collect();
        tokio::time::sleep(after).await;
        killed.store(true, Ordering::SeqCst);
        portal.kill();
        for client in playing {
            self.clients.push(client.await.unwrap());
        }
    }

    /// `before` says how many answers each client had before this round.
    pub(crate) async fn check_round(&mut self, portal: &Portal, data: &Path, before: &[usize]) {
        let store = vendor::open(data);
        self.check_answers(&store).await;
        self.check_seats(&store, Open::Some).await;
        for client in &mut self.clients {
            if let Some(sent) = &client.pending {
                match store.answer(&Hash::of(&sent.request)).await.unwrap() {
                    Some(_) => self.figures.cut_off_and_stored += 1,
                    None => self.figures.cut_off_and_not += 1,
                }
                client.settle(portal.url()).await;
            }
        }
        self.repeat_all(portal, before).await;
        self.check_seats(&store, Open::None).await;
    }

    /// Sends everything again that was ever answered.
    pub(crate) async fn repeat_everything(&mut self, portal: &Portal) {
        self.repeat_all(portal, &[0; CLIENTS]).await;
    }

    /// Sends again what was answered since `before`, and some of what was answered earlier.
    async fn repeat_all(&mut self, portal: &Portal, before: &[usize]) {
        let repeating: Vec<_> = std::mem::take(&mut self.clients)
            .into_iter()
            .zip(before)
            .map(|(mut client, &before)| {
                let url = portal.url().to_owned();
                tokio::spawn(async move {
                    client.repeat_all(&url, before, OLDER).await;
                    client
                })
            })
            .collect();
        for client in repeating {
            self.clients.push(client.await.unwrap());
        }
    }

    /// Says what was done, and makes sure that something was.
    pub(crate) fn report(&self, kills: u64, began: Instant) {
        let answers: usize = self.answers().iter().sum();
        let sum = |of: fn(&Client) -> u64| self.clients.iter().map(of).sum::<u64>();
        let (repeats, turned_away) = (sum(|c| c.repeats), sum(|c| c.turned_away));
        let Figures { kills_while_starting, looked_up, cut_off_and_stored, cut_off_and_not } =
            self.figures;
        println!("{kills} kills under load, {kills_while_starting} more while it started again");
        println!(
            "{answers} answers, looked up {looked_up} times after a kill: none lost, none changed"
        );
        println!("{repeats} repeats over HTTP: the same bytes each");
        println!(
            "{} requests cut off by a kill: {cut_off_and_stored} had been stored, {cut_off_and_not} not",
            cut_off_and_stored + cut_off_and_not
        );
        println!("{turned_away} times all seats were taken; {:.0?}", began.elapsed());
        assert!(answers as u64 >= kills, "there was no load to speak of");
        assert!(turned_away > 0, "nobody contended for a seat");
        assert!(cut_off_and_stored + cut_off_and_not > 0, "no kill hit a request");
    }
}
