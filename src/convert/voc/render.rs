//! Records written again: a shape and the text of each path, put together.

use std::borrow::Cow;
use std::collections::HashMap;

use super::shape::Item;
use super::xml::Pen;

/// Where the text of a path comes from; `None` where there is none, and then its element is not written.
pub(super) type Lookup<'l, 'v> = dyn FnMut(&str) -> Option<Cow<'v, str>> + 'l;

/// Writes the objects of an annotation: the next few, or all that are left.
pub(super) type Objects<'l> = dyn FnMut(&mut Pen<'_>, Option<usize>) + 'l;

/// Writes a record's element with everything in it.
pub(super) fn record<'v>(
    pen: &mut Pen<'_>,
    name: &str,
    items: &[Item],
    lookup: &mut Lookup<'_, 'v>,
    objects: &mut Objects<'_>,
) {
    let attributes = attributes(items, "", lookup);
    let attributes = attributes.iter().map(|(name, value)| (*name, &**value));
    if is_leaf(items) {
        pen.leaf(name, attributes, "");
        return;
    }
    match items.contains(&Item::Text) {
        true => pen.mixed(name, attributes),
        false => pen.open(name, attributes),
    }
    contents(pen, items, &mut String::new(), lookup, objects);
    pen.close(name);
}

/// The paths of a shape, in order; of points, the first.
pub(super) fn paths(items: &[Item]) -> Vec<String> {
    let mut all = Vec::new();
    collect(items, &mut String::new(), &mut all);
    all
}

/// The items of records that have these paths and no others, in this order.
pub(super) fn of_paths(paths: &[&str]) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let mut at = 0;
    while let Some(path) = paths.get(at) {
        let own = path.strip_prefix("./");
        let (step, rest) = own.map_or_else(|| path.split_once('/').unwrap_or((path, "")), |own| (own, ""));
        if rest.is_empty() {
            items.push(leaf(step));
            at += 1;
            continue;
        }
        let inside: Vec<&str> = paths
            .get(at..)
            .unwrap_or_default()
            .iter()
            .map_while(|path| path.strip_prefix(step).and_then(|rest| rest.strip_prefix('/')))
            .collect();
        at += inside.len();
        // The first of some points stands for all.
        let inside = if inside == ["x1"] { vec![Item::Points] } else { of_paths(&inside) };
        // Behind its attributes comes an element's own text.
        at += usize::from(is_leaf(&inside) && paths.get(at) == Some(&step));
        let name = step.split('[').next().unwrap_or(step).to_owned();
        items.push(Item::Element { name, items: inside, count: 1 });
    }
    items
}

fn leaf(step: &str) -> Item {
    let name = step.split('[').next().unwrap_or(step);
    match name.split_at_checked(1) {
        Some(("@", name)) => Item::Attribute(name.to_owned()),
        Some(("=", name)) => Item::Pair(name.to_owned()),
        Some(("#", _)) => Item::Text,
        _ => Item::Element { name: name.to_owned(), items: Vec::new(), count: 1 },
    }
}

/// Paths under construction, and how often each name was met.
struct Steps<'i> {
    names: HashMap<&'i str, usize>,
    length: usize,
}

impl<'i> Steps<'i> {
    fn new(path: &str) -> Steps<'i> {
        Steps { names: HashMap::new(), length: path.len() }
    }

    fn go(&mut self, path: &mut String, name: &'i str) {
        path.truncate(self.length);
        let number = self.names.entry(name).or_default();
        *number += 1;
        super::shape::push_step(path, name, *number);
    }
}

fn is_leaf(items: &[Item]) -> bool {
    items.iter().all(|item| matches!(item, Item::Attribute(_)))
}

fn collect(items: &[Item], path: &mut String, all: &mut Vec<String>) {
    let mut steps = Steps::new(path);
    for item in items {
        match item {
            Item::Attribute(name) => {
                path.truncate(steps.length);
                all.push(attribute_path(path, name));
            }
            Item::Text => {
                steps.go(path, "#text");
                all.push(path.clone());
            }
            Item::Points => {
                path.truncate(steps.length);
                all.push(point_path(path, 'x', 1));
            }
            Item::Pair(name) => {
                path.truncate(steps.length);
                all.push(format!("{path}/={name}"));
            }
            Item::Objects(_) => {}
            Item::Element { name, items, count } => {
                for _ in 0..*count {
                    steps.go(path, name);
                    collect(items, path, all);
                    if is_leaf(items) {
                        all.push(path.clone());
                    }
                }
            }
        }
    }
    path.truncate(steps.length);
}

