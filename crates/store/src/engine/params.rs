//! The values of a statement's parameters: tuples, arrays, or a list of as many as it turns out.

use super::cell::Cell;

/// What may stand for a parameter.
pub(crate) trait Bind {
    fn cell(&self) -> Cell<'_>;
}

macro_rules! integers {
    ($($kind:ty),*) => {
        $(impl Bind for $kind {
            fn cell(&self) -> Cell<'_> {
                Cell::Integer((*self).into())
            }
        })*
    };
}
integers!(i64, i32, u32, u16, u8, bool);

impl Bind for str {
    fn cell(&self) -> Cell<'_> {
        Cell::Text(self)
    }
}

impl Bind for String {
    fn cell(&self) -> Cell<'_> {
        Cell::Text(self)
    }
}

impl Bind for Vec<u8> {
    fn cell(&self) -> Cell<'_> {
        Cell::Blob(self)
    }
}

impl Bind for [u8] {
    fn cell(&self) -> Cell<'_> {
        Cell::Blob(self)
    }
}

impl<T: Bind> Bind for Option<T> {
    fn cell(&self) -> Cell<'_> {
        self.as_ref().map_or(Cell::Null, Bind::cell)
    }
}

impl<T: Bind + ?Sized> Bind for &T {
    fn cell(&self) -> Cell<'_> {
        (**self).cell()
    }
}

/// A value that is put together when it is known.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl Value {
    pub(super) fn of(cell: &Cell<'_>) -> Self {
        match *cell {
            Cell::Null => Self::Null,
            Cell::Integer(number) => Self::Integer(number),
            Cell::Text(text) => Self::Text(text.to_owned()),
            Cell::Blob(bytes) => Self::Blob(bytes.to_owned()),
        }
    }
}

impl Bind for Value {
    fn cell(&self) -> Cell<'_> {
        match self {
            Self::Null => Cell::Null,
            Self::Integer(number) => Cell::Integer(*number),
            Self::Text(text) => Cell::Text(text),
            Self::Blob(bytes) => Cell::Blob(bytes),
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// All parameters of a statement, in the order of their numbers.
pub(crate) trait Params {
    fn cells<'a>(&'a self, into: &mut Vec<Cell<'a>>);
}

/// None. It says its type itself, so that `[]` can be written.
impl Params for [&(dyn Bind + Send + Sync); 0] {
    fn cells<'a>(&'a self, _: &mut Vec<Cell<'a>>) {}
}

macro_rules! arrays {
    ($($count:literal)*) => {
        $(impl<T: Bind> Params for [T; $count] {
            fn cells<'a>(&'a self, into: &mut Vec<Cell<'a>>) {
                into.extend(self.iter().map(Bind::cell));
            }
        })*
    };
}
arrays!(1 2 3 4 5 6 7 8);

impl Params for Vec<Value> {
    fn cells<'a>(&'a self, into: &mut Vec<Cell<'a>>) {
        into.extend(self.iter().map(Bind::cell));
    }
}

/// As many as there are, of different types: see [`params`].
impl Params for [&dyn Bind] {
    fn cells<'a>(&'a self, into: &mut Vec<Cell<'a>>) {
        into.extend(self.iter().map(|value| value.cell()));
    }
}

/// More values than a tuple holds, or values by reference.
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$(&$value as &dyn $crate::engine::params::Bind),*] as &[&dyn $crate::engine::params::Bind]
    };
}
pub(crate) use params;

impl<P: Params + ?Sized> Params for &P {
    fn cells<'a>(&'a self, into: &mut Vec<Cell<'a>>) {
        (**self).cells(into);
    }
}

macro_rules! tuples {
    () => {};
    ($first:ident $($rest:ident)*) => {
        impl<$first: Bind, $($rest: Bind),*> Params for ($first, $($rest,)*) {
            #[allow(non_snake_case)] // the macro's names are those of the types
            fn cells<'a>(&'a self, into: &mut Vec<Cell<'a>>) {
                let ($first, $($rest,)*) = self;
                into.push($first.cell());
                $(into.push($rest.cell());)*
            }
        }
        tuples!($($rest)*);
    };
}
tuples!(A B C D E F G H I J K L M N O P Q R S T U V W X Y Z);
