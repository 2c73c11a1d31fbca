//! What is done to a log, and how it shows.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use countersign_audit::{Entry, Head, Kind, Known, Opening, Verified, verify};
use countersign_core::{Hash, Id};
use proptest::prelude::*;

/// A log with its heads: of the opening, and of each entry.
struct Log {
    lines: Vec<String>,
    heads: Vec<Head>,
}

fn log_of(entries: u64, detail: &str) -> Log {
    let (opening, mut head) = Opening::new(Id::from([1; 16]), 1_790_000_000).line();
    let mut log = Log { lines: vec![opening], heads: vec![head] };
    for n in 1..=entries {
        let (line, next) = entry(n, head.hash, detail).line();
        head = next;
        log.lines.push(line);
        log.heads.push(head);
    }
    log
}

fn entry(n: u64, prev: Hash, detail: &str) -> Entry<'_> {
    Entry {
        n,
        seq: i64::try_from(n).unwrap() + 10,
        at: 1_790_000_000 + n,
        prev,
        actor: "user:ada".into(),
        action: "license.change".into(),
        subject: format!("license {n}").into(),
        detail: detail.into(),
        organization: n.is_multiple_of(2).then(|| "lab".into()),
    }
}

fn kept(head: Head) -> Known {
    Known { name: format!("the checkpoint {}", head.n), log: Some(Id::from([1; 16])), head }
}

fn look(lines: &[String], known: &[Head]) -> Verified {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    verify(text.as_bytes(), None, known.iter().copied().map(kept).collect()).unwrap()
}

/// Kinds and lines, and up to where it is proven.
fn found(lines: &[String], known: &[Head]) -> (Vec<(Kind, u64)>, Option<u64>) {
    let verified = look(lines, known);
    let kinds = verified.findings.iter().map(|f| (f.kind, f.line)).collect();
    (kinds, verified.proven.map(|(n, _)| n))
}

#[test]
fn a_whole_log_is_proven_up_to_the_last_checkpoint_and_no_further() {
    let log = log_of(10, "x");
    assert_eq!(found(&log.lines, &[]), (vec![], None));
    assert_eq!(found(&log.lines, &[log.heads[4], log.heads[7], log.heads[0]]), (vec![], Some(7)));
    let verified = look(&log.lines, &[log.heads[10]]);
    assert_eq!(
        (verified.entries, verified.first, verified.head),
        (10, Some(1), Some(log.heads[10]))
    );
    assert_eq!(verified.proven, Some((10, 0)));
}

#[test]
fn attack_an_entry_that_was_changed_is_named() {
    let log = log_of(6, "x");
    let mut lines = log.lines.clone();
    lines[3] = lines[3].replace("license 3", "license 4");
    assert_eq!(found(&lines, &[log.heads[2], log.heads[6]]), (vec![(Kind::Changed, 4)], Some(2)));
    lines[3] = "{}".to_owned();
    assert_eq!(found(&lines, &[]), (vec![(Kind::Changed, 4)], None));
    let mut lines = log.lines.clone();
    lines[0] = lines[0].replace("1790000000", "1790000001");
    assert_eq!(found(&lines, &[]), (vec![(Kind::Changed, 1)], None));
}

#[test]
fn attack_entries_that_were_taken_out_are_named() {
    let log = log_of(6, "x");
    let mut lines = log.lines.clone();
    lines.drain(3..=4);
    let verified = look(&lines, &[]);
    assert_eq!(verified.findings[0].fact, "the entries 3 to 4 are missing before entry 5");
    assert_eq!(verified.findings[0].line, 4);
    // The one that a checkpoint names, too.
    let (kinds, proven) = found(&lines, &[log.heads[3], log.heads[2]]);
    assert_eq!((kinds, proven), (vec![(Kind::Missing, 4), (Kind::Contradicted, 0)], Some(2)));
    assert_eq!(found(&log.lines[1..], &[]).0, [(Kind::Missing, 1)], "the opening");
    assert_eq!(found(&log.lines[3..], &[]).0, [(Kind::Missing, 1), (Kind::Missing, 1)]);
    assert_eq!(found(&[], &[]).0, [(Kind::CutOff, 1)].map(|(kind, _)| (kind, 0)));
}

