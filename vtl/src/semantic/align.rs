//! Several data sets side by side: rows whose common identifiers are equal.
//!
//! What lives here: which data sets fit together, and the joins that bring them together. What must not: what is
//! computed from them.

use super::mistake::{self, Mistakes};
use super::operand::{columns_where, promoted, structure};
use crate::ast::Span;
use crate::diagnostic::Diagnostic;
use crate::plan::{Expression, JoinKind, JoinedColumn, Node, Relation};
use crate::value::{Component, Role, ScalarType};

/// Data sets side by side.
pub(super) struct Aligned {
    /// Their rows.
    pub(super) relation: Relation,
    /// Identifiers of the result: those of the operand that has most.
    pub(super) identifiers: Vec<(usize, Component)>,
    /// Measures of each operand, by place in the relation, with their own names.
    pub(super) measures: Vec<Vec<(usize, Component)>>,
    /// Viral attributes, and their places, one for each operand that has them.
    pub(super) viral: Vec<(Component, Vec<usize>)>,
}

impl Aligned {
    /// One data set alone.
    pub(super) fn one(relation: Relation) -> Self {
        let of_role = |role| columns_where(&relation.structure, |component| component.role == role);
        let (identifiers, measures) = (of_role(Role::Identifier), of_role(Role::Measure));
        let viral = of_role(Role::ViralAttribute);
        let viral = viral.into_iter().map(|(place, component)| (component, vec![place])).collect();
        Self { relation, identifiers, measures: vec![measures], viral }
    }
}

/// Data sets side by side, one row for each key that all of them have.
pub(super) fn align(relations: Vec<Relation>, operator: &str, span: Span) -> Result<Aligned, Mistakes> {
    let mut relations = relations.into_iter();
    let first = relations.next().ok_or_else(|| mistake::wanted("a data set", operator, span))?;
    relations.try_fold(Aligned::one(first), |aligned, next| Ok(beside(aligned, next, operator, span)?))
}

fn beside(left: Aligned, right: Relation, operator: &str, span: Span) -> Result<Aligned, Diagnostic> {
    let right = Aligned::one(right);
    let common: Vec<(usize, usize)> = left
        .identifiers
        .iter()
        .filter_map(|(place, component)| {
            let (other, _) = right.identifiers.iter().find(|(_, other)| other.name == component.name)?;
            Some((*place, *other))
        })
        .collect();
    let fewer = left.identifiers.len().min(right.identifiers.len());
    let some = left.identifiers.len().max(right.identifiers.len()) == 0 || !common.is_empty();
    if common.len() < fewer || !some {
        return Err(keys_differ(&left.identifiers, &right.identifiers, operator, span));
    }
    let (left_relation, right_relation) = same_types(left.relation, right.relation, &common, span)?;

    let takes_right = right.identifiers.len() > left.identifiers.len();
    let mut components = Vec::new();
    let mut columns = Vec::new();
    let mut add = |name: String, component: &Component, column: JoinedColumn| {
        components.push(Component { name: name.into(), ..component.clone() });
        columns.push(column);
        (columns.len() - 1, component.clone())
    };
    let key = if takes_right { &right.identifiers } else { &left.identifiers };
    let key_side = if takes_right { JoinedColumn::Right } else { JoinedColumn::Left };
    let key_structure = if takes_right { &right_relation.structure } else { &left_relation.structure };
    let identifiers = key
        .iter()
        .map(|(place, _)| {
            let component = &key_structure.components()[*place];
            add(component.name.to_string(), component, key_side(*place))
        })
        .collect();
    // Operands may have the same names: a number before `#` tells them apart.
    let mut measures: Vec<Vec<(usize, Component)>> = Vec::new();
    let sides =
        left.measures.iter().map(|measures| (measures, JoinedColumn::Left as fn(usize) -> JoinedColumn));
    let sides = sides.chain(right.measures.iter().map(|measures| (measures, JoinedColumn::Right as _)));
    for (operand, (of_operand, side)) in sides.enumerate() {
        let placed = of_operand
            .iter()
            .map(|(place, component)| add(format!("{operand}#{}", component.name), component, side(*place)));
        measures.push(placed.collect());
    }
    let mut viral: Vec<(Component, Vec<usize>)> = Vec::new();
    let sides = left.viral.iter().map(|it| (it, JoinedColumn::Left as fn(usize) -> JoinedColumn));
    for ((component, places), side) in
        sides.chain(right.viral.iter().map(|it| (it, JoinedColumn::Right as _)))
    {
        for place in places {
            let known = viral.iter().position(|(other, _)| other.name == component.name);
            let number = known.map_or(0, |entry| viral[entry].1.len());
            let (placed, _) = add(format!("{number}@{}", component.name), component, side(*place));
            match known {
                Some(entry) => viral[entry].1.push(placed),
                None => viral.push((component.clone(), vec![placed])),
            }
        }
    }
    let node = Node::Join {
        kind: if common.is_empty() { JoinKind::Cross } else { JoinKind::Inner },
        left: Box::new(left_relation),
        right: Box::new(right_relation),
        on: common,
        columns,
    };
    let relation = Relation { node, structure: structure(components, span)?, span };
    Ok(Aligned { relation, identifiers, measures, viral })
}

/// Columns that are compared get one type.
pub(super) fn same_types(
    left: Relation,
    right: Relation,
    on: &[(usize, usize)],
    span: Span,
) -> Result<(Relation, Relation), Diagnostic> {
    let mut wanted_left = Vec::new();
    let mut wanted_right = Vec::new();
    for &(l, r) in on {
        let (a, b) = (&left.structure.components()[l], &right.structure.components()[r]);
        let common = a.scalar_type.common(b.scalar_type).ok_or_else(|| {
            Diagnostic::semantic(
                mistake::TYPE,
                span,
                format!(
                    "{} is of type {} in one data set and of type {} in another, so that rows cannot be matched",
                    a.name, a.scalar_type, b.scalar_type
                ),
            )
            .with_help("convert one of them with cast in a calc before")
        })?;
        wanted_left.push((l, common));
        wanted_right.push((r, common));
    }
    Ok((with_types(left, &wanted_left, span)?, with_types(right, &wanted_right, span)?))
}

/// Some columns in other types.
pub(super) fn with_types(
    relation: Relation,
    wanted: &[(usize, ScalarType)],
    span: Span,
) -> Result<Relation, Diagnostic> {
    let columns = relation.structure.components().iter().enumerate().map(|(place, component)| {
        let column = Expression::column(place, component, span);
        match wanted.iter().find(|(of, _)| *of == place) {
            Some((_, scalar_type)) => {
                (Component { scalar_type: *scalar_type, ..component.clone() }, promoted(column, *scalar_type))
            }
            None => (component.clone(), column),
        }
    });
    let columns = columns.collect();
    relation.project(columns, span)
}

fn keys_differ(
    left: &[(usize, Component)],
    right: &[(usize, Component)],
    operator: &str,
    span: Span,
) -> Diagnostic {
    let names = |of: &[(usize, Component)]| match of {
        [] => "none".to_owned(),
        of => of.iter().map(|(_, component)| &*component.name).collect::<Vec<_>>().join(", "),
    };
    Diagnostic::semantic(
        mistake::STRUCTURE,
        span,
        format!(
            "{operator} needs data sets of which one has all identifiers of the other; here they are {} and {}",
            names(left),
            names(right)
        ),
    )
    .with_help("aggregate one of them first, or rename its identifiers")
}
