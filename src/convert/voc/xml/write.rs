//! Writing XML: one element a line, indented by tabs; inside mixed content nothing is added.

/// Writes elements to a buffer.
///
/// ```
/// use lensframe::convert::voc::xml::Pen;
/// let mut out = Vec::new();
/// let mut pen = Pen::new(&mut out);
/// pen.open("size", []);
/// pen.leaf("width", [("unit", "px")], "500");
/// pen.leaf("depth", [], "");
/// pen.close("size");
/// assert_eq!(out, b"<size>\n\t<width unit=\"px\">500</width>\n\t<depth></depth>\n</size>\n");
/// ```
#[derive(Debug)]
pub struct Pen<'a> {
    out: &'a mut Vec<u8>,
    depth: usize,
    /// How many elements with mixed content are open.
    mixed: usize,
    /// Where the children of the element that was opened last begin.
    opened: usize,
}

impl<'a> Pen<'a> {
    /// A pen that appends to a buffer.
    pub fn new(out: &'a mut Vec<u8>) -> Pen<'a> {
        Pen { out, depth: 0, mixed: 0, opened: 0 }
    }

    /// Begins an element of child elements.
    pub fn open<'t>(&mut self, name: &str, attributes: impl IntoIterator<Item = (&'t str, &'t str)>) {
        if self.mixed > 0 {
            return self.mixed(name, attributes);
        }
        self.tag(name, attributes);
        self.end_line();
        self.depth += 1;
        self.opened = self.out.len();
    }

    /// Begins an element in which white space counts.
    pub fn mixed<'t>(&mut self, name: &str, attributes: impl IntoIterator<Item = (&'t str, &'t str)>) {
        self.tag(name, attributes);
        self.mixed += 1;
    }

    /// Ends the element that was begun last.
    pub fn close(&mut self, name: &str) {
        match self.mixed.checked_sub(1) {
            Some(left) => {
                self.end_tag(name);
                self.mixed = left;
            }
            None => {
                self.depth = self.depth.saturating_sub(1);
                if self.opened == self.out.len() {
                    // In an element without children a line feed is text.
                    self.out.pop();
                } else {
                    self.indent();
                }
                self.end_tag(name);
            }
        }
        self.end_line();
    }

    /// An element that holds text or nothing.
    pub fn leaf<'t>(
        &mut self,
        name: &str,
        attributes: impl IntoIterator<Item = (&'t str, &'t str)>,
        text: &str,
    ) {
        self.tag(name, attributes);
        self.text(text);
        self.end_tag(name);
        self.end_line();
    }

    /// Text inside an element with mixed content.
    pub fn text(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                b'&' => self.out.extend_from_slice(b"&amp;"),
                b'<' => self.out.extend_from_slice(b"&lt;"),
                b'>' => self.out.extend_from_slice(b"&gt;"),
                // A plain one would be read as a line feed.
                b'\r' => self.out.extend_from_slice(b"&#13;"),
                _ => self.out.push(byte),
            }
        }
    }

    fn tag<'t>(&mut self, name: &str, attributes: impl IntoIterator<Item = (&'t str, &'t str)>) {
        if self.mixed == 0 {
            self.indent();
        }
        self.out.push(b'<');
        self.out.extend_from_slice(name.as_bytes());
        for (name, value) in attributes {
            self.out.push(b' ');
            self.out.extend_from_slice(name.as_bytes());
            self.out.extend_from_slice(b"=\"");
            for byte in value.bytes() {
                match byte {
                    b'"' => self.out.extend_from_slice(b"&quot;"),
                    // Plain ones would be read as spaces.
                    b'\n' => self.out.extend_from_slice(b"&#10;"),
                    b'\t' => self.out.extend_from_slice(b"&#9;"),
                    b'&' => self.out.extend_from_slice(b"&amp;"),
                    b'<' => self.out.extend_from_slice(b"&lt;"),
                    b'\r' => self.out.extend_from_slice(b"&#13;"),
                    _ => self.out.push(byte),
                }
            }
            self.out.push(b'"');
        }
        self.out.push(b'>');
    }

    fn end_tag(&mut self, name: &str) {
        self.out.extend_from_slice(b"</");
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b'>');
    }

    fn end_line(&mut self) {
        if self.mixed == 0 {
            self.out.push(b'\n');
        }
    }

    fn indent(&mut self) {
        self.out.extend(std::iter::repeat_n(b'\t', self.depth));
    }
}
