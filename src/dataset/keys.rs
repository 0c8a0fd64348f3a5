//! The keys of a source: ordered, named or not, one bare or many as a tuple.
//!
//! "One key" and "a tuple of one key" are different types of dataset: the first yields bare values, the second
//! 1-tuples. Selecting by one name or position gives the first, by a list or mask the second. Order is the
//! order asked for; a key may be asked for twice; a repeated name means its first column. Everything is
//! checked when the selection is made.

use std::fmt;
use std::sync::Arc;

use arrow_schema::{Field, FieldRef};

use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::nearest;

/// The position of a key in its source's [`Keys`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyIndex(pub usize);

/// What the values of a key are.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Arrow arrays of this field (its name is the key's; its metadata holds the axis).
    Arrow(FieldRef),
    /// Values of any kind, as a function gives them.
    Values,
}

/// One key: a name, if it has one, and what its values are.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    name: Option<Arc<str>>,
    kind: Kind,
}

impl Key {
    /// A key of Arrow arrays, named as the field.
    pub fn arrow(field: impl Into<FieldRef>) -> Key {
        let field = field.into();
        Key { name: Some(field.name().as_str().into()), kind: Kind::Arrow(field) }
    }

    /// A key of values with a name.
    pub fn values(name: &str) -> Key {
        Key { name: Some(name.into()), kind: Kind::Values }
    }

    /// A key of values without a name.
    pub fn unnamed() -> Key {
        Key { name: None, kind: Kind::Values }
    }

    /// A column of bare Arrow arrays without a name.
    pub fn unnamed_arrow(field: impl Into<FieldRef>) -> Key {
        Key { name: None, kind: Kind::Arrow(field.into()) }
    }

    /// This key under another name.
    #[must_use]
    pub fn renamed(&self, name: &str) -> Key {
        let kind = match &self.kind {
            Kind::Arrow(field) => Kind::Arrow(Arc::new(Field::clone(field).with_name(name))),
            Kind::Values => Kind::Values,
        };
        Key { name: Some(name.into()), kind }
    }

    /// This key with arrays of another field; the name stays.
    pub(super) fn with_field(&self, field: Field) -> Key {
        Key { name: self.name.clone(), kind: Kind::Arrow(Arc::new(field)) }
    }

    /// The name, if there is one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What the values are.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The Arrow field, for a key of Arrow arrays.
    pub fn field(&self) -> Option<&FieldRef> {
        match &self.kind {
            Kind::Arrow(field) => Some(field),
            Kind::Values => None,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name().unwrap_or("(unnamed)"))
    }
}

/// Bare values or tuples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One key; an example is its bare value.
    One,
    /// Any number of keys; an example is a tuple.
    Many,
}

/// The keys of a source or view, in order. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Keys {
    form: Form,
    keys: Arc<[Key]>,
}

impl Keys {
    /// One key: examples are bare values.
    pub fn one(key: Key) -> Keys {
        Keys { form: Form::One, keys: Arc::new([key]) }
    }

    /// Any number of keys: examples are tuples.
    pub fn many(keys: impl IntoIterator<Item = Key>) -> Keys {
        Keys { form: Form::Many, keys: keys.into_iter().collect() }
    }

    /// `n` keys of values without names.
    pub fn unnamed(n: usize) -> Keys {
        Keys::many(std::iter::repeat_n(Key::unnamed(), n))
    }

    /// Bare values or tuples.
    pub fn form(&self) -> Form {
        self.form
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// True if there is no key at all.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Key> {
        self.keys.iter()
    }

    /// The key at a position.
    pub fn get(&self, index: KeyIndex) -> Option<&Key> {
        self.keys.get(index.0)
    }

    /// Every position, in order.
    pub fn indices(&self) -> impl Iterator<Item = KeyIndex> + use<> {
        (0..self.keys.len()).map(KeyIndex)
    }

    /// Checks that every position asked for is one here.
    ///
    /// # Errors
    /// [`ErrorKind::Index`] naming the first that is not.
    pub fn check(&self, asked: &[KeyIndex]) -> Result<()> {
        match asked.iter().find(|k| k.0 >= self.len()) {
            Some(bad) => Err(self.out_of_range(bad.0 as i64)),
            None => Ok(()),
        }
    }

    /// These keys with new names, given as (old, new).
    ///
    /// # Errors
    /// [`ErrorKind::Key`] if an old name is unknown, or a new one is another key's.
    pub fn renamed(&self, names: &[(&str, &str)]) -> Result<Keys> {
        let mut keys = self.keys.to_vec();
        let mut changed = Vec::with_capacity(names.len());
        for (old, new) in names {
            let at = self.find(old)?;
            changed.push((at.0, *new));
            if let Some(key) = keys.get_mut(at.0) {
                *key = key.renamed(new);
            }
        }
        for (at, new) in changed {
            if keys.iter().enumerate().any(|(i, key)| i != at && key.name() == Some(new)) {
                return Err(Error::new(ErrorKind::Key, format!("there is a key '{new}' already"))
                    .at(Place::area("keys"))
                    .remedy("choose another name, or leave that key out first"));
            }
        }
        Ok(Keys { form: self.form, keys: keys.into() })
    }

