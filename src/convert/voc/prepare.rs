//! All that is decided before the first row is written: layout, rows, classes, keys.

use std::collections::{BTreeSet, HashMap};

use super::classes::{Classes, VOID};
use super::file::{Files, Kept};
use super::finder::{Finder, Member};
use super::layout::{self, Layout};
use super::plan::Plan;
use super::residue::{Head, LabelMapFile, PartEntry};
use super::rows::{Row, Rows, read_list};
use super::shape::Flat;
use super::survey::Survey;
use crate::convert::{ImportOptions, OnError, Source};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;
use crate::place::Tree;

/// What the second pass works by.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) tree: Tree,
    pub(super) layout: Layout,
    pub(super) rows: Rows,
    pub(super) plan: Plan,
    /// Photographs that are called otherwise than their annotation, by part and id.
    pub(super) renamed: HashMap<(usize, Box<str>), Member>,
    /// For each row the classes that lists give it, if there is no object at all.
    pub(super) image_labels: Vec<Option<Vec<i64>>>,
    pub(super) residue: Head,
    /// How many rows have a photograph.
    pub(super) photographs: usize,
    /// Which state of the source was seen.
    pub(super) stamp: String,
    /// What the first pass has read, as far as there is room.
    pub(super) kept: Kept,
}

/// Looks at everything once; gives the classes too, which then belong to whoever reads label PNGs.
///
/// # Errors
/// [`ErrorKind::NotFound`] if nothing looks like VOC; those of files that cannot be read, unless they are to
/// be skipped; [`ErrorKind::Usage`] for splits that are not there.
pub(super) fn prepare(
    source: &Source,
    finder: impl FnOnce(&Layout) -> Result<Finder>,
    options: &ImportOptions,
    job: &Job,
) -> Result<(Prepared, Finder, Classes)> {
    let tree = source.tree().clone();
    let Some(layout) = layout::find(source)? else {
        return Err(Error::new(ErrorKind::NotFound, "no annotation of Pascal VOC is there")
            .at(Place::area("voc").file(source.path()))
            .remedy("expected are folders Annotations, ImageSets, JPEGImages, or XML files"));
    };
    let mut finder = finder(&layout)?;
    let alone = options.image_roots.is_empty() && source.file().is_none();
    let mut rows = Rows::collect(&layout, &tree, &mut finder, alone, job)?;
    let mut hash = Stamp::default();
    let mut seen = First::default();
    seen.look(&tree, &layout, &mut rows, &mut finder, options, &mut hash, job)?;
    let mut wanted = options.splits.as_slice();
    let mut parts = layout.parts.clone();
    if let ([part], [name], Some(_)) = (parts.as_mut_slice(), wanted, source.file()) {
        // A single file is of the split that it is said to be of.
        part.split = Some(name.clone());
        wanted = &[];
    }
    rows.finish(&parts, wanted)?;
    let named = class_lists(&rows);
    let survey = seen.survey;
    let only_lists = survey.objects.count == 0 && !named.is_empty();
    let mut names = survey.names.clone();
    if only_lists {
        names.extend(named.iter().map(|(class, _)| (*class).to_owned()));
    }
    let (labelmap, entries) = labelmaps(&tree, &layout, &mut finder, job)?;
    let labelmap = labelmap.as_ref().map(|file| (file.file.as_str(), file.text.as_str()));
    let classes = Classes::of(&names, labelmap, job)?;
    let mut plan = Plan::new(&survey, classes.table.clone(), options.coords, options.on_error);
    plan.split = !rows.splits.is_empty();
    plan.source = layout.parts.iter().any(|part| part.source.is_some());
    plan.image_labels = only_lists;
    let image_labels = if only_lists { image_labels(&rows, &named, &plan) } else { Vec::new() };
    let residue = Head::of(&plan, entries, &classes.palette, VOID);
    for list in &rows.lists {
        hash.update(list.list.name.as_bytes());
        hash.update(read_list(&tree, &list.list, &Job::new())?.as_bytes());
    }
    if let Some((file, text)) = labelmap {
        hash.update(file.as_bytes());
        hash.update(text.as_bytes());
    }
    for row in &rows.rows {
        hash.update(row.id.as_bytes());
        hash.update(&[0]);
    }
    hash.update(format!("{:?}", layout.parts).as_bytes());
    let stamp = format!("{} {}", rows.rows.len(), hash.finish());
    let photographs = seen.photographs + rows.alone;
    let prepared = Prepared {
        tree,
        layout,
        rows,
        plan,
        renamed: seen.renamed,
        image_labels,
        residue,
        photographs,
        stamp,
        kept: seen.kept,
    };
    Ok((prepared, finder, classes))
}

/// A hash of all that is read, fed in large pieces: that is what the hasher is fast at.
#[derive(Default)]
struct Stamp {
    hasher: blake3::Hasher,
    held: Vec<u8>,
}

impl Stamp {
    fn update(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= 64 << 10 {
            self.hasher.update(&self.held);
            self.held.clear();
        }
    }

    fn finish(mut self) -> String {
        self.hasher.update(&self.held);
        self.hasher.finalize().to_hex().to_string()
    }
}

