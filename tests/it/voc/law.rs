//! What goes in comes out: every annotation is equal, as an XML value, to the one it came from.

use lensframe::convert::{Coords, ExportImages, Images, ImportOptions};
use lensframe::dataset::{Key, Keys, Mapping, Value};
use proptest::prelude::*;

use super::twin::{Node, Part};
use super::{Case, assert_same_trees, files, twin, value};

/// Imports annotations, exports them, and compares.
fn come_back(annotations: &[String], coords: Coords) {
    let case = Case::new(&[]);
    for (i, text) in annotations.iter().enumerate() {
        case.put(&format!("{i:03}.xml"), text.as_bytes());
    }
    let options = ImportOptions { coords, images: Images::None, ..ImportOptions::default() };
    case.import(&options).unwrap();
    let summary = case.export(&case.store().dataset(), ExportImages::None).unwrap();
    assert!(summary.loss.is_empty(), "{}", summary.loss);
    assert_same_trees(&files(&case.src()), &files(&case.out()));
}

fn annotation(inside: &str) -> String {
    format!("<annotation>{inside}</annotation>")
}

fn object(inside: &str) -> String {
    annotation(&format!("<object><name>cat</name>{inside}</object>"))
}

/// Everything that tools are known to write, and some that they should not.
fn dialects() -> Vec<String> {
    let bndbox = "<bndbox><xmin>3</xmin><ymin>4</ymin><xmax>30</xmax><ymax>40</ymax></bndbox>";
    let mut all: Vec<String> = [
        "",
        "<folder>f</folder><filename>000.jpg</filename><size><width>5</width><height>6</height><depth/></size>",
        "<filename>other name.png</filename><path>C:\\Users\\x\\a.jpg</path>",
        "<size><height>6</height><width>5.0</width></size><segmented>0</segmented>",
        "<size><width>x</width><height></height></size>",
        "<segmented>1</segmented><object/><folder/>",
        "<object><name>a</name></object><object><name>b</name></object><note>n</note><object/>",
        "<object>text</object><object id='4'><name>  cat </name></object>",
        "mixed <object><name>a</name></object> text",
        "<filename/><filename>000.jpg</filename>",
        "<source><database>d</database><annotation>a</annotation><image>flickr</image></source>\
         <owner><flickrid>Fried &amp; Camels</flickrid><name>?</name></owner>",
    ]
    .iter()
    .map(|inside| annotation(inside))
    .collect();
    all.extend(
        [
            bndbox.to_owned(),
            bndbox.repeat(2),
            "<bndbox><ymax>40</ymax><xmax>30</xmax><ymin>4</ymin><xmin>3</xmin></bndbox>".to_owned(),
            "<bndbox><xmin>3.7</xmin><ymin>4.25</ymin><xmax>30.123456789</xmax><ymax>40</ymax></bndbox>"
                .to_owned(),
            "<bndbox><xmin>3.0</xmin><ymin>04</ymin><xmax> 30 </xmax><ymax>4e1</ymax></bndbox>".to_owned(),
            "<bndbox><xmin>30</xmin><ymin>4</ymin><xmax>3</xmax><ymax>40</ymax></bndbox>".to_owned(),
            "<bndbox><xmin>-0</xmin><ymin>nan</ymin><xmax>1e400</xmax><ymax/></bndbox>".to_owned(),
            "<bndbox><xmin>3</xmin></bndbox><bndbox/>".to_owned(),
            format!("<difficult>0</difficult><pose>Left</pose>{bndbox}<truncated>1</truncated>"),
            "<difficult>Unspecified</difficult><truncated/><occluded>true</occluded>".to_owned(),
            "<difficult>0</difficult><difficult>1</difficult>".to_owned(),
            format!("<part><name>head</name>{bndbox}</part><part>{bndbox}</part><part/><part>x</part>"),
            "<part><name>hand</name><pose>up</pose></part>".to_owned(),
            "<actions><jumping>1</jumping><other>0</other><odd>maybe</odd></actions>".to_owned(),
            "<point><x>5</x><y>6</y></point><point><x>7.5</x><y>8</y></point>".to_owned(),
            "<point><x>5</x></point>".to_owned(),
            "<polygon><x1>1.5</x1><y1>2</y1><x2>3</x2><y2>4</y2><x3>0.1</x3><y3>0.30</y3></polygon>"
                .to_owned(),
            "<polygon><x1>1</x1><y1>z</y1></polygon>".to_owned(),
            "<polygon><y1>1</y1><x1>2</x1></polygon>".to_owned(),
            "<robndbox><cx>1</cx><cy>2.5</cy><w>3</w><h>4</h><angle>0.785398</angle></robndbox>".to_owned(),
            "<attributes><attribute><name>color</name><value>red</value></attribute>\
             <attribute><name>age</name><value>3</value></attribute></attributes>"
                .to_owned(),
            "<deleted>0</deleted><verified>0</verified><date>30-Jun-2010 14:03:17</date><id>7</id>"
                .to_owned(),
        ]
        .iter()
        .map(|inside| object(inside)),
    );
    all.push(format!("<annotation verified=\"yes\" k='&#10;'>{}</annotation>", "<a b='c'>d</a>"));
    all
}

