//! What of a profile is drawn: histograms, classes seen together, the map of centres.

use super::super::spread::Spread;
use super::super::survey::Profile;
use super::super::tally::CELLS;
use super::shown;
use crate::error::Result;
use crate::image::{Channels, Encoding, Filter, Pixels, encode};
use crate::report::{Histogram, Matrix};

/// The side of the map of centres, in pixels.
const MAP: u32 = 384;

/// The colour of the fullest cell of that map; an empty one is white.
const FULL: [f64; 3] = [8.0, 48.0, 107.0];

/// All histograms that have something in them.
pub(super) fn histograms(profile: &Profile) -> Vec<Histogram> {
    let spreads = &profile.spreads;
    let side = "square root of the area";
    let all = [
        ("Objects an image", "objects", "images", "", &spreads.crowding),
        ("Box sides", "pixels", "objects", side, &spreads.sides),
        ("Box sides by the image", "side of the box / side of the image", "objects", side, &spreads.shares),
        ("Box aspects", "log2(width / height)", "objects", "", &spreads.aspects),
        ("Image widths", "pixels", "images", "", &spreads.widths),
        ("Image heights", "pixels", "images", "", &spreads.heights),
        ("Image aspects", "width / height", "images", "", &spreads.image_aspects),
    ];
    all.into_iter()
        .filter(|(.., spread)| spread.count > 0)
        .map(|(name, axis, what, note, spread)| histogram(name, axis, what, note, spread))
        .collect()
}

fn histogram(name: &str, axis: &str, what: &str, note: &str, spread: &Spread) -> Histogram {
    let mut notes: Vec<String> = Vec::new();
    if axis.starts_with("log2") {
        notes.push("0 is square, 1 is twice as wide as high, -1 twice as high as wide.".to_owned());
    }
    if !note.is_empty() {
        notes.push(format!("A side is the {note}."));
    }
    if !axis.starts_with("log2") && spread.edges.last().is_some_and(|end| spread.most > *end) {
        notes.push(format!("The last bin holds all up to {}.", (spread.most * 100.0).round() / 100.0));
    }
    let histogram = Histogram::new(name, axis, spread.edges.clone()).with(what, spread.bins.clone());
    Histogram { note: notes.join(" "), ..histogram }
}

/// Classes that are in images together; `None` for fewer than two.
pub(super) fn together(profile: &Profile) -> Option<Matrix> {
    let together = &profile.together;
    if together.classes.len() < 2 {
        return None;
    }
    let name = |at: &usize| profile.classes.get(*at).map_or("", |class| shown(&class.name)).to_owned();
    let names: Vec<String> = together.classes.iter().map(name).collect();
    let all = profile.classes.iter().filter(|class| class.images > 0).count();
    let rule = match all > names.len() {
        true => format!("images with both classes, of the {} classes in the most images", names.len()),
        false => "images with both classes".to_owned(),
    };
    Some(Matrix {
        name: "Classes in images together".to_owned(),
        rule,
        row_axis: "class".to_owned(),
        column_axis: "together with".to_owned(),
        symmetric: true,
        rows: names.clone(),
        columns: names,
        counts: together.images.clone(),
        ..Matrix::default()
    })
}

/// The map of centres as a PNG.
pub(super) fn centre_map(profile: &Profile) -> Result<Option<Vec<u8>>> {
    let most = profile.centres.iter().copied().max().unwrap_or(0);
    if most == 0 {
        return Ok(None);
    }
    let colour = |count: &u64| {
        // The square root, so that thinly covered parts are seen.
        let share = (*count as f64 / most as f64).sqrt();
        FULL.map(|full| (255.0 + (full - 255.0) * share).round() as u8)
    };
    let data: Vec<u8> = profile.centres.iter().flat_map(colour).collect();
    let side = CELLS as u32;
    let map = Pixels::new((side, side), Channels::Rgb, data)?.resize((MAP, MAP), Filter::Nearest)?;
    encode(&map, Encoding::Png).map(Some)
}
