//! Mirror analysis: where both sides of a corridor report, how far apart they are.
//!
//! What lives here: gaps, ratios and their course. What must not: judgement about who is right.

use std::collections::BTreeMap;

use mighub_sdmx::{Decimal, Period};

use crate::exact;
use crate::figures::{Figures, Shown};
use crate::scope::Corridor;

/// Both reports of a corridor in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The corridor.
    pub corridor: Corridor,
    /// The period.
    pub period: Period,
    /// What the origin reports.
    pub origin: Decimal,
    /// What the destination reports.
    pub destination: Decimal,
    /// How far they are apart.
    pub gap: Decimal,
    /// The same as a share of the larger, 0 to 1.
    pub asymmetry: Decimal,
}

impl Gap {
    /// The destination's figure by the origin's; nothing where one of them is 0.
    pub fn ratio(&self) -> Option<f64> {
        let both = self.origin.unscaled > 0 && self.destination.unscaled > 0;
        both.then(|| exact::to_f64(self.destination) / exact::to_f64(self.origin))
    }
}

/// By what gaps are put in order, the widest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Widest {
    /// By people.
    Absolute,
    /// By the share of the larger figure.
    Relative,
}

/// The middle ratio of destinations' to origins' figures.
#[derive(Clone, Debug, PartialEq)]
pub struct MedianRatio<K> {
    /// Of what: a corridor, or a period.
    pub of: K,
    /// The median; of an even number, the mean of the middle two.
    pub ratio: f64,
    /// How many ratios it is the middle of.
    pub count: usize,
}

/// A corridor whose sides agreed and no longer do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diverging {
    /// The gap of the newest period.
    pub now: Gap,
    /// The widest asymmetry of the periods before.
    pub before: Decimal,
    /// How many periods those were.
    pub periods: usize,
}

/// Corridors with both reports, by corridor and period.
#[derive(Clone, Debug, Default)]
pub struct Mirror {
    gaps: BTreeMap<Corridor, Vec<Gap>>,
}

impl Mirror {
    /// Puts figures of VIEW RO beside those of VIEW RD. Where either is missing or hidden there is no gap, and nothing
    /// is said of the corridor.
    pub fn new(origin: &Figures, destination: &Figures) -> Self {
        let mut gaps = BTreeMap::<Corridor, Vec<Gap>>::new();
        for period in origin.periods() {
            let others = destination.corridors(period);
            for ((from, to), shown) in origin.corridors(period) {
                let corridor = Corridor { origin: from.clone(), destination: to.clone() };
                let (Shown::Figure(left), Some(Shown::Figure(arrived))) = (shown, others.get(&(from, to)))
                else {
                    continue;
                };
                if let Some(gap) = gap(corridor.clone(), period, left, *arrived) {
                    gaps.entry(corridor).or_default().push(gap);
                }
            }
        }
        Self { gaps }
    }

    /// Only corridors that an area is an end of: what its partners report about it.
    pub fn about(&self, area: &str) -> Self {
        let named = self
            .gaps
            .iter()
            .filter(|(corridor, _)| &*corridor.origin == area || &*corridor.destination == area);
        Self { gaps: named.map(|(corridor, gaps)| (corridor.clone(), gaps.clone())).collect() }
    }

    /// All gaps by corridor and period.
    pub fn gaps(&self) -> impl Iterator<Item = &Gap> {
        self.gaps.values().flatten()
    }

    /// The widest gaps of a period, or of all.
    pub fn widest(&self, by: Widest, period: Option<Period>, count: usize) -> Vec<&Gap> {
        let mut gaps: Vec<&Gap> =
            self.gaps().filter(|gap| period.is_none_or(|period| gap.period == period)).collect();
        // A stable sort: gaps that are alike stay by corridor and period.
        gaps.sort_by(|a, b| match by {
            Widest::Absolute => b.gap.compare(a.gap).then_with(|| b.asymmetry.compare(a.asymmetry)),
            Widest::Relative => b.asymmetry.compare(a.asymmetry).then_with(|| b.gap.compare(a.gap)),
        });
        gaps.truncate(count);
        gaps
    }

    /// The median ratio of each corridor over its periods.
    pub fn by_corridor(&self) -> Vec<MedianRatio<Corridor>> {
        let of = |(corridor, gaps): (&Corridor, &Vec<Gap>)| {
            let ratios = gaps.iter().filter_map(Gap::ratio).collect();
            median(corridor.clone(), ratios)
        };
        self.gaps.iter().filter_map(of).collect()
    }

    /// The median ratio of each period over all corridors.
    pub fn over_time(&self) -> Vec<MedianRatio<Period>> {
        let mut ratios = BTreeMap::<Period, Vec<f64>>::new();
        for gap in self.gaps() {
            ratios.entry(gap.period).or_default().extend(gap.ratio());
        }
        ratios.into_iter().filter_map(|(period, ratios)| median(period, ratios)).collect()
    }

    /// Corridors whose newest asymmetry is above a share that none of the earlier periods was above; at least so many
    /// earlier periods must be known. The widest first.
    pub fn diverging(&self, above: Decimal, periods_min: usize) -> Vec<Diverging> {
        let found = |gaps: &Vec<Gap>| {
            let (now, before) = gaps.split_last()?;
            let widest = before.iter().map(|gap| gap.asymmetry).reduce(exact::larger)?;
            let new = now.asymmetry.compare(above).is_gt() && widest.compare(above).is_le();
            (new && before.len() >= periods_min).then(|| Diverging {
                now: now.clone(),
                before: widest,
                periods: before.len(),
            })
        };
        let mut diverging: Vec<Diverging> = self.gaps.values().filter_map(found).collect();
        diverging.sort_by(|a, b| b.now.asymmetry.compare(a.now.asymmetry));
        diverging
    }
}

fn gap(corridor: Corridor, period: Period, origin: Decimal, destination: Decimal) -> Option<Gap> {
    // A negative figure is a correction of something else and has no mirror.
    if origin.unscaled < 0 || destination.unscaled < 0 {
        return None;
    }
    let gap = exact::subtract(exact::larger(origin, destination), exact::smaller(origin, destination))?;
    let asymmetry = exact::asymmetry(origin, destination)?;
    Some(Gap { corridor, period, origin, destination, gap, asymmetry })
}

fn median<K>(of: K, mut ratios: Vec<f64>) -> Option<MedianRatio<K>> {
    ratios.sort_by(f64::total_cmp);
    let count = ratios.len();
    let upper = *ratios.get(count / 2)?;
    let ratio = if count % 2 == 1 { upper } else { f64::midpoint(ratios[count / 2 - 1], upper) };
    Some(MedianRatio { of, ratio, count })
}
