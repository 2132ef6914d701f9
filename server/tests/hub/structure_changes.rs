//! What the hub takes and refuses: new versions, deletions, messages of other formats; and that a replay tells the
//! same.

use mighub::v1::{self, ArtefactChange, ErrorReason};
use mighub_server::hub::permit::{Administer, Anybody};
use serde_json::{Value, json};

use super::stage::{DRAFT, Stage, push, row};
use super::structures::structures;

const SCHEME: &str = "urn:sdmx:org.sdmx.infomodel";

fn urn(class: &str, name: &str) -> String {
    format!("{SCHEME}.{class}=HUB:{name}")
}

fn put(stage: &Stage, message: &[u8]) -> v1::PutStructuresResponse {
    let request = v1::PutStructuresRequest { message: message.to_vec().into(), ..Default::default() };
    stage
        .hub()
        .put_structures(&stage.may(&stage.office("HUB"), Administer), &request, stage.now())
        .expect("answered")
}

fn put_json(stage: &Stage, array: &str, artefact: &Value) -> v1::PutStructuresResponse {
    let mut data = serde_json::Map::new();
    data.insert(array.to_owned(), json!([artefact]));
    put(stage, json!({ "data": data }).to_string().as_bytes())
}

fn delete(stage: &Stage, urns: &[String]) -> v1::DeleteStructuresResponse {
    let request = v1::DeleteStructuresRequest { urns: urns.to_vec(), dry_run: false };
    stage
        .hub()
        .delete_structures(&stage.may(&stage.office("HUB"), Administer), &request, stage.now())
        .expect("answered")
}

fn list(stage: &Stage) -> Vec<v1::StructureSummary> {
    let request = v1::ListStructuresRequest { page_size: 500, ..Default::default() };
    stage
        .hub()
        .list_structures(&stage.may(&stage.office("SWE"), Anybody), &request, stage.now())
        .expect("a list")
        .structures
}

fn get(stage: &Stage, request: v1::GetStructuresRequest) -> v1::GetStructuresResponse {
    stage
        .hub()
        .get_structures(&stage.may(&stage.office("SWE"), Anybody), &request, stage.now())
        .expect("a message")
}

/// An artefact of the stage with another version and another content.
fn changed(array: &str, id: &str, version: &str, change: impl FnOnce(&mut Value)) -> Value {
    let all = structures(&[]);
    let known = all["data"][array].as_array().expect("an array").iter().find(|artefact| artefact["id"] == id);
    let mut artefact = known.expect(id).clone();
    artefact["version"] = version.into();
    change(&mut artefact);
    artefact
}

