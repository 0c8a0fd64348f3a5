//! Laws that hold for every sampler: one global order, shared without loss, resumed anywhere.

use std::collections::BTreeMap;

use super::*;

const ROWS: u64 = 103;

/// Facts about 103 rows, owned.
struct Known {
    labels: Vec<Vec<u32>>,
    aspect: Vec<f32>,
    shards: Vec<u64>,
    weights: Vec<f64>,
}

impl Known {
    fn new() -> Known {
        Known {
            labels: (0..ROWS as u32)
                .map(|row| if row % 10 == 9 { vec![] } else { vec![row % 7, row % 31] })
                .collect(),
            aspect: (0..ROWS).map(|row| [0.5, 0.75, 1.0, 1.5, 2.0][row as usize % 5]).collect(),
            shards: vec![20, 0, 33, 1, 49],
            weights: (0..ROWS).map(|row| (row % 4) as f64).collect(),
        }
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            rows: ROWS,
            labels: Some(Labels::lists(&self.labels)),
            aspect: Some(&self.aspect),
            shards: Some(&self.shards),
            weights: Some(&self.weights),
        }
    }
}

/// Every kind, and what makes a kind take another way.
fn samplers() -> Vec<Sampler> {
    let mut samplers: Vec<Sampler> = Kind::ALL.into_iter().map(Sampler::from).collect();
    samplers.extend([
        Sampler::Weighted { weights: None, draws: Some(70), replacement: false },
        Sampler::Weighted { weights: None, draws: Some(250), replacement: true },
        Sampler::ClassAware { draws: Some(311), per_class: 3 },
        Sampler::RepeatFactor { threshold: 0.1, rounding: Rounding::Ceil },
        Sampler::RepeatFactor { threshold: 0.1, rounding: Rounding::Stochastic },
        Sampler::AspectGroups { edges: vec![0.6, 1.2], remainder: Remainder::Short },
        Sampler::Windowed { window: 2 },
        Sampler::Infinite { shuffle: false },
    ]);
    samplers
}

/// The batches of ranks in the order of rounds, and where the epoch ends.
fn fed(epoch: &Epoch, done: u64, world: u32, rounds: u64) -> (Vec<Batch>, u64) {
    let shares: Vec<Share> = (0..world).map(|rank| epoch.share_after(done, rank, world).unwrap()).collect();
    let turns = (0..rounds).flat_map(|round| shares.iter().filter_map(move |share| share.index(round)));
    (turns.map(|index| epoch.batch(index).unwrap()).collect(), shares[0].end())
}

/// Rounds that feed all that is left, or plenty where there is no end.
fn all_rounds(epoch: &Epoch) -> u64 {
    epoch.batches().min(200)
}

#[test]
fn the_order_of_batches_is_the_same_for_any_number_of_ranks() {
    let known = Known::new();
    for sampler in samplers() {
        let epoch = Plan::new(sampler.clone(), 4).seed(3).epoch(&known.facts(), 1).unwrap();
        let (alone, _) = fed(&epoch, 0, 1, all_rounds(&epoch));
        for world in 2..6 {
            let (together, end) = fed(&epoch, 0, world, all_rounds(&epoch) / u64::from(world));
            assert!(epoch.batches() - end < u64::from(world));
            assert_eq!(together, alone[..together.len()], "{sampler:?} on {world} ranks");
        }
    }
}

