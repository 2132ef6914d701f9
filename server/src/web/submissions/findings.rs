//! Findings as a page shows them: rules at one side, one finding at the other, the same for what the hub judged and for a
//! file that it did not take.

use askama::Template;
use askama::filters::HtmlSafe;
use mighub::v1;
use mighub_sdmx::structure::{Class, DataDefinition, Reference};
use mighub_validation::{Finding, FindingGroup, Severity};

use crate::hub::Hub;
use crate::web::page::Page;
use crate::web::parts::Chip;
use crate::web::structures::best_name;

/// Cells of a finding that are listed.
const CELLS: usize = 20;
/// Values of a rule's findings that are listed beside it.
const SAMPLE_VALUES: usize = 4;

/// A rule that found something.
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) chip: Chip,
    pub(super) sample: String,
    pub(super) unanswered: u64,
    pub(super) address: String,
    pub(super) is_chosen: bool,
}

/// The finding that is looked at.
pub(super) struct Looked {
    pub(super) finding: Finding,
    pub(super) nth: u64,
    pub(super) total: u64,
    pub(super) previous: String,
    pub(super) next: String,
    pub(super) places: Vec<String>,
    pub(super) header: Vec<String>,
    pub(super) cells: Vec<Vec<Cell>>,
}

/// A code with its name, and whether the finding is about it.
pub(super) struct Cell {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) is_bad: bool,
}

/// Which finding an address asks for.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// The rule; nothing if there are no findings.
    pub(super) rule: Option<String>,
    /// From 1.
    pub(super) nth: u64,
}

/// Rules and the finding.
#[derive(Template)]
#[template(path = "parts/findings.html")]
pub(super) struct Findings<'a> {
    pub(super) page: &'a Page,
    pub(super) rules: Vec<Rule>,
    pub(super) looked: Option<Looked>,
    /// Address of the rules that judged.
    pub(super) book: String,
}

impl HtmlSafe for Findings<'_> {}

impl Choice {
    /// What the query says; the first finding of the first rule if it says nothing.
    pub(super) fn of(query: &crate::web::query::Query, groups: &[FindingGroup]) -> Self {
        let asked = query.get("rule");
        let known = groups.iter().find(|group| Some(group.rule_id.as_str()) == asked).or(groups.first());
        let nth = query.get("n").and_then(|nth| nth.parse().ok()).unwrap_or(1);
        let last = known.map_or(1, |group| group.count.max(1));
        Self { rule: known.map(|group| group.rule_id.clone()), nth: nth.clamp(1, last) }
    }
}

/// The rules, as links.
pub(super) fn rules(
    page: &Page,
    groups: &[FindingGroup],
    unanswered: &[v1::FindingGroup],
    choice: &Choice,
) -> Vec<Rule> {
    let rule = |group: &FindingGroup| {
        let open = unanswered
            .iter()
            .find(|other| other.rule_id == group.rule_id)
            .map_or(0, |other| other.unanswered);
        let values = group.components.first().map(|sample| {
            let values: Vec<_> = sample
                .values
                .iter()
                .take(SAMPLE_VALUES)
                .map(|one| format!("{} ×{}", one.value, one.count))
                .collect();
            format!("{}: {}", sample.component, values.join(", "))
        });
        Rule {
            id: group.rule_id.clone(),
            title: group.title.clone(),
            chip: Chip::of_severity(page, severity(group.severity), group.count),
            sample: values.unwrap_or_default(),
            unanswered: open,
            address: place(page, &group.rule_id, 1),
            is_chosen: choice.rule.as_ref() == Some(&group.rule_id),
        }
    };
    groups.iter().map(rule).collect()
}

/// The severity in the contract's terms.
pub(super) fn severity(severity: Severity) -> v1::Severity {
    match severity {
        Severity::Error => v1::Severity::Error,
        Severity::Warning => v1::Severity::Warning,
        Severity::Note => v1::Severity::Note,
    }
}

/// One finding among those of its rule.
pub(super) fn looked(
    hub: &Hub,
    page: &Page,
    dataflow: &str,
    finding: Finding,
    nth: u64,
    total: u64,
) -> Looked {
    let reference = Reference::parse_short(Class::Dataflow, dataflow).ok();
    let definition = reference.and_then(|reference| hub.definition(&reference).ok());
    let data = definition.as_ref().map(|definition| &*definition.data);
    let (header, cells) = data.map_or_else(Default::default, |data| table(page, data, &finding));
    let rule = finding.rule_id.clone();
    Looked {
        previous: if nth > 1 { place(page, &rule, nth - 1) } else { String::new() },
        next: if nth < total { place(page, &rule, nth + 1) } else { String::new() },
        places: places(page, &finding),
        header,
        cells,
        finding,
        nth,
        total,
    }
}

fn place(page: &Page, rule: &str, nth: u64) -> String {
    let nth = if nth == 1 { String::new() } else { nth.to_string() };
    format!("{}#finding", page.with_both(("rule", rule), ("n", &nth)))
}

/// Where it stands in the file.
fn places(page: &Page, finding: &Finding) -> Vec<String> {
    let Some(place) = &finding.place else { return Vec::new() };
    if let Some(address) = &place.address {
        return vec![address.clone()];
    }
    let mut places = Vec::new();
    if place.row > 0 {
        places.push(page.t1("finding.place_row", place.row));
    }
    if !place.component.is_empty() {
        places.push(page.t1("finding.place_column", &place.component));
    }
    places
}

/// The observations of a finding as rows of their dataflow.
fn table(page: &Page, data: &DataDefinition, finding: &Finding) -> (Vec<String>, Vec<Vec<Cell>>) {
    let mut header: Vec<String> = data.dimensions.iter().map(|dimension| dimension.id.to_string()).collect();
    header.extend(data.time.iter().map(ToString::to_string));
    let keyed = finding.observations.iter().filter(|one| one.series_key.len() == data.dimensions.len());
    let rows: Vec<Vec<Cell>> = keyed
        .take(CELLS)
        .map(|one| {
            let cells = data.dimensions.iter().zip(one.series_key.iter()).map(|(dimension, code)| Cell {
                code: code.to_string(),
                name: dimension
                    .code(code)
                    .map(|known| best_name(&known.names, code, page.language))
                    .unwrap_or_default(),
                is_bad: *one.component == *dimension.id,
            });
            let mut cells: Vec<_> = cells.collect();
            if let Some(time) = &data.time {
                let is_bad = *one.component == **time;
                cells.push(Cell { code: one.period.clone(), name: String::new(), is_bad });
            }
            cells
        })
        .collect();
    if rows.is_empty() { (Vec::new(), rows) } else { (header, rows) }
}
