//! SDMX-ML data out and in again, and what each layout of a message means.

mod ml_support;

use std::sync::Arc;

use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder, LocalText};
use mighub_sdmx::data::{
    Action, CellProblem, DataFormat, DatasetContext, Detail, MlForm, ObservationLevel, StructureUse,
    WriteOptions, writer,
};
use mighub_sdmx::structure::{DataDefinition, Reference};
use mighub_sdmx::{Decimal, Period};
use ml_support::{all_lines, build, definition, lines, read};
use proptest::prelude::*;

const FORMS: [MlForm; 6] = [
    MlForm::Generic,
    MlForm::GenericTimeSeries,
    MlForm::Specific21,
    MlForm::SpecificTimeSeries21,
    MlForm::Specific30,
    MlForm::Specific31,
];

fn options(level: ObservationLevel) -> WriteOptions {
    WriteOptions { observation_level: level, ..WriteOptions::default() }
}

/// Writes columns in several calls.
fn write(
    definition: &Arc<DataDefinition>,
    form: MlForm,
    options: &WriteOptions,
    calls: &[(Action, &Columns)],
) -> String {
    let mut out = Vec::new();
    let mut writer = writer(DataFormat::Ml(form), &mut out, definition, options).expect("a writer");
    for (action, columns) in calls {
        writer.write(*action, columns, &DatasetContext::default()).expect("written");
    }
    writer.finish().expect("written");
    String::from_utf8(out).expect("UTF-8")
}

