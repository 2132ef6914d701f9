//! Data sets that later assignments read, and the bytes they take.
//!
//! What lives here: how often each will still be read, and columns that several share counted once. What must
//! not: limits.

use std::collections::HashMap;
use std::sync::Arc;

use super::inputs::inputs_of;
use crate::dataset::{Column, Dataset};
use crate::plan::{Node, Plan, Relation, Value};

/// Data sets by name.
#[derive(Default)]
pub(super) struct Held {
    datasets: HashMap<Arc<str>, Dataset>,
    reads_left: HashMap<Arc<str>, usize>,
    /// How many data sets hold a column, by the address of its values.
    holders: HashMap<usize, usize>,
    bytes: usize,
}

impl Held {
    /// Nothing yet; the plan says what will be read how often.
    pub(super) fn new(plan: &Plan) -> Self {
        let mut held = Self::default();
        for assignment in &plan.statements {
            let Value::Dataset(relation) = &assignment.value else { continue };
            let mut todo: Vec<&Relation> = vec![relation];
            while let Some(relation) = todo.pop() {
                if let Node::Scan(name) = &relation.node {
                    *held.reads_left.entry(name.clone()).or_default() += 1;
                }
                todo.extend(inputs_of(&relation.node));
            }
        }
        held
    }

    /// Takes a data set in, if anyone will read it.
    pub(super) fn keep(&mut self, name: Arc<str>, dataset: Dataset) {
        if self.reads_left.get(&name).is_some_and(|reads| *reads > 0) {
            self.count(&dataset);
            self.datasets.insert(name, dataset);
        }
    }

    /// Counts the bytes of a data set that stays to the end.
    pub(super) fn count(&mut self, dataset: &Dataset) {
        for column in dataset.columns() {
            let holders = self.holders.entry(address(column)).or_default();
            *holders += 1;
            if *holders == 1 {
                self.bytes += column.bytes();
            }
        }
    }

    /// A data set, which is let go with its last read.
    pub(super) fn read(&mut self, name: &str) -> Option<Dataset> {
        let reads = self.reads_left.get_mut(name)?;
        *reads = reads.saturating_sub(1);
        if *reads > 0 {
            return self.datasets.get(name).cloned();
        }
        let dataset = self.datasets.remove(name)?;
        for column in dataset.columns() {
            if let Some(holders) = self.holders.get_mut(&address(column)) {
                *holders -= 1;
                if *holders == 0 {
                    self.holders.remove(&address(column));
                    self.bytes -= column.bytes();
                }
            }
        }
        Some(dataset)
    }

    /// Bytes of all columns that are held, shared ones counted once.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

fn address(column: &Column) -> usize {
    match column {
        Column::Booleans(column) => Arc::as_ptr(&column.truth).addr(),
        Column::Strings(column) => Arc::as_ptr(&column.codes).addr(),
        Column::Fixed(column) => Arc::as_ptr(&column.values).addr(),
        Column::Decimals(column) => Arc::as_ptr(&column.unscaled).addr(),
        Column::Wide(column) => Arc::as_ptr(&column.unscaled).addr(),
        Column::Floats(column) => Arc::as_ptr(&column.values).addr(),
    }
}

#[cfg(test)]
mod tests {
    use super::Held;
    use crate::ast::Span;
    use crate::plan::{Assignment, Plan, Value};
    use crate::run::sample::{areas_and_years, dataset, scan, string};
    use crate::value::Scalar;

    #[test]
    fn a_data_set_is_let_go_with_its_last_read() {
        let structure = areas_and_years("A");
        let statement = |name: &str| Assignment {
            name: name.into(),
            persistent: true,
            value: Value::Dataset(scan("a", &structure)),
            span: Span::default(),
        };
        let mut held = Held::new(&Plan { statements: vec![statement("b"), statement("c")] });
        let input = dataset(&structure, &[vec![string("AT"), Scalar::Integer(1), Scalar::Null]]);
        held.keep("a".into(), input.clone());
        held.keep("nobody reads it".into(), input.clone());
        assert_eq!(held.bytes(), input.bytes());
        assert!(held.read("a").is_some());
        assert_eq!(held.bytes(), input.bytes());
        assert!(held.read("a").is_some());
        assert_eq!(held.bytes(), 0);
        assert!(held.read("a").is_none());
    }
}
