//! The laws, one function each: a source and something to try it with.

use std::collections::BTreeSet;
use std::ops::Range;

use arrow_array::{Array, ArrayRef};
use arrow_data::ArrayData;
use lensframe::error::{Error, ErrorKind, Place};

use super::*;

type Law = fn(&Fixture, &Draw);

/// Every law.
pub(super) const LAWS: &[Law] = &[
    row_by_row_equals_range_equals_list,
    slice_of_slice_is_one_slice,
    take_of_take_is_one_take,
    keys_commute_with_rows,
    slice_of_concat_equals_concat_of_slices,
    zip_puts_keys_side_by_side,
    repeat_starts_over,
    maps_see_rows_as_they_are_and_pass_failures_on,
    what_is_out_of_bounds_is_refused,
    empty_choices_are_legal,
    a_read_touches_what_it_needs_and_that_once,
    a_declared_map_touches_its_inputs_alone,
    prefetch_forwards_the_rows_and_keys_named,
    a_range_shares_the_buffers_of_the_whole,
    seed_and_epoch_decide_the_values,
    a_cancelled_job_fails_the_read,
];

/// What a read gives, row by row; on the way, that the batch is what a batch must be.
pub(super) fn seen(source: &dyn Source, rows: &Rows, keys: &[usize]) -> Vec<Result<Vec<Value>, Failed>> {
    seen_by(source, rows, keys, &Access::default())
}

fn seen_by(
    source: &dyn Source,
    rows: &Rows,
    keys: &[usize],
    access: &Access<'_>,
) -> Vec<Result<Vec<Value>, Failed>> {
    let batch = source.read(rows, &indices(keys), access).unwrap();
    assert_eq!((batch.len, batch.columns.len()), (rows.len(), keys.len()));
    for (column, key) in batch.columns.iter().zip(keys) {
        assert_eq!(column.len(), rows.len());
        match (source.keys().get(KeyIndex(*key)).unwrap().kind(), column) {
            (Kind::Values, Column::Values(_)) => {}
            (Kind::Arrow(field), Column::Arrow(chunks)) => {
                assert!(chunks.iter().all(|chunk| chunk.data_type() == field.data_type()), "{key}");
            }
            (kind, column) => panic!("{kind:?} is declared, {column:?} was read"),
        }
    }
    let failed: Vec<usize> = batch.failed.iter().map(|(position, _)| *position).collect();
    assert!(failed.is_sorted_by(|a, b| a < b) && failed.iter().all(|p| *p < batch.len), "{failed:?}");
    let columns: Vec<Vec<Value>> = batch.columns.iter().map(Column::values).collect();
    let row = |position: usize| {
        let values: Vec<Value> = columns.iter().map(|column| column[position].clone()).collect();
        if failed.binary_search(&position).is_ok() {
            assert!(values.iter().all(Value::is_null), "a failed row holds {values:?}");
            return Err(Failed);
        }
        Ok(values)
    };
    (0..batch.len).map(row).collect()
}

fn whole(source: &dyn Source) -> Vec<Result<Vec<Value>, Failed>> {
    let keys: Vec<usize> = (0..source.keys().len()).collect();
    seen(source, &Rows::all(source.len()), &keys)
}

fn row_by_row_equals_range_equals_list(fixture: &Fixture, draw: &Draw) {
    let source = &*fixture.source;
    let (all, keys) = (fixture.all_rows(), fixture.all_keys());
    assert_eq!(fixture.twin.len(), source.len());
    let want = fixture.want(&all, &keys);
    assert_eq!(seen(source, &Rows::all(all.len()), &keys), want, "as a range");
    assert_eq!(seen(source, &Rows::indices(all.clone()), &keys), want, "as a list");
    let backwards: Vec<u64> = all.iter().rev().copied().collect();
    assert_eq!(seen(source, &Rows::indices(backwards.clone()), &keys), fixture.want(&backwards, &keys));
    for row in all {
        assert_eq!(seen(source, &Rows::one(row), &keys), [want[row as usize].clone()], "row {row}");
    }
    let (rows, keys) = (draw.rows(fixture), draw.keys(fixture));
    assert_eq!(seen(source, &Rows::indices(rows.clone()), &keys), fixture.want(&rows, &keys));
    let stepped = Rows::all(source.len()).slice_python(draw.slices[0]).unwrap();
    let listed: Vec<u64> = stepped.iter().collect();
    assert_eq!(seen(source, &stepped, &keys), fixture.want(&listed, &keys));
}