/// What is in some observations.
#[derive(Clone, Debug)]
struct Given {
    key: [&'static str; 3],
    unit: Option<AttributeValue>,
    title: Option<AttributeValue>,
    observations: Vec<(Period, Option<Decimal>, [Option<AttributeValue>; 4])>,
}

fn columns(definition: &DataDefinition, given: &[Given]) -> Columns {
    let mut builder = ColumnsBuilder::new(definition.shape.clone());
    for series in given {
        builder.start_series_with_key(&series.key.map(Arc::from));
        builder.series_attribute(0, series.unit.as_ref());
        builder.series_attribute(1, series.title.as_ref());
        for (period, value, attributes) in &series.observations {
            builder.observation(*period, *value, |place| attributes[place].as_ref());
        }
        builder.end_series();
    }
    builder.take()
}

fn text() -> impl Strategy<Value = AttributeValue> {
    "[ -~éß中\n\t\r]{0,12}[a-z\"<>&';]".prop_map(|text| AttributeValue::text(&text))
}

fn local(language: &'static str) -> impl Strategy<Value = LocalText> {
    (language, "[ -~é\n]{1,8}")
        .prop_map(|(language, text)| LocalText { language: language.into(), text: text.into() })
}

fn several() -> impl Strategy<Value = AttributeValue> {
    prop::collection::vec("[ -~é]{1,8}", 2..4).prop_map(|texts| {
        let set = |text: String| vec![LocalText { language: "".into(), text: text.into() }];
        AttributeValue::Many(texts.into_iter().map(set).collect())
    })
}

fn in_languages() -> impl Strategy<Value = AttributeValue> {
    let set = prop::collection::vec(local("en|fr|zh-Hant"), 1..3);
    prop::collection::vec(set, 1..3).prop_map(|sets| AttributeValue::Many(sets.into()))
}

fn given(complex: bool) -> impl Strategy<Value = Vec<Given>> {
    let maybe = |strategy: BoxedStrategy<AttributeValue>| prop::option::of(strategy);
    let several = if complex { prop_oneof![text(), several()].boxed() } else { text().boxed() };
    let languages = if complex { prop_oneof![text(), in_languages()].boxed() } else { text().boxed() };
    let status = || "[A-Z]".prop_map(|text| AttributeValue::text(&text)).boxed();
    let value = prop::option::of((-99_999i64..99_999, 0u8..4))
        .prop_map(|value| value.map(|(unscaled, scale)| Decimal { unscaled, scale }));
    let attributes = (maybe(status()), maybe(text().boxed()), maybe(several), maybe(languages.clone()))
        .prop_map(|(a, b, c, d)| [a, b, c, d]);
    let observations = prop::collection::btree_map(1990u16..2030, (value, attributes), 1..6);
    let observations = observations.prop_map(|by_year| {
        let of_year = |(year, (value, attributes)): (u16, _)| {
            let period = Period::parse(year.to_string().as_bytes()).expect("a year");
            (period, value, attributes)
        };
        by_year.into_iter().map(of_year).collect::<Vec<_>>()
    });
    let keys = prop::sample::subsequence(
        vec![["A", "ESP", "F"], ["A", "ESP", "M"], ["A", "FRA", "F"], ["M", "@x$", "_T"]],
        1..=4,
    );
    let series = (maybe(status()), maybe(languages), observations);
    (keys, prop::collection::vec(series, 4)).prop_map(|(keys, series)| {
        let of = |(key, (unit, title, observations))| Given { key, unit, title, observations };
        keys.into_iter().zip(series).map(of).collect()
    })
}

/// Lines in any order.
fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

fn comes_back(form: MlForm, level: ObservationLevel, given: &[Given]) -> Result<(), TestCaseError> {
    let definition = definition();
    let columns = columns(&definition, given);
    let text = write(&definition, form, &options(level.clone()), &[(Action::Replace, &columns)]);
    let (batches, summary) = match read(&definition, text.as_bytes()) {
        Ok(read) => read,
        Err(error) => return Err(TestCaseError::fail(format!("{error}\n{text}"))),
    };
    let issues: Vec<_> = batches.iter().flat_map(|batch| &batch.issues).chain(&summary.issues).collect();
    prop_assert!(issues.is_empty(), "{issues:?}\n{text}");
    let read: Vec<String> = batches.iter().flat_map(|batch| lines(&batch.columns)).collect();
    prop_assert_eq!(sorted(read), sorted(lines(&columns)), "{:?} {:?}\n{}", form, level, text);
    prop_assert!(batches.iter().all(|batch| batch.action == Action::Replace));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_2_1_can_say_comes_out_as_it_went_in(given in given(false)) {
        for form in &FORMS[..4] {
            comes_back(*form, ObservationLevel::Time, &given)?;
        }
        for form in [MlForm::Generic, MlForm::Specific21] {
            comes_back(form, ObservationLevel::AllDimensions, &given)?;
            comes_back(form, ObservationLevel::Dimension("SEX".into()), &given)?;
        }
    }

    #[test]
    fn several_values_and_languages_come_out_of_3_as_they_went_in(given in given(true)) {
        for form in [MlForm::Specific30, MlForm::Specific31] {
            comes_back(form, ObservationLevel::Time, &given)?;
            comes_back(form, ObservationLevel::AllDimensions, &given)?;
            comes_back(form, ObservationLevel::Dimension("AREA".into()), &given)?;
        }
    }

    #[test]
    fn a_series_in_several_calls_is_one_series(given in given(true), cut in 1usize..6) {
        let definition = definition();
        let columns = columns(&definition, &given);
        let whole = write(&definition, MlForm::Specific30, &options(ObservationLevel::Time), &[(Action::Merge, &columns)]);
        let mut builder = ColumnsBuilder::new(definition.shape.clone());
        let mut parts = Vec::new();
        for series in 0..columns.series_count() {
            let range = mighub_sdmx::columns::ObservationRange::whole(&columns, series);
            let cut = cut.min(range.len());
            for (start, end) in [(0, cut), (cut, range.len())] {
                if start < end {
                    builder.push(range.part(start, end), &mut mighub_sdmx::columns::SourceMap::default());
                    parts.push((Action::Merge, builder.take()));
                }
            }
        }
        let calls: Vec<_> = parts.iter().map(|(action, columns)| (*action, columns)).collect();
        let cut = write(&definition, MlForm::Specific30, &options(ObservationLevel::Time), &calls);
        prop_assert_eq!(whole, cut);
    }
}

fn plain(key: [&'static str; 3], years: &[&str]) -> Given {
    let observation = |year: &&str| {
        let period =
            if year.is_empty() { Period::ANY } else { Period::parse(year.as_bytes()).expect("a year") };
        let value = (!year.is_empty()).then(|| Decimal::integer(7));
        (period, value, [None, None, None, None])
    };
    let observations = years.iter().map(observation).collect();
    Given { key, unit: Some(AttributeValue::text("P")), title: None, observations }
}

#[test]
fn deletions_wildcards_and_rows_about_series_come_back() {
    let definition = definition();
    let replaced = columns(&definition, &[plain(["A", "ESP", "F"], &["", "2020"])]);
    let mut deleted =
        columns(&definition, &[plain(["", "ESP", ""], &[""]), plain(["A", "FRA", "M"], &["2019"])]);
    deleted.series_attributes.iter_mut().for_each(|column| *column = Default::default());
    let sex = ObservationLevel::Dimension("SEX".into());
    let crossed = [MlForm::Generic, MlForm::Specific21, MlForm::Specific30, MlForm::Specific31];
    let by_time = FORMS.map(|form| (form, ObservationLevel::Time));
    for (form, level) in by_time.into_iter().chain(crossed.map(|form| (form, sex.clone()))) {
        let calls = [(Action::Delete, &deleted), (Action::Replace, &replaced)];
        let text = write(&definition, form, &options(level), &calls);
        let (batches, _) = read(&definition, text.as_bytes()).expect(&text);
        assert_eq!(
            all_lines(&batches),
            [
                "Delete .ESP.  - - - - - - -",
                "Delete A.FRA.M 2019 0 - - - - - -",
                "Replace A.ESP.F  - - - - - P -",
                "Replace A.ESP.F 2020 7 - - - - P -",
            ],
            "{form:?}\n{text}"
        );
        assert_eq!(text.matches("<mes:DataSet ").count(), 2, "{text}");
    }
}

#[test]
fn history_stands_in_datasets_with_dates() {
    let definition = definition();
    let columns = columns(&definition, &[plain(["A", "ESP", "F"], &["2020"])]);
    for form in FORMS {
        let mut out = Vec::new();
        let mut writer =
            writer(DataFormat::Ml(form), &mut out, &definition, &WriteOptions::default()).expect("a writer");
        for year in ["2020", "2021"] {
            let instant = format!("{year}-05-01T00:00:00Z").parse().ok();
            let context = DatasetContext { valid_from: instant, ..DatasetContext::default() };
            writer.write(Action::Replace, &columns, &context).expect("written");
        }
        writer.finish().expect("written");
        let text = String::from_utf8(out).expect("UTF-8");
        assert!(text.contains("validFromDate=\"2020-05-01T00:00:00Z\""), "{text}");
        assert_eq!(text.matches("</mes:DataSet>").count(), 2, "{text}");
    }
}

#[test]
fn series_without_observations_are_keys_and_attributes() {
    let definition = definition();
    let columns = columns(&definition, &[plain(["A", "ESP", "F"], &["2020"]), plain(["A", "FRA", "F"], &[])]);
    for (detail, attribute) in [(Detail::SeriesKeysOnly, false), (Detail::NoData, true)] {
        let options = WriteOptions { detail, ..WriteOptions::default() };
        for form in FORMS {
            let text = write(&definition, form, &options, &[(Action::Replace, &columns)]);
            assert_eq!((text.matches("Series>\n").count(), text.contains("Obs>")), (2, false), "{text}");
            assert_eq!(text.contains("UNIT"), attribute, "{text}");
        }
    }
}

#[test]
fn data_without_time_are_flat() {
    let definition = build(false);
    let columns = columns(&definition, &[plain(["A", "ESP", "F"], &[""])]);
    for form in [MlForm::Generic, MlForm::Specific21, MlForm::Specific30, MlForm::Specific31] {
        let text = write(&definition, form, &WriteOptions::default(), &[(Action::Replace, &columns)]);
        assert!(text.contains("AllDimensions"), "{text}");
        let (batches, _) = read(&definition, text.as_bytes()).expect(&text);
        assert_eq!(all_lines(&batches), ["Replace A.ESP.F  - - - - - P -"], "{text}");
    }
    let refused =
        writer(DataFormat::Ml(MlForm::GenericTimeSeries), Vec::new(), &definition, &WriteOptions::default());
    assert!(refused.is_err());
}

/// Messages of every form and layout, for whoever holds the official schemas against them.
#[test]
fn messages_of_every_form_are_left_for_the_official_schemas() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("ml-messages");
    std::fs::create_dir_all(&folder).expect("a folder");
    let definition = definition();
    let local = |language: &str, text: &str| LocalText { language: language.into(), text: text.into() };
    let several = AttributeValue::Many(vec![vec![local("", "X & Y")], vec![local("", "Z")]].into());
    let titles = vec![vec![local("en", "Flows"), local("fr", "Flux \"bruts\"")], vec![local("", "Other")]];
    let mut full = plain(["A", "ESP", "F"], &["2019", "2020"]);
    full.title = Some(AttributeValue::Many(titles.into()));
    full.observations[0].2 =
        [Some(AttributeValue::text("A")), Some(AttributeValue::text("1 < 2\n\"q\"")), Some(several), None];
    let replaced = columns(&definition, &[full, plain(["A", "FRA", "F"], &["", "2020"])]);
    let deleted = columns(&definition, &[plain(["", "ESP", ""], &[""])]);
    let levels = [
        ("time", ObservationLevel::Time),
        ("flat", ObservationLevel::AllDimensions),
        ("sex", ObservationLevel::Dimension("SEX".into())),
    ];
    for form in FORMS {
        for (name, level) in &levels {
            let mut options = options(level.clone());
            options.absent_values.push(("COLLECTION".into(), AttributeValue::text("B")));
            options.header.sender_name = Some("The hub".to_owned());
            options.header.receivers.push("ANYONE".to_owned());
            options.custom_columns.push("DATA_PROVIDER".to_owned());
            let mut out = Vec::new();
            let mut writer = writer(DataFormat::Ml(form), &mut out, &definition, &options).expect("a writer");
            let now = "2026-11-25T00:00:00Z".parse().ok();
            let history = DatasetContext {
                valid_from: now,
                valid_to: now,
                custom: &["SWE"],
                ..DatasetContext::default()
            };
            writer.write(Action::Delete, &deleted, &DatasetContext::default()).expect("written");
            writer.write(Action::Replace, &replaced, &DatasetContext::default()).expect("written");
            writer.write(Action::Merge, &replaced, &history).expect("written");
            writer.finish().expect("written");
            let (batches, summary) = read(&definition, &out).expect("readable");
            assert!(summary.issues.is_empty() && batches.len() >= 3);
            std::fs::write(folder.join(format!("{form:?}-{name}.xml")), out).expect("written");
        }
        let empty = write(&definition, form, &WriteOptions::default(), &[]);
        std::fs::write(folder.join(format!("{form:?}-empty.xml")), empty).expect("written");
    }
}

#[test]
fn figures_of_each_provider_stand_in_a_dataset_that_names_it() {
    let definition = definition();
    let columns = columns(&definition, &[plain(["A", "ESP", "F"], &["2020"])]);
    let agreement =
        "urn:sdmx:org.sdmx.infomodel.registry.ProvisionAgreement=OTHER:AGREED(1.0)".parse::<Reference>();
    for (structure, agency) in [
        (StructureUse::Dataflow, "TEST"),
        (StructureUse::ProvisionAgreement(agreement.expect("a URN")), "OTHER"),
    ] {
        for form in FORMS {
            let mut options = options(ObservationLevel::Time);
            options.custom_columns = vec!["VALID_FROM".to_owned(), "DATA_PROVIDER".to_owned()];
            options.header.structure = structure.clone();
            let mut out = Vec::new();
            let mut writer = writer(DataFormat::Ml(form), &mut out, &definition, &options).expect("a writer");
            for provider in ["SWE", "SWE", "4F0"] {
                let custom = ["", provider];
                let context = DatasetContext { custom: &custom, ..DatasetContext::default() };
                writer.write(Action::Replace, &columns, &context).expect("written");
            }
            writer.finish().expect("written");
            let text = String::from_utf8(out).expect("UTF-8");
            let named: Vec<&str> = text
                .split("<mes:DataSet ")
                .skip(1)
                .filter_map(|dataset| dataset.split("DataProvider>").nth(1))
                .collect();
            let is_2_1 = !matches!(form, MlForm::Specific30 | MlForm::Specific31);
            let expected = ["SWE", "4F0"].map(|id| match is_2_1 {
                true => format!("<Ref id=\"{id}\" maintainableParentID=\"DATA_PROVIDERS\" maintainableParentVersion=\"1.0\" agencyID=\"{agency}\" class=\"DataProvider\" package=\"base\"/></"),
                false => format!("urn:sdmx:org.sdmx.infomodel.base.DataProvider={agency}:DATA_PROVIDERS(1.0).{id}</"),
            });
            let prefix =
                if matches!(form, MlForm::Generic | MlForm::GenericTimeSeries) { "gen:" } else { "" };
            assert_eq!(named, expected.map(|text| text + prefix), "{form:?}\n{text}");
            if structure == StructureUse::Dataflow {
                let (batches, _) = read(&definition, text.as_bytes()).expect(&text);
                assert_eq!(all_lines(&batches).len(), 3, "{text}");
                // Whoever sends it on is told that it is not of one provider.
                let issues = batches.iter().flat_map(|batch| &batch.issues);
                let issues: Vec<_> =
                    issues.map(|issue| (issue.row, &issue.problem, &*issue.content)).collect();
                let second = "TEST:DATA_PROVIDERS(1.0).4F0";
                assert_eq!(issues, [(3, &CellProblem::SeveralProviders, second)], "{text}");
            }
        }
    }
}

#[test]
fn a_provider_whose_name_is_no_id_is_refused() {
    let definition = definition();
    let columns = columns(&definition, &[plain(["A", "ESP", "F"], &["2020"])]);
    let mut options = options(ObservationLevel::Time);
    options.custom_columns.push("DATA_PROVIDER".to_owned());
    let mut writer =
        writer(DataFormat::Ml(MlForm::Generic), Vec::new(), &definition, &options).expect("a writer");
    let context = DatasetContext { custom: &["A\"><x"], ..DatasetContext::default() };
    let error = writer.write(Action::Replace, &columns, &context).expect_err("no id");
    assert!(error.to_string().contains("has no name that a message can write"), "{error}");
}

#[test]
fn each_version_calls_measure_and_scope_as_its_schema_does() {
    let mut persons = (*definition()).clone();
    persons.measure.id = Arc::from("PERSONS");
    let persons = Arc::new(persons);
    let columns = columns(&persons, &[plain(["A", "ESP", "F"], &["2020"])]);
    for form in FORMS {
        let text = write(&persons, form, &WriteOptions::default(), &[(Action::Replace, &columns)]);
        let is_3 = matches!(form, MlForm::Specific30 | MlForm::Specific31);
        let is_specific_2_1 = matches!(form, MlForm::Specific21 | MlForm::SpecificTimeSeries21);
        assert_eq!(text.contains(" PERSONS=\"7\""), is_3, "{text}");
        assert_eq!(text.contains(" OBS_VALUE=\"7\""), is_specific_2_1, "{text}");
        assert_eq!(text.contains("ss:dataScope"), is_specific_2_1, "{text}");
        let (batches, _) = read(&persons, text.as_bytes()).expect(&text);
        assert_eq!(all_lines(&batches), ["Replace A.ESP.F 2020 7 - - - - P -"], "{text}");
    }
}
