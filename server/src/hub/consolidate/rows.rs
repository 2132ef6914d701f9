//! Rows of one scope: inputs are read, paired, decided, and put into blocks.

use std::collections::BTreeMap;
use std::sync::Arc;

use mighub::block::{BlockWriter, FinishedBlock, Naming};
use mighub::manifest::BlockInfo;
use mighub::v1::PartAction;
use mighub_consolidation::{Input, PairError, Pairing, Scope, Source, Target};
use mighub_sdmx::Period;
use mighub_sdmx::columns::{Columns, ColumnsBuilder, ObservationRange, SourceMap};
use mighub_sdmx::key::Selection;
use mighub_sdmx::source_report::SourceRank;

use super::basis::Basis;
use super::origins::Origins;
use crate::hub::fold::{BlockSink, Part};
use crate::hub::retrieve::InputLane;
use crate::hub::{Hub, Moment, Refusal, SourceRanks};

/// Lanes with their inputs, as they are read, and how good their sources are said to be.
pub(super) struct Reading {
    pub(super) input: Input,
    pub(super) lane: InputLane,
    pub(super) ranks: SourceRanks,
}

/// What rows are made of and for.
pub(super) struct Making<'a> {
    pub(super) hub: &'a Hub,
    pub(super) target: Target,
    pub(super) basis: &'a Basis,
    pub(super) readings: &'a [Reading],
    pub(super) now: Moment,
}

impl Making<'_> {
    /// The rows of a scope as a part that can be folded; nothing if there are none.
    pub(super) fn part(
        &self,
        scope: &Scope,
        naming: &Naming,
        sink: &mut dyn BlockSink,
    ) -> Result<Option<Part>, Refusal> {
        let mut pairing = Pairing::new(self.target, self.basis.areas.clone(), scope.clone());
        let mut ranks: BTreeMap<(Input, Arc<str>), &SourceRanks> = BTreeMap::new();
        for reading in self.readings {
            ranks.insert((reading.input, reading.lane.lane.provider.as_arc().clone()), &reading.ranks);
            self.read(reading, scope, &mut pairing)?;
        }
        let paired = pairing.finish();
        let quality = |source: &Source, area: &str, direction: &str, period: Period| {
            let of_lane = ranks.get(&(source.input, source.provider.clone()));
            of_lane.map_or(SourceRank::UNGRADED, |ranks| ranks.rank(area, direction, period))
        };
        let mut writer = BlockWriter::new(self.basis.definition.data.shape.clone(), naming.clone());
        let mut blocks: Vec<Arc<BlockInfo>> = Vec::new();
        let mut keep = |block: FinishedBlock| {
            blocks.push(Arc::new(block.info.clone()));
            sink.keep(block)
        };
        for batch in self.basis.consolidation.rows(&paired, &quality) {
            writer.push(&batch, &mut keep)?;
        }
        if let Some(block) = writer.finish() {
            keep(block)?;
        }
        Ok((!blocks.is_empty()).then(|| Part { action: PartAction::Merge, blocks: blocks.into() }))
    }

    fn read(&self, reading: &Reading, scope: &Scope, pairing: &mut Pairing) -> Result<(), Refusal> {
        let Some(seen) = reading.lane.recorded() else { return Ok(()) };
        let selection: Arc<Selection> =
            Arc::new(scope.clone().of_target(self.target).selection(reading.input));
        let mut columns = Vec::new();
        reading.lane.each(self.hub, &selection, |read| {
            columns.push(read);
            Ok(())
        })?;
        let Some(first) = columns.first() else { return Ok(()) };
        let lane = &reading.lane.lane;
        let origins = Origins::of(self.hub, lane, &first.shape, seen, self.now)?;
        let noted = origins.of_columns(self.hub, &columns, &selection)?;
        let rank = self.basis.rank(reading.input, &lane.provider);
        for (columns, noted) in columns.into_iter().zip(noted) {
            for (number, columns) in by_origin(columns, &noted) {
                let Some(origin) = origins.origin(number) else { continue };
                let source = Source {
                    input: reading.input,
                    provider: lane.provider.as_arc().clone(),
                    submission: origin.submission.clone(),
                    version: origin.version.clone(),
                    rank,
                };
                pairing.push(&source, columns).map_err(refusal)?;
            }
        }
        Ok(())
    }
}

/// Columns divided by the origin of their observations.
fn by_origin(columns: Columns, noted: &[u32]) -> Vec<(u32, Columns)> {
    let mut numbers: Vec<u32> = noted.to_vec();
    numbers.sort_unstable();
    numbers.dedup();
    if let [number] = numbers[..] {
        return vec![(number, columns)];
    }
    numbers.into_iter().map(|number| (number, cut(&columns, noted, number))).collect()
}

fn cut(columns: &Columns, noted: &[u32], number: u32) -> Columns {
    let mut builder = ColumnsBuilder::new(columns.shape.clone());
    let mut map = SourceMap::default();
    for series in 0..columns.series_count() {
        let whole = ObservationRange::whole(columns, series);
        let of_series = &noted[whole.start..whole.end];
        if !of_series.contains(&number) {
            continue;
        }
        builder.start_series(columns, series, &mut map);
        builder.series_attributes_of(columns, series, &mut map);
        let mut start = whole.start;
        for stretch in of_series.chunk_by(|a, b| a == b) {
            let end = start + stretch.len();
            if stretch[0] == number {
                builder.observations(ObservationRange { start, end, ..whole }, &mut map);
            }
            start = end;
        }
        builder.end_series();
    }
    builder.take()
}

fn refusal(error: PairError) -> Refusal {
    Refusal::internal(format!("inputs cannot be paired: {error}"))
}
