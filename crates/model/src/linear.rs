//! Whether answers that were given to many at once can be explained by some order of what was asked: *linearizability* (Herlihy and
//! Wing 1990). Each operation must seem to happen at one moment between its being asked and its being answered.
//!
//! The search is that of Wing and Gong (1993) with the memory of Lowe (2017): the operations that are open at a moment are tried
//! one after the other, and a set of done operations that led to a state before is not looked at twice. It takes time that grows with
//! how many are open at once, not with the length of the history. A history is of one thing alone (one license): whoever has many
//! checks each by itself, which is the same (Herlihy and Wing's theorem of locality) and much sooner done.

mod beam;
pub mod seats;

use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::Hash;

/// What there is, and what an operation may do to it.
pub trait Specification {
    /// What there is.
    type State: Clone + Eq + Hash;
    /// What is asked, and what was answered; an answer that never came is part of it.
    type Operation: Debug;

    /// The state after the operation, if it can have been answered so in this one.
    fn after(&self, state: &Self::State, operation: &Self::Operation) -> Option<Self::State>;

    /// Whether the answer to `other` tells that `operation` had been done, of which nobody was told. Such an operation is tried
    /// before those of which nobody ever heard: it decides how soon an order is found, not whether.
    fn shows(&self, _other: &Self::Operation, _operation: &Self::Operation) -> bool {
        false
    }
}

/// An operation of a client.
#[derive(Debug, Clone)]
pub struct Call<O> {
    /// What was asked and answered.
    pub operation: O,
    /// When it was asked.
    pub asked: u64,
    /// When the answer was there; `None`: none came. It may have been done at any time since it was asked, or never.
    pub answered: Option<u64>,
}

/// What cannot be explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unexplained {
    /// The most operations that could be put into an order, by their place in the history.
    pub longest: Vec<usize>,
    /// The operation whose answer came before it could be put anywhere.
    pub stuck: usize,
}

/// How far a search goes before it is given up.
#[derive(Debug, Clone, Copy)]
pub struct Budget(pub usize);

/// How a check ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// There is such an order: these operations, by their place in the history.
    Explained(Vec<usize>),
    /// There is none.
    Unexplained(Unexplained),
    /// It was given up after so many steps: nothing is known. It counts as no success.
    GaveUp,
}

/// Steps of the first search, for each operation: one that goes well takes little more than one.
const STEPS: usize = 20;

/// Looks for an order: in few steps, then by keeping several beginnings (`beam.rs`), then as long as it may take. Each of them finds
/// nothing but orders, and the first and the last say that there is none when they have tried all.
pub fn check<S: Specification>(
    specification: &S,
    begin: S::State,
    history: &[Call<S::Operation>],
    budget: Budget,
) -> Checked {
    let rank: Vec<Rank> = history.iter().map(|call| rank(specification, call, history)).collect();
    let search = || Search::new(specification, begin.clone(), history, &rank);
    let short = search().run(Budget(budget.0.min(history.len() * STEPS)));
    if short != Checked::GaveUp {
        return short;
    }
    match beam::Beam::new(specification, history, &rank).run(begin.clone()) {
        Some(order) => {
            assert!(explains(specification, begin, history, &order), "{order:?} is no such order");
            Checked::Explained(order)
        }
        None => search().run(budget),
    }
}

/// Whether this is an order that explains every answer: each operation was asked before those after it were answered, and was
/// answered as it would have been there.
pub fn explains<S: Specification>(
    specification: &S,
    begin: S::State,
    history: &[Call<S::Operation>],
    order: &[usize],
) -> bool {
    let mut state = begin;
    let mut left: Vec<usize> =
        (0..history.len()).filter(|n| history[*n].answered.is_some()).collect();
    for n in order {
        let call = &history[*n];
        let is_in_time = left.iter().all(|other| Some(call.asked) <= history[*other].answered);
        let Some(after) = specification.after(&state, &call.operation).filter(|_| is_in_time)
        else {
            return false;
        };
        state = after;
        left.retain(|other| other != n);
    }
    let once: HashSet<&usize> = order.iter().collect();
    left.is_empty() && once.len() == order.len()
}

/// What happens at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    Asked(usize),
    Answered(usize),
}

/// The moments in a list from which operations are taken out, and into which they are put back: each knows its neighbours.
struct Moments {
    all: Vec<Moment>,
    next: Vec<usize>,
    before: Vec<usize>,
    /// Where each operation's moments stand.
    of: Vec<(usize, Option<usize>)>,
}

impl Moments {
    fn of<O>(history: &[Call<O>]) -> Self {
        let mut at: Vec<(u64, u8, Moment)> = Vec::new();
        for (n, call) in history.iter().enumerate() {
            // What is asked in the very moment of an answer may have been asked before it.
            at.push((call.asked, 0, Moment::Asked(n)));
            at.extend(call.answered.map(|time| (time, 1, Moment::Answered(n))));
        }
        at.sort_by_key(|(time, kind, _)| (*time, *kind));
        let all: Vec<Moment> = at.into_iter().map(|(_, _, moment)| moment).collect();
        let mut of = vec![(0, None); history.len()];
        for (place, moment) in all.iter().enumerate() {
            match moment {
                Moment::Asked(n) => of[*n].0 = place + 1,
                Moment::Answered(n) => of[*n].1 = Some(place + 1),
            }
        }
        // Place 0 is before all of them, and the last one after.
        let places = all.len() + 2;
        let next = (1..=places).collect();
        let before = (0..places).map(|place| place.saturating_sub(1)).collect();
        Self { all, next, before, of }
    }

    fn at(&self, place: usize) -> Option<Moment> {
        self.all.get(place.checked_sub(1)?).copied()
    }

