//! Templates: workbooks for offices to fill in, from structures and what was sent before.

use std::collections::HashMap;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

use mighub::block::Digest;
use mighub_sdmx::Period;
use mighub_sdmx::structure::DataDefinition;
use mighub_workbook::{Listing, Reference, Template, TemplateSize};

use crate::beside;
use crate::clock;
use crate::error::Error;
use crate::hub::Hub;
use crate::pull::{Providers, PullRequest, Pulled};
use mighub_intake::Progress;

/// Series of an earlier vintage that are kept in memory; a template lists fewer.
const SERIES_MAX: usize = 200_000;

/// What a template is to be about.
#[derive(Clone, Debug)]
pub struct TemplateRequest {
    /// The dataflow.
    pub definition: Arc<DataDefinition>,
    /// Which cells are asked for.
    pub listing: Listing,
    /// The reporting area.
    pub area: String,
    /// The periods.
    pub periods: Vec<String>,
    /// Language of names and instructions.
    pub language: String,
    /// The dimension, or TIME_PERIOD, whose codes stand side by side.
    pub across: Option<String>,
    /// Figures of an earlier vintage, shown beside the cells.
    pub reference: Option<Reference>,
}

/// Writes a template to `path`. It appears when it is complete.
pub fn write_template(request: &TemplateRequest, path: &Path) -> Result<TemplateSize, Error> {
    let today = jiff::tz::TimeZone::UTC.to_datetime(clock::now()).date();
    let digest = Digest::of(request.definition.canonical_json()).to_string();
    let template = Template {
        definition: &request.definition,
        structure_digest: &digest,
        listing: &request.listing,
        area: &request.area,
        periods: &request.periods,
        language: &request.language,
        across: request.across.as_deref(),
        reference: request.reference.as_ref(),
        made_on: (today.year().unsigned_abs(), today.month().unsigned_abs(), today.day().unsigned_abs()),
    };
    beside::write(path, |file| Ok(mighub_workbook::write_template(&template, BufWriter::new(file))?))
}

impl Hub {
    /// What a provider last sent of an area: the figures of the newest period.
    pub async fn reference(
        &self,
        definition: &DataDefinition,
        provider: &str,
        area: &str,
    ) -> Result<Reference, Error> {
        let dataflow = definition.dataflow.short();
        let parts = definition.dimensions.iter();
        let parts: Vec<&str> = parts.map(|d| if &*d.id == "REF_AREA" { area } else { "" }).collect();
        let request = PullRequest {
            selection: self.selection(&dataflow, &parts.join("."), None, None).await?,
            providers: Providers::These(vec![provider.to_owned()]),
            ..PullRequest::all(dataflow.clone())
        };
        let mut pull = self.pull(request, &Progress::silent()).await?;
        let mut vintage = String::new();
        let mut newest: HashMap<Vec<Arc<str>>, (Period, String)> = HashMap::new();
        while let Some(pulled) = pull.next().await? {
            match pulled {
                Pulled::Lane(lane) => {
                    let position = lane.vintage.as_ref().map(|vintage| vintage.position.to_string());
                    vintage = position.unwrap_or_default();
                }
                Pulled::Observations(columns) => {
                    for series in 0..columns.series_count() {
                        // The last observation of a series is its newest.
                        let Some(last) = columns.observations(series).last() else { continue };
                        let value = columns.value(last).map(|value| value.to_string()).unwrap_or_default();
                        newest.insert(columns.key(series).to_vec(), (columns.periods[last], value));
                    }
                    if newest.len() > SERIES_MAX {
                        return Err(Error::Request(format!(
                            "{provider} has sent more than {SERIES_MAX} series of {area}: that is too much for a \
                             template; leave out --prefill"
                        )));
                    }
                }
                Pulled::Gone { .. } => {}
                Pulled::End(_) => break,
            }
        }
        let last = newest.values().map(|(period, _)| *period).max();
        let values = newest.into_iter().filter(|(_, (period, _))| Some(*period) == last);
        Ok(Reference {
            label: last.map(|period| period.to_string()).unwrap_or_default(),
            vintage,
            values: values.map(|(key, (_, value))| (key, value)).collect(),
        })
    }
}
