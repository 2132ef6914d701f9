//! Every kind of structure query, as the test kit of the standard goes through them: artefacts × agencies × ids ×
//! versions × references × detail. What must come is told from one message with everything in it, by plain rules.

mod oracle;

use std::collections::BTreeSet;

use http::Method;
use http::header::ACCEPT;
use mighub_sdmx::ml::structure::read_message;
use serde_json::{Value, json};

use super::Bench;
use super::table::{JSON_2_0, ML_2_1};
use oracle::{CLASSES, Message, Name, read, with_relatives};

/// Artefacts of a test: of each class one at least, a list in two agencies, and a list in two versions.
async fn furnished() -> (Bench, Message) {
    let bench = Bench::of_administrator();
    let list = bench.get("/sdmx/v2/structure/codelist/MIGHUB/CL_SEX/1.0.0", JSON_2_0).await;
    let list: Value = serde_json::from_slice(&list.body).expect("a message");
    let list = &list["data"]["codelists"][0];
    let (mut newer, mut others) = (list.clone(), list.clone());
    (newer["version"], others["agencyID"]) = (json!("1.1.0"), json!("ECE"));
    newer["codes"].as_array_mut().expect("codes").push(json!({ "id": "KIT", "name": "Of the kit" }));
    let scheme = |id: &str, array: &str, item: &str| json!([{ "id": id, "agencyID": "MIGHUB", "version": "1.0", "name": id, array: [{ "id": item, "name": item }] }]);
    let message = json!({ "data": {
        "codelists": [newer, others],
        "dataConsumerSchemes": scheme("DATA_CONSUMERS", "dataConsumers", "ESCAP"),
        "metadataProviderSchemes": scheme("METADATA_PROVIDERS", "metadataProviders", "SWE"),
        "organisationUnitSchemes": scheme("ORGANISATION_UNITS", "organisationUnits", "STATISTICS"),
        "valueLists": [{ "id": "VL_KIT", "agencyID": "MIGHUB", "version": "1.0.0", "name": "Values",
            "valueItems": [{ "id": "½", "name": "A half" }] }],
        "metadataProvisionAgreements": [{ "id": "MPA_KIT", "agencyID": "MIGHUB", "version": "1.0.0", "name": "Agreement",
            "metadataflow": "urn:sdmx:org.sdmx.infomodel.metadatastructure.Metadataflow=MIGHUB:MDF_MIG_SOURCE(1.0.0)",
            "metadataProvider":
                "urn:sdmx:org.sdmx.infomodel.base.MetadataProvider=MIGHUB:METADATA_PROVIDERS(1.0).SWE" }],
        "dataConstraints": [{ "id": "CC_KIT", "agencyID": "MIGHUB", "version": "1.0.0", "name": "There",
            "role": "Actual",
            "constraintAttachment": { "dataflows":
                ["urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=MIGHUB:MIG_STOCK(1.0.0)"] },
            "cubeRegions": [{ "include": true, "keyValues": [{ "id": "SEX", "values": ["F"] }] }] }],
    } });
    let put = bench.ask(Method::POST, "/sdmx/v2/structure", &[], &message.to_string()).await;
    assert_eq!(put.status, 201, "{}", put.text());
    let everything = bench.get("/sdmx/v2/structure/*/*/*/*?detail=raw", JSON_2_0).await;
    assert_eq!(everything.status, 200);
    let all = read(&everything.body);
    for (_, class, ..) in CLASSES {
        assert!(all.keys().any(|(known, ..)| *known == class), "there is no {class} to ask for");
    }
    (bench, all)
}

