//! A person at a terminal who has requests answered by the portal.

use std::fs;

use crate::lab::{Lab, activation, trial};
use crate::portal::Portal;
use crate::terminal::Terminal;

#[test]
fn a_person_sees_what_the_portal_would_grant_and_nothing_else_is_signed() {
    let lab = Lab::new();
    let portal = Portal::for_lab(&lab);
    lab.ask(1);
    lab.write(2, &activation(2, &portal.license.grouped()));
    let words = [&["sign", "requests"], &portal.options()[..]].concat();
    let mut no = Terminal::run(&lab, &words);
    no.wait_for("1 activation, 1 trial, the longest until");
    no.wait_for("Sign this? [y/N]");
    no.type_line("");
    assert_eq!(no.end().0, Some(2));
    assert_eq!(portal.stored().live_activations, 0);
    let mut yes = Terminal::run(&lab, &words);
    yes.wait_for("Sign this? [y/N]");
    // It slips in between question and answer.
    fs::write(lab.path("requests/late.request"), trial(3, "acme-cad")).unwrap();
    yes.type_line("y");
    let (code, shown) = yes.end();
    assert_eq!(code, Some(1), "{shown}");
    assert!(shown.contains("not-shown"), "{shown}");
    assert_eq!(portal.stored().live_activations, 1);
    assert!(lab.path("requests/lab-1.response").exists());
    assert!(!lab.path("requests/late.response").exists());
}
