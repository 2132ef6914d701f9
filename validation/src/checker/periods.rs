//! Periods: whether their form fits the frequency, and whether areas and codes were valid in them.

use std::sync::Arc;

use mighub_sdmx::columns::Columns;
use mighub_sdmx::period::{Form, Period};
use mighub_sdmx::structure::{Code, DataDefinition};

use super::collector::{Collector, Details};
use crate::rules::structure;

const SECONDS_PER_DAY: i64 = 86_400;
/// Statuses of values that nobody counted at the time: estimated, forecast, imputed. They may be back-casts
/// for the area of another time (DETAILS F31).
const ESTIMATES: [&str; 3] = ["E", "F", "I"];

/// A frequency by its code, the forms of its periods, an example, and the days of a range that is as long.
struct Frequency {
    code: &'static str,
    forms: &'static [Form],
    example: &'static str,
    days: (i64, i64),
}

const fn frequency(
    code: &'static str,
    forms: &'static [Form],
    example: &'static str,
    days: (i64, i64),
) -> Frequency {
    Frequency { code, forms, example, days }
}

/// Frequencies of the SDMX code list whose periods have forms of their own. All others go with any period.
const FREQUENCIES: [Frequency; 11] = [
    frequency("A", &[Form::Year, Form::ReportingYear], "2024", (364, 366)),
    frequency("A5", &[Form::Year, Form::ReportingYear], "2020 or 2020-01-01/P5Y", (1825, 1827)),
    frequency("A10", &[Form::Year, Form::ReportingYear], "2020 or 2020-01-01/P10Y", (3651, 3654)),
    frequency("S", &[Form::ReportingSemester], "2024-S1", (181, 184)),
    frequency("T", &[Form::ReportingTrimester], "2024-T1", (120, 123)),
    frequency("Q", &[Form::ReportingQuarter], "2024-Q3", (89, 92)),
    frequency("M", &[Form::Month, Form::ReportingMonth], "2024-07", (28, 31)),
    frequency("W", &[Form::ReportingWeek], "2024-W31", (7, 7)),
    frequency("D", &[Form::Day, Form::ReportingDay], "2024-07-31", (1, 1)),
    frequency("B", &[Form::Day, Form::ReportingDay], "2024-07-31", (1, 1)),
    frequency("H", &[Form::DateTime, Form::DateTimeUtc], "2024-07-31T12:00:00", (0, 0)),
];

/// What a dataflow's periods are judged by.
pub(super) struct Periods {
    time: Option<Arc<str>>,
    frequency: Option<usize>,
    status: Option<usize>,
    dated: Vec<Dated>,
    /// Forms that fit each code of the frequency in the batch at hand, one bit each.
    masks: Vec<u16>,
}

/// A dimension whose codes have days of validity that count.
struct Dated {
    place: usize,
    id: Arc<str>,
    is_area: bool,
}

impl Periods {
    pub(super) fn new(definition: &DataDefinition) -> Self {
        let reporting = definition.dimension("REF_AREA").and_then(|area| area.coded_by.codelist());
        let mut dated = Vec::new();
        for (place, dimension) in definition.dimensions.iter().enumerate() {
            let Some(list) = dimension.coded_by.codelist() else { continue };
            let has_dates = |code: &Code| code.validity.from.is_some() || code.validity.to.is_some();
            let is_area = &*dimension.id == "REF_AREA";
            // People born in a former country are counted for ever: other areas than the reporting one are
            // never out of date.
            let is_other_area =
                !is_area && (&*list.identity.id == "CL_AREA" || reporting.is_some_and(|areas| areas == list));
            if list.codes().iter().any(has_dates) && !is_other_area {
                dated.push(Dated { place, id: dimension.id.clone(), is_area });
            }
        }
        Self {
            time: definition.time.clone(),
            frequency: definition.dimensions.iter().position(|dimension| &*dimension.id == "FREQ"),
            status: definition.shape.observation_attribute("OBS_STATUS"),
            dated,
            masks: Vec::new(),
        }
    }

