//! Reports about sources: a real file goes through, wrong ones are told what to do, and both forms keep everything.

use mighub_sdmx::Period;
use mighub_sdmx::source_report::{
    Accuracy, Answer, Concept, Draft, DraftAnswer, METADATAFLOW, MessageAbout, PeriodRange, REPORTS_MAX,
    SourceRank, SourceReport, Undercount, Values, check, read, write_csv, write_json,
};
use mighub_sdmx::structure::{Artefact, Class, Reference, read_message};
use proptest::prelude::*;

const QUALITY: &str = include_str!("data/sources/source_quality.csv");

fn reports(text: &str) -> Vec<SourceReport> {
    let drafts = read(text.as_bytes()).expect("a file");
    assert!(drafts.findings.is_empty(), "{:?}", drafts.findings);
    check(&drafts.drafts).expect("nothing is wrong")
}

fn findings(text: &str) -> String {
    let drafts = read(text.as_bytes()).expect("a file");
    let of_form = drafts.findings.listed().to_vec();
    let of_content = check(&drafts.drafts).err().unwrap_or_default();
    let all = of_form.iter().chain(of_content.listed());
    all.map(|finding| format!("{finding}\n")).collect()
}

#[test]
fn the_rank_of_every_row_of_a_real_file_follows_from_its_grades() {
    let reports = reports(QUALITY);
    assert_eq!(reports.len(), 120);
    // `check` refuses a file whose RANK is another one than the grades make: this column was not made by us.
    let rank = |area: &str, direction: &str, year: u16| {
        let is_meant = |report: &&SourceReport| {
            report.area() == area
                && report.direction() == direction
                && report.periods().covers(Period::year(year))
        };
        reports.iter().find(is_meant).map(|report| report.rank().get())
    };
    assert_eq!(rank("SWE", "IMM", 2012), Some(0));
    assert_eq!(rank("BGR", "IMM", 2010), Some(4));
    assert_eq!(rank("SWE", "IMM", 2020), None);
}

#[test]
fn each_grade_weighs_the_same_and_a_missing_one_is_the_worst() {
    use Undercount as U;
    let undercounts = [(Some(U::Low), 0), (Some(U::Medium), 1), (Some(U::High), 2), (None, 2)];
    let accuracies =
        [(Some(Accuracy::High), 0), (Some(Accuracy::Medium), 1), (Some(Accuracy::Low), 2), (None, 2)];
    for (undercount, of_undercount) in undercounts {
        for (accuracy, of_accuracy) in accuracies {
            assert_eq!(SourceRank::of(undercount, accuracy).get(), of_undercount + of_accuracy);
        }
    }
    assert_eq!(SourceRank::of(None, None), SourceRank::UNGRADED);
}

#[test]
fn what_is_wrong_is_told_with_row_concept_allowed_values_and_remedy() {
    let text = "REF_AREA,FLOW_DIR,START_PERIOD,END_PERIOD,UNDERCOUNT,ACCURACY,MIN_CELL,DUR_DEF,NOTE:x y,RANK,COLOUR\n\
                SWE,IMM,2010,2012,lowish,High,5,12M,,,\n\
                SWE,IMM,2012,2013,low,High,-1,1Y,,,\n\
                SWE,IMM,2014,2013,low,High,,,,,\n\
                ,EMI,soon,,low,High,,,a text,,\n\
                SWE,EMI,2010,,low,High,,,,3,\n\
                SWE,EMI,2010\n\
                SWE,NET,2010,2012,,,,,,,\n\
                SWE,NET,2012,,,,,,,,\n";
    let expected = "\
file, header: found \"COLOUR\", allowed: REF_AREA, FLOW_DIR, TIME_PERIOD or START_PERIOD and END_PERIOD, SOURCE_TYPE, DUR_DEF, RES_DEF, DEREG, COV_CITIZENS, COV_FOREIGN, COV_EU, COV_ASYLUM, UNDERCOUNT, ACCURACY, ROUND_BASE, MIN_CELL, REVISION_POLICY, TIMELINESS, CONTACT, LEGAL_BASIS, NOTE; rename the column or take it out; a text in another language is headed as NOTE:fr
row 6, row: found \"3 cells\", allowed: 11 cells; put texts that hold the separator between quotation marks
row 1, UNDERCOUNT: found \"lowish\", allowed: LOW, MEDIUM, HIGH; write one of these codes, or nothing if it is not known
row 2, MIN_CELL: found \"-1\", allowed: a whole number from 0; write digits alone
row 2, DUR_DEF: found \"1Y\", allowed: NONE, 3M, 6M, 12M, PERM; write one of these codes, or nothing if it is not known
row 3, END_PERIOD: found \"2014 to 2013\", allowed: an end that is not before the beginning; correct one of the two periods
row 4, REF_AREA: found \"\", allowed: one code; write the area's code, such as SWE
row 4, START_PERIOD: found \"soon\", allowed: a period; not a time period: write 2024, 2024-07, 2024-07-31, 2024-Q3, 2024-S1, 2024-W31 or 2020-01-01/P5Y
row 4, NOTE: found \"x y\", allowed: a language such as en, fr or pt-BR; name the language of the text by its BCP 47 tag
row 5, RANK: found \"3\", allowed: 0; leave RANK out, for it follows from UNDERCOUNT and ACCURACY, or correct these
row 2, TIME_PERIOD: found \"2012 to 2013\", allowed: periods that row 1 (2010 to 2012) does not cover; let each period be in one report of an area and direction
row 8, TIME_PERIOD: found \"since 2012\", allowed: periods that row 7 (2010 to 2012) does not cover; let each period be in one report of an area and direction
";
    assert_eq!(findings(text), expected);
}

