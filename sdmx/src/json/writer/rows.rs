//! Series, observations and groups.

use std::io::{self, Write};

use super::attributes::push_array;
use super::{Call, GROUP_BYTES, JsonWriter, OUTPUT_BYTES};
use crate::csv::Action;
use crate::data::JsonVersion;
use crate::decimal::Decimal;
use crate::period::Period;

impl<W: Write> JsonWriter<W> {
    pub(super) fn write_series(
        &mut self,
        call: &Call<'_>,
        series: usize,
        cursors: &mut [usize],
    ) -> io::Result<()> {
        let mut key = Vec::new();
        push_key(call, series, &mut key);
        if self.is_flat {
            return self.write_flat(call, series, &key, cursors);
        }
        let mut begin = Vec::with_capacity(key.len() + 16);
        begin.push(b'"');
        begin.extend_from_slice(&key);
        begin.extend_from_slice(b"\":{");
        let mut items = Vec::new();
        let of_series = self.attributes.series.iter().map(|nth| self.text_of_series(call, *nth, series));
        push_array(of_series, false, &mut items);
        if !items.is_empty() {
            begin.extend_from_slice(b"\"attributes\":[");
            begin.extend_from_slice(&items);
            begin.push(b']');
        }
        if self.series.as_ref() != Some(&begin) {
            self.close_series();
            if std::mem::replace(&mut self.has_members, true) {
                self.bytes.push(b',');
            }
            self.bytes.extend_from_slice(&begin);
            self.has_observations = false;
            self.series = Some(begin);
        }
        let has_attributes = !items.is_empty();
        let observations = call.columns.observations(series);
        let is_alone = observations.len() == 1;
        for observation in observations {
            let period = call.columns.periods[observation];
            if period == Period::ANY && self.is_about_series(call, series, observation, cursors, is_alone) {
                continue;
            }
            if !self.options.detail.has_observations() {
                continue;
            }
            self.begin_observation(has_attributes);
            if period != Period::ANY {
                push_number(self.periods.index(&period)?, &mut self.bytes);
            }
            self.bytes.extend_from_slice(b"\":");
            self.push_observation(call, series, observation, cursors);
            self.flush_full()?;
        }
        self.flush_full()
    }

    /// Whether a row without period is about its series as a whole, which stands there already. A deletion may
    /// delete at any period.
    fn is_about_series(
        &mut self,
        call: &Call<'_>,
        series: usize,
        observation: usize,
        cursors: &mut [usize],
        is_alone: bool,
    ) -> bool {
        if call.action != Action::Delete {
            return true;
        }
        let before = self.bytes.len();
        self.push_observation(call, series, observation, cursors);
        let is_bare = matches!(&self.bytes[before..], b"[null]" | b"[]");
        self.bytes.truncate(before);
        is_alone && is_bare
    }

    fn begin_observation(&mut self, has_attributes: bool) {
        if std::mem::replace(&mut self.has_observations, true) {
            self.bytes.extend_from_slice(b",\"");
        } else if has_attributes {
            self.bytes.extend_from_slice(b",\"observations\":{\"");
        } else {
            self.bytes.extend_from_slice(b"\"observations\":{\"");
        }
    }

    fn write_flat(
        &mut self,
        call: &Call<'_>,
        series: usize,
        key: &[u8],
        cursors: &mut [usize],
    ) -> io::Result<()> {
        let has_time = self.definition.time.is_some();
        let observations = call.columns.observations(series);
        if observations.is_empty() || !self.options.detail.has_observations() {
            return self.write_group(call, series, key);
        }
        let is_delete = call.action == Action::Delete;
        for observation in observations {
            let period = call.columns.periods[observation];
            if has_time && period == Period::ANY && !is_delete {
                self.write_group(call, series, key)?;
                continue;
            }
            if std::mem::replace(&mut self.has_members, true) {
                self.bytes.push(b',');
            }
            self.bytes.push(b'"');
            self.bytes.extend_from_slice(key);
            if has_time {
                self.bytes.push(b':');
            }
            if has_time && period != Period::ANY {
                push_number(self.periods.index(&period)?, &mut self.bytes);
            }
            self.bytes.extend_from_slice(b"\":");
            self.push_observation(call, series, observation, cursors);
            self.flush_full()?;
        }
        Ok(())
    }

