//! Breakdowns as bars below each other, and histograms as stacked ones.

use super::axis::Axis;
use super::markup::Markup;
use super::summary::bar;
use crate::report::{Breakdown, Histogram, Report, Unit, grid, number};

/// All breakdowns, side by side where there is room.
pub(super) fn breakdowns(m: &mut Markup, report: &Report) {
    m.element("div", &[("class", "pair")], |m| {
        report.breakdowns.iter().for_each(|breakdown| one(m, breakdown));
    });
}

fn one(m: &mut Markup, breakdown: &Breakdown) {
    let figures = &breakdown.figures;
    let shares = figures.iter().all(|f| matches!(f.unit, Unit::Share | Unit::Percent));
    let largest = figures
        .iter()
        .flat_map(|f| [f.value, f.high])
        .flatten()
        .filter(|x| x.is_finite())
        .fold(0.0, f64::max);
    // Shares that are all small, such as losses of precision, are shown on a scale of their own.
    let full = match (shares, largest) {
        (true, largest) if largest > 0.4 => 1.0,
        (_, largest) if largest > 0.0 => largest,
        _ => 1.0,
    };
    m.element("figure", &[("class", "breakdown")], |m| {
        m.element("figcaption", &[], |m| {
            m.leaf("h3", &[], &breakdown.name);
            if !breakdown.note.is_empty() {
                m.leaf("p", &[], &breakdown.note);
            }
        });
        m.element("table", &[], |m| {
            m.leaf("caption", &[("class", "unseen")], &breakdown.name);
            m.element("tbody", &[], |m| {
                for figure in figures {
                    m.element("tr", &[], |m| {
                        m.element(
                            "th",
                            &[("scope", "row"), ("class", "text"), ("title", &figure.label)],
                            |m| {
                                m.leaf("bdi", &[("class", "name")], &figure.key);
                            },
                        );
                        m.leaf("td", &[("class", "num")], &grid::with_unit(figure));
                        m.element("td", &[("class", "wide")], |m| bar(m, figure, full));
                    });
                }
            });
        });
    });
}

/// All histograms.
pub(super) fn histograms(m: &mut Markup, report: &Report) {
    // What is not split by anything needs no legend, and stands side by side.
    let plain = |histogram: &&Histogram| histogram.series.len() <= 1;
    report
        .histograms
        .iter()
        .filter(|histogram| !plain(histogram))
        .for_each(|histogram| stacked(m, histogram));
    if report.histograms.iter().any(|histogram| plain(&histogram)) {
        m.element("div", &[("class", "pair")], |m| {
            report.histograms.iter().filter(plain).for_each(|histogram| stacked(m, histogram));
        });
    }
}

fn stacked(m: &mut Markup, histogram: &Histogram) {
    let bins = histogram.bins();
    let most = (0..bins).map(|bin| histogram.total(bin)).max().unwrap_or(0);
    let (Some(first), Some(last)) = (histogram.edges.first(), histogram.edges.last()) else { return };
    let x = Axis::exactly(*first, *last);
    let y = Axis::counting(most);
    m.element("figure", &[("class", "chart")], |m| {
        m.element("figcaption", &[], |m| {
            m.leaf("h3", &[], &histogram.name);
            if !histogram.note.is_empty() {
                m.leaf("p", &[], &histogram.note);
            }
        });
        if let [] | [_] = histogram.series.as_slice() {
            let name = histogram.series.first().map_or("count", |series| series.name.as_str());
            m.element("div", &[("class", "plot low")], |m| {
                y.beside(m, name);
                m.element("div", &[("class", "area")], |m| columns(m, histogram, &x, &y));
                x.below(m, &histogram.axis);
            });
            return;
        }
        m.element("div", &[("class", "drawn")], |m| {
            m.element("div", &[("class", "plot low")], |m| {
                y.beside(m, "count");
                m.element("div", &[("class", "area")], |m| columns(m, histogram, &x, &y));
                x.below(m, &histogram.axis);
            });
            m.element("div", &[("class", "legend")], |m| {
                m.element("ul", &[], |m| {
                    for (at, series) in histogram.series.iter().enumerate() {
                        let sum = series.counts.iter().fold(0_u64, |sum, n| sum.saturating_add(*n));
                        m.element("li", &[("class", &format!("fill k{}", at % 6))], |m| {
                            m.element("label", &[], |m| {
                                m.leaf("i", &[("aria-hidden", "true")], "");
                                m.leaf("bdi", &[("class", "name")], &series.name);
                                m.leaf("span", &[("class", "num")], &number::whole(sum));
                            });
                        });
                    }
                });
            });
        });
    });
}

fn columns(m: &mut Markup, histogram: &Histogram, x: &Axis, y: &Axis) {
    let what = format!("{}: counts by {}, in {} bins", histogram.name, histogram.axis, histogram.bins());
    let square: [(&'static str, &str); 4] = [
        ("viewBox", "0 0 1000 1000"),
        ("preserveAspectRatio", "none"),
        ("role", "img"),
        ("aria-label", &what),
    ];
    m.element("svg", &square, |m| {
        m.leaf("path", &[("class", "lines"), ("d", &y.lines(false))], "");
        for (bin, ends) in histogram.edges.windows(2).enumerate() {
            let [low, high] = ends else { continue };
            let (left, right) = (x.place(*low) * 1000.0, x.place(*high) * 1000.0);
            let gap = ((right - left) * 0.06).min(1.5);
            let mut below = 0_u64;
            for (at, series) in histogram.series.iter().enumerate() {
                let count = series.counts.get(bin).copied().unwrap_or(0);
                if count == 0 {
                    continue;
                }
                let (bottom, top) = (y.place(below as f64), y.place(below.saturating_add(count) as f64));
                below = below.saturating_add(count);
                let path = format!(
                    "M{:.1} {:.1}H{:.1}V{:.1}H{:.1}z",
                    left + gap,
                    1000.0 * (1.0 - bottom),
                    right - gap,
                    1000.0 * (1.0 - top),
                    left + gap
                );
                m.element("path", &[("class", &format!("fill k{}", at % 6)), ("d", &path)], |m| {
                    let ends = format!("{} to {}", number::fixed(*low, 3), number::fixed(*high, 3));
                    m.leaf("title", &[], &format!("{}, {ends}: {}", series.name, number::whole(count)));
                });
            }
        }
    });
}