/// Asks, and compares the artefacts that come with those that must.
async fn expect(
    bench: &Bench,
    address: &str,
    expected: &BTreeSet<Name>,
    faults: &mut Vec<String>,
) -> Message {
    let answer = bench.ask(Method::GET, address, &[(ACCEPT, JSON_2_0)], "").await;
    if expected.is_empty() {
        if answer.status != 404 {
            faults.push(format!("{address}: {} instead of 404", answer.status));
        }
        return Message::new();
    }
    if answer.status != 200 {
        faults.push(format!("{address}: {} {}", answer.status, answer.text()));
        return Message::new();
    }
    let found = read(&answer.body);
    let names: BTreeSet<Name> = found.keys().cloned().collect();
    if names != *expected {
        let (lacking, more) = (expected - &names, &names - expected);
        faults
            .push(format!("{address}: {} artefacts; lacks {lacking:?}, has {more:?} too many", names.len()));
    }
    found
}

fn version_of(name: &Name) -> Vec<u32> {
    name.3.split('.').map(|number| number.parse().expect("a number")).collect()
}

#[tokio::test]
async fn artefacts_are_found_by_agency_id_and_version_in_both_versions_of_the_api() {
    let (bench, all) = furnished().await;
    let mut faults = Vec::new();
    for (_, class, of_v2, of_v1) in CLASSES {
        let of_class: BTreeSet<Name> = all.keys().filter(|name| name.0 == class).cloned().collect();
        let first = of_class.iter().next().expect("an artefact of each class").clone();
        let second = of_class.iter().last().expect("an artefact of each class").clone();
        for (base, kind, separator, any) in
            [("/sdmx/v2/structure", of_v2, ",", "*"), ("/sdmx/v1", of_v1, "+", "all")]
        {
            if kind.is_empty() {
                continue;
            }
            let both = |one: &str, other: &str| format!("{one}{separator}{other}");
            let agencies = [
                any.to_owned(),
                "MIGHUB".to_owned(),
                both("ECE", "MIGHUB"),
                "ECE".to_owned(),
                "NOBODY".to_owned(),
            ];
            let ids = [any.to_owned(), first.2.clone(), both(&first.2, &second.2), "NOTHING".to_owned()];
            let versions = [any.to_owned(), "latest".to_owned(), first.3.clone(), both("1.0.0", "1.1.0")];
            for (agency, id, version) in agencies
                .iter()
                .flat_map(|agency| ids.iter().map(move |id| (agency, id)))
                .flat_map(|(agency, id)| versions.iter().map(move |version| (agency, id, version)))
            {
                let is = |wanted: &str, found: &str| {
                    wanted == any || wanted.split(separator).any(|one| one == found)
                };
                let named: Vec<&Name> =
                    of_class.iter().filter(|name| is(agency, &name.1) && is(id, &name.2)).collect();
                let is_newest = |name: &Name| {
                    let alike = named.iter().filter(|other| (&other.1, &other.2) == (&name.1, &name.2));
                    alike.map(|other| version_of(other)).max() == Some(version_of(name))
                };
                let fits = |name: &Name| match version.as_str() {
                    "latest" => is_newest(name),
                    version => is(version, &name.3),
                };
                let expected = named.iter().filter(|name| fits(name)).map(|name| (*name).clone()).collect();
                let address = format!("{base}/{kind}/{agency}/{id}/{version}?detail=allstubs");
                expect(&bench, &address, &expected, &mut faults).await;
            }
        }
    }
    // Wildcards within versions, and what is left out of a path.
    let named = |versions: &[&str]| -> BTreeSet<Name> {
        let name =
            |version: &&str| ("Codelist", "MIGHUB".to_owned(), "CL_SEX".to_owned(), (*version).to_owned());
        versions.iter().map(name).collect()
    };
    for (path, versions) in [
        ("v2/structure/codelist/MIGHUB/CL_SEX", &["1.1.0"][..]),
        ("v2/structure/codelist/MIGHUB/CL_SEX/~", &["1.1.0"]),
        ("v2/structure/codelist/MIGHUB/CL_SEX/+", &["1.1.0"]),
        ("v2/structure/codelist/MIGHUB/CL_SEX/1.0+.0", &["1.1.0"]),
        ("v2/structure/codelist/MIGHUB/CL_SEX/1.0.0+", &["1.0.0"]),
        ("v2/structure/codelist/MIGHUB/CL_SEX/*", &["1.0.0", "1.1.0"]),
        ("v2/structure/codelist/MIGHUB/CL_SEX/2+.0.0", &[]),
        ("v1/codelist/MIGHUB/CL_SEX", &["1.1.0"]),
        ("v1/codelist/MIGHUB/CL_SEX/1.0", &["1.0.0"]),
        ("v1/codelist/MIGHUB/CL_SEX/9.0", &[]),
    ] {
        expect(&bench, &format!("/sdmx/{path}"), &named(versions), &mut faults).await;
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

#[tokio::test]
async fn what_artefacts_refer_to_and_what_refers_to_them_is_given_along() {
    let (bench, all) = furnished().await;
    let mut faults = Vec::new();
    const REFERENCES: [&str; 9] = [
        "none",
        "children",
        "descendants",
        "parents",
        "ancestors",
        "parentsandsiblings",
        "all",
        "codelist",
        "datastructure",
    ];
    for (_, class, of_v2, of_v1) in CLASSES {
        let name = all.keys().find(|name| name.0 == class).expect("an artefact of each class").clone();
        for (base, kind) in [("/sdmx/v2/structure", of_v2), ("/sdmx/v1", of_v1)] {
            for references in REFERENCES {
                let expected = with_relatives(&all, &[name.clone()].into(), references);
                let (_, agency, id, version) = &name;
                let address =
                    format!("{base}/{kind}/{agency}/{id}/{version}?references={references}&detail=allstubs");
                if !kind.is_empty() {
                    expect(&bench, &address, &expected, &mut faults).await;
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

#[tokio::test]
async fn every_detail_shows_what_it_says_of_every_class() {
    let (bench, all) = furnished().await;
    let mut faults = Vec::new();
    for (_, class, kind, _) in CLASSES {
        let name = all.keys().find(|name| name.0 == class).expect("an artefact of each class").clone();
        let asked = [name.clone()].into();
        let expected = with_relatives(&all, &asked, "descendants");
        for (detail, asked_is_stub, others_are) in [
            ("full", false, Some(false)),
            ("raw", false, Some(false)),
            ("allstubs", true, Some(true)),
            ("allcompletestubs", true, Some(true)),
            ("referencestubs", false, Some(true)),
            ("referencecompletestubs", false, Some(true)),
            ("referencepartial", false, Some(false)),
        ] {
            let (_, agency, id, version) = &name;
            let address = format!(
                "/sdmx/v2/structure/{kind}/{agency}/{id}/{version}?references=descendants&detail={detail}"
            );
            let found = expect(&bench, &address, &expected, &mut faults).await;
            for (shown, (artefact, _)) in &found {
                let is_stub = artefact["isExternalReference"] == json!(true);
                let must_be = if *shown == name { Some(asked_is_stub) } else { others_are };
                if must_be.is_some_and(|must_be| must_be != is_stub) {
                    faults.push(format!("{address}: {shown:?} is a stub: {is_stub}"));
                }
            }
        }
    }
    let partial =
        "/sdmx/v2/structure/dataflow/MIGHUB/MIG_FLOW/1.0.0?references=descendants&detail=referencepartial";
    let found = read(&bench.get(partial, JSON_2_0).await.body);
    let partial = |class: &str| {
        found.iter().any(|(name, (artefact, _))| name.0 == class && artefact["isPartial"] == json!(true))
    };
    assert!(partial("Codelist") && partial("ConceptScheme"), "lists are cut to what is used");
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

#[tokio::test]
async fn items_are_given_alone_and_their_list_is_marked_partial() {
    let bench = furnished().await.0;
    for (kind, id, item, array, items) in [
        ("codelist/MIGHUB", "CL_SEX/1.0.0", "F", "codelists", "codes"),
        ("conceptscheme/MIGHUB", "CS_MIGHUB/1.0.0", "SEX", "conceptSchemes", "concepts"),
        ("dataproviderscheme/MIGHUB", "DATA_PROVIDERS/1.0", "SWE", "dataProviderSchemes", "dataProviders"),
        ("agencyscheme/MIGHUB", "AGENCIES/1.0", "SWE", "agencySchemes", "agencies"),
        ("valuelist/MIGHUB", "VL_KIT/1.0.0", "½", "valueLists", "valueItems"),
    ] {
        let address = format!("/sdmx/v2/structure/{kind}/{id}/{}", item.replace('½', "%C2%BD"));
        let answer = bench.get(&address, JSON_2_0).await;
        assert_eq!(answer.status, 200, "{address}: {}", answer.text());
        let message: Value = serde_json::from_slice(&answer.body).expect("a message");
        let list = &message["data"][array][0];
        let found: Vec<&Value> =
            list[items].as_array().expect("items").iter().map(|item| &item["id"]).collect();
        assert_eq!((&list["isPartial"], &found[..]), (&json!(true), &[&json!(item)][..]), "{address}");
    }
}

#[tokio::test]
async fn version_1_gives_every_class_that_sdmx_2_1_has_in_its_own_message() {
    let (bench, all) = furnished().await;
    let mut faults = Vec::new();
    for (_, class, _, kind) in CLASSES {
        // Lists of values, and associations of hierarchies, came with SDMX 3.0.
        if kind.is_empty() || class == "ValueList" {
            continue;
        }
        let of_class: BTreeSet<_> = all.keys().filter(|name| name.0 == class).collect();
        let answer = bench.get(&format!("/sdmx/v1/{kind}/all/all/all"), "*/*").await;
        let text = answer.text();
        match read_message(&answer.body) {
            Ok(message) if message.problems.is_empty() && text.contains("v2_1") => {
                let found =
                    message.structures.iter().filter(|(reference, _)| reference.class.name() == class);
                if found.count() != of_class.len() {
                    faults.push(format!("{kind}: not {} artefacts", of_class.len()));
                }
            }
            Ok(message) => faults.push(format!("{kind}: {:?}", message.problems)),
            Err(error) => faults.push(format!("{kind}: {error}")),
        }
    }
    for (path, status) in [
        ("organisationscheme", 200),
        ("structure/all/all/all?detail=allstubs", 200),
        ("allowedconstraint/MIGHUB/CC_MIG_FLOW", 200),
        ("allowedconstraint/MIGHUB/CC_KIT", 404),
        ("actualconstraint/MIGHUB/CC_KIT", 200),
        ("actualconstraint/MIGHUB/CC_MIG_FLOW", 404),
        ("attachmentconstraint", 404),
        ("reportingtaxonomy", 404),
        ("structureset", 404),
        ("process", 404),
        ("transformationscheme", 404),
        ("rulesetscheme", 404),
        ("userdefinedoperatorscheme", 404),
        ("customtypescheme", 404),
        ("namepersonalisationscheme", 404),
        ("vtlmappingscheme", 404),
        ("codelist/MIGHUB/CL_SEX/1.0.0/F", 200),
        ("codelist/MIGHUB/CL_SEX/1.0.0/F+M", 200),
        ("categoryscheme/MIGHUB/CAS_MIGHUB/latest/SUBJECT", 200),
        ("categoryscheme/MIGHUB/CAS_MIGHUB/latest/NOTHING", 404),
        ("codelists", 404),
        ("codelist?detail=most", 400),
        ("codelist/MIGHUB/CL_SEX/one", 400),
    ] {
        let answer = bench.get(&format!("/sdmx/v1/{path}"), "*/*").await;
        if answer.status != status || (status == 200 && answer.header(http::header::CONTENT_TYPE) != ML_2_1) {
            faults.push(format!(
                "{path}: {} {}",
                answer.status,
                answer.text().chars().take(300).collect::<String>()
            ));
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}
