//! Series and observations as elements.

use std::sync::Arc;

use super::pieces::{Piece, Syntax};
use crate::data::MlForm;
use crate::decimal::Decimal;
use crate::period::Period;
use crate::structure::DataDefinition;

/// A series that is open.
#[derive(Clone, Debug)]
pub(super) struct Series {
    key: Vec<u8>,
    attributes: Piece,
    /// Whether its element was begun.
    pub(super) is_begun: bool,
}

impl Series {
    pub(super) fn new(key: Vec<u8>, attributes: Piece) -> Self {
        Self { key, attributes, is_begun: false }
    }

    /// Whether two are the same series with the same attributes.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.key == other.key && self.attributes == other.attributes
    }
}

/// Writes elements in the syntax of a form.
pub(super) struct Parts {
    pub(super) syntax: Syntax,
    /// The time dimension as far as its value.
    time: Vec<u8>,
    /// The dimension at observation as far as its value (generic).
    at_observation: Vec<u8>,
    /// The measure as far as its value.
    measure: Vec<u8>,
    has_time: bool,
}

impl Parts {
    pub(super) fn new(form: MlForm, definition: &DataDefinition, dimension: &Arc<str>) -> Self {
        let syntax = match form {
            MlForm::Generic | MlForm::GenericTimeSeries | MlForm::Generic20 => Syntax::Generic,
            MlForm::Specific30 | MlForm::Specific31 => Syntax::Complex,
            MlForm::Specific21 | MlForm::SpecificTimeSeries21 | MlForm::Compact20 => Syntax::Specific,
        };
        let time = definition.time.as_deref().unwrap_or_default();
        let measure = &definition.measure.id;
        let (time, measure) = match syntax {
            Syntax::Generic => {
                (format!("<gen:Value id=\"{time}\" value=\""), "<gen:ObsValue value=\"".to_owned())
            }
            // The primary measure of 2.1 has this one id.
            Syntax::Specific => (format!(" {time}=\""), " OBS_VALUE=\"".to_owned()),
            Syntax::Complex => (format!(" {time}=\""), format!(" {measure}=\"")),
        };
        let at_observation = match form {
            // Its schema knows no other dimension there and no id.
            MlForm::GenericTimeSeries => "<gen:ObsDimension value=\"".to_owned(),
            _ => format!("<gen:ObsDimension id=\"{dimension}\" value=\""),
        };
        Self {
            syntax,
            time: time.into_bytes(),
            at_observation: at_observation.into_bytes(),
            measure: measure.into_bytes(),
            has_time: definition.time.is_some(),
        }
    }

    /// The end of a dataset's tag with the attributes of the dataset. `provider` stands before all other elements.
    pub(super) fn dataset(&self, attributes: &Piece, provider: &[u8], out: &mut Vec<u8>) {
        if self.syntax != Syntax::Generic {
            out.extend_from_slice(&attributes.inline);
        }
        out.extend_from_slice(b">\n");
        out.extend_from_slice(provider);
        match self.syntax {
            Syntax::Generic => generic_attributes(&attributes.inline, out),
            Syntax::Specific | Syntax::Complex if !attributes.children.is_empty() => {
                out.extend_from_slice(b"<Atts>");
                out.extend_from_slice(&attributes.children);
                out.extend_from_slice(b"</Atts>\n");
            }
            Syntax::Specific | Syntax::Complex => {}
        }
    }

    pub(super) fn begin_series(&self, series: &Series, out: &mut Vec<u8>) {
        match self.syntax {
            Syntax::Generic => {
                out.extend_from_slice(b"<gen:Series><gen:SeriesKey>");
                out.extend_from_slice(&series.key);
                out.extend_from_slice(b"</gen:SeriesKey>");
                generic_attributes(&series.attributes.inline, out);
                out.push(b'\n');
            }
            Syntax::Specific | Syntax::Complex => {
                out.extend_from_slice(b"<Series");
                out.extend_from_slice(&series.key);
                out.extend_from_slice(&series.attributes.inline);
                out.extend_from_slice(b">\n");
                out.extend_from_slice(&series.attributes.children);
            }
        }
    }

