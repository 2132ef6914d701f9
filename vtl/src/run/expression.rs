//! Expressions on columns.
//!
//! What lives here: the walk through an expression, and how much of it is computed how often: once for what
//! depends on no column, once for each entry of a dictionary for what depends on one column of texts, and only for
//! the rows that need it for the branches of `if` and `case`. What must not: names, types, what functions do.

mod arithmetic;
mod branch;
mod cast;
mod compare;
mod distance;
mod failure;
mod logic;
mod number;
mod pattern;
mod rounding;
mod scalar;
mod temporal;
#[cfg(test)]
mod tests;
mod text;
mod value;

use std::sync::Arc;

pub(crate) use cast::{cast_value, promote_value};
pub(super) use failure::located;
pub(crate) use pattern::check_pattern;
use value::Value;

use super::{Context, RunError};
use crate::ast::Span;
use crate::dataset::{Bitmap, Column, NULL_CODE, ROWS_MAX, Strings, Validity};
use crate::plan::{Expression, ExpressionKind, Function};
use crate::value::Scalar;

/// One value for each row.
pub(crate) fn evaluate(
    expression: &Expression,
    columns: &[Column],
    rows: usize,
    context: &Context<'_>,
) -> Result<Column, RunError> {
    let frame = Frame { columns, rows, context };
    Ok(frame.value(expression)?.into_column(expression.scalar_type, rows))
}

/// The value of an expression that names no column.
pub(crate) fn expression_value(expression: &Expression, context: &Context<'_>) -> Result<Scalar, RunError> {
    let frame = Frame { columns: &[], rows: 1, context };
    Ok(frame.value(expression)?.scalar(0, expression.scalar_type))
}

/// Rows on which expressions are computed.
#[derive(Clone, Copy)]
struct Frame<'f> {
    columns: &'f [Column],
    rows: usize,
    context: &'f Context<'f>,
}

/// Which columns an expression depends on, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    Nothing,
    One(usize),
    Several,
}

impl Needs {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, needs) | (needs, Self::Nothing) => needs,
            (Self::One(a), Self::One(b)) if a == b => self,
            _ => Self::Several,
        }
    }
}

impl<'f> Frame<'f> {
    /// The value of an expression: a chain of operators that leans to the left is a loop.
    fn value(&self, expression: &Expression) -> Result<Value, RunError> {
        let (mut first, mut chain) = chain_of(expression);
        let mut needs = needs_of(first);
        // The longest piece of the chain from below that depends on one column at most.
        while let Some(call) = chain.last()
            && let ExpressionKind::Call(_, arguments) = &call.kind
        {
            let with_next = needs.and(needs_of(&arguments[1]));
            if with_next == Needs::Several {
                break;
            }
            needs = with_next;
            first = call;
            chain.pop();
        }
        self.onwards(self.small(first, needs)?, chain)
    }

    /// An expression that depends on one column at most, if `needs` says so: on a frame as small as can be.
    fn small(&self, expression: &Expression, needs: Needs) -> Result<Value, RunError> {
        match (&expression.kind, needs) {
            (ExpressionKind::Column(place), _) => Ok(Value::Column(self.columns[*place].clone())),
            (ExpressionKind::Constant(value), _) => Ok(Value::One(value.clone())),
            (_, Needs::Nothing) if self.rows != 1 => {
                let single = Frame { columns: &[], rows: 1, context: self.context };
                Ok(Value::One(single.chain(expression)?.scalar(0, expression.scalar_type)))
            }
            (_, Needs::One(place)) => match &self.columns[place] {
                Column::Strings(strings) if strings.dictionary.len() + 1 < self.rows => {
                    self.once_per_entry(expression, place, strings)
                }
                _ => self.chain(expression),
            },
            _ => self.chain(expression),
        }
    }

