//! Which keys a dataset gets, decided on what the first pass saw.

use std::collections::HashMap;

use arrow_schema::{DataType, Field, Fields};

use super::number::Style;
use super::shape::{self, without_objects};
use super::slot::{CORNERS, FLAGS};
use super::survey::{Kind, Survey};
use super::values::Rules;
use crate::convert::column::{Scalar, Scalars};
use crate::convert::{Coords, OnError};
use crate::error::Result;
use crate::schema::classes::ClassTable;
use crate::schema::field::{self, IdType};

/// At most this many keys are made of leaves, for annotations and for objects.
const MOST_KEYS: usize = 64;

/// The shape of an annotation where no file says it.
pub(super) const ANNOTATION_SHAPE: &str =
    "folder,filename,source(database),size(width,height,depth),segmented,object";

/// The shape of an object where no file says it.
pub(super) const OBJECT_SHAPE: &str = "name,pose,truncated,difficult,bndbox(xmin,ymin,xmax,ymax)";

/// A leaf that has a key of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attr {
    pub(super) path: String,
    pub(super) key: String,
    pub(super) kind: Kind,
}

/// The keys of a dataset, and the rules by which they are read and written.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) rules: Rules,
    pub(super) on_error: OnError,
    pub(super) annotation_shape: String,
    /// The same of annotations without objects.
    pub(super) bare_shape: String,
    pub(super) object_shape: String,
    pub(super) annotation_attrs: Vec<Attr>,
    pub(super) object_attrs: Vec<Attr>,
    pub(super) actions: Vec<String>,
    pub(super) has: super::survey::Has,
    /// Rows have a split; rows have a source; rows have classes of the whole image.
    pub(super) split: bool,
    pub(super) source: bool,
    pub(super) image_labels: bool,
    pub(super) classes: ClassTable,
    labels: HashMap<String, i64>,
}

/// What of a path becomes the name of its key.
fn short(path: &str) -> String {
    let step = path.rsplit('/').next().unwrap_or(path);
    step.trim_start_matches(['@', '=', '#']).to_owned()
}

/// The whole path as the name of a key.
fn long(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    path.replace(['/', '['], ".").replace([']', '@', '=', '#'], "")
}

fn attrs(survey: &super::survey::Records, template: &str, taken: &mut Vec<String>) -> Vec<Attr> {
    let items = shape::parse(template, true).unwrap_or_default();
    let order = super::render::paths(&items);
    let mut frequent: Vec<(&str, Kind)> = survey.frequent().collect();
    let place = |path: &str| order.iter().position(|known| known == path).unwrap_or(order.len());
    frequent.sort_by_key(|(path, _)| place(path));
    let mut attrs: Vec<Attr> = Vec::new();
    for (path, kind) in frequent {
        if attrs.len() == MOST_KEYS {
            break;
        }
        let unusable =
            |name: &str| name.is_empty() || name.contains('[') || name.chars().any(char::is_control);
        let names = [short(path), long(path), format!("object.{}", long(path))];
        let free = names.into_iter().filter(|name| !unusable(name)).map(|name| format!("attr.{name}"));
        let mut free = free.filter(|key| !taken.contains(key));
        let Some(key) = free.next() else { continue };
        taken.push(key.clone());
        attrs.push(Attr { path: path.to_owned(), key, kind });
    }
    attrs
}

impl Attr {
    pub(super) fn arrow(&self) -> DataType {
        self.scalar().arrow()
    }

    fn scalar(&self) -> Scalar {
        match self.kind {
            Kind::Int => Scalar::Int,
            Kind::Float(_) => Scalar::Float,
            Kind::Text => Scalar::Text,
        }
    }

    pub(super) fn column(&self) -> Scalars {
        Scalars::new(self.scalar())
    }

    /// Pushes a text that the column can give back; false, and nothing pushed, for any other.
    pub(super) fn push(&self, column: &mut Scalars, text: &str) -> Result<bool> {
        match (column, self.kind) {
            (Scalars::Int(column), Kind::Int) => match super::survey::int(text) {
                Some(value) => column.push(Some(value)),
                None => return Ok(false),
            },
            (Scalars::Float(column), Kind::Float(style)) => match super::survey::float(text, style) {
                Some(value) => column.push(Some(value)),
                None => return Ok(false),
            },
            (Scalars::Text(column), Kind::Text) => column.push(text)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Kind {
    /// The name in the residue.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Int => "int",
            Kind::Float(Style::Int) => "float-int",
            Kind::Float(Style::Float) => "float",
            Kind::Text => "text",
        }
    }

    /// The kind of a name.
    pub(super) fn of_name(name: &str) -> Option<Kind> {
        let all = [Kind::Int, Kind::Float(Style::Int), Kind::Float(Style::Float), Kind::Text];
        all.into_iter().find(|kind| kind.name() == name)
    }
}

impl Plan {
    /// The plan for what was seen.
    pub(super) fn new(survey: &Survey, classes: ClassTable, coords: Coords, on_error: OnError) -> Plan {
        let annotation_shape = survey.annotations.template().unwrap_or(ANNOTATION_SHAPE).to_owned();
        let object_shape = survey.objects.template().unwrap_or(OBJECT_SHAPE).to_owned();
        // Keys that are made otherwise.
        let mut taken = vec!["attr.part".to_owned()];
        let annotation_attrs = attrs(&survey.annotations, &annotation_shape, &mut taken);
        let actions: Vec<String> = survey.actions.iter().take(MOST_KEYS).cloned().collect();
        taken.extend(actions.iter().map(|name| action_key(name)));
        let object_attrs = attrs(&survey.objects, &object_shape, &mut taken);
        let mut labels = HashMap::new();
        for (label, class) in (0..).zip(classes.iter()) {
            labels.entry(class.name.clone()).or_insert(label);
        }
        Plan {
            rules: Rules { coords, styles: survey.styles() },
            on_error,
            bare_shape: without_objects(&annotation_shape),
            annotation_shape,
            object_shape,
            annotation_attrs,
            object_attrs,
            actions,
            has: survey.has,
            split: false,
            source: false,
            image_labels: false,
            classes,
            labels,
        }
    }

