//! What is known of a script while its statements are analysed, and which file knows each operator.
//!
//! What lives here: names of the whole script, and the choice of the operator's file. What must not: rules of any
//! one operator.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use super::mistake::{self, Mistakes, all, both};
use super::operand::Operand;
use super::scope::{Calls, Scope};
use super::{
    Environment, aggregates, analytic, checks, clauses, conditional, datasets, expression, hierarchy, joins,
    sets, time_series,
};
use crate::ast::{
    BinaryOp, CastTo, DatapointRuleset, Expr, ExprKind, Function, HierarchicalRuleset, InSet, Literal, Name,
    OperatorDefinition, Span, StringDistance, UnaryOp, ViralPropagation,
};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expression, ExpressionKind, Node, Relation};
use crate::value::{Scalar, ScalarType, Structure};

/// Operators on data sets in a row within one statement. Relations are trees as deep as that; real scripts name
/// results on the way.
const CHAIN_MAX: usize = 200;

/// What a name of the script stands for.
#[derive(Clone, Debug)]
pub(super) enum Known {
    Dataset(Arc<Structure>),
    Scalar(ScalarType),
    /// Its statement has not been analysed yet.
    Waiting,
    /// Its statement is wrong, which is told there.
    Failed,
}

/// What is known of a script.
pub(super) struct Analysis<'a> {
    environment: &'a Environment,
    results: HashMap<Arc<str>, Known>,
    /// Names that were asked for before their statements were analysed.
    needed: RefCell<Vec<Arc<str>>>,
    pub(super) operators: HashMap<Arc<str>, &'a OperatorDefinition>,
    pub(super) datapoint_rulesets: HashMap<Arc<str>, &'a DatapointRuleset>,
    pub(super) hierarchical_rulesets: HashMap<Arc<str>, &'a HierarchicalRuleset>,
    pub(super) propagations: Vec<&'a ViralPropagation>,
    /// Levels of expressions that operators of the script have become around the present one.
    pub(super) expanded_depth: Cell<usize>,
    /// Nodes of bodies that were put in so far.
    pub(super) expanded_nodes: Cell<usize>,
}

impl<'a> Analysis<'a> {
    pub(super) fn new(environment: &'a Environment) -> Self {
        Self {
            environment,
            results: HashMap::new(),
            needed: RefCell::default(),
            operators: HashMap::new(),
            datapoint_rulesets: HashMap::new(),
            hierarchical_rulesets: HashMap::new(),
            propagations: Vec::new(),
            expanded_depth: Cell::new(0),
            expanded_nodes: Cell::new(0),
        }
    }

    /// Makes a result known to the statements that follow.
    pub(super) fn add_result(&mut self, name: Arc<str>, known: Known) {
        self.results.insert(name, known);
    }

    /// Names that were asked for before their statements were analysed.
    pub(super) fn take_needed(&self) -> Vec<Arc<str>> {
        self.needed.take()
    }

    /// What a name of the script stands for.
    pub(super) fn known(&self, name: &str) -> Option<Known> {
        if let Some(known) = self.results.get(name) {
            if matches!(known, Known::Waiting) {
                self.needed.borrow_mut().push(name.into());
                return Some(Known::Failed);
            }
            return Some(known.clone());
        }
        if let Some(structure) = self.environment.datasets.get(name) {
            return Some(Known::Dataset(structure.clone()));
        }
        self.environment.scalars.get(name).map(|scalar_type| Known::Scalar(*scalar_type))
    }

    /// Whether a run is given something of this name.
    pub(super) fn is_input(&self, name: &str) -> bool {
        self.environment.datasets.contains_key(name) || self.environment.scalars.contains_key(name)
    }

    /// The value of a parameter, if it is known before the run.
    pub(super) fn parameter(&self, name: &str) -> Option<&Scalar> {
        self.environment.parameters.get(name)
    }

    /// Values of the value domain of this name, if there is one.
    pub(super) fn values_of_domain(&self, name: &str) -> Option<&[Scalar]> {
        self.environment.value_domains.get(name).map(Vec::as_slice)
    }

    /// Values of a value domain.
    pub(super) fn value_domain(&self, name: &Name) -> Result<Vec<Scalar>, Diagnostic> {
        self.environment.value_domains.get(&name.text).cloned().ok_or_else(|| {
            let known = self.environment.value_domains.keys().map(|name| &**name);
            mistake::unknown("value domain", &name.text, name.span, known)
        })
    }

