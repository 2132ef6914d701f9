//! What methods ask while rows are made: declared quality, remembered, and who reports as what.

use hashbrown::HashMap;
use mighub_sdmx::Period;
use mighub_sdmx::period::Form;
use mighub_sdmx::source_report::SourceRank;

use crate::method::Sides;
use crate::pair::{Cell, CellSeries, Paired, Reporter};
use crate::source::Quality;

/// Ranks that were asked for. A table is one source, area and side; what was asked last for a side is asked again next.
#[derive(Debug, Default)]
pub(super) struct Ranks {
    tables: HashMap<Table, usize>,
    ranks: Vec<HashMap<Period, SourceRank>>,
    last: [Option<(Table, usize)>; 2],
    years: Vec<[Option<SourceRank>; YEARS]>,
}

/// Source, area, side.
type Table = (u32, u32, Reporter);

/// Years that are found by place, from [`FIRST_YEAR`]; other periods are looked up.
const YEARS: usize = 256;
const FIRST_YEAR: i64 = 1850;

impl Ranks {
    fn get(&mut self, table: Table, period: Period, ask: impl FnOnce() -> SourceRank) -> SourceRank {
        let side = table.2 as usize;
        let place = match self.last[side] {
            Some((known, place)) if known == table => place,
            _ => {
                let next = self.tables.len();
                let place = *self.tables.entry(table).or_insert(next);
                if place == next {
                    self.years.push([None; YEARS]);
                    self.ranks.push(HashMap::new());
                }
                place
            }
        };
        let year = (period.form() == Form::Year)
            .then(|| usize::try_from(period.ordinal() - FIRST_YEAR).ok().filter(|year| *year < YEARS))
            .flatten();
        let rank = match year {
            Some(year) => *self.years[place][year].get_or_insert_with(ask),
            None => *self.ranks[place].entry(period).or_insert_with(ask),
        };
        self.last[side] = Some((table, place));
        rank
    }
}

pub(super) struct Deciding<'a> {
    pub(super) paired: &'a Paired,
    pub(super) quality: &'a dyn Quality,
    pub(super) ranks: &'a mut Ranks,
    pub(super) series: &'a CellSeries<'a>,
    pub(super) cell: &'a Cell,
}

impl Sides for Deciding<'_> {
    fn rank(&mut self, reporter: Reporter, period: Period) -> SourceRank {
        let Some(side) = self.cell.side(reporter) else { return SourceRank::UNGRADED };
        let reported = self.paired.series(side);
        // Areas are numbered by dimension; origin and destination have numbers of their own.
        let area = self.series.area_number(reporter);
        let asked = || {
            let source = self.paired.source(side);
            let direction = source.input.direction(reporter);
            self.quality.rank(source, self.series.area(reporter), direction, period)
        };
        self.ranks.get((reported.source, area, reporter), period, asked)
    }

    fn reports_as(&self, reporter: Reporter) -> (&str, &str) {
        let direction = match self.cell.side(reporter) {
            Some(side) => self.paired.source(side).input.direction(reporter),
            None => reporter.direction(),
        };
        (self.series.area(reporter), direction)
    }
}
