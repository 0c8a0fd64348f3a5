//! A plain twin of COCO's protocol: loops over everything, no packing, no shared kernel; and scenes to hold it to.

use lensframe::eval::coco::{AreaRange, Coco, Kind, Params, Standing, Summary, Tensors};
use lensframe::eval::{Batch, Flags, ImageId, Objects};
use lensframe::geometry::coco_iou;
use lensframe::job::Job;
use lensframe::random::Random;

/// Random images with ties of scores and overlaps, crowds, all sizes and empty images.
pub(super) fn scenes(seed: u64, images: usize, classes: u32) -> (Vec<ImageId>, Objects, Objects) {
    let mut random = Random::keyed(&[seed]);
    let mut pick = |n: u64| random.below(n);
    let ids: Vec<ImageId> = (0..images as i64).map(|n| ImageId::from(n * 7 % 1009)).collect();
    let counts: Vec<(usize, usize)> = (0..images).map(|_| (pick(7) as usize, pick(12) as usize)).collect();
    let mut truth = Objects::new(counts.iter().map(|(t, _)| *t)).unwrap();
    let mut found = Objects::new(counts.iter().map(|(_, f)| *f)).unwrap();
    for image in 0..images {
        let scale = [12, 40, 150][pick(3) as usize];
        for _ in truth.range(image) {
            let bbox = [pick(50), pick(50), 5 + pick(scale), 5 + pick(scale)].map(|n| n as f64);
            truth.bbox.push(bbox);
            truth.area.push(if pick(5) == 0 { 1024.0 } else { bbox[2] * bbox[3] });
            truth.label.push(pick(u64::from(classes)) as u32);
            let crowd = pick(8) == 0;
            truth.flags.push(Flags { crowd, ignored: crowd, ..Flags::default() });
        }
        for _ in found.range(image) {
            let range = truth.range(image);
            let near =
                if range.is_empty() { None } else { Some(range.start + pick(range.len() as u64) as usize) };
            let (bbox, label) = match near.filter(|_| pick(3) > 0) {
                Some(near) => {
                    let mut bbox = truth.bbox[near];
                    bbox[pick(4) as usize] += pick(4) as f64;
                    (bbox, if pick(6) == 0 { pick(u64::from(classes)) as u32 } else { truth.label[near] })
                }
                None => (
                    [pick(60), pick(60), 3 + pick(99), 3 + pick(99)].map(|n| n as f64),
                    pick(u64::from(classes)) as u32,
                ),
            };
            found.bbox.push(bbox);
            found.area.push(bbox[2] * bbox[3]);
            found.label.push(label);
            found.score.push(pick(10) as f64 / 10.0);
        }
    }
    (ids, truth, found)
}

/// What one detection came to.
#[derive(Clone, Copy)]
struct Verdict {
    score: f64,
    hit: bool,
    ignored: bool,
}

/// The detections of a cell at one threshold and range, best first, and how many truths count.
fn cell(
    truth: &Objects,
    found: &Objects,
    image: usize,
    class: u32,
    t: f64,
    area: (f64, f64),
    cap: usize,
) -> (Vec<Verdict>, u64) {
    let outside = |a: f64| a < area.0 || a > area.1;
    let mut there: Vec<(usize, bool)> = truth
        .range(image)
        .filter(|t| truth.label[*t] == class)
        .map(|t| (t, truth.flags(t).crowd || outside(truth.area[t])))
        .collect();
    there.sort_by_key(|(_, ignored)| *ignored);
    let mut seen: Vec<usize> = found.range(image).filter(|d| found.label[*d] == class).collect();
    seen.sort_by(|a, b| found.score[*b].partial_cmp(&found.score[*a]).unwrap());
    seen.truncate(cap);
    let mut taken = vec![false; there.len()];
    let verdicts = seen.into_iter().map(|d| {
        let (mut best, mut chosen) = (t.min(1.0 - 1e-10), None);
        for (n, (truth_at, ignored)) in there.iter().enumerate() {
            let crowd = truth.flags(*truth_at).crowd;
            if taken[n] && !crowd {
                continue;
            }
            if chosen.is_some_and(|c: usize| !there[c].1) && *ignored {
                break;
            }
            let iou = coco_iou(&found.bbox[d], &truth.bbox[*truth_at], crowd);
            if iou >= best {
                (best, chosen) = (iou, Some(n));
            }
        }
        let ignored = match chosen {
            Some(n) => {
                taken[n] = true;
                there[n].1
            }
            None => outside(found.area[d]),
        };
        Verdict { score: found.score[d], hit: chosen.is_some() && !ignored, ignored }
    });
    (verdicts.collect(), there.iter().filter(|(_, ignored)| !ignored).count() as u64)
}

