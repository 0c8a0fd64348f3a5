//! The laws over every kind of source, one by one and nested at random.

use super::plan::{Plan, plans};
use super::*;

fn table() -> Box<Plan> {
    Box::new(Plan::Table { len: 9, chunk: 4, bad: true })
}

fn getters() -> Box<Plan> {
    Box::new(Plan::Getters { len: 8, bad: true })
}

fn obeys(plan: Plan) {
    check(|| plan.fixture());
}

#[test]
fn a_table_obeys_the_laws() {
    obeys(*table());
    obeys(Plan::Table { len: 0, chunk: 1, bad: false });
}

#[test]
fn getters_obey_the_laws() {
    obeys(*getters());
    obeys(Plan::Getters { len: 0, bad: false });
}

#[test]
fn bare_columns_obey_the_laws() {
    obeys(Plan::Arrays { len: 7 });
}

#[test]
fn a_concat_obeys_the_laws() {
    obeys(Plan::Concat(table(), 3));
    obeys(Plan::Concat(Box::new(Plan::Concat(getters(), 2)), 2));
}

#[test]
fn a_zip_obeys_the_laws() {
    obeys(Plan::Zip(table(), getters()));
    obeys(Plan::Zip(Box::new(Plan::Zip(table(), table())), getters()));
}

#[test]
fn a_repeat_obeys_the_laws() {
    obeys(Plan::Repeat(table(), 3));
    obeys(Plan::Repeat(getters(), 3));
}

#[test]
fn an_opaque_map_obeys_the_laws() {
    obeys(Plan::MapAll(table()));
}

#[test]
fn a_declared_map_obeys_the_laws() {
    let map = |keep, arrow, random| {
        let of = Box::new(Plan::Zip(table(), getters()));
        Plan::MapOne { of, key: 2, keep, arrow, random }
    };
    obeys(map(true, true, false));
    obeys(map(false, false, true));
}

#[test]
fn aligned_classes_obey_the_laws() {
    obeys(Plan::Align(Box::new(Plan::Concat(table(), 2))));
    obeys(Plan::Align(getters()));
}

#[test]
fn a_source_of_which_nothing_is_known_is_measured_by_its_single_cells() {
    check(|| Fixture::new(Arc::new(Plan::Concat(table(), 2).dataset())));
}

proptest! {
    #![proptest_config(Config { cases: 1000, failure_persistence: None, ..Config::default() })]
    #[test]
    fn any_nesting_obeys_the_laws(plan in plans(), draw in draws()) {
        hold(&plan.fixture(), &draw);
    }
}
