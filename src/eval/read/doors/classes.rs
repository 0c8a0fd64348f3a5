//! Classes as predictions write them, made into classes of the truth: [`Tokens`].
//!
//! A class is written as a name or as a number, and a number is an id or a place. Which it is, the format says, or the
//! numbers that were met prove it: a number that is no id, or lies outside the list. What they leave open is asked for.

use std::collections::HashMap;

use super::options::ClassNumbers;
use crate::error::{Error, ErrorKind, Result};
use crate::eval::comparison::{ClassEntry, Remarks};
use crate::eval::images::ImageId;
use crate::eval::side::Side;

/// Texts as small numbers, in the order in which they are first met.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    list: Vec<String>,
    places: HashMap<String, u32>,
    last: u32,
}

impl Tokens {
    /// The number of a text, and whether it is new.
    pub(super) fn number(&mut self, token: &str) -> (u32, bool) {
        if self.list.get(usize::try_from(self.last).unwrap_or(usize::MAX)).is_some_and(|last| last == token) {
            return (self.last, false);
        }
        if let Some(place) = self.places.get(token) {
            self.last = *place;
            return (*place, false);
        }
        let place = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.list.push(token.to_owned());
        self.places.insert(token.to_owned(), place);
        self.last = place;
        (place, true)
    }

    /// The texts, by number.
    pub(super) fn list(&self) -> &[String] {
        &self.list
    }
}

/// The whole number that a text is, also with a fraction of zero, as tables write it.
pub(super) fn whole(token: &str) -> Option<i64> {
    let digits = token.split_once('.').map_or(token, |(whole, fraction)| {
        if fraction.bytes().all(|byte| byte == b'0') { whole } else { token }
    });
    digits.parse().ok()
}

/// The classes of the truth in the order of their ids.
fn sorted(truth: &Side) -> Vec<&ClassEntry> {
    let mut list: Vec<&ClassEntry> = truth.classes.iter().flatten().collect();
    list.sort_by(|a, b| a.id.cmp(&b.id));
    list
}

/// What the numbers of classes are, by what was said, what the format says (`own`) and what was met.
fn reading(
    numbers: &[i64],
    said: ClassNumbers,
    own: ClassNumbers,
    classes: &[&ClassEntry],
    remarks: &mut Remarks,
) -> Result<ClassNumbers> {
    let said = if said == ClassNumbers::Auto { own } else { said };
    let (Some(least), Some(most)) = (numbers.iter().min(), numbers.iter().max()) else {
        return Ok(ClassNumbers::Ids);
    };
    if said != ClassNumbers::Auto {
        return Ok(said);
    }
    let count = i64::try_from(classes.len()).unwrap_or(i64::MAX);
    let place = |number: i64, first: i64| {
        usize::try_from(number.checked_sub(first)?).ok().and_then(|at| classes.get(at)).map(|class| &class.id)
    };
    let mut open = Vec::new();
    let known = |number: &i64| classes.iter().any(|class| class.id == ImageId::Int(*number));
    if numbers.iter().all(known) {
        open.push(ClassNumbers::Ids);
    }
    for (first, reading) in [(0, ClassNumbers::ZeroBased), (1, ClassNumbers::OneBased)] {
        // A reading that says the same as the ids is no other reading; and nobody counts from 1 but for want of ids.
        let ids = open.first() == Some(&ClassNumbers::Ids);
        let same = || numbers.iter().all(|number| place(*number, first) == Some(&ImageId::Int(*number)));
        if *least >= first && *most - first < count && !(ids && (first == 1 || same())) {
            open.push(reading);
        }
    }
    match open.as_slice() {
        [] => Ok(ClassNumbers::Ids),
        [one] => {
            if *one != ClassNumbers::Ids {
                remarks.add(
                    "found.class.place",
                    "taken for places in the truth's list, in the order of ids",
                    || format!("numbers of classes ({least} to {most}) are {}", one.name()),
                );
            }
            Ok(*one)
        }
        several => {
            let ways: Vec<&str> = several.iter().map(|way| way.name()).collect();
            let what =
                format!("the numbers of classes ({least} to {most}) can be read as {}", ways.join(", "));
            Err(Error::new(ErrorKind::Usage, what)
                .remedy("say which with --pred-classes ids, zero-based or one-based"))
        }
    }
}

