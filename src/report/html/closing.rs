//! The comparison of runs, the pictures, and where the numbers come from.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::markup::Markup;
use super::sheet::Frame;
use crate::report::{Better, Compared, Comparison, Picture, Report, grid, number};

/// Runs side by side: a row a figure, a column a run.
pub(super) fn comparison(m: &mut Markup, report: &Report) {
    let Some(comparison) = &report.comparison else { return };
    let keys = comparison.keys();
    let frame = Frame::new(keys.len()).names("figure", keys.iter().copied());
    // The widest word of a cell is an interval's end; names of runs are broken anywhere.
    let frame = comparison.runs.iter().fold(frame, |frame, _| frame.numbers("", 9));
    m.element("figure", &[("class", "sheet runs")], |m| {
        m.element("figcaption", &[], |m| {
            let method = if comparison.method.is_empty() { "" } else { "; " };
            let level = comparison.level;
            m.leaf(
                "p",
                &[],
                &format!(
                    "{}{method}differences are to the first run; * marks p below {level}.",
                    comparison.method
                ),
            );
        });
        frame.around(m, "Comparison", |m| {
            m.element("table", &[], |m| {
                m.leaf("caption", &[("class", "unseen")], "Figures of each run");
                m.element("thead", &[], |m| {
                    m.element("tr", &[], |m| {
                        m.leaf("th", &[("scope", "col"), ("class", "text")], "figure");
                        for run in &comparison.runs {
                            m.element("th", &[("scope", "col"), ("class", "num")], |m| {
                                m.leaf("bdi", &[("class", "name")], &run.name);
                            });
                        }
                    });
                });
                m.element("tbody", &[], |m| {
                    for key in keys {
                        m.element("tr", &[], |m| {
                            m.element("th", &[("scope", "row"), ("class", "text")], |m| {
                                m.leaf("bdi", &[], key)
                            });
                            for run in &comparison.runs {
                                m.element("td", &[("class", "num")], |m| match run.get(key) {
                                    Some(compared) => cell(m, comparison, compared),
                                    None => m.text(number::MISSING),
                                });
                            }
                        });
                    }
                });
            });
        });
    });
}

fn cell(m: &mut Markup, comparison: &Comparison, compared: &Compared) {
    let figure = &compared.figure;
    let spread = figure.spread.map(|spread| format!(" ± {}", number::in_unit(Some(spread), figure.unit)));
    m.leaf("span", &[], &format!("{}{}", grid::with_unit(figure), spread.unwrap_or_default()));
    let Some(delta) = compared.delta else { return };
    // Colour only where the difference is one; direction is also in the sign.
    let class = match (comparison.is_significant(compared), figure.better) {
        (false, _) | (_, Better::Neither) => "delta",
        (true, Better::Higher) if delta > 0.0 => "delta better",
        (true, Better::Lower) if delta < 0.0 => "delta better",
        _ => "delta worse",
    };
    m.element("span", &[("class", class)], |m| {
        m.text(&number::difference(Some(delta), figure.unit));
        if compared.p.is_some() {
            let text = grid::marked_p(comparison, compared);
            m.leaf(
                "small",
                &[],
                &if text.starts_with('<') { format!(" p {text}") } else { format!(" p = {text}") },
            );
        }
    });
    if let Some((low, high)) = compared.low.zip(compared.high) {
        let ends = [low, high].map(|end| number::difference(Some(end), figure.unit));
        m.leaf("span", &[("class", "delta")], &format!("[{}, {}]", ends[0], ends[1]));
    }
}

/// Pictures with their captions.
pub(super) fn pictures(m: &mut Markup, report: &Report) {
    m.element("div", &[("class", "gallery")], |m| report.pictures.iter().for_each(|picture| one(m, picture)));
}

fn one(m: &mut Markup, picture: &Picture) {
    m.element("figure", &[], |m| {
        if let Some(kind) = picture.media_type() {
            let data = format!("data:{kind};base64,{}", STANDARD.encode(&picture.bytes));
            m.void("img", &[("src", &data), ("alt", &picture.caption), ("loading", "lazy")]);
        }
        m.element("figcaption", &[], |m| {
            m.leaf("bdi", &[("class", "name")], &picture.caption);
            if let Some(figure) = &picture.figure {
                m.leaf("span", &[("class", "num")], &format!(" {} {}", figure.key, grid::with_unit(figure)));
            }
        });
    });
}

/// Keys and values in words; what was complete is said here.
pub(super) fn provenance(m: &mut Markup, report: &Report) {
    m.element("dl", &[], |m| {
        for coverage in &report.coverage {
            m.leaf("dt", &[], "matched");
            m.leaf("dd", &[], &coverage.sentence());
        }
        for fact in &report.provenance {
            m.leaf("dt", &[], &fact.key);
            m.element("dd", &[], |m| m.leaf("bdi", &[], &fact.value));
        }
    });
}
