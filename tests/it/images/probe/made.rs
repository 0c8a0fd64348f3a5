//! Headers written byte by byte: what the format says, and what writers make of it.

use lensframe::error::ErrorKind;
use lensframe::image::{Channels, Encoding, Flaw, Format, Header, Model, Orientation, Pixels, encode, probe};

use super::bytes::{
    adobe, big_tiff, bmp, chunk, exif, frame, gif, jfif, jpeg, lossless, png, tiff, tiff_at, webp,
};
use super::{check, counted};

fn read(file: &[u8]) -> Header {
    check::check(file);
    probe(file).unwrap()
}

#[test]
fn colours_of_a_jpeg_are_stored_as_libjpeg_decides() {
    let size = (5, 7);
    type Segments = Vec<(u8, Vec<u8>)>;
    let cases: [(&[u8], Segments, Model); 14] = [
        (&[1], vec![], Model::Gray),
        (&[1, 2], vec![], Model::Other),
        (&[1, 2, 3], vec![], Model::YCbCr),
        (&[0, 1, 2], vec![], Model::YCbCr),
        (b"RGB", vec![], Model::Rgb),
        (b"RGB", vec![jfif()], Model::YCbCr),
        (b"RGB", vec![adobe(1)], Model::YCbCr),
        (&[1, 2, 3], vec![adobe(0)], Model::Rgb),
        (&[1, 2, 3], vec![adobe(1)], Model::YCbCr),
        (&[1, 2, 3], vec![jfif(), adobe(0)], Model::YCbCr),
        (&[1, 2, 3, 4], vec![], Model::Cmyk),
        (&[1, 2, 3, 4], vec![adobe(0)], Model::Cmyk),
        (&[1, 2, 3, 4], vec![adobe(2)], Model::Ycck),
        (b"CMYK", vec![adobe(2)], Model::Ycck),
    ];
    for (ids, marks, model) in cases {
        let inverted = ids.len() == 4 && !marks.is_empty();
        // Marks count behind the frame too.
        let before = [marks.clone(), vec![frame(0xc0, size, ids)]].concat();
        let behind = [vec![frame(0xc0, size, ids)], marks].concat();
        for segments in [before, behind] {
            let header = read(&jpeg(&segments));
            assert_eq!((header.model, header.inverted), (model, inverted), "{segments:?}");
            assert_eq!((header.size, header.depth, header.undecodable), ((5, 7), 8, None));
        }
    }
}

#[test]
fn jpegs_that_cannot_be_decoded_have_a_size_and_say_why() {
    let undecodable = |marker| read(&jpeg(&[frame(marker, (5, 7), &[1])])).undecodable;
    assert_eq!([0xc0, 0xc1, 0xc2].map(undecodable), [None; 3]);
    assert_eq!(undecodable(0xc3), Some("lossless JPEG"));
    assert_eq!([0xc9, 0xca, 0xcb].map(undecodable), [Some("arithmetic coding"); 3]);
    assert_eq!([0xc5, 0xce].map(undecodable), [Some("hierarchical JPEG"); 2]);
    let mut deep = frame(0xc1, (5, 7), &[1]);
    deep.1[0] = 12;
    let header = read(&jpeg(&[deep]));
    assert_eq!((header.depth, header.undecodable), (12, Some("JPEG of more than 8 bits")));
}

#[test]
fn fill_bytes_and_stray_bytes_between_segments_are_stepped_over() {
    let plain = jpeg(&[jfif(), frame(0xc0, (5, 7), &[1])]);
    for stray in [&[0xff; 1][..], &[0xff; 300], &[0; 5], &[0xff, 0, 7]] {
        let file = [&plain[..20], stray, &plain[20..]].concat();
        assert_eq!(read(&file), read(&plain), "{stray:02x?}");
    }
    let file = [&plain[..20], &[0; 5000], &plain[20..]].concat();
    assert_eq!(probe(&file).unwrap_err().kind(), ErrorKind::Format);
}

#[test]
fn a_height_behind_the_pixels_is_refused_by_name() {
    let error = probe(&jpeg(&[frame(0xc0, (0, 7), &[1])])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("DNL"), "{error}");
}

