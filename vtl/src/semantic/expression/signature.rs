//! Signatures of all functions of values: which types they take, and which they give.
//!
//! What lives here: typing of calls, and checks of arguments that are constants. What must not: syntax, columns.

use super::super::mistake;
use super::arguments::Arguments;
use super::names::name_of;
use crate::ast::Span;
use crate::diagnostic::Diagnostic;
use crate::plan::{Expression, ExpressionKind, Function};
use crate::time::Frequency;
use crate::value::{Scalar, ScalarType};

/// Types one function over typed arguments: promotions are put in, the type of the result is settled.
pub(in crate::semantic) fn call(
    function: Function,
    arguments: Vec<Expression>,
    span: Span,
) -> Result<Expression, Diagnostic> {
    let mut given = Arguments::new(name_of(function), arguments, span);
    let scalar_type = result(function, &mut given)?;
    let arguments = given.finish()?;
    check_constants(function, &arguments)?;
    Ok(Expression { kind: ExpressionKind::Call(function, arguments), scalar_type, span })
}

/// Takes the arguments in turn, and the type that comes out.
fn result(function: Function, take: &mut Arguments<'_>) -> Result<ScalarType, Diagnostic> {
    use ScalarType::{Boolean, Date, Duration, Integer, Number, String, TimePeriod};
    match function {
        Function::Plus | Function::Minus | Function::Abs => take.number(),
        Function::Add | Function::Subtract | Function::Multiply | Function::Mod => take.numbers(),
        Function::Divide | Function::Power | Function::Log => {
            take.exactly(Number)?;
            take.exactly(Number)?;
            Ok(Number)
        }
        Function::Sqrt | Function::Ln | Function::Exp => {
            take.exactly(Number)?;
            Ok(Number)
        }
        Function::Ceil | Function::Floor => {
            take.number()?;
            Ok(Integer)
        }
        Function::Round | Function::Trunc => {
            take.number()?;
            if take.is_done() {
                take.fill(Scalar::Null, Integer);
                return Ok(Integer);
            }
            take.whole()?;
            Ok(Number)
        }
        Function::Random => {
            take.number()?;
            take.exactly(Integer)?;
            Ok(Number)
        }
        Function::Concatenate => {
            take.exactly(String)?;
            take.exactly(String)?;
            Ok(String)
        }
        Function::And | Function::Or | Function::Xor => {
            take.exactly(Boolean)?;
            take.exactly(Boolean)?;
            Ok(Boolean)
        }
        Function::Not => {
            take.exactly(Boolean)?;
            Ok(Boolean)
        }
        Function::Compare(_) | Function::Between => {
            take.alike()?;
            Ok(Boolean)
        }
        Function::IsNull => {
            take.any()?;
            Ok(Boolean)
        }
        Function::Nvl => take.alike(),
        Function::MatchCharacters => {
            take.exactly(String)?;
            take.exactly(String)?;
            Ok(Boolean)
        }
        Function::Trim | Function::Ltrim | Function::Rtrim | Function::Upper | Function::Lower => {
            take.exactly(String)?;
            Ok(String)
        }
        Function::Length => {
            take.exactly(String)?;
            Ok(Integer)
        }
        Function::Substr => {
            take.exactly(String)?;
            take.optional(Integer, Scalar::Integer(1))?;
            take.optional(Integer, Scalar::Integer(i64::MAX))?;
            Ok(String)
        }
        Function::Replace => {
            take.exactly(String)?;
            take.exactly(String)?;
            if take.is_done() {
                take.fill(Scalar::String("".into()), String);
            } else {
                take.exactly(String)?;
            }
            Ok(String)
        }
        Function::Instr => {
            take.exactly(String)?;
            take.exactly(String)?;
            take.optional(Integer, Scalar::Integer(1))?;
            take.optional(Integer, Scalar::Integer(1))?;
            Ok(Integer)
        }
        Function::Levenshtein | Function::DamerauLevenshtein | Function::Hamming | Function::JaroWinkler => {
            take.exactly(String)?;
            take.exactly(String)?;
            Ok(Number)
        }
        Function::PeriodIndicator => {
            take.exactly(TimePeriod)?;
            Ok(Duration)
        }
        Function::Year | Function::Month | Function::DayOfMonth | Function::DayOfYear => {
            take.one_of(&[Date, TimePeriod])?;
            Ok(Integer)
        }
        Function::DayToYear | Function::DayToMonth => {
            take.exactly(Integer)?;
            Ok(String)
        }
        Function::YearToDay | Function::MonthToDay => {
            take.one_of(&[String, Duration])?;
            Ok(Integer)
        }
        Function::DateDiff => {
            take.one_of(&[Date, TimePeriod])?;
            take.one_of(&[Date, TimePeriod])?;
            Ok(Integer)
        }
        Function::DateAdd => {
            take.one_of(&[Date, TimePeriod])?;
            take.exactly(Integer)?;
            take.one_of(&[String, Duration])?;
            Ok(Date)
        }
        Function::TimeAgg { .. } => {
            let operand = take.one_of(&[TimePeriod, Date])?;
            take.exactly(Duration)?;
            Ok(operand)
        }
        Function::CurrentDate => Ok(Date),
    }
}

/// Constants that no value could make good.
fn check_constants(function: Function, arguments: &[Expression]) -> Result<(), Diagnostic> {
    let at_least = |place: usize, what: &str, least: i64| match arguments.get(place).map(|one| &one.kind) {
        Some(ExpressionKind::Constant(Scalar::Integer(given))) if *given < least => {
            Err(Diagnostic::semantic(
                mistake::VALUE,
                arguments[place].span,
                format!("{what} of {} must be {least} or more; it is {given}", name_of(function)),
            ))
        }
        _ => Ok(()),
    };
    match function {
        Function::Substr => {
            at_least(1, "the start", 1)?;
            at_least(2, "the length", 0)
        }
        Function::Instr => {
            at_least(2, "the start", 1)?;
            at_least(3, "the occurrence", 1)
        }
        Function::MatchCharacters => match arguments.get(1).map(|one| &one.kind) {
            Some(ExpressionKind::Constant(Scalar::String(pattern))) => crate::run::check_pattern(pattern)
                .map_err(|reason| {
                    Diagnostic::semantic(
                        mistake::VALUE,
                        arguments[1].span,
                        format!("match_characters cannot read the pattern: {reason}"),
                    )
                }),
            _ => Ok(()),
        },
        Function::DateAdd => match arguments.get(2).map(|one| &one.kind) {
            Some(ExpressionKind::Constant(Scalar::String(letter)))
                if Frequency::from_letter(letter).is_none() =>
            {
                Err(no_frequency(letter, arguments[2].span))
            }
            _ => Ok(()),
        },
        Function::TimeAgg { .. } if arguments[0].scalar_type == ScalarType::TimePeriod => {
            match arguments.get(1).map(|one| &one.kind) {
                Some(ExpressionKind::Constant(Scalar::Duration(Frequency::Day))) => {
                    Err(Diagnostic::semantic(
                        mistake::VALUE,
                        arguments[1].span,
                        "time_agg goes to longer periods, and no period is shorter than a day",
                    ))
                }
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// A text that names no frequency.
pub(super) fn no_frequency(text: &str, span: Span) -> Diagnostic {
    Diagnostic::semantic(mistake::VALUE, span, format!("\"{text}\" is no frequency"))
        .with_expected(["A", "S", "Q", "M", "W", "D"])
}
