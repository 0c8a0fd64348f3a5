//! The columns of objects, filled from the objects of annotations.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{ArrayRef, ListArray, PrimitiveArray, StructArray, new_null_array};
use arrow_buffer::NullBufferBuilder;
use arrow_schema::{DataType, Field};

use super::attrs::AttrColumns;
use super::extra::ExtraText;
use super::plan::{Plan, part_members};
use super::shape::Flat;
use super::slot::Slot;
use super::tuple::{Lists, Tuples};
use super::values::{PartValue, Texts as Slots, Values, flag, flag_text};
use crate::convert::column::{Ends, Flags, Plain, Texts, item};
use crate::error::Result;
use crate::schema::field;

#[derive(Debug)]
struct Parts {
    lists: Lists,
    names: Texts,
    boxes: Tuples<4>,
}

impl Parts {
    fn push(&mut self, parts: &[PartValue]) -> Result<()> {
        for part in parts {
            match &part.name {
                Some(name) => self.names.push(name)?,
                None => self.names.push_null(),
            }
            self.boxes.push(part.bbox);
        }
        self.lists.push(!parts.is_empty(), self.boxes.len())
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let members = vec![self.names.finish()?, self.boxes.finish()?];
        let parts = StructArray::try_new(part_members(), members, None)?;
        self.lists.finish(Arc::new(parts))
    }
}

#[derive(Debug)]
struct Polygons {
    rings: Lists,
    coordinates: Lists,
    values: Vec<f64>,
    valid: NullBufferBuilder,
}

impl Polygons {
    fn push(&mut self, polygon: Option<&[f64]>) -> Result<()> {
        if let Some(polygon) = polygon {
            self.values.extend_from_slice(polygon);
            self.coordinates.push(true, self.values.len())?;
        }
        self.valid.append(polygon.is_some());
        self.rings.push(polygon.is_some(), self.coordinates.ends.len())
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let rows = self.valid.len();
        let values: PrimitiveArray<Float64Type> = std::mem::take(&mut self.values).into();
        let rings = self.coordinates.finish(Arc::new(values))?;
        let mut polygons = Some(self.rings.finish(rings)?);
        let DataType::Struct(fields) = field::segmentation_type() else {
            return Ok(new_null_array(&DataType::Null, rows));
        };
        let member = |field: &Arc<Field>| match field.name().as_str() {
            "polygon" => polygons.take().unwrap_or_else(|| new_null_array(field.data_type(), rows)),
            _ => new_null_array(field.data_type(), rows),
        };
        let members = fields.iter().map(member).collect();
        Ok(Arc::new(StructArray::try_new(fields.clone(), members, self.valid.finish())?))
    }
}

/// The columns of the default set.
#[derive(Debug)]
pub(super) struct ObjectColumns {
    label: Plain<i64>,
    bbox: Tuples<4>,
    flags: [Option<Flags>; 3],
    polygons: Option<Polygons>,
    points: Option<(Lists, Tuples<2>)>,
    rotated: Option<Tuples<5>>,
    attrs: AttrColumns,
    actions: Vec<Flags>,
    action_of: HashMap<String, usize>,
    parts: Option<Parts>,
    extra: Texts,
    scratch: ExtraText,
    lists: Ends,
    listed: NullBufferBuilder,
    objects: usize,
    held: usize,
}

impl ObjectColumns {
    pub(super) fn new(plan: &Plan) -> ObjectColumns {
        let has = plan.has;
        let polygons = || Polygons {
            rings: Lists::new(),
            coordinates: Lists::new(),
            values: Vec::new(),
            valid: NullBufferBuilder::new(0),
        };
        ObjectColumns {
            label: Plain::new(),
            bbox: Tuples::new(),
            flags: has.flags.map(|there| there.then(Flags::new)),
            polygons: has.polygon.then(polygons),
            points: has.points.then(|| (Lists::new(), Tuples::new())),
            rotated: has.rotated.then(Tuples::new),
            attrs: AttrColumns::new(&plan.object_attrs),
            actions: plan.actions.iter().map(|_| Flags::new()).collect(),
            action_of: plan.actions.iter().enumerate().map(|(i, name)| (name.clone(), i)).collect(),
            parts: has.parts.then(|| Parts {
                lists: Lists::new(),
                names: Texts::new(),
                boxes: Tuples::new(),
            }),
            extra: Texts::new(),
            scratch: ExtraText::default(),
            lists: Ends::new(),
            listed: NullBufferBuilder::new(0),
            objects: 0,
            held: 0,
        }
    }

