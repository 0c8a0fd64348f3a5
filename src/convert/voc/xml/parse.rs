//! Text into a [`Document`], within limits, with the line of whatever is wrong.
//!
//! Well-formedness is asked for where it decides what was meant (tags that match, one root, names) and not
//! where it does not (a bare `&`, an unknown entity: kept as text, with a counted warning).

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::decode::decode;
use super::document::{Document, blank};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::{Job, Warning};

/// A file longer than this is refused: 64 MiB.
pub const MAX_BYTES: usize = 64 << 20;

/// Elements nested deeper than this are refused.
pub const MAX_DEPTH: usize = 64;

/// A file with more elements, texts and attributes than this is refused.
pub const MAX_NODES: usize = 1 << 20;

impl Document {
    /// Reads a file. `name` is what it is called in errors and warnings.
    ///
    /// ```
    /// use lensframe::{convert::voc::xml::Document, job::Job};
    /// let file = Document::parse(b"<size><width>5</width></size>", "a.xml", &Job::new())?;
    /// let width = file.root().and_then(|size| size.find("width"));
    /// assert_eq!(width.and_then(|w| w.text()), Some("5"));
    /// # Ok::<(), lensframe::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Format`] for text that is not XML, [`ErrorKind::Limit`] beyond [`MAX_BYTES`],
    /// [`MAX_DEPTH`] or [`MAX_NODES`]; both with file and line.
    pub fn parse(bytes: &[u8], name: &str, job: &Job) -> Result<Document> {
        let mut document = Document::default();
        document.read(bytes, name, job)?;
        Ok(document)
    }

    /// As [`Document::parse`], in place of what the document held, in the memory that it has.
    ///
    /// # Errors
    /// As [`Document::parse`]; the document is then good for nothing but another `read`.
    pub fn read(&mut self, bytes: &[u8], name: &str, job: &Job) -> Result<()> {
        self.clear();
        if bytes.len() > MAX_BYTES {
            let what = format!("{} bytes of XML, more than {MAX_BYTES}", bytes.len());
            return Err(Error::new(ErrorKind::Limit, what).at(Place::area("voc").file(name)));
        }
        let (text, doubt) = decode(bytes);
        if let Some((what, done)) = doubt {
            job.warn(Warning::new("voc.encoding", Place::area("voc").file(name), what, done))?;
        }
        Parser { document: self, text: &text, name, job, counted: 0, line: 1 }.run()
    }
}

struct Parser<'a> {
    document: &'a mut Document,
    text: &'a str,
    name: &'a str,
    job: &'a Job,
    /// Up to where line feeds were counted.
    counted: usize,
    line: u64,
}

