//! Pictures and boxes: resampling, regions and suppression.

use super::super::super::graph::ValueId;
use super::super::super::op::{
    Aspect, Coordinates, GridMode, GridPadding, Nearest, Op, Resize, ResizeMode, RoiAlign,
};
use super::super::super::tensor::Tensor;
use super::super::attributes::Attributes;
use super::super::build::{Build, Made};
use super::super::call::Call;
use crate::error::Result;

pub(super) fn translate<'a>(build: &mut Build<'a>, call: &Call<'a>) -> Result<Option<Made>> {
    let a = &call.attributes;
    match call.kind {
        "Resize" if call.opset >= 11 => resize(build, call),
        "Resize" | "Upsample" => upsample(build, call),
        "GridSample" => {
            let modes = [
                ("bilinear", GridMode::Linear),
                ("linear", GridMode::Linear),
                ("nearest", GridMode::Nearest),
                ("bicubic", GridMode::Cubic),
                ("cubic", GridMode::Cubic),
            ];
            let paddings = [
                ("zeros", GridPadding::Zeros),
                ("border", GridPadding::Border),
                ("reflection", GridPadding::Reflection),
            ];
            let op = Op::GridSample {
                mode: a.word("mode", GridMode::Linear, &modes)?,
                padding: a.word("padding_mode", GridPadding::Zeros, &paddings)?,
                align_corners: a.flag("align_corners", false)?,
            };
            call.same(build, op)
        }
        "RoiAlign" => {
            let rules = [("half_pixel", true), ("output_half_pixel", false)];
            let op = Op::RoiAlign(RoiAlign {
                half_pixel: a.word("coordinate_transformation_mode", call.opset >= 16, &rules)?,
                max: a.word("mode", false, &[("avg", false), ("max", true)])?,
                output: (a.size("output_height")?.unwrap_or(1), a.size("output_width")?.unwrap_or(1)),
                sampling_ratio: a.size("sampling_ratio")?.unwrap_or(0),
                spatial_scale: a.float_or("spatial_scale", 1.0)?,
            });
            call.same(build, op)
        }
        "NonMaxSuppression" => {
            let op = Op::NonMaxSuppression { center_point_box: a.flag("center_point_box", false)? };
            call.same(build, op)
        }
        _ => return Ok(None),
    }
    .map(Some)
}

const MODES: [(&str, ResizeMode); 5] = [
    ("nearest", ResizeMode::Nearest),
    ("linear", ResizeMode::Linear),
    ("bilinear", ResizeMode::Linear),
    ("cubic", ResizeMode::Cubic),
    ("bicubic", ResizeMode::Cubic),
];

fn resize(build: &mut Build<'_>, call: &Call<'_>) -> Result<Made> {
    let a = &call.attributes;
    let coordinates = [
        ("half_pixel", Coordinates::HalfPixel),
        ("half_pixel_symmetric", Coordinates::HalfPixelSymmetric),
        ("pytorch_half_pixel", Coordinates::PytorchHalfPixel),
        ("align_corners", Coordinates::AlignCorners),
        ("asymmetric", Coordinates::Asymmetric),
        ("tf_crop_and_resize", Coordinates::TfCropAndResize),
        ("tf_half_pixel_for_nn", Coordinates::TfHalfPixelForNn),
    ];
    let nearest = [
        ("round_prefer_floor", Nearest::RoundPreferFloor),
        ("round_prefer_ceil", Nearest::RoundPreferCeil),
        ("floor", Nearest::Floor),
        ("ceil", Nearest::Ceil),
    ];
    let aspects = [
        ("stretch", Aspect::Stretch),
        ("not_larger", Aspect::NotLarger),
        ("not_smaller", Aspect::NotSmaller),
    ];
    let coordinates = a.word("coordinate_transformation_mode", Coordinates::HalfPixel, &coordinates)?;
    let op = Op::Resize(Resize {
        mode: a.word("mode", ResizeMode::Nearest, &MODES)?,
        coordinates,
        nearest: a.word("nearest_mode", Nearest::RoundPreferFloor, &nearest)?,
        cubic_a: a.float_or("cubic_coeff_a", -0.75)?,
        exclude_outside: a.flag("exclude_outside", false)?,
        extrapolation: a.float_or("extrapolation_value", 0.0)?,
        antialias: a.flag("antialias", false)?,
        axes: a.ints("axes")?,
        aspect: a.word("keep_aspect_ratio_policy", Aspect::Stretch, &aspects)?,
    });
    // Version 11 had no way to leave an input out but to make it empty; and only one rule looks at the region.
    let filled = |place: usize| call.input(place).filter(|id| !is_empty(build, *id));
    let roi = filled(1).filter(|_| coordinates == Coordinates::TfCropAndResize);
    let (scales, sizes) = (filled(2), filled(3));
    if scales.is_some() == sizes.is_some() {
        return call.wrong("one of scales and sizes must be there, and not both");
    }
    call.with(build, op, [call.input(0), roi, scales, sizes])
}

fn is_empty(build: &Build<'_>, id: ValueId) -> bool {
    build.fact(id).and_then(|fact| fact.known()).is_some_and(|shape| shape.contains(&0))
}

/// The forms up to version 10: a place in the output is divided by the scale, and rounded towards the input's
/// beginning when it grows and towards its end when it shrinks.
fn upsample(build: &mut Build<'_>, call: &Call<'_>) -> Result<Made> {
    let a = &call.attributes;
    let scales = match (call.kind, call.opset) {
        ("Upsample", ..7) => {
            let (Some(height), Some(width)) = (a.float("height_scale")?, a.float("width_scale")?) else {
                return Err(Attributes::missing("height_scale"));
            };
            build.constant(Tensor::row(vec![1.0, 1.0, height, width]))
        }
        ("Upsample", 7..9) => {
            let scales = a.floats("scales")?.ok_or_else(|| Attributes::missing("scales"))?;
            build.constant(Tensor::row(scales))
        }
        _ => call.need(1)?,
    };
    let mode = a.word("mode", ResizeMode::Nearest, &MODES)?;
    let known = build.known(scales).and_then(Tensor::elements::<f32>).unwrap_or_default();
    let (grows, shrinks) = (known.iter().any(|s| *s > 1.0), known.iter().any(|s| *s < 1.0));
    if mode == ResizeMode::Nearest && grows && shrinks {
        return call.unsupported("it makes one axis longer and another shorter");
    }
    let op = Op::Resize(Resize {
        mode,
        coordinates: Coordinates::Asymmetric,
        nearest: if shrinks { Nearest::Ceil } else { Nearest::Floor },
        cubic_a: -0.75,
        exclude_outside: false,
        extrapolation: 0.0,
        antialias: false,
        axes: None,
        aspect: Aspect::Stretch,
    });
    call.with(build, op, [call.input(0), None, Some(scales)])
}
