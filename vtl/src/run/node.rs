//! Computes relations: each node when its inputs are there.
//!
//! What lives here: the walk through a plan, which may be a chain of any length, and which operator runs a
//! node. What must not: operators.

use super::inputs::inputs_of;
use super::{Context, RunError};
use super::{aggregate, check, hierarchy, join, pivot, project, series, set, unique, window};
use crate::dataset::Dataset;
use crate::plan::{Node, Relation};

/// What is left to do; the last comes first.
enum Step<'p> {
    /// Compute the inputs, then the relation; the flag says whether its key must be unique.
    Enter(&'p Relation, bool),
    /// The inputs lie on the pile.
    Leave(&'p Relation, bool),
}

/// Computes a relation and all that it reads.
pub(crate) fn compute(relation: &Relation, context: &Context<'_>) -> Result<Dataset, RunError> {
    let mut steps = vec![Step::Enter(relation, true)];
    let mut pile: Vec<Dataset> = Vec::new();
    while let Some(step) = steps.pop() {
        match step {
            Step::Enter(relation, unique) => {
                steps.push(Step::Leave(relation, unique));
                let unique = unique::inputs_must_be_unique(&relation.node, unique);
                let inputs = piled_inputs(&relation.node).into_iter().rev();
                steps.extend(inputs.map(|input| Step::Enter(input, unique)));
            }
            Step::Leave(relation, unique) => {
                let inputs = pile.split_off(pile.len() - piled_inputs(&relation.node).len());
                let result = leave(relation, inputs, context)?;
                if unique && unique::may_break_key(relation) {
                    unique::check(&result, relation.span)?;
                }
                pile.push(result);
            }
        }
    }
    Ok(pile.swap_remove(0))
}

/// The inputs that lie on the pile: a hierarchy computes its own.
fn piled_inputs(node: &Node) -> Vec<&Relation> {
    if matches!(node, Node::Hierarchy(_)) { Vec::new() } else { inputs_of(node) }
}

fn leave(relation: &Relation, inputs: Vec<Dataset>, context: &Context<'_>) -> Result<Dataset, RunError> {
    let (structure, span) = (&relation.structure, relation.span);
    context.admit(inputs.iter().map(Dataset::rows).max().unwrap_or(0), 0, span)?;
    let mut inputs = inputs.into_iter();
    // As many as `piled_inputs` gives for the node.
    let mut next = || inputs.next().unwrap_or_else(|| Dataset::empty(structure.clone()));
    match &relation.node {
        Node::Scan(name) => project::scan(name, structure, context),
        Node::Project { columns, .. } => project::project(&next(), columns, structure, context),
        Node::Filter { condition, .. } => project::filter(&next(), condition, structure, context),
        Node::Join { kind, on, columns, .. } => {
            join::join(&next(), &next(), &join::Join { kind: *kind, on, columns, structure, span }, context)
        }
        Node::Aggregate { by, aggregates, .. } => {
            aggregate::aggregate(&next(), by, aggregates, relation, context)
        }
        Node::Window { calls, .. } => window::window(&next(), calls, relation, context),
        Node::Set { operator, identifiers, .. } => {
            set::set(&inputs.collect::<Vec<_>>(), *operator, identifiers, relation, context)
        }
        Node::Exists { on, .. } => Ok(set::exists(&next(), &next(), on, structure)),
        Node::CheckDatapoint { rules, output, columns, .. } => {
            check::datapoint(&next(), rules, *output, columns, structure, context, span)
        }
        Node::Hierarchy(hierarchy) => hierarchy::hierarchy(hierarchy, relation, context),
        Node::TimeSeries { operator, time, series, measures, .. } => {
            let work = series::TimeSeries { time: *time, series, measures, structure, span };
            work.run(&next(), *operator, context)
        }
        Node::Pivot { identifier, measure, by, .. } => {
            pivot::pivot(&next(), *identifier, *measure, by, relation, context)
        }
        Node::Unpivot { by, measures, .. } => pivot::unpivot(&next(), by, measures, relation, context),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::ast::Span;
    use crate::plan::{Assignment, Expression, Node, Plan, Value};
    use crate::run::sample::{areas_and_years, dataset, relation, run_relation, scan, string, structure};
    use crate::run::{Inputs, Limits, RunError, RunOptions, run};
    use crate::value::{Role, Scalar, ScalarType, Structure};

    /// A relation that passes these columns on.
    fn projection(
        input: crate::plan::Relation,
        places: &[usize],
        to: &Arc<Structure>,
    ) -> crate::plan::Relation {
        let column = |place: &usize| {
            Expression::column(*place, &input.structure.components()[*place], Span::default())
        };
        let columns = places.iter().map(column).collect();
        relation(Node::Project { input: Box::new(input), columns }, to)
    }

    #[test]
    fn a_long_chain_of_operators_needs_no_stack() {
        let source = areas_and_years("A");
        let input = dataset(&source, &[vec![string("AT"), Scalar::Integer(1), Scalar::Null]]);
        let chain = (0..2_000).fold(scan("a", &source), |below, _| projection(below, &[0, 1, 2], &source));
        let result = run_relation(chain, &[&input]).expect("every step passes all on");
        assert_eq!(result.rows(), 1);
    }

    #[test]
    fn a_projection_that_loses_an_identifier_tells_the_first_key_that_comes_twice() {
        let source = areas_and_years("A");
        let row = |area, year| vec![string(area), Scalar::Integer(year), Scalar::Null];
        let only_area = structure(&[("AREA", Role::Identifier, ScalarType::String)]);
        let narrowed = || projection(scan("a", &source), &[0], &only_area);
        let twice = dataset(&source, &[row("AT", 1), row("BE", 1), row("BE", 2)]);
        let error = run_relation(narrowed(), &[&twice]).expect_err("BE stands twice");
        let RunError::Value { key, .. } = error else { panic!("{error}") };
        assert_eq!(key, "AREA=BE");
        let once = dataset(&source, &[row("AT", 1), row("BE", 1)]);
        assert_eq!(run_relation(narrowed(), &[&once]).expect("no key stands twice").rows(), 2);
    }

    #[test]
    fn an_aggregation_may_read_keys_that_come_twice() {
        let source = areas_and_years("A");
        let row = |year| vec![string("BE"), Scalar::Integer(year), Scalar::Null];
        let only_area = structure(&[("AREA", Role::Identifier, ScalarType::String)]);
        let narrowed = projection(scan("a", &source), &[0], &only_area);
        let node = Node::Aggregate { input: Box::new(narrowed), by: vec![0], aggregates: vec![] };
        let found = run_relation(relation(node, &only_area), &[&dataset(&source, &[row(1), row(2)])]);
        assert_eq!(found.expect("groups are unique").rows(), 1);
    }

    fn plan(names: &[&str], structure: &Arc<Structure>) -> Plan {
        let statement = |pair: &[&str]| Assignment {
            name: pair[1].into(),
            persistent: pair[1] == names[names.len() - 1],
            value: Value::Dataset(scan(pair[0], structure)),
            span: Span::default(),
        };
        Plan { statements: names.windows(2).map(statement).collect() }
    }

    #[test]
    fn columns_that_results_share_are_counted_once_against_the_limit() {
        let source = areas_and_years("A");
        let rows: Vec<_> =
            (0..1000).map(|year| vec![string("BE"), Scalar::Integer(year), Scalar::Null]).collect();
        let input = dataset(&source, &rows);
        let inputs = || Inputs { datasets: [("a".into(), input.clone())].into(), ..Inputs::default() };
        let plan = plan(&["a", "b", "c", "d", "e"], &source);
        let options = |bytes_max| RunOptions {
            limits: Limits { bytes_max, ..Limits::default() },
            with_temporary: true,
            ..RunOptions::default()
        };
        let results = run(&plan, inputs(), &options(input.bytes())).expect("it is one data set");
        assert_eq!(results.datasets.len(), 4);
        let error = run(&plan, inputs(), &options(input.bytes() - 1)).expect_err("a byte too much");
        assert!(matches!(error, RunError::Limit { .. }), "{error}");
    }

    #[test]
    fn a_cancelled_run_ends() {
        let source = areas_and_years("A");
        let input = dataset(&source, &[]);
        let inputs = Inputs { datasets: [("a".into(), input)].into(), ..Inputs::default() };
        let options = RunOptions { is_cancelled: Some(&|| true), ..RunOptions::default() };
        let cancelled = run(&plan(&["a", "b"], &source), inputs, &options);
        assert_eq!(cancelled.err(), Some(RunError::Cancelled));
    }
}
