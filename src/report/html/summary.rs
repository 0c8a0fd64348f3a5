//! The headline as large numbers with bars, and what a reader must know before reading them.

use super::markup::Markup;
use crate::report::{Figure, Report, Unit, number};

/// What is incomplete, and warnings: before all else.
pub(super) fn cautions(m: &mut Markup, report: &Report) {
    let incomplete: Vec<_> = report.incomplete().collect();
    if incomplete.is_empty() && report.warnings.is_empty() {
        return;
    }
    m.element("div", &[("class", "cautions"), ("role", "note")], |m| {
        for coverage in incomplete {
            m.element("p", &[], |m| {
                m.leaf("strong", &[], &format!("Only {}.", coverage.sentence()));
                if !coverage.missing.is_empty() {
                    m.text(" Not found: ");
                    for (n, name) in coverage.missing.iter().take(5).enumerate() {
                        m.text(if n == 0 { "" } else { ", " });
                        m.leaf("bdi", &[("class", "name")], name);
                    }
                    m.text(if coverage.missing.len() > 5 { ", …" } else { "." });
                }
            });
        }
        for warning in &report.warnings {
            m.leaf("p", &[], warning);
        }
    });
}

/// The headline, and the lines of the reference tool.
pub(super) fn write(m: &mut Markup, report: &Report) {
    if let Some(whose) = report.whose() {
        m.element("p", &[("class", "whose")], |m| {
            m.text("These are the figures of ");
            m.leaf("bdi", &[("class", "name")], &whose);
            m.text(".");
        });
    }
    m.element("ul", &[("class", "figures")], |m| {
        for figure in &report.headline {
            m.element("li", &[], |m| card(m, figure));
        }
    });
    if let Some(lines) = &report.lines {
        m.element("details", &[], |m| {
            m.leaf("summary", &[], "As the reference tool prints it");
            m.leaf("pre", &[], &lines.join("\n"));
        });
    }
}

fn card(m: &mut Markup, figure: &Figure) {
    m.leaf("span", &[("class", "key")], &figure.key);
    m.element("span", &[("class", "value")], |m| {
        m.text(&number::in_unit(figure.value, figure.unit));
        if figure.unit == Unit::Percent && figure.value.is_some() {
            m.leaf("small", &[], " %");
        }
    });
    bar(m, figure, 1.0);
    let unsure = number::uncertainty(figure);
    if !unsure.is_empty() {
        m.leaf("span", &[("class", "unsure")], &unsure);
    }
    m.leaf("span", &[("class", "label")], &figure.label);
}

/// A bar of a share of `full`, its interval on it; nothing for numbers that are no shares.
pub(super) fn bar(m: &mut Markup, figure: &Figure, full: f64) {
    if matches!(figure.unit, Unit::Number | Unit::Count) && full == 1.0 {
        return;
    }
    let percent = |x: f64| (x / full * 100.0).clamp(0.0, 100.0);
    m.element("span", &[("class", "bar"), ("aria-hidden", "true")], |m| {
        if let Some(value) = figure.value.filter(|x| x.is_finite()) {
            m.leaf("i", &[("style", &format!("width:{:.2}%", percent(value)))], "");
        }
        if let Some((low, high)) = figure.interval() {
            let (low, high) = (percent(low), percent(high));
            m.leaf("b", &[("style", &format!("left:{low:.2}%;width:{:.2}%", (high - low).max(0.0)))], "");
        }
    });
}
