//! [`Profile`]: what a dataset is made of, and the doors that make one.

use super::classes::{Class, Classes};
use super::duplicates::{Duplicates, Leak, Search};
use super::images::{self, Images};
use super::objects::{self, Objects};
use super::options::{Options, Reading};
use super::row::{self, Places, Row};
use super::splits::Splits;
use super::spread::Spread;
use super::suspects::{Suspect, Suspects};
use super::tally::{Counting, Tally};
use super::together::Together;
use crate::dataset::{Access, Dataset};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::{Job, Warning};
use crate::schema::axis::DEFAULT_SET;

/// Rows whose keys are read at a time.
const ROWS: usize = 4096;

/// A part of the data that models are trained or tested on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// Its name.
    pub name: String,
    /// Images.
    pub images: u64,
    /// Images that are annotated, with objects or without.
    pub annotated: u64,
    /// Images that are annotated and have no object.
    pub empty: u64,
    /// Objects.
    pub objects: u64,
}

/// Distributions, by what they are of. What is not known (no sizes, no boxes) has a count of 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spreads {
    /// Widths of images in pixels: as declared, else of the files that were read. So are all sizes here.
    pub widths: Spread,
    /// Heights of images in pixels.
    pub heights: Spread,
    /// Width over height of images.
    pub image_aspects: Spread,
    /// Objects an annotated image.
    pub crowding: Spread,
    /// Square roots of the areas of boxes, in pixels. Of rotated boxes the area is that of the rotated one.
    pub sides: Spread,
    /// Width over height of boxes. The bins alone are of its binary logarithm: 0 is square, 1 is twice as wide as high,
    /// -1 twice as high as wide.
    pub aspects: Spread,
    /// Square roots of the shares of the image that boxes have: 1 is the whole image, 0.1 a hundredth of its area.
    pub shares: Spread,
}

/// What a dataset is made of, and what may be wrong with it. Plain values; [`Profile::report`] makes them readable.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// The names of the datasets as they were given; those of one name are numbered.
    pub datasets: Vec<String>,
    /// The object set that is looked at, `""` for the default set; `None` where there is none.
    pub set: Option<String>,
    /// What was asked for.
    pub options: Options,
    /// Images (rows).
    pub rows: u64,
    /// Images whose list of objects is not null.
    pub annotated: u64,
    /// Images that are annotated and have no object.
    pub empty: u64,
    /// Objects.
    pub objects: u64,
    /// Objects with a segmentation.
    pub shaped: u64,
    /// The splits; empty where nothing says any.
    pub splits: Vec<Split>,
    /// The classes in the order of their table; what no table has comes last.
    pub classes: Vec<Class>,
    /// How many of the classes are of a table; the others are strange labels.
    pub known_classes: usize,
    /// Classes that are in images together.
    pub together: Together,
    /// Distributions.
    pub spreads: Spreads,
    /// (height, width) of images with how many have it: the most frequent first, no more than [`Options::top`].
    pub sizes: Vec<((u32, u32), u64)>,
    /// How many sizes there are.
    pub distinct_sizes: u64,
    /// Where the centres of boxes lie: how many in each cell of a square grid over the image, row after row. Those
    /// outside the image are in none.
    pub centres: Vec<u64>,
    /// What may be wrong with annotations, kinds that occur, the gravest first.
    pub suspects: Vec<Suspects>,
    /// What reading the images told; `None` where none were read.
    pub images: Option<Images>,
    /// Images whose files are equal, byte by byte; `None` where images were not read.
    pub exact: Option<Duplicates>,
    /// Images that look alike; `None` where pixels were not read.
    pub near: Option<Duplicates>,
    /// Names and ids that are in more than one split.
    pub leaks: Vec<Leak>,
}

impl Dataset {
    /// What this dataset is made of: see [`Profile::of`].
    ///
    /// ```
    /// use lensframe::dataset::Dataset;
    /// use lensframe::job::Job;
    /// use lensframe::profile::Options;
    /// # fn main() -> lensframe::error::Result<()> {
    /// let ds = Dataset::zip([("height", vec![480, 480, 427]), ("width", vec![640, 640, 427])])?;
    /// let profile = ds.profile("mine", &Options::default(), &Job::new())?;
    /// assert_eq!((profile.rows, profile.sizes[0]), (3, ((480, 640), 2)));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Profile::of`].
    pub fn profile(&self, name: &str, options: &Options, job: &Job) -> Result<Profile> {
        Profile::of(&[(name, self)], options, job)
    }
}