#[test]
fn the_first_exif_that_can_be_read_counts() {
    let turned = |little, value| exif(&tiff(little, &[(0x0112, 3, 1, value)]));
    let broken = exif(b"II*\0\xff\xff\xff\xff");
    let sof = frame(0xc0, (5, 7), &[1]);
    let xmp = (0xe1, b"http://ns.adobe.com/xap/1.0/\0<x/>".to_vec());
    let cases = [
        (vec![xmp.clone(), jfif(), turned(true, 6)], Orientation::Turn90, 0),
        (vec![turned(false, 8), turned(true, 6)], Orientation::Turn270, 0),
        (vec![broken.clone(), turned(true, 3)], Orientation::Turn180, 0),
        (vec![broken.clone(), xmp], Orientation::Upright, 1),
        (vec![exif(b""), broken], Orientation::Upright, 1),
        (vec![exif(&tiff(true, &[(0x0112, 3, 2, 0)]))], Orientation::Upright, 1),
        (vec![exif(&tiff(false, &[(0x010f, 2, 4, 0), (0x0112, 3, 1, 7)]))], Orientation::Transverse, 0),
    ];
    for (mut segments, orientation, flaws) in cases {
        segments.push(sof.clone());
        let header = read(&jpeg(&segments));
        assert_eq!((header.orientation, header.flaws.len()), (orientation, flaws), "{segments:?}");
        assert_eq!(header.upright(), orientation.size((5, 7)));
    }
}

#[test]
fn long_metadata_is_stepped_over_not_read() {
    let profile = |n: u8| (0xe2, [b"ICC_PROFILE\0", [n, 20].as_slice(), &[n; 65_000]].concat());
    let thumbnail = tiff_at(true, 60_000, &[(0x0112, 3, 1, 6)]);
    let mut segments: Vec<_> = (1..=20).map(profile).collect();
    segments.push(exif(&thumbnail));
    segments.push(frame(0xc0, (5, 7), &[1]));
    let file = jpeg(&segments);
    assert!(file.len() > 1 << 20);
    let (header, reads, bytes) = counted(&file);
    let header = header.unwrap();
    assert!(header.icc && header.orientation == Orientation::Turn90);
    assert!(reads < 30 && bytes < 128 << 10, "{reads} reads of {bytes} bytes");
}

#[test]
fn our_own_files_are_read_with_one_read_of_8_kib() {
    let pixels = Pixels::filled((301, 203), Channels::Rgb, [200, 100, 50]).unwrap();
    let gray = pixels.clone().to_gray();
    for orientation in Orientation::ALL {
        let encodings = [Encoding::Jpeg { quality: 75, orientation }, Encoding::Png, Encoding::Bmp];
        for (pixels, encoding) in [&pixels, &gray].iter().flat_map(|p| encodings.map(|e| (*p, e))) {
            let file = encode(pixels, encoding).unwrap();
            let (header, reads, bytes) = counted(&file);
            let header = header.unwrap();
            assert_eq!((header.format, header.upright()), (encoding.format(), (301, 203)));
            assert!(header.format != Format::Jpeg || header.orientation == orientation);
            assert!(reads == 1 && bytes <= 8 << 10, "{encoding:?}: {reads} reads of {bytes} bytes");
            assert_eq!(header.flaws, []);
        }
    }
}

#[test]
fn every_kind_and_depth_of_png_is_named() {
    let kinds = [
        (0, &[1, 2, 4, 8, 16][..], Model::Gray, false),
        (2, &[8, 16], Model::Rgb, false),
        (3, &[1, 2, 4, 8], Model::Palette, false),
        (4, &[8, 16], Model::Gray, true),
        (6, &[8, 16], Model::Rgb, true),
    ];
    for (kind, depths, model, alpha) in kinds {
        for depth in 0..=17 {
            let file = png((3, 9), depth, kind, &[]);
            check::check(&file);
            match probe(&file) {
                Ok(header) => {
                    assert!(depths.contains(&depth), "{kind} {depth}");
                    let said = (header.size, header.model, header.alpha, header.depth);
                    assert_eq!(said, ((3, 9), model, alpha, depth));
                }
                Err(error) => assert!(!depths.contains(&depth), "{kind} {depth}: {error}"),
            }
        }
    }
}

#[test]
fn chunks_of_png_before_the_pixels_are_heard() {
    let exif = tiff(false, &[(0x0112, 3, 1, 6)]);
    let chunks = [
        chunk(b"gAMA", &[0, 0, 0, 1]),
        chunk(b"iCCP", &[7; 100_000]),
        chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]),
        chunk(b"eXIf", &exif),
        chunk(b"PLTE", &[0; 6]),
        chunk(b"tRNS", &[255, 254]),
    ];
    let header = read(&png((3, 9), 8, 3, &chunks));
    assert!(header.icc && header.several && header.alpha);
    assert_eq!((header.upright(), header.flaws), ((9, 3), vec![]));
    // One frame is no animation; a table of opaque colours is no transparency; EXIF may have JPEG's prefix.
    let prefixed = [b"Exif\0\0", exif.as_slice()].concat();
    let chunks =
        [chunk(b"acTL", &[0, 0, 0, 1, 0, 0, 0, 0]), chunk(b"tRNS", &[255, 255]), chunk(b"eXIf", &prefixed)];
    let header = read(&png((3, 9), 8, 3, &chunks));
    assert!(!header.icc && !header.several && !header.alpha);
    assert_eq!(header.orientation, Orientation::Turn90);
}

