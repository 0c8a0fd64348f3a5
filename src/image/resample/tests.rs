//! Answers of OpenCV 4 (`cv2.resize`) and Pillow 12 (`Image.resize`), and the pass against the steps one by one.

use super::*;

/// (37 n + 11 n²) mod 256 for n in 0..35, as 5×7.
fn source() -> Pixels {
    let data = (0..35_u32).map(|n| u8::try_from((37 * n + 11 * n * n) % 256).unwrap()).collect();
    Pixels::new((5, 7), Channels::Gray, data).unwrap()
}

#[rustfmt::skip]
const RECORDED: &[(Interpolation, (u32, u32), &[u8])] = &[
    (Interpolation::Linear, (3, 4), &[47, 153, 124, 132, 152, 98, 145, 37, 183, 24, 147, 136]),
    (Interpolation::Linear, (8, 11), &[0, 22, 54, 99, 151, 210, 119, 105, 191, 150, 106, 13, 66, 131, 147, 171, 201, 154, 151, 210, 140, 75, 35, 124, 227, 203, 192, 192, 196, 205, 223, 121, 35, 88, 148, 210, 145, 152, 213, 176, 145, 122, 68, 25, 157, 188, 210, 105, 100, 172, 145, 124, 111, 67, 32, 243, 245, 227, 81, 36, 67, 101, 142, 190, 120, 56, 216, 189, 143, 48, 54, 136, 140, 150, 168, 138, 110, 188, 141, 76, 24, 73, 198, 174, 155, 145, 147, 150]),
    (Interpolation::Cubic, (3, 4), &[39, 160, 116, 142, 159, 86, 150, 32, 197, 7, 146, 142]),
    (Interpolation::Cubic, (8, 11), &[0, 6, 38, 81, 164, 212, 100, 79, 194, 165, 104, 0, 58, 138, 155, 183, 199, 146, 155, 232, 155, 63, 16, 130, 247, 217, 190, 191, 197, 220, 238, 122, 14, 62, 151, 225, 146, 157, 232, 200, 143, 111, 50, 9, 161, 211, 220, 83, 74, 172, 149, 110, 97, 52, 19, 247, 255, 238, 73, 2, 59, 91, 152, 204, 126, 39, 233, 209, 142, 25, 26, 123, 139, 157, 183, 148, 107, 192, 137, 56, 0, 70, 211, 196, 151, 139, 147, 160]),
    (Interpolation::Lanczos4, (3, 4), &[42, 160, 111, 154, 169, 84, 153, 35, 208, 10, 151, 149]),
    (Interpolation::Lanczos4, (8, 11), &[0, 10, 33, 69, 174, 215, 94, 71, 184, 172, 97, 0, 63, 139, 157, 181, 189, 131, 163, 243, 167, 59, 12, 128, 245, 223, 184, 194, 192, 224, 236, 121, 14, 54, 156, 221, 147, 152, 240, 213, 142, 104, 50, 12, 154, 221, 214, 76, 66, 170, 151, 96, 91, 55, 19, 240, 255, 237, 69, 0, 59, 93, 149, 202, 125, 37, 226, 220, 145, 27, 27, 117, 142, 159, 194, 155, 106, 184, 146, 51, 0, 76, 217, 209, 137, 129, 147, 160]),
    (Interpolation::Area, (3, 4), &[59, 161, 158, 137, 168, 136, 153, 72, 187, 66, 147, 137]),
    (Interpolation::Area, (8, 11), &[0, 21, 48, 108, 144, 210, 109, 87, 204, 148, 106, 12, 59, 122, 147, 165, 202, 144, 135, 217, 137, 78, 30, 117, 232, 205, 197, 190, 199, 207, 236, 122, 36, 97, 149, 217, 120, 136, 217, 167, 141, 100, 56, 23, 141, 176, 221, 89, 102, 190, 148, 126, 94, 56, 27, 252, 251, 250, 48, 26, 56, 102, 132, 206, 121, 58, 214, 186, 150, 27, 45, 141, 143, 147, 169, 137, 113, 188, 143, 84, 14, 58, 198, 171, 158, 144, 147, 150]),
    (Interpolation::Nearest, (3, 4), &[0, 118, 68, 106, 114, 80, 134, 20, 188, 2, 160, 150]),
    (Interpolation::Nearest, (8, 11), &[0, 0, 48, 118, 118, 210, 68, 68, 204, 106, 106, 0, 0, 48, 118, 118, 210, 68, 68, 204, 106, 106, 30, 30, 232, 200, 200, 190, 202, 202, 236, 36, 36, 114, 114, 214, 80, 80, 224, 134, 134, 66, 20, 20, 114, 114, 214, 80, 80, 224, 134, 134, 66, 20, 20, 252, 252, 250, 14, 14, 56, 120, 120, 206, 58, 58, 188, 188, 84, 2, 2, 198, 160, 160, 144, 150, 150, 188, 188, 84, 2, 2, 198, 160, 160, 144, 150, 150]),
    (Interpolation::Antialias(Filter::Box), (3, 4), &[78, 180, 135, 146, 164, 152, 134, 43, 194, 68, 140, 140]),
    (Interpolation::Antialias(Filter::Box), (8, 11), &[0, 0, 48, 118, 118, 210, 68, 68, 204, 106, 106, 0, 0, 48, 118, 118, 210, 68, 68, 204, 106, 106, 30, 30, 232, 200, 200, 190, 202, 202, 236, 36, 36, 114, 114, 214, 80, 80, 224, 134, 134, 66, 20, 20, 114, 114, 214, 80, 80, 224, 134, 134, 66, 20, 20, 252, 252, 250, 14, 14, 56, 120, 120, 206, 58, 58, 188, 188, 84, 2, 2, 198, 160, 160, 144, 150, 150, 188, 188, 84, 2, 2, 198, 160, 160, 144, 150, 150]),
    (Interpolation::Antialias(Filter::Bilinear), (3, 4), &[68, 162, 165, 139, 167, 143, 153, 81, 180, 73, 146, 138]),
    (Interpolation::Antialias(Filter::Bilinear), (8, 11), &[0, 22, 54, 99, 151, 210, 120, 105, 192, 151, 106, 13, 66, 131, 147, 171, 201, 154, 151, 210, 141, 75, 35, 124, 227, 203, 192, 192, 196, 205, 223, 122, 35, 88, 147, 210, 146, 152, 213, 177, 145, 122, 68, 25, 157, 188, 210, 105, 100, 172, 145, 124, 111, 67, 32, 243, 245, 227, 80, 35, 67, 101, 141, 190, 120, 56, 216, 189, 144, 48, 54, 136, 140, 150, 168, 137, 110, 188, 141, 77, 24, 73, 198, 174, 156, 145, 147, 150]),
    (Interpolation::Antialias(Filter::Bicubic), (3, 4), &[56, 171, 172, 138, 176, 147, 158, 73, 188, 61, 148, 139]),
    (Interpolation::Antialias(Filter::Bicubic), (8, 11), &[0, 9, 40, 89, 158, 211, 103, 82, 196, 156, 105, 2, 53, 127, 148, 177, 200, 144, 146, 225, 145, 69, 20, 120, 242, 212, 192, 191, 197, 216, 237, 117, 20, 72, 147, 222, 140, 151, 226, 189, 143, 109, 52, 13, 155, 195, 220, 87, 84, 176, 149, 115, 97, 53, 22, 248, 255, 239, 68, 11, 58, 95, 146, 203, 120, 44, 225, 195, 140, 26, 36, 133, 143, 153, 176, 142, 111, 191, 141, 63, 0, 67, 208, 188, 153, 141, 149, 157]),
    (Interpolation::Antialias(Filter::Lanczos), (3, 4), &[48, 177, 179, 136, 183, 151, 160, 71, 187, 51, 149, 138]),
    (Interpolation::Antialias(Filter::Lanczos), (8, 11), &[2, 6, 33, 74, 166, 213, 95, 70, 189, 163, 100, 0, 48, 130, 152, 180, 196, 134, 153, 236, 154, 63, 11, 119, 251, 225, 185, 193, 192, 228, 240, 112, 11, 58, 150, 227, 147, 152, 237, 207, 147, 104, 44, 10, 154, 204, 220, 78, 71, 171, 148, 104, 93, 48, 16, 242, 255, 240, 68, 1, 57, 90, 153, 207, 118, 35, 226, 202, 134, 24, 31, 128, 146, 156, 186, 148, 111, 186, 145, 50, 0, 75, 218, 206, 143, 133, 147, 161]),
];

