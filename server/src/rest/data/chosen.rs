//! Figures of a query: taken from the hub, filtered, cut and put in order while they pass by.

use std::collections::VecDeque;
use std::sync::Arc;

use mighub_sdmx::columns::{AttributeValue, Columns};

use super::ask::DataQuery;
use super::cut::{Cutter, Part};
use super::fault::Fault;
use super::filter::{keys_of, taken};
use super::making::MakingError;
use super::order::{SORTED_OBSERVATIONS_MAX, SORTED_TEXT_BYTES_MAX};
use crate::hub::permit::{Permit, Read};
use crate::hub::{Batch, Effect, Figures, Hub, Moment, Refusal};
use crate::rest::attendance::Attendance;

/// Figures of a query, cut and in order, batch by batch.
pub(crate) struct Chosen {
    figures: Figures,
    query: Arc<DataQuery>,
    of_series: Cutter,
    page: Cutter,
    ready: VecDeque<Batch>,
    is_over: bool,
    attendance: Option<Attendance>,
}

impl Chosen {
    /// Begins; nothing is read yet.
    pub(crate) fn new(
        hub: &Arc<Hub>,
        permit: &Permit<Read>,
        query: Arc<DataQuery>,
        now: Moment,
    ) -> Result<Self, Refusal> {
        let figures = hub.figures(permit, query.figures.clone(), now)?;
        let Part { first, last, .. } = query.part;
        let of_series = Cutter::new(Part { first, last, ..Part::default() });
        let page = Cutter::new(Part { first: None, last: None, ..query.part });
        Ok(Self { figures, query, of_series, page, ready: VecDeque::new(), is_over: false, attendance: None })
    }

    /// The same for those who wait for it: it ends when they have left.
    pub(crate) fn attended(self, attendance: &Attendance) -> Self {
        Self { attendance: Some(attendance.clone()), ..self }
    }

    /// The same for whoever gives no figures, but counts them.
    pub(crate) fn counted_only(self) -> Self {
        Self { figures: self.figures.counted_only(), ..self }
    }

    /// The same for an answer that may lie ready: that it is read is noted now.
    pub(crate) fn noted_at_once(self) -> Result<Self, Refusal> {
        Ok(Self { figures: self.figures.noted_at_once()?, ..self })
    }

    /// The hub's figures, to ask for their state before any is taken.
    pub(crate) fn figures(&self) -> &Figures {
        &self.figures
    }

    /// What is asked for.
    pub(crate) fn query(&self) -> &Arc<DataQuery> {
        &self.query
    }

    /// The next batch; nothing at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Batch>, MakingError> {
        while self.ready.is_empty() && !self.is_over {
            if self.query.order.is_stored() {
                self.step()?;
            } else {
                self.sort()?;
            }
        }
        Ok(self.ready.pop_front())
    }

    /// Takes one batch of the hub's through all cuts.
    fn step(&mut self) -> Result<(), MakingError> {
        let mut cut = Vec::new();
        self.is_over = self.page.is_full() || !self.cut_one(&mut cut)?;
        self.paged(cut);
        Ok(())
    }

    /// What is left of the hub's next batch, or held at the end; whether there is more.
    fn cut_one(&mut self, out: &mut Vec<Batch>) -> Result<bool, MakingError> {
        if self.attendance.as_ref().is_some_and(Attendance::is_over) {
            return Err(MakingError::Left);
        }
        let Some(batch) = self.figures.next().transpose()? else {
            self.of_series.finish(out);
            return Ok(false);
        };
        let query = &self.query;
        if batch.effect == Effect::Replace && query.tells_changes() && query.filter.asks_for_values() {
            // Who asked for what passes has what passed once. What does not pass any more is gone for him; that he
            // may never have had it does no harm.
            let (passing, failing) = query.filter.sides(&batch.lane, &batch.columns);
            let gone = keys_of(&batch.columns, &failing);
            out.extend((!gone.is_empty()).then(|| Batch {
                lane: batch.lane.clone(),
                effect: Effect::Delete,
                columns: gone,
            }));
            self.of_series.push(&batch, passing, out);
            return Ok(true);
        }
        let stretches = query.filter.stretches(&batch.lane, batch.effect, &batch.columns);
        match batch.effect {
            // Of what is gone all is told.
            Effect::Delete => {
                let columns = taken(&batch.columns, &stretches);
                out.extend((!columns.is_empty()).then_some(Batch { columns, ..batch }));
            }
            Effect::Replace => self.of_series.push(&batch, stretches, out),
        }
        Ok(true)
    }

    fn sort(&mut self) -> Result<(), MakingError> {
        let mut all = Vec::new();
        let (mut counted, mut observations, mut text_bytes) = (0, 0, 0);
        while self.cut_one(&mut all)? {
            for Batch { columns, .. } in &all[counted..] {
                observations += columns.len();
                text_bytes += text_bytes_of(columns);
            }
            counted = all.len();
            if observations > SORTED_OBSERVATIONS_MAX || text_bytes > SORTED_TEXT_BYTES_MAX {
                let rule = format!(
                    "more than {SORTED_OBSERVATIONS_MAX} observations, or {SORTED_TEXT_BYTES_MAX} bytes of texts with \
                     them, are not sorted here: narrow the query, or take them as they are stored, by series_key and \
                     time"
                );
                return Err(Fault::too_much("sort", rule).into());
            }
        }
        self.is_over = true;
        let sorted = self.query.order.sorted(&all);
        self.paged(sorted);
        Ok(())
    }

    fn paged(&mut self, batches: Vec<Batch>) {
        let mut out = Vec::new();
        for batch in batches {
            let columns = &batch.columns;
            let whole = (0..columns.series_count()).map(|series| (series, columns.observations(series)));
            self.page.push(&batch, whole.collect(), &mut out);
        }
        self.ready.extend(out);
    }
}

/// Bytes of the texts of all attributes, each once however often it stands.
fn text_bytes_of(columns: &Columns) -> usize {
    let attributes = columns.series_attributes.iter().chain(&columns.observation_attributes);
    attributes.flat_map(|column| &column.values).map(AttributeValue::text_bytes).sum()
}
