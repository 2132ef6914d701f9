//! Rows that the check before sending refuses, as published: an agency sets them aside and sends the others.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use mighub_client::Checked;
use mighub_validation::Severity;

use crate::Failure;

/// A table without the rows at fault, and how many there were.
pub(super) struct Divided {
    /// The rows that are sent.
    pub(super) sent: PathBuf,
    /// The number of those that are not; they stand beside, in `<name>_set_aside.csv`.
    pub(super) set_aside: usize,
}

/// Divides the table at `path` by the errors of its check.
pub(super) fn divide(path: &Path, checked: &mut Checked) -> Result<Divided, Failure> {
    let mut rows = BTreeSet::new();
    checked.each_finding(|finding| {
        if finding.severity == Severity::Error {
            rows.insert(finding.place.map_or(0, |place| place.row));
        }
        Ok(())
    })?;
    if rows.is_empty() || rows.contains(&0) {
        return Err(format!("{} has errors that are not of single rows", path.display()).into());
    }
    let text = std::fs::read_to_string(path)?;
    let mut lines = text.lines();
    let header = format!("{}\n", lines.next().unwrap_or_default());
    let (mut sent, mut aside) = (header.clone(), header);
    for (row, line) in (1u64..).zip(lines) {
        let of_row = if rows.contains(&row) { &mut aside } else { &mut sent };
        of_row.push_str(line);
        of_row.push('\n');
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let (good, bad) = (
        path.with_file_name(format!("{name}_sent.csv")),
        path.with_file_name(format!("{name}_set_aside.csv")),
    );
    std::fs::write(&good, sent)?;
    std::fs::write(bad, aside)?;
    Ok(Divided { sent: good, set_aside: rows.len() })
}
