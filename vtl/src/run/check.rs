//! `check_datapoint`: rules on single data points.
//!
//! What lives here: the rows a check gives and the columns that checks add. What must not: how a condition is
//! computed, and rules on groups of data points.

use std::sync::Arc;

use super::expression::{evaluate, located};
use super::{Context, RunError};
use crate::ast::Span;
use crate::dataset::{Bitmap, Booleans, Column, Dataset, NULL_CODE, Strings, Validity};
use crate::plan::{CheckColumn, CheckOutput, DatapointRule, ErrorLiterals, Expression};
use crate::value::{Scalar, ScalarType, Structure};

/// Bytes of a row of results beside the columns of the input.
const ROW_BYTES: usize = 16;

/// Runs the rules of a data point ruleset over a data set.
pub(super) fn datapoint(
    input: &Dataset,
    rules: &[DatapointRule],
    output: CheckOutput,
    columns: &[CheckColumn],
    structure: &Arc<Structure>,
    context: &Context<'_>,
    span: Span,
) -> Result<Dataset, RunError> {
    let mut outcomes = Outcomes::default();
    let mut rows = Vec::new();
    let row_bytes = input.bytes() / input.rows().max(1) + ROW_BYTES;
    for (place, rule) in rules.iter().enumerate() {
        let verdict = verdict(input, rule, context)?;
        let failed = verdict.valid.to_bitmap(input.rows()).and_not(&verdict.truth);
        let selected = if output == CheckOutput::Invalid { failed.count() } else { input.rows() };
        context.admit(rows.len() + selected, row_bytes, span)?;
        if output == CheckOutput::Invalid {
            rows.extend(failed.ones().map(|row| row as u32));
            outcomes.failed(place as u32, selected);
        } else {
            rows.extend(0..input.rows() as u32);
            let truth = |row| verdict.valid.get(row).then(|| verdict.truth.get(row));
            outcomes.extend((0..input.rows()).map(|row| (place as u32, truth(row))));
        }
    }
    let names = Arc::new(rules.iter().map(|rule| rule.name.clone()).collect::<Vec<_>>());
    let errors: Vec<&ErrorLiterals> = rules.iter().map(|rule| &rule.error).collect();
    let made = structure.components().iter().zip(columns).map(|(component, column)| match column {
        CheckColumn::Input(place) => input.columns()[*place].take(&rows),
        other => outcomes.column(*other, &names, &errors, component.scalar_type),
    });
    Ok(Dataset::new(structure.clone(), made.collect(), rows.len()))
}

/// The value of a rule for every row: the consequent where the antecedent is true, true where it is false.
fn verdict(input: &Dataset, rule: &DatapointRule, context: &Context<'_>) -> Result<Booleans, RunError> {
    let Some(when) = &rule.when else { return located_truth(&rule.then, input, context) };
    let when = located_truth(when, input, context)?;
    // A consequent that fails may fail on exempt rows only: `when B <> 0 then A / B < 1`.
    let then = match truth_of(&rule.then, input.columns(), input.rows(), context) {
        Err(RunError::Value { .. }) => truth_where(&when.truth, &rule.then, input, context)?,
        other => other?,
    };
    let known = when.valid.to_bitmap(input.rows());
    let exempt = known.and_not(&when.truth);
    let decided = when.truth.and(&then.valid.to_bitmap(input.rows()));
    Ok(Booleans {
        truth: Arc::new(exempt.or(&when.truth.and(&then.truth))),
        valid: Validity::of(exempt.or(&decided)),
    })
}

/// A condition on the rows of a data set; a failure names the data point.
fn located_truth(
    condition: &Expression,
    input: &Dataset,
    context: &Context<'_>,
) -> Result<Booleans, RunError> {
    truth_of(condition, input.columns(), input.rows(), context)
        .map_err(|error| located(error, condition, input, context))
}

/// A condition on some of the rows, null elsewhere.
fn truth_where(
    wanted: &Bitmap,
    condition: &Expression,
    input: &Dataset,
    context: &Context<'_>,
) -> Result<Booleans, RunError> {
    let rows: Vec<u32> = wanted.ones().map(|row| row as u32).collect();
    let piece = located_truth(condition, &input.take(&rows), context)?;
    let mut truth = Bitmap::filled(input.rows(), false);
    let mut valid = truth.clone();
    for (place, row) in rows.into_iter().enumerate() {
        truth.set(row as usize, piece.truth.get(place));
        valid.set(row as usize, piece.valid.get(place));
    }
    Ok(Booleans { truth: Arc::new(truth), valid: Validity::of(valid) })
}

/// A condition on rows.
pub(super) fn truth_of(
    condition: &Expression,
    columns: &[Column],
    rows: usize,
    context: &Context<'_>,
) -> Result<Booleans, RunError> {
    match evaluate(condition, columns, rows, context)? {
        Column::Booleans(truth) => Ok(truth),
        // The literal null is the one condition that is no boolean.
        _ => Ok(Booleans {
            truth: Arc::new(Bitmap::filled(rows, false)),
            valid: Validity::of(Bitmap::filled(rows, false)),
        }),
    }
}

/// What rules said, one entry for each row of the result.
#[derive(Default)]
pub(super) struct Outcomes {
    rules: Vec<u32>,
    /// 0 false, 1 true, 2 null.
    truth: Vec<u8>,
}

impl Outcomes {
    pub(super) fn len(&self) -> usize {
        self.rules.len()
    }

    pub(super) fn push(&mut self, rule: u32, truth: Option<bool>) {
        self.rules.push(rule);
        self.truth.push(truth.map_or(2, u8::from));
    }

    fn failed(&mut self, rule: u32, count: usize) {
        self.rules.resize(self.rules.len() + count, rule);
        self.truth.resize(self.truth.len() + count, 0);
    }

    fn extend(&mut self, outcomes: impl Iterator<Item = (u32, Option<bool>)>) {
        outcomes.for_each(|(rule, truth)| self.push(rule, truth));
    }

    /// A column that says what a rule is called, whether it holds, or what its failure is called.
    pub(super) fn column(
        &self,
        column: CheckColumn,
        names: &Arc<Vec<Arc<str>>>,
        errors: &[&ErrorLiterals],
        scalar_type: ScalarType,
    ) -> Column {
        match column {
            CheckColumn::RuleId => {
                Column::Strings(Strings { dictionary: names.clone(), codes: Arc::new(self.rules.clone()) })
            }
            CheckColumn::BoolVar => {
                let truth = Bitmap::from_fn(self.len(), |row| self.truth[row] == 1);
                Column::booleans(truth, Validity::of(Bitmap::from_fn(self.len(), |row| self.truth[row] < 2)))
            }
            CheckColumn::ErrorLevel => self.literals(errors, |error| &error.level, scalar_type),
            _ => self.literals(errors, |error| &error.code, scalar_type),
        }
    }

    /// The literal of the rule where it is false, else null.
    fn literals(
        &self,
        errors: &[&ErrorLiterals],
        literal: impl Fn(&ErrorLiterals) -> &Scalar,
        scalar_type: ScalarType,
    ) -> Column {
        let by_rule = Column::of_scalars(errors.iter().map(|error| literal(error)), scalar_type);
        let failed = self.rules.iter().zip(&self.truth);
        let rules: Vec<u32> =
            failed.map(|(rule, truth)| if *truth == 0 { *rule } else { NULL_CODE }).collect();
        by_rule.take(&rules)
    }
}