    pub(super) fn end_series(&self, is_begun: bool, out: &mut Vec<u8>) {
        if is_begun {
            out.extend_from_slice(match self.syntax {
                Syntax::Generic => b"</gen:Series>\n",
                Syntax::Specific | Syntax::Complex => b"</Series>\n",
            });
        }
    }

    /// An observation of the open series.
    #[inline]
    pub(super) fn observation(
        &self,
        period: Period,
        value: Option<Decimal>,
        tail: &Piece,
        out: &mut Vec<u8>,
    ) {
        match self.syntax {
            Syntax::Generic => {
                out.extend_from_slice(b"<gen:Obs>");
                out.extend_from_slice(&self.at_observation);
                period.write(out);
                out.extend_from_slice(b"\"/>");
                self.generic_rest(value, tail, out);
            }
            Syntax::Specific | Syntax::Complex => {
                out.extend_from_slice(b"<Obs");
                out.extend_from_slice(&self.time);
                period.write(out);
                out.push(b'"');
                self.specific_rest(value, tail, out);
            }
        }
    }

    /// An observation with its whole key.
    pub(super) fn flat(
        &self,
        key: &[u8],
        period: Period,
        value: Option<Decimal>,
        tail: &Piece,
        out: &mut Vec<u8>,
    ) {
        match self.syntax {
            Syntax::Generic => {
                out.extend_from_slice(b"<gen:Obs><gen:ObsKey>");
                out.extend_from_slice(key);
                self.time(period, out);
                out.extend_from_slice(b"</gen:ObsKey>");
                self.generic_rest(value, tail, out);
            }
            Syntax::Specific | Syntax::Complex => {
                out.extend_from_slice(b"<Obs");
                out.extend_from_slice(key);
                self.time(period, out);
                self.specific_rest(value, tail, out);
            }
        }
    }

    /// An observation of a series along another dimension than time.
    pub(super) fn crossed(
        &self,
        code: &str,
        piece: &Piece,
        value: Option<Decimal>,
        tail: &Piece,
        out: &mut Vec<u8>,
    ) {
        match self.syntax {
            Syntax::Generic => {
                out.extend_from_slice(b"<gen:Obs>");
                out.extend_from_slice(&self.at_observation);
                super::pieces::escape(code, out);
                out.extend_from_slice(b"\"/>");
                self.generic_rest(value, tail, out);
            }
            Syntax::Specific | Syntax::Complex => {
                out.extend_from_slice(b"<Obs");
                out.extend_from_slice(&piece.inline);
                self.specific_rest(value, tail, out);
            }
        }
    }

    /// The period as a part of a key; nothing if there is none.
    pub(super) fn time(&self, period: Period, out: &mut Vec<u8>) {
        if !self.has_time || period == Period::ANY {
            return;
        }
        out.extend_from_slice(&self.time);
        period.write(out);
        out.extend_from_slice(if self.syntax == Syntax::Generic { b"\"/>" } else { b"\"" });
    }

    #[inline]
    fn generic_rest(&self, value: Option<Decimal>, tail: &Piece, out: &mut Vec<u8>) {
        if let Some(value) = value {
            out.extend_from_slice(&self.measure);
            value.write(out);
            out.extend_from_slice(b"\"/>");
        }
        generic_attributes(&tail.inline, out);
        out.extend_from_slice(b"</gen:Obs>\n");
    }

    #[inline]
    fn specific_rest(&self, value: Option<Decimal>, tail: &Piece, out: &mut Vec<u8>) {
        if let Some(value) = value {
            out.extend_from_slice(&self.measure);
            value.write(out);
            out.push(b'"');
        }
        out.extend_from_slice(&tail.inline);
        if tail.children.is_empty() {
            out.extend_from_slice(b"/>\n");
        } else {
            out.push(b'>');
            out.extend_from_slice(&tail.children);
            out.extend_from_slice(b"</Obs>\n");
        }
    }
}

fn generic_attributes(values: &[u8], out: &mut Vec<u8>) {
    if !values.is_empty() {
        out.extend_from_slice(b"<gen:Attributes>");
        out.extend_from_slice(values);
        out.extend_from_slice(b"</gen:Attributes>");
    }
}
