//! Rows one series of cells after the other.

use std::sync::Arc;

use mighub_sdmx::columns::{AttributeValue, Columns, LocalText};
use mighub_sdmx::{Decimal, Period};

use super::assemble::Assembler;
use super::deciding::{Deciding, Ranks};
use super::letters::{DIFFERS, Letters};
use super::{Consolidation, Fitted, matrix_key};
use crate::exact;
use crate::method::{Figure, Method, Rule};
use crate::pair::{Cell, CellSeries, Definition, Paired, Reporter, Scratch, Side};
use crate::source::Quality;

/// Observations of one batch of rows: dictionaries are sorted once a batch.
const BATCH: usize = 65_536;
/// OBS_STATUS of a row whose figure may not be seen.
const SUPPRESSED: u8 = b'Q';
/// OBS_STATUS of a figure that nobody reported as it stands.
const IMPUTED: u8 = b'I';

/// Derived rows, batch by batch.
pub struct Rows<'a> {
    consolidation: &'a Consolidation,
    paired: &'a Paired,
    quality: &'a dyn Quality,
    fitted: Vec<Fitted>,
    series: Box<dyn Iterator<Item = CellSeries<'a>> + 'a>,
    methods: Vec<Arc<str>>,
    as_reported: Arc<str>,
    copies: Vec<Vec<(usize, usize)>>,
    ranks: Ranks,
    scratch: Scratch,
    cells: Vec<Cell>,
    /// Codes of references within the batch and series: (first, second) as they are written.
    references: Vec<(References, u32)>,
    /// The texts of single ones.
    texts: Vec<(Reference, Arc<str>)>,
    no_language: Arc<str>,
    written: String,
    made: Assembler,
}

/// Sides a figure rests on, the one that was taken first, and the period it was carried from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct References {
    /// Reported series, or [`NOBODY`].
    series: [u32; 3],
    carried_from: Option<Period>,
}

/// A reported series, and the period a figure of it was carried from.
type Reference = (u32, Option<Period>);

/// No side: no pairing has so many series.
const NOBODY: u32 = u32::MAX;

impl<'a> Rows<'a> {
    pub(super) fn new(
        consolidation: &'a Consolidation,
        paired: &'a Paired,
        quality: &'a dyn Quality,
        fitted: Vec<Fitted>,
    ) -> Self {
        let key_dimensions = consolidation.target.dimensions().len();
        Self {
            fitted,
            series: Box::new(paired.iter()),
            methods: consolidation.methods.iter().map(|method| Arc::from(method.code())).collect(),
            as_reported: Arc::from("_Z"),
            copies: paired.batches().iter().map(|batch| consolidation.layout.copies(batch)).collect(),
            ranks: Ranks::default(),
            scratch: Scratch::default(),
            cells: Vec::new(),
            references: Vec::new(),
            texts: Vec::new(),
            no_language: Arc::from(""),
            written: String::new(),
            made: Assembler::new(&consolidation.shape, key_dimensions),
            consolidation,
            paired,
            quality,
        }
    }

    fn series(&mut self, series: &CellSeries<'a>) {
        let mut cells = std::mem::take(&mut self.cells);
        series.cells_into(&mut self.scratch, &mut cells);
        self.references.clear();
        self.texts.clear();
        for place in 0..self.consolidation.methods.len() {
            self.consolidated(series, place, &cells);
        }
        self.reported(series, Reporter::Destination, &cells);
        self.reported(series, Reporter::Origin, &cells);
        self.cells = cells;
    }

