//! An embargo that a file states in its cells (DETAILS C15): the time becomes a field of the header, and the
//! cells become free, for it is the time that keeps them.

use jiff::Timestamp;
use mighub_sdmx::Columns;
use mighub_sdmx::columns::{AttributeColumn, AttributeValue, Runs};

/// The dataset attribute that holds the time.
pub(super) const EMBARGO_TIME: &str = "EMBARGO_TIME";
const CONF_STATUS: &str = "CONF_STATUS";
const UNDER_EMBARGO: &str = "E";
const FREE: &str = "F";

/// The time in a file; nothing if it is none, or has no zone.
pub(super) fn parse(value: &AttributeValue) -> Option<Timestamp> {
    value.as_text()?.parse().ok()
}

/// Whether a cell is marked as under embargo.
pub(super) fn has_marked_cells(columns: &Columns) -> bool {
    let column =
        columns.shape.observation_attribute(CONF_STATUS).map(|place| &columns.observation_attributes[place]);
    column.is_some_and(|column| column.values.iter().any(|value| value.as_text() == Some(UNDER_EMBARGO)))
}

/// Makes cells that are marked as under embargo free.
pub(super) fn free_marked_cells(columns: &mut Columns) {
    let Some(place) = columns.shape.observation_attribute(CONF_STATUS) else { return };
    let column = &mut columns.observation_attributes[place];
    let is = |text: &'static str| move |value: &AttributeValue| value.as_text() == Some(text);
    let Some(marked) = column.values.iter().position(is(UNDER_EMBARGO)) else { return };
    let Some(free) = column.values.iter().position(is(FREE)) else {
        column.values[marked] = AttributeValue::text(FREE);
        // F follows E among the confidentiality statuses, but a list of an office's own may have one between.
        if !column.values.is_sorted() {
            sort(column);
        }
        return;
    };
    let mut runs = Runs::default();
    for (code, range) in column.runs.runs() {
        let code = match (code as usize).checked_sub(1) {
            Some(value) if value == marked => free + 1,
            _ => code as usize,
        };
        // The place of the marked value is closed.
        let code = if code > marked + 1 { code - 1 } else { code };
        runs.push(code as u32, range.len());
    }
    column.values.remove(marked);
    column.runs = runs;
}

fn sort(column: &mut AttributeColumn) {
    let ranks = mighub_sdmx::columns::ranks(&column.values);
    column.values.sort_unstable();
    let mut runs = Runs::default();
    for (code, range) in column.runs.runs() {
        let code = (code as usize).checked_sub(1).map_or(0, |value| ranks[value] + 1);
        runs.push(code, range.len());
    }
    column.runs = runs;
}

#[cfg(test)]
mod tests {
    use super::*;
    use mighub_sdmx::Period;
    use mighub_sdmx::columns::{ColumnsBuilder, Shape};
    use proptest::prelude::*;
    use std::sync::Arc;

    fn columns(statuses: &[Option<&str>]) -> Columns {
        let shape = Arc::new(Shape {
            dimensions: vec![Arc::from("REF_AREA")],
            observation_attributes: vec![Arc::from(CONF_STATUS)],
            series_attributes: Vec::new(),
            timeless: false,
        });
        let mut builder = ColumnsBuilder::new(shape);
        builder.start_series_with_key(&[Arc::from("SWE")]);
        for (year, status) in (2000u16..).zip(statuses) {
            let value = status.map(AttributeValue::text);
            builder.observation(Period::year(year), None, |_| value.as_ref());
        }
        builder.end_series();
        builder.take()
    }

    proptest! {
        #[test]
        fn freed_columns_are_those_that_said_free(places in proptest::collection::vec(0usize..5, 1..30)) {
            let statuses = [None, Some("E"), Some("F"), Some("C"), Some("EX")];
            let marked: Vec<_> = places.iter().map(|place| statuses[*place]).collect();
            let free: Vec<_> =
                marked.iter().map(|status| if *status == Some("E") { Some("F") } else { *status }).collect();
            let mut freed = columns(&marked);
            prop_assert_eq!(has_marked_cells(&freed), marked.contains(&Some("E")));
            free_marked_cells(&mut freed);
            prop_assert_eq!(freed, columns(&free));
        }
    }
}
