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

use countersign_core::delegation::Delegation;
use countersign_core::response::Response;
use countersign_core::{PublicKey, SigningKey};
use countersign_portal::clock::{Clock as _, SystemClock};
use rand_core::Rng as _;

use crate::child::Signer;
use crate::played::rng;
use crate::stand::{DAY, Keys, Peer, answer_to, asked, by_request, delegation, granted};

const CONNECTIONS: usize = 16;
const KILLS: usize = 6;

#[tokio::test(flavor = "multi_thread")]
async fn a_signer_killed_at_any_moment_loses_nothing_that_it_handed_out() {
    let keys = keys_for_today();
    let mut handed_out: HashSet<String> = HashSet::new();
    let mut whole = 0;
    for _ in 0..KILLS {
        let signer = Signer::start(&keys.data(), &keys.socket());
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
    let signer = Signer::start(&keys.data(), &keys.socket());
    let mut peer = Peer::connect(&keys.socket()).await;
    let token = ask(&mut peer).await.expect("a running signer answers");
    signer.terminate();
    handed_out.insert(token);
    check(&keys, &handed_out);
    let (_, verified) = keys.journaled();
    assert!(verified.findings.is_empty(), "{:?}", verified.findings);
}

/// Under a delegation for the time that it really is: a process has the machine's clock.
pub(crate) fn keys_for_today() -> Keys {
    Keys::new(|delegation| *delegation = delegation_for_key(delegation.key.clone()))
}

pub(crate) fn delegation_for_today(key: &SigningKey) -> Delegation {
    delegation_for_key(key.public_key())
}

fn delegation_for_key(key: PublicKey) -> Delegation {
    let now = SystemClock.now();
    Delegation {
        issued_at: now - 3_600,
        not_before: now - 3_600,
        not_after: now + 30 * DAY,
        key,
        ..delegation(&SigningKey::from_seed(&[1; 32]))
    }
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
    let said = said(peer).await?;
    Some(said["token"].as_str().unwrap_or_else(|| panic!("not signed: {said}")).to_owned())
}

async fn said(peer: &mut Peer) -> Option<serde_json::Value> {
    let (_, license, request) = asked();
    let now = SystemClock.now();
    let mut response = Response { issued_at: now, ..answer_to(&request, license.id()) };
    granted(&mut response).grant.expires_at = Some(now + DAY);
    peer.try_says(&by_request(&request, &response)).await
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

/// On a full disk nothing is handed out that is not in the journal, and when there is room again it goes on.
#[tokio::test]
async fn a_signer_on_a_full_disk_hands_nothing_out_and_its_journal_stays_whole() {
    let keys = keys_for_today();
    // No file beyond some 32 KiB: a journal of a dozen entries. SIGXFSZ would end it where a full disk would not.
    let full = "trap '' XFSZ; ulimit -f 64";
    let signer = Signer::start_in_shell(full, &keys.data(), &keys.socket());
    let mut peer = Peer::connect(&keys.socket()).await;
    let (mut handed_out, mut refused) = (HashSet::new(), 0);
    for _ in 0..60 {
        match said(&mut peer).await.unwrap() {
            said if said["said"] == "signed" => {
                handed_out.insert(said["token"].as_str().unwrap().to_owned());
            }
            said => {
                assert_eq!(said["code"], "journal-io", "{said}");
                refused += 1;
            }
        }
    }
    assert!(!handed_out.is_empty() && refused > 0, "{} {refused}", handed_out.len());
    signer.terminate();
    let (tokens, verified) = keys.journaled();
    assert!(verified.findings.is_empty(), "{:?}", verified.findings);
    assert_eq!(tokens.into_iter().collect::<HashSet<_>>(), handed_out);
    let signer = Signer::start(&keys.data(), &keys.socket());
    handed_out.insert(ask(&mut Peer::connect(&keys.socket()).await).await.unwrap());
    signer.terminate();
    check(&keys, &handed_out);
}

#[test]
fn a_signer_that_was_killed_leaves_a_socket_that_the_next_one_replaces() {
    let keys = keys_for_today();
    let socket = keys.socket();
    Signer::start(&keys.data(), &socket).kill();
    assert!(is_socket(&socket));
    let signer = Signer::start(&keys.data(), &socket);
    let second = crate::child::refused(&keys.data(), &socket, &[]);
    assert!(second.contains("another signer runs"), "{second}");
    signer.terminate();
    assert!(!socket.exists());
}

fn is_socket(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    std::fs::symlink_metadata(path).unwrap().file_type().is_socket()
}
