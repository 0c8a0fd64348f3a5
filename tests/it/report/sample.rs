//! A report as a detector on COCO's classes would give: every part filled, all numbers from one seed.

use lensframe::report::{
    Breakdown, Chart, Compared, Comparison, Coverage, Curve, Figure, Histogram, Matrix, Picture, Report, Run,
    Table, Unit,
};

const COCO: &str = "person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,\
parking meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,\
frisbee,skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,\
wine glass,cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,\
couch,potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,\
refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush";

/// COCO's eighty names.
pub(super) fn coco_names() -> Vec<String> {
    COCO.split(',').map(str::to_owned).collect()
}

/// Numbers in 0..1, the same on every machine.
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    pub(super) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Precision over 101 recall points of a class whose average precision is about `ap`.
fn curve(name: &str, ap: f64, numbers: &mut Numbers) -> Curve {
    let reach = (ap * 1.35 + 0.05).min(0.98);
    let bend = 1.0 + 4.0 * numbers.next();
    let points = (0..=100).map(|i| {
        let recall = f64::from(i) * 0.01;
        let share = (recall / reach).min(1.0);
        (recall, if share < 1.0 { (1.0 - share.powf(bend)) * (0.9 + 0.1 * ap) } else { 0.0 })
    });
    Curve::new(name, points.collect::<Vec<_>>()).value(ap)
}

/// The twelve lines of pycocotools for these figures.
fn lines(figures: &[Figure]) -> Vec<String> {
    let cells = [
        ("Precision", "AP", "0.50:0.95", "all", 100),
        ("Precision", "AP", "0.50     ", "all", 100),
        ("Precision", "AP", "0.75     ", "all", 100),
        ("Precision", "AP", "0.50:0.95", "small", 100),
        ("Precision", "AP", "0.50:0.95", "medium", 100),
        ("Precision", "AP", "0.50:0.95", "large", 100),
        ("Recall", "AR", "0.50:0.95", "all", 1),
        ("Recall", "AR", "0.50:0.95", "all", 10),
        ("Recall", "AR", "0.50:0.95", "all", 100),
        ("Recall", "AR", "0.50:0.95", "small", 100),
        ("Recall", "AR", "0.50:0.95", "medium", 100),
        ("Recall", "AR", "0.50:0.95", "large", 100),
    ];
    let line = |((what, short, iou, area, most), figure): (&(&str, &str, &str, &str, i32), &Figure)| {
        let value = figure.value.unwrap_or(-1.0);
        format!(
            " {:<18} ({short}) @[ IoU={iou} | area={area:>6} | maxDets={most:>3} ] = {value:0.3}",
            format!("Average {what}")
        )
    };
    cells.iter().zip(figures).map(line).collect()
}

/// The twelve figures of COCO.
fn headline() -> Vec<Figure> {
    [
        ("AP", "average precision, IoU 0.50 to 0.95", 0.4371),
        ("AP50", "at IoU 0.50", 0.6402),
        ("AP75", "at IoU 0.75", 0.4713),
        ("AP_small", "objects below 32² pixels", 0.2467),
        ("AP_medium", "32² to 96² pixels", 0.4758),
        ("AP_large", "96² pixels and more", 0.5791),
        ("AR1", "recall, 1 detection an image", 0.3420),
        ("AR10", "10 detections", 0.5583),
        ("AR100", "100 detections", 0.5885),
        ("AR_small", "small objects", 0.3792),
        ("AR_medium", "medium objects", 0.6284),
        ("AR_large", "large objects", 0.7446),
    ]
    .into_iter()
    .map(|(key, label, value)| Figure::new(key, label, value).between(value - 0.0062, value + 0.0058))
    .collect()
}

