//! Names of functions as an author knows them.

use crate::ast::Function as Written;
use crate::plan::{Comparison, Function};

/// How a function is written.
pub(super) fn name_of(function: Function) -> &'static str {
    match function {
        Function::Plus | Function::Add => "+",
        Function::Minus | Function::Subtract => "-",
        Function::Multiply => "*",
        Function::Divide => "/",
        Function::Concatenate => "||",
        Function::And => "and",
        Function::Or => "or",
        Function::Xor => "xor",
        Function::Not => "not",
        Function::Compare(Comparison::Equal) => "=",
        Function::Compare(Comparison::NotEqual) => "<>",
        Function::Compare(Comparison::Less) => "<",
        Function::Compare(Comparison::LessOrEqual) => "<=",
        Function::Compare(Comparison::Greater) => ">",
        Function::Compare(Comparison::GreaterOrEqual) => ">=",
        Function::Between => Written::Between.text(),
        Function::IsNull => Written::IsNull.text(),
        Function::Nvl => Written::Nvl.text(),
        Function::MatchCharacters => Written::MatchCharacters.text(),
        Function::Abs => Written::Abs.text(),
        Function::Ceil => Written::Ceil.text(),
        Function::Floor => Written::Floor.text(),
        Function::Round => Written::Round.text(),
        Function::Trunc => Written::Trunc.text(),
        Function::Mod => Written::Mod.text(),
        Function::Power => Written::Power.text(),
        Function::Sqrt => Written::Sqrt.text(),
        Function::Ln => Written::Ln.text(),
        Function::Log => Written::Log.text(),
        Function::Exp => Written::Exp.text(),
        Function::Random => Written::Random.text(),
        Function::Trim => Written::Trim.text(),
        Function::Ltrim => Written::Ltrim.text(),
        Function::Rtrim => Written::Rtrim.text(),
        Function::Upper => Written::Upper.text(),
        Function::Lower => Written::Lower.text(),
        Function::Length => Written::Length.text(),
        Function::Substr => Written::Substr.text(),
        Function::Replace => Written::Replace.text(),
        Function::Instr => Written::Instr.text(),
        Function::Levenshtein | Function::DamerauLevenshtein | Function::Hamming | Function::JaroWinkler => {
            "string_distance"
        }
        Function::PeriodIndicator => Written::PeriodIndicator.text(),
        Function::Year => Written::Year.text(),
        Function::Month => Written::Month.text(),
        Function::DayOfMonth => Written::DayOfMonth.text(),
        Function::DayOfYear => Written::DayOfYear.text(),
        Function::DayToYear => Written::DayToYear.text(),
        Function::DayToMonth => Written::DayToMonth.text(),
        Function::YearToDay => Written::YearToDay.text(),
        Function::MonthToDay => Written::MonthToDay.text(),
        Function::DateDiff => Written::DateDiff.text(),
        Function::DateAdd => Written::DateAdd.text(),
        Function::TimeAgg { .. } => "time_agg",
        Function::CurrentDate => Written::CurrentDate.text(),
    }
}
