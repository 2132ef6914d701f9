//! Signing in and out, sending a file, and texts that are not lost.

use http::Method;
use http::header::{CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use mighub::token::AccessToken;

use super::{Bench, links};

const COLUMNS: &str = "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,FLOW_DIR,MIG_CRITERION,COUNTERPART_AREA,SEX,AGE,\
                       DURATION,MIG_CATEGORY,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS";

#[tokio::test]
async fn signing_in_needs_a_token_and_a_form_of_this_site_and_ends_when_asked() {
    let bench = Bench::new();
    let own = (ORIGIN, "http://hub.example:8443");
    let form = format!("token={}&next=/submissions", bench.token.reveal());
    for headers in [
        vec![],
        vec![(ORIGIN, "https://evil.example")],
        vec![("sec-fetch-site".parse().expect("a name"), "cross-site")],
    ] {
        assert_eq!(bench.post("/sign-in", &headers, &form).await.status, 403, "{headers:?}");
        assert_eq!(bench.post("/upload", &headers, "").await.status, 403, "{headers:?}");
        assert_eq!(
            bench.post("/submissions/S1/answers", &headers, "text=x").await.status,
            403,
            "{headers:?}"
        );
    }
    let wrong = bench.post("/sign-in", std::slice::from_ref(&own), "token=mighub_access_wrong&next=/").await;
    assert_eq!((wrong.status, wrong.header(SET_COOKIE)), (401, ""));
    let good = bench.post("/sign-in", std::slice::from_ref(&own), &form).await;
    assert_eq!((good.status, good.header(LOCATION)), (303, "/submissions"));
    let cookie = good.header(SET_COOKIE);
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    let out = bench.post("/sign-out", &[own], "").await;
    assert!(out.header(SET_COOKIE).contains("Max-Age=0"), "{}", out.header(SET_COOKIE));
    let over_tls =
        [("x-forwarded-proto".parse().expect("a name"), "https"), (ORIGIN, "https://hub.example:8443")];
    let good = bench.post("/sign-in", &over_tls, &form).await;
    assert!(
        good.header(SET_COOKIE).starts_with("__Host-mighub=") && good.header(SET_COOKIE).contains("; Secure")
    );
}

#[tokio::test]
async fn a_file_is_judged_as_on_the_other_doors_and_its_report_has_an_address() {
    let bench = Bench::new();
    let sent = |act: &'static str, rows: &'static str| {
        let cookie = format!("mighub={}", bench.token.reveal());
        let bench = &bench;
        async move {
            let part = |name: &str, text: &str| {
                format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
            };
            let file = format!(
                "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"flows.csv\"\r\nContent-Type: text/csv\r\n\r\n\
                 {COLUMNS}\n{rows}\r\n--x--\r\n"
            );
            let body = [part("person", "Anna"), part("act", act), file].concat();
            let headers = [
                (CONTENT_TYPE, "multipart/form-data; boundary=x"),
                (COOKIE, cookie.as_str()),
                (ORIGIN, "http://hub.example:8443"),
            ];
            let answer = bench.ask(Method::POST, "/upload", &headers, &body).await;
            assert_eq!(answer.status, 303, "{}", answer.text);
            bench.get_as(&bench.token, answer.header(LOCATION)).await
        }
    };
    let wrong =
        sent("send", "dataflow,MIGHUB:MIG_FLOW(1.0.0),M,A,DNK,EMI,PRV,XXX,_T,_T,LT,_T,2010,232,A,F").await;
    assert_eq!(wrong.status, 200);
    assert!(wrong.text.contains("chip bad") && wrong.text.contains("XXX"), "{}", wrong.text);
    let good =
        sent("send", "dataflow,MIGHUB:MIG_FLOW(1.0.0),M,A,DNK,EMI,PRV,AUT,_T,_T,LT,_T,2010,232,A,F").await;
    assert_eq!(good.status, 200);
    assert!(good.text.contains("mighub receipt") || good.text.contains("/answers"), "{}", good.text);
    let listed = bench.get_as(&bench.token, "/submissions").await;
    assert!(listed.text.contains("Anna"), "{}", listed.text);
    let address =
        links(&listed.text).into_iter().find(|link| link.starts_with("/submissions/")).expect("a submission");
    let public = bench.get(&address).await;
    assert_eq!(public.status, 401);
    assert!(!public.text.contains("Anna"));
}

#[tokio::test]
async fn an_ended_session_is_told_so_once_and_the_text_of_an_answer_is_not_lost() {
    let bench = Bench::new();
    let gone = AccessToken::new([9; 32]);
    let answer = bench.get_as(&gone, "/structures").await;
    assert_eq!(answer.status, 401);
    assert!(answer.text.contains("/sign-in") && answer.header(SET_COOKIE).contains("Max-Age=0"));
    let cookie = format!("mighub={}", gone.reveal());
    let headers = [(COOKIE, cookie.as_str()), (ORIGIN, "http://hub.example:8443")];
    let answer = bench
        .post("/submissions/01J9ZK6V3QH7X0T2M4N8R5PBCG/answers", &headers, "rule=X&text=A+long+story")
        .await;
    assert_eq!(answer.status, 401);
    assert!(answer.text.contains("A long story"), "{}", answer.text);
}
