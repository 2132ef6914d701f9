//! Plain tables.

use super::*;

#[tokio::test]
async fn plain_tables_are_read_at_once_and_in_parts() {
    use http::header::{ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, IF_RANGE, RANGE};
    let place = Place::new();
    let csv = place
        .get(
            "/v1/data/MIGHUB:MIG_FLOW(1.0.0).csv?ref_area=SWE&COUNTERPART_AREA=DEU,EST&start=2005&end=2006",
            "*/*",
        )
        .await;
    let text = csv.text();
    assert_eq!((csv.status, text.lines().count()), (StatusCode::OK, 5), "{text}");
    assert!(text.starts_with("FREQ,REF_AREA,"), "{text}");
    assert_eq!(csv.headers[CONTENT_DISPOSITION], "attachment; filename=\"MIG_FLOW.csv\"");
    let chosen = "/v1/data/MIG_FLOW.csv?columns=time_period,counterpart_area,obs_value&labels=name&bom=1&ref_area=SWE&limit=1";
    let text = place.get(chosen, "*/*").await.text();
    let expected =
        "\u{feff}TIME_PERIOD,COUNTERPART_AREA,COUNTERPART_AREA_NAME,OBS_VALUE\r\n2000,DEU,Germany,0\r\n";
    assert_eq!(text, expected);
    let json = place.get("/v1/data/MIG_FLOW.json?columns=counterpart_area,obs_value,obs_status&labels=both&ref_area=SWE&limit=2", "*/*").await;
    let json: serde_json::Value = serde_json::from_slice(&json.body).expect("JSON");
    assert_eq!(json[1]["COUNTERPART_AREA"], "DEU: Germany");
    assert_eq!(json[1]["OBS_VALUE"], 1);
    let empty = place.get("/v1/data/MIG_FLOW.json?start=2050", "*/*").await;
    assert!(serde_json::from_slice::<Vec<u8>>(&empty.body).expect("JSON").is_empty());
    let unknown = place.get("/v1/data/MIG_FLOW.csv?reff_area=SWE", "*/*").await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert!(
        unknown.text().contains("reff_area: is no parameter here; there are: start, end")
            && unknown.text().contains("ref_area"),
        "{}",
        unknown.text()
    );
    assert_eq!(place.get("/v1/data/MIG_FLOW.txt", "*/*").await.status, StatusCode::NOT_FOUND);
    let list: serde_json::Value =
        serde_json::from_slice(&place.get("/v1/data", "*/*").await.body).expect("JSON");
    assert!(
        list["dataflows"]
            .as_array()
            .expect("dataflows")
            .iter()
            .any(|flow| { flow["files"]["parquet"] == "/v1/data/MIGHUB:MIG_FLOW(1.0.0).parquet" })
    );

    let path = "/v1/data/MIG_FLOW.parquet";
    let whole = place.get(path, "*/*").await;
    assert_eq!(
        (whole.status, &whole.headers[ACCEPT_RANGES]),
        (StatusCode::OK, &"bytes".parse().expect("a value"))
    );
    assert_eq!(place.read(&whole.body), place.pulled());
    let head = place.ask(Method::HEAD, path, &[]).await;
    assert_eq!(head.headers[CONTENT_LENGTH], whole.body.len().to_string());
    let tag = head.headers[ETAG].to_str().expect("ASCII");
    assert!(tag.starts_with('"'), "parts fit together by a strong tag: {tag}");
    for (range, tag, expected) in [
        ("bytes=-4", tag, Some(&b"PAR1"[..])),
        ("bytes=0-3", tag, Some(b"PAR1")),
        ("bytes=0-3", "\"other\"", None),
    ] {
        let part = place.ask(Method::GET, path, &[(RANGE, range), (IF_RANGE, tag)]).await;
        match expected {
            Some(bytes) => {
                assert_eq!((part.status, &part.body[..]), (StatusCode::PARTIAL_CONTENT, bytes));
                assert!(part.headers.contains_key(CONTENT_RANGE));
            }
            None => assert_eq!(part.body, whole.body),
        }
    }
    let outside = place.ask(Method::GET, path, &[(RANGE, "bytes=99999999-")]).await;
    assert_eq!(outside.status, StatusCode::RANGE_NOT_SATISFIABLE);
}
