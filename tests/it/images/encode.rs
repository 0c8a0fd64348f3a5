//! What is written is read again as it was.

use lensframe::image::{Channels, Decode, Encoding, Orientation, Pixels, decode, encode, probe};

/// A picture with structure in every channel; rows of it need padding in BMP.
fn picture(size: (u32, u32), channels: Channels) -> Pixels {
    let mut pixels = Pixels::filled(size, channels, [0; 3]).unwrap();
    let (stride, count) = (pixels.stride(), channels.count());
    for (n, value) in pixels.data_mut().iter_mut().enumerate() {
        let (y, x) = (n / stride, n % stride / count);
        *value = (128.0 + 100.0 * (y as f64 * 0.09 + x as f64 * 0.07 + (n % count) as f64).sin()) as u8;
    }
    pixels
}

#[test]
fn png_and_bmp_give_every_pixel_back() {
    for size in [(1, 1), (3, 5), (40, 31), (1, 64)] {
        for channels in [Channels::Gray, Channels::Rgb] {
            let pixels = picture(size, channels);
            for encoding in [Encoding::Png, Encoding::Bmp] {
                let file = encode(&pixels, encoding).unwrap();
                assert_eq!(probe(&file).unwrap().format, encoding.format());
                let decoded = decode(&file, &Decode { channels, ..Decode::default() }).unwrap();
                assert!(decoded.pixels == pixels && decoded.flaws.is_empty(), "{size:?} {encoding:?}");
            }
        }
    }
}

#[test]
fn jpeg_gives_nearly_every_pixel_back_and_less_of_them_at_lower_quality() {
    for channels in [Channels::Gray, Channels::Rgb] {
        let pixels = picture((61, 83), channels);
        let off = |quality| {
            let file =
                encode(&pixels, Encoding::Jpeg { quality, orientation: Orientation::Upright }).unwrap();
            let again = decode(&file, &Decode { channels, ..Decode::default() }).unwrap().pixels;
            let differences = again.data().iter().zip(pixels.data()).map(|(a, b)| f64::from(a.abs_diff(*b)));
            (differences.sum::<f64>() / pixels.data().len() as f64, file.len())
        };
        let (best, usual, low) = (off(98), off(90), off(40));
        assert!(best.0 < 1.0 && usual.0 < 2.0 && low.0 < 6.0, "{best:?} {usual:?} {low:?}");
        assert!(best.1 > usual.1 && usual.1 > low.1);
    }
}

#[test]
fn a_jpeg_that_is_stored_turned_is_the_same_picture() {
    let pixels = picture((40, 57), Channels::Rgb);
    for orientation in Orientation::ALL {
        let file = encode(&pixels, Encoding::Jpeg { quality: 95, orientation }).unwrap();
        let header = probe(&file).unwrap();
        assert_eq!((header.orientation, header.upright()), (orientation, (40, 57)));
        let again = decode(&file, &Decode::default()).unwrap().pixels;
        let most = again.data().iter().zip(pixels.data()).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(most < 16, "{orientation:?}: off by {most}");
    }
}

#[test]
fn files_are_the_same_bytes_on_every_machine() {
    // Recorded once; an encoder that asked the processor what it can do would give others somewhere.
    let pixels = picture((61, 83), Channels::Rgb);
    let low = Encoding::Jpeg { quality: 75, orientation: Orientation::Turn90 };
    let sums = [Encoding::Png, Encoding::JPEG, low, Encoding::Bmp].map(|encoding| {
        let file = encode(&pixels, encoding).unwrap();
        assert_eq!(file, encode(&pixels, encoding).unwrap());
        format!("{:08x}", crc32fast::hash(&file))
    });
    assert_eq!(sums, ["9176b176", "00340a96", "4738c93c", "293ee6cc"]);
}
