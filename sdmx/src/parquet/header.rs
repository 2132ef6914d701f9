//! Which column of a file is what.

use std::io::{Read, Seek};

use parquet::basic::Type as PhysicalType;

use super::cells::excessive_scale;
use super::file::{ParquetFile, problem};
use super::{DECIMAL_SCALE_MAX, key};
use crate::csv::{COLUMNS_MAX, Column, Header, HeaderError, Role, SUB_SEPARATOR, Version};
use crate::data::{MessageProblem, ReadError};

/// The columns of a file, and for each its place among the file's own, where its type is read.
pub(super) fn columns<R: Read + Seek>(
    file: &ParquetFile<R>,
) -> Result<(Header, Vec<Option<usize>>), ReadError> {
    let schema = file.metadata.file_metadata().schema_descr();
    let roots = schema.root_schema().get_fields();
    if roots.len() > COLUMNS_MAX {
        return Err(HeaderError::TooManyColumns(roots.len()).into());
    }
    let divided = file.value(key::DIVIDED).unwrap_or_default();
    let brackets = |name: &str| {
        let mut parts = divided.split(',').filter_map(|part| part.strip_suffix(']')?.split_once('['));
        parts.find(|(known, _)| *known == name).map(|(_, languages)| languages)
    };
    let physical = |name: &str| {
        let root = roots.iter().find(|root| root.name() == name)?;
        root.is_primitive().then(|| root.get_physical_type())
    };
    let (mut columns, mut leaves) = (Vec::new(), Vec::new());
    for (nth, root) in roots.iter().enumerate() {
        let name = root.name();
        // Columns that stand beside others in files written here.
        let beside = |suffix: &str, of: PhysicalType, with: PhysicalType| {
            let base = name.strip_suffix(suffix).and_then(physical);
            base == Some(of) && physical(name) == Some(with)
        };
        let role = match name {
            "STRUCTURE" => Role::Structure,
            "STRUCTURE_ID" | "DATAFLOW" => Role::StructureId,
            "ACTION" => Role::Action,
            "STRUCTURE_NAME" | "SERIES_KEY" | "OBS_KEY" => Role::Repeats,
            _ if beside("_EXACT", PhysicalType::DOUBLE, PhysicalType::BYTE_ARRAY) => Role::Repeats,
            _ if beside("_START", PhysicalType::BYTE_ARRAY, PhysicalType::INT32) => Role::Repeats,
            _ => Role::Other,
        };
        let is_twice = role < Role::Repeats && columns.iter().any(|other: &Column| other.role == role);
        if is_twice {
            return Err(HeaderError::Twice(name.to_owned()).into());
        }
        let languages = brackets(name);
        columns.push(Column {
            name: name.to_owned(),
            divided: languages.is_some(),
            languages: languages
                .into_iter()
                .flat_map(|text| text.split(';'))
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
                .collect(),
            labelled: false,
            role,
        });
        // Lists of plain values are read; what is nested deeper is not.
        let mut of_root = (0..schema.num_columns()).filter(|leaf| schema.get_column_root_idx(*leaf) == nth);
        let leaf = of_root
            .next()
            .filter(|leaf| of_root.next().is_none() && schema.column(*leaf).max_rep_level() <= 1);
        if let Some(scale) = leaf.and_then(|leaf| excessive_scale(&schema.column(leaf))) {
            let text = format!(
                "the column {name} is a DECIMAL with scale {scale}: write at most {DECIMAL_SCALE_MAX}"
            );
            return Err(problem(0, MessageProblem::Contents(text)));
        }
        leaves.push(leaf);
    }
    Ok((
        Header { version: Version::V2, separator: b',', sub_separator: Some(SUB_SEPARATOR), columns },
        leaves,
    ))
}
