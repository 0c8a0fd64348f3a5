//! Whole questions: SELECT over images, objects and sets, answered with a table.
//!
//! The tables are `images` (a row an image), `objects` (a row an object of the default set), one of each other set's
//! name, and `objects_all` with a column `set`; of a dataset that was given a name, all of these after that name and
//! a dot, and its images by the name alone. A table has the columns that the text mentions and no other is read; `*` means every light one.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Schema};
use polars::prelude::{DataFrame, IntoLazy, LazyFrame, UnionArgs, col, concat, lit};
use polars::sql::SQLContext;

use super::frame::Frame;
use super::names::{self, Meaning, ROW, Scope};
use super::statement::Asked;
use super::{bridge, fault, hints, run, scalar};
use crate::dataset::{Dataset, Table};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::job::Job;
use crate::schema::axis::DEFAULT_SET;
use crate::schema::nearest;

/// Datasets by name; the one without is asked by the bare names of its tables.
pub(super) type Named<'a> = [(&'a str, &'a Dataset)];

/// What a question in SQL reads, and how polars answers it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The tables by name, each with the keys that are read for it and the bytes of their columns in memory.
    pub tables: Vec<(String, Vec<(String, u64)>)>,
    /// The plan of polars, a step a line, the last step first.
    pub plan: String,
}

impl std::fmt::Display for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (table, keys) in &self.tables {
            let keys: Vec<String> =
                keys.iter().map(|(key, bytes)| format!("{key} ({bytes} bytes)")).collect();
            writeln!(
                f,
                "{table} reads {}",
                if keys.is_empty() { "nothing".to_owned() } else { keys.join(", ") }
            )?;
        }
        f.write_str(&self.plan)
    }
}

/// The answer to a SELECT.
pub(super) fn answer(datasets: &Named, text: &str, job: &Job) -> Result<Dataset> {
    let (plan, _) = plan(datasets, text, job)?;
    into_dataset(run::collect(plan, job).map_err(|e| e.at(Place::area("query")))?)
}

/// What the answer to a SELECT takes.
pub(super) fn explain(datasets: &Named, text: &str, job: &Job) -> Result<Reading> {
    let (plan, tables) = plan(datasets, text, job)?;
    let plan = run::deep(|| plan.explain(true))?.map_err(fault::of)?;
    Ok(Reading { tables, plan })
}

type Tables = Vec<(String, Vec<(String, u64)>)>;

/// The plan of a SELECT over the columns that it needs, which are read; and what was read for each table.
fn plan(datasets: &Named, text: &str, job: &Job) -> Result<(LazyFrame, Tables)> {
    run::check_length(text)?;
    let (mut statement, asked) = run::deep(|| Asked::parse(text, dotted(datasets)))??;
    run::deep(|| hints::classes(&statement, datasets, job))??;
    let context = SQLContext::new();
    let mut tables: Tables = Vec::new();
    for name in &asked.tables {
        let Some((ds, scope)) = table(datasets, name) else {
            if asked.own.contains(name) {
                continue;
            }
            return Err(unknown_table(datasets, name));
        };
        if asked.own.contains(name) {
            return Err(Error::new(
                ErrorKind::Usage,
                format!("WITH makes a table '{name}', which there is already"),
            )
            .at(Place::area("query"))
            .remedy("give it another name"));
        }
        // What is said of an image is a column of its objects, unless the images stand beside them.
        let beside = |images: &str| asked.tables.contains(images);
        let alone = match name.rsplit_once('.') {
            Some((dataset, _)) => !beside(dataset) && !beside(&format!("{dataset}.images")),
            None => !beside("images"),
        };
        let mut read = Vec::new();
        context.register(name, frame(ds, &scope, &asked, alone, &mut read, job)?);
        tables.push((name.clone(), read));
    }
    let mut context = context;
    let mut execute = |text: &str| -> Result<LazyFrame> {
        let plan = run::deep(|| context.execute(text))?.map_err(|e| explained(e, datasets, &asked))?;
        // Of two tables with columns of one name polars loses one, where it leaves out what is not asked for. Here
        // nothing else was read anyway.
        Ok(if asked.crossed { plan.with_projection_pushdown(false) } else { plan })
    };
    run::deep(|| {
        scalar::fill(&mut statement, |query| into_dataset(run::collect(execute(&query.to_string())?, job)?))
    })??;
    let text = run::deep(|| statement.to_string())?;
    let plan = execute(&text)?;
    Ok((plan, tables))
}

