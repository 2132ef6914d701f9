//! The mask: which cells of a lane a reader sees with their value. Every door reads through it.
//!
//! A confidential cell keeps its key, OBS_STATUS and CONF_STATUS and loses everything else (DETAILS C14).
//! Today's confidentiality governs every vintage: a cell that is restricted in the lane's head is hidden in
//! older vintages too (C16).

use std::sync::Arc;

use mighub::manifest::BlockInfo;
use mighub_sdmx::columns::{
    AttributeColumn, AttributeValue, Columns, ColumnsBuilder, NO_VALUE, ObservationRange, Runs, SourceMap,
};

use super::vintage::{BlockSource, LoadError, Vintage};

/// CONF_STATUS of a cell that everybody may see.
const FREE: &str = "F";

/// What one reader may see of one lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    /// Agency that reads; nothing for the public.
    pub agency: Option<Arc<str>>,
    /// Sees submissions under embargo: the office itself, its senders, pre-release readers, auditors.
    pub before_release: bool,
    /// Sees restricted cells: the office itself, its senders, auditors, readers named in the agreement.
    pub restricted: bool,
    /// Does not even learn that restricted cells exist: their keys are left out too.
    pub keys_hidden: bool,
}

/// The mask of one reader on one vintage.
pub struct Mask<'a> {
    audience: &'a Audience,
    /// Whether a cell without CONF_STATUS is free.
    unmarked_free: bool,
    /// Restricted blocks of the lane's head, if another vintage than the head is read.
    governing: Vec<Arc<BlockInfo>>,
    governing_unmarked_free: bool,
    source: &'a dyn BlockSource,
}

fn unmarked_free(vintage: &Vintage) -> bool {
    // Without any declaration a cell is not free: silence never publishes (DETAILS C15).
    vintage.absent_values.get("CONF_STATUS").is_some_and(|code| &**code == FREE)
        || vintage.shape.observation_attribute("CONF_STATUS").is_none()
}

impl<'a> Mask<'a> {
    /// The mask on `vintage` of a lane whose head is `head`; `source` reads blocks as they lie.
    pub fn new(audience: &'a Audience, vintage: &Vintage, head: &Vintage, source: &'a dyn BlockSource) -> Self {
        let governing_unmarked_free = unmarked_free(head);
        let restricted = |block: &&Arc<BlockInfo>| is_restricted(block, governing_unmarked_free);
        let governing = if audience.restricted || Arc::ptr_eq(&vintage.blocks, &head.blocks) {
            Vec::new()
        } else {
            head.blocks.iter().filter(restricted).cloned().collect()
        };
        Self { audience, unmarked_free: unmarked_free(vintage), governing, governing_unmarked_free, source }
    }

    /// Whether a block reads for this reader as it lies.
    pub fn lets_pass(&self, block: &BlockInfo) -> bool {
        self.audience.restricted
            || (!is_restricted(block, self.unmarked_free) && self.governing_of(block).next().is_none())
    }

    /// The block as this reader may see it.
    pub fn load(&self, block: &BlockInfo) -> Result<Arc<Columns>, LoadError> {
        let columns = self.source.load(block)?;
        if self.lets_pass(block) {
            return Ok(columns);
        }
        let mut hidden = self.hidden_by_status(&columns, self.unmarked_free);
        for governing in self.governing_of(block) {
            let today = self.source.load(governing)?;
            let hidden_today = self.hidden_by_status(&today, self.governing_unmarked_free);
            hide_as_today(&columns, &mut hidden, &today, &hidden_today);
        }
        let seen = if self.audience.keys_hidden { left_out(&columns, &hidden) } else { without(&columns, &hidden) };
        Ok(Arc::new(seen))
    }

    fn governing_of<'b>(&'b self, block: &'b BlockInfo) -> impl Iterator<Item = &'b Arc<BlockInfo>> {
        let overlaps = |other: &&Arc<BlockInfo>| {
            other.first_key <= block.last_key && block.first_key <= other.last_key && other.digest != block.digest
        };
        self.governing.iter().filter(overlaps)
    }

