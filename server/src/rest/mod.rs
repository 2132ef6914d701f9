//! The REST door. Skeleton: rest-structure fills it.

mod data;
mod plain;
