//! SDMX-JSON structure messages: what is written is read again, and what is wrong is told.

use std::fmt::Write;

use mighub_sdmx::Period;
use mighub_sdmx::data::JsonVersion;
use mighub_sdmx::ml::structure::MessageHeader;
use mighub_sdmx::structure::{
    Artefact, Class, DataDefinition, DefaultSource, ITEMS_MAX, JsonError, MESSAGE_BYTES_MAX, Rank,
    Structures, TEXT_BYTES_MAX, read_json, read_message, write_json, write_json_message,
};

const FIXTURE: &[u8] = include_bytes!("data/structure-json20.json");
const AVAILABILITY: &[u8] = include_bytes!("data/availability-json20.json");

fn read(text: &str) -> Structures {
    let message = read_message(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(message.problems, []);
    message.structures
}

/// A message in which everything hangs together, with `more` in `data`.
fn agreements(more: &str) -> String {
    format!(
        r#"{{"data":{{
        "dataProviderSchemes":[{{"id":"DATA_PROVIDERS","agencyID":"A","version":"1.0","name":"P",
            "dataProviders":[{{"id":"SE1","name":"First"}},{{"id":"4F0","name":"Second"}}]}}],
        "codelists":[{{"id":"CL_AREA","agencyID":"A","version":"1.0.0","name":"Areas",
            "codes":[{{"id":"SWE","name":"Sweden"}},{{"id":"NOR","name":"Norway"}}]}},
            {{"id":"CL_UNIT","agencyID":"A","version":"1.0.0","name":"Units","codes":[{{"id":"PS","name":"Persons"}}]}}],
        "conceptSchemes":[{{"id":"CS","agencyID":"A","version":"1.0.0","name":"C","concepts":[
            {{"id":"AREA","name":"Area","coreRepresentation":{{"enumeration":"urn:sdmx:org.sdmx.infomodel.codelist.Codelist=A:CL_AREA(1.0.0)"}}}},
            {{"id":"UNIT","name":"Unit"}},{{"id":"VALUE","name":"Value"}},{{"id":"TIME_PERIOD","name":"Time"}}]}}],
        "dataStructures":[{{"id":"DSD","agencyID":"A","version":"1.0.0","name":"D","dataStructureComponents":{{
            "dimensionList":{{"id":"DimensionDescriptor","dimensions":[
                {{"id":"AREA","position":0,"conceptIdentity":"urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept=A:CS(1.0.0).AREA"}}],
              "timeDimension":{{"id":"TIME_PERIOD","conceptIdentity":"urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept=A:CS(1.0.0).TIME_PERIOD",
                "localRepresentation":{{"format":{{"dataType":"ObservationalTimePeriod"}}}}}}}},
            "measureList":{{"id":"MeasureDescriptor","measures":[
                {{"id":"VALUE","conceptIdentity":"urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept=A:CS(1.0.0).VALUE",
                  "localRepresentation":{{"format":{{"dataType":"Decimal","minValue":0.5}}}}}}]}},
            "attributeList":{{"id":"AttributeDescriptor","attributes":[
                {{"id":"UNIT","conceptIdentity":"urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept=A:CS(1.0.0).UNIT",
                  "localRepresentation":{{"enumeration":"urn:sdmx:org.sdmx.infomodel.codelist.Codelist=A:CL_UNIT(1.0.0)"}},
                  "attributeRelationship":{{"dimensions":["AREA"]}}}}]}}}}}}],
        "dataflows":[{{"id":"F","agencyID":"A","version":"1.0.0","name":"F",
            "structure":"urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=A:DSD(1.0.0)"}}]{more}}}}}"#
    )
}

fn agreement(id: &str, provider: &str, annotations: &str) -> String {
    format!(
        r#"{{"id":"{id}","agencyID":"A","version":"1.0.0","name":"{id}","annotations":[{annotations}],
        "dataflow":"urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=A:F(1.0.0)",
        "dataProvider":"urn:sdmx:org.sdmx.infomodel.base.DataProvider=A:DATA_PROVIDERS(1.0).{provider}"}}"#
    )
}