/// Precision at the recall points, the last recall and the scores: −1 without a truth.
fn curve(verdicts: &[Verdict], truths: u64, recalls: &[f64]) -> (Vec<f64>, f64, Vec<f64>) {
    if truths == 0 {
        return (vec![-1.0; recalls.len()], -1.0, vec![-1.0; recalls.len()]);
    }
    let (mut tp, mut fp, mut recall, mut precision) = (0.0, 0.0, Vec::new(), Vec::new());
    for verdict in verdicts {
        tp += f64::from(u8::from(verdict.hit));
        fp += f64::from(u8::from(!verdict.hit && !verdict.ignored));
        recall.push(tp / truths as f64);
        precision.push(tp / (fp + tp + f64::EPSILON));
    }
    for n in (1..precision.len()).rev() {
        precision[n - 1] = f64::max(precision[n - 1], precision[n]);
    }
    let at = |values: &dyn Fn(usize) -> f64| -> Vec<f64> {
        recalls.iter().map(|r| recall.iter().position(|own| own >= r).map_or(0.0, values)).collect()
    };
    (at(&|n| precision[n]), recall.last().copied().unwrap_or(0.0), at(&|n| verdicts[n].score))
}

fn plain(params: &Params, ids: &[ImageId], truth: &Objects, found: &Objects, classes: u32) -> Tensors {
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_by_key(|image| &ids[*image]);
    let (mut precision, mut recall, mut scores) = (Vec::new(), Vec::new(), Vec::new());
    let (t, r, k, a, m) = (
        params.thresholds.len(),
        params.recalls.len(),
        classes as usize,
        params.ranges.len(),
        params.caps.len(),
    );
    precision.resize(t * r * k * a * m, 0.0);
    scores.resize(t * r * k * a * m, 0.0);
    recall.resize(t * k * a * m, 0.0);
    for (ti, threshold) in params.thresholds.iter().enumerate() {
        for class in 0..classes {
            for (ai, range) in params.ranges.iter().enumerate() {
                for (mi, cap) in params.caps.iter().enumerate() {
                    let (mut all, mut truths) = (Vec::new(), 0);
                    for image in &order {
                        let greatest = *params.caps.last().unwrap() as usize;
                        let (mut own, count) =
                            cell(truth, found, *image, class, *threshold, (range.from, range.to), greatest);
                        own.truncate(*cap as usize);
                        all.extend(own);
                        truths += count;
                    }
                    all.sort_by(|a, b| b.score.partial_cmp(&a.score).unwrap());
                    let (p, last, s) = curve(&all, truths, &params.recalls);
                    recall[((ti * k + class as usize) * a + ai) * m + mi] = last;
                    for ri in 0..r {
                        let place = (((ti * r + ri) * k + class as usize) * a + ai) * m + mi;
                        (precision[place], scores[place]) = (p[ri], s[ri]);
                    }
                }
            }
        }
    }
    Tensors { thresholds: t, recalls: r, classes: k, ranges: a, caps: m, precision, recall, scores }
}

#[test]
fn the_packed_evaluator_has_the_bits_of_its_plain_twin() {
    for seed in 0..12 {
        let (ids, truth, found) = scenes(seed, 25, 3);
        let mut params = Params::new(Kind::Bbox);
        if seed % 3 == 0 {
            (params.caps, params.thresholds) = (vec![1, 3], vec![0.3, 0.5, 0.9]);
        }
        if seed % 3 == 1 {
            // More than one word holds.
            params.thresholds = (1..=20).map(|n| f64::from(n) / 20.0).collect();
            let range = |n: u32| {
                AreaRange::new(&n.to_string(), f64::from(n * n * 40), f64::from(n + 2).powi(2) * 300.0)
            };
            params.ranges.extend((0..4).map(range));
        }
        let mut coco = Coco::new(params.clone(), 3).unwrap();
        coco.update(&Batch { images: &ids, truth: &truth, found: &found }, &Job::new()).unwrap();
        let got = coco.finish_with_scores(&Job::new()).unwrap();
        let want = plain(&params, &ids, &truth, &found, 3);
        let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert!(bits(&got.precision) == bits(&want.precision), "precision, seed {seed}");
        assert!(bits(&got.recall) == bits(&want.recall), "recall, seed {seed}");
        assert!(bits(&got.scores) == bits(&want.scores), "scores, seed {seed}");
        let quoted = Standing::of(&coco).unwrap().whole();
        assert_eq!(bits(&quoted.stats()), bits(&Summary::of(&params, &want).stats()), "seed {seed}");
    }
}
