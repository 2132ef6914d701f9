//! Files of the model as SDMX-CSV 2.0 text, and the structure they are of.

use super::{DIMENSIONS, Letter, OF_DATASET, OF_OBSERVATION, OF_SERIES, Row};

/// The dataflow of random histories: three dimensions, and an attribute at every level.
pub(crate) const DATAFLOW: &str = "MIGHUB:TINY(1.0.0)";

/// Its structure message. It refers to concepts and code lists of the structure package.
pub(crate) fn structure() -> String {
    let urn = |class: &str, id: &str| format!("urn:sdmx:org.sdmx.infomodel.{class}=MIGHUB:{id}(1.0.0)");
    let concept = |id: &str| format!("{}.{id}", urn("conceptscheme.Concept", "CS_MIGHUB"));
    let listed = |list: &str| format!(r#"{{"enumeration":"{}"}}"#, urn("codelist.Codelist", list));
    let typed = |kind: &str| format!(r#"{{"format":{{"dataType":"{kind}"}}}}"#);
    let component = |id: &str, of: &str, more: &str| {
        format!(r#"{{"id":"{id}","conceptIdentity":"{}","localRepresentation":{of}{more}}}"#, concept(id))
    };
    let attribute = |id: &str, of: &str, relationship: &str| {
        let more = format!(r#","usage":"optional","attributeRelationship":{relationship}"#);
        component(id, of, &more)
    };
    let observation = r#"{"observation":{}}"#;
    let series = r#"{"dimensions":["FREQ","REF_AREA","SEX"]}"#;
    let dimensions = [("FREQ", "CL_FREQ"), ("REF_AREA", "CL_AREA"), ("SEX", "CL_SEX")]
        .iter()
        .enumerate()
        .map(|(place, (id, list))| component(id, &listed(list), &format!(r#","position":{place}"#)))
        .collect::<Vec<_>>()
        .join(",");
    let attributes = [
        attribute("OBS_STATUS", &listed("CL_OBS_STATUS"), observation),
        attribute("CONF_STATUS", &listed("CL_CONF_STATUS"), observation),
        attribute("CONF_REDIST", &typed("String"), observation),
        attribute("COMMENT_OBS", &typed("String"), observation),
        attribute("UNIT_MEASURE", &listed("CL_UNIT_MEASURE"), series),
        attribute("DEF_NOTE", &typed("String"), series),
        attribute("METADATA_REF", &typed("String"), r#"{"dataflow":{}}"#),
    ]
    .join(",");
    let time = component("TIME_PERIOD", &typed("ObservationalTimePeriod"), "");
    let measure = component("OBS_VALUE", &typed("Decimal"), r#","usage":"optional""#);
    let identity = |id: &str| format!(r#""id":"{id}","agencyID":"MIGHUB","version":"1.0.0","name":"{id}""#);
    format!(
        r#"{{"meta":{{"id":"TINY","test":false,"prepared":"2026-11-24T00:00:00Z","sender":{{"id":"MIGHUB"}}}},"data":{{
        "dataStructures":[{{{dsd},"dataStructureComponents":{{
          "dimensionList":{{"id":"DimensionDescriptor","dimensions":[{dimensions}],"timeDimension":{time}}},
          "measureList":{{"id":"MeasureDescriptor","measures":[{measure}]}},
          "attributeList":{{"id":"AttributeDescriptor","attributes":[{attributes}]}}}}}}],
        "dataflows":[{{{flow},"structure":"{structure}","annotations":[{{"id":"DEFAULT_OBS_STATUS","title":"A"}}]}}]}}}}"#,
        dsd = identity("DSD_TINY"),
        flow = identity("TINY"),
        structure = urn("datastructure.DataStructure", "DSD_TINY"),
    )
}

/// The file of some rows.
pub(crate) fn file(rows: &[Row]) -> String {
    let components = || OF_OBSERVATION.into_iter().chain(OF_SERIES).chain(OF_DATASET);
    let mut header = vec!["STRUCTURE", "STRUCTURE_ID", "ACTION"];
    header.extend(DIMENSIONS);
    header.push("TIME_PERIOD");
    header.extend(components());
    let mut text = header.join(",") + "\n";
    for row in rows {
        let mut cells = vec!["dataflow".to_owned(), DATAFLOW.to_owned(), letter(row.letter).to_owned()];
        cells.extend(row.codes.map(|code| code.unwrap_or_default().to_owned()));
        cells.push(row.year.map(|year| year.to_string()).unwrap_or_default());
        cells.extend(components().map(|id| row.cells.get(id).cloned().unwrap_or_default()));
        let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        text += &(cells.join(",") + "\n");
    }
    text
}

fn letter(letter: Letter) -> &'static str {
    match letter {
        Letter::Merge => "M",
        Letter::Replace => "R",
        Letter::Delete => "D",
        Letter::Information => "I",
        Letter::Append => "A",
        Letter::None => "",
    }
}

/// RFC 4180.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
