//! What is asked for, read from path and parameters: version 2 of the SDMX REST API, and version 1.
//!
//! What lives here: the meaning of every parameter, the same for both versions wherever they have the same. What
//! must not: formats, HTTP, and figures.

use std::sync::Arc;

use mighub_sdmx::Period;
use mighub_sdmx::data::{Detail, ObservationLevel, StructureUse};
use mighub_sdmx::key::{Selection, SelectionError};
use mighub_sdmx::structure::DataDefinition;

use super::cut::Part;
use super::fault::Fault;
use super::filter::Filter;
use super::instant::instant;
use super::keys;
use super::names::{Context, Named, Wanted, find, providers};
use super::order::Order;
use super::parameters::{Parameters, decoded};
use crate::hub::{FiguresOf, FiguresRequest, Hub};

/// Parameters of version 2; those of version 1 are understood as well where they say the same.
pub(crate) const PARAMETERS_V2: [&str; 17] = [
    "c[COMPONENT]",
    "updatedAfter",
    "asOf",
    "includeHistory",
    "firstNObservations",
    "lastNObservations",
    "dimensionAtObservation",
    "attributes",
    "measures",
    "offset",
    "limit",
    "sort",
    "startPeriod",
    "endPeriod",
    "detail",
    "format",
    "reportingYearStartDay",
];

/// Parameters of version 1.
pub(crate) const PARAMETERS_V1: [&str; 9] = [
    "startPeriod",
    "endPeriod",
    "updatedAfter",
    "firstNObservations",
    "lastNObservations",
    "dimensionAtObservation",
    "detail",
    "includeHistory",
    "format",
];

/// A query for data, read.
#[derive(Clone, Debug)]
pub(crate) struct DataQuery {
    /// What the hub gives.
    pub(crate) figures: FiguresRequest,
    /// The dataflow as it is defined today.
    pub(crate) definition: Arc<DataDefinition>,
    /// What the hub cannot select itself.
    pub(crate) filter: Filter,
    pub(crate) part: Part,
    pub(crate) order: Order,
    /// Which dimension stands with observations.
    pub(crate) level: ObservationLevel,
    /// Attributes, and measures beyond the first, that are written.
    pub(crate) attributes: Vec<Arc<str>>,
    /// Whether the first measure is.
    pub(crate) measures: bool,
    pub(crate) detail: Detail,
    /// Whether observations are not given whole, so that they must not replace what a reader has of them.
    pub(crate) is_partial: bool,
    pub(crate) structure: StructureUse,
    /// A format that is asked for by parameter.
    pub(crate) format: Option<String>,
}

/// Parts of a path behind its door, decoded. An empty last one is a trailing slash.
pub(crate) fn segments(path: &str) -> Result<Vec<String>, Fault> {
    let path = path.trim_matches('/');
    if path.is_empty() { Ok(Vec::new()) } else { path.split('/').map(decoded).collect() }
}

impl DataQuery {
    /// Reads `{context}/{agency}/{id}/{version}/{key}` of version 2.
    pub(crate) fn v2(hub: &Hub, path: &str, query: Option<&str>) -> Result<Self, Fault> {
        let segments = segments(path)?;
        if segments.len() > 5 {
            let rule = "has too many parts: write /data/CONTEXT/AGENCY/ID/VERSION/KEY";
            return Err(Fault::malformed("the path", rule));
        }
        let part = |place: usize| segments.get(place).map_or("*", |part| &**part);
        let wanted = Wanted::read(part(1), part(2), part(3), ',')?;
        let named = find(hub, Context::read(part(0))?, &wanted)?;
        let mut parameters = Parameters::read(query)?;
        let mut ask = Self::begin(hub, named, part(4))?;
        ask.read_conditions(&mut parameters)?;
        ask.read_shared(&mut parameters)?;
        ask.figures.as_of = instant(&mut parameters, &["asOf", "as_of"])?;
        if let (Some(since), Some(as_of)) = (ask.figures.since, ask.figures.as_of)
            && since > as_of
        {
            let rule = format!("{since} comes after asOf {as_of}: ask for what changed before it");
            return Err(Fault::malformed("updatedAfter", rule));
        }
        ask.part.offset = parameters.take_number(&["offset"], 0)?.unwrap_or(0);
        ask.part.limit = parameters.take_number(&["limit"], 1)?;
        if let Some(sort) = parameters.take(&["sort"])? {
            ask.sort(&sort)?;
        }
        let attributes = parameters.take(&["attributes"])?;
        let measures = parameters.take(&["measures"])?;
        ask.choose(attributes.as_deref(), measures.as_deref())?;
        if parameters.take(&["reportingYearStartDay"])?.is_some_and(|day| day != "--01-01") {
            let rule = "reporting years of these data begin on --01-01, and no other day can be asked for: leave it out";
            return Err(Fault::not_offered("reportingYearStartDay", rule));
        }
        parameters.finish(&PARAMETERS_V2)?;
        ask.checked()
    }

