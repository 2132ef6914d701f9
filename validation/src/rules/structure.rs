//! Level 1: whether rows are what their dataflow says, each for itself.

use crate::rule::{Rule, Severity};

const fn rule(
    id: &'static str,
    severity: Severity,
    title: &'static str,
    explanation: &'static str,
    remedy: &'static str,
) -> Rule {
    Rule { id, level: 1, severity, title, explanation, remedy }
}

const fn error(
    id: &'static str,
    title: &'static str,
    explanation: &'static str,
    remedy: &'static str,
) -> Rule {
    rule(id, Severity::Error, title, explanation, remedy)
}

/// All of them.
pub static RULES: &[&Rule] = &[
    &CODE_NOT_IN_LIST,
    &AREA_NO_LONGER_VALID,
    &AREA_NOT_YET_VALID,
    &CODE_NOT_VALID,
    &CODE_NOT_ALLOWED,
    &COMBINATION_NOT_ALLOWED,
    &TEXT_FORM,
    &SEVERAL_VALUES,
    &PERIOD_AND_FREQUENCY,
    &NOT_WHOLE,
    &OUT_OF_RANGE,
    &TOO_MANY_DECIMALS,
    &VALUE_MISSING,
    &VALUE_AND_STATUS,
    &SAYS_NOTHING,
    &ATTRIBUTE_MISSING,
    &DUPLICATE,
    &SERIES_ATTRIBUTE_CONFLICT,
    &SERIES_LEFT_OUT,
    &NOT_PERMITTED,
    &NOT_IN_FORCE,
];

/// A code that its list does not have.
pub static CODE_NOT_IN_LIST: Rule = error(
    "STR-021",
    "Code not in code list",
    "The values of a coded dimension or attribute are the codes of its list, in the same letters, capitals and small ones told apart. Names and codes of other lists (ISO 2-letter, M49, Eurostat) are not codes, but help to find the right one.",
    "Write a code of the list: `mighub structure show` prints it.",
);

/// An area in a period after its end.
pub static AREA_NO_LONGER_VALID: Rule = error(
    "STR-022",
    "The reporting area no longer existed",
    "AREA_NOT_VALID_AT: the period begins after the last day of the area in REF_AREA. People born in a former country are still counted, so that counterpart areas are not judged; nor are estimates, forecasts and imputed values (OBS_STATUS E, F, I), which may be back-casts.",
    "Write the area that succeeded it, or mark an estimate with OBS_STATUS E.",
);

/// An area in a period before its beginning.
pub static AREA_NOT_YET_VALID: Rule = rule(
    "STR-023",
    Severity::Warning,
    "The reporting area did not exist yet",
    "AREA_NOT_VALID_AT: the period ends before the first day of the area in REF_AREA. The figure may be right for the territory; then it is an estimate or has a definition of its own.",
    "Write the area that was there before, mark an estimate with OBS_STATUS E, or answer why the figure is right.",
);

/// A code out of use.
pub static CODE_NOT_VALID: Rule = error(
    "STR-024",
    "The code was out of use in that period",
    "A code with a first or a last day is used for periods that overlap these days. Areas have rules of their own.",
    "Write the code that was in use in that period.",
);

/// A code that a constraint rules out.
pub static CODE_NOT_ALLOWED: Rule = error(
    "STR-025",
    "The dataflow does not allow this value",
    "A constraint on the dataflow leaves only some values of a component: `mighub structure show` prints them.",
    "Write one of the allowed values.",
);

/// A combination that a constraint rules out.
pub static COMBINATION_NOT_ALLOWED: Rule = error(
    "STR-026",
    "The dataflow does not allow this combination",
    "A constraint on the dataflow rules out some combinations of codes and periods, each of which is allowed with others.",
    "Correct one of the codes or the period, or leave the row out.",
);

/// A text of another form.
pub static TEXT_FORM: Rule = error(
    "STR-027",
    "The value has another form than its component",
    "Values without code list have a type, and may have a least and a greatest value, a length, and a pattern.",
    "Write the value in the form that is expected.",
);

/// Several values or languages where there is one.
pub static SEVERAL_VALUES: Rule = error(
    "STR-028",
    "The attribute has one value only",
    "Only some attributes have several values in one cell, or texts in several languages.",
    "Leave one value, without language.",
);

/// A period that is not one of its frequency.
pub static PERIOD_AND_FREQUENCY: Rule = error(
    "STR-031",
    "The period does not fit the frequency",
    "The form of TIME_PERIOD says how long a period is, and so does FREQ: A goes with 2024, S with 2024-S1, Q with 2024-Q3, M with 2024-07, D with 2024-07-31; A5 and A10 go with a year or with a start and a duration, I with any. A start and a duration (2024-07-01/P1Y) goes with the frequency of that length.",
    "Correct FREQ or TIME_PERIOD, whichever is wrong.",
);

