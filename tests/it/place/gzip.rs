//! Compressed tar archives: any member in any order, and streams that are damaged or made to do harm.

use std::io::Read;

use lensframe::error::ErrorKind;
use lensframe::job::Job;
use lensframe::place::{Limits, Tree, TreeKind};

use super::pack::{self, File, block, opened, paths};

/// 20 MB in 220 files of all sizes, among them some longer than the distance between restart points.
fn many() -> Vec<pack::Member> {
    let mut state = 1_u32;
    let mut next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 8
    };
    (0..220)
        .map(|n| {
            let length = match n % 20 {
                0 => 1_500_000,
                odd if odd % 2 == 1 => next() % 3000,
                _ => next() % 60_000,
            };
            let folder = ["xml", "jpg", "png"][n % 3];
            // Half noise, half text: both kinds of DEFLATE blocks.
            let byte =
                |at: u32| if (at / 5000).is_multiple_of(2) { (next() & 0xff) as u8 } else { (at % 61) as u8 };
            (format!("{folder}/{n:03}"), (0..length).map(byte).collect())
        })
        .collect()
}

/// The member's bytes cut from the stream as it expands whole.
fn plain_twin(archive: &[u8], tree: &Tree, path: &str) -> Vec<u8> {
    let mut whole = Vec::new();
    flate2::read::MultiGzDecoder::new(archive).read_to_end(&mut whole).unwrap();
    let start = tree.position(path).unwrap() as usize;
    whole[start..start + tree.bytes(path).unwrap() as usize].to_vec()
}

#[test]
fn members_in_any_order_are_those_of_the_stream_expanded_whole() {
    let members = many();
    let archive = pack::gz(&pack::tar(&members));
    let (_file, tree) = opened(&archive, &Job::new());
    assert_eq!(tree.kind(), TreeKind::TarGz);
    for (path, bytes) in members.iter().step_by(70) {
        assert!(plain_twin(&archive, &tree, path) == *bytes);
    }
    let count = members.len();
    // Forwards, backwards, and here and there.
    let orders: [Box<dyn Fn(usize) -> usize>; 3] =
        [Box::new(|n| n), Box::new(move |n| count - 1 - n), Box::new(move |n| n * 97 % count)];
    for order in orders {
        for n in 0..count {
            let (path, bytes) = &members[order(n)];
            assert!(tree.read(path).unwrap().as_slice() == bytes, "{path}");
        }
    }
}

#[test]
fn walks_through_several_folders_at_once_give_the_same_bytes() {
    let members = many();
    let (_file, tree) = opened(&pack::gz(&pack::tar(&members)), &Job::new());
    let folder = |name: &str| members.iter().filter(|(path, _)| path.starts_with(name)).collect::<Vec<_>>();
    let (xml, jpg, png) = (folder("xml"), folder("jpg"), folder("png"));
    for ((a, b), c) in xml.iter().zip(&jpg).zip(&png) {
        for (path, bytes) in [a, b, c] {
            assert!(tree.read(path).unwrap().as_slice() == bytes, "{path}");
        }
    }
}

#[test]
fn several_gzip_members_and_their_header_fields_are_one_stream() {
    let tar = pack::tar(&pack::little());
    let (head, rest) = tar.split_at(300_000);
    let mut named = flate2::GzBuilder::new()
        .filename("a.tar")
        .comment("c")
        .extra(vec![1, 2, 3])
        .write(Vec::new(), flate2::Compression::none());
    std::io::Write::write_all(&mut named, head).unwrap();
    let bytes = [named.finish().unwrap(), pack::gz(b""), pack::gz(rest)].concat();
    let (_file, tree) = opened(&bytes, &Job::new());
    for (path, bytes) in pack::little().iter().filter(|(path, _)| !path.ends_with('/')) {
        assert!(tree.read(path).unwrap().as_slice() == bytes, "{path}");
    }
    // Zeros behind the stream are padding; anything else is told.
    for (after, warnings) in [(vec![0; 100], 0), (b"garbage".to_vec(), 1)] {
        let job = Job::new();
        let (_file, again) = opened(&[bytes.clone(), after].concat(), &job);
        assert_eq!(paths(&again), paths(&tree));
        assert_eq!(job.warnings().count("place.trailing"), warnings);
    }
}

#[test]
fn a_damaged_or_incomplete_stream_is_an_error_that_names_the_byte() {
    let whole = pack::gz(&pack::tar(&many()[..30]));
    for (at, name) in [(whole.len() - 8, "checksum"), (whole.len() - 1, "length")] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        let e = File::of(&bytes).open(&Job::new()).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Format, "{name}");
        assert!(e.to_string().contains("checksum"), "{e}");
    }
    for length in [whole.len() - 1, whole.len() - 9, whole.len() / 2, 3000] {
        let e = File::of(&whole[..length]).open(&Job::new()).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Format);
        assert!(e.to_string().contains("byte") && e.to_string().contains("too early"), "{length} {e}");
    }
    for at in (1000..whole.len()).step_by(whole.len() / 20) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        assert_eq!(File::of(&bytes).open(&Job::new()).unwrap_err().kind(), ErrorKind::Format, "{at}");
    }
}

#[test]
fn a_bomb_is_refused_as_soon_as_it_shows() {
    // 1 GiB of zeros, of which only what the limit allows is expanded.
    let mut header = block(b"bomb", b'0', b"", b"");
    header[124..136].copy_from_slice(b"10000000000\0");
    pack::seal(&mut header);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::copy(&mut header.as_slice(), &mut encoder).unwrap();
    std::io::copy(&mut std::io::repeat(0).take(100 << 20), &mut encoder).unwrap();
    let file = File::of(&encoder.finish().unwrap());
    let e = file.open(&Job::new()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Limit);
    assert!(e.to_string().contains("times its size"), "{e}");
    let few = Limits { total_bytes: 10 << 20, ..Limits::default() };
    let e = file.open_within(few).unwrap_err();
    assert!(e.to_string().contains("more than 10485760 bytes"), "{e}");

    let fair = File::of(&pack::gz(&pack::tar(&[("zeros".to_owned(), vec![0; 3 << 20])])));
    assert_eq!(fair.open(&Job::new()).unwrap().read("zeros").unwrap().len(), 3 << 20);
    let small = Limits { member_bytes: 1 << 20, ..Limits::default() };
    assert_eq!(fair.open_within(small).unwrap().read("zeros").unwrap_err().kind(), ErrorKind::Limit);
}
