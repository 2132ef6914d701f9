//! Random histories of a lane through the real hub: whatever is sent, withdrawn, released or lost in between, every
//! reader has at any time exactly what the oracle says, by a full pull, by changes, and as of then.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use mighub::v1::{self, Role};
use mighub_client::{At, Complete, Cursor, Hub, Progress, PullRequest, PushOptions, PushOutcome};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::model::generate::{Between, Step, history};
use crate::model::{self, Audience, Lane, Outcome, Submission, text};
use crate::office::data::{Cells, Copy, Table, pulled};
use crate::office::random::{Random, report, seed};
use crate::office::{Stage, Template, instant, report_text, text as source};

const OFFICE: &str = "SWE";
/// The office; somebody like the public; a reader named for what is restricted; one whom single cells name; one
/// who reads before release; an auditor.
const READERS: [Audience; 6] = [
    Audience { agency: OFFICE, early: true, restricted: true },
    Audience { agency: "ECE", early: false, restricted: false },
    Audience { agency: "UNSD", early: false, restricted: true },
    Audience { agency: "IOM", early: false, restricted: false },
    Audience { agency: "OECD", early: true, restricted: false },
    Audience { agency: "AUDIT", early: true, restricted: true },
];
const HISTORIES: u32 = 16;
/// After so many seconds no embargo of a history is pending.
const ALL_RELEASED_S: i64 = 200;

#[test]
fn every_reader_has_at_any_time_what_the_oracle_says() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let template = runtime.block_on(stage());
    let config =
        Config { cases: HISTORIES, max_shrink_iters: 80, failure_persistence: None, ..Config::default() };
    let name = "random histories";
    let mut chance = Random::of(name);
    let bytes: Vec<u8> = (0..4).flat_map(|_| chance.next().to_le_bytes()).collect();
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let told = std::cell::RefCell::new(Told::default());
    let outcome = runner.run(&history(4..14), |steps| {
        let story = runtime.block_on(Story::play(&template, &steps)).map_err(TestCaseError::fail)?;
        told.borrow_mut().add(&story);
        Ok(())
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(reason, _)) => panic!("seed {}: {reason}", seed()),
        Err(error) => panic!("seed {}: {error}", seed()),
    }
    let Told { accepted, refused, unchanged, withdrawn, restarts, rebuilt } = told.into_inner();
    assert!(accepted > 0 && refused > 0 && unchanged > 0 && withdrawn > 0, "the histories have become dull");
    let details = format!(
        "{accepted} submissions accepted, {refused} refused, {unchanged} unchanged, {withdrawn} withdrawn, \
         {restarts} restarts with the view rebuilt {rebuilt} times"
    );
    report(name, HISTORIES.into(), rebuilt, &details);
}

/// A hub with the dataflow of histories and everybody who reads it.
async fn stage() -> Template {
    let stage = Stage::with_hand_set_clock().await;
    let answer = stage.put_structures(text::structure()).await;
    assert!(answer.problems.is_empty(), "{:?}", answer.problems);
    for reader in &READERS {
        let roles: &[Role] = match reader.agency {
            OFFICE => &[Role::Submitter, Role::Reader],
            "AUDIT" => &[Role::Auditor],
            _ => &[Role::Reader],
        };
        stage.admit(reader.agency, roles).await;
    }
    stage
        .agree(v1::Agreement {
            id: "MIGHUB:PA_TINY(1.0.0)".into(),
            dataflow: text::DATAFLOW.into(),
            provider: OFFICE.into(),
            default_conf_status: "F".into(),
            confidential_readers: vec!["UNSD".into()],
            pre_release_readers: vec!["OECD".into()],
            ..Default::default()
        })
        .await;
    stage.into_template().await
}

/// The clients of [`READERS`].
async fn connect(stage: &Stage) -> Vec<Hub> {
    let mut readers = Vec::new();
    for reader in &READERS {
        readers.push(stage.client(reader.agency).await);
    }
    readers
}