    /// A scope for single values: no components.
    pub(super) fn scalar_scope(&self) -> Scope<'_> {
        Scope::empty(self, Calls::Refused("where there is no data set"))
    }

    /// A data set, where nothing else will do.
    pub(super) fn dataset(&self, expr: &Expr, operator: &str) -> Result<Relation, Mistakes> {
        match self.operand(expr)? {
            Operand::Dataset(relation) => Ok(relation),
            Operand::Scalar(_) => Err(mistake::wanted("a data set", operator, expr.span).into()),
        }
    }

    /// An expression at the level of data sets.
    pub(super) fn operand(&self, expr: &Expr) -> Result<Operand, Mistakes> {
        // Many small functions, as each level of an expression costs stack.
        let span = expr.span;
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal, span),
            ExprKind::Name(name) => self.name(name, span),
            ExprKind::Unary { operator, operand } => self.unary(*operator, operand, span),
            ExprKind::Binary { .. } => self.binary_chain(expr),
            ExprKind::In { operand, negated, set } => self.is_in(operand, *negated, set, span),
            ExprKind::If { condition, then, otherwise } => self.conditional(condition, then, otherwise, span),
            ExprKind::Case { branches, otherwise } => self.case(branches, otherwise, span),
            ExprKind::Call { function, arguments } => self.call(*function, arguments, span),
            ExprKind::UserCall { operator, arguments } => self.operand_of_call(operator, arguments, span),
            ExprKind::StringDistance { method, left, right } => {
                self.string_distance(*method, left, right, span)
            }
            ExprKind::Cast { operand, to } => self.cast(operand, to, span),
            ExprKind::TimeAgg(call) => time_series::time_agg(self, call, span),
            _ => self.relation(expr).map(Operand::Dataset),
        }
    }

    /// An expression that can only be a data set.
    fn relation(&self, expr: &Expr) -> Result<Relation, Mistakes> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Membership { operand, component } => {
                let relation = self.dataset(operand, "#")?;
                Ok(datasets::membership(relation, component, span)?)
            }
            ExprKind::Clause { .. } => self.clause_chain(expr),
            ExprKind::Aggregate(call) => aggregates::on_dataset(self, call, span),
            ExprKind::Analytic(call) => analytic::on_dataset(self, call, span),
            ExprKind::Join(join) => joins::join(self, join, span),
            ExprKind::Set { operator, operands } => sets::combine(self, *operator, operands, span),
            ExprKind::ExistsIn(exists) => sets::exists_in(self, exists, span),
            ExprKind::Check(check) => checks::check(self, check, span),
            ExprKind::CheckDatapoint(check) => checks::check_datapoint(self, check, span),
            ExprKind::CheckHierarchy(check) => hierarchy::check_hierarchy(self, check, span),
            ExprKind::Hierarchy(call) => hierarchy::hierarchy(self, call, span),
            ExprKind::FillTimeSeries { operand, scope } => time_series::fill(self, operand, *scope, span),
            ExprKind::Eval(eval) => Err(mistake::unsupported(
                &format!("eval of the routine {}", eval.routine),
                "a hub runs no code that is not VTL; write the routine as define operator",
                span,
            )
            .into()),
            _ => self.dataset(expr, "the statement"),
        }
    }

    fn literal(&self, literal: &Literal, span: Span) -> Result<Operand, Mistakes> {
        Ok(Operand::Scalar(expression::literal(literal, span)?))
    }

    fn unary(&self, operator: UnaryOp, operand: &Expr, span: Span) -> Result<Operand, Mistakes> {
        let operand = self.operand(operand)?;
        datasets::apply(self, operator.text(), vec![Some(operand)], span, |mut values| {
            expression::unary(operator, values.swap_remove(0), span)
        })
    }

    fn is_in(&self, operand: &Expr, negated: bool, set: &InSet, span: Span) -> Result<Operand, Mistakes> {
        let operator = if negated { "not_in" } else { "in" };
        let operand = self.operand(operand)?;
        let scope = self.scalar_scope();
        datasets::apply(self, operator, vec![Some(operand)], span, |mut values| {
            expression::is_in(values.swap_remove(0), set, negated, &scope, span)
        })
    }

    fn conditional(
        &self,
        condition: &Expr,
        then: &Expr,
        otherwise: &Expr,
        span: Span,
    ) -> Result<Operand, Mistakes> {
        let condition = self.operand(condition);
        let values = both(self.operand(then), self.operand(otherwise));
        let (condition, (then, otherwise)) = both(condition, values)?;
        conditional::choose("if", vec![(condition, then)], otherwise, span)
    }

    fn case(&self, branches: &[(Expr, Expr)], otherwise: &Expr, span: Span) -> Result<Operand, Mistakes> {
        let branches =
            all(branches.iter().map(|(condition, value)| both(self.operand(condition), self.operand(value))));
        let (branches, otherwise) = both(branches, self.operand(otherwise))?;
        conditional::choose("case", branches, otherwise, span)
    }

    fn string_distance(
        &self,
        method: StringDistance,
        left: &Expr,
        right: &Expr,
        span: Span,
    ) -> Result<Operand, Mistakes> {
        let (left, right) = both(self.operand(left), self.operand(right))?;
        datasets::apply(self, "string_distance", vec![Some(left), Some(right)], span, |values| {
            let [left, right] = pair(values);
            expression::string_distance(method, left, right, span)
        })
    }

    fn cast(&self, operand: &Expr, to: &CastTo, span: Span) -> Result<Operand, Mistakes> {
        let operand = self.operand(operand)?;
        datasets::apply(self, "cast", vec![Some(operand)], span, |mut values| {
            expression::cast(values.swap_remove(0), to, span)
        })
    }

    /// An expression that may name a single value only.
    fn name(&self, name: &Arc<str>, span: Span) -> Result<Operand, Mistakes> {
        match self.known(name) {
            Some(Known::Dataset(structure)) => {
                Ok(Operand::Dataset(Relation { node: Node::Scan(name.clone()), structure, span }))
            }
            Some(Known::Scalar(scalar_type)) => Ok(Operand::Scalar(Expression {
                kind: ExpressionKind::Result(name.clone()),
                scalar_type,
                span,
            })),
            Some(Known::Failed | Known::Waiting) => Err(mistake::follows(span).into()),
            None => {
                let known = self.results.keys().chain(self.environment.datasets.keys());
                let known = known.chain(self.environment.scalars.keys()).map(|name| &**name);
                Err(mistake::unknown("data set or value", name, span, known).into())
            }
        }
    }

    /// `a + b + c ...` is a tree that leans to the left: a loop, as such chains may be long.
    fn binary_chain(&self, expr: &Expr) -> Result<Operand, Mistakes> {
        let mut steps: Vec<(BinaryOp, &Expr, Span)> = Vec::new();
        let mut first = expr;
        while let ExprKind::Binary { operator, left, right } = &first.kind {
            steps.push((*operator, right, first.span));
            first = left;
        }
        let mut on_datasets = 0;
        let mut value = self.operand(first);
        for (operator, right, span) in steps.into_iter().rev() {
            let (left, right) = both(value, self.operand(right))?;
            on_datasets += usize::from(left.is_dataset() || right.is_dataset());
            within_chain(on_datasets, span)?;
            value = datasets::apply(self, operator.text(), vec![Some(left), Some(right)], span, |values| {
                let [left, right] = pair(values);
                expression::binary(operator, left, right, span)
            });
        }
        value
    }

    /// `ds[...][...]` leans to the left, too.
    fn clause_chain(&self, expr: &Expr) -> Result<Relation, Mistakes> {
        let mut steps = Vec::new();
        let mut first = expr;
        while let ExprKind::Clause { operand, clause } = &first.kind {
            steps.push((&**clause, first.span));
            first = operand;
        }
        within_chain(steps.len(), expr.span)?;
        let mut relation = self.dataset(first, "a clause in square brackets")?;
        for (clause, span) in steps.into_iter().rev() {
            relation = clauses::apply(self, relation, clause, &[], span)?;
        }
        Ok(relation)
    }

    fn call(&self, function: Function, arguments: &[Option<Expr>], span: Span) -> Result<Operand, Mistakes> {
        if matches!(function, Function::FlowToStock | Function::StockToFlow | Function::Timeshift) {
            return Ok(Operand::Dataset(time_series::call(self, function, arguments, span)?));
        }
        if matches!(function, Function::PeriodIndicator) {
            return time_series::period_indicator(self, arguments, span);
        }
        let mut mistakes = Mistakes::default();
        let mut operands = Vec::with_capacity(arguments.len());
        for argument in arguments {
            match argument {
                None => operands.push(None),
                Some(expr) => operands.push(mistakes.take(self.operand(expr))),
            }
        }
        mistakes.or(())?;
        datasets::apply_function(self, function, operands, span)
    }
}

/// The two values of an operator with two operands.
pub(super) fn pair(mut values: Vec<Expression>) -> [Expression; 2] {
    let right = values.pop();
    let left = values.pop();
    match (left, right) {
        (Some(left), Some(right)) => [left, right],
        // `datasets::apply` gives back as many values as it was given operands.
        _ => unreachable!("an operator with two operands has two values"),
    }
}

fn within_chain(operators: usize, span: Span) -> Result<(), Diagnostic> {
    if operators <= CHAIN_MAX {
        return Ok(());
    }
    Err(Diagnostic::semantic(
        mistake::LIMIT,
        span,
        format!("there are more than {CHAIN_MAX} operators on data sets in a row"),
    )
    .with_help("give a result on the way a name and go on from there"))
}
