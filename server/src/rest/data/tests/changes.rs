//! What changed, and that nothing has.

use super::*;

#[tokio::test]
async fn what_the_caller_has_is_not_sent_again_until_it_sees_something_else() {
    let mut place = Place::new();
    let csv = DataFormat::Csv(CsvVersion::V2_0).media_type();
    let path = format!("{PATH}/*");
    let first = place.get(&path, &csv).await;
    let tag = first.headers[ETAG].to_str().expect("ASCII").to_owned();
    let date = first.headers[LAST_MODIFIED].to_str().expect("ASCII").to_owned();
    let again = place.ask(Method::GET, &path, &[(ACCEPT, &csv), (IF_NONE_MATCH, &tag)]).await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    let again = place.ask(Method::GET, &path, &[(ACCEPT, &csv), (IF_MODIFIED_SINCE, &date)]).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    let head = place.ask(Method::HEAD, &path, &[(ACCEPT, &csv)]).await;
    assert_eq!(
        (head.status, head.body.len(), &head.headers[ETAG]),
        (StatusCode::OK, 0, &first.headers[ETAG])
    );
    let other = place.get(&path, "application/json").await;
    assert_ne!(other.headers[ETAG], tag, "another format is another answer");
    // What is under embargo or confidential changes nothing that the public can tell.
    place.lab.wait(2_000);
    place.lab.send("NOR", [(("SYR", 2003), Some((CONFIDENTIAL + 1, "C")))].into(), None, "");
    let embargo = Moment(place.lab.now.0 + 900_000);
    place.lab.send("SWE", [(("SYR", 2031), Some((EMBARGOED, "F")))].into(), Some(embargo), "");
    let mut place = Place::of(place.lab);
    assert_eq!(place.get(&path, &csv).await.headers[ETAG], tag);
    place.lab.wait(2_000_000);
    let place = Place::of(place.lab);
    let released = place.get(&path, &csv).await;
    assert_ne!(released.headers[ETAG], tag);
    assert_eq!(released.text().matches(&EMBARGOED.to_string()).count(), 3);
    let modified = place.ask(Method::GET, &path, &[(ACCEPT, &csv), (IF_MODIFIED_SINCE, &date)]).await;
    assert_eq!(modified.status, StatusCode::OK);
}

#[tokio::test]
async fn changes_come_as_deletions_and_then_replacements() {
    let mut place = Place::new();
    let before = place.lab.now.to_string();
    place.lab.wait(2_000);
    place.lab.send("SWE", [(("EST", 2000), None), (("EST", 2001), Some((5_555, "F")))].into(), None, "");
    let place = Place::of(place.lab);
    let csv = DataFormat::Csv(CsvVersion::V2_0).media_type();
    for name in ["updatedAfter", "updateAfter"] {
        let answered = place.get(&format!("{PATH}/*?{name}={before}"), &csv).await;
        let text = answered.text();
        let rows: Vec<(&str, &str)> = text
            .lines()
            .skip(1)
            .filter_map(|line| {
                Some((line.split(',').nth(2)?, if line.contains("5555") { "new" } else { "" }))
            })
            .collect();
        assert_eq!(rows, [("D", ""), ("R", "new")], "{text}");
    }
    let answered = place
        .get(&format!("{PATH}/*?includeHistory=True&c[COUNTERPART_AREA]=EST&c[REF_AREA]=SWE"), &csv)
        .await;
    let text = answered.text();
    let header = text.lines().next().expect("a header");
    assert!(header.ends_with("VALID_FROM,VALID_TO"), "{header}");
    // Ten observations at first, then one gone and one other.
    let letters: String = text.lines().skip(1).filter_map(|line| line.split(',').nth(2)).collect();
    assert_eq!(letters, "RRRRRRRRRRDR", "{text}");
}