/// What happened in all histories.
#[derive(Default)]
struct Told {
    accepted: u64,
    refused: u64,
    unchanged: u64,
    withdrawn: u64,
    restarts: u64,
    rebuilt: u64,
}

impl Told {
    fn add(&mut self, story: &Story) {
        let Self { accepted, refused, unchanged, withdrawn, restarts, rebuilt } = &story.told;
        self.accepted += accepted;
        self.refused += refused;
        self.unchanged += unchanged;
        self.withdrawn += withdrawn;
        self.restarts += restarts;
        self.rebuilt += rebuilt;
    }
}

/// One history as it unfolds, in the hub and in the oracle.
struct Story {
    stage: Stage,
    readers: Vec<Hub>,
    /// What each reader has who only ever pulls changes.
    copies: Vec<Copy>,
    lane: Lane,
    /// What was pushed last.
    pushed: Option<Submission>,
    /// Submissions in force, for withdrawals.
    in_force: Vec<String>,
    /// After each step.
    past: Vec<Past>,
    /// Of each withdrawal, how many steps came before it, and its second.
    withdrawals: Vec<(usize, i64)>,
    told: Told,
}

/// A moment of a history.
struct Past {
    second: i64,
    position: u64,
    lane: Lane,
    /// Per reader.
    cursors: Vec<(Cursor, Table)>,
}

impl Story {
    async fn play(template: &Template, steps: &[Step]) -> Result<Self, String> {
        let mut story = Self::begin(template).await;
        for (nth, step) in steps.iter().enumerate() {
            story.stage.wait_s(1);
            let at_step = |what: String| format!("step {nth}: {what}\nsteps: {}", printed(steps));
            story.step(step).await.map_err(at_step)?;
            story.everybody_has_what_is_right().await.map_err(at_step)?;
        }
        story.stage.wait_s(ALL_RELEASED_S);
        let at_end = |what: String| format!("at the end: {what}\nsteps: {}", printed(steps));
        story.everybody_has_what_is_right().await.map_err(at_end)?;
        story.the_past_is_as_it_was().await.map_err(at_end)?;
        story.old_cursors_lead_here().await.map_err(at_end)?;
        Ok(story)
    }

    async fn begin(template: &Template) -> Self {
        let stage = template.open().await;
        let readers = connect(&stage).await;
        let mut copies = Vec::new();
        for reader in &readers {
            // From before there was anything.
            copies.push(pulled(reader, PullRequest::all(text::DATAFLOW)).await);
        }
        let (lane, told) = (Lane::default(), Told::default());
        Self {
            stage,
            readers,
            copies,
            lane,
            pushed: None,
            in_force: Vec::new(),
            past: Vec::new(),
            withdrawals: Vec::new(),
            told,
        }
    }

    fn now_s(&self) -> i64 {
        self.stage.now().0 / 1_000
    }