/// The classes that these texts are: those of the truth where it has them, others as they are written, so that they
/// are counted as unknown. `own` is what the format says of numbers; `names` are its own names of them.
///
/// # Errors
/// [`ErrorKind::Usage`] if numbers can be read in more than one way.
pub(super) fn settle(
    tokens: &[String],
    truth: &Side,
    said: ClassNumbers,
    own: ClassNumbers,
    names: &[String],
    remarks: &mut Remarks,
) -> Result<Vec<Option<ClassEntry>>> {
    let raw = |token: &String| {
        let id = whole(token).map_or_else(|| ImageId::from(token.as_str()), ImageId::Int);
        Some(ClassEntry::new(id, token.clone()))
    };
    if said == ClassNumbers::Raw {
        return Ok(tokens.iter().map(raw).collect());
    }
    let classes = sorted(truth);
    let mut named: HashMap<&str, &ClassEntry> = HashMap::new();
    let mut spaced: HashMap<String, &ClassEntry> = HashMap::new();
    for class in classes.iter().rev() {
        named.insert(&class.name, class);
        spaced.insert(class.name.replace(' ', "_"), class);
    }
    let by_name = |token: &str| {
        let id = || classes.iter().find(|class| matches!(&class.id, ImageId::Text(id) if **id == *token));
        named.get(token).or_else(id).or_else(|| spaced.get(token)).copied()
    };
    let number = |token: &str| whole(token).filter(|_| !named.contains_key(token) || !names.is_empty());
    let numbers: Vec<i64> = tokens.iter().filter_map(|token| number(token)).collect();
    // Names that came with the predictions say what their numbers are.
    let lettered = !names.is_empty() && said == ClassNumbers::Auto;
    let reading = if lettered { ClassNumbers::Raw } else { reading(&numbers, said, own, &classes, remarks)? };
    let of = |token: &String| -> Option<&ClassEntry> {
        let Some(number) = number(token) else { return by_name(token) };
        let place = |first: i64| usize::try_from(number.checked_sub(first)?).ok();
        match reading {
            ClassNumbers::ZeroBased => classes.get(place(0)?).copied(),
            ClassNumbers::OneBased => classes.get(place(1)?).copied(),
            ClassNumbers::Raw => by_name(names.get(place(0)?)?),
            _ => classes.iter().find(|class| class.id == ImageId::Int(number)).copied(),
        }
    };
    // An id that no truth has: as a text with its quotes, which nothing is called.
    let unknown = |token: &String| ClassEntry::new(ImageId::Text(format!("{token:?}").into()), token.clone());
    Ok(tokens.iter().map(|token| Some(of(token).cloned().unwrap_or_else(|| unknown(token)))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn truth(classes: &[(i64, &str)]) -> Side {
        let entry = |(id, name): &(i64, &str)| Some(ClassEntry::new((*id).into(), (*name).to_owned()));
        Side { classes: classes.iter().map(entry).collect(), ..Side::default() }
    }

    fn read(
        tokens: &[&str],
        classes: &[(i64, &str)],
        said: ClassNumbers,
        own: ClassNumbers,
    ) -> Result<Vec<ImageId>> {
        let tokens: Vec<String> = tokens.iter().map(|token| (*token).to_owned()).collect();
        let entries = settle(&tokens, &truth(classes), said, own, &[], &mut Remarks::default())?;
        Ok(entries.into_iter().flatten().map(|entry| entry.id).collect())
    }

    const THREE: [(i64, &str); 3] = [(10, "traffic light"), (1, "person"), (3, "car")];

    #[test]
    fn names_ids_and_places_lead_to_classes() {
        use ClassNumbers::{Auto, Ids, OneBased, Raw, ZeroBased};
        let ids = |tokens: &[&str], said, own| read(tokens, &THREE, said, own).unwrap();
        assert_eq!(
            ids(&["car", "traffic_light", "person"], Auto, Auto),
            [3.into(), 10.into(), ImageId::Int(1)]
        );
        assert_eq!(ids(&["10", "3.0"], Auto, Ids), [10.into(), ImageId::Int(3)]);
        assert_eq!(ids(&["0", "2"], Auto, ZeroBased), [1.into(), ImageId::Int(10)]);
        assert_eq!(ids(&["1", "3"], OneBased, Ids), [1.into(), ImageId::Int(10)]);
        assert_eq!(ids(&["7", "cow"], Raw, Ids), [7.into(), ImageId::from("cow")]);
    }

    #[test]
    fn numbers_that_prove_what_they_are_are_taken_for_it() {
        let auto = |tokens: &[&str]| read(tokens, &THREE, ClassNumbers::Auto, ClassNumbers::Auto);
        assert_eq!(auto(&["10", "1"]).unwrap(), [10.into(), ImageId::Int(1)]);
        assert_eq!(auto(&["0", "2"]).unwrap(), [1.into(), ImageId::Int(10)]);
        let open = auto(&["1"]).unwrap_err();
        assert!(open.to_string().contains("(1 to 1) can be read as ids, zero-based"), "{open}");
        assert!(open.remedy_text().unwrap().contains("--pred-classes"));
        // Ids that are places as well are no question.
        let plain = [(0, "a"), (1, "b")];
        assert_eq!(read(&["1"], &plain, ClassNumbers::Auto, ClassNumbers::Auto).unwrap(), [ImageId::Int(1)]);
        // Neither ids nor, with a 0 among them, counted from 1; without it they may be either.
        let far = [(10, "a"), (20, "b"), (30, "c")];
        let read = |tokens: &[&str]| read(tokens, &far, ClassNumbers::Auto, ClassNumbers::Auto);
        assert_eq!(read(&["1", "0"]).unwrap(), [20.into(), ImageId::Int(10)]);
        assert_eq!(read(&["1", "3"]).unwrap(), [10.into(), ImageId::Int(30)]);
        assert!(read(&["1", "2"]).unwrap_err().to_string().contains("zero-based, one-based"));
    }

    #[test]
    fn what_no_truth_has_is_no_class_of_it() {
        let ids = read(&["7", "cow"], &THREE, ClassNumbers::ZeroBased, ClassNumbers::Auto).unwrap();
        assert_eq!(ids, [ImageId::from("\"7\""), ImageId::from("\"cow\"")]);
    }

    #[test]
    fn names_that_came_along_say_what_numbers_are() {
        let (tokens, names) = (["1".to_owned()], ["car".to_owned(), "person".to_owned()]);
        let own = ClassNumbers::ZeroBased;
        let entries =
            settle(&tokens, &truth(&THREE), ClassNumbers::Auto, own, &names, &mut Remarks::default());
        assert_eq!(entries.unwrap()[0].as_ref().unwrap().name, "person");
    }
}
