//! SDMX-JSON structure messages 2.0 and 2.1.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::artefact::{Artefact, ItemScheme};
use super::reference::Class;
use super::set::Structures;

/// Longest structure message; the largest global registries' fit.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The arrays of a message, in the order in which they are written, and what their items are called where a
/// scheme has items.
const ARRAYS: [(Class, &str, Option<&str>); 8] = [
    (Class::AgencyScheme, "agencySchemes", Some("agencies")),
    (Class::DataProviderScheme, "dataProviderSchemes", Some("dataProviders")),
    (Class::Codelist, "codelists", None),
    (Class::ConceptScheme, "conceptSchemes", Some("concepts")),
    (Class::DataStructure, "dataStructures", None),
    (Class::Dataflow, "dataflows", None),
    (Class::ProvisionAgreement, "provisionAgreements", None),
    (Class::DataConstraint, "dataConstraints", None),
];

/// Why bytes are not a structure message.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// More bytes than the limit.
    #[error("the structure message has more than {MESSAGE_BYTES_MAX} bytes: send it in parts")]
    TooLarge,
    /// Not JSON.
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

/// Reads a message; artefacts come in the order of the message.
pub fn read_json(bytes: &[u8]) -> Result<Vec<Artefact>, JsonError> {
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(JsonError::TooLarge);
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let message: Value = serde_json::from_slice(bytes)?;
    let Value::Object(mut message) = message else { return Err(JsonError::NotAMessage) };
    let Some(Value::Object(mut data)) = message.remove("data") else { return Err(JsonError::NotAMessage) };
    let mut artefacts = Vec::new();
    for (class, array, _) in ARRAYS {
        let values = match data.remove(array) {
            None | Some(Value::Null) => continue,
            Some(Value::Array(values)) => values,
            Some(_) => return Err(JsonError::NotAMessage),
        };
        for (place, value) in values.into_iter().enumerate() {
            let id = value.get("id").and_then(Value::as_str).map(|id| format!(" {id}")).unwrap_or_default();
            let artefact = read_artefact(class, value);
            artefacts.push(artefact.map_err(|error| JsonError::Artefact {
                array,
                place,
                id,
                reason: error.to_string(),
            })?);
        }
    }
    let unknown: Vec<String> = data
        .into_iter()
        .filter(|(_, value)| value.as_array().is_none_or(|items| !items.is_empty()))
        .map(|(kind, _)| kind)
        .collect();
    if unknown.is_empty() { Ok(artefacts) } else { Err(JsonError::UnknownKind(unknown.join(", "))) }
}

fn read_artefact(class: Class, value: Value) -> Result<Artefact, serde_json::Error> {
    fn of<T: for<'de> Deserialize<'de>>(value: Value) -> Result<T, serde_json::Error> {
        serde_json::from_value(value)
    }
    Ok(match class {
        Class::AgencyScheme => Artefact::AgencyScheme(of(value)?),
        Class::DataProviderScheme => Artefact::DataProviderScheme(of(value)?),
        Class::Codelist => Artefact::Codelist(of(value)?),
        Class::ConceptScheme => Artefact::ConceptScheme(of(value)?),
        Class::DataStructure => Artefact::DataStructure(of(value)?),
        Class::Dataflow => Artefact::Dataflow(of(value)?),
        Class::ProvisionAgreement => Artefact::ProvisionAgreement(of(value)?),
        Class::DataConstraint => Artefact::DataConstraint(of(value)?),
    })
}

/// Writes a message of version 2.0. Equal sets give equal bytes.
pub fn write_json(structures: &Structures) -> Vec<u8> {
    let mut data = Map::new();
    for (class, array, items) in ARRAYS {
        let values: Vec<Value> =
            structures.of_class(class).map(|(_, artefact)| write_artefact(artefact, items)).collect();
        if !values.is_empty() {
            data.insert(array.to_owned(), Value::Array(values));
        }
    }
    let meta = json!({ "id": "STRUCTURES", "test": false, "prepared": "1970-01-01T00:00:00Z",
        "sender": { "id": "MIGHUB" } });
    // Values made of maps with text keys always serialize.
    serde_json::to_vec(&json!({ "meta": meta, "data": data })).unwrap_or_default()
}

fn write_artefact(artefact: &Artefact, items: Option<&str>) -> Value {
    fn of<T: Serialize>(artefact: &T) -> Value {
        serde_json::to_value(artefact).unwrap_or_default()
    }
    let scheme = |scheme: &ItemScheme| {
        let mut value = of(scheme);
        if let (Some(name), Some(object)) = (items, value.as_object_mut())
            && let Some(list) = object.remove("items")
        {
            object.insert(name.to_owned(), list);
        }
        value
    };
    match artefact {
        Artefact::AgencyScheme(value)
        | Artefact::DataProviderScheme(value)
        | Artefact::ConceptScheme(value) => scheme(value),
        Artefact::Codelist(value) => of(value),
        Artefact::DataStructure(value) => of(value),
        Artefact::Dataflow(value) => of(value),
        Artefact::ProvisionAgreement(value) => of(value),
        Artefact::DataConstraint(value) => of(value),
    }
}
