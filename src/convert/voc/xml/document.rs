//! A document: elements and texts in one arena, to be filled again and again without allocating.
//!
//! Invariant: node 0, if there is one, is the root element; a node's children come after it. Text that touches
//! is one text, an element with child elements has no text that is only white space, and an element without
//! has at most one text.

use serde_json::{Map, Value as Json};

use super::write::Pen;

/// A slice of the characters of a document.
type Span = (usize, usize);

#[derive(Clone, Copy, Debug)]
struct Node {
    element: bool,
    /// The name of an element, the characters of a text.
    span: Span,
    /// Where its attributes are.
    attributes: Span,
    first: Option<usize>,
    last: Option<usize>,
    next: Option<usize>,
    line: u64,
}

/// An XML document; see the [module](super) for what of a file it holds.
#[derive(Clone, Debug, Default)]
pub struct Document {
    chars: String,
    nodes: Vec<Node>,
    attributes: Vec<(Span, Span)>,
}

/// An element of a [`Document`].
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    document: &'a Document,
    node: &'a Node,
}

/// What stands in an element.
#[derive(Clone, Copy, Debug)]
pub enum Child<'a> {
    /// An element.
    Element(Element<'a>),
    /// Text, unescaped.
    Text(&'a str),
}

/// True for text that is nothing but the white space of XML.
pub(super) fn blank(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r'))
}

impl Document {
    /// The root element; `None` only for a document that was never read.
    pub fn root(&self) -> Option<Element<'_>> {
        self.nodes.first().map(|node| Element { document: self, node })
    }

    fn slice(&self, (start, end): Span) -> &str {
        self.chars.get(start..end).unwrap_or_default()
    }

    pub(super) fn clear(&mut self) {
        self.chars.clear();
        self.nodes.clear();
        self.attributes.clear();
    }

    pub(super) fn nodes(&self) -> usize {
        self.nodes.len() + self.attributes.len()
    }

    fn take(&mut self, text: &str) -> Span {
        let start = self.chars.len();
        self.chars.push_str(text);
        (start, self.chars.len())
    }

    fn link(&mut self, parent: Option<usize>, node: Node) -> usize {
        let at = self.nodes.len();
        self.nodes.push(node);
        let Some(parent) = parent else { return at };
        let before = self.nodes.get_mut(parent).and_then(|node| {
            node.first.get_or_insert(at);
            node.last.replace(at)
        });
        if let Some(before) = before.and_then(|i| self.nodes.get_mut(i)) {
            before.next = Some(at);
        }
        at
    }

    /// Begins an element; its attributes follow, then its children.
    pub(super) fn begin(&mut self, parent: Option<usize>, name: &str, line: u64) -> usize {
        let span = self.take(name);
        let attributes = (self.attributes.len(), self.attributes.len());
        let node = Node { element: true, span, attributes, first: None, last: None, next: None, line };
        self.link(parent, node)
    }

    /// Adds an attribute to the element that began last.
    pub(super) fn attribute(&mut self, name: &str, value: &str) {
        let entry = (self.take(name), self.take(value));
        self.attributes.push(entry);
        if let Some(node) = self.nodes.last_mut() {
            node.attributes.1 = self.attributes.len();
        }
    }

    /// Adds text to an element that is not ended.
    pub(super) fn text(&mut self, parent: usize, text: &str, line: u64) {
        let span = self.take(text);
        let last = self.nodes.get(parent).and_then(|node| node.last);
        if let Some(last) = last.and_then(|i| self.nodes.get_mut(i)).filter(|node| !node.element) {
            // Nothing was taken since that text ended.
            last.span.1 = span.1;
            return;
        }
        let node =
            Node { element: false, span, attributes: (0, 0), first: None, last: None, next: None, line };
        self.link(Some(parent), node);
    }

    /// Ends an element: white space between its children goes.
    pub(super) fn end(&mut self, element: usize) {
        let mut at = self.nodes.get(element).and_then(|node| node.first);
        let (mut elements, mut blanks) = (false, false);
        while let Some(node) = at.and_then(|i| self.nodes.get(i)) {
            elements |= node.element;
            blanks |= !node.element && blank(self.slice(node.span));
            at = node.next;
        }
        if !elements || !blanks {
            return;
        }
        let (mut first, mut last) = (None, None::<usize>);
        let mut at = self.nodes.get(element).and_then(|node| node.first);
        while let Some(i) = at {
            let Some(node) = self.nodes.get(i) else { break };
            at = node.next;
            if !node.element && blank(self.slice(node.span)) {
                continue;
            }
            match last.and_then(|last| self.nodes.get_mut(last)) {
                Some(before) => before.next = Some(i),
                None => first = Some(i),
            }
            last = Some(i);
        }
        if let Some(end) = last.and_then(|last| self.nodes.get_mut(last)) {
            end.next = None;
        }
        if let Some(node) = self.nodes.get_mut(element) {
            (node.first, node.last) = (first, last);
        }
    }
}

