//! Levels 2 to 5: a rulebook on the state of a lane and what it is compared with.
//!
//! What lives here: taking the data in, within a budget of memory; running the rules; findings from their
//! results. What must not: which data a reader may see, and how they are fetched: the caller decides what the
//! judge is given, and says of everything else why it is not there.
//!
//! # How it is used
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use mighub_sdmx::{Columns, structure::DataDefinition};
//! # use mighub_validation::{Findings, Judge, JudgeOptions, Prepared};
//! # fn batches(of: &str) -> Vec<Columns> { Vec::new() }
//! fn judge(prepared: Arc<Prepared>, findings: &mut Findings) -> std::io::Result<()> {
//!     let mut judge = Judge::new(prepared.clone(), JudgeOptions::new(Box::new(tempfile::tempfile)));
//!     // The state that the lane would have: with the submission in it.
//!     for batch in batches("the lane") {
//!         judge.push_lane(&batch)?;
//!     }
//!     // References, as far as there are any and the reader of the report may see them.
//!     for (name, source) in prepared.references() {
//!         match batches(&source.words()) {
//!             none if none.is_empty() => judge.lacks(name, "nothing is stored of them"),
//!             some => some.iter().try_for_each(|batch| judge.push(name, batch))?,
//!         }
//!     }
//!     judge.finish(findings)
//! }
//! ```
//!
//! The hub pushes the result blocks of the fold (they are what will be the next vintage), the client the rows of
//! a file that is complete or merged into what it has cached; rows of a file keep their numbers, so that findings
//! have places. One judge at a time may have [`JUDGE_BYTES_MAX`]: callers queue large judgements.
//!
//! A correction is judged with [`JudgeOptions::affected`]: [`Affected`] is fed with the series that the
//! submission changes, the lane is pushed as a whole, and only groups that changed are looked at. Findings of the
//! other groups are those of the report before.

mod affected;
mod cells;
mod figure;
mod held;
mod run;
mod slices;
pub(crate) mod template;
mod told;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use mighub_sdmx::Columns;
use mighub_sdmx::sort::Scratch;
use mighub_vtl::Scalar;

pub use affected::Affected;
use held::Held;

use crate::finding::RuleCount;
use crate::findings::Findings;
use crate::rulebook::{InputSource, ParameterError, Prepared, scalar_of};

/// Bytes that one judgement may have: what it holds, and the columns of the engine. National files of a
/// hundred thousand figures need a tenth of it; larger cubes are judged slice by slice.
pub const JUDGE_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Of the budget, the part for data as they came; the engine has the rest for what it computes from them.
const HELD_PART: usize = 4;

/// How to judge.
pub struct JudgeOptions<'o> {
    /// Budget; [`JUDGE_BYTES_MAX`] unless a test says otherwise.
    pub bytes_max: usize,
    /// Values of parameters that the agreement gives in place of the rulebook's own, as text.
    pub parameters: BTreeMap<String, String>,
    /// Groups to judge; nothing: all.
    pub affected: Option<Affected>,
    /// Asked now and then; true ends the judgement, and rules that did not run yet are reported as such.
    pub is_cancelled: Option<&'o (dyn Fn() -> bool + Sync)>,
    /// Files for cubes beyond the budget.
    pub scratch: Scratch,
}

impl JudgeOptions<'_> {
    /// Judges everything within the usual budget.
    pub fn new(scratch: Scratch) -> Self {
        Self {
            bytes_max: JUDGE_BYTES_MAX,
            parameters: BTreeMap::new(),
            affected: None,
            is_cancelled: None,
            scratch,
        }
    }
}

/// Takes the data in and judges them at the end.
pub struct Judge<'o> {
    prepared: Arc<Prepared>,
    options: JudgeOptions<'o>,
    held: BTreeMap<Arc<str>, Held>,
    /// Inputs that are not there, and why.
    lacking: BTreeMap<Arc<str>, String>,
    is_divided: bool,
}

impl<'o> Judge<'o> {
    /// A judge that has seen nothing.
    pub fn new(prepared: Arc<Prepared>, options: JudgeOptions<'o>) -> Self {
        let uncrossed = prepared.uncrossed();
        let mut held = BTreeMap::new();
        let mut lacking = BTreeMap::new();
        for (name, input) in &prepared.inputs {
            match &input.definition {
                Some(definition) => {
                    // Other dataflows and partners have keys of their own: they meet every slice.
                    let is_divided = matches!(input.source, None | Some(InputSource::Previous));
                    let divide_by = if is_divided { uncrossed.clone() } else { Vec::new() };
                    held.insert(name.clone(), Held::new(input.clone(), definition.clone(), divide_by));
                    if input.source.is_some() {
                        lacking.insert(name.clone(), "not given".to_owned());
                    }
                }
                None => {
                    lacking.insert(name.clone(), "its structures are not known here".to_owned());
                }
            }
        }
        Self { prepared, options, held, lacking, is_divided: false }
    }