#[test]
fn a_message_of_another_program_is_read_and_resolves() {
    let message = read_message(FIXTURE).expect("a message");
    assert_eq!((&message.problems, &message.ignored), (&vec![], &vec![]));
    assert_eq!(message.structures.check(), []);
    let (flow, _) = message.structures.find(Class::Dataflow, "MIGHUB:DF_MIG_STOCK").expect("the dataflow");
    let definition = DataDefinition::resolve(&message.structures, flow).expect("a definition");
    assert_eq!(definition.shape.dimensions.join("."), "FREQ.REF_AREA.CITIZENSHIP.SEX");
    assert_eq!(definition.shape.series_attributes.join("."), "UNIT_MULT");
    assert_eq!(definition.shape.observation_attributes.join("."), "OBS_STATUS.COMMENT");
    let structure = message.structures.data_structure(&definition.structure).expect("the data structure");
    assert_eq!(structure.group("Sibling").map(|group| group.group_dimensions.len()), Some(3));
    assert_eq!(
        structure.component("TIME_PERIOD").map(|time| time.id().to_string()),
        Some("TIME_PERIOD".into())
    );
    assert!(structure.component("AGE").is_none());
    assert_eq!(read(&String::from_utf8(write_json(&message.structures)).expect("text")), message.structures);
}

#[test]
fn a_message_of_version_2_1_is_read_alike() {
    let text = String::from_utf8(FIXTURE.to_vec()).expect("text").replace("/2.0.0/", "/2.1.0/");
    assert_eq!(read(&text), read_message(FIXTURE).expect("a message").structures);
}

#[test]
fn a_constraint_has_values_and_time_ranges() {
    let structures = read(std::str::from_utf8(AVAILABILITY).expect("text"));
    let (_, artefact) = structures.find(Class::DataConstraint, "AVAIL_DF_MIG_STOCK").expect("the constraint");
    let Artefact::DataConstraint(constraint) = &**artefact else { panic!("no constraint") };
    let allows = |area: &'static str, period: &str| {
        let period = Period::parse(period.as_bytes()).expect("a period");
        constraint.allows(|id| (id == "REF_AREA").then_some(area), Some(period))
    };
    assert!(allows("ESP", "2019") && allows("FRA", "2021-Q4"));
    assert!(!allows("MAR", "2019") && !allows("ESP", "2022"));
}

