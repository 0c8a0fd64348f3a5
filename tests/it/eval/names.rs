//! Numbers under other tools' names: known answers, refusals, and the page that lists the names.

use std::fs;
use std::path::Path;
use std::process::Command;

use lensframe::eval::coco::{Coco, Kind, Params};
use lensframe::eval::comparison::{ClassEntry, ImageEntry};
use lensframe::eval::names::{Counterpart, Names, Ours, Value, flat};
use lensframe::eval::{Comparison, ImageId, protocol};
use lensframe::job::Job;
use lensframe::report::{Figure, Report, Table};
use serde_json::Value as Json;

use super::{Row, found, row, truths};

/// Three images whose numbers ChainerCV's own code gave, with areas and a crowd.
fn golden() -> Comparison {
    let crowd = |row: Row| Row { crowd: true, ..row };
    let there = vec![
        vec![row([10.0, 10.0, 40.0, 42.0], 0, 900.0), row([50.0, 50.0, 150.0, 150.0], 1, 9000.0)],
        vec![
            row([0.0, 0.0, 20.0, 25.0], 0, 450.0),
            row([28.0, 30.0, 60.0, 62.0], 2, 1000.0),
            crowd(row([0.0, 0.0, 100.0, 100.0], 0, 8000.0)),
        ],
        vec![row([5.0, 5.0, 25.0, 30.0], 1, 480.0)],
    ];
    let pred = vec![
        vec![
            row([10.0, 10.0, 40.0, 40.0], 0, 0.9),
            row([12.0, 12.0, 42.0, 40.0], 0, 0.8),
            row([50.0, 50.0, 150.0, 160.0], 1, 0.7),
        ],
        vec![row([0.0, 0.0, 20.0, 20.0], 0, 0.6), row([30.0, 30.0, 60.0, 60.0], 2, 0.95)],
        vec![row([5.0, 5.0, 25.0, 25.0], 1, 0.5), row([100.0, 100.0, 110.0, 110.0], 0, 0.4)],
    ];
    Comparison {
        images: (1..4).map(|id| ImageEntry::new(ImageId::Int(id))).collect(),
        classes: ["a", "b", "c"]
            .iter()
            .zip(0..)
            .map(|(name, id)| ClassEntry::new(ImageId::Int(id), *name))
            .collect(),
        truth: truths(&there),
        found: found(&pred),
        ..Comparison::default()
    }
}

fn report(caps: &[u32]) -> Report {
    let comparison = golden();
    let mut coco = Coco::new(Params { caps: caps.to_vec(), ..Params::new(Kind::Bbox) }, 3).unwrap();
    coco.update(&comparison.batch(&comparison.ids()), &Job::new()).unwrap();
    coco.report(&comparison, "golden", &Job::new()).unwrap()
}

fn number(value: Option<&Value>) -> f64 {
    match value {
        Some(Value::Number(value)) => *value,
        other => panic!("{other:?}"),
    }
}

#[test]
fn chainercvs_keys_have_the_numbers_that_its_own_code_gives() {
    let flat = flat(&report(&[1, 10, 100]), Names::ChainerCv).unwrap();
    let (all, small) = ("iou=0.50:0.95/area=all/max_dets=100", "iou=0.50:0.95/area=small/max_dets=100");
    let wanted = [
        (format!("map/{all}"), 0.762156),
        (format!("ap/{all}/a"), 0.685479),
        (format!("ap/{all}/b"), 0.80099),
        (format!("ap/{all}/c"), 0.8),
        ("ap/iou=0.50/area=all/max_dets=100/a".into(), 0.834984),
        ("map/iou=0.50/area=all/max_dets=100".into(), 0.944995),
        ("map/iou=0.75/area=all/max_dets=100".into(), 0.944995),
        (format!("ap/{small}/b"), 0.7),
        (format!("map/{small}"), 0.728493),
        ("map/iou=0.50:0.95/area=medium/max_dets=100".into(), 0.9),
        ("mar/iou=0.50:0.95/area=all/max_dets=1".into(), 0.8),
        ("mar/iou=0.50:0.95/area=all/max_dets=10".into(), 0.8),
        (format!("mar/{all}"), 0.8),
        (format!("ar/{all}/a"), 0.8),
        ("ar/iou=0.50:0.95/area=all/max_dets=1/c".into(), 0.8),
        (format!("ar/{small}/a"), 0.8),
        (format!("ar/{small}/b"), 0.7),
        (format!("mar/{small}"), 0.766667),
        ("ar/iou=0.50:0.95/area=medium/max_dets=100/b".into(), 0.9),
    ];
    for (key, wanted) in wanted {
        let own = number(flat.get(&key));
        assert!((own - wanted).abs() < 1e-6, "{key}: {own}");
    }
    assert!(number(flat.get("map/iou=0.50:0.95/area=large/max_dets=100")).is_nan());
    assert!(number(flat.get("ar/iou=0.50:0.95/area=medium/max_dets=100/a")).is_nan());
    assert_eq!(flat.iter().count(), 12 + 12 * 3);
    let json: Json = serde_json::from_str(&flat.to_json()).unwrap();
    assert!(json["map/iou=0.50:0.95/area=large/max_dets=100"].is_null());
}

