//! What a name means in an expression on the rows of one relation.
//!
//! What lives here: names to columns, single values, value domains; calls that look at more than one row. What
//! must not: types of operators.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::aggregates::Groups;
use super::analysis::{Analysis, Known};
use super::analytic::Layers;
use super::joins::Aliases;
use super::mistake;
use crate::ast::{AggregateCall, AnalyticCall, ComponentName, Expr, ExprKind, Name, Span};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expression, ExpressionKind, Relation};
use crate::value::{Component, Role, Scalar, Structure};

/// What names mean in an expression on the rows of one relation.
pub(super) struct Scope<'s> {
    analysis: &'s Analysis<'s>,
    names: Rc<HashMap<Arc<str>, Place>>,
    calls: Calls,
    /// Whether names of single values of the script can be used.
    sees_script: bool,
}

/// What a name of the relation stands for.
#[derive(Clone, Debug)]
enum Place {
    Column(usize, Component),
    /// Components of several operands of a join: their full names.
    Ambiguous(Vec<Arc<str>>),
}

/// What becomes of aggregate and analytic calls.
pub(super) enum Calls {
    /// Refused; the reason names the place.
    Refused(&'static str),
    /// Analytic calls become further columns of the relation.
    Analytic(RefCell<Layers>),
    /// Aggregate calls become columns of groups.
    Aggregate(RefCell<Groups>),
}

impl<'s> Scope<'s> {
    /// The components of a structure by their names.
    pub(super) fn of_structure(analysis: &'s Analysis<'s>, structure: &Structure, calls: Calls) -> Self {
        let mut scope = Self { analysis, names: Rc::default(), calls, sees_script: true };
        for (place, component) in structure.components().iter().enumerate() {
            scope.show(component.name.clone(), place, component);
            scope.show_short(place, component);
        }
        scope
    }

    /// The components of a relation.
    /// `aliases` are further names of columns, in a join.
    pub(super) fn of_relation(
        analysis: &'s Analysis<'s>,
        relation: &Relation,
        aliases: &Aliases,
        calls: Calls,
    ) -> Self {
        let mut scope = Self::of_structure(analysis, &relation.structure, calls);
        for (alias, name) in aliases {
            if let Some(place) = relation.structure.position(name)
                && !scope.names.contains_key(alias)
            {
                scope.show(alias.clone(), place, &relation.structure.components()[place]);
            }
        }
        scope
    }

    /// The same names for the rows below an aggregation.
    pub(super) fn below(&self) -> Self {
        Self {
            analysis: self.analysis,
            names: self.names.clone(),
            calls: Calls::Refused("within an aggregate"),
            sees_script: self.sees_script,
        }
    }

    /// Place of a component.
    pub(super) fn place(&self, name: &ComponentName) -> Result<usize, Diagnostic> {
        match self.component(name)?.kind {
            ExpressionKind::Column(place) => Ok(place),
            _ => Err(mistake::unknown(
                "component",
                &name.name.text,
                name.span(),
                self.names.keys().map(|name| &**name),
            )),
        }
    }

    /// Places of the identifiers.
    pub(super) fn identifier_places(&self) -> Vec<usize> {
        let places = self.names.values().filter_map(|place| match place {
            Place::Column(place, component) if component.role == Role::Identifier => Some(*place),
            _ => None,
        });
        let places: std::collections::BTreeSet<usize> = places.collect();
        places.into_iter().collect()
    }

    /// Nothing but what is shown later.
    pub(super) fn empty(analysis: &'s Analysis<'s>, calls: Calls) -> Self {
        Self { analysis, names: Rc::default(), calls, sees_script: true }
    }

    /// Without the single values of the script: rules of a ruleset know only their signature.
    pub(super) fn without_script(mut self) -> Self {
        self.sees_script = false;
        self
    }

    /// Gives a column a further name.
    pub(super) fn show(&mut self, name: Arc<str>, place: usize, component: &Component) {
        Rc::make_mut(&mut self.names).insert(name, Place::Column(place, component.clone()));
    }

    /// `alias#name` can be called `name` where only one alias has it.
    fn show_short(&mut self, place: usize, component: &Component) {
        let Some((_, short)) = component.name.split_once('#') else { return };
        let short: Arc<str> = short.into();
        match Rc::make_mut(&mut self.names).get_mut(&short) {
            None => self.show(short, place, component),
            Some(Place::Ambiguous(full)) => full.push(component.name.clone()),
            Some(taken @ Place::Column(..)) => {
                let Place::Column(_, other) = &*taken else { return };
                if other.name != short {
                    let full = vec![other.name.clone(), component.name.clone()];
                    *taken = Place::Ambiguous(full);
                }
            }
        }
    }

    /// The script around.
    pub(super) fn analysis(&self) -> &'s Analysis<'s> {
        self.analysis
    }

    /// What becomes of the calls.
    pub(super) fn calls(&self) -> &Calls {
        &self.calls
    }

    /// What has become of the calls.
    pub(super) fn into_calls(self) -> Calls {
        self.calls
    }

