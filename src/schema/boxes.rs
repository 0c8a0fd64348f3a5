//! The form that a key's boxes are in: x, y, w, h in pixels, unless the field says otherwise.
//!
//! Whatever reads boxes here reads that one form. A view for a trainer may have another, and its key says so in the
//! metadata entry [`BOXES`]; [`check_boxes`] keeps such numbers from being taken for what they are not.

use arrow_schema::Field;

use crate::error::{Error, ErrorKind, Place, Result};
use crate::geometry::{BoxForm, Unit};

/// The metadata entry that holds the form of a field's boxes: `xyxy`, `cxcywh relative`; absent for x, y, w, h in pixels.
pub const BOXES: &str = "lensframe.boxes";

/// What follows the layout's name if the numbers are fractions of the image's sides.
const RELATIVE: &str = " relative";

/// The form of a field's boxes.
///
/// ```
/// use lensframe::geometry::BoxForm;
/// use lensframe::schema::{boxes, field};
/// let bbox = field::object("", "bbox").unwrap();
/// assert_eq!(boxes::form_of(&bbox)?, BoxForm::COCO);
/// let bbox = boxes::in_form(&bbox, BoxForm::YOLO);
/// assert_eq!(boxes::form_of(&bbox)?, BoxForm::YOLO);
/// assert!(boxes::check_boxes(&bbox).is_err());
/// # Ok::<(), lensframe::error::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Corrupt`] if the entry says what is no form.
pub fn form_of(field: &Field) -> Result<BoxForm> {
    let Some(text) = field.metadata().get(BOXES) else { return Ok(BoxForm::COCO) };
    let (layout, unit) = match text.strip_suffix(RELATIVE) {
        Some(layout) => (layout, Unit::Relative),
        None => (text.as_str(), Unit::Pixels),
    };
    let layout = layout.parse().map_err(|_| {
        Error::new(ErrorKind::Corrupt, format!("{BOXES} is '{text}', which is no layout of boxes"))
            .at(Place::area("schema").key(field.name().clone()))
    })?;
    Ok(BoxForm { layout, unit })
}

/// The field, its boxes in this form.
pub fn in_form(field: &Field, form: BoxForm) -> Field {
    let mut metadata = field.metadata().clone();
    match form {
        BoxForm::COCO => metadata.remove(BOXES),
        form => metadata.insert(BOXES.to_owned(), name(form)),
    };
    field.clone().with_metadata(metadata)
}

/// Fails for boxes in another form than x, y, w, h in pixels: for whatever reads them as that.
///
/// # Errors
/// [`ErrorKind::Type`] for another form; those of [`form_of`].
pub fn check_boxes(field: &Field) -> Result<()> {
    match form_of(field)? {
        BoxForm::COCO => Ok(()),
        form => Err(Error::new(
            ErrorKind::Type,
            format!("boxes are {} here, not x, y, w, h in pixels", name(form)),
        )
        .at(Place::none().key(field.name().clone()))
        .remedy("use the view as it is before with_boxes, or with_boxes(xywh) of this one")),
    }
}

fn name(form: BoxForm) -> String {
    let unit = if form.unit == Unit::Relative { RELATIVE } else { "" };
    format!("{}{unit}", form.layout)
}
