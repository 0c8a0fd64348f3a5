//! Headers written byte by byte.

/// A JPEG's start marker, these segments of (marker, contents), and a scan without pixels.
pub(super) fn jpeg(segments: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8];
    for (marker, contents) in segments {
        file.extend([0xff, *marker]);
        file.extend((contents.len() as u16 + 2).to_be_bytes());
        file.extend(contents);
    }
    file.extend([0xff, 0xda, 0, 2, 0xff, 0xd9]);
    file
}

/// A frame segment of (height, width) whose components have these ids.
pub(super) fn frame(marker: u8, (height, width): (u16, u16), ids: &[u8]) -> (u8, Vec<u8>) {
    let mut contents = vec![8];
    contents.extend(height.to_be_bytes());
    contents.extend(width.to_be_bytes());
    contents.push(ids.len() as u8);
    contents.extend(ids.iter().flat_map(|id| [*id, 0x11, 0]));
    (marker, contents)
}

/// An EXIF segment around a TIFF structure.
pub(super) fn exif(structure: &[u8]) -> (u8, Vec<u8>) {
    (0xe1, [b"Exif\0\0", structure].concat())
}

/// An Adobe segment with this transform.
pub(super) fn adobe(transform: u8) -> (u8, Vec<u8>) {
    (0xee, [b"Adobe\0\x64\0\0\0\0".as_slice(), &[transform]].concat())
}

pub(super) fn jfif() -> (u8, Vec<u8>) {
    (0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec())
}

/// A TIFF structure of one directory with these entries of (tag, type, count, value or position).
pub(super) fn tiff(little: bool, entries: &[(u16, u16, u32, u32)]) -> Vec<u8> {
    tiff_at(little, 8, entries)
}

/// A TIFF structure whose directory lies at `at`.
pub(super) fn tiff_at(little: bool, at: u32, entries: &[(u16, u16, u32, u32)]) -> Vec<u8> {
    let short = |n: u16| if little { n.to_le_bytes() } else { n.to_be_bytes() };
    let long = |n: u32| if little { n.to_le_bytes() } else { n.to_be_bytes() };
    let mut file = if little { b"II".to_vec() } else { b"MM".to_vec() };
    file.extend(short(42));
    file.extend(long(at));
    file.resize(at as usize, 0);
    file.extend(short(entries.len() as u16));
    for (tag, kind, count, value) in entries {
        file.extend(short(*tag));
        file.extend(short(*kind));
        file.extend(long(*count));
        if *kind == 3 && *count == 1 {
            file.extend(short(*value as u16));
            file.extend([0, 0]);
        } else {
            file.extend(long(*value));
        }
    }
    file.extend(long(0));
    file
}

/// A BigTIFF of one directory with these entries.
pub(super) fn big_tiff(entries: &[(u16, u16, u64, u64)]) -> Vec<u8> {
    let mut file = b"MM\0\x2b\0\x08\0\0\0\0\0\0\0\0\0\x10".to_vec();
    file.extend((entries.len() as u64).to_be_bytes());
    for (tag, kind, count, value) in entries {
        file.extend(tag.to_be_bytes());
        file.extend(kind.to_be_bytes());
        file.extend(count.to_be_bytes());
        match kind {
            3 => file.extend([(*value as u16).to_be_bytes().as_slice(), &[0; 6]].concat()),
            _ => file.extend(value.to_be_bytes()),
        }
    }
    file.extend(0_u64.to_be_bytes());
    file
}

/// A chunk of PNG.
pub(super) fn chunk(name: &[u8; 4], contents: &[u8]) -> Vec<u8> {
    let named = [name.as_slice(), contents].concat();
    let length = contents.len() as u32;
    [&length.to_be_bytes(), named.as_slice(), &crc32fast::hash(&named).to_be_bytes()].concat()
}

/// A PNG of (height, width) with these chunks before pixels that are not there.
pub(super) fn png((height, width): (u32, u32), depth: u8, kind: u8, chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([depth, kind, 0, 0, 0]);
    let mut file = [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &header)].concat();
    file.extend(chunks.concat());
    file.extend(chunk(b"IDAT", &[]));
    file
}

/// The header of a bitmap of this version (by its length), without pixels.
pub(super) fn bmp(length: u32, (height, width): (i32, i32), bits: u16, compression: u32) -> Vec<u8> {
    let mut file = b"BM\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    file.extend(length.to_le_bytes());
    if length < 16 {
        file.extend([width as u16, height as u16, 1, bits].iter().flat_map(|n| n.to_le_bytes()));
    } else {
        file.extend([width, height].iter().flat_map(|n| n.to_le_bytes()));
        file.extend([1, bits].iter().flat_map(|n| n.to_le_bytes()));
        file.extend(compression.to_le_bytes());
    }
    file.resize(14 + length as usize, 0);
    file
}

/// An extended WebP with these flags, a canvas of (height, width) and these chunks.
pub(super) fn webp(flags: u8, (height, width): (u32, u32), chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let side = |n: u32| (n - 1).to_le_bytes()[..3].to_vec();
    let header = [vec![flags, 0, 0, 0], side(width), side(height)].concat();
    let mut file = b"RIFF\0\0\0\0WEBP".to_vec();
    for (name, contents) in [(b"VP8X", header)].iter().chain(chunks) {
        file.extend(*name);
        file.extend((contents.len() as u32).to_le_bytes());
        file.extend(contents);
        file.resize(file.len().next_multiple_of(2), 0);
    }
    file
}

/// The contents of a lossless chunk of (height, width) without pixels.
pub(super) fn lossless((height, width): (u32, u32), alpha: bool) -> Vec<u8> {
    let bits = (width - 1) | (height - 1) << 14 | u32::from(alpha) << 28;
    [&[0x2f], bits.to_le_bytes().as_slice()].concat()
}

/// A GIF: canvas of (height, width), these blocks, a frame of (left, top, width, height) and `after` its pixels.
pub(super) fn gif((h, w): (u16, u16), blocks: &[u8], frame: [u16; 4], after: &[u8]) -> Vec<u8> {
    let short = |numbers: &[u16]| numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
    let head = [b"GIF89a".to_vec(), short(&[w, h]), vec![0x80, 0, 0, 0, 0, 0, 255, 255, 255]].concat();
    let frame = [b",".to_vec(), short(&frame), vec![0, 2, 2, 0x4c, 1, 0]].concat();
    [&head, blocks, &frame, after].concat()
}
