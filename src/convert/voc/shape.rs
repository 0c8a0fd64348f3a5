//! The shape of a record: everything of an element but its texts.
//!
//! A record (an annotation without its objects, or one object) is taken apart into its *shape*, a short text,
//! and its *leaves*: the text of every element without child elements, and every attribute's value, each with
//! its path. Both together are the record as an XML value; most records of a dataset have the same shape.
//!
//! ```text
//! shape = item,item,…
//! item  = name             an element with text
//!       | name(shape)      an element with attributes or child elements
//!       | name*3           three such elements in a row
//!       | @name            an attribute
//!       | #                text between elements
//!       | %                x1, y1, x2, y2, … as many as there are
//!       | =name            in `attributes`: an `attribute` of `name` and `value`
//!       | object*3         the next three objects; the last such item is all that are left
//! ```
//! Paths are names joined by `/`; the second of two brothers of a name is `name[2]`. An attribute is
//! `path/@name`, one of the record itself `./@name`; text between elements is `path/#text`, a pair
//! `path/=name`. None of the signs can be part of a name of XML.

use std::collections::HashMap;

use super::xml::{Child, Element, MAX_DEPTH, MAX_NODES};

/// A text of a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaf<'a> {
    path: (usize, usize),
    pub(super) text: &'a str,
    pub(super) line: u64,
}

/// A record taken apart.
#[derive(Clone, Debug, Default)]
pub(super) struct Flat<'a> {
    pub(super) shape: String,
    paths: String,
    leaves: Vec<Leaf<'a>>,
    pub(super) objects: Vec<Element<'a>>,
}

/// A run of equal items at the end of a shape: where its item stands, and how often.
#[derive(Clone, Copy)]
struct Run {
    start: usize,
    end: usize,
    count: usize,
}

/// How often each name was met among brothers.
#[derive(Default)]
struct Names<'a> {
    few: Vec<(&'a str, usize)>,
    many: HashMap<&'a str, usize>,
}

impl<'a> Names<'a> {
    /// How often a name was met, this time included.
    fn count(&mut self, name: &'a str) -> usize {
        const FEW: usize = 24;
        if self.many.is_empty() {
            if let Some((_, count)) = self.few.iter_mut().find(|(known, _)| *known == name) {
                *count += 1;
                return *count;
            }
            if self.few.len() < FEW {
                self.few.push((name, 1));
                return 1;
            }
            self.many = self.few.drain(..).collect();
        }
        let count = self.many.entry(name).or_default();
        *count += 1;
        *count
    }
}

/// Appends a name and, from the second on, its number.
pub(super) fn push_step(path: &mut String, name: &str, number: usize) {
    if !path.is_empty() {
        path.push('/');
    }
    path.push_str(name);
    if number > 1 {
        path.push_str(&format!("[{number}]"));
    }
}

