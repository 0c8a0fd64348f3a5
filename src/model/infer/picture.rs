//! Pictures and boxes.

use super::super::graph::Dim;
use super::super::op::{Aspect, Compose, Coordinates, Op, Resize};
use super::super::tensor::DType;
use super::dims::{axes, computed, known, length, misfit, same, senseless, too_large, unknown, wrong_type};
use super::indexing::nearest;
use super::inputs::{Inputs, floats};
use super::layout::set;
use super::{Fact, fact};
use crate::error::Result;

pub(super) fn outputs(op: &Op, inputs: Inputs<'_>) -> Result<Option<Vec<Fact>>> {
    Ok(Some(vec![match op {
        Op::Resize(resize) => fact(inputs.need(0)?.dtype, resized(resize, inputs)?),
        Op::GridSample { .. } => {
            let (x, grid) = (inputs.need(0)?, inputs.float(1)?);
            let ([n, c, dims @ ..], [m, places @ .., last]) = (x.shape.as_slice(), grid.shape.as_slice())
            else {
                return Err(misfit("GridSample needs batch, channels and spatial axes"));
            };
            if places.len() != dims.len() {
                return Err(misfit(format!("a grid of {} axes for {}", places.len(), dims.len())));
            }
            same(last, &Dim::Known(dims.len()))?;
            let mut shape = vec![same(n, m)?, c.clone()];
            shape.extend(places.iter().cloned());
            fact(x.dtype, shape)
        }
        Op::RoiAlign(align) => {
            let (x, rois, batch) = (inputs.float(0)?, inputs.need(1)?, inputs.need(2)?);
            inputs.of(1, x.dtype)?;
            inputs.of(2, DType::I64)?;
            let ([_, c, _, _], [n, four], [m]) =
                (x.shape.as_slice(), rois.shape.as_slice(), batch.shape.as_slice())
            else {
                return Err(misfit("RoiAlign needs pictures of 4 axes, regions of 2 and numbers of 1"));
            };
            same(four, &Dim::Known(4))?;
            let (rows, columns) = align.output;
            fact(x.dtype, vec![same(n, m)?, c.clone(), Dim::Known(rows), Dim::Known(columns)])
        }
        Op::Compose(_) => {
            for (place, dtype) in [(0, DType::U32), (1, DType::I32), (2, DType::I32), (3, DType::F32)] {
                inputs.need(place)?;
                inputs.of(place, dtype)?;
            }
            let [pictures, columns] = inputs.need(1)?.shape.as_slice() else {
                return Err(misfit("what is done to pictures must have 2 axes"));
            };
            same(columns, &Dim::Known(Compose::COLUMNS))?;
            let canvas = match inputs.row(4)?.and_then(|row| row.numbers) {
                Some(numbers) => match numbers.as_slice() {
                    [rows, columns] => [Dim::Known(length(*rows)?), Dim::Known(length(*columns)?)],
                    _ => return Err(misfit("a canvas has a height and a width")),
                },
                None => [unknown(), unknown()],
            };
            let [rows, wide] = canvas;
            fact(DType::F32, vec![pictures.clone(), Dim::Known(3), rows, wide])
        }
        Op::NonMaxSuppression { .. } => {
            let (boxes, scores) = (inputs.need(0)?, inputs.need(1)?);
            for place in [0, 1] {
                let dtype = inputs.need(place)?.dtype;
                if dtype != DType::F32 {
                    return Err(wrong_type(place, dtype, "float"));
                }
            }
            let ([n, spots, four], [m, _, others]) = (boxes.shape.as_slice(), scores.shape.as_slice()) else {
                return Err(misfit("boxes and scores must have 3 axes"));
            };
            same(n, m)?;
            same(spots, others)?;
            same(four, &Dim::Known(4))?;
            fact(DType::I64, vec![unknown(), Dim::Known(3)])
        }
        _ => return Ok(None),
    }]))
}

/// The numbers of an input of fractions; the outer none if it is left out, the inner if it is not known.
fn fractions(inputs: Inputs<'_>, place: usize) -> Result<Option<Option<Vec<f64>>>> {
    let Some(fact) = inputs.get(place) else { return Ok(None) };
    if !fact.dtype.is_float() {
        return Err(wrong_type(place, fact.dtype, "a float"));
    }
    // An empty one is as good as none.
    if fact.known().is_some_and(|shape| shape.contains(&0)) {
        return Ok(None);
    }
    Ok(Some(fact.value.as_ref().and_then(floats)))
}

