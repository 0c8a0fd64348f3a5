//! What shapes look like. That nothing is lost in them, the tests of `render` show.

use super::*;
use crate::convert::voc::xml::Document;
use crate::job::Job;

fn shape(text: &str) -> String {
    let text = format!("<annotation>{text}</annotation>");
    let file = Document::parse(text.as_bytes(), "a", &Job::new()).unwrap();
    Flat::annotation(file.root().unwrap()).shape
}

#[test]
fn a_shape_reads_like_the_record() {
    assert_eq!(
        shape("<folder/><size><width>1</width><height/></size><object/><object/><object/>"),
        "folder,size(width,height),object"
    );
    assert_eq!(shape("<object/><a/><object/><object/><b/><object/><c/>"), "object,a,object*2,b,object,c");
    assert_eq!(shape("<p><name/></p><p><name/></p><p/>"), "p(name)*2,p");
    assert_eq!(shape("<p k='1'>x</p><q> </q>"), "p(@k),q");
    assert_eq!(shape("<polygon><x1/><y1/><x2/><y2/></polygon>"), "polygon(%)");
    let pairs = "<attributes><attribute><name>a b</name><value/></attribute></attributes>";
    assert_eq!(shape(pairs), "attributes(=a b)");
}

#[test]
fn many_equal_brothers_are_one_item_and_many_names_are_counted() {
    assert_eq!(shape(&"<a/>".repeat(1000)), "a*1000");
    let names: String = (0..100).map(|i| format!("<n{i}/>")).collect();
    let text = format!("<annotation>{names}{names}</annotation>");
    let file = Document::parse(text.as_bytes(), "a", &Job::new()).unwrap();
    let flat = Flat::annotation(file.root().unwrap());
    assert_eq!(flat.leaves().filter(|(path, _)| path.ends_with("[2]")).count(), 100);
}

#[test]
fn text_that_is_no_shape_is_refused() {
    for bad in [",", "a,", "(", "a(", "a)", "a*", "a*0", "a*99999999999", "@", "a(b*2", "a()", "a**2"] {
        assert_eq!(parse(bad, true), None, "{bad}");
    }
    assert_eq!(parse(&"a(".repeat(1000), true), None);
    assert_eq!(parse("a(b(c*10000)*10000)*10000", true), None);
    assert_eq!(parse("", true), Some(Vec::new()));
}
