//! Machines that are activated at any of the portals, one after the other; whoever gets no answer sends the same again.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use countersign_core::Hash;
use countersign_store::Store;
use reqwest::StatusCode;
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::cluster::Cluster;
use crate::played::Machine;
use crate::vendor::World;

const CLIENTS: usize = 12;
/// One machine of so many wants a seat that is scarce.
const SCARCE: u64 = 6;
const PATIENCE: Duration = Duration::from_secs(300);

/// Clients at work.
pub(crate) struct Load {
    told: Arc<Told>,
    clients: Vec<JoinHandle<()>>,
}

/// What all clients were told.
#[derive(Default)]
struct Told {
    answered: Mutex<Vec<Answered>>,
    refused: AtomicU64,
    unanswered: AtomicU64,
    ended: AtomicBool,
}

/// A request that was granted, and the answer to it.
#[derive(Clone)]
struct Answered {
    request: String,
    body: String,
    token: String,
    at: Instant,
}

/// Everything that was answered.
pub(crate) struct Answers(Vec<Answered>);

/// From when on it is looked how long nothing was answered.
pub(crate) struct Since(Instant);

impl Load {
    pub(crate) fn start(cluster: &Cluster, world: &World) -> Self {
        let doors = ["portal-1", "portal-2", "portal-3", "caddy"];
        let doors: Vec<_> = doors.map(|name| format!("http://{}", cluster.address(name))).into();
        let told = Arc::new(Told::default());
        let clients = (0..CLIENTS).map(|number| {
            let client = Client {
                number,
                world: world.clone(),
                doors: doors.clone(),
                http: reqwest::Client::new(),
                told: Arc::clone(&told),
            };
            tokio::spawn(client.work())
        });
        Self { clients: clients.collect(), told }
    }

    /// So many more than there are.
    pub(crate) async fn wait_for_answers(&self, more: usize) {
        let (began, until) = (self.told.count(), Instant::now() + PATIENCE);
        while self.told.count() < began + more {
            assert!(Instant::now() < until, "{} answers, and no more", self.told.count());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) fn begin_looking(&self) -> Since {
        Since(Instant::now())
    }

    /// The longest time since then in which nothing was answered.
    pub(crate) fn looked(&self, since: Since) -> String {
        let mut at: Vec<_> = self.told.answered.lock().unwrap().iter().map(|a| a.at).collect();
        at.retain(|at| *at >= since.0);
        at.push(since.0);
        at.sort_unstable();
        let longest = at.windows(2).map(|two| two[1] - two[0]).max().unwrap_or_default();
        format!("the longest time without an answer was {:.1} s", longest.as_secs_f64())
    }

    /// All that was answered until now is in these tables.
    pub(crate) async fn check(&self, store: &Store) {
        let answered = self.told.answered.lock().unwrap().clone();
        Answers(answered).check(store).await;
    }

    /// Lets everybody end what they are at.
    pub(crate) async fn end(self) -> (Answers, u64, u64) {
        self.told.ended.store(true, Ordering::SeqCst);
        for client in self.clients {
            client.await.unwrap();
        }
        let answered = self.told.answered.lock().unwrap().clone();
        let number = |of: &AtomicU64| of.load(Ordering::SeqCst);
        (Answers(answered), number(&self.told.refused), number(&self.told.unanswered))
    }
}

impl Told {
    fn count(&self) -> usize {
        self.answered.lock().unwrap().len()
    }
}

impl Answers {
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Each is in the tables, byte for byte.
    pub(crate) async fn check(&self, store: &Store) {
        assert!(!self.0.is_empty());
        for answered in &self.0 {
            let stored = store.answer(&Hash::of(&answered.request)).await.unwrap();
            let token = stored.map(|stored| stored.token);
            assert_eq!(token.as_ref(), Some(&answered.token), "an answer was lost or changed");
        }
    }

    /// The same request once more, wherever: the same bytes.
    pub(crate) async fn ask_again(&self, cluster: &Cluster) {
        let doors = ["portal-1", "portal-2", "portal-3"].map(|name| cluster.address(name));
        let asking = self.0.chunks(self.0.len().div_ceil(CLIENTS)).zip(doors.iter().cycle());
        let asking = asking.map(|(answers, door)| {
            let (answers, url) = (answers.to_vec(), format!("http://{door}/api/v1/activations"));
            tokio::spawn(async move {
                let http = reqwest::Client::new();
                for answered in &answers {
                    answered.ask_again(&http, &url).await;
                }
            })
        });
        for asked in asking.collect::<Vec<_>>() {
            asked.await.unwrap();
        }
    }
}

impl Answered {
    async fn ask_again(&self, http: &reqwest::Client, url: &str) {
        let until = Instant::now() + PATIENCE;
        let (status, body) = loop {
            let again = http.post(url).body(self.request.clone()).send().await.unwrap();
            let (status, body) = (again.status(), again.text().await.unwrap());
            // Whoever has lost the database finds it again.
            if !status.is_server_error() {
                break (status, body);
            }
            assert!(Instant::now() < until, "no answer any more: {body}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        };
        assert_eq!((status, &body), (StatusCode::OK, &self.body), "another answer");
    }
}

struct Client {
    number: usize,
    world: World,
    doors: Vec<String>,
    http: reqwest::Client,
    told: Arc<Told>,
}

impl Client {
    async fn work(self) {
        let mut count = 0;
        while !self.told.ended.load(Ordering::SeqCst) {
            count += 1;
            self.activate(count).await;
        }
    }

    async fn activate(&self, count: u64) {
        let machine = Machine::new(&format!("{}-{count}", self.number), &self.world.product);
        let wide = &self.world.wide;
        let is_scarce = count.is_multiple_of(SCARCE);
        let key = if is_scarce { &self.world.narrow } else { &wide[self.number % wide.len()] };
        let request = machine.activation(key);
        let mut door = self.number + usize::try_from(count).unwrap();
        let until = Instant::now() + PATIENCE;
        let (status, body) = loop {
            match self.send(&self.doors[door % self.doors.len()], &request).await {
                Some((status, body)) if !status.is_server_error() => break (status, body),
                _ => {
                    assert!(Instant::now() < until, "a request was never answered");
                    self.told.unanswered.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
            door += 1;
        };
        let answer: Value = serde_json::from_str(&body).unwrap();
        match (status, answer["code"].as_str()) {
            (StatusCode::OK, _) => {
                let (token, at) = (answer["token"].as_str().unwrap().to_owned(), Instant::now());
                let answered = Answered { request, body, token, at };
                self.told.answered.lock().unwrap().push(answered);
            }
            (_, Some("seats-used-up")) if is_scarce => {
                self.told.refused.fetch_add(1, Ordering::SeqCst);
            }
            _ => panic!("{status} {body}"),
        }
    }

    /// `None`: nothing came back, or not all of it.
    async fn send(&self, door: &str, request: &str) -> Option<(StatusCode, String)> {
        let post = self.http.post(format!("{door}/api/v1/activations"));
        let post = post.timeout(Duration::from_secs(30)).body(request.to_owned());
        let answer = post.send().await.ok()?;
        Some((answer.status(), answer.text().await.ok()?))
    }
}