fn slice_of_slice_is_one_slice(fixture: &Fixture, draw: &Draw) {
    let sliced = |ds: &Dataset| {
        let once = ds.slice_python(draw.slices[0]).unwrap();
        once.slice_python(draw.slices[1]).unwrap()
    };
    let rows = Rows::all(fixture.source.len()).slice_python(draw.slices[0]).unwrap();
    let listed: Vec<u64> = rows.iter().collect();
    let again = Rows::all(listed.len()).slice_python(draw.slices[1]).unwrap();
    let rows: Vec<u64> = again.iter().map(|position| listed[position as usize]).collect();
    assert_eq!(whole(&sliced(&fixture.dataset())), fixture.want(&rows, &fixture.all_keys()));
}

fn take_of_take_is_one_take(fixture: &Fixture, draw: &Draw) {
    let first = draw.rows(fixture);
    let second = Draw::positions(&draw.takes[1], first.len());
    let view = fixture.dataset().take(&first).unwrap().take(&second).unwrap();
    let rows: Vec<u64> = second.iter().map(|position| first[*position as usize]).collect();
    assert_eq!(whole(&view), fixture.want(&rows, &fixture.all_keys()));
    for (position, row) in rows.iter().enumerate() {
        match (view.get(position), fixture.want(&[*row], &fixture.all_keys()).remove(0)) {
            (Ok(example), Ok(values)) => assert_eq!(example.into_values(), values),
            (Err(_), Err(Failed)) => {}
            (got, want) => panic!("row {row}: {got:?} where {want:?} is held"),
        }
    }
}

fn keys_commute_with_rows(fixture: &Fixture, draw: &Draw) {
    let (rows, keys) = (draw.rows(fixture), draw.keys(fixture));
    let ds = fixture.dataset();
    let keys_first = ds.select(tuple(&keys)).unwrap().take(&rows).unwrap();
    let rows_first = ds.take(&rows).unwrap().select(tuple(&keys)).unwrap();
    assert_eq!(whole(&keys_first), fixture.want(&rows, &keys));
    assert_eq!(whole(&rows_first), fixture.want(&rows, &keys));
}

fn slice_of_concat_equals_concat_of_slices(fixture: &Fixture, draw: &Draw) {
    let (ds, keys) = (fixture.dataset(), fixture.all_keys());
    let cut = draw.cut(ds.len());
    let cuts = [ds.slice(..cut).unwrap(), ds.slice(cut..).unwrap()];
    let joined = Dataset::concat(&cuts).unwrap();
    assert_eq!(whole(&joined), fixture.want(&fixture.all_rows(), &keys));
    let rows = draw.rows(fixture);
    assert_eq!(whole(&joined.take(&rows).unwrap()), fixture.want(&rows, &keys));

    let thrice = Dataset::concat([&joined, &ds, &joined]).unwrap();
    let rows: Vec<u64> = (0..3).flat_map(|_| fixture.all_rows()).collect();
    let slice = Rows::all(thrice.len()).slice_python(draw.slices[0]).unwrap();
    let of_concat = thrice.choose(&slice).unwrap();
    let chosen: Vec<u64> = slice.iter().map(|position| rows[position as usize]).collect();
    assert_eq!(whole(&of_concat), fixture.want(&chosen, &keys));
    let stops = [cut, thrice.len() - cut];
    let of_slices = Dataset::concat([
        thrice.slice(..stops[0]).unwrap(),
        thrice.slice(stops[0]..stops[1]).unwrap(),
        thrice.slice(stops[1]..).unwrap(),
    ]);
    assert_eq!(whole(&of_slices.unwrap()), fixture.want(&rows, &keys));
}

