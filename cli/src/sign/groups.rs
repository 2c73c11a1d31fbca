//! Work in groups on several threads: each takes a group, works on it and hands the results over. What is held in memory does
//! not depend on how much there is to do.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use crate::fail::Failure;

/// Large enough that one write to disk for a group costs little, small enough that little is lost when it ends.
pub(super) const GROUP: usize = 256;

/// How the work ended.
#[derive(Debug)]
pub(crate) enum Stop {
    /// There was nothing more.
    Done,
    /// Something that concerns all of it.
    At(Failure),
}

/// Takes everything out of `inputs` in groups, `work`s on them on `threads` threads, and gives each result to `sink`, in no
/// certain order. An error of `work` ends all of it.
pub(crate) fn each<I: Send, T: Send>(
    inputs: impl Iterator<Item = I> + Send,
    threads: usize,
    work: impl Fn(Vec<I>) -> Result<Vec<T>, Failure> + Sync,
    sink: impl FnMut(T),
) -> Stop {
    // One more than there are processors: a thread that waits for the disk keeps none of them busy.
    each_of(GROUP, inputs, threads + 1, work, sink)
}

/// As [`each`], in groups of this size, on exactly so many threads.
pub(crate) fn each_of<I: Send, T: Send>(
    group: usize,
    inputs: impl Iterator<Item = I> + Send,
    threads: usize,
    work: impl Fn(Vec<I>) -> Result<Vec<T>, Failure> + Sync,
    mut sink: impl FnMut(T),
) -> Stop {
    let inputs = Mutex::new(inputs);
    let ended = AtomicBool::new(false);
    let (sender, receiver) = sync_channel(threads);
    let mut stop = Stop::Done;
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, inputs, ended, work) = (sender.clone(), &inputs, &ended, &work);
            scope.spawn(move || run(group, inputs, ended, work, &sender));
        }
        drop(sender);
        for results in receiver {
            match results {
                Ok(results) => results.into_iter().for_each(&mut sink),
                Err(failure) => {
                    ended.store(true, Ordering::Relaxed);
                    stop = Stop::At(failure);
                }
            }
        }
    });
    stop
}

fn run<I, T>(
    group: usize,
    inputs: &Mutex<impl Iterator<Item = I>>,
    ended: &AtomicBool,
    work: &impl Fn(Vec<I>) -> Result<Vec<T>, Failure>,
    sender: &SyncSender<Result<Vec<T>, Failure>>,
) {
    while !ended.load(Ordering::Relaxed) {
        let taken: Vec<I> = {
            let mut inputs = inputs.lock().unwrap_or_else(PoisonError::into_inner);
            inputs.by_ref().take(group).collect()
        };
        if taken.is_empty() || sender.send(work(taken)).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_worked_on_once() {
        let mut seen = Vec::new();
        let stop = each(0..10_000, 3, Ok, |n| seen.push(n));
        seen.sort_unstable();
        assert!(matches!(stop, Stop::Done) && seen == (0..10_000).collect::<Vec<_>>());
    }

    #[test]
    fn an_error_that_concerns_everything_ends_it_soon() {
        let mut seen = 0_u64;
        let work = |group: Vec<u64>| match group[0] {
            0 => Err(Failure::refused("journal-io", "the disk is full", "")),
            _ => Ok(group),
        };
        let stop = each(0..u64::MAX, 3, work, |_| seen += 1);
        assert!(matches!(stop, Stop::At(failure) if failure.code() == "journal-io"), "{seen}");
    }
}
