//! Ids that begin with a time (docs/format.md, section 2).
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use countersign_core::Id;

#[test]
fn ids_of_one_time_begin_alike_and_no_two_are_the_same() {
    let mut rng = getrandom::rand_core::UnwrapErr(getrandom::SysRng);
    let [one, other, later, beyond] =
        [1_790_000_000, 1_790_000_000, 1_790_000_001, u64::MAX].map(|now| Id::at(now, &mut rng));
    let milliseconds = |id: &Id| {
        let [a, b, c, d, e, f, ..] = *id.as_bytes();
        u64::from_be_bytes([0, 0, a, b, c, d, e, f])
    };
    assert_eq!(milliseconds(&one), 1_790_000_000_000);
    assert_eq!(milliseconds(&other), milliseconds(&one));
    assert_eq!(milliseconds(&later), 1_790_000_001_000);
    assert_ne!(one, other);
    for id in [one, other, later, beyond] {
        assert_eq!(id.to_string().parse::<Id>().unwrap(), id);
    }
}
