//! Arguments of a call, taken one after the other.
//!
//! What lives here: what it means that an argument fits, and the sentence where it does not. What must not: which
//! function takes what.

use super::super::mistake;
use super::convert::promote;
use crate::ast::Span;
use crate::diagnostic::Diagnostic;
use crate::plan::{Expression, ExpressionKind};
use crate::value::{Number, Scalar, ScalarType};
/// Arguments that are taken one after the other.
pub(super) struct Arguments<'n> {
    name: &'n str,
    span: Span,
    given: std::vec::IntoIter<Expression>,
    taken: Vec<Expression>,
}

impl<'n> Arguments<'n> {
    /// Arguments of a function of this name.
    pub(super) fn new(name: &'n str, given: Vec<Expression>, span: Span) -> Self {
        Self { name, span, given: given.into_iter(), taken: Vec::new() }
    }

    /// All that were taken; a mistake if some were not.
    pub(super) fn finish(self) -> Result<Vec<Expression>, Diagnostic> {
        if !self.is_done() {
            let message = format!("{} has too many arguments", self.name);
            return Err(Diagnostic::semantic(mistake::TYPE, self.span, message));
        }
        Ok(self.taken)
    }

    /// Whether all were taken.
    pub(super) fn is_done(&self) -> bool {
        self.given.as_slice().is_empty()
    }

    fn next(&mut self) -> Result<Expression, Diagnostic> {
        let missing =
            || Diagnostic::semantic(mistake::TYPE, self.span, format!("{} needs more arguments", self.name));
        self.given.next().ok_or_else(missing)
    }

    /// A value of any type.
    pub(super) fn any(&mut self) -> Result<ScalarType, Diagnostic> {
        let value = self.next()?;
        let scalar_type = value.scalar_type;
        self.taken.push(value);
        Ok(scalar_type)
    }

    /// A value of this type, or one that can stand for it.
    pub(super) fn exactly(&mut self, wanted: ScalarType) -> Result<(), Diagnostic> {
        let value = self.next()?;
        let (found, span) = (value.scalar_type, value.span);
        let value = promote(value, wanted).ok_or_else(|| wrong(self.name, &[wanted], found, span))?;
        self.taken.push(value);
        Ok(())
    }

    /// A value that may be left out; the constant null counts as left out.
    pub(super) fn optional(&mut self, wanted: ScalarType, default: Scalar) -> Result<(), Diagnostic> {
        let is_null = |value: &Expression| matches!(value.kind, ExpressionKind::Constant(Scalar::Null));
        if self.given.as_slice().first().is_none_or(is_null) {
            self.given.next();
            self.fill(default, wanted);
            return Ok(());
        }
        self.exactly(wanted)
    }

    /// A whole number; a constant with nothing behind the decimal point is one.
    pub(super) fn whole(&mut self) -> Result<(), Diagnostic> {
        if let Some(Expression { kind: ExpressionKind::Constant(value), span, .. }) =
            self.given.as_slice().first()
            && let Scalar::Number(Number::Exact { unscaled, scale: 0 }) = value
            && let Ok(whole) = i64::try_from(*unscaled)
        {
            let value = Expression::constant(Scalar::Integer(whole), *span);
            self.given.next();
            self.taken.push(value);
            return Ok(());
        }
        self.exactly(ScalarType::Integer)
    }

    /// A constant where nothing is written.
    pub(super) fn fill(&mut self, value: Scalar, scalar_type: ScalarType) {
        self.taken.push(Expression { kind: ExpressionKind::Constant(value), scalar_type, span: self.span });
    }

    /// A value of one of these types, as it is.
    pub(super) fn one_of(&mut self, wanted: &[ScalarType]) -> Result<ScalarType, Diagnostic> {
        let value = self.next()?;
        let scalar_type = match value.scalar_type {
            ScalarType::Null => wanted[0],
            found if wanted.contains(&found) => found,
            found => return Err(wrong(self.name, wanted, found, value.span)),
        };
        self.taken.push(Expression { scalar_type, ..value });
        Ok(scalar_type)
    }

    /// An integer stays one.
    pub(super) fn number(&mut self) -> Result<ScalarType, Diagnostic> {
        self.one_of(&[ScalarType::Number, ScalarType::Integer])
    }

    /// Two integers stay integers.
    pub(super) fn numbers(&mut self) -> Result<ScalarType, Diagnostic> {
        let types: Vec<ScalarType> = self.given.as_slice().iter().map(|value| value.scalar_type).collect();
        let all_whole = types.contains(&ScalarType::Integer)
            && types.iter().all(|own| matches!(own, ScalarType::Integer | ScalarType::Null));
        let common = if all_whole { ScalarType::Integer } else { ScalarType::Number };
        self.exactly(common)?;
        self.exactly(common)?;
        Ok(common)
    }

    /// All that is left, in its common type.
    pub(super) fn alike(&mut self) -> Result<ScalarType, Diagnostic> {
        let mut common = ScalarType::Null;
        for value in self.given.as_slice() {
            let own = value.scalar_type;
            match common.common(own) {
                Some(type_of_both) => common = type_of_both,
                None => {
                    let message =
                        format!("{} needs values of one type; here are {common} and {own}", self.name);
                    return Err(Diagnostic::semantic(mistake::TYPE, self.span, message)
                        .with_help(format!("bring one of them to the other's type: cast(..., {common})")));
                }
            }
        }
        while !self.is_done() {
            self.exactly(common)?;
        }
        Ok(common)
    }
}

fn wrong(name: &str, wanted: &[ScalarType], found: ScalarType, span: Span) -> Diagnostic {
    let names: Vec<&str> = wanted.iter().map(|wanted| wanted.name()).collect();
    let mistake = Diagnostic::semantic(
        mistake::TYPE,
        span,
        format!("{name} needs a value of type {}; this is of type {found}", names.join(" or ")),
    );
    if found == ScalarType::String || wanted == [ScalarType::String] {
        mistake.with_help(format!("write cast(..., {}), if its text can be read so", names[0]))
    } else {
        mistake
    }
}