#[test]
fn attack_a_log_that_was_cut_at_the_end_is_found_by_a_checkpoint() {
    let log = log_of(9, "x");
    assert_eq!(found(&log.lines[..6], &[]), (vec![], None), "nothing else can tell");
    let verified = look(&log.lines[..6], &[log.heads[3], log.heads[9]]);
    assert_eq!(verified.findings[0].kind, Kind::CutOff);
    assert_eq!(
        verified.findings[0].fact,
        "the entries 6 to 9 are missing at the end, as the checkpoint 9 shows"
    );
    assert_eq!(verified.proven, Some((3, 0)));
    let text = log.lines.join("\n");
    let torn = verify(text.as_bytes(), None, vec![]).unwrap();
    assert_eq!((torn.findings[0].kind, torn.findings[0].line), (Kind::Torn, 10));
}

#[test]
fn attack_entries_in_another_order_are_named() {
    let log = log_of(6, "x");
    let mut lines = log.lines.clone();
    lines.swap(3, 4);
    assert_eq!(found(&lines, &[]).0, [(Kind::Moved, 5)]);
    let mut lines = log.lines.clone();
    lines.swap(0, 1);
    assert!(found(&lines, &[]).0.contains(&(Kind::Moved, 2)), "{:?}", found(&lines, &[]));
}

#[test]
fn attack_an_entry_that_was_put_in_is_named() {
    let log = log_of(6, "x");
    // Once more, as it is.
    let mut lines = log.lines.clone();
    lines.insert(4, lines[2].clone());
    assert_eq!(found(&lines, &[]).0, [(Kind::Repeated, 5)]);
    // With a number that is taken, before the true one and after it.
    let forged = entry(3, log.heads[2].hash, "forged").line().0;
    let mut lines = log.lines.clone();
    lines.insert(3, forged.clone());
    assert_eq!(found(&lines, &[]).0, [(Kind::Changed, 4), (Kind::Repeated, 5)]);
    let mut lines = log.lines.clone();
    lines.insert(4, forged);
    assert_eq!(found(&lines, &[]).0, [(Kind::Repeated, 5)]);
    // A line that is no entry.
    let mut lines = log.lines.clone();
    lines.insert(4, "hello".to_owned());
    assert_eq!(found(&lines, &[]).0, [(Kind::Changed, 5)]);
}

#[test]
fn attack_a_whole_tail_made_anew_is_found_by_a_checkpoint_alone() {
    let (log, mut forged) = (log_of(9, "x"), log_of(9, "x"));
    let mut head = forged.heads[4];
    for n in 5..=9 {
        let (line, next) = entry(n, head.hash, "nothing happened").line();
        (forged.lines[n as usize], head) = (line, next);
    }
    assert_eq!(found(&forged.lines, &[log.heads[4]]), (vec![], Some(4)), "every line follows");
    let verified = look(&forged.lines, &[log.heads[3], log.heads[7]]);
    assert_eq!((verified.findings[0].kind, verified.findings[0].line), (Kind::Contradicted, 8));
    assert!(verified.findings[0].fact.contains("the entries 4 to 7"), "{verified:?}");
    assert_eq!(verified.proven, Some((3, 0)));
}

#[test]
fn a_checkpoint_of_another_log_proves_nothing() {
    let log = log_of(3, "x");
    let text: String = log.lines.iter().map(|line| format!("{line}\n")).collect();
    let other = Known { log: Some(Id::from([9; 16])), ..kept(log.heads[3]) };
    let verified = verify(text.as_bytes(), None, vec![other]).unwrap();
    assert_eq!((verified.findings[0].kind, verified.proven), (Kind::OtherLog, None));
}