fn resized(resize: &Resize, inputs: Inputs<'_>) -> Result<Vec<Dim>> {
    let x = inputs.need(0)?;
    let rank = x.shape.len();
    let places = match &resize.axes {
        Some(named) => axes(named, rank)?,
        None => (0..rank).collect(),
    };
    let n = places.len();
    let sizes = inputs.row(3)?.filter(|row| row.length != Some(0));
    let scales = fractions(inputs, 2)?;
    let mut shape = x.shape.clone();
    if let Some(row) = sizes {
        if row.length.is_some_and(|length| length != n) {
            return Err(misfit(format!("{:?} sizes for {n} axes", row.length)));
        }
        let input: Option<Vec<usize>> = places.iter().map(|p| shape.get(*p).and_then(known)).collect();
        let list = match (row.numbers, resize.aspect, input) {
            (Some(list), Aspect::Stretch, _) => {
                let list = list.into_iter().map(length).collect::<Result<Vec<_>>>()?;
                list.into_iter().map(Dim::Known).collect()
            }
            (Some(list), aspect, Some(input)) => in_proportion(&list, aspect, &input)?,
            _ => vec![unknown(); n],
        };
        for (place, dim) in places.into_iter().zip(list) {
            set(&mut shape, place, dim);
        }
        return Ok(shape);
    }
    let scales = scales.ok_or_else(|| senseless("Resize without scales and sizes"))?;
    let Some(scales) = scales else {
        places.into_iter().for_each(|place| set(&mut shape, place, unknown()));
        return Ok(shape);
    };
    if scales.len() != n {
        return Err(misfit(format!("{} scales for {n} axes", scales.len())));
    }
    let roi = if resize.coordinates == Coordinates::TfCropAndResize { fractions(inputs, 1)? } else { None };
    for (k, (place, scale)) in places.into_iter().zip(&scales).enumerate() {
        let region = match &roi {
            None => Some(1.0),
            Some(None) => None,
            Some(Some(roi)) => match (roi.get(k), roi.get(k.saturating_add(n))) {
                (Some(start), Some(end)) => Some(end - start),
                _ => return Err(misfit("a region of too few numbers")),
            },
        };
        let dim = match (shape.get(place).and_then(known), region) {
            // An axis that keeps its length keeps its name.
            (None, Some(1.0)) if *scale == 1.0 => continue,
            (Some(n), Some(region)) => Dim::Known(scaled(n, *scale * region)?),
            (None, Some(region)) => match shape.get(place) {
                Some(dim) => computed(dim, |name| format!("{name}*{:?}", *scale * region)),
                None => unknown(),
            },
            _ => unknown(),
        };
        set(&mut shape, place, dim);
    }
    Ok(shape)
}

/// The whole part of a length times a scale.
fn scaled(n: usize, scale: f64) -> Result<usize> {
    if scale.is_nan() || scale <= 0.0 {
        return Err(senseless(format!("a scale of {scale}")));
    }
    let n = f64::from(u32::try_from(n).map_err(|_| too_large())?);
    nearest((n * scale).floor()).and_then(|n| usize::try_from(n).ok()).ok_or_else(too_large)
}

/// Sizes that keep the proportions and are no larger, or no smaller, than those wished for.
fn in_proportion(wishes: &[i64], aspect: Aspect, input: &[usize]) -> Result<Vec<Dim>> {
    let mut scale: Option<f64> = None;
    for (wish, n) in wishes.iter().zip(input) {
        let wish = f64::from(u32::try_from(*wish).map_err(|_| misfit(format!("an axis of {wish}")))?);
        let ratio = wish / f64::from(u32::try_from(*n).map_err(|_| too_large())?);
        scale = Some(match (scale, aspect) {
            (None, _) => ratio,
            (Some(scale), Aspect::NotSmaller) => scale.max(ratio),
            (Some(scale), _) => scale.min(ratio),
        });
    }
    let scale = scale.unwrap_or(1.0);
    let one = |n: &usize| {
        let n = f64::from(u32::try_from(*n).map_err(|_| too_large())?);
        // Halves are rounded up.
        let size = nearest((n * scale + 0.5).floor()).and_then(|n| usize::try_from(n).ok());
        size.map(Dim::Known).ok_or_else(too_large)
    };
    input.iter().map(one).collect()
}
