//! A client with many connections.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Barrier;

use super::load::Load;

/// How it went.
pub(crate) struct Driven {
    pub(crate) requests: usize,
    pub(crate) took: Duration,
    /// How long each answer took, in order.
    latencies: Vec<Duration>,
}

impl Driven {
    pub(crate) fn rate(&self) -> f64 {
        self.requests as f64 / self.took.as_secs_f64()
    }

    /// The time that this share of the answers took at most, in milliseconds.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let at = (self.latencies.len() * percent / 100).min(self.latencies.len() - 1);
        self.latencies[at].as_secs_f64() * 1e3
    }
}

/// Sends every request once, over kept-alive connections to these addresses in turn, from a thread of its own.
pub(crate) fn drive(
    addresses: &[SocketAddr],
    path: &'static str,
    load: &Load,
    connections: usize,
) -> Driven {
    let addresses = addresses.to_vec();
    let requests_sent = load.requests.len();
    let requests = Arc::new(load.requests.clone());
    let next = Arc::new(AtomicUsize::new(0));
    let before = THREADS.map(cpu_of);
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            // Opening connections is not what is measured.
            let all_open = Arc::new(Barrier::new(connections + 1));
            let tasks: Vec<_> = (0..connections)
                .map(|n| {
                    let address = addresses[n % addresses.len()];
                    let (requests, next) = (Arc::clone(&requests), Arc::clone(&next));
                    let all_open = Arc::clone(&all_open);
                    tokio::spawn(async move {
                        let stream = TcpStream::connect(address).await.unwrap();
                        stream.set_nodelay(true).unwrap();
                        let (mut sender, connection) =
                            hyper::client::conn::http1::handshake(TokioIo::new(stream))
                                .await
                                .unwrap();
                        tokio::spawn(connection);
                        all_open.wait().await;
                        let mut latencies = Vec::new();
                        loop {
                            let at = next.fetch_add(1, Ordering::Relaxed);
                            let Some(body) = requests.get(at) else { break };
                            let request = hyper::Request::post(path)
                                .header("host", "localhost")
                                .header("content-type", "text/plain")
                                .body(Full::new(body.clone()))
                                .unwrap();
                            let sent = Instant::now();
                            let answer = sender.send_request(request).await.unwrap();
                            assert_eq!(answer.status(), 200);
                            answer.into_body().collect().await.unwrap();
                            latencies.push(sent.elapsed());
                        }
                        latencies
                    })
                })
                .collect();
            all_open.wait().await;
            let start = Instant::now();
            let mut latencies = Vec::new();
            for task in tasks {
                latencies.extend(task.await.unwrap());
            }
            let took = start.elapsed();
            latencies.sort_unstable();
            for (thread, before) in THREADS.into_iter().zip(before) {
                CPU.lock().unwrap().insert(thread, cpu_of(thread) - before);
            }
            Driven { requests: requests_sent, took, latencies }
        })
    };
    std::thread::Builder::new().name("load".to_owned()).spawn(work).unwrap().join().unwrap()
}

/// Time on a processor is what a busy machine leaves as it is: by threads, of the last drive, in nanoseconds.
pub(crate) static CPU: Mutex<BTreeMap<&str, f64>> = Mutex::new(BTreeMap::new());
pub(crate) const THREADS: [&str; 3] = ["store-writer", "tokio-rt-worker", "load"];

/// What the threads of this name have used; 0 where the system does not tell.
fn cpu_of(name: &str) -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    tasks
        .map(|task| task.path())
        .filter(|task| std::fs::read_to_string(task.join("comm")).is_ok_and(|c| c.trim() == name))
        .filter_map(|task| std::fs::read_to_string(task.join("schedstat")).ok())
        .filter_map(|stat| stat.split(' ').next()?.parse::<f64>().ok())
        .sum()
}
