//! Dense codes of one component, the same in every table.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::dataset::{Column, Fixed, NULL_CODE, Strings};

/// Offsets of integers up to this many are brought into dense order by a table, whatever the rows.
const OFFSETS_MAX: i128 = 1 << 16;

/// Codes of one component in each table, below the radix. A null has a code of its own, the last.
pub(super) struct Codes<'c> {
    tables: Vec<TableCodes<'c>>,
    radix: u64,
}

enum TableCodes<'c> {
    /// Codes of texts, through a list.
    Texts { codes: &'c [u32], code_of_text: Vec<u32> },
    /// Codes of texts as they are.
    SameTexts { codes: &'c [u32], null: u32 },
    /// Integers, through a list of the codes of all from the least.
    Offsets { fixed: &'c Fixed, least: i64, code_of_offset: Arc<Vec<u32>>, null: u32 },
    /// Row by row.
    Rows(Vec<u32>),
}

impl<'c> Codes<'c> {
    /// Codes that are equal where values are equal.
    pub(super) fn equal(columns: &[&'c Column]) -> Self {
        let of_one_kind = |column: &&Column| std::mem::discriminant(*column);
        let alike = columns.windows(2).all(|pair| of_one_kind(&pair[0]) == of_one_kind(&pair[1]));
        let strings: Vec<&Strings> = columns.iter().filter_map(|column| as_strings(column)).collect();
        let fixed: Vec<&Fixed> = columns.iter().filter_map(|column| as_fixed(column)).collect();
        match columns.first() {
            Some(Column::Strings(_)) if alike => Self::of_strings(&strings, false, false),
            Some(Column::Fixed(_)) if alike => {
                Self::of_offsets(&fixed, false).unwrap_or_else(|| Self::of_values(columns, false, false))
            }
            _ => Self::of_values(columns, false, false),
        }
    }

    /// Codes of one column in the order of its values.
    pub(super) fn ordered(column: &'c Column, descending: bool) -> Self {
        match column {
            Column::Strings(strings) => Self::of_strings(&[strings], true, descending),
            Column::Fixed(fixed) => Self::of_offsets(&[fixed], descending)
                .unwrap_or_else(|| Self::of_values(&[column], true, descending)),
            _ => Self::of_values(&[column], true, descending),
        }
    }

    /// Number of codes.
    pub(super) fn radix(&self) -> u64 {
        self.radix.max(1)
    }

    /// Appends a digit to every key of a table.
    pub(super) fn append_to(&self, table: usize, keys: &mut [u64]) {
        let radix = self.radix();
        let append = |key: &mut u64, code: u32| *key = *key * radix + u64::from(code);
        match &self.tables[table] {
            _ if radix == 1 => {}
            TableCodes::Texts { codes, code_of_text } => {
                let null = (radix - 1) as u32;
                keys.iter_mut().zip(*codes).for_each(|(key, code)| {
                    append(key, code_of_text.get(*code as usize).copied().unwrap_or(null));
                });
            }
            TableCodes::SameTexts { codes, null } => {
                keys.iter_mut().zip(*codes).for_each(|(key, code)| append(key, (*code).min(*null)));
            }
            TableCodes::Offsets { fixed, least, code_of_offset, null } => {
                let code = |value: &i64| code_of_offset[value.wrapping_sub(*least) as usize];
                match fixed.valid.bits() {
                    None => keys.iter_mut().zip(&**fixed.values).for_each(|(key, v)| append(key, code(v))),
                    Some(bits) => {
                        for (row, (key, value)) in keys.iter_mut().zip(&**fixed.values).enumerate() {
                            append(key, if bits.get(row) { code(value) } else { *null });
                        }
                    }
                }
            }
            TableCodes::Rows(codes) => {
                keys.iter_mut().zip(codes).for_each(|(key, code)| append(key, *code));
            }
        }
    }

    fn of_strings(columns: &[&'c Strings], in_order: bool, descending: bool) -> Self {
        let nulls = columns.iter().any(|column| column.codes.contains(&NULL_CODE));
        let first = columns[0];
        if !in_order && columns.iter().all(|column| Arc::ptr_eq(&column.dictionary, &first.dictionary)) {
            let null = first.dictionary.len() as u32;
            let tables =
                columns.iter().map(|column| TableCodes::SameTexts { codes: &column.codes, null }).collect();
            return Self { tables, radix: u64::from(null) + u64::from(nulls) };
        }
        let mut code_of: HashMap<&str, u32> = HashMap::new();
        let texts = columns.iter().flat_map(|column| column.dictionary.iter());
        for text in texts {
            let next = code_of.len() as u32;
            code_of.entry(text).or_insert(next);
        }
        if in_order {
            let mut sorted: Vec<&str> = code_of.keys().copied().collect();
            sorted.sort_unstable();
            if descending {
                sorted.reverse();
            }
            code_of = sorted.into_iter().zip(0..).collect();
        }
        let table = |column: &&'c Strings| TableCodes::Texts {
            codes: &column.codes,
            code_of_text: column.dictionary.iter().map(|text| code_of[&**text]).collect(),
        };
        Self { tables: columns.iter().map(table).collect(), radix: code_of.len() as u64 + u64::from(nulls) }
    }

    /// Integers of a small range; nothing if it is large against the rows.
    fn of_offsets(columns: &[&'c Fixed], descending: bool) -> Option<Self> {
        let rows: usize = columns.iter().map(|column| column.values.len()).sum();
        let known = || {
            columns.iter().flat_map(|column| {
                let rows = column.values.iter().enumerate();
                rows.filter(|(row, _)| column.valid.get(*row)).map(|(_, value)| *value)
            })
        };
        let (least, greatest) = match columns {
            [only] if only.valid.bits().is_none() => {
                (only.values.iter().min().copied(), only.values.iter().max().copied())
            }
            _ => (known().min(), known().max()),
        };
        let (least, greatest) = (least.unwrap_or(0), greatest.unwrap_or(0));
        let range = i128::from(greatest) - i128::from(least) + 1;
        if range > OFFSETS_MAX.max(rows as i128) {
            return None;
        }
        let mut code_of_offset = vec![NULL_CODE; range as usize];
        known().for_each(|value| code_of_offset[(value - least) as usize] = 0);
        let mut count = 0;
        let mut number = |code: &mut u32| {
            *code = count;
            count += 1;
        };
        let used = code_of_offset.iter_mut().filter(|code| **code == 0);
        if descending {
            used.rev().for_each(&mut number)
        } else {
            used.for_each(&mut number)
        }
        let nulls = columns.iter().any(|column| column.valid.bits().is_some());
        let code_of_offset = Arc::new(code_of_offset);
        let table = |fixed: &&'c Fixed| TableCodes::Offsets {
            fixed,
            least,
            code_of_offset: code_of_offset.clone(),
            null: count,
        };
        Some(Self { tables: columns.iter().map(table).collect(), radix: u64::from(count) + u64::from(nulls) })
    }

    /// Any values, one by one.
    fn of_values(columns: &[&'c Column], in_order: bool, descending: bool) -> Self {
        let mut code_of: HashMap<Value, u32> = HashMap::new();
        let mut nulls = false;
        let mut tables: Vec<Vec<u32>> = Vec::with_capacity(columns.len());
        for column in columns {
            let mut last: Option<(Value, u32)> = None;
            let mut code = |row: usize| {
                let Some(value) = Value::of(column, row) else {
                    nulls = true;
                    return NULL_CODE;
                };
                if let Some((known, code)) = last
                    && known == value
                {
                    return code;
                }
                let next = code_of.len() as u32;
                let code = *code_of.entry(value).or_insert(next);
                last = Some((value, code));
                code
            };
            tables.push((0..column.len()).map(&mut code).collect());
        }
        let mut places: Vec<u32> = (0..code_of.len() as u32).collect();
        if in_order {
            let sorted: BTreeMap<Value, u32> = code_of.iter().map(|(value, code)| (*value, *code)).collect();
            let place = |(place, code): (u32, &u32)| places[*code as usize] = place;
            if descending {
                (0..).zip(sorted.values().rev()).for_each(place);
            } else {
                (0..).zip(sorted.values()).for_each(place);
            }
        }
        let null = code_of.len() as u32;
        for code in tables.iter_mut().flatten() {
            *code = places.get(*code as usize).copied().unwrap_or(null);
        }
        Self {
            tables: tables.into_iter().map(TableCodes::Rows).collect(),
            radix: code_of.len() as u64 + u64::from(nulls),
        }
    }
}

fn as_strings(column: &Column) -> Option<&Strings> {
    if let Column::Strings(strings) = column { Some(strings) } else { None }
}

fn as_fixed(column: &Column) -> Option<&Fixed> {
    if let Column::Fixed(fixed) = column { Some(fixed) } else { None }
}

/// A value of a column that is no text, so that equal numbers of different scales are equal and ordered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Value {
    /// The whole part.
    whole: i128,
    /// The part behind the point: exact to 18 digits, or the order of a float's remainder.
    rest: u64,
}

/// 10 to the power of [`crate::dataset::SCALE_MAX`]: digits behind the point.
const REST_UNIT: f64 = 1e18;

impl Value {
    fn of(column: &Column, row: usize) -> Option<Self> {
        if column.is_null(row) {
            return None;
        }
        Some(match column {
            Column::Booleans(booleans) => Self::exact(i128::from(booleans.truth.get(row)), 0),
            Column::Fixed(fixed) => Self::exact(i128::from(fixed.values[row]), 0),
            Column::Decimals(decimals) => Self::exact(i128::from(decimals.unscaled[row]), decimals.scale),
            Column::Wide(wide) => Self::exact(wide.unscaled[row], wide.scale),
            Column::Floats(floats) => Self::float(floats.values[row]),
            // Texts have codes already; in a table that differs in kind from others they equal nothing.
            Column::Strings(strings) => Self { whole: i128::MIN, rest: u64::from(strings.codes[row]) },
        })
    }

    fn exact(unscaled: i128, scale: u8) -> Self {
        let unit = 10i128.pow(u32::from(scale.min(crate::dataset::SCALE_MAX)));
        let rest = unscaled.rem_euclid(unit) * (10i128.pow(u32::from(crate::dataset::SCALE_MAX)) / unit);
        Self { whole: unscaled.div_euclid(unit), rest: rest as u64 }
    }

    fn float(value: f64) -> Self {
        let whole = value.floor();
        Self { whole: whole as i128, rest: ((value - whole) * REST_UNIT) as u64 }
    }
}
