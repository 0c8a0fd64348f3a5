//! Tar archives: their variants, and those that are damaged or made to do harm.

use lensframe::error::ErrorKind;
use lensframe::job::Job;
use lensframe::place::{Limits, TreeKind};

use super::pack::{self, File, block, opened, paths};

/// The end mark.
const END: [u8; 1024] = [0; 1024];

fn archive(blocks: &[Vec<u8>]) -> Vec<u8> {
    [&blocks.concat()[..], &END].concat()
}

/// A pax header with these records before a member.
fn pax(records: &[(&str, &str)], member: &[u8]) -> Vec<u8> {
    let mut text = String::new();
    for (key, value) in records {
        // The length counts itself.
        let rest = key.len() + value.len() + 3;
        let length = (1..6).map(|digits| rest + digits).find(|n| n.to_string().len() + rest == *n).unwrap();
        text += &format!("{length} {key}={value}\n");
    }
    [block(b"pax", b'x', b"", text.as_bytes()), member.to_vec()].concat()
}

#[test]
fn long_names_are_read_in_every_dialect() {
    let long = |letter: &str| format!("{}/{}", letter.repeat(90), letter.repeat(120));
    let gnu = [
        block(b"././@LongLink", b'L', b"", format!("{}\0", long("g")).as_bytes()),
        block(b"gggg", b'0', b"", b"gnu"),
    ];
    let mut ustar = block(b"name", b'0', b"", b"ustar");
    ustar[345..345 + 6].copy_from_slice(b"prefix");
    pack::seal(&mut ustar);
    let mut old = block(b"old/", 0, b"", b"");
    old[257..265].fill(0);
    pack::seal(&mut old);
    let long_pax = format!("{}\n{}", "p".repeat(50), "q");
    let job = Job::new();
    let bytes = archive(&[
        gnu.concat(),
        ustar,
        old,
        pax(&[("path", &long("p")), ("size", "3")], &block(b"short", b'0', b"", b"pax")),
        pax(&[("comment", &long_pax), ("path", "after-newline")], &block(b"s", b'0', b"", b"n")),
        block(b"global", b'g', b"", b"15 comment=all\n"),
        block(b"plain", b'7', b"", b"contiguous"),
    ]);
    let (_file, tree) = opened(&bytes, &job);
    assert_eq!(tree.kind(), TreeKind::Tar);
    assert_eq!(tree.read(&long("g")).unwrap().as_slice(), b"gnu");
    assert_eq!(tree.read(&long("p")).unwrap().as_slice(), b"pax");
    assert_eq!(tree.read("prefix/name").unwrap().as_slice(), b"ustar");
    assert_eq!(tree.read("after-newline").unwrap().as_slice(), b"n");
    assert_eq!(tree.read("plain").unwrap().as_slice(), b"contiguous");
    assert!(tree.list("old").unwrap().is_empty());
    assert_eq!(job.warnings().total(), 0);
}

#[test]
fn links_are_followed_within_the_archive() {
    let job = Job::new();
    let bytes = archive(&[
        block(b"real/a", b'0', b"", b"there"),
        block(b"hard", b'1', b"real/a", b""),
        block(b"hard-again", b'1', b"hard", b""),
        block(b"folder", b'2', b"real", b""),
        block(b"real/b", b'2', b"../folder/a", b""),
        block(b"early", b'2', b"late", b""),
        block(b"late", b'0', b"", b"later"),
        block(b"out", b'2', b"../x", b""),
        block(b"hard-out", b'1', b"/etc/passwd", b""),
        block(b"broken", b'2', b"nowhere", b""),
        block(b"x/to_y", b'2', b"../y", b""),
        block(b"y/to_x", b'2', b"../x", b""),
        block(b"y/file", b'0', b"", b""),
        block(b"x/file", b'0', b"", b""),
    ]);
    let (_file, tree) = opened(&bytes, &job);
    let expected = [
        "early",
        "folder/",
        "folder/a",
        "folder/b",
        "hard",
        "hard-again",
        "late",
        "real/",
        "real/a",
        "real/b",
        "x/",
        "x/file",
        "x/to_y/",
        "x/to_y/file",
        "y/",
        "y/file",
        "y/to_x/",
        "y/to_x/file",
    ];
    assert_eq!(paths(&tree), expected);
    for path in ["hard", "hard-again", "folder/a", "folder/b", "real/b"] {
        assert_eq!(tree.read(path).unwrap().as_slice(), b"there", "{path}");
    }
    assert_eq!(tree.read("early").unwrap().as_slice(), b"later");
    assert_eq!(job.warnings().count("place.link-out"), 2);
    assert_eq!(job.warnings().count("place.link-broken"), 1);
}

