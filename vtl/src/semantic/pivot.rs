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

/// The codes of an identifier become measures. All structures must be known before data is seen: the codes are those
/// of the value domain that is called like the identifier.
pub(super) fn pivot(
    on: &On<'_>,
    identifier: &ComponentName,
    measure: &ComponentName,
) -> Result<Relation, Mistakes> {
    let scope = on.scope(Calls::Refused("in pivot"));
    let mut mistakes = Mistakes::default();
    let identifier = mistakes.take(scope.place(identifier));
    let measure = mistakes.take(scope.place(measure));
    mistakes.or(())?;
    let (Some(identifier), Some(measure)) = (identifier, measure) else { return Err(Mistakes::default()) };
    let (relation, span) = (&on.relation, on.span);
    let code = &relation.structure.components()[identifier];
    let value = &relation.structure.components()[measure];
    if !code.is_identifier() || !value.is_measure() {
        return Err(Diagnostic::semantic(
            mistake::ROLE,
            span,
            format!("pivot needs an identifier and a measure; these are {} and {}", code.name, value.name),
        )
        .into());
    }
    let Some(codes) = on.analysis.values_of_domain(&code.name) else {
        return Err(Diagnostic::semantic(
            mistake::STRUCTURE,
            span,
            format!(
                "the codes of {} are not known before data is seen, so that pivot cannot name its measures",
                code.name
            ),
        )
        .with_help(
            "name the columns that are wanted: one aggr for each code, as max(if ... then ... else null)",
        )
        .into());
    };
    let key = columns_where(&relation.structure, |it| it.is_identifier() && it.name != code.name);
    let by: Vec<usize> = key.iter().map(|(place, _)| *place).collect();
    let mut components: Vec<Component> = key.into_iter().map(|(_, component)| component).collect();
    components.extend(codes.iter().map(|code| Component {
        name: code.to_string().into(),
        nullable: true,
        ..value.clone()
    }));
    let structure = structure(components, span)?;
    let node = Node::Pivot { input: Box::new(on.relation.clone()), identifier, measure, by };
    Ok(Relation { node, structure, span })
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
