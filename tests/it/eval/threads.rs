//! How many threads the program has cannot be seen in what it says, whatever the protocol.

use std::path::Path;
use std::process::Command;

fn program(folder: &Path, args: &[&str]) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_lensframe")).current_dir(folder).args(args).output().unwrap();
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

#[test]
fn one_and_two_threads_say_the_same_by_every_protocol_over_objects_and_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let make = |args: &[&str]| drop(program(folder.path(), args));
    // More images than one thread takes at once.
    make(&["synth", "a.lf", "--count", "280", "--size", "64x48", "--objects", "0:4", "--detections"]);
    make(&["synth", "pan", "--to", "panoptic", "--count", "40", "--size", "64x48", "--val", "0"]);
    make(&[
        "synth", "other", "--to", "panoptic", "--count", "40", "--size", "64x48", "--val", "0", "--seed", "1",
    ]);
    let said = |gt: &str, pred: &str, metric: &str, threads: &str| {
        program(
            folder.path(),
            &["eval", "--gt", gt, "--pred", pred, "--metric", metric, "--threads", threads, "--json"],
        )
    };
    let objects = [
        "coco/bbox",
        "coco/segm",
        "voc/bbox",
        "voc07/segm",
        "mmdet/map",
        "open_images",
        "open_images/mmdet",
        "proposals",
        "proposals/fast",
    ];
    let pictures = [
        ("pan/annotations/panoptic_train.json", "other/annotations/panoptic_train.json", "panoptic"),
        ("a.lf", "a.lf#label_map", "semantic"),
    ];
    let of_objects = objects.map(|metric| ("a.lf", "a.lf#pred", metric));
    for (gt, pred, metric) in of_objects.into_iter().chain(pictures) {
        let one = said(gt, pred, metric, "1");
        assert!(one.len() > 500 && one == said(gt, pred, metric, "2"), "{metric}");
    }
}
