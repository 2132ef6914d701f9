//! Ranges of periods in constraints.

use serde::{Deserialize, Serialize};

use crate::period::{Period, PeriodError};

/// One end of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The period.
    pub period: Period,
    /// Whether it belongs to the range.
    pub is_inclusive: bool,
}

/// Periods that a constraint names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "TimeRangeJson", into = "TimeRangeJson")]
pub enum TimeRange {
    /// All before.
    Before(Bound),
    /// All after.
    After(Bound),
    /// All from the first to the second.
    Between(Bound, Bound),
}

impl Bound {
    fn begins_before(self, period: Period) -> bool {
        let start = if self.is_inclusive { self.period.start() } else { self.period.end() };
        start <= period.start()
    }

    fn ends_after(self, period: Period) -> bool {
        let end = if self.is_inclusive { self.period.end() } else { self.period.start() };
        period.end() <= end
    }
}

impl TimeRange {
    /// Whether a period lies wholly within the range.
    pub fn contains(&self, period: Period) -> bool {
        match self {
            Self::Before(end) => end.ends_after(period),
            Self::After(start) => start.begins_before(period),
            Self::Between(start, end) => start.begins_before(period) && end.ends_after(period),
        }
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TimeRangeJson {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before_period: Option<BoundJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after_period: Option<BoundJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start_period: Option<BoundJson>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end_period: Option<BoundJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BoundJson {
    period: String,
    #[serde(default = "yes")]
    is_inclusive: bool,
}

#[derive(Debug, thiserror::Error)]
enum TimeRangeError {
    #[error("the bound {text:?} of a time range is {source}")]
    Period { text: String, source: PeriodError },
    #[error("a time range has either beforePeriod, or afterPeriod, or startPeriod and endPeriod")]
    Ends,
}

fn yes() -> bool {
    true
}

impl TryFrom<BoundJson> for Bound {
    type Error = TimeRangeError;

    fn try_from(json: BoundJson) -> Result<Self, TimeRangeError> {
        match Period::parse(json.period.as_bytes()) {
            Ok(period) => Ok(Self { period, is_inclusive: json.is_inclusive }),
            Err(source) => Err(TimeRangeError::Period { text: super::id::beginning(&json.period), source }),
        }
    }
}

impl TryFrom<TimeRangeJson> for TimeRange {
    type Error = TimeRangeError;

    fn try_from(json: TimeRangeJson) -> Result<Self, TimeRangeError> {
        match (json.before_period, json.after_period, json.start_period, json.end_period) {
            (Some(end), None, None, None) => Ok(Self::Before(end.try_into()?)),
            (None, Some(start), None, None) => Ok(Self::After(start.try_into()?)),
            (None, None, Some(start), Some(end)) => Ok(Self::Between(start.try_into()?, end.try_into()?)),
            _ => Err(TimeRangeError::Ends),
        }
    }
}

impl From<Bound> for BoundJson {
    fn from(bound: Bound) -> Self {
        Self { period: bound.period.to_string(), is_inclusive: bound.is_inclusive }
    }
}

impl From<TimeRange> for TimeRangeJson {
    fn from(range: TimeRange) -> Self {
        match range {
            TimeRange::Before(end) => Self { before_period: Some(end.into()), ..Self::default() },
            TimeRange::After(start) => Self { after_period: Some(start.into()), ..Self::default() },
            TimeRange::Between(start, end) => {
                Self { start_period: Some(start.into()), end_period: Some(end.into()), ..Self::default() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(text: &str, is_inclusive: bool) -> Bound {
        Bound { period: Period::parse(text.as_bytes()).expect(text), is_inclusive }
    }

    #[test]
    fn a_range_holds_the_periods_that_lie_wholly_within() {
        let cases = [
            (TimeRange::Between(bound("2019", true), bound("2021", true)), "2019-Q1", true),
            (TimeRange::Between(bound("2019", true), bound("2021", true)), "2021", true),
            (TimeRange::Between(bound("2019", true), bound("2021", true)), "2022", false),
            (TimeRange::Between(bound("2019", false), bound("2021", false)), "2020", true),
            (TimeRange::Between(bound("2019", false), bound("2021", false)), "2019-12", false),
            (TimeRange::Between(bound("2019", false), bound("2021", false)), "2021", false),
            (TimeRange::Before(bound("2021", false)), "2020", true),
            (TimeRange::After(bound("2021-06", true)), "2021", false),
        ];
        for (range, period, expected) in cases {
            assert_eq!(range.contains(bound(period, true).period), expected, "{range:?} {period}");
        }
    }
}