    /// The rows of one method.
    fn consolidated(&mut self, series: &CellSeries<'a>, place: usize, cells: &[Cell]) {
        let method = &self.consolidation.methods[place];
        let mut last: Option<(Cell, Figure)> = None;
        let mut open = false;
        for cell in cells {
            if let Some(letter) = cell.restricted() {
                self.open_consolidated(series, place, &mut open);
                self.hidden(cell.period, letter);
                continue;
            }
            let (paired, quality, ranks) = (self.paired, self.quality, &mut self.ranks);
            let mut sides = Deciding { paired, quality, ranks, series, cell };
            let decided = method.decide(cell, &mut sides);
            let decided = match method {
                Method::M4(fitting) => decided.and_then(|figure| {
                    let factors = self.fitted[place].get(&matrix_key(series, cell))?.as_ref()?;
                    let (origin, destination) = (series.origin(), series.destination());
                    let value = factors.apply(origin, destination, figure.value, fitting.digits)?;
                    Some(Figure { value, rule: Rule::Fitted, ..figure })
                }),
                _ => decided,
            };
            match decided {
                Some(figure) => {
                    self.open_consolidated(series, place, &mut open);
                    self.figure(series, cell, cell, figure);
                    last = Some((*cell, figure));
                }
                None => {
                    if [&cell.origin, &cell.destination].into_iter().flatten().any(Side::breaks) {
                        last = None;
                    }
                    let Some((from, figure)) = carried(method, last.as_ref(), cell) else { continue };
                    self.open_consolidated(series, place, &mut open);
                    self.figure(series, cell, &from, figure);
                }
            }
        }
        if open {
            self.made.end_series();
        }
    }

    fn open_consolidated(&mut self, series: &CellSeries<'a>, place: usize, open: &mut bool) {
        if std::mem::replace(open, true) {
            return;
        }
        let (layout, made) = (&self.consolidation.layout, &mut self.made);
        made.start_series(series.code_numbers(), "CO", &self.methods[place]);
        made.series_text(layout.unit, "PS");
        made.series_text(layout.multiplier, "0");
        self.of_stock(series, series.adds_refugees());
    }

    fn of_stock(&mut self, series: &CellSeries<'a>, refugees: bool) {
        let layout = &self.consolidation.layout;
        self.made.series_text(layout.basis, if series.by_birth() { "BTH" } else { "CTZ" });
        self.made.series_text(layout.refugees, if refugees { "true" } else { "false" });
    }

    fn hidden(&mut self, period: Period, letter: u8) {
        let layout = &self.consolidation.layout;
        let observation = self.made.observe(period, None);
        self.made.letter(layout.status, observation, SUPPRESSED);
        self.made.letter(layout.confidentiality, observation, letter);
    }

    /// A consolidated figure, which rests on the sides of `from`: the cell itself, or the one it was carried from.
    fn figure(&mut self, series: &CellSeries<'a>, cell: &Cell, from: &Cell, figure: Figure) {
        let layout = &self.consolidation.layout;
        let (origin, destination) = (from.origin.filter(has_count), from.destination.filter(has_count));
        let added = from.refugees.filter(|_| figure.carried_from.is_none()).filter(has_count);
        let sum = added.and_then(|side| exact::add(figure.value, side.count()?));
        let observation = self.made.observe(cell.period, Some(sum.unwrap_or(figure.value)));

        let taken = if figure.taken == Reporter::Origin { origin } else { destination };
        let (status, flags) = if figure.rule.imputes() || sum.is_some() {
            let mut letters = Letters::default();
            [origin, destination].iter().flatten().for_each(|side| letters.add_side(side));
            (IMPUTED, letters)
        } else {
            let mut own = taken.map_or_else(Letters::default, |side| Letters::of_side(&side));
            // The reported stock alone, where refugees belong to it: it is another thing than the rows around it.
            if series.adds_refugees() {
                own.add(DIFFERS);
            }
            (own.status(), if own.are_several() { own } else { Letters::default() })
        };
        self.made.letter(layout.status, observation, status);
        self.made.letter(layout.confidentiality, observation, b'F');
        self.made.rule(layout.rule, observation, figure.rule);
        if let Some(place) = layout.flags.filter(|_| !flags.is_empty()) {
            self.made.text(place, observation, &flags.text());
        }
        self.numbers(
            observation,
            origin.and_then(|side| side.count()),
            destination.and_then(|side| side.count()),
        );
        self.definitions(series, observation, &origin, &destination);

        let (first, second) = match figure.taken {
            Reporter::Origin => (&origin, &destination),
            Reporter::Destination => (&destination, &origin),
        };
        let series = [first, second, &added].map(|side| side.as_ref().map_or(NOBODY, |side| side.series));
        let references = References { series, carried_from: figure.carried_from };
        let code = self.references(references, from);
        self.made.observation[layout.inputs].put(observation, code);
    }