impl Profile {
    /// What some datasets are made of, taken together: each with its name, and each a split of its own, so that what is
    /// in two of them is found. Classes of one name are one class.
    ///
    /// Keys are read a window of rows at a time, images a window on all threads of the job; of an image about 200 bytes
    /// stay, of an object 16.
    ///
    /// # Errors
    /// `NotFound` for a set that no dataset has; `Usage` for a distance above [`Options::FARTHEST`]; those of reading
    /// keys; cancellation. Images that are not there or do not decode are counted, and no error.
    pub fn of(members: &[(&str, &Dataset)], options: &Options, job: &Job) -> Result<Profile> {
        if options.distance > Options::FARTHEST {
            let what = format!("near duplicates cannot be told at a distance of {} bits", options.distance);
            return Err(Error::new(ErrorKind::Usage, what)
                .at(Place::area("profile"))
                .remedy(format!("ask for at most {}; unrelated images are that near", Options::FARTHEST)));
        }
        let set = chosen(members, options.set.as_deref())?;
        let places = Places::new(members);
        let splits = Splits::read(members, job)?;
        let (images, seen) = images::read(members, &places, options, job)?;
        let classes = Classes::of(members, set.as_deref().unwrap_or(DEFAULT_SET));
        let mut tally = Tally::default();
        let stage = job.stage("reading annotations", u64::try_from(places.total()).ok());
        for (member, (_, ds)) in members.iter().enumerate() {
            let keys = objects::keys(ds, set.as_deref());
            let names: Vec<String> = keys.iter().map(|(_, name)| name.clone()).collect();
            let view = ds.select(names)?;
            view.check_boxes("profile")?;
            let own = classes.of.get(member).map_or(&[][..], Vec::as_slice);
            let starts: Vec<usize> = (0..ds.len()).step_by(ROWS).collect();
            let tallies = job.each(&starts, |first| {
                let rows = view.slice(*first..ds.len().min(first + ROWS))?;
                let batch = rows.read_all(&Access::new(job))?;
                for (at, error) in &batch.failed {
                    let place = Place::area("profile").row((first + at) as u64);
                    let done = "counted as not annotated";
                    job.warn(Warning::new("stats.row", place, error.what(), done))?;
                }
                let objects = Objects::of(&batch, &keys, set.is_some());
                let by = Counting {
                    options,
                    splits: &splits,
                    seen: &seen,
                    classes: own,
                    names: &classes.names,
                    has_classes: !own.is_empty(),
                    member,
                    start: places.start(member),
                    first: *first,
                };
                let tally = Tally::of(&objects, &by);
                stage.advance(batch.len as u64)?;
                Ok(tally)
            })?;
            tallies.into_iter().for_each(|other| tally.merge(other, options.top));
        }
        drop(stage);
        let search = Search { members, places: &places, splits: &splits, options };
        let there = images.is_some();
        let exact = there.then(|| search.exact(&seen));
        let near = match there && options.images == Reading::All {
            true => Some(search.near(&seen, job)?),
            false => None,
        };
        let leaks = search.leaks(job)?;
        drop(seen);
        let mut profile = Profile::finished(tally, classes, &splits, options);
        profile.datasets = row::titles(members);
        profile.rows = places.total() as u64;
        profile.set = set;
        (profile.images, profile.exact, profile.near, profile.leaks) = (images, exact, near, leaks);
        row::name(members, profile.named(), job)?;
        Ok(profile)
    }

