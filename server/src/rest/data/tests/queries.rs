//! Queries, and what they give or why they are refused.

use mighub_sdmx::data::{JsonVersion, MlForm};

use super::*;

#[tokio::test]
async fn queries_give_the_expected_observations() {
    let place = Place::new();
    for (path, expected) in [
        ("", 120),
        ("/", 120),
        ("/*", 120),
        ("/all", 120),
        ("/*?c%5BREF_AREA%5D=SWE", 60),
        ("/*?c[REF_AREA]=SWE,NOR", 120),
        ("/*?c[REF_AREA]=FIN", 0),
        ("/*?c[COUNTERPART_AREA]=DEU,EST&c[REF_AREA]=NOR", 20),
        ("/*?c[COUNTERPART_AREA]=ne:DEU", 100),
        ("/*?c[COUNTERPART_AREA]=ne:DEU+ne:EST", 80),
        ("/*?c[COUNTERPART_AREA]=sw:D,ew:Y", 20),
        ("/*?c[COUNTERPART_AREA]=co:R", 40),
        ("/*?c[COUNTERPART_AREA]=ge:EST%2Ble:FIN", 40),
        ("/*?c[TIME_PERIOD]=ge:2003+le:2005", 36),
        ("/*?c[TIME_PERIOD]=gt:2003+lt:2005", 12),
        ("/*?c[TIME_PERIOD]=2001,2009", 24),
        ("/*?startPeriod=2008", 24),
        ("/*?c[OBS_VALUE]=ge:500", 19),
        ("/*?c[OBS_VALUE]=lt:1", 2),
        ("/*?c[CONF_STATUS]=F", 119),
        ("/*?c[CONF_STATUS]=ne:F", 1),
        ("/*?firstNObservations=2", 24),
        ("/*?lastNObservations=3", 36),
        ("/*?firstNObservations=1&lastNObservations=1", 24),
        ("/*?lastNObservations=2&c[TIME_PERIOD]=le:2001", 24),
        ("/*?limit=7", 7),
        ("/*?offset=115&limit=50", 5),
        ("/*?offset=500", 0),
        ("/*?sort=TIME_PERIOD:desc&limit=12", 12),
        ("/*?includeHistory=False", 120),
        ("/*?updatedAfter=2100", 0),
        ("/*?asOf=2023-11-14T22:13:20.500Z", 60),
        ("/*?attributes=none&limit=5", 5),
        ("/*?dimensionAtObservation=AllDimensions&limit=5", 5),
    ] {
        let found = place.count(&format!("{PATH}{path}")).await;
        assert_eq!(found, Ok(expected), "{path}");
    }
    for (path, expected) in [
        ("/sdmx/v1/data/MIG_FLOW", 120),
        ("/sdmx/v1/data/MIGHUB,MIG_FLOW/all/SWE", 60),
        ("/sdmx/v1/data/MIGHUB,MIG_FLOW,latest/all/MIGHUB,SWE+MIGHUB,NOR", 120),
        ("/sdmx/v1/data/MIGHUB,MIG_FLOW,1.0.0/all?startPeriod=2003&endPeriod=2005", 36),
        ("/sdmx/v1/data/MIG_FLOW/all?lastNObservations=1", 12),
        ("/sdmx/data/MIGHUB,MIG_FLOW/all", 120),
        ("/sdmx/data/dataflow/MIGHUB/MIG_FLOW", 120),
        ("/sdmx/v2/data/dataflow/*/MIG_FLOW/%2B", 120),
        ("/sdmx/v2/data/*/MIGHUB/MIG_FLOW/~/*", 120),
        ("/sdmx/v2/data/provisionagreement/MIGHUB/SWE", 60),
        ("/sdmx/v2/data/provisionagreement/MIGHUB/SWE,NOR/1.0.0", 120),
    ] {
        let found = place.count(path).await;
        assert_eq!(found, Ok(expected), "{path}");
    }
}

