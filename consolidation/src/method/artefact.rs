//! A method as an artefact: read with its limits, written in one form, named by a digest.

use mighub_sdmx::Decimal;

use super::fit::{ITERATIONS_MAX, MARGINS_MAX};
use super::{Correction, Fitting, Method, QualityRule};

/// Bytes of a method's JSON; tables of factors and margins are what is long in it.
pub const METHOD_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Factors of one method: two directions of 250 areas for some periods.
const FACTORS_MAX: usize = 20_000;
/// Years a figure may be carried at most: DESIGN allows two where somebody turns it on.
const CARRY_YEARS_MAX: u8 = 2;
/// Digits behind the point that modelled figures may keep.
const DIGITS_MAX: u8 = 6;

/// Why something is no method.
#[derive(Debug, thiserror::Error)]
pub enum MethodError {
    /// Too long.
    #[error("a method has at most {METHOD_BYTES_MAX} bytes")]
    TooLong,
    /// Not the JSON of a method.
    #[error("this is no method: {0}")]
    Json(#[from] serde_json::Error),
    /// A parameter is out of its range.
    #[error("the parameter {parameter} is {found}: {remedy}")]
    Parameter {
        /// Which.
        parameter: &'static str,
        /// What it is.
        found: String,
        /// What it may be.
        remedy: String,
    },
    /// Two methods with one code would fill the same rows.
    #[error("the method {0} stands twice: rows of one CONS_METHOD come from one set of parameters")]
    Twice(&'static str),
    /// The columns asked for lack something that derived rows need.
    #[error("the data structure of {target} has no {component}")]
    Shape {
        /// The derived dataflow.
        target: &'static str,
        /// The dimension or attribute.
        component: &'static str,
    },
}

impl Method {
    /// Reads a method and checks its parameters.
    pub fn from_json(bytes: &[u8]) -> Result<Self, MethodError> {
        if bytes.len() > METHOD_BYTES_MAX {
            return Err(MethodError::TooLong);
        }
        let method: Self = serde_json::from_slice(bytes)?;
        method.check()?;
        Ok(method)
    }

    /// Its canonical form: JSON with the parameters in their order, tables sorted, no spaces.
    pub fn canonical(&self) -> Vec<u8> {
        let mut method = self.clone();
        method.sort();
        serde_json::to_vec(&method).expect("texts and numbers can always be written")
    }

    /// The digest of the canonical form: it names the method with its parameters.
    pub fn digest(&self) -> blake3::Hash {
        blake3::hash(&self.canonical())
    }

    /// Whether every parameter is within its range.
    pub fn check(&self) -> Result<(), MethodError> {
        match self {
            Self::M0 {} | Self::M2 {} => Ok(()),
            Self::M1(quality) => check_quality(quality),
            Self::M3(correction) => check_correction(correction),
            Self::M4(fitting) => check_fitting(fitting),
        }
    }

    fn sort(&mut self) {
        match self {
            Self::M3(correction) => correction.factors.sort_by(|a, b| {
                let order = |f: &super::Factor| (f.area.clone(), f.direction.clone(), f.from, f.to);
                order(a).cmp(&order(b))
            }),
            Self::M4(fitting) => {
                fitting.margins.sort();
                fitting.base.sort();
            }
            _ => {}
        }
    }
}

fn check_quality(quality: &QualityRule) -> Result<(), MethodError> {
    let range = "write a share from 0 to below 1 with at most 6 digits, such as 0.10";
    let tolerance = quality.tolerance;
    let sound = tolerance.unscaled >= 0
        && tolerance.scale <= DIGITS_MAX
        && tolerance.compare(Decimal::integer(1)).is_lt();
    need(sound, "tolerance", tolerance, range)?;
    let years = quality.carry_years;
    need(
        years <= CARRY_YEARS_MAX,
        "carry_years",
        years,
        &format!("at most {CARRY_YEARS_MAX} years; 0 turns it off"),
    )
}

fn check_correction(correction: &Correction) -> Result<(), MethodError> {
    let Correction { digits, factors } = correction;
    need(*digits <= DIGITS_MAX, "digits", digits, "at most 6")?;
    need(factors.len() <= FACTORS_MAX, "factors", factors.len(), &format!("at most {FACTORS_MAX}"))?;
    for factor in factors {
        let above_zero = factor.factor.unscaled > 0 && factor.factor.scale <= DIGITS_MAX;
        need(
            above_zero,
            "factor",
            factor.factor,
            "a factor is above 0, with at most 6 digits: people cannot be negative",
        )?;
        need(factor.from <= factor.to, "from", factor.from, "it lies after `to`")?;
        let known = matches!(&*factor.direction, "IMM" | "EMI" | "_Z");
        need(known, "direction", &factor.direction, "write IMM, EMI, or _Z for stocks")?;
        need(!factor.source.is_empty(), "source", "empty", "say who published the factor")?;
    }
    let mut places: Vec<_> = factors.iter().map(|f| (&f.area, &f.direction, f.from, f.to)).collect();
    places.sort();
    for pair in places.windows(2) {
        let overlap = pair[0].0 == pair[1].0 && pair[0].1 == pair[1].1 && pair[1].2 <= pair[0].3;
        let which = format!("{} {} {}", pair[1].0, pair[1].1, pair[1].2);
        need(!overlap, "factors", which, "two factors for one year: leave one")?;
    }
    Ok(())
}

fn check_fitting(fitting: &Fitting) -> Result<(), MethodError> {
    let inner = !matches!(&*fitting.base, Method::M4(_));
    need(inner, "base", fitting.base.code(), "fit the figures of M0, M1, M2 or M3")?;
    fitting.base.check()?;
    need(
        fitting.base.carry_years() == 0,
        "base",
        "carry_years",
        "carried figures are not fitted: turn carrying off",
    )?;
    need(fitting.digits <= DIGITS_MAX, "digits", fitting.digits, "at most 6")?;
    let iterations = fitting.iterations_max;
    need(
        (1..=ITERATIONS_MAX).contains(&iterations),
        "iterations_max",
        iterations,
        &format!("1 to {ITERATIONS_MAX}"),
    )?;
    let tolerance = fitting.tolerance;
    let sound =
        tolerance.unscaled > 0 && tolerance.scale <= 9 && tolerance.compare(Decimal::integer(1)).is_lt();
    need(sound, "tolerance", tolerance, "above 0 and below 1, with at most 9 digits")?;
    need(
        fitting.margins.len() <= MARGINS_MAX,
        "margins",
        fitting.margins.len(),
        &format!("at most {MARGINS_MAX}"),
    )?;
    for margin in &fitting.margins {
        need(margin.total.unscaled >= 0, "total", margin.total, "a margin is a number of people")?;
        let known = matches!(&*margin.direction, "IMM" | "EMI");
        need(known, "direction", &margin.direction, "write IMM for arrivals, EMI for departures")?;
        need(margin.period().is_some(), "period", &margin.period, "write a period, such as 2014")?;
    }
    Ok(())
}

fn need(
    holds: bool,
    parameter: &'static str,
    found: impl std::fmt::Display,
    remedy: &str,
) -> Result<(), MethodError> {
    if holds {
        return Ok(());
    }
    Err(MethodError::Parameter { parameter, found: found.to_string(), remedy: remedy.to_owned() })
}