#[test]
fn a_table_needs_an_area_and_one_way_to_say_the_periods() {
    let without = findings("FLOW_DIR,UNDERCOUNT\n");
    assert!(without.contains("allowed: REF_AREA;"), "{without}");
    assert!(without.contains("allowed: TIME_PERIOD, or START_PERIOD and END_PERIOD;"), "{without}");
    assert!(findings("REF_AREA,TIME_PERIOD,END_PERIOD\n").contains("found \"both\""));
    assert!(findings("REF_AREA,TIME_PERIOD,NOTE,note\n").contains("each column once"));
    for text in ["{}", "{\"data\":{}}", "{\"data\":{\"metadataSets\":3}}", "{", ""] {
        assert!(read(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn more_reports_than_a_record_names_are_refused_however_many_there_are() {
    let drafts: Vec<Draft> = (0..=REPORTS_MAX).map(|_| Draft::default()).collect();
    let findings = check(&drafts).expect_err("too many");
    assert_eq!(findings.listed().len(), 1, "{findings:?}");
    let mut text = "REF_AREA,FLOW_DIR,TIME_PERIOD\n".to_owned();
    (0..5 * REPORTS_MAX).for_each(|_| text.push_str("SWE,IMM,2010\n"));
    assert_eq!(read(text.as_bytes()).expect("a file").drafts.len(), REPORTS_MAX + 1);
}

fn text_of(report: &SourceReport) -> String {
    let mut out = Vec::new();
    write_csv([report], &mut out).expect("written");
    String::from_utf8(out).expect("UTF-8")
}

/// Any report: drafts from allowed values.
fn drafts() -> impl Strategy<Value = Draft> {
    let periods = prop_oneof![Just(("2010", "2012")), Just(("2010-Q2", "")), Just(("2011-03", "2011-W40"))];
    let answer =
        (0..Concept::ALL.len(), 0u32..100, "[a-zA-Z'=;,|\"\n é-ï]{0,20}", prop_oneof!["en", "fr", "pt-BR"]);
    (periods, prop::collection::vec(answer, 0..12)).prop_map(|((first, last), answers)| {
        let mut draft = Draft { row: 1, area: "SWE".into(), direction: "IMM".into(), ..Draft::default() };
        (draft.first, draft.last) = (first.to_owned(), last.to_owned());
        for (place, number, text, language) in answers {
            let concept = Concept::ALL[place];
            let is_text = concept.values() == Values::Texts;
            let said =
                |answer: &DraftAnswer| answer.concept == concept && (!is_text || answer.language == language);
            if draft.answers.iter().any(said) {
                continue;
            }
            let text = match concept.values() {
                Values::Codes(codes) => codes[number as usize % codes.len()].to_owned(),
                Values::CodeOfAttribute => "REGISTER".to_owned(),
                Values::Number => number.to_string(),
                Values::Texts => text,
            };
            draft.answers.push(DraftAnswer { concept, language, text });
        }
        draft
    })
}

proptest! {
    #[test]
    fn what_is_written_in_either_form_is_read_again(draft in drafts()) {
        let report = check(std::slice::from_ref(&draft)).expect("allowed values").remove(0);
        // A table has a row a report and keeps the periods as they were written.
        prop_assert_eq!(&reports(&text_of(&report))[0], &report);
        let dataflow = Reference::parse_short(Class::Dataflow, "MIGHUB:MIG_FLOW(1.0.0)").expect("a dataflow");
        let about = MessageAbout { sender: "TEST", provider: "SWE", dataflow: &dataflow, prepared: "2026-01-01T00:00:00Z" };
        let mut out = Vec::new();
        write_json([&report], &about, &mut out).expect("written");
        let again = reports(std::str::from_utf8(&out).expect("UTF-8")).remove(0);
        // A message has calendar periods alone; the time that they cover is the same.
        prop_assert_eq!(again.periods().start(), report.periods().start());
        prop_assert_eq!(again.periods().end(), report.periods().end());
        prop_assert_eq!(again.answers(), report.answers());
        prop_assert_eq!((again.area(), again.direction()), (report.area(), report.direction()));
    }
}

#[test]
fn ranges_cover_whole_periods_only() {
    let parse = |text: &str| Period::parse(text.as_bytes()).expect("a period");
    let range = PeriodRange::new(parse("2010-07"), Some(parse("2011-06"))).expect("a range");
    assert!(range.covers(parse("2010-Q4")) && !range.covers(parse("2010")) && !range.covers(parse("2011")));
    assert!(PeriodRange::new(parse("2010"), None).expect("a range").covers(parse("2500")));
    assert!(PeriodRange::new(parse("2010"), Some(parse("2009"))).is_none());
}

#[test]
fn texts_without_a_language_are_english() {
    let text = "REF_AREA;FLOW_DIR;TIME_PERIOD;NOTE;NOTE:fr\nSWE;IMM;2010;a register; un registre \n";
    let report = reports(text).remove(0);
    let texts = [("en", "a register"), ("fr", "un registre")].map(|(l, t)| (l.to_owned(), t.to_owned()));
    assert_eq!(report.answers()[&Concept::Note], Answer::Texts(texts.into()));
}

#[test]
fn the_metadata_structure_says_what_is_checked() {
    let read = |name: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../structures").join(name);
        read_message(&std::fs::read(path).expect("a file")).expect("structures").structures
    };
    let structures = read("metadata.json");
    let reference = |class, text: &str| Reference::parse_short(class, text).expect("a reference");
    let flow = structures.get(&reference(Class::Metadataflow, METADATAFLOW)).expect("the metadataflow");
    let Artefact::Metadataflow(flow) = &**flow else { panic!("{flow:?}") };
    let Some(Artefact::MetadataStructure(structure)) = structures.get(&flow.structure).map(|found| &**found)
    else {
        panic!("no metadata structure")
    };
    let attributes = &structure.components.attributes;
    let ids: Vec<&str> = attributes.iter().map(|attribute| &*attribute.id).collect();
    let concepts = Concept::ALL.into_iter().map(Concept::id);
    assert_eq!(ids, ["REF_AREA", "FLOW_DIR"].into_iter().chain(concepts).collect::<Vec<_>>());
    for attribute in &attributes[2..] {
        let values = Concept::of_id(&attribute.id).expect("a concept").values();
        let representation = attribute.local_representation.as_ref().expect("a representation");
        match (values, &representation.enumeration) {
            (Values::Codes(codes), Some(list)) => {
                let Some(Artefact::Codelist(list)) = structures.get(list).map(|found| &**found) else {
                    panic!("no {list}")
                };
                assert_eq!(list.codes().iter().map(|code| &*code.id).collect::<Vec<_>>(), codes);
            }
            (Values::CodeOfAttribute, Some(list)) => assert_eq!(&*list.id, "CL_SOURCE_TYPE"),
            (Values::Number | Values::Texts, None) => {}
            other => panic!("{}: {other:?}", attribute.id),
        }
    }
}
