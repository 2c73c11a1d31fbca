//! The signer is killed (SIGKILL) at random moments while sixteen connections sign. Every token that came out stands in the
//! journal, and the journal is whole.
//!
//! A killed process loses what it had in memory, not what the system had taken over for the disk; that each group is synced
//! before it is handed out takes a power cut to show.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use countersign_core::response::Response;
use countersign_portal::clock::{Clock as _, SystemClock};
use rand_core::Rng as _;

use crate::child::Signer;
use crate::played::rng;
use crate::stand::{DAY, Keys, Peer, answer_to, asked, by_request, granted};

const CONNECTIONS: usize = 16;
const KILLS: usize = 6;

#[tokio::test(flavor = "multi_thread")]
async fn a_signer_killed_at_any_moment_loses_nothing_that_it_handed_out() {
    let keys = keys_for_today();
    let mut handed_out: HashSet<String> = HashSet::new();
    let mut whole = 0;
    for _ in 0..KILLS {
        let signer = Signer::start(&keys.place(), &keys.socket());
        let killed = Arc::new(AtomicBool::new(false));
        let askers: Vec<_> = (0..CONNECTIONS)
            .map(|_| tokio::spawn(ask_until_killed(keys.socket(), Arc::clone(&killed))))
            .collect();
        tokio::time::sleep(Duration::from_millis(20 + rng().next_u64() % 400)).await;
        killed.store(true, Ordering::SeqCst);
        tokio::task::spawn_blocking(|| signer.kill()).await.unwrap();
        for asker in askers {
            let tokens = asker.await.unwrap();
            whole += tokens.len();
            handed_out.extend(tokens);
        }
        check(&keys, &handed_out);
    }
    assert_eq!(handed_out.len(), whole, "no token came out twice");
    // It goes on where it was.
    let signer = Signer::start(&keys.place(), &keys.socket());
    let mut peer = Peer::connect(&keys.socket()).await;
    let token = ask(&mut peer).await.expect("a running signer answers");
    signer.terminate();
    handed_out.insert(token);
    check(&keys, &handed_out);
    let (_, verified) = keys.journaled();
    assert!(verified.findings.is_empty(), "{:?}", verified.findings);
}

/// Under a delegation for the time that it really is: a process has the machine's clock.
fn keys_for_today() -> Keys {
    let now = SystemClock.now();
    Keys::new(|delegation| {
        delegation.issued_at = now - 3_600;
        delegation.not_before = now - 3_600;
        delegation.not_after = now + 30 * DAY;
    })
}

async fn ask_until_killed(socket: PathBuf, killed: Arc<AtomicBool>) -> Vec<String> {
    let mut tokens = Vec::new();
    // On a busy machine it may be killed before somebody has come that far.
    if let Ok(stream) = tokio::net::UnixStream::connect(&socket).await {
        let mut peer = Peer(stream);
        while let Some(token) = ask(&mut peer).await {
            tokens.push(token);
        }
    }
    assert!(killed.load(Ordering::SeqCst), "a running signer left a question without an answer");
    tokens
}

/// One machine's activation; `None` when no answer came whole.
async fn ask(peer: &mut Peer) -> Option<String> {
    let (_, license, request) = asked();
    let now = SystemClock.now();
    let mut response = Response { issued_at: now, ..answer_to(&request, license.id()) };
    granted(&mut response).grant.expires_at = Some(now + DAY);
    let said = peer.try_says(&by_request(&request, &response)).await?;
    Some(said["token"].as_str().unwrap_or_else(|| panic!("not signed: {said}")).to_owned())
}

/// Everything that came out is in the journal, in which nothing is wrong but that its last line may be torn.
fn check(keys: &Keys, handed_out: &HashSet<String>) {
    let (tokens, verified) = keys.journaled();
    let wrong = verified.findings.iter().filter(|f| f.kind != countersign_journal::Kind::Torn);
    assert_eq!(wrong.count(), 0, "{:?}", verified.findings);
    let tokens: HashSet<String> = tokens.into_iter().collect();
    let lost = handed_out.difference(&tokens).count();
    assert_eq!(lost, 0, "of {} tokens", handed_out.len());
}

#[test]
fn a_signer_that_was_killed_leaves_a_socket_that_the_next_one_replaces() {
    let keys = keys_for_today();
    let socket = keys.socket();
    Signer::start(&keys.place(), &socket).kill();
    assert!(is_socket(&socket));
    let signer = Signer::start(&keys.place(), &socket);
    let second = crate::child::refused(&keys.place(), &socket, &[]);
    assert!(second.contains("another signer runs"), "{second}");
    signer.terminate();
    assert!(!socket.exists());
}

fn is_socket(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    std::fs::symlink_metadata(path).unwrap().file_type().is_socket()
}
