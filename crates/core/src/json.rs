//! JSON as the format wants it: UTF-8, an object at the top, no duplicate member at any depth, at most 16 deep.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::error::{Code, Error, Result};

const MAX_DEPTH: u8 = 16;

/// Parses `bytes` as one strict JSON object. `part` names it in errors ("header", "payload").
///
/// # Errors
/// When they are not UTF-8, not JSON or no object, have a member twice, or are nested too deep.
pub fn parse_object(part: &str, bytes: &[u8]) -> Result<Map<String, Value>> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Error::new(Code::BadEncoding, format!("the {part} is not UTF-8 text")))?;
    let bad = |why: &dyn fmt::Display| {
        Error::new(Code::BadJson, format!("the {part} is not valid JSON: {why}"))
    };
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict { depth: 1 }.deserialize(&mut reader).map_err(|e| bad(&e))?;
    reader.end().map_err(|e| bad(&e))?;
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(bad(&"it must be an object")),
    }
}

/// Reads a value whose containers stand `depth` deep; the depth is checked when a container begins.
#[derive(Clone, Copy)]
struct Strict {
    depth: u8,
}

impl Strict {
    fn deeper<E: serde::de::Error>(self) -> std::result::Result<Self, E> {
        if self.depth > MAX_DEPTH {
            return Err(E::custom(format_args!("nested deeper than {MAX_DEPTH}")));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> std::result::Result<Value, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, v: bool) -> std::result::Result<Value, E> {
        Ok(Value::Bool(v))
    }

    fn visit_i64<E>(self, v: i64) -> std::result::Result<Value, E> {
        Ok(v.into())
    }

    fn visit_u64<E>(self, v: u64) -> std::result::Result<Value, E> {
        Ok(v.into())
    }

    fn visit_f64<E>(self, v: f64) -> std::result::Result<Value, E> {
        Ok(v.into())
    }

    fn visit_str<E>(self, v: &str) -> std::result::Result<Value, E> {
        Ok(v.into())
    }

    fn visit_string<E>(self, v: String) -> std::result::Result<Value, E> {
        Ok(v.into())
    }

    fn visit_unit<E>(self) -> std::result::Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> std::result::Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut map = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            let value = access.next_value_seed(inner)?;
            if map.contains_key(&name) {
                return Err(A::Error::custom(format_args!("duplicate member {name:?}")));
            }
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &[u8]) -> Option<Code> {
        parse_object("payload", text).err().map(|e| e.code())
    }

    #[test]
    fn sixteen_levels_pass_and_seventeen_do_not() {
        let nested = |n: usize| format!("{}1{}", "{\"a\":".repeat(n), "}".repeat(n));
        assert_eq!(code(nested(16).as_bytes()), None);
        assert_eq!(code(nested(17).as_bytes()), Some(Code::BadJson));
    }

    #[test]
    fn duplicate_members_are_refused_however_they_are_written() {
        assert_eq!(code(br#"{"a":1,"\u0061":2}"#), Some(Code::BadJson));
        assert_eq!(code(br#"{"x":[{"a":1,"a":1}]}"#), Some(Code::BadJson));
    }

    #[test]
    fn only_an_object_may_stand_at_the_top() {
        for text in ["[]", "1", "null", "\"a\"", "[{\"jti\":1}]", ""] {
            assert_eq!(code(text.as_bytes()), Some(Code::BadJson), "{text}");
        }
        assert_eq!(code(b"{\"a\":\"\xff\"}"), Some(Code::BadEncoding));
    }
}