    /// How many bytes the builders hold, about.
    pub(super) fn held(&self) -> usize {
        self.held + self.extra.bytes()
    }

    /// What the leaves of an object mean. Looked at before anything is pushed.
    pub(super) fn values(object: &Flat<'_>, plan: &Plan) -> Values {
        let mut slots = Slots::default();
        for (path, leaf) in object.leaves() {
            slots.take(Slot::of(path), leaf.text);
        }
        slots.read(plan.rules.coords)
    }

    /// The next object of the row; `values` are its own.
    ///
    /// # Errors
    /// Those of the columns.
    pub(super) fn push(&mut self, object: &Flat<'_>, values: &Values, plan: &Plan) -> Result<()> {
        let label = values.name.as_deref().and_then(|name| plan.label(name));
        self.label.push(label);
        self.bbox.push(values.bbox);
        for (column, flag) in self.flags.iter_mut().zip(values.flags) {
            if let Some(column) = column {
                column.push(flag);
            }
        }
        if let Some(column) = &mut self.polygons {
            column.push(values.polygon.as_deref())?;
        }
        if let Some((lists, points)) = &mut self.points {
            values.points.iter().flatten().for_each(|point| points.push(Some(*point)));
            lists.push(values.points.is_some(), points.len())?;
        }
        if let Some(column) = &mut self.rotated {
            column.push(values.rotated);
        }
        if let Some(column) = &mut self.parts {
            column.push(&values.parts)?;
        }
        for (path, leaf) in object.leaves() {
            match Slot::of(path) {
                Slot::Action(name) => match self.action_of.get(name).and_then(|i| self.actions.get_mut(*i)) {
                    Some(column) if column.len() == self.objects => {
                        let value = flag(leaf.text);
                        column.push(value);
                        if value.map(flag_text) != Some(leaf.text) {
                            self.scratch.declare(path, leaf.text);
                        }
                    }
                    _ => self.scratch.member(path, leaf.text),
                },
                Slot::Other => self.attrs.take(path, leaf.text, &mut self.scratch)?,
                slot => {
                    // A label is written as the name of its class; without one there is no name.
                    let lost = slot == Slot::Name && label.is_none();
                    if lost || values.text(slot, &plan.rules).as_deref() != Some(leaf.text) {
                        self.scratch.declare(path, leaf.text);
                    }
                }
            }
        }
        self.close(object, plan)
    }

    fn close(&mut self, object: &Flat<'_>, plan: &Plan) -> Result<()> {
        let n = self.objects;
        self.attrs.end(n);
        for column in self.actions.iter_mut().filter(|c| c.len() == n) {
            column.push(None);
        }
        let shape = (object.shape != plan.object_shape).then_some(object.shape.as_str());
        self.scratch.finish(shape, &mut self.extra)?;
        self.objects += 1;
        self.held += 64 + 8 * object.leaves().count();
        Ok(())
    }

    /// Ends the row: `listed` says that it has an annotation.
    ///
    /// # Errors
    /// Those of the columns.
    pub(super) fn end_row(&mut self, listed: bool) -> Result<()> {
        self.listed.append(listed);
        self.lists.push(self.objects)
    }

    /// The columns, in the order of the fields, empty again.
    ///
    /// # Errors
    /// Those of arrow.
    pub(super) fn finish(&mut self, fields: &[Field]) -> Result<Vec<ArrayRef>> {
        let mut columns = vec![self.label.finish::<Int64Type>()?, self.bbox.finish()?];
        columns.extend(self.flags.iter_mut().flatten().map(Flags::finish));
        if let Some(column) = &mut self.polygons {
            columns.push(column.finish()?);
        }
        if let Some((lists, points)) = &mut self.points {
            let points = points.finish()?;
            columns.push(lists.finish(points)?);
        }
        if let Some(column) = &mut self.rotated {
            columns.push(column.finish()?);
        }
        columns.extend(self.attrs.finish()?);
        columns.extend(self.actions.iter_mut().map(Flags::finish));
        if let Some(column) = &mut self.parts {
            columns.push(column.finish()?);
        }
        columns.push(self.extra.finish()?);
        (self.objects, self.held) = (0, 0);
        let (lists, listed) = (self.lists.finish(), self.listed.finish());
        let list = |(field, values): (&Field, ArrayRef)| -> Result<ArrayRef> {
            let ty = match field.data_type() {
                DataType::List(item) => Arc::clone(item),
                _ => item(values.data_type().clone()),
            };
            Ok(Arc::new(ListArray::try_new(ty, lists.clone(), values, listed.clone())?))
        };
        fields.iter().zip(columns).map(list).collect()
    }
}