fn whole((height, width): (u32, u32)) -> Span {
    Window { x: 0, y: 0, width, height }.into()
}

#[test]
fn every_rule_is_within_a_level_of_the_tool_it_is_named_after() {
    for (rule, size, wanted) in RECORDED {
        let found = Resample::new(whole((5, 7)), *size, *rule).pixels(&source()).unwrap();
        let far = found.data().iter().zip(*wanted).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(far <= Some(1), "{rule:?} {size:?}: {:?} is not {wanted:?}", found.data());
    }
}

/// A picture of colours without a pattern.
fn coloured((height, width): (u32, u32)) -> Pixels {
    let mut random = crate::random::Random::keyed(&[height.into(), width.into()]);
    let data = (0..height * width * 3).map(|_| u8::try_from(random.below(256)).unwrap()).collect();
    Pixels::new((height, width), Channels::Rgb, data).unwrap()
}

#[test]
fn one_pass_gives_what_the_steps_give_one_by_one() {
    let picture = coloured((31, 43));
    for rule in RECORDED.iter().map(|(rule, ..)| *rule) {
        let part = Window { x: 5, y: 3, width: 30, height: 22 };
        let wanted = Window { x: 2, y: 4, width: 11, height: 9 };
        let pass = Resample::new(part.into(), (17, 19), rule).window(wanted).flipped(true, true);
        let steps = Resample::new(whole((22, 30)), (17, 19), rule);
        let steps = steps.pixels(&picture.crop(part).unwrap()).unwrap().crop(wanted).unwrap();
        let out = pass.pixels(&picture).unwrap();
        for row in 0..9 {
            for column in 0..11 {
                assert_eq!(out.pixel(row, column), steps.pixel(8 - row, 10 - column), "{rule:?}");
            }
        }
        // Of what a decoder gives when it is asked for no more than is read.
        let read = pass.reads(picture.size()).unwrap();
        let window = picture.crop(read).unwrap();
        assert!(pass.of_window(read, picture.size()).pixels(&window).unwrap() == out, "{rule:?}");
        // Into planes of a batch, normalised.
        let (scale, bias) = ([0.5, 0.25, 2.0], [1.0, -3.0, 0.5]);
        let mut planes = vec![7.0_f32; 3 * 12 * 13];
        let target = Target::new(Values::F32(&mut planes), Order::Chw, (12, 13), Channels::Rgb).unwrap();
        pass.write(&picture, target.placed((1, 2), (9, 11)).unwrap().scaled(scale, bias)).unwrap();
        for channel in 0..3_usize {
            for (row, column) in (0..12_usize).flat_map(|row| (0..13_usize).map(move |column| (row, column)))
            {
                let inside = (1..10).contains(&row) && (2..13).contains(&column);
                let sample = || {
                    let (row, column) = (u32::try_from(row - 1).unwrap(), u32::try_from(column - 2).unwrap());
                    f32::from(out.pixel(row, column)[channel]) * scale[channel] + bias[channel]
                };
                let wanted = if inside { sample() } else { 7.0 };
                assert_eq!(planes[(channel * 12 + row) * 13 + column], wanted);
            }
        }
    }
}

