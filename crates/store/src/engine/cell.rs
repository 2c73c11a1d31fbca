//! One value, as both engines take and give it.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::params::{Bind as _, Value};

/// A value on its way into a statement or out of a row. Integers have 64 bits; flags are integers, 0 or 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cell<'a> {
    Null,
    Integer(i64),
    Text(&'a str),
    Blob(&'a [u8]),
}

impl rusqlite::ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl<'a> Cell<'a> {
    /// `None`: a number with a fraction, or text that is none. Nothing here writes such.
    pub(crate) fn of_sqlite(value: ValueRef<'a>) -> Option<Self> {
        Some(match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(number) => Self::Integer(number),
            ValueRef::Text(bytes) => Self::Text(std::str::from_utf8(bytes).ok()?),
            ValueRef::Blob(bytes) => Self::Blob(bytes),
            ValueRef::Real(_) => return None,
        })
    }
}

/// PostgreSQL tells of each parameter which type it takes it for, by the place where it stands.
impl ToSql for Cell<'_> {
    fn to_sql(
        &self,
        to: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self, to) {
            (Self::Null, _) => return Ok(IsNull::Yes),
            (Self::Integer(number), &Type::INT8) => out.put_i64(*number),
            (Self::Integer(number), &Type::INT4) => out.put_i32(i32::try_from(*number)?),
            (Self::Integer(number), &Type::BOOL) => out.put_u8(u8::from(*number != 0)),
            (Self::Integer(number), &Type::TEXT) => out.put_slice(number.to_string().as_bytes()),
            (Self::Text(text), &Type::TEXT | &Type::VARCHAR | &Type::UNKNOWN)
                if text.contains('\0') =>
            {
                // Its text holds none, and nothing that is looked for has one.
                out.put_slice(text.replace('\0', "\u{FFFD}").as_bytes());
            }
            (Self::Text(text), &Type::TEXT | &Type::VARCHAR | &Type::UNKNOWN) => {
                out.put_slice(text.as_bytes());
            }
            (Self::Blob(bytes), &Type::BYTEA) => out.put_slice(bytes),
            _ => return Err(format!("a parameter of type {to} cannot take {self:?}").into()),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// One that waits for its turn to be sent.
impl ToSql for Value {
    fn to_sql(
        &self,
        to: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.cell().to_sql(to, out)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Cell<'a> {
    fn from_sql(from: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(match *from {
            Type::INT8 => Self::Integer(i64::from_sql(from, raw)?),
            Type::INT4 => Self::Integer(i32::from_sql(from, raw)?.into()),
            Type::BOOL => Self::Integer(bool::from_sql(from, raw)?.into()),
            Type::NUMERIC => Self::Integer(whole_number(raw).ok_or("a number that is not whole")?),
            Type::BYTEA => Self::Blob(raw),
            _ => Self::Text(std::str::from_utf8(raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(ty: &Type) -> bool {
        const TAKEN: [Type; 9] = [
            Type::INT8,
            Type::INT4,
            Type::BOOL,
            Type::NUMERIC,
            Type::BYTEA,
            Type::TEXT,
            Type::VARCHAR,
            Type::NAME,
            Type::UNKNOWN,
        ];
        TAKEN.contains(ty)
    }
}

/// PostgreSQL sums 64-bit integers as NUMERIC: digits to the base of 10,000, the first one of them `weight` places before the
/// point (PostgreSQL's src/backend/utils/adt/numeric.c, `numeric_send`).
fn whole_number(raw: &[u8]) -> Option<i64> {
    let mut words = raw.chunks_exact(2).map(|w| i16::from_be_bytes([w[0], w[1]]));
    let (count, weight, sign, _scale) =
        (words.next()?, words.next()?, words.next()?, words.next()?);
    let mut number: i64 = 0;
    for place in 0..=weight {
        let digit = if place < count { words.next()? } else { 0 };
        number = number.checked_mul(10_000)?.checked_add(digit.into())?;
    }
    let is_whole = count <= weight + 1;
    match sign {
        0 => is_whole.then_some(number),
        0x4000 => is_whole.then_some(-number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::whole_number;

    fn numeric(words: &[u16]) -> Vec<u8> {
        words.iter().flat_map(|w| w.to_be_bytes()).collect()
    }

    #[test]
    fn sums_are_read_and_nothing_is_rounded() {
        assert_eq!(whole_number(&numeric(&[0, 0, 0, 0])), Some(0));
        assert_eq!(whole_number(&numeric(&[1, 0, 0, 0, 42])), Some(42));
        assert_eq!(whole_number(&numeric(&[1, 1, 0, 0, 3])), Some(30_000));
        assert_eq!(whole_number(&numeric(&[2, 1, 0x4000, 0, 3, 7])), Some(-30_007));
        // 0.5; not a number; longer than 64 bits; cut off
        assert_eq!(whole_number(&numeric(&[1, 0xFFFF, 0, 1, 5000])), None);
        assert_eq!(whole_number(&numeric(&[2, 0, 0, 1, 1, 5000])), None);
        assert_eq!(whole_number(&numeric(&[0, 0, 0xC000, 0])), None);
        assert_eq!(whole_number(&numeric(&[1, 9, 0, 0, 9])), None);
        assert_eq!(whole_number(&numeric(&[2, 1, 0, 0, 9])), None);
        assert_eq!(whole_number(&[0, 1]), None);
    }
}
