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

/// Rows of SDMX-CSV: letter, key with period, and value.
fn csv_rows(text: &str) -> Vec<(String, String, String)> {
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let Some(header) = lines.next() else { return Vec::new() };
    let at = |name: &str| header.iter().position(|column| column == name).expect(name);
    let (letter, value) = (at("ACTION"), at("OBS_VALUE"));
    lines
        .map(|cells| (cells[letter].clone(), cells[letter + 1..value].join("."), cells[value].clone()))
        .collect()
}

#[tokio::test]
async fn whoever_follows_what_meets_a_condition_has_what_meets_it_now() {
    let mut place = Place::new();
    let csv = DataFormat::Csv(CsvVersion::V2_1).media_type();
    for condition in
        ["c[OBS_VALUE]=ge:105+lt:500", "c[OBS_VALUE]=ne:104&c[TIME_PERIOD]=ge:2002", "c[CONF_STATUS]=F"]
    {
        let path = format!("{PATH}/*?{condition}");
        let copy = place.get(&path, &csv).await.text();
        let mut copy: BTreeMap<String, String> =
            csv_rows(&copy).into_iter().map(|(_, key, value)| (key, value)).collect();
        let since = place.lab.now.to_string();
        place.lab.wait(2_000);
        let write = [
            // Gone; out of it; into it; within it; never in it; hidden.
            (("EST", 2001), None),
            (("EST", 2006), Some((3, "F"))),
            (("DEU", 2004), Some((300, "F"))),
            (("EST", 2007), Some((333, "F"))),
            (("DEU", 2005), Some((2, "F"))),
            (("EST", 2008), Some((CONFIDENTIAL, "C"))),
        ];
        place.lab.send("SWE", write.into(), None, "");
        place.lab.wait(2_000);
        place = Place::of(place.lab);
        let delta = place.get(&format!("{path}&updatedAfter={since}"), &csv).await;
        assert_eq!(delta.status, StatusCode::OK, "{condition}: {}", delta.text());
        for (letter, key, value) in csv_rows(&delta.text()) {
            match &*letter {
                "D" => drop(copy.remove(&key)),
                _ => drop(copy.insert(key, value)),
            }
        }
        let now = csv_rows(&place.get(&path, &csv).await.text());
        let now: BTreeMap<String, String> = now.into_iter().map(|(_, key, value)| (key, value)).collect();
        assert_eq!(copy, now, "{condition}");
        // The next condition begins with the figures of the first.
        let back =
            [("EST", 2001, 101), ("EST", 2006, 106), ("DEU", 2004, 4), ("EST", 2007, 107), ("DEU", 2005, 5)];
        let back = back.map(|(area, year, value)| ((area, year), Some((value, "F"))));
        place.lab.send(
            "SWE",
            back.into_iter().chain([(("EST", 2008), Some((108, "F")))]).collect(),
            None,
            "",
        );
        place.lab.wait(2_000);
        place = Place::of(place.lab);
    }
}

#[tokio::test]
async fn what_a_day_brings_is_told_to_those_who_ask_for_what_is_newer() {
    let mut lab = Lab::new();
    // SWE sends what is NOR's as well, and NOR comes first until the end of a day.
    lab.agree("SWE", |agreement| agreement.principal_rank = 2);
    let last = lab.now.day();
    lab.agree("NOR", |agreement| {
        agreement.permitted_region = Vec::new();
        agreement.valid_to = last.to_string();
    });
    lab.send("SWE", [(("SYR", 2000), Some((1, "F")))].into(), None, "");
    lab.wait(2_000);
    let place = Place::of(lab);
    let csv = DataFormat::Csv(CsvVersion::V2_0).media_type();
    let path = format!("{PATH}/*");
    let before = place.get(&path, &csv).await;
    assert_eq!(before.status, StatusCode::NO_CONTENT, "{}", before.text());
    let date = before.headers[LAST_MODIFIED].to_str().expect("ASCII").to_owned();
    let since = [(ACCEPT, &*csv), (IF_MODIFIED_SINCE, &*date)];
    assert_eq!(place.ask(Method::GET, &path, &since).await.status, StatusCode::NOT_MODIFIED);
    let Place { mut lab, .. } = place;
    lab.wait(86_400_000);
    let place = Place::of(lab);
    let after = place.ask(Method::GET, &path, &since).await;
    assert_eq!(after.status, StatusCode::OK, "SWE's figures are the first ones now");
    assert_ne!(after.headers[LAST_MODIFIED], date);
    let date = after.headers[LAST_MODIFIED].to_str().expect("ASCII").to_owned();
    let since = [(ACCEPT, &*csv), (IF_MODIFIED_SINCE, &*date)];
    assert_eq!(place.ask(Method::GET, &path, &since).await.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn two_changes_within_a_second_have_no_date_in_common() {
    let mut place = Place::new();
    place.lab.send("SWE", [(("EST", 2000), Some((4_444, "F")))].into(), None, "");
    let place = Place::of(place.lab);
    let csv = DataFormat::Csv(CsvVersion::V2_0).media_type();
    let path = format!("{PATH}/*");
    let first = place.get(&path, &csv).await;
    assert!(first.headers.get(LAST_MODIFIED).is_none(), "it may change again within this second");
    let Place { mut lab, .. } = place;
    lab.wait(1);
    lab.send("SWE", [(("EST", 2000), Some((5_555, "F")))].into(), None, "");
    lab.wait(1_000);
    let place = Place::of(lab);
    let second = place.get(&path, &csv).await;
    assert!(second.headers.contains_key(LAST_MODIFIED) && second.text().contains("5555"));
}

#[tokio::test]
async fn an_answer_that_lies_ready_ends_when_something_is_expunged() {
    let mut place = Place::new();
    let path = "/v1/data/MIG_FLOW.parquet";
    let before = place.get(path, "*/*").await;
    place.lab.wait(2_000);
    place.lab.expunge("SWE");
    place.lab.wait(1_000);
    let place = Place::of(place.lab);
    let date = before.headers[LAST_MODIFIED].to_str().expect("ASCII");
    let after = place.ask(Method::GET, path, &[(IF_MODIFIED_SINCE, date)]).await;
    assert_eq!(after.status, StatusCode::OK);
    assert_ne!(before.headers[ETAG], after.headers[ETAG], "files are kept by their tags");
}
