//! Which kinds of work there are, how much of each is done at a time, and which one a request is.
//!
//! In front of the database stands a queue without an end: what bounds it are these lanes together. A body is here before its
//! request takes a place, unless it is a large one, which has lanes of its own: whoever sends slowly holds up nobody but others
//! who send much.

use std::time::Duration;

use axum::body::{Body, HttpBody as _, to_bytes};
use axum::extract::{MatchedPath, Request};
use axum::http::{Method, Version, header};

use crate::lane::{Lane, Width};
use crate::metrics::LaneCounts;

/// A kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Requests of machines at the API: activations and deactivations.
    Machines,
    /// Trials, which everybody may ask for.
    Trials,
    /// Programs that act for somebody, by a token.
    Programs,
    /// Logging in, and links from mails.
    Logins,
    /// Pages for strangers.
    Visitors,
    /// Pages for whoever is logged in.
    People,
    /// Large bodies of strangers.
    StrangersUploads,
    /// Large bodies of people and programs that are known.
    Uploads,
    /// Password hashes.
    Passwords,
}

/// Who a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Stranger,
    Person,
    Program,
}

/// All lanes.
#[derive(Debug)]
pub(crate) struct Lanes([Lane; Work::ALL.len()]);

/// A larger body is an upload.
const SMALL: u64 = 64 * 1024;

/// Where people come in: they get in while others look at pages in such numbers that those are full.
const LOGINS: [&str; 9] = [
    "/login",
    "/forgot",
    "/reset",
    "/confirm",
    "/revert",
    "/invite",
    "/setup",
    "/password",
    "/logout",
];

impl Work {
    /// All kinds, in the order of their declaration.
    pub const ALL: [Self; 9] = [
        Self::Machines,
        Self::Trials,
        Self::Programs,
        Self::Logins,
        Self::Visitors,
        Self::People,
        Self::StrangersUploads,
        Self::Uploads,
        Self::Passwords,
    ];

    /// Its name, in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Machines => "machines",
            Self::Trials => "trials",
            Self::Programs => "programs",
            Self::Logins => "logins",
            Self::Visitors => "visitors",
            Self::People => "people",
            Self::StrangersUploads => "strangers-uploads",
            Self::Uploads => "uploads",
            Self::Passwords => "passwords",
        }
    }

    /// How much of it is done at a time, unless it is configured otherwise.
    pub fn width(self) -> Width {
        let width = |at_a_time, waiting, seconds| Width {
            at_a_time,
            waiting,
            patience: Duration::from_secs(seconds),
        };
        match self {
            // The largest group that is committed at once, and four more.
            Self::Machines => width(256, 1024, 5),
            // More at a time would not be answered faster: the database takes them together.
            Self::Trials => width(16, 128, 2),
            Self::Programs | Self::Logins | Self::Visitors => width(64, 256, 5),
            Self::People => width(128, 512, 5),
            // Each of them may be 18 MiB in memory.
            Self::StrangersUploads => width(32, 64, 5),
            Self::Uploads => width(64, 64, 5),
            // Each takes 19 MiB and tens of milliseconds of a core: a flood of logins must not take all of either.
            Self::Passwords => width(2, 64, 10),
        }
    }

    /// What a request is, by who sends it, where to, and how much.
    pub(crate) fn of(request: &Request, who: Who) -> Self {
        if !is_small(request) {
            return if who == Who::Stranger { Self::StrangersUploads } else { Self::Uploads };
        }
        let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let is_login = LOGINS.iter().any(|start| {
            route.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        match who {
            _ if is_login => Self::Logins,
            Who::Stranger => Self::Visitors,
            Who::Person => Self::People,
            Who::Program => Self::Programs,
        }
    }
}

impl Lanes {
    pub(crate) fn new(width: fn(Work) -> Width, counts: &LaneCounts) -> Self {
        Self(Work::ALL.map(|work| Lane::new(width(work), counts.of(work))))
    }

    pub(crate) fn of(&self, work: Work) -> &Lane {
        &self.0[work as usize]
    }
}

/// By what it says of its length, which the listener holds it to; a body that says nothing of it is not.
fn is_small(request: &Request) -> bool {
    let headers = request.headers();
    match headers.get(header::CONTENT_LENGTH) {
        Some(length) => length
            .to_str()
            .ok()
            .and_then(|length| length.parse().ok())
            .is_some_and(|l: u64| l <= SMALL),
        None if headers.contains_key(header::TRANSFER_ENCODING) => false,
        // HTTP/1 has no body then; HTTP/2 may have one.
        None => {
            request.version() < Version::HTTP_2
                || matches!(*request.method(), Method::GET | Method::HEAD)
        }
    }
}

/// The same request with a small body that is here; `None` when it broke off, or stood still.
pub(crate) async fn arrived(request: Request) -> Option<Request> {
    if !is_small(&request) || request.body().is_end_stream() {
        return Some(request);
    }
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, usize::try_from(SMALL).unwrap_or(usize::MAX)).await.ok()?;
    Some(Request::from_parts(parts, Body::from(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_work_has_the_lane_of_its_name() {
        for (n, work) in Work::ALL.into_iter().enumerate() {
            assert_eq!(work as usize, n, "{}", work.name());
        }
    }

    #[test]
    fn a_body_of_unknown_length_is_an_upload() {
        let of = |name: &str, value: &str, who| {
            let request = Request::post("/").header(name, value).body(Body::empty()).unwrap();
            Work::of(&request, who)
        };
        assert_eq!(Work::of(&Request::new(Body::empty()), Who::Stranger), Work::Visitors);
        assert_eq!(of("content-length", "65536", Who::Person), Work::People);
        assert_eq!(of("content-length", "65537", Who::Person), Work::Uploads);
        assert_eq!(of("transfer-encoding", "chunked", Who::Stranger), Work::StrangersUploads);
        assert_eq!(of("transfer-encoding", "chunked", Who::Program), Work::Uploads);
    }
}
