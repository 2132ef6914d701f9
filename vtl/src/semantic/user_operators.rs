//! Operators that a script defines: `define operator`.
//!
//! What lives here: which arguments fit which parameters, and how far bodies may go on to call each other. What must
//! not: the walk through bodies.

use std::collections::HashMap;

use super::analysis::Analysis;
use super::expression;
use super::mistake::{self, Mistakes};
use super::operand::Operand;
use super::scope::Scope;
use super::substitute::Substitution;
use crate::ast::{
    BasicType, Constant, Expr, ExprKind, Name, OperatorDefinition, Parameter, ParameterType, ScalarSpec,
    Span, TypeName,
};
use crate::diagnostic::Diagnostic;
use crate::plan::Expression;
use crate::value::ScalarType;

/// Levels of expressions that operators of a script may become by calling each other: twice what the parser allows
/// for one, enough for libraries. No recursion gets through.
const EXPANDED_DEPTH_MAX: usize = 2 * crate::parse::EXPRESSION_DEPTH_MAX;
/// What a call of such an operator counts for in levels, besides its body: the analysis of its arguments.
const CALL_LEVELS: usize = 20;
/// Expressions that all bodies of a script together may become: each argument is put in wherever its parameter
/// stands, so that a few lines could otherwise grow without end.
const EXPANDED_NODES_MAX: usize = 200_000;

