//! An audit's report as messages. Figures are told to whom they may be told.

use mighub::v1;
use mighub_disclosure::audit::{Exposure, Finding, Report};
use mighub_disclosure::{Bounds, Table};

/// Findings in one message: a derivation has some hundred bytes.
const FINDINGS_PER_MESSAGE: usize = 200;

/// What is known of one lane.
pub struct Answer<'a> {
    /// The lane; of a file, only the dataflow.
    pub lane: v1::Lane,
    /// The table.
    pub table: &'a Table,
    /// What was found in it.
    pub report: &'a Report,
    /// Earlier states that were looked at.
    pub earlier: usize,
    /// Figures under embargo are among those that were used; the caller may read them.
    pub is_before_release: bool,
    /// The caller sees restricted cells of the lane.
    pub sees_restricted: bool,
}

/// One message at least; the first has the counts.
pub fn messages(answer: &Answer<'_>) -> Vec<v1::AuditDisclosureResponse> {
    let findings: Vec<_> = answer.report.findings.iter().map(|finding| answer.finding(finding)).collect();
    let mut pieces = findings.chunks(FINDINGS_PER_MESSAGE).map(<[_]>::to_vec);
    let piece = |findings| v1::AuditDisclosureResponse {
        lane: Some(answer.lane.clone()),
        findings,
        ..Default::default()
    };
    let first = v1::AuditDisclosureResponse {
        counts: Some(answer.counts()),
        contradictions: answer.report.contradictions.clone(),
        earlier_states: answer.earlier as u32,
        ..piece(pieces.next().unwrap_or_default())
    };
    std::iter::once(first).chain(pieces.map(piece)).collect()
}

impl Answer<'_> {
    fn counts(&self) -> v1::DisclosureCounts {
        let counts = &self.report.counts;
        v1::DisclosureCounts {
            cells: counts.cells as u64,
            shown: counts.shown as u64,
            secrets: counts.secrets as u64,
            helpers: counts.helpers as u64,
            helpers_recovered: counts.helpers_recovered as u64,
            recovered: counts.recovered as u64,
            too_narrow: counts.too_narrow as u64,
            proven: counts.proven as u64,
            unproven: counts.unproven as u64,
            relations: counts.relations as u64,
            contradicted: counts.contradicted as u64,
        }
    }

    fn finding(&self, finding: &Finding) -> v1::DisclosureFinding {
        // What the public sees today, everybody may put together. What it saw once, and what is under embargo, is
        // for those who may see what is restricted: no more, or not yet, is it anybody's.
        let may_be_told = self.sees_restricted || (finding.vintage.is_none() && !self.is_before_release);
        let (recovered, bounds) = match finding.exposure {
            Exposure::Recovered { figure } => (true, Bounds::point(figure)),
            Exposure::TooNarrow { bounds, .. } => (false, bounds),
        };
        v1::DisclosureFinding {
            cell: finding.name.clone(),
            recovered,
            known: if may_be_told { self.table.range(bounds) } else { String::new() },
            derivation: if may_be_told { finding.derivation.clone() } else { Vec::new() },
            vintage: finding.vintage.clone().unwrap_or_default(),
        }
    }
}
