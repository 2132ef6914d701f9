//! Puts derived rows together to columns in canonical form.

use std::sync::Arc;

use mighub_sdmx::columns::{AttributeValue, Columns, DimensionColumn, NO_VALUE, Shape};
use mighub_sdmx::{Decimal, Period};

use super::columns::{MadeColumn, NumberColumn, Numbers};
use super::layout::NUMBERS;
use crate::method::{RULES, Rule};
use crate::pair::{KEY_DIMENSIONS, Paired};

/// Columns while they are made. Series come in canonical order.
#[derive(Debug)]
pub(super) struct Assembler {
    columns: Columns,
    /// Per dimension before VIEW and series, the code's number in the pairing.
    keys: Vec<Vec<u32>>,
    views: Vec<(&'static str, Arc<str>)>,
    pub(super) observation: Vec<MadeColumn>,
    pub(super) series: Vec<MadeColumn>,
    numbers: Numbers,
    number_columns: [NumberColumn; NUMBERS.len()],
    /// Codes of rules in CONS_RULE, by rule; 0 where a rule has none yet.
    rules: [u32; RULES],
}

impl Assembler {
    pub(super) fn new(shape: &Arc<Shape>, key_dimensions: usize) -> Self {
        let made = |count: usize| std::iter::repeat_with(MadeColumn::default).take(count).collect();
        Self {
            keys: vec![Vec::new(); key_dimensions],
            views: Vec::new(),
            observation: made(shape.observation_attributes.len()),
            series: made(shape.series_attributes.len()),
            numbers: Numbers::default(),
            number_columns: Default::default(),
            rules: [0; RULES],
            columns: Columns::new(shape.clone()),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.columns.len()
    }

    pub(super) fn start_series(
        &mut self,
        key: &[u32; KEY_DIMENSIONS],
        view: &'static str,
        method: &Arc<str>,
    ) {
        for (codes, code) in self.keys.iter_mut().zip(key) {
            codes.push(*code);
        }
        self.views.push((view, method.clone()));
    }

    pub(super) fn series_text(&mut self, place: Option<usize>, text: &str) {
        let Some(place) = place else { return };
        let code = self.series[place].code(&AttributeValue::text(text));
        self.series[place].put(self.views.len() - 1, code);
    }

    pub(super) fn end_series(&mut self) {
        self.columns.ends.push(self.columns.len() as u32);
    }

    /// Appends an observation; its attributes follow.
    #[inline]
    pub(super) fn observe(&mut self, period: Period, value: Option<Decimal>) -> usize {
        let place = self.columns.len();
        self.columns.periods.push(period);
        self.columns.unscaled.push(value.map_or(0, |value| value.unscaled));
        self.columns.scales.push(value.map_or(NO_VALUE, |value| value.scale));
        place
    }

    #[inline]
    pub(super) fn letter(&mut self, attribute: usize, observation: usize, letter: u8) {
        let column = &mut self.observation[attribute];
        let code = column.letter(letter);
        column.put(observation, code);
    }

    pub(super) fn text(&mut self, attribute: usize, observation: usize, text: &str) {
        let column = &mut self.observation[attribute];
        let code = column.code(&AttributeValue::text(text));
        column.put(observation, code);
    }

    #[inline]
    pub(super) fn rule(&mut self, attribute: usize, observation: usize, rule: Rule) {
        let (column, code) = (&mut self.observation[attribute], &mut self.rules[rule as usize]);
        if *code == 0 {
            *code = column.code(&AttributeValue::text(rule.code()));
        }
        column.put(observation, *code);
    }

    /// The code of a number in any of [`NUMBERS`].
    #[inline]
    pub(super) fn number_code(&mut self, number: Decimal) -> u32 {
        self.numbers.code(number)
    }

    #[inline]
    pub(super) fn number(&mut self, which: usize, observation: usize, code: u32) {
        self.number_columns[which].put(observation, code);
    }

    /// The columns so far; empty afterwards.
    pub(super) fn take(
        &mut self,
        paired: &Paired,
        number_places: &[Option<usize>; NUMBERS.len()],
    ) -> Columns {
        let shape = self.columns.shape.clone();
        let mut made = std::mem::replace(&mut self.columns, Columns::new(shape));
        self.columns.periods.reserve(made.len());
        self.columns.unscaled.reserve(made.len());
        self.columns.scales.reserve(made.len());
        self.rules = [0; RULES];
        let (series, observations) = (made.series_count(), made.len());
        for (place, keys) in self.keys.iter_mut().enumerate() {
            made.dimensions[place] =
                dimension(std::mem::take(keys), paired.codes()[place].codes(), &paired.ranks()[place]);
        }
        let views = std::mem::take(&mut self.views);
        let after = self.keys.len();
        made.dimensions[after] = named(views.iter().map(|(view, _)| *view));
        made.dimensions[after + 1] = named(views.iter().map(|(_, method)| &**method));
        for (column, making) in made.observation_attributes.iter_mut().zip(&mut self.observation) {
            *column = making.take(observations);
        }
        for (column, making) in made.series_attributes.iter_mut().zip(&mut self.series) {
            *column = making.take(series);
        }
        let numbers = self.numbers.take();
        for (making, place) in self.number_columns.iter_mut().zip(number_places) {
            let column = making.take(&numbers, observations);
            if let Some(place) = place {
                made.observation_attributes[*place] = column;
            }
        }
        made
    }
}

/// A dimension with only the codes that are used, in byte order.
fn dimension(index: Vec<u32>, codes: &[Arc<str>], ranks: &[u32]) -> DimensionColumn {
    let mut place = vec![0u32; codes.len()];
    for code in &index {
        place[*code as usize] = 1;
    }
    let mut used: Vec<u32> = (0..codes.len() as u32).filter(|code| place[*code as usize] > 0).collect();
    used.sort_unstable_by_key(|code| ranks[*code as usize]);
    for (nth, code) in used.iter().enumerate() {
        place[*code as usize] = nth as u32;
    }
    DimensionColumn {
        codes: used.iter().map(|code| codes[*code as usize].clone()).collect(),
        index: index.into_iter().map(|code| place[code as usize]).collect(),
    }
}

fn named<'a>(codes: impl Iterator<Item = &'a str> + Clone) -> DimensionColumn {
    let mut distinct: Vec<&str> = Vec::new();
    for code in codes.clone() {
        if !distinct.contains(&code) {
            distinct.push(code);
        }
    }
    distinct.sort_unstable();
    let place = |code: &str| distinct.iter().position(|known| *known == code).unwrap_or(0) as u32;
    DimensionColumn {
        index: codes.map(place).collect(),
        codes: distinct.into_iter().map(Arc::from).collect(),
    }
}
