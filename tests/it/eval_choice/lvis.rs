//! LVIS: lvis-api's recorded answers, what the federation drops, shards.

use lensframe::eval::coco::{Kind, Tensors};
use lensframe::eval::lvis::{Federation, Frequency, Lvis};
use lensframe::eval::{Batch, Flags, ImageId, Objects};
use lensframe::geometry::Size;
use lensframe::job::Job;
use lensframe::random::Random;
use serde_json::Value;

use super::scenes::{Scene, Sides, draw, shards};
use super::{get, numbers, recorded, same};

/// A federated data set and results, as one batch.
struct Case {
    images: Vec<ImageId>,
    truth: Objects,
    found: Objects,
    negative: Vec<Vec<u32>>,
    not_exhaustive: Vec<Vec<u32>>,
    frequencies: Vec<Frequency>,
}

fn list<'a>(value: &'a Value, key: &str) -> &'a Vec<Value> {
    value[key].as_array().unwrap()
}

fn side(images: &[i64], classes: &[i64], all: &[Value]) -> Objects {
    let of = |image: i64| all.iter().filter(move |own| own["image_id"].as_i64() == Some(image));
    let mut objects = Objects::new(images.iter().map(|image| of(*image).count())).unwrap();
    for own in images.iter().copied().flat_map(of) {
        let id = own["category_id"].as_i64().unwrap();
        objects.label.push(classes.iter().position(|class| *class == id).unwrap() as u32);
        objects.score.extend(own["score"].as_f64());
        objects.area.extend(own["area"].as_f64());
        if own["bbox"].is_array() {
            objects.bbox.push(get(own, "bbox"));
        }
        if own["area"].is_number() {
            objects.flags.push(Flags { ignored: own["ignore"] == 1, ..Flags::default() });
        }
        match &own["segmentation"] {
            Value::Array(rings) => {
                let rings: Vec<Vec<f64>> = rings.iter().map(numbers).collect();
                objects.masks.push_polygons(Size::new(120, 130), rings.iter().map(Vec::as_slice));
            }
            Value::Object(rle) => {
                objects.masks.push_text(Size::new(120, 130), rle["counts"].as_str().unwrap().as_bytes());
            }
            _ => {}
        }
    }
    objects
}

fn read(case: &Value) -> Case {
    let images: Vec<i64> = list(&case["truth"], "images").iter().map(|image| get(image, "id")).collect();
    let classes: Vec<i64> = list(&case["truth"], "categories").iter().map(|class| get(class, "id")).collect();
    let known = |key: &str| {
        let of = |image: &Value| {
            let ids: Vec<i64> = get(image, key);
            ids.iter().map(|id| classes.iter().position(|class| class == id).unwrap() as u32).collect()
        };
        list(&case["truth"], "images").iter().map(of).collect()
    };
    let frequency = |class: &Value| match class["frequency"].as_str().unwrap() {
        "r" => Frequency::Rare,
        "c" => Frequency::Common,
        _ => Frequency::Frequent,
    };
    Case {
        truth: side(&images, &classes, list(&case["truth"], "annotations")),
        found: side(&images, &classes, list(case, "found")),
        images: images.iter().map(|id| ImageId::Int(*id)).collect(),
        negative: known("neg_category_ids"),
        not_exhaustive: known("not_exhaustive_category_ids"),
        frequencies: list(&case["truth"], "categories").iter().map(frequency).collect(),
    }
}

fn hash(values: &[f64]) -> String {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes());
    let hash = bytes
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

#[test]
fn recorded_answers_of_lvis_api_come_out_bit_for_bit() {
    let cases = recorded("eval_lvis.json");
    assert_eq!(cases.len(), 6);
    for (number, value) in cases.iter().enumerate() {
        let case = read(value);
        let kind = if value["kind"] == "bbox" { Kind::Bbox } else { Kind::Segm };
        let mut lvis = Lvis::new(kind, case.frequencies.clone()).unwrap();
        let batch = Batch { images: &case.images, truth: &case.truth, found: &case.found };
        let known = Federation { negative: &case.negative, not_exhaustive: &case.not_exhaustive };
        lvis.update(&batch, &known, &Job::new()).unwrap();
        let (tensors, summary) = (lvis.tensors(&Job::new()).unwrap(), lvis.finish(&Job::new()).unwrap());
        let answer = &value["answer"];
        assert!(same(&tensors.recall, &numbers(&answer["recall"])), "case {number}: recall");
        assert_eq!(
            hash(&tensors.precision),
            answer["precision"].as_str().unwrap(),
            "case {number}: precision"
        );
        let results = answer["results"].as_object().unwrap();
        assert_eq!(summary.numbers.len(), results.len());
        for ((key, own), (name, wanted)) in summary.numbers.iter().zip(results) {
            assert_eq!(key, name);
            let wanted = wanted.as_f64().unwrap();
            assert_eq!(
                own.unwrap_or(-1.0).to_bits(),
                wanted.to_bits(),
                "case {number} {key}: {own:?} {wanted}"
            );
        }
    }
}

