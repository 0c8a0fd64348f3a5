//! A report as one self-contained page of HTML.
//!
//! Invariants: the page refers to nothing outside itself, and its policy forbids a browser to fetch anything; every
//! text that came with the report is escaped by [`Markup`], which has no other way in; without scripts all is there
//! but sorting, filtering and choosing; the same report gives the same bytes.
//!
//! | file | noun |
//! |---|---|
//! | `html/markup.rs` | [`Markup`]: elements, attributes and text, always balanced and escaped |
//! | `html/summary.rs` | the headline, and what is incomplete |
//! | `html/sheet.rs` | tables that can be sorted and filtered |
//! | `html/axis.rs`, `html/curves.rs`, `html/bars.rs` | ticks; curves; breakdowns and histograms |
//! | `html/confusion.rs`, `html/heat.rs` | the matrix as a table or a picture; that picture |
//! | `html/closing.rs` | the comparison, pictures, provenance |
//! | `html/page.css`, `html/page.js` | how it looks; what it does |

mod axis;
mod bars;
mod closing;
mod confusion;
mod curves;
mod heat;
mod markup;
mod sheet;
mod summary;

use markup::Markup;

use super::Report;

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// A part of the page: the fragment of its address, its heading, whether it is there, and how it is written.
type Section = (&'static str, fn(&Report) -> &'static str, fn(&Report) -> bool, fn(&mut Markup, &Report));

/// The order of the page.
const SECTIONS: [Section; 8] = [
    ("summary", |_| "Summary", |r| !r.headline.is_empty() || r.lines.is_some(), summary::write),
    ("comparison", |_| "Comparison of runs", |r| r.comparison.is_some(), closing::comparison),
    ("breakdown", sizes, |r| !r.breakdowns.is_empty(), bars::breakdowns),
    ("classes", |_| "Classes", |r| r.classes.is_some() || !r.tables.is_empty(), sheet::write),
    ("curves", drawn, |r| !r.charts.is_empty() || !r.histograms.is_empty(), plots),
    ("confusion", pairs, |r| r.matrix.is_some(), confusion::write),
    ("pictures", |_| "Pictures", |r| !r.pictures.is_empty(), closing::pictures),
    ("provenance", |_| "Provenance", |r| !r.provenance.is_empty(), closing::provenance),
];

/// Evaluations are broken down into sizes and errors.
fn sizes(report: &Report) -> &'static str {
    if report.breakdowns.len() == 1 { "Breakdown" } else { "Sizes and errors" }
}

fn drawn(report: &Report) -> &'static str {
    if report.charts.is_empty() { "Distributions" } else { "Curves" }
}

fn pairs(report: &Report) -> &'static str {
    if report.matrix.as_ref().is_some_and(|matrix| matrix.symmetric) { "Together" } else { "Confusion" }
}

fn plots(m: &mut Markup, report: &Report) {
    curves::write(m, report);
    bars::histograms(m, report);
}

/// The page.
pub(super) fn write(report: &Report) -> String {
    // A script runs only with this word, which no text inside the report can know: it is a hash of the report.
    let nonce = blake3::hash(report.to_json().as_bytes()).to_hex();
    let policy = format!(
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'; \
         base-uri 'none'; form-action 'none'"
    );
    let title = if report.title.is_empty() { "Report" } else { &report.title };
    let mut m = Markup::page();
    m.element("html", &[("lang", "en")], |m| {
        m.element("head", &[], |m| {
            m.void("meta", &[("charset", "utf-8")]);
            m.void("meta", &[("http-equiv", "Content-Security-Policy"), ("content", &policy)]);
            m.void("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
            m.void("meta", &[("name", "color-scheme"), ("content", "light dark")]);
            m.void(
                "meta",
                &[("name", "generator"), ("content", concat!("Lensframe ", env!("CARGO_PKG_VERSION")))],
            );
            m.leaf("title", &[], title);
            m.element("style", &[], |m| m.own(STYLE));
        });
        m.element("body", &[], |m| {
            body(m, report, title);
            m.element("script", &[("nonce", nonce.as_str())], |m| m.own(SCRIPT));
        });
    });
    m.finish()
}

fn body(m: &mut Markup, report: &Report, title: &str) {
    m.leaf("a", &[("class", "skip"), ("href", "#main")], "Skip to the report");
    m.element("header", &[], |m| {
        if !report.protocol.is_empty() {
            m.leaf("p", &[("class", "protocol")], &report.protocol);
        }
        m.element("h1", &[], |m| m.leaf("bdi", &[], title));
        summary::cautions(m, report);
        let there: Vec<&Section> = SECTIONS.iter().filter(|(_, _, is_there, _)| is_there(report)).collect();
        if there.len() > 1 {
            m.element("nav", &[("aria-label", "Sections")], |m| {
                for (id, name, ..) in there {
                    m.leaf("a", &[("href", &format!("#{id}"))], name(report));
                }
            });
        }
    });
    m.element("main", &[("id", "main")], |m| {
        for (id, name, is_there, write) in SECTIONS {
            if is_there(report) {
                let heading = format!("{id}-heading");
                m.element("section", &[("id", id), ("aria-labelledby", &heading)], |m| {
                    m.leaf("h2", &[("id", &heading)], name(report));
                    write(m, report);
                });
            }
        }
    });
    m.element("footer", &[], |m| {
        m.leaf(
            "p",
            &[],
            concat!("Lensframe ", env!("CARGO_PKG_VERSION"), " · this page is one file and needs no network"),
        );
    });
}
