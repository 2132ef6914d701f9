//! The birth of a hub.

use std::path::{Path, PathBuf};

use mighub::v1::{self, Role, record::What};
use mighub_sdmx::structure::{AgencyId, Structures};
use mighub_store::{Batch, NewRecord, Object, Options, Store};
use prost::Message;

use super::append::{Actor, record};
use super::moment::Moment;
use super::objects::object;

/// What a hub begins with.
pub struct Founding {
    /// Its id.
    pub hub_id: String,
    /// Random; the keys of lanes are derived from it.
    pub lane_secret: [u8; 32],
    /// SDMX-JSON structure messages.
    pub structures: Vec<Vec<u8>>,
    /// The first agency, with the role ADMINISTRATOR.
    pub administrator: AgencyId,
    /// Its name.
    pub administrator_name: String,
}

/// Why no hub was made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// Of the store.
    #[error(transparent)]
    Store(#[from] mighub_store::OpenError),
    /// A record was not written.
    #[error(transparent)]
    Write(#[from] mighub_store::Error),
    /// There is a hub already.
    #[error("{0} holds a hub already: choose another folder, or start that one with `mighub-server serve`")]
    Exists(String),
    /// A folder could not be made or renamed.
    #[error("{path}: {source}")]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The structures are not sound.
    #[error("the structures cannot be loaded: {0}")]
    Structures(String),
}

impl CreateError {
    fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        |source| Self::Io { path: path.to_owned(), source }
    }
}

/// The store as long as it is not whole: a hub that was half made is no hub.
const UNFINISHED: &str = "store.unfinished";

impl super::Hub {
    /// Makes a hub in `folder`, which must not hold one.
    pub fn create(folder: &Path, founding: &Founding, now: Moment) -> Result<(), CreateError> {
        let structures = load(&founding.structures)?;
        let (place, unfinished) = (folder.join("store"), folder.join(UNFINISHED));
        if place.exists() {
            return Err(CreateError::Exists(folder.display().to_string()));
        }
        if unfinished.exists() {
            std::fs::remove_dir_all(&unfinished).map_err(CreateError::io(&unfinished))?;
        }
        let (store, _) = Store::open(&unfinished, Options::default())?;
        let append = |what, objects: Vec<Object>| {
            let payload = record(&Actor::default(), what, now).encode_to_vec().into();
            let record = NewRecord {
                lane: mighub_store::Lane(std::sync::Arc::from(&b""[..])),
                expect: None,
                position: None,
                payload,
            };
            store.commit(Batch { objects, record: Some(record), time_ms: now.0, ..Batch::default() })
        };
        let lane_secret = founding.lane_secret.to_vec().into();
        append(What::Founded(v1::Founded { hub_id: founding.hub_id.clone(), lane_secret }), Vec::new())?;
        let agency_id = founding.administrator.to_string();
        let name = founding.administrator_name.clone();
        append(What::AgencyAdded(v1::AgencyRecorded { agency_id: agency_id.clone(), name }), Vec::new())?;
        let role = Role::Administrator.into();
        append(What::RoleGranted(v1::RoleRecorded { agency_id, role }), Vec::new())?;
        let (digest, message) = object(mighub_sdmx::structure::write_json(&structures));
        let urns = structures.iter().map(|(reference, _)| reference.to_string()).collect();
        let message_digest = digest.to_bytes();
        let mut objects = vec![message];
        objects.extend(super::structures::canonical_objects(&structures));
        append(What::Structures(v1::StructuresRecorded { message_digest, urns }), objects)?;
        store.close();
        std::fs::rename(&unfinished, &place).map_err(CreateError::io(&place))?;
        let folder = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
        folder.map_err(CreateError::io(&place))
    }
}

/// All messages as one set, checked as a whole.
fn load(messages: &[Vec<u8>]) -> Result<Structures, CreateError> {
    let refuse = |text: String| CreateError::Structures(text);
    let mut structures = Structures::default();
    for bytes in messages {
        let message = super::structures::read_structures(bytes).map_err(|refusal| refuse(refusal.text))?;
        if let Some(problem) = message.problems.first() {
            return Err(refuse(format!("{}: {}", problem.artefact, problem.text)));
        }
        for (_, artefact) in message.structures.iter() {
            structures.put((**artefact).clone()).map_err(|error| refuse(error.to_string()))?;
        }
    }
    match structures.check().first() {
        Some(problem) => Err(refuse(format!("{}: {}", problem.artefact, problem.text))),
        None => Ok(structures),
    }
}