/// Digits after the decimal point of a whole number.
pub static NOT_WHOLE: Rule = error(
    "STR-041",
    "The value is not a whole number",
    "The dataflow counts persons, cases or events: the value has nothing but zeros after the decimal point. If figures are in thousands, UNIT_MULT says so and they are still whole.",
    "Write the whole number; give a rate or a mean in the dataflow that is for it.",
);

/// Too small or too large.
pub static OUT_OF_RANGE: Rule = error(
    "STR-042",
    "The value is out of range",
    "The data structure has a least or a greatest value. A sign that stands for a missing value, such as -1 or -9, is not a value: leave the cell empty and say why in OBS_STATUS.",
    "Correct the value; if it stands for a missing one, leave the cell empty and say why in OBS_STATUS.",
);

/// Too many digits after the decimal point.
pub static TOO_MANY_DECIMALS: Rule = error(
    "STR-043",
    "The value has too many decimals",
    "The data structure says how many digits may stand after the decimal point.",
    "Round the value.",
);

/// An empty cell without reason.
pub static VALUE_MISSING: Rule = error(
    "STR-051",
    "The value is missing, and no status says why",
    "OBS_VALUE may be empty only with OBS_STATUS L (not collected), M (cannot exist), O (missing), Q (suppressed), H (holiday), J (derogation), K (in another category) or S (special event). A true zero is written as 0. A row that is merged into figures that are there may leave the value out: then it stays.",
    "Write the value (0 for a true zero), or say in OBS_STATUS why there is none.",
);

/// A value and a status that says there is none.
pub static VALUE_AND_STATUS: Rule = error(
    "STR-052",
    "A value stands beside a status that says there is none",
    "OBS_STATUS H, L, M, O and Q say that there is no value; J, K and S may have one. A suppressed value (Q) that is sent nevertheless would be stored, and one day published.",
    "Leave the value out, or correct OBS_STATUS (A for a normal value).",
);

/// A row that changes nothing.
pub static SAYS_NOTHING: Rule = rule(
    "STR-053",
    Severity::Warning,
    "The row has a key and nothing else",
    "With ACTION M an empty cell leaves what is there as it is. A row without value, status or any other attribute so changes nothing, although it was probably meant to say that the figure is missing.",
    "Write the value, or say in OBS_STATUS why there is none, or leave the row out.",
);

/// A mandatory attribute without value.
pub static ATTRIBUTE_MISSING: Rule = error(
    "STR-061",
    "A mandatory attribute is missing",
    "The attribute has no value, and neither the provision agreement nor the dataflow says what an absent one stands for. CONF_STATUS in particular is never F by silence: either each figure says that it is free, or the agreement does.",
    "Add the attribute, or have a default for it put into the provision agreement.",
);

/// One key twice.
pub static DUPLICATE: Rule = error(
    "STR-071",
    "An observation stands twice",
    "Two rows have the same codes in all dimensions and the same period, so that nobody can know which one counts. Often a breakdown of the source is missing among the columns.",
    "Remove one of the rows, or tell them apart by a dimension.",
);

/// Two values of one series attribute.
pub static SERIES_ATTRIBUTE_CONFLICT: Rule = error(
    "STR-072",
    "Two rows give an attribute of a series different values",
    "An attribute of the series holds for all its periods, so that it has one value.",
    "Write the same value in all rows of the series.",
);

/// Attributes of a series that is not there.
pub static SERIES_LEFT_OUT: Rule = rule(
    "STR-073",
    Severity::Note,
    "Attributes of a series without observations are left out",
    "A row without period gives attributes of its series. There are no observations of this series, neither in the file nor from before, so that there is nothing that the attributes could be of. Often a code of the key is wrong.",
    "Correct the key, or send observations of the series with them.",
);

/// Outside the agreement.
pub static NOT_PERMITTED: Rule = error(
    "STR-081",
    "The provision agreement does not cover this",
    "The agreement says for which areas, and perhaps other codes, a provider sends figures of the dataflow.",
    "Leave these rows out, or have the agreement extended.",
);

/// Outside the agreement's days.
pub static NOT_IN_FORCE: Rule = error(
    "STR-082",
    "The provision agreement is not in force",
    "An agreement has a first and perhaps a last day. Outside them nothing can be sent under it.",
    "Have the agreement prolonged, or let the provider send whose agreement is in force.",
);
