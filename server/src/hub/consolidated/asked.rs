//! What a request says of the figures it means.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;
use mighub::v1::{self, ErrorReason, point};
use mighub_consolidation::{Choice, Target};
use mighub_sdmx::Period;
use mighub_sdmx::key::{CodeSet, KeyPattern, Selection};
use mighub_sdmx::structure::{Class, Reference};

use super::read::own;
use crate::hub::consolidate::{DERIVED_ESTIMATE, HUB_PROVIDER};
use crate::hub::retrieve::FiguresOf;
use crate::hub::{Hub, Moment, Refusal};

/// Codes of sex or age that are summed, at most: more than any list of ages has leaves.
const SUMMED_MAX: usize = 100;
/// Version of the dataflows that are read.
const VERSION: &str = "1.0.0";
/// The view of consolidated figures.
pub(super) const CONSOLIDATED: &str = "CO";
/// The method where none was applied.
pub(super) const NO_METHOD: &str = "_Z";
/// The method that is meant where none is named.
const METHOD_DEFAULT: &str = "M1";

/// Derived figures that are meant.
pub(super) struct Asked {
    pub(super) dataflow: Reference,
    pub(super) target: Target,
    pub(super) choice: Choice,
    pub(super) point: Option<v1::Point>,
    /// Nothing: all corridors.
    pub(super) corridors: Option<Corridors>,
    start: Option<Period>,
    end: Option<Period>,
    membership_day: Option<Date>,
}

/// Which corridors are read.
pub(super) enum Corridors {
    /// Those from some areas to some; nothing: to or from any.
    Between(CodeSet, CodeSet),
    /// Those with some end among these.
    With(BTreeSet<Arc<str>>),
}

impl Asked {
    pub(super) fn read(message: Option<&v1::Derived>) -> Result<Self, Refusal> {
        let default = v1::Derived::default();
        let message = message.unwrap_or(&default);
        let target = target("derived.dataflow", &message.dataflow)?;
        let view = or(&message.view, CONSOLIDATED);
        let method = match view {
            CONSOLIDATED => or(&message.method, METHOD_DEFAULT),
            "RO" | "RD" => or(&message.method, NO_METHOD),
            DERIVED_ESTIMATE if message.method.is_empty() => {
                let text = "name the agency's method, such as UNPD_IMS2024: estimates have no other";
                return Err(Refusal::malformed("derived.method", text));
            }
            DERIVED_ESTIMATE => &message.method,
            other => {
                let text = format!("{other:?} is no view: CO, RO, RD or ES");
                return Err(Refusal::malformed("derived.view", text));
            }
        };
        let choice = Choice {
            freq: Arc::from(or(&message.freq, "A")),
            sexes: summed("derived.sexes", &message.sexes)?,
            ages: summed("derived.ages", &message.ages)?,
            duration: Arc::from(or(&message.duration, "LT")),
            ..Choice::totals(view, method)
        };
        Ok(Self {
            dataflow: reference(target.dataflow())?,
            target,
            choice,
            point: message.point.clone(),
            corridors: None,
            start: period("derived.start_period", &message.start_period)?,
            end: period("derived.end_period", &message.end_period)?,
            membership_day: day("derived.membership_day", &message.membership_day)?,
        })
    }

    /// The choice with another view and method.
    pub(super) fn as_view(&self, view: &str, method: &str) -> Choice {
        Choice { view: Arc::from(view), method: Arc::from(method), ..self.choice.clone() }
    }

    /// Whose figures are read: what the hub derived, or what agencies estimate.
    pub(super) fn providers(&self) -> Result<FiguresOf, Refusal> {
        if &*self.choice.view == DERIVED_ESTIMATE { Ok(FiguresOf::Principal) } else { own() }
    }

    /// The day of memberships.
    pub(super) fn membership_day(&self, hub: &Hub, now: Moment) -> Result<Date, Refusal> {
        membership_day(hub, self.membership_day, self.point.as_ref(), now)
    }

