//! SDMX-JSON structure messages 2.0 and 2.1: reading and writing.

use serde_json::{Map, Value, json};

use super::artefact::Artefact;
use super::json_artefact::{read_artefact, unread, write_artefact};
use super::json_limits::check_limits;
pub use super::json_limits::{ITEMS_MAX, MESSAGE_BYTES_MAX, TEXT_BYTES_MAX};
use super::json_message::{AVAILABILITY, read_availability};
use super::problem::Problem;
use super::reference::Class;
use super::set::Structures;

/// The arrays of a message, in the order in which they are written.
pub(super) const ARRAYS: [(Class, &str); 19] = [
    (Class::AgencyScheme, "agencySchemes"),
    (Class::DataProviderScheme, "dataProviderSchemes"),
    (Class::Codelist, "codelists"),
    (Class::ConceptScheme, "conceptSchemes"),
    (Class::DataStructure, "dataStructures"),
    (Class::Dataflow, "dataflows"),
    (Class::ProvisionAgreement, "provisionAgreements"),
    (Class::DataConstraint, "dataConstraints"),
    (Class::DataConsumerScheme, "dataConsumerSchemes"),
    (Class::MetadataProviderScheme, "metadataProviderSchemes"),
    (Class::OrganisationUnitScheme, "organisationUnitSchemes"),
    (Class::ValueList, "valueLists"),
    (Class::Hierarchy, "hierarchies"),
    (Class::HierarchyAssociation, "hierarchyAssociations"),
    (Class::MetadataStructure, "metadataStructures"),
    (Class::Metadataflow, "metadataflows"),
    (Class::MetadataProvisionAgreement, "metadataProvisionAgreements"),
    (Class::CategoryScheme, "categorySchemes"),
    (Class::Categorisation, "categorisations"),
];

/// Why bytes are not a structure message.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// More bytes than the limit.
    #[error("the structure message has more than {MESSAGE_BYTES_MAX} bytes: send it in parts")]
    TooLarge,
    /// More objects than the limit.
    #[error("the structure message has more than {ITEMS_MAX} objects: send it in parts")]
    TooManyItems,
    /// A text longer than the limit.
    #[error(
        "the structure message has a text of {bytes} bytes, which begins {beginning:?}: at most {TEXT_BYTES_MAX} \
         are taken"
    )]
    TextTooLong {
        /// Its length.
        bytes: usize,
        /// Its beginning.
        beginning: String,
    },
    /// Not JSON, or nested too deep.
    #[error("the structure message is not JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// JSON, but no structure message.
    #[error("the structure message has no object \"data\" with arrays such as \"codelists\"")]
    NotAMessage,
    /// Artefacts of a kind this hub does not hold.
    #[error("the structure message has {0}, which this hub does not hold yet: send it without them")]
    UnknownKind(String),
    /// One artefact is malformed.
    #[error("{array}[{place}]{id}: {reason}")]
    Artefact {
        /// The array it stands in.
        array: &'static str,
        /// Its place there, from 0.
        place: usize,
        /// Its id, if it has one.
        id: String,
        /// What is wrong.
        reason: String,
    },
}

/// What a message says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The artefacts that could be read.
    pub structures: Structures,
    /// Artefacts that could not be read, and why: nothing of such a message should be stored.
    pub problems: Vec<Problem>,
    /// What was left out of artefacts that could be read, by name of the property.
    pub ignored: Vec<Problem>,
}

