//! The line of a vendor's roots, as far as rotations have told of it: one predecessor and one successor each, and a number.
//! What was learned first stays, whatever a stolen old root signs later.

use std::collections::BTreeMap;

use crate::UnixSeconds;
use crate::error::{Code, Error, Result};
use crate::ids::Thumbprint;
use crate::key::PublicKey;
use crate::rotation::Rotation;
use crate::token::Unverified;

/// Rotations by the number of their new root.
#[derive(Debug, Clone, Default)]
pub(super) struct Line(BTreeMap<u64, Link>);

/// A rotation that is believed, with its token.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) rotation: Rotation,
    pub(super) token: String,
    old: Thumbprint,
    new: Thumbprint,
}

impl Link {
    /// Verifies the two signatures of a rotation.
    pub(super) fn verify(token: &str) -> Result<Self> {
        Rotation::verify(token).map(|rotation| Self::of(rotation, token))
    }

    /// Verifies again what was verified before: where the old root is trusted its signature is enough.
    pub(super) fn verify_again(
        token: &str,
        is_trusted: impl Fn(&Thumbprint) -> bool,
    ) -> Result<Self> {
        if is_trusted(&Unverified::decode(token)?.signer()) {
            Rotation::verify_again(token).map(|rotation| Self::of(rotation, token))
        } else {
            Self::verify(token)
        }
    }

    fn of(rotation: Rotation, token: &str) -> Self {
        let (old, new) = (rotation.old_kid(), rotation.new_kid());
        Self { rotation, token: token.to_owned(), old, new }
    }

    fn joins(&self, next: &Self) -> bool {
        self.rotation.seq + 1 == next.rotation.seq && self.new == next.old
    }
}

impl Line {
    pub(super) fn links(&self) -> impl Iterator<Item = &Link> {
        self.0.values()
    }

    pub(super) fn knows(&self, token: &str) -> bool {
        self.0.values().any(|link| link.token == token)
    }

    pub(super) fn find(&self, kid: &Thumbprint) -> Option<&PublicKey> {
        self.0.values().find_map(|link| match kid {
            kid if *kid == link.old => Some(&link.rotation.old),
            kid if *kid == link.new => Some(&link.rotation.new),
            _ => None,
        })
    }

    /// The time from which a root signs nothing more; `None` when no successor of it is known. A successor's own end counts
    /// too: it cannot vouch for longer than it lasts itself.
    pub(super) fn until(&self, kid: &Thumbprint) -> Option<UnixSeconds> {
        let (seq, _) = self.0.iter().find(|(_, link)| link.old == *kid)?;
        let following = self.0.range(seq..).zip(*seq..).take_while(|((seq, _), want)| *seq == want);
        following.map(|((_, link), _)| link.rotation.until).min()
    }

    /// Whether `kid` came after `other`.
    pub(super) fn is_after(&self, kid: &Thumbprint, other: &Thumbprint) -> bool {
        matches!((self.number(kid), self.number(other)), (Some(kid), Some(other)) if kid > other)
    }

    fn number(&self, kid: &Thumbprint) -> Option<u64> {
        self.0.iter().find_map(|(seq, link)| match kid {
            kid if *kid == link.new => Some(*seq),
            kid if *kid == link.old => Some(seq - 1),
            _ => None,
        })
    }

    /// The root that has this number.
    fn at(&self, number: u64) -> Option<&Thumbprint> {
        let new = self.0.get(&number).map(|link| &link.new);
        new.or_else(|| self.0.get(&(number + 1)).map(|link| &link.old))
    }

    /// Takes rotations in that follow one another. `is_configured` says which roots the program itself was given.
    ///
    /// # Errors
    /// See [`super::Roots::learn`]; nothing was taken in then.
    pub(super) fn learn(
        &mut self,
        piece: Vec<Link>,
        is_configured: impl Fn(&Thumbprint) -> bool,
    ) -> Result<()> {
        if !piece.windows(2).all(|two| two[0].joins(&two[1])) {
            return Err(Error::new(Code::BadChain, "the root rotations do not follow one another"));
        }
        let is_trusted = |kid: &Thumbprint| is_configured(kid) || self.number(kid).is_some();
        if !piece.iter().any(|link| is_trusted(&link.old) || is_trusted(&link.new)) {
            let kid = piece.first().map(|link| link.old.to_string()).unwrap_or_default();
            let fact = format!(
                "the root rotation is signed by the key {kid}, which leads to none of the trusted root keys"
            );
            return Err(Error::new(Code::UntrustedKey, fact));
        }
        let mut line = self.clone();
        let kids: Vec<Thumbprint> = piece.iter().map(|link| link.new).collect();
        for link in piece {
            line.make_way(&link, &is_configured);
            line.fits(&link)?;
            line.put(link);
        }
        for new in kids {
            line.in_force(&new)?;
        }
        *self = line;
        Ok(())
    }

    /// A root that was given to the program itself wins over one that it has only heard of: a new build is the way out after
    /// a thief's rotation came first.
    fn make_way(&mut self, link: &Link, is_configured: impl Fn(&Thumbprint) -> bool) {
        let Some((&seq, _)) = self.0.iter().find(|(_, known)| known.old == link.old) else {
            return;
        };
        let learned_only = self.0.range(seq..).all(|(_, known)| !is_configured(&known.new));
        let other = self.0.get(&seq).is_some_and(|known| known.new != link.new);
        if other && learned_only && is_configured(&link.new) {
            self.0.split_off(&seq);
        }
    }

    fn fits(&self, link: &Link) -> Result<()> {
        let seq = link.rotation.seq;
        let another = |fact: &str| Err(Error::new(Code::UntrustedKey, fact));
        if self.0.values().any(|known| known.old == link.old && known.new != link.new) {
            return another("another successor of this root key is known");
        }
        if self.0.values().any(|known| known.new == link.new && known.old != link.old) {
            return another("another predecessor of this root key is known");
        }
        for (kid, number) in [(&link.old, seq - 1), (&link.new, seq)] {
            if self.number(kid).is_some_and(|known| known != number) {
                let fact =
                    format!("the root key {kid} is known under another number than {number}");
                return Err(Error::new(Code::BadChain, fact));
            }
            if self.at(number).is_some_and(|known| known != kid) {
                return another(&format!("another root key with the number {number} is known"));
            }
        }
        Ok(())
    }

    /// The same rotation with an earlier end, which both roots must have signed, counts; one with a later end does not.
    fn put(&mut self, link: Link) {
        let seq = link.rotation.seq;
        if self.0.get(&seq).is_none_or(|known| link.rotation.until < known.rotation.until) {
            self.0.insert(seq, link);
        }
    }

    /// A root that another has replaced cannot vouch for a predecessor any more.
    fn in_force(&self, new: &Thumbprint) -> Result<()> {
        let link = self.0.values().find(|link| link.new == *new);
        let ended =
            self.until(new).is_some_and(|u| link.is_some_and(|l| l.rotation.issued_at >= u));
        if ended {
            return Err(super::retired(new));
        }
        Ok(())
    }
}
