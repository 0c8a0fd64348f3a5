//! A record about to be written: which items it has, and where the text of each path comes from.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::convert::export::Cell;
use crate::convert::voc::number::Style;
use crate::convert::voc::plan::Attr;
use crate::convert::voc::render;
use crate::convert::voc::shape::{self, Item};
use crate::convert::voc::survey::Kind;

/// A shape, read: its items and the paths it has.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) items: Vec<Item>,
    paths: Vec<String>,
    known: HashSet<String>,
}

/// Shapes that were read before.
#[derive(Debug, Default)]
pub(super) struct Forms {
    known: HashMap<String, Rc<Form>>,
}

/// How many shapes are kept.
const MOST: usize = 4096;

impl Forms {
    /// The form of a shape; `None` for text that is no shape.
    pub(super) fn get(&mut self, shape: &str, annotation: bool) -> Option<Rc<Form>> {
        if let Some(known) = self.known.get(shape) {
            return Some(Rc::clone(known));
        }
        let form = Rc::new(Form::of(shape::parse(shape, annotation)?));
        if self.known.len() < MOST {
            self.known.insert(shape.to_owned(), Rc::clone(&form));
        }
        Some(form)
    }
}

impl Form {
    fn of(items: Vec<Item>) -> Form {
        let paths = render::paths(&items);
        let known = paths.iter().cloned().collect();
        Form { items, paths, known }
    }

    /// The paths, in order.
    pub(super) fn paths(&self) -> &[String] {
        &self.paths
    }

    /// True if there is a place for a path.
    pub(super) fn has(&self, path: &str) -> bool {
        self.known.contains(path)
    }

    /// The form itself if it has all the paths; else one that has them and no others, those that this one has
    /// in its order, then the rest.
    pub(super) fn with(self: &Rc<Form>, wanted: &[String], annotation: bool) -> Rc<Form> {
        if wanted.iter().all(|path| self.has(path)) {
            return Rc::clone(self);
        }
        let want: HashSet<&str> = wanted.iter().map(String::as_str).collect();
        let mut paths: Vec<&str> =
            self.paths.iter().map(String::as_str).filter(|path| want.contains(path)).collect();
        for path in wanted.iter().filter(|path| !self.has(path)) {
            // Beside those that are in the same elements, so that no element is begun twice.
            let shared = |other: &&str| common(other, path);
            let most = paths.iter().map(&shared).max().unwrap_or(0);
            let place = paths.iter().rposition(|other| most > 0 && shared(other) == most);
            paths.insert(place.map_or(paths.len(), |at| at + 1), path);
        }
        let mut items = render::of_paths(&paths);
        if annotation {
            items.push(Item::Objects(None));
        }
        Rc::new(Form::of(items))
    }
}

/// How many steps two paths begin with alike, of those that are elements around both.
fn common(a: &str, b: &str) -> usize {
    let steps = |path: &str| path.rsplit_once('/').map_or(0, |(folder, _)| folder.split('/').count());
    let alike = a.split('/').zip(b.split('/')).take_while(|(a, b)| a == b).count();
    alike.min(steps(a)).min(steps(b))
}

/// The text of a key made of a leaf.
pub(super) fn attr_text<'c>(cell: Cell<'c>, kind: Kind) -> Option<Cow<'c, str>> {
    match kind {
        Kind::Int => cell.int().map(|value| Cow::Owned(value.to_string())),
        Kind::Float(style) => cell.float().map(|value| Cow::Owned(style.text(value))),
        Kind::Text => cell.text().map(Cow::Borrowed),
    }
    .or_else(|| any_text(cell))
}

/// The text of a value of any plain type.
pub(super) fn any_text(cell: Cell<'_>) -> Option<Cow<'_, str>> {
    if let Some(text) = cell.text() {
        return Some(Cow::Borrowed(text));
    }
    if let Some(flag) = cell.flag() {
        return Some(Cow::Borrowed(if flag { "true" } else { "false" }));
    }
    let number = cell.int().map(|value| value.to_string());
    number.or_else(|| cell.float().map(|value| Style::Int.text(value))).map(Cow::Owned)
}

/// The leaves that have a key, by path.
pub(super) fn by_path(attrs: &[Attr]) -> HashMap<&str, &Attr> {
    attrs.iter().map(|attr| (attr.path.as_str(), attr)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_place_is_put_beside_its_brothers() {
        let mut forms = Forms::default();
        let form = forms.get("name,bndbox(xmin,ymin),pose", false).unwrap();
        let wanted = |paths: &[&str]| paths.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>();
        assert!(Rc::ptr_eq(&form, &form.with(&wanted(&["pose", "name"]), false)));
        let other = form.with(&wanted(&["name", "bndbox/xmin", "bndbox/xmax", "difficult", "pose"]), false);
        assert_eq!(other.paths(), ["name", "bndbox/xmin", "bndbox/xmax", "pose", "difficult"]);
        assert_eq!(common("a/b", "a/c"), 1);
        assert_eq!(common("a", "a/c"), 0);
    }

    #[test]
    fn an_annotation_keeps_room_for_its_objects() {
        let mut forms = Forms::default();
        let form = forms.get("folder,object", true).unwrap();
        let other = form.with(&["path".to_owned()], true);
        assert_eq!(other.items.last(), Some(&Item::Objects(None)));
    }
}
