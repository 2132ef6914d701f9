//! Structure messages of SDMX-ML: what messages say, and what is told about bad ones.

use std::sync::Arc;

use mighub_sdmx::ml::structure::{
    Availability, ErrorText, MessageHeader, MlVersion, SubmissionAction, SubmissionResult, SubmissionStatus,
    read_message, write_availability, write_error, write_message, write_schema, write_submission_results,
};
use mighub_sdmx::structure::*;

const OF_2_1: &str = include_str!("data/structure-ml21.xml");
const OF_3_0: &str = include_str!("data/structure-ml30.xml");
const OF_JSON: &str = include_str!("data/structure-json20.json");

fn header() -> MessageHeader {
    MessageHeader {
        id: "M1".to_owned(),
        test: false,
        prepared: "2026-11-25T04:00:00Z".parse().expect("a time"),
        sender: "MIGHUB".to_owned(),
        receivers: Vec::new(),
    }
}

fn sound(text: &str) -> Structures {
    let message = read_message(text.as_bytes()).expect("a message");
    assert_eq!((message.problems, message.ignored), (vec![], vec![]));
    message.structures
}

/// The artefacts of a message of SDMX-JSON, but for agencies, which the messages of XML do not hold.
fn of_json(text: &str) -> Structures {
    let message = mighub_sdmx::structure::read_message(text.as_bytes()).expect("a message");
    let mut structures = Structures::default();
    for (_, artefact) in message.structures.iter() {
        if artefact.class() != Class::AgencyScheme {
            structures.put((**artefact).clone()).expect("a new name");
        }
    }
    structures
}

/// A message of one artefact.
fn message(version: &str, section: &str, artefact: &str) -> String {
    let names = ["message", "structure", "common"];
    let [mes, str, com] =
        names.map(|words| format!("http://www.sdmx.org/resources/sdmxml/schemas/{version}/{words}"));
    format!(
        "<mes:Structure xmlns:mes=\"{mes}\" xmlns:str=\"{str}\" xmlns:com=\"{com}\">\n<mes:Header/>\n\
         <mes:Structures><str:{section}>\n{artefact}\n</str:{section}></mes:Structures></mes:Structure>"
    )
}

#[test]
fn json_and_all_versions_of_xml_say_the_same() {
    let structures = of_json(OF_JSON);
    assert_eq!(sound(OF_3_0), structures);
    assert_eq!(sound(&OF_3_0.replace("/v3_0/", "/v3_1/")), structures);
    // 2.1 does not say that the measure is mandatory.
    let of_old_version = OF_JSON.replace("1.0.0", "1.0").replacen("\"mandatory\"", "\"optional\"", 1);
    assert_eq!(sound(OF_2_1), of_json(&of_old_version));
}

#[test]
fn the_further_classes_are_read() {
    let of_2_1 = read_message(include_bytes!("data/extra-ml21.xml")).expect("a message");
    let of_3_0 = read_message(include_bytes!("data/extra-ml30.xml")).expect("a message");
    assert_eq!((of_2_1.problems, &of_3_0.problems, of_3_0.ignored), (vec![], &vec![], vec![]));
    let told: Vec<_> = of_2_1.ignored.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "HierarchicalCodelists[0] HCL_AREA: left out: the names of HierarchicalCodelist HCL_AREA (line 8, column 28)"
        ]
    );
    let names = |structures: &Structures| -> Vec<String> {
        structures.iter().map(|(name, _)| name.to_string().replace("1.0.0", "1.0")).collect()
    };
    assert_eq!(names(&of_2_1.structures), names(&of_3_0.structures));
    assert_eq!(of_3_0.structures.len(), 7);
    let availability = sound(include_str!("data/availability-ml21.xml"));
    let [(_, constraint)] = availability.iter().collect::<Vec<_>>()[..] else { panic!("{availability:?}") };
    let Artefact::DataConstraint(constraint) = &**constraint else { panic!("{constraint:?}") };
    assert_eq!(constraint.role, ConstraintRole::Actual);
    assert_eq!(Annotation::find(&constraint.identity.annotations, "obs_count"), Some("12"));
}

