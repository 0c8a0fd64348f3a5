//! [`LabelImage`]: height, width and the number of each pixel.
//!
//! The invariant: height and width are at least 1, there are height × width numbers, row after row, and a
//! palette has 1 to 256 colours. An index may lie beyond the palette: files have that, and the number is
//! what counts. What the numbers mean is the caller's matter.

mod decode;
mod encode;

use crate::error::{Error, ErrorKind, Place, Result};
use crate::image::palette::{Colour, ColourTable};

/// How many pixels a label image may have unless the caller says otherwise: 2^28.
pub const MAX_LABEL_PIXELS: u64 = 1 << 28;

/// A label image: (height, width) and a number a pixel. See the [front page](crate::image).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelImage {
    height: u32,
    width: u32,
    data: LabelData,
    palette: Option<Vec<Colour>>,
}

/// The pixels of a [`LabelImage`], row after row.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabelData {
    /// Indices of a palette, or gray values of 1, 2, 4 or 8 bits as they are (a 1-bit white pixel is 1).
    U8(Vec<u8>),
    /// Gray values of 16 bits.
    U16(Vec<u16>),
    /// Colours.
    Rgb(Vec<Colour>),
}

/// What [`LabelImage::to_indices`] gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indexed {
    /// An index a pixel, row after row.
    pub indices: Vec<u8>,
    /// How many pixels have no index and were given the void one.
    pub unknown: u64,
    /// The first such pixel's number: a gray value, or a colour as R + 256·G + 65536·B.
    pub first_unknown: Option<u32>,
}

/// The segment id of a colour by COCO's panoptic packing: R + 256·G + 65536·B.
///
/// ```
/// use lensframe::image::{pack_id, unpack_id};
/// assert_eq!(pack_id([1, 2, 3]), 1 + 2 * 256 + 3 * 65536);
/// assert_eq!(unpack_id(pack_id([1, 2, 3])), Some([1, 2, 3]));
/// assert_eq!(unpack_id(1 << 24), None);
/// ```
pub const fn pack_id([r, g, b]: Colour) -> u32 {
    u32::from_le_bytes([r, g, b, 0])
}

/// The colour of a segment id, the inverse of [`pack_id`]; `None` from 2^24 on.
pub const fn unpack_id(id: u32) -> Option<Colour> {
    match id.to_le_bytes() {
        [r, g, b, 0] => Some([r, g, b]),
        _ => None,
    }
}

impl LabelImage {
    /// An image of palette indices.
    ///
    /// # Errors
    /// `Usage` without a pixel or with a palette of none or more than 256 colours; `Length` if there are not
    /// height × width indices.
    pub fn indexed(size: (u32, u32), indices: Vec<u8>, palette: Vec<Colour>) -> Result<LabelImage> {
        if palette.is_empty() || palette.len() > 256 {
            let what = format!("a palette of {} colours, where there are 1 to 256", palette.len());
            return Err(Error::new(ErrorKind::Usage, what).at(Place::area("image")));
        }
        LabelImage::new(size, LabelData::U8(indices), Some(palette))
    }

    /// An image of gray values of 8 bits. Errors as [`LabelImage::indexed`].
    pub fn gray8(size: (u32, u32), values: Vec<u8>) -> Result<LabelImage> {
        LabelImage::new(size, LabelData::U8(values), None)
    }

    /// An image of gray values of 16 bits. Errors as [`LabelImage::indexed`].
    pub fn gray16(size: (u32, u32), values: Vec<u16>) -> Result<LabelImage> {
        LabelImage::new(size, LabelData::U16(values), None)
    }

    /// An image of colours. Errors as [`LabelImage::indexed`].
    pub fn rgb(size: (u32, u32), colours: Vec<Colour>) -> Result<LabelImage> {
        LabelImage::new(size, LabelData::Rgb(colours), None)
    }

    /// An image of segment ids, each as the colour of [`unpack_id`].
    ///
    /// # Errors
    /// `Limit` if an id is 2^24 or more; else as [`LabelImage::indexed`].
    pub fn from_ids(size: (u32, u32), ids: &[u32]) -> Result<LabelImage> {
        let colour = |id: &u32| {
            unpack_id(*id).ok_or_else(|| {
                let what = format!("segment id {id} does not fit three bytes of colour");
                Error::new(ErrorKind::Limit, what).at(Place::area("image")).remedy("number the segments anew")
            })
        };
        LabelImage::rgb(size, ids.iter().map(colour).collect::<Result<_>>()?)
    }