#[tokio::test]
async fn a_key_of_the_path_is_read_as_both_versions_write_it() {
    let place = Place::new();
    let dimensions = place.definition().shape.dimensions.clone();
    let key = |area: &str, any: &str| {
        let part = |id: &Arc<str>| if &**id == "REF_AREA" { area.to_owned() } else { any.to_owned() };
        dimensions.iter().map(part).collect::<Vec<_>>().join(".")
    };
    let swe = key("SWE", "*");
    assert_eq!(place.count(&format!("{PATH}/{swe}")).await, Ok(60));
    assert_eq!(place.count(&format!("{PATH}/{swe},{}", key("NOR", "*"))).await, Ok(120));
    let v1 = |key: String| format!("/sdmx/v1/data/MIG_FLOW/{key}");
    assert_eq!(place.count(&v1(key("SWE+NOR", ""))).await, Ok(120));
    assert_eq!(place.count(&v1(key("NOR", ""))).await, Ok(60));
}

#[tokio::test]
async fn details_leave_out_what_they_say() {
    let place = Place::new();
    let ml = DataFormat::Ml(MlForm::Generic).media_type();
    for (query, series, observations) in [
        ("detail=full", 12, 120),
        ("detail=dataonly", 12, 120),
        ("detail=nodata", 12, 0),
        ("detail=serieskeysonly", 12, 0),
        ("detail=serieskeysonly&startPeriod=2009", 12, 0),
    ] {
        let answered = place.get(&format!("/sdmx/v1/data/MIG_FLOW?{query}"), &ml).await;
        let text = answered.text();
        assert_eq!(text.matches("<gen:Series>").count(), series, "{query}: {text}");
        assert_eq!(text.matches("<gen:Obs>").count(), observations, "{query}");
        assert_eq!(text.contains("id=\"CONF_STATUS\""), query == "detail=full", "{query}");
    }
    let csv = DataFormat::Csv(CsvVersion::V2_1).media_type();
    let path = format!("{PATH}/*?attributes=none&measures=none&offset=10&limit=5");
    let keys = place.get(&path, &csv).await.text();
    assert_eq!(keys.lines().count(), 3, "two of twelve series come after ten: {keys}");
    let some = place.get(&format!("{PATH}/*?attributes=CONF_STATUS&limit=1"), &csv).await.text();
    let header = some.lines().next().expect("a header");
    assert!(header.contains("CONF_STATUS") && !header.contains("OBS_STATUS"), "{header}");
    assert!(
        some.lines().nth(1).is_some_and(|row| row.contains(",M,")),
        "a part must not replace the whole: {some}"
    );
}

#[tokio::test]
async fn changes_and_histories_are_told_in_every_format() {
    let mut place = Place::new();
    let before = place.lab.now.to_string();
    place.lab.wait(2_000);
    place.lab.send("SWE", [(("EST", 2000), None), (("EST", 2001), Some((5_555, "F")))].into(), None, "");
    let place = Place::of(place.lab);
    for format in DataFormat::all() {
        for (query, expected) in [
            (format!("updatedAfter={before}"), 2),
            // What was there first, the cell that became confidential, and these two.
            ("includeHistory=true".to_owned(), 123),
            (format!("includeHistory=true&updatedAfter={before}"), 2),
        ] {
            let answered = place.get(&format!("{PATH}/*?{query}"), &format.media_type()).await;
            if format == DataFormat::Csv(CsvVersion::V1_0) {
                assert_eq!(answered.status, StatusCode::NOT_ACCEPTABLE, "it has no actions");
                continue;
            }
            assert_eq!(answered.status, StatusCode::OK, "{} of {query}: {}", format.name(), answered.text());
            if format != DataFormat::Xlsx {
                let count = raw_count(Cursor::new(&answered.body)).expect("a message");
                assert_eq!(count.observations, expected, "{} of {query}: {}", format.name(), answered.text());
            }
        }
    }
}

