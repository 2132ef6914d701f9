//! Identity: the certificate authority, names in certificates, key files.
//!
//! What lives here: who somebody is, proven by a certificate. What must not: what they may do (that is
//! `hub::rights`) and connections (that is `door`).

pub mod authority;
pub mod files;
pub mod name;

pub use authority::{Authority, AuthorityError, Issued, Purpose};
pub use name::{AgencyName, NameError};