fn zip_puts_keys_side_by_side(fixture: &Fixture, draw: &Draw) {
    let (ds, keys) = (fixture.dataset(), draw.keys(fixture));
    let zipped = Dataset::zip([&ds, &ds.select(tuple(&keys)).unwrap()]).unwrap();
    let both: Vec<usize> = fixture.all_keys().into_iter().chain(keys).collect();
    assert_eq!(whole(&zipped), fixture.want(&fixture.all_rows(), &both));
    let rows = draw.rows(fixture);
    let nested = Dataset::zip([zipped.take(&rows).unwrap(), ds.take(&rows).unwrap()]).unwrap();
    let all: Vec<usize> = both.into_iter().chain(fixture.all_keys()).collect();
    assert_eq!(whole(&nested), fixture.want(&rows, &all));
}

fn repeat_starts_over(fixture: &Fixture, draw: &Draw) {
    let (ds, keys) = (fixture.dataset(), fixture.all_keys());
    let repeated = ds.repeat(draw.times).unwrap().repeat(2).unwrap();
    let rows: Vec<u64> = (0..2 * draw.times).flat_map(|_| fixture.all_rows()).collect();
    assert_eq!(whole(&repeated), fixture.want(&rows, &keys));
    let slice = Rows::all(rows.len()).slice_python(draw.slices[0]).unwrap();
    let chosen: Vec<u64> = slice.iter().map(|position| rows[position as usize]).collect();
    assert_eq!(whole(&repeated.choose(&slice).unwrap()), fixture.want(&chosen, &keys));
    let window = draw.window(rows.len());
    assert_eq!(whole(&repeated.slice(window.clone()).unwrap()), fixture.want(&rows[window], &keys));
}

fn maps_see_rows_as_they_are_and_pass_failures_on(fixture: &Fixture, draw: &Draw) {
    let (ds, keys) = (fixture.dataset(), fixture.all_keys());
    let same =
        ds.map(lensframe::dataset::Keys::unnamed(keys.len()), |values, _| Ok(values.to_vec())).unwrap();
    let rows = draw.rows(fixture);
    assert_eq!(whole(&same.take(&rows).unwrap()), fixture.want(&rows, &keys));
    let chosen = draw.keys(fixture);
    let picky = move |values: &[Value], call: &lensframe::dataset::Call<'_>| {
        if call.row % 3 == 1 {
            return Err(Error::new(ErrorKind::Getter, "no third rows").at(Place::area("test")));
        }
        Ok(vec![Value::from(values.to_vec())])
    };
    let picked = ds.map_from(tuple(&chosen), "all", picky).unwrap();
    let want = |row: &u64| match fixture.want(&[*row], &chosen).remove(0) {
        Ok(values) if row % 3 != 1 => Ok(vec![Value::from(values)]),
        _ => Err(Failed),
    };
    assert_eq!(whole(&picked.take(&rows).unwrap()), rows.iter().map(want).collect::<Vec<_>>());
}

