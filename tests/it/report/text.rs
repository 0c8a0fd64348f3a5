//! The forms for terminals, READMEs and papers.

#[test]
fn what_is_incomplete_comes_first_in_every_form() {
    let report = super::sample();
    let words = "4,988 of 5,000 images of the predictions (99.7 %)";
    assert!(report.terminal(80).starts_with("! only 4,988 of 5,000 images"));
    for text in [report.to_markdown(), report.to_latex()] {
        let at = text.find(words).or_else(|| text.find("4,988 of 5,000"));
        assert!(at.is_some_and(|at| at < 200 && !text[..at].contains("0.437")), "{}", &text[..300]);
    }
    let page = report.to_html();
    assert!(page.find(words).unwrap() < page.find("id=\"summary\"").unwrap());
}

#[test]
fn the_lines_of_the_reference_stand_verbatim_in_the_terminal() {
    let report = super::sample();
    let text = report.terminal(60);
    for line in report.lines.as_ref().unwrap() {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert!(
        text.contains(" Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.437\n")
    );
}

#[test]
fn a_terminal_gets_no_wide_line_and_no_control_character_whatever_the_names() {
    for (name, mut report) in super::all() {
        report.lines = None;
        for width in [20, 40, 80, 200] {
            let text = report.terminal(width);
            let widest = text.lines().max_by_key(|line| unicode_width(line)).unwrap_or_default();
            assert!(unicode_width(widest) <= width, "{name} at {width}: {widest}");
            assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{name} at {width}");
            assert!(!text.contains('\u{202e}') && text.ends_with('\n'), "{name} at {width}");
        }
        assert!(report.terminal(100).lines().count() < 260, "{name}");
    }
}

fn unicode_width(line: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(line)
}

#[test]
fn every_row_of_a_markdown_table_has_as_many_cells_as_its_head() {
    for (name, report) in super::all() {
        let text = report.to_markdown();
        let mut head = None;
        for line in text.lines() {
            let pipes = line.replace("\\\\", "").replace("\\|", "").matches('|').count();
            match (head, line.starts_with('|')) {
                (None, true) => head = Some(pipes),
                (Some(pipes_of_head), true) => assert_eq!(pipes, pipes_of_head, "{name}: {line}"),
                (_, false) => head = None,
            }
        }
        assert!(!text.contains('<'), "{name}");
    }
}

#[test]
fn latex_is_balanced_and_has_no_command_of_a_name() {
    for (name, report) in super::all() {
        let text = report.to_latex();
        // Braces that open and close groups; escaped ones are letters.
        let plain = text.replace("\\{", "").replace("\\}", "");
        assert_eq!(plain.matches('{').count(), plain.matches('}').count(), "{name}");
        assert_eq!(text.matches("\\begin{").count(), text.matches("\\end{").count(), "{name}");
        assert!(!text.contains("\\input") && !text.contains("$y$"), "{name}");
        let rows = text.lines().filter(|line| line.ends_with(" \\\\"));
        assert!(rows.clone().all(|row| !row.contains('\t')), "{name}");
        if name == "lvis" {
            assert!(text.contains("\\begin{longtable}") && rows.count() > 1203);
        }
    }
}
