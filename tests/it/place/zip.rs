//! Zip archives: their variants, and those made to do harm.

use lensframe::error::ErrorKind;
use lensframe::job::Job;
use lensframe::place::{Limits, TreeKind};

use super::pack::{self, File, Raw, opened, paths, raw_zip};

#[test]
fn names_are_read_in_their_encoding() {
    let member = |name: &[u8], flags, made_by, extra: &[u8]| Raw {
        name: name.to_vec(),
        flags,
        made_by,
        extra: extra.to_vec(),
        ..Raw::stored("", b"x")
    };
    // Field 0x7075: a version, the checksum of the other name, the name in UTF-8.
    let unicode = |old: &[u8], new: &str| {
        let mut field = vec![0x75, 0x70];
        field.extend((5 + new.len() as u16).to_le_bytes());
        field.push(1);
        field.extend(crc32fast::hash(old).to_le_bytes());
        field.extend(new.as_bytes());
        field
    };
    let job = Job::new();
    let bytes = raw_zip(
        &[
            member("flagged-\u{e9}".as_bytes(), 0x800, 0, b""),
            member(b"dos-\x82", 0, 0, b""),
            member("unix-\u{e9}".as_bytes(), 0, 3 << 8, b""),
            member(b"unix-\x82", 0, 3 << 8, b""),
            member(b"?", 0, 0, &unicode(b"?", "field-\u{e9}")),
            member(b"stale", 0, 0, &unicode(b"other", "wrong")),
            member(b"bad-\xff", 0x800, 0, b""),
        ],
        None,
    );
    let (_file, tree) = opened(&bytes, &job);
    assert_eq!(
        paths(&tree),
        ["dos-\u{e9}", "field-\u{e9}", "flagged-\u{e9}", "stale", "unix-\u{e9}", "unix-\u{e9}"]
            .into_iter()
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    );
    assert_eq!(job.warnings().count("place.unsafe-name"), 1);
    // `unix-é` was there twice, in UTF-8 and in the code page.
    assert_eq!(job.warnings().count("place.duplicate"), 1);
}

#[test]
fn what_surrounds_an_archive_does_not_hide_it() {
    let plain = pack::zip(&pack::little(), zip::CompressionMethod::Deflated);
    let expected = paths(&opened(&plain, &Job::new()).1);
    for before in [0, 1, 100_000] {
        for comment in [0, 7, 65_535] {
            let mut bytes = vec![b'#'; before];
            bytes.extend(&plain);
            let at = bytes.len() - 2;
            bytes[at..].copy_from_slice(&(comment as u16).to_le_bytes());
            bytes.extend(vec![b'c'; comment]);
            let job = Job::new();
            let (_file, tree) = opened(&bytes, &job);
            assert_eq!(tree.kind(), TreeKind::Zip);
            assert_eq!(paths(&tree), expected, "{before} {comment}");
            assert_eq!(job.warnings().total(), 0);
        }
    }
    let job = Job::new();
    let (_file, tree) = opened(&[plain, b"appended".to_vec()].concat(), &job);
    assert_eq!(paths(&tree), expected);
    assert_eq!(job.warnings().count("place.trailing"), 1);
}

