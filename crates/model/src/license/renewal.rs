//! A response for a machine as it is known, without a request of it.

use super::{Grant, GrantId, License, Person, RequestId, Right, State, Status};

/// The answer to somebody who asks for a machine's grant anew, without a request of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewed {
    /// Signed.
    Done,
    /// The one that there is.
    Repeated(u64),
    /// Not theirs.
    NotTheirs,
    /// It is not what it was when it was read.
    Stale,
}

impl License {
    /// Somebody asks for a grant anew, as the answer to this request once more.
    pub fn renew_without_request(
        &mut self,
        (id, request): (GrantId, RequestId),
        (person, right): (Person, &Right),
        (import_by, answer): (u64, u64),
        now: u64,
    ) -> Renewed {
        let may = match right {
            Right::Vendor | Right::Support | Right::Own => true,
            Right::Member => !self.groups_of(person).is_empty(),
            Right::Reads | Right::Stranger => false,
        };
        if !may {
            return Renewed::NotTheirs;
        }
        let name = (id, request, self.version);
        if let Some((_, answer)) = self.renewals.get(&name).filter(|(until, _)| *until > now) {
            return Renewed::Repeated(*answer);
        }
        let counts = self.status == Status::Active && self.end.is_none_or(|end| end > now);
        let is_it = |g: &&mut Grant| g.state == State::Active && g.request == Some(request);
        let Some(grant) = self.grants.get_mut(&id).filter(is_it).filter(|_| counts) else {
            return Renewed::Stale;
        };
        grant.granted = grant.granted.max(now);
        grant.signed.insert((now, request));
        self.renewals.insert(name, (import_by, answer));
        Renewed::Done
    }
}
