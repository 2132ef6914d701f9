//! How observations stand together: in series by time, one by one, or in series along another dimension.

use std::io::{self, Write};

use super::parts::Series;
use super::pieces::Piece;
use super::{MlWriter, Pieces};
use crate::columns::Columns;
use crate::period::Period;
use crate::stretch::{Source, Stretches};

/// What stands with observations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Time.
    Series,
    /// Everything.
    Flat,
    /// A dimension, by its place.
    Crossed(usize),
}

impl<W: Write> MlWriter<W> {
    /// Series by series.
    pub(super) fn write_series(&mut self, columns: &Columns, pieces: &Pieces) -> io::Result<()> {
        let sources: Vec<Source> = self.attributes.iter().map(|(_, source)| *source).collect();
        let is_of_series: Vec<bool> =
            sources.iter().map(|source| matches!(source, Source::Series(_))).collect();
        let has_observations = self.options.detail.has_observations();
        let mut stretches = Stretches::new(columns, sources.iter().copied());
        let mut next_series = 0;
        let mut tail = Piece::default();
        let mut codes: Vec<usize> = Vec::new();
        while let Some((stretch, of_stretch)) = stretches.next() {
            codes.clear();
            codes.extend(of_stretch);
            if stretch.is_new_series {
                for series in next_series..stretch.series {
                    self.empty_series(columns, pieces, &sources, series)?;
                }
                next_series = stretch.series + 1;
                let mut attributes = Piece::default();
                for ((code, texts), _) in codes
                    .iter()
                    .zip(&pieces.attributes)
                    .zip(&is_of_series)
                    .filter(|(_, of_series)| **of_series)
                {
                    attributes.add(&texts[*code]);
                }
                let series = Series::new(self.key_of(columns, pieces, stretch.series, None), attributes);
                self.begin_series(series);
            }
            if !has_observations {
                self.begin_open_series();
                continue;
            }
            tail.clear();
            for ((code, texts), _) in
                codes.iter().zip(&pieces.attributes).zip(&is_of_series).filter(|(_, of_series)| !**of_series)
            {
                tail.add(&texts[*code]);
            }
            for observation in stretch.observations {
                match columns.periods[observation] {
                    Period::ANY if self.definition.time.is_some() => self.series_alone(),
                    period => {
                        self.begin_open_series();
                        let value = columns.value(observation).filter(|_| self.options.measures);
                        self.parts.observation(period, value, &tail, &mut self.bytes);
                    }
                }
                self.flush_if_full()?;
            }
        }
        for series in next_series..columns.series_count() {
            self.empty_series(columns, pieces, &sources, series)?;
        }
        Ok(())
    }

    /// Makes a series the open one, unless it is already.
    fn begin_series(&mut self, series: Series) {
        if self.series.as_ref().is_some_and(|open| open.is(&series)) {
            return;
        }
        self.close_series();
        self.series = Some(series);
    }

    #[inline]
    fn begin_open_series(&mut self) {
        if let Some(series) = &mut self.series
            && !series.is_begun
        {
            series.is_begun = true;
            self.parts.begin_series(series, &mut self.bytes);
        }
    }

    /// A row about the open series: its element stands alone.
    fn series_alone(&mut self) {
        let Some(mut series) = self.series.take() else { return };
        self.parts.end_series(series.is_begun, &mut self.bytes);
        self.parts.begin_series(&series, &mut self.bytes);
        self.parts.end_series(true, &mut self.bytes);
        series.is_begun = false;
        self.series = Some(series);
    }

    fn empty_series(
        &mut self,
        columns: &Columns,
        pieces: &Pieces,
        sources: &[Source],
        series: usize,
    ) -> io::Result<()> {
        let mut attributes = Piece::default();
        for (source, texts) in sources.iter().zip(&pieces.attributes) {
            if let Source::Series(place) = source {
                let code = columns.series_attributes[*place].runs.get(series);
                attributes.add(&texts[code as usize]);
            }
        }
        self.begin_series(Series::new(self.key_of(columns, pieces, series, None), attributes));
        self.begin_open_series();
        self.flush_if_full()
    }

    /// Observations with all their dimensions.
    pub(super) fn write_flat(&mut self, columns: &Columns, pieces: &Pieces) -> io::Result<()> {
        let sources: Vec<Source> = self.attributes.iter().map(|(_, source)| *source).collect();
        let mut stretches = Stretches::new(columns, sources.iter().copied());
        let (mut key, mut tail) = (Vec::new(), Piece::default());
        while let Some((stretch, codes)) = stretches.next() {
            if stretch.is_new_series {
                key = self.key_of(columns, pieces, stretch.series, None);
            }
            tail.clear();
            for (code, texts) in codes.zip(&pieces.attributes) {
                tail.add(&texts[code]);
            }
            for observation in stretch.observations {
                let value = columns.value(observation).filter(|_| self.options.measures);
                self.parts.flat(&key, columns.periods[observation], value, &tail, &mut self.bytes);
                self.flush_if_full()?;
            }
        }
        Ok(())
    }

    /// Observations along a dimension other than time; all attributes stand with them.
    pub(super) fn write_crossed(
        &mut self,
        columns: &Columns,
        pieces: &Pieces,
        dimension: usize,
    ) -> io::Result<()> {
        let mut rows: Vec<(usize, usize)> = (0..columns.series_count())
            .flat_map(|series| columns.observations(series).map(move |observation| (series, observation)))
            .collect();
        let place = |&(series, observation): &(usize, usize)| {
            let mut key: Vec<u32> = columns.dimensions.iter().map(|column| column.index[series]).collect();
            let code = key.remove(dimension);
            (key, columns.periods[observation], code)
        };
        rows.sort_by_cached_key(place);
        let codes = &pieces.dimensions[dimension];
        for (series, observation) in rows {
            let mut tail = Piece::default();
            for ((_, source), texts) in self.attributes.iter().zip(&pieces.attributes) {
                let code = match source {
                    Source::Fixed => 0,
                    Source::Series(place) => columns.series_attributes[*place].runs.get(series),
                    Source::Observation(place) => {
                        columns.observation_attributes[*place].runs.get(observation)
                    }
                };
                tail.add(&texts[code as usize]);
            }
            let period = columns.periods[observation];
            let is_about_series = period == Period::ANY && self.definition.time.is_some();
            if is_about_series || columns.code(series, dimension).is_empty() {
                // Without a code or a period there is no observation.
                let mut key = self.key_of(columns, pieces, series, None);
                self.parts.time(period, &mut key);
                self.begin_series(Series::new(key, tail));
                self.begin_open_series();
                self.close_series();
                self.flush_if_full()?;
                continue;
            }
            let mut key = self.key_of(columns, pieces, series, Some(dimension));
            self.parts.time(period, &mut key);
            self.begin_series(Series::new(key, Piece::default()));
            self.begin_open_series();
            let code = columns.code(series, dimension);
            let piece = &codes[columns.dimensions[dimension].index[series] as usize];
            let value = columns.value(observation).filter(|_| self.options.measures);
            self.parts.crossed(code, piece, value, &tail, &mut self.bytes);
            self.flush_if_full()?;
        }
        Ok(())
    }
}
