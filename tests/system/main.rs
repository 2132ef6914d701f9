//! Offices and commissions against a real hub, through its public doors only: the hub that `mighub-server` serves,
//! the client library that `mighub` is a shell over, TLS on a free port.
//!
//! What lives here: claims about the whole system. What must not: private parts of a room; those have tests of
//! their own.

mod consolidated;
mod consolidation;
mod cuts;
mod evidence;
mod exchange;
mod forgery;
mod handed_in;
mod history;
mod hostile;
mod identity;
mod keys;
mod kills;
mod messages;
mod metadata;
mod model;
mod noise;
mod office;
mod release;
mod rest;
mod rights;
mod rules;
mod siege;
mod upkeep;
mod visibility;
