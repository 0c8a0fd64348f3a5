//! [`Reading`]: rows of a dataset as samples.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, UInt8Type};
use arrow_array::{Array, ArrayRef};

use super::draw::Partners;
use super::objects::{Objects, Shape};
use super::picture::{Decoding, Picture};
use super::sample::Sample;
use crate::dataset::{Access, Dataset, KeyIndex, Value};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::geometry::{Keypoint, Rle, Size};
use crate::image::{LabelImage, MAX_LABEL_PIXELS};
use crate::schema::axis::{Axis, base_name};
use crate::schema::field;

/// What becomes of a key in a sample.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Role {
    Picture,
    Map,
    Object(String),
    Row,
}

/// How rows of a view become samples: the picture `img`, the objects of one set, label maps, and everything else as it
/// is.
#[derive(Clone, Debug)]
pub struct Reading {
    ds: Dataset,
    roles: Arc<[(String, Role)]>,
    decoding: Decoding,
}

impl Reading {
    /// The keys that samples of a view are made of: all but other object sets than `set`, other image keys than label
    /// maps, and computed masks.
    ///
    /// # Errors
    /// `NotFound` for a set that is not there; `Type` for boxes in another form than x, y, w, h; `Corrupt` for keys whose axis says nothing.
    pub fn new(ds: &Dataset, set: &str, decoding: Decoding) -> Result<Reading> {
        let sets = ds.sets();
        if !set.is_empty() && !sets.iter().any(|known| known == set) {
            let named =
                |set: &String| if set.is_empty() { "the unnamed one".to_owned() } else { set.clone() };
            let there: Vec<String> = sets.iter().map(named).collect();
            return Err(Error::new(ErrorKind::NotFound, format!("there is no object set '{set}'"))
                .at(Place::area("pipeline").key("set"))
                .remedy(format!("there are: {}", there.join(", "))));
        }
        let mut roles = Vec::new();
        for key in ds.keys().iter() {
            let (Some(name), Some(own)) = (key.name(), key.field()) else {
                if let Some(name) = key.name() {
                    roles.push((name.to_owned(), Role::Row));
                }
                continue;
            };
            let role = match Axis::of(own)? {
                Axis::Object(of) if of == set => match base_name(own)? {
                    "mask" => continue,
                    base => Role::Object(base.to_owned()),
                },
                Axis::Object(_) => continue,
                Axis::Row if name == "img" => Role::Picture,
                Axis::Row if name == "label_map" => Role::Map,
                Axis::Row if field::is_image(own.data_type()) => continue,
                Axis::Row => Role::Row,
            };
            roles.push((name.to_owned(), role));
        }
        let names: Vec<&str> = roles.iter().map(|(name, _)| name.as_str()).collect();
        let ds = ds.select(names)?;
        ds.check_boxes("augment")?;
        Ok(Reading { ds, roles: roles.into(), decoding })
    }

    /// True if rows have pictures.
    pub fn has_pictures(&self) -> bool {
        self.roles.iter().any(|(_, role)| *role == Role::Picture)
    }

    /// The view that values are read of: the keys in their order.
    pub fn view(&self) -> &Dataset {
        &self.ds
    }

    /// What becomes of each key of the view.
    pub(super) fn roles(&self) -> &[(String, Role)] {
        &self.roles
    }

    /// The sample of a row, of the values of its keys.
    ///
    /// # Errors
    /// `Mismatch` if the picture has another size than the row declares; those of files that cannot be read.
    pub fn sample(&self, row: usize, values: &[Value]) -> Result<Sample> {
        self.read(row, values).map_err(|e| e.at(Place::area("feed").row(row as u64)))
    }