#[test]
fn an_excluded_region_takes_away_combinations_and_not_their_parts() {
    let region = |values: &str| {
        format!(
            r#"{{"data":{{"dataConstraints":[{{"id":"C","agencyID":"A","version":"1.0.0","name":"C","role":"Allowed",
            "constraintAttachment":{{}},"cubeRegions":[{{"include":false,"keyValues":[{values}]}}]}}]}}}}"#
        )
    };
    let allows = |text: &str, sex: Option<&'static str>, age: Option<&'static str>| {
        let structures = read(text);
        let (_, artefact) = structures.iter().next().expect("a constraint");
        let Artefact::DataConstraint(constraint) = &**artefact else { panic!("no constraint") };
        constraint.allows(|id| if id == "SEX" { sex } else { age }, None)
    };
    let both = region(r#"{"id":"SEX","values":["F"]},{"id":"AGE","values":[{"value":"Y0"}]}"#);
    assert!(!allows(&both, Some("F"), Some("Y0")));
    assert!(allows(&both, Some("F"), Some("Y1")) && allows(&both, Some("M"), Some("Y0")));
    assert!(allows(&both, Some("F"), None), "what is not known forbids nothing");
    let others = region(r#"{"id":"SEX","include":false,"values":["F"]}"#);
    assert!(allows(&others, Some("F"), None) && !allows(&others, Some("M"), None));
}

#[test]
fn the_terms_of_an_agreement_are_read_and_written() {
    let terms = r#"{"id":"PERMITTED","type":"AREA","title":"SWE NOR"},{"id":"VALID_FROM","title":"2020-01-01"},
        {"id":"RANK","title":"2"},{"id":"SENDER","title":"A.STAT"},{"id":"DEFAULT_UNIT","title":"PS"},
        {"id":"READER_BEFORE_RELEASE","title":"UN"},{"id":"READER_CONFIDENTIAL","title":"IOM"},
        {"id":"NOTE","title":"kept as it is"}"#;
    let structures =
        read(&agreements(&format!(r#","provisionAgreements":[{}]"#, agreement("PA", "SE1", terms))));
    assert_eq!(structures.check(), []);
    let (reference, _) = structures.find(Class::ProvisionAgreement, "PA").expect("the agreement");
    let agreement = structures.agreement(reference).expect("the agreement");
    let terms = &agreement.terms;
    assert_eq!(agreement.data_provider.item.as_deref(), Some("SE1"));
    assert_eq!(terms.rank.get(), 2);
    assert_eq!(
        terms.permit(|_| Some("FIN")).map_err(|dimension| dimension.to_string()),
        Err("AREA".to_owned())
    );
    assert!(terms.senders.contains("A.STAT") && terms.readers_before_release.contains("UN"));
    assert!(terms.readers_confidential.contains("IOM"));
    assert_eq!(terms.validity.from.map(|day| day.to_string()).as_deref(), Some("2020-01-01"));
    assert_eq!(agreement.identity.annotations.len(), 1, "only what no program reads is left");
    let (flow, _) = structures.find(Class::Dataflow, "F").expect("the dataflow");
    let definition = DataDefinition::resolve(&structures, flow).expect("a definition");
    let default =
        definition.default_for(Some(agreement), "UNIT", &["SWE"], Period::year(2020)).expect("a default");
    assert_eq!(&*default.value, "PS");
    assert!(definition.dimensions[0].code("SWE").is_some(), "the concept says which codes there are");
    assert_eq!(read(&String::from_utf8(write_json(&structures)).expect("text")), structures);
}

#[test]
fn the_agreements_default_comes_before_the_dataflows() {
    let more = format!(
        r#","provisionAgreements":[{}]"#,
        agreement("PA", "SE1", r#"{"id":"DEFAULT_UNIT","title":"PS","type":"AREA=SWE"}"#)
    );
    let flow = r#""dataflows":[{"annotations":[{"id":"DEFAULT_UNIT","title":"XX"}],"#;
    let structures = read(&agreements(&more).replace(r#""dataflows":[{"#, flow));
    let (reference, _) = structures.find(Class::ProvisionAgreement, "PA").expect("the agreement");
    let agreement = structures.agreement(reference);
    let (flow, _) = structures.find(Class::Dataflow, "F").expect("the dataflow");
    let definition = DataDefinition::resolve(&structures, flow).expect("a definition");
    let default = |agreement, area| {
        let default = definition.default_for(agreement, "UNIT", &[area], Period::year(2020));
        default.map(|default| (default.value.into_owned(), default.source))
    };
    assert_eq!(default(agreement, "SWE"), Some(("PS".to_owned(), DefaultSource::Agreement)));
    assert_eq!(default(agreement, "NOR"), Some(("XX".to_owned(), DefaultSource::Dataflow)));
    assert_eq!(default(None, "SWE"), Some(("XX".to_owned(), DefaultSource::Dataflow)));
    let problems: Vec<_> = structures.check().iter().map(|problem| problem.text.clone()).collect();
    assert_eq!(problems, ["names \"XX\" for UNIT, which is not in the code list CL_UNIT"]);
}

#[test]
fn two_principal_providers_of_one_series_are_told() {
    let pair = |first: &str, second: &str| {
        let pair = [agreement("PA1", "SE1", first), agreement("PA2", "4F0", second)].join(",");
        read(&agreements(&format!(r#","provisionAgreements":[{pair}]"#))).check()
    };
    let area = |code: &str| format!(r#"{{"id":"PERMITTED","type":"AREA","title":"{code}"}}"#);
    assert_eq!(pair(&area("SWE"), &area("NOR")), []);
    assert_eq!(pair("", r#"{"id":"RANK","title":"2"}"#), []);
    let same = [agreement("PA1", "SE1", ""), agreement("PA2", "SE1", "")].join(",");
    let same = read(&agreements(&format!(r#","provisionAgreements":[{same}]"#)));
    assert_eq!(same.check(), [], "one provider does not compete with itself");
    let from = |day: &str| format!(r#"{{"id":"VALID_FROM","title":"{day}"}}"#);
    assert_eq!(pair(r#"{"id":"VALID_TO","title":"2020-12-31"}"#, &from("2021-01-01")), []);
    let [problem] = &pair(&area("SWE"), &from("2021-01-01"))[..] else { panic!("one problem is expected") };
    assert!(
        problem.text.starts_with("makes its provider the principal one of series for which"),
        "{problem}"
    );
    assert_eq!(Rank::default(), Rank::PRINCIPAL);
}

#[test]
fn what_is_not_held_is_named_and_never_swallowed() {
    let text = r#"{"data":{
        "processes":[{"id":"P"}],"metadataflows":[],
        "agencySchemes":[{"id":"AGENCIES","agencyID":"A","name":"N","agencies":[{"id":"B","name":"B",
            "contacts":[{"emails":["a@b.c"]}]}]}],
        "codelists":[
            {"id":"EXT","agencyID":"A","version":"1.0.0","name":"E","codelistExtensions":[{"codelist":"urn"}]},
            {"id":"TWICE","agencyID":"A","version":"1.0.0","name":"T"},
            {"id":"TWICE","agencyID":"A","version":"1.0.0","name":"U"},
            {"id":"DAY","agencyID":"A","version":"1.0.0","name":"D","codes":[
                {"id":"SUN","name":"USSR","annotations":[{"id":"VALID_TO","title":"1991"}]}]}],
        "dataConstraints":[
            {"id":"CASC","agencyID":"A","version":"1.0.0","name":"C","role":"Allowed","cubeRegions":[
                {"keyValues":[{"id":"AREA","values":[{"value":"EUR","cascadeValues":"all"}]}]}]}]}}"#;
    let message = read_message(text.as_bytes()).expect("a message");
    let said = |problems: &[mighub_sdmx::structure::Problem]| -> String {
        problems.iter().fold(String::new(), |mut all, problem| {
            let _ = writeln!(all, "{problem}");
            all
        })
    };
    let problems = said(&message.problems);
    for expected in [
        "the structure message: the structure message has processes, which this hub does not hold yet: send it without them",
        "codelists[0] EXT: \"urn\" is not a URN: write urn:sdmx:org.sdmx.infomodel.PACKAGE.CLASS=AGENCY:ID(VERSION)",
        "codelists[2] TWICE: urn:sdmx:org.sdmx.infomodel.codelist.Codelist=A:TWICE(1.0.0) stands twice in the message: send it once",
        "codelists[3] DAY: the code SUN: the annotation VALID_TO is \"1991\": write a day, such as 1991-12-25",
        "dataConstraints[0] CASC: data did not match any variant of untagged enum ValueJson",
    ] {
        assert!(problems.lines().any(|line| line == expected), "{expected}\nis not in:\n{problems}");
    }
    assert_eq!(message.problems.len(), 5, "{problems}");
    assert_eq!(said(&message.ignored), "agencySchemes[0] AGENCIES: left out: agencies[].contacts[]\n");
    assert_eq!(message.structures.check(), [], "a scheme of agencies has version 1.0 if it says none");
}

#[test]
fn stubs_and_partial_schemes_never_take_the_place_of_whole_ones() {
    let list = |rest: &str| {
        let text =
            format!(r#"{{"data":{{"codelists":[{{"id":"C","agencyID":"A","version":"1.0.0"{rest}}}]}}}}"#);
        let message = read_message(text.as_bytes()).expect("a message");
        assert_eq!((message.problems, message.ignored), (vec![], vec![]));
        let (_, artefact) = message.structures.iter().next().expect("a list");
        (**artefact).clone()
    };
    let stub = list(
        r#","isExternalReference":true,"links":[{"rel":"structure","href":"https://a.example/C"},{"rel":"self","urn":"u"}]"#,
    );
    let Artefact::Stub(read) = &stub else { panic!("{stub:?} is no stub") };
    assert_eq!(read.structure_url.as_deref(), Some("https://a.example/C"));
    let partial = list(r#","isPartial":true,"codes":[{"id":"X","name":"x"}]"#);
    let whole = list(r#","codes":[{"id":"X","name":"x"},{"id":"Y","name":"y"}]"#);
    let mut structures = Structures::default();
    for artefact in [&stub, &partial, &whole] {
        assert_eq!(structures.put(artefact.clone()), Ok(true));
    }
    for artefact in [&stub, &partial] {
        structures.put(artefact.clone()).expect_err("the whole list stays");
    }
    assert_eq!(structures.put(whole), Ok(false));
}

#[test]
fn a_wrong_message_is_refused_with_place_and_reason() {
    let too_long = format!(r#"{{"data":{{"codelists":[{{"id":"{}"}}]}}}}"#, "x".repeat(TEXT_BYTES_MAX + 1));
    let too_many = format!(r#"{{"data":{{"codelists":[{}]}}}}"#, vec!["{}"; ITEMS_MAX].join(","));
    let deep = format!(r#"{{"data":{}"#, "[".repeat(100_000));
    let deep_inside =
        format!(r#"{{"data":{{"codelists":[{{"id":"C","x":{}{}}}]}}}}"#, "[".repeat(130), "]".repeat(130));
    let codelist = |rest: &str| format!(r#"{{"data":{{"codelists":[{{"id":"C","agencyID":"A",{rest}}}]}}}}"#);
    let constraint = |range: &str| {
        format!(
            r#"{{"data":{{"dataConstraints":[{{"id":"C","agencyID":"A","role":"Allowed","cubeRegions":[
            {{"keyValues":[{{"id":"TIME_PERIOD","timeRange":{range}}}]}}]}}]}}}}"#
        )
    };
    for (text, expected) in [
        ("", "the structure message is not JSON: EOF while parsing"),
        (
            r#"{"data":{"codelists":["#,
            "the structure message is not JSON: EOF while parsing a list at line 1",
        ),
        ("[]", "the structure message has no object \"data\" with arrays such as \"codelists\""),
        ("{}", "the structure message has no object \"data\" with arrays such as \"codelists\""),
        (r#"{"data":{"codelists":{}}}"#, "the structure message has no object \"data\" with arrays"),
        (&deep, "the structure message is not JSON: recursion limit exceeded"),
        (&deep_inside, "the structure message is not JSON: recursion limit exceeded"),
        (&too_many, "the structure message has more than 500000 objects: send it in parts"),
        (&too_long, "the structure message has a text of 32769 bytes, which begins \"xxx"),
        (r#"{"data":{"processes":[{"id":"P"}]}}"#, "the structure message has processes, which this hub"),
        (r#"{"data":{"codelists":[1]}}"#, "codelists[0]: invalid type: integer `1`"),
        (r#"{"data":{"codelists":[{"agencyID":"A"}]}}"#, "codelists[0]: missing field `id`"),
        (
            &codelist(r#""version":"one""#),
            "codelists[0] C: \"one\" is not a version: write MAJOR.MINOR.PATCH",
        ),
        (&codelist(r#""codes":7"#), "codelists[0] C: invalid type: integer `7`, expected a sequence"),
        (
            &codelist(r#""codes":[{"id":"A B"}]"#),
            "codelists[0] C: \"A B\" is not the id of a code or item: use letters",
        ),
        (
            r#"{"data":{"dataflows":[{"id":"F","agencyID":"A","structure":"DSD_F"}]}}"#,
            "dataflows[0] F: \"DSD_F\" is not a URN: write urn:sdmx:org.sdmx.infomodel.PACKAGE.CLASS=AGENCY:ID(VERSION)",
        ),
        (
            &constraint("{}"),
            "dataConstraints[0] C: a time range has either beforePeriod, or afterPeriod, or startPeriod",
        ),
        (
            &constraint(r#"{"beforePeriod":{"period":"2019-W53"}}"#),
            "dataConstraints[0] C: the bound \"2019-W53\" of a time range is that ISO year has only 52 weeks",
        ),
    ] {
        let error = read_json(text.as_bytes()).expect_err(expected).to_string();
        assert!(error.starts_with(expected), "{error}\nexpected: {expected}");
    }
    let large = vec![b' '; MESSAGE_BYTES_MAX + 1];
    assert!(matches!(read_json(&large), Err(JsonError::TooLarge)));
    assert_eq!(
        JsonError::TooLarge.to_string(),
        "the structure message has more than 16777216 bytes: send it in parts"
    );
}

#[test]
fn everything_wrong_with_a_set_is_said_in_one_go() {
    let chain = |count: usize| {
        let code = |place: usize| format!(r#"{{"id":"C{place}","parent":"C{}"}}"#, place + 1);
        (0..count).map(code).collect::<Vec<_>>().join(",")
    };
    let text = agreements(&format!(
        r#","provisionAgreements":[{},{}],"dataConstraints":[{{"id":"C","agencyID":"A","version":"1.0.0","name":"C",
        "role":"Allowed","constraintAttachment":{{"dataflows":["urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=A:F(1.0.0)"]}},
        "cubeRegions":[{{"keyValues":[{{"id":"AREA","values":["FIN"]}},{{"id":"SEX","values":["F"]}}]}}]}}]"#,
        agreement("PA1", "XX", r#"{"id":"DEFAULT_UNIT","title":"EUR"}"#),
        agreement(
            "PA2",
            "SE1",
            r#"{"id":"DEFAULT_NOTE","title":"x"},{"id":"PERMITTED","type":"AREA","title":"DNK"}"#
        ),
    ));
    let mut structures = read(&text);
    let wrong = format!(
        r#"{{"data":{{
        "agencySchemes":[{{"id":"OTHERS","agencyID":"A","agencies":[{{"id":"4A"}}]}}],
        "codelists":[
            {{"id":"CYCLE","agencyID":"A","codes":[{{"id":"X","parent":"Y"}},{{"id":"Y","parent":"X"}},
                {{"id":"Z","parent":"Q"}},{{"id":"Z"}}]}},
            {{"id":"DEEP","agencyID":"A","codes":[{},{{"id":"C70"}}]}}],
        "dataStructures":[{{"id":"BARE","agencyID":"A","dataStructureComponents":{{"dimensionList":{{"dimensions":[]}},
            "groups":[{{"id":"G","groupDimensions":["AGE"]}}],
            "attributeList":{{"attributes":[{{"id":"NOTE","attributeRelationship":{{"group":"H"}},"measureRelationship":["M"],
                "conceptIdentity":"urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept=A:CS(1.0.0).NOTE"}}]}}}}}}],
        "dataflows":[
            {{"id":"LOST","agencyID":"A","structure":"urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=A:NONE(1.0.0)"}},
            {{"id":"WRONG","agencyID":"A","structure":"urn:sdmx:org.sdmx.infomodel.codelist.Codelist=A:CL_AREA(1.0.0)"}}]}}}}"#,
        chain(70)
    );
    for artefact in read_json(wrong.as_bytes()).expect("a message") {
        structures.put(artefact).expect("a new artefact");
    }
    let said: String = structures.check().iter().map(|problem| format!("{problem}\n")).collect();
    for expected in [
        "CYCLE(1.0.0): has the code Z twice: leave one",
        "CYCLE(1.0.0): the code X is its own ancestor: correct a parent",
        "CYCLE(1.0.0): the code Y is its own ancestor: correct a parent",
        "CYCLE(1.0.0): the parent Q of the code Z is not in the list: add it",
        "DEEP(1.0.0): the code C0 has more than 64 ancestors: make the tree flatter",
        "OTHERS(1.0): such a scheme is always AGENCIES, version 1.0",
        "OTHERS(1.0): \"4A\" is not the id of an agency: begin with a letter",
        "BARE(1.0.0): has no dimensions: give at least one besides time",
        "BARE(1.0.0): has no measure: give one, such as OBS_VALUE",
        "BARE(1.0.0): the group G names a dimension AGE that is not there: add it",
        "BARE(1.0.0): the attribute NOTE names a group H that is not there: add it",
        "BARE(1.0.0): the attribute NOTE names a measure M that is not there: add it",
        "but that scheme has no item NOTE",
        "LOST(1.0.0): refers to urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=A:NONE(1.0.0), which does not \
         exist: send it before or in the same message",
        "WRONG(1.0.0): refers to urn:sdmx:org.sdmx.infomodel.codelist.Codelist=A:CL_AREA(1.0.0), where a DataStructure is \
         expected",
        "PA1(1.0.0): refers to urn:sdmx:org.sdmx.infomodel.base.DataProvider=A:DATA_PROVIDERS(1.0).XX, but that scheme \
         has no item XX",
        "PA1(1.0.0): names \"EUR\" for UNIT, which is not in the code list CL_UNIT",
        "PA2(1.0.0): has a default for NOTE, which is no attribute of its data structure",
        "PA2(1.0.0): names \"DNK\" for AREA, which is not in the code list CL_AREA",
        "C(1.0.0): names \"FIN\" for AREA, which is not in the code list CL_AREA",
        "C(1.0.0): names SEX, which is no component of DSD",
    ] {
        assert!(said.contains(expected), "{expected}\nis not in:\n{said}");
    }
    assert_eq!(said.lines().filter(|line| line.contains("names SEX")).count(), 1, "{said}");
}

#[test]
fn a_message_names_its_schema_before_anything_else() {
    let structures = read_message(FIXTURE).expect("a message").structures;
    let header = MessageHeader {
        id: "M".to_owned(),
        test: false,
        prepared: jiff::Timestamp::UNIX_EPOCH,
        sender: "HUB".to_owned(),
        receivers: vec!["SWE".to_owned()],
    };
    for (version, number) in
        [(JsonVersion::V1_0, "1.0.0"), (JsonVersion::V2_0, "2.0.0"), (JsonVersion::V2_1, "2.1")]
    {
        let text = String::from_utf8(write_json_message(&structures, version, &header)).expect("text");
        let place = text.find(&format!("{number}/sdmx-json-structure-schema.json")).expect("its schema");
        // pysdmx looks at the first 350 characters.
        assert!(
            place < 300 && text.starts_with("{\"meta\":") != (version == JsonVersion::V2_1),
            "{}",
            &text[..350]
        );
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(
            (&value["meta"]["id"], &value["meta"]["receivers"][0]["id"]),
            (&"M".into(), &"SWE".into())
        );
        assert!(value["data"].is_object());
    }
}
