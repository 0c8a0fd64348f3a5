//! What a file that is no image of ours looks like, for the sentence that says so.

use super::reader::fault;
use crate::error::{Error, ErrorKind};

/// First bytes, and what a file that has them is. The first that fits counts.
const MAGIC: &[(&[u8], &str)] = &[
    (b"version https://git-lfs", "a Git LFS pointer"),
    (b"%PDF", "a PDF document"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"8BPS", "a Photoshop document"),
    (b"qoif", "a QOI picture"),
    (b"\x76\x2f\x31\x01", "an OpenEXR picture"),
    (b"#?RADIANCE", "a Radiance HDR picture"),
    (b"DDS ", "a DirectDraw texture"),
    (b"SIMPLE  =", "a FITS file"),
    (b"\0\0\x01\0", "a Windows icon"),
    (b"\x8aMNG", "an MNG animation"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"RIFF", "a RIFF file (sound or video)"),
    (b"\x1aE\xdf\xa3", "a Matroska video"),
];

/// The brands of ISO media files (`ftyp` boxes) that are pictures.
const BRANDS: &[(&[u8], &str)] = &[
    (b"avi", "an AVIF picture"),
    (b"he", "a HEIC picture"),
    (b"mif1", "a HEIC or AVIF picture"),
    (b"msf1", "a HEIC or AVIF sequence"),
    (b"crx", "a Canon raw photograph"),
];

/// What the first bytes look like, if they look like something.
fn looks_like(head: &[u8]) -> Option<&'static str> {
    if let Some(brand) = head.get(4..).and_then(|rest| rest.strip_prefix(b"ftyp")) {
        let known = BRANDS.iter().find(|(start, _)| brand.starts_with(start));
        return Some(known.map_or("an MP4 video", |(_, name)| name));
    }
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(name);
    }
    if head.iter().all(|byte| *byte == 0) {
        return Some("nothing but zeros");
    }
    if let [b'P', b'1'..=b'7', b'\n' | b' ' | b'\t' | b'\r', ..] = head {
        return Some("a Netpbm picture");
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start().to_ascii_lowercase();
    if text.starts_with(b"<!doctype html") || text.starts_with(b"<html") || text.starts_with(b"<head") {
        return Some("a web page");
    }
    if text.starts_with(b"<svg") {
        return Some("an SVG drawing");
    }
    if text.starts_with(b"<?xml") || text.starts_with(b"<error") {
        return Some("an XML document");
    }
    let plain = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    (!text.is_empty() && text.iter().all(plain)).then_some("text")
}

/// True unless the bytes are known to be something else: zeros or the head of a message may come before a JPEG.
pub(super) fn may_hide_a_jpeg(head: &[u8]) -> bool {
    looks_like(head).is_none_or(|name| name == "nothing but zeros" || name == "text")
}

/// The error for a file with these first bytes.
pub(super) fn refusal(head: &[u8]) -> Error {
    let known = "JPEG, PNG, WebP, BMP, TIFF and GIF are read";
    let Some(name) = looks_like(head) else {
        let first: Vec<String> = head.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let what = format!("this is no image file: it begins with the bytes {}", first.join(" "));
        return fault(ErrorKind::Format, what).remedy(known);
    };
    let picture = [
        "picture",
        "photograph",
        "sequence",
        "drawing",
        "icon",
        "texture",
        "PDF document",
        "Photoshop document",
    ];
    let kind = match picture.iter().any(|word| name.ends_with(word)) {
        true => ErrorKind::Unsupported,
        false => ErrorKind::Format,
    };
    let remedy = match name {
        "a Git LFS pointer" => "run `git lfs pull` to fetch the file itself".to_owned(),
        "a web page" | "an XML document" | "text" => {
            "what it was fetched from answered with a message; read it and fetch the file again".to_owned()
        }
        "nothing but zeros" => "it was never written to its end; fetch or copy it again".to_owned(),
        _ => format!("{known}; convert it to one of them"),
    };
    fault(kind, format!("this is {name}")).remedy(remedy)
}
