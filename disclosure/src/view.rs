//! What readers see of one figure on its own: nothing if it is small, or a multiple. Cell by cell, so that a table of
//! any size can be read through it as it streams.
//!
//! What lives here: the rule for one cell. What must not: which further cells are hidden for the sake of small ones
//! (`suppress`), which takes a whole table.

use mighub_sdmx::Decimal;
use mighub_sdmx::columns::{AttributeValue, Columns};

use crate::policy::Policy;
use crate::read::matches;
use crate::round::RoundingKey;

/// Attributes that hold figures, too: beside a figure that is rounded or hidden they would tell it.
pub const FIGURE_ATTRIBUTES: [&str; 8] = [
    "PRE_BREAK_VALUE",
    "CENSOR_LOWER",
    "CENSOR_UPPER",
    "RO_VALUE",
    "RD_VALUE",
    "ASYMMETRY",
    "LOWER",
    "UPPER",
];

/// What is seen of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Nothing: it is small.
    Small,
    /// This.
    Figure(Decimal),
}

/// A policy's rule for single cells.
#[derive(Clone, Copy, Debug)]
pub struct CellView<'p> {
    policy: &'p Policy,
    key: Option<&'p RoundingKey>,
}

impl<'p> CellView<'p> {
    /// The rule of a policy. Without a key figures are not rounded, whatever the policy says.
    pub fn new(policy: &'p Policy, key: Option<&'p RoundingKey>) -> Self {
        Self { policy, key }
    }

    /// Whether the policy concerns the figures of a series.
    pub fn concerns(&self, columns: &Columns, series: usize) -> bool {
        matches(columns, series, &self.policy.concerns).all(|matches| matches)
    }

    /// What is seen of a figure of a series that the policy concerns. `cell` names the cell as tables do; it is asked
    /// for only where rounding needs it.
    pub fn seen(&self, value: Decimal, cell: impl FnOnce() -> String) -> Seen {
        // `7.0` and `7` are one figure and must be rounded to one: two draws tell more than one.
        let value = shortest(value);
        let (figure, unit) = (i128::from(value.unscaled), unit_of(value));
        let minimum = i128::from(self.policy.minimum_cell) * unit;
        if figure < minimum && (figure > 0 || (figure == 0 && self.policy.zeros_count)) {
            return Seen::Small;
        }
        let (Some(base), Some(key)) = (self.policy.rounding, self.key) else { return Seen::Figure(value) };
        let mut rounded = key.round(figure, base, unit, &cell());
        if figure >= minimum && rounded < minimum {
            // Below the minimum only one figure can be meant that is not small: it would be told by being there.
            rounded += base.number() * unit;
        }
        // A multiple next to a number of at most 18 digits.
        let seen = i64::try_from(rounded).map_or(value, |unscaled| Decimal { unscaled, scale: value.scale });
        Seen::Figure(shortest(seen))
    }

    /// CENSOR_LOWER and CENSOR_UPPER of a small figure, if the policy says that they are given.
    pub fn bounds(&self) -> Option<(AttributeValue, AttributeValue)> {
        let policy = self.policy;
        let low = u8::from(!policy.zeros_count).to_string();
        let high = policy.minimum_cell.saturating_sub(1).to_string();
        policy.bounds.then(|| (AttributeValue::text(&low), AttributeValue::text(&high)))
    }
}

/// The name of a cell: its codes joined by points, and its period, as tables print it.
pub fn cell_name(columns: &Columns, series: usize, observation: usize) -> String {
    let mut name = String::with_capacity(64);
    for (place, code) in columns.key(series).codes().enumerate() {
        if place > 0 {
            name.push('.');
        }
        name.push_str(code);
    }
    let period = columns.periods[observation];
    if period != mighub_sdmx::Period::ANY {
        name.push(' ');
        name.push_str(&period.to_string());
    }
    name
}

/// The same number without zeros at its end.
fn shortest(mut value: Decimal) -> Decimal {
    while value.scale > 0 && value.unscaled % 10 == 0 {
        value = Decimal { unscaled: value.unscaled / 10, scale: value.scale - 1 };
    }
    value
}

fn unit_of(value: Decimal) -> i128 {
    10i128.pow(u32::from(value.scale).min(18))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::RoundingBase;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_figure_is_hidden_or_rounded_and_a_multiple_never_says_that_it_is_the_least_that_is_shown(
            figure in -50i64..200,
            zeros in 0u8..3,
            minimum_cell in 0u64..12,
            zeros_count: bool,
            base in proptest::sample::select(&[None, Some(RoundingBase::Three), Some(RoundingBase::Five)][..]),
        ) {
            let policy = Policy { minimum_cell, zeros_count, rounding: base, ..Policy::default() };
            let key = RoundingKey::derive(b"a secret of sixteen bytes or more");
            let view = CellView::new(&policy, Some(&key));
            let cell = || "A.SWE 2024".to_owned();
            let seen = view.seen(Decimal::integer(figure), cell);
            let longer = Decimal { unscaled: figure * 10i64.pow(zeros.into()), scale: zeros };
            prop_assert_eq!(view.seen(longer, cell), seen, "one figure written twice");
            match seen {
                Seen::Small => prop_assert!(policy.is_small(figure.into())),
                Seen::Figure(seen) => {
                    prop_assert!(!policy.is_small(figure.into()));
                    let number = base.map_or(1, RoundingBase::number) as i64;
                    prop_assert_eq!(seen.scale, 0);
                    prop_assert_eq!(seen.unscaled % number, 0);
                    prop_assert!((seen.unscaled - figure).abs() < number);
                    prop_assert!(figure <= 0 || seen.unscaled >= minimum_cell as i64);
                }
            }
        }
    }
}