impl<'a> Flat<'a> {
    /// Room for a usual record: growing bit by bit is what taking one apart would cost most.
    fn roomy() -> Flat<'a> {
        Flat {
            shape: String::with_capacity(192),
            paths: String::with_capacity(512),
            leaves: Vec::with_capacity(24),
            ..Flat::default()
        }
    }

    /// Takes an object apart.
    pub(super) fn object(element: Element<'a>) -> Flat<'a> {
        let mut flat = Flat::roomy();
        flat.contents(element, &mut String::with_capacity(64), false);
        flat
    }

    /// Takes an annotation apart; its objects are set aside.
    pub(super) fn annotation(element: Element<'a>) -> Flat<'a> {
        let mut flat = Flat::roomy();
        flat.contents(element, &mut String::with_capacity(64), true);
        flat
    }

    /// The leaves in the order of the file, with their paths.
    pub(super) fn leaves(&self) -> impl Iterator<Item = (&str, Leaf<'a>)> {
        self.leaves.iter().map(|leaf| (self.paths.get(leaf.path.0..leaf.path.1).unwrap_or_default(), *leaf))
    }

    fn leaf(&mut self, path: &str, text: &'a str, line: u64) {
        let start = self.paths.len();
        self.paths.push_str(path);
        self.leaves.push(Leaf { path: (start, self.paths.len()), text, line });
    }

    /// Attributes and children; `path` is as it was when it is done.
    fn contents(&mut self, element: Element<'a>, path: &mut String, record: bool) {
        let length = path.len();
        let mut run: Option<Run> = None;
        for (name, value) in element.attributes() {
            let start = self.begin_item(run.is_none());
            self.shape.push('@');
            self.shape.push_str(name);
            path.push_str(if length == 0 { "./@" } else { "/@" });
            path.push_str(name);
            self.leaf(path, value, element.line());
            path.truncate(length);
            run = Some(Run { start, end: self.shape.len(), count: 1 });
        }
        if let Some(text) = element.text() {
            // The text of an element is its own leaf; that of a record has no path but this.
            if length == 0 && !text.is_empty() {
                self.begin_item(run.is_none());
                self.shape.push('#');
                self.leaf("#text", text, element.line());
            }
            return;
        }
        if are_points(element) {
            self.begin_item(run.is_none());
            self.shape.push('%');
            for child in element.elements() {
                push_step(path, child.name(), 1);
                self.leaf(path, child.text().unwrap_or_default(), child.line());
                path.truncate(length);
            }
            return;
        }
        let mut names = Names::default();
        let mut objects: Option<Run> = None;
        for child in element.children() {
            let start = self.begin_item(run.is_none());
            match child {
                Child::Text(text) => {
                    self.shape.push('#');
                    push_step(path, "#text", names.count("#text"));
                    self.leaf(path, text, element.line());
                }
                Child::Element(child) if record && child.name() == "object" => {
                    self.shape.push_str("object");
                    self.objects.push(child);
                }
                Child::Element(child) => {
                    if let Some((name, value)) = pair(element, child, &mut names) {
                        self.shape.push('=');
                        self.shape.push_str(name);
                        push_step(path, "=", 1);
                        path.push_str(name);
                        self.leaf(path, value, child.line());
                    } else {
                        push_step(path, child.name(), names.count(child.name()));
                        self.element(child, path);
                    }
                }
            }
            path.truncate(length);
            run = Some(self.end_item(start, run));
            if record && matches!(child, Child::Element(e) if e.name() == "object") {
                objects = run;
            }
        }
        if let Some(last) = objects.filter(|run| run.count > 1) {
            // The last run is all that are left, however many.
            let number = format!("*{}", last.count).len();
            self.shape.replace_range(last.end..last.end + number, "");
        }
    }

    /// An element that is no text: its name, and what is in it.
    fn element(&mut self, element: Element<'a>, path: &mut String) {
        self.shape.push_str(element.name());
        let inside = self.shape.len();
        self.shape.push('(');
        self.contents(element, path, false);
        if self.shape.len() == inside + 1 {
            self.shape.truncate(inside);
        } else {
            self.shape.push(')');
        }
        if let Some(text) = element.text() {
            self.leaf(path, text, element.line());
        }
    }

    fn begin_item(&mut self, first: bool) -> usize {
        if !first {
            self.shape.push(',');
        }
        self.shape.len()
    }

    /// Ends the item that begins at `start`: one that is as the one before it only counts that one up.
    fn end_item(&mut self, start: usize, before: Option<Run>) -> Run {
        let new = Run { start, end: self.shape.len(), count: 1 };
        let Some(mut old) = before else { return new };
        let item = self.shape.get(start..).unwrap_or_default();
        if item.starts_with('#') || item.starts_with('=') || self.shape.get(old.start..old.end) != Some(item)
        {
            return new;
        }
        old.count += 1;
        self.shape.truncate(old.end);
        self.shape.push_str(&format!("*{}", old.count));
        old
    }
}

/// True for an element of x1, y1, x2, y2, … and nothing else.
fn are_points(element: Element<'_>) -> bool {
    let mut count = 0usize;
    for child in element.children() {
        let Child::Element(child) = child else { return false };
        let wanted = if count.is_multiple_of(2) { 'x' } else { 'y' };
        let number = child.name().strip_prefix(wanted).and_then(|n| n.parse::<usize>().ok());
        let plain = child.text().is_some() && child.attributes().next().is_none();
        // `x01` is a number too, but would not be written again.
        if !plain || number != Some(count / 2 + 1) || child.name().get(1..2) == Some("0") {
            return false;
        }
        if child.name().get(1..2) == Some("+") {
            return false;
        }
        count += 1;
    }
    count > 0 && count.is_multiple_of(2)
}

/// The name and value of an `attribute` in `attributes`, if it has these two, a plain name, and is its first.
fn pair<'a>(parent: Element<'a>, element: Element<'a>, names: &mut Names<'a>) -> Option<(&'a str, &'a str)> {
    if parent.name() != "attributes" || element.name() != "attribute" || element.attributes().next().is_some()
    {
        return None;
    }
    let mut children = element.children();
    let (Some(Child::Element(name)), Some(Child::Element(value)), None) =
        (children.next(), children.next(), children.next())
    else {
        return None;
    };
    let plain = |e: Element<'a>| e.text().filter(|_| e.attributes().next().is_none());
    let (key, value) =
        (plain(name).filter(|_| name.name() == "name")?, plain(value).filter(|_| value.name() == "value")?);
    let sign = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
    let named = !key.is_empty() && key.len() <= 64 && key.chars().all(sign);
    (named && names.count(key) == 1).then_some((key, value))
}