#[test]
fn blue_may_come_first_and_types_may_be_narrow() {
    let picture = coloured((4, 5));
    let plan = Resample::new(whole((4, 5)), (4, 5), Interpolation::Linear);
    let mut bytes = vec![0_u8; 60];
    let target = Target::new(Values::U8(&mut bytes), Order::Hwc, (4, 5), Channels::Rgb).unwrap();
    plan.write(&picture, target.bgr(true)).unwrap();
    let swapped: Vec<u8> =
        picture.data().as_chunks::<3>().0.iter().flat_map(|[r, g, b]| [*b, *g, *r]).collect();
    assert_eq!(bytes, swapped);
    let mut halves = vec![half::f16::ZERO; 60];
    let target = Target::new(Values::F16(&mut halves), Order::Hwc, (4, 5), Channels::Rgb).unwrap();
    plan.write(&picture, target).unwrap();
    assert!(halves.iter().zip(picture.data()).all(|(half, byte)| half.to_f32() == f32::from(*byte)));
    let mut brains = vec![half::bf16::ZERO; 60];
    let target = Target::new(Values::Bf16(&mut brains), Order::Hwc, (4, 5), Channels::Rgb).unwrap();
    plan.write(&picture, target).unwrap();
    assert!(brains.iter().zip(picture.data()).all(|(half, byte)| half.to_f32() == f32::from(*byte)));
}

#[test]
fn what_cannot_be_is_refused() {
    let picture = coloured((4, 5));
    let kind = |plan: Resample| plan.pixels(&picture).unwrap_err().kind();
    let plan = Resample::new(whole((4, 5)), (2, 2), Interpolation::Linear);
    assert_eq!(kind(plan.window(Window { x: 1, y: 0, width: 2, height: 1 })), ErrorKind::Usage);
    assert_eq!(kind(plan.within(Window { x: 0, y: 0, width: 6, height: 1 })), ErrorKind::Usage);
    let nothing = Span { x: 0.0, y: 0.0, width: 0.0, height: f64::NAN };
    assert_eq!(kind(Resample::new(nothing, (2, 2), Interpolation::Linear)), ErrorKind::Usage);
    let mut short = [0_u8; 11];
    let target = Target::new(Values::U8(&mut short), Order::Hwc, (2, 2), Channels::Rgb);
    assert_eq!(target.unwrap_err().kind(), ErrorKind::Length);
}