    fn numbers(&mut self, observation: usize, origin: Option<Decimal>, destination: Option<Decimal>) {
        let made = &mut self.made;
        let [of_origin, of_destination] =
            [origin, destination].map(|count| count.map_or(0, |count| made.number_code(count)));
        let asymmetry = origin.zip(destination).and_then(|(a, b)| exact::asymmetry(a, b));
        let asymmetry = asymmetry.map_or(0, |share| made.number_code(share));
        let larger_is_origin = match (origin, destination) {
            (Some(origin), Some(destination)) => origin.compare(destination).is_gt(),
            (origin, _) => origin.is_some(),
        };
        let one = |own: u32, other: u32| if own == 0 { other } else { own };
        let (lower, upper) = if larger_is_origin {
            (one(of_destination, of_origin), of_origin)
        } else {
            (one(of_origin, of_destination), of_destination)
        };
        for (which, code) in [of_origin, of_destination, asymmetry, lower, upper].into_iter().enumerate() {
            if code > 0 {
                made.number(which, observation, code);
            }
        }
    }

    /// Names both definitions where one side counts by its own.
    fn definitions(
        &mut self,
        series: &CellSeries<'a>,
        observation: usize,
        origin: &Option<Side>,
        destination: &Option<Side>,
    ) {
        let national = |side: &Option<Side>| side.is_some_and(|side| side.definition == Definition::National);
        let Some(place) = self.consolidation.layout.definition_note else { return };
        if !(national(origin) || national(destination)) || !series.is_long_term() {
            return;
        }
        let named = |name: &str, side: &Option<Side>| {
            side.as_ref().map(|side| format!("{name}: {}", self.definition(side)))
        };
        let both = [named("origin", origin), named("destination", destination)];
        let text = both.into_iter().flatten().collect::<Vec<_>>().join("; ");
        self.made.text(place, observation, &text);
    }

    /// The definition a side counts by: LT, or ND with its note.
    fn definition(&self, side: &Side) -> String {
        if side.definition == Definition::Named {
            return "LT".to_owned();
        }
        let columns = &self.paired.batch(side).columns;
        let note = columns.shape.observation_attribute("DEF_NOTE").and_then(|place| {
            columns.observation_attributes[place].get(side.observation as usize)?.as_text()
        });
        note.map_or_else(|| "ND".to_owned(), |note| format!("ND, {note}"))
    }

    /// The code of references in INPUT_REFS. Within a series of cells the same ones come again and again.
    fn references(&mut self, references: References, cell: &Cell) -> u32 {
        if let Some((_, code)) = self.references.iter().rev().find(|(known, _)| *known == references) {
            return *code;
        }
        let sides = [cell.origin, cell.destination, cell.refugees];
        let carried = references.carried_from;
        let text = |series: u32| {
            let known = self.texts.iter().find(|(known, _)| *known == (series, carried));
            if let Some((_, text)) = known {
                return Some(text.clone());
            }
            let side = sides.iter().flatten().find(|side| side.series == series)?;
            self.written.clear();
            self.paired.write_input_ref(side, carried, &mut self.written);
            let text: Arc<str> = Arc::from(&*self.written);
            self.texts.push(((series, carried), text.clone()));
            Some(text)
        };
        let named = references.series.into_iter().filter(|series| *series != NOBODY);
        let texts: Vec<Arc<str>> = named.filter_map(text).collect();
        let value = match &*texts {
            [one] => AttributeValue::Text(one.clone()),
            several => {
                let local = |text: &Arc<str>| {
                    vec![LocalText { language: self.no_language.clone(), text: text.clone() }]
                };
                AttributeValue::Many(several.iter().map(local).collect())
            }
        };
        let code = self.made.observation[self.consolidation.layout.inputs].new_code(value);
        self.references.push((references, code));
        code
    }

