//! `pivot` and `unpivot`: identifiers to measures, and back.
//!
//! What lives here: their structures. What must not: other clauses.

use super::align::with_types;
use super::clauses::On;
use super::mistake::{self, Mistakes};
use super::operand::{columns_where, no_measures, structure};
use super::scope::Calls;
use crate::ast::{ComponentName, Span};
use crate::diagnostic::Diagnostic;
use crate::plan::{Node, Relation};
use crate::value::{Component, Role, ScalarType};

/// The codes of an identifier become measures. Which codes there are says only the data, so that this engine,
/// which knows all structures before it sees data, has to refuse it.
pub(super) fn pivot(
    on: &On<'_>,
    identifier: &ComponentName,
    measure: &ComponentName,
) -> Result<Relation, Mistakes> {
    let scope = on.scope(Calls::Refused("in pivot"));
    let mut mistakes = Mistakes::default();
    let identifier = mistakes.take(scope.place(identifier));
    let measure = mistakes.take(scope.place(measure));
    mistakes.or((identifier, measure))?;
    Err(mistake::unsupported(
        "pivot",
        "name the columns that are wanted: one calc or aggr for each code, with if",
        on.span,
    )
    .into())
}

/// The measures become codes of a new identifier, and their values a new measure.
pub(super) fn unpivot(
    relation: Relation,
    identifier: &ComponentName,
    measure: &ComponentName,
    span: Span,
) -> Result<Relation, Mistakes> {
    let measures = columns_where(&relation.structure, Component::is_measure);
    let kept = columns_where(&relation.structure, Component::is_identifier);
    let Some((_, first)) = measures.first() else { return Err(no_measures("unpivot", span).into()) };
    if kept.is_empty() {
        return Err(Diagnostic::semantic(
            mistake::STRUCTURE,
            span,
            "unpivot needs a data set with an identifier; this one has none",
        )
        .into());
    }
    let mut common = first.scalar_type;
    for (_, other) in &measures {
        common = common.common(other.scalar_type).ok_or_else(|| {
            Diagnostic::semantic(
                mistake::TYPE,
                span,
                format!(
                    "unpivot puts all measures into one, but {} is of type {common} and {} of type {}",
                    first.name, other.name, other.scalar_type
                ),
            )
            .with_help("keep measures of one type, or cast them")
        })?;
    }
    let wanted: Vec<_> = measures.iter().map(|(place, _)| (*place, common)).collect();
    let relation = with_types(relation, &wanted, span)?;
    let value = Component::new(measure.name.text.clone(), Role::Measure, common);
    let code = Component::new(identifier.name.text.clone(), Role::Identifier, ScalarType::String);
    let by = kept.iter().map(|(place, _)| *place).collect();
    let mut components: Vec<Component> = kept.into_iter().map(|(_, component)| component).collect();
    components.extend([code, value]);
    let structure = structure(components, span)?;
    let measures = measures.into_iter().map(|(place, component)| (place, component.name)).collect();
    Ok(Relation { node: Node::Unpivot { input: Box::new(relation), by, measures }, structure, span })
}
