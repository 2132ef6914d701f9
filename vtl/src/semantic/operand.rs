//! What an expression at the level of data sets can be, and how relations are put on top of each other.
//!
//! What lives here: operands, projections. What must not: operators of the language.

use std::sync::Arc;

use super::mistake;
use crate::ast::Span;
use crate::diagnostic::Diagnostic;
use crate::plan::{Expression, ExpressionKind, Node, Relation};
use crate::value::{Component, Role, ScalarType, Structure};

/// A data set or a single value.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    Dataset(Relation),
    /// Its expression names no column.
    Scalar(Expression),
}

impl Operand {
    pub(super) fn is_dataset(&self) -> bool {
        matches!(self, Self::Dataset(_))
    }
}

/// A structure of components whose names may clash.
pub(super) fn structure(components: Vec<Component>, span: Span) -> Result<Arc<Structure>, Diagnostic> {
    Structure::new(components).map(Arc::new).map_err(|name| {
        Diagnostic::semantic(
            mistake::DUPLICATE,
            span,
            format!("the result would have two components of the name {name}"),
        )
        .with_help("rename or drop one of them first")
    })
}

impl Relation {
    /// A bare column.
    pub(super) fn column(&self, place: usize, span: Span) -> Expression {
        Expression::column(place, &self.structure.components()[place], span)
    }

    /// One expression for each component of the result.
    pub(super) fn project(
        self,
        columns: Vec<(Component, Expression)>,
        span: Span,
    ) -> Result<Self, Diagnostic> {
        let (components, columns): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let structure = structure(components, span)?;
        let is_same = columns.len() == self.structure.components().len()
            && columns
                .iter()
                .enumerate()
                .all(|(place, column)| matches!(column.kind, ExpressionKind::Column(of) if of == place));
        if is_same && structure == self.structure {
            return Ok(self);
        }
        Ok(Self { node: Node::Project { input: Box::new(self), columns }, structure, span })
    }

    /// Some of the columns, under the same names or others.
    pub(super) fn select(
        self,
        columns: impl IntoIterator<Item = (usize, Component)>,
        span: Span,
    ) -> Result<Self, Diagnostic> {
        let columns =
            columns.into_iter().map(|(place, component)| (component, self.column(place, span))).collect();
        self.project(columns, span)
    }

    /// Rows for which a condition is true.
    pub(super) fn filter(self, condition: Expression, span: Span) -> Self {
        let structure = self.structure.clone();
        Self { node: Node::Filter { input: Box::new(self), condition }, structure, span }
    }

    /// Without plain attributes, as operators on data sets give them.
    pub(super) fn without_attributes(self, span: Span) -> Result<Self, Diagnostic> {
        let kept = columns_where(&self.structure, |component| component.role != Role::Attribute);
        self.select(kept, span)
    }

    /// Places of the identifiers.
    pub(super) fn identifier_places(&self) -> Vec<usize> {
        self.structure.identifiers().map(|(place, _)| place).collect()
    }

    /// The one measure, of the type that an operator needs.
    pub(super) fn only_measure(&self, operator: &str, span: Span) -> Result<(usize, &Component), Diagnostic> {
        let mut measures = self.structure.measures();
        match (measures.next(), measures.next()) {
            (Some(measure), None) => Ok(measure),
            (None, _) => Err(no_measures(operator, span)),
            (Some(_), Some(_)) => Err(Diagnostic::semantic(
                mistake::STRUCTURE,
                span,
                format!("{operator} needs a data set with one measure; this one has several"),
            )
            .with_help("keep one of them with [keep ...] or #")),
        }
    }
}

/// Columns of a structure that fulfil a condition.
pub(super) fn columns_where(
    structure: &Structure,
    condition: impl Fn(&Component) -> bool,
) -> Vec<(usize, Component)> {
    let columns = structure.components().iter().enumerate();
    columns
        .filter(|(_, component)| condition(component))
        .map(|(place, component)| (place, component.clone()))
        .collect()
}

/// An operator on measures of a data set that has none.
pub(super) fn no_measures(operator: &str, span: Span) -> Diagnostic {
    Diagnostic::semantic(
        mistake::STRUCTURE,
        span,
        format!("{operator} works on measures, and the data set has none"),
    )
    .with_help("make the component a measure with [calc measure ...]")
}

/// A value in the type that a column needs.
pub(super) fn promoted(value: Expression, wanted: ScalarType) -> Expression {
    if value.scalar_type == wanted || value.scalar_type == ScalarType::Null {
        return Expression { scalar_type: wanted, ..value };
    }
    let span = value.span;
    Expression { kind: ExpressionKind::Promote(Box::new(value)), scalar_type: wanted, span }
}
