//! Columns one below the other.

use std::sync::Arc;

use hashbrown::HashMap;

use super::number::Numbers;
use crate::dataset::{
    Booleans, Column, Decimals, Fixed, Floats, NULL_CODE, SCALE_MAX, Strings, Validity, Wide,
};
use crate::value::ScalarType;

/// One column of the rows of all; they hold values of one type, be it in different forms.
pub(super) fn concat(columns: &[Column], scalar_type: ScalarType) -> Column {
    match columns {
        [] => return Column::nulls(scalar_type, 0),
        [only] => return only.clone(),
        _ => {}
    }
    let strings: Vec<&Strings> = columns.iter().filter_map(as_strings).collect();
    let booleans: Vec<&Booleans> = columns.iter().filter_map(as_booleans).collect();
    let fixed: Vec<&Fixed> = columns.iter().filter_map(as_fixed).collect();
    if strings.len() == columns.len() {
        concat_strings(&strings)
    } else if booleans.len() == columns.len() {
        let truth = booleans
            .iter()
            .flat_map(|column| (0..column.truth.len()).map(|row| column.truth.get(row)))
            .collect();
        Column::booleans(truth, validity(columns))
    } else if fixed.len() == columns.len() && scalar_type != ScalarType::Number {
        let values = fixed.iter().flat_map(|column| column.values.iter().copied()).collect();
        Column::fixed(values, validity(columns))
    } else {
        concat_numbers(columns)
    }
}

fn as_strings(column: &Column) -> Option<&Strings> {
    if let Column::Strings(strings) = column { Some(strings) } else { None }
}

fn as_booleans(column: &Column) -> Option<&Booleans> {
    if let Column::Booleans(booleans) = column { Some(booleans) } else { None }
}

fn as_fixed(column: &Column) -> Option<&Fixed> {
    if let Column::Fixed(fixed) = column { Some(fixed) } else { None }
}

fn validity(columns: &[Column]) -> Validity {
    let parts: Vec<Validity> = columns.iter().map(Column::validity).collect();
    if parts.iter().all(|part| part.bits().is_none()) {
        return Validity::ALL;
    }
    let rows = columns.iter().map(Column::len);
    Validity::of(parts.iter().zip(rows).flat_map(|(part, rows)| (0..rows).map(|row| part.get(row))).collect())
}

fn concat_strings(columns: &[&Strings]) -> Column {
    let first = &columns[0].dictionary;
    let mut codes = Vec::with_capacity(columns.iter().map(|column| column.codes.len()).sum());
    if columns.iter().all(|column| Arc::ptr_eq(&column.dictionary, first)) {
        columns.iter().for_each(|column| codes.extend_from_slice(&column.codes));
        return Column::Strings(Strings { dictionary: first.clone(), codes: Arc::new(codes) });
    }
    let mut texts: Vec<Arc<str>> = Vec::new();
    let mut code_of: HashMap<Arc<str>, u32> = HashMap::new();
    for column in columns {
        let translate: Vec<u32> = column
            .dictionary
            .iter()
            .map(|text| {
                *code_of.entry(text.clone()).or_insert_with(|| {
                    texts.push(text.clone());
                    texts.len() as u32 - 1
                })
            })
            .collect();
        let code = |code: &u32| translate.get(*code as usize).copied().unwrap_or(NULL_CODE);
        codes.extend(column.codes.iter().map(code));
    }
    Column::Strings(Strings { dictionary: Arc::new(texts), codes: Arc::new(codes) })
}

/// At the widest scale; as floats if one is, or if 128 bits do not hold a value at that scale.
fn concat_numbers(columns: &[Column]) -> Column {
    let valid = validity(columns);
    let numbers = || columns.iter().map(|column| (Numbers::of(column), column.len()));
    let scale = numbers().map(|(numbers, _)| numbers.scale()).max().unwrap_or(0).min(SCALE_MAX);
    let exact: Option<Vec<i128>> = numbers()
        .flat_map(|(numbers, rows)| {
            let unit = 10i128.pow(u32::from(scale.saturating_sub(numbers.scale())));
            (0..rows).map(move |row| numbers.unscaled(row)?.checked_mul(unit))
        })
        .collect();
    let Some(exact) = exact else {
        let float = |(numbers, rows): (Numbers<'_>, usize)| {
            (0..rows).map(|row| numbers.float(row)).collect::<Vec<_>>()
        };
        return Column::Floats(Floats { values: Arc::new(numbers().flat_map(float).collect()), valid });
    };
    let narrow: Option<Vec<i64>> = exact.iter().map(|value| i64::try_from(*value).ok()).collect();
    match narrow {
        Some(unscaled) => Column::Decimals(Decimals { unscaled: Arc::new(unscaled), scale, valid }),
        None => Column::Wide(Wide { unscaled: Arc::new(exact), scale, valid }),
    }
}
