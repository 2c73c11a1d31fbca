//! What an answer says, in the words of the model.

use countersign_core::{Hash, Id};
use countersign_model::license::Status;
use countersign_model::linear::seats::{Activation, Deactivation, Done, Looked};
use reqwest::StatusCode;
use serde_json::Value;

/// A whole answer.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Whether it says what became of the operation. A portal that cannot answer now says so, and may have done it.
    pub(crate) fn is_answer(&self) -> bool {
        !self.status.is_server_error() && self.status != StatusCode::TOO_MANY_REQUESTS
    }

    pub(crate) fn activation(&self) -> Activation {
        match (self.status.as_u16(), self.code().as_str()) {
            (200, _) => Activation::Granted(number(&self.id()), number(&self.body)),
            (_, "seats-used-up") => Activation::SeatsUsedUp,
            (_, "license-suspended") => Activation::Suspended,
            (_, "reinstalls-used-up") => Activation::ReinstallsUsedUp,
            _ => panic!("{} {}", self.status, self.body),
        }
    }

    pub(crate) fn deactivation(&self) -> Deactivation {
        match (self.status.as_u16(), self.code().as_str()) {
            (200, _) => Deactivation::Receipt(number(&self.body)),
            (_, "deactivations-used-up") => Deactivation::UsedUp,
            (_, "superseded") => Deactivation::Superseded,
            (_, "unknown-activation") => Deactivation::Unknown,
            _ => panic!("{} {}", self.status, self.body),
        }
    }

    pub(crate) fn change(&self) -> Done {
        match (self.status.as_u16(), self.code().as_str()) {
            (200, _) => Done::Yes,
            (409, "conflict") => Done::BelowUse,
            (412, _) => Done::No,
            _ => panic!("{} {}", self.status, self.body),
        }
    }

    pub(crate) fn look(&self) -> Looked {
        assert_eq!(self.status, 200, "{}", self.body);
        let shown = self.json();
        let count = |name: &str| shown[name].as_u64();
        Looked {
            in_use: count("live_activations").unwrap() + count("over_activations").unwrap(),
            given_up: count("total_deactivations").unwrap(),
            seats: count("allowed_activations"),
            deactivations: count("allowed_deactivations"),
            status: match shown["status"].as_str() {
                Some("active") => Status::Active,
                Some("suspended") => Status::Suspended,
                other => panic!("{other:?}"),
            },
        }
    }

    /// The id of the response.
    pub(crate) fn id(&self) -> String {
        self.json()["id"].as_str().unwrap().to_owned()
    }
}

/// The name of a text in the model: below what the model keeps for what nobody saw.
pub(crate) fn number(text: &str) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *Hash::of(text).as_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h]) >> 4
}

pub(crate) fn name(id: Id) -> u64 {
    number(&id.to_string())
}