/// A report on the classes named, without pictures.
pub(super) fn of_classes(names: &[String]) -> Report {
    let mut numbers = Numbers(2017);
    let mut report = Report::new("Faster R-CNN R50-FPN on val2017", "coco/bbox");
    report.headline = headline();
    report.lines = Some(lines(&report.headline));
    // Every eleventh class has no objects, and so no precision.
    let aps: Vec<f64> = (0..names.len())
        .map(|i| {
            if i % 11 == 10 { f64::NAN } else { 0.08 + 0.68 * numbers.next() * (0.6 + 0.4 * numbers.next()) }
        })
        .collect();
    let objects: Vec<i64> = aps
        .iter()
        .map(|ap| if ap.is_nan() { 0 } else { (10.0 * (1.0 + 9.0 * numbers.next()).powi(3)) as i64 })
        .collect();
    let scaled = |f: f64| aps.iter().map(move |ap| if ap.is_nan() { f64::NAN } else { (ap * f).min(0.99) });
    report.classes = Some(
        Table::new("classes")
            .text("class", names.iter().cloned())
            .int("objects", objects.iter().copied())
            .int("detections", objects.iter().map(|n| n * 3 + 7))
            .float("AP", aps.iter().copied())
            .explained("average precision, IoU 0.50 to 0.95")
            .float("AP50", scaled(1.45))
            .float("AP75", scaled(1.1))
            .percent("recall", scaled(1.3))
            .explained("of objects, with 100 detections an image"),
    );
    report.tables.push(
        Table::new("operating points")
            .note("Where the F1 is best, and at common cuts of the score.")
            .text("cut", ["best F1", "0.3", "0.5", "0.7"])
            .float("score", [0.42, 0.3, 0.5, 0.7])
            .percent("precision", [0.712, 0.588, 0.761, 0.874])
            .percent("recall", [0.604, 0.668, 0.561, 0.417])
            .float("F1", [0.6536, 0.6254, 0.6459, 0.5646]),
    );
    let mut chart = Chart::new("Precision and recall at IoU 0.50", "recall", "precision");
    chart.curves.push(curve("mean over classes", 0.55, &mut numbers).main());
    chart.curves.extend(names.iter().zip(&aps).map(|(name, ap)| match ap.is_nan() {
        true => Curve::new(name.clone(), []),
        false => curve(name, (ap * 1.45).min(0.97), &mut numbers),
    }));
    report.charts.push(chart);
    let mut steps =
        Chart::new("Mean precision and recall by the error that is forgiven", "recall", "precision");
    for (name, ap) in
        [("C75", 0.471), ("C50", 0.640), ("Loc", 0.69), ("Sim", 0.71), ("Oth", 0.74), ("BG", 0.87)]
    {
        steps.curves.push(curve(name, ap, &mut numbers));
    }
    report.charts.push(steps);
    report.matrix = Some(matrix(names, &objects, &mut numbers));
    report.breakdowns.push(Breakdown::new(
        "AP by object size",
        [("small", 0.2467), ("medium", 0.4758), ("large", 0.5791)]
            .map(|(key, ap)| Figure::new(key, "", ap).between(ap - 0.014, ap + 0.013)),
    ));
    let errors = [
        ("Cls", 0.0312),
        ("Loc", 0.0687),
        ("Both", 0.0121),
        ("Dupe", 0.0024),
        ("Bkg", 0.0415),
        ("Miss", 0.0793),
    ];
    let errors = errors.map(|(key, loss)| Figure::new(key, "", loss).unit(Unit::Percent));
    let mut breakdown = Breakdown::new("precision lost by type of error", errors);
    breakdown.note = "What AP50 would gain if errors of the type were mended.".to_owned();
    report.breakdowns.push(breakdown);
    let edges: Vec<f64> = (0..=40).map(|i| f64::from(i) / 40.0).collect();
    let falling =
        |from: f64, rate: f64| (0..40).map(move |i| (from * (-rate * f64::from(i) / 40.0).exp()) as u64);
    let rising =
        (0..40).map(|i| 120 + (f64::from(i) / 40.0).powi(4).mul_add(5200.0, f64::from(i) * 11.0) as u64);
    report.histograms.push(
        Histogram::new("Scores of detections at IoU 0.50", "score", edges)
            .with("true positives", rising.collect::<Vec<_>>())
            .with("false positives", falling(6800.0, 5.5).collect::<Vec<_>>())
            .with("on crowds", falling(320.0, 2.0).collect::<Vec<_>>()),
    );
    report.comparison = Some(comparison(&report.headline));
    for (key, value) in [
        ("truth", "instances_val2017.json · blake3 5f0c8a3e9d41b7726a1f"),
        ("predictions", "r50.json · blake3 c41d0be2a9937f5e88d0"),
        ("parity", "pycocotools 2.0.11; divergence: an object with id 0 is matched (repaired)"),
        ("images", "5,000 evaluated, 48 without objects, 12 without detections"),
        ("version", "lensframe 0.1.0"),
    ] {
        report.fact(key, value);
    }
    report
}

fn matrix(names: &[String], objects: &[i64], numbers: &mut Numbers) -> Matrix {
    let mut axis: Vec<String> = names.to_vec();
    axis.push("background".to_owned());
    let n = axis.len();
    let mut counts = vec![0_u64; n * n];
    for (row, all) in objects.iter().enumerate() {
        let all = *all as f64;
        counts[row * n + row] = (all * (0.5 + 0.35 * numbers.next())) as u64;
        counts[row * n + n - 1] = (all * 0.2 * numbers.next()) as u64;
        for step in 1..4_usize {
            let column = (row + step * step) % names.len().max(1);
            counts[row * n + column] += (all * 0.07 * numbers.next()) as u64;
        }
        counts[(n - 1) * n + row] = (all * 0.3 * numbers.next()) as u64;
    }
    Matrix {
        name: "Confusion matrix".to_owned(),
        symmetric: false,
        rule: "score ≥ 0.30, IoU ≥ 0.50, each object with its best detection".to_owned(),
        row_axis: "truth".to_owned(),
        column_axis: "predicted".to_owned(),
        background: Some("background".to_owned()),
        rows: axis.clone(),
        columns: axis,
        counts,
    }
}

fn comparison(headline: &[Figure]) -> Comparison {
    let runs = ["r50.json", "r101.json", "r50-long.json"].into_iter().enumerate().map(|(at, name)| {
        let figures = headline.iter().take(6).enumerate().map(|(i, figure)| {
            let delta = [0.0, 0.021, 0.004][at] - 0.0015 * i as f64 * at as f64;
            let moved = Figure { value: figure.value.map(|v| v + delta), ..figure.clone() };
            if at == 0 {
                return Compared::new(moved);
            }
            let p = if at == 1 { 0.0004 * (i as f64 + 1.0) } else { 0.21 + 0.05 * i as f64 };
            Compared::new(moved).delta(delta).between(delta - 0.008, delta + 0.008).p(p)
        });
        Run { name: name.to_owned(), figures: figures.collect() }
    });
    let method = "paired bootstrap, 1,000 samples of images, Holm's correction";
    Comparison::new(method, runs.collect::<Vec<_>>())
}

/// The whole sample: eighty classes, what does not match, a warning, and the pictures given.
pub(super) fn sample(pictures: Vec<Picture>) -> Report {
    let mut report = of_classes(&coco_names());
    report.coverage = vec![
        Coverage::new("images of the predictions", 4988, 5000).by("file_name").missing([
            "000000000139.jpg",
            "000000000285.jpg",
            "000000000632.jpg",
        ]),
        Coverage::new("classes", 80, 80).by("name"),
    ];
    report
        .warnings
        .push("3 detections have a score of NaN and are sorted last, as the reference does".to_owned());
    report.pictures = pictures;
    report
}
