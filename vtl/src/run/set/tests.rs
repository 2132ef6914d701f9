use proptest::prelude::*;

use crate::plan::{Node, SetOperator};
use crate::run::sample::{
    Row, areas_and_years, dataset, relation, rows_with_keys, run_relation, scan, text_of_row, texts,
};

fn has(rows: &[Row], key: &Row) -> bool {
    rows.iter().any(|row| row[..2] == key[..2])
}

fn oracle(inputs: &[Vec<Row>], operator: SetOperator) -> Vec<String> {
    let (a, b) = (&inputs[0], &inputs[1]);
    let kept: Vec<&Row> = match operator {
        SetOperator::Union => {
            let earlier = |place: usize, row: &Row| inputs[..place].iter().any(|rows| has(rows, row));
            let rows = inputs.iter().enumerate();
            rows.flat_map(|(place, rows)| rows.iter().filter(move |row| !earlier(place, row))).collect()
        }
        SetOperator::Intersect => {
            a.iter().filter(|row| inputs[1..].iter().all(|rows| has(rows, row))).collect()
        }
        SetOperator::SetDiff => a.iter().filter(|row| !has(b, row)).collect(),
        SetOperator::SymDiff => {
            a.iter().filter(|row| !has(b, row)).chain(b.iter().filter(|row| !has(a, row))).collect()
        }
    };
    let mut texts: Vec<String> = kept.into_iter().map(|row| text_of_row(row)).collect();
    texts.sort();
    texts
}

proptest! {
    #[test]
    fn set_operators_keep_the_leftmost_row_of_a_key(
        inputs in proptest::collection::vec(rows_with_keys(), 3),
    ) {
        let structure = areas_and_years("A");
        let sets: Vec<_> = inputs.iter().map(|rows| dataset(&structure, rows)).collect();
        for (operator, count) in [
            (SetOperator::Union, 3),
            (SetOperator::Intersect, 3),
            (SetOperator::SetDiff, 2),
            (SetOperator::SymDiff, 2),
        ] {
            let node = Node::Set {
                operator,
                inputs: ["a", "b", "c"][..count].iter().map(|name| scan(name, &structure)).collect(),
                identifiers: vec![0, 1],
            };
            let result = run_relation(relation(node, &structure), &sets.iter().collect::<Vec<_>>());
            let result = result.expect("keys are unique");
            prop_assert_eq!(texts(&result), oracle(&inputs[..count], operator), "{:?}", operator);
            prop_assert_eq!(result.duplicate_key(), None);
        }
    }

    #[test]
    fn a_key_exists_if_it_is_found(left in rows_with_keys(), right in rows_with_keys()) {
        let structure = areas_and_years("A");
        let (a, b) = (dataset(&structure, &left), dataset(&structure, &right));
        let result = super::exists(&a, &b, &[(0, 0), (1, 1)], &with_truth());
        for (row, key) in left.iter().enumerate() {
            prop_assert_eq!(result.value(row, 3), crate::value::Scalar::Boolean(has(&right, key)));
        }
    }
}

fn with_truth() -> std::sync::Arc<crate::value::Structure> {
    use crate::value::{Role, ScalarType};
    crate::run::sample::structure(&[
        ("AREA", Role::Identifier, ScalarType::String),
        ("YEAR", Role::Identifier, ScalarType::Integer),
        ("A", Role::Measure, ScalarType::Number),
        ("bool_var", Role::Measure, ScalarType::Boolean),
    ])
}