    /// Computes on the dictionary and a null, and spreads the results by the codes of the rows.
    fn once_per_entry(
        &self,
        expression: &Expression,
        place: usize,
        strings: &Strings,
    ) -> Result<Value, RunError> {
        let entries = strings.dictionary.len();
        // Entries that no row uses must not fail.
        let mut used = vec![false; entries + 1];
        for &code in strings.codes.iter() {
            used[(code as usize).min(entries)] = true;
        }
        let mut codes: Vec<u32> = Vec::with_capacity(entries + 1);
        let mut row_of = vec![0u32; entries + 1];
        for (code, _) in used.iter().enumerate().filter(|(_, used)| **used) {
            row_of[code] = codes.len() as u32;
            codes.push(if code == entries { NULL_CODE } else { code as u32 });
        }
        let rows = codes.len();
        let entry_column =
            Column::Strings(Strings { dictionary: strings.dictionary.clone(), codes: Arc::new(codes) });
        let mut columns = vec![Column::nulls(crate::value::ScalarType::Null, 0); place];
        columns.push(entry_column);
        let small = Frame { columns: &columns, rows, context: self.context };
        Ok(match small.chain(expression)? {
            Value::One(value) => Value::One(value),
            Value::Column(Column::Booleans(truth)) => {
                let place = |row: usize| row_of[(strings.codes[row] as usize).min(entries)] as usize;
                let yes: Vec<bool> = (0..rows).map(|row| truth.truth.get(row)).collect();
                let known: Vec<bool> = (0..rows).map(|row| truth.valid.get(row)).collect();
                let valid = match truth.valid.bits() {
                    None => Validity::ALL,
                    Some(_) => Validity::of(Bitmap::from_fn(self.rows, |row| known[place(row)])),
                };
                Value::Column(Column::booleans(Bitmap::from_fn(self.rows, |row| yes[place(row)]), valid))
            }
            Value::Column(column) => {
                let rows: Vec<u32> =
                    strings.codes.iter().map(|&code| row_of[(code as usize).min(entries)]).collect();
                Value::Column(column.take(&rows))
            }
        })
    }

    /// An expression on all rows of the frame; its left side is not asked again for a smaller frame.
    fn chain(&self, expression: &Expression) -> Result<Value, RunError> {
        let (first, chain) = chain_of(expression);
        self.onwards(self.node(first)?, chain)
    }

    /// The calls of a chain, the last of the list first, on the value at its foot.
    fn onwards(&self, foot: Value, chain: Vec<&Expression>) -> Result<Value, RunError> {
        chain.into_iter().rev().try_fold(foot, |value, call| match &call.kind {
            ExpressionKind::Call(function, arguments) => {
                let right = self.value(&arguments[1])?;
                self.apply(*function, vec![value, right], arguments, call)
            }
            _ => Ok(value),
        })
    }

