//! Image files of a dataset that is imported: finding their folder, linking them, storing their bytes.
//!
//! Images are sought in one or more trees (folders, archives), those in archives are stored by default, those
//! in folders linked. A declared file name leads nowhere but below its folder: parts like `..`, absolute paths,
//! drive letters, backslashes and control characters are refused with a warning. Bytes are stored unchanged.
//!
//! The heavy group `images` is {`image_id`, the image columns, `content_hash` if photographs are stored, `orientation`
//! if their headers were looked at}.

mod check;
mod column;
mod folder;
mod heavy;
mod name;

pub(in crate::convert) use self::check::Sides;
pub(in crate::convert) use self::column::ImageColumn;
pub(in crate::convert) use self::folder::{Folder, SAMPLE, best_folder};
pub(in crate::convert) use self::heavy::Photos;
pub(in crate::convert) use self::name::{join, safe_path};
