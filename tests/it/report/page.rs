//! The page as text: self-contained, inert, balanced, small.

use super::all;

/// Every tag of a page as (name, attributes), `/` before the names of ends.
fn tags(page: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let end = rest.find('>').expect("a tag has an end");
        let (tag, after) = (&rest[..end], &rest[end + 1..]);
        let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut pairs = Vec::new();
        while !attributes.trim().is_empty() {
            attributes = attributes.trim_start();
            let stop = attributes.find([' ', '=']).unwrap_or(attributes.len());
            let key = &attributes[..stop];
            attributes = &attributes[stop..];
            let mut value = "";
            if let Some(quoted) = attributes.strip_prefix("=\"") {
                let end = quoted.find('"').expect("a value has an end");
                (value, attributes) = (&quoted[..end], &quoted[end + 1..]);
            }
            pairs.push((key.to_owned(), value.to_owned()));
        }
        found.push((name.to_owned(), pairs));
        rest = after;
        // What is in scripts and styles is no markup.
        if name == "script" || name == "style" {
            rest = &rest[rest.find("</").expect("it has an end")..];
        }
    }
    found
}

const ELEMENTS: &str = "!doctype html head meta title style body a header p h1 h2 h3 bdi nav main section footer script \
ul li span small i b details summary pre figure figcaption label input output div table caption thead tbody tr th td \
svg path button ol img dl dt dd strong";

#[test]
fn a_page_is_made_of_the_programs_own_elements_whatever_the_names() {
    for (name, report) in all() {
        let page = report.to_html();
        let mut open: Vec<String> = Vec::new();
        for (tag, attributes) in tags(&page) {
            if let Some(end) = tag.strip_prefix('/') {
                assert_eq!(open.pop().as_deref(), Some(end), "{name}");
                continue;
            }
            assert!(ELEMENTS.split_whitespace().any(|known| known == tag), "{name}: <{tag}>");
            for (key, value) in attributes {
                assert!(!key.starts_with("on"), "{name}: {key}");
                match key.as_str() {
                    "href" => assert!(value.starts_with('#'), "{name}: {value}"),
                    "src" => assert!(value.starts_with("data:image/"), "{name}: {value:.40}"),
                    "style" => {
                        assert!(!value.contains("url") && !value.contains(['<', '\\']), "{name}: {value}")
                    }
                    _ => {}
                }
            }
            if !["!doctype", "meta", "input", "img"].contains(&tag.as_str()) {
                open.push(tag);
            }
        }
        assert!(open.is_empty(), "{name}: {open:?}");
        assert_eq!(page.matches("<script").count(), 1, "{name}");
    }
}

#[test]
fn a_page_refers_to_nothing_outside_itself() {
    for (name, report) in all() {
        let page = report.to_html();
        for outside in ["http:", "https:", "//cdn", "@import", "<link", "url(", "fetch(", "XMLHttp"] {
            assert!(!page.contains(outside), "{name}: {outside}");
        }
        assert!(page.contains("default-src &#39;none&#39;; img-src data:;"), "{name}");
        assert_eq!(page, report.to_html(), "{name}: the same report is the same page");
    }
}

#[test]
fn a_page_is_small_whatever_the_number_of_classes() {
    let size = |wanted: &str| {
        all().iter().find(|(name, _)| *name == wanted).map(|(_, r)| r.to_html().len()).unwrap()
    };
    assert!(size("sample") < 400_000, "{}", size("sample"));
    assert!(size("lvis") < 1_500_000, "{}", size("lvis"));
    assert!(size("empty") < 40_000);
}

#[test]
fn a_page_has_a_section_for_each_part_that_is_there_and_no_other() {
    let page = super::sample().to_html();
    let sections =
        ["summary", "comparison", "breakdown", "classes", "curves", "confusion", "pictures", "provenance"];
    for id in sections {
        assert!(page.contains(&format!("<section id=\"{id}\"")), "{id}");
        assert!(page.contains(&format!("href=\"#{id}\"")), "{id}");
    }
    let empty = lensframe::report::Report::default().to_html();
    assert!(!empty.contains("<section") && !empty.contains("<nav"));
    // Undefined numbers are a dash that sorts last.
    assert!(page.contains("data-v=\"\" class=\"num\">–</td>"), "an undefined number");
}

#[test]
fn only_long_tables_scroll_within_the_page_and_all_say_how_wide_they_are() {
    let report = super::sample();
    let page = report.to_html();
    let section = |id: &str| {
        let (_, from) = page.split_once(&format!("<section id=\"{id}\"")).unwrap();
        from.split("</section>").next().unwrap()
    };
    assert!(section("comparison").contains("<div class=\"box\" style=\"--name:"));
    assert!(section("classes").contains("<div class=\"box long\" style=\"--name:"), "eighty classes");
    assert_eq!(page.matches("class=\"box").count(), page.matches("--row:").count());
}

#[test]
fn a_page_says_whose_figures_its_summary_has() {
    use lensframe::report::{Compared, Comparison, Figure, Report, Run};
    let ap = || Figure::new("AP", "", 0.4).spread(0.002);
    let run = |name: &str| Run { name: name.to_owned(), figures: vec![Compared::new(ap())] };
    let mut report = Report { headline: vec![ap()], ..Report::default() };
    report.comparison = Some(Comparison::new("", vec![run("r<50>"), run("r101")]));
    let page = report.to_html();
    assert!(page.contains("<bdi class=\"name\">r&lt;50&gt;, the first of 2 runs</bdi>"));
    assert_eq!(page.matches("0.400 ± 0.002").count(), 2, "each run has its deviation");
    assert!(report.terminal(80).contains("r<50>, the first of 2 runs"));
    report.headline[0].value = Some(0.5);
    assert!(!report.to_html().contains("the first of"), "a headline of its own is nobody's");
}
