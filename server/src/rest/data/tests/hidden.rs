//! What is confidential or under embargo leaves by no address.

use mighub_sdmx::data::DataFormat;

use super::*;

#[tokio::test]
async fn hidden_values_never_leave_by_any_address_in_any_format() {
    let place = Place::new();
    let mut paths: Vec<String> = Vec::new();
    for query in [
        "",
        "?includeHistory=true",
        "?updatedAfter=2000",
        "?updatedAfter=2000&includeHistory=true",
        "?asOf=2023-11-14T22:13:21Z",
        "?c[OBS_VALUE]=ge:10000",
        "?c[OBS_VALUE]=77771177",
        "?c[OBS_VALUE]=88882288",
        "?c[OBS_VALUE]=sw:7777",
        "?sort=OBS_VALUE:desc&limit=2",
        "?c[TIME_PERIOD]=2030",
        "?lastNObservations=1&c[COUNTERPART_AREA]=SYR",
        "?dimensionAtObservation=AllDimensions",
    ] {
        paths.push(format!("{PATH}/*{query}"));
        paths.push(format!("/sdmx/v2/data/provisionagreement/MIGHUB/SWE,NOR/*/*{query}"));
    }
    paths.push("/sdmx/v1/data/MIG_FLOW/all/SWE+NOR?includeHistory=true".to_owned());
    paths.push("/sdmx/v1/data/MIG_FLOW?updatedAfter=2001-01-01".to_owned());
    let canaries = [CONFIDENTIAL.to_string(), EMBARGOED.to_string(), "2030".to_owned()];
    let is_hidden = |answered: &Answered, path: &str| {
        let text = answered.text();
        assert!(answered.status.as_u16() < 500, "{path}: {text}");
        for canary in &canaries {
            assert!(!text.contains(canary), "{path} tells {canary}: {text}");
        }
    };
    // Packed formats hide what they tell: their readers would find it in the same columns.
    for format in DataFormat::all().filter(|format| !matches!(format, DataFormat::Parquet | DataFormat::Xlsx))
    {
        for path in &paths {
            is_hidden(&place.get(path, &format.media_type()).await, path);
        }
    }
    for ending in ["csv", "json", "jsonl"] {
        for query in [
            "",
            "?sort=obs_value:desc",
            "?provider=SWE,NOR",
            "?obs_value=ge:10000",
            "?as_of=2023-11-14T22:13:21Z",
        ] {
            let path = format!("/v1/data/MIG_FLOW.{ending}{query}");
            is_hidden(&place.get(&path, "*/*").await, &path);
        }
    }
    for path in ["?c[OBS_VALUE]=ge:10000", "?c[TIME_PERIOD]=2030", "?c[OBS_VALUE]=77771177"] {
        assert_eq!(place.count(&format!("{PATH}/*{path}")).await, Ok(0), "{path}");
    }
    // The office itself sees both: the canaries are there.
    let of_office = |provider: &str, year: &str| {
        let query = format!("c[TIME_PERIOD]={year}&c[COUNTERPART_AREA]=SYR");
        let path = format!("provisionagreement/MIGHUB/{provider}");
        place.chosen(&agency(provider), &path, Some(&query))[0].value
    };
    assert_eq!(of_office("NOR", "2003"), Some(CONFIDENTIAL));
    assert_eq!(of_office("SWE", "2030"), Some(EMBARGOED));
}
