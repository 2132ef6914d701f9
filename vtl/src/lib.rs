//! THE RULES: VTL 2.1, the Validation and Transformation Language, from text to results.
//!
//! What lives here: lexer and parser of the whole grammar, semantic analysis before any data is touched, and
//! execution over columns. What must not: hubs, submissions, findings, files of a dataflow, clocks, networks.
//! The engine knows only the SDMX model, so that it can be used, and published, on its own.
