//! Stable error codes (docs/format.md, section 6), the fact that goes with an occurrence, and the advice that goes with a code.

use std::fmt;

/// The result of everything here that reads what arrived.
pub type Result<T> = std::result::Result<T, Error>;

/// What is wrong with something that arrived: a stable code and the fact in words, without advice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fact}")]
pub struct Error {
    code: Code,
    fact: String,
}

impl Error {
    /// An error of `code`; `fact` is a sentence without a full stop, about this occurrence.
    pub fn new(code: Code, fact: impl Into<String>) -> Self {
        Self { code, fact: fact.into() }
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What to do next, for the person who holds the file.
    pub fn advice(&self) -> &'static str {
        self.code.advice()
    }
}

macro_rules! codes {
    ($($variant:ident $text:literal $doc:literal $advice:literal)*) => {
        /// The error codes of the format: the same in every implementation, API answer and exit message.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $(#[doc = $doc] $variant,)* }

        impl Code {
            /// Every code, in the order of the specification.
            pub const ALL: &[Code] = &[$(Code::$variant),*];

            /// The code as it stands in API answers and the specification.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)* }
            }

            /// A sentence that says what to do next.
            pub fn advice(self) -> &'static str {
                match self { $(Code::$variant => $advice,)* }
            }
        }
    };
}

codes! {
    TooLong "too-long" "A token over 16,384 characters."
        "This is not a file of this program. Take the .request or .response file itself."
    NotAToken "not-a-token" "Not three parts."
        "Take the .request or .response file as it was written, or paste all of it."
    BadEncoding "bad-encoding" "Not base64url, or not UTF-8 inside."
        "The file was changed on the way. Copy the original again, as a file rather than as text."
    BadJson "bad-json" "Syntax, duplicate member, depth, or not an object."
        "The file was not made by a correct program. Make it again with the current version of the app."
    BadHeader "bad-header" "A header member is missing, unknown or wrong."
        "The file was not made by a correct program. Make it again with the current version of the app."
    WrongAlg "wrong-alg" "An algorithm other than EdDSA."
        "Do not trust this file. Ask for a new one from the place where it should come from."
    UnknownType "unknown-type" "A kind of token that this version does not know."
        "The file may come from a newer version. Update the program that reads it."
    WrongType "wrong-type" "A known kind of token, but not the one asked for."
        "Take the other file: requests go from the machine to the vendor, responses come back."
    BadSignature "bad-signature" "The signature does not fit the content."
        "The content was changed after signing. Copy the original again; if it stays so, ask for a new one."
    BadClaim "bad-claim" "A claim is missing, of the wrong type or out of range."
        "The file was not made by a correct program. Make it again with the current version of the app."
    UntrustedKey "untrusted-key" "Signed by a key that is no root and has no valid chain."
        "This was not signed by this vendor. Check that the file belongs to this product, and ask the vendor."
    BadChain "bad-chain" "There is a delegation, but it is invalid or names another key."
        "The vendor's signing set-up is faulty. Send this file to the vendor's support."
    OutOfScope "out-of-scope" "Type, product, length or signing time lie outside the delegation."
        "The signer was not allowed to give this. Ask the vendor for a response signed with a key that may."
    ApprovalMissing "approval-missing" "The delegation asks for a second key's approval of such a grant, and none came along."
        "The signer may not give this alone. Ask the vendor for a response that a second person has approved."
    ApprovalWrong "approval-wrong" "There is an approval, but it is invalid, or of something else, or its key may not approve this."
        "Do not use this file. Send it to the vendor's support, who can see what is wrong with the approval."
    RevokedKey "revoked-key" "The signing key no longer counts."
        "The vendor withdrew the key that signed this. Ask the vendor for a new response."
    RetiredKey "retired-key" "Hangs on a root key that another one has replaced."
        "The vendor has a newer root key. Ask the vendor for a new response, signed under that one."
    EndedKey "ended-key" "Signed by a key whose delegation had ended before a time that is known to have come."
        "Make a new request here and ask the vendor for a response signed with a current key."
    BackDated "back-dated" "Signed under a delegation that, by this machine's clock, had ended before the request was made."
        "Set this machine's clock right, make a new request and take that one to the vendor. If the clock is right, ask for a response signed with a current key; support can send a time reset."
    WrongProduct "wrong-product" "Made for another product."
        "Take the file for this product."
    WrongDevice "wrong-device" "Made for another installation: the device key differs."
        "Each response fits one installation. Make a new request here and take that one to the vendor."
    WrongMachine "wrong-machine" "Too many fingerprint components differ."
        "Install it on the machine that made the request, or make a new request on this one."
    UnknownRequest "unknown-request" "Answers no request that this installation made."
        "Make a new request here and take that one to the vendor."
    ImportExpired "import-expired" "The import deadline has passed."
        "Check this machine's date. If it is right, make a new request here and take that one to the vendor."
    Deactivated "deactivated" "The activation was given up on this machine."
        "A given-up activation cannot be installed again. Make a new activation request."
    Superseded "superseded" "A newer grant for the same activation is installed, or a newer installation took the seat."
        "Nothing needs to be done: what is installed is newer than this file."
    DamagedFile "damaged-file" "The carrier is incomplete or has foreign characters in it."
        "Copy the original file again, as a file rather than as text."
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
