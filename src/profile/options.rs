//! [`Options`]: what is looked at, and where "suspicious" begins.

/// How much of the images is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reading {
    /// Nothing: keys alone, which is fast.
    None,
    /// The files: exact duplicates, files that are not there or whose header makes no sense, sizes that are not as
    /// declared.
    Exact,
    /// Files and pixels: near duplicates and files that do not decode as well.
    #[default]
    All,
}

/// What is looked at, and where "suspicious" begins.
///
/// ```
/// use lensframe::profile::{Options, Reading};
/// let options = Options { images: Reading::None, tiny: 4.0, ..Options::default() };
/// assert_eq!((options.distance, options.top), (6, 10));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The object set, `""` for the default set. `None`: the default set where it has keys, else the first one.
    pub set: Option<String>,
    /// How much of the images is read. Images that are not there are counted, never an error.
    pub images: Reading,
    /// In how many of 64 bits two perceptual hashes differ at most where images are near duplicates, 0 to
    /// [`Options::FARTHEST`].
    pub distance: u32,
    /// The most examples of each finding that are kept.
    pub top: usize,
    /// The most classes in the matrix of classes that are seen together: those in the most images.
    pub together: usize,
    /// A box narrower or lower than this many pixels is tiny.
    pub tiny: f64,
    /// A box whose longer side is more than this many times the shorter one is extreme.
    pub aspect: f64,
    /// By how many pixels a box may leave the image without a word: formats that count pixels from 1 are often off
    /// by one.
    pub slack: f64,
}

impl Options {
    /// The largest distance that can be asked for: the index looks for what differs in at most two of each 16 bits.
    pub const FARTHEST: u32 = 11;
}

impl Default for Options {
    fn default() -> Options {
        Options {
            set: None,
            images: Reading::All,
            distance: 6,
            top: 10,
            together: 30,
            tiny: 1.0,
            aspect: 20.0,
            slack: 1.0,
        }
    }
}
