//! Where things lie in a hub's folder.

use std::path::{Path, PathBuf};

/// The folder of a hub.
///
/// | name | holds |
/// |---|---|
/// | `hub.json` | what the operator decides; its presence says that the hub was made completely |
/// | `keys/` | certificate authority, door certificate, key for receipts: back it up, show it to nobody |
/// | `store/` | journal and blocks: all that the hub knows; back it up |
/// | `view/` | derived from the store; may be deleted while the hub is stopped |
/// | `administrator/` | the home with which the operator calls the hub; `mighub --home` takes it too |
/// | `running.json` | while the hub runs: where it listens |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubFolder(PathBuf);

impl HubFolder {
    /// The folder at `path`, which need not be there.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What the operator decides.
    pub fn config(&self) -> PathBuf {
        self.0.join("hub.json")
    }

    /// The hub's keys.
    pub fn keys(&self) -> PathBuf {
        self.0.join("keys")
    }

    /// Journal and blocks.
    pub fn store(&self) -> PathBuf {
        self.0.join("store")
    }

    /// What is derived from them.
    pub fn view(&self) -> PathBuf {
        self.0.join("view")
    }

    /// The administrator's home.
    pub fn administrator(&self) -> PathBuf {
        self.0.join("administrator")
    }

    /// Where the hub listens while it runs.
    pub(crate) fn running(&self) -> PathBuf {
        self.0.join("running.json")
    }
}
