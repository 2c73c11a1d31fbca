//! Machines that live: they ask, are answered by whoever is asked, install, ask again, are installed anew, give up. What they
//! know of themselves is the model: how many of them hold a seat.

use std::collections::HashSet;

use countersign_core::fingerprint::Fingerprint;
use countersign_core::{Hash, Id, Thumbprint};

use super::world::{Ask, Book, Dice, NOW, World, fingerprint, grant, receipt};

/// A machine as it is.
struct Machine {
    name: String,
    fingerprint: Fingerprint,
    device: Thumbprint,
    /// What is installed, the newest last.
    installed: Vec<Id>,
    /// What was given up here: it is never installed again.
    given_up: HashSet<Id>,
    /// Whether a seat is held for it, by what anybody signed.
    holds: bool,
}

/// What was done so far, and by whom.
pub(crate) struct History {
    pub(crate) books: [Book; 2],
    pub(crate) given_up: HashSet<Id>,
    machines: Vec<Machine>,
    dice: Dice,
    clock: u64,
}

/// Who is asked: two desks and the portal.
const PORTAL: u64 = 2;

impl History {
    pub(crate) fn of(seed: u64) -> Self {
        let mut dice = Dice::of(seed);
        let books = [Book::new("alice", &mut dice), Book::new("bob", &mut dice)];
        let machines = (0..6).map(|n| {
            let name = format!("machine-{n}");
            Machine {
                fingerprint: fingerprint(&name),
                name,
                device: dice.key(),
                installed: Vec::new(),
                given_up: HashSet::new(),
                holds: false,
            }
        });
        let machines = machines.collect();
        Self { books, given_up: HashSet::new(), machines, dice, clock: NOW }
    }

    /// How many machines hold a seat.
    pub(crate) fn holding(&self) -> u64 {
        self.machines.iter().filter(|machine| machine.holds).count() as u64
    }

    /// Something happens.
    pub(crate) async fn step(&mut self, world: &World) {
        self.clock += 10 + self.dice.below(1000);
        let n = usize::try_from(self.dice.below(self.machines.len() as u64)).unwrap();
        let what = self.dice.below(10);
        if self.machines[n].installed.is_empty() || what < 3 {
            self.ask(world, n).await;
        } else if what < 5 {
            let machine = &mut self.machines[n];
            machine.device = self.dice.key();
            machine.installed.clear();
            machine.given_up.clear();
            // A part was changed on the way: it is still the same machine.
            if self.dice.chance(3) {
                machine.fingerprint = repaired(&machine.name, self.clock);
            }
            self.ask(world, n).await;
        } else {
            self.give_up(world, n).await;
        }
    }

    /// A request, taken to one or two of the three, and the first answer is installed.
    async fn ask(&mut self, world: &World, n: usize) {
        let (first, second) = (self.dice.below(3), self.dice.below(3));
        let both = self.dice.chance(3) && first != second;
        let (request, mut is_answered) = (self.dice.hash(), false);
        for who in [first].into_iter().chain(both.then_some(second)) {
            self.clock += 1;
            let machine = &self.machines[n];
            let ask = Ask {
                request,
                device: machine.device,
                fingerprint: machine.fingerprint.clone(),
                at: self.clock,
            };
            let id = self.dice.id();
            let answer = if who == PORTAL {
                world.activate(&ask, id).await
            } else {
                self.books[usize::try_from(who).unwrap()].write(grant(world.license, &ask, id));
                Some(id)
            };
            let machine = &mut self.machines[n];
            if let Some(id) = answer.filter(|id| !machine.given_up.contains(id)) {
                machine.holds = true;
                if !is_answered {
                    machine.installed.push(id);
                }
                is_answered = true;
            }
        }
    }

    /// The newest installation is given up, and the proof is taken to one or two of the three; where the portal does not know
    /// the activation, or has no deactivation left, a desk receipts it.
    async fn give_up(&mut self, world: &World, n: usize) {
        let (first, second) = (self.dice.below(3), self.dice.below(2));
        let both = self.dice.chance(4);
        let (proof, machine) = (self.dice.hash(), &mut self.machines[n]);
        let (device, given_up) = (machine.device, machine.installed.pop().unwrap());
        machine.installed.clear();
        machine.given_up.insert(given_up);
        self.clock += 1;
        let at_portal =
            first == PORTAL && world.deactivate(given_up, device, self.clock, proof).await;
        if !at_portal {
            self.receipt(first.min(1), given_up, device, proof);
        }
        if both {
            self.clock += 1;
            self.receipt(second, given_up, device, proof);
        }
        self.given_up.insert(given_up);
        self.machines[n].holds = false;
    }

    fn receipt(&mut self, who: u64, given_up: Id, device: Thumbprint, proof: Hash) {
        let id = self.dice.id();
        let receipt = receipt(given_up, device, self.clock, proof, id);
        self.books[usize::try_from(who).unwrap()].write(receipt);
    }
}

fn repaired(name: &str, clock: u64) -> Fingerprint {
    let raw = ["machine-id", "board", "disk", "mac"].map(|c| (c, format!("{c} of {name}")));
    let disk = ("cpu", format!("new in {clock}"));
    Fingerprint::of_raw(&super::world::product(), raw.into_iter().chain([disk])).unwrap()
}
