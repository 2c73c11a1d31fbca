//! Why something that was brought was not read: the same shape as a refusal of the desk.

use crate::language::Say;
use crate::look::picture::{PHOTO, Unusable};

/// Why one file, or one zip, was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// Larger than a request can be.
    TooLarge,
    /// A zip in a zip.
    NestedZip,
    /// Asks for a password.
    Encrypted,
    /// Compressed in a way that nobody's files need.
    Compression,
    /// Broken, or made to be read in two ways.
    DamagedZip,
    /// Two entries of one name: most programs would show one of them only.
    SameNames,
    /// No file in it.
    EmptyZip,
    /// Another kind of archive.
    OtherArchive,
    /// A picture that is not read.
    Picture(Unusable),
    /// A picture without a code that could be made out.
    NoCode,
}

impl Unread {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::TooLarge,
        Self::NestedZip,
        Self::Encrypted,
        Self::Compression,
        Self::DamagedZip,
        Self::SameNames,
        Self::EmptyZip,
        Self::OtherArchive,
        Self::Picture(Unusable::Damaged),
        Self::NoCode,
    ];

    /// The stable code; the messages about it begin with it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "file-too-large",
            Self::NestedZip => "zip-in-zip",
            Self::Encrypted => "zip-encrypted",
            Self::Compression => "zip-compression",
            Self::DamagedZip => "zip-damaged",
            Self::SameNames => "zip-same-names",
            Self::EmptyZip => "zip-empty",
            Self::OtherArchive => "other-archive",
            Self::Picture(_) => "picture-unread",
            Self::NoCode => "picture-no-code",
        }
    }

    /// A few words for a heading.
    pub fn title(self) -> Say {
        Say::new(format!("{}-title", self.code()))
    }

    /// What happened, as a sentence.
    pub fn fact(self) -> Say {
        match self {
            Self::Picture(unusable) => unusable.say(PHOTO),
            _ => Say::new(self.code()),
        }
    }

    /// What to do next.
    pub fn advice(self) -> Say {
        Say::new(format!("{}-advice", self.code()))
    }
}

/// Why an upload was not taken at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TooMuch {
    /// Too many files.
    Files,
    /// Too large, inflated.
    Bytes,
    /// A zip that inflates to many times its size.
    Ratio {
        /// Its name.
        zip: String,
    },
}

impl TooMuch {
    /// What happened, as a sentence.
    pub fn fact(&self) -> Say {
        match self {
            Self::Files => Say::new("error-upload-many").with("most", super::read::MOST_FILES),
            Self::Bytes => Say::new("error-upload-large"),
            Self::Ratio { zip } => Say::new("error-upload-ratio").with("zip", zip),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn whatever_is_not_read_says_what_happened_and_what_to_do_in_every_language() {
        let unread = Unread::ALL.iter().flat_map(|u| [u.title(), u.fact(), u.advice()]);
        let ratio = TooMuch::Ratio { zip: "a.zip".to_owned() };
        let too_much = [TooMuch::Files, TooMuch::Bytes, ratio].map(|t| t.fact());
        for say in unread.chain(too_much) {
            for language in Language::all() {
                let said = language.say(&say);
                assert!(said.contains(' ') && !said.contains("{$"), "{say:?}: {said}");
            }
        }
    }
}