#[test]
fn links_that_multiply_are_cut_off_as_in_a_folder() {
    let mut blocks = Vec::new();
    for level in 0..12 {
        blocks.push(block(
            format!("d{level}/l").as_bytes(),
            b'2',
            format!("../d{}", level + 1).as_bytes(),
            b"",
        ));
        blocks.push(block(format!("d{level}/f").as_bytes(), b'0', b"", b""));
    }
    blocks.push(block(b"d12/end", b'0', b"", b""));
    let (_file, tree) = opened(&archive(&blocks), &Job::new());
    assert!(tree.find("d4/l/l/l/l/l/l/l/l/end").unwrap().is_some());
    assert!(tree.find("d3/l/l/l/l/l/l/l/l/l/end").unwrap().is_none());
    assert!(paths(&tree).len() < 200);
}

#[test]
fn what_is_no_plain_file_is_left_out() {
    let job = Job::new();
    let bytes = archive(&[
        block(b"a", b'0', b"", b"a"),
        block(b"device", b'3', b"", b""),
        block(b"fifo", b'6', b"", b""),
        block(b"volume", b'V', b"", b""),
        pax(
            &[("GNU.sparse.major", "1"), ("GNU.sparse.name", "sparse")],
            &block(b"s", b'0', b"", b"1\n0\n0\n"),
        ),
        block(b"b", b'0', b"", b"b"),
    ]);
    let (_file, tree) = opened(&bytes, &job);
    assert_eq!(paths(&tree), ["a", "b"]);
    assert_eq!(job.warnings().count("place.unsupported"), 2);
}

#[test]
fn unsafe_names_are_left_out_and_the_last_of_several_members_is_taken() {
    let job = Job::new();
    let bytes = archive(&[
        block(b"/abs", b'0', b"", b""),
        block(b"../up", b'0', b"", b""),
        block(b"a\\b", b'0', b"", b""),
        block(b"\xff", b'0', b"", b""),
        block(b"./a", b'0', b"", b"first"),
        block(b"a", b'0', b"", b"second"),
        block(b"./", b'5', b"", b""),
    ]);
    let (_file, tree) = opened(&bytes, &job);
    assert_eq!(paths(&tree), ["a"]);
    assert_eq!(tree.read("a").unwrap().as_slice(), b"second");
    assert_eq!(job.warnings().count("place.unsafe-name"), 4);
    assert_eq!(job.warnings().count("place.duplicate"), 1);
}

#[test]
fn an_archive_cut_off_within_a_member_is_an_error_that_names_it() {
    for packed in [false, true] {
        let pack = |bytes: &[u8]| if packed { pack::gz(bytes) } else { bytes.to_vec() };
        let whole =
            archive(&[block(b"first", b'0', b"", &[1; 700]), block(b"second", b'0', b"", &[2; 2000])]);
        for (length, words) in [(3000, "second"), (600, "first"), (1700, "header")] {
            let e = File::of(&pack(&whole[..length])).open(&Job::new()).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Format);
            assert!(e.to_string().contains(words) && e.to_string().contains("byte"), "{e}");
        }
        let mut bytes = whole.clone();
        bytes[1536 + 3] ^= 1;
        let e = File::of(&pack(&bytes)).open(&Job::new()).unwrap_err();
        assert!(e.to_string().contains("byte 1536") && e.to_string().contains("checksum"), "{e}");
    }
}

#[test]
fn a_missing_end_and_what_follows_it_are_warnings() {
    for packed in [false, true] {
        let pack = |bytes: &[u8]| if packed { pack::gz(bytes) } else { bytes.to_vec() };
        let member = block(b"a", b'0', b"", b"x");
        let cases = [
            (member.clone(), "place.no-end"),
            ([&member[..], &[0; 512]].concat(), "place.no-end"),
            // Its last block not even filled.
            (member[..513].to_vec(), "place.no-end"),
            ([&member[..], &END, b"garbage"].concat(), "place.trailing"),
        ];
        for (bytes, code) in cases {
            let job = Job::new();
            let (_file, tree) = opened(&pack(&bytes), &job);
            assert_eq!(tree.read("a").unwrap().as_slice(), b"x");
            assert_eq!((job.warnings().count(code), job.warnings().total()), (1, 1), "{code}");
        }
    }
}

#[test]
fn a_header_that_asks_for_much_memory_is_refused() {
    let mut huge = block(b"././@LongLink", b'L', b"", b"");
    huge[124..136].copy_from_slice(b"77777777777\0");
    pack::seal(&mut huge);
    assert_eq!(File::of(&huge).open(&Job::new()).unwrap_err().kind(), ErrorKind::Limit);
    let name = "n".repeat(5000);
    let long = archive(&[pax(&[("path", &name)], &block(b"s", b'0', b"", b""))]);
    let file = File::of(&long);
    assert_eq!(file.open(&Job::new()).unwrap_err().kind(), ErrorKind::Limit);
    let limits = Limits { name_bytes: 5000, ..Limits::default() };
    assert!(file.open_within(limits).unwrap().find(&name).unwrap().is_some());
}
