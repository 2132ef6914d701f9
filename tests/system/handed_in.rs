//! Files handed in over REST, by offices that cannot run the client: the same reading, the same findings, the same
//! receipts as a push; and a record that does not claim that the office signed.

use mighub::v1::{self, TokenScope};
use mighub_client::{Progress, PushOptions, PushOutcome, Source};
use prost::Message;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::office::data::{flows, sample};
use crate::office::{ADMINISTRATOR, Stage, raw};

const KEY: &str = "01J9ZK6V3QH7X0T2M4N8R5PBCG";
const OTHER_KEY: &str = "11J9ZK6V3QH7X0T2M4N8R5PBCG";

/// An access token, by the administrator.
async fn token(stage: &Stage, agency: &str, scope: TokenScope) -> (String, String) {
    let request = v1::CreateTokenRequest { agency: agency.into(), scope: scope.into(), ..Default::default() };
    let mut agencies = raw::agencies(stage.channel(ADMINISTRATOR).await);
    let made = agencies.create_token(request).await.expect("made").into_inner();
    (made.token.expect("a token").id, made.access_token)
}

struct Sender<'s> {
    stage: &'s Stage,
    token: String,
}

impl Sender<'_> {
    async fn send(&self, method: &str, path: &str, header: &[(&str, &str)], body: &[u8]) -> (u16, Value) {
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        if !self.token.is_empty() {
            request += &format!("Authorization: Bearer {}\r\n", self.token);
        }
        for (name, value) in header {
            request += &format!("{name}: {value}\r\n");
        }
        request += &format!("Content-Length: {}\r\n\r\n", body.len());
        let mut stream = TcpStream::connect(self.stage.plain_address()).await.expect("connected");
        stream.write_all(request.as_bytes()).await.expect("sent");
        // Who is refused for its header need not be listened to.
        let _ = stream.write_all(body).await;
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let body = serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()));
        (status.unwrap_or_else(|| panic!("no answer: {answer}")), body)
    }

    async fn post(&self, key: &str, query: &str, body: &[u8]) -> (u16, Value) {
        self.send("POST", &format!("/v1/submissions{query}"), &[("Idempotency-Key", key)], body).await
    }
}

fn finding_ids(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap_or_else(|| panic!("no findings in {report}"));
    findings.iter().map(|finding| finding["finding_id"].as_str().expect("an id").to_owned()).collect()
}