    async fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Push(submission) => {
                self.push(submission).await?;
                self.pushed = Some(submission.clone());
            }
            Step::Again => {
                if let Some(submission) = self.pushed.clone() {
                    self.push(&submission).await?;
                }
            }
            Step::Withdraw => self.withdraw().await,
            Step::Wait(seconds) => self.stage.wait_s(*seconds),
            Step::Restart(between) => {
                self.stage.restart(|folder| damage(&folder.join("view"), *between)).await;
                // Old connections would be taken up again too, after a pause.
                self.readers = connect(&self.stage).await;
                self.told.restarts += 1;
                self.told.rebuilt += u64::from(self.stage.report().view_rebuilt.is_some());
            }
        }
        Ok(())
    }

    async fn push(&mut self, submission: &Submission) -> Result<(), String> {
        let embargo = submission.embargo_s.map(|seconds| instant(self.now_s() + seconds));
        let key = |pattern: [Option<&str>; 3]| pattern.map(Option::unwrap_or_default).join(".");
        let options = PushOptions {
            embargo,
            complete: submission.complete.map(|pattern| match key(pattern) {
                key if key == ".." => Complete::Lane,
                key => Complete::Key(key),
            }),
            ..PushOptions::default()
        };
        let file = source(text::file(&submission.rows));
        let pushed = self.readers[0].push(file, &options, &Progress::silent()).await;
        let mut pushed = pushed.map_err(|error| error.to_string())?;
        let report = report_text(&mut pushed);
        let found = match &pushed.outcome {
            PushOutcome::Accepted { receipt, .. } => {
                self.in_force.push(receipt.body.submission_id.clone());
                Outcome::Accepted
            }
            PushOutcome::Unchanged { .. } => Outcome::Unchanged,
            PushOutcome::NotSent | PushOutcome::NeedsCorrection { .. } => Outcome::Refused,
            other => return Err(format!("{other:?}\n{report}")),
        };
        let allowed = self.lane.judge(submission, self.now_s());
        match found {
            Outcome::Accepted => self.told.accepted += 1,
            Outcome::Unchanged => self.told.unchanged += 1,
            Outcome::Refused => self.told.refused += 1,
        }
        if !allowed.contains(&found) {
            return Err(format!("{found:?} and not {allowed:?}: {:?}\n{report}", pushed.outcome));
        }
        if found == Outcome::Accepted {
            self.lane.accept(submission, self.now_s());
        }
        Ok(())
    }

    async fn withdraw(&mut self) {
        let newest = self.in_force.pop();
        assert_eq!(self.lane.withdraw(), newest.is_some());
        if let Some(newest) = newest {
            self.readers[0].withdraw(&newest, "it was wrong", "").await.expect("withdrawn");
            self.told.withdrawn += 1;
            self.withdrawals.push((self.past.len(), self.now_s()));
        }
    }

    async fn everybody_has_what_is_right(&mut self) -> Result<(), String> {
        let mut cursors = Vec::new();
        for (nth, audience) in READERS.iter().enumerate() {
            let shown = self.lane.shown_to(audience, self.now_s());
            let expected = printed_table(&shown.read_by(&shown, audience));
            let whole = pulled(&self.readers[nth], PullRequest::all(text::DATAFLOW)).await;
            same(&format!("{}, all", audience.agency), &expected, &whole.lane(OFFICE))?;
            if !expected.is_empty() {
                let dataset: Cells =
                    shown.dataset.iter().map(|(id, text)| ((*id).to_owned(), text.clone())).collect();
                let found = whole.dataset.get(OFFICE).cloned().unwrap_or_default();
                if found != dataset {
                    return Err(format!(
                        "{}: attributes of the dataset {found:?}, not {dataset:?}",
                        audience.agency
                    ));
                }
            }
            let copy = &mut self.copies[nth];
            let request = PullRequest { since: copy.cursor.clone(), ..PullRequest::all(text::DATAFLOW) };
            copy.pull(&self.readers[nth], request)
                .await
                .map_err(|error| format!("{}: {error}", audience.agency))?;
            same(&format!("{}, by changes", audience.agency), &expected, &copy.lane(OFFICE))?;
            cursors.push((copy.cursor.clone().expect("a cursor"), expected));
        }
        let position = self.stage.records().await - 1;
        self.past.push(Past { second: self.now_s(), position, lane: self.lane.clone(), cursors });
        Ok(())
    }

    /// The last second of which releases count after a past step.
    fn released_until(&self, step: usize) -> i64 {
        let later = self.withdrawals.iter().filter(|(before, _)| *before > step);
        later.map(|(_, second)| second - 1).chain([self.now_s()]).min().expect("now at least")
    }

    /// As of every past step each reader gets what could be seen then, less what is restricted today.
    async fn the_past_is_as_it_was(&self) -> Result<(), String> {
        for (moment, past) in self.past.iter().enumerate() {
            for (nth, audience) in half_of_readers(moment) {
                let today = self.lane.shown_to(audience, self.now_s());
                for (at, second) in [
                    (At::AsOf(instant(past.second)), past.second),
                    // After that record, with what is released by now; what was taken back before its hour never was.
                    (At::Position(past.position), self.released_until(moment)),
                ] {
                    let shown = past.lane.shown_to(audience, second);
                    let expected = printed_table(&shown.read_by(&today, audience));
                    let request = PullRequest { at: at.clone(), ..PullRequest::all(text::DATAFLOW) };
                    let found = pulled(&self.readers[nth], request).await.lane(OFFICE);
                    same(&format!("{} at {at:?}", audience.agency), &expected, &found)?;
                }
            }
        }
        Ok(())
    }

    /// From every past cursor one pull of changes leads to the present.
    async fn old_cursors_lead_here(&self) -> Result<(), String> {
        let last = self.past.last().expect("a step");
        for (moment, past) in self.past.iter().enumerate() {
            for (nth, audience) in half_of_readers(moment + 1) {
                let (cursor, table) = past.cursors[nth].clone();
                let lanes = BTreeMap::from([(OFFICE.to_owned(), table)]);
                let mut copy = Copy { lanes, ..Copy::default() };
                let request = PullRequest { since: Some(cursor), ..PullRequest::all(text::DATAFLOW) };
                copy.pull(&self.readers[nth], request).await.map_err(|error| error.to_string())?;
                let name = format!("{} by changes since second {}", audience.agency, past.second);
                same(&name, &last.cursors[nth].1, &copy.lane(OFFICE))?;
            }
        }
        Ok(())
    }
}

