//! The rulebooks that come with the program: sound, complete in their texts, and each of their rules finds the
//! mistake planted for it and nothing else. Cases stand in `tests/rulebooks/`, one file for each dataflow.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

use mighub_sdmx::Columns;
use mighub_sdmx::structure::DataDefinition;
use mighub_validation::{
    Finding, Findings, InputSource, Judge, JudgeOptions, Prepared, Report, Rulebook, Summary,
};
use support::{columns_of, definition, project, scratch};

fn definition_of(dataflow: &str) -> Option<Arc<DataDefinition>> {
    Some(definition(dataflow.split(':').nth(1)?.split('(').next()?))
}

fn prepare(rulebook: &Rulebook) -> Result<Arc<Prepared>, String> {
    match rulebook.prepare(&definition_of) {
        Ok(prepared) => Ok(Arc::new(prepared.expect("more than the built-in rules"))),
        Err(problems) => {
            let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Err(format!("{}:\n{}", rulebook.dataflow().unwrap_or_default(), texts.join("\n")))
        }
    }
}

#[test]
fn all_fourteen_are_sound() {
    let rulebooks = Rulebook::all_shipped();
    assert_eq!(rulebooks.len(), 14);
    let unsound: Vec<String> = rulebooks.iter().filter_map(|rulebook| prepare(rulebook).err()).collect();
    assert!(unsound.is_empty(), "{}", unsound.join("\n\n"));
    for rulebook in rulebooks {
        let again = Rulebook::read(rulebook.canonical_bytes()).expect("its own bytes");
        assert_eq!(again, rulebook);
    }
}

#[test]
fn every_rule_speaks_three_languages() {
    for rulebook in Rulebook::all_shipped() {
        for rule in &rulebook.book().expect("a book").rules {
            for language in ["en", "fr", "es"] {
                let texts = rule.texts.get(language).unwrap_or_else(|| panic!("{} in {language}", rule.id));
                assert!(texts.remedy.ends_with('.'), "{} in {language}", rule.id);
                assert!(!texts.title.ends_with('.'), "{} in {language}", rule.id);
            }
        }
    }
}

/// Rows for one input, or for several.
#[derive(Default)]
struct Case {
    name: String,
    /// Lines by input; those of the lane under `lane`.
    rows: BTreeMap<String, Vec<String>>,
}

