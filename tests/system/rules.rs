//! Rulebooks: what the hub finds in figures, by which rules, and since when.

use mighub::block::Digest;
use mighub::v1::{self, SubmissionState};
use mighub_client::{PushOptions, PushOutcome};
use mighub_validation::Rulebook;

use crate::office::data::flows;
use crate::office::{ADMINISTRATOR, FLOW, Stage, accepted, push, raw};

/// Immigrants from a country in one year, by sex.
fn by_sex(counterpart: &str, year: u16, cells: &[(&str, &str)]) -> String {
    let row = |(sex, value): &(&str, &str)| {
        format!("dataflow,{FLOW},M,A,SWE,IMM,PRV,{counterpart},{sex},_T,LT,_T,{year},{value},A,F\n")
    };
    flows("SWE", &[]) + &cells.iter().map(row).collect::<String>()
}

fn groups(groups: &[v1::FindingGroup]) -> Vec<(&str, u64)> {
    groups.iter().map(|group| (&*group.rule_id, group.count)).collect()
}

fn shipped() -> Rulebook {
    Rulebook::shipped(FLOW).expect("flows have a rulebook")
}

async fn try_out(stage: &Stage, rulebook: &Rulebook) -> Vec<v1::TryRulebookResponse> {
    let request = v1::TryRulebookRequest {
        rulebook: rulebook.canonical_bytes().to_vec().into(),
        providers: Vec::new(),
    };
    let mut structures = raw::structures(stage.channel(ADMINISTRATOR).await);
    let mut answers = structures.try_rulebook(request).await.expect("read").into_inner();
    let mut tried = Vec::new();
    while let Some(answer) = answers.message().await.expect("an answer") {
        tried.push(answer);
    }
    tried
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rulebook_is_tried_on_what_is_stored_and_judges_from_its_record_on() {
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    let office = stage.client("SWE").await;
    let file = by_sex("NOR", 2020, &[("F", "10"), ("M", "12"), ("_T", "23")]);
    accepted(&office, &file, &PushOptions::default()).await;
    let records = stage.records().await;

    let tried = try_out(&stage, &shipped()).await;
    let [lane] = &tried[..] else { panic!("one lane: {tried:?}") };
    assert_eq!(groups(&lane.groups), [("SEX-201", 1)]);
    let sums = lane.rules.iter().find(|rule| rule.rule_id == "SEX-201").expect("counted");
    assert_eq!((sums.items, sums.failed), (1, 1), "{sums:?}");
    let revisions = lane.rules.iter().find(|rule| rule.rule_id == "REV-302").expect("counted");
    assert!(!revisions.not_run.is_empty(), "there is no vintage before the first");
    assert_eq!(stage.records().await, records, "a trial leaves nothing");

    let put =
        stage.put_rulebook(String::from_utf8_lossy(shipped().canonical_bytes()).into_owned(), false).await;
    assert_eq!(put.problems, []);
    assert_eq!(put.position, Some(records));
    let again =
        stage.put_rulebook(String::from_utf8_lossy(shipped().canonical_bytes()).into_owned(), false).await;
    assert_eq!(again.position, None, "the present one again changes nothing");

    let request = v1::ListRulebooksRequest { dataflow: FLOW.into(), ..Default::default() };
    let listed = raw::structures(stage.channel(ADMINISTRATOR).await).list_rulebooks(request).await;
    let listed = listed.expect("listed").into_inner().rulebooks;
    let [present, before, with_program] = &listed[..] else { panic!("{listed:#?}") };
    assert_eq!((present.position, with_program.position), (records, 0), "newest first");
    assert_eq!(present.digest, with_program.digest, "what came with the program was put again");
    assert_eq!(before.rules, 0);

    // What was accepted stays accepted: other series may change without it being judged again.
    let other = by_sex("FIN", 2020, &[("F", "1"), ("M", "2"), ("_T", "3")]);
    let receipt = accepted(&office, &other, &PushOptions::default()).await;
    let known = office.submission(&receipt.body.submission_id).await.expect("known");
    let verdict = known.verdict.expect("judged");
    assert_eq!(verdict.rulebook_digest, Digest::of(shipped().canonical_bytes()).to_bytes());
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warning_waits_for_an_answer_which_stays_with_the_submission() {
    let stage = Stage::with_rulebooks().await;
    stage.admit_office("SWE").await;
    let office = stage.client("SWE").await;
    let rows = [("M", "IMM", "NOR", 2019, "100,A,F"), ("M", "IMM", "NOR", 2020, "110,A,F")];
    accepted(&office, &flows("SWE", &rows), &PushOptions::default()).await;

    let deletion = flows("SWE", &[("D", "IMM", "NOR", 2019, ",,")]);
    let pushed = push(&office, &deletion, &PushOptions::default()).await;
    let PushOutcome::NeedsAnswer { verdict } = &pushed.outcome else { panic!("{:?}", pushed.outcome) };
    assert_eq!(groups(&verdict.groups), [("REV-302", 1)]);
    let id = verdict.submission_id.clone();
    let report = office.report(&id, 10).await.expect("a report");
    let [finding] = &report.findings[..] else { panic!("{report:?}") };
    assert_eq!(finding.observations[0].period, "2019");
    assert!(!finding.remedy.is_empty() && finding.level == 3);

    let answered = office.answer(&id, Some("REV-302"), "counted twice", "A. Clerk").await.expect("answered");
    assert_eq!((answered.state, answered.unanswered), (SubmissionState::Accepted, 0));
    let known = office.submission(&id).await.expect("known");
    assert_eq!(known.verdict.expect("judged").groups[0].unanswered, 0);
    assert_eq!(known.answers.len(), 1, "the answer stays");
    assert_eq!(known.answers[0].text, "counted twice");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_in_a_rulebook_are_told_with_their_place_and_it_does_not_judge() {
    let stage = Stage::with_rulebooks().await;
    let text = String::from_utf8_lossy(shipped().canonical_bytes()).into_owned();
    for (what, change, expected) in [
        ("a component that is not there", text.replace("lane#OBS_VALUE", "lane#OBS_VALEU"), "OBS_VALEU"),
        ("broken VTL", text.replace("additive := lane", "additive := := lane"), "additive"),
        ("no JSON", text.replace('{', ""), "cannot be read"),
    ] {
        assert_ne!(change, text, "{what}");
        let answer = stage.put_rulebook(change, false).await;
        assert_eq!(answer.position, None, "{what}");
        let told = answer.problems.iter().any(|problem| problem.text.contains(expected));
        assert!(told, "{what}: {:#?}", answer.problems);
    }
    stage.close().await;
}

/// The shipped rulebook with warnings for errors, so that the client sends what it finds fault with.
fn lenient() -> String {
    let text = String::from_utf8_lossy(shipped().canonical_bytes()).into_owned();
    let (built_in, book) = text.split_once("\"book\":").expect("the rules of its own come last");
    let warnings = [("\"severity\":\"error\"", "\"severity\":\"warning\""), ("errorlevel 3", "errorlevel 2")];
    let book =
        warnings.into_iter().fold(book.to_owned(), |book, (error, warning)| book.replace(error, warning));
    format!("{built_in}\"book\":{book}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_within_the_figures_has_the_same_id_in_the_office_and_on_the_hub() {
    let stage = Stage::with_rulebooks().await;
    stage.admit_office("SWE").await;
    let put = stage.put_rulebook(lenient(), false).await;
    assert_eq!(put.problems, []);
    let office = stage.client("SWE").await;
    let sums = [("F", "10"), ("M", "12"), ("_T", "23")];
    let file = by_sex("NOR", 2020, &sums) + by_sex("FIN", 2020, &sums).split_once('\n').expect("a header").1;

    let mut pushed = push(&office, &file, &PushOptions::default()).await;
    let mut offline = Vec::new();
    let each = |finding: mighub_validation::Finding| {
        offline.push((finding.rule_id, finding.finding_id, finding.arithmetic));
        Ok(())
    };
    pushed.checked.each_finding(each).expect("readable");
    let PushOutcome::NeedsAnswer { verdict } = &pushed.outcome else { panic!("{:?}", pushed.outcome) };
    let report = office.report(&verdict.submission_id, 10).await.expect("a report");
    let on_hub: Vec<_> =
        report.findings.into_iter().map(|f| (f.rule_id, f.finding_id, f.arithmetic)).collect();
    assert_eq!(on_hub.len(), 2, "{on_hub:?}");
    assert_eq!(offline, on_hub);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_is_judged_by_its_own_tolerance_on_both_sides() {
    let stage = Stage::with_rulebooks().await;
    stage.admit_office("SWE").await;
    let office = stage.client("SWE").await;
    let rows = [("M", "IMM", "NOR", 2019, "1000,A,F"), ("M", "IMM", "NOR", 2020, "9000,A,F")];
    let file = flows("SWE", &rows);
    let tolerance = |percent: &str| v1::Agreement {
        rule_parameters: vec![v1::RuleParameter { id: "CHANGE_PERCENT".into(), value: percent.into() }],
        ..crate::office::agreement("SWE")
    };
    let mut judged = Vec::new();
    for percent in ["500", "900"] {
        stage.agree(tolerance(percent)).await;
        let pushed = push(&office, &file, &PushOptions { test: true, ..PushOptions::default() }).await;
        let (PushOutcome::NeedsAnswer { verdict } | PushOutcome::Tested { verdict }) = &pushed.outcome else {
            panic!("{:?}", pushed.outcome)
        };
        let offline = pushed.checked.report.summary().groups.iter();
        let offline: Vec<_> = offline.map(|group| (&*group.rule_id, group.count)).collect();
        assert_eq!(offline, groups(&verdict.groups), "{percent} %");
        judged.push(verdict.groups.len());
    }
    assert_eq!(judged, [1, 0]);
    for wrong in [("CHANGE_PERCENT", "much"), ("CHANGE", "5")] {
        let (id, value) = (wrong.0.to_owned(), wrong.1.to_owned());
        let agreement =
            v1::Agreement { rule_parameters: vec![v1::RuleParameter { id, value }], ..tolerance("1") };
        let request = v1::PutAgreementRequest { agreement: Some(agreement) };
        let mut administrator = raw::agencies(stage.channel(ADMINISTRATOR).await);
        let refused = administrator.put_agreement(request).await.expect_err("no such value");
        assert!(refused.message().contains(wrong.0), "{refused}");
    }
    stage.close().await;
}
