//! The first pass: where every record of a file begins, and whose it is.
//!
//! One walk at the speed of skipping. It leaves 12 bytes a record (offset and image id number) and the counts
//! of [`Members`]; the values themselves are parsed, and proved, when they are put into columns.

use crate::convert::json::{Cursor, Token};
use crate::error::{Error, ErrorKind, Result};
use crate::job::{Job, Stage};

use super::ids::{Ids, NONE, read_id};
use super::members::{Expected, Members, OTHER};
use super::panoptic::{self, Outer};

/// How a file is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// An object with `images`, `annotations`, `categories`.
    Object,
    /// A list of results.
    Array,
}

/// The records of one list.
#[derive(Debug, Default)]
pub(super) struct Records {
    offsets: Vec<u64>,
    /// The number of the image id of each; [`NONE`] where there is none.
    ids: Vec<u32>,
    pub(super) members: Members,
    /// True if some record has a member twice.
    pub(super) repeats: bool,
}

impl Records {
    pub(super) fn len(&self) -> usize {
        self.offsets.len()
    }

    /// A record begins here.
    pub(super) fn begin(&mut self, at: usize) {
        self.offsets.push(u64::try_from(at).unwrap_or(u64::MAX));
    }

    /// The records from this one on that belong to no image yet belong to the one with this id number.
    pub(super) fn belong(&mut self, from: usize, id: u32) {
        self.ids.truncate(from);
        self.ids.resize(self.offsets.len(), id);
    }

    /// Forgets the records from this one on.
    pub(super) fn truncate(&mut self, from: usize) {
        self.offsets.truncate(from);
        self.ids.truncate(from);
    }

    /// Where a record begins.
    pub(super) fn offset(&self, record: usize) -> Option<usize> {
        self.offsets.get(record).and_then(|at| usize::try_from(*at).ok())
    }

    /// The numbers of the image ids, in order of the records.
    pub(super) fn ids(&self) -> &[u32] {
        &self.ids
    }
}

/// What stands behind a name at the top of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Top {
    Images,
    Annotations,
    Categories,
    /// Anything else, as the bytes from and to these offsets.
    Raw(usize, usize),
}

/// A file after the first pass.
#[derive(Debug)]
pub(super) struct FileIndex {
    pub(super) layout: Layout,
    /// Names at the top of the file, in order.
    pub(super) top: Vec<(String, Top)>,
    pub(super) images: Records,
    /// The annotations; of a panoptic file the segments.
    pub(super) annotations: Records,
    /// Of a panoptic file the records that stand in the list of annotations.
    pub(super) panoptic: Option<Outer>,
    /// The bytes of the list of categories.
    pub(super) categories: Option<(usize, usize)>,
}

impl FileIndex {
    /// True if the file has a list of this sort at its top.
    pub(super) fn has(&self, top: Top) -> bool {
        self.top.iter().any(|(_, t)| *t == top)
    }

    /// The records that stand in the list of annotations themselves.
    pub(super) fn listed(&self) -> &Records {
        self.panoptic.as_ref().map_or(&self.annotations, |outer| &outer.records)
    }
}

/// Walks a whole file.
///
/// # Errors
/// [`ErrorKind::Format`] where the file is not JSON or not COCO, with byte and line;
/// [`ErrorKind::Cancelled`].
pub(super) fn index(bytes: &[u8], ids: &mut Ids, job: &Job) -> Result<FileIndex> {
    let mut json = Cursor::of_file(bytes)?;
    let stage = job.stage("indexing annotations", u64::try_from(bytes.len()).ok());
    let mut file = FileIndex {
        layout: Layout::Object,
        top: Vec::new(),
        images: Records::default(),
        annotations: Records::default(),
        panoptic: None,
        categories: None,
    };
    match json.peek() {
        Some(b'[') => {
            file.layout = Layout::Array;
            walk(&mut json, &mut file.annotations, "image_id", ids, &stage)?;
            json.end()?;
            if file.annotations.len() > 0 && file.annotations.members.present("image_id") == 0 {
                return Err(not_coco("a list whose elements have no 'image_id'"));
            }
        }
        Some(b'{') => object(&mut json, &mut file, ids, &stage)?,
        _ => {
            json.copy_value(None, 0)?;
            return Err(not_coco("a single value"));
        }
    }
    Ok(file)
}

fn not_coco(what: &str) -> Error {
    Error::new(ErrorKind::Format, format!("this is JSON but not COCO: {what}"))
        .remedy("name a file with 'images' and 'annotations', or a list of results")
}

