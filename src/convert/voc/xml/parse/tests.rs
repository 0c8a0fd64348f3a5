//! What is read, what is warned of, what is refused, and in which line.

use super::*;
use crate::convert::voc::xml::Pen;

fn read(text: &[u8]) -> (String, Job) {
    let job = Job::new();
    let file = Document::parse(text, "a.xml", &job).unwrap();
    (file.root().unwrap().to_json().to_string(), job)
}

fn refused(text: &[u8]) -> String {
    Document::parse(text, "a.xml", &Job::new()).unwrap_err().to_string()
}

#[test]
fn comments_declarations_and_layout_are_no_value() {
    let text = b"<?xml version='1.0'?>\r\n<!-- c --><a>\r\n\t<b>1<!-- 2 -->3</b> <?pi?> <c/><d> </d></a>\n";
    assert_eq!(read(text).0, r#"["a",["b","13"],["c"],["d"," "]]"#);
}

#[test]
fn text_is_what_it_means_however_it_is_escaped() {
    let text = b"<a k='x &lt; &#x79;\n' j=\"'\"><![CDATA[<&>]]>&amp;&#233;\r\n\r&#13;</a>";
    assert_eq!(read(text).0, "[\"a\",{\"k\":\"x < y \",\"j\":\"'\"},\"<&>&é\\n\\n\\r\"]");
}

#[test]
fn mixed_content_keeps_its_white_space() {
    assert_eq!(read(b"<a>\n x <b/> y\n</a>").0, r#"["a","\n x ",["b"]," y\n"]"#);
}

#[test]
fn doctypes_and_unknown_entities_are_warned_of_and_not_expanded() {
    let bomb = b"<!DOCTYPE a [<!ENTITY b 'ha'><!ENTITY c '&b;&b;'>]>\n<a>\n<x>&c;</x><y k='&b;'/></a>";
    let (value, job) = read(bomb);
    assert_eq!(value, r#"["a",["x","&c;"],["y",{"k":"&b;"}]]"#);
    let warnings = job.warnings();
    assert_eq!((warnings.count("voc.doctype"), warnings.count("voc.entity")), (1, 2));
    let shown: Vec<String> = warnings.iter().flat_map(|(_, _, w)| w).map(ToString::to_string).collect();
    assert_eq!(shown[0], "voc: a.xml line 1: a doctype, of which nothing is read; ignored");
    assert_eq!(shown[1], "voc: a.xml line 3: the entity '&c;' is not known; kept as text");
    let outside = b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a>&#0;&#xD800;</a>";
    assert_eq!(read(outside).0, r#"["a","&#0;&#xD800;"]"#);
}

#[test]
fn a_bare_ampersand_is_kept() {
    let (value, job) = read(b"<a k='p & q &'>Tom & Jerry</a>");
    assert_eq!(value, r#"["a",{"k":"p & q &"},"Tom & Jerry"]"#);
    assert_eq!(job.warnings().count("voc.ampersand"), 3);
}

#[test]
fn what_is_not_xml_is_refused_in_its_line() {
    assert_eq!(refused(b""), "voc: a.xml line 1: no XML element in it");
    assert_eq!(refused(b"<a>\n<b>\n</a>").split(": ").nth(1), Some("a.xml line 3"));
    let cut = refused(b"<a>\n<b>1</b>\n<c>");
    assert_eq!(cut, "voc: a.xml line 3: the file is cut short: end tags are missing");
    assert_eq!(refused(b"<a/>\n<b/>"), "voc: a.xml line 2: a second root element");
    assert_eq!(refused(b"\nx<a/>"), "voc: a.xml line 1: text outside of the root element");
    assert_eq!(refused(b"<a(b)/>"), "voc: a.xml line 1: \"a(b)\" is not a name");
    for bad in ["<a k=1/>", "<a k='1' k='2'/>", "<a", "</a>", "<a><![CDATA[</a>", "{}", "\0\0"] {
        assert!(refused(bad.as_bytes()).starts_with("voc: a.xml line 1: "), "{bad}");
    }
}

#[test]
fn limits_are_errors_of_their_kind() {
    let deep = ["<a>".repeat(MAX_DEPTH + 1), "</a>".repeat(MAX_DEPTH + 1)].concat();
    let e = Document::parse(deep.as_bytes(), "a.xml", &Job::new()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Limit);
    let deepest = ["<a>".repeat(MAX_DEPTH), "</a>".repeat(MAX_DEPTH)].concat();
    assert!(Document::parse(deepest.as_bytes(), "a.xml", &Job::new()).is_ok());
    let wide = format!("<a>{}</a>", "<b/>".repeat(MAX_NODES));
    let e = Document::parse(wide.as_bytes(), "a.xml", &Job::new()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Limit);
}

#[test]
fn what_is_written_reads_as_the_same_value() {
    let job = Job::new();
    let text = "<a z='&#10;&#9;\"&amp;'> x <b k='1'>\n y </b><c><d>&#13;]]&gt;</d></c></a>";
    let file = Document::parse(text.as_bytes(), "a.xml", &job).unwrap();
    let mut out = Vec::new();
    file.root().unwrap().write(&mut Pen::new(&mut out));
    let again = Document::parse(&out, "b.xml", &job).unwrap();
    assert!(file.root() == again.root(), "{}", String::from_utf8_lossy(&out));
}
