//! [`Picture`]: an encoded image with its caption, such as one of the worst detections drawn.
//!
//! Invariant: the bytes are carried unchanged; what they are is read off their first bytes. A page shows PNG, JPEG,
//! GIF and WebP, and writes the caption alone for anything else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::figure::Figure;

/// An image file and what is said under it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// What it is: a file name, an image id.
    pub caption: String,
    /// The number for which it is shown, such as its F1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figure: Option<Figure>,
    /// The file: PNG or JPEG. In JSON as base64.
    #[serde(serialize_with = "write", deserialize_with = "read")]
    pub bytes: Vec<u8>,
}

impl Picture {
    /// A file with its caption.
    pub fn new(caption: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Picture {
        Picture { caption: caption.into(), figure: None, bytes: bytes.into() }
    }

    /// The same picture with the number for which it is shown.
    #[must_use]
    pub fn figure(self, figure: Figure) -> Picture {
        Picture { figure: Some(figure), ..self }
    }

    /// `image/png` and the like; `None` if browsers would not show it.
    pub fn media_type(&self) -> Option<&'static str> {
        match self.bytes.as_slice() {
            [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
            [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
            [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
            _ => None,
        }
    }
}

fn write<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(bytes))
}

fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
}
