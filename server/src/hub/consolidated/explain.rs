//! How one derived figure came about, and what it rests on.

use std::collections::BTreeSet;
use std::sync::Arc;

use mighub::v1::{self, ErrorReason, point};
use mighub_consolidation::{DerivedRow, InputRef, Rule, Target, derived};
use mighub_sdmx::Period;
use mighub_sdmx::key::{KeyPattern, Selection, SelectionError};
use mighub_sdmx::structure::Reference;

use super::answer::{method as message, number};
use super::asked::{CONSOLIDATED, NO_METHOD, period, reference, target};
use super::methods::method_named;
use super::read::{Reader, own};
use crate::hub::consolidate::DERIVED_ESTIMATE;
use crate::hub::lane::LaneId;
use crate::hub::permit::{Permit, Read};
use crate::hub::retrieve::{FiguresOf, FiguresRequest};
use crate::hub::vintages::Recorded;
use crate::hub::{Hub, Moment, Refusal};

impl Hub {
    /// Tells how a derived figure came about.
    pub fn explain_cell(
        self: &Arc<Self>,
        permit: &Permit<Read>,
        request: &v1::ExplainCellRequest,
        now: Moment,
    ) -> Result<v1::ExplainCellResponse, Refusal> {
        let reader = Reader { hub: self, permit, now };
        let cell = Cell::read(self, request)?;
        let (rows, position) = cell.rows(&reader)?;
        let Some(row) = rows.iter().find(|row| row.view == cell.view && row.method == cell.method) else {
            let text = format!(
                "{} has no figure {} {} that you may see there: `mighub pull` shows those there are",
                cell.dataflow.short(),
                request.key,
                cell.period
            );
            return Err(Refusal::new(ErrorReason::UnknownCell, text));
        };
        let method = method_named(&row.method);
        let mut inputs = Vec::new();
        for input in &row.inputs {
            inputs.push(cell.input(&reader, input)?);
        }
        let others = rows.iter().filter(|other| {
            &*other.view == CONSOLIDATED && other.method != row.method && row.restricted.is_none()
        });
        Ok(v1::ExplainCellResponse {
            sentences: mighub_consolidation::explain(row, method.as_ref()).sentences,
            value: number(row.value),
            rule: row.rule.map(Rule::code).unwrap_or_default().to_owned(),
            origin_value: number(row.origin_value),
            destination_value: number(row.destination_value),
            asymmetry: number(row.asymmetry),
            inputs,
            others: others.map(figure).collect(),
            method: method.as_ref().map(message),
            position,
            hidden: row.restricted.is_some(),
        })
    }

    /// The lane of an input in which a record made a vintage.
    fn lane_of_input(&self, target: Target, version: u64) -> Result<Option<(LaneId, Recorded)>, Refusal> {
        for input in target.inputs() {
            for lane in self.lanes(&reference(input.dataflow())?)? {
                if let Some(recorded) = self.vintage_recorded_at(&lane, version)? {
                    return Ok(Some((lane, recorded)));
                }
            }
        }
        Ok(None)
    }
}

/// The cell that is asked about.
struct Cell<'a> {
    target: Target,
    dataflow: Reference,
    /// Its key, without a method: what other methods say is told too.
    pattern: KeyPattern,
    view: Arc<str>,
    method: Arc<str>,
    period: Period,
    point: Option<&'a v1::Point>,
}