    /// Takes a batch of the lane: series with ascending periods, each observation once.
    pub fn push_lane(&mut self, columns: &Columns) -> io::Result<()> {
        self.push(crate::rulebook::LANE, columns)
    }

    /// Takes a batch of a reference. A name that the rulebook does not have is ignored.
    pub fn push(&mut self, input: &str, columns: &Columns) -> io::Result<()> {
        let Some(held) = self.held.get_mut(input) else { return Ok(()) };
        self.lacking.remove(input);
        // Series of other dataflows have other keys: a correction narrows only what has the keys of the lane.
        let source = self.prepared.inputs.get(input).and_then(|input| input.source.as_ref());
        let is_narrowed = matches!(source, None | Some(InputSource::Previous));
        held.push(columns, self.options.affected.as_ref().filter(|_| is_narrowed))?;
        if !self.is_divided && self.held.values().map(Held::bytes).sum::<usize>() > self.budget() {
            self.divide()?;
        }
        Ok(())
    }

    /// Says that a reference is there, be it that nothing comes of it.
    pub fn has(&mut self, input: &str) {
        if self.held.contains_key(input) {
            self.lacking.remove(input);
        }
    }

    /// Says why a reference is not there: rules that need it do not run, with this reason.
    pub fn lacks(&mut self, input: &str, reason: impl Into<String>) {
        if let Some(name) = self.prepared.inputs.get_key_value(input).map(|(name, _)| name.clone()) {
            self.lacking.insert(name, reason.into());
        }
    }

    /// Runs all rules and adds what they find, what they counted, and which did not run and why. Fails only
    /// where a scratch file fails.
    pub fn finish(mut self, findings: &mut Findings) -> io::Result<()> {
        findings.is_about(&self.prepared.definition);
        if !self.is_divided && self.held.values().map(Held::engine_bytes).sum::<usize>() > self.budget() {
            self.divide()?;
        }
        let mut counts = self.counts();
        match self.scalars() {
            Err(error) => {
                for count in counts.iter_mut().filter(|count| count.not_run.is_empty()) {
                    count.not_run = error.to_string();
                }
            }
            Ok(scalars) if self.is_divided => {
                for slice in 0..slices::SLICES {
                    self.judge(Some(slice), &scalars, &mut counts, findings)?;
                }
            }
            Ok(scalars) => self.judge(None, &scalars, &mut counts, findings)?,
        }
        self.note_irregular(&mut counts);
        for count in counts {
            if !count.not_run.is_empty() {
                findings.add_rule_not_run(&count.rule_id, count.not_run.clone());
            }
            findings.add_rule_count(count);
        }
        Ok(())
    }

    /// Says of all rules of a rulebook why none of them ran.
    pub fn not_run(prepared: &Prepared, reason: &str, findings: &mut Findings) {
        for rule in prepared.rules() {
            let rule_id = rule.rule.id.to_string();
            findings.add_rule_not_run(&rule_id, reason);
            findings.add_rule_count(RuleCount {
                rule_id,
                not_run: reason.to_owned(),
                ..RuleCount::default()
            });
        }
    }

    fn budget(&self) -> usize {
        self.options.bytes_max / HELD_PART
    }

    fn divide(&mut self) -> io::Result<()> {
        self.is_divided = !self.prepared.uncrossed().is_empty();
        if self.is_divided {
            for held in self.held.values_mut() {
                held.divide(&mut self.options.scratch)?;
            }
        }
        Ok(())
    }

    /// One count a rule, with the reason of those that cannot run.
    fn counts(&self) -> Vec<RuleCount> {
        let count = |rule: &crate::rulebook::PreparedRule| {
            let missing = rule.spec.needs.iter().find_map(|need| {
                let reason = self.lacking.get(&**need)?;
                let source = self.prepared.inputs.get(&**need).and_then(|input| input.source.as_ref());
                Some(format!("{}: {reason}", source.map_or_else(|| need.clone(), InputSource::words)))
            });
            RuleCount {
                rule_id: rule.rule.id.to_string(),
                not_run: missing.unwrap_or_default(),
                ..RuleCount::default()
            }
        };
        self.prepared.rules.iter().map(count).collect()
    }

    fn scalars(&self) -> Result<BTreeMap<Arc<str>, Scalar>, ParameterError> {
        let value = |parameter: &crate::rulebook::ParameterSpec| {
            let given = self.options.parameters.get(&parameter.id).map(String::as_str);
            Ok((Arc::from(&*parameter.id), scalar_of(parameter, given)?))
        };
        self.prepared.parameters.iter().map(value).collect()
    }

    /// Observations whose periods rules cannot work with are said, not passed over.
    fn note_irregular(&self, counts: &mut [RuleCount]) {
        let irregular = self.held.get(crate::rulebook::LANE).map_or(0, |held| held.irregular);
        if irregular == 0 {
            return;
        }
        for count in counts.iter_mut().filter(|count| count.not_run.is_empty()) {
            count.not_run = format!(
                "{irregular} observations whose period is no year, semester, quarter, month, week or day"
            );
        }
    }
}