    /// A name alone.
    pub(super) fn resolve(&self, name: &str, span: Span) -> Result<Expression, Diagnostic> {
        match self.names.get(name) {
            Some(Place::Column(place, component)) => return self.column(*place, component, span),
            Some(Place::Ambiguous(full)) => {
                return Err(Diagnostic::semantic(
                    mistake::DUPLICATE,
                    span,
                    format!("several data sets of the join have a component {name}"),
                )
                .with_help(format!("write {}", full.join(" or "))));
            }
            None => {}
        }
        let known = self.sees_script.then(|| self.analysis.known(name)).flatten();
        match known {
            Some(Known::Scalar(scalar_type)) => {
                Ok(Expression { kind: ExpressionKind::Result(name.into()), scalar_type, span })
            }
            Some(Known::Dataset(_)) => Err(Diagnostic::semantic(
                mistake::TYPE,
                span,
                format!("{name} is a data set; a component or a single value is needed here"),
            )
            .with_help(format!("join the data sets, or write {name} outside of the square brackets"))),
            Some(Known::Failed | Known::Waiting) => Err(mistake::follows(span)),
            None => Err(mistake::unknown("component", name, span, self.names.keys().map(|name| &**name))),
        }
    }

    /// A component, perhaps with its data set.
    pub(super) fn component(&self, name: &ComponentName) -> Result<Expression, Diagnostic> {
        match &name.dataset {
            None => self.resolve(&name.name.text, name.name.span),
            Some(dataset) => self.member_of(&dataset.text, &name.name, name.span()),
        }
    }

    /// `operand#component`.
    pub(super) fn member(
        &self,
        operand: &Expr,
        component: &Name,
        span: Span,
    ) -> Result<Expression, Diagnostic> {
        match &operand.kind {
            ExprKind::Name(dataset) => self.member_of(dataset, component, span),
            _ => Err(Diagnostic::semantic(
                mistake::PLACE,
                span,
                "before # there must be the name of a data set of the join",
            )),
        }
    }

    fn member_of(&self, dataset: &str, component: &Name, span: Span) -> Result<Expression, Diagnostic> {
        let full = format!("{dataset}#{component}");
        if let Some(Place::Column(place, component)) = self.names.get(&*full) {
            return self.column(*place, component, span);
        }
        Err(mistake::unknown("component", &full, span, self.names.keys().map(|name| &**name)))
    }

    /// Columns of groups that are no aggregates are those that make the groups.
    fn column(&self, place: usize, component: &Component, span: Span) -> Result<Expression, Diagnostic> {
        let place = match &self.calls {
            Calls::Aggregate(groups) => groups.borrow().place_of(place, &component.name, span)?,
            _ => place,
        };
        Ok(Expression::column(place, component, span))
    }

    /// An aggregate call; a column, where it is allowed.
    pub(super) fn aggregate(&self, call: &AggregateCall, span: Span) -> Result<Expression, Diagnostic> {
        match &self.calls {
            Calls::Aggregate(groups) => Groups::call(groups, call, self, span),
            Calls::Analytic(_) => Err(Diagnostic::semantic(
                mistake::PLACE,
                span,
                format!("{} without over has no meaning here", call.operator.text()),
            )
            .with_help(format!(
                "write {}(... over (partition by ...)), or use the clause aggr",
                call.operator.text()
            ))),
            Calls::Refused(place) => Err(refused(call.operator.text(), place, span)),
        }
    }

    /// An analytic call; a column, where it is allowed.
    pub(super) fn analytic(&self, call: &AnalyticCall, span: Span) -> Result<Expression, Diagnostic> {
        match &self.calls {
            Calls::Analytic(layers) => Layers::call(layers, call, self, span),
            Calls::Aggregate(_) => Err(refused(call.operator.text(), "in an aggregation", span)),
            Calls::Refused(place) => Err(refused(call.operator.text(), place, span)),
        }
    }

    /// An operator of the script.
    pub(super) fn user_call(
        &self,
        operator: &Name,
        arguments: &[Option<Expr>],
        span: Span,
    ) -> Result<Expression, Diagnostic> {
        self.analysis.expression_of_call(operator, arguments, self, span)
    }

    /// Values of a value domain.
    pub(super) fn value_domain(&self, name: &Name) -> Result<Vec<Scalar>, Diagnostic> {
        self.analysis.value_domain(name)
    }

    /// The one identifier of a type of time.
    pub(super) fn time_identifier(&self, span: Span) -> Result<Expression, Diagnostic> {
        let mut times = self.names.values().filter_map(|place| match place {
            Place::Column(place, component)
                if component.role == Role::Identifier && component.scalar_type.is_temporal() =>
            {
                Some((*place, component))
            }
            _ => None,
        });
        let first = times.next();
        match (first, times.find(|other| first.is_some_and(|first| first.0 != other.0))) {
            (Some((place, component)), None) => self.column(place, component, span),
            (None, _) => Err(Diagnostic::semantic(
                mistake::STRUCTURE,
                span,
                "there is no identifier of type time_period, date or time",
            )),
            (Some(_), Some(_)) => Err(Diagnostic::semantic(
                mistake::STRUCTURE,
                span,
                "there are several identifiers of types of time",
            )
            .with_help("name the one that is meant")),
        }
    }
}

fn refused(operator: &str, place: &str, span: Span) -> Diagnostic {
    Diagnostic::semantic(
        mistake::PLACE,
        span,
        format!("{operator} looks at several rows, which is not possible {place}"),
    )
    .with_help("compute it before, with aggr or calc")
}