impl<'a> Cell<'a> {
    fn read(hub: &Hub, request: &'a v1::ExplainCellRequest) -> Result<Self, Refusal> {
        let target = target("dataflow", &request.dataflow)?;
        let dataflow = reference(target.dataflow())?;
        let definition = hub.definition(&dataflow)?;
        let dimensions = &definition.data.shape.dimensions;
        let malformed = |error: SelectionError| {
            Refusal::new(ErrorReason::SelectionMalformed, error.to_string()).of_field("key")
        };
        let mut pattern = KeyPattern::parse(&request.key, dimensions).map_err(malformed)?;
        let code = |id: &str| -> Option<Arc<str>> {
            let place = dimensions.iter().position(|dimension| &**dimension == id)?;
            pattern.set(place)?.first().cloned()
        };
        let is_one = pattern.sets.len() == dimensions.len()
            && pattern.sets.iter().all(|set| set.as_ref().is_some_and(|codes| codes.len() == 1));
        let (Some(view), Some(method), true) = (code("VIEW"), code("CONS_METHOD"), is_one) else {
            let text =
                format!("{:?} is no full key: one code for each of {}", request.key, dimensions.join("."));
            return Err(Refusal::new(ErrorReason::SelectionMalformed, text).of_field("key"));
        };
        if &*view == CONSOLIDATED {
            for (set, dimension) in pattern.sets.iter_mut().zip(dimensions.iter()) {
                if &**dimension == "CONS_METHOD" {
                    *set = None;
                }
            }
        }
        let period = period("period", &request.period)?.ok_or_else(|| {
            Refusal::new(ErrorReason::PeriodMalformed, "the period is missing").of_field("period")
        })?;
        Ok(Self { target, dataflow, pattern, view, method, period, point: request.point.as_ref() })
    }

    fn rows(&self, reader: &Reader<'_>) -> Result<(Vec<DerivedRow>, u64), Refusal> {
        let request = FiguresRequest {
            providers: if &*self.view == DERIVED_ESTIMATE { FiguresOf::Principal } else { own()? },
            selection: self.only(self.pattern.clone(), self.period),
            ..FiguresRequest::all(self.dataflow.clone())
        };
        let mut rows = Vec::new();
        let position = reader.each(request, self.point, |columns| {
            rows.extend(derived::rows(columns).into_iter().flatten());
            Ok(())
        })?;
        Ok((rows, position))
    }

    /// What a cell rests on: whose it is, since when, and what it says as far as the reader may see it today.
    fn input(&self, reader: &Reader<'_>, input: &InputRef) -> Result<v1::CellInput, Refusal> {
        let version: u64 = input.version.parse().unwrap_or(0);
        let lane = reader.hub.lane_of_input(self.target, version)?;
        let mut value = None;
        if let Some((lane, _)) = &lane {
            let definition = reader.hub.definition(&lane.dataflow)?;
            let pattern = KeyPattern::parse(&input.key, &definition.data.shape.dimensions)
                .map_err(|error| Refusal::internal(error.to_string()))?;
            let request = FiguresRequest {
                providers: FiguresOf::These(BTreeSet::from([lane.provider.clone()])),
                selection: self.only(pattern, input.period.unwrap_or(self.period)),
                ..FiguresRequest::all(lane.dataflow.clone())
            };
            let point = v1::Point { at: Some(point::At::Position(version)) };
            reader.each(request, Some(&point), |columns| {
                value = (0..columns.len()).find_map(|observation| columns.value(observation)).or(value);
                Ok(())
            })?;
        }
        Ok(v1::CellInput {
            r#ref: input.to_string(),
            submission_id: input.submission.to_string(),
            key: input.key.to_string(),
            period: input.period.map(|period| period.to_string()).unwrap_or_default(),
            lane: lane.as_ref().map(|(lane, _)| lane.to_message()),
            version,
            effective_time: lane.map(|(_, recorded)| Moment(recorded.row.effective_ms).to_message()),
            value: number(value),
        })
    }

    /// One series in one period. A stock of a year may rest on another period: that its reference names.
    fn only(&self, pattern: KeyPattern, period: Period) -> Selection {
        Selection { keys: vec![pattern], start: Some(period), end: Some(period) }
    }
}

fn figure(row: &DerivedRow) -> v1::MethodFigure {
    v1::MethodFigure {
        method: row.method.to_string(),
        value: number(row.value),
        rule: row.rule.map(Rule::code).unwrap_or(NO_METHOD).to_owned(),
    }
}
