//! Making a hub.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use mighub_sdmx::structure::AgencyId;

use super::administrator::{self, AdministratorError};
use super::folder::HubFolder;
use crate::config::{Config, Problem};
use crate::hub::{CreateError, Founding, Hub, HubOptions, Moment, OpenError};
use crate::trust::{FileError, HubKeys, KeysError, SignerError, files};

/// Longest id of a hub: it stands in certificates and in everything that is signed.
const HUB_ID_MAX: usize = 64;

/// A hub to be made.
#[derive(Clone, Debug)]
pub struct InitOptions {
    /// Its folder: not there yet, or empty.
    pub folder: PathBuf,
    /// Its id, part of everything that offices sign for it: letters, digits, `-` and `_`.
    pub hub_id: String,
    /// Address and port to listen on.
    pub listen: String,
    /// Host names and addresses under which offices will reach it.
    pub names: Vec<String>,
    /// SDMX-JSON structure messages to begin with; they may refer to each other.
    pub structures: Vec<Vec<u8>>,
    /// Agency that runs it.
    pub administrator: AgencyId,
    /// Name of that agency.
    pub administrator_name: String,
}

/// A hub that was made.
#[derive(Clone, Debug)]
pub struct Initialised {
    /// Where it lies.
    pub folder: HubFolder,
    /// BLAKE3 digest of its authority's certificate: offices may compare it.
    pub authority: [u8; 32],
}

/// Why no hub was made.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// A hub, or something else, is there.
    #[error("{0} is not empty: name another folder, or empty this one if nothing in it is needed")]
    NotEmpty(PathBuf),
    /// The folder cannot be made or read.
    #[error("{path}: {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not an id.
    #[error("{0:?} is not an id for a hub: begin with a letter and use at most 64 letters, digits, - and _")]
    HubId(String),
    /// What would stand in `hub.json` is wrong.
    #[error("{}", listed(.0))]
    Config(Vec<Problem>),
    /// The machine gives no random bytes.
    #[error("the machine gives no random bytes: {0}")]
    Random(getrandom::Error),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The signing key.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The hub itself.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// It was made and does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The administrator's home.
    #[error(transparent)]
    Administrator(#[from] AdministratorError),
}

/// Makes a hub in a folder: keys, store with its first records, the administrator's home, and last `hub.json`,
/// so that half a hub is never taken for one.
pub fn init(options: InitOptions, now: Moment) -> Result<Initialised, InitError> {
    check_hub_id(&options.hub_id)?;
    let text = Config::text(&options.listen, &options.names, &options.administrator);
    let config = Config::parse(&text).map_err(InitError::Config)?;
    let folder = HubFolder::new(&options.folder);
    make_folder(folder.path())?;
    let made = make(&folder, &config, &text, options, now);
    if made.is_err() {
        // Nobody has seen these keys, and with them in the way the next attempt would be refused.
        for part in [folder.keys(), folder.store(), folder.view(), folder.administrator()] {
            let _ = std::fs::remove_dir_all(part);
        }
    }
    made
}

fn make(
    folder: &HubFolder,
    config: &Config,
    text: &str,
    options: InitOptions,
    now: Moment,
) -> Result<Initialised, InitError> {
    let keys = HubKeys::create(&folder.keys(), &options.hub_id, &options.names, now)?;
    let mut lane_secret = [0; 32];
    getrandom::fill(&mut lane_secret).map_err(InitError::Random)?;
    let founding = Founding {
        hub_id: options.hub_id,
        lane_secret,
        structures: options.structures,
        administrator: options.administrator.clone(),
        administrator_name: options.administrator_name,
    };
    Hub::create(folder.path(), &founding, now)?;
    let hub_options = HubOptions { signer: keys.signer()?, free_space_min: config.free_space_min };
    let (hub, _) = Hub::open(folder.path(), hub_options)?;
    let address: SocketAddr = config.listen;
    administrator::ensure(&hub, &keys, &options.administrator, &folder.administrator(), address, now)?;
    hub.close();
    files::write(&folder.config(), text.as_bytes())?;
    Ok(Initialised { folder: folder.clone(), authority: keys.authority.fingerprint() })
}

fn make_folder(path: &Path) -> Result<(), InitError> {
    let io = |source| InitError::Folder { path: path.to_owned(), source };
    std::fs::create_dir_all(path).map_err(io)?;
    match std::fs::read_dir(path).map_err(io)?.next() {
        None => Ok(()),
        Some(_) => Err(InitError::NotEmpty(path.to_owned())),
    }
}

fn check_hub_id(id: &str) -> Result<(), InitError> {
    let is_sound = id.len() <= HUB_ID_MAX
        && id.starts_with(|c: char| c.is_ascii_alphabetic())
        && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if is_sound { Ok(()) } else { Err(InitError::HubId(id.to_owned())) }
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}
