//! What the columns of a table are, by their names: [`Columns`].
//!
//! Names are compared without case, spaces and punctuation. Every set of names that is in use stands here once; a table
//! that lacks a column or has two that contradict each other is refused with what was found and what is wanted.

use crate::error::{Error, ErrorKind, Result};
use crate::eval::read::doors::names::By;
use crate::eval::read::doors::options::ClassNumbers;

/// Where the parts of a detection stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Columns {
    pub(super) image: usize,
    pub(super) by: By,
    pub(super) class: Option<usize>,
    pub(super) numbers: ClassNumbers,
    pub(super) score: Option<usize>,
    pub(super) shape: Shape,
    /// Coordinates are shares of the image, as the names say; otherwise values decide.
    pub(super) shares: bool,
}

/// Where the numbers of a box stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    /// Left, top, right, bottom.
    Corners([usize; 4]),
    /// Left, top, width, height.
    CornerSize([usize; 4]),
    /// Centre, width, height.
    Centre([usize; 4]),
    /// Four numbers in one column: left, top, width, height.
    Together(usize),
    /// The same: left, top, right, bottom.
    CornersTogether(usize),
    /// All detections of an image in one text, as Kaggle has them.
    Text(usize),
}

/// Names of columns with the id of an image, then such with the name of its file.
const IMAGES: [(&str, By); 16] = [
    ("imageid", By::Id),
    ("imgid", By::Id),
    ("patientid", By::Id),
    ("image", By::Id),
    ("img", By::Id),
    ("filename", By::File),
    ("imagename", By::File),
    ("imagepath", By::File),
    ("imagefile", By::File),
    ("imgname", By::File),
    ("filepath", By::File),
    ("file", By::File),
    ("path", By::File),
    ("fname", By::File),
    ("frame", By::Id),
    ("id", By::Id),
];

const CLASSES: [(&str, ClassNumbers); 13] = [
    ("categoryid", ClassNumbers::Ids),
    ("labelname", ClassNumbers::Auto),
    ("classname", ClassNumbers::Auto),
    ("categoryname", ClassNumbers::Auto),
    ("label", ClassNumbers::Auto),
    ("category", ClassNumbers::Auto),
    ("class", ClassNumbers::Auto),
    ("name", ClassNumbers::Auto),
    ("object", ClassNumbers::Auto),
    ("labelid", ClassNumbers::Auto),
    ("classid", ClassNumbers::Auto),
    ("labels", ClassNumbers::Auto),
    ("cls", ClassNumbers::Auto),
];

const SCORES: [&str; 8] =
    ["score", "scores", "confidence", "conf", "prob", "probability", "detectionscore", "confidencescore"];

const CORNERS: [[&str; 4]; 6] = [
    ["xmin", "ymin", "xmax", "ymax"],
    ["x1", "y1", "x2", "y2"],
    ["x0", "y0", "x1", "y1"],
    ["left", "top", "right", "bottom"],
    ["xtl", "ytl", "xbr", "ybr"],
    ["bboxxmin", "bboxymin", "bboxxmax", "bboxymax"],
];

const CORNER_SIZES: [[&str; 4]; 11] = [
    ["x", "y", "w", "h"],
    ["x", "y", "width", "height"],
    ["left", "top", "width", "height"],
    ["left", "top", "w", "h"],
    ["xmin", "ymin", "width", "height"],
    ["xmin", "ymin", "w", "h"],
    ["x1", "y1", "w", "h"],
    ["bboxx", "bboxy", "bboxwidth", "bboxheight"],
    ["bboxx", "bboxy", "bboxw", "bboxh"],
    ["bboxleft", "bboxtop", "bboxwidth", "bboxheight"],
    ["bbleft", "bbtop", "bbwidth", "bbheight"],
];