    /// Per observation, whether its CONF_STATUS hides it from this reader.
    fn hidden_by_status(&self, columns: &Columns, unmarked_free: bool) -> Vec<bool> {
        let Some(place) = columns.shape.observation_attribute("CONF_STATUS") else {
            return vec![!unmarked_free; columns.len()];
        };
        let status = &columns.observation_attributes[place];
        let mut hidden = vec![!unmarked_free; columns.len()];
        for (code, range) in status.runs.runs() {
            let free = match status.value(code) {
                None => unmarked_free,
                Some(value) => value.as_text() == Some(FREE),
            };
            hidden[range].fill(!free);
        }
        self.open_to_named(columns, &mut hidden);
        hidden
    }

    /// CONF_REDIST names agencies that may have a restricted cell.
    fn open_to_named(&self, columns: &Columns, hidden: &mut [bool]) {
        let Some(agency) = &self.audience.agency else { return };
        let Some(place) = columns.shape.observation_attribute("CONF_REDIST") else { return };
        let named = &columns.observation_attributes[place];
        for (code, range) in named.runs.runs() {
            if named.value(code).is_some_and(|value| names(value, agency)) {
                hidden[range].fill(false);
            }
        }
    }
}

fn is_restricted(block: &BlockInfo, unmarked_free: bool) -> bool {
    block.restricted || (block.unmarked && !unmarked_free)
}

fn names(value: &AttributeValue, agency: &str) -> bool {
    let listed = |text: &str| text.split([',', ';', ' ']).any(|name| name == agency);
    match value {
        AttributeValue::Text(text) => listed(text),
        AttributeValue::Many(values) => values.iter().flatten().any(|part| listed(&part.text)),
    }
}

/// Hides cells that are hidden today; both batches are in canonical order.
fn hide_as_today(columns: &Columns, hidden: &mut [bool], today: &Columns, hidden_today: &[bool]) {
    let (mut here, mut there) = (0, 0);
    while here < columns.series_count() && there < today.series_count() {
        let order = columns.key(here).cmp(&today.key(there));
        if order.is_eq() {
            let periods = &today.periods[today.observations(there)];
            let first = today.observations(there).start;
            for place in columns.observations(here) {
                if let Ok(at) = periods.binary_search(&columns.periods[place]) {
                    hidden[place] |= hidden_today[first + at];
                }
            }
        }
        here += usize::from(order.is_le());
        there += usize::from(order.is_ge());
    }
}

/// The columns without hidden observations.
fn left_out(columns: &Columns, hidden: &[bool]) -> Columns {
    let mut builder = ColumnsBuilder::new(columns.shape.clone());
    let mut map = SourceMap::default();
    for series in 0..columns.series_count() {
        let whole = ObservationRange::whole(columns, series);
        if hidden[whole.start..whole.end].iter().all(|hidden| *hidden) {
            continue;
        }
        builder.start_series(columns, series, &mut map);
        builder.series_attributes_of(columns, series, &mut map);
        let mut start = whole.start;
        while start < whole.end {
            let stretch = hidden[start..whole.end].iter().take_while(|other| **other == hidden[start]).count();
            if !hidden[start] {
                builder.observations(ObservationRange { start, end: start + stretch, ..whole }, &mut map);
            }
            start += stretch;
        }
        builder.end_series();
    }
    builder.take()
}

/// The columns with hidden cells emptied; dictionaries hold nothing of what was hidden.
fn without(columns: &Columns, hidden: &[bool]) -> Columns {
    let mut masked = columns.clone();
    for (place, _) in hidden.iter().enumerate().filter(|(_, hidden)| **hidden) {
        masked.unscaled[place] = 0;
        masked.scales[place] = NO_VALUE;
    }
    for (id, column) in columns.shape.observation_attributes.iter().zip(&mut masked.observation_attributes) {
        if !matches!(&**id, "OBS_STATUS" | "CONF_STATUS") && !column.all_absent() {
            *column = emptied(column, hidden);
        }
    }
    let mut builder = ColumnsBuilder::new(columns.shape.clone());
    let mut map = SourceMap::default();
    for series in 0..masked.series_count() {
        builder.push(ObservationRange::whole(&masked, series), &mut map);
    }
    builder.take()
}

fn emptied(column: &AttributeColumn, hidden: &[bool]) -> AttributeColumn {
    let mut runs = Runs::default();
    for (code, range) in column.runs.runs() {
        for place in range {
            runs.push(if hidden[place] { 0 } else { code }, 1);
        }
    }
    AttributeColumn { values: column.values.clone(), runs }
}
