//! [`Photos`]: the heavy group, row by row.

use arrow_array::ArrayRef;
use arrow_schema::Field;
use serde_json::{Value as Json, json};

use super::check::{Checks, Photo, Sides};
use super::column::ImageColumn;
use super::folder::Folder;
use super::name::{join, safe_path};
use crate::convert::column::{Id, IdColumn};
use crate::convert::options::{ImageFolder, ImagesSummary, ImportOptions};
use crate::dataset::store::Writer;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::{Job, Warning};
use crate::place::Tree;
use crate::schema::field::{self, IdType};

/// The columns of the heavy group, and what fills them.
#[derive(Debug)]
pub(in crate::convert) struct Photos {
    trees: Vec<Tree>,
    /// For each tree: whether files are stored rather than linked.
    stored: Vec<bool>,
    folders: Vec<(Option<String>, Folder)>,
    folder: Option<Folder>,
    ids: IdType,
    image_id: IdColumn,
    names: Vec<&'static str>,
    columns: Vec<ImageColumn>,
    /// What the headers of photographs say, if they are looked at.
    checks: Option<Checks>,
    pub(in crate::convert) summary: ImagesSummary,
}

impl Photos {
    /// Files of these trees in image columns of these names. `img` is the photograph: its bytes are hashed, and
    /// it is what [`Photos::push`] and the summary are about.
    pub(in crate::convert) fn new(
        options: &ImportOptions,
        trees: Vec<Tree>,
        names: &[&'static str],
        ids: IdType,
    ) -> Photos {
        let stored: Vec<bool> = trees.iter().map(|tree| options.embeds(tree)).collect();
        let any = stored.contains(&true);
        Photos {
            trees,
            stored,
            folders: Vec::new(),
            folder: None,
            ids,
            image_id: IdColumn::new(ids),
            names: names.to_vec(),
            columns: names.iter().map(|name| ImageColumn::new(any && *name == "img")).collect(),
            checks: (options.probes() && names.contains(&"img")).then(Checks::new),
            summary: ImagesSummary::default(),
        }
    }

    /// The trees that files are sought in.
    pub(in crate::convert) fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// True if any file is stored rather than linked.
    pub(in crate::convert) fn stores(&self) -> bool {
        self.stored.contains(&true)
    }

    /// The photographs of a split are in this folder.
    pub(in crate::convert) fn add_folder(&mut self, split: Option<&str>, folder: Folder) {
        if let Some(tree) = self.trees.get(folder.tree) {
            let path = tree.name(&folder.path);
            self.summary.folders.push(ImageFolder { split: split.map(str::to_owned), path });
        }
        self.folders.push((split.map(str::to_owned), folder));
    }

    /// The rows of a split begin.
    pub(in crate::convert) fn begin_split(&mut self, split: Option<&str>) {
        let folder = self.folders.iter().find(|(name, _)| name.as_deref() == split);
        self.folder = folder.map(|(_, folder)| folder.clone());
    }

    /// The fields, in the order in which columns come.
    pub(in crate::convert) fn fields(&self) -> Vec<Field> {
        let mut fields = vec![field::image_id(self.ids)];
        for name in &self.names {
            fields.push(field::row_of(name, field::image_type()));
            if *name == "img" && self.stores() {
                fields.extend(field::row("content_hash"));
            }
            if *name == "img" && self.checks.is_some() {
                fields.extend(field::row("orientation"));
            }
        }
        fields
    }

    /// Rows in the builders.
    pub(in crate::convert) fn rows(&self) -> usize {
        self.image_id.len()
    }

    /// How many bytes the builders hold, about.
    pub(in crate::convert) fn held(&self) -> usize {
        self.columns.iter().map(ImageColumn::held).sum::<usize>()
            + self.checks.as_ref().map_or(0, Checks::held)
    }

    /// The member of the current folder that a declared name means, if it is a file there.
    fn seek(&self, name: &str) -> Result<Option<(usize, String)>> {
        let Some(folder) = &self.folder else { return Ok(None) };
        let Some(tree) = self.trees.get(folder.tree) else { return Ok(None) };
        let member = join(&folder.path, name);
        Ok(tree.has_file(&member)?.then_some((folder.tree, member)))
    }

    /// How many bytes the file of a declared name would take if it is to be stored.
    pub(in crate::convert) fn size(&self, name: &str) -> Result<u64> {
        let Ok(name) = safe_path(name) else { return Ok(0) };
        match self.seek(&name)? {
            Some((tree, member)) => self.member_size(tree, &member),
            None => Ok(0),
        }
    }

    /// How many bytes a member would take if it is to be stored.
    pub(in crate::convert) fn member_size(&self, tree: usize, member: &str) -> Result<u64> {
        match (self.trees.get(tree), self.stored.get(tree)) {
            (Some(tree), Some(true)) => tree.bytes(member),
            _ => Ok(0),
        }
    }

    /// The next row, whose photograph has this name in the folder of the current split; as [`Photos::push_found`].
    pub(in crate::convert) fn push(
        &mut self,
        id: Option<&Id>,
        name: Option<&str>,
        declared: Sides,
        place: &Place,
        job: &Job,
    ) -> Result<Option<(u32, u32)>> {
        let found = match name.map(|name| (name, safe_path(name))) {
            None => None,
            Some((name, Err(why))) => {
                let what = format!("the file name {name:?} {why}");
                job.warn(Warning::new("images.unsafe-name", place.clone(), what, "the row has no image"))?;
                None
            }
            Some((name, Ok(path))) => {
                let found = self.seek(&path)?;
                if found.is_none() {
                    self.absent(name, place, job)?;
                }
                found
            }
        };
        let found = found.as_ref().map(|(tree, member)| (*tree, member.as_str()));
        self.push_found(id, found, declared, place, job)
    }

    /// Counts a photograph that is declared and not there.
    pub(in crate::convert) fn absent(&mut self, name: &str, place: &Place, job: &Job) -> Result<()> {
        self.summary.absent += 1;
        let what = format!("there is no file {name:?}");
        job.warn(Warning::new("images.absent", place.clone(), what, "the row has no image"))
    }

    /// The next row, whose photograph is this member of a tree. Other columns follow by
    /// [`Photos::push_also`]; those that do not are null.
    ///
    /// Gives (height, width) as its header says, if that is looked at and can be read: of the upright picture, or of
    /// the stored one where that is what is declared. `place` is where it is declared.
    pub(in crate::convert) fn push_found(
        &mut self,
        id: Option<&Id>,
        found: Option<(usize, &str)>,
        declared: Sides,
        place: &Place,
        job: &Job,
    ) -> Result<Option<(u32, u32)>> {
        self.fill();
        self.image_id.push(id)?;
        if !self.names.contains(&"img") {
            return Ok(None);
        }
        self.push_also("img", found)?;
        let at = self.names.iter().position(|name| *name == "img");
        let column = at.and_then(|at| self.columns.get(at));
        let (Some(checks), Some(column), Some((tree, member))) = (&mut self.checks, column, found) else {
            return Ok(None);
        };
        let (Some(stored), Some(tree)) = (self.stored.get(tree), self.trees.get(tree)) else {
            return Ok(None);
        };
        let photo = Photo { tree, member, bytes: stored.then(|| column.last_bytes()) };
        checks.push(&photo, declared, place, job)
    }

    /// A further image column of the row pushed last.
    pub(in crate::convert) fn push_also(&mut self, name: &str, found: Option<(usize, &str)>) -> Result<()> {
        let at = self.names.iter().position(|n| *n == name);
        let Some(column) = at.and_then(|at| self.columns.get_mut(at)) else { return Ok(()) };
        let found =
            found.and_then(|(at, member)| Some((at, self.trees.get(at)?, *self.stored.get(at)?, member)));
        let Some((number, tree, stored, member)) = found else {
            column.push_null();
            return Ok(());
        };
        let photo = name == "img";
        if stored {
            let bytes = column.push_file(tree, member)?;
            self.summary.embedded += u64::from(photo);
            self.summary.bytes += bytes;
        } else {
            let path = join(tree.base(), member);
            // Whoever follows the link asks the roots in order.
            let before = self.trees.iter().zip(&self.stored).take(number);
            for (earlier, _) in before.filter(|(_, stored)| !**stored) {
                if earlier.base().is_empty() && earlier.has_file(&path)? {
                    let what = format!("{} has a file '{path}' too", earlier.path().display());
                    return Err(Error::new(ErrorKind::Conflict, what)
                        .at(Place::area("images").file(tree.name(member)))
                        .remedy("use --images embed, or name roots in which paths differ"));
                }
            }
            column.push_path(&path)?;
            self.summary.linked += u64::from(photo);
        }
        Ok(())
    }

    /// Makes all columns as long as there are rows.
    fn fill(&mut self) {
        let rows = self.image_id.len();
        for column in &mut self.columns {
            while column.len() < rows {
                column.push_null();
            }
        }
        if let Some(checks) = &mut self.checks {
            checks.fill(rows);
        }
    }

    /// The columns, in the order of [`Photos::fields`], empty again.
    pub(in crate::convert) fn finish(&mut self) -> Result<Vec<ArrayRef>> {
        self.fill();
        let mut columns = vec![self.image_id.finish()?];
        for (name, column) in self.names.iter().zip(&mut self.columns) {
            let (images, hashes) = column.finish()?;
            columns.push(images);
            columns.extend(hashes);
            if let Some(checks) = self.checks.as_mut().filter(|_| *name == "img") {
                columns.push(checks.finish()?);
            }
        }
        Ok(columns)
    }

    /// Names the trees that links lead into as the dataset's roots.
    pub(in crate::convert) fn add_roots(&self, writer: &mut Writer) {
        for (tree, _) in self.trees.iter().zip(&self.stored).filter(|(_, stored)| !**stored) {
            writer.add_root(tree.path());
        }
    }

    /// Which columns there are and where their files come from: what rows written before must have in common
    /// with those to come.
    pub(in crate::convert) fn stamp(&self) -> Json {
        let trees: Vec<Json> = self.trees.iter().map(|tree| tree.name("").to_string_lossy().into()).collect();
        let folders: Vec<Json> =
            self.folders.iter().map(|(split, folder)| json!([split, folder.tree, folder.path])).collect();
        json!({"columns": self.names, "trees": trees, "stored": self.stored, "folders": folders})
    }

    /// What is counted so far, for an import that is interrupted.
    pub(in crate::convert) fn state(&self) -> Json {
        let counts = &self.summary;
        json!({
            "linked": counts.linked, "embedded": counts.embedded, "bytes": counts.bytes,
            "absent": counts.absent,
        })
    }

    /// Goes on counting from a [`Photos::state`].
    pub(in crate::convert) fn resume(&mut self, state: &Json) {
        let count = |name: &str| state.get(name).and_then(Json::as_u64).unwrap_or(0);
        self.summary.linked = count("linked");
        self.summary.embedded = count("embedded");
        self.summary.bytes = count("bytes");
        self.summary.absent = count("absent");
    }
}
