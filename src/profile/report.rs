//! A [`Profile`] as a [`Report`].
//!
//! | file | noun |
//! |---|---|
//! | `report/tables.rs` | the tables |
//! | `report/plots.rs` | histograms, classes seen together, the map of centres |

mod plots;
mod tables;

use super::duplicates::Duplicates;
use super::images::{Images, Trouble};
use super::options::Reading;
use super::survey::Profile;
use crate::error::Result;
use crate::report::{Better, Breakdown, Coverage, Figure, Report, Unit};

/// How many names a sentence has.
const NAMES: usize = 8;

impl Profile {
    /// The profile as a report: figures, tables, histograms, the matrix of classes seen together; without pictures.
    pub fn report(&self) -> Report {
        let title = match self.datasets.as_slice() {
            [first, second] => format!("Profile of {first} and {second}"),
            all => format!("Profile of {}", all.join(", ")),
        };
        let mut report = Report::new(title, "stats");
        report.headline = self.headline();
        report.coverage.extend(self.images.as_ref().and_then(coverage));
        report.breakdowns.extend(self.by_size());
        report.tables = tables::all(self);
        report.classes = tables::classes(self);
        report.histograms = plots::histograms(self);
        report.matrix = plots::together(self);
        report.warnings = self.warnings();
        self.provenance(&mut report);
        report
    }

    /// Where the centres of boxes lie, as a PNG of 384 × 384 pixels: the darker, the more; each point of it is the same
    /// part of every image, whatever its size. `None` without boxes or sizes of images.
    ///
    /// # Errors
    /// None is known: those of writing a PNG.
    pub fn centre_map(&self) -> Result<Option<Vec<u8>>> {
        plots::centre_map(self)
    }

    fn headline(&self) -> Vec<Figure> {
        let count = |key: &str, label: &str, n: u64| Figure::count(key, label, n);
        let number = |key: &str, label: &str, value: Option<f64>| {
            Figure::new(key, label, value).unit(Unit::Number).better(Better::Neither)
        };
        let bad = |figure: Figure| figure.better(Better::Lower);
        let mut figures = vec![count("images", "rows of the dataset", self.rows)];
        if self.annotated > 0 || self.set.is_some() {
            let mean = self.objects as f64 / self.annotated as f64;
            figures.push(count("objects", "in annotated images", self.objects));
            figures.push(count("classes", "of the class table", self.known_classes as u64));
            figures.push(number("objects_per_image", "mean over annotated images", Some(mean)));
            figures.push(count("empty_images", "annotated, without objects", self.empty));
            figures.push(count(
                "unannotated",
                "images whose list of objects is null",
                self.rows - self.annotated,
            ));
            let label = "most objects of a class over fewest, classes without objects apart";
            figures.push(bad(number("imbalance", label, self.imbalance())));
            figures.push(bad(count(
                "suspicious_objects",
                "see below; an object counts for each kind",
                self.suspicious(),
            )));
        }
        if let Some(images) = &self.images {
            let of = |kinds: [Trouble; 2]| kinds.iter().map(|kind| trouble(images, *kind)).sum();
            figures.push(count("image_bytes", "files that were read", images.bytes));
            let label = "rows without an image, or whose file is not there";
            figures.push(bad(count("missing_images", label, of([Trouble::Absent, Trouble::Missing]))));
            let label = "files that do not decode, or only in part";
            figures.push(bad(count("unreadable_images", label, of([Trouble::Unreadable, Trouble::Damaged]))));
        }
        if self.images.is_none() && self.options.images != Reading::None {
            figures.push(bad(count("missing_images", "rows without an image", self.rows)));
        }
        let surplus = |key: &str, label: &str, found: &Duplicates| bad(count(key, label, found.surplus()));
        if let Some(found) = &self.exact {
            figures.push(surplus("exact_duplicates", "files beyond the first of each group", found));
        }
        if let Some(found) = &self.near {
            figures.push(surplus("near_duplicates", "images beyond the first of each group", found));
        }
        if self.splits.len() > 1 {
            // Undefined where no file was looked at.
            let found = self.exact.is_some() || self.near.is_some();
            let leaks: u64 = self.exact.iter().chain(&self.near).map(|found| found.leaks).sum();
            let label = "groups of duplicates in more than one split";
            let leaks = Figure::new("leaks", label, found.then_some(leaks as f64));
            figures.push(bad(leaks.unit(Unit::Count)));
            let names = self.leaks.iter().filter(|leak| leak.key == "file_name").map(|leak| leak.images);
            figures.push(bad(count("shared_names", "file names in more than one split", names.sum())));
        }
        figures
    }

