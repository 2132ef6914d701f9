//! Structures in over REST, by an administrator.

use http::Method;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName};

use super::Bench;

const LIST: &str = "/sdmx/v2/structure/codelist/MIGHUB/CL_NEW/1.0.0";
const REGISTRY: &str = "application/vnd.sdmx.registry+xml;version=3.0.0";

fn message(id: &str, code: &str) -> String {
    format!(
        "{{\"data\":{{\"codelists\":[{{\"id\":\"{id}\",\"agencyID\":\"MIGHUB\",\"version\":\"1.0.0\",\"name\":\"New\",\
         \"codes\":[{{\"id\":\"{code}\",\"name\":\"Code\"}}]}}]}}}}"
    )
}

#[tokio::test]
async fn an_administrator_stores_and_deletes_and_is_told_why_not() {
    let bench = Bench::of_administrator();
    let action: HeaderName = "action".parse().expect("a name");
    let (new, changed, broken) = (message("CL_NEW", "A"), message("CL_NEW", "B"), message("CL_NEW", "?"));
    let pushed = message("CL_PUSHED", "A");
    let push = "/ws/secure/sdmxapi/rest";
    let headers = [(action, "Append"), (CONTENT_TYPE, "application/text")];
    for (method, address, headers, body, status, fact) in [
        (Method::POST, "/sdmx/v2/structure", &[][..], new.as_str(), 201, "created"),
        (Method::PUT, LIST, &[], &new, 200, "unchanged"),
        (Method::PUT, LIST, &[], &changed, 409, "the version 2.0.0"),
        (Method::POST, "/sdmx/v2/structure", &[], &broken, 422, "CL_NEW"),
        (Method::POST, "/sdmx/v2/structure", &[], "no message", 422, "message"),
        (Method::POST, push, &headers, &pushed, 201, "CL_PUSHED"),
        (Method::DELETE, "/sdmx/v2/structure/codelist/MIGHUB/CL_SEX/1.0.0", &[], "", 409, "DSD_MIG"),
        (Method::DELETE, "/sdmx/v2/structure/codelist/MIGHUB", &[], "", 400, "VERSION"),
        (Method::GET, LIST, &[], "", 200, "CL_NEW"),
        (Method::DELETE, LIST, &[(ACCEPT, REGISTRY)], "", 200, "Success"),
        (Method::DELETE, LIST, &[], "", 404, "nothing to delete"),
        (Method::GET, LIST, &[], "", 404, "errors"),
    ] {
        let answer = bench.ask(method.clone(), address, headers, body).await;
        assert_eq!(answer.status, status, "{method} {address} {body}: {}", answer.text());
        assert!(answer.text().contains(fact), "{method} {address}: {fact} in {}", answer.text());
    }
}
