//! Signing into the journal: the same request gets the same response, and no response is handed out that is not on disk.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use countersign_core::request::VerifiedRequest;
use countersign_core::response::Response;
use countersign_core::{Expect, Hash, UnixSeconds};
use countersign_journal::{Head, Journal, New, Opened};

use super::args::Sign;
use super::desk::Desk;
use super::second::Approved;
use crate::fail::Failure;
use crate::files;

/// The journal of the key that signs, or none where it was declined.
pub(crate) struct Book(Option<Mutex<Journal>>);

/// What a request got.
pub(crate) struct Answered {
    pub(crate) response: Response,
    pub(crate) token: String,
    /// The number of its entry.
    pub(crate) entry: Option<u64>,
    pub(crate) is_new: bool,
}

impl Book {
    /// Opens or begins the journal. The second value is what is to be said about it.
    pub(crate) fn open(options: &Sign, desk: &Desk) -> Result<(Self, Option<String>), Failure> {
        if options.journal.no_journal {
            return Ok((Self(None), None));
        }
        let path = options.journal.journal.clone();
        let path = path.unwrap_or_else(|| options.key().with_extension("journal"));
        let (journal, opened) = Journal::open(&path, desk.kid(), files::now(), &mut files::rng())?;
        Ok((Self(Some(Mutex::new(journal))), note(&path, opened)))
    }

