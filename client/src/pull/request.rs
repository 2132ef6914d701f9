//! What is asked for.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use mighub::convert::selection_message;
use mighub::v1;
use mighub_sdmx::key::Selection;
use mighub_sdmx::structure::{Class, DataDefinition};
use prost::bytes::Bytes;

use crate::clock;
use crate::error::Error;
use crate::hub::Hub;

/// Figures of a dataflow, whole or in part, as of now or of then, or what changed.
#[derive(Clone, Debug, Default)]
pub struct PullRequest {
    /// The dataflow, as AGENCY:ID(VERSION); [`Hub::dataflow`] finds it by less.
    pub dataflow: String,
    /// Which observations; [`Hub::selection`] reads an SDMX key.
    pub selection: Selection,
    /// Which providers.
    pub providers: Providers,
    /// As of when.
    pub at: At,
    /// Only what changed since an earlier pull, with what is gone. Everything else must be as it was then.
    pub since: Option<Cursor>,
    /// End after about so many observations; the summary then says that the pull is not complete.
    pub observations_max: Option<u64>,
}

/// Whose figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Providers {
    /// Of the principal provider of each series.
    #[default]
    Principal,
    /// Of these.
    These(Vec<String>),
    /// Of every provider, principal or not.
    All,
}

/// A point in the history of figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum At {
    /// Now.
    #[default]
    Now,
    /// What the caller could have read at that instant, less what is restricted today.
    AsOf(Timestamp),
    /// After the record at this position of the hub's journal. A receipt's position reads what was written.
    Position(u64),
    /// The newest vintage with this edition label.
    Edition(String),
}

/// What a reader has after a pull: a later one can begin from it. Opaque; keep it as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Cursor(pub(crate) Bytes);

/// A text that is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a cursor: copy it whole from what the pull before printed")]
pub struct CursorError;

impl Cursor {
    /// Where a watch stands once an event was handled; nothing if the event has no cursor.
    pub fn of_event(event: &v1::VintageEvent) -> Option<Self> {
        (!event.cursor.is_empty()).then(|| Self(event.cursor.clone()))
    }
}

impl PullRequest {
    /// All of a dataflow, now, of principal providers.
    pub fn all(dataflow: impl Into<String>) -> Self {
        Self { dataflow: dataflow.into(), ..Self::default() }
    }

    pub(super) fn message(&self, resume: Bytes) -> v1::PullRequest {
        let (providers, all_providers) = match &self.providers {
            Providers::Principal => (Vec::new(), false),
            Providers::These(providers) => (providers.clone(), false),
            Providers::All => (Vec::new(), true),
        };
        v1::PullRequest {
            dataflow: self.dataflow.clone(),
            providers,
            all_providers,
            selection: (!self.selection.is_all()).then(|| selection_message(&self.selection)),
            point: self.at.message(),
            since: self.since.as_ref().map(|cursor| cursor.0.clone()).unwrap_or_default(),
            resume,
            max_observations: self.observations_max,
        }
    }
}

impl At {
    /// The message; nothing for now.
    pub fn message(&self) -> Option<v1::Point> {
        let at = match self {
            Self::Now => return None,
            Self::AsOf(instant) => v1::point::At::AsOf(clock::instant_message(*instant)),
            Self::Position(position) => v1::point::At::Position(*position),
            Self::Edition(label) => v1::point::At::Edition(label.clone()),
        };
        Some(v1::Point { at: Some(at) })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cursor({self})")
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let bytes = BASE64URL_NOPAD.decode(text.trim().as_bytes()).map_err(|_| CursorError)?;
        if bytes.is_empty() { Err(CursorError) } else { Ok(Self(bytes.into())) }
    }
}

impl Hub {
    /// The dataflow that `text` names: `ID`, `AGENCY:ID` (the newest version) or `AGENCY:ID(VERSION)`.
    pub async fn dataflow(&self, text: &str) -> Result<String, Error> {
        Ok(self.find_structure(Class::Dataflow, text).await?.short())
    }

    /// The selection that an SDMX key and two periods mean in a dataflow. An empty key is every series.
    pub async fn selection(
        &self,
        dataflow: &str,
        key: &str,
        start: Option<&str>,
        end: Option<&str>,
    ) -> Result<Selection, Error> {
        let read = |definition: Option<&DataDefinition>| {
            let dimensions = definition.map_or(&[][..], |definition| &definition.shape.dimensions);
            Selection::parse(key, start, end, dimensions).map_err(|error| Error::Request(error.to_string()))
        };
        if key.is_empty() {
            return read(None);
        }
        let definition = self.newest_definition(dataflow).await?;
        read(Some(&definition))
    }
}