fn attribute_path(path: &str, name: &str) -> String {
    if path.is_empty() { format!("./@{name}") } else { format!("{path}/@{name}") }
}

fn point_path(path: &str, axis: char, number: usize) -> String {
    if path.is_empty() { format!("{axis}{number}") } else { format!("{path}/{axis}{number}") }
}

fn attributes<'i, 'v>(
    items: &'i [Item],
    path: &str,
    lookup: &mut Lookup<'_, 'v>,
) -> Vec<(&'i str, Cow<'v, str>)> {
    let mut found = Vec::new();
    for item in items {
        if let Item::Attribute(name) = item
            && let Some(value) = lookup(&attribute_path(path, name))
        {
            found.push((name.as_str(), value));
        }
    }
    found
}

fn contents<'v>(
    pen: &mut Pen<'_>,
    items: &[Item],
    path: &mut String,
    lookup: &mut Lookup<'_, 'v>,
    objects: &mut Objects<'_>,
) {
    let mut steps = Steps::new(path);
    for item in items {
        match item {
            Item::Attribute(_) => {}
            Item::Text => {
                steps.go(path, "#text");
                if let Some(text) = lookup(path) {
                    pen.text(&text);
                }
            }
            Item::Points => {
                path.truncate(steps.length);
                points(pen, path, lookup);
            }
            Item::Pair(name) => {
                path.truncate(steps.length);
                if let Some(value) = lookup(&format!("{path}/={name}")) {
                    pen.open("attribute", []);
                    pen.leaf("name", [], name);
                    pen.leaf("value", [], &value);
                    pen.close("attribute");
                }
            }
            Item::Objects(count) => objects(pen, *count),
            Item::Element { name, items, count } => {
                for _ in 0..*count {
                    steps.go(path, name);
                    element(pen, name, items, path, lookup, objects);
                }
            }
        }
    }
    path.truncate(steps.length);
}

fn element<'v>(
    pen: &mut Pen<'_>,
    name: &str,
    items: &[Item],
    path: &mut String,
    lookup: &mut Lookup<'_, 'v>,
    objects: &mut Objects<'_>,
) {
    if is_leaf(items) {
        let Some(text) = lookup(path) else { return };
        let attributes = attributes(items, path, lookup);
        pen.leaf(name, attributes.iter().map(|(name, value)| (*name, &**value)), &text);
        return;
    }
    let mut inside = Vec::new();
    collect(items, path, &mut inside);
    if !inside.iter().any(|path| lookup(path).is_some()) {
        return;
    }
    let attributes = attributes(items, path, lookup);
    let attributes = attributes.iter().map(|(name, value)| (*name, &**value));
    match items.contains(&Item::Text) {
        true => pen.mixed(name, attributes),
        false => pen.open(name, attributes),
    }
    contents(pen, items, path, lookup, objects);
    pen.close(name);
}

