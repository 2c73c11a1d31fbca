//! What the document says of doors that are older than `operation.rs`: they read files, lines and bare tokens.

use axum::http::Method;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Deserialize;

use super::answers::{
    AnsweredRequest, ByProduct, JournalState, RequestPreview, RequestToAnswer, TrialTerms,
};
use super::operation::{ById, Described};
use super::policy::Asked;
use super::support::Sent;

const REQUEST_PROBLEMS: &[(u16, &str)] = &[
    (400, "bad-json"),
    (400, "broken-body"),
    (403, "wrong-proof"),
    (404, "unknown-license"),
    (409, "seats-used-up"),
    (413, "too-long"),
    (415, "unsupported-media-type"),
    (422, "not-a-token"),
];

fn door(name: &'static str, summary: &'static str) -> Described {
    Described {
        body: Some(|g| g.subschema_for::<RequestToAnswer>()),
        answer: Some(|g| g.subschema_for::<AnsweredRequest>()),
        plain: &["text/plain"],
        plain_answer: &["text/plain"],
        problems: REQUEST_PROBLEMS,
        more: "The request proves itself: no token is needed. With Accept: text/plain the answer is the response file.",
        ..Described::new(Method::POST, name, summary)
    }
}

/// `POST /api/v1/activations`
pub(crate) fn activate() -> Described {
    door("answerActivation", "Answer an activation request")
}

/// `POST /api/v1/deactivations`
pub(crate) fn deactivate() -> Described {
    door("answerDeactivation", "Answer a deactivation request")
}

/// The proof of work of a trial.
#[derive(Debug, Deserialize, JsonSchema)]
#[allow(dead_code, reason = "it describes a query that is read by hand")]
struct Work {
    /// The nonce that proves work, where that is asked for.
    work: Option<String>,
}

/// `POST /api/v1/trials`
pub(crate) fn start_trial() -> Described {
    Described {
        query: Some(|g| g.subschema_for::<Work>()),
        problems: &[
            (400, "bad-json"),
            (400, "broken-body"),
            (404, "no-trial"),
            (409, "trial-already-used"),
            (413, "too-long"),
            (415, "unsupported-media-type"),
            (422, "not-a-token"),
            (428, "work-required"),
        ],
        ..door("startTrial", "Answer a trial request")
    }
}

/// `GET /api/v1/trials/{product}`
pub(crate) fn trial_terms() -> Described {
    Described {
        path: Some(|g| g.subschema_for::<ByProduct>()),
        answer: Some(|g| g.subschema_for::<TrialTerms>()),
        problems: &[(404, "not-found"), (404, "unknown-product"), (404, "no-trial")],
        ..Described::get("getTrialTerms", "Show what a trial of a product is")
    }
}

/// `POST /api/v1/requests`
pub(crate) fn answer() -> Described {
    Described {
        body: Some(|g: &mut SchemaGenerator| g.subschema_for::<Sent>()),
        plain: &[],
        more: "Any kind of request, in the name of the token's owner. The same request gets the same answer for ever: no key is needed.",
        ..door("answerRequest", "Answer a request")
    }
}

/// `POST /api/v1/requests/preview`
pub(crate) fn preview() -> Described {
    Described {
        answer: Some(|g| g.subschema_for::<RequestPreview>()),
        plain_answer: &[],
        more: "Nothing is used up.",
        ..Described {
            name: "previewRequest",
            summary: "Show what answering a request would do",
            ..answer()
        }
    }
}

/// `GET /api/v1/policy`
pub(crate) fn policy() -> Described {
    Described {
        query: Some(|g| g.subschema_for::<Asked>()),
        plain_answer: &["application/toml"],
        more: "As countersign sign --policy reads it. With licenses=true the token needs license-keys:read as well.",
        problems: &[(404, "not-found"), (422, "too-many-licenses")],
        ..Described::get("getPolicy", "Show what is granted, for a desk without a network")
    }
}

/// `POST /api/v1/journals`
pub(crate) fn push_journal() -> Described {
    Described {
        plain: &["text/plain"],
        answer: Some(|g| g.subschema_for::<JournalState>()),
        more: "The first line of a journal, and entries that follow one another from any number on, as its lines.",
        problems: &[
            (400, "broken-body"),
            (409, "journal-does-not-follow"),
            (413, "journal-too-large"),
            (422, "journal-unreadable"),
        ],
        ..Described::post("pushJournal", "Hand in what an offline signer signed")
    }
}

/// Which entry's hash.
#[derive(Debug, Deserialize, JsonSchema)]
#[allow(dead_code, reason = "it describes a query that is read elsewhere")]
struct At {
    /// The entry whose hash is asked for beside the last one's.
    n: Option<u64>,
}

/// `GET /api/v1/journals/{id}`
pub(crate) fn show_journal() -> Described {
    Described {
        path: Some(|g| g.subschema_for::<ById>()),
        query: Some(|g| g.subschema_for::<At>()),
        answer: Some(|g| g.subschema_for::<JournalState>()),
        problems: &[(404, "not-found")],
        ..Described::get("getJournal", "Show how far a journal is known")
    }
}
