//! What a consolidation changes in the view.

use mighub::v1;
use mighub_store::ViewBatch;
use prost::Message;

use crate::hub::reduce::{ReduceError, Step};
use crate::hub::rows::{StepRow, VintageRow, consolidated_key};

impl Step<'_> {
    pub(in crate::hub) fn consolidated(
        &self,
        consolidated: &v1::Consolidated,
        batch: &mut ViewBatch,
    ) -> Result<(), ReduceError> {
        let lane = self.lane(&consolidated.dataflow, &consolidated.provider)?;
        let manifest_digest = consolidated.vintage_manifest_digest.to_vec();
        let vintage = VintageRow {
            effective_ms: self.effective_ms,
            // Nothing that is derived waits: what it was made from is public.
            steps: vec![StepRow { from_ms: i64::MIN, manifest_digest }],
            below: consolidated.base,
            observations: consolidated.observations,
            structure_digest: consolidated.structure_digest.to_vec(),
            ..VintageRow::default()
        };
        self.head(&lane, &vintage, batch);
        batch.put(consolidated_key(&lane), consolidated.encode_to_vec());
        Ok(())
    }
}
