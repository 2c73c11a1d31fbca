//! Reads claims out of a verified payload: each accessor names the claim it misses.

use std::str::FromStr;

use serde_json::{Map, Value};

use crate::error::{Code, Error, Result};
use crate::{MAX_TIME, ProductId, PublicKey, UnixSeconds};

/// The members of one JSON object of a payload, with the path to it for error texts.
pub(crate) struct Claims<'a> {
    map: &'a Map<String, Value>,
    path: String,
}

impl<'a> Claims<'a> {
    pub(crate) fn of_payload(map: &'a Map<String, Value>) -> Self {
        Self { map, path: String::new() }
    }

    fn error(&self, name: &str, wants: &str) -> Error {
        Error::new(Code::BadClaim, format!("the claim {}{name} must be {wants}", self.path))
    }

    /// The raw value; JSON null counts as present.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a Value> {
        self.map.get(name)
    }

    fn required(&self, name: &str) -> Result<&'a Value> {
        self.raw(name).ok_or_else(|| {
            Error::new(Code::BadClaim, format!("the claim {}{name} is missing", self.path))
        })
    }

    /// Applies `read` where the claim is present.
    pub(crate) fn optional<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Self, &str) -> Result<T>,
    ) -> Result<Option<T>> {
        self.raw(name).map(|_| read(self, name)).transpose()
    }

    /// Applies `read` unless the claim, which must be present, is null.
    pub(crate) fn nullable<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Self, &str) -> Result<T>,
    ) -> Result<Option<T>> {
        if self.required(name)?.is_null() { Ok(None) } else { read(self, name).map(Some) }
    }

    pub(crate) fn string(&self, name: &str) -> Result<&'a str> {
        self.required(name)?.as_str().ok_or_else(|| self.error(name, "a string"))
    }

    /// A string with a form of its own: an id, a hash, a product id.
    pub(crate) fn parsed<T: FromStr<Err: std::fmt::Display>>(&self, name: &str) -> Result<T> {
        self.string(name)?
            .parse()
            .map_err(|e: T::Err| self.error(name, &format!("well-formed: {e}")))
    }

    /// Text shown to people: 1 to 64 characters, no control characters.
    pub(crate) fn label(&self, name: &str) -> Result<String> {
        let text = self.string(name)?;
        if is_label(text) {
            Ok(text.to_owned())
        } else {
            Err(self.error(name, "1 to 64 characters without control characters"))
        }
    }

    pub(crate) fn time(&self, name: &str) -> Result<UnixSeconds> {
        self.integer(name).map_err(|_| self.error(name, "a time: whole seconds from 0 to 2^53-1"))
    }

    /// A whole number from 0 to 2^53-1.
    pub(crate) fn integer(&self, name: &str) -> Result<u64> {
        self.required(name)?
            .as_u64()
            .filter(|n| *n <= MAX_TIME)
            .ok_or_else(|| self.error(name, "a whole number from 0 to 2^53-1"))
    }

    /// A whole number from 1 to 2^53-1.
    pub(crate) fn ordinal(&self, name: &str) -> Result<u64> {
        self.integer(name).ok().filter(|n| *n > 0).map_or_else(
            || self.required(name).and(Err(self.error(name, "a whole number from 1 to 2^53-1"))),
            Ok,
        )
    }

    pub(crate) fn boolean(&self, name: &str) -> Result<bool> {
        self.required(name)?.as_bool().ok_or_else(|| self.error(name, "true or false"))
    }

    pub(crate) fn object(&self, name: &str) -> Result<Claims<'a>> {
        let map = self.required(name)?.as_object().ok_or_else(|| self.error(name, "an object"))?;
        Ok(Claims { map, path: format!("{}{name}.", self.path) })
    }

    pub(crate) fn array(&self, name: &str) -> Result<&'a [Value]> {
        Ok(self.required(name)?.as_array().ok_or_else(|| self.error(name, "an array"))?)
    }

    /// An array of objects.
    pub(crate) fn objects(&self, name: &str) -> Result<Vec<Claims<'a>>> {
        let objects = self.array(name)?.iter().map(|value| {
            let map = value.as_object().ok_or_else(|| self.error(name, "an array of objects"))?;
            Ok(Claims { map, path: format!("{}{name}[].", self.path) })
        });
        objects.collect()
    }

    /// An array of strings.
    pub(crate) fn strings(&self, name: &str) -> Result<Vec<&'a str>> {
        let strings = self.array(name)?.iter();
        strings.map(|v| v.as_str().ok_or_else(|| self.error(name, "an array of strings"))).collect()
    }

    /// The key in `cnf.jwk`.
    pub(crate) fn confirmed_key(&self) -> Result<PublicKey> {
        let jwk = self.object("cnf")?.object("jwk")?;
        if jwk.string("kty")? != "OKP" || jwk.string("crv")? != "Ed25519" {
            return Err(jwk.wrong("crv", "Ed25519, of kty OKP"));
        }
        jwk.parsed("x")
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
        self.map.iter()
    }

    /// An error about a member that the caller read itself.
    pub(crate) fn wrong(&self, name: &str, wants: &str) -> Error {
        self.error(name, wants)
    }

    pub(crate) fn product(&self) -> Result<ProductId> {
        self.parsed("aud")
    }
}

/// Whether `text` may be shown to people as a name: 1 to 64 characters, no control characters.
pub(crate) fn is_label(text: &str) -> bool {
    (1..=64).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

/// A JSON object from the members that are there.
pub(crate) fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