fn cases(dataflow: &str) -> Vec<Case> {
    let path = project(&format!("validation/tests/rulebooks/{dataflow}.txt"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{}", path.display()));
    let mut cases: Vec<Case> = Vec::new();
    let mut input = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix("== ") {
            cases.push(Case { name: name.to_owned(), ..Case::default() });
            input = "lane".to_owned();
        } else if let Some(name) = line.strip_prefix("-- ") {
            input = name.to_owned();
            cases.last_mut().expect("a case").rows.entry(input.clone()).or_default();
        } else {
            cases.last_mut().expect("a case").rows.entry(input.clone()).or_default().push(line.to_owned());
        }
    }
    cases
}

/// `KEY PERIOD VALUE [ATTRIBUTE=VALUE ...]` as SDMX-CSV; a value `-` is none. `[F,M]` in a key stands for rows.
fn columns(definition: &DataDefinition, rows: &[String]) -> Option<Columns> {
    let attributes: Vec<&str> =
        definition.attributes.iter().map(|attribute| &*attribute.component.id).collect();
    let dimensions: Vec<&str> = definition.dimensions.iter().map(|dimension| &*dimension.id).collect();
    let time = definition.time.as_deref().expect("a time dimension");
    let mut csv = format!(
        "STRUCTURE,STRUCTURE_ID,ACTION,{},{time},OBS_VALUE,{}\n",
        dimensions.join(","),
        attributes.join(",")
    );
    for row in rows {
        let words: Vec<&str> = row.split_whitespace().collect();
        let [key, period, value, given @ ..] = &words[..] else { panic!("{row}") };
        let value = if *value == "-" { "" } else { value };
        assert_eq!(key.split('.').count(), dimensions.len(), "{row}");
        let _ = write!(
            csv,
            "dataflow,{},M,{},{period},{value}",
            definition.dataflow.short(),
            key.replace('.', ",")
        );
        for attribute in &attributes {
            let given = given.iter().filter_map(|given| given.split_once('='));
            let value =
                given.filter(|(id, _)| id == attribute).map(|(_, value)| value).next().unwrap_or_default();
            let _ = write!(csv, ",{value}");
        }
        csv.push('\n');
    }
    (!rows.is_empty()).then(|| columns_of(&csv).1)
}

fn judge(prepared: &Arc<Prepared>, case: &Case, options: JudgeOptions<'_>) -> Report {
    let mut findings = Findings::new(scratch());
    let mut judge = Judge::new(prepared.clone(), options);
    for (input, rows) in &case.rows {
        let source = prepared.references().find(|(name, _)| name == input).map(|(_, source)| source.clone());
        let definition = match source {
            Some(InputSource::Dataflow { dataflow } | InputSource::Partners { dataflow }) => {
                definition_of(&dataflow).expect("a dataflow")
            }
            Some(InputSource::Previous) | None => prepared.definition().clone(),
        };
        judge.has(input);
        if let Some(columns) = columns(&definition, rows) {
            judge.push(input, &columns).expect("memory");
        }
    }
    judge.finish(&mut findings).expect("memory");
    findings.finish().expect("memory")
}

fn in_words(finding: &Finding) -> String {
    let observation =
        |of: &mighub_validation::ObservationRef| format!("{} {}", of.series_key.join("."), of.period);
    let mut text = format!("{} {} {}\n", finding.severity.word(), finding.rule_id, finding.title);
    let (first, others) = finding.observations.split_first().expect("an observation");
    let _ = writeln!(
        text,
        "  {} {} in row {} is {:?}, expected {:?}; rows {:?}",
        observation(first),
        first.component,
        finding.place.as_ref().map_or(0, |place| place.row),
        finding.found,
        finding.expected,
        finding.rows
    );
    if !others.is_empty() {
        let _ = writeln!(text, "  with {}", others.iter().map(observation).collect::<Vec<_>>().join(", "));
    }
    if !finding.arithmetic.is_empty() {
        let _ = writeln!(text, "  {}", finding.arithmetic);
    }
    text
}

fn findings(report: &mut Report) -> Vec<Finding> {
    report.findings().expect("memory").map(|finding| finding.expect("memory")).collect()
}

fn failed(summary: &Summary, name: &str) -> Vec<String> {
    let failed = summary.not_run.iter().filter(|rule| !rule.reason.contains("not given"));
    failed.map(|rule| format!("{name}: {} did not run: {}\n", rule.rule_id, rule.reason)).collect()
}

#[test]
fn every_rule_finds_the_mistake_planted_for_it_and_nothing_in_sound_data() {
    let (mut all, mut unexpected) = (String::new(), Vec::new());
    for rulebook in Rulebook::all_shipped() {
        let prepared = prepare(&rulebook).expect("a sound rulebook");
        let dataflow = prepared.definition().dataflow.id.to_string();
        let mut planted = BTreeSet::new();
        let _ = writeln!(all, "=== {dataflow}");
        for case in cases(&dataflow) {
            let mut report = judge(&prepared, &case, JudgeOptions::new(scratch()));
            let name = format!("{dataflow}, {}", case.name);
            unexpected.extend(failed(report.summary(), &name));
            let found = findings(&mut report);
            let ids: BTreeSet<&str> = found.iter().map(|finding| &*finding.rule_id).collect();
            let words: String = found.iter().map(in_words).collect();
            if case.name == "sound" {
                if !ids.is_empty() {
                    unexpected.push(format!("{name}:\n{words}"));
                }
                let idle: Vec<_> = report
                    .summary()
                    .rules
                    .iter()
                    .filter(|rule| rule.passed == 0 && rule.not_run.is_empty())
                    .collect();
                let _ = writeln!(
                    all,
                    "nothing to look at in sound data: {:?}",
                    idle.iter().map(|rule| &*rule.rule_id).collect::<Vec<_>>()
                );
                continue;
            }
            let rule = case.name.split(' ').next().expect("a rule");
            if ids != BTreeSet::from([rule]) {
                unexpected.push(format!("{name}:\n{words}"));
            }
            planted.insert(rule.to_owned());
            all.push_str(&words);
        }
        let rules: BTreeSet<String> = prepared.rules().iter().map(|rule| rule.rule.id.to_string()).collect();
        let missing: Vec<_> = rules.difference(&planted).collect();
        // Rules that all rulebooks share are planted once, in the rulebook that has most of them.
        let shared = ["SEX-", "AGE-", "ARE-", "CHG-", "REV-"];
        let of_book: Vec<_> = missing
            .iter()
            .filter(|id| dataflow == "MIG_FLOW" || !shared.iter().any(|prefix| id.starts_with(prefix)))
            .collect();
        assert!(of_book.is_empty(), "{dataflow}: no mistake is planted for {of_book:?}");
    }
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
    insta::assert_snapshot!(all);
}

#[test]
fn the_national_files_have_no_errors_and_few_warnings_against_one_another() {
    let rulebook = Rulebook::shipped("MIG_FLOW").expect("a rulebook");
    let prepared = prepare(&rulebook).expect("a sound rulebook");
    let mut files: Vec<_> = std::fs::read_dir(project("demo/data/submissions"))
        .expect("the sample data")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let lanes: Vec<Columns> =
        files.iter().map(|path| columns_of(&std::fs::read_to_string(path).expect("a file")).1).collect();
    let mut told = String::new();
    for (place, lane) in lanes.iter().enumerate() {
        let mut judge = Judge::new(prepared.clone(), JudgeOptions::new(scratch()));
        judge.push_lane(lane).expect("memory");
        let partners = lanes.iter().enumerate().filter(|(other, _)| *other != place);
        partners.for_each(|(_, partner)| judge.push("partners", partner).expect("memory"));
        let mut findings = Findings::new(scratch());
        judge.finish(&mut findings).expect("memory");
        let report = findings.finish().expect("memory");
        let counts = report.counts();
        assert_eq!(counts.errors, 0, "{}", files[place].display());
        let rule = |id: &str| report.summary().rules.iter().find(|rule| rule.rule_id == id).expect(id);
        let _ = writeln!(
            told,
            "{}: {} of {} changes are warned of, {} of {} flows differ from the other side",
            files[place].file_stem().expect("a name").to_string_lossy(),
            rule("CHG-201").failed,
            rule("CHG-201").items,
            rule("FLOW-501").failed,
            rule("FLOW-501").items,
        );
    }
    insta::assert_snapshot!(told);
}
