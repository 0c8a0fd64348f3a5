//! Files that are cut, mislabelled, lying or no images at all.

use lensframe::error::ErrorKind;
use lensframe::image::{Flaw, Format, Orientation, probe};
use proptest::prelude::*;

use super::bytes::{bmp, exif, frame, jpeg, lossless, png, tiff, webp};
use super::{check, corpus, counted};

#[test]
fn a_header_cut_at_any_byte_is_an_error_or_the_same_size() {
    for (name, file) in corpus().into_iter().filter(|(name, _)| name.contains('-')) {
        let Ok(whole) = probe(&file) else { continue };
        let mut read = false;
        for length in 0..file.len().min(2000) {
            match probe(&file[..length]) {
                Ok(header) => {
                    assert_eq!(header.size, whole.size, "{name} cut to {length} bytes");
                    read = true;
                }
                Err(error) => {
                    // A TIFF keeps its directory behind its pixels; elsewhere what is there is enough.
                    assert!(!read || whole.format == Format::Tiff, "{name} cut to {length} bytes: {error}");
                    assert_eq!(error.kind(), ErrorKind::Format, "{name} cut to {length} bytes: {error}");
                }
            }
        }
    }
}

#[test]
fn headers_of_60000_by_60000_are_read_without_cost() {
    let tall = (60_000, 60_000);
    let files = [
        jpeg(&[frame(0xc2, tall, &[1, 2, 3])]),
        png((60_000, 60_000), 16, 6, &[]),
        bmp(40, (60_000, 60_000), 32, 0),
        tiff(true, &[(256, 4, 1, 60_000), (257, 4, 1, 60_000)]),
        webp(0, (60_000, 60_000), &[(b"VP8L", lossless((1, 1), false))]),
    ];
    for file in files {
        let (header, reads, bytes) = counted(&file);
        assert_eq!(header.unwrap().size, (60_000, 60_000));
        assert!(reads == 1 && bytes <= 8 << 10);
    }
}

#[test]
fn sizes_of_zero_are_refused() {
    let files = [
        jpeg(&[frame(0xc0, (5, 0), &[1])]),
        png((0, 9), 8, 2, &[]),
        bmp(40, (0, 7), 24, 0),
        tiff(true, &[(256, 3, 1, 0), (257, 3, 1, 5)]),
    ];
    for file in files {
        let error = probe(&file).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format);
        assert!(error.to_string().contains("no pixel"), "{error}");
    }
}