#[test]
fn a_run_goes_on_anywhere_on_any_number_of_ranks() {
    let known = Known::new();
    let facts = known.facts();
    for sampler in samplers() {
        for uneven in [Uneven::Drop, Uneven::Pad] {
            let plan = Plan { uneven, ..Plan::new(sampler.clone(), 2).seed(11) };
            let epoch = plan.epoch(&facts, 2).unwrap();
            let all = all_rounds(&epoch);
            let (whole, _) = fed(&epoch, 0, 1, all);
            let before = epoch.share(0, 2).unwrap();
            for rounds in (0..=before.len().min(100)).step_by(7) {
                let (first, _) = fed(&epoch, 0, 2, rounds);
                let text = epoch.state(before.done(rounds)).to_string();
                for world in [1, 2, 3] {
                    let (resumed, done) = plan.resume(&facts, &text.parse().unwrap()).unwrap();
                    let (rest, end) = fed(&resumed, done, world, all);
                    let mut union: Vec<Batch> = [first.clone(), rest].concat();
                    let claim = format!("{sampler:?} {uneven:?}: {rounds} rounds of 2, then {world}");
                    assert!(
                        union.iter().map(|batch| batch.index).eq(0..union.len() as u64),
                        "none twice: {claim}"
                    );
                    let padding = union.iter().filter(|batch| batch.padded).count() as u64;
                    assert_eq!(padding > 0, end > epoch.batches(), "{claim}");
                    assert!(padding < u64::from(world.max(2)), "{claim}");
                    union.truncate(whole.len());
                    assert_eq!(union, whole[..union.len()], "{claim}");
                    if !epoch.is_endless() {
                        let left_out = whole.len() - union.len();
                        let most = if uneven == Uneven::Pad { 0 } else { world as usize - 1 };
                        assert!(left_out <= most, "{left_out} left out: {claim}");
                    }
                }
            }
        }
    }
}

#[test]
fn evaluation_gives_every_row_once_whenever_it_was_interrupted() {
    let known = Known::new();
    let facts = known.facts();
    for sampler in samplers().into_iter().filter(Sampler::visits_each_row_once) {
        let plan = Plan { sampler: sampler.clone(), seed: 5, ..Plan::evaluation(7) };
        let epoch = plan.epoch(&facts, 0).unwrap();
        for (rounds, before, after) in [(0, 1, 4), (3, 2, 3), (2, 5, 1), (4, 4, 7), (100, 2, 3)] {
            let done = epoch.share(0, before).unwrap().done(rounds);
            let (first, _) = fed(&epoch, 0, before, rounds);
            let (rest, _) = fed(&epoch, done, after, 100);
            let mut rows: Vec<u64> = first.into_iter().chain(rest).flat_map(|batch| batch.rows).collect();
            rows.sort_unstable();
            assert!(rows.into_iter().eq(0..ROWS), "{sampler:?} {rounds} rounds of {before}, then {after}");
        }
    }
}

#[test]
fn an_epoch_is_a_pure_function_of_seed_and_number() {
    let known = Known::new();
    for sampler in samplers() {
        let of = |seed, number| {
            let epoch = Plan::new(sampler.clone(), 8).seed(seed).epoch(&known.facts(), number).unwrap();
            fed(&epoch, 0, 1, all_rounds(&epoch)).0
        };
        assert_eq!(of(1, 2), of(1, 2));
        let random = !matches!(sampler, Sampler::Sequential | Sampler::Infinite { shuffle: false });
        assert_eq!(of(1, 2) != of(1, 3), random, "{sampler:?}: epochs");
        assert_eq!(of(1, 2) != of(2, 2), random, "{sampler:?}: seeds");
    }
}

#[test]
fn the_last_batch_is_short_or_left_out() {
    let known = Known::new();
    for sampler in samplers() {
        let keep = Plan::new(sampler.clone(), 10);
        let drop = Plan { last: Last::Drop, ..keep.clone() };
        let (keep, drop) = (keep.epoch(&known.facts(), 0).unwrap(), drop.epoch(&known.facts(), 0).unwrap());
        let full = |epoch: &Epoch| {
            fed(epoch, 0, 1, all_rounds(epoch)).0.iter().filter(|b| b.rows.len() == 10).count()
        };
        assert_eq!(full(&drop) as u64, all_rounds(&drop), "{sampler:?}");
        assert_eq!(full(&keep), full(&drop), "{sampler:?}");
        assert_eq!(drop.batch(drop.batches()), None);
    }
}