    /// Keys of the same form, each made from its position and the key there.
    pub(super) fn mapped(&self, make: impl Fn(usize, &Key) -> Key) -> Keys {
        let keys = self.keys.iter().enumerate().map(|(at, key)| make(at, key)).collect();
        Keys { form: self.form, keys }
    }

    /// True if both are the same list in memory: the cheap way to know that they are equal.
    pub(super) fn is_same(&self, other: &Keys) -> bool {
        self.form == other.form && Arc::ptr_eq(&self.keys, &other.keys)
    }

    fn out_of_range(&self, position: i64) -> Error {
        let what = format!("key position {position} out of range for {} keys", self.len());
        Error::new(ErrorKind::Index, what).at(Place::area("keys"))
    }

    /// The first key of this name.
    ///
    /// # Errors
    /// [`ErrorKind::Key`], naming the keys that are most like it, or all there are.
    pub fn find(&self, name: &str) -> Result<KeyIndex> {
        self.position(name).ok_or_else(|| {
            let known: Vec<String> = self.keys.iter().map(Key::to_string).collect();
            let like = nearest(name, known.iter().map(String::as_str));
            let remedy = match like.as_slice() {
                [] => format!("there are: {}", known.join(", ")),
                like => format!("did you mean {}?", like.join(", ")),
            };
            Error::new(ErrorKind::Key, format!("no key '{name}'")).at(Place::area("keys")).remedy(remedy)
        })
    }

    /// The first key of this name; `None` if there is none.
    pub fn position(&self, name: &str) -> Option<KeyIndex> {
        self.keys.iter().position(|key| key.name() == Some(name)).map(KeyIndex)
    }

    /// Resolves a selection to the keys it chooses and their positions here.
    ///
    /// # Errors
    /// [`ErrorKind::Key`] for an unknown name, [`ErrorKind::Index`] for a position out of range,
    /// [`ErrorKind::Length`] for a mask of another length.
    pub fn select(&self, selection: &KeySelection) -> Result<(Keys, Vec<KeyIndex>)> {
        let (form, indices) = match selection {
            KeySelection::All => (self.form, self.indices().collect()),
            KeySelection::One(selector) => (Form::One, vec![self.resolve(selector)?]),
            KeySelection::Many(selectors) => {
                (Form::Many, selectors.iter().map(|s| self.resolve(s)).collect::<Result<Vec<_>>>()?)
            }
            KeySelection::Mask(flags) => {
                if flags.len() != self.len() {
                    let what = format!("{} flags for {} keys", flags.len(), self.len());
                    return Err(Error::new(ErrorKind::Length, what)
                        .at(Place::area("keys"))
                        .remedy("give one flag a key"));
                }
                (Form::Many, self.indices().zip(flags).filter(|(_, keep)| **keep).map(|(i, _)| i).collect())
            }
        };
        let keys = indices.iter().filter_map(|i| self.get(*i).cloned()).collect();
        Ok((Keys { form, keys }, indices))
    }

    fn resolve(&self, selector: &Selector) -> Result<KeyIndex> {
        match selector {
            Selector::Name(name) => self.find(name),
            Selector::Position(position) => {
                let len = self.len() as i64;
                let at = if *position < 0 { position.saturating_add(len) } else { *position };
                if at < 0 || at >= len {
                    return Err(self.out_of_range(*position));
                }
                Ok(KeyIndex(at as usize))
            }
        }
    }
}

impl From<&str> for Key {
    fn from(name: &str) -> Key {
        Key::values(name)
    }
}

impl From<Field> for Key {
    fn from(field: Field) -> Key {
        Key::arrow(field)
    }
}

/// One key: bare values.
impl From<&str> for Keys {
    fn from(name: &str) -> Keys {
        Keys::one(name.into())
    }
}

/// One key: bare values.
impl From<Field> for Keys {
    fn from(field: Field) -> Keys {
        Keys::one(field.into())
    }
}

/// One key: bare values.
impl From<Key> for Keys {
    fn from(key: Key) -> Keys {
        Keys::one(key)
    }
}

/// Any number of keys: tuples.
impl<K: Into<Key>, const N: usize> From<[K; N]> for Keys {
    fn from(keys: [K; N]) -> Keys {
        Keys::many(keys.map(Into::into))
    }
}