    pub(super) fn selection(&self, hub: &Hub, choices: &[Choice]) -> Result<Selection, Refusal> {
        let definition = hub.definition(&self.dataflow)?;
        let all = |code: fn(&Choice) -> &Arc<str>| Some(choices.iter().map(code).cloned().collect());
        let pattern = |origins: &CodeSet, destinations: &CodeSet| {
            let set = |dimension: &Arc<str>| -> CodeSet {
                match &**dimension {
                    "FREQ" => all(|choice| &choice.freq),
                    "SEX" => Some(self.choice.sexes.clone()),
                    "AGE" => Some(self.choice.ages.clone()),
                    "DURATION" => all(|choice| &choice.duration),
                    "VIEW" => all(|choice| &choice.view),
                    "CONS_METHOD" => all(|choice| &choice.method),
                    "ORIGIN" => origins.clone(),
                    "DESTINATION" => destinations.clone(),
                    _ => None,
                }
            };
            KeyPattern { sets: definition.data.shape.dimensions.iter().map(set).collect() }
        };
        let keys = match &self.corridors {
            None => vec![pattern(&None, &None)],
            Some(Corridors::Between(origins, destinations)) => vec![pattern(origins, destinations)],
            Some(Corridors::With(areas)) => {
                let areas = Some(areas.clone());
                vec![pattern(&areas, &None), pattern(&None, &areas)]
            }
        };
        Ok(Selection { keys, start: self.start, end: self.end })
    }
}

/// The derived dataflow that a field names.
pub(super) fn target(field: &'static str, text: &str) -> Result<Target, Refusal> {
    if text.is_empty() {
        return Ok(Target::Flow);
    }
    let named = |target: &Target| {
        let id = target.dataflow();
        text == id || reference(id).is_ok_and(|reference| reference.short() == text)
    };
    Target::ALL.into_iter().find(named).ok_or_else(|| {
        let text = format!("{text:?} is no derived dataflow: MIG_FLOW_OD or MIG_STOCK_OD");
        Refusal::new(ErrorReason::UnknownDataflow, text).of_field(field)
    })
}

/// A dataflow of the hub's own agency.
pub(super) fn reference(id: &str) -> Result<Reference, Refusal> {
    let text = format!("{HUB_PROVIDER}:{id}({VERSION})");
    Reference::parse_short(Class::Dataflow, &text).map_err(|error| Refusal::internal(error.to_string()))
}

/// A period, or nothing.
pub(super) fn period(field: &'static str, text: &str) -> Result<Option<Period>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let period = Period::parse(text.as_bytes());
    let refused = |error| {
        Refusal::new(ErrorReason::PeriodMalformed, format!("{text:?} is not a period: {error}"))
            .of_field(field)
    };
    period.map(Some).map_err(refused)
}

/// A day, or nothing.
pub(super) fn day(field: &'static str, text: &str) -> Result<Option<Date>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let refused = |_| Refusal::malformed(field, format!("{text:?} is not a day: write YYYY-MM-DD"));
    text.parse().map(Some).map_err(refused)
}

/// The day of memberships: as asked for, else that of the point.
pub(super) fn membership_day(
    hub: &Hub,
    asked: Option<Date>,
    point: Option<&v1::Point>,
    now: Moment,
) -> Result<Date, Refusal> {
    if let Some(day) = asked {
        return Ok(day);
    }
    Ok(match point.and_then(|point| point.at.as_ref()) {
        Some(point::At::AsOf(instant)) => Moment::of_message(instant).day(),
        Some(point::At::Position(position)) if hub.position().is_some_and(|newest| *position <= newest) => {
            Moment(hub.store.record(mighub_store::Position(*position))?.effective_ms).day()
        }
        _ => now.day(),
    })
}

fn or<'t>(text: &'t str, default: &'t str) -> &'t str {
    if text.is_empty() { default } else { text }
}

fn summed(field: &'static str, codes: &[String]) -> Result<BTreeSet<Arc<str>>, Refusal> {
    if codes.len() > SUMMED_MAX {
        let text = format!("{field}: at most {SUMMED_MAX} codes are summed");
        return Err(Refusal::limit(SUMMED_MAX as u64, codes.len() as u64, text));
    }
    if codes.is_empty() {
        return Ok(BTreeSet::from([Arc::from("_T")]));
    }
    Ok(codes.iter().map(|code| Arc::from(&**code)).collect())
}
