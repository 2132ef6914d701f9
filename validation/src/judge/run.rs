//! Runs the script on the whole lane or a slice of it. What fails is one rule, not all.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use mighub_vtl::{Dataset, Inputs, Limits, Plan, RunError, RunOptions, Scalar, run};

use super::Judge;
use super::held::Loaded;
use super::told::Teller;
use crate::finding::RuleCount;
use crate::findings::{Entry, Findings, clip};
use crate::rulebook::{LANE, PreparedRule};
use crate::rules::rulebook::RULE_FAILED;

/// Up to so many observations all rules run in one go, sharing what they have in common. Beyond, each result
/// is computed and told for itself, so that only one lies in memory.
const AT_ONCE_OBSERVATIONS: usize = 100_000;

impl Judge<'_> {
    /// Judges a slice, or everything.
    pub(super) fn judge(
        &mut self,
        slice: Option<usize>,
        scalars: &BTreeMap<Arc<str>, Scalar>,
        counts: &mut [RuleCount],
        findings: &mut Findings,
    ) -> io::Result<()> {
        let mut loaded: BTreeMap<Arc<str>, Loaded> = BTreeMap::new();
        for (name, held) in &mut self.held {
            loaded.insert(name.clone(), held.load(slice)?);
        }
        let Some(lane) = loaded.get(LANE) else { return Ok(()) };
        let datasets: BTreeMap<Arc<str>, Dataset> =
            loaded.iter().map(|(name, loaded)| (name.clone(), loaded.dataset.clone())).collect();
        let inputs = Inputs { datasets, scalars: scalars.clone() };
        let periods: Vec<_> = loaded.values().map(|loaded| &loaded.periods).collect();
        let teller = Teller::new(&self.prepared, lane, &periods, scalars, self.options.affected.as_ref());
        let by_result = self.rules_by_result(counts);
        let engine_bytes: usize = inputs.datasets.values().map(Dataset::bytes).sum();
        if engine_bytes > self.options.bytes_max {
            let reason = self.too_large(engine_bytes, slice);
            by_result.values().flatten().for_each(|place| counts[*place].not_run = reason.clone());
            return Ok(());
        }
        let mut tell = |result: &str, dataset: Result<&Dataset, &RunError>| {
            for place in by_result.get(result).into_iter().flatten() {
                let rule = &self.prepared.rules[*place];
                match dataset {
                    Ok(dataset) => teller.tell(*place, rule, dataset, &mut counts[*place], findings),
                    Err(error) => self.failed(rule, error, &mut counts[*place], findings),
                }
            }
        };
        if lane.dataset.rows() <= AT_ONCE_OBSERVATIONS {
            let wanted: BTreeSet<Arc<str>> =
                by_result.keys().flat_map(|result| self.prepared.script.closure(result)).collect();
            if let Ok(results) = self.run(&self.part(&wanted), inputs.clone()) {
                for result in by_result.keys() {
                    tell_result(&results, result, &mut tell);
                }
                return Ok(());
            }
        }
        for result in by_result.keys() {
            match self.run(&self.part(&self.prepared.script.closure(result)), inputs.clone()) {
                Ok(results) => tell_result(&results, result, &mut tell),
                Err(error) => tell(result, Err(&error)),
            }
        }
        Ok(())
    }

    /// Places of the rules that can run, by the result that they read.
    fn rules_by_result(&self, counts: &[RuleCount]) -> BTreeMap<String, Vec<usize>> {
        let mut by_result: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, rule) in self.prepared.rules.iter().enumerate() {
            if counts[place].not_run.is_empty() {
                by_result.entry(rule.spec.result.clone()).or_default().push(place);
            }
        }
        by_result
    }

    /// The statements that some results are made from; only what is asked for outlives the run.
    fn part(&self, names: &BTreeSet<Arc<str>>) -> Plan {
        let statements = self.prepared.plan.statements.iter();
        Plan { statements: statements.filter(|statement| names.contains(&statement.name)).cloned().collect() }
    }

    fn run(&self, plan: &Plan, inputs: Inputs) -> Result<BTreeMap<Arc<str>, Dataset>, RunError> {
        let options = RunOptions {
            limits: Limits { bytes_max: self.options.bytes_max, ..Limits::default() },
            is_cancelled: self.options.is_cancelled,
            ..RunOptions::default()
        };
        run(plan, inputs, &options).map(|results| results.datasets)
    }

    /// An error of the rulebook: shown as such, and never taken for a pass.
    fn failed(&self, rule: &PreparedRule, error: &RunError, count: &mut RuleCount, findings: &mut Findings) {
        let place = error.span().map(|span| format!(" ({})", self.prepared.script.place(span)));
        let reason = format!("{error}{}", place.unwrap_or_default());
        count.not_run.clone_from(&reason);
        if !matches!(error, RunError::Cancelled) {
            let found = clip(&format!("{}: {reason}", rule.rule.id));
            findings.add(Entry { found, ..Entry::new(&RULE_FAILED) });
        }
    }

    fn too_large(&self, bytes: usize, slice: Option<usize>) -> String {
        let limit = self.options.bytes_max >> 20;
        let what = if slice.is_some() { "a slice of the data" } else { "the data" };
        format!(
            "{what} takes {} MiB of columns, more than the {limit} MiB that a judgement may have",
            bytes >> 20
        )
    }
}

fn tell_result(
    results: &BTreeMap<Arc<str>, Dataset>,
    result: &str,
    tell: &mut impl FnMut(&str, Result<&Dataset, &RunError>),
) {
    match results.get(result) {
        Some(dataset) => tell(result, Ok(dataset)),
        None => tell(result, Err(&RunError::Input { name: result.to_owned() })),
    }
}