    /// What is said of a series in a flat message.
    fn write_group(&mut self, call: &Call<'_>, series: usize, key: &[u8]) -> io::Result<()> {
        if call.action == Action::Delete {
            return self.delete_flat(key);
        }
        if self.version == JsonVersion::V1_0 {
            return Ok(());
        }
        for nth in 0..self.attributes.written.len() {
            let of_series = self.attributes.written[nth].is_of_series();
            if of_series
                && !self.text_of_series(call, nth, series).is_empty()
                && !self.of_groups.contains(&nth)
            {
                self.of_groups.push(nth);
            }
        }
        let mut items = Vec::new();
        let of_group = self.of_groups.iter().map(|nth| self.text_of_series(call, *nth, series));
        push_array(of_group, false, &mut items);
        if self.groups.len() + items.len() > GROUP_BYTES
            && let Some(head) = self.open.clone()
        {
            self.close_dataset();
            self.open_dataset(head);
        }
        if !self.groups.is_empty() {
            self.groups.push(b',');
        }
        self.groups.push(b'"');
        self.groups.extend_from_slice(key);
        if self.definition.time.is_some() {
            self.groups.push(b':');
        }
        self.groups.extend_from_slice(b"\":[");
        self.groups.extend_from_slice(&items);
        self.groups.push(b']');
        Ok(())
    }

    /// Deletes all observations of a series.
    fn delete_flat(&mut self, key: &[u8]) -> io::Result<()> {
        if std::mem::replace(&mut self.has_members, true) {
            self.bytes.push(b',');
        }
        self.bytes.push(b'"');
        self.bytes.extend_from_slice(key);
        if self.definition.time.is_some() {
            self.bytes.push(b':');
        }
        self.bytes.extend_from_slice(b"\":[null]");
        self.flush_full()
    }

    /// What an attribute of a series says of it.
    fn text_of_series<'t>(&self, call: &'t Call<'_>, nth: usize, series: usize) -> &'t [u8] {
        let column = self.attributes.written[nth].column(call.columns);
        let code =
            column.filter(|column| !column.runs.is_empty()).map_or(0, |column| column.runs.get(series));
        &call.texts[nth][code as usize]
    }

    /// Appends the array of an observation: its value, further measures, attributes.
    fn push_observation(
        &mut self,
        call: &Call<'_>,
        series: usize,
        observation: usize,
        cursors: &mut [usize],
    ) {
        let Call { columns, texts, .. } = call;
        let out = &mut self.bytes;
        out.push(b'[');
        let has_measure = self.options.measures || self.version == JsonVersion::V1_0;
        if has_measure {
            match columns.value(observation).filter(|_| self.options.measures) {
                Some(value) => value.write(out),
                None => out.extend_from_slice(b"null"),
            }
        }
        let items = self.attributes.observation.iter().map(|nth| {
            let written = &self.attributes.written[*nth];
            let entry = if written.is_of_series() { series } else { observation };
            let column = written.column(columns).filter(|column| !column.runs.is_empty());
            let code = column.map_or(0, |column| column.runs.get_at(&mut cursors[*nth], entry));
            &texts[*nth][code as usize][..]
        });
        push_array(items, has_measure, out);
        out.push(b']');
    }

    fn flush_full(&mut self) -> io::Result<()> {
        if self.bytes.len() >= OUTPUT_BYTES {
            self.output.write_all(&self.bytes)?;
            self.bytes.clear();
        }
        Ok(())
    }
}

/// Appends the indexes of a series.
fn push_key(call: &Call<'_>, series: usize, out: &mut Vec<u8>) {
    for (nth, (column, indexes)) in call.columns.dimensions.iter().zip(&call.codes).enumerate() {
        if nth > 0 {
            out.push(b':');
        }
        out.extend_from_slice(&indexes[column.index[series] as usize]);
    }
}

fn push_number(number: u32, out: &mut Vec<u8>) {
    Decimal::integer(i64::from(number)).write(out);
}