    /// The label of a class.
    pub(super) fn label(&self, name: &str) -> Option<i64> {
        self.labels.get(name).copied()
    }

    /// The fields of rows, in order.
    pub(super) fn row_fields(&self) -> Vec<Field> {
        let mut fields = vec![field::image_id(IdType::Text)];
        fields.extend(field::row("file_name"));
        fields.extend(field::row("source").filter(|_| self.source));
        fields.extend(field::row("split").filter(|_| self.split));
        fields.extend(field::row("height"));
        fields.extend(field::row("width"));
        if self.image_labels {
            fields.push(field::row_of("image_label", field::list(DataType::Int64)));
        }
        fields.extend(self.annotation_attrs.iter().map(|a| field::row_of(&a.key, a.arrow())));
        fields.extend(field::row("extra"));
        fields
    }

    /// The fields of objects, in order.
    pub(super) fn object_fields(&self) -> Vec<Field> {
        let known = |name: &str, there: bool| field::object("", name).filter(|_| there);
        let mut fields = Vec::new();
        fields.extend(known("label", true));
        fields.extend(known("bbox", true));
        for (name, there) in FLAGS.iter().zip(self.has.flags) {
            fields.extend(known(name, there));
        }
        fields.extend(known("segmentation", self.has.polygon));
        fields.extend(known("point", self.has.points));
        fields.extend(known("rbox", self.has.rotated));
        fields.extend(self.object_attrs.iter().map(|a| field::object_of("", &a.key, a.arrow())));
        let actions = self.actions.iter().map(|name| action_key(name));
        fields.extend(actions.map(|key| field::object_of("", &key, DataType::Boolean)));
        if self.has.parts {
            fields.push(field::object_of("", "attr.part", field::list(DataType::Struct(part_members()))));
        }
        fields.extend(known("object_extra", true));
        fields
    }
}

/// The key of an action.
pub(super) fn action_key(name: &str) -> String {
    format!("attr.action.{name}")
}

/// What is known of a part of an object.
pub(super) fn part_members() -> Fields {
    let corners = i32::try_from(CORNERS.len()).unwrap_or_default();
    let member = |name: &str, ty: DataType| Field::new(name, ty, true);
    [member("name", DataType::Utf8), member("bbox", field::fixed_list(DataType::Float64, corners))]
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::voc::shape::Flat;
    use crate::convert::voc::xml::Document;
    use crate::job::Job;

    fn plan(files: &[&str]) -> Plan {
        let mut survey = Survey::default();
        for inside in files {
            let text = format!("<annotation>{inside}</annotation>");
            let file = Document::parse(text.as_bytes(), "a", &Job::new()).unwrap();
            survey.add(&Flat::annotation(file.root().unwrap()));
        }
        Plan::new(&survey, ClassTable::from_names(["cat"]), Coords::Voc, OnError::Keep)
    }

    #[test]
    fn leaves_are_called_by_their_last_step_unless_that_is_taken() {
        let plan = plan(&["<a k='1'/><source><database>x</database><owner><name>n</name></owner></source>\
             <owner><name>m</name></owner><pose>1</pose><pose>2</pose>\
             <object><database>3</database><pose>left</pose><part>x</part>\
             <attributes><attribute><name>color</name><value>red</value></attribute></attributes>\
             <actions><run>1</run></actions></object>"]);
        let keys: Vec<&str> = plan.annotation_attrs.iter().map(|a| a.key.as_str()).collect();
        assert_eq!(
            keys,
            ["attr.k", "attr.a", "attr.database", "attr.name", "attr.owner.name", "attr.pose", "attr.pose.2"]
        );
        let keys: Vec<&str> = plan.object_attrs.iter().map(|a| a.key.as_str()).collect();
        assert_eq!(keys, ["attr.object.database", "attr.object.pose", "attr.object.part", "attr.color"]);
        assert_eq!(plan.actions, ["run"]);
    }

    #[test]
    fn only_keys_that_some_object_has_are_made() {
        let plan = plan(&["<object><name>cat</name><difficult>0</difficult></object>"]);
        let fields = plan.object_fields();
        let names: Vec<&str> = fields.iter().map(|f| f.name().as_str()).collect();
        assert_eq!(names, ["label", "bbox", "difficult", "object_extra"]);
        assert_eq!(plan.label("cat"), Some(0));
        assert_eq!((plan.annotation_shape.as_str(), plan.bare_shape.as_str()), ("object", ""));
    }
}
