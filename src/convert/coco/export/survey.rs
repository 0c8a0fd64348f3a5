//! What has to be known of a file's annotations before the first is written: their order, their ids, and
//! which labels there are where no table names them. One pass over the columns that tell.

use std::collections::BTreeSet;

use super::ids::{Collected, Ids, OBJECT_WAS, Rule};
use super::listing::Listed;
use super::plan::FilePlan;
use crate::convert::LossReport;
use crate::convert::export::{Cell, Reader};
use crate::dataset::Dataset;
use crate::error::Result;
use crate::job::Job;
use crate::schema::axis::key_name;

/// How the order of annotations in the file is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Order {
    /// It is that of the rows.
    #[default]
    Rows,
    /// By their places, which ascend along the rows if `true`.
    Places(bool),
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub(super) order: Order,
    pub(super) ids: Ids,
    /// The labels there are; looked for only without a class table.
    pub(super) labels: BTreeSet<i64>,
}

impl Survey {
    /// Looks at the annotations of a file. `exact` leaves their ids as they are.
    ///
    /// # Errors
    /// Those of reading the view, and of a cancelled job.
    pub(super) fn read(
        ds: &Dataset,
        plan: &FilePlan<'_>,
        listed: &Listed,
        exact: bool,
        loss: &mut LossReport,
        job: &Job,
    ) -> Result<Survey> {
        let unnamed = ds.classes(&plan.set).is_none();
        let wanted = |base: &str| match base {
            "ordinal" => true,
            "object_id" => !exact,
            "label" => unnamed,
            _ => false,
        };
        let reader = Reader::new(ds, |axis, base| axis.set() == Some(&plan.set) && wanted(base))?;
        let mut survey = Survey::default();
        if reader.is_empty() {
            survey.ids = if plan.custom && !exact { Ids::Numbered } else { Ids::Own };
            return Ok(survey);
        }
        let rule = Rule {
            key: "object_id",
            was: OBJECT_WAS,
            text_stays: !plan.custom,
            nulls: plan.custom,
            zero: plan.custom,
        };
        let own_ids = ds.keys().find(&key_name(&plan.set, "object_id")).is_ok();
        let mut ids = Collected::new(rule);
        // All annotations have a place, so far.
        let (mut placed, mut ascending, mut last) = (true, true, i64::MIN);
        for window in reader.windows(&listed.rows, job) {
            let (rows, table) = window?;
            let places = table.object_key("ordinal");
            placed &= places.is_some();
            for row in 0..rows.len() {
                for object in 0..table.objects(row).unwrap_or(0) {
                    let value = |base| table.object_key(base).and_then(|c| c.element(row, object));
                    if placed {
                        let place = value("ordinal").and_then(Cell::int);
                        placed = place.is_some();
                        ascending &= place >= Some(last);
                        last = place.unwrap_or(last);
                    }
                    if own_ids && !exact {
                        ids.push(0, value("object_id"));
                    }
                    survey.labels.extend(value("label").and_then(Cell::int).filter(|label| *label >= 0));
                }
            }
        }
        if placed {
            survey.order = Order::Places(ascending);
        }
        survey.ids = match own_ids {
            true => ids.decide(loss),
            false if plan.custom => Ids::Numbered,
            false => Ids::Own,
        };
        Ok(survey)
    }
}
