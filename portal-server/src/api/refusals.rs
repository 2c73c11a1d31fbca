//! What operations of the API refuse, beside what the desk does.

use std::fmt::Display;

use axum::http::StatusCode;
use countersign_store::StoreError;
use serde_json::json;

use crate::desk::Refusal;
use crate::fields::Unfit;
use crate::language::{Language, Say};
use crate::licensing::Trouble;
use crate::problem::Problem;

const NOTHING: &str = "Nothing was changed.";

fn refused(
    status: StatusCode,
    code: &'static str,
    title: &str,
    fact: &str,
    advice: &str,
) -> Problem {
    Problem::new(status, code, title, fact, &format!("{NOTHING} {advice}"))
}

impl Problem {
    /// The question in the address is not understood.
    pub(crate) fn bad_query(fact: &str) -> Self {
        let advice = "Ask with the parameters that /api/v1/openapi.json has for this address.";
        refused(
            StatusCode::BAD_REQUEST,
            "bad-query",
            "Not a question that is answered",
            fact,
            advice,
        )
    }

    /// A cursor of another question, another token, or none.
    pub(crate) fn bad_cursor() -> Self {
        let fact = "the cursor was not made for this question by this token";
        let advice = "Begin again without a cursor; take the next one from next, and leave the other parameters as they are.";
        refused(StatusCode::BAD_REQUEST, "bad-cursor", "Not a place in this list", fact, advice)
    }

    /// The body is not what an operation takes.
    pub(crate) fn bad_body(fact: &str) -> Self {
        let advice = "Send one JSON object with the members that /api/v1/openapi.json has for this address, each once.";
        refused(StatusCode::BAD_REQUEST, "bad-json", "The body is not readable", fact, advice)
    }

    /// More than `most` bytes.
    pub(crate) fn body_too_large(most: usize) -> Self {
        let fact = format!("a body has at most {} KiB here", most / 1024);
        let advice = "Send less at a time.";
        refused(StatusCode::PAYLOAD_TOO_LARGE, "too-long", "Too large", &fact, advice)
    }

    /// A body that is JSON where bytes are taken, or says nothing.
    pub(crate) fn other_bytes(kinds: &[&str]) -> Self {
        let fact = "the body does not say, once, that it is of a type that is taken here";
        let advice = format!("Send one Content-Type: {}.", kinds.join(", or "));
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        refused(status, "unsupported-media-type", "Another type of body", fact, &advice)
    }

    /// A part of a file is not what its hash says.
    pub(crate) fn broken_piece() -> Self {
        let fact = "the piece came otherwise than Content-Digest says";
        let advice = "Send the same piece again.";
        refused(StatusCode::BAD_REQUEST, "broken-body", "The body did not arrive", fact, advice)
    }

    /// The body is none of these types.
    pub(crate) fn other_body(kinds: &str) -> Self {
        let fact = format!("the body does not say, once, that it is {kinds}");
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        let advice = format!("Send Content-Type: {kinds}.");
        refused(status, "unsupported-media-type", "Another type of body", &fact, &advice)
    }

    pub(crate) fn not_acceptable() -> Self {
        let (fact, advice) = (
            "what is answered here is application/json",
            "Send Accept: application/json, or none.",
        );
        let status = StatusCode::NOT_ACCEPTABLE;
        refused(status, "not-acceptable", "Another type of answer", fact, advice)
    }

    /// A key that is none.
    pub(crate) fn bad_key() -> Self {
        let fact =
            "the header Idempotency-Key is not one key of 1 to 255 printable ASCII characters";
        let advice = "Send a key that is used for this one write, such as a UUID.";
        refused(StatusCode::BAD_REQUEST, "bad-idempotency-key", "Not a key", fact, advice)
    }

    /// The key was used for something else.
    pub(crate) fn key_reused() -> Self {
        let fact = "this Idempotency-Key was used within the last day for something else";
        let advice = "Take a new key for each write; the same key is for sending the same again.";
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        refused(status, "idempotency-key-reused", "The key is used", fact, advice)
    }

    /// The same is being done at this moment.
    pub(crate) fn key_in_use() -> Self {
        let fact = "the same write with this Idempotency-Key is being done at this moment";
        let advice = "This request did nothing. Wait a second and send it again: it gets the answer of the other one.";
        let (status, title) = (StatusCode::CONFLICT, "It is being done");
        Self::new(status, "idempotency-key-in-use", title, fact, advice)
    }

