//! The evidence tests of tests/system, for the while that others do not compile.
#![allow(dead_code)]
#[path = "system/evidence.rs"]
mod evidence;
#[path = "system/exchange.rs"]
mod exchange;
#[path = "system/office/mod.rs"]
mod office;