fn object(json: &mut Cursor<'_>, file: &mut FileIndex, ids: &mut Ids, stage: &Stage<'_>) -> Result<()> {
    json.expect(b'{', "the file")?;
    let mut more = !json.eat(b'}');
    while more {
        let start = json.at();
        let name = json.key()?.decode()?.into_owned();
        let twice = file.top.iter().any(|(n, _)| *n == name);
        if twice {
            return Err(json
                .error_at(start, format!("the file has two members '{name}'"))
                .remedy("join or remove one of them"));
        }
        let top = value(json, file, &name, ids, stage)?;
        file.top.push((name, top));
        more = json.more(b'}', "the file")?;
    }
    json.end()?;
    if !file.has(Top::Images) && !file.has(Top::Annotations) {
        let names: Vec<String> = file.top.iter().take(8).map(|(name, _)| format!("'{name}'")).collect();
        return Err(not_coco(&format!(
            "an object with {}",
            if names.is_empty() { "no members".to_owned() } else { names.join(", ") }
        )));
    }
    Ok(())
}

fn value(
    json: &mut Cursor<'_>,
    file: &mut FileIndex,
    name: &str,
    ids: &mut Ids,
    stage: &Stage<'_>,
) -> Result<Top> {
    let first = json.peek();
    let start = json.at();
    match (name, first) {
        ("images", Some(b'[')) => {
            walk(json, &mut file.images, "id", ids, stage)?;
            Ok(Top::Images)
        }
        ("annotations", Some(b'[')) => {
            if panoptic::begins(json.clone()) {
                file.panoptic = Some(panoptic::walk(json, &mut file.annotations, ids, stage)?);
                return Ok(Top::Annotations);
            }
            walk(json, &mut file.annotations, "image_id", ids, stage)?;
            Ok(Top::Annotations)
        }
        ("images" | "annotations", Some(byte)) if byte != b'n' => {
            json.copy_value(None, 1)?;
            Err(json.error_at(start, format!("'{name}' is not a list")))
        }
        ("categories", Some(b'[')) => {
            json.copy_value(None, 1)?;
            file.categories = Some((start, json.at()));
            Ok(Top::Categories)
        }
        _ => {
            json.copy_value(None, 1)?;
            Ok(Top::Raw(start, json.at()))
        }
    }
}

/// How many records are walked between two looks at the job.
const STRIDE: usize = 1024;

/// Walks a list of records, noting where each begins and the id behind the name `wanted`.
fn walk(
    json: &mut Cursor<'_>,
    records: &mut Records,
    wanted: &str,
    ids: &mut Ids,
    stage: &Stage<'_>,
) -> Result<()> {
    let what = if wanted == "id" { "the list of images" } else { "the list of annotations" };
    json.expect(b'[', what)?;
    let mut expected = Expected::default();
    let mut wanted_name = None;
    let mut met = Met::default();
    let mut strider = Strider::new(json.at());
    let mut more = !json.eat(b']');
    while more {
        let first = json.peek();
        records.begin(json.at());
        let mut id = NONE;
        if first == Some(b'{') {
            let wanted = (Some(wanted), &mut wanted_name);
            id = walk_record(json, &mut records.members, &mut expected, &mut met, wanted, ids)?;
        } else {
            json.skip()?;
        }
        records.ids.push(id);
        strider.walked(json.at(), stage)?;
        more = json.more(b']', what)?;
    }
    records.repeats = met.repeats();
    too_many(records.len(), what)?;
    strider.end(json.at(), stage)
}

/// Records are numbered by 32 bits.
///
/// # Errors
/// [`ErrorKind::Limit`] beyond them.
pub(super) fn too_many(records: usize, what: &str) -> Result<()> {
    if u32::try_from(records).is_ok_and(|n| n != NONE) {
        return Ok(());
    }
    let what = format!("{what} has {records} elements, more than {NONE}");
    Err(Error::new(ErrorKind::Limit, what).remedy("split the file"))
}

/// Tells the job how far a walk has come, once in [`STRIDE`] records.
pub(super) struct Strider {
    records: usize,
    told: usize,
}

impl Strider {
    pub(super) fn new(at: usize) -> Strider {
        Strider { records: 0, told: at }
    }

    /// A record ends here.
    #[inline]
    pub(super) fn walked(&mut self, at: usize, stage: &Stage<'_>) -> Result<()> {
        self.records += 1;
        if self.records.is_multiple_of(STRIDE) { self.end(at, stage) } else { Ok(()) }
    }

    /// The walk has come here.
    pub(super) fn end(&mut self, at: usize, stage: &Stage<'_>) -> Result<()> {
        stage.advance(u64::try_from(at - std::mem::replace(&mut self.told, at)).unwrap_or(0))
    }
}