#[test]
fn numbers_are_the_same_on_every_processor() {
    let rules = [
        Interpolation::Nearest,
        Interpolation::Linear,
        Interpolation::Area,
        Interpolation::Antialias(Filter::Bilinear),
        Interpolation::Antialias(Filter::Lanczos),
    ];
    // Samples of sixteen pixels side by side lie in two vectors, in four, and in more; widths divide by sixteen or not.
    let shapes = [((40, 61), (17, 23)), ((40, 61), (80, 96)), ((33, 150), (20, 64)), ((9, 400), (7, 33))];
    for (from, to) in shapes {
        let pictures = [coloured(from), coloured(from).to_gray()];
        for (source, rule) in pictures.iter().flat_map(|picture| rules.map(|rule| (picture, rule))) {
            let channels = source.channels();
            let pass = Resample::new(whole(from), to, rule).flipped(true, false).prepared(from).unwrap();
            let length = usize::try_from(to.0 * to.1).unwrap() * channels.count();
            let ways = |way: usize, target: &mut Target<'_>| {
                let source = Source::whole(source);
                let (rows, columns) = (&pass.rows, &pass.columns);
                match (way, channels) {
                    (0, Channels::Rgb) => passes::run::<3>(source, rows, columns, target),
                    (0, Channels::Gray) => passes::run::<1>(source, rows, columns, target),
                    (_, Channels::Rgb) => plain::run::<3>(source, rows, columns, target),
                    (_, Channels::Gray) => plain::run::<1>(source, rows, columns, target),
                }
            };
            for (order, swapped) in [(Order::Chw, false), (Order::Hwc, true)] {
                let mut bytes = [(); 2].map(|()| vec![0_u8; length]);
                let mut singles = [(); 2].map(|()| vec![0.0_f32; length]);
                let mut halves = [(); 2].map(|()| vec![half::f16::ZERO; length]);
                let mut brains = [(); 2].map(|()| vec![half::bf16::ZERO; length]);
                for way in 0..2 {
                    let all = [
                        Values::U8(&mut bytes[way]),
                        Values::F32(&mut singles[way]),
                        Values::F16(&mut halves[way]),
                        Values::Bf16(&mut brains[way]),
                    ];
                    for values in all {
                        let target = Target::new(values, order, to, channels).unwrap().bgr(swapped);
                        ways(way, &mut target.scaled([0.3; 3], [-1.1, 0.2, 0.7]));
                    }
                }
                assert_eq!(bytes[0], bytes[1], "{rule:?} {from:?}");
                assert_eq!(singles[0], singles[1], "{rule:?} {from:?}");
                assert_eq!((&halves[0], &brains[0]), (&halves[1], &brains[1]), "{rule:?} {from:?}");
            }
        }
    }
}

#[test]
fn a_picture_may_hold_more_than_is_read_and_less_than_all() {
    let picture = coloured((40, 50));
    for rule in RECORDED.iter().map(|(rule, ..)| *rule) {
        for part in [whole((40, 50)), Span { x: 7.25, y: 9.5, width: 20.5, height: 17.75 }] {
            let plan = Resample::new(part, (13, 16), rule).window(Window { x: 3, y: 2, width: 9, height: 8 });
            let pass = plan.prepared((40, 50)).unwrap();
            let read = pass.reads();
            assert_eq!(plan.reads((40, 50)).unwrap(), read);
            let (x, y) = (read.x.saturating_sub(2), read.y.saturating_sub(1));
            let held = Window { x, y, width: read.x + read.width - x, height: 40 - y };
            let wanted = plan.pixels(&picture).unwrap();
            let mut found = vec![0; 8 * 9 * 3];
            let target = Target::new(Values::U8(&mut found), Order::Hwc, (8, 9), Channels::Rgb).unwrap();
            let part = picture.crop(held).unwrap();
            let source = Source::new(part.data(), part.stride(), Channels::Rgb, part.size(), (x, y));
            pass.write(source, target).unwrap();
            assert_eq!(found, wanted.data(), "{rule:?}");
            for (size, at) in
                [((read.height - 1, read.width), (read.x, read.y)), (part.size(), (x, read.y + 1))]
            {
                let target = Target::new(Values::U8(&mut found), Order::Hwc, (8, 9), Channels::Rgb).unwrap();
                let source = Source::new(part.data(), part.stride(), Channels::Rgb, size, at);
                assert_eq!(pass.write(source, target).unwrap_err().kind(), ErrorKind::Usage);
            }
        }
    }
}
