//! The journal on real files: what is appended stays, what is torn is cut, what is wrong is found and named.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

mod desk;

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use countersign_core::trust::Roots;
use countersign_core::{Hash, SigningKey};
use countersign_journal::line::Opening;
use countersign_journal::{Error, Finding, Form, Head, Journal, Kind, New, verify};

use desk::{Desk, rng};

#[test]
fn what_was_appended_is_found_again_after_the_journal_is_opened_anew() {
    let desk = Desk::new();
    let entries = desk.sign(3);
    let (mut journal, opened) = desk.open();
    assert!(opened.is_new && opened.cut == 0);
    let head = {
        let mut locked = journal.lock().unwrap();
        locked.append(&entries).unwrap();
        locked.head()
    };
    assert_eq!(head.count, 3);
    drop(journal);
    let (mut journal, opened) = desk.open();
    assert!(!opened.is_new);
    let locked = journal.lock().unwrap();
    assert_eq!(locked.head(), head);
    for (entry, n) in entries.iter().zip(1..) {
        assert_eq!(locked.find(&entry.request).unwrap(), Some((n, entry.response.clone())));
    }
    assert_eq!(locked.find(&Hash::of("another")).unwrap(), None);
}

#[test]
fn the_lines_are_those_that_the_guide_describes_and_only_their_owner_reads_them() {
    let desk = Desk::new();
    desk.write(2);
    let lines = desk.lines();
    let opening: Opening = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!((opening.v, opening.kid, opening.prev.as_str()), (1, desk.kid(), ""));
    let entry: serde_json::Value = serde_json::from_str(&lines[2]).unwrap();
    assert_eq!(
        (entry["n"].as_u64(), entry["prev"].as_str().unwrap()),
        (Some(2), &*Hash::of(&lines[1]).to_string())
    );
    assert!(
        entry["response"].as_str().unwrap().split('.').count() == 3 && entry["request"].is_string()
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(desk.path()).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn grants_are_counted_by_the_delegation_that_they_were_given_under() {
    let desk = Desk::new();
    let (alice, bob) = (Hash::of("alice"), Hash::of("bob"));
    let mut entries = desk.sign(4);
    for (entry, under) in entries.iter_mut().zip([Some(alice), None, Some(bob), Some(alice)]) {
        entry.under = under;
    }
    desk.open().0.lock().unwrap().append(&entries).unwrap();
    let (mut journal, _) = desk.open();
    let locked = journal.lock().unwrap();
    assert_eq!(
        (locked.granted(&alice), locked.granted(&bob), locked.granted(&Hash::of("x"))),
        (2, 1, 0)
    );
}

#[test]
fn a_last_line_that_was_not_written_whole_is_cut_and_nothing_else() {
    let desk = Desk::new();
    desk.write(3);
    let whole = fs::read(desk.path()).unwrap();
    let last = whole[..whole.len() - 1].iter().rposition(|b| *b == b'\n').unwrap() + 1;
    // At every length, from one byte of the last line to all of it but its newline.
    for kept in last + 1..whole.len() {
        fs::write(desk.path(), &whole[..kept]).unwrap();
        let (mut journal, opened) = desk.open();
        assert_eq!((opened.cut, journal.lock().unwrap().head().count), ((kept - last) as u64, 2));
        assert_eq!(fs::read(desk.path()).unwrap(), whole[..last]);
    }
    // What a disk leaves of a file that was longer.
    fs::write(desk.path(), [&whole[..], &[0; 700]].concat()).unwrap();
    assert_eq!(desk.open().1.cut, 700);
    assert_eq!(fs::read(desk.path()).unwrap(), whole);
    // The first line alone.
    fs::write(desk.path(), &whole[..20]).unwrap();
    let (_, opened) = desk.open();
    assert!(opened.is_new && opened.cut == 20);
}

#[test]
fn nothing_is_signed_on_top_of_a_journal_that_is_wrong() {
    let desk = Desk::new();
    desk.write(4);
    let lines = desk.lines();
    let broken = |lines: Vec<String>| {
        desk.replace(&lines);
        match desk.try_open() {
            Err(Error::Broken { line, .. }) => line,
            other => panic!("{other:?}"),
        }
    };
    let mut changed = lines.clone();
    changed[2] = changed[2].replace("\"at\":1", "\"at\":2");
    assert_eq!(broken(changed), 4, "the line after it does not follow any more");
    let mut removed = lines.clone();
    removed.remove(2);
    assert_eq!(broken(removed), 3);
    let mut noise = lines.clone();
    noise[1] = "hello".to_owned();
    assert_eq!(broken(noise), 2);
    let mut long = lines.clone();
    long[1] = "x".repeat(40_000);
    assert_eq!(broken(long), 2);
    let mut version = lines;
    version[0] = version[0].replace("\"v\":1", "\"v\":2");
    assert_eq!(broken(version), 1);
}

#[test]
fn each_key_has_a_journal_of_its_own() {
    let desk = Desk::new();
    desk.write(1);
    let other = SigningKey::from_seed(&[9; 32]).public_key().thumbprint();
    let refused = Journal::open(desk.path(), &other, 5, &mut rng());
    assert!(matches!(refused, Err(Error::OtherKey { .. })), "{refused:?}");
}

#[test]
fn two_signers_of_one_journal_see_what_the_other_wrote() {
    let desk = Desk::new();
    let entries = desk.sign(4);
    let ((mut one, _), (mut two, _)) = (desk.open(), desk.open());
    one.lock().unwrap().append(&entries[..2]).unwrap();
    let mut locked = two.lock().unwrap();
    assert!(locked.knows(&entries[1].request) && !locked.knows(&entries[2].request));
    locked.append(&entries[2..]).unwrap();
    drop(locked);
    assert_eq!(one.lock().unwrap().find(&entries[3].request).unwrap().unwrap().0, 4);
    assert!(findings(&desk, None).is_empty());
}

#[test]
fn signers_in_a_race_write_one_chain_without_a_gap() {
    let desk = Desk::new();
    desk.open();
    let entries = desk.sign(120);
    std::thread::scope(|scope| {
        for part in entries.chunks(30) {
            let desk = &desk;
            scope.spawn(move || {
                let (mut journal, _) = desk.open();
                for group in part.chunks(3) {
                    journal.lock().unwrap().append(group).unwrap();
                }
            });
        }
    });
    assert_eq!(desk.open().0.head().count, 120);
    assert!(findings(&desk, None).is_empty());
}

#[test]
fn a_journal_that_was_cut_or_replaced_while_in_use_takes_nothing_more() {
    let desk = Desk::new();
    let (mut journal, _) = desk.open();
    let entries = desk.sign(2);
    journal.lock().unwrap().append(&entries[..1]).unwrap();
    let file = OpenOptions::new().write(true).open(desk.path()).unwrap();
    file.set_len(10).unwrap();
    assert!(matches!(journal.lock().err(), Some(Error::Replaced { .. })));
    #[cfg(unix)]
    {
        fs::remove_file(desk.path()).unwrap();
        let (mut journal, _) = desk.open();
        fs::rename(desk.path(), desk.path().with_extension("old")).unwrap();
        assert!(matches!(journal.lock().err(), Some(Error::Replaced { .. })));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_the_journal_as_it_was() {
    let path = Path::new("/dev/full");
    let kid = SigningKey::from_seed(&[2; 32]).public_key().thumbprint();
    let refused = Journal::open(path, &kid, 1, &mut rng());
    assert!(matches!(refused, Err(Error::Io { did: "written", .. })), "{refused:?}");
}

#[test]
fn a_whole_journal_verifies_with_the_key_alone() {
    let desk = Desk::new();
    desk.write(5);
    let mut seen = 0;
    let roots = Roots::new([desk.key.public_key()]);
    let verified =
        verify(fs::File::open(desk.path()).unwrap(), Some(&roots), None, |entry, response| {
            seen += 1;
            assert_eq!(response.unwrap().claims().request.hash, entry.request);
        });
    let verified = verified.unwrap();
    assert!(verified.findings.is_empty(), "{:?}", verified.findings);
    assert_eq!((verified.entries, seen, verified.head.unwrap().count), (5, 5, 5));
}

#[test]
fn attack_a_changed_line_is_named() {
    let desk = Desk::new();
    desk.write(6);
    let mut lines = desk.lines();
    lines[3] = lines[3].replace("\"at\":1", "\"at\":2");
    desk.replace(&lines);
    assert_eq!(kinds(&findings(&desk, None)), [(4, Kind::Untrue), (4, Kind::Changed)]);
    lines[3] = "{}".to_owned();
    desk.replace(&lines);
    assert_eq!(kinds(&findings(&desk, None)), [(4, Kind::Changed)]);
}

#[test]
fn attack_a_line_taken_out_is_named() {
    let desk = Desk::new();
    desk.write(6);
    let lines = desk.lines();
    for (out, n) in [(1, 1), (3, 3), (5, 5)] {
        let mut fewer = lines.clone();
        fewer.remove(out);
        desk.replace(&fewer);
        let found = findings(&desk, None);
        assert_eq!(kinds(&found), [(out as u64 + 1, Kind::Missing)], "{found:?}");
        assert!(found[0].fact.starts_with(&format!("entry {n} is missing")), "{found:?}");
    }
    let mut fewer = lines;
    fewer.drain(2..5);
    desk.replace(&fewer);
    assert_eq!(findings(&desk, None)[0].fact, "the entries 2 to 4 are missing before entry 5");
}

#[test]
fn attack_lines_in_another_order_are_named() {
    let desk = Desk::new();
    desk.write(6);
    let mut lines = desk.lines();
    lines.swap(3, 4);
    desk.replace(&lines);
    let found = findings(&desk, None);
    assert_eq!(kinds(&found), [(5, Kind::Moved)], "{found:?}");
    assert_eq!(found[0].fact, "entry 3 stands after entry 4");
}

#[test]
fn attack_a_line_repeated_is_named() {
    let desk = Desk::new();
    desk.write(4);
    let mut lines = desk.lines();
    lines.insert(4, lines[2].clone());
    desk.replace(&lines);
    let found = findings(&desk, None);
    assert_eq!(kinds(&found), [(5, Kind::Repeated)], "{found:?}");
}

#[test]
fn attack_lines_taken_out_and_the_rest_numbered_anew_do_not_fit() {
    let desk = Desk::new();
    desk.write(4);
    let mut lines = desk.lines();
    lines.remove(2);
    lines[2] = lines[2].replace("\"n\":3", "\"n\":2");
    lines[3] = lines[3].replace("\"n\":4", "\"n\":3");
    desk.replace(&lines);
    assert!(kinds(&findings(&desk, None)).contains(&(2, Kind::Changed)));
}

#[test]
fn attack_a_lost_tail_is_seen_by_the_head_that_was_kept() {
    let desk = Desk::new();
    desk.write(6);
    let head = desk.open().0.head();
    assert!(findings(&desk, Some(head)).is_empty());
    let lines = desk.lines();
    desk.replace(&lines[..4]);
    assert!(findings(&desk, None).is_empty(), "the chain alone cannot tell");
    let found = findings(&desk, Some(head));
    assert_eq!(kinds(&found), [(0, Kind::CutOff)]);
    assert_eq!(found[0].fact, "the entries 4 to 6 are missing at the end");
    // Signed anew after the cut: as long as before, and another one.
    desk.write_more(6, 3);
    assert_eq!(kinds(&findings(&desk, Some(head))), [(7, Kind::Changed)]);
}

#[test]
fn attack_an_entry_that_the_key_did_not_sign_is_untrue() {
    let desk = Desk::new();
    desk.write(2);
    let stranger = SigningKey::from_seed(&[7; 32]);
    let forged = New {
        response: desk::response(&stranger, 50).response,
        ..desk.sign_from(50, 1)[0].clone()
    };
    let another =
        New { request: Hash::of("what was not asked"), ..desk.sign_from(51, 1)[0].clone() };
    desk.open().0.lock().unwrap().append(&[forged, another]).unwrap();
    assert_eq!(kinds(&findings(&desk, None)), [(4, Kind::Untrue), (5, Kind::Untrue)]);
}

#[test]
fn attack_a_number_beyond_all_numbers_ends_the_check_soon() {
    let desk = Desk::new();
    desk.write(2);
    let mut lines = desk.lines();
    lines[2] = lines[2].replace("\"n\":2", &format!("\"n\":{}", u64::MAX));
    lines.push("{".to_owned());
    desk.replace(&lines);
    let found = findings(&desk, None);
    assert!(kinds(&found).contains(&(3, Kind::Missing)), "{found:?}");
}

#[test]
fn a_torn_line_is_reported_and_left_alone_by_who_only_looks() {
    let desk = Desk::new();
    desk.write(2);
    let mut file = OpenOptions::new().append(true).open(desk.path()).unwrap();
    file.write_all(b"{\"n\":3,\"at\"").unwrap();
    let before = fs::read(desk.path()).unwrap();
    assert_eq!(kinds(&findings(&desk, None)), [(4, Kind::Torn)]);
    assert_eq!(fs::read(desk.path()).unwrap(), before);
}

fn findings(desk: &Desk, known: Option<Head>) -> Vec<Finding> {
    let roots = Roots::new([desk.key.public_key()]);
    let file = fs::File::open(desk.path()).unwrap();
    verify(file, Some(&roots), known, |_, _| ()).unwrap().findings
}

fn kinds(findings: &[Finding]) -> Vec<(u64, Kind)> {
    findings.iter().map(|finding| (finding.line, finding.kind)).collect()
}

#[test]
fn a_journal_of_signatures_holds_a_request_as_often_as_it_was_answered_and_releases() {
    let desk = Desk::new();
    let (mut journal, opened) = desk.open_as(Form::Signatures).unwrap();
    assert!(opened.is_new);
    let (one, other) = (desk::response(&desk.key, 1), desk::response(&desk.key, 1));
    assert_eq!(one.request, other.request);
    let mut locked = journal.lock().unwrap();
    locked.append(&[one.clone(), desk::release(&desk.key, 2), other]).unwrap();
    assert_eq!((locked.answers_of_a_day(&one.request), locked.signed_since(0)), (2, 3));
    drop(locked);
    let found = findings(&desk, None);
    assert!(found.is_empty(), "{found:?}");
    let (mut again, opened) = desk.open_as(Form::Signatures).unwrap();
    assert!(!opened.is_new);
    let locked = again.lock().unwrap();
    assert_eq!((locked.answers_of_a_day(&one.request), locked.signed_since(0)), (2, 3));
}

#[test]
fn a_journal_of_one_form_is_not_written_as_the_other() {
    let desk = Desk::new();
    desk.write(1);
    assert!(desk.lines()[0].contains("\"v\":1") && !desk.lines()[0].contains("form"));
    assert!(matches!(desk.open_as(Form::Signatures).err(), Some(Error::OtherForm { .. })));
    let desk = Desk::new();
    desk.open_as(Form::Signatures).unwrap();
    assert!(desk.lines()[0].contains("\"v\":2,\"form\":\"signatures\""), "{:?}", desk.lines());
    assert!(matches!(desk.try_open().err(), Some(Error::OtherForm { .. })));
}

#[test]
fn attack_an_opening_of_one_form_with_the_version_of_the_other_opens_nothing() {
    let desk = Desk::new();
    desk.open_as(Form::Signatures).unwrap();
    let lines = [desk.lines()[0].replace("\"v\":2", "\"v\":1")];
    desk.replace(&lines);
    assert!(matches!(desk.open_as(Form::Signatures).err(), Some(Error::Broken { .. })));
    assert_eq!(kinds(&findings(&desk, None)), [(1, Kind::Changed)]);
}

#[test]
fn attack_a_release_that_is_another_than_its_line_says_is_untrue() {
    let desk = Desk::new();
    let (mut journal, _) = desk.open_as(Form::Signatures).unwrap();
    let stranger = SigningKey::from_seed(&[7; 32]);
    let good = desk::release(&desk.key, 1);
    let renamed = New { request: Hash::of("another"), ..desk::release(&desk.key, 2) };
    let dated = New { at: 5, ..desk::release(&desk.key, 3) };
    let forged = desk::release(&stranger, 4);
    journal.lock().unwrap().append(&[good, renamed, dated, forged]).unwrap();
    let found = kinds(&findings(&desk, None));
    assert_eq!(found, [(3, Kind::Untrue), (4, Kind::Untrue), (5, Kind::Untrue)]);
}

#[test]
fn attack_a_release_in_a_journal_of_requests_is_untrue() {
    let desk = Desk::new();
    desk.open().0.lock().unwrap().append(&[desk::release(&desk.key, 1)]).unwrap();
    assert_eq!(kinds(&findings(&desk, None)), [(2, Kind::Untrue)]);
}