    /// It was done, and the answer of then is not known.
    pub(crate) fn done_before(subject: &str) -> Self {
        let fact = "this was done before with this Idempotency-Key, and its answer was not kept";
        let advice = format!("This request did nothing more. Look at {subject}.");
        let (status, title) = (StatusCode::CONFLICT, "It is done already");
        Self::new(status, "done-before", title, fact, &advice).with("location", json!(subject))
    }

    /// Not the revision that was to be changed.
    pub(crate) fn changed_meanwhile() -> Self {
        let fact =
            "it has another revision than the one that was named, or is being changed by others";
        let advice = "Read it again, and send the change with the revision that it has now.";
        let (status, title) = (StatusCode::PRECONDITION_FAILED, "It was changed meanwhile");
        refused(status, "changed-meanwhile", title, fact, advice)
    }

    /// No revision.
    pub(crate) fn bad_if_match() -> Self {
        let fact = "the header If-Match is neither one revision in quotes nor *";
        let advice = "Send the revision as ETag says it, such as If-Match: \"7\".";
        refused(StatusCode::BAD_REQUEST, "bad-if-match", "Not a revision", fact, advice)
    }

    /// The two-person rule: a program is no second person.
    pub(crate) fn second_person_needed() -> Self {
        let fact = "this needs a second admin's approval";
        let advice = "Do it on the vendor's pages: there it is proposed to the other admins.";
        let (status, title) = (StatusCode::FORBIDDEN, "A second person is needed");
        refused(status, "second-person-needed", title, fact, advice)
    }

    /// A value that is understood and not taken.
    pub(crate) fn unfit(say: impl Into<Say>) -> Self {
        Self::unfit_words(&Language::ENGLISH.say(&say.into()))
    }

    pub(crate) fn unfit_words(fact: &impl Display) -> Self {
        let advice = "Send it again with another value.";
        let (status, title) = (StatusCode::UNPROCESSABLE_ENTITY, "A value is not taken");
        refused(status, "unfit-value", title, &fact.to_string(), advice)
    }

    /// What there is speaks against it.
    pub(crate) fn conflict(say: impl Into<Say>) -> Self {
        Self::conflict_words(&Language::ENGLISH.say(&say.into()))
    }

    pub(crate) fn conflict_words(fact: &impl Display) -> Self {
        let advice = "Read what there is, and decide anew.";
        let (status, title) = (StatusCode::CONFLICT, "It cannot be done as things are");
        refused(status, "conflict", title, &fact.to_string(), advice)
    }

    /// It was done too often: by whoever, as the fact says.
    pub(crate) fn too_often(fact: impl Into<Say>, seconds: u64) -> Self {
        Self::rate_limited(seconds).saying(&Language::ENGLISH.say(&fact.into()))
    }

    /// What failed: the database, as it has it, or something else of ours.
    pub(crate) fn failed(error: anyhow::Error) -> Self {
        match error.downcast::<StoreError>() {
            Ok(error) => crate::desk::Refusal::Store(error).into(),
            Err(error) => Self::internal(&format!("{error:#}")),
        }
    }

    /// Lines of a table that are not taken, each named.
    pub(crate) fn bad_lines(faults: serde_json::Value, count: u64) -> Self {
        let fact = "something is wrong with lines of this table; faults names the first of them";
        let advice = "Correct the lines that faults names and send the whole table again; with ?dry_run=true it is looked at alone.";
        let (status, title) = (StatusCode::UNPROCESSABLE_ENTITY, "Lines are not taken");
        refused(status, "bad-lines", title, fact, advice)
            .with("faults", faults)
            .with("fault_count", json!(count))
    }

    /// A fault of ours.
    pub(crate) fn internal(error: &dyn Display) -> Self {
        Refusal::Store(StoreError::Commit(error.to_string())).into()
    }
}

/// Messages that are about what there is, and not about what was sent.
const OF_WHAT_THERE_IS: [&str; 10] = [
    "product-archived",
    "plan-archived",
    "plan-name-taken",
    "plan-too-many",
    "license-key-taken",
    "license-below-use",
    "limits-below-machines",
    "limits-below-deactivations",
    "table-organization-full",
    "organization-ambiguous",
];

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused(say) if matches!(say.key(), "license-stale" | "plan-changed") => {
                Self::changed_meanwhile()
            }
            Trouble::Refused(say) if OF_WHAT_THERE_IS.contains(&say.key()) => Self::conflict(say),
            Trouble::Refused(say) => Self::unfit(say),
            Trouble::Missing | Trouble::Forbidden => Self::not_found(),
            Trouble::Held => Self::second_person_needed(),
            Trouble::Store(error) => Refusal::Store(error).into(),
        }
    }
}

impl From<Unfit> for Problem {
    fn from(Unfit(say): Unfit) -> Self {
        Self::unfit(say)
    }
}