async fn stage() -> Stage {
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_file_takes_effect_as_if_it_had_been_pushed() {
    let stage = stage().await;
    let (token_id, token) = token(&stage, "SWE", TokenScope::ReadAndSubmit).await;
    let sender = Sender { stage: &stage, token };
    let file = sample("SWE");
    let office = stage.client("SWE").await;
    let rehearsal = PushOptions { test: true, ..PushOptions::default() };
    let source =
        Source::Reader { name: "the file".into(), reader: Box::new(std::io::Cursor::new(file.clone())) };
    let pushed = office.push(source, &rehearsal, &Progress::silent()).await.expect("rehearsed");
    assert!(matches!(pushed.outcome, PushOutcome::Tested { .. }), "{:?}", pushed.outcome);
    let by_client = pushed.header.expect("signed");

    let (status, answer) = sender.post(KEY, "", file.as_bytes()).await;
    assert_eq!(status, 201, "{answer}");
    let digest: String = by_client.manifest_digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(answer["receipt"]["manifest_digest"], digest, "the same content");
    assert_eq!(answer["receipt"]["submission_id"], KEY);

    let recorded = office.submission(KEY).await.expect("known");
    let signed = recorded.signed_header.expect("a header");
    let header = v1::SubmissionHeader::decode(signed.header.clone()).expect("a header");
    assert_eq!(header.hub_prepared.clone().expect("it says so").access_token_id, token_id);
    let known = office.who_am_i().await.expect("known");
    assert_eq!(signed.signing_key_id, known.hub_keys[0].key_id, "the hub's signature, not the office's");
    let alike = v1::SubmissionHeader {
        submission_id: by_client.submission_id.clone(),
        prepared_time: by_client.prepared_time,
        person: by_client.person.clone(),
        client_name: by_client.client_name.clone(),
        test: true,
        hub_prepared: None,
        ..header
    };
    assert_eq!(alike, by_client, "all else is what the office would have signed");

    let (status, again) = sender.post(KEY, "", file.as_bytes()).await;
    assert_eq!((status, &again["receipt"]), (201, &answer["receipt"]), "the same receipt, for ever");
    let (status, refused) = sender.post(KEY, "?kind=correction&reason=x", file.as_bytes()).await;
    assert_eq!(status, 409, "another submission under the same id: {refused}");
    let (status, unchanged) = sender.post(OTHER_KEY, "", file.as_bytes()).await;
    assert_eq!((status, &unchanged["outcome"]), (200, &Value::from("UNCHANGED")), "{unchanged}");
    assert_eq!(unchanged["receipt"], answer["receipt"], "of the vintage that holds");
    let (status, asked) = sender.send("GET", &format!("/v1/submissions/{KEY}"), &[], b"").await;
    assert_eq!((status, &asked["receipt"]), (200, &answer["receipt"]), "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_file_gets_the_findings_that_a_push_gets_and_leaves_no_record() {
    let stage = stage().await;
    let (_, token) = token(&stage, "SWE", TokenScope::ReadAndSubmit).await;
    let sender = Sender { stage: &stage, token };
    let file = flows(
        "SWE",
        &[
            ("M", "IMM", "NOR", 2015, "1,A,F"),
            ("M", "IMM", "Norway", 2016, "2,A,F"),
            ("M", "IMM", "NOR", 2017, "1 000,A,F"),
            ("M", "EMI", "NOR", 2018, "3,ZZ,F"),
        ],
    );
    let office = stage.client("SWE").await;
    let source =
        Source::Reader { name: "the file".into(), reader: Box::new(std::io::Cursor::new(file.clone())) };
    let mut pushed =
        office.push(source, &PushOptions::default(), &Progress::silent()).await.expect("checked");
    assert!(matches!(pushed.outcome, PushOutcome::NotSent));
    let mut expected = Vec::new();
    pushed
        .checked
        .each_finding(|finding| {
            expected.push(finding.finding_id);
            Ok(())
        })
        .expect("findings");
    assert!(expected.len() >= 3, "{expected:?}");

    let before = stage.records().await;
    let (status, report) = sender.post(KEY, "", file.as_bytes()).await;
    assert_eq!((status, finding_ids(&report)), (422, expected), "{report}");
    assert_eq!(stage.records().await, before, "nothing is recorded");
    let (status, asked) = sender.send("GET", &format!("/v1/submissions/{KEY}"), &[], b"").await;
    assert_eq!(
        (status, finding_ids(&asked)),
        (422, finding_ids(&report)),
        "the report can be asked for again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn warnings_are_answered_over_rest_and_the_receipt_follows() {
    let stage = stage().await;
    let (_, token) = token(&stage, "SWE", TokenScope::ReadAndSubmit).await;
    let sender = Sender { stage: &stage, token };
    let before = flows("SWE", &[("M", "IMM", "NOR", 2015, "1,A,F")]);
    let (status, answer) = sender.post(OTHER_KEY, "", before.as_bytes()).await;
    assert_eq!(status, 201, "{answer}");
    // A key and nothing else is a warning where there is something.
    let file = flows("SWE", &[("M", "IMM", "NOR", 2015, ",,"), ("M", "IMM", "NOR", 2016, "1,A,F")]);
    let (status, asked) = sender.post(KEY, "", file.as_bytes()).await;
    assert_eq!((status, &asked["state"]), (422, &Value::from("NEEDS_ANSWER")), "{asked}");
    let rules: Vec<&String> = asked["unanswered"].as_object().expect("rules").keys().collect();
    let answers: Vec<Value> =
        rules.iter().map(|rule| serde_json::json!({ "rule_id": rule, "text": "as registered" })).collect();
    let body = serde_json::json!({ "answers": answers, "person": "Anna" }).to_string();
    let path = format!("/v1/submissions/{KEY}/answers");
    let (status, settled) = sender.send("POST", &path, &[], body.as_bytes()).await;
    assert_eq!((status, &settled["receipt"]["outcome"]), (201, &Value::from("ACCEPTED")), "{settled}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_send_need_not_send_the_file() {
    let stage = stage().await;
    stage.admit_office("NOR").await;
    let (_, reading) = token(&stage, "SWE", TokenScope::Read).await;
    let (_, other) = token(&stage, "NOR", TokenScope::ReadAndSubmit).await;
    let (_, own) = token(&stage, "SWE", TokenScope::ReadAndSubmit).await;
    let file = flows("SWE", &[("M", "IMM", "NOR", 2015, "1,A,F")]);
    for (token, query, expected) in [
        ("", "", 401),
        ("mighub_access_wrong", "", 401),
        (&reading[..], "", 403),
        (&other[..], "?provider=SWE", 403),
        (&own[..], "?kind=correction", 400),
        (&own[..], "?colour=blue", 400),
        (&own[..], "?embargo=tomorrow", 400),
    ] {
        let sender = Sender { stage: &stage, token: token.to_owned() };
        let (status, answer) = sender.post(KEY, query, file.as_bytes()).await;
        assert_eq!(status, expected, "{token} {query}: {answer}");
    }
    let sender = Sender { stage: &stage, token: own };
    for header in [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")] {
        let (status, answer) = sender.send("POST", "/v1/submissions", &[header], file.as_bytes()).await;
        assert_eq!(status, 403, "{header:?}: {answer}");
    }
    let (status, _) =
        sender.send("POST", "/v1/submissions", &[("Content-Encoding", "br")], file.as_bytes()).await;
    assert_eq!(status, 415);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_that_pretends_to_be_the_hubs_is_refused() {
    use crate::office::parcel::{self, Desk};
    let stage = stage().await;
    let desk = Desk::of(&stage, "SWE", "SWE").await;
    let mut parcel = desk.fresh();
    parcel.header.hub_prepared = Some(v1::HubPrepared::default());
    let refused = parcel::open(&stage.channel("SWE").await, parcel.opening()).await.expect_err("refused");
    assert_eq!(raw::reason(&refused), "HEADER_MALFORMED");
}
