//! A hub put together: made once in a folder, then opened and served until it is stopped. For the program, and
//! for whoever wants a hub within another process.
//!
//! What lives here: the order in which the parts begin and end. What must not: anything the parts do.

mod administrator;
mod caretaker;
mod chooser;
mod consolidate;
mod consolidator;
mod folder;
mod init;
mod rotate;
mod router;
mod start;
mod threads;

pub use administrator::AdministratorError;
pub(crate) use administrator::LOCAL_NAME;
pub use consolidate::{ConsolidateError, consolidate_stopped};
pub use folder::HubFolder;
pub use init::{InitError, InitOptions, Initialised, init};
pub use rotate::{RotateError, Rotated, rotate_signer};
pub use start::{Plain, Running, RunningAt, ServeOptions, StartError, start};
pub use threads::runtime;