fn what_is_out_of_bounds_is_refused(fixture: &Fixture, _: &Draw) {
    let (source, ds) = (&fixture.source, fixture.dataset());
    let (len, keys) = (source.len(), source.keys().len());
    let kind = |result: lensframe::error::Result<Dataset>| result.unwrap_err().kind();
    assert_eq!(kind(ds.slice(..len + 1)), ErrorKind::Index);
    assert_eq!(kind(ds.take(&[len as u64])), ErrorKind::Index);
    assert_eq!(kind(ds.take_python(&[-(len as i64) - 1])), ErrorKind::Index);
    assert_eq!(kind(ds.mask(&vec![true; len + 1])), ErrorKind::Length);
    assert_eq!(kind(ds.select(keys as i64)), ErrorKind::Index);
    assert_eq!(ds.get(len).unwrap_err().kind(), ErrorKind::Index);
    for raw in [source, ds.source()] {
        let (len, keys) = (raw.len(), raw.keys().len());
        let read =
            |rows: Rows, keys: &[KeyIndex]| raw.read(&rows, keys, &Access::default()).unwrap_err().kind();
        assert_eq!(read(Rows::one(len as u64), &[]), ErrorKind::Index);
        assert_eq!(read(Rows::indices(vec![u64::MAX]), &[]), ErrorKind::Index);
        assert_eq!(read(Rows::all(len + 1), &[]), ErrorKind::Index);
        assert_eq!(read(Rows::all(len), &[KeyIndex(keys)]), ErrorKind::Index);
        raw.prefetch(&Rows::one(len as u64), &indices(&fixture.all_keys()));
        raw.prefetch(&Rows::one(0), &[KeyIndex(keys)]);
    }
}

fn empty_choices_are_legal(fixture: &Fixture, _: &Draw) {
    let ds = fixture.dataset();
    let none = [ds.slice(0..0), ds.take(&[]), ds.mask(&vec![false; ds.len()])];
    for view in none.map(Result::unwrap) {
        assert!(view.is_empty() && whole(&view).is_empty());
        assert!(Dataset::concat([&view, &view]).unwrap().is_empty());
        assert!(Dataset::zip([&view, &view]).unwrap().is_empty());
        assert!(view.repeat(3).unwrap().is_empty());
        assert_eq!(view.list().unwrap(), []);
        assert_eq!(view.iter().len(), 0);
    }
    let keyless = ds.select(tuple(&[])).unwrap();
    assert_eq!(keyless.len(), ds.len());
    assert_eq!(whole(&keyless), vec![Ok(vec![]); ds.len()]);
    assert!(ds.repeat(0).unwrap().is_empty());
}

/// The leaf cells that these rows and keys are made of.
fn origins(fixture: &Fixture, rows: &[u64], keys: &[usize]) -> BTreeSet<Touch> {
    let cells = rows.iter().flat_map(|row| keys.iter().map(|key| &fixture.origins[*row as usize][*key]));
    cells.flatten().copied().collect()
}

fn a_read_touches_what_it_needs_and_that_once(fixture: &Fixture, draw: &Draw) {
    let Some(watch) = &fixture.watch else { return };
    let stepped = Rows::all(fixture.source.len()).slice_python(draw.slices[0]).unwrap();
    let keys = draw.keys(fixture);
    let window = draw.window(fixture.source.len());
    let window = Rows::span(window.start as u64, window.len());
    for rows in [Rows::indices(draw.rows(fixture)), stepped, window, Rows::all(fixture.source.len())] {
        watch.clear();
        seen(&*fixture.source, &rows, &keys);
        let touched = watch.touched();
        let distinct: BTreeSet<Touch> = touched.iter().copied().collect();
        // A cell that stands several times among the rows asked for may be split by a seam of `repeat` between
        // two requests; never is one touched more often than it stands there.
        for cell in &distinct {
            let times = touched.iter().filter(|t| *t == cell).count();
            let stands = rows.iter().filter(|row| origins(fixture, &[*row], &keys).contains(cell)).count();
            assert!(times <= stands.max(1), "{cell:?} stands {stands} times and was touched {times} times");
        }
        let allowed = origins(fixture, &rows.iter().collect::<Vec<_>>(), &keys);
        let beyond: Vec<&Touch> = distinct.difference(&allowed).collect();
        assert!(beyond.is_empty(), "touched beyond what was asked: {beyond:?}");
        if keys.is_empty() {
            assert!(touched.is_empty());
        }
    }
}