/// One half at one moment, the other at the next.
fn half_of_readers(moment: usize) -> impl Iterator<Item = (usize, &'static Audience)> {
    READERS.iter().enumerate().filter(move |(nth, _)| (nth + moment).is_multiple_of(2))
}

/// What happens to a view whose hub is not running.
fn damage(view: &Path, between: Between) {
    match between {
        Between::Nothing => {}
        Between::Lost => std::fs::remove_dir_all(view).expect("deleted"),
        Between::Overwritten(number) => {
            let mut random = Random::from_number(number);
            for entry in std::fs::read_dir(view).expect("a view") {
                let path = entry.expect("an entry").path();
                let Ok(mut bytes) = std::fs::read(&path) else { continue };
                for _ in 0..bytes.len() / 64 {
                    let place = random.below(bytes.len() as u64) as usize;
                    bytes[place] = random.next() as u8;
                }
                std::fs::write(path, bytes).expect("overwritten");
            }
        }
    }
}

fn printed_table(table: &model::Table) -> Table {
    let key = |(series, year): &([&str; 3], u16)| (series.join("."), year.to_string());
    let cells =
        |cells: &model::Cells| cells.iter().map(|(id, text)| ((*id).to_owned(), text.clone())).collect();
    table.iter().map(|(at, of)| (key(at), cells(of))).collect()
}

fn same(whose: &str, expected: &Table, found: &Table) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    let mut text = format!("{whose}:");
    for key in expected.keys().chain(found.keys().filter(|key| !expected.contains_key(*key))) {
        let (should, is) = (expected.get(key), found.get(key));
        if should != is {
            write!(text, "\n  {key:?}\n    should be {should:?}\n    is        {is:?}")
                .expect("text takes text");
        }
    }
    Err(text)
}

fn printed(steps: &[Step]) -> String {
    let each = steps.iter().enumerate().map(|(nth, step)| match step {
        Step::Push(submission) => format!(
            "\n{nth}. push, complete {:?}, embargo {:?}\n{}",
            submission.complete,
            submission.embargo_s,
            text::file(&submission.rows)
        ),
        other => format!("\n{nth}. {other:?}"),
    });
    each.collect()
}
