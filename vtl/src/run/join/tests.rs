use proptest::prelude::*;

use super::{Join, join};
use crate::ast::Span;
use crate::plan::{JoinKind, JoinedColumn};
use crate::run::sample::{
    Row, areas_and_years, dataset, in_context, rows_with_repeats, structure, text_of_row, texts,
};
use crate::value::{Role, Scalar, ScalarType};

/// Row by row with every row.
fn oracle(left: &[Row], right: &[Row], kind: JoinKind) -> Vec<String> {
    let mut joined = Vec::new();
    let mut partnered = vec![false; right.len()];
    for a in left {
        let mut alone = true;
        for (place, b) in right.iter().enumerate() {
            if kind == JoinKind::Cross || a[..2] == b[..2] {
                joined.push(text_of_row(&[a[0].clone(), a[1].clone(), a[2].clone(), b[2].clone()]));
                partnered[place] = true;
                alone = false;
            }
        }
        if alone && matches!(kind, JoinKind::Left | JoinKind::Full) {
            joined.push(text_of_row(&[a[0].clone(), a[1].clone(), a[2].clone(), Scalar::Null]));
        }
    }
    if kind == JoinKind::Full {
        for (b, _) in right.iter().zip(partnered).filter(|(_, partnered)| !partnered) {
            joined.push(text_of_row(&[b[0].clone(), b[1].clone(), Scalar::Null, b[2].clone()]));
        }
    }
    joined.sort();
    joined
}

proptest! {
    #[test]
    fn a_join_is_the_pairs_of_equal_keys(left in rows_with_repeats(), right in rows_with_repeats()) {
        let left_set = dataset(&areas_and_years("A"), &left);
        let right_set = dataset(&areas_and_years("B"), &right);
        let result = structure(&[
            ("AREA", Role::Identifier, ScalarType::String),
            ("YEAR", Role::Identifier, ScalarType::Integer),
            ("A", Role::Measure, ScalarType::Number),
            ("B", Role::Measure, ScalarType::Number),
        ]);
        for kind in [JoinKind::Inner, JoinKind::Left, JoinKind::Full, JoinKind::Cross] {
            let on: &[(usize, usize)] = if kind == JoinKind::Cross { &[] } else { &[(0, 0), (1, 1)] };
            let key = |place| match kind {
                JoinKind::Full => JoinedColumn::Either(place, place),
                _ => JoinedColumn::Left(place),
            };
            let columns = [key(0), key(1), JoinedColumn::Left(2), JoinedColumn::Right(2)];
            let how = Join { kind, on, columns: &columns, structure: &result, span: Span::default() };
            let joined = in_context(|context| join(&left_set, &right_set, &how, context));
            prop_assert_eq!(texts(&joined.expect("it is small")), oracle(&left, &right, kind), "{:?}", kind);
        }
    }
}
