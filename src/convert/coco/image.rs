//! The row columns of the light group, filled from image records.

use arrow_array::ArrayRef;
use arrow_array::types::{Int32Type, Int64Type};

use crate::convert::json::{Cursor, Form};
use crate::error::Result;

use super::annotation::{last_positions, name_text};
use super::extra::Extra;
use super::ids::{IdToken, read_id};
use super::members::Expected;
use super::plan::{FilePlan, ImageMember, ImagePlan};
use super::style::Fit;
use crate::convert::column::IdColumn;
use crate::convert::column::{Plain, Scalars, Texts};
use crate::convert::photos::Sides;

/// How many lists and objects are around a member's value: the file, its list, the record.
const DEPTH: usize = 3;

/// The row columns.
#[derive(Debug)]
pub(super) struct ImageColumns {
    rows: usize,
    image_id: IdColumn,
    described: Option<Described>,
    split: Option<Texts>,
    attrs: Vec<Scalars>,
    extra: Texts,
    scratch: Extra,
    expected: Expected,
    /// The file name of the row read last.
    file_name: Option<String>,
    size: (Option<i32>, Option<i32>),
}

#[derive(Debug)]
struct Described {
    file_name: Texts,
    height: Plain<i32>,
    width: Plain<i32>,
}

impl ImageColumns {
    pub(super) fn new(plan: &ImagePlan) -> ImageColumns {
        let described = || Described { file_name: Texts::new(), height: Plain::new(), width: Plain::new() };
        ImageColumns {
            rows: 0,
            image_id: IdColumn::new(plan.ids),
            described: plan.described.then(described),
            split: plan.split.then(Texts::new),
            attrs: plan.attrs.iter().map(|(_, scalar)| Scalars::new(*scalar)).collect(),
            extra: Texts::new(),
            scratch: Extra::default(),
            expected: Expected::default(),
            file_name: None,
            size: (None, None),
        }
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// How many bytes the builders hold, about.
    pub(super) fn bytes(&self) -> usize {
        self.image_id.bytes()
            + self.described.as_ref().map_or(0, |d| d.file_name.bytes() + 8 * d.height.len())
            + self.attrs.iter().map(Scalars::bytes).sum::<usize>()
            + self.extra.bytes()
    }

    /// The file name of the row read last, if it has one.
    pub(super) fn file_name(&self) -> Option<&str> {
        self.file_name.as_deref()
    }

    /// (height, width) of the row read last, if both are declared.
    pub(super) fn size(&self) -> Option<(i32, i32)> {
        self.size.0.zip(self.size.1)
    }

    /// What is declared of the (height, width) of the row read last.
    pub(super) fn declared(&self) -> Sides {
        self.size
    }

    /// Reads the row whose image record is at the cursor; [`ImageColumns::close`] ends it.
    pub(super) fn read(&mut self, json: &mut Cursor<'_>, file: &FilePlan<'_>) -> Result<()> {
        let last = if file.images_repeat { Some(last_positions(json.clone(), file.images)?.0) } else { None };
        self.expected.begin();
        self.file_name = None;
        self.size = (None, None);
        json.expect(b'{', "an image")?;
        let mut more = !json.eat(b'}');
        while more {
            json.space();
            let name_at = json.at();
            let name = file.images.find(json, &mut self.expected)?;
            json.space();
            let start = json.at();
            if last.as_ref().is_some_and(|last| last.get(name).is_some_and(|at| *at != start)) {
                json.copy_value(None, DEPTH)?;
            } else {
                self.member(json, file.image_member(name), name_at, start)?;
            }
            more = json.more(b'}', "an image")?;
        }
        Ok(())
    }

    fn member(
        &mut self,
        json: &mut Cursor<'_>,
        member: ImageMember,
        name_at: usize,
        start: usize,
    ) -> Result<()> {
        let fit = match (member, &mut self.described) {
            (ImageMember::Id, _) => match read_id(json)?.0 {
                IdToken::Plain(id) if self.image_id.push(Some(&id))? => Fit::Exact,
                token => {
                    if let (IdToken::Float(_), Some(id)) = (&token, token.clone().id()) {
                        self.image_id.push(Some(&id))?;
                    }
                    Fit::Value
                }
            },
            (ImageMember::FileName, Some(columns)) if json.peek() == Some(b'"') => {
                let text = json.text()?.decode()?;
                columns.file_name.push(&text)?;
                self.file_name = Some(text.into_owned());
                Fit::Exact
            }
            (ImageMember::Height, Some(columns)) => {
                let (value, fit) = read_side(json);
                self.size.0 = value;
                columns.height.push(value);
                fit
            }
            (ImageMember::Width, Some(columns)) => {
                let (value, fit) = read_side(json);
                self.size.1 = value;
                columns.width.push(value);
                fit
            }
            (ImageMember::Attr(i), _) => {
                let taken = match self.attrs.get_mut(i) {
                    Some(column) => column.read(json)?,
                    None => false,
                };
                if taken {
                    return Ok(());
                }
                json.seek(start);
                return self.scratch.member(name_text(json, name_at), json, DEPTH);
            }
            (ImageMember::Extra, _) => return self.scratch.member(name_text(json, name_at), json, DEPTH),
            _ => Fit::Not,
        };
        if fit != Fit::Exact {
            json.seek(start);
            self.scratch.declare(name_text(json, name_at), json, DEPTH)?;
        }
        Ok(())
    }

    /// A row of results, of which only the id is known; [`ImageColumns::close`] ends it.
    pub(super) fn read_id_only(&mut self, id: Option<&crate::convert::column::Id>) -> Result<()> {
        self.file_name = None;
        self.size = (None, None);
        self.image_id.push(id).map(drop)
    }

    /// Ends the row. Sides that its record lacks are those of `photo`, if that is known; an export leaves them out.
    pub(super) fn close(&mut self, split: Option<&str>, photo: Option<(u32, u32)>) -> Result<()> {
        let n = self.rows;
        if self.image_id.len() == n {
            self.image_id.push(None)?;
        }
        if let Some(columns) = &mut self.described {
            if columns.file_name.len() == n {
                columns.file_name.push_null();
            }
            let (height, width) = photo.unzip();
            for (name, column, size, photo) in [
                ("height", &mut columns.height, &mut self.size.0, height),
                ("width", &mut columns.width, &mut self.size.1, width),
            ] {
                if column.len() == n {
                    *size = photo.and_then(|side| i32::try_from(side).ok());
                    column.push(*size);
                    size.iter().for_each(|_| self.scratch.absent(name));
                }
            }
        }
        match (&mut self.split, split) {
            (Some(column), Some(split)) => column.push(split)?,
            (Some(column), None) => column.push_null(),
            (None, _) => {}
        }
        for column in self.attrs.iter_mut().filter(|c| c.len() == n) {
            column.push_null();
        }
        self.scratch.finish(&mut self.extra)?;
        self.rows += 1;
        Ok(())
    }

    /// The columns, in the order of [`ImagePlan::fields`], empty again.
    pub(super) fn finish(&mut self) -> Result<Vec<ArrayRef>> {
        let mut columns = vec![self.image_id.finish()?];
        if let Some(d) = &mut self.described {
            columns.push(d.file_name.finish()?);
        }
        if let Some(c) = &mut self.split {
            columns.push(c.finish()?);
        }
        if let Some(d) = &mut self.described {
            columns.push(d.height.finish::<Int32Type>()?);
            columns.push(d.width.finish::<Int32Type>()?);
        }
        for c in &mut self.attrs {
            columns.push(c.finish()?);
        }
        columns.push(self.extra.finish()?);
        self.rows = 0;
        Ok(columns)
    }
}

/// A height or width: a whole number of 32 bits.
fn read_side(json: &mut Cursor<'_>) -> (Option<i32>, Fit) {
    if let Ok(Some(value)) = json.int() {
        return match i32::try_from(value) {
            Ok(value) => (Some(value), Fit::Exact),
            Err(_) => (None, Fit::Not),
        };
    }
    match json.number() {
        Some(number) if number.form == Form::Whole && number.value.abs() < f64::from(i32::MAX) => {
            let value = format!("{:.0}", number.value).parse().ok();
            (value, if value.is_some() { Fit::Value } else { Fit::Not })
        }
        _ => (None, Fit::Not),
    }
}

/// Where a set's file lists the rows, and what it says of them otherwise than the row does.
#[derive(Debug)]
pub(super) struct Listing {
    ordinal: Plain<i64>,
    extra: Texts,
}

impl Listing {
    pub(super) fn new() -> Listing {
        Listing { ordinal: Plain::new(), extra: Texts::new() }
    }

    /// A row at this position of the file's images; `differing` is its record if it is not that of the row.
    pub(super) fn push(&mut self, ordinal: Option<usize>, differing: Option<&str>) -> Result<()> {
        self.ordinal.push(ordinal.and_then(|n| i64::try_from(n).ok()));
        match differing {
            Some(text) => self.extra.push(text),
            None => {
                self.extra.push_null();
                Ok(())
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.ordinal.bytes() + self.extra.bytes()
    }

    /// The columns, in the order of [`super::plan::listing_fields`], empty again.
    pub(super) fn finish(&mut self) -> Result<[ArrayRef; 2]> {
        Ok([self.ordinal.finish::<Int64Type>()?, self.extra.finish()?])
    }
}