impl Analysis<'_> {
    /// A call of an operator of the script at the level of data sets.
    pub(super) fn operand_of_call(
        &self,
        operator: &Name,
        arguments: &[Option<Expr>],
        span: Span,
    ) -> Result<Operand, Mistakes> {
        let (body, depth) = self.expand(operator, arguments, span, None)?;
        let around = self.deeper(operator, depth)?;
        let result = self.operand(&body).map_err(|mistakes| mistakes.in_operator(&operator.text, span));
        self.expanded_depth.set(around);
        let result = result?;
        let returned = self.operators.get(&operator.text).and_then(|definition| definition.returns.as_ref());
        match (returned, &result) {
            (Some(ParameterType::Dataset(_)), Operand::Scalar(_)) => {
                Err(not_returned(operator, "a data set", "a single value", span).into())
            }
            (Some(ParameterType::Scalar(_)), Operand::Dataset(_)) => {
                Err(not_returned(operator, "a single value", "a data set", span).into())
            }
            (Some(ParameterType::Scalar(spec)), Operand::Scalar(value)) => {
                returns(operator, spec, value, span)?;
                Ok(result)
            }
            _ => Ok(result),
        }
    }

    /// Goes that much deeper, and tells how deep it was.
    fn deeper(&self, operator: &Name, depth: usize) -> Result<usize, Diagnostic> {
        let around = self.expanded_depth.get();
        if around + depth > EXPANDED_DEPTH_MAX {
            return Err(Diagnostic::semantic(
                mistake::LIMIT,
                operator.span,
                format!("with {operator}, expressions are nested deeper than {EXPANDED_DEPTH_MAX} levels"),
            )
            .with_help("an operator must not call itself, directly or through others"));
        }
        self.expanded_depth.set(around + depth);
        Ok(around)
    }

    /// An operator of the script within an expression on rows.
    pub(super) fn expression_of_call(
        &self,
        operator: &Name,
        arguments: &[Option<Expr>],
        scope: &Scope<'_>,
        span: Span,
    ) -> Result<Expression, Diagnostic> {
        let (body, depth) = self.expand(operator, arguments, span, Some(scope))?;
        let around = self.deeper(operator, depth)?;
        let result = expression::expression(&body, scope)
            .map_err(|mistake| Mistakes::from(mistake).in_operator(&operator.text, span).into_first(span));
        self.expanded_depth.set(around);
        let value = result?;
        let returned = self.operators.get(&operator.text).and_then(|definition| definition.returns.as_ref());
        match returned {
            Some(ParameterType::Dataset(_)) => {
                Err(not_returned(operator, "a data set", "a single value", span))
            }
            Some(ParameterType::Scalar(spec)) => {
                returns(operator, spec, &value, span)?;
                Ok(value)
            }
            Some(ParameterType::Component(pattern)) => {
                pattern.scalar.as_ref().map_or(Ok(()), |spec| returns(operator, spec, &value, span))?;
                Ok(value)
            }
            _ => Ok(value),
        }
    }

    /// The body of an operator with the arguments in the places of its parameters, and its levels.
    fn expand(
        &self,
        operator: &Name,
        arguments: &[Option<Expr>],
        span: Span,
        scope: Option<&Scope<'_>>,
    ) -> Result<(Expr, usize), Diagnostic> {
        let Some(definition) = self.operators.get(&operator.text) else {
            let known = self.operators.keys().map(|name| &**name);
            return Err(mistake::unknown("operator", &operator.text, operator.span, known));
        };
        let arguments = given(definition, arguments, span)?;
        for (parameter, argument) in definition.parameters.iter().zip(&arguments) {
            self.fits(parameter, argument, scope)?;
        }
        let bindings: HashMap<&str, &Expr> =
            definition.parameters.iter().map(|parameter| &*parameter.name.text).zip(&arguments).collect();
        let mut body = definition.body.clone();
        let mut substitution = Substitution::new(bindings);
        substitution.expr(&mut body);
        let nodes = self.expanded_nodes.get() + substitution.nodes;
        self.expanded_nodes.set(nodes);
        if nodes > EXPANDED_NODES_MAX {
            return Err(Diagnostic::semantic(
                mistake::LIMIT,
                span,
                format!("the operators of the script become more than {EXPANDED_NODES_MAX} expressions"),
            )
            .with_help("give results on the way names, so that operators are not called within each other"));
        }
        Ok((body, substitution.deepest + CALL_LEVELS))
    }

    /// Whether an argument is what a parameter asks for.
    fn fits(
        &self,
        parameter: &Parameter,
        argument: &Expr,
        scope: Option<&Scope<'_>>,
    ) -> Result<(), Diagnostic> {
        match (&parameter.parameter_type, scope) {
            (ParameterType::Dataset(_), None) => match self.operand(argument) {
                Ok(Operand::Scalar(_)) => Err(unfit(parameter, argument, "a data set")),
                Ok(Operand::Dataset(_)) => Ok(()),
                Err(mistakes) => Err(mistakes.into_first(argument.span)),
            },
            (ParameterType::Dataset(_), Some(_)) => Err(unfit(parameter, argument, "a data set")),
            (ParameterType::Scalar(spec), None) => match self.operand(argument) {
                Ok(Operand::Scalar(value)) => scalar_fits(parameter, spec, &value),
                Ok(Operand::Dataset(_)) => Err(unfit(parameter, argument, "a single value")),
                Err(mistakes) => Err(mistakes.into_first(argument.span)),
            },
            (ParameterType::Scalar(spec), Some(scope)) => {
                let value = expression::expression(argument, scope)?;
                if names_column(&value) {
                    return Err(unfit(parameter, argument, "a single value")
                        .with_help("declare the parameter as component, so that it can be a component"));
                }
                scalar_fits(parameter, spec, &value)
            }
            (ParameterType::Component(pattern), Some(scope)) => {
                let value = expression::expression(argument, scope)?;
                match &pattern.scalar {
                    Some(spec) => scalar_fits(parameter, spec, &value),
                    None => Ok(()),
                }
            }
            (ParameterType::Component(_), None) => match &argument.kind {
                ExprKind::Name(name)
                    if !matches!(self.known(name), Some(super::analysis::Known::Dataset(_))) =>
                {
                    Ok(())
                }
                ExprKind::Membership { .. } => Ok(()),
                _ => Err(unfit(parameter, argument, "the name of a component")),
            },
            (ParameterType::Set(_) | ParameterType::Ruleset(_), _) => match &argument.kind {
                ExprKind::Name(_) => Ok(()),
                _ => Err(unfit(parameter, argument, "a name")),
            },
        }
    }
}

fn not_returned(operator: &Name, declared: &str, given: &str, span: Span) -> Diagnostic {
    Diagnostic::semantic(
        mistake::OPERATOR,
        span,
        format!("{operator} is declared to return {declared}, but its body gives {given}"),
    )
    .with_help("change what stands behind returns in its definition")
}

fn returns(operator: &Name, spec: &ScalarSpec, value: &Expression, span: Span) -> Result<(), Diagnostic> {
    match type_of(spec) {
        Some(declared) if !value.scalar_type.promotes_to(declared) => {
            Err(not_returned(operator, declared.name(), value.scalar_type.name(), span))
        }
        _ => Ok(()),
    }
}

