//! How a derived figure came about, in words.

use std::fmt;

use mighub_sdmx::Decimal;

use crate::dataflow::Target;
use crate::derived::DerivedRow;
use crate::exact;
use crate::method::{Method, Rule};

/// Sentences about one row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// In the order in which they are to be read.
    pub sentences: Vec<String>,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentences.join("\n"))
    }
}

/// Tells how a row came about. The method is the one that its CONS_METHOD names; agencies' estimates have none here.
pub fn explain(row: &DerivedRow, method: Option<&Method>) -> Explanation {
    let mut sentences = vec![what(row)];
    if row.restricted.is_some() {
        sentences.push(
            "At least one report it rests on is not free for publication, so neither the figure nor anything it could \
             be told from is shown."
                .to_owned(),
        );
        return Explanation { sentences };
    }
    match &*row.view {
        "RO" => sentences.push(format!("It is a copy of what {} reported as the origin.", row.origin)),
        "RD" => {
            sentences.push(format!("It is a copy of what {} reported as the destination.", row.destination))
        }
        "ES" => {
            sentences.push(format!("It is an estimate that an agency sent, by its method {}.", row.method))
        }
        _ => consolidated(row, method, &mut sentences),
    }
    if let Some(definitions) = &row.definitions {
        sentences.push(format!("Definitions of duration: {definitions}."));
    }
    if let Some(flags) = &row.flags {
        sentences.push(format!("Flags of what was reported: {flags}."));
    }
    if let Some(status) = &row.status {
        sentences.extend(status_text(status).map(|text| format!("OBS_STATUS {status}: {text}.")));
    }
    for (nth, input) in row.inputs.iter().enumerate() {
        let taken = if nth == 0 && row.inputs.len() > 1 { " (taken)" } else { "" };
        let period = input.period.map(|period| format!(", period {period}")).unwrap_or_default();
        sentences.push(format!(
            "Input{taken}: series {}{period}, submission {}, vintage {}.",
            input.key, input.submission, input.version
        ));
    }
    if let Some(method) = method.filter(|_| &*row.view == "CO") {
        sentences.push(format!("Method {}: {}", method.digest().to_hex(), method.text()));
    }
    Explanation { sentences }
}

fn what(row: &DerivedRow) -> String {
    let kind = if row.target == Target::Flow { "moved" } else { "lived" };
    let figure =
        row.value.map_or_else(|| "There is no figure for".to_owned(), |value| format!("{value} people"));
    let duration = row.duration.as_ref().map(|code| format!(", duration {code}")).unwrap_or_default();
    let people = format!("sex {}, age {}{duration}", row.sex, row.age);
    let (origin, destination, period) = (&row.origin, &row.destination, row.period);
    match (row.target, row.value.is_some()) {
        (Target::Flow, true) => {
            format!("{figure} ({people}) {kind} from {origin} to {destination} in {period}.")
        }
        (Target::Stock, true) => {
            format!("{figure} ({people}) from {origin} {kind} in {destination} in {period}.")
        }
        (Target::Flow, false) => {
            format!("{figure} moves from {origin} to {destination} in {period} ({people}).")
        }
        (Target::Stock, false) => {
            format!("{figure} people from {origin} in {destination} in {period} ({people}).")
        }
    }
}

fn consolidated(row: &DerivedRow, method: Option<&Method>, sentences: &mut Vec<String>) {
    let reported = |name: &str, area: &str, value: Option<Decimal>| match value {
        Some(value) => format!("{area}, the {name}, reported {value}."),
        None => format!("{area}, the {name}, has no figure that counts here."),
    };
    if row.target == Target::Flow {
        sentences.push(reported("origin", &row.origin, row.origin_value));
        sentences.push(reported("destination", &row.destination, row.destination_value));
    }
    if let (Some(share), true) =
        (row.asymmetry, row.origin_value.is_some() && row.destination_value.is_some())
    {
        let per_cent = exact::multiply(share, Decimal::integer(100), 2).unwrap_or(share);
        sentences.push(format!("They differ by {per_cent} per cent of the larger."));
    }
    let Some(rule) = row.rule else { return };
    sentences.push(format!("Rule {}: {}", rule.code(), rule_text(row, rule, method)));
    if row.refugees {
        sentences.push(
            "The destination declares that refugees are not in its stock; where their number is reported for the same \
             turn of the year, sex and age, it was added."
                .to_owned(),
        );
    }
}

fn rule_text(row: &DerivedRow, rule: Rule, method: Option<&Method>) -> String {
    let taken = || match row.inputs.first() {
        Some(input) if row.target == Target::Flow && input.key.contains(".EMI.") => {
            format!("{}, the origin", row.origin)
        }
        _ => format!("{}, the destination", row.destination),
    };
    match rule {
        Rule::Single => format!("only {} has a figure; it is taken as it is.", taken()),
        Rule::Receiver if matches!(method, Some(Method::M1(_))) => format!(
            "the two do not agree and their quality is declared alike, so the figure of {} is taken.",
            taken()
        ),
        Rule::Receiver => format!("the receiving area goes first, so the figure of {} is taken.", taken()),
        Rule::Larger => format!("the larger of the two is taken: that of {}.", taken()),
        Rule::Quality => {
            format!("the two do not agree; the source of {} is declared to be the better one.", taken())
        }
        Rule::Agree => "the two agree within the tolerance, so their mean is taken.".to_owned(),
        Rule::Scaled => format!("the figure of {} is multiplied by a published factor.", taken()),
        Rule::Fitted => "figures of all corridors are scaled until they sum to published margins.".to_owned(),
        Rule::Carried => {
            let from = row.inputs.first().and_then(|input| input.period);
            let from = from.map(|period| period.to_string()).unwrap_or_default();
            format!("nobody has a figure for this period, so the last one, of {from}, stands in.")
        }
        Rule::Agency => "an agency's own estimate.".to_owned(),
    }
}

fn status_text(status: &str) -> Option<&'static str> {
    Some(match status {
        "B" => "the series breaks here",
        "D" => "the definition differs from the one the table is about",
        "E" => "estimated by who reported it",
        "I" => "nobody reported this figure as it stands; it was computed by the rule above",
        "P" => "provisional",
        "U" => "of low reliability",
        _ => return None,
    })
}