    /// What the keys said, once all of them are counted.
    fn finished(mut tally: Tally, classes: Classes, splits: &Splits, options: &Options) -> Profile {
        let mut profile = Profile {
            options: options.clone(),
            annotated: tally.annotated,
            empty: tally.empty,
            objects: tally.objects,
            shaped: tally.shaped,
            known_classes: classes.names.len(),
            distinct_sizes: tally.sizes.len() as u64,
            ..Profile::default()
        };
        let split = |(at, name): (usize, &String)| {
            let counts = tally.splits.get(&at).copied().unwrap_or_default();
            Split {
                name: name.clone(),
                images: counts.images,
                annotated: counts.annotated,
                empty: counts.empty,
                objects: counts.objects,
            }
        };
        profile.splits = splits.names.iter().enumerate().map(split).collect();
        let parts = profile.splits.len();
        for (at, name) in classes.names.iter().enumerate() {
            let counts = tally.classes.remove(&at).unwrap_or_default();
            profile.classes.push(counts.finish(name.clone(), parts));
        }
        for (label, counts) in std::mem::take(&mut tally.strange) {
            let name = label.map_or_else(|| "(no class)".to_owned(), |label| format!("class {label}"));
            profile.classes.push(counts.finish(name, parts));
        }
        profile.together =
            Together::of(&profile.classes, profile.known_classes, &tally.present, options.together);
        let mut sizes: Vec<((u32, u32), u64)> = tally.sizes.into_iter().collect();
        sizes.sort_by_key(|(size, count)| (std::cmp::Reverse(*count), *size));
        sizes.truncate(options.top);
        profile.sizes = sizes;
        profile.spreads = Spreads {
            widths: Spread::of(&mut tally.widths, true),
            heights: Spread::of(&mut tally.heights, true),
            image_aspects: Spread::of(&mut tally.image_aspects, false),
            crowding: Spread::of(&mut tally.crowding, true),
            sides: Spread::of(&mut tally.sides, false),
            aspects: by_logarithm(&mut tally.aspects),
            shares: Spread::of(&mut tally.shares, false),
        };
        profile.centres = match tally.centres.iter().any(|count| *count > 0) {
            true => tally.centres,
            false => Vec::new(),
        };
        for kind in Suspect::ALL {
            let Some(found) = tally.found.remove(&kind) else { continue };
            // That none has a segmentation is no mixture.
            if kind == Suspect::NoShape && tally.shaped == 0 {
                continue;
            }
            profile.suspects.push(Suspects {
                kind,
                count: found.count,
                images: found.images,
                first: found.first,
            });
        }
        profile
    }

    /// All rows that are mentioned, to be named.
    fn named(&mut self) -> Vec<&mut Row> {
        let mut rows: Vec<&mut Row> = Vec::new();
        rows.extend(self.suspects.iter_mut().flat_map(|found| &mut found.first).map(|found| &mut found.row));
        let troubles = self.images.iter_mut().flat_map(|images| &mut images.troubles);
        rows.extend(troubles.flat_map(|troubles| &mut troubles.first).map(|(row, _)| row));
        let groups = self.exact.iter_mut().chain(&mut self.near).flat_map(|found| &mut found.first);
        rows.extend(groups.flat_map(|group| &mut group.first));
        for (before, after) in self.leaks.iter_mut().flat_map(|leak| &mut leak.first) {
            rows.extend([before, after]);
        }
        rows
    }

    /// Suspicious objects of all kinds.
    pub fn suspicious(&self) -> u64 {
        self.suspects.iter().map(|found| found.count).sum()
    }

    /// Classes of the table that no object has.
    pub fn unused(&self) -> impl Iterator<Item = &Class> {
        self.classes.iter().take(self.known_classes).filter(|class| class.objects == 0)
    }

    /// How many times more objects the largest class has than the smallest that has any; `None` without objects.
    pub fn imbalance(&self) -> Option<f64> {
        let counts = || self.classes.iter().map(|class| class.objects).filter(|count| *count > 0);
        Some(counts().max()? as f64 / counts().min()? as f64)
    }
}

/// A spread of ratios, which has bins of their binary logarithms.
fn by_logarithm(ratios: &mut [f32]) -> Spread {
    let mut logarithms: Vec<f32> = ratios.iter().map(|ratio| ratio.log2()).collect();
    let Spread { edges, bins, .. } = Spread::of(&mut logarithms, false);
    Spread { edges, bins, ..Spread::of(ratios, false) }
}

/// The set that is looked at.
fn chosen(members: &[(&str, &Dataset)], asked: Option<&str>) -> Result<Option<String>> {
    let mut sets: Vec<String> = Vec::new();
    for set in members.iter().flat_map(|(_, ds)| ds.sets()) {
        if !sets.contains(&set) {
            sets.push(set);
        }
    }
    match asked {
        None if sets.iter().any(|set| set == DEFAULT_SET) => Ok(Some(DEFAULT_SET.to_owned())),
        None => Ok(sets.into_iter().next()),
        Some(asked) if sets.iter().any(|set| set == asked) => Ok(Some(asked.to_owned())),
        Some(asked) => {
            let shown = |set: &String| if set.is_empty() { "default".to_owned() } else { set.clone() };
            let known: Vec<String> = sets.iter().map(shown).collect();
            Err(Error::new(ErrorKind::NotFound, format!("no object set '{asked}'"))
                .at(Place::area("profile"))
                .remedy(match known.is_empty() {
                    true => "there is none".to_owned(),
                    false => format!("there are: {}", known.join(", ")),
                }))
        }
    }
}
