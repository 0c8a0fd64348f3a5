//! What a name in a question means: a key, an alias that another tool's users know, or something that follows from
//! keys.
//!
//! A key of the name asked for always comes first; the rest exists only when it is named and costs nothing else.

use arrow_schema::DataType;

use crate::dataset::Dataset;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::axis::{Axis, DEFAULT_SET, key_name};
use crate::schema::nearest;

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope<'a> {
    /// A row of the dataset is a row of the table.
    Rows,
    /// An object of a set is a row of the table; `""` is the default set.
    Objects(&'a str),
}

/// What follows from the box of an object, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BoxPart {
    X1,
    Y1,
    X2,
    Y2,
    CentreX,
    CentreY,
    Width,
    Height,
    /// Width over height.
    Aspect,
    /// The box's area over the image's.
    RelativeArea,
    /// Whether a side lies on or beyond the image's.
    TouchesBorder,
}

const BOX_PARTS: [(&str, BoxPart); 11] = [
    ("x1", BoxPart::X1),
    ("y1", BoxPart::Y1),
    ("x2", BoxPart::X2),
    ("y2", BoxPart::Y2),
    ("cx", BoxPart::CentreX),
    ("cy", BoxPart::CentreY),
    ("w", BoxPart::Width),
    ("h", BoxPart::Height),
    ("aspect", BoxPart::Aspect),
    ("rel_area", BoxPart::RelativeArea),
    ("touches_border", BoxPart::TouchesBorder),
];

/// What a class is called in a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClassPart {
    /// Its name.
    Name,
    /// The group it belongs to.
    Supercategory,
    /// Its id in the source.
    Id,
}

const CLASS_PARTS: [(&str, ClassPart); 3] = [
    ("category", ClassPart::Name),
    ("supercategory", ClassPart::Supercategory),
    ("category_id", ClassPart::Id),
];

/// Names that other tools have for keys.
const ALIASES: [(&str, &str); 2] = [("keypoints", "point"), ("image", "img")];

/// The name of the row's number.
pub(super) const ROW: &str = "row";

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A key of the scope, by its full name.
    Key(String),
    /// A key of the row that an object is on.
    OfRow(String),
    /// The number of the row in the view.
    Row,
    /// A flag as 0 or 1, by the full name of its key.
    Number(String),
    /// Something of the class, by the full name of the key of labels.
    Class(ClassPart, String),
    /// Something of the box, by the full name of its key.
    Box(BoxPart, String),
    /// What objects have elsewhere, in a dataset in which nobody annotated any: of this type, of none.
    Nothing(DataType),
}

/// What a name means in a scope.
///
/// # Errors
/// [`ErrorKind::Key`], with the nearest names.
pub(super) fn meaning(ds: &Dataset, scope: Scope, name: &str) -> Result<Meaning> {
    find(ds, scope, name).ok_or_else(|| {
        let known = known(ds, scope);
        let like = nearest(name, known.iter().map(String::as_str));
        let table = match scope {
            Scope::Rows => "images have".to_owned(),
            Scope::Objects("") => "objects have".to_owned(),
            Scope::Objects(set) => format!("objects of {set} have"),
        };
        let of_objects = scope == Scope::Rows && find(ds, Scope::Objects(DEFAULT_SET), name).is_some();
        let remedy = match like.is_empty() {
            _ if of_objects => {
                "objects have it: ask for images with such an object (filter_objects, or --having on the command line)"
                    .to_owned()
            }
            false => format!("did you mean {}?", like.join(", ")),
            true => format!("there are: {}", known.join(", ")),
        };
        if let Scope::Objects(set) = scope
            && set != DEFAULT_SET
            && keys(ds, scope).is_empty()
        {
            return no_set(ds, set);
        }
        Error::new(ErrorKind::Key, format!("{table} no '{name}'")).at(Place::area("query")).remedy(remedy)
    })
}

/// Says that there is no set of a name.
pub(super) fn no_set(ds: &Dataset, set: &str) -> Error {
    let sets: Vec<String> = ds.sets().into_iter().filter(|set| !set.is_empty()).collect();
    let remedy = match sets.is_empty() {
        true => "the dataset has no sets but its own objects, if any".to_owned(),
        false => format!("there are: {}", sets.join(", ")),
    };
    Error::new(ErrorKind::Key, format!("there is no set '{set}'")).at(Place::area("query")).remedy(remedy)
}