impl Parser<'_> {
    fn run(&mut self) -> Result<()> {
        let mut reader = Reader::from_str(self.text);
        reader.config_mut().allow_dangling_amp = true;
        let mut open: Vec<usize> = Vec::new();
        loop {
            let before = position(reader.buffer_position());
            let event = match reader.read_event() {
                Ok(event) => event,
                Err(error) => {
                    self.advance(position(reader.error_position()));
                    return Err(self.wrong(format!("not XML: {error}")));
                }
            };
            // The line in which the event begins.
            self.advance(before);
            if self.document.nodes() > MAX_NODES {
                return Err(self.limit(format!("more than {MAX_NODES} elements, texts and attributes")));
            }
            match event {
                Event::Start(tag) => {
                    let element = self.begin(&open, &tag)?;
                    open.push(element);
                }
                Event::Empty(tag) => {
                    self.begin(&open, &tag)?;
                }
                Event::End(_) => {
                    if let Some(element) = open.pop() {
                        self.document.end(element);
                    }
                }
                Event::Text(text) => {
                    let text = text.xml10_content();
                    if text.contains('&') {
                        self.warn("voc.ampersand", "an '&' that begins no entity", "kept as it stands")?;
                    }
                    self.add(&open, &text)?;
                }
                Event::CData(text) => self.add(&open, &text.xml10_content())?,
                Event::GeneralRef(entity) => {
                    let mut resolved = String::new();
                    self.resolve(&entity, &mut resolved)?;
                    self.add(&open, &resolved)?;
                }
                Event::DocType(_) => {
                    self.warn("voc.doctype", "a doctype, of which nothing is read", "ignored")?;
                }
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        if !open.is_empty() {
            let missing = if open.len() == 1 { "an end tag is" } else { "end tags are" };
            self.advance(self.text.len());
            return Err(self.wrong(format!("the file is cut short: {missing} missing")));
        }
        match self.document.root() {
            Some(_) => Ok(()),
            None => Err(self.wrong("no XML element in it".to_owned())),
        }
    }

    fn begin(&mut self, open: &[usize], tag: &BytesStart<'_>) -> Result<usize> {
        let parent = open.last().copied();
        if parent.is_none() && self.document.root().is_some() {
            return Err(self.wrong("a second root element".to_owned()));
        }
        if open.len() >= MAX_DEPTH {
            return Err(self.limit(format!("elements more than {MAX_DEPTH} deep")));
        }
        let name = tag.name();
        self.check_name(name.0)?;
        let element = self.document.begin(parent, name.0, self.line);
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|e| self.wrong(format!("an attribute is broken: {e}")))?;
            self.check_name(attribute.key.0)?;
            let value = self.attribute(&attribute.value)?;
            self.document.attribute(attribute.key.0, &value);
        }
        Ok(element)
    }

    fn add(&mut self, open: &[usize], text: &str) -> Result<()> {
        match open.last() {
            Some(element) => self.document.text(*element, text, self.line),
            None if blank(text) => {}
            None => return Err(self.wrong("text outside of the root element".to_owned())),
        }
        Ok(())
    }

    /// An attribute's value: white space is spaces, entities are resolved.
    fn attribute(&self, raw: &str) -> Result<String> {
        let mut value = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(at) = rest.find(['&', '\t', '\n', '\r']) {
            let (plain, special) = rest.split_at(at);
            value.push_str(plain);
            rest = special;
            if let Some(after) = rest.strip_prefix("\r\n") {
                value.push(' ');
                rest = after;
                continue;
            }
            let entity = rest.strip_prefix('&').and_then(|r| r.split_once(';'));
            match entity.filter(|(name, _)| !name.is_empty() && !name.contains(['&', ' '])) {
                Some((name, after)) => {
                    self.resolve(name, &mut value)?;
                    rest = after;
                }
                None => {
                    let bare = rest.starts_with('&');
                    if bare {
                        self.warn("voc.ampersand", "an '&' that begins no entity", "kept as it stands")?;
                    }
                    value.push(if bare { '&' } else { ' ' });
                    rest = rest.get(1..).unwrap_or_default();
                }
            }
        }
        value.push_str(rest);
        Ok(value)
    }

    /// What an entity stands for; an unknown one stands for itself.
    fn resolve(&self, name: &str, out: &mut String) -> Result<()> {
        let known = match name {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => name.strip_prefix('#').and_then(character),
        };
        match known {
            Some(c) => out.push(c),
            None => {
                out.push('&');
                out.push_str(name);
                out.push(';');
                let shown: String = name.chars().take(40).collect();
                self.warn("voc.entity", &format!("the entity '&{shown};' is not known"), "kept as text")?;
            }
        }
        Ok(())
    }

    fn check_name(&self, name: &str) -> Result<()> {
        if is_name(name) {
            return Ok(());
        }
        let shown: String = name.chars().take(40).collect();
        Err(self.wrong(format!("{shown:?} is not a name")))
    }

    /// Counts the lines up to an offset that is not before the last.
    fn advance(&mut self, to: usize) {
        let passed = self.text.as_bytes().get(self.counted..to).unwrap_or_default();
        self.line += u64::try_from(memchr::memchr_iter(b'\n', passed).count()).unwrap_or(0);
        self.counted = self.counted.max(to);
    }

    fn place(&self) -> Place {
        Place::area("voc").file(self.name).line(self.line)
    }

    #[cold]
    fn wrong(&self, what: String) -> Error {
        Error::new(ErrorKind::Format, what).at(self.place())
    }

    #[cold]
    fn limit(&self, what: String) -> Error {
        Error::new(ErrorKind::Limit, what).at(self.place())
    }

    #[cold]
    fn warn(&self, code: &'static str, what: &str, done: &str) -> Result<()> {
        self.job.warn(Warning::new(code, self.place(), what, done))
    }
}

fn position(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

/// The character of a reference like `#233` or `#xE9`, if XML allows it.
fn character(reference: &str) -> Option<char> {
    let code = match reference.strip_prefix(['x', 'X']) {
        Some(digits) if digits.bytes().all(|b| b.is_ascii_hexdigit()) => u32::from_str_radix(digits, 16),
        None if reference.bytes().all(|b| b.is_ascii_digit()) => reference.parse(),
        _ => return None,
    };
    let c = char::from_u32(code.ok()?)?;
    let allowed = matches!(c, '\t' | '\n' | '\r' | ' '..) && !matches!(c, '\u{FFFE}' | '\u{FFFF}');
    allowed.then_some(c)
}

/// Whether text is a name: of ASCII what XML allows, and any other letter.
fn is_name(name: &str) -> bool {
    let later = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '-' | '.');
    let first = |c: char| later(c) && !c.is_ascii_digit() && !matches!(c, '-' | '.');
    name.starts_with(first) && name.chars().all(later)
}

#[cfg(test)]
mod tests;