fn a_declared_map_touches_its_inputs_alone(fixture: &Fixture, draw: &Draw) {
    let Some(watch) = &fixture.watch else { return };
    let (rows, keys) = (draw.rows(fixture), draw.keys(fixture));
    let mapped = fixture.dataset().map_from(tuple(&keys), "out", |_, _| Ok(vec![Value::Null])).unwrap();
    watch.clear();
    seen(&mapped, &Rows::indices(rows.clone()), &[0]);
    let touched: BTreeSet<Touch> = watch.touched().into_iter().collect();
    assert!(touched.is_subset(&origins(fixture, &rows, &keys)));
}

fn prefetch_forwards_the_rows_and_keys_named(fixture: &Fixture, draw: &Draw) {
    let Some(watch) = &fixture.watch else { return };
    let (rows, keys) = (draw.rows(fixture), draw.keys(fixture));
    watch.clear();
    fixture.source.prefetch(&Rows::indices(rows.clone()), &indices(&keys));
    assert!(watch.touched().is_empty(), "an announcement was taken for a read");
    let want: BTreeSet<Touch> =
        origins(fixture, &rows, &keys).into_iter().filter(|touch| watch.listens(touch.leaf)).collect();
    assert_eq!(watch.announced(), want);
}

fn buffers(data: &ArrayData, into: &mut Vec<Range<usize>>) {
    let nulls = data.nulls().map(|nulls| nulls.buffer());
    for buffer in data.buffers().iter().chain(nulls).filter(|buffer| !buffer.is_empty()) {
        let start = buffer.as_ptr() as usize;
        into.push(start..start + buffer.len());
    }
    for child in data.child_data() {
        buffers(child, into);
    }
}

fn a_range_shares_the_buffers_of_the_whole(fixture: &Fixture, draw: &Draw) {
    let source = &fixture.source;
    let Range { start: from, end: upto } = draw.window(source.len());
    let rows = Rows::span(from as u64, upto - from);
    for key in &fixture.shared {
        if (from..upto).any(|row| fixture.twin[row][*key].is_err()) {
            continue; // a failed row is null, in a buffer of its own
        }
        let read = |rows: &Rows| {
            let batch = source.read(rows, &[KeyIndex(*key)], &Access::default()).unwrap();
            let chunks: Vec<ArrayRef> = batch.columns[0].chunks().unwrap().to_vec();
            let mut found = Vec::new();
            chunks.iter().for_each(|chunk| buffers(&chunk.to_data(), &mut found));
            (found, chunks) // the chunks are kept, so that no buffer is freed and its place used again
        };
        let ((parent, _kept), (part, _too)) = (read(&Rows::all(source.len())), read(&rows));
        for buffer in part {
            let inside = |whole: &Range<usize>| whole.start <= buffer.start && buffer.end <= whole.end;
            assert!(parent.iter().any(inside), "key {key}, rows {from}..{upto}: a buffer was copied");
        }
    }
}

fn seed_and_epoch_decide_the_values(fixture: &Fixture, _: &Draw) {
    let all = Rows::all(fixture.source.len());
    let at = |seed, epoch, keys: &[usize]| {
        let access = Access { seed, epoch, ..Access::default() };
        seen_by(&*fixture.source, &all, keys, &access)
    };
    assert_eq!(at(3, 5, &fixture.all_keys()), at(3, 5, &fixture.all_keys()));
    for key in fixture.all_keys() {
        let values = at(3, 5, &[key]);
        let chance = fixture.random.contains(&key) && values.iter().any(Result::is_ok);
        assert_eq!(values == at(3, 6, &[key]), !chance, "key {key}, another epoch");
        assert_eq!(values == at(4, 5, &[key]), !chance, "key {key}, another seed");
    }
}

fn a_cancelled_job_fails_the_read(fixture: &Fixture, _: &Draw) {
    let job = lensframe::job::Job::new();
    job.cancel();
    if fixture.source.is_empty() || fixture.source.keys().is_empty() {
        return;
    }
    let read = fixture.source.read(&Rows::one(0), &[KeyIndex(0)], &Access::new(&job));
    assert!(read.unwrap_err().is_cancelled());
}
