//! The laws of type text and of widening.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, IntervalUnit, TimeUnit};
use proptest::prelude::*;

use super::{MAX_DEPTH, parse, to_text, widen, widens};
use crate::error::ErrorKind;
use crate::schema::field;

fn unit() -> impl Strategy<Value = TimeUnit> {
    prop_oneof![
        Just(TimeUnit::Second),
        Just(TimeUnit::Millisecond),
        Just(TimeUnit::Microsecond),
        Just(TimeUnit::Nanosecond),
    ]
}

fn number() -> impl Strategy<Value = DataType> {
    proptest::sample::select(vec![
        DataType::Null,
        DataType::Boolean,
        DataType::Int8,
        DataType::Int16,
        DataType::Int32,
        DataType::Int64,
        DataType::UInt8,
        DataType::UInt16,
        DataType::UInt32,
        DataType::UInt64,
        DataType::Float16,
        DataType::Float32,
        DataType::Float64,
        DataType::Utf8,
        DataType::LargeUtf8,
        DataType::Binary,
    ])
}

fn flat() -> impl Strategy<Value = DataType> {
    prop_oneof![
        number(),
        proptest::sample::select(vec![
            DataType::Utf8View,
            DataType::LargeBinary,
            DataType::BinaryView,
            DataType::Date32,
            DataType::Date64,
            DataType::Time32(TimeUnit::Second),
            DataType::Time32(TimeUnit::Millisecond),
            DataType::Time64(TimeUnit::Microsecond),
            DataType::Time64(TimeUnit::Nanosecond),
            DataType::Interval(IntervalUnit::YearMonth),
            DataType::Interval(IntervalUnit::DayTime),
            DataType::Interval(IntervalUnit::MonthDayNano),
        ]),
        (0..100_i32).prop_map(DataType::FixedSizeBinary),
        unit().prop_map(DataType::Duration),
        (unit(), proptest::option::of("\\PC{0,8}"))
            .prop_map(|(unit, zone)| DataType::Timestamp(unit, zone.map(Into::into))),
    ]
}

/// Nested types over `leaf`, whose members are called by `name`.
fn nested(leaf: BoxedStrategy<DataType>, name: &'static str) -> impl Strategy<Value = DataType> {
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let item = (inner, any::<bool>(), prop_oneof![Just("item".to_owned()), name.prop_map(String::from)])
            .prop_map(|(ty, nullable, name)| Arc::new(Field::new(name, ty, nullable)));
        let members = proptest::collection::vec(item.clone(), 0..4).prop_map(|items| {
            let numbered =
                |(i, f): (usize, Arc<Field>)| f.as_ref().clone().with_name(format!("{}{i}", f.name()));
            DataType::Struct(items.into_iter().enumerate().map(numbered).collect::<Fields>())
        });
        prop_oneof![
            item.clone().prop_map(DataType::List),
            item.clone().prop_map(DataType::LargeList),
            (item, 0..5_i32).prop_map(|(item, n)| DataType::FixedSizeList(item, n)),
            members,
        ]
    })
}

fn stored() -> impl Strategy<Value = DataType> {
    nested(flat().boxed(), "\\PC{0,6}")
}

