//! Conditions drawn by chance hold for the rows for which a plain walk says so.

use lensframe::query::Quantity;
use proptest::prelude::*;

use super::{Image, Thing, dataset, ids};

/// A condition, and its plain twin: true, false, or nobody knows.
#[derive(Clone, Debug)]
pub(super) enum Cond {
    Number(&'static str, &'static str, i64),
    Text(bool, &'static str),
    Among(&'static str, Vec<i64>, bool),
    Between(&'static str, i64, i64),
    Null(&'static str, bool),
    Flag,
    Not(Box<Cond>),
    And(Box<Cond>, Box<Cond>),
    Or(Box<Cond>, Box<Cond>),
}

/// What a condition sees: two numbers, a text, a flag.
pub(super) struct Seen {
    numbers: [(&'static str, Option<f64>); 2],
    text: (&'static str, Option<&'static str>),
    flag: (&'static str, Option<bool>),
}

impl Seen {
    pub(super) fn of_image(image: &Image) -> Seen {
        Seen {
            numbers: [("width", image.width.map(f64::from)), ("quality", image.quality)],
            text: ("split", image.split),
            flag: ("night", image.night),
        }
    }

    pub(super) fn of_thing(thing: &Thing) -> Seen {
        Seen {
            numbers: [("label", thing.label.map(|n| n as f64)), ("area", thing.area)],
            text: ("attr.note", thing.note),
            flag: ("crowded", thing.crowded),
        }
    }

    fn number(&self, which: &str) -> (&'static str, Option<f64>) {
        self.numbers[usize::from(which == "b")]
    }
}

impl Cond {
    pub(super) fn sql(&self, seen: &Seen) -> String {
        let name = |which: &str| seen.number(which).0;
        match self {
            Cond::Number(which, op, n) => format!("{} {op} {n}", name(which)),
            Cond::Text(equal, text) => {
                format!("{} {} '{text}'", seen.text.0, if *equal { "=" } else { "<>" })
            }
            Cond::Among(which, list, negated) => {
                let list: Vec<String> = list.iter().map(ToString::to_string).collect();
                let not = if *negated { "NOT " } else { "" };
                format!("{} {not}IN ({})", name(which), list.join(", "))
            }
            Cond::Between(which, low, high) => format!("{} BETWEEN {low} AND {high}", name(which)),
            Cond::Null(which, negated) => {
                format!("{} IS {}NULL", name(which), if *negated { "NOT " } else { "" })
            }
            Cond::Flag => seen.flag.0.to_owned(),
            Cond::Not(one) => format!("NOT ({})", one.sql(seen)),
            Cond::And(a, b) => format!("({}) AND ({})", a.sql(seen), b.sql(seen)),
            Cond::Or(a, b) => format!("({}) OR ({})", a.sql(seen), b.sql(seen)),
        }
    }

    fn holds(&self, seen: &Seen) -> Option<bool> {
        match self {
            Cond::Number(which, op, n) => {
                let (own, n) = (seen.number(which).1?, *n as f64);
                Some(match *op {
                    "=" => own == n,
                    "<>" => own != n,
                    "<" => own < n,
                    "<=" => own <= n,
                    ">" => own > n,
                    _ => own >= n,
                })
            }
            Cond::Text(equal, text) => seen.text.1.map(|own| (own == *text) == *equal),
            Cond::Among(which, list, negated) => {
                let own = seen.number(which).1?;
                Some(list.iter().any(|n| *n as f64 == own) != *negated)
            }
            Cond::Between(which, low, high) => {
                let own = seen.number(which).1?;
                Some(own >= *low as f64 && own <= *high as f64)
            }
            Cond::Null(which, negated) => Some(seen.number(which).1.is_none() != *negated),
            Cond::Flag => seen.flag.1,
            Cond::Not(one) => one.holds(seen).map(|holds| !holds),
            Cond::And(a, b) => match (a.holds(seen), b.holds(seen)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Cond::Or(a, b) => match (a.holds(seen), b.holds(seen)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
        }
    }
}

fn which() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b"])
}

pub(super) fn condition() -> impl Strategy<Value = Cond> {
    let op = prop::sample::select(vec!["=", "<>", "<", "<=", ">", ">="]);
    let leaf = prop_oneof![
        (which(), op, -1i64..5).prop_map(|(which, op, n)| Cond::Number(which, op, n)),
        (any::<bool>(), prop::sample::select(vec!["x", "y", "it''s"]))
            .prop_map(|(equal, text)| Cond::Text(equal, text)),
        (which(), prop::collection::vec(-1i64..5, 1..4), any::<bool>())
            .prop_map(|(which, list, negated)| Cond::Among(which, list, negated)),
        (which(), -1i64..3, 0i64..5).prop_map(|(which, low, high)| Cond::Between(which, low, high)),
        (which(), any::<bool>()).prop_map(|(which, negated)| Cond::Null(which, negated)),
        Just(Cond::Flag),
    ];
    leaf.prop_recursive(4, 12, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|one| Cond::Not(Box::new(one))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Cond::And(Box::new(a), Box::new(b))),
            (inner.clone(), inner).prop_map(|(a, b)| Cond::Or(Box::new(a), Box::new(b))),
        ]
    })
}

fn thing() -> impl Strategy<Value = Thing> {
    let text = prop::sample::select(vec![None, Some("x"), Some("y")]);
    let some = |most| prop::option::weighted(0.8, 0i64..most);
    (some(3), some(5), prop::option::of(any::<bool>()), text).prop_map(|(label, area, crowded, note)| Thing {
        label,
        bbox: None,
        area: area.map(|n| n as f64),
        crowded,
        note,
    })
}

fn image() -> impl Strategy<Value = Image> {
    let text = prop::sample::select(vec![None, Some("x"), Some("y")]);
    let things = prop::option::weighted(0.8, prop::collection::vec(thing(), 0..5));
    (
        prop::option::weighted(0.8, 0i32..5),
        prop::option::weighted(0.8, 0i64..5),
        text,
        prop::option::of(any::<bool>()),
        things,
    )
        .prop_map(|(width, quality, split, night, things)| Image {
            id: 0,
            width,
            quality: quality.map(|n| n as f64),
            split,
            night,
            things,
        })
}

pub(super) fn images() -> impl Strategy<Value = Vec<Image>> {
    prop::collection::vec(image(), 0..24).prop_map(|mut images| {
        (0..).zip(&mut images).for_each(|(id, image)| image.id = id);
        images
    })
}

pub(super) fn quantity() -> impl Strategy<Value = Quantity> {
    prop_oneof![
        (0u32..4).prop_map(Quantity::AtLeast),
        (0u32..4).prop_map(Quantity::AtMost),
        (0u32..4).prop_map(Quantity::Exactly),
        Just(Quantity::All),
        Just(Quantity::None),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn rows_are_those_of_a_plain_walk(images in images(), batch in 1usize..9, cond in condition()) {
        let ds = dataset(&images, batch);
        let sql = cond.sql(&Seen::of_image(&Image::default()));
        let want: Vec<i64> =
            images.iter().filter(|image| cond.holds(&Seen::of_image(image)) == Some(true)).map(|image| image.id).collect();
        prop_assert_eq!(&ids(&ds.filter(&sql).unwrap()), &want, "{}", sql);
        // The same of a view in another order.
        let turned = ds.shuffle(3);
        let mut own = ids(&turned.filter(&sql).unwrap());
        own.sort_unstable();
        prop_assert_eq!(own, want, "{}", sql);
    }

    #[test]
    fn rows_by_their_objects_are_those_of_a_plain_walk(
        images in images(), batch in 1usize..9, cond in condition(), quantity in quantity(),
    ) {
        let ds = dataset(&images, batch);
        let sql = cond.sql(&Seen::of_thing(&Thing::default()));
        let holds = |image: &&Image| {
            image.things.as_ref().is_some_and(|things| {
                let count = things.iter().filter(|thing| cond.holds(&Seen::of_thing(thing)) == Some(true)).count();
                quantity.holds(count as u32, things.len() as u32)
            })
        };
        let want: Vec<i64> = images.iter().filter(holds).map(|image| image.id).collect();
        prop_assert_eq!(ids(&ds.filter_objects(&sql, quantity).unwrap()), want, "{} {}", sql, quantity);
    }

    #[test]
    fn objects_that_are_kept_are_those_of_a_plain_walk(images in images(), batch in 1usize..9, cond in condition()) {
        let ds = dataset(&images, batch);
        let sql = cond.sql(&Seen::of_thing(&Thing::default()));
        let fewer: Vec<Image> = images
            .iter()
            .map(|image| {
                let keep = |things: &Vec<Thing>| -> Vec<Thing> {
                    things.iter().filter(|thing| cond.holds(&Seen::of_thing(thing)) == Some(true)).cloned().collect()
                };
                Image { things: image.things.as_ref().map(keep), ..image.clone() }
            })
            .collect();
        let (kept, want) = (ds.keep_objects(&sql).unwrap(), dataset(&fewer, 100));
        prop_assert_eq!(kept.list().unwrap(), want.list().unwrap(), "{}", sql);
        let turned = kept.shuffle(5);
        prop_assert_eq!(turned.list().unwrap(), want.shuffle(5).list().unwrap(), "{}", sql);
    }
}
