//! From the result of a rule to findings: counts, cells, and the sum in words.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use mighub_sdmx::period::Period;
use mighub_sdmx::structure::DataDefinition;
use mighub_vtl::dataset::Column;
use mighub_vtl::time::TimePeriod;
use mighub_vtl::{Dataset, Scalar};

use super::affected::Affected;
use super::cells::Cells;
use super::figure::{Figure, in_words};
use super::held::Loaded;
use super::template;
use crate::finding::{OBSERVATIONS_LISTED, RuleCount};
use crate::findings::{Entry, Findings, clip};
use crate::rule::{AnyRule, FIRST_LANGUAGE};
use crate::rulebook::{Prepared, PreparedRule, ResultParts};

/// Parts of a sum that are written out; of more only the number is told.
const PARTS_WRITTEN: usize = 12;

/// Tells what rules found in one slice.
pub(super) struct Teller<'j> {
    definition: &'j DataDefinition,
    lane: &'j Loaded,
    periods: &'j [&'j HashMap<i64, Period>],
    scalars: &'j BTreeMap<Arc<str>, Scalar>,
    affected: Option<&'j Affected>,
    cells: OnceCell<Cells<'j>>,
}

/// Where the columns of a result stand.
struct Layout {
    /// Per dimension, a column or the code that the rule gives.
    key: Vec<Result<usize, Arc<str>>>,
    time: Option<usize>,
    truth: usize,
    ruleid: Option<usize>,
}

/// One row of a result.
struct Item<'r> {
    result: &'r Dataset,
    row: usize,
    key: Vec<Arc<str>>,
    period: i64,
    ruleid: Arc<str>,
}

