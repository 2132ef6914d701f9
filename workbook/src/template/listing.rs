//! Which cells a questionnaire asks for: data, not code.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The listings that come with the program.
const STANDARD: &str = include_str!("../../templates/standard.json");

/// What one questionnaire asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// The dimension whose codes stand side by side in the wide layout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub across: Option<String>,
    /// Tables, one below the other: codes by dimension, every one crossed with every other. A dimension that a
    /// table does not name is `_T`, or `_Z` where there is no total.
    pub tables: Vec<BTreeMap<String, Vec<String>>>,
}

/// Listings by the id of their dataflow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listings(BTreeMap<String, Listing>);

/// Why a file is not one of listings.
#[derive(Debug, thiserror::Error)]
#[error(
    "the file of listings cannot be read: {0}; it has one object per dataflow id, with its tables of codes by dimension"
)]
pub struct ListingError(#[from] serde_json::Error);

impl Listings {
    /// The listings that come with the program.
    pub fn standard() -> Self {
        Self::read(STANDARD.as_bytes()).expect("a test reads the listings that come with the program")
    }

    /// Reads listings: a JSON object with one member per dataflow.
    pub fn read(json: &[u8]) -> Result<Self, ListingError> {
        Ok(Self(serde_json::from_slice(json)?))
    }

    /// The listing of a dataflow. One that nobody described is asked for its totals by sex.
    pub fn of(&self, dataflow: &str) -> Listing {
        self.0.get(dataflow).cloned().unwrap_or_else(|| {
            let sexes = ["_T", "F", "M"].map(str::to_owned).to_vec();
            Listing { across: None, tables: vec![BTreeMap::from([("SEX".to_owned(), sexes)])] }
        })
    }

    /// Ids of the dataflows that are described.
    pub fn dataflows(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
