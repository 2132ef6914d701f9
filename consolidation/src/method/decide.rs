//! What a method says of one cell.

use mighub_sdmx::source_report::SourceRank;
use mighub_sdmx::{Decimal, Period};

use super::{Correction, Figure, Method, QualityRule, Rule};
use crate::exact;
use crate::pair::{Cell, Reporter};

/// What a decision may ask of a cell beyond its figures.
pub(crate) trait Sides {
    /// The declared quality of a side.
    fn rank(&mut self, reporter: Reporter, period: Period) -> SourceRank;
    /// The area and FLOW_DIR a side reports under.
    fn reports_as(&self, reporter: Reporter) -> (&str, &str);
}

impl Method {
    /// The figure for a cell none of whose sides is restricted; nothing where nobody has a figure. M4 gives what it
    /// fits afterwards.
    pub(crate) fn decide(&self, cell: &Cell, sides: &mut dyn Sides) -> Option<Figure> {
        let count = |reporter| cell.side(reporter).and_then(|side| side.count());
        let (origin, destination) = (count(Reporter::Origin), count(Reporter::Destination));
        if let Self::M3(correction) = self {
            return corrected(correction, origin, destination, cell.period, sides);
        }
        let figure = |value, rule, taken| Some(Figure { value, rule, taken, carried_from: None });
        let (origin, destination) = match (origin, destination) {
            (None, None) => return None,
            (Some(value), None) => return figure(value, Rule::Single, Reporter::Origin),
            (None, Some(value)) => return figure(value, Rule::Single, Reporter::Destination),
            (Some(origin), Some(destination)) => (origin, destination),
        };
        match self {
            Self::M0 {} | Self::M3(_) => figure(destination, Rule::Receiver, Reporter::Destination),
            Self::M2 {} if origin.compare(destination).is_gt() => {
                figure(origin, Rule::Larger, Reporter::Origin)
            }
            Self::M2 {} => figure(destination, Rule::Larger, Reporter::Destination),
            Self::M4(fitting) => fitting.base.decide(cell, sides),
            Self::M1(quality) => {
                let alike = alike(cell);
                if let Some(mean) = agree(quality, origin, destination).filter(|_| alike) {
                    return figure(mean, Rule::Agree, Reporter::Destination);
                }
                let ranks =
                    [Reporter::Origin, Reporter::Destination].map(|side| sides.rank(side, cell.period));
                match ranks[0].cmp(&ranks[1]) {
                    std::cmp::Ordering::Less => figure(origin, Rule::Quality, Reporter::Origin),
                    std::cmp::Ordering::Greater => figure(destination, Rule::Quality, Reporter::Destination),
                    std::cmp::Ordering::Equal => figure(destination, Rule::Receiver, Reporter::Destination),
                }
            }
        }
    }
}

/// Both sides count by one definition: of unlike things no mean is taken.
fn alike(cell: &Cell) -> bool {
    cell.origin.zip(cell.destination).is_none_or(|(a, b)| a.definition == b.definition)
}

/// The mean of two figures that agree; nothing if they do not, or if no mean is to be taken.
pub(crate) fn agree(quality: &QualityRule, a: Decimal, b: Decimal) -> Option<Decimal> {
    if quality.mean && exact::agree(a, b, quality.tolerance) { exact::mean(a, b) } else { None }
}

/// A side with a published factor goes before one without; of two alike, the receiver.
fn corrected(
    correction: &Correction,
    origin: Option<Decimal>,
    destination: Option<Decimal>,
    period: Period,
    sides: &mut dyn Sides,
) -> Option<Figure> {
    let factor = |reporter| {
        let (area, direction) = sides.reports_as(reporter);
        correction.factor(area, direction, period)
    };
    let of = |reporter, value: Option<Decimal>| value.map(|value| (reporter, value, factor(reporter)));
    let both = [of(Reporter::Destination, destination), of(Reporter::Origin, origin)];
    let reported = both.iter().flatten().count();
    let (taken, value, factor) = both.into_iter().flatten().min_by_key(|(_, _, factor)| factor.is_none())?;
    let (value, rule) = match factor {
        Some(factor) => (exact::multiply(value, factor, correction.digits)?, Rule::Scaled),
        None if reported == 1 => (value, Rule::Single),
        None => (value, Rule::Receiver),
    };
    Some(Figure { value, rule, taken, carried_from: None })
}

impl Correction {
    /// The factor for what an area reports in a direction and period.
    pub fn factor(&self, area: &str, direction: &str, period: Period) -> Option<Decimal> {
        let year = period.first_year()?;
        let applies = |factor: &&super::Factor| {
            &*factor.area == area
                && &*factor.direction == direction
                && (i64::from(factor.from)..=i64::from(factor.to)).contains(&year)
        };
        self.factors.iter().find(applies).map(|factor| factor.factor)
    }
}
