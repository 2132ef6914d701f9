//! From a script to a plan: what every name means, which type every expression has, in which order statements
//! run. No data is touched.
//!
//! What lives here: one file for each family of operators, with its typing and its translation to the nodes
//! of [`crate::plan`]. What must not: columns, and anything that depends on the number of rows.

mod aggregates;
mod align;
mod analysis;
mod analytic;
mod checks;
mod clauses;
mod conditional;
mod datasets;
mod expression;
mod hierarchy;
mod hierarchy_order;
mod join_keys;
mod joins;
mod mistake;
mod nullable;
mod operand;
mod pivot;
mod rulesets;
mod scope;
mod sets;
mod statements;
mod substitute;
#[cfg(test)]
mod tests;
mod time_series;
mod user_operators;
mod viral;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ast::Script;
use crate::diagnostic::Diagnostic;
use crate::plan::Plan;
use crate::value::{Scalar, ScalarType, Structure};

/// What a script can refer to.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// Structures of the data sets that a run will be given.
    pub datasets: BTreeMap<Arc<str>, Arc<Structure>>,
    /// Types of the single values that a run will be given: parameters.
    pub scalars: BTreeMap<Arc<str>, ScalarType>,
    /// Values of such parameters, as far as they are known already: needed only where the language wants a constant,
    /// as in `lag(x, n over ...)`.
    pub parameters: BTreeMap<Arc<str>, Scalar>,
    /// Values of enumerated value domains.
    pub value_domains: BTreeMap<Arc<str>, Vec<Scalar>>,
}

/// Analyses a script; all mistakes are told at once.
pub fn analyze(script: &Script, environment: &Environment) -> Result<Plan, Vec<Diagnostic>> {
    statements::analyze(script, environment).map_err(mistake::Mistakes::into_diagnostics)
}