#[test]
fn a_damaged_first_chunk_of_png_is_refused() {
    let mut file = png((3, 9), 8, 2, &[]);
    file[19] ^= 1;
    assert!(probe(&file).unwrap_err().to_string().contains("checksum"));
    let mut apple = png((3, 9), 8, 2, &[]);
    apple.splice(8..8, chunk(b"CgBI", &[0x50, 0, 0x20, 6]));
    assert_eq!(probe(&apple).unwrap_err().kind(), ErrorKind::Unsupported);
}

#[test]
fn every_version_of_bitmap_is_read() {
    for length in [12, 16, 40, 52, 56, 64, 108, 124] {
        let header = read(&bmp(length, (5, 7), 24, 0));
        assert_eq!((header.size, header.model, header.depth, header.alpha), ((5, 7), Model::Rgb, 8, false));
        for (bits, depth) in [(1, 1), (4, 4), (8, 8)] {
            let header = read(&bmp(length, (5, 7), bits, 0));
            assert_eq!((header.model, header.depth), (Model::Palette, depth), "{length} {bits}");
        }
    }
    assert_eq!(read(&bmp(40, (-5, 7), 24, 0)).size, (5, 7), "rows from the top");
    assert_eq!(read(&bmp(40, (i32::MIN, 7), 24, 0)).size, (1 << 31, 7));
    assert_eq!(read(&bmp(40, (5, 7), 8, 1)).model, Model::Palette, "run lengths");
    assert_eq!(read(&bmp(40, (5, 7), 0, 4)).undecodable, Some("a JPEG inside a BMP"));
    assert_eq!(read(&bmp(40, (5, 7), 0, 5)).undecodable, Some("a PNG inside a BMP"));
    assert!(read(&bmp(64, (5, 7), 1, 3)).undecodable.is_some(), "OS/2's Huffman coding");
    assert_eq!(probe(&bmp(40, (5, 7), 7, 0)).unwrap_err().kind(), ErrorKind::Format);
}

#[test]
fn masks_of_a_bitmap_tell_alpha_and_depth() {
    let masks = |length: u32, compression, bits, masks: [u32; 4]| {
        let mut file = bmp(length, (5, 7), bits, compression);
        file.resize(file.len().max(54 + 16), 0);
        for (at, mask) in (54..).step_by(4).zip(masks) {
            file[at..at + 4].copy_from_slice(&mask.to_le_bytes());
        }
        let header = read(&file);
        (header.depth, header.alpha)
    };
    let wide = [0xff_0000, 0xff00, 0xff, 0xff00_0000];
    assert_eq!(masks(40, 3, 16, [0xf800, 0x07e0, 0x1f, 0]), (6, false));
    // Behind the first version of the header the fourth number is a pixel already.
    assert_eq!(masks(40, 3, 32, wide), (8, false));
    assert_eq!(masks(52, 3, 32, wide), (8, false));
    assert_eq!(masks(40, 6, 32, wide), (8, true));
    for length in [56, 108, 124] {
        assert_eq!(masks(length, 3, 32, wide), (8, true), "{length}");
        assert_eq!(masks(length, 0, 32, wide), (8, false), "{length}");
    }
    let mut profile = bmp(124, (5, 7), 24, 0);
    profile[70..74].copy_from_slice(b"DEBM");
    assert!(read(&profile).icc);
}

#[test]
fn tiffs_of_both_byte_orders_and_both_widths_are_read() {
    let mut entries = vec![(256, 3, 1, 7), (257, 3, 1, 5), (258, 3, 1, 8), (262, 3, 1, 1)];
    for (little, at) in [(true, 8), (false, 8), (true, 50_000), (false, 100_001)] {
        let header = read(&tiff_at(little, at, &entries));
        assert_eq!((header.format, header.size), (Format::Tiff, (5, 7)));
        assert_eq!((header.model, header.depth, header.several), (Model::Gray, 8, false));
    }
    let big: Vec<_> = entries.iter().map(|(t, k, c, v)| (*t, *k, u64::from(*c), u64::from(*v))).collect();
    assert_eq!(read(&big_tiff(&big)), read(&tiff(true, &entries)));
    let huge = [(256, 16, 1, 1 << 40), (257, 3, 1, 5)];
    assert_eq!(probe(&big_tiff(&huge)).unwrap_err().kind(), ErrorKind::Limit);

    entries.extend([(274, 3, 1, 6), (34675, 7, 9, 8)]);
    let header = read(&tiff(false, &entries));
    assert_eq!((header.upright(), header.icc), ((7, 5), true));
    entries[4].3 = 99;
    assert!(matches!(read(&tiff(false, &entries)).flaws[..], [Flaw::BadExif { .. }]));
    assert!(probe(&tiff(true, &entries[..1])).unwrap_err().to_string().contains("no height"));
}