/// Reads a message whole: everything that is wrong with it is said in one go.
pub fn read_message(bytes: &[u8]) -> Result<Message, JsonError> {
    let mut message = Message::default();
    for entry in entries(bytes)? {
        let at = match &entry {
            Ok(entry) => entry.at(),
            Err(error) => {
                let (artefact, text) = ("the structure message".to_owned(), error.to_string());
                message.problems.push(Problem { artefact, text });
                continue;
            }
        };
        let problem = |text: String| Problem { artefact: at.clone(), text };
        let Ok(Entry { class, array, value, .. }) = entry else { continue };
        let artefact = match read_entry(class, array, value.clone()) {
            Ok(artefact) => artefact,
            Err(reason) => {
                message.problems.push(problem(reason));
                continue;
            }
        };
        let unread = match array {
            // It is read as another artefact; nothing of it is left out.
            AVAILABILITY => Vec::new(),
            _ => unread(&value, &write_artefact(&artefact)),
        };
        if !unread.is_empty() {
            message.ignored.push(problem(format!("left out: {}", unread.join(", "))));
        }
        let reference = artefact.reference();
        if message.structures.get(&reference).is_some() {
            message.problems.push(problem(format!("{reference} stands twice in the message: send it once")));
        } else if let Err(error) = message.structures.put(artefact) {
            message.problems.push(problem(error.to_string()));
        }
    }
    Ok(message)
}

/// Reads a message up to the first thing that is wrong; artefacts come in the order in which they may refer
/// to each other, and within a kind in that of the message.
pub fn read_json(bytes: &[u8]) -> Result<Vec<Artefact>, JsonError> {
    let read = |entry: Result<Entry, JsonError>| {
        let Entry { class, array, place, id, value } = entry?;
        read_entry(class, array, value).map_err(|reason| JsonError::Artefact { array, place, id, reason })
    };
    entries(bytes)?.into_iter().map(read).collect()
}

fn read_entry(class: Class, array: &str, value: Value) -> Result<Artefact, String> {
    match array {
        AVAILABILITY => read_availability(&value).map(Artefact::DataConstraint),
        _ => read_artefact(class, value),
    }
}

struct Entry {
    class: Class,
    array: &'static str,
    place: usize,
    /// With a space before it, or empty.
    id: String,
    value: Value,
}

impl Entry {
    fn at(&self) -> String {
        format!("{}[{}]{}", self.array, self.place, self.id)
    }
}

/// The artefacts of a message, each as JSON; where a kind is unknown, an error in their place.
fn entries(bytes: &[u8]) -> Result<Vec<Result<Entry, JsonError>>, JsonError> {
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(JsonError::TooLarge);
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let message: Value = serde_json::from_slice(bytes)?;
    check_limits(&message)?;
    let Value::Object(mut message) = message else { return Err(JsonError::NotAMessage) };
    let Some(Value::Object(mut data)) = message.remove("data") else { return Err(JsonError::NotAMessage) };
    let mut entries = Vec::new();
    for (class, array) in ARRAYS.into_iter().chain([(Class::DataConstraint, AVAILABILITY)]) {
        let values = match data.remove(array) {
            None | Some(Value::Null) => continue,
            Some(Value::Array(values)) => values,
            Some(_) => return Err(JsonError::NotAMessage),
        };
        for (place, value) in values.into_iter().enumerate() {
            let id =
                value.get("id").and_then(Value::as_str).map(|id| format!(" {}", super::id::beginning(id)));
            entries.push(Ok(Entry { class, array, place, id: id.unwrap_or_default(), value }));
        }
    }
    let is_empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    let unknown: Vec<String> = data
        .into_iter()
        .filter(|(_, value)| !is_empty(value))
        .map(|(kind, _)| super::id::beginning(&kind))
        .collect();
    if !unknown.is_empty() {
        entries.push(Err(JsonError::UnknownKind(unknown.join(", "))));
    }
    Ok(entries)
}

/// Writes a message of version 2.0. Equal sets give equal bytes.
pub fn write_json(structures: &Structures) -> Vec<u8> {
    let mut data = Map::new();
    for (class, array) in ARRAYS {
        let values: Vec<Value> =
            structures.of_class(class).map(|(_, artefact)| write_artefact(artefact)).collect();
        if !values.is_empty() {
            data.insert(array.to_owned(), Value::Array(values));
        }
    }
    let meta = json!({ "id": "STRUCTURES", "test": false, "prepared": "1970-01-01T00:00:00Z",
        "sender": { "id": "MIGHUB" } });
    // Values made of maps with text keys always serialize.
    serde_json::to_vec(&json!({ "meta": meta, "data": data })).unwrap_or_default()
}
