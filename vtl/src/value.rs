//! Scalar types, scalar values, components and structures: the information model of VTL.
//!
//! What lives here: what a value, a component and the structure of a data set are. What must not: columns of
//! many values, and what operators do.

use std::fmt;
use std::sync::Arc;

/// Scalar types of VTL (user manual, "Basic scalar types").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScalarType {
    /// Whole numbers; a subtype of number.
    Integer,
    /// Exact decimals, and binary fractions where an operator has no exact result.
    Number,
    /// Text and codes.
    String,
    /// True, false, or null.
    Boolean,
    /// A day, or an instant of one.
    Date,
    /// A regular period: a frequency and a number.
    TimePeriod,
    /// An interval from a day to a day.
    Time,
    /// The length of a regular period.
    Duration,
    /// The type of the literal `null`, which belongs to every type.
    Null,
}

impl ScalarType {
    /// The name in VTL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Number => "number",
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::TimePeriod => "time_period",
            Self::Time => "time",
            Self::Duration => "duration",
            Self::Null => "null",
        }
    }

    /// Whether values are numbers.
    pub fn is_numeric(self) -> bool {
        matches!(self, Self::Integer | Self::Number)
    }

    /// Whether values are points or stretches of time.
    pub fn is_temporal(self) -> bool {
        matches!(self, Self::Date | Self::TimePeriod | Self::Time)
    }

    /// Whether a value of this type can stand where `wanted` is asked, without `cast`: integer → number,
    /// boolean → string, date → time, time_period → time, null → anything.
    pub fn promotes_to(self, wanted: Self) -> bool {
        self == wanted
            || matches!(
                (self, wanted),
                (Self::Integer, Self::Number)
                    | (Self::Boolean, Self::String)
                    | (Self::Date | Self::TimePeriod, Self::Time)
                    | (Self::Null, _)
            )
    }

    /// The type both can be promoted to, if there is one.
    pub fn common(self, other: Self) -> Option<Self> {
        if self.promotes_to(other) {
            Some(other)
        } else if other.promotes_to(self) {
            Some(self)
        } else {
            let both_times = self.is_temporal() && other.is_temporal();
            both_times.then_some(Self::Time)
        }
    }

    /// Name of the measure when an operator changes the type of a data set's only measure.
    pub fn measure_name(self) -> &'static str {
        match self {
            Self::Integer => "int_var",
            Self::Number => "num_var",
            Self::String | Self::Null => "str_var",
            Self::Boolean => "bool_var",
            Self::Date => "date_var",
            Self::TimePeriod => "time_period_var",
            Self::Time => "time_var",
            Self::Duration => "duration_var",
        }
    }
}

impl fmt::Display for ScalarType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a component is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Part of the key; never null.
    Identifier,
    /// What was observed.
    Measure,
    /// What is said about it; dropped by operators on data sets.
    Attribute,
    /// An attribute that operators on data sets keep.
    ViralAttribute,
}

impl Role {
    /// The name in VTL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identifier => "identifier",
            Self::Measure => "measure",
            Self::Attribute => "attribute",
            Self::ViralAttribute => "viral attribute",
        }
    }
}

/// One component of a data set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Component {
    /// Its name, without the quotes it may need in a script. Within the body of a join it may be
    /// `alias#name`.
    pub name: Arc<str>,
    /// What it is for.
    pub role: Role,
    /// Type of its values.
    pub scalar_type: ScalarType,
    /// Whether it may be null; identifiers may not.
    pub nullable: bool,
}

impl Component {
    /// A component that may be null unless it is an identifier.
    pub fn new(name: impl Into<Arc<str>>, role: Role, scalar_type: ScalarType) -> Self {
        Self { name: name.into(), role, scalar_type, nullable: role != Role::Identifier }
    }

    /// Whether it is part of the key.
    pub fn is_identifier(&self) -> bool {
        self.role == Role::Identifier
    }

