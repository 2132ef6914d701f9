//! The formats of structure messages, and writing them.

use jiff::Timestamp;
use mighub_sdmx::data::JsonVersion;
use mighub_sdmx::ml::structure::{Availability, MessageHeader, MlVersion, write_availability, write_message};
use mighub_sdmx::structure::{Structures, write_json_availability, write_json_message};

use crate::hub::{Hub, Moment};
use crate::rest::accept::Offer;
use crate::rest::error::Family;

/// A format of structure messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rest) enum StructureFormat {
    Json(JsonVersion),
    Ml(MlVersion),
}

use StructureFormat::{Json, Ml};

const JSON_2_1: Offer<StructureFormat> =
    Offer { format: Json(JsonVersion::V2_1), family: "structure+json", version: "2.1.0" };
const JSON_2_0: Offer<StructureFormat> =
    Offer { format: Json(JsonVersion::V2_0), family: "structure+json", version: "2.0.0" };
const JSON_1_0: Offer<StructureFormat> =
    Offer { format: Json(JsonVersion::V1_0), family: "structure+json", version: "1.0.0" };
const ML_3_1: Offer<StructureFormat> =
    Offer { format: Ml(MlVersion::V3_1), family: "structure+xml", version: "3.1.0" };
const ML_3_0: Offer<StructureFormat> =
    Offer { format: Ml(MlVersion::V3_0), family: "structure+xml", version: "3.0.0" };
const ML_2_1: Offer<StructureFormat> =
    Offer { format: Ml(MlVersion::V2_1), family: "structure+xml", version: "2.1" };

/// The formats of a version of the API, its default first. Those of the other version are given to whoever asks
/// for them by name.
pub(in crate::rest) fn offers(family: Family) -> [Offer<StructureFormat>; 6] {
    match family {
        Family::V1 => [ML_2_1, JSON_1_0, JSON_2_0, JSON_2_1, ML_3_0, ML_3_1],
        Family::V2 | Family::Plain => [JSON_2_1, JSON_2_0, ML_3_1, ML_3_0, ML_2_1, JSON_1_0],
    }
}

impl StructureFormat {
    /// Writes artefacts.
    pub(in crate::rest) fn write(self, structures: &Structures, header: &MessageHeader) -> Vec<u8> {
        match self {
            Json(version) => write_json_message(structures, version, header),
            Ml(version) => write_message(structures, version, header),
        }
    }

    /// Writes what is there.
    pub(in crate::rest) fn write_availability(
        self,
        availability: &Availability,
        structures: &Structures,
        header: &MessageHeader,
    ) -> Vec<u8> {
        match self {
            Json(version) => write_json_availability(availability, structures, version, header),
            Ml(version) => write_availability(availability, structures, version, header),
        }
    }
}

/// The header of a message of this hub.
pub(in crate::rest) fn header(hub: &Hub, now: Moment) -> MessageHeader {
    // Ids of messages and organisations have letters, digits, _ and -, and begin with a letter.
    let is_sound = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let sender: String =
        hub.hub_id().chars().map(|letter| if is_sound(letter) { letter } else { '_' }).collect();
    let sender = if sender.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
        sender
    } else {
        format!("HUB_{sender}")
    };
    MessageHeader {
        id: format!("{sender}-{}", now.0),
        test: false,
        prepared: Timestamp::from_millisecond(now.0).unwrap_or(Timestamp::UNIX_EPOCH),
        sender,
        receivers: Vec::new(),
    }
}
