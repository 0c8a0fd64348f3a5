//! What a batch holds depends on seed, epoch and place alone.

use std::sync::Arc;

use lensframe::augment::Dtype;
use lensframe::feed::sampler::{Kind, Plan, Sampler, State, Uneven};
use lensframe::feed::{Feed, Options, Pool};

use super::{STEPS, loader, options, plan, said};
use crate::augment::scenes;

type Said = (u64, Vec<u64>, Vec<u8>, String);

fn all(feed: Feed) -> Vec<Said> {
    feed.map(|batch| said(&batch.unwrap())).collect()
}

#[test]
fn batches_are_the_same_for_any_number_of_threads() {
    let ds = scenes(23);
    let alone = all(loader(&ds, STEPS, plan(4), options(0)).epoch(1).unwrap());
    assert_eq!(alone.len(), 6);
    let mut rows: Vec<u64> = alone.iter().flat_map(|(_, rows, ..)| rows.clone()).collect();
    rows.sort_unstable();
    assert_eq!(rows, (0..23).collect::<Vec<_>>());
    for workers in [1, 2, 4] {
        assert!(
            all(loader(&ds, STEPS, plan(4), options(workers)).epoch(1).unwrap()) == alone,
            "{workers} threads"
        );
    }
    let other = all(loader(&ds, STEPS, plan(4), options(2)).epoch(2).unwrap());
    assert_ne!(other[0].1, alone[0].1);
}

#[test]
fn ranks_take_turns_over_one_sequence() {
    let ds = scenes(23);
    let alone = all(loader(&ds, STEPS, plan(4), options(1)).epoch(0).unwrap());
    for world in [2, 3] {
        let plan = Plan { uneven: Uneven::Exact, ..plan(4) };
        let mut together = Vec::new();
        for rank in 0..world {
            let options = Options { rank, world, ..options(2) };
            together.extend(all(loader(&ds, STEPS, plan.clone(), options).epoch(0).unwrap()));
        }
        together.sort();
        assert!(together == alone, "{world} ranks");
    }
}

#[test]
fn a_run_goes_on_where_it_was_on_another_number_of_ranks() {
    let ds = scenes(60);
    let plan = Plan { uneven: Uneven::Exact, ..plan(2) };
    let alone = all(loader(&ds, STEPS, plan.clone(), options(1)).epoch(4).unwrap());
    for (world, next) in [(2_u32, 3_u32), (3, 1), (1, 2)] {
        for rounds in [0, 7] {
            let mut seen = Vec::new();
            let mut state: Option<String> = None;
            for rank in 0..world {
                let own = loader(&ds, STEPS, plan.clone(), Options { rank, world, ..options(2) });
                let mut feed = own.epoch(4).unwrap();
                for _ in 0..rounds {
                    seen.push(said(&feed.next().unwrap().unwrap()));
                }
                state = Some(feed.state().to_string());
            }
            let state: State = state.unwrap().parse().unwrap();
            assert!(state.to_string().len() <= 100);
            for rank in 0..next {
                let own = loader(&ds, STEPS, plan.clone(), Options { rank, world: next, ..options(2) });
                seen.extend(all(own.resume(&state).unwrap()));
            }
            seen.sort();
            assert!(seen == alone, "{world} ranks, {rounds} rounds, then {next} ranks");
        }
    }
}

#[test]
fn every_sampler_that_needs_facts_finds_them_in_the_view() {
    let ds = scenes(12);
    for kind in Kind::ALL {
        if [Kind::Windowed, Kind::Weighted].contains(&kind) {
            continue;
        }
        let plan = Plan::new(Sampler::from(kind), 5);
        let feed = loader(&ds, STEPS, plan, options(1)).epoch(0).unwrap();
        let rows: usize = feed.take(3).map(|batch| batch.unwrap().rows.len()).sum();
        assert!(rows >= 10, "{kind}: {rows}");
    }
}

#[test]
fn ragged_pictures_lie_in_the_corner_of_a_canvas_of_zeros() {
    let ds = scenes(6);
    let steps =
        r#"{"steps": [{"op": "resize_short", "size": 40}], "output": {"dtype": "u8", "order": "hwc"}}"#;
    let own = loader(&ds, steps, plan(6), Options { multiple: 32, ..options(1) });
    let batch = own.epoch(0).unwrap().next().unwrap().unwrap();
    let tensor = batch.pictures.as_ref().unwrap();
    let [count, height, width, 3] = *tensor.shape() else { panic!("{:?}", tensor.shape()) };
    assert_eq!((count, height % 32, width % 32), (6, 0, 0));
    for (at, size) in batch.sizes.iter().enumerate() {
        let picture = &tensor.bytes()[at * height * width * 3..(at + 1) * height * width * 3];
        for (pixel, bytes) in picture.chunks_exact(3).enumerate() {
            let (row, column) = (pixel / width, pixel % width);
            if row >= size.height as usize || column >= size.width as usize {
                assert_eq!(bytes, [0; 3]);
            }
        }
    }
    // Numbers of label maps outside are those that losses ignore.
    let (_, ids) = &batch.maps[0];
    assert_eq!(ids.len(), 6 * height * width);
    assert_eq!(
        ids[height * width - 1] == 255,
        batch.sizes[0].height < height as u32 || batch.sizes[0].width < width as u32
    );
}

#[test]
fn memory_goes_back_to_the_pool_of_the_loader() {
    let pool = Arc::new(Pool::default());
    let address = pool.tensor(Dtype::F32, vec![8]).bytes().as_ptr();
    assert_eq!(pool.tensor(Dtype::F32, vec![8]).bytes().as_ptr(), address);
}

#[test]
fn views_of_a_row_come_one_after_the_other_and_lead_back_to_it() {
    let ds = scenes(5);
    let steps = r#"[{"op": "resize", "size": [40, 60]},
        {"op": "each", "of": [[], [{"op": "flip", "x": true}], [{"op": "crop", "size": 20, "at": [1, 1]}]]},
        {"op": "resize", "size": 32}]"#;
    let sequential = Plan { uneven: Uneven::Exact, ..Plan::new(Sampler::Sequential, 4) };
    let mut seen = Vec::new();
    for batch in loader(&ds, steps, sequential.clone(), options(2)).epoch(0).unwrap() {
        let batch = batch.unwrap();
        for (at, (row, view)) in batch.rows.iter().zip(&batch.views).enumerate() {
            let back = batch.back[at].unwrap().point([0.0, 0.0]);
            let whole = ds.image(*row as usize).unwrap();
            let (high, wide) = (f64::from(whole.height()), f64::from(whole.width()));
            let wanted = [[0.0, 0.0], [wide, 0.0], [wide * 40.0 / 60.0, high / 2.0]][*view as usize];
            assert!(back.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-9), "{back:?} {wanted:?}");
            seen.push((*row, *view));
        }
    }
    assert_eq!(seen, (0..5).flat_map(|row| (0..3).map(move |view| (row, view))).collect::<Vec<_>>());
    // Ranks share views as they share rows.
    let shares = (0..2).map(|rank| {
        let options = Options { rank, world: 2, ..options(1) };
        let feed = loader(&ds, steps, sequential.clone(), options).epoch(0).unwrap();
        feed.map(|batch| batch.unwrap().rows.len()).sum::<usize>()
    });
    assert_eq!(shares.sum::<usize>(), 15);
}