    /// The samples of rows, each for itself: one that fails does not fail its neighbours.
    ///
    /// # Errors
    /// Those of reading the view as a whole.
    pub fn samples(&self, rows: &[u64]) -> Result<Vec<Result<Sample>>> {
        let batch = self.ds.take(rows)?.read_all(&Access::default())?;
        let columns: Vec<Vec<Value>> = batch.columns.iter().map(|column| column.values()).collect();
        let mut samples = Vec::with_capacity(rows.len());
        for (at, row) in rows.iter().enumerate() {
            if let Some((_, error)) = batch.failed.iter().find(|(position, _)| *position == at) {
                samples.push(Err(error.clone()));
                continue;
            }
            let values: Vec<Value> =
                columns.iter().map(|column| column.get(at).cloned().unwrap_or(Value::Null)).collect();
            samples.push(self.sample(usize::try_from(*row).unwrap_or(usize::MAX), &values));
        }
        Ok(samples)
    }

    fn read(&self, row: usize, values: &[Value]) -> Result<Sample> {
        let named =
            |name: &str| self.roles.iter().zip(values).find(|((own, _), _)| own == name).map(|(_, v)| v);
        let side = |name: &str| named(name).and_then(Value::as_int).and_then(|n| u32::try_from(n).ok());
        let declared = side("height").zip(side("width")).map(|(height, width)| Size::new(height, width));
        let upright = named("orientation").and_then(Value::as_text) != Some("ignore");
        let with_role = |role: Role| {
            let found = self.roles.iter().zip(values).enumerate().find(|(_, ((_, own), _))| *own == role);
            found.map(|(at, (_, value))| (KeyIndex(at), value))
        };
        let mut sample = match with_role(Role::Picture).filter(|(_, value)| !value.is_null()) {
            Some((key, value)) => {
                let file = self.ds.file_of(row, key, value)?;
                let picture = Picture::of_file(file, upright, self.decoding);
                let picture = picture.at(|| Place::area("image").row(row as u64).key("img"))?;
                if let Some(declared) = declared.filter(|declared| *declared != picture.size()) {
                    let what = format!("the picture is {} and its row says {declared}", picture.size());
                    return Err(Error::new(ErrorKind::Mismatch, what)
                        .at(Place::none().key("img"))
                        .remedy("put height and width right, or store the picture's orientation as ignore"));
                }
                Sample::of_picture(picture)
            }
            None => Sample::of_size(declared.unwrap_or_default()),
        };
        for (at, ((name, role), value)) in self.roles.iter().zip(values).enumerate() {
            match role {
                Role::Map if !value.is_null() => {
                    let file = self.ds.file_of(row, KeyIndex(at), value)?;
                    let map = LabelImage::decode(&file, MAX_LABEL_PIXELS)?;
                    let (height, width) = map.size();
                    let ids = map.ids().into_iter().map(|id| id as i32).collect();
                    sample.add_map(name, Size::new(height, width), ids)?;
                }
                Role::Row => sample.values.push((name.clone(), value.clone())),
                _ => {}
            }
        }
        sample.objects = self.objects(values)?;
        Ok(sample)
    }

    /// The objects of a row. A set that is not annotated there has none.
    fn objects(&self, values: &[Value]) -> Result<Objects> {
        let mut len: Option<usize> = None;
        let mut columns = Vec::new();
        let (mut boxes, mut rboxes, mut points, mut visible, mut shapes) = (None, None, None, None, None);
        for ((name, role), value) in self.roles.iter().zip(values) {
            let (Role::Object(base), Value::Array(array)) = (role, value) else { continue };
            if len.is_some_and(|len| len != array.len()) {
                let what = "the keys of its objects have lists of different lengths";
                return Err(Error::new(ErrorKind::Length, what).at(Place::none().key(name.clone())));
            }
            len = Some(array.len());
            match base.as_str() {
                "bbox" => boxes = Some(fixed::<4>(name, array)?),
                "rbox" => rboxes = Some(fixed::<5>(name, array)?),
                "point" => points = Some(array),
                "visible" => visible = Some(array),
                "segmentation" => shapes = Some(shapes_of(name, array)?),
                base => columns.push((base.to_owned(), Arc::clone(array))),
            }
        }
        let mut objects = Objects::new(len.unwrap_or(0), columns);
        (objects.bbox, objects.rbox, objects.shapes) = (boxes, rboxes, shapes);
        objects.points = points.map(|points| points_of(points, visible)).transpose()?;
        Ok(objects)
    }
}