    /// No journal.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// The journal's file.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        self.journal().map(|journal| journal.path().to_owned())
    }

    /// Where the journal ended when it was last looked at.
    pub(crate) fn head(&self) -> Option<Head> {
        self.journal().map(|journal| journal.head())
    }

    /// Whether a request was answered, as far as is known without looking at the file again.
    pub(crate) fn knows(&self, request: &Hash) -> Result<bool, Failure> {
        match self.journal() {
            Some(mut journal) => Ok(journal.lock()?.knows(request)),
            None => Ok(false),
        }
    }

    /// Answers a group of requests, one result each in their order. All that is new is on disk when this comes back.
    ///
    /// # Errors
    /// The journal's own: then nothing of the group was signed.
    pub(crate) fn answer(
        &self,
        desk: &Desk,
        requests: &[&VerifiedRequest],
        approved: &Approved,
        now: UnixSeconds,
    ) -> Result<Vec<Result<Answered, Failure>>, Failure> {
        let known = self.known(requests)?;
        let ready: Vec<Option<Result<Ready, Failure>>> = requests
            .iter()
            .zip(&known)
            .map(|(request, known)| (!known).then(|| Ready::of(desk, request, approved, now)))
            .collect();
        match self.journal() {
            Some(mut journal) => enter(&mut journal, desk, requests, ready),
            None => Ok(ready.into_iter().flatten().map(Ready::without_journal).collect()),
        }
    }

    fn known(&self, requests: &[&VerifiedRequest]) -> Result<Vec<bool>, Failure> {
        let Some(mut journal) = self.journal() else { return Ok(vec![false; requests.len()]) };
        let locked = journal.lock()?;
        Ok(requests.iter().map(|request| locked.knows(&request.hash())).collect())
    }

    fn journal(&self) -> Option<MutexGuard<'_, Journal>> {
        // A worker that panicked has not left a half-written journal: what is known of it is read again under the lock.
        self.0.as_ref().map(|journal| journal.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A response that is signed, or, where its number is known under the journal's lock only, ready to be.
struct Ready {
    response: Response,
    token: Option<String>,
}

impl Ready {
    /// Signing is the work: where no number is needed it goes on beside what others write.
    fn of(
        desk: &Desk,
        request: &VerifiedRequest,
        approved: &Approved,
        now: UnixSeconds,
    ) -> Result<Self, Failure> {
        if let Some((response, token)) = approved.get(&request.hash()) {
            return Ok(Self { response: response.clone(), token: Some(token.clone()) });
        }
        let response = desk.response(request, now)?;
        let is_counted = response.granted().is_some() && desk.signer.max_grants().is_some();
        let token = (!is_counted).then(|| desk.signer.sign(&response)).transpose()?;
        Ok(Self { response, token })
    }

    /// Number `count` under the delegation, where that counts.
    fn numbered(self, desk: &Desk, count: u64) -> Result<Answered, Failure> {
        let token = match (self.token, desk.signer.max_grants()) {
            (Some(token), _) => token,
            (None, Some(most)) if count > most => return Err(used_up(most)),
            (None, _) => desk.signer.sign_counted(&self.response, count)?,
        };
        Ok(Answered { response: self.response, token, entry: None, is_new: true })
    }

    fn without_journal(ready: Result<Self, Failure>) -> Result<Answered, Failure> {
        let Self { response, token } = ready?;
        let token = token.ok_or_else(|| {
            Failure::refused(
                "journal-needed",
                "this key's delegation counts its grants, and without the journal nobody counts them",
                "Nothing was signed. Sign without --no-journal.",
            )
        })?;
        Ok(Answered { response, token, entry: None, is_new: true })
    }
}

fn used_up(most: u64) -> Failure {
    Failure::refused(
        "grants-used-up",
        format!("the delegation of this key allows {most} grants, and all of them were given"),
        "Nothing was signed. Ask whoever keeps the root key for another delegation.",
    )
}

/// Signs what needs a number and writes the group into the journal.
fn enter(
    journal: &mut Journal,
    desk: &Desk,
    requests: &[&VerifiedRequest],
    ready: Vec<Option<Result<Ready, Failure>>>,
) -> Result<Vec<Result<Answered, Failure>>, Failure> {
    let mut locked = journal.lock()?;
    let mut entries: Vec<New> = Vec::with_capacity(requests.len());
    let mut here: HashSet<Hash> = HashSet::with_capacity(requests.len());
    let first = locked.head().count + 1;
    let mut granted = desk.delegation.map_or(0, |delegation| locked.granted(&delegation));
    let mut results: Vec<Option<Result<Answered, Failure>>> = Vec::with_capacity(requests.len());
    for (request, ready) in requests.iter().zip(ready) {
        let hash = request.hash();
        // Somebody else was faster, or it is twice in this group: theirs counts.
        let Some(ready) = ready.filter(|_| !locked.knows(&hash) && !here.contains(&hash)) else {
            results.push(None);
            continue;
        };
        let answered = ready.and_then(|ready| ready.numbered(desk, granted + 1));
        results.push(Some(answered.map(|mut answered| {
            let under = desk.under(&answered.response);
            granted += u64::from(under.is_some());
            answered.entry = Some(first + entries.len() as u64);
            entries.push(New {
                at: answered.response.issued_at,
                request: hash,
                response: answered.token.clone(),
                under,
            });
            here.insert(hash);
            answered
        })));
    }
    locked.append(&entries)?;
    let results = results.into_iter().zip(requests).map(|(result, request)| match result {
        Some(result) => Ok(result),
        None => match locked.find(&request.hash())? {
            Some((number, token)) => Ok(again(desk, number, token)),
            None => Ok(Err(Failure::refused(
                "journal-replaced",
                "the journal does not have the entry any more that it had",
                "Nothing was signed for it. See what is wrong: countersign journal verify.",
            ))),
        },
    });
    results.collect()
}

/// What the journal has is verified as any response is before it is handed out once more.
fn again(desk: &Desk, number: u64, token: String) -> Result<Answered, Failure> {
    let verified = desk.roots.verify_response(&token, Expect::Response).map_err(|error| {
        Failure::refused(
            error.code().as_str(),
            format!("it was answered by entry {number} of the journal, and that does not verify now: {error}"),
            "Nothing was signed. Check --root and --chain; see what is in the journal: countersign journal verify.",
        )
    })?;
    Ok(Answered { response: verified.claims().clone(), token, entry: Some(number), is_new: false })
}

fn note(path: &std::path::Path, opened: Opened) -> Option<String> {
    let path = path.display();
    if opened.is_new {
        Some(format!("The journal {path} was begun: keep it beside the key, and a copy elsewhere."))
    } else if opened.cut > 0 {
        Some(format!(
            "The last line of the journal {path} had not been written whole: {} bytes were cut off. \
             Its response was never handed out.",
            opened.cut
        ))
    } else {
        None
    }
}