#[test]
fn torchmetrics_has_minus_one_where_there_is_no_number_and_lists_of_classes() {
    let flat = flat(&report(&[1, 10, 100]), Names::TorchMetrics).unwrap();
    assert!((number(flat.get("map")) - 0.762156).abs() < 1e-6);
    assert_eq!(number(flat.get("map_large")), -1.0);
    let keys: Vec<&str> = flat.iter().map(|(key, _)| key).collect();
    let wanted = [
        "map",
        "map_50",
        "map_75",
        "map_small",
        "map_medium",
        "map_large",
        "mar_1",
        "mar_10",
        "mar_100",
        "mar_small",
        "mar_medium",
        "mar_large",
        "map_per_class",
        "mar_100_per_class",
        "classes",
    ];
    assert_eq!(keys, wanted);
    let Some(Value::Numbers(classes)) = flat.get("map_per_class") else { panic!() };
    assert!((classes[0] - 0.685479).abs() < 1e-6 && classes.len() == 3);
    assert_eq!(flat.get("classes"), Some(&Value::Texts(["a", "b", "c"].map(String::from).into())));
}

#[test]
fn mmdetection_rounds_and_counts_to_a_thousand_or_is_refused() {
    let error = flat(&report(&[1, 10, 100]), Names::MmDetection).unwrap_err().to_string();
    assert!(error.contains("100,300,1000"), "{error}");
    let flat = flat(&report(&[100, 300, 1000]), Names::MmDetection).unwrap();
    assert_eq!(number(flat.get("bbox_mAP")), 0.762);
    assert_eq!(number(flat.get("bbox_mAP_l")), -1.0);
    let paste = "0.762 0.945 0.945 0.728 0.900 -1.000".to_owned();
    assert_eq!(flat.get("bbox_mAP_copypaste"), Some(&Value::Text(paste)));
    assert_eq!(flat.iter().count(), 7);
}

#[test]
fn other_protocols_have_their_keys_too() {
    let with = |protocol: &str, figures: &[(&str, f64)]| {
        let mut report = Report::new("t", protocol);
        report.headline = figures.iter().map(|(key, value)| Figure::new(*key, "", *value)).collect();
        report
    };
    let of = |report: &Report, key: &str| number(flat(report, Names::MmDetection).unwrap().get(key));
    let parts =
        ["PQ", "SQ", "RQ", "PQ_th", "SQ_th", "RQ_th", "PQ_st", "SQ_st", "RQ_st"].map(|key| (key, 0.25));
    assert_eq!(of(&with("panoptic", &parts), "PQ_st"), 25.0);
    let map = with("mmdet/map", &[("mAP", 0.12345), ("AP50", 0.23456), ("AP75", 0.01)]);
    assert_eq!((of(&map, "mAP"), of(&map, "AP50")), (0.12345, 0.235));
    assert_eq!(of(&with("cityscapes", &[("allAp", 0.5), ("allAp50%", 0.75)]), "AP@50"), 0.75);
    let proposals = with("proposals", &[("AR@100", 0.5), ("AR@300", 0.6), ("AR_s@1000", f64::NAN)]);
    assert_eq!((of(&proposals, "AR@300"), of(&proposals, "AR_s@1000")), (0.6, -1.0));
    let mut fast = with("proposals/fast", &[("AR@100", 0.5)]);
    fast.tables.push(Table::new("recall").text("IoU", ["0.50", "0.75"]).float("recall@100", [0.9, 0.4]));
    assert_eq!(
        (of(&fast, "recall@100@0.5"), of(&fast, "recall@100@0.75"), of(&fast, "AR@100")),
        (0.9, 0.4, 0.5)
    );
    let mut semantic = with("semantic", &[("mIoU", 0.5), ("aAcc", 0.6), ("mAcc", 0.7)]);
    let table = Table::new("classes").text("class", ["sky"]).float("IoU", [0.5]).float("accuracy", [0.7]);
    semantic.classes = Some(table);
    let flat = flat(&semantic, Names::ChainerCv).unwrap();
    let expected = r#"{"miou":0.5,"pixel_accuracy":0.6,"mean_class_accuracy":0.7,"iou/sky":0.5,"class_accuracy/sky":0.7}"#;
    assert_eq!(flat.to_json(), expected);
    let error = lensframe::eval::names::flat(&map, Names::TorchMetrics).unwrap_err().to_string();
    assert!(error.contains("coco/bbox"), "{error}");
}

