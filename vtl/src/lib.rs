//! THE RULES: VTL 2.1, the Validation and Transformation Language, from text to results.
//!
//! What lives here: lexer and parser of the whole grammar, semantic analysis before any data is touched, and
//! execution over columns. What must not: hubs, submissions, findings, files of a dataflow, clocks, networks.
//! The engine knows only the SDMX model, so that it can be used, and published, on its own.
//!
//! The way of a script: [`parse`] gives a [`Script`](ast::Script), [`analyze`] a [`Plan`], [`run`] the results.

pub mod ast;
pub mod csv;
pub mod dataset;
mod diagnostic;
mod parse;
pub mod plan;
mod print;
mod run;
mod semantic;
pub mod time;
pub mod value;

pub use dataset::Dataset;
pub use diagnostic::{Diagnostic, Phase};
pub use parse::{DIAGNOSTICS_MAX, EXPRESSION_DEPTH_MAX, SCRIPT_BYTES_MAX, STATEMENTS_MAX, parse};
pub use plan::Plan;
pub use print::{print, print_expr, print_name};
pub use run::{Inputs, Limits, Results, RunError, RunOptions, run};
pub use semantic::{Environment, analyze};
pub use value::{Component, Number, Role, Scalar, ScalarType, Structure};