#[test]
fn sections_in_another_order_are_read_alike() {
    let (head, rest) = OF_3_0.split_once("<str:Codelists>").expect("code lists");
    let (codelists, rest) = rest.split_once("<str:ConceptSchemes>").expect("concepts");
    let (rest, tail) = rest.split_once("</mes:Structures>").expect("an end");
    let turned = format!("{head}<str:ConceptSchemes>{rest}<str:Codelists>{codelists}</mes:Structures>{tail}");
    assert_eq!(sound(&turned), sound(OF_3_0));
}

#[test]
fn a_reference_is_read_in_the_form_of_any_version() {
    let urn = "urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=A:DSD(1.0)";
    let of_ref = "<Ref id=\"DSD\" agencyID=\"A\"/>";
    let whole =
        "<Ref id=\"DSD\" agencyID=\"A\" version=\"1.0\" class=\"DataStructure\" package=\"datastructure\"/>";
    for inner in [urn.to_owned(), format!("<URN> {urn} </URN>"), of_ref.to_owned(), whole.to_owned()] {
        for version in ["v2_1", "v3_0", "v3_1"] {
            let flow = format!(
                "<str:Dataflow id=\"DF\" agencyID=\"A\" version=\"1.0\"><com:Name>Flow</com:Name>\
                 <str:Structure>{inner}</str:Structure></str:Dataflow>"
            );
            let structures = sound(&message(version, "Dataflows", &flow));
            let (_, dataflow) = structures.find(Class::Dataflow, "DF").expect("the dataflow");
            let Artefact::Dataflow(dataflow) = &**dataflow else { panic!("{dataflow:?}") };
            assert_eq!(dataflow.structure.to_string(), urn);
        }
    }
}

#[test]
fn what_is_no_structure_message_is_refused_with_line_and_column() {
    let deep = format!(
        "{}\n{}",
        message("v3_0", "Codelists", "")
            .trim_end_matches("</str:Codelists></mes:Structures></mes:Structure>"),
        "<a>".repeat(200)
    );
    let bomb = "<?xml version=\"1.0\"?>\n<!DOCTYPE x [<!ENTITY a \"aaaa\">]>\n<x>&a;</x>".to_owned();
    let long = message("v3_0", "Codelists", &format!("<str:Codelist id=\"{}\"/>", "A".repeat(40_000)));
    let cases: [(&str, Vec<u8>, &str); 9] = [
        (
            "nothing",
            Vec::new(),
            "line 1, column 1: the structure message is not well-formed XML: it has no element",
        ),
        (
            "cut off",
            OF_2_1.as_bytes()[..3_000].to_vec(),
            "line 16, column 119: the structure message is not well-formed XML: it ends within the element Name",
        ),
        ("an entity bomb", bomb.into_bytes(), "line 2, column 1: a document type stands here"),
        ("too deep", deep.into_bytes(), "line 6, column 376: elements are nested more than 128 deep"),
        ("a long text", long.into_bytes(), "line 4, column 1: a text, which begins \"AAAA"),
        ("bad UTF-8", b"<a>\n\xC3\xA9\xFF</a>".to_vec(), "line 2, column 2: this is not UTF-8"),
        (
            "a wrong end",
            b"<a>\n <b></a>".to_vec(),
            "the message begins with the element a of the namespace \"\"",
        ),
        (
            "data",
            OF_2_1.replace("mes:Structure", "mes:GenericData").into_bytes(),
            "the message begins with the element GenericData",
        ),
        (
            "version 2.0",
            OF_2_1.replace("/v2_1/", "/v2_0/").into_bytes(),
            "send a Structure of SDMX-ML 2.1, 3.0 or 3.1",
        ),
    ];
    for (name, bytes, expected) in cases {
        let error = read_message(&bytes).expect_err(name).to_string();
        assert!(error.contains(expected), "{name}: {error}");
    }
}

