//! Images of the truth by every name that a tool may have for them: [`Names`].
//!
//! A name is an id, a file with or without folders and extension, or a number that a file's name spells with zeros
//! before it. Exact readings come before loose ones; a name that two images share is an error where it is asked for,
//! never a guess.

use std::collections::HashMap;

use crate::error::{Error, ErrorKind, Result};
use crate::eval::images::ImageId;
use crate::eval::side::Side;

/// Which reading of a name comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// The id.
    Id,
    /// The name of the file.
    File,
}

/// The places of images in the truth's list, by name.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    numbers: HashMap<i64, u32>,
    texts: HashMap<&'a str, u32>,
    /// File names as the truth has them, without extension, without folders, and without both: the exact ones first.
    files: [HashMap<&'a str, u32>; 4],
    /// Names of files that are numbers.
    counted: HashMap<i64, u32>,
}

/// The place of a name that two images share.
const SHARED: u32 = u32::MAX;

impl<'a> Names<'a> {
    pub(super) fn of(truth: &'a Side) -> Names<'a> {
        let mut names = Names::default();
        for (place, image) in (0u32..).zip(&truth.images) {
            let Some(image) = image else { continue };
            match &image.id {
                ImageId::Int(id) => add(&mut names.numbers, *id, place),
                ImageId::Text(id) => add(&mut names.texts, id, place),
            }
            let Some(file) = image.file_name.as_deref() else { continue };
            let forms = [file, without_extension(file), base(file), stem(file)];
            for (map, form) in names.files.iter_mut().zip(forms) {
                add(map, form, place);
            }
            if let Some(number) = counted(stem(file)) {
                add(&mut names.counted, number, place);
            }
        }
        names
    }

    /// The place of the image of this name; none if the truth has none.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if the name is that of two images.
    pub(super) fn find(&self, name: &str, by: By) -> Result<Option<u32>> {
        let id = || {
            let number = name.parse().ok().and_then(|id: i64| self.numbers.get(&id));
            self.texts.get(name).or(number).copied()
        };
        let file = || {
            // A name with folders or an extension is sought as it is, then without either.
            let bare = without_known_extension(name);
            let forms = [bare, base(name), base(bare)];
            let exact = self.files.iter().find_map(|map| map.get(name));
            let loose = || {
                forms.iter().flat_map(|form| self.files.iter().map(move |map| map.get(form))).flatten().next()
            };
            let number = || counted(base(bare)).and_then(|number| self.counted.get(&number));
            exact.or_else(loose).or_else(number).copied()
        };
        let found = match by {
            By::Id => id().or_else(file),
            By::File => file().or_else(id).or_else(|| {
                // Without names of files the ids are what files are called after.
                counted(base(without_known_extension(name))).and_then(|id| self.numbers.get(&id).copied())
            }),
        };
        if found == Some(SHARED) {
            let what = format!("several images of the truth are called {name:?}");
            return Err(Error::new(ErrorKind::Usage, what)
                .remedy("name images by their ids, or by file names with their folders"));
        }
        Ok(found)
    }
}

fn add<K: std::hash::Hash + Eq>(map: &mut HashMap<K, u32>, name: K, place: u32) {
    map.entry(name)
        .and_modify(|known| {
            if *known != place {
                *known = SHARED
            }
        })
        .or_insert(place);
}

/// The name without folders.
pub(super) fn base(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

/// The name without its last extension, folders kept.
fn without_extension(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((before, after)) if !after.contains(['/', '\\']) && !before.is_empty() => before,
        _ => name,
    }
}

/// The name without an extension, where what follows its last point looks like one: `a.jpg`, but not `frame.10`.
fn without_known_extension(name: &str) -> &str {
    let bare = without_extension(name);
    let end = name.get(bare.len()..).unwrap_or_default().trim_start_matches('.');
    let letters = end.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && end.starts_with(|c: char| c.is_ascii_alphabetic());
    if letters && (2..=5).contains(&end.len()) { bare } else { name }
}

/// The name without folders and extension.
pub(super) fn stem(name: &str) -> &str {
    without_extension(base(name))
}

/// The number that digits spell.
fn counted(stem: &str) -> Option<i64> {
    if stem.bytes().all(|byte| byte.is_ascii_digit()) { stem.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::comparison::ImageEntry;

    fn side(images: &[(ImageId, Option<&str>)]) -> Side {
        let entry = |(id, name): &(ImageId, Option<&str>)| {
            Some(ImageEntry { file_name: name.map(str::to_owned), ..ImageEntry::new(id.clone()) })
        };
        Side { images: images.iter().map(entry).collect(), ..Side::default() }
    }

    #[test]
    fn an_image_is_found_by_every_name_it_may_go_by() {
        let truth = side(&[(139.into(), Some("val/000000000139.jpg")), (7.into(), Some("val/b.x.png"))]);
        let names = Names::of(&truth);
        for name in [
            "139",
            "000000000139",
            "000000000139.jpg",
            "val/000000000139.jpg",
            "val/000000000139",
            "test/139.txt",
        ] {
            for by in [By::Id, By::File] {
                assert_eq!(names.find(name, by).unwrap(), Some(0), "{name}");
            }
        }
        assert_eq!(names.find("b.x", By::File).unwrap(), Some(1));
        assert_eq!(names.find("b.x.txt", By::File).unwrap(), Some(1));
        assert_eq!(names.find("c", By::Id).unwrap(), None);
        assert_eq!(names.find("b.10", By::Id).unwrap(), None);
    }

    #[test]
    fn the_reading_that_comes_first_decides() {
        let truth = side(&[(1.into(), Some("2.jpg")), (2.into(), Some("1.jpg"))]);
        let names = Names::of(&truth);
        assert_eq!(names.find("1", By::Id).unwrap(), Some(0));
        assert_eq!(names.find("1", By::File).unwrap(), Some(1));
    }

    #[test]
    fn a_name_of_two_images_is_an_error_only_where_it_is_asked_for() {
        let truth = side(&[("a".into(), Some("a/1.jpg")), ("b".into(), Some("b/1.jpg"))]);
        let names = Names::of(&truth);
        assert_eq!(names.find("a/1", By::File).unwrap(), Some(0));
        assert_eq!(names.find("b", By::File).unwrap(), Some(1));
        let error = names.find("1", By::File).unwrap_err();
        assert!(error.to_string().contains("several images of the truth are called \"1\""), "{error}");
    }

    #[test]
    fn without_file_names_files_are_called_after_ids() {
        let truth = side(&[(12.into(), None)]);
        assert_eq!(Names::of(&truth).find("000012.txt", By::File).unwrap(), Some(0));
    }
}