    /// Reports periods that are not of the frequency of their series.
    pub(super) fn judge_forms(&mut self, definition: &DataDefinition, collector: &mut Collector<'_>) {
        let (Some(time), Some(place)) = (&self.time, self.frequency) else { return };
        let columns = collector.columns;
        let column = &columns.dimensions[place];
        self.masks.clear();
        let list = definition.dimensions[place].coded_by.codelist();
        // Of a frequency that is not in the list nobody knows what it means.
        let is_known = |code: &str| list.is_none_or(|list| list.get(code).is_some());
        self.masks.extend(column.codes.iter().map(|code| if is_known(code) { mask(code) } else { u16::MAX }));
        for (series, index) in column.index.iter().enumerate() {
            let mask = self.masks[*index as usize];
            let observations = columns.observations(series);
            let others = columns.periods[observations.clone()]
                .iter()
                .fold(0, |others, period| others | !(mask >> form_of(*period)) & 1);
            if others != 0 {
                let code = &column.codes[*index as usize];
                observations.for_each(|observation| judge_form(code, time, (series, observation), collector));
            }
        }
    }

    /// Reports periods in which a code of the series was not valid.
    pub(super) fn judge_validity(&self, definition: &DataDefinition, collector: &mut Collector<'_>) {
        let columns = collector.columns;
        for dated in &self.dated {
            let list = definition.dimensions[dated.place].coded_by.codelist();
            let column = &columns.dimensions[dated.place];
            let days = |code: &Arc<str>| {
                let code = list?.get(code)?;
                let (from, to) = (code.valid_from(), code.valid_to());
                (from.is_some() || to.is_some()).then_some((from, to))
            };
            let days: Vec<_> = column.codes.iter().map(days).collect();
            for (series, index) in column.index.iter().enumerate() {
                let Some(days) = days[*index as usize] else { continue };
                let code = &column.codes[*index as usize];
                for observation in columns.observations(series) {
                    self.judge_day(dated, code, days, (series, observation), collector);
                }
            }
        }
    }

    fn judge_day(
        &self,
        dated: &Dated,
        code: &str,
        (from, to): (Option<i64>, Option<i64>),
        at: (usize, usize),
        collector: &mut Collector<'_>,
    ) {
        let period = collector.columns.periods[at.1];
        let Some(first_day) = period.first_day() else { return };
        let ended = to.filter(|to| first_day > *to);
        let not_begun = from.filter(|from| period.end() <= from * SECONDS_PER_DAY);
        let (day, rule) = match (ended, not_begun, dated.is_area) {
            (Some(day), _, true) => (day, &structure::AREA_NO_LONGER_VALID),
            (_, Some(day), true) => (day, &structure::AREA_NOT_YET_VALID),
            (Some(day), _, false) | (_, Some(day), false) => (day, &structure::CODE_NOT_VALID),
            (None, None, _) => return,
        };
        if dated.is_area && self.is_estimate(collector.columns, at.1) {
            return;
        }
        let mark = i64::from(ended.is_some());
        collector.observation(rule, &dated.id, at, mark, || {
            let word = if ended.is_some() { "until" } else { "from" };
            let day = Period::new(Form::Day, day);
            Details {
                found: code.to_owned(),
                expected: format!("a code that was valid in {period}; {code} is {word} {day}"),
                ..Details::default()
            }
        });
    }

    fn is_estimate(&self, columns: &Columns, observation: usize) -> bool {
        let status = self.status.and_then(|place| columns.observation_attributes[place].get(observation));
        status.and_then(|status| status.as_text()).is_some_and(|status| ESTIMATES.contains(&status))
    }
}

fn judge_form(code: &str, time: &Arc<str>, at: (usize, usize), collector: &mut Collector<'_>) {
    let period = collector.columns.periods[at.1];
    if mask(code) >> form_of(period) & 1 == 1 {
        return;
    }
    let Some(frequency) = FREQUENCIES.iter().find(|frequency| frequency.code == code) else { return };
    let days = (period.end() - period.start()) / SECONDS_PER_DAY;
    if period.form() == Form::Range && (frequency.days.0..=frequency.days.1).contains(&days) {
        return;
    }
    collector.observation(&structure::PERIOD_AND_FREQUENCY, time, at, period.form() as i64, || {
        let fits = FREQUENCIES.iter().find(|other| other.forms.contains(&period.form()));
        let remedy = fits
            .map(|fits| format!("Write {} in FREQ, or a period such as {}.", fits.code, frequency.example));
        Details {
            found: period.to_string(),
            expected: format!("a period such as {} for FREQ {code}", frequency.example),
            remedy,
            ..Details::default()
        }
    });
}

/// The forms that go with a frequency, one bit each.
fn mask(code: &str) -> u16 {
    let frequency = FREQUENCIES.iter().find(|frequency| frequency.code == code);
    frequency.map_or(u16::MAX, |frequency| {
        frequency.forms.iter().fold(1 << Form::Any as u8, |mask, form| mask | 1 << *form as u8)
    })
}

fn form_of(period: Period) -> u8 {
    (period.packed() & 15) as u8
}