#[tokio::test]
async fn figures_of_several_providers_are_given_where_the_format_says_whose_they_are() {
    let place = Place::new();
    let paths = ["/sdmx/v1/data/MIG_FLOW/all/SWE+NOR", "/sdmx/v2/data/provisionagreement/MIGHUB/SWE,NOR"];
    for format in DataFormat::all() {
        for path in paths {
            let answered = place.get(path, &format.media_type()).await;
            if format != DataFormat::Json(JsonVersion::V1_0) {
                assert_eq!(answered.status, StatusCode::OK, "{}: {}", format.name(), answered.text());
                let text = hidden::unpacked(&place, &answered, format);
                assert!(text.contains("SWE") && text.contains("NOR"), "{}: {text}", format.name());
            } else {
                assert_eq!(answered.status, StatusCode::NOT_ACCEPTABLE, "{}", format.name());
                let text = answered.text();
                assert!(
                    text.contains("whose a figure is") && text.contains("ask for one provider"),
                    "{text}"
                );
            }
        }
        let one = place.get("/sdmx/v1/data/MIG_FLOW/all/SWE", &format.media_type()).await;
        assert_eq!(one.status, StatusCode::OK, "{}", format.name());
    }
}

#[tokio::test]
async fn keys_and_codes_that_would_multiply_are_judged_one_by_one() {
    let place = Place::new();
    let dimensions = place.definition().shape.dimensions.clone();
    let at = |id: &str| dimensions.iter().position(|known| &**known == id).expect("a dimension");
    let (area, partner) = (at("REF_AREA"), at("COUNTERPART_AREA"));
    // Keys that no two differ in one dimension alone.
    let key = |nth: usize| {
        let mut parts = vec![String::new(); dimensions.len()];
        parts[0] = format!("A{nth}");
        parts[area] = format!("B{nth}");
        parts.join(".")
    };
    let mut real = vec![String::new(); dimensions.len()];
    real[area] = "SWE".to_owned();
    let keys: Vec<String> = (0..300).map(key).chain([real.join(".")]).collect();
    let codes: Vec<String> = (0..2_000).map(|nth| format!("C{nth}")).chain(["DEU".to_owned()]).collect();
    let query = format!("c[{}]={}", dimensions[partner], codes.join(","));
    let path = format!("dataflow/MIGHUB/MIG_FLOW/1.0.0/{}", keys.join(","));
    let ask = DataQuery::v2(&place.lab.hub, &path, Some(&query)).expect("a query");
    let selected = |ask: &DataQuery| {
        let sets = ask.figures.selection.keys.iter().flat_map(|key| key.sets.iter().flatten());
        sets.map(std::collections::BTreeSet::len).sum::<usize>()
    };
    assert!(selected(&ask) < 1_000, "{} codes", selected(&ask));
    assert_eq!(place.chosen(&Principal::PUBLIC, &path, Some(&query)).len(), 10);
    let keys: Vec<String> = (0..1_000).map(key).collect();
    let path = format!("dataflow/MIGHUB/MIG_FLOW/1.0.0/{}", keys.join(","));
    let fault = DataQuery::v2(&place.lab.hub, &path, None).expect_err("too many keys");
    assert_eq!(fault.kind, super::super::fault::FaultKind::TooMuch);
}

#[test]
fn a_query_whose_caller_has_left_ends() {
    let place = Place::new();
    let attending = crate::rest::attendance::Attending::default();
    let ask = DataQuery::v2(&place.lab.hub, "dataflow/MIGHUB/MIG_FLOW", Some("c[OBS_VALUE]=-1"));
    let ask = Arc::new(ask.expect("a query"));
    let permit = place.lab.hub.authorise(&Principal::PUBLIC, Read, place.lab.now).expect("a permit");
    let chosen = Chosen::new(&place.lab.hub, &permit, ask, place.lab.now).expect("figures");
    let mut chosen = chosen.attended(&attending.attendance());
    drop(attending);
    assert!(matches!(chosen.next(), Err(MakingError::Left)));
}

