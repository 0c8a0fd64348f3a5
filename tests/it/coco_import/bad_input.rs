//! Bad input: an error or a counted warning with its place and a remedy; never a panic, a hang or half a
//! dataset.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lensframe::convert::coco::{import, read_bytes};
use lensframe::convert::{Images, ImportOptions};
use lensframe::error::ErrorKind;
use lensframe::job::{Job, Observer};

use super::folder_of;
use super::rebuild::comes_back;

/// The error of importing this text, which leaves nothing behind.
fn fails(text: &[u8]) -> lensframe::error::Error {
    let folder = tempfile::tempdir().unwrap();
    let (src, dst) = (folder.path().join("bad.json"), folder.path().join("a.lf"));
    std::fs::write(&src, text).unwrap();
    let e = import(&src, &dst, &ImportOptions::default(), &Job::new()).unwrap_err();
    assert!(!dst.exists(), "{e}");
    e
}

fn annotated(annotation: &str) -> String {
    format!(
        r#"{{"images": [{{"id": 7, "height": 10, "width": 20}}], "annotations": [{{"id": 1, "image_id": 7, {annotation}}}],
            "categories": [{{"id": 4, "name": "cat"}}]}}"#
    )
}

#[test]
fn malformed_json_is_named_with_file_line_and_byte() {
    let cases: [(&str, &str); 11] = [
        ("{\"images\": [],\n \"annotations\": [}", "line 2: expected a value, found '}' (byte 32)"),
        ("{\"images\": [{\"id\": 1}, {\"id\": 2]}", "expected ',' or '}' in a record, found ']'"),
        ("{\"images\": []} trailing", "there is more after the end of the JSON value (byte 15)"),
        ("{\"images\": [{\"id\": 1, \"a\": \"\\x\"}]}", "an escape that JSON does not know"),
        ("{\"images\": [{\"id\": 1, \"a\": \"x\ny\"}]}", "a control character"),
        ("{\"images\": [{\"id\": 1, \"a\": [1,]}]}", "expected another element of the list"),
        ("{\"images\": [{\"id\": 1, \"a\": [1 2]}]}", "expected ',' or ']' in the list, found '2'"),
        ("{\"images\": [{\"id\": 1, 'a': 2}]}", "a member's name in double quotes"),
        ("{\"images\": [{\"id\": 01}]}", "expected a number"),
        ("{'images': []}", "a member's name in double quotes"),
        ("hello", "expected a value, found 'h' (byte 0)"),
    ];
    for (text, wanted) in cases {
        let e = fails(text.as_bytes());
        assert_eq!(e.kind(), ErrorKind::Format, "{e}");
        let said = e.to_string();
        assert!(said.starts_with("coco: bad.json line ") && said.contains(wanted), "{said}");
    }
}

#[test]
fn pythons_nan_is_named_with_its_remedy() {
    for (text, token) in [
        (annotated("\"area\": NaN"), "NaN"),
        (annotated("\"bbox\": [1, 2, Infinity, 4]"), "Infinity"),
        (annotated("\"x\": {\"y\": -Infinity}"), "-Infinity"),
    ] {
        let e = fails(text.as_bytes());
        assert!(e.to_string().contains(&format!("{token} is not JSON (byte ")), "{e}");
        assert!(e.remedy_text().unwrap().contains("allow_nan=False"), "{e}");
    }
}

#[test]
fn a_file_cut_anywhere_says_that_it_ends() {
    let text = annotated(
        "\"bbox\": [1, 2, 3, 4], \"segmentation\": [[1, 2, 3, 4, 5, 6]], \"caption\": \"a\\u00e9b\"",
    );
    let text = text.as_bytes();
    for end in 0..text.len() {
        let e = read_bytes(&text[..end], &Job::new()).unwrap_err();
        let said = e.to_string();
        let wanted = if end == 0 { "the file is empty" } else { "the file ends where" };
        // A cut word or number is met where it is malformed.
        assert!(said.contains(wanted) || said.contains("expected a "), "{end}: {said}");
        assert!(e.remedy_text().is_some() || said.contains("expected a "), "{said}");
    }
}

