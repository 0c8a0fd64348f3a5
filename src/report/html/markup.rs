//! [`Markup`]: the only way in which anything gets onto a page.
//!
//! Invariants: every element that is opened is closed; names of elements and attributes, and text that is not escaped,
//! are the program's own (`&'static str`); all else is escaped, so that no name can become markup, close an attribute
//! or end a script.

/// Elements without content or end.
const VOID: [&str; 5] = ["meta", "img", "input", "br", "wbr"];

/// HTML that is being written.
#[derive(Debug, Default)]
pub(super) struct Markup(String);

/// Attributes: names of the program's own, values of any kind.
pub(super) type Attributes<'a> = &'a [(&'static str, &'a str)];

impl Markup {
    /// A document that is empty so far.
    pub(super) fn page() -> Markup {
        Markup("<!doctype html>\n".to_owned())
    }

    /// An element and what is inside.
    pub(super) fn element(
        &mut self,
        name: &'static str,
        attributes: Attributes<'_>,
        inside: impl FnOnce(&mut Markup),
    ) {
        debug_assert!(!VOID.contains(&name));
        self.open(name, attributes);
        inside(self);
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
        // Between blocks a line end changes nothing, and makes the source legible.
        if matches!(
            name,
            "section" | "tr" | "li" | "figure" | "p" | "h1" | "h2" | "h3" | "head" | "header" | "nav"
        ) {
            self.0.push('\n');
        }
    }

    /// An element with a text.
    pub(super) fn leaf(&mut self, name: &'static str, attributes: Attributes<'_>, text: &str) {
        self.element(name, attributes, |m| m.text(text));
    }

    /// An element that has neither content nor end.
    pub(super) fn void(&mut self, name: &'static str, attributes: Attributes<'_>) {
        debug_assert!(VOID.contains(&name));
        self.open(name, attributes);
    }

    /// A text, escaped.
    pub(super) fn text(&mut self, text: &str) {
        escape(&mut self.0, text);
    }

    /// The program's own style or script, as it is.
    pub(super) fn own(&mut self, text: &'static str) {
        self.0.push_str(text);
    }

    /// The whole text.
    pub(super) fn finish(self) -> String {
        self.0
    }

    fn open(&mut self, name: &'static str, attributes: Attributes<'_>) {
        self.0.push('<');
        self.0.push_str(name);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            // An attribute that is only there or not, such as `hidden`.
            if !value.is_empty() || *name == "alt" || *name == "data-v" {
                self.0.push_str("=\"");
                escape(&mut self.0, value);
                self.0.push('"');
            }
        }
        self.0.push('>');
    }
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_neither_be_markup_nor_leave_its_attribute() {
        let name = "</script><script>alert('1')</script>\" onload=\"x&\u{0}";
        let safe = "&lt;/script&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot; onload=&quot;x&amp;\u{fffd}";
        let mut m = Markup::default();
        m.element("b", &[("title", name), ("hidden", "")], |m| m.text(name));
        assert_eq!(m.finish(), format!("<b title=\"{safe}\" hidden>{safe}</b>"));
    }
}
