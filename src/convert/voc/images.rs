//! The columns of rows, filled from annotations and what lies beside them.

use std::sync::Arc;

use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{ArrayRef, ListArray};
use arrow_buffer::NullBufferBuilder;
use arrow_schema::DataType;

use super::attrs::AttrColumns;
use super::extra::ExtraText;
use super::plan::Plan;
use super::shape::Flat;
use crate::convert::column::{Ends, Plain, Texts, item};
use crate::convert::photos::Sides;
use crate::error::Result;

/// What is known of a row beside its annotation.
#[derive(Clone, Debug, Default)]
pub(super) struct About<'a> {
    pub(super) id: &'a str,
    /// The photograph, below the folder of photographs.
    pub(super) photograph: Option<&'a str>,
    pub(super) source: Option<&'a str>,
    pub(super) split: Option<&'a str>,
    pub(super) labels: Option<&'a [i64]>,
}

/// The row columns.
#[derive(Debug)]
pub(super) struct ImageColumns {
    image_id: Texts,
    file_name: Texts,
    source: Option<Texts>,
    split: Option<Texts>,
    height: Plain<i32>,
    width: Plain<i32>,
    labels: Option<(Ends, NullBufferBuilder, Vec<i64>)>,
    attrs: AttrColumns,
    extra: Texts,
    scratch: ExtraText,
    rows: usize,
}

/// The file name that is written for a row: the last part of its path.
pub(super) fn written_name(file_name: &str) -> &str {
    file_name.rsplit('/').next().unwrap_or(file_name)
}

/// The size that a text means.
fn size(text: &str) -> Option<i32> {
    let value = super::number::read(text)?;
    // Whole numbers written as fractions are sizes too.
    (value.fract() == 0.0).then(|| format!("{value:.0}").parse().ok()).flatten()
}

fn push_text(column: &mut Texts, text: Option<&str>) -> Result<()> {
    match text {
        Some(text) => column.push(text),
        None => {
            column.push_null();
            Ok(())
        }
    }
}

impl ImageColumns {
    pub(super) fn new(plan: &Plan) -> ImageColumns {
        ImageColumns {
            image_id: Texts::new(),
            file_name: Texts::new(),
            source: plan.source.then(Texts::new),
            split: plan.split.then(Texts::new),
            height: Plain::new(),
            width: Plain::new(),
            labels: plan.image_labels.then(|| (Ends::new(), NullBufferBuilder::new(0), Vec::new())),
            attrs: AttrColumns::new(&plan.annotation_attrs),
            extra: Texts::new(),
            scratch: ExtraText::default(),
            rows: 0,
        }
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// How many bytes the builders hold, about.
    pub(super) fn held(&self) -> usize {
        self.image_id.bytes()
            + self.file_name.bytes()
            + self.extra.bytes()
            + self.attrs.bytes()
            + 16 * self.rows
    }

    /// The next row; gives its (height, width). `look` is told what is declared of it and gives that of the
    /// photograph, if it is known: an annotation without a size has this one, and an export leaves it out.
    ///
    /// # Errors
    /// Those of the columns and of `look`.
    pub(super) fn push(
        &mut self,
        about: &About<'_>,
        annotation: Option<&Flat<'_>>,
        plan: &Plan,
        look: impl FnOnce(Sides) -> Result<Option<(u32, u32)>>,
    ) -> Result<Option<(i32, i32)>> {
        let n = self.rows;
        self.rows += 1;
        self.image_id.push(about.id)?;
        if let Some(column) = &mut self.source {
            push_text(column, about.source)?;
        }
        if let Some(column) = &mut self.split {
            push_text(column, about.split)?;
        }
        if let Some((ends, valid, values)) = &mut self.labels {
            values.extend_from_slice(about.labels.unwrap_or_default());
            ends.push(values.len())?;
            valid.append(about.labels.is_some());
        }
        let (mut declared, mut height, mut width, mut sized) = (None, None, None, false);
        let leaves = annotation.into_iter().flat_map(Flat::leaves);
        for (path, leaf) in leaves {
            match path {
                "filename" => declared = Some(leaf.text),
                "size/width" => width = self.size(path, leaf.text),
                "size/height" => height = self.size(path, leaf.text),
                _ => self.attrs.take(path, leaf.text, &mut self.scratch)?,
            }
            sized |= path == "size/width" || path == "size/height";
        }
        // What is there is the name; what was declared is kept where it is another.
        let name = about.photograph.or(declared.filter(|name| !name.is_empty()));
        push_text(&mut self.file_name, name)?;
        if let Some(declared) = declared.filter(|declared| name.map(written_name) != Some(declared)) {
            self.scratch.declare("filename", declared);
        }
        if let (Some(photo), false) = (look((height, width))?, sized) {
            (height, width) = (i32::try_from(photo.0).ok(), i32::try_from(photo.1).ok());
            if annotation.is_some() {
                self.scratch.absent("size/height");
                self.scratch.absent("size/width");
            }
        }
        self.height.push(height);
        self.width.push(width);
        self.attrs.end(n);
        let shape = annotation.filter(|flat| {
            let usual = if flat.objects.is_empty() { &plan.bare_shape } else { &plan.annotation_shape };
            flat.shape != *usual
        });
        self.scratch.finish(shape.map(|flat| flat.shape.as_str()), &mut self.extra)?;
        Ok(height.zip(width))
    }

    fn size(&mut self, path: &str, text: &str) -> Option<i32> {
        let value = size(text);
        if value.map(|v| v.to_string()).as_deref() != Some(text) {
            self.scratch.declare(path, text);
        }
        value
    }

    /// The columns, in the order of [`Plan::row_fields`], empty again.
    ///
    /// # Errors
    /// Those of arrow.
    pub(super) fn finish(&mut self) -> Result<Vec<ArrayRef>> {
        self.rows = 0;
        let mut columns = vec![self.image_id.finish()?, self.file_name.finish()?];
        for column in [&mut self.source, &mut self.split].into_iter().flatten() {
            columns.push(column.finish()?);
        }
        columns.push(self.height.finish::<Int32Type>()?);
        columns.push(self.width.finish::<Int32Type>()?);
        if let Some((ends, valid, values)) = &mut self.labels {
            let values = arrow_array::PrimitiveArray::<Int64Type>::from(std::mem::take(values));
            let field = item(DataType::Int64);
            columns.push(Arc::new(ListArray::try_new(
                field,
                ends.finish(),
                Arc::new(values),
                valid.finish(),
            )?));
        }
        columns.extend(self.attrs.finish()?);
        columns.push(self.extra.finish()?);
        Ok(columns)
    }
}