#[test]
fn what_is_no_image_is_called_by_its_name() {
    let cases: &[(&[u8], ErrorKind, &str)] = &[
        (b"", ErrorKind::Format, "the file is empty"),
        (b"<!DOCTYPE html><html>", ErrorKind::Format, "a web page"),
        (b"\xef\xbb\xbf\n <HTML lang=en>", ErrorKind::Format, "a web page"),
        (b"<?xml version='1.0'?><Error>", ErrorKind::Format, "an XML document"),
        (b"404: Not Found", ErrorKind::Format, "this is text"),
        (b"version https://git-lfs.github.com/spec/v1\noid", ErrorKind::Format, "git lfs pull"),
        (b"%PDF-1.7", ErrorKind::Unsupported, "a PDF document"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", ErrorKind::Unsupported, "an AVIF picture"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", ErrorKind::Unsupported, "a HEIC picture"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", ErrorKind::Format, "an MP4 video"),
        (b"\xff\x0a\xfa", ErrorKind::Unsupported, "a JPEG XL picture"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", ErrorKind::Unsupported, "a JPEG XL picture"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", ErrorKind::Unsupported, "a JPEG 2000 picture"),
        (b"P6\n3 3\n255\n", ErrorKind::Unsupported, "a Netpbm picture"),
        (&[0; 500], ErrorKind::Format, "nothing but zeros"),
        (b"\x12\x34\x56\x78\x9a", ErrorKind::Format, "begins with the bytes 12 34 56 78"),
        (b"RIFF\0\0\0\0WAVEfmt ", ErrorKind::Format, "a RIFF file"),
        (b"BMW and Audi make cars", ErrorKind::Format, "this is text"),
    ];
    for (file, kind, what) in cases {
        check::check(file);
        let error = probe(file).unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
        assert_eq!(error.kind(), *kind, "{error}");
        assert!(error.to_string().contains(';'), "{error}: what is to be done?");
    }
}

#[test]
fn a_jpeg_behind_junk_is_found_and_the_junk_is_told() {
    let picture = jpeg(&[exif(&tiff(true, &[(0x0112, 3, 1, 6)])), frame(0xc0, (5, 7), &[1])]);
    let junk: [&[u8]; 5] =
        [b"\n", b"\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", &[0; 1000], &[0xff; 9000], &[0xd8; 65_000]];
    for junk in junk {
        let file = [junk, &picture].concat();
        check::check(&file);
        let header = probe(&file).unwrap();
        assert_eq!((header.size, header.orientation), ((5, 7), Orientation::Turn90));
        let length = junk.len() as u64 - u64::from(junk.ends_with(&[0xff, 0xd8]));
        assert_eq!(header.flaws, [Flaw::JunkBefore(length)]);
    }
    assert!(probe(&[&[1; 70_000], picture.as_slice()].concat()).is_err(), "too far");
    // Whoever sends a page sends no picture in it.
    assert!(probe(&[b"<!DOCTYPE html>", picture.as_slice()].concat()).is_err());
}

#[test]
fn headers_that_send_the_reader_around_are_given_up() {
    // 3 MB of segments that lie just too far apart to be read together.
    let far = (0xec, vec![1; 5000]);
    let segments = [vec![far; 3000], vec![frame(0xc0, (5, 7), &[1])]].concat();
    let file = jpeg(&segments);
    let (header, reads, bytes) = counted(&file);
    assert_eq!(header.unwrap_err().kind(), ErrorKind::Limit);
    assert!(reads <= 1024 && bytes <= 8 << 20, "{reads} reads of {bytes} bytes");
    // A file of 200 GB costs no more than a small one.
    let head = jpeg(&[frame(0xc0, (5, 7), &[1])]);
    let header = lensframe::image::probe_with(200 << 30, |from, count| {
        let from = from as usize;
        Ok(head.get(from..).unwrap_or_default().iter().take(count).copied().collect())
    });
    assert_eq!(header.unwrap().size, (5, 7));
}

#[test]
fn a_failed_read_is_the_error() {
    let failed = lensframe::error::Error::new(ErrorKind::Io, "the disk is on fire");
    let error = lensframe::image::probe_with(1000, |_, _| Err(failed.clone())).unwrap_err();
    assert_eq!((error.kind(), error.what()), (ErrorKind::Io, "the disk is on fire"));
}

/// Bytes of a kept file changed, cut, doubled.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let files = corpus();
    let changes = proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>(), 0..4_u8), 1..12);
    (0..files.len(), changes).prop_map(move |(at, changes)| {
        let mut file = files[at].1.clone();
        for (place, value, how) in changes.into_iter().filter(|_| !files[at].1.is_empty()) {
            let place = place.index(file.len().clamp(1, 400));
            match how {
                0 | 1 if place < file.len() => file[place] = value,
                2 => file.truncate(file.len().saturating_sub(place)),
                _ => drop(file.splice(place.min(file.len())..place.min(file.len()), [value; 3])),
            }
        }
        file
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_files_end_in_a_header_or_an_error(file in mutated()) {
        check::check(&file);
    }

    #[test]
    fn any_bytes_behind_any_magic_end_in_a_header_or_an_error(
        magic in prop::sample::select(vec![
            &b"\xff\xd8\xff"[..], b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8X", b"II*\0", b"MM\0\x2a",
            b"MM\0\x2b\0\x08\0\0", b"BM", b"",
        ]),
        rest in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        check::check(&[magic, &rest].concat());
    }
}