/// What the first pass finds.
#[derive(Default)]
struct First {
    survey: Survey,
    renamed: HashMap<(usize, Box<str>), Member>,
    photographs: usize,
    kept: Kept,
}

impl First {
    #[allow(clippy::too_many_arguments, reason = "one pass over what the preparation holds in pieces")]
    fn look(
        &mut self,
        tree: &Tree,
        layout: &Layout,
        rows: &mut Rows,
        finder: &mut Finder,
        options: &ImportOptions,
        hash: &mut Stamp,
        job: &Job,
    ) -> Result<()> {
        let stage = job.stage("looking at annotations", u64::try_from(rows.rows.len()).ok());
        // Warnings come with the second pass.
        let quiet = Job::new();
        let mut files = Files::default();
        for at in 0..rows.rows.len() {
            stage.advance(1)?;
            let Some(row) = rows.rows.get(at).cloned() else { break };
            let mut photograph = finder.by_stem(row.part, &row.id)?;
            let Some(member) = rows.xml(&row, &layout.parts) else {
                self.photographs += usize::from(photograph.is_some());
                continue;
            };
            match files.read(tree, &Kept::default(), &member, &quiet) {
                Ok(()) => {}
                Err(error) if options.on_error == OnError::Skip && is_bad(&error) => continue,
                Err(error) => return Err(error.remedy("use --on-error skip to go on without such files")),
            }
            hash.update(member.as_bytes());
            hash.update(files.bytes());
            self.kept.add(&member, files.bytes());
            let Some(annotation) = files.annotation() else { continue };
            let flat = Flat::annotation(annotation);
            if photograph.is_none() {
                let declared = declared_name(&flat).unwrap_or_default();
                photograph = finder.by_name(row.part, &row.id, declared)?;
                if let Some(found) = &photograph {
                    rows.claim(found);
                    self.renamed.insert((row.part, row.id.clone()), found.clone());
                }
            } else if let Some(found) = &photograph {
                rows.claim(found);
            }
            self.photographs += usize::from(photograph.is_some());
            self.survey.add(&flat);
        }
        Ok(())
    }
}

/// True for the errors of files that make no sense, as opposed to those of reading them.
pub(super) fn is_bad(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Format | ErrorKind::Limit | ErrorKind::Unsupported)
}

/// The text of `filename`.
pub(super) fn declared_name<'a>(annotation: &Flat<'a>) -> Option<&'a str> {
    annotation.leaves().find(|(path, _)| *path == "filename").map(|(_, leaf)| leaf.text)
}

/// The lists of a class, by class, with their rows.
fn class_lists(rows: &Rows) -> Vec<(&str, &[usize])> {
    let plain: BTreeSet<&str> = rows.lists.iter().filter(|l| !l.numbered).map(|l| l.list.parts().1).collect();
    let plain: Vec<&str> = plain.into_iter().collect();
    let of_class = |l: &super::rows::Listed| l.numbered;
    let lists = rows.lists.iter().filter(|l| of_class(l));
    lists.filter_map(|l| Some((l.list.class(&plain)?, l.rows.as_slice()))).collect()
}

fn image_labels(rows: &Rows, named: &[(&str, &[usize])], plan: &Plan) -> Vec<Option<Vec<i64>>> {
    let mut labels: Vec<Option<Vec<i64>>> = vec![None; rows.rows.len()];
    for row in rows.lists.iter().filter(|l| !l.numbered).flat_map(|l| &l.rows) {
        if let Some(labels) = labels.get_mut(*row) {
            labels.get_or_insert_default();
        }
    }
    for (class, listed) in named {
        let Some(label) = plan.label(class) else { continue };
        for row in *listed {
            let Some(labels) = labels.get_mut(*row) else { continue };
            let labels = labels.get_or_insert_default();
            if !labels.contains(&label) {
                labels.push(label);
                labels.sort_unstable();
            }
        }
    }
    labels
}

/// The first label map, and what the residue says of each part.
fn labelmaps(
    tree: &Tree,
    layout: &Layout,
    finder: &mut Finder,
    job: &Job,
) -> Result<(Option<LabelMapFile>, Vec<PartEntry>)> {
    let mut first: Option<LabelMapFile> = None;
    let mut entries = Vec::new();
    for (number, part) in layout.parts.iter().enumerate() {
        let map = match &part.labelmap {
            Some(file) => {
                let list = super::list::List { name: String::new(), member: file.clone() };
                Some(LabelMapFile { file: file.clone(), text: read_list(tree, &list, job)? })
            }
            None => None,
        };
        if first.is_none() {
            first.clone_from(&map);
        }
        let images = finder.folders(number)?.into_iter().next().map(|(_, folder)| folder);
        entries.push(PartEntry::of(part, images, map));
    }
    Ok((first, entries))
}

impl Prepared {
    /// The photograph of a row.
    ///
    /// # Errors
    /// Those of the trees.
    pub(super) fn photograph(&self, row: &Row, finder: &mut Finder) -> Result<Option<Member>> {
        match finder.by_stem(row.part, &row.id)? {
            None if !self.renamed.is_empty() => Ok(self.renamed.get(&(row.part, row.id.clone())).cloned()),
            found => Ok(found),
        }
    }
}