#[test]
fn every_dialect_comes_back() {
    for coords in [Coords::Voc, Coords::ZeroBased, Coords::Exclusive, Coords::ZeroExclusive] {
        come_back(&dialects(), coords);
    }
}

#[test]
fn every_dialect_comes_back_alone() {
    for text in dialects() {
        come_back(&[text], Coords::Voc);
    }
}

#[test]
fn floats_that_no_rule_gives_back_are_kept_as_declared() {
    let boxes = (0..100).map(|i| {
        let v = f64::from(i) * 0.377 + 0.1;
        object(&format!(
            "<bndbox><xmin>{v}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox>",
            v / 3.0,
            v + 7.7,
            v * 3.3
        ))
    });
    come_back(&boxes.collect::<Vec<_>>(), Coords::Voc);
}

#[test]
fn a_changed_key_is_written_and_not_what_was_declared_of_it() {
    let case = Case::new(&[(
        "a.xml",
        &object(
            "<bndbox><xmin>3.0</xmin><ymin>4</ymin><xmax>30</xmax><ymax>40</ymax></bndbox><difficult>yes</difficult>",
        ),
    )]);
    let store = case.imported();
    let ds = store.dataset();
    assert_eq!(value(&ds, 0, "object_extra")[0], r#"{"@declared":{"bndbox/xmin":"3.0","difficult":"yes"}}"#);
    // In the view the flag says no, and the box is another.
    let field = |name: &str| {
        let mut fields = ds.keys().iter().filter_map(|k| k.field());
        fields.find(|f| f.name() == name).unwrap().clone()
    };
    let keys = vec![Key::arrow(field("difficult")), Key::arrow(field("bbox"))];
    let bbox: Value = Value::List([0.5, 1.0, 2.0, 3.0].map(Value::Float).into());
    let mapping = Mapping::new(Keys::many(keys), move |_, _| {
        let lists = [Value::Bool(false), bbox.clone()].map(|value| Value::List(vec![value].into()));
        Ok(lists.to_vec())
    });
    let ds = ds.map_with(mapping.inputs("image_id").keep_others()).unwrap();
    case.export(&ds, ExportImages::None).unwrap();
    let text = std::fs::read_to_string(case.out().join("a.xml")).unwrap();
    let wanted = object(
        "<bndbox><xmin>1.5</xmin><ymin>2</ymin><xmax>2.5</xmax><ymax>4</ymax></bndbox><difficult>0</difficult>",
    );
    assert_eq!(twin::read(&text), twin::read(&wanted), "{text}");
}

/// Names that mean something, and names that do not.
fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => proptest::sample::select(vec![
            "object", "name", "bndbox", "xmin", "ymin", "xmax", "ymax", "difficult", "truncated", "occluded", "pose",
            "part", "actions", "point", "x", "y", "polygon", "x1", "y1", "x2", "y2", "robndbox", "cx", "cy", "w", "h",
            "angle", "attributes", "attribute", "value", "filename", "size", "width", "height", "depth", "segmented",
        ]).prop_map(str::to_owned),
        1 => "[a-z_é][a-z0-9._:-]{0,4}",
    ]
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => proptest::sample::select(vec!["0", "1", "2.0", "45", "-3.50", "0.1", "1e3", "cat", "", " ", "true", "nan"])
            .prop_map(str::to_owned),
        1 => "[ -~é\n]{0,8}",
    ]
}