#[test]
fn the_program_prints_one_object_of_the_names_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let scenes = Command::new(env!("CARGO_BIN_EXE_lensframe"))
        .current_dir(folder.path())
        .args(["synth", "a.lf", "--count", "4", "--size", "96x96", "--detections"])
        .output()
        .unwrap();
    assert!(scenes.status.success());
    let keys = |more: &[&str]| -> Json {
        let out = Command::new(env!("CARGO_BIN_EXE_lensframe"))
            .current_dir(folder.path())
            .args(["eval", "--gt", "a.lf", "--pred", "a.lf#pred"])
            .args(more)
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        serde_json::from_slice(&out.stdout).unwrap()
    };
    let own = keys(&["--keys"]);
    let mmdet = keys(&["--keys", "mmdetection", "--metric", "coco/segm"]);
    assert!(own["AP"].as_f64().is_some() && mmdet["segm_mAP"].as_f64().is_some());
    assert_eq!(keys(&["--keys", "torchmetrics"])["map"], own["AP"]);
    assert_eq!(keys(&["--keys", "chainercv"])["map/iou=0.50/area=all/max_dets=100"], own["AP50"]);
    let voc = keys(&["--keys", "chainercv", "--metric", "voc/bbox"]);
    assert!(voc["map"].as_f64().is_some());
}

#[test]
fn every_protocol_of_the_lists_is_one() {
    let pictures = ["semantic", "panoptic", "cityscapes"];
    for names in Names::ALL {
        for protocol in names.counterparts().iter().flat_map(|own| own.protocols) {
            let known = protocol::known().iter().any(|known| known.name == *protocol);
            assert!(known || pictures.contains(protocol), "{protocol}");
        }
    }
}

#[test]
fn the_page_of_names_is_what_the_lists_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/eval-names.md");
    let page = page();
    if std::env::var_os("LENSFRAME_BLESS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let first = page.lines().zip(kept.lines()).find(|(a, b)| a != b);
    assert!(page == kept, "docs/eval-names.md is old; LENSFRAME_BLESS=1 writes it anew: {first:?}");
}

const HEAD: &str = "# Whose name is what

`lensframe eval … --keys chainercv` (or `mmdetection`, `torchmetrics`) prints one JSON object of the numbers under that
tool's names; `--keys` alone has our own. In the library it is `eval::names::flat(&report, names)`.

This page is made by a test from the lists that the program goes by (`src/eval/names/`).

A number that there is none of is `null` under our own names and ChainerCV's (there NaN), and −1 under torchmetrics' and,
for COCO, LVIS and proposals, MMDetection's. MMDetection's numbers are rounded to three decimals where it rounds; with
`--keys mmdetection` COCO's protocol counts 100, 300 and 1000 detections an image and class, as there, and its mAP those
of 100. ChainerCV rounds boxes to two decimals before it compares them and keeps numbers of classes in single precision,
and torchmetrics keeps all in single precision; here nothing is rounded. Where a tool's documentation and its code do not
agree on a name, it is the code's: ChainerCV's recalls are means over all overlaps, and `mar/…` where they are means over
classes.
";