#[test]
fn encodings_other_than_utf8_are_named() {
    let utf16: Vec<u8> = "{\"images\": []}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(fails(&utf16).to_string().contains("UTF-16"));
    assert!(
        fails(b"{\"images\": [{\"id\": 1, \"file_name\": \"\xff\"}]}")
            .to_string()
            .contains("not valid UTF-8")
    );
    let marked = [b"\xef\xbb\xbf".as_slice(), annotated("\"area\": 1").as_bytes()].concat();
    read_bytes(&marked, &Job::new()).unwrap();
}

#[test]
fn nesting_without_end_is_a_limit() {
    for hostile in
        ["[".repeat(200_000), format!("{{\"images\": {}", "[".repeat(200_000)), "{\"a\":".repeat(200_000)]
    {
        let e = fails(hostile.as_bytes());
        assert!(matches!(e.kind(), ErrorKind::Limit | ErrorKind::Format), "{e}");
    }
    let deep = |n: usize| annotated(&format!("\"x\": {}{}", "[".repeat(n), "]".repeat(n)));
    let e = fails(deep(126).as_bytes());
    assert_eq!(e.kind(), ErrorKind::Limit);
    assert!(e.to_string().contains("nested more than 128 deep"), "{e}");
    comes_back(&deep(124));
}

#[test]
fn ids_that_cannot_be_held_are_errors() {
    let image = r#"{"images": [{"id": 9223372036854775808}]}"#;
    let object = annotated("\"x\": 1").replace("\"id\": 1,", "\"id\": 18446744073709551616,");
    for text in [image, &object] {
        let e = fails(text.as_bytes());
        assert!(e.to_string().contains("does not fit a 64-bit signed integer (byte "), "{e}");
        assert!(e.remedy_text().unwrap().contains("as text"), "{e}");
    }
    let e = fails(br#"{"images": [{"id": 1}, {"id": "1"}]}"#);
    assert_eq!(e.kind(), ErrorKind::Mismatch);
    assert!(e.to_string().contains("the image ids 1 and '1' are of two types"), "{e}");
}

#[test]
fn odd_values_are_kept_and_counted_by_code() {
    let cases = [
        ("\"bbox\": [1, 2, 1e999, 4]", "coco.box-infinite"),
        ("\"bbox\": [1, 2, -3, 4]", "coco.box-negative"),
        ("\"bbox\": [1, 2, 0, 4]", "coco.box-empty"),
        ("\"bbox\": [15, 2, 10, 4]", "coco.box-outside"),
        ("\"bbox\": [1, 2, 3]", "coco.box-length"),
        ("\"segmentation\": [[1, 2, 3, 4]]", "coco.polygon-short"),
        ("\"segmentation\": [[1, 2, 3, 4, 5, 6, 7]]", "coco.polygon-odd"),
        ("\"segmentation\": {\"counts\": [0, 20, 30], \"size\": [10, 20]}", "coco.rle-length"),
        ("\"segmentation\": {\"counts\": [0, 20, 30], \"size\": [10, 5]}", "coco.rle-size"),
        ("\"segmentation\": {\"counts\": \"0d0\", \"size\": [10, 20]}", "coco.rle-length"),
        ("\"segmentation\": {\"counts\": \"!!\", \"size\": [10, 20]}", "coco.rle-text"),
        ("\"category_id\": 5", "coco.unknown-category"),
        ("\"category_id\": \"4\"", "coco.unknown-category"),
    ];
    for (member, code) in cases {
        let text = annotated(member);
        let (_, job) = comes_back(&text);
        let warnings = job.warnings();
        assert_eq!((warnings.count(code), warnings.total()), (1, 1), "{member}");
        let (_, _, examples) = warnings.iter().next().unwrap();
        let said = examples[0].to_string();
        assert!(said.starts_with("coco: memory.json byte ") && said.contains("annotation 0: "), "{said}");
        assert!(said.contains("kept as declared"), "{said}");
        let strict = read_bytes(text.as_bytes(), &Job::new().strict(true)).unwrap_err();
        assert_eq!(strict.kind(), ErrorKind::Format);
    }
}

#[test]
fn what_stands_twice_is_kept_and_counted() {
    let text = r#"{"images": [{"id": 7}, {"id": 7}], "annotations":
        [{"id": 1, "image_id": 7}, {"id": 1, "image_id": 7}, {"id": 1, "image_id": 7}],
        "categories": [{"id": 4, "name": "cat"}, {"id": 4, "name": "dog"}]}"#;
    let (whole, job) = comes_back(text);
    let warnings = job.warnings();
    assert_eq!(warnings.count("coco.duplicate-image"), 1);
    assert_eq!(warnings.count("coco.duplicate-annotation"), 2);
    assert_eq!(warnings.count("coco.duplicate-category"), 1);
    assert_eq!(whole.rows(), 2);
}

