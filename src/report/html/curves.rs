//! Charts of a page: the curve that stands for all is bold, a few are coloured, many are thin and gray until chosen.
//!
//! Invariant: a page does not grow with the number of classes without end: at most [`MOST_CURVES`] a chart, each of
//! at most [`MOST_POINTS`] points, and what was left out is said. The JSON has all.

use super::axis::Axis;
use super::markup::Markup;
use crate::report::{Chart, Curve, Report, number};

/// As many as can be told apart by colour.
const COLOURS: usize = 7;
/// As many as are drawn.
const MOST_CURVES: usize = 100;
/// As many points as COCO's curves have.
const MOST_POINTS: usize = 101;

/// All charts.
pub(super) fn write(m: &mut Markup, report: &Report) {
    report.charts.iter().for_each(|chart| one(m, chart));
}

fn one(m: &mut Markup, chart: &Chart) {
    let points = || chart.curves.iter().flat_map(|curve| &curve.points);
    let x = Axis::over(points().map(|p| p[0]));
    let y = Axis::over(points().map(|p| p[1]));
    let (curves, left_out) = chosen(chart);
    let few = curves.iter().filter(|curve| !curve.main).count() <= COLOURS;
    m.element("figure", &[("class", if few { "chart" } else { "chart many" })], |m| {
        m.element("figcaption", &[], |m| {
            m.leaf("h3", &[], &chart.name);
            if !chart.note.is_empty() {
                m.leaf("p", &[], &chart.note);
            }
            if left_out > 0 {
                let all = number::whole((curves.len() + left_out) as u64);
                let half = MOST_CURVES / 2;
                m.leaf("p", &[], &format!("Of {all} curves the {half} highest and {half} lowest are drawn."));
            }
        });
        m.element("div", &[("class", "drawn")], |m| {
            m.element("div", &[("class", "plot")], |m| {
                y.beside(m, &chart.y);
                m.element("div", &[("class", "area")], |m| draw(m, chart, &curves, &x, &y, few));
                x.below(m, &chart.x);
            });
            legend(m, &curves, few);
        });
    });
}

/// The curves that are drawn, the highest value first and the main ones before all, and how many are not.
fn chosen(chart: &Chart) -> (Vec<&Curve>, usize) {
    let (main, mut others): (Vec<&Curve>, Vec<&Curve>) = chart.curves.iter().partition(|curve| curve.main);
    let value = |curve: &Curve| curve.value.unwrap_or(f64::NEG_INFINITY);
    if others.len() > COLOURS {
        others.sort_by(|a, b| value(b).total_cmp(&value(a)));
    }
    let left_out = others.len().saturating_sub(MOST_CURVES);
    if left_out > 0 {
        // Curves of classes without objects say nothing; they go before curves in the middle do.
        let known = others.iter().filter(|curve| curve.value.is_some()).count().max(MOST_CURVES);
        others.truncate(known);
        others.drain(MOST_CURVES / 2..known - MOST_CURVES / 2);
    }
    (main.into_iter().chain(others).collect(), left_out)
}

