//! Detected victims of one country and year, as columns of MIG_TRAFFICKING.

use std::collections::BTreeMap;
use std::sync::Arc;

use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder, Shape};
use mighub_sdmx::{Decimal, Period};

const DIMENSIONS: [&str; 10] = [
    "FREQ",
    "REF_AREA",
    "TIP_INDICATOR",
    "TIP_ROLE",
    "COUNTERPART_AREA",
    "EXPLOITATION",
    "METHOD_OCG",
    "ROUTE",
    "SEX",
    "AGE",
];
const ATTRIBUTES: [&str; 4] = ["OBS_STATUS", "CONF_STATUS", "CENSOR_LOWER", "CENSOR_UPPER"];

/// One figure with its statuses.
#[derive(Clone, Debug)]
pub(crate) struct Victims {
    figure: Option<i64>,
    attributes: [Option<&'static str>; 2],
    censored: [Option<i64>; 2],
}

/// A free figure.
pub(crate) fn shown(figure: i64) -> Victims {
    Victims { figure: Some(figure), attributes: [Some("A"), Some("F")], censored: [None, None] }
}

/// A suppressed one.
pub(crate) fn hidden() -> Victims {
    Victims { figure: None, attributes: [Some("Q"), Some("F")], censored: [None, None] }
}

impl Victims {
    pub(crate) fn at_most(mut self, figure: i64) -> Self {
        self.censored[1] = Some(figure);
        self
    }

    pub(crate) fn at_least(mut self, figure: i64) -> Self {
        self.censored[0] = Some(figure);
        self
    }
}

/// A row: form of exploitation, sex, age.
pub(crate) fn row(
    form: &'static str,
    sex: &'static str,
    age: &'static str,
    victims: Victims,
) -> ([&'static str; 3], Victims) {
    ([form, sex, age], victims)
}

pub(crate) fn columns(rows: &[([&'static str; 3], Victims)]) -> Columns {
    let ids = |ids: &[&str]| ids.iter().map(|id| Arc::from(*id)).collect();
    let shape = Shape {
        dimensions: ids(&DIMENSIONS),
        observation_attributes: ids(&ATTRIBUTES),
        series_attributes: ids(&["UNIT_MEASURE"]),
        timeless: false,
    };
    let mut builder = ColumnsBuilder::new(Arc::new(shape));
    for ([form, sex, age], victims) in rows {
        let key = ["A", "SWE", "VICTIM", "_T", "_T", form, "_T", "_T", sex, age].map(Arc::from);
        builder.start_series_with_key(&key);
        builder.series_attribute(0, Some(&AttributeValue::text("PS")));
        let period = Period::parse(b"2024").expect("a year");
        let [status, confidentiality] = victims.attributes.map(|code| code.map(AttributeValue::text));
        let [lower, upper] =
            victims.censored.map(|bound| bound.map(|bound| AttributeValue::text(&bound.to_string())));
        let attributes = [status, confidentiality, lower, upper];
        builder.observation(period, victims.figure.map(Decimal::integer), |place| attributes[place].as_ref());
        builder.end_series();
    }
    builder.take()
}

/// By form, sex and age: the figure, OBS_STATUS and CONF_STATUS.
pub(crate) fn statuses(columns: &Columns) -> BTreeMap<String, (Option<i64>, String, String)> {
    let text = |attribute: usize, place: usize| {
        let value = columns.observation_attributes[attribute].get(place);
        value.and_then(AttributeValue::as_text).unwrap_or_default().to_owned()
    };
    let key = |series: usize| [5, 8, 9].map(|dimension| &**columns.code(series, dimension)).join(".");
    let figure = |place: usize| columns.value(place).map(|value| value.unscaled);
    (0..columns.len()).map(|place| (key(place), (figure(place), text(0, place), text(1, place)))).collect()
}