/// In which record each name was met last.
#[derive(Default)]
pub(super) struct Met {
    records: Vec<u64>,
    repeats: bool,
}

impl Met {
    /// True if some record has a member twice.
    pub(super) fn repeats(&self) -> bool {
        self.repeats
    }

    #[inline]
    fn meet(&mut self, name: usize, record: u64) {
        if name == OTHER {
            return;
        }
        if name >= self.records.len() {
            self.records.resize(name + 1, 0);
        }
        if let Some(last) = self.records.get_mut(name) {
            self.repeats |= std::mem::replace(last, record) == record;
        }
    }
}

/// Walks one record; the number of the id behind the wanted name, the last of several.
#[inline]
pub(super) fn walk_record(
    json: &mut Cursor<'_>,
    members: &mut Members,
    expected: &mut Expected,
    met: &mut Met,
    (wanted, wanted_name): (Option<&str>, &mut Option<usize>),
    ids: &mut Ids,
) -> Result<u32> {
    json.expect(b'{', "a record")?;
    members.add_record();
    expected.begin();
    let mut found = NONE;
    let mut more = !json.eat(b'}');
    while more {
        let name = members.learn(json, expected)?;
        met.meet(name, members.records());
        if wanted_name.is_none() && name != OTHER && wanted == Some(members.text(name)) {
            *wanted_name = Some(name);
        }
        let token = match wanted {
            Some(wanted) if *wanted_name == Some(name) => {
                let (id, token) = wanted_id(json, wanted)?;
                found = id.map_or(NONE, |id| ids.intern(id));
                token
            }
            _ => json.skip()?,
        };
        members.add(name, token);
        more = json.more(b'}', "a record")?;
    }
    Ok(found)
}

#[inline]
pub(super) fn wanted_id(
    json: &mut Cursor<'_>,
    wanted: &str,
) -> Result<(Option<crate::convert::column::Id>, Token)> {
    let start = json.clone();
    match read_id(json) {
        Ok((token, sort)) => Ok((token.id(), sort)),
        // An annotation of an image whose id no image can have is an orphan, not the end of the import.
        Err(_) if wanted == "image_id" => {
            *json = start;
            Ok((None, json.skip()?))
        }
        Err(e) => Err(e),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (FileIndex, Ids) {
        let mut ids = Ids::default();
        (index(text.as_bytes(), &mut ids, &Job::new()).unwrap(), ids)
    }

    fn fail(text: &str) -> String {
        index(text.as_bytes(), &mut Ids::default(), &Job::new()).unwrap_err().to_string()
    }

    #[test]
    fn members_may_come_in_any_order() {
        let text = r#"{"annotations": [{"id": 1, "image_id": 7}, null, {"image_id": 5, "image_id": 7}],
            "info": {"a": 1}, "images": [{"id": 5}, {"id": 7}]}"#;
        let (file, ids) = read(text);
        assert_eq!(
            file.top.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>(),
            ["annotations", "info", "images"]
        );
        assert_eq!(file.annotations.ids(), [0, NONE, 0]);
        assert_eq!(file.images.ids(), [1, 0]);
        assert_eq!(ids.len(), 2);
        assert!(file.annotations.repeats && !file.images.repeats);
        assert!(text[file.annotations.offset(2).unwrap()..].starts_with(r#"{"image_id": 5,"#));
    }

    #[test]
    fn what_is_json_but_not_coco_says_what_it_is() {
        assert!(fail(r#"{"a": 1, "b": 2}"#).contains("not COCO: an object with 'a', 'b'"));
        assert!(fail("[1, 2]").contains("not COCO: a list whose elements have no 'image_id'"));
        assert!(fail("3").contains("not COCO: a single value"));
        assert!(fail(r#"{"images": {}}"#).contains("'images' is not a list (byte 11)"));
        assert!(fail(r#"{"images": [], "images": []}"#).contains("two members 'images'"));
        assert!(fail(r#"{"images": []} x"#).contains("more after the end of the JSON value (byte 15)"));
    }

    #[test]
    fn an_image_id_beyond_64_bits_is_an_error_and_an_annotations_is_an_orphan() {
        let e = fail(r#"{"images": [{"id": 9223372036854775808}]}"#);
        assert!(e.contains("does not fit a 64-bit signed integer"), "{e}");
        let (file, _) = read(r#"{"annotations": [{"image_id": 9223372036854775808}], "images": []}"#);
        assert_eq!(file.annotations.ids(), [NONE]);
    }

    #[test]
    fn a_cancelled_job_stops_the_walk() {
        let job = Job::new();
        job.cancel();
        let e = index(b"{\"images\": []}", &mut Ids::default(), &job).unwrap_err();
        assert!(e.is_cancelled());
    }
}
