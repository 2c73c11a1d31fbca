//! A search that keeps several beginnings of an order at a time, each with as little done as the answers so far ask for.
//!
//! Going back from the last choice takes for ever where an early one was wrong: of two operations of which nobody was told, the wrong
//! one was taken for what somebody saw. Here both go on until one of them explains nothing any more. It may miss an order, and then
//! says nothing; what it finds is one.

use std::collections::HashSet;
use std::hash::Hash;

use super::{Call, Rank, Specification};

/// Beginnings that go on.
const WIDTH: usize = 24;
/// Operations that are done for the sake of one answer, and beginnings at each of them.
const DEPTH: usize = 7;
const FRONTIER: usize = 30;

/// A beginning of an order, and what it leads to.
#[derive(Clone)]
struct Beginning<T> {
    order: Vec<usize>,
    done: Vec<bool>,
    state: T,
}

pub(super) struct Beam<'a, S: Specification> {
    specification: &'a S,
    history: &'a [Call<S::Operation>],
    /// Operations in the order in which they are tried.
    ranked: Vec<usize>,
    /// Those that were answered, in the order of their answers.
    answers: Vec<usize>,
}

impl<'a, S: Specification> Beam<'a, S> {
    pub(super) fn new(
        specification: &'a S,
        history: &'a [Call<S::Operation>],
        rank: &[Rank],
    ) -> Self {
        let mut ranked: Vec<usize> = (0..history.len()).collect();
        ranked.sort_by_key(|n| rank[*n]);
        let mut answers: Vec<usize> =
            (0..history.len()).filter(|n| history[*n].answered.is_some()).collect();
        answers.sort_by_key(|n| history[*n].answered);
        Self { specification, history, ranked, answers }
    }

    /// An order, if it comes to one.
    pub(super) fn run(&self, begin: S::State) -> Option<Vec<usize>> {
        let begin =
            Beginning { order: Vec::new(), done: vec![false; self.history.len()], state: begin };
        let mut beginnings = vec![self.settled(begin)];
        for answer in &self.answers {
            let mut further = Vec::new();
            for beginning in beginnings {
                match beginning.done[*answer] {
                    true => further.push((0, beginning)),
                    false => self.explain(beginning, *answer, &mut further),
                }
            }
            // With as little done as possible first: what is not needed yet can be done later.
            further.sort_by_key(|(depth, _)| *depth);
            let all = further.into_iter().map(|(_, beginning)| beginning);
            beginnings = distinct(all, WIDTH);
        }
        beginnings.into_iter().next().map(|beginning| beginning.order)
    }

    /// Beginnings in which this answer is explained, each with how many operations that took.
    fn explain(
        &self,
        beginning: Beginning<S::State>,
        answer: usize,
        found: &mut Vec<(usize, Beginning<S::State>)>,
    ) {
        let before = found.len();
        let mut frontier = vec![beginning];
        let mut last = DEPTH;
        for depth in 0..=DEPTH {
            let mut next = Vec::new();
            for beginning in &frontier {
                if let Some(after) = self.with(beginning, answer) {
                    found.push((depth, after));
                }
                let others = self.ranked.iter().filter(|n| **n != answer && !beginning.done[**n]);
                let open = others.filter(|n| self.history[**n].asked <= self.time(answer));
                for after in open.filter_map(|n| self.with(beginning, *n)) {
                    match after.done[answer] {
                        true => found.push((depth, after)),
                        false => next.push(after),
                    }
                }
            }
            // One more than it takes: what changes the license may have to come after what was answered later.
            if found.len() > before {
                last = last.min(depth + 1);
            }
            if depth >= last {
                return;
            }
            frontier = distinct(next.into_iter(), FRONTIER);
        }
    }

    fn time(&self, answer: usize) -> u64 {
        self.history[answer].answered.unwrap_or(u64::MAX)
    }

    /// With this operation done, if it can have been then, and what changes nothing after it.
    fn with(&self, beginning: &Beginning<S::State>, n: usize) -> Option<Beginning<S::State>> {
        let call = &self.history[n];
        let state = self.specification.after(&beginning.state, &call.operation)?;
        if call.answered.is_none() && state == beginning.state {
            return None;
        }
        let mut after = Beginning { state, ..beginning.clone() };
        after.order.push(n);
        after.done[n] = true;
        Some(self.settled(after))
    }

    /// What is answered so now and changes nothing may as well come now as later.
    fn settled(&self, mut beginning: Beginning<S::State>) -> Beginning<S::State> {
        let first = self.answers.iter().find(|n| !beginning.done[**n]);
        let Some(mut until) = first.map(|n| self.time(*n)) else { return beginning };
        loop {
            let changes_nothing = |n: &&usize| {
                let call = &self.history[**n];
                !beginning.done[**n]
                    && call.asked <= until
                    && self.specification.after(&beginning.state, &call.operation).as_ref()
                        == Some(&beginning.state)
            };
            let Some(n) = self.answers.iter().find(changes_nothing).copied() else {
                return beginning;
            };
            beginning.done[n] = true;
            beginning.order.push(n);
            match self.answers.iter().find(|n| !beginning.done[**n]) {
                Some(first) => until = self.time(*first),
                None => return beginning,
            }
        }
    }
}

/// The first so many that differ in what is done or what there is.
fn distinct<T: Clone + Eq + Hash>(
    all: impl Iterator<Item = Beginning<T>>,
    most: usize,
) -> Vec<Beginning<T>> {
    let mut seen = HashSet::new();
    all.filter(|beginning| seen.insert((beginning.done.clone(), beginning.state.clone())))
        .take(most)
        .collect()
}
