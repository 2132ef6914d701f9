//! Figures as people read them.

use mighub_sdmx::Decimal;
use mighub_vtl::{Number, Scalar};

/// An exact figure: digits and a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Figure {
    unscaled: i128,
    scale: u8,
}

impl Figure {
    pub(super) const ZERO: Self = Self { unscaled: 0, scale: 0 };

    /// The figure of a value; nothing for null, text, and numbers that are not exact.
    pub(super) fn of(value: &Scalar) -> Option<Self> {
        match value {
            Scalar::Integer(value) => Some(Self { unscaled: i128::from(*value), scale: 0 }),
            Scalar::Number(Number::Exact { unscaled, scale }) => {
                Some(Self { unscaled: *unscaled, scale: *scale })
            }
            _ => None,
        }
    }

    fn at_scale(self, scale: u8) -> Option<i128> {
        self.unscaled.checked_mul(10i128.checked_pow(u32::from(scale.checked_sub(self.scale)?))?)
    }

    /// The sum; nothing beyond 38 digits.
    pub(super) fn plus(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        Some(Self { unscaled: self.at_scale(scale)?.checked_add(other.at_scale(scale)?)?, scale })
    }

    /// With the other sign.
    pub(super) fn negated(self) -> Self {
        Self { unscaled: -self.unscaled, ..self }
    }

    /// Without its sign.
    pub(super) fn abs(self) -> Self {
        Self { unscaled: self.unscaled.abs(), ..self }
    }
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (mut unscaled, mut scale) = (self.unscaled, self.scale);
        // Digits that only the scale of a whole column brought in.
        while scale > 0 && unscaled % 10 == 0 {
            (unscaled, scale) = (unscaled / 10, scale - 1);
        }
        match i64::try_from(unscaled) {
            Ok(unscaled) => {
                let mut text = Vec::new();
                Decimal { unscaled, scale }.write(&mut text);
                f.write_str(&String::from_utf8_lossy(&text))
            }
            Err(_) => write!(f, "{unscaled}e-{scale}"),
        }
    }
}

/// A value as people read it.
pub(super) fn in_words(value: &Scalar) -> String {
    match value {
        Scalar::Null => "unknown".to_owned(),
        Scalar::Boolean(truth) => if *truth { "yes" } else { "no" }.to_owned(),
        Scalar::String(text) => text.to_string(),
        Scalar::Number(Number::Float(value)) => {
            let rounded = format!("{value:.1}");
            rounded.strip_suffix(".0").map(str::to_owned).unwrap_or(rounded)
        }
        Scalar::TimePeriod(period) => match period.frequency() {
            mighub_vtl::time::Frequency::Year => period.year().to_string(),
            frequency => format!("{}-{}{}", period.year(), frequency.letter(), period.number()),
        },
        other => Figure::of(other).map(|figure| figure.to_string()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_add_up_exactly_whatever_their_scales() {
        let figure = |unscaled, scale| Figure { unscaled, scale };
        let sum = figure(105, 1).plus(figure(-25, 2)).expect("few digits");
        assert_eq!(sum.to_string(), "10.25");
        assert_eq!(figure(2300, 2).to_string(), "23");
        assert_eq!(figure(-5, 1).abs().to_string(), "0.5");
        assert_eq!(figure(i128::MAX, 0).plus(figure(1, 3)), None);
    }
}
