//! Ids as small numbers, in the order in which they are first met.

use std::collections::HashMap;

use crate::eval::images::ImageId;

/// Ids below this are looked up in a list and not in a map.
const SMALL: i64 = 1 << 14;

/// Ids met so far. Looking one up costs an array access for small numbers, and nothing for the same as before.
#[derive(Debug, Default)]
pub(super) struct Ids {
    list: Vec<ImageId>,
    small: Vec<u32>,
    numbers: HashMap<i64, u32, ahash::RandomState>,
    texts: HashMap<Box<str>, u32>,
    last: Option<(i64, u32)>,
}

/// No number.
const ABSENT: u32 = u32::MAX;

impl Ids {
    /// The ids, by number.
    pub(super) fn list(&self) -> &[ImageId] {
        &self.list
    }

    /// The number of an id, if it was met.
    #[inline]
    pub(super) fn find(&self, id: &ImageId) -> Option<u32> {
        match id {
            ImageId::Int(n) => self.find_int(*n),
            ImageId::Text(text) => self.texts.get(text).copied(),
        }
    }

    #[inline]
    fn find_int(&self, n: i64) -> Option<u32> {
        match n {
            0..SMALL => self.small.get(n as usize).copied().filter(|n| *n != ABSENT),
            _ => self.numbers.get(&n).copied(),
        }
    }

    /// The number of an id, a new one if it was not met before.
    #[inline]
    pub(super) fn number(&mut self, id: ImageId) -> u32 {
        let ImageId::Int(n) = id else { return self.find(&id).unwrap_or_else(|| self.add(id)) };
        match self.last {
            Some((last, number)) if last == n => number,
            _ => {
                let number = self.find_int(n).unwrap_or_else(|| self.add(id));
                self.last = Some((n, number));
                number
            }
        }
    }

    fn add(&mut self, id: ImageId) -> u32 {
        let number = u32::try_from(self.list.len()).unwrap_or(ABSENT);
        match &id {
            ImageId::Int(n @ 0..SMALL) => {
                let at = *n as usize;
                if self.small.len() <= at {
                    self.small.resize((at + 1).next_power_of_two(), ABSENT);
                }
                if let Some(slot) = self.small.get_mut(at) {
                    *slot = number;
                }
            }
            ImageId::Int(n) => {
                self.numbers.insert(*n, number);
            }
            ImageId::Text(text) => {
                self.texts.insert(text.clone(), number);
            }
        }
        self.list.push(id);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_every_kind_keep_their_number() {
        let mut ids = Ids::default();
        let met: Vec<ImageId> =
            vec![7.into(), "7".into(), (-1).into(), 0.into(), i64::MAX.into(), SMALL.into(), 7.into()];
        let numbers: Vec<u32> = met.iter().map(|id| ids.number(id.clone())).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 0]);
        assert!(met.iter().zip(&numbers).all(|(id, n)| ids.find(id) == Some(*n)));
        assert_eq!(ids.find(&"8".into()), None);
        assert_eq!(ids.list().len(), 6);
    }
}
