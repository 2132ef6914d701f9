//! What is asked of consolidated data: matrices, net migration, mirror analysis, and how a figure came about.
//!
//! Answers are computed when they are asked for, from figures that the caller may see: they are read through the same
//! masks and embargoes as any figures. What is derived rests on what the public may see, so nothing that is hidden can be
//! told from a sum.
//!
//! What lives here: reading, and answers as messages. What must not: the statistics (`mighub-consolidation`), the making
//! of derived figures (`consolidate`), and anything that writes.

mod answer;
mod asked;
mod ends;
mod explain;
mod governments;
mod matrix;
mod methods;
mod mirror;
mod net;
mod read;