/// Names of columns in which dots are, of all datasets.
fn dotted(datasets: &Named) -> BTreeSet<String> {
    let of = |ds: &Dataset| {
        let mut names = names::known(ds, Scope::Rows);
        ds.sets().iter().for_each(|set| names.extend(names::known(ds, Scope::Objects(set))));
        names
    };
    datasets.iter().flat_map(|(_, ds)| of(ds)).filter(|name| name.contains('.')).collect()
}

/// A table of a dataset.
enum Of<'a> {
    Scope(Scope<'a>),
    AllSets,
}

/// The dataset and table of a name.
fn table<'a>(datasets: &'a Named, name: &'a str) -> Option<(&'a Dataset, Of<'a>)> {
    let of = |ds: &'a Dataset, table: &'a str| -> Option<Of<'a>> {
        match table {
            "images" => Some(Of::Scope(Scope::Rows)),
            "objects" => Some(Of::Scope(Scope::Objects(DEFAULT_SET))),
            "objects_all" => Some(Of::AllSets),
            set => ds.sets().iter().any(|own| own == set).then_some(Of::Scope(Scope::Objects(set))),
        }
    };
    let found = |(own, ds): &(&str, &'a Dataset)| -> Option<(&'a Dataset, Of<'a>)> {
        let table = match *own {
            "" => name,
            own if own == name => "images",
            own => name.strip_prefix(own)?.strip_prefix('.')?,
        };
        Some((*ds, of(ds, table)?))
    };
    datasets.iter().find_map(found)
}

/// The names of all tables.
fn tables(datasets: &Named) -> Vec<String> {
    let of = |(name, ds): &(&str, &Dataset)| {
        let sets = ds.sets().into_iter().filter(|set| !set.is_empty());
        let all = ["images", "objects", "objects_all"].map(str::to_owned).into_iter().chain(sets);
        let name = (*name).to_owned();
        all.map(move |table| if name.is_empty() { table } else { format!("{name}.{table}") })
            .collect::<Vec<_>>()
    };
    datasets.iter().flat_map(of).collect()
}

fn unknown_table(datasets: &Named, name: &str) -> Error {
    let all = tables(datasets);
    let like = nearest(name, all.iter().map(String::as_str));
    let remedy = match like.is_empty() {
        true => format!("there are: {}", all.join(", ")),
        false => format!("did you mean {}?", like.join(", ")),
    };
    Error::new(ErrorKind::NotFound, format!("there is no table '{name}'"))
        .at(Place::area("query"))
        .remedy(remedy)
}

/// The columns of a table that the question may need.
fn frame(
    ds: &Dataset,
    of: &Of,
    asked: &Asked,
    alone: bool,
    read: &mut Vec<(String, u64)>,
    job: &Job,
) -> Result<LazyFrame> {
    match of {
        Of::Scope(scope) => Ok(columns(ds, *scope, asked, alone, read, job)?.lazy()),
        Of::AllSets => {
            let sets = ds.sets();
            let mut frames: Vec<(&str, DataFrame)> = Vec::new();
            for set in &sets {
                frames.push((set, columns(ds, Scope::Objects(set), asked, alone, read, job)?));
            }
            if frames.is_empty() {
                frames.push(("", columns(ds, Scope::Objects(DEFAULT_SET), asked, alone, read, job)?));
            }
            // What one set has and another has not is null there.
            let mut all: Vec<(String, polars::prelude::DataType)> = Vec::new();
            for (name, ty) in frames.iter().flat_map(|(_, frame)| frame.schema().iter().collect::<Vec<_>>()) {
                if !all.iter().any(|(own, _)| *own == name.as_str()) {
                    all.push((name.to_string(), ty.clone()));
                }
            }
            let whole = frames.into_iter().map(|(set, frame)| {
                let has = |name: &str| frame.schema().contains(name);
                let mut wanted = vec![lit(set.to_owned()).alias("set")];
                wanted.extend(all.iter().map(|(name, ty)| match has(name) {
                    true => col(name.as_str()),
                    false => lit(polars::prelude::NULL).cast(ty.clone()).alias(name.as_str()),
                }));
                frame.clone().lazy().select(wanted)
            });
            // As one table: polars cannot count the rows of a union that it has not made.
            let whole = concat(whole.collect::<Vec<_>>(), UnionArgs::default()).map_err(fault::of)?;
            Ok(run::collect(whole, job)?.lazy())
        }
    }
}