#[test]
fn an_artefact_that_cannot_be_read_is_told_with_line_and_column() {
    let code = |inner: &str| {
        format!("<str:Codelist id=\"CL\" agencyID=\"A\" version=\"1.0\">\n {inner}</str:Codelist>")
    };
    let region = |inner: &str| {
        format!(
            "<str:DataConstraint id=\"C\" agencyID=\"A\"><str:CubeRegion>\n <str:KeyValue id=\"SEX\">{inner}\
             </str:KeyValue></str:CubeRegion></str:DataConstraint>"
        )
    };
    for (section, artefact, expected) in [
        (
            "Codelists",
            code("<str:Code id=\"A B\"/>"),
            "Codelists[0] CL: line 5, column 2: Code: \"A B\" is not the id of a code",
        ),
        ("Codelists", code("<str:Code/>"), "line 5, column 2: Code: the attribute id is missing: give it"),
        (
            "Codelists",
            code("<str:CodelistExtension/>"),
            "line 5, column 2: CodelistExtension: it has no Codelist: give it one",
        ),
        (
            "Codelists",
            "<str:Codelist id=\"CL\"/>".to_owned(),
            "line 4, column 1: Codelist: the attribute agencyID is missing",
        ),
        (
            "Codelists",
            "<str:Codelist id=\"CL\" agencyID=\"A\" version=\"one\"/>".to_owned(),
            "\"one\" is not a version",
        ),
        (
            "Processes",
            "<str:Process id=\"P\"/>".to_owned(),
            "Processes[0] P: line 4, column 1: Process: this hub does not hold",
        ),
        (
            "Dataflows",
            "<str:Dataflow id=\"D\" agencyID=\"A\"/>".to_owned(),
            "Dataflow: it has no Structure: give it one",
        ),
        (
            "Dataflows",
            "<str:Dataflow id=\"D\" agencyID=\"A\"><str:Structure>x</str:Structure></str:Dataflow>"
                .to_owned(),
            "Structure: \"x\" is not a URN",
        ),
        (
            "DataConstraints",
            region("<str:Value cascadeValues=\"all\">M</str:Value>"),
            "line 5, column 25: Value: the attribute cascadeValues is \"all\": write true, false or excluderoot",
        ),
        ("DataConstraints", region("<str:TimeRange/>"), "line 5, column 25: TimeRange: write BeforePeriod"),
        (
            "DataConstraints",
            region("").replace("id=\"SEX\"", "id=\"SEX\" include=\"maybe\""),
            "the attribute include is \"maybe\": write true or false",
        ),
    ] {
        let read = read_message(message("v3_0", section, &artefact).as_bytes()).expect("a message");
        let problems: Vec<_> = read.problems.iter().map(ToString::to_string).collect();
        assert!(problems.len() == 1 && problems[0].contains(expected), "{problems:?}, not {expected}");
    }
}

#[test]
fn what_the_model_does_not_hold_is_told_with_line_and_column() {
    let list = "<str:Codelist id=\"CL\" agencyID=\"A\" version=\"1.0\" uri=\"http://x\">\n<com:Link rel=\"a\" url=\"b\"/>\
                <com:Name>List</com:Name><com:Name>Again</com:Name><str:Code id=\"M\" urn=\"u\" uri=\"x\"/></str:Codelist>";
    let read = read_message(message("v3_0", "Codelists", list).as_bytes()).expect("a message");
    let told: Vec<_> = read.ignored.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "Codelists[0] CL: left out: Code/@uri (line 5, column 79), Codelist/@uri (line 4, column 1), Codelist/Link \
          (line 5, column 1), Codelist/Name of the language \"en\", said before (line 5, column 53)"
        ]
    );
    assert_eq!((read.structures.len(), read.problems), (1, vec![]));
}