    /// Whether it is a measure.
    pub fn is_measure(&self) -> bool {
        self.role == Role::Measure
    }
}

/// The components of a data set, in order; names are unique.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Structure {
    components: Vec<Component>,
}

impl Structure {
    /// A structure of these components. Fails with the first name that occurs twice.
    pub fn new(components: Vec<Component>) -> Result<Self, Arc<str>> {
        let mut names = std::collections::HashSet::with_capacity(components.len());
        if let Some(twice) = components.iter().find(|component| !names.insert(component.name.clone())) {
            return Err(twice.name.clone());
        }
        Ok(Self { components })
    }

    /// All components.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// Place of a component.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.components.iter().position(|component| &*component.name == name)
    }

    /// A component by name.
    pub fn component(&self, name: &str) -> Option<&Component> {
        self.components.iter().find(|component| &*component.name == name)
    }

    /// Places and components of one role.
    pub fn of_role(&self, role: Role) -> impl Iterator<Item = (usize, &Component)> {
        self.components.iter().enumerate().filter(move |(_, component)| component.role == role)
    }

    /// Places and components of the key.
    pub fn identifiers(&self) -> impl Iterator<Item = (usize, &Component)> {
        self.of_role(Role::Identifier)
    }

    /// Places and components of the measures.
    pub fn measures(&self) -> impl Iterator<Item = (usize, &Component)> {
        self.of_role(Role::Measure)
    }
}

/// A number: exact as long as it can be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// `unscaled / 10^scale`.
    Exact {
        /// Its digits.
        unscaled: i128,
        /// Digits after the decimal point, at most [`crate::dataset::SCALE_MAX`].
        scale: u8,
    },
    /// The result of an operator without exact results: division, roots, logarithms, deviations.
    Float(f64),
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// Nothing is known.
    Null,
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(Number),
    /// A text.
    String(Arc<str>),
    /// A truth value.
    Boolean(bool),
    /// A day or instant, packed: [`crate::time::Date`].
    Date(crate::time::Date),
    /// A regular period.
    TimePeriod(crate::time::TimePeriod),
    /// An interval.
    Time(crate::time::Interval),
    /// The length of a regular period.
    Duration(crate::time::Frequency),
}

impl Scalar {
    /// The type of the value.
    pub fn scalar_type(&self) -> ScalarType {
        match self {
            Self::Null => ScalarType::Null,
            Self::Integer(_) => ScalarType::Integer,
            Self::Number(_) => ScalarType::Number,
            Self::String(_) => ScalarType::String,
            Self::Boolean(_) => ScalarType::Boolean,
            Self::Date(_) => ScalarType::Date,
            Self::TimePeriod(_) => ScalarType::TimePeriod,
            Self::Time(_) => ScalarType::Time,
            Self::Duration(_) => ScalarType::Duration,
        }
    }

    /// Whether nothing is known.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl fmt::Display for Number {
    /// Exact numbers without zeros at the end, others as short as they read back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unscaled, scale) = match self {
            Self::Float(value) => return write!(f, "{value}"),
            Self::Exact { unscaled, scale } => (unscaled, usize::from(*scale)),
        };
        let digits = format!("{:0width$}", unscaled.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let sign = if *unscaled < 0 { "-" } else { "" };
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            fraction => write!(f, "{sign}{whole}.{fraction}"),
        }
    }
}

impl fmt::Display for Scalar {
    /// As it stands in messages and, but for `null`, in results.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Integer(whole) => write!(f, "{whole}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::String(text) => f.write_str(text),
            Self::Boolean(truth) => write!(f, "{truth}"),
            Self::Date(date) => write!(f, "{date}"),
            Self::TimePeriod(period) => write!(f, "{period}"),
            Self::Time(interval) => write!(f, "{interval}"),
            Self::Duration(frequency) => write!(f, "{frequency}"),
        }
    }
}