const CENTRES: [[&str; 4]; 8] = [
    ["cx", "cy", "w", "h"],
    ["cx", "cy", "width", "height"],
    ["xc", "yc", "w", "h"],
    ["xcenter", "ycenter", "w", "h"],
    ["xcenter", "ycenter", "width", "height"],
    ["centerx", "centery", "width", "height"],
    ["centerx", "centery", "w", "h"],
    ["xcentre", "ycentre", "width", "height"],
];

/// What names are compared by.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// True if names are those of a table of detections: an image and a box among them.
pub(in crate::eval::read::doors) fn is_header(names: &[String]) -> bool {
    let names: Vec<String> = names.iter().map(|name| plain(name)).collect();
    let has = |known: &str| names.iter().any(|name| name == known);
    IMAGES.iter().any(|(known, _)| has(known)) && shape(&names).is_ok()
}

/// The columns of a table with these names.
///
/// # Errors
/// [`ErrorKind::Format`] for columns that are missing, double or contradict each other.
pub(super) fn columns(header: &[String]) -> Result<Columns> {
    let names: Vec<String> = header.iter().map(|name| plain(name)).collect();
    let find = |known: &str| names.iter().position(|name| name == known);
    let told = |what: String| {
        let found: Vec<String> = header.iter().take(30).map(|name| format!("{name:?}")).collect();
        Error::new(ErrorKind::Format, format!("{what}; the columns are {}", found.join(", "))).remedy(
            "wanted are image_id or file_name; label or category_id; score or confidence; and xmin, ymin, xmax, ymax, or \
             x, y, width, height, or PredictionString",
        )
    };
    let shape = shape(&names).map_err(told)?;
    let used =
        SCORES.iter().chain(IMAGES.iter().map(|(name, _)| name)).chain(CLASSES.iter().map(|(name, _)| name));
    let boxed = match shape {
        Shape::Corners(set) | Shape::CornerSize(set) | Shape::Centre(set) => set.to_vec(),
        Shape::Together(column) | Shape::CornersTogether(column) | Shape::Text(column) => vec![column],
    };
    let boxed = boxed.into_iter().filter_map(|column| names.get(column)).map(String::as_str);
    for known in used.copied().chain(boxed) {
        if names.iter().filter(|name| *name == known).count() > 1 {
            return Err(told(format!("two columns are called {known:?}")));
        }
    }
    let (image, by) = IMAGES
        .iter()
        .find_map(|(known, by)| Some((find(known)?, *by)))
        .ok_or_else(|| told("no column names the image".to_owned()))?;
    let class = CLASSES.iter().find_map(|(known, numbers)| Some((find(known)?, *numbers)));
    let scores: Vec<usize> = SCORES.iter().filter_map(|known| find(known)).collect();
    if scores.len() > 1 {
        return Err(told("several columns are of scores".to_owned()));
    }
    let open_images = find("labelname").is_some() && find("imageid").is_some() && find("xmin").is_some();
    Ok(Columns {
        image,
        by,
        class: class.map(|(column, _)| column),
        numbers: class.map_or(ClassNumbers::Auto, |(_, numbers)| numbers),
        score: scores.first().copied(),
        shape,
        shares: open_images,
    })
}

