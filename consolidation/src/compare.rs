//! Several methods side by side: what the rule does to a country's totals and to its net migration.

use std::sync::Arc;

use jiff::civil::Date;
use mighub_sdmx::{Decimal, Period};

use crate::aggregate::{End, Net, net};
use crate::exact;
use crate::figures::Figures;

/// One area in one period under several methods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The area or group.
    pub area: Arc<str>,
    /// The period.
    pub period: Period,
    /// Under each method, in the order they were given.
    pub by_method: Vec<Net>,
}

/// What a method changes against the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// On arrivals.
    pub arrivals: Option<Decimal>,
    /// On departures.
    pub departures: Option<Decimal>,
    /// On net migration.
    pub net: Option<Decimal>,
}

impl Comparison {
    /// The effect of each method against the first, where both show a figure.
    pub fn effects(&self) -> Vec<Effect> {
        let Some(first) = self.by_method.first() else { return Vec::new() };
        let less = |a: Option<Decimal>, b: Option<Decimal>| a.zip(b).and_then(|(a, b)| exact::subtract(a, b));
        self.by_method
            .iter()
            .map(|of| Effect {
                arrivals: less(of.arrivals.value, first.arrivals.value),
                departures: less(of.departures.value, first.departures.value),
                net: less(of.value, first.value),
            })
            .collect()
    }
}

/// Compares figures of several methods for some areas or groups in some periods.
pub fn compare(methods: &[&Figures], ends: &[End], periods: &[Period], day: Date) -> Vec<Comparison> {
    let of = |end: &End, period: Period| Comparison {
        area: Arc::from(end.code()),
        period,
        by_method: methods.iter().map(|figures| net(figures, end, period, day)).collect(),
    };
    ends.iter().flat_map(|end| periods.iter().map(move |period| of(end, *period))).collect()
}
