//! Every kind of data, availability and schema query of version 1, as the test kit of the standard goes through them.

use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use mighub_sdmx::data::MlForm;

use super::*;

/// Dimensions of MIG_FLOW before the period.
const DIMENSIONS: usize = 9;

fn key(area: &str, counterpart: &str) -> String {
    let mut codes = [""; DIMENSIONS];
    (codes[1], codes[4]) = (area, counterpart);
    codes.join(".")
}

#[tokio::test]
async fn keys_periods_and_parts_of_version_1_give_the_observations_that_they_name() {
    let place = Place::new();
    let mut faults = Vec::new();
    let keys = [
        ("all".to_owned(), 120),
        (key("SWE", ""), 60),
        (key("SWE+NOR", ""), 120),
        (key("SWE", "DEU"), 10),
        (key("SWE", "DEU+EST"), 20),
        (key("", "DEU+EST"), 40),
        (key("", ""), 120),
    ];
    let flows = [
        "MIG_FLOW",
        "MIGHUB,MIG_FLOW",
        "MIGHUB,MIG_FLOW,1.0.0",
        "MIGHUB,MIG_FLOW,latest",
        "all,MIG_FLOW,latest",
    ];
    let providers = [
        ("", 1),
        ("/all", 1),
        ("/SWE", 2),
        ("/MIGHUB,SWE", 2),
        ("/SWE+NOR", 1),
        ("/MIGHUB,SWE+MIGHUB,NOR", 1),
    ];
    for ((key, all), (flow, (provider, share))) in keys
        .iter()
        .flat_map(|key| flows.iter().flat_map(move |flow| providers.map(|provider| (key, (flow, provider)))))
    {
        let path = format!("/sdmx/v1/data/{flow}/{key}{provider}");
        // Each country has sent its own figures, half of all.
        let expected = if share == 2 && !key.contains("SWE") { all / 2 } else { *all };
        let expected = if share == 2 && key.contains("NOR") { all / 2 } else { expected };
        match place.count(&path).await {
            Ok(found) if found == expected => {}
            found => faults.push(format!("{path}: {found:?} instead of {expected}")),
        }
    }
    for (query, expected) in [
        ("startPeriod=2003", 84),
        ("endPeriod=2003", 48),
        ("startPeriod=2003&endPeriod=2003", 12),
        ("startPeriod=2003-01-01&endPeriod=2004-12-31", 24),
        ("startPeriod=2003-01&endPeriod=2003-12", 12),
        ("startPeriod=2003-A1&endPeriod=2003-A1", 12),
        ("firstNObservations=1", 12),
        ("lastNObservations=1", 12),
        ("firstNObservations=1&lastNObservations=1", 24),
        ("startPeriod=2003&firstNObservations=2", 24),
        ("detail=full", 120),
        ("detail=dataonly", 120),
        ("includeHistory=false", 120),
        ("updatedAfter=2000-01-01T00:00:00Z", 120),
        ("dimensionAtObservation=TIME_PERIOD", 120),
        ("dimensionAtObservation=AllDimensions", 120),
        ("dimensionAtObservation=SEX", 120),
        ("dimensionAtObservation=COUNTERPART_AREA", 120),
    ] {
        match place.count(&format!("/sdmx/v1/data/MIG_FLOW/all?{query}")).await {
            Ok(found) if found == expected => {}
            found => faults.push(format!("{query}: {found:?} instead of {expected}")),
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

#[tokio::test]
async fn every_detail_is_given_in_every_format_of_version_1() {
    let place = Place::new();
    let forms =
        [MlForm::Generic, MlForm::GenericTimeSeries, MlForm::Specific21, MlForm::SpecificTimeSeries21];
    let formats = forms
        .map(DataFormat::Ml)
        .into_iter()
        .chain([DataFormat::Json(mighub_sdmx::data::JsonVersion::V1_0), DataFormat::Csv(CsvVersion::V1_0)]);
    for format in formats {
        for (detail, observations) in [("full", 120), ("dataonly", 120), ("nodata", 0), ("serieskeysonly", 0)]
        {
            let path = format!("/sdmx/v1/data/MIG_FLOW/all?detail={detail}");
            let answered = place.get(&path, &format.media_type()).await;
            let name = format!("{} {detail}", format.name());
            assert_eq!(answered.status, StatusCode::OK, "{name}: {}", answered.text());
            assert_eq!(answered.headers[CONTENT_TYPE], format.media_type(), "{name}");
            // In a table each series that is named has a row.
            let rows = if matches!(format, DataFormat::Csv(_)) { observations.max(12) } else { observations };
            let count = raw_count(Cursor::new(&answered.body)).expect("a message").observations;
            assert_eq!(count, rows, "{name}: {}", answered.text());
        }
    }
}

#[tokio::test]
async fn availability_schemas_and_headers_are_answered_as_version_1_has_them() {
    let place = Place::new();
    let mut faults = Vec::new();
    let (ml, xsd) = ("structure+xml;version=2.1", "schema+xml;version=2.1");
    let (known, other) = (key("SWE", ""), key("SWE", "ISL"));
    for (path, status, media_type, facts) in [
        ("availableconstraint/MIG_FLOW", 200, ml, &["ContentConstraint", ">120<"][..]),
        ("availableconstraint/MIG_FLOW/all/all/all", 200, ml, &[">120<"]),
        (
            "availableconstraint/MIGHUB,MIG_FLOW,1.0.0/KNOWN/all/REF_AREA",
            200,
            ml,
            &["id=\"REF_AREA\"", "!id=\"SEX\""],
        ),
        ("availableconstraint/MIG_FLOW/KNOWN/all/REF_AREA+SEX", 200, ml, &["id=\"REF_AREA\"", "id=\"SEX\""]),
        ("availableconstraint/MIG_FLOW/all/SWE/all", 200, ml, &[">60<"]),
        ("availableconstraint/MIG_FLOW/all?mode=exact", 200, ml, &[">120<"]),
        ("availableconstraint/MIG_FLOW/all?mode=available", 200, ml, &["ContentConstraint"]),
        ("availableconstraint/MIG_FLOW/OTHER?mode=exact", 404, "", &["code=\"100\""]),
        ("availableconstraint/MIG_FLOW/all?startPeriod=2003&endPeriod=2004", 200, ml, &[">24<"]),
        ("availableconstraint/MIG_FLOW/all?references=none", 200, ml, &["!<str:Codelist "]),
        ("availableconstraint/MIG_FLOW/all?references=all", 200, ml, &["<str:Codelist ", "<str:Dataflow "]),
        (
            "availableconstraint/MIG_FLOW/all?references=codelist",
            200,
            ml,
            &["<str:Codelist ", "!<str:Dataflow "],
        ),
        ("availableconstraint/MIG_FLOW/all?references=conceptscheme", 200, ml, &["<str:ConceptScheme "]),
        ("availableconstraint/MIG_FLOW/all?references=datastructure", 200, ml, &["<str:DataStructure "]),
        ("availableconstraint/MIG_FLOW/all?references=dataflow", 200, ml, &["<str:Dataflow "]),
        (
            "availableconstraint/MIG_FLOW/all?references=dataproviderscheme",
            200,
            ml,
            &["<str:DataProviderScheme "],
        ),
        ("availableconstraint/MIG_FLOW/all/all/MOON", 400, "", &["MOON"]),
        ("availableconstraint/NO_FLOW", 404, "", &["code=\"100\""]),
        ("availableconstraint/MIG_FLOW/all?mode=some", 400, "", &["mode"]),
        ("schema/dataflow/MIGHUB/MIG_FLOW/1.0.0", 200, xsd, &["<xs:schema"]),
        (
            "schema/dataflow/MIGHUB/MIG_FLOW/latest?dimensionAtObservation=SEX",
            200,
            xsd,
            &["<xs:schema", "SEX"],
        ),
        ("schema/dataflow/MIGHUB/MIG_FLOW?explicitMeasure=true", 200, xsd, &["<xs:schema"]),
        ("schema/datastructure/MIGHUB/DSD_MIG_FLOW/1.0.0?explicitMeasure=false", 200, xsd, &["<xs:schema"]),
        (
            "schema/provisionagreement/MIGHUB/SWE/1.0.0?dimensionAtObservation=AllDimensions",
            200,
            xsd,
            &["<xs:schema"],
        ),
        ("schema/metadataflow/MIGHUB/MDF_MIGHUB/1.0.0", 400, "", &["dataflow"]),
        ("data/MIG_FLOW/all?dimensionAtObservation=MOON", 400, "", &["code=\"140\"", "MOON"]),
        ("data/MIG_FLOW/A.B.C.D.E.F.G.H.I.J.K.L", 400, "", &["code=\"140\""]),
        ("data/MIG_FLOW/all?firstNObservations=-1", 400, "", &["code=\"140\""]),
        ("data/MIG_FLOW/all?startPeriod=soon", 400, "", &["code=\"140\""]),
        ("data/NO_FLOW/all", 404, "", &["code=\"100\""]),
        ("data/MIG_FLOW/all/NOBODY", 404, "", &["code=\"100\""]),
    ] {
        let address = format!("/sdmx/v1/{}", path.replace("KNOWN", &known).replace("OTHER", &other));
        let answered = place.get(&address, "*/*").await;
        let text = answered.text();
        let has_type = media_type.is_empty()
            || answered.headers[CONTENT_TYPE] == format!("application/vnd.sdmx.{media_type}");
        let holds = |fact: &&&str| {
            fact.strip_prefix('!').map_or_else(|| text.contains(**fact), |absent| !text.contains(absent))
        };
        let lacking: Vec<_> = facts.iter().filter(|fact| !holds(fact)).collect();
        if answered.status.as_u16() != status || !has_type || !lacking.is_empty() {
            let shown: String = text.chars().take(400).collect();
            faults.push(format!("{address}: {} lacks {lacking:?} {shown}", answered.status));
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
    let path = "/sdmx/v1/data/MIG_FLOW/all";
    let first = place.get(path, "*/*").await;
    let date = first.headers[LAST_MODIFIED].to_str().expect("ASCII");
    assert_eq!(
        place.ask(Method::GET, path, &[(IF_MODIFIED_SINCE, date)]).await.status,
        StatusCode::NOT_MODIFIED
    );
    let earlier = "Tue, 14 Nov 2000 22:13:20 GMT";
    assert_eq!(place.ask(Method::GET, path, &[(IF_MODIFIED_SINCE, earlier)]).await.status, StatusCode::OK);
    let packed = place.ask(Method::GET, path, &[(ACCEPT_ENCODING, "gzip, deflate")]).await;
    assert_eq!(packed.headers[CONTENT_ENCODING], "gzip");
    assert_eq!(place.ask(Method::HEAD, path, &[]).await.headers[CONTENT_TYPE], first.headers[CONTENT_TYPE]);
    let nothing = place.ask(Method::HEAD, "/sdmx/v1/data/MIG_FLOW/all?startPeriod=2050", &[]).await;
    assert_eq!((nothing.status, nothing.body.len()), (StatusCode::NOT_FOUND, 0));
    let nothing = place.ask(Method::HEAD, &format!("{PATH}/*?startPeriod=2050"), &[]).await;
    assert_eq!((nothing.status, nothing.body.len()), (StatusCode::NO_CONTENT, 0));
}
