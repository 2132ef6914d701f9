//! Consolidation: one dataset out of what both sides of each corridor report.
//!
//! What lives here: the pairing of the two sides, the published methods, dated groups of areas, aggregates,
//! matrices and mirror analysis. It is statistics over columns. What must not: networks, clocks, storage, and who
//! may see what.