    /// One node on all rows of the frame. Every kind has a function of its own, so that this one, through which
    /// all recursion goes, takes little of the stack.
    fn node(&self, expression: &Expression) -> Result<Value, RunError> {
        match &expression.kind {
            ExpressionKind::Constant(value) => Ok(Value::One(value.clone())),
            ExpressionKind::Column(place) => Ok(Value::Column(self.columns[*place].clone())),
            ExpressionKind::Result(name) => self.context.scalar(name).map(Value::One),
            ExpressionKind::Call(function, arguments) => self.call(*function, arguments, expression),
            ExpressionKind::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                self.choose(&[(condition, then)], otherwise, expression.scalar_type)
            }
            ExpressionKind::Case { branches, otherwise } => self.case(branches, otherwise, expression),
            ExpressionKind::In { operand, set, negated } => self.is_in(operand, set, *negated),
            ExpressionKind::Cast { operand, mask } => self.cast(operand, mask.as_deref(), expression),
            ExpressionKind::Promote(operand) => self.promote(operand, expression),
        }
    }

    /// A call that is no link of a chain, or stands at its foot.
    fn call(
        &self,
        function: Function,
        arguments: &[Expression],
        expression: &Expression,
    ) -> Result<Value, RunError> {
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(self.value(argument)?);
        }
        self.apply(function, values, arguments, expression)
    }

    fn case(
        &self,
        branches: &[(Expression, Expression)],
        otherwise: &Expression,
        expression: &Expression,
    ) -> Result<Value, RunError> {
        let branches: Vec<_> = branches.iter().map(|(condition, value)| (condition, value)).collect();
        self.choose(&branches, otherwise, expression.scalar_type)
    }

    fn is_in(&self, operand: &Expression, set: &[Scalar], negated: bool) -> Result<Value, RunError> {
        let value = self.value(operand)?;
        Ok(compare::is_in(&value, set, negated, operand.scalar_type, self.rows))
    }

    fn cast(
        &self,
        operand: &Expression,
        mask: Option<&str>,
        expression: &Expression,
    ) -> Result<Value, RunError> {
        let (from, to) = (operand.scalar_type, expression.scalar_type);
        let value = self.value(operand)?;
        value.map(from, to, self.rows, |one| cast_value(one, to, mask)).map_err(at(expression.span))
    }

    fn promote(&self, operand: &Expression, expression: &Expression) -> Result<Value, RunError> {
        let value = self.value(operand)?;
        cast::promote(value, operand.scalar_type, expression.scalar_type, self.rows)
            .map_err(at(expression.span))
    }

    /// A function on values that are there.
    fn apply(
        &self,
        function: Function,
        values: Vec<Value>,
        arguments: &[Expression],
        expression: &Expression,
    ) -> Result<Value, RunError> {
        let (rows, to, span) = (self.rows, expression.scalar_type, expression.span);
        match (function, &values[..]) {
            (Function::CurrentDate, _) => {
                let today = self.context.today().map(Scalar::Date).map(Value::One);
                today.ok_or_else(|| at(span)("this run was given no date for current_date()".to_owned()))
            }
            (Function::And | Function::Or | Function::Xor | Function::Not, _) => {
                Ok(logic::apply(function, &values, rows))
            }
            (Function::IsNull, [value]) => Ok(logic::is_null(value, rows)),
            (Function::Nvl, [value, default]) => Ok(branch::nvl(value, default, to, rows)),
            (Function::Compare(comparison), [left, right]) => {
                compare::compare(comparison, left, right, arguments[0].scalar_type, rows).map_err(at(span))
            }
            (Function::Between, [value, low, high]) => {
                compare::between(value, low, high, arguments[0].scalar_type, rows).map_err(at(span))
            }
            (Function::Add | Function::Subtract | Function::Multiply, [left, right]) => {
                arithmetic::apply(function, left, right, to, rows).map_err(at(span))
            }
            (Function::Divide, [left, right]) => arithmetic::divide(left, right, rows).map_err(at(span)),
            (Function::Plus, [value]) => Ok(value.clone()),
            (Function::Minus, [value]) => {
                let zero = Scalar::Integer(0);
                arithmetic::apply(Function::Subtract, &Value::One(zero), value, to, rows).map_err(at(span))
            }
            (
                Function::Round | Function::Trunc | Function::Ceil | Function::Floor | Function::Abs,
                [Value::Column(column), digits @ ..],
            ) if let Some(column) = rounding::apply(function, column, digits, to) => {
                Ok(Value::Column(column))
            }
            _ => {
                let types: Vec<_> = arguments.iter().map(|argument| argument.scalar_type).collect();
                value::map_rows(&values, &types, to, rows, |given| scalar::apply(function, given, to))
                    .map_err(at(span))
            }
        }
    }
}

/// The foot of a chain of calls with two arguments that leans to the left, and its calls, the uppermost first.
fn chain_of(expression: &Expression) -> (&Expression, Vec<&Expression>) {
    let mut calls = Vec::new();
    let mut first = expression;
    while let ExpressionKind::Call(_, arguments) = &first.kind
        && let [left, _] = &arguments[..]
    {
        calls.push(first);
        first = left;
    }
    (first, calls)
}

fn needs_of(expression: &Expression) -> Needs {
    let mut needs = Needs::Nothing;
    expression.each_column(|place| {
        needs = needs.and(Needs::One(place));
        needs != Needs::Several
    });
    needs
}

/// A message about values becomes an error at a place in the script.
fn at(span: Span) -> impl Fn(String) -> RunError {
    move |message| RunError::Value { message, span, key: String::new() }
}

const _: () = assert!(ROWS_MAX < NULL_CODE as usize, "a row number is never the code of null");