/// Rows to mix in.
impl Partners for Reading {
    fn len(&self) -> u64 {
        self.ds.len() as u64
    }

    fn sample(&self, row: u64) -> Result<Sample> {
        let mut samples = self.samples(&[row])?;
        samples.pop().unwrap_or_else(|| Err(Error::new(ErrorKind::Index, format!("there is no row {row}"))))
    }
}

fn odd(name: &str, array: &ArrayRef) -> Error {
    Error::new(ErrorKind::Type, format!("a list of {}", array.data_type())).at(Place::none().key(name))
}

/// Boxes; those that are null are not numbers.
fn fixed<const N: usize>(name: &str, array: &ArrayRef) -> Result<Vec<[f64; N]>> {
    let list = array.as_fixed_size_list_opt().filter(|list| list.value_length() as usize == N);
    let list = list.ok_or_else(|| odd(name, array))?;
    let numbers = list.values().as_primitive_opt::<Float64Type>().ok_or_else(|| odd(name, array))?;
    let first = list.value_offset_at(0);
    let (boxes, _) = numbers.values()[first..first + list.len() * N].as_chunks::<N>();
    Ok((0..list.len()).map(|at| if list.is_valid(at) { boxes[at] } else { [f64::NAN; N] }).collect())
}

fn points_of(points: &ArrayRef, visible: Option<&ArrayRef>) -> Result<Vec<Vec<Keypoint>>> {
    let wrong = || odd("point", points);
    let lists = points.as_list_opt::<i32>().ok_or_else(wrong)?;
    (0..lists.len())
        .map(|at| {
            if lists.is_null(at) {
                return Ok(Vec::new());
            }
            let own = fixed::<2>("point", &lists.value(at))?;
            let flags = visible.and_then(|visible| Some(visible.as_list_opt::<i32>()?.value(at)));
            let flags = flags.as_ref().and_then(|flags| flags.as_primitive_opt::<UInt8Type>());
            let flag = |n: usize| flags.and_then(|flags| flags.values().get(n).copied()).unwrap_or(2);
            Ok(own
                .iter()
                .enumerate()
                .map(|(n, [x, y])| Keypoint { x: *x, y: *y, visibility: flag(n) })
                .collect())
        })
        .collect()
}

fn shapes_of(name: &str, array: &ArrayRef) -> Result<Vec<Option<Shape>>> {
    (0..array.len()).map(|at| shape(name, &Value::of(array.as_ref(), at))).collect()
}

/// A segmentation as it was declared.
fn shape(name: &str, value: &Value) -> Result<Option<Shape>> {
    let list = |value: &Value| match value {
        Value::Array(array) => Some(Arc::clone(array)),
        _ => None,
    };
    let place = || Place::none().key(name);
    if let Some(rings) = value.member("polygon").and_then(list) {
        let ring = |at: usize| -> Option<Vec<f64>> {
            let numbers = list(&Value::of(rings.as_ref(), at))?;
            Some(numbers.as_primitive_opt::<Float64Type>()?.values().to_vec())
        };
        return Ok(Some(Shape::Polygons((0..rings.len()).filter_map(ring).collect())));
    }
    let size = value.member("size").and_then(list);
    let side = |at: usize| Some(u32::try_from(Value::of(size.as_ref()?.as_ref(), at).as_int()?).unwrap_or(0));
    let Some((height, width)) = side(0).zip(side(1)) else { return Ok(None) };
    let size = Size::new(height, width);
    if let Some(text) = value.member("rle").and_then(Value::as_text) {
        return Rle::from_coco_string(size, text.as_bytes()).at(place).map(Shape::Mask).map(Some);
    }
    let Some(counts) = value.member("counts").and_then(list) else { return Ok(None) };
    let counts: Vec<i64> =
        (0..counts.len()).filter_map(|at| Value::of(counts.as_ref(), at).as_int()).collect();
    Rle::from_list(size, &counts).at(place).map(Shape::Mask).map(Some)
}
