//! What must hold for any bytes: a picture of the size its header says, the same however it is asked for, or an
//! error with a sentence.

use lensframe::image::{Alpha, Damage, Decode, Flaw, Limits, Scale, Window, decode, probe};

/// Small, so that the fuzzer looks for odd files rather than for large ones.
const LIMITS: Limits = Limits { pixels: 1 << 14, bytes: 1 << 20 };

/// Decodes the bytes as a picture in several ways.
pub(super) fn check(data: &[u8]) {
    let plain = Decode { alpha: Alpha::White, limits: LIMITS, ..Decode::default() };
    let keep = Decode { damage: Damage::Keep, ..plain };
    let kept = match decode(data, &keep) {
        Ok(kept) => kept,
        Err(error) => {
            assert!(!error.what().is_empty());
            assert!(decode(data, &plain).is_err(), "what cannot be kept cannot be whole");
            return;
        }
    };
    let header = probe(data).expect("it was decoded");
    assert_eq!(kept.header, header);
    let (height, width) = header.upright();
    assert_eq!(kept.pixels.size(), (height, width));
    assert!(u64::from(height) * u64::from(width) <= LIMITS.pixels, "the limit holds");

    let harmed = kept.flaws.iter().any(Flaw::harms_pixels);
    match decode(data, &plain) {
        Ok(whole) => assert!(!harmed && whole.pixels == kept.pixels),
        Err(_) => assert!(harmed, "what has no flaw is not refused"),
    }
    let scale = Scale::Quarter;
    let small = decode(data, &Decode { scale, ..keep }).expect("it was decoded at full scale");
    assert_eq!(small.pixels.size(), (scale.of(height), scale.of(width)));
    let (x, y) = (width / 3, height / 2);
    let window = Window { x, y, width: (width - x).div_ceil(2), height: height - y };
    let part = decode(data, &Decode { window: Some(window), ..keep }).expect("it was decoded whole");
    assert_eq!(part.pixels.size(), (window.height, window.width));
    assert!(harmed || part.pixels == kept.pixels.crop(window).expect("it lies inside"), "a window is exact");
}
