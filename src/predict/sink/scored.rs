//! [`Scored`]: what is found held against a set of the view, as it comes.

use arrow_array::ArrayRef;

use super::Sink;
use crate::dataset::{Column, Dataset, Key, Table};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::eval::columns::{Role, side};
use crate::eval::images::ImageId;
use crate::eval::protocol::{Protocol, Running};
use crate::eval::{Matching, join};
use crate::job::Job;
use crate::predict::found::{Found, Told, columns};
use crate::predict::predictor::Predictor;
use crate::report::Report;
use crate::schema::axis::key_name;
use crate::schema::classes::ClassTable;
use crate::schema::field;

/// The name of the set that what was found has beside the truth.
const FOUND: &str = "found";

/// The keys of a row that say which image it is.
const IMAGE: [&str; 4] = ["image_id", "file_name", "height", "width"];

/// What is found held against a set of the view that is run, as it comes: no picture and no object is kept, only what
/// the protocol keeps of them. The report is that of a stored set, evaluated afterwards.
pub struct Scored {
    truth: Dataset,
    set: String,
    /// Which image a row is.
    images: Dataset,
    told: Told,
    classes: Option<ClassTable>,
    running: Running,
    /// Rows whose set is null: nobody looked for objects there.
    not_annotated: u64,
    job: Job,
}

impl Scored {
    /// Against a set of the view that a predictor is run on; `""` is the default set.
    ///
    /// # Errors
    /// `Unsupported` for the protocols that look at all images at once; `Key` for a set that is not there, and where the
    /// predictor does not find what the protocol needs, as masks.
    pub fn new(
        view: &Dataset,
        set: &str,
        protocol: Protocol,
        predictor: &Predictor,
        job: &Job,
    ) -> Result<Scored> {
        let running = Running::new(protocol)?;
        view.keys().find(&key_name(set, "label"))?;
        let told = predictor.recipe().head().told();
        let wanted = running.protocol().wanted();
        let lacks = [
            ("boxes", wanted.boxes && !told.bbox),
            ("masks", wanted.masks && !told.mask),
            ("points", wanted.points > 0 && !told.points),
        ];
        if let Some((what, _)) = lacks.into_iter().find(|(_, lacks)| *lacks) {
            return Err(Error::new(ErrorKind::Key, format!("the recipe's head finds no {what}"))
                .at(Place::area("predict"))
                .remedy("name another metric"));
        }
        let names: Vec<&str> = IMAGE.into_iter().filter(|name| view.keys().find(name).is_ok()).collect();
        Ok(Scored {
            truth: view.clone(),
            set: set.to_owned(),
            images: view.select(names)?,
            told,
            classes: predictor.recipe().classes().cloned(),
            running,
            not_annotated: 0,
            job: job.clone(),
        })
    }

    /// The report of what was found until now.
    ///
    /// # Errors
    /// Those of the protocol.
    pub fn report(&self, title: &str) -> Result<Report> {
        let mut report = self.running.report(title, &self.job)?;
        if self.not_annotated > 0 {
            report.warnings.push(format!("{} rows are not annotated: left out", self.not_annotated));
        }
        Ok(report)
    }

    /// What was found in rows, as a set beside what says which images they are.
    fn found(&self, rows: &[u64], found: &[Vec<Found>]) -> Result<Dataset> {
        let keyed = |(base, array): (&str, ArrayRef)| {
            let field =
                field::object(FOUND, base).ok_or_else(|| Error::new(ErrorKind::Key, base.to_owned()))?;
            Ok((Key::arrow(field), Column::Arrow(vec![array])))
        };
        let columns: Vec<(Key, Column)> =
            columns(found, self.told)?.into_iter().map(keyed).collect::<Result<_>>()?;
        let mut table = Table::new(columns)?;
        if let Some(classes) = &self.classes {
            table = table.with_classes(FOUND, classes.clone());
        }
        match self.images.keys().len() {
            0 => Ok(Dataset::new(table)),
            _ => Dataset::zip([self.images.take(rows)?, Dataset::new(table)]),
        }
    }
}

impl Sink for Scored {
    fn take(&mut self, rows: &[u64], found: &[Vec<Found>]) -> Result<()> {
        let label = key_name(&self.set, "label");
        let known: Vec<bool> = self
            .truth
            .take(rows)?
            .column(label.as_str())?
            .values()
            .iter()
            .map(|own| !own.is_null())
            .collect();
        let (mut kept, mut objects) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for ((row, found), known) in rows.iter().zip(found).zip(known) {
            match known {
                true => {
                    kept.push(*row);
                    objects.push(found.clone());
                }
                false => self.not_annotated += 1,
            }
        }
        if kept.is_empty() {
            return Ok(());
        }
        let wanted = self.running.protocol().wanted();
        let truth = side(&self.truth.take(&kept)?, &self.set, Role::Truth, &wanted, &self.job)?;
        let found = side(&self.found(&kept, &objects)?, FOUND, Role::Found, &wanted, &self.job)?;
        let part = join(truth, found, &Matching::default())?;
        let mut ids = part.ids();
        if self.images.keys().find("image_id").is_err() {
            // Without names images are rows, which are counted from 0 in every part.
            ids = kept.iter().map(|row| ImageId::Int(i64::try_from(*row).unwrap_or(i64::MAX))).collect();
        }
        self.running.add(part, &ids, &self.job)
    }
}