#[test]
fn duplicates_without_end_take_linear_time() {
    let images = vec![r#"{"id": 7}"#; 100_000].join(",");
    let text = format!(r#"{{"images": [{images}], "annotations": []}}"#);
    let started = Instant::now();
    read_bytes(text.as_bytes(), &Job::new()).unwrap();
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn paths_that_are_not_there_or_hold_nothing_say_so() {
    let folder = folder_of(&[("empty/readme.txt", "x")]);
    let dst = folder.path().join("a.lf");
    for (path, kind) in [("absent.json", ErrorKind::NotFound), ("empty", ErrorKind::NotFound)] {
        let e = import(&folder.path().join(path), &dst, &ImportOptions::default(), &Job::new()).unwrap_err();
        assert_eq!(e.kind(), kind, "{e}");
        assert!(e.to_string().contains(path), "{e}");
    }
    assert!(!dst.exists());
}

/// Cancels as soon as a stage begins whose name has this in it, and has come some way.
struct CancelAt(&'static str, std::sync::Mutex<Option<(Job, Instant)>>, std::sync::atomic::AtomicBool);

impl Observer for CancelAt {
    fn begin(&self, what: &str, _: Option<u64>) {
        self.2.store(what.contains(self.0), std::sync::atomic::Ordering::Relaxed);
    }

    fn advance(&self, _: u64) {
        if self.2.load(std::sync::atomic::Ordering::Relaxed)
            && let Some((job, at)) = &mut *self.1.lock().unwrap()
        {
            job.cancel();
            *at = Instant::now();
        }
    }
}

#[test]
fn cancelling_stops_soon_and_leaves_no_dataset() {
    let polygon: Vec<String> = (0..40).map(|i| format!("{i}.25")).collect();
    let records: Vec<String> = (0..30_000)
        .map(|i| {
            format!(r#"{{"id": {i}, "image_id": {}, "segmentation": [[{}]]}}"#, i % 5000, polygon.join(","))
        })
        .collect();
    let images: Vec<String> = (0..5000).map(|i| format!(r#"{{"id": {i}}}"#)).collect();
    let text = format!(r#"{{"images": [{}], "annotations": [{}]}}"#, images.join(","), records.join(","));
    let folder = folder_of(&[("a.json", &text)]);
    for stage in ["indexing", "converting"] {
        let observer = Arc::new(CancelAt(stage, std::sync::Mutex::default(), Default::default()));
        let job = Job::new().observer(observer.clone());
        *observer.1.lock().unwrap() = Some((job.clone(), Instant::now()));
        let dst = folder.path().join("a.lf");
        let options = ImportOptions { images: Images::None, ..Default::default() };
        let e = import(&folder.path().join("a.json"), &dst, &options, &job).unwrap_err();
        assert!(e.is_cancelled(), "{e}");
        let (_, at) = observer.1.lock().unwrap().take().unwrap();
        // 50 ms are promised; a busy machine is given more.
        assert!(at.elapsed() < Duration::from_millis(500), "{stage}: {:?}", at.elapsed());
        assert!(!dst.exists(), "{stage}");
    }
}