#[test]
fn lines_are_those_that_lvis_api_prints() {
    let lvis = Lvis::new(Kind::Bbox, vec![Frequency::Rare]).unwrap();
    let text = lvis.finish(&Job::new()).unwrap().to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 13);
    assert_eq!(
        lines[1],
        " Average Precision  (AP) @[ IoU=0.50      | area=   all | maxDets=300 catIds=all] = -1.000"
    );
    assert_eq!(
        lines[6],
        " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=300 catIds=  r] = -1.000"
    );
    assert_eq!(
        lines[11],
        " Average Recall     (AR) @[ IoU=0.50:0.95 | area=     m | maxDets=300 catIds=all] = -1.000"
    );
}

fn classes_of(id: i64, salt: u64) -> Vec<u32> {
    let mut random = Random::keyed(&[id as u64, salt]);
    (0..4).filter(|_| random.below(2) == 0).collect()
}

fn evaluate(scenes: &[Scene], cap: u32, threads: usize) -> Lvis {
    let sides = Sides::of(scenes);
    let lists = |salt| scenes.iter().map(|scene| classes_of(scene.id, salt)).collect::<Vec<_>>();
    let frequencies = vec![Frequency::Rare, Frequency::Common, Frequency::Frequent, Frequency::Common];
    let mut lvis = Lvis::with_cap(Kind::Bbox, frequencies, cap).unwrap();
    let known = Federation { negative: &lists(1), not_exhaustive: &lists(2) };
    lvis.update(&sides.batch(), &known, &Job::new().threads(threads)).unwrap();
    lvis
}

/// The verdicts at an overlap of 0.5 over all areas by nested loops: how many are true and how many count.
fn twin(scenes: &[Scene], class: u32, cap: usize) -> (u32, u32, u32) {
    let (mut tp, mut counted, mut truths) = (0, 0, 0);
    for scene in scenes {
        let mut own = scene.found.clone();
        own.sort_by(|a, b| b.score.partial_cmp(&a.score).unwrap());
        own.truncate(cap);
        own.retain(|d| d.label == class);
        let there: Vec<_> = scene.there.iter().filter(|t| t.label == class).collect();
        truths += there.iter().filter(|t| !t.flags.ignored).count() as u32;
        if there.is_empty() && !classes_of(scene.id, 1).contains(&class) {
            continue;
        }
        let mut taken = vec![false; there.len()];
        for d in own {
            let iou = |t: usize| {
                let (a, b) = (d.bbox, there[t].bbox);
                let w = (a[0] + a[2]).min(b[0] + b[2]) - a[0].max(b[0]);
                let h = (a[1] + a[3]).min(b[1] + b[3]) - a[1].max(b[1]);
                if w <= 0.0 || h <= 0.0 { 0.0 } else { w * h / (a[2] * a[3] + b[2] * b[3] - w * h) }
            };
            let mut chosen = None;
            for ignored in [false, true] {
                for t in 0..there.len() {
                    let open =
                        chosen.is_none() && there[t].flags.ignored == ignored && !taken[t] && iou(t) >= 0.5;
                    let better = (0..there.len()).all(|o| {
                        o == t
                            || taken[o]
                            || there[o].flags.ignored != ignored
                            || iou(o) < iou(t)
                            || (iou(o) == iou(t) && o < t)
                    });
                    if open && better {
                        chosen = Some(t);
                    }
                }
            }
            match chosen {
                Some(t) => {
                    taken[t] = true;
                    tp += u32::from(!there[t].flags.ignored);
                    counted += u32::from(!there[t].flags.ignored);
                }
                None => counted += u32::from(!classes_of(scene.id, 2).contains(&class)),
            }
        }
    }
    (tp, counted, truths)
}

fn flags(random: &mut Random) -> Flags {
    Flags { ignored: random.below(6) == 0, crowd: random.below(3) == 0, ..Flags::default() }
}

#[test]
fn random_federations_agree_with_a_plain_twin() {
    let mut seen = 0;
    for seed in 0..40 {
        let scenes = draw(seed, 8, 4, flags);
        let lvis = evaluate(&scenes, 5, 1);
        let ordered = lvis.coco().outcomes().in_order(4).unwrap();
        for class in 0..4 {
            let (mut tp, mut counted) = (0, 0);
            for ranked in ordered.ranked(class) {
                let judged = ordered.outcomes().judged(ranked.detection as usize, 0);
                tp += (judged.hit & 1) as u32;
                counted += 1 - (judged.ignored & 1) as u32;
            }
            let truths = ordered.truths(class)[0] as u32;
            assert_eq!((tp, counted, truths), twin(&scenes, class as u32, 5), "seed {seed} class {class}");
            seen += counted;
        }
    }
    assert!(seen > 300, "{seen}");
}

#[test]
fn shards_in_any_order_and_any_number_of_threads_change_no_bit() {
    let scenes = draw(2, 600, 4, flags);
    let finish = |lvis: Lvis, threads| -> Tensors { lvis.tensors(&Job::new().threads(threads)).unwrap() };
    assert_eq!(finish(evaluate(&scenes, 300, 1), 1), finish(evaluate(&scenes, 300, 2), 2));
    let few = &scenes[..40];
    let whole = finish(evaluate(few, 300, 1), 1);
    for order in 0..100 {
        let mut parts =
            shards(few, &mut Random::keyed(&[order])).into_iter().map(|shard| evaluate(&shard, 300, 1));
        let mut joined = parts.next().unwrap();
        parts.for_each(|part| joined.merge(&part).unwrap());
        assert_eq!(finish(joined, 1), whole, "order {order}");
    }
}