fn find(ds: &Dataset, scope: Scope, name: &str) -> Option<Meaning> {
    let has = |key: &str| ds.keys().position(key).is_some();
    let of =
        |table: &[(&str, &str)]| table.iter().find(|(own, _)| *own == name).map(|(_, key)| (*key).to_owned());
    let Scope::Objects(set) = scope else {
        if has(name) {
            return Some(Meaning::Key(name.to_owned()));
        }
        if name == ROW {
            return Some(Meaning::Row);
        }
        if let Some(part) = class_part(name).filter(|_| is_single_label(ds)) {
            return Some(Meaning::Class(part, "image_label".to_owned()));
        }
        return of(&ALIASES).filter(|key| has(key)).map(Meaning::Key);
    };
    let own = |base: &str| Some(key_name(set, base)).filter(|key| has(key));
    if let Some(key) = own(name) {
        match set_of(ds, &key) {
            Some(of) if of == set => return Some(Meaning::Key(key)),
            None => return Some(Meaning::OfRow(key)),
            // Objects of another set are no one's here.
            Some(_) => return None,
        }
    }
    if name == ROW {
        return Some(Meaning::Row);
    }
    if let (Some(part), Some(label)) = (class_part(name), own("label")) {
        return Some(Meaning::Class(part, label));
    }
    if let ("iscrowd", Some(crowded)) = (name, own("crowded")) {
        return Some(Meaning::Number(crowded));
    }
    let part = BOX_PARTS.iter().find(|(known, _)| *known == name);
    if let (Some((_, part)), Some(bbox)) = (part, own("bbox")) {
        return Some(Meaning::Box(*part, bbox));
    }
    if let Some(key) = of(&ALIASES).and_then(|base| own(&base)) {
        return Some(if is_of_set(ds, &key, set) { Meaning::Key(key) } else { Meaning::OfRow(key) });
    }
    if set == DEFAULT_SET && keys(ds, scope).is_empty() {
        let text = ["category", "supercategory", "caption"].contains(&name);
        let flag = ["crowded", "difficult", "truncated", "occluded", "ignored", "group_of", "touches_border"];
        let number = ["label", "area", "score", "object_id", "category_id", "iscrowd"];
        let known = number.contains(&name) || BOX_PARTS.iter().any(|(known, _)| *known == name);
        let ty = match () {
            () if text => Some(DataType::Utf8),
            () if flag.contains(&name) => Some(DataType::Boolean),
            () if known => Some(DataType::Float64),
            () => None,
        };
        if let Some(ty) = ty {
            return Some(Meaning::Nothing(ty));
        }
    }
    // What is said of the image, for each of its objects.
    let of_row = |key: &str| has(key) && set_of(ds, key).is_none();
    of_row(name).then(|| Meaning::OfRow(name.to_owned()))
}

fn class_part(name: &str) -> Option<ClassPart> {
    CLASS_PARTS.iter().find(|(known, _)| *known == name).map(|(_, part)| *part)
}

/// The set that a key counts along.
fn set_of(ds: &Dataset, key: &str) -> Option<String> {
    let index = ds.keys().position(key)?;
    let field = ds.keys().get(index)?.field()?;
    Axis::of(field).ok()?.set().map(str::to_owned)
}

fn is_of_set(ds: &Dataset, key: &str, set: &str) -> bool {
    set_of(ds, key).as_deref() == Some(set)
}

/// Whether images have one class each.
fn is_single_label(ds: &Dataset) -> bool {
    let index = ds.keys().position("image_label");
    let field = index.and_then(|index| ds.keys().get(index)?.field());
    field.is_some_and(|field| *field.data_type() == DataType::Int64)
}

/// All names of a scope that mean something, keys first.
pub(super) fn known(ds: &Dataset, scope: Scope) -> Vec<String> {
    let mut names = keys(ds, scope);
    let more = CLASS_PARTS.iter().map(|(name, _)| *name).chain(BOX_PARTS.iter().map(|(name, _)| *name));
    let more = more.chain(ALIASES.iter().map(|(name, _)| *name)).chain(["iscrowd", ROW]);
    names.extend(more.filter(|name| find(ds, scope, name).is_some()).map(str::to_owned));
    if scope != Scope::Rows {
        names.extend(keys(ds, Scope::Rows));
    }
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

/// The keys of a scope as a question names them: those of a set without its name.
pub(super) fn keys(ds: &Dataset, scope: Scope) -> Vec<String> {
    let named = ds.keys().iter().filter_map(|key| Some((key.name()?, key.field()))).map(|(name, field)| {
        let set = field.and_then(|field| Axis::of(field).ok()?.set().map(str::to_owned));
        (name, set)
    });
    match scope {
        Scope::Rows => named.filter(|(_, set)| set.is_none()).map(|(name, _)| name.to_owned()).collect(),
        Scope::Objects(wanted) => named
            .filter(|(_, set)| set.as_deref() == Some(wanted))
            .map(|(name, _)| match wanted {
                "" => name.to_owned(),
                set => {
                    name.strip_prefix(set).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name).to_owned()
                }
            })
            .collect(),
    }
}

/// The first of these names that is of objects, for a question about rows.
pub(super) fn of_objects<'a>(ds: &Dataset, scope: Scope, names: &'a [String]) -> Option<&'a str> {
    let of_objects = |name: &&String| set_of(ds, name).is_some();
    (scope == Scope::Rows).then(|| names.iter().find(of_objects).map(String::as_str)).flatten()
}