    fn new(size: (u32, u32), data: LabelData, palette: Option<Vec<Colour>>) -> Result<LabelImage> {
        let (height, width) = size;
        let pixels = u64::from(height) * u64::from(width);
        if pixels == 0 {
            let what = format!("a label image of {height}x{width} has no pixel");
            return Err(Error::new(ErrorKind::Usage, what).at(Place::area("image")));
        }
        let found = data.len();
        if u64::try_from(found).ok() != Some(pixels) {
            let what = format!("{found} numbers for a label image of {height}x{width}");
            return Err(Error::new(ErrorKind::Length, what).at(Place::area("image")));
        }
        Ok(LabelImage { height, width, data, palette })
    }

    /// Height and width.
    pub fn size(&self) -> (u32, u32) {
        (self.height, self.width)
    }

    /// The pixels in the file's own form.
    pub fn data(&self) -> &LabelData {
        &self.data
    }

    /// The colours of the indices, if the pixels are indices. May be shorter than the largest index.
    pub fn palette(&self) -> Option<&[Colour]> {
        self.palette.as_deref()
    }

    /// The number of each pixel, row after row: the index, the gray value, or the colour as [`pack_id`].
    pub fn ids(&self) -> Vec<u32> {
        match &self.data {
            LabelData::U8(values) => values.iter().map(|v| u32::from(*v)).collect(),
            LabelData::U16(values) => values.iter().map(|v| u32::from(*v)).collect(),
            LabelData::Rgb(values) => values.iter().map(|v| pack_id(*v)).collect(),
        }
    }

    /// The pixels as indices of one byte: those of a palette image and gray values up to 255 as they are,
    /// colours by `table`. What has no index becomes `void` and is counted.
    pub fn to_indices(&self, table: &ColourTable, void: u8) -> Indexed {
        let (mut unknown, mut first_unknown) = (0, None);
        let mut known = |index: Option<u8>, number: u32| {
            index.unwrap_or_else(|| {
                unknown += 1;
                first_unknown.get_or_insert(number);
                void
            })
        };
        let indices = match &self.data {
            LabelData::U8(values) => values.clone(),
            LabelData::U16(values) => {
                values.iter().map(|v| known(u8::try_from(*v).ok(), u32::from(*v))).collect()
            }
            LabelData::Rgb(values) => {
                // Neighbours mostly share their colour: one look into the table a run.
                let mut last: Option<(Colour, Option<u8>)> = None;
                let mut index = |colour: Colour| match last {
                    Some((seen, index)) if seen == colour => index,
                    _ => {
                        let index = table.index(colour);
                        last = Some((colour, index));
                        index
                    }
                };
                values.iter().map(|v| known(index(*v), pack_id(*v))).collect()
            }
        };
        Indexed { indices, unknown, first_unknown }
    }
}

impl LabelData {
    fn len(&self) -> usize {
        match self {
            LabelData::U8(values) => values.len(),
            LabelData::U16(values) => values.len(),
            LabelData::Rgb(values) => values.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::voc_colormap;

    #[test]
    fn what_is_not_an_image_is_refused() {
        let kind = |r: Result<LabelImage>| r.unwrap_err().kind();
        assert_eq!(kind(LabelImage::gray8((2, 3), vec![0; 5])), ErrorKind::Length);
        assert_eq!(kind(LabelImage::gray16((0, 3), vec![])), ErrorKind::Usage);
        assert_eq!(kind(LabelImage::indexed((1, 1), vec![0], vec![])), ErrorKind::Usage);
        assert_eq!(kind(LabelImage::indexed((1, 1), vec![0], vec![[0; 3]; 257])), ErrorKind::Usage);
        assert_eq!(kind(LabelImage::from_ids((1, 2), &[1, 1 << 24])), ErrorKind::Limit);
        assert_eq!(kind(LabelImage::gray8((u32::MAX, u32::MAX), vec![])), ErrorKind::Length);
    }

    #[test]
    fn colours_become_indices_and_strangers_void() {
        let table = ColourTable::new(&voc_colormap(256));
        let colours = vec![[0, 0, 0], [128, 0, 0], [1, 2, 3], [128, 0, 0], [224, 224, 192], [9, 9, 9]];
        let found = LabelImage::rgb((2, 3), colours).unwrap().to_indices(&table, 77);
        assert_eq!(found.indices, [0, 1, 77, 1, 255, 77]);
        assert_eq!((found.unknown, found.first_unknown), (2, Some(pack_id([1, 2, 3]))));
        let found = LabelImage::gray16((1, 3), vec![7, 255, 256]).unwrap().to_indices(&table, 0);
        assert_eq!((found.indices, found.unknown, found.first_unknown), (vec![7, 255, 0], 1, Some(256)));
        let found = LabelImage::gray8((1, 2), vec![200, 3]).unwrap().to_indices(&table, 0);
        assert_eq!((found.indices, found.unknown), (vec![200, 3], 0));
    }
}