fn columns(
    ds: &Dataset,
    scope: Scope,
    asked: &Asked,
    alone: bool,
    read: &mut Vec<(String, u64)>,
    job: &Job,
) -> Result<DataFrame> {
    let mut own: Vec<String> = Vec::new();
    if asked.everything {
        own.push(ROW.to_owned());
        own.extend(names::keys(ds, scope).into_iter().filter(|name| is_light(ds, scope, name)));
    }
    let named = names::known(ds, scope).into_iter().filter(|name| asked.words.contains(name));
    own.extend(named);
    // The name of a table is no mention of an image's key that is called the same, as `panoptic`.
    let hidden = |name: &String| !alone || asked.tables.contains(name);
    own.retain(|name| !(hidden(name) && matches!(names::meaning(ds, scope, name), Ok(Meaning::OfRow(_)))));
    let mut seen = BTreeSet::new();
    own.retain(|name| seen.insert(name.clone()));
    if own.is_empty() {
        // So that rows can be counted.
        own.push(ROW.to_owned());
    }
    let frame = Frame::of(ds, scope, &own, job)?;
    read.extend(frame.read);
    Ok(frame.columns)
}

/// Whether a key holds no files.
fn is_light(ds: &Dataset, scope: Scope, name: &str) -> bool {
    let key = match scope {
        Scope::Rows => name.to_owned(),
        Scope::Objects(set) => crate::schema::axis::key_name(set, name),
    };
    let field = ds.keys().find(&key).ok().and_then(|index| ds.keys().get(index)?.field());
    field.is_none_or(|field| !holds_bytes(field.data_type()))
}

fn holds_bytes(ty: &DataType) -> bool {
    match ty {
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => true,
        DataType::Struct(fields) => fields.iter().any(|field| holds_bytes(field.data_type())),
        DataType::List(field) | DataType::LargeList(field) => holds_bytes(field.data_type()),
        _ => false,
    }
}

/// What polars says, with the names that are nearest where it did not find one.
fn explained(error: polars::prelude::PolarsError, datasets: &Named, asked: &Asked) -> Error {
    use polars::prelude::PolarsError::ColumnNotFound;
    let ColumnNotFound(what) = &error else { return fault::of(error) };
    let what = what.to_string();
    let name = what.split(['"', '\'', '`']).nth(1).unwrap_or(what.as_str()).to_owned();
    let mut known = Vec::new();
    for table_name in &asked.tables {
        if let Some((ds, Of::Scope(scope))) = table(datasets, table_name) {
            known.extend(names::known(ds, scope));
        }
    }
    let like = nearest(&name, known.iter().map(String::as_str));
    let remedy = match like.is_empty() {
        true => format!("there are: {}", known.join(", ")),
        false => format!("did you mean {}?", like.join(", ")),
    };
    Error::new(ErrorKind::Key, format!("no column '{name}'")).at(Place::area("query")).remedy(remedy)
}

/// An answer as a dataset in memory.
fn into_dataset(done: DataFrame) -> Result<Dataset> {
    let mut fields = Vec::with_capacity(done.width());
    let mut columns = Vec::with_capacity(done.width());
    for column in done.columns() {
        // One chunk a column: those of a batch are as long as each other.
        let (field, chunks) = bridge::arrays(&column.as_materialized_series().rechunk())?;
        columns.extend(chunks.into_iter().next());
        fields.push(field);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(done.height()));
    let batch = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
        .map_err(|e| Error::new(ErrorKind::Type, e.to_string()).at(Place::area("query")))?;
    Ok(Dataset::new(Table::from_batches(&[batch])?))
}
