//! Values of parameters, from the artefact and from agreements.

use std::collections::BTreeMap;
use std::sync::Arc;

use mighub_sdmx::Decimal;
use mighub_vtl::{Number, Scalar, ScalarType};
use serde_json::Value;

use super::{ParameterSpec, ParameterType};

/// A value that an agreement cannot give.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// It does not fit its parameter.
    #[error("parameter {id} is of type {expected}; {found:?} is not")]
    OtherType {
        /// The parameter.
        id: String,
        /// Its type.
        expected: &'static str,
        /// What was given.
        found: String,
    },
    /// The rulebook has no such parameter.
    #[error("the rulebook has no parameter {id:?}; it has {known}")]
    Unknown {
        /// What was named.
        id: String,
        /// Those that there are.
        known: String,
    },
}

/// Proves that a rulebook can judge with values that an agreement gives.
pub(super) fn check(
    parameters: &[ParameterSpec],
    given: &BTreeMap<String, String>,
) -> Result<(), ParameterError> {
    for (id, value) in given {
        let Some(parameter) = parameters.iter().find(|parameter| parameter.id == *id) else {
            let known: Vec<&str> = parameters.iter().map(|parameter| &*parameter.id).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(ParameterError::Unknown { id: id.clone(), known });
        };
        scalar_of(parameter, Some(value))?;
    }
    Ok(())
}

impl ParameterType {
    pub(super) fn scalar_type(self) -> ScalarType {
        match self {
            Self::Integer => ScalarType::Integer,
            Self::Number => ScalarType::Number,
            Self::String => ScalarType::String,
            Self::Boolean => ScalarType::Boolean,
        }
    }
}

/// The value of a parameter: as an agreement gives it in text, or else its own.
pub(crate) fn scalar_of(parameter: &ParameterSpec, given: Option<&str>) -> Result<Scalar, ParameterError> {
    let text = match (given, &parameter.value) {
        (Some(text), _) => text.trim().to_owned(),
        (None, Value::String(text)) => text.clone(),
        (None, Value::Number(number)) => number.to_string(),
        (None, Value::Bool(truth)) => truth.to_string(),
        (None, other) => other.to_string(),
    };
    let error = || ParameterError::OtherType {
        id: parameter.id.clone(),
        expected: parameter.value_type.scalar_type().name(),
        found: text.clone(),
    };
    match parameter.value_type {
        ParameterType::String => Ok(Scalar::String(Arc::from(&*text))),
        ParameterType::Boolean => text.parse().map(Scalar::Boolean).map_err(|_| error()),
        ParameterType::Integer => text.parse().map(Scalar::Integer).map_err(|_| error()),
        ParameterType::Number => {
            let decimal = Decimal::parse(text.as_bytes()).map_err(|_| error())?;
            let unscaled = i128::from(decimal.unscaled);
            Ok(Scalar::Number(Number::Exact { unscaled, scale: decimal.scale }))
        }
    }
}
