//! Columns are computed as single values are.