#[test]
fn a_new_version_keeps_what_its_number_promises() {
    let gone = |list: &mut Value| drop(list["codes"].as_array_mut().expect("codes").remove(0));
    let more = |list: &mut Value| {
        list["codes"].as_array_mut().expect("codes").push(json!({ "id": "NEW", "name": "New" }));
    };
    let renamed = |list: &mut Value| list["codes"][0]["name"] = "Another".into();
    let dimension = |structure: &mut Value| {
        let dimensions = &mut structure["dataStructureComponents"]["dimensionList"]["dimensions"];
        let mut new = dimensions[1].clone();
        (new["id"], new["position"]) = ("OTHER".into(), 2.into());
        dimensions.as_array_mut().expect("dimensions").push(new);
    };
    let mandatory = |structure: &mut Value| {
        structure["dataStructureComponents"]["attributeList"]["attributes"][0]["usage"] = "mandatory".into();
    };
    let optional_attribute = |structure: &mut Value| {
        let attributes = &mut structure["dataStructureComponents"]["attributeList"]["attributes"];
        let mut new = attributes[0].clone();
        new["id"] = "NEW".into();
        attributes.as_array_mut().expect("attributes").push(new);
    };
    type Edit<'a> = &'a dyn Fn(&mut Value);
    let cases: [(&str, &str, &str, Edit<'_>, Option<&str>); 14] = [
        ("codelists", "CL_AREA", "1.0.0", &|_| {}, None),
        (
            "codelists",
            "CL_AREA",
            "1.0.0",
            &gone,
            Some("is stable and cannot change, but the code ESP is gone: give it the version 2.0.0"),
        ),
        (
            "codelists",
            "CL_AREA",
            "1.0.0",
            &more,
            Some("is stable and cannot change, but the code NEW is new: give it the version 1.1.0"),
        ),
        (
            "codelists",
            "CL_AREA",
            "1.0.0",
            &renamed,
            Some("is stable and cannot change, but names or notes are other: give it the version 1.0.1"),
        ),
        ("codelists", "CL_AREA", "1.0.1", &renamed, None),
        (
            "codelists",
            "CL_AREA",
            "1.0.1",
            &more,
            Some(
                "the code NEW is new: since 1.0.0 the PATCH number alone is another, which promises names and notes only: give it the version 1.1.0",
            ),
        ),
        ("codelists", "CL_AREA", "1.1.0", &more, None),
        (
            "codelists",
            "CL_AREA",
            "1.1.0",
            &gone,
            Some(
                "the code ESP is gone: since 1.0.0 the MINOR number alone is another, which promises additions only: give it the version 2.0.0",
            ),
        ),
        ("codelists", "CL_AREA", "2.0.0", &gone, None),
        ("codelists", "CL_AREA", "1.1.0-draft", &gone, None),
        (
            "dataStructures",
            "DSD",
            "1.0.1",
            &dimension,
            Some(
                "the dimension OTHER is new: since 1.0.0 the PATCH number alone is another, which promises names and notes only: give it the version 2.0.0",
            ),
        ),
        (
            "dataStructures",
            "DSD",
            "1.1.0",
            &mandatory,
            Some(
                "the attribute OBS_STATUS has become mandatory: since 1.0.0 the MINOR number alone is another, which promises additions only: give it the version 2.0.0",
            ),
        ),
        ("dataStructures", "DSD", "1.1.0", &optional_attribute, None),
        ("dataStructures", "DSD", "2.0.0", &dimension, None),
    ];
    for (array, id, version, edit, expected) in cases {
        let stage = Stage::new();
        let answer = put_json(&stage, array, &changed(array, id, version, edit));
        let texts: Vec<_> = answer.problems.iter().map(|problem| &*problem.text).collect();
        assert_eq!(texts, expected.as_slice(), "{id} {version}");
        let conflict = |problem: &v1::StructureProblem| problem.reason() == ErrorReason::StructureConflict;
        assert!(answer.problems.iter().all(conflict));
    }
}

#[test]
fn a_draft_is_replaced_and_a_partial_list_never_takes_the_place_of_a_whole_one() {
    let stage = Stage::new();
    let draft = |codes: &[&str], partial: bool| {
        let codes: Vec<_> = codes.iter().map(|id| json!({ "id": id, "name": id })).collect();
        json!({ "id": "CL_NEW", "agencyID": "HUB", "version": "1.0.0-draft", "name": "N", "codes": codes,
                "isPartial": partial })
    };
    for (codes, change) in [
        (&["X", "Y"][..], ArtefactChange::Created),
        (&["X", "Y"], ArtefactChange::Unchanged),
        (&["Z"], ArtefactChange::Updated),
    ] {
        let answer = put_json(&stage, "codelists", &draft(codes, false));
        assert_eq!((answer.problems, answer.artefacts[0].change()), (vec![], change));
    }
    let answer = put_json(&stage, "codelists", &draft(&["X"], true));
    assert_eq!(answer.problems[0].reason(), ErrorReason::StructureConflict);
    assert!(answer.problems[0].text.ends_with("it is here whole: send it whole"), "{:?}", answer.problems);
}

#[test]
fn what_is_in_use_is_not_deleted_and_the_user_is_named() {
    let stage = Stage::new();
    for (what, expected) in [
        (
            urn("codelist.Codelist", "CL_SEX(1.0.0)"),
            "is in use: urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=HUB:DSD(1.0.0) refers to it",
        ),
        (
            urn("datastructure.DataStructure", "DSD(1.0.0)"),
            "is in use: urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=HUB:MIG(1.0.0) refers to it",
        ),
        (
            urn("datastructure.Dataflow", "MIG(1.0.0)"),
            "is in use: the agreement HUB:PA_MIG_NOR(1.0) is about it; the agreement HUB:PA_MIG_SWE(1.0) is about it",
        ),
    ] {
        let answer = delete(&stage, std::slice::from_ref(&what));
        let [problem] = &answer.problems[..] else { panic!("one problem is expected: {answer:?}") };
        assert_eq!((&problem.artefact, answer.position), (&what, None));
        assert!(problem.text.starts_with(expected), "{}", problem.text);
    }
    stage.send(&push(1, vec![row("SWE", "F", 2020, 1)])).expect("accepted");
    let answer = delete(&stage, &[urn("datastructure.Dataflow", "MIG(1.0.0)")]);
    assert!(answer.problems[0].text.starts_with("is in use: SWE has sent figures by it"), "{answer:?}");
}

#[test]
fn what_nobody_uses_goes_together_and_stays_away_after_a_replay() {
    let mut stage = Stage::new();
    let before = list(&stage);
    let unused = [
        (
            "codelists",
            json!({ "id": "CL_X", "agencyID": "HUB", "version": "1.0.0", "name": "X",
                              "codes": [{ "id": "A", "name": "a" }] }),
        ),
        (
            "hierarchies",
            json!({ "id": "H_X", "agencyID": "HUB", "version": "1.0.0", "name": "X", "hierarchicalCodes": [
            { "id": "A", "code": urn("codelist.Code", "CL_X(1.0.0).A") }] }),
        ),
    ];
    for (array, artefact) in &unused {
        assert_eq!(put_json(&stage, array, artefact).problems, []);
    }
    let names = [urn("codelist.Codelist", "CL_X(1.0.0)"), urn("codelist.Hierarchy", "H_X(1.0.0)")];
    assert_eq!(delete(&stage, &names[..1]).problems.len(), 1, "the hierarchy refers to it");
    let answer = delete(&stage, &names);
    assert_eq!((answer.problems, answer.artefacts.len(), answer.position.is_some()), (vec![], 2, true));
    let again = delete(&stage, &names);
    assert!(again.artefacts.iter().all(|result| result.change() == ArtefactChange::Unchanged));
    assert_eq!(again.position, None);
    for without_view in [false, true] {
        stage.restart(without_view);
        assert_eq!(list(&stage), before);
    }
    // Its name is free again, with whatever content.
    let answer = put_json(
        &stage,
        "codelists",
        &json!({ "id": "CL_X", "agencyID": "HUB", "version": "1.0.0", "name": "Y" }),
    );
    assert_eq!((answer.problems, answer.artefacts[0].change()), (vec![], ArtefactChange::Created));
    stage.restart(true);
    assert_eq!(list(&stage).len(), before.len() + 1);
}

#[test]
fn a_change_with_which_the_present_rulebook_does_not_fit_is_refused() {
    let stage = Stage::new();
    let rulebook = json!({
        "id": "RB_DRAFT", "version": "1.0.0", "dataflow": DRAFT,
        "scripts": [{ "name": "draft.vtl", "text": "noted <- lane[filter nvl(NOTE, \"\") <> \"x\"][calc measure bool_var := OBS_VALUE >= 0][keep bool_var, OBS_VALUE];" }],
        "rules": [{ "id": "DRA-201", "level": 2, "type": "VAD", "severity": "error", "result": "noted",
            "texts": { "en": { "title": "T", "explanation": "E", "remedy": "R" } } }],
    });
    assert_eq!(stage.put_draft(&["NOTE"]).problems, []);
    let request =
        v1::PutRulebookRequest { rulebook: rulebook.to_string().into_bytes().into(), dry_run: false };
    let put = stage
        .hub()
        .put_rulebook(&stage.may(&stage.office("HUB"), Administer), &request, stage.now())
        .expect("answered");
    assert_eq!(put.problems, []);
    let answer = stage.put_draft(&[]);
    let texts: Vec<_> = answer.problems.iter().map(|problem| &*problem.text).collect();
    assert!(
        texts.iter().any(|text| text
            .starts_with("with these structures its present rulebook (version 1.0.0) does not fit")),
        "{texts:?}"
    );
    assert_eq!(answer.position, None);
}

#[test]
fn a_message_of_any_format_is_taken_and_given() {
    let stage = Stage::new();
    let asked = |media_type: &str| v1::GetStructuresRequest {
        artefact: Some(v1::get_structures_request::Artefact::Urn(urn(
            "datastructure.Dataflow",
            "MIG(1+.0.0)",
        ))),
        references: "descendants".to_owned(),
        media_type: media_type.to_owned(),
        ..Default::default()
    };
    for media_type in [
        "application/vnd.sdmx.structure+json;version=2.0.0",
        "application/vnd.sdmx.structure+json; version=2.1.0",
        "application/vnd.sdmx.structure+xml;version=3.0.0",
        "application/vnd.sdmx.structure+xml;version=3.1.0",
    ] {
        let answer = get(&stage, asked(media_type));
        let again = put(&stage, &answer.message);
        assert_eq!(again.problems, [], "{media_type}");
        assert!(again.artefacts.len() >= 7, "{media_type}: {again:?}");
        let unchanged = |result: &v1::ArtefactResult| result.change() == ArtefactChange::Unchanged;
        assert!(again.artefacts.iter().all(unchanged), "{media_type}: {:?}", again.artefacts);
    }
    let stubs = v1::GetStructuresRequest { detail: "allstubs".to_owned(), ..asked("") };
    let message = get(&stage, stubs).message;
    let message = mighub_sdmx::structure::read_message(&message).expect("a message");
    assert!(message.structures.iter().all(|(_, artefact)| artefact.is_stub()));
    // Stubs change nothing of what is here.
    let answer = put(&stage, &mighub_sdmx::structure::write_json(&message.structures));
    assert_eq!(answer.problems.len(), message.structures.len());
}