/// Types that are often comparable: numbers, and shallow nests of them with fixed names.
fn comparable() -> impl Strategy<Value = DataType> {
    number().prop_recursive(2, 6, 2, |inner| {
        let item = (inner, any::<bool>(), proptest::sample::select(vec!["item", "element"]))
            .prop_map(|(ty, nullable, name)| Arc::new(Field::new(name, ty, nullable)));
        prop_oneof![
            item.clone().prop_map(DataType::List),
            item.clone().prop_map(DataType::LargeList),
            item.prop_map(|f| DataType::Struct(Fields::from(vec![f.as_ref().clone().with_name("x")]))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_stored_type_survives_its_text(ty in stored()) {
        let text = to_text(&ty).unwrap();
        prop_assert_eq!(parse(&text).unwrap(), ty, "{}", text);
    }

    #[test]
    fn blanks_are_free(ty in nested(number().boxed(), "[a-z]{1,4}")) {
        let text = to_text(&ty).unwrap();
        let spaced = text.replace('<', " < ").replace('>', "\t>").replace(", ", "\n ,").replace('!', " !");
        prop_assert_eq!(parse(&text.replace(' ', "")).unwrap(), parse(&spaced).unwrap());
        prop_assert_eq!(parse(&spaced).unwrap(), ty);
    }

    #[test]
    fn hostile_text_never_panics(text in "\\PC{0,40}") {
        let _ = parse(&text);
    }

    #[test]
    fn text_like_types_never_panics_and_what_is_read_can_be_written(
        parts in proptest::collection::vec(proptest::sample::select(vec![
            "list", "struct", "fixed_list", "fixed_binary", "timestamp", "int64", "utf8", "<", ">", ",", ":",
            "!", "\"", "\"a\\", "item", "4", "-1", "99999999999", " ", "é", "ms",
        ]), 0..14),
    ) {
        if let Ok(ty) = parse(&parts.concat()) {
            prop_assert_eq!(parse(&to_text(&ty).unwrap()).unwrap(), ty);
        }
    }

    #[test]
    fn widening_is_idempotent_and_commutative(a in comparable(), b in comparable()) {
        prop_assert_eq!(widen(&a, &a), Some(a.clone()));
        prop_assert_eq!(widen(&a, &b), widen(&b, &a));
        if let Some(wide) = widen(&a, &b) {
            prop_assert!(widens(&a, &wide) && widens(&b, &wide), "{} {} {}", a, b, wide);
        }
    }

    #[test]
    fn widening_is_associative(a in comparable(), b in comparable(), c in comparable()) {
        let left = widen(&a, &b).and_then(|ab| widen(&ab, &c));
        let right = widen(&b, &c).and_then(|bc| widen(&a, &bc));
        prop_assert_eq!(left, right);
    }
}

#[test]
fn the_texts_in_manifests_read_as_the_types_they_name() {
    let cases = [
        ("int64", DataType::Int64),
        ("list<fixed_list<float64, 4>>", field::list(field::fixed_list(DataType::Float64, 4))),
        ("struct<bytes: binary, path: utf8>", field::image_type()),
        ("fixed_binary<16>", DataType::FixedSizeBinary(16)),
        ("timestamp<ms>", DataType::Timestamp(TimeUnit::Millisecond, None)),
        (
            "timestamp<us, \"Europe/Oslo\">",
            DataType::Timestamp(TimeUnit::Microsecond, Some("Europe/Oslo".into())),
        ),
        ("list<int64!>", DataType::List(Arc::new(Field::new("item", DataType::Int64, false)))),
        ("list<element: utf8>", DataType::List(Arc::new(Field::new("element", DataType::Utf8, true)))),
        ("struct<>", DataType::Struct(Fields::empty())),
        (
            "struct<\"a b\": int8!, c.d: bool>",
            DataType::Struct(Fields::from(vec![
                Field::new("a b", DataType::Int8, false),
                Field::new("c.d", DataType::Boolean, true),
            ])),
        ),
    ];
    for (text, ty) in cases {
        assert_eq!(to_text(&ty).unwrap(), text);
        assert_eq!(parse(text).unwrap(), ty);
    }
}

#[test]
fn every_known_key_has_a_text() {
    let bases = ["bbox", "rbox", "segmentation", "mask", "point", "visible", "caption", "track_id"];
    for ty in bases.iter().filter_map(|b| field::object_type(b)).chain([field::image_view_type()]) {
        assert_eq!(parse(&to_text(&ty).unwrap()).unwrap(), ty);
    }
}

#[test]
fn errors_say_what_is_wrong_and_at_which_character() {
    let cases = [
        ("", ErrorKind::Format, "expected a type at character 1 of ''"),
        ("list<é>", ErrorKind::Format, "expected a type at character 6 of 'list<é>'"),
        ("list<int64", ErrorKind::Format, "expected '>', found the end at character 11 of 'list<int64'"),
        ("list", ErrorKind::Format, "expected '<', found the end at character 5 of 'list'"),
        ("int64 int64", ErrorKind::Format, "the type is over, but more text follows at character 7"),
        ("int64!", ErrorKind::Format, "the type is over, but more text follows at character 6"),
        ("struct<int64>", ErrorKind::Format, "a struct's member has no name at character 8"),
        ("struct<a: int8,>", ErrorKind::Format, "expected a type at character 16"),
        (
            "struct<a: int8, a: int8>",
            ErrorKind::Format,
            "a struct has two members of one name at character 17",
        ),
        ("struct<\"a: int8>", ErrorKind::Format, "a quoted name that is not a JSON string at character 8"),
        ("fixed_list<int8, -1>", ErrorKind::Format, "expected a size from 0 to 2147483647 at character 18"),
        ("fixed_binary<2147483648>", ErrorKind::Format, "expected a size from 0 to 2147483647"),
        ("timestamp<m>", ErrorKind::Format, "expected one of s, ms, us, ns at character 11"),
        ("timestamp<ms, UTC>", ErrorKind::Format, "expected a quoted time zone"),
        ("time32<ns>", ErrorKind::Format, "expected one of s, ms at character 8"),
        ("list<dictionary<int8, utf8>>", ErrorKind::Unsupported, "unknown type 'dictionary' at character 6"),
        ("fixed_binary<2147483647>", ErrorKind::Limit, "holds 2147483647 values"),
        ("fixed_list<fixed_list<int8, 65536>, 65536>", ErrorKind::Limit, "holds 4294967296 values"),
    ];
    for (text, kind, message) in cases {
        let error = parse(text).unwrap_err();
        assert_eq!(error.kind(), kind, "{text}: {error}");
        assert!(error.what().contains(message), "{text}: {error}");
    }
}

#[test]
fn nesting_is_bounded_in_both_directions() {
    let deep = |n: usize| format!("{}int8{}", "list<".repeat(n - 1), ">".repeat(n - 1));
    let ty = parse(&deep(MAX_DEPTH)).unwrap();
    assert_eq!(parse(&deep(MAX_DEPTH + 1)).unwrap_err().kind(), ErrorKind::Limit);
    assert_eq!(parse(&"list<".repeat(1_000_000)).unwrap_err().kind(), ErrorKind::Limit);
    assert_eq!(to_text(&ty).unwrap(), deep(MAX_DEPTH));
    assert_eq!(to_text(&field::list(ty)).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn types_that_are_not_stored_have_no_text_and_a_remedy() {
    let dictionary = DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8));
    for ty in [dictionary, DataType::Decimal128(10, 2), DataType::Time32(TimeUnit::Nanosecond)] {
        let error = to_text(&field::list(ty)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Type);
        assert!(error.remedy_text().is_some(), "{error}");
    }
    let twice = DataType::Struct(Fields::from(vec![Field::new("a", DataType::Int8, true); 2]));
    assert_eq!(to_text(&twice).unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(to_text(&DataType::FixedSizeBinary(-1)).unwrap_err().kind(), ErrorKind::Type);
}

#[test]
fn types_widen_by_the_table() {
    let table = [
        (DataType::Int8, DataType::Int64, Some(DataType::Int64)),
        (DataType::UInt8, DataType::Int8, Some(DataType::Int16)),
        (DataType::UInt32, DataType::Int64, Some(DataType::Int64)),
        (DataType::UInt64, DataType::Int8, None),
        (DataType::Float32, DataType::Float64, Some(DataType::Float64)),
        (DataType::Int8, DataType::Float64, None),
        (DataType::Boolean, DataType::Int8, None),
        (DataType::Null, DataType::Boolean, Some(DataType::Boolean)),
        (DataType::Utf8, DataType::LargeUtf8, Some(DataType::LargeUtf8)),
        (DataType::Utf8, DataType::Binary, None),
        (field::fixed_list(DataType::Int8, 2), field::fixed_list(DataType::Int8, 3), None),
        (
            field::fixed_list(DataType::Null, 2),
            field::fixed_list(DataType::Int8, 2),
            Some(field::fixed_list(DataType::Int8, 2)),
        ),
        (field::image_type(), field::record(&[("bytes", DataType::Binary)]), None),
        (
            field::record(&[("x", DataType::Int8)]),
            field::record(&[("x", DataType::UInt16)]),
            Some(field::record(&[("x", DataType::Int32)])),
        ),
        (field::record(&[("x", DataType::Int8)]), field::record(&[("y", DataType::Int8)]), None),
    ];
    for (a, b, wide) in table {
        assert_eq!(widen(&a, &b), wide, "{a} and {b}");
    }
    assert!(widens(&DataType::Int8, &DataType::Int16) && !widens(&DataType::Int16, &DataType::Int8));
}

#[test]
fn an_item_that_was_null_makes_its_list_nullable() {
    let of = |ty, nullable| DataType::List(Arc::new(Field::new("item", ty, nullable)));
    let wide = widen(&of(DataType::Null, false), &of(DataType::Int8, false));
    assert_eq!(wide, Some(of(DataType::Int8, true)));
    assert_eq!(
        widen(&of(DataType::Int8, false), &of(DataType::Int16, false)),
        Some(of(DataType::Int16, false))
    );
}
