//! Whether what a report is about is what the dataflow has, and the agreement permits.

use std::collections::BTreeSet;

use mighub_sdmx::source_report::{Concept, NOT_APPLICABLE, SourceFinding, SourceFindings, SourceReport};
use mighub_sdmx::structure::{CodeId, CodedBy, ComponentUse, DataDefinition};

use crate::hub::agreement::Agreement;

/// Codes that are told where one of them should stand.
const CODES_TOLD: usize = 10;

/// What is wrong with reports whose own values are allowed; rows count from 1.
pub(super) fn foreign(
    reports: &[SourceReport],
    definition: &DataDefinition,
    agreement: &Agreement,
) -> SourceFindings {
    let mut findings = SourceFindings::default();
    let source_type = definition.attribute(Concept::SourceType.id()).map(|used| &used.component);
    for (report, row) in reports.iter().zip(1..) {
        for (dimension, code) in [("REF_AREA", report.area()), ("FLOW_DIR", report.direction())] {
            let used = definition.dimension(dimension);
            let permitted = agreement.terms.permitted.iter();
            let permitted = permitted.filter(|(id, _)| ***id == *dimension).map(|(_, codes)| codes).next();
            let finding = match (used, permitted) {
                (None, _) if code == NOT_APPLICABLE => None,
                (None, _) => Some(SourceFinding::new(
                    row,
                    dimension,
                    code,
                    NOT_APPLICABLE,
                    "the dataflow has no such dimension: write _Z",
                )),
                (Some(_), Some(permitted)) if !permitted.contains(code) => Some(SourceFinding::new(
                    row,
                    dimension,
                    code,
                    told(permitted.iter().map(CodeId::as_arc)),
                    "report of what the agreement permits to send, or ask the hub's administrator to widen it",
                )),
                (Some(used), _) if !has(used, code) => Some(unknown(row, dimension, code, used)),
                (Some(_), _) => None,
            };
            finding.into_iter().for_each(|finding| findings.add(finding));
        }
        if let (Some(code), Some(used)) = (report.code(Concept::SourceType), source_type)
            && !has(used, code)
        {
            findings.add(unknown(row, Concept::SourceType.id(), code, used));
        }
    }
    findings
}

fn has(used: &ComponentUse, code: &str) -> bool {
    let is_listed = match &used.coded_by {
        CodedBy::Codelist(list) => list.get(code).is_some(),
        CodedBy::Format(_) => true,
    };
    is_listed && used.admits(code)
}

fn unknown(row: u64, concept: &str, code: &str, used: &ComponentUse) -> SourceFinding {
    let allowed: BTreeSet<_> = match &used.coded_by {
        CodedBy::Codelist(list) => {
            list.codes().iter().filter(|code| used.admits(&code.id)).map(|code| code.id.as_arc()).collect()
        }
        CodedBy::Format(_) => BTreeSet::new(),
    };
    let remedy = "write a code of the dataflow: `mighub structure show` lists them";
    SourceFinding::new(row, concept, code, told(allowed.into_iter()), remedy)
}

fn told<'c>(codes: impl ExactSizeIterator<Item = &'c std::sync::Arc<str>>) -> String {
    let (all, mut codes) =
        (codes.len(), codes.take(CODES_TOLD).map(|code| &**code).collect::<Vec<_>>().join(", "));
    if all > CODES_TOLD {
        codes.push_str(&format!(" and {} more", all - CODES_TOLD));
    }
    codes
}