/// What computes in a tool, and what does here.
const FUNCTIONS: [(&str, &[(&str, &str)]); 3] = [
    (
        "chainercv",
        &[
            ("`eval_detection_voc`", "`eval::voc::eval_detection_voc`; `--metric voc/bbox`, `voc07/bbox`"),
            ("`calc_detection_voc_prec_rec`", "`eval::voc::calc_detection_voc_prec_rec`"),
            ("`calc_detection_voc_ap`", "`eval::voc::calc_detection_voc_ap`"),
            (
                "`eval_instance_segmentation_voc`",
                "`eval::voc::eval_instance_segmentation_voc`; `--metric voc/segm`",
            ),
            (
                "`calc_instance_segmentation_voc_prec_rec`",
                "`eval::voc::calc_instance_segmentation_voc_prec_rec`",
            ),
            ("`eval_detection_coco`", "`eval::coco::Coco`; `--metric coco/bbox`"),
            ("`eval_instance_segmentation_coco`", "`eval::coco::Coco`; `--metric coco/segm`"),
            (
                "`eval_semantic_segmentation`",
                "`eval::semantic::Evaluator` with `Options::chainercv`; `--metric semantic`",
            ),
            ("`calc_semantic_segmentation_confusion`", "`eval::semantic::Scores::confusion`"),
            ("`calc_semantic_segmentation_iou`", "`eval::semantic::Scores::iou`"),
            (
                "`DetectionVOCEvaluator`, `DetectionCOCOEvaluator`, `InstanceSegmentationVOCEvaluator`, \
                 `InstanceSegmentationCOCOEvaluator`, `SemanticSegmentationEvaluator`",
                "evaluators with `update`, `merge` and `finish`, and `eval::names::flat`; `--keys chainercv`",
            ),
        ],
    ),
    (
        "mmdetection",
        &[
            ("`CocoDataset.evaluate` (bbox, segm)", "`eval::coco::Coco`; `--metric coco/bbox`, `coco/segm`"),
            ("`CocoDataset.evaluate` (proposal)", "`eval::proposals::ProposalRecall`; `--metric proposals`"),
            (
                "`CocoDataset.evaluate` (proposal_fast), `eval_recalls`",
                "`eval::proposals::Recalls`; `--metric proposals/fast`",
            ),
            (
                "`CustomDataset.evaluate`, `VOCDataset.evaluate`",
                "`eval::mean_ap::MeanAp`; `--metric mmdet/map`, `mmdet/map_voc07`",
            ),
            ("`eval_map`", "`eval::mean_ap::eval_map`"),
            ("`average_precision`", "`eval::mean_ap::average_precision`"),
            ("`tpfp_default`, `tpfp_imagenet`", "`eval::mean_ap::Verdict`"),
            (
                "`tpfp_openimages`, `OpenImagesDataset.evaluate`",
                "`eval::open_images::OpenImages`; `--metric open_images/mmdet`",
            ),
            ("`LVISDataset.evaluate`", "`eval::lvis::Lvis`; `--metric lvis/bbox`, `lvis/segm`"),
            (
                "`CityscapesDataset.evaluate` (cityscapes)",
                "`eval::cityscapes::Evaluator`; `--metric cityscapes`",
            ),
            (
                "`CocoPanopticDataset.evaluate`, `pq_compute_multi_core`",
                "`eval::panoptic::Evaluator`; `--metric panoptic`",
            ),
            ("`print_map_summary`, `print_recall_summary`", "`report::Report::terminal`"),
            (
                "`plot_num_recall`, `plot_iou_recall`",
                "the table `recall` of the report; no picture is drawn of it",
            ),
            ("`classwise=True`", "the table of classes of every report"),
            ("`eval_metric.py`, `deployment/test.py`", "`lensframe eval`"),
            ("`analyze_results.py`", "`lensframe eval --errors --worst N --html FILE`"),
            ("`confusion_matrix.py`", "`lensframe eval --errors --confusion mmdet`"),
            (
                "`test_robustness.py`, `robustness_eval.py`",
                "not given: `lensframe eval` for each corrupted copy",
            ),
            (
                "`coco_occluded_separated_recall.py`",
                "not given: its list of objects comes with that tool's data",
            ),
        ],
    ),
    ("torchmetrics", &[("`MeanAveragePrecision`", "`eval::coco::Coco`; `--metric coco/bbox`, `coco/segm`")]),
];

fn page() -> String {
    let mut out = HEAD.to_owned();
    for names in Names::ALL.into_iter().filter(|names| *names != Names::Own) {
        out += &format!("\n## {}\n\n| computes there | computes here |\n|---|---|\n", names.name());
        let functions = FUNCTIONS.iter().find(|(name, _)| *name == names.name()).unwrap().1;
        functions.iter().for_each(|(theirs, ours)| out += &format!("| {theirs} | {ours} |\n"));
        out += "\n| its name | our number | of |\n|---|---|---|\n";
        for counterpart in names.counterparts() {
            let Counterpart { protocols, theirs, ours } = counterpart;
            out += &format!("| `{theirs}` | {} | {} |\n", said(*ours), protocols.join(", "));
        }
    }
    out
}

fn said(ours: Ours) -> String {
    match ours {
        Ours::Figure(key) => format!("`{key}`"),
        Ours::Percent(key) => format!("100 · `{key}`"),
        Ours::Rounded(key) => format!("`{key}`, three decimals"),
        Ours::Figures(start) => format!("`{start}*`"),
        Ours::RoundedFigures(start) => format!("`{start}*`, three decimals"),
        Ours::Paste(keys) | Ours::PasteNamed(keys) => format!("`{}` in one text", keys.join(" ")),
        Ours::Column(column) => format!("`{column}/{{class}}`"),
        Ours::List(column) => format!("`{column}/…`, a list"),
        Ours::Classes => "the names of classes with objects or detections, a list".to_owned(),
        Ours::Recalls => "the table `recall`".to_owned(),
        Ours::None(reason) => format!("not given: {reason}"),
    }
}