/// One argument for each parameter.
fn given(
    definition: &OperatorDefinition,
    arguments: &[Option<Expr>],
    span: Span,
) -> Result<Vec<Expr>, Diagnostic> {
    let name = &definition.name;
    if arguments.len() > definition.parameters.len() {
        return Err(Diagnostic::semantic(
            mistake::OPERATOR,
            span,
            format!(
                "{name} has {} parameters; here are {} arguments",
                definition.parameters.len(),
                arguments.len()
            ),
        ));
    }
    let all = definition.parameters.iter().enumerate().map(|(place, parameter)| {
        match (arguments.get(place).and_then(Option::as_ref), &parameter.default) {
            (Some(argument), _) => Ok(argument.clone()),
            (None, Some(default)) => Ok(expr_of(default)),
            (None, None) => Err(Diagnostic::semantic(
                mistake::OPERATOR,
                span,
                format!("the parameter {} of {name} has no default and must be given", parameter.name),
            )),
        }
    });
    all.collect()
}

fn expr_of(constant: &Constant) -> Expr {
    let literal = Expr { kind: ExprKind::Literal(constant.value.clone()), span: constant.span };
    match &constant.cast {
        None => literal,
        Some(to) => {
            Expr { kind: ExprKind::Cast { operand: Box::new(literal), to: to.clone() }, span: constant.span }
        }
    }
}

fn unfit(parameter: &Parameter, argument: &Expr, wanted: &str) -> Diagnostic {
    Diagnostic::semantic(
        mistake::OPERATOR,
        argument.span,
        format!("the parameter {} must be {wanted}", parameter.name),
    )
}

fn scalar_fits(parameter: &Parameter, spec: &ScalarSpec, value: &Expression) -> Result<(), Diagnostic> {
    let Some(wanted) = type_of(spec) else { return Ok(()) };
    if value.scalar_type.promotes_to(wanted) {
        return Ok(());
    }
    Err(Diagnostic::semantic(
        mistake::TYPE,
        value.span,
        format!(
            "the parameter {} is of type {wanted}; this is of type {}",
            parameter.name, value.scalar_type
        ),
    )
    .with_help(format!("convert it: cast(..., {wanted})")))
}

/// The scalar type that a parameter asks for; nothing: any.
fn type_of(spec: &ScalarSpec) -> Option<ScalarType> {
    match &spec.name {
        TypeName::ValueDomain(_) | TypeName::Basic(BasicType::Scalar) => None,
        TypeName::Basic(BasicType::String) => Some(ScalarType::String),
        TypeName::Basic(BasicType::Integer) => Some(ScalarType::Integer),
        TypeName::Basic(BasicType::Number) => Some(ScalarType::Number),
        TypeName::Basic(BasicType::Boolean) => Some(ScalarType::Boolean),
        TypeName::Basic(BasicType::Date) => Some(ScalarType::Date),
        TypeName::Basic(BasicType::Time) => Some(ScalarType::Time),
        TypeName::Basic(BasicType::TimePeriod) => Some(ScalarType::TimePeriod),
        TypeName::Basic(BasicType::Duration) => Some(ScalarType::Duration),
    }
}

/// Whether an expression depends on the row.
fn names_column(expression: &Expression) -> bool {
    let mut names = false;
    expression.each_column(|_| {
        names = true;
        false
    });
    names
}

/// What is wrong with an operator in itself.
pub(super) fn check(definition: &OperatorDefinition) -> Result<(), Mistakes> {
    let mut mistakes = Mistakes::default();
    for (place, parameter) in definition.parameters.iter().enumerate() {
        let before = &definition.parameters[..place];
        if before.iter().any(|other| other.name.text == parameter.name.text) {
            mistakes.add(Diagnostic::semantic(
                mistake::DUPLICATE,
                parameter.span,
                format!("{} has two parameters {}", definition.name, parameter.name),
            ));
        }
        if parameter.default.is_none() && before.iter().any(|other| other.default.is_some()) {
            mistakes.add(Diagnostic::semantic(
                mistake::OPERATOR,
                parameter.span,
                format!("{} has no default, but a parameter before it has", parameter.name),
            ));
        }
        if let (ParameterType::Scalar(spec), Some(default)) = (&parameter.parameter_type, &parameter.default)
            && let (Some(wanted), Some(value)) = (type_of(spec), mistakes.take(expression::constant(default)))
            && !value.scalar_type().promotes_to(wanted)
        {
            mistakes.add(Diagnostic::semantic(
                mistake::TYPE,
                default.span,
                format!(
                    "{} is of type {wanted}, its default of type {}",
                    parameter.name,
                    value.scalar_type()
                ),
            ));
        }
    }
    mistakes.or(())
}