/// Where boxes stand, by plain names.
fn shape(names: &[String]) -> Result<Shape, String> {
    let find = |known: &str| names.iter().position(|name| name == known);
    if let Some(column) = find("predictionstring") {
        return Ok(Shape::Text(column));
    }
    let all = |set: &[&str; 4]| -> Option<[usize; 4]> {
        let [a, b, c, d] = set.map(find);
        Some([a?, b?, c?, d?])
    };
    let mut shapes: Vec<(usize, Shape)> = Vec::new();
    let mut add = |columns: [usize; 4], shape: fn([usize; 4]) -> Shape| {
        // Width and height beside all four corners are those of the image.
        let first = columns[0];
        if !shapes.iter().any(|(known, _)| *known == first) {
            shapes.push((first, shape(columns)));
        }
    };
    CORNERS.iter().filter_map(all).for_each(|columns| add(columns, Shape::Corners));
    CENTRES.iter().filter_map(all).for_each(|columns| add(columns, Shape::Centre));
    CORNER_SIZES.iter().filter_map(all).for_each(|columns| add(columns, Shape::CornerSize));
    let together = |known: &[&str], shape: fn(usize) -> Shape| {
        known.iter().find_map(|known| find(known)).map(|column| (column, shape(column)))
    };
    shapes.extend(together(&["bbox", "bboxes", "xywh"], Shape::Together));
    shapes.extend(together(&["xyxy", "bboxxyxy", "boxxyxy"], Shape::CornersTogether));
    match shapes.as_slice() {
        [(_, shape)] => Ok(*shape),
        [] => Err("no columns are of boxes".to_owned()),
        _ => {
            let of = |(column, _): &(usize, Shape)| names.get(*column).map_or("", String::as_str);
            let first: Vec<&str> = shapes.iter().map(of).collect();
            Err(format!("several sets of columns are of boxes (beginning with {})", first.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(header: &str) -> Result<Columns> {
        columns(&header.split(',').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn every_spelling_of_a_box_is_found() {
        for (set, shape) in CORNERS
            .iter()
            .map(|set| (set, Shape::Corners([3, 4, 5, 6])))
            .chain(CORNER_SIZES.iter().map(|set| (set, Shape::CornerSize([3, 4, 5, 6]))))
            .chain(CENTRES.iter().map(|set| (set, Shape::Centre([3, 4, 5, 6]))))
        {
            let header = format!("image,label,score,{}", set.join(","));
            assert_eq!(of(&header).unwrap().shape, shape, "{header}");
        }
        assert_eq!(of("image_id,label,score,bbox").unwrap().shape, Shape::Together(3));
        assert_eq!(of("ImageId,PredictionString").unwrap().shape, Shape::Text(1));
    }

    #[test]
    fn every_spelling_of_image_class_and_score_is_found() {
        for (known, by) in IMAGES {
            let columns = of(&format!("label,{known},score,x,y,w,h")).unwrap();
            assert_eq!((columns.image, columns.by), (1, by));
        }
        for (known, numbers) in CLASSES {
            let columns = of(&format!("image,{},score,x,y,w,h", known.to_uppercase())).unwrap();
            assert_eq!((columns.class, columns.numbers), (Some(1), numbers));
        }
        for known in SCORES {
            assert_eq!(of(&format!("image,label,{known},x,y,w,h")).unwrap().score, Some(2));
        }
        let open = of("ImageID,LabelName,Conf,XMin,XMax,YMin,YMax").unwrap();
        assert_eq!((open.shape, open.shares), (Shape::Corners([3, 5, 4, 6]), true));
        // As tools of TensorFlow write it: width and height are those of the image.
        let tensorflow = of("filename,width,height,class,xmin,ymin,xmax,ymax,score").unwrap();
        assert_eq!(tensorflow.shape, Shape::Corners([4, 5, 6, 7]));
    }

    #[test]
    fn what_is_missing_or_contradicts_lists_what_was_found() {
        for (header, part) in [
            ("label,score,x,y,w,h", "no column names the image"),
            ("image,label,score,x,y,w", "no columns are of boxes"),
            ("image,label,score,x,y,w,h,xmin,ymin,xmax,ymax", "several sets of columns are of boxes"),
            ("image,label,score,conf,x,y,w,h", "several columns are of scores"),
            ("image,label,label,score,x,y,w,h", "two columns are called \"label\""),
            ("image,label,score,x,X,y,w,h", "two columns are called \"x\""),
        ] {
            let error = of(header).unwrap_err();
            assert!(error.to_string().contains(part) && error.what().contains("the columns are"), "{error}");
            assert!(error.remedy_text().unwrap().contains("PredictionString"));
        }
    }
}
