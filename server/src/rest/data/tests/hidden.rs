//! What is confidential or under embargo leaves by no address.

use std::io::Read;

use mighub_sdmx::data::DataFormat;

use super::*;

/// All that an answer tells, as text: what is packed is unpacked as its readers do it.
pub(super) fn unpacked(place: &Place, answered: &Answered, format: DataFormat) -> String {
    let packed = format.media_type();
    match answered.headers.get(CONTENT_TYPE) {
        Some(media_type) if *media_type == packed && is_file(format) => {}
        _ => return answered.text(),
    }
    if format == DataFormat::Xlsx {
        let mut text = String::new();
        let mut parts = zip::ZipArchive::new(Cursor::new(&answered.body)).expect("an archive");
        for part in 0..parts.len() {
            parts.by_index(part).expect("a part").read_to_string(&mut text).expect("text");
        }
        return text;
    }
    // The footer, with names and statistics, stands there as it is.
    let mut text = answered.text();
    let definition = place.definition();
    let mut reader =
        reader(Cursor::new(&answered.body), |_: &str, _: &str| Some(definition.clone())).expect("a file");
    loop {
        let batch = match reader.next_batch() {
            Ok(Some(batch)) => batch,
            Ok(None) => break,
            Err(error) => {
                assert_eq!(format!("{error:?}"), "Header(NoRows)", "an empty file has nothing to read");
                break;
            }
        };
        assert!(batch.issues.is_empty(), "{:?}", batch.issues);
        text.push_str(&format!("{:?}\n", batch.columns.periods));
        text.push_str(&format!("{:?}\n", batch.columns));
    }
    text
}

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
    let is_hidden = |answered: &Answered, text: &str, path: &str| {
        assert!(answered.status.as_u16() < 500, "{path}: {text}");
        for canary in &canaries {
            assert!(!text.contains(canary), "{path} tells {canary}: {text}");
        }
    };
    for format in DataFormat::all() {
        for path in &paths {
            let answered = place.get(path, &format.media_type()).await;
            is_hidden(&answered, &unpacked(&place, &answered, format), path);
        }
    }
    for (ending, format) in [
        ("csv", DataFormat::Csv(CsvVersion::V2_1)),
        ("json", DataFormat::Csv(CsvVersion::V2_1)),
        ("jsonl", DataFormat::Csv(CsvVersion::V2_1)),
        ("parquet", DataFormat::Parquet),
        ("xlsx", DataFormat::Xlsx),
    ] {
        for query in [
            "",
            "?sort=obs_value:desc",
            "?provider=SWE,NOR",
            "?obs_value=ge:10000",
            "?as_of=2023-11-14T22:13:21Z",
        ] {
            let path = format!("/v1/data/MIG_FLOW.{ending}{query}");
            let answered = place.get(&path, "*/*").await;
            is_hidden(&answered, &unpacked(&place, &answered, format), &path);
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

#[tokio::test]
async fn whoever_sees_a_value_finds_it_in_every_packed_answer() {
    // Else the test above would find nothing wherever it looked.
    let mut place = Place::new();
    place.lab.wait(1_000);
    place.lab.send("NOR", [(("DEU", 2009), Some((66_664_466, "F")))].into(), None, "");
    let place = Place::of(place.lab);
    for format in DataFormat::all() {
        let answered = place.get(&format!("{PATH}/*"), &format.media_type()).await;
        let text = unpacked(&place, &answered, format);
        assert!(text.contains("66664466") && text.contains("2009"), "{}", format.name());
    }
}