#[tokio::test]
async fn bad_queries_say_where_which_rule_and_what_to_do() {
    let place = Place::new();
    for (path, status, words) in [
        ("/sdmx/v2/data/dataflow/MIGHUB/NO_FLOW/1.0.0", 404, "/structure/dataflow lists"),
        ("/sdmx/v2/data/dataflows/MIGHUB/MIG_FLOW", 400, "write dataflow, datastructure"),
        (
            "/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/one",
            400,
            "the version: \\\"one\\\" is no version: write 1.0.0",
        ),
        (
            "/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/A/B/C",
            400,
            "write /data/CONTEXT/AGENCY/ID/VERSION/KEY",
        ),
        ("/sdmx/v2/data/dataflow/MIGHUB", 501, "name it"),
        (
            "/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?startPeriods=2000",
            400,
            "startPeriods: is no parameter here; there are: c[COMPONENT]",
        ),
        (
            "/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?c[SEXX]=F",
            400,
            "c[SEXX]: \\\"SEXX\\\" is no component of these data; there are: FREQ",
        ),
        (
            "/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?c[TIME_PERIOD]=ge:20x",
            400,
            "c[TIME_PERIOD]: \\\"20x\\\" is not a period",
        ),
        (
            "/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?c[SEX]=",
            400,
            "c[SEX]: has a value of no characters",
        ),
        (
            "/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?limit=0",
            400,
            "limit: \\\"0\\\" is not a whole number from 1 on",
        ),
        (
            "/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?updatedAfter=soon",
            400,
            "updatedAfter: \\\"soon\\\" is no instant: write",
        ),
        ("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?updatedAfter=2023&asOf=2022", 400, "updatedAfter: "),
        ("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?reportingYearStartDay=--07-01", 501, "leave it out"),
        ("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?detail=some", 400, "write full, dataonly"),
        (
            "/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?attributes=SOME",
            400,
            "attributes: \\\"SOME\\\" is no attribute",
        ),
        (
            "/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?sort=SOME",
            400,
            "sort: \\\"SOME\\\" is no component",
        ),
        (
            "/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?dimensionAtObservation=SOME",
            400,
            "there are: AllDimensions, FREQ",
        ),
        ("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?lastNObservations=1000000", 413, "ask for fewer"),
        (
            "/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?updatedAfter=2000&c[EMBARGO_TIME]=2020-01-01",
            400,
            "filter what you get",
        ),
        (
            "/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?updatedAfter=2000&detail=serieskeysonly",
            501,
            "detail: changes are told observation by observation",
        ),
        ("/sdmx/v1/data/MIG_FLOW?updatedAfter=2000&detail=nodata", 501, "detail: changes are told"),
        (
            "/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?updatedAfter=2000&measures=none&attributes=none",
            501,
            "detail: changes are told",
        ),
        ("/sdmx/v1/data/MIG_FLOW?includeHistory=true&detail=nodata", 501, "detail: changes are told"),
        (
            "/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?updatedAfter=2000&limit=10",
            501,
            "limit: changes are told whole",
        ),
        (
            "/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?updatedAfter=2000&offset=10",
            501,
            "limit: changes are told whole",
        ),
        ("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/A.B%20C", 400, "is not a code"),
        ("/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?asOf=2100-01-01", 400, "is still to come"),
        (
            "/sdmx/v2/data/dataflow/MIGHUB/MIG_FLOW/1.0.0/*?asOf=2100-01-01",
            400,
            "leave it out for the newest",
        ),
    ] {
        let answered = place.get(path, "application/json").await;
        assert_eq!(answered.status.as_u16(), status, "{path}: {}", answered.text());
        assert!(answered.text().contains(words), "{path}: {}", answered.text());
    }
    let none = place.get("/sdmx/v1/data/MIG_FLOW/all?startPeriod=2050", "*/*").await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert!(none.text().contains("code=\"100\""), "{}", none.text());
    let none = place.get(&format!("{PATH}/*?startPeriod=2050"), "*/*").await;
    assert_eq!((none.status, none.body.len()), (StatusCode::NO_CONTENT, 0));
    let none = place.get(&format!("{PATH}/*"), "image/png").await;
    assert_eq!(none.status, StatusCode::NOT_ACCEPTABLE);
}
