//! Functions as they are written: which function is meant, and what stands where nothing is written.
//!
//! What lives here: defaults and constants of the syntax. What must not: types.

use super::super::mistake;
use super::super::scope::Scope;
use super::signature::{call, no_frequency};
use crate::ast::{Function as Written, Setting, Span, StringDistance, TimeAgg, TimeDelimiter};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expression, ExpressionKind, Function};
use crate::time::Frequency;
use crate::value::{Scalar, ScalarType};

/// A function as it is written.
pub(in crate::semantic) fn function(
    written: Written,
    arguments: Vec<Option<Expression>>,
    span: Span,
) -> Result<Expression, Diagnostic> {
    let function = match written {
        Written::Trim => Function::Trim,
        Written::Ltrim => Function::Ltrim,
        Written::Rtrim => Function::Rtrim,
        Written::Upper => Function::Upper,
        Written::Lower => Function::Lower,
        Written::Length => Function::Length,
        Written::Substr => Function::Substr,
        Written::Replace => Function::Replace,
        Written::Instr => Function::Instr,
        Written::Ceil => Function::Ceil,
        Written::Floor => Function::Floor,
        Written::Abs => Function::Abs,
        Written::Exp => Function::Exp,
        Written::Ln => Function::Ln,
        Written::Sqrt => Function::Sqrt,
        Written::Round => Function::Round,
        Written::Trunc => Function::Trunc,
        Written::Mod => Function::Mod,
        Written::Power => Function::Power,
        Written::Log => Function::Log,
        Written::Random => Function::Random,
        Written::Between => Function::Between,
        Written::MatchCharacters => Function::MatchCharacters,
        Written::IsNull => Function::IsNull,
        Written::Nvl => Function::Nvl,
        Written::PeriodIndicator => Function::PeriodIndicator,
        Written::CurrentDate => Function::CurrentDate,
        Written::DateDiff => Function::DateDiff,
        Written::DateAdd => Function::DateAdd,
        Written::Year => Function::Year,
        Written::Month => Function::Month,
        Written::DayOfMonth => Function::DayOfMonth,
        Written::DayOfYear => Function::DayOfYear,
        Written::DayToYear => Function::DayToYear,
        Written::DayToMonth => Function::DayToMonth,
        Written::YearToDay => Function::YearToDay,
        Written::MonthToDay => Function::MonthToDay,
        Written::FlowToStock | Written::StockToFlow | Written::Timeshift => {
            return Err(mistake::wanted("a data set", written.text(), span));
        }
    };
    call(function, with_defaults(function, arguments, span), span)
}

/// `_` between two arguments stands for the default; at the end it is as if nothing were written.
fn with_defaults(function: Function, mut arguments: Vec<Option<Expression>>, span: Span) -> Vec<Expression> {
    while arguments.last().is_some_and(Option::is_none) {
        arguments.pop();
    }
    let default = |place: usize| match (function, place) {
        (Function::Replace, _) => Scalar::String("".into()),
        (Function::Substr | Function::Instr, _) => Scalar::Integer(1),
        _ => Scalar::Null,
    };
    let given = arguments.into_iter().enumerate();
    given.map(|(place, one)| one.unwrap_or_else(|| Expression::constant(default(place), span))).collect()
}

/// `string_distance(method, left, right)`.
pub(in crate::semantic) fn string_distance(
    method: StringDistance,
    left: Expression,
    right: Expression,
    span: Span,
) -> Result<Expression, Diagnostic> {
    let function = match method {
        StringDistance::Levenshtein => Function::Levenshtein,
        StringDistance::DamerauLevenshtein => Function::DamerauLevenshtein,
        StringDistance::Hamming => Function::Hamming,
        StringDistance::JaroWinkler => Function::JaroWinkler,
    };
    call(function, vec![left, right], span)
}

/// `time_agg("to", "from", operand, first)` on a value.
pub(in crate::semantic) fn time_agg(
    written: &TimeAgg,
    operand: Expression,
    scope: &Scope<'_>,
    span: Span,
) -> Result<Expression, Diagnostic> {
    let to = target(&written.to, scope)?;
    let from = match &written.from {
        Some(letter) => Some(Frequency::from_letter(letter).ok_or_else(|| no_frequency(letter, span))?),
        None => None,
    };
    if let ExpressionKind::Constant(Scalar::Duration(to)) = &to.kind
        && from.is_some_and(|from| from >= *to)
    {
        return Err(Diagnostic::semantic(
            mistake::VALUE,
            span,
            format!("time_agg goes to longer periods, and {to} is none"),
        ));
    }
    let takes_last = match written.delimiter {
        Some(TimeDelimiter::First) => Some(false),
        Some(TimeDelimiter::Last) => Some(true),
        None => None,
    };
    call(Function::TimeAgg { from, takes_last }, vec![operand, to], span)
}

/// The frequency that `time_agg` goes to: written, or the value of a name.
fn target(written: &Setting, scope: &Scope<'_>) -> Result<Expression, Diagnostic> {
    let (value, span) = match written {
        Setting::Constant(constant) => (super::constant(constant)?, constant.span),
        Setting::Name(name) => {
            let value = scope.resolve(&name.text, name.span)?;
            return match (&value.kind, value.scalar_type) {
                (ExpressionKind::Column(_), _) => Err(Diagnostic::semantic(
                    mistake::VALUE,
                    name.span,
                    format!("time_agg goes to one frequency, and {name} may be another in each row"),
                )
                .with_expected(["A", "S", "Q", "M", "W", "D"])),
                (_, ScalarType::String) => Ok(Expression {
                    kind: ExpressionKind::Cast { operand: Box::new(value), mask: None },
                    scalar_type: ScalarType::Duration,
                    span: name.span,
                }),
                _ => Ok(value),
            };
        }
    };
    let frequency = match &value {
        Scalar::Duration(frequency) => *frequency,
        Scalar::String(letter) => Frequency::from_letter(letter).ok_or_else(|| no_frequency(letter, span))?,
        other => return Err(no_frequency(&other.to_string(), span)),
    };
    Ok(Expression::constant(Scalar::Duration(frequency), span))
}
