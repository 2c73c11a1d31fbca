//! What is done to the database of several nodes while clients are at work.

use std::time::Duration;

use crate::Dice;
use crate::nodes::Nodes;
use crate::own::Shared;
use crate::round::Figures;

/// One commit of so many has its connection cut, while clients are at work.
const CUT_ONE_IN: u64 = 60;

/// The harm of one round.
pub(crate) struct Harm {
    dice: Dice,
    /// Whether the server itself is restarted.
    restarts: bool,
}

impl Harm {
    /// Every third round has a restart, beginning with the first.
    pub(crate) fn of(round: u64, dice: Dice) -> Self {
        Self { dice, restarts: round.is_multiple_of(3) }
    }

    /// Does it; what was done. There must be nothing left of it when somebody creates licenses.
    pub(crate) async fn run(&mut self, nodes: &Nodes) -> Figures {
        let mut figures = Figures::default();
        let Some(shared) = nodes.own_database() else { return figures };
        shared.cutter.cut_one_in(CUT_ONE_IN);
        for _ in 0..2 {
            self.wait(700).await;
            let most = 1 + self.dice.below(6);
            figures.terminated += tokio::task::block_in_place(|| shared.terminate(most));
        }
        if self.restarts {
            self.wait(700).await;
            self.restart(shared);
            figures.restarts += 1;
        }
        self.wait(700).await;
        shared.cutter.cut_one_in(0);
        figures
    }

    fn restart(&mut self, shared: &Shared) {
        tokio::task::block_in_place(|| shared.restart(&mut self.dice));
    }

    async fn wait(&mut self, most: u64) {
        tokio::time::sleep(Duration::from_millis(self.dice.below(most))).await;
    }
}