/// The shape of an annotation as it would be without objects.
pub(super) fn without_objects(shape: &str) -> String {
    let mut depth = 0usize;
    let items = shape.split(|c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    let kept: Vec<&str> = items.filter(|item| *item != "object" && !item.starts_with("object*")).collect();
    kept.join(",")
}

/// An item of a parsed shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Attribute(String),
    Text,
    Points,
    Pair(String),
    /// Objects: how many, or all that are left.
    Objects(Option<usize>),
    Element {
        name: String,
        items: Vec<Item>,
        count: usize,
    },
}

/// Reads a shape; `None` for text that is none. In the shape of an annotation `object` means its objects.
pub(super) fn parse(shape: &str, annotation: bool) -> Option<Vec<Item>> {
    let mut rest = shape;
    let mut items = if rest.is_empty() { Vec::new() } else { items(&mut rest, annotation, 0)? };
    let last = items.iter_mut().rev().find_map(|item| match item {
        Item::Objects(count) => Some(count),
        _ => None,
    });
    if let Some(count) = last {
        *count = None;
    }
    // As many elements as a file can have, and no more: counts in counts multiply.
    (rest.is_empty() && weight(&items) <= MAX_NODES).then_some(items)
}

/// How many elements and other items a shape stands for.
fn weight(items: &[Item]) -> usize {
    let one = |item: &Item| match item {
        Item::Element { items, count, .. } => weight(items).saturating_add(1).saturating_mul(*count),
        _ => 1,
    };
    items.iter().map(one).fold(0, usize::saturating_add)
}

fn items(rest: &mut &str, annotation: bool, depth: usize) -> Option<Vec<Item>> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut list = Vec::new();
    loop {
        list.push(item(rest, annotation, depth)?);
        match rest.strip_prefix(',') {
            Some(after) => *rest = after,
            None => return Some(list),
        }
    }
}

fn item(rest: &mut &str, annotation: bool, depth: usize) -> Option<Item> {
    if let Some(after) = rest.strip_prefix('@') {
        *rest = after;
        return item_name(rest).map(Item::Attribute);
    }
    if let Some(after) = rest.strip_prefix('=') {
        *rest = after;
        return item_name(rest).map(Item::Pair);
    }
    for (sign, item) in [('#', Item::Text), ('%', Item::Points)] {
        if let Some(after) = rest.strip_prefix(sign) {
            *rest = after;
            return Some(item);
        }
    }
    let name = item_name(rest)?;
    let mut inside = Vec::new();
    if let Some(after) = rest.strip_prefix('(') {
        *rest = after;
        inside = items(rest, false, depth + 1)?;
        *rest = rest.strip_prefix(')')?;
    }
    let mut count = 1;
    if let Some(after) = rest.strip_prefix('*') {
        let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let (digits, after) = after.split_at(end);
        count = digits.parse::<usize>().ok().filter(|n| (1..=MAX_NODES).contains(n))?;
        *rest = after;
    }
    if annotation && depth == 0 && name == "object" && inside.is_empty() {
        return Some(Item::Objects(Some(count)));
    }
    Some(Item::Element { name, items: inside, count })
}

fn item_name(rest: &mut &str) -> Option<String> {
    let end = rest.find([',', '(', ')', '*', '@', '#', '%', '=']).unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    *rest = after;
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests;