impl<'a> Element<'a> {
    /// The name, prefix included.
    pub fn name(&self) -> &'a str {
        self.document.slice(self.node.span)
    }

    /// The line it begins in, counted from 1.
    pub fn line(&self) -> u64 {
        self.node.line
    }

    /// Names and values of the attributes, in the order of the file.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let document = self.document;
        let (start, end) = self.node.attributes;
        let entries = document.attributes.get(start..end).unwrap_or_default();
        entries.iter().map(|(name, value)| (document.slice(*name), document.slice(*value)))
    }

    /// The children in order.
    pub fn children(&self) -> impl Iterator<Item = Child<'a>> + use<'a> {
        let document = self.document;
        let mut at = self.node.first;
        std::iter::from_fn(move || {
            let node = document.nodes.get(at?)?;
            at = node.next;
            Some(match node.element {
                true => Child::Element(Element { document, node }),
                false => Child::Text(document.slice(node.span)),
            })
        })
    }

    /// The child elements in order.
    pub fn elements(&self) -> impl Iterator<Item = Element<'a>> + use<'a> {
        self.children().filter_map(|child| match child {
            Child::Element(element) => Some(element),
            Child::Text(_) => None,
        })
    }

    /// The first child element of a name.
    pub fn find(&self, name: &str) -> Option<Element<'a>> {
        self.elements().find(|element| element.name() == name)
    }

    /// The text of an element that has no child elements, `""` if it is empty; `None` for one that has.
    pub fn text(&self) -> Option<&'a str> {
        match self.children().next() {
            None => Some(""),
            Some(Child::Text(text)) => self.elements().next().is_none().then_some(text),
            Some(Child::Element(_)) => None,
        }
    }

    /// True if text stands beside child elements.
    pub fn is_mixed(&self) -> bool {
        let (mut text, mut element) = (false, false);
        for child in self.children() {
            match child {
                Child::Element(_) => element = true,
                Child::Text(_) => text = true,
            }
        }
        text && element
    }

    /// Writes the element.
    pub fn write(&self, pen: &mut Pen<'_>) {
        let mut attributes = self.attributes().peekable();
        if let Some(text) = self.text() {
            pen.leaf(self.name(), attributes, text);
            return;
        }
        if self.is_mixed() {
            pen.mixed(self.name(), attributes);
        } else {
            pen.open(self.name(), attributes.by_ref());
        }
        for child in self.children() {
            match child {
                Child::Element(element) => element.write(pen),
                Child::Text(text) => pen.text(text),
            }
        }
        pen.close(self.name());
    }

    /// The element as JSON: `["name", {attributes}, children…]`, where a child is text or another such list
    /// and the attributes are left out if there are none (the notation known as JsonML).
    pub fn to_json(&self) -> Json {
        let mut list = vec![Json::from(self.name())];
        let attributes: Map<String, Json> =
            self.attributes().map(|(name, value)| (name.to_owned(), Json::from(value))).collect();
        if !attributes.is_empty() {
            list.push(Json::Object(attributes));
        }
        list.extend(self.children().map(|child| match child {
            Child::Element(element) => element.to_json(),
            Child::Text(text) => Json::from(text),
        }));
        Json::Array(list)
    }
}

/// Equal as XML values: names, attributes in any order, children in order.
impl PartialEq for Element<'_> {
    fn eq(&self, other: &Self) -> bool {
        let sorted = |element: &Self| {
            let mut attributes: Vec<_> = element.attributes().collect();
            attributes.sort_unstable();
            attributes
        };
        // An empty text is no text.
        let children = |element: &Self| element.children().filter(|c| !matches!(c, Child::Text("")));
        let same = |(a, b): (Child<'_>, Child<'_>)| match (a, b) {
            (Child::Element(a), Child::Element(b)) => a == b,
            (Child::Text(a), Child::Text(b)) => a == b,
            _ => false,
        };
        self.name() == other.name()
            && sorted(self) == sorted(other)
            && children(self).count() == children(other).count()
            && children(self).zip(children(other)).all(same)
    }
}
