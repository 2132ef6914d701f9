//! Where figures come from: the submission behind a batch, and the references that derived rows carry.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use mighub_sdmx::Period;
use mighub_sdmx::source_report::SourceRank;

use crate::dataflow::Input;

/// The vintage of a lane that a batch of columns was read from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    /// The dataflow.
    pub input: Input,
    /// Who sent it.
    pub provider: Arc<str>,
    /// The submission.
    pub submission: Arc<str>,
    /// The vintage of the lane.
    pub version: Arc<str>,
    /// Which provider of one series goes first: 0 is the principal.
    pub rank: u32,
}

/// How good a source is said to be.
pub trait Quality {
    /// The rank of what a provider reports of an area, by FLOW_DIR (`IMM`, `EMI`, or `_Z` for stocks) and period.
    fn rank(&self, source: &Source, area: &str, direction: &str, period: Period) -> SourceRank;
}

impl<F: Fn(&Source, &str, &str, Period) -> SourceRank> Quality for F {
    fn rank(&self, source: &Source, area: &str, direction: &str, period: Period) -> SourceRank {
        self(source, area, direction, period)
    }
}

/// Nobody has said how good a source is: both sides are alike, so the receiver goes first.
#[derive(Clone, Copy, Debug)]
pub struct Ungraded;

impl Quality for Ungraded {
    fn rank(&self, _: &Source, _: &str, _: &str, _: Period) -> SourceRank {
        SourceRank::UNGRADED
    }
}

/// One report that a derived figure rests on: `submission#series key@version`, and `:period` behind the key where it is
/// not the period of the figure itself. Of several, the first is the one whose figure was taken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InputRef {
    /// The submission.
    pub submission: Arc<str>,
    /// The key of the series in its dataflow.
    pub key: Arc<str>,
    /// The period, if the figure was carried from there.
    pub period: Option<Period>,
    /// The vintage of the lane.
    pub version: Arc<str>,
}

/// A text is no reference to an input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no reference to an input: write submission#series key@version, such as 01J0#A.SWE.IMM.PRV.FIN@3"
)]
pub struct InputRefError(pub String);

impl fmt::Display for InputRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [&*self.submission, "#", &*self.key] {
            f.write_str(part)?;
        }
        if let Some(period) = self.period {
            write!(f, ":{period}")?;
        }
        f.write_str("@")?;
        f.write_str(&self.version)
    }
}

impl FromStr for InputRef {
    type Err = InputRefError;

    fn from_str(text: &str) -> Result<Self, InputRefError> {
        let wrong = || InputRefError(text.to_owned());
        let (submission, rest) = text.split_once('#').ok_or_else(wrong)?;
        let (rest, version) = rest.rsplit_once('@').ok_or_else(wrong)?;
        let (key, period) = match rest.split_once(':') {
            Some((key, period)) => (key, Some(Period::parse(period.as_bytes()).map_err(|_| wrong())?)),
            None => (rest, None),
        };
        if submission.is_empty() || key.is_empty() {
            return Err(wrong());
        }
        Ok(Self {
            submission: Arc::from(submission),
            key: Arc::from(key),
            period,
            version: Arc::from(version),
        })
    }
}