#[test]
fn samples_and_extra_samples_of_a_tiff_tell_alpha() {
    let kind = |photometric, samples, extra: &[u32]| {
        let mut entries =
            vec![(256, 3, 1, 7), (257, 3, 1, 5), (262, 3, 1, photometric), (277, 3, 1, samples)];
        entries.extend(extra.iter().map(|kind| (338, 3, 1, *kind)));
        let header = read(&tiff(true, &entries));
        (header.model, header.alpha)
    };
    assert_eq!(kind(2, 3, &[]), (Model::Rgb, false));
    assert_eq!([1, 2].map(|extra| kind(2, 4, &[extra])), [(Model::Rgb, true); 2]);
    assert_eq!(kind(2, 4, &[0]), (Model::Rgb, false), "padding");
    assert_eq!(kind(2, 4, &[]), (Model::Rgb, true), "left out");
    assert_eq!(kind(0, 1, &[]), (Model::Gray, false));
    assert_eq!(kind(3, 1, &[]), (Model::Palette, false));
    assert_eq!(kind(5, 4, &[]), (Model::Cmyk, false));
    assert_eq!(kind(6, 3, &[]), (Model::YCbCr, false));
    assert_eq!(kind(8, 3, &[]), (Model::Other, false));
    let size = [(256, 3, 1, 7), (257, 3, 1, 5)];
    let with = |entry| read(&tiff(false, &[size.as_slice(), &[entry]].concat())).undecodable;
    assert!(with((262, 3, 1, 8)).is_some() && with((339, 3, 1, 3)).is_some());
    assert!(with((262, 3, 1, 2)).is_none() && with((339, 3, 1, 1)).is_none());
}

#[test]
fn an_extended_webp_is_what_its_chunks_say() {
    let pixels = (b"VP8L", lossless((5, 7), true));
    let turned = |prefix: &[u8]| (b"EXIF", [prefix, &tiff(true, &[(0x0112, 3, 1, 6)])].concat());
    for prefix in [&b"Exif\0\0"[..], b""] {
        let file = webp(0x28, (5, 7), &[(b"ICCP", vec![0; 3001]), pixels.clone(), turned(prefix)]);
        let header = read(&file);
        assert_eq!((header.size, header.upright(), header.model), ((5, 7), (7, 5), Model::Rgb));
        assert!(header.icc && !header.alpha && !header.several && header.flaws.is_empty());
    }
    // Frames of an animation: the first tells how colours are stored, the canvas how large they are.
    let frame = [vec![0; 16], b"VP8L\x05\0\0\0".to_vec(), lossless((2, 2), false), vec![0]].concat();
    let frames = |count| [vec![(b"ANIM", vec![0; 6])], vec![(b"ANMF", frame.clone()); count]].concat();
    let header = read(&webp(0x12, (5, 7), &frames(2)));
    assert_eq!((header.size, header.model), ((5, 7), Model::Rgb));
    assert!(header.several && header.alpha);
    assert!(!read(&webp(0x02, (5, 7), &frames(1))).several);
    // EXIF that is announced and cut off is a flaw, not an error.
    let header = read(&webp(0x08, (5, 7), std::slice::from_ref(&pixels)));
    assert!(matches!(header.flaws[..], [Flaw::BadExif { .. }]));
    assert!(probe(&webp(0x08, (5, 7), &[turned(b"")])).is_err(), "no picture");
}

#[test]
fn a_gif_is_its_canvas_and_its_first_frame() {
    let whole = [0, 0, 7, 5];
    let header = read(&gif((5, 7), b"", whole, b";"));
    assert_eq!((header.size, header.model, header.depth), ((5, 7), Model::Palette, 1));
    assert!(!header.alpha && !header.several);
    assert!(read(&gif((5, 7), b"!\xf9\x04\x01\0\0\0\0", whole, b";")).alpha, "a transparent colour");
    assert!(read(&gif((5, 7), b"!\xfe\x02hi\0", [1, 0, 6, 5], b";")).alpha, "canvas that is not covered");
    assert_eq!(read(&gif((0, 0), b"", whole, b";")).size, (5, 7), "a frame larger than its canvas");
    let second = [b"!\xf9\x04\0\0\0\0\0,".as_slice(), &[0; 9]].concat();
    assert!(read(&gif((5, 7), b"", whole, &second)).several);
    assert!(read(&gif((5, 7), b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0", whole, b";")).several);
    assert!(!read(&gif((5, 7), b"", whole, b"!\xfe\x02hi\0")).several, "cut after the first frame");
    assert!(probe(&gif((5, 7), b"", [0, 0, 0, 5], b";")).is_err());
}
