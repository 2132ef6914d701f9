use proptest::prelude::*;

use super::{Groups, Index, Keys};
use crate::dataset::Column;
use crate::run::sample::{decimal, string, text_of_row};
use crate::value::{Scalar, ScalarType};

/// One row of four components: a text, an integer of a wide range, a number, a truth value; any may be null.
fn rows() -> impl Strategy<Value = Vec<[Scalar; 4]>> {
    let text =
        proptest::option::of("[a-d]{0,2}").prop_map(|text| text.map_or(Scalar::Null, |text| string(&text)));
    let integer = prop_oneof![-3i64..3, any::<i64>()];
    let integer = proptest::option::of(integer).prop_map(|value| value.map_or(Scalar::Null, Scalar::Integer));
    let number = proptest::option::of((-20i64..20, 0u8..3))
        .prop_map(|value| value.map_or(Scalar::Null, |(unscaled, scale)| decimal(unscaled, scale)));
    let truth =
        proptest::option::of(any::<bool>()).prop_map(|value| value.map_or(Scalar::Null, Scalar::Boolean));
    let row = (text, integer, number, truth).prop_map(|(a, b, c, d)| [a, b, c, d]);
    proptest::collection::vec(row, 0..30)
}

const TYPES: [ScalarType; 4] =
    [ScalarType::String, ScalarType::Integer, ScalarType::Number, ScalarType::Boolean];

fn columns(rows: &[[Scalar; 4]]) -> Vec<Column> {
    let column = |(place, scalar_type)| Column::of_scalars(rows.iter().map(|row| &row[place]), scalar_type);
    TYPES.into_iter().enumerate().map(column).collect()
}

proptest! {
    #[test]
    fn keys_are_equal_where_rows_are(left in rows(), right in rows()) {
        let (a, b) = (columns(&left), columns(&right));
        let keys = Keys::of_tables(&[(a.iter().collect(), left.len()), (b.iter().collect(), right.len())]);
        let index = Index::of(&keys, 1);
        for (row, key) in left.iter().zip(keys.table(0)) {
            let expected: Vec<u32> = (0..right.len() as u32)
                .filter(|other| text_of_row(row) == text_of_row(&right[*other as usize]))
                .collect();
            prop_assert_eq!(index.rows(*key).collect::<Vec<_>>(), expected.clone());
            prop_assert_eq!(index.count(*key), expected.len());
        }
    }

    #[test]
    fn groups_are_numbered_by_their_first_rows(rows in rows()) {
        let columns = columns(&rows);
        let groups = Groups::of(&columns.iter().collect::<Vec<_>>(), rows.len());
        let mut seen: Vec<String> = Vec::new();
        for (row, group) in rows.iter().map(|row| text_of_row(row)).zip(groups.group_of_row()) {
            let place = seen.iter().position(|known| *known == row).unwrap_or_else(|| {
                seen.push(row);
                seen.len() - 1
            });
            prop_assert_eq!(*group as usize, place);
        }
        prop_assert_eq!(groups.len(), seen.len());
    }

    #[test]
    fn the_order_is_that_of_the_values_with_nulls_last(rows in rows(), descending in any::<[bool; 4]>()) {
        let columns = columns(&rows);
        let by = columns.iter().zip(descending);
        let sorted = Keys::ordered(by, rows.len()).sorted_rows();
        let mut expected: Vec<u32> = (0..rows.len() as u32).collect();
        expected.sort_by(|a, b| {
            let (a, b) = (&rows[*a as usize], &rows[*b as usize]);
            let orders = a.iter().zip(b).zip(descending).map(|((a, b), descending)| match (rank(a), rank(b)) {
                (None, None) => std::cmp::Ordering::Equal,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some(_), None) => std::cmp::Ordering::Less,
                (Some(a), Some(b)) if descending => b.cmp(&a),
                (Some(a), Some(b)) => a.cmp(&b),
            });
            orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
        prop_assert_eq!(sorted, expected);
    }
}

/// A value as a number or a text that is ordered as it is.
fn rank(value: &Scalar) -> Option<(i128, String)> {
    match value {
        Scalar::Null => None,
        Scalar::String(text) => Some((0, text.to_string())),
        Scalar::Integer(whole) => Some((i128::from(*whole), String::new())),
        Scalar::Number(crate::value::Number::Exact { unscaled, scale }) => {
            Some((unscaled * 10i128.pow(9 - u32::from(*scale)), String::new()))
        }
        Scalar::Boolean(truth) => Some((i128::from(*truth), String::new())),
        other => panic!("{other:?} is not generated"),
    }
}