#[test]
fn padding_is_the_first_batches_again() {
    let plan = Plan { uneven: Uneven::Pad, ..Plan::new(Sampler::Shuffled, 10) };
    let epoch = plan.epoch(&Facts::of(25), 0).unwrap();
    let (batches, end) = fed(&epoch, 0, 8, 1);
    assert_eq!((epoch.batches(), end, epoch.len(7, 8).unwrap()), (3, 8, 1));
    for (index, batch) in batches.iter().enumerate() {
        assert_eq!((batch.padded, &batch.rows), (index >= 3, &batches[index % 3].rows));
    }
    let none =
        Plan { uneven: Uneven::Pad, ..Plan::new(Sampler::Shuffled, 10) }.epoch(&Facts::of(0), 0).unwrap();
    assert_eq!((none.len(0, 8).unwrap(), none.batch(0), none.stand_in(0, 0, 0)), (0, None, None));
}

#[test]
fn passes_of_an_endless_feed_run_into_each_other() {
    let epoch = Plan::new(Sampler::from(Kind::Infinite), 10).epoch(&Facts::of(7), 0).unwrap();
    assert!(epoch.is_endless());
    let rows: Vec<u64> = (0..70).filter_map(|i| epoch.batch(i)).flat_map(|batch| batch.rows).collect();
    assert_eq!(rows.len(), 700);
    let mut orders: BTreeMap<Vec<u64>, u32> = BTreeMap::new();
    for pass in rows.chunks(7) {
        *orders.entry(pass.to_vec()).or_default() += 1;
        let mut sorted = pass.to_vec();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..7));
    }
    assert!(orders.len() > 95, "each pass has its own order");
    let last = epoch.batch(epoch.batches() - 1).unwrap();
    assert_eq!(last.rows.len(), 10);
    for uneven in [Uneven::Pad, Uneven::Error] {
        let plan = Plan { uneven, ..Plan::new(Sampler::from(Kind::Infinite), 10) };
        assert!(plan.epoch(&Facts::of(7), 0).unwrap().len(0, 7).unwrap() > 1 << 55);
    }
}

#[test]
fn a_state_of_another_plan_says_what_differs() {
    let known = Known::new();
    let facts = known.facts();
    let plan = Plan::new(Sampler::from(Kind::ClassAware), 8).seed(1);
    let state = plan.epoch(&facts, 0).unwrap().state(3);
    let says = |plan: Plan, facts: &Facts<'_>, what: &str| {
        let error = plan.resume(facts, &state).unwrap_err();
        assert_eq!(error.kind(), crate::error::ErrorKind::Mismatch);
        assert!(error.to_string().contains(what), "{error}");
    };
    says(
        Plan::new(Sampler::Shuffled, 4).seed(1),
        &facts,
        "sampler 'class_aware', here 'shuffled'; batches of 8, here 4",
    );
    says(plan.clone().seed(2), &facts, "seed 1, here 2");
    says(
        Plan { last: Last::Drop, ..plan.clone() },
        &facts,
        "a difference in parameters, 'last' or labels of the rows",
    );
    let mut fewer = Known::new();
    fewer.labels.pop();
    says(
        plan.clone(),
        &Facts { labels: Some(Labels::lists(&fewer.labels)), ..Facts::of(ROWS - 1) },
        "103 rows, here 102",
    );
    let other = Plan { uneven: Uneven::Pad, ..plan };
    assert_eq!(other.resume(&facts, &state).unwrap().1, 3, "what changes no batch may change");
}

