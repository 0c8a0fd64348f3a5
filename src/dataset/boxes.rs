//! [`Dataset::with_boxes`]: boxes in another layout than the one they are stored in.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef, FixedSizeListArray, Float64Array};
use arrow_schema::DataType;

use super::keys::{Key, Keys};
use super::map::Mapping;
use super::value::Value;
use super::view::Dataset;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::{BoxForm, Size, Unit, convert_flat};

impl Dataset {
    /// The view with the boxes of all object sets (`bbox`, `r50.bbox`, …) in this form instead of x, y, w, h in pixels;
    /// relative ones by the keys `height` and `width`. Nothing is read before boxes are.
    ///
    /// It is for who takes the boxes out, as a trainer does. Everything here that reads boxes itself (questions with
    /// `x1` or `w`, export, evaluation, drawing) takes them for x, y, w, h: ask the view that this one is of.
    ///
    /// # Errors
    /// [`ErrorKind::Key`] if there are no boxes, or relative ones are asked for where there are no sizes.
    pub fn with_boxes(&self, form: BoxForm) -> Result<Dataset> {
        let four = |ty: &DataType| matches!(ty, DataType::FixedSizeList(item, 4) if *item.data_type() == DataType::Float64);
        let is_boxes = |key: &&Key| {
            let named = key.name().is_some_and(|name| name == "bbox" || name.ends_with(".bbox"));
            named
                && key.field().is_some_and(
                    |field| matches!(field.data_type(), DataType::List(item) if four(item.data_type())),
                )
        };
        let boxes: Vec<Key> = self.keys().iter().filter(is_boxes).cloned().collect();
        if boxes.is_empty() {
            return Err(
                Error::new(ErrorKind::Key, "there are no boxes").at(Place::area("dataset").key("bbox"))
            );
        }
        let sizes = ["height", "width"];
        let mut view = self.clone();
        for key in boxes {
            let name = key.name().unwrap_or_default().to_owned();
            let mut inputs = vec![name.clone()];
            if form.unit == Unit::Relative {
                inputs.extend(sizes.map(str::to_owned));
            }
            let keys = Keys::many([key]);
            let mapping = Mapping::new(keys, move |values, _| Ok(vec![in_form(values, form)?]));
            view = view.map_with(mapping.inputs(inputs).keep_others())?;
        }
        Ok(view)
    }
}

/// Boxes of a row, its height and width, as boxes in another form.
fn in_form(values: &[Value], form: BoxForm) -> Result<Value> {
    let Some(Value::Array(array)) = values.first() else { return Ok(Value::Null) };
    let odd = || Error::new(ErrorKind::Type, format!("boxes of type {}", array.data_type()));
    let list = array.as_fixed_size_list_opt().ok_or_else(odd)?;
    let DataType::FixedSizeList(item, 4) = list.data_type() else { return Err(odd()) };
    let own = list.values().slice(list.value_offset_at(0), list.len() * 4);
    let own = own.as_primitive_opt::<Float64Type>().ok_or_else(odd)?;
    let mut numbers = own.values().to_vec();
    let side = |at: usize| values.get(at).and_then(Value::as_int).and_then(|side| u32::try_from(side).ok());
    let size = match form.unit {
        Unit::Pixels => Size::new(0, 0),
        Unit::Relative => match (side(1), side(2)) {
            (Some(height), Some(width)) => Size::new(height, width),
            _ => return Err(Error::new(ErrorKind::Type, "boxes are relative to a size that is not known")),
        },
    };
    if !numbers.is_empty() {
        convert_flat(&mut numbers, BoxForm::COCO, form, size)?;
    }
    let numbers = Arc::new(Float64Array::new(numbers.into(), own.nulls().cloned()));
    let list = FixedSizeListArray::try_new(Arc::clone(item), 4, numbers, list.nulls().cloned())?;
    Ok(Value::Array(Arc::new(list) as ArrayRef))
}

#[cfg(test)]
mod tests {
    use arrow_array::builder::{FixedSizeListBuilder, Float64Builder, ListBuilder};

    use super::*;
    use crate::dataset::{Column, Table};
    use crate::geometry::BoxLayout;
    use crate::schema::field;

    #[test]
    fn boxes_are_read_in_the_form_asked_for_and_absent_ones_stay_absent() {
        let mut lists = ListBuilder::new(FixedSizeListBuilder::new(Float64Builder::new(), 4));
        lists.values().values().append_slice(&[10.0, 20.0, 30.0, 40.0]);
        lists.values().append(true);
        lists.append(true);
        lists.append(true);
        lists.append_null();
        let sides =
            |n: i32| Column::Arrow(vec![Arc::new(arrow_array::Int32Array::from(vec![n; 3])) as ArrayRef]);
        let row = |name: &str| Key::arrow(field::row(name).unwrap());
        let ds = Dataset::new(
            Table::new([
                (row("height"), sides(100)),
                (row("width"), sides(200)),
                (
                    Key::arrow(field::object("", "bbox").unwrap()),
                    Column::Arrow(vec![Arc::new(lists.finish())]),
                ),
            ])
            .unwrap(),
        );
        let first = |ds: &Dataset| -> Vec<f64> {
            let value = ds.column("bbox").unwrap().value(0);
            value
                .as_array()
                .unwrap()
                .as_fixed_size_list()
                .values()
                .as_primitive::<Float64Type>()
                .values()
                .to_vec()
        };
        let corners = ds.with_boxes(BoxLayout::Xyxy.pixels()).unwrap();
        assert_eq!(first(&corners), [10.0, 20.0, 40.0, 60.0]);
        assert_eq!(first(&ds.with_boxes(BoxForm::YOLO).unwrap()), [0.125, 0.4, 0.15, 0.4]);
        let column = corners.column("bbox").unwrap();
        assert_eq!(column.value(1).as_array().map(|array| array.len()), Some(0));
        assert_eq!(column.value(2), Value::Null);
        assert_eq!(
            corners.keys().iter().map(Key::to_string).collect::<Vec<_>>(),
            ["height", "width", "bbox"]
        );
        let none = ds.select(["height"]).unwrap().with_boxes(BoxForm::COCO).unwrap_err();
        assert_eq!(none.kind(), ErrorKind::Key);
    }
}
