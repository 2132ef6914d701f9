//! Finds secret values in whatever bytes came back: as text, as numbers of any usual layout, and inside blocks, packed
//! sheets and Parquet, which are opened first.

use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::sync::Arc;

use mighub::block::{decode_proven, decompress};
use mighub::v1;
use mighub_sdmx::data::reader;
use mighub_sdmx::structure::DataDefinition;
use prost::Message;

use crate::office::data::each;

/// Shapes of secrets, found wherever they stand.
pub(crate) struct Needles {
    /// Begin with these two bytes.
    begins: Vec<bool>,
    by_begin: HashMap<[u8; 2], Vec<(Vec<u8>, usize)>>,
}

impl Needles {
    /// Needles for secrets; each is found by its place in the list.
    pub(crate) fn new<'s>(secrets: impl Iterator<Item = &'s str>) -> Self {
        let mut needles = Self { begins: vec![false; 1 << 16], by_begin: HashMap::new() };
        for (place, secret) in secrets.enumerate() {
            needles.add(secret.as_bytes().to_vec(), place);
            let Ok(number) = secret.parse::<i64>() else { continue };
            needles.add(number.to_le_bytes().to_vec(), place);
            needles.add(number.to_be_bytes().to_vec(), place);
            needles.add((number as f64).to_le_bytes().to_vec(), place);
            needles.add((number as f64).to_be_bytes().to_vec(), place);
            needles.add(varint(number as u64), place);
            needles.add(varint((number << 1) as u64), place);
        }
        needles
    }

    fn add(&mut self, bytes: Vec<u8>, place: usize) {
        let begin = [bytes[0], bytes[1]];
        self.begins[usize::from(u16::from_be_bytes(begin))] = true;
        self.by_begin.entry(begin).or_default().push((bytes, place));
    }

    /// Places of the secrets that stand in some bytes.
    pub(crate) fn found(&self, bytes: &[u8]) -> Vec<usize> {
        let mut found = Vec::new();
        for (at, begin) in bytes.windows(2).enumerate() {
            let begin = [begin[0], begin[1]];
            if self.begins[usize::from(u16::from_be_bytes(begin))] {
                let here = self.by_begin[&begin].iter().filter(|(needle, _)| bytes[at..].starts_with(needle));
                found.extend(here.map(|(_, place)| *place));
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn varint(number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    prost::encoding::encode_varint(number, &mut bytes);
    bytes
}

/// Everything that can be read out of the messages of a call: as they came, and what is in their blocks.
pub(crate) fn opened_messages(
    name: &str,
    messages: &[Vec<u8>],
    definition: &DataDefinition,
) -> Result<Vec<Vec<u8>>, String> {
    let mut all = messages.to_vec();
    for message in messages {
        let blocks = match name {
            "RetrievalService/Pull" => {
                use v1::pull_response::Part;
                match v1::PullResponse::decode(&message[..]).map_err(|error| error.to_string())?.part {
                    Some(Part::Blocks(blocks)) => blocks.blocks,
                    Some(Part::Tombstones(tombstones)) => tombstones.blocks,
                    _ => Vec::new(),
                }
            }
            "RetrievalService/DiffVintages" => {
                use v1::diff_vintages_response::Part;
                match v1::DiffVintagesResponse::decode(&message[..]).map_err(|error| error.to_string())?.part
                {
                    Some(Part::Difference(part)) => part.before.into_iter().chain(part.after).collect(),
                    _ => Vec::new(),
                }
            }
            _ => Vec::new(),
        };
        for block in blocks {
            let raw = decompress(&block.frame).map_err(|error| error.to_string())?;
            let columns = decode_proven(&raw, &definition.shape).map_err(|error| error.to_string())?;
            let mut text = String::new();
            each(&columns, |key, cells| text += &format!("{key:?} {cells:?}\n"));
            all.extend([raw, text.into_bytes()]);
        }
    }
    Ok(all)
}

/// Everything that can be read out of an answer over HTTP.
pub(crate) fn opened_body(
    headers: &[(String, String)],
    body: &[u8],
    definition: &Arc<DataDefinition>,
) -> Result<Vec<Vec<u8>>, String> {
    let header: String = headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    let mut all = vec![header.into_bytes(), body.to_vec()];
    if body.starts_with(b"PK") {
        let mut sheets = zip::ZipArchive::new(Cursor::new(body)).map_err(|error| error.to_string())?;
        for nth in 0..sheets.len() {
            let mut bytes = Vec::new();
            let mut sheet = sheets.by_index(nth).map_err(|error| error.to_string())?;
            sheet.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
            all.push(bytes);
        }
    } else if body.starts_with(b"PAR1") {
        let resolve = |_: &str, _: &str| Some(definition.clone());
        let mut reader = reader(Cursor::new(body), resolve).map_err(|error| error.to_string())?;
        loop {
            let batch = match reader.next_batch() {
                Ok(Some(batch)) => batch,
                Ok(None) => break,
                // The reader of files that are handed in wants some.
                Err(error) if error.to_string().ends_with("no rows") => break,
                Err(error) => return Err(error.to_string()),
            };

            let mut text = String::new();
            each(&batch.columns, |key, cells| text += &format!("{key:?} {cells:?}\n"));
            all.push(text.into_bytes());
        }
    }
    Ok(all)
}