#[test]
fn an_artefact_that_stands_twice_is_a_problem() {
    let list = "<str:Codelist id=\"CL\" agencyID=\"A\" version=\"1.0\"/>";
    let read = read_message(message("v2_1", "Codelists", &list.repeat(2)).as_bytes()).expect("a message");
    assert_eq!(
        read.problems[0].to_string(),
        "Codelists[1] CL: line 4, column 51: urn:sdmx:org.sdmx.infomodel.codelist.Codelist=A:CL(1.0) stands twice in \
         the message: send it once"
    );
}

#[test]
fn every_character_of_xml_survives_and_others_are_replaced() {
    let text = "tab\tline\nreturn\r<a b=\"c\" d='e'>&amp; ]]> é\u{1F600}";
    let names = Names::of([("en".to_owned(), format!("{text}\u{1}\u{FFFE}"))].into());
    let names = names.described([("fr".to_owned(), format!("  {text}  "))].into());
    let id = |text: &str| Id::new(text).expect("an id");
    let agency = AgencyId::new("A").expect("an id");
    let identity = Identity::new(agency, id("CL"), Version::first(), names);
    let mut structures = Structures::default();
    let list = Codelist::new(identity, Vec::new());
    structures.put(Artefact::Codelist(Arc::new(list))).expect("a new name");
    for version in MlVersion::ALL {
        let read = sound(&String::from_utf8(write_message(&structures, version, &header())).expect("UTF-8"));
        let (_, list) = read.find(Class::Codelist, "CL").expect("the list");
        let names = &list.identity().names;
        assert_eq!(names.best("en"), Some(format!("{text}\u{FFFD}\u{FFFD}").as_str()));
        assert_eq!(names.description("fr"), Some(format!("  {text}  ").as_str()));
    }
}

#[test]
fn the_sections_of_2_1_stand_in_the_order_of_its_schema() {
    let structures = sound(OF_3_0);
    let order = |version| {
        let written = String::from_utf8(write_message(&structures, version, &header())).expect("UTF-8");
        let sections = ["<str:Codelists>", "<str:Concept", "<str:Dataflows>", "<str:DataStructures>"];
        let mut places = sections.map(|section| (written.find(section).expect(section), section));
        places.sort_unstable();
        places.map(|(_, section)| section)
    };
    let (codelists, concepts, dataflows, structures) =
        ("<str:Codelists>", "<str:Concept", "<str:Dataflows>", "<str:DataStructures>");
    assert_eq!(order(MlVersion::V2_1), [dataflows, codelists, concepts, structures]);
    assert_eq!(order(MlVersion::V3_0), [codelists, concepts, dataflows, structures]);
    assert_eq!(order(MlVersion::V3_1), [codelists, concepts, dataflows, structures]);
}

#[test]
fn availability_is_a_constraint_of_2_1_and_3_0_and_a_class_of_its_own_in_3_1() {
    let read = sound(include_str!("data/availability-ml21.xml"));
    let (_, artefact) = read.iter().next().expect("the constraint");
    let Artefact::DataConstraint(constraint) = &**artefact else { panic!("{artefact:?}") };
    let mut constraint = constraint.clone();
    constraint.identity.annotations.clear();
    let availability = Availability { constraint, series: Some(4), observations: Some(12) };
    let write = |version| {
        let written = write_availability(&availability, &Structures::default(), version, &header());
        String::from_utf8(written).expect("UTF-8")
    };
    for version in [MlVersion::V2_1, MlVersion::V3_0] {
        let again = sound(&write(version));
        let (_, artefact) = again.iter().next().expect("the constraint");
        let Artefact::DataConstraint(again) = &**artefact else { panic!("{artefact:?}") };
        assert_eq!(again.cube_regions, availability.constraint.cube_regions);
        assert_eq!(again.role, ConstraintRole::Actual);
        let counts =
            ["series_count", "obs_count"].map(|id| Annotation::find(&again.identity.annotations, id));
        assert_eq!(counts, [Some("4"), Some("12")]);
    }
    let of_3_1 = write(MlVersion::V3_1);
    let (_, constraint) = of_3_1.split_once("<str:AvailabilityConstraints>").expect("its own class");
    assert!(constraint.starts_with(
        "<str:AvailabilityConstraint seriesCount=\"4\" obsCount=\"12\"><str:ConstraintAttachment><str:Dataflow>urn:"
    ));
}