    /// Reads `{flow}/{key}/{provider}` of version 1.
    pub(crate) fn v1(hub: &Hub, path: &str, query: Option<&str>) -> Result<Self, Fault> {
        let segments = segments(path)?;
        let flow = match &segments[..] {
            [] => {
                let rule = "names no dataflow: write /data/AGENCY,ID,VERSION/KEY/PROVIDER";
                return Err(Fault::malformed("the path", rule));
            }
            [flow, rest @ ..] if rest.len() <= 2 => flow,
            _ => {
                let rule = "has too many parts: write /data/AGENCY,ID,VERSION/KEY/PROVIDER";
                return Err(Fault::malformed("the path", rule));
            }
        };
        let named = find(hub, Context::Dataflow, &Wanted::of_flow(flow)?)?;
        let part = |place: usize| segments.get(place).map_or("all", |part| &**part);
        let named = Named { providers: providers(part(2))?, ..named };
        let mut parameters = Parameters::read(query)?;
        let mut ask = Self::begin(hub, named, part(1))?;
        ask.read_shared(&mut parameters)?;
        parameters.finish(&PARAMETERS_V1)?;
        ask.checked()
    }

    /// Everything under a key of a dataflow.
    pub(crate) fn begin(hub: &Hub, named: Named, key: &str) -> Result<Self, Fault> {
        let definition = hub.definition(&named.dataflow).map_err(|refusal| {
            // It was found a moment ago.
            Fault::unknown("the path", refusal.text)
        })?;
        let definition = definition.data;
        let selection = selection(&definition, key)?;
        Ok(Self {
            figures: FiguresRequest {
                providers: named.providers,
                selection,
                ..FiguresRequest::all(named.dataflow)
            },
            level: if definition.time.is_some() {
                ObservationLevel::Time
            } else {
                ObservationLevel::AllDimensions
            },
            attributes: definition
                .attributes
                .iter()
                .map(|attribute| attribute.component.id.clone())
                .collect(),
            definition,
            filter: Filter::default(),
            part: Part::default(),
            order: Order::default(),
            measures: true,
            detail: Detail::Full,
            is_partial: false,
            structure: named.structure,
            format: None,
        })
    }

    /// Reads `c[COMPONENT]`.
    pub(crate) fn read_conditions(&mut self, parameters: &mut Parameters) -> Result<(), Fault> {
        for (component, condition) in parameters.take_conditions()? {
            let place = format!("c[{component}]");
            self.filter.add(&self.definition, &place, &component, &condition)?;
        }
        Ok(())
    }

    /// Bounds the range of periods.
    pub(crate) fn bound(&mut self, name: &str, operator: &str, period: &str) -> Result<(), Fault> {
        let Some(time) = self.definition.time.clone() else {
            return Err(Fault::senseless(name, "these data have no time dimension: leave it out"));
        };
        // It is one value, so a plus in it joins nothing.
        Period::parse(period.as_bytes())
            .map_err(|error| Fault::malformed(name, format!("{period:?} is not a period: {error}")))?;
        self.filter.add(&self.definition, name, &time, &format!("{operator}:{period}"))
    }

    /// Reads another order than the stored one.
    pub(crate) fn sort(&mut self, text: &str) -> Result<(), Fault> {
        self.order = Order::read(&self.definition, &self.level, text)?;
        Ok(())
    }

    /// Reads what both versions have.
    fn read_shared(&mut self, parameters: &mut Parameters) -> Result<(), Fault> {
        for (name, operator) in [("startPeriod", "ge"), ("endPeriod", "le")] {
            let Some(period) = parameters.take(&[name])? else { continue };
            self.bound(name, operator, &period)?;
        }
        // One client writes updateAfter.
        self.figures.since = instant(parameters, &["updatedAfter", "updateAfter"])?;
        self.figures.history = parameters.take_flag(&["includeHistory"])?;
        self.part.first = parameters.take_number(&["firstNObservations"], 1)?;
        self.part.last = parameters.take_number(&["lastNObservations"], 1)?;
        self.format = parameters.take(&["format"])?;
        if let Some(detail) = parameters.take(&["detail"])? {
            self.read_detail(&detail)?;
        }
        if let Some(dimension) = parameters.take(&["dimensionAtObservation"])? {
            self.level = level(&self.definition, &dimension)?;
        }
        Ok(())
    }

