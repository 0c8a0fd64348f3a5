//! Copies of scenes and photographs are found, other pictures are not taken for copies, and leaks are told.

use lensframe::dataset::{Dataset, Value};
use lensframe::image::{Decode, Encoding, Filter, Pixels, decode, encode};
use lensframe::profile::{Options, Print, Profile};
use lensframe::schema::field;
use lensframe::synth::{self, Scenes};

use super::{all, brighter, image, jpeg, plain, table};

fn pictures(count: u64, seed: u64) -> Vec<Pixels> {
    let options =
        synth::Options { count, height: 120.into(), width: 160.into(), ..synth::Options::default() };
    let ds = Dataset::new(Scenes::new(options, seed).unwrap());
    (0..ds.len()).map(|row| ds.image(row).unwrap()).collect()
}

fn dataset(files: Vec<(Vec<u8>, &str)>) -> Dataset {
    let fields = ["img", "split", "file_name"].map(|name| field::row(name).unwrap()).to_vec();
    let row = |(at, (file, split)): (usize, (Vec<u8>, &str))| {
        vec![image(file), Value::from(split), Value::from(format!("{at}.jpg").as_str())]
    };
    table(fields, files.into_iter().enumerate().map(row).collect(), &[])
}

/// The rows of the groups of near duplicates.
fn near(profile: &Profile) -> Vec<Vec<usize>> {
    let groups = &profile.near.as_ref().unwrap().first;
    let mut rows: Vec<Vec<usize>> =
        groups.iter().map(|group| group.first.iter().map(|row| row.row).collect()).collect();
    rows.sort_unstable();
    rows
}

#[test]
fn copies_of_scenes_are_found_and_other_scenes_are_not() {
    let scenes = pictures(40, 3);
    let mut files: Vec<(Vec<u8>, &str)> = scenes.iter().map(|scene| (jpeg(scene, 92), "train")).collect();
    let mut want = Vec::new();
    for (at, scene) in scenes.iter().take(5).enumerate() {
        let copies = [
            jpeg(scene, 50),
            encode(scene, Encoding::Png).unwrap(),
            jpeg(&scene.resize((60, 80), Filter::Lanczos).unwrap(), 85),
            jpeg(&scene.resize((300, 400), Filter::Bilinear).unwrap(), 85),
            jpeg(&brighter(scene, 1.15), 90),
        ];
        let mut group = vec![at];
        group.extend(files.len()..files.len() + copies.len());
        want.push(group);
        files.extend(copies.into_iter().map(|file| (file, "val")));
    }
    let profile = all(&dataset(files));
    assert_eq!(near(&profile), want);
    let near = profile.near.as_ref().unwrap();
    assert_eq!((near.groups, near.images, near.surplus(), near.leaks), (5, 30, 25, 5));
    assert_eq!(profile.exact.as_ref().unwrap().groups, 0);
    assert!(near.first.iter().all(|group| group.splits == ["train", "val"]));
    let report = profile.report();
    assert_eq!((report.value("near_duplicates"), report.value("leaks")), (Some(25.0), Some(5.0)));
    assert!(report.warnings[0].contains("5 groups of nearly equal images"), "{:?}", report.warnings);
}

#[test]
fn equal_files_are_exact_duplicates_and_leak_across_splits() {
    let scenes = pictures(4, 5);
    let file = |at: usize| jpeg(&scenes[at], 90);
    let files = vec![
        (file(0), "train"),
        (file(1), "train"),
        (file(0), "val"),
        (file(2), "train"),
        (file(2), "train"),
        (file(2), "train"),
        (file(3), "val"),
    ];
    let profile = all(&dataset(files));
    let exact = profile.exact.as_ref().unwrap();
    assert_eq!((exact.groups, exact.images, exact.leaks), (2, 5, 1));
    let rows: Vec<Vec<usize>> =
        exact.first.iter().map(|group| group.first.iter().map(|row| row.row).collect()).collect();
    assert_eq!(rows, [vec![0, 2], vec![3, 4, 5]], "those in two splits first");
    assert_eq!(
        (exact.first[0].first[1].name.as_str(), exact.first[0].first[1].split.as_str()),
        ("2.jpg", "val")
    );
    assert_eq!(profile.near.as_ref().unwrap().groups, 0, "equal files are no near duplicates");
}

#[test]
fn pictures_of_one_tone_are_not_compared() {
    let mut files: Vec<(Vec<u8>, &str)> =
        (0..6).map(|at| (encode(&plain(40 * at), Encoding::Png).unwrap(), "a")).collect();
    files.push((encode(&plain(0), Encoding::Png).unwrap(), "a"));
    let profile = all(&dataset(files));
    assert_eq!(profile.images.as_ref().unwrap().flat, 7);
    assert_eq!((profile.near.as_ref().unwrap().groups, profile.exact.as_ref().unwrap().groups), (0, 1));
}

#[test]
fn photographs_are_told_apart_and_known_again() {
    let Some(data) = crate::data() else { return };
    let names = [
        "photos/rocket.jpg",
        "photos/retina.jpg",
        "photos/hubble_deep_field.jpg",
        "photos/china.jpg",
        "photos/flower.jpg",
        "photos/chelsea.png",
        "photos/coffee.png",
        "photos/astronaut.png",
        "codec-cases/hopper.jpg",
        "codec-cases/progressive_cat.jpg",
        "coco-photos/images/000000343934.jpg",
        "coco-photos/images/000000128372.jpg",
    ];
    let mut prints = Vec::new();
    for name in names {
        let path = data.join(name);
        let file = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let photo = decode(&file, &Decode::default()).unwrap().pixels;
        let own = Print::of(photo.clone()).unwrap().unwrap();
        let (height, width) = photo.size();
        let half = photo.resize((height / 2, width / 2), Filter::Lanczos).unwrap();
        for (what, copy) in
            [("half", half), ("brighter", brighter(&photo, 1.1)), ("darker", brighter(&photo, 0.8))]
        {
            let again = decode(&jpeg(&copy, 60), &Decode::default()).unwrap().pixels;
            let distance = own.distance(Print::of(again).unwrap().unwrap());
            assert!(distance <= Options::default().distance, "{name}, {what}: {distance}");
        }
        prints.push((name, own));
    }
    for (at, (name, own)) in prints.iter().enumerate() {
        for (other, print) in prints.iter().skip(at + 1) {
            assert!(own.distance(*print) > 14, "{name} and {other}: {}", own.distance(*print));
        }
    }
}