#[test]
fn an_error_message_holds_codes_and_texts() {
    let errors = [ErrorText { code: 140, text: "write <startPeriod>".to_owned() }];
    assert_eq!(
        String::from_utf8(write_error(&errors, MlVersion::V2_1)).expect("UTF-8"),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<mes:Error \
         xmlns:mes=\"http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message\" \
         xmlns:str=\"http://www.sdmx.org/resources/sdmxml/schemas/v2_1/structure\" \
         xmlns:com=\"http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common\">\
         <mes:ErrorMessage code=\"140\"><com:Text xml:lang=\"en\">write &lt;startPeriod&gt;</com:Text>\
         </mes:ErrorMessage></mes:Error>\n"
    );
}

#[test]
fn the_answer_to_a_submission_names_each_artefact() {
    let urn = "urn:sdmx:org.sdmx.infomodel.registry.DataConstraint=MIGHUB:C(1.0.0)";
    let result = SubmissionResult {
        reference: urn.parse().expect("a URN"),
        action: SubmissionAction::Replace,
        status: SubmissionStatus::Failure,
        texts: vec![ErrorText { code: 150, text: "it is stable".to_owned() }],
    };
    for (version, object) in [
        (MlVersion::V2_1, format!("<URN>{}</URN>", urn.replace("DataConstraint", "ContentConstraint"))),
        (MlVersion::V3_0, urn.to_owned()),
    ] {
        let written = write_submission_results(std::slice::from_ref(&result), version, &header());
        let written = String::from_utf8(written).expect("UTF-8");
        assert!(written.contains(&format!(
            "<reg:SubmittedStructure action=\"Replace\"><reg:MaintainableObject>{object}</reg:MaintainableObject>\
             </reg:SubmittedStructure><reg:StatusMessage status=\"Failure\"><reg:MessageText code=\"150\">\
             <com:Text xml:lang=\"en\">it is stable</com:Text></reg:MessageText></reg:StatusMessage>"
        )), "{written}");
    }
}

#[test]
fn a_submission_to_a_registry_is_read_as_the_message_within() {
    let submitted = OF_2_1
        .replace("mes:Structure ", "mes:RegistryInterface ")
        .replace("</mes:Structure>", "</mes:RegistryInterface>")
        .replace("<mes:Structures>", "<mes:SubmitStructureRequest action=\"Append\"><str:Structures>")
        .replace("</mes:Structures>", "</str:Structures></mes:SubmitStructureRequest>");
    assert_eq!(sound(&submitted), sound(OF_2_1));
}

#[test]
fn what_is_there_is_no_artefact_and_left_out() {
    let availability = "<str:AvailabilityConstraint seriesCount=\"4\"/>";
    let message = message("v3_1", "AvailabilityConstraints", availability);
    let read = read_message(message.as_bytes()).expect("a message");
    assert_eq!((read.structures.len(), read.problems), (0, vec![]));
    let told: Vec<_> = read.ignored.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["AvailabilityConstraints[0]: left out: AvailabilityConstraint (line 4, column 1)"]);
}

#[test]
fn a_draft_gives_way_to_its_final_version_in_2_1() {
    let list = |version: &str, code: &str| {
        format!(
            "<str:Codelist id=\"CL\" agencyID=\"A\" version=\"{version}\"><com:Name>List</com:Name><str:Code \
             id=\"{code}\"><com:Name>Code</com:Name></str:Code></str:Codelist>"
        )
    };
    let both = [list("1.0.0-draft", "D"), list("1.0.0", "F"), list("1.1.0-draft", "N")].concat();
    let structures = sound(&message("v3_0", "Codelists", &both));
    let written = write_message(&structures, MlVersion::V2_1, &header());
    let read = sound(&String::from_utf8(written).expect("UTF-8"));
    let names: Vec<_> = read.iter().map(|(name, artefact)| (name.short(), artefact.has_item("D"))).collect();
    assert_eq!(names, [("A:CL(1.0.0)".to_owned(), false), ("A:CL(1.1.0)".to_owned(), false)]);
}