#[test]
fn a_part_is_a_part_only_for_who_says_so_and_follows_a_checkpoint() {
    let log = log_of(9, "x");
    let text: String = log.lines[5..].iter().map(|line| format!("{line}\n")).collect();
    let part = |from, known: Vec<Known>| verify(text.as_bytes(), from, known).unwrap();
    assert_eq!(part(None, vec![]).findings.len(), 2);
    assert!(part(Some(5), vec![]).findings.is_empty());
    assert_eq!(part(Some(4), vec![]).findings[0].kind, Kind::Missing);
    let known = vec![kept(log.heads[4]), kept(log.heads[8]), kept(log.heads[2])];
    let verified = part(Some(5), known);
    assert_eq!((verified.findings.len(), verified.proven), (0, Some((8, 1))));
    let wrong = Head { n: 4, hash: Hash::of("another") };
    let verified = part(Some(5), vec![kept(wrong)]);
    assert_eq!(verified.findings[0].kind, Kind::Contradicted);
}

#[test]
fn a_line_without_an_end_takes_no_memory() {
    let endless = std::io::Read::take(std::io::repeat(b'a'), 1 << 40);
    let verified = verify(endless, None, vec![]).unwrap();
    assert_eq!(verified.findings[0].kind, Kind::Changed);
}

/// One change of a log, whatever it is.
#[derive(Debug, Clone)]
enum Change {
    Flip { line: usize, byte: usize, bit: u8 },
    Drop { line: usize },
    Cut { lines: usize },
    Swap { one: usize, other: usize },
    Repeat { line: usize, at: usize },
    Insert { at: usize, text: String },
}

fn change() -> impl Strategy<Value = Change> {
    let place = any::<usize>;
    prop_oneof![
        4 => (place(), place(), 0_u8..8).prop_map(|(line, byte, bit)| Change::Flip { line, byte, bit }),
        1 => place().prop_map(|line| Change::Drop { line }),
        1 => place().prop_map(|lines| Change::Cut { lines }),
        1 => (place(), place()).prop_map(|(one, other)| Change::Swap { one, other }),
        1 => (place(), place()).prop_map(|(line, at)| Change::Repeat { line, at }),
        1 => (place(), "[ -~]{0,40}").prop_map(|(at, text)| Change::Insert { at, text }),
    ]
}

fn changed(lines: &[String], change: Change) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = lines.iter().map(|line| line.as_bytes().to_vec()).collect();
    let count = lines.len();
    match change {
        Change::Flip { line, byte, bit } => {
            let line = &mut lines[line % count];
            let byte = byte % line.len();
            line[byte] ^= 1 << bit;
        }
        Change::Drop { line } => drop(lines.remove(line % count)),
        Change::Cut { lines: kept } => lines.truncate(kept % count),
        Change::Swap { one, other } => lines.swap(one % count, other % count),
        Change::Repeat { line, at } => {
            let line = lines[line % count].clone();
            lines.insert(at % (count + 1), line);
        }
        Change::Insert { at, text } => lines.insert(at % count, text.into_bytes()),
    }
    lines.into_iter().flat_map(|line| [line, b"\n".to_vec()].concat()).collect()
}

proptest! {
    /// With a checkpoint of its last entry: what comes after that is new and can be anything.
    #[test]
    fn any_single_change_of_any_line_is_found(entries in 1_u64..12, detail in ".{0,20}", change in change()) {
        let log = log_of(entries, &detail);
        let whole: Vec<u8> = log.lines.iter().flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect();
        let bytes = changed(&log.lines, change);
        let verified = verify(bytes.as_slice(), None, vec![kept(log.heads[entries as usize])]).unwrap();
        let is_found = !verified.findings.is_empty();
        prop_assert_eq!(is_found, bytes != whole, "{:?}", verified);
    }
}
