//! One annotation through the columns and back, without a store: for small files, tests and fuzzing.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::Schema;

use super::classes::{Classes, VOID};
use super::export::annotation_text;
use super::images::{About, ImageColumns};
use super::objects::ObjectColumns;
use super::plan::Plan;
use super::residue::{Head, PartEntry, Residue};
use super::shape::Flat;
use super::survey::Survey;
use super::xml::Document;
use crate::convert::{Coords, OnError};
use crate::dataset::{Dataset, Table};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::job::Job;

/// What an export writes of what an import stores of this annotation: equal to it as an XML value.
///
/// ```
/// use lensframe::{convert::{Coords, voc}, job::Job};
/// let text = b"<annotation><object><name>cat</name><bndbox><xmin>1</xmin></bndbox></object></annotation>";
/// let again = voc::rewrite(text, Coords::Voc, &Job::new())?;
/// let read = |text: &[u8]| voc::xml::Document::parse(text, "a.xml", &Job::new());
/// assert!(read(&again)?.root() == read(text)?.root());
/// # Ok::<(), lensframe::error::Error>(())
/// ```
///
/// # Errors
/// As [`super::import`], for the text.
pub fn rewrite(bytes: &[u8], coords: Coords, job: &Job) -> Result<Vec<u8>> {
    let document = Document::parse(bytes, "memory.xml", job)?;
    let Some(root) = document.root().filter(|root| root.name() == "annotation") else {
        return Err(Error::new(ErrorKind::Format, "the root element is not 'annotation'")
            .at(Place::area("voc").file(Path::new("memory.xml"))));
    };
    let flat = Flat::annotation(root);
    let mut survey = Survey::default();
    survey.add(&flat);
    let classes = Classes::of(&survey.names, None, job)?;
    let plan = Plan::new(&survey, classes.table.clone(), coords, OnError::Keep);
    let mut images = ImageColumns::new(&plan);
    images.push(&About { id: "memory", ..About::default() }, Some(&flat), &plan, |_| Ok(None))?;
    let mut objects = ObjectColumns::new(&plan);
    for object in &flat.objects {
        let object = Flat::object(*object);
        let values = ObjectColumns::values(&object, &plan);
        objects.push(&object, &values, &plan)?;
    }
    objects.end_row(true)?;
    let object_fields = plan.object_fields();
    let mut columns = images.finish()?;
    columns.extend(objects.finish(&object_fields)?);
    let mut fields = plan.row_fields();
    fields.extend(object_fields);
    let options = RecordBatchOptions::new().with_row_count(Some(1));
    let batch = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
        .at(|| Place::area("voc"))?;
    let ds = Dataset::new(Table::from_batches(&[batch])?.with_classes("", classes.table));
    let part = PartEntry { annotations: Some(String::new()), ..PartEntry::default() };
    let head = Head::of(&plan, vec![part], &classes.palette, VOID);
    // As it is stored: text.
    let mut text = Vec::new();
    super::residue::begin(&mut text, &head)?;
    super::residue::end(&mut text)?;
    let residue: Residue = super::residue::read(&text)?;
    annotation_text(&ds, &residue, job)
}