    fn by_size(&self) -> Option<Breakdown> {
        let sum = |size: usize| self.classes.iter().map(|class| class.sizes[size]).sum::<u64>();
        let total: u64 = (0..3).map(sum).sum();
        let figure = |(at, (key, label)): (usize, (&str, &str))| {
            Figure::new(key, label, sum(at) as f64 / total as f64).unit(Unit::Percent).better(Better::Neither)
        };
        let parts = [
            ("small", "area below 32² pixels"),
            ("medium", "area from 32² to below 96² pixels"),
            ("large", "area from 96² pixels"),
        ];
        let figures: Vec<Figure> = parts.into_iter().enumerate().map(figure).collect();
        (total > 0).then(|| Breakdown::new("objects by size, as COCO has it", figures))
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for (found, what) in [(&self.exact, "equal"), (&self.near, "nearly equal")] {
            let leaks = found.as_ref().map_or(0, |found| found.leaks);
            if leaks > 0 {
                let (s, are) = if leaks == 1 { ("", "is") } else { ("s", "are") };
                warnings.push(format!(
                    "{leaks} group{s} of {what} images {are} in more than one split: what is measured on one split was \
                     seen in another"
                ));
            }
        }
        let unused: Vec<&str> = self.unused().map(|class| shown(&class.name)).collect();
        if !unused.is_empty() && self.objects > 0 {
            warnings.push(format!("{} without objects: {}", plural(unused.len(), "class"), few(&unused)));
        }
        for (at, split) in self.splits.iter().enumerate().filter(|(_, split)| split.objects > 0) {
            let only = |class: &&super::Class| {
                class.objects > 0 && class.splits.get(at).is_some_and(|own| *own == class.objects)
            };
            let only: Vec<&str> = self.classes.iter().filter(only).map(|class| shown(&class.name)).collect();
            let others =
                self.splits.iter().enumerate().any(|(other, split)| other != at && split.objects > 0);
            if !only.is_empty() && others {
                let what = plural(only.len(), "class");
                warnings.push(format!(
                    "{what} in no other split than {}: {}",
                    shown(&split.name),
                    few(&only)
                ));
            }
        }
        let none = self.images.as_ref().is_none_or(|images| images.named == 0);
        if none && self.options.images != Reading::None {
            warnings.push(
                "there are no images: duplicates and files that do not decode were not looked for".to_owned(),
            );
        }
        warnings
    }

    fn provenance(&self, report: &mut Report) {
        if let Some(set) = &self.set {
            report.fact("object set", if set.is_empty() { "default" } else { set });
        }
        report.fact(
            "images",
            match self.options.images {
                Reading::None => "not read",
                _ if self.images.as_ref().is_none_or(|images| images.named == 0) => "there are none",
                Reading::Exact => "files read, pixels not decoded",
                Reading::All => "read and decoded",
            },
        );
        if self.exact.is_some() {
            report.fact("exact duplicates", "equal BLAKE3 hashes of the files");
        }
        if self.near.is_some() {
            let rule = format!(
                "64-bit DCT hashes (phash) differ in at most {} bits, difference hashes (dhash) in at most 16; groups \
                 are chains",
                self.options.distance
            );
            report.fact("near duplicates", rule);
        }
        if let Some(flat) = self.images.as_ref().map(|images| images.flat).filter(|flat| *flat > 0) {
            report.fact("images of one tone", format!("{flat}, not compared"));
        }
        report.fact("rows and objects", "counted from 0; `lensframe view DS --rows N:M` shows them");
    }
}

/// How many images one thing stands in the way of.
fn trouble(images: &Images, kind: Trouble) -> u64 {
    images.troubles.iter().find(|troubles| troubles.kind == kind).map_or(0, |troubles| troubles.count)
}

/// How many images could be read, with the names of some that could not.
fn coverage(images: &Images) -> Option<Coverage> {
    // Of those that are there and do not decode there is a table of its own.
    let gone = images.troubles.iter().filter(|t| matches!(t.kind, Trouble::Missing | Trouble::Absent));
    let names = gone.flat_map(|troubles| &troubles.first).map(|(row, what)| match row.name.is_empty() {
        true => what.clone(),
        false => row.name.clone(),
    });
    let absent = trouble(images, Trouble::Absent);
    let coverage = Coverage::new("images could be read", images.read, images.named + absent).missing(names);
    (images.named > 0).then_some(coverage)
}

/// A name that can be seen.
fn shown(name: &str) -> &str {
    if name.is_empty() { "(no name)" } else { name }
}

fn few(names: &[&str]) -> String {
    let shown = names.iter().take(NAMES).copied().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(NAMES) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}

fn plural(n: usize, noun: &str) -> String {
    match (n, noun) {
        (1, noun) => format!("1 {noun}"),
        (n, "class") => format!("{n} classes"),
        (n, noun) => format!("{n} {noun}s"),
    }
}