    /// Copies of what one side reported.
    fn reported(&mut self, series: &CellSeries<'a>, reporter: Reporter, cells: &[Cell]) {
        let sides = || cells.iter().filter_map(move |cell| Some((cell, cell.side(reporter)?)));
        let mut multipliers = sides().map(|(_, side)| self.paired.series(side).multiplier);
        let Some(multiplier) = multipliers.next() else { return };
        // A series has one UNIT_MULT: if what it is copied from had several, figures stand in units.
        let multiplier = if multipliers.all(|other| other == multiplier) { multiplier } else { 0 };
        let view = if reporter == Reporter::Origin { "RO" } else { "RD" };
        let layout = &self.consolidation.layout;
        self.made.start_series(series.code_numbers(), view, &self.as_reported);
        self.made.series_text(layout.unit, "PS");
        self.made.series_text(layout.multiplier, &multiplier.to_string());
        if let Some(decimals) = sides()
            .find(|(_, side)| side.restricted.is_none())
            .and_then(|(_, side)| decimals(self.paired, side))
        {
            self.made.series_text(layout.decimals, &decimals);
        }
        self.of_stock(series, false);
        let long_term = series.is_long_term();
        for (cell, side) in sides() {
            match side.restricted {
                Some(letter) => self.hidden(cell.period, letter),
                None => self.copy(cell, side, multiplier, long_term),
            }
        }
        self.made.end_series();
    }

    fn copy(&mut self, cell: &Cell, side: &Side, multiplier: u8, long_term: bool) {
        let layout = &self.consolidation.layout;
        let reported = self.paired.series(side);
        let (batch, place) = (self.paired.batch(side), side.observation as usize);
        let as_it_was = reported.multiplier == multiplier;
        let value = if as_it_was { batch.columns.value(place) } else { side.value };
        let observation = self.made.observe(cell.period, value);
        self.made.letter(layout.status, observation, Letters::of_side(side).status());
        self.made.letter(layout.confidentiality, observation, b'F');
        let national = long_term && side.definition == Definition::National;
        for (from, to) in &self.copies[reported.batch as usize] {
            if national && Some(*to) == layout.definition_note {
                continue;
            }
            let column = &batch.columns.observation_attributes[*from];
            let code = column.runs.get(place);
            if code > 0 {
                let made = &mut self.made.observation[*to];
                let code = made.copied(reported.batch, column, code);
                made.put(observation, code);
            }
        }
        if national && let Some(place) = layout.definition_note {
            let text = self.definition(side);
            self.made.text(place, observation, &text);
        }
        let code =
            self.references(References { series: [side.series, NOBODY, NOBODY], carried_from: None }, cell);
        self.made.observation[layout.inputs].put(observation, code);
    }
}

impl Iterator for Rows<'_> {
    type Item = Columns;

    fn next(&mut self) -> Option<Columns> {
        while self.made.len() < BATCH {
            let Some(series) = self.series.next() else { break };
            self.series(&series);
        }
        (self.made.len() > 0).then(|| self.made.take(self.paired, &self.consolidation.layout.numbers))
    }
}

/// The last figure, if it may stand in for a cell in which a side says that there is none.
fn carried(method: &Method, last: Option<&(Cell, Figure)>, cell: &Cell) -> Option<(Cell, Figure)> {
    let (from, figure) = last?;
    let years = cell.period.first_year()? - from.period.first_year()?;
    let silent = [cell.origin, cell.destination].iter().flatten().all(|side| side.value.is_none());
    (silent && years <= i64::from(method.carry_years()))
        .then_some((*from, Figure { rule: Rule::Carried, carried_from: Some(from.period), ..*figure }))
}

fn has_count(side: &Side) -> bool {
    side.count().is_some()
}

fn decimals(paired: &Paired, side: &Side) -> Option<String> {
    let columns = &paired.batch(side).columns;
    let place = columns.shape.series_attribute("DECIMALS")?;
    let column = &columns.series_attributes[place];
    column.get(paired.series(side).series as usize)?.as_text().map(str::to_owned)
}
