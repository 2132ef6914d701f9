//! Values of parameters, from the artefact and from agreements.

use std::sync::Arc;

use mighub_sdmx::Decimal;
use mighub_vtl::{Number, Scalar, ScalarType};
use serde_json::Value;

use super::{ParameterSpec, ParameterType};

/// A value that does not fit its parameter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("parameter {id} is of type {expected}; {found} is not")]
pub struct ParameterError {
    /// The parameter.
    pub id: String,
    /// Its type.
    pub expected: &'static str,
    /// What was given.
    pub found: String,
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
    let error = || ParameterError {
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
