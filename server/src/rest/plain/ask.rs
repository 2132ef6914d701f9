//! What is asked for in plain parameters: `?ref_area=SWE,NOR&sex=F&start=2015&end=2020`.
//!
//! Component ids stand in any case; what a component must be is written as in `c[...]` of the SDMX API. A parameter
//! that nobody knows is refused: a misspelt filter must not give more than was asked for.

use std::sync::Arc;

use mighub_sdmx::data::{Labels, StructureUse};
use mighub_sdmx::structure::{AttributeLevel, DataDefinition};

use super::table::{CUSTOM_COLUMNS, Column, Of};
use crate::hub::Hub;
use crate::rest::data::{
    Context, DATA_PROVIDER, DataQuery, Fault, Named, Parameters, Wanted, components, find, instant, providers,
};

/// Parameters beside the components.
const PARAMETERS: [&str; 15] = [
    "start",
    "end",
    "as_of",
    "updated_after",
    "history",
    "provider",
    "first",
    "last",
    "offset",
    "limit",
    "sort",
    "columns",
    "labels",
    "bom",
    "lang",
];

/// A plain query, read.
pub(crate) struct PlainQuery {
    pub(crate) data: DataQuery,
    pub(crate) columns: Vec<Column>,
    pub(crate) labels: Labels,
    /// Whether CSV is for Excel, with a byte order mark.
    pub(crate) bom: bool,
    /// Language of names, if it is asked for by parameter.
    pub(crate) language: Option<String>,
    /// Whether every dimension is among the columns.
    pub(crate) has_all_dimensions: bool,
}

impl PlainQuery {
    /// Reads a dataflow's name, `ID`, `AGENCY:ID` or `AGENCY:ID(VERSION)`, and the parameters.
    pub(crate) fn read(hub: &Hub, dataflow: &str, query: Option<&str>) -> Result<Self, Fault> {
        let (agency, rest) = dataflow.split_once(':').unwrap_or(("*", dataflow));
        let (id, version) = match rest.strip_suffix(')').and_then(|rest| rest.split_once('(')) {
            Some((id, version)) => (id, version),
            None => (rest, "*"),
        };
        let named = find(hub, Context::Dataflow, &Wanted::read(agency, id, version, ',')?)?;
        let mut parameters = Parameters::read(query)?;
        let providers = match parameters.take(&["provider"])? {
            Some(text) => providers(&text.replace(',', "+"))?,
            None => named.providers.clone(),
        };
        let named = Named { providers, structure: StructureUse::Dataflow, ..named };
        let mut data = DataQuery::begin(hub, named, "*")?;
        let definition = data.definition.clone();
        for (name, operator) in [("start", "ge"), ("end", "le")] {
            if let Some(period) = parameters.take(&[name])? {
                data.bound(name, operator, &period)?;
            }
        }
        data.figures.as_of = instant(&mut parameters, &["as_of"])?;
        data.figures.since = instant(&mut parameters, &["updated_after"])?;
        data.figures.history = parameters.take_flag(&["history"])?;
        data.part.first = parameters.take_number(&["first"], 1)?;
        data.part.last = parameters.take_number(&["last"], 1)?;
        data.part.offset = parameters.take_number(&["offset"], 0)?.unwrap_or(0);
        data.part.limit = parameters.take_number(&["limit"], 1)?;
        if let Some(sort) = parameters.take(&["sort"])? {
            data.sort(&sort.to_ascii_uppercase().replace(":DESC", ":desc").replace(":ASC", ":asc"))?;
        }
        let labels = match parameters.take(&["labels"])?.as_deref() {
            None | Some("id") => Labels::Id,
            Some("name") => Labels::Name,
            Some("both") => Labels::Both,
            Some(other) => {
                let rule = format!("{other:?} is none: write id, name or both");
                return Err(Fault::malformed("labels", rule));
            }
        };
        let bom = parameters.take_flag(&["bom"])?;
        let language = parameters.take(&["lang"])?;
        let columns = parameters.take(&["columns"])?;
        for (name, value) in parameters.take_rest() {
            let known = components(&definition).into_iter().find(|id| id.eq_ignore_ascii_case(&name));
            let Some(id) = known else {
                let ids = components(&definition).join(", ").to_ascii_lowercase();
                let rule = format!(
                    "is no parameter here; there are: {}, and the components {ids}",
                    PARAMETERS.join(", ")
                );
                return Err(Fault::malformed(&name, rule));
            };
            data.filter.add(&definition, &name, id, &value)?;
        }
        let columns = columns_of(&definition, columns.as_deref(), data.has_several_providers())?;
        let chosen = |id: &str| columns.iter().any(|column| *column.id == *id);
        data.attributes.retain(|id| chosen(id));
        let has_all_dimensions = definition.dimensions.iter().all(|dimension| chosen(&dimension.id));
        let data = data.checked()?;
        if data.figures.since.is_some() || data.figures.history {
            let rule =
                "what changed is told by the SDMX API, under /sdmx/v2/data: a plain table has no deletions";
            return Err(Fault::not_offered("updated_after", rule));
        }
        Ok(Self { data, columns, labels, bom, language, has_all_dimensions })
    }
}

/// Columns of the table: those that are named, in that order, or all.
fn columns_of(
    definition: &DataDefinition,
    named: Option<&str>,
    with_provider: bool,
) -> Result<Vec<Column>, Fault> {
    let mut all: Vec<Column> = Vec::new();
    for (place, dimension) in definition.dimensions.iter().enumerate() {
        all.push(Column::of(&dimension.id, Of::Dimension(place)));
    }
    all.extend(definition.time.as_ref().map(|id| Column::of(id, Of::Time)));
    all.push(Column::of(&definition.measure.id, Of::Measure));
    for attribute in &definition.attributes {
        let id = &attribute.component.id;
        let of = match attribute.level {
            AttributeLevel::Dataset => Some(Of::Dataset),
            AttributeLevel::Series => definition.shape.series_attribute(id).map(Of::Series),
            AttributeLevel::Observation => definition.shape.observation_attribute(id).map(Of::Observation),
        };
        all.extend(of.map(|of| Column::of(id, of)));
    }
    let custom = |(place, id): (usize, &&str)| Column::of(&Arc::from(*id), Of::Custom(place));
    let custom = CUSTOM_COLUMNS.iter().enumerate().map(custom);
    let Some(named) = named else {
        all.extend(custom.filter(|column| with_provider || *column.id != *DATA_PROVIDER));
        return Ok(all);
    };
    all.extend(custom);
    let column = |name: &str| {
        let known = all.iter().find(|column| column.id.eq_ignore_ascii_case(name));
        known.cloned().ok_or_else(|| {
            let ids: Vec<&str> = all.iter().map(|column| &*column.id).collect();
            Fault::malformed("columns", format!("{name:?} is no column; there are: {}", ids.join(", ")))
        })
    };
    named.split(',').map(column).collect()
}
