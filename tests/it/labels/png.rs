//! Every kind of PNG that can hold labels, written here byte by byte and decoded.

use std::io::Write;

use lensframe::error::ErrorKind;
use lensframe::image::{Colour, LabelData, LabelImage, MAX_LABEL_PIXELS, voc_colormap};
use proptest::prelude::*;

/// A PNG written in the plainest way: no filter, one IDAT.
#[derive(Clone, Debug)]
struct Plain {
    height: u32,
    width: u32,
    /// 0 gray, 2 colour, 3 palette, 4 gray with alpha, 6 colour with alpha.
    kind: u8,
    depth: u8,
    interlaced: bool,
    palette: Vec<u8>,
    transparent: Vec<u8>,
    /// Samples, row after row, pixel after pixel.
    samples: Vec<u16>,
}

/// First row, first column, row step, column step of the seven passes.
const ADAM7: [(u32, u32, u32, u32); 7] =
    [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)];

impl Plain {
    fn channels(&self) -> usize {
        [1, 0, 3, 1, 2, 0, 4][usize::from(self.kind)]
    }

    fn rows(&self, (top, left, down, right): (u32, u32, u32, u32), out: &mut Vec<u8>) {
        let channels = self.channels();
        for y in (top..self.height).step_by(down as usize) {
            let columns: Vec<u32> = (left..self.width).step_by(right as usize).collect();
            if columns.is_empty() {
                continue;
            }
            out.push(0); // no filter
            let mut bits = String::new();
            for x in columns {
                let at = (y * self.width + x) as usize * channels;
                for sample in &self.samples[at..at + channels] {
                    bits += &format!("{sample:0width$b}", width = usize::from(self.depth));
                }
            }
            while !bits.len().is_multiple_of(8) {
                bits.push('0');
            }
            let byte = |bits: &[u8]| u8::from_str_radix(std::str::from_utf8(bits).unwrap(), 2).unwrap();
            out.extend(bits.as_bytes().chunks(8).map(byte));
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut raw = Vec::new();
        if self.interlaced {
            ADAM7.iter().for_each(|pass| self.rows(*pass, &mut raw));
        } else {
            self.rows((0, 0, 1, 1), &mut raw);
        }
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(&raw).unwrap();
        let mut header = Vec::new();
        header.extend(self.width.to_be_bytes());
        header.extend(self.height.to_be_bytes());
        header.extend([self.depth, self.kind, 0, 0, u8::from(self.interlaced)]);
        let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
        chunk(&mut out, b"IHDR", &header);
        if !self.palette.is_empty() {
            chunk(&mut out, b"PLTE", &self.palette);
        }
        if !self.transparent.is_empty() {
            chunk(&mut out, b"tRNS", &self.transparent);
        }
        chunk(&mut out, b"IDAT", &packed.finish().unwrap());
        chunk(&mut out, b"IEND", &[]);
        out
    }
}

fn chunk(out: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    out.extend((data.len() as u32).to_be_bytes());
    let from = out.len();
    out.extend(name);
    out.extend(data);
    let sum = crc32fast::hash(&out[from..]);
    out.extend(sum.to_be_bytes());
}

fn images() -> impl Strategy<Value = Plain> {
    let kinds = prop_oneof![
        (Just(0u8), prop_oneof![Just(1u8), Just(2), Just(4), Just(8), Just(16)]),
        (Just(3u8), prop_oneof![Just(1u8), Just(2), Just(4), Just(8)]),
        (Just(4u8), prop_oneof![Just(8u8), Just(16)]),
        (prop_oneof![Just(2u8), Just(6)], Just(8u8)),
    ];
    (1u32..20, 1u32..20, kinds, any::<bool>(), any::<bool>()).prop_flat_map(
        |(height, width, (kind, depth), interlaced, transparent)| {
            let top = ((1u32 << depth) - 1) as u16;
            let colours = if kind == 3 { 1usize << depth } else { 0 };
            let palette: Vec<u8> = voc_colormap(256).into_iter().flatten().take(colours * 3).collect();
            let transparent = match (transparent, kind) {
                (true, 0) => vec![0, 1],
                (true, 2) => vec![0, 1, 0, 1, 0, 1],
                (true, 3) => vec![0],
                _ => vec![],
            };
            let image =
                Plain { height, width, kind, depth, interlaced, palette, transparent, samples: Vec::new() };
            let samples = (height * width) as usize * image.channels();
            proptest::collection::vec(0..=top, samples)
                .prop_map(move |samples| Plain { samples, ..image.clone() })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_kind_of_png_keeps_its_numbers(image in images()) {
        let labels = LabelImage::decode(&image.bytes(), MAX_LABEL_PIXELS).unwrap();
        prop_assert_eq!(labels.size(), (image.height, image.width));
        let first = |step: usize| image.samples.iter().step_by(step).copied();
        let bytes = |step: usize| first(step).map(|v| v as u8).collect::<Vec<u8>>();
        let colour = |p: &[u16]| -> Colour { [p[0] as u8, p[1] as u8, p[2] as u8] };
        let want = match (image.kind, image.depth) {
            (0, 16) | (4, 16) => LabelData::U16(first(image.channels()).collect()),
            (0 | 3 | 4, _) => LabelData::U8(bytes(image.channels())),
            _ => LabelData::Rgb(image.samples.chunks(image.channels()).map(colour).collect()),
        };
        prop_assert_eq!(labels.data(), &want);
        prop_assert_eq!(labels.palette().map(<[_]>::as_flattened), (image.kind == 3).then_some(&image.palette[..]));

        let again = labels.encode().unwrap();
        prop_assert_eq!(&again, &labels.encode().unwrap(), "the same image gives the same bytes");
        prop_assert_eq!(LabelImage::decode(&again, MAX_LABEL_PIXELS).unwrap(), labels);
    }

    #[test]
    fn a_png_cut_short_is_an_error_with_its_length(image in images(), cut in 0.0..1.0f64) {
        let bytes = image.bytes();
        // The last 16 bytes are the end of the pixels' checksum and the end chunk.
        let length = ((bytes.len() - 20) as f64 * cut) as usize;
        let error = LabelImage::decode(&bytes[..length], MAX_LABEL_PIXELS).unwrap_err();
        prop_assert_eq!(error.kind(), ErrorKind::Format, "{}", error);
        if length > 40 {
            prop_assert!(error.to_string().contains(&format!("{}x{}", image.height, image.width)), "{}", error);
            prop_assert!(error.to_string().contains(&format!("{length} bytes")), "{}", error);
        }
    }
}

fn gray(height: u32, width: u32) -> Plain {
    let samples = vec![0; (height * width) as usize];
    let (palette, transparent) = (vec![], vec![]);
    Plain { height, width, kind: 0, depth: 8, interlaced: false, palette, transparent, samples }
}

#[test]
fn an_index_beyond_the_palette_is_kept() {
    let samples = vec![0, 1, 255];
    let image = Plain { kind: 3, palette: vec![1, 2, 3], samples, ..gray(1, 3) };
    let labels = LabelImage::decode(&image.bytes(), MAX_LABEL_PIXELS).unwrap();
    assert_eq!((labels.ids(), labels.palette()), (vec![0, 1, 255], Some(&[[1, 2, 3]][..])));
}

#[test]
fn a_palette_image_without_a_palette_is_refused() {
    let image = Plain { kind: 3, ..gray(1, 3) };
    let error = LabelImage::decode(&image.bytes(), MAX_LABEL_PIXELS).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Format, "{error}");
}

#[test]
fn sixteen_bit_colour_is_no_label_image() {
    let image = Plain { kind: 2, depth: 16, samples: vec![0; 3], ..gray(1, 1) };
    let error = LabelImage::decode(&image.bytes(), MAX_LABEL_PIXELS).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("16-bit colour"), "{error}");
}

#[test]
fn a_header_that_claims_too_much_is_refused_before_memory_is_asked_for() {
    let mut bytes = gray(1, 1).bytes();
    let claim = |bytes: &mut [u8], height: u32, width: u32| {
        bytes[16..20].copy_from_slice(&width.to_be_bytes());
        bytes[20..24].copy_from_slice(&height.to_be_bytes());
        let sum = crc32fast::hash(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&sum.to_be_bytes());
    };
    claim(&mut bytes, 1 << 20, 1 << 20);
    assert_eq!(LabelImage::decode_size(&bytes).unwrap(), (1 << 20, 1 << 20));
    assert_eq!(LabelImage::decode(&bytes, MAX_LABEL_PIXELS).unwrap_err().kind(), ErrorKind::Limit);
    claim(&mut bytes, 1 << 14, 1 << 14);
    let error = LabelImage::decode(&bytes, MAX_LABEL_PIXELS).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Format);
    assert!(error.to_string().contains("cannot be in a file of"), "{error}");
    claim(&mut bytes, 1, 1);
    assert_eq!(LabelImage::decode(&bytes, 1).unwrap().ids(), [0]);
}

#[test]
fn what_is_no_png_says_so() {
    for (bytes, word) in
        [(&b""[..], "empty"), (b"\xff\xd8\xff\xe0 a JPEG", "no PNG"), (b"<annotation>", "no PNG")]
    {
        let error = LabelImage::decode(bytes, MAX_LABEL_PIXELS).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format);
        assert!(error.to_string().contains(word), "{error}");
        assert_eq!(LabelImage::decode_size(bytes).unwrap_err().kind(), ErrorKind::Format);
    }
}

#[test]
fn damaged_pixels_are_an_error() {
    let mut bytes = gray(9, 9).bytes();
    let at = bytes.windows(4).position(|w| w == b"IDAT").unwrap();
    bytes[at + 8] ^= 0xff;
    let error = LabelImage::decode(&bytes, MAX_LABEL_PIXELS).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Format);
    assert!(error.to_string().contains("damaged"), "{error}");
}