#[test]
fn zip64_fields_and_data_descriptors_are_read() {
    use std::io::Write;
    use zip::write::{SimpleFileOptions, ZipWriter};
    // A writer that cannot seek back puts lengths behind the bytes.
    let mut writer = ZipWriter::new_stream(Vec::new());
    let options = SimpleFileOptions::default().large_file(true);
    for (path, bytes) in pack::little().iter().filter(|(path, _)| !path.ends_with('/')) {
        writer.start_file(path.as_str(), options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    let bytes = writer.finish().unwrap().into_inner();
    let (_file, tree) = opened(&bytes, &Job::new());
    for (path, bytes) in pack::little().iter().filter(|(path, _)| !path.ends_with('/')) {
        assert!(tree.read(path).unwrap().as_slice() == bytes, "{path}");
    }
    // Zip64 records whose values the 32-bit ones do not hold.
    let mut bytes = raw_zip(&[Raw::stored("a", b"12345")], None);
    let end = bytes.len() - 22;
    let (size, start) = (bytes[end + 12..end + 16].to_vec(), bytes[end + 16..end + 20].to_vec());
    let mut end64 = b"PK\x06\x06".to_vec();
    end64.extend(44u64.to_le_bytes());
    end64.extend([0; 12]);
    end64.extend([1u64.to_le_bytes(); 2].concat());
    end64.extend([&size[..], &[0; 4], &start[..], &[0; 4]].concat());
    let mut locator = b"PK\x06\x07\0\0\0\0".to_vec();
    locator.extend((end as u64).to_le_bytes());
    locator.extend(1u32.to_le_bytes());
    bytes.splice(end..end, [end64, locator].concat());
    let end = bytes.len() - 22;
    bytes[end + 8..end + 20].fill(0xff);
    assert_eq!(opened(&bytes, &Job::new()).1.read("a").unwrap().as_slice(), b"12345");
    bytes.splice(0..0, *b"junk");
    assert_eq!(opened(&bytes, &Job::new()).1.read("a").unwrap().as_slice(), b"12345");
}

#[test]
fn unsafe_names_are_left_out_and_counted_and_the_rest_is_read() {
    let names =
        ["../up", "/abs", "a/../../b", "C:\\x", "c:/x", "back\\slash", "nul\0", "bell\u{7}", "./ok//a"];
    let members: Vec<Raw> = names.iter().map(|name| Raw::stored(name, name.as_bytes())).collect();
    let job = Job::new();
    let (_file, tree) = opened(&raw_zip(&members, None), &job);
    assert_eq!(paths(&tree), ["ok/", "ok/a"]);
    assert_eq!(job.warnings().count("place.unsafe-name"), 8);
    let warnings = job.warnings();
    let (_, _, examples) = warnings.iter().next().unwrap();
    assert!(examples.iter().all(|warning| warning.done == "left out"));
    assert!(examples.iter().all(|warning| !warning.to_string().contains('\u{7}')));
    let strict = File::of(&raw_zip(&members, None)).open(&Job::new().strict(true));
    assert_eq!(strict.unwrap_err().kind(), ErrorKind::Format);
}

#[test]
fn of_members_of_one_path_the_last_is_taken_and_a_folder_wins_over_a_file() {
    let members = [
        Raw::stored("a", b"first"),
        Raw::stored("b", b"a file"),
        Raw::stored("a", b"second"),
        Raw::stored("b/c", b"in the folder"),
        Raw::stored("A", b"another name"),
        Raw::stored("d/", b""),
        Raw::stored("d", b"a file"),
    ];
    let job = Job::new();
    let (_file, tree) = opened(&raw_zip(&members, None), &job);
    assert_eq!(paths(&tree), ["A", "a", "b/", "b/c", "d/"]);
    assert_eq!(tree.read("a").unwrap().as_slice(), b"second");
    assert_eq!(job.warnings().count("place.duplicate"), 3);
}

#[test]
fn symbolic_links_are_followed_within_the_archive() {
    let link = |name: &str, target: &str| Raw {
        made_by: 3 << 8,
        mode: 0o120_777,
        ..Raw::stored(name, target.as_bytes())
    };
    let members = [
        link("images", "real/images"),
        Raw::stored("real/images/a", b"there"),
        link("b", "images/a"),
        link("out", "../../etc/passwd"),
        link("abs", "/etc/passwd"),
        link("broken", "nowhere"),
        link("round", "round"),
        link("real/up", ".."),
    ];
    let job = Job::new();
    let (_file, tree) = opened(&raw_zip(&members, None), &job);
    assert_eq!(paths(&tree), ["b", "images/", "images/a", "real/", "real/images/", "real/images/a"]);
    assert_eq!(tree.read("images/a").unwrap().as_slice(), b"there");
    assert_eq!(tree.read("b").unwrap().as_slice(), b"there");
    assert_eq!(job.warnings().count("place.link-out"), 2);
    assert_eq!(job.warnings().count("place.link-broken"), 3);
}

#[test]
fn what_is_wrong_with_one_member_is_said_when_it_is_read() {
    let text = b"some text, some text, some text".repeat(50);
    let good = Raw::deflated("good", &text);
    let cases = [
        (Raw { flags: 1, ..Raw::stored("x", b"secret") }, ErrorKind::Unsupported, "encrypted"),
        (Raw { method: 93, ..Raw::stored("x", b"zstd") }, ErrorKind::Unsupported, "Zstandard"),
        (Raw { method: 77, ..Raw::stored("x", b"?") }, ErrorKind::Unsupported, "method 77"),
        (Raw { crc: 1, ..Raw::stored("x", b"changed") }, ErrorKind::Format, "checksum"),
        (Raw { crc: 1, ..Raw::deflated("x", &text) }, ErrorKind::Format, "checksum"),
        (Raw { length: 10, ..Raw::deflated("x", &text) }, ErrorKind::Format, "more than the length"),
        (Raw { length: 2000, ..Raw::deflated("x", &text) }, ErrorKind::Format, "damaged or cut off"),
        (Raw { packed: vec![0xff; 40], ..Raw::deflated("x", &text) }, ErrorKind::Format, "damaged"),
        (Raw { length: 3, ..Raw::stored("x", b"four") }, ErrorKind::Format, "two lengths"),
        (Raw { length: 1 << 20, ..Raw::deflated("x", b"short") }, ErrorKind::Format, "cannot expand"),
    ];
    for (member, kind, words) in cases {
        let (_file, tree) = opened(&raw_zip(&[good.clone(), member], None), &Job::new());
        assert_eq!(tree.read("good").unwrap().as_slice(), text);
        let e = tree.read("x").unwrap_err();
        assert_eq!(e.kind(), kind, "{e}");
        assert!(e.to_string().contains(words) && e.to_string().contains("archive/x"), "{e}");
        let mut out = b"kept".to_vec();
        assert_eq!(tree.read_onto("x", &mut out, 1 << 30).unwrap_err().kind(), kind);
        assert_eq!(out, b"kept");
    }
}

#[test]
fn a_bomb_is_refused_without_being_expanded() {
    // A gibibyte of zeros in a megabyte: as much as DEFLATE can.
    let one = pack::deflate(&vec![0; 1 << 20]);
    let whole = Raw { packed: vec![0; 1 << 20], length: 1 << 30, ..Raw::deflated("bomb", b"") };
    let (_file, tree) = opened(&raw_zip(&[whole], None), &Job::new());
    let e = tree.read("bomb").unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Limit);
    assert!(e.to_string().contains("archive/bomb") && e.to_string().contains("1024 times"), "{e}");
    assert_eq!(tree.head("bomb", 1).unwrap_err().kind(), ErrorKind::Limit);
    // A gibibyte from a kilobyte.
    let lie = Raw { packed: one, length: 1 << 30, ..Raw::deflated("bomb", b"") };
    let (_file, tree) = opened(&raw_zip(&[lie], None), &Job::new());
    assert_eq!(tree.read("bomb").unwrap_err().kind(), ErrorKind::Limit);
    // What is large by less is read.
    let fair = Raw::deflated("fair", &vec![0; 1 << 20]);
    let (file, tree) = opened(&raw_zip(&[fair], None), &Job::new());
    assert_eq!(tree.read("fair").unwrap().len(), 1 << 20);
    let small = Limits { member_bytes: 1 << 19, ..Limits::default() };
    assert_eq!(file.open_within(small).unwrap().read("fair").unwrap_err().kind(), ErrorKind::Limit);
    let few = Limits { total_bytes: 1 << 19, ..Limits::default() };
    assert_eq!(file.open_within(few).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn members_that_overlap_are_refused() {
    let members = [Raw::deflated("a", &[7; 5000]), Raw::deflated("b", &[7; 5000])];
    assert_eq!(opened(&raw_zip(&members, None), &Job::new()).1.list("").unwrap().len(), 2);
    for offsets in [[0, 0], [0, 20]] {
        let e = File::of(&raw_zip(&members, Some(&offsets))).open(&Job::new()).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Format);
        assert!(e.to_string().contains("overlap"), "{e}");
    }
}

#[test]
fn limits_on_members_and_names_are_kept() {
    let members: Vec<Raw> = (0..10).map(|n| Raw::stored(&format!("name-{n}"), b"")).collect();
    let file = File::of(&raw_zip(&members, None));
    let refused = |limits| file.open_within(limits).unwrap_err().kind();
    assert_eq!(refused(Limits { members: 9, ..Limits::default() }), ErrorKind::Limit);
    assert_eq!(refused(Limits { name_bytes: 5, ..Limits::default() }), ErrorKind::Limit);
    assert_eq!(refused(Limits { names_bytes: 59, ..Limits::default() }), ErrorKind::Limit);
    assert!(
        file.open_within(Limits { members: 10, name_bytes: 6, names_bytes: 60, ..Limits::default() }).is_ok()
    );
}

#[test]
fn a_directory_that_is_cut_off_or_damaged_is_an_error_wherever_it_is_cut() {
    let whole = pack::zip(&pack::little()[..3], zip::CompressionMethod::Deflated);
    for length in 4..whole.len() {
        if let Ok(tree) = File::of(&whole[..length]).open(&Job::new()) {
            panic!("{length} of {} bytes opened: {:?}", whole.len(), tree.list(""));
        }
    }
    let start = whole.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    for at in start..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        // It may open, but neither hangs nor gives other bytes.
        if let Ok(tree) = File::of(&bytes).open(&Job::new())
            && let Ok(read) = tree.read("VOC/Annotations/a.xml")
        {
            assert_eq!(read.as_slice(), b"<annotation/>");
        }
    }
}
