//! Cityscapes: `leftImg8bit/SPLIT/CITY/…_leftImg8bit.png` and `gtFine` or `gtCoarse` beside it, into a dataset.
//!
//! # What is stored where
//! | key | from |
//! |---|---|
//! | `image_id` | the common part of the names: `aachen_000000_000019` |
//! | `file_name` | `aachen/aachen_000000_000019_leftImg8bit.png` |
//! | `split`, `attr.city` | the folders |
//! | `sequence`, `frame` | the name: `aachen_000000`, 19 |
//! | `height`, `width` | the header: of the image, else of the labels |
//! | `img` | the image |
//! | `orientation` | its header |
//! | `label_map` | `_labelIds.png`, where there is none `_labelTrainIds.png`; `attr.label_map` says which |
//! | `instance_map` | `_instanceIds.png` |
//! | the default set | the ids of `_instanceIds.png`, each an object; null without that file |
//!
//! An id from 1000 on is class × 1000 + instance. One below is a class: a surface without instances, or, where
//! the class has instances, a group of them, which is `crowded`. `object_id` is the id, `segmentation` its
//! pixels as run lengths, `bbox` and `area` theirs. The class table is that of all 35 labels, void ones
//! included, with their ids as source ids and `train_id` and `has_instances` beside them.
//!
//! Rows are in the order of split (train, val, test, others), city and name. Fine labels come before coarse
//! ones. Images and labels may be in two folders or archives: name the one with the labels, and the other as
//! image root.
//!
//! # What it does not do
//! `_polygons.json` and `_color.png` are not read. There is no export of its own: `--to panoptic`,
//! `--to coco` and `--to labels` write what is here.

#![deny(clippy::indexing_slicing, clippy::as_conversions)]

mod columns;
mod import;
mod layout;
mod maps;

pub use import::import;
pub(in crate::convert) use import::{detect, import_source};