impl<'j> Teller<'j> {
    pub(super) fn new(
        prepared: &'j Prepared,
        lane: &'j Loaded,
        periods: &'j [&'j HashMap<i64, Period>],
        scalars: &'j BTreeMap<Arc<str>, Scalar>,
        affected: Option<&'j Affected>,
    ) -> Self {
        Self { definition: &prepared.definition, lane, periods, scalars, affected, cells: OnceCell::new() }
    }

    /// Counts the items of a rule and tells those that fail.
    pub(super) fn tell(
        &self,
        place: usize,
        rule: &PreparedRule,
        result: &Dataset,
        count: &mut RuleCount,
        findings: &mut Findings,
    ) {
        let Some(layout) = self.layout(rule, result) else {
            "its result has no bool_var".clone_into(&mut count.not_run);
            return;
        };
        let Column::Booleans(truth) = &result.columns()[layout.truth] else { return };
        for row in 0..result.rows() {
            let ruleid = layout.ruleid.map_or_else(|| Arc::from(""), |column| text(result, row, column));
            if !rule.spec.ruleids.is_empty() && !rule.spec.ruleids.iter().any(|id| **id == *ruleid) {
                continue;
            }
            let is_known = truth.valid.get(row);
            let holds = truth.truth.get(row);
            if (!is_known || holds) && self.affected.is_none() {
                count.items += 1;
                *if is_known { &mut count.passed } else { &mut count.undecided } += 1;
                continue;
            }
            let key = self.key(result, row, &layout);
            if let Some(affected) = self.affected
                && !affected.concerns(place, &key.iter().collect::<Vec<_>>())
            {
                continue;
            }
            count.items += 1;
            match (is_known, holds) {
                (false, _) => count.undecided += 1,
                (true, true) => count.passed += 1,
                (true, false) => {
                    count.failed += 1;
                    let period = layout.time.map_or(0, |column| packed(result, row, column));
                    findings.add(self.entry(rule, &Item { result, row, key, period, ruleid }));
                }
            }
        }
    }

    fn layout(&self, rule: &PreparedRule, result: &Dataset) -> Option<Layout> {
        let structure = result.structure();
        let code = |id: &Arc<str>| match structure.position(id) {
            Some(column) => Ok(column),
            None => Err(rule.spec.about.get(&**id).map_or_else(|| Arc::from(""), |code| Arc::from(&**code))),
        };
        Some(Layout {
            key: self.definition.dimensions.iter().map(|dimension| code(&dimension.id)).collect(),
            time: self.definition.time.as_ref().and_then(|id| structure.position(id)),
            truth: structure.position("bool_var")?,
            ruleid: structure.position("ruleid"),
        })
    }

    fn key(&self, result: &Dataset, row: usize, layout: &Layout) -> Vec<Arc<str>> {
        let code = |place: &Result<usize, Arc<str>>| match place {
            Ok(column) => text(result, row, *column),
            Err(code) => code.clone(),
        };
        layout.key.iter().map(code).collect()
    }

    fn entry(&self, rule: &PreparedRule, item: &Item<'_>) -> Entry {
        let component: Arc<str> = Arc::from(rule.spec.component());
        let mut entry = Entry {
            key: Some(Arc::from(&*item.key)),
            component: component.clone(),
            part: if rule.spec.parts.is_some() { item.ruleid.clone() } else { Arc::from("") },
            ..Entry::of(AnyRule::OfBook(rule.rule.clone()))
        };
        let row = self.cells().find(&item.key, item.period);
        entry.main_row = row.and_then(|row| self.row(row));
        entry.observed(self.period(item.period), entry.main_row);
        if let Some(row) = row {
            entry.found = match self.cells().value(row, &component) {
                Scalar::Null => String::new(),
                value => clip(&self.words_of(&value)),
            };
        }
        let value_of = |name: &str| self.value_of(item, name);
        entry.expected = template::fill(&rule.spec.expected, value_of);
        entry.arithmetic = template::fill(&rule.spec.arithmetic, value_of);
        if let Some(parts) = &rule.spec.parts {
            self.sum(rule, parts, item, &mut entry);
            self.year_before(item, &mut entry);
        }
        entry
    }

    /// What a name in a template stands for.
    fn value_of(&self, item: &Item<'_>, name: &str) -> Option<String> {
        let Some(column) = item.result.structure().position(name) else {
            return self.scalars.get(name).map(in_words);
        };
        let value = item.result.value(item.row, column);
        Some(match (&value, self.definition.dimension(name)) {
            (Scalar::String(code), Some(_)) => self.label(name, code),
            _ => self.words_of(&value),
        })
    }

    /// Periods as they came, other values as people read them.
    fn words_of(&self, value: &Scalar) -> String {
        let period = match value {
            Scalar::TimePeriod(period) => self.period(period.packed()),
            _ => None,
        };
        period.map_or_else(|| in_words(value), |period| period.to_string())
    }

    /// The sum of a hierarchy in words, with its cells: `Female 12 + Male 10 = 22, Total 23`.
    fn sum(&self, rule: &PreparedRule, of: &ResultParts, item: &Item<'_>, entry: &mut Entry) {
        let Some(place) = self.definition.dimensions.iter().position(|dimension| *dimension.id == *of.over)
        else {
            return;
        };
        let Some(parts) = rule.parts.get(&item.ruleid) else { return };
        let mut words = String::new();
        let mut sum = Some(Figure::ZERO);
        let mut count = 0;
        for (is_negative, code) in &parts.items {
            // Parts that only count as zero are not in the data.
            let Some((key, row)) = self.part(of, item, place, code) else { continue };
            let value = self.cells().value(row, &self.definition.measure.id);
            let figure = Figure::of(&value);
            let signed = figure.map(|figure| if *is_negative { figure.negated() } else { figure });
            sum = sum.zip(signed).and_then(|(sum, part)| sum.plus(part));
            if count < PARTS_WRITTEN {
                let sign = match (count, is_negative) {
                    (0, false) => "",
                    (0, true) => "-",
                    (_, false) => " + ",
                    (_, true) => " - ",
                };
                let figure = figure.map_or_else(|| self.hidden(row), |figure| figure.to_string());
                words.push_str(&format!("{sign}{} {figure}", self.label(&of.over, &key[place])));
            }
            count += 1;
            if entry.others.len() < OBSERVATIONS_LISTED {
                entry.others.extend(self.period(item.period).map(|period| (Arc::from(&*key), period)));
            }
            entry.add_row(self.row(row));
            entry.occurrences += 1;
        }
        if count > PARTS_WRITTEN {
            words.push_str(&format!(" + {} more", count - PARTS_WRITTEN));
        }
        let imbalance = item.result.structure().position("imbalance");
        let difference = imbalance.and_then(|column| Figure::of(&item.result.value(item.row, column)));
        // Hidden parts have no sum, but a bound.
        let whole = self.cells().find(&item.key, item.period);
        let whole = whole.and_then(|row| Figure::of(&self.cells().value(row, &self.definition.measure.id)));
        let bound = || whole.zip(difference).and_then(|(whole, difference)| whole.plus(difference.negated()));
        let total = sum.or_else(bound).map(|sum| format!("{}{sum}", parts.bound)).unwrap_or_default();
        let equals = match sum {
            _ if count < 2 || total.is_empty() => String::new(),
            Some(sum) => format!(" = {sum}"),
            None => format!(" = {total}"),
        };
        let found = whole.map_or_else(|| "hidden".to_owned(), |whole| whole.to_string());
        entry.arithmetic = format!("{words}{equals}, {} {found}", self.label(&of.over, &item.key[place]));
        if let Some(difference) = difference {
            entry.arithmetic.push_str(&format!("; difference {}", difference.abs()));
        }
        if let Some(tolerance) = self.scalars.get(&*of.tolerance) {
            entry.arithmetic.push_str(&format!(", tolerance {}", in_words(tolerance)));
        }
        entry.expected = total;
    }

    /// Where a part of a sum stands: under its own code, or under the one that stands for it.
    fn part(
        &self,
        of: &ResultParts,
        item: &Item<'_>,
        place: usize,
        code: &Arc<str>,
    ) -> Option<(Vec<Arc<str>>, usize)> {
        let instead = of.instead.get(&**code).and_then(|id| {
            let place = self.definition.dimensions.iter().position(|dimension| *dimension.id == **id)?;
            item.key.get(place)
        });
        [Some(code), instead].into_iter().flatten().find_map(|code| {
            let mut key = item.key.clone();
            key[place] = code.clone();
            let row = self.cells().find(&key, item.period)?;
            Some((key, row))
        })
    }

    /// What is known of a hidden value.
    fn hidden(&self, row: usize) -> String {
        let bound = |id| Figure::of(&self.cells().value(row, id));
        match (bound("CENSOR_LOWER"), bound("CENSOR_UPPER")) {
            (Some(lower), Some(upper)) => format!("hidden ({lower} to {upper})"),
            (None, Some(upper)) => format!("hidden (at most {upper})"),
            (Some(lower), None) => format!("hidden (at least {lower})"),
            (None, None) => "hidden".to_owned(),
        }
    }

    /// What stood there a year before.
    fn year_before(&self, item: &Item<'_>, entry: &mut Entry) {
        if self.definition.time.is_none() || entry.arithmetic.is_empty() {
            return;
        }
        let period = TimePeriod::from_packed(item.period);
        let before = TimePeriod::new(period.frequency(), period.year() - 1, period.number());
        if let Some(row) = self.cells().find(&item.key, before.packed()) {
            let value = self.cells().value(row, &self.definition.measure.id);
            if !value.is_null() {
                entry.arithmetic.push_str(&format!("; a year before {}", in_words(&value)));
            }
        }
    }

    fn cells(&self) -> &Cells<'j> {
        self.cells.get_or_init(|| Cells::new(&self.lane.dataset, self.definition.dimensions.len()))
    }

    fn row(&self, row: usize) -> Option<u64> {
        self.lane.rows.get(row).copied().filter(|row| *row > 0)
    }

    /// The period as it came: a result may name one that only a reference has.
    fn period(&self, packed: i64) -> Option<Period> {
        self.periods.iter().find_map(|periods| periods.get(&packed).copied())
    }

    fn label(&self, dimension: &str, code: &str) -> String {
        let known = self.definition.dimension(dimension).and_then(|dimension| dimension.code(code));
        let label = known.and_then(|code| code.names.best(FIRST_LANGUAGE)).unwrap_or(code);
        // What stands in brackets behind a name explains it; sums are long enough without.
        match label.strip_suffix(')').and_then(|label| label.rsplit_once(" (")) {
            Some((name, _)) => name.to_owned(),
            None => label.to_owned(),
        }
    }
}

fn text(result: &Dataset, row: usize, column: usize) -> Arc<str> {
    match &result.columns()[column] {
        Column::Strings(strings) => {
            strings.dictionary.get(strings.codes[row] as usize).cloned().unwrap_or_else(|| Arc::from(""))
        }
        _ => Arc::from(in_words(&result.value(row, column))),
    }
}

fn packed(result: &Dataset, row: usize, column: usize) -> i64 {
    match &result.columns()[column] {
        Column::Fixed(fixed) => fixed.values[row],
        _ => 0,
    }
}
