//! `lensframe log`.

use serde_json::{Value as Json, json};

use super::args::LogArgs;
use super::print::{Printer, bytes, count, table};
use crate::dataset::store::{self, VersionSummary};
use crate::error::Result;

pub(super) fn run(args: &LogArgs, printer: &Printer) -> Result<()> {
    let mut versions = store::log(&args.dataset)?;
    versions.reverse();
    let object =
        json!({"dataset": args.dataset, "versions": versions.iter().map(object).collect::<Vec<_>>()});
    printer.show(&object, || {
        let mut rows = vec![["version", "created", "rows", "size", "what"].map(str::to_owned).to_vec()];
        rows.extend(versions.iter().map(row));
        table(&rows)
    })
}

fn object(version: &VersionSummary) -> Json {
    match &version.facts {
        Ok(facts) => json!({
            "version": version.version, "parent": facts.parent, "created": facts.created, "rows": facts.rows,
            "fragments": facts.fragments, "bytes": facts.bytes, "operation": facts.operation,
        }),
        Err(error) => json!({"version": version.version, "error": error.to_string()}),
    }
}

fn row(version: &VersionSummary) -> Vec<String> {
    let number = version.version.to_string();
    match &version.facts {
        Ok(facts) => {
            let details = facts.operation.details.iter().map(|(name, value)| match value {
                Json::String(text) => format!("{name}={text}"),
                other => format!("{name}={other}"),
            });
            let what =
                std::iter::once(facts.operation.what.clone()).chain(details).collect::<Vec<_>>().join(" ");
            vec![number, facts.created.clone(), count(facts.rows), bytes(facts.bytes), what]
        }
        Err(error) => vec![number, String::new(), String::new(), String::new(), error.to_string()],
    }
}
