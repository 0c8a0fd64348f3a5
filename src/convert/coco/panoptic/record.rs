//! The row keys of panoptic records: which of the file's it is, its file name, its other members.

use arrow_array::ArrayRef;
use arrow_array::types::Int64Type;
use arrow_schema::{DataType, Field};

use crate::convert::coco::annotation::name_text;
use crate::convert::coco::extra::{ABSENT, DECLARED, Extra};
use crate::convert::coco::ids::{IdToken, read_id};
use crate::convert::column::{Plain, Texts};
use crate::convert::json::Cursor;
use crate::error::Result;
use crate::schema::field;

/// How many lists and objects are around a member's value: the file, its list, the record.
const DEPTH: usize = 3;

/// The row keys, in the order in which columns come.
pub(in crate::convert::coco) const KEYS: [&str; 3] =
    ["panoptic.record", "panoptic.file_name", "panoptic.extra"];

/// The fields, in the order of [`KEYS`].
pub(in crate::convert::coco) fn fields() -> Vec<Field> {
    let types = [DataType::Int64, DataType::Utf8, DataType::Utf8];
    KEYS.iter().zip(types).map(|(key, ty)| field::row_of(key, ty)).collect()
}

/// The columns of [`KEYS`].
#[derive(Debug)]
pub(in crate::convert::coco) struct RecordColumns {
    record: Plain<i64>,
    file_name: Texts,
    extra: Texts,
    scratch: Extra,
}

impl RecordColumns {
    pub(in crate::convert::coco) fn new() -> RecordColumns {
        RecordColumns {
            record: Plain::new(),
            file_name: Texts::new(),
            extra: Texts::new(),
            scratch: Extra::default(),
        }
    }

    pub(in crate::convert::coco) fn bytes(&self) -> usize {
        self.record.bytes() + self.file_name.bytes() + self.extra.bytes()
    }

    /// A row without a record.
    pub(in crate::convert::coco) fn push_null(&mut self) {
        self.record.push(None);
        self.file_name.push_null();
        self.extra.push_null();
    }

    /// Reads the record at the cursor, number `record` of its file.
    ///
    /// # Errors
    /// Those of the text.
    pub(in crate::convert::coco) fn read(&mut self, json: &mut Cursor<'_>, record: usize) -> Result<()> {
        let mut file_name = None;
        json.expect(b'{', "a record")?;
        let mut more = !json.eat(b'}');
        while more {
            json.space();
            let name_at = json.at();
            let name = json.key()?.decode()?;
            json.space();
            match (&*name, json.peek()) {
                ("segments_info", _) => drop(json.copy_value(None, DEPTH)?),
                ("image_id", _) => {
                    let start = json.at();
                    let plain = matches!(read_id(json), Ok((IdToken::Plain(_), _)));
                    json.seek(start);
                    if plain {
                        json.copy_value(None, DEPTH)?;
                    } else {
                        self.scratch.declare(name_text(json, name_at), json, DEPTH)?;
                    }
                }
                ("file_name", Some(b'"')) => file_name = Some(json.text()?.decode()?.into_owned()),
                ("file_name" | DECLARED | ABSENT, _) => {
                    self.scratch.declare(name_text(json, name_at), json, DEPTH)?;
                }
                _ => self.scratch.member(name_text(json, name_at), json, DEPTH)?,
            }
            more = json.more(b'}', "a record")?;
        }
        self.record.push(i64::try_from(record).ok());
        match &file_name {
            Some(name) => self.file_name.push(name)?,
            None => self.file_name.push_null(),
        }
        self.scratch.finish(&mut self.extra)
    }

    /// The columns, in the order of [`KEYS`], empty again.
    pub(in crate::convert::coco) fn finish(&mut self) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.record.finish::<Int64Type>()?, self.file_name.finish()?, self.extra.finish()?])
    }
}
