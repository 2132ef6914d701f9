//! Codes of an identifier to columns, and columns to codes.

use std::sync::Arc;

use super::concat::concat;
use super::keys::Groups;
use super::{Context, RunError};
use crate::dataset::{Column, Dataset, NO_ROW, Strings};
use crate::plan::Relation;

/// Bytes of a value, and of the row it comes from.
const CELL_BYTES: usize = 12;

/// One column for each code of an identifier; a key without a code has null there.
pub(super) fn pivot(
    input: &Dataset,
    identifier: usize,
    measure: usize,
    by: &[usize],
    relation: &Relation,
    context: &Context<'_>,
) -> Result<Dataset, RunError> {
    let columns: Vec<&Column> = by.iter().map(|place| &input.columns()[*place]).collect();
    let groups = Groups::of(&columns, input.rows());
    let keys = columns.iter().map(|column| column.take(groups.first_row()));
    let codes = Groups::of(&[&input.columns()[identifier]], input.rows());
    let name = |row: &u32| input.value(*row as usize, identifier).to_string();
    let names: Vec<String> = codes.first_row().iter().map(name).collect();
    let made = &relation.structure.components()[by.len()..];
    context.admit(groups.len(), made.len() * CELL_BYTES, relation.span)?;
    let mut rows_of = vec![vec![NO_ROW; groups.len()]; made.len()];
    let place_of_code: Vec<Option<usize>> =
        names.iter().map(|name| made.iter().position(|component| *component.name == **name)).collect();
    let places = groups.group_of_row().iter().zip(codes.group_of_row());
    for (row, (group, code)) in places.enumerate() {
        if let Some(place) = place_of_code[*code as usize] {
            rows_of[place][*group as usize] = row as u32;
        }
    }
    let values = rows_of.iter().map(|rows| input.columns()[measure].take(rows));
    Ok(Dataset::new(relation.structure.clone(), keys.chain(values).collect(), groups.len()))
}

/// One row for each measure that is not null, with its name as a code.
pub(super) fn unpivot(
    input: &Dataset,
    by: &[usize],
    measures: &[(usize, Arc<str>)],
    relation: &Relation,
    context: &Context<'_>,
) -> Result<Dataset, RunError> {
    let known = |(place, _): &(usize, Arc<str>)| -> Vec<u32> {
        let valid = input.columns()[*place].validity();
        (0..input.rows()).filter(|row| valid.get(*row)).map(|row| row as u32).collect()
    };
    let known: Vec<Vec<u32>> = measures.iter().map(known).collect();
    let rows: Vec<u32> = known.iter().flatten().copied().collect();
    context.admit(rows.len(), input.bytes() / input.rows().max(1), relation.span)?;
    let mut columns: Vec<Column> = by.iter().map(|place| input.columns()[*place].take(&rows)).collect();
    let codes = known.iter().zip(0..).flat_map(|(rows, code)| std::iter::repeat_n(code, rows.len()));
    columns.push(Column::Strings(Strings {
        dictionary: Arc::new(measures.iter().map(|(_, name)| name.clone()).collect()),
        codes: Arc::new(codes.collect()),
    }));
    let values: Vec<Column> =
        measures.iter().zip(&known).map(|((place, _), rows)| input.columns()[*place].take(rows)).collect();
    let scalar_type = relation.structure.components()[by.len() + 1].scalar_type;
    columns.push(concat(&values, scalar_type));
    Ok(Dataset::new(relation.structure.clone(), columns, rows.len()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use crate::plan::Node;
    use crate::run::sample::{
        areas_and_years, dataset, relation, rows_with_keys, run_relation, scan, structure, text, texts,
    };
    use crate::value::{Role, Scalar, ScalarType};

    proptest! {
        #[test]
        fn what_is_pivoted_and_unpivoted_is_what_was_not_null(rows in rows_with_keys()) {
            let source = areas_and_years("A");
            let input = dataset(&source, &rows);
            let years = ["-3000000", "-2000000", "-1000000", "0", "1000000", "2000000", "3000000"];
            let mut components = vec![("AREA", Role::Identifier, ScalarType::String)];
            components.extend(years.map(|year| (year, Role::Measure, ScalarType::Number)));
            let wide = structure(&components);
            let pivot = Node::Pivot { input: Box::new(scan("a", &source)), identifier: 1, measure: 2, by: vec![0] };
            let pivoted = run_relation(relation(pivot, &wide), &[&input]).expect("it is small");
            for row in &rows {
                let place = |area: usize| text(&pivoted.value(area, 0)) == text(&row[0]);
                let area = (0..pivoted.rows()).find(|area| place(*area)).expect("every area has a row");
                let Scalar::Integer(year) = row[1] else { panic!("years are integers") };
                let column = wide.position(&year.to_string()).expect("every year has a column");
                prop_assert_eq!(text(&pivoted.value(area, column)), text(&row[2]));
            }
            let long = structure(&[
                ("AREA", Role::Identifier, ScalarType::String),
                ("YEAR", Role::Identifier, ScalarType::String),
                ("A", Role::Measure, ScalarType::Number),
            ]);
            let measures: Vec<(usize, Arc<str>)> =
                years.iter().enumerate().map(|(place, year)| (place + 1, Arc::from(*year))).collect();
            let unpivot = Node::Unpivot { input: Box::new(scan("a", &wide)), by: vec![0], measures };
            let unpivoted = run_relation(relation(unpivot, &long), &[&pivoted]).expect("it is small");
            let known: Vec<_> = rows.iter().filter(|row| !row[2].is_null()).cloned().map(|mut row| {
                let Scalar::Integer(year) = row[1] else { panic!("years are integers") };
                row[1] = crate::run::sample::string(&year.to_string());
                row
            }).collect();
            prop_assert_eq!(texts(&unpivoted), texts(&dataset(&long, &known)));
        }
    }
}