#[test]
fn the_schema_of_a_dataflow_has_the_codes_that_constraints_allow() {
    let constraint = "<str:DataConstraint id=\"C\" agencyID=\"MIGHUB\" version=\"1.0.0\" role=\"Allowed\"><com:Name>C\
                      </com:Name><str:ConstraintAttachment><str:Dataflow>urn:sdmx:org.sdmx.infomodel.datastructure.\
                      Dataflow=MIGHUB:DF_MIG_STOCK(1.0.0)</str:Dataflow></str:ConstraintAttachment><str:CubeRegion>\
                      <str:KeyValue id=\"SEX\"><str:Value>_T</str:Value><str:Value>F</str:Value></str:KeyValue>\
                      </str:CubeRegion></str:DataConstraint>";
    let mut structures = sound(OF_3_0);
    for (_, artefact) in sound(&message("v3_0", "DataConstraints", constraint)).iter() {
        structures.put((**artefact).clone()).expect("a new name");
    }
    let (flow, _) = structures.find(Class::Dataflow, "DF_MIG_STOCK").expect("the dataflow");
    let definition = DataDefinition::resolve(&structures, flow).expect("a sound dataflow");
    let schema = String::from_utf8(write_schema(&definition, MlVersion::V2_1, "TIME_PERIOD")).expect("UTF-8");
    assert_eq!(schema, include_str!("data/schema-ml21.xsd"));
    let flat = String::from_utf8(write_schema(&definition, MlVersion::V3_0, "AllDimensions")).expect("UTF-8");
    assert!(flat.contains(&format!("targetNamespace=\"{flow}:ObsLevelDim:AllDimensions\"")), "{flat}");
    assert!(!flat.contains("SeriesType") && !flat.contains("dataScope"), "{flat}");
}

#[test]
fn a_metadata_structure_of_2_1_is_one_of_3_0_with_its_report_and_any_target() {
    let message = mighub_sdmx::structure::read_message(include_bytes!("../../structures/metadata.json"))
        .expect("a message");
    let whole = |structures: &Structures| -> Vec<Artefact> {
        structures.of_class(Class::MetadataStructure).map(|(_, artefact)| (**artefact).clone()).collect()
    };
    let written = write_message(&message.structures, MlVersion::V2_1, &header());
    let read = read_message(&written).expect("a message");
    assert_eq!(read.problems, []);
    let ids = |artefacts: Vec<Artefact>| -> Vec<String> {
        let attributes = |artefact: Artefact| match artefact {
            Artefact::MetadataStructure(structure) => {
                structure.all_attributes().map(|attribute| attribute.id.to_string()).collect::<Vec<_>>()
            }
            _ => Vec::new(),
        };
        artefacts.into_iter().flat_map(attributes).collect()
    };
    let expected = ids(whole(&message.structures));
    assert!(expected.len() > 5, "{expected:?}");
    assert_eq!(ids(whole(&read.structures)), expected);
    let twice = String::from_utf8(written).expect("text");
    let start = twice.find("<str:ReportStructure").expect("a report");
    let end = twice.find("</str:ReportStructure>").expect("its end") + "</str:ReportStructure>".len();
    let report = twice[start..end].replace("id=\"REPORT\"", "id=\"OTHER\"");
    let twice = format!("{}{report}{}", &twice[..end], &twice[end..]);
    let read = read_message(twice.as_bytes()).expect("a message");
    assert!(read.problems[0].text.contains("send each report as one of its own"), "{:?}", read.problems);
}