#[test]
fn contradictions_are_refused_before_an_epoch_begins() {
    let known = Known::new();
    let says = |plan: Plan, what: &str| {
        let error = plan.epoch(&known.facts(), 0).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    };
    says(Plan::new(Sampler::Shuffled, 0), "a batch of 0 rows");
    says(Plan::new(Sampler::Shuffled, usize::MAX), "more than 4294967295");
    says(Plan { last: Last::Drop, ..Plan::evaluation(4) }, "'last: drop' leaves some out");
    let exact = |kind| Plan { sampler: Sampler::from(kind), ..Plan::evaluation(4) };
    says(exact(Kind::Infinite), "the sampler 'infinite' does not");
    says(exact(Kind::AspectGroups), "remainder 'short'");
    says(Plan::new(Sampler::Windowed { window: 0 }, 4), "'window' is 0");
    let absent = Plan::new(Sampler::from(Kind::RepeatFactor), 4).epoch(&Facts::of(3), 0).unwrap_err();
    assert_eq!(absent.place().key_name(), Some("label"));
}

#[test]
fn no_rows_are_an_empty_epoch() {
    for kind in Kind::ALL {
        let epoch = Plan::new(Sampler::from(kind), 4).epoch(&Facts::of(0), 0).unwrap();
        assert_eq!((epoch.batches(), epoch.len(0, 3).unwrap(), epoch.batch(0)), (0, 0, None), "{kind}");
    }
    let drawn = Sampler::Weighted { weights: Some(vec![]), draws: Some(1), replacement: true };
    assert!(Plan::new(drawn, 4).epoch(&Facts::of(0), 0).is_err());
}

#[test]
fn a_stand_in_is_a_row_of_the_epoch_and_of_the_same_shape() {
    let known = Known::new();
    for sampler in samplers() {
        let epoch = Plan::new(sampler.clone(), 4).epoch(&known.facts(), 0).unwrap();
        for index in 0..15 {
            let rows = epoch.batch(index).unwrap().rows;
            let mut found: Vec<u64> =
                (0..20).filter_map(|attempt| epoch.stand_in(index, 1, attempt)).collect();
            assert_eq!(found.first().copied(), epoch.stand_in(index, 1, 0));
            assert!(found.iter().all(|row| *row < ROWS));
            if let Sampler::AspectGroups { edges, .. } = &sampler {
                let shape = |row: u64| edges.partition_point(|edge| *edge < known.aspect[row as usize]);
                assert!(found.iter().all(|row| shape(*row) == shape(rows[0])));
            }
            found.sort_unstable();
            found.dedup();
            assert!(found.len() > 5, "attempts give others: {sampler:?} {found:?}");
        }
        assert_eq!(epoch.stand_in(epoch.batches(), 0, 0), None);
    }
}

#[test]
fn any_number_of_rows_can_be_planned() {
    for rows in [u64::MAX, u64::MAX - 1, 1 << 63] {
        for sampler in [Sampler::Sequential, Sampler::Shuffled, Sampler::from(Kind::Infinite)] {
            let epoch = Plan::new(sampler, 3).epoch(&Facts::of(rows), u64::MAX).unwrap();
            let last = epoch.batch(epoch.batches() - 1).unwrap();
            assert!((1..=3).contains(&last.rows.len()) && last.rows.iter().all(|row| *row < rows));
            assert!(epoch.quality().is_some());
        }
    }
}

#[test]
fn plans_read_as_they_write_and_refuse_what_they_do_not_know() {
    let plan: Plan = serde_json::from_str(r#"{"sampler": {"kind": "shuffled"}, "batch": 16}"#).unwrap();
    assert_eq!(plan, Plan::new(Sampler::Shuffled, 16));
    for sampler in samplers() {
        let plan = Plan { last: Last::Drop, uneven: Uneven::Pad, ..Plan::new(sampler, 3).seed(u64::MAX) };
        assert_eq!(serde_json::from_str::<Plan>(&serde_json::to_string(&plan).unwrap()).unwrap(), plan);
    }
    let error =
        serde_json::from_str::<Plan>(r#"{"sampler": {"kind": "shuffled"}, "batchsize": 16}"#).unwrap_err();
    assert!(error.to_string().contains("unknown field `batchsize`"), "{error}");
}

#[test]
fn an_epoch_is_read_from_many_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Epoch>();
    shared::<Plan>();
}
