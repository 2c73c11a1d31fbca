//! Machines, as they look to a license.

/// The parts of a machine: each a number, at its place.
pub type Parts = Vec<u64>;

/// How much of a machine must be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Binding {
    /// All parts.
    Exact,
    /// At least 60 of 100, rounded up.
    Fuzzy,
    /// At least 30 of 100, rounded up.
    Loose,
}

impl Binding {
    /// Whether a machine that was bound as `bound` is the one that looks like `now`.
    pub fn recognises(self, bound: &Parts, now: &Parts) -> bool {
        let of_a_hundred = match self {
            Self::Exact => 100,
            Self::Fuzzy => 60,
            Self::Loose => 30,
        };
        let same = bound.iter().zip(now).filter(|(one, other)| one == other).count();
        same > 0 && same * 100 >= bound.len() * of_a_hundred
    }
}