    fn read_detail(&mut self, detail: &str) -> Result<(), Fault> {
        self.detail = match &detail.to_ascii_lowercase()[..] {
            "full" => Detail::Full,
            "dataonly" => Detail::DataOnly,
            "serieskeysonly" => Detail::SeriesKeysOnly,
            "nodata" => Detail::NoData,
            _ => {
                let rule = format!("{detail:?} is none: write full, dataonly, serieskeysonly or nodata");
                return Err(Fault::malformed("detail", rule));
            }
        };
        self.is_partial |= self.detail != Detail::Full;
        if !self.detail.has_attributes() {
            self.choose(Some("none"), None)?;
        }
        Ok(())
    }

    /// Hands down what the hub selects, and refuses what does not go together.
    pub(crate) fn checked(mut self) -> Result<Self, Fault> {
        self.filter.hand_down(&mut self.figures.selection);
        let changes = self.tells_changes();
        if changes && self.filter.asks_for_dataset() {
            let rule = "a condition on an attribute of the dataset does not go with updatedAfter or includeHistory: \
                        when it changes, no observation does, so what it makes pass would be missed; leave it out and \
                        filter what you get";
            return Err(Fault::malformed("c", rule));
        }
        if changes && !self.order.is_stored() {
            return Err(Fault::not_offered(
                "sort",
                "does not go with updatedAfter or includeHistory: leave it out",
            ));
        }
        if !self.measures && self.detail == Detail::Full && !self.has_observation_attributes() {
            // What is left of observations says nothing: which series there are is asked for.
            self.detail = if self.attributes.is_empty() { Detail::SeriesKeysOnly } else { Detail::NoData };
        }
        if changes {
            self.check_changes()?;
        }
        self.part.of_series = !self.detail.has_observations();
        self.part = self.part.check()?;
        Ok(self)
    }

    /// Whether changes are asked for, and not what they led to.
    pub(crate) fn tells_changes(&self) -> bool {
        self.figures.since.is_some() || self.figures.history
    }

    /// Refuses parts of changes that would be told wrongly.
    fn check_changes(&self) -> Result<(), Fault> {
        if !self.detail.has_observations() {
            // The deletion of a series means all of it, and perhaps one observation of it is gone.
            let rule = "changes are told observation by observation, so they do not go with updatedAfter or \
                        includeHistory without observations: ask for detail=full, or for the series there are now";
            return Err(Fault::not_offered("detail", rule));
        }
        if self.part.offset > 0 || self.part.limit.is_some() {
            // Between two pages the changes may change, and a deletion that is missed is never told again.
            let rule = "changes are told whole: leave offset and limit out with updatedAfter and includeHistory, or \
                        ask for fewer by key or period";
            return Err(Fault::not_offered("limit", rule));
        }
        Ok(())
    }

    /// Whether figures of several providers may stand beside each other.
    pub(crate) fn has_several_providers(&self) -> bool {
        match &self.figures.providers {
            FiguresOf::Principal => false,
            FiguresOf::All => true,
            FiguresOf::These(these) => these.len() > 1,
        }
    }
}

/// Keys of a path.
pub(crate) fn selection(definition: &DataDefinition, key: &str) -> Result<Selection, Fault> {
    let mut selection =
        Selection::parse(key, None, None, &definition.shape.dimensions).map_err(|error| match error {
            SelectionError::TooLarge => Fault::too_much("the key", error.to_string()),
            error => Fault::malformed("the key", error.to_string()),
        })?;
    keys::join(&mut selection.keys)?;
    Ok(selection)
}

fn level(definition: &DataDefinition, dimension: &str) -> Result<ObservationLevel, Fault> {
    if dimension == "AllDimensions" {
        return Ok(ObservationLevel::AllDimensions);
    }
    if definition.time.as_deref() == Some(dimension) {
        return Ok(ObservationLevel::Time);
    }
    match definition.dimension(dimension) {
        Some(known) => Ok(ObservationLevel::Dimension(known.id.clone())),
        None => {
            let ids = definition.shape.dimensions.iter().map(|id| &**id).chain(definition.time.as_deref());
            let rule = format!(
                "{dimension:?} is no dimension of these data; there are: AllDimensions, {}",
                ids.collect::<Vec<_>>().join(", ")
            );
            Err(Fault::malformed("dimensionAtObservation", rule))
        }
    }
}
