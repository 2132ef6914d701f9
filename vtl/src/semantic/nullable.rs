//! Whether an expression can be null.
//!
//! What lives here: that one question; identifiers must not be null. What must not: types.

use crate::plan::{Expression, ExpressionKind, Function};
use crate::value::Structure;

/// Whether an expression on the columns of a structure can be null.
pub(super) fn nullable(expression: &Expression, structure: &Structure) -> bool {
    // A list of what is still to be asked, as chains of operators may be long.
    let mut asked = vec![expression];
    while let Some(expression) = asked.pop() {
        match &expression.kind {
            ExpressionKind::Constant(value) if value.is_null() => return true,
            ExpressionKind::Constant(_)
            | ExpressionKind::Result(_)
            | ExpressionKind::Call(Function::IsNull, _) => {}
            ExpressionKind::Column(place) => {
                if structure.components().get(*place).is_none_or(|component| component.nullable) {
                    return true;
                }
            }
            ExpressionKind::Call(Function::Nvl, arguments) => asked.extend(arguments.last()),
            ExpressionKind::Call(
                Function::Round | Function::Trunc | Function::Substr | Function::Replace | Function::Instr,
                arguments,
            ) => {
                // Arguments that were left out are nulls that count for their defaults.
                let given = arguments.iter().skip(1).filter(
                    |argument| !matches!(&argument.kind, ExpressionKind::Constant(value) if value.is_null()),
                );
                asked.extend(arguments.first().into_iter().chain(given));
            }
            ExpressionKind::Call(_, arguments) => asked.extend(arguments),
            ExpressionKind::If(parts) => asked.extend(&parts[1..]),
            ExpressionKind::Case { branches, otherwise } => {
                asked.extend(branches.iter().map(|(_, value)| value));
                asked.push(otherwise);
            }
            ExpressionKind::In { operand, .. }
            | ExpressionKind::Cast { operand, .. }
            | ExpressionKind::Promote(operand) => asked.push(operand),
        }
    }
    false
}