fn points<'v>(pen: &mut Pen<'_>, path: &str, lookup: &mut Lookup<'_, 'v>) {
    for n in 1.. {
        let Some(x) = lookup(&point_path(path, 'x', n)) else { return };
        pen.leaf(&format!("x{n}"), [], &x);
        if let Some(y) = lookup(&point_path(path, 'y', n)) {
            pen.leaf(&format!("y{n}"), [], &y);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::voc::shape::{self, Flat};
    use crate::convert::voc::xml::Document;
    use crate::job::Job;

    fn put_together(pen: &mut Pen<'_>, name: &str, flat: &Flat<'_>) {
        let texts: HashMap<&str, &str> = flat.leaves().map(|(path, leaf)| (path, leaf.text)).collect();
        assert_eq!(texts.len(), flat.leaves().count(), "every path stands once: {}", flat.shape);
        let annotation = name == "annotation";
        let items = shape::parse(&flat.shape, annotation).unwrap_or_else(|| panic!("{}", flat.shape));
        let mut objects = flat.objects.iter();
        let mut lookup = |path: &str| texts.get(path).map(|text| Cow::Borrowed(*text));
        let mut write = |pen: &mut Pen<'_>, count: Option<usize>| {
            for object in objects.by_ref().take(count.unwrap_or(usize::MAX)) {
                put_together(pen, "object", &Flat::object(*object));
            }
        };
        record(pen, name, &items, &mut lookup, &mut write);
    }

    /// Takes a file apart and puts it together again.
    fn again(text: &str) -> (Document, Document) {
        let job = Job::new();
        let before = Document::parse(text.as_bytes(), "a", &job).unwrap();
        let mut out = Vec::new();
        put_together(&mut Pen::new(&mut out), "annotation", &Flat::annotation(before.root().unwrap()));
        (before, Document::parse(&out, "b", &job).unwrap())
    }

    #[test]
    fn a_record_taken_apart_and_put_together_is_the_record() {
        for inside in [
            "",
            "<a/>",
            "<a>1</a><a>2</a><b/><a>3</a>",
            "<object><x/></object><object/><folder>f</folder><object/>",
            "<object/><object/><a/>",
            "<object/><a/><object/><b/><object/><object/>",
            "<size><width>1</width></size><size><width>2</width></size>",
            "<size k='1'><width j='2' i='3'>1</width></size>",
            "text <a/> more <b>x</b><c/> end",
            "<p><x1>1</x1><y1>2</y1><x2>3</x2><y2>4</y2></p><q><x1>1</x1></q><r k='1'><x1>1</x1><y1>2</y1></r>",
            "<p><x1>1</x1><y1>2</y1></p><p><x1>5</x1><y1>6</y1></p>",
            "<p><x01>1</x01><y01>2</y01></p><q><x1><z/></x1><y1/></q>",
            "<attributes><attribute><name>k</name><value>v</value></attribute>
             <attribute><name>k</name><value>w</value></attribute><attribute/><attribute k='v'/>
             <attribute><name>l/m</name><value>v</value></attribute>
             <attribute><value>v</value><name>n</name></attribute></attributes>",
            "<a>x<b/>y<b/>z</a><a>x<b/>y<b/>z</a>",
            "<object>text</object><object> </object><object id='1'>x</object><object><x1/><y1/></object>",
            "only text",
            "<x1>1</x1><y1>2</y1>",
        ] {
            for root in ["<annotation>", "<annotation verified='yes' k='&lt;'>"] {
                let (before, after) = again(&format!("{root}{inside}</annotation>"));
                assert!(before.root() == after.root(), "{inside}\n{:?}", after.root().unwrap().to_json());
            }
        }
    }

    #[test]
    fn what_has_no_text_any_more_is_not_written() {
        let items = shape::parse("name,bndbox(xmin,ymin),part(name)*2", false).unwrap();
        let mut out = Vec::new();
        let mut lookup = |path: &str| (path == "part[2]/name").then_some(Cow::Borrowed("head"));
        record(&mut Pen::new(&mut out), "object", &items, &mut lookup, &mut |_, _| {});
        assert_eq!(out, b"<object>\n\t<part>\n\t\t<name>head</name>\n\t</part>\n</object>\n");
    }

    #[test]
    fn paths_make_the_shape_that_has_them() {
        let text = "./@id,name,name/@k,bndbox(xmin,ymin),part(name,bndbox(xmin))*2,attributes(=a,=b)";
        let text = text.replace("./@id", "@id").replace("name,name/@k", "name(@k)");
        let items = shape::parse(&text, false).unwrap();
        let all = paths(&items);
        assert_eq!(
            all.join(" "),
            "./@id name/@k name bndbox/xmin bndbox/ymin part/name part/bndbox/xmin part[2]/name \
             part[2]/bndbox/xmin attributes/=a attributes/=b"
        );
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let items = of_paths(&all);
        assert_eq!(paths(&items), all);
    }
}