/// Any number of keys: tuples.
impl<K: Into<Key>> From<Vec<K>> for Keys {
    fn from(keys: Vec<K>) -> Keys {
        Keys::many(keys.into_iter().map(Into::into))
    }
}

/// A name, or a position whose negative values count from the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// By name.
    Name(String),
    /// By position.
    Position(i64),
}

impl From<&str> for Selector {
    fn from(name: &str) -> Selector {
        Selector::Name(name.to_owned())
    }
}

impl From<String> for Selector {
    fn from(name: String) -> Selector {
        Selector::Name(name)
    }
}

impl From<i64> for Selector {
    fn from(position: i64) -> Selector {
        Selector::Position(position)
    }
}

impl From<i32> for Selector {
    fn from(position: i32) -> Selector {
        Selector::Position(position.into())
    }
}

/// Which keys a view keeps: `"img"`, `1`, `["img", "label"]`, `[true, false]`, or selectors mixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySelection {
    /// All keys, in their present form.
    All,
    /// One key, bare.
    One(Selector),
    /// A tuple of keys.
    Many(Vec<Selector>),
    /// A tuple of the keys whose flag is set.
    Mask(Vec<bool>),
}

impl From<&str> for KeySelection {
    fn from(name: &str) -> KeySelection {
        KeySelection::One(name.into())
    }
}

impl From<i32> for KeySelection {
    fn from(position: i32) -> KeySelection {
        KeySelection::One(position.into())
    }
}

impl From<i64> for KeySelection {
    fn from(position: i64) -> KeySelection {
        KeySelection::One(position.into())
    }
}

impl From<Vec<bool>> for KeySelection {
    fn from(flags: Vec<bool>) -> KeySelection {
        KeySelection::Mask(flags)
    }
}

impl<const N: usize> From<[bool; N]> for KeySelection {
    fn from(flags: [bool; N]) -> KeySelection {
        KeySelection::Mask(flags.to_vec())
    }
}

impl<S: Into<Selector> + Clone> From<&[S]> for KeySelection {
    fn from(selectors: &[S]) -> KeySelection {
        KeySelection::Many(selectors.iter().cloned().map(Into::into).collect())
    }
}

macro_rules! many_from {
    ($($selector:ty),*) => {$(
        impl<const N: usize> From<[$selector; N]> for KeySelection {
            fn from(selectors: [$selector; N]) -> KeySelection {
                KeySelection::Many(selectors.into_iter().map(Selector::from).collect())
            }
        }
        impl From<Vec<$selector>> for KeySelection {
            fn from(selectors: Vec<$selector>) -> KeySelection {
                KeySelection::Many(selectors.into_iter().map(Selector::from).collect())
            }
        }
    )*};
}
many_from!(&str, String, i32, i64, Selector);

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::many(["img", "bbox", "label"].map(Key::values))
    }

    fn chosen(selection: impl Into<KeySelection>) -> (Form, Vec<usize>) {
        let (keys, indices) = keys().select(&selection.into()).unwrap();
        (keys.form(), indices.into_iter().map(|i| i.0).collect())
    }

    #[test]
    fn one_name_is_bare_and_a_list_of_one_is_a_tuple() {
        assert_eq!(chosen("img"), (Form::One, vec![0]));
        assert_eq!(chosen(["img"]), (Form::Many, vec![0]));
        assert_eq!(chosen(1), (Form::One, vec![1]));
        assert_eq!(chosen(-1), (Form::One, vec![2]));
        assert_eq!(chosen([true, true, false]), (Form::Many, vec![0, 1]));
        assert_eq!(chosen(vec![Selector::from(1), "label".into()]), (Form::Many, vec![1, 2]));
        assert_eq!(chosen(["label", "img", "label"]), (Form::Many, vec![2, 0, 2]));
    }

    #[test]
    fn renaming_swaps_names_and_refuses_a_second_key_of_a_name() {
        let swapped = keys().renamed(&[("img", "bbox"), ("bbox", "img")]).unwrap();
        assert_eq!(swapped, Keys::from(["bbox", "img", "label"]));
        assert_eq!(keys().renamed(&[("img", "bbox")]).unwrap_err().kind(), ErrorKind::Key);
        assert_eq!(keys().renamed(&[("nope", "x")]).unwrap_err().kind(), ErrorKind::Key);
    }

    #[test]
    fn bad_selections_are_refused_when_made() {
        let kind = |s: KeySelection| keys().select(&s).unwrap_err().kind();
        assert_eq!(kind("nope".into()), ErrorKind::Key);
        assert_eq!(kind(3.into()), ErrorKind::Index);
        assert_eq!(kind((-4).into()), ErrorKind::Index);
        assert_eq!(kind([true, false].into()), ErrorKind::Length);
    }
}
