//! THE HUB.
//!
//! What lives here: what the hub knows and decides ([`hub`]), the gRPC door ([`rpc`]), the pages (`web`), the port ([`door`]),
//! identity ([`trust`]), and how they are put together ([`serve`], [`config`], [`clock`], [`limits`], [`log`]), and a witness's copy of the log ([`witness`]). What must not: the
//! office's side, and any data file or storage engine; those are `mighub-store`'s.

pub mod clock;
pub mod config;
pub mod door;
pub mod hub;
pub mod limits;
pub mod log;
mod rest;
pub mod rpc;
pub mod serve;
pub mod trust;
pub mod upkeep;
mod web;
pub mod witness;
