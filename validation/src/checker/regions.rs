//! Constraints on several components together, and on periods. What they say about one component alone is
//! judged with its codes.

use std::sync::Arc;

use mighub_sdmx::columns::Columns;
use mighub_sdmx::structure::{AttributeLevel, CubeRegion, DataDefinition};

use super::codes::Codes;
use super::collector::{Collector, Details};
use crate::rules::structure;

/// The regions that are judged by series or by observation.
pub(super) struct Regions {
    definition: Arc<DataDefinition>,
    regions: Vec<Region>,
}

struct Region {
    constraint: usize,
    region: usize,
    /// Whether observations of one series may differ.
    by_observation: bool,
    /// The component that is wrong, where there is only one.
    component: Arc<str>,
}

impl Regions {
    pub(super) fn new(definition: &Arc<DataDefinition>) -> Self {
        let mut regions = Vec::new();
        for (constraint, held) in definition.constraints.iter().enumerate() {
            for (region, cube) in held.cube_regions.iter().enumerate() {
                let ranges = cube.all_values().filter(|values| values.time_range.is_some()).count();
                let count = cube.all_values().count();
                // Without a range of periods, a region that allows is what its components allow each; and one
                // that excludes is so if it has only one.
                if ranges == 0 && (cube.include || count <= 1) {
                    continue;
                }
                let of_observation = |id: &str| {
                    definition.attribute(id).is_some_and(|used| used.level == AttributeLevel::Observation)
                };
                let by_observation = ranges > 0 || cube.all_values().any(|values| of_observation(&values.id));
                let alone = cube.include || count == 1;
                let component = definition.time.clone().filter(|_| alone && ranges > 0);
                let component = component.unwrap_or_else(|| Arc::from(""));
                regions.push(Region { constraint, region, by_observation, component });
            }
        }
        Self { definition: definition.clone(), regions }
    }

    /// Reports what the regions rule out.
    pub(super) fn judge(&self, codes: &Codes, collector: &mut Collector<'_>) {
        let columns = collector.columns;
        for region in &self.regions {
            let constraint = &self.definition.constraints[region.constraint];
            let cube = &constraint.cube_regions[region.region];
            for series in (0..columns.series_count()).filter(|series| codes.are_sound(columns, *series)) {
                let details = |observation: usize| Details {
                    found: self.found(cube, columns, (series, observation)),
                    expected: format!("what {} allows", constraint.identity.id),
                    ..Details::default()
                };
                let observations = columns.observations(series);
                if !region.by_observation {
                    let value_of = |id: &str| self.value_of(id, columns, (series, observations.start));
                    if !cube.allows(value_of, None) {
                        let details = details(observations.start);
                        collector.series(
                            &structure::COMBINATION_NOT_ALLOWED,
                            &region.component,
                            series,
                            details,
                        );
                    }
                    continue;
                }
                for observation in observations {
                    let at = (series, observation);
                    let period = columns.periods[observation];
                    if collector.is_about_series(observation)
                        || cube.allows(|id| self.value_of(id, columns, at), Some(period))
                    {
                        continue;
                    }
                    let rule = &structure::COMBINATION_NOT_ALLOWED;
                    collector.observation(rule, &region.component, at, 0, || details(observation));
                }
            }
        }
    }

    fn value_of<'c>(
        &self,
        id: &str,
        columns: &'c Columns,
        (series, observation): (usize, usize),
    ) -> Option<&'c str> {
        let shape = &columns.shape;
        if let Some(place) = shape.dimensions.iter().position(|dimension| **dimension == *id) {
            return Some(&**columns.code(series, place)).filter(|code| !code.is_empty());
        }
        let value = match (shape.series_attribute(id), shape.observation_attribute(id)) {
            (Some(place), _) => columns.series_attributes[place].get(series),
            (_, Some(place)) => columns.observation_attributes[place].get(observation),
            (None, None) => None,
        };
        value?.as_text()
    }

    /// What stands in the components that the region names.
    fn found(&self, cube: &CubeRegion, columns: &Columns, at: (usize, usize)) -> String {
        let mut parts = Vec::new();
        for values in cube.all_values() {
            if values.time_range.is_some() {
                parts.push(format!("{} {}", values.id, columns.periods[at.1]));
            } else if let Some(value) = self.value_of(&values.id, columns, at) {
                parts.push(format!("{} {value}", values.id));
            }
        }
        parts.join(", ")
    }
}
