//! The door to pixels: [`Dataset::image`].
//!
//! A dataset holds image files as they were found, or where they are; nothing is decoded until a row's picture
//! is asked for here.

use arrow_buffer::Buffer;

use super::keys::{KeyIndex, KeySelection, Selector};
use super::rows::Rows;
use super::source::{Access, Source};
use super::value::Value;
use super::view::Dataset;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::image::{Alpha, Decode, Decoded, Pixels, decode};

impl Dataset {
    /// The picture of a row: key `img`, RGB, upright unless the row's `orientation` is `ignore`, which means that
    /// its annotations lie on the picture as it is stored. Transparent pictures are laid over white, damaged
    /// ones refused; [`Dataset::image_with`] says otherwise.
    ///
    /// # Errors
    /// As [`Dataset::image_with`].
    pub fn image(&self, row: usize) -> Result<Pixels> {
        let said = match self.keys().find("orientation") {
            Ok(key) => self.value_at(row, key)?,
            Err(_) => Value::Null,
        };
        let upright = said.as_text() != Some("ignore");
        let options = Decode { alpha: Alpha::White, upright, ..Decode::default() };
        Ok(self.image_with(row, "img", &options)?.pixels)
    }

    /// The picture in an image key of a row, decoded as the options say.
    ///
    /// # Errors
    /// As [`Dataset::image_file`], and as [`decode`].
    pub fn image_with(&self, row: usize, key: impl Into<Selector>, options: &Decode) -> Result<Decoded> {
        let key = self.image_key(key.into())?;
        let file = self.image_file_at(row, key)?;
        decode(&file, options).at(|| self.place(row, key))
    }

    /// The file in an image key of a row: the bytes stored, else those of the file its path leads to.
    ///
    /// # Errors
    /// [`ErrorKind::Key`] for an unknown key, [`ErrorKind::Index`] for a row past the end, [`ErrorKind::Type`]
    /// for a key that holds no images, [`ErrorKind::NotFound`] for a row that has no image or whose path leads
    /// nowhere; those of reading.
    pub fn image_file(&self, row: usize, key: impl Into<Selector>) -> Result<Buffer> {
        let key = self.image_key(key.into())?;
        self.image_file_at(row, key)
    }

    fn image_key(&self, key: Selector) -> Result<KeyIndex> {
        let (_, chosen) = self.keys().select(&KeySelection::One(key))?;
        chosen.first().copied().ok_or_else(|| Error::new(ErrorKind::Key, "no key was named"))
    }

    fn image_file_at(&self, row: usize, key: KeyIndex) -> Result<Buffer> {
        self.file_of(row, key, &self.value_at(row, key)?)
    }

    fn value_at(&self, row: usize, key: KeyIndex) -> Result<Value> {
        let batch = self.read(&Rows::one(row as u64), &[key], &Access::default())?.whole()?;
        Ok(batch.columns.first().map_or(Value::Null, |column| column.value(0)))
    }

    /// The file of an image value that was read from this row and key.
    ///
    /// # Errors
    /// As [`Dataset::image_file`].
    pub fn file_of(&self, row: usize, key: KeyIndex, value: &Value) -> Result<Buffer> {
        let absent = |what: &str| Error::new(ErrorKind::NotFound, what).at(self.place(row, key));
        match (value.member("bytes"), value.member("path")) {
            (Some(Value::Bytes(bytes)), _) => Ok(bytes.clone()),
            (_, Some(Value::Text(path))) => self.linked(row as u64, key, path)?.ok_or_else(|| {
                absent(&format!("the image is a path, '{path}', and nothing says where it begins"))
            }),
            (Some(_), Some(_)) => Err(absent("the image has neither bytes nor a path")),
            _ if value.is_null() => Err(absent("the row has no image")),
            _ => Err(Error::new(ErrorKind::Type, format!("{} is no image", value.kind_name()))
                .at(self.place(row, key))),
        }
    }

    fn place(&self, row: usize, key: KeyIndex) -> Place {
        let place = Place::area("image").row(row as u64);
        match self.keys().get(key).and_then(|key| key.name()) {
            Some(name) => place.key(name),
            None => place,
        }
    }
}