fn nodes() -> impl Strategy<Value = Node> {
    let attributes = || proptest::collection::btree_map("[a-z]{1,3}", texts(), 0..2);
    let leaf = (names(), attributes(), texts()).prop_map(|(name, attributes, text)| Node {
        name,
        attributes,
        children: if text.is_empty() { Vec::new() } else { vec![Part::Text(text)] },
    });
    leaf.prop_recursive(4, 40, 6, move |inner| {
        let part = prop_oneof![8 => inner.prop_map(Part::Node), 1 => "[a-z ]{0,3}x".prop_map(Part::Text)];
        (names(), attributes(), proptest::collection::vec(part, 1..6))
            .prop_map(|(name, attributes, children)| Node { name, attributes, children })
    })
}

/// The text of a tree, written in one of the ways there are.
fn print(node: &Node, style: u8, out: &mut String) {
    let escape = |text: &str| {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\n', "&#10;")
    };
    out.push_str(&format!("<{}", node.name));
    for (name, value) in &node.attributes {
        out.push_str(&format!(" {name} = \"{}\"", escape(value)));
    }
    if node.children.is_empty() && style & 1 == 0 {
        out.push_str("/>");
        return;
    }
    out.push('>');
    let mixed = node.children.iter().any(|part| matches!(part, Part::Text(_)));
    for part in &node.children {
        if !mixed && style & 2 == 0 {
            out.push_str("\n \t<!-- nothing -->");
        }
        match part {
            Part::Node(node) => print(node, style, out),
            Part::Text(text) if style & 4 == 0 => out.push_str(&format!("<![CDATA[{text}]]>")),
            Part::Text(text) => out.push_str(&escape(text)),
        }
    }
    out.push_str(&format!("</{} >", node.name));
}

/// Texts that touch are one, as they are in a file.
fn joined(node: &Node) -> Node {
    let mut children: Vec<Part> = Vec::new();
    for part in &node.children {
        match (children.last_mut(), part) {
            (Some(Part::Text(before)), Part::Text(text)) => before.push_str(text),
            (_, Part::Node(node)) => children.push(Part::Node(joined(node))),
            (_, part) => children.push(part.clone()),
        }
    }
    let nodes = children.iter().any(|part| matches!(part, Part::Node(_)));
    children.retain(|part| match part {
        Part::Text(text) => !(text.is_empty() || nodes && text.trim_matches([' ', '\n', '\t']).is_empty()),
        Part::Node(_) => true,
    });
    Node { children, ..node.clone() }
}

#[path = "../../../fuzz/fuzz_targets/voc_xml/check.rs"]
mod check;

#[test]
fn the_corpus_of_annotations_comes_back_or_is_refused() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/voc_xml");
    let inputs: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    for input in &inputs {
        check::check(&std::fs::read(input).unwrap());
    }
    assert!(inputs.len() >= 8, "{} inputs", inputs.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn any_tree_comes_back_from_columns(tree in nodes(), style in 0u8..8) {
        let mut text = String::new();
        print(&Node { name: "annotation".to_owned(), ..tree }, style, &mut text);
        check::check(text.as_bytes());
    }

    #[test]
    fn damaged_annotations_come_back_or_are_refused(
        seed in 0usize..100,
        edits in proptest::collection::vec((0usize..1000, any::<u8>(), 0u8..3), 1..6),
    ) {
        let texts = dialects();
        let mut bytes = texts[seed % texts.len()].clone().into_bytes();
        for (at, byte, edit) in edits {
            let at = at % (bytes.len() + 1);
            match edit {
                0 => bytes.insert(at, byte),
                1 if at < bytes.len() => bytes[at] = byte,
                _ if at < bytes.len() => drop(bytes.remove(at)),
                _ => {}
            }
        }
        check::check(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_tree_comes_back(trees in proptest::collection::vec(nodes(), 1..8), style in 0u8..8) {
        let mut annotations = Vec::new();
        for tree in &trees {
            let tree = Node { name: "annotation".to_owned(), ..tree.clone() };
            let mut text = String::new();
            print(&tree, style, &mut text);
            prop_assert_eq!(&twin::read(&text), &joined(&tree));
            annotations.push(text);
        }
        come_back(&annotations, Coords::Voc);
    }
}
