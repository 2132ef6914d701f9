//! What a record of reports changes in the view.

use mighub::v1;
use mighub_sdmx::Period;
use mighub_store::ViewBatch;
use prost::Message;

use crate::hub::reduce::{ReduceError, Step};
use crate::hub::rows::{SourceRow, source_key};

impl Step<'_> {
    pub(in crate::hub) fn metadata_reported(
        &self,
        reported: &v1::MetadataReported,
        batch: &mut ViewBatch,
    ) -> Result<(), ReduceError> {
        let lane = self.lane(&reported.dataflow, &reported.provider)?;
        let period = |text: &str| {
            Period::parse(text.as_bytes()).map_err(|error| self.unreadable(&format!("{text:?}: {error}")))
        };
        for (source, number) in reported.sources.iter().zip(0..) {
            let last = (!source.end_period.is_empty()).then(|| period(&source.end_period)).transpose()?;
            let row = SourceRow {
                position: self.position.0,
                number,
                ref_area: source.ref_area.clone(),
                flow_dir: source.flow_dir.clone(),
                first: period(&source.start_period)?.packed(),
                last: last.map(Period::packed),
                undercount: source.undercount.clone(),
                accuracy: source.accuracy.clone(),
            };
            batch.put(source_key(&lane, self.position.0, number), row.encode_to_vec());
        }
        Ok(())
    }
}
