//! What must hold for any bytes: tables that are valid and equally long, or an error with a sentence.

use lensframe::convert::coco;
use lensframe::job::Job;

/// Reads the bytes as a COCO file.
pub(super) fn check(data: &[u8]) {
    match coco::read_bytes(data, &Job::new()) {
        Err(error) => assert!(!error.what().is_empty()),
        Ok(tables) => {
            // What was taken is JSON for other readers too, and so is what was left over.
            let residue: serde_json::Value =
                serde_json::from_slice(&tables.residue).expect("the residue is JSON");
            assert!(residue["files"].is_array());
            let rows = |table: &coco::Table| table.batches.iter().map(|b| b.num_rows()).sum::<usize>();
            let first = tables.groups.first().map_or(0, rows);
            for table in &tables.groups {
                assert_eq!(rows(table), first, "groups are equally long");
                for column in table.batches.iter().flat_map(|batch| batch.columns()) {
                    column.to_data().validate_full().expect("columns are valid");
                }
            }
        }
    }
}
