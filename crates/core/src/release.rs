//! `release+jwt`: the files of a release with their hashes, signed (docs/format.md, sections 3 and 4).

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value, json};

use crate::UnixSeconds;
use crate::claims::Claims;
use crate::error::{Code, Error, Result};
use crate::ids::{Hash, Id, Malformed, ProductId};

/// The most files in one release: with the longest names they still fit into one token.
pub const MOST_FILES: usize = 50;

/// A release's claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The vendor's name (`iss`).
    pub issuer: String,
    /// The product (`aud`).
    pub product: ProductId,
    /// Its id (`jti`).
    pub id: Id,
    /// When it was signed (`iat`).
    pub issued_at: UnixSeconds,
    /// Its version.
    pub version: VersionName,
    /// The channel that it is published on, e.g. `stable`.
    pub channel: Channel,
    /// 1 to [`MOST_FILES`] files, no two with the same name.
    pub files: Vec<ListedFile>,
}

/// A file of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedFile {
    /// Its name.
    pub name: FileName,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of its content.
    pub sha256: Hash,
}

macro_rules! names {
    ($name:ident, $longest:literal, $allowed:expr, $ends:expr, $says:literal, $doc:literal) => {
        #[doc = $doc]
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Malformed;

            fn from_str(text: &str) -> std::result::Result<Self, Malformed> {
                let allowed: fn(u8) -> bool = $allowed;
                let ends: fn(&str) -> bool = $ends;
                let starts = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
                if starts && text.len() <= $longest && text.bytes().all(allowed) && ends(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(Malformed::new($says))
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

names!(
    FileName,
    96,
    |b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'+' | b'-'),
    |text| !text.ends_with('.'),
    "a file name is 1 to 96 of the characters A-Z a-z 0-9 . _ + -, begins with a letter or digit and does not end with a full stop",
    "The name of a file of a release: never a path, hidden, or to be quoted anywhere."
);
names!(
    VersionName,
    64,
    |b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'+' | b'-'),
    |_| true,
    "a version is 1 to 64 of the characters A-Z a-z 0-9 . _ + - and begins with a letter or digit",
    "A version as the vendor writes it."
);
names!(
    Channel,
    32,
    |b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'),
    |_| true,
    "a channel is 1 to 32 of the characters a-z 0-9 - and begins with a letter or digit",
    "The channel that a release is published on, e.g. `stable` or `beta`."
);

impl Release {
    /// The file of that name.
    pub fn file(&self, name: &str) -> Option<&ListedFile> {
        self.files.iter().find(|file| file.name.as_str() == name)
    }

    pub(crate) fn from_payload(payload: &Map<String, Value>) -> Result<Self> {
        let claims = Claims::of_payload(payload);
        let files = claims.objects("files")?;
        let release = Self {
            issuer: claims.string("iss")?.to_owned(),
            product: claims.product()?,
            id: claims.parsed("jti")?,
            issued_at: claims.time("iat")?,
            version: claims.parsed("version")?,
            channel: claims.parsed("channel")?,
            files: files.iter().map(ListedFile::from_claims).collect::<Result<_>>()?,
        };
        release.check_files()?;
        Ok(release)
    }

    /// Refuses a list that is empty, too long, or names a file twice.
    pub(crate) fn check_files(&self) -> Result<()> {
        let wrong = |fact: String| Err(Error::new(Code::BadClaim, fact));
        if !(1..=MOST_FILES).contains(&self.files.len()) {
            let count = self.files.len();
            return wrong(format!("the claim files must be 1 to {MOST_FILES} files, not {count}"));
        }
        for (number, file) in self.files.iter().enumerate() {
            // Where names differ by case only, one file of a folder would replace the other on some systems.
            let same =
                |other: &ListedFile| other.name.as_str().eq_ignore_ascii_case(file.name.as_str());
            if self.files[..number].iter().any(same) {
                return wrong(format!("the claim files must not name {} twice", file.name));
            }
        }
        Ok(())
    }

    pub(crate) fn payload(&self) -> Value {
        json!({
            "iss": self.issuer, "aud": self.product.as_str(), "jti": self.id.to_string(), "iat": self.issued_at,
            "version": self.version.as_str(), "channel": self.channel.as_str(),
            "files": self.files.iter().map(ListedFile::to_json).collect::<Vec<_>>(),
        })
    }
}

impl ListedFile {
    fn from_claims(claims: &Claims<'_>) -> Result<Self> {
        Ok(Self {
            name: claims.parsed("name")?,
            size: claims.integer("size")?,
            sha256: claims.parsed("sha256")?,
        })
    }

    fn to_json(&self) -> Value {
        json!({"name": self.name.as_str(), "size": self.size, "sha256": self.sha256.to_string()})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_no_names() {
        for good in ["a", "acme-cad_2.1.0+x86.tar.gz", "7z.exe", &"a".repeat(96)] {
            assert!(good.parse::<FileName>().is_ok(), "{good}");
        }
        for bad in [
            "",
            ".",
            "..",
            ".bashrc",
            "-rf",
            "a/b",
            "a\\b",
            "../a",
            "a:b",
            "a b",
            "a\0",
            "a\n",
            "é.exe",
            "a.",
            "%2e%2e",
            "a\"b",
            &"a".repeat(97),
        ] {
            assert!(bad.parse::<FileName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn versions_and_channels_have_their_letters() {
        for good in ["1", "2026.1", "24H2", "1.0.0-rc.1+build_7", &"1".repeat(64)] {
            assert!(good.parse::<VersionName>().is_ok(), "{good}");
        }
        for bad in ["", "-1", "1 0", "1/0", "1\u{202e}0", &"1".repeat(65)] {
            assert!(bad.parse::<VersionName>().is_err(), "{bad:?}");
        }
        assert!("stable".parse::<Channel>().is_ok());
        for bad in ["", "Stable", "-a", "a_b", "a b", &"a".repeat(33)] {
            assert!(bad.parse::<Channel>().is_err(), "{bad:?}");
        }
    }
}