    fn first(&self) -> usize {
        self.next[0]
    }

    fn take_out(&mut self, operation: usize) {
        let (asked, answered) = self.of[operation];
        for place in [Some(asked), answered].into_iter().flatten() {
            let (before, next) = (self.before[place], self.next[place]);
            self.next[before] = next;
            self.before[next] = before;
        }
    }

    /// The reverse, in the reverse order.
    fn put_back(&mut self, operation: usize) {
        let (asked, answered) = self.of[operation];
        for place in [answered, Some(asked)].into_iter().flatten() {
            let (before, next) = (self.before[place], self.next[place]);
            self.next[before] = place;
            self.before[next] = place;
        }
    }
}

struct Search<'a, S: Specification> {
    specification: &'a S,
    history: &'a [Call<S::Operation>],
    moments: Moments,
    rank: &'a [Rank],
    state: S::State,
    /// Which are done, bit by bit.
    done: Vec<u64>,
    /// Those that are done, in their order, each with the state before it.
    order: Vec<(usize, S::State)>,
    seen: HashSet<(Vec<u64>, S::State)>,
    /// Answers that are not explained yet.
    open: usize,
    longest: Vec<usize>,
    stuck: usize,
}

/// When an operation was answered, and the first answer to another one that shows it: what is tried in which order.
type Rank = (u64, u64);

/// First what was answered first, and what was never answered in the end: most of the time it was not done, or later. Of that first
/// what another answer shows first.
fn rank<S: Specification>(
    specification: &S,
    call: &Call<S::Operation>,
    history: &[Call<S::Operation>],
) -> Rank {
    if let Some(at) = call.answered {
        return (at, 0);
    }
    let shows =
        |other: &&Call<S::Operation>| specification.shows(&other.operation, &call.operation);
    let shown = history.iter().filter(shows).filter_map(|other| other.answered).min();
    (u64::MAX, shown.unwrap_or(u64::MAX))
}

impl<'a, S: Specification> Search<'a, S> {
    fn new(
        specification: &'a S,
        begin: S::State,
        history: &'a [Call<S::Operation>],
        rank: &'a [Rank],
    ) -> Self {
        Self {
            specification,
            history,
            moments: Moments::of(history),
            rank,
            state: begin,
            done: vec![0; history.len().div_ceil(64)],
            order: Vec::new(),
            seen: HashSet::new(),
            open: history.iter().filter(|call| call.answered.is_some()).count(),
            longest: Vec::new(),
            stuck: 0,
        }
    }

    fn run(mut self, budget: Budget) -> Checked {
        let mut choices = vec![self.choice()];
        for _ in 0..budget.0 {
            if self.open == 0 {
                return Checked::Explained(self.order.iter().map(|(n, _)| *n).collect());
            }
            let Some(choice) = choices.last_mut() else { return self.fails() };
            match choice.next() {
                Some(n) if self.tries(n) => choices.push(self.choice()),
                Some(_) => {}
                // Its answer came, and it could be put nowhere: something before it was put wrongly.
                None => {
                    choices.pop();
                    self.back();
                }
            }
        }
        Checked::GaveUp
    }

    /// What may come next: whatever was asked before the first answer that is not explained yet, by its rank. What is answered so
    /// now and changes nothing may as well come now as later, since whatever comes in between finds the same: then nothing else need
    /// be tried.
    fn choice(&self) -> std::vec::IntoIter<usize> {
        let mut open = Vec::new();
        let mut place = self.moments.first();
        while let Some(Moment::Asked(n)) = self.moments.at(place) {
            open.push(n);
            place = self.moments.next[place];
        }
        if let Some(n) = open.iter().find(|n| self.changes_nothing(**n)) {
            return vec![*n].into_iter();
        }
        open.sort_by_key(|n| self.rank[*n]);
        open.into_iter()
    }

    fn changes_nothing(&self, n: usize) -> bool {
        let call = &self.history[n];
        call.answered.is_some()
            && self.specification.after(&self.state, &call.operation).as_ref() == Some(&self.state)
    }

    fn fails(self) -> Checked {
        Checked::Unexplained(Unexplained { longest: self.longest, stuck: self.stuck })
    }

    /// Puts an operation at the end of the order, if it can stand there and leads to something new.
    fn tries(&mut self, n: usize) -> bool {
        let call = &self.history[n];
        let Some(after) = self.specification.after(&self.state, &call.operation) else {
            return false;
        };
        // What nobody was told of and what changed nothing explains nothing.
        if call.answered.is_none() && after == self.state {
            return false;
        }
        self.flip(n);
        if !self.seen.insert((self.done.clone(), after.clone())) {
            self.flip(n);
            return false;
        }
        self.order.push((n, std::mem::replace(&mut self.state, after)));
        self.moments.take_out(n);
        self.open -= usize::from(self.history[n].answered.is_some());
        true
    }

    /// Takes the last one back.
    fn back(&mut self) {
        if self.order.len() >= self.longest.len() {
            self.longest = self.order.iter().map(|(n, _)| *n).collect();
            self.stuck = self.first_answer().unwrap_or(self.stuck);
        }
        let Some((n, before)) = self.order.pop() else { return };
        self.state = before;
        self.flip(n);
        self.moments.put_back(n);
        self.open += usize::from(self.history[n].answered.is_some());
    }

    fn first_answer(&self) -> Option<usize> {
        let mut place = self.moments.first();
        loop {
            match self.moments.at(place)? {
                Moment::Answered(n) => return Some(n),
                Moment::Asked(_) => place = self.moments.next[place],
            }
        }
    }

    fn flip(&mut self, n: usize) {
        self.done[n / 64] ^= 1 << (n % 64);
    }
}