fn draw(m: &mut Markup, chart: &Chart, curves: &[&Curve], x: &Axis, y: &Axis, few: bool) {
    let what = format!("{}: {} over {}, {} curves", chart.name, chart.y, chart.x, curves.len());
    let square: [(&'static str, &str); 4] = [
        ("viewBox", "0 0 1000 1000"),
        ("preserveAspectRatio", "none"),
        ("role", "img"),
        ("aria-label", &what),
    ];
    m.element("svg", &square, |m| {
        m.leaf("path", &[("class", "lines"), ("d", &format!("{}{}", x.lines(true), y.lines(false)))], "");
        // Later ones are drawn over earlier ones: the bold one last.
        let mut colour = curves.iter().filter(|curve| !curve.main).count();
        for (at, curve) in curves.iter().enumerate().rev() {
            let class = if curve.main {
                "curve main".to_owned()
            } else {
                colour -= 1;
                if few { format!("curve k{colour}") } else { "curve".to_owned() }
            };
            let path = path(curve, x, y);
            m.element("path", &[("class", &class), ("data-c", &at.to_string()), ("d", &path)], |m| {
                m.leaf("title", &[], &curve.name);
            });
        }
    });
}

/// The points as a path in whole units of a square of 1000 by 1000, without those on a line between others.
fn path(curve: &Curve, x: &Axis, y: &Axis) -> String {
    let step = curve.points.len().div_ceil(MOST_POINTS).max(1);
    let last = curve.points.len().saturating_sub(1);
    let thin = curve.points.iter().enumerate().filter(|(i, _)| i % step == 0 || *i == last);
    let unit = |share: f64| (share * 1000.0).round() as i64;
    let mut kept: Vec<(i64, i64)> = Vec::new();
    for (_, point) in thin {
        let new = (unit(x.place(point[0])), 1000 - unit(y.place(point[1])));
        if let [.., a, b] = kept.as_slice() {
            let flat = a.1 == b.1 && b.1 == new.1 && a.0 <= b.0 && b.0 <= new.0;
            let upright = a.0 == b.0 && b.0 == new.0 && (a.1 <= b.1) == (b.1 <= new.1);
            if flat || upright {
                kept.pop();
            }
        }
        kept.push(new);
    }
    let mut text = String::new();
    let mut before: Option<(i64, i64)> = None;
    for (px, py) in kept {
        text.push_str(&match before {
            None => format!("M{px} {py}"),
            Some((_, by)) if by == py => format!("H{px}"),
            Some((bx, _)) if bx == px => format!("V{py}"),
            Some((bx, by)) => format!("l{} {}", px - bx, py - by),
        });
        before = Some((px, py));
    }
    text
}

/// Whose curve is which; with a script, the ones to be coloured are chosen here.
fn legend(m: &mut Markup, curves: &[&Curve], few: bool) {
    m.element("div", &[("class", "legend")], |m| {
        if !few {
            m.element("label", &[("class", "filter"), ("hidden", "")], |m| {
                m.text("Choose curves ");
                m.void("input", &[("type", "search"), ("autocomplete", "off"), ("spellcheck", "false")]);
            });
        }
        m.element("ul", &[], |m| {
            let mut colour = 0;
            for (at, curve) in curves.iter().enumerate() {
                let class = if curve.main {
                    "main".to_owned()
                } else if few {
                    colour += 1;
                    format!("k{}", colour - 1)
                } else {
                    String::new()
                };
                m.element("li", &[("class", &class), ("data-c", &at.to_string())], |m| {
                    m.element("label", &[], |m| {
                        if !few && !curve.main {
                            let name = format!("colour {}", curve.name);
                            m.void("input", &[("type", "checkbox"), ("hidden", ""), ("aria-label", &name)]);
                        }
                        m.leaf("i", &[("aria-hidden", "true")], "");
                        m.leaf("bdi", &[("class", "name")], &curve.name);
                        m.leaf(
                            "span",
                            &[("class", "num")],
                            &curve.value.map_or_else(String::new, |v| number::fixed(v, 3)),
                        );
                    });
                });
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit() -> Axis {
        Axis::over([0.0, 1.0].into_iter())
    }

    #[test]
    fn a_path_is_thin_and_keeps_its_corners() {
        let level = Curve::new("", (0..=100).map(|i| (f64::from(i) / 100.0, if i < 50 { 1.0 } else { 0.0 })));
        assert_eq!(path(&level, &unit(), &unit()), "M0 0H490l10 1000H1000");
        let long =
            Curve::new("", (0..=10_000).map(|i| (f64::from(i) / 1e4, (f64::from(i) / 500.0).sin().abs())));
        let drawn = path(&long, &unit(), &unit());
        assert!(drawn.matches('l').count() <= MOST_POINTS && drawn.len() < 1200, "{}", drawn.len());
        assert_eq!(path(&Curve::default(), &unit(), &unit()), "");
    }

    #[test]
    fn of_many_curves_the_ends_are_drawn_and_the_undefined_left_out() {
        let mut chart = Chart::new("PR", "recall", "precision");
        let value = |i: i32| if i % 4 == 0 { f64::NAN } else { f64::from(i) / 1203.0 };
        chart.curves = (0..1203).map(|i| Curve::new(i.to_string(), []).value(value(i))).collect();
        chart.curves.push(Curve::new("mean", []).main());
        let (curves, left_out) = chosen(&chart);
        assert_eq!((curves.len(), left_out), (101, 1103));
        assert_eq!([curves[0].name.as_str(), &curves[1].name, &curves[100].name], ["mean", "1202", "1"]);
    }
}
